"""One training run that can be watched, stepped through and rewound."""

import math
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from lesson_lib import batching, model, noise, training
from lesson_lib.checks import require_int
from lesson_lib.data import Dataset
from lesson_lib.experiment import base
from lesson_lib.experiment.base import Rewindable
from lesson_lib.experiment.counted import Counted
from lesson_lib.experiment.history import Clock, History
from lesson_lib.experiment.record import Measurement, Record
from lesson_lib.experiment.settings import Settings
from lesson_lib.experiment.start import first_full_gradient, start_of
from lesson_lib.experiment.trainer import Trainer
from lesson_lib.optimizers import hyperparameters
from lesson_lib.sweep import Start

NOISE_MEASUREMENTS = 40
"""The noise is measured at no more than this many of the `base.MEASUREMENTS` moments: it takes several times as long as
the loss."""

MAX_UPDATES_PER_ADVANCE = 256
"""So few updates that the learner can pause or change a setting between any two calls of `advance`."""

MAX_NOISE_DRAWS = 16
NOISE_EXAMPLES = 2048
"""The noise is averaged over at most 16 batches, of at most 2,048 examples together (but at least one batch)."""


class Inspection(NamedTuple):
    """The batch of the update that comes next, and its gradient beside the true one."""

    examples: Int[np.ndarray, " batch"]
    """Which training examples are in it."""
    batch_grad_norm: float
    """|g_B|"""
    full_grad_norm: float
    """|G|"""
    cosine: float
    """Of the angle between the two, from -1 to 1."""

    @property
    def angle(self) -> float | None:
        """Between the two, in degrees; none where one of them is zero, which points nowhere, or is no finite one."""
        batch, full = self.batch_grad_norm, self.full_grad_norm
        if not all(map(math.isfinite, (batch, full, self.cosine))) or batch == 0 or full == 0:
            return None
        return math.degrees(math.acos(max(-1.0, min(1.0, self.cosine))))


