"""What is said of GD and SGD side by side."""

import math
from typing import NamedTuple

from lesson_lib.experiment import Inspection, Race, Run
from lesson_lib.panel.numbers import Range, count, epochs, number


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


class RaceFacts(NamedTuple):
    """What is known of GD and SGD, now."""

    gd: RunFacts
    sgd: RunFacts


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


def race_facts(race: Race) -> RaceFacts:
    """What the last measurements of both runs say."""
    return RaceFacts(run_facts(race.gd), run_facts(race.sgd))


def race_sentence(facts: RaceFacts) -> str:
    """What the race has come to: updates, losses, and the noise beside what theory predicts."""
    gd, sgd = facts.gd, facts.sgd
    if sgd.num_updates == 0:
        opening = f"Both start from the same parameters, with a loss of {number(sgd.first_loss)}."
        return " ".join(filter(None, [opening, _noise(sgd)]))
    if sgd.is_full_batch:
        opening = f"With B = N a batch is the whole training set, so SGD is GD. After {epochs(sgd.num_epochs)}:"
    else:
        opening = f"After {epochs(sgd.num_epochs)}:"
    runs = f"SGD with B = {sgd.batch_size:,} has made {_progress(sgd)}; GD has made {_progress(gd)}."
    return " ".join(filter(None, [opening, runs, _comparison(gd, sgd), _noise(sgd)]))


def _progress(run: RunFacts) -> str:
    made = count(run.num_updates, "update")
    if run.diverged_at is not None:
        return f"{made} and has diverged: at update {run.diverged_at:,} the loss was no finite number"
    if not math.isfinite(run.loss):
        return f"{made} and has diverged: its loss is no finite number"
    higher = f", higher than at the start ({number(run.first_loss)})" if run.loss > run.first_loss else ""
    return f"{made} and its loss is {number(run.loss)}{higher}"


def _comparison(gd: RunFacts, sgd: RunFacts) -> str:
    if any(run.diverged_at is not None or not math.isfinite(run.loss) for run in (gd, sgd)):
        return "Try a smaller learning rate."
    if number(gd.loss) == number(sgd.loss):
        return "The two are level."
    return "SGD is ahead." if sgd.loss < gd.loss else "GD is ahead."


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


def seeds_sentence(num_seeds: int, gd: Range, sgd: Range) -> str:
    """Whether GD and SGD differ by more than seeds do; of a single seed there is nothing to say."""
    if num_seeds == 1 or not all(map(math.isfinite, (*gd, *sgd))):
        return ""
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
    return f"The kept run ({name}) came to a loss of {kept}, {_beside_now(kept, now)}."


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
    batch, full, cosine = inspection.batch_grad_norm, inspection.full_grad_norm, inspection.cosine
    if not all(map(math.isfinite, (batch, full, cosine))):
        return ""
    lengths = f"The gradient of the next batch has length {number(batch)}, the true one {number(full)}"
    if batch == 0 or full == 0:  # a zero vector points nowhere
        return f"{lengths}."
    angle = math.degrees(math.acos(max(-1.0, min(1.0, cosine))))
    return f"{lengths}; they point {angle:.0f}° apart."
