"""The shortcut for an MLP gives what the gradients of single examples give, and is as sound in float32."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lesson_lib import model
from lesson_lib.noise import b_simple, batch_noise_sq, full_grad, grad_norm_sq, measure_full, mlp, trace_sigma

pytestmark = pytest.mark.slow


def problem(layer_sizes, num_examples, seed=0):
    keys = jax.random.split(jax.random.key(seed), 3)
    params = model.init_params(layer_sizes, key=keys[0])
    x = jax.random.normal(keys[1], (num_examples, layer_sizes[0]))
    return params, x, jax.random.randint(keys[2], (num_examples,), 0, layer_sizes[-1])


def in_float64(params, x, y):
    """Mean loss, and the gradients of the examples, in float64 from the float32 numbers: `[examples, parameters]`."""
    with jax.enable_x64(True):
        params, x = jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf, np.float64)), (params, x))
        y = jnp.asarray(np.asarray(y))
        grad = jax.value_and_grad(lambda p, x, y: model.per_example_loss(p, x[None], y[None])[0])
        losses, grads = jax.jit(jax.vmap(grad, (None, 0, 0)))(params, x, y)
        rows = [np.asarray(leaf).reshape(len(leaf), -1) for leaf in jax.tree.leaves(grads)]
        return np.mean(losses), np.concatenate(rows, 1)


def assert_measured(full, params, x, y, rtol):
    loss, rows = in_float64(params, x, y)
    length_sq, noise = np.sum(rows.mean(0) ** 2), np.sum(rows.var(0))
    flat = np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(full.grad)])
    np.testing.assert_allclose(flat, rows.mean(0), rtol=rtol, atol=rtol * np.sqrt(length_sq))
    np.testing.assert_allclose(full.loss, loss, rtol=rtol)
    np.testing.assert_allclose(full.grad_norm_sq, length_sq, rtol=rtol)
    np.testing.assert_allclose(full.trace_sigma, noise, rtol=rtol)
    np.testing.assert_allclose(full.b_simple, noise / length_sq, rtol=2 * rtol)


@pytest.mark.parametrize("layer_sizes", [(5, 3), (3, 6, 5, 4, 2)])
def test_layers_of_any_number(layer_sizes):
    params, x, y = problem(layer_sizes, 17)
    assert_measured(measure_full(params, x, y), params, x, y, rtol=1e-5)


@given(st.integers(0, 2**32 - 1))
def test_the_shortcut_is_the_same_as_the_long_way(seed):
    params, x, y = problem((5, 4, 3), 9, seed)
    full = measure_full(params, x, y)
    for short, long in zip(jax.tree.leaves(full.grad), jax.tree.leaves(full_grad(params, x, y)), strict=True):
        np.testing.assert_allclose(short, long, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(full.grad_norm_sq, grad_norm_sq(params, x, y), rtol=1e-4)
    np.testing.assert_allclose(full.trace_sigma, trace_sigma(params, x, y), rtol=1e-4)
    np.testing.assert_allclose(full.b_simple, b_simple(params, x, y), rtol=1e-4)


def test_a_gradient_of_ten_thousand_deviations_in_float32():
    params, x, _ = problem((20, 16, 3), 1000)
    x = 1 + 1e-4 * x
    y = jnp.zeros(1000, int)
    _, rows = in_float64(params, x, y)
    length_sq, noise = np.sum(rows.mean(0) ** 2), np.sum(rows.var(0))
    assert length_sq > 1e6 * noise
    norms = (rows**2).sum(1).astype(np.float32)
    assert abs((np.mean(norms) - np.float32(length_sq)) / noise - 1) > 0.1  # the way not to go
    full = measure_full(params, x, y)
    np.testing.assert_allclose(full.trace_sigma, noise, rtol=1e-3)
    np.testing.assert_allclose(full.grad_norm_sq, length_sq, rtol=1e-5)
    np.testing.assert_allclose(trace_sigma(params, x, y), noise, rtol=1e-3)


def test_equal_examples_make_no_noise():
    params, x, y = problem((5, 4, 3), 1)
    for count in (1, 2, 13):
        full = measure_full(params, jnp.tile(x, (count, 1)), jnp.tile(y, count))
        assert float(full.grad_norm_sq) > 0.01
        assert 0 <= float(full.trace_sigma) <= 1e-12
        assert 0 <= float(full.b_simple) <= 1e-12


def test_no_gradient_and_no_noise():
    """With zero inputs, equal classes and zero parameters nothing is left to learn."""
    params = jax.tree.map(jnp.zeros_like, model.init_params((2, 2), key=jax.random.key(0)))
    full = measure_full(params, jnp.zeros((2, 2)), jnp.array([0, 1]))
    assert float(full.grad_norm_sq) == 0
    np.testing.assert_allclose(full.trace_sigma, 0.5, rtol=1e-6)
    assert float(full.b_simple) == np.inf


def test_full_batch_has_no_noise_beside_it():
    params, x, y = problem((5, 4, 3), 17)
    full = measure_full(params, x, y)
    noise = float(batch_noise_sq(params, x, y, None, full.grad)[0])
    assert noise <= 1e-12 * float(full.grad_norm_sq)


def test_bfloat16_model_is_summed_in_float32():
    params, x, y = jax.tree.map(
        lambda leaf: leaf.astype(jnp.bfloat16) if leaf.dtype == jnp.float32 else leaf, problem((5, 4, 3), 600)
    )
    full = measure_full(params, x, y)
    assert {leaf.dtype for leaf in jax.tree.leaves(full)} == {jnp.dtype(jnp.float32)}
    _, rows = in_float64(params, x, y)
    np.testing.assert_allclose(full.trace_sigma, np.sum(rows.var(0)), rtol=1e-2)
    np.testing.assert_allclose(full.grad_norm_sq, np.sum(rows.mean(0) ** 2), rtol=3e-2)
    np.testing.assert_allclose(full.trace_sigma, trace_sigma(params, x, y), rtol=1e-2)


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16])
def test_half_precision_sums_up_many_small_gradients(dtype):
    """40,000 copies of a few examples have their true gradient and variance, be 1 / N of it next to nothing."""
    params, x, y = jax.tree.map(
        lambda leaf: leaf.astype(dtype) if leaf.dtype == jnp.float32 else leaf, problem((5, 4, 3), 10)
    )
    params = (*params[:-1], jax.tree.map(lambda leaf: leaf * dtype(0.01), params[-1]))
    few, many = measure_full(params, x, y), measure_full(params, jnp.tile(x, (4000, 1)), jnp.tile(y, 4000))
    for expected in (few.grad, full_grad(params, x, y)):
        for got, want in zip(jax.tree.leaves(many.grad), jax.tree.leaves(expected), strict=True):
            np.testing.assert_allclose(got, want, atol=2e-2 * float(jnp.abs(want).max()))
    np.testing.assert_allclose(many.trace_sigma, few.trace_sigma, rtol=2e-2)
    np.testing.assert_allclose(many.loss, few.loss, rtol=1e-3)


def test_float64_model_stays_float64():
    params, x, y = jax.tree.map(np.asarray, problem((5, 4, 3), 17))
    with jax.enable_x64(True):
        params, x = jax.tree.map(lambda leaf: jnp.asarray(leaf.astype(np.float64)), (params, x))
        y = jnp.asarray(y)
        full = measure_full(params, x, y)
        assert {leaf.dtype for leaf in jax.tree.leaves(full)} == {jnp.dtype(jnp.float64)}
        assert_measured(full, params, x, y, rtol=1e-12)


def test_new_values_compile_nothing():
    params, x, y = problem((5, 4, 3), 17)
    measure_full(params, x, y)
    parts = mlp._backpropagate, mlp._mean_grad, mlp._trace_sigma
    programs = [part._cache_size() for part in parts]
    measure_full(jax.tree.map(jnp.zeros_like, params), 2 * x, y)
    assert [part._cache_size() for part in parts] == programs
