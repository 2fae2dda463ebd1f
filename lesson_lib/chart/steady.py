"""Axes that stand still while a run goes on."""

from lesson_lib.chart import ticks
from lesson_lib.chart.picture import Axis, Chart, Picture

TINY = 5
"""A plane is drawn anew where it would do with such a part of its axes: arrows and dots near a minimum are short."""


def steady(picture: Picture, before: Picture | None) -> Picture:
    """The picture with axes at least as long as those of the same charts in the one before: they grow, or stand.

    Only a plane, which shows what there is now and not what has been, may come nearer, in one large step.
    """
    old = {} if before is None else {_name(chart): chart for row in before.rows for chart in row}

    def longer(chart: Chart) -> Chart:
        known = old.get(_name(chart))
        if known is None or (chart.equal and _is_tiny(chart.x, known.x) and _is_tiny(chart.y, known.y)):
            return chart
        return chart._replace(x=_joined(chart.x, known.x), y=_joined(chart.y, known.y))

    return picture._replace(rows=tuple(tuple(map(longer, row)) for row in picture.rows))


def _name(chart: Chart) -> tuple[object, ...]:
    """What makes a chart the same one as before."""
    return chart.title, *((axis.label, axis.log, axis.grid) for axis in (chart.x, chart.y))


def _is_tiny(axis: Axis, before: Axis) -> bool:
    return TINY * (axis.high - axis.low) <= before.high - before.low


def _joined(axis: Axis, before: Axis) -> Axis:
    """From the lower of both lows to the higher of both highs; an axis of names has the ends that it has."""
    low, high = min(axis.low, before.low), max(axis.high, before.high)
    if not (axis.grid and axis.ticks) or (low, high) == (axis.low, axis.high):
        return axis
    if (low, high) == (before.low, before.high):
        return before
    return ticks.logarithmic(axis.label, low, high) if axis.log else ticks.linear(axis.label, low, high)
