"""What is said of GD and SGD side by side."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lesson_lib.experiment import Inspection, Races, Record, Run
from lesson_lib.panel.caption import Details, known
from lesson_lib.panel.numbers import Range, count, number, spoken, updates_made

FAR = 2
"""Who has this many times less loss is far ahead."""

SMALLER = "Try a smaller learning rate."


class RunFacts(NamedTuple):
    """What is known of one run, now."""

    batch_size: int
    is_full_batch: bool
    num_updates: int
    """At the last measurement, which is where the loss is from."""
    num_epochs: float
    diverged_at: int | None
    first_loss: float
    loss: float
    noise: float
    predicted_noise: float

    @property
    def diverged(self) -> bool:
        return self.diverged_at is not None or not math.isfinite(self.loss)


class Seeds(NamedTuple):
    """The last losses of several seeds."""

    gd: Sequence[float]
    sgd: Sequence[float]


class Kept(NamedTuple):
    """What is known of SGD's runs that the learner keeps, to their ends.

    Their networks, at all moments, would fill the memory.
    """

    name: str
    records: Sequence[Record]


class RaceFacts(NamedTuple):
    """What is known of GD and SGD, now."""

    gd: RunFacts
    sgd: RunFacts
    """Both of the seed that was chosen."""
    seeds: Seeds | None = None
    """Where there is more than one seed."""
    inspection: Inspection | None = None
    """While the learner looks at single updates: the batch that comes next."""
    kept: Sequence[tuple[str, Range]] = ()
    """The names of the kept runs, and their last losses."""


def run_facts(run: Run) -> RunFacts:
    """What the last measurements of a run say; not every one of them is of the noise."""
    first, last = run.measurements[0], run.measurements[-1]
    noise = next((at for at in reversed(run.measurements) if at.has_noise), first)
    return RunFacts(
        batch_size=run.settings.batch_size,
        is_full_batch=run.is_full_batch,
        num_updates=last.num_updates,
        num_epochs=last.num_updates / run.updates_per_epoch,
        # After going back, the run has not diverged yet.
        diverged_at=run.diverged_at if run.diverged_at == last.num_updates else None,
        first_loss=first.loss,
        loss=last.loss,
        noise=noise.noise,
        predicted_noise=noise.predicted_noise,
    )


def facts(races: Races, kept: Sequence[Kept] = (), *, stepping: bool = False) -> RaceFacts:
    """What the last measurements of all runs say; and of the next batch, while the learner looks at single updates."""
    race = races.first
    return RaceFacts(
        run_facts(race.gd),
        run_facts(race.sgd),
        seeds=Seeds(last_losses(races.gd), last_losses(races.sgd)) if len(races.races) > 1 else None,
        inspection=race.sgd.inspect() if stepping else None,
        kept=[(name, range_of(last_losses(records))) for name, records in kept],
    )


def last_losses(runs: Sequence[Run] | Sequence[Record]) -> list[float]:
    """The losses measured last."""
    return [run.measurements[-1].loss for run in runs]


def range_of(losses: Sequence[float]) -> Range:
    """From the lowest to the highest; NaN where one of them is."""
    # NumPy's minimum: Python's depends on the order.
    return Range(float(np.min(losses)), float(np.max(losses)))


def sentence(facts: RaceFacts) -> str:
    """Who is ahead and by how much; or what has diverged, or what comes next."""
    gd, sgd = facts.gd, facts.sgd
    if facts.inspection is not None and not (gd.diverged or sgd.diverged):
        return f"{_next_to(facts)} {_next_batch(sgd, facts.inspection)}".strip()
    if sgd.num_updates == 0:
        return f"Both start from the same parameters, with a loss of {spoken(sgd.first_loss)}."
    if facts.seeds is not None:
        return _seeds(facts.seeds, sgd)
    if sgd.is_full_batch:
        return _the_same(sgd)
    return _diverged(gd, sgd) if gd.diverged or sgd.diverged else _standings(gd, sgd)


def _the_same(sgd: RunFacts) -> str:
    if sgd.diverged:
        return f"With B = N, SGD is GD: it has diverged{_where(sgd)}. {SMALLER}"
    after = f"after {count(sgd.num_updates, 'update')}"
    return f"With B = N, SGD is GD: {after} the loss is {spoken(sgd.loss)}.{_worse(sgd)}"


def _standings(gd: RunFacts, sgd: RunFacts) -> str:
    if spoken(gd.loss) == spoken(sgd.loss):
        losses = f"Both losses are {spoken(sgd.loss)}"
        return f"{losses}, after {count(sgd.num_updates, 'update')} of SGD and {gd.num_updates:,} of GD."
    name, first, other, second = ("SGD", sgd, "GD", gd) if sgd.loss < gd.loss else ("GD", gd, "SGD", sgd)
    losses = f"{_ahead(name, first.loss, second.loss)}: loss {spoken(first.loss)} against {spoken(second.loss)}"
    updates = f"after {count(first.num_updates, 'update')} against {second.num_updates:,}"
    if _is_worse(first):
        return f"{losses}, {updates}. Both losses are higher than at the start."
    return f"{losses}, {updates}.{_worse(second, other)}"


def _ahead(name: str, loss: float, other: float) -> str:
    return f"{name} is {'far ' if loss <= other / FAR else ''}ahead"


def _is_worse(run: RunFacts) -> bool:
    return run.loss > run.first_loss and spoken(run.loss) != spoken(run.first_loss)


def _worse(run: RunFacts, name: str = "") -> str:
    whose = f"{name}'s loss" if name else "It"
    return f" {whose} is higher than at the start." if _is_worse(run) else ""


def _diverged(gd: RunFacts, sgd: RunFacts) -> str:
    if gd.diverged and sgd.diverged:
        return f"Both have diverged: SGD{_where(sgd)}, GD{_where(gd)}. {SMALLER}"
    (name, gone), (other, going) = sorted((("GD", gd), ("SGD", sgd)), key=lambda each: not each[1].diverged)
    goes_on = f"{other}'s loss is {spoken(going.loss)} after {count(going.num_updates, 'update')}."
    return f"{name} has diverged{_where(gone)}. {goes_on} {SMALLER}"


def _where(run: RunFacts) -> str:
    if run.diverged_at is None:
        return " (its loss is not a finite number)"
    return f" at update {run.diverged_at:,}"


def _seeds(seeds: Seeds, sgd: RunFacts) -> str:
    total = len(seeds.sgd)
    gd_gone, sgd_gone = (sum(not math.isfinite(loss) for loss in losses) for losses in seeds)
    if gd_gone and sgd_gone:
        return f"GD has diverged with {gd_gone} of {total} seeds, SGD with {sgd_gone}. {SMALLER}"
    if gd_gone or sgd_gone:
        return f"{'GD' if gd_gone else 'SGD'} has diverged with {gd_gone or sgd_gone} of {total} seeds. {SMALLER}"
    gd_range, sgd_range = range_of(seeds.gd), range_of(seeds.sgd)
    if sgd.is_full_batch:
        after = f"after {count(sgd.num_updates, 'update')}"
        return f"With B = N, SGD is GD: {after} the loss is {sgd_range.spoken}, depending on the seed."
    for name, low, high in (("SGD", sgd_range, gd_range), ("GD", gd_range, sgd_range)):
        if low.high < high.low:
            ahead = _ahead(name, low.high, high.low)
            return f"{ahead} with every seed: loss {low.spoken} against {high.spoken}."
    return f"Depending on the seed, SGD or GD is ahead: SGD's loss is {sgd_range.spoken}, GD's {gd_range.spoken}."


def _next_to(facts: RaceFacts) -> str:
    gd, sgd = facts.gd, facts.sgd
    if sgd.num_updates == 0:
        return f"Both start with a loss of {spoken(sgd.first_loss)}."
    first = "With the first seed, after" if facts.seeds is not None else "After"
    updates = count(sgd.num_updates, "update")
    if sgd.is_full_batch:
        return f"{first} {updates} the loss is {spoken(sgd.loss)}."
    return f"{first} {updates} SGD's loss is {spoken(sgd.loss)}, GD's {spoken(gd.loss)}."


def _next_batch(sgd: RunFacts, inspection: Inspection) -> str:
    if sgd.is_full_batch:
        return "With B = N the next batch is the whole training set: its gradient is the true gradient."
    angle = inspection.angle
    if angle is None:
        return ""
    if angle < 0.5:
        return "The gradient of the next batch points the same way as the true gradient."
    return f"The gradient of the next batch points {angle:.0f}° away from the true gradient."


def details(facts: RaceFacts) -> Details:
    """How far the two have come, the noise beside what theory predicts, several seeds, the next batch, kept runs."""
    gd, sgd, seeds, inspection = facts.gd, facts.sgd, facts.seeds, facts.inspection
    noise = f"{number(sgd.noise)} (theory for random batches: {number(sgd.predicted_noise)})"
    rounding = ", zero up to rounding" if sgd.is_full_batch and sgd.noise else ""
    items = [
        ("loss at the start", number(sgd.first_loss)),
        (f"SGD, B = {sgd.batch_size:,}", _made(sgd)),
        ("GD", _made(gd)),
        ("gradient noise |g − G| / |G|", f"{noise}{rounding}"),
    ]
    if seeds is not None:
        items += [
            (f"SGD, {len(seeds.sgd)} seeds", f"loss {range_of(seeds.sgd)}"),
            (f"GD, {len(seeds.gd)} seeds", f"loss {range_of(seeds.gd)}"),
        ]
    if inspection is not None:
        items += [
            ("length of the next batch's gradient", number(inspection.batch_grad_norm)),
            ("length of the true gradient", number(inspection.full_grad_norm)),
            ("angle between the two", "" if inspection.angle is None else f"{inspection.angle:.0f}°"),
        ]
    for name, losses in facts.kept:
        items.append((f"kept run, {name}", f"loss {losses}" if math.isfinite(losses.high) else "diverged"))
    return known(*items)


def _made(run: RunFacts) -> str:
    at = "" if run.diverged_at is None else f" at update {run.diverged_at:,}"
    loss = f"diverged{at}" if run.diverged else f"loss {number(run.loss)}"
    return f"{updates_made(run.num_updates, run.num_epochs)}, {loss}"
