"""A picture, on the page and as a PNG file: every mark has its colour at the pixels where its values lie."""

from io import BytesIO
from itertools import pairwise
from typing import get_args, get_type_hints

import numpy as np
import pytest
from PIL import Image
from probe import ACROSS, FLOOR, UNIT, axes_of, box, chart, floor, is_color, line, middle, place_in

from lesson_lib.chart import drawing, ticks
from lesson_lib.chart.picture import (
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    Band,
    Cells,
    Chart,
    Curve,
    Mark,
    Picture,
    Words,
)
from lesson_lib.panel.frame import Frame, packed

pytestmark = pytest.mark.slow


@pytest.fixture(params=["page", "file"])
def pixels_of(request):
    """A function from rows of charts to the pixels of their picture."""
    if request.param == "file":
        return lambda *rows, heights=(300,): pixels_in_file(Picture(rows, heights))
    widget = request.getfixturevalue("show")(Frame())

    def pixels_on_page(*rows, heights=(300,)):
        widget.tell(picture=packed(Picture(rows, heights)))
        return widget.pixels()

    return pixels_on_page


def pixels_in_file(picture):
    return np.asarray(Image.open(BytesIO(drawing.png(picture))).convert("RGB")).astype(int)


@pytest.mark.parametrize("heights", [(300,), (400, 220), (200, 100, 150)])
def test_a_picture_is_960_pixels_wide_and_as_high_as_its_rows(pixels_of, heights):
    assert pixels_of(*[(chart(),)] * len(heights), heights=heights).shape == (sum(heights), 960, 3)


# Where marks lie


@pytest.mark.parametrize(
    ("y", "values", "shares"),
    [
        (ticks.linear("", -2, 6), (-1.0, 2.0, 5.0), (0.125, 0.5, 0.875)),
        (ticks.logarithmic("", 0.01, 100), (0.1, 1.0, 20.0), (0.25, 0.5, 0.5 + np.log10(20) / 4)),
    ],
    ids=["even", "logarithmic"],
)
def test_a_flat_line_is_at_the_height_of_its_value(pixels_of, y, values, shares):
    colors = (BLUE, VERMILION, GREEN)
    lines = [line(value, color, width=3) for value, color in zip(values, colors, strict=True)]
    pixels = pixels_of((chart(*lines, y=y),))
    axes = axes_of(pixels)
    for color, share in zip(colors, shares, strict=True):
        top, bottom, left, right = box(is_color(pixels, color))
        assert (top + bottom) / 2 == pytest.approx(place_in(axes, 0, share)[0], abs=1.01)
        assert 2 <= bottom - top <= 4
        assert (left, right) == pytest.approx(axes[2:], abs=2)


@pytest.mark.parametrize(
    ("x", "values", "shares"),
    [
        (ticks.linear("", 0, 10), (2.0, 9.0), (0.2, 0.9)),
        (ticks.logarithmic("", 1, 1000), (10.0, 200.0), (1 / 3, np.log10(200) / 3)),
    ],
    ids=["even", "logarithmic"],
)
@pytest.mark.parametrize("marker", ["dot", "square"])
def test_a_marker_is_at_its_point_and_as_large_as_it_is_said_to_be(pixels_of, x, values, shares, marker):
    dots = [
        Curve(np.array([value]), np.array([0.3]), color, width=0, marker=marker, marker_size=15)
        for value, color in zip(values, (BLUE, VERMILION), strict=True)
    ]
    pixels = pixels_of((chart(*dots, x=x),))
    for color, share in zip((BLUE, VERMILION), shares, strict=True):
        mask = is_color(pixels, color)
        assert middle(mask) == pytest.approx(place_in(axes_of(pixels), share, 0.3), abs=1.6)
        top, bottom, left, right = box(mask)
        assert (bottom - top, right - left) == pytest.approx((15, 15), abs=2)
        assert mask.sum() == pytest.approx(225 * (np.pi / 4 if marker == "dot" else 1), rel=0.15)


RING_ON_A_LINE = line(0.3, BLUE, width=40)


