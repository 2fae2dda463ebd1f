"""The sentences under the pictures: every number in them is read back and compared with what was measured."""

import math
import re
from decimal import Decimal

import numpy as np
import pytest
from helpers import tiny_dataset
from hypothesis import assume, example, given
from hypothesis import strategies as st
from sentences import assert_can_be_said, is_said, listed, numbers_in

from lesson_lib.batching import updates_per_epoch
from lesson_lib.experiment import Inspection, Race, Races, Settings
from lesson_lib.panel.numbers import Range, count, epochs, number, progress, spoken, updates_made, with_and
from lesson_lib.panels.coverage import words as coverage_words
from lesson_lib.panels.coverage.run import CoverageRun
from lesson_lib.panels.coverage.words import CoverageFacts
from lesson_lib.panels.gd_vs_sgd import words
from lesson_lib.panels.gd_vs_sgd.words import Kept, RaceFacts, RunFacts, Seeds


def three_digits(value):
    """`value` rounded to three significant digits, in decimal arithmetic."""
    exact = Decimal(value)
    for _ in range(2):  # again, because 9.999 rounded to two decimals is 10.00
        exact = exact.quantize(Decimal(1).scaleb(exact.adjusted() - 2))
    return exact


def parse(text):
    digits, _, power = text.replace(",", "").partition(" × 10")
    return float(f"{digits}e{power.translate(str.maketrans('⁻⁰¹²³⁴⁵⁶⁷⁸⁹', '-0123456789')) or 0}")


def rounded(value):
    return float(f"{value:.2e}")


# Numbers


@given(st.floats(1e-3, 999_499) | st.floats(-999_499, -1e-3))
@example(0.9996)
@example(9.999)
@example(99.95)
@example(999.7)
@example(0.0099996)
@example(999.5)
@example(-9.999)
def test_a_number_has_three_significant_digits(value):
    expected = three_digits(value)
    assert number(value) == f"{expected:,f}".replace("-", "−")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "1.00"),
        (0.25, "0.250"),
        (0.9996, "1.00"),
        (9.994, "9.99"),
        (9.999, "10.0"),
        (99.95, "100"),
        (999.7, "1,000"),
        (12_345.0, "12,300"),
        (0.001, "0.00100"),
        (0.00099996, "0.00100"),
        (0.00012344, "0.000123"),
        (3.1e-8, "3.10 × 10⁻⁸"),
        (999_499.0, "999,000"),
        (999_500.0, "1.00 × 10⁶"),
        (3.4e38, "3.40 × 10³⁸"),
        (math.nan, "not a finite number"),
        (-math.inf, "not a finite number"),
    ],
)
def test_numbers_at_the_edges(value, text):
    assert number(value) == text


@given(st.floats(0, 3.5e38))
def test_a_number_is_read_back_as_its_rounding(value):
    assert parse(number(value)) == rounded(value)


@given(st.floats(0, 3.5e38), st.floats(-0.01, 0.01))
def test_numbers_that_round_to_the_same_read_the_same(value, change):
    near = value * (1 + change)
    assert (number(value) == number(near)) == (rounded(value) == rounded(near))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1e-30, "less than 0.001"),
        (0.00099999, "less than 0.001"),
        (0.001, "0.0010"),
        (0.00996, "0.010"),
        (0.0208, "0.021"),
        (0.0996, "0.10"),
        (0.4149, "0.41"),
        (0.9996, "1.00"),
        (9.996, "10.0"),
        (99.96, "100"),
        (12_345.0, "12,300"),
        (99_999.0, "100,000"),
        (100_001.0, "over 100,000"),
        (math.inf, "not a finite number"),
    ],
)
def test_a_number_as_one_says_it(value, text):
    assert spoken(value) == text


@example(0.125)
@given(st.floats(1e-3, 1e5))
def test_a_number_that_is_said_is_as_near_as_its_digits(value):
    (said,) = numbers_in(spoken(value))
    assert is_said(said, value)


@given(st.integers(0, 10**9))
def test_a_count_is_read_back(amount):
    counted, noun = count(amount, "update").split()
    assert parse(counted) == amount
    assert noun == ("update" if amount == 1 else "updates")


