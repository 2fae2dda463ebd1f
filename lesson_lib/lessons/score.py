"""What was right about a curve that somebody has drawn before it was measured."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from lesson_lib.chart.picture import Axis
from lesson_lib.chart.ticks import along

FLAT = 0.05
"""A curve that rises or falls by less than this share of the axis is flat."""

SAME_SLOPE = 1.5
SAME_SIZE = 1.5
SAME_MAGNITUDE = 3.0
"""Two numbers agree where neither is more than so many times the other."""


class Score(NamedTuple):
    """Three judgements, and the sentence that says them."""

    direction: bool
    slope: bool
    magnitude: bool
    words: str


def score(
    drawn: tuple[Float[np.ndarray, " drawn"], Float[np.ndarray, " drawn"]],
    measured: tuple[Float[np.ndarray, " points"], Float[np.ndarray, " points"]],
    x: Axis,
    y: Axis,
) -> Score | None:
    """Compare a drawn curve with the measured one, where there are both.

    Args:
        drawn, measured: places on the x axis in rising order, and values there.
        x, y: the axes on which both are shown; the vertical one is even.

    Returns:
        Nothing where fewer than two places of the drawing lie within what was measured.
    """
    at, mine = drawn
    places, values = measured
    # On a logarithmic axis zero has no place, either.
    known = np.isfinite(along(x, places)) & np.isfinite(values)
    if not known.any():
        return None
    places, values = places[known], values[known]
    inside = (at >= places[0]) & (at <= places[-1])
    if inside.sum() < 2:
        return None
    at, mine = at[inside], mine[inside]
    true = np.interp(along(x, at), along(x, places), values)

    changes = [float(curve[-1] - curve[0]) / (y.high - y.low) for curve in (mine, true)]
    direction, slope, way_words = _compare_changes(*changes)
    magnitude, size_words = _compare_sizes(mine, true)
    return Score(direction, slope, magnitude, f"{way_words}. {size_words}.")


def _compare_changes(mine: float, true: float) -> tuple[bool, bool, str]:
    """Compare the direction and the slope of two curves, by their changes from left to right in shares of the axis."""
    my_way, true_way = _way(mine), _way(true)
    if my_way != true_way:
        return False, False, f"Yours {my_way}, the measured one {true_way}. So its steepness cannot be right"
    words = f"Yours {my_way}, and so does the measured one"
    if my_way == "stays flat":
        return True, True, f"{words}. So is its steepness"
    ratio = mine / true
    agree = 1 / SAME_SLOPE <= ratio <= SAME_SLOPE
    verdict = "about as much" if agree else "too much" if ratio > 1 else "too little"
    words += f". From left to right it changes {verdict}: {ratio:.2g} times as much as the measured one"
    return True, agree, words


def _way(change: float) -> str:
    return "stays flat" if abs(change) < FLAT else "rises" if change > 0 else "falls"


def _compare_sizes(mine: Float[np.ndarray, " places"], true: Float[np.ndarray, " places"]) -> tuple[bool, str]:
    positive = (mine > 0) & (true > 0)
    if not positive.any():
        return False, "Its values cannot be compared"
    ratios = mine[positive] / true[positive]
    typical = float(np.exp(np.mean(np.abs(np.log(ratios)))))
    middle = float(np.exp(np.median(np.log(ratios))))
    where = "high" if middle > 1 else "low"
    if typical <= SAME_SIZE:
        return True, "Its values are right"
    if typical <= SAME_MAGNITUDE:
        return True, f"The order of magnitude is right: typically {_times(typical)} off, mostly too {where}"
    return False, f"The order of magnitude is not right: typically {_times(typical)} off, mostly too {where}"


def _times(factor: float) -> str:
    return f"a factor of {factor:.2g}" if factor < 99.5 else f"a factor of {factor:,.0f}"
