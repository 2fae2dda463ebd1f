"""|G|² and tr Σ from batch gradients alone, as one must where the true gradient is too dear.

Both estimates are without bias. Their ratio is not, so average the parts first, over many draws or
updates, and divide the averages. An estimate of |G|² may come out negative: clipped at zero it would
no longer be right on average.

Batches are thought of as drawn with replacement, or from so many examples that it makes no
difference. Drawn without replacement from N examples, S = N/(N-1) · tr Σ comes out on average in
place of tr Σ (its ddof = 1), and |G|² - S/N in place of |G|².
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Real

from lesson_lib.checks import AnyArray, require_int
from lesson_lib.noise.geometry import norm_sq
from lesson_lib.noise.ratio import noise_over_signal
from lesson_lib.training import Params


class NoiseEstimate(NamedTuple):
    """Estimates of |G|² and tr Σ, each without bias and each possibly negative, of one or of many updates."""

    grad_norm_sq: Float[Array, "*updates"]
    trace_sigma: Float[Array, "*updates"]

    @property
    def b_simple(self) -> Float[Array, "*updates"]:
        """Ratio of the two, not clipped: an estimate of the noise scale tr Σ / |G|², in examples."""
        return noise_over_signal(self.trace_sigma, self.grad_norm_sq)


def as_floats(arrays: Sequence[Real[AnyArray, "..."]]) -> list[Any]:
    """The arrays in at least float32; where none of them is one of JAX, in NumPy's float64.

    What follows is a difference of two numbers that may be large: JAX would round them to float32 before.
    """
    asarray = jnp.asarray if any(isinstance(array, jax.Array) for array in arrays) else np.asarray
    return [asarray(array, float) for array in arrays]


def micro_batch_estimate(micro_grads: Params, micro_batch_size: int) -> NoiseEstimate:
    """|G|² and tr Σ from the gradients of the M micro-batches that make up one batch.

    With b examples in each micro-batch, gradients g_m and their mean g:

        tr Σ ≈ b · s²     s² = sum of |g_m - g|² / (M - 1)          |G|² ≈ |g|² - s² / M

    These are the numbers that follow from the lengths of gradients of two batch sizes, b and B = M · b (appendix A.1),
    computed without taking the difference of two large ones.

    Args:
        micro_grads: g_m of the M micro-batches: leaves of shape `(M, *shape)`.
        micro_batch_size: b.

    Raises:
        TypeError, ValueError: `micro_batch_size` is not a whole number of at least 1, or the leaves of
            `micro_grads` do not all hold the same number of gradients, 2 or more.

    Source: the sample variance of a mean; McCandlish et al. 2018, "An Empirical Model of Large-Batch
    Training", appendix A.1 uses the micro-batches of data-parallel training for the same.

    >>> micro_batch_estimate(jnp.array([[1.0, 0.0], [3.0, 0.0]]), micro_batch_size=8)
    NoiseEstimate(grad_norm_sq=Array(3., dtype=float32), trace_sigma=Array(16., dtype=float32))
    """
    micro_batch_size = require_int("micro_batch_size", micro_batch_size, low=1)
    counts = {leaf.shape[0] if leaf.ndim else 0 for leaf in jax.tree.leaves(micro_grads)}
    if len(counts) != 1 or min(counts) < 2:
        raise ValueError(
            f"every leaf of micro_grads must hold the same number of gradients, at least 2, got {sorted(counts)}"
        )
    (count,) = counts
    leaves = as_floats(jax.tree.leaves(micro_grads))
    means = [leaf.mean(axis=0) for leaf in leaves]
    deviations = [jnp.asarray(leaf - mean[None], float) for leaf, mean in zip(leaves, means, strict=True)]
    spread = norm_sq(deviations) / (count - 1)
    length_sq = norm_sq([jnp.asarray(mean, float) for mean in means])
    return NoiseEstimate(grad_norm_sq=length_sq - spread / count, trace_sigma=micro_batch_size * spread)
