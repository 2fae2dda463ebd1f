"""The sentences under the pictures: every number in them is read back and compared with what was measured."""

import math
import re
from decimal import Decimal

import numpy as np
import pytest
from helpers import tiny_dataset
from hypothesis import assume, example, given
from hypothesis import strategies as st

from lesson_lib.batching import updates_per_epoch
from lesson_lib.experiment import Inspection, Race, Settings
from lesson_lib.panel.numbers import Range, count, epochs, number, progress
from lesson_lib.panels.coverage.run import CoverageRun
from lesson_lib.panels.coverage.words import CoverageFacts, coverage_facts, coverage_sentence
from lesson_lib.panels.gd_vs_sgd.words import (
    RaceFacts,
    RunFacts,
    inspection_sentence,
    kept_sentence,
    race_facts,
    race_sentence,
    seeds_sentence,
)


def three_digits(value):
    """`value` rounded to three significant digits, in decimal arithmetic."""
    exact = Decimal(value)
    for _ in range(2):  # again, because 9.999 rounded to two decimals is 10.00
        exact = exact.quantize(Decimal(1).scaleb(exact.adjusted() - 2))
    return exact


def parse(text):
    return float(text.replace(",", ""))


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
    assert number(value) == f"{expected:,f}"


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
        (3.1e-8, "3.1e-08"),
        (999_499.0, "999,000"),
        (999_500.0, "1e+06"),
        (3.4e38, "3.4e+38"),
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


def test_progress():
    assert progress(3.21, 10) == "epoch 3.2 of 10"


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


NUMBER = r"([\d,.]+(?:e[+-]\d+)?)"


def only(pattern, sentence):
    """What the pattern's groups match, at the one place where it does."""
    (found,) = re.finditer(pattern, sentence)
    return found.groups()


@given(races())
def test_every_number_in_the_sentence_is_what_was_measured(facts):
    sentence = race_sentence(facts)
    assert float(only(r"After ([\d.]+) epochs?:", sentence)[0]) == pytest.approx(facts.sgd.num_epochs, abs=0.0501)
    for name, run in [(rf"SGD with B = {NUMBER}", facts.sgd), ("(GD)", facts.gd)]:
        who, updates, loss = only(
            rf"(?<!S){name} has made {NUMBER} updates? and its loss is {NUMBER}(?=[.,;])", sentence
        )
        assert who == "GD" or parse(who) == run.batch_size
        assert parse(updates) == run.num_updates
        assert parse(loss.rstrip(",")) == rounded(run.loss)
    if facts.sgd.is_full_batch:
        assert only(rf"The noise of its gradient, measured, is {NUMBER}\.$", sentence) == ("0",)
        assert "SGD is GD" in sentence
        return
    examples, noise, theory = only(
        rf"A gradient from ([\w,]+) examples? misses the true gradient by {NUMBER} times .* "
        rf"\(theory for random batches: {NUMBER}\)\.$",
        sentence,
    )
    assert facts.sgd.batch_size == (1 if examples == "one" else parse(examples))
    assert parse(noise) == rounded(facts.sgd.noise)
    assert parse(theory) == rounded(facts.sgd.predicted_noise)


@given(races(), st.sampled_from([None, 1.0, 1.0001, 1.02, 0.98]))
def test_the_one_with_the_lower_loss_is_ahead(facts, ratio):
    if ratio is not None:  # so that close ones are tried, too
        facts = facts._replace(gd=facts.gd._replace(loss=facts.sgd.loss * ratio))
    sentence = race_sentence(facts)
    gd, sgd = rounded(facts.gd.loss), rounded(facts.sgd.loss)
    assert ("SGD is ahead." in sentence) == (sgd < gd)
    assert bool(re.search(r"(?<!S)GD is ahead\.", sentence)) == (gd < sgd)
    assert ("The two are level." in sentence) == (gd == sgd)


@given(races())
def test_a_loss_above_the_first_one_is_said_to_be_higher(facts):
    sentence = race_sentence(facts)
    firsts = re.findall(rf"higher than at the start \({NUMBER}\)", sentence)
    assert [parse(first) for first in firsts] == [
        rounded(run.first_loss) for run in (facts.sgd, facts.gd) if run.loss > run.first_loss
    ]


