"""The page's half of a panel: its controls, its words, and values read off its picture."""

from dataclasses import replace

import numpy as np
import pytest
from chromium import wait_until
from probe import axes_of, box, floor, is_color, middle, place_in
from widget import Text, Widget

from lesson_lib.chart import ticks
from lesson_lib.chart.picture import BLUE, GREEN, VERMILION, Cells, Chart, Curve, Picture
from lesson_lib.panel import controls
from lesson_lib.panel.frame import Frame, packed

pytestmark = pytest.mark.slow

SLIDERS = [controls.batch_size_control(12_000), controls.learning_rate_control(), controls.seed_control()]
LISTS = [controls.sampling_control(), controls.clock_control(), controls.scale_control()]
CHOSEN = {"batch_size": 5, "learning_rate": 9, "seed": 2, "sampling": 1, "clock": 0, "scale": 1}

X, Y = ticks.linear("epochs", 0, 5), ticks.linear("loss", 0, 3)
GD = Curve(np.arange(6.0), np.array([2.3, 1.5, 1.0, 0.75, 0.5, 0.25]), BLUE, "GD")
SGD = Curve(np.array([0.0, 2.0, 4.0]), np.array([2.3, 0.6, 0.4]), VERMILION, "SGD")
LOSS = Chart("Loss", X, Y, (floor(X, Y), GD, SGD))
RATES = ticks.logarithmic("η", 0.001, 10)
NOISE = Chart(
    "Noise", RATES, Y, (Curve(np.array([0.001, 0.01, 0.1, 1.0, 10.0]), np.array([1, 1.5, 2, 2.5, 2.75]), GREEN, "S"),)
)
PICTURE = Picture(((LOSS,),))
BOTH = Picture(((LOSS,), (NOISE,)), (400, 300))

WORDS = {
    "sentence": (".mbl-sentence", "After 5 epochs GD has a loss of 0.25."),
    "status": (".mbl-status", "Running: epoch 2.5 of 5"),
    "error": (".mbl-error", "ZeroDivisionError: division by zero"),
    "code": ("pre", "run(batch_size=32)\nplot()"),
    "spoken": (".mbl-spoken", "Finished. After 5 epochs …"),
}


def frame(**traits: object) -> Frame:
    usual = {
        "step_name": "Next update",
        "keeps_runs": True,
        "controls": [control.spec() for control in SLIDERS + LISTS],
        "chosen": CHOSEN,
        "moment": 1234,
        "recorded": 20_000,
        "picture": packed(PICTURE),
        "alt": "Loss against epochs.",
        "code": "run()",
    }
    return Frame(**usual | traits)


@pytest.fixture
def panel(show) -> Widget:
    return show(frame())


@pytest.fixture
def opened(panel) -> Widget:
    """With the sheet of *More* open."""
    pressed(panel, "More").click()
    return panel


def labelled(panel: Widget, name: str):
    return panel.root.get_by_label(name, exact=True)


def pressed(panel: Widget, name: str):
    return panel.root.get_by_role("button", name=name, exact=True)


def value_of(slider):
    """What is written beside a slider."""
    return slider.locator("xpath=../output")


# Controls


@pytest.mark.parametrize("control", SLIDERS, ids=lambda control: control.name)
def test_a_slider_has_a_name_and_says_its_value_in_words(panel, control):
    slider, place = labelled(panel, control.label), CHOSEN[control.name]
    words = control.text(control.values[place])
    assert slider.get_attribute("type") == "range"
    assert [slider.get_attribute(end) for end in ("min", "max", "step")] == ["0", str(len(control.values) - 1), "1"]
    assert slider.input_value() == str(place)
    assert slider.get_attribute("aria-valuetext") == words
    assert value_of(slider).text_content() == words


@pytest.mark.parametrize("control", LISTS, ids=lambda control: control.name)
def test_a_list_has_a_name_and_all_its_values_in_words(panel, control):
    chosen = labelled(panel, control.label)
    assert chosen.input_value() == str(CHOSEN[control.name])
    assert chosen.locator("option").all_text_contents() == [control.text(value) for value in control.values]


def test_the_main_controls_are_above_the_picture_and_all_others_come_with_more(panel):
    picture = panel.canvas.bounding_box()
    for control in SLIDERS + LISTS:
        node = labelled(panel, control.label)
        assert node.is_visible() == control.main
        if control.main:
            assert node.bounding_box()["y"] < picture["y"]
    more = pressed(panel, "More")
    assert more.get_attribute("aria-expanded") == "false"
    more.click()
    assert more.get_attribute("aria-expanded") == "true"
    assert panel.page.get_by_role("group", name="more", exact=True).count() == 1
    sheet = panel.root.locator(f"[id='{more.get_attribute('aria-controls')}']").bounding_box()
    assert panel.canvas.bounding_box() == picture
    for edge, size in (("x", "width"), ("y", "height")):
        assert picture[edge] <= sheet[edge]
        assert sheet[edge] + sheet[size] <= picture[edge] + picture[size]
    for control in SLIDERS + LISTS:
        assert labelled(panel, control.label).is_visible()
    more.click()
    assert more.get_attribute("aria-expanded") == "false"
    assert not labelled(panel, "seed").is_visible()


def test_escape_closes_more_and_goes_back_to_its_button(opened):
    labelled(opened, "x axis").press("Escape")
    assert not labelled(opened, "x axis").is_visible()
    assert opened.page.evaluate("() => document.activeElement.textContent") == "More"
    opened.canvas.press("Escape")  # ends a reading, and is no key of the sheet
    assert opened.page.evaluate("() => document.activeElement.tagName") == "CANVAS"


