"""What is said of GD and SGD side by side."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lesson_lib.experiment import Inspection, Races, Record, Run
from lesson_lib.panel.numbers import Range, count, epochs, number, spoken

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
    now: Range = Range(math.nan, math.nan)
    """SGD's last losses, with all seeds."""


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
        now=range_of(last_losses(races.sgd)),
    )


def last_losses(runs: Sequence[Run] | Sequence[Record]) -> list[float]:
    """The last losses, of those that have been measured."""
    return [run.measurements[-1].loss for run in runs if run.measurements]


def range_of(losses: Sequence[float]) -> Range:
    """From the lowest to the highest; NaN where one of them is, or where there is none."""
    # NumPy's minimum: Python's depends on the order.
    return Range(float(np.min(losses)), float(np.max(losses))) if len(losses) else Range(math.nan, math.nan)


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
    name, first, second = ("SGD", sgd, gd) if sgd.loss < gd.loss else ("GD", gd, sgd)
    losses = f"{_ahead(name, first.loss, second.loss)}: loss {spoken(first.loss)} against {spoken(second.loss)}"
    updates = f"after {count(first.num_updates, 'update')} against {second.num_updates:,}"
    other = "GD" if name == "SGD" else "SGD"
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
        return " (its loss is no finite number)"
    return f" at update {run.diverged_at:,}"


def _seeds(seeds: Seeds, sgd: RunFacts) -> str:
    gone = {
        name: sum(not math.isfinite(loss) for loss in losses) for name, losses in zip(("GD", "SGD"), seeds, strict=True)
    }
    total = len(seeds.sgd)
    if any(gone.values()):
        (first, number_gone), *others = ((name, number_gone) for name, number_gone in gone.items() if number_gone)
        told = f"{first} has diverged with {number_gone} of {total} seeds"
        return f"{', '.join([told, *(f'{name} with {more}' for name, more in others)])}. {SMALLER}"
    gd_range, sgd_range = Range(min(seeds.gd), max(seeds.gd)), Range(min(seeds.sgd), max(seeds.sgd))
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


def details(facts: RaceFacts) -> str:
    """How far the two have come, the noise beside what theory predicts, several seeds, and the next batch."""
    gd, sgd = facts.gd, facts.sgd
    parts = [f"Both start from the same parameters, with a loss of {number(sgd.first_loss)}."]
    if sgd.num_updates > 0:
        made = f"SGD with B = {sgd.batch_size:,} has made {count(sgd.num_updates, 'update')}"
        parts.append(f"After {epochs(sgd.num_epochs)}: {made}{_loss(sgd)}; GD has made {gd.num_updates:,}{_loss(gd)}.")
        if facts.seeds is not None:
            losses = range_of(facts.seeds.gd), range_of(facts.seeds.sgd)
            parts.append(seeds_sentence(len(facts.seeds.sgd), *losses, full_batch=sgd.is_full_batch))
    parts.append(_noise(sgd))
    if facts.inspection is not None:
        parts.append(inspection_sentence(facts.inspection))
    parts += [kept_sentence(name, kept, facts.now) for name, kept in facts.kept]
    return " ".join(filter(None, parts))


def _loss(run: RunFacts) -> str:
    return f" and has diverged{_where(run)}" if run.diverged else f", with a loss of {number(run.loss)}"


def _noise(sgd: RunFacts) -> str:
    if not (math.isfinite(sgd.noise) and math.isfinite(sgd.predicted_noise)):
        return ""
    if sgd.is_full_batch:
        zero = "" if sgd.noise == 0 else ": zero up to rounding"
        return f"The noise of its gradient, measured, is {number(sgd.noise)}{zero}."
    examples = "one example" if sgd.batch_size == 1 else f"{sgd.batch_size:,} examples"
    return (
        f"A gradient from {examples} misses the true gradient by {number(sgd.noise)} times the true gradient's "
        f"length (theory for random batches: {number(sgd.predicted_noise)})."
    )


def seeds_sentence(num_seeds: int, gd: Range, sgd: Range, *, full_batch: bool = False) -> str:
    """Whether GD and SGD differ by more than seeds do; with the full batch, SGD is GD."""
    if not all(map(math.isfinite, (*gd, *sgd))):
        return ""
    if full_batch:
        return f"Over {num_seeds} seeds the loss of SGD, which is GD, is {sgd}."
    losses = f"Over {num_seeds} seeds the loss of SGD is {sgd} and that of GD {gd}"
    if sgd.high < gd.low:
        return f"{losses}: SGD is ahead with every seed."
    if gd.high < sgd.low:
        return f"{losses}: GD is ahead with every seed."
    return f"{losses}: the bands overlap, so the difference between the two is within what seeds make."


def kept_sentence(name: str, kept: Range, now: Range) -> str:
    """A run that was kept, beside the one that goes on."""
    if not all(map(math.isfinite, (*kept, *now))):
        return f"The kept run ({name}) has {'a loss of ' + str(kept) if math.isfinite(kept.high) else 'diverged'}."
    return f"The kept run ({name}) has a loss of {kept}, {_beside_now(kept, now)}."


def _beside_now(kept: Range, now: Range) -> str:
    if str(kept) == str(now):
        return "the same as now"
    if kept.high < now.low:
        return "lower than now"
    if now.high < kept.low:
        return "higher than now"
    if now.low <= kept.low <= kept.high <= now.high:
        return "within the band of the seeds now"
    return "overlapping with now"


def inspection_sentence(inspection: Inspection) -> str:
    """The gradient of the batch that comes next, beside the true one."""
    batch, full = inspection.batch_grad_norm, inspection.full_grad_norm
    if not all(map(math.isfinite, (batch, full, inspection.cosine))):
        return ""
    lengths = f"The gradient of the next batch has length {number(batch)}, the true one {number(full)}"
    angle = inspection.angle
    return f"{lengths}." if angle is None else f"{lengths}; they point {angle:.0f}° apart."
