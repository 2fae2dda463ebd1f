"""Estimates from a sample of examples, and their standard errors: by leaving out one, and by drawing many samples."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import linear
from hypothesis import given
from hypothesis import strategies as st

from lesson_lib.noise import b_simple, sample_estimate

pytestmark = pytest.mark.slow

NUM_EXAMPLES, SAMPLES = 40, 4000
MEAN = np.array([0.6, -0.3, 0.2])
SCALE = np.array([1.0, 2.0, 0.5])
"""The true gradient, and each coordinate's standard deviation. Their distribution is skewed."""
GRAD_NORM_SQ, TRACE_SIGMA = float(MEAN @ MEAN), float(SCALE @ SCALE)


@jax.jit
@jax.vmap
def measure(x):
    return sample_estimate(jnp.zeros(x.shape[1]), x, jnp.zeros(len(x)), per_example_loss=linear)


def estimates_of(grads):
    """`sample_estimate` of many samples of gradients, `[samples, examples, parameters]`: rows value and error."""
    return jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), measure(jnp.asarray(grads, jnp.float32)))


def leave_one_out(grads):
    """|G|² and tr Σ without one of the examples, for each of them."""
    rows = []
    for i in range(len(grads)):
        rest = np.delete(grads, i, axis=0)
        trace = rest.var(axis=0, ddof=1).sum()
        rows.append((np.sum(rest.mean(0) ** 2) - trace / len(rest), trace))
    return np.array(rows)


@given(st.integers(0, 2**32 - 1), st.sampled_from([3, 4, 12]))  # each number is compiled anew
def test_standard_errors_are_those_of_the_jackknife(seed, num_examples):
    grads = np.float32(np.random.default_rng(seed).normal(2, 1, (num_examples, 2)))
    found = estimates_of(grads[None])
    trace = grads.var(axis=0, ddof=1, dtype=np.float64).sum()
    signal = np.sum(grads.mean(0, dtype=np.float64) ** 2) - trace / num_examples
    without = leave_one_out(grads.astype(np.float64))
    without -= without.mean(0)
    ratio = (without[:, 1] * signal - without[:, 0] * trace) / signal**2
    values = (signal, trace, trace / signal)
    for estimate, value, changes in zip(found, values, (*without.T, ratio), strict=True):
        error = math.sqrt((num_examples - 1) / num_examples * np.sum(changes**2))
        assert estimate.value[0] == pytest.approx(value, rel=1e-4, abs=1e-4)
        assert estimate.standard_error[0] == pytest.approx(error, rel=1e-3, abs=1e-4)


@pytest.fixture(scope="module")
def samples():
    """Estimates of |G|² = .49 and tr Σ = 5.25 from 4,000 samples of 400 and of 40 examples."""
    rng = np.random.default_rng(0)
    return {
        count: estimates_of(MEAN + SCALE * (rng.exponential(size=(SAMPLES, count, 3)) - 1))
        for count in (10 * NUM_EXAMPLES, NUM_EXAMPLES)
    }


@pytest.mark.parametrize("count", [NUM_EXAMPLES, 10 * NUM_EXAMPLES])
def test_estimates_are_right_on_average(samples, count):
    for estimate, true in zip(samples[count], (GRAD_NORM_SQ, TRACE_SIGMA), strict=False):
        assert abs(estimate.value.mean() - true) < 4 * estimate.value.std() / math.sqrt(SAMPLES)


def test_standard_errors_are_the_spread_over_many_samples(samples):
    """Within 4 standard errors of a variance, and 3 % for what is left of order 1/N."""
    estimates = samples[10 * NUM_EXAMPLES]
    for estimate in estimates[:2]:
        squares = (estimate.value - estimate.value.mean()) ** 2
        tolerance = 4 * squares.std() / math.sqrt(SAMPLES) + 0.03 * squares.mean()
        assert abs(np.mean(estimate.standard_error**2) - squares.mean()) < tolerance
    # A ratio has long tails: its middle half is looked at.
    low, high = np.quantile(estimates.b_simple.value, (0.25, 0.75))
    assert np.median(estimates.b_simple.standard_error) == pytest.approx((high - low) / 1.349, rel=0.1)


def test_the_truth_lies_within_two_standard_errors_nearly_always(samples):
    truths = GRAD_NORM_SQ, TRACE_SIGMA, TRACE_SIGMA / GRAD_NORM_SQ
    for estimate, true in zip(samples[10 * NUM_EXAMPLES], truths, strict=True):
        covered = np.mean(np.abs(estimate.value - true) < 1.96 * estimate.standard_error)
        assert 0.90 < covered < 0.97


def test_where_all_is_noise_the_error_of_the_signal_is_at_most_root_two_too_large():
    """G = 0 and Σ = 1 in 30 dimensions: the variance of the estimate is exactly 2 tr Σ² / (N (N - 1))."""
    count = 20
    estimate = estimates_of(np.random.default_rng(1).normal(size=(1000, count, 30))).grad_norm_sq
    exact = 2 * 30 / count / (count - 1)
    assert np.mean(estimate.value**2) == pytest.approx(exact, rel=4 * math.sqrt(2 / 1000) * 1.2)
    assert 1.0 < np.mean(estimate.standard_error**2) / exact < 2.2


def test_equal_gradients_have_no_error():
    estimate = estimates_of(np.full((1, 5, 2), 3.0))
    assert [tuple(map(float, part)) for part in jax.tree.map(lambda leaf: leaf[0], estimate)] == [
        (18, 0),
        (0, 0),
        (0, 0),
    ]


def test_the_noise_scale_of_n_examples_is_not_far_above_n():
    """Drawn where B_simple is 1,000, 50 of them show about 1 / (1/1,000 + 1/50) = 48."""
    x = 0.5 + jax.random.normal(jax.random.key(0), (100, 50, 250)) * math.sqrt(250)
    seen = jax.jit(jax.vmap(lambda x: b_simple(jnp.zeros(250), x, jnp.zeros(50), per_example_loss=linear)))(x)
    tolerance = 4 * float(jnp.std(1 / seen)) / math.sqrt(len(seen))
    assert float(jnp.mean(1 / seen)) == pytest.approx(50 / 49 * (1 / 1000 + 1 / 50), abs=tolerance)
    assert float(seen.max()) < 1.5 * 50


def test_three_examples_are_needed():
    for count in (0, 2):
        with pytest.raises(ValueError, match=f"at least 3 examples, got {count}"):
            sample_estimate(jnp.zeros(2), jnp.zeros((count, 2)), jnp.zeros(count), per_example_loss=linear)
