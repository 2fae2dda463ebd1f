"""A picture in words, for those who do not see it: made from the picture, so that it cannot say anything else."""

import re

from lesson_lib.chart.picture import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    MARKUP,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    Axis,
    Chart,
    Curve,
    Picture,
)

COLORS = {
    BLUE: "blue", VERMILION: "orange", GREEN: "green", PURPLE: "purple", ORANGE: "yellow", SKY: "light blue",
    BLACK: "black", GREY: "grey",
}  # fmt: skip
MARKERS = {"dot": "dots", "square": "squares", "cross": "crosses"}

IN_A_ROW = {1: ("",), 2: ("left", "right"), 3: ("left", "middle", "right")}
ROWS = {1: ("",), 2: ("above", "below"), 3: ("above", "in the middle", "below")}


def describe(picture: Picture) -> str:
    """Each chart in turn: where it is, its title, its axes, its note, and its named marks with their looks."""
    parts = []
    for height, row in zip(ROWS[len(picture.rows)], picture.rows, strict=True):
        sides = IN_A_ROW.get(len(row)) or [f"chart {place + 1}" for place in range(len(row))]
        for side, chart in zip(sides, row, strict=True):
            place = ", ".join(filter(None, (height, side))).capitalize()
            parts.append(f"{place}: {_chart(chart)}" if place else _chart(chart))
    return _spoken(" ".join(parts))


def _spoken(text: str) -> str:
    """Without the marks that set a part of a text low or high.

    >>> _spoken("|g_B − G|^2 and e^{−x}")
    '|gB − G| squared and e to the −x'
    """

    def said(found: re.Match[str]) -> str:
        part = found["itself"] or found["several"] or found["one"]
        if found["level"] != "^":
            return part
        return " squared" if found["one"] == "2" else f" to the {part}"

    return MARKUP.sub(said, text)


def _chart(chart: Chart) -> str:
    axes = _axes(chart.x, chart.y)
    names = "; ".join(f"{mark.name}, {_kind(mark)}" for mark in chart.marks if isinstance(mark, Curve) and mark.name)
    start = "" if chart.start is None else _ring(*chart.start)
    parts = filter(None, (chart.title, axes, chart.note, start, names))
    return " ".join(part if part.endswith("?") else f"{part}." for part in parts)


def _ring(x: float, y: float) -> str:
    return f"A ring at the start, ({x:.3g}, {y:.3g})".replace("-", "−")


def _axes(x: Axis, y: Axis) -> str:
    """An axis without a label has names in place of numbers, or nothing to be read off."""
    shares = [axis for axis in (y, x) if not axis.label and axis.ticks and axis.ticks[-1].text.endswith("%")]
    named = [axis for axis in (y, x) if not axis.label and axis.ticks and axis not in shares]
    told = " against ".join(_axis(axis).strip() for axis in (y, x) if axis.label or axis in shares)
    return ", for ".join(filter(None, (told, *(", ".join(tick.text for tick in axis.ticks) for axis in named))))


def _axis(axis: Axis) -> str:
    if not axis.ticks:
        return axis.label
    scale = ", logarithmic" if axis.log else ""
    return f"{axis.label} from {axis.ticks[0].text} to {axis.ticks[-1].text}{scale}"


def _kind(curve: Curve) -> str:
    color = COLORS.get(curve.color, "")
    markers = MARKERS.get(curve.marker, "")
    if curve.arrow:
        return f"{color} arrow".strip()
    if curve.width == 0:
        return f"{color} {markers}".strip()
    line = f"{curve.dash} {color} line".replace("  ", " ")
    return f"{line} with {markers}" if markers else line
