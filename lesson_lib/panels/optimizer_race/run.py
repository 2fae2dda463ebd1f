"""Optimizers from the same start, on the same batches, side by side."""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from lesson_lib import batching
from lesson_lib.checks import require_choice, require_int, require_kind
from lesson_lib.data import Dataset, require_dataset
from lesson_lib.experiment.base import InPieces
from lesson_lib.experiment.settings import keep_numbers
from lesson_lib.noise.direction import Directions, batch_grads, follow_directions, no_directions
from lesson_lib.optimizers import OPTIMIZERS, Hyperparameters
from lesson_lib.panels.optimizer_race.trial import Trial
from lesson_lib.panels.optimizer_race.tuning import MATCHED, MOMENTUM, Tuning, learning_rate
from lesson_lib.training import Params

POINTS = 6
"""How many times the loss is recorded in a race: over all examples it takes as long as many updates."""

TRIALS_TO_TUNE = 4
"""About so many trials each optimizer needs to be tuned."""

RATE_MODES = ("tuned", "matched")
"""Each optimizer has the learning rate that is best for it, or all have the same effective one, η / (1 - β)."""

NUM_DIRECTIONS, DIRECTIONS_A_PIECE = 512, 64
"""The noise of the direction is averaged over 512 updates, made 64 at a time."""

NUM_GRADS, GRADS_A_PIECE = 2 * DIRECTIONS_A_PIECE, 8
"""Batch gradients in memory, one for each of 64 updates of two independent runs. Eight are computed at a time."""

MOST_FRESH = 128
"""Up to this batch size each update gets a gradient that no other has had.

Were the same 128 drawn again and again, the mean direction would keep the noise of their 128 · B examples, and be too
long: at B = 1 a relative variance of more than 128 could not be seen. From B = 256 on they hold 32,768 examples, in
whose mean little noise is left, and new ones would take too long.
"""


@dataclass(frozen=True)
class OptimizerSettings:
    """What the learner chooses for a race of optimizers.

    Args:
        batch_size: B, at least 1; compared with the number of examples when the race is made.
        epochs: how long the race is,
        most_updates: but at most so many updates; `None` for no limit.
        learning_rates: one of `RATE_MODES`.
        learning_rate: η / (1 - β), where the learning rates are matched.
        seed, num_seeds: the first seed, and how many seeds from that one on.

    Raises:
        TypeError, ValueError: a setting out of its range.
    """

    batch_size: int = 8
    epochs: int = 3
    most_updates: int | None = 400
    learning_rates: str = "tuned"
    learning_rate: float = 0.1
    seed: int = 0
    num_seeds: int = 3

    def __post_init__(self) -> None:
        require_choice("learning_rates", self.learning_rates, RATE_MODES)
        keep_numbers(self, batch_size=1, epochs=1, num_seeds=1)
        if self.most_updates is not None:
            keep_numbers(self, most_updates=1)

    def num_updates(self, num_examples: int) -> int:
        """How many updates each optimizer makes."""
        all_epochs = self.epochs * batching.updates_per_epoch(num_examples, self.batch_size)
        return min(all_epochs, self.most_updates or all_epochs)


