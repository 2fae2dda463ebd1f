"""Votes, what came out of them, and what a lesson recalls at its end, without a browser."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lesson_lib import lessons as practice
from lesson_lib.chart import ticks
from lesson_lib.chart.picture import BLUE, VERMILION
from lesson_lib.lessons import display
from lesson_lib.lessons.content.lesson import Lesson
from lesson_lib.lessons.overview import done_of
from lesson_lib.lessons.prediction import Prediction, Sketch, SketchFrame, Task
from lesson_lib.lessons.question import ChoiceFrame, Option, Question
from lesson_lib.lessons.recall import Recalled
from lesson_lib.lessons.vote import Outcome, ToldFrame, Vote
from lesson_lib.panel import live, notebook

VOTE = Question(
    "99/noise",
    "What becomes of the noise?",
    (
        Option("It grows", "Noise falls with B."),
        Option("It falls.", "It fell by half.", right=True),
        Option("It stays", "It would stay if all examples were the same."),
    ),
)
OTHER = VOTE._replace(name="99/loss", text="What becomes of the loss?")
AXIS = ticks.linear("epochs", 0, 5)
SKETCHES = (Sketch("SGD", VERMILION), Sketch("GD", BLUE, "dashed"))
TASK = Task("99/drawn", "The loss", AXIS, ticks.linear("loss", 0, 5), (0.0, 1.0, 2.0), SKETCHES)
LESSON = Lesson("99_noise", "Noise", "How noisy?", (), (), (TASK,), (VOTE, OTHER))
TRUTH = "What came out is B: It falls. It fell by half."
HELD = "You have not voted yet: vote above, or press Show me."


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What has been displayed, in order."""
    outputs: list[Any] = []

    def keep(output: Any, *, raw: bool, **_: object) -> None:
        assert raw  # else a dictionary would be displayed, as such
        outputs.append(output)

    for module in (display, live):
        monkeypatch.setattr(module, "display", keep)
    monkeypatch.setattr(live, "update_display", lambda _, **__: None)
    display._on_page.clear()
    yield outputs
    for each in tuple(display._on_page):  # nor does a copy wait to be drawn when the tests have ended
        each.close()


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shown: list[Any]) -> Path:
    """Somebody is at the page, in a folder of their own."""
    monkeypatch.setattr(notebook, "someone_is_watching", lambda: True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def entry(folder: Path, name: str = VOTE.name) -> dict[str, Any]:
    return dict(json.loads((folder / "progress.json").read_text("utf-8"))[name])


def click(vote: Vote, place: int) -> None:
    vote.frame._handle_custom_msg({"choose": place}, [])


def on_page(widget: Vote | Outcome | Recalled) -> Any:
    """Show it as the last expression of a cell does; returns it."""
    widget._ipython_display_()
    return widget


def test_a_vote_does_not_say_what_is_right(watched: Path) -> None:
    vote = on_page(Vote(VOTE))
    assert (vote.frame.text, vote.frame.options) == (VOTE.text, ["It grows", "It falls.", "It stays"])
    assert (vote.frame.chosen, vote.frame.closed, vote.frame.verdict) == (-1, False, "")
    for place, letter in enumerate("ABC"):
        click(vote, place)
        assert (vote.frame.chosen, vote.frame.mark) == (place, "")
        assert vote.frame.verdict == f"Your vote: {letter}. The answer comes further down."
        assert entry(watched) == {"chosen": letter, "done": True}


def test_the_outcome_tells_a_right_vote_from_a_wrong_one(watched: Path) -> None:
    for letter, mark, words in (
        ("B", "right", "You voted B: It falls. That came true. It fell by half."),
        ("A", "wrong", f"You voted A: It grows. That did not come true. Noise falls with B.\n{TRUTH}"),
    ):
        vote = Vote(VOTE)
        vote.begin_anew()
        vote.choose(letter)
        outcome = on_page(Outcome(VOTE))
        assert (outcome.words, outcome.frame.mark, outcome.frame.held) == (words, mark, False)
        assert outcome.frame.words == words
        assert entry(watched)["compared"]


def test_nothing_is_given_away_before_there_is_a_vote(watched: Path) -> None:
    on_page(Vote(VOTE))
    outcome, recalled = on_page(Outcome(VOTE)), on_page(Recalled(LESSON))
    assert (outcome.words, outcome.frame.mark, outcome.frame.held) == (HELD, "", True)
    assert (outcome.frame.held_back, recalled.frame.held_back) == ([VOTE.name], list(recalled.lines))
    assert recalled.lines[VOTE.name] == (VOTE.text, "not voted yet", "", None)
    assert recalled.words == ("You have not predicted anything in this lesson yet: the votes and drawings are above.")
    state = json.dumps([outcome.frame.words, recalled.frame.words, recalled.frame.rows])
    assert "It falls" not in state
    assert "fell" not in state
    assert not (watched / "progress.json").exists()


def test_the_vote_on_another_question_opens_no_outcome(watched: Path) -> None:
    outcome = on_page(Outcome(VOTE))
    Vote(OTHER).choose("A")
    assert (outcome.words, outcome.frame.mark, outcome.frame.held) == (HELD, "", True)


def test_a_vote_given_later_is_compared_where_the_outcome_waits(watched: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vote, outcome, recalled = on_page(Vote(VOTE)), on_page(Outcome(VOTE)), on_page(Recalled(LESSON))
    monkeypatch.setattr(notebook, "someone_is_watching", lambda: False)  # a click comes with no cell
    click(vote, 2)
    assert outcome.frame.words.startswith("You voted C: It stays. That did not come true.")
    assert not outcome.frame.held
    assert outcome.frame.held_back == []
    assert recalled.frame.held_back == [OTHER.name, TASK.name]
    assert recalled.frame.rows[:2] == [
        ["question", "what you said", "what came out", ""], [VOTE.text, "C: It stays", "B: It falls.", "✗ did not"],
    ]  # fmt: skip
    assert recalled.words == "0 of 1 came true. 2 without an answer."
    assert vote.frame.closed
    assert vote.frame.verdict == "Your vote: C. The answer was compared further down."


def test_a_vote_can_be_changed_until_it_is_compared(watched: Path) -> None:
    vote = on_page(Vote(VOTE))
    click(vote, 0)
    click(vote, 1)
    on_page(Outcome(VOTE))
    assert vote.frame.closed
    with pytest.raises(ValueError, match="letter must be"):
        vote.choose("Z")
    click(vote, 0)  # from a tab that does not know it yet
    assert (vote.chosen, entry(watched)["chosen"]) == ("B", "B")


def test_an_outcome_that_nobody_has_seen_compares_nothing(watched: Path) -> None:
    vote = on_page(Vote(VOTE))
    click(vote, 0)
    Outcome(VOTE)
    assert not vote.frame.closed
    assert "compared" not in entry(watched)


def test_show_me_tells_it_without_a_vote_and_closes_the_vote(watched: Path) -> None:
    vote, outcome, recalled = on_page(Vote(VOTE)), on_page(Outcome(VOTE)), on_page(Recalled(LESSON))
    outcome.frame._handle_custom_msg({"show": True}, [])
    assert (outcome.frame.words, outcome.frame.held) == (f"You did not vote. {TRUTH}", False)
    assert (vote.frame.closed, vote.frame.verdict) == (True, "You looked at the answer before you voted.")
    assert recalled.lines[VOTE.name] == (VOTE.text, "no vote", "B: It falls.", None)
    assert entry(watched) == {"shown": True, "done": False}
    vote.frame._handle_custom_msg({"anew": True}, [])
    assert (vote.frame.closed, vote.frame.verdict) == (False, "")
    assert (outcome.words, outcome.frame.held, recalled.frame.held) == (HELD, True, False)


def test_show_me_takes_no_vote_away(watched: Path) -> None:
    vote, outcome = on_page(Vote(VOTE)), on_page(Outcome(VOTE))
    click(vote, 0)
    outcome.frame._handle_custom_msg({"show": True}, [])  # from a tab that does not know of it yet
    assert vote.frame.verdict == "Your vote: A. The answer was compared further down."
    assert outcome.frame.words.startswith("You voted A: ")


def test_voting_again_holds_the_answer_back_again(watched: Path) -> None:
    vote, outcome = on_page(Vote(VOTE)), on_page(Outcome(VOTE))
    click(vote, 1)
    vote.frame._handle_custom_msg({"anew": True}, [])
    assert (vote.frame.chosen, vote.frame.closed, vote.frame.verdict) == (-1, False, "")
    assert (outcome.frame.words, outcome.frame.mark, outcome.frame.held) == (HELD, "", True)
    click(vote, 0)
    assert outcome.frame.mark == "wrong"


def test_a_vote_is_there_again_in_the_next_session(watched: Path) -> None:
    click(Vote(VOTE), 2)
    again = on_page(Vote(VOTE))
    assert (again.frame.chosen, again.frame.closed) == (2, False)
    assert on_page(Outcome(VOTE)).words.startswith("You voted C")
    assert Vote(VOTE).frame.closed


@pytest.mark.parametrize("chosen", [7, "Z", "AB", None, [], ""])
def test_a_vote_that_there_is_not_is_looked_past(watched: Path, chosen: object) -> None:
    (watched / "progress.json").write_text(json.dumps({VOTE.name: {"chosen": chosen}}), encoding="utf-8")
    assert Vote(VOTE).frame.chosen == -1
    assert on_page(Outcome(VOTE)).words == HELD
    assert Recalled(LESSON).lines[VOTE.name].said == "not voted yet"


def test_what_is_closed_hears_nothing_more(watched: Path) -> None:
    vote, outcome = on_page(Vote(VOTE)), on_page(Outcome(VOTE))
    outcome.close()
    click(vote, 0)
    assert not vote.frame.closed


def test_a_file_that_cannot_be_written_takes_no_vote_away(watched: Path) -> None:
    (watched / "progress.json").mkdir()
    vote, outcome, recalled = on_page(Vote(VOTE)), on_page(Outcome(VOTE)), on_page(Recalled(LESSON))
    click(vote, 1)
    assert outcome.frame.mark == "right"
    assert recalled.words == "1 of 1 came true. 2 without an answer."
    assert "cannot be kept" in vote.frame.notice


def test_where_no_one_watches_the_copies_hold_it_back_and_fold_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: list[Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    for widget in (Vote(VOTE), Outcome(VOTE), Recalled(LESSON)):
        widget._ipython_display_()
    vote, outcome, recalled = shown
    assert vote["text/plain"].endswith("Not voted yet.")
    assert outcome["text/plain"] == HELD
    open_part, _, folded = outcome["text/html"].partition("<details>")
    assert "fell" not in open_part
    assert TRUTH in folded
    assert "fell" not in recalled["text/html"]
    assert recalled["text/plain"].splitlines()[1] == f"{VOTE.text} | not voted yet"
    Vote(VOTE).choose("A")
    for widget in (Vote(VOTE), Outcome(VOTE), Recalled(LESSON)):
        widget._ipython_display_()
    vote, outcome, recalled = shown[3:]
    assert vote["text/plain"].endswith("Your vote: A. The answer comes further down.")
    assert outcome["text/plain"].startswith("You voted A: It grows. That did not come true.")
    assert "<details>" not in outcome["text/html"]
    cells = re.findall(r'<td style="text-align: left">(.*?)</td>', recalled["text/html"])
    assert cells[1:4] == ["A: It grows", "B: It falls.", "✗ did not"]
    assert list(tmp_path.iterdir()) == []


def test_what_looks_like_html_is_text_in_the_copies(shown: list[Any]) -> None:
    odd, safe = 'B < N & "B" > 1', ("B &lt; N &amp; &quot;B&quot; &gt; 1", 'B &lt; N &amp; "B" &gt; 1')
    vote = VOTE._replace(text=odd, options=tuple(each._replace(text=odd, because=odd) for each in VOTE.options))
    Vote(vote).choose("A")
    for widget in (Vote(vote), Outcome(vote), Recalled(LESSON._replace(votes=(vote,)))):
        widget._ipython_display_()
    Prediction(TASK._replace(y=AXIS._replace(label=odd))).show()
    for copy in shown:
        assert odd not in copy["text/html"]
        assert any(text in copy["text/html"] for text in safe)


def test_in_plain_python_an_open_vote_hears_that_it_has_been_compared(shown: list[Any]) -> None:
    vote = Vote(VOTE)
    vote.choose("A")
    on_page(Outcome(VOTE))
    assert vote.frame.closed
    assert vote.choose("B").chosen == "A"


def test_the_page_hears_of_all_that_it_shows() -> None:
    told = {"words", "mark", "rows", "held", "held_back", "notice"}
    asked = {"text", "options", "chosen", "mark", "verdict", "closed", "notice"}
    drawn = {"picture", "sketches", "places", "drawn", "measured", "held", "words", "alt", "notice"}
    for frame, names in ((ToldFrame(), told), (ChoiceFrame(), asked), (SketchFrame(), drawn)):
        assert names - set(frame.keys) == set()


# Drawings

FALLS = {name: (np.array([0.0, 2.0]), np.array([4.0, 1.0])) for name in ("SGD", "GD")}


def draw(task: Prediction, *names: str, ends: tuple[float, float] = (4.0, 1.0)) -> None:
    values = [ends[0], sum(ends) / 2, ends[1]]
    drawn = {sketch.name: values if sketch.name in names else [None] * 3 for sketch in TASK.sketches}
    task.frame._handle_custom_msg({"drawn": drawn}, [])


def measured_marks(prediction: Prediction) -> list[str]:
    names = [mark["name"] for row in prediction.frame.picture["rows"] for chart in row for mark in chart["marks"]]
    return [name for name in names if name.endswith("measured")]


def test_what_was_measured_waits_for_all_curves_or_for_show_me(watched: Path) -> None:
    guess = Prediction(TASK)
    guess.compare(FALLS)
    assert (measured_marks(guess), guess.frame.held, guess.frame.measured) == ([], True, False)
    assert guess.words == "Draw what you expect, or press Show me."
    assert not (watched / "progress.json").exists()
    guess.draw("SGD", [4.0, None, None])  # a point is no curve
    assert guess.words == "Draw what you expect, or press Show me."
    draw(guess, "SGD")
    assert measured_marks(guess) == []
    assert guess.words == "Drawn. Press Compare."
    guess.frame._handle_custom_msg({"show": True}, [])
    assert measured_marks(guess) == ["SGD, measured", "GD, measured"]
    assert (guess.frame.held, guess.frame.measured) == (False, True)
    assert guess.words.endswith("Its values are right.\nGD: not drawn.")
    ((chart,),) = guess.frame.picture["rows"]
    assert (chart["title"], chart["x"]["label"], chart["y"]["label"]) == ("The loss", "epochs", "loss")
    assert [tuple(mark[key] for key in ("name", "color", "dash", "marker", "width")) for mark in chart["marks"]] == [
        ("SGD, measured", VERMILION, "solid", "none", 2.5),
        ("SGD, your drawing", VERMILION, "dotted", "dot", 1.5),
        ("GD, measured", BLUE, "dashed", "none", 2.5),
        ("GD, your drawing", BLUE, "dotted", "dot", 1.5),
    ]
    assert guess.frame.sketches == [
        {"name": "SGD", "color": VERMILION, "dash": "solid"}, {"name": "GD", "color": BLUE, "dash": "dashed"},
    ]  # fmt: skip
    assert guess.frame.places == [0.0, 1.0, 2.0]
    assert guess.frame.alt == f"Axes to draw on: loss against epochs. {guess.words}"


def test_a_whole_drawing_is_compared_at_once(watched: Path) -> None:
    guess, recalled = Prediction(TASK), on_page(Recalled(LESSON))
    draw(guess, "SGD", "GD")
    assert recalled.lines[TASK.name] == ("The loss", "not compared yet", "", None)
    guess.compare(FALLS)
    assert guess.frame.measured
    assert recalled.lines[TASK.name] == ("The loss", "your drawing", guess.words, True)
    assert recalled.frame.rows[-1] == ["The loss", "your drawing", guess.words, "✓ came true"]
    assert recalled.words == "1 of 1 came true. 2 without an answer."
    guess.frame._handle_custom_msg({"clear": True}, [])
    assert (measured_marks(guess), guess.frame.held) == ([], True)
    assert recalled.lines[TASK.name].said == "not compared yet"


@pytest.mark.parametrize(
    ("ends", "came_true"),
    [((4.0, 1.0), True), ((3.0, 1.0), True), ((1.0, 4.0), False), ((0.2, 0.0), False), ((0.8, 0.2), False)],
)
def test_a_drawing_came_true_with_its_direction_and_its_magnitude(
    watched: Path, ends: tuple[float, float], came_true: bool
) -> None:
    guess = Prediction(TASK)
    draw(guess, "SGD", "GD", ends=ends)
    guess.compare(FALLS)
    assert entry(watched, TASK.name)["came_true"] == came_true


def test_one_wrong_curve_is_enough_for_a_drawing_that_did_not_come_true(watched: Path) -> None:
    guess = Prediction(TASK)
    draw(guess, "SGD", "GD")
    guess.compare(FALLS | {"GD": (np.array([0.0, 2.0]), np.array([1.0, 4.0]))})
    assert not entry(watched, TASK.name)["came_true"]
    assert Recalled(LESSON).lines[TASK.name].row[-1] == "✗ did not"
    assert Recalled(LESSON).words.startswith("0 of 1 came true.")


def test_measured_curves_that_were_looked_at_without_a_drawing_count_for_nothing(watched: Path) -> None:
    guess = Prediction(TASK)
    guess.show_me()  # there is nothing to show yet
    assert not guess.frame.measured
    guess.compare(FALLS)
    guess.show_me()
    assert Recalled(LESSON).lines[TASK.name] == ("The loss", "no drawing", "the measured curves, above", None)
    guess.compare(FALLS)  # its cell is run again
    assert (guess.frame.held, guess.frame.measured, measured_marks(guess)) == (True, False, [])
    assert entry(watched, TASK.name) == {"shown": True, "done": False}


def test_the_copy_of_a_drawing_folds_what_was_measured(shown: list[Any]) -> None:
    guess = Prediction(TASK)
    guess.compare(FALLS)
    html = shown[-1]["text/html"]
    alts = re.findall(r'<img alt="(.*?)" src="data:image/png;base64,', html, re.DOTALL)
    assert alts == [
        "Axes to draw on: loss against epochs. Draw what you expect, or press Show me.",
        "The same axes with what was measured. SGD: not drawn.\nGD: not drawn.",
    ]
    assert "<details><summary>Show me</summary><img" in html
    assert shown[-1]["text/plain"] == "Draw what you expect, or press Show me."
    assert html.index("<details>") < html.rindex("<img")
    guess.draw("SGD", [4.0, 2.0, 1.0]).draw("GD", [4.0, 2.0, 1.0]).compare(FALLS)
    assert "<details>" not in shown[-1]["text/html"]


# The lesson


def test_votes_and_drawings_are_counted_together_in_the_map() -> None:
    counts = done_of(LESSON, {VOTE.name: {"done": True}, TASK.name: {"done": True}})
    assert counts == {"predictions": (2, 3), "questions": (0, 0), "exercises": (0, 0)}


def test_names_that_there_are_not() -> None:
    for call in (practice.vote, practice.outcome):
        with pytest.raises(ValueError, match=r"name must be one of .*got '99/nothing'"):
            call("99/nothing")
    with pytest.raises(ValueError, match=r"number must be one of '00', '01', .*got '4'"):
        practice.recall("4")
    assert practice.recall("04").lesson.number == "04"