@given(st.floats(0, 30))
@example(0.96)
@example(29.96)
def test_epochs_are_read_back_to_a_tenth(num_epochs):
    shown, noun = epochs(num_epochs).split()
    assert float(shown) == pytest.approx(num_epochs, abs=0.0501)
    assert not shown.endswith(".0")
    assert noun == ("epoch" if shown == "1" else "epochs")


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (progress(3.21, 10), "epoch 3.2 of 10"),
        (count(1, "time"), "1 time"),
        (count(0, "time"), "0 times"),
        (count(12_000, "example"), "12,000 examples"),
        (epochs(1.0), "1 epoch"),
        (epochs(1.04), "1 epoch"),
        (epochs(0.0), "0 epochs"),
        (epochs(10.0), "10 epochs"),
        (updates_made(1, 0.25), "1 update (0.2 epochs)"),
        (updates_made(1_875, 1.0), "1,875 updates (1 epoch)"),
        (str(Range(0.4, 0.5123)), "0.400 to 0.512"),
        (str(Range(0.4, 0.40004)), "0.400"),
        (Range(0.4, 0.5123).spoken, "0.40 to 0.51"),
        (Range(0.4, 0.4049).spoken, "0.40"),
        (with_and(["SGD"]), "SGD"),
        (with_and(["SGD", "GD"]), "SGD and GD"),
        (with_and(["SGD", "RMSProp", "Adam"]), "SGD, RMSProp and Adam"),
    ],
)
def test_how_it_is_said(said, text):
    assert said == text


# The race


LOSSES = st.floats(1e-6, 3e38)
NOISES = st.floats(1e-4, 1e6)
NEVER = st.none()


