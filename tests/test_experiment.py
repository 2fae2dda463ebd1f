"""Runs, races and counts of coverage, next to the same computed in one piece, in NumPy, or by hand."""

import math
from collections import defaultdict
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesson_lib import GdVsSgd, batching, experiment, model, noise, training
from lesson_lib.data import Dataset
from lesson_lib.experiment import Race, Races, Run, Settings, base, trainer
from lesson_lib.experiment import run as run_module
from lesson_lib.experiment.base import InPieces
from lesson_lib.optimizers import Hyperparameters
from lesson_lib.panels.coverage.run import CoverageRun
from lesson_lib.sweep import Start

pytestmark = pytest.mark.slow

NUM_EXAMPLES, NUM_FEATURES, CLASSES = 24, 6, ("a", "b", "c")
LAYER_SIZES = (NUM_FEATURES, 128, len(CLASSES))


def make_dataset(num_examples=NUM_EXAMPLES, num_features=NUM_FEATURES, classes=CLASSES, *, scale=1.0):
    """Points around one centre for each class."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, len(classes), num_examples)
    centres = rng.normal(size=(len(classes), num_features))
    x = (scale * (centres[y] + rng.normal(size=(num_examples, num_features)))).astype(np.float32)
    return Dataset("tiny", x, y, x[:3], y[:3], classes)


DATASET = make_dataset()
PARAMS = model.init_params(LAYER_SIZES, key=jax.random.key(1))
KEY = jax.random.key(2)


def make_run(dataset=DATASET, params=PARAMS, key=KEY, **values):
    return Run(dataset, Settings(**values), Start(params, *jax.random.split(key)))


def finish(run):
    while not run.finished:
        run.advance()
    return run


def measure_start(run):
    while run.measurement_is_due:
        run.advance()
    return run


def assert_same_bits(a, b):
    assert jax.tree.structure(a) == jax.tree.structure(b)
    for left, right in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_array_equal(np.asarray(left), np.asarray(right), strict=True)


# An independent account of the network, in NumPy.


def numpy_forward(params, x):
    (w1, b1), (w2, b2) = params
    hidden = np.maximum(x @ w1 + b1, 0)
    logits = hidden @ w2 + b2
    shifted = logits - logits.max(axis=1, keepdims=True)
    return hidden, shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def numpy_loss(params, x, y):
    return -numpy_forward(params, x)[1][np.arange(len(y)), y].mean()


def numpy_grads(params, x, y):
    """Gradient of the mean loss, by hand."""
    w2 = params[1][0]
    hidden, log_p = numpy_forward(params, x)
    delta2 = (np.exp(log_p) - np.eye(log_p.shape[1], dtype=x.dtype)[y]) / x.dtype.type(len(y))
    delta1 = delta2 @ w2.T * (hidden > 0)
    return [[x.T @ delta1, delta1.sum(axis=0)], [hidden.T @ delta2, delta2.sum(axis=0)]]


def flat(grads):
    return np.concatenate([part.ravel() for layer in grads for part in layer])


def as_float64(tree):
    return jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), tree)


X64, Y = as_float64(DATASET.x_train), np.asarray(DATASET.y_train)


def noise_in_theory(params, batch_size, *, replace):
    """√(mean |g_B - G|²) / |G|, by the formula for a sample mean, from all per-example gradients."""
    params = as_float64(params)
    each = np.array([flat(numpy_grads(params, X64[[i]], Y[[i]])) for i in range(NUM_EXAMPLES)])
    full = each.mean(axis=0)
    trace_sigma = ((each - full) ** 2).sum(axis=1).mean()
    left_over = 1 if replace else (NUM_EXAMPLES - batch_size) / (NUM_EXAMPLES - 1)
    return math.sqrt(trace_sigma / batch_size * left_over / (full @ full))


# Settings


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "batch_size": st.integers(1),
            "epochs": st.integers(1),
            "learning_rate": st.floats(0, exclude_min=True, allow_infinity=False) | st.integers(1, 1000),
            "seed": st.integers(0, 2**32 - 1),
            "sampling": st.sampled_from(["reshuffle", "shuffle_once", "replacement", "sorted"]),
        },
    )
)
def test_settings_keep_what_is_allowed(values):
    kept = Settings(**values)
    assert {name: getattr(kept, name) for name in values} == values


NO_NUMBERS = st.none() | st.booleans() | st.text(max_size=3) | st.complex_numbers()
WRONG = {
    "batch_size": (st.integers(max_value=0), NO_NUMBERS | st.floats()),
    "epochs": (st.integers(max_value=0), NO_NUMBERS | st.floats()),
    "learning_rate": (
        st.floats(max_value=0, allow_nan=False) | st.integers(max_value=0) | st.sampled_from([math.nan, math.inf]),
        NO_NUMBERS,
    ),
    "seed": (st.integers(max_value=-1) | st.integers(2**32), NO_NUMBERS | st.floats()),
    "sampling": (
        st.text().filter(lambda name: name not in {"reshuffle", "shuffle_once", "replacement", "sorted"}),
        st.none() | st.booleans() | st.integers() | st.just(b"sorted"),
    ),
}
ALLOWED = {
    "batch_size": "a whole number of at least 1",
    "epochs": "a whole number of at least 1",
    "learning_rate": "a finite number above 0",
    "seed": "a whole number from 0 to 4,294,967,295",
    "sampling": "one of 'reshuffle', 'shuffle_once', 'replacement', 'sorted'",
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize(("place", "error"), [(0, ValueError), (1, TypeError)])
@settings(max_examples=30)
@given(data=st.data())
def test_a_wrong_setting_is_named_with_its_value_and_what_is_allowed(name, place, error, data):
    value = data.draw(WRONG[name][place])
    with pytest.raises(error) as caught:
        Settings(**{name: value})
    assert type(caught.value) is error
    assert str(caught.value) == f"{name} must be {ALLOWED[name]}, got {value!r}"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"batch_size": 0}, ValueError),
        ({"batch_size": -1}, ValueError),
        ({"batch_size": 2.5}, TypeError),
        ({"batch_size": 8.0}, TypeError),
        ({"batch_size": True}, TypeError),
        ({"epochs": 0}, ValueError),
        ({"learning_rate": math.nan}, ValueError),
        ({"learning_rate": 0}, ValueError),
        ({"learning_rate": -0.05}, ValueError),
        ({"learning_rate": math.inf}, ValueError),
        ({"sampling": "bootstrap"}, ValueError),
    ],
)
def test_the_wrong_settings_one_meets_first(wrong, error):
    (name,) = wrong
    with pytest.raises(error, match=f"^{name} must be {ALLOWED[name]}, got "):
        Settings(**wrong)


@pytest.mark.parametrize(
    "make", [make_run, lambda **v: Race(DATASET, Settings(**v)), lambda **v: CoverageRun(DATASET, Settings(**v))]
)
def test_a_batch_cannot_hold_more_examples_than_there_are(make, monkeypatch):
    def work(*_args, **_kwargs):
        raise AssertionError("work was started")

    monkeypatch.setattr(training, "init_state", work)
    with pytest.raises(ValueError, match=r"^batch_size must be a whole number from 1 to 24, got 25$"):
        make(batch_size=NUM_EXAMPLES + 1)


def test_settings_cannot_be_changed():
    with pytest.raises(AttributeError):
        Settings().batch_size = 0


# A run


def in_one_piece(batch_size, epochs, sampling, learning_rate=0.05):
    """The same training without a `Run`: an epoch a call. Its randomness: the first of the key's two parts."""
    order_key, _ = jax.random.split(KEY)
    hyper = Hyperparameters(np.float32(learning_rate))
    state = training.init_state(PARAMS, "sgd", hyper)
    count = batching.updates_per_epoch(NUM_EXAMPLES, batch_size)
    losses = []
    for epoch in range(epochs):
        order = batching.epoch_order(DATASET.y_train, epoch, sampling, key=order_key)
        state, batch_losses = training.run_updates(
            state, DATASET.x_train, DATASET.y_train, order, hyper, 0, count, batch_size=batch_size
        )
        losses.append(batch_losses)
    return state.params, np.concatenate(losses)


