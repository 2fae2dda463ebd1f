"""Pictures: the artists hold the arrays that were given, and the axes show all of them."""

import math
import threading
from fractions import Fraction

import matplotlib
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from lesson_lib import plots
from lesson_lib.history import History


@pytest.fixture
def axes():
    """Two empty axes, as a panel has them."""
    with plots.styled():
        figure = Figure(figsize=(9.6, 4), layout="constrained")
        FigureCanvasAgg(figure)
        yield figure.subplots(1, 2)


def draw(axes):
    axes[0].figure.canvas.draw()


# The end of an axis

POINTS = arrays(np.float64, st.integers(0, 8), elements=st.floats(0, 1e38) | st.sampled_from([math.nan, math.inf]))


@given(st.lists(POINTS, max_size=3), st.sampled_from([0.5, 1.0, 3.0]))
@example([np.array([1000.0])], 3.0)
@example([np.array([np.nextafter(1000.0, 0)])], 3.0)
@example([np.array([np.nextafter(1000.0, 2000)])], 3.0)
@example([np.array([3.0])], 3.0)
def test_an_axis_ends_at_the_lowest_end_or_the_next_round_number(curves, lowest):
    top = plots.top_for(*curves, lowest=lowest)
    finite = [value for curve in curves for value in curve.tolist() if math.isfinite(value)]
    highest = max(finite, default=0.0)
    assert isinstance(top, float)
    if highest <= lowest:
        assert top == lowest
        return
    # 1, 2 or 5 times a power of ten, the first that is not below: in fractions, without rounding.
    rounds = (float(step * Fraction(10) ** decade) for decade in range(-2, 40) for step in (1, 2, 5))
    assert top == pytest.approx(next(end for end in rounds if end >= highest), rel=1e-12)
    assert top >= highest


@given(st.floats(0, 1e37), st.floats(1, 1.2))
def test_an_axis_seldom_moves(highest, growth):
    ends = [plots.top_for(np.array([value]), lowest=1.0) for value in (highest, highest * growth)]
    assert ends[0] <= ends[1] <= 2.5 * ends[0] * (1 + 1e-12)


# The race


def make_curves(measurements, updates):
    rng = np.random.default_rng(measurements + updates)
    epochs = np.linspace(0, 5, measurements)
    batches = np.linspace(0, 5, updates, endpoint=False)
    return History(epochs, *rng.uniform(0.1, 2, (3, measurements)), batches, rng.uniform(0.1, 2, updates))


def test_the_artists_of_a_race_hold_what_was_measured(axes):
    artists = plots.draw_race(*axes, epochs=5, sgd_name="SGD, B = 8")
    gd, sgd = make_curves(6, 6), make_curves(40, 800)
    plots.update_race(artists, gd, sgd)
    expected = {
        "batch_losses": (sgd.batch_epochs, sgd.batch_losses),
        "sgd_loss": (sgd.epochs, sgd.losses),
        "gd_loss": (gd.epochs, gd.losses),
        "sgd_predicted": (sgd.epochs, sgd.predicted_noise),
        "sgd_noise": (sgd.epochs, sgd.noise),
        "gd_noise": (gd.epochs, gd.noise),
    }
    assert set(expected) == set(artists._fields)
    for name, (x, y) in expected.items():
        np.testing.assert_array_equal(getattr(artists, name).get_data(), (x, y))


def test_the_line_of_theory_has_no_gaps_where_noise_was_not_measured(axes):
    artists = plots.draw_race(*axes, epochs=5, sgd_name="SGD")
    sgd = make_curves(7, 7)
    for values in (sgd.noise, sgd.predicted_noise):
        values[[1, 2, 4]] = np.nan
    plots.update_race(artists, make_curves(6, 6), sgd)
    there = [0, 3, 5, 6]
    np.testing.assert_array_equal(artists.sgd_predicted.get_data(), (sgd.epochs[there], sgd.predicted_noise[there]))
    np.testing.assert_array_equal(artists.sgd_noise.get_data(), (sgd.epochs, sgd.noise))


