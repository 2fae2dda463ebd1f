"""The gradients of batches of every size around the true gradient, at a network that SGD has trained before."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from lesson_lib import batching, model, noise
from lesson_lib.checks import require_int
from lesson_lib.data import Dataset
from lesson_lib.experiment.base import InPieces
from lesson_lib.experiment.settings import Settings, require_settings
from lesson_lib.experiment.start import first_full_gradient, start_of
from lesson_lib.experiment.trainer import Trainer
from lesson_lib.noise.ratio import noise_over_signal
from lesson_lib.optimizers import hyperparameters
from lesson_lib.precision import full_precision

MOMENTS = 30
"""How often the true gradient and tr Σ are measured during the training, at most, beside the start."""

EXAMPLES_PER_SIZE = 2048
LEAST_BATCHES = 16
MOST_EXAMPLES_PER_SIZE = 32768
"""For each batch size so many batches that they hold 2,048 examples together. Of large ones it is 16, or as many as
hold 32,768 examples, for more would take longer than the training."""

EXAMPLES_PER_ADVANCE = 256
"""So few that the learner can pause between any two calls of `advance`; but at least one batch."""

MICRO_BATCH_SIZES = (512, 64, 8, 1)
"""A batch is computed in pieces of one of these sizes: four compiled programs do for all batch sizes."""


class Moment(NamedTuple):
    """What the whole training set tells at one moment of the training."""

    num_epochs: float
    loss: float
    grad_norm_sq: float
    """|G|²"""
    trace_sigma: float
    """tr Σ, with ddof = 0."""
    b_simple: float
    """tr Σ / |G|², in examples."""


class Draws(NamedTuple):
    """What was measured on some batches of one size, an entry for each batch."""

    noise_sq: Float[np.ndarray, " draws"]
    """|g_B - G|²"""
    cosine: Float[np.ndarray, " draws"]
    """Of the angle between g_B and G, from -1 to 1."""


def scale_of(moments: Sequence[Moment]) -> float:
    """The noise scale over some moments: mean of tr Σ over mean of |G|².

    The mean of the ratios would be ruled by the few moments at which |G|² happens to be next to nothing.
    """
    trace_sigma = np.mean([moment.trace_sigma for moment in moments])
    return float(noise_over_signal(trace_sigma, np.mean([moment.grad_norm_sq for moment in moments])))


@jax.jit
@full_precision
def measure_batches(
    params: model.Params,
    x: Float[Array, "examples features"],
    y: Int[Array, " examples"],
    micro_batches: Int[Array, "pieces micro"],
    full_grad: model.Params,
    pieces_per_batch: int | Int[Array, ""],
    num_batches: int | Int[Array, ""],
) -> Float[Array, "2 pieces"]:
    """|g_B - G|² and cosine of some batches; the first `num_batches` places of each are filled.

    Each batch is made of `pieces_per_batch` rows of `micro_batches`: its size is a value, and only the
    size of a piece makes a new program.
    """
    zeros = jax.tree.map(jnp.zeros_like, full_grad)

    def measure(batch: Int[Array, ""], results: Float[Array, "2 pieces"]) -> Float[Array, "2 pieces"]:
        def add_piece(piece: Int[Array, ""], total: model.Params) -> model.Params:
            chosen = micro_batches[batch * pieces_per_batch + piece]
            return jax.tree.map(jnp.add, total, jax.grad(model.mean_loss)(params, x[chosen], y[chosen]))

        total = jax.lax.fori_loop(0, pieces_per_batch, add_piece, zeros)
        batch_grad = jax.tree.map(lambda leaf: leaf / pieces_per_batch, total)
        noise_sq = noise.norm_sq(jax.tree.map(jnp.subtract, batch_grad, full_grad))
        return results.at[:, batch].set(jnp.stack([noise_sq, noise.cosine(batch_grad, full_grad)]))

    empty = jnp.zeros((2, micro_batches.shape[0]))  # in float64 where JAX computes in that
    return jax.lax.fori_loop(0, num_batches, measure, empty)


class NoiseVsBatchSizeRun(Trainer, InPieces):
    """Train a network with SGD; then draw batches of every size and compare their gradients with the true one.

    Every batch is drawn without replacement from the whole training set, the batch sizes are the powers of
    two below N, and the parameters do not change while batches are drawn.

    Args:
        dataset: what the network learns, 2 examples or more.
        settings: how it is trained; `settings.batch_size` is that of the training.

    Raises:
        TypeError, ValueError: as for `Race`, or a single example.
    """

    def __init__(self, dataset: Dataset, settings: Settings) -> None:
        require_settings(settings, dataset)
        require_int("num_examples", dataset.num_examples, low=2)
        start = start_of(dataset, settings.seed)
        hyper = hyperparameters(settings.learning_rate)
        super().__init__(dataset, start, hyper, batch_size=settings.batch_size, sampling=settings.sampling)
        self.settings = settings
        self.batch_sizes = batching.batch_size_menu(dataset.num_examples)[:-1]
        self.moments: list[Moment] = []
        """From the start of the training to where it stands."""
        self.draws: dict[int, Draws] = {}
        """What was measured so far, by batch size."""
        self._noise_key = start.noise_key
        self._note(first_full_gradient(dataset, settings.seed))

    def predicted(self, batch_size: int, *, replace: bool = False) -> float:
        """|g_B - G|² for one batch size as theory predicts it, where the training stands.

        Raises:
            TypeError, ValueError: a batch size out of its range.
        """
        trace_sigma, num_examples = self.moments[-1].trace_sigma, self.dataset.num_examples
        return float(np.asarray(noise.predicted_noise_sq(trace_sigma, batch_size, num_examples, replace=replace)))

    def to_compile(self) -> Iterable[Callable[[], object]]:
        """Those that measure the batches."""
        return [partial(self._measure, size, 0, 0) for size in MICRO_BATCH_SIZES if size <= self.batch_sizes[-1]]

    def _work(self) -> Iterator[float]:
        """Some updates and a look at all examples, in turn; then some batches of one size at a time."""
        total_updates = self.settings.epochs * self.updates_per_epoch
        every = -(-total_updates // MOMENTS)
        looks = [min(start + every, total_updates) for start in range(0, total_updates, every)]
        draws = list(self._all_draws())
        total = len(looks) + len(draws)
        for done, end in enumerate(looks):
            for _ in self.updates_to(end):
                pass
            yield (done + 1 / 5) / total
            pieces = noise.measuring_full(self.state.params, self.dataset.x_train, self.dataset.y_train)
            for piece, full in enumerate(pieces, start=2):
                jax.block_until_ready(full)
                yield (done + piece / 5) / total
            self._note(full)
        for done, draw in enumerate(draws, start=len(looks) + 1):
            self._draw(*draw)
            yield done / total

    def _all_draws(self) -> Iterator[tuple[int, int, int]]:
        """The batch size, the number of the piece among those of this size, and how many batches it draws."""
        for batch_size in self.batch_sizes:
            at_once = max(1, min(EXAMPLES_PER_ADVANCE, self.batch_sizes[-1]) // batch_size)
            for piece in range(-(-num_draws(batch_size) // at_once)):
                yield batch_size, piece, at_once

    def _note(self, full: noise.FullGradient) -> None:
        """Keep what a look at all examples has told."""
        self._full_grad = full.grad
        numbers = (full.loss, full.grad_norm_sq, full.trace_sigma, full.b_simple)
        self.moments.append(Moment(self.num_epochs, *map(float, numbers)))

    def _draw(self, batch_size: int, piece: int, num_batches: int) -> None:
        results = self._measure(batch_size, piece, num_batches)
        if batch_size in self.draws:
            results = np.concatenate([self.draws[batch_size], results], axis=1)
        self.draws[batch_size] = Draws(*results)

    def _measure(self, batch_size: int, piece: int, num_batches: int) -> Float[np.ndarray, "2 batches"]:
        """Draw new batches and measure them; with none of them, the program is compiled and nothing else happens."""
        data, micro = self.dataset, _micro_batch_size(batch_size)
        key = jax.random.fold_in(self._noise_key, batch_size)
        order = batching.epoch_order(data.y_train, piece, key=key)
        micro_batches = order[: self.batch_sizes[-1]].reshape(-1, micro)
        results = measure_batches(
            self.state.params, data.x_train, data.y_train, micro_batches, self._full_grad,
            batch_size // micro, num_batches,
        )  # fmt: skip
        return np.asarray(results)[:, :num_batches]


def num_draws(batch_size: int) -> int:
    """How many batches of one size are measured, at least: they are drawn a few at a time."""
    least = max(1, min(LEAST_BATCHES, MOST_EXAMPLES_PER_SIZE // batch_size))
    return max(least, EXAMPLES_PER_SIZE // batch_size)


def _micro_batch_size(batch_size: int) -> int:
    return next(size for size in MICRO_BATCH_SIZES if size <= batch_size)
