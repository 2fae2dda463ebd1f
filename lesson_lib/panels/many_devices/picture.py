"""The gradients of the devices and their mean, and the time of an update against the number of devices."""

import math
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from lesson_lib.chart import ticks
from lesson_lib.chart.legend import in_legend_alone
from lesson_lib.chart.picture import BLACK, BLUE, GREEN, GREY, SKY, VERMILION, Band, Chart, Curve, Mark, Picture, Words
from lesson_lib.panel.numbers import count
from lesson_lib.panels.many_devices.costs import Parts
from lesson_lib.panels.many_devices.run import GradientPlane, Shares

MILLISECONDS = 1e3

SCALES = (0.5, 0.7, 1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0)
"""How much of the gradients' plane is seen: the first one is taken that shows all of them."""

LEFT, RIGHT, HALF = -0.35, 1.4, 0.5
"""Ends of the left chart at scale 1, along G and across it."""

FAINT = 0.6

HALF_BAR = 0.34

PARTS = (("fixed cost", GREY), ("share of the batch", GREEN), ("exchange", SKY))
"""Of the time of an update, from below."""


def draw_many_devices(plane: GradientPlane, shares: Shares, parts: Mapping[int, Parts | None], waiting: str) -> Picture:
    """What each device finds, and what an update costs.

    Args:
        plane: the devices' gradients.
        shares: the batch as it is shared out, by as many devices as are seen.
        parts: the time of an update with each number of devices that is compared; `None` while it is not known.
        waiting: what is being measured, while the times are not known.
    """
    times = _time_chart(parts, len(shares.sizes), waiting)
    return Picture(rows=((_gradients_chart(plane, shares), times),))


def _gradients_chart(plane: GradientPlane, shares: Shares) -> Chart:
    true_end = np.array([plane.true, 0.0])
    scale = _scale(np.concatenate([plane.devices, plane.mean[None, :], true_end[None, :]]))
    devices = [_arrow(each, VERMILION)._replace(opacity=FAINT) for each in plane.devices if np.isfinite(each).all()]
    name = Curve(np.empty(0), np.empty(0), VERMILION, "gradient of a device", width=1.6, opacity=FAINT)
    mean = in_legend_alone(_arrow(plane.mean, VERMILION, "their mean", width=4.5))
    true = in_legend_alone(_arrow(true_end, BLUE, "true gradient", width=2.5)._replace(dash="dashed"))
    marks = (*devices, name, *(mean if np.isfinite(plane.mean).all() else []), *(true if plane.true > 0 else []))
    x = ticks.linear("along the true gradient", scale * LEFT, scale * RIGHT)
    y = ticks.linear("across it", -scale * HALF, scale * HALF)
    return Chart(_title(shares), x, y, marks, equal=True)


def _title(shares: Shares) -> str:
    num_devices, largest = len(shares.sizes), count(int(shares.sizes[0]), "example")
    if num_devices == 1:
        return f"One device, {largest}"
    return f"{num_devices} simulated devices, {'' if shares.are_equal else 'at most '}{largest} each"


def _scale(ends: Float[np.ndarray, "arrows 2"]) -> float:
    inside = np.array([[LEFT, RIGHT], [-HALF, HALF]])
    for scale in SCALES:
        if np.all((ends >= scale * inside[None, :, 0]) & (ends <= scale * inside[None, :, 1]) | ~np.isfinite(ends)):
            return scale
    return SCALES[-1]


def _arrow(end: Float[np.ndarray, "2"], color: str, name: str = "", width: float = 1.6) -> Curve:
    """From where all gradients begin."""
    return Curve(np.array([0.0, end[0]]), np.array([0.0, end[1]]), color, name, width=width, arrow=True)


def _time_chart(parts: Mapping[int, Parts | None], chosen: int, waiting: str) -> Chart:
    places = np.arange(len(parts), dtype=float)
    x = ticks.named("devices D", -0.6, len(places) - 0.4, places, [str(each) for each in parts])
    known = [each for each in parts.values() if each is not None]
    title = "Time of one update, computed"
    if len(known) < len(parts):
        y = ticks.named("milliseconds", 0.0, 1.0, (), ())
        return Chart(title, x, y, (Words((len(places) - 1) / 2, 0.5, waiting),))
    # What could not be measured is not drawn: the bars are then shorter than the times.
    heights = MILLISECONDS * np.nan_to_num(np.array(known))
    tops = np.cumsum(heights, axis=1)
    bottoms = np.concatenate([np.zeros((len(tops), 1)), tops[:, :-1]], axis=1)
    top = ticks.round_above(1.12 * tops[:, -1], lowest=0.1)
    marks: list[Mark] = []
    for part, (name, color) in enumerate(PARTS):
        for place, low, high in zip(places, bottoms[:, part], tops[:, part], strict=True):
            marks.append(Band(place + _SIDES, np.full(2, low), np.full(2, high), color, opacity=0.75))
        marks.append(Curve(np.empty(0), np.empty(0), color, name, width=9, opacity=0.75, named_at_end=False))
    for place, each in zip(places, tops[:, -1], strict=True):
        marks.append(Words(place, each + 0.04 * top, f"{each:.3g}"))
    at = list(parts).index(chosen)
    marks.append(_frame(at, tops[at, -1]))
    note = "Bars in three parts: " + "; ".join(
        f"D = {each}: {' + '.join(map(_milliseconds, time))} ms" for each, time in zip(parts, known, strict=True)
    )
    return Chart(title, x, ticks.linear("milliseconds", 0.0, top), tuple(marks), note=note)


def _milliseconds(seconds: float) -> str:
    return "unknown" if math.isnan(seconds) else f"{MILLISECONDS * seconds:.3g}".replace("-", "−")


_SIDES = np.array([-HALF_BAR, HALF_BAR])


def _frame(place: float, top: float) -> Curve:
    """A line around the bar of the chosen number of devices."""
    left, right = place + _SIDES
    return Curve(np.array([left, left, right, right, left]), np.array([0.0, top, top, 0.0, 0.0]), BLACK, width=1.5)
