"""Batches of every size around the true gradient: measured as NumPy measures them, and said as they were measured."""

import math
from copy import copy

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sentences import assert_can_be_said, listed

from lesson_lib import NoiseVsBatchSize, batching, model, noise
from lesson_lib.chart.picture import Curve
from lesson_lib.data import Dataset
from lesson_lib.experiment import Race, Settings, start_of
from lesson_lib.panel.numbers import count, number, spoken
from lesson_lib.panels.noise_vs_batch_size import picture as plots
from lesson_lib.panels.noise_vs_batch_size import run as experiment
from lesson_lib.panels.noise_vs_batch_size import words
from lesson_lib.panels.noise_vs_batch_size.run import (
    Draws,
    Moment,
    NoiseVsBatchSizeRun,
    measure_batches,
    num_draws,
    scale_of,
)
from lesson_lib.panels.noise_vs_batch_size.words import BatchNoiseFacts

pytestmark = pytest.mark.slow

NUM_EXAMPLES = 96


def make_dataset(num_examples=NUM_EXAMPLES):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(num_examples, 6)).astype(np.float32)
    y = np.argmax(x[:, :3], axis=1)
    return Dataset("tiny", x, y, x, y, ("a", "b", "c"))


DATASET = make_dataset()
SETTINGS = Settings(batch_size=16, epochs=2, learning_rate=0.1)


@pytest.fixture(scope="module")
def run():
    """One that has come to its end."""
    run = NoiseVsBatchSizeRun(DATASET, SETTINGS)
    run.run()
    return run


@pytest.fixture(scope="module")
def panel():
    """One that has come to its end."""
    panel = NoiseVsBatchSize(DATASET, batch_size=8, epochs=2, learning_rate=0.1)
    panel.run()
    panel.wait(60.0)
    yield panel
    panel.close()


def numpy_gradients(params, x, y):
    """Gradient of each example's loss as one row, in float64, without JAX."""
    (w1, b1), (w2, b2) = (tuple(np.asarray(leaf, np.float64) for leaf in layer) for layer in params)
    hidden = np.maximum(x @ w1 + b1, 0)
    scores = hidden @ w2 + b2
    delta = np.exp(scores - scores.max(axis=1, keepdims=True))
    delta /= delta.sum(axis=1, keepdims=True)
    delta[np.arange(len(y)), y] -= 1
    inner = (delta @ w2.T) * (hidden > 0)
    rows = (np.einsum("ni,nj->nij", x, inner), inner, np.einsum("ni,nj->nij", hidden, delta), delta)
    return np.concatenate([row.reshape(len(y), -1) for row in rows], axis=1)


# The measurement


@pytest.mark.parametrize(("micro", "pieces_per_batch", "num_batches"), [(1, 1, 40), (1, 4, 6), (8, 3, 4), (8, 12, 1)])
def test_batches_are_measured_as_numpy_does(micro, pieces_per_batch, num_batches):
    params = model.init_params((6, 5, 3), key=jax.random.key(1))
    x, y = np.asarray(DATASET.x_train, np.float64), np.asarray(DATASET.y_train)
    order = np.random.default_rng(1).permutation(NUM_EXAMPLES)
    full = noise.measure_full(params, DATASET.x_train, DATASET.y_train)
    with jax.debug_nans(True):
        measured = measure_batches(
            params, DATASET.x_train, DATASET.y_train, jnp.asarray(order.reshape(-1, micro)), full.grad,
            pieces_per_batch, num_batches,
        )  # fmt: skip
    g = numpy_gradients(params, x, y)
    full_grad = g.mean(axis=0)
    size = micro * pieces_per_batch
    batches = order[: num_batches * size].reshape(num_batches, size)
    grads = g[batches].mean(axis=1)
    noise_sq = ((grads - full_grad) ** 2).sum(axis=1)
    cosine = grads @ full_grad / np.linalg.norm(grads, axis=1) / np.linalg.norm(full_grad)
    np.testing.assert_allclose(measured[0, :num_batches], noise_sq, rtol=1e-3, atol=1e-9)
    np.testing.assert_allclose(measured[1, :num_batches], cosine, atol=1e-4)
    np.testing.assert_array_equal(measured[:, num_batches:], 0)


