"""How wrong the gradients of batches are: against the batch size, and over the training."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float

from lesson_lib.chart import ticks
from lesson_lib.chart.legend import in_legend_alone
from lesson_lib.chart.picture import BLACK, BLUE, GREEN, GREY, VERMILION, Axis, Chart, Curve, Picture

MAX_DOTS = 24
"""So many batches of one size are drawn as dots, at most."""

Beside = Literal["b_simple", "cosine", "snr"]

BESIDE: dict[Beside, str] = {
    "b_simple": "noise scale over training",
    "cosine": "cosine with the true gradient",
    "snr": "signal-to-noise ratio",
}
"""What can be shown beside the noise, and how it is called."""


class Measured(NamedTuple):
    """What was measured on batches: an entry for each batch size that had its turn."""

    batch_sizes: Float[np.ndarray, " sizes"]
    noise_sq: Sequence[Float[np.ndarray, " _"]]
    """|g_B - G|² of each batch."""
    cosine: Sequence[Float[np.ndarray, " _"]]


class Theory(NamedTuple):
    """What theory says for many batch sizes, close enough for a smooth line."""

    batch_sizes: Float[np.ndarray, " points"]
    noise_sq: Float[np.ndarray, " points"]
    """E|g_B - G|², batches drawn without replacement."""
    with_replacement: Float[np.ndarray, " points"]
    grad_norm_sq: float
    """|G|²"""


class Training(NamedTuple):
    """What was measured on all examples during the training."""

    epochs: Float[np.ndarray, " moments"]
    b_simple: Float[np.ndarray, " moments"]
    smooth: Float[np.ndarray, " moments"]
    """The same over a few moments each: mean of tr Σ over mean of |G|²."""
    total_epochs: int


def draw_batch_noise(
    measured: Measured, theory: Theory, training: Training, *, batch_size: int, num_examples: int, beside: Beside
) -> Picture:
    """The squared noise against the batch size, and beside it what `beside` says.

    Args:
        measured: on batches, as far as that has come.
        theory: for the parameters as they are now.
        training: from its start to now.
        batch_size: B on the slider, to be marked.
        num_examples: N.
        beside: what the second chart shows.
    """
    match beside:
        case "b_simple":
            second = scale_chart(training, batch_size)
        case "cosine":
            second = cosine_chart(measured, theory, batch_size, num_examples)
        case _:
            second = snr_chart(measured, theory, batch_size, num_examples)
    return Picture(rows=((noise_chart(measured, theory, batch_size, num_examples), second),))


def noise_chart(measured: Measured, theory: Theory, batch_size: int, num_examples: int) -> Chart:
    """|g_B − G|² against B on two logarithmic axes, and |G|², the squared length of the signal."""
    means = means_of(measured.noise_sq)
    signal = np.full(len(theory.batch_sizes), theory.grad_norm_sq)
    low, high = ticks.round_around(theory.noise_sq[:-1], means, signal, least=(0.1, 10.0))
    marks = (
        *batch_dots(measured.batch_sizes, measured.noise_sq, low, high),
        Curve(theory.batch_sizes, theory.with_replacement, GREY, "slope −1", width=1.5, dash="dashed"),
        Curve(theory.batch_sizes, theory.noise_sq, BLACK, "theory", width=2),
        Curve(theory.batch_sizes, signal, BLUE, "|G|^2, signal", width=2.5, dash="dotted"),
        *marked(batch_size, low, high),
        Curve(measured.batch_sizes, means, VERMILION, "mean", width=0, marker="square", marker_size=9),
    )
    y = ticks.logarithmic("|g_B − G|^2", low, high)
    return Chart("Squared noise of a batch gradient", size_axis(num_examples), y, marks)


def batch_dots(
    batch_sizes: Float[np.ndarray, " sizes"], values: Sequence[Float[np.ndarray, " _"]], low: float, high: float
) -> list[Curve]:
    """Some of the batches of each size, faintly, as far as they lie between `low` and `high`."""
    shown = [each[:MAX_DOTS] for each in values]
    x = np.repeat(batch_sizes, [len(each) for each in shown])
    y = np.concatenate([np.empty(0), *shown])
    inside = (y >= low) & (y <= high)
    dots = Curve(x[inside], y[inside], VERMILION, "one batch", width=0, marker="dot", marker_size=4, opacity=0.35)
    return in_legend_alone(dots)


def marked(batch_size: int, low: float, high: float) -> list[Curve]:
    """A line across the chart at the batch size on the slider."""
    return in_legend_alone(Curve(np.full(2, float(batch_size)), np.array([low, high]), GREEN, f"B = {batch_size:,}"))


def scale_chart(training: Training, batch_size: int) -> Chart:
    """B_simple = tr Σ / |G|² over the training, with the batch size on the slider across it."""
    low, high = ticks.round_around(training.b_simple, np.array([float(batch_size)]), least=(10.0, 1000.0))
    across = np.array([0.0, training.total_epochs])
    marks = (
        *in_legend_alone(Curve(across, np.full(2, float(batch_size)), GREEN, f"B = {batch_size:,}")),
        Curve(training.epochs, training.b_simple, VERMILION, "measured", width=1, marker="dot", opacity=0.6),
        Curve(training.epochs, training.smooth, BLACK, "five together", width=3),
    )
    x = ticks.linear("epochs", 0, training.total_epochs)
    y = ticks.logarithmic("tr Σ / |G|^2 (examples)", low, high)
    return Chart("Noise scale over training", x, y, marks)


def cosine_chart(measured: Measured, theory: Theory, batch_size: int, num_examples: int) -> Chart:
    """The angle between batch gradient and true gradient, against the batch size."""
    with np.errstate(divide="ignore", invalid="ignore"):
        about = 1 / np.sqrt(1 + theory.noise_sq / theory.grad_norm_sq)
    means = means_of(measured.cosine)
    marks = (
        *batch_dots(measured.batch_sizes, measured.cosine, -1.0, 1.0),
        Curve(theory.batch_sizes, about, BLACK, "estimate", width=2),
        *marked(batch_size, -1.0, 1.0),
        Curve(measured.batch_sizes, means, VERMILION, "mean", width=0, marker="square", marker_size=9),
    )
    y = ticks.linear("cosine of the angle to G", -1, 1)
    return Chart("Does it point the right way?", size_axis(num_examples), y, marks)


def snr_chart(measured: Measured, theory: Theory, batch_size: int, num_examples: int) -> Chart:
    """|G|² over the mean of |g_B − G|², against the batch size."""
    with np.errstate(divide="ignore", invalid="ignore"):
        about = theory.grad_norm_sq / theory.noise_sq
        ratios = theory.grad_norm_sq / means_of(measured.noise_sq)
    low, high = ticks.round_around(about[:-1], ratios, least=(0.1, 10.0))
    marks = (
        Curve(theory.batch_sizes, np.ones(len(theory.batch_sizes)), BLUE, "signal = noise", width=2.5, dash="dotted"),
        Curve(theory.batch_sizes, about, BLACK, "theory", width=2),
        *marked(batch_size, low, high),
        Curve(measured.batch_sizes, ratios, VERMILION, "measured", width=0, marker="square", marker_size=9),
    )
    y = ticks.logarithmic("|G|^2 / mean |g_B − G|^2", low, high)
    return Chart("Signal-to-noise ratio", size_axis(num_examples), y, marks)


def means_of(values: Sequence[Float[np.ndarray, " _"]]) -> Float[np.ndarray, " sizes"]:
    """The mean for each batch size."""
    return np.array([np.mean(each) for each in values], float)


def size_axis(num_examples: int) -> Axis:
    """From a single example to all of them."""
    return ticks.logarithmic("batch size B (examples)", 1, num_examples)
