"""What is written in a picture on the page, and where."""

from itertools import pairwise

import numpy as np
import pytest
from probe import ACROSS, UNIT, axes_of, floor, line
from widget import HOST, Text, Widget

from lesson_lib.chart import ticks
from lesson_lib.chart.picture import BLUE, VERMILION, Chart, Curve, Picture, Tick, Words
from lesson_lib.experiment import Inspection
from lesson_lib.panel.frame import Frame, packed
from lesson_lib.panels.coverage import picture as coverage
from lesson_lib.panels.gd_vs_sgd import batch
from lesson_lib.panels.gd_vs_sgd import picture as race

pytestmark = pytest.mark.slow


@pytest.fixture
def widget(show) -> Widget:
    return show(Frame())


def draw(widget: Widget, *rows: tuple[Chart, ...], heights=(400,)) -> list[Text]:
    return widget.tell(picture=packed(Picture(rows, heights)))


def one(texts: list[Text], text: str) -> Text:
    (found,) = (each for each in texts if each.text == text)
    return found


def places_of(axis, low, high):
    """For each tick the place that it should have between the two ends."""
    scale = np.log10 if axis.log else np.asarray
    at = np.array([tick.at for tick in axis.ticks])
    shares = (scale(at) - scale(axis.low)) / (scale(axis.high) - scale(axis.low))
    return low + shares * (high - low)


AXES = {
    "even": (ticks.linear("x axis", -2, 8), ticks.linear("y axis", 0, 40)),
    "percent": (ticks.linear("x axis", 0, 1, percent=True), ticks.linear("y axis", -1, 1)),
    "logarithmic": (ticks.logarithmic("x axis", 1, 1e5), ticks.logarithmic("y axis", 0.02, 30)),
    "from 3": (ticks.logarithmic("x axis", 3, 3e4), ticks.logarithmic("y axis", 0.001, 1e6)),
}


@pytest.mark.parametrize(("x", "y"), AXES.values(), ids=AXES)
def test_each_tick_has_its_number_at_its_place(widget, x, y):
    texts = draw(widget, (Chart("", x, y, (floor(x, y),)),))
    top, bottom, left, right = axes_of(widget.pixels())
    below = [text for text in texts if text.top > bottom + 5 and text.text != "x axis"]
    beside = [text for text in texts if text.right < left and text.text != "y axis"]
    assert [text.text for text in below] == [tick.text for tick in x.ticks]
    assert [text.text for text in beside] == [tick.text for tick in y.ticks]
    assert min(text.left for text in beside) > one(texts, "y axis").right + 5  # however long the numbers are
    assert [(text.left + text.right) / 2 for text in below] == pytest.approx(places_of(x, left, right), abs=1.5)
    assert [text.top for text in beside] == pytest.approx(places_of(y, bottom, top), abs=1.5)
    for one_text, next_text in pairwise(below):
        assert one_text.right + 3 < next_text.left


def test_title_legend_and_labels_stand_around_the_axes(widget):
    x, y = ticks.linear("epochs", 0, 5), ticks.linear("loss", 0, 3)
    curves = [
        line(at, color, name=name, named_at_end=False)
        for at, color, name in [(0.3, BLUE, "SGD"), (0.6, VERMILION, "GD")]
    ]
    texts = draw(widget, (Chart("Training loss", x, y, (floor(x, y), *curves)),))
    top, bottom, left, right = axes_of(widget.pixels())
    title, label, upright = one(texts, "Training loss"), one(texts, "epochs"), one(texts, "loss")

    assert title.left == pytest.approx(left, abs=2)
    assert title.top < top - 20
    assert "bold" in title.font
    assert title.size > label.size == upright.size
    assert (label.left + label.right) / 2 == pytest.approx((left + right) / 2, abs=2)
    assert bottom + 20 < label.top < 400 - label.size / 2
    assert upright.left == pytest.approx(upright.right)
    assert upright.top > upright.bottom  # it is read from below
    assert (upright.top + upright.bottom) / 2 == pytest.approx((top + bottom) / 2, abs=2)
    assert upright.left < min(text.left for text in texts if text.text in ("0.0", "1.0", "2.0"))

    first, second = one(texts, "SGD"), one(texts, "GD")
    assert title.top + 15 < first.top == second.top < top - 5
    assert left < first.left < first.right < second.left - 30


def test_labels_stay_in_their_chart_also_without_numbers_and_where_it_is_low(widget):
    x, y = ticks.blank(0, 1)._replace(label="w"), ticks.blank(0, 1)._replace(label="a long name of what is measured")
    texts = draw(widget, (Chart("", x, y, (floor(x, y),)),), heights=(150,))
    below, upright = one(texts, "w"), one(texts, y.label)
    assert axes_of(widget.pixels())[1] < below.top - below.size / 2 < below.top + below.size / 2 < 150
    assert 0 < upright.bottom < upright.top < 150


def test_the_last_number_of_an_axis_is_whole_however_long_it_is(widget):
    x = UNIT._replace(ticks=(Tick(0, "0"), Tick(1, "one hundred million updates")))
    texts = draw(widget, (Chart("", x, UNIT, (floor(),)),))
    last = one(texts, x.ticks[-1].text)
    assert last.right <= 960
    assert (last.left + last.right) / 2 == pytest.approx(axes_of(widget.pixels())[3], abs=1.5)


