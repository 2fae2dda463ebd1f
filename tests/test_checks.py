"""Checks of arguments: what is allowed comes back, everything else is named."""

import math
from fractions import Fraction
from functools import partial

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lesson_lib.checks import (
    number_in,
    require_choice,
    require_examples,
    require_from_zero,
    require_int,
    require_kind,
    require_positive,
    require_within,
)

require_fraction = partial(require_from_zero, below=1.0)
require_small = partial(require_within, low=-2.5, high=2.5)
NO_NUMBERS = st.one_of(
    st.booleans(), st.none(), st.text(), st.binary(), st.complex_numbers(), st.lists(st.integers(), max_size=2)
)


def assert_refused(error, message, check, *args, **kwargs):
    with pytest.raises(error) as caught:
        check(*args, **kwargs)
    assert str(caught.value) == message


@given(st.integers(), st.data())
def test_whole_numbers_in_range_come_back(value, data):
    low = data.draw(st.integers(max_value=value))
    high = data.draw(st.none() | st.integers(min_value=value))
    assert require_int("count", value, low=low, high=high) == value


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.int64])
def test_numpy_integers_become_plain_ones(dtype):
    checked = require_int("count", dtype(7), low=1)
    assert checked == 7
    assert type(checked) is int


@pytest.mark.parametrize("make", [np.array, jnp.array])
def test_whole_numbers_in_arrays_without_axes_become_plain_ones(make):
    checked = require_int("count", make(7), low=1)
    assert checked == 7
    assert type(checked) is int


@given(NO_NUMBERS | st.floats() | st.just(np.True_) | st.just(np.array([3])))
def test_what_is_no_whole_number_is_refused(value):
    message = f"count must be a whole number from 1 to 12,000, got {value!r}"
    assert_refused(TypeError, message, require_int, "count", value, low=1, high=12_000)


@given(st.integers(max_value=0) | st.integers(min_value=12_001))
def test_whole_numbers_out_of_range_are_refused(value):
    message = f"count must be a whole number from 1 to 12,000, got {value!r}"
    assert_refused(ValueError, message, require_int, "count", value, low=1, high=12_000)


def test_without_a_highest_number_only_the_lowest_is_named():
    assert_refused(ValueError, "count must be a whole number of at least 1, got 0", require_int, "count", 0, low=1)


@given(st.floats(min_value=0, exclude_min=True, allow_infinity=False) | st.integers(min_value=1, max_value=10**300))
def test_positive_numbers_come_back_as_floats(value):
    checked = require_positive("rate", value)
    assert checked == float(value)
    assert type(checked) is float


@given(st.floats(max_value=0) | st.integers(max_value=0) | st.sampled_from([math.nan, math.inf, np.float32("nan")]))
def test_numbers_that_are_not_positive_and_finite_are_refused(value):
    message = f"rate must be a finite number above 0, got {value!r}"
    assert_refused(ValueError, message, require_positive, "rate", value)


@given(st.floats(min_value=0, max_value=1, exclude_max=True))
def test_fractions_come_back(value):
    assert require_fraction("share", value) == value


@given(
    st.floats(max_value=0, exclude_max=True)
    | st.floats(min_value=1)
    | st.integers(min_value=1, max_value=10**300)
    | st.just(math.nan)
)
def test_numbers_outside_zero_to_one_are_refused(value):
    assert_refused(
        ValueError, f"share must be a number from 0 to below 1, got {value!r}", require_fraction, "share", value
    )


@pytest.mark.parametrize(
    ("check", "allowed"),
    [
        (require_positive, "a finite number above 0"),
        (require_fraction, "a number from 0 to below 1"),
        (require_from_zero, "a finite number of at least 0"),
        (require_small, "a number from -2.5 to 2.5"),
    ],
)
@given(value=NO_NUMBERS)
def test_what_is_no_real_number_is_refused(check, allowed, value):
    assert_refused(TypeError, f"rate must be {allowed}, got {value!r}", check, "rate", value)


