"""Curves drawn on the page, and what the kernel's half makes of them."""

import numpy as np
import pytest
from probe import is_color

from lesson_lib.chart import ticks
from lesson_lib.chart.picture import BLUE, VERMILION
from lesson_lib.lessons.prediction import Prediction, Sketch, Task

pytestmark = pytest.mark.slow

PLACES = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
TASK = Task(
    "04/loss", "Your guess", ticks.linear("epochs", 0, 5), ticks.linear("loss", 0, 2),
    PLACES, (Sketch("B = 8", BLUE), Sketch("B = N", VERMILION)),
)  # fmt: skip
RATES = Task(
    "05/rate", "", ticks.logarithmic("η", 0.001, 10), ticks.logarithmic("loss", 0.01, 100),
    (0.001, 0.01, 0.1, 1.0, 10.0), (Sketch("SGD", BLUE),),
)  # fmt: skip


class Drawing:
    """A prediction and its axes on the page, found by the texts at the ends of them."""

    def __init__(self, show, task=TASK):
        self.prediction = Prediction(task)
        self.widget = show(self.prediction.frame)
        self.task = task
        again = "() => host.texts(() => model.set('picture', { ...model.get('picture') }))"
        texts = self.widget.page.evaluate(again)
        columns = {text["text"]: (text["left"] + text["right"]) / 2 for text in texts if text["top"] > 310}
        rows = {text["text"]: text["top"] for text in texts if text["right"] < 60}
        self.ends = [
            [columns[axis.ticks[0].text], columns[axis.ticks[-1].text]] if axis is task.x
            else [rows[axis.ticks[0].text], rows[axis.ticks[-1].text]]
            for axis in (task.x, task.y)
        ]  # fmt: skip

    def at(self, x, y):
        """Where a point of the axes lies on the canvas."""
        places = []
        for axis, value, (low, high) in zip((self.task.x, self.task.y), (x, y), self.ends, strict=True):
            scale = np.log10 if axis.log else float
            first, last = scale(axis.ticks[0].at), scale(axis.ticks[-1].at)
            places.append(low + (scale(value) - first) / (last - first) * (high - low))
        return places

    def move(self, x, y):
        box = self.widget.canvas.bounding_box()
        across, down = self.at(x, y)
        self.widget.page.mouse.move(box["x"] + across, box["y"] + down)

    def stroke(self, *points):
        self.move(*points[0])
        self.widget.page.mouse.down()
        for point in points[1:]:
            self.move(*point)
        self.widget.page.mouse.up()

    def values(self, name="B = 8"):
        return self.widget.trait("drawn")[name]

    def color_at(self, x, y, color, least=12):
        """Has at least this number of the 25 pixels around a point the colour?"""
        column, row = map(round, self.at(x, y))
        pixels = self.widget.pixels()[row - 2 : row + 3, column - 2 : column + 3]
        return is_color(pixels, color).sum() >= least

    def focus(self):
        self.widget.canvas.focus()
        return self.widget.page.keyboard

    @property
    def reading(self):
        return self.widget.root.locator(".mbl-reading").text_content()

    @property
    def words(self):
        return self.widget.root.locator(".mbl-sentence").text_content()


@pytest.fixture
def drawing(show):
    return Drawing(show)


NEAR = 0.02


def test_a_stroke_sets_the_places_that_it_passes_to_the_heights_under_it(drawing):
    drawing.stroke((1, 1.5), (4, 0.75))
    assert drawing.values() == [None, *(pytest.approx(value, abs=NEAR) for value in (1.5, 1.25, 1.0, 0.75)), None]
    assert drawing.values("B = N") == [None] * 6
    for x, y in [(1, 1.5), (2, 1.25), (4, 0.75)]:
        assert drawing.color_at(x, y, BLUE)
    assert not drawing.color_at(5, 0.5, BLUE, least=1)


def test_the_kernel_gets_what_was_drawn_and_says_so(drawing):
    assert drawing.words == "Not drawn yet."
    drawing.stroke((0, 2), (5, 0.5))
    drawing.widget.answer()
    x, y = drawing.prediction.drawn["B = 8"]
    assert x.tolist() == list(PLACES)
    assert y == pytest.approx(np.linspace(2, 0.5, 6), abs=NEAR)
    assert drawing.words == "Drawn."
    assert "Drawn." in drawing.widget.canvas.get_attribute("aria-label")


def test_a_stroke_is_sent_once_when_it_ends(drawing):
    drawing.move(1, 1)
    drawing.widget.page.mouse.down()
    drawing.move(3, 1)
    assert drawing.widget.sent() == []
    assert drawing.values() == [None] * 6  # what the kernel said is not changed under its hand
    drawing.widget.page.mouse.up()
    (said,) = drawing.widget.sent()
    assert said["drawn"] == drawing.widget.trait("drawn")
    drawing.move(4, 1)  # the stroke has ended
    assert drawing.widget.sent() == []


