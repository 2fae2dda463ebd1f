"""Questions, drawings and the map of the lessons, without a browser."""

import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from threading import Thread
from typing import Any
from weakref import WeakSet

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lesson_lib import lessons as practice
from lesson_lib.chart import ticks
from lesson_lib.chart.picture import BLUE, VERMILION
from lesson_lib.lessons import display, exercise
from lesson_lib.lessons.content import LESSONS
from lesson_lib.lessons.exercise import AnswerError, Exercise, call, close, numbers, show_result
from lesson_lib.lessons.overview import done_of
from lesson_lib.lessons.score import score
from lesson_lib.panel import notebook

Shown = list[tuple[object, bool]]


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What has been displayed, in order."""
    outputs: list[Any] = []

    def keep(output: Any, *, raw: bool) -> None:
        assert raw  # else a dictionary would be displayed, as such
        outputs.append(output)

    for module in (display, exercise, practice.overview):
        monkeypatch.setattr(module, "display", keep)
    return outputs


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Somebody is at the page, in a folder of their own."""
    monkeypatch.setattr(notebook, "someone_is_watching", lambda: True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def entries(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "progress.json").read_text("utf-8")))


# Questions


def test_a_wrong_choice_is_explained_and_a_right_one_is_kept(watched: Path, shown: list[Any]) -> None:
    asked = practice.ask("04/cover")
    asked.frame._handle_custom_msg({"choose": 0}, [])
    assert asked.frame.mark == "wrong"
    assert asked.frame.verdict == f"A is not right. {asked.question.options[0].because}"
    assert entries(watched) == {"04/cover": {"chosen": "A", "done": False}}
    asked.frame._handle_custom_msg({"choose": 1}, [])
    assert asked.frame.mark == "right"
    assert asked.frame.verdict.startswith("B is right. ")
    assert entries(watched) == {"04/cover": {"chosen": "B", "done": True}}


def test_an_answer_is_there_again_in_the_next_session(watched: Path, shown: list[Any]) -> None:
    practice.ask("04/cover").choose("C")
    again = practice.ask("04/cover")
    assert (again.frame.chosen, again.frame.mark) == (2, "wrong")
    assert again.frame.verdict.startswith("C is not right. ")


@pytest.mark.parametrize("chosen", [7, "Z", "AB", None, [], ""])
def test_an_answer_that_there_is_not_is_looked_past(watched: Path, shown: list[Any], chosen: object) -> None:
    (watched / "progress.json").write_text(json.dumps({"04/cover": {"chosen": chosen}}), encoding="utf-8")
    assert practice.ask("04/cover").frame.chosen == -1


