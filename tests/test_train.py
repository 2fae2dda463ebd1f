"""`ll.train` next to the same training written by hand in NumPy, in float64."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import tiny_dataset

from lesson_lib import batching, model
from lesson_lib.experiment import trainer
from lesson_lib.experiment.settings import Settings
from lesson_lib.experiment.start import start_of
from lesson_lib.experiment.train import train
from lesson_lib.optimizers import hyperparameters

pytestmark = pytest.mark.slow

DATASET = tiny_dataset()  # 24 examples: with B = 5 an epoch has 5 updates, the last of them from 4 examples
KEY = jax.random.key(3)
START = {"slope": jnp.linspace(-1, 1, 6), "height": jnp.zeros(())}


def line_loss(params, x, y):
    """Least squares; any model will do, as long as it is a function."""
    return (x @ params["slope"] + params["height"] - y.astype(x.dtype)) ** 2 / 2


def line_by_hand(num_updates, *, batch_size, learning_rate, momentum=0.0, key=KEY, sampling="reshuffle"):
    """Losses of the batches, and slope and height after each update."""
    x, y = np.asarray(DATASET.x_train, np.float64), np.asarray(DATASET.y_train, np.float64)
    inputs = np.append(x, np.ones((len(x), 1)), axis=1)
    params, velocity = np.append(np.asarray(START["slope"], np.float64), 0.0), np.zeros(7)
    losses, iterates = [], []
    for update in range(num_updates):
        epoch, within = divmod(update, -(-len(x) // batch_size))
        order = np.asarray(batching.epoch_order(DATASET.y_train, epoch, sampling, key=key))
        batch = order[within * batch_size : (within + 1) * batch_size]
        off = inputs[batch] @ params - y[batch]
        losses.append(np.mean(off**2 / 2))
        velocity = momentum * velocity + off @ inputs[batch] / len(batch)
        params = params - learning_rate * velocity
        iterates.append(params)
    return np.array(losses), np.array(iterates)


def together(params):
    return np.append(params["slope"], params["height"])


def train_line(settings, **options):
    return train(DATASET, settings, params=START, key=KEY, per_example_loss=line_loss, **options)


@pytest.mark.parametrize(
    ("optimizer", "momentum"),
    [("sgd", 0.0), ("momentum", 0.5), (optax.sgd(0.02), 0.0), (optax.sgd(0.02, momentum=0.5), 0.5)],
)
def test_any_model_is_trained_by_any_optimizer_as_by_hand(optimizer, momentum):
    hyper = hyperparameters(0.02, momentum=0.5) if isinstance(optimizer, str) else None
    end = train_line(Settings(5, epochs=3), optimizer=optimizer, hyper=hyper)
    losses, iterates = line_by_hand(15, batch_size=5, learning_rate=0.02, momentum=momentum)
    np.testing.assert_allclose(end.batch_losses, losses, rtol=2e-5)
    np.testing.assert_allclose(together(end.params), iterates[-1], rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("sampling", batching.SAMPLINGS)
@pytest.mark.parametrize("batch_size", [1, 5, 24])
def test_batches_are_those_of_the_sampling_and_an_incomplete_last_one_is_kept(sampling, batch_size):
    end = train_line(Settings(batch_size, epochs=2, learning_rate=0.03, sampling=sampling))
    per_epoch = -(-24 // batch_size)
    losses, iterates = line_by_hand(2 * per_epoch, batch_size=batch_size, learning_rate=0.03, sampling=sampling)
    np.testing.assert_allclose(end.batch_losses, losses, rtol=1e-4, atol=1e-9)
    np.testing.assert_allclose(together(end.params), iterates[-1], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("average_from", "optimizer"), [(0, "sgd"), (7, "sgd"), (7, optax.sgd(0.05)), (50, "sgd")])
def test_the_average_is_the_mean_of_the_parameters_that_count(average_from, optimizer):
    hyper = hyperparameters(0.05, average_from=average_from)
    end = train_line(Settings(5), num_updates=12, optimizer=optimizer, hyper=hyper, average=True)
    _, iterates = line_by_hand(12, batch_size=5, learning_rate=0.05)
    counted = iterates[average_from:] if average_from < 12 else iterates[-1:]
    np.testing.assert_allclose(together(end.average), counted.mean(axis=0), rtol=2e-5, atol=1e-6)
    assert train_line(Settings(5), num_updates=12, hyper=hyper).average is None


def test_parameters_and_order_are_those_of_the_seed_unless_they_are_given():
    for seed in (0, 4):
        settings, start = Settings(5, epochs=2, seed=seed), start_of(DATASET, seed)
        given = train(DATASET, settings, params=start.params, key=start.order_key)
        np.testing.assert_array_equal(train(DATASET, settings).batch_losses, given.batch_losses)
    other = train(DATASET, settings, params=start.params, key=KEY)
    assert not np.array_equal(other.batch_losses, given.batch_losses)


def test_without_settings_they_are_the_usual_ones_of_the_lessons():
    big = tiny_dataset(40)
    usual = train(big, num_updates=5)
    named = train(big, Settings(batch_size=32, learning_rate=0.05, seed=0, sampling="reshuffle"), num_updates=5)
    np.testing.assert_array_equal(usual.batch_losses, named.batch_losses)
    assert len(train(big).batch_losses) == 10 * 2


def test_after_each_epoch_the_callback_gets_what_has_been_come_to():
    seen = []
    end = train_line(Settings(5), num_updates=12, callback=lambda made, params: seen.append((made, together(params))))
    _, iterates = line_by_hand(12, batch_size=5, learning_rate=0.05)
    assert [made for made, _ in seen] == [5, 10, 12]
    for made, params in seen:
        np.testing.assert_allclose(params, iterates[made - 1], rtol=2e-5, atol=1e-6)
    assert len(end.batch_losses) == len(end.seconds) == 12


def test_each_update_takes_its_share_of_its_epoch(monkeypatch):
    clock = itertools.accumulate(itertools.count())  # 0, 1, 3, 6, 10, …: the updates of epochs take 1, 3, 5 seconds
    monkeypatch.setattr(trainer.time, "perf_counter", lambda: next(clock))
    end = train_line(Settings(5), num_updates=12)
    np.testing.assert_allclose(end.seconds, [1 / 5] * 5 + [3 / 5] * 5 + [5 / 2] * 2)


def test_no_update_leaves_the_parameters_as_they_were():
    end = train_line(Settings(5), num_updates=0, average=True)
    assert end.batch_losses.shape == end.seconds.shape == (0,)
    assert end.diverged_at is None
    np.testing.assert_array_equal(together(end.params), together(START))
    np.testing.assert_array_equal(together(end.average), together(START))


def test_the_update_is_named_whose_batch_had_no_finite_loss():
    end = train_line(Settings(5, epochs=40, learning_rate=20.0))
    first = int(np.flatnonzero(~np.isfinite(end.batch_losses))[0])
    assert end.diverged_at == first + 1
    assert first > 5


def test_a_loss_that_is_a_mean_already_is_refused():
    with pytest.raises(ValueError, match="per_example_loss must return one loss for each example"):
        train(DATASET, Settings(5), per_example_loss=model.mean_loss)
