"""The true gradient, the gradients of single examples and their variance, against closed forms and float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import linear, squared_error
from hypothesis import given
from hypothesis import strategies as st

from lesson_lib import model
from lesson_lib.noise import (
    b_simple,
    batch_cosine,
    batch_noise_sq,
    cosine,
    full_grad,
    grad_norm_sq,
    mlp,
    norm_sq,
    per_example_grads,
    snr,
    trace_sigma,
)
from lesson_lib.noise.moments import gradient_moments

pytestmark = pytest.mark.slow

X = np.array([[1, 0], [0, 1], [1, 1], [1, -1]], np.float32)
Y = np.array([1, 2, 3, 0], np.float32)
"""Least squares, all figures by hand: g_i at w = 0 are (-1, 0), (0, -2), (-3, -3) and (0, 0)."""

MEASURES = (full_grad, per_example_grads, trace_sigma, grad_norm_sq, b_simple)


def convolution(params, x, y):
    """A small convolutional network on pictures of 6 × 6 pixels, with parameters in a nested dictionary."""
    z = jax.lax.conv_general_dilated(
        x, params["conv"]["kernel"], (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    z = jax.nn.relu(z + params["conv"]["bias"][None, None, None, :])
    return model.cross_entropy(jnp.mean(z, axis=(1, 2)) @ params["out"], y)


def convolution_problem(num_examples):
    keys = jax.random.split(jax.random.key(3), 5)
    params = {
        "conv": {"kernel": jax.random.normal(keys[0], (3, 3, 1, 4)), "bias": jax.random.normal(keys[1], (4,))},
        "out": jax.random.normal(keys[2], (4, 3)),
    }
    x = jax.random.normal(keys[3], (num_examples, 6, 6, 1))
    return params, x, jax.random.randint(keys[4], (num_examples,), 0, 3)


def mlp_problem(num_examples=13):
    keys = jax.random.split(jax.random.key(7), 3)
    params = model.init_params((5, 4, 3), key=keys[0])
    x = jax.random.normal(keys[1], (num_examples, 5))
    return params, x, jax.random.randint(keys[2], (num_examples,), 0, 3)


def mlp_grads_float64(params, x, y):
    """Gradients of an MLP with one hidden layer by hand in NumPy: `[examples, parameters]`, leaves in JAX's order."""
    (w1, b1), (w2, b2) = [[np.asarray(leaf, np.float64) for leaf in layer] for layer in params]
    rows = []
    for a, label in zip(np.asarray(x, np.float64), np.asarray(y), strict=True):
        z = a @ w1 + b1
        hidden = np.maximum(z, 0)
        exponentials = np.exp(hidden @ w2 + b2)
        delta2 = exponentials / exponentials.sum() - np.eye(len(b2))[label]
        delta1 = (w2 @ delta2) * (z > 0)
        rows.append(np.concatenate([np.outer(a, delta1).ravel(), delta1, np.outer(hidden, delta2).ravel(), delta2]))
    return np.array(rows)


def flat(tree):
    """Leaves of a pytree with a first axis of examples, as `[examples, parameters]` in float64."""
    return np.concatenate([np.asarray(leaf, np.float64).reshape(len(leaf), -1) for leaf in jax.tree.leaves(tree)], 1)


def variance(rows, ddof=0):
    return np.sum(np.var(np.asarray(rows, np.float64), axis=0, ddof=ddof))


@pytest.mark.parametrize("chunk_size", [1, 3, 4, 100])
def test_least_squares_by_hand(chunk_size):
    options = {"per_example_loss": squared_error, "chunk_size": chunk_size}
    w = jnp.zeros(2)
    np.testing.assert_array_equal(per_example_grads(w, X, Y, **options), [[-1, 0], [0, -2], [-3, -3], [0, 0]])
    np.testing.assert_array_equal(full_grad(w, X, Y, **options), [-1, -1.25])
    assert float(grad_norm_sq(w, X, Y, **options)) == 2.5625
    assert float(trace_sigma(w, X, Y, **options)) == 3.1875
    assert float(trace_sigma(w, X, Y, ddof=1, **options)) == 4.25
    np.testing.assert_allclose(b_simple(w, X, Y, **options), 51 / 41, rtol=1e-6)


