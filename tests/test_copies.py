"""All copies of a lesson have one source: the solved one differs in the answers alone, the checked one adds cells."""

import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from helpers import module_at

from lesson_lib.lessons.content import LESSONS

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "scripts" / "make_copies.py"
ASKING = re.compile(r"^(?:guess = )?ll\.(?:ask|check|predict|vote)\(", re.MULTILINE)
each_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.notebook)


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return module_at(SCRIPT)


@pytest.fixture(scope="module")
def copies(script: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copies")
    script.make_copies(folder)
    return folder


def notebook(folder: Path, lesson) -> dict[str, Any]:
    return dict(json.loads((folder / f"{lesson.notebook}.ipynb").read_text("utf-8")))


def sources(folder: Path, lesson) -> dict[str, str]:
    return {cell["id"]: "".join(cell["source"]) for cell in notebook(folder, lesson)["cells"]}


def answerable(lesson) -> dict[str, Any]:
    """What can be answered in a lesson, by the call that asks for it."""
    return {
        "ask": lesson.questions, "check": lesson.exercises, "predict": lesson.predictions, "vote": lesson.votes,
    }  # fmt: skip


def asking(cells: dict[str, str]) -> list[str]:
    """The cells that ask for an answer."""
    return [number for number, source in cells.items() if ASKING.search(source)]


def test_there_is_a_copy_of_each_kind_for_every_lesson(copies: Path) -> None:
    for kind in ("student", "solved", "checked"):
        assert sorted(path.stem for path in (copies / kind).iterdir()) == [lesson.notebook for lesson in LESSONS]


@each_lesson
def test_the_solved_copy_differs_in_the_answers_alone(copies: Path, lesson) -> None:
    student, solved = sources(copies / "student", lesson), sources(copies / "solved", lesson)
    assert list(student) == list(solved)
    different = [cell for cell in student if student[cell] != solved[cell]]
    assert different == asking(student)
    assert len(different) == sum(map(len, answerable(lesson).values()))


@each_lesson
def test_the_students_copy_is_the_notebook_itself_and_asks_for_all_there_is(copies: Path, lesson) -> None:
    student = copies / "student" / f"{lesson.notebook}.ipynb"
    assert student.read_bytes() == (ROOT / "notebooks" / student.name).read_bytes()
    text = "\n".join(sources(copies / "student", lesson).values())
    asked = [(call, item.name) for call, items in answerable(lesson).items() for item in items]
    assert [name for call, name in asked if f'{call}("{name}"' not in text] == []


@each_lesson
def test_what_came_out_of_a_vote_is_said_below_it_and_recalled_at_the_end(copies: Path, lesson) -> None:
    text = "\n".join(sources(copies / "student", lesson).values())
    for vote in lesson.votes:
        assert text.index(f'll.vote("{vote.name}")') < text.index(f'll.outcome("{vote.name}")')
    recalls = re.findall(r"ll\.recall\(\"(.*)\"\)", text)
    assert recalls == [lesson.number] * bool(lesson.votes)


@each_lesson
def test_the_checked_copy_is_the_notebook_itself_with_cells_between(copies: Path, lesson) -> None:
    shipped, checked = notebook(ROOT / "notebooks", lesson), notebook(copies / "checked", lesson)
    numbers = {cell["id"] for cell in shipped["cells"]}
    kept = {**checked, "cells": [cell for cell in checked["cells"] if cell["id"] in numbers]}
    assert json.dumps(kept, indent=1) == json.dumps(shipped, indent=1)
    added = [cell for cell in checked["cells"] if cell["id"] not in numbers]
    assert [cell for cell in added if cell["outputs"] or cell["execution_count"] is not None] == []


@each_lesson
def test_each_answer_and_each_check_runs_right_after_its_cell(copies: Path, lesson) -> None:
    student, solved, checked = (sources(copies / kind, lesson) for kind in ("student", "solved", "checked"))
    text = (ROOT / "tests" / "lessons" / f"{lesson.notebook}.py").read_text("utf-8")
    checks = re.findall("^# %% after (.+)$", text, re.MULTILINE)
    expected = []
    for cell in student:
        expected += [cell, *[f"{cell}-answer"] * (cell in asking(student)), *[f"{cell}-check"] * checks.count(cell)]
    assert list(checked) == ["nobody-looks", *expected, "all-right"]
    assert [checked[f"{cell}-answer"] for cell in asking(student)] == [solved[cell] for cell in asking(student)]


@each_lesson
def test_a_check_asserts_and_leaves_no_name_behind(copies: Path, lesson) -> None:
    for cell, source in sources(copies / "checked", lesson).items():
        if cell.endswith("-check"):
            head, *body, end = source.splitlines()
            assert (head, end) == ("def check_lesson():", "check_lesson()")
            assert all(line.startswith("    ") for line in body if line)
            assert any(line.strip().startswith("assert ") for line in body)


def test_a_solution_without_a_cell_and_an_exercise_without_a_solution_are_told(script: ModuleType) -> None:
    notebook = {"cells": [{"id": "04-write", "cell_type": "code", "source": ["..."], "metadata": {}}]}
    with pytest.raises(ValueError, match="there are no cells 04-other"):
        script.solved(notebook, {"04-other": "x = 1"}, [])
    with pytest.raises(ValueError, match="there is no solution of 04/seen"):
        script.solved(notebook, {"04-write": 'check("04/batches", f)'}, ["04/batches", "04/seen"])
    with pytest.raises(ValueError, match="there are no cells 04-other"):
        script.checked(notebook, notebook, {"04-other": "assert x"}, [])
    assert notebook["cells"][0]["source"] == ["..."]


def test_imports_come_with_the_first_part(script: ModuleType) -> None:
    text = '"""About."""\n\nimport numpy as np\n\n# %% a-1\nx = 1\n\n\n# %% a-2\ny = 2\n'
    expected = {"a-1": "import numpy as np\n\n\nx = 1", "a-2": "y = 2"}
    assert script.parts_of(text) == expected
    assert script.parts_of(text.replace("%% ", "%% after "), "# %% after ") == expected
