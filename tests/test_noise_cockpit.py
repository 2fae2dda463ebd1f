"""The four diagnoses against Cockpit's own formulas, in NumPy float64, and against figures by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lesson_lib.noise import inner_test, mean_gsnr, norm_test, ortho_test

pytestmark = pytest.mark.slow

TESTS = (norm_test, inner_test, ortho_test)


def linear(w, x, y):
    """A loss whose gradient is the example itself, so that the rows of x are the g_i."""
    return x @ w["first"] + 0 * y


def measure(diagnosis, grads, **options):
    grads = np.asarray(grads, np.float32)
    w = {"first": jnp.zeros(grads.shape[1])}
    return float(diagnosis(w, grads, np.zeros(len(grads), np.float32), per_example_loss=linear, **options))


def cockpit(grads, epsilon=1e-5):
    """The formulas of Cockpit's code, which come from |g_i|², g_i · g and Σ g_i² (so not sound in float32)."""
    grads = np.asarray(grads, np.float32).astype(np.float64)
    size, mean = len(grads), grads.mean(0)
    length_sq, dots = mean @ mean, grads @ mean
    norm = (np.sum(grads**2) - size * length_sq) / (size - 1)
    inner = (np.sum(dots**2) - size * length_sq**2) / (size - 1)
    ortho = (np.sum(grads**2) - np.sum(dots**2) / length_sq) / (size - 1)
    return (
        np.sqrt(norm / size / length_sq),
        np.sqrt(inner / size / length_sq**2),
        np.sqrt(ortho / size / length_sq),
        np.mean(mean**2 / (np.mean(grads**2, 0) - mean**2 + epsilon)),
    )


def test_least_squares_by_hand():
    grads = [[-1, 0], [0, -2], [-3, -3], [0, 0]]  # g = (-1, -1.25), g_i · g = 1, 2.5, 6.75, 0
    np.testing.assert_allclose(measure(norm_test, grads) ** 2, 4.25 / 4 / 2.5625, rtol=1e-6)
    inner_sq = (1 + 2.5**2 + 6.75**2 - 4 * 2.5625**2) / 3 / 4 / 2.5625**2
    np.testing.assert_allclose(measure(inner_test, grads) ** 2, inner_sq, rtol=1e-6)
    np.testing.assert_allclose(measure(ortho_test, grads) ** 2, 4.25 / 4 / 2.5625 - inner_sq, rtol=1e-5)
    gsnr = (1 / (1.5 + 1e-5) + 1.5625 / (1.6875 + 1e-5)) / 2
    np.testing.assert_allclose(measure(mean_gsnr, grads), gsnr, rtol=1e-6)


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.1, 1.0, 10.0]))
def test_cockpits_formulas(seed, mean):
    grads = np.random.default_rng(seed).normal(mean, 1, (6, 3))
    measured = [measure(diagnosis, grads, chunk_size=4) for diagnosis in (*TESTS, mean_gsnr)]
    np.testing.assert_allclose(measured, cockpit(grads), rtol=1e-3)
    norm, inner, ortho, _ = measured
    np.testing.assert_allclose(norm**2, inner**2 + ortho**2, rtol=1e-5)


def test_a_mean_of_ten_thousand_deviations():
    grads = np.random.default_rng(2).normal(1e4, 1, (100, 8))
    measured = [measure(diagnosis, grads) for diagnosis in (*TESTS, mean_gsnr)]
    np.testing.assert_allclose(measured, cockpit(grads), rtol=1e-3)


def test_no_noise_passes_every_bound():
    for diagnosis in TESTS:
        assert measure(diagnosis, np.full((5, 3), 0.1)) <= 1e-7
        assert measure(diagnosis, np.zeros((5, 3))) == 0
    np.testing.assert_allclose(measure(mean_gsnr, np.full((5, 3), 0.1)), 0.01 / 1e-5, rtol=1e-5)
    assert measure(mean_gsnr, np.zeros((5, 3))) == 0


def test_noise_without_a_mean():
    grads = [[1, 2], [-1, -2]]
    assert [measure(diagnosis, grads) for diagnosis in TESTS] == [np.inf, 0, np.inf]
    assert measure(mean_gsnr, grads) == 0


def test_noise_along_the_mean_only_and_across_it_only():
    along, across = [[1, 0], [3, 0]], [[2, 1], [2, -1]]
    theta = np.sqrt(2 / 2) / 2
    np.testing.assert_allclose([measure(diagnosis, along) for diagnosis in TESTS], [theta, theta, 0], atol=1e-7)
    np.testing.assert_allclose([measure(diagnosis, across) for diagnosis in TESTS], [theta, 0, theta], atol=1e-7)


def test_gsnr_of_one_example_and_of_one_parameter():
    np.testing.assert_allclose(measure(mean_gsnr, [[2.0]]), 4 / 1e-5, rtol=1e-5)
    np.testing.assert_allclose(measure(mean_gsnr, [[1.0], [3.0]]), 4 / (1 + 1e-5), rtol=1e-6)


def test_gsnr_is_a_mean_over_all_entries_of_a_matrix():
    grads = np.float32(np.random.default_rng(4).normal(1, 1, (6, 2, 3)))

    def matrix_loss(w, x, y):
        return jnp.sum(x * w[None], axis=(1, 2)) + 0 * y

    found = mean_gsnr(jnp.zeros((2, 3)), grads, np.zeros(6, np.float32), per_example_loss=matrix_loss)
    assert float(found) == pytest.approx(measure(mean_gsnr, grads.reshape(6, 6)), rel=1e-5)


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float64])
def test_other_number_types(dtype):
    with jax.enable_x64(dtype == jnp.float64):
        grads = jnp.asarray(np.random.default_rng(3).normal(1, 1, (6, 3)), dtype)
        w, y = {"first": jnp.zeros(3, dtype)}, jnp.zeros(6, dtype)
        expected = cockpit(np.asarray(grads, np.float64))
        for diagnosis, value in zip((*TESTS, mean_gsnr), expected, strict=True):
            measured = diagnosis(w, grads, y, per_example_loss=linear)
            assert measured.dtype == (jnp.float64 if dtype == jnp.float64 else jnp.float32)
            np.testing.assert_allclose(measured, value, rtol=2e-2 if dtype == jnp.bfloat16 else 1e-5)
