"""Axes that stand still while a run goes on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lesson_lib as ll
from lesson_lib.chart import ticks
from lesson_lib.chart.picture import Chart, Picture
from lesson_lib.chart.steady import steady
from lesson_lib.panels.gd_vs_sgd import picture as race

ENDS = st.lists(st.floats(0.01, 1000).map(lambda end: float(f"{end:.3g}")), min_size=2, max_size=6)


def of(axis, title="Loss", x=None):
    return Picture(((Chart(title, x or ticks.linear("epochs", 0, 5), axis, ()),),))


def y_of(picture):
    return picture.rows[0][0].y


@given(ENDS, st.booleans())
def test_an_axis_grows_and_never_shrinks(ends, log):
    shown = None
    for number, end in enumerate(ends):
        axis = ticks.logarithmic("loss", end / 10, end) if log else ticks.from_zero("loss", end)
        shown = steady(of(axis), shown)
        y = y_of(shown)
        assert y.high == max(ends[: number + 1])
        assert y.low == (min(ends[: number + 1]) / 10 if log else -0.03 * y.high)
        assert len({tick.text for tick in y.ticks}) == len(y.ticks)
        assert all(y.low <= tick.at * (1 + 1e-9) and tick.at <= y.high * (1 + 1e-9) for tick in y.ticks)


def test_a_plane_comes_nearer_when_little_is_left_to_see_and_nothing_else_does():
    far, near, nearer = (ticks.linear("gradient", -end, end) for end in (10, 4, 2))
    for equal, seen in ((True, nearer), (False, far)):
        shown = None
        for axis in (far, near, nearer):
            chart = Chart("Loss", axis, axis, (), equal=equal)
            shown = steady(Picture(((chart,),)), shown)
            assert y_of(shown) == (seen if axis is nearer else far)
    # Both of its axes, or none.
    chart = Chart("Loss", far, far, (), equal=True)
    assert y_of(steady(Picture(((chart._replace(y=nearer),),)), Picture(((chart,),)))) == far


@pytest.mark.parametrize(
    "other",
    [
        of(ticks.linear("loss", 0, 1), title="Noise"),
        of(ticks.linear("accuracy", 0, 1)),
        of(ticks.logarithmic("loss", 0.1, 1)),
        of(ticks.linear("loss", 0, 1), x=ticks.linear("updates", 0, 5)),
    ],
)
def test_another_chart_has_its_own_axes(other):
    assert steady(other, of(ticks.linear("loss", 0, 9))) == other


def test_names_stay_where_they_are():
    few, more = (ticks.named("", -0.6, count, range(count), "abc"[:count]) for count in (2, 3))
    assert y_of(steady(of(few), of(more))) == few


def test_the_first_picture_of_a_run_is_as_it_was_made():
    picture = of(ticks.linear("loss", 0, 3))
    assert steady(picture, None) == picture


@pytest.mark.parametrize(("at_start", "end"), [(0.0, 1.0), (0.01, 0.2), (0.7, 5.0), (6.0, 20.0)])
def test_the_noise_axis_has_room_from_the_start_for_what_noise_grows_to(at_start, end):
    history = race.History(*[np.zeros(1)] * 4, *[np.array([at_start])] * 2, *[np.zeros(1)] * 2)
    line = race.Method("SGD", [history])
    assert race.noise_chart(line, line, [], ticks.linear("epochs", 0, 5)).y.high == end


def test_a_panels_axes_keep_their_length_to_the_end_of_the_run():
    def loss_axis():
        return panel._session.picture.rows[0][2].y

    panel = ll.LossSurface(edge_share=1.1)
    panel.reset()
    panel.wait()
    at_first = loss_axis()
    panel.run()
    panel.wait()
    grown = loss_axis()
    assert grown.high > at_first.high
    panel.go_to(0)
    panel.wait()
    assert loss_axis() == grown
    panel.reset()
    panel.wait()
    assert loss_axis() == at_first
    panel.close()
