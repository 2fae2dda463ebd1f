"""How noisy the direction is in which an optimizer moves, while the parameters are held still.

With the parameters held still, all batch gradients come from the same point. What then still varies from
update to update is noise alone, and the optimizer's way of averaging it can be seen.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Int, Real

from lesson_lib import model
from lesson_lib.checks import require_from_zero
from lesson_lib.noise.ratio import noise_over_signal
from lesson_lib.optimizers import Hyperparameters, Optimizer, transform
from lesson_lib.precision import full_precision


def direction_noise_factor(momentum: Real[float, ""], *, nesterov: bool = False) -> float:
    """Variance of momentum's direction as a share of plain SGD's, for batches drawn independently.

    The direction is v = (1 - β) Σ βᵏ g_{t-k}, a mean of the gradients with weights that sum to 1. The variance of such
    a mean is the sum of the squared weights: (1 - β)² / (1 - β²) = (1 - β) / (1 + β). Nesterov momentum counts the
    newest gradient ahead of time, with weights (1 - β)(1 + β), (1 - β) β², (1 - β) β³, …; their squares sum to
    (1 - β)² ((1 + β)² + β⁴ / (1 - β²)).

    Args:
        momentum: β, from 0 to below 1.
        nesterov: is it Nesterov momentum?

    Raises:
        TypeError, ValueError: β is no number from 0 to below 1.

    Source: the variance of an exponentially weighted mean (Roberts 1959, "Control Chart Tests Based on Geometric
    Moving Averages", eq. 2, there with r = 1 - β).

    >>> round(1 / direction_noise_factor(0.9), 6)
    19.0
    """
    beta = require_from_zero("momentum", momentum, below=1.0)
    if nesterov:
        return (1 - beta) ** 2 * ((1 + beta) ** 2 + beta**4 / (1 - beta**2))
    return (1 - beta) / (1 + beta)


@jax.jit
@full_precision
def batch_grads(
    params: model.Params,
    x: Float[Array, "examples features"],
    y: Int[Array, " examples"],
    batches: Int[Array, "batches batch"],
) -> Float[Array, "batches parameters"]:
    """g_B of each batch at the same parameters of the lessons' network, all parameters in one row.

    Args:
        params: where the gradients are taken.
        x, y: the whole training set.
        batches: which examples are in each batch.
    """

    def batch_grad(chosen: Int[Array, " batch"]) -> Float[Array, " parameters"]:
        return ravel_pytree(jax.grad(model.mean_loss)(params, x[chosen], y[chosen]))[0]

    return jax.lax.map(batch_grad, batches)


class Directions(NamedTuple):
    """An optimizer that is fed with gradients but moves nothing: twice, with gradients drawn independently."""

    states: optax.OptState
    """Of the optimizer; every array has the two as its first axis."""
    num_updates: Int[Array, ""]
    """How many updates have been counted."""
    difference_sq: Float[Array, ""]
    """Sum of |d - d'|² over them, where d and d' are the directions of the two."""
    sums: Float[Array, "2 parameters"]
    """Sums of d and of d'."""

    @property
    def relative_variance(self) -> Float[Array, ""]:
        """E|d - E d|² / |E d|², infinite where |E d|² is lost in the noise of its estimate.

        d and d' are independent: E|d - d'|² is twice the variance, and the product of their means is |E d|² on
        average. The length of one mean alone would be too long, by the noise that is left in it; and so would the
        product, had both come from the same few gradients.
        """
        num_updates = self.num_updates.astype(self.sums.dtype)
        one, other = self.sums / num_updates
        variance = self.difference_sq / 2 / num_updates
        return noise_over_signal(variance, jnp.maximum(jnp.sum(one * other), 0))

    def forget(self) -> "Directions":
        """Go on with the optimizers as they are, but count from here."""
        return self._replace(**{name: jnp.zeros_like(getattr(self, name)) for name in self._fields[1:]})


def no_directions(
    grads: Float[Array, "batches parameters"], hyper: Hyperparameters, optimizer: Optimizer
) -> Directions:
    """Before the first gradient."""
    zeros = jnp.zeros_like(grads, shape=(2, grads.shape[1]))
    states = jax.vmap(transform(optimizer, hyper).init)(zeros)
    return Directions(states, jnp.zeros((), jnp.int32), jnp.zeros((), grads.dtype), zeros)


@partial(jax.jit, static_argnames="optimizer")
def follow_directions(
    directions: Directions,
    grads: Float[Array, "batches parameters"],
    draws: Int[Array, "updates 2"],
    hyper: Hyperparameters,
    *,
    optimizer: Optimizer,
) -> Directions:
    """Feed an optimizer with gradients, and sum up how its directions vary.

    Args:
        directions: what has been summed up so far.
        grads: from `batch_grads`.
        draws: which of them comes at each update, for the two independent ones.
        hyper: the optimizer's settings.
        optimizer: its name.
    """
    rule = transform(optimizer, hyper)

    def feed(directions: Directions, drawn: Int[Array, " 2"]) -> tuple[Directions, None]:
        both, states = jax.vmap(rule.update)(grads[drawn], directions.states)
        difference_sq = directions.difference_sq + jnp.sum((both[0] - both[1]) ** 2)
        return Directions(states, directions.num_updates + 1, difference_sq, directions.sums + both), None

    return jax.lax.scan(feed, directions, draws)[0]