# 16 does not divide 24: the last batch of each epoch is incomplete.
@pytest.mark.parametrize(
    ("batch_size", "sampling"),
    [(1, "reshuffle"), (8, "reshuffle"), (16, "reshuffle"), (16, "shuffle_once"), (16, "replacement"), (16, "sorted")],
)
def test_a_run_does_not_depend_on_how_it_is_cut(batch_size, sampling, monkeypatch):
    params, batch_losses = in_one_piece(batch_size, 3, sampling)
    total = 3 * -(-NUM_EXAMPLES // batch_size)
    for most, measurements in [(256, 120), (5, 2), (1, 7)]:
        monkeypatch.setattr(run_module, "MAX_UPDATES_PER_ADVANCE", most)
        monkeypatch.setattr(base, "MEASUREMENTS", measurements)
        run = finish(make_run(batch_size=batch_size, epochs=3, sampling=sampling))
        assert run.num_updates == run.total_updates == total
        assert_same_bits(run.state.params, params)
        assert_same_bits(run.history().batch_losses, batch_losses)


def test_samplings_make_different_runs():
    ends = [finish(make_run(batch_size=8, epochs=2, sampling=name)).history() for name in batching.SAMPLINGS]
    assert len({history.losses[-1] for history in ends}) == len(batching.SAMPLINGS)


def test_a_full_batch_is_gradient_descent_bit_for_bit():
    learning_rate = np.float32(0.3)

    @jax.jit
    def gd_update(params):
        grads = jax.grad(model.mean_loss)(params, DATASET.x_train, DATASET.y_train)
        return jax.tree.map(lambda value, grad: value - learning_rate * grad, params, grads)

    params = PARAMS
    for _ in range(20):
        params = gd_update(params)
    run = finish(make_run(batch_size=NUM_EXAMPLES, epochs=20, learning_rate=0.3))
    assert run.is_full_batch
    assert run.num_updates == 20
    assert_same_bits(run.state.params, params)


def test_all_examples_drawn_with_replacement_are_no_full_batch():
    run = make_run(batch_size=NUM_EXAMPLES, sampling="replacement", epochs=2)
    assert not run.is_full_batch
    _, batch_losses = in_one_piece(NUM_EXAMPLES, 2, "replacement")
    assert_same_bits(finish(run).history().batch_losses, batch_losses)


@settings(max_examples=25)
@given(
    batch_size=st.sampled_from([1, 2, 4, 8, 16, 24]),
    epochs=st.integers(1, 9),
    most=st.integers(1, 40),
    measurements=st.integers(1, 30),
)
def test_an_advance_is_short_and_measurements_come_evenly(batch_size, epochs, most, measurements):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_module, "MAX_UPDATES_PER_ADVANCE", most)
        patch.setattr(base, "MEASUREMENTS", measurements)
        run = make_run(batch_size=batch_size, epochs=epochs)
        made = [0]
        while not run.finished:
            run.advance()
            made.append(run.num_updates)
        updates_per_epoch = -(-NUM_EXAMPLES // batch_size)
        total = epochs * updates_per_epoch
        assert made[:4] == [0, 0, 0, 0]  # the start's loss, true gradient and noise, one after the other
        assert made[-1] == total
        assert all(0 <= count <= most for count in np.diff(made))
        every = math.ceil(total / measurements)
        expected = [*range(0, total, every), total]
        assert [m.num_updates for m in run.measurements] == expected
        assert len(expected) <= measurements + 1


def test_a_finished_run_stays_as_it_is():
    run = finish(make_run(batch_size=8, epochs=1))
    before = run.state.params, run.history()
    run.advance()
    assert_same_bits((run.state.params, run.history()), before)


def test_history_counts_in_epochs():
    history = finish(make_run(batch_size=16, epochs=3)).history()
    np.testing.assert_allclose(history.batch_time, [0, 0.5, 1, 1.5, 2, 2.5])
    np.testing.assert_allclose(history.time, [0, 0.5, 1, 1.5, 2, 2.5, 3])
    assert len(history.losses) == len(history.noise) == len(history.predicted_noise) == 7


def test_history_before_the_start_is_empty():
    assert [len(array) for array in make_run(batch_size=8).history()] == [0] * 8


def test_measured_loss_is_the_mean_over_all_examples():
    run = make_run(batch_size=8, epochs=2)
    run.advance()
    assert run.measurements[0].loss == pytest.approx(numpy_loss(as_float64(PARAMS), X64, Y), rel=1e-5)
    finish(run)
    assert run.measurements[-1].loss == pytest.approx(numpy_loss(as_float64(run.state.params), X64, Y), rel=1e-5)


def test_compiling_trains_nothing():
    run = make_run(batch_size=8, epochs=2)
    for piece in run.to_compile():
        piece()
    assert run.num_updates == 0
    assert_same_bits(run.state.params, PARAMS)
    assert_same_bits(finish(run).history(), finish(make_run(batch_size=8, epochs=2)).history())


# Gradient noise


@pytest.mark.parametrize("sampling", batching.SAMPLINGS)
@pytest.mark.parametrize("batch_size", [1, 4, 16, 24])
def test_measured_noise_is_that_of_the_batches_drawn(batch_size, sampling, monkeypatch):
    measured_on = []
    inner = noise.batch_noise_sq

    def spy(params, x, y, batches, full_grad):
        measured_on.append((as_float64(params), batches))
        return inner(params, x, y, batches, full_grad)

    monkeypatch.setattr(noise, "batch_noise_sq", spy)
    monkeypatch.setattr(base, "MEASUREMENTS", 2)
    run = finish(make_run(batch_size=batch_size, epochs=4, sampling=sampling))
    assert len(measured_on) == len(run.measurements) == 3
    for (params, batches), measurement in zip(measured_on, run.measurements, strict=True):
        full = flat(numpy_grads(params, X64, Y))
        if batches is None:
            assert (batch_size, measurement.noise) == (NUM_EXAMPLES, 0.0)
            continue
        assert batches.shape[1] == batch_size
        if (sampling, batch_size) == ("sorted", 1):  # of these batches some are drawn, from the first class to the last
            assert (len(batches) < NUM_EXAMPLES, *Y[batches[[0, -1], 0]]) == (True, 0, 2)
        errors = [flat(numpy_grads(params, X64[chosen], Y[chosen])) - full for chosen in batches]
        expected = math.sqrt(np.mean([error @ error for error in errors]) / (full @ full))
        assert measurement.noise == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("sampling", batching.SAMPLINGS)
@pytest.mark.parametrize("batch_size", [1, 8, 16, 24])
def test_predicted_noise_follows_the_formula(batch_size, sampling):
    run = finish(make_run(batch_size=batch_size, epochs=2, sampling=sampling))
    replace = sampling == "replacement"
    for params, measurement in [(PARAMS, run.measurements[0]), (run.state.params, run.measurements[-1])]:
        expected = noise_in_theory(params, batch_size, replace=replace)
        assert measurement.predicted_noise == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("batch_size", "sampling"), [(1, "reshuffle"), (8, "reshuffle"), (16, "shuffle_once"), (16, "replacement")]
)
def test_measured_noise_agrees_with_theory_on_average(batch_size, sampling):
    squares = []
    for key in jax.random.split(jax.random.key(3), 100):
        run = measure_start(make_run(batch_size=batch_size, sampling=sampling, key=key))
        squares.append(run.measurements[0].noise ** 2)
    expected = noise_in_theory(PARAMS, batch_size, replace=sampling == "replacement") ** 2
    standard_error = np.std(squares, ddof=1) / math.sqrt(len(squares))
    assert abs(np.mean(squares) - expected) < 4 * standard_error
    assert standard_error < 0.1 * expected  # or the line above would say little


