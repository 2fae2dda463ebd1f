"""Axes: ticks are round numbers inside the limits, and what is written at them is where they stand."""

import math
import re
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lesson_lib.chart import ticks
from lesson_lib.chart.picture import Axis, Tick

SUPERSCRIPT = re.compile(r"(?:(\d)·)?10\^\{(−?\d+)\}")


def read(text):
    """The exact number that a tick's text says."""
    if power := SUPERSCRIPT.fullmatch(text):
        return int(power[1] or 1) * Fraction(10) ** int(power[2].replace("−", "-"))
    share = 100 if text.endswith(" %") else 1
    return Fraction(text.removesuffix(" %").replace(",", "").replace("−", "-")) / share


def is_round(number):
    """Is it 1, 2 or 5 times a power of ten?"""
    digits = f"{float(number):.12e}"
    return digits[0] in "125" and set(digits[1:14]) == {".", "0"}


def texts(axis):
    return [tick.text for tick in axis.ticks]


# Even axes

LENGTHS = st.floats(1e-3, 1e7)


@given(LENGTHS, st.floats(-20, 20), st.booleans())
@example(0.35, 0.0, False)
@example(7.0, 0.0, False)
@example(1.0, 0.0, True)
@example(2.0, -0.5, False)
def test_an_even_axis_has_all_the_round_places_within_its_limits(length, start, percent):
    low, high = start * length, start * length + length
    axis = ticks.linear("x", low, high, percent=percent)
    assert axis[:3] == ("x", low, high)
    assert not axis.log
    written = [read(text) for text in texts(axis)]
    assert 2 <= len(written) <= ticks.MAX_TICKS + 1
    (step,) = {after - before for before, after in pairwise(written)}
    assert is_round(step)
    assert all((at / step).denominator == 1 for at in written)
    assert [tick.at for tick in axis.ticks] == pytest.approx([float(at) for at in written], rel=1e-9, abs=1e-9 * length)
    # Neither a tick outside, nor room for one more.
    assert low - 1e-8 * length <= written[0] < low + step * Fraction(1 + 1e-8)
    assert high - step * Fraction(1 + 1e-8) < written[-1] <= high + 1e-8 * length


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, "0.0 0.2 0.4 0.6 0.8 1.0"),
        (0, 10, "0 2 4 6 8 10"),
        (0, 7, "0 1 2 3 4 5 6 7"),
        (0, 7.5, "0 2 4 6"),
        (0, 14.5, "0 5 10"),
        (0, 0.35, "0.00 0.05 0.10 0.15 0.20 0.25 0.30 0.35"),
        (-1, 1, "−1.0 −0.5 0.0 0.5 1.0"),
        (0.3, 2.4, "0.5 1.0 1.5 2.0"),
        (0, 360_000, "0 100,000 200,000 300,000"),
    ],
)
def test_even_ticks_as_they_are_written(low, high, expected):
    assert texts(ticks.linear("", low, high)) == expected.split()


@given(st.floats(-5, 5), st.floats(0.1, 10), st.floats(0, 5), st.floats(0, 5))
def test_a_wider_axis_has_the_same_steps_up_to_its_new_ends(low, length, before, after):
    axis = ticks.linear("w", low, low + length)
    wide = ticks.widened(axis, axis.low - before, axis.high + after)
    assert (wide.low, wide.high) == (axis.low - before, axis.high + after)
    step = axis.ticks[1].at - axis.ticks[0].at
    places = np.array([tick.at for tick in wide.ticks])
    np.testing.assert_allclose(np.diff(places), step)
    assert -1e-6 < places[0] - wide.low < step * (1 + 1e-6)
    assert -1e-6 < wide.high - places[-1] < step * (1 + 1e-6)
    texts = [tick.text for tick in wide.ticks]
    assert set(texts) >= {tick.text for tick in axis.ticks}
    np.testing.assert_allclose([float(text.replace("−", "-")) for text in texts], places, atol=1e-9)


def test_a_value_lies_as_far_along_an_axis_as_its_share_of_the_length_or_of_the_decades():
    even = ticks.along(ticks.linear("w", 2, 6), np.array([2.0, 3.0, 6.0, 1.0, 8.0, math.nan]))
    np.testing.assert_allclose(even, [0, 0.25, 1, -0.25, 1.5, math.nan])
    decades = ticks.along(ticks.logarithmic("B", 0.01, 100), np.array([0.01, 0.1, 1.0, 100.0, 1e4, 0.0, -1.0]))
    np.testing.assert_allclose(decades, [0, 0.25, 0.5, 1, 1.5, -math.inf, math.nan])


def test_an_axis_without_ticks_gets_none_when_it_is_widened():
    assert ticks.widened(ticks.blank(0, 1), -1, 2) == ticks.blank(-1, 2)


def test_shares_are_percentages():
    assert texts(ticks.linear("", 0, 1, percent=True)) == ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]
    assert texts(ticks.linear("", 0, 0.01, percent=True)) == ["0.0 %", "0.2 %", "0.4 %", "0.6 %", "0.8 %", "1.0 %"]


@given(LENGTHS)
def test_an_axis_from_zero_shows_a_line_at_zero_whole(top):
    axis = ticks.from_zero("loss", top)
    assert axis == ticks.linear("loss", 0, top)._replace(low=axis.low)
    assert -0.05 * top < axis.low < 0
    assert axis.ticks[0].at == 0


# Logarithmic axes

ROUNDS = st.builds(lambda step, decade: float(f"{step}e{decade}"), st.sampled_from([1, 2, 5]), st.integers(-20, 20))


