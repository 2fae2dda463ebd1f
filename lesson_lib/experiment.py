"""A run that can be watched: it advances a little at a time and keeps what was seen on the way.

This is the only room with state that changes. What it computes is in `training` and `noise`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float, Int, Key

from lesson_lib import batching, model, noise, training
from lesson_lib.checks import require_choice, require_int, require_positive
from lesson_lib.data import Dataset
from lesson_lib.history import History
from lesson_lib.optimizers import hyperparameters

MEASUREMENTS = 120
"""How often a run is measured, at most: as often as a plot has room to show."""

NOISE_MEASUREMENTS = 40
"""At how many of those moments the noise is measured, too, at most: that takes several times as long as the loss."""

MAX_UPDATES_PER_ADVANCE = 256
"""So few updates that the learner can pause or change a setting between any two calls of `advance`."""

MAX_NOISE_DRAWS = 16
NOISE_EXAMPLES = 2048
"""The noise is averaged over at most 16 batches, of at most 2,048 examples together (but at least one batch)."""


_mean_loss = jax.jit(model.mean_loss)


@dataclass(frozen=True)
class Settings:
    """What the learner chooses for a run of SGD.

    Raises:
        TypeError, ValueError: a setting out of its range. The batch size is compared with the number
            of examples when a run is made.
    """

    batch_size: int = 32
    epochs: int = 10
    learning_rate: float = 0.05
    seed: int = 0
    sampling: str = "reshuffle"

    __no_type_check__ = True  # for jaxtyping: __post_init__ says better what is wrong

    def __post_init__(self) -> None:
        require_int("batch_size", self.batch_size, low=1)
        require_int("epochs", self.epochs, low=1)
        require_positive("learning_rate", self.learning_rate)
        require_int("seed", self.seed, low=0, high=2**32 - 1)
        require_choice("sampling", self.sampling, batching.SAMPLINGS)


class Measurement(NamedTuple):
    """What is known of a run at one moment."""

    num_updates: int
    loss: float
    """Mean loss over all N training examples."""
    has_noise: bool
    """Was the noise measured at this moment? Where not, it is NaN."""
    noise: float
    """|g_B - G| / |G|, root mean square over some batches drawn at this moment."""
    predicted_noise: float
    """What theory says of the same: √(tr Σ / B · (N - B) / (N - 1)) / |G|."""


class Run:
    """Training of one network with one batch size, a few updates at a time.

    The same settings and parameters give the same run, however it is cut into calls of `advance`.
    """

    def __init__(self, dataset: Dataset, settings: Settings, params: model.Params, *, key: Key[jax.Array, ""]) -> None:
        require_int("batch_size", settings.batch_size, low=1, high=dataset.num_examples)
        self.dataset = dataset
        self.settings = settings
        self.hyper = hyperparameters(float(settings.learning_rate))
        self.state = training.init_state(params, "sgd", self.hyper)
        self.updates_per_epoch = batching.updates_per_epoch(dataset.num_examples, settings.batch_size)
        self.num_updates = 0
        self.diverged_at: int | None = None
        """Number of the first update, from 1, whose batch had a loss that was no finite number."""
        self.measurements: list[Measurement] = []
        self._batch_losses: list[Float[np.ndarray, " updates"]] = []
        self._order_key, self._noise_key = jax.random.split(key)
        self._order: Int[jax.Array, " examples"] | None = None

    @property
    def is_full_batch(self) -> bool:
        """Is every batch the whole training set, so that this is gradient descent?"""
        return self.settings.batch_size == self.dataset.num_examples and self.settings.sampling != "replacement"

    @property
    def total_updates(self) -> int:
        return self.settings.epochs * self.updates_per_epoch

    @property
    def num_epochs(self) -> float:
        """How many epochs have been made; a fraction within one."""
        return self.num_updates / self.updates_per_epoch

    @property
    def finished(self) -> bool:
        return self.diverged_at is not None or self.num_updates == self.total_updates

    @property
    def measure_every(self) -> int:
        """How many updates lie between two measurements."""
        return -(-self.total_updates // MEASUREMENTS)

    @property
    def measure_noise_every(self) -> int:
        """How many updates lie between two measurements of the noise: some of the measurements, evenly spread."""
        measurements = self.total_updates // self.measure_every
        return self.measure_every * -(-measurements // NOISE_MEASUREMENTS)

    def _epoch_order(self) -> Int[jax.Array, " examples"] | None:
        if self.is_full_batch:
            return None
        epoch = self.num_updates // self.updates_per_epoch
        return batching.epoch_order(self.dataset.y_train, epoch, self.settings.sampling, key=self._order_key)

    def advance(self) -> None:
        """Measure the run at its start; from then on make some updates, and measure where that is due.

        It stops at the end of an epoch, at the next measurement, or after `MAX_UPDATES_PER_ADVANCE`
        updates, whatever comes first. A finished run stays as it is.
        """
        if self.finished:
            return
        if not self.measurements:
            self._measure()
            return
        first = self.num_updates % self.updates_per_epoch
        if first == 0:
            self._order = self._epoch_order()
        count = min(
            self.updates_per_epoch - first,
            self.measure_every - self.num_updates % self.measure_every,
            MAX_UPDATES_PER_ADVANCE,
        )
        self.state, losses = self._run_updates(first, count)
        self._record(np.asarray(losses)[:count])

    def _run_updates(self, first: int, count: int) -> tuple[training.TrainState, Float[jax.Array, " updates"]]:
        data = self.dataset
        return training.run_updates(
            self.state, data.x_train, data.y_train, self._order, self.hyper, first, count,
            batch_size=self.settings.batch_size,
        )  # fmt: skip

    def compile(self) -> None:
        """Compile all programs that the run will need, without training."""
        self._order = self._epoch_order()
        self._run_updates(first=0, count=0)
        self._measure_loss()
        self._measure_noise()

    def _record(self, batch_losses: Float[np.ndarray, " updates"]) -> None:
        finite = np.isfinite(batch_losses)
        if not finite.all():
            self.diverged_at = self.num_updates + int(np.argmin(finite)) + 1
        self._batch_losses.append(batch_losses)
        self.num_updates += len(batch_losses)
        if self.num_updates % self.measure_every == 0 or self.finished:
            self._measure()

    def _measure(self) -> None:
        noise_is_due = self.num_updates % self.measure_noise_every == 0 or self.finished
        self.measurements.append(self._measure_noise() if noise_is_due else self._measure_loss())

    def _measure_loss(self) -> Measurement:
        loss = _mean_loss(self.state.params, self.dataset.x_train, self.dataset.y_train)
        return Measurement(self.num_updates, float(loss), has_noise=False, noise=np.nan, predicted_noise=np.nan)

    def _measure_noise(self) -> Measurement:
        data, batch_size = self.dataset, self.settings.batch_size
        full = noise.measure_full(self.state.params, data.x_train, data.y_train)
        noise_sq = noise.batch_noise_sq(self.state.params, data.x_train, data.y_train, self._draw_batches(), full.grad)
        predicted_sq = noise.predicted_noise_sq(
            float(full.trace_sigma), batch_size, data.num_examples, replace=self.settings.sampling == "replacement"
        )
        grad_norm_sq = float(full.grad_norm_sq)
        # A run that has diverged has no finite gradient left to compare with.
        with np.errstate(invalid="ignore", divide="ignore"):
            return Measurement(
                num_updates=self.num_updates,
                loss=float(full.loss),
                has_noise=True,
                noise=float(np.sqrt(np.mean(noise_sq) / np.float64(grad_norm_sq))),
                predicted_noise=float(np.sqrt(predicted_sq / np.float64(grad_norm_sq))),
            )

    def _draw_batches(self) -> Int[np.ndarray, "draws batch"] | None:
        """Batches to measure the noise on, drawn as the run draws its own but not among those it will use.

        The batches still to come in an epoch are no random ones: the parameters depend on which
        examples were there before.
        """
        if self.is_full_batch:
            return None
        sampling = "reshuffle" if self.settings.sampling == "shuffle_once" else self.settings.sampling
        order = np.asarray(batching.epoch_order(self.dataset.y_train, self.num_updates, sampling, key=self._noise_key))
        batches = split_batches(order, self.settings.batch_size)
        draws = np.linspace(0, len(batches) - 1, noise_draws(self.dataset.num_examples, self.settings.batch_size))
        return batches[draws.astype(int)]

    def history(self) -> History:
        """The run so far, against the number of epochs made."""
        at, losses, _, measured, predicted = np.array(self.measurements).reshape(-1, 5).T
        batch_losses = np.concatenate([*self._batch_losses, np.empty(0, np.float32)])
        return History(
            epochs=at / self.updates_per_epoch,
            losses=losses,
            noise=measured,
            predicted_noise=predicted,
            batch_epochs=np.arange(len(batch_losses)) / self.updates_per_epoch,
            batch_losses=batch_losses,
        )


def split_batches(order: Int[np.ndarray, " examples"], batch_size: int) -> Int[np.ndarray, "batches batch"]:
    """The complete batches of an epoch, one a row; an incomplete last one is left out."""
    complete = len(order) // batch_size
    return order[: complete * batch_size].reshape(complete, batch_size)


def noise_draws(num_examples: int, batch_size: int) -> int:
    """How many batches a measurement of the noise averages over."""
    return max(1, min(MAX_NOISE_DRAWS, NOISE_EXAMPLES // batch_size, num_examples // batch_size))


def layer_sizes(dataset: Dataset) -> tuple[int, ...]:
    """The lessons' network, with as many inputs and classes as the dataset has."""
    return dataset.num_features, *model.LAYER_SIZES[1:-1], dataset.num_classes


