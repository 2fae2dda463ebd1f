"""The map of batch sizes and learning rates: what it measures, draws and says; and sweeps with a target."""

import math
from contextlib import closing
from functools import partial
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import contrast, half_square, rgb
from hypothesis import example, given
from hypothesis import strategies as st
from sentences import assert_can_be_said, listed

from lesson_lib import TimeToTarget, model, noise, sweep
from lesson_lib.chart.picture import BLACK, GREEN, PURPLE, VERMILION, Cells, Curve, Words
from lesson_lib.data import Dataset
from lesson_lib.experiment import Settings
from lesson_lib.experiment.start import layer_sizes
from lesson_lib.experiment.train import train
from lesson_lib.noise import TradeOff
from lesson_lib.panel.numbers import count, spoken
from lesson_lib.panels.time_to_target import run as experiment
from lesson_lib.panels.time_to_target import words
from lesson_lib.panels.time_to_target.picture import NEVER, NEVER_DARK, cell_text, draw_time_to_target
from lesson_lib.panels.time_to_target.run import MEASURES, first_below
from lesson_lib.panels.time_to_target.words import MapFacts, RowFacts
from lesson_lib.sweep import Grid, recorded_updates, sweeping

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(0)
Y = RNG.integers(0, 3, 24)
X = (np.eye(6)[Y] + 0.2 * RNG.normal(size=(24, 6))).astype(np.float32)
DATASET = Dataset("tiny", X, Y, X, Y, ("a", "b", "c"))
X, Y = DATASET.x_train, DATASET.y_train


# Sweeps that end at a target. On the loss w²/2 with w = 1 at first, every update multiplies w by 1 - η.


def one(*, key):
    return jnp.ones(())


@pytest.mark.parametrize("together", [False, True])
def test_a_run_ends_at_its_target(together):
    grid = Grid((8, 24), (0.1,), epochs=10, points=10, target=0.25)
    result = sweep.sweep(X, Y, grid, init_params=one, per_example_loss=half_square, together=together)
    for b in range(2):
        losses = 0.5 * 0.9 ** (2 * result.updates[b])
        end = int(np.argmax(losses <= 0.25))
        np.testing.assert_allclose(result.losses[b, 0, 0, : end + 1], losses[: end + 1], rtol=1e-5)
        assert np.isnan(result.losses[b, 0, 0, end + 1 :]).all()
    assert result.finished.all()


def test_runs_that_are_made_together_end_where_each_would_alone():
    grid = Grid((24,), (0.1, 0.3, 1e10), epochs=10, points=10, target=0.25)
    results = [
        sweep.sweep(X, Y, grid, init_params=one, per_example_loss=half_square, together=together)
        for together in (False, True)
    ]
    np.testing.assert_array_equal(np.isfinite(results[0].losses), np.isfinite(results[1].losses))
    np.testing.assert_allclose(results[0].losses, results[1].losses, rtol=1e-5)
    for rate, shrink in enumerate((0.9, 0.7)):
        losses = 0.5 * shrink ** (2 * results[1].updates[0])
        end = int(np.argmax(losses <= 0.25))
        np.testing.assert_allclose(results[1].losses[0, rate, 0, : end + 1], losses[: end + 1], rtol=1e-5)
        assert np.isnan(results[1].losses[0, rate, 0, end + 1 :]).all()


def test_a_run_that_diverges_ends_too():
    grid = Grid((24,), (1e10,), epochs=20, points=20, target=0.1)
    result = sweep.sweep(X, Y, grid, init_params=one, per_example_loss=half_square)
    assert result.finished.all()
    assert not np.isfinite(result.losses[0, 0, 0, 4:]).any()


