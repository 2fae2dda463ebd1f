"""Optimizers side by side: what is trained, tuned and measured, and what is drawn and said of it."""

import math
import re
from dataclasses import fields, replace
from statistics import fmean, median
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jax.flatten_util import ravel_pytree
from sentences import assert_can_be_said, listed

from lesson_lib import OptimizerRace as Panel
from lesson_lib import model, training
from lesson_lib.chart.picture import BLACK, BLUE, Band, Curve, Words
from lesson_lib.data import Dataset
from lesson_lib.experiment import Race, Settings, start_of
from lesson_lib.experiment.history import CLOCKS
from lesson_lib.noise import b_simple
from lesson_lib.noise.direction import batch_grads, direction_noise_factor, follow_directions, no_directions
from lesson_lib.optimizers import OPTIMIZERS, Hyperparameters
from lesson_lib.panel.numbers import count, number, spoken
from lesson_lib.panels.optimizer_race import picture as plots
from lesson_lib.panels.optimizer_race import run as race_run
from lesson_lib.panels.optimizer_race import words
from lesson_lib.panels.optimizer_race.run import (
    MOST_FRESH,
    NUM_DIRECTIONS,
    NUM_GRADS,
    DirectionNoise,
    OptimizerRaceRun,
    OptimizerSettings,
)
from lesson_lib.panels.optimizer_race.trial import Trial
from lesson_lib.panels.optimizer_race.tuning import (
    ADAPTIVE_RATES,
    EFFECTIVE_RATES,
    MATCHED,
    MOMENTUM,
    SEED,
    Tuning,
    learning_rate,
    rates,
    starting_place,
)

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(24, 6)).astype(np.float32), RNG.integers(0, 3, 24)
DATASET = Dataset("tiny", X, Y, X, Y, ("a", "b", "c"))
FORMULAS = {"sgd": 1.0, "momentum": 1 / 19, "nesterov": direction_noise_factor(0.9, nesterov=True)}


@pytest.fixture
def few_directions(monkeypatch):
    """The noise is averaged over no more updates than a race needs to have one."""
    monkeypatch.setattr(race_run, "NUM_DIRECTIONS", 64)


# The direction


@given(st.floats(0, 0.99))
def test_the_factors_are_sums_of_squared_weights(beta):
    k = np.arange(5000)
    weights = (1 - beta) * beta**k
    ahead = np.concatenate([[(1 - beta) * (1 + beta)], (1 - beta) * beta ** (k[1:] + 1)])
    assert weights.sum() == pytest.approx(1)
    assert ahead.sum() == pytest.approx(1)
    assert direction_noise_factor(beta) == pytest.approx(np.sum(weights**2))
    assert direction_noise_factor(beta, nesterov=True) == pytest.approx(np.sum(ahead**2))


@pytest.mark.parametrize("beta", [-0.1, 1.0, math.nan, True, "0.9"])
def test_a_momentum_out_of_range_is_named(beta):
    with pytest.raises((ValueError, TypeError), match="momentum"):
        direction_noise_factor(beta)


def test_batch_gradients_are_those_of_the_mean_loss():
    params = model.init_params((6, 5, 3), key=jax.random.key(0))
    batches = jnp.array([[0, 5, 7], [2, 2, 9]])
    rows = batch_grads(params, DATASET.x_train, DATASET.y_train, batches)
    grad_of = jax.jit(jax.grad(model.mean_loss))
    for row, batch in zip(rows, batches, strict=True):
        grad = grad_of(params, DATASET.x_train[batch], DATASET.y_train[batch])
        np.testing.assert_allclose(row, ravel_pytree(grad)[0], atol=1e-6)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_directions_are_those_that_numpy_finds(optimizer):
    rng = np.random.default_rng(1)
    grads, draws = rng.normal(1, 1, (5, 4)), rng.integers(0, 5, (30, 2))
    rows, hyper = jnp.array(grads, jnp.float32), Hyperparameters(1.0)
    directions = no_directions(rows, hyper, optimizer)
    for piece in (draws[:15], draws[15:]):
        directions = follow_directions(directions, rows, jnp.array(piece), hyper, optimizer=optimizer)
    paths = np.stack([numpy_directions(optimizer, grads[draws[:, which]]) for which in range(2)])
    variance = np.mean(np.sum((paths[0] - paths[1]) ** 2, axis=1)) / 2
    expected = variance / (paths[0].mean(axis=0) @ paths[1].mean(axis=0))
    assert float(directions.relative_variance) == pytest.approx(expected, rel=1e-4)


def numpy_directions(optimizer, grads):
    """The updates of an optimizer with learning rate 1 and the usual settings, in float64."""
    first, second, moves = np.zeros(grads.shape[1]), np.zeros(grads.shape[1]), []
    for t, g in enumerate(grads, start=1):
        if optimizer in {"momentum", "nesterov"}:
            first = 0.9 * first + g
        second = {"rmsprop": 0.9, "adam": 0.999}.get(optimizer, 0) * second + {
            "rmsprop": 0.1 * g**2, "adam": 0.001 * g**2,
        }.get(optimizer, 0)  # fmt: skip
        if optimizer == "adam":
            first = 0.9 * first + 0.1 * g
        moves.append(
            {
                "sgd": g,
                "momentum": first,
                "nesterov": g + 0.9 * first,
                "rmsprop": g / (np.sqrt(second) + 1e-8),
                "adam": first / (1 - 0.9**t) / (np.sqrt(second / (1 - 0.999**t)) + 1e-8),
            }[optimizer]
        )
    return -np.array(moves)


def test_the_noise_of_the_directions_is_what_the_formula_says():
    params = start_of(DATASET, 0).params
    ratios = []
    for seed in range(12):
        noise = DirectionNoise(DATASET, params, MATCHED, batch_size=2, seed=seed)
        assert noise.relative_variance == {}
        run(noise)
        plain = noise.relative_variance["sgd"]
        ratios.append([noise.relative_variance[optimizer] / plain for optimizer in MATCHED])
    error = np.std(ratios, axis=0) / math.sqrt(len(ratios))
    assert np.all(np.abs(np.mean(ratios, axis=0) - [FORMULAS[name] for name in MATCHED]) <= 4 * error + 1e-9)
    assert np.all(error < 0.15 * np.mean(ratios, axis=0))
    assert NUM_DIRECTIONS % 64 == 0


