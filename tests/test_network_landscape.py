"""The loss landscape of the network: the loss is what it is at each place, and both paths lie where they are drawn."""

import math
import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import tiny_dataset
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jax.flatten_util import ravel_pytree

from lesson_lib import NetworkLandscape, model, training
from lesson_lib.chart.picture import BLACK, BLUE, VERMILION, Cells, Curve
from lesson_lib.experiment import Settings
from lesson_lib.experiment.start import start_of
from lesson_lib.experiment.train import train
from lesson_lib.panel.numbers import number
from lesson_lib.panels.network_landscape import path as paths
from lesson_lib.panels.network_landscape import picture as pictures
from lesson_lib.panels.network_landscape import plane as planes
from lesson_lib.panels.network_landscape import words
from lesson_lib.panels.network_landscape.path import FARTHEST, TrainingPath
from lesson_lib.panels.network_landscape.plane import COLUMNS, ROWS, LossMap, Region, first_two, region_around
from lesson_lib.panels.network_landscape.run import LEAST_WIDTH, NetworkLandscapeRun
from lesson_lib.panels.network_landscape.words import LandscapeFacts

pytestmark = pytest.mark.slow

DATASET = tiny_dataset()
X, Y = np.asarray(DATASET.x_train, np.float64), np.asarray(DATASET.y_train)
REGION = Region(-1.0, 5.0, -0.5, 1.5)


def loss_in_numpy(vector, num_examples=24):
    """The mean loss over the first examples, in float64, of parameters in one vector."""
    (w1, b1), (w2, b2) = ravel_pytree(start_of(DATASET, 0).params)[1](jnp.asarray(vector, jnp.float32))
    w1, b1, w2, b2 = (np.asarray(each, np.float64) for each in (w1, b1, w2, b2))
    logits = np.maximum(X[:num_examples] @ w1 + b1, 0) @ w2 + b2
    return np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(num_examples), Y[:num_examples]])


def start_vector():
    return np.asarray(ravel_pytree(start_of(DATASET, 0).params)[0], np.float64)


def two_directions(seed=0):
    return first_two(
        [(name, np.random.default_rng(seed + ord(name)).normal(size=start_vector().size)) for name in "ab"]
    )


def make_map(directions=None):
    plane = (directions or two_directions()).plane(start_of(DATASET, 0).params)
    return LossMap(plane, REGION, DATASET.x_train, DATASET.y_train)


def make_run(**chosen):
    return NetworkLandscapeRun(DATASET, Settings(**{"batch_size": 8, "epochs": 4, "learning_rate": 0.1, **chosen}))


def trained(**chosen):
    return make_run(**chosen).run()


# The loss on a plane


def test_the_loss_on_the_map_is_the_loss_of_the_network_there():
    directions, loss_map = two_directions(), make_map()
    while not loss_map.finished:
        loss_map.advance()
    for row, column in ((0, 0), (0, COLUMNS - 1), (ROWS - 1, 0), (13, 40), (20, 71)):
        a, b = REGION.left + column / (COLUMNS - 1) * 6, REGION.bottom + row / (ROWS - 1) * 2
        there = start_vector() + np.array([a, b]) @ directions.vectors
        assert loss_map.losses[row, column] == pytest.approx(loss_in_numpy(there), rel=1e-4)


def test_the_plane_s_losses_are_those_of_the_model():
    directions = two_directions(3)
    plane = directions.plane(start_of(DATASET, 0).params)
    places = np.random.default_rng(0).normal(size=(19, 2)).astype(np.float32)
    ours = planes.plane_losses(planes.sheet_of(plane, DATASET.x_train), DATASET.y_train, places)
    for (a, b), loss in zip(places, ours, strict=True):
        params = jax.tree.map(lambda start, u, v, a=a, b=b: start + a * u + b * v, *plane)
        assert float(loss) == pytest.approx(float(model.mean_loss(params, DATASET.x_train, DATASET.y_train)), rel=1e-4)


def test_what_is_known_of_a_coarse_map_is_not_computed_again(monkeypatch):
    computed = []
    compute = planes.plane_losses

    def remembered(sheet, y, places):
        computed.extend(map(tuple, places.tolist()))
        return compute(sheet, y, places)

    monkeypatch.setattr(planes, "plane_losses", remembered)
    loss_map = make_map()
    seen, sizes, before = np.full((ROWS, COLUMNS), np.nan), [], 0.0
    while not loss_map.finished:
        loss_map.advance()
        known = np.isfinite(seen)
        np.testing.assert_array_equal(loss_map.losses[known], seen[known])
        assert before < loss_map.done <= 1
        seen, before = loss_map.losses.copy(), loss_map.done
        sizes.append(loss_map.known.shape)
        assert np.isfinite(loss_map.known).all()
    assert sizes[0] == (5, 13)
    assert list(dict.fromkeys(sizes)) == [(5, 13), (9, 25), (17, 49), (33, 97)]
    assert len(set(computed)) == ROWS * COLUMNS
    assert len(computed) - ROWS * COLUMNS < planes.PLACES_AT_ONCE * len(planes.STRIDES)  # what fills up the last pieces
    assert loss_map.done == 1
    loss_map.advance()
    np.testing.assert_array_equal(loss_map.losses, seen)