def test_more_is_there_only_where_there_is_more(show):
    alone = {"controls": [SLIDERS[0].spec()], "chosen": {"batch_size": 5}, "keeps_runs": False, "code": ""}
    panel = show(frame(**alone))
    assert not pressed(panel, "More").is_visible()
    panel.tell(code="run()")
    assert pressed(panel, "More").is_visible()
    for more in ({"keeps_runs": True}, {"controls": [control.spec() for control in SLIDERS], "chosen": CHOSEN}):
        assert pressed(show(frame(**alone | more)), "More").is_visible()


def test_some_values_stand_under_the_slider_where_its_thumb_would_be(panel):
    slider, batch_size = labelled(panel, "batch size B"), SLIDERS[0]
    box = slider.bounding_box()
    assert box["width"] >= 320
    assert box["width"] > 1.5 * labelled(panel, SLIDERS[1].label).bounding_box()["width"]
    under = slider.locator("xpath=../*[@class='mbl-marks']")
    assert under.get_attribute("aria-hidden") == "true"  # the slider says its value
    marks = under.locator("xpath=span").all()
    assert [mark.text_content() for mark in marks] == ["1", "8", "64", "512", "N"]
    for mark, value in zip(marks, (1, 8, 64, 512, 12_000), strict=True):
        share, at = batch_size.index(value) / (len(batch_size.values) - 1), mark.bounding_box()
        assert at["x"] + at["width"] / 2 == pytest.approx(box["x"] + 8 + share * (box["width"] - 16), abs=1)
        assert at["y"] > box["y"] + box["height"] / 2


def test_a_list_is_as_wide_as_its_longest_choice_also_where_there_is_little_room(show):
    longest = replace(LISTS[0], main=True, text=lambda value: f"the longest choice of all, {value}")
    controls = (*SLIDERS[:2], longest)
    panel = show(frame(controls=[control.spec() for control in controls]))
    free = """list => {
        const copy = list.cloneNode(true);
        copy.style.cssText = "position: absolute; width: max-content";
        list.after(copy);
        const { width } = copy.getBoundingClientRect();
        copy.remove();
        return width;
    }"""
    panel.page.evaluate("() => { document.querySelector('.mbl-frame').style.width = '800px'; }")
    chosen = labelled(panel, longest.label)
    assert chosen.bounding_box()["width"] >= chosen.evaluate(free)


@pytest.mark.parametrize("control", SLIDERS + LISTS, ids=lambda control: control.name)
def test_a_control_tells_the_kernel_the_place_that_it_was_moved_to_and_nothing_else(opened, control):
    panel = opened
    node = labelled(panel, control.label)
    if control.kind == "slider":
        # Under the hand that moves it, not when that lets go of it.
        node.evaluate("node => { node.value = '3'; node.dispatchEvent(new Event('input', { bubbles: true })); }")
        assert node.get_attribute("aria-valuetext") == control.text(control.values[3])
        assert value_of(node).text_content() == control.text(control.values[3])
    place = 3 if control.kind == "slider" else len(control.values) - 1 - CHOSEN[control.name]
    if control.kind == "list":
        node.select_option(index=place)
    (said,) = panel.sent()
    assert said["choose"] == CHOSEN | {control.name: place} == panel.trait("chosen")
    assert set(said) == {"choose", "tab", "number"}


def test_what_is_said_later_has_a_higher_number(panel):
    for place in ("3", "2", "4"):
        labelled(panel, "batch size B").fill(place)
    labelled(panel, "go back to").fill("7")
    said = panel.sent()
    assert len({each["tab"] for each in said}) == 1
    numbers = [each["number"] for each in said]
    assert len(numbers) == 4
    assert numbers == sorted(set(numbers))


def test_an_arrow_key_moves_a_slider_by_one(panel):
    labelled(panel, "batch size B").press("ArrowLeft")
    assert labelled(panel, "batch size B").get_attribute("aria-valuetext") == "16 examples"
    assert panel.sent()[-1]["choose"]["batch_size"] == CHOSEN["batch_size"] - 1


def test_controls_follow_the_kernel(panel):
    panel.tell(chosen=CHOSEN | {"seed": 7, "clock": 2})
    assert labelled(panel, "seed").input_value() == "7"
    assert labelled(panel, "seed").get_attribute("aria-valuetext") == "seed 7"
    assert labelled(panel, "x axis").input_value() == "2"
    assert panel.sent() == []


def test_what_is_chosen_in_another_tab_is_followed_and_an_echo_of_this_one_is_not(opened):
    panel = opened
    labelled(panel, "seed").fill("3")
    (said,) = panel.sent()
    tell = "content => model.trigger('msg:custom', content)"
    panel.page.evaluate(tell, {"chosen": CHOSEN | {"seed": 9}, "tab": said["tab"]})
    assert labelled(panel, "seed").input_value() == "3"
    panel.page.evaluate(tell, {"chosen": CHOSEN | {"seed": 9}, "tab": "another"})
    assert labelled(panel, "seed").input_value() == "9"
    assert panel.sent() == []


@pytest.mark.parametrize(
    ("name", "press"),
    [
        ("Run", "run"),
        ("Next update", "step"),
        ("Reset", "reset"),
        ("Keep this run", "keep"),
        ("Clear kept runs", "forget"),
    ],
)
def test_a_button_says_that_it_was_pressed(show, name, press):
    panel = show(frame(num_kept=1))
    pressed(panel, "More").click()
    pressed(panel, name).press("Enter")
    pressed(panel, name).click()
    assert panel.sent() == [{"press": press}] * 2


