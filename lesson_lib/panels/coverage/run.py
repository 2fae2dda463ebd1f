"""Which examples have been in a batch, without any training."""

import jax
import numpy as np
from jaxtyping import Float

from lesson_lib import batching
from lesson_lib.data import Dataset
from lesson_lib.experiment import base
from lesson_lib.experiment.counted import Counted
from lesson_lib.experiment.settings import Settings, require_settings


class CoverageRun(Counted):
    """How often each example has been in a batch, update by update, without any training.

    Raises:
        TypeError, ValueError: no `Dataset`, no `Settings`, or settings with which no run can be made on the dataset.
    """

    def __init__(self, dataset: Dataset, settings: Settings) -> None:
        require_settings(settings, dataset)
        self.dataset, self.settings, self.epochs, self.num_updates = dataset, settings, settings.epochs, 0
        self.updates_per_epoch = batching.updates_per_epoch(dataset.num_examples, settings.batch_size)
        self.times_seen = np.zeros(dataset.num_examples, int)
        self._key = jax.random.key(settings.seed)
        self._order = np.empty(0, int)
        self._shares: list[tuple[float, float]] = [(0.0, 0.0)]

    @property
    def share_seen(self) -> float:
        """Share of the examples that have been in a batch at least once, from 0 to 1."""
        return float(np.mean(self.times_seen > 0))

    def advance(self) -> None:
        """Draw the batches of some updates of one epoch. A finished count stays as it is."""
        if self.finished:
            return
        epoch, first = divmod(self.num_updates, self.updates_per_epoch)
        if first == 0:
            labels, sampling = self.dataset.y_train, self.settings.sampling
            self._order = np.asarray(batching.epoch_order(labels, epoch, sampling, key=self._key))
        count = min(self.updates_per_epoch - first, -(-self.total_updates // base.MEASUREMENTS))
        batch_size = self.settings.batch_size
        np.add.at(self.times_seen, self._order[first * batch_size : (first + count) * batch_size], 1)
        self.num_updates += count
        self._shares.append((self.num_epochs, self.share_seen))

    def history(self) -> Float[np.ndarray, "2 points"]:
        """Epochs made, and the share of examples seen at least once by then."""
        return np.array(self._shares).T