def test_examples_that_are_all_alike_have_no_noise():
    x, y = np.repeat(np.asarray(DATASET.x_train[:1]), NUM_EXAMPLES, axis=0), np.repeat(Y[:1], NUM_EXAMPLES)
    alike = Dataset("alike", x, y, x, y, CLASSES)
    history = finish(make_run(alike, batch_size=8, epochs=2)).history()
    # At most what rounding the gradient to float32 leaves.
    assert max(history.noise) < 1e-4
    assert max(history.predicted_noise) < 1e-4


@pytest.mark.parametrize("sampling", ["reshuffle", "shuffle_once"])
def test_noise_is_measured_on_other_batches_each_time_and_on_none_that_the_run_will_use(sampling, monkeypatch):
    drawn = []
    inner = noise.batch_noise_sq

    def spy(params, x, y, batches, full_grad):
        drawn.append({tuple(sorted(batch)) for batch in np.asarray(batches).tolist()})
        return inner(params, x, y, batches, full_grad)

    monkeypatch.setattr(noise, "batch_noise_sq", spy)
    finish(make_run(batch_size=8, epochs=3, sampling=sampling))
    order_key, _ = jax.random.split(KEY)
    orders = [batching.epoch_order(DATASET.y_train, epoch, sampling, key=order_key) for epoch in range(3)]
    used = {tuple(sorted(batch)) for order in orders for batch in order.reshape(3, 8).tolist()}
    assert len(drawn) == 10
    assert len(set.union(*drawn)) == sum(map(len, drawn))
    assert set.union(*drawn).isdisjoint(used)


