"""Noise over signal, also where one of them is zero."""

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float, Real


def noise_over_signal(noise: Real[ArrayLike, "..."], signal: Real[ArrayLike, "..."]) -> Float[Array, "..."]:
    """Noise / signal, where 0 / 0 is 0: no noise needs no signal.

    Noise without a signal gives infinity. A signal that was estimated, and came out negative, gives a negative ratio:
    it is not clipped. The ratio is NaN only where an argument is NaN, or both are infinite.

    >>> [float(noise_over_signal(*pair)) for pair in ((3.0, 2.0), (0.0, 0.0), (1.0, 0.0), (1.0, -2.0))]
    [1.5, 0.0, inf, -0.5]
    """
    noise = jnp.asarray(noise)
    return noise / jnp.where(noise == 0, 1, signal)


def snr(grad_norm_sq: Real[ArrayLike, "..."], noise_sq: Real[ArrayLike, "..."]) -> Float[Array, "..."]:
    """Signal-to-noise ratio of a batch gradient: |G|² / E|g_B - G|². Infinite without noise.

    For a batch drawn with replacement it is B / B_simple, with the noise scale of McCandlish et al. 2018,
    "An Empirical Model of Large-Batch Training", eq. 2.9.

    >>> round(float(snr(2.5625, 3.1875 / 2)), 4), round(2 / (51 / 41), 4)
    (1.6078, 1.6078)
    """
    return 1 / noise_over_signal(noise_sq, grad_norm_sq)
