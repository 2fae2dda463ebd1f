"""How the PNG file of a picture is made; `tests/page` looks at the file itself, beside the page's picture."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

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
from lesson_lib.chart.picture import BLUE, GREEN, Cells, Chart, Curve, Picture, Words, verbatim

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
