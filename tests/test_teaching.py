"""What the page for teachers quotes is what the saved lessons print."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "teaching.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (\d\d) (.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
LESSONS = {path.name[:2]: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}


def words(line):
    """A line without its spacing, which only makes columns."""
    return " ".join(line.split())


def printed(path):
    """All lines that a saved lesson has printed."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    return {words(line) for output in outputs for line in "".join(output.get("text", ())).splitlines()}


def test_every_lesson_has_its_section():
    assert set(SECTIONS) == set(LESSONS)


@pytest.mark.parametrize("lesson", SECTIONS)
def test_every_line_that_is_quoted_was_printed(lesson):
    quoted = [
        line for box in re.findall(r"```text\n(.*?)```", SECTIONS[lesson], re.DOTALL) for line in box.splitlines()
    ]
    assert quoted
    assert [line for line in quoted if words(line) not in printed(LESSONS[lesson])] == []


@pytest.mark.parametrize("plan", [1, 2])
def test_the_plans_add_up(plan):
    rows = [row.split("|")[1:-1] for row in PAGE.splitlines() if row.startswith("|")]
    head, _, *parts = rows
    minutes = [int(found[0]) for row in parts if (found := re.findall(r"^\d+", row[plan].strip()))]
    assert sum(minutes) == int(re.findall(r"\d+", head[plan])[0])