@given(ROUNDS, ROUNDS)
@example(0.2, 5.0)
@example(1.0, 1e4)
@example(1e-20, 1e20)
def test_a_logarithmic_axis_has_evenly_chosen_round_ticks_within_its_limits(low, high):
    assume(low < high)
    axis = ticks.logarithmic("x", low, high)
    assert axis[:3] == ("x", low, high)
    assert axis.log
    places = [tick.at for tick in axis.ticks]
    assert all(low <= at <= high and is_round(at) for at in places)
    assert 2 <= len(places) <= ticks.MAX_TICKS + 2
    assert [read(text) for text in texts(axis)] == [Fraction(f"{at:g}") for at in places]
    factors = {round(after / before, 6) for before, after in pairwise(places)}
    if high / low > 1000:  # whole decades, all alike
        (factor,) = factors
        assert math.log10(factor) == pytest.approx(round(math.log10(factor)))
    else:
        assert factors <= {2, 2.5, 10}


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.2, 50, "0.2 0.5 1 2 5 10 20 50"),
        (0.02, 6, "0.02 0.05 0.1 0.2 0.5 1 2 5"),
        (0.02, 7, "0.1 1"),
        (1, 12_000, "1 10 100 1,000 10,000"),
        (1, 1e7, "1 10 100 1,000 10,000 100,000 1,000,000 10^{7}"),
        (1, 1e8, "1 100 10,000 1,000,000 10^{8}"),
    ],
)
def test_logarithmic_ticks_as_they_are_written(low, high, expected):
    assert texts(ticks.logarithmic("x", low, high)) == expected.split()


@given(st.sampled_from([1, 2, 5]), st.integers(-40, 40))
def test_a_logarithmic_tick_says_its_number(step, decade):
    text = ticks.log_text(float(f"{step}e{decade}"))
    assert read(text) == step * Fraction(10) ** decade
    assert ("^" in text) == (not ticks.PLAIN_DECADES[0] <= decade <= ticks.PLAIN_DECADES[1])
    assert "-" not in text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.001, "0.001"), (0.0005, "5·10^{−4}"), (1.0, "1"), (1000.0, "1,000"), (5e6, "5,000,000"), (1e7, "10^{7}"),
    ],
)  # fmt: skip
def test_powers_begin_where_numbers_become_long(value, text):
    assert ticks.log_text(value) == text


# Other axes


def test_named_ticks_have_no_grid():
    assert ticks.named("class", 0, 3, [0.5, 2.0], ("a", "b")) == Axis(
        "class", 0, 3, (Tick(0.5, "a"), Tick(2.0, "b")), log=False, grid=False
    )


def test_a_blank_axis_has_nothing_but_limits():
    assert ticks.blank(-1, 2) == Axis("", -1, 2, (), log=False, grid=False)


# Round ends

POINTS = arrays(np.float64, st.integers(0, 8), elements=st.floats(0, 1e38) | st.sampled_from([math.nan, math.inf]))
EXACT = [(float(f"{step}e{decade}"), step * Fraction(10) ** decade) for decade in range(-50, 50) for step in (1, 2, 5)]


def finite(curves):
    return [value for curve in curves for value in curve.tolist() if math.isfinite(value)]


@given(st.lists(POINTS, max_size=3), st.sampled_from([0.5, 1.0, 3.0]))
@example([np.array([1000.0])], 3.0)
@example([np.array([np.nextafter(1000.0, 0)])], 3.0)
@example([np.array([np.nextafter(1000.0, 2000)])], 3.0)
@example([np.array([3.0])], 3.0)
def test_an_axis_ends_at_the_lowest_end_or_the_next_round_number(curves, lowest):
    top = ticks.round_above(*curves, lowest=lowest)
    highest = max(finite(curves), default=0.0)
    assert top == (lowest if highest <= lowest else next(end for end, _ in EXACT if end >= highest))


def test_a_round_number_is_its_own_end():
    for end, exact in EXACT:
        assert ticks.round_above(np.array([end]), lowest=0.0) == ticks.round_below(end) == end == float(exact)


@given(st.floats(1e-45, 1e38))
@example(np.nextafter(0.001, 0))
@example(np.nextafter(0.002, 1))
def test_round_below_is_the_largest_that_is_not_above(value):
    assert ticks.round_below(value) == max(end for end, _ in EXACT if end <= value)


@given(st.lists(POINTS, min_size=1, max_size=3))
@example([np.array([0.0, math.nan])])
@example([np.array([0.2, 5.0])])
@example([np.array([np.nextafter(0.2, 0), np.nextafter(5.0, 6)])])
def test_a_logarithmic_axis_is_widened_to_round_numbers(curves):
    least = (0.2, 5.0)
    low, high = ticks.round_around(*curves, least=least)
    shown = [value for value in finite(curves) if value > 1e-45]
    assume(len(shown) == sum(value > 0 for value in finite(curves)))
    assert low == min(0.2, *(max(end for end, _ in EXACT if end <= value) for value in [0.2, *shown]))
    assert high == max(5.0, *(min(end for end, _ in EXACT if end >= value) for value in [5.0, *shown]))


@given(st.floats(0, 1e37), st.floats(1, 1.2))
def test_an_axis_seldom_moves(highest, growth):
    ends = [ticks.round_above(np.array([value]), lowest=1.0) for value in (highest, highest * growth)]
    assert ends[0] <= ends[1] <= 2.5 * ends[0] * (1 + 1e-12)