@settings(max_examples=15)
@given(
    batch_size=st.sampled_from([1, 8, 24]),
    epochs=st.integers(1, 6),
    measurements=st.integers(1, 30),
    noise_measurements=st.integers(1, 8),
)
def test_noise_is_measured_at_some_of_the_moments_evenly_and_at_both_ends(
    batch_size, epochs, measurements, noise_measurements
):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(base, "MEASUREMENTS", measurements)
        patch.setattr(run_module, "NOISE_MEASUREMENTS", noise_measurements)
        run = finish(make_run(batch_size=batch_size, epochs=epochs))
        moments = [m.num_updates for m in run.measurements if m.has_noise]
        *evenly, last = moments
        assert last == run.total_updates
        assert evenly[0] == 0
        assert len(set(np.diff(evenly))) <= 1
        assert len(moments) <= noise_measurements + 2
        for measurement in run.measurements:
            assert math.isfinite(measurement.noise) == measurement.has_noise
            assert math.isfinite(measurement.predicted_noise) == measurement.has_noise
            assert math.isfinite(measurement.loss)


def test_the_true_gradient_is_a_piece_of_work_of_its_own_before_the_noise_around_it():
    run, waited = make_run(batch_size=8, epochs=2), []
    while not run.finished:
        run.advance()
        measured = run.record.measured.get(run.num_updates)
        if measured is None or not measured.has_noise:
            waited.append(run.num_updates)
    # Neither what brings the run to a moment, or its first loss, nor the gradient there has measured the noise yet.
    assert all(waited.count(each.num_updates) >= 2 for each in run.measurements if each.has_noise)


@given(num_examples=st.integers(1, 100_000), data=st.data())
def test_noise_is_averaged_over_as_many_batches_as_are_affordable(num_examples, data):
    batch_size = data.draw(st.integers(1, num_examples))
    draws = run_module.noise_draws(num_examples, batch_size)
    assert draws >= 1
    assert draws * batch_size <= num_examples
    assert draws <= run_module.MAX_NOISE_DRAWS
    assert draws == 1 or draws * batch_size <= run_module.NOISE_EXAMPLES
    one_more = draws + 1
    assert (
        one_more > run_module.MAX_NOISE_DRAWS
        or one_more * batch_size > run_module.NOISE_EXAMPLES
        or one_more * batch_size > num_examples
    )


@given(length=st.integers(1, 50), data=st.data())
def test_split_batches_leaves_out_an_incomplete_last_one(length, data):
    batch_size = data.draw(st.integers(1, length))
    batches = run_module.split_batches(np.arange(length), batch_size)
    expected = [list(range(first, first + batch_size)) for first in range(0, length - batch_size + 1, batch_size)]
    assert batches.tolist() == expected


# Divergence


def numpy_diverges_at(dataset, batch_size, epochs, learning_rate):
    """The first update, from 1, whose batch has no finite loss, in NumPy's own float32."""
    order_key, _ = jax.random.split(KEY)
    x, y = np.asarray(dataset.x_train), np.asarray(dataset.y_train)
    params = [[np.array(part) for part in layer] for layer in PARAMS]
    update = 0
    with np.errstate(over="ignore", invalid="ignore"):
        for epoch in range(epochs):
            order = np.asarray(batching.epoch_order(dataset.y_train, epoch, key=order_key))
            for first in range(0, NUM_EXAMPLES, batch_size):
                update += 1
                chosen = order[first : first + batch_size]
                if not np.isfinite(numpy_loss(params, x[chosen], y[chosen])):
                    return update
                grads = numpy_grads(params, x[chosen], y[chosen])
                for layer, grad in zip(params, grads, strict=True):
                    layer[0] -= np.float32(learning_rate) * grad[0]
                    layer[1] -= np.float32(learning_rate) * grad[1]
    return None


# One update before, the loss is at least 100 times below float32's largest number, and then at least 100 times above
# it: no rounding decides where it leaves the range.
@pytest.mark.parametrize(
    ("scale", "learning_rate"), [(1, 1e12), (1e4, 1e6), (1e2, 1e6), (1e4, 10.0), (1e2, 1e3), (3, 1e3)]
)
def test_divergence_is_reported_at_its_update(scale, learning_rate):
    dataset = make_dataset(scale=scale)
    expected = numpy_diverges_at(dataset, 8, 5, learning_rate)
    assert expected is not None
    run = finish(make_run(dataset, batch_size=8, epochs=5, learning_rate=learning_rate))
    assert run.diverged_at == expected
    losses = run.history().batch_losses
    assert np.isfinite(losses[: expected - 1]).all()
    assert not np.isfinite(losses[expected - 1])
    assert expected <= run.num_updates < run.total_updates
    assert run.measurements[-1].num_updates == run.num_updates


def test_divergence_is_found_wherever_the_run_is_cut(monkeypatch):
    dataset = make_dataset(scale=100)
    monkeypatch.setattr(base, "MEASUREMENTS", 1)
    found = set()
    for most in (1, 2, 256):
        monkeypatch.setattr(run_module, "MAX_UPDATES_PER_ADVANCE", most)
        found.add(finish(make_run(dataset, batch_size=1, epochs=2, learning_rate=1e3)).diverged_at)
    assert found == {numpy_diverges_at(dataset, 1, 2, 1e3)}


