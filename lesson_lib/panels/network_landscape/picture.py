"""The loss on the plane of two paths as a map, and the paths on it."""

import contourpy
import numpy as np
from jaxtyping import Float, UInt8

from lesson_lib.chart import ticks
from lesson_lib.chart.legend import in_legend_alone
from lesson_lib.chart.picture import BLACK, BLUE, VERMILION, Cells, Chart, Curve, Mark, Picture
from lesson_lib.panels.network_landscape.plane import COLUMNS, ROWS, LossMap
from lesson_lib.panels.network_landscape.run import NetworkLandscapeRun

LEVELS = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0)
"""Losses with a line on the map. There is one scale for all pictures, so that a shade always means the same loss."""

LOG_LEVELS = np.log10(np.array(LEVELS))

SHADES = ((16, 48, 56), (74, 128, 118), (170, 202, 172), (250, 248, 230))
"""From the lowest of `LEVELS` to the highest, even on a log scale. They differ most in lightness, so that everybody
tells them apart, and none of them is like the colours of GD and SGD."""

FINER = 2
"""Between two places of the finest grid the picture has so many cells."""

WHITE = "#FFFFFF"


def draw_landscape(run: NetworkLandscapeRun, map_marks: tuple[Mark, ...]) -> Picture:
    """The map with both paths, and the scale of its shades.

    Args:
        run: where both have been, and on which plane.
        map_marks: those of `map_marks` for its map.
    """
    sgd, gd = run.places
    first, second = run.landscape.directions.names
    region, seen = run.landscape.map.region, run.landscape.map.num_examples
    marks = (
        *map_marks,
        *path_marks(Curve(sgd[:, 0], sgd[:, 1], VERMILION, f"SGD, B = {run.settings.batch_size:,}")),
        *path_marks(Curve(gd[:, 0], gd[:, 1], BLUE, "GD", dash="dashed", marker="dot", marker_size=6.0)),
        *in_legend_alone(Curve(np.zeros(1), np.zeros(1), BLACK, "start", width=0, marker="square", marker_size=10)),
    )
    x = ticks.linear(f"distance from the start, {first}", region.left, region.right)._replace(grid=False)
    y = ticks.linear(f"across, {second}", region.bottom, region.top)._replace(grid=False)
    note = "Dark where the loss is low, with lines of equal loss"
    plane = "the paths' plane" if run.has_paths else "a random plane"
    title = f"Loss (first {seen:,} examples) on {plane}"
    return Picture(rows=((Chart(title, x, y, marks, width=7.0, note=note), scale_chart()),))


def scale_chart() -> Chart:
    """Which shade means which loss."""
    low, high = LOG_LEVELS[[0, -1]].tolist()
    shades = Cells(shaded(np.linspace(high, low, 128)[:, None]), 0.0, 1.0, low, high)
    lines = [_level_line(np.array([0.0, 1.0]), np.full(2, level)) for level in LOG_LEVELS]
    names = [f"{level:g}" for level in LEVELS]
    x, y = ticks.blank(0, 1)._replace(label="nats"), ticks.named("", low, high, LOG_LEVELS.tolist(), names)
    return Chart("", x, y, (shades, *lines), note="The shade of each loss")


def map_marks(loss_map: LossMap) -> tuple[Mark, ...]:
    """The map: shades between the places whose loss is known, and lines of equal loss."""
    left, right, bottom, top = loss_map.region
    logs = log_losses(loss_map.known)
    inside = stretched(logs, FINER * (ROWS - 1), FINER * (COLUMNS - 1))
    cells = Cells(shaded(inside[::-1]), left, right, bottom, top)
    rows, columns = logs.shape
    generator = contourpy.contour_generator(np.linspace(left, right, columns), np.linspace(bottom, top, rows), logs)
    lines = [_level_line(*np.asarray(line).T) for level in LOG_LEVELS[1:-1] for line in generator.lines(level)]
    return cells, *lines


def path_marks(line: Curve) -> list[Mark]:
    """A path with a white rim, so that it is seen on every shade, and a large dot where it stands."""
    x, y = line.x, line.y
    end = Curve(x[-1:], y[-1:], line.color, width=0, marker="dot", marker_size=12.0)
    rims = Curve(x, y, WHITE, width=6.0, opacity=0.9), end._replace(color=WHITE, marker_size=16.0)
    return [rims[0], *in_legend_alone(line), rims[1], end]


def log_losses(losses: Float[np.ndarray, "rows columns"]) -> Float[np.ndarray, "rows columns"]:
    """Logarithms to base 10, cut at the ends of the scale; what is no finite number is as high as can be."""
    finite = np.where(np.isfinite(losses), losses, np.inf)
    return np.asarray(np.log10(np.clip(finite, LEVELS[0], LEVELS[-1])))


def shaded(logs: Float[np.ndarray, "rows columns"]) -> UInt8[np.ndarray, "rows columns 3"]:
    """The shade of each loss."""
    at = np.linspace(LOG_LEVELS[0], LOG_LEVELS[-1], len(SHADES))
    channels = [np.interp(logs, at, channel) for channel in np.array(SHADES, float).T]
    return np.round(np.stack(channels, axis=-1)).astype(np.uint8)


def stretched(
    values: Float[np.ndarray, "rows columns"], num_rows: int, num_columns: int
) -> Float[np.ndarray, "more_rows more_columns"]:
    """Values in the middles of so many cells, between those at the places of a grid (bilinear)."""

    def weights(cells: int, places: int) -> Float[np.ndarray, "cells places"]:
        at = (np.arange(cells) + 0.5) / cells * (places - 1)
        return np.maximum(0.0, 1.0 - np.abs(at[:, None] - np.arange(places)[None, :]))

    return weights(num_rows, values.shape[0]) @ values @ weights(num_columns, values.shape[1]).T


def _level_line(x: Float[np.ndarray, " points"], y: Float[np.ndarray, " points"]) -> Curve:
    return Curve(x, y, BLACK, width=1.0, opacity=0.45)