class Race:
    """GD and SGD from the same parameters, side by side.

    While both train, GD makes one update for each epoch of SGD. One that diverges stops; the other goes on.
    """

    def __init__(self, dataset: Dataset, settings: Settings) -> None:
        params_key, run_key = jax.random.split(jax.random.key(settings.seed))
        params = model.init_params(layer_sizes(dataset), key=params_key)
        self.settings = settings
        self.sgd = Run(dataset, settings, params, key=run_key)
        full_batch = replace(settings, batch_size=dataset.num_examples, sampling="reshuffle")
        self.gd = Run(dataset, full_batch, params, key=run_key)

    @property
    def finished(self) -> bool:
        return self.sgd.finished and self.gd.finished

    def advance(self) -> None:
        """Let SGD make some updates, and GD one where it is an epoch behind, or alone because SGD has diverged.

        The first call measures SGD at the start and nothing else: a new run is seen as early as that.
        """
        if not self.sgd.measurements:
            self.sgd.advance()
            return
        self.sgd.advance()
        if not self.gd.measurements:
            self.gd.advance()
        if self.sgd.finished or self.gd.num_updates < int(self.sgd.num_epochs):
            self.gd.advance()

    def run(self) -> None:
        """Go on to the end."""
        while not self.finished:
            self.advance()


