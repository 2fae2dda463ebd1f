r"""What a picture shows, as plain data: charts, and the marks in them.

A picture is made from arrays and knows nothing of how it is drawn. The page of a live panel
draws it in the browser, many times a second (`chart/picture.js`); `drawing` makes a PNG file of it
with matplotlib, for a notebook without a kernel and for an export. Both draw the same data with the
same limits and the same ticks.

In every text `_B` or `_{abc}` is set low and `^2` or `^{−x}` high, as in "|g_B − G|^2"; `\_`, `\^` and `\\` are
the characters themselves. What others have named, a class for one, goes through `verbatim`.
"""

import re
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, UInt8

# Okabe and Ito (2008), "Color Universal Design": told apart with every common form of colour blindness.
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"
BLACK, GREY = "#000000", "#767676"

KEPT_COLORS = (GREEN, PURPLE, ORANGE, SKY)
"""Of the runs that a learner keeps beside the one that goes on."""

MARKUP = re.compile(r"\\(?P<itself>[\\_^])|(?P<level>[_^])(?:\{(?P<several>[^}]*)\}|(?P<one>.))")
"""A part of a text that is not written as it stands."""


def verbatim(text: str) -> str:
    r"""A text that is shown as it is, whatever characters it holds.

    >>> print(verbatim("T_shirt"))
    T\_shirt
    """
    return re.sub(r"([\\_^])", r"\\\1", text)


Dash = Literal["solid", "dashed", "dotted"]

TYPE_SIZE = 13.0
"""Size of labels and ticks in CSS pixels, on a picture 960 pixels wide."""

RING_SIZE = 18.0
"""Of the ring at a start, across, in CSS pixels: the dot where a run stands fits in."""


class Curve(NamedTuple):
    """Points, joined by a line where `width` is above zero. A value that is not finite leaves a gap."""

    x: Float[np.ndarray, " points"]
    y: Float[np.ndarray, " points"]
    color: str
    name: str = ""
    """Its name in the legend, and where values are read off; a curve without one is in neither."""
    width: float = 2.5
    dash: Dash = "solid"
    marker: Literal["none", "dot", "square", "cross"] = "none"
    marker_size: float = 5.0
    """Across, in CSS pixels."""
    opacity: float = 1.0
    arrow: bool = False
    """Is there a head at the last point?"""
    named_at_end: bool = True
    """Does its name stand at its right end, in its colour, where the chart has room for that? Otherwise, and where it
    has no line, in the legend."""


class Band(NamedTuple):
    """The area between two curves."""

    x: Float[np.ndarray, " points"]
    low: Float[np.ndarray, " points"]
    high: Float[np.ndarray, " points"]
    color: str
    opacity: float = 0.2


class Cells(NamedTuple):
    """A picture of coloured cells, the first row on top, stretched over a part of the chart."""

    colors: UInt8[np.ndarray, "rows columns 3"]
    left: float
    right: float
    bottom: float
    top: float
    dark: UInt8[np.ndarray, "rows columns 3"] | None = None
    """Their colours in a dark theme; the same where there are none."""
    values: Float[np.ndarray, "rows columns"] | None = None
    """What is read off each cell of a map."""
    name: str = ""
    """What the values are called."""
    smooth: bool = False
    """Do the colours go over into each other, from the middle of a cell to that of the next?"""
    tiles: tuple[str, ...] = ()
    """What is said of each image, where they are many: as many in a row as there are rows. The one that is pointed at
    is framed in all charts that have as many, and shown large."""


class Words(NamedTuple):
    """A text in the chart, centred at a point."""

    x: float
    y: float
    text: str
    color: str = BLACK
    size: float = TYPE_SIZE
    on_area: bool = False
    """Does it stand on cells that have the same colours in a dark theme? Then it has, too."""


Mark = Curve | Band | Cells | Words


class Tick(NamedTuple):
    """A place on an axis and what is written there."""

    at: float
    text: str


class Axis(NamedTuple):
    """One axis of a chart. `lesson_lib.chart.ticks` makes them, with fitting ticks."""

    label: str
    low: float
    high: float
    ticks: tuple[Tick, ...]
    log: bool = False
    grid: bool = True


class Chart(NamedTuple):
    """Marks between two axes, drawn one over the other in their order."""

    title: str
    x: Axis
    y: Axis
    marks: tuple[Mark, ...]
    width: float = 1.0
    """Its share of the row, beside the shares of the others."""
    equal: bool = False
    """Is one unit as long on the one axis as on the other?"""
    note: str = ""
    """What its title, axes and named marks do not tell those who do not see it."""
    start: tuple[float, float] | None = None
    """Where a run starts, which the learner can move: a ring over all marks."""


class Picture(NamedTuple):
    """Rows of charts, 960 CSS pixels wide in all."""

    rows: tuple[tuple[Chart, ...], ...]
    heights: tuple[int, ...] = (340,)
    """Height of each row in CSS pixels."""