@given(st.integers(1, 500), st.integers(1, 40), st.integers(1, 8), st.none() | st.integers(1, 300))
def test_geometric_moments(num_examples, points, epochs, most):
    grid = Grid((1,), (0.1,), epochs=epochs, points=points, spacing="geometric", most_updates=most)
    updates = recorded_updates(num_examples, 1, grid)
    total = min(epochs * num_examples, most or math.inf)
    assert len(updates) == points + 1
    assert updates[0] == 0
    assert (np.diff(updates) >= 0).all()
    assert updates[-1] == (total if points > 1 else 1)
    for k, at in enumerate(updates[1:]):
        assert abs(at - total ** (k / max(points - 1, 1))) <= 0.5 + 1e-9 * total


@pytest.mark.parametrize(
    ("name", "value"),
    [("spacing", "odd"), ("target", 0.0), ("target", math.nan), ("most_updates", 0), ("most_updates", True)],
)
def test_bad_grids(name, value):
    with pytest.raises((TypeError, ValueError), match=name):
        Grid((4,), (0.1,), **{name: value})


def test_an_impatient_sweep_ends_like_a_patient_one():
    grid = Grid((4, 24), (0.1, 0.2), epochs=2, points=3)

    def init(*, key):
        return model.init_params((6, 8, 3), key=key)

    counts = []
    with closing(sweeping(X, Y, grid, init_params=init, patience=1e-4)) as results:
        for result in results:
            counts.append(int(result.finished.sum()))
    assert counts == sorted(counts)
    assert counts[-1] == 4
    np.testing.assert_array_equal(result.losses, sweep.sweep(X, Y, grid, init_params=init).losses)


# Updates to a target


@given(st.lists(st.floats(0.1, 3), min_size=2, max_size=9), st.floats(0.2, 2.5))
def test_the_first_crossing(losses, target):
    updates = np.cumsum(np.arange(len(losses)))
    taken = first_below(updates, np.array(losses), target)
    reached = [loss <= target for loss in losses]
    if not any(reached):
        assert taken == math.inf
        return
    after = reached.index(True)
    if after == 0:
        assert taken == 0
        return
    assert updates[after - 1] <= taken <= updates[after]
    assert np.interp(taken, updates[after - 1 : after + 1], losses[after - 1 : after + 1]) == pytest.approx(target)


def test_nan_is_never_below():
    assert first_below(np.arange(3), np.array([2.0, np.nan, np.nan]), 1.0) == math.inf


@pytest.fixture(scope="module")
def finished():
    """An experiment on a tiny dataset, run to its end."""
    run = experiment.TimeToTargetRun(DATASET, epochs=10)
    shares = []
    while not run.finished:
        run.advance()
        shares.append(run.done)
    assert shares == sorted(shares)
    return run


def test_every_run_is_counted_as_if_made_alone(finished):
    assert finished.grid.batch_sizes == (2, 8)
    assert finished.num_finished_runs == finished.num_runs == 14
    assert (finished.seconds_per_update > 0).all()
    counted = finished.updates_to(0.8)
    for b, batch_size in enumerate(finished.grid.batch_sizes):
        for rate, learning_rate in enumerate(finished.grid.learning_rates):
            alone = Grid((batch_size,), (learning_rate,), epochs=10, points=40, spacing="geometric", most_updates=3000)
            result = sweep.sweep(X, Y, alone, init_params=partial(model.init_params, layer_sizes(DATASET)))
            expected = first_below(result.updates[0], result.losses[0, 0, 0], 0.8)
            assert counted[b, rate] == pytest.approx(expected, rel=1e-3)


def test_a_lower_target_takes_more_updates(finished):
    counts = [finished.updates_to(target) for target in experiment.TARGETS]
    for less, more in pairwise(counts):
        assert (less <= more).all()


def test_the_noise_scale_is_measured_on_the_way(finished):
    batch_size, learning_rate = finished.reference
    assert batch_size in finished.grid.batch_sizes
    assert learning_rate in finished.grid.learning_rates
    losses = [at.loss for at in finished.noise_scales]
    assert losses[0] == pytest.approx(finished.runs.losses[0, 0, 0, 0], rel=1e-5)
    start, end = finished.noise_scales_to(0.8)
    assert start == finished.noise_scales[0].b_simple
    assert end in [at.b_simple for at in finished.noise_scales if at.loss > 0.8]
    assert finished.noise_scales_to(100.0) == (start, start)


