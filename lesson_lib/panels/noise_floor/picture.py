"""Many runs of SGD on one parameter, and the noise floor they come down to."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from lesson_lib.chart import ticks
from lesson_lib.chart.legend import in_legend_alone
from lesson_lib.chart.picture import BLACK, GREY, KEPT_COLORS, VERMILION, Band, Chart, Curve, Mark, Picture

RUNS_SHOWN = 3
"""More of them hide each other, and the band behind them."""
LOWEST = 1e-6
"""The loss axis ends here: below it there is nothing but rounding."""


class Floor(NamedTuple):
    """The runs of one setting, against the clock that is looked at."""

    name: str
    time: Float[np.ndarray, " moments"]
    w: Float[np.ndarray, "moments runs"]
    mean_sq: Float[np.ndarray, " moments"]
    floor: float


def draw_noise_floor(
    now: Floor, predicted: Float[np.ndarray, "2 points"], kept: Sequence[Floor], *, clock: str, end: float
) -> Picture:
    """A few of the runs on their way; and the mean of w² over all of them, with its floor.

    Args:
        now: the runs that go on.
        predicted: moments, and what theory says of E[w²] at them.
        kept: runs to compare with.
        clock: what the time axis counts.
        end: where it ends.
    """
    return Picture(rows=((runs_chart(now, clock, end), mean_chart(now, predicted, kept, clock, end)),))


def runs_chart(now: Floor, clock: str, end: float) -> Chart:
    """Some of the runs, and the range in which the formula expects two of three of them in the long run."""
    spread = float(np.sqrt(now.floor))
    across = np.array([0.0, end])
    shown = now.w[:, :RUNS_SHOWN]
    # With a gap between one run and the next, they are one curve with one name.
    gap = np.full((1, shown.shape[1]), np.nan)
    time = np.concatenate([np.broadcast_to(now.time[:, None], shown.shape), gap]).T.ravel()
    reach = ticks.round_above(np.abs(shown).ravel(), lowest=1.2)
    paths = np.concatenate([shown, gap]).T.ravel()
    marks: tuple[Mark, ...] = (
        Band(across, np.full(2, -spread), np.full(2, spread), GREY, opacity=0.18),
        *in_legend_alone(Curve(time, paths, VERMILION, f"{shown.shape[1]} of the runs", width=1.2, opacity=0.8)),
        *in_legend_alone(Curve(across, np.full(2, spread), GREY, "± √floor", width=2, dash="dotted")),
        Curve(across, np.full(2, -spread), GREY, width=2, dash="dotted"),
    )
    return Chart("The parameter w", ticks.linear(clock, 0, end), ticks.linear("w", -reach, reach), marks)


def mean_chart(
    now: Floor, predicted: Float[np.ndarray, "2 points"], kept: Sequence[Floor], clock: str, end: float
) -> Chart:
    """Mean of w² over all runs: measured, predicted, and where it stops falling."""
    values = [now.mean_sq, np.array([now.floor]), *(each.mean_sq for each in kept)]
    low, high = ticks.round_around(*values, least=(0.001, 1.0))
    floor = np.full(len(predicted[0]), now.floor)
    marks = (
        *(
            Curve(each.time, each.mean_sq, color, each.name, width=2)
            for each, color in zip(kept, KEPT_COLORS, strict=False)
        ),
        Curve(now.time, now.mean_sq, VERMILION, "measured", width=3),
        Curve(predicted[0], predicted[1], BLACK, "theory", width=1.5, dash="dashed"),
        Curve(predicted[0], floor, GREY, "noise floor", width=2.5, dash="dotted"),
    )
    y = ticks.logarithmic("mean of w^2", max(low, LOWEST), high)
    return Chart("How far from the minimum?", ticks.linear(clock, 0, end), y, marks)
