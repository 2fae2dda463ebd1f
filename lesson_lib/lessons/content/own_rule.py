"""A network that learns by the rule that the learner has written."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

import jax
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from lesson_lib import batching, model
from lesson_lib.chart import ticks
from lesson_lib.chart.picture import PURPLE, VERMILION, Chart, Curve, Dash, Picture
from lesson_lib.data import load_dataset
from lesson_lib.lessons.reward import Reward

NUM_EXAMPLES, BATCH_SIZE, NUM_UPDATES, LOOK_EVERY = 2_000, 64, 120, 4

Theta = Float[np.ndarray, " parameters"]
Step = Callable[[Theta, Theta], Theta]
"""The new parameters from the old ones and their gradient; what it remembers, it keeps to itself."""

DASHES: tuple[Dash, ...] = ("solid", "dashed")


class _Problem(NamedTuple):
    """The lessons' network on a few images, with all its parameters in one row."""

    start: Theta
    gradient: Callable[[Theta, int], Theta]
    """At some parameters, of the batch of an update."""
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
        lambda theta, update: np.asarray(gradient_of(theta, order[update * BATCH_SIZE :][:BATCH_SIZE])),
        lambda theta: float(loss_of(theta)),
    )


def train_by(step: Step, learning_rates: tuple[float, ...]) -> Iterator[Reward]:
    """The loss while the network learns by the learner's rule, beside that of plain SGD from the same start.

    Args:
        step: the learner's rule.
        learning_rates: of plain SGD, one curve for each.
    """
    problem = _problem()
    rules: dict[str, Step] = {f"SGD, η = {rate:g}": _sgd(rate) for rate in learning_rates} | {"your rule": step}
    thetas = dict.fromkeys(rules, problem.start)
    losses: dict[str, list[float]] = {name: [problem.loss(problem.start)] for name in rules}
    for update in range(NUM_UPDATES):
        for name, rule in rules.items():
            new = rule(thetas[name], problem.gradient(thetas[name], update))
            thetas[name] = np.asarray(new, np.float32)
        if (update + 1) % LOOK_EVERY == 0:
            for name in rules:
                losses[name].append(problem.loss(thetas[name]))
            yield Reward(_picture(losses), _words(losses))


def _sgd(learning_rate: float) -> Step:
    return lambda theta, gradient: theta - np.float32(learning_rate) * gradient


def _picture(losses: dict[str, list[float]]) -> Picture:
    updates = LOOK_EVERY * np.arange(len(losses["your rule"]))
    *others, yours = losses.items()
    marks = [
        Curve(updates, np.array(values), VERMILION, name, width=4, dash=dash)
        for (name, values), dash in zip(others, DASHES, strict=False)
    ]
    marks.append(Curve(updates, np.array(yours[1]), PURPLE, yours[0], marker="dot"))
    x = ticks.linear("updates", 0, NUM_UPDATES, whole=True)
    chart = Chart("The network learns by your rule", x, ticks.from_zero("loss over 2,000 images", 2.6), tuple(marks))
    return Picture(((chart,),), heights=(280,))


def _words(losses: dict[str, list[float]]) -> str:
    *others, yours = losses.items()
    beside = " and ".join(f"{values[-1]:.2f} for {name}" for name, values in others)
    done = LOOK_EVERY * (len(yours[1]) - 1)
    return (
        f"After {done} updates the loss of the network that learns by your rule is {yours[1][-1]:.2f}; it is {beside}."
    )
