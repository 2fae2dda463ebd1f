"""Training of one network, some updates at a time, with a clock that counts nothing else."""

import sys
import time
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from lesson_lib import batching, model, sweep, training
from lesson_lib.checks import require_int
from lesson_lib.data import Dataset
from lesson_lib.optimizers import Hyperparameters, Optimizer


class Updates(NamedTuple):
    """Some updates that have been made."""

    batch_losses: Float[np.ndarray, " updates"]
    seconds: float


class Trainer:
    """One model, trained with one optimizer and one batch size. It stands where it has come to.

    Args:
        dataset: what it learns.
        start: parameters and random orders to begin with.
        hyper: the optimizer's settings.
        batch_size: B, from 1 to N.
        optimizer: one of `optimizers.OPTIMIZERS`, or an optax transform.
        sampling: one of `batching.SAMPLINGS`.
        average: keep the mean of the parameters, too.
        per_example_loss: any model, as a function `(params, x, y) -> losses`, one loss for each example.

    Raises:
        TypeError, ValueError: the batch size is out of its range.
    """

    def __init__(
        self,
        dataset: Dataset,
        start: sweep.Start,
        hyper: Hyperparameters,
        *,
        batch_size: int,
        optimizer: Optimizer = "sgd",
        sampling: str = "reshuffle",
        average: bool = False,
        per_example_loss: training.PerExampleLoss = model.per_example_loss,
    ) -> None:
        batch_size = require_int("batch_size", batch_size, low=1, high=dataset.num_examples)
        self.dataset, self.hyper, self.batch_size, self.optimizer = dataset, hyper, batch_size, optimizer
        self.state = training.init_state(start.params, optimizer, hyper, average=average)
        self.updates_per_epoch = batching.updates_per_epoch(dataset.num_examples, batch_size)
        self.num_updates = 0
        """Where the training stands."""
        self._sampling = sampling
        self._per_example_loss = per_example_loss
        self._order_key = start.order_key
        self._order: tuple[int, Int[Array, " examples"] | None] = (-1, None)
        self._is_compiled = False

    @property
    def is_full_batch(self) -> bool:
        """Is every batch the whole training set, so that this is gradient descent?"""
        return self.batch_size == self.dataset.num_examples and self._sampling != "replacement"

    @property
    def num_epochs(self) -> float:
        """How many epochs have been made; a fraction within one."""
        return self.num_updates / self.updates_per_epoch

    def epoch_order(self) -> Int[Array, " examples"] | None:
        """The order of the examples in the epoch in which the training stands; the full batch needs none."""
        if self.is_full_batch:
            return None
        epoch = self.num_updates // self.updates_per_epoch
        if self._order[0] != epoch:
            order = batching.epoch_order(self.dataset.y_train, epoch, self._sampling, key=self._order_key)
            self._order = (epoch, jax.block_until_ready(order))
        return self._order[1]

    def make_updates(self, most: int) -> Updates:
        """Make some updates, at most to the end of the epoch; compiling and shuffling are not on the clock."""
        first = self.num_updates % self.updates_per_epoch
        count = min(most, self.updates_per_epoch - first)
        order = self.epoch_order()
        if not self._is_compiled:
            self.compile_updates()
        start = time.perf_counter()
        self.state, losses = self._run_updates(order, first, count)
        batch_losses = np.asarray(losses)[:count]  # waits for the result
        seconds = time.perf_counter() - start
        self.num_updates += count
        return Updates(batch_losses, seconds)

    def updates_to(self, end: int, *, most: int = sys.maxsize) -> Iterator[Updates]:
        """Make all updates up to number `end`, so many at a time as `make_updates` does."""
        while self.num_updates < end:
            yield self.make_updates(min(most, end - self.num_updates))

    def compile_updates(self) -> None:
        """Compile the program that makes the updates, without making any."""
        jax.block_until_ready(self._run_updates(self.epoch_order(), first=0, count=0))
        self._is_compiled = True

    def mean_loss(self, num_examples: int | None = None) -> float:
        """Mean training loss where the training stands, over all examples or over the first ones."""
        x, y = self.dataset.x_train[:num_examples], self.dataset.y_train[:num_examples]
        return float(_mean_loss(self._per_example_loss, self.state.params, x, y))

    def _run_updates(
        self, order: Int[Array, " examples"] | None, first: int, count: int
    ) -> tuple[training.TrainState, Float[Array, " updates"]]:
        return training.run_updates(
            self.state, self.dataset.x_train, self.dataset.y_train, order, self.hyper, first, count,
            batch_size=self.batch_size, optimizer=self.optimizer, per_example_loss=self._per_example_loss,
        )  # fmt: skip


@partial(jax.jit, static_argnames="per_example_loss")
def _mean_loss(
    per_example_loss: training.PerExampleLoss,
    params: training.Params,
    x: Float[Array, "examples features"],
    y: Int[Array, " examples"],
) -> Float[Array, ""]:
    return jnp.mean(training.losses_of(per_example_loss, params, x, y))
