"""Charts made to be looked at, and what is found in the pixels of a picture."""

import numpy as np

from lesson_lib.chart import ticks
from lesson_lib.chart.picture import Band, Chart, Curve

NEAR = 40
"""How far a channel of a pixel may be from the colour that is meant: a file has 64 colours."""
UNIT = ticks.linear("", 0, 1)
FLOOR = "#FFF000"
ACROSS = np.array([0.0, 1.0])


def floor(x=UNIT, y=UNIT):
    """Fills the whole of the axes, to find them by."""
    ends = np.array([x.low, x.high])
    return Band(ends, np.full(2, y.low), np.full(2, y.high), FLOOR, opacity=1.0)


def chart(*marks, x=UNIT, y=UNIT, **options):
    return Chart("", x, y, (floor(x, y), *marks), **options)


def line(at, color, **options):
    return Curve(ACROSS, np.full(2, at), color, **options)


def is_color(pixels, color):
    found = [abs(pixels[..., channel] - int(color[2 * channel + 1 : 2 * channel + 3], 16)) for channel in range(3)]
    return np.maximum.reduce(found) <= NEAR


def box(mask):
    """First and last row, first and last column, as edges of pixels."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return rows[0], rows[-1] + 1, columns[0], columns[-1] + 1


def middle(mask):
    top, bottom, left, right = box(mask)
    return (top + bottom) / 2, (left + right) / 2


def axes_of(pixels):
    return box(is_color(pixels, FLOOR))


def place_in(axes, x, y):
    """The row and the column where a share `x` of the way to the right and `y` upwards lies."""
    top, bottom, left, right = axes
    return bottom - y * (bottom - top), left + x * (right - left)
