"""Several batch sizes with the same time each: their loss against seconds, and what each has come to."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from lesson_lib.chart import ticks
from lesson_lib.chart.picture import BLACK, BLUE, VERMILION, Axis, Chart, Curve, Dash, Picture
from lesson_lib.panel.runs import loss_axis
from lesson_lib.panels.equal_time.run import EqualTimeRun

COLORS = ("#8fcbb0", "#5fb096", "#36917f", "#1e6e68", "#0f454b")
"""From the smallest batch size to the largest: light to dark, because they are ordered."""
DASHES: tuple[Dash, ...] = ("solid", "dotted", "solid", "dotted", "solid")


def draw_equal_time(run: EqualTimeRun, chosen: int) -> Picture:
    """Loss against seconds for each batch size, and the last loss against the batch size; the chosen one is marked."""
    losses = [np.array([moment.loss for moment in each.moments]) for each in run.runs]
    # Logarithmic: one spike of a small batch would press all other losses to the floor of an even axis.
    axis = loss_axis(losses, "log", least=(0.2, 5.0))
    return Picture(rows=((_time_chart(run, losses, chosen, axis), _size_chart(run, losses, chosen, axis)),))


def _time_chart(run: EqualTimeRun, losses: Sequence[Float[np.ndarray, " _"]], chosen: int, loss: Axis) -> Chart:
    looks = [*zip(COLORS, DASHES, strict=True)][: len(run.runs) - 1]
    curves = []
    for each, values, (color, dash) in zip(run.runs, losses, [*looks, (BLUE, "dashed")], strict=True):
        name = "GD" if each is run.runs[-1] else f"B = {each.batch_size:,}"
        curve = Curve(np.array([moment.seconds for moment in each.moments]), values, color, name, dash=dash)
        if each.batch_size == chosen:
            curve = curve._replace(color=VERMILION, name=f"{name}, chosen", width=5.0, dash="solid")
        curves.append(curve)
    end = max([run.seconds, *(each.moments[-1].seconds for each in run.runs if each.moments)])
    x = ticks.linear("seconds of computing, for each", 0, 1.02 * end)
    return Chart("Loss against time", x, loss, tuple(curves), width=1.35)


def _size_chart(run: EqualTimeRun, losses: Sequence[Float[np.ndarray, " _"]], chosen: int, loss: Axis) -> Chart:
    begun = {each.batch_size: values[-1] for each, values in zip(run.runs, losses, strict=True) if len(values)}
    at, last = np.array(list(begun), float), np.array(list(begun.values()))
    marks = (
        Curve(at, last, BLACK, width=1.5, dash="dotted", marker="square", marker_size=8),
        Curve(at[at == chosen], last[at == chosen], VERMILION, width=0, marker="dot", marker_size=14),
    )
    x = ticks.logarithmic("batch size B", 1 / 1.3, max(10, 1.3 * run.runs[-1].batch_size))
    return Chart(f"Loss after {run.seconds:g} s each", x, loss, marks)