class Run(Trainer, Counted, Rewindable):
    """Training of one network with plain SGD, a few updates at a time.

    The same settings and the same start give the same run, however it is cut into calls of `advance`,
    `step` and `go_to`. It diverges at the first update whose batch had a loss that was not a finite number.

    Args:
        dataset: what it learns.
        settings: how it learns.
        start: parameters and random orders to begin with.
        first_measurement: what is known of these parameters, if that has been measured before.
    """

    def __init__(
        self, dataset: Dataset, settings: Settings, start: Start, *, first_measurement: Measurement | None = None
    ) -> None:
        hyper = hyperparameters(settings.learning_rate)
        super().__init__(dataset, start, hyper, batch_size=settings.batch_size, sampling=settings.sampling)
        self.settings, self.epochs = settings, settings.epochs
        self.record = Record(self.total_updates, num_examples=dataset.num_examples, batch_size=settings.batch_size)
        """What is known of it; after going back it stands before the end of that."""
        if first_measurement is not None:
            self.record.measured[0] = first_measurement
        self._full: tuple[int, noise.FullGradient | Iterator[Any]] = (-1, iter(()))
        """The true gradient after so many updates, or the work on it that is still to be done."""
        self._inspection: tuple[int, Inspection] | None = None
        self._checkpoints = {0: self.state}
        self._noise_key = start.noise_key

    @property
    def moment(self) -> int:
        return self.num_updates

    @property
    def recorded(self) -> int:
        return self.record.recorded

    @property
    def finished(self) -> bool:
        """Have all updates been made and measured?"""
        return self.num_updates == self.last_update and not self.measurement_is_due

    @property
    def measure_every(self) -> int:
        """How many updates lie between two measurements."""
        return -(-self.total_updates // base.MEASUREMENTS)

    @property
    def measure_noise_every(self) -> int:
        """How many updates lie between two measurements of the noise: some of the measurements, evenly spread."""
        measurements = self.total_updates // self.measure_every
        return self.measure_every * -(-measurements // NOISE_MEASUREMENTS)

    @property
    def _noise_is_scheduled(self) -> bool:
        return self.num_updates % self.measure_noise_every == 0 or self.num_updates == self.last_update

    @property
    def noise_is_known(self) -> bool:
        """Has the noise been measured where the run stands?"""
        return self.num_updates in self.record.measured and self.record.measured[self.num_updates].has_noise

    @property
    def measurement_is_due(self) -> bool:
        """Is the next thing to do a measurement at the place where the run stands?"""
        if self._noise_is_scheduled:
            return not self.noise_is_known
        return self.num_updates % self.measure_every == 0 and self.num_updates not in self.record.measured

    @property
    def measurements(self) -> list[Measurement]:
        """What was measured up to where the run stands, in order."""
        return self.record.measurements_until(self.num_updates)

    def advance(self) -> None:
        """Do one short piece of work: a measurement where one is due, else some updates.

        The updates stop at the end of an epoch, at the next measurement, or after
        `MAX_UPDATES_PER_ADVANCE`, whatever comes first. A finished run stays as it is.
        """
        if self.measurement_is_due:
            self._measure_a_piece()
        elif self.num_updates < self.last_update:
            to_measurement = self.measure_every - self.num_updates % self.measure_every
            self._go_on(min(to_measurement, MAX_UPDATES_PER_ADVANCE))

    def step(self) -> None:
        """Make exactly one update, and measure all there is to measure after it. A finished run stays as it is."""
        if self.num_updates < self.last_update:
            self._go_on(1)
        while not self.noise_is_known:
            self._measure_noise_piece()

    def go_to(self, moment: int) -> None:
        moment = require_int("moment", moment, low=0, high=self.recorded)
        start = max(at for at in self._checkpoints if at <= moment)
        self.state, self.num_updates = self._checkpoints[start], start
        while self.num_updates < moment:
            self._go_on(moment - self.num_updates)

    def inspect(self) -> Inspection:
        """Look at the batch that comes next (at the end of the run: would come next) without making the update."""
        if self._inspection is None or self._inspection[0] != self.num_updates:
            self._inspection = (self.num_updates, self._inspect())
        return self._inspection[1]

    def _inspect(self) -> Inspection:
        data = self.dataset
        first = self.num_updates % self.updates_per_epoch
        order = self.epoch_order()
        in_order = np.arange(data.num_examples) if order is None else np.asarray(order)
        batch_grad = _batch_grad(self.state.params, data.x_train, data.y_train, order, first, self.batch_size)
        full = self.full_gradient()
        return Inspection(
            examples=np.asarray(batching.batch_indices(in_order, first, self.batch_size)),
            batch_grad_norm=float(jnp.sqrt(noise.norm_sq(batch_grad))),
            full_grad_norm=float(jnp.sqrt(full.grad_norm_sq)),
            cosine=float(noise.cosine(batch_grad, full.grad)),
        )

    def to_compile(self) -> Iterable[Callable[[], object]]:
        if self.state.params is start_of(self.dataset, self.settings.seed).params:
            self._full = (0, first_full_gradient(self.dataset, self.settings.seed))  # that of all batch sizes
        data, sampling = self.dataset, self.settings.sampling
        # Also where every batch is the whole training set: then the run itself needs no order, and other sizes do.
        order = partial(batching.epoch_order, data.y_train, 0, sampling, key=self._noise_key)
        return order, self.compile_updates, self._measure_noise, self.inspect

    def full_gradient(self) -> noise.FullGradient:
        """The true gradient where the run stands, and tr Σ around it: computed once, for the noise and for a look."""
        while (full := self._full_gradient_piece()) is None:
            pass
        return full

    def _full_gradient_piece(self) -> noise.FullGradient | None:
        """Do a short piece of the work on the true gradient, if that is not yet known."""
        at, full = self._full
        if at != self.num_updates:
            full = noise.measuring_full(self.state.params, self.dataset.x_train, self.dataset.y_train)
        found = full if isinstance(full, noise.FullGradient) else jax.block_until_ready(next(full))
        is_known = isinstance(found, noise.FullGradient)
        self._full = (self.num_updates, found if is_known else full)
        return found if is_known else None

    def _go_on(self, most: int) -> None:
        """Make some updates, and keep what is known of them."""
        before = self.num_updates
        batch_losses, seconds = self.make_updates(most)
        finite = np.isfinite(batch_losses)
        if not finite.all():
            self.diverged_at = self.num_updates = before + int(np.argmin(finite)) + 1
        # Updates made once more, after going back, are known.
        new_losses = batch_losses[self.recorded - before : self.num_updates - before]
        self.record.add_updates(new_losses, seconds / len(batch_losses))
        if self.num_updates % self.measure_noise_every == 0:
            self._checkpoints[self.num_updates] = self.state

    def _measure_a_piece(self) -> None:
        # Of a new run, the loss alone comes first: the run is seen as soon as that is known.
        if self._noise_is_scheduled and self.record.measured:
            self._measure_noise_piece()
        else:
            self.record.measured[self.num_updates] = self.measure_loss()

    def _measure_noise_piece(self) -> None:
        """A short piece of the work on the true gradient, or, where that has been measured, the noise around it."""
        if self._full[0] == self.num_updates and isinstance(self._full[1], noise.FullGradient):
            self.record.measured[self.num_updates] = self._measure_noise()
        elif (full := self._full_gradient_piece()) is not None:
            self.record.measured[self.num_updates] = self._measurement(float(full.loss))

    def _measurement(self, loss: float, **of_noise: float) -> Measurement:
        test_loss, accuracy = _evaluate(self.state.params, self.dataset.x_test, self.dataset.y_test)
        return Measurement(self.num_updates, loss, float(test_loss), float(accuracy), bool(of_noise), **of_noise)

    def measure_loss(self) -> Measurement:
        """The losses where the run stands, without the noise; nothing is recorded."""
        return self._measurement(self.mean_loss())

    def _measure_noise(self) -> Measurement:
        data, full = self.dataset, self.full_gradient()
        noise_sq = noise.batch_noise_sq(self.state.params, data.x_train, data.y_train, self._draw_batches(), full.grad)
        predicted_sq = noise.predicted_noise_sq(
            float(full.trace_sigma), self.batch_size, data.num_examples, replace=self.settings.sampling == "replacement"
        )
        grad_norm_sq = np.float64(full.grad_norm_sq)
        # A run that has diverged has no finite gradient left to compare with.
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            return self._measurement(
                float(full.loss),
                noise=float(np.sqrt(np.mean(np.asarray(noise_sq)) / grad_norm_sq)),
                predicted_noise=float(np.sqrt(predicted_sq / grad_norm_sq)),
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
        batches = split_batches(order, self.batch_size)
        draws = np.linspace(0, len(batches) - 1, noise_draws(self.dataset.num_examples, self.batch_size))
        return batches[draws.astype(int)]

    def history(self, clock: Clock = "epochs") -> History:
        """The run so far, against one of the clocks."""
        return self.record.history(clock, self.num_updates)


@jax.jit
def _evaluate(
    params: model.Params, x: Float[Array, "examples features"], y: Int[Array, " examples"]
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Mean loss and accuracy, from one pass through the network."""
    logits = model.forward(params, x)
    return jnp.mean(model.cross_entropy(logits, y)), model.share_right(logits, y)


@partial(jax.jit, static_argnames="batch_size")
def _batch_grad(
    params: model.Params,
    x: Float[Array, "examples features"],
    y: Int[Array, " examples"],
    order: Int[Array, " examples"] | None,
    update: int | Int[Array, ""],
    batch_size: int,
) -> model.Params:
    """The batch is taken inside: one by one, its steps would be twelve programs more for each batch size."""
    batch = training.take_batch(x, y, order, update, batch_size)
    return jax.grad(training.batch_loss)(params, batch, model.per_example_loss)


def split_batches(order: Int[np.ndarray, " examples"], batch_size: int) -> Int[np.ndarray, "batches batch"]:
    """The complete batches of an epoch, one a row; an incomplete last one is left out."""
    complete = len(order) // batch_size
    return order[: complete * batch_size].reshape(complete, batch_size)


def noise_draws(num_examples: int, batch_size: int) -> int:
    """How many batches a measurement of the noise averages over."""
    return max(1, min(MAX_NOISE_DRAWS, NOISE_EXAMPLES // batch_size, num_examples // batch_size))