def test_a_run_that_goes_on_can_be_paused(panel):
    panel.tell(running=True)
    assert pressed(panel, "Run").count() == 0
    pressed(panel, "Pause").click()
    assert panel.sent() == [{"press": "pause"}]
    panel.tell(running=False)
    assert pressed(panel, "Run").count() == 1


def test_kept_runs_can_be_cleared_only_where_there_are_some(opened):
    panel = opened
    for num_kept in (0, 2, 0):
        panel.tell(num_kept=num_kept)
        assert pressed(panel, "Clear kept runs").is_disabled() == (num_kept == 0)


def test_a_panel_without_steps_and_kept_runs_has_no_buttons_for_them(show):
    panel = show(frame(step_name="", keeps_runs=False))
    names = panel.root.get_by_role("button").all_text_contents()
    assert names == ["Run", "Reset", "More", ""]
    assert pressed(panel, "Full screen").count() == 1
    assert labelled(panel, "go back to").count() == 0


def test_the_way_back_says_where_it_stands_and_where_to_go(panel):
    way = labelled(panel, "go back to")
    assert (way.input_value(), way.get_attribute("min"), way.get_attribute("max")) == ("1234", "0", "20000")
    assert way.get_attribute("aria-valuetext") == "update 1,234 of 20,000"
    assert value_of(way).text_content() == "update 1,234"
    panel.tell(moment=5, recorded=9)
    assert (way.input_value(), way.get_attribute("aria-valuetext")) == ("5", "update 5 of 9")
    way.fill("7")
    assert [said["go_to"] for said in panel.sent()] == [7]
    place = way.bounding_box()
    panel.page.mouse.move(place["x"] + place["width"] - 8, place["y"] + place["height"] / 2)
    panel.page.mouse.down()
    assert [said["go_to"] for said in panel.sent()] == [9]
    panel.tell(moment=6)
    assert way.input_value() == "9"  # not under the hand that holds it
    panel.page.mouse.up()
    panel.tell(moment=8)
    assert way.input_value() == "8"
    way.dispatch_event("pointerdown")
    panel.tell(moment=7)
    assert way.input_value() == "8"
    way.dispatch_event("pointercancel")  # the browser has taken the finger for a scroll
    panel.tell(moment=6)
    assert way.input_value() == "6"
    panel.tell(moment=30_000, recorded=40_000)  # beyond where it ended before
    assert (way.input_value(), way.get_attribute("max")) == ("30000", "40000")


# Words


@pytest.mark.parametrize("trait", WORDS)
def test_the_words_are_those_of_the_kernel_each_time_they_change(panel, trait):
    selector, words = WORDS[trait]
    for text in (words, f"{words} And then?", "" if trait != "code" else "a"):
        panel.tell(**{trait: text})
        assert panel.root.locator(selector).text_content() == text


def test_all_words_are_there_from_the_beginning_but_nothing_is_read_out_before_it_happens(show):
    panel = show(frame(**{trait: words for trait, (_, words) in WORDS.items()}))
    for trait, (selector, words) in WORDS.items():
        assert panel.root.locator(selector).text_content() == ("" if trait == "spoken" else words)


def test_what_was_read_out_is_not_written_again_when_other_words_change(panel):
    panel.tell(spoken="Finished.")
    panel.page.evaluate("() => { window.said = document.querySelector('.mbl-spoken').firstChild; }")
    panel.tell(status="Paused", sentence="…", done=0.5, moment=3)
    assert panel.page.evaluate("() => document.querySelector('.mbl-spoken').firstChild === window.said")


def test_the_bar_shows_the_share_of_the_run(panel):
    bar = panel.root.get_by_role("progressbar", name="share of the run that is made")
    for done in (0.25, 0.75, 1.0):
        panel.tell(done=done)
        assert bar.evaluate("bar => bar.value / bar.max") == pytest.approx(done)


@pytest.mark.parametrize("end", [{"picture": packed(PICTURE)}, {"error": "ValueError: no such batch"}])
def test_an_empty_field_says_that_its_picture_is_being_prepared(show, end):
    panel = show(frame(picture={}))
    words = panel.root.get_by_text("The first picture is being prepared …", exact=True)
    assert words.is_visible()
    assert panel.canvas.bounding_box()["height"] == 340  # as much as the picture will have
    panel.tell(**end)
    assert not words.is_visible()


def test_code_is_offered_where_there_is_some(opened):
    panel = opened
    summary = panel.root.get_by_text("The same run in code", exact=True)
    for code in ("run()", "", "run()"):
        panel.tell(code=code)
        assert summary.is_visible() == (code != "")


def test_what_the_sentence_leaves_out_is_unfolded_where_there_is_some(panel):
    summary = panel.root.get_by_text("details", exact=True)
    for details in ([("noise", "0.3")], [], [("noise", "0.3")]):
        panel.tell(details=details)
        assert summary.is_visible() == bool(details)
    items = panel.root.locator(".mbl-details dl > *")
    assert not items.first.is_visible()
    summary.click()
    panel.tell(details=[("noise", "0.4"), ("angle", "37°")])
    assert items.all_inner_texts() == ["noise", "0.4", "angle", "37°"]
    assert [panel.page.get_by_role(role).count() for role in ("term", "definition")] == [2, 2]