def test_the_mean_over_many_batches_is_what_theory_predicts(run):
    assert tuple(run.draws) == run.batch_sizes == (1, 2, 4, 8, 16, 32, 64)
    for batch_size, draws in run.draws.items():
        count = len(draws.noise_sq)
        assert count == len(draws.cosine) >= num_draws(batch_size) >= 16
        # Batches of one size that were drawn together have no example in common; so few of them that it hardly matters.
        standard_error = draws.noise_sq.std() / np.sqrt(count)
        assert abs(draws.noise_sq.mean() - run.predicted(batch_size)) < 5 * standard_error
        assert np.abs(draws.cosine).max() <= 1


def test_predictions_with_replacement_have_no_factor(run):
    trace_sigma = run.moments[-1].trace_sigma
    for batch_size in (1, 8, NUM_EXAMPLES):
        assert run.predicted(batch_size, replace=True) == pytest.approx(trace_sigma / batch_size)
        factor = (NUM_EXAMPLES - batch_size) / (NUM_EXAMPLES - 1)
        assert run.predicted(batch_size) == pytest.approx(trace_sigma / batch_size * factor)


def test_the_network_is_that_of_a_race_with_the_same_settings(run):
    race = Race(DATASET, SETTINGS)
    race.run()
    assert run.moments[0].loss == pytest.approx(race.sgd.measurements[0].loss, rel=1e-5)
    assert run.moments[-1].loss == pytest.approx(race.sgd.measurements[-1].loss, rel=1e-5)
    assert run.moments[-1].num_epochs == SETTINGS.epochs
    assert [moment.b_simple for moment in run.moments] == pytest.approx(
        [moment.trace_sigma / moment.grad_norm_sq for moment in run.moments]
    )


def test_a_run_goes_to_its_end_and_no_further_and_is_the_same_each_time(run):
    again = NoiseVsBatchSizeRun(DATASET, SETTINGS)
    shares = [again.done]
    while not again.finished:
        again.advance()
        shares.append(again.done)
    assert shares[0] == 0
    assert shares[-1] == 1
    assert (np.diff(shares) > 0).all()
    again.advance()
    assert again.moments == run.moments
    for batch_size, draws in again.draws.items():
        assert (draws.noise_sq == run.draws[batch_size].noise_sq).all()


def test_every_size_has_batches_of_its_own_and_none_of_the_trainings(monkeypatch):
    drawn, measure = [], experiment.measure_batches

    def spy(params, x, y, micro_batches, *others):
        drawn.append(tuple(np.ravel(micro_batches).tolist()))
        return measure(params, x, y, micro_batches, *others)

    monkeypatch.setattr(experiment, "measure_batches", spy)
    NoiseVsBatchSizeRun(DATASET, Settings(batch_size=16, epochs=1)).run()
    key = start_of(DATASET, 0).order_key
    trained = [batching.epoch_order(DATASET.y_train, epoch, key=key)[:64] for epoch in range(50)]
    assert len(set(drawn)) == len(drawn) > 7
    assert set(drawn).isdisjoint({tuple(order.tolist()) for order in trained})


@pytest.mark.parametrize("batch_size", [2**k for k in range(16)])
def test_the_number_of_batches_is_bounded(batch_size):
    assert num_draws(batch_size) >= 1
    assert batch_size * num_draws(batch_size) <= 32768
    assert batch_size * num_draws(batch_size) >= 2048


def test_the_scale_over_some_moments_is_the_ratio_of_their_means():
    moments = [Moment(0.0, 1.0, grad_norm_sq, 6.0, 6.0 / grad_norm_sq) for grad_norm_sq in (1.0, 3.0)]
    assert scale_of(moments) == 3.0  # the mean of the ratios would be 4


