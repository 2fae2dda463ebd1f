"""SGD and GD side by side on a line fit, and at each place the gradients of the batches that could come next."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from lesson_lib import batching
from lesson_lib.experiment.base import LedBySgd
from lesson_lib.experiment.line_fit import LineFit, LinePath
from lesson_lib.experiment.run import split_batches

LEAST_BATCHES = 192
"""A cloud has at least so many batches, where there are so many different ones."""


class GradientCloudRun(LedBySgd[LinePath]):
    """SGD and GD from the same start; while SGD makes an epoch, GD makes an update. Time is counted in updates of SGD.

    The batches of the cloud are those of some whole epochs, each in a new order. They stay the same wherever SGD
    stands: what changes from place to place is their gradients.

    Args:
        line: the points.
        seed: of the order of the examples.
        **settings: as in `LinePath`; the batch size is that of SGD and of the cloud.

    Raises:
        TypeError, ValueError: an argument out of its range.
    """

    def __init__(self, line: LineFit, *, seed: int = 0, **settings: Any) -> None:
        super().__init__(LinePath(line, seed=seed, **settings))
        self.line = line
        self.gd = LinePath(line, **settings | {"batch_size": line.num_examples})
        self.batches = self._draw_batches(seed)
        """The examples of each batch, a batch a row."""

    def _draw_batches(self, seed: int) -> Int[np.ndarray, "batches batch"]:
        batch_size, num_examples = self.sgd.batch_size, self.line.num_examples
        # Of one example, or of all, an epoch has every batch that there is.
        epochs = 1 if batch_size in {1, num_examples} else -(-LEAST_BATCHES // (num_examples // batch_size))
        key = jax.random.fold_in(jax.random.key(seed), 1)  # not the key of SGD's own batches
        labels = jnp.zeros(num_examples, jnp.int32)
        orders = [np.asarray(batching.epoch_order(labels, epoch, key=key)) for epoch in range(epochs)]
        return np.concatenate([split_batches(order, batch_size) for order in orders])

    def _follow(self) -> None:
        epochs = self.sgd.moment // self.sgd.updates_per_epoch
        self.gd.go_to(min(epochs, self.gd.recorded))
        for _ in range(epochs - self.gd.moment):
            self.gd.step()

    @property
    def place(self) -> Float[np.ndarray, "2"]:
        """(w, b) where SGD stands."""
        return self.sgd.params[-1]

    def full_grad(self) -> Float[np.ndarray, "2"]:
        """The true gradient G where SGD stands."""
        return self.line.grad(self.place)

    def batch_grads(self) -> Float[np.ndarray, "batches 2"]:
        """g_B of each batch of the cloud, where SGD stands."""
        return np.mean(self.line.per_example_grads(self.place)[self.batches], axis=1)

    def trace_sigma(self) -> float:
        """Tr Σ where SGD stands, with ddof = 0."""
        deviations = self.line.per_example_grads(self.place) - self.full_grad()[None, :]
        return float(np.mean(np.sum(deviations**2, axis=1)))