def test_a_screen_reader_is_told_what_each_part_is(panel):
    assert panel.page.get_by_role("group", name="interactive panel", exact=True).count() == 1
    assert panel.root.get_by_role("alert").get_attribute("class") == "mbl-error"
    spoken, reading = panel.root.locator(".mbl-spoken"), panel.root.locator(".mbl-reading")
    assert spoken.get_attribute("role") == "status"
    assert spoken.get_attribute("aria-live") == reading.get_attribute("aria-live") == "polite"
    for hidden in (spoken, reading):  # from the eye alone
        box = hidden.bounding_box()
        assert box["width"] <= 1
        assert box["height"] <= 1
    panel.tell(picture=packed(BOTH), alt="Two plots against epochs.")
    image = panel.root.get_by_role("img", name="Two plots against epochs.", exact=True)
    assert image.get_attribute("tabindex") == "0"


def test_two_views_of_a_panel_keep_their_labels_apart(show):
    panel = show(frame(), views=2)
    ids = panel.page.evaluate("() => [...document.querySelectorAll('[id]')].map(node => node.id)")
    assert len(ids) == len(set(ids))
    labels = panel.page.evaluate("() => [...document.querySelectorAll('label')].map(label => label.control?.id)")
    assert len(set(labels)) == len(labels) == 2 * (len(SLIDERS + LISTS) + 1)
    assert set(labels) <= set(ids)
    pressed(panel, "More").nth(1).click()
    labelled(panel, "seed").nth(1).fill("11")
    assert labelled(panel, "seed").nth(0).input_value() == "11"


# The picture


def test_a_new_picture_takes_the_place_of_the_old_one(panel):
    assert panel.pixels().shape == (340, 960, 3)
    texts = panel.tell(picture=packed(BOTH))
    assert [text.text for text in texts if "bold" in text.font] == ["Loss", "Noise"]
    assert panel.pixels().shape == (700, 960, 3)
    texts = panel.tell(picture={})
    assert texts == []


def test_a_mark_that_stands_still_is_drawn_until_another_one_takes_its_place(panel):
    for color in (BLUE, GREEN):
        wide = Picture(((LOSS._replace(marks=(GD._replace(color=color, width=30),)),),))
        for _ in range(2):  # the second time it has been there before
            panel.frame.draw(wide)
        assert panel.frame.standing
        panel.tell(standing=panel.frame.standing, picture=panel.frame.picture)
        seen = [is_color(panel.pixels(), each).sum() > 1000 for each in (BLUE, GREEN)]
        assert seen == [color == BLUE, color == GREEN]


def test_of_pictures_that_come_faster_than_the_screen_only_the_newest_is_drawn(panel):
    pictures = [packed(Picture(((LOSS._replace(title=title, marks=()),),))) for title in ("first", "second", "third")]
    texts = panel.page.evaluate(
        "pictures => host.texts(() => { for (const picture of pictures) model.set('picture', picture); })", pictures
    )
    assert [text["text"] for text in texts if "bold" in text["font"]] == ["third"]


def test_a_narrower_page_has_a_narrower_picture(panel):
    panel.page.evaluate("() => { document.querySelector('.mbl-frame').parentElement.style.width = '600px'; }")
    panel.settle()
    pixels = panel.pixels()
    assert pixels.shape == (340, 600, 3)
    assert axes_of(pixels)[3] > 540


def test_the_picture_follows_the_theme_of_the_page_while_it_stands_still(panel):
    set_ground = "color => document.documentElement.style.setProperty('--jp-layout-color0', color)"
    corner = "red => document.querySelector('canvas').getContext('2d').getImageData(1, 1, 1, 1).data[0] === red"
    for color, red in (("#111111", 17), ("#ffffff", 255)):
        panel.page.evaluate(set_ground, color)
        panel.page.wait_for_function(corner, arg=red)
    panel.page.evaluate("() => document.documentElement.style.removeProperty('--jp-layout-color0')")


def test_the_picture_follows_a_theme_that_comes_while_the_page_is_hidden(panel):
    """JupyterLab hides and shows itself when it takes another theme: no colour goes over into another one then."""
    corner = "red => document.querySelector('canvas').getContext('2d').getImageData(1, 1, 1, 1).data[0] === red"
    take_theme = """([color, name]) => {
        const { body, documentElement } = document;
        body.style.display = 'none';
        documentElement.style.setProperty('--jp-layout-color0', color);
        body.dataset.jpThemeName = name;
        document.querySelector('canvas').style.transition = 'none';
        requestAnimationFrame(() => { body.style.display = ''; });
    }"""
    for color, red, name in (("#111111", 17, "Dark"), ("#ffffff", 255, "Light")):
        panel.page.evaluate(take_theme, [color, name])
        panel.page.wait_for_function(corner, arg=red)
    panel.page.evaluate("""() => {
        document.documentElement.style.removeProperty('--jp-layout-color0');
        delete document.body.dataset.jpThemeName;
    }""")


def test_a_map_is_drawn_in_the_colours_that_it_has_for_the_page_s_theme(panel):
    paper, night = (np.full((2, 2, 3), shade, np.uint8) for shade in (240, 30))
    cells = Cells(paper, W.low, W.high, B.low, B.high, night)
    panel.tell(picture=packed(Picture(((MAP._replace(marks=(cells,), start=None),),))))
    middle = """shade => {
        const { width, height } = document.querySelector('canvas');
        const { data } = document.querySelector('canvas').getContext('2d').getImageData(width / 2, height / 2, 1, 1);
        return data[0] === shade;
    }"""
    for color, shade in (("#111111", 30), ("#ffffff", 240)):
        panel.page.evaluate("to => document.documentElement.style.setProperty('--jp-layout-color0', to)", color)
        panel.page.wait_for_function(middle, arg=shade)
    panel.page.evaluate("() => document.documentElement.style.removeProperty('--jp-layout-color0')")


