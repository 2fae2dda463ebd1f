"""Arrays in, pictures out: what the pictures of the lessons show."""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from lesson_lib import ticks
from lesson_lib.history import CLOCKS, CURVES, Clock, History
from lesson_lib.picture import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    Axis,
    Band,
    Cells,
    Chart,
    Curve,
    Picture,
    Words,
)

MAX_DOTS = 1500
"""So many mini-batch losses are drawn at most, evenly spread; more would only be a grey band."""


KEPT_COLORS = (GREEN, PURPLE, ORANGE, SKY)
KEPT_DASHES: tuple[Literal["solid", "dashed", "dotted"], ...] = ("dashed", "dotted", "solid", "dashed")


class Line(NamedTuple):
    """One method's runs, from one seed or several, and how they are called."""

    name: str
    histories: Sequence[History]


class View(NamedTuple):
    """How a race is looked at."""

    clock: Clock = "epochs"
    curve: Literal["loss", "test_loss", "test_accuracy"] = "loss"
    scale: Literal["linear", "log"] = "linear"


class Bundle(NamedTuple):
    """One quantity of several runs, as far as all of them have been measured."""

    time: Float[np.ndarray, " measurements"]
    low: Float[np.ndarray, " measurements"]
    median: Float[np.ndarray, " measurements"]
    high: Float[np.ndarray, " measurements"]


def bundle(histories: Sequence[History], quantity: str) -> Bundle:
    """Median and range over runs that were measured at the same updates; NaN where one has no finite value."""
    shortest = min(len(history.time) for history in histories)
    values = np.array([getattr(history, quantity)[:shortest] for history in histories])
    values = np.where(np.isfinite(values).all(axis=0), values, np.nan)
    time = np.median([history.time[:shortest] for history in histories], axis=0)
    return Bundle(time, values.min(axis=0), np.median(values, axis=0), values.max(axis=0))


def race(gd: Line, sgd: Line, kept: Sequence[Line], *, view: View, end: float) -> Picture:
    """The race of GD and SGD: the loss in one chart, the gradient noise in the other.

    Args:
        gd, sgd: all against the clock of `view`, and so are the `kept` runs.
        view: how it is looked at.
        end: where the time axis ends.
    """
    return Picture(rows=((curve_chart(gd, sgd, kept, view=view, end=end), noise_chart(gd, sgd, kept, view, end)),))


def curve_chart(gd: Line, sgd: Line, kept: Sequence[Line], *, view: View, end: float) -> Chart:
    """How good the networks are, against time."""
    quantity = {"loss": "losses", "test_loss": "test_losses", "test_accuracy": "test_accuracies"}[view.curve]
    lines = [gd, sgd, *kept]
    bundles = [bundle(line.histories, quantity) for line in lines]
    bands = [
        Band(each.time, each.low, each.high, color)
        for each, color, line in zip(bundles, (BLUE, VERMILION, *KEPT_COLORS), lines, strict=False)
        if len(line.histories) > 1
    ]
    curves = [
        Curve(bundles[1].time, bundles[1].median, VERMILION, sgd.name),
        Curve(bundles[0].time, bundles[0].median, BLUE, gd.name, dash="dashed", marker="dot"),
        *kept_curves(kept, bundles[2:]),
    ]
    dots = [batch_dots(sgd.histories[0])] if view.curve == "loss" else []
    shown = [values for each in bundles for values in (each.low, each.high)]
    title = CURVES[view.curve].capitalize() + (", all examples" if view.curve == "loss" else "")
    return Chart(title, time_axis(view.clock, end), _curve_axis(view, shown), (*dots, *bands, *curves))


