"""Names at the ends of curves: in the order of the ends, never on one another, and as near to them as can be."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lesson_lib.chart import ticks
from lesson_lib.chart.legend import in_legend_alone
from lesson_lib.chart.names import LINE, OTHERS, name_places, named_at_ends, spread
from lesson_lib.chart.picture import BLUE, Chart, Curve

UNIT = ticks.linear("", 0, 1)
WISHES = st.lists(st.floats(0, 1), min_size=1, max_size=8)


@given(WISHES)
def test_names_keep_their_order_and_their_distance_and_stay_within(wished):
    found = spread(wished, 0.1)
    assert all(-1e-9 <= place <= 1 + 1e-9 for place in found)
    order = np.argsort(wished, kind="stable")
    assert (np.diff(np.array(found)[order]) >= 0.1 - 1e-9).all()


@given(WISHES, st.integers(0, 10_000))
def test_no_other_places_are_nearer_to_the_wishes(wished, seed):
    found = np.array(spread(wished, 0.1))
    order = np.argsort(wished, kind="stable")
    others = found[order] + np.random.default_rng(seed).normal(0, 0.03, len(found))
    allowed = (np.diff(others) >= 0.1).all() and others.min() >= 0 and others.max() <= 1
    if allowed:
        wishes = np.array(wished)[order]
        assert np.sum((others - wishes) ** 2) >= np.sum((found[order] - wishes) ** 2) - 1e-9


def test_names_that_are_far_apart_stay_where_their_curves_end():
    np.testing.assert_allclose(spread([0.9, 0.1, 0.5], 0.1), [0.9, 0.1, 0.5])


def test_a_name_stands_at_the_last_point_that_is_seen_or_where_its_curve_leaves_the_axes():
    y = np.array([0.2, 0.4, np.nan])
    curves = [
        Curve(np.array([0.0, 0.5, 1.0]), y, BLUE, "ends early"),
        Curve(np.empty(0), np.empty(0), BLUE, "not begun"),
        Curve(np.array([0.0, 3.0]), np.array([0.5, 0.7]), BLUE, "beyond"),
        Curve(np.array([0.0, 0.2, 0.6]), np.array([0.5, 0.1, -0.1]), BLUE, "leaves"),
        Curve(np.array([0.0, 0.8]), np.array([3.0, 4.0]), BLUE, "never seen"),
    ]
    chart = Chart("", UNIT, UNIT, tuple(curves))
    assert named_at_ends(chart, 960.0, 340) == curves
    places = name_places(chart, curves, 340)
    assert [(place.curve.name, round(place.x, 9), place.y) for place in places] == [
        ("ends early", 0.5, 0.4),
        ("beyond", 1.0, 0.7),
        ("leaves", 0.4, 0.0),
        ("never seen", 0.8, 1.0),
    ]


def test_each_way_out_of_the_axes_has_its_own_end():
    """Of 340 pixels the axes have 240: names are 16 / 240 of them apart."""
    x = np.array([0.0, 0.25, 0.5, 1.0])
    ends = {
        "through the top": ([0.2, 0.5, 0.8, 1.8], (0.6, 1.0)),
        "through the bottom": ([0.8, 0.4, 0.2, -0.2], (0.75, 0.0)),
        "along the top": ([0.2, 0.4, 1.0, 1.0], (1.0, 1.0)),
        "along the bottom": ([0.2, 0.4, 0.0, 0.0], (1.0, 0.0)),
        "back again": ([0.2, 1.5, 0.3, 0.4], (1.0, 0.4)),
        "above throughout": ([2.0, 3.0, 2.5, 4.0], (1.0, 1.0)),
        "below throughout": ([-2.0, -3.0, -4.0, -2.5], (1.0, 0.0)),
        "not to the end": ([0.2, 0.6, np.nan, np.nan], (0.25, 0.6)),
        "into a gap above": ([0.2, 2.0, np.nan, np.nan], (0.0 + 0.25 * 0.8 / 1.8, 1.0)),
    }
    for name, (y, end) in ends.items():
        curve = Curve(x, np.array(y), BLUE, name)
        (place,) = name_places(Chart("", UNIT, UNIT, (curve,)), [curve], 340)
        assert (place.x, place.y) == pytest.approx(end), name
    pair = [Curve(x, np.full(4, height), BLUE, str(height)) for height in (0.5, 0.49)]
    upper, lower = name_places(Chart("", UNIT, UNIT, tuple(pair)), pair, 340)
    assert (upper.curve, lower.curve) == tuple(pair)
    assert (upper.y, lower.y) == pytest.approx((0.495 + 8 / 240, 0.495 - 8 / 240))


def test_what_is_named_in_the_legend_alone_has_no_name_at_its_end():
    line = Curve(np.array([0.0, 1.0]), np.array([0.2, 0.4]), BLUE, "in the legend", arrow=True)
    drawn, sample = marks = in_legend_alone(line)
    assert named_at_ends(Chart("", UNIT, UNIT, tuple(marks)), 960.0, 340) == []
    assert (drawn.name, drawn.arrow) == ("", True)
    assert (sample.name, sample.arrow, sample.x.size, sample.y.size) == ("in the legend", False, 0, 0)


def test_on_a_logarithmic_axis_a_name_is_at_the_height_of_its_value():
    axis = ticks.logarithmic("", 0.01, 100)
    curve = Curve(np.array([0.0, 1.0, 1.0]), np.array([1.0, 10.0, 0.0]), BLUE, "falls")
    (place,) = name_places(Chart("", UNIT, axis, (curve,)), [curve], 340)
    np.testing.assert_allclose(place.y, 0.75)


def test_as_many_names_as_have_room():
    def fits(count, name="a", **room):
        marks = tuple(Curve(np.zeros(1), np.zeros(1), BLUE, name) for _ in range(count))
        return bool(named_at_ends(Chart("", UNIT, UNIT, marks), **({"width": 480.0, "height": 340} | room)))

    most = int((340 - OTHERS) / LINE)
    assert fits(most)
    assert not fits(most + 1)
    assert fits(1, "SGD, B = 2,048")
    assert not fits(1, "SGD, B = 2,048", width=300.0)


def test_what_is_checked_takes_no_chance_from_those_that_draw():
    before = random.getstate()
    spread([1.0, 2.0], 0.5)  # its argument's type is checked at an item by chance
    assert random.getstate() == before
