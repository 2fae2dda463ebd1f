"""What there is to answer in lesson 00, start here."""

from lesson_lib.practice.content.lesson import Lesson

QUESTIONS = ()

EXERCISES = ()

LESSON = Lesson("00_start_here", "Start here", QUESTIONS, EXERCISES)
