"""A vote on the page, what came out of it, and what a lesson recalls."""

import pytest

from lesson_lib.lessons.content.lesson import Lesson
from lesson_lib.lessons.question import Option, Question
from lesson_lib.lessons.recall import Recalled
from lesson_lib.lessons.vote import Outcome, Vote

pytestmark = pytest.mark.slow

VOTE = Question(
    "99/noise",
    "What becomes of the noise?",
    (Option("It grows", "Noise falls with B."), Option("It falls", "It fell by half.", right=True)),
)
LESSON = Lesson("99_noise", "Noise", "How noisy?", (), (), (), (VOTE,))


def radios(widget):
    return widget.root.get_by_role("radio")


def said(widget):
    return widget.root.get_by_role("status").text_content()


def test_a_vote_shows_neither_a_sign_nor_a_colour_of_right_or_wrong(show):
    vote = show(Vote(VOTE).frame)
    for place, letter in enumerate("AB"):
        radios(vote).nth(place).check()
        vote.answer()
        assert said(vote) == f"Your vote: {letter}. The answer comes further down."
        color = vote.root.get_by_role("status").evaluate("verdict => getComputedStyle(verdict).borderLeftColor")
        assert color == "rgba(0, 0, 0, 0)"


def test_a_vote_that_was_compared_is_closed_until_it_is_begun_anew(show):
    vote = Vote(VOTE)
    vote.choose("A")
    page = show(vote.frame)
    again = page.root.get_by_role("button", name="Vote again")
    assert again.is_hidden()
    vote.hear(VOTE.name, {"compared": True})
    page.answer()
    assert said(page) == "Your vote: A. The answer was compared further down."
    assert all(radio.is_disabled() for radio in radios(page).all())
    again.click()
    assert page.sent() == [{"anew": True}]
    vote.begin_anew()
    page.answer()
    assert not any(radio.is_checked() or radio.is_disabled() for radio in radios(page).all())
    assert (said(page), again.is_hidden()) == ("", True)


def test_what_came_out_is_shown_by_the_button_alone(show):
    outcome = show(Outcome(VOTE).frame)
    assert said(outcome) == "You have not voted yet: vote above, or press Show me."
    button = outcome.root.get_by_role("button", name="Show me", exact=True)
    button.press("Enter")
    outcome.answer()
    assert said(outcome) == "You did not vote. What came out is B: It falls. It fell by half."
    assert button.is_hidden()
    assert outcome.root.get_by_role("table").is_hidden()
    assert outcome.root.get_by_role("status").get_attribute("aria-live") == "polite"


@pytest.mark.parametrize(
    ("letter", "begins", "color"),
    [("A", "✗ You voted A: It grows. That did not", "rgb(213, 94, 0)"), ("B", "✓ You voted B", "rgb(0, 158, 115)")],
)
def test_a_vote_that_came_true_has_another_sign_than_one_that_did_not(show, letter, begins, color):
    Vote(VOTE).choose(letter)
    outcome = show(Outcome(VOTE).frame)
    assert said(outcome).startswith(begins)
    status = outcome.root.get_by_role("status")
    assert len(status.inner_text().splitlines()) == 1 + (letter == "A")  # what is right has a line of its own
    assert status.evaluate("words => getComputedStyle(words).borderLeftColor") == color


def test_the_votes_of_a_lesson_are_a_table_with_a_head(show):
    recalled = Recalled(LESSON)
    page = show(recalled.frame)
    assert page.root.get_by_role("columnheader").all_text_contents() == recalled.frame.rows[0]
    assert page.root.get_by_role("cell").all_text_contents() == [VOTE.text, "not voted yet", "", ""]
    assert page.root.get_by_role("button").is_hidden()
    recalled.hear(VOTE.name, {"chosen": "B"})
    page.answer()
    assert said(page) == "1 of 1 came true."
    assert page.root.get_by_role("cell").all_text_contents() == [VOTE.text, "B: It falls", "B: It falls", "✓ came true"]


def test_what_the_kernel_must_say_otherwise_is_an_alert(show):
    outcome = show(Outcome(VOTE).frame)
    outcome.tell(notice="progress.json cannot be written.")
    assert outcome.root.get_by_role("alert").text_content() == "progress.json cannot be written."


CELLS = """names => {
    const cellOf = tags => ({
        metadata: { tags, jupyter: { outputs_hidden: false } },
        getMetadata(key) { return this.metadata[key]; },
        setMetadata(key, value) { this.metadata[key] = value; },
        deleteMetadata(key) { delete this.metadata[key]; },
    });
    const both = ["answers:99/other", "answers:99/noise"];
    window.cells = [["answers:99/noise"], ["answers:99/other"], both, ["explains99/noise"], undefined].map(cellOf);
    window.model.widget_manager = {
        context: { model: { cells } }, get_model: async () => ({ comm_live: true }),
    };
}"""
FOLDED = "() => cells.map(cell => cell.metadata.jupyter?.outputs_hidden ?? false)"


def test_what_would_answer_an_open_vote_is_folded_until_there_is_one(show):
    outcome = Outcome(VOTE)
    page = show(outcome.frame)
    page.page.evaluate(CELLS)
    page.page.evaluate("() => host.render()")
    assert page.page.evaluate(FOLDED) == [True, False, True, False, False]
    page.page.evaluate("() => cells[0].setMetadata('jupyter', {})")  # the learner looks at it all the same
    page.tell(notice="The disk is full.")
    assert page.page.evaluate(FOLDED) == [False, False, True, False, False]
    page.tell(held_back=["99/other"])
    assert page.page.evaluate(FOLDED) == [False, True, True, False, False]
    page.tell(held_back=[VOTE.name])
    outcome.hear(VOTE.name, {"chosen": "B"})
    page.answer()
    assert page.page.evaluate(FOLDED) == [False] * 5
