"""One update taken apart: against the model's own functions, and the words read back."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import tiny_dataset
from hypothesis import given, settings
from hypothesis import strategies as st
from sentences import assert_can_be_said, listed

from lesson_lib import NextUpdate as NextUpdatePanel
from lesson_lib import model, training
from lesson_lib.chart.picture import Band, Cells, Curve, Words
from lesson_lib.data import Dataset
from lesson_lib.experiment import Settings
from lesson_lib.panel.numbers import number
from lesson_lib.panels.next_update import picture as plots
from lesson_lib.panels.next_update import words
from lesson_lib.panels.next_update.run import NextUpdateRun
from lesson_lib.panels.next_update.words import Performance, UpdateFacts

pytestmark = pytest.mark.slow


def make_dataset(scale=1.0):
    rng = np.random.default_rng(0)
    x, y = (scale * rng.random(size=(24, 9))).astype(np.float32), rng.integers(0, 3, 24)
    return Dataset("tiny", x, y, x, y, ("a", "b", "c"))


DATASET = make_dataset()
LABELS = np.asarray(DATASET.y_train)
NAMES = ("a", "b", "c")


def stepped(updates, **settings):
    run = NextUpdateRun(DATASET, Settings(**{"batch_size": 5, "epochs": 2, **settings}))
    for _ in range(updates):
        run.step()
    return run


# The update


@pytest.mark.parametrize("updates", [1, 4, 5, 7])
def test_an_update_is_what_the_model_says_before_and_after_it(updates):
    run = stepped(updates)
    anatomy = run.anatomy()
    assert anatomy.update == updates == run.moment
    assert len(anatomy.examples) == (4 if updates == 5 else 5)  # 24 = 4 × 5 + 4
    after = run.sgd.state.params
    before = stepped(updates - 1).sgd.state.params
    for snapshot, params in ((anatomy.before, before), (anatomy.after, after)):
        x, y = DATASET.x_train[anatomy.examples], DATASET.y_train[anatomy.examples]
        assert anatomy.batch_loss(snapshot) == pytest.approx(float(jax.jit(model.mean_loss)(params, x, y)), rel=1e-5)
        assert anatomy.num_right(snapshot, LABELS) == round(float(jax.jit(model.accuracy)(params, x, y)) * len(y))
        np.testing.assert_allclose(snapshot.probabilities.sum(axis=1), 1, rtol=1e-5)
        np.testing.assert_array_equal(snapshot.weight, params[0].weight)
    x, y = DATASET.x_train[anatomy.examples], DATASET.y_train[anatomy.examples]
    grad = jax.device_get(jax.jit(jax.grad(model.mean_loss))(before, x, y))
    length = np.sqrt(sum(np.sum(g**2) for g in jax.tree.leaves(grad)))
    assert anatomy.grad_norm == pytest.approx(length, rel=1e-5)
    moved = np.asarray(before[0].weight) - 0.05 * grad[0].weight
    np.testing.assert_allclose(anatomy.after.weight, moved, atol=1e-6)


def test_what_is_told_is_of_the_batch_before_the_update_and_after_it():
    run = stepped(5)
    params = [stepped(4).sgd.state.params, run.sgd.state.params]
    x, examples = np.asarray(DATASET.x_train, np.float64), run.anatomy().examples
    scores = []
    for (w1, b1), (w2, b2) in ([[np.asarray(leaf, np.float64) for leaf in layer] for layer in each] for each in params):
        logits = np.maximum(x @ w1 + b1, 0) @ w2 + b2
        losses = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(24), LABELS]
        right = (logits.argmax(axis=1) == LABELS)[examples]
        scores.append(pytest.approx((int(right.sum()), losses[examples].mean(), losses.mean()), rel=1e-5))
    assert words.facts(run) == (5, 4, 24, 0.05, run.anatomy().grad_norm, *scores)
    first = words.facts(stepped(0))
    assert (first.update, first.batch_size, first.after) == (1, 5, None)


def test_before_the_first_update_its_batch_is_known():
    run = stepped(0)
    first = run.anatomy()
    assert (first.update, first.after) == (1, None)
    run.step()
    assert run.anatomy().update == 1
    np.testing.assert_array_equal(run.anatomy().examples, first.examples)


def test_looking_into_an_update_does_not_change_the_run():
    looked, plain = stepped(0), stepped(0)
    while not looked.finished:
        looked.anatomy()
        looked.advance()
    while not plain.finished:
        plain.advance()
    for p, q in zip(jax.tree.leaves(looked.sgd.state), jax.tree.leaves(plain.sgd.state), strict=True):
        np.testing.assert_array_equal(p, q)


@pytest.mark.parametrize("moment", [0, 3, 10])
def test_going_back_shows_the_same_update_again(moment):
    run, other = stepped(10), stepped(moment)
    run.go_to(moment)
    again, first = run.anatomy(), other.anatomy()
    np.testing.assert_array_equal(again.examples, first.examples)
    assert again.grad_norm == first.grad_norm
    assert run.recorded == 10


def test_the_losses_so_far_end_where_the_run_stands():
    run = stepped(6)
    at, losses = run.losses()
    assert at.tolist() == list(range(7))
    expected = float(model.mean_loss(run.sgd.state.params, DATASET.x_train, DATASET.y_train))
    assert losses[-1] == pytest.approx(expected, rel=1e-5)


def test_it_advances_to_its_end():
    run = stepped(0, epochs=30)
    moments = [run.moment]
    while not run.finished:
        run.advance()
        moments.append(run.moment)
        assert run.anatomy().update == max(1, run.moment)
        assert run.is_worth_a_picture == (run.moment in {at.num_updates for at in run.sgd.measurements if at.has_noise})
    assert moments == sorted(moments)
    assert run.moment == 150
    assert run.done == 1


# The words

SCORES = st.builds(Performance, st.integers(0, 32), st.floats(0.001, 100), st.floats(0.001, 100))
FACTS = st.builds(
    UpdateFacts,
    update=st.integers(1, 10_000),
    batch_size=st.sampled_from([1, 2, 32, 12_000]),
    num_examples=st.just(12_000),
    learning_rate=st.sampled_from([0.001, 0.05, 10.0]),
    grad_norm=st.floats(0, 100),
    before=SCORES,
    after=SCORES,
)


@given(FACTS)
def test_what_was_before_and_after_and_how_far_it_went_is_told(facts):
    said, before, after = dict(words.details(facts)), facts.before, facts.after
    assert (said["update"], said["images in the batch"]) == (f"{facts.update:,}", f"{facts.batch_size:,}")
    assert said["right among them"] == f"{before.num_right:,} before, {after.num_right:,} after"
    assert said["loss of the batch"] == f"{number(before.batch_loss)} before, {number(after.batch_loss)} after"
    assert said["loss over all 12,000 images"] == f"{number(before.loss)} before, {number(after.loss)} after"
    moved = number(facts.learning_rate * facts.grad_norm)
    way = said["length of the update, η · |gradient|"]
    assert way == f"{facts.learning_rate:g} · {number(facts.grad_norm)} = {moved}"


WILD = st.floats(0, 1e30) | st.sampled_from([math.nan, math.inf])
WILD_SCORES = st.builds(Performance, st.integers(0, 12_000), WILD, WILD)


@given(FACTS, st.none() | WILD_SCORES, WILD_SCORES)
def test_whatever_happens_an_update_is_said_in_a_sentence(facts, after, before):
    assert_can_be_said(words.sentence(facts))
    wild = facts._replace(before=before, after=after)
    assert_can_be_said(words.sentence(wild))
    assert ("still to come" in listed(words.details(wild))) == (after is None)


@given(FACTS)
def test_the_sentence_says_what_the_update_did(facts):
    text = words.sentence(facts)

    def moved(before, after):
        return "stayed the same" if number(before) == number(after) else "fell" if after < before else "rose"

    before, after = facts.before, facts.after
    own, everywhere = moved(before.batch_loss, after.batch_loss), moved(before.loss, after.loss)
    if facts.batch_size == 1:
        answers = ["right" if score.num_right else "wrong" for score in (before, after)]
        assert text.startswith(
            f"Update {facts.update:,} used one image: {answers[0]} before it, {answers[1]} after it. Its loss {own}, "
        )
    else:
        whole = "all" if facts.batch_size == 12_000 else "the"
        assert text.startswith(
            f"Before update {facts.update:,} the network gets {before.num_right:,} of {whole} {facts.batch_size:,} "
            f"images right, after it {after.num_right:,}. Their loss {own}"
        )
    assert ("the loss over all images" in text) == (facts.batch_size < 12_000)
    if facts.batch_size < 12_000:
        assert ("and so did the loss over all images." in text) == (own == everywhere)
        assert (f"but the loss over all images {everywhere}." in text) == (own != everywhere)


KNOWN = UpdateFacts(1_234, 32, 12_000, 0.05, 1.4, Performance(12, 1.91, 2.05), Performance(15, 1.62, 1.99))
SCORED = "Before update 1,234 the network gets 12 of the 32 images right, after it 15."
DIVERGED = "At update 1,234 the run has diverged: a loss is not a finite number. Try a smaller learning rate."


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, f"{SCORED} Their loss fell, and so did the loss over all images."),
        (
            {"after": Performance(15, 1.62, 2.06)},
            f"{SCORED} Their loss fell, but the loss over all images rose.",
        ),
        (
            {"after": Performance(15, 1.93, 2.0501)},
            f"{SCORED} Their loss rose, but the loss over all images stayed the same.",
        ),
        (
            {"after": Performance(15, 1.93, 2.06)},
            f"{SCORED} Their loss rose, and so did the loss over all images.",
        ),
        (
            {"after": Performance(15, 1.91, 1.99)},
            f"{SCORED} Their loss stayed the same, but the loss over all images fell.",
        ),
        (
            {
                "batch_size": 12_000,
                "before": Performance(1_200, 2.05, 2.05),
                "after": Performance(1_500, 1.99, 1.99),
            },
            "Before update 1,234 the network gets 1,200 of all 12,000 images right, after it 1,500. Their loss fell.",
        ),
        (
            {"batch_size": 1, "before": Performance(0, 1.91, 2.05), "after": Performance(1, 1.62, 1.99)},
            "Update 1,234 used one image: wrong before it, right after it. Its loss fell, and so did the loss over all "
            "images.",
        ),
        (
            {
                "batch_size": 1,
                "num_examples": 1,
                "before": Performance(1, 1.9, 1.9),
                "after": Performance(0, 1.91, 1.91),
            },
            "Update 1,234 used one image: right before it, wrong after it. Its loss rose.",
        ),
        (
            {"after": None, "before": Performance(1_005, 1.91, 2.05), "batch_size": 12_000},
            "No update has been made yet. The first batch has 12,000 images, of which the network gets 1,005 right; "
            "the loss over all images is 2.05.",
        ),
        (
            {"after": None, "before": Performance(0, 1.91, 2.05), "batch_size": 1},
            "No update has been made yet. The first batch has 1 image, of which the network gets 0 right; the loss "
            "over all images is 2.05.",
        ),
        ({"grad_norm": math.inf}, DIVERGED),
        ({"after": Performance(15, math.nan, 1.99)}, DIVERGED),
        ({"before": Performance(12, 1.91, math.inf)}, DIVERGED),
    ],
)
def test_the_whole_sentence(change, said):
    assert words.sentence(KNOWN._replace(**change)) == said


def test_all_details():
    assert words.details(KNOWN) == [
        ("update", "1,234"),
        ("images in the batch", "32"),
        ("right among them", "12 before, 15 after"),
        ("loss of the batch", "1.91 before, 1.62 after"),
        ("loss over all 12,000 images", "2.05 before, 1.99 after"),
        ("length of the update, η · |gradient|", "0.05 · 1.40 = 0.0700"),
    ]
    assert words.details(KNOWN._replace(after=None, batch_size=1_024, before=Performance(1_003, 1.91, 2.05))) == [
        ("update", "1,234, still to come"),
        ("images in the batch", "1,024"),
        ("right among them", "1,003"),
        ("loss of the batch", "1.91"),
        ("loss over all 12,000 images", "2.05"),
        ("length of the update, η · |gradient|", "0.05 · 1.40 = 0.0700"),
    ]


def test_one_image_is_it_and_not_they():
    known = words.facts(stepped(1, batch_size=1))
    assert "Its loss fell" in words.sentence(known)


def test_a_start_and_a_divergence_are_said():
    assert words.sentence(words.facts(stepped(0))).startswith("No update has been made yet. The first batch")
    wild = NextUpdateRun(make_dataset(1e18), Settings(batch_size=5, epochs=2, learning_rate=10.0))
    while not wild.finished:
        wild.advance()
    with np.errstate(all="ignore"):
        assert "diverged" in words.sentence(words.facts(wild))


# The picture


def picture(run):
    panel = NextUpdatePanel(DATASET, batch_size=4)
    return panel._picture_of(run)


def test_the_picture_has_the_images_and_the_bars():
    run = stepped(2)
    batch = picture(run).rows[0][0]
    anatomy = run.anatomy()
    images = [mark for mark in batch.marks if isinstance(mark, Cells)]
    assert len(images) == 5
    expected = 255 * (1 - np.asarray(DATASET.x_train[anatomy.examples[0]]).reshape(3, 3))
    np.testing.assert_allclose(images[0].colors[..., 0], expected, atol=1)
    label = LABELS[anatomy.examples[0]]
    shares = [snapshot.probabilities[anatomy.examples[0], label] for snapshot in (anatomy.before, anatomy.after)]
    texts = [mark.text for mark in batch.marks if isinstance(mark, Words)]
    assert texts[2:4] == [f"{100 * share:.0f} %" for share in shares]
    sign = "✓" if anatomy.after.probabilities[anatomy.examples[0]].argmax() == label else "✗"
    assert texts[0] == NAMES[label]
    assert texts[1].startswith(sign)


@pytest.mark.parametrize("is_made", [False, True])
def test_the_class_that_the_network_says_is_the_one_after_the_update_where_that_is_made(is_made):
    anatomy, others = stepped(1).anatomy(), (LABELS + 1) % 3
    before = anatomy.before._replace(probabilities=np.eye(3)[others])
    after = anatomy.after._replace(probabilities=np.eye(3)[LABELS]) if is_made else None
    chart = plots.batch_chart(anatomy._replace(before=before, after=after), DATASET)
    texts, first = [mark.text for mark in chart.marks if isinstance(mark, Words)], anatomy.examples[0]
    meant = f"✓ says {NAMES[LABELS[first]]}" if is_made else f"✗ says {NAMES[others[first]]}"
    assert texts[:2] == [NAMES[LABELS[first]], meant]


@pytest.mark.parametrize(("batch_size", "more"), [(6, ""), (7, ", 6 of them shown")])
def test_how_many_images_are_shown_is_said_where_it_is_not_all(batch_size, more):
    chart = plots.batch_chart(stepped(2).anatomy()._replace(examples=np.arange(batch_size)), DATASET)
    assert chart.title == f"Update 2: a batch of {batch_size} images{more}"


def test_a_dot_is_where_the_loss_stands():
    run = stepped(3)
    line, dot = plots.loss_so_far(run).marks
    np.testing.assert_array_equal([line.x, line.y], run.losses())
    assert (dot.x, dot.y) == (3, run.losses()[1, -1])


@pytest.mark.parametrize("sign", [1, -1])
def test_the_darkest_colour_is_for_half_of_the_largest_weight_be_it_above_zero_or_below(sign):
    weight = sign * np.full((9, 20), 0.01)
    weight[3, 2], weight[3, 18] = sign * 0.36, sign * 9.0  # the second is not shown
    assert 0.18 <= plots._limit(weight) <= 0.36


def test_examples_that_are_no_square_images_are_not_shown_as_such():
    panel = NextUpdatePanel(tiny_dataset(num_features=6), batch_size=4)
    run = NextUpdateRun(panel._dataset, Settings(batch_size=4))
    run.step()
    above, below = panel._picture_of(run).rows
    assert [chart.title for chart in below] == ["Loss", "Loss so far"]
    assert not any(isinstance(mark, Cells) for chart in (*above, *below) for mark in chart.marks)


def test_each_unit_is_said_to_speak_for_and_against_the_classes_of_its_largest_and_smallest_weight():
    onward = np.array([[0.1, 0.5, -0.2], [-3.0, 0.0, 1.0], [np.nan, 0.0, 1.0]])
    names = plots.unit_names(onward, ["bag", "coat", "T_shirt"])
    assert len(names) == plots.UNITS_SHOWN
    assert names[:4] == (
        "Unit 1 speaks most for coat, most against T\\_shirt",
        "Unit 2 speaks most for T\\_shirt, most against bag",
        "Unit 3",
        "Unit 4",
    )


def test_the_images_of_the_units_are_linked_and_named_by_the_network_as_it_is_now():
    run = stepped(2)
    units = [chart.marks[0] for chart in picture(run).rows[1][:3]]
    second = np.asarray(run.sgd.state.params[1].weight)
    np.testing.assert_array_equal(run.anatomy().after.onward, second)
    assert [cells.tiles for cells in units] == [plots.unit_names(second, NAMES)] * 3


def test_the_legend_has_the_colours_of_the_bars_and_the_bars_the_lengths_of_the_shares():
    run = stepped(2)
    anatomy, marks = run.anatomy(), picture(run).rows[0][0].marks
    first = anatomy.examples[0]
    names = [mark for mark in marks if isinstance(mark, Curve)]
    assert ["before" in names[0].name, "after" in names[1].name] == [True, True]
    bars = [mark for mark in marks if isinstance(mark, Band) and mark.color != plots.TRACK_COLOR][:2]
    assert [bar.color for bar in bars] == [name.color for name in names]
    assert bars[0].low[0] > bars[1].high[0]  # before is above
    for bar, snapshot in zip(bars, (anatomy.before, anatomy.after), strict=True):
        share = snapshot.probabilities[first, LABELS[first]]
        assert bar.x[1] - bar.x[0] == pytest.approx(0.62 * share)


def test_each_sheet_shows_what_its_title_says():
    run = stepped(3)
    anatomy = run.anatomy()
    now = anatomy.after.weight
    meant = {
        "−η × gradient": now - anatomy.before.weight,
        "Weights": now,
        "Learned so far": now - run.start_weight,
    }
    for chart in picture(run).rows[1][:3]:
        colors = chart.marks[0].colors.astype(int)
        weight = meant.pop(chart.title)[:, :16].T.reshape(4, 4, 3, 3)
        redder = (colors[..., 0] - colors[..., 2]).reshape(4, 5, 4, 5).swapaxes(1, 2)[:, :, 1:4, 1:4]
        clear = np.abs(weight) > 0.05 * np.abs(weight).max()
        np.testing.assert_array_equal(np.sign(redder)[clear], np.sign(weight)[clear])
    assert meant == {}


def test_the_losses_are_drawn_before_and_after():
    run = stepped(3)
    anatomy = run.anatomy()
    chart = picture(run).rows[1][3]
    everything, batch = (mark.y for mark in chart.marks if mark.y.size)
    for name, values in (("all", everything), ("batch", batch)):
        assert f"{name} {values[0]:.3f} → {values[1]:.3f}" in [mark.name for mark in chart.marks]
    assert [(tick.at, tick.text) for tick in chart.x.ticks] == [(0, "before"), (1, "after")]
    assert batch.tolist() == [anatomy.batch_loss(snapshot) for snapshot in (anatomy.before, anatomy.after)]
    assert everything[1] < everything[0]


@given(st.floats(-2, 2), st.floats(0.01, 1))
def test_red_is_above_zero_and_blue_below(value, limit):
    red, green, blue = plots.red_and_blue(np.array([value]), limit)[0].astype(int)
    strength = min(1, abs(value) / limit)
    assert (red >= green >= 0) if value >= 0 else (blue >= green >= 0)
    ends = plots.POSITIVE if value > 0 else plots.NEGATIVE
    np.testing.assert_allclose([red, green, blue], 255 + strength * (ends - 255), atol=0.5 + 1e-9)


def test_what_is_no_number_is_white():
    assert plots.red_and_blue(np.array([np.nan, 0.0]), 1.0).tolist() == [[255] * 3] * 2


def test_each_unit_is_an_image_with_a_white_frame():
    weight = np.zeros((9, 20))
    weight[:, 5] = 1.0
    (cells,) = (mark for mark in plots.unit_images("units", weight, 1.0).marks if isinstance(mark, Cells))
    coloured = (cells.colors != 255).any(axis=2)
    rows, columns = np.nonzero(coloured)
    assert cells.colors.shape == (20, 20, 3)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (6, 8, 6, 8)  # the sixth: second row and column


# The panel


@settings(max_examples=8)
@given(
    st.sampled_from([1, 2, 4, 8, 16, 24]), st.integers(1, 3), st.sampled_from([0.001, 0.05, 10.0]), st.integers(0, 20)
)
def test_the_panel_ends_well_at_every_setting(batch_size, epochs, learning_rate, seed):
    panel = NextUpdatePanel(DATASET, batch_size=batch_size, epochs=epochs, learning_rate=learning_rate, seed=seed)
    panel.run()
    panel.wait(timeout=60.0)
    assert panel.error is None
    assert panel.details.startswith(f"update: {epochs * -(-24 // batch_size):,}\n")
    assert_can_be_said(panel.words)
    assert panel.status.startswith("Finished")
    panel.close()


def test_the_panel_shows_a_run_that_diverges():
    panel = NextUpdatePanel(make_dataset(1e18), batch_size=4, learning_rate=10.0)
    panel.run()
    panel.wait(timeout=60.0)
    assert "has diverged" in panel.words
    assert panel.picture.startswith(b"\x89PNG")
    panel.close()


def test_the_panel_steps_and_goes_back():
    panel = NextUpdatePanel(DATASET, batch_size=8, epochs=2)
    panel.reset()
    panel.step()
    panel.step()
    panel.wait(timeout=60.0)
    assert panel.words.startswith("Before update 2 the network gets")
    assert panel.details.startswith("update: 2\nimages in the batch: 8\n")
    panel.go_to(0)
    panel.wait(timeout=60.0)
    assert panel.words.startswith("No update has been made yet.")
    panel.close()


@pytest.mark.parametrize(
    ("name", "value"), [("batch_size", 0), ("batch_size", 25), ("epochs", 0), ("learning_rate", -1.0)]
)
def test_a_setting_out_of_range_is_refused(name, value):
    with pytest.raises(ValueError, match=name):
        NextUpdatePanel(DATASET, **{name: value})


def test_a_batch_of_weightless_copies_is_left_out():
    """The last batch is filled up for the compiler; its copies are not among the examples."""
    assert len(set(stepped(5).anatomy().examples.tolist())) == 4
    assert training.take_batch(DATASET.x_train, DATASET.y_train, jnp.arange(24), 4, 5).weight.sum() == 4
