"""What can be chosen on a panel, and how each choice is said."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lesson_lib.batching import SAMPLINGS
from lesson_lib.experiment import Settings
from lesson_lib.panels import controls

MAKERS = {
    "batch_size": lambda: controls.batch_size_control(12_000),
    "epochs": controls.epochs_control,
    "learning_rate": controls.learning_rate_control,
    "seed": controls.seed_control,
    "sampling": controls.sampling_control,
}
every_control = pytest.mark.parametrize("name", MAKERS)


@every_control
def test_a_control_is_called_as_its_setting(name):
    assert MAKERS[name]().name == name
    assert hasattr(Settings(), name)


@every_control
def test_every_value_is_a_setting(name):
    for value in MAKERS[name]().values:
        assert getattr(Settings(**{name: value}), name) == value


@every_control
def test_every_default_is_offered(name):
    control = MAKERS[name]()
    assert control.values[control.index(getattr(Settings(), name))] == getattr(Settings(), name)


@every_control
def test_values_and_places_go_round(name):
    control = MAKERS[name]()
    assert [control.index(value) for value in control.values] == list(range(len(control.values)))


@every_control
def test_no_two_values_are_said_alike(name):
    control = MAKERS[name]()
    texts = [control.text(value) for value in control.values]
    assert len(set(texts)) == len(texts) == len(control.values)
    assert control.spec() == {"name": name, "label": control.label, "kind": control.kind, "texts": texts}


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
        assert text.startswith("1 example" if value == 1 else f"{value:,} examples")
        assert text.endswith("= N") == (value == num_examples)


def test_one_example_is_no_plural():
    assert controls.batch_size_control(2).text(1) == "1 example"
    assert controls.epochs_control().text(1) == "1 epoch"


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


def test_a_whole_learning_rate_is_found():
    control = controls.learning_rate_control()
    assert control.values[control.index(1)] == 1.0


def test_all_samplings_are_offered_from_a_list():
    control = controls.sampling_control()
    assert list(control.values) == list(SAMPLINGS)
    assert control.kind == "list"


def test_ranges_can_be_shortened():
    assert list(controls.epochs_control(most=5).values) == [1, 2, 3, 4, 5]
    assert list(controls.seed_control(most=2).values) == [0, 1, 2]
