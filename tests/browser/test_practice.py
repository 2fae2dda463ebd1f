"""A learner predicts, answers and solves in the page; all of it is there again with a new kernel."""

import json
import re
from typing import Any

import nbformat
import numpy as np
import pytest
from chromium import box_at_rest, choose, wait_until
from lab import Lab, Lesson, write_notebook
from playwright.sync_api import Locator, Page, expect

SOLUTION = """
def share_seen(drawn, num_examples):
    return len(set(drawn.tolist())) / num_examples

ll.check("04/seen", share_seen)
"""
IMPORTS = "import lesson_lib as ll"


@pytest.fixture
def lesson(second_page: Page, lab: Lab) -> Lesson:
    """Lesson 04, with nothing answered, and nothing run but its imports."""
    (lab.folder / "notebooks" / "progress.json").unlink(missing_ok=True)
    lesson = Lesson(second_page, lab, "04_batches_and_epochs.ipynb")
    lesson.run_cell(IMPORTS)
    return lesson


def output_of(lesson: Lesson, code: str) -> Locator:
    lesson.run_cell(code)
    return lesson.output_of(code)


def kept(lesson: Lesson) -> dict[str, dict[str, Any]]:
    return dict(json.loads((lesson.file.parent / "progress.json").read_text("utf-8")))


def drawn(lesson: Lesson, curve: str) -> list[Any]:
    """The values that are kept of a drawn curve, `None` where nothing is drawn."""
    return kept(lesson)["04/loss"]["drawn"][curve]


def draw_down(lesson: Lesson, output: Locator) -> None:
    """A stroke with the mouse, from the upper left to the lower right of the axes; anew if they moved meanwhile."""
    canvas = output.locator("canvas")
    x, y = np.linspace(0.04, 0.99, 9), np.linspace(0.3, 0.75, 9)
    mouse = lesson.page.mouse
    before = None
    while (box := box_at_rest(canvas)) != before:
        before = box
        mouse.move(box["left"] + x[0] * box["width"], box["top"] + y[0] * box["height"])
        mouse.down()
        for across, down in zip(x, y, strict=True):
            mouse.move(box["left"] + across * box["width"], box["top"] + down * box["height"])
        mouse.up()


def falls_finely(values: list[Any]) -> bool:
    """Does a curve fall as far as the stroke, and no more by 0.15 epochs than on a grid as fine as it?"""
    if None in values or values != sorted(values, reverse=True):
        return False
    return values[0] - values[3] < 0.2 and values[0] - values[-1] > 1