@pytest.mark.parametrize(("num_examples", "batch_size"), [(96, 97), (1, 1)])
def test_settings_that_do_not_fit_are_refused(num_examples, batch_size):
    with pytest.raises(ValueError, match="must be a whole number"):
        NoiseVsBatchSizeRun(make_dataset(num_examples), Settings(batch_size=batch_size))


# The words

POSITIVE = st.floats(1e-6, 1e6)


@st.composite
def facts(draw):
    """What may be known, over the whole range of the panel's controls."""
    num_examples = draw(st.integers(2, 60_000))
    batch_size = draw(st.sampled_from([*(2**k for k in range(16) if 2**k < num_examples), num_examples]))
    measured = Draws(np.array([draw(POSITIVE)]), np.array([draw(st.floats(-1, 1))]))
    return BatchNoiseFacts(
        batch_size=batch_size,
        num_examples=num_examples,
        num_epochs=draw(st.sampled_from([0.0, 0.25, 1.0, 20.0])),
        first_loss=draw(POSITIVE),
        loss=draw(POSITIVE),
        first_b_simple=draw(POSITIVE),
        b_simple=draw(POSITIVE),
        late_b_simple=draw(POSITIVE),
        grad_norm_sq=draw(POSITIVE),
        predicted=draw(POSITIVE),
        draws=None if batch_size == num_examples else draw(st.none() | st.just(measured)),
        slope=draw(st.floats(-2, 0) | st.just(np.nan)),
    )


@given(facts())
def test_the_sentence_says_how_far_a_gradient_lies_from_the_true_one(known):
    sentence = words.sentence(known)
    assert_can_be_said(sentence)
    assert ("Before the training" in sentence) == (known.num_epochs == 0)
    if known.batch_size == known.num_examples:
        assert f"the loss is {spoken(known.loss)}. With B = N a batch has no noise" in sentence
        return
    theory = spoken(math.sqrt(known.predicted / known.grad_norm_sq))
    batch = count(known.batch_size, "example")
    if known.draws is None:
        said = f"theory says that a gradient from {batch} misses the true one by {theory} times its length."
    else:
        measured = spoken(math.sqrt(known.draws.noise_sq.mean() / known.grad_norm_sq))
        said = f"a gradient from {batch} misses the true one by {measured} times its length; theory says {theory}."
    assert sentence.endswith(said)


WILD = st.floats(0, 1e30) | st.sampled_from([math.nan, math.inf])


@given(facts(), WILD, WILD, WILD)
def test_whatever_happens_the_noise_is_said_in_a_sentence(known, loss, signal, predicted):
    known = known._replace(loss=loss, grad_norm_sq=signal, predicted=predicted)
    assert_can_be_said(words.sentence(known))
    listed(words.details(known))


@given(facts())
def test_the_details_say_what_was_measured(known):
    said = dict(words.details(known))
    assert said["loss"] == f"{number(known.loss)} (at the start {number(known.first_loss)})"
    scale = f"{number(known.b_simple)} examples (at the start {number(known.first_b_simple)})"
    assert said["noise scale tr Σ / |G|²"] == scale
    assert said["the same, last quarter of the training"] == f"{number(known.late_b_simple)} examples"
    assert ("slope of the points up to B = N/10" in said) == np.isfinite(known.slope)
    noise_sq, theory = said[f"squared noise |g − G|², B = {known.batch_size:,}"], number(known.predicted)
    if known.batch_size == known.num_examples:
        assert noise_sq == "0: the batch is the whole training set"
    elif known.draws is None:
        assert noise_sq == f"{theory} in theory; the batches are still to come"
    else:
        measured = known.draws.noise_sq.mean()
        assert noise_sq == f"{number(measured)}, mean of {len(known.draws.noise_sq):,} batches (theory: {theory})"
        ratio = number(float(np.float32(known.grad_norm_sq) / np.float32(measured)))
        assert (said["signal |G|²"], said["signal-to-noise ratio"]) == (number(known.grad_norm_sq), ratio)
        cosine = float(said["mean cosine with the true gradient"].replace("−", "-"))
        assert cosine == pytest.approx(known.draws.cosine.mean(), abs=0.00501)