class Coverage:
    """How often each example has been in a batch, update by update, without any training."""

    def __init__(self, dataset: Dataset, settings: Settings) -> None:
        require_int("batch_size", settings.batch_size, low=1, high=dataset.num_examples)
        self.dataset = dataset
        self.settings = settings
        self.updates_per_epoch = batching.updates_per_epoch(dataset.num_examples, settings.batch_size)
        self.num_updates = 0
        self.times_seen = np.zeros(dataset.num_examples, int)
        self._key = jax.random.key(settings.seed)
        self._order = np.empty(0, int)
        self._shares: list[tuple[float, float]] = [(0.0, 0.0)]

    @property
    def total_updates(self) -> int:
        return self.settings.epochs * self.updates_per_epoch

    @property
    def num_epochs(self) -> float:
        return self.num_updates / self.updates_per_epoch

    @property
    def finished(self) -> bool:
        return self.num_updates == self.total_updates

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
        count = min(self.updates_per_epoch - first, -(-self.total_updates // MEASUREMENTS))
        batch_size = self.settings.batch_size
        np.add.at(self.times_seen, self._order[first * batch_size : (first + count) * batch_size], 1)
        self.num_updates += count
        self._shares.append((self.num_epochs, self.share_seen))

    def history(self) -> Float[np.ndarray, "2 points"]:
        """Epochs made, and the share of examples seen at least once by then."""
        return np.array(self._shares).T


def compile_ahead(dataset: Dataset) -> Iterator[Callable[[], object]]:
    """The programs that runs of all batch sizes and samplings need, one at a time: no choice waits for the compiler.

    Each piece compiles what one choice needs: the order of the examples, many updates, made zero
    times, and the noise.
    """
    for batch_size in reversed(batching.batch_size_menu(dataset.num_examples)):
        yield partial(_compile, dataset, Settings(batch_size=batch_size))
    # Each sampling has its own order; and N examples drawn with replacement are no full batch.
    for sampling in batching.SAMPLINGS:
        for batch_size in (1, dataset.num_examples):
            yield partial(_compile, dataset, Settings(batch_size=batch_size, sampling=sampling))


def _compile(dataset: Dataset, settings: Settings) -> None:
    params = model.init_params(layer_sizes(dataset), key=jax.random.key(0))
    Run(dataset, settings, params, key=jax.random.key(0)).compile()
