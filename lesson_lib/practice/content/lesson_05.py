"""What there is to answer in lesson 05, gradient noise."""

from lesson_lib.practice.content.lesson import Lesson

QUESTIONS = ()

EXERCISES = ()

LESSON = Lesson("05_gradient_noise", "Gradient noise", QUESTIONS, EXERCISES)
