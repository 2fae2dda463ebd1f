"""|G|², tr Σ and the noise scale of what the examples were drawn from, and how far off these estimates may be.

The N examples are a sample: others would have given other numbers. Their standard errors come from the
examples themselves, by the jackknife: how much would an estimate change if one example had not been there?
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Shaped

from lesson_lib import model
from lesson_lib.checks import require_examples
from lesson_lib.noise.geometry import inner_product, norm_sq
from lesson_lib.noise.gradients import full_grad, map_per_example_grads
from lesson_lib.noise.ratio import noise_over_signal
from lesson_lib.training import Params, PerExampleLoss


class Estimate(NamedTuple):
    """A number found from a sample."""

    value: Float[Array, ""]
    standard_error: Float[Array, ""]


class SampleEstimate(NamedTuple):
    """What a sample of examples says of the distribution that they were drawn from."""

    grad_norm_sq: Estimate
    """|G|², without bias, and possibly negative."""
    trace_sigma: Estimate
    """tr Σ, without bias."""
    b_simple: Estimate
    """Their ratio, in examples. Of use while the standard error of |G|² is small beside |G|² itself."""


@partial(jax.jit, static_argnames=("per_example_loss", "chunk_size"))
def sample_estimate(
    params: Params,
    x: Shaped[Array, "examples ..."],
    y: Shaped[Array, "examples ..."],
    *,
    per_example_loss: PerExampleLoss = model.per_example_loss,
    chunk_size: int = 8,
) -> SampleEstimate:
    """|G|², tr Σ and B_simple with their standard errors, from N examples drawn independently.

    With ḡ the mean of the g_i and d_i = g_i - ḡ, the estimates are

        S = Σ |d_i|² / (N - 1) of tr Σ          U = |ḡ|² - S/N of |G|²          S/U of B_simple

    The plain |ḡ|² is too large by tr Σ / N on average. To leave out example i changes S and U by -s_i and -u_i
    over N - 1, up to what is the same for all i:

        s_i = N / (N - 2) · |d_i|²          u_i = 2 ḡ·d_i - 2 |d_i|² / (N - 2)

    Less their mean, these give the squared standard errors Σ s_i² / (N (N - 1)) and Σ u_i² / (N (N - 1)); for the ratio
    (s_i - u_i S/U) / U takes their place. Where |ḡ|² is mostly noise, that of |G|² is up to √2 times too large.

    Args:
        params: any pytree of floating-point arrays, chosen without a look at these examples.
        x, y: the N examples, one a row, at least 3.
        per_example_loss: any model, as a function `(params, x, y) -> losses`, one loss for each example.
        chunk_size: examples whose gradients are in memory at once.

    Raises:
        TypeError, ValueError: fewer than 3 examples; `x` and `y` of different lengths; `chunk_size` out of
            range; a `per_example_loss` that returns anything but one loss for each example.

    Source: the jackknife (Efron 1982, "The Jackknife, the Bootstrap and Other Resampling Plans", ch. 3) of the
    U-statistics S and U (Arvesen 1969, "Jackknifing U-Statistics"); for the ratio also the delta method. That
    it errs on the large side: Efron & Stein 1981, "The Jackknife Estimate of Variance".

    >>> def squared_error(w, x, y):
    ...     return (x @ w - y) ** 2 / 2
    >>> x, y = jnp.array([[1.0, 0], [0, 1], [1, 1], [1, -1]]), jnp.array([1.0, 2, 3, 0])
    >>> estimate = sample_estimate(jnp.zeros(2), x, y, per_example_loss=squared_error)
    >>> [(round(float(value), 4), round(float(error), 4)) for value, error in estimate]
    [(1.5, 1.9365), (4.25, 2.626), (2.8333, 2.8186)]
    """
    num_examples = require_examples(x, y, low=3)
    grad = full_grad(params, x, y, per_example_loss=per_example_loss, chunk_size=chunk_size)

    def along_and_square(example_grad: Params) -> tuple[Float[Array, ""], Float[Array, ""]]:
        deviation = jax.tree.map(jnp.subtract, example_grad, grad)
        return inner_product(deviation, grad), norm_sq(deviation)

    along, square = map_per_example_grads(along_and_square, per_example_loss, params, x, y, chunk_size)
    trace_sigma = jnp.sum(square) / (num_examples - 1)
    grad_norm_sq = norm_sq(grad) - trace_sigma / num_examples
    s, u = num_examples / (num_examples - 2) * square, 2 * (along - square / (num_examples - 2))

    def standard_error(changes: Float[Array, " examples"]) -> Float[Array, ""]:
        return jnp.std(changes, ddof=1) / jnp.sqrt(float(num_examples))

    return SampleEstimate(
        grad_norm_sq=Estimate(grad_norm_sq, standard_error(u)),
        trace_sigma=Estimate(trace_sigma, standard_error(s)),
        b_simple=Estimate(
            noise_over_signal(trace_sigma, grad_norm_sq),
            noise_over_signal(standard_error(s * grad_norm_sq - u * trace_sigma), grad_norm_sq**2),
        ),
    )