def enter_full_screen(panel: Widget) -> None:
    pressed(panel, "Full screen").click()
    panel.page.wait_for_function("() => document.fullscreenElement?.matches('.mbl-frame')")
    panel.settle()


def leave_full_screen(panel: Widget) -> None:
    panel.page.evaluate("() => document.exitFullscreen()")
    panel.page.wait_for_function("() => !document.fullscreenElement")
    panel.settle()


def test_in_full_screen_charts_and_main_controls_fill_the_screen_and_are_read_from_afar(panel):
    panel.page.set_viewport_size({"width": 1920, "height": 1080})
    panel.tell(picture=packed(BOTH), sentence="After 5 epochs …", details=[("noise", "0.3")], status="Running")
    enter_full_screen(panel)
    texts = drawn_again(panel)
    zoom = panel.canvas.evaluate("canvas => canvas.getContext('2d').getTransform().a / window.devicePixelRatio")
    assert min(text.size * zoom for text in texts) == pytest.approx(28, abs=0.01)
    for control in SLIDERS[:2]:
        node = labelled(panel, control.label)
        assert node.is_visible()
        assert node.evaluate("node => parseFloat(getComputedStyle(node.labels[0]).fontSize)") >= 28
    for hidden in ("More", "Keep this run"):
        assert not pressed(panel, hidden).is_visible()
    for hidden in (".mbl-sentence", ".mbl-details", ".mbl-scrubber"):
        assert not panel.root.locator(hidden).is_visible()
    size = "node => parseFloat(getComputedStyle(node).fontSize)"
    assert all(panel.root.locator(read).evaluate(size) >= 28 for read in (".mbl-status", ".mbl-marks", ".mbl-run"))
    assert panel.root.evaluate("root => getComputedStyle(root).backgroundColor") == "rgb(255, 255, 255)"
    box = panel.canvas.bounding_box()
    assert box["width"] > 1800
    assert 1040 < box["y"] + box["height"] <= 1080
    leave_full_screen(panel)
    assert panel.canvas.bounding_box()["width"] == 960
    assert {text.size for text in drawn_again(panel)} == {13, 12.5, 16}
    assert panel.root.locator(".mbl-sentence").is_visible()
    panel.page.set_viewport_size({"width": 1280, "height": 900})


def test_where_no_full_screen_is_allowed_there_is_no_button_for_it(panel, show):
    assert pressed(panel, "Full screen").is_visible()
    allow = "is => Object.defineProperty(document, 'fullscreenEnabled', { value: is, configurable: true })"
    panel.page.evaluate(allow, False)
    assert not pressed(show(frame()), "Full screen").is_visible()
    panel.page.evaluate("() => { delete document.fullscreenEnabled; }")


def test_the_same_button_leaves_the_full_screen(panel):
    enter_full_screen(panel)
    pressed(panel, "Full screen").click()
    panel.page.wait_for_function("() => !document.fullscreenElement")


# Values read off


def hover(panel: Widget, axes, x: float, y: float, zoom: float = 1) -> str:
    """What is read when the pointer is at shares of the way to the right and upwards in the axes."""
    panel.canvas.scroll_into_view_if_needed()
    box = panel.canvas.bounding_box()
    row, column = place_in(axes, x, y)
    panel.page.mouse.move(box["x"] + column * zoom, box["y"] + row * zoom)
    return read(panel)


def drawn_again(panel: Widget) -> list[Text]:
    texts = panel.page.evaluate("() => host.texts(() => model.set('picture', { ...model.get('picture') }))")
    return [Text(**text) for text in texts]


def read(panel: Widget) -> str:
    """What is written on the card beside the pointer, which is drawn last; empty where there is none."""
    texts = drawn_again(panel)
    heads = [place for place, text in enumerate(texts) if "600" in text.font]
    if not heads:
        return ""
    head, *rows = [text.text for text in texts[heads[-1] :]]
    return f"{head}: " + ", ".join(map(" ".join, zip(rows[::2], rows[1::2], strict=True))) if rows else head


def test_values_are_read_off_at_the_point_nearest_to_the_pointer(panel):
    axes = axes_of(panel.pixels())
    assert hover(panel, axes, 3.1 / 5, 0.9) == "epochs 3: GD 0.75, SGD 0.4"
    pixels = panel.pixels()
    row, column = (round(at) for at in place_in(axes, 3 / 5, 0.75 / 3))
    assert is_color(pixels, BLUE)[row - 3 : row + 3, column - 3 : column + 3].all()
    row, column = place_in(axes, 3 / 5, 0.5)
    line = pixels[round(row), round(column) - 1 : round(column) + 2].sum(axis=1)
    assert line.min() < 300
    assert hover(panel, axes, 0.02, 0.1) == "epochs 0: GD 2.3, SGD 2.3"
    assert hover(panel, axes, 0.99, 0.1) == "epochs 5: GD 0.25, SGD 0.4"


def test_beside_the_axes_and_off_the_picture_nothing_is_read(panel):
    axes = axes_of(panel.pixels())
    assert hover(panel, axes, 0.5, 0.5)
    assert hover(panel, axes, 0.5, 1.15) == ""
    assert hover(panel, axes, 0.5, 0.5)
    panel.page.mouse.move(1270, 890)
    assert read(panel) == ""


