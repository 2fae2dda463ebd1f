"""The shortcut for a multilayer perceptron: tr Σ without the gradient of any single example."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from lesson_lib import model
from lesson_lib.checks import require_examples
from lesson_lib.noise.geometry import norm_sq, total
from lesson_lib.noise.ratio import noise_over_signal
from lesson_lib.precision import full_precision, is_half_precision, widen
from lesson_lib.training import Params


class FullGradient(NamedTuple):
    """What one look at all N examples tells, at one point."""

    loss: Float[Array, ""]
    grad: Params
    grad_norm_sq: Float[Array, ""]
    trace_sigma: Float[Array, ""]
    """Gradient variance, ddof = 0."""

    @property
    def b_simple(self) -> Float[Array, ""]:
        """Noise scale tr Σ / |G|², in examples."""
        return noise_over_signal(self.trace_sigma, self.grad_norm_sq)


def _mlp_loss(
    params: model.Params,
    shifts: tuple[Float[Array, "examples _"], ...],
    x: Float[Array, "examples features"],
    y: Int[Array, " examples"],
) -> tuple[Float[Array, ""], tuple[Float[Array, "examples _"], ...]]:
    """Mean loss of an MLP with `shifts` added to its layers' outputs, and the inputs of each layer.

    At shifts = 0 the derivative by a shift is the backpropagated δ of that layer and example.
    """
    inputs = []
    for layer, shift in zip(params, shifts, strict=True):
        inputs.append(x)
        z = x @ layer.weight + layer.bias[None, :] + shift
        x = jax.nn.relu(z)
    return jnp.mean(widen(model.cross_entropy(z, y))), tuple(inputs)


def layer_trace_sigma(
    grad: model.Layer, a: Float[Array, "examples inputs"], delta: Float[Array, "examples outputs"]
) -> Float[Array, ""]:
    """Gradient variance tr Σ of a linear layer, from G, the inputs a_i and the backpropagated δ_i of all examples.

    The gradient of one example is the outer product a_i δ_iᵀ for the weights and δ_i for the biases, so
    its length is known without it: |g_i|² = (|a_i|² + 1)|δ_i|².

    The mean of |g_i|² less |G|² would lose all digits where the noise is small beside G. The same idea
    gives the distance from R = ā δ̄ᵀ, made from the means of both, which is near G when the g_i are near each other:

        g_i - R = ā (δ_i - δ̄)ᵀ + (a_i - ā) δ_iᵀ          tr Σ = mean of |g_i - R|² - |G - R|²

    Here nothing large cancels: |G - R|² is at most mean |a_i - ā|² times tr Σ.
    """
    a_mean, delta_mean = column_means(a), column_means(delta)
    epsilon = delta - delta_mean[None, :]
    along_mean = a @ a_mean
    distance_sq = (
        (norm_sq(a_mean) + 1) * jnp.sum(epsilon**2, axis=1)
        + jnp.sum((a - a_mean[None, :]) ** 2, axis=1) * jnp.sum(delta**2, axis=1)
        + 2 * (along_mean - jnp.mean(along_mean)) * jnp.sum(epsilon * delta, axis=1)
    )
    from_reference = (grad.weight - jnp.outer(a_mean, delta_mean), grad.bias - delta_mean)
    return jnp.maximum(jnp.mean(distance_sq) - norm_sq(from_reference), 0)


def column_means(rows: Float[Array, "examples columns"]) -> Float[Array, " columns"]:
    """Mean over the examples; the second pass takes away what rounding left in the first."""
    mean = jnp.mean(rows, axis=0)
    return mean + jnp.mean(rows - mean[None, :], axis=0)


@jax.jit
@full_precision
def measure_full(
    params: model.Params, x: Float[Array, "examples features"], y: Int[Array, " examples"]
) -> FullGradient:
    """Loss, true gradient and tr Σ of an MLP, at about 1.3 times the cost of the true gradient alone.

    It gives the numbers of `full_grad` and `trace_sigma`, to rounding. In float32 tr Σ is right to four
    digits while √tr Σ is 1/10,000 of |G| or more; below 1/100,000 take `trace_sigma`.

    Args:
        params: parameters of a `model` network.
        x, y: the N examples.

    Raises:
        ValueError: no examples, or `x` and `y` of different lengths.

    Source: Goodfellow 2015, "Efficient Per-Example Gradient Computations", sec. 4.
    """
    num_examples = require_examples(x, y)
    shifts = tuple(jnp.zeros((num_examples, layer.bias.shape[0]), layer.bias.dtype) for layer in params)
    in_half = is_half_precision(params)
    scale = num_examples if in_half else 1  # Half precision rounds the gradient of 1 / N of a loss to 0.

    def scaled_loss(params: model.Params, shifts: tuple[Array, ...]) -> tuple[Array, tuple[Array, tuple[Array, ...]]]:
        loss, inputs = _mlp_loss(params, shifts, x, y)
        return scale * loss, (loss, inputs)

    derivatives, (loss, inputs) = jax.grad(scaled_loss, argnums=(0, 1), has_aux=True)(params, shifts)
    grad, deltas, inputs = jax.tree.map(widen, (*derivatives, inputs))
    deltas = [num_examples / scale * delta for delta in deltas]
    if in_half:  # Sums over the examples were made in half precision as well.
        grad = tuple(
            model.Layer(a.T @ delta / num_examples, jnp.mean(delta, axis=0))
            for a, delta in zip(inputs, deltas, strict=True)
        )
    traces = [layer_trace_sigma(layer, a, delta) for layer, a, delta in zip(grad, inputs, deltas, strict=True)]
    return FullGradient(loss, grad, norm_sq(grad), total(traces))
