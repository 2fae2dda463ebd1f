"""All that a picture says and shows, as a text that one can write by hand for data that are made by hand."""

import re
from itertools import groupby
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from lesson_lib.chart.picture import Axis, Band, Cells, Chart, Curve, Mark, Picture, Words

COLORS = {
    "#0072B2": "blue", "#D55E00": "vermilion", "#009E73": "green", "#CC79A7": "purple", "#E69F00": "orange",
    "#56B4E9": "sky", "#000000": "black", "#767676": "grey", "#FFFFFF": "white", "#ffffff": "white",
}  # fmt: skip
"""Written down anew: a colour that is another one in the library is another one here."""

MARKERS = {"dot": "dots", "square": "squares", "cross": "crosses"}

FEW = 12
"""So many points of a mark are told, each; of more the first, the last, and how many there are."""


def tables(name: str) -> dict[str, str]:
    """What is written down in a file beside the tests: a text below each heading."""
    parts = (Path(__file__).parent / name).read_text("utf-8").split("== ")[1:]
    return {heading: text.strip("\n") for heading, _, text in (part.partition("\n") for part in parts)}


def looks(picture: Picture, *, numbers: bool = True, marks: bool = True) -> str:
    """Each row, each of its charts, and in it the axes and the marks in the order in which they are drawn.

    Args:
        picture: what is drawn.
        numbers: whether to say where the axes end, where the marks are, and what numbers and words are written; what a
            run has measured one does not know beforehand.
        marks: whether to say anything of the marks.
    """
    lines = []
    for row, height in zip(picture.rows, picture.heights, strict=True):
        lines.append(f"ROW {height} high")
        for chart in row:
            lines += _chart(chart, numbers=numbers, marks=marks)
    return "\n".join(lines)


def looks_of(*charts: Chart, numbers: bool = True) -> str:
    """The same of charts alone."""
    return "\n".join(line for chart in charts for line in _chart(chart, numbers=numbers, marks=True))


def _chart(chart: Chart, *, numbers: bool, marks: bool) -> list[str]:
    head = f"{chart.title or '(no title)'}, {chart.width:g} wide{', equal units' if chart.equal else ''}"
    if chart.start is not None:
        head += f", a ring{f' at {_place(*chart.start)}' if numbers else ''}"
    axes = [f"  {name}: {_axis(axis, numbers=numbers)}" for name, axis in (("x", chart.x), ("y", chart.y))]
    every = [_mark(mark, numbers=numbers) for mark in chart.marks] if marks else []
    # Contours are many: what is alike and drawn one after the other is said once.
    alike = [f"  {look}{' ...' if len(list(group)) > 1 else ''}" for look, group in groupby(every)]
    note = chart.note if numbers else re.sub(r"\d+", "#", chart.note)
    return [head, *([f"  note: {note}"] if note else []), *axes, *alike]


def _axis(axis: Axis, *, numbers: bool) -> str:
    kind = f"{axis.label or '(no label)'}{', log' if axis.log else ''}{'' if axis.grid else ', no grid'}"
    if not numbers:
        return kind
    ticks = ", ".join(tick.text if axis.grid else f"{tick.text} at {_number(tick.at)}" for tick in axis.ticks)
    return f"{kind}, {_number(axis.low)} to {_number(axis.high)}{': ' if ticks else ''}{ticks}"


def _mark(mark: Mark, *, numbers: bool) -> str:
    match mark:
        case Curve():
            look, places = _curve(mark), [_place(*place) for place in zip(mark.x, mark.y, strict=True)]
        case Band():
            look = f"band {_color(mark.color)}, opacity {mark.opacity:g}"
            columns = zip(mark.x, mark.low, mark.high, strict=True)
            places = [
                "gap" if np.isnan(x) else f"{_number(x)}: {_number(low)}…{_number(high)}" for x, low, high in columns
            ]
        case Cells():
            look = _cells(mark)
            ends = [*map(_number, (mark.left, mark.right, mark.bottom, mark.top))]
            shades = [_shades(colors) for colors in (mark.colors, mark.dark) if colors is not None]
            places = ["from {} to {} across, from {} to {} up:".format(*ends), "; when dark ".join(shades)]
            if mark.values is not None:
                corners = mark.values[[0, -1]][:, [0, -1]]
                places.append("; values " + " / ".join(" ".join(map(_number, row)) for row in corners))
        case Words():
            on = ", on an area" if mark.on_area else ""
            text = f": {mark.text}" if numbers else ""
            look, places = f"words {_color(mark.color)} {mark.size:g}{on}{text}", [_place(mark.x, mark.y)]
    if len(places) > FEW:
        places = [places[0], f"({len(places)} points)", places[-1]]
    return f"{look} | {' '.join(places)}" if numbers and places else look


def _shades(colors: UInt8[np.ndarray, "rows columns 3"]) -> str:
    """The colour of each cell, row by row from the top; of many those in the corners, and all that there are."""
    shown = colors if colors.size <= 3 * FEW else colors[[0, -1]][:, [0, -1]]
    text = " / ".join(" ".join(bytes(cell.tolist()).hex() for cell in row) for row in shown)
    every = sorted({bytes(cell.tolist()).hex() for cell in colors.reshape(-1, 3)})
    return text if shown is colors or len(every) > FEW else f"{text}, of {' '.join(every)}"


def _color(color: str) -> str:
    return COLORS.get(color, color)


def _number(value: float | Float[np.ndarray, ""]) -> str:
    # What is a millionth of a millionth, but for rounding, is zero.
    return f"{round(float(value), 12) + 0.0:.4g}".replace("nan", "gap")


def _place(x: float | Float[np.ndarray, ""], y: float | Float[np.ndarray, ""]) -> str:
    return f"({_number(x)}, {_number(y)})"


def _curve(curve: Curve) -> str:
    line = [f"{curve.dash} line {curve.width:g}"] if curve.width else []
    markers = [f"{MARKERS[curve.marker]} {curve.marker_size:g}"] if curve.marker in MARKERS else []
    look = f"{_color(curve.color)} {' with '.join(line + markers)}"
    look += f", opacity {curve.opacity:g}" if curve.opacity != 1 else ""
    look += ", an arrow" if curve.arrow else ""
    look += "" if curve.x.size else ", no points"
    if not curve.name:
        return look
    # What has no line never has its name at its end.
    return f"{look}: {curve.name}{'' if curve.named_at_end or not curve.width else ' (in the legend)'}"


def _cells(cells: Cells) -> str:
    look = "cells {} × {}".format(*cells.colors.shape[:2])
    look += ", dark ones, too" if cells.dark is not None else ""
    look += ", smooth" if cells.smooth else ""
    look += f", {len(cells.tiles)} tiles from {cells.tiles[0]!r} to {cells.tiles[-1]!r}" if cells.tiles else ""
    return look + (f", read off as {cells.name!r}" if cells.values is not None else "")
