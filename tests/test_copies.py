"""The students' copy and the solved copy of each lesson come from one source, and differ in nothing but the answers."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

from lesson_lib.practice.content import LESSONS

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "scripts" / "make_copies.py"
LESSON = LESSONS[4]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_copies", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def copies(script: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copies")
    script.make_copies(folder)
    return folder


def cells(path: Path) -> dict[str, str]:
    return {cell["id"]: "".join(cell["source"]) for cell in json.loads(path.read_text("utf-8"))["cells"]}


def test_there_is_a_pair_of_copies_for_every_lesson(copies: Path) -> None:
    for kind in ("student", "solved"):
        assert sorted(path.stem for path in (copies / kind).iterdir()) == [lesson.notebook for lesson in LESSONS]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.notebook)
def test_the_copies_differ_in_the_answers_alone(copies: Path, lesson) -> None:
    name = f"{lesson.notebook}.ipynb"
    student, solved = cells(copies / "student" / name), cells(copies / "solved" / name)
    assert [*student, "all-right"] == list(solved)
    different = [cell for cell in student if student[cell] != solved[cell]]
    expected = [cell for cell, source in student.items() if source.startswith("ask(") or "check(" in source]
    assert [cell for cell in different if not cell.endswith("-predict")] == expected
    assert len(expected) == len(lesson.questions) + len(lesson.exercises)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.notebook)
def test_the_students_copy_is_the_notebook_itself_and_asks_for_all_there_is(copies: Path, lesson) -> None:
    name = f"{lesson.notebook}.ipynb"
    source = cells(ROOT / "notebooks" / name)
    assert cells(copies / "student" / name) == source
    text = "\n".join(source.values())
    calls = {"ask": lesson.questions, "check": lesson.exercises, "predict": lesson.predictions}
    assert [item.name for call, items in calls.items() for item in items if f'{call}("{item.name}"' not in text] == []


def test_a_solution_without_a_cell_and_an_exercise_without_a_solution_are_told(script: ModuleType) -> None:
    notebook = {"cells": [{"id": "04-write", "cell_type": "code", "source": ["..."], "metadata": {}}]}
    with pytest.raises(ValueError, match="there are no cells 04-other"):
        script.solved(notebook, {"04-other": "x = 1"}, [])
    with pytest.raises(ValueError, match="there is no solution of 04/seen"):
        script.solved(notebook, {"04-write": 'check("04/batches", f)'}, ["04/batches", "04/seen"])
    assert notebook["cells"][0]["source"] == ["..."]


def test_imports_come_with_the_first_solution(script: ModuleType) -> None:
    text = '"""About."""\n\nimport numpy as np\n\n# %% a-1\nx = 1\n\n\n# %% a-2\ny = 2\n'
    assert script.solutions_in(text) == {"a-1": "import numpy as np\n\n\nx = 1", "a-2": "y = 2"}