def test_losses_are_left_and_noise_is_right(axes):
    artists = plots.draw_race(*axes, epochs=5, sgd_name="SGD")
    assert [artist.axes for artist in artists] == [axes[0]] * 3 + [axes[1]] * 3
    assert [ax.get_xlim() for ax in axes] == [(0, 5)] * 2
    assert all(ax.get_xlabel() == "epochs" and ax.get_ylabel() and ax.get_title(loc="left") for ax in axes)


@given(updates=st.integers(0, 60_000))
def test_mini_batch_losses_are_thinned_evenly(updates):
    artists = plots.RaceArtists(*(matplotlib.lines.Line2D([], []) for _ in plots.RaceArtists._fields))
    sgd = make_curves(2, updates)
    plots.update_race(artists, make_curves(2, 2), sgd)
    x, y = artists.batch_losses.get_data()
    assert len(x) == len(y) <= plots.MAX_DOTS
    every = max(1, math.ceil(updates / plots.MAX_DOTS))
    np.testing.assert_array_equal(x, sgd.batch_epochs[::every])
    np.testing.assert_array_equal(y, sgd.batch_losses[::every])


def test_curves_differ_in_colour_and_in_style(axes):
    artists = plots.draw_race(*axes, epochs=5, sgd_name="SGD")
    for lines in (artists[:3], artists[3:]):
        styles = {(line.get_linestyle(), line.get_marker(), line.get_linewidth()) for line in lines}
        assert len(styles) == 3
    assert to_hex(artists.gd_loss.get_color()) != to_hex(artists.sgd_loss.get_color())
    assert artists.gd_loss.get_color() == artists.gd_noise.get_color()
    assert artists.sgd_loss.get_color() == artists.sgd_noise.get_color()


def test_every_curve_is_in_its_legend(axes):
    plots.draw_race(*axes, epochs=5, sgd_name="SGD, B = 8")
    texts = [[text.get_text() for text in ax.get_legend().get_texts()] for ax in axes]
    assert texts == [["one batch", "SGD, B = 8", "GD"], ["theory", "SGD, B = 8", "GD"]]


@settings(max_examples=50)
@given(POINTS, POINTS, POINTS)
def test_the_axes_end_above_all_that_is_drawn(losses, noise, predicted):
    nothing = np.empty(0)
    curves = History(nothing, losses, noise, predicted, nothing, nothing)
    flat = History(nothing, np.ones(1), np.zeros(1), np.zeros(1), nothing, nothing)
    for gd, sgd in [(flat, curves), (curves._replace(predicted_noise=np.zeros(1)), flat)]:
        loss_top, noise_top = plots.race_tops(gd, sgd)
        assert loss_top == plots.top_for(gd.losses, sgd.losses, lowest=3.0)
        assert noise_top == plots.top_for(gd.noise, sgd.noise, sgd.predicted_noise, lowest=1.0)


def test_vertical_axes_end_where_they_are_told_and_show_a_line_at_zero(axes):
    plots.set_race_tops(*axes, (20.0, 5.0))
    for ax, top in zip(axes, (20.0, 5.0), strict=True):
        low, high = ax.get_ylim()
        assert high == top
        assert -0.05 * top < low < 0


@pytest.mark.parametrize("values", [[], [math.nan], [math.inf, 1.0], [3e38, math.nan], [0.0]])
def test_a_race_without_finite_numbers_can_be_drawn(axes, values):
    artists = plots.draw_race(*axes, epochs=1, sgd_name="SGD")
    at, values = np.linspace(0, 1, len(values)), np.array(values)
    curves = History(at, values, values, values, at, values)
    plots.update_race(artists, curves, curves)
    plots.set_race_tops(*axes, plots.race_tops(curves, curves))
    draw(axes)


def test_axes_keep_their_place_when_curves_come(axes):
    artists = plots.draw_race(*axes, epochs=5, sgd_name="SGD")
    plots.set_race_tops(*axes, (3.0, 1.0))
    draw(axes)
    before = [ax.get_position().bounds for ax in axes]
    assert min(width for _, _, width, _ in before) > 0.35
    plots.update_race(artists, make_curves(6, 6), make_curves(40, 800))
    draw(axes)
    np.testing.assert_allclose([ax.get_position().bounds for ax in axes], before, rtol=1e-9)


