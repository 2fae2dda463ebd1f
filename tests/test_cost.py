"""Time of an update: clocks that the tests turn themselves, and lines with known answers."""

import os
import subprocess
import sys
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import signatures_unchecked
from hypothesis import given, settings
from hypothesis import strategies as st

from lesson_lib import cost, model, training
from lesson_lib.batching import epoch_order
from lesson_lib.cost import fit_cost, interleave, update_times
from lesson_lib.optimizers import Hyperparameters

SIZES = np.array([1, 2, 4, 8, 32, 128, 512, 1000])


class Clock:
    """Stands still until somebody turns it."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Pending:
    """A result that is there only once it has been waited for."""

    def __init__(self, clock, seconds):
        self.clock, self.seconds = clock, seconds

    def block_until_ready(self):
        self.clock.now += self.seconds


@pytest.fixture
def problem():
    """Twelve examples with three features and two classes, and a state to start from."""
    x = jax.random.normal(jax.random.key(0), (12, 3))
    y = jnp.arange(12) % 2
    hyper = Hyperparameters(0.1)
    state = training.init_state(model.init_params((3, 2), key=jax.random.key(1)), "sgd", hyper)
    return state, x, y, hyper


def test_runs_take_turns():
    calls = []
    interleave([lambda: calls.append("a"), lambda: calls.append("b"), lambda: calls.append("c")], 3)
    assert calls == ["a", "b", "c"] * 3


def test_a_time_ends_when_the_result_is_there():
    clock = Clock()
    seconds = interleave(
        [lambda: Pending(clock, 3.0), lambda: (Pending(clock, 1.0), Pending(clock, 4.0))], 2, clock=clock
    )
    np.testing.assert_array_equal(seconds, [[3.0, 5.0], [3.0, 5.0]])


@pytest.mark.parametrize(("repeats", "error"), [(0, ValueError), (1.5, TypeError), (True, TypeError)])
def test_interleave_checks_repeats(repeats, error):
    with pytest.raises(error, match="repeats"):
        interleave([lambda: None], repeats)


def test_interleave_needs_a_run():
    with pytest.raises(ValueError, match="runs"):
        interleave([], 1)


@pytest.mark.parametrize("run_seconds", [0.001, 0.02, 0.3])
def test_time_of_an_update_without_the_compilers(problem, monkeypatch, run_seconds):
    """The fake clock turns only inside `run_updates`, so times must come out as a + b·B, to the last digits."""
    clock, calls = Clock(), []

    def run_updates(*args, batch_size, **_):
        state, *_, order, _, first, count = args
        clock.now += (100.0 if batch_size not in calls else 0.0) + count * (0.003 + 0.0005 * batch_size)
        calls.append(batch_size)
        assert 0 <= first + count <= -(-12 // batch_size), "no updates beyond the end of the epoch"
        assert (order is None) == (batch_size == 12), "the full batch must not be gathered"
        return state, None

    monkeypatch.setattr(cost, "run_updates", run_updates)
    times = update_times(*problem, [1, 5, 12], key=jax.random.key(2), repeats=3, run_seconds=run_seconds, clock=clock)
    expected = 0.003 + 0.0005 * np.array([1, 5, 12])
    np.testing.assert_allclose(times.seconds, np.tile(expected, (3, 1)), rtol=1e-9)
    np.testing.assert_allclose(times.compile_seconds, 100.0)
    np.testing.assert_allclose(times.minimum, expected, rtol=1e-9)
    *_, last = cost.measuring(*problem, [1, 5, 12], key=jax.random.key(2), run_seconds=run_seconds, clock=clock)
    np.testing.assert_allclose(last.seconds[0], expected, rtol=1e-9)  # found while making ready
    fit = fit_cost(times.batch_sizes, times.minimum)
    np.testing.assert_allclose([fit.fixed_seconds, fit.seconds_per_example, fit.knee], [0.003, 0.0005, 6], rtol=1e-6)


def test_the_batches_that_are_timed_are_in_an_order_drawn_with_the_key(problem, monkeypatch):
    orders = []

    def run_updates(state, x, y, order, *_, **__):
        orders.append(np.asarray(order))
        return state, None

    monkeypatch.setattr(cost, "run_updates", run_updates)
    update_times(*problem, [1, 5], key=jax.random.key(2), repeats=2, run_seconds=1e-9)
    expected = epoch_order(problem[2], 0, key=jax.random.key(2))
    assert orders
    assert all((order == expected).all() for order in orders)
    assert (expected != epoch_order(problem[2], 0, key=jax.random.key(0))).any()


def test_a_disturbed_measurement_does_not_show_in_the_minimum():
    seconds = np.array([[3.0, 1.0], [1.0, 1.0], [10.0, 1.0], [2.0, 1.0], [4.0, np.nan]])
    times = cost.UpdateTimes(np.array([1, 2]), seconds, np.zeros(2), "cpu")
    assert times.minimum.tolist() == [1.0, 1.0]


def test_one_slow_moment_does_not_shorten_the_runs(problem, monkeypatch):
    """A pause of a second while the length of a run is sought: too short a run would time the call, not the updates."""
    clock, counts = Clock(), []

    def run_updates(*args, **_):
        clock.now += 1.0 if len(counts) == 1 else args[-1] * 0.001
        counts.append(args[-1])
        return args[0], None

    monkeypatch.setattr(cost, "run_updates", run_updates)
    update_times(*problem, [1], key=jax.random.key(2), repeats=1, run_seconds=0.008, clock=clock)
    assert counts[-1] == 8


def test_nothing_compiles_while_timed(problem):
    """Every tracing turns the clock by 1,000 s; each reading turns it by one tick, which is all that a run may take."""
    tick = 2.0**-10
    clock, traces = Clock(), []

    def ticking():
        clock.now += tick
        return clock.now

    def loss(params, x, y):
        traces.append(x.shape)
        clock.now += 1000.0
        return model.per_example_loss(params, x, y)

    pieces = cost.measuring(
        *problem, [4, 5, 12], key=jax.random.key(2), per_example_loss=loss, repeats=4, run_seconds=tick, clock=ticking
    )
    seen = [(len(traces), times) for times in pieces]
    assert len(seen) == cost.pieces_of_work(3, 4)
    _, times = seen[-1]
    assert (times.compile_seconds >= 1000.0).all()
    np.testing.assert_array_equal(times.seconds[1:], np.full((4, 3), tick))
    assert seen[3][0] == len(traces), "ready after three pieces"
    assert set(traces) == {(4, 3), (5, 3), (12, 3)}, "one program for each batch size"


@pytest.mark.parametrize("device", cost.devices())
def test_real_times(problem, device):
    times = update_times(*problem, [12, 1], key=jax.random.key(2), device=device, repeats=2, run_seconds=1e-4)
    np.testing.assert_array_equal(times.batch_sizes, [12, 1])
    assert times.seconds.shape == (2, 2)
    assert (times.seconds > 0).all()
    assert (times.compile_seconds > 0).all()
    assert times.device == device.device_kind


ON_THE_SECOND_DEVICE = """
import jax
import jax.numpy as jnp
from lesson_lib import cost, model, optimizers, training

