"""Optimizers and schedules next to NumPy, to closed forms, and to what makes a compiled program."""

import inspect
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import signatures_unchecked
from hypothesis import given, settings
from hypothesis import strategies as st

from lesson_lib import training
from lesson_lib.optimizers import CHECKS, OPTIMIZERS, SCHEDULES, Hyperparameters, hyperparameters, learning_rate_at
from lesson_lib.training import init_state, run_updates

N, FEATURES, BATCH_SIZE = 40, 6, 5
_RNG = np.random.default_rng(0)
X = _RNG.normal(size=(N, FEATURES))
TARGETS = X @ _RNG.normal(size=FEATURES) + _RNG.normal(size=N)


# Least squares: ½ (x·w - target)², in which `y` only tells which target an example has.


def squared_error(params, x, y):
    return 0.5 * (x @ params - jnp.asarray(TARGETS, x.dtype)[y]) ** 2


def train(optimizer, hyper, dtype, num_updates):
    """The parameters after updates that take the examples in turn, epoch by epoch."""
    x, y, order = jnp.asarray(X, dtype), jnp.arange(N), jnp.arange(N)
    state = init_state(jnp.zeros(FEATURES, dtype), optimizer, hyper)
    kwargs = {"batch_size": BATCH_SIZE, "optimizer": optimizer, "per_example_loss": squared_error}
    for made in range(0, num_updates, N // BATCH_SIZE):
        count = min(N // BATCH_SIZE, num_updates - made)
        state, _ = run_updates(state, x, y, order, hyper, 0, count, **kwargs)
    return state.params


# The same in NumPy.


def numpy_learning_rate(eta, schedule, t, decay_updates):
    """Of the update after `t` others."""
    if schedule == "1/t":
        return eta * decay_updates / (decay_updates + t)
    if schedule == "cosine":
        return 0.0 if t >= decay_updates else eta * np.cos(np.pi * t / decay_updates / 2) ** 2
    return eta


def numpy_directions(optimizer, beta, rho, b1, b2, eps):
    """Takes gradients, gives the direction to move against the learning rate."""
    first, second, t = 0.0, 0.0, 0
    direction = None
    while True:
        g = yield direction
        t += 1
        match optimizer:
            case "sgd":
                direction = g
            case "momentum":
                direction = first = beta * first + g
            case "nesterov":
                first = beta * first + g
                direction = g + beta * first
            case "rmsprop":
                second = rho * second + (1 - rho) * g**2
                direction = g / (np.sqrt(second) + eps)
            case "adam":
                first = b1 * first + (1 - b1) * g
                second = b2 * second + (1 - b2) * g**2
                direction = first / (1 - b1**t) / (np.sqrt(second / (1 - b2**t)) + eps)


def numpy_train(optimizer, hyper, schedule, num_updates):
    w = np.zeros(FEATURES)
    directions = numpy_directions(optimizer, hyper.momentum, hyper.decay, hyper.b1, hyper.b2, hyper.eps)
    next(directions)
    for t in range(num_updates):
        batch = np.arange(t * BATCH_SIZE, (t + 1) * BATCH_SIZE) % N
        grad = X[batch].T @ (X[batch] @ w - TARGETS[batch]) / BATCH_SIZE
        w = w - numpy_learning_rate(hyper.learning_rate, schedule, t, hyper.decay_updates) * directions.send(grad)
    return w


SETTINGS = [
    {},
    {"momentum": 0.5, "decay": 0.99, "b1": 0.7, "b2": 0.9, "eps": 1e-3},
    {"momentum": 0.0, "decay": 0.0, "b1": 0.0, "b2": 0.0, "eps": 0.1},
]


@pytest.mark.parametrize(("dtype", "tolerance"), [(jnp.float32, 1e-4), (jnp.float64, 1e-9)])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_hundred_updates_are_those_of_numpy(optimizer, dtype, tolerance):
    with jax.enable_x64(dtype == jnp.float64):
        for schedule in SCHEDULES:
            for other in SETTINGS:
                hyper = hyperparameters(0.03, schedule=schedule, decay_updates=80, **other)
                expected = numpy_train(optimizer, hyper, schedule, 100)
                np.testing.assert_allclose(
                    train(optimizer, hyper, dtype, 100), expected, rtol=tolerance, atol=tolerance
                )


@pytest.mark.parametrize("optimizer", ["momentum", "nesterov"])
def test_without_momentum_there_is_only_sgd(optimizer):
    hyper = hyperparameters(0.1, momentum=0.0)
    plain = train("sgd", hyper, jnp.float32, 16)
    np.testing.assert_allclose(train(optimizer, hyper, jnp.float32, 16), plain, rtol=1e-6)


# Where momentum stops being stable: on the loss ½ h w² at η = 2 (1 + β) / h.


def quadratic(params, x, y):
    return 0.5 * x[:, 0] * params**2


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
@pytest.mark.parametrize(("share_of_edge", "stable"), [(0.97, True), (1.03, False)])
def test_momentum_is_stable_up_to_its_edge(momentum, share_of_edge, stable):
    curvature, num_updates = 4.0, 1000
    hyper = hyperparameters(share_of_edge * 2 * (1 + momentum) / curvature, momentum=momentum)
    x, y = jnp.full((num_updates, 1), curvature), jnp.zeros(num_updates, int)
    state = init_state(jnp.ones(()), "momentum", hyper)
    kwargs = {"batch_size": 1, "optimizer": "momentum", "per_example_loss": quadratic}
    state, _ = run_updates(state, x, y, jnp.arange(num_updates), hyper, 0, num_updates, **kwargs)
    assert (abs(float(state.params)) < 1e-3) == stable
    assert (not abs(float(state.params)) < 1e3) == (not stable)


# Schedules.


@given(
    schedule=st.sampled_from(list(SCHEDULES)),
    eta=st.floats(1e-6, 1e3),
    num_updates=st.integers(0, 10**6),
    decay_updates=st.floats(1, 1e6),
)
def test_the_learning_rate_follows_its_formula(schedule, eta, num_updates, decay_updates):
    hyper = hyperparameters(eta, schedule=schedule, decay_updates=decay_updates)
    expected = numpy_learning_rate(eta, schedule, num_updates, decay_updates)
    assert float(learning_rate_at(hyper, num_updates)) == pytest.approx(expected, rel=1e-4, abs=1e-6 * eta)


@pytest.mark.parametrize(
    ("schedule", "shares"),
    [("constant", [1, 1, 1, 1]), ("1/t", [1, 2 / 3, 1 / 2, 1 / 3]), ("cosine", [1, 1 / 2, 0, 0])],
)
def test_schedules_at_marked_moments(schedule, shares):
    hyper = hyperparameters(0.8, schedule=schedule, decay_updates=100)
    rates = [float(learning_rate_at(hyper, t)) for t in (0, 50, 100, 200)]
    np.testing.assert_allclose(rates, 0.8 * np.array(shares), rtol=1e-6, atol=1e-8)


# No change of a setting waits for the compiler.


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_setting_is_a_value_and_none_makes_a_new_program(optimizer):
    train(optimizer, hyperparameters(0.1), jnp.float32, 1)
    programs = training._run_updates._cache_size()
    changed = [
        hyperparameters(1e-5),
        hyperparameters(1e3),
        *(hyperparameters(0.1, schedule=schedule, decay_updates=3) for schedule in SCHEDULES),
        *(hyperparameters(0.1, **{name: 0.25}) for name in CHECKS.keys() - {"learning_rate", "average_from"}),
        hyperparameters(0.1, average_from=50),
    ]
    for hyper in changed:
        train(optimizer, hyper, jnp.float32, 1)
    assert training._run_updates._cache_size() == programs


def test_every_optimizer_obeys_the_settings_that_are_its_own():
    own = {
        "sgd": set(),
        "momentum": {"momentum"},
        "nesterov": {"momentum"},
        "rmsprop": {"decay", "eps"},
        "adam": {"b1", "b2", "eps"},
    }
    for optimizer in OPTIMIZERS:
        usual = train(optimizer, hyperparameters(0.1), jnp.float32, 8)
        for name in ("momentum", "decay", "b1", "b2", "eps"):
            other = train(optimizer, hyperparameters(0.1, **{name: 0.25}), jnp.float32, 8)
            assert (not np.array_equal(usual, other)) == (name in own[optimizer]), (optimizer, name)


# Bad input.


def assert_refused(error, message, *args, **kwargs):
    with signatures_unchecked(), pytest.raises(error) as caught:
        hyperparameters(*args, **kwargs)
    assert str(caught.value) == message


ALLOWED = {
    **dict.fromkeys(["learning_rate", "eps", "decay_updates"], "a finite number above 0"),
    **dict.fromkeys(["momentum", "decay", "b1", "b2"], "a number from 0 to below 1"),
    "average_from": "a whole number of at least 0",
}
POSITIVE = sorted(name for name, allowed in ALLOWED.items() if "above" in allowed)
FRACTIONS = sorted(name for name, allowed in ALLOWED.items() if "below" in allowed)


def with_setting(name, value):
    return {"learning_rate": 0.1, name: value}


def test_every_number_is_checked():
    assert ALLOWED.keys() == CHECKS.keys() == set(Hyperparameters._fields) - {"schedule_index"}


@given(name=st.sampled_from(sorted(ALLOWED)), value=st.booleans() | st.text() | st.none() | st.lists(st.floats()))
def test_a_setting_that_is_no_number_is_refused(name, value):
    assert_refused(TypeError, f"{name} must be {ALLOWED[name]}, got {value!r}", **with_setting(name, value))


@given(name=st.sampled_from(POSITIVE), value=st.floats(max_value=0) | st.sampled_from([math.nan, math.inf, 0, -1]))
def test_a_setting_that_must_be_positive(name, value):
    assert_refused(ValueError, f"{name} must be {ALLOWED[name]}, got {value!r}", **with_setting(name, value))


@given(
    name=st.sampled_from(FRACTIONS),
    value=st.floats(max_value=0, exclude_max=True) | st.floats(min_value=1) | st.just(math.nan),
)
def test_a_setting_that_must_be_a_fraction(name, value):
    assert_refused(ValueError, f"{name} must be {ALLOWED[name]}, got {value!r}", **with_setting(name, value))


def test_averaging_begins_after_a_whole_number_of_updates():
    assert_refused(ValueError, "average_from must be a whole number of at least 0, got -1", 0.1, average_from=-1)
    assert_refused(TypeError, "average_from must be a whole number of at least 0, got 2.5", 0.1, average_from=2.5)


@given(st.text().filter(lambda text: text not in SCHEDULES))
def test_an_unknown_schedule_is_refused(schedule):
    message = f"schedule must be one of 'constant', '1/t', 'cosine', got {schedule!r}"
    assert_refused(ValueError, message, 0.1, schedule=schedule)


def test_a_setting_that_does_not_exist_is_refused():
    with pytest.raises(TypeError, match="unexpected keyword argument 'weight_decay'"):
        hyperparameters(0.1, weight_decay=0.1)


def test_each_setting_has_a_name_for_help_and_the_value_that_all_others_have():
    usual = {name: each.default for name, each in inspect.signature(hyperparameters).parameters.items()}
    assert usual.pop("learning_rate") is inspect.Parameter.empty
    assert list(SCHEDULES).index(usual.pop("schedule")) == Hyperparameters._field_defaults["schedule_index"]
    assert usual == {name: value for name, value in Hyperparameters._field_defaults.items() if name != "schedule_index"}


@settings(max_examples=20)
@given(st.floats(1e-6, 1e3))
def test_what_is_allowed_comes_back(learning_rate):
    hyper = hyperparameters(learning_rate, momentum=0, average_from=3)
    assert hyper == Hyperparameters(learning_rate)._replace(momentum=0.0, average_from=3)


@pytest.mark.parametrize("array", [jnp.float32, np.float32, np.array, jnp.array])
def test_settings_may_come_out_of_a_computation(array):
    assert hyperparameters(array(0.25), momentum=array(0.5)) == Hyperparameters(0.25, momentum=0.5)
    assert hyperparameters(0.25, average_from=jnp.int32(3)).average_from == 3
