"""What one gets wrong at a public run: the error names the argument, its value and what is allowed, before any work."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import signatures_unchecked, tiny_dataset

import lesson_lib as ll
from lesson_lib import training
from lesson_lib.experiment.settings import MOST_UPDATES
from lesson_lib.panel import controls
from lesson_lib.panel.controls import Control

DATASET = tiny_dataset()
LINE = ll.make_line_fit(24)

ON_DATASETS = {
    "Race": lambda dataset, **s: ll.Race(dataset, ll.Settings(**s)),
    "Races": lambda dataset, **s: ll.Races(dataset, ll.Settings(**s)),
    "train": lambda dataset, **s: ll.train(dataset, ll.Settings(**s)),
    "CoverageRun": lambda dataset, **s: ll.CoverageRun(dataset, ll.Settings(**s)),
    "NextUpdateRun": lambda dataset, **s: ll.NextUpdateRun(dataset, ll.Settings(**s)),
    "NoiseVsBatchSizeRun": lambda dataset, **s: ll.NoiseVsBatchSizeRun(dataset, ll.Settings(**s)),
    "OptimizerRaceRun": lambda dataset, **s: ll.OptimizerRaceRun(dataset, ll.OptimizerSettings(**s)),
    "NetworkLandscapeRun": lambda dataset, **s: ll.NetworkLandscapeRun(dataset, ll.Settings(**s)),
}
WITHOUT_SETTINGS = {
    "EqualTimeRun": ll.EqualTimeRun,
    "TimeToTargetRun": ll.TimeToTargetRun,
    "CostOfAnUpdateRun": ll.CostOfAnUpdateRun,
    "Coverage": ll.Coverage,
    "ManyDevices": ll.ManyDevices,
}
WITH_SETTINGS = {
    "Race": lambda settings: ll.Race(DATASET, settings),
    "Races": lambda settings: ll.Races(DATASET, settings),
    "train": lambda settings: ll.train(DATASET, settings),
    "CoverageRun": lambda settings: ll.CoverageRun(DATASET, settings),
    "NextUpdateRun": lambda settings: ll.NextUpdateRun(DATASET, settings),
    "NoiseVsBatchSizeRun": lambda settings: ll.NoiseVsBatchSizeRun(DATASET, settings),
    "NetworkLandscapeRun": lambda settings: ll.NetworkLandscapeRun(DATASET, settings),
    "NoiseFloorRun": ll.NoiseFloorRun,
}
ON_LINES = {
    "LinePath": lambda line=LINE, **s: ll.LinePath(line, **{"learning_rate": 0.1, "batch_size": 4, "epochs": 1} | s),
    "GradientCloudRun": lambda line=LINE, **s: ll.GradientCloudRun(
        line, **{"learning_rate": 0.1, "batch_size": 4, "epochs": 1} | s
    ),
}


@pytest.fixture(autouse=True)
def no_work_is_started(monkeypatch):
    """And types are checked by the library alone, as at the learner's."""

    def work(*_args, **_kwargs):
        raise AssertionError("work was started")

    monkeypatch.setattr(training, "init_state", work)
    with signatures_unchecked():
        yield


def refused(error, message, make, *args, **kwargs):
    with pytest.raises(error) as caught:
        make(*args, **kwargs)
    assert type(caught.value) is error
    assert str(caught.value).startswith(message), caught.value


@pytest.mark.parametrize("name", [*ON_DATASETS, *WITHOUT_SETTINGS])
@pytest.mark.parametrize("wrong", ["fashion_mnist", None, (DATASET.x_train, DATASET.y_train)])
def test_what_is_no_dataset_is_refused(name, wrong):
    message = f"dataset must be a Dataset, as load_dataset gives one, got {wrong!r}"
    refused(TypeError, message, (ON_DATASETS | WITHOUT_SETTINGS)[name], wrong)


@pytest.mark.parametrize("name", ON_DATASETS)
def test_a_batch_holds_no_more_examples_than_there_are(name):
    message = "batch_size must be a whole number from 1 to 24, got 25"
    refused(ValueError, message, ON_DATASETS[name], DATASET, batch_size=25)


@pytest.mark.parametrize("name", [name for name in ON_DATASETS if name != "OptimizerRaceRun"])
def test_epochs_that_no_memory_could_hold_are_refused(name):
    epochs = 10**15
    message = f"epochs must be a whole number from 1 to {MOST_UPDATES // 3:,}, got {epochs}"
    refused(ValueError, message, ON_DATASETS[name], DATASET, batch_size=8, epochs=epochs)


