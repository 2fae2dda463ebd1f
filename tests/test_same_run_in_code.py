"""What a panel shows as "The same run in code" is run as it stands, and makes the run that the panel has made."""

from dataclasses import replace

import numpy as np
import pytest

import lesson_lib as ll
from lesson_lib.panel.settings import run_in_code
from lesson_lib.panels.noise_vs_batch_size import run as noise_run
from lesson_lib.panels.optimizer_race import run as race_run

pytestmark = pytest.mark.slow

IMAGES = ll.load_dataset(num_examples=40)
POINTS = ll.make_line_fit(24, seed=3)


def losses_of_races(races):
    return [[each.loss for each in run.measurements] for run in (*races.sgd, *races.gd)]


def parts_of_the_first_update(updates):
    updates.go_to(1)
    anatomy = updates.anatomy()
    return [anatomy.examples, anatomy.grad_norm, *anatomy.before, *anatomy.after]


def noise_of_each_size(run):
    return [draws.noise_sq for draws in run.draws.values()]


CASES = {
    "gd_vs_sgd": (
        ll.GdVsSgd,
        IMAGES,
        {"batch_size": 8, "epochs": 2, "seed": 7, "learning_rate": 1.5, "num_seeds": 5, "clock": "seconds"},
        "races",
        losses_of_races,
    ),
    "next_update": (
        ll.NextUpdate,
        IMAGES,
        {"batch_size": 4, "seed": 2, "learning_rate": 0.1},
        "updates",
        parts_of_the_first_update,
    ),
    "network_landscape": (
        ll.NetworkLandscape,
        IMAGES,
        {"batch_size": 8, "epochs": 1, "seed": 1},
        "run",
        lambda run: [run.shares, run.landscape.map.losses],
    ),
    "noise_vs_batch_size": (
        ll.NoiseVsBatchSize,
        IMAGES,
        {"batch_size": 2, "epochs": 1, "seed": 4, "learning_rate": 0.1},
        "run",
        noise_of_each_size,
    ),
    "optimizer_race": (
        ll.OptimizerRace,
        IMAGES,
        {"batch_size": 8, "epochs": 2, "seed": 3, "learning_rates": "matched", "learning_rate": 0.02, "num_seeds": 3},
        "race",
        lambda race: [race.losses(optimizer) for optimizer in race.trials],
    ),
    "gradient_cloud": (
        ll.GradientCloud,
        POINTS,
        {"batch_size": 2, "epochs": 2, "seed": 5, "learning_rate": 0.2},
        "run",
        lambda run: [run.sgd.losses, run.gd.losses, run.batch_grads()],
    ),
    "loss_surface": (
        ll.LossSurface,
        POINTS,
        {"edge_share": 0.4, "batch_size": 16, "epochs": 3, "seed": 2, "start_w": 1.25, "start_b": -0.5},
        "path",
        lambda path: [path.params],
    ),
    "noise_floor": (
        ll.NoiseFloor,
        None,
        {"batch_size": 8, "epochs": 1, "seed": 6, "learning_rate": 0.5, "sampling": "reshuffle"},
        "run",
        lambda run: [run.history().w, run.floor],
    ),
}


def panel_of(case, learned):
    kind, _, settings, _, _ = CASES[case]
    return kind(**settings) if learned is None else kind(learned, **settings)


@pytest.fixture
def few_draws(monkeypatch):
    """Fewer gradients are averaged, by the panel and by its code alike: both draw the same ones or they do not."""
    monkeypatch.setattr(noise_run, "EXAMPLES_PER_SIZE", 64)
    monkeypatch.setattr(noise_run, "LEAST_BATCHES", 3)
    monkeypatch.setattr(race_run, "NUM_DIRECTIONS", 64)


@pytest.mark.usefixtures("few_draws")
@pytest.mark.parametrize("case", CASES)
def test_the_code_makes_the_run_of_the_panel(case):
    _, learned, _, name, seen_of = CASES[case]
    panel = panel_of(case, learned)
    panel.run()
    panel.wait(120.0)
    names = {}
    exec(panel.code, names)
    made, own = seen_of(names[name]), seen_of(panel.experiment)
    assert len(made) == len(own) > 0
    for one, other in zip(made, own, strict=True):
        np.testing.assert_array_equal(one, other)


def own_points():
    return ll.LineFit(POINTS.x, POINTS.y[::-1])


def own_images():
    return replace(IMAGES, y_train=IMAGES.y_train[::-1])


@pytest.mark.parametrize("case", [case for case in CASES if CASES[case][1] is not None])
def test_of_somebody_s_own_data_there_is_no_code(case):
    own = own_images() if CASES[case][1] is IMAGES else own_points()
    assert panel_of(case, own).code == ""


def test_a_dataset_and_a_line_know_the_call_that_makes_them():
    assert IMAGES.made_by == "load_dataset('fashion_mnist', num_examples=40)"
    assert ll.make_line_fit().made_by == "make_line_fit(64, seed=0)"
    assert ll.make_line_fit(12, seed=3).made_by == "make_line_fit(12, seed=3)"
    assert own_images().made_by == own_points().made_by == ""
    assert run_in_code("line", "", "print(line)") == ""