def batch_dots(history: History) -> Curve:
    """The loss of each mini-batch, faintly."""
    thin = slice(None, None, -(-len(history.batch_losses) // MAX_DOTS) or None)
    return Curve(
        history.batch_time[thin], history.batch_losses[thin], VERMILION,
        "one batch", width=0, marker="dot", marker_size=3, opacity=0.22,
    )  # fmt: skip


def kept_curves(kept: Sequence[Line], bundles: Sequence[Bundle]) -> list[Curve]:
    """The runs that were kept: thinner than those that go on."""
    return [
        Curve(each.time, each.median, color, line.name, width=2, dash=dash)
        for line, each, color, dash in zip(kept, bundles, KEPT_COLORS, KEPT_DASHES, strict=False)
    ]


def noise_chart(gd: Line, sgd: Line, kept: Sequence[Line], view: View, end: float) -> Chart:
    """How far the batch gradients are from the true one, measured and in theory."""
    measured = [with_noise(bundle(line.histories, "noise")) for line in (gd, sgd, *kept)]
    theory = with_noise(bundle(sgd.histories, "predicted_noise"))
    highest = ticks.round_above(*(each.high for each in (*measured, theory)), lowest=1.0)
    bands = [Band(measured[1].time, measured[1].low, measured[1].high, VERMILION)] if len(sgd.histories) > 1 else []
    curves = (
        Curve(theory.time, theory.median, BLACK, "theory", width=1.5),
        Curve(measured[1].time, measured[1].median, VERMILION, sgd.name, width=0, marker="square", opacity=0.85),
        Curve(measured[0].time, measured[0].median, BLUE, gd.name, dash="dashed", marker="dot"),
        *kept_curves(kept, measured[2:]),
    )
    y = from_zero("|g_B − G| / |G|", highest)
    return Chart("Gradient noise, measured", time_axis(view.clock, end), y, (*bands, *curves))


def with_noise(values: Bundle) -> Bundle:
    """Only the moments at which there is a value: a line would have a gap at the others."""
    there = np.isfinite(values.median)
    return Bundle(*(array[there] for array in values))


def time_axis(clock: Clock, end: float) -> Axis:
    """The horizontal axis of a run."""
    return ticks.linear(CLOCKS[clock], 0, end)


def _curve_axis(view: View, shown: Sequence[Float[np.ndarray, " _"]]) -> Axis:
    if view.curve == "test_accuracy":
        return ticks.linear("accuracy", 0, 1, percent=True)._replace(high=1.02)
    if view.scale == "log":
        return ticks.logarithmic("loss (nats)", *ticks.round_around(*shown, least=(0.2, 5.0)))
    return from_zero("loss (nats)", ticks.round_above(*shown, lowest=3.0))


def from_zero(label: str, top: float) -> Axis:
    """An axis that begins a little below zero, so that a line at zero is seen whole."""
    return ticks.linear(label, 0, top)._replace(low=-0.03 * top)


IMAGES_SHOWN = 64
IMAGES_IN_A_ROW = 16


def next_batch(images: Float[np.ndarray, "examples pixels"], total: int) -> Chart:
    """The images of one batch (the first ones of a large one), as the network gets them."""
    side = math.isqrt(images.shape[1])
    shown = images[:IMAGES_SHOWN]
    rows = -(-len(shown) // IMAGES_IN_A_ROW)
    sheet = np.zeros((rows * IMAGES_IN_A_ROW, side * side))
    sheet[: len(shown)] = shown[:, : side * side]
    tiles = sheet.reshape(rows, IMAGES_IN_A_ROW, side, side).swapaxes(1, 2).reshape(rows * side, -1)
    gray = (255 * (1 - np.clip(tiles, 0, 1))).astype(np.uint8)
    cells = Cells(np.repeat(gray[:, :, None], 3, axis=2), 0, IMAGES_IN_A_ROW, 0, rows)
    more = f" (the first {len(shown)})" if total > len(shown) else ""
    title = f"The batch of the next update: {total:,} {'image' if total == 1 else 'images'}{more}"
    return Chart(title, ticks.blank(0, IMAGES_IN_A_ROW), ticks.blank(0, 4), (cells,), width=1.6)


def gradient_arrows(batch_grad_norm: float, full_grad_norm: float, cosine: float) -> Chart:
    """A batch's gradient beside the true one: how long each is, and the angle between them."""
    angle = math.acos(max(-1.0, min(1.0, cosine)))
    length = max(batch_grad_norm, full_grad_norm) or 1.0
    end = batch_grad_norm / length * np.array([math.cos(angle), math.sin(angle)])
    zero, true_end = np.zeros(1), np.array([full_grad_norm / length])
    arrows = (
        Curve(np.append(zero, true_end), np.zeros(2), BLUE, "true gradient", width=4, arrow=True),
        Curve(np.append(zero, end[0]), np.append(zero, end[1]), VERMILION, "batch's", width=4, arrow=True),
        Words(0.0, -0.16, f"{math.degrees(angle):.0f}° apart"),
    )
    return Chart("Its gradient", ticks.blank(-1.05, 1.1), ticks.blank(-0.3, 1.05), arrows, equal=True)


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
