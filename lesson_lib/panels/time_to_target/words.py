"""What is said of the map of batch sizes and learning rates."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from lesson_lib.noise import TradeOff, fit_trade_off
from lesson_lib.panel.caption import Details, known
from lesson_lib.panel.numbers import count, number, spoken
from lesson_lib.panels.time_to_target.run import MEASURES, Measure, TimeToTargetRun

SAME_ORDER = 10.0
"""Two numbers are of the same order of magnitude if neither is this many times the other."""


class RowFacts(NamedTuple):
    """What one batch size needs with one learning rate."""

    batch_size: int
    learning_rate: float | None
    """`None` where no learning rate leads to the target."""
    updates: float
    """Infinite or NaN where the target is not reached, or not yet."""
    epochs: float
    milliseconds: float

    def taken(self, measure: Measure) -> float:
        """How much that is, in one of the measures."""
        return {"updates": self.updates, "epochs": self.epochs, "milliseconds": self.milliseconds}[measure]


class MapFacts(NamedTuple):
    """What is known of the map, now."""

    target: float
    num_finished: int
    num_runs: int
    is_best: bool
    """Has each batch size its best learning rate? Otherwise all have the same."""
    rows: tuple[RowFacts, ...]
    chosen: int
    """The place of the chosen batch size."""
    measure: Measure
    fit: TradeOff | None
    noise_scales: tuple[float, float] | None
    """B_simple at the start, and when the loss first was near the target."""


def facts(
    run: TimeToTargetRun, batch_size: int, *, target: float, measure: Measure, learning_rate: float | None
) -> MapFacts:
    """What each batch size needs with this learning rate, or with its best one where none is given."""
    updates, rates = run.updates_to(target), run.grid.learning_rates
    columns = best_columns(updates) if learning_rate is None else [rates.index(learning_rate)] * len(updates)
    per_update = [run.per_update(each) for each in MEASURES]
    rows = []
    for place, (size, column) in enumerate(zip(run.grid.batch_sizes, columns, strict=True)):
        taken = updates[place, column] if column >= 0 else np.inf
        counted = [float(taken * each[place]) for each in per_update]
        rows.append(RowFacts(size, rates[column] if column >= 0 else None, *counted))
    complete = run.num_finished_runs == run.num_runs
    return MapFacts(
        target=target,
        num_finished=run.num_finished_runs,
        num_runs=run.num_runs,
        is_best=learning_rate is None,
        rows=tuple(rows),
        chosen=run.grid.batch_sizes.index(batch_size),
        measure=measure,
        fit=fit_of(rows) if learning_rate is None and complete else None,
        noise_scales=run.noise_scales_to(target),
    )


def best_columns(updates: Float[np.ndarray, "batch_sizes learning_rates"]) -> list[int]:
    """The place of the learning rate with the fewest updates, for each batch size; -1 where none is known."""
    known = np.where(np.isfinite(updates), updates, np.inf)
    return [int(row.argmin()) if np.isfinite(row).any() else -1 for row in known]


def fit_of(rows: Sequence[RowFacts]) -> TradeOff | None:
    """The hyperbola through the best runs; `None` where there are too few, or none fits."""
    reached = [row for row in rows if math.isfinite(row.updates) and row.updates > 0]
    if len(reached) < 3:
        return None
    updates = np.array([row.updates for row in reached])
    try:
        return fit_trade_off(updates, updates * np.array([row.batch_size for row in reached]))
    except ValueError:
        return None


def sentence(facts: MapFacts) -> str:
    """What the chosen batch size needs, and which one needs least, in what is counted."""
    if facts.num_finished < facts.num_runs:
        return f"{facts.num_finished:,} of {facts.num_runs:,} runs are done."
    reached = [row for row in facts.rows if math.isfinite(row.updates)]
    if not reached:
        return f"No batch size reaches a loss of {facts.target:g} within the given epochs."
    how = "" if facts.is_best else "With the same learning rate for all, "
    chosen, least = facts.rows[facts.chosen], min(reached, key=lambda row: row.taken(facts.measure))
    name, best = _size(chosen), _size(least)
    if not math.isfinite(chosen.updates):
        parts = f"{name} does not reach the target loss within the given epochs; {best} needs least"
        return f"{how}{parts}: {_amount(least, facts.measure)}."
    needs = f"{how}{name} needs {_amount(chosen, facts.measure)} to reach the target loss"
    if chosen.taken(facts.measure) == least.taken(facts.measure):
        return f"{needs}, and no other batch size needs less."
    return f"{needs}; {best} needs least: {_amount(least, facts.measure)}."


def _amount(row: RowFacts, measure: Measure) -> str:
    if measure == "updates":
        return count(round(row.updates), "update")
    return f"{spoken(row.taken(measure))} {measure}"


def details(facts: MapFacts) -> Details:
    """What the chosen batch size needs, which one needs least, and the two critical batch sizes."""
    if facts.num_finished < facts.num_runs:
        return [("runs done", f"{facts.num_finished} of {facts.num_runs}")]
    reached = [row for row in facts.rows if math.isfinite(row.updates)]
    chosen, rate = facts.rows[facts.chosen], "its best" if facts.is_best else "the same"
    items = [
        ("target loss", f"{facts.target:g}, each batch size with {rate} learning rate"),
        (_size(chosen), _row(chosen)),
    ]
    if reached:
        items += [
            ("fewest updates", _size(min(reached, key=lambda row: row.updates))),
            ("fewest epochs", _size(min(reached, key=lambda row: row.epochs))),
            ("least time", _size(min(reached, key=lambda row: row.milliseconds))),
        ]
    if len(reached) > 2:
        items += [_saving(*reached[:2]), _saving(*reached[-2:])]
    return [*items, *(_critical(facts) if facts.is_best and reached else ())]


def _size(row: RowFacts) -> str:
    return f"B = {row.batch_size:,}"


def _row(row: RowFacts) -> str:
    if not math.isfinite(row.updates):
        return "not reached within the given epochs"
    made = count(round(row.updates), "update")
    return f"{made}, {number(row.epochs)} epochs, {number(row.milliseconds)} ms (η = {row.learning_rate:g})"


def _saving(small: RowFacts, large: RowFacts) -> tuple[str, str]:
    in_proportion = number(large.batch_size / small.batch_size)
    saved = f"divided by {number(small.updates / large.updates)} (in proportion to B by {in_proportion})"
    return f"updates, from {_size(small)} to {large.batch_size:,}", saved


def _critical(facts: MapFacts) -> Details:
    """The fit, and B_simple beside it."""
    if facts.fit is None:
        return (("critical batch size", "none: no hyperbola fits these runs"),)
    critical, scales = facts.fit.critical_batch_size, ""
    if facts.noise_scales is not None:
        start, end = facts.noise_scales
        order = "the same order" if max(critical / end, end / critical) < SAME_ORDER else "not the same order"
        scales = f"from {number(start)} to {number(end)}: {order} of magnitude"
    return known(
        ("S_min of the fit", f"{number(facts.fit.min_updates)} updates"),
        ("E_min of the fit", f"{number(facts.fit.min_examples)} examples"),
        ("critical batch size E_min / S_min", number(critical)),
        ("B_simple, measured on the way", scales),
    )