@given(races(diverged=st.none() | st.integers(1, 10**6)))
def test_divergence_is_told_with_its_update(facts):
    at = [run.diverged_at for run in (facts.sgd, facts.gd) if run.diverged_at is not None]
    assume(at)
    sentence = race_sentence(facts)
    told = re.findall(rf"has diverged: at update {NUMBER} the loss was no finite number", sentence)
    assert [parse(update) for update in told] == at
    assert "Try a smaller learning rate." in sentence
    assert not re.search(r"ahead|level", sentence)


@given(races(), st.sampled_from(["gd", "sgd"]), st.sampled_from([math.nan, math.inf]))
def test_a_loss_that_is_no_finite_number_is_never_compared(facts, name, loss):
    run = getattr(facts, name)
    sentence = race_sentence(facts._replace(**{name: run._replace(loss=loss)}))
    assert "has diverged: its loss is no finite number" in sentence
    assert "Try a smaller learning rate." in sentence
    assert not re.search(r"ahead|level|nan|inf\b", sentence)


@given(races(), st.sampled_from(["noise", "predicted_noise"]), st.sampled_from([math.nan, math.inf]))
def test_noise_that_is_no_finite_number_is_not_told(facts, name, value):
    sentence = race_sentence(facts._replace(sgd=facts.sgd._replace(**{name: value})))
    assert not re.search(r"nan|inf\b|noise|misses", sentence)


@given(races(diverged=st.none() | st.integers(1, 10**6)), st.booleans(), st.sampled_from([1.0, math.nan]))
def test_no_space_is_left_where_something_is_not_told(facts, at_start, noise):
    sgd = facts.sgd._replace(noise=noise)
    sentence = race_sentence(facts._replace(sgd=sgd._replace(num_updates=0) if at_start else sgd))
    assert sentence == " ".join(sentence.split())
    assert sentence.endswith(".")


def test_rounding_in_the_full_gradient_is_called_so():
    facts = RunFacts(60, True, 5, 5.0, None, 2.3, 1.0, 3e-7, 0.0)
    sentence = race_sentence(RaceFacts(facts, facts))
    assert sentence.endswith("The noise of its gradient, measured, is 3e-07: zero up to rounding.")


def test_the_sentences_read_well():
    gd = RunFacts(12_000, True, 1, 1.0, None, 2.3, 2.1, 0.0, 0.0)
    sgd = RunFacts(1, False, 12_000, 1.0, None, 2.3, 0.5, 7.0, 6.5)
    assert race_sentence(RaceFacts(gd, sgd)) == (
        "After 1 epoch: SGD with B = 1 has made 12,000 updates and its loss is 0.500; GD has made 1 update and its "
        "loss is 2.10. SGD is ahead. A gradient from one example misses the true gradient by 7.00 times the true "
        "gradient's length (theory for random batches: 6.50)."
    )
    start = sgd._replace(num_updates=0, loss=2.3)
    assert race_sentence(RaceFacts(gd._replace(num_updates=0, loss=2.3), start)) == (
        "Both start from the same parameters, with a loss of 2.30. A gradient from one example misses the true "
        "gradient by 7.00 times the true gradient's length (theory for random batches: 6.50)."
    )


DATASET = tiny_dataset()


def test_facts_are_those_of_the_race():
    race = Race(DATASET, Settings(batch_size=8, epochs=2))
    race.run()
    facts = race_facts(race)
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


def test_the_noise_told_is_that_of_the_last_moment_at_which_it_was_measured():
    race = Race(DATASET, Settings(batch_size=1, epochs=10))
    while not race.finished:
        race.advance()
        measurements = race.sgd.measurements
        measured = [at for at in measurements if at.has_noise]
        facts = race_facts(race).sgd
        assert (facts.num_updates, facts.loss) == (measurements[-1].num_updates, measurements[-1].loss)
        if measured:
            assert (facts.noise, facts.predicted_noise) == (measured[-1].noise, measured[-1].predicted_noise)
        else:
            assert math.isnan(facts.noise)
    assert len(measured) < len(measurements)


