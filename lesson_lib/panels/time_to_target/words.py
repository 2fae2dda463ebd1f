"""What is said of the map of batch sizes and learning rates."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from lesson_lib.noise import TradeOff, fit_trade_off
from lesson_lib.panel.numbers import count, number, spoken
from lesson_lib.panels.time_to_target.picture import Measure

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
    seconds: float


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
    chosen, least = facts.rows[facts.chosen], min(reached, key=lambda row: _taken(row, facts.measure))
    name = f"B = {chosen.batch_size:,}"
    best = f"B = {least.batch_size:,}"
    if not math.isfinite(chosen.updates):
        parts = f"{name} does not reach the target loss within the given epochs; {best} needs least"
        return f"{how}{parts}: {_amount(least, facts.measure)}."
    needs = f"{how}{name} needs {_amount(chosen, facts.measure)} to reach the target loss"
    if _taken(chosen, facts.measure) == _taken(least, facts.measure):
        return f"{needs}, and no other batch size needs less."
    return f"{needs}; {best} needs least: {_amount(least, facts.measure)}."


def _taken(row: RowFacts, measure: Measure) -> float:
    return {"updates": row.updates, "epochs": row.epochs, "milliseconds": 1000 * row.seconds}[measure]


def _amount(row: RowFacts, measure: Measure) -> str:
    if measure == "updates":
        return count(round(row.updates), "update")
    return f"{spoken(_taken(row, measure))} {measure}"


def details(facts: MapFacts) -> str:
    """What the chosen batch size needs, which one needs least, and the two critical batch sizes."""
    if facts.num_finished < facts.num_runs:
        return f"{facts.num_finished} of {facts.num_runs} runs are done."
    reached = [row for row in facts.rows if math.isfinite(row.updates)]
    how = "with its best learning rate" if facts.is_best else "with the same learning rate"
    opening = f"To a loss of {facts.target:g}, each batch size {how}:"
    if not reached:
        return f"{opening} none reaches it within the given epochs."
    parts = [f"{opening} {_row(facts.rows[facts.chosen])}.", _least(reached), _ratios(reached)]
    if facts.is_best:
        parts.append(_critical(facts))
    return " ".join(filter(None, parts))


def _row(row: RowFacts) -> str:
    if not math.isfinite(row.updates):
        return f"B = {row.batch_size:,} does not reach it within the given epochs"
    made = count(round(row.updates), "update")
    return (
        f"B = {row.batch_size:,} takes {made}, {number(row.epochs)} epochs, "
        f"{number(1000 * row.seconds)} ms (η = {row.learning_rate:g})"
    )


def _least(reached: Sequence[RowFacts]) -> str:
    updates = min(reached, key=lambda row: row.updates)
    epochs = min(reached, key=lambda row: row.epochs)
    seconds = min(reached, key=lambda row: row.seconds)
    return (
        f"Fewest updates: B = {updates.batch_size:,}; fewest epochs: B = {epochs.batch_size:,}; "
        f"least time: B = {seconds.batch_size:,}."
    )


def _ratios(reached: Sequence[RowFacts]) -> str:
    """What a larger batch saves, at the small end and at the large one."""
    if len(reached) < 3:
        return ""
    (a, b), (c, d) = reached[:2], reached[-2:]
    return (
        f"From B = {a.batch_size:,} to {b.batch_size:,} the updates are divided by {number(a.updates / b.updates)}, "
        f"from {c.batch_size:,} to {d.batch_size:,} by {number(c.updates / d.updates)}; "
        f"in proportion to B it would be {number(b.batch_size / a.batch_size)} each time."
    )


def _critical(facts: MapFacts) -> str:
    if facts.fit is None:
        return "No hyperbola fits these runs, so there is no critical batch size to tell."
    critical = facts.fit.critical_batch_size
    told = (
        f"The fit has S_min = {number(facts.fit.min_updates)} updates and E_min = {number(facts.fit.min_examples)} "
        f"examples: a critical batch size of {number(critical)}."
    )
    if facts.noise_scales is None:
        return told
    start, end = facts.noise_scales
    factor = max(critical / end, end / critical)
    same = "the same order of magnitude" if factor < SAME_ORDER else "not the same order of magnitude"
    return f"{told} B_simple, measured on the way, goes from {number(start)} to {number(end)}: {same}."