def test_the_moments_of_the_noise_scale_are_those_of_a_training(monkeypatch):
    monkeypatch.setattr(experiment, "TARGETS", (0.01,))  # which no run comes to
    monkeypatch.setattr(experiment.cost, "measuring", lambda *_, **__: ())  # of times nothing is said here
    run = experiment.TimeToTargetRun(DATASET, epochs=1, seed=3).run()
    assert run.reference == (8, 0.01)
    for updates, at in enumerate(run.noise_scales):
        params = train(DATASET, Settings(8, learning_rate=0.01, seed=3), num_updates=updates).params
        full = noise.measure_full(params, X, Y)
        assert at == pytest.approx((updates, float(full.loss), float(full.b_simple)), rel=1e-5)
    assert updates == 3


def test_the_noise_scale_is_measured_no_further_than_to_the_target(monkeypatch):
    monkeypatch.setattr(experiment.TimeToTargetRun, "updates_to", lambda run, _: np.full(run.grid.shape[:2], 2.0))
    run = experiment.TimeToTargetRun(DATASET)
    shares = list(run._measure_noise())
    assert [at.num_updates for at in run.noise_scales] == [0, 1, 2]
    assert shares[-1] == 1


def test_the_noise_scale_at_the_target_is_the_last_one_above_it(finished, monkeypatch):
    scales = [experiment.NoiseScale(at, loss, 5.0 + at) for at, loss in enumerate((2.0, 0.9, 0.7))]
    monkeypatch.setattr(finished, "noise_scales", scales)
    assert finished.noise_scales_to(0.8) == (5.0, 6.0)
    assert finished.noise_scales_to(0.1) == (5.0, 7.0)


def test_the_reference_is_the_best_run_of_the_middle_batch_size(finished):
    batch_size, learning_rate = finished.reference
    taken = finished.updates_to(min(experiment.TARGETS))[finished.grid.batch_sizes.index(batch_size)]
    assert batch_size == 8
    assert taken[finished.grid.learning_rates.index(learning_rate)] == taken.min()


def test_nothing_is_known_before_the_first_piece():
    run = experiment.TimeToTargetRun(DATASET)
    assert np.isnan(run.updates_to(0.8)).all()
    assert run.noise_scales_to(0.8) is None
    assert run.done == 0
    run.noise_scales = [experiment.NoiseScale(0, 2.0, 5.0)]  # one is no way
    assert run.noise_scales_to(0.8) is None


@pytest.mark.parametrize(("name", "value"), [("epochs", 0), ("epochs", 1.5), ("seed", -1), ("seed", True)])
def test_bad_settings(name, value):
    with pytest.raises((TypeError, ValueError), match=name):
        experiment.TimeToTargetRun(DATASET, **{name: value})


# The picture

COUNTS = st.floats(0.01, 1e4) | st.just(math.inf) | st.just(math.nan)


def maps():
    return st.lists(st.lists(COUNTS, min_size=4, max_size=4), min_size=3, max_size=3).map(np.array)


class MadeUpRun(experiment.TimeToTargetRun):
    """Runs with three batch sizes and four learning rates that took so many updates each."""

    def __init__(self, taken):
        super().__init__(DATASET)
        self.grid, self.taken = Grid((2, 8, 32), (0.1, 0.2, 0.4, 0.8)), taken
        self.seconds_per_update = np.array([1e-4, 2e-4, 4e-4])

    def updates_to(self, target):
        return self.taken


def drawn(taken, chosen, *, measure="updates", fit=None, scales=None):
    """The two charts of such runs, each batch size with its best learning rate."""
    run = MadeUpRun(taken)
    known = words.facts(run, chosen, target=0.8, measure=measure, learning_rate=None)
    return draw_time_to_target(run, known._replace(fit=fit, noise_scales=scales)).rows[0]


