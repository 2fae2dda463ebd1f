"""What a right answer does below its verdict: the same as the library's own rule, live, and never an error."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from helpers import module_at

from lesson_lib import batching, cost, load_dataset, model, optimizers, sweep, training
from lesson_lib import lessons as practice
from lesson_lib.chart import ticks
from lesson_lib.chart.picture import PURPLE, Chart, Curve, Picture
from lesson_lib.experiment import LinePath, make_line_fit, start_of
from lesson_lib.lessons import display, exercise, reward
from lesson_lib.lessons.content import LESSONS, own_descent, own_network, own_rule, own_sgd
from lesson_lib.lessons.exercise import Exercise
from lesson_lib.lessons.reward import Reward, Rewarded
from lesson_lib.panel import notebook

pytestmark = pytest.mark.slow

REWARDED = {each.name: each.reward for lesson in LESSONS for each in lesson.exercises if each.reward is not None}


def right_answers() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in sorted((Path(__file__).parent / "answers").glob("lesson_*.py")):
        found |= module_at(path).RIGHT
    return found


RIGHT = right_answers()


@pytest.fixture(scope="module", autouse=True)
def measured_once() -> Iterator[None]:
    """Times and runs are the same whatever answer is shown in them: what has been measured is not measured again."""
    measured: dict[Any, Any] = {}

    def once(measure: Callable[..., Any]) -> Callable[..., Any]:
        def measure_or_remember(*arguments: Any, **options: Any) -> Any:
            asked = measure, arguments[-1]  # the batch sizes, or the grid
            if asked not in measured:
                measured[asked] = measure(*arguments, **options)
            return measured[asked]

        return measure_or_remember

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cost, "update_times", once(cost.update_times))
        patch.setattr(sweep, "sweep", once(sweep.sweep))
        yield


def curves(shown: Reward) -> dict[str, Curve]:
    marks = [mark for row in shown.picture.rows for chart in row for mark in chart.marks]
    return {mark.name: mark for mark in marks if isinstance(mark, Curve)}


@pytest.mark.parametrize(("name", "place"), [(name, place) for name in REWARDED for place in range(len(RIGHT[name]))])
def test_whatever_way_a_right_answer_is_written_it_is_rewarded(name: str, place: int) -> None:
    """Its first pictures; how the best known way of each goes on to the end is told below."""
    shown = list(islice(REWARDED[name](RIGHT[name][place]), 2))
    assert shown
    assert all(each.words.endswith(".") for each in shown)
    assert any(mark.color == PURPLE for mark in curves(shown[-1]).values())


def test_an_update_that_is_plain_sgd_runs_along_its_curve() -> None:
    last = list(REWARDED["00/update"](lambda theta, gradient, rate: theta - rate * gradient))[-1]
    seen = curves(last)
    np.testing.assert_allclose(seen["your rule"].y, seen["SGD, η = 0.05"].y, rtol=1e-3)
    assert seen["your rule"].x[-1] == own_rule.NUM_UPDATES
    assert seen["your rule"].y[-1] < 0.5 * seen["your rule"].y[0]
    yours, sgd = (f"{seen[name].y[-1]:.2f}" for name in ("your rule", "SGD, η = 0.05"))
    assert last.words == f"After 120 updates with your rule the loss is {yours}; it is {sgd} with SGD, η = 0.05."


def test_momentum_trains_as_that_of_the_library() -> None:
    def momentum(theta: Any, velocity: Any, gradient: Any, eta: float, beta: float) -> Any:
        velocity = beta * velocity + gradient
        return theta - eta * velocity, velocity

    seen = curves(list(REWARDED["07/momentum"](momentum))[-1])
    dataset = load_dataset(num_examples=own_rule.NUM_EXAMPLES)
    hyper = optimizers.hyperparameters(0.01, momentum=0.9)
    state = training.init_state(model.init_params(key=jax.random.key(0)), "momentum", hyper)
    order = batching.epoch_order(dataset.y_train, epoch=0, key=jax.random.key(1))
    state, _ = training.run_updates(
        state, dataset.x_train, dataset.y_train, order, hyper, 0, 20,
        batch_size=own_rule.BATCH_SIZE, optimizer="momentum",
    )  # fmt: skip
    expected = float(model.mean_loss(state.params, dataset.x_train, dataset.y_train))
    assert seen["your rule"].y[20 // own_rule.LOOK_EVERY] == pytest.approx(expected, rel=1e-3)


def test_their_loss_is_seen_at_the_probability_of_the_right_class() -> None:
    last = list(REWARDED["01/loss"](RIGHT["01/loss"][0]))[-1]
    seen = curves(last)
    for name in ("your function", "before training", "after an epoch"):
        np.testing.assert_allclose(seen[name].y, -np.log(seen[name].x), rtol=1e-4, atol=1e-6)
    before, after = (np.mean(seen[name].y) for name in ("before training", "after an epoch"))
    assert after < 0.5 * before
    assert f"is {before:.2f} on average before training, and {after:.2f} after an epoch" in last.words


def test_their_gradient_trains_the_network_as_the_library_does() -> None:
    seen = curves(list(REWARDED["01/weights"](lambda a, delta: a.T @ delta / len(a)))[-1])["with your gradient"]
    dataset = load_dataset()
    hyper = optimizers.hyperparameters(own_network.LEARNING_RATE)
    state = training.init_state(start_of(dataset, 0).params, "sgd", hyper)
    order = np.arange(dataset.num_examples)
    state, _ = training.run_updates(
        state, dataset.x_train, dataset.y_train, order, hyper, 0, own_network.NUM_UPDATES,
        batch_size=own_network.BATCH_SIZE, optimizer="sgd",
    )  # fmt: skip
    test = dataset.x_test[: own_network.NUM_TEST], dataset.y_test[: own_network.NUM_TEST]
    assert seen.x[-1] == own_network.NUM_UPDATES
    assert seen.y[-1] == pytest.approx(float(model.mean_loss(state.params, *test)), rel=1e-3)


def test_what_is_drawn_lies_along_the_right_formula_for_the_noise() -> None:
    seen = curves(list(REWARDED["05/noise-of-batch"](RIGHT["05/noise-of-batch"][0]))[-1])
    assert len(seen["drawn"].y) == 11
    # The squared noise of two parameters is spread by about its own size: over 500 batches some 4.5 % of it.
    np.testing.assert_allclose(seen["drawn"].y, seen["by your function"].y, rtol=0.15)


def test_their_gradient_fits_the_line_that_gd_fits() -> None:
    line = make_line_fit()
    seen = curves(list(REWARDED["02/gradient"](RIGHT["02/gradient"][0]))[-1])["your gradient"]
    rate = own_descent.EDGE_SHARE * line.edge
    gd = LinePath(line, learning_rate=rate, batch_size=line.num_examples, epochs=own_descent.NUM_UPDATES).run()
    np.testing.assert_allclose(seen.y, gd.losses)


def test_below_their_edge_the_loss_falls_and_above_it_rises() -> None:
    last = list(REWARDED["02/edge"](RIGHT["02/edge"][0]))[-1]
    seen = curves(last)
    assert (np.diff(seen["0.95 × yours"].y) < 0).all()
    assert (np.diff(seen["1.05 × yours"].y) > 0).all()
    below, above = (seen[name].y[-1] for name in ("0.95 × yours", "1.05 × yours"))
    assert f"the loss is {below:.2f} a little below it, and {above:.2f} a little above it" in last.words


def test_the_cloud_of_their_gradients_has_its_mean_at_the_true_one() -> None:
    start = next(REWARDED["03/gradient"](RIGHT["03/gradient"][2]))
    marks = [mark for mark in start.picture.rows[0][0].marks if isinstance(mark, Curve) and mark.x.size]
    (arrow,), (cross,) = [mark for mark in marks if mark.arrow], [mark for mark in marks if mark.marker == "cross"]
    np.testing.assert_allclose([arrow.x[-1], arrow.y[-1]], -make_line_fit().grad(np.zeros(2)))
    # 64 batches of 4 are four epochs: the misses cancel.
    np.testing.assert_allclose([cross.x[0], cross.y[0]], [arrow.x[-1], arrow.y[-1]])
    wrong = sum(mark.x.size for mark in marks if mark.color == PURPLE and mark.marker == "dot")
    assert (
        start.words == f"After 0 updates, {wrong} of your 64 batch gradients point{'s' * (wrong == 1)} the wrong way."
    )


def test_their_epochs_lead_below_gd() -> None:
    last = list(REWARDED["03/epoch"](RIGHT["03/epoch"][0]))[-1]
    seen = curves(last)
    assert (seen["your SGD"].x[-1], seen["GD"].x[-1]) == (own_sgd.EPOCHS, own_sgd.EPOCHS)
    assert len(seen["your SGD"].x) == 1 + own_sgd.EPOCHS * 64 // own_sgd.BATCH_SIZE
    assert make_line_fit().lowest_loss < seen["your SGD"].y[-1] < 0.5 * seen["GD"].y[-1]
    yours, gd = (f"{seen[name].y[-1]:.3f}" for name in ("your SGD", "GD"))
    assert last.words == f"Epoch 10: the loss of your SGD is {yours} after 160 updates, GD's {gd} after 10."


def test_as_many_updates_are_made_as_they_count() -> None:
    shown = list(REWARDED["00/updates"](RIGHT["00/updates"][0]))
    seen = curves(shown[-1])["counted by you"]
    assert seen.x.tolist() == [1, 4, 16, 63, 250]
    assert (np.diff(seen.y) < 0).all()
    half = curves(list(REWARDED["00/updates"](lambda n, b, epochs: max(1, n // b // 2)))[-1])["counted by you"]
    assert half.y[-1] > seen.y[-1]  # their count decides, not ours
    assert shown[1].words == f"B = 500: 4 updates in an epoch, and then a loss of {seen.y[1]:.2f}."


def test_with_their_mean_adam_trains_as_that_of_the_library() -> None:
    seen = curves(list(REWARDED["07/adam-mean"](RIGHT["07/adam-mean"][0]))[-1])["Adam and your mean"]
    dataset = load_dataset(num_examples=own_rule.NUM_EXAMPLES)
    hyper = optimizers.hyperparameters(0.002)
    state = training.init_state(model.init_params(key=jax.random.key(0)), "adam", hyper)
    order = batching.epoch_order(dataset.y_train, epoch=0, key=jax.random.key(1))
    state, _ = training.run_updates(
        state, dataset.x_train, dataset.y_train, order, hyper, 0, 20,
        batch_size=own_rule.BATCH_SIZE, optimizer="adam",
    )  # fmt: skip
    expected = float(model.mean_loss(state.params, dataset.x_train, dataset.y_train))
    assert seen.y[20 // own_rule.LOOK_EVERY] == pytest.approx(expected, rel=1e-3)


def test_their_critical_batch_size_stands_where_the_law_has_twice_the_fewest_updates() -> None:
    seen = curves(list(REWARDED["08/critical"](lambda sizes, updates: 40.0))[-1])
    law, cross, runs = seen["S_{min} (1 + your B_{crit} / B)"], seen["your B_{crit}"], seen["measured now"]
    assert cross.x == 40
    np.testing.assert_allclose(law.y / cross.y, (1 + 40 / law.x) / 2)
    np.testing.assert_allclose(np.sum((runs.y - cross.y / 2 * (1 + 40 / runs.x)) * (1 + 40 / runs.x)), 0, atol=1e-6)
    assert (np.diff(runs.y) <= 0).all()
    assert runs.y[-1] < 0.5 * runs.y[0]


def test_devices_with_unequal_shares_and_their_mean_train_as_the_whole_batch_does() -> None:
    seen = curves(list(REWARDED["09/mean"](RIGHT["09/mean"][0]))[-1])
    np.testing.assert_allclose(seen["4 devices and your mean"].y, seen["SGD, B = 64"].y, rtol=1e-3)
    wrong = curves(list(REWARDED["09/mean"](lambda grads, sizes: grads.mean(axis=0)))[-1])
    assert np.abs(wrong["4 devices and your mean"].y / wrong["SGD, B = 64"].y - 1).max() > 0.01


def test_more_devices_save_updates_up_to_a_limit() -> None:
    shown = list(REWARDED["09/speed-up"](RIGHT["09/speed-up"][0]))
    seen = curves(shown[-1])
    assert seen["by your function"].x.tolist() == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    np.testing.assert_array_equal(seen["if noise were all"].y, seen["by your function"].x)
    np.testing.assert_array_equal(seen["never more than this"].y, [7.25] * 9)
    assert (seen["by your function"].y[1:] < np.minimum(seen["if noise were all"].y, 7.25)[1:]).all()
    assert shown[0].words == "2 devices need 1.76 times fewer updates than one; the most is 7.25 times."


# The machinery, with a reward of its own

AXIS = ticks.linear("x", 0, 1)


def shot(words: str) -> Reward:
    return Reward(Picture(((Chart("Yours", AXIS, AXIS, ()),),)), words)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What has been displayed, in order."""
    outputs: list[Any] = []
    for module in (display, exercise):
        monkeypatch.setattr(module, "display", lambda output, raw=False: outputs.append(output))
    return outputs


