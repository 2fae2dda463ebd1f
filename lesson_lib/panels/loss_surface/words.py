"""What is said of a way over a loss surface."""

from typing import NamedTuple

import numpy as np

from lesson_lib.experiment.line_fit import DIVERGED, LinePath
from lesson_lib.panel.caption import Details, known
from lesson_lib.panel.numbers import count, number, spoken


class DescentFacts(NamedTuple):
    """What is known of a way over the surface, now."""

    batch_size: int
    is_full_batch: bool
    learning_rate: float
    edge: float
    curvature: float
    """The largest one, h."""
    num_updates: int
    num_rises: int
    """After how many updates the loss was higher than before."""
    starts_flat: bool
    """Is the first line flat?"""
    first_loss: float
    loss: float
    lowest_loss: float
    across: float
    """Distance from the minimum across the valley, beside that at the start; NaN where that was none."""
    along: float
    """The same along the valley."""
    diverged: bool


def facts(path: LinePath) -> DescentFacts:
    """What the places so far say."""
    line, losses = path.line, path.losses
    _, directions = np.linalg.eigh(line.hessian)
    first, now = (np.abs((params - line.minimum) @ directions) for params in (path.params[0], path.params[-1]))
    along, across = np.divide(now, first, out=np.full(2, np.nan), where=first > 0)
    return DescentFacts(
        batch_size=path.batch_size,
        is_full_batch=path.is_full_batch,
        learning_rate=path.learning_rate,
        edge=line.edge,
        curvature=float(line.curvatures[-1]),
        num_updates=path.moment,
        num_rises=int(np.sum(np.diff(losses) > 0)),
        starts_flat=bool(path.params[0, 0] == 0),
        first_loss=float(losses[0]),
        loss=float(losses[-1]),
        lowest_loss=line.lowest_loss,
        across=float(across),
        along=float(along),
        diverged=path.moment == path.diverged_at,
    )


def sentence(facts: DescentFacts) -> str:
    """The learning rate beside the edge, whether the loss fell all the time, and how far."""
    at = f"{spoken(facts.learning_rate / facts.edge)} times the edge"
    if facts.num_updates == 0:
        line = "The first line is flat, with" if facts.starts_flat else "The first line has"
        return f"The learning rate is {at}. {line} a loss of {spoken(facts.first_loss)}."
    method = "GD" if facts.is_full_batch else "SGD"
    after = f"after {count(facts.num_updates, 'update')}"
    if facts.diverged:
        return f"At {at} {method} diverges: {after} the loss is more than {DIVERGED:,.0f} times the first one."
    if facts.num_rises == facts.num_updates:
        first, now = spoken(facts.first_loss), spoken(facts.loss)
        return f"At {at} the loss rises at every update of {method}: {after} it is {now}; at the start it was {first}."
    result = f"At {at} the loss of {method} is {spoken(facts.loss)} {after}"
    if facts.num_rises == 0:
        return f"{result}, and it never rose; the lowest possible is {spoken(facts.lowest_loss)}."
    return f"{result}; on the way it rose {count(facts.num_rises, 'time')}."


def details(facts: DescentFacts) -> Details:
    """The learning rate beside the edge, and what has come of it."""
    diverged = f"over {DIVERGED:,.0f} times the first one: diverged, and stopped"
    method = "GD" if facts.is_full_batch else f"SGD with B = {facts.batch_size}"
    return known(
        ("learning rate", f"{number(facts.learning_rate)} = {number(facts.learning_rate / facts.edge)} times the edge"),
        ("edge 2/h", number(facts.edge)),
        ("largest curvature h", number(facts.curvature)),
        ("so far", f"{count(facts.num_updates, 'update')} of {method}"),
        ("first loss", number(facts.first_loss) + (" (a flat line)" if facts.starts_flat else "")),
        ("loss now", diverged if facts.diverged else number(facts.loss)),
        ("lowest possible loss", number(facts.lowest_loss)),
        ("updates at which the loss rose", f"{facts.num_rises:,} of {facts.num_updates:,}"),
        ("distance to the minimum across the valley", _beside_first(facts.across)),
        ("distance to the minimum along the valley", _beside_first(facts.along)),
    )


def _beside_first(ratio: float) -> str:
    if np.isnan(ratio):
        return ""
    return f"{number(ratio) if ratio >= 0.001 else 'less than 0.001'} times the first one"