@pytest.mark.parametrize("place", [(0.25, 0.3), (0.8, 0.3)])
def test_a_ring_lies_around_the_start_over_all_marks_and_is_open_in_the_middle(pixels_of, place):
    pixels = pixels_of((chart(RING_ON_A_LINE, start=place),))
    row, column = (round(at) for at in place_in(axes_of(pixels), *place))
    around = pixels[row - 14 : row + 14, column - 14 : column + 14]
    ring = is_color(around, "#000000")
    assert middle(ring) == pytest.approx((14, 14), abs=1.6)
    top, bottom, left, right = box(ring)
    assert (bottom - top, right - left) == pytest.approx((20, 20), abs=2)
    assert is_color(around, BLUE)[10:18, 10:18].all()
    assert not is_color(pixels_of((chart(RING_ON_A_LINE),)), "#000000")[
        row - 14 : row + 14, column - 14 : column + 14
    ].any()


def test_a_value_that_is_not_finite_leaves_a_gap(pixels_of):
    x = np.linspace(0, 1, 13)
    y = np.where((x > 0.3) & (x < 0.7), np.nan, 0.5)
    y[-1] = np.inf
    pixels = pixels_of((chart(Curve(x, y, BLUE, width=4)),))
    row, _ = middle(is_color(pixels, BLUE))
    axes = axes_of(pixels)
    for share, there in [(0.1, True), (0.24, True), (0.4, False), (0.6, False), (0.8, True), (0.95, False)]:
        column = place_in(axes, share, 0)[1]
        assert is_color(pixels, BLUE)[int(row), int(column)] == there


def test_the_first_row_of_cells_is_on_top(pixels_of):
    colors = [[BLUE, VERMILION, SKY], [GREEN, ORANGE, PURPLE]]
    table = np.array([[list(bytes.fromhex(color[1:])) for color in row] for row in colors], np.uint8)
    pixels = pixels_of((chart(Cells(table, left=0.2, right=0.8, bottom=0.1, top=0.9)),))
    axes = axes_of(pixels)
    for row, column in np.ndindex(2, 3):
        top, bottom, left, right = box(is_color(pixels, colors[row][column]))
        assert (top, left) == pytest.approx(place_in(axes, 0.2 + 0.2 * column, 0.9 - 0.4 * row), abs=2)
        assert (bottom, right) == pytest.approx(place_in(axes, 0.4 + 0.2 * column, 0.5 - 0.4 * row), abs=2)


def test_a_band_is_between_its_curves_and_lets_show_what_is_under_it(pixels_of):
    x = np.linspace(0, 1, 3)
    pixels = pixels_of((chart(Band(x, 0.2 + 0 * x, 0.6 + 0 * x, "#000000", opacity=0.5)),))
    axes = axes_of(pixels)
    for share, half in [(0.1, False), (0.25, True), (0.4, True), (0.55, True), (0.7, False)]:
        row, column = (int(at) for at in place_in(axes, 0.43, share))
        expected = "#807800" if half else FLOOR
        assert is_color(pixels, expected)[row, column]


@pytest.mark.parametrize("missing", ["low", "high"])
def test_where_an_edge_of_a_band_is_missing_it_has_a_gap(pixels_of, missing):
    x = np.linspace(0, 1, 13)
    edges = {"low": np.full(13, 0.2), "high": np.full(13, 0.6)}
    edges[missing][(x > 0.3) & (x < 0.7)] = np.nan
    pixels = pixels_of((chart(Band(x, color=BLUE, opacity=1.0, **edges)),))
    for share, there in [(0.1, True), (0.24, True), (0.4, False), (0.6, False), (0.8, True)]:
        row, column = (int(at) for at in place_in(axes_of(pixels), share, 0.4))
        assert is_color(pixels, BLUE)[row, column] == there


def test_words_stand_around_their_point(pixels_of):
    pixels = pixels_of((chart(Words(0.25, 0.75, "MMMM", color=BLUE, size=30)),))
    assert middle(is_color(pixels, BLUE)) == pytest.approx(place_in(axes_of(pixels), 0.25, 0.75), abs=4)


