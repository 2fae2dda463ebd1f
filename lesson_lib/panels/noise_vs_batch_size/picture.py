"""How wrong the gradients of batches are: against the batch size, and over the training."""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float

from lesson_lib.chart import ticks
from lesson_lib.chart.legend import in_legend_alone
from lesson_lib.chart.picture import BLACK, BLUE, GREEN, GREY, VERMILION, Axis, Chart, Curve, Picture
from lesson_lib.panels.noise_vs_batch_size.run import Draws, NoiseVsBatchSizeRun, scale_of

MAX_DOTS = 24
"""So many batches of one size are drawn as dots, at most."""

Beside = Literal["b_simple", "cosine", "snr"]

BESIDE: dict[Beside, str] = {
    "b_simple": "noise scale over training",
    "cosine": "cosine with the true gradient",
    "snr": "signal-to-noise ratio",
}
"""What can be shown beside the noise, and how it is called."""


class Theory(NamedTuple):
    """What theory says for many batch sizes, close enough for a smooth line, where the training stands."""

    batch_sizes: Float[np.ndarray, " points"]
    noise_sq: Float[np.ndarray, " points"]
    """E|g_B - G|², batches drawn without replacement."""
    with_replacement: Float[np.ndarray, " points"]
    grad_norm_sq: float
    """|G|²"""
    num_examples: int
    """N"""


def draw_batch_noise(run: NoiseVsBatchSizeRun, batch_size: int, beside: Beside) -> Picture:
    """The squared noise against the batch size, of which one is marked, and beside it what `beside` says."""
    draws, theory = run.draws, theory_of(run)
    match beside:
        case "b_simple":
            second = scale_chart(run, batch_size)
        case "cosine":
            second = cosine_chart(draws, theory, batch_size)
        case _:
            second = snr_chart(draws, theory, batch_size)
    return Picture(rows=((noise_chart(draws, theory, batch_size), second),))


def theory_of(run: NoiseVsBatchSizeRun) -> Theory:
    """For whole numbers from 1 to N - 1, close together on a logarithmic axis, and closer where the line bends at N."""
    total = run.dataset.num_examples
    spread = np.concatenate([np.geomspace(1, total - 1, 50), total * np.linspace(0.5, 0.98, 20)])
    sizes = sorted({int(size) for size in spread if 1 <= size < total})
    return Theory(
        np.array(sizes, float),
        np.array([run.predicted(size) for size in sizes]),
        np.array([run.predicted(size, replace=True) for size in sizes]),
        run.moments[-1].grad_norm_sq,
        total,
    )


def noise_chart(draws: Mapping[int, Draws], theory: Theory, batch_size: int) -> Chart:
    """|g_B − G|² against B on two logarithmic axes, and |G|², the squared length of the signal."""
    noise_sq = {size: each.noise_sq for size, each in draws.items()}
    means = means_of(noise_sq)
    signal = np.full(len(theory.batch_sizes), theory.grad_norm_sq)
    low, high = ticks.round_around(theory.noise_sq[:-1], means, signal, least=(0.1, 10.0))
    marks = (
        *batch_dots(noise_sq, low, high),
        Curve(theory.batch_sizes, theory.with_replacement, GREY, "slope −1", width=1.5, dash="dashed"),
        Curve(theory.batch_sizes, theory.noise_sq, BLACK, "theory", width=2),
        Curve(theory.batch_sizes, signal, BLUE, "|G|^2, signal", width=2.5, dash="dotted"),
        *marked(batch_size, low, high),
        squares(draws, means, "mean"),
    )
    y = ticks.logarithmic("|g_B − G|^2", low, high)
    return Chart("Squared noise of a batch gradient", size_axis(theory), y, marks)


def batch_dots(values: Mapping[int, Float[np.ndarray, " _"]], low: float, high: float) -> list[Curve]:
    """Some of the batches of each size, faintly, as far as they lie between `low` and `high`."""
    shown = [each[:MAX_DOTS] for each in values.values()]
    x = np.repeat(np.array(list(values), float), [len(each) for each in shown])
    y = np.concatenate([np.empty(0), *shown])
    inside = (y >= low) & (y <= high)
    dots = Curve(x[inside], y[inside], VERMILION, "one batch", width=0, marker="dot", marker_size=4, opacity=0.35)
    return in_legend_alone(dots)


