"""Many runs at once, next to the same runs one after the other."""

import threading

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import half_square, signatures_unchecked
from hypothesis import given
from hypothesis import strategies as st

from lesson_lib import batching, model
from lesson_lib import sweep as module
from lesson_lib.data import Dataset
from lesson_lib.experiment import Race, Settings
from lesson_lib.optimizers import hyperparameters
from lesson_lib.sweep import Grid, init_start, recorded_updates, sweep, sweeping
from lesson_lib.training import init_state, run_updates

pytestmark = pytest.mark.slow

N, FEATURES, CLASSES = 30, 4, 3
X = jax.random.normal(jax.random.key(1), (N, FEATURES))
Y = jax.random.randint(jax.random.key(2), (N,), 0, CLASSES)


def small_params(*, key):
    return model.init_params((FEATURES, 8, CLASSES), key=key)


GRID = Grid(batch_sizes=(4, 30), learning_rates=(0.05, 0.2, 0.8), seeds=(3, 7), epochs=3, points=5)


def run_alone(grid, b, rate, s):
    """One run of the grid, an update at a time: the loss after each, from 0 updates on."""
    batch_size, hyper = grid.batch_sizes[b], hyperparameters(grid.learning_rates[rate])
    params, order_key, _ = init_start(grid.seeds[s], small_params)
    state = init_state(params, "sgd", hyper)
    losses = [float(model.mean_loss(params, X, Y))]
    per_epoch = batching.updates_per_epoch(N, batch_size)
    for number in range(grid.epochs * per_epoch):
        epoch, first = divmod(number, per_epoch)
        order = batching.epoch_order(Y, epoch, key=order_key)
        state, _ = run_updates(state, X, Y, order, hyper, first, 1, batch_size=batch_size)
        losses.append(float(model.mean_loss(state.params, X, Y)))
    return losses


@pytest.mark.parametrize("together", [False, True])
def test_every_run_is_the_one_made_alone(together):
    result = sweep(X, Y, GRID, init_params=small_params, together=together)
    assert result.finished.all()
    for b, rate, s in np.ndindex(GRID.shape):
        alone = np.array(run_alone(GRID, b, rate, s))
        np.testing.assert_allclose(result.losses[b, rate, s], alone[result.updates[b]], rtol=2e-5)


def test_a_run_is_the_same_as_in_a_race_with_its_seed():
    dataset = Dataset("tiny", np.asarray(X), np.asarray(Y), np.asarray(X), np.asarray(Y), ("a", "b", "c"))
    race = Race(dataset, Settings(batch_size=4, epochs=2, learning_rate=0.2, seed=7))
    race.run()
    grid = Grid(batch_sizes=(4, N), learning_rates=(0.2,), seeds=(7,), epochs=2, points=1)
    result = sweep(X, Y, grid, init_params=lambda *, key: model.init_params((FEATURES, 128, CLASSES), key=key))
    for run, losses in zip((race.sgd, race.gd), result.losses[:, 0, 0], strict=True):
        seen = run.history().losses
        np.testing.assert_allclose(losses, [seen[0], seen[-1]], rtol=1e-5)


@given(num_examples=st.integers(1, 200), share=st.floats(0, 1), epochs=st.integers(1, 5), points=st.integers(1, 50))
def test_losses_are_recorded_from_first_to_last_as_evenly_as_updates_allow(num_examples, share, epochs, points):
    batch_size = max(1, round(share * num_examples))
    grid = Grid((batch_size,), (0.1,), epochs=epochs, points=points)
    updates = recorded_updates(num_examples, batch_size, grid)
    total = epochs * batching.updates_per_epoch(num_examples, batch_size)
    assert updates.shape == (points + 1,)
    assert (updates[0], updates[-1]) == (0, total)
    assert np.all(np.abs(updates - np.linspace(0, total, points + 1)) < 1)


def test_the_loss_of_a_part_of_the_examples():
    grid = Grid(batch_sizes=(10,), learning_rates=(0.1,), points=1, loss_examples=7)
    losses = sweep(X, Y, grid, init_params=small_params).losses
    start = model.mean_loss(init_start(0, small_params).params, X[:7], Y[:7])
    assert losses[0, 0, 0, 0] == pytest.approx(float(start), rel=1e-6)


# Runs that diverge. On the loss w²/2 with w = 1 at first, every update multiplies w by 1 - η.


@pytest.mark.parametrize("together", [False, True])
def test_a_run_that_diverges_has_no_finite_loss_from_there_on(together):
    """With η = 10¹⁰, w² is 10²⁰ before the second update and too large for float32 before the third."""
    grid = Grid(batch_sizes=(5, N), learning_rates=(0.5, 1e10), seeds=(0, 1), epochs=4, points=4)
    result = sweep(X, Y, grid, init_params=lambda *, key: jnp.ones(()), per_example_loss=half_square, together=together)
    assert np.isfinite(result.losses[:, 0]).all()
    np.testing.assert_array_equal(
        np.isfinite(result.losses[:, 1, 0]), [[True] + [False] * 4, [True, True] + [False] * 3]
    )
    assert result.finished.all()


# On the way, and stopping.


@pytest.mark.parametrize(("together", "group"), [(False, 1), (True, 6)])
def test_a_result_comes_with_every_run_or_group_and_holds_those_that_are_done(together, group):
    counts = []
    for result in sweeping(X, Y, GRID, init_params=small_params, together=together):
        counts.append(int(result.finished.sum()))
        np.testing.assert_array_equal(np.isnan(result.losses).all(axis=-1), ~result.finished)
    assert counts == list(range(group, 13, group))


