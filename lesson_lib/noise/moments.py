"""How much the gradients of single examples differ from each other: tr Σ, |G|² and their ratio, the noise scale.

    tr Σ = mean of |g_i - G|²          B_simple = tr Σ / |G|²

The functions here take any model. They share one compiled program, `gradient_moments`.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Shaped

from lesson_lib import model
from lesson_lib.checks import AnyArray, require_examples, require_int
from lesson_lib.noise.geometry import norm_sq
from lesson_lib.noise.gradients import chunk_grads, full_grad, is_new, take_chunk
from lesson_lib.noise.ratio import noise_over_signal
from lesson_lib.training import Params, PerExampleLoss


class GradientMoments(NamedTuple):
    """What is common to the g_i of the N examples, and how far they are from it."""

    grad: Params
    """G, their mean: a pytree like the parameters."""
    trace_sigma: Float[Array, ""]
    """With ddof = 0."""


@partial(jax.jit, static_argnames=("per_example_loss", "chunk_size"))
def gradient_moments(
    params: Params,
    x: Shaped[Array, "examples ..."],
    y: Shaped[Array, "examples ..."],
    *,
    per_example_loss: PerExampleLoss,
    chunk_size: int,
) -> GradientMoments:
    """G and tr Σ, in two passes over the examples.

    The mean of |g|² less |mean of g|² loses all digits where the mean is large. So the first pass finds G, and
    the second sums d = g_i - G and |d|². What rounding left in G is corrected for:
    tr Σ = mean of |d|² - |mean of d|², where the mean of d is next to nothing.

    Source: the corrected two-pass algorithm (Chan, Golub & LeVeque 1983, "Algorithms for Computing the
    Sample Variance", eq. 1.7).
    """
    num_examples = require_examples(x, y)
    grad = full_grad(params, x, y, per_example_loss=per_example_loss, chunk_size=chunk_size)
    chunk_size = min(require_int("chunk_size", chunk_size, low=1), num_examples)

    def add_chunk(chunk: Int[Array, ""], sums: tuple[Params, Array]) -> tuple[Params, Array]:
        rows = take_chunk(x, chunk, chunk_size), take_chunk(y, chunk, chunk_size)
        new = is_new(num_examples, chunk, chunk_size)

        def deviation(g: Float[Array, "..."], mean: Float[Array, "..."]) -> Float[Array, "..."]:
            return jnp.where(new.reshape(-1, *[1] * mean.ndim), g - mean[None], 0)

        d = jax.tree.map(deviation, chunk_grads(per_example_loss, params, *rows), grad)
        # One sum for each place in the chunk: adding up along the chunk here takes XLA on a CPU 20 times as long.
        return jax.tree.map(jnp.add, sums[0], d), sums[1] + jax.vmap(norm_sq)(d)

    zeros = jax.tree.map(lambda leaf: jnp.zeros((chunk_size, *leaf.shape), leaf.dtype), grad)
    squares = jnp.zeros(chunk_size, jnp.result_type(*jax.tree.leaves(grad)))
    sums = jax.lax.fori_loop(0, -(-num_examples // chunk_size), add_chunk, (zeros, squares))
    shift, mean_sq = jax.tree.map(lambda total: jnp.sum(total, axis=0) / num_examples, sums)
    return GradientMoments(grad, jnp.maximum(mean_sq - norm_sq(shift), 0))


def trace_sigma(
    params: Params,
    x: Shaped[AnyArray, "examples ..."],
    y: Shaped[AnyArray, "examples ..."],
    *,
    ddof: int = 0,
    per_example_loss: PerExampleLoss = model.per_example_loss,
    chunk_size: int = 8,
) -> Float[Array, ""]:
    """Gradient variance tr Σ: the sum of |g_i - G|² over all N examples, divided by N - ddof.

    With ddof = 0 it is the variance of these N examples; with ddof = 1 it estimates, without bias,
    that of the distribution they were drawn from. `predicted_noise_sq` must be told which one it gets.
    An MLP has a way that is many times faster: `measure_full`.

    Args:
        params: any pytree of floating-point arrays.
        x, y: the N examples, one a row.
        ddof: 0 or 1.
        per_example_loss: any model, as a function `(params, x, y) -> losses`, one loss for each example.
        chunk_size: examples whose gradients are in memory at once, beside a sum for each: about
            2 × chunk_size × the memory of the parameters, and the network's intermediate values.

    Raises:
        TypeError, ValueError: `ddof` or `chunk_size` out of range; fewer than 1 + ddof examples; `x` and
            `y` of different lengths; a `per_example_loss` that returns anything but one loss for each example.

    Source: McCandlish et al. 2018, "An Empirical Model of Large-Batch Training", eq. 2.4 (Σ) and 2.9 (its trace).

    >>> def squared_error(w, x, y):
    ...     return (x @ w - y) ** 2 / 2
    >>> x, y = jnp.array([[1.0, 0], [0, 1], [1, 1], [1, -1]]), jnp.array([1.0, 2, 3, 0])
    >>> float(trace_sigma(jnp.zeros(2), x, y, per_example_loss=squared_error))
    3.1875
    >>> float(trace_sigma(jnp.zeros(2), x, y, ddof=1, per_example_loss=squared_error))
    4.25
    """
    ddof = require_int("ddof", ddof, low=0, high=1)
    num_examples = require_examples(x, y, low=1 + ddof)
    moments = gradient_moments(params, x, y, per_example_loss=per_example_loss, chunk_size=chunk_size)
    return moments.trace_sigma * (num_examples / (num_examples - ddof))


def grad_norm_sq(
    params: Params,
    x: Shaped[AnyArray, "examples ..."],
    y: Shaped[AnyArray, "examples ..."],
    *,
    per_example_loss: PerExampleLoss = model.per_example_loss,
    chunk_size: int = 2048,
) -> Float[Array, ""]:
    """|G|²: squared length of the true gradient. Arguments and errors as for `full_grad`.

    >>> def squared_error(w, x, y):
    ...     return (x @ w - y) ** 2 / 2
    >>> x, y = jnp.array([[1.0, 0], [0, 1], [1, 1], [1, -1]]), jnp.array([1.0, 2, 3, 0])
    >>> float(grad_norm_sq(jnp.zeros(2), x, y, per_example_loss=squared_error))
    2.5625
    """
    return norm_sq(full_grad(params, x, y, per_example_loss=per_example_loss, chunk_size=chunk_size))


def b_simple(
    params: Params,
    x: Shaped[AnyArray, "examples ..."],
    y: Shaped[AnyArray, "examples ..."],
    *,
    per_example_loss: PerExampleLoss = model.per_example_loss,
    chunk_size: int = 8,
) -> Float[Array, ""]:
    """Noise scale B_simple = tr Σ / |G|², in examples, with ddof = 0.

    A batch of B_simple examples, drawn with replacement, has a gradient whose noise is as large as the
    true gradient. It is infinite where G = 0 and the examples differ, and 0 where they do not differ:
    then one example tells as much as all of them. Arguments and errors as for `trace_sigma`.

    It is the noise scale of these N examples, as where they are all that is trained with. Of many more, from which
    they were drawn, it tells little where it comes near N: |G|² of the sample is too large by tr Σ / N, so that
    a noise scale of B shows as about B N / (B + N), and hardly ever above N. `sample_estimate` corrects for that,
    and says how sure it is.

    Source: McCandlish et al. 2018, "An Empirical Model of Large-Batch Training", eq. 2.9.

    >>> def squared_error(w, x, y):
    ...     return (x @ w - y) ** 2 / 2
    >>> x, y = jnp.array([[1.0, 0], [0, 1], [1, 1], [1, -1]]), jnp.array([1.0, 2, 3, 0])
    >>> round(41 * float(b_simple(jnp.zeros(2), x, y, per_example_loss=squared_error)), 4)
    51.0
    """
    moments = gradient_moments(params, x, y, per_example_loss=per_example_loss, chunk_size=chunk_size)
    return noise_over_signal(moments.trace_sigma, norm_sq(moments.grad))
