"""How the PNG file of a picture is made; `tests/page` looks at the file itself, beside the page's picture."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pytest
from helpers import tiny_dataset
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

import lesson_lib as ll
from lesson_lib.chart import drawing, ticks
from lesson_lib.chart.description import describe
from lesson_lib.chart.picture import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    Band,
    Cells,
    Chart,
    Curve,
    Picture,
    Words,
    verbatim,
)

UNIT = ticks.linear("", 0, 1)


def chart(*marks, x=UNIT):
    return Chart("", x, UNIT, marks)


def line(at, color, **options):
    return Curve(np.array([0.0, 1.0]), np.full(2, at), color, **options)


LIVELY = Picture(
    (
        (
            Chart("Loss_B", UNIT, UNIT, (line(0.5, BLUE, name="GD"), Words(0.3, 0.3, "10^{−5}"))),
            chart(line(0.2, GREEN, marker="dot", dash="dashed", name="η = 0.1"), x=ticks.linear("epochs", 0, 1)),
        ),
    )
)


def test_nothing_is_set_for_all_of_matplotlib(monkeypatch):
    def refuse(*change):
        raise AssertionError(f"the learner's own figures would change, too: {change}")

    file = drawing.png(LIVELY)
    for name in ("__setitem__", "update", "_set"):
        monkeypatch.setattr(mpl.RcParams, name, refuse)
    assert drawing.png(LIVELY) == file


def test_threads_may_draw_at_once():
    pictures = [LIVELY, Picture(((chart(Words(0.5, 0.5, "η^2")),),), (150,))]
    alone = [drawing.png(picture) for picture in pictures]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(drawing.png, 2 * pictures)) == 2 * alone


def pixels_in_file(mark):
    file = BytesIO(drawing.png(Picture(((chart(mark),),), (200,))))
    return np.asarray(Image.open(file).convert("RGB")).astype(int)


def test_only_the_cells_of_a_map_go_over_into_each_other():
    ends = np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8)
    smooth, plain = (
        (abs(pixels_in_file(Cells(ends, 0, 1, 0, 1, smooth=smooth))[100] - 128) < 64).all(axis=1).sum()
        for smooth in (True, False)
    )
    assert smooth > 100  # columns of a middle grey
    assert plain < 5


def drawn(picture, monkeypatch):
    """matplotlib's figure of a picture."""
    made = []

    class Remembered(Figure):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            made.append(self)

    monkeypatch.setattr("matplotlib.figure.Figure", Remembered)
    drawing.png(picture)
    return made[0]


ALONG = np.array([0.0, 1.0, 2.0])
CURVES = Chart(
    "Loss_B",
    ticks.linear("epochs", 0, 2),
    ticks.logarithmic("|G|^2", 0.1, 10),
    (
        Band(ALONG, np.full(3, 0.2), np.full(3, 0.5), GREEN, 0.3),
        Curve(ALONG, np.array([1.0, 2.0, 4.0]), BLUE, "GD", width=2.5, dash="dashed", marker="dot"),
        Curve(ALONG, np.array([1.0, 1.0, 0.5]), VERMILION, "SGD", width=3, dash="dotted", opacity=0.5),
        Curve(ALONG, ALONG + 1, PURPLE, "one_B", width=0, marker="square", marker_size=9, opacity=0.2),
        Curve(ALONG, ALONG + 2, BLACK, "far", width=1, marker="cross", named_at_end=False),
        Words(1, 3, "10^{2}", GREY, 20.0),
    ),
    width=2.0,
    start=(1.0, 5.0),
)
SIX = np.array([[[255, 0, 0], [0, 255, 0], [9, 9, 9]], [[0, 0, 255], [0, 0, 0], [0, 99, 99]]], np.uint8)
CELLS = Chart(
    "",
    ticks.named("size", 0, 2, [0.5, 1.5], ["a", "b"]),
    ticks.blank(0, 4),
    (Cells(SIX, 0, 2, 1, 4), Curve(np.array([0.25, 1.0]), np.array([0.5, 2.0]), BLACK, arrow=True, width=4)),
)