# Coverage

CLASS_NAMES = ("a", "b", "c")


@pytest.mark.parametrize("num_examples", [1, 60, 120, 121, 500])
def test_each_example_has_a_cell_coloured_by_how_often_it_was_seen(axes, num_examples):
    rng = np.random.default_rng(num_examples)
    labels = rng.integers(0, 3, num_examples)
    times_seen = rng.integers(0, 8, num_examples)
    history = np.array([[0.0, 0.5, 1.0], [0.0, 0.4, 0.6]])
    artists = plots.draw_coverage(*axes, labels, CLASS_NAMES, epochs=2)
    plots.update_coverage(artists, labels, times_seen, history)
    cells = artists.grid.get_array()
    assert cells.shape == (math.ceil(num_examples / plots.GRID_COLUMNS), plots.GRID_COLUMNS)
    shown = cells.compressed().astype(int).tolist()
    by_class = [min(times_seen[i], 4) for name in range(3) for i in range(num_examples) if labels[i] == name]
    assert shown == by_class
    assert np.ma.getmaskarray(cells).ravel().tolist() == [False] * num_examples + [True] * (cells.size - num_examples)
    np.testing.assert_array_equal(artists.share.get_data(), history)
    draw(axes)


def test_colours_say_how_often(axes):
    labels = np.zeros(6, int)
    artists = plots.draw_coverage(*axes, labels, CLASS_NAMES, epochs=1)
    plots.update_coverage(artists, labels, np.array([0, 1, 2, 3, 4, 9]), np.zeros((2, 1)))
    shown = [to_hex(color) for color in artists.grid.to_rgba(artists.grid.get_array())[0, :6]]
    colors = plots.TIMES_SEEN_COLORS
    assert shown == [colors[name].lower() for name in ("never", "once", "twice", "3 times", "more", "more")]
    assert len(set(shown)) == 5
    assert [text.get_text() for text in axes[0].get_legend().get_texts()] == list(colors)
    brightness = [sum(to_rgb(color)) for color in colors.values()]
    assert brightness == sorted(brightness, reverse=True)  # told apart without colours, too


def test_each_class_is_named_in_the_middle_of_its_band(axes):
    labels = np.repeat([0, 1, 2], [240, 120, 360])[np.random.default_rng(0).permutation(720)]
    plots.draw_coverage(*axes, labels, CLASS_NAMES, epochs=1)
    # Rows 0 and 1, row 2, rows 3 to 5; a row's middle is its number.
    np.testing.assert_allclose(axes[0].get_yticks(), [0.5, 2, 4])
    assert [label.get_text() for label in axes[0].get_yticklabels()] == list(CLASS_NAMES)


def test_the_share_seen_stands_beside_two_lines_of_theory(axes):
    plots.draw_coverage(*axes, np.zeros(5, int), CLASS_NAMES, epochs=3)
    once, replacement, measured = axes[1].get_lines()
    x = once.get_xdata()
    assert (x[0], x[-1]) == (0, 3)
    np.testing.assert_allclose(once.get_ydata(), [min(at, 1) for at in x])
    np.testing.assert_allclose(replacement.get_ydata(), [1 - math.exp(-at) for at in x])
    assert len(measured.get_xdata()) == 0
    assert len({line.get_linestyle() for line in (once, replacement, measured)}) == 3


# Style


def test_style_ends_with_its_block():
    before = dict(matplotlib.rcParams)
    with plots.styled():
        assert matplotlib.rcParams["font.size"] == plots.STYLE["font.size"]
    assert dict(matplotlib.rcParams) == before


def test_threads_draw_one_after_the_other():
    before = dict(matplotlib.rcParams)
    other_is_in, go = threading.Event(), threading.Event()

    def other():
        with plots.styled():
            other_is_in.set()
            assert go.wait(60)

    thread = threading.Thread(target=other)
    with plots.styled():
        thread.start()
        assert not other_is_in.wait(0.1)
    assert other_is_in.wait(60)
    go.set()
    thread.join()
    assert dict(matplotlib.rcParams) == before
