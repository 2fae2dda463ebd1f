"""The shortcut for a multilayer perceptron: tr Σ without the gradient of any single example."""

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

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


class Backpropagated(NamedTuple):
    """What one pass forwards and one backwards through an MLP tell of each example; an entry for each layer."""

    loss: Float[Array, ""]
    inputs: tuple[Float[Array, "examples _"], ...]
    """a_i: what came into the layer."""
    deltas: tuple[Float[Array, "examples _"], ...]
    """δ_i / N: derivative of the mean loss by the layer's output; in half precision, which rounds that to 0, δ_i."""


@jax.jit
@full_precision
def _backpropagate(
    params: model.Params, x: Float[Array, "examples features"], y: Int[Array, " examples"]
) -> Backpropagated:
    shifts = tuple(jnp.zeros((len(x), layer.bias.shape[0]), layer.bias.dtype) for layer in params)

    def scaled_loss(shifts: tuple[Array, ...], a: Array) -> tuple[Array, tuple[Array, list[Array]]]:
        """Derivatives by what is added to a layer's output are those by the output."""
        inputs = []
        for layer, shift in zip(params, shifts, strict=True):
            inputs.append(a)
            z = a @ layer.weight + layer.bias[None, :] + shift
            a = jax.nn.relu(z)
        loss = jnp.mean(widen(model.cross_entropy(z, y)))
        return _scale(params, len(x)) * loss, (loss, inputs)

    deltas, (loss, inputs) = jax.grad(scaled_loss, has_aux=True)(shifts, x)
    return Backpropagated(loss, *jax.tree.map(widen, (tuple(inputs), deltas)))


def _scale(params: model.Params, num_examples: int) -> int:
    return num_examples if is_half_precision(params) else 1


@partial(jax.jit, static_argnames="scale")
@full_precision
def _mean_grad(each: Backpropagated, scale: int) -> tuple[model.Params, Float[Array, ""]]:
    grad = tuple(  # laid out as differentiation does it, and a little quicker than aᵀ δ
        model.Layer((delta.T @ a).T / scale, jnp.sum(delta, axis=0) / scale)
        for a, delta in zip(each.inputs, each.deltas, strict=True)
    )
    return grad, norm_sq(grad)


@partial(jax.jit, static_argnames="scale")
@full_precision
def _trace_sigma(each: Backpropagated, grad: model.Params, scale: int) -> Float[Array, ""]:
    deltas = [len(delta) / scale * delta for delta in each.deltas]
    return total([layer_trace_sigma(*each_layer) for each_layer in zip(grad, each.inputs, deltas, strict=True)])


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


def measuring_full(
    params: model.Params, x: Float[Array, "examples features"], y: Int[Array, " examples"]
) -> Iterator[Any]:
    """The work of `measure_full` in three short pieces. Each yields what it has found: the last one, the result."""
    scale = _scale(params, require_examples(x, y))
    each = _backpropagate(params, x, y)
    yield each
    grad, grad_norm_sq = _mean_grad(each, scale)
    yield grad
    yield FullGradient(each.loss, grad, grad_norm_sq, _trace_sigma(each, grad, scale))


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
    *_, full = measuring_full(params, x, y)
    return full