@st.composite
def races(draw, *, diverged=NEVER):
    """What is known of a race, over the whole range of the panel's controls."""
    num_examples = draw(st.integers(2, 60_000))
    menu = [2**k for k in range(16) if 2**k < num_examples] + [num_examples]
    batch_size = draw(st.sampled_from(menu))
    per_epoch = updates_per_epoch(num_examples, batch_size)
    num_updates = draw(st.integers(1, 30 * per_epoch))
    is_full_batch = batch_size == num_examples and draw(st.booleans())
    start = draw(LOSSES)

    def run(batch_size, is_full_batch, num_updates):
        at = draw(diverged)
        return RunFacts(
            batch_size=batch_size,
            is_full_batch=is_full_batch,
            num_updates=num_updates,
            num_epochs=num_updates / updates_per_epoch(num_examples, batch_size),
            diverged_at=at,
            first_loss=start,
            loss=draw(LOSSES) if at is None else draw(st.sampled_from([math.nan, math.inf])),
            noise=0.0 if is_full_batch else draw(NOISES),
            predicted_noise=0.0 if is_full_batch else draw(NOISES),
        )

    sgd = run(batch_size, is_full_batch, num_updates)
    gd = run(num_examples, True, num_updates // per_epoch)
    return RaceFacts(gd, sgd)


NUMBER = r"([\d,.]+(?: × 10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?)"


def only(pattern, sentence):
    """What the pattern's groups match, at the one place where it does."""
    (found,) = re.finditer(pattern, sentence)
    return found.groups()


def with_seeds(draw, facts, losses=LOSSES):
    several = st.lists(losses, min_size=2, max_size=5)
    gd, sgd = (draw(several) for _ in range(2))
    return facts._replace(seeds=Seeds(gd[: len(sgd)] * 3, sgd[: len(gd)] * 3))


INSPECTIONS = st.builds(
    Inspection,
    st.just(np.arange(3)),
    st.floats(0, 1e6) | st.sampled_from([math.nan, math.inf]),
    st.floats(0, 1e6),
    st.floats(-1, 1) | st.just(math.nan),
)


@given(st.data(), races(diverged=st.none() | st.integers(1, 10**6)))
def test_whatever_happens_a_race_is_said_in_a_sentence(data, facts):
    if data.draw(st.booleans()):
        facts = with_seeds(data.draw, facts, LOSSES | st.sampled_from([math.nan, math.inf]))
    if data.draw(st.booleans()):
        facts = facts._replace(inspection=data.draw(INSPECTIONS))
    if data.draw(st.booleans()):
        facts = facts._replace(sgd=facts.sgd._replace(num_updates=0), gd=facts.gd._replace(num_updates=0))
    assert_can_be_said(words.sentence(facts))
    listed(words.details(facts))
    unknown = facts._replace(sgd=facts.sgd._replace(noise=math.nan))
    assert "noise" not in listed(words.details(unknown))


@given(races(), st.sampled_from([None, 1.0, 1.0001, 1.02, 0.98, 2.1, 0.4]))
def test_the_one_with_the_lower_loss_is_ahead_and_by_how_much_is_said(facts, ratio):
    if ratio is not None:  # so that close ones are tried, too
        facts = facts._replace(gd=facts.gd._replace(loss=facts.sgd.loss * ratio))
    assume(not facts.sgd.is_full_batch)
    gd, sgd = facts.gd, facts.sgd
    sentence = words.sentence(facts)
    if spoken(gd.loss) == spoken(sgd.loss):
        losses = f"Both losses are {spoken(sgd.loss)}, after "
        assert sentence == f"{losses}{count(sgd.num_updates, 'update')} of SGD and {gd.num_updates:,} of GD."
        return
    first, second = (sgd, gd) if sgd.loss < gd.loss else (gd, sgd)
    name, far, *said = only(
        rf"^(SGD|GD) is (far )?ahead: loss (.+) against (.+), after {NUMBER} updates? against {NUMBER}\.(?: |$)",
        sentence,
    )
    assert name == ("SGD" if first is sgd else "GD")
    assert (far is not None) == (second.loss >= 2 * first.loss)
    assert said[:2] == [spoken(first.loss), spoken(second.loss)]
    assert [parse(said[2]), parse(said[3].rstrip("."))] == [first.num_updates, second.num_updates]


@given(races())
def test_a_loss_above_the_first_one_is_said_to_be_higher(facts):
    sentence = words.sentence(facts)
    gd, sgd = (run.loss > run.first_loss and spoken(run.loss) != spoken(run.first_loss) for run in facts[:2])
    if facts.sgd.is_full_batch:
        assert ("It is higher than at the start." in sentence) == sgd
    elif "ahead" in sentence:
        assert ("Both losses are higher than at the start." in sentence) == (gd and sgd)
        assert bool(re.search(r"(?<!S)GD's loss is higher than at the start\.", sentence)) == (gd and not sgd)
        assert ("SGD's loss is higher than at the start." in sentence) == (sgd and not gd)
    else:
        assert "higher" not in sentence


@given(races(diverged=st.none() | st.integers(1, 10**6)))
def test_divergence_is_told_with_its_update(facts):
    assume(facts.gd.diverged or facts.sgd.diverged)
    assume(not facts.sgd.is_full_batch)
    sentence = words.sentence(facts)
    for name, run in [("(?<!S)GD", facts.gd), ("SGD", facts.sgd)]:
        told = re.search(rf"{name} (?:has diverged )?at update {NUMBER}[.,]", sentence)
        assert (told is not None) == run.diverged
        assert told is None or parse(told[1].rstrip(".")) == run.diverged_at
        if not run.diverged:
            assert re.search(rf"{name}'s loss is {spoken(run.loss)} after {run.num_updates:,} updates?\.", sentence)
    assert "Try a smaller learning rate." in sentence
    assert not re.search(r"ahead|Both losses", sentence)


@given(races(), st.sampled_from(["gd", "sgd"]), st.sampled_from([math.nan, math.inf]))
def test_a_loss_that_is_no_finite_number_is_never_compared(facts, name, loss):
    assume(name == "sgd" or not facts.sgd.is_full_batch)
    run = getattr(facts, name)
    sentence = words.sentence(facts._replace(**{name: run._replace(loss=loss)}))
    assert "has diverged (its loss is not a finite number)" in sentence
    assert "Try a smaller learning rate." in sentence
    assert not re.search(r"ahead|nan|inf\b", sentence)


GD = RunFacts(12_000, True, 5, 5.0, None, 2.36, 1.80, 0.0, 0.0)
SGD = RunFacts(32, False, 1_875, 5.0, None, 2.36, 0.41, 2.0, 1.9)
GONE = SGD._replace(loss=math.nan, diverged_at=12)
AT_START = {"gd": GD._replace(num_updates=0, loss=2.36), "sgd": SGD._replace(num_updates=0, loss=2.36)}
NEXT = Inspection(np.arange(3), 2.5, 1.25, 0.5)
AFTER = "After 1,875 updates SGD's loss is 0.41, GD's 1.80."
AWAY = "The gradient of the next batch points 60° away from the true gradient."


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "SGD is far ahead: loss 0.41 against 1.80, after 1,875 updates against 5."),
        ({"sgd": SGD._replace(loss=0.9)}, "SGD is far ahead: loss 0.90 against 1.80, after 1,875 updates against 5."),
        ({"sgd": SGD._replace(loss=0.91)}, "SGD is ahead: loss 0.91 against 1.80, after 1,875 updates against 5."),
        ({"gd": GD._replace(loss=0.4)}, "GD is ahead: loss 0.40 against 0.41, after 5 updates against 1,875."),
        ({"sgd": SGD._replace(loss=1.8001)}, "Both losses are 1.80, after 1,875 updates of SGD and 5 of GD."),
        (
            {"sgd": SGD._replace(loss=3.82)},
            "GD is far ahead: loss 1.80 against 3.82, after 5 updates against 1,875. "
            "SGD's loss is higher than at the start.",
        ),
        (
            {"gd": GD._replace(loss=2.9)},
            "SGD is far ahead: loss 0.41 against 2.90, after 1,875 updates against 5. "
            "GD's loss is higher than at the start.",
        ),
        (
            {"gd": GD._replace(loss=4.1), "sgd": SGD._replace(loss=3.82)},
            "SGD is ahead: loss 3.82 against 4.10, after 1,875 updates against 5. "
            "Both losses are higher than at the start.",
        ),
        (AT_START, "Both start from the same parameters, with a loss of 2.36."),
        # What has diverged.
        (
            {"sgd": GONE},
            "SGD has diverged at update 12. GD's loss is 1.80 after 5 updates. Try a smaller learning rate.",
        ),
        (
            {"gd": GD._replace(loss=math.inf), "sgd": SGD._replace(num_updates=1)},
            "GD has diverged (its loss is not a finite number). SGD's loss is 0.41 after 1 update. "
            "Try a smaller learning rate.",
        ),
        (
            {"gd": GD._replace(loss=math.inf, diverged_at=1_234), "sgd": GONE},
            "Both have diverged: SGD at update 12, GD at update 1,234. Try a smaller learning rate.",
        ),
        (
            {"sgd": GONE._replace(loss=3e38)},
            "SGD has diverged at update 12. GD's loss is 1.80 after 5 updates. Try a smaller learning rate.",
        ),
        # B = N.
        ({"sgd": GD}, "With B = N, SGD is GD: after 5 updates the loss is 1.80."),
        (
            {"sgd": GD._replace(loss=2.9)},
            "With B = N, SGD is GD: after 5 updates the loss is 2.90. It is higher than at the start.",
        ),
        (
            {"sgd": GD._replace(loss=math.nan, diverged_at=4)},
            "With B = N, SGD is GD: it has diverged at update 4. Try a smaller learning rate.",
        ),
        # Single updates.
        ({"inspection": NEXT}, f"{AFTER} {AWAY}"),
        ({"inspection": NEXT, **AT_START}, f"Both start with a loss of 2.36. {AWAY}"),
        (
            {"inspection": NEXT, "seeds": Seeds([1.8], [0.41])},
            f"With the first seed, after 1,875 updates SGD's loss is 0.41, GD's 1.80. {AWAY}",
        ),
        (
            {"inspection": NEXT, "sgd": GD._replace(num_updates=1)},
            "After 1 update the loss is 1.80. With B = N the next batch is the whole training set: "
            "its gradient is the true gradient.",
        ),
        (
            {"inspection": NEXT._replace(cosine=1.0)},
            f"{AFTER} The gradient of the next batch points the same way as the true gradient.",
        ),
        (
            {"inspection": NEXT._replace(cosine=math.cos(math.radians(0.7)))},
            f"{AFTER} The gradient of the next batch points 1° away from the true gradient.",
        ),
        ({"inspection": NEXT._replace(batch_grad_norm=0.0)}, AFTER),
        (
            {"inspection": NEXT, "sgd": GONE},
            "SGD has diverged at update 12. GD's loss is 1.80 after 5 updates. Try a smaller learning rate.",
        ),
        # Several seeds: the worst of one is far ahead where it is twice as good as the best of the other.
        (
            {"seeds": Seeds([1.0, 1.2], [0.4, 0.51])},
            "SGD is ahead with every seed: loss 0.40 to 0.51 against 1.00 to 1.20.",
        ),
        (
            {"seeds": Seeds([1.0, 1.2], [0.5, 0.4])},
            "SGD is far ahead with every seed: loss 0.40 to 0.50 against 1.00 to 1.20.",
        ),
        ({"seeds": Seeds([0.4, 0.4], [0.5, 0.6])}, "GD is ahead with every seed: loss 0.40 against 0.50 to 0.60."),
        (
            {"seeds": Seeds([0.43, 0.51], [0.41, 0.43])},
            "Depending on the seed, SGD or GD is ahead: SGD's loss is 0.41 to 0.43, GD's 0.43 to 0.51.",
        ),
        (
            {"seeds": Seeds([0.41, 0.43], [0.43, 0.51])},
            "Depending on the seed, SGD or GD is ahead: SGD's loss is 0.43 to 0.51, GD's 0.41 to 0.43.",
        ),
        (
            {"seeds": Seeds([1.79, 1.81], [1.79, 1.81]), "sgd": GD},
            "With B = N, SGD is GD: after 5 updates the loss is 1.79 to 1.81, depending on the seed.",
        ),
        (
            {"seeds": Seeds([0.42, 0.51], [0.41, math.nan])},
            "SGD has diverged with 1 of 2 seeds. Try a smaller learning rate.",
        ),
        (
            {"seeds": Seeds([0.42, math.inf], [math.nan, math.nan])},
            "GD has diverged with 1 of 2 seeds, SGD with 2. Try a smaller learning rate.",
        ),
        (
            {"seeds": Seeds([2.3, 2.4], [2.3, 2.4]), **AT_START},
            "Both start from the same parameters, with a loss of 2.36.",
        ),
    ],
)
def test_the_sentences_read_well(change, said):
    assert words.sentence(RaceFacts(GD, SGD)._replace(**change)) == said


