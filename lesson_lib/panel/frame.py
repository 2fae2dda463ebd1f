"""What a panel is on the page: controls, a picture, and words. It shows and asks; it computes nothing."""

import re
from collections.abc import Container
from pathlib import Path
from typing import Any

import numpy as np
import traitlets

from lesson_lib.chart.picture import Chart, Mark, Picture
from lesson_lib.panel.live import Live

_HERE = Path(__file__).parent


_IMPORT = re.compile(r'^import [^;]+ from "(\.[^"]+)";\n', re.MULTILINE)


def joined(*files: Path) -> str:
    """Style sheets as one text, which is what a widget takes.

    The text and not a path: anywidget watches a file, and keeps every widget that was ever made from it alive.
    """
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def module(file: Path) -> str:
    """A file of JavaScript with all that it imports, as the one module that a widget has.

    No two of the files may have the same name for different things.
    """
    parts: dict[Path, str] = {}

    def add(path: Path) -> None:
        if path in parts:
            return
        source = path.read_text(encoding="utf-8")
        for name in _IMPORT.findall(source):
            add((path.parent / name).resolve())
        parts[path] = _IMPORT.sub("", source)

    add(file.resolve())
    return "\n".join(parts.values())


class Frame(Live):
    """Controls above a picture, and under it a sentence that says what is seen.

    Every control has a name and its value in words for a screen reader, and can be moved by the
    keyboard; ipywidgets' own sliders have no accessible name.
    """

    _esm = module(_HERE / "frame.js")
    _css = joined(_HERE / "frame.css")

    step_name = traitlets.Unicode("").tag(sync=True)
    """What the button for one step is called; empty where there are no steps."""
    keeps_runs = traitlets.Bool(False).tag(sync=True)
    controls: traitlets.List[dict[str, object]] = traitlets.List().tag(sync=True)
    """`Control.spec()` of each control, in the order on the page."""
    chosen = traitlets.Dict().tag(sync=True, echo_update=False)
    """For each control's name the place of its value. The page knows best: an echo of what it said some time
    ago would move a slider back under the learner's hand."""
    moment = traitlets.Int(0).tag(sync=True)
    """Where the run stands, in steps."""
    recorded = traitlets.Int(0).tag(sync=True)
    """The furthest step that the run has come to."""
    num_kept = traitlets.Int(0).tag(sync=True)
    done = traitlets.Float(0.0).tag(sync=True)
    """Share of the run that has been made."""
    code = traitlets.Unicode("").tag(sync=True)
    """Python that makes the same run without a panel."""
    running = traitlets.Bool(False).tag(sync=True)
    picture = traitlets.Dict().tag(sync=True)
    """`packed` of the picture that is shown, but for its marks that stand still."""
    standing = traitlets.Dict().tag(sync=True)
    """Marks that were in the picture before, too, by their numbers: they are sent once."""
    alt = traitlets.Unicode("").tag(sync=True)
    sentence = traitlets.Unicode("").tag(sync=True)
    details: traitlets.List[tuple[str, str]] = traitlets.List().tag(sync=True)
    """What the sentence leaves out, labels and values; folded on the page."""
    spoken = traitlets.Unicode("").tag(sync=True)
    """What a screen reader says of its own accord; set when a run ends or pauses, not at every picture."""
    status = traitlets.Unicode("").tag(sync=True)
    error = traitlets.Unicode("").tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._marks: dict[int, Mark] = {}
        """Of the last picture, by identity."""
        self._standing: dict[int, Mark] = {}

    def draw(self, picture: Picture) -> None:
        """Show a picture. Contours, say, are the very same marks in each: a mark that comes again stands still."""
        marks = {id(mark): mark for row in picture.rows for chart in row for mark in chart.marks}
        standing = {key: mark for key, mark in marks.items() if key in self._marks}
        if standing.keys() != self._standing.keys():
            self.standing = {str(key): _packed_mark(mark) for key, mark in standing.items()}
        self._marks, self._standing = marks, standing
        self.picture = packed(picture, standing)


def packed(picture: Picture, standing: Container[int] = ()) -> dict[str, Any]:
    """A picture as the page takes it: dicts and lists, arrays as bytes, and for a mark that stands still its number."""
    rows = [[_packed_chart(chart, standing) for chart in row] for row in picture.rows]
    return {"rows": rows, "heights": picture.heights}


def _packed_chart(chart: Chart, standing: Container[int]) -> dict[str, Any]:
    axes = {
        name: axis._asdict() | {"ticks": [tick._asdict() for tick in axis.ticks]}
        for name, axis in (("x", chart.x), ("y", chart.y))
    }
    marks = [
        {"kind": "standing", "key": str(id(mark))} if id(mark) in standing else _packed_mark(mark)
        for mark in chart.marks
    ]
    return chart._asdict() | axes | {"marks": marks}


def _packed_mark(mark: Mark) -> dict[str, Any]:
    packed: dict[str, Any] = {"kind": type(mark).__name__.lower()} | mark._asdict()
    for name, value in mark._asdict().items():
        if isinstance(value, np.ndarray):
            as_sent = value if value.dtype == np.uint8 else value.astype(np.float32)
            packed[name] = as_sent.tobytes()
            packed.setdefault("shape", value.shape)  # all arrays of a mark have the same rows and columns
    return packed
