"""What there is to read in a lesson is counted rightly, and is not too much."""

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from helpers import module_at

ROOT = Path(__file__).parents[1]
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return module_at(ROOT / "scripts" / "count_words.py")


def markdown(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": source.splitlines(keepends=True)}


def code(source: str, *said: str) -> dict[str, Any]:
    return {"cell_type": "code", "source": [source], "outputs": [{"output_type": "stream", "text": list(said)}]}


TEXT = """# Title of a lesson

**What is it?** It is a batch of `B = 8` examples, see [the lesson](04_batches.ipynb).

| a table | of words |
|---|---|

$$\\theta \\leftarrow \\theta - \\eta g$$

- One point, with $x^2 + 1$ in it
- Another one.

```python
these words are code
```

*To read on:* A. Author, "A title", 2020.
"""
LESSON = [
    markdown(TEXT),
    code('ll.vote("04/x")'),
    code("panel = ll.GdVsSgd(dataset).show()"),
    markdown("*What the panel shows. In two sentences.*\n\nMore of it."),
]


def test_prose_is_counted_and_nothing_else(script: ModuleType) -> None:
    found = script.figures(LESSON)
    words = "What is it It is a batch of x examples see the lesson One point with x in it Another one"
    below = "What the panel shows In two sentences More of it"
    assert found.words == len(words.split()) + len(below.split())
    assert found.equations == 1
    assert found.caption == 7
    sentences = 7
    assert found.sentence == found.words / sentences
    assert found.panel_cell == 3


def test_an_abbreviation_or_a_number_ends_no_sentence(script: ModuleType) -> None:
    assert script.sentences_of("It costs 1.5 ms, e.g. here. And “more.” Is it so? Yes") == [
        "It costs 1.5 ms, e.g. here.", "And “more.", "Is it so?", "Yes",
    ]  # fmt: skip


def test_a_caption_is_the_italic_paragraph_below_a_panel(script: ModuleType) -> None:
    panel = LESSON[2]
    for text in ("**Now** you.\n", "No caption.", "A *word* only."):
        assert script.captions([panel, markdown(text)]) == []
    assert script.captions([markdown("*Not below a panel.*"), code("x = 1"), markdown("*Nor this.*")]) == []


def test_what_stands_above_the_panel_pushes_it_down(script: ModuleType) -> None:
    before = script.figures(LESSON).panel_screen
    printed = code("print()", *["line\n"] * script.LINES_ON_A_SCREEN)
    assert script.figures([printed, *LESSON]).panel_screen > before + 1
    assert script.figures([*LESSON, printed]).panel_screen == before


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_lesson_shows_first_and_is_short(script: ModuleType, path: Path) -> None:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    found = script.figures(cells)
    title = [line for text in texts for line in text.splitlines() if line.startswith("# ")]
    held = [json.dumps(cell["outputs"]) for cell in cells if ".compare(" in "".join(cell["source"])]
    neighbours = [each.name for each in PATHS if abs(PATHS.index(each) - PATHS.index(path)) == 1]
    holds = (
        found.words <= 1_200
        and found.equations <= 3
        and found.caption <= 40
        and found.sentence <= 15
        and found.panel_screen <= 2
        and len(title) == 1
        and all("press Show me" in outputs for outputs in held)
        and all(f"]({name})" in text for name in neighbours for text in (texts[0], texts[-1]))
    )
    assert holds, found
