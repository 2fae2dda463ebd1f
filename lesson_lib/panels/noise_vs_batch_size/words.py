"""What is said of the gradients of batches around the true gradient."""

import math
from typing import NamedTuple

import numpy as np

from lesson_lib import noise
from lesson_lib.panel.caption import Details, known
from lesson_lib.panel.numbers import count, epochs, number, spoken
from lesson_lib.panels.noise_vs_batch_size.run import Draws, NoiseVsBatchSizeRun, scale_of


class BatchNoiseFacts(NamedTuple):
    """What is known now: of the network, and of batches of the size that is looked at."""

    batch_size: int
    num_examples: int
    num_epochs: float
    first_loss: float
    loss: float
    first_b_simple: float
    b_simple: float
    late_b_simple: float
    """Over the last quarter of the training so far: mean of tr Σ over mean of |G|²."""
    grad_norm_sq: float
    """|G|²"""
    predicted: float
    """E|g_B - G|² in theory."""
    draws: Draws | None
    """What was measured on batches of this size, if they had their turn."""
    slope: float
    """Of the measured points on logarithmic axes; NaN until there are enough of them."""


def facts(run: NoiseVsBatchSizeRun, batch_size: int) -> BatchNoiseFacts:
    """What an experiment tells of one batch size."""
    first, now = run.moments[0], run.moments[-1]
    draws = run.draws
    return BatchNoiseFacts(
        batch_size=batch_size,
        num_examples=run.dataset.num_examples,
        num_epochs=now.num_epochs,
        first_loss=first.loss,
        loss=now.loss,
        first_b_simple=first.b_simple,
        b_simple=now.b_simple,
        late_b_simple=scale_of(run.moments[-max(1, len(run.moments) // 4) :]),
        grad_norm_sq=now.grad_norm_sq,
        predicted=run.predicted(batch_size),
        draws=draws.get(batch_size),
        slope=_slope(draws, run.dataset.num_examples) if run.finished else math.nan,
    )


def _slope(draws: dict[int, Draws], num_examples: int) -> float:
    """Of a straight line through the points of the batch sizes up to N/10, where N is as good as endless."""
    small = {size: float(np.mean(each.noise_sq)) for size, each in draws.items() if 10 * size <= num_examples}
    if len(small) < 3 or not all(math.isfinite(value) and value > 0 for value in small.values()):
        return math.nan
    return float(np.polyfit(np.log(list(small)), np.log(list(small.values())), 1)[0])


def sentence(facts: BatchNoiseFacts) -> str:
    """How far a gradient of this batch size lies from the true one, in lengths of the true one."""
    if not _is_finite(facts):
        return _diverged(facts)
    when = "Before the training" if facts.num_epochs == 0 else f"After {epochs(facts.num_epochs)}"
    if facts.batch_size == facts.num_examples:
        return (
            f"{when} the loss is {spoken(facts.loss)}. With B = N a batch has no noise: its gradient is the true one."
        )
    batch = count(facts.batch_size, "example")
    theory = spoken(_lengths(facts.predicted, facts))
    if facts.draws is None:
        return f"{when}, theory says that a gradient from {batch} misses the true one by {theory} times its length."
    measured = spoken(_lengths(float(np.mean(facts.draws.noise_sq)), facts))
    return f"{when}, a gradient from {batch} misses the true one by {measured} times its length; theory says {theory}."


def _is_finite(facts: BatchNoiseFacts) -> bool:
    return all(map(math.isfinite, (facts.loss, facts.grad_norm_sq, facts.predicted)))


def _diverged(facts: BatchNoiseFacts) -> str:
    return f"After {epochs(facts.num_epochs)} the training has diverged. Try a smaller learning rate."


def _lengths(noise_sq: float, facts: BatchNoiseFacts) -> float:
    """The root of a squared noise, in lengths of the true gradient."""
    return math.sqrt(noise_sq / facts.grad_norm_sq) if facts.grad_norm_sq > 0 else math.inf


def details(facts: BatchNoiseFacts) -> Details:
    """The noise of one batch size, measured and in theory; beside the signal; and the noise scale."""
    if not _is_finite(facts):
        return [("so far", f"{epochs(facts.num_epochs)}, diverged")]
    slope = f"{facts.slope:.2f} (theory: −1)".replace("-", "−")
    return known(
        ("so far", epochs(facts.num_epochs)),
        ("loss", f"{number(facts.loss)} (at the start {number(facts.first_loss)})"),
        *_noise(facts),
        ("slope of the points up to B = N/10", slope if math.isfinite(facts.slope) else ""),
        ("noise scale tr Σ / |G|²", f"{number(facts.b_simple)} examples (at the start {number(facts.first_b_simple)})"),
        ("the same, last quarter of the training", f"{number(facts.late_b_simple)} examples"),
    )


def _noise(facts: BatchNoiseFacts) -> Details:
    label, predicted = f"squared noise |g − G|², B = {facts.batch_size:,}", number(facts.predicted)
    if facts.batch_size == facts.num_examples:
        return ((label, "0: the batch is the whole training set"),)
    if facts.draws is None:
        return ((label, f"{predicted} in theory; the batches are still to come"),)
    noise_sq, cosine = float(np.mean(facts.draws.noise_sq)), f"{float(np.mean(facts.draws.cosine)):.2f}"
    return (
        (label, f"{number(noise_sq)}, mean of {len(facts.draws.noise_sq):,} batches (theory: {predicted})"),
        ("mean cosine with the true gradient", cosine.replace("-", "−").replace("−0.00", "0.00")),
        ("signal |G|²", number(facts.grad_norm_sq)),
        ("signal-to-noise ratio", number(float(noise.snr(facts.grad_norm_sq, noise_sq)))),
    )