class DirectionNoise(InPieces):
    """How much the direction of each optimizer's update varies while the parameters are held still.

    Args:
        dataset: where the batches are from.
        params: the parameters that are held still.
        optimizers: the names of the optimizers.
        batch_size: B, from 1 to N. Each batch is drawn without replacement, and independently of the others.
        seed: decides which batches are drawn, and in which order the optimizers see them.
    """

    def __init__(
        self, dataset: Dataset, params: Params, optimizers: Sequence[str], *, batch_size: int, seed: int
    ) -> None:
        self.dataset, self.params, self.batch_size = dataset, params, batch_size
        self._optimizers = optimizers
        self._hyper = Hyperparameters(learning_rate=1.0, momentum=MOMENTUM)
        # NumPy's, because JAX takes longer to shuffle than to compute the gradient.
        self._rng = np.random.default_rng((seed, batch_size))
        self._directions: dict[str, Directions] = {}

    @property
    def is_fresh(self) -> bool:
        """Does each update get a gradient of its own?"""
        return self.batch_size <= MOST_FRESH and self.batch_size < self.dataset.num_examples

    @property
    def relative_variance(self) -> dict[str, float]:
        """E|d - E d|² / |E d|² of each optimizer's direction d, infinite where E d is lost in the noise.

        Empty before the end.
        """
        if not self.finished:
            return {}
        return {name: float(each.relative_variance) for name, each in self._directions.items()}

    @property
    def shares(self) -> dict[str, float]:
        """Each relative variance as a share of plain SGD's, NaN where one of the two is 0 or infinite.

        Empty before the end.
        """
        variances = self.relative_variance
        told = {name: 0 < variance < math.inf for name, variance in variances.items()}
        return {
            name: variance / variances["sgd"] if told[name] and told["sgd"] else math.nan
            for name, variance in variances.items()
        }

    def _work(self) -> Iterator[float]:
        """Compute some batch gradients, a few at a time, and feed one optimizer after the other with them."""
        x, y, is_full = self.dataset.x_train, self.dataset.y_train, self.batch_size == self.dataset.num_examples
        # One round more than is counted: first the optimizers have to forget that they began with nothing.
        num_rounds = 1 + NUM_DIRECTIONS // DIRECTIONS_A_PIECE
        num_parts = 1 if is_full else NUM_GRADS // GRADS_A_PIECE
        total_pieces = num_parts * (num_rounds if self.is_fresh else 1) + num_rounds * len(self._optimizers)
        pieces_done = itertools.count(1)
        for this_round in range(num_rounds):
            if this_round == 0 or self.is_fresh:
                parts = []
                for _ in range(num_parts):
                    batches = jnp.arange(len(x))[None] if is_full else self._draw_batches()
                    parts.append(jax.block_until_ready(batch_grads(self.params, x, y, batches)))
                    yield next(pieces_done) / total_pieces
                grads = jnp.broadcast_to(jnp.concatenate(parts), (NUM_GRADS, parts[0].shape[1]))
            draws = np.arange(NUM_GRADS).reshape(-1, 2)
            if not self.is_fresh:
                draws = self._rng.integers(0, NUM_GRADS, draws.shape)
            for optimizer in self._optimizers:
                directions = self._directions.get(optimizer) or no_directions(grads, self._hyper, optimizer)
                directions = follow_directions(directions, grads, jnp.array(draws), self._hyper, optimizer=optimizer)
                self._directions[optimizer] = directions.forget() if this_round == 0 else directions
                jax.block_until_ready(self._directions[optimizer])
                yield next(pieces_done) / total_pieces

    def _draw_batches(self) -> Int[Array, "batches batch"]:
        size = self.dataset.num_examples, self.batch_size
        return jnp.array([self._rng.choice(*size, replace=False, shuffle=False) for _ in range(GRADS_A_PIECE)])


