"""Optimizers side by side: their losses, how they were tuned, and the noise of their directions."""

from collections.abc import Sequence
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
from lesson_lib.experiment.history import Clock, times
from lesson_lib.panel.runs import Scale, bundle, loss_axis, time_axis
from lesson_lib.panels.optimizer_race.run import OptimizerRaceRun
from lesson_lib.panels.optimizer_race.tuning import Tuning, rates
from lesson_lib.panels.optimizer_race.words import FORMULAS


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


def draw_optimizers(race: OptimizerRaceRun, clock: Clock, scale: Scale) -> Picture:
    """Above: the race, beside the tuning where there was one. Below: the losses at the end, and the directions."""
    axis = losses_axis(race, scale)
    above = (race_chart(race, clock, axis), *([tuning_chart(race.tuning)] if race.tuning else []))
    below = (end_chart(race, axis), direction_chart(race))
    return Picture(rows=(above, below), heights=(205, 165))


def losses_axis(race: OptimizerRaceRun, scale: Scale) -> Axis:
    """The same for the losses on the way and for the last ones."""
    shown = [np.minimum(race.losses(optimizer), HIGHEST_LOSS).ravel() for optimizer in race.trials]
    return loss_axis(shown, scale, least=(0.5, 3.0))


def race_chart(race: OptimizerRaceRun, clock: Clock, axis: Axis) -> Chart:
    """The losses against time: the median of the seeds, and a band from the lowest to the highest."""
    curves, bands = [], []
    for optimizer, trials in race.trials.items():
        style, losses = STYLES[optimizer], race.losses(optimizer)
        # The median over the seeds, of which each takes its own time to compute.
        time = np.median([trial.times(clock)[: losses.shape[1]] for trial in trials], axis=0)
        seeds = bundle(time, losses)
        curves.append(Curve(time, seeds.median, style.color, style.name, dash=style.dash))
        if len(losses) > 1:
            bands.append(Band(time, seeds.low, seeds.high, style.color, opacity=0.14))
    x = time_axis(clock, end_of(race, clock, [curve.x for curve in curves]))
    return Chart("Training loss, all examples", x, axis, (*bands, *curves), width=1.2)


def end_of(race: OptimizerRaceRun, clock: Clock, recorded: Sequence[Float[np.ndarray, " points"]]) -> float:
    """Where the time axis ends: with the race; computing takes as long as it takes."""
    if clock == "seconds":
        return ticks.round_above(*recorded, lowest=0.5)
    sizes = {"num_examples": race.dataset.num_examples, "batch_size": race.settings.batch_size}
    return float(times(clock, np.array([race.num_updates]), np.zeros(1), **sizes)[0])


def tuning_chart(tuning: Tuning) -> Chart:
    """The loss at the end against the learning rate, coloured as in the race; the best of each has a cross."""
    curves: list[Mark] = []
    for optimizer, losses in tuning.losses.items():
        style, tried = STYLES[optimizer], np.array(rates(optimizer))
        there = np.isfinite(losses)
        line = Curve(tried[there], losses[there], style.color, width=2, dash=style.dash, marker="dot", marker_size=4)
        best = there & (tried == tuning.best(optimizer))
        cross = Curve(tried[best], losses[best], style.color, width=0, marker="cross", marker_size=12)
        curves += [line, cross]
    every_rate = np.concatenate([rates(optimizer) for optimizer in tuning.losses])
    shown = [np.minimum(losses, HIGHEST_LOSS) for losses in tuning.losses.values()]
    return Chart(
        "Tuning: loss at the end",
        ticks.logarithmic("learning rate η", *ticks.round_around(every_rate, least=(0.001, 0.002))),
        ticks.logarithmic("loss (nats)", *ticks.round_around(*shown, least=(0.5, 3.0))),
        tuple(curves),
    )


def end_chart(race: OptimizerRaceRun, axis: Axis) -> Chart:
    """The last losses: a dot for each seed and a square for their median, on the axis of the race."""
    marks: list[Mark] = []
    rows = _rows(race.optimizers)
    for optimizer in race.trials:
        style, row, losses = STYLES[optimizer], rows[optimizer], race.losses(optimizer)[:, -1]
        finite = losses[np.isfinite(losses)]
        marks.append(Curve(finite, np.full(len(finite), row), style.color, width=2, marker="dot", marker_size=7))
        if len(losses) > 1 and len(finite) == len(losses):
            middle = np.array([np.median(losses)])
            marks.append(Curve(middle, np.array([row]), style.color, width=0, marker="square", marker_size=12))
    return Chart("Loss now: each seed, and their median", axis, _names_axis(race.optimizers), tuple(marks))


def direction_chart(race: OptimizerRaceRun) -> Chart:
    """How much the direction of each optimizer varies, as a share of plain SGD's, beside the formula."""
    rows = _rows(race.optimizers)
    every_share = race.directions.shares if race.directions else {}
    shares = {optimizer: share for optimizer, share in every_share.items() if np.isfinite(share)}
    measured, at = np.array(list(shares.values())), np.array([rows[optimizer] for optimizer in shares])
    formulas = np.array([FORMULAS.get(optimizer, np.nan) for optimizer in shares])
    there = np.isfinite(formulas)
    marks: list[Mark] = [
        Curve(np.array([1.0, share]), np.full(2, rows[optimizer]), STYLES[optimizer].color, width=2.5)
        for optimizer, share in shares.items()
    ]
    if shares:
        marks.append(Curve(measured, at, GREY, "measured", width=0, marker="square", marker_size=11))
        marks.append(Curve(formulas[there], at[there], BLACK, "formula", width=0, marker="cross", marker_size=11))
    else:
        marks.append(Words(0.3, (len(race.optimizers) - 1) / 2, _remark(race), GREY, TYPE_SIZE))
    low, high = ticks.round_around(measured, formulas[there], least=(0.02, 5.0))
    return Chart(
        "Variance of the direction", ticks.logarithmic("share of plain SGD's", low, high),
        _names_axis(race.optimizers), tuple(marks),
    )  # fmt: skip


def _remark(race: OptimizerRaceRun) -> str:
    """What to write where no direction has been measured."""
    if race.is_full_batch:
        return "B = N: no noise"
    if not race.finished:
        return "measured after the race"
    return "lost in the noise" if race.directions else "not measured: plain SGD diverged"


def _rows(optimizers: Sequence[str]) -> dict[str, float]:
    """The first optimizer is on top."""
    return {optimizer: float(len(optimizers) - 1 - place) for place, optimizer in enumerate(optimizers)}


def _names_axis(optimizers: Sequence[str]) -> Axis:
    names = [STYLES[optimizer].name for optimizer in optimizers]
    return ticks.named("", -0.6, len(optimizers) - 0.4, _rows(optimizers).values(), names)