def test_a_question_nobody_watches_is_shown_as_text_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: list[Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = practice.ask("04/cover")
    asked._ipython_display_()
    assert len(shown) == 1
    assert shown[0]["text/plain"].endswith("Not answered yet.")
    asked.choose("B")._ipython_display_()
    assert "B is right." in shown[1]["text/plain"]
    assert "B is right." in shown[1]["text/html"]
    assert all(f"<b>{letter}</b> " in shown[1]["text/html"] for letter in "ABC")
    assert list(tmp_path.iterdir()) == []


def test_names_and_letters_that_there_are_not() -> None:
    with pytest.raises(ValueError, match=r"name must be one of '.*got '04/nothing'"):
        practice.ask("04/nothing")
    with pytest.raises(ValueError, match=r"name must be one of .*'04/batches'.*got '04/cover'"):
        practice.check("04/cover", len)
    with pytest.raises(ValueError, match=r"name must be one of .*got '04/seen'"):
        practice.predict("04/seen")
    with pytest.raises(ValueError, match="letter must be one of 'A', 'B', 'C', got 'D'"):
        practice.ask("04/cover").choose("D")


# Exercises


def test_a_check_says_what_came_out_and_keeps_it(watched: Path, shown: list[Any]) -> None:
    def nothing_yet(drawn: object, num_examples: int) -> None: ...

    practice.check("04/seen", nothing_yet)
    assert shown[-1]["text/plain"] == "Not answered yet: the function returns nothing."
    assert not (watched / "progress.json").exists()
    practice.check("04/seen", lambda drawn, num_examples: 0.5)
    assert shown[-1]["text/plain"].startswith("✗ The share that was seen is")
    assert shown[-1]["text/html"].count("<details>") == 3
    assert "border-left: 4px solid #D55E00" in shown[-1]["text/html"]
    assert entries(watched) == {"04/seen": {"done": False}}
    practice.check("04/seen", lambda drawn, num_examples: len(set(drawn.tolist())) / num_examples)
    assert shown[-1]["text/plain"] == "✓ Right: it did what it should on all inputs that were tried."
    assert "<details>" not in shown[-1]["text/html"]
    assert "border-left: 4px solid #009E73" in shown[-1]["text/html"]
    assert entries(watched) == {"04/seen": {"done": True}}


def test_each_check_tries_other_inputs(watched: Path, shown: list[Any]) -> None:
    tried: list[float] = []
    exercise = Exercise("99/any", ("a", "b", "c"), lambda _, rng: tried.append(rng.random()))
    for _ in range(2):
        show_result(exercise, lambda: 1)
    assert tried[0] != tried[1]


def test_a_result_that_cannot_be_kept_is_said_to_be_so(watched: Path, shown: list[Any]) -> None:
    (watched / "progress.json").mkdir()
    practice.check("04/seen", lambda drawn, num_examples: 0.5)
    assert "Your progress cannot be kept" in shown[-1]["text/html"]


def test_an_error_in_the_answer_is_shown_with_its_line() -> None:
    def answer(values: list[int]) -> int:
        return values[3]

    with pytest.raises(AnswerError, match=r"stops with IndexError: .* in its line \d+, `return values\[3\]`"):
        call(answer, [1])


def test_an_answer_cannot_change_what_it_is_checked_with() -> None:
    values = np.arange(3)

    def answer(given: Any) -> int:
        given[:] = 7
        return 1

    call(answer, values)
    np.testing.assert_array_equal(values, np.arange(3))


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        ("word", "should return numbers; it returns 'word'"),
        ([1.0, 2.0], r"should return one number; it returns one of the shape \(2,\)"),
        (np.nan, "not finite"),
        (object(), "should return numbers"),
        ("3", "should return numbers; it returns '3'"),
        ("-1", "should return numbers; it returns '-1'"),  # as it was returned, hyphen and all
        ("x" * 58, r"it returns 'x{58}'\.$"),
        ("x" * 59, r"it returns 'x{56}\.\.\.\.$"),
        (3 + 4j, r"should return real numbers; \(3\+4j\) is complex"),
        (np.array(3 + 4j), "should return real numbers"),
        ([3 + 4j, 1.0], "should return real numbers"),
        (10**400, "should return numbers"),
        (np.datetime64("2020-01-01"), "should return numbers"),
    ],
)
def test_what_is_no_number_is_told_so(returned: object, words: str) -> None:
    with pytest.raises(AnswerError, match=words):
        numbers(returned, ())


class Unspeakable:
    def __repr__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (lambda: 1, ("right", "Right: it did what it should on all inputs that were tried.")),
        (lambda: 2, ("wrong", "It is too large.")),
        (lambda: 0, ("wrong", "What your function returns cannot be compared (ZeroDivisionError: division by zero).")),
        (lambda: None, ("not answered", "Not answered yet: the function returns nothing.")),
        (lambda: ..., ("not answered", "Not answered yet: the function returns nothing.")),
        (None, ("not answered", "Not answered yet: the function returns nothing.")),
        (..., ("not answered", "Not answered yet: the function returns nothing.")),
        (1, ("wrong", "check needs the function itself, its name without brackets; it got 1.")),
        (
            Unspeakable(),
            (
                "wrong",
                "check needs the function itself, its name without brackets; it got something of the type Unspeakable.",
            ),
        ),
        (len, ("wrong", "Your function stops with TypeError: len() takes exactly one argument (0 given).")),
    ],
)
def test_the_whole_result_of_a_check(answer: Any, result: tuple[str, str]) -> None:
    def examine(answer: Callable[..., Any], _: object) -> None:
        if 1 / call(answer) < 1:
            raise AnswerError("It is too large.")

    wanted = Exercise("99/one", ("a", "b", "c"), examine)
    assert exercise.examine(wanted, answer, np.random.default_rng(0)) == result