class OptimizerRaceRun(InPieces):
    """Optimizers from the same start, on the same batches: raced, tuned if wished, then their noise measured.

    What is still to be tuned races first with the rates that are best so far, and one seed: there is something to see
    while better rates are looked for. Then all race with the best ones.

    Args:
        dataset: what they learn.
        settings: what the learner chooses.
        tuning: one that was begun before for this batch size and this number of updates; matched rates need none.

    Raises:
        ValueError: the batch size is above N.
    """

    def __init__(self, dataset: Dataset, settings: OptimizerSettings, *, tuning: Tuning | None = None) -> None:
        require_dataset(dataset)
        require_kind("settings", settings, OptimizerSettings, "as in ll.OptimizerSettings(batch_size=8)")
        require_int("batch_size", settings.batch_size, low=1, high=dataset.num_examples)
        self.dataset, self.settings = dataset, settings
        self.num_updates = settings.num_updates(dataset.num_examples)
        """How many updates each optimizer makes in the race."""
        self.tuning: Tuning | None = None
        if settings.learning_rates == "tuned":
            self.tuning = tuning or Tuning(dataset, batch_size=settings.batch_size, num_updates=self.num_updates)
        self.optimizers = tuple(OPTIMIZERS) if self.tuning else MATCHED
        self.trials: dict[str, list[Trial]] = {}
        """Each optimizer's trials, one for each seed; of the first seed alone before the tuning has ended."""
        self.settled = False
        """Are the learning rates of these trials those of the end?"""
        self.directions: DirectionNoise | None = None
        """Measured last, where plain SGD has ended with the first seed (unless it has diverged)."""

    @property
    def updates_per_epoch(self) -> int:
        return batching.updates_per_epoch(self.dataset.num_examples, self.settings.batch_size)

    @property
    def is_full_batch(self) -> bool:
        return self.settings.batch_size == self.dataset.num_examples

    @property
    def seeds(self) -> list[int]:
        return [(self.settings.seed + more) % 2**32 for more in range(self.settings.num_seeds)]

    @property
    def raced(self) -> bool:
        """Have all trials with the learning rates of the end come to theirs?"""
        return self.settled and all(trial.finished for trial in self._all_trials)

    def _share(self) -> float:
        num_first, num_last = len(self.optimizers), len(self.optimizers) * self.settings.num_seeds
        made = sum(trial.done for trial in self._all_trials) + (self.directions.done if self.directions else 0)
        if not self.tuning:
            return made / (num_last + 1)
        num_tuned = TRIALS_TO_TUNE * len(self.optimizers)
        made += self.tuning.done * num_tuned + (num_first if self.settled else 0)
        return made / (num_first + num_tuned + num_last + 1)

    def losses(self, optimizer: str) -> Float[np.ndarray, "seeds points"]:
        """Training loss over all examples at those points to which all trials have come; NaN where one diverged."""
        shortest = min(len(trial.losses) for trial in self._all_trials)
        return np.array([trial.losses[:shortest] for trial in self.trials[optimizer]])

    def to_compile(self) -> Iterable[Callable[[], object]]:
        trials = [self._make_trial(optimizer, 0.1, self.settings.seed) for optimizer in OPTIMIZERS]
        return *(trial.compile_updates for trial in trials), self._noise_at(trials[0]).advance

    def _work(self) -> Iterator[float]:
        yield from self._race()
        if self.tuning and not self.settled:
            while not self.tuning.finished:
                self.tuning.advance()
                yield self._share()
            yield from self._race()
        sgd = self.trials["sgd"][0]
        if sgd.diverged:
            yield 1.0
        self.directions = self._noise_at(sgd)
        while not self.directions.finished:
            self.directions.advance()
            yield self._share()

    def run(self) -> Self:
        """Go on to the end. Nobody sees a first race, with guessed learning rates, so there is none."""
        if self.tuning:
            self.tuning.run()
        return super().run()

    @property
    def _all_trials(self) -> list[Trial]:
        return [trial for trials in self.trials.values() for trial in trials]

    def _race(self) -> Iterator[float]:
        self._line_up()
        yield self._share()
        while under_way := [trial for trial in self._all_trials if not trial.finished]:
            min(under_way, key=lambda trial: trial.done).advance()
            yield self._share()

    def _line_up(self) -> None:
        """Make the trials; of those that have run, the ones that would be the same again stay."""
        self.settled = self.tuning is None or self.tuning.finished
        run = {(trial.name, trial.hyper.learning_rate): trial for trial in self._all_trials}  # with the first seed
        self.trials, effective = {}, self.settings.learning_rate
        for optimizer in self.optimizers:
            rate = self.tuning.best(optimizer) if self.tuning else learning_rate(optimizer, effective)
            first = run.get((optimizer, rate)) or self._make_trial(optimizer, rate, self.seeds[0])
            others = [self._make_trial(optimizer, rate, seed) for seed in self.seeds[1:]] if self.settled else []
            self.trials[optimizer] = [first, *others]

    def _noise_at(self, trial: Trial) -> DirectionNoise:
        return DirectionNoise(
            self.dataset, trial.state.params, self.optimizers,
            batch_size=self.settings.batch_size, seed=self.settings.seed,
        )  # fmt: skip

    def _make_trial(self, optimizer: str, rate: float, seed: int) -> Trial:
        return Trial(
            self.dataset, optimizer, Hyperparameters(rate, momentum=MOMENTUM), seed=seed,
            batch_size=self.settings.batch_size, num_updates=self.num_updates, points=POINTS,
        )  # fmt: skip
