"""The lessons as they are saved: run from top to bottom, without errors, and what is quoted is compared by nbval.

nbval compares the text of each output, unless its cell has the tag `nbval-ignore-output`.
"""

import json
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "notebooks"
CHECKS = Path(__file__).parent / "lessons"
PATHS = sorted(FOLDER.glob("*.ipynb"))
IGNORED = "nbval-ignore-output"
ANSWERS = "answers:"
"""Begins the tag of a cell whose output would answer a vote or a drawing, which is named behind it."""
FOLDED = {"outputs_hidden": True}
MOST_LINES = 25
MOST_DIGITS = 5
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)|(?:src|href)=[\"']([^\"']+)")
NUMBER = re.compile(r"(?<![\w.,/])\d+(?:,\d{3})*(?:\.\d+)?(?!\w)")
TIME = re.compile(r"\d (?:s|ms|µs)\b")
MACHINE = re.compile(r"devices\(|__version__")
ELSEWHERE = ("http://", "https://", "mailto:", "attachment:", "data:", "#")


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def path(request):
    """One lesson after the other."""
    return request.param


@pytest.fixture
def notebook(path):
    """What the file holds."""
    return json.loads(path.read_text("utf-8"))


@pytest.fixture
def code_cells(notebook):
    """Its code cells, from top to bottom."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def source(cell):
    """Text of a cell, which a file may hold as a list of lines."""
    return "".join(cell["source"])


def tags(cell):
    """Tags of a cell."""
    return set(cell["metadata"].get("tags", ()))


def answered_by(cell):
    """Names of the votes and drawings that the output of a cell would answer."""
    return [tag.removeprefix(ANSWERS) for tag in tags(cell) if tag.startswith(ANSWERS)]


def is_compared(cell):
    """Does nbval compare what this cell shows?"""
    return IGNORED not in tags(cell)


def text_of(cell):
    """What a code cell shows, as plain text."""
    outputs = [output.get("text") or output["data"].get("text/plain", ()) for output in cell["outputs"]]
    return "".join("".join(lines) for lines in outputs)


def numbers_in(text):
    """All numbers of a text, without signs and commas."""
    return {number.replace(",", "") for number in NUMBER.findall(text)}


def is_quoted_from(quoted, shown):
    """Is a number of the text one that was shown, perhaps with fewer digits?"""
    digits = len(quoted.partition(".")[2])
    return len(shown.partition(".")[2]) >= digits and f"{float(shown):.{digits}f}" == quoted


def test_there_are_lessons():
    assert FOLDER / "00_start_here.ipynb" in PATHS


def test_each_code_cell_was_run_once_from_top_to_bottom(code_cells):
    assert [cell["execution_count"] for cell in code_cells] == list(range(1, len(code_cells) + 1))


def test_no_error_and_no_warning_is_saved(code_cells):
    outputs = [output for cell in code_cells for output in cell["outputs"]]
    assert [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"] == []


def test_no_cell_is_left_out_of_the_run_and_none_is_hidden(code_cells):
    assert {tag for cell in code_cells for tag in tags(cell) if not tag.startswith(ANSWERS)} <= {IGNORED}
    assert [source(cell) for cell in code_cells if cell["metadata"].keys() - {"tags", "jupyter"}] == []
    assert not [source(cell) for cell in code_cells if re.search("NBVAL|VALIDATE_IGNORE", source(cell))]


def test_what_answers_an_open_prediction_is_folded_and_nothing_else(code_cells):
    folded = [cell["id"] for cell in code_cells if "jupyter" in cell["metadata"]]
    assert folded == [cell["id"] for cell in code_cells if answered_by(cell)]
    assert [cell["id"] for cell in code_cells if cell["metadata"].get("jupyter", FOLDED) != FOLDED] == []


def test_what_is_folded_answers_what_was_asked_above_it(code_cells):
    above = set()
    for cell in code_cells:
        assert set(answered_by(cell)) <= above
        above |= set(re.findall(r'll\.(?:vote|predict)\("([^"]+)"\)', source(cell)))
    assert above == {name for cell in code_cells for name in answered_by(cell)}


def test_the_first_line_of_what_is_folded_is_a_heading(code_cells):
    """JupyterLab shows it of a folded output; of a panel's copy it is blank."""
    outputs = [cell["outputs"][0] for cell in code_cells if answered_by(cell)]
    lines = ["".join(output.get("text") or output["data"]["text/html"]).splitlines()[0] for output in outputs]
    assert [line for line in lines if line.strip() and not line.endswith(":")] == []


def test_no_vote_is_answered_in_what_is_shipped(code_cells):
    for cell in code_cells:
        if re.search(r"ll\.(?:vote|outcome)\(", source(cell)):
            assert "not voted yet" in text_of(cell).lower()
        if "ll.recall(" in source(cell):
            assert "came true" not in text_of(cell)


def test_what_is_the_machines_own_is_not_compared(code_cells):
    outputs = [output for cell in code_cells if is_compared(cell) for output in cell["outputs"]]
    assert not any("image/png" in output.get("data", ()) for output in outputs)
    assert not any(TIME.search("".join(output.get("text", ()))) for output in outputs)
    assert [source(cell) for cell in code_cells if is_compared(cell) and MACHINE.search(source(cell))] == []


def test_what_is_compared_has_no_more_digits_than_all_processors_share(code_cells):
    shown = {number for cell in code_cells if is_compared(cell) for number in numbers_in(text_of(cell))}
    assert [
        number for number in shown if "." in number and len(number.replace(".", "").lstrip("0")) > MOST_DIGITS
    ] == []


def test_only_what_shows_something_is_ignored(code_cells):
    assert [source(cell) for cell in code_cells if not is_compared(cell) and not cell["outputs"]] == []


def test_a_number_that_the_text_quotes_is_compared_or_checked(path, notebook, code_cells):
    """Compared, where all processors agree on it; else a check says how far it may be off."""
    sources = numbers_in("\n".join(source(cell) for cell in code_cells))
    checks = numbers_in((CHECKS / f"{path.stem}.py").read_text("utf-8"))
    compared = {number for cell in code_cells if is_compared(cell) for number in numbers_in(text_of(cell))}
    known, ignored, unsure = sources, set(), []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            new = {number for number in numbers_in(source(cell)) - known if len(number) > 1}
            quoted = {number for number in new if any(is_quoted_from(number, shown) for shown in ignored)}
            safe = {number for number in quoted if any(is_quoted_from(number, shown) for shown in compared | checks)}
            unsure += [f"{number} in {cell['id']}" for number in sorted(quoted - safe)]
            known = known | new
        elif not is_compared(cell):
            ignored |= numbers_in(text_of(cell))
    assert unsure == []


def test_no_state_of_widgets_and_no_time_is_saved(notebook, code_cells):
    assert "widgets" not in notebook["metadata"]
    assert all("execution" not in cell["metadata"] for cell in code_cells)


def test_the_kernel_is_the_one_that_everybody_has(notebook):
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"


def test_code_cells_are_short(code_cells):
    assert [source(cell) for cell in code_cells if len(source(cell).splitlines()) > MOST_LINES] == []


def test_links_inside_the_course_lead_somewhere(path, notebook):
    text = "\n".join(source(cell) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    links = [first or second for first, second in LINK.findall(text)]
    inside = [link.split("#")[0] for link in links if not link.startswith(ELSEWHERE)]
    assert [link for link in inside if not (path.parent / link).exists()] == []
