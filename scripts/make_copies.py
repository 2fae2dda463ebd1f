"""Make three copies of each lesson: for students, without any solution; solved; and with all that is checked.

    python scripts/make_copies.py FOLDER

The lessons in `notebooks/` are the source, with `solutions/`: a solution takes the place of the cell whose number
stands above it (`# %% 04-write-seen`), and each question and vote gets its right answer. What only checks a lesson
lies in `tests/lessons/`, and runs after the cell that is named there (`# %% after 04-11`). The copies go to
FOLDER/student, FOLDER/solved and FOLDER/checked; `python3 start.py test` runs the last one under nbval, in place of
the two others.
"""

import argparse
import copy
import json
import re
import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lesson_lib.lessons.content import LESSONS

HERE = Path(__file__).resolve().parents[1]
NOBODY_LOOKS = """# A panel runs where a check runs it, and no right answer is rewarded: nobody looks at the pictures.
from lesson_lib.lessons.reward import Rewarded
from lesson_lib.panel.panel import Panel

Panel.show = lambda panel: panel
Rewarded.show = lambda frame, rewards: None"""
QUESTION = re.compile(r'\b(ask|vote)\("(.+)"\)')
ALL_RIGHT = """from lesson_lib.lessons.exercise import results

assert {{name: result.state for name, result in results.items()}} == {states}"""

Notebook = dict[str, Any]
Cell = dict[str, Any]


def parts_of(text: str, mark: str = "# %% ") -> dict[str, str]:
    """For each cell's number, which stands after `mark`, the code under it; the first has the file's imports, too."""
    head, *parts = re.split(rf"^{mark}(\S+)\n", text, flags=re.MULTILINE)
    cells = dict(zip(parts[::2], (part.strip() for part in parts[1::2]), strict=True))
    imports = head.split('"""', 2)[2].strip()
    first = next(iter(cells))
    return cells | {first: f"{imports}\n\n\n{cells[first]}" if imports else cells[first]}


def require_cells(notebook: Notebook, numbers: Iterable[str]) -> None:
    """Check that the notebook has all these cells.

    Raises:
        ValueError: one is missing.
    """
    missing = sorted(set(numbers) - {cell["id"] for cell in notebook["cells"]})
    if missing:
        raise ValueError(f"there are no cells {', '.join(missing)}")


def solved(notebook: Notebook, solutions: dict[str, str], exercises: list[str]) -> Notebook:
    """The notebook with its solutions, and with the right answers to its questions and votes.

    Raises:
        ValueError: a solution has no cell, or an exercise no solution.
    """
    require_cells(notebook, solutions)
    missing = [name for name in exercises if not any(f'check("{name}"' in code for code in solutions.values())]
    if missing:
        raise ValueError(f"there is no solution of {', '.join(missing)}")
    asked = [question for lesson in LESSONS for question in (*lesson.questions, *lesson.votes)]
    right = {question.name: question.right_letter for question in asked}
    notebook = copy.deepcopy(notebook)
    for cell in notebook["cells"]:
        before = "".join(cell["source"])
        after = solutions.get(cell["id"], before)
        after = QUESTION.sub(lambda found: f'{found[0]}.choose("{right[found[2]]}")', after)
        if after != before:
            cell.update(new_cell(cell["id"], after))
    return notebook


def checked(notebook: Notebook, solution: Notebook, checks: dict[str, str], exercises: list[str]) -> Notebook:
    """The notebook as it is, with cells between its own: answers, checks, and at last that all `exercises` are right.

    An answer comes after the cell that asks for it, so that what that cell shows is compared as well. A check comes
    after the answers; it is a function, so that none of its names lives on in the lesson. A panel that no check runs
    is made and does nothing, and no right answer is rewarded (`tests/test_rewards.py` looks at that): both would take
    longer than all that is checked.

    Raises:
        ValueError: a check has no cell to run after.
    """
    require_cells(notebook, checks)
    cells = [new_cell("nobody-looks", NOBODY_LOOKS)]
    for cell, answered in zip(notebook["cells"], solution["cells"], strict=True):
        cells.append(cell)
        if answered != cell:
            cells.append(answered | {"id": f"{cell['id']}-answer"})
        if cell["id"] in checks:
            body = textwrap.indent(checks[cell["id"]], "    ")
            cells.append(new_cell(f"{cell['id']}-check", f"def check_lesson():\n{body}\n\n\ncheck_lesson()"))
    all_right = ALL_RIGHT.format(states=dict.fromkeys(exercises, "right"))
    return notebook | {"cells": [*cells, new_cell("all-right", all_right)]}


def new_cell(number: str, code: str) -> Cell:
    """A code cell that has not been run yet."""
    source = code.splitlines(keepends=True)
    return {"cell_type": "code", "id": number, "metadata": {}, "source": source, "outputs": [], "execution_count": None}


def make_copies(folder: Path) -> None:
    """Write all copies into `folder`."""
    for lesson in LESSONS:
        student = json.loads((HERE / "notebooks" / f"{lesson.notebook}.ipynb").read_text(encoding="utf-8"))
        solutions = parts_of((HERE / "solutions" / f"{lesson.notebook}.py").read_text(encoding="utf-8"))
        checks = parts_of((HERE / "tests/lessons" / f"{lesson.notebook}.py").read_text(encoding="utf-8"), "# %% after ")
        exercises = [exercise.name for exercise in lesson.exercises]
        solution = solved(student, solutions, exercises)
        check = checked(student, solution, checks, exercises)
        copies = {"student": student, "solved": solution, "checked": check}
        for kind, content in copies.items():
            path = folder / kind / f"{lesson.notebook}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the copies go")
    make_copies(parser.parse_args().folder)