def test_an_arrow_ends_in_a_head(pixels_of):
    arrow = Curve(np.array([0.2, 0.8]), np.array([0.5, 0.5]), BLUE, width=4, arrow=True)
    with_head, without = (pixels_of((chart(mark),)) for mark in (arrow, arrow._replace(arrow=False)))
    mask = is_color(with_head, BLUE)
    top, bottom, left, right = box(mask)
    assert (left, right) == pytest.approx(box(is_color(without, BLUE))[2:], abs=4)
    assert bottom - top >= 10
    thickness = mask.sum(axis=0)
    assert (thickness[left : right - 20] <= 5).all()  # the line alone
    assert right - 20 < np.argmax(thickness) < right - 5  # widest behind the tip


@pytest.mark.parametrize(("tail", "tip"), [((0.4, 0.3), (0.6, 0.7)), ((0.4, 0.7), (0.6, 0.3))], ids=["up", "down"])
def test_the_head_of_a_slanted_arrow_lies_behind_its_tip(pixels_of, tail, tip):
    x, y = np.array([tail, tip]).T
    pixels = pixels_of((chart(Curve(x, y, BLUE, width=4, arrow=True), equal=True),))
    (tail_row, left), (tip_row, right) = (place_in(axes_of(pixels), *place) for place in (tail, tip))
    assert box(is_color(pixels, BLUE)) == pytest.approx((*sorted((tail_row, tip_row)), left, right), abs=4)


def test_the_head_of_a_short_arrow_is_shorter_than_the_arrow(pixels_of):
    arrow = Curve(np.array([0.5, 0.515]), np.array([0.5, 0.5]), BLUE, width=4, arrow=True)
    tail, tip = (place_in(axes_of(pixels_of((chart(equal=True),))), x, 0.5)[1] for x in arrow.x)
    assert tip - tail < 0.91 * 16 * 0.72  # the head at its usual size would begin before the tail
    columns = box(is_color(pixels_of((chart(arrow, equal=True),)), BLUE))[2:]
    assert columns == pytest.approx((tail, tip), abs=4)


def test_on_a_map_nothing_goes_on_beyond_the_rim(pixels_of):
    beyond = Curve(np.array([0.5, 0.5]), np.array([0.5, 3.0]), BLUE, width=8)
    for equal in (True, False):
        pixels = pixels_of((chart(beyond, equal=equal),))
        top = axes_of(pixels)[0]
        assert is_color(pixels[: top - 2], BLUE).any() != equal


def test_later_marks_lie_over_earlier_ones(pixels_of):
    for colors in [(BLUE, VERMILION), (VERMILION, BLUE)]:
        below, above = (line(0.5, color, width=8) for color in colors)
        pixels = pixels_of((chart(below, above),))
        assert is_color(pixels, colors[1]).any()
        assert not is_color(pixels, colors[0]).any()
    short = Curve(np.array([0.2, 0.8]), np.array([0.5, 0.5]), BLUE, width=8)
    pixels = pixels_of((chart(short, Band(ACROSS, np.zeros(2), np.ones(2), VERMILION, opacity=1.0)),))
    assert not is_color(pixels, BLUE).any()


def test_nothing_is_drawn_far_outside_of_the_axes(pixels_of):
    dots = Curve(np.linspace(0, 1, 50), np.linspace(-1, 2, 50), BLUE, width=0, marker="dot", marker_size=6)
    steep = Curve(ACROSS, np.array([-3.0, 4.0]), VERMILION)
    words = Words(0.5, 1.3, "MMM", color=GREEN)
    beyond = Band(ACROSS, np.full(2, 1.1), np.full(2, 1.5), PURPLE, opacity=1.0)
    title = Chart("\n", UNIT, UNIT, (floor(), dots, steep, words, beyond))  # makes room above the axes
    pixels = pixels_of((title,))
    top, bottom, *_ = axes_of(pixels)
    assert top > 20
    for color in (BLUE, VERMILION):
        seen = box(is_color(pixels, color))
        assert seen[0] >= top - 10
        assert seen[1] <= bottom + 10
    assert not is_color(pixels, GREEN).any()
    assert not is_color(pixels, PURPLE).any()


def test_a_marker_at_the_edge_is_whole(pixels_of):
    corner = Curve(ACROSS, ACROSS, BLUE, width=0, marker="square", marker_size=6)
    pixels = pixels_of((chart(corner, Curve(np.array([0.5]), np.array([0.5]), BLUE, width=0, marker="square")),))
    top, bottom, left, right = axes_of(pixels)
    seen = box(is_color(pixels, BLUE))
    assert np.subtract(seen, (top, bottom, left, right)).tolist() == pytest.approx([-3, 3, -3, 3], abs=1.5)


