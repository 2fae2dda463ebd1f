"""Each bad argument gets an error that names it, its value and what is allowed."""

import jax.numpy as jnp
import numpy as np
import pytest
from helpers import signatures_unchecked, squared_error

from lesson_lib import noise

X = np.array([[1, 0], [0, 1], [1, 1], [1, -1]], np.float32)
Y = np.array([1, 2, 3, 0], np.float32)
MEASURES = (noise.full_grad, noise.per_example_grads, noise.trace_sigma, noise.grad_norm_sq, noise.b_simple)


@pytest.fixture(autouse=True)
def _without_shape_checks():
    """These are the errors that users see."""
    with signatures_unchecked():
        yield


@pytest.mark.parametrize("measure", MEASURES)
def test_data_and_model(measure):
    w, options = jnp.zeros(2), {"per_example_loss": squared_error}
    with pytest.raises(ValueError, match=r"one row for each example, got shapes \(4, 2\) and \(3,\)"):
        measure(w, X, Y[:3], **options)
    with pytest.raises(ValueError, match=r"at least 1 example, got 0"):
        measure(w, X[:0], Y[:0], **options)
    with pytest.raises(ValueError, match="chunk_size must be a whole number of at least 1, got 0"):
        measure(w, X, Y, chunk_size=0, **options)
    with pytest.raises(TypeError, match=r"chunk_size must be a whole number of at least 1, got 2\.5"):
        measure(w, X, Y, chunk_size=2.5, **options)
    with pytest.raises(ValueError, match=r"must return one loss for each example, .*, got \(\)"):
        measure(w, X, Y, per_example_loss=lambda w, x, y: jnp.mean(squared_error(w, x, y)))


@pytest.mark.parametrize(("ddof", "error"), [(2, ValueError), (-1, ValueError), (True, TypeError), (0.5, TypeError)])
def test_ddof_is_0_or_1(ddof, error):
    with pytest.raises(error, match="ddof must be a whole number from 0 to 1"):
        noise.trace_sigma(jnp.zeros(2), X, Y, ddof=ddof, per_example_loss=squared_error)
    with pytest.raises(error, match="ddof must be a whole number from 0 to 1"):
        noise.predicted_noise_sq(1.0, 2, 4, ddof=ddof)


@pytest.mark.parametrize(
    ("batch_size", "num_examples", "options", "named"),
    [
        (0, 4, {}, "batch_size .* got 0"),
        (5, 4, {}, "batch_size .* from 1 to 4, got 5"),
        (0, 4, {"replace": True}, "batch_size .* got 0"),
        (1, 0, {}, "num_examples .* got 0"),
        (1, 1, {"ddof": 1}, "num_examples .* at least 2, got 1"),
    ],
)
def test_predicted_noise(batch_size, num_examples, options, named):
    with pytest.raises(ValueError, match=named):
        noise.predicted_noise_sq(1.0, batch_size, num_examples, **options)


def test_micro_batch_estimate():
    with pytest.raises(ValueError, match="micro_batch_size must be a whole number of at least 1, got 0"):
        noise.micro_batch_estimate(jnp.ones((2, 3)), 0)
    for grads in (jnp.ones((1, 3)), jnp.float32(1), [jnp.ones((2, 3)), jnp.ones((3, 3))], ()):
        with pytest.raises(ValueError, match="same number of gradients, at least 2"):
            noise.micro_batch_estimate(grads, 1)


@pytest.mark.parametrize(
    ("arguments", "error", "named"),
    [
        ({"curvature": 0.0}, ValueError, "curvature"),
        ({"curvature": "2"}, TypeError, "curvature"),
        ({"learning_rate": np.nan}, ValueError, "learning_rate"),
        ({"learning_rate": 1.0}, ValueError, "learning_rate must be below the stability edge 1, got 1.0"),
        ({"learning_rate": 1.9, "momentum": 0.9}, ValueError, "below the stability edge 1.9, got 1.9"),
        ({"noise_sq": -1.0}, ValueError, "noise_sq must be a finite number of at least 0, got -1.0"),
        ({"batch_size": 0}, ValueError, "batch_size"),
        ({"momentum": 1.0}, ValueError, "momentum must be a number from 0 to below 1, got 1.0"),
        ({"momentum": -0.1}, ValueError, "momentum"),
        ({"momentum": True}, TypeError, "momentum"),
    ],
)
def test_noise_floor(arguments, error, named):
    allowed = {"curvature": 2.0, "learning_rate": 0.1, "noise_sq": 1.0, "batch_size": 1, "momentum": 0.0}
    with pytest.raises(error, match=named):
        noise.noise_floor(**(allowed | arguments))


@pytest.mark.parametrize(
    ("updates", "examples", "named"),
    [
        ([100, 50], [100], r"1-D and of one length, got shapes \(2,\) and \(1,\)"),
        ([[100, 50]], [[100, 100]], "1-D"),
        ([100, 0], [100, 100], "updates must hold finite numbers above 0"),
        ([100, 50], [100, np.inf], "examples must hold finite numbers above 0"),
        ([100], [100], "at least 2 batch sizes"),
        ([100, 50], [200, 100], "at least 2 batch sizes"),
        ([100, 100, 150], [100, 200, 600], "fit no hyperbola"),
        ([100, 10, 1], [100, 90, 80], "fit no hyperbola"),
    ],
)
def test_trade_off(updates, examples, named):
    with pytest.raises(ValueError, match=named):
        noise.fit_trade_off(np.array(updates), np.array(examples))


def test_measure_full():
    params = noise.mlp.model.init_params((2, 3), key=noise.mlp.jax.random.key(0))
    with pytest.raises(ValueError, match="one row for each example"):
        noise.measure_full(params, jnp.asarray(X), jnp.zeros(3, int))
    with pytest.raises(ValueError, match="at least 1 example, got 0"):
        noise.measure_full(params, jnp.asarray(X[:0]), jnp.zeros(0, int))