# A race


def test_both_start_from_the_same_parameters():
    race = Race(DATASET, Settings(batch_size=8, seed=5))
    race.advance()
    assert_same_bits(race.gd.state.params, race.sgd.state.params)
    assert race.gd.num_updates == race.sgd.num_updates == 0
    race.advance()
    assert race.gd.measurements[0].loss == race.sgd.measurements[0].loss


@settings(max_examples=20)
@given(
    batch_size=st.sampled_from([1, 2, 4, 8, 16, 24]),
    epochs=st.integers(1, 6),
    most=st.integers(1, 30),
    measurements=st.integers(1, 20),
)
def test_gd_has_always_seen_as_many_whole_epochs(batch_size, epochs, most, measurements):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_module, "MAX_UPDATES_PER_ADVANCE", most)
        patch.setattr(base, "MEASUREMENTS", measurements)
        race = Race(DATASET, Settings(batch_size=batch_size, epochs=epochs))
        while not race.finished:
            before = race.sgd.num_updates
            gd_was_level = race.gd.num_updates == before // race.sgd.updates_per_epoch
            race.advance()
            whole_epochs = race.sgd.num_updates // race.sgd.updates_per_epoch
            assert race.gd.num_updates in {whole_epochs - 1, whole_epochs}
            assert gd_was_level or race.sgd.num_updates == before  # SGD waits for GD
        assert race.gd.num_updates == epochs


def test_a_race_is_two_runs():
    race = Race(DATASET, Settings(batch_size=8, epochs=3, learning_rate=0.1, seed=4))
    params, key = race.sgd.state.params, jax.random.split(jax.random.key(4))[1]
    race.run()
    sgd = finish(make_run(params=params, key=key, batch_size=8, epochs=3, learning_rate=0.1, seed=4))
    gd = finish(make_run(params=params, batch_size=NUM_EXAMPLES, epochs=3, learning_rate=0.1))
    assert_same_bits(race.sgd.history(), sgd.history())
    assert_same_bits(race.gd.history(), gd.history())


def test_the_seed_alone_decides():
    def end(seed):
        race = Race(DATASET, Settings(batch_size=8, epochs=2, seed=seed))
        race.run()
        return race.gd.history(), race.sgd.history()

    assert_same_bits(end(1), end(1))
    assert len({end(seed)[1].losses[-1] for seed in (0, 1, 2**32 - 1)}) == 3


def test_with_the_whole_training_set_as_batch_sgd_is_gd():
    race = Race(DATASET, Settings(batch_size=NUM_EXAMPLES, epochs=4))
    race.run()
    assert_same_bits(race.sgd.history(), race.gd.history())
    assert_same_bits(race.sgd.state, race.gd.state)


def test_gd_is_gd_whatever_the_sampling_of_sgd():
    race = Race(DATASET, Settings(batch_size=8, epochs=2, sampling="replacement"))
    race.run()
    assert race.gd.is_full_batch
    assert race.gd.history().noise.tolist() == [0.0] * 3


def test_gd_goes_on_to_the_end_when_sgd_has_diverged_an_update_at_a_time():
    race = Race(make_dataset(scale=100), Settings(batch_size=1, epochs=5, learning_rate=10.0))
    made = [0]
    while not race.finished:
        race.advance()
        made.append(race.gd.num_updates)
    assert race.sgd.diverged_at is not None
    assert race.sgd.num_updates < race.sgd.total_updates
    assert (race.gd.diverged_at, race.gd.num_updates) == (None, 5)
    assert max(np.diff(made)) == 1


def test_sgd_goes_on_to_the_end_when_gd_has_diverged():
    race = Race(DATASET, Settings(batch_size=8, epochs=3))
    race.advance()
    race.gd.diverged_at = 1
    race.run()
    assert race.sgd.num_updates == 9
    assert race.gd.num_updates == 1


def test_one_example_is_a_training_set_too():
    race = Race(make_dataset(num_examples=1), Settings(batch_size=1, epochs=2))
    race.run()
    assert race.gd.num_updates == race.sgd.num_updates == 2
    assert np.isfinite(race.sgd.history().losses).all()
    assert race.sgd.history().predicted_noise.tolist() == [0.0] * 3


# CoverageRun


@pytest.mark.parametrize("sampling", ["reshuffle", "shuffle_once", "sorted"])
@pytest.mark.parametrize("batch_size", [1, 8, 16, 24])
def test_every_example_is_seen_once_an_epoch(batch_size, sampling):
    coverage = CoverageRun(DATASET, Settings(batch_size=batch_size, epochs=3, sampling=sampling))
    while not coverage.finished:
        coverage.advance()
        epoch, update = divmod(coverage.num_updates, coverage.updates_per_epoch)
        assert coverage.times_seen.sum() == epoch * NUM_EXAMPLES + update * batch_size
        assert set(coverage.times_seen) <= ({epoch} if update == 0 else {epoch, epoch + 1})
    assert coverage.times_seen.tolist() == [3] * NUM_EXAMPLES
    assert coverage.num_epochs == 3


def seen_first(sampling, *, epochs):
    """The examples of the first batch of some epochs."""
    coverage = CoverageRun(DATASET, Settings(batch_size=8, epochs=epochs, sampling=sampling))
    batches = []
    while not coverage.finished:
        before = coverage.times_seen.copy()
        coverage.advance()
        if coverage.num_updates % coverage.updates_per_epoch == 1:
            batches.append(np.flatnonzero(coverage.times_seen - before).tolist())
    return batches