def test_facts_name_the_update_at_which_a_run_diverged():
    race = Race(DATASET, Settings(batch_size=8, epochs=5, learning_rate=1e12))
    race.run()
    facts = race_facts(race)
    assert facts.sgd.diverged_at == race.sgd.diverged_at is not None
    assert f"diverged: at update {race.sgd.diverged_at} " in race_sentence(facts)


def test_after_going_back_a_run_has_not_diverged_yet():
    race = Race(DATASET, Settings(batch_size=8, epochs=5, learning_rate=1e12))
    race.run()
    race.go_to(0)
    facts = race_facts(race)
    assert facts.sgd.num_updates == 0
    assert facts.sgd.diverged_at is None
    assert "diverged" not in race_sentence(facts)


# Seeds


RANGE = rf"{NUMBER}(?: to {NUMBER})?"
SEVERAL = st.lists(st.floats(1e-4, 1e4), min_size=2, max_size=5)
NEAR = st.lists(st.sampled_from([0.4, 0.4999, 0.5, 0.5001, 0.6]), min_size=2, max_size=5)


def range_of(losses):
    return Range(min(losses), max(losses))


def assert_says(low, high, expected):
    """A range is said by its ends, or by one number where both ends read the same."""
    assert parse(low) == rounded(expected.low)
    assert parse(high or low) == rounded(expected.high)
    assert (high is None) == (rounded(expected.low) == rounded(expected.high))


@given(st.integers(2, 9), SEVERAL | NEAR, SEVERAL | NEAR)
@example(5, [0.4, 0.5], [0.5, 0.6])
def test_a_method_is_ahead_with_every_seed_only_if_it_is(num_seeds, gd, sgd):
    sentence = seeds_sentence(num_seeds, range_of(gd), range_of(sgd))
    pattern = rf"^Over (\d+) seeds the loss of SGD is {RANGE} and that of GD {RANGE}: (.*)\.$"
    seeds, *ends, statement = only(pattern, sentence)
    assert int(seeds) == num_seeds
    assert_says(*ends[:2], range_of(sgd))
    assert_says(*ends[2:], range_of(gd))
    assert (statement == "SGD is ahead with every seed") == all(ours < theirs for ours in sgd for theirs in gd)
    assert (statement == "GD is ahead with every seed") == all(theirs < ours for ours in sgd for theirs in gd)
    overlap = any(min(gd) <= loss <= max(gd) for loss in sgd) or any(min(sgd) <= loss <= max(sgd) for loss in gd)
    assert statement.startswith("the bands overlap, ") == overlap


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_of_one_seed_or_of_no_finite_loss_nothing_is_said(bad):
    fine = Range(0.4, 0.5)
    assert seeds_sentence(1, fine, fine) == ""
    for spoilt in (Range(0.4, bad), Range(bad, bad)):
        assert seeds_sentence(5, fine, spoilt) == seeds_sentence(5, spoilt, fine) == ""


@given(SEVERAL | NEAR)
def test_a_range_is_read_back(losses):
    assert_says(*only(rf"^{RANGE}$", str(range_of(losses))), range_of(losses))


# Kept runs


ONE_OR_MORE = st.lists(st.floats(1e-4, 1e4), min_size=1, max_size=5) | NEAR


@given(ONE_OR_MORE, ONE_OR_MORE)
@example([0.3, 0.9], [0.5])
@example([0.5], [0.3, 0.9])
@example([0.3, 0.6], [0.5, 0.9])
@example([0.5], [0.5001])
def test_a_kept_run_is_compared_with_the_one_that_goes_on(kept, now):
    sentence = kept_sentence("B = 8", range_of(kept), range_of(now))
    low, high, statement = only(rf"^The kept run \(B = 8\) came to a loss of {RANGE}, (.*)\.$", sentence)
    assert_says(low, high, range_of(kept))
    same = str(range_of(kept)) == str(range_of(now))
    assert (statement == "the same as now") == same
    if same:
        return
    inside = all(min(now) <= loss <= max(now) for loss in kept)
    assert (statement == "lower than now") == (max(kept) < min(now))
    assert (statement == "higher than now") == (min(kept) > max(now))
    assert (statement == "within the band of the seeds now") == inside
    assert not (inside and len(now) == 1)  # of one run there is no band
    assert statement in {
        "lower than now", "higher than now", "within the band of the seeds now", "overlapping with now",
    }  # fmt: skip


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_kept_run_without_a_finite_loss_is_not_compared(bad):
    fine = Range(0.4, 0.5)
    assert kept_sentence("B = 8", fine, Range(bad, bad)) == "The kept run (B = 8) has a loss of 0.400 to 0.500."
    for spoilt in (Range(0.4, math.inf), Range(bad, bad)):
        assert kept_sentence("B = 8", spoilt, fine) == "The kept run (B = 8) has diverged."


