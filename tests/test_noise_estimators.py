"""Estimates from batch gradients alone: right on average over every draw, and allowed to be negative."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lesson_lib.noise import NoiseEstimate, micro_batch_estimate

# Least squares of the lessons at w = 0: |G|² = 2.5625, tr Σ = 3.1875 and 4.25 with ddof = 1.
GRADS = np.array([[-1, 0], [0, -2], [-3, -3], [0, 0]], np.float64)


@pytest.mark.parametrize(("replace", "signal", "noise"), [(True, 2.5625, 3.1875), (False, 2.5625 - 4.25 / 4, 4.25)])
def test_micro_batches_are_right_on_average_over_every_draw(replace, signal, noise):
    drawn = itertools.product(range(4), repeat=4) if replace else itertools.permutations(range(4))
    micro_grads = GRADS[np.array(list(drawn))].reshape(-1, 2, 2, 2).mean(2)  # draws, 2 micro-batches of 2, parameters
    # The mean over draws of each part is what counts; the estimator is quadratic, so a few draws at a time will do.
    parts = np.array([tuple(micro_batch_estimate(jnp.asarray(grads), 2)) for grads in np.unique(micro_grads, axis=0)])
    _, counts = np.unique(micro_grads, axis=0, return_counts=True)
    np.testing.assert_allclose(np.average(parts, axis=0, weights=counts), (signal, noise), rtol=1e-5)


@given(st.integers(0, 2**32 - 1), st.integers(1, 1000))
def test_it_is_what_the_lengths_of_two_batch_sizes_say(seed, micro_batch_size):
    micro_grads = np.random.default_rng(seed).normal(size=(4, 3))
    squares = np.mean(np.sum(micro_grads**2, 1)), np.sum(micro_grads.mean(0) ** 2)
    signal, noise = two_batch_parts(*squares, micro_batch_size, 4 * micro_batch_size)
    tree = {"w": jnp.asarray(micro_grads[:, :2], jnp.float32), "b": jnp.asarray(micro_grads[:, 2], jnp.float32)}
    by_grads = micro_batch_estimate(tree, micro_batch_size)
    np.testing.assert_allclose(by_grads.grad_norm_sq, signal, atol=1e-5)
    np.testing.assert_allclose(by_grads.trace_sigma, noise, atol=1e-5 * micro_batch_size)


def test_numbers_in_float64_are_not_rounded_before_their_difference_is_taken():
    """1 beside 1e9 is lost in float32."""
    estimate = micro_batch_estimate({"w": np.array([[1e9 + 1], [1e9 - 1]])}, 1)
    assert float(estimate.trace_sigma) == 2
    assert estimate.trace_sigma.dtype == estimate.grad_norm_sq.dtype == jnp.float32


def test_negative_estimates_are_not_clipped():
    estimate = micro_batch_estimate(jnp.array([[1.0], [-1.0]]), 8)
    assert tuple(map(float, estimate)) == (-1, 16)
    assert float(estimate.b_simple) == -16


def test_the_ratio_of_means_is_right_where_the_mean_of_ratios_is_not():
    rng = np.random.default_rng(0)
    num_draws, num_micro, size = 4000, 8, 16
    noise = rng.normal(size=(num_draws, num_micro, 10)) / np.sqrt(size)  # tr Σ = 10
    micro_grads = (noise + np.full(10, 0.2)).astype(np.float32)  # |G|² = 0.4, B_simple = 25
    squares = np.sum(micro_grads**2, 2).mean(1), np.sum(micro_grads.mean(1) ** 2, 1)
    draws = [micro_batch_estimate(jnp.asarray(grads), size) for grads in micro_grads[:200]]
    parts = two_batch_parts(*squares, size, num_micro * size)
    np.testing.assert_allclose(np.array(draws).T, parts[:, :200], rtol=1e-3, atol=1e-4)
    mean = NoiseEstimate(*map(jnp.asarray, parts.mean(1)))
    errors = parts.std(1, ddof=1) / np.sqrt(num_draws)
    assert np.all(np.abs(np.array([0.4, 10.0]) - np.array(mean)) < 4 * errors)
    np.testing.assert_allclose(mean.b_simple, 25, rtol=0.02)
    assert np.mean(parts[1] / parts[0]) > 26


def two_batch_parts(small, large, small_size, large_size):
    """|G|² and tr Σ of each draw, by the definitions."""
    return np.array(
        [
            (large_size * large - small_size * small) / (large_size - small_size),
            (small - large) / (1 / small_size - 1 / large_size),
        ]
    )


def test_parts_can_be_averaged_over_updates_before_they_are_divided():
    parts = NoiseEstimate(jnp.array([1.0, -0.5]), jnp.array([3.0, 5.0]))
    assert float(NoiseEstimate(*map(jnp.mean, parts)).b_simple) == 16
    np.testing.assert_array_equal(parts.b_simple, [3, -10])


@pytest.mark.parametrize("grads", [jnp.ones((3, 2)), jnp.zeros((3, 2))])
def test_equal_micro_batches_have_no_noise(grads):
    estimate = micro_batch_estimate(grads, 4)
    assert float(estimate.trace_sigma) == 0
    assert float(estimate.b_simple) == 0


def test_micro_batches_with_a_mean_of_ten_thousand_deviations():
    grads = np.random.default_rng(1).normal(1e4, 1, (50, 30)).astype(np.float32)
    estimate = micro_batch_estimate(jnp.asarray(grads), 2)
    np.testing.assert_allclose(estimate.trace_sigma, 2 * np.sum(np.var(grads.astype(float), 0, ddof=1)), rtol=1e-4)
