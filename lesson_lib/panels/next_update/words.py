"""What is said of one update, taken apart."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from lesson_lib.panel.caption import Details, known
from lesson_lib.panel.numbers import count, number, spoken
from lesson_lib.panels.next_update.run import NextUpdateRun


class Performance(NamedTuple):
    """How well the network does at one moment."""

    num_right: int
    """Of the update's batch."""
    batch_loss: float
    loss: float
    """Mean over all N examples."""


class UpdateFacts(NamedTuple):
    """What is known of one update."""

    update: int
    batch_size: int
    """Examples in this batch."""
    num_examples: int
    learning_rate: float
    grad_norm: float
    before: Performance
    after: Performance | None


def facts(updates: NextUpdateRun) -> UpdateFacts:
    """What the update made last has come to."""
    anatomy, labels = updates.anatomy(), np.asarray(updates.dataset.y_train)
    performances = [
        Performance(anatomy.num_right(snapshot, labels), anatomy.batch_loss(snapshot), snapshot.loss)
        for snapshot in anatomy.snapshots
    ]
    return UpdateFacts(
        update=anatomy.update,
        batch_size=len(anatomy.examples),
        num_examples=len(labels),
        learning_rate=updates.sgd.settings.learning_rate,
        grad_norm=anatomy.grad_norm,
        before=performances[0],
        after=performances[1] if len(performances) > 1 else None,
    )


def sentence(facts: UpdateFacts) -> str:
    """How many images of the batch the network got right before the update and after it, and what the losses did."""
    before, after = facts.before, facts.after
    if after is None:
        batch = count(facts.batch_size, "image")
        return (
            f"No update has been made yet. The first batch has {batch}, of which the network gets "
            f"{before.num_right:,} right; the loss over all images is {spoken(before.loss)}."
        )
    if not all(map(math.isfinite, (facts.grad_norm, *before, *after))):
        diverged = "the run has diverged: a loss is not a finite number. Try a smaller learning rate."
        return f"At update {facts.update:,} {diverged}"
    if facts.batch_size == 1:
        scores = f"Update {facts.update:,} used one image: {_one(before)} before it, {_one(after)} after it. Its loss"
    else:
        whole = "all" if facts.batch_size == facts.num_examples else "the"
        scores = (
            f"Before update {facts.update:,} the network gets {before.num_right:,} of {whole} "
            f"{facts.batch_size:,} images right, after it {after.num_right:,}. Their loss"
        )
    own, everywhere = _moved(before.batch_loss, after.batch_loss), _moved(before.loss, after.loss)
    if facts.batch_size == facts.num_examples:
        return f"{scores} {own}."
    return f"{scores} {own}, {_and_all(own, everywhere)}."


def _one(performance: Performance) -> str:
    return "right" if performance.num_right else "wrong"


def _moved(before: float, after: float) -> str:
    if number(before) == number(after):
        return "stayed the same"
    return "fell" if after < before else "rose"


def _and_all(own: str, everywhere: str) -> str:
    if own == everywhere:
        return "and so did the loss over all images"
    return f"but the loss over all images {everywhere}"


def details(facts: UpdateFacts) -> Details:
    """The batch, its loss before and after, the gradient, and the loss over all examples."""
    before, after = facts.before, facts.after

    def both(say: Callable[[Performance], str]) -> str:
        return say(before) if after is None else f"{say(before)} before, {say(after)} after"

    moved = f"{facts.learning_rate:g} · {number(facts.grad_norm)} = {number(facts.learning_rate * facts.grad_norm)}"
    return known(
        ("update", f"{facts.update:,}{', still to come' if after is None else ''}"),
        ("images in the batch", f"{facts.batch_size:,}"),
        ("right among them", both(lambda performance: f"{performance.num_right:,}")),
        ("loss of the batch", both(lambda performance: number(performance.batch_loss))),
        (f"loss over all {facts.num_examples:,} images", both(lambda performance: number(performance.loss))),
        ("length of the update, η · |gradient|", moved),
    )