def texts_in(chart):
    return {(mark.x, mark.y): mark for mark in chart.marks if isinstance(mark, Words)}


@given(maps(), st.sampled_from(MEASURES), st.sampled_from([2, 8, 32]), st.none() | st.just(TradeOff(1.0, 12.0)))
def test_the_map_holds_every_number(updates, measure, chosen, fit):
    left, right = drawn(updates, chosen, measure=measure, fit=fit, scales=(5.0, 30.0))
    factors = {"updates": np.ones(3), "epochs": np.array([2, 8, 32]) / 24, "milliseconds": np.array([0.1, 0.2, 0.4])}
    taken = updates * factors[measure][:, None]
    texts = {place: mark.text for place, mark in texts_in(left).items()}
    expected = {
        (column + 0.5, row + 0.5): cell_text(value)
        for (row, column), value in np.ndenumerate(taken)
        if not math.isnan(value)
    }
    assert texts == expected
    (cells,) = [mark for mark in left.marks if isinstance(mark, Cells)]
    brightness = cells.colors[::-1].astype(int).sum(axis=2)
    finite = np.isfinite(taken)
    order = np.argsort(taken[finite])
    assert (np.diff(brightness[finite][order]) <= 0).all()  # more is darker
    for colors, never, unknown in ((cells.colors, NEVER, 255), (cells.dark, NEVER_DARK, 17)):
        assert (colors[::-1][np.isinf(taken)] == never).all()
        assert (colors[::-1][np.isnan(taken)] == unknown).all()
    np.testing.assert_array_equal(cells.dark[::-1][finite], cells.colors[::-1][finite])
    keep_their_color = {place for place, mark in texts_in(left).items() if mark.on_area}
    assert keep_their_color == {(column + 0.5, row + 0.5) for row, column in np.argwhere(finite)}
    curve = next(mark for mark in right.marks if isinstance(mark, Curve) and mark.name == "best η")
    best = zip(taken, words.best_columns(updates), strict=True)
    np.testing.assert_array_equal(curve.y, [row[column] for row, column in best if column >= 0])
    assert ((curve.y >= right.y.low) & (curve.y <= right.y.high)).all()
    names = {mark.name for mark in right.marks if isinstance(mark, Curve)}
    assert ("B_{crit}" in names) == ("B_{simple}" in names) == (fit is not None)
    assert ("1 / B" in names) == (measure == "updates" and curve.y.size > 0)  # in proportion to B are updates alone


def test_frames_lines_and_ticks_are_where_their_names_say():
    taken = np.array([[400.0, 300, 200, 500], [90, 70, 60, 80], [50, 30, 45, math.inf]])
    left, right = drawn(taken, 8, fit=TradeOff(30.0, 360.0), scales=(5.0, 30.0))
    assert (left.x.label, left.y.label, right.x.label, right.y.label) == (
        "learning rate η", "batch size B", "batch size B", "updates",
    )  # fmt: skip
    assert [tuple(tick) for tick in left.x.ticks] == [(0.5, "0.1"), (1.5, "0.2"), (2.5, "0.4"), (3.5, "0.8")]
    assert [tuple(tick) for tick in left.y.ticks] == [(0.5, "2"), (1.5, "8"), (2.5, "32")]
    (grid,) = (mark for mark in left.marks if isinstance(mark, Cells))
    for (x, y), text in texts_in(left).items():  # black on what is light, white on what is dark
        assert contrast(rgb(text.color), grid.colors[::-1][int(y), int(x)]) > 4
    row, *cells = (mark for mark in left.marks if isinstance(mark, Curve) and len(mark.x) == 5)
    assert (min(row.x), max(row.x), min(row.y), max(row.y)) == (0, 4, 1, 2)
    assert [(int(min(cell.x)), int(min(cell.y))) for cell in cells] == [(2, 0), (2, 1), (1, 2)]
    legend = {mark.name: mark.color for chart in (left, right) for mark in chart.marks if isinstance(mark, Curve)}
    assert (legend["B = 8"], legend["best η"]) == (row.color, cells[0].color) == (BLACK, VERMILION)
    (framed,) = (mark for mark in left.marks if isinstance(mark, Curve) and mark.name == "best η")
    assert framed.color == VERMILION
    upright = {
        mark.color: set(mark.x)
        for mark in right.marks
        if isinstance(mark, Curve) and len(set(mark.x)) == 1 == len(mark.x) - 1
    }
    assert upright == {GREEN: {12.0}, PURPLE: {30.0}}
    assert (legend["B_{crit}"], legend["B_{simple}"]) == (GREEN, PURPLE)
    named = {mark.name: mark for mark in right.marks if mark.name and mark.x.size}
    np.testing.assert_array_equal(named["fit"].y, [210, 75, 41.25])  # 30 + 360 / B
    np.testing.assert_allclose(named["1 / B"].y * named["1 / B"].x, 400)
    (chosen,) = (mark for mark in right.marks if mark.marker == "dot")
    assert (chosen.x.tolist(), chosen.y.tolist()) == ([8], [60])