def test_axes_stand_still_while_names_and_numbers_beside_them_change(widget):
    edges = []
    for name, top in [("G" * letters, top) for letters in range(3, 8) for top in (1, 10)]:
        y = ticks.linear("", 0, top)
        draw(widget, (Chart("", UNIT, y, (floor(UNIT, y), line(0.5, BLUE, name=name))),))
        edges.append(axes_of(widget.pixels())[2:])
    assert len({left for left, _ in edges}) == 1  # whether the numbers are 0.2, 0.4 or 2, 4
    steps = {int(edges[0][1] - right) for _, right in edges}
    assert 2 <= len(steps) < 5
    assert all(step % 16 == 0 for step in steps)


def test_what_is_set_low_or_high_is_smaller_and_follows_without_a_gap(widget):
    nothing = ticks.blank(0, 1)
    for title, parts in [("|g_B − G|^2", ["|g", "B", " − G|", "2"]), ("B_{simple}^{−1}", ["B", "simple", "−1"])]:
        texts = draw(widget, (Chart(title, nothing, nothing, ()),))
        assert [text.text for text in texts if text.text] == parts
        base = texts[0]
        for before, after in pairwise(texts):
            assert after.left == pytest.approx(before.right, abs=0.6)
        low, high = texts[1], texts[-1]
        assert low.top > base.top > high.top
        assert low.size == high.size < 0.8 * base.size


def test_words_have_the_size_that_they_are_given_around_their_point(widget):
    texts = draw(
        widget,
        (
            Chart(
                "",
                UNIT,
                UNIT,
                (floor(), Words(0.25, 0.75, "θ_k", size=30)),
            ),
        ),
    )
    top, bottom, left, right = axes_of(widget.pixels())
    theta, low = (one(texts, part) for part in ("θ", "k"))
    assert theta.size == 30
    assert (theta.left + low.right) / 2 == pytest.approx(left + 0.25 * (right - left), abs=1.5)
    assert theta.top == pytest.approx(bottom + 0.75 * (top - bottom), abs=1.5)


def test_each_chart_is_written_in_its_own_room(widget):
    charts = {name: Chart(name, UNIT._replace(label=f"of {name}"), UNIT, ()) for name in ("a", "b", "c")}
    texts = draw(widget, (charts["a"], charts["b"]), (charts["c"],), heights=(300, 200))
    rooms = {"a": (0, 480, 0, 300), "b": (480, 960, 0, 300), "c": (0, 960, 300, 500)}
    for name, (left, right, top, bottom) in rooms.items():
        for text in (one(texts, name), one(texts, f"of {name}")):
            assert left <= text.left < text.right <= right
            assert top < text.top < bottom


def make_pictures():
    time = np.linspace(0, 5, 20)
    loss = 2.3 * np.exp(-time)
    history = race.History(time, loss, loss, time / 5, time / 5, loss, time, loss)
    runs = race.Method("GD", [history, history]), race.Method("B = 32", [history])
    yield race.draw_race(*runs, [race.Method("kept", [history])], view=race.View(scale="log"), end=5.0)
    labels = np.repeat(np.arange(3), 50)
    shares = np.stack([time, time]) / 5
    yield coverage.draw_coverage(labels, ("shirt", "boot", "bag"), labels, shares, epochs=1, with_replacement=True)
    images = np.ones((20, 16), np.float32)
    found = Inspection(np.arange(20), 0.5, 2.0, 0.1)
    yield Picture(((batch.draw_next_batch(images, found.examples), batch.draw_gradients(found)),))


@pytest.mark.parametrize("picture", [*make_pictures()], ids=["race", "coverage", "batch"])
def test_all_that_is_to_be_written_in_a_lesson_is_written(widget, picture):
    texts = draw(widget, *picture.rows, heights=picture.heights)
    written = "".join(text.text for text in texts)
    for row in picture.rows:
        for chart in row:
            marks = [mark.name if isinstance(mark, Curve) else getattr(mark, "text", "") for mark in chart.marks]
            labels = [tick.text for axis in (chart.x, chart.y) for tick in axis.ticks]
            for text in [chart.title, chart.x.label, chart.y.label, *labels, *marks]:
                assert text.translate(str.maketrans("", "", "_^{}")) in written
    assert all(0 <= text.left <= text.right <= 960 for text in texts if text.text)


def test_on_a_screen_with_fine_pixels_the_picture_has_more_of_them_and_the_same_layout(browser, widget):

    picture = packed(Picture(((Chart("Loss", UNIT, UNIT, (floor(), Curve(ACROSS, ACROSS, BLUE))),),), (300,)))
    coarse, axes = widget.tell(picture=picture), axes_of(widget.pixels())
    page = browser.new_page(viewport={"width": 1280, "height": 900}, device_scale_factor=2)
    page.add_script_tag(content=HOST)
    fine = Widget(page, Frame(picture=picture))
    pixels = fine.pixels()
    assert pixels.shape == (600, 1920, 3)
    assert axes_of(pixels) == pytest.approx([2 * edge for edge in axes], abs=1)
    for one_text, other in zip(coarse, fine.tell(picture=dict(picture)), strict=True):
        assert (one_text.text, one_text.size) == (other.text, other.size)
        assert (one_text.left, one_text.top) == pytest.approx((other.left, other.top), abs=1)
    page.close()