def test_samplings_differ_in_what_they_draw_again():
    once, again = seen_first("shuffle_once", epochs=2)
    assert once == again
    once, again = seen_first("reshuffle", epochs=2)
    assert once != again
    (first,) = seen_first("sorted", epochs=1)
    assert set(Y[first]) == {0}


def test_with_replacement_the_share_seen_is_that_of_theory():
    shares = []
    for seed in range(300):
        coverage = CoverageRun(DATASET, Settings(batch_size=8, epochs=1, seed=seed, sampling="replacement"))
        while not coverage.finished:
            coverage.advance()
        assert coverage.times_seen.sum() == NUM_EXAMPLES
        shares.append(coverage.share_seen)
    expected = 1 - (1 - 1 / NUM_EXAMPLES) ** NUM_EXAMPLES
    standard_error = np.std(shares, ddof=1) / math.sqrt(len(shares))
    assert abs(np.mean(shares) - expected) < 4 * standard_error
    assert standard_error < 0.01


@settings(max_examples=30)
@given(batch_size=st.integers(1, NUM_EXAMPLES), epochs=st.integers(1, 8), measurements=st.integers(1, 30))
def test_coverage_is_recorded_at_every_advance(batch_size, epochs, measurements):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(base, "MEASUREMENTS", measurements)
        coverage = CoverageRun(DATASET, Settings(batch_size=batch_size, epochs=epochs))
        points = [(0.0, 0.0)]
        while not coverage.finished:
            coverage.advance()
            points.append((coverage.num_epochs, np.count_nonzero(coverage.times_seen) / NUM_EXAMPLES))
        np.testing.assert_array_equal(coverage.history(), np.transpose(points))
        assert coverage.num_updates == epochs * math.ceil(NUM_EXAMPLES / batch_size)
        coverage.advance()
        assert len(coverage.history().T) == len(points)
        # At most one more for each epoch, because no advance goes beyond an epoch's end.
        assert len(points) - 1 <= measurements + epochs


# Steps, and going back


def record(run):
    """All states and measurements of a run, by number of updates."""
    states, known = {}, {}
    while not run.finished:
        states[run.num_updates] = run.state
        run.advance()
    states[run.num_updates] = run.state
    known = {measurement.num_updates: measurement for measurement in run.measurements}
    return states, known


@pytest.mark.parametrize(("batch_size", "sampling"), [(1, "reshuffle"), (8, "replacement"), (16, "shuffle_once")])
def test_a_run_goes_back_to_any_update_bit_for_bit(batch_size, sampling, monkeypatch):
    monkeypatch.setattr(run_module, "MAX_UPDATES_PER_ADVANCE", 1)
    monkeypatch.setattr(run_module, "NOISE_MEASUREMENTS", 3)
    run = make_run(batch_size=batch_size, sampling=sampling, epochs=2)
    states, known = record(run)
    whole = run.history()
    total = run.total_updates
    for at in np.random.default_rng(0).permutation(total + 1).tolist():
        run.go_to(at)
        assert (run.num_updates, run.recorded) == (at, total)
        assert_same_bits(run.state, states[at])
        assert run.measurements == [known[moment] for moment in sorted(known) if moment <= at]
        assert_same_bits(run.history().batch_losses, whole.batch_losses[:at])


def test_a_run_that_was_taken_back_goes_on_as_it_did_the_first_time():
    run = finish(make_run(batch_size=8, epochs=3))
    end, whole, seconds = run.state, run.history(), run.history("seconds").time
    run.go_to(4)
    assert not run.finished
    finish(run)
    assert_same_bits((run.state, run.history()), (end, whole))
    assert_same_bits(run.history("seconds").time, seconds)  # what was measured once stays as it was


def test_a_true_gradient_that_was_left_half_found_is_not_taken_for_another():
    run, other = make_run(batch_size=8, epochs=3), make_run(batch_size=8, epochs=3)
    other.step()
    while run.num_updates < 2:
        run.advance()
    run.advance()  # the first piece of the true gradient there
    run.go_to(1)
    assert run.inspect()[1:] == other.inspect()[1:]


@pytest.mark.parametrize("wrong", [-1, 4, 10**9])
def test_a_run_goes_to_no_place_where_it_has_not_been(wrong):
    run = make_run(batch_size=8, epochs=3)
    for _ in range(3):
        run.step()
    with pytest.raises(ValueError, match=rf"^moment must be a whole number from 0 to 3, got {wrong}$"):
        run.go_to(wrong)
    with pytest.raises(TypeError, match="moment"):
        run.go_to(1.0)
    assert run.num_updates == 3


def test_a_step_is_one_update_and_everything_is_measured_after_it():
    run, whole = make_run(batch_size=8, epochs=2), finish(make_run(batch_size=8, epochs=2))
    for number in range(1, 7):
        run.step()
        assert run.num_updates == run.recorded == number
        assert run.measurements[-1].num_updates == number
        assert run.measurements[-1].has_noise
    run.step()
    assert run.num_updates == 6
    assert_same_bits(run.state, whole.state)
    assert_same_bits(run.history().batch_losses, whole.history().batch_losses)


def test_a_diverged_run_can_be_taken_back_and_diverges_again():
    dataset = make_dataset(scale=100)
    run = finish(make_run(dataset, batch_size=1, epochs=2, learning_rate=1e3))
    at = run.diverged_at
    assert run.num_updates == run.recorded == run.last_update == at
    run.go_to(0)
    assert not run.finished
    assert finish(run).diverged_at == run.num_updates == at