def test_all_details_of_the_race():
    several, kept = Seeds([1.8, 1.9], [0.41, 0.43, 0.42]), [("B = 8", Range(0.3, 0.5)), ("B = 4", Range(0.4, math.inf))]
    assert words.details(RaceFacts(GD, SGD, several, NEXT, kept)) == [
        ("loss at the start", "2.36"),
        ("SGD, B = 32", "1,875 updates (5 epochs), loss 0.410"),
        ("GD", "5 updates (5 epochs), loss 1.80"),
        ("gradient noise |g − G| / |G|", "2.00 (theory for random batches: 1.90)"),
        ("SGD, 3 seeds", "loss 0.410 to 0.430"),
        ("GD, 2 seeds", "loss 1.80 to 1.90"),
        ("length of the next batch's gradient", "2.50"),
        ("length of the true gradient", "1.25"),
        ("angle between the two", "60°"),
        ("kept run, B = 8", "loss 0.300 to 0.500"),
        ("kept run, B = 4", "diverged"),
    ]
    full = GD._replace(noise=3e-7, loss=math.nan)
    assert words.details(RaceFacts(GD._replace(loss=math.nan, diverged_at=1_005), full)) == [
        ("loss at the start", "2.36"),
        ("SGD, B = 12,000", "5 updates (5 epochs), diverged"),
        ("GD", "5 updates (5 epochs), diverged at update 1,005"),
        ("gradient noise |g − G| / |G|", "3.00 × 10⁻⁷ (theory for random batches: 0), zero up to rounding"),
    ]
    assert ("gradient noise |g − G| / |G|", "0 (theory for random batches: 0)") in words.details(RaceFacts(GD, GD))


