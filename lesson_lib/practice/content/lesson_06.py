"""What there is to answer in lesson 06, the cost of an update."""

from lesson_lib.practice.content.lesson import Lesson

QUESTIONS = ()

EXERCISES = ()

LESSON = Lesson("06_cost_of_an_update", "The cost of an update", QUESTIONS, EXERCISES)
