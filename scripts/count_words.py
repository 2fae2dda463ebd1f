"""How much there is to read in each lesson, and how far down its first panel is.

    python scripts/count_words.py

Prose is the text of a lesson without its tables, code, displayed equations, links' addresses, headings and the list of
what to read on. A formula or a name within a sentence counts as one word.
"""

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import lesson_lib

HERE = Path(__file__).resolve().parents[1]
LINES_ON_A_SCREEN = 26
"""Of text at 1280 x 720, below JupyterLab's own bars."""
LINES_OF_A_VOTE = 8
"""That a vote or a drawing takes on the page, above what its cell says."""

_PANELS = [name for place, names in lesson_lib._PLACES.items() if place.endswith(".panel") for name in names]
_IS_PANEL = re.compile(rf"\bll\.(?:{'|'.join(_PANELS)})\(")
_ASKS = re.compile(r"\bll\.(?:vote|predict)\(")
_EQUATION = re.compile(r"\$\$.*?\$\$", re.DOTALL)
_FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_ONE_WORD = re.compile(r"\$[^$]+\$|`[^`]+`")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_TAG = re.compile(r"<[^>]+>")
_ITEM = re.compile(r"^\s*(?:[-*]|\d+\.)\s+", re.MULTILINE)
_SENTENCE_ENDS = re.compile(r"(?<=[.!?…])[\"”*)]*\s+(?=[^a-z])")
_CAPTION = re.compile(r"\*(?!\*)(.+)\*", re.DOTALL)
_LETTER = re.compile(r"\w")


class Figures(NamedTuple):
    """What one lesson has to read."""

    words: int
    equations: int
    caption: int
    """Words of the longest caption."""
    sentence: float
    """Words of a sentence, on average."""
    panel_cell: int
    """Which cell the first panel is, counted from 1."""
    panel_screen: float
    """How many screens are above it, about."""


def figures(cells: list[dict[str, Any]]) -> Figures:
    """The figures of a lesson from its cells."""
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    sentences = [sentence for text in texts for paragraph in prose(text) for sentence in sentences_of(paragraph)]
    words = sum(map(count, sentences))
    first = next(place for place, cell in enumerate(cells) if _is_panel(cell))
    return Figures(
        words=words,
        equations=sum(len(_EQUATION.findall(text)) for text in texts),
        caption=max(map(count, captions(cells)), default=0),
        sentence=words / max(len(sentences), 1),
        panel_cell=first + 1,
        panel_screen=sum(map(_lines, cells[:first])) / LINES_ON_A_SCREEN,
    )


def prose(text: str) -> list[str]:
    """The paragraphs of a text, each item of a list for itself, without all that is not prose."""
    text = _TAG.sub("", _EQUATION.sub("\n\n", _FENCED.sub("\n\n", text)))
    text = _LINK.sub(r"\1", _ONE_WORD.sub("x", text))
    text = _ITEM.sub("\n", "\n".join(line for line in text.splitlines() if not line.startswith(("|", "#"))))
    paragraphs = [" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", text)]
    return [each for each in paragraphs if _LETTER.search(each) and not each.startswith(("*To read on", "←", "→"))]


def sentences_of(paragraph: str) -> list[str]:
    """The sentences of a paragraph."""
    return [sentence for sentence in _SENTENCE_ENDS.split(paragraph) if count(sentence)]


def count(text: str) -> int:
    """How many words there are."""
    return sum(bool(_LETTER.search(word)) for word in text.split())


def captions(cells: list[dict[str, Any]]) -> list[str]:
    """The first paragraph below each panel, where it is in italics."""
    below = [cell for above, cell in pairwise(cells) if _is_panel(above)]
    paragraphs = [prose("".join(cell["source"])) for cell in below if cell["cell_type"] == "markdown"]
    found = [_CAPTION.fullmatch(first) for first, *_ in filter(None, paragraphs)]
    return [match[1] for match in found if match]


def _is_panel(cell: dict[str, Any]) -> bool:
    return cell["cell_type"] == "code" and bool(_IS_PANEL.search("".join(cell["source"])))


def _lines(cell: dict[str, Any]) -> int:
    """About how many lines a cell takes on the page, with what it says below."""
    said = [line for output in cell.get("outputs", ()) for line in output.get("text", ())]
    source = "".join(cell["source"])
    return len(source.splitlines()) + len(said) + 1 + (LINES_OF_A_VOTE if _ASKS.search(source) else 0)


def all_figures() -> dict[str, Figures]:
    """Of all lessons, by the names of their notebooks."""
    paths = sorted((HERE / "notebooks").glob("*.ipynb"))
    return {path.stem: figures(json.loads(path.read_text(encoding="utf-8"))["cells"]) for path in paths}


if __name__ == "__main__":
    print(f"{'lesson':32}  words  equations  caption  words a sentence  first panel")
    for name, found in all_figures().items():
        place = f"cell {found.panel_cell}, after {found.panel_screen:.1f} screens"
        print(f"{name:32}{found.words:7,}{found.equations:11}{found.caption:9}{found.sentence:18.1f}  {place}")