def test_a_stroke_that_the_browser_takes_over_is_sent_and_ends(drawing):
    drawing.move(1, 1)
    drawing.widget.page.mouse.down()
    drawing.widget.canvas.dispatch_event("pointercancel")
    (said,) = drawing.widget.sent()
    drawing.move(3, 1)
    drawing.widget.page.mouse.up()
    assert drawing.widget.sent() == []
    assert said["drawn"]["B = 8"] == [None, pytest.approx(1, abs=NEAR), *[None] * 4] == drawing.values()


def test_only_the_main_button_draws(drawing):
    drawing.move(2, 1)
    drawing.widget.page.mouse.down(button="right")
    drawing.move(3, 1)
    drawing.widget.page.mouse.up(button="right")
    assert drawing.widget.sent() == []
    assert drawing.values() == [None] * 6


def test_a_click_sets_the_nearest_place(drawing):
    drawing.stroke((2.2, 0.8))
    assert drawing.values() == [None, None, pytest.approx(0.8, abs=NEAR), None, None, None]


def test_a_stroke_beyond_the_axes_stays_at_their_ends(drawing):
    drawing.stroke((3, 1), (7, -3))
    assert drawing.values()[3:] == [pytest.approx(1, abs=NEAR), pytest.approx(0.5, abs=NEAR), 0]
    assert drawing.widget.sent()


def test_on_logarithmic_axes_a_stroke_is_straight_as_it_looks(show):
    drawing = Drawing(show, RATES)
    keys = drawing.focus()
    for place in ("0.001", "0.01", "0.1", "1", "10", "10"):
        keys.press("ArrowRight")
        assert drawing.reading == f"SGD, η {place}: nothing drawn"
    assert is_marked(drawing, 10, 1, BLUE)
    drawing.stroke((0.001, 100), (10, 0.01))
    assert drawing.values("SGD") == pytest.approx([100, 10, 1, 0.1, 0.01], rel=0.1)
    assert drawing.color_at(0.1, 1, BLUE)


def test_each_curve_is_drawn_by_itself_in_its_colour(drawing):
    drawing.stroke((0, 1.5), (5, 1.5))
    choices = drawing.widget.root.get_by_role("radio")
    assert choices.evaluate_all("radios => radios.map(radio => radio.checked)") == [True, False]
    inks = choices.evaluate_all("radios => radios.map(radio => getComputedStyle(radio.labels[0]).color)")
    assert inks == ["rgb(0, 114, 178)", "rgb(192, 85, 0)"]
    radio = drawing.widget.page.get_by_role("radio", name="draw B = N", exact=True)
    radio.check()
    drawing.stroke((0, 0.5), (5, 0.5))
    assert drawing.values() == [pytest.approx(1.5, abs=NEAR)] * 6
    assert drawing.values("B = N") == [pytest.approx(0.5, abs=NEAR)] * 6
    assert drawing.color_at(2, 1.5, BLUE)
    assert drawing.color_at(2, 0.5, VERMILION)
    group = drawing.widget.page.get_by_role("group", name="which curve to draw", exact=True)
    names = group.get_by_role("radio").evaluate_all("radios => radios.map(radio => radio.name)")
    assert len(names) == 2
    assert len(set(names) - {""}) == 1
    assert group.get_by_role("radio").evaluate_all("radios => radios.map(radio => radio.checked)") == [False, True]


def test_for_one_curve_there_is_nothing_to_choose(show):
    assert Drawing(show, RATES).widget.root.get_by_role("radio").count() == 0


def test_what_the_kernel_says_while_a_stroke_is_under_way_does_not_undo_it(drawing):
    drawing.move(0, 1)
    drawing.widget.page.mouse.down()
    drawing.move(2, 1)
    before = drawing.widget.pixels()
    drawing.widget.tell(words="Drawn.", alt="Axes")
    assert np.array_equal(drawing.widget.pixels(), before)


