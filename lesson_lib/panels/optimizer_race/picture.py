"""Optimizers side by side: their losses, how they were tuned, and the noise of their directions."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from lesson_lib.chart import ticks
from lesson_lib.chart.picture import (
    BLACK,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    TYPE_SIZE,
    VERMILION,
    Axis,
    Band,
    Chart,
    Curve,
    Dash,
    Mark,
    Picture,
    Words,
)
from lesson_lib.experiment.history import Clock
from lesson_lib.panel.runs import Scale, bundle, loss_axis, time_axis


class Style(NamedTuple):
    """How an optimizer is called in pictures, and how it is drawn."""

    name: str
    color: str
    dash: Dash


STYLES = {
    "sgd": Style("plain SGD", VERMILION, "solid"),
    "momentum": Style("momentum", SKY, "dashed"),
    "nesterov": Style("Nesterov", PURPLE, "dotted"),
    "rmsprop": Style("RMSProp", ORANGE, "dashed"),
    "adam": Style("Adam", GREEN, "solid"),
}

HIGHEST_LOSS = 5.0
"""A loss above this leaves the chart, so that one optimizer that diverges does not hide the others."""


class Course(NamedTuple):
    """One optimizer's losses on the way, from all seeds."""

    time: Float[np.ndarray, " points"]
    losses: Float[np.ndarray, "seeds points"]
    """NaN where a seed has diverged."""


class Tuned(NamedTuple):
    """One optimizer with each of its learning rates."""

    learning_rates: Float[np.ndarray, " rates"]
    losses: Float[np.ndarray, " rates"]
    """At the end; NaN where it diverged or is still to come."""
    best: float
    """The learning rate that is taken."""


class Direction(NamedTuple):
    """The variance of one optimizer's direction, over that of plain SGD's."""

    measured: float
    theory: float
    """NaN where there is no formula."""


class View(NamedTuple):
    """How a race is looked at."""

    clock: Clock = "updates"
    scale: Scale = "log"


def draw_optimizers(
    courses: Mapping[str, Course],
    tuned: Mapping[str, Tuned],
    directions: Mapping[str, Direction],
    *,
    optimizers: Sequence[str],
    view: View,
    end: float,
    remark: str,
) -> Picture:
    """Above: the race, beside the tuning where there was one. Below: the losses at the end, and the directions.

    Args:
        courses, tuned, directions: by the optimizer's name in `STYLES`; empty where nothing is known yet.
        optimizers: those that take part.
        view: how the race is looked at; all times are against its clock.
        end: where the time axis ends.
        remark: what to write where no direction has been measured.
    """
    above = (race_chart(courses, view, end), *([tuning_chart(tuned)] if tuned else []))
    below = (end_chart(courses, optimizers, view), direction_chart(directions, optimizers, remark))
    return Picture(rows=(above, below), heights=(205, 165))


def race_chart(courses: Mapping[str, Course], view: View, end: float) -> Chart:
    """The losses against time: the median of the seeds, and a band from the lowest to the highest."""
    curves, bands = [], []
    for optimizer, (time, losses) in courses.items():
        style, seeds = STYLES[optimizer], bundle(time, losses)
        curves.append(Curve(time, seeds.median, style.color, style.name, dash=style.dash))
        if len(losses) > 1:
            bands.append(Band(time, seeds.low, seeds.high, style.color, opacity=0.14))
    x, y = time_axis(view.clock, end), _loss_axis(courses, view)
    return Chart("Training loss, all examples", x, y, (*bands, *curves), width=1.2)


