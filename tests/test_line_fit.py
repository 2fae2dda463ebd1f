"""A line fitted to points: against sums over the points, closed forms of the quadratic, and an independent path."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesson_lib.experiment import LineFit, LinePath, make_line_fit
from lesson_lib.experiment.line_fit import DIVERGED

LINE = make_line_fit()
PLACES = st.tuples(st.floats(-10, 10), st.floats(-10, 10)).map(np.array)
ALLOWED = {"learning_rate": 0.1, "batch_size": 64, "epochs": 1}


def loss_by_hand(line, w, b):
    return np.mean([0.5 * (w * x + b - y) ** 2 for x, y in zip(line.x, line.y, strict=True)])


def gd(share, updates, line=LINE):
    path = LinePath(line, learning_rate=share * line.edge, batch_size=line.num_examples, epochs=updates)
    path.run()
    return path


# The surface


@given(PLACES)
def test_the_loss_is_the_mean_over_the_points(params):
    assert LINE.loss(params) == pytest.approx(loss_by_hand(LINE, *params), rel=1e-12)


def test_the_loss_at_many_places_is_that_of_each():
    places = np.random.default_rng(0).normal(size=(3, 4, 2))
    losses = LINE.loss(places)
    assert losses.shape == (3, 4)
    assert losses[2, 1] == pytest.approx(LINE.loss(places[2, 1]), rel=1e-14)


@given(PLACES, st.sampled_from([0, 1]))
def test_the_gradient_is_the_slope_of_the_loss(params, entry):
    # Of a quadratic, the central difference is exact but for rounding.
    step = np.eye(2)[entry] * 0.5
    slope = LINE.loss(params + step) - LINE.loss(params - step)
    assert LINE.grad(params)[entry] == pytest.approx(float(slope), rel=1e-9, abs=1e-11)


@given(PLACES, st.lists(st.integers(0, 63), min_size=1))
def test_a_batch_gradient_is_the_mean_of_its_examples(params, examples):
    each = LINE.per_example_grads(params)
    np.testing.assert_allclose(
        LINE.grad(params, np.array(examples)), each[examples].mean(axis=0), rtol=1e-9, atol=1e-11
    )
    np.testing.assert_allclose(LINE.grad(params), each.mean(axis=0), rtol=1e-9, atol=1e-11)


def test_the_minimum_is_the_least_squares_line():
    slope, height = np.polyfit(LINE.x, LINE.y, 1)
    np.testing.assert_allclose(LINE.minimum, [slope, height], rtol=1e-10)
    np.testing.assert_allclose(LINE.grad(LINE.minimum), 0, atol=1e-14)
    assert LINE.lowest_loss == pytest.approx(loss_by_hand(LINE, slope, height), rel=1e-12)


def test_the_curvatures_are_those_of_a_two_by_two_matrix():
    # Eigenvalues from trace and determinant.
    trace, determinant = np.mean(LINE.x**2) + 1, np.var(LINE.x)
    root = np.sqrt(trace**2 / 4 - determinant)
    np.testing.assert_allclose(LINE.curvatures, [trace / 2 - root, trace / 2 + root], rtol=1e-10)
    assert LINE.edge == pytest.approx(2 / (trace / 2 + root), rel=1e-10)


def test_the_points_scatter_around_the_true_line():
    line = make_line_fit(20_000, seed=3)
    off = line.y - (2 * line.x - 0.5)
    assert abs(off.mean()) < 5 * 0.5 / np.sqrt(20_000)
    assert abs(off.std() - 0.5) < 5 * 0.5 / np.sqrt(2 * 20_000)
    assert 0 <= line.x.min() < 0.01
    assert 1.99 < line.x.max() <= 2


# Paths


@settings(max_examples=20)
@given(PLACES)
def test_a_path_starts_where_it_is_told(start):
    path = LinePath(LINE, **ALLOWED, start_w=start[0], start_b=start[1])
    np.testing.assert_array_equal(path.params, [start])
    assert path.losses == pytest.approx([loss_by_hand(LINE, *start)], rel=1e-12)
    path.step()
    off = start[0] * LINE.x + start[1] - LINE.y
    np.testing.assert_allclose(path.params[1], start - 0.1 * np.array([np.mean(off * LINE.x), np.mean(off)]), rtol=1e-9)


@pytest.mark.parametrize("name", ["start_w", "start_b"])
@pytest.mark.parametrize("wrong", [np.nan, np.inf, 101.0, -100.5])
def test_a_path_starts_where_there_is_something_to_see(name, wrong):
    with pytest.raises(ValueError, match=f"^{name} must be a number from -100 to 100, got"):
        LinePath(LINE, **ALLOWED, **{name: wrong})


@settings(max_examples=30)
@given(st.floats(0.01, 0.999))
def test_below_the_edge_the_loss_never_rises(share):
    losses = gd(share, 60).losses
    assert (np.diff(losses) <= 1e-12).all()
    assert losses[-1] < losses[0]


@settings(max_examples=15)
@given(st.floats(0.2, 0.98))
def test_below_the_edge_it_settles_at_the_minimum(share):
    np.testing.assert_allclose(gd(share, 400).params[-1], LINE.minimum, atol=1e-3)


@settings(max_examples=30)
@given(st.floats(1.02, 5))
def test_above_the_edge_it_diverges_and_is_stopped(share):
    path = gd(share, 1000)
    assert path.diverged_at == path.moment == path.last_update
    assert path.losses[-1] >= DIVERGED * path.losses[0] > path.losses[-2]
    assert path.finished
    assert path.done == 1
    path.advance()
    assert path.moment == path.last_update


@settings(max_examples=30)
@given(st.floats(0.01, 1.2), st.integers(1, 60))
def test_each_direction_shrinks_by_its_own_factor(share, updates):
    path = gd(share, updates)
    values, directions = np.linalg.eigh(LINE.hessian)
    away = (path.params - LINE.minimum) @ directions
    factors = (1 - path.learning_rate * values) ** np.arange(len(away))[:, None]
    np.testing.assert_allclose(away, factors * away[:1], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("batch_size", [1, 8, 24, 64])
def test_a_path_uses_each_point_once_an_epoch_in_a_new_order_each_time(batch_size):
    path = LinePath(LINE, learning_rate=0.01, batch_size=batch_size, epochs=2, seed=5)
    path.run()
    assert path.moment == 2 * -(-64 // batch_size)
    orders = []
    for epoch in range(2):
        used = [path._batch(epoch * path.updates_per_epoch + k) for k in range(path.updates_per_epoch)]
        orders.append([*np.concatenate([np.arange(64)[batch] for batch in used])])
        assert sorted(orders[-1]) == list(range(64))
    assert (orders[0] == orders[1]) == (batch_size == 64)  # that of gradient descent says nothing


def test_updates_are_those_of_numpy():
    path = LinePath(LINE, learning_rate=0.1, batch_size=8, epochs=3, seed=1)
    path.run()
    params = np.zeros(2)
    for update in range(path.total_updates):
        batch = path._batch(update)
        x, y = LINE.x[batch], LINE.y[batch]
        off = params[0] * x + params[1] - y
        params = params - 0.1 * np.array([np.mean(off * x), np.mean(off)])
        np.testing.assert_allclose(path.params[update + 1], params, rtol=1e-12)
        assert path.losses[update + 1] == pytest.approx(loss_by_hand(LINE, *params), rel=1e-12)


@settings(max_examples=30)
@given(st.integers(0, 16), st.integers(0, 16))
def test_going_back_changes_nothing(forward, back):
    path, other = (LinePath(LINE, learning_rate=0.2, batch_size=8, epochs=2, seed=4) for _ in range(2))
    for _ in range(forward):
        path.step()
    path.go_to(min(back, forward))
    assert path.moment == min(back, forward)
    assert path.recorded == forward
    assert len(path.params) == len(path.losses) == path.moment + 1
    path.run()
    other.run()
    np.testing.assert_array_equal(path.params, other.params)


def test_another_seed_is_another_order():
    paths = [LinePath(LINE, learning_rate=0.2, batch_size=8, epochs=1, seed=seed) for seed in (0, 1)]
    for path in paths:
        path.run()
    assert not np.allclose(paths[0].params, paths[1].params)


# Bad input


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("batch_size", 0, ValueError), ("batch_size", 65, ValueError), ("batch_size", 2.5, TypeError),
        ("batch_size", True, TypeError), ("epochs", 0, ValueError), ("learning_rate", 0.0, ValueError),
        ("learning_rate", float("nan"), ValueError), ("learning_rate", float("inf"), ValueError),
        ("learning_rate", -1.0, ValueError), ("seed", -1, ValueError),
    ],
)  # fmt: skip
def test_a_bad_setting_is_named(name, value, error):
    with pytest.raises(error, match=name):
        LinePath(LINE, **{**ALLOWED, name: value})


def test_a_moment_that_has_not_been_is_refused():
    with pytest.raises(ValueError, match="moment"):
        gd(0.5, 3).go_to(4)


@pytest.mark.parametrize(
    ("x", "y", "what"),
    [
        ([1.0, 2.0], [1.0], "same length"),
        ([[1.0, 2.0]], [[1.0, 2.0]], "same length"),
        ([1.0, np.nan], [1.0, 2.0], "finite"),
        ([1.0, 2.0], [1.0, np.inf], "finite"),
        ([1.0, 1.0], [1.0, 2.0], "different"),
        ([], [], "different"),
    ],
)
def test_points_that_have_no_best_line_are_refused(x, y, what):
    with pytest.raises(ValueError, match=what):
        LineFit(np.array(x), np.array(y))


@pytest.mark.parametrize(("arguments", "error"), [((1,), ValueError), ((2.0,), TypeError), ((True,), TypeError)])
def test_too_few_points_are_refused(arguments, error):
    with pytest.raises(error, match="num_examples"):
        make_line_fit(*arguments)


@pytest.mark.parametrize("seed", [-1, 2**32, 2**63])
def test_a_seed_of_which_no_key_can_be_made_is_refused(seed):
    with pytest.raises(ValueError, match="seed"):
        make_line_fit(seed=seed)
