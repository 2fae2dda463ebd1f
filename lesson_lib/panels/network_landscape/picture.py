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


def draw_landscape(run: NetworkLandscapeRun, drawn_map: tuple[Mark, ...]) -> Picture:
    """The map with both paths, and the scale of its shades.

    Args:
        run: where both have been, and on which plane.
        drawn_map: the `map_marks` of its map.
    """
    sgd, gd = run.places
    first, second = run.landscape.directions.names
    region, seen = run.landscape.map.region, run.landscape.map.num_examples
    marks = (
        *drawn_map,
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
    logs, rows, columns = log_losses(loss_map.known), FINER * (ROWS - 1), FINER * (COLUMNS - 1)
    inside = between(logs, middles(rows), middles(columns))
    colors, dark = shades_of(inside[::-1])
    cells = Cells(colors, left, right, bottom, top, dark, 10.0 ** inside[::-1], "loss")
    # The lines are as smooth as the shades, also while few places are known.
    up, along = np.linspace(0, 1, rows + 1), np.linspace(0, 1, columns + 1)
    x, y = left + (right - left) * along, bottom + (top - bottom) * up
    generator = contourpy.contour_generator(x, y, between(logs, up, along))
    lines = [level_line(*np.asarray(line).T) for level in LOG_LEVELS[1:-1] for line in generator.lines(level)]
    return cells, *lines


def path_marks(line: Curve) -> list[Mark]:
    """A path with a rim, so that it is seen on every shade, and a large dot where it stands."""
    x, y = line.x, line.y
    end = Curve(x[-1:], y[-1:], line.color, width=0, marker="dot", marker_size=12.0)
    rims = Curve(x, y, RIM, width=6.0, opacity=0.9), end._replace(color=RIM, marker_size=16.0)
    return [rims[0], line._replace(named_at_end=False), rims[1], end]


def log_losses(losses: Float[np.ndarray, "rows columns"]) -> Float[np.ndarray, "rows columns"]:
    """Logarithms to base 10, cut at the ends of the scale; what is not a finite number is as high as can be."""
    finite = np.where(np.isfinite(losses), losses, np.inf)
    return np.asarray(np.log10(np.clip(finite, LEVELS[0], LEVELS[-1])))


def shades_of(logs: Float[np.ndarray, "rows columns"]) -> Shaded:
    """The shade of each loss, even on a log scale: the ground's for the highest of `LEVELS`."""
    return shaded((LOG_LEVELS[-1] - logs) / (LOG_LEVELS[-1] - LOG_LEVELS[0]))


def between(
    values: Float[np.ndarray, "rows columns"],
    up: Float[np.ndarray, " more_rows"],
    along: Float[np.ndarray, " more_columns"],
) -> Float[np.ndarray, "more_rows more_columns"]:
    """Smoothly between values on a grid, at these shares of the way up and along it.

    By cubic convolution (Keys 1981), which goes through all values; beyond the rim they go on straight.
    """

    def weights(shares: Float[np.ndarray, " at"], places: int) -> Float[np.ndarray, "at places"]:
        away = np.abs((places - 1) * shares[:, None] - np.arange(-1, places + 1)[None, :])
        near, far = (1.5 * away - 2.5) * away**2 + 1, ((2.5 - 0.5 * away) * away - 4) * away + 2
        every = np.where(away < 1, near, np.where(away < 2, far, 0.0))
        inside = every[:, 1:-1].copy()
        for rim, nearest, next_one in ((0, 0, 1), (-1, -1, -2)):
            inside[:, nearest] += 2 * every[:, rim]
            inside[:, next_one] -= every[:, rim]
        return inside

    return np.asarray(weights(up, values.shape[0]) @ values @ weights(along, values.shape[1]).T)


def middles(cells: int) -> Float[np.ndarray, " cells"]:
    """Of so many cells in a row, as shares of its length."""
    return (np.arange(cells) + 0.5) / cells
