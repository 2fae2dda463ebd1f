"""One network, trained by one optimizer."""

import time
from functools import lru_cache, partial
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float, Int, Key

from lesson_lib import batching, model, sweep, training
from lesson_lib.checks import require_choice
from lesson_lib.data import Dataset
from lesson_lib.experiment.run import layer_sizes
from lesson_lib.history import CLOCKS, Clock
from lesson_lib.optimizers import Hyperparameters

MAX_UPDATES_PER_ADVANCE = 128
"""At most so many, and at most an epoch's examples: the learner can pause between any two calls of `advance`."""

_mean_loss = jax.jit(model.mean_loss)


class Beginning(NamedTuple):
    """Where all trials of a seed begin: the same parameters, and the same batches for every optimizer."""

    params: model.Params
    order_key: Key[Array, ""]
    """Source of the order of the examples in each epoch."""
    loss: float
    """Mean loss over all training examples."""


@lru_cache(maxsize=32)
def beginning(dataset: Dataset, seed: int) -> Beginning:
    """The same that a race of GD and SGD with this seed begins with."""
    start = sweep.init_start(seed, partial(model.init_params, layer_sizes(dataset)))
    return Beginning(start.params, start.order_key, float(_mean_loss(start.params, dataset.x_train, dataset.y_train)))


class Trial:
    """One network, trained by one optimizer; its training loss is recorded a few times on the way.

    Args:
        dataset: what it learns.
        optimizer: one of `optimizers.OPTIMIZERS`.
        hyper: the optimizer's settings.
        start: from `beginning`.
        batch_size: B, from 1 to N.
        num_updates: how many updates it makes.
        points: how many times the loss over all examples is recorded after the start.
    """

    def __init__(
        self,
        dataset: Dataset,
        optimizer: str,
        hyper: Hyperparameters,
        start: Beginning,
        *,
        batch_size: int,
        num_updates: int,
        points: int,
    ) -> None:
        self.dataset, self.optimizer, self.hyper, self.batch_size = dataset, optimizer, hyper, batch_size
        self.state = training.init_state(start.params, optimizer, hyper)
        self.recorded_at: Int[np.ndarray, " points"] = np.unique(np.arange(points + 1) * num_updates // points)
        self.num_updates = 0
        self.diverged = False
        self._order_key = start.order_key
        self._order: tuple[int, Int[jax.Array, " examples"] | None] = (-1, None)
        self._losses = [start.loss]
        self._seconds = [0.0]
        self._spent = 0.0

    @property
    def losses(self) -> Float[np.ndarray, " points"]:
        """Mean loss over all training examples, at each of `recorded_at` that has been reached; NaN once diverged."""
        return np.array(self._losses)

    @property
    def total_updates(self) -> int:
        return int(self.recorded_at[-1])

    @property
    def finished(self) -> bool:
        return len(self._losses) == len(self.recorded_at)

    @property
    def done(self) -> float:
        """Share of the updates that have been made, from 0 to 1."""
        return 1.0 if self.finished else self.num_updates / self.total_updates

    def advance(self) -> None:
        """Make some updates, and record the loss where that is due. A finished trial stays as it is."""
        if self.finished:
            return
        target = int(self.recorded_at[len(self._losses)])
        epoch, first = divmod(self.num_updates, self._updates_per_epoch)
        most = min(MAX_UPDATES_PER_ADVANCE, max(1, self.dataset.num_examples // self.batch_size))
        self._make_updates(epoch, first, min(target - self.num_updates, self._updates_per_epoch - first, most))
        if self.diverged:
            missing = len(self.recorded_at) - len(self._losses)
            self._losses += [np.nan] * missing
            self._seconds += [self._spent] * missing
        elif self.num_updates == target:
            self._losses.append(self._loss())
            self._seconds.append(self._spent)

    def times(self, clock: Clock) -> Float[np.ndarray, " points"]:
        """What a clock shows when each of `losses` was recorded. Seconds are those of the updates alone.

        Raises:
            ValueError: an unknown clock.
        """
        require_choice("clock", clock, CLOCKS)
        at = self.recorded_at[: len(self._losses)]
        epochs, within = np.divmod(at, self._updates_per_epoch)
        match clock:
            case "updates":
                return at.astype(float)
            case "epochs":
                return at / self._updates_per_epoch
            case "examples":
                return (epochs * self.dataset.num_examples + within * self.batch_size).astype(float)
            case _:
                return np.array(self._seconds)

    def compile(self) -> None:
        """Compile what the trial will need, without training."""
        self._run_updates(self._epoch_order(0), first=0, count=0)

    @property
    def _updates_per_epoch(self) -> int:
        return batching.updates_per_epoch(self.dataset.num_examples, self.batch_size)

    def _epoch_order(self, epoch: int) -> Int[jax.Array, " examples"] | None:
        if self.batch_size == self.dataset.num_examples:
            return None
        if self._order[0] != epoch:
            self._order = (epoch, batching.epoch_order(self.dataset.y_train, epoch, key=self._order_key))
        return self._order[1]

    def _run_updates(
        self, order: Int[jax.Array, " examples"] | None, first: int, count: int
    ) -> tuple[training.TrainState, Float[jax.Array, " updates"]]:
        return training.run_updates(
            self.state, self.dataset.x_train, self.dataset.y_train, order, self.hyper, first, count,
            batch_size=self.batch_size, optimizer=self.optimizer,
        )  # fmt: skip

    def _make_updates(self, epoch: int, first: int, count: int) -> None:
        order = self._epoch_order(epoch)
        if self.num_updates == 0:
            jax.block_until_ready(self._run_updates(order, first=0, count=0))  # the compiler's time is not the update's
        start = time.perf_counter()
        self.state, losses = self._run_updates(order, first, count)
        self.diverged = not np.isfinite(np.asarray(losses)[:count]).all()  # waits for the result
        self._spent += time.perf_counter() - start
        self.num_updates += count

    def _loss(self) -> float:
        return float(_mean_loss(self.state.params, self.dataset.x_train, self.dataset.y_train))
