"""Small coding exercises, and what is wrong with an answer, in words."""

import copy
import re
import traceback
from collections.abc import Callable, Iterable
from typing import Any, Literal, NamedTuple

import jax.numpy as jnp
import numpy as np
from IPython.display import display
from jaxtyping import Float

from lesson_lib.chart.picture import GREEN, GREY, VERMILION
from lesson_lib.lessons.display import paragraph, progress_here
from lesson_lib.lessons.reward import Reward, Rewarded

Answer = Callable[..., Any]
"""The function that a learner writes."""


class AnswerError(Exception):
    """What is wrong with an answer, in a sentence for the learner."""

    def __init__(self, words: str, *, quoted: str = "") -> None:
        """Numbers below zero get a minus sign, but in what is quoted after the words."""
        super().__init__(re.sub(r"-(?=\d|inf\b)", "−", words) + quoted)


class NoAnswerError(Exception):
    """The function is still empty."""


class Exercise(NamedTuple):
    """Something to write, and how to find out whether it is right."""

    name: str
    """The lesson and a word, as in "04/cut"."""
    hints: tuple[str, str, str]
    """From a nudge to nearly the answer."""
    examine: Callable[[Answer, np.random.Generator], None]
    """Tries an answer on random inputs, by `call` alone; raises `AnswerError` where it is wrong."""
    reward: Callable[[Answer], Iterable[Reward]] | None = None
    """Lets a right answer do what it is for, by `call` alone: pictures that are shown while it goes on."""


class Result(NamedTuple):
    """What came out of a check."""

    state: Literal["right", "wrong", "not answered"]
    words: str


def call(answer: Answer, *arguments: Any) -> Any:
    """What the learner's function returns for copies of the arguments.

    Raises:
        NoAnswerError: it returns nothing.
        AnswerError: it raises an error.
    """
    try:
        returned = answer(*copy.deepcopy(arguments))
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)
        line = f" in its line {where[1].lineno}, `{where[1].line}`" if len(where) > 1 and where[1].line else ""
        raise AnswerError("Your function stops with ", quoted=f"{type(error).__name__}: {error}{line}.") from error
    if returned is None or returned is Ellipsis:
        raise NoAnswerError
    return returned


def numbers(returned: Any, shape: tuple[int, ...]) -> Float[np.ndarray, "..."]:
    """What was returned, as an array of float64.

    Raises:
        AnswerError: it holds no numbers, has another shape, or is not finite.
    """
    try:
        array = np.asarray(returned)
    except (TypeError, ValueError) as error:
        raise AnswerError("Your function should return numbers; it returns ", quoted=f"{_short(returned)}.") from error
    if np.iscomplexobj(array):  # np.linalg.eigvals may return real eigenvalues so, with an imaginary part of 0
        if array.imag.any():
            raise AnswerError("Your function should return real numbers; ", quoted=f"{_short(returned)} is complex.")
        array = array.real
    # Text would be read as a number.
    if not (array.dtype == bool or any(jnp.issubdtype(array.dtype, kind) for kind in (np.integer, np.floating))):
        raise AnswerError("Your function should return numbers; it returns ", quoted=f"{_short(returned)}.")
    array = array.astype(np.float64)
    if array.shape != shape:
        wanted = "one number" if shape == () else f"an array of the shape {shape}"
        got = "one number" if array.shape == () else f"one of the shape {array.shape}"
        raise AnswerError(f"Your function should return {wanted}; it returns {got}.")
    if not np.isfinite(array).all():
        raise AnswerError("Your function returns a number that is not finite (NaN or infinity).")
    return array


def two(returned: Any, what: str) -> tuple[Any, Any]:
    """Both of the things that were returned; `what` they are, as in "numbers, a and b".

    Raises:
        AnswerError: there are not two.
    """
    try:
        first, second = returned
    except (TypeError, ValueError):
        raise AnswerError(f"Your function should return two {what}.") from None
    return first, second


def close(one: Any, other: Any, *, tolerance: float = 1e-4) -> bool:
    """Are two numbers or arrays the same to rounding, measured by the largest of the second?"""
    one, other = np.asarray(one, np.float64), np.asarray(other, np.float64)
    return bool(np.all(np.abs(one - other) <= tolerance * (1e-12 + np.abs(other).max(initial=0.0))))


def _short(value: object) -> str:
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001  an object of the learner's may do anything
        text = f"something of the type {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:57]}..."


def examine(exercise: Exercise, answer: object, rng: np.random.Generator) -> Result:
    """Try an answer on random inputs."""
    if answer is Ellipsis or answer is None:
        return _not_answered()
    if not callable(answer):
        return Result("wrong", f"check needs the function itself, its name without brackets; it got {_short(answer)}.")
    try:
        exercise.examine(answer, rng)
    except NoAnswerError:
        return _not_answered()
    except AnswerError as fault:
        return Result("wrong", str(fault))
    except Exception as error:  # noqa: BLE001  an answer may return anything, also what no examiner has thought of
        return Result("wrong", f"What your function returns cannot be compared ({type(error).__name__}: {error}).")
    return Result("right", "Right: it did what it should on all inputs that were tried.")


def _not_answered() -> Result:
    return Result("not answered", "Not answered yet: the function returns nothing.")


_LOOKS = {"right": ("✓ ", GREEN), "wrong": ("✗ ", VERMILION), "not answered": ("", GREY)}
"""What is written before the words, and the colour beside them."""

results: dict[str, Result] = {}
"""The last result of each exercise in this session."""


def show_result(exercise: Exercise, answer: Answer) -> None:
    """Check an answer, say what came out, keep it, and let it do what it is for if it is right."""
    result = results[exercise.name] = examine(exercise, answer, np.random.default_rng())
    progress = progress_here()
    if result.state != "not answered":
        progress.record(exercise.name, done=result.state == "right")
    sign, color = _LOOKS[result.state]
    kind = result.state.replace(" ", "-")
    # In the output itself: it must look right in a notebook that no widget has been shown in.
    style = f"border-left: 4px solid {color}; padding: 2px 12px"
    html = f'<div class="mbl-result mbl-{kind}" style="{style}">{paragraph(sign + result.words)}'
    html += paragraph(progress.notice) + ("" if result.state == "right" else _hints(exercise.hints)) + "</div>"
    display({"text/html": html, "text/plain": sign + result.words}, raw=True)
    if result.state == "right" and exercise.reward is not None:
        _reward(exercise.reward(answer))


def _reward(rewards: Iterable[Reward]) -> None:
    """Show what a right answer can do; where it cannot do it after all, say why."""
    try:
        Rewarded().show(rewards)
    except (AnswerError, NoAnswerError) as fault:
        words = f"On the inputs of the check it is right. Here it could not go on: {fault}"
        display({"text/html": paragraph(words), "text/plain": words}, raw=True)


def _hints(hints: tuple[str, ...]) -> str:
    """Each inside the one before, so that they are opened one at a time."""
    html = ""
    for number, hint in reversed(list(enumerate(hints, 1))):
        html = f"<details><summary>Hint {number} of {len(hints)}</summary>{paragraph(hint)}{html}</details>"
    return html