def test_in_the_second_plot_and_on_a_logarithmic_axis_its_own_values_are_read(panel):
    panel.tell(picture=packed(BOTH))
    only_noise = NOISE._replace(marks=(floor(RATES, Y),))
    panel.tell(picture=packed(BOTH._replace(rows=((LOSS._replace(marks=()),), (only_noise,)))))
    axes = axes_of(panel.pixels())
    panel.tell(picture=packed(BOTH))
    assert hover(panel, axes, 0.4, 0.5) == "η 0.1: S 2"  # 0.01 is nearer in value
    assert hover(panel, axes, 0.76, 0.5) == "η 1: S 2.5"


def test_values_are_read_off_in_full_screen_too(panel):
    enter_full_screen(panel)
    zoom = panel.canvas.evaluate("canvas => canvas.getContext('2d').getTransform().a")
    assert zoom > 1.5
    axes = np.array(axes_of(panel.pixels())) / zoom
    assert hover(panel, axes, 2.1 / 5, 0.5, zoom=zoom) == "epochs 2: GD 1, SGD 0.6"
    leave_full_screen(panel)


def test_the_arrow_keys_step_along_the_points_and_from_plot_to_plot(panel):
    panel.tell(picture=packed(BOTH))
    reading = panel.root.locator(".mbl-reading")
    steps = [
        ("ArrowRight", "Loss. epochs 0: GD 2.3, SGD 2.3"),
        ("ArrowRight", "Loss. epochs 1: GD 1.5, SGD 2.3"),
        ("ArrowRight", "Loss. epochs 2: GD 1, SGD 0.6"),
        ("ArrowLeft", "Loss. epochs 1: GD 1.5, SGD 2.3"),
        ("ArrowDown", "Noise. η 0.001: S 1"),
        ("ArrowRight", "Noise. η 0.01: S 1.5"),
        ("ArrowUp", "Loss. epochs 0: GD 2.3, SGD 2.3"),
        ("ArrowUp", "Noise. η 0.001: S 1"),
    ]
    for key, words in steps:
        panel.canvas.press(key)
        assert reading.text_content() == words
        assert read(panel) == words.partition(". ")[2]


def test_what_is_set_low_or_high_is_read_out_as_the_rest(panel):
    noise = LOSS._replace(title="|g_B − G|^2", marks=(GD._replace(name="B_{simple}"),))
    panel.tell(picture=packed(Picture(((noise,),))))
    panel.canvas.press("ArrowRight")
    assert panel.root.locator(".mbl-reading").text_content() == "|gB − G|2. epochs 0: Bsimple 2.3"


@pytest.mark.parametrize("leave", ["Escape", "Tab"])
def test_a_reading_by_keyboard_ends_with_escape_and_where_the_focus_goes_on(panel, leave):
    panel.canvas.press("ArrowRight")
    assert read(panel)
    panel.page.keyboard.press(leave)
    assert read(panel) == ""


def test_the_reading_follows_the_run(panel):
    for _ in range(6):
        panel.canvas.press("ArrowRight")
    longer = GD._replace(y=GD.y / 2)
    panel.tell(picture=packed(Picture(((LOSS._replace(marks=(longer,)),),))))
    assert read(panel) == "epochs 5: GD 0.125"


def test_the_card_stays_in_its_own_chart(panel):
    panel.tell(picture=packed(BOTH))
    only_loss = LOSS._replace(marks=(floor(X, Y),))
    panel.tell(picture=packed(BOTH._replace(rows=((only_loss,), (NOISE._replace(marks=()),)))))
    axes = axes_of(panel.pixels())
    panel.tell(picture=packed(BOTH))
    for x in (0.01, 0.5, 0.9):
        for y in (0.01, 0.99):
            assert hover(panel, axes, x, y)
            texts = drawn_again(panel)
            head = max(place for place, text in enumerate(texts) if "600" in text.font)
            for text in texts[head:]:
                assert axes[2] < text.left < text.right < axes[3]
                assert axes[0] < text.top < axes[1]


def test_each_value_on_the_card_has_a_swatch_of_its_curve(panel):
    axes = axes_of(panel.pixels())
    panel.tell(picture=packed(Picture(((LOSS._replace(marks=(floor(X, Y), GD, SGD._replace(opacity=0.1))),),))))
    hover(panel, axes, 0.5, 0.5)
    pixels, texts = panel.pixels(), drawn_again(panel)
    for name, color in (("GD", BLUE), ("SGD", VERMILION)):  # seen well, however faint the curve is
        (row,) = [text for text in texts if text.text == name and text.size == 13]
        beside = pixels[round(row.top) - 5 : round(row.top) + 5, round(row.left) - 26 : round(row.left) - 2]
        assert is_color(beside, color).sum() > 15
        assert (beside.min(axis=-1) > 230).sum() > 40  # on a ground of its own, not on that of the chart