def run_updates(*args, **_):
    seen.update(*(leaf.devices() for leaf in jax.tree.leaves(args) if isinstance(leaf, jax.Array)))
    return args[0], None

seen, cost.run_updates, device = set(), run_updates, jax.devices()[1]
hyper, x, y = optimizers.Hyperparameters(0.1), jnp.ones((4, 3)), jnp.arange(4) % 2
state = training.init_state(model.init_params((3, 2), key=jax.random.key(1)), "sgd", hyper)
cost.update_times(state, x, y, hyper, [1], key=jax.random.key(2), device=device, repeats=1, run_seconds=1e-9)
assert seen == {device}, seen
"""


def test_runs_on_the_device_asked_for():
    """In a process of its own: how many devices there are is settled when JAX starts."""
    environment = {**os.environ, "JAX_NUM_CPU_DEVICES": "2", "JAX_PLATFORMS": "cpu"}
    subprocess.run([sys.executable, "-c", ON_THE_SECOND_DEVICE], env=environment, check=True)


@pytest.mark.parametrize(
    ("argument", "value", "error"),
    [
        ("batch_sizes", [], ValueError),
        ("batch_sizes", [4, 0], ValueError),
        ("batch_sizes", [13], ValueError),
        ("batch_sizes", [2.0], TypeError),
        ("batch_sizes", [True], TypeError),
        ("repeats", 0, ValueError),
        ("repeats", 2.5, TypeError),
        ("run_seconds", 0.0, ValueError),
        ("run_seconds", float("nan"), ValueError),
    ],
)
def test_bad_settings(problem, argument, value, error):
    arguments = {"batch_sizes": [1, 12], argument: value}
    with pytest.raises(error, match=argument):
        update_times(*problem, key=jax.random.key(2), **arguments)


def test_examples_and_labels_must_go_together(problem):
    state, x, y, hyper = problem
    with pytest.raises((ValueError, TypeError), match="y"):
        update_times(state, x, y[:-1], hyper, [1], key=jax.random.key(2))
    with signatures_unchecked():
        with pytest.raises(ValueError, match="x and y must hold one row for each example"):
            update_times(state, x, y[0], hyper, [1], key=jax.random.key(2))
        with pytest.raises(ValueError, match="x and y must hold at least 1 example, got 0"):
            update_times(state, x[:0], y[:0], hyper, [1], key=jax.random.key(2))


def test_device_must_be_one(problem):
    with pytest.raises(TypeError, match="device"):
        update_times(*problem, [1], key=jax.random.key(2), device="gpu")


def weighted_inverse(sizes, times):
    """(XᵀWX)⁻¹ for weights 1 / t², written out for two coefficients."""
    weights = 1 / times**2
    s0, s1, s2 = (np.sum(weights * sizes**power) for power in (0, 1, 2))
    return np.array([[s2, -s1], [-s1, s0]]) / (s0 * s2 - s1**2)


@settings(deadline=None)
@given(
    fixed=st.floats(1e-6, 1.0),
    knee=st.floats(0.1, 1e4),
    sizes=st.lists(st.integers(1, 60_000), min_size=3, unique=True),
)
def test_a_line_is_found_exactly(fixed, knee, sizes):
    times = fixed * (1 + np.array(sizes) / knee)
    fit = fit_cost(sizes, times)
    np.testing.assert_allclose(fit.seconds(sizes), times, rtol=1e-9)
    assert fit.relative_error < 1e-7


@settings(deadline=None)
@given(times=st.lists(st.floats(1e-6, 10.0), min_size=SIZES.size, max_size=SIZES.size), power=st.integers(-40, 40))
def test_the_unit_of_time_does_not_matter(times, power):
    """Multiplying by a power of two is exact, so everything else must be the same to the last bit."""
    unit = 2.0**power
    fit, scaled = fit_cost(SIZES, times), fit_cost(SIZES, np.array(times) * unit)
    assert scaled.fixed_seconds == fit.fixed_seconds * unit
    assert scaled.seconds_per_example == fit.seconds_per_example * unit
    assert scaled.relative_error == fit.relative_error
    assert scaled.knee == fit.knee
    np.testing.assert_array_equal(scaled.covariance, fit.covariance * unit**2)


def test_fit_agrees_with_polyfit():
    """NumPy's own weighted fit of a line, with the covariance it estimates."""
    times = (2e-5 + 3e-6 * SIZES) * np.array([1.1, 0.9, 1.02, 0.95, 1.0, 1.07, 0.98, 1.01])
    (b, a), covariance = np.polyfit(SIZES, times, 1, w=1 / times, cov=True)
    fit = fit_cost(SIZES, times)
    np.testing.assert_allclose([fit.fixed_seconds, fit.seconds_per_example], [a, b], rtol=1e-9)
    np.testing.assert_allclose(fit.covariance, covariance[::-1, ::-1], rtol=1e-9)


