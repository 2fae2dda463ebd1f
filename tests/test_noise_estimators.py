"""Estimates from batch gradients alone: right on average over every draw, and allowed to be negative."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lesson_lib.noise import NoiseEstimate, micro_batch_estimate, two_batch_estimate

# Least squares of the lessons at w = 0: |G|² = 2.5625, tr Σ = 3.1875 and 4.25 with ddof = 1.
GRADS = np.array([[-1, 0], [0, -2], [-3, -3], [0, 0]], np.float64)


def norms_of_every_batch(batch_size, replace):
    batches = (
        itertools.product(range(4), repeat=batch_size) if replace else itertools.combinations(range(4), batch_size)
    )
    return jnp.asarray([np.sum(GRADS[list(batch)].mean(0) ** 2) for batch in batches], jnp.float32)


@pytest.mark.parametrize(("replace", "signal", "noise"), [(True, 2.5625, 3.1875), (False, 2.5625 - 4.25 / 4, 4.25)])
@pytest.mark.parametrize("sizes", [(1, 2), (1, 4), (2, 3)])
def test_two_batches_are_right_on_average_over_every_draw(sizes, replace, signal, noise):
    estimate = two_batch_estimate(*(norms_of_every_batch(size, replace) for size in sizes), *sizes)
    np.testing.assert_allclose(estimate.grad_norm_sq, signal, rtol=1e-4)
    np.testing.assert_allclose(estimate.trace_sigma, noise, rtol=1e-4)
    np.testing.assert_allclose(estimate.b_simple, noise / signal, rtol=1e-4)


@pytest.mark.parametrize(("replace", "signal", "noise"), [(True, 2.5625, 3.1875), (False, 2.5625 - 4.25 / 4, 4.25)])
def test_micro_batches_are_right_on_average_over_every_draw(replace, signal, noise):
    drawn = itertools.product(range(4), repeat=4) if replace else itertools.permutations(range(4))
    micro_grads = GRADS[np.array(list(drawn))].reshape(-1, 2, 2, 2).mean(2)  # draws, 2 micro-batches of 2, parameters
    # The mean over draws of each part is what counts; the estimator is quadratic, so a few draws at a time will do.
    parts = np.array([tuple(micro_batch_estimate(jnp.asarray(grads), 2)) for grads in np.unique(micro_grads, axis=0)])
    _, counts = np.unique(micro_grads, axis=0, return_counts=True)
    np.testing.assert_allclose(np.average(parts, axis=0, weights=counts), (signal, noise), rtol=1e-5)


@given(st.integers(0, 2**32 - 1), st.integers(1, 1000))
def test_both_estimators_agree_on_one_draw(seed, micro_batch_size):
    micro_grads = np.random.default_rng(seed).normal(size=(4, 3))
    small = np.sum(micro_grads**2, 1).astype(np.float32)
    large = np.sum(micro_grads.mean(0, keepdims=True) ** 2, 1).astype(np.float32)
    by_norms = two_batch_estimate(jnp.asarray(small), jnp.asarray(large), micro_batch_size, 4 * micro_batch_size)
    tree = {"w": jnp.asarray(micro_grads[:, :2], jnp.float32), "b": jnp.asarray(micro_grads[:, 2], jnp.float32)}
    by_grads = micro_batch_estimate(tree, micro_batch_size)
    np.testing.assert_allclose(by_grads.grad_norm_sq, by_norms.grad_norm_sq, atol=1e-5)
    np.testing.assert_allclose(by_grads.trace_sigma, by_norms.trace_sigma, atol=1e-5 * micro_batch_size)


def test_a_length_alone_is_as_good_as_an_array_of_one():
    in_array = two_batch_estimate(jnp.array([6.0]), np.array([4.0]), 1, 2)
    for small, large in (
        (6.0, 4.0),
        (6, 4),
        (np.float64(6), 4.0),
        (jnp.float32(6), 4.0),
        (np.array(6.0), jnp.array(4)),
    ):
        assert two_batch_estimate(small, large, 1, 2) == in_array == (2, 4)


def test_numbers_in_float64_are_not_rounded_before_their_difference_is_taken():
    """1 beside 1e9 is lost in float32."""
    estimate = two_batch_estimate(np.array([1e9 + 1]), np.array([1e9 - 1]), 1, 2)
    assert float(estimate.trace_sigma) == 4
    assert estimate.trace_sigma.dtype == estimate.grad_norm_sq.dtype == jnp.float32
    micro_grads = {"w": np.array([[1e9 + 1], [1e9 - 1]])}
    assert float(micro_batch_estimate(micro_grads, 1).trace_sigma) == 2


def test_negative_estimates_are_not_clipped():
    estimate = two_batch_estimate(jnp.array([4.0]), jnp.array([1.0]), 1, 2)
    assert tuple(map(float, estimate)) == (-2, 6)
    assert float(estimate.b_simple) == -3
    estimate = two_batch_estimate(jnp.array([1.0]), jnp.array([4.0]), 1, 2)
    assert tuple(map(float, estimate)) == (7, -6)
    estimate = micro_batch_estimate(jnp.array([[1.0], [-1.0]]), 8)
    assert tuple(map(float, estimate)) == (-1, 16)
    assert float(estimate.b_simple) == -16


def test_the_ratio_of_means_is_right_where_the_mean_of_ratios_is_not():
    rng = np.random.default_rng(0)
    num_draws, num_micro, size = 4000, 8, 16
    noise = rng.normal(size=(num_draws, num_micro, 10)) / np.sqrt(size)  # tr Σ = 10
    micro_grads = (noise + np.full(10, 0.2)).astype(np.float32)  # |G|² = 0.4, B_simple = 25
    squares = np.sum(micro_grads**2, 2).mean(1), np.sum(micro_grads.mean(1) ** 2, 1)
    mean = two_batch_estimate(*map(jnp.asarray, squares), size, num_micro * size)
    parts = two_batch_parts(*squares, size, num_micro * size)
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
