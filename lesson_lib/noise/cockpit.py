"""Four diagnoses of one batch, from how the gradients of its own examples differ.

    g_i  gradient of example i of the batch          g    their mean, the batch gradient

The three tests ask: is this batch large enough? Each was made as a yes or no, whether a ratio of
noise to signal stays below a chosen bound. As Cockpit does, the functions here return the smallest
bound that the batch would pass, so that smaller is better. The three belong together:
norm² = inner² + ortho², because they measure the whole deviation, the part along g and the part across it.

Variances have ddof = 1 in the three tests, and ddof = 0 in `mean_gsnr`.

Sources: Schneider, Dangel & Hennig 2021, "Cockpit: A Practical Debugging Tool for the Training of Deep
Neural Networks", and its code; the papers named below.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Shaped

from lesson_lib import model
from lesson_lib.checks import AnyArray, require_examples, require_positive
from lesson_lib.noise.geometry import inner_product, norm_sq, total
from lesson_lib.noise.gradients import full_grad, map_per_example_grads
from lesson_lib.noise.moments import gradient_moments
from lesson_lib.noise.ratio import noise_over_signal
from lesson_lib.training import Params, PerExampleLoss


def norm_test(
    params: Params,
    x: Shaped[AnyArray, "batch ..."],
    y: Shaped[AnyArray, "batch ..."],
    *,
    per_example_loss: PerExampleLoss = model.per_example_loss,
    chunk_size: int = 8,
) -> Float[Array, ""]:
    """Noise of the batch gradient over its length: √( Σ_i |g_i - g|² / (B - 1) / B ) / |g|.

    Args:
        params: any pytree of floating-point arrays.
        x, y: the B examples of one batch, one a row.
        per_example_loss: any model, as a function `(params, x, y) -> losses`, one loss for each example.
        chunk_size: examples whose gradients are in memory at once.

    Returns:
        The smallest θ for which the norm test passes: 0 where all g_i are equal, infinite where g = 0
        and they are not.

    Raises:
        TypeError, ValueError: fewer than 2 examples; `x` and `y` of different lengths; `chunk_size` out of
            range; a `per_example_loss` that returns anything but one loss for each example.

    Source: Byrd, Chin, Nocedal & Wu 2012, "Sample size selection in optimization methods for machine
    learning", eq. 3.9, with the sample variance of eq. 3.6.

    >>> def squared_error(w, x, y):
    ...     return (x @ w - y) ** 2 / 2
    >>> x, y = jnp.array([[1.0, 0], [0, 1], [1, 1], [1, -1]]), jnp.array([1.0, 2, 3, 0])
    >>> theta = norm_test(jnp.zeros(2), x, y, per_example_loss=squared_error)
    >>> round(float(theta) ** 2, 6), round(4.25 / 4 / 2.5625, 6)
    (0.414634, 0.414634)
    """
    batch_size = require_examples(x, y, low=2)
    moments = gradient_moments(params, x, y, per_example_loss=per_example_loss, chunk_size=chunk_size)
    return jnp.sqrt(noise_over_signal(total(moments.variance) / (batch_size - 1), norm_sq(moments.mean)))


@partial(jax.jit, static_argnames=("per_example_loss", "chunk_size"))
def split_deviations(
    params: Params,
    x: Shaped[Array, "batch ..."],
    y: Shaped[Array, "batch ..."],
    per_example_loss: PerExampleLoss,
    chunk_size: int,
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Noise of the batch gradient over its length, along its direction and across it.

    Deviations g_i - g are split, not the g_i: nothing is lost where they are small beside g.
    """
    batch_size = require_examples(x, y, low=2)
    grad = full_grad(params, x, y, per_example_loss=per_example_loss, chunk_size=chunk_size)
    grad_norm_sq = norm_sq(grad)

    def split(example_grad: Params) -> tuple[Float[Array, ""], Float[Array, ""]]:
        deviation = jax.tree.map(jnp.subtract, example_grad, grad)
        share = inner_product(deviation, grad) / jnp.where(grad_norm_sq == 0, 1, grad_norm_sq)
        across = jax.tree.map(lambda deviation, g: deviation - share * g, deviation, grad)
        return share, norm_sq(across)

    shares, across = map_per_example_grads(split, per_example_loss, params, x, y, chunk_size)
    degrees = batch_size * (batch_size - 1)
    return (
        jnp.sqrt(jnp.sum(shares**2) / degrees),
        jnp.sqrt(noise_over_signal(jnp.sum(across) / degrees, grad_norm_sq)),
    )