# Charts beside and under each other


def test_charts_share_the_room_as_they_are_told(pixels_of):
    left, right, below = (
        Chart("", UNIT, UNIT, (Band(ACROSS, np.zeros(2), np.ones(2), color, opacity=1.0),), width=width)
        for color, width in [(BLUE, 3), (VERMILION, 1), (GREEN, 1)]
    )
    pixels = pixels_of((left, right), (below,), heights=(300, 200))
    first, second, third = (box(is_color(pixels, color)) for color in (BLUE, VERMILION, GREEN))
    assert first[:2] == second[:2]
    assert first[1] < 300 < third[0]
    assert first[3] < second[2]
    assert third[2] < first[2] + 20
    assert third[3] > second[3] - 20
    assert (first[3] - first[2]) / (second[3] - second[2]) == pytest.approx(3, rel=0.25)


@pytest.mark.parametrize(("x_ends", "y_ends"), [((-1, 1), (-1, 1)), ((-1.05, 1.1), (-0.3, 1.05)), ((0, 8), (0, 1))])
def test_one_unit_is_as_long_on_both_axes(pixels_of, x_ends, y_ends, caplog):
    x, y = ticks.blank(*x_ends), ticks.blank(*y_ends)
    square = Cells(np.array([[[0, 114, 178]]], np.uint8), left=0, right=1, bottom=0, top=1)
    pixels = pixels_of((chart(square, x=x, y=y, equal=True), chart()), heights=(250,))
    top, bottom, left, right = box(is_color(pixels, BLUE))
    assert right - left == pytest.approx(bottom - top, abs=2)
    # Both axes show at least what they were to show; one of them shows more.
    unit = right - left
    left_half = pixels[:, :480]
    top, bottom, left, right = box(is_color(left_half, FLOOR) | is_color(left_half, BLUE))
    assert right - left == pytest.approx(unit * (x_ends[1] - x_ends[0]), rel=0.03, abs=2)
    assert bottom - top == pytest.approx(unit * (y_ends[1] - y_ends[0]), rel=0.03, abs=2)
    assert caplog.records == []  # nor does matplotlib complain


# Legend


@pytest.mark.parametrize(
    ("names", "lines"),
    [(["a", "b", "c"], 1), (["a rather long name for a curve " + letter for letter in "abc"], 3), (["", "", ""], 0)],
    ids=["short", "long", "none"],
)
def test_the_legend_is_above_the_axes_in_as_many_lines_as_it_needs(pixels_of, names, lines):
    colors = (BLUE, VERMILION, GREEN)
    curves = [line(0.2, color, name=name, named_at_end=False) for color, name in zip(colors, names, strict=True)]
    pixels = pixels_of((chart(*curves), chart()))[:, :480]
    top = axes_of(pixels)[0]
    above = [is_color(pixels[: top - 3], color) for color in colors]
    assert [mask.any() for mask in above] == [lines > 0] * 3
    if lines:
        assert len({round(middle(mask)[0]) for mask in above}) == lines
    assert 17 * lines < top < 20 + 30 * lines


def test_a_faint_curve_is_seen_in_the_legend(pixels_of):
    faint = Curve(np.empty(0), np.empty(0), BLUE, "one batch", width=0, marker="dot", opacity=0.1, marker_size=12)
    pixels = pixels_of((chart(faint),))
    sample = pixels[: axes_of(pixels)[0]]
    blended = "#66AAD1"  # 60 % of the colour, on white
    assert is_color(sample, blended).sum() > 50


def test_the_smallest_dots_have_one_in_the_legend_that_is_seen(pixels_of):
    dots = Curve(ACROSS, ACROSS, BLUE, "one batch", width=0, marker="dot", marker_size=2)
    pixels = pixels_of((chart(dots),))
    assert is_color(pixels[: axes_of(pixels)[0] - 3], BLUE).sum() >= 12


