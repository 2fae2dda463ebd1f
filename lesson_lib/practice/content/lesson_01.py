"""What there is to answer in lesson 01, how a network learns."""

from lesson_lib.practice.content.lesson import Lesson

QUESTIONS = ()

EXERCISES = ()

LESSON = Lesson("01_how_a_network_learns", "How a network learns", QUESTIONS, EXERCISES)
