"""The same time for each of several batch sizes: how far does each come?"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from lesson_lib import sweep
from lesson_lib.checks import require_positive, require_seed
from lesson_lib.data import Dataset, require_dataset
from lesson_lib.experiment.base import InPieces
from lesson_lib.experiment.start import start_of
from lesson_lib.experiment.trainer import Trainer
from lesson_lib.optimizers import hyperparameters

BATCH_SIZES = (1, 8, 32, 128, 1024)
"""Compared with gradient descent, as far as there are so many examples."""

SLICES = 25
"""Each run's time is cut into at most so many slices; the loss is measured after each. One update may take longer."""

LOSS_EXAMPLES = 2000
"""The loss is measured over so many training examples, the first ones: over all it would take too long."""

SECONDS_PER_ADVANCE = 0.015
"""So few that the learner can pause or change a setting between any two calls of `advance`."""

MAX_GROWTH = 4
"""A piece of work has at most this many times the updates made so far: the first ones may have been quick by chance."""


class TimedLoss(NamedTuple):
    """What is known of a run at one moment."""

    seconds: float
    """Of computing updates; measuring the loss is not counted."""
    num_updates: int
    loss: float
    """Mean loss over the first `LOSS_EXAMPLES` training examples."""


class TimedTraining(Trainer, InPieces):
    """Training with one batch size that ends when its time is used up.

    Args:
        dataset: what the network learns.
        batch_size: B, from 1 to N.
        start: the parameters and the random orders it begins with.
        budget: how many seconds it may compute updates.
        learning_rate: η.
    """

    def __init__(
        self, dataset: Dataset, batch_size: int, start: sweep.Start, *, budget: float, learning_rate: float
    ) -> None:
        super().__init__(dataset, start, hyperparameters(learning_rate), batch_size=batch_size)
        self.budget = budget
        self.seconds = 0.0
        self.moments: list[TimedLoss] = []

    @property
    def diverged(self) -> bool:
        """Is the loss no finite number any more?"""
        return bool(self.moments) and not np.isfinite(self.moments[-1].loss)

    def _work(self) -> Iterator[float]:
        """Measure the loss, first at the start, and make the updates of one slice of time, again and again."""
        self.compile_updates()
        while True:
            self.moments.append(TimedLoss(self.seconds, self.num_updates, self.mean_loss(LOSS_EXAMPLES)))
            if self.diverged or self.seconds >= self.budget:
                yield 1.0
            end = min(self.seconds + self.budget / SLICES, self.budget)
            while self.seconds < end:
                yield self.seconds / self.budget
                room = min(SECONDS_PER_ADVANCE, end - self.seconds)
                fitting = int(room * self.num_updates / self.seconds) if self.num_updates else 1
                self.seconds += self.make_updates(max(1, min(MAX_GROWTH * self.num_updates, fitting))).seconds


class EqualTimeRun(InPieces):
    """Training with several batch sizes from the same parameters; each gets the same time on the clock.

    They take turns in short pieces, so that a busy moment of the machine hits all of them.

    Args:
        dataset: what they learn.
        seconds: how long each may compute updates.
        learning_rate: η, the same for all.
        seed: decides the first parameters and the batches.

    Raises:
        TypeError, ValueError: no `Dataset`, or a setting out of its range.
    """

    def __init__(self, dataset: Dataset, *, seconds: float = 2.0, learning_rate: float = 0.05, seed: int = 0) -> None:
        require_dataset(dataset)
        self.seconds = require_positive("seconds", seconds)
        learning_rate = require_positive("learning_rate", learning_rate)
        start = start_of(dataset, require_seed("seed", seed))
        self.runs = [
            TimedTraining(dataset, batch_size, start, budget=self.seconds, learning_rate=learning_rate)
            for batch_size in compared_batch_sizes(dataset.num_examples)
        ]

    def _work(self) -> Iterator[float]:
        """Let the run that has used least of its time go on for a moment, again and again."""
        while going := [run for run in self.runs if not run.finished]:
            min(going, key=lambda run: (run.seconds, len(run.moments))).advance()
            yield sum(run.done for run in self.runs) / len(self.runs)


def compared_batch_sizes(num_examples: int) -> tuple[int, ...]:
    """Those of `BATCH_SIZES` that are smaller than N, and N.

    >>> compared_batch_sizes(12_000), compared_batch_sizes(20)
    ((1, 8, 32, 128, 1024, 12000), (1, 8, 20))
    """
    return *(size for size in BATCH_SIZES if size < num_examples), num_examples