def test_uncertainty_agrees_with_repeated_measurements():
    """4,000 measurements with 2 % noise: the spread of the fits is what each fit claims, within 5 standard errors."""
    fixed, per_example, noise, repeats = 3e-5, 2e-6, 0.02, 4000
    line = fixed + per_example * SIZES
    rng = np.random.default_rng(0)
    fits = [fit_cost(SIZES, line * (1 + noise * rng.standard_normal(SIZES.size))) for _ in range(repeats)]
    found = np.array([(fit.fixed_seconds, fit.seconds_per_example) for fit in fits])
    expected = noise**2 * weighted_inverse(SIZES, line)
    standard_error = np.sqrt(2 / repeats)  # relative, of a variance estimated from `repeats` normal values
    np.testing.assert_allclose(np.diag(np.cov(found.T)), np.diag(expected), rtol=5 * standard_error)
    claimed = np.mean([fit.covariance for fit in fits], axis=0)
    # s² has n − 2 = 6 degrees of freedom, so its relative error is √(2/6) for each fit.
    np.testing.assert_allclose(claimed, expected, rtol=5 * np.sqrt(2 / 6 / repeats))
    knees = np.array([fit.knee for fit in fits])
    claimed_knee = np.mean([fit.knee_error**2 for fit in fits])
    np.testing.assert_allclose(knees.var(ddof=1), claimed_knee, rtol=0.15)
    bias = 5 * np.sqrt(np.diag(expected) / repeats) + 2 * noise**2 * np.array([fixed, per_example])
    assert (np.abs(found.mean(axis=0) - [fixed, per_example]) < bias).all()


