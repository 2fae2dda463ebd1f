"""GD or SGD on a line fit: the line, its loss surface with the way over it, and the loss against updates."""

from collections.abc import Sequence

import numpy as np

from lesson_lib.chart import ticks
from lesson_lib.chart.picture import BLACK, GREY, KEPT_COLORS, Chart, Curve, Dash, Picture
from lesson_lib.chart.surface import Path, Surface, surface_chart
from lesson_lib.experiment.line_fit import LineFit

KEPT_DASHES: tuple[Dash, ...] = ("dashed", "dotted", "dashed", "dotted")


def draw_descent(line: LineFit, surface: Surface, path: Path, kept: Sequence[Path], *, end: int) -> Picture:
    """The line through the points, the way over the loss surface, and the loss against updates.

    Args:
        line: the points.
        surface: the loss of any line.
        path: the way that goes on; its last place is the line that is drawn.
        kept: ways that were kept.
        end: where the axis of updates ends.
    """
    looks = zip(kept, KEPT_COLORS, KEPT_DASHES, strict=False)
    paths = [path, *(each._replace(color=color, dash=dash) for each, color, dash in looks)]
    w, b = path.params[0]
    charts = (
        line_chart(line, path),
        surface_chart(surface, paths)._replace(start=(float(w), float(b)), width=1.6),
        loss_chart(line.lowest_loss, paths, end=end),
    )
    return Picture(rows=(charts,), heights=(366,))


def line_chart(line: LineFit, path: Path) -> Chart:
    """The points, the line that fits them best, and the line where the path stands."""
    left, right = float(np.floor(line.x.min())), float(np.ceil(line.x.max()))
    low, high = float(np.floor(line.y.min())), float(np.ceil(line.y.max()))
    high = max(high, low + 1)  # all points may have the same y
    x = np.array([left, right])
    (w, b), (best_w, best_b) = path.params[-1], line.minimum
    marks = (
        Curve(line.x, line.y, GREY, "points", width=0, marker="dot", opacity=0.8),
        Curve(x, best_w * x + best_b, BLACK, "best", width=2, dash="dashed"),
        Curve(x, w * x + b, path.color, "now", width=3),
    )
    return Chart("The line", ticks.linear("x", left, right), ticks.linear("y", low, high), marks, width=0.9)


def loss_chart(lowest_loss: float, paths: Sequence[Path], *, end: int) -> Chart:
    """The loss after each update, on a logarithmic axis, with the lowest loss there is."""
    lines = [
        Curve(np.arange(len(path.losses)), path.losses, path.color, path.name, dash=path.dash)
        for path in reversed(paths)
    ]
    lowest = Curve(np.array([0.0, end]), np.full(2, lowest_loss), BLACK, "lowest", width=1.5, dash="dashed")
    shown = ticks.round_around(*(path.losses for path in paths), least=(0.1, 10.0))
    y = ticks.logarithmic("loss (mean over all points)", *shown)
    return Chart("Loss", ticks.linear("updates", 0, end, whole=True), y, (lowest, *lines))
