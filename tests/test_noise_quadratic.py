"""The noise floor and the stability edge of a quadratic, against simulated updates and against linear algebra."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lesson_lib.batching import epoch_order
from lesson_lib.noise import noise_floor, stability_edge

pytestmark = pytest.mark.slow

CHAINS = 4096
CURVATURE, NOISE_SQ = 2.0, 9.0


def assert_mean_square(w, expected):
    """Within 4 standard errors over independent chains."""
    squares = np.asarray(w, np.float64) ** 2
    error = squares.std(ddof=1) / np.sqrt(len(squares))
    assert error < 0.1 * expected
    assert abs(squares.mean() - expected) < 4 * error


@pytest.mark.parametrize(
    ("learning_rate", "batch_size", "momentum"),
    [(0.1, 1, 0.0), (0.1, 4, 0.0), (0.9, 4, 0.0), (0.1, 1, 0.9), (0.4, 4, 0.5), (1.7, 4, 0.9)],
)
def test_updates_come_down_to_the_floor(learning_rate, batch_size, momentum):
    optimizer = optax.sgd(learning_rate, momentum=momentum)

    def update(carry, key):
        w, state = carry
        examples = np.sqrt(NOISE_SQ) * jax.random.normal(key, (CHAINS, batch_size))
        steps, state = optimizer.update(CURVATURE * w + jnp.mean(examples, 1), state)
        return (optax.apply_updates(w, steps), state), None

    start = jnp.ones(CHAINS)
    keys = jax.random.split(jax.random.key(0), 200)
    (w, _), _ = jax.lax.scan(update, (start, optimizer.init(start)), keys)
    assert_mean_square(w, noise_floor(CURVATURE, learning_rate, NOISE_SQ, batch_size, momentum=momentum))


def test_floor_by_hand():
    np.testing.assert_allclose(noise_floor(2.0, 0.25, 8.0, 4), 0.25 * 8 / (2 * 1.5 * 4), rtol=1e-12)
    assert noise_floor(2.0, 0.25, 0.0, 4) == 0


@given(
    curvature=st.floats(1e-3, 1e3),
    share_of_edge=st.floats(0.01, 0.99),
    momentum=st.floats(0, 0.99),
    batch_size=st.integers(1, 1000),
)
def test_floor_solves_the_equation_of_the_covariance(curvature, share_of_edge, momentum, batch_size):
    """The covariance C of (w_t, w_{t-1}) does not change: C = A C Aᵀ + Q."""
    learning_rate = share_of_edge * stability_edge(curvature, momentum=momentum)
    matrix = np.array([[1 + momentum - learning_rate * curvature, -momentum], [1, 0]])
    kick = np.zeros(4)
    kick[0] = learning_rate**2 * NOISE_SQ / batch_size
    covariance = np.linalg.solve(np.eye(4) - np.kron(matrix, matrix), kick)
    floor = noise_floor(curvature, learning_rate, NOISE_SQ, batch_size, momentum=momentum)
    np.testing.assert_allclose(floor, covariance[0], rtol=1e-6)


@given(curvature=st.floats(1e-3, 1e3), momentum=st.floats(0, 0.99))
def test_beyond_the_edge_updates_grow_and_before_it_they_shrink(curvature, momentum):
    edge = stability_edge(curvature, momentum=momentum)
    for share, growing in ((0.999, False), (1.001, True)):
        matrix = np.array([[1 + momentum - share * edge * curvature, -momentum], [1, 0]])
        assert (np.abs(np.linalg.eigvals(matrix)).max() > 1) is np.bool_(growing)


def test_at_the_same_effective_learning_rate_momentum_lowers_no_floor():
    plain = noise_floor(CURVATURE, 1e-4, NOISE_SQ, 1)
    with_momentum = noise_floor(CURVATURE, 1e-5, NOISE_SQ, 1, momentum=0.9)
    np.testing.assert_allclose(with_momentum, plain, rtol=1e-3)


def simulate_epochs(centers, sampling, learning_rate, num_epochs):
    """w after some epochs of B = 1 on the loss h (w - c_i)² / 2, for many chains of their own order."""
    labels = jnp.zeros(len(centers), int)

    def chain(key):
        def epoch(w, number):
            def update(w, i):
                return w - learning_rate * CURVATURE * (w - centers[i]), None

            return jax.lax.scan(update, w, epoch_order(labels, number, sampling, key=key))[0], None

        return jax.lax.scan(epoch, jnp.float32(0), jnp.arange(num_epochs))[0]

    return jax.jit(jax.vmap(chain))(jax.random.split(jax.random.key(1), CHAINS))


@pytest.mark.parametrize("learning_rate", [0.1, 0.3])
def test_reshuffling_against_replacement(learning_rate):
    """Reshuffled, the errors of an epoch cancel in part, and the floor at its end is lower.

    In one epoch w ← rᴺ w + η h Σ_k r^(N-k) c_π(k) with r = 1 - η h. Over all orders π, the sum's
    variance is that of a weighted sum of numbers drawn without replacement,
    σ² (Σ r^2j - (Σ r^j)² / N), σ² = Σ c² / (N - 1) with Σ c = 0 (Cochran 1977, theorem 2.2).
    """
    centers = np.array([-3.0, -1, 0.5, 3.5], np.float32)
    count, r = len(centers), 1 - learning_rate * CURVATURE
    w = {
        sampling: simulate_epochs(jnp.asarray(centers), sampling, learning_rate, 60)
        for sampling in ("replacement", "reshuffle")
    }

    noise_sq = CURVATURE**2 * np.mean(centers**2)
    with_replacement = noise_floor(CURVATURE, learning_rate, noise_sq, 1)
    assert_mean_square(w["replacement"], with_replacement)

    powers = r ** np.arange(count)
    spread = np.sum(centers**2) / (count - 1) * (np.sum(powers**2) - np.sum(powers) ** 2 / count)
    reshuffled = (learning_rate * CURVATURE) ** 2 * spread / (1 - r ** (2 * count))
    assert_mean_square(w["reshuffle"], reshuffled)
    assert reshuffled < 0.6 * with_replacement


@pytest.mark.parametrize("array", [jnp.float32, np.float32, np.array, jnp.array])
def test_numbers_may_come_out_of_a_computation(array):
    assert stability_edge(array(4.0), momentum=array(0.5)) == 0.75
    assert stability_edge(jnp.linalg.eigvalsh(jnp.diag(jnp.array([1.0, 4.0])))[-1]) == 0.5
    floor = noise_floor(array(2.0), array(0.5), array(8.0), 4, momentum=array(0.5))
    assert floor == noise_floor(2.0, 0.5, 8.0, 4, momentum=0.5)
