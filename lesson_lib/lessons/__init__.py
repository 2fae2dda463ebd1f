"""The learner answers before the machine does: votes, predictions to draw, questions to answer, functions to write.

All works offline, inside the notebook. What has been answered is kept in one plain file beside the notebooks.
"""

from typing import Any

from lesson_lib.checks import require_choice
from lesson_lib.lessons import exercise, overview
from lesson_lib.lessons.content import LESSONS
from lesson_lib.lessons.prediction import Prediction
from lesson_lib.lessons.question import Asked
from lesson_lib.lessons.recall import Recalled
from lesson_lib.lessons.vote import Outcome, Vote

_QUESTIONS = {question.name: question for lesson in LESSONS for question in lesson.questions}
_EXERCISES = {each.name: each for lesson in LESSONS for each in lesson.exercises}
_VOTES = {vote.name: vote for lesson in LESSONS for vote in lesson.votes}
_LESSONS = {lesson.number: lesson for lesson in LESSONS}
_TASKS = {task.name: task for lesson in LESSONS for task in lesson.predictions}


def ask(name: str) -> Asked:
    """Put a multiple-choice question. As the last expression of a cell it is shown under it.

    Raises:
        ValueError: there is no question of that name.
    """
    require_choice("name", name, _QUESTIONS)
    return Asked(_QUESTIONS[name])


def check(name: str, answer: Any) -> None:
    """Try a function that was written for an exercise on random inputs, and say what is right or wrong about it.

    Raises:
        ValueError: there is no exercise of that name.
    """
    require_choice("name", name, _EXERCISES)
    exercise.show_result(_EXERCISES[name], answer)


def vote(name: str) -> Vote:
    """Let the learner vote on what will come out. As the last expression of a cell it is shown under it.

    Raises:
        ValueError: there is no vote of that name.
    """
    require_choice("name", name, _VOTES)
    return Vote(_VOTES[name])


def outcome(name: str) -> Outcome:
    """What came out of a vote, once there is one. As the last expression of a cell it is shown under it.

    Raises:
        ValueError: there is no vote of that name.
    """
    require_choice("name", name, _VOTES)
    return Outcome(_VOTES[name])


def recall(number: str) -> Recalled:
    """The votes and drawings of a lesson, and which came true. As the last expression of a cell it is shown under it.

    Args:
        number: of the lesson, as in "04".

    Raises:
        ValueError: there is no such lesson.
    """
    require_choice("number", number, _LESSONS)
    return Recalled(_LESSONS[number])


def predict(name: str) -> Prediction:
    """Axes to draw a prediction on; `show` shows them, and `compare` lays over it what was measured.

    Raises:
        ValueError: there is no prediction of that name.
    """
    require_choice("name", name, _TASKS)
    return Prediction(_TASKS[name])


def show_progress() -> None:
    """The map of the lessons, with what is done."""
    overview.show_map(LESSONS)
