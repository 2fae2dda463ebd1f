"""Many runs of SGD at once, down to the noise floor of the simplest loss there is.

The loss of example i is h (w - c_i)² / 2 with a single parameter w, so its gradient is h (w - c_i). The c_i have
mean 0 and the variance s² / h²: the true gradient is h w, the minimum is at w = 0, and a gradient from one
example misses the true one by s, root mean square.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key

from lesson_lib import batching, noise
from lesson_lib.checks import require_int, require_kind, require_positive
from lesson_lib.experiment.counted import Counted
from lesson_lib.experiment.settings import Settings

NUM_EXAMPLES = 1024
NUM_RUNS = 500
START = 1.0
"""Where each run begins."""

MOMENTS = 200
"""At how many moments the runs are looked at, at most, beside the start."""


class FloorHistory(NamedTuple):
    """What has been seen of the runs so far."""

    num_updates: Int[np.ndarray, " moments"]
    w: Float[np.ndarray, "moments runs"]
    mean_sq: Float[np.ndarray, " moments"]
    """Mean of w² over the runs."""


@partial(jax.jit, static_argnames="sampling")
def draw_epoch(
    examples: Float[Array, " examples"], epoch: int | Int[Array, ""], sampling: str, keys: Key[Array, " runs"]
) -> Float[Array, "examples runs"]:
    """The examples of one epoch in the order in which each run takes them."""
    labels = jnp.arange(examples.shape[0])

    def order(key: Key[Array, ""]) -> Int[Array, " examples"]:
        return batching.epoch_order(labels, epoch, sampling, key=key)

    return examples[jax.vmap(order)(keys)].T


@jax.jit
def run_scalar_updates(
    w: Float[Array, " runs"],
    drawn: Float[Array, "examples runs"],
    shrink: float | Float[Array, ""],
    batch_size: int | Int[Array, ""],
    first: int | Int[Array, ""],
    count: int | Int[Array, ""],
) -> Float[Array, " runs"]:
    """Some updates of all runs: w ← w - η h (w - mean of the batch's c_i), with η h = `shrink`.

    The batch size is a value, so one compiled program does for all of them.
    """

    def update(number: Int[Array, ""], w: Float[Array, " runs"]) -> Float[Array, " runs"]:
        def add(example: Int[Array, ""], total: Float[Array, " runs"]) -> Float[Array, " runs"]:
            return total + drawn[number * batch_size + example]

        total = jax.lax.fori_loop(0, batch_size, add, jnp.zeros_like(w))
        return w - shrink * (w - total / batch_size)

    return jax.lax.fori_loop(first, first + count, update, w)


class NoiseFloorRun(Counted):
    """500 independent runs of SGD on 1,024 examples, from the same start.

    Args:
        settings: batch size, epochs, learning rate, seed and sampling. An incomplete last batch does not come up:
            the batch size divides 1,024.
        curvature: h > 0.
        noise_sq: s² > 0, variance of one example's gradient.

    Raises:
        TypeError, ValueError: a number out of its range; a batch size that does not divide 1,024; a learning
            rate at or above the stability edge 2 / h.
    """

    def __init__(self, settings: Settings, *, curvature: float = 1.0, noise_sq: float = 1.0) -> None:
        require_kind("settings", settings, Settings, "as in ll.Settings(batch_size=32)")
        require_int("batch_size", settings.batch_size, low=1, high=NUM_EXAMPLES)
        if NUM_EXAMPLES % settings.batch_size:
            raise ValueError(f"batch_size must divide {NUM_EXAMPLES:,}, got {settings.batch_size!r}")
        noise_sq = require_positive("noise_sq", noise_sq)
        self.settings, self.epochs, self.num_updates = settings, settings.epochs, 0
        self.updates_per_epoch = NUM_EXAMPLES // settings.batch_size
        self.floor = noise.noise_floor(curvature, settings.learning_rate, noise_sq, settings.batch_size)
        """E[w²] that batches drawn independently of each other come down to."""
        self._shrink = settings.learning_rate * curvature
        examples_key, runs_key = jax.random.split(jax.random.key(settings.seed))
        self._keys = jax.random.split(runs_key, NUM_RUNS)
        c = jax.random.normal(examples_key, (NUM_EXAMPLES,))
        c = c - jnp.mean(c)
        self._examples = c * jnp.sqrt(noise_sq / jnp.mean(c**2)) / curvature
        self._drawn = (-1, jnp.empty((NUM_EXAMPLES, NUM_RUNS)))
        self._w = jnp.full(NUM_RUNS, START)
        self._seen: list[tuple[int, Float[np.ndarray, " runs"]]] = [(0, np.asarray(self._w))]

    def to_compile(self) -> Iterable[Callable[[], object]]:
        return (self.advance,)

    def advance(self) -> None:
        """Let all runs make some updates of one epoch."""
        if self.finished:
            return
        epoch, first = divmod(self.num_updates, self.updates_per_epoch)
        if self._drawn[0] != epoch:
            self._drawn = (epoch, draw_epoch(self._examples, epoch, self.settings.sampling, self._keys))
        every = -(-self.total_updates // MOMENTS)
        count = min(every - self.num_updates % every, self.updates_per_epoch - first)
        self._w = run_scalar_updates(self._w, self._drawn[1], self._shrink, self.settings.batch_size, first, count)
        self.num_updates += count
        if self.num_updates % every == 0 or self.finished:
            self._seen.append((self.num_updates, np.asarray(self._w)))

    def predicted(self, num_updates: Int[np.ndarray, " moments"]) -> Float[np.ndarray, " moments"]:
        """E[w²] after so many updates, for batches drawn independently of each other.

        From w ← (1 - η h) w - η ξ it follows that E[w²] ← (1 - η h)² E[w²] + η² s² / B: what is above the
        noise floor shrinks by (1 - η h)² at each update.
        """
        left = (1 - self._shrink) ** (2.0 * num_updates)
        return left * START**2 + (1 - left) * self.floor

    def history(self) -> FloorHistory:
        """What has been seen of the runs so far."""
        at, w = zip(*self._seen, strict=True)
        runs = np.array(w)
        return FloorHistory(np.array(at), runs, np.mean(runs.astype(float) ** 2, axis=1))
