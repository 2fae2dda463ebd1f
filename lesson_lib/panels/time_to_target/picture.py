"""What it takes to come to a loss: a map of batch sizes and learning rates, and one line through it."""

import numpy as np
from jaxtyping import Float, UInt8

from lesson_lib.chart import ticks
from lesson_lib.chart.chosen import behind_chosen
from lesson_lib.chart.legend import in_legend_alone
from lesson_lib.chart.picture import (
    BLACK,
    GREEN,
    GREY,
    PURPLE,
    VERMILION,
    Cells,
    Chart,
    Curve,
    Mark,
    Picture,
    Words,
)
from lesson_lib.panels.time_to_target.run import Measure, TimeToTargetRun
from lesson_lib.panels.time_to_target.words import MapFacts

# From little to much: light to dark, so that the order is seen without colours, too.
SCALE = np.array([[255, 255, 217], [199, 233, 180], [127, 205, 187], [65, 160, 196], [34, 94, 168], [8, 29, 88]], float)
NEVER, NEVER_DARK = (232, 232, 232), (58, 58, 58)
UNKNOWN, UNKNOWN_DARK = (255, 255, 255), (17, 17, 17)
"""Like the ground in both themes, as nothing is there yet; the scale is the same in both."""
WHITE = "#ffffff"


def draw_time_to_target(run: TimeToTargetRun, facts: MapFacts) -> Picture:
    """The map of what each run needed to come to a loss, and beside it one value for each batch size."""
    return Picture(rows=((_map_chart(run, facts), _size_chart(run, facts)),), heights=(360,))


def _map_chart(run: TimeToTargetRun, facts: MapFacts) -> Chart:
    taken = run.updates_to(facts.target) * run.per_update(facts.measure)[:, None]
    rates, (rows, columns) = run.grid.learning_rates, taken.shape
    shades = _shades(taken)
    light, night = _colors(taken, shades, NEVER, UNKNOWN), _colors(taken, shades, NEVER_DARK, UNKNOWN_DARK)
    marks: list[Mark] = [Cells(light[::-1], 0, columns, 0, rows, night[::-1])]
    for row, column in np.ndindex(rows, columns):
        value = taken[row, column]
        if not np.isnan(value):
            is_reached = bool(np.isfinite(value))
            color = WHITE if is_reached and shades[row, column] > 0.68 else BLACK
            text = cell_text(float(value))
            marks.append(Words(column + 0.5, row + 0.5, text, color, on_area=is_reached))
    marks.append(_frame((0.0, float(columns)), (float(facts.chosen), facts.chosen + 1.0), BLACK))
    for row, each in enumerate(facts.rows):
        if each.learning_rate is not None:
            column = rates.index(each.learning_rate)
            marks.append(_frame((column + 0.04, column + 0.96), (row + 0.05, row + 0.95), VERMILION))
    marks += [_legend(BLACK, f"B = {facts.rows[facts.chosen].batch_size:,}"), _legend(VERMILION, _path_name(facts))]
    x = ticks.named("learning rate η", 0, columns, np.arange(columns) + 0.5, [f"{rate:g}" for rate in rates])
    y = ticks.named("batch size B", 0, rows, np.arange(rows) + 0.5, [f"{size:,}" for size in run.grid.batch_sizes])
    note = "The darker a cell, the more; a dash where the loss was not reached; what the other chart shows is framed"
    title = f"{facts.measure.capitalize()} to a loss of {facts.target:g}"
    return Chart(title, x, y, tuple(marks), width=1.25, note=note)


def _path_name(facts: MapFacts) -> str:
    """The way through the map that is framed, and that the second chart follows."""
    return "best η" if facts.is_best else f"η = {facts.rows[facts.chosen].learning_rate:g}"


def _frame(across: tuple[float, float], up: tuple[float, float], color: str) -> Curve:
    """The outline of a part of the map."""
    (left, right), (bottom, top) = across, up
    x = np.array([left, right, right, left, left])
    y = np.array([bottom, bottom, top, top, bottom])
    return Curve(x, y, color, width=3.5)


def _legend(color: str, name: str) -> Curve:
    """The name of a frame."""
    return Curve(np.empty(0), np.empty(0), color, name, width=3, named_at_end=False)


def _size_chart(run: TimeToTargetRun, facts: MapFacts) -> Chart:
    measure, at = facts.measure, np.array(run.grid.batch_sizes, float)
    values = np.array([row.taken(measure) for row in facts.rows])
    finite = np.isfinite(values)
    low, high = ticks.round_around(values, least=LEAST_AXIS[measure])
    marks: list[Mark] = []
    if finite[facts.chosen]:
        marks.append(behind_chosen(at, values, at[facts.chosen]))
    name = _path_name(facts)
    marks.append(Curve(at[finite], values[finite], VERMILION, name, width=2.5, marker="square", marker_size=9))
    if measure == "updates" and finite.any():
        first = int(finite.argmax())
        marks.append(Curve(at, values[first] * at[first] / at, GREY, "1 / B", width=2, dash="dotted"))
    if facts.fit is not None:
        line = (facts.fit.min_updates + facts.fit.min_examples / at) * run.per_update(measure)
        marks.append(Curve(at, line, BLACK, "fit", width=1.8, dash="dashed"))
        ends, critical = np.array([low, high]), np.full(2, facts.fit.critical_batch_size)
        marks += in_legend_alone(Curve(critical, ends, GREEN, "B_{crit}", width=3, dash="dotted"))
        if facts.noise_scales is not None:
            simple = np.full(2, facts.noise_scales[1])
            marks += in_legend_alone(Curve(simple, ends, PURPLE, "B_{simple}", width=3, dash="dashed"))
    x = ticks.logarithmic("batch size B", at[0] / 1.4, at[-1] * 1.4)
    return Chart(f"{measure.capitalize()}, {name}", x, ticks.logarithmic(measure, low, high), tuple(marks))


LEAST_AXIS: dict[Measure, tuple[float, float]] = {
    "updates": (10.0, 1000.0),
    "epochs": (0.1, 10.0),
    "milliseconds": (10.0, 1000.0),
}
"""The ends of the second chart's upright axis, wider where values lie outside."""


def cell_text(value: float) -> str:
    """What stands in a cell: three digits at most, or a dash for a run that did not come to the target.

    >>> cell_text(1234.6), cell_text(23.46), cell_text(0.1234), cell_text(np.inf)
    ('1,235', '23', '0.12', '–')
    """
    if not np.isfinite(value):
        return "–"
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def _shades(taken: Float[np.ndarray, "rows columns"]) -> Float[np.ndarray, "rows columns"]:
    """From 0 for the least to 1 for the most, evenly in the logarithm."""
    known = taken[np.isfinite(taken) & (taken > 0)]
    if known.size == 0:
        return np.zeros_like(taken)
    low, high = np.log(known.min()), np.log(known.max())
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.log(taken)
    return np.clip((logs - low) / max(high - low, 1e-12), 0, 1)


def _colors(
    taken: Float[np.ndarray, "rows columns"],
    shades: Float[np.ndarray, "rows columns"],
    never: tuple[int, int, int],
    unknown: tuple[int, int, int],
) -> UInt8[np.ndarray, "rows columns 3"]:
    places = np.linspace(0, 1, len(SCALE))
    colors = np.stack([np.interp(np.nan_to_num(shades), places, channel) for channel in SCALE.T], axis=-1)
    colors[np.isinf(taken)] = never
    colors[np.isnan(taken)] = unknown
    return np.rint(colors).astype(np.uint8)
