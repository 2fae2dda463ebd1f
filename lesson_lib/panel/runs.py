"""What the charts of training runs share: their axes, and several seeds as a median and a range."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float

from lesson_lib.chart import ticks
from lesson_lib.chart.picture import Axis
from lesson_lib.experiment.history import CLOCKS, Clock

Scale = Literal["linear", "log"]


class Bundle(NamedTuple):
    """One quantity of several runs, as far as all of them have been measured."""

    time: Float[np.ndarray, " measurements"]
    low: Float[np.ndarray, " measurements"]
    median: Float[np.ndarray, " measurements"]
    high: Float[np.ndarray, " measurements"]


def bundle(time: Float[np.ndarray, " measurements"], values: Float[np.ndarray, "runs measurements"]) -> Bundle:
    """Median and range over the runs; NaN where one of them has no finite value."""
    values = np.where(np.isfinite(values).all(axis=0), values, np.nan)
    return Bundle(time, values.min(axis=0), np.median(values, axis=0), values.max(axis=0))


def time_axis(clock: Clock, end: float) -> Axis:
    """The horizontal axis of a run."""
    return ticks.linear(CLOCKS[clock], 0, end, whole=clock in ("updates", "examples"))


def loss_axis(shown: Sequence[Float[np.ndarray, " _"]], scale: Scale, *, least: tuple[float, float]) -> Axis:
    """The axis of losses in nats: from zero to 3 at least, or logarithmic and at least as long as `least`."""
    if scale == "log":
        return ticks.logarithmic("loss (nats)", *ticks.round_around(*shown, least=least))
    return ticks.from_zero("loss (nats)", ticks.round_above(*shown, lowest=3.0))
