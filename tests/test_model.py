"""The network next to the same in NumPy, and to results known on paper."""

import math
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import signatures_unchecked
from hypothesis import given, settings
from hypothesis import strategies as st

from lesson_lib import model

KEY = jax.random.key(0)
LAYER_SIZES = (7, 5, 4, 3)


def examples(num_examples=20, num_features=7, num_classes=3):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(num_examples, num_features)).astype(np.float32)
    return jnp.asarray(x), jnp.asarray(rng.integers(0, num_classes, num_examples).astype(np.int32))


def network(dtype=jnp.float32):
    """Weights and biases that are not zero, made without the compiler."""
    rng = np.random.default_rng(1)

    def leaf(*shape):
        return jnp.asarray(rng.normal(0.1, 0.5, shape), dtype)

    return tuple(model.Layer(leaf(*shape), leaf(shape[1])) for shape in pairwise(LAYER_SIZES))


def numpy_losses(params, x, y):
    """Softmax cross-entropy of each example, in float64."""
    x = np.asarray(x, np.float64)
    for weight, bias in params:
        z = x @ np.asarray(weight, np.float64) + np.asarray(bias, np.float64)
        x = np.maximum(z, 0)
    return np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(y)), y]


def test_first_weights_have_the_variance_of_he_and_no_mean():
    params = model.init_params(key=KEY)
    assert [layer.weight.shape for layer in params] == [(784, 128), (128, 10)]
    for layer in params:
        inputs, size = layer.weight.shape[0], layer.weight.size
        assert abs(np.mean(layer.weight)) < 4 * math.sqrt(2 / inputs / size)
        assert abs(np.var(layer.weight) / (2 / inputs) - 1) < 4 * math.sqrt(2 / size)
        np.testing.assert_array_equal(layer.bias, np.zeros(layer.weight.shape[1]))


def test_first_weights_depend_on_the_key_and_differ_between_layers():
    first, again, other = (model.init_params((4, 4, 4), key=jax.random.key(seed)) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first[0].weight, again[0].weight)
    assert not np.any(first[0].weight == other[0].weight)
    assert not np.any(first[0].weight == first[1].weight)


def test_each_example_has_the_loss_that_numpy_gives_it():
    x, y = examples()
    params = network()
    losses = numpy_losses(params, x, y)
    np.testing.assert_allclose(jax.jit(model.per_example_loss)(params, x, y), losses, rtol=1e-5)
    assert float(jax.jit(model.mean_loss)(params, x, y)) == pytest.approx(losses.mean(), rel=1e-6)


def test_the_gradient_is_the_slope_of_the_loss_in_every_direction():
    x, y = examples()
    params = network()
    grads = jax.jit(jax.grad(model.mean_loss))(params, x, y)
    leaves, structure = jax.tree.flatten(params)
    rng = np.random.default_rng(1)
    for _ in range(5):
        direction = [rng.normal(size=leaf.shape) for leaf in leaves]
        there, back = (
            numpy_losses(
                structure.unflatten(
                    [np.asarray(leaf, float) + h * d for leaf, d in zip(leaves, direction, strict=True)]
                ),
                x,
                y,
            ).mean()
            for h in (1e-6, -1e-6)
        )
        slope = sum(float(np.vdot(leaf, d)) for leaf, d in zip(jax.tree.leaves(grads), direction, strict=True))
        assert slope == pytest.approx((there - back) / 2e-6, rel=1e-5)


def test_without_knowledge_the_loss_is_the_log_of_the_number_of_classes():
    x, y = examples()
    params = jax.tree.map(lambda leaf: jnp.asarray(np.zeros_like(leaf)), network())
    np.testing.assert_allclose(jax.jit(model.per_example_loss)(params, x, y), np.full(20, math.log(3)), rtol=1e-6)


cross_entropy = jax.jit(model.cross_entropy)


@settings(max_examples=50)
@given(st.floats(0, 2.0**100, width=32), st.floats(-50, 50, width=32))
def test_cross_entropy_of_two_classes_is_softplus_and_never_overflows(size, difference):
    """Scores a and a - d give the losses log(1 + e^-d) and log(1 + e^d), whatever a is."""
    logits = np.array([[size, size - difference]], np.float32)
    seen = float(logits[0, 0] - logits[0, 1])  # less than asked for where `size` swallows it
    for label, sign in ((0, -1.0), (1, 1.0)):
        loss = np.asarray(cross_entropy(jnp.asarray(logits), jnp.asarray([label])))[0]
        assert loss == pytest.approx(np.logaddexp(0, sign * seen), rel=1e-5, abs=1e-6)


def test_accuracy_is_the_share_of_highest_scores_in_the_right_place():
    params = (model.Layer(weight=jnp.asarray(np.eye(3)), bias=jnp.asarray(np.zeros(3))),)  # the scores are the inputs
    x = jnp.array([[3.0, 2.0, 1.0], [0.0, 1.0, 0.5], [1.0, 2.0, 4.0], [5.0, 0.0, 9.0]])
    assert float(jax.jit(model.accuracy)(params, x, jnp.array([0, 1, 1, 0]))) == 0.5
    lost = x.at[0, 1].set(jnp.nan)  # the largest of these would be said to be the first
    assert float(jax.jit(model.accuracy)(params, lost, jnp.array([0, 1, 1, 0]))) == 0.25
    np.testing.assert_array_equal(jax.jit(model.forward)(params, x), x)


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16, jnp.float64])
def test_other_float_types_stay_as_they_are(dtype):
    with jax.enable_x64(dtype == jnp.float64):
        x, y = examples()
        params = network(dtype)
        loss, grads = jax.jit(jax.value_and_grad(model.mean_loss))(params, jnp.asarray(np.asarray(x), dtype), y)
        assert {leaf.dtype for leaf in jax.tree.leaves((loss, grads))} == {jnp.dtype(dtype)}
        expected = numpy_losses(params, jnp.asarray(x, dtype), y).mean()
        assert float(loss) == pytest.approx(expected, rel=8 * float(jnp.finfo(dtype).eps))


@pytest.mark.parametrize("sizes", [(), (784,)])
def test_a_network_needs_inputs_and_classes(sizes):
    with pytest.raises(ValueError, match=r"^layer_sizes must hold at least 2 sizes"):
        model.init_params(sizes, key=KEY)


@pytest.mark.parametrize(("size", "error"), [(0, ValueError), (-3, ValueError), (2.0, TypeError), (True, TypeError)])
def test_a_wrong_size_is_named(size, error):
    message = rf"^each of layer_sizes must be a whole number of at least 1, got {size!r}$"
    with signatures_unchecked(), pytest.raises(error, match=message):
        model.init_params((4, size, 2), key=KEY)