@pytest.mark.parametrize("name", WITH_SETTINGS)
@pytest.mark.parametrize("wrong", [32, {"batch_size": 8}, ll.Settings])
def test_what_are_no_settings_is_refused(name, wrong):
    message = f"settings must be a Settings, as in ll.Settings(batch_size=32), got {wrong!r}"
    refused(TypeError, message, WITH_SETTINGS[name], wrong)


def test_a_race_of_optimizers_has_settings_of_its_own():
    wrong = ll.Settings(batch_size=8)
    message = f"settings must be an OptimizerSettings, as in ll.OptimizerSettings(batch_size=8), got {wrong!r}"
    refused(TypeError, message, ll.OptimizerRaceRun, DATASET, wrong)


@pytest.mark.parametrize("name", ON_LINES)
def test_what_is_no_line_or_a_wrong_number_is_refused(name):
    make = ON_LINES[name]
    refused(TypeError, f"line must be a LineFit, as make_line_fit gives one, got {DATASET!r}", make, DATASET)
    for panel in (ll.LossSurface, ll.GradientCloud):
        refused(TypeError, f"line must be a LineFit, as make_line_fit gives one, got {DATASET!r}", panel, DATASET)
    refused(TypeError, "learning_rate must be a finite number above 0, got '0.1'", make, learning_rate="0.1")
    refused(TypeError, "batch_size must be a whole number from 1 to 24, got 2.0", make, batch_size=2.0)
    refused(ValueError, f"epochs must be a whole number from 1 to {MOST_UPDATES // 6:,}, got", make, epochs=10**15)


@pytest.mark.parametrize("wrong", [[1.0, 2.0], "12", np.array(["a", "b"]), np.array([1j, 2.0])])
def test_points_that_are_no_numbers_are_refused(wrong):
    message = f"x must be a JAX or NumPy array of numbers, got {wrong!r}"
    refused(TypeError, message, ll.LineFit, wrong, np.ones(2))
    refused(TypeError, "y" + message[1:], ll.LineFit, np.ones(2), wrong)


@pytest.mark.parametrize("make", [jnp.array, lambda x: np.array(x, np.float32), lambda x: np.array(x, np.int64)])
def test_points_of_any_kind_of_number_are_kept_in_float64(make):
    line = ll.LineFit(make([0, 1, 3]), make([1, 3, 7]))
    assert line.x.dtype == line.y.dtype == np.float64
    np.testing.assert_allclose(line.minimum, [2, 1])


@pytest.mark.parametrize(
    ("name", "wrong", "error", "message"),
    [
        ("params", {"w": [1.0]}, TypeError, "params must be a pytree of arrays of floating-point numbers, got 1.0 in"),
        ("params", jnp.ones(3, int), TypeError, "params must be a pytree of arrays of floating-point numbers, got Arr"),
        ("params", (), ValueError, "params must hold at least 1 array, got ()"),
        ("key", 0, TypeError, "key must be a random key, as jax.random.key(0) gives one, got 0"),
        ("key", jax.random.split(jax.random.key(0)), TypeError, "key must be a random key, as jax.random.key(0) gives"),
        ("hyper", 0.1, TypeError, "hyper must be a Hyperparameters, as ll.hyperparameters(0.1) gives one, got 0.1"),
        ("callback", "print", TypeError, "callback must be a function (num_updates, params), got 'print'"),
        ("per_example_loss", 1, TypeError, "per_example_loss must be a function (params, x, y) -> losses, got 1"),
        ("average", "no", TypeError, "average must be True or False, got 'no'"),
        ("average", 1, TypeError, "average must be True or False, got 1"),
        ("num_updates", 2.0, TypeError, "num_updates must be a whole number of at least 0, got 2.0"),
        ("optimizer", "adamw", ValueError, "optimizer must be one of 'sgd', "),
        ("optimizer", 0.1, TypeError, "optimizer must be one of 'sgd', "),
        ("optimizer", optax.adam, TypeError, "optimizer must be the name of one or an optax transform, as optax.adam("),
        (
            "optimizer",
            optax.lbfgs(),
            TypeError,
            "optimizer must be an optax transform that needs the gradient and the ",
        ),
    ],
)
def test_train_names_what_is_wrong(name, wrong, error, message):
    refused(error, message, ll.train, DATASET, ll.Settings(8), **{name: wrong})


def test_settings_that_an_optax_transform_would_not_hear_of_are_refused():
    message = "hyper must be None with an optax transform, which has settings of its own, got Hyperparameters("
    hyper = ll.hyperparameters(0.1)
    refused(TypeError, message, ll.train, DATASET, ll.Settings(8), optimizer=optax.sgd(0.1), hyper=hyper)


