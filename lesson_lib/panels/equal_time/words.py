"""What is said of several batch sizes that get the same time."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from lesson_lib.panel.numbers import count, epochs, number
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
    """How far the chosen batch size and gradient descent have come, and which batch size is ahead.

    Args:
        facts: from the smallest batch size to the largest.
        chosen: a batch size.
        seconds: the time that each gets.
        finished: is it used up?
    """
    if sum(each.num_updates > 0 for each in facts) < len(facts) or not facts:
        return f"Each batch size gets {seconds:g} s of computing, from the same parameters."
    of = {each.batch_size: each for each in facts}
    when = f"After {seconds:g} s each" if finished else f"So far, of {seconds:g} s each"
    parts = [f"{when}: {_progress(of[chosen])}."]
    if chosen != facts[-1].batch_size:
        parts[0] = f"{parts[0][:-1]}; {_progress(facts[-1], 'GD')}."
    finite = [each for each in facts if math.isfinite(each.loss)]
    if finite:
        best = min(finite, key=lambda each: each.loss)
        name = "GD" if best is facts[-1] else f"B = {best.batch_size:,}"
        parts.append(f"The lowest loss has {name}: {number(best.loss)}.")
    if len(finite) < len(facts):
        parts.append("Where a loss is no finite number, the run has diverged: try a smaller learning rate.")
    return " ".join(parts)


def _progress(facts: TrainingFacts, name: str = "") -> str:
    name = name or f"B = {facts.batch_size:,}"
    made = f"{count(facts.num_updates, 'update')} ({epochs(facts.num_epochs)})"
    if not math.isfinite(facts.loss):
        return f"{name} has made {made} and has diverged"
    return f"{name} has made {made}, loss {number(facts.loss)}"