def test_two_times_make_a_line_and_no_uncertainty():
    fit = fit_cost([1, 3], [0.5, 0.9])
    np.testing.assert_allclose([fit.fixed_seconds, fit.seconds_per_example, fit.knee], [0.3, 0.2, 1.5])
    assert np.isinf(fit.covariance).all()
    assert fit.knee_error == float("inf")


def test_no_knee_where_time_does_not_grow():
    fit = fit_cost([1, 2, 3], [3.0, 2.0, 1.0])
    assert fit.knee == fit.knee_error == float("inf")


def test_fixed_cost_is_not_clipped():
    """t = B − 1/2 is a line as well; what was measured is shown."""
    fit = fit_cost([1, 2, 3], [0.5, 1.5, 2.5])
    np.testing.assert_allclose([fit.fixed_seconds, fit.knee], [-0.5, -0.5])


@pytest.mark.parametrize(
    ("sizes", "times", "name"),
    [
        ([8], [1.0], "batch_sizes"),
        ([], [], "batch_sizes"),
        ([8, 8, 8], [1.0, 1.1, 1.2], "batch_sizes"),
        ([1, 2], [1.0], "seconds"),
        ([[1, 2]], [[1.0, 2.0]], "batch_sizes"),
        ([0, 2], [1.0, 2.0], "batch_sizes"),
        ([1, 2], [0.0, 1.0], "seconds"),
        ([1, 2], [-1.0, 1.0], "seconds"),
        ([1, 2], [float("nan"), 1.0], "seconds"),
        ([1, 2], [float("inf"), 1.0], "seconds"),
    ],
)
def test_bad_times(sizes, times, name):
    with pytest.raises((ValueError, TypeError), match=name):
        fit_cost(sizes, times)


def test_devices_start_with_the_cpu():
    assert cost.devices()[0].platform == "cpu"
    assert len(set(cost.devices())) == len(cost.devices())


def test_the_cpu_comes_before_the_accelerator(monkeypatch):
    each = {name: SimpleNamespace(platform=name) for name in ("cpu", "gpu")}
    monkeypatch.setattr(jax, "devices", lambda platform="gpu": [each[platform]])
    with signatures_unchecked():
        assert cost.devices() == (each["cpu"], each["gpu"])


def test_where_jax_may_use_the_accelerator_alone_that_is_the_only_device(monkeypatch):
    accelerator = SimpleNamespace(platform="gpu")

    def devices(platform="gpu"):
        if platform == "cpu":
            raise RuntimeError("Unknown backend cpu")
        return [accelerator]

    monkeypatch.setattr(jax, "devices", devices)
    with signatures_unchecked():
        assert cost.devices() == (accelerator,)