def test_noise_far_above_the_signal_is_measured_without_bias():
    """At B = 1 plain SGD's relative variance is B_simple, here 400: 128 gradients drawn again and again show 120."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(6000, 6)).astype(np.float32)
    dataset = Dataset("noisy", x, (x[:, 0] + 8 * rng.normal(size=6000) > 0).astype(int), x[:1], Y[:1], ("a", "b"))
    params = model.init_params((6, 2), key=jax.random.key(0))
    params = jax.tree.map(lambda leaf: 0.01 * leaf, params)
    true = float(1 / b_simple(params, dataset.x_train, dataset.y_train))
    assert 1 / 600 < true < 1 / 200
    found = []
    for seed in range(12):
        noise = DirectionNoise(dataset, params, ("sgd",), batch_size=1, seed=seed)
        run(noise)
        found.append(1 / noise.relative_variance["sgd"])
    error = np.std(found) / math.sqrt(len(found))
    assert abs(np.mean(found) - true) < 4 * error < 1 / 128


def test_no_gradient_is_used_twice_up_to_a_batch_size_where_that_no_longer_matters(monkeypatch):
    computed = []

    def counted(params, x, y, batches):
        computed.append(len(batches))
        return batch_grads(params, x, y, batches)

    monkeypatch.setattr(race_run, "batch_grads", counted)
    many = Dataset("many", np.tile(X, (20, 1)), np.tile(Y, 20), X, Y, ("a", "b", "c"))
    once = NUM_GRADS
    for batch_size, expected in ((1, 9 * once), (MOST_FRESH, 9 * once), (MOST_FRESH + 1, once), (480, 1)):
        computed.clear()
        noise = DirectionNoise(many, start_of(many, 0).params, ("sgd", "momentum"), batch_size=batch_size, seed=0)
        run(noise)
        assert noise.is_fresh == (expected > once)
        assert sum(computed) == expected
        for directions in noise._directions.values():
            assert int(directions.num_updates) == NUM_DIRECTIONS


def test_a_direction_that_is_lost_in_the_noise_is_infinitely_noisy():
    """Two means that point away from each other: the product that stands for |E d|² is below zero."""
    start = no_directions(jnp.zeros((1, 2)), Hyperparameters(1.0), "sgd")
    pair = jnp.array([[1.0, 0.0], [-1.0, 0.0]])
    directions = follow_directions(start, pair, jnp.array([[0, 1]]), Hyperparameters(1.0), optimizer="sgd")
    assert float(directions.relative_variance) == math.inf


@pytest.mark.usefixtures("few_directions")
@pytest.mark.parametrize(
    ("variances", "shares"),
    [
        ({"sgd": 2.0, "momentum": 0.5, "adam": math.inf}, {"sgd": 1.0, "momentum": 0.25, "adam": math.nan}),
        ({"sgd": math.inf, "momentum": 0.5, "adam": math.inf}, dict.fromkeys(("sgd", "momentum", "adam"), math.nan)),
        ({"sgd": 0.0, "momentum": 0.0}, {"sgd": math.nan, "momentum": math.nan}),
    ],
)
def test_what_is_lost_in_the_noise_is_neither_compared_nor_drawn(monkeypatch, variances, shares):
    race = make_race(learning_rates="matched", num_seeds=1)
    monkeypatch.setattr(DirectionNoise, "relative_variance", variances)
    np.testing.assert_equal(race.directions.shares, shares)
    panel = Panel(DATASET, batch_size=8)
    chart = panel._picture_of(race).rows[1][1]
    named = {curve.name: curve for curve in curves_of(chart)}
    finite = [share for share in shares.values() if math.isfinite(share)]
    if finite:
        np.testing.assert_array_equal(named["measured"].x, finite)
    else:
        assert [mark.text for mark in chart.marks] == ["lost in the noise"]
    details = listed(panel._caption_of(race).details)
    assert ("unknown: plain SGD's mean direction is lost in the noise" in details) == (not finite)
    assert ("Adam lost in the noise" in details) == bool(finite)
    panel.close()


def test_without_noise_no_direction_varies():
    noise = DirectionNoise(DATASET, start_of(DATASET, 0).params, tuple(OPTIMIZERS), batch_size=24, seed=0)
    run(noise)
    assert noise.relative_variance == pytest.approx(dict.fromkeys(OPTIMIZERS, 0.0), abs=1e-12)


def run(work):
    """Go on to the end; the share that is done never falls."""
    shares = [work.done]
    while not work.finished:
        work.advance()
        shares.append(work.done)
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] == 1
    before = work.done
    work.advance()
    assert work.finished
    assert work.done == before


# Trials


def make_trial(optimizer="sgd", *, rate=0.1, batch_size=5, num_updates=13, points=4):
    hyper = Hyperparameters(rate)
    return Trial(DATASET, optimizer, hyper, seed=3, batch_size=batch_size, num_updates=num_updates, points=points)


@pytest.mark.parametrize("batch_size", [1, 5, 24])
def test_a_trial_of_plain_sgd_is_the_sgd_of_a_race(batch_size):
    race = Race(DATASET, Settings(batch_size=batch_size, epochs=2, learning_rate=0.1, seed=3))
    race.run()
    trial = make_trial(batch_size=batch_size, num_updates=race.sgd.total_updates)
    run(trial)
    jax.tree.map(np.testing.assert_array_equal, trial.state.params, race.sgd.state.params)
    ours, theirs = trial.times("updates").astype(int), race.sgd.history("updates")
    np.testing.assert_allclose(trial.losses, theirs.losses[np.isin(theirs.time, ours)], rtol=1e-6)


@pytest.mark.parametrize("clock", CLOCKS)
def test_the_clocks_of_a_trial(clock):
    trial = make_trial()
    run(trial)
    updates = np.array([0, 3, 7, 13])  # the squares of 0 to 4, sixteenths of 13
    expected = {"updates": updates, "epochs": updates / 5, "examples": [0, 15, 34, 63]}
    if clock == "seconds":
        assert np.all(np.diff(trial.times(clock)) > 0)
    else:
        np.testing.assert_array_equal(trial.times(clock), expected[clock])


def test_a_trial_records_the_loss_of_the_training_examples():
    other = Dataset("other test", X, Y, 2 * X[:5], Y[:5], ("a", "b", "c"))
    trial = Trial(other, "sgd", Hyperparameters(0.1), seed=3, batch_size=8, num_updates=3, points=1)
    for place in (0, 1):
        expected = float(model.mean_loss(trial.state.params, other.x_train, other.y_train))
        assert trial.losses[place] == pytest.approx(expected, rel=1e-5)
        trial.advance()


def test_a_trial_that_diverges_ends_at_once():
    trial = make_trial(rate=1e30)
    run(trial)
    assert trial.diverged
    assert trial.num_updates < 13
    assert (trial.times("seconds")[1:] > 0).all()  # the clock does not go back
    assert len(trial.losses) == len(trial.recorded_at)
    assert np.isnan(trial.losses[-1])
    at_its_end = make_trial(rate=1e30, num_updates=4, points=1)
    run(at_its_end)
    assert at_its_end.diverged


# Tuning


def test_all_optimizers_are_tuned_with_the_same_effort():
    assert {len(rates(optimizer)) for optimizer in OPTIMIZERS} == {9}
    assert rates("sgd") == EFFECTIVE_RATES
    assert rates("adam") == rates("rmsprop") == ADAPTIVE_RATES
    for name in ("momentum", "nesterov"):
        np.testing.assert_allclose(np.array(rates(name)) / (1 - MOMENTUM), EFFECTIVE_RATES)
        assert learning_rate(name, 0.1) == 0.01


def test_a_tuning_goes_on_after_an_error(monkeypatch):
    make, errors = Trial.make_updates, [MemoryError("once")]

    def fail_once(trial, most):
        if errors and trial.num_updates > 0:
            raise errors.pop()
        return make(trial, most)

    tuning = Tuning(DATASET, batch_size=8, num_updates=80)
    monkeypatch.setattr(Trial, "make_updates", fail_once)
    with pytest.raises(MemoryError):
        tuning.run()
    assert not tuning.finished
    whole = Tuning(DATASET, batch_size=8, num_updates=80).run()
    np.testing.assert_equal(tuning.run().losses, whole.losses)


def made_up(losses):
    """A tuning whose trials have ended with these losses: NaN where there was none, inf where it diverged."""
    tuning = Tuning(DATASET, batch_size=8, num_updates=4)
    for optimizer in OPTIMIZERS:
        tuning._tried[optimizer] = np.flatnonzero(~np.isnan(losses)).tolist()
        tuning.losses[optimizer] = np.where(np.isinf(losses), np.nan, losses)
    return tuning


@pytest.mark.parametrize("place", range(9))
def test_the_edge_is_the_smallest_rate_and_the_largest(place):
    tuning = made_up(np.where(np.arange(9) == place, 0.5, 1.0))
    assert tuning.best("adam") == rates("adam")[place]
    assert tuning.is_at_the_edge("adam") == (place in {0, 8})
    assert tuning.finished
    assert tuning.done == 1.0


@pytest.mark.parametrize(
    ("losses", "best", "following"),
    [
        ({}, 2, 2),
        ({3: 1.0}, 3, 2),
        ({3: 1.0, 2: 1.1}, 3, 4),
        ({3: 1.0, 2: 1.1, 4: 0.9}, 4, 5),
        ({3: 1.0, 2: 1.1, 4: 0.9, 5: 0.95}, 4, None),
        ({3: 1.0, 2: 0.9}, 2, 1),
        ({1: 0.9, 0: 0.8}, 0, None),
        ({7: 0.9, 8: 0.8}, 8, None),
        ({6: math.inf}, 6, 5),
        ({6: math.inf, 5: math.inf}, 5, 4),
        ({6: math.inf, 5: math.inf, 4: 9.0}, 4, 3),
        ({0: math.inf, 1: math.inf}, 0, None),
    ],
)
def test_it_goes_on_beside_the_best_until_both_neighbours_are_worse(losses, best, following):
    tuning = made_up(np.array([losses.get(place, math.nan) for place in range(9)]))
    assert next(iter(tuning._to_try("sgd")), None) == following
    assert tuning.best("sgd") == rates("sgd")[best]


def test_an_optimizer_begins_with_a_guess_that_grows_with_the_batch_up_to_where_curvature_is_the_limit():
    guesses = {name: [rates(name)[starting_place(name, size)] for size in (2, 8, 32, 800)] for name in OPTIMIZERS}
    assert guesses["sgd"] == [0.02, 0.05, 0.1, 0.2]
    assert guesses["momentum"] == guesses["nesterov"] == [0.005, 0.01, 0.02, 0.2]
    assert guesses["rmsprop"] == [0.001, 0.002, 0.002, 0.002]
    assert guesses["adam"] == [0.001, 0.002, 0.005, 0.005]
    assert starting_place("sgd", 1) == 0


def test_the_best_rate_is_that_of_the_lowest_loss_and_those_beside_it_are_worse():
    tuning = Tuning(DATASET, batch_size=8, num_updates=4)
    run(tuning)
    for optimizer, losses in tuning.losses.items():
        place = rates(optimizer).index(tuning.best(optimizer))
        assert losses[place] == np.nanmin(losses)
        assert all(beside in tuning._tried[optimizer] for beside in (place - 1, place + 1) if 0 <= beside <= 8)
        trial = Trial(
            DATASET, optimizer, Hyperparameters(tuning.best(optimizer)), seed=SEED,
            batch_size=8, num_updates=4, points=1,
        )  # fmt: skip
        run(trial)
        assert losses[place] == trial.losses[-1]
    assert tuning.num_done == sum(map(len, tuning._tried.values()))


def test_the_optimizers_take_turns():
    tuning = Tuning(DATASET, batch_size=8, num_updates=4)
    while tuning.num_done < 2 * len(OPTIMIZERS):
        tuning.advance()
    assert {len(tried) for tried in tuning._tried.values()} == {2}


# The race


def make_race(**settings):
    race = OptimizerRaceRun(DATASET, OptimizerSettings(**{"epochs": 2, "most_updates": None, **settings}))
    run(race)
    return race


@pytest.mark.usefixtures("few_directions")
@pytest.mark.parametrize("learning_rates", ["tuned", "matched"])
def test_all_optimizers_begin_at_the_same_place(learning_rates):
    race = make_race(learning_rates=learning_rates, num_seeds=2)
    assert tuple(race.trials) == race.optimizers == (tuple(OPTIMIZERS) if learning_rates == "tuned" else MATCHED)
    firsts = np.array([race.losses(optimizer)[:, 0] for optimizer in race.optimizers])
    assert np.all(firsts == firsts[0])
    assert firsts[0, 0] != firsts[0, 1]
    assert {trial.total_updates for trials in race.trials.values() for trial in trials} == {6}
    assert {len(trials) for trials in race.trials.values()} == {2}


@pytest.mark.usefixtures("few_directions")
def test_a_race_begins_at_once_with_guesses_and_one_seed_and_ends_with_the_best_rates_and_all_seeds():
    race = OptimizerRaceRun(DATASET, OptimizerSettings(batch_size=8, epochs=2, most_updates=None, num_seeds=2))
    assert words.facts(race)[3:] == (0, False, 0, 0.0, (), {})
    race.advance()
    guesses = {name: rates(name)[starting_place(name, 8)] for name in OPTIMIZERS}
    assert rates_of(race) == guesses
    while race.tuning.num_done == 0:
        assert not race.settled
        slowest = min(len(trial.losses) for (trial,) in race.trials.values())
        assert {race.losses(name).shape for name in OPTIMIZERS} == {(1, slowest)}
        race.advance()
    first = {name: trials for name, trials in race.trials.items() if len(trials) == 1 and trials[0].finished}
    assert set(first) == set(OPTIMIZERS)
    facts = words.facts(race)
    assert (facts.settled, facts.num_tuned, facts.shares, facts.num_updates) == (False, 1, {}, 6)
    assert [(each.learning_rate, each.losses) for each in facts.racers] == [
        (guesses[name], (first[name][0].losses[-1],)) for name in OPTIMIZERS
    ]
    while not race.settled:
        assert race.trials == first  # shown as it is while better rates are looked for
        race.advance()
    assert rates_of(race) == {name: race.tuning.best(name) for name in OPTIMIZERS}
    assert {tuple(trial.batch_size for trial in trials) for trials in race.trials.values()} == {(8, 8)}
    for name, trials in race.trials.items():
        assert (trials[0] is first[name][0]) == (rates_of(race)[name] == guesses[name])
    race.run()
    again = OptimizerRaceRun(DATASET, race.settings, tuning=race.tuning)
    again.advance()
    assert again.settled
    again.run()
    for name in OPTIMIZERS:
        np.testing.assert_array_equal(again.losses(name), race.losses(name))
    first_sgd = race.trials["sgd"][0].state.params  # where plain SGD has ended with the first seed
    jax.tree.map(np.testing.assert_array_equal, race.directions.params, first_sgd)
    facts = words.facts(race)
    assert facts[:7] == (8, False, None, race.tuning.num_done, True, 6, 2.0)
    assert facts.racers == tuple(
        (name, rates_of(race)[name], race.tuning.is_at_the_edge(name), tuple(trial.losses[-1] for trial in trials))
        for name, trials in race.trials.items()
    )
    assert facts.shares == race.directions.shares
    assert dict(words.details(facts))["so far"] == "6 updates (2 epochs) with B = 8"


def rates_of(race):
    return {name: trials[0].hyper.learning_rate for name, trials in race.trials.items()}


def test_no_more_updates_than_wished():
    assert OptimizerSettings(batch_size=1, epochs=2, most_updates=7).num_updates(24) == 7
    assert OptimizerSettings(batch_size=12, epochs=2, most_updates=7).num_updates(24) == 4
    assert OptimizerSettings(batch_size=12, epochs=2, most_updates=None).num_updates(24) == 4


@pytest.mark.usefixtures("few_directions")
def test_a_race_that_is_run_from_code_makes_no_first_race(monkeypatch):
    made = []
    make = OptimizerRaceRun._make_trial
    monkeypatch.setattr(OptimizerRaceRun, "_make_trial", lambda *args: made.append(args[1:]) or make(*args))
    settings = OptimizerSettings(batch_size=8, epochs=2, most_updates=None, num_seeds=2)
    race = OptimizerRaceRun(DATASET, settings).run()
    assert race.raced
    assert made == [(name, race.tuning.best(name), seed) for name in OPTIMIZERS for seed in race.seeds]
    watched = OptimizerRaceRun(DATASET, settings)
    run(watched)
    for name in OPTIMIZERS:
        np.testing.assert_array_equal(race.losses(name), watched.losses(name))


def test_a_race_in_which_plain_sgd_diverges_ends():
    race = make_race(learning_rates="matched", learning_rate=1e30, num_seeds=1)
    assert race.directions is None
    facts = words.facts(race)
    assert facts[:5] == (race.settings.batch_size, False, 1e30, 0, True)
    assert [(each.optimizer, each.at_the_edge) for each in facts.racers] == [(name, False) for name in MATCHED]
    assert facts.shares == {}
    assert dict(words.details(words.facts(race)))["plain SGD"].startswith("diverged, η = ")
    assert "plain SGD has diverged" in words.sentence(words.facts(race))
    (remark,) = plots.draw_optimizers(race, "updates", "linear").rows[1][1].marks
    assert remark.text == "not measured: plain SGD diverged"


BAD = [
    ("batch_size", 0), ("batch_size", 2.5), ("batch_size", True), ("epochs", 0), ("most_updates", 0), ("num_seeds", 0),
    ("learning_rates", "best"), ("learning_rate", math.nan), ("learning_rate", 0), ("seed", -1),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_setting_out_of_range_is_named(name, value):
    with pytest.raises((ValueError, TypeError), match=name):
        OptimizerSettings(**{name: value})


def test_a_batch_larger_than_the_training_set_is_refused():
    with pytest.raises(ValueError, match="batch_size"):
        OptimizerRaceRun(DATASET, OptimizerSettings(batch_size=25))


# What is said

LOSSES = st.floats(0.01, 9)
ALWAYS = st.just(True)


@st.composite
def races(draw, *, losses=LOSSES, settledness=ALWAYS):
    num_seeds = draw(st.sampled_from([1, 3, 5]))
    tuned = draw(st.booleans())
    settled = not tuned or draw(settledness)
    num_seeds = num_seeds if settled else 1
    seen = st.tuples(*[losses] * num_seeds)
    racers = tuple(
        words.RacerFacts(name, draw(st.sampled_from([0.001, 0.1])), draw(st.booleans()) if tuned else False, draw(seen))
        for name in (OPTIMIZERS if tuned else MATCHED)
    )
    batch_size = draw(st.sampled_from([2, 8, 512, 12_000]))
    is_full = batch_size == 12_000
    share = st.just(math.nan) if is_full else st.floats(1e-3, 1e3) | st.just(math.nan)
    shares = {racer.optimizer: draw(share) for racer in racers}
    if not is_full:
        shares["sgd"] = 1.0
    return words.OptimizerFacts(
        batch_size, is_full, None if tuned else 0.1, draw(st.integers(0, 45)) if tuned else 0, settled,
        draw(st.integers(1, 10**6)), draw(st.floats(0, 10)), racers, draw(st.sampled_from([{}, shares])),
    )  # fmt: skip


@given(
    races(losses=st.floats(1e-9, 1e12) | st.sampled_from([math.nan, math.inf]), settledness=st.booleans()),
    st.booleans(),
)
def test_whatever_happens_a_race_of_optimizers_is_said_in_a_sentence(facts, at_start):
    assert_can_be_said(words.sentence(facts._replace(num_updates=0) if at_start else facts))


@given(races() | races(losses=LOSSES | st.just(math.nan)))
def test_the_sentence_says_whose_loss_is_lowest_and_by_how_much(facts):
    sentence = words.sentence(facts)
    after = f"After {count(facts.num_updates, 'update')} with B = {facts.batch_size:,}"
    assert sentence.startswith(after)
    plain = facts.racers[0]
    if plain.diverged:
        assert sentence == f"{after} plain SGD has diverged: its learning rate is too large."
        return
    medians = {racer.name: median(racer.losses) for racer in facts.racers if not racer.diverged}
    best = min(medians, key=medians.get)
    gain = 1 - medians[best] / medians["plain SGD"]
    loss = "loss" if len(plain.losses) == 1 else "median loss"
    if gain < 0.0005:
        said = f"no optimizer is below plain SGD, whose {loss} is {spoken(medians['plain SGD'])}."
    else:
        lower = "over 99.9 %" if gain > 0.999 else f"{100 * gain:.1f} %"
        said = f"{best} is lowest: its {loss} is {spoken(medians[best])}, {lower} below plain SGD's."
    assert sentence.startswith(f"{after}, {said}")
    gone = [racer.name for racer in facts.racers if racer.diverged]
    assert ("diverged" in sentence) == bool(gone)
    assert all(name in sentence.lower() for name in map(str.lower, gone))
    assert ("Seeds differ" in sentence) == (len(plain.losses) > 1 and len(medians) > 1)
    if "Seeds differ" in sentence:
        seeds = fmean(max(racer.losses) - min(racer.losses) for racer in facts.racers if not racer.diverged)
        methods = max(medians.values()) - min(medians.values())
        assert f"Seeds differ {'more' if seeds > methods else 'less'} than methods" in sentence
        said = dict(words.details(facts))
        assert said["spread of one method's seeds, on average"] == number(seeds)
        assert said["spread of the methods' medians"] == number(methods)


@given(races() | races(losses=LOSSES | st.just(math.nan), settledness=st.booleans()))
def test_the_numbers_are_those_that_were_measured(facts):
    details = words.details(facts)
    said, text = dict(details), listed(details)
    for racer in facts.racers:
        finite = [number(loss) for loss in sorted(filter(math.isfinite, racer.losses))]
        loss = f"loss {' to '.join(dict.fromkeys([finite[0], finite[-1]]))}" if finite else "diverged"
        gone = len(racer.losses) - len(finite)
        some = f" ({count(gone, 'seed')} diverged)" if finite and gone else ""
        assert said[racer.name].startswith(f"{loss}{some}, η = {racer.learning_rate:g}")
        assert ("at the edge" in said[racer.name]) == racer.at_the_edge
    plain = median(facts.racers[0].losses)
    assert ("lowest median" in said) == (facts.settled and not facts.racers[0].diverged)
    if "lowest median" in said:
        best = min(median(racer.losses) for racer in facts.racers if not racer.diverged)
        gain = re.search(r"([\d.]+) % below plain SGD", said["lowest median"])
        assert float(gain[1] if gain else 0) == pytest.approx(100 * (1 - best / plain), abs=0.051)
        assert ("there is one seed" in text) == (len(facts.racers[0].losses) == 1)
    assert (f"{facts.num_tuned} tried so far" in said["learning rates"]) == (not facts.settled)
    directions = said.get("variance of the direction beside plain SGD's, parameters held still", "")
    assert directions.startswith("none: every batch") == bool(facts.shares and facts.is_full_batch)
    if facts.shares and not facts.is_full_batch:
        for name, share in list(facts.shares.items())[1:]:
            shown = f"1/{number(1 / share)}" if share < 1 else number(share)
            assert f"{words.NAMES[name]} {'lost in the noise' if math.isnan(share) else shown}" in directions
        assert "(formula 1/19.0)" in directions


def racing(**losses):
    """Optimizers with these losses, one for each seed."""
    return tuple(words.RacerFacts(name, 0.05, False, each) for name, each in losses.items())


RACING = racing(sgd=(0.5, 0.4, 0.6), momentum=(0.30, 0.38, 0.35), adam=(0.35, 0.45, 0.40))
KNOWN = words.OptimizerFacts(
    1_024, False, None, 35, True, 1_250, 2.5, RACING,
    {"sgd": 1.0, "momentum": 0.05, "nesterov": math.nan, "adam": 1.25},
)  # fmt: skip
AFTER = "After 1,250 updates with B = 1,024"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {},
            f"{AFTER}, momentum is lowest: its median loss is 0.35, 30.0 % below plain SGD's. Seeds differ less than "
            "methods.",
        ),
        (
            {"racers": racing(sgd=(0.5, 0.2, 0.8), nesterov=(0.2, 0.45, 0.5))},
            f"{AFTER}, Nesterov momentum is lowest: its median loss is 0.45, 10.0 % below plain SGD's. Seeds differ "
            "more than methods.",
        ),
        (
            {"racers": racing(sgd=(0.5,), rmsprop=(0.4996,))},
            f"{AFTER}, RMSProp is lowest: its loss is 0.50, 0.1 % below plain SGD's. With one seed this may be chance.",
        ),
        (
            {"racers": racing(sgd=(0.5,), adam=(0.4998,))},
            f"{AFTER}, no optimizer is below plain SGD, whose loss is 0.50. With one seed this may be chance.",
        ),
        (
            {"racers": racing(sgd=(0.5,) * 3, adam=(0.0004,) * 3)},
            f"{AFTER}, Adam is lowest: its median loss is less than 0.001, over 99.9 % below plain SGD's. Seeds differ "
            "less than methods.",
        ),
        (
            {"racers": racing(sgd=(0.5, 0.2, 0.8), nesterov=(0.2, math.nan, 0.3))},
            f"{AFTER}, no optimizer is below plain SGD, whose median loss is 0.50. Nesterov momentum has diverged.",
        ),
        (
            {"racers": racing(sgd=(0.5,), momentum=(math.inf,), adam=(math.nan,), rmsprop=(0.4,))},
            f"{AFTER}, RMSProp is lowest: its loss is 0.40, 20.0 % below plain SGD's. With one seed this may be "
            "chance. Momentum and Adam have diverged.",
        ),
        (
            {"racers": racing(sgd=(0.5, math.nan, 0.6), adam=(0.1, 0.2, 0.3))},
            f"{AFTER} plain SGD has diverged: its learning rate is too large.",
        ),
        (
            {"racers": racing(sgd=(0.5, 0.3), adam=(0.2, 0.2))},
            f"{AFTER}, Adam is lowest: its median loss is 0.20, 50.0 % below plain SGD's. Seeds differ less than "
            "methods.",
        ),
        # At the start.
        ({"racers": ()}, "All optimizers are about to start from the same parameters."),
        (
            {"num_updates": 0, "racers": racing(sgd=(2.3, 2.5, 2.4), adam=(9.0, 9.0, 9.0))},
            "All optimizers start from the same parameters, each with its best learning rate. The loss is 2.30 to "
            "2.50.",
        ),
        (
            {"num_updates": 0, "racers": racing(sgd=(math.nan,))},
            "All optimizers start from the same parameters, each with its best learning rate.",
        ),
        (
            {"num_updates": 0, "effective_rate": 0.1},
            "All optimizers start from the same parameters. The loss is 0.40 to 0.60.",
        ),
        (
            {"num_updates": 0, "settled": False},
            "All optimizers start from the same parameters. The loss is 0.40 to 0.60.",
        ),
        # While the learning rates are not the last ones.
        (
            {"settled": False, "racers": racing(sgd=(0.5,), adam=(math.nan,), nesterov=(0.45,), rmsprop=(0.4,))},
            "First race, with guessed learning rates: RMSProp leads, with a loss of 0.40. Now each optimizer looks for "
            "a better rate: 35 tried so far.",
        ),
        (
            {"settled": False, "num_tuned": 0, "racers": racing(sgd=(math.nan,), adam=(math.inf,))},
            "First race, with guessed learning rates: all have diverged. Then each optimizer looks for a better rate.",
        ),
    ],
)
def test_the_whole_sentence(change, said):
    assert words.sentence(KNOWN._replace(**change)) == said


def test_all_details():
    variance = "variance of the direction beside plain SGD's, parameters held still"
    assert words.details(KNOWN) == [
        ("so far", "1,250 updates (2.5 epochs) with B = 1,024"),
        ("learning rates", "the best for each"),
        ("plain SGD", "loss 0.400 to 0.600, η = 0.05"),
        ("momentum", "loss 0.300 to 0.380, η = 0.05"),
        ("Adam", "loss 0.350 to 0.450, η = 0.05"),
        ("lowest median", "momentum, 30.0 % below plain SGD"),
        ("spread of one method's seeds, on average", "0.127"),
        ("spread of the methods' medians", "0.150"),
        (
            variance,
            "momentum 1/20.0 (formula 1/19.0), Nesterov momentum lost in the noise (formula 1/14.2), Adam 1.25",
        ),
    ]
    adam = words.RacerFacts("adam", 0.001, True, (0.51, math.nan, math.nan))
    alone = words.details(KNOWN._replace(effective_rate=0.2, racers=(*RACING[:1], adam), shares={}))
    assert alone[1:] == [
        ("learning rates", "the same effective one for all, η/(1−β) = 0.2"),
        ("plain SGD", "loss 0.400 to 0.600, η = 0.05"),
        (
            "Adam",
            "loss 0.510 (2 seeds diverged), η = 0.001, at the edge of what was tried: one beyond may be better",
        ),
        ("lowest median", "plain SGD"),
        ("spread of one method's seeds, on average", "0.200"),
        ("spread of the methods' medians", "0"),
    ]
    one = KNOWN._replace(
        racers=racing(sgd=(0.5,), rmsprop=(math.nan,)), shares=dict.fromkeys(KNOWN.shares, math.nan),
    )  # fmt: skip
    assert words.details(one)[3:] == [
        ("RMSProp", "diverged, η = 0.05"),
        ("lowest median", "plain SGD"),
        ("spread of one method's seeds, on average", "unknown: there is one seed"),
        ("spread of the methods' medians", "0"),
        (variance, "unknown: plain SGD's mean direction is lost in the noise"),
    ]
    assert words.details(one._replace(is_full_batch=True))[-1] == (
        variance,
        "none: every batch is the whole training set",
    )
    two = KNOWN._replace(num_updates=1, racers=racing(sgd=(0.5, 0.3), adam=(0.2, 0.2)))
    assert words.details(two)[4:7] == [
        ("lowest median", "Adam, 50.0 % below plain SGD"),
        ("spread of one method's seeds, on average", "0.100"),
        ("spread of the methods' medians", "0.200"),
    ]
    guessed = (
        "guessed; each then looks for its best one, from the guess up and down, until the rates on both sides are "
        "worse, with a seed that does not race: 35 tried so far"
    )
    several = racing(sgd=(0.5, math.nan, 0.6))
    assert words.details(KNOWN._replace(settled=False, racers=several, shares={})) == [
        ("so far", "1,250 updates (2.5 epochs) with B = 1,024"),
        ("learning rates", guessed),
        ("plain SGD", "loss 0.500 to 0.600 (1 seed diverged), η = 0.05"),
    ]
    for change in ({"num_updates": 0}, {"settled": False}, {"racers": several}):
        assert "lowest median" not in dict(words.details(KNOWN._replace(**change)))
    assert words.details(KNOWN._replace(racers=())) == ()


def test_a_first_race_is_called_so_and_the_tuning_is_told():
    racers = tuple(words.RacerFacts(name, 0.1, False, (loss,)) for name, loss in (("sgd", 0.9), ("adam", 0.7)))
    facts = words.OptimizerFacts(8, False, None, 0, False, 80, 0.1, racers, {})
    first = "First race, with guessed learning rates: Adam leads, with a loss of 0.70."
    assert words.sentence(facts) == f"{first} Then each optimizer looks for a better rate."
    tuning = facts._replace(num_tuned=7)
    assert words.sentence(tuning) == f"{first} Now each optimizer looks for a better rate: 7 tried so far."
    assert "best" not in words.sentence(facts._replace(num_updates=0))
    at_start = words.sentence(facts._replace(num_updates=0, settled=True))
    assert "each with its best learning rate. The loss is 0.90." in at_start
    lost = tuning._replace(racers=tuple(racer._replace(losses=(math.nan,)) for racer in racers))
    assert "all have diverged." in words.sentence(lost)


# What is seen


def curves_of(chart):
    return [mark for mark in chart.marks if isinstance(mark, Curve)]


class MadeUpRace(OptimizerRaceRun):
    """A race that has ended, of optimizers with these losses: a row for each seed, an update from one to the next."""

    finished, num_updates = True, 2

    def __init__(self, losses, *, optimizers=None, shares=None):
        self.dataset, self.settings, self.tuning = DATASET, OptimizerSettings(), None
        self.optimizers, self.made_up = optimizers or tuple(losses), losses
        self.directions = SimpleNamespace(shares=shares) if shares else None
        self.trials = {name: [SimpleNamespace(times=lambda _: np.array([0.0, 1.0, 2.0]))] for name in losses}

    def losses(self, optimizer):
        return self.made_up[optimizer]


def make_losses():
    return {name: RNG.uniform(0.3, 3, (3, 3)) for name in plots.STYLES}


def race_chart_of(losses, scale):
    race = MadeUpRace(losses)
    return plots.race_chart(race, "updates", plots.losses_axis(race, scale))


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_the_race_chart_goes_through_the_medians(scale):
    every = make_losses()
    chart = race_chart_of(every, scale)
    for curve, losses in zip(curves_of(chart), every.values(), strict=True):
        np.testing.assert_array_equal(curve.y, np.median(losses, axis=0))
        assert chart.y.low < curve.y.min()
        assert curve.y.max() <= chart.y.high
    every["momentum"][1:, -1] = 1e6  # it leaves the chart, and the others are seen as well as before
    assert race_chart_of(every, scale).y.high == 5


def test_a_band_goes_from_the_lowest_seed_to_the_highest_in_the_colour_of_its_line():
    every = make_losses()
    chart = race_chart_of(every, "log")
    bands = [mark for mark in chart.marks if isinstance(mark, Band)]
    for band, curve, (optimizer, losses) in zip(bands, curves_of(chart), every.items(), strict=True):
        np.testing.assert_array_equal([band.low, band.high], [losses.min(axis=0), losses.max(axis=0)])
        assert (band.color, curve.color, curve.name) == (curve.color, *plots.STYLES[optimizer][1::-1])
    assert (chart.x.label, chart.y.label) == ("updates", "loss (nats)")


def rows_by_name(chart):
    return {tick.text: tick.at for tick in chart.y.ticks}


def test_each_optimizer_has_its_row_and_its_colour():
    every = make_losses()
    directions = {name: 0.1 * place + 0.2 for place, name in enumerate(every)}
    race = MadeUpRace(every, shares=directions)
    ends, shares = plots.end_chart(race, plots.losses_axis(race, "log")), plots.direction_chart(race)
    rows = rows_by_name(ends)
    assert rows_by_name(shares) == rows
    assert sorted(rows, key=rows.get, reverse=True) == [style.name for style in plots.STYLES.values()]
    marks = iter(curves_of(ends))
    for name, losses in every.items():
        dots, square = next(marks), next(marks)
        np.testing.assert_array_equal(dots.x, losses[:, -1])
        assert square.x.tolist() == [median(losses[:, -1])]
        assert set(dots.y) == set(square.y) == {rows[plots.STYLES[name].name]}
        assert dots.color == square.color == plots.STYLES[name].color
    *lines, measured, formula = curves_of(shares)
    for line, (name, share) in zip(lines, directions.items(), strict=True):
        assert line.x.tolist() == [1.0, share]
        assert set(line.y) == {rows[plots.STYLES[name].name]}
        assert line.color == plots.STYLES[name].color
    assert measured.y.tolist() == [rows[plots.STYLES[name].name] for name in directions]
    assert formula.y.tolist() == [rows[plots.STYLES[name].name] for name in ("sgd", "momentum", "nesterov")]
    assert formula.x.tolist() == [1.0, direction_noise_factor(0.9), direction_noise_factor(0.9, nesterov=True)]


def test_the_lines_differ_in_more_than_colour():
    assert len({style.color for style in plots.STYLES.values()} - {BLUE, BLACK}) == 5  # those of GD and of theory
    assert len({(style.dash, style.color) for style in plots.STYLES.values()}) == 5


def test_every_seed_is_a_dot_and_a_diverged_one_none():
    race = MadeUpRace({"sgd": np.array([[2.0, 0.5], [2.0, np.nan], [2.0, 0.7]])}, optimizers=MATCHED)
    chart = plots.end_chart(race, plots.losses_axis(race, "linear"))
    (dots,) = curves_of(chart)
    np.testing.assert_array_equal(dots.x, [0.5, 0.7])
    assert chart.x.low < 0.5
    assert chart.x.high > 0.7


def test_a_loss_is_drawn_at_the_median_of_the_seeds_seconds():
    race = OptimizerRaceRun(DATASET, OptimizerSettings(learning_rates="matched", num_seeds=3))
    race.advance()
    for trial, seconds in zip(race.trials["sgd"], (1.0, 10.0, 2.0), strict=True):
        trial._seconds = [seconds]
    assert plots.draw_optimizers(race, "seconds", "linear").rows[0][0].marks[0].x == [2.0]


def test_the_best_rate_has_a_cross():
    tuning = Tuning(DATASET, batch_size=8, num_updates=3)
    tuning._tried["adam"] = [4, 7, 8]
    tuning.losses["adam"][[4, 7]] = 0.4, 0.7
    chart = plots.tuning_chart(tuning)
    line, cross = curves_of(chart)[-2:]
    np.testing.assert_array_equal(line.x, [0.001, 0.01])
    np.testing.assert_array_equal((cross.x, cross.y), ([0.001], [0.4]))
    assert line.color == cross.color == plots.STYLES["adam"].color
    assert (chart.x.label, chart.y.label) == ("learning rate η", "loss (nats)")


def test_directions_are_shown_beside_the_formula_or_a_remark():
    race = MadeUpRace({}, optimizers=("sgd", "momentum", "adam"))
    (remark,) = plots.direction_chart(race).marks
    assert isinstance(remark, Words)
    assert remark.text == "not measured: plain SGD diverged"
    race.directions = SimpleNamespace(shares={"sgd": 1.0, "momentum": math.nan, "adam": 0.2})
    chart = plots.direction_chart(race)
    named = {curve.name: curve for curve in curves_of(chart) if curve.name}
    np.testing.assert_array_equal(named["measured"].x, [1.0, 0.2])
    np.testing.assert_array_equal(named["formula"].x, [1.0])
    assert (named["measured"].marker, named["formula"].marker) == ("square", "cross")


# The panel


def test_one_tuning_serves_all_seeds_of_its_length_and_batch_size_and_no_other():
    panel = Panel(DATASET, batch_size=8, epochs=2, most_updates=None)
    tuning = panel._start(panel.settings).tuning

    def tuning_with(**changed):
        return panel._start(replace(panel.settings, **changed)).tuning

    assert tuning_with(seed=1) is tuning_with(num_seeds=1) is tuning
    assert tuning_with(most_updates=5) is not tuning  # one update fewer, in as many epochs
    assert tuning_with(batch_size=2, most_updates=6) is not tuning  # as many updates
    panel.close()


@pytest.mark.usefixtures("few_directions")
def test_the_panel_says_and_shows_the_race_and_tunes_once():
    panel = Panel(DATASET, batch_size=8, epochs=1, most_updates=None)
    panel.run()
    panel.wait(timeout=120.0)
    assert set(panel.losses) == set(OPTIMIZERS)
    assert "After 3 updates with B = 8" in panel.words
    assert "so far: 3 updates (1 epoch) with B = 8" in panel.details
    assert panel.picture.startswith(b"\x89PNG")
    tuning = panel.experiment.tuning
    panel.set(seed=1, num_seeds=1)
    panel.run()
    panel.wait(timeout=120.0)
    assert panel.experiment.tuning is tuning
    assert "With one seed this may be chance." in panel.words
    assert "unknown: there is one seed" in panel.details
    panel.set(learning_rates="matched", batch_size=24)
    panel.run()
    panel.wait(timeout=120.0)
    assert "none: every batch is the whole training set" in panel.details
    assert list(panel.losses) == list(MATCHED)
    panel.close()


@pytest.mark.usefixtures("few_directions")
def test_what_is_said_of_the_choices_and_of_the_way_is_so():
    panel = Panel(DATASET, batch_size=8, epochs=2, most_updates=None, num_seeds=3)
    race = panel._start(panel.settings)
    texts = {name: list(map(control.text, control.values)) for name, control in panel._controls.items()}
    assert texts["most_updates"] == ["after 400 updates at the latest", "after the epochs"]
    assert [text.split(":")[0] for text in texts["learning_rates"]] == [*panel._controls["learning_rates"].values]
    race.advance()
    assert panel._progress(race) == "0 updates of 6"
    while race.tuning.num_done < 1:
        race.advance()
    assert panel._progress(race) == "tuning, 1 learning rate tried"
    while not race.settled:
        race.advance()
    assert panel._progress(race) == "0 updates of 6"
    while not race.raced:
        race.advance()
    assert panel._progress(race) == "measuring the noise of the directions"
    (remark,) = plots.draw_optimizers(race, "updates", "linear").rows[1][1].marks
    assert remark.text == "measured after the race"
    race.run()
    assert panel._progress(race) == "6 updates of 6"
    for clock, end in (("updates", 6), ("epochs", 2), ("examples", 48)):
        assert plots.end_of(race, clock, []) == end
    panel.close()


def test_another_length_or_batch_size_is_tuned_anew():
    panel = Panel(DATASET, batch_size=8, epochs=1, most_updates=None)
    first = panel._start(panel.settings).tuning
    for change in ({"epochs": 2}, {"batch_size": 2}):
        race = panel._start(replace(panel.settings, **change))
        assert race.tuning is not first
        assert (race.tuning.batch_size, race.tuning.num_updates) == (race.settings.batch_size, race.num_updates)
    assert panel._start(replace(panel.settings, seed=3)).tuning is first
    panel.close()


def test_no_race_of_the_panel_has_the_seed_of_the_tuning():
    panel = Panel(DATASET)
    seeds, most = panel._controls["seed"].values, max(panel._controls["num_seeds"].values)
    assert SEED not in range(min(seeds), max(seeds) + most)
    panel.close()


def test_every_choice_is_a_setting():
    panel = Panel(DATASET)
    names = {field.name for field in fields(OptimizerSettings)}
    assert names | {"clock", "scale"} == set(panel._controls)
    assert panel._controls["batch_size"].values == [2, 8, 24]
    for name in names:
        for value in panel._controls[name].values:
            assert getattr(OptimizerSettings(**{name: value}), name) == value
    panel.close()


@pytest.mark.usefixtures("few_directions")
def test_what_is_prepared_is_all_that_is_needed():
    few = Dataset("few", X[:6], Y[:6], X, Y, ("a", "b", "c"))
    panel = Panel(few, batch_size=2)
    for piece in panel._prepare():
        piece()
    programs = training._run_updates, batch_grads
    compiled = [program._cache_size() for program in programs]
    for batch_size in panel._controls["batch_size"].values:
        race = OptimizerRaceRun(few, OptimizerSettings(batch_size=batch_size, epochs=1, num_seeds=1))
        race.run()
    assert [program._cache_size() for program in programs] == compiled
    panel.close()


def test_the_batches_of_the_directions_are_drawn_without_replacement():
    noise = DirectionNoise(DATASET, start_of(DATASET, 0).params, ("sgd",), batch_size=20, seed=0)
    batches = np.concatenate([noise._draw_batches() for _ in range(60)])
    assert batches.shape == (480, 20)
    assert all(len(set(batch)) == 20 for batch in batches.tolist())
    assert len({tuple(sorted(batch)) for batch in batches.tolist()}) > 400
    counts = np.bincount(batches.ravel(), minlength=24)
    # An example is left out of a batch with probability 1/6.
    assert np.all(np.abs(counts - 400) < 4.5 * math.sqrt(480 * 5 / 36))