def test_every_mark_is_drawn_at_its_place_with_its_colour_its_dash_and_its_name(monkeypatch):
    figure = drawn(Picture(((CURVES, CELLS),), (300,)), monkeypatch)
    assert (*figure.get_size_inches(), figure.dpi) == (9.6, 3.0, 100)
    curves, cells = figure.axes
    assert curves.get_position().width == pytest.approx(2 * cells.get_position().width, rel=0.01)
    low, high = r"$\mathregular{_{B}}$", r"$\mathregular{^{2}}$"
    assert (curves.get_title("left"), curves.get_xlabel(), curves.get_ylabel()) == (
        f"Loss{low}",
        "epochs",
        f"|G|{high}",
    )
    assert (cells.get_title("left"), cells.get_xlabel(), cells.get_ylabel()) == ("", "size", "")
    assert (curves.get_xscale(), curves.get_yscale(), cells.get_yscale()) == ("linear", "log", "linear")
    assert (*curves.get_xlim(), *curves.get_ylim()) == (0, 2, 0.1, 10)
    assert (*cells.get_xlim(), *cells.get_ylim()) == (0, 2, 0, 4)  # the cells do not change them
    written = [
        {label.get_text(): float(tick.get_loc()) for tick, label in zip(ticks_of, labels, strict=True)}
        for ticks_of, labels in (
            (curves.xaxis.get_major_ticks(), curves.get_xticklabels()),
            (curves.yaxis.get_major_ticks(), curves.get_yticklabels()),
            (cells.xaxis.get_major_ticks(), cells.get_xticklabels()),
        )
    ]
    assert written == [
        {"0.0": 0, "0.5": 0.5, "1.0": 1, "1.5": 1.5, "2.0": 2},
        {"0.1": 0.1, "0.2": 0.2, "0.5": 0.5, "1": 1, "2": 2, "5": 5, "10": 10},
        {"a": 0.5, "b": 1.5},
    ]
    assert not [*cells.get_yticks(), *curves.yaxis.get_minorticklocs(), *curves.xaxis.get_minorticklocs()]
    seen = [[axes.spines[side].get_visible() for side in ("left", "right", "top", "bottom")] for axes in figure.axes]
    assert seen == [[True, False, False, True], [False, False, False, True]]
    assert [line.get_visible() for line in (*curves.get_xgridlines(), *curves.get_ygridlines())] == [True] * 12
    assert {line.get_color() for line in (*curves.get_xgridlines(), *curves.get_ygridlines())} == {"#e3e3e3"}
    assert not any(line.get_visible() for line in cells.get_xgridlines())
    # Of each line its colour, opacity, dashes, width and marker in CSS pixels, name in the legend, and order.
    assert [
        (
            line.get_color(), line.get_alpha(), line._unscaled_dash_pattern[1], round(line.get_linewidth() / 0.72, 9),
            line.get_marker(), round(line.get_markersize() / 0.72, 9), line.get_label(), line.get_zorder(),
        )
        for line in (*curves.lines[:4], *cells.lines)
    ] == [
        ("#0072B2", 1, (3.5, 1.8), 2.5, "o", 5, "_", 3),
        ("#D55E00", 0.5, (1, 1.6), 3, "", 5, "_", 4),
        ("#CC79A7", 0.2, None, 0, "s", 9, f"one{low}", 5),
        ("#000000", 1, None, 1, "x", 5, "far", 6),
        ("#000000", 1, None, 4, "", 5, "_", 3),
    ]  # fmt: skip
    for line, mark in zip(curves.lines[:4], CURVES.marks[1:5], strict=True):
        np.testing.assert_array_equal(line.get_xydata(), np.stack([mark.x, mark.y], axis=1))
    rings = [(line.get_markeredgecolor(), line.get_markeredgewidth(), line.get_zorder()) for line in curves.lines[4:]]
    assert rings == [("white", pytest.approx(3.6), 8), ("#000000", pytest.approx(1.8), 8)]
    for ring in curves.lines[4:]:
        assert (*ring.get_xydata()[0], ring.get_marker(), ring.get_markersize()) == (1, 5, "o", pytest.approx(12.96))
        assert ring.get_markerfacecolor() == "none"
    (band,) = curves.collections
    np.testing.assert_allclose(band.get_facecolor(), [[0, 158 / 255, 115 / 255, 0.3]])
    np.testing.assert_array_equal(band.get_paths()[0].get_extents().get_points(), [[0, 0.2], [2, 0.5]])
    # The names at the ends stand at the height of the last points: log10(4 / 0.1) of two decades, log10(0.5 / 0.1).
    assert [
        (text.get_text(), text.get_color(), round(text.get_size() / 0.72, 9), *np.round(getattr(text, "xy", (0, 0)), 3))
        for text in curves.texts
    ] == [
        (f"10{high}", "#767676", 20, 0, 0), ("GD", "#0072b2", 13, 1, 0.801), ("SGD", "#c05500", 13, 1, 0.349),
    ]  # fmt: skip
    words = curves.texts[0]
    assert (*words.get_position(), words.get_ha(), words.get_va()) == (1, 3, "center", "center")
    legend = curves.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [f"one{low}", "far"]
    samples = [(line.get_color(), line.get_marker(), line.get_alpha()) for line in legend.get_lines()]
    assert samples == [("#CC79A7", "s", 0.6), ("#000000", "x", 1)]  # a faint one is seen, too
    assert cells.get_legend() is None
    (image,) = cells.images
    assert image.get_extent() == [0, 2, 1, 4]
    np.testing.assert_array_equal(image.get_array()[..., :3], SIX)
    assert (image.origin, image.get_zorder()) == ("upper", 2)
    (arrow,) = cells.texts
    assert (*arrow.xyann, *arrow.xy) == (0.25, 0.5, 1, 2)
    assert (arrow.arrow_patch.get_facecolor()[:3], arrow.arrow_patch.get_mutation_scale()) == ((0, 0, 0), 16 * 0.72)


