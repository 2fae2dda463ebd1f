"""The panel that gives every batch size the same time: what it measures, draws and says."""

import math
import re

import numpy as np
import pytest
from helpers import tiny_dataset
from hypothesis import example, given
from hypothesis import strategies as st
from sentences import assert_can_be_said, listed

from lesson_lib import EqualTime, batching, model, training
from lesson_lib.chart.picture import BLUE, VERMILION, Curve
from lesson_lib.data import Dataset
from lesson_lib.experiment import trainer
from lesson_lib.experiment.start import start_of
from lesson_lib.optimizers import hyperparameters
from lesson_lib.panel.numbers import number, spoken
from lesson_lib.panels.equal_time import run as equal_time
from lesson_lib.panels.equal_time import words
from lesson_lib.panels.equal_time.picture import draw_equal_time
from lesson_lib.panels.equal_time.run import TimedLoss, TimedTraining, compared_batch_sizes
from lesson_lib.panels.equal_time.words import EqualTimeFacts, TrainingFacts
from lesson_lib.sweep import init_start

DATASET = tiny_dataset()
X, Y = DATASET.x_train, DATASET.y_train
SIZES = (1, 8, 24)


class Clock:
    """Counts a thousandth of a second for each reading and each update."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        self.now += 1e-3
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Updates take a millisecond each, whatever their batch size; so does a reading of the clock."""
    clock, make = Clock(), TimedTraining._run_updates

    def run_updates(self, order, first, count):
        clock.now += 1e-3 * count
        return make(self, order, first, count)

    monkeypatch.setattr(TimedTraining, "_run_updates", run_updates)
    monkeypatch.setattr(trainer.time, "perf_counter", clock)
    return clock


def by_hand(batch_size, updates, learning_rate, seed=0):
    """Loss after so many updates, made one at a time."""
    start = init_start(seed, lambda *, key: model.init_params((6, 128, 3), key=key))
    hyper = hyperparameters(learning_rate)
    state = training.init_state(start.params, "sgd", hyper)
    per_epoch = batching.updates_per_epoch(24, batch_size)
    for place in range(updates):
        epoch, update = divmod(place, per_epoch)
        order = batching.epoch_order(Y, epoch, key=start.order_key)
        state, _ = training.run_updates(state, X, Y, order, hyper, update, 1, batch_size=batch_size)
    return float(model.mean_loss(state.params, X, Y))


def test_each_batch_size_trains_until_its_time_is_used_up():
    run = equal_time.EqualTimeRun(DATASET, seconds=0.05, learning_rate=0.1, seed=2)
    shares = []
    while not run.finished:
        run.advance()
        shares.append(run.done)
    assert shares == sorted(shares)
    assert [each.batch_size for each in run.runs] == list(SIZES)
    for each in run.runs:
        *before, last = each.moments
        assert last.seconds >= 0.05
        assert all(moment.seconds < 0.05 for moment in before)
        assert (each.moments[0].seconds, each.moments[0].num_updates) == (0.0, 0)
        assert last.loss == pytest.approx(by_hand(each.batch_size, last.num_updates, 0.1, seed=2), rel=1e-4)
        assert each.num_epochs == pytest.approx(last.num_updates / batching.updates_per_epoch(24, each.batch_size))
    known = [list(each.moments) for each in run.runs]
    for each in (run, *run.runs):
        each.advance()  # what is finished stays as it is
    assert [each.moments for each in run.runs] == known


def test_the_last_slice_is_no_longer_than_the_time_that_is_left():
    run = TimedTraining(DATASET, 1, start_of(DATASET, 0), budget=0.24, learning_rate=0.1).run()
    slices = np.diff([moment.seconds for moment in run.moments])
    assert (slices[:-1] > 0.0096 - 0.001).all()
    assert (slices < 0.0096 + 0.003).all()
    assert run.seconds < 0.24 + 0.003


def made_at_once(run, end):
    """How many updates a run makes in each piece, and how long these take."""
    pieces = []
    while run.num_updates < end:
        before = run.num_updates, run.seconds
        run.advance()
        pieces.append((run.num_updates - before[0], run.seconds - before[1]))
    return np.array(pieces).T


def test_no_piece_has_more_than_four_times_the_updates_that_were_made_before():
    run = TimedTraining(DATASET, 1, start_of(DATASET, 0), budget=5.0, learning_rate=0.1)
    made, _ = made_at_once(run, 20)  # also where the first update was quick by chance
    assert made.tolist()[:4] == [0, 1, 4, 10]


def test_a_piece_is_short_though_a_slice_is_long():
    run = TimedTraining(DATASET, 1, start_of(DATASET, 0), budget=25.0, learning_rate=0.1)
    _, seconds = made_at_once(run, 200)
    assert 0.008 < max(seconds) < 0.015 + 0.003
    assert len(run.moments) == 1