# The plane


def test_two_directions_have_length_1_and_stand_at_a_right_angle():
    first, second = np.array([3.0, 0, 4, 0]), np.array([1.0, 2, 0, 0])
    (u, v), names = first_two(
        [("zero", np.zeros(4)), ("A", first), ("along A", -2 * first + 1e-5 * second), ("B", second)]
    )
    np.testing.assert_allclose(u, [0.6, 0, 0.8, 0])
    np.testing.assert_allclose([u @ v, v @ v], [0, 1], atol=1e-12)
    assert v @ second > 0
    np.testing.assert_allclose(second - (second @ u) * u - (second @ v) * v, 0, atol=1e-12)
    assert names == ("A", "B")


PLACE = st.tuples(st.floats(-100, 100), st.floats(-100, 100))


@given(st.lists(PLACE, min_size=1, max_size=9))
@example([(0.0, 0.0)])
def test_a_region_has_room_for_all_places_and_squares_between_its_own(places):
    region = region_around(np.array(places), least=LEAST_WIDTH)
    width, height = region.right - region.left, region.top - region.bottom
    assert width >= LEAST_WIDTH * (1 - 1e-9)
    assert width / (COLUMNS - 1) == pytest.approx(height / (ROWS - 1))
    for a, b in places:
        assert region.left + 0.149 * width <= a <= region.right - 0.149 * width
        assert region.bottom + 0.149 * height <= b <= region.top - 0.149 * height


@pytest.mark.parametrize("batch_size", [1, 8, 24])
def test_the_start_and_both_ends_lie_where_they_are_drawn(batch_size):
    run = trained(batch_size=batch_size)
    directions = run.landscape.directions
    for path, places in zip((run.sgd, run.gd), run.places, strict=True):
        np.testing.assert_array_equal(places[0], [0, 0])
        np.testing.assert_allclose(places, path.away @ directions.vectors.T, atol=1e-5)
        end = np.asarray(ravel_pytree(path.state.params)[0])
        np.testing.assert_allclose(start_vector() + places[-1] @ directions.vectors, end, atol=1e-5)
    names = ("towards SGD", "towards GD" if batch_size < 24 else "halfway along SGD's path")
    assert directions.names == names
    region = run.landscape.map.region
    for a, b in np.concatenate(run.places):
        assert region.left < a < region.right
        assert region.bottom < b < region.top


def test_both_ends_lie_on_the_far_side_of_the_start():
    (*_, sgd), (*_, gd) = trained().places
    assert sgd[0] > 0
    assert sgd[1] == pytest.approx(0, abs=1e-5)
    assert gd[1] > 0


def test_the_plane_turns_with_the_paths_and_the_map_is_that_of_the_plane():
    run, turned = make_run(), 0
    while not run.finished:
        before = run.landscape
        run.advance()
        if run.landscape is not before:
            turned += 1
            losses, grid = run.landscape.map.losses, run.landscape.map.region.grid()
            there = start_vector() + grid[0, 8] @ run.landscape.directions.vectors
            assert losses[0, 8] == pytest.approx(loss_in_numpy(there), rel=1e-4)
    assert turned == run.sgd.num_places - 1 + run.gd.num_places - 1


# The paths


@pytest.mark.parametrize("sampling", ["reshuffle", "replacement"])
def test_a_path_is_that_of_the_training_alone(sampling):
    run = trained(sampling=sampling)
    for path, batch_size, drawn in ((run.sgd, 8, sampling), (run.gd, 24, "reshuffle")):
        alone = train(DATASET, Settings(batch_size=batch_size, epochs=4, learning_rate=0.1, sampling=drawn))
        end = np.asarray(ravel_pytree(alone.params)[0])
        np.testing.assert_array_equal(np.asarray(ravel_pytree(path.state.params)[0]), end)
        np.testing.assert_allclose(path.away[-1], end - start_vector(), atol=1e-6)
        assert path.last_loss == pytest.approx(loss_in_numpy(end), rel=1e-5)


