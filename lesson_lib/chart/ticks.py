"""Axes with limits and ticks that are round numbers."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Float

from lesson_lib.chart.picture import Axis, Tick

MAX_TICKS = 7
PLAIN_DECADES = (-3, 6)
"""From 0.001 to 1,000,000 numbers are written out; beyond, as powers of ten."""


def linear(label: str, low: float, high: float, *, percent: bool = False, whole: bool = False) -> Axis:
    """An axis with even steps.

    Args:
        label: what it measures, and in which unit.
        low, high: its ends.
        percent: whether the values are shares, written as percentages.
        whole: whether there is nothing between whole numbers, as there is half an epoch but no half update.

    >>> [tick.text for tick in linear("epochs", 0, 5).ticks]
    ['0', '1', '2', '3', '4', '5']
    """
    step = max(_step(high - low), 1.0 if whole else 0.0)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    places = _places(step, low, high)
    texts = [f"{100 * at:.{max(0, decimals - 2)}f} %" if percent else _even_text(at, decimals) for at in places]
    return Axis(label, low, high, tuple(map(Tick, places, texts)))


def widened(axis: Axis, low: float, high: float) -> Axis:
    """An even axis with other ends, and with ticks as far from each other as it has them up to these.

    >>> [tick.text for tick in widened(linear("w", 0, 2), -1, 2.2).ticks]
    ['−1.0', '−0.5', '0.0', '0.5', '1.0', '1.5', '2.0']
    """
    if len(axis.ticks) < 2:
        return axis._replace(low=low, high=high)
    first, second = axis.ticks[:2]
    decimals = len(first.text.partition(".")[2])
    ticks = tuple(Tick(at, _even_text(at, decimals)) for at in _places(second.at - first.at, low, high))
    return axis._replace(low=low, high=high, ticks=ticks)


def _places(step: float, low: float, high: float) -> list[float]:
    return [place * step for place in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def _even_text(at: float, decimals: int) -> str:
    return f"{at:,.{decimals}f}".replace("-", "−")


def from_zero(label: str, top: float) -> Axis:
    """An even axis from zero that begins a little below, so that a line at zero is seen whole."""
    return linear(label, 0, top)._replace(low=-0.03 * top)


def _step(length: float) -> float:
    decade = 10.0 ** math.floor(math.log10(length / MAX_TICKS))
    return next(step * decade for step in (1, 2, 5, 10, 20) if step * decade * MAX_TICKS >= length)


def logarithmic(label: str, low: float, high: float) -> Axis:
    """An axis on which each decade is as long as the next; `low` is above zero.

    >>> [tick.text for tick in logarithmic("batch size", 1, 1e4).ticks]
    ['1', '10', '100', '1,000', '10,000']
    """
    first, last = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
    # In two decades and a half there is room for eight ticks; three decades with all steps would need ten.
    steps = (1,) if math.log10(high / low) > 2.5 else (1, 2, 5)
    every = -(-(last - first) // MAX_TICKS) or 1
    places = [float(f"{step}e{decade}") for decade in range(first, last + 1, every) for step in steps]
    inside = [at for at in places if low * (1 - 1e-9) <= at <= high * (1 + 1e-9)]
    return Axis(label, low, high, tuple(Tick(at, log_text(at)) for at in inside), log=True)


def log_text(value: float) -> str:
    """A tick's number: written out, or as a power of ten where that would be long.

    >>> log_text(0.02), log_text(5000.0), log_text(1e-5)
    ('0.02', '5,000', '10^{−5}')
    """
    decade = math.floor(math.log10(value) + 1e-9)
    if PLAIN_DECADES[0] <= decade <= PLAIN_DECADES[1]:
        return f"{value:,.{max(0, -decade)}f}"
    factor = round(value / 10.0**decade)
    power = f"10^{{{str(decade).replace('-', '−')}}}"
    return power if factor == 1 else f"{factor}·{power}"


def named(label: str, low: float, high: float, places: Iterable[float], names: Sequence[str]) -> Axis:
    """An axis whose ticks have names, without grid lines."""
    return Axis(label, low, high, tuple(map(Tick, places, names)), grid=False)


def blank(low: float, high: float) -> Axis:
    """An axis that is not drawn, for pictures that measure nothing."""
    return Axis("", low, high, (), grid=False)


def round_above(*curves: Float[np.ndarray, " _"], lowest: float) -> float:
    """The end of an axis from zero that shows all finite values: `lowest`, or a round number (1, 2, 5, 10 …) above.

    Round numbers keep the axis still while the curves grow.
    """
    values = np.concatenate([lowest + np.zeros(1), *curves])
    highest = float(np.max(values, where=np.isfinite(values), initial=0.0))
    if highest <= lowest:
        return lowest
    return next(end for end in _round_numbers(highest) if end >= highest)


def round_around(*curves: Float[np.ndarray, " _"], least: tuple[float, float]) -> tuple[float, float]:
    """Ends of a logarithmic axis: `least`, widened to round numbers until all finite values above zero are shown."""
    values = np.concatenate([np.empty(0), *curves])
    values = values[np.isfinite(values) & (values > 0)]
    low, high = least
    if values.size:
        low, high = min(low, round_below(float(values.min()))), max(high, round_above(values, lowest=0.0))
    return low, high


def round_below(value: float) -> float:
    """The largest of … 0.1, 0.2, 0.5, 1, 2, 5, 10 … that is not above a value above zero."""
    return next(end for end in reversed(_round_numbers(value)) if end <= value)


def along(axis: Axis, values: Float[np.ndarray, " points"]) -> Float[np.ndarray, " points"]:
    """From values to shares of an axis: 0 at its low end, 1 at its high end."""
    if not axis.log:
        return (values - axis.low) / (axis.high - axis.low)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(values / axis.low) / np.log(axis.high / axis.low)


def _round_numbers(value: float) -> list[float]:
    decade = math.floor(math.log10(value))
    return [float(f"{step}e{decade + more}") for more in (-1, 0, 1) for step in (1, 2, 5)]