def test_they_take_turns():
    run = equal_time.EqualTimeRun(DATASET, seconds=0.05)
    while not run.finished:
        run.advance()
        behind = [each.seconds for each in run.runs if not each.finished]
        assert max(each.seconds for each in run.runs) - min(behind, default=0.05) < 0.02


def test_the_loss_is_that_of_the_first_examples(monkeypatch):
    monkeypatch.setattr(equal_time, "LOSS_EXAMPLES", 5)
    start = init_start(0, lambda *, key: model.init_params((6, 128, 3), key=key))
    run = TimedTraining(DATASET, 8, start, budget=1.0, learning_rate=0.1)
    run.advance()
    assert run.moments[0].loss == pytest.approx(float(model.mean_loss(start.params, X[:5], Y[:5])), rel=1e-6)


def test_a_run_that_diverges_ends():
    run = equal_time.EqualTimeRun(DATASET, seconds=0.2, learning_rate=1e30)
    while not run.finished:
        run.advance()
    assert all(each.diverged for each in run.runs)
    facts = words.facts(run, 8)
    assert words.sentence(facts) == ("With equal time, every batch size has diverged. Try a smaller learning rate.")
    said = dict(words.details(facts))
    assert said["B = 8"].endswith(", diverged")
    assert "lowest loss" not in said


@pytest.mark.parametrize(
    ("name", "value"),
    [("seconds", 0.0), ("seconds", math.nan), ("learning_rate", -1.0), ("seed", -1), ("seed", True), ("seed", 1.5)],
)
def test_bad_settings(name, value):
    with pytest.raises((TypeError, ValueError), match=name):
        equal_time.EqualTimeRun(DATASET, **{name: value})


@given(st.integers(1, 100_000))
def test_gradient_descent_comes_last_and_once(num_examples):
    sizes = compared_batch_sizes(num_examples)
    assert sizes[-1] == num_examples
    assert list(sizes) == sorted(set(sizes))


LOSSES = st.floats(0.01, 10) | st.just(math.nan) | st.just(math.inf)


@given(st.lists(LOSSES, min_size=3, max_size=3))
def test_the_details_name_the_lowest_loss(losses):
    facts = [TrainingFacts(size, 30, 1.5, loss) for size, loss in zip(SIZES, losses, strict=True)]
    details = words.details(EqualTimeFacts(facts, 8, 2.0, finished=True))
    said, _ = dict(details), listed(details)
    names = ["B = 1", "B = 8", "GD"]
    for name, loss in zip(names, losses, strict=True):
        shown = f"loss {number(loss)}" if math.isfinite(loss) else "diverged"
        assert said[name] == f"30 updates (1.5 epochs), {shown}"
    finite = [loss for loss in losses if math.isfinite(loss)]
    assert ("lowest loss" in said) == bool(finite)
    if finite:
        assert said["lowest loss"] == f"{number(min(finite))}, of {names[losses.index(min(finite))]}"
    assert said["time for each"] == "2 s"


WILD = st.floats(1e-9, 1e12) | st.just(math.nan) | st.just(math.inf)


@given(st.lists(LOSSES | WILD, min_size=4, max_size=4), st.integers(0, 3), st.booleans())
@example(losses=[0.5, 0.5, 0.5, 0.5], place=3, finished=True)
@example(losses=[math.nan, 0.4, 0.5, math.nan], place=3, finished=True)
@example(losses=[0.5, 0.500001, 0.6, 0.7], place=1, finished=True)
def test_the_sentence_says_where_the_chosen_size_and_gd_are_and_who_is_lowest(losses, place, finished):
    sizes = (1, 8, 512, 12_000)
    facts = [TrainingFacts(size, 30, 1.5, loss) for size, loss in zip(sizes, losses, strict=True)]
    sentence = words.sentence(EqualTimeFacts(facts, sizes[place], 2.0, finished))
    assert_can_be_said(sentence)
    assert sentence.startswith("With equal time, " if finished else "So far, ")
    finite = [loss for loss in losses if math.isfinite(loss)]
    assert ("Try a smaller learning rate." in sentence) == (len(finite) < 4)
    others = [loss for at, loss in enumerate(losses) if at not in {place, 3}]
    assert ("Others have diverged." in sentence) == (bool(finite) and not all(map(math.isfinite, others)))
    if not finite:
        return
    names = ["B = 1", "B = 8", "B = 512", "GD"]
    for shown in {place, 3}:
        name, loss = names[shown], losses[shown]
        said = f"(?:a loss of |the lowest loss: )?{spoken(loss)}(?=[.,;])" if math.isfinite(loss) else "diverged"
        assert re.search(rf"{name} has {said}", sentence)
    (lowest,) = re.findall(r"(GD|B = \d+) has the lowest", sentence)
    assert spoken(losses[names.index(lowest)]) == spoken(min(finite))
    # No other is called lower by what is too small to be said.
    if math.isfinite(losses[place]) and spoken(losses[place]) == spoken(min(finite)):
        assert lowest == names[place]


