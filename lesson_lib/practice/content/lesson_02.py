"""What there is to answer in lesson 02, gradient descent."""

from lesson_lib.practice.content.lesson import Lesson

QUESTIONS = ()

EXERCISES = ()

LESSON = Lesson("02_gradient_descent", "Gradient descent", QUESTIONS, EXERCISES)
