"""What a batch's gradient g_B makes of the true gradient G: measured on batches, and predicted by theory."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Int, Real, Shaped

from lesson_lib import model
from lesson_lib.checks import require_int
from lesson_lib.noise.geometry import cosine, norm_sq
from lesson_lib.noise.gradients import full_grad as mean_grad
from lesson_lib.precision import full_precision, is_half_precision, widen
from lesson_lib.training import Params, PerExampleLoss, losses_of


def predicted_noise_sq(
    trace_sigma: Real[ArrayLike, "*shape"], batch_size: int, num_examples: int, *, replace: bool = False, ddof: int = 0
) -> Real[ArrayLike, "*shape"]:
    """What theory says of E|g_B - G|², the mean over all batches that can be drawn.

        replace    ddof = 0                       ddof = 1
        True       tr Σ / B                       tr Σ / B · (1 - 1/N)
        False      tr Σ / B · (N - B) / (N - 1)   tr Σ / B · (1 - B/N)

    Each factor belongs to its ddof; another one beside it is a wrong number.

    Args:
        trace_sigma: gradient variance tr Σ of the N examples.
        batch_size: B, from 1 to N (any B with replacement).
        num_examples: N.
        replace: are the examples of a batch drawn with replacement?
        ddof: 0 or 1: was the sum of |g_i - G|² divided by N or by N - 1 to get `trace_sigma`?

    Raises:
        TypeError, ValueError: a number out of its range; ddof = 1 with a single example.

    Source: the variance of a sample mean (Cochran 1977, "Sampling Techniques", theorem 2.2), summed
    over the coordinates of the gradient.

    >>> predicted_noise_sq(3.1875, 2, 4), predicted_noise_sq(4.25, 2, 4, ddof=1)
    (1.0625, 1.0625)
    >>> predicted_noise_sq(3.1875, 2, 4, replace=True), predicted_noise_sq(4.25, 2, 4, replace=True, ddof=1)
    (1.59375, 1.59375)
    """
    ddof = require_int("ddof", ddof, low=0, high=1)
    num_examples = require_int("num_examples", num_examples, low=1 + ddof)
    batch_size = require_int("batch_size", batch_size, low=1, high=None if replace else num_examples)
    if replace:
        factor = 1 - ddof / num_examples
    elif ddof:
        factor = 1 - batch_size / num_examples
    else:  # A single example makes no noise; its 0 / 0 must not get here.
        factor = (num_examples - batch_size) / max(num_examples - 1, 1)
    return trace_sigma / batch_size * factor


@full_precision
def map_batch_grads(
    measure: Callable[[Params], Float[Array, ""]],
    params: Params,
    x: Shaped[Array, "examples ..."],
    y: Shaped[Array, "examples ..."],
    batches: Int[Array, "draws batch"] | None,
    per_example_loss: PerExampleLoss,
) -> Float[Array, " draws"]:
    """`measure(g_B)` of each batch, one batch after the other."""

    def mean_loss(params: Params, x: Array, y: Array) -> Float[Array, ""]:
        return jnp.mean(losses_of(per_example_loss, params, x, y))

    def measure_batch(x: Array, y: Array) -> Float[Array, ""]:
        if is_half_precision(params):  # The 1 / B in a mean may round it to 0.
            return measure(mean_grad(params, x, y, per_example_loss=per_example_loss))
        return measure(jax.grad(mean_loss)(params, x, y))

    if batches is None:
        return measure_batch(x, y)[None]
    return jax.lax.map(lambda chosen: measure_batch(x[chosen], y[chosen]), batches)


@partial(jax.jit, static_argnames="per_example_loss")
def batch_noise_sq(
    params: Params,
    x: Shaped[Array, "examples ..."],
    y: Shaped[Array, "examples ..."],
    batches: Int[Array, "draws batch"] | None,
    full_grad: Params,
    *,
    per_example_loss: PerExampleLoss = model.per_example_loss,
) -> Float[Array, " draws"]:
    """|g_B - G|² of each of some batches.

    Args:
        params: any pytree of floating-point arrays.
        x, y: all N examples, one a row.
        batches: the examples of each batch, a batch a row; `None` stands for one batch of all examples.
        full_grad: G at `params`.
        per_example_loss: any model, as a function `(params, x, y) -> losses`, one loss for each example.
    """
    full_grad = jax.tree.map(widen, full_grad)

    def noise_sq(batch_grad: Params) -> Float[Array, ""]:
        return norm_sq(jax.tree.map(jnp.subtract, batch_grad, full_grad))

    return map_batch_grads(noise_sq, params, x, y, batches, per_example_loss)


@partial(jax.jit, static_argnames="per_example_loss")
def batch_cosine(
    params: Params,
    x: Shaped[Array, "examples ..."],
    y: Shaped[Array, "examples ..."],
    batches: Int[Array, "draws batch"] | None,
    full_grad: Params,
    *,
    per_example_loss: PerExampleLoss = model.per_example_loss,
) -> Float[Array, " draws"]:
    """Cosine of the angle between g_B and G for each of some batches, from -1 to 1. Arguments as `batch_noise_sq`."""
    return map_batch_grads(partial(cosine, full_grad), params, x, y, batches, per_example_loss)
