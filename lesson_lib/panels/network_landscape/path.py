"""The path of a training through the space of all parameters."""

from collections.abc import Iterator

import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Float

from lesson_lib.data import Dataset
from lesson_lib.experiment.base import InPieces
from lesson_lib.experiment.run import MAX_UPDATES_PER_ADVANCE
from lesson_lib.experiment.settings import Settings
from lesson_lib.experiment.start import once_for_each_seed, start_of
from lesson_lib.experiment.trainer import Trainer
from lesson_lib.optimizers import hyperparameters
from lesson_lib.panels.network_landscape.plane import length_of

Vectors = Float[np.ndarray, "directions params"]

PLACES = 60
"""So many places of a path are kept at most, beside the start: 101,770 numbers each. They lie closest together at
its beginning, where it goes fastest."""

LOSS_EXAMPLES = 2000
"""The loss is measured over so many training examples, the first ones: it is needed at thousands of places."""

FARTHEST = 1e4
"""A path that has come so far from its start is given up: it diverges."""


class TrainingPath(Trainer, InPieces):
    """Training of one network that keeps places where it has been.

    Args:
        dataset: what the network learns.
        settings: how it learns.
    """

    def __init__(self, dataset: Dataset, settings: Settings) -> None:
        start, hyper = start_of(dataset, settings.seed), hyperparameters(settings.learning_rate)
        super().__init__(dataset, start, hyper, batch_size=settings.batch_size, sampling=settings.sampling)
        self.total_updates = settings.epochs * self.updates_per_epoch
        evenly = np.arange(PLACES + 1) / PLACES
        self.kept_at = np.unique(np.ceil(self.total_updates * evenly**2).astype(int))
        """After how many updates a place is kept: up to 30 updates, after each."""
        self._start = np.asarray(ravel_pytree(start.params)[0])
        self._away = np.zeros((len(self.kept_at), self._start.size), np.float32)
        self.num_places = 1
        self.length = 0.0
        """Of the path, from place to place."""
        self.last_loss = first_loss(dataset, settings.seed)
        """Mean loss at the last place, over the first `LOSS_EXAMPLES`."""
        self.diverged = False
        """Has it come to where there are no finite numbers, or too far away?"""
        self._seen: tuple[Vectors, Float[np.ndarray, "places directions"]] | None = None

    @property
    def away(self) -> Float[np.ndarray, "places params"]:
        """Each place, as what has been added to the parameters of the start."""
        return self._away[: self.num_places]

    def along(self, vectors: Vectors) -> Float[np.ndarray, "places directions"]:
        """How far each place is from the start along some directions of length 1."""
        known = np.empty((0, len(vectors)))
        if self._seen is not None and self._seen[0] is vectors:
            known = self._seen[1]
        new = self.away[len(known) :] @ vectors.astype(np.float32).T
        self._seen = vectors, np.concatenate([known, new.astype(np.float64)])
        return self._seen[1]

    def share_along(self, vectors: Vectors) -> float:
        """Share of the path's length in the plane of two directions, from 0 to 1; 1 where it has no length."""
        within = np.sum(np.linalg.norm(np.diff(self.along(vectors), axis=0), axis=1))
        return min(1.0, float(within) / self.length) if self.length else 1.0

    def _work(self) -> Iterator[float]:
        for next_kept in self.kept_at[1:].tolist():
            for _ in self.updates_to(next_kept, most=MAX_UPDATES_PER_ADVANCE):
                if self.num_updates == next_kept:
                    self._keep_place()
                # A place takes time as well as the updates that lead to it.
                done = (self.num_updates / self.total_updates + (self.num_places - 1) / (len(self.kept_at) - 1)) / 2
                yield 1.0 if self.diverged else done

    def _keep_place(self) -> None:
        away = np.asarray(ravel_pytree(self.state.params)[0]) - self._start
        if not length_of(away) < FARTHEST:
            self.diverged = True
            return
        self.length += length_of(away - self.away[-1])
        self._away[self.num_places] = away
        self.num_places += 1
        self.last_loss = self.mean_loss(LOSS_EXAMPLES)


@once_for_each_seed
def first_loss(dataset: Dataset, seed: int) -> float:
    """Mean loss at the start, over the first `LOSS_EXAMPLES`."""
    trainer = Trainer(dataset, start_of(dataset, seed), hyperparameters(1.0), batch_size=1)
    return trainer.mean_loss(LOSS_EXAMPLES)