def test_of_a_line_with_markers_the_legend_shows_one_in_the_middle(pixels_of):
    marked = line(0.5, BLUE, name="SGD", named_at_end=False, width=2, marker="square", marker_size=8)
    pixels = pixels_of((chart(marked),))
    sample = is_color(pixels[: axes_of(pixels)[0] - 3], BLUE)
    _, _, left, right = box(sample)
    thick = np.flatnonzero(sample.sum(axis=0) >= 6)
    assert (thick[0] + thick[-1] + 1) / 2 == pytest.approx((left + right) / 2, abs=1.5)
    assert thick[-1] - thick[0] < 10 < right - left - 10


# Names at the ends of curves


def test_a_name_stands_where_its_curve_ends_in_its_colour_and_on_no_other(pixels_of):
    """In words of blocks, which are as wide as they are high, so that a name is a mass of its colour."""
    ends = {BLUE: (0.5, 0.8), VERMILION: (1.0, 0.3), GREEN: (1.0, 0.31), PURPLE: (1.0, 0.29)}
    curves = [Curve(np.array([0.0, x]), np.full(2, y), color, "■■■", width=1) for color, (x, y) in ends.items()]
    pixels = pixels_of((chart(*curves), chart()))[:, :480]
    axes = axes_of(pixels)
    found = {}
    for color, (x, y) in ends.items():
        row, column = place_in(axes, x, y)
        name = is_color(pixels, drawing.readable(color)) & (np.arange(480) > column + 4)[None, :]
        name[axes[1] :] = False
        top, bottom, left, right = box(name)
        if x < 1:  # over the floor: a white rim sets it off
            assert is_color(pixels[top - 3 : bottom + 3, left - 3 : right + 3], "#FFFFFF").sum() > 20
        assert abs(left - column - 8) < 6
        found[color] = (top, bottom)
        assert abs((top + bottom) / 2 - row) < 40
    rows = sorted(found[color] for color in (VERMILION, GREEN, PURPLE))
    assert all(above[1] < below[0] for above, below in pairwise(rows))
    assert [color for color, _ in sorted(found.items(), key=lambda item: item[1])][1:] == [GREEN, VERMILION, PURPLE]
    assert not any(is_color(pixels[: axes[0] - 3], color).any() for color in ends)  # and there is no legend


@pytest.mark.parametrize(
    ("marks", "options"),
    [
        ([line(0.5, BLUE, name="a name as long as half of the chart")], {}),
        ([line(place / 15, BLUE, name="■") for place in range(15)], {}),
        ([line(0.5, BLUE, name="■")], {"equal": True}),
        ([line(0.5, BLUE, name="■", named_at_end=False)], {}),
    ],
    ids=["long", "many", "map", "in the legend"],
)
def test_where_there_is_no_room_names_stay_in_the_legend(pixels_of, marks, options):
    pixels = pixels_of((chart(*marks, **options), chart()))[:, :480]
    top, _, _, right = axes_of(pixels)
    assert is_color(pixels[:top], BLUE).any()
    assert not is_color(pixels[top:, right + 8 :], BLUE).any()


# Axes and text


def dark_rows(pixels):
    return (pixels.sum(axis=-1) < 600).sum(axis=1)


def test_a_blank_axis_is_not_drawn(pixels_of):
    empty = Chart("", ticks.blank(0, 1), ticks.blank(0, 1), ())
    assert (pixels_of((empty,)) == 255).all()


@pytest.mark.parametrize("side", ["x", "y"])
def test_grid_lines_stand_at_the_ticks(pixels_of, side):
    gridded = ticks.linear("", 0, 10)
    both = {"x": ticks.blank(0, 1), "y": ticks.blank(0, 1)} | {side: gridded}
    pixels = pixels_of((Chart("", both["x"], both["y"], (Curve(ACROSS, ACROSS, "#FFFFFF", width=0),)),))
    grey = is_color(pixels, "#E3E3E3") & ~is_color(pixels, "#FFFFFF") | (np.abs(pixels - 0xE3).max(axis=-1) < 12)
    along = grey.sum(axis=0 if side == "x" else 1)
    found = np.flatnonzero(along > 0.7 * along.max())
    groups = np.split(found, np.flatnonzero(np.diff(found) > 1) + 1)
    middles = [group.mean() for group in groups]
    steps = np.diff(middles)
    assert len(middles) >= len(gridded.ticks) - 2  # those at the ends may be under the axes' own lines
    assert steps == pytest.approx(np.full(len(steps), steps.mean()), abs=1.01)