# The next batch


LENGTHS = st.floats(1e-6, 1e6)


@given(LENGTHS, LENGTHS, st.floats(-1, 1))
@example(1.0, 1.0, 1.0 + 1e-7)
@example(1.0, 1.0, -1.0 - 1e-7)
def test_every_number_in_the_inspection_is_what_was_measured(batch, full, cosine):
    sentence = inspection_sentence(Inspection(np.arange(3), batch, full, cosine))
    pattern = rf"^The gradient of the next batch has length {NUMBER}, the true one {NUMBER}; they point (\d+)° apart\.$"
    lengths_and_angle = [parse(text) for text in only(pattern, sentence)]
    assert lengths_and_angle[:2] == [rounded(batch), rounded(full)]
    assert lengths_and_angle[2] == pytest.approx(np.degrees(np.arccos(np.clip(cosine, -1, 1))), abs=0.5001)


@pytest.mark.parametrize(("batch", "full"), [(0.0, 1.0), (1.0, 0.0), (0.0, 0.0)])
def test_a_gradient_of_length_zero_has_no_angle(batch, full):
    sentence = inspection_sentence(Inspection(np.arange(3), batch, full, 0.0))
    assert [parse(text) for text in re.findall(rf"(?:length|one) {NUMBER}(?=[,.])", sentence)] == [batch, full]
    assert "°" not in sentence


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_gradients_that_are_no_finite_numbers_are_not_told(place, bad):
    measured = [1.0, 1.0, 0.5]
    measured[place] = bad
    assert inspection_sentence(Inspection(np.arange(3), *measured)) == ""


# CoverageRun


@st.composite
def coverages(draw):
    never, once, more = (draw(st.integers(0, 60_000)) for _ in range(3))
    assume(never + once + more > 0)
    num_updates = draw(st.integers(1, 10**6))
    return CoverageFacts(never + once + more, draw(st.floats(0, 5)), num_updates, never, once, more)


@given(coverages())
@example(CoverageFacts(24, 1 / 24, 1, 23, 1, 0))
def test_every_number_in_the_coverage_sentence_is_what_was_counted(facts):
    sentence = coverage_sentence(facts)
    share = rf"{NUMBER} (examples?) \(([\d.]+) %\)"
    pattern = (
        rf"^After ([\d.]+) epochs?, {NUMBER} updates?: {share} (was|were) seen once, {share} more than once, "
        rf"and {share} never\.$"
    )
    made, updates, *groups = only(pattern, sentence)
    assert groups.pop(3) == ("was" if facts.once == 1 else "were")
    assert float(made) == pytest.approx(facts.num_epochs, abs=0.0501)
    assert parse(updates) == facts.num_updates
    for amount, shown, noun, percent in zip(
        (facts.once, facts.more, facts.never), groups[::3], groups[1::3], groups[2::3], strict=True
    ):
        assert parse(shown) == amount
        assert noun == ("example" if amount == 1 else "examples")
        assert float(percent) == pytest.approx(100 * amount / facts.num_examples, abs=0.0501)


def test_coverage_facts_are_counted():
    coverage = CoverageRun(DATASET, Settings(batch_size=8, epochs=2))
    assert coverage_sentence(coverage_facts(coverage)) == "No batch has been drawn; 24 examples to be seen."
    coverage.advance()
    coverage.times_seen[:] = [0] * 5 + [1] * 9 + [2] * 6 + [3] * 4
    assert coverage_facts(coverage) == CoverageFacts(24, 1 / 3, 1, never=5, once=9, more=10)