@given(maps())
def test_the_best_learning_rate_has_the_fewest_updates(taken):
    for row, column in zip(taken, words.best_columns(taken), strict=True):
        finite = row[np.isfinite(row)]
        assert (column == -1) == (finite.size == 0)
        if finite.size:
            assert row[column] == finite.min()


# The words


def rows_on(trade_off, sizes=(2, 8, 32, 128)):
    """What batch sizes need that lie on the hyperbola exactly."""
    updates = [trade_off.min_updates + trade_off.min_examples / size for size in sizes]
    return tuple(
        RowFacts(size, 0.1, each, each * size / 12_000, each * (0.01 + 0.001 * size))
        for size, each in zip(sizes, updates, strict=True)
    )


def facts(rows, *, fit=None, scales=None, is_best=True, chosen=0, finished=28, measure="updates"):
    return MapFacts(
        0.8, finished, 28, is_best=is_best, rows=rows, chosen=chosen, measure=measure, fit=fit, noise_scales=scales
    )


def test_the_fit_finds_its_hyperbola_again():
    fit = words.fit_of(rows_on(TradeOff(30.0, 1200.0)))
    assert fit.min_updates == pytest.approx(30)
    assert fit.min_examples == pytest.approx(1200)
    assert words.fit_of(rows_on(TradeOff(30.0, 1200.0))[:2]) is None
    flat = tuple(row._replace(updates=float(row.batch_size)) for row in rows_on(TradeOff(30.0, 1200.0)))
    assert words.fit_of(flat) is None
    # A target that is reached at the start takes no update: it is on no hyperbola.
    none = words.fit_of((RowFacts(1, 0.1, 0.0, 0.0, 0.0), *rows_on(TradeOff(30.0, 1200.0))[:3]))
    assert none == pytest.approx(TradeOff(30.0, 1200.0))


