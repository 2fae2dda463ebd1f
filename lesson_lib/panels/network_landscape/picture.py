"""The loss on the plane of two paths as a map, and the paths on it."""

import contourpy
import numpy as np
from jaxtyping import Float

from lesson_lib.chart import ticks
from lesson_lib.chart.legend import in_legend_alone
from lesson_lib.chart.picture import BLACK, BLUE, VERMILION, Cells, Chart, Curve, Mark, Picture
from lesson_lib.chart.shades import RIM, Shaded, level_line, shaded
from lesson_lib.panels.network_landscape.plane import COLUMNS, ROWS, LossMap
from lesson_lib.panels.network_landscape.run import NetworkLandscapeRun

LEVELS = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0)
"""Losses with a line on the map. There is one scale for all pictures, so that a shade always means the same loss."""

LOG_LEVELS = np.log10(np.array(LEVELS))

FINER = 2
"""Between two places of the finest grid the picture has so many cells."""


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
    note = "The lower the loss, the stronger the shade, with lines of equal loss"
    plane = "the paths' plane" if run.has_paths else "a random plane"
    title = f"Loss (first {seen:,} examples) on {plane}"
    return Picture(rows=((Chart(title, x, y, marks, width=7.0, note=note), scale_chart()),))


def scale_chart() -> Chart:
    """Which shade means which loss."""
    low, high = LOG_LEVELS[[0, -1]].tolist()
    colors, dark = shades_of(np.linspace(high, low, 128)[:, None])
    shades = Cells(colors, 0.0, 1.0, low, high, dark)
    lines = [level_line(np.array([0.0, 1.0]), np.full(2, level)) for level in LOG_LEVELS]
    names = [f"{level:g}" for level in LEVELS]
    x, y = ticks.blank(0, 1)._replace(label="nats"), ticks.named("", low, high, LOG_LEVELS.tolist(), names)
    return Chart("", x, y, (shades, *lines), note="The shade of each loss")


def map_marks(loss_map: LossMap) -> tuple[Mark, ...]:
    """The map: shades between the places whose loss is known, and lines of equal loss."""
    left, right, bottom, top = loss_map.region
    logs = log_losses(loss_map.known)
    inside = stretched(logs, FINER * (ROWS - 1), FINER * (COLUMNS - 1))
    colors, dark = shades_of(inside[::-1])
    cells = Cells(colors, left, right, bottom, top, dark, 10.0 ** inside[::-1], "loss")
    rows, columns = logs.shape
    generator = contourpy.contour_generator(np.linspace(left, right, columns), np.linspace(bottom, top, rows), logs)
    lines = [level_line(*np.asarray(line).T) for level in LOG_LEVELS[1:-1] for line in generator.lines(level)]
    return cells, *lines


def path_marks(line: Curve) -> list[Mark]:
    """A path with a rim, so that it is seen on every shade, and a large dot where it stands."""
    x, y = line.x, line.y
    end = Curve(x[-1:], y[-1:], line.color, width=0, marker="dot", marker_size=12.0)
    rims = Curve(x, y, RIM, width=6.0, opacity=0.9), end._replace(color=RIM, marker_size=16.0)
    return [rims[0], line._replace(named_at_end=False), rims[1], end]


def log_losses(losses: Float[np.ndarray, "rows columns"]) -> Float[np.ndarray, "rows columns"]:
    """Logarithms to base 10, cut at the ends of the scale; what is no finite number is as high as can be."""
    finite = np.where(np.isfinite(losses), losses, np.inf)
    return np.asarray(np.log10(np.clip(finite, LEVELS[0], LEVELS[-1])))


def shades_of(logs: Float[np.ndarray, "rows columns"]) -> Shaded:
    """The shade of each loss, even on a log scale: the ground's for the highest of `LEVELS`."""
    return shaded((LOG_LEVELS[-1] - logs) / (LOG_LEVELS[-1] - LOG_LEVELS[0]))


def stretched(
    values: Float[np.ndarray, "rows columns"], num_rows: int, num_columns: int
) -> Float[np.ndarray, "more_rows more_columns"]:
    """Values in the middles of so many cells, between those at the places of a grid (bilinear)."""

    def weights(cells: int, places: int) -> Float[np.ndarray, "cells places"]:
        at = (np.arange(cells) + 0.5) / cells * (places - 1)
        return np.maximum(0.0, 1.0 - np.abs(at[:, None] - np.arange(places)[None, :]))

    return weights(num_rows, values.shape[0]) @ values @ weights(num_columns, values.shape[1]).T
