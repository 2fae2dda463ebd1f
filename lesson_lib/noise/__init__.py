"""How far a batch's gradient lies from the true gradient.

    g_i  gradient of example i's loss           G    mean of g_i over all N examples: the true gradient
    g_B  mean of g_i over a batch of size B     tr Σ mean of |g_i - G|² over all N examples

For a batch of B examples drawn at random, E|g_B - G|² = tr Σ / B with replacement, and
tr Σ / B · (N - B) / (N - 1) without.

Everything takes any model, as a function `per_example_loss(params, x, y)` on any pytree of parameters, in which an
example's loss does not depend on the others beside it (as batch normalization makes it do; that is not checked).
Only `measure_full` is for the lessons' MLP alone, and many times faster. Sums are made in at least float32, and so
are matrix products on a GPU, which would else round to three digits.
"""

from lesson_lib.noise.batches import batch_cosine, batch_noise_sq, predicted_noise_sq
from lesson_lib.noise.critical import TradeOff, fit_trade_off
from lesson_lib.noise.direction import direction_noise_factor
from lesson_lib.noise.estimators import NoiseEstimate, micro_batch_estimate
from lesson_lib.noise.geometry import cosine, norm_sq
from lesson_lib.noise.gradients import full_grad, per_example_grads
from lesson_lib.noise.mlp import FullGradient, measure_full, measuring_full
from lesson_lib.noise.moments import b_simple, grad_norm_sq, trace_sigma
from lesson_lib.noise.quadratic import noise_floor, stability_edge
from lesson_lib.noise.ratio import snr
from lesson_lib.noise.sample import SampleEstimate, sample_estimate

__all__ = [
    "FullGradient",
    "NoiseEstimate",
    "SampleEstimate",
    "TradeOff",
    "b_simple",
    "batch_cosine",
    "batch_noise_sq",
    "cosine",
    "direction_noise_factor",
    "fit_trade_off",
    "full_grad",
    "grad_norm_sq",
    "measure_full",
    "measuring_full",
    "micro_batch_estimate",
    "noise_floor",
    "norm_sq",
    "per_example_grads",
    "predicted_noise_sq",
    "sample_estimate",
    "snr",
    "stability_edge",
    "trace_sigma",
]
