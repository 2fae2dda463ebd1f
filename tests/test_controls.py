"""What can be chosen on a panel, and how each choice is said."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lesson_lib.batching import SAMPLINGS
from lesson_lib.experiment import Settings
from lesson_lib.experiment.history import CLOCKS, CURVES
from lesson_lib.panel import controls
from lesson_lib.panels.gd_vs_sgd.picture import View

SETTINGS = {
    "batch_size": lambda: controls.batch_size_control(12_000),
    "epochs": controls.epochs_control,
    "learning_rate": controls.learning_rate_control,
    "seed": controls.seed_control,
    "sampling": controls.sampling_control,
}
VIEWS = {
    "clock": controls.clock_control,
    "curve": controls.curve_control,
    "scale": controls.scale_control,
}
MAKERS = SETTINGS | VIEWS | {"num_seeds": controls.num_seeds_control}
every_control = pytest.mark.parametrize("name", MAKERS)
every_setting = pytest.mark.parametrize("name", SETTINGS)


@every_control
def test_a_control_is_called_as_what_it_sets(name):
    assert MAKERS[name]().name == name


@every_setting
def test_every_value_is_a_setting(name):
    for value in MAKERS[name]().values:
        assert getattr(Settings(**{name: value}), name) == value


@every_control
def test_every_default_is_offered(name):
    default = (vars(Settings()) | View()._asdict() | {"num_seeds": 1})[name]
    control = MAKERS[name]()
    assert control.values[control.index(default)] == default


@every_control
def test_only_what_changes_how_a_run_is_looked_at_goes_on_with_the_same_run(name):
    assert MAKERS[name]().restarts == (name not in VIEWS)


@every_control
def test_what_decides_the_course_of_a_run_is_seen_at_once(name):
    assert MAKERS[name]().spec()["main"] == (name in ("batch_size", "epochs", "learning_rate"))


@pytest.mark.parametrize(
    ("num_examples", "labels"), [(12_000, "1 8 64 512 N"), (64, "1 8 N"), (65, "1 8 64 N"), (5, "1 N"), (1, "N")]
)
def test_some_batch_sizes_stand_under_the_slider_at_their_places(num_examples, labels):
    control = controls.batch_size_control(num_examples)
    marks = control.spec()["marks"]
    assert " ".join(text for _, text in marks) == labels
    for place, text in marks:
        assert str(control.values[place]) == text.replace("N", str(num_examples))
    few = replace(control, values=control.values[-1:])
    assert few.spec()["marks"] == [(0, "N")]


def test_all_clocks_and_curves_are_offered():
    assert [*controls.clock_control().values] == [*CLOCKS]
    assert [*controls.curve_control().values] == [*CURVES]
    assert [*controls.scale_control().values] == ["linear", "log"]
    assert {MAKERS[name]().kind for name in VIEWS} == {"list"}


def test_a_clock_and_a_curve_are_called_after_what_they_show():
    assert [label.split()[0] for label in CLOCKS.values()] == list(CLOCKS)
    for name, label in CURVES.items():
        assert label.split()[0] == ("test" if name.startswith("test_") else "training")
        assert label.split()[-1] == name.split("_")[-1]


def test_a_choice_from_a_list_is_called_after_its_value():
    words = {
        "reshuffle": "reshuffle every epoch", "shuffle_once": "shuffle once", "replacement": "with replacement",
        "sorted": "sorted by label", "linear": "linear scale", "log": "logarithmic scale",
    }  # fmt: skip
    for control in (controls.sampling_control(), controls.scale_control()):
        assert [control.text(value) for value in control.values] == [words[value] for value in control.values]


def test_one_seed_or_five():
    control = controls.num_seeds_control()
    assert list(control.values) == [1, 5]
    assert control.text(1) == "1 seed"
    assert control.text(5).startswith("5 seeds")


@every_control
def test_values_and_places_go_round(name):
    control = MAKERS[name]()
    assert [control.index(value) for value in control.values] == list(range(len(control.values)))


@every_control
def test_no_two_values_are_said_alike(name):
    control = MAKERS[name]()
    texts = [control.text(value) for value in control.values]
    assert len(set(texts)) == len(texts) == len(control.values)
    assert control.label
    assert control.kind in {"slider", "list"}
    spec = control.spec()
    assert set(spec) == {"name", "label", "kind", "texts", "main", "marks"}
    assert {"name": name, "label": control.label, "kind": control.kind, "texts": texts}.items() <= spec.items()


@every_control
@pytest.mark.parametrize("value", [True, False, None, "x", -1, 2.5e9, math.nan])
def test_what_is_not_offered_is_refused(name, value):
    with pytest.raises(ValueError, match=f"^{name} must be one of .*; got {value!r}$"):
        MAKERS[name]().index(value)


@pytest.mark.parametrize("name", ["batch_size", "epochs", "learning_rate", "seed"])
def test_values_go_up(name):
    values = list(MAKERS[name]().values)
    assert values == sorted(set(values))


@given(st.integers(1, 70_000))
def test_batch_sizes_are_powers_of_two_up_to_all_examples(num_examples):
    control = controls.batch_size_control(num_examples)
    *powers, last = control.values
    assert last == num_examples
    assert powers == [2**place for place in range(len(powers))]
    assert all(power < num_examples for power in powers)
    assert 2 ** len(powers) >= num_examples
    texts = [control.text(value) for value in control.values]
    assert len(set(texts)) == len(texts)
    for value, text in zip(control.values, texts, strict=True):
        noun = "example" if value == 1 else "examples"
        assert text == f"{value:,} {noun}" + (" = N" if value == num_examples else "")


def test_one_example_is_no_plural():
    assert controls.batch_size_control(2).text(1) == "1 example"
    assert controls.batch_size_control(1).text(1) == "1 example = N"
    assert controls.epochs_control().text(1) == "1 epoch"
    assert controls.epochs_control().text(2) == "2 epochs"


def test_learning_rates_look_even_on_a_log_scale():
    rates = controls.learning_rate_control().values
    assert (rates[0], rates[-1]) == (0.001, 10.0)
    steps = [math.log10(b / a) for a, b in pairwise(rates)]
    assert max(steps) < 0.25
    assert min(steps) > 0.1


@pytest.mark.parametrize("rate", [0.001, 0.0015, 0.05, 0.3, 1.0, 10.0])
def test_learning_rates_are_said_as_written(rate):
    control = controls.learning_rate_control()
    symbol, value = control.text(rate).split(" = ")
    assert symbol == "η"
    assert float(value) == rate
    assert "e" not in control.text(rate)


@pytest.mark.parametrize("one", [1, 1.0, np.int64(1), np.float64(1)])
def test_a_whole_learning_rate_is_found(one):
    control = controls.learning_rate_control()
    value = control.values[control.index(one)]
    assert (value, type(value)) == (1.0, float)


@pytest.mark.parametrize("name", ["batch_size", "epochs", "seed", "num_seeds"])
@pytest.mark.parametrize("value", [1.0, np.float64(1), True, np.True_, "1", 1 + 0j])
def test_only_a_whole_number_is_a_count(name, value):
    control = MAKERS[name]()
    assert control.values[control.index(np.int64(1))] == control.values[control.index(1)] == 1
    with pytest.raises(ValueError, match=f"^{name} must be one of "):
        control.index(value)


@pytest.mark.parametrize("one", [True, np.True_, "1.0", 1 + 0j])
def test_what_equals_one_but_is_no_real_number_is_no_learning_rate(one):
    with pytest.raises(ValueError, match=r"^learning_rate must be one of "):
        controls.learning_rate_control().index(one)


def test_all_samplings_are_offered_from_a_list():
    control = controls.sampling_control()
    assert list(control.values) == list(SAMPLINGS)
    assert control.kind == "list"


def test_the_nearest_of_some_numbers_is_found_and_a_word_in_its_place():
    control = controls.batch_size_control(24)
    assert [control.values[control.nearest(size)] for size in (0, 9, 10**9)] == [1, 8, 24]
    assert controls.scale_control().nearest("log") == 1


def test_ranges_end_where_they_are_said_to():
    assert list(controls.epochs_control(most=5).values) == [1, 2, 3, 4, 5]
    assert list(controls.seed_control().values) == list(range(21))