@pytest.mark.parametrize(
    "returned", [None, [0.5] * 24, jnp.ones(24, int), 1.0], ids=["nothing", "a list", "whole numbers", "a number"]
)
def test_a_model_that_gives_no_array_of_losses_is_refused(returned):
    message = "per_example_loss must return an array of floating-point numbers, got "
    refused(TypeError, message, ll.train, DATASET, ll.Settings(8), per_example_loss=lambda *_: returned)


def test_an_optimizer_that_needs_more_is_refused_wherever_it_is_begun(monkeypatch):
    monkeypatch.undo()  # this is the beginning of the work
    for optimizer in (optax.lbfgs(), optax.adam):
        with signatures_unchecked(), pytest.raises(TypeError, match="optimizer must be"):
            training.init_state({"w": jnp.ones(3)}, optimizer, ll.hyperparameters(0.1))


MESH = ll.parallel.make_mesh(1)
OTHER_MESH = jax.make_mesh((1,), ("x",))


@pytest.mark.parametrize(
    "make",
    [ll.parallel.SharedLoss, partial(ll.parallel.place, np.ones(2)), partial(ll.parallel.place_dataset, DATASET)],
)
def test_devices_are_those_of_a_mesh_of_make_mesh(make):
    refused(TypeError, "mesh must be a Mesh, as make_mesh gives one, got 8", make, 8)
    refused(
        ValueError, "mesh must have the axis 'devices' alone, as that of make_mesh has, got Mesh(", make, OTHER_MESH
    )


def test_what_is_placed_are_arrays_and_a_loss_is_a_function():
    message = "tree must be a pytree of JAX or NumPy arrays, got 0.1 in it"
    refused(TypeError, message, ll.parallel.place, {"w": np.ones(2), "rate": 0.1}, MESH)
    message = "dataset must be a Dataset, as load_dataset gives one, got 'fashion_mnist'"
    refused(TypeError, message, ll.parallel.place_dataset, "fashion_mnist", MESH)
    message = "per_example_loss must be a function (params, x, y) -> losses, got None"
    refused(TypeError, message, ll.parallel.SharedLoss, MESH, None)


@pytest.mark.parametrize("make", [np.array, jnp.array])
def test_numbers_in_arrays_without_axes_are_settings(make):
    given = {"batch_size": make(8), "epochs": make(2), "learning_rate": make(0.25), "seed": make(3)}
    assert ll.Settings(**given) == ll.Settings(batch_size=8, epochs=2, learning_rate=0.25, seed=3)
    assert repr(ll.Settings(**given)) == repr(ll.Settings(8, 2, 0.25, 3))
    race = ll.OptimizerSettings(**given, num_seeds=make(1), most_updates=make(50))
    assert repr(race) == repr(
        ll.OptimizerSettings(8, 2, 50, learning_rate=0.25, seed=3, num_seeds=1),
    )
    refused(TypeError, "batch_size must be a whole number of at least 1, got", ll.Settings, make([8]))


@pytest.mark.parametrize("make", [np.array, jnp.array])
def test_numbers_in_arrays_without_axes_are_numbers_for_every_run(make, monkeypatch):
    monkeypatch.undo()  # a network is begun, too
    batch_size, epochs, seed, rate = make(8), make(2), make(3), make(0.25)
    for name, make_run in ON_LINES.items():
        run = make_run(batch_size=batch_size, epochs=epochs, seed=seed, learning_rate=rate)
        path = run.sgd if name == "GradientCloudRun" else run
        assert [type(path.batch_size), type(path.epochs), path.total_updates] == [int, int, 6]
    assert ll.EqualTimeRun(DATASET, seed=seed, learning_rate=rate).runs
    assert repr(ll.TimeToTargetRun(DATASET, epochs=epochs, seed=seed).grid) == repr(
        ll.TimeToTargetRun(DATASET, epochs=2, seed=3).grid
    )
    assert ll.CostOfAnUpdateRun(DATASET, rounds=epochs).rounds == 2
    assert type(ll.batching.updates_per_epoch(24, batch_size)) is int
    assert repr(ll.make_line_fit(batch_size, seed=seed).made_by) == repr("make_line_fit(8, seed=3)")


@pytest.mark.parametrize("make", [np.array, jnp.array])
def test_a_control_finds_a_number_in_an_array_and_refuses_a_longer_one(make):
    assert controls.batch_size_control(24).index(make(8)) == 3
    limits = Control("most_updates", "race ends", (400, None), str)
    assert limits.index(make(400)) == 0
    assert limits.index(None) == 1
    for control in (controls.batch_size_control(24), limits):
        refused(ValueError, f"{control.name} must be one of", control.index, make([8, 8]))
