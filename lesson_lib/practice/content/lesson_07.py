"""What there is to answer in lesson 07, better optimizers."""

from lesson_lib.practice.content.lesson import Lesson

QUESTIONS = ()

EXERCISES = ()

LESSON = Lesson("07_better_optimizers", "Better optimizers", QUESTIONS, EXERCISES)