def test_the_keyboard_moves_values_and_says_them(drawing):
    keys = drawing.focus()
    steps = [
        ("ArrowRight", "B = 8, epochs 0: nothing drawn", [None] * 6),
        ("ArrowUp", "B = 8, epochs 0: 1.1", [1.1, *[None] * 5]),
        ("ArrowRight", "B = 8, epochs 1: nothing drawn", [1.1, *[None] * 5]),
        ("ArrowDown", "B = 8, epochs 1: 1", [1.1, 1.0, *[None] * 4]),
        ("ArrowLeft", "B = 8, epochs 0: 1.1", [1.1, 1.0, *[None] * 4]),
        ("ArrowLeft", "B = 8, epochs 0: 1.1", [1.1, 1.0, *[None] * 4]),
        ("Delete", "B = 8, epochs 0: nothing drawn", [None, 1.0, *[None] * 4]),
    ]
    for key, words, values in steps:
        keys.press(key)
        assert drawing.reading == words
        assert drawing.values() == [value and pytest.approx(value) for value in values]
    assert drawing.color_at(1, 1.0, BLUE)
    assert not drawing.color_at(0, 1.1, BLUE)
    drawing.widget.answer()
    assert drawing.prediction.frame.drawn["B = 8"] == [None, 1.0, *[None] * 4]


def around(drawing, x, y, color):
    """Where the colour is near a point of the axes, 10 pixels to each side."""
    column, row = map(round, drawing.at(x, y))
    return is_color(drawing.widget.pixels(), color)[row - 10 : row + 11, column - 10 : column + 11]


def is_marked(drawing, x, y, color):
    """Is there a box around the point, whatever is in the box?"""
    box = around(drawing, x, y, color)
    return box.sum() - box[5:16, 5:16].sum() > 40


def test_the_place_of_the_keyboard_is_marked_while_it_is_there(drawing):
    keys = drawing.focus()
    for _ in range(3):
        keys.press("ArrowRight")
    assert is_marked(drawing, 2, 1, BLUE)
    assert not around(drawing, 2, 1, BLUE)[6:15, 6:15].any()
    keys.press("Tab")
    assert not around(drawing, 2, 1, BLUE).any()


def test_the_mark_of_the_keyboard_is_at_the_value_in_its_colour_and_goes_when_the_pointer_draws(drawing):
    drawing.widget.page.get_by_role("radio", name="draw B = N", exact=True).check()
    keys = drawing.focus()
    for key in ("ArrowRight", "ArrowRight", *["ArrowUp"] * 5):
        keys.press(key)
    assert is_marked(drawing, 1, 1.5, VERMILION)
    assert not around(drawing, 1, 1, VERMILION).any()
    drawing.stroke((4, 0.5))
    assert drawing.color_at(1, 1.5, VERMILION)
    assert not is_marked(drawing, 1, 1.5, VERMILION)


def test_the_other_curve_is_moved_by_keyboard_too(drawing):
    drawing.widget.page.get_by_role("radio", name="draw B = N", exact=True).check()
    drawing.focus().press("ArrowUp")
    assert drawing.reading == "B = N, epochs 0: 1.1"
    assert drawing.values() == [None] * 6


MEASURED = {"B = 8": (np.array([0.0, 5.0]), np.array([1.0, 0.25]))}


def compared(drawing):
    drawing.stroke((0, 2), (5, 0.5))
    drawing.widget.answer()
    drawing.prediction.compare(MEASURED)
    drawing.widget.answer()
    drawing.widget.root.get_by_role("button", name="Compare", exact=True).click()
    drawing.widget.answer()
    return drawing.widget.trait("drawn")


def test_what_was_measured_is_held_back_until_the_button_is_pressed(drawing):
    button = drawing.widget.root.get_by_role("button", name="Show me", exact=True)
    assert button.is_hidden()
    drawing.prediction.compare(MEASURED)
    drawing.widget.answer()
    assert drawing.words == "Draw what you expect, or press Show me."
    assert not drawing.color_at(2.5, 0.625, BLUE, least=1)
    assert drawing.widget.root.locator(".mbl-status").is_visible()
    button.click()
    drawing.widget.answer()
    assert drawing.color_at(2.5, 0.625, BLUE, least=5)
    assert button.is_hidden()


def test_after_the_comparison_both_are_seen_and_the_words_say_what_was_right(drawing):
    compared(drawing)
    assert "B = 8: Yours falls, and so does the measured one" in drawing.words
    assert drawing.color_at(1, 1.7, BLUE)
    assert drawing.color_at(2.5, 0.625, BLUE, least=5)
    assert drawing.widget.root.locator(".mbl-status").is_hidden()


def test_the_words_of_each_curve_have_a_line(drawing):
    drawing.widget.tell(words="B = 8: It falls.\nB = N: not drawn.")
    seen = drawing.widget.root.locator(".mbl-sentence").inner_text()
    assert seen.splitlines() == ["B = 8: It falls.", "B = N: not drawn."]


def test_what_was_drawn_is_dotted_and_what_was_measured_is_not(drawing):
    drawing.stroke((0, 1.5), (5, 1.5))
    drawing.widget.answer()
    drawing.prediction.compare({"B = 8": (np.array([0.0, 5.0]), np.array([0.5, 0.5]))})
    drawing.prediction.show_me()
    drawing.widget.answer()
    shares = []
    for y in (1.5, 0.5):
        (left, row), (right, _) = drawing.at(2.2, y), drawing.at(2.8, y)
        rows = drawing.widget.pixels()[round(row) - 2 : round(row) + 3, round(left) : round(right)]
        shares.append(is_color(rows, BLUE).any(axis=0).mean())
    assert shares[0] < 0.8
    assert shares[1] == 1


