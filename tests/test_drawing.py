"""How the PNG file of a picture is made; `tests/page` looks at the file itself, beside the page's picture."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lesson_lib.chart import drawing, ticks
from lesson_lib.chart.picture import BLUE, GREEN, Chart, Curve, Picture, Words

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


def test_the_panels_do_not_wait_for_matplotlib():
    code = "import sys; from lesson_lib import *; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@given(st.text(st.characters(blacklist_characters="_^")))
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
