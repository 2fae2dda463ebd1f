"""Make two copies of each lesson: one for students, without any solution, and one that is solved.

    python scripts/make_copies.py FOLDER

The lessons in `notebooks/` are the source, with `solutions/`: a solution takes the place of the cell whose number
stands above it (`# %% 04-write-seen`), and each question gets its right answer. The copies go to FOLDER/student and
FOLDER/solved.
"""

import argparse
import copy
import json
import re
from pathlib import Path
from typing import Any

from lesson_lib.practice.content import LESSONS

HERE = Path(__file__).resolve().parents[1]
CELL = re.compile(r"^# %% (\S+)\n", re.MULTILINE)
QUESTION = re.compile(r'ask\("(.+)"\)')
ALL_RIGHT = """from lesson_lib.practice.exercise import results

assert {{name: result.state for name, result in results.items()}} == {states}
print("All exercises are solved.")"""

Notebook = dict[str, Any]


def solutions_in(text: str) -> dict[str, str]:
    """For each cell's number the code that takes its place; the first one begins with the file's imports."""
    head, *parts = CELL.split(text)
    cells = dict(zip(parts[::2], (part.strip() for part in parts[1::2]), strict=True))
    imports = head.split('"""', 2)[2].strip()
    first = next(iter(cells))
    return cells | {first: f"{imports}\n\n\n{cells[first]}" if imports else cells[first]}


def solved(notebook: Notebook, solutions: dict[str, str], exercises: list[str]) -> Notebook:
    """The notebook with its solutions, and a cell more that checks that all `exercises` are right.

    Raises:
        ValueError: a solution has no cell, or an exercise no solution.
    """
    notebook = copy.deepcopy(notebook)
    numbers = {cell["id"] for cell in notebook["cells"]}
    if solutions.keys() - numbers:
        raise ValueError(f"there are no cells {', '.join(sorted(solutions.keys() - numbers))}")
    missing = [name for name in exercises if not any(f'check("{name}"' in code for code in solutions.values())]
    if missing:
        raise ValueError(f"there is no solution of {', '.join(missing)}")
    right = {question.name: question.right_letter for lesson in LESSONS for question in lesson.questions}
    for cell in notebook["cells"]:
        before = "".join(cell["source"])
        after = solutions.get(cell["id"], before)
        after = QUESTION.sub(lambda found: f'ask("{found[1]}").choose("{right[found[1]]}")', after)
        if after != before:
            cell |= {"source": after.splitlines(keepends=True), "outputs": [], "metadata": {}, "execution_count": None}
    code = ALL_RIGHT.format(states=dict.fromkeys(exercises, "right"))
    notebook["cells"].append(
        {"cell_type": "code", "id": "all-right", "metadata": {}, "source": code.splitlines(keepends=True)}
        | {"outputs": [], "execution_count": None}
    )
    return notebook


def make_copies(folder: Path) -> None:
    """Write all copies into `folder`."""
    for lesson in LESSONS:
        notebook = json.loads((HERE / "notebooks" / f"{lesson.notebook}.ipynb").read_text(encoding="utf-8"))
        solutions = solutions_in((HERE / "solutions" / f"{lesson.notebook}.py").read_text(encoding="utf-8"))
        copies = {"student": notebook, "solved": solved(notebook, solutions, [each.name for each in lesson.exercises])}
        for kind, content in copies.items():
            path = folder / kind / f"{lesson.notebook}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the copies go")
    make_copies(parser.parse_args().folder)