def test_a_chart_with_equal_units_shows_more_along_the_axis_that_has_room(monkeypatch):
    chart = Chart("", ticks.linear("w", 0, 2), ticks.linear("b", -1, 1), (line(0.5, BLUE),), equal=True)
    (axes,) = drawn(Picture(((chart,),), (300,)), monkeypatch).axes
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    assert (low, high) == pytest.approx((-1, 1))
    assert right - left > 4
    assert (left + right) / 2 == pytest.approx(1)
    size = axes.bbox.size / (right - left, high - low)
    assert size[0] == pytest.approx(size[1], rel=0.02)
    step = {round(float(after - before), 9) for before, after in pairwise(axes.get_xticks())}
    assert step == {0.5}  # as it was before


def test_the_panels_do_not_wait_for_matplotlib():
    code = "import sys; from lesson_lib import *; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@given(st.text(st.characters(blacklist_characters="_^$\\")))
def test_text_without_high_or_low_parts_stays_as_it_is(text):
    assert drawing.mathtext(text) == text


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("g_B − G", [("_", "B")]),
        ("|G|^2", [("^", "2")]),
        ("5·10^{−4}", [("^", "−4")]),
        ("B_{simple}^{2}", [("_", "simple"), ("^", "2")]),
    ],
)
def test_high_and_low_parts_are_found(text, parts):
    found = re.findall(r"\$\\mathregular\{([_^])\{([^}]*)\}\}\$", drawing.mathtext(text))
    assert found == parts


# What others have named is no markup.

NAMES = ("T_shirt", "x^2", r"back\slash", "$5$", "100$", r"\$", r"\_", "_", "a_{b}^", "$x_1$", r"\\", "{}")


def pixels(text, *, is_markup):
    figure = Figure(figsize=(3, 1))
    canvas = FigureCanvasAgg(figure)
    figure.text(0.1, 0.5, text, parse_math=is_markup)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_drawn_as_it_stands(name):
    drawn = pixels(drawing.mathtext(verbatim(name)), is_markup=True)
    np.testing.assert_array_equal(drawn, pixels(name, is_markup=False))


@given(st.text(st.sampled_from("aB_^\\{}$ "), max_size=8))
def test_a_name_is_said_as_it_stands(name):
    picture = Picture(((Chart("", UNIT, UNIT, (), note=f"({verbatim(name)})"),),))
    assert describe(picture).endswith(f"({name}).")