def test_a_fit_goes_through_the_best_runs_once_all_are_done(monkeypatch):
    dataset = Dataset("larger", np.zeros((40, 6)), np.zeros(40, int), X, Y, ("a", "b", "c"))
    run, num_finished = experiment.TimeToTargetRun(dataset), 21
    best = np.array([row.updates for row in rows_on(TradeOff(30.0, 1200.0), run.grid.batch_sizes)])
    taken = best[:, None] * np.array([9.0, 5.0, 3.0, 1.0, 2.0, 4.0, np.inf])
    monkeypatch.setattr(experiment.TimeToTargetRun, "updates_to", lambda *_: taken)
    monkeypatch.setattr(experiment.TimeToTargetRun, "num_finished_runs", property(lambda _: num_finished))

    def fit(learning_rate=None):
        return words.facts(run, 8, target=0.8, measure="updates", learning_rate=learning_rate).fit

    assert run.num_runs == 21
    assert fit() == pytest.approx(TradeOff(30.0, 1200.0))
    assert fit(learning_rate=0.08) is None
    num_finished = 20
    assert fit() is None
    # All that is told of each batch size is of its own run.
    run.seconds_per_update, sizes = np.array([1e-4, 2e-4, 4e-4]), run.grid.batch_sizes
    for rate, column in ((None, 3), (run.grid.learning_rates[0], 0), (run.grid.learning_rates[6], 6)):
        known = words.facts(run, sizes[1], target=0.8, measure="epochs", learning_rate=rate)
        assert known[:4] == (0.8, 20, 21, rate is None)
        assert (known.chosen, known.measure, known.noise_scales) == (1, "epochs", None)
        for place, row in enumerate(known.rows):
            updates = taken[place, column]
            assert row[:2] == (sizes[place], run.grid.learning_rates[column])
            assert row[2:] == pytest.approx((updates, updates * sizes[place] / 40, updates * 0.1 * 2**place))
    taken = np.full((3, 7), np.inf)
    assert words.facts(run, 8, target=0.8, measure="epochs", learning_rate=None).rows[0] == (
        sizes[0], None, math.inf, math.inf, math.inf,
    )  # fmt: skip
    monkeypatch.setattr(experiment.TimeToTargetRun, "noise_scales_to", lambda *_: (30.0, 70.0))
    assert words.facts(run, 8, target=0.8, measure="epochs", learning_rate=None).noise_scales == (30.0, 70.0)


def test_the_details_of_a_whole_map():
    rows = rows_on(TradeOff(30.0, 1200.0))
    assert words.details(facts(rows, fit=TradeOff(30.0, 1200.0), scales=(30.0, 70.0))) == [
        ("target loss", "0.8, each batch size with its best learning rate"),
        ("B = 2", "630 updates, 0.105 epochs, 7.56 ms (η = 0.1)"),
        ("fewest updates", "B = 128"),
        ("fewest epochs", "B = 2"),
        ("least time", "B = 32"),
        ("updates, from B = 2 to 8", "divided by 3.50 (in proportion to B by 4.00)"),
        ("updates, from B = 32 to 128", "divided by 1.71 (in proportion to B by 4.00)"),
        ("S_min of the fit", "30.0 updates"),
        ("E_min of the fit", "1,200 examples"),
        ("critical batch size E_min / S_min", "40.0"),
        ("B_simple, measured on the way", "from 30.0 to 70.0: the same order of magnitude"),
    ]


@pytest.mark.parametrize(("scale", "same"), [(4.1, True), (390.0, True), (3.9, False), (401.0, False)])
def test_the_order_of_magnitude(scale, same):
    rows = rows_on(TradeOff(30.0, 1200.0))
    _, said = words.details(facts(rows, fit=TradeOff(30.0, 1200.0), scales=(30.0, scale)))[-1]
    assert said.endswith("the same order of magnitude")
    assert said.endswith("not the same order of magnitude") != same


def test_the_details_where_something_is_missing():
    rows = rows_on(TradeOff(30.0, 1200.0))
    nothing = tuple(row._replace(learning_rate=None, updates=math.inf) for row in rows)
    assert words.details(facts(rows, finished=3)) == [("runs done", "3 of 28")]
    assert words.details(facts(nothing))[1:] == [("B = 2", "not reached within the given epochs")]
    said = dict(words.details(facts((nothing[0], *rows[1:]))))
    assert (said["B = 2"], said["fewest epochs"]) == ("not reached within the given epochs", "B = 8")
    assert said["critical batch size"] == "none: no hyperbola fits these runs"
    same = listed(words.details(facts(rows, is_best=False)))
    assert "the same learning rate" in same
    assert "critical" not in same


NEEDED = st.floats(0.1, 1e6) | st.sampled_from([math.inf, math.nan])