@pytest.mark.parametrize(
    ("returned", "shape", "words"),
    [
        (3.0, (2,), "Your function should return an array of the shape (2,); it returns one number."),
        ([3.0], (), "Your function should return one number; it returns one of the shape (1,)."),
        ([np.inf, 1.0], (2,), "Your function returns a number that is not finite (NaN or infinity)."),
        ([1j, 1.0], (2,), "Your function should return real numbers; [1j, 1.0] is complex."),
    ],
)
def test_the_whole_sentence_on_numbers(returned: object, shape: tuple[int, ...], words: str) -> None:
    with pytest.raises(AnswerError, match=f"^{re.escape(words)}$"):
        numbers(returned, shape)


@pytest.mark.parametrize("returned", [3, [1], [1, 2, 3], None])
def test_what_is_not_two_is_told_so(returned: object) -> None:
    with pytest.raises(AnswerError, match=r"^Your function should return two numbers, a and b\.$"):
        exercise.two(returned, "numbers, a and b")
    assert exercise.two([1, 2], "numbers, a and b") == (1, 2)


def test_close_is_relative_to_the_largest() -> None:
    assert close([1e-6, 1.0], [0.0, 1.0])
    assert not close([1e-3, 1.0], [0.0, 1.0])
    assert close(0.0, 0.0)
    assert close(1.00009, 1.0)
    assert not close(1.00011, 1.0)


# Drawings

X = ticks.logarithmic("batch size B", 1, 1e4)
Y = ticks.linear("noise", 0, 100)
PLACES = np.geomspace(1, 4096, 7)
NUM_PLACES = len(LESSONS[4].predictions[0].places)


def power_law(factor: float, exponent: float) -> tuple[np.ndarray, np.ndarray]:
    return PLACES, factor * PLACES**exponent


def test_a_drawing_that_is_the_measurement_is_right_in_all() -> None:
    found = score(power_law(100, -1), power_law(100, -1), X, Y)
    assert found is not None
    assert found[:3] == (True, True, True)
    assert found.words == (
        "Yours falls, and so does the measured one. From left to right it changes about as much: 1 times as much as "
        "the measured one. Its values are right."
    )


@pytest.mark.parametrize(
    ("factor", "exponent", "judged", "words"),
    [
        (60, -1, (True, False, True), "changes too little: 0.6 times as much"),
        (160, -1, (True, False, True), "changes too much: 1.6 times as much"),
        (250, -1, (True, False, True), "order of magnitude is right: typically a factor of 2.5 off, mostly too high"),
        (10, -1, (True, False, False), "order of magnitude is not right: typically a factor of 10 off, mostly too low"),
        (1, 0.5, (False, False, False), "Yours rises, the measured one falls"),
        (1, 0, (False, False, False), "Yours stays flat, the measured one falls"),
        (0.01, 1, (False, False, False), "Yours rises, the measured one falls. So its steepness cannot be right"),
    ],
)
def test_power_laws_are_judged_by_their_changes_and_factors(
    factor: float, exponent: float, judged: tuple[bool, ...], words: str
) -> None:
    found = score(power_law(factor, exponent), power_law(100, -1), X, Y)
    assert found is not None
    assert found[:3] == judged
    assert words in found.words


