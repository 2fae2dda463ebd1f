"""The time of one update against the batch size, and how many times longer gradient descent's takes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from lesson_lib.chart import ticks
from lesson_lib.chart.chosen import behind_chosen
from lesson_lib.chart.legend import in_legend_alone
from lesson_lib.chart.picture import (
    BLACK,
    GREEN,
    GREY,
    ORANGE,
    VERMILION,
    Band,
    Chart,
    Curve,
    Mark,
    Picture,
    Words,
)

DEVICE_COLORS = (VERMILION, GREEN)
MILLISECONDS = 1e3

HUNDREDS = (100.0, 1000.0)
"""Where "hundreds of times" lies."""


class Device(NamedTuple):
    """What has been measured on one device. NaN where nothing has been, yet."""

    name: str
    minimum: Float[np.ndarray, " sizes"]
    """Seconds of one update."""
    all_seconds: Float[np.ndarray, "repeats sizes"]
    compile_seconds: Float[np.ndarray, " sizes"]
    line: Float[np.ndarray, " sizes"] | None
    """The fitted a + b·B, in seconds, as soon as there is one."""
    knee: float | None


def draw_cost(batch_sizes: Int[np.ndarray, " sizes"], devices: Sequence[Device], *, chosen: int) -> Picture:
    """Time of an update, and the ratio of GD's to it, both against the batch size.

    Args:
        batch_sizes: from small to large; the last one is N.
        devices: at most two.
        chosen: the batch size to be marked.
    """
    return Picture(rows=((_time_chart(batch_sizes, devices, chosen), _ratio_chart(batch_sizes, devices, chosen)),))


def _time_chart(batch_sizes: Int[np.ndarray, " sizes"], devices: Sequence[Device], chosen: int) -> Chart:
    at = batch_sizes.astype(float)
    shown = [MILLISECONDS * values for device in devices for values in (device.minimum, device.compile_seconds)]
    low, high = ticks.round_around(np.empty(0), *shown, least=(0.01, 100.0))
    marks: list[Mark] = [behind_chosen(at, MILLISECONDS * device.minimum, chosen) for device in devices]
    for device, color in zip(devices, DEVICE_COLORS, strict=False):
        marks += _device_marks(at, device, color, low, high, alone=len(devices) == 1)
    return Chart("Time of one update", _size_axis(at), ticks.logarithmic("milliseconds", low, high), tuple(marks))


def _device_marks(
    at: Float[np.ndarray, " sizes"], device: Device, color: str, low: float, high: float, *, alone: bool
) -> list[Mark]:
    of = "" if alone else f", {device.name}"
    every = Curve(
        np.tile(at, len(device.all_seconds)), MILLISECONDS * device.all_seconds.ravel(), color,
        width=0, marker="dot", marker_size=4, opacity=0.25,
    )  # fmt: skip
    first_calls = Curve(
        at, MILLISECONDS * device.compile_seconds, GREY if alone else color, f"compiling, once{of}",
        width=0, marker="cross", marker_size=7, opacity=0.8,
    )  # fmt: skip
    points = Curve(
        at, MILLISECONDS * device.minimum, color, f"one update{of}",
        width=0, marker="dot" if color == VERMILION else "square", marker_size=9,
    )  # fmt: skip
    marks: list[Mark] = [every, points]
    if device.line is not None and device.knee is not None:
        marks.append(Curve(at, MILLISECONDS * device.line, BLACK, f"a + b·B{of}", width=1.8, dash="dashed"))
        if at[0] <= device.knee <= at[-1]:
            knee = Curve(np.full(2, device.knee), np.array([low, high]), color, f"knee{of}", dash="dotted")
            marks += in_legend_alone(knee)
    return [*marks, first_calls]


def _ratio_chart(batch_sizes: Int[np.ndarray, " sizes"], devices: Sequence[Device], chosen: int) -> Chart:
    at = batch_sizes.astype(float)
    work = at[-1] / at
    ratios = [device.minimum[-1] / device.minimum for device in devices]
    low, high = ticks.round_around(work, *ratios, least=(1.0, 1000.0))
    marks: list[Mark] = [
        Band(at[[0, -1]], np.full(2, HUNDREDS[0]), np.full(2, HUNDREDS[1]), ORANGE),
        Words(at[-1] / 4, 316.0, "“hundreds”", BLACK),
        Curve(at, work, GREY, "work, N / B", width=2, dash="dashed"),
    ]
    for device, ratio, color in zip(devices, ratios, DEVICE_COLORS, strict=False):
        name = "time" if len(devices) == 1 else f"time, {device.name}"
        marks.append(behind_chosen(at, ratio, chosen))
        marks.append(Curve(at, ratio, color, name, marker="dot" if color == VERMILION else "square", marker_size=9))
    y = ticks.logarithmic("times as much", low, high)
    return Chart("GD's update beside SGD's", _size_axis(at), y, tuple(marks))


def _size_axis(at: Float[np.ndarray, " sizes"]) -> ticks.Axis:
    return ticks.logarithmic("batch size B", at[0] / 1.3, at[-1] * 1.3)
