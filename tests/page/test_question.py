"""A question on the page, answered by the kernel's half."""

import pytest

from lesson_lib.lessons.question import Asked, Option, Question

pytestmark = pytest.mark.slow

QUESTION = Question(
    "04/cover",
    "Does one epoch show every example once?",
    (
        Option("Always", "Not with replacement."),
        Option("With a permutation", "Each has one place in it.", right=True),
        Option("Never", "A permutation does."),
    ),
)
TEXTS = [option.text for option in QUESTION.options]


@pytest.fixture
def question(show):
    return show(Asked(QUESTION).frame)


def radios(question):
    return question.root.locator("input[type=radio]")


def checked(question):
    return radios(question).evaluate_all("radios => radios.map(radio => radio.checked)")


def test_the_answers_are_one_group_with_its_question(question):
    assert question.page.get_by_role("group", name=QUESTION.text, exact=True).count() == 1
    (name,) = set(radios(question).evaluate_all("radios => radios.map(radio => radio.name)"))
    assert name
    assert checked(question) == [False] * 3
    for place, text in enumerate(TEXTS):
        label = f"{'ABC'[place]}{text}"
        assert radios(question).nth(place).evaluate("radio => radio.labels[0].textContent") == label


def test_an_answer_is_chosen_by_a_click_on_its_text_or_by_the_arrow_keys(question):
    question.root.get_by_text("Never", exact=True).click()
    assert question.sent() == [{"choose": 2}]
    radios(question).nth(2).press("ArrowUp")
    assert question.sent() == [{"choose": 1}]


@pytest.mark.parametrize("place", range(3))
def test_the_verdict_is_that_of_the_answer_that_was_chosen(question, place):
    question.root.get_by_text(TEXTS[place], exact=True).click()
    question.answer()
    right = place == 1
    verdict = question.root.get_by_role("status")
    said = f"{'ABC'[place]} is {'right' if right else 'not right'}. {QUESTION.options[place].because}"
    assert verdict.text_content() == f"{'✓' if right else '✗'} {said}"
    color = verdict.evaluate("verdict => getComputedStyle(verdict).borderLeftColor")
    assert color == ("rgb(0, 158, 115)" if right else "rgb(213, 94, 0)")
    assert checked(question) == [place == other for other in range(3)]


def test_another_answer_gets_another_verdict(question):
    for text, mark in [("Always", "✗"), ("With a permutation", "✓"), ("Never", "✗")]:
        question.root.get_by_text(text, exact=True).click()
        question.answer()
        assert question.root.get_by_role("status").text_content().startswith(mark)


def test_before_an_answer_there_is_no_verdict(question):
    verdict = question.root.get_by_role("status")
    assert verdict.text_content() == ""
    assert verdict.evaluate("verdict => getComputedStyle(verdict).borderLeftColor") == "rgba(0, 0, 0, 0)"


def test_an_answer_that_was_given_before_is_there_from_the_beginning(show):
    question = show(Asked(QUESTION).choose("C").frame)
    assert checked(question) == [False, False, True]
    assert question.root.get_by_role("status").text_content() == "✗ C is not right. A permutation does."


def test_two_views_of_a_question_show_the_same_answer_and_each_all_of_it(show):
    question = show(Asked(QUESTION).frame, views=2)
    question.root.nth(1).get_by_text("Always", exact=True).click()
    question.answer()
    assert checked(question) == [True, False, False] * 2
    assert question.root.get_by_role("status").all_text_contents() == ["✗ A is not right. Not with replacement."] * 2


def test_what_the_kernel_must_say_otherwise_is_an_alert(question):
    question.tell(notice="progress.json cannot be written.")
    assert question.root.get_by_role("alert").text_content() == "progress.json cannot be written."
    question.tell(notice="")
    assert question.root.get_by_role("alert").text_content() == ""