@given(st.lists(NEEDED, min_size=4, max_size=4), st.integers(0, 3), st.sampled_from(MEASURES), st.booleans())
@example(needed=[8.0, 8.0, 9.0, math.nan], chosen=1, measure="updates", is_best=True)
def test_the_sentence_says_what_the_chosen_size_needs_and_which_needs_least(needed, chosen, measure, is_best):
    sizes = (2, 8, 512, 12_000)
    rows = tuple(
        RowFacts(size, 0.1, each, each * size / 12_000, each * (0.01 + 0.001 * size))
        for size, each in zip(sizes, needed, strict=True)
    )
    sentence = words.sentence(facts(rows, chosen=chosen, measure=measure, is_best=is_best))
    assert_can_be_said(sentence)
    listed(words.details(facts(rows, chosen=chosen, measure=measure, is_best=is_best)))
    amounts = {
        row.batch_size: {"updates": row.updates, "epochs": row.epochs, "milliseconds": row.milliseconds}[measure]
        for row in rows
        if math.isfinite(row.updates)
    }
    if not amounts:
        assert sentence == "No batch size reaches a loss of 0.8 within the given epochs."
        return
    assert ("With the same learning rate for all" in sentence) != is_best
    least, size = min(amounts, key=amounts.get), sizes[chosen]

    def amount(value):
        return count(round(value), "update") if measure == "updates" else f"{spoken(value)} {measure}"

    if size not in amounts:
        assert f"B = {size:,} does not reach the target loss" in sentence
        assert f"B = {least:,} needs least: {amount(amounts[least])}." in sentence
    elif amounts[size] == amounts[least]:
        assert f"B = {size:,} needs {amount(amounts[size])} to reach the target loss, and no other" in sentence
    else:
        assert f"B = {size:,} needs {amount(amounts[size])} to reach the target loss; B = {least:,}" in sentence
        assert sentence.endswith(f"B = {least:,} needs least: {amount(amounts[least])}.")


NEED = (
    RowFacts(2, 0.05, 6_300.0, 1.05, 75.6),
    RowFacts(32, 0.2, 67.0, 0.179, 2.8),
    RowFacts(1_024, 0.4, 31.0, 2.65, 31.0),
)
GONE = RowFacts(12_000, None, math.inf, math.inf, math.inf)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "B = 2 needs 6,300 updates to reach the target loss; B = 1,024 needs least: 31 updates."),
        ({"chosen": 2}, "B = 1,024 needs 31 updates to reach the target loss, and no other batch size needs less."),
        (
            {"measure": "epochs", "chosen": 2},
            "B = 1,024 needs 2.65 epochs to reach the target loss; B = 32 needs least: 0.18 epochs.",
        ),
        (
            {"measure": "milliseconds"},
            "B = 2 needs 75.6 milliseconds to reach the target loss; B = 32 needs least: 2.80 milliseconds.",
        ),
        (
            {"is_best": False, "chosen": 1},
            "With the same learning rate for all, B = 32 needs 67 updates to reach the target loss; B = 1,024 needs "
            "least: 31 updates.",
        ),
        (
            {"rows": (*NEED, GONE), "chosen": 3, "is_best": False},
            "With the same learning rate for all, B = 12,000 does not reach the target loss within the given epochs; "
            "B = 1,024 needs least: 31 updates.",
        ),
        (
            {"rows": (NEED[0]._replace(updates=1.2),)},
            "B = 2 needs 1 update to reach the target loss, and no other batch size needs less.",
        ),
        ({"rows": (GONE,)}, "No batch size reaches a loss of 0.8 within the given epochs."),
        ({"rows": (), "num_runs": 1_280, "num_finished": 1_003}, "1,003 of 1,280 runs are done."),
    ],
)
def test_the_whole_sentence(change, said):
    assert words.sentence(facts(NEED)._replace(**change)) == said


