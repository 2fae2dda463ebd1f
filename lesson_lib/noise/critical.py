"""How many updates a larger batch saves, and how many examples it costs.

Measure, for several batch sizes, the updates S and the examples E = B · S that reach the same loss. They lie on

    (S / S_min - 1) (E / E_min - 1) = 1, which is the same as S = S_min + E_min / B

S_min updates are needed however large the batch, E_min examples however small. At the critical batch
size B_crit = E_min / S_min both are twice as many as they must be.

Source: McCandlish et al. 2018, "An Empirical Model of Large-Batch Training", eq. 2.11 and 2.12.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Real

REWEIGHTINGS = 50
"""Rounds of the fit; it converges within a few."""


class TradeOff(NamedTuple):
    """The hyperbola through the measured pairs."""

    min_updates: float
    """S_min."""
    min_examples: float
    """E_min."""

    @property
    def critical_batch_size(self) -> float:
        """B_crit = E_min / S_min, in examples."""
        return self.min_examples / self.min_updates


def fit_trade_off(updates: Real[np.ndarray, " runs"], examples: Real[np.ndarray, " runs"]) -> TradeOff:
    """Fit the hyperbola to measured pairs of updates and examples.

    S = S_min + E_min / B is a straight line in 1/B, fitted by least squares of the *relative* errors of S:
    ten percent count the same at 50 updates and at 5,000. The errors are relative to the line, which is
    not known before, so the fit is repeated with the line before it. (Errors relative to the measured S would
    pull the line down.)

    Args:
        updates: S, updates to the target, for each run.
        examples: E = B · S, examples seen to the target.

    Raises:
        ValueError: different lengths; a number that is not finite and above 0; fewer than two batch
            sizes; pairs that no such hyperbola fits, because S does not fall with B or falls faster than 1/B.

    Source: McCandlish et al. 2018, eq. 2.11; the fit is the quasi-likelihood for a constant coefficient
    of variation (McCullagh & Nelder 1989, "Generalized Linear Models", ch. 8 and 9).

    >>> fit = fit_trade_off(np.array([1100.0, 200.0]), np.array([11_000.0, 20_000.0]))
    >>> round(fit.min_updates, 6), round(fit.min_examples, 6), round(fit.critical_batch_size, 6)
    (100.0, 10000.0, 100.0)
    """
    updates, examples = np.asarray(updates, np.float64), np.asarray(examples, np.float64)
    if updates.ndim != 1 or updates.shape != examples.shape:
        raise ValueError(
            f"updates and examples must be 1-D and of one length, got shapes {updates.shape} and {examples.shape}"
        )
    for name, values in (("updates", updates), ("examples", examples)):
        if not np.all(np.isfinite(values) & (values > 0)):
            raise ValueError(f"{name} must hold finite numbers above 0, got {values}")
    batch_sizes = examples / updates
    if len(batch_sizes) < 2 or np.allclose(batch_sizes, batch_sizes[0]):
        raise ValueError(f"updates and examples must come from at least 2 batch sizes, got {batch_sizes}")
    columns = np.stack([np.ones_like(batch_sizes), 1 / batch_sizes], axis=1)
    line = updates
    for _ in range(REWEIGHTINGS):
        (min_updates, min_examples), *_ = np.linalg.lstsq(columns / line[:, None], updates / line)
        if min_updates <= 0 or min_examples <= 0:
            raise ValueError(
                "updates and examples fit no hyperbola: it would have S_min = "
                f"{min_updates:.4g} and E_min = {min_examples:.4g}; measure smaller and larger batch sizes"
            )
        line = columns @ (min_updates, min_examples)
    return TradeOff(float(min_updates), float(min_examples))
