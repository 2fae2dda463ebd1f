"""The noise of every batch that can be drawn from a small set, against what theory says of their mean."""

import itertools

import jax.numpy as jnp
import numpy as np
import pytest
from helpers import squared_error
from hypothesis import given
from hypothesis import strategies as st

from lesson_lib.noise import (
    b_simple,
    batch_cosine,
    batch_noise_sq,
    full_grad,
    grad_norm_sq,
    predicted_noise_sq,
    snr,
    trace_sigma,
)

RNG = np.random.default_rng(5)
X, Y = RNG.normal(size=(5, 2)).astype(np.float32), RNG.normal(size=5).astype(np.float32)
W = np.array([0.5, -1], np.float32)


GRADS = (X.astype(np.float64) @ W - Y)[:, None] * X


def every_batch(num_examples, batch_size, replace):
    """All batches, as often as chance draws each: ordered with replacement, unordered without."""
    if replace:
        return np.array(list(itertools.product(range(num_examples), repeat=batch_size)))
    return np.array(list(itertools.combinations(range(num_examples), batch_size)))


@pytest.mark.parametrize("replace", [False, True])
@pytest.mark.parametrize("batch_size", [1, 2, 3, 4, 5])
def test_every_batch_of_five_examples(batch_size, replace):
    batches = every_batch(5, batch_size, replace)
    exact = np.mean(np.sum((GRADS[batches].mean(1) - GRADS.mean(0)) ** 2, axis=1))
    for ddof in (0, 1):
        noise = np.sum(np.var(GRADS, axis=0, ddof=ddof))
        predicted = predicted_noise_sq(noise, batch_size, 5, replace=replace, ddof=ddof)
        np.testing.assert_allclose(predicted, exact, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("replace", [False, True])
def test_measured_on_every_batch(replace):
    batches = every_batch(5, 2, replace)
    grad = full_grad(W, X, Y, per_example_loss=squared_error)
    measured = batch_noise_sq(W, X, Y, jnp.asarray(batches), grad, per_example_loss=squared_error)
    np.testing.assert_allclose(measured, np.sum((GRADS[batches].mean(1) - GRADS.mean(0)) ** 2, 1), rtol=1e-4, atol=1e-6)
    noise = trace_sigma(W, X, Y, per_example_loss=squared_error)
    np.testing.assert_allclose(np.mean(measured), predicted_noise_sq(noise, 2, 5, replace=replace), rtol=1e-5)
    cosines = batch_cosine(W, X, Y, jnp.asarray(batches), grad, per_example_loss=squared_error)
    batch_grads, true_grad = GRADS[batches].mean(1), GRADS.mean(0)
    lengths = np.linalg.norm(batch_grads, axis=1) * np.linalg.norm(true_grad)
    np.testing.assert_allclose(cosines, batch_grads @ true_grad / lengths, atol=1e-5)


def test_a_true_gradient_in_half_precision_is_taken_for_what_it_is():
    """As `jax.grad` gives one of a model in half precision."""
    w, x, y, grad = (jnp.asarray(each, jnp.bfloat16) for each in (W, X, Y, [0.75, -0.5]))
    halves = [np.asarray(each, np.float64) for each in (w, x, y)]
    grads = (halves[1] @ halves[0] - halves[2])[:, None] * halves[1]
    noise = batch_noise_sq(w, x, y, None, grad, per_example_loss=squared_error)
    assert noise.dtype == jnp.float32
    np.testing.assert_allclose(noise, [np.sum((grads.mean(axis=0) - [0.75, -0.5]) ** 2)], rtol=0.03)


def test_least_squares_by_hand():
    x = np.array([[1, 0], [0, 1], [1, 1], [1, -1]], np.float32)
    y, w = np.array([1, 2, 3, 0], np.float32), np.zeros(2, np.float32)
    signal, noise = (f(w, x, y, per_example_loss=squared_error) for f in (grad_norm_sq, trace_sigma))
    assert float(signal + predicted_noise_sq(noise, 2, 4)) == 3.625
    assert float(signal + predicted_noise_sq(noise, 2, 4, replace=True)) == 4.15625
    np.testing.assert_allclose(snr(signal, predicted_noise_sq(noise, 2, 4, replace=True)), 2 / (51 / 41), rtol=1e-6)


def test_the_whole_set_has_no_noise():
    grad = full_grad(W, X, Y, per_example_loss=squared_error)
    for batches in (None, jnp.arange(5)[None]):
        noise = batch_noise_sq(W, X, Y, batches, grad, per_example_loss=squared_error)
        assert noise.shape == (1,)
        np.testing.assert_allclose(noise, 0, atol=1e-12)
        np.testing.assert_allclose(batch_cosine(W, X, Y, batches, grad, per_example_loss=squared_error), 1, rtol=1e-6)
    noise = trace_sigma(W, X, Y, per_example_loss=squared_error)
    assert float(predicted_noise_sq(noise, 5, 5)) == 0
    assert float(predicted_noise_sq(noise, 5, 5, ddof=1)) == 0


@pytest.mark.parametrize("replace", [False, True])
def test_a_single_example_has_no_noise(replace):
    assert predicted_noise_sq(0.0, 1, 1, replace=replace) == 0


@given(
    noise=st.floats(1e-6, 1e6),
    num_examples=st.integers(2, 10**6),
    fraction=st.floats(0, 1),
    replace=st.booleans(),
)
def test_both_degrees_of_freedom_predict_the_same(noise, num_examples, fraction, replace):
    batch_size = 1 + int(fraction * (num_examples - 1))
    unbiased = noise * num_examples / (num_examples - 1)
    predicted = [
        predicted_noise_sq(noise, batch_size, num_examples, replace=replace),
        predicted_noise_sq(unbiased, batch_size, num_examples, replace=replace, ddof=1),
    ]
    np.testing.assert_allclose(*predicted, rtol=1e-9, atol=1e-9 * noise)
    assert 0 <= predicted[0] <= noise


@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3), st.integers(1, 1000))
def test_snr_of_a_batch_drawn_with_replacement_is_its_size_over_the_noise_scale(signal, noise, batch_size):
    expected = batch_size / (noise / signal)
    measured = snr(signal, predicted_noise_sq(noise, batch_size, 1000, replace=True))
    np.testing.assert_allclose(measured, expected, rtol=1e-5)


def test_snr_without_noise_or_without_signal():
    assert float(snr(2.0, 0.0)) == np.inf
    assert float(snr(0.0, 2.0)) == 0
    assert float(snr(0.0, 0.0)) == np.inf
    np.testing.assert_array_equal(snr(2.0, jnp.array([1.0, 4.0])), [2, 0.5])
    scale = b_simple(W, X, Y, per_example_loss=squared_error)
    signal, noise = (f(W, X, Y, per_example_loss=squared_error) for f in (grad_norm_sq, trace_sigma))
    np.testing.assert_allclose(snr(signal, noise), 1 / scale, rtol=1e-5)