def test_every_style_can_be_drawn(pixels_of):
    hints = get_type_hints(Curve)
    assert set(drawing.DASHES) == set(get_args(hints["dash"]))
    assert set(drawing.MARKERS) == set(get_args(hints["marker"]))
    styles = [(dash, marker) for dash in drawing.DASHES for marker in drawing.MARKERS]
    heights = (np.arange(len(styles)) + 0.5) / len(styles)
    lines = [line(at, BLUE, dash=dash, marker=marker) for at, (dash, marker) in zip(heights, styles, strict=True)]
    pixels = pixels_of((chart(*lines),))
    for at, (dash, _) in zip(heights, styles, strict=True):
        row = int(place_in(axes_of(pixels), 0, at)[0])
        covered = is_color(pixels, BLUE)[row - 4 : row + 5].any(axis=0).mean()
        assert (covered > 0.9) == (dash == "solid")
        assert covered > 0.2


def test_dots_are_shorter_than_dashes(pixels_of):
    pieces = {}
    for dash in ("dashed", "dotted"):
        pixels = pixels_of((chart(line(0.5, BLUE, dash=dash, width=4)),))
        row = is_color(pixels, BLUE)[int(place_in(axes_of(pixels), 0, 0.5)[0])]
        pieces[dash] = np.count_nonzero(np.diff(row.astype(int)) == 1)
    assert pieces["dotted"] > 1.5 * pieces["dashed"] > 15


def ink(pixels):
    return (pixels.sum(axis=-1) < 600) & ~is_color(pixels, FLOOR)


@pytest.mark.parametrize("side", ["x", "y", "title"])
def test_labels_and_titles_are_written_where_they_belong(pixels_of, side):
    x, y = ticks.linear("epochs" if side == "x" else "", 0, 1), ticks.linear("loss" if side == "y" else "", 0, 1)
    named = Chart("Title" if side == "title" else "", x, y, (floor(),))
    top, bottom, left, right = axes_of(pixels_of((named,)))
    room = {
        "x": (slice(bottom + 22, None), slice(left + 50, right - 50)),
        "y": (slice(top + 20, bottom - 20), slice(0, max(left - 35, 1))),
        "title": (slice(0, top - 2), slice(left, right)),
    }
    for place, part in room.items():
        assert ink(pixels_of((named,)))[part].any() == (place == side)


def test_a_cross_reaches_its_corners_and_leaves_its_sides_open(pixels_of):
    cross = Curve(np.array([0.5]), np.array([0.5]), BLUE, width=0, marker="cross", marker_size=21)
    pixels = pixels_of((chart(cross),))
    mask = is_color(pixels, BLUE)
    row, column = map(round, middle(mask))
    assert (row, column) == pytest.approx(place_in(axes_of(pixels), 0.5, 0.5), abs=1.6)
    for down, right in [(-7, -7), (-7, 7), (7, -7), (7, 7)]:
        assert mask[row + down - 1 : row + down + 2, column + right - 1 : column + right + 2].any()
    for down, right in [(-7, 0), (7, 0), (0, -7), (0, 7)]:
        assert not mask[row + down, column + right]
    # A cross on a dotted line, of which one point leaves nothing else, is not dotted.
    assert np.array_equal(is_color(pixels_of((chart(cross._replace(width=2, dash="dotted")),)), BLUE), mask)


EXAMPLES = {
    Curve: line(0.5, BLUE),
    Band: Band(ACROSS, np.full(2, 0.2), np.full(2, 0.7), BLUE, opacity=1.0),
    Cells: Cells(np.array([[[0, 114, 178]]], np.uint8), left=0.2, right=0.8, bottom=0.2, top=0.8),
    Words: Words(0.5, 0.5, "MMM", color=BLUE, size=40),
}


def test_every_kind_of_mark_is_drawn(pixels_of):
    assert set(EXAMPLES) == set(get_args(Mark))
    for mark in EXAMPLES.values():
        assert is_color(pixels_of((chart(mark),)), BLUE).sum() > 100