@pytest.mark.parametrize("check", [require_positive, require_fraction])
def test_a_number_beyond_all_floats_is_refused(check):
    with pytest.raises(ValueError, match=r"^rate must be .*, got a number too large for a float$"):
        check("rate", 10**400)


def test_a_number_that_a_float_rounds_to_zero_is_not_above_zero():
    with pytest.raises(ValueError, match=r"^rate must be a finite number above 0"):
        require_positive("rate", Fraction(1, 10**400))


@given(st.sampled_from(["keep", "drop"]))
def test_a_choice_comes_back(value):
    assert require_choice("last_batch", value, {"keep": "…", "drop": "…"}) == value


@given(st.text().filter(lambda text: text not in {"keep", "drop"}))
def test_an_unknown_choice_is_refused(value):
    message = f"last_batch must be one of 'keep', 'drop', got {value!r}"
    assert_refused(ValueError, message, require_choice, "last_batch", value, ("keep", "drop"))


@given(st.none() | st.booleans() | st.integers() | st.binary() | st.lists(st.text(), max_size=2))
def test_a_choice_that_is_no_text_is_refused(value):
    message = f"last_batch must be one of 'keep', 'drop', got {value!r}"
    assert_refused(TypeError, message, require_choice, "last_batch", value, ("keep", "drop"))


@pytest.mark.parametrize("make", [np.array, jnp.array, jnp.float32, jnp.bfloat16])
def test_an_array_without_axes_is_its_number(make):
    assert number_in(make(0.25)) == 0.25
    assert type(number_in(make(0.25))) is float


@pytest.mark.parametrize("make", [np.array, jnp.array, jnp.float32, jnp.bfloat16])
@pytest.mark.parametrize("check", [require_positive, require_from_zero, require_fraction, require_small])
def test_a_real_number_may_come_in_an_array_without_axes(check, make):
    checked = check("rate", make(0.25))
    assert checked == 0.25
    assert type(checked) is float
    with pytest.raises(TypeError, match=r"^rate must be a .*number .*, got .*"):
        check("rate", make([0.25]))


def test_zero_is_allowed_from_zero_on():
    assert require_from_zero("noise", 0) == require_from_zero("noise", 0.0, below=1.0) == 0.0
    assert_refused(
        ValueError, "noise must be a finite number of at least 0, got inf", require_from_zero, "noise", math.inf
    )


@given(st.floats())
@example(-2.5)
@example(2.5)
def test_a_number_within_two_ends_is_allowed_and_no_other(value):
    if -2.5 <= value <= 2.5:
        assert require_small("w", value) == value
    else:
        assert_refused(ValueError, f"w must be a number from -2.5 to 2.5, got {value!r}", require_small, "w", value)


def test_an_object_of_another_kind_is_named_with_what_makes_one():
    require_kind("share", Fraction(1, 2), Fraction, "as you divide")
    message = "share must be a Fraction, as you divide, got 0.5"
    assert_refused(TypeError, message, require_kind, "share", 0.5, Fraction, "as you divide")
    message = "error must be an ArithmeticError, as you divide by 0, got None"
    assert_refused(TypeError, message, require_kind, "error", None, ArithmeticError, "as you divide by 0")


def test_what_is_no_such_array_stays_as_it_is():
    for value in (0.25, None, "x", np.ones(1), jnp.ones((1, 1))):
        assert number_in(value) is value
    assert number_in(np.array(True)) is True


def test_examples_are_counted():
    assert require_examples(np.zeros((3, 2)), jnp.zeros(3)) == require_examples(np.zeros(3), np.zeros(3), low=3) == 3
    for x, y in ((np.zeros((3, 2)), np.zeros(2)), (np.zeros(()), np.zeros(())), (np.zeros(3), np.zeros(()))):
        message = f"x and y must hold one row for each example, got shapes {x.shape} and {y.shape}"
        assert_refused(ValueError, message, require_examples, x, y)
    message = "x and y must hold at least 4 examples, got 3"
    assert_refused(ValueError, message, require_examples, np.zeros(3), np.zeros(3), low=4)
