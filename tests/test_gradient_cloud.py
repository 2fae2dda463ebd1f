"""The cloud of batch gradients: its mean is the true gradient, and what is drawn and said of it is what it is."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentences import assert_can_be_said, is_said, listed, numbers_in

import lesson_lib as ll
from lesson_lib.batching import batch_size_menu, epoch_order
from lesson_lib.chart.picture import BLUE, PURPLE, VERMILION, Curve
from lesson_lib.experiment import LinePath, make_line_fit
from lesson_lib.panel.numbers import count, number
from lesson_lib.panels.gradient_cloud import picture as plots
from lesson_lib.panels.gradient_cloud import words
from lesson_lib.panels.gradient_cloud.panel import LEARNING_RATES
from lesson_lib.panels.gradient_cloud.run import GradientCloudRun
from lesson_lib.panels.gradient_cloud.words import CloudFacts

LINE = make_line_fit()
MENU = batch_size_menu(64)

CHOICES = st.fixed_dictionaries(
    {
        "batch_size": st.sampled_from(MENU),
        "epochs": st.integers(1, 3),
        "learning_rate": st.sampled_from(LEARNING_RATES),
        "seed": st.integers(0, 20),
    }
)


def cloud_at(moment=0, **chosen):
    run = GradientCloudRun(LINE, **{"batch_size": 4, "epochs": 3, "learning_rate": 0.1, **chosen})
    for _ in range(min(moment, run.sgd.total_updates)):
        run.step()
    return run


# The cloud


@settings(max_examples=30)
@given(CHOICES, st.integers(0, 200))
def test_the_mean_of_the_cloud_is_the_true_gradient_wherever_sgd_stands(chosen, moment):
    run = cloud_at(moment, **chosen)
    w, b = run.place
    assert (w, b) == tuple(run.sgd.params[run.moment])
    errors = w * LINE.x + b - LINE.y
    singles = np.stack([errors * LINE.x, errors], axis=1)
    np.testing.assert_allclose(run.full_grad(), singles.mean(axis=0), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(run.batch_grads().mean(axis=0), run.full_grad(), rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(run.batch_grads()[0], singles[run.batches[0]].mean(axis=0), atol=1e-9)
    assert run.trace_sigma() == pytest.approx(np.sum(np.var(singles, axis=0)), rel=1e-6)


@pytest.mark.parametrize("batch_size", MENU)
def test_every_batch_has_different_examples_and_every_example_comes_equally_often(batch_size):
    batches = cloud_at(batch_size=batch_size).batches
    assert batches.shape[1] == batch_size
    # Of single examples, or of all, an epoch has every batch that there is: none comes twice.
    assert len(batches) == 64 // batch_size if batch_size in {1, 64} else len(batches) >= 192
    assert all(len(set(batch)) == batch_size for batch in batches.tolist())
    # Each epoch has an order of its own: only of pairs there are so few that one or the other comes again.
    assert len({tuple(sorted(batch)) for batch in batches.tolist()}) > 0.8 * len(batches)
    assert len(set(np.bincount(batches.ravel(), minlength=64))) == 1


@pytest.mark.parametrize("batch_size", [2, 8, 32])
def test_the_batches_of_the_cloud_are_none_of_those_that_sgd_takes(batch_size):
    key = jax.random.key(0)
    orders = [np.asarray(epoch_order(jnp.zeros(64, jnp.int32), epoch, key=key)) for epoch in range(100)]
    own = {tuple(sorted(batch)) for order in orders for batch in order.reshape(-1, batch_size).tolist()}
    cloud = [tuple(sorted(batch)) for batch in cloud_at(batch_size=batch_size).batches.tolist()]
    # Of pairs there are so few that some come by chance.
    assert np.mean([batch in own for batch in cloud]) < (1 if batch_size == 2 else 0.01)


def test_sgd_and_gd_go_the_ways_that_they_go_alone():
    run = cloud_at()
    run.run()
    assert run.finished
    assert run.done == 1
    for path, batch_size in ((run.sgd, 4), (run.gd, 64)):
        alone = LinePath(LINE, learning_rate=0.1, batch_size=batch_size, epochs=3)
        alone.run()
        np.testing.assert_array_equal(path.params, alone.params)


def test_gd_makes_one_update_an_epoch_also_on_the_way_back():
    run = cloud_at(40)
    assert (run.moment, run.gd.moment) == (40, 2)
    full_grad = run.full_grad()
    run.go_to(17)
    assert (run.moment, run.gd.moment, run.recorded) == (17, 1, 40)
    run.go_to(40)
    assert (run.moment, run.gd.moment) == (40, 2)
    np.testing.assert_array_equal(run.full_grad(), full_grad)
    with pytest.raises(ValueError, match="moment"):
        run.go_to(41)


# The words


@settings(max_examples=40)
@given(CHOICES, st.integers(0, 200))
def test_the_details_say_what_is_there(chosen, moment):
    run = cloud_at(moment, **chosen)
    facts, grads, full = words.facts(run), run.batch_grads(), run.full_grad()
    said = dict(words.details(facts))
    assert said["length of the true gradient |G|"] == number(float(np.linalg.norm(full)))
    wrong = grads @ full < 0
    percent = int(
        re.fullmatch(rf"{wrong.sum()} of {len(grads)} \((\d+) %\)", said["the wrong way, over 90° from G"])[1]
    )
    assert percent == pytest.approx(100 * wrong.mean(), abs=0.51)
    if chosen["batch_size"] == 64:
        np.testing.assert_allclose(grads, full[None, :])
    else:
        root_mean_square = float(np.sqrt(((grads - full) ** 2).sum(axis=1).mean()))
        left_over = (64 - chosen["batch_size"]) / 63 / chosen["batch_size"]
        singles = LINE.per_example_grads(run.place)
        theory = number(float(np.sqrt(np.sum(np.var(singles, axis=0)) * left_over)))
        off = said["distance of their gradients from G, root mean square"]
        assert off == f"{number(root_mean_square)} (theory: {theory})"
    for name, path in (("SGD", run.sgd), ("GD", run.gd)):
        assert said[name].startswith(count(path.moment, "update"))
        assert said[name].endswith(f", loss {number(float(path.losses[-1]))}") or facts.diverged


LOSSES = st.floats(1e-9, 1e12)
FACTS = st.builds(
    CloudFacts,
    batch_size=st.sampled_from([1, 2, 32, 64]),
    is_full_batch=st.booleans(),
    num_epochs=st.floats(0, 50),
    num_updates=st.integers(0, 3_200),
    num_gd_updates=st.integers(0, 50),
    loss=LOSSES,
    gd_loss=LOSSES,
    lowest_loss=LOSSES,
    diverged=st.booleans(),
    full_norm=LOSSES,
    num_batches=st.just(64),
    num_wrong=st.integers(0, 64),
    noise=LOSSES,
    predicted=LOSSES,
)


@given(FACTS)
def test_whatever_happens_the_cloud_is_said_in_a_sentence(facts):
    assert_can_be_said(words.sentence(facts))
    assert f"lowest possible loss: {number(facts.lowest_loss)}" in listed(words.details(facts))


@settings(max_examples=40)
@given(CHOICES, st.integers(0, 200))
def test_the_sentence_says_how_many_point_the_wrong_way_and_who_is_ahead(chosen, moment):
    run = cloud_at(moment, **chosen)
    sentence, grads, full = words.sentence(words.facts(run)), run.batch_grads(), run.full_grad()
    assert_can_be_said(sentence)
    sgd, gd = float(run.sgd.losses[-1]), float(run.gd.losses[-1])
    first, _, second = sentence.partition(". ")
    if chosen["batch_size"] == 64:
        assert "its gradient is the true gradient" in first
    else:
        wrong = int(np.sum(grads @ full < 0))
        assert ("single examples" in first) == (chosen["batch_size"] == 1)
        assert numbers_in(first) == ([len(grads), wrong] if wrong else [len(grads)])
        assert (", none points" in first) == (wrong == 0)
    losses = numbers_in(second)
    if len(losses) == 1:
        assert is_said(losses[0], sgd)
        assert moment == 0 or is_said(losses[0], gd)
    else:
        assert second.startswith("SGD is ahead" if sgd < gd else "GD is ahead")
        assert all(map(is_said, losses, sorted([sgd, gd])))


KNOWN = CloudFacts(4, False, 1.5, 1_024, 64, 0.31, 1.24, 0.102, False, 0.87, 1_200, 300, 0.52, 0.49)
AHEAD = "SGD is ahead: loss 0.31 against 1.24."


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, f"Of 1,200 batch gradients, 300 point the wrong way. {AHEAD}"),
        ({"num_wrong": 1_100}, f"Of 1,200 batch gradients, 1,100 point the wrong way. {AHEAD}"),
        ({"num_wrong": 1}, f"Of 1,200 batch gradients, 1 points the wrong way. {AHEAD}"),
        ({"num_wrong": 0}, f"Of 1,200 batch gradients, none points the wrong way. {AHEAD}"),
        (
            {"batch_size": 1, "num_wrong": 0},
            f"Of 1,200 gradients of single examples, none points the wrong way. {AHEAD}",
        ),
        ({"batch_size": 1}, f"Of 1,200 gradients of single examples, 300 point the wrong way. {AHEAD}"),
        (
            {"gd_loss": 0.2},
            "Of 1,200 batch gradients, 300 point the wrong way. GD is ahead: loss 0.20 against 0.31.",
        ),
        (
            {"gd_loss": 0.3101},
            "Of 1,200 batch gradients, 300 point the wrong way. SGD and GD both have a loss of 0.31.",
        ),
        (
            {"num_updates": 0, "loss": 2.05, "gd_loss": 2.05},
            "Of 1,200 batch gradients, 300 point the wrong way. Both start with a loss of 2.05.",
        ),
        (
            {"is_full_batch": True, "batch_size": 64},
            "With B = N there is only one batch, and its gradient is the true gradient. The loss is 0.31.",
        ),
        (
            {"diverged": True},
            "SGD diverges: after 1,024 updates its loss is more than 1,000,000 times the first one, and the run "
            "stops. Try a smaller learning rate.",
        ),
    ],
)
def test_the_whole_sentence(change, said):
    assert words.sentence(KNOWN._replace(**change)) == said


def test_all_details():
    cloud = [
        ("length of the true gradient |G|", "0.870"),
        ("batches in the cloud", "1,200 of 4 examples"),
        ("distance of their gradients from G, root mean square", "0.520 (theory: 0.490)"),
        ("the wrong way, over 90° from G", "300 of 1,200 (25 %)"),
    ]
    rest = [("GD", "64 updates, loss 1.24"), ("lowest possible loss", "0.102")]
    assert words.details(KNOWN) == [*cloud, ("SGD", "1,024 updates (1.5 epochs), loss 0.310"), *rest]
    stopped = "1,024 updates (1.5 epochs), diverged, and stopped: its loss is over 1,000,000 times the first one"
    assert words.details(KNOWN._replace(diverged=True)) == [*cloud, ("SGD", stopped), *rest]
    assert words.details(KNOWN._replace(batch_size=1, num_gd_updates=1))[1::4] == [
        ("batches in the cloud", "1,200 of 1 example"),
        ("GD", "1 update, loss 1.24"),
    ]


@pytest.mark.parametrize("batch_size", [1, 2, 8, 32])
def test_the_noise_of_the_cloud_is_the_one_that_theory_predicts(batch_size):
    facts = words.facts(cloud_at(20, batch_size=batch_size))
    # Of single examples the cloud has all; of other batches a sample.
    assert facts.noise == pytest.approx(facts.predicted, rel=1e-9 if batch_size == 1 else 0.15)


def test_a_path_that_diverges_is_called_so():
    run = GradientCloudRun(LINE, batch_size=1, epochs=40, learning_rate=2.0)
    run.run()
    assert run.finished
    assert run.sgd.diverged_at is not None
    assert "diverged, and stopped" in dict(words.details(words.facts(run)))["SGD"]
    sentence = words.sentence(words.facts(run))
    assert_can_be_said(sentence)
    assert f"SGD diverges: after {run.sgd.moment} updates" in sentence
    run.go_to(run.moment - 1)  # where it has not diverged yet
    assert "diverge" not in words.sentence(words.facts(run)) + listed(words.details(words.facts(run)))


# The picture and the panel


@settings(max_examples=30)
@given(CHOICES, st.integers(0, 200))
def test_every_dot_is_on_its_side(chosen, moment):
    run = cloud_at(moment, **chosen)
    full, grads = run.full_grad(), run.batch_grads()
    shown = plots.WIDE
    chart = plots.cloud_chart(full, grads, shown)
    dots = {
        mark.color: np.stack([mark.x, mark.y], axis=1) for mark in chart.marks if mark.marker == "dot" and not mark.name
    }
    assert (dots[VERMILION] @ -full >= 0).all()
    assert (dots[PURPLE] @ -full <= 0).all()
    inside = (np.abs(grads) <= [shown[0][1], shown[1][1]]).all(axis=1)
    assert len(dots[VERMILION]) + len(dots[PURPLE]) == inside.sum()
    arrow = next(mark for mark in chart.marks if isinstance(mark, Curve) and mark.arrow)
    mean = next(mark for mark in chart.marks if mark.marker == "cross" and not mark.name)
    np.testing.assert_allclose([arrow.x[-1], arrow.y[-1]], -full)
    np.testing.assert_allclose([mean.x[0], mean.y[0]], -full, rtol=1e-6, atol=1e-12)


def test_names_go_with_what_is_drawn():
    run = cloud_at(30)
    full = run.full_grad()
    chart = plots.cloud_chart(full, run.batch_grads(), plots.WIDE)
    legend = {mark.name: mark for mark in chart.marks if mark.name}
    for name, color in (("right way", VERMILION), ("wrong way", PURPLE), ("true gradient", BLUE)):
        assert legend[name].color == color
    border = next(mark for mark in chart.marks if mark.dash == "dashed")
    along = np.array([np.diff(border.x)[0], np.diff(border.y)[0]])
    assert abs(along @ full) < 1e-9 * np.linalg.norm(along) * np.linalg.norm(full)
    assert (chart.x.label[-1], chart.y.label[-1]) == ("w", "b")


def test_both_ways_have_their_colours():
    panel = ll.GradientCloud(LINE)
    try:
        run = cloud_at(20)
        ways = {mark.name: mark for mark in panel._picture_of(run).rows[0][1].marks if isinstance(mark, Curve)}
        for name, path, color in (("SGD, B = 4", run.sgd, VERMILION), ("GD", run.gd, BLUE)):
            assert ways[name].color == color
            np.testing.assert_array_equal(np.stack([ways[name].x, ways[name].y], axis=1), path.params)
    finally:
        panel.close()


def test_the_part_of_the_plane_does_not_depend_on_the_batch_size():
    panel = ll.GradientCloud()
    try:
        for batch_size in MENU:
            chart = panel._picture_of(cloud_at(batch_size=batch_size)).rows[0][0]
            assert (chart.x.low, chart.x.high) == plots.FAR[0]
        at_minimum = cloud_at(200, batch_size=16, epochs=50)
        chart = panel._picture_of(at_minimum).rows[0][0]
        assert (chart.x.low, chart.x.high) == plots.NEAR[0]
    finally:
        panel.close()


@pytest.mark.parametrize("start", [(0, 0), (3.0, 1.5), (-2.0, 4.5), (100, -100)])
def test_all_gradients_of_single_examples_are_seen_wherever_it_starts(start):
    singles = -LINE.per_example_grads(np.array(start, float))
    (left, right), (low, high) = plots.part_with(singles)
    assert ((singles >= [left, low]) & (singles <= [right, high])).all()
    if abs(start[0]) > 50:
        assert np.abs(singles / [right, high]).max() > 0.5  # and there is no more room than it takes


def test_the_cloud_lies_where_sgd_stands_on_the_map():
    panel = ll.GradientCloud(LINE)
    try:
        run = cloud_at(20)
        chart = panel._picture_of(run).rows[0][1]
        cloud = chart.marks[1]
        np.testing.assert_allclose(np.stack([cloud.x, cloud.y]).T, run.place - run.batch_grads())
        assert chart.start == (0.0, 0.0)
        # From these places dots lie beyond all four edges of the map.
        for start_w, start_b in ((-0.5, 1.0), (3.0, -1.0), (0.0, -2.0)):
            run = cloud_at(batch_size=1, start_w=start_w, start_b=start_b)
            chart = panel._picture_of(run).rows[0][1]
            dots = run.place - run.batch_grads()
            seen = ((dots >= [chart.x.low, chart.y.low]) & (dots <= [chart.x.high, chart.y.high])).all(axis=1)
            np.testing.assert_allclose(np.stack([chart.marks[1].x, chart.marks[1].y]).T, dots[seen])
    finally:
        panel.close()


def test_both_ways_begin_where_the_ring_is_dragged_to():
    panel = ll.GradientCloud(LINE, epochs=2)
    try:
        panel.run()
        panel.wait(60.0)
        panel._frame._handle_custom_msg({"start": [3.14159, -1.2345]}, [])
        panel.wait(60.0)
        run = panel.experiment
        assert run.sgd.params[0].tolist() == run.gd.params[0].tolist() == [3.14, -1.23]
        assert panel._session.picture.rows[0][1].start == (3.14, -1.23)
        assert "start_w=3.14, start_b=-1.23" in panel.code
        gradient = LINE.grad(np.array([3.14, -1.23]))
        np.testing.assert_allclose(run.gd.params[1], [3.14, -1.23] - 0.1 * gradient)
    finally:
        panel.close()


def test_the_panel_steps_and_rewinds():
    panel = ll.GradientCloud(LINE, epochs=2)
    try:
        panel.run()
        panel.wait(60.0)
        end = panel.words
        assert "SGD: 32 updates" in panel.details
        assert "\nGD: 2 updates" in panel.details
        panel.go_to(0)
        panel.wait(60.0)
        assert "Both start with a loss of 2.05" in panel.words
        panel.go_to(32)
        panel.wait(60.0)
        assert panel.words == end
    finally:
        panel.close()


def test_bad_settings_are_refused():
    with pytest.raises(TypeError, match="colour"):
        ll.GradientCloud(colour="red")
    with pytest.raises(ValueError, match="start_w"):
        ll.GradientCloud(start_w=np.inf)
    with pytest.raises(ValueError, match="batch_size must be one of"):
        ll.GradientCloud(batch_size=3)
    with pytest.raises(ValueError, match="batch_size"):
        GradientCloudRun(LINE, batch_size=65, epochs=1, learning_rate=0.1)