@given(INSPECTIONS)
def test_the_angle_of_the_next_batch_is_said_where_there_is_one(inspection):
    gd = RunFacts(12_000, True, 5, 5.0, None, 2.36, 1.80, 0.0, 0.0)
    sgd = RunFacts(32, False, 1_875, 5.0, None, 2.36, 0.41, 2.0, 1.9)
    sentence = words.sentence(RaceFacts(gd, sgd, inspection=inspection))
    has_angle = inspection.angle is not None
    said = re.search(r"The gradient of the next batch points (\d+)° away from the true gradient\.$", sentence)
    same = "The gradient of the next batch points the same way as the true gradient." in sentence
    assert (said is not None or same) == has_angle
    if has_angle:
        angle = np.degrees(np.arccos(inspection.cosine))
        assert (0 if same else float(said[1])) == pytest.approx(angle, abs=0.5001)


# What the sentence of the race leaves out


@given(races())
def test_every_number_in_the_details_is_what_was_measured(facts):
    gd, sgd, said = facts.gd, facts.sgd, dict(words.details(facts))
    assert said["loss at the start"] == number(sgd.first_loss)
    for name, run in ((f"SGD, B = {sgd.batch_size:,}", sgd), ("GD", gd)):
        made = f"{count(run.num_updates, 'update')} ({epochs(run.num_epochs)})"
        assert said[name] == f"{made}, loss {number(run.loss)}"
    theory = f"(theory for random batches: {number(sgd.predicted_noise)})"
    assert said["gradient noise |g − G| / |G|"] == f"{number(sgd.noise)} {theory}"


