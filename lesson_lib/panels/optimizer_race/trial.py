"""One network, trained by one optimizer; its loss on the way."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, Int

from lesson_lib.data import Dataset
from lesson_lib.experiment.base import InPieces
from lesson_lib.experiment.history import Clock, times
from lesson_lib.experiment.race import first_measurement
from lesson_lib.experiment.start import start_of
from lesson_lib.experiment.trainer import Trainer
from lesson_lib.optimizers import Hyperparameters

MAX_UPDATES_PER_ADVANCE = 128
"""So few, and none beyond the epoch: the learner can pause between any two calls of `advance`."""


class Trial(Trainer, InPieces):
    """One network, trained by one optimizer; its training loss is recorded a few times on the way.

    It begins as a race of GD and SGD with the same seed does, and sees the same batches.

    Args:
        dataset: what it learns.
        optimizer: one of `optimizers.OPTIMIZERS`.
        hyper: the optimizer's settings.
        seed: decides the first parameters and the batches.
        batch_size: B, from 1 to N.
        num_updates: how many updates it makes.
        points: how many times the loss over all examples is recorded after the start.
    """

    def __init__(
        self,
        dataset: Dataset,
        optimizer: str,
        hyper: Hyperparameters,
        *,
        seed: int,
        batch_size: int,
        num_updates: int,
        points: int,
    ) -> None:
        super().__init__(dataset, start_of(dataset, seed), hyper, batch_size=batch_size, optimizer=optimizer)
        self.name, self.total_updates = optimizer, num_updates
        self.recorded_at: Int[np.ndarray, " points"] = np.unique(np.arange(points + 1) ** 2 * num_updates // points**2)
        """Closer at first, where the loss falls fastest."""
        self.diverged = False
        self._losses = [first_measurement(dataset, seed).loss]
        self._seconds = [0.0]

    @property
    def losses(self) -> Float[np.ndarray, " points"]:
        """Mean loss over all training examples, at each of `recorded_at` that has been reached; NaN once diverged."""
        return np.array(self._losses)

    def _work(self) -> Iterator[float]:
        seconds = 0.0
        for target in self.recorded_at[1:].tolist():
            for made in self.updates_to(target, most=MAX_UPDATES_PER_ADVANCE):
                seconds += made.seconds
                self.diverged = not np.isfinite(made.batch_losses).all()
                if self.diverged:
                    missing = len(self.recorded_at) - len(self._losses)
                    self._losses += [np.nan] * missing
                    self._seconds += [seconds] * missing
                    yield 1.0
                if self.num_updates == target:
                    self._losses.append(self.mean_loss())
                    self._seconds.append(seconds)
                yield self.num_updates / self.total_updates

    def times(self, clock: Clock) -> Float[np.ndarray, " points"]:
        """What a clock shows when each of `losses` was recorded. Seconds are those of the updates alone.

        Raises:
            ValueError: an unknown clock.
        """
        at, num_examples = self.recorded_at[: len(self._losses)], self.dataset.num_examples
        return times(clock, at, np.array(self._seconds), num_examples=num_examples, batch_size=self.batch_size)
