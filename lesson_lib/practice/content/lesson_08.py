"""What there is to answer in lesson 08, choosing a batch size."""

from lesson_lib.practice.content.lesson import Lesson

QUESTIONS = ()

EXERCISES = ()

LESSON = Lesson("08_choosing_a_batch_size", "Choosing a batch size", QUESTIONS, EXERCISES)