def inner_test(
    params: Params,
    x: Shaped[AnyArray, "batch ..."],
    y: Shaped[AnyArray, "batch ..."],
    *,
    per_example_loss: PerExampleLoss = model.per_example_loss,
    chunk_size: int = 8,
) -> Float[Array, ""]:
    """Noise along the batch gradient: √( Σ_i (g_i · g - |g|²)² / (B - 1) / B ) / |g|².

    Arguments and errors as for `norm_test`.

    Returns:
        The smallest θ for which the inner product test passes: 0 where all g_i are equal, and where g = 0,
        because nothing lies along it (the other two tests are infinite there).

    Source: Bollapragada, Byrd & Nocedal 2018, "Adaptive Sampling Strategies for Stochastic
    Optimization" (arXiv:1710.11258), eq. 2.6.

    >>> def squared_error(w, x, y):
    ...     return (x @ w - y) ** 2 / 2
    >>> x, y = jnp.array([[1.0, 0], [0, 1], [1, 1], [1, -1]]), jnp.array([1.0, 2, 3, 0])
    >>> theta = inner_test(jnp.zeros(2), x, y, per_example_loss=squared_error)
    >>> round(float(theta) ** 2, 6), round((1 + 2.5**2 + 6.75**2 - 4 * 2.5625**2) / 3 / 4 / 2.5625**2, 6)
    (0.336903, 0.336903)
    """
    along, _ = split_deviations(params, x, y, per_example_loss, chunk_size)
    return along


def ortho_test(
    params: Params,
    x: Shaped[AnyArray, "batch ..."],
    y: Shaped[AnyArray, "batch ..."],
    *,
    per_example_loss: PerExampleLoss = model.per_example_loss,
    chunk_size: int = 8,
) -> Float[Array, ""]:
    """Noise across the batch gradient: √( Σ_i |g_i - (g_i · g / |g|²) g|² / (B - 1) / B ) / |g|.

    Arguments and errors as for `norm_test`.

    Returns:
        The smallest ν for which the orthogonality test passes: 0 where all g_i point along g, infinite
        where g = 0 and the g_i are not all equal.

    Source: Bollapragada, Byrd & Nocedal 2018, "Adaptive Sampling Strategies for Stochastic
    Optimization" (arXiv:1710.11258), eq. 3.3.

    >>> def squared_error(w, x, y):
    ...     return (x @ w - y) ** 2 / 2
    >>> x, y = jnp.array([[1.0, 0], [0, 1], [1, 1], [1, -1]]), jnp.array([1.0, 2, 3, 0])
    >>> nu = ortho_test(jnp.zeros(2), x, y, per_example_loss=squared_error)
    >>> round(float(nu) ** 2, 6)
    0.077732
    """
    _, across = split_deviations(params, x, y, per_example_loss, chunk_size)
    return across


def mean_gsnr(
    params: Params,
    x: Shaped[AnyArray, "batch ..."],
    y: Shaped[AnyArray, "batch ..."],
    *,
    epsilon: float = 1e-5,
    per_example_loss: PerExampleLoss = model.per_example_loss,
    chunk_size: int = 8,
) -> Float[Array, ""]:
    """Mean over all parameters j of their gradient's signal-to-noise ratio: g_j² / (var_j + ε).

    var_j is the variance of the j-th entry of the g_i, with ddof = 0. Arguments and errors as for
    `norm_test`, but one example is enough.

    Args:
        epsilon: ε > 0, in the unit of a squared gradient. Cockpit's 1e-5 keeps parameters that no example
            has a gradient for at 0 (the weights of pixels that are always black); a smaller one lets
            parameters whose gradients hardly differ rule the mean.

    Source: Liu, Jiang, Bai, Chen & Wang 2020, "Understanding Why Neural Networks Generalize Well Through
    GSNR of Parameters", for one parameter; ε and the mean over the parameters as in Cockpit.

    >>> def squared_error(w, x, y):
    ...     return (x @ w - y) ** 2 / 2
    >>> x, y = jnp.array([[1.0, 0], [0, 1], [1, 1], [1, -1]]), jnp.array([1.0, 2, 3, 0])
    >>> gsnr = mean_gsnr(jnp.zeros(2), x, y, epsilon=1e-9, per_example_loss=squared_error)
    >>> round(float(gsnr), 6), round((1 / 1.5 + 1.5625 / 1.6875) / 2, 6)
    (0.796296, 0.796296)
    """
    require_positive("epsilon", epsilon)
    moments = gradient_moments(params, x, y, per_example_loss=per_example_loss, chunk_size=chunk_size)
    ratios = jax.tree.map(lambda mean, variance: mean**2 / (variance + epsilon), *moments)
    return total(ratios) / sum(leaf.size for leaf in jax.tree.leaves(ratios))