EACH = (
    TrainingFacts(1, 30_000, 2.5, 0.9),
    TrainingFacts(1_024, 1_200, 102.4, 0.4),
    TrainingFacts(12_000, 1, 1.0, 1.3),
)
KNOWN = EqualTimeFacts(EACH, 1_024, 0.25, finished=True)
SMALLER = "Try a smaller learning rate."


def with_losses(*losses):
    return {"trainings": [each._replace(loss=loss) for each, loss in zip(EACH, losses, strict=True)]}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "With equal time, B = 1,024 has the lowest loss: 0.40, and GD has 1.30."),
        ({"finished": False}, "So far, B = 1,024 has the lowest loss: 0.40, and GD has 1.30."),
        ({"chosen": 1}, "With equal time, B = 1 has a loss of 0.90, and GD has 1.30; B = 1,024 has the lowest."),
        ({"chosen": 12_000}, "With equal time, GD has a loss of 1.30; B = 1,024 has the lowest."),
        (with_losses(0.9, 0.4, 0.2), "With equal time, GD has the lowest loss: 0.20, and B = 1,024 has 0.40."),
        ({"chosen": 12_000, **with_losses(0.9, 0.4, 0.2)}, "With equal time, GD has the lowest loss: 0.20."),
        (with_losses(0.3996, 0.4, 1.3), "With equal time, B = 1,024 has the lowest loss: 0.40, and GD has 1.30."),
        (
            with_losses(math.nan, 0.4, 1.3),
            f"With equal time, B = 1,024 has the lowest loss: 0.40, and GD has 1.30. Others have diverged. {SMALLER}",
        ),
        (
            with_losses(0.9, 0.4, math.inf),
            f"With equal time, B = 1,024 has the lowest loss: 0.40, and GD has diverged. {SMALLER}",
        ),
        (
            with_losses(0.9, math.inf, 1.3),
            f"With equal time, B = 1,024 has diverged, and GD has a loss of 1.30; B = 1 has the lowest. {SMALLER}",
        ),
        (
            with_losses(0.9, math.inf, math.nan),
            f"With equal time, B = 1,024 has diverged, and GD has diverged; B = 1 has the lowest loss. {SMALLER}",
        ),
        (
            with_losses(math.nan, math.nan, 1.3),
            "With equal time, GD has the lowest loss: 1.30, and B = 1,024 has diverged. Others have diverged. "
            f"{SMALLER}",
        ),
        (with_losses(*[math.nan] * 3), f"With equal time, every batch size has diverged. {SMALLER}"),
        ({"trainings": ()}, "Each batch size gets 0.25 s of computing, from the same parameters."),
    ],
)
def test_the_whole_sentence(change, said):
    assert words.sentence(KNOWN._replace(**change)) == said


def test_all_details():
    assert words.details(KNOWN._replace(finished=False, **with_losses(math.nan, 0.4, 1.3))) == [
        ("time for each", "0.25 s, not used up yet"),
        ("B = 1", "30,000 updates (2.5 epochs), diverged"),
        ("B = 1,024", "1,200 updates (102.4 epochs), loss 0.400"),
        ("GD", "1 update (1 epoch), loss 1.30"),
        ("lowest loss", "0.400, of B = 1,024"),
    ]
    assert words.details(KNOWN._replace(trainings=())) == [("time for each", "0.25 s")]
    assert ("lowest loss", "0.200, of GD") in words.details(KNOWN._replace(**with_losses(0.9, 0.4, 0.2)))


def test_the_sentence_before_all_have_begun():
    run = equal_time.EqualTimeRun(DATASET, seconds=2.0)
    for _ in range(len(SIZES) + 1):  # all have been measured at the start, and one has begun
        assert words.sentence(words.facts(run, 8)) == (
            "Each batch size gets 2 s of computing, from the same parameters."
        )
        run.advance()


def run_with(seconds, losses, dataset=DATASET):
    """One that has measured these losses, at these seconds, with each batch size."""
    run = equal_time.EqualTimeRun(dataset)
    for each, values in zip(run.runs, losses, strict=True):
        each.moments = [TimedLoss(at, 0, loss) for at, loss in zip(seconds, values, strict=True)]
    return run