@pytest.mark.parametrize(
    ("factor", "exponent", "judged"),
    [
        (100, -0.8, (True, True, True)), (100, -0.7, (True, True, False)), (100, -1.2, (True, True, True)),
        (100, -1.3, (True, True, False)), (140, -1, (True, True, True)), (160, -1, (True, False, True)),
        (290, -1, (True, False, True)),
        (310, -1, (True, False, False)), (35, -1, (True, False, True)), (32, -1, (True, False, False)),
    ],
)  # fmt: skip
def test_how_far_off_is_still_right(factor: float, exponent: float, judged: tuple[bool, ...]) -> None:
    found = score(power_law(factor, exponent), power_law(100, -1), X, Y)
    assert found is not None
    assert found[:3] == judged
    assert ("Its values are right" in found.words) == (factor == 140)


def test_beside_a_logarithmic_axis_the_change_from_end_to_end_is_judged() -> None:
    places = np.array([1.0, 1000.0])
    found = score((places, np.array([2.0, 1.5])), (places, np.array([2.0, 1.0])), X, ticks.linear("loss", 0, 3))
    assert found is not None
    assert "From left to right it changes too little: 0.5 times as much as the measured one" in found.words


@pytest.mark.parametrize(
    ("rise", "said"), [(0.04, "stays flat"), (0.06, "rises"), (-0.04, "stays flat"), (-0.06, "falls")]
)
def test_flat_is_what_changes_by_less_than_a_twentieth_of_the_axis(rise: float, said: str) -> None:
    x, y = ticks.linear("epochs", 0, 5), ticks.linear("loss", 0, 3)
    ends = np.array([0.0, 5.0])
    found = score((ends, np.array([1.5, 1.5 + 3 * rise])), (ends, np.array([1.5, 1.5])), x, y)
    assert found is not None
    assert found.words.startswith(f"Yours {said}")


@pytest.mark.parametrize(("ratio", "agree"), [(0.6, False), (0.7, True), (1.4, True), (1.6, False)])
def test_how_much_steeper_is_still_right(ratio: float, agree: bool) -> None:
    x, y = ticks.linear("epochs", 0, 5), ticks.linear("loss", 0, 3)
    ends = np.array([0.0, 5.0])
    found = score((ends, np.array([2.0, 2.0 - ratio])), (ends, np.array([2.0, 1.0])), x, y)
    assert found is not None
    assert found.slope == agree
    assert (
        f"changes {'about as much' if agree else 'too much' if ratio > 1 else 'too little'}: {ratio:.2g} times"
        in found.words
    )


def test_on_even_axes_the_change_counts() -> None:
    x, y = ticks.linear("epochs", 0, 5), ticks.from_zero("loss", 3.0)
    time = np.linspace(0, 5, 50)
    measured = (time, 2.3 - 0.1 * time)
    found = score((np.array([0.0, 5.0]), np.array([2.3, 0.3])), measured, x, y)
    assert found is not None
    assert found[:2] == (True, False)
    assert "changes too much: 4 times as much" in found.words


@pytest.mark.parametrize("mine", [(1.0, 2.0), (1.5, 1.5)], ids=["as steep the other way", "flat"])
def test_on_even_axes_what_goes_the_other_way_is_not_as_steep(mine: tuple[float, float]) -> None:
    x, y = ticks.linear("epochs", 0, 5), ticks.linear("loss", 0, 3)
    ends = np.array([0.0, 5.0])
    found = score((ends, np.array(mine)), (ends, np.array([2.0, 1.0])), x, y)
    assert found is not None
    assert found[:2] == (False, False)
    assert "So its steepness cannot be right" in found.words


EVEN, FROM_TWO = ticks.linear("epochs", 0, 5), ticks.linear("loss", 2, 12)
SIZES, NOISE = ticks.logarithmic("batch size B", 2, 200), ticks.linear("noise", 0, 1_000)


