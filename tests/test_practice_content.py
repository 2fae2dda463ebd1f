"""The questions and exercises of all lessons: what is right passes, what is wrong is told why."""

import copy
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import module_at
from hypothesis import given, settings
from hypothesis import strategies as st

from lesson_lib.lessons.content import LESSONS
from lesson_lib.lessons.exercise import Exercise, Result, examine

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parent / "answers"
EXERCISES = {exercise.name: exercise for lesson in LESSONS for exercise in lesson.exercises}
QUESTIONS = {question.name: question for lesson in LESSONS for question in (*lesson.questions, *lesson.votes)}


def answers(kind: str) -> dict[str, Any]:
    """`RIGHT`, `WRONG`, `CHOICES` or `NUMBERS` of all lessons, by the names of exercises or questions."""
    found: dict[str, Any] = {}
    for path in sorted(FOLDER.glob("lesson_*.py")):
        found |= getattr(module_at(path), kind)
    return found


def listed(file: str) -> dict[str, list[str]]:
    """The lines that are set in under each name."""
    _, *blocks = re.split(
        r"^(?=\S)", (FOLDER / file).read_text(encoding="utf-8").partition("\n")[2], flags=re.MULTILINE
    )
    return {name: [line.strip() for line in lines] for name, *lines in map(str.splitlines, blocks)}


RIGHT, WRONG, CHOICES, NUMBERS = (answers(kind) for kind in ("RIGHT", "WRONG", "CHOICES", "NUMBERS"))
SEEDS = range(3)
NUMBER = re.compile(
    r"[−√]?\d(?:[\d,.]*\d)?|\b(?:two|three|four|five|six|seven|eight|nine|ten|sixteen|nineteen|twenty|hundred|thousand|"
    r"million|billion|twice|half|halves|halved|doubled?|doubles|third|quarter|eighth|sixteenth|nineteenth)\b",
    re.IGNORECASE,
)


def results(exercise: Exercise, answer: Callable[..., Any]) -> list[Result]:
    return [examine(exercise, answer, np.random.default_rng(seed)) for seed in SEEDS]


def test_every_exercise_has_two_right_answers_and_five_wrong_ones() -> None:
    assert RIGHT.keys() == WRONG.keys() == EXERCISES.keys()
    assert [name for name in EXERCISES if len(RIGHT[name]) < 2 or len(WRONG[name]) < 5] == []


def test_every_lesson_has_three_questions_and_two_exercises() -> None:
    few = [lesson.notebook for lesson in LESSONS if len(lesson.questions) < 3 or len(lesson.exercises) < 2]
    assert few == []


@pytest.mark.parametrize("name", EXERCISES)
def test_right_answers_pass(name: str) -> None:
    for answer in RIGHT[name]:
        assert {result.state for result in results(EXERCISES[name], answer)} == {"right"}


@cache
def told(name: str, place: int, seed: int) -> tuple[str, str | None]:
    """What a wrong answer is told, and what of that is known of the input and of what it returned, if that is given."""
    answer, _, *facts = WRONG[name][place]
    last: list[Any] = []

    def kept(*arguments: Any) -> Any:
        last[:] = copy.deepcopy(arguments)
        last.append(answer(*arguments))
        return last[-1]

    result = examine(EXERCISES[name], kept, np.random.default_rng(seed))
    assert result.state == "wrong"
    return result.words, facts[0](*last) if facts else None


@pytest.mark.parametrize(("name", "place"), [(name, place) for name in EXERCISES for place in range(len(WRONG[name]))])
def test_wrong_answers_fail_and_are_told_why(name: str, place: int) -> None:
    for seed in SEEDS:
        words, facts = told(name, place, seed)
        assert re.search(WRONG[name][place][1], words), words
        if facts is not None:
            assert facts
            assert facts.replace("-", "−") in words


@pytest.mark.parametrize("name", EXERCISES)
def test_all_numbers_that_a_message_takes_from_the_input_are_looked_at(name: str) -> None:
    varied, known = set(), set()
    for place, (_, _, *facts) in enumerate(WRONG[name]):
        messages = {re.sub(r" ?\([^()]*\)$", "", told(name, place, seed)[0]) for seed in SEEDS}  # without the case
        messages = {message for message in messages if not message.startswith("Your function")}
        kinds = {NUMBER.sub("…", message) for message in messages}
        if facts:
            known |= kinds
        elif len(messages) > len(kinds):
            varied |= kinds
    assert varied <= known


CONSTANTS = st.one_of(
    st.integers(-5, 5),
    st.floats(-3, 3),
    st.lists(st.floats(-3, 3), max_size=5),
    st.builds(np.zeros, st.tuples(st.integers(1, 4), st.integers(1, 4))),
    st.just([[]]),
    st.just({}),
    st.just("word"),
)


