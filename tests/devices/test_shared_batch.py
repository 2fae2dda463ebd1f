"""One batch on eight simulated devices. `tests/test_parallel.py` runs this file in a process that has them."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import signatures_unchecked, squared_error, tiny_dataset

import lesson_lib as ll
from lesson_lib import batching, model, training
from lesson_lib.optimizers import OPTIMIZERS, hyperparameters
from lesson_lib.parallel import SharedLoss, make_mesh, place, place_dataset
from lesson_lib.parallel.timed_exchange import _exchanges

N = 50
DATASET = tiny_dataset(N)
ORDER = batching.epoch_order(DATASET.y_train, 0, key=jax.random.key(1))
PARAMS = model.init_params((6, 5, 3), key=jax.random.key(2))
HYPER = hyperparameters(0.05)


def one_epoch(mesh, batch_size, optimizer="sgd", *, first=0, count=None):
    """An epoch on the devices of a mesh; on one device, without any of it, where there is no mesh."""
    arrays = (training.init_state(PARAMS, optimizer, HYPER), DATASET.x_train, DATASET.y_train, ORDER)
    state, x, y, order = arrays if mesh is None else place(arrays, mesh)
    loss = model.per_example_loss if mesh is None else SharedLoss(mesh)
    count = batching.updates_per_epoch(N, batch_size) - first if count is None else count
    return training.run_updates(
        state, x, y, None if batch_size == N else order, HYPER, first, count,
        batch_size=batch_size, optimizer=optimizer, per_example_loss=loss,
    )  # fmt: skip


def assert_same(found, expected):
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), rtol=2e-5, atol=2e-6)


def test_there_are_eight_devices():
    assert make_mesh().size == 8
    assert make_mesh(3).devices.tolist() == jax.devices()[:3]


def test_devices_that_exchange_their_mean_again_and_again_keep_what_all_of_them_have():
    values = np.array([1.0, -2.0, 3.0], np.float32)
    np.testing.assert_allclose(_exchanges(place(values, make_mesh()), 5), values)


@pytest.mark.parametrize(
    ("num_devices", "batch_size"), [(1, 7), (2, 7), (2, N), (4, 1), (4, 16), (8, 7), (8, 16), (8, N)]
)
def test_an_epoch_is_that_of_one_device(num_devices, batch_size):
    """Not divided by D, fewer examples than devices, an incomplete last batch, the full batch."""
    assert_same(one_epoch(make_mesh(num_devices), batch_size), one_epoch(None, batch_size))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_moves_all_copies_alike(optimizer):
    mesh = make_mesh(8)
    state, losses = one_epoch(mesh, 12, optimizer)
    assert_same((state, losses), one_epoch(None, 12, optimizer))
    for leaf in jax.tree.leaves(state.params):
        copies = [np.asarray(shard.data) for shard in leaf.addressable_shards]
        assert len(copies) == 8
        for copy in copies:
            np.testing.assert_array_equal(copy, copies[0])


@pytest.mark.parametrize("batch_size", [3, 8, 13])
def test_an_update_is_the_one_that_numpy_makes(batch_size):
    mesh = make_mesh(8)
    x, y = np.asarray(DATASET.x_train), np.asarray(DATASET.y_train, np.float32)
    w, chosen = np.arange(6, dtype=np.float32), np.asarray(ORDER)[:batch_size]
    grad = np.mean((x[chosen] @ w - y[chosen])[:, None] * x[chosen], axis=0)
    state, data, labels, order = place((training.init_state(jnp.asarray(w), "sgd", HYPER), x, y, ORDER), mesh)
    state, losses = training.run_updates(
        state, data, labels, order, HYPER, 0, 1, batch_size=batch_size, per_example_loss=SharedLoss(mesh, squared_error)
    )
    np.testing.assert_allclose(state.params, w - 0.05 * grad, rtol=1e-5)
    np.testing.assert_allclose(losses[0], np.mean((x[chosen] @ w - y[chosen]) ** 2 / 2), rtol=1e-5)


def work_of_a_device(num_devices, batch_size):
    """Floating-point operations that one device's part of an update needs."""
    mesh = make_mesh(num_devices)
    state, x, y, order = place(
        (training.init_state(PARAMS, "sgd", HYPER), DATASET.x_train, DATASET.y_train, ORDER), mesh
    )
    program = training._run_updates.lower(
        state, x, y, order, HYPER, 0, 1, batch_size=batch_size, optimizer="sgd", per_example_loss=SharedLoss(mesh)
    ).compile()
    return program.cost_analysis()["flops"]


@pytest.mark.parametrize("batch_size", [48, 45])
def test_eight_devices_share_the_work(batch_size):
    """The result alone would be the same if each device computed all of it. Eight does not divide 45."""
    assert work_of_a_device(8, batch_size) < 0.4 * work_of_a_device(1, batch_size)


def test_a_batch_size_is_compiled_once():
    mesh = make_mesh(4)
    one_epoch(mesh, 10)
    programs = training._run_updates._cache_size()
    one_epoch(make_mesh(4), 10, first=1, count=2)
    assert training._run_updates._cache_size() == programs
    one_epoch(mesh, 11)
    assert training._run_updates._cache_size() == programs + 1


def test_data_are_placed_once_and_whole():
    mesh = make_mesh(4)
    dataset = place_dataset(DATASET, mesh)
    for name in ("x_train", "y_train", "x_test", "y_test"):
        array, own = getattr(dataset, name), getattr(DATASET, name)
        assert {shard.device for shard in array.addressable_shards} == set(mesh.devices.flat)
        for shard in array.addressable_shards:
            np.testing.assert_array_equal(shard.data, own)
    state, order = place((training.init_state(PARAMS, "sgd", HYPER), ORDER), mesh)
    update = partial(training.run_updates, batch_size=10, per_example_loss=SharedLoss(mesh))
    update(state, dataset.x_train, dataset.y_train, order, HYPER, 0, 0)
    with jax.transfer_guard_device_to_device("disallow"):
        state, _ = update(state, dataset.x_train, dataset.y_train, order, HYPER, 0, 5)
        update(state, dataset.x_train, dataset.y_train, order, HYPER, 0, 5)
        with pytest.raises(Exception, match="transfer"):
            update(state, DATASET.x_train, dataset.y_train, order, HYPER, 0, 5)


def test_train_takes_a_placed_dataset():
    mesh, settings = make_mesh(8), ll.Settings(batch_size=9, epochs=2)
    shared = ll.train(place_dataset(DATASET, mesh), settings, params=PARAMS, per_example_loss=SharedLoss(mesh))
    alone = ll.train(DATASET, settings, params=PARAMS)
    assert_same((shared.params, shared.batch_losses), (alone.params, alone.batch_losses))


def test_a_loss_that_is_a_mean_is_refused():
    def mean_loss(params, x, y):
        return jnp.mean(model.per_example_loss(params, x, y))

    mesh = make_mesh(8)
    with pytest.raises(ValueError, match="one loss for each example"):
        ll.train(DATASET, ll.Settings(batch_size=9), params=PARAMS, per_example_loss=SharedLoss(mesh, mean_loss))


@pytest.mark.parametrize("num_devices", [0, -1, 9, 2.0, True])
def test_a_wrong_number_of_devices_is_refused(num_devices):
    with (
        signatures_unchecked(),
        pytest.raises((TypeError, ValueError), match="num_devices must be a whole number from 1 to 8"),
    ):
        make_mesh(num_devices)
