"""GD and SGD side by side: their losses and their gradient noise."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from lesson_lib.chart import ticks
from lesson_lib.chart.picture import BLACK, BLUE, KEPT_COLORS, VERMILION, Axis, Band, Chart, Curve, Dash, Picture
from lesson_lib.experiment.history import CURVES, Clock, CurveName, History
from lesson_lib.panel.runs import Bundle, Scale, bundle, loss_axis, time_axis

MAX_DOTS = 1500
"""So many mini-batch losses are drawn at most, evenly spread; more would only be a grey band."""


KEPT_DASHES: tuple[Dash, ...] = ("dashed", "dotted", "solid", "dashed")


class Method(NamedTuple):
    """One method's runs, from one seed or several, and how they are called."""

    name: str
    histories: Sequence[History]


class View(NamedTuple):
    """How a race is looked at."""

    clock: Clock = "epochs"
    curve: CurveName = "loss"
    scale: Scale = "linear"


def bundle_of(histories: Sequence[History], quantity: str) -> Bundle:
    """Median and range over runs that were measured at the same updates."""
    shortest = min(len(history.time) for history in histories)
    time = np.median([history.time[:shortest] for history in histories], axis=0)
    return bundle(time, np.array([getattr(history, quantity)[:shortest] for history in histories]))


def draw_race(gd: Method, sgd: Method, kept: Sequence[Method], *, view: View, end: float) -> Picture:
    """The race of GD and SGD: the loss in one chart, the gradient noise in the other.

    Args:
        gd, sgd: all against the clock of `view`, and so are the `kept` runs.
        view: how it is looked at.
        end: where the time axis ends.
    """
    x = time_axis(view.clock, end)
    return Picture(rows=((curve_chart(gd, sgd, kept, view, x), noise_chart(gd, sgd, kept, x)),))


def curve_chart(gd: Method, sgd: Method, kept: Sequence[Method], view: View, x: Axis) -> Chart:
    """How good the networks are, against time."""
    quantity = {"loss": "losses", "test_loss": "test_losses", "test_accuracy": "test_accuracies"}[view.curve]
    lines = [gd, sgd, *kept]
    bundles = [bundle_of(line.histories, quantity) for line in lines]
    bands = [
        Band(each.time, each.low, each.high, color)
        for each, color, line in zip(bundles, (BLUE, VERMILION, *KEPT_COLORS), lines, strict=False)
        if len(line.histories) > 1
    ]
    curves = [
        Curve(bundles[1].time, bundles[1].median, VERMILION, sgd.name),
        Curve(bundles[0].time, bundles[0].median, BLUE, gd.name, dash="dashed", marker="dot"),
        *kept_curves(kept, bundles[2:]),
    ]
    dots = [batch_dots(sgd.histories[0])] if view.curve == "loss" else []
    shown = [values for each in bundles for values in (each.low, each.high)]
    title = CURVES[view.curve].capitalize() + (", all examples" if view.curve == "loss" else "")
    notes = {
        "Faint bands span the seeds, from the lowest value to the highest": bands,
        "Thinner lines are kept runs": kept,
    }
    note = ". ".join(text for text, holds in notes.items() if holds)
    return Chart(title, x, _curve_axis(view, shown), (*dots, *bands, *curves), note=note)


def batch_dots(history: History) -> Curve:
    """The loss of each mini-batch, faintly."""
    thin = slice(None, None, -(-len(history.batch_losses) // MAX_DOTS) or None)
    return Curve(
        history.batch_time[thin], history.batch_losses[thin], VERMILION,
        "one batch", width=0, marker="dot", marker_size=3, opacity=0.22,
    )  # fmt: skip


def kept_curves(kept: Sequence[Method], bundles: Sequence[Bundle]) -> list[Curve]:
    """The runs that were kept: thinner than those that go on."""
    return [
        Curve(each.time, each.median, color, line.name, width=2, dash=dash)
        for line, each, color, dash in zip(kept, bundles, KEPT_COLORS, KEPT_DASHES, strict=False)
    ]


def noise_chart(gd: Method, sgd: Method, kept: Sequence[Method], x: Axis) -> Chart:
    """How far the batch gradients are from the true one, measured and in theory."""
    measured = [with_noise(bundle_of(line.histories, "noise")) for line in (gd, sgd, *kept)]
    theory = with_noise(bundle_of(sgd.histories, "predicted_noise"))
    highest = ticks.round_above(*(each.high for each in (*measured, theory)), lowest=_first_noise_end(theory))
    bands = [Band(measured[1].time, measured[1].low, measured[1].high, VERMILION)] if len(sgd.histories) > 1 else []
    curves = (
        Curve(theory.time, theory.median, BLACK, "theory", width=1.5),
        Curve(measured[1].time, measured[1].median, VERMILION, sgd.name, width=0, marker="square", opacity=0.85),
        Curve(measured[0].time, measured[0].median, BLUE, gd.name, dash="dashed", marker="dot"),
        *kept_curves(kept, measured[2:]),
    )
    y = ticks.from_zero("|g_B − G| / |G|", highest)
    return Chart("Gradient noise, measured", x, y, (*bands, *curves))


def _first_noise_end(theory: Bundle) -> float:
    """Where the noise axis ends at first: while the gradient shrinks, |g_B − G| / |G| grows to about three times."""
    at_start = float(theory.median[0]) if theory.median.size else 0.0
    return ticks.round_above(np.array([3 * at_start]), lowest=0.2) if at_start > 0 else 1.0


def with_noise(values: Bundle) -> Bundle:
    """Only the moments at which there is a value: a line would have a gap at the others."""
    there = np.isfinite(values.median)
    return Bundle(*(array[there] for array in values))


def _curve_axis(view: View, shown: Sequence[Float[np.ndarray, " _"]]) -> Axis:
    if view.curve == "test_accuracy":
        return ticks.linear("accuracy", 0, 1, percent=True)._replace(high=1.02)
    return loss_axis(shown, view.scale, least=(0.2, 5.0))