@pytest.mark.parametrize("name", EXERCISES)
@settings(max_examples=25, deadline=None)
@given(constant=CONSTANTS, seed=st.integers(0, 2**32 - 1))
def test_no_constant_passes(name: str, constant: object, seed: int) -> None:
    assert examine(EXERCISES[name], lambda *_: constant, np.random.default_rng(seed)).state == "wrong"


@pytest.mark.parametrize("name", EXERCISES)
@settings(max_examples=10, deadline=None)
@given(place=st.integers(0, 3), seed=st.integers(0, 2**32 - 1))
def test_no_identity_passes(name: str, place: int, seed: int) -> None:
    def answer(*arguments: object) -> object:
        return arguments[min(place, len(arguments) - 1)]

    assert examine(EXERCISES[name], answer, np.random.default_rng(seed)).state == "wrong"


class _Unspeakable:
    def __repr__(self) -> str:
        raise RuntimeError


ODD = (
    10**400,
    [10**400, 1],
    {10**5000},
    [None],
    [[1], [1, 2]],
    1 + 2j,
    "7",
    b"7",
    _Unspeakable(),
    int,
    [[], [1]],
    {1: 2},
)


@pytest.mark.parametrize("place", range(len(ODD)))
@pytest.mark.parametrize("name", EXERCISES)
def test_whatever_is_returned_is_answered_in_words(name: str, place: int) -> None:
    result = examine(EXERCISES[name], lambda *_: ODD[place], np.random.default_rng(0))
    assert result.state == "wrong"
    assert result.words


@pytest.mark.parametrize("name", EXERCISES)
def test_what_is_empty_is_not_answered(name: str) -> None:
    for answer in (..., None, lambda *_: None, lambda *_: ...):
        assert examine(EXERCISES[name], answer, np.random.default_rng(0)).state == "not answered"


@pytest.mark.parametrize("name", EXERCISES)
def test_what_is_no_function_is_told_so(name: str) -> None:
    assert "the function itself" in examine(EXERCISES[name], 3, np.random.default_rng(0)).words


@pytest.mark.parametrize("name", EXERCISES)
def test_hints_go_from_a_nudge_to_more(name: str) -> None:
    hints = EXERCISES[name].hints
    assert len(hints) == 3
    assert all(hint.endswith((".", "?", "…")) for hint in hints)


def test_each_hint_says_what_it_should() -> None:
    said = listed("hints.txt")
    assert said.keys() == EXERCISES.keys()
    for name, exercise in EXERCISES.items():
        for words, hint in zip(said[name], exercise.hints, strict=True):
            assert re.search(".*".join(map(re.escape, words.split(" | "))), hint, re.IGNORECASE), (name, words)


def test_each_reason_is_that_of_its_answer() -> None:
    said = listed("reasons.txt")
    assert said.keys() == {question.name for lesson in LESSONS for question in lesson.questions}
    for name, pairs in said.items():
        for pair, option in zip(pairs, QUESTIONS[name].options, strict=True):
            answer, reason = pair.split(" → ")
            assert option.text.startswith(answer)
            assert option.because.startswith(reason)


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_has_one_right_answer_and_a_reason_for_each(name: str) -> None:
    options = QUESTIONS[name].options
    assert 2 <= len(options) <= 5
    assert sum(option.right for option in options) == 1
    assert all(option.because.endswith(".") for option in options)
    assert len({option.because for option in options}) == len(options)


def test_the_right_choice_of_every_question_is_known_from_elsewhere() -> None:
    assert CHOICES.keys() == QUESTIONS.keys()


def test_a_vote_has_no_more_than_four_answers() -> None:
    assert [vote.name for lesson in LESSONS for vote in lesson.votes if not 2 <= len(vote.options) <= 4] == []


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_right_choice_is_the_one_that_was_found_apart_from_the_question(name: str) -> None:
    words = CHOICES[name]() if callable(CHOICES[name]) else CHOICES[name]
    question = QUESTIONS[name]
    having = [letter for letter, option in zip(question.letters, question.options, strict=True) if words in option.text]
    assert having == [question.right_letter]


def test_the_numbers_in_all_questions_and_their_reasons_are_those_that_were_found_apart_from_them() -> None:
    said: dict[str, list[str]] = {}
    for name, question in QUESTIONS.items():
        texts = [question.text, *(text for option in question.options for text in (option.text, option.because))]
        said[name] = [" ".join(found).lower() for text in texts if (found := NUMBER.findall(text))]
    assert said == NUMBERS


def test_names_begin_with_their_lesson_and_are_given_once() -> None:
    names = [
        (lesson.number, item.name)
        for lesson in LESSONS
        for items in (lesson.questions, lesson.exercises, lesson.predictions, lesson.votes)
        for item in items
    ]
    assert [name for number, name in names if not name.startswith(f"{number}/")] == []
    assert len({name for _, name in names}) == len(names)


def test_the_right_answers_do_not_all_have_the_same_letter() -> None:
    assert len({question.right_letter for question in QUESTIONS.values()}) >= 3
