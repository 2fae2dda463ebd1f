"""Many runs on a quadratic: they come down to the floor of the formula, along the way that it predicts."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sentences import assert_can_be_said, listed

import lesson_lib as ll
from lesson_lib.batching import batch_size_menu
from lesson_lib.chart.picture import GREY, Band, Curve
from lesson_lib.experiment import Settings
from lesson_lib.panel.numbers import number, spoken
from lesson_lib.panels.noise_floor import picture as plots
from lesson_lib.panels.noise_floor import words
from lesson_lib.panels.noise_floor.panel import LEARNING_RATES
from lesson_lib.panels.noise_floor.run import (
    NUM_EXAMPLES,
    NUM_RUNS,
    START,
    NoiseFloorRun,
    draw_epoch,
    run_scalar_updates,
)
from lesson_lib.panels.noise_floor.words import FORGOTTEN, FloorFacts

pytestmark = pytest.mark.slow


def ended(sampling="replacement", curvature=1.0, noise_sq=1.0, **settings):
    settings = Settings(sampling=sampling, **{"batch_size": 4, "epochs": 2, "learning_rate": 0.2, **settings})
    run = NoiseFloorRun(settings, curvature=curvature, noise_sq=noise_sq)
    run.run()
    return run


# The runs


def test_updates_are_those_of_numpy():
    rng = np.random.default_rng(0)
    w, drawn = rng.normal(size=7), rng.normal(size=(24, 7))
    updated = run_scalar_updates(jnp.float32(w), jnp.float32(drawn), 0.3, 4, 2, 3)
    for number_of_update in (2, 3, 4):
        batch = drawn[4 * number_of_update : 4 * number_of_update + 4]
        w = w - 0.3 * (w - batch.mean(axis=0))
    np.testing.assert_allclose(updated, w, rtol=1e-5)


def test_reshuffled_runs_see_each_example_once_an_epoch_and_each_in_its_own_order():
    examples, keys = jnp.arange(64.0), jax.random.split(jax.random.key(0), 3)
    drawn = np.asarray(draw_epoch(examples, 0, "reshuffle", keys))
    assert (np.sort(drawn, axis=0) == np.arange(64)[:, None]).all()
    assert len({tuple(column) for column in drawn.T}) == 3
    assert not (np.sort(draw_epoch(examples, 0, "replacement", keys), axis=0) == np.arange(64)[:, None]).all()


@pytest.mark.parametrize(
    ("batch_size", "learning_rate", "epochs", "curvature", "noise_sq"),
    [
        (1, 0.2, 2, 1.0, 1.0),
        (4, 0.05, 4, 2.0, 8.0),
        (1, 1.9, 1, 1.0, 1.0),
        (64, 0.5, 8, 0.5, 2.0),
        (16, 2.0, 4, 0.5, 0.1),
    ],
)
def test_the_mean_square_is_the_one_that_theory_predicts(batch_size, learning_rate, epochs, curvature, noise_sq):
    run = ended(
        batch_size=batch_size, learning_rate=learning_rate, epochs=epochs, curvature=curvature, noise_sq=noise_sq
    )
    formula = learning_rate * noise_sq / (curvature * (2 - learning_rate * curvature) * batch_size)
    assert run.floor == pytest.approx(formula)
    history = run.history()
    np.testing.assert_allclose(history.mean_sq, np.square(history.w, dtype=float).mean(axis=1))
    assert history.num_updates[-1] == run.total_updates
    predicted = run.predicted(history.num_updates)
    standard_errors = (history.w**2).std(axis=1) / np.sqrt(NUM_RUNS)
    off = np.abs(history.mean_sq - predicted)[1:] / standard_errors[1:]
    assert off.max() < 5
    assert np.median(off) < 1.5
    half = len(predicted) // 2
    assert history.mean_sq[half:].mean() == pytest.approx(run.floor, rel=0.06)


def test_predictions_follow_the_recursion():
    run = ended(batch_size=8, learning_rate=0.3, epochs=1)
    expected = START**2
    for num_updates in range(20):
        assert run.predicted(np.array([num_updates]))[0] == pytest.approx(expected)
        expected = (1 - 0.3) ** 2 * expected + 0.3**2 / 8


def test_without_noise_left_it_is_gradient_descent():
    run = ended("reshuffle", batch_size=NUM_EXAMPLES, epochs=8, learning_rate=0.2)
    history = run.history()
    np.testing.assert_allclose(history.w, np.tile(0.8 ** history.num_updates[:, None], NUM_RUNS), atol=1e-5)


def test_the_axis_ends_where_there_is_nothing_but_rounding():
    run = ended("reshuffle", batch_size=NUM_EXAMPLES, learning_rate=1.0)  # GD is at the minimum after one update
    assert run.history().mean_sq[-1] < 1e-9
    _, mean = plots.draw_noise_floor(run, [], "updates").rows[0]
    assert 1e-7 < mean.y.low < run.floor < 1 <= mean.y.high


def test_reshuffling_lowers_the_floor():
    runs = [ended(sampling, batch_size=64, learning_rate=0.1, epochs=8) for sampling in ("replacement", "reshuffle")]
    assert [words.facts(run, {}).reshuffled for run in runs] == [False, True]
    late = [run.history().mean_sq[-50:].mean() for run in runs]
    assert late[1] < 0.6 * late[0]


def test_the_same_settings_give_the_same_runs_and_another_seed_others():
    first, again, other = (ended(epochs=1, seed=seed).history().w for seed in (0, 0, 1))
    assert (first == again).all()
    assert (first[-1] != other[-1]).any()


@pytest.mark.parametrize(
    ("settings", "others", "named"),
    [
        ({"batch_size": 3}, {}, "batch_size must divide 1,024"),
        ({"batch_size": 2048}, {}, "batch_size"),
        ({"learning_rate": 2.0}, {}, "stability edge"),
        ({"learning_rate": 0.5}, {"curvature": 4.0}, "stability edge"),
        ({}, {"curvature": 0.0}, "curvature"),
        ({}, {"noise_sq": 0.0}, "noise_sq"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings, others, named):
    with pytest.raises(ValueError, match=named):
        NoiseFloorRun(Settings(**{"batch_size": 8, "learning_rate": 0.1, **settings}), **others)


# The words

POSITIVE = st.floats(1e-6, 100.0)


FACTS = st.builds(
    FloorFacts,
    batch_size=st.sampled_from(batch_size_menu(NUM_EXAMPLES)),
    reshuffled=st.booleans(),
    num_epochs=st.floats(0.1, 50),
    num_updates=st.integers(0, 50 * NUM_EXAMPLES),
    finished=st.booleans(),
    now=POSITIVE,
    late=POSITIVE,
    expected=POSITIVE,
    floor=POSITIVE,
    kept=st.just({}),
)


@given(FACTS, st.sampled_from([None, 1.0, 1.01]), st.floats(0, 1e30) | st.sampled_from([math.nan, math.inf]))
def test_whatever_happens_the_runs_are_said_in_a_sentence(known, forgotten, wild):
    if forgotten is not None:
        known = known._replace(expected=forgotten * known.floor)
    sentence = words.sentence(known)
    assert_can_be_said(sentence)
    assert_can_be_said(words.sentence(known._replace(now=wild, late=wild)))
    listed(words.details(known._replace(now=wild, late=wild)))
    is_gd = known.reshuffled and known.batch_size == NUM_EXAMPLES
    at_its_end = known.finished and known.num_updates > 0
    has_settled = at_its_end and abs(known.expected - known.floor) <= FORGOTTEN * known.floor and not is_gd
    assert ("have settled" in sentence) == has_settled
    assert ("With independent batches, the formula says" in sentence) == (has_settled and known.reshuffled)
    assert ("not forgotten their start yet" in sentence) == (at_its_end and not is_gd and not has_settled)
    assert ("this is GD, without noise" in sentence) == (at_its_end and is_gd)
    if not (at_its_end and is_gd):
        assert spoken(known.floor) in sentence
    assert spoken(known.late if has_settled else known.now) in sentence


@given(FACTS)
def test_the_details_say_where_the_runs_are(known):
    said = dict(words.details(known))
    assert (said["mean of w² now"], said["runs"]) == (number(known.now), "500")
    assert said["mean of w², second half of the updates"] == number(known.late)
    assert said["noise floor of the formula, for independent batches"] == number(known.floor)


KNOWN = FloorFacts(4, False, 2.5, 1_250, True, 0.31, 0.28, 0.2549, 0.25, {"B = 16": 0.0625, "B = 1": 1.0})
REACHED = "The 500 runs have settled: w² stays at 0.28 on average"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, f"{REACHED}, and the formula says 0.25."),
        ({"expected": 0.2451}, f"{REACHED}, and the formula says 0.25."),
        ({"reshuffled": True}, f"{REACHED}. With independent batches, the formula says 0.25."),
        ({"batch_size": NUM_EXAMPLES}, f"{REACHED}, and the formula says 0.25."),
        (
            {"batch_size": NUM_EXAMPLES, "reshuffled": True},
            "After 2.5 epochs w² is 0.31: with B = N and no replacement this is GD, without noise.",
        ),
        *[
            (
                {"expected": expected, "num_epochs": 1.0},
                "After 1 epoch the runs have not forgotten their start yet: w² is 0.31 on average, and the floor is "
                "0.25. Give them more epochs.",
            )
            for expected in (0.2551, 0.2449)
        ],
        (
            {"finished": False, "batch_size": NUM_EXAMPLES, "reshuffled": True},
            "After 2.5 epochs the mean of w² over 500 runs is 0.31; the floor is 0.25.",
        ),
        ({"num_updates": 0, "now": 9.0}, "All 500 runs start at the same place, w² = 9.00. The floor is 0.25."),
    ],
)
def test_the_whole_sentence(change, said):
    assert words.sentence(KNOWN._replace(**change)) == said


def test_all_details():
    assert words.details(KNOWN) == [
        ("runs", "500"),
        ("so far", "1,250 updates (2.5 epochs)"),
        ("mean of w² now", "0.310"),
        ("mean of w², second half of the updates", "0.280"),
        ("noise floor of the formula, for independent batches", "0.250"),
        ("the same for the kept runs, B = 16", "0.0625"),
        ("the same for the kept runs, B = 1", "1.00"),
    ]


@pytest.mark.parametrize(("learning_rate", "epochs", "forgotten"), [(0.2, 3, True), (0.01, 1, False)])
def test_the_start_is_forgotten_after_a_while(learning_rate, epochs, forgotten):
    facts = words.facts(ended(batch_size=16, learning_rate=learning_rate, epochs=epochs), {})
    assert ("the formula says" in words.sentence(facts)) == forgotten
    if forgotten:
        assert facts.late == pytest.approx(facts.floor, rel=0.06)


def test_what_is_told_of_late_is_of_the_second_half():
    run = ended(batch_size=16)
    history, facts = run.history(), words.facts(run, {})
    late = history.num_updates >= history.num_updates[-1] / 2
    assert facts[:5] == (16, False, 2.0, 2 * NUM_EXAMPLES // 16, True)
    assert (facts.now, facts.floor) == (history.mean_sq[-1], run.floor)
    assert words.facts(run, {"B = 1": 0.5}).kept == {"B = 1": 0.5}
    assert facts.late == pytest.approx(history.mean_sq[late].mean())
    assert facts.expected == pytest.approx(run.predicted(history.num_updates)[late].mean())


# The picture


def test_the_band_goes_as_far_as_the_root_of_the_floor():
    run = ended()
    run.floor, history = 0.25, run.history()
    runs, mean = plots.draw_noise_floor(run, [], "epochs").rows[0]
    (band,) = (mark for mark in runs.marks if isinstance(mark, Band))
    edges = [mark for mark in runs.marks if isinstance(mark, Curve) and mark.dash == "dotted" and mark.x.size]
    for half, values in ((-0.5, band.low), (0.5, band.high), (0.5, edges[0].y), (-0.5, edges[1].y)):
        np.testing.assert_array_equal(values, half)
    assert {mark.color for mark in (band, *edges)} == {band.color} == {GREY}  # blue is GD
    named = {mark.name: mark for mark in mean.marks}
    np.testing.assert_array_equal(named["theory"].y, run.predicted(np.rint(named["theory"].x * 256).astype(int)))
    assert (named["theory"].x[0], named["theory"].x[-1]) == (0, 2)
    np.testing.assert_array_equal(named["noise floor"].y, 0.25)
    np.testing.assert_array_equal(named["measured"].x, history.num_updates / 256)
    np.testing.assert_array_equal(named["measured"].y, history.mean_sq)
    assert named["noise floor"].color == band.color
    assert [chart.x.label for chart in (runs, mean)] == ["epochs"] * 2
    assert [chart.y.label for chart in (runs, mean)] == ["w", "mean of w^2"]


def test_runs_below_zero_are_seen_as_well_as_those_above():
    run = ended(batch_size=1, learning_rate=0.5, epochs=1, seed=4)
    shown = run.history().w[:, :3]
    assert shown.max() < 2 < -shown.min()
    runs, _ = plots.draw_noise_floor(run, [], "epochs").rows[0]
    assert runs.y.high == -runs.y.low >= -shown.min()


# The panel


def test_runs_that_differ_are_kept_under_different_names():
    panel = ll.NoiseFloor()
    try:
        settings = [
            Settings(batch_size=size, learning_rate=rate, sampling=sampling)
            for size in (4, 8) for rate in (0.1, 0.2) for sampling in ("replacement", "reshuffle")
        ]  # fmt: skip
        assert len({panel._to_keep(NoiseFloorRun(each))[0] for each in settings}) == 8
    finally:
        panel.close()


def test_the_panel_keeps_runs_and_shows_them_against_either_clock():
    panel = ll.NoiseFloor(epochs=1)
    try:
        panel.run()
        panel.wait(60.0)
        assert "so far: 256 updates (1 epoch)" in panel.details
        panel.keep()
        panel.set(batch_size=16, epochs=2)  # more epochs than the run that is kept, and fewer updates
        panel.run()
        panel.wait(60.0)
        assert "the same for the kept runs, B = 4, η = 0.2: 0.0278" in panel.details
        for clock, end in (("epochs", 2), ("updates", 256)):
            panel.set(clock=clock)
            panel.wait(60.0)
            runs, mean = panel._session.picture.rows[0]
            assert runs.x.high == mean.x.high == end
            marks = {mark.name: mark for mark in mean.marks if isinstance(mark, Curve)}
            assert marks["B = 4, η = 0.2"].x[-1] == (1 if clock == "epochs" else 256)
            history = panel.experiment.history()
            np.testing.assert_array_equal(marks["measured"].y, history.mean_sq)
            made = np.rint(marks["theory"].x * (64 if clock == "epochs" else 1)).astype(int)
            np.testing.assert_allclose(marks["theory"].y, panel.experiment.predicted(made))
            np.testing.assert_allclose(marks["noise floor"].y, 0.2 / (1.8 * 16))
            paths = next(mark for mark in runs.marks if isinstance(mark, Curve) and mark.x.size)
            np.testing.assert_array_equal(paths.y.reshape(3, -1)[:, :-1], history.w[:, :3].T)
        assert "B = 4, η = 0.2" in panel._frame.alt
    finally:
        panel.close()


def test_every_learning_rate_of_the_panel_has_a_floor():
    for learning_rate in LEARNING_RATES:
        assert NoiseFloorRun(Settings(batch_size=1, learning_rate=learning_rate)).floor > 0


def test_bad_settings_of_the_panel_are_refused():
    with pytest.raises(TypeError):
        ll.NoiseFloor(colour="red")
    with pytest.raises(ValueError, match="sampling must be one of"):
        ll.NoiseFloor(sampling="sorted")
    with pytest.raises(ValueError, match="batch_size must be one of"):
        ll.NoiseFloor(batch_size=3)