@pytest.mark.parametrize(
    ("axes", "mine", "true", "said"),
    [
        (
            (EVEN, FROM_TWO),
            ([0.0, 1.0, 5.0], [10.0, 3.0, 4.0]),
            ([0.0, 1.0, 5.0], [10.0, 3.0, 4.0]),
            "Yours falls, and so does the measured one. From left to right it changes about as much: 1 times as much "
            "as the measured one. Its values are right.",
        ),
        (
            (EVEN, FROM_TWO),
            ([0.0, 5.0], [3.0, 11.0]),
            ([0.0, 5.0], [6.0, 8.0]),
            "Yours rises, and so does the measured one. From left to right it changes too much: 4 times as much as the "
            "measured one. The order of magnitude is right: typically a factor of 1.7 off, mostly too low.",
        ),
        (
            (EVEN, FROM_TWO),
            ([0.0, 5.0], [3.0, 11.0]),
            ([0.0, 5.0], [8.0, 8.0]),
            "Yours rises, the measured one stays flat. So its steepness cannot be right. The order of magnitude is "
            "right: typically a factor of 1.9 off, mostly too low.",
        ),
        (
            (EVEN, ticks.linear("slope", -1, 1)),
            ([0.0, 5.0], [-0.5, -0.5]),
            ([0.0, 5.0], [0.5, 0.5]),
            "Yours stays flat, and so does the measured one. So is its steepness. Its values cannot be compared.",
        ),
        (
            (SIZES, ticks.linear("noise", 0, 200)),
            ([2.0, 20.0, 200.0], [180.0, 18.0, 1.8]),
            ([0.0, 2.0, 20.0, 200.0], [7.0, 100.0, 10.0, 1.0]),
            "Yours falls, and so does the measured one. From left to right it changes too much: 1.8 times as much as "
            "the measured one. The order of magnitude is right: typically a factor of 1.8 off, mostly too high.",
        ),
        (
            (SIZES, ticks.linear("noise", 0, 30)),
            ([20.0, 40.0], [20.0, 23.0]),
            ([2.0, 200.0], [10.0, 30.0]),
            "Yours rises, and so does the measured one. From left to right it changes about as much: 1 times as much "
            "as the measured one. Its values are right.",
        ),
        (
            (SIZES, NOISE),
            ([2.0, 200.0], [0.997, 997.0]),
            ([2.0, 200.0], [0.1, 1.0]),
            "Yours rises, the measured one stays flat. So its steepness cannot be right. The order of magnitude is not "
            "right: typically a factor of 100 off, mostly too high.",
        ),
        (
            (SIZES, NOISE),
            ([2.0, 20.0, 200.0], [123.4] * 3),
            ([2.0, 20.0, 200.0], [100.0, 10.0, 1.0]),
            "Yours stays flat, the measured one falls. So its steepness cannot be right. The order of magnitude is not "
            "right: typically a factor of 12 off, mostly too high.",
        ),
    ],
)
def test_the_whole_verdict_on_a_drawing(axes: Any, mine: Any, true: Any, said: str) -> None:
    found = score(tuple(map(np.array, mine)), tuple(map(np.array, true)), *axes)
    assert found is not None
    assert found.words == said
    assert found.magnitude == ("values are right" in said or "is right: typ" in said)
    assert found.slope == any(words in said for words in ("about as", "So is its"))


@given(st.lists(st.one_of(st.none(), st.floats(1e-3, 1e3)), min_size=7, max_size=7))
def test_any_drawing_is_judged_or_too_short(values: list[float | None]) -> None:
    there = [(at, value) for at, value in zip(PLACES, values, strict=True) if value is not None]
    at, value = np.array(there, dtype=float).reshape(-1, 2).T
    found = score((at, value), power_law(100, -1), X, Y)
    assert (found is None) == (len(there) < 2)
    assert found is None or (found.words.endswith(".") and "nan" not in found.words)


@pytest.mark.parametrize("measured", [(np.empty(0), np.empty(0)), (PLACES, np.full(7, np.nan)), (PLACES * 1e5, PLACES)])
def test_without_a_measurement_there_is_no_score(measured: tuple[np.ndarray, np.ndarray]) -> None:
    assert score(power_law(1, 1), measured, X, Y) is None


