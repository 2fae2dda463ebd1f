"""Several batch sizes with the same time each: their loss against seconds, and what each has come to."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from lesson_lib.chart import ticks
from lesson_lib.chart.picture import BLACK, BLUE, VERMILION, Axis, Chart, Curve, Dash, Picture
from lesson_lib.panel.runs import loss_axis

COLORS = ("#8fcbb0", "#5fb096", "#36917f", "#1e6e68", "#0f454b")
"""From the smallest batch size to the largest: light to dark, because they are ordered."""
DASHES: tuple[Dash, ...] = ("solid", "dotted", "solid", "dotted", "solid")


class Training(NamedTuple):
    """The training with one batch size, so far."""

    batch_size: int
    seconds: Float[np.ndarray, " moments"]
    losses: Float[np.ndarray, " moments"]


def draw_equal_time(trainings: Sequence[Training], *, seconds: float, chosen: int) -> Picture:
    """Loss against seconds for each batch size, and the last loss against the batch size.

    Args:
        trainings: from the smallest batch size to the largest, which is that of gradient descent.
        seconds: the time that each gets.
        chosen: the batch size to be marked.
    """
    # Logarithmic: one spike of a small batch would press all other losses to the floor of an even axis.
    loss = loss_axis([each.losses for each in trainings], "log", least=(0.2, 5.0))
    charts = (_time_chart(trainings, seconds, chosen, loss), _size_chart(trainings, seconds, chosen, loss))
    return Picture(rows=(charts,))


def _time_chart(trainings: Sequence[Training], seconds: float, chosen: int, loss: Axis) -> Chart:
    *sgd, gd = trainings
    curves = [
        Curve(each.seconds, each.losses, color, f"B = {each.batch_size:,}", dash=dash)
        for each, color, dash in zip(sgd, COLORS, DASHES, strict=False)
    ]
    curves.append(Curve(gd.seconds, gd.losses, BLUE, "GD", dash="dashed"))
    thick = [
        curve._replace(color=VERMILION, name=f"{curve.name}, chosen", width=5.0, dash="solid")
        if each.batch_size == chosen
        else curve
        for curve, each in zip(curves, trainings, strict=True)
    ]
    end = max([seconds, *(each.seconds[-1] for each in trainings if len(each.seconds))])
    x = ticks.linear("seconds of computing, for each", 0, 1.02 * end)
    return Chart("Loss against time", x, loss, tuple(thick), width=1.35)


def _size_chart(trainings: Sequence[Training], seconds: float, chosen: int, loss: Axis) -> Chart:
    begun = [each for each in trainings if len(each.losses)]
    at = np.array([each.batch_size for each in begun], float)
    losses = np.array([each.losses[-1] for each in begun])
    largest = trainings[-1].batch_size
    marks = (
        Curve(at, losses, BLACK, width=1.5, dash="dotted", marker="square", marker_size=8),
        Curve(at[at == chosen], losses[at == chosen], VERMILION, width=0, marker="dot", marker_size=14),
    )
    x = ticks.logarithmic("batch size B", 1 / 1.3, max(10, 1.3 * largest))
    return Chart(f"Loss after {seconds:g} s each", x, loss, marks)
