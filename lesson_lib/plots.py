"""Arrays in, pictures out: what the pictures of the lessons show."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int

from lesson_lib import ticks
from lesson_lib.history import History
from lesson_lib.picture import BLACK, BLUE, GREY, VERMILION, Axis, Cells, Chart, Curve, Picture

MAX_DOTS = 1500
"""So many mini-batch losses are drawn at most, evenly spread; more would only be a grey band."""


def race(gd: History, sgd: History, *, epochs: int, sgd_name: str) -> Picture:
    """The race of GD and SGD: the loss in one chart, the gradient noise in the other."""
    thin = slice(None, None, -(-len(sgd.batch_losses) // MAX_DOTS) or None)
    theory = np.isfinite(sgd.predicted_noise)  # a line has a gap where a value is missing
    losses = (
        Curve(
            sgd.batch_epochs[thin], sgd.batch_losses[thin], VERMILION,
            "one batch", width=0, marker="dot", marker_size=3, opacity=0.22,
        ),
        Curve(sgd.epochs, sgd.losses, VERMILION, sgd_name),
        Curve(gd.epochs, gd.losses, BLUE, "GD", dash="dashed", marker="dot"),
    )  # fmt: skip
    noise = (
        Curve(sgd.epochs[theory], sgd.predicted_noise[theory], BLACK, "theory", width=1.5),
        Curve(sgd.epochs, sgd.noise, VERMILION, sgd_name, width=0, marker="square", opacity=0.85),
        Curve(gd.epochs, gd.noise, BLUE, "GD", dash="dashed", marker="dot"),
    )
    time = ticks.linear("epochs", 0, epochs)
    highest_loss = ticks.round_above(gd.losses, sgd.losses, lowest=3.0)
    highest_noise = ticks.round_above(gd.noise, sgd.noise, sgd.predicted_noise, lowest=1.0)
    return Picture(
        rows=(
            (
                Chart("Training loss, all examples", time, from_zero("loss (nats)", highest_loss), losses),
                Chart("Gradient noise, measured", time, from_zero("|g_B − G| / |G|", highest_noise), noise),
            ),
        )
    )


def from_zero(label: str, top: float) -> Axis:
    """An axis that begins a little below zero, so that a line at zero is seen whole."""
    return ticks.linear(label, 0, top)._replace(low=-0.03 * top)


TIMES_SEEN_COLORS = {
    "never": "#e4e4e4", "once": "#56B4E9", "twice": "#E69F00", "3 times": "#D55E00", "more": "#000000",
}  # fmt: skip

GRID_COLUMNS = 120


def coverage(
    labels: Int[np.ndarray, " examples"],
    class_names: Sequence[str],
    times_seen: Int[np.ndarray, " examples"],
    history: Float[np.ndarray, "2 points"],
    *,
    epochs: int,
) -> Picture:
    """One cell for each example, in bands by class and coloured by how often it was seen; and the share seen."""
    rows = -(-len(labels) // GRID_COLUMNS)
    ends = np.cumsum(np.bincount(labels, minlength=len(class_names))) / GRID_COLUMNS
    middles = rows - (ends - np.diff(ends, prepend=0) / 2)
    nothing = np.empty(0)
    legend = tuple(
        Curve(nothing, nothing, color, name, width=0, marker="square", marker_size=9)
        for name, color in TIMES_SEEN_COLORS.items()
    )
    cells = Cells(_coverage_cells(labels, times_seen), left=0, right=GRID_COLUMNS, bottom=0, top=rows)
    at = np.linspace(0, epochs, 200)
    shares = (
        Curve(at, np.minimum(at, 1), GREY, "once each", width=1.5, dash="dashed"),
        Curve(at, 1 - np.exp(-at), BLACK, "1 − e^{−x}", width=2, dash="dotted"),
        Curve(history[0], history[1], VERMILION, "measured", width=3),
    )
    return Picture(
        rows=(
            (
                Chart(
                    "How often each example was seen",
                    ticks.blank(0, GRID_COLUMNS),
                    ticks.named("", 0, rows, middles, class_names),
                    (cells, *legend),
                    width=1.15,
                ),
                Chart(
                    "Share seen at least once",
                    ticks.linear("epochs", 0, epochs),
                    ticks.linear("", 0, 1, percent=True)._replace(high=1.02),
                    shares,
                ),
            ),
        )
    )


def _coverage_cells(
    labels: Int[np.ndarray, " examples"], times_seen: Int[np.ndarray, " examples"]
) -> Int[np.ndarray, "rows columns 3"]:
    colors = np.array([tuple(bytes.fromhex(color[1:])) for color in TIMES_SEEN_COLORS.values()], np.uint8)
    by_class = np.minimum(times_seen[np.argsort(labels, stable=True)], len(colors) - 1)
    cells = np.full((-(-len(labels) // GRID_COLUMNS) * GRID_COLUMNS, 3), 255, np.uint8)
    cells[: len(labels)] = colors[by_class]
    return cells.reshape(-1, GRID_COLUMNS, 3)
