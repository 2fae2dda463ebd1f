"""What is said of a cloud of batch gradients, and of GD and SGD beside each other."""

from typing import NamedTuple

import numpy as np

from lesson_lib import noise
from lesson_lib.experiment.line_fit import DIVERGED
from lesson_lib.panel.caption import Details, known
from lesson_lib.panel.numbers import count, number, spoken, updates_made
from lesson_lib.panels.gradient_cloud.run import GradientCloudRun


class CloudFacts(NamedTuple):
    """What is known where SGD stands."""

    batch_size: int
    is_full_batch: bool
    num_epochs: float
    num_updates: int
    num_gd_updates: int
    loss: float
    gd_loss: float
    lowest_loss: float
    diverged: bool
    full_norm: float
    """|G|"""
    num_batches: int
    num_wrong: int
    """Batches whose gradient makes an angle of more than 90° with G."""
    noise: float
    """|g_B - G|, root mean square over the batches."""
    predicted: float
    """The same in theory, for all batches that there are."""


def facts(run: GradientCloudRun) -> CloudFacts:
    """What an experiment tells of the place where SGD stands."""
    full, grads = run.full_grad(), run.batch_grads()
    predicted_sq = noise.predicted_noise_sq(run.trace_sigma(), run.sgd.batch_size, run.line.num_examples)
    return CloudFacts(
        batch_size=run.sgd.batch_size,
        is_full_batch=run.sgd.is_full_batch,
        num_epochs=run.sgd.num_epochs,
        num_updates=run.sgd.moment,
        num_gd_updates=run.gd.moment,
        loss=float(run.sgd.losses[-1]),
        gd_loss=float(run.gd.losses[-1]),
        lowest_loss=run.line.lowest_loss,
        diverged=run.sgd.moment == run.sgd.diverged_at,
        full_norm=float(np.hypot(*full)),
        num_batches=len(grads),
        num_wrong=int(np.sum(grads @ full < 0)),
        noise=float(np.sqrt(np.mean(np.sum((grads - full[None, :]) ** 2, axis=1)))),
        predicted=float(np.sqrt(predicted_sq)),
    )


def sentence(facts: CloudFacts) -> str:
    """How many batches of the cloud point the wrong way, and who is ahead."""
    if facts.diverged:
        return (
            f"SGD diverges: after {count(facts.num_updates, 'update')} its loss is more than {DIVERGED:,.0f} times the "
            "first one, and the run stops. Try a smaller learning rate."
        )
    return f"{_wrong(facts)} {_standings(facts)}"


def _wrong(facts: CloudFacts) -> str:
    if facts.is_full_batch:
        return "With B = N there is only one batch, and its gradient is the true gradient."
    gradients = "gradients of single examples" if facts.batch_size == 1 else "batch gradients"
    if facts.num_wrong == 0:
        return f"Of {facts.num_batches:,} {gradients}, none points the wrong way."
    verb = "points" if facts.num_wrong == 1 else "point"
    return f"Of {facts.num_batches:,} {gradients}, {facts.num_wrong:,} {verb} the wrong way."


def _standings(facts: CloudFacts) -> str:
    loss, gd_loss = spoken(facts.loss), spoken(facts.gd_loss)
    if facts.is_full_batch:
        return f"The loss is {loss}."
    if facts.num_updates == 0:
        return f"Both start with a loss of {loss}."
    if loss == gd_loss:
        return f"SGD and GD both have a loss of {loss}."
    if facts.loss < facts.gd_loss:
        return f"SGD is ahead: loss {loss} against {gd_loss}."
    return f"GD is ahead: loss {gd_loss} against {loss}."


def details(facts: CloudFacts) -> Details:
    """The cloud where SGD stands, and how far both have come."""
    wrong = f"{facts.num_wrong:,} of {facts.num_batches:,} ({100 * facts.num_wrong / facts.num_batches:.0f} %)"
    off = f"{number(facts.noise)} (theory: {number(facts.predicted)})"
    diverged = f"diverged, and stopped: its loss is over {DIVERGED:,.0f} times the first one"
    loss = diverged if facts.diverged else f"loss {number(facts.loss)}"
    return known(
        ("length of the true gradient |G|", number(facts.full_norm)),
        ("batches in the cloud", f"{facts.num_batches:,} of {count(facts.batch_size, 'example')}"),
        ("distance of their gradients from G, root mean square", off),
        ("the wrong way, over 90° from G", wrong),
        ("SGD", f"{updates_made(facts.num_updates, facts.num_epochs)}, {loss}"),
        ("GD", f"{count(facts.num_gd_updates, 'update')}, loss {number(facts.gd_loss)}"),
        ("lowest possible loss", number(facts.lowest_loss)),
    )