def test_the_batch_that_comes_next_is_inspected_without_an_update():
    run = make_run(batch_size=16, epochs=2)
    order = in_order(run)
    for number in range(run.total_updates):
        inspection = run.inspect()
        assert run.num_updates == number
        chosen = order[number // 2][16 * (number % 2) : 16 * (number % 2) + 16]
        assert inspection.examples.tolist() == chosen.tolist()
        params = as_float64(run.state.params)
        batch, full = flat(numpy_grads(params, X64[chosen], Y[chosen])), flat(numpy_grads(params, X64, Y))
        assert inspection.batch_grad_norm == pytest.approx(np.linalg.norm(batch), rel=1e-4)
        assert inspection.full_grad_norm == pytest.approx(np.linalg.norm(full), rel=1e-4)
        cosine = batch @ full / np.linalg.norm(batch) / np.linalg.norm(full)
        assert inspection.cosine == pytest.approx(cosine, abs=1e-4)
        run.step()


def in_order(run):
    order_key, _ = jax.random.split(KEY)
    epochs = range(run.settings.epochs)
    return [np.asarray(batching.epoch_order(DATASET.y_train, epoch, key=order_key)) for epoch in epochs]


def test_a_full_batch_is_inspected_too():
    inspection = make_run(batch_size=NUM_EXAMPLES).inspect()
    assert inspection.examples.tolist() == list(range(NUM_EXAMPLES))
    assert inspection.cosine == pytest.approx(1, abs=1e-6)
    assert inspection.batch_grad_norm == pytest.approx(inspection.full_grad_norm, rel=1e-6)


# Clocks


def test_the_clocks_count_what_they_say():
    run = finish(make_run(batch_size=16, epochs=2))  # 2 updates an epoch, of 16 and of 8 examples
    at = np.arange(5)
    assert run.record.times("updates", at).tolist() == [0, 1, 2, 3, 4]
    assert run.record.times("epochs", at).tolist() == [0, 0.5, 1, 1.5, 2]
    assert run.record.times("examples", at).tolist() == [0, 16, 24, 40, 48]
    seconds = run.record.times("seconds", at)
    assert seconds[0] == 0
    assert (np.diff(seconds) > 0).all()
    with pytest.raises(ValueError, match="clock must be one of 'updates', 'epochs', 'examples', 'seconds', got 'days'"):
        run.record.times("days", at)


def test_seconds_are_those_of_the_updates_alone(monkeypatch):
    clock = iter(np.arange(0, 1000, 0.25))
    monkeypatch.setattr(trainer.time, "perf_counter", lambda: next(clock))  # each piece of updates takes 1/4 second
    monkeypatch.setattr(run_module, "MAX_UPDATES_PER_ADVANCE", 2)
    monkeypatch.setattr(base, "MEASUREMENTS", 1)
    run = finish(make_run(batch_size=8, epochs=2))  # 2 + 1 updates in each epoch
    expected = [0, 0.125, 0.25, 0.5, 0.625, 0.75, 1.0]
    np.testing.assert_allclose(run.record.times("seconds", np.arange(7)), expected)


def test_neither_what_is_compiled_nor_what_is_shuffled_is_on_the_clock(monkeypatch):
    run, events = make_run(batch_size=8, epochs=2), []  # 2 + 1 updates in each epoch
    compile_updates, epoch_order = run.compile_updates, batching.epoch_order
    monkeypatch.setattr(run, "compile_updates", lambda: (events.append("compiled"), compile_updates()))
    monkeypatch.setattr(
        batching, "epoch_order", lambda *args, **kwargs: events.append("shuffled") or epoch_order(*args, **kwargs)
    )
    monkeypatch.setattr(trainer.time, "perf_counter", lambda: events.append("clock") or 0.0)
    for _ in range(4):
        run.make_updates(1)
    assert events == ["shuffled", "compiled", *["clock"] * 6, "shuffled", *["clock"] * 2]


@pytest.mark.parametrize("clock", ["updates", "epochs", "examples", "seconds"])
def test_a_history_is_the_same_against_every_clock_but_for_its_times(clock):
    run = finish(make_run(batch_size=8, epochs=3))
    history, other = run.history(clock), run.history()
    assert_same_bits(history._replace(time=other.time, batch_time=other.batch_time), other)
    at = np.array([measurement.num_updates for measurement in run.measurements])
    assert_same_bits(history.time, run.record.times(clock, at))


def test_the_test_set_is_measured_too():
    run = finish(make_run(batch_size=8, epochs=2))
    x, y = np.asarray(DATASET.x_test, np.float64), np.asarray(DATASET.y_test)
    params = as_float64(run.state.params)
    last = run.measurements[-1]
    assert last.test_loss == pytest.approx(numpy_loss(params, x, y), rel=1e-5)
    assert last.test_accuracy == pytest.approx(np.mean(numpy_forward(params, x)[1].argmax(axis=1) == y))


# A race goes back, and several races


def test_a_race_goes_back_and_both_are_where_they_were():
    race = Race(DATASET, Settings(batch_size=16, epochs=4))
    seen = {}
    while not race.finished:
        race.advance()
        if race.gd.num_updates == race.sgd.num_updates // 2:
            seen[race.moment] = race.sgd.state, race.gd.state
    assert race.moment == race.recorded == 8
    for moment, states in reversed(seen.items()):
        race.go_to(moment)
        assert_same_bits((race.sgd.state, race.gd.state), states)
    with pytest.raises(ValueError, match="moment must be a whole number from 0 to 8, got 9"):
        race.go_to(9)


def test_a_step_of_a_race_is_one_update_of_sgd_and_one_of_gd_at_the_end_of_an_epoch():
    race = Race(DATASET, Settings(batch_size=8, epochs=2))
    made = []
    for _ in range(7):
        race.step()
        made.append((race.sgd.num_updates, race.gd.num_updates))
    assert made == [(1, 0), (2, 0), (3, 1), (4, 1), (5, 1), (6, 2), (6, 2)]
    assert race.sgd.finished


def test_a_race_whose_sgd_has_diverged_goes_back_too():
    race = Race(make_dataset(scale=100), Settings(batch_size=1, epochs=5, learning_rate=10.0))
    race.run()
    end = race.gd.state
    assert race.recorded == 5 * NUM_EXAMPLES
    race.go_to(2 * NUM_EXAMPLES)
    assert (race.sgd.num_updates, race.gd.num_updates) == (race.sgd.diverged_at, 2)
    race.run()
    assert_same_bits(race.gd.state, end)


def test_races_are_those_of_seeds_in_a_row():
    chosen = Settings(batch_size=8, epochs=2, seed=2**32 - 2)
    races = Races(DATASET, chosen, num_seeds=3)
    races.run()
    for race, seed in zip(races.races, (2**32 - 2, 2**32 - 1, 0), strict=True):
        alone = Race(DATASET, Settings(batch_size=8, epochs=2, seed=seed))
        alone.run()
        assert_same_bits(race.sgd.history(), alone.sgd.history())
        assert_same_bits(race.gd.history(), alone.gd.history())
    assert races.done == 1
    assert [run.settings.seed for run in races.sgd] == [2**32 - 2, 2**32 - 1, 0]


def test_races_go_on_side_by_side():
    races = Races(DATASET, Settings(batch_size=8, epochs=4), num_seeds=3)
    most = 0
    done = [races.done]
    while not races.finished:
        races.advance()
        moments = [race.moment for race in races.races]
        most = max(most, max(moments) - min(moments))
        done.append(races.done)
    assert most <= 3  # none is more than one piece of work ahead
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0, 1)
    races.first.go_to(0)
    assert races.done == pytest.approx(2 / 3)  # one at its start, two at their end
    races.go_to(5)
    assert [race.sgd.num_updates for race in races.races] == [5] * 3
    races.step()
    assert races.moment == 6