def test_closing_ends_the_run_under_way_and_begins_no_other(monkeypatch):
    """With one thread: the second run waits in its first updates until it is told to stop."""
    begun, calls, stops, told, under_way = [], [], [], [], threading.Event()
    run_updates_together, train_together = module.run_updates_together, module._train_together

    def begin(runs, **arguments):
        begun.append(runs)
        stops.append(arguments["stop"])
        return train_together(runs, **arguments)

    def wait_and_run(*args, **kwargs):
        calls.append(args)
        if len(begun) > 1:
            under_way.set()
            told.append(stops[-1].wait(timeout=60))
        return run_updates_together(*args, **kwargs)

    monkeypatch.setattr("os.cpu_count", lambda: 1)
    monkeypatch.setattr(module, "_train_together", begin)
    monkeypatch.setattr(module, "run_updates_together", wait_and_run)
    grid = Grid(batch_sizes=(N,), learning_rates=(0.1, 0.2, 0.3), epochs=4, points=4)
    results = sweeping(X, Y, grid, init_params=small_params, together=False)
    result = next(results)
    assert under_way.wait(timeout=60)
    results.close()
    assert told == [True]
    np.testing.assert_array_equal(result.finished, [[[True], [False], [False]]])
    assert len(begun) == 2
    assert len(calls) == grid.points + 1


def test_an_error_in_a_run_is_raised_where_the_sweep_was_called_and_ends_its_threads():
    before = threading.enumerate()

    def broken_loss(params, x, y):
        raise RuntimeError("no such model")

    with pytest.raises(RuntimeError, match="no such model"):
        sweep(X, Y, GRID, init_params=small_params, per_example_loss=broken_loss)
    assert not [thread for thread in threading.enumerate() if thread not in before]


def test_a_change_of_learning_rates_seeds_and_length_compiles_nothing():
    traces = []

    def counted_loss(params, x, y):
        traces.append(x.shape)
        return model.per_example_loss(params, x, y)

    def run(**changes):
        grid = Grid(**{**vars(GRID), "batch_sizes": (5,), **changes})
        sweep(X, Y, grid, init_params=small_params, per_example_loss=counted_loss, together=True)

    run()
    at_first = len(traces)
    run(learning_rates=(1e-3, 1.0, 10.0), seeds=(0, 1), epochs=5, points=3)
    assert len(traces) == at_first


# Bad input.


@pytest.mark.parametrize(
    ("setting", "error", "message"),
    [
        ({"batch_sizes": ()}, ValueError, r"^batch_sizes must hold at least 1 value, got none$"),
        ({"learning_rates": ()}, ValueError, r"^learning_rates must hold at least 1 value, got none$"),
        ({"seeds": ()}, ValueError, r"^seeds must hold at least 1 value, got none$"),
        ({"batch_sizes": (4, 0)}, ValueError, r"^each of batch_sizes must be a whole number of at least 1, got 0$"),
        ({"batch_sizes": (True,)}, TypeError, r"^each of batch_sizes must be a whole number of at least 1, got True$"),
        ({"learning_rates": (0.1, -1.0)}, ValueError, r"^each of learning_rates must be a finite number .*, got -1.0$"),
        ({"seeds": (-1,)}, ValueError, r"^each of seeds must be a whole number from 0 to 4,294,967,295, got -1$"),
        ({"epochs": 0}, ValueError, r"^epochs must be a whole number of at least 1, got 0$"),
        ({"points": 0}, ValueError, r"^points must be a whole number of at least 1, got 0$"),
        ({"loss_examples": 0}, ValueError, r"^loss_examples must be a whole number of at least 1, got 0$"),
    ],
)
def test_a_wrong_setting_is_named(setting, error, message):
    with pytest.raises(error, match=message):
        Grid(**{**vars(GRID), **setting})


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"batch_sizes": (4, 31)}, r"^each of batch_sizes must be a whole number from 1 to 30, got 31$"),
        ({"loss_examples": 31}, r"^loss_examples must be a whole number from 1 to 30, got 31$"),
    ],
)
def test_a_setting_above_the_number_of_examples_is_named(setting, message):
    with pytest.raises(ValueError, match=message):
        sweep(X, Y, Grid(**{**vars(GRID), **setting}), init_params=small_params)


def test_losses_in_half_precision_are_averaged_in_float32():
    """In bfloat16 the mean of 400 losses, half of them 1 and half 1.0078125, would be one of the two."""
    x, y = jnp.zeros((400, 1)), jnp.arange(400) % 2

    def rounded(params, x, y):
        return (1 + y / 128 + params * x[:, 0]).astype(jnp.bfloat16)

    grid = Grid((400,), (0.1,), points=1)
    result = sweep(x, y, grid, init_params=lambda *, key: jnp.zeros(()), per_example_loss=rounded)
    np.testing.assert_allclose(result.losses[0, 0, 0], 1.00390625, rtol=1e-6)


def test_images_and_labels_must_be_as_many():
    with (
        signatures_unchecked(),
        pytest.raises(
            ValueError, match=r"^x and y must hold one row for each example, got shapes \(30, 4\) and \(29,\)$"
        ),
    ):
        sweep(X, Y[:-1], GRID, init_params=small_params)


def test_numbers_in_arrays_make_the_grid_of_plain_numbers():
    with signatures_unchecked():
        found = Grid(
            (jnp.int32(4),), [jnp.float32(0.5)], seeds=[np.uint8(1)], epochs=jnp.int32(2), target=np.float64(0.5)
        )
    assert found == Grid((4,), (0.5,), seeds=(1,), epochs=2, target=0.5)
    assert hash(found) == hash(Grid((4,), (0.5,), seeds=(1,), epochs=2, target=0.5))