@pytest.mark.parametrize("places", [[-2.0, -1.0, 0.0], [-3.0, -2.0, -1.0], [-1.0, 0.0, 1.0]])
def test_what_has_no_place_on_a_logarithmic_axis_is_not_scored(places: list[float]) -> None:
    assert score(power_law(1, 1), (np.array(places), np.array([1.0, 10.0, 100.0])), X, Y) is None


def half_drawn(task: practice.prediction.Task) -> list[float | None]:
    return [2.0 if place % 2 else None for place in range(len(task.places))]


def test_a_drawing_is_kept_and_can_be_begun_anew(watched: Path, shown: list[Any]) -> None:
    guess = practice.predict("04/loss")
    assert guess.words == "Not drawn yet."
    drawn = {"B = 8": half_drawn(guess.task), "B = N": half_drawn(guess.task)}
    guess.frame._handle_custom_msg({"drawn": drawn}, [])
    assert entries(watched) == {"04/loss": {"drawn": drawn, "done": True, "compared": False, "shown": False}}

    again = practice.predict("04/loss")
    assert again.frame.drawn == drawn
    again.compare({"B = 8": (np.array([0.0, 5.0]), np.array([2.0, 2.0]))})
    assert (
        again.words
        == "B = 8: Yours stays flat, and so does the measured one. So is its steepness. Its values are right."
    )
    again.frame._handle_custom_msg({"drawn": {**again._blank(), "B = 8": half_drawn(guess.task)}}, [])
    assert again.frame.drawn == drawn  # what has been compared stands
    again.frame._handle_custom_msg({"clear": True}, [])
    assert again.drawn == {}
    assert again.words == "Draw what you expect, or press Show me."


def test_the_page_is_not_told_what_it_has_just_said(watched: Path, shown: list[Any]) -> None:
    guess = practice.predict("04/loss")
    sent: list[Any] = []
    guess.frame.send_state = lambda key=None: sent.append(key)  # type: ignore[method-assign]
    guess.frame._handle_custom_msg({"drawn": {**guess._blank(), "B = 8": half_drawn(guess.task)}}, [])
    assert "drawn" not in str(sent)
    assert guess.words == "Drawn."
    assert not entries(watched)["04/loss"]["done"]  # one of two curves


def test_no_older_drawing_is_kept_after_a_newer_one(
    watched: Path, shown: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page speaks to two threads: while one keeps a drawing, the other must hear of no newer one."""
    guess = practice.predict("04/loss")
    heard: list[bool] = []

    def hear_in_another_thread(*_: object, **__: object) -> None:
        def hear() -> None:
            is_free = guess.frame._turn.acquire(blocking=False)
            heard.append(is_free)
            if is_free:
                guess.frame._turn.release()

        thread = Thread(target=hear)
        thread.start()
        thread.join()

    monkeypatch.setattr(guess, "_record", hear_in_another_thread)
    drawn = {**guess._blank(), "B = 8": half_drawn(guess.task)}
    guess.frame._handle_custom_msg({"drawn": drawn, "tab": "one", "number": 1}, [])
    assert heard == [False]


def test_what_is_on_the_page_does_not_change_while_it_is_gone_through(
    watched: Path, shown: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cell adds to it in one thread, while another follows what the page says."""
    alone: list[bool] = []

    class OnPage(WeakSet[Any]):
        def __iter__(self) -> Any:
            alone.append(display._page_changes.locked())
            return super().__iter__()

        def add(self, item: Any) -> None:
            alone.append(display._page_changes.locked())
            super().add(item)

    monkeypatch.setattr(display, "_on_page", OnPage())
    guess = practice.predict("04/loss")
    guess.show()
    guess.draw("B = 8", [1.0] * NUM_PLACES)
    assert alone == [True, True]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda drawn: [],
        lambda drawn: {"B = 8": drawn["B = 8"]},
        lambda drawn: drawn | {"B = 8": drawn["B = 8"][:-1]},
        lambda drawn: drawn | {"B = 8": ["high"] * NUM_PLACES},
        lambda drawn: drawn | {"B = 8": [99.0] * NUM_PLACES},
        lambda drawn: drawn | {"B = 8": [float("nan")] * NUM_PLACES},
    ],
)
def test_a_drawing_that_does_not_fit_is_looked_past(
    watched: Path, shown: list[Any], spoil: Callable[[dict[str, Any]], Any]
) -> None:
    guess = practice.predict("04/loss")
    drawn = {"B = 8": half_drawn(guess.task), "B = N": half_drawn(guess.task)}
    (watched / "progress.json").write_text(json.dumps({"04/loss": {"drawn": spoil(drawn)}}), encoding="utf-8")
    assert practice.predict("04/loss").drawn == {}


