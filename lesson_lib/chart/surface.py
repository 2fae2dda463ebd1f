"""A loss with two parameters, seen from above: its shades and contours, and ways over it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import contourpy
import numpy as np
from jaxtyping import Bool, Float

from lesson_lib.chart import ticks
from lesson_lib.chart.picture import BLACK, Cells, Chart, Curve, Dash, Mark, Words
from lesson_lib.chart.shades import RIM, level_line, shaded

Part = tuple[tuple[float, float], tuple[float, float]]
"""Of a plane: the ends of what is shown along w, and along b."""

W_SHOWN, B_SHOWN = (-0.8, 4.2), (-2.6, 1.9)
"""The part of the surface that is always seen."""

MARGIN = 3.0
"""Contours go on beyond it: a chart with equal axes may have room to show more."""

PLACES = 201
"""Of the grid on which contours are found, along each axis."""

LEVELS = (0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0)
LABELLED = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)

STRONGEST = 0.62
"""Share of the scale of shades that is used: on the rest of it the numbers on the contours could not be read."""

LABEL_ROOM = (0.3, 0.16)
"""Half the width and height of a label's place, which its contour leaves free."""

FEW = 60
"""Up to so many places each has a dot that is seen from far; more large dots would grow into one."""


class Surface(NamedTuple):
    """The contours of a loss, and where it is lowest."""

    contours: tuple[Mark, ...]
    """On shades of the loss."""
    minimum: Float[np.ndarray, "2"]


class Path(NamedTuple):
    """One way over the surface, what it is called, and how its line looks."""

    name: str
    params: Float[np.ndarray, "places 2"]
    losses: Float[np.ndarray, " places"]
    color: str
    dash: Dash = "solid"


def are_seen(places: Float[np.ndarray, "*places 2"], part: Part = (W_SHOWN, B_SHOWN)) -> Bool[np.ndarray, "*places"]:
    """Which places lie in a part of a plane."""
    low, high = np.array(part).T
    return np.all((low <= places) & (places <= high), axis=-1)


def surface_of(
    loss: Callable[[Float[np.ndarray, "rows columns 2"]], Float[np.ndarray, "rows columns"]],
    minimum: Float[np.ndarray, "2"],
) -> Surface:
    """The surface of a loss that is known at any place (w, b).

    Raises:
        ValueError: it is lowest beyond the part that is shown.
    """
    if not are_seen(minimum):
        w, b = minimum
        raise ValueError(
            f"line must have its minimum on the map, with w in {W_SHOWN} and b in {B_SHOWN}, got ({w:.3g}, {b:.3g})"
        )
    along = [np.linspace(low - MARGIN, high + MARGIN, PLACES) for low, high in (W_SHOWN, B_SHOWN)]
    places = np.stack(np.meshgrid(*along), axis=-1)
    losses = loss(places)
    return Surface((shades(places, losses), *contours(places, losses)), minimum)


def shades(places: Float[np.ndarray, "rows columns 2"], losses: Float[np.ndarray, "rows columns"]) -> Cells:
    """The loss at each place as a shade, which always means the same loss."""
    logs = np.log(np.clip(losses, LEVELS[0], LEVELS[-1]) / LEVELS[-1]) / np.log(LEVELS[0] / LEVELS[-1])
    colors, dark = shaded(STRONGEST * logs[::-1])
    (left, bottom), (right, top) = places[0, 0], places[-1, -1]
    across, up = (places[1, 1] - places[0, 0]) / 2  # a place is the middle of a cell
    ends = (float(left - across), float(right + across), float(bottom - up), float(top + up))
    return Cells(colors, *ends, dark, losses[::-1], "loss", smooth=True)


def contours(
    places: Float[np.ndarray, "rows columns 2"], losses: Float[np.ndarray, "rows columns"]
) -> tuple[Mark, ...]:
    """Lines of equal loss, with the loss written on some of them."""
    generator = contourpy.contour_generator(places[..., 0], places[..., 1], losses)
    marks: list[Mark] = []
    for level in LEVELS:
        for line in map(np.asarray, generator.lines(level)):
            marks += _labelled(line, level) if level in LABELLED else [level_line(*line.T)]
    return tuple(marks)


def _labelled(line: Float[np.ndarray, "points 2"], level: float) -> list[Mark]:
    """A contour with the loss written at its lowest point within what is shown, and left free there."""
    w, b = line.T
    inside = (W_SHOWN[0] + 0.2 < w) & (w < W_SHOWN[1] - 0.2) & (B_SHOWN[0] + 0.2 < b) & (b < B_SHOWN[1])
    if not inside.any():
        return [level_line(*line.T)]
    at = line[np.argmin(np.where(inside, b, np.inf))]
    free = (np.abs(line - at[None, :]) < np.array(LABEL_ROOM)[None, :]).all(axis=1)
    with_gap = np.where(free[:, None], np.nan, line)
    return [level_line(*with_gap.T), Words(float(at[0]), float(at[1]), f"{level:g}", size=12.5)]


def surface_chart(surface: Surface, paths: Sequence[Path]) -> Chart:
    """The loss as shades and contours, with ways over it; the first is the one that goes on, and is drawn on top."""
    w, b = surface.minimum[:, None]
    cross = Curve(w, b, BLACK, "minimum", width=0, marker="cross", marker_size=11)
    ways = [mark for path in reversed(paths) for mark in path_marks(path)]
    w_axis, b_axis = ticks.linear("w (slope)", *W_SHOWN), ticks.linear("b (height at x = 0)", *B_SHOWN)
    return Chart(
        "Loss for each w and b",
        w_axis._replace(grid=False),
        b_axis._replace(grid=False),
        (*surface.contours, *ways, cross),
        width=1.25,
        equal=True,
        note="The lower the loss, the stronger the shade, with lines of equal loss: a narrow valley that lies askew",
    )


def path_marks(path: Path) -> list[Mark]:
    """A way over the surface: a line with a rim, a dot after each update, and a larger one where it stands."""
    w, b = path.params.T
    # What lies outside is not marked: a marker at the rim would stand for a place that it is not at.
    seen = are_seen(path.params)
    size = 5.5 if len(w) <= FEW else 3.5
    return [
        Curve(w, b, RIM, width=5.0, opacity=0.6),
        Curve(w, b, path.color, path.name, width=2.0, dash=path.dash),
        Curve(w[seen], b[seen], path.color, width=0, marker="dot", marker_size=size),
        Curve(w[-1:][seen[-1:]], b[-1:][seen[-1:]], path.color, width=0, marker="dot", marker_size=12),
    ]
