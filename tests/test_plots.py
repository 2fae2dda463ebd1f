"""Pictures: their marks hold the arrays that were given, and their axes show all of them."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lesson_lib.chart import ticks
from lesson_lib.chart.picture import BLACK, BLUE, VERMILION, Band, Cells, Curve, Words
from lesson_lib.experiment import Inspection
from lesson_lib.experiment.history import CLOCKS, CURVES, History
from lesson_lib.panels.coverage import picture as coverage
from lesson_lib.panels.gd_vs_sgd import batch
from lesson_lib.panels.gd_vs_sgd import picture as race
from lesson_lib.panels.gd_vs_sgd.picture import Method, View

NOTHING = np.empty(0)


def make_history(measurements, updates, *, seed=0):
    """A history with noise at every other measurement."""
    rng = np.random.default_rng(seed)
    losses, test_losses, accuracies, noise, predicted = rng.uniform(0.1, 0.9, (5, measurements))
    noise[1::2] = predicted[1::2] = np.nan
    batch_losses = rng.uniform(0.1, 2, updates)
    time = np.linspace(0, 5, measurements)
    return History(time, losses, test_losses, accuracies, noise, predicted, np.arange(updates) / 7, batch_losses)


def make_line(name, num_seeds=1, *, seed=0):
    return Method(name, [make_history(9, 20, seed=seed + more) for more in range(num_seeds)])


def draw(gd, sgd, kept=(), *, end=5.0, **view):
    picture = race.draw_race(gd, sgd, kept, view=View(**view), end=end)
    ((left, right),) = picture.rows
    return left, right


def curves_of(chart):
    return {mark.name: mark for mark in chart.marks if isinstance(mark, Curve)}


def bands_of(chart):
    return [mark for mark in chart.marks if isinstance(mark, Band)]


def assert_goes_through(curve, x, y):
    np.testing.assert_array_equal(curve.x, x)
    np.testing.assert_array_equal(curve.y, y)


# The race


QUANTITIES = {"loss": "losses", "test_loss": "test_losses", "test_accuracy": "test_accuracies"}


@pytest.mark.parametrize(("curve", "quantity"), QUANTITIES.items())
def test_the_curves_of_a_race_are_what_was_measured(curve, quantity):
    gd, sgd = make_line("GD"), make_line("SGD, B = 8", seed=1)
    left, right = draw(gd, sgd, curve=curve)
    ours, theirs = sgd.histories[0], gd.histories[0]
    shown = curves_of(left)
    assert_goes_through(shown["SGD, B = 8"], ours.time, getattr(ours, quantity))
    assert_goes_through(shown["GD"], theirs.time, getattr(theirs, quantity))
    assert set(shown) == {"SGD, B = 8", "GD"} | ({"one batch"} if curve == "loss" else set())
    there = slice(None, None, 2)  # a line would have gaps at the moments without noise
    shown = curves_of(right)
    assert_goes_through(shown["SGD, B = 8"], ours.time[there], ours.noise[there])
    assert_goes_through(shown["theory"], ours.time[there], ours.predicted_noise[there])
    assert_goes_through(shown["GD"], theirs.time[there], theirs.noise[there])
    assert set(shown) == {"theory", "SGD, B = 8", "GD"}
    assert not bands_of(left)
    assert not bands_of(right)


@pytest.mark.parametrize("curve", QUANTITIES)
def test_what_is_seen_is_said(curve):
    left, right = draw(make_line("GD"), make_line("SGD"), curve=curve)
    assert left.title.lower().startswith(CURVES[curve])
    assert left.y.label == ("accuracy" if curve == "test_accuracy" else "loss (nats)")
    assert (right.title, right.y.label) == ("Gradient noise, measured", "|g_B − G| / |G|")


@pytest.mark.parametrize("clock", CLOCKS)
def test_both_charts_go_along_the_chosen_clock_to_the_end(clock):
    for chart in draw(make_line("GD"), make_line("SGD"), clock=clock, end=350.0):
        assert chart.x == ticks.linear(CLOCKS[clock], 0, 350)


@given(updates=st.integers(0, 60_000))
@example(race.MAX_DOTS)
@example(race.MAX_DOTS + 1)
def test_mini_batch_losses_are_thinned_evenly(updates):
    history = make_history(2, updates)
    dots = race.batch_dots(history)
    assert len(dots.x) <= race.MAX_DOTS
    every = max(1, math.ceil(updates / race.MAX_DOTS))
    assert_goes_through(dots, history.batch_time[::every], history.batch_losses[::every])
    assert dots.width == 0
    assert dots.marker != "none"


def test_bands_go_from_the_lowest_to_the_highest_seed_around_the_median():
    gd, sgd, kept = (make_line(name, 5, seed=seed) for name, seed in [("GD", 0), ("SGD", 10), ("kept", 20)])
    left, right = draw(gd, sgd, [kept])

    def independent(line, quantity):
        table = np.array([getattr(history, quantity) for history in line.histories])
        ordered = np.array([sorted(column) for column in table.T])
        return ordered[:, 0], ordered[:, 2], ordered[:, -1]

    for band, line in zip(bands_of(left), (gd, sgd, kept), strict=True):
        low, median, high = independent(line, "losses")
        np.testing.assert_array_equal([band.low, band.high], [low, high])
        assert_goes_through(curves_of(left)[line.name], line.histories[0].time, median)
        assert band.color == curves_of(left)[line.name].color
    (band,) = bands_of(right)
    low, median, high = (values[::2] for values in independent(sgd, "noise"))
    np.testing.assert_array_equal([band.low, band.high], [low, high])
    assert_goes_through(curves_of(right)["SGD"], sgd.histories[0].time[::2], median)
    assert band.color == VERMILION


def test_the_dots_of_several_seeds_are_those_of_the_first():
    sgd = make_line("SGD", 5)
    left, _ = draw(make_line("GD"), sgd)
    assert_goes_through(curves_of(left)["one batch"], sgd.histories[0].batch_time, sgd.histories[0].batch_losses)


VALUES = arrays(np.float64, st.integers(0, 6), elements=st.floats(0, 1e38) | st.sampled_from([math.nan, math.inf]))


@given(st.lists(VALUES, min_size=1, max_size=5))
@example([NOTHING, np.ones(3)])
@example([np.array([1.0, math.nan]), np.ones(3)])
def test_a_bundle_goes_as_far_as_all_runs_and_has_gaps_where_one_has_no_finite_value(runs):
    histories = [make_history(len(run), 0, seed=i)._replace(losses=run) for i, run in enumerate(runs)]
    bundle = race.bundle_of(histories, "losses")
    shortest = min(map(len, runs))
    assert [len(values) for values in bundle] == [shortest] * 4
    for at, (low, median, high) in enumerate(zip(bundle.low, bundle.median, bundle.high, strict=True)):
        values = sorted(float(run[at]) for run in runs)
        if all(map(math.isfinite, values)):
            assert (low, high) == (values[0], values[-1])
            middle = len(values) // 2
            expected = values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2
            assert median == pytest.approx(expected, rel=1e-12)
        else:
            assert np.isnan([low, median, high]).all()


def test_a_bundle_is_drawn_at_the_median_of_the_times():
    histories = [make_history(3, 0)._replace(time=scale * np.arange(3.0)) for scale in (1, 10, 2)]
    np.testing.assert_array_equal(race.bundle_of(histories, "losses").time, [0, 2, 4])


# The axes of the race


@given(VALUES, VALUES, VALUES)
def test_the_axes_end_above_all_that_is_drawn(losses, noise, predicted):
    flat = Method("flat", [History(*(np.ones(1),) * 6, NOTHING, NOTHING)])
    most = max(map(len, (losses, noise, predicted)))
    losses, noise, predicted = (np.append(v, np.full(most - len(v), np.nan)) for v in (losses, noise, predicted))
    wild = Method("wild", [History(np.arange(float(most)), losses, losses, losses, noise, predicted, NOTHING, NOTHING)])
    for gd, sgd, kept in [(wild, flat, []), (flat, wild, []), (flat, flat, [wild])]:
        left, right = draw(gd, sgd, kept)
        assert left.y == ticks.from_zero("loss (nats)", ticks.round_above(losses, lowest=3.0))
        measured = [noise, predicted] if sgd is wild else [noise]
        at_start = predicted[np.isfinite(predicted)][:1].sum() if sgd is wild else 1.0
        least = ticks.round_above(np.array([3 * at_start]), lowest=0.2) if at_start > 0 else 1.0
        assert right.y.high == ticks.round_above(*measured, np.ones(1), lowest=least)


@given(VALUES)
def test_a_logarithmic_loss_axis_shows_all_losses_above_zero(losses):
    history = History(np.arange(float(len(losses))), *(losses,) * 5, NOTHING, NOTHING)
    positive = losses[np.isfinite(losses) & (losses > 1e-45)]
    for curve in ("loss", "test_loss"):
        axis = draw(make_line("GD"), Method("SGD", [history]), curve=curve, scale="log")[0].y
        assert axis.log
        assert axis.low <= 0.2
        assert axis.high >= 5
        assert ((axis.low <= positive) & (positive <= axis.high)).all()


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_accuracy_goes_from_0_to_100_percent_on_any_scale(scale):
    axis = draw(make_line("GD"), make_line("SGD"), curve="test_accuracy", scale=scale)[0].y
    assert not axis.log
    assert axis.low == 0
    assert 1 < axis.high < 1.05  # a line at 100 % is seen whole
    assert [tick.text for tick in axis.ticks] == ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]


# Colours and names


@pytest.mark.parametrize("num_kept", range(5))
def test_no_two_curves_look_alike(num_kept):
    kept = [make_line(f"kept {number}", seed=number) for number in range(num_kept)]
    for chart in draw(make_line("GD"), make_line("SGD"), kept):
        curves = list(curves_of(chart).values())
        assert [curve.name for curve in curves[3:]] == [line.name for line in kept]
        assert len({curve.color for curve in curves if curve.name != "one batch"}) == len(curves) - (
            "one batch" in curves_of(chart)
        )
        styles = {(curve.color, curve.dash, curve.marker, curve.width) for curve in curves}
        assert len(styles) == len(curves)
        # Told apart without colours, too.
        first = {(curve.dash, curve.marker, curve.width) for curve in curves[:3]}
        assert len(first) == 3


def test_a_method_has_one_colour_in_both_charts():
    left, right = (curves_of(chart) for chart in draw(make_line("GD"), make_line("SGD"), [make_line("kept")]))
    assert [left[name].color for name in ("GD", "SGD")] == [BLUE, VERMILION]
    assert all(left[name].color == right[name].color for name in ("GD", "SGD", "kept"))
    assert right["theory"].color == BLACK


def test_kept_runs_are_what_was_measured():
    kept = make_line("kept", seed=3)
    (history,) = kept.histories
    left, right = (curves_of(chart) for chart in draw(make_line("GD"), make_line("SGD"), [kept], curve="test_loss"))
    assert_goes_through(left["kept"], history.time, history.test_losses)
    assert_goes_through(right["kept"], history.time[::2], history.noise[::2])
    assert left["kept"].width < left["SGD"].width


# Coverage


CLASS_NAMES = ("a", "b", "c")


def draw_coverage(labels, times_seen, history=None, *, epochs=2, with_replacement=False):
    history = np.zeros((2, 1)) if history is None else history
    picture = coverage.draw_coverage(
        labels, CLASS_NAMES, times_seen, history, epochs=epochs, with_replacement=with_replacement
    )
    ((grid, shares),) = picture.rows
    return grid, shares


def rgb(color):
    return [int(color[place : place + 2], 16) for place in (1, 3, 5)]


@pytest.mark.parametrize("num_examples", [1, 60, 120, 121, 500])
def test_each_example_has_a_cell_coloured_by_how_often_it_was_seen(num_examples):
    rng = np.random.default_rng(num_examples)
    labels, times_seen = rng.integers(0, 3, num_examples), rng.integers(0, 8, num_examples)
    grid, _ = draw_coverage(labels, times_seen)
    cells = grid.marks[0]
    rows = math.ceil(num_examples / coverage.GRID_COLUMNS)
    assert isinstance(cells, Cells)
    assert cells.colors.shape == (rows, coverage.GRID_COLUMNS, 3)
    assert (cells.left, cells.right) == (grid.x.low, grid.x.high)
    assert (cells.bottom, cells.top) == (grid.y.low, grid.y.high)
    colors = list(coverage.TIMES_SEEN_COLORS.values())
    by_class = [
        rgb(colors[min(times_seen[i], 4)]) for name in range(3) for i in range(num_examples) if labels[i] == name
    ]
    white = [[255] * 3] * (rows * coverage.GRID_COLUMNS - num_examples)
    assert cells.colors.reshape(-1, 3).tolist() == by_class + white
    there, dark = cells.dark.reshape(-1, 3)[:num_examples], cells.dark.reshape(-1, 3)[num_examples:]
    night = {tuple(rgb(light)): rgb(coverage.DARK_COLORS[name]) for name, light in coverage.TIMES_SEEN_COLORS.items()}
    assert there.tolist() == [night[tuple(color)] for color in by_class]
    assert (dark == 17).all()


def test_colours_say_how_often():
    grid, _ = draw_coverage(np.zeros(6, int), np.array([0, 1, 2, 3, 4, 9]))
    shown = grid.marks[0].colors[0, :6].tolist()
    legend = [(mark.name, mark.color, mark.marker) for mark in grid.marks[1:]]
    assert legend == [(name, color, "square") for name, color in coverage.TIMES_SEEN_COLORS.items()]
    names = ("never", "once", "twice", "3 times", "more", "more")
    assert shown == [rgb(coverage.TIMES_SEEN_COLORS[name]) for name in names]
    brightness = [sum(rgb(color)) for color in coverage.TIMES_SEEN_COLORS.values()]
    assert brightness == sorted(brightness, reverse=True)  # told apart without colours, too
    assert len(set(brightness)) == 5


def test_each_class_is_named_in_the_middle_of_its_band():
    labels = np.repeat([0, 1, 2], [240, 120, 360])[np.random.default_rng(0).permutation(720)]
    grid, _ = draw_coverage(labels, np.zeros(720, int))
    # Six rows, counted from below: the first class in the upper two, the second in one, the third in the lower three.
    assert grid.y.ticks == ((5.0, "a"), (3.5, "b"), (1.5, "c"))


@pytest.mark.parametrize("epochs", [1, 3, 5])
@pytest.mark.parametrize(
    ("with_replacement", "name", "share"),
    [(False, "once each", lambda at: min(at, 1)), (True, "1 − e^{−x}", lambda at: 1 - math.exp(-at))],
)
def test_the_share_seen_stands_beside_the_theory_of_its_sampling(epochs, with_replacement, name, share):
    history = np.array([[0.0, 0.5, 1.0], [0.0, 0.4, 0.6]])
    nothing = np.zeros(5, int)
    _, shares = draw_coverage(nothing, nothing, history, epochs=epochs, with_replacement=with_replacement)
    measured, theory = shares.marks
    assert [mark.name for mark in shares.marks] == ["measured", name]
    assert shares.x.label == "epochs"
    assert (theory.x[0], theory.x[-1]) == (0, epochs) == (shares.x.low, shares.x.high)
    np.testing.assert_allclose(theory.y, [share(at) for at in theory.x])
    assert_goes_through(measured, *history)
    assert len({mark.dash for mark in shares.marks}) == len({mark.color for mark in shares.marks}) == 2
    assert shares.y.low == 0
    assert 1 < shares.y.high < 1.05


# One batch


@pytest.mark.parametrize("count", [1, 15, 16, 17, 64, 65, 100])
def test_each_image_of_a_batch_has_its_tile_row_by_row_from_the_top(count):
    rng = np.random.default_rng(count)
    images, examples = rng.uniform(-0.2, 1.2, (100, 9)).astype(np.float32), rng.permutation(100)[:count]
    chart = batch.draw_next_batch(images, examples)
    (cells,) = chart.marks
    assert cells.colors.dtype == np.uint8
    assert (cells.left, cells.right) == (chart.x.low, chart.x.high) == (0, 8)
    assert cells.top == chart.y.high == 8
    assert cells.top - cells.bottom == math.ceil(min(count, 64) / 8)
    sheet = np.full_like(cells.colors, 255)
    for place in range(min(count, 64)):
        row, column = divmod(place, 8)
        ink = images[examples[place]].reshape(3, 3, 1).clip(0, 1)
        sheet[3 * row : 3 * row + 3, 3 * column : 3 * column + 3] = 255 * (1 - ink)
    assert np.abs(sheet.astype(int) - cells.colors).max() <= 1


@pytest.mark.parametrize(("total", "title"), [(1, "1 image"), (64, "64 images"), (12_000, "64 of 12,000 images")])
def test_the_size_of_the_batch_is_said(total, title):
    chart = batch.draw_next_batch(np.zeros((total, 4)), np.arange(total))
    assert chart.title == f"The next batch: {title}"


@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6), st.floats(-1, 1))
@example(1.0, 2.0, 1.0)
@example(2.0, 1.0, -1.0)
def test_arrows_have_the_lengths_and_the_angle_of_the_gradients(of_batch, full, cosine):
    chart = batch.draw_gradients(Inspection(np.arange(3), of_batch, full, cosine))
    ours, true, apart = chart.marks
    assert [(mark.name, mark.color) for mark in (true, ours)] == [("true gradient", BLUE), ("batch's", VERMILION)]
    assert chart.equal
    assert true.width < ours.width  # both are seen where they lie on each other
    assert true.arrow
    assert ours.arrow
    ends = np.array([[mark.x[-1], mark.y[-1]] for mark in (true, ours)])
    assert not any(mark.x[0] or mark.y[0] for mark in (true, ours))
    lengths = np.linalg.norm(ends, axis=1)
    assert lengths.max() == pytest.approx(1)
    assert lengths[1] / lengths[0] == pytest.approx(of_batch / full)
    assert ends[0] @ ends[1] == pytest.approx(cosine * lengths.prod(), abs=1e-12)
    assert ends[1, 1] >= 0
    # All of it is in the chart, the words, too.
    assert (np.abs(ends) <= 1 + 1e-12).all()
    assert min(chart.x.high, -chart.x.low, chart.y.high) > 1
    assert isinstance(apart, Words)
    assert chart.y.low < apart.y < 0
    assert float(apart.text.removesuffix("° apart")) == pytest.approx(math.degrees(math.acos(cosine)), abs=0.5001)


@pytest.mark.parametrize(
    "measured",
    [(0.0, 1.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 0.0), (math.nan, 1.0, math.nan), (math.inf, 1.0, math.nan)],
)
def test_gradients_that_point_nowhere_have_no_angle(measured):
    assert batch.draw_gradients(Inspection(np.arange(3), *measured)).marks[-1].text == "no angle between them"
