"""The loss surface: contours lie where the loss is what they say, and the words are true at every setting."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentences import assert_can_be_said, listed

import lesson_lib as ll
from lesson_lib import LossSurface
from lesson_lib.batching import batch_size_menu
from lesson_lib.chart import surface
from lesson_lib.chart import surface as chart_surface
from lesson_lib.chart.picture import BLACK, BLUE, KEPT_COLORS, VERMILION, Curve, Words
from lesson_lib.chart.surface import B_SHOWN, W_SHOWN
from lesson_lib.experiment import LineFit, LinePath, make_line_fit
from lesson_lib.panel.numbers import count, number, spoken
from lesson_lib.panels.loss_surface import picture as plots
from lesson_lib.panels.loss_surface import words
from lesson_lib.panels.loss_surface.panel import EDGE_SHARES
from lesson_lib.panels.loss_surface.words import DescentFacts

LINE = make_line_fit()
SURFACE = surface.surface_of(LINE.loss, LINE.minimum)

CHOICES = st.fixed_dictionaries(
    {
        "edge_share": st.sampled_from(EDGE_SHARES),
        "batch_size": st.sampled_from(batch_size_menu(64)),
        "epochs": st.integers(1, 4),
        "seed": st.integers(0, 20),
    }
)


def path_of(edge_share, *, updates=None, **others):
    path = LinePath(LINE, learning_rate=edge_share * LINE.edge, **{"batch_size": 64, "epochs": 50, **others})
    for _ in range(path.total_updates if updates is None else updates):
        path.step()
    return path


def drawn(path, kept=()):
    shown = surface.Path("now", path.params, path.losses, BLUE)
    return plots.draw_descent(LINE, SURFACE, shown, kept, end=path.total_updates)


def curves(chart):
    return [mark for mark in chart.marks if isinstance(mark, Curve)]


# The picture


def test_each_contour_lies_where_the_loss_is_its_level():
    levels = set()
    for mark in SURFACE.contours:
        if isinstance(mark, Curve):
            losses = LINE.loss(np.stack([mark.x, mark.y], axis=1))
            losses = losses[np.isfinite(losses)]
            nearest = min(surface.LEVELS, key=lambda level: abs(level - losses.mean()))
            np.testing.assert_allclose(losses, nearest, rtol=0.02)
            levels.add(nearest)
    assert levels == {0.15, 0.2, 0.3, 0.5, 1, 2, 3, 5, 7, 10, 15, 20, 30}
    assert {mark.text for mark in SURFACE.contours if isinstance(mark, Words)} == {"0.2", "0.5", "1", "2", "5", "10"}


def test_under_the_contours_lies_a_shade_for_each_loss_and_the_strongest_is_the_lowest():
    cells = SURFACE.contours[0]
    rows, columns = cells.values.shape
    w = cells.left + (np.arange(columns) + 0.5) / columns * (cells.right - cells.left)
    b = cells.top - (np.arange(rows) + 0.5) / rows * (cells.top - cells.bottom)
    np.testing.assert_allclose(cells.values, LINE.loss(np.stack(np.meshgrid(w, b), axis=-1)))
    order = np.argsort(cells.values.ravel())[::100]
    for colors, sign in ((cells.colors, 1), (cells.dark, -1)):
        lightness = sign * (colors.reshape(-1, 3).astype(int) @ [299, 587, 114])[order]
        assert (np.diff(lightness) >= -1000).all()  # but for the rounding of each channel
        assert lightness[-1] > lightness[0] + 20_000
    # At a loss of 0.15 and below there is 62 % of the scale; at 30 and above nothing of it: the ground.
    lowest = np.unravel_index(np.argmin(cells.values), cells.values.shape)
    assert (cells.colors[lowest].tolist(), cells.dark[lowest].tolist()) == ([87, 138, 126], [44, 98, 93])
    assert cells.values[0, -1] > 30
    assert (cells.colors[0, -1].tolist(), cells.dark[0, -1].tolist()) == ([250, 248, 230], [24, 27, 28])
    # The grid begins half a cell before what `MARGIN` is away from what is always seen.
    cell = np.array([11.0, 10.5]) / 200 / 2
    ends = [-3.8 - cell[0], 7.2 + cell[0], -5.6 - cell[1], 4.9 + cell[1]]
    np.testing.assert_allclose([cells.left, cells.right, cells.bottom, cells.top], ends)
    assert (cells.name, cells.smooth) == ("loss", True)


@pytest.mark.parametrize(("w", "b"), [(-0.9, 0), (4.3, 0), (1, -2.7), (1, 2)])
def test_points_whose_minimum_is_not_on_the_map_are_refused(w, b):
    x = np.linspace(0, 2, 8)
    with pytest.raises(ValueError, match="line must have its minimum on the map"):
        ll.LossSurface(ll.LineFit(x, w * x + b))


def test_the_loss_written_on_a_contour_is_its_own():
    labels = [mark for mark in SURFACE.contours if isinstance(mark, Words)]
    assert len(labels) >= 4
    for label in labels:
        assert LINE.loss(np.array([label.x, label.y])) == pytest.approx(float(label.text), rel=0.02)
        assert W_SHOWN[0] < label.x < W_SHOWN[1]
        assert B_SHOWN[0] < label.y < B_SHOWN[1]


@pytest.mark.parametrize("share", [0.3, 1.0, 1.2])
def test_a_picture_shows_the_line_the_path_and_the_loss(share):
    path = path_of(share, updates=20)
    line, surface, loss = drawn(path).rows[0]
    now = curves(line)[-1]
    np.testing.assert_allclose(now.y, path.params[-1, 0] * now.x + path.params[-1, 1])
    way = next(mark for mark in curves(surface) if mark.name == "now")
    np.testing.assert_array_equal(np.stack([way.x, way.y], axis=1), path.params)
    (losses,) = (mark for mark in curves(loss) if mark.name == "now")
    np.testing.assert_array_equal(losses.y, path.losses)
    assert loss.y.low <= path.losses.min() <= path.losses.max() <= loss.y.high


def test_points_of_one_height_have_a_line_chart_too():
    line = LineFit(np.array([0.0, 1.0, 2.0]), np.full(3, 2.0))
    chart = plots.line_chart(line, surface.Path("now", np.zeros((1, 2)), np.ones(1), BLUE))
    assert (chart.y.low, chart.y.high) == (2, 3)


def test_no_marker_stands_where_its_place_is_not_seen():
    _, surface, _ = drawn(path_of(1.2, updates=30)).rows[0]
    for mark in curves(surface):
        if mark.marker == "dot":
            assert ((W_SHOWN[0] <= mark.x) & (mark.x <= W_SHOWN[1])).all()
            assert ((B_SHOWN[0] <= mark.y) & (mark.y <= B_SHOWN[1])).all()
    beyond = np.array([[-0.9, 0], [4.3, 0], [0, -2.7], [0, 2.0], [1.0, 0.5]])
    *_, dots, here = chart_surface.path_marks(chart_surface.Path("way", beyond, np.ones(5), BLUE))
    assert list(zip(dots.x, dots.y, strict=True)) == list(zip(here.x, here.y, strict=True)) == [(1.0, 0.5)]
    *_, here = chart_surface.path_marks(chart_surface.Path("way", beyond[::-1], np.ones(5), BLUE))
    assert here.x.size == 0


def test_kept_paths_have_colours_and_dashes_of_their_own():
    path = path_of(0.5)
    kept = [surface.Path(f"kept {place}", path.params, path.losses, BLUE) for place in range(4)]
    lines = [mark for mark in curves(drawn(path, kept).rows[0][2]) if mark.name != "lowest"]
    assert len({mark.color for mark in lines}) == 5
    assert [mark.name for mark in lines if mark.dash == "solid"] == ["now"]


@pytest.mark.parametrize(("batch_size", "color"), [(64, BLUE), (8, VERMILION)], ids=["GD", "SGD"])
def test_a_method_has_its_colour_in_all_charts(batch_size, color):
    panel = LossSurface(LINE, batch_size=batch_size, epochs=2)
    try:
        path = path_of(0.3, batch_size=batch_size, epochs=2)
        line, surface, loss = panel._picture_of(path).rows[0]
        name = panel._to_keep(path).name
        ways = [mark for chart in (surface, loss) for mark in curves(chart) if mark.name == name]
        assert [mark.color for mark in (*ways, curves(line)[-1])] == [color] * 3
    finally:
        panel.close()


def test_the_best_line_and_the_lowest_loss_are_where_they_are_said_to_be():
    path = path_of(0.3, updates=20)
    line, surface, loss = drawn(path).rows[0]
    slope, height = np.polyfit(LINE.x, LINE.y, 1)
    points, best, now = curves(line)
    assert [mark.name for mark in (points, best, now)] == ["points", "best", "now"]
    np.testing.assert_array_equal([points.x, points.y], [LINE.x, LINE.y])
    np.testing.assert_allclose(best.y, slope * best.x + height)
    for mark in (best, now):
        assert (mark.x[0], mark.x[-1]) == (line.x.low, line.x.high)
    assert line.y.low <= LINE.y.min() <= LINE.y.max() <= line.y.high
    # The axis that is called w goes with the slope, and the other with the height.
    (cross,) = (mark for mark in curves(surface) if mark.name == "minimum")
    np.testing.assert_allclose([*cross.x, *cross.y], [slope, height])
    assert (surface.x.label, surface.y.label) == ("w (slope)", "b (height at x = 0)")
    (after,) = (mark for mark in curves(loss) if mark.name == "now")
    np.testing.assert_array_equal([after.x, after.y], [np.arange(21), path.losses])
    (lowest,) = (mark for mark in curves(loss) if mark.name == "lowest")
    np.testing.assert_allclose(lowest.y, LINE.lowest_loss)
    assert (lowest.x[0], lowest.x[-1]) == (loss.x.low, loss.x.high) == (0, path.total_updates)
    assert (loss.x.label, lowest.color) == ("updates", BLACK)


def test_the_largest_dot_stands_where_the_path_does():
    path = path_of(0.3, updates=5)
    dots = [mark for mark in curves(drawn(path).rows[0][1]) if mark.marker == "dot"]
    largest = max(dots, key=lambda mark: mark.marker_size)
    np.testing.assert_array_equal([*largest.x, *largest.y], path.params[-1])
    np.testing.assert_array_equal(np.stack([dots[0].x, dots[0].y], axis=1), path.params)
    (way,) = (mark for mark in curves(drawn(path).rows[0][1]) if mark.name == "now")
    assert {dot.color for dot in dots} == {way.color}


def test_the_more_places_a_path_has_the_smaller_are_their_dots():
    few, many = (
        chart_surface.path_marks(chart_surface.Path("way", np.ones((places, 2)), np.ones(places), BLUE))[-2].marker_size
        for places in (chart_surface.FEW, chart_surface.FEW + 1)
    )
    assert few > many


def test_a_contour_leaves_room_for_its_number():
    labels = [mark for mark in SURFACE.contours if isinstance(mark, Words)]
    for label in labels:
        for mark in SURFACE.contours:
            if isinstance(mark, Curve) and LINE.loss(np.array([label.x, label.y])) == pytest.approx(
                float(np.nanmean(LINE.loss(np.stack([mark.x, mark.y], axis=1)))), rel=0.02
            ):
                assert not ((np.abs(mark.x - label.x) < 0.29) & (np.abs(mark.y - label.y) < 0.15)).any()


def test_kept_paths_keep_their_order_and_their_names():
    panel = LossSurface(LINE)
    try:
        kept = [panel._to_keep(path_of(share, batch_size=size, epochs=1)) for size in (8, 64) for share in (0.3, 0.5)]
        assert len({path.name for path in kept}) == 4
        lines = {mark.name: mark.color for mark in curves(drawn(path_of(0.1), kept).rows[0][2])}
        assert [lines[path.name] for path in kept] == list(KEPT_COLORS)
        # What is drawn later lies above: the path that goes on is hidden by no kept one.
        named = [mark.name for mark in curves(drawn(path_of(0.1), kept).rows[0][1]) if mark.name]
        assert named == [*(path.name for path in reversed(kept)), "now", "minimum"]
    finally:
        panel.close()


# The words


@settings(max_examples=40)
@given(CHOICES, st.data())
def test_the_details_are_so(choice, data):
    path = path_of(**choice, updates=0)
    for _ in range(data.draw(st.integers(0, path.total_updates))):
        path.step()
    said = dict(words.details(words.facts(path)))
    share = number(choice["edge_share"])
    assert said["learning rate"] == f"{number(path.learning_rate)} = {share} times the edge"
    assert (said["edge 2/h"], said["largest curvature h"]) == (number(LINE.edge), number(2 / LINE.edge))
    method = "GD" if choice["batch_size"] == 64 else f"SGD with B = {choice['batch_size']}"
    assert said["so far"] == f"{count(path.moment, 'update')} of {method}"
    rises = int((np.diff(path.losses) > 0).sum())
    assert said["updates at which the loss rose"] == f"{rises:,} of {path.moment:,}"
    assert said["first loss"].startswith("2.05")
    assert said["lowest possible loss"] == number(LINE.lowest_loss)
    if "diverged" in said["loss now"]:
        assert path.losses[-1] >= 1e6 * path.losses[0]
    else:
        assert said["loss now"] == number(float(path.losses[-1]))


VALUES = st.floats(1e-9, 1e12)
FACTS = st.builds(
    DescentFacts,
    batch_size=st.sampled_from([1, 32, 64]),
    is_full_batch=st.booleans(),
    learning_rate=st.floats(1e-6, 1e3),
    edge=st.floats(1e-3, 1e3),
    curvature=VALUES,
    num_updates=st.integers(0, 6_400),
    num_rises=st.integers(0, 6_400),
    starts_flat=st.booleans(),
    first_loss=VALUES,
    loss=VALUES,
    lowest_loss=VALUES,
    across=VALUES,
    along=VALUES,
    diverged=st.booleans(),
)


@given(FACTS)
def test_whatever_happens_a_descent_is_said_in_a_sentence(facts):
    assert_can_be_said(words.sentence(facts))
    listed(words.details(facts))


KNOWN = DescentFacts(8, False, 0.35, 1.4, 1.43, 2_400, 17, False, 2.05, 0.31, 0.102, 0.000_4, 0.25, False)
AT_THE_START = {"num_updates": 0, "num_rises": 0}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "At 0.25 times the edge the loss of SGD is 0.31 after 2,400 updates; on the way it rose 17 times."),
        (
            {"is_full_batch": True, "num_rises": 1},
            "At 0.25 times the edge the loss of GD is 0.31 after 2,400 updates; on the way it rose 1 time.",
        ),
        (
            {"num_rises": 0, "num_updates": 1},
            "At 0.25 times the edge the loss of SGD is 0.31 after 1 update, and it never rose; the lowest possible "
            "is 0.10.",
        ),
        (
            {"num_rises": 3, "num_updates": 3, "loss": 4.1, "is_full_batch": True},
            "At 0.25 times the edge the loss rises at every update of GD: after 3 updates it is 4.10; at the start it "
            "was 2.05.",
        ),
        (
            {"diverged": True, "learning_rate": 1.47},
            "At 1.05 times the edge SGD diverges: after 2,400 updates the loss is more than 1,000,000 times the first "
            "one.",
        ),
        (AT_THE_START, "The learning rate is 0.25 times the edge. The first line has a loss of 2.05."),
        (
            {"starts_flat": True, **AT_THE_START},
            "The learning rate is 0.25 times the edge. The first line is flat, with a loss of 2.05.",
        ),
    ],
)
def test_the_whole_sentence(change, said):
    assert words.sentence(KNOWN._replace(**change)) == said


def test_all_details():
    assert words.details(KNOWN) == [
        ("learning rate", "0.350 = 0.250 times the edge"),
        ("edge 2/h", "1.40"),
        ("largest curvature h", "1.43"),
        ("so far", "2,400 updates of SGD with B = 8"),
        ("first loss", "2.05"),
        ("loss now", "0.310"),
        ("lowest possible loss", "0.102"),
        ("updates at which the loss rose", "17 of 2,400"),
        ("distance to the minimum across the valley", "less than 0.001 times the first one"),
        ("distance to the minimum along the valley", "0.250 times the first one"),
    ]
    other = KNOWN._replace(
        batch_size=64, is_full_batch=True, num_updates=1, num_rises=1_200, starts_flat=True, diverged=True,
        across=0.001, along=np.nan,
    )  # fmt: skip
    assert words.details(other)[3:] == [
        ("so far", "1 update of GD"),
        ("first loss", "2.05 (a flat line)"),
        ("loss now", "over 1,000,000 times the first one: diverged, and stopped"),
        ("lowest possible loss", "0.102"),
        ("updates at which the loss rose", "1,200 of 1"),
        ("distance to the minimum across the valley", "0.00100 times the first one"),
    ]


@settings(max_examples=40)
@given(CHOICES, st.data())
def test_the_sentence_says_whether_and_how_far_the_loss_fell(choice, data):
    path = path_of(**choice, updates=0)
    for _ in range(data.draw(st.integers(0, path.total_updates))):
        path.step()
    text = words.sentence(words.facts(path))
    assert_can_be_said(text)
    assert f"{spoken(choice['edge_share'])} times the edge" in text
    if path.moment == 0:
        assert "with a loss of 2.05" in text
        return
    assert f"after {count(path.moment, 'update')}" in text
    assert ("SGD" in text) == (choice["batch_size"] < 64)
    rises, loss = int((np.diff(path.losses) > 0).sum()), path.losses[-1]
    assert ("diverges" in text) == (path.moment == path.diverged_at)
    if "diverges" in text:
        return
    assert ("never rose" in text) == (rises == 0)
    assert ("rises at every update" in text) == (rises == path.moment)
    if 0 < rises < path.moment:
        assert f"on the way it rose {count(rises, 'time')}." in text
    assert spoken(float(loss)) in text


def test_a_path_that_diverges_has_not_diverged_where_one_goes_back():
    path = path_of(1.2, updates=0)
    path.run()
    assert path.moment == path.diverged_at
    assert "GD diverges" in words.sentence(words.facts(path))
    path.go_to(path.moment - 1)
    assert "diverge" not in words.sentence(words.facts(path)) + listed(words.details(words.facts(path)))


def test_the_distances_are_those_along_the_eigenvectors():
    path = path_of(0.05)
    values, _directions = np.linalg.eigh(LINE.hessian)
    along, across = (1 - path.learning_rate * values) ** 50
    facts = words.facts(path)
    assert facts.across == pytest.approx(across, rel=1e-6)
    assert facts.along == pytest.approx(along, rel=1e-6)
    said = dict(words.details(facts))
    for way, ratio in (("across", across), ("along", along)):
        assert said[f"distance to the minimum {way} the valley"] == f"{number(ratio)} times the first one"


def test_from_the_minimum_no_distances_are_compared():
    path = path_of(0.3, updates=3, batch_size=8, start_w=LINE.minimum[0], start_b=LINE.minimum[1])
    assert "distance" not in listed(words.details(words.facts(path)))
    near = words.facts(path_of(0.3, updates=0, start_w=LINE.minimum[0] + 0.1, start_b=LINE.minimum[1]))
    assert (near.across, near.along) == (1, 1)


@pytest.mark.parametrize(("start_w", "is_flat"), [(0.0, True), (1.0, False)])
def test_a_first_line_is_called_flat_where_it_is(start_w, is_flat):
    facts = words.facts(path_of(0.3, updates=0, start_w=start_w, start_b=1.0))
    first = spoken(float(LINE.loss(np.array([start_w, 1.0]))))
    assert ("flat" in words.sentence(facts)) == ("flat" in listed(words.details(facts))) == is_flat
    assert words.sentence(facts).endswith(f"a loss of {first}.")
    assert_can_be_said(words.sentence(facts))


def test_a_distance_of_nothing_has_no_digits():
    said = dict(words.details(words.facts(path_of(0.3))))
    assert said["distance to the minimum across the valley"] == "less than 0.001 times the first one"


# The panel


def test_the_panel_says_what_gd_does_below_and_above_the_edge():
    panel = LossSurface(epochs=30)
    for share, said in ((0.5, "it never rose"), (1.05, "the loss rises at every update"), (1.0, "1.00 times the edge")):
        panel.set(edge_share=share)
        panel.run()
        panel.wait(timeout=60.0)
        assert panel.error is None
        assert said in panel.words
    panel.set(batch_size=8)
    panel.run()
    panel.wait(timeout=60.0)
    assert "of SGD is" in panel.words
    assert "240 updates of SGD with B = 8" in panel.details
    panel.close()


def drag(panel, *places):
    for place in places:
        panel._frame._handle_custom_msg({"start": place}, [])
    panel.wait(timeout=60.0)


def start_of(panel):
    return panel.experiment.params[0].tolist()


@pytest.fixture
def panel():
    panel = LossSurface(LINE, epochs=5)
    panel.run()
    panel.wait(timeout=60.0)
    yield panel
    panel.close()


def test_a_run_begins_anew_where_the_ring_is_dragged_to(panel):
    drag(panel, [0.5, 0.5], [3.14159, -1.2345])
    assert (panel.settings.start_w, panel.settings.start_b) == (3.14, -1.23)
    assert start_of(panel) == [3.14, -1.23]
    assert panel.status == "Finished: update 5 of 5"
    # GD's first update by hand.
    off = 3.14 * LINE.x - 1.23 - LINE.y
    gradient = np.array([np.mean(off * LINE.x), np.mean(off)])
    np.testing.assert_allclose(panel.experiment.params[1], [3.14, -1.23] - 0.3 * LINE.edge * gradient)
    _, chart, _ = panel._session.picture.rows[0]
    assert chart.start == (3.14, -1.23)
    assert "A ring at the start, (3.14, −1.23)." in panel._frame.alt
    assert "start_w=3.14, start_b=-1.23" in panel.code


def test_a_paused_run_waits_at_its_new_start(panel):
    panel.pause()
    drag(panel, [-0.004, 1.0])
    assert start_of(panel) == [0.0, 1.0]
    assert "start_w=0.0, start_b=1.0" in panel.code
    assert panel.status == "Paused: update 0 of 5"


def test_the_start_is_set_in_code_alone_and_with_a_control(panel):
    for values in ({"start_w": 2}, {"start_b": np.float32(-1.5)}, {"start_w": 1.5, "seed": 3}):
        panel.set(**values)
        panel.wait(timeout=60.0)
        assert start_of(panel) == [panel.settings.start_w, panel.settings.start_b]
    assert (panel.settings.start_w, panel.settings.start_b, panel.settings.seed) == (1.5, -1.5, 3)
    panel.set(edge_share=0.5)
    panel.wait(timeout=60.0)
    assert start_of(panel) == [1.5, -1.5]
    for wrong in ({"start_w": np.nan}, {"start_b": 101}, {"start_w": 1.0, "seed": 21}):
        with pytest.raises(ValueError, match=r"^(start_w|start_b|seed) must be"):
            panel.set(**wrong)
        assert panel.settings.start_w == 1.5


def test_a_start_that_is_set_already_begins_nothing(panel):
    run = panel.experiment
    panel.set(start_w=0.0, start_b=0)
    panel.wait(timeout=60.0)
    assert panel.experiment is run


def test_kept_paths_from_other_places_have_other_names(panel):
    drag(panel, [1.0, 0.5])
    panel.keep()
    drag(panel, [-0.5, 1.25])
    panel.keep()
    drag(panel, [2.0, 0.0])
    panel.keep()
    drag(panel, [0.0, 0.0])
    panel.keep()
    names = [path.name for path in panel.kept]
    assert names == [
        "GD, 0.3 edge, from (1, 0.5)",
        "GD, 0.3 edge, from (−0.5, 1.25)",
        "GD, 0.3 edge, from (2, 0)",
        "GD, 0.3 edge",
    ]


def test_the_axis_of_updates_ends_with_the_longest_path_be_it_a_kept_one(panel):
    panel.keep()
    longest = panel.experiment.total_updates
    for epochs in (1, longest + 1):
        panel.set(epochs=epochs)
        panel.wait(timeout=60.0)
        assert panel._session.picture.rows[0][2].x.high == max(longest, epochs)


@pytest.mark.parametrize(
    ("arguments", "error", "what"),
    [
        ({"edge_share": 0.33}, ValueError, "edge_share"),
        ({"batch_size": 65}, ValueError, "batch_size"),
        ({"batch_size": True}, ValueError, "batch_size"),
        ({"epochs": 0}, ValueError, "epochs"),
        ({"rate": 0.5}, TypeError, "rate"),
        ({"start_w": np.inf}, ValueError, "start_w"),
        ({"start_b": -101}, ValueError, "start_b"),
        ({"start_w": "1"}, TypeError, "start_w"),
    ],
)
def test_a_setting_that_is_not_there_is_refused(arguments, error, what):
    with pytest.raises(error, match=what):
        LossSurface(**arguments)