@pytest.mark.parametrize(("wrong", "error"), [(0, ValueError), (-1, ValueError), (True, TypeError)])
def test_at_least_one_race(wrong, error):
    with pytest.raises(error, match="num_seeds must be a whole number of at least 1"):
        Races(DATASET, Settings(batch_size=8), num_seeds=wrong)


# Compiling ahead


@pytest.fixture
def compiled():
    """Names of the programs that were compiled."""
    names = []

    def listen(event, _seconds, fun_name="", **_kwargs):
        if event == "/jax/core/compile/backend_compile_duration":
            names.append(fun_name)

    jax.monitoring.register_event_duration_secs_listener(listen)
    yield names
    jax.monitoring.unregister_event_duration_listener(listen)


def test_one_more_batch_size_costs_three_programs_and_after_all_of_them_no_choice_waits(compiled, monkeypatch):
    """Each program is traced and held in memory, and there are many batch sizes."""
    # Shapes that no other test uses: what they compiled is of no help here.
    dataset = make_dataset(num_examples=3, num_features=7, classes=("a", "b", "c", "d"))
    panel = GdVsSgd(dataset, batch_size=3, choose_sampling=True)

    def prepare(**values):
        for piece in panel._start(replace(panel.settings, **values)).to_compile():
            piece()

    prepare(batch_size=3)
    prepare(batch_size=1)
    compiled.clear()
    with monkeypatch.context() as patch:
        patch.setattr(noise, "measuring_full", None)
        prepare(batch_size=2)
    assert sorted(compiled) == ["jit(_batch_grad)", "jit(_run_updates)", "jit(batch_noise_sq)"]
    for piece in panel._prepare():
        piece()
    panel.close()
    compiled.clear()
    slow = defaultdict(list)

    def run(**values):
        Race(dataset, Settings(**values)).run()
        slow[str(values)] += compiled
        compiled.clear()

    for batch_size in (1, 2, 3):
        for sampling in batching.SAMPLINGS:
            run(batch_size=batch_size, sampling=sampling, epochs=1)
    for epochs in (2, 30):
        run(epochs=epochs, batch_size=2)
    for learning_rate in (0.001, 1.0, 10.0):
        run(learning_rate=learning_rate, batch_size=2, epochs=1)
    for seed in (1, 20, 2**32 - 1):
        run(seed=seed, batch_size=2, epochs=1)
    assert {values: names for values, names in slow.items() if names} == {}


def test_the_network_has_as_many_inputs_and_classes_as_the_data():
    assert experiment.layer_sizes(DATASET) == LAYER_SIZES
    race = Race(DATASET, Settings(batch_size=8))
    assert [layer.weight.shape for layer in race.sgd.state.params] == [(6, 128), (128, 3)]
    assert jnp.result_type(race.sgd.state.params[0].weight) == jnp.float32


def test_the_noise_is_measured_at_some_of_the_measurements_and_at_both_ends():
    run = make_run(batch_size=1, epochs=30)
    finish(run)
    with_noise = [at for at in run.measurements if at.has_noise]

    assert len(run.measurements) > len(with_noise) > 10
    assert len(with_noise) <= run_module.NOISE_MEASUREMENTS + 2
    assert with_noise[0] == run.measurements[0]
    assert with_noise[-1] == run.measurements[-1]
    assert all(np.isfinite(at.noise) == at.has_noise for at in run.measurements)


class Breaks(InPieces):
    """Work that meets an error in its second piece."""

    def _work(self):
        yield 0.5
        raise OSError("no memory")


def test_work_that_has_met_an_error_says_that_it_cannot_go_on():
    broken = Breaks()
    with pytest.raises(OSError, match="no memory"):
        broken.run()
    with pytest.raises(RuntimeError, match="stopped before its end, and cannot go on"):
        broken.run()
    assert broken.done == 0.5