@given(st.lists(LOSSES, max_size=6), st.sampled_from(SIZES))
def test_curves_hold_the_losses_and_stay_in_the_chart(losses, chosen):
    seconds = np.linspace(0, 2.3, len(losses)).tolist()
    left, right = draw_equal_time(run_with(seconds, [losses] * 3), chosen).rows[0]
    assert len(left.marks) == 3
    for mark in left.marks:
        np.testing.assert_array_equal(mark.y, losses)
    thick = [mark.name for mark in left.marks if mark.width == 5.0]
    assert thick == [f"{'GD' if chosen == 24 else f'B = {chosen}'}, chosen"]
    if len(losses):
        assert left.x.high >= seconds[-1]
        np.testing.assert_array_equal(right.marks[0].y, np.full(3, losses[-1]))
    for chart in (left, right):
        finite = np.concatenate([mark.y[np.isfinite(mark.y)] for mark in chart.marks if isinstance(mark, Curve)])
        assert (finite <= chart.y.high).all()


def test_the_axes_name_what_they_count_and_the_chosen_size_is_marked():
    seconds = [0.0, 0.7, 2.1]
    left, right = draw_equal_time(run_with(seconds, [[2.0, 1.5, 1 / size] for size in SIZES]), 8).rows[0]
    assert left.x.label.split()[0] == "seconds"
    assert all((mark.x == seconds).all() for mark in left.marks)
    assert (left.y.label, right.y.label, right.x.label) == ("loss (nats)", "loss (nats)", "batch size B")
    every, chosen = right.marks
    np.testing.assert_array_equal([every.x, every.y], [SIZES, [1, 1 / 8, 1 / 24]])
    assert (chosen.x.tolist(), chosen.y.tolist(), chosen.color) == ([8], [1 / 8], VERMILION)
    assert [mark.color == VERMILION for mark in left.marks] == [False, True, False]
    assert len({mark.color for mark in left.marks}) == 3


def test_the_colors_of_the_batch_sizes_go_from_light_to_dark_and_gradient_descent_is_blue():
    many = Dataset("many", np.zeros((1_500, 1)), np.zeros(1_500, int), X[:1, :1], Y[:1], ("a", "b", "c"))
    run = run_with([0.0, 1.0], [[2.0, 1.0]] * 6, many)
    left, _ = draw_equal_time(run, 1_500).rows[0]
    lightness = [sum(bytes.fromhex(mark.color[1:])) for mark in left.marks[:-1]]
    assert lightness == sorted(set(lightness), reverse=True)
    left, _ = draw_equal_time(run, 8).rows[0]
    assert left.marks[-1].color == BLUE


def test_on_the_way_it_says_what_was_measured_last():
    run = equal_time.EqualTimeRun(DATASET, seconds=0.5)
    said = set()
    while not run.finished:
        run.advance()
        last = [(each.batch_size, *each.moments[-1:]) for each in run.runs]
        trainings = words.facts(run, 8).trainings
        measured = [(size, moment.num_updates, moment.loss) for size, *moments in last for moment in moments]
        complete = len(measured) == len(SIZES) and all(num_updates > 0 for _, num_updates, _ in measured)
        assert [(each.batch_size, each.num_updates, each.loss) for each in trainings] == (measured if complete else [])
        said.add(complete)
    assert said == {False, True}


def test_the_panel_says_what_was_measured_for_every_batch_size():
    panel = EqualTime(DATASET, seconds=0.25, batch_size=8).show()
    run = panel.experiment
    assert panel.words.startswith("With equal time, ")
    assert panel.details.startswith("time for each: 0.25 s\nB = 1: ")
    facts, ends = words.facts(run, 8), [each.moments[-1] for each in run.runs]
    assert facts[1:] == (8, 0.25, True)
    assert facts.trainings == [
        (size, end.num_updates, end.num_updates / per_epoch, end.loss)
        for size, per_epoch, end in zip(SIZES, (24, 3, 1), ends, strict=True)
    ]
    for curve, each in zip(panel._session.picture.rows[0][0].marks, run.runs, strict=True):
        assert curve.x.tolist() == [moment.seconds for moment in each.moments]
        assert curve.y.tolist() == [moment.loss for moment in each.moments]
    for batch_size in SIZES:
        panel.set(batch_size=batch_size)
        panel.wait(60.0)
        assert panel.words == words.sentence(words.facts(run, batch_size))
    assert panel.experiment is run
    panel.set(learning_rate=0.5, seed=3)
    panel.run()
    panel.wait(60.0)
    assert panel.experiment is not run
    assert panel.status == "Finished: 100 % of the time used"
    with pytest.raises(ValueError, match="batch_size"):
        panel.set(batch_size=2)