DATASET = tiny_dataset()


@pytest.mark.slow
def test_facts_are_those_of_the_race():
    races = Races(DATASET, Settings(batch_size=8, epochs=2), num_seeds=2).run()
    race, facts = races.first, words.facts(races, [Kept("B = 4", races.gd)], stepping=True)
    for facts_of_run, run in [(facts.gd, race.gd), (facts.sgd, race.sgd)]:
        history = run.history()
        assert facts_of_run == RunFacts(
            batch_size=run.settings.batch_size,
            is_full_batch=run is race.gd,
            num_updates=2 if run is race.gd else 6,
            num_epochs=2.0,
            diverged_at=None,
            first_loss=history.losses[0],
            loss=history.losses[-1],
            noise=history.noise[-1],
            predicted_noise=history.predicted_noise[-1],
        )
    gd, sgd = ([run.history().losses[-1] for run in runs] for runs in (races.gd, races.sgd))
    assert facts.seeds == (gd, sgd)
    assert len(set(gd + sgd)) == 4
    assert facts.kept == [("B = 4", (min(gd), max(gd)))]
    assert facts.inspection[1:] == race.sgd.inspect()[1:]
    assert words.facts(races).inspection is None


def test_the_noise_told_is_that_of_the_last_moment_at_which_it_was_measured():
    race = Race(DATASET, Settings(batch_size=1, epochs=10))
    while not race.finished:
        race.advance()
        measurements = race.sgd.measurements
        measured = [at for at in measurements if at.has_noise]
        facts = words.run_facts(race.sgd)
        assert (facts.num_updates, facts.loss) == (measurements[-1].num_updates, measurements[-1].loss)
        if measured:
            assert (facts.noise, facts.predicted_noise) == (measured[-1].noise, measured[-1].predicted_noise)
        else:
            assert math.isnan(facts.noise)
    assert len(measured) < len(measurements)


def test_facts_name_the_update_at_which_a_run_diverged():
    races = Races(DATASET, Settings(batch_size=8, epochs=5, learning_rate=1e12)).run()
    race, facts = races.first, words.facts(races)
    assert facts.sgd.diverged_at == race.sgd.diverged_at is not None
    assert f"SGD at update {race.sgd.diverged_at}, " in words.sentence(facts)
    assert (facts.seeds, facts.kept) == (None, [])


