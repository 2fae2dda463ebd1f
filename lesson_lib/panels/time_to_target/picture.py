"""What it takes to come to a loss: a map of batch sizes and learning rates, and one line through it."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, UInt8

from lesson_lib.chart import ticks
from lesson_lib.chart.chosen import behind_chosen
from lesson_lib.chart.picture import (
    BLACK,
    GREEN,
    GREY,
    PURPLE,
    VERMILION,
    Cells,
    Chart,
    Curve,
    Dash,
    Mark,
    Picture,
    Words,
)

Measure = Literal["updates", "epochs", "milliseconds"]

# From little to much: light to dark, so that the order is seen without colours, too.
SCALE = np.array([[255, 255, 217], [199, 233, 180], [127, 205, 187], [65, 160, 196], [34, 94, 168], [8, 29, 88]], float)
NEVER, NEVER_DARK = (232, 232, 232), (58, 58, 58)
UNKNOWN, UNKNOWN_DARK = (255, 255, 255), (17, 17, 17)
"""Like the ground in both themes, as nothing is there yet; the scale is the same in both."""
WHITE = "#ffffff"


class Path(NamedTuple):
    """One learning rate for each batch size: the way through the map that the second chart follows."""

    name: str
    columns: Sequence[int]
    """The place of the learning rate for each batch size, or -1 where there is none."""


class Theory(NamedTuple):
    """The hyperbola through what was measured, and the two batch sizes that are compared."""

    line: Float[np.ndarray, " batch_sizes"]
    critical_batch_size: float
    b_simple: float | None


def draw_time_to_target(
    taken: Float[np.ndarray, "batch_sizes learning_rates"],
    batch_sizes: Sequence[int],
    learning_rates: Sequence[float],
    *,
    measure: Measure,
    target: float,
    path: Path,
    chosen: int,
    theory: Theory | None,
) -> Picture:
    """The map, and beside it one value for each batch size.

    Args:
        taken: how much of `measure` each run needed; infinite where it did not come to the target, NaN where it
            is not known yet.
        batch_sizes, learning_rates: from small to large.
        measure: what is counted.
        target: the loss to come to.
        path: a learning rate for each batch size.
        chosen: the batch size to be marked.
        theory: what goes beside the values in the second chart, if there is anything.
    """
    rows = (
        _map_chart(taken, batch_sizes, learning_rates, measure, target, path, batch_sizes.index(chosen)),
        _size_chart(taken, batch_sizes, measure, path, batch_sizes.index(chosen), theory),
    )
    return Picture(rows=(rows,), heights=(360,))


def _map_chart(
    taken: Float[np.ndarray, "batch_sizes learning_rates"],
    batch_sizes: Sequence[int],
    learning_rates: Sequence[float],
    measure: Measure,
    target: float,
    path: Path,
    chosen: int,
) -> Chart:
    rows, columns = taken.shape
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
    marks += [
        _frame((0.0, float(columns)), (float(chosen), chosen + 1.0), BLACK),
        *(
            _frame((column + 0.04, column + 0.96), (row + 0.05, row + 0.95), VERMILION)
            for row, column in enumerate(path.columns)
            if column >= 0
        ),
        _legend(BLACK, f"B = {batch_sizes[chosen]:,}"),
        _legend(VERMILION, path.name),
    ]
    x = ticks.named("learning rate η", 0, columns, np.arange(columns) + 0.5, [f"{rate:g}" for rate in learning_rates])
    y = ticks.named("batch size B", 0, rows, np.arange(rows) + 0.5, [f"{size:,}" for size in batch_sizes])
    note = "The darker a cell, the more; a dash where the loss was not reached; what the other chart shows is framed"
    return Chart(f"{measure.capitalize()} to a loss of {target:g}", x, y, tuple(marks), width=1.25, note=note)


def _frame(across: tuple[float, float], up: tuple[float, float], color: str) -> Curve:
    """The outline of a part of the map."""
    (left, right), (bottom, top) = across, up
    x = np.array([left, right, right, left, left])
    y = np.array([bottom, bottom, top, top, bottom])
    return Curve(x, y, color, width=3.5)


def _legend(color: str, name: str, dash: Dash = "solid") -> Curve:
    """A name in the legend for a line off which no value can be read."""
    return Curve(np.empty(0), np.empty(0), color, name, width=3, dash=dash, named_at_end=False)


def _size_chart(
    taken: Float[np.ndarray, "batch_sizes learning_rates"],
    batch_sizes: Sequence[int],
    measure: Measure,
    path: Path,
    chosen: int,
    theory: Theory | None,
) -> Chart:
    at = np.array(batch_sizes, float)
    values = along_path(taken, path)
    finite = np.isfinite(values)
    low, high = ticks.round_around(values, least=LEAST_AXIS[measure])
    marks: list[Mark] = []
    if finite[chosen]:
        marks.append(behind_chosen(at, values, at[chosen]))
    marks.append(Curve(at[finite], values[finite], VERMILION, path.name, width=2.5, marker="square", marker_size=9))
    if measure == "updates" and finite.any():
        first = int(finite.argmax())
        marks.append(Curve(at, values[first] * at[first] / at, GREY, "1 / B", width=2, dash="dotted"))
    if theory is not None:
        ends = np.array([low, high])
        marks.append(Curve(at, theory.line, BLACK, "fit", width=1.8, dash="dashed"))
        marks.append(Curve(np.full(2, theory.critical_batch_size), ends, GREEN, width=3, dash="dotted"))
        marks.append(_legend(GREEN, "B_{crit}", "dotted"))
        if theory.b_simple is not None:
            marks.append(Curve(np.full(2, theory.b_simple), ends, PURPLE, width=3, dash="dashed"))
            marks.append(_legend(PURPLE, "B_{simple}", "dashed"))
    x = ticks.logarithmic("batch size B", at[0] / 1.4, at[-1] * 1.4)
    return Chart(f"{measure.capitalize()}, {path.name}", x, ticks.logarithmic(measure, low, high), tuple(marks))


LEAST_AXIS: dict[Measure, tuple[float, float]] = {
    "updates": (10.0, 1000.0),
    "epochs": (0.1, 10.0),
    "milliseconds": (10.0, 1000.0),
}
"""The ends of the second chart's upright axis, wider where values lie outside."""


def along_path(taken: Float[np.ndarray, "batch_sizes learning_rates"], path: Path) -> Float[np.ndarray, " batch_sizes"]:
    """The value of each batch size on the path; NaN where it has none."""
    return np.array([taken[row, column] if column >= 0 else np.nan for row, column in enumerate(path.columns)])


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