def made(name: str, *words: str, right: bool = True) -> Exercise:
    def examine(answer: Any, _: Any) -> None:
        if not right:
            raise exercise.AnswerError("It is wrong.")

    return Exercise(name, ("a.", "b.", "c."), examine, lambda answer: [shot(each) for each in words])


def test_a_right_answer_is_followed_by_the_last_picture_where_no_one_watches(shown: list[Any]) -> None:
    exercise.show_result(made("99/x", "First.", "Last."), len)
    verdict, picture = shown
    assert verdict["text/plain"].startswith("✓ Right")
    assert picture["text/plain"] == "Last."
    assert '<img alt="Last."' in picture["text/html"]


def test_a_wrong_answer_is_not_rewarded(shown: list[Any]) -> None:
    exercise.show_result(made("99/x", "First.", right=False), len)
    assert [output["text/plain"] for output in shown] == ["✗ It is wrong."]


def test_each_picture_is_shown_as_it_comes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(notebook, "someone_is_watching", lambda: True)
    monkeypatch.chdir(tmp_path)
    rewarded, seen = Rewarded(), []
    monkeypatch.setattr(rewarded.frame, "show", lambda copy: seen.append(("shown", copy["text/plain"])))
    monkeypatch.setattr(rewarded.frame, "keep", lambda copy: seen.append(("kept", copy()["text/plain"])))
    rewarded.frame.observe(lambda change: seen.append(("words", change["new"])), "words")
    rewarded.show([shot("One."), shot("Two.")])
    assert seen == [("words", "One."), ("shown", "One."), ("words", "Two."), ("kept", "Two.")]


def test_a_slow_function_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, shown: list[Any]) -> None:
    monkeypatch.setattr(reward, "monotonic", iter([0.0, 1.0, 2.0, 11.0, 12.0]).__next__)
    endless = (shot(f"{number}.") for number in iter(int, 1))
    taken = islice(endless, 4)
    Rewarded().show(taken)
    assert len(list(taken)) == 1
    assert len(shown) == 1


def test_a_function_that_cannot_go_on_is_told_so_in_words(shown: list[Any]) -> None:
    def only_small(theta: Any, gradient: Any, rate: float) -> Any:
        if np.size(theta) > 100:
            raise ValueError("too many")
        return theta - rate * gradient

    practice.check("00/update", only_small)
    assert shown[0]["text/plain"].startswith("✓ Right")
    assert shown[1]["text/plain"].startswith("On the inputs of the check it is right. Here it could not go on: Your")
    assert "too many" in shown[1]["text/plain"]