def test_on_a_map_the_value_under_the_pointer_is_read(panel):
    values = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    cells = Cells(np.full((2, 3, 3), 200, np.uint8), W.low, W.high, B.low, B.high, values=values, name="loss")
    panel.tell(picture=packed(Picture(((MAP._replace(marks=(floor(W, B),), start=None),),))))
    axes = axes_of(panel.pixels())
    panel.tell(picture=packed(Picture(((MAP._replace(marks=(cells,), start=None),),))))
    assert hover(panel, axes, 0.2, 0.75).endswith(", b 1: loss 1")
    assert hover(panel, axes, 0.5, 0.75).endswith(", b 1: loss 2")
    assert hover(panel, axes, 0.8, 0.25).endswith(", b −1: loss 6")
    row, column = (round(at) for at in place_in(axes, 0.8, 0.25))
    ring = panel.pixels()[row - 8 : row + 8, column - 8 : column + 8].sum(axis=-1) < 300
    assert middle(ring) == pytest.approx((8, 8), abs=1.6)
    assert not ring[6:10, 6:10].any()
    top, bottom, left, right = box(ring)
    assert max(bottom - top, right - left) <= 12  # and around it a light rim
    assert is_color(panel.pixels()[row - 8 : row + 8, column - 8 : column + 8], "#FFFFFF").sum() > 20


