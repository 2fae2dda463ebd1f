"""What is said of several batch sizes that get the same time."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from lesson_lib.panel.caption import Details, known
from lesson_lib.panel.numbers import number, spoken, updates_made
from lesson_lib.panels.equal_time.run import EqualTimeRun


class TrainingFacts(NamedTuple):
    """What is known of the training with one batch size, now."""

    batch_size: int
    num_updates: int
    num_epochs: float
    loss: float


class EqualTimeFacts(NamedTuple):
    """What is known of all of them, now."""

    trainings: Sequence[TrainingFacts]
    """From the smallest batch size to gradient descent; empty before all have begun."""
    chosen: int
    """A batch size."""
    seconds: float
    """The time that each gets."""
    finished: bool
    """Is it used up?"""


def facts(run: EqualTimeRun, chosen: int) -> EqualTimeFacts:
    """What the last measurements say."""
    trainings = [
        TrainingFacts(each.batch_size, last.num_updates, last.num_updates / each.updates_per_epoch, last.loss)
        for each in run.runs
        for last in each.moments[-1:]
        if last.num_updates > 0
    ]
    have_begun = len(trainings) == len(run.runs)
    return EqualTimeFacts(trainings if have_begun else (), chosen, run.seconds, run.finished)


def sentence(facts: EqualTimeFacts) -> str:
    """How the chosen batch size and gradient descent stand, and which batch size is lowest."""
    trainings = facts.trainings
    if not trainings:
        return f"Each batch size gets {facts.seconds:g} s of computing, from the same parameters."
    when = "With equal time" if facts.finished else "So far"
    finite = [each for each in trainings if math.isfinite(each.loss)]
    if not finite:
        return f"{when}, every batch size has diverged. Try a smaller learning rate."
    (mine,) = (each for each in trainings if each.batch_size == facts.chosen)
    gd, best = trainings[-1], min(finite, key=lambda each: each.loss)
    if math.isfinite(mine.loss) and spoken(mine.loss) == spoken(best.loss):
        best = mine
    first, second = (gd, mine) if best is gd else (mine, gd)
    told = _standing(first, gd, is_lowest=first is best)
    if second is not first:
        told += f", and {_standing(second, gd, is_loss_named=math.isfinite(first.loss))}"
    if best not in (first, second):
        is_loss_named = math.isfinite(first.loss) or math.isfinite(second.loss)
        told += f"; {_name(best, gd)} has the lowest{'' if is_loss_named else ' loss'}"
    gone = [each for each in trainings if not math.isfinite(each.loss)]
    others = " Others have diverged." if any(each not in (mine, gd) for each in gone) else ""
    return f"{when}, {told}.{others}{' Try a smaller learning rate.' if gone else ''}"


def _standing(facts: TrainingFacts, gd: TrainingFacts, *, is_lowest: bool = False, is_loss_named: bool = False) -> str:
    if not math.isfinite(facts.loss):
        return f"{_name(facts, gd)} has diverged"
    named = "the lowest loss: " if is_lowest else "" if is_loss_named else "a loss of "
    return f"{_name(facts, gd)} has {named}{spoken(facts.loss)}"


def details(facts: EqualTimeFacts) -> Details:
    """How far each batch size has come, and which one is ahead."""
    finite = [each for each in facts.trainings if math.isfinite(each.loss)]
    best = min(finite, key=lambda each: each.loss, default=None)
    return known(
        ("time for each", f"{facts.seconds:g} s{'' if facts.finished else ', not used up yet'}"),
        *((_name(each, facts.trainings[-1]), _progress(each)) for each in facts.trainings),
        ("lowest loss", f"{number(best.loss)}, of {_name(best, facts.trainings[-1])}" if best else ""),
    )


def _name(facts: TrainingFacts, gd: TrainingFacts) -> str:
    return "GD" if facts is gd else f"B = {facts.batch_size:,}"


def _progress(facts: TrainingFacts) -> str:
    loss = f"loss {number(facts.loss)}" if math.isfinite(facts.loss) else "diverged"
    return f"{updates_made(facts.num_updates, facts.num_epochs)}, {loss}"
