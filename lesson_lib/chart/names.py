"""Names at the right ends of curves, where a chart has room for them. `chart/layout.js` puts them alike on the page."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lesson_lib.chart.picture import Chart, Curve
from lesson_lib.chart.ticks import along

LINE = 16.0
"""Between the middles of two names, in CSS pixels."""

LETTER = 7.0
"""About the width of a letter."""

MOST = 0.3
"""The names take no more than this share of a chart's width."""

OTHERS = 100.0
"""Height of a chart that its axes do not have, about."""


class Name(NamedTuple):
    """A curve, and where its name begins: shares of the way to the right and upwards in the axes."""

    curve: Curve
    x: float
    y: float


def named_at_ends(chart: Chart, width: float, height: int) -> list[Curve]:
    """The curves whose names stand at their right ends; the others are in the legend.

    Args:
        chart: what has curves.
        width, height: of its room, in CSS pixels.
    """
    curves = [
        mark for mark in chart.marks if isinstance(mark, Curve) and mark.name and mark.width and mark.named_at_end
    ]
    widest = max((len(curve.name) for curve in curves), default=0)
    has_room = LETTER * widest <= MOST * width and LINE * len(curves) <= height - OTHERS
    return curves if has_room and not chart.equal else []


def name_places(chart: Chart, curves: Sequence[Curve], height: int) -> list[Name]:
    """Where each curve's name stands, so that none lies on another; a curve without a point has none."""
    ends: list[Name] = []
    for curve in curves:
        end = _end(along(chart.x, curve.x), along(chart.y, curve.y))
        if end is not None:
            ends.append(Name(curve, min(1.0, end[0]), float(np.clip(end[1], 0.0, 1.0))))
    heights = spread([end.y for end in ends], LINE / (height - OTHERS)) if ends else []
    return [end._replace(y=y) for end, y in zip(ends, heights, strict=True)]


def _end(x: np.ndarray, y: np.ndarray) -> tuple[float, float] | None:
    """Where a curve is seen last: its last point, or where it leaves the axes above or below; `None` without a point.

    >>> _end(np.array([0.0, 0.5, 1.0]), np.array([0.9, 0.5, -0.5]))
    (0.75, 0.0)
    """
    there = np.isfinite(x) & np.isfinite(y)
    inside = np.flatnonzero(there & (y >= 0) & (y <= 1))
    if not inside.size:
        outside = np.flatnonzero(there)
        return (float(x[outside[-1]]), float(y[outside[-1]])) if outside.size else None
    last = inside[-1]
    if last + 1 == len(x) or not there[last + 1]:
        return float(x[last]), float(y[last])
    edge = 0.0 if y[last + 1] < 0 else 1.0
    share = (edge - y[last]) / (y[last + 1] - y[last])
    return float(x[last] + share * (x[last + 1] - x[last])), edge


def spread(wished: Sequence[float], least: float) -> list[float]:
    """Places from 0 to 1 as near as can be to those wished for, in their order, no two nearer than `least`.

    Without the distances between them they must only not decrease: neighbours that do are put together at their mean,
    which gives the least squares ("pool adjacent violators", Ayer et al. 1955).

    >>> spread([0.5, 0.5, 0.9], 0.25)
    [0.375, 0.625, 0.9]
    """
    order = sorted(range(len(wished)), key=lambda place: wished[place])
    blocks: list[list[float]] = []
    for rank, place in enumerate(order):
        block = [wished[place] - rank * least]
        while blocks and np.mean(blocks[-1]) >= np.mean(block):
            block = blocks.pop() + block
        blocks.append(block)
    most = 1.0 - (len(wished) - 1) * least
    means = [min(most, max(0.0, float(np.mean(block)))) for block in blocks for _ in block]
    found = dict(zip(order, (mean + rank * least for rank, mean in enumerate(means)), strict=True))
    return [found[place] for place in range(len(wished))]
