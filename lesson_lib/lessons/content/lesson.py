"""What there is to answer in one lesson."""

from typing import NamedTuple

from lesson_lib.lessons.exercise import Exercise
from lesson_lib.lessons.prediction import Task
from lesson_lib.lessons.question import Question


class Lesson(NamedTuple):
    """All that a learner can answer in one notebook, in its order."""

    notebook: str
    """The file's name without its ending."""
    title: str
    asks: str
    """The one question that it answers."""
    questions: tuple[Question, ...]
    exercises: tuple[Exercise, ...]
    predictions: tuple[Task, ...] = ()
    """What is drawn before it is measured."""
    votes: tuple[Question, ...] = ()
    """What is voted on before it is measured; the right answer is the one that the lesson measures."""

    @property
    def number(self) -> str:
        """The first two figures of the notebook's name."""
        return self.notebook[:2]
