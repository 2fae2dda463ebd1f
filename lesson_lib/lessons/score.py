"""What was right about a curve that somebody has drawn before it was measured."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from lesson_lib.chart.picture import Axis
from lesson_lib.chart.ticks import along

FLAT = 0.05
"""A curve that rises or falls by less than this share of the axis is flat."""

FLAT_EXPONENT = 0.05
"""A power law with a smaller exponent goes no way at all: it may be what a fit leaves of a flat curve."""

SAME_EXPONENT = 0.25
"""Two power laws are as steep where their exponents differ by no more."""

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


class _Line(NamedTuple):
    """A curve at some places, in shares of its axes."""

    values: Float[np.ndarray, " places"]
    across: Float[np.ndarray, " places"]
    up: Float[np.ndarray, " places"]

    @property
    def change(self) -> float:
        """From its left end to its right end, in shares of the vertical axis."""
        return float(self.up[-1] - self.up[0])

    @property
    def direction(self) -> str:
        return "stays flat" if abs(self.change) < FLAT else "rises" if self.change > 0 else "falls"


def score(
    drawn: tuple[Float[np.ndarray, " drawn"], Float[np.ndarray, " drawn"]],
    measured: tuple[Float[np.ndarray, " points"], Float[np.ndarray, " points"]],
    x: Axis,
    y: Axis,
) -> Score | None:
    """Compare a drawn curve with the measured one, where there are both.

    Args:
        drawn, measured: places on the x axis in rising order, and values there.
        x, y: the axes on which both are shown. On two logarithmic axes the slope is the exponent of a power law.

    Returns:
        Nothing where fewer than two places of the drawing lie within what was measured.
    """
    at, guess = drawn
    # On a logarithmic axis zero has no place, either.
    known = np.isfinite(along(x, measured[0])) & np.isfinite(along(y, measured[1]))
    places, values = measured[0][known], measured[1][known]
    inside = (
        (at >= places[:1]) & (at <= places[-1:]) & np.isfinite(along(y, guess))
        if places.size
        else np.zeros(len(at), bool)
    )
    if inside.sum() < 2:
        return None
    at, guess = at[inside], guess[inside]
    true_up = np.interp(along(x, at), along(x, places), along(y, values))
    mine = _Line(guess, along(x, at), along(y, guess))
    true = _Line(_value(y, true_up), mine.across, true_up)

    direction = mine.direction == true.direction
    words = [f"Yours {mine.direction}, and so does the measured one" if direction
             else f"Yours {mine.direction}, the measured one {true.direction}"]  # fmt: skip
    slope, slope_words = _compare_slopes(mine, true, x, y, direction=direction)
    magnitude, magnitude_words = _compare_sizes(mine, true)
    return Score(direction, slope, magnitude, ". ".join([*words, slope_words, magnitude_words]) + ".")


def _compare_slopes(mine: _Line, true: _Line, x: Axis, y: Axis, *, direction: bool) -> tuple[bool, str]:
    if x.log and y.log:
        exponents = [_exponent(line, x, y) for line in (mine, true)]
        agree = abs(exponents[0] - exponents[1]) <= SAME_EXPONENT
        one, other = (round(exponent, 2) + 0.0 for exponent in exponents)  # no zero has a sign
        opposite = one * other < 0 and min(abs(one), abs(other)) >= FLAT_EXPONENT
        too = "the other way" if opposite else "too steep" if abs(one) > abs(other) else "not steep enough"
        verdict = "about as steep" if agree else too
        return agree, f"Slope on these axes: yours {one:.2g}, measured {other:.2g}: {verdict}".replace("-", "−")
    if true.direction == "stays flat" or not direction:
        return direction, "So is its steepness" if direction else "So its steepness cannot be right"
    ratio = abs(mine.change / true.change)
    agree = 1 / SAME_SLOPE <= ratio <= SAME_SLOPE
    verdict = "about as much" if agree else "too much" if ratio > 1 else "too little"
    return agree, f"From left to right it changes {verdict}: {ratio:.2g} times as much as the measured one"


def _compare_sizes(mine: _Line, true: _Line) -> tuple[bool, str]:
    positive = (mine.values > 0) & (true.values > 0)
    if not positive.any():
        return False, "Its values cannot be compared"
    ratios = mine.values[positive] / true.values[positive]
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


def _exponent(line: _Line, x: Axis, y: Axis) -> float:
    per_share = np.log(y.high / y.low) / np.log(x.high / x.low)
    return float(np.polyfit(line.across, line.up, 1)[0] * per_share)


def _value(axis: Axis, shares: Float[np.ndarray, " points"]) -> Float[np.ndarray, " points"]:
    if not axis.log:
        return axis.low + shares * (axis.high - axis.low)
    return axis.low * (axis.high / axis.low) ** shares