def test_it_is_said_where_each_chart_is_and_which_way_and_how_far_its_axes_go():
    x, y = ticks.linear("epochs", 0, 5), ticks.logarithmic("loss (nats)", 0.1, 10)
    one, two, three = (Chart(title, x, y, ()) for title in ("One", "Two", "Three"))
    axes = "loss (nats) from 0.1 to 10, logarithmic against epochs from 0 to 5."
    assert describe(Picture(((one, two), (three,)), (200, 200))) == (
        f"Above, left: One. {axes} Above, right: Two. {axes} Below: Three. {axes}"
    )


def test_everything_that_is_seen_is_said():
    """Where, which title, which axes, what there is to note, and each name with its look: no name, no word."""
    curves = (
        line(0.5, BLUE, name="GD", dash="dashed", marker="dot"),
        line(0.5, VERMILION, name="SGD, B = 8"),
        line(0.5, GREEN, name="knee", dash="dotted"),
        line(0.5, PURPLE, name="wrong way", width=0, marker="square"),
        line(0.5, ORANGE, name="twice", width=0, marker="cross"),
        line(0.5, SKY, name="seen once", width=0, marker="dot"),
        line(0.5, BLACK, name="g_B", arrow=True),
        line(0.5, GREY, name="work"),
        line(0.5, BLUE),
        Band(np.zeros(1), np.zeros(1), np.ones(1), BLUE),
        Words(0.5, 0.5, "not said"),
    )
    time, shares = ticks.linear("seconds", 0, 2), ticks.linear("", 0, 1, percent=True)
    rooms = ticks.named("", 0, 2, (0.5, 1.5), ("shirt", "coat"))
    charts = (
        Chart("Does it?", time, ticks.logarithmic("|G|^2", 0.1, 10), curves, note="A note"),
        Chart("Shares", time, shares, ()),
        Chart("Rooms", time, rooms, ()),
        Chart("", ticks.blank(0, 1), ticks.blank(0, 1), (), note="Nothing to be read off"),
    )
    looks = (
        "GD, dashed blue line with dots; SGD, B = 8, solid orange line; knee, dotted green line; "
        "wrong way, purple squares; twice, yellow crosses; seen once, light blue dots; gB, black arrow; "
        "work, solid grey line."
    )
    told = (
        f"Does it? |G| squared from 0.1 to 10, logarithmic against seconds from 0.0 to 2.0. A note. {looks}",
        "Shares. from 0 % to 100 % against seconds from 0.0 to 2.0.",
        "Rooms. seconds from 0.0 to 2.0, for shirt, coat.",
        "Nothing to be read off.",
    )
    assert describe(Picture((charts[:1],))) == told[0]
    sides = zip(("Left", "Middle", "Right"), told[:3], strict=True)
    assert describe(Picture((charts[:3],))) == " ".join(f"{side}: {text}" for side, text in sides)
    numbered = enumerate(told, start=1)
    assert describe(Picture((charts,))) == " ".join(f"Chart {number}: {text}" for number, text in numbered)
    rows = tuple((chart,) for chart in charts[:3])
    heights = zip(("Above", "In the middle", "Below"), told[:3], strict=True)
    assert describe(Picture(rows, (100, 100, 100))) == " ".join(f"{where}: {text}" for where, text in heights)


def test_where_a_start_is_is_said():
    assert "ring" not in describe(Picture(((chart(),),)))
    moved = chart()._replace(start=(1.25, -0.5))
    assert describe(Picture(((moved,),))).endswith(". A ring at the start, (1.25, −0.5).")


@pytest.mark.parametrize(
    "make",
    [
        lambda data: ll.NextUpdate(data, batch_size=2),
        lambda data: ll.GdVsSgd(data, batch_size=2),
        lambda data: ll.Coverage(data, batch_size=2),
    ],
)
def test_class_names_are_shown_as_they_stand(make):
    names = NAMES[:3]
    data = tiny_dataset(num_features=9)
    panel = make(ll.Dataset("own", data.x_train, data.y_train, data.x_test, data.y_test, names))
    picture = panel._picture_of(panel._start(panel.settings))
    panel.close()
    charts = [chart for row in picture.rows for chart in row]
    texts = {mark.text for chart in charts for mark in chart.marks if isinstance(mark, Words)}
    texts |= {tick.text for chart in charts for tick in chart.y.ticks}
    shown = [text for text in texts if any(part in text for part in ("shirt", "x", "slash"))]
    assert shown
    for text in shown:
        assert any(text.endswith(verbatim(name)) for name in names), text