def test_one_of_many_images_is_framed_in_all_charts_and_shown_large(panel):
    red, blue = (np.zeros((2, 2, 3), np.uint8) for _ in range(2))
    red[1, 0], blue[1, 0] = (200, 0, 0), (0, 0, 200)
    square = ticks.blank(0, 2)
    charts = tuple(
        Chart(title, square, square, (Cells(colors, 0, 2, 0, 2, tiles=("one", "two", "three", "four")),), equal=True)
        for title, colors in (("Now", red), ("Learned", blue))
    )
    nine = Cells(np.zeros((3, 3, 3), np.uint8), 0, 2, 0, 2, tiles=tuple("abcdefghi"))
    panel.tell(picture=packed(Picture(((*charts, Chart("Others", square, square, (nine,), equal=True)),), (200,))))
    pixels = panel.pixels()
    tile = is_color(pixels, "#C80000")
    row, column = middle(tile)
    tiles = [box(is_color(pixels, color)) for color in ("#C80000", "#0000C8")]
    canvas = panel.canvas.bounding_box()
    panel.page.mouse.move(canvas["x"] + column, canvas["y"] + row)
    texts = drawn_again(panel)
    assert [text.text for text in texts[-3:]] == ["three", "Now", "Learned"]
    assert texts[-3].left > tiles[1][3]  # beside all that are framed
    pixels = panel.pixels()
    for color, (top, _, left, right) in zip(("#C80000", "#0000C8"), tiles, strict=True):
        assert is_color(pixels, color).sum() >= 100**2 > tile.sum()
        rim = pixels[top - 4 : top, (left + right) // 2].sum(axis=-1)
        assert rim.max() > 600  # in the image above, which is black
    assert panel.root.locator(".mbl-reading").text_content() == ""
    panel.canvas.press("ArrowRight")
    assert panel.root.locator(".mbl-reading").text_content() == "Now. four"


# The start of a run


W, B = ticks.linear("w", -1, 4), ticks.linear("b", -2, 2)
MAP = Chart("Map", W, B, (floor(W, B),), start=(0.0, 0.0))
WITH_A_MAP = Picture(((LOSS._replace(marks=(GD,)), MAP, NOISE),))
"""Only the map, which is neither the first nor the last, has a floor."""


@pytest.fixture
def with_a_map(panel) -> Widget:
    panel.tell(picture=packed(WITH_A_MAP))
    panel.canvas.scroll_into_view_if_needed()
    return panel


def point_of(panel: Widget, x: float, y: float) -> tuple[float, float]:
    """Where on the page the map has these values."""
    box = panel.canvas.bounding_box()
    row, column = place_in(axes_of(panel.pixels()), (x + 1) / 5, (y + 2) / 4)
    return box["x"] + column, box["y"] + row


def starts(panel: Widget) -> list[list[float]]:
    said = panel.sent()
    assert all(set(each) == {"start", "tab", "number"} for each in said)
    return [each["start"] for each in said]


def test_the_start_follows_a_drag_over_the_map_and_stays_within_it(with_a_map):
    mouse = with_a_map.page.mouse
    along_the_way = [(0.5, 1.0), (2.0, -1.0), (3.0, 1.5)]
    points = [point_of(with_a_map, *place) for place in along_the_way]
    mouse.move(*points[0])
    assert starts(with_a_map) == []
    mouse.down()
    assert starts(with_a_map) == [pytest.approx(along_the_way[0], abs=0.03)]
    for point in points[1:]:
        mouse.move(*point)
    mouse.move(points[-1][0], points[-1][1] - 500)
    assert starts(with_a_map) == [pytest.approx(at, abs=0.03) for at in (*along_the_way[1:], (3.0, 2.0))]
    mouse.up()
    mouse.move(*points[0])
    assert starts(with_a_map) == []


@pytest.mark.parametrize("button", ["right", "middle"])
def test_no_other_button_moves_the_start(with_a_map, button):
    mouse = with_a_map.page.mouse
    mouse.move(*point_of(with_a_map, 1, 1))
    mouse.down(button=button)
    mouse.move(*point_of(with_a_map, 2, 1))
    mouse.up(button=button)
    assert starts(with_a_map) == []


def test_a_second_finger_moves_no_start(with_a_map):
    press = """(canvas, [clientX, clientY]) => canvas.dispatchEvent(
        new PointerEvent("pointerdown", { pointerId: 7, isPrimary: false, button: 0, clientX, clientY })
    )"""
    with_a_map.canvas.evaluate(press, point_of(with_a_map, 1, 1))
    assert starts(with_a_map) == []


def test_a_drag_that_begins_beside_the_map_moves_nothing(with_a_map):
    mouse, box = with_a_map.page.mouse, with_a_map.canvas.bounding_box()
    for x in (box["x"] + 200, point_of(with_a_map, -1, 0)[0] - 10):
        mouse.move(x, box["y"] + 150)
        mouse.down()
        mouse.move(*point_of(with_a_map, 1, 1))
        mouse.up()
    assert starts(with_a_map) == []


def test_over_the_map_the_pointer_is_a_hand_and_nothing_is_read_off_while_it_drags(with_a_map):
    cursor = "canvas => getComputedStyle(canvas).cursor"
    mouse, (x, y) = with_a_map.page.mouse, point_of(with_a_map, 1, 1)
    named = MAP._replace(marks=(floor(W, B), Curve(np.array([0.0, 1.0]), np.zeros(2), GREEN, "way")))
    with_a_map.tell(picture=packed(WITH_A_MAP._replace(rows=((LOSS, named, NOISE),))))
    mouse.move(x, y)
    assert with_a_map.canvas.evaluate(cursor) == "grab"
    assert read(with_a_map) == "w 1: way 0"
    mouse.down()
    mouse.move(x + 5, y)
    assert with_a_map.canvas.evaluate(cursor) == "grabbing"
    assert read(with_a_map) == ""
    mouse.up()
    assert with_a_map.canvas.evaluate(cursor) == "grab"
    mouse.move(with_a_map.canvas.bounding_box()["x"] + 200, y)
    assert with_a_map.canvas.evaluate(cursor) not in ("grab", "grabbing")


def test_shift_and_an_arrow_key_move_the_start_and_say_where_it_is(with_a_map):
    reading = with_a_map.root.locator(".mbl-reading")
    for key, place in (("ArrowRight", [0.1, 0]), ("ArrowLeft", [-0.1, 0]), ("ArrowUp", [0, 0.08])):
        with_a_map.canvas.press(f"Shift+{key}")
        assert starts(with_a_map) == [pytest.approx(place, abs=1e-9)]
        assert reading.text_content() == f"Start: w {place[0]}, b {place[1]}".replace("-", "−")
    assert read(with_a_map) == ""
    assert with_a_map.canvas.get_attribute("aria-description") == "Shift and the arrow keys move the start"
    with_a_map.canvas.press("ArrowRight")
    assert starts(with_a_map) == []
    assert read(with_a_map)


def test_where_there_is_no_start_nothing_is_moved(panel):
    assert not panel.canvas.get_attribute("aria-description")
    panel.canvas.press("Shift+ArrowRight")
    assert read(panel) == "epochs 0: GD 2.3, SGD 2.3"
    box = panel.canvas.bounding_box()
    panel.page.mouse.move(box["x"] + 200, box["y"] + 150)
    panel.page.mouse.down()
    panel.page.mouse.up()
    assert panel.sent() == []


@pytest.mark.parametrize(("over_the_map", "scrolls"), [(True, False), (False, True)])
def test_a_finger_on_the_map_moves_the_start_and_does_not_scroll(with_a_map, over_the_map, scrolls):
    x, y = point_of(with_a_map, 3.95, -1.9)  # in a corner: what is beside the canvas must be taken off
    x = x if over_the_map else with_a_map.canvas.bounding_box()["x"] + 200
    touch = """(canvas, [clientX, clientY]) => {
        const touches = [new Touch({ identifier: 0, target: canvas, clientX, clientY })];
        return canvas.dispatchEvent(new TouchEvent("touchstart", { touches, cancelable: true, bubbles: true }));
    }"""
    assert with_a_map.canvas.evaluate(touch, [x, y]) == scrolls


# Ends


def test_a_picture_that_waits_is_not_drawn_when_the_panel_is_gone(panel):
    texts = panel.page.evaluate(
        "() => host.texts(async () => { model.set('picture', { ...model.get('picture') }); await ends.pop()(); })"
    )
    assert texts == []


def test_the_kernel_is_told_how_many_views_there_are(show):
    panel = show(frame(), views=2)
    panel.close()
    assert [said["views"] for said in panel.presence() if "views" in said] == [1, 2, 1, 0]


def test_the_kernel_is_told_once_that_a_panel_has_come_into_view(show):
    panel = show(frame())
    wait_until(lambda: {"seen": True} in panel.presence(), "the panel is seen")
    panel.page.evaluate("() => document.body.prepend(Object.assign(document.createElement('div'), { id: 'above' }))")
    for height in ("200vh", "0", "200vh", "0"):
        panel.page.evaluate("height => { document.getElementById('above').style.height = height; }", height)
        panel.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert panel.presence() == [{"views": 1}, {"seen": True}]


def test_a_panel_that_is_higher_than_the_window_is_seen_all_the_same(show):
    panel = show(frame())
    panel.page.set_viewport_size({"width": 1280, "height": 300})
    try:
        low = show(frame())
        wait_until(lambda: {"seen": True} in low.presence(), "the panel is seen")
    finally:
        panel.page.set_viewport_size({"width": 1280, "height": 900})


def test_a_panel_below_what_is_in_view_says_so_only_when_it_is_scrolled_to(show):
    push_down = "height => { document.documentElement.style.paddingTop = height; }"
    show(frame()).page.evaluate(push_down, "calc(100vh - 50px)")  # but for its first buttons
    panel = show(frame())
    panel.settle()
    assert panel.presence() == [{"views": 1}]
    panel.root.scroll_into_view_if_needed()
    wait_until(lambda: {"seen": True} in panel.presence(), "the panel is seen")
    panel.page.evaluate(push_down, "0")