def test_the_loss_at_the_start_is_that_of_the_examples_of_the_map(monkeypatch):
    monkeypatch.setattr(paths, "LOSS_EXAMPLES", 5)
    assert paths.first_loss(tiny_dataset(), 0) == pytest.approx(loss_in_numpy(start_vector(), 5), rel=1e-5)


def test_places_are_kept_closer_together_where_a_path_begins():
    few, many = trained(batch_size=24, epochs=30).sgd, make_run(batch_size=1, epochs=30).sgd
    assert few.num_places == 31
    assert many.kept_at[0] == 0
    assert many.kept_at[-1] == many.total_updates == 720
    assert len(many.kept_at) <= 61
    assert (np.diff(np.diff(many.kept_at)) >= -1).all()


def test_with_all_examples_in_a_batch_sgd_goes_gds_path():
    run = trained(batch_size=24)
    assert run.sgd.num_places == 5
    np.testing.assert_array_equal(run.sgd.away, run.gd.away)
    np.testing.assert_array_equal(*run.places)


def test_gd_makes_an_update_where_sgd_has_made_an_epoch():
    run = make_run()
    while not run.is_trained:
        run.advance()
        epochs = run.sgd.num_updates // 3
        assert epochs - 1 <= run.gd.num_updates <= epochs
        assert run.finished is False
    assert run.gd.num_updates == 4


def test_a_path_in_the_plane_lies_in_it_whole_and_one_beside_it_in_part():
    directions = two_directions()
    beside = first_two([("u", directions.vectors[0]), ("other", np.ones(start_vector().size))]).vectors[1]
    beside = beside - beside @ directions.vectors.T @ directions.vectors
    beside = beside / np.linalg.norm(beside)
    u, v = directions.vectors
    for steps, share in (([u, 2 * v, u - v], 1.0), ([3 * u + 4 * beside, 3 * v - 4 * beside], 0.6), ([beside], 0.0)):
        path = TrainingPath(DATASET, Settings(batch_size=24, epochs=30))
        assert path.share_along(directions.vectors) == 1
        here, unravel = start_vector(), ravel_pytree(path.state.params)[1]
        for step in steps:
            here = here + step
            path.state = path.state._replace(params=unravel(jnp.asarray(here, jnp.float32)))
            path._keep_place()
            path.share_along(directions.vectors)  # what is known is taken up
        assert path.share_along(directions.vectors) == pytest.approx(share, abs=1e-5)
        assert path.length == pytest.approx(sum(map(np.linalg.norm, steps)), rel=1e-5)


CHOICES = st.fixed_dictionaries(
    {
        "batch_size": st.sampled_from([1, 4, 24]),
        "epochs": st.integers(1, 3),
        "learning_rate": st.sampled_from([0.001, 0.1, 1.0, 10.0]),
        "seed": st.integers(0, 2),
    }
)


@settings(max_examples=10)
@given(CHOICES)
def test_shares_are_from_0_to_1_and_work_goes_on_to_its_end(chosen):
    run, before = make_run(**chosen), 0.0
    while not run.finished:
        run.advance()
        assert all(0 <= share <= 1 for share in run.shares)
        assert before <= run.done <= 1 or run.landscape.map.done < 1
        before = run.done
    assert run.done == 1
    at_end = run.landscape
    run.advance()
    assert run.landscape is at_end


def test_a_path_that_diverges_ends_at_the_last_place_that_can_be_drawn():
    run = trained(learning_rate=1e6, epochs=30)
    assert run.sgd.diverged
    assert run.finished
    for path in (run.sgd, run.gd):
        assert np.isfinite(path.away).all()
        assert (np.linalg.norm(path.away, axis=1) < FARTHEST).all()
    assert "diverged" in words.sentence(words.facts(run))
    panel = NetworkLandscape(DATASET)
    try:
        cells = next(mark for mark in panel._picture_of(run).rows[0][0].marks if isinstance(mark, Cells))
        assert cells.colors.shape[2] == 3
    finally:
        panel.close()


def test_where_there_are_no_finite_numbers_no_place_is_kept():
    path = TrainingPath(DATASET, Settings(batch_size=24))
    path.state = path.state._replace(params=jax.tree.map(lambda leaf: leaf * math.nan, path.state.params))
    path._keep_place()
    assert path.diverged
    assert path.num_places == 1


@pytest.mark.parametrize(
    ("name", "value"), [("batch_size", 25), ("batch_size", 0), ("epochs", 0), ("learning_rate", -1.0), ("seed", -1)]
)
def test_bad_settings(name, value):
    with pytest.raises(ValueError, match=name):
        make_run(**{name: value})