def test_after_the_comparison_nothing_can_be_drawn_any_more(drawing):
    assert drawing.widget.root.locator(".mbl-status").is_visible()
    before = compared(drawing)
    drawing.stroke((0, 0.2), (5, 1.9))
    keys = drawing.focus()
    for key in ("ArrowRight", "ArrowUp", "Delete"):
        keys.press(key)
    assert drawing.widget.sent() == []
    assert drawing.widget.trait("drawn") == before
    assert drawing.reading == ""
    assert all(radio.is_disabled() for radio in drawing.widget.root.get_by_role("radio").all())


def test_a_drawing_can_be_begun_anew(drawing):
    compared(drawing)
    drawing.widget.root.get_by_role("button", name="Draw anew").click()
    drawing.widget.answer()
    assert drawing.words == "Draw what you expect, or press Show me."
    assert drawing.values() == [None] * 6
    assert not drawing.color_at(2.5, 1.25, BLUE, least=1)
    drawing.stroke((1, 1), (2, 1))
    assert drawing.values()[1:3] == [pytest.approx(1, abs=NEAR)] * 2


def test_a_drawing_made_before_is_there_from_the_beginning(show):
    prediction = Prediction(TASK).draw("B = N", [1.8, None, 1.2, None, None, 0.4])
    drawing = Drawing(show)
    drawing.widget.tell(drawn=prediction.frame.drawn)
    for x, y in [(0, 1.8), (2, 1.2), (5, 0.4)]:
        assert drawing.color_at(x, y, VERMILION)
    assert not drawing.color_at(1, 0, VERMILION, least=1)  # where nothing is drawn there is no point
    drawing.widget.root.get_by_role("radio", name="draw B = N").check()
    drawing.focus().press("ArrowRight")
    assert drawing.reading == "B = N, epochs 0: 1.8"


def test_a_screen_reader_is_told_what_each_part_is(drawing):
    label = "Axes to draw on: loss against epochs. Not drawn yet."
    assert drawing.widget.root.get_by_role("img", name=label, exact=True).get_attribute("tabindex") == "0"
    assert drawing.widget.root.get_by_role("status").text_content() == "Not drawn yet."
    drawing.widget.tell(notice="progress.json cannot be written.")
    assert drawing.widget.root.get_by_role("alert").text_content() == "progress.json cannot be written."
    assert drawing.widget.root.locator(".mbl-reading").get_attribute("aria-live") == "polite"
    assert "Delete" in drawing.widget.root.locator(".mbl-status").text_content()


def test_a_finger_draws_and_does_not_scroll(drawing):
    assert drawing.widget.canvas.evaluate("canvas => getComputedStyle(canvas).touchAction") == "none"


def test_a_narrower_page_has_narrower_axes(drawing):
    drawing.widget.page.evaluate("() => { document.querySelector('.mbl-frame').parentElement.style.width = '500px'; }")
    drawing.widget.settle()
    assert drawing.widget.pixels().shape == (360, 500, 3)


def test_on_a_dark_page_what_is_drawn_and_its_button_have_the_colour_of_what_is_measured(drawing):
    ground = "color => document.documentElement.style.setProperty('--jp-layout-color0', color)"
    corner = "red => document.querySelector('canvas').getContext('2d').getImageData(1, 1, 1, 1).data[0] === red"
    drawing.widget.tell(drawn={"B = 8": [1.5] * 6, "B = N": [None] * 6})
    drawing.focus().press("ArrowRight")
    try:
        drawing.widget.page.evaluate(ground, "#111111")
        drawing.widget.page.wait_for_function(corner, arg=17)
        label = drawing.widget.root.locator("label").first.evaluate("label => getComputedStyle(label).color")
        color = "#{:02X}{:02X}{:02X}".format(*map(int, label[4:-1].split(",")))
        assert color not in (BLUE, "#111111")
        column, row = map(round, drawing.at(2, 1.5))
        dot = drawing.widget.pixels()[row - 1 : row + 2, column - 1 : column + 2]
        assert (np.abs(dot - [int(color[at : at + 2], 16) for at in (1, 3, 5)]) <= 2).all()
        assert is_marked(drawing, 0, 1.5, color)
    finally:
        drawing.widget.page.evaluate("() => document.documentElement.style.removeProperty('--jp-layout-color0')")
    drawing.widget.page.wait_for_function(corner, arg=255)