KNOWN = BatchNoiseFacts(
    batch_size=1_024, num_examples=12_000, num_epochs=2.5, first_loss=2.36, loss=0.41, first_b_simple=35.0,
    b_simple=420.0, late_b_simple=380.0, grad_norm_sq=0.04, predicted=0.16, slope=-0.98,
    draws=Draws(np.array([0.05, 0.31]), np.array([-0.5, 0.26])),
)  # fmt: skip
LESS = "After 2.5 epochs the training has diverged. Try a smaller learning rate."


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {},
            "After 2.5 epochs, a gradient from 1,024 examples misses the true one by 2.12 times its length; theory "
            "says 2.00.",
        ),
        (
            {"num_epochs": 0.0, "batch_size": 1},
            "Before the training, a gradient from 1 example misses the true one by 2.12 times its length; theory says "
            "2.00.",
        ),
        (
            {"draws": None},
            "After 2.5 epochs, theory says that a gradient from 1,024 examples misses the true one by 2.00 times its "
            "length.",
        ),
        (
            {"batch_size": 12_000},
            "After 2.5 epochs the loss is 0.41. With B = N a batch has no noise: its gradient is the true one.",
        ),
        ({"loss": math.nan}, LESS),
        ({"grad_norm_sq": math.inf}, LESS),
        ({"predicted": math.inf}, LESS),
    ],
)
def test_the_whole_sentence(change, said):
    assert words.sentence(KNOWN._replace(**change)) == said


def test_all_details():
    so_far = [("so far", "2.5 epochs"), ("loss", "0.410 (at the start 2.36)")]
    scale = [
        ("slope of the points up to B = N/10", "−0.98 (theory: −1)"),
        ("noise scale tr Σ / |G|²", "420 examples (at the start 35.0)"),
        ("the same, last quarter of the training", "380 examples"),
    ]
    label = "squared noise |g − G|², B = 1,024"
    assert words.details(KNOWN) == [
        *so_far,
        (label, "0.180, mean of 2 batches (theory: 0.160)"),
        ("mean cosine with the true gradient", "−0.12"),
        ("signal |G|²", "0.0400"),
        ("signal-to-noise ratio", "0.222"),
        *scale,
    ]
    to_come = (label, "0.160 in theory; the batches are still to come")
    assert words.details(KNOWN._replace(draws=None, slope=math.nan)) == [*so_far, to_come, *scale[1:]]
    none = ("squared noise |g − G|², B = 12,000", "0: the batch is the whole training set")
    assert words.details(KNOWN._replace(batch_size=12_000)) == [*so_far, none, *scale]
    assert words.details(KNOWN._replace(predicted=math.nan)) == [("so far", "2.5 epochs, diverged")]
    nearly_none = KNOWN.draws._replace(cosine=np.array([-0.004, 0.002]))
    assert ("mean cosine with the true gradient", "0.00") in words.details(KNOWN._replace(draws=nearly_none))


def test_the_slope_is_that_of_the_points_for_which_n_is_as_good_as_endless(run):
    sizes = np.array([1, 2, 4, 8])
    means = [run.draws[size].noise_sq.mean() for size in sizes]
    expected = np.polyfit(np.log(sizes), np.log(means), 1)[0]
    assert words.facts(run, 8).slope == pytest.approx(expected)
    assert abs(expected + 1) < 0.3