def test_mlp_agrees_with_numpy_float64():
    params, x, y = mlp_problem()
    rows = mlp_grads_float64(params, x, y)
    np.testing.assert_allclose(flat(per_example_grads(params, x, y)), rows, rtol=1e-4, atol=1e-6)
    mean = jax.tree.map(lambda leaf: leaf[None], full_grad(params, x, y))
    np.testing.assert_allclose(flat(mean)[0], rows.mean(0), rtol=1e-4, atol=1e-6)
    for ddof in (0, 1):
        np.testing.assert_allclose(trace_sigma(params, x, y, ddof=ddof), variance(rows, ddof), rtol=1e-5)
    length_sq = np.sum(rows.mean(0) ** 2)
    np.testing.assert_allclose(grad_norm_sq(params, x, y), length_sq, rtol=1e-5)
    np.testing.assert_allclose(b_simple(params, x, y), variance(rows) / length_sq, rtol=1e-5)


def test_any_pytree_and_any_model():
    params, x, y = convolution_problem(11)
    grad_of_one = jax.jit(jax.grad(lambda params, x, y: convolution(params, x, y)[0]))
    grads = [grad_of_one(params, x[i : i + 1], y[i : i + 1]) for i in range(11)]
    rows = flat(jax.tree.map(lambda *leaves: np.stack(leaves), *grads))
    measured = per_example_grads(params, x, y, per_example_loss=convolution, chunk_size=4)
    assert jax.tree.structure(measured) == jax.tree.structure(params)
    np.testing.assert_allclose(flat(measured), rows, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(
        trace_sigma(params, x, y, per_example_loss=convolution, chunk_size=4), variance(rows), rtol=1e-5
    )


@given(seed=st.integers(0, 2**32 - 1), chunk_size=st.sampled_from([1, 2, 5, 7, 8]))
def test_neither_the_chunks_nor_the_order_of_the_examples_matter(seed, chunk_size):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(7, 2)).astype(np.float32), rng.normal(size=7).astype(np.float32)
    w, order = rng.normal(size=2).astype(np.float32), rng.permutation(7)
    expected = (x.astype(np.float64) @ w - y)[:, None] * x
    options = {"per_example_loss": squared_error, "chunk_size": chunk_size}
    np.testing.assert_allclose(per_example_grads(w, x, y, **options), expected, rtol=1e-4, atol=1e-5)
    for rows in (np.arange(7), order):
        np.testing.assert_allclose(full_grad(w, x[rows], y[rows], **options), expected.mean(0), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(trace_sigma(w, x[rows], y[rows], **options), variance(expected), rtol=1e-4)


@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([1e-8, 0.5, 3.0, 1e8]))
def test_scale_and_shift_of_the_gradients(seed, scale):
    rng = np.random.default_rng(seed)
    x, shift = rng.normal(size=(7, 2)).astype(np.float32), rng.normal(size=2).astype(np.float32)
    w, y = np.ones(2, np.float32), np.zeros(7, np.float32)
    options = {"per_example_loss": linear}
    noise = float(trace_sigma(w, x, y, **options))
    assert noise > 0
    np.testing.assert_allclose(trace_sigma(w, scale * x, y, **options), scale**2 * noise, rtol=1e-4)
    np.testing.assert_allclose(trace_sigma(w, x + shift, y, **options), noise, rtol=1e-4)
    np.testing.assert_allclose(b_simple(w, scale * x, y, **options), b_simple(w, x, y, **options), rtol=1e-4)


def test_a_mean_of_ten_thousand_deviations_in_float32():
    x = np.random.default_rng(0).normal(1e4, 1, (3001, 40)).astype(np.float32)
    w, y = np.ones(40, np.float32), np.zeros(3001, np.float32)
    expected = variance(x)
    in_one_pass = np.sum(np.mean(x**2, axis=0) - np.mean(x, axis=0) ** 2)
    assert abs(in_one_pass / expected - 1) > 0.1  # the way not to go
    np.testing.assert_allclose(trace_sigma(w, x, y, per_example_loss=linear), expected, rtol=1e-5)
    np.testing.assert_allclose(full_grad(w, x, y, per_example_loss=linear), np.mean(x, 0, np.float64), rtol=1e-5)