def tuning_chart(tuned: Mapping[str, Tuned]) -> Chart:
    """The loss at the end against the learning rate, coloured as in the race; the best of each has a cross."""
    curves: list[Mark] = []
    for optimizer, (learning_rates, losses, best) in tuned.items():
        style = STYLES[optimizer]
        there = np.isfinite(losses)
        curves.append(
            Curve(
                learning_rates[there], losses[there], style.color, width=2, dash=style.dash, marker="dot", marker_size=4
            )
        )
        chosen = there & (learning_rates == best)
        curves.append(
            Curve(learning_rates[chosen], losses[chosen], style.color, width=0, marker="cross", marker_size=12)
        )
    every_rate = np.concatenate([each.learning_rates for each in tuned.values()])
    shown = [np.minimum(each.losses, HIGHEST_LOSS) for each in tuned.values()]
    return Chart(
        "Tuning: loss at the end",
        ticks.logarithmic("learning rate η", *ticks.round_around(every_rate, least=(0.001, 0.002))),
        ticks.logarithmic("loss (nats)", *ticks.round_around(*shown, least=(0.5, 3.0))),
        tuple(curves),
    )


def end_chart(courses: Mapping[str, Course], optimizers: Sequence[str], view: View) -> Chart:
    """The last losses: a dot for each seed and a square for their median, on the axis of the race."""
    marks: list[Mark] = []
    rows = _rows(optimizers)
    last = {optimizer: course.losses[:, -1] for optimizer, course in courses.items()}
    for optimizer, losses in last.items():
        style, row = STYLES[optimizer], rows[optimizer]
        finite = losses[np.isfinite(losses)]
        marks.append(Curve(finite, np.full(len(finite), row), style.color, width=2, marker="dot", marker_size=7))
        if len(losses) > 1 and len(finite) == len(losses):
            middle = np.array([np.median(losses)])
            marks.append(Curve(middle, np.array([row]), style.color, width=0, marker="square", marker_size=12))
    x = _loss_axis(courses, view)
    return Chart("Loss now: each seed, and their median", x, _names_axis(optimizers), tuple(marks))


def _loss_axis(courses: Mapping[str, Course], view: View) -> Axis:
    shown = [np.minimum(course.losses, HIGHEST_LOSS).ravel() for course in courses.values()]
    return loss_axis(shown, view.scale, least=(0.5, 3.0))


def direction_chart(directions: Mapping[str, Direction], optimizers: Sequence[str], remark: str) -> Chart:
    """How much the direction of each optimizer varies, as a share of plain SGD's, beside the formula."""
    rows = _rows(optimizers)
    marks: list[Mark] = []
    at = np.array([rows[optimizer] for optimizer in directions])
    theory = np.array([direction.theory for direction in directions.values()])
    there = np.isfinite(theory)
    if directions:
        for optimizer, direction in directions.items():
            marks.append(
                Curve(
                    np.array([1.0, direction.measured]),
                    np.full(2, rows[optimizer]),
                    STYLES[optimizer].color,
                    width=2.5,
                )
            )
        measured = np.array([direction.measured for direction in directions.values()])
        marks.append(Curve(measured, at, GREY, "measured", width=0, marker="square", marker_size=11))
        marks.append(Curve(theory[there], at[there], BLACK, "formula", width=0, marker="cross", marker_size=11))
    else:
        marks.append(Words(0.3, (len(optimizers) - 1) / 2, remark, GREY, TYPE_SIZE))
    shown = [np.array([direction.measured for direction in directions.values()])]
    low, high = ticks.round_around(*shown, theory[there], least=(0.02, 5.0))
    return Chart(
        "Variance of the direction", ticks.logarithmic("share of plain SGD's", low, high),
        _names_axis(optimizers), tuple(marks),
    )  # fmt: skip


def _rows(optimizers: Sequence[str]) -> dict[str, float]:
    """The first optimizer is on top."""
    return {optimizer: float(len(optimizers) - 1 - place) for place, optimizer in enumerate(optimizers)}


def _names_axis(optimizers: Sequence[str]) -> Axis:
    names = [STYLES[optimizer].name for optimizer in optimizers]
    return ticks.named("", -0.6, len(optimizers) - 0.4, _rows(optimizers).values(), names)
