"""The time of one update against the batch size, and how many times longer gradient descent's takes."""

from typing import Literal

import numpy as np
from jaxtyping import Float

from lesson_lib.chart import ticks
from lesson_lib.chart.chosen import behind_chosen
from lesson_lib.chart.legend import in_legend_alone
from lesson_lib.chart.picture import BLACK, GREEN, GREY, ORANGE, VERMILION, Band, Chart, Curve, Mark, Picture, Words
from lesson_lib.panels.cost_of_an_update.run import CostOfAnUpdateRun
from lesson_lib.panels.cost_of_an_update.words import line_through

DEVICES: tuple[tuple[str, Literal["dot", "square"]], ...] = ((VERMILION, "dot"), (GREEN, "square"))
"""Colour and marker of each device; there are two at most."""
MILLISECONDS = 1e3

HUNDREDS = (100.0, 1000.0)
"""Where "hundreds of times" lies."""


def draw_cost(run: CostOfAnUpdateRun, chosen: int) -> Picture:
    """Time of an update, and the ratio of GD's to it, both against the batch size; the chosen one is marked."""
    return Picture(rows=((_time_chart(run, chosen), _ratio_chart(run, chosen)),))


def _time_chart(run: CostOfAnUpdateRun, chosen: int) -> Chart:
    at = np.array(run.batch_sizes, float)
    shown = [MILLISECONDS * values for times in run.times for values in (times.minimum, times.compile_seconds)]
    low, high = ticks.round_around(*shown, least=(0.01, 100.0))
    marks: list[Mark] = [behind_chosen(at, MILLISECONDS * times.minimum, chosen) for times in run.times]
    for place in range(len(run.times)):
        marks += _device_marks(run, place, low, high)
    return Chart("Time of one update", _size_axis(at), ticks.logarithmic("milliseconds", low, high), tuple(marks))


def _device_marks(run: CostOfAnUpdateRun, place: int, low: float, high: float) -> list[Mark]:
    at, times, fit = np.array(run.batch_sizes, float), run.times[place], line_through(run.times[place])
    color, marker = DEVICES[place]
    of, first_color = ("", GREY) if len(run.times) == 1 else (f", {run.name(place)}", color)
    every = Curve(
        np.tile(at, len(times.seconds)), MILLISECONDS * times.seconds.ravel(), color,
        width=0, marker="dot", marker_size=4, opacity=0.25,
    )  # fmt: skip
    first_calls = Curve(
        at, MILLISECONDS * times.compile_seconds, first_color, f"compiling, once{of}",
        width=0, marker="cross", marker_size=7, opacity=0.8,
    )  # fmt: skip
    points = Curve(at, MILLISECONDS * times.minimum, color, f"one update{of}", width=0, marker=marker, marker_size=9)
    marks: list[Mark] = [every, points]
    if fit is not None:
        line = MILLISECONDS * fit.seconds(run.batch_sizes)
        marks.append(Curve(at, line, BLACK, f"a + b·B{of}", width=1.8, dash="dashed"))
        if at[0] <= fit.knee <= at[-1]:
            knee = Curve(np.full(2, fit.knee), np.array([low, high]), color, f"knee{of}", dash="dotted")
            marks += in_legend_alone(knee)
    return [*marks, first_calls]


def _ratio_chart(run: CostOfAnUpdateRun, chosen: int) -> Chart:
    at = np.array(run.batch_sizes, float)
    work = at[-1] / at
    ratios = [times.minimum[-1] / times.minimum for times in run.times]
    low, high = ticks.round_around(work, *ratios, least=(1.0, 1000.0))
    marks: list[Mark] = [
        Band(at[[0, -1]], np.full(2, HUNDREDS[0]), np.full(2, HUNDREDS[1]), ORANGE),
        Words(at[-1] / 4, 316.0, "“hundreds”", BLACK),
        Curve(at, work, GREY, "work, N / B", width=2, dash="dashed"),
    ]
    for place, ratio in enumerate(ratios):
        color, marker = DEVICES[place]
        name = "time" if len(ratios) == 1 else f"time, {run.name(place)}"
        marks += [behind_chosen(at, ratio, chosen), Curve(at, ratio, color, name, marker=marker, marker_size=9)]
    y = ticks.logarithmic("times as much", low, high)
    return Chart("GD's update beside SGD's", _size_axis(at), y, tuple(marks))


def _size_axis(at: Float[np.ndarray, " sizes"]) -> ticks.Axis:
    return ticks.logarithmic("batch size B", at[0] / 1.3, at[-1] * 1.3)