def test_noise_of_a_millionth_of_the_gradient_has_four_digits():
    """A float32 mean of these is off by some tenths, and so is each deviation from it."""
    x = np.random.default_rng(0).normal(1e6, 1, (3001, 40)).astype(np.float32)
    w, y = np.ones(40, np.float32), np.zeros(3001, np.float32)
    assert abs(np.mean(x, axis=0, dtype=np.float64) - full_grad(w, x, y, per_example_loss=linear)).max() > 0.1
    np.testing.assert_allclose(trace_sigma(w, x, y, per_example_loss=linear), variance(x), rtol=1e-4)


def test_equal_examples_make_no_noise():
    params, x, y = mlp_problem()
    x, y = jnp.tile(x[:1], (13, 1)), jnp.tile(y[:1], 13)
    assert float(grad_norm_sq(params, x, y)) > 0.1
    for ddof in (0, 1):
        assert 0 <= float(trace_sigma(params, x, y, ddof=ddof)) <= 1e-12
    assert 0 <= float(b_simple(params, x, y)) <= 1e-12


def test_a_noise_scale_without_signal_or_without_noise():
    x = np.array([[1.0], [-1.0]], np.float32)
    y = np.zeros(2, np.float32)
    w = np.zeros(1, np.float32)
    assert float(b_simple(w, x, y, per_example_loss=linear)) == np.inf
    assert float(b_simple(w, 0 * x, y, per_example_loss=linear)) == 0
    assert float(b_simple(w, np.abs(x), y, per_example_loss=linear)) == 0


def test_a_single_example():
    params, x, y = mlp_problem(1)
    (row,) = mlp_grads_float64(params, x, y)
    np.testing.assert_allclose(grad_norm_sq(params, x, y), np.sum(row**2), rtol=1e-5)
    assert float(trace_sigma(params, x, y)) == 0
    assert float(b_simple(params, x, y)) == 0
    with pytest.raises(ValueError, match="at least 2 examples, got 1"):
        trace_sigma(params, x, y, ddof=1)


def test_one_parameter_that_is_a_scalar():
    def loss(w, x, y):
        return (w - x) ** 2 / 2 + 0 * y

    x, y = np.array([1, 2, 6], np.float32), np.zeros(3, np.float32)
    np.testing.assert_allclose(per_example_grads(jnp.float32(0), x, y, per_example_loss=loss), [-1, -2, -6])
    np.testing.assert_allclose(trace_sigma(jnp.float32(0), x, y, per_example_loss=loss), 14 / 3, rtol=1e-6)


def test_bfloat16_model_is_summed_in_float32():
    # 1/3 in bfloat16 is not 1/3, and a bfloat16 sum of it would stop growing at 128.
    x = jnp.tile(jnp.array([[1 / 3, -1 / 3], [1.0, 3.0]], jnp.bfloat16), (1500, 1))
    w, y = jnp.ones(2, jnp.bfloat16), jnp.zeros(3000, jnp.bfloat16)
    rows = np.asarray(x, np.float64)
    grad = full_grad(w, x, y, per_example_loss=linear, chunk_size=256)
    assert grad.dtype == jnp.float32
    np.testing.assert_allclose(grad, rows.mean(0), rtol=1e-2)
    noise = trace_sigma(w, x, y, per_example_loss=linear)
    assert noise.dtype == jnp.float32
    np.testing.assert_allclose(noise, variance(rows), rtol=1e-5)
    np.testing.assert_allclose(
        b_simple(w, x, y, per_example_loss=linear), variance(rows) / np.sum(rows.mean(0) ** 2), rtol=1e-5
    )


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16])
@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_half_precision_neither_loses_small_gradients_nor_sums_up_to_infinity(dtype, size):
    """1e-3 / 60,000 is less, and 60,000 · 1e3 more, than what float16 can tell."""
    x = jnp.full((60_000, 1), size, dtype)
    w, y = jnp.ones(1, dtype), jnp.zeros(60_000, dtype)
    exact = np.asarray(x[:1, 0], np.float64)
    options = {"per_example_loss": lambda w, x, y: (x @ w) + 0 * y}
    grad = full_grad(w, x, y, **options)
    np.testing.assert_allclose(grad, exact, rtol=1e-4)
    halves = jnp.arange(60_000).reshape(2, -1)
    for batches in (halves, None):
        noise = batch_noise_sq(w, x, y, batches, grad, **options)
        np.testing.assert_allclose(noise / exact**2, 0, atol=1e-7)
        np.testing.assert_allclose(batch_noise_sq(w, x, y, batches, 0 * grad, **options), exact[0] ** 2, rtol=2e-4)


