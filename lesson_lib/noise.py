"""How far a batch's gradient lies from the true gradient.

    g_i  gradient of example i's loss           G    mean of g_i over all N examples: the true gradient
    g_B  mean of g_i over a batch of size B     tr Σ mean of |g_i - G|² over all N examples

For a batch of B examples drawn at random, E|g_B - G|² = tr Σ / B with replacement, and
tr Σ / B · (N - B) / (N - 1) without.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from lesson_lib import model
from lesson_lib.checks import require_int
from lesson_lib.training import Params, PerExampleLoss


class FullGradient(NamedTuple):
    """What one look at all N examples tells, at one point."""

    loss: Float[Array, ""]
    grad: Params
    grad_norm_sq: Float[Array, ""]
    trace_sigma: Float[Array, ""]


def norm_sq(tree: object) -> Float[Array, ""]:
    """|v|²: the sum of the squares of all entries of a pytree."""
    return sum(jnp.vdot(leaf, leaf) for leaf in jax.tree.leaves(tree))


def predicted_noise_sq(
    trace_sigma: float | Float[Array, ""], batch_size: int, num_examples: int, *, replace: bool = False
) -> float | Float[Array, ""]:
    """What theory says of E|g_B - G|²: tr Σ / B, times (N - B) / (N - 1) without replacement.

    Args:
        trace_sigma: mean of |g_i - G|² over the N examples (ddof = 0, which goes with this factor).
        batch_size: B, from 1 to N (any B with replacement).
        num_examples: N.
        replace: are the examples of a batch drawn with replacement?

    Source: the variance of a sample mean (Cochran 1977, "Sampling Techniques", theorem 2.2), summed
    over the coordinates of the gradient.
    """
    require_int("num_examples", num_examples, low=1)
    require_int("batch_size", batch_size, low=1, high=None if replace else num_examples)
    if replace:
        return trace_sigma / batch_size
    return trace_sigma / batch_size * ((num_examples - batch_size) / max(num_examples - 1, 1))


def _mlp_loss(
    params: model.Params,
    shifts: tuple[Float[Array, "examples units"], ...],
    x: Float[Array, "examples features"],
    y: Int[Array, " examples"],
) -> tuple[Float[Array, ""], tuple[Float[Array, "examples units"], ...]]:
    """Loss of an MLP with `shifts` added to its layers' outputs, and the inputs of each layer.

    At shifts = 0 the derivative by a shift is the backpropagated δ of that layer and example.
    """
    inputs = []
    for layer, shift in zip(params, shifts, strict=True):
        inputs.append(x)
        z = x @ layer.weight + layer.bias[None, :] + shift
        x = jax.nn.relu(z)
    return jnp.mean(model.cross_entropy(z, y)), tuple(inputs)


@jax.jit
def measure_full(
    params: model.Params, x: Float[Array, "examples features"], y: Int[Array, " examples"]
) -> FullGradient:
    """Loss, true gradient and tr Σ of an MLP, at about the cost of the true gradient alone.

    The gradient of one example by a layer's weights is the outer product of the layer's input a and
    its δ, so |g_i|² = Σ over layers of (|a_i|² + 1)|δ_i|² needs no per-example storage
    (Goodfellow 2015, "Efficient Per-Example Gradient Computations", sec. 4).
    """
    shifts = tuple(jnp.zeros((x.shape[0], layer.bias.shape[0]), x.dtype) for layer in params)
    (loss, inputs), (grad, deltas) = jax.value_and_grad(_mlp_loss, argnums=(0, 1), has_aux=True)(params, shifts, x, y)
    example_norm_sq = sum(
        (jnp.sum(a**2, axis=1) + 1) * jnp.sum((x.shape[0] * delta) ** 2, axis=1)
        for a, delta in zip(inputs, deltas, strict=True)
    )
    grad_norm_sq = norm_sq(grad)
    return FullGradient(loss, grad, grad_norm_sq, jnp.mean(example_norm_sq) - grad_norm_sq)


@partial(jax.jit, static_argnames="per_example_loss")
def batch_noise_sq(
    params: Params,
    x: Float[Array, "examples features"],
    y: Int[Array, " examples"],
    batches: Int[Array, "draws batch"] | None,
    full_grad: Params,
    *,
    per_example_loss: PerExampleLoss = model.per_example_loss,
) -> Float[Array, " draws"]:
    """|g_B - G|² of each of some batches.

    Args:
        batches: the examples of each batch, a batch a row; `None` stands for one batch of all examples.
        full_grad: G at `params`.
    """
    batch_grad = jax.grad(lambda params, x, y: jnp.mean(per_example_loss(params, x, y)))

    def noise_sq(x: Array, y: Array) -> Float[Array, ""]:
        return norm_sq(jax.tree.map(jnp.subtract, batch_grad(params, x, y), full_grad))

    if batches is None:
        return noise_sq(x, y)[None]
    return jax.lax.map(lambda chosen: noise_sq(x[chosen], y[chosen]), batches)