def test_the_axes_of_a_drawing_are_described_and_its_curves_named(watched: Path, shown: list[Any]) -> None:
    guess = practice.predict("04/loss").draw("B = 8", [1.0] * NUM_PLACES)
    assert guess.frame.alt == "Axes to draw on: loss (nats) against epochs. Drawn."
    guess.compare({"B = 8": (np.arange(5.0), np.ones(5))})
    guess.show_me()
    ((chart,),) = guess._picture(guess._measured, guess.drawn).rows
    named = {mark.name: mark for mark in chart.marks}
    assert named["B = 8, measured"].y.tolist() == [1.0] * 5
    assert named["B = 8, your drawing"].y.tolist() == [1.0] * NUM_PLACES
    colors = {
        name.split(",")[0]: {mark.color for mark in chart.marks if mark.name.startswith(name.split(",")[0])}
        for name in named
    }
    assert colors == {"B = 8": {VERMILION}, "B = N": {BLUE}}
    assert guess.frame.measured


def test_hints_are_opened_from_the_first_to_the_last(shown: list[Any]) -> None:
    practice.check("04/seen", lambda drawn, num_examples: 0.5)
    hints = next(each.hints for each in LESSONS[4].exercises if each.name == "04/seen")
    html = shown[-1]["text/html"]
    places = [
        html.index(part) for i, hint in enumerate(hints, 1) for part in (f"Hint {i} of 3", display.paragraph(hint))
    ]
    assert places == sorted(places)


def test_a_drawing_from_code_is_checked(watched: Path, shown: list[Any]) -> None:
    guess = practice.predict("04/loss")
    for name, values in (("B = 9", [1.0] * NUM_PLACES), ("B = 8", [1.0]), ("B = 8", [-5.0] * NUM_PLACES)):
        with pytest.raises(ValueError, match=r"draw takes one of 'B = 8', 'B = N' and 18 values from -0.09 to 3"):
            guess.draw(name, values)
    with pytest.raises(ValueError, match="name must be one of 'B = 8', 'B = N', got 'B = 9'"):
        guess.compare({"B = 9": (np.zeros(2), np.zeros(2))})


@pytest.mark.parametrize("make", [np.float32, np.int32, jnp.float32, jnp.int32])
def test_a_drawing_may_come_in_any_kind_of_number(watched: Path, shown: list[Any], make: Any) -> None:
    guess = practice.predict("04/loss").draw("B = 8", make(np.array([2, 1, *[0] * (NUM_PLACES - 2)])))
    assert guess.frame.drawn["B = 8"] == [2.0, 1.0, *[0.0] * (NUM_PLACES - 2)]
    guess.draw("B = 8", [make(2), None, *[make(1)] * (NUM_PLACES - 2)])
    again = practice.predict("04/loss")
    assert again.frame.drawn["B = 8"] == [2.0, None, *[1.0] * (NUM_PLACES - 2)]


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.arange(5.0), np.arange(4.0)),
        (np.zeros((3, 1)), np.zeros((3, 1))),
        (np.array([2.0, 1.0]), np.ones(2)),
        (np.array([1.0, 1.0]), np.ones(2)),
        (np.array([1.0, np.nan, 2.0]), np.ones(3)),
        (np.array([1.0, np.inf]), np.ones(2)),
        (np.array(1.0), np.array(2.0)),
    ],
)
def test_what_cannot_be_a_measured_curve_leaves_the_drawing_as_it_is(
    watched: Path, shown: list[Any], x: Any, y: Any
) -> None:
    guess = practice.predict("04/loss").draw("B = 8", [1.0] * NUM_PLACES)
    with pytest.raises(ValueError, match="measured must hold for 'B = 8' places, each above the one before"):
        guess.compare({"B = 8": (x, y)})
    assert guess.words == "Drawn."
    assert not guess.frame.measured