def test_all_batch_sizes_are_compiled_ahead():
    panel = NetworkLandscape(DATASET)
    for piece in panel._prepare():
        piece()
    programs = training._run_updates._cache_size()
    for batch_size in (1, 2, 4, 8, 16, 24):
        make_run(batch_size=batch_size, epochs=1).sgd.run()
    assert training._run_updates._cache_size() == programs
    panel.close()


# The words


SHARES = st.floats(0, 1)
LOSSES = st.floats(1e-4, 1e4)
FACTS = st.builds(
    LandscapeFacts, is_full_batch=st.booleans(), has_paths=st.booleans(), sgd_loss=LOSSES, gd_loss=LOSSES,
    sgd_share=SHARES, gd_share=SHARES, sgd_diverged=st.booleans(), gd_diverged=st.booleans(),
)  # fmt: skip


@given(FACTS)
def test_the_sentence_says_what_is_known_in_few_words(facts):
    sentence = words.sentence(facts)
    assert len(sentence.split()) <= 35
    numbers = re.findall(r"\d[\d,.]*(?:e[-+]\d+)?(?<![.,])", sentence)
    assert len(numbers) <= 4
    diverged = facts.sgd_diverged or facts.gd_diverged
    assert ("diverged" in sentence) == diverged
    if diverged:
        assert sentence.startswith({(1, 0): "SGD has", (0, 1): "GD has", (1, 1): "Both have"}[facts[-2:]])
    elif not facts.has_paths:
        assert numbers == [number(facts.sgd_loss)]
        assert "no paths yet" in sentence
    elif facts.is_full_batch:
        assert numbers[0] == number(facts.gd_loss)
        assert math.isclose(float(numbers[1]), 100 * facts.gd_share, abs_tol=0.5001)
    else:
        assert f"{number(facts.sgd_loss)} for SGD and {number(facts.gd_loss)} for GD" in sentence
        of_sgd, of_gd = re.search(r"SGD's path (\d+) % lies in this plane, of GD's (\d+) %", sentence).groups()
        assert math.isclose(float(of_sgd), 100 * facts.sgd_share, abs_tol=0.5001)
        assert math.isclose(float(of_gd), 100 * facts.gd_share, abs_tol=0.5001)


KNOWN = LandscapeFacts(False, True, 0.412, 1.84, 0.384, 0.912, False, False)
ENDS = "and the path ends at the last place that can be drawn. Try a smaller learning rate."


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {},
            "The loss is 0.412 for SGD and 1.84 for GD. Of the length of SGD's path 38 % lies in this plane, of GD's "
            "91 %: the rest leads out of the picture.",
        ),
        (
            {"is_full_batch": True},
            "With B = N, SGD is GD: one path, and the loss is 1.84. 91 % of its length lies in this plane.",
        ),
        (
            {"has_paths": False, "is_full_batch": True},
            "Both start here, with a loss of 0.412. There are no paths yet, so this plane leads in two random "
            "directions.",
        ),
        ({"sgd_diverged": True}, f"SGD has diverged, {ENDS}"),
        ({"gd_diverged": True, "has_paths": False}, f"GD has diverged, {ENDS}"),
        ({"sgd_diverged": True, "gd_diverged": True, "is_full_batch": True}, f"Both have diverged, {ENDS}"),
    ],
)
def test_the_whole_sentence(change, said):
    assert words.sentence(KNOWN._replace(**change)) == said


def test_facts_are_those_of_the_run():
    run = make_run()
    facts = words.facts(run)
    assert not facts.has_paths
    assert facts.sgd_loss == facts.gd_loss == pytest.approx(loss_in_numpy(start_vector()), rel=1e-5)
    facts = words.facts(run.run())
    assert facts == (False, True, run.sgd.last_loss, run.gd.last_loss, *run.shares, False, False)
    assert words.facts(trained(batch_size=24)).is_full_batch
    run.gd.diverged = True
    assert words.facts(run)[-2:] == (False, True)


# The picture and the panel


def test_a_shade_means_one_loss_and_the_strongest_is_the_lowest():
    losses = np.array([[0.01, 0.1, 0.4, 0.5, 2.0, 5.0, 1e9, np.inf, np.nan]])
    for colors, sign in zip(pictures.shades_of(pictures.log_losses(losses)), (1, -1), strict=True):
        shades = colors[0].astype(int)
        lightness = sign * shades @ [299, 587, 114]
        assert (shades[0] == shades[1]).all()
        assert (np.diff(lightness[1:6]) > 0).all()
        assert (shades[5:] == shades[5]).all()
    scale = next(mark for mark in pictures.scale_chart().marks if isinstance(mark, Cells))
    at = np.linspace(scale.top, scale.bottom, 128)
    np.testing.assert_array_equal([scale.colors, scale.dark], pictures.shades_of(at[:, None]))