def test_predict_answer_solve_and_find_it_all_again(lesson: Lesson) -> None:
    page = lesson.page

    guess = output_of(lesson, 'guess = ll.predict("04/loss")')
    draw_down(lesson, guess)
    expect(guess.locator(".mbl-sentence")).to_have_text("Drawn.")
    # A stroke made anew is heard after the words are there.
    wait_until(lambda: falls_finely(drawn(lesson, "B = 8")), "the whole stroke is kept")
    assert set(drawn(lesson, "B = N")) == {None}

    # The second curve by keyboard, on the coarse grid.
    choose(guess.get_by_role("radio", name="draw B = N"))
    guess.locator("canvas").focus()
    for key in ("ArrowRight", "ArrowUp", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    expect(guess.locator(".mbl-reading")).to_have_text(re.compile(r"B = N, epochs 0.05: 1\.\d+"))
    for _ in range(6):  # faster than the kernel answers: no step is lost
        page.keyboard.press("ArrowUp")
    expect(guess.locator(".mbl-reading")).to_have_text("B = N, epochs 0.05: 2.69")
    wait_until(
        lambda: any(value and f"{value:.2f}" == "2.69" for value in drawn(lesson, "B = N")), "the last step is kept"
    )
    lesson.run_code("")  # what the kernel said to it has come before the answer to this
    page.keyboard.press("ArrowUp")
    expect(guess.locator(".mbl-reading")).to_have_text("B = N, epochs 0.05: 2.85")

    question = output_of(lesson, 'll.ask("04/cover")')
    choose(question.get_by_role("radio", name="Always"))
    expect(question.locator(".mbl-wrong")).to_have_text(re.compile("✗ A is not right. Not with replacement"))
    choose(question.get_by_role("radio", name="permutation"))
    expect(question.locator(".mbl-right")).to_have_text(re.compile("✓ B is right"))

    exercise = output_of(lesson, "def share_seen(")
    expect(exercise.locator(".mbl-result")).to_contain_text("Not answered yet")
    exercise.get_by_text("Hint 1 of 3").click()
    expect(exercise.get_by_text("once and for all")).to_be_visible()
    lesson.ask("({ content }, code) => { content.activeCell.model.sharedModel.setSource(code); }", SOLUTION)
    exercise = output_of(lesson, "def share_seen(")
    expect(exercise.locator(".mbl-right")).to_contain_text("✓ Right")

    entries = kept(lesson)
    assert {name for name, entry in entries.items() if entry["done"]} == {"04/loss", "04/cover", "04/seen"}

    lesson.restart_kernel()
    lesson.run_cell(IMPORTS)
    question = output_of(lesson, 'll.ask("04/cover")')
    expect(question.get_by_role("radio", name="permutation")).to_be_checked()
    expect(question.locator(".mbl-right")).to_have_text(re.compile("✓ B is right"))
    guess = output_of(lesson, 'guess = ll.predict("04/loss")')
    expect(guess.locator(".mbl-sentence")).to_have_text("Drawn.")
    assert kept(lesson) == entries

    lesson.run_code("import numpy as np\nend = np.array([0.0, 5.0])")
    lesson.run_code("guess.compare({'B = 8': (end, np.array([2.3, 0.4]))})")
    expect(guess.locator(".mbl-sentence")).to_contain_text("Yours falls, and so does the measured one")
    assert "predictions 1 of 3, questions 1 of 4, exercises 1 of 2" in lesson.run_code(
        "from lesson_lib.lessons.overview import *\nfrom lesson_lib.lessons.content import LESSONS\n"
        "from lesson_lib.lessons.display import progress_here\n"
        "print(', '.join(f'{k} {a} of {b}' for k, (a, b) in done_of(LESSONS[4], progress_here().read()).items()))"
    )


VOTE, OUTCOME, RECALL = 'll.vote("07/small")', 'll.outcome("07/small")', 'll.recall("07")'
MEASURED = r'print("Measured:\nabout 6 %")'
LATER = r'print("Measured, too:\nabout 7 %")'


def test_a_vote_is_compared_in_the_page_and_what_answers_it_is_folded_until_then(second_page: Page, lab: Lab) -> None:
    (lab.folder / "notebooks" / "progress.json").unlink(missing_ok=True)
    path = lab.folder / "notebooks" / "votes.ipynb"
    write_notebook(path, IMPORTS, VOTE, MEASURED, OUTCOME, LATER, RECALL)
    content = nbformat.read(path, as_version=4)
    content.cells[2].outputs = [nbformat.v4.new_output("stream", text="Measured:\nabout 5 %")]
    for place in (2, 4):
        content.cells[place].metadata = {"jupyter": {"outputs_hidden": True}, "tags": ["answers:07/small"]}
    nbformat.write(content, path)

    lesson = Lesson(second_page, lab, path.name)
    measured = lesson.output_of(MEASURED, ".jp-Cell-outputWrapper")
    expect(measured).to_have_text("Measured:")  # of what is folded the page shows the first line

    lesson.run_all()  # gives nothing away
    vote, outcome, recalled = (lesson.output_of(code, ".mbl-frame") for code in (VOTE, OUTCOME, RECALL))
    results = {code: lesson.output_of(code, ".jp-Cell-outputWrapper") for code in (MEASURED, LATER)}
    expect(results[MEASURED]).to_have_text("Measured:")
    expect(results[LATER]).to_have_text("Measured, too:")
    lesson.run_cell(MEASURED)  # alone it is shown, by the learner's own wish
    expect(results[MEASURED].get_by_text("about 6 %")).to_be_visible()
    expect(outcome.get_by_role("status")).to_have_text("You have not voted yet: vote above, or press Show me.")
    expect(recalled.get_by_role("status")).to_contain_text("You have not predicted anything in this lesson yet")

    choose(lesson.output_of(VOTE, ".mbl-frame").get_by_role("radio").nth(2))
    expect(vote.get_by_role("status")).to_have_text("Your vote: C. The answer was compared further down.")
    expect(results[LATER].get_by_text("about 7 %")).to_be_visible()
    expect(lesson.output_of(OUTCOME, ".mbl-frame").get_by_role("status")).to_contain_text("That came true.")
    expect(lesson.output_of(RECALL, ".mbl-frame").get_by_role("status")).to_contain_text("1 of 1 came true.")

    lesson.restart_kernel()
    lesson.run_cell(IMPORTS)
    lesson.run_cell(OUTCOME)
    expect(lesson.output_of(OUTCOME, ".mbl-frame").get_by_role("status")).to_contain_text("You voted C")
    lesson.run_cell(VOTE)
    lesson.output_of(VOTE, ".mbl-frame").get_by_role("button", name="Vote again").press("Enter")
    expect(lesson.output_of(OUTCOME, ".mbl-frame").get_by_role("button", name="Show me")).to_be_visible()
