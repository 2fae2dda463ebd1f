"""What the page gets of a picture: the same values, as JSON and as bytes that its JavaScript reads."""

import json
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lesson_lib.chart import ticks
from lesson_lib.chart.picture import Band, Cells, Chart, Curve, Picture, Words
from lesson_lib.experiment import Inspection
from lesson_lib.panel.frame import Frame, packed
from lesson_lib.panels.coverage import picture as coverage
from lesson_lib.panels.gd_vs_sgd import batch
from lesson_lib.panels.gd_vs_sgd import picture as race

SINGLE = st.floats(width=32)
TIME = np.linspace(0, 1, 5)


def points(length):
    return arrays(np.float32, length, elements=SINGLE)


@st.composite
def curves(draw):
    length = draw(st.integers(0, 6))
    marker, dash = draw(st.sampled_from(["none", "dot", "square", "cross"])), draw(st.sampled_from(["solid", "dashed"]))
    x, y = draw(points(length)).astype(np.float64), draw(points(length)).astype(np.float64)
    return Curve(x, y, "#0072B2", draw(st.text(max_size=5)), dash=dash, marker=marker, arrow=draw(st.booleans()))


@st.composite
def bands(draw):
    length = draw(st.integers(0, 6))
    return Band(*(draw(points(length)) for _ in range(3)), "#D55E00")


@st.composite
def cells(draw):
    rows, columns = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    return Cells(draw(arrays(np.uint8, (rows, columns, 3))), 0, 1, -1, 2.5)


def in_picture(*marks):
    chart = Chart("loss", ticks.linear("epochs", 0, 5), ticks.logarithmic("loss", 0.1, 10), marks, equal=True)
    return Picture(((chart,),), (300,))


def unpacked(mark):
    """The mark again, read as `picture.js` reads it."""
    kind = {"curve": Curve, "band": Band, "cells": Cells, "words": Words}[mark["kind"]]
    values = {name: mark[name] for name in kind._fields}
    for name, value in values.items():
        if isinstance(value, bytes):
            pixels = kind is Cells
            values[name] = np.frombuffer(value, np.uint8 if pixels else "<f4").reshape(mark["shape"])
    return kind(**values)


@given(st.lists(st.one_of(curves(), bands(), cells()), max_size=5))
def test_marks_go_round(marks):
    marks.append(Words(0.5, -1.0, "54° apart"))
    ((chart,),) = packed(in_picture(*marks))["rows"]
    for mark, back in zip(marks, map(unpacked, chart["marks"]), strict=True):
        assert type(back) is type(mark)
        for sent, received in zip(mark, back, strict=True):
            np.testing.assert_array_equal(sent, received)


def as_json(packed_picture):
    """The picture as JSON, its bytes replaced: numbers that are not finite have no place in it."""
    return json.loads(json.dumps(packed_picture, allow_nan=False, default=lambda value: f"{len(value)} bytes"))


def test_axes_and_ticks_arrive_by_their_names():
    plain = as_json(packed(in_picture(Curve(TIME, TIME, "#000000"))))
    assert plain["heights"] == [300]
    ((chart,),) = plain["rows"]
    assert (chart["title"], chart["width"], chart["equal"]) == ("loss", 1.0, True)
    assert chart["x"] == {
        "label": "epochs", "low": 0, "high": 5, "log": False, "grid": True,
        "ticks": [{"at": at, "text": str(at)} for at in range(6)],
    }  # fmt: skip
    assert (chart["y"]["log"], chart["y"]["low"], chart["y"]["high"]) == (True, 0.1, 10)
    (curve,) = chart["marks"]
    assert (curve["kind"], curve["x"], curve["y"], curve["shape"]) == ("curve", "20 bytes", "20 bytes", [5])


def make_pictures():
    unknown = np.full(5, math.nan)
    history = race.History(TIME, unknown, unknown, unknown, unknown, unknown, TIME, unknown)
    line = race.Method("diverged", [history, history])
    yield race.draw_race(line, line, [line], view=race.View(scale="log"), end=5.0)
    labels = np.repeat(np.arange(3), 50)
    for chance in (False, True):
        yield coverage.draw_coverage(
            labels, ("a", "b", "c"), labels, np.stack([TIME, TIME]), epochs=1, with_replacement=chance
        )
    images = np.ones((20, 16), np.float32)
    unknown = Inspection(np.arange(20), math.nan, 1.0, math.nan)
    yield Picture(((batch.draw_next_batch(images, unknown.examples), batch.draw_gradients(unknown)),))


def test_all_but_the_arrays_is_json_whatever_was_measured():
    for made in make_pictures():
        plain = as_json(packed(made))
        assert [len(row) for row in plain["rows"]] == [len(row) for row in made.rows]


def test_arrays_are_sent_as_bytes_and_nothing_else_is():
    for made in make_pictures():
        for chart, sent in zip(made.rows[0], packed(made)["rows"][0], strict=True):
            for mark, packed_mark in zip(chart.marks, sent["marks"], strict=True):
                for name, value in mark._asdict().items():
                    if isinstance(value, np.ndarray):
                        size = 1 if value.dtype == np.uint8 else 4
                        assert len(packed_mark[name]) == size * value.size
                    else:
                        assert packed_mark[name] == value


def test_a_mark_that_comes_again_is_sent_once():
    still, first, second = (Curve(TIME, TIME + shift, "#000000") for shift in range(3))
    frame = Frame(controls=[], chosen={})
    frame.draw(in_picture(still, first))
    alone = packed(in_picture(still, second))["rows"][0][0]["marks"]
    assert frame.standing == {}
    for _ in range(2):
        frame.draw(in_picture(still, second))
        reference, _ = frame.picture["rows"][0][0]["marks"][:2]
        assert reference["kind"] == "standing"
        assert frame.standing[reference["key"]] == alone[0]
    assert [frame.standing[mark["key"]] for mark in frame.picture["rows"][0][0]["marks"]] == alone
    frame.draw(in_picture(first))
    assert frame.picture == packed(in_picture(first))
    assert frame.standing == {}


def test_the_shape_of_cells_is_that_of_their_colours():
    cells = Cells(np.zeros((2, 3, 3), np.uint8), 0, 1, 0, 1, values=np.zeros((2, 3)))
    ((chart,),) = packed(in_picture(cells))["rows"]
    assert chart["marks"][0]["shape"] == (2, 3, 3)