def test_a_run_that_has_diverged_is_not_said_to_be_undrawn(watched: Path, shown: list[Any]) -> None:
    guess = practice.predict("04/loss").draw("B = 8", [1.0] * NUM_PLACES)
    guess.compare({"B = 8": (np.arange(5.0), np.full(5, np.nan)), "B = N": (np.arange(5.0), np.ones(5))})
    guess.show_me()
    assert guess.words == "B = 8: nothing was measured where you drew.\nB = N: not drawn."


# The map


def test_the_map_counts_what_is_done(watched: Path, shown: list[Any]) -> None:
    practice.ask("04/cover").choose("B")
    practice.ask("04/count").choose("A")
    practice.check("04/seen", lambda drawn, num_examples: len(np.unique(drawn)) / num_examples)
    practice.show_progress()
    line = next(line for line in shown[-1]["text/plain"].splitlines() if line.startswith("04"))
    assert line == "04 Batches and epochs: predictions 0 of 3, questions 1 of 4, exercises 1 of 2"
    heads = re.findall(r"<th.*?>(.*?)</th>", shown[-1]["text/html"])
    assert heads == ["lesson", "its question", "predictions", "questions", "exercises", ""]
    assert re.search(r'<a href="04_batches_and_epochs.ipynb">.*?>1 of 4</td>', shown[-1]["text/html"])


def test_a_lesson_is_done_when_all_of_it_is() -> None:
    for lesson in LESSONS:
        items = [*lesson.votes, *lesson.questions, *lesson.exercises, *lesson.predictions]
        counts = done_of(lesson, {item.name: {"done": True} for item in items})
        assert all(done == all_ for done, all_ in counts.values())
        assert sum(done for done, _ in counts.values()) == len(items)


def test_a_lesson_is_called_done_only_when_all_of_it_is(watched: Path, shown: list[Any]) -> None:
    lesson = LESSONS[4]
    items = [item.name for item in (*lesson.votes, *lesson.questions, *lesson.exercises, *lesson.predictions)]
    for missing in (items, items[:-1], items[1:2], items[-1:], []):
        entries_so_far = {name: {"done": name not in missing} for name in items}
        (watched / "progress.json").write_text(json.dumps(entries_so_far), encoding="utf-8")
        practice.show_progress()
        links = re.findall('href="(.*?)"', shown[-1]["text/html"])
        assert links == [f"{each.notebook}.ipynb" for each in LESSONS]
        rows = {row[:2]: row for row in shown[-1]["text/html"].split('.ipynb">')[1:]}
        assert [number for number, row in rows.items() if "✓ done" in row] == ([] if missing else ["04"])


def test_the_map_names_every_notebook() -> None:
    folder = Path(__file__).parents[1] / "notebooks"
    assert [lesson.notebook for lesson in LESSONS] == sorted(path.stem for path in folder.glob("*.ipynb"))
    shown = json.loads((folder / "00_start_here.ipynb").read_text("utf-8"))["cells"]
    (table,) = (output["data"]["text/html"] for cell in shown if cell["id"] == "00-map" for output in cell["outputs"])
    text = unescape("".join(table))
    for lesson in LESSONS:
        assert f'{lesson.notebook}.ipynb">{lesson.number} {lesson.title}</a></td>' in text
        assert lesson.asks in text