def marked(batch_size: int, low: float, high: float) -> list[Curve]:
    """A line across the chart at the batch size on the slider."""
    return in_legend_alone(Curve(np.full(2, float(batch_size)), np.array([low, high]), GREEN, f"B = {batch_size:,}"))


def scale_chart(run: NoiseVsBatchSizeRun, batch_size: int) -> Chart:
    """B_simple = tr Σ / |G|² over the training, with the batch size on the slider across it."""
    moments, end = run.moments, run.settings.epochs
    epochs, measured = np.array([(moment.num_epochs, moment.b_simple) for moment in moments]).T
    smooth = np.array([scale_of(moments[max(0, place - 2) : place + 3]) for place in range(len(moments))])
    low, high = ticks.round_around(measured, np.array([float(batch_size)]), least=(10.0, 1000.0))
    across = np.array([0.0, end])
    marks = (
        *in_legend_alone(Curve(across, np.full(2, float(batch_size)), GREEN, f"B = {batch_size:,}")),
        Curve(epochs, measured, VERMILION, "measured", width=1, marker="dot", opacity=0.6),
        Curve(epochs, smooth, BLACK, "five together", width=3),
    )
    x = ticks.linear("epochs", 0, end)
    y = ticks.logarithmic("tr Σ / |G|^2 (examples)", low, high)
    return Chart("Noise scale over training", x, y, marks)


def cosine_chart(draws: Mapping[int, Draws], theory: Theory, batch_size: int) -> Chart:
    """The angle between batch gradient and true gradient, against the batch size."""
    with np.errstate(divide="ignore", invalid="ignore"):
        about = 1 / np.sqrt(1 + theory.noise_sq / theory.grad_norm_sq)
    cosines = {size: each.cosine for size, each in draws.items()}
    marks = (
        *batch_dots(cosines, -1.0, 1.0),
        Curve(theory.batch_sizes, about, BLACK, "estimate", width=2),
        *marked(batch_size, -1.0, 1.0),
        squares(draws, means_of(cosines), "mean"),
    )
    y = ticks.linear("cosine of the angle to G", -1, 1)
    return Chart("Does it point the right way?", size_axis(theory), y, marks)


def snr_chart(draws: Mapping[int, Draws], theory: Theory, batch_size: int) -> Chart:
    """|G|² over the mean of |g_B − G|², against the batch size."""
    with np.errstate(divide="ignore", invalid="ignore"):
        about = theory.grad_norm_sq / theory.noise_sq
        ratios = theory.grad_norm_sq / means_of({size: each.noise_sq for size, each in draws.items()})
    low, high = ticks.round_around(about[:-1], ratios, least=(0.1, 10.0))
    marks = (
        Curve(theory.batch_sizes, np.ones(len(theory.batch_sizes)), BLUE, "signal = noise", width=2.5, dash="dotted"),
        Curve(theory.batch_sizes, about, BLACK, "theory", width=2),
        *marked(batch_size, low, high),
        squares(draws, ratios, "measured"),
    )
    y = ticks.logarithmic("|G|^2 / mean |g_B − G|^2", low, high)
    return Chart("Signal-to-noise ratio", size_axis(theory), y, marks)


def means_of(values: Mapping[int, Float[np.ndarray, " _"]]) -> Float[np.ndarray, " sizes"]:
    """The mean for each batch size."""
    return np.array([np.mean(each) for each in values.values()], float)


def squares(batch_sizes: Iterable[int], means: Float[np.ndarray, " sizes"], name: str) -> Curve:
    """What was measured, a square for each batch size."""
    return Curve(np.array(list(batch_sizes), float), means, VERMILION, name, width=0, marker="square", marker_size=9)


def size_axis(theory: Theory) -> Axis:
    """From a single example to all of them."""
    return ticks.logarithmic("batch size B (examples)", 1, theory.num_examples)
