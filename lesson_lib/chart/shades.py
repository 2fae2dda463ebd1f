"""The shades of a map: from the ground of the page, where the loss is high, to a strong one, where it is low.

They differ most in lightness, so that everybody tells them apart, and none of them is like the colours of GD and SGD.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8

from lesson_lib.chart.picture import BLACK, Curve

LIGHT = ((250, 248, 230), (170, 202, 172), (74, 128, 118), (16, 48, 56))
DARK = ((24, 27, 28), (30, 62, 64), (46, 104, 98), (150, 205, 184))
"""Even from share 0 to share 1; light and dark are the two themes of a page."""

RIM = "#FFFFFF"
"""Around a path over a map: the ground of the page, in a dark theme, too."""


class Shaded(NamedTuple):
    """The colours of a map in both themes."""

    colors: UInt8[np.ndarray, "rows columns 3"]
    dark: UInt8[np.ndarray, "rows columns 3"]


def shaded(shares: Float[np.ndarray, "rows columns"]) -> Shaded:
    """The shade of each share, from 0 (that of the ground) to 1."""
    at = np.linspace(0, 1, len(LIGHT))

    def in_theme(stops: tuple[tuple[int, int, int], ...]) -> UInt8[np.ndarray, "rows columns 3"]:
        channels = [np.interp(shares, at, channel) for channel in np.array(stops, float).T]
        return np.round(np.stack(channels, axis=-1)).astype(np.uint8)

    return Shaded(in_theme(LIGHT), in_theme(DARK))


def level_line(x: Float[np.ndarray, " points"], y: Float[np.ndarray, " points"]) -> Curve:
    """A line of equal loss over the shades."""
    return Curve(x, y, BLACK, width=1.0, opacity=0.45)
