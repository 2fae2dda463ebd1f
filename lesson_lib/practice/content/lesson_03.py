"""What there is to answer in lesson 03, stochastic gradient descent."""

from lesson_lib.practice.content.lesson import Lesson

QUESTIONS = ()

EXERCISES = ()

LESSON = Lesson("03_stochastic_gradient_descent", "Stochastic gradient descent", QUESTIONS, EXERCISES)
