"""Many runs of SGD on one parameter, and the noise floor they come down to."""

from collections.abc import Sequence

import numpy as np

from lesson_lib.chart import ticks
from lesson_lib.chart.legend import in_legend_alone
from lesson_lib.chart.picture import BLACK, GREY, KEPT_COLORS, VERMILION, Band, Chart, Curve, Mark, Picture
from lesson_lib.experiment.history import CLOCKS, Clock
from lesson_lib.panels.noise_floor.run import NoiseFloorRun

RUNS_SHOWN = 3
"""More of them hide each other, and the band behind them."""
LOWEST = 1e-6
"""The loss axis ends here: below it there is nothing but rounding."""


def draw_noise_floor(run: NoiseFloorRun, kept: Sequence[tuple[str, NoiseFloorRun]], clock: Clock) -> Picture:
    """A few of the runs on their way; and the mean of w² over all of them, with its floor, beside kept runs."""
    runs = [run, *(each for _, each in kept)]
    end = max(each.total_updates / _updates_per(clock, each) for each in runs)
    return Picture(rows=((runs_chart(run, clock, end), mean_chart(run, kept, clock, end)),))


def _updates_per(clock: Clock, run: NoiseFloorRun) -> int:
    """How many updates make one of what the clock counts."""
    return run.updates_per_epoch if clock == "epochs" else 1


def runs_chart(run: NoiseFloorRun, clock: Clock, end: float) -> Chart:
    """Some of the runs, and the range in which the formula expects two of three of them in the long run."""
    history, spread = run.history(), float(np.sqrt(run.floor))
    across = np.array([0.0, end])
    shown = history.w[:, :RUNS_SHOWN]
    # With a gap between one run and the next, they are one curve with one name.
    time = np.tile(np.append(history.num_updates / _updates_per(clock, run), np.nan), shown.shape[1])
    paths = np.pad(shown, ((0, 1), (0, 0)), constant_values=np.nan).T.ravel()
    reach = ticks.round_above(np.abs(shown).ravel(), lowest=1.2)
    marks: tuple[Mark, ...] = (
        Band(across, np.full(2, -spread), np.full(2, spread), GREY, opacity=0.18),
        *in_legend_alone(Curve(time, paths, VERMILION, f"{shown.shape[1]} of the runs", width=1.2, opacity=0.8)),
        *in_legend_alone(Curve(across, np.full(2, spread), GREY, "± √floor", width=2, dash="dotted")),
        Curve(across, np.full(2, -spread), GREY, width=2, dash="dotted"),
    )
    return Chart("The parameter w", ticks.linear(CLOCKS[clock], 0, end), ticks.linear("w", -reach, reach), marks)


def mean_chart(run: NoiseFloorRun, kept: Sequence[tuple[str, NoiseFloorRun]], clock: Clock, end: float) -> Chart:
    """Mean of w² over all runs: measured, predicted, and where it stops falling."""
    named = [("measured", run), *kept]
    histories = [each.history() for _, each in named]
    low, high = ticks.round_around(np.array([run.floor]), *(each.mean_sq for each in histories), least=(0.001, 1.0))
    measured, *before = (
        Curve(history.num_updates / _updates_per(clock, each), history.mean_sq, color, name, width=2)
        for (name, each), history, color in zip(named, histories, (VERMILION, *KEPT_COLORS), strict=False)
    )
    moments = np.unique(np.linspace(0, run.total_updates, 200).astype(int))
    time = moments / _updates_per(clock, run)
    marks = (
        *before,
        measured._replace(width=3),
        Curve(time, run.predicted(moments), BLACK, "theory", width=1.5, dash="dashed"),
        Curve(time, np.full(len(time), run.floor), GREY, "noise floor", width=2.5, dash="dotted"),
    )
    y = ticks.logarithmic("mean of w^2", max(low, LOWEST), high)
    return Chart("How far from the minimum?", ticks.linear(CLOCKS[clock], 0, end), y, marks)
