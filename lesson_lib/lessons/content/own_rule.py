"""A network that learns by the rule that the learner has written."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

import jax
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Int

from lesson_lib import batching, model
from lesson_lib.chart import ticks
from lesson_lib.chart.picture import PURPLE, VERMILION, Chart, Curve, Dash, Picture
from lesson_lib.data import load_dataset
from lesson_lib.lessons.reward import Reward

NUM_EXAMPLES, BATCH_SIZE, NUM_UPDATES, LOOK_EVERY = 2_000, 64, 120, 4

LEARNING_RATE = 0.05
"""Where it is not the learner's function that decides it."""

Theta = Float[np.ndarray, " parameters"]
Examples = Int[np.ndarray, " batch"]
Step = Callable[[Theta, Theta], Theta]
"""The new parameters from the old ones and their gradient; what it remembers, it keeps to itself."""

Rule = Callable[[Theta, Examples], Theta]
"""The new parameters from the old ones and the batch of an update."""

DASHES: tuple[Dash, ...] = ("solid", "dashed")


class _Problem(NamedTuple):
    """The lessons' network on a few images, with all its parameters in one row."""

    start: Theta
    order: Examples
    """Of the images, over some epochs."""
    gradient: Callable[[Theta, Examples], Theta]
    """At some parameters, of the mean loss over some images."""
    loss: Callable[[Theta], float]
    """Over all the images."""


@cache
def _problem() -> _Problem:
    dataset = load_dataset(num_examples=NUM_EXAMPLES)
    x, y = dataset.x_train, dataset.y_train
    start, as_params = ravel_pytree(model.init_params(key=jax.random.key(0)))
    order = np.concatenate([batching.epoch_order(y, epoch, key=jax.random.key(1)) for epoch in range(4)])

    @jax.jit
    def gradient_of(theta: Array, batch: Array) -> Array:
        return jax.grad(lambda theta: model.mean_loss(as_params(theta), x[batch], y[batch]))(theta)

    loss_of = jax.jit(lambda theta: model.mean_loss(as_params(theta), x, y))
    return _Problem(
        np.asarray(start),
        order,
        lambda theta, examples: np.asarray(gradient_of(theta, examples)),
        lambda theta: float(loss_of(theta)),
    )


def train_by(
    step: Step, learning_rates: tuple[float, ...], *, name: str = "your rule", num_updates: int = NUM_UPDATES
) -> Iterator[Reward]:
    """The loss while the network learns by the learner's rule, beside that of plain SGD from the same start.

    Args:
        step: the learner's rule.
        learning_rates: of plain SGD, one curve for each.
        name: what it learns with.
        num_updates: how many are made.
    """
    rules = {f"SGD, η = {rate:g}": _by(_sgd(rate)) for rate in learning_rates} | {name: _by(step)}
    return _train(rules, num_updates)


def train_on_shares(
    mean: Callable[[Float[np.ndarray, "devices parameters"], Int[np.ndarray, " devices"]], Theta],
    sizes: tuple[int, ...],
) -> Iterator[Reward]:
    """The loss while devices with unequal shares train the network, beside that of plain SGD on the whole batches.

    Args:
        mean: the learner's mean of the devices' gradients, from these and the sizes of the shares.
        sizes: how many examples of each batch a device takes, `BATCH_SIZE` in all.
    """

    def rule(theta: Theta, batch: Examples) -> Theta:
        shares = np.split(batch, np.cumsum(sizes)[:-1])
        grads = np.stack([_problem().gradient(theta, share) for share in shares])
        return _sgd(LEARNING_RATE)(theta, mean(grads, np.array(sizes)))

    rules = {f"SGD, B = {BATCH_SIZE}": _by(_sgd(LEARNING_RATE)), f"{len(sizes)} devices and your mean": rule}
    return _train(rules, NUM_UPDATES)


def _train(rules: dict[str, Rule], num_updates: int) -> Iterator[Reward]:
    """The last rule is the learner's."""
    problem = _problem()
    thetas = dict.fromkeys(rules, problem.start)
    losses: dict[str, list[float]] = {name: [problem.loss(problem.start)] for name in rules}
    for update in range(num_updates):
        batch = problem.order[update * BATCH_SIZE :][:BATCH_SIZE]
        for name, rule in rules.items():
            thetas[name] = np.asarray(rule(thetas[name], batch), np.float32)
        if (update + 1) % LOOK_EVERY == 0:
            for name in rules:
                losses[name].append(problem.loss(thetas[name]))
            yield Reward(_picture(losses, num_updates), _words(losses))


def _by(step: Step) -> Rule:
    return lambda theta, batch: step(theta, _problem().gradient(theta, batch))


def _sgd(learning_rate: float) -> Step:
    return lambda theta, gradient: theta - np.float32(learning_rate) * gradient


def _picture(losses: dict[str, list[float]], num_updates: int) -> Picture:
    *others, (name, yours) = losses.items()
    updates = LOOK_EVERY * np.arange(len(yours))
    marks = [
        Curve(updates, np.array(values), VERMILION, other, width=4, dash=dash)
        for (other, values), dash in zip(others, DASHES, strict=False)
    ]
    marks.append(Curve(updates, np.array(yours), PURPLE, name, marker="dot"))
    x = ticks.linear("updates", 0, num_updates, whole=True)
    y = ticks.from_zero("loss over 2,000 images", 2.6)
    return Picture(((Chart(f"The network learns with {name}", x, y, tuple(marks)),),), heights=(280,))


def _words(losses: dict[str, list[float]]) -> str:
    *others, (name, yours) = losses.items()
    beside = " and ".join(f"{values[-1]:.2f} with {other}" for other, values in others)
    return f"After {LOOK_EVERY * (len(yours) - 1)} updates with {name} the loss is {yours[-1]:.2f}; it is {beside}."