def test_after_going_back_a_run_has_not_diverged_yet():
    races = Races(DATASET, Settings(batch_size=8, epochs=5, learning_rate=1e12)).run()
    races.go_to(0)
    facts = words.facts(races)
    assert facts.sgd.num_updates == 0
    assert facts.sgd.diverged_at is None
    assert "diverged" not in words.sentence(facts)


# Seeds


def race_of(gd, sgd, **more):
    """What is known of a race with these losses at the end."""
    gd, sgd = (RunFacts(size, size == 60, 5, 5.0, None, 2.3, loss, 0.1, 0.1) for size, loss in ((60, gd), (8, sgd)))
    return RaceFacts(gd, sgd, **more)


SEVERAL = st.lists(st.floats(1e-4, 1e4), min_size=2, max_size=5)
NEAR = st.lists(st.sampled_from([0.4, 0.4999, 0.5, 0.5001, 0.6]), min_size=2, max_size=5)


def range_of(losses):
    low, high = number(min(losses)), number(max(losses))
    return low if low == high else f"{low} to {high}"


@given(SEVERAL | NEAR, SEVERAL | NEAR)
@example([0.4, 0.5], [0.5, 0.6])
def test_seeds_and_kept_runs_are_said_from_the_lowest_to_the_highest(gd, sgd):
    kept = [("B = 8", words.range_of(gd)), ("B = 4", Range(0.4, math.inf))]
    said = dict(words.details(race_of(gd[0], sgd[0], seeds=Seeds(gd, sgd), kept=kept)))
    assert said[f"GD, {len(gd)} seeds"] == said["kept run, B = 8"] == f"loss {range_of(gd)}"
    assert said[f"SGD, {len(sgd)} seeds"] == f"loss {range_of(sgd)}"
    assert said["kept run, B = 4"] == "diverged"


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_of_seeds_without_a_finite_loss_nothing_is_listed(bad):
    said = dict(words.details(race_of(0.4, 0.5, seeds=Seeds([0.4, 0.5], [0.4, bad]))))
    assert said["GD, 2 seeds"] == "loss 0.400 to 0.500"
    assert "SGD, 2 seeds" not in said


# The next batch


LENGTHS = st.floats(1e-6, 1e6)


@given(LENGTHS, LENGTHS, st.floats(-1, 1))
@example(1.0, 1.0, 1.0 + 1e-7)
@example(1.0, 1.0, -1.0 - 1e-7)
def test_every_number_in_the_inspection_is_what_was_measured(batch, full, cosine):
    said = dict(words.details(race_of(0.4, 0.5, inspection=Inspection(np.arange(3), batch, full, cosine))))
    assert said["length of the next batch's gradient"] == number(batch)
    assert said["length of the true gradient"] == number(full)
    angle = float(said["angle between the two"].removesuffix("°"))
    assert angle == pytest.approx(np.degrees(np.arccos(np.clip(cosine, -1, 1))), abs=0.5001)


@pytest.mark.parametrize(("batch", "full"), [(0.0, 1.0), (1.0, 0.0), (0.0, 0.0), (math.nan, 1.0), (1.0, math.inf)])
def test_a_gradient_without_a_direction_has_no_angle(batch, full):
    said = dict(words.details(race_of(0.4, 0.5, inspection=Inspection(np.arange(3), batch, full, 0.0))))
    assert ("length of the next batch's gradient" in said) == math.isfinite(batch)
    assert "angle between the two" not in said


# CoverageRun


@st.composite
def coverages(draw):
    never, once, more = (draw(st.integers(0, 60_000)) for _ in range(3))
    assume(never + once + more > 0)
    num_updates = draw(st.integers(1, 10**6))
    return CoverageFacts(never + once + more, draw(st.floats(0, 5)), num_updates, never, once, more)


