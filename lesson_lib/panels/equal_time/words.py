"""What is said of several batch sizes that get the same time."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from lesson_lib.panel.numbers import count, epochs, number, spoken
from lesson_lib.panels.equal_time.run import EqualTimeRun


class TrainingFacts(NamedTuple):
    """What is known of the training with one batch size, now."""

    batch_size: int
    num_updates: int
    num_epochs: float
    loss: float


def equal_time_facts(run: EqualTimeRun) -> tuple[TrainingFacts, ...]:
    """What the last measurements say, from the smallest batch size to gradient descent; those that have begun."""
    return tuple(
        TrainingFacts(each.batch_size, each.num_updates, each.num_epochs, each.moments[-1].loss)
        for each in run.runs
        if each.moments
    )


def equal_time_sentence(facts: Sequence[TrainingFacts], *, chosen: int, seconds: float, finished: bool) -> str:
    """How the chosen batch size and gradient descent stand, and which batch size is lowest.

    Args:
        facts: from the smallest batch size to the largest.
        chosen: a batch size.
        seconds: the time that each gets.
        finished: is it used up?
    """
    if not _have_begun(facts):
        return _before(seconds)
    when = "With equal time" if finished else "So far"
    finite = [each for each in facts if math.isfinite(each.loss)]
    if not finite:
        return f"{when}, every batch size has diverged. Try a smaller learning rate."
    mine, gd, best = {each.batch_size: each for each in facts}[chosen], facts[-1], min(finite, key=_loss)
    if math.isfinite(mine.loss) and spoken(mine.loss) == spoken(best.loss):
        best = mine
    first, second = (gd, mine) if best is gd else (mine, gd)
    parts = [_standing(first, gd, is_lowest=first is best)]
    if second is not first:
        parts.append(_standing(second, gd, is_lowest=False).replace(" has a loss of", " has"))
    told = ", and ".join(parts)
    if best not in (first, second):
        told = f"{told}; {_name(best, gd)} has the lowest"
    gone = [each for each in facts if not math.isfinite(each.loss)]
    others = " Others have diverged." if any(each not in (mine, gd) for each in gone) else ""
    return f"{when}, {told}.{others}{' Try a smaller learning rate.' if gone else ''}"


def _standing(facts: TrainingFacts, gd: TrainingFacts, *, is_lowest: bool) -> str:
    if not math.isfinite(facts.loss):
        return f"{_name(facts, gd)} has diverged"
    return f"{_name(facts, gd)} has {'the lowest loss:' if is_lowest else 'a loss of'} {spoken(facts.loss)}"


def _loss(facts: TrainingFacts) -> float:
    return facts.loss


def _have_begun(facts: Sequence[TrainingFacts]) -> bool:
    return bool(facts) and all(each.num_updates > 0 for each in facts)


def _before(seconds: float) -> str:
    return f"Each batch size gets {seconds:g} s of computing, from the same parameters."


def equal_time_details(facts: Sequence[TrainingFacts], *, chosen: int, seconds: float, finished: bool) -> str:
    """How far the chosen batch size and gradient descent have come, and which batch size is ahead.

    Args:
        facts: from the smallest batch size to the largest.
        chosen: a batch size.
        seconds: the time that each gets.
        finished: is it used up?
    """
    if not _have_begun(facts):
        return _before(seconds)
    of = {each.batch_size: each for each in facts}
    when = f"After {seconds:g} s each" if finished else f"So far, of {seconds:g} s each"
    parts = [f"{when}: {_progress(of[chosen])}."]
    if chosen != facts[-1].batch_size:
        parts[0] = f"{parts[0][:-1]}; {_progress(facts[-1], 'GD')}."
    finite = [each for each in facts if math.isfinite(each.loss)]
    if finite:
        best = min(finite, key=lambda each: each.loss)
        parts.append(f"{_name(best, facts[-1])} has the lowest loss: {number(best.loss)}.")
    if len(finite) < len(facts):
        parts.append("Where a loss is no finite number, the run has diverged: try a smaller learning rate.")
    return " ".join(parts)


def _name(facts: TrainingFacts, gd: TrainingFacts) -> str:
    return "GD" if facts is gd else f"B = {facts.batch_size:,}"


def _progress(facts: TrainingFacts, name: str = "") -> str:
    name = name or f"B = {facts.batch_size:,}"
    made = f"{count(facts.num_updates, 'update')} ({epochs(facts.num_epochs)})"
    if not math.isfinite(facts.loss):
        return f"{name} has made {made} and has diverged"
    return f"{name} has made {made}, loss {number(facts.loss)}"
