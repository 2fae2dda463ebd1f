"""How many updates does each batch size need with each learning rate, to come to the same loss?"""

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from typing import Literal, NamedTuple, get_args

import jax
import numpy as np
from jaxtyping import Float, Int

from lesson_lib import cost, model, noise, sweep, training
from lesson_lib.checks import require_int, require_seed
from lesson_lib.data import Dataset, require_dataset
from lesson_lib.experiment.base import InPieces
from lesson_lib.experiment.start import layer_sizes, start_of
from lesson_lib.experiment.trainer import Trainer
from lesson_lib.optimizers import hyperparameters

BATCH_SIZES = (2, 8, 32, 128, 512, 2048)
LEARNING_RATES = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64)

TARGETS = (1.0, 0.9, 0.8, 0.7)
"""Losses in nats."""

MOST_UPDATES = 3000
"""A run gives up after so many updates, or after its epochs, whatever comes first."""

POINTS = 40
"""How often the loss of a run is recorded; the updates between two times grow with the updates made."""

LOSS_EXAMPLES = 1000
"""The loss is recorded over so many training examples, the first ones."""

TIMING_ROUNDS = 3
SECONDS_BETWEEN_PICTURES = 0.05


Measure = Literal["updates", "epochs", "milliseconds"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
"""What it takes to come to a loss is counted in one of these."""


class NoiseScale(NamedTuple):
    """B_simple at one moment of a run."""

    num_updates: int
    loss: float
    """Mean loss over all N training examples."""
    b_simple: float
    """In examples."""


class TimeToTargetRun(InPieces):
    """Runs with every batch size and learning rate, as far as the lowest target.

    First the time of one update is measured, alone, at each batch size; then come the runs; at last, one of them is
    made once more to measure the noise scale on its way.

    Args:
        dataset: what is learned.
        epochs: a run that has not come to the target by then gives up.
        seed: decides the first parameters and the batches.

    Raises:
        TypeError, ValueError: no `Dataset`, or a setting out of its range.
    """

    def __init__(self, dataset: Dataset, *, epochs: int = 10, seed: int = 0) -> None:
        require_dataset(dataset)
        epochs = require_int("epochs", epochs, low=1)
        seed = require_seed("seed", seed)
        self.dataset = dataset
        self.grid = sweep.Grid(
            batch_sizes=mapped_batch_sizes(dataset.num_examples),
            learning_rates=LEARNING_RATES,
            seeds=(seed,),
            epochs=epochs,
            points=POINTS,
            spacing="geometric",
            loss_examples=min(LOSS_EXAMPLES, dataset.num_examples),
            target=min(TARGETS),
            most_updates=MOST_UPDATES,
        )
        self.seconds_per_update = np.full(len(self.grid.batch_sizes), np.nan)
        self.runs: sweep.Sweep | None = None
        self.noise_scales: list[NoiseScale] = []
        """On the way of the reference run."""
        self.reference: tuple[int, float] | None = None
        """Batch size and learning rate of the run on which the noise scale is measured."""

    @property
    def num_finished_runs(self) -> int:
        """How many runs have come to their end."""
        return 0 if self.runs is None else int(self.runs.finished.sum())

    @property
    def num_runs(self) -> int:
        """How many there are in all."""
        return int(np.prod(self.grid.shape))

    def updates_to(self, target: float) -> Float[np.ndarray, "batch_sizes learning_rates"]:
        """How many updates each run took to a loss; infinite if it gave up or diverged, NaN if it is not finished."""
        taken = np.full(self.grid.shape[:2], np.nan)
        if self.runs is not None:
            for b, rate in np.argwhere(self.runs.finished[:, :, 0]):
                taken[b, rate] = first_below(self.runs.updates[b], self.runs.losses[b, rate, 0], target)
        return taken

    def per_update(self, measure: Measure) -> Float[np.ndarray, " batch_sizes"]:
        """How much of a measure one update takes, for each batch size."""
        sizes = np.array(self.grid.batch_sizes, float)
        match measure:
            case "updates":
                return np.ones(len(sizes))
            case "epochs":
                return sizes / self.dataset.num_examples
            case _:
                return 1000 * self.seconds_per_update

    def noise_scales_to(self, target: float) -> tuple[float, float] | None:
        """B_simple at the start, and at the moment of the reference run that came nearest to the target from above.

        `None` before the last piece of work is done.
        """
        if not self.finished:
            return None
        start = self.noise_scales[0].b_simple
        above = [at.b_simple for at in self.noise_scales if at.loss > target]
        return start, above[-1] if above else start

    def _work(self) -> Iterator[float]:
        """The three take a tenth, eight tenths and a tenth of the time, roughly."""
        yield from self._measure_times()
        yield from self._train()
        yield from self._measure_noise()

    def _measure_times(self) -> Iterator[float]:
        data, hyper = self.dataset, hyperparameters(min(LEARNING_RATES))
        state = training.init_state(start_of(data, self.grid.seeds[0]).params, "sgd", hyper)
        pieces = cost.measuring(
            state, data.x_train, data.y_train, hyper, self.grid.batch_sizes,
            key=jax.random.key(1), repeats=TIMING_ROUNDS,
        )  # fmt: skip
        total = cost.pieces_of_work(len(self.grid.batch_sizes), TIMING_ROUNDS)
        for done, times in enumerate(pieces, start=1):
            self.seconds_per_update = times.minimum
            yield 0.1 * (done / total)

    def _train(self) -> Iterator[float]:
        data = self.dataset
        pieces = sweep.sweeping(
            data.x_train, data.y_train, self.grid,
            init_params=partial(model.init_params, layer_sizes(data)), patience=SECONDS_BETWEEN_PICTURES,
        )  # fmt: skip
        with closing(pieces):
            for self.runs in pieces:
                yield 0.1 + 0.8 * float(self.runs.finished.mean())

    def _measure_noise(self) -> Iterator[float]:
        """Make one run again, and measure the noise scale each time its loss was recorded."""
        b = len(self.grid.batch_sizes) // 2
        batch_size = self.grid.batch_sizes[b]
        taken = self.updates_to(min(TARGETS))[b]
        learning_rate = LEARNING_RATES[int(np.argmin(taken))]
        self.reference = (batch_size, learning_rate)
        data, start = self.dataset, start_of(self.dataset, self.grid.seeds[0])
        trainer = Trainer(data, start, hyperparameters(learning_rate), batch_size=batch_size)
        last = min(taken.min(), trainer.updates_per_epoch)  # within the first epoch, in which it comes near the target
        moments = np.unique(np.rint(np.geomspace(1, last, 12)).astype(int)) if last >= 1 else np.array([], int)
        for place, until in enumerate([0, *moments.tolist()]):
            trainer.make_updates(until - trainer.num_updates)
            full = noise.measure_full(trainer.state.params, data.x_train, data.y_train)
            self.noise_scales.append(NoiseScale(until, float(full.loss), float(full.b_simple)))
            yield 0.9 + 0.1 * (place / len(moments) if len(moments) else 1.0)


def first_below(updates: Int[np.ndarray, " points"], losses: Float[np.ndarray, " points"], target: float) -> float:
    """After how many updates a loss first was at or below the target; infinite if it never was.

    Between two recorded losses the way is taken to be straight.

    >>> first_below(np.array([0, 10, 20]), np.array([2.0, 1.0, 0.5]), 0.75)
    15.0
    """
    below = losses <= target
    if not below.any():
        return np.inf
    after = int(below.argmax())
    if after == 0:
        return 0.0
    before_loss, after_loss = losses[after - 1], losses[after]
    share = (before_loss - target) / (before_loss - after_loss)
    return float(updates[after - 1] + share * (updates[after] - updates[after - 1]))


def mapped_batch_sizes(num_examples: int) -> tuple[int, ...]:
    """Those of `BATCH_SIZES` that are not larger than N; where there is none, N itself.

    >>> mapped_batch_sizes(12_000), mapped_batch_sizes(20), mapped_batch_sizes(1)
    ((2, 8, 32, 128, 512, 2048), (2, 8), (1,))
    """
    return tuple(size for size in BATCH_SIZES if size <= num_examples) or (num_examples,)