def test_the_last_quarter_is_no_more_than_that(run):
    facts, quarter = words.facts(run, 8), run.moments[-(len(run.moments) // 4) :]
    assert len(quarter) == 3
    means = [np.mean([getattr(moment, name) for moment in quarter]) for name in ("trace_sigma", "grad_norm_sq")]
    assert facts.late_b_simple == pytest.approx(means[0] / means[1], rel=1e-5)
    assert (facts.first_loss, facts.first_b_simple) == (run.moments[0].loss, run.moments[0].b_simple)
    assert (facts.loss, facts.b_simple) == (run.moments[-1].loss, run.moments[-1].b_simple)
    assert facts[:3] == (8, NUM_EXAMPLES, 2.0)
    early = copy(run)
    for early.moments in (run.moments[:1], run.moments[:7]):  # too few for a quarter of several
        assert words.facts(early, 8).late_b_simple == pytest.approx(early.moments[-1].b_simple, rel=1e-5)
    assert (facts.grad_norm_sq, facts.predicted) == (run.moments[-1].grad_norm_sq, run.predicted(8))
    np.testing.assert_array_equal(facts.draws, run.draws[8])
    assert words.facts(run, NUM_EXAMPLES).draws is None


# The charts

DRAWS = {
    1: Draws(np.array([3.0, 4.0, 11.0]), np.array([0.1, 0.3, 0.2])),
    2: Draws(np.array([1.0, 3.0]), np.array([0.5, 0.9])),
}
THEORY = plots.Theory(np.array([1.0, 2.0, 3.0]), np.array([6.0, 2.0, 0.7]), np.array([6.0, 3.0, 2.0]), 3.0, 4)


def named_in(chart):
    return {mark.name: mark for mark in chart.marks if mark.name}


def test_every_line_is_what_its_name_says(run):
    sizes, moments = THEORY.batch_sizes, run.moments
    noise_chart = plots.noise_chart(DRAWS, THEORY, 2)
    cosine = plots.cosine_chart(DRAWS, THEORY, 2)
    snr = plots.snr_chart(DRAWS, THEORY, 2)
    scale = plots.scale_chart(run, 64)
    epochs = [moment.num_epochs for moment in moments]
    smooth = [scale_of(moments[max(0, place - 2) : place + 3]) for place in range(len(moments))]
    for chart, name, x, y in (
        (noise_chart, "mean", [1, 2], [6, 2]),
        (noise_chart, "theory", sizes, THEORY.noise_sq),
        (noise_chart, "slope −1", sizes, THEORY.with_replacement),
        (noise_chart, "|G|^2, signal", sizes, [3, 3, 3]),
        (cosine, "mean", [1, 2], [0.2, 0.7]),
        (cosine, "estimate", sizes, 1 / np.sqrt(1 + THEORY.noise_sq / 3)),
        (snr, "measured", [1, 2], [0.5, 1.5]),
        (snr, "theory", sizes, 3 / THEORY.noise_sq),
        (snr, "signal = noise", sizes, [1, 1, 1]),
        (scale, "measured", epochs, [moment.b_simple for moment in moments]),
        (scale, "five together", epochs, smooth),
    ):
        mark = named_in(chart)[name]
        np.testing.assert_allclose([mark.x, mark.y], [x, y])
    (line,) = (mark for mark in scale.marks if not mark.name)
    assert (line.x.tolist(), line.y.tolist()) == ([0, 2], [64, 64])
    assert line.color == named_in(scale)["B = 64"].color
    assert scale.y.low <= 64 <= scale.y.high
    assert (cosine.y.low, cosine.y.high, scale.x.high) == (-1, 1, 2)
    dots, _ = plots.batch_dots({1: np.array([0.05, 5.0, 50.0])}, 0.1, 10.0)
    assert dots.y.tolist() == [5.0]


def test_a_batch_size_and_a_noise_scale_have_the_same_unit(run):
    """One line marks B, on an axis of batch sizes here and on one of noise scales there."""
    unit = "(examples)"
    assert plots.noise_chart(DRAWS, THEORY, 2).x.label.endswith(f"B {unit}")
    assert plots.scale_chart(run, 64).y.label == f"tr Σ / |G|^2 {unit}"
    assert plots.scale_chart(run, 64).x.label == "epochs"


@pytest.mark.parametrize(
    ("beside", "title"),
    [
        ("b_simple", "Noise scale over training"),
        ("cosine", "Does it point the right way?"),
        ("snr", "Signal-to-noise ratio"),
    ],
)
def test_beside_it_stands_what_was_chosen(run, beside, title):
    picture = plots.draw_batch_noise(run, 2, beside)
    assert [chart.title for chart in picture.rows[0]] == ["Squared noise of a batch gradient", title]


# The panel


@pytest.mark.parametrize("beside", plots.BESIDE)
@pytest.mark.parametrize("batch_size", [1, 8, 64, NUM_EXAMPLES])
def test_another_batch_size_is_only_looked_at(panel, batch_size, beside):
    before = panel.experiment
    assert before.settings.batch_size == 64  # that of the training, whatever is on the slider
    panel.set(batch_size=batch_size, beside=beside)
    panel.wait(60.0)
    assert panel.experiment is before
    left, right = panel._session.picture.rows[0]
    marks = {mark.name: mark for mark in left.marks if isinstance(mark, Curve)}
    assert any(mark.x.tolist() == [batch_size, batch_size] for mark in left.marks)
    assert f"B = {batch_size}" in marks
    np.testing.assert_allclose(marks["mean"].y, [draws.noise_sq.mean() for draws in before.draws.values()])
    assert (marks["theory"].y <= marks["slope −1"].y * (1 + 1e-9)).all()
    # Only as many dots as lie in the chart: matplotlib would draw the others beside it.
    dots = next(mark for mark in left.marks if mark.marker == "dot" and mark.x.size)
    assert ((left.y.low <= dots.y) & (dots.y <= left.y.high)).all()
    assert right.title in {"Noise scale over training", "Does it point the right way?", "Signal-to-noise ratio"}
    if beside == "b_simple":
        parts = np.array([(moment.trace_sigma, moment.grad_norm_sq) for moment in before.moments])
        five = [parts[max(0, i - 2) : i + 3].mean(axis=0) for i in range(len(parts))]
        np.testing.assert_allclose(named_in(right)["five together"].y, [t / g for t, g in five], rtol=1e-5)
    if beside == "cosine":
        np.testing.assert_allclose(named_in(right)["mean"].y, [draws.cosine.mean() for draws in before.draws.values()])
    assert f"B = {batch_size}" in panel._frame.alt


def test_the_signal_crosses_the_theory_at_the_noise_scale(panel):
    chart = panel._session.picture.rows[0][0]
    marks = {mark.name: mark for mark in chart.marks if isinstance(mark, Curve)}
    scale = panel.experiment.moments[-1].b_simple
    at_scale = np.exp(np.interp(np.log(scale), np.log(marks["slope −1"].x), np.log(marks["slope −1"].y)))
    assert 1 < scale < 64
    assert at_scale == pytest.approx(marks["|G|^2, signal"].y[0], rel=0.01)


def test_a_diverged_network_is_called_so():
    panel = NoiseVsBatchSize(DATASET, epochs=1)
    try:
        run = NoiseVsBatchSizeRun(DATASET, Settings(batch_size=16, epochs=1, learning_rate=1e30))
        run.run()
        assert "diverged" in panel._caption_of(run).sentence
        assert panel._picture_of(run).rows
    finally:
        panel.close()


def test_bad_settings_of_the_panel_are_refused():
    with pytest.raises(TypeError):
        NoiseVsBatchSize(DATASET, colour="red")
    with pytest.raises(ValueError, match="beside must be one of"):
        NoiseVsBatchSize(DATASET, beside="phase")
    with pytest.raises(ValueError, match="learning_rate must be one of"):
        NoiseVsBatchSize(DATASET, learning_rate=0.03)


def test_where_jax_computes_in_float64_nothing_is_rounded():
    with jax.enable_x64(True), jax.numpy_dtype_promotion("standard"):
        run = experiment.NoiseVsBatchSizeRun(make_dataset(), Settings(batch_size=4, epochs=1)).run()
    for draws in run.draws.values():
        assert draws.noise_sq.dtype == np.float64
        assert np.any(draws.noise_sq != draws.noise_sq.astype(np.float32))
