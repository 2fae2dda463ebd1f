"""The lessons as they are saved: run from top to bottom, without errors, and each check compares something."""

import json
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))
MOST_LINES = 25
LINK = re.compile(r"\]\(\s*<?([^)\s>]+)|(?:src|href)=[\"']([^\"']+)")
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


def is_comparable(output):
    """Does nbval compare this output? It does so with text, and looks past pictures and widgets."""
    return output["output_type"] == "stream" or any(kind.startswith("text/") for kind in output.get("data", ()))


def test_there_are_lessons():
    assert FOLDER / "00_start_here.ipynb" in PATHS


def test_each_code_cell_was_run_once_from_top_to_bottom(code_cells):
    assert [cell["execution_count"] for cell in code_cells] == list(range(1, len(code_cells) + 1))


def test_no_error_and_no_warning_is_saved(code_cells):
    outputs = [output for cell in code_cells for output in cell["outputs"]]
    assert [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"] == []


def test_each_checked_cell_has_an_output_to_compare_with(code_cells):
    checked = [cell for cell in code_cells if "nbval-check-output" in tags(cell)]
    assert [source(cell) for cell in checked if not any(map(is_comparable, cell["outputs"]))] == []


def test_no_cell_is_left_out_of_the_run(code_cells):
    special = {tag for cell in code_cells for tag in tags(cell) if tag.startswith(("nbval-", "raises"))}
    assert special <= {"nbval-check-output"}
    assert not [source(cell) for cell in code_cells if re.search("NBVAL|VALIDATE_IGNORE", source(cell))]


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