@given(coverages())
@example(CoverageFacts(24, 1 / 24, 1, 23, 1, 0))
def test_every_number_in_the_details_of_the_coverage_is_what_was_counted(facts):
    said = dict(coverage_words.details(facts))
    assert said["so far"] == f"{count(facts.num_updates, 'update')} ({epochs(facts.num_epochs)})"
    amounts = {"seen once": facts.once, "seen more than once": facts.more, "never seen": facts.never}
    for label, amount in amounts.items():
        shown, percent = re.fullmatch(r"(.*) \(([\d.]+) %\)", said[label]).groups()
        assert shown == count(amount, "example")
        assert float(percent) == pytest.approx(100 * amount / facts.num_examples, abs=0.0501)


@given(coverages())
@example(CoverageFacts(24, 1.0, 3, 0, 24, 0))
@example(CoverageFacts(12_000, 1.0, 375, 1, 11_999, 0))
@example(CoverageFacts(12_000, 1.0, 375, 11_999, 0, 1))
@example(CoverageFacts(24, 2.0, 6, 0, 0, 24))
def test_the_sentence_of_the_coverage_says_what_was_counted(facts):
    sentence = coverage_words.sentence(facts)
    assert_can_be_said(sentence)
    after = f"After {epochs(facts.num_epochs)} ({count(facts.num_updates, 'update')}), "
    total = count(facts.num_examples, "example")
    if facts.once == facts.num_examples:
        assert sentence == f"{after}each of the {total} has been seen exactly once."
        return
    seen, more = only(rf"^{re.escape(after)}(.+) of the examples have been seen, (.+) more than once\.$", sentence)
    for said, amount in ((seen, facts.once + facts.more), (more, facts.more)):
        percent = 100 * amount / facts.num_examples
        if said in ("all", "none"):
            assert percent == {"all": 100, "none": 0}[said]
        elif said in ("less than 0.1 %", "over 99.9 %"):
            assert 0 < percent < 0.1 or 99.9 < percent < 100
        else:
            assert float(said.removesuffix(" %")) == pytest.approx(percent, abs=0.0501)


SEEN = CoverageFacts(12_000, 1.5, 563, never=2_400, once=3_600, more=6_000)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (SEEN, "After 1.5 epochs (563 updates), 80.0 % of the examples have been seen, 50.0 % more than once."),
        (SEEN._replace(num_updates=0), "No batch has been drawn yet; 12,000 examples to be seen."),
        (
            CoverageFacts(24, 1.0, 1, never=0, once=24, more=0),
            "After 1 epoch (1 update), each of the 24 examples has been seen exactly once.",
        ),
        (
            CoverageFacts(24, 2.0, 6, never=0, once=0, more=24),
            "After 2 epochs (6 updates), all of the examples have been seen, all more than once.",
        ),
        (
            SEEN._replace(never=1, once=11_999, more=0),
            "After 1.5 epochs (563 updates), over 99.9 % of the examples have been seen, none more than once.",
        ),
        (
            SEEN._replace(never=11_988, once=6, more=6),
            "After 1.5 epochs (563 updates), 0.1 % of the examples have been seen, less than 0.1 % more than once.",
        ),
        (
            SEEN._replace(never=6, once=6, more=11_988),
            "After 1.5 epochs (563 updates), over 99.9 % of the examples have been seen, 99.9 % more than once.",
        ),
    ],
)
def test_the_whole_sentence_of_the_coverage(facts, said):
    assert coverage_words.sentence(facts) == said


def test_all_details_of_the_coverage():
    assert coverage_words.details(SEEN._replace(never=2_399, once=1, more=9_600)) == [
        ("so far", "563 updates (1.5 epochs)"),
        ("seen once", "1 example (0.0 %)"),
        ("seen more than once", "9,600 examples (80.0 %)"),
        ("never seen", "2,399 examples (20.0 %)"),
    ]


def test_coverage_facts_are_counted():
    coverage = CoverageRun(DATASET, Settings(batch_size=8, epochs=2))
    assert (
        coverage_words.sentence(coverage_words.facts(coverage))
        == "No batch has been drawn yet; 24 examples to be seen."
    )
    coverage.advance()
    coverage.times_seen[:] = [0] * 5 + [1] * 9 + [2] * 6 + [3] * 4
    assert coverage_words.facts(coverage) == CoverageFacts(24, 1 / 3, 1, never=5, once=9, more=10)