def test_float64_model_stays_float64():
    with jax.enable_x64(True):
        x = jnp.asarray(np.random.default_rng(1).normal(1e9, 1, (31, 3)))
        w, y = jnp.ones(3, jnp.float64), jnp.zeros(31, jnp.float64)
        noise = trace_sigma(w, x, y, per_example_loss=linear)
        assert noise.dtype == jnp.float64
        np.testing.assert_allclose(noise, variance(x), rtol=1e-12)
        np.testing.assert_allclose(full_grad(w, x, y, per_example_loss=linear), np.mean(x, 0), rtol=1e-15)


def test_only_what_is_kept_of_each_gradient_is_stored():
    params, x, y = mlp_problem()
    rows = mlp_grads_float64(params, x, y)
    np.testing.assert_allclose(per_example_grads(params, x, y, keep=norm_sq), np.sum(rows**2, 1), rtol=1e-5)


def test_memory_follows_the_chunk_and_not_the_examples():
    features, num_examples = 10_000, 2_000
    w, y = jnp.zeros(features), jnp.zeros(num_examples)
    x = jnp.zeros((num_examples, features))

    def working_bytes(chunk_size):
        program = gradient_moments.lower(w, x, y, per_example_loss=linear, chunk_size=chunk_size).compile()
        return program.memory_analysis().temp_size_in_bytes

    of_one_gradient = 4 * features
    assert working_bytes(4) < 2048 * of_one_gradient / 50
    assert working_bytes(4) < working_bytes(64) < 4 * 64 * of_one_gradient


def test_matrix_products_keep_all_digits_on_a_gpu():
    """A GPU's own choice for float32, TensorFloat-32, keeps three."""
    params, x, y = mlp_problem()
    options = {"per_example_loss": model.per_example_loss, "chunk_size": 2}
    programs = [
        full_grad.lower(params, x, y),
        per_example_grads.lower(params, x, y),
        gradient_moments.lower(params, x, y, **options),
        batch_noise_sq.lower(params, x, y, None, params),
        batch_cosine.lower(params, x, y, None, params),
        mlp._backpropagate.lower(params, x, y),
        mlp._mean_grad.lower(each := mlp._backpropagate(params, x, y), scale=1),
        mlp._trace_sigma.lower(each, params, scale=1),
        cosine.lower(params, params),
    ]
    for program in programs:
        products = [line for line in program.as_text().splitlines() if "dot_general" in line]
        assert products
        assert all("precision = [HIGHEST, HIGHEST]" in line for line in products)


def test_one_program_serves_all_measures_of_one_shape():
    traces = []

    def loss(w, x, y):
        traces.append(None)
        return squared_error(w, x, y)

    for measure in MEASURES:
        measure(jnp.zeros(2), X, Y, per_example_loss=loss)
    traced = len(traces)
    for measure in MEASURES:
        measure(jnp.ones(2), 2 * X, Y - 1, per_example_loss=loss)
    trace_sigma(jnp.ones(2), X, Y, ddof=1, per_example_loss=loss)
    assert len(traces) == traced


@given(st.integers(0, 2**32 - 1))
def test_cosine_is_that_of_the_flattened_vectors(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, 7))
    a, b = a.astype(np.float32), b.astype(np.float32)
    tree_a, tree_b = ({"w": jnp.asarray(v[:6].reshape(2, 3)), "b": jnp.asarray(v[6:])} for v in (a, b))
    exact = a.astype(float) @ b / np.sqrt((a.astype(float) @ a) * (b.astype(float) @ b))
    np.testing.assert_allclose(cosine(tree_a, tree_b), exact, atol=1e-6)
    np.testing.assert_allclose(cosine(tree_a, tree_a), 1, rtol=1e-6)
    assert float(cosine(tree_a, tree_a)) <= 1
    np.testing.assert_allclose(cosine(tree_a, jax.tree.map(jnp.negative, tree_a)), -1, rtol=1e-6)
    assert float(cosine(tree_a, jax.tree.map(jnp.zeros_like, tree_a))) == 0


@pytest.mark.parametrize(("signal", "noise_sq", "ratio"), [(6.0, 2.0, 3.0), (2.0, 6.0, 1 / 3), (1.0, 0.0, np.inf)])
def test_the_signal_to_noise_ratio_has_the_signal_above(signal, noise_sq, ratio):
    assert float(snr(signal, noise_sq)) == pytest.approx(ratio)