def test_between_places_the_map_is_smooth_and_lies_the_right_way_up():
    x, y = np.meshgrid(np.arange(13.0), np.arange(5.0))
    finer = pictures.between(2 * x + y, pictures.middles(64), pictures.middles(192))
    np.testing.assert_allclose(finer[0, :2], 2 * np.array([0.5, 1.5]) * 12 / 192 + 0.5 * 4 / 64)
    np.testing.assert_allclose(np.diff(finer, axis=0), 4 / 64, rtol=1e-6)
    inner = np.linspace(1 / 8, 7 / 8, 50)  # beyond these places it goes on straight
    bowl = pictures.between(np.arange(9.0)[:, None] ** 2 * np.ones(3), inner, np.array([0.5]))
    np.testing.assert_allclose(bowl[:, 0], (8 * inner) ** 2)
    loss_map = make_map()
    loss_map.advance()
    loss_map.losses[:] = np.geomspace(0.1, 5, ROWS)[:, None]
    cells, *lines = pictures.map_marks(loss_map)
    assert cells[1:5] == REGION
    assert cells.values[0].min() > cells.values[-1].max()
    np.testing.assert_array_equal(cells[:1] + cells[5:6], pictures.shades_of(np.log10(cells.values)))
    assert cells.colors[0].sum() > cells.colors[-1].sum()
    for line, level in zip(lines, pictures.LEVELS[1:-1], strict=True):
        known = np.interp(line.y, [-0.5, 1.5], np.log10([0.1, 5]))
        np.testing.assert_allclose(known, np.log10(level), atol=1e-6)


def test_both_paths_are_drawn_where_they_are_in_their_colours():
    run = trained()
    panel = NetworkLandscape(DATASET)
    try:
        chart, scale = panel._picture_of(run).rows[0]
        curves = [mark for mark in chart.marks if isinstance(mark, Curve)]
        for places, color, dash in ((run.places[0], VERMILION, "solid"), (run.places[1], BLUE, "dashed")):
            line, end = (mark for mark in curves if mark.color == color)
            np.testing.assert_array_equal(np.stack([line.x, line.y], axis=1), places)
            assert line.dash == dash
            np.testing.assert_array_equal([end.x, end.y], places[-1:].T)
        start = next(mark for mark in curves if mark.color == BLACK and mark.marker == "square")
        np.testing.assert_array_equal([start.x, start.y], [[0], [0]])
        assert [mark.name for mark in curves if mark.name] == ["SGD, B = 8", "GD", "start"]
        assert "first 24 examples" in chart.title
        assert chart.x.label.endswith("towards SGD")
        assert chart.y.label.endswith("towards GD")
        assert scale.x.label == "nats"
        assert [tick.text for tick in scale.y.ticks] == [f"{level:g}" for level in pictures.LEVELS]
    finally:
        panel.close()


def test_a_map_that_is_the_same_is_drawn_once():
    panel, run = NetworkLandscape(DATASET), make_run()
    try:
        first = panel._map_of(run)
        run.advance()
        assert panel._map_of(run) is first
        while run.landscape.map.stride > 4:
            run.advance()
        assert panel._map_of(run) is not first
        while not run.landscape.map.finished:
            run.advance()
        assert panel._map_of(run)[0].colors.tolist() != first[0].colors.tolist()
    finally:
        panel.close()


def test_before_there_are_paths_the_plane_is_said_to_be_random():
    panel = NetworkLandscape(DATASET)
    try:
        chart = panel._picture_of(make_run()).rows[0][0]
        assert "on a random plane" in chart.title
        assert "in a random direction" in chart.x.label
    finally:
        panel.close()


@pytest.mark.parametrize("name", ["batch_size", "epochs", "learning_rate", "seed"])
@pytest.mark.parametrize("end", [0, -1])
def test_the_panel_is_drawn_at_both_ends_of_each_control(name, end):
    panel = NetworkLandscape(DATASET, **({"epochs": 2} if name != "epochs" else {}))
    try:
        panel.set(**{name: panel._controls[name].values[end]})
        panel.run()
        panel.wait(120.0)
        assert panel.experiment.finished
        assert panel.picture.startswith(b"\x89PNG")
        assert panel.words == words.sentence(words.facts(panel.experiment))
        assert panel.status == "Finished: the map at 3,201 places"
    finally:
        panel.close()