def test_all_details_where_there_is_no_fit():
    least = [("fewest updates", "B = 1,024"), ("fewest epochs", "B = 32"), ("least time", "B = 32")]
    no_fit = ("critical batch size", "none: no hyperbola fits these runs")
    assert words.details(facts((*NEED, GONE), chosen=3)) == [
        ("target loss", "0.8, each batch size with its best learning rate"),
        ("B = 12,000", "not reached within the given epochs"),
        *least,
        ("updates, from B = 2 to 32", "divided by 94.0 (in proportion to B by 16.0)"),
        ("updates, from B = 32 to 1,024", "divided by 2.16 (in proportion to B by 32.0)"),
        no_fit,
    ]
    assert words.details(facts((*NEED[1:], GONE), is_best=False, chosen=1)) == [
        ("target loss", "0.8, each batch size with the same learning rate"),
        ("B = 1,024", "31 updates, 2.65 epochs, 31.0 ms (η = 0.4)"),
        *least,
    ]
    assert words.details(facts((GONE,))) == [
        ("target loss", "0.8, each batch size with its best learning rate"),
        ("B = 12,000", "not reached within the given epochs"),
    ]
    without_scales = words.details(facts(NEED, fit=TradeOff(30.0, 1200.0)))
    assert without_scales[-1] == ("critical batch size E_min / S_min", "40.0")


# The panel


def test_looking_in_another_way_makes_no_new_runs():
    panel = TimeToTarget(DATASET, batch_size=8, epochs=10).show()
    run = panel.experiment
    for name, control in panel._controls.items():
        if not control.restarts:
            for value in control.values:
                panel.set(**{name: value})
                panel.wait(60.0)
                assert getattr(panel.settings, name) == value
                assert panel.words == words.sentence(panel._facts(run))
                assert panel.details == listed(words.details(panel._facts(run)))
    assert panel.experiment is run
    assert panel.status == "Finished: 14 of 14 runs"
    panel.set(rates="best")
    panel.wait(60.0)
    assert "each batch size with its best learning rate" in panel.details
    panel.set(epochs=2)
    panel.run()
    panel.wait(60.0)
    assert panel.experiment is not run


def test_a_full_picture_in_every_measure(finished):
    panel = TimeToTarget(DATASET, batch_size=2)
    for measure, factor in (
        ("updates", 1.0),
        ("epochs", 2 / 24),
        ("milliseconds", 1000 * finished.seconds_per_update[0]),
    ):
        panel.set(measure=measure)
        assert finished.per_update(measure)[0] == pytest.approx(factor)
        left, right = panel._picture_of(finished).rows[0]
        title = left.title
        assert right.y.label == measure
        (curve,) = (mark for mark in right.marks if mark.name == "best η")
        best = np.nanmin(finished.updates_to(0.8)[0])
        assert curve.y[0] == pytest.approx(factor * best)
        assert title == f"{measure.capitalize()} to a loss of 0.8"


def test_the_fitted_line_is_the_hyperbola_in_the_unit_that_is_counted(finished):
    panel = TimeToTarget(DATASET, batch_size=2, measure="epochs")
    known = panel._facts(finished)._replace(fit=TradeOff(30.0, 1200.0), noise_scales=(5.0, 7.0))
    _, right = draw_time_to_target(finished, known).rows[0]
    (line,) = (mark for mark in right.marks if mark.name == "fit")
    np.testing.assert_allclose(line.y, [(30 + 1200 / size) * size / 24 for size in (2, 8)])
    upright = [mark.x.tolist() for mark in right.marks if not mark.name and mark.marker != "dot"]
    assert upright == [[40.0, 40.0], [7.0, 7.0]]
    texts = {name: list(map(control.text, control.values)) for name, control in panel._controls.items()}
    assert texts["rates"] == ["best η for each batch size", "same learning rate for all"]
    assert texts["target"] == [f"loss {target:g}" for target in experiment.TARGETS]


def test_jax_is_left_alone_by_a_stopped_sweep():
    run = experiment.TimeToTargetRun(DATASET)
    while run.runs is None:
        run.advance()
    run._pieces.close()
    assert jax.numpy.ones(2).sum() == 2
