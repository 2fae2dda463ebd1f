"""SGD on the simplest loss there is: L(w) = h w² / 2, with noise in its gradient.

    g = h w + ξ, where ξ has mean 0 and variance s² / B, independent from update to update

A network close to a minimum looks like many of these, one for each eigenvalue h of the Hessian.
Momentum is used as optax and PyTorch do: v ← β v + g, then w ← w - η v. With β = 0 it is plain SGD.
"""

from jaxtyping import ArrayLike, Real

from lesson_lib.checks import require_from_zero, require_int, require_positive


def stability_edge(curvature: Real[ArrayLike, ""], *, momentum: Real[ArrayLike, ""] = 0.0) -> float:
    """Learning rate from which the updates no longer settle: 2 (1 + β) / h.

    Args:
        curvature: h > 0; with many parameters, the largest eigenvalue of the Hessian.
        momentum: β, from 0 to below 1.

    Raises:
        TypeError, ValueError: a number out of its range.

    Source: the roots of z² - (1 + β - η h) z + β, by which w shrinks or grows at every update, lie in the
    unit circle just when 0 < η h < 2 (1 + β) (Polyak 1964, "Some methods of speeding up the convergence of
    iteration methods"; Goh 2017, "Why Momentum Really Works").

    >>> stability_edge(4.0), stability_edge(4.0, momentum=0.9)
    (0.5, 0.95)
    """
    h, beta = require_positive("curvature", curvature), require_from_zero("momentum", momentum, below=1.0)
    return 2 * (1 + beta) / h


def noise_floor(
    curvature: Real[ArrayLike, ""],
    learning_rate: Real[ArrayLike, ""],
    noise_sq: Real[ArrayLike, ""],
    batch_size: int,
    *,
    momentum: Real[ArrayLike, ""] = 0.0,
) -> float:
    """E[w²] that a constant learning rate comes down to, and no further.

    E[w²] = η s² (1 + β) / (h B (1 - β) (2 (1 + β) - η h)), without momentum η s² / (h B (2 - η h)).
    The loss stands at h/2 times this. For small η h it depends on η / (1 - β) alone: momentum
    lowers no floor at the same effective learning rate.

    Args:
        curvature: h > 0.
        learning_rate: η > 0, below `stability_edge`.
        noise_sq: s² ≥ 0, variance of one example's gradient; its square root has the unit of h w.
        batch_size: B, at least 1; its examples are drawn with replacement, or from very many.
        momentum: β, from 0 to below 1.

    Returns:
        Mean of w² once the start is forgotten, in the unit of w².

    Raises:
        TypeError, ValueError: a number out of its range; a learning rate at or above the stability edge,
            where w² grows without end.

    Source: the variance of a second-order autoregressive process (Box, Jenkins & Reinsel, "Time Series
    Analysis", sec. 3.2.4) with φ₁ = 1 + β - η h, φ₂ = -β and noise of variance η² s² / B, for
    w_{t+1} = (1 + β - η h) w_t - β w_{t-1} - η ξ_t. Gitman, Lang, Zhang & Xiao 2019, "Understanding the
    Role of Momentum in Stochastic Gradient Methods", treat many dimensions.

    >>> noise_floor(curvature=2.0, learning_rate=0.5, noise_sq=8.0, batch_size=4)
    0.5
    >>> round(noise_floor(curvature=2.0, learning_rate=0.5, noise_sq=8.0, batch_size=4, momentum=0.5), 6)
    0.75
    """
    h = require_positive("curvature", curvature)
    eta = require_positive("learning_rate", learning_rate)
    s_sq, beta = require_from_zero("noise_sq", noise_sq), require_from_zero("momentum", momentum, below=1.0)
    batch_size = require_int("batch_size", batch_size, low=1)
    edge = stability_edge(h, momentum=beta)
    if eta >= edge:
        raise ValueError(f"learning_rate must be below the stability edge {edge:g}, got {learning_rate!r}")
    return eta * s_sq * (1 + beta) / (h * batch_size * (1 - beta) * (2 * (1 + beta) - eta * h))
