"""What holds for all that the course shows on the page: keys, colours, and that it leaves nothing behind."""

import pytest

from lesson_lib.chart import ticks
from lesson_lib.chart.picture import BLUE, Chart, Picture
from lesson_lib.lessons.prediction import Prediction, Sketch, Task
from lesson_lib.lessons.question import Asked, Option, Question
from lesson_lib.lessons.reward import RewardFrame
from lesson_lib.lessons.vote import Outcome, Vote
from lesson_lib.panel import controls
from lesson_lib.panel.frame import Frame, packed

pytestmark = pytest.mark.slow

AXIS = ticks.linear("epochs", 0, 5)


def panel():
    specs = [controls.seed_control().spec(), controls.clock_control().spec()]
    picture = packed(Picture(((Chart("Loss", AXIS, AXIS, ()),),)))
    chosen = {"seed": 3, "clock": 0}
    return Frame(step_name="Next", keeps_runs=True, num_kept=1, recorded=9, controls=specs, chosen=chosen,
                 picture=picture, code="run()")  # fmt: skip


QUESTION = Question("04/a", "Which?", (Option("This", "Yes.", right=True), Option("That", "No.")))


def question():
    return Asked(QUESTION).frame


def vote():
    return Vote(QUESTION).frame


def outcome():
    return Outcome(QUESTION).frame


def sketch():
    return Prediction(Task("04/b", "", AXIS, AXIS, (0.0, 5.0), (Sketch("a", BLUE), Sketch("b", BLUE)))).frame


def rewarded():
    return RewardFrame(picture=packed(Picture(((Chart("Loss", AXIS, AXIS, ()),),))), words="It learns.")


WIDGETS = [panel, question, vote, outcome, sketch]
CONTROLS = "button, canvas, input, select, summary"


@pytest.fixture(params=WIDGETS, ids=lambda make: make.__name__)
def widget(request, show):
    return show(request.param())


def test_keys_belong_to_the_control_that_has_the_focus_and_not_to_the_notebook(widget):
    widget.page.evaluate(
        "() => { window.heard = []; document.body.addEventListener('keydown', event => window.heard.push(event.key)); }"
    )
    nodes = widget.root.locator(CONTROLS).all()
    assert nodes
    for node in nodes:
        assert node.get_attribute("data-lm-suppress-shortcuts") == "true"
        node.focus()
        for key in ("a", "d", "ArrowDown", "ArrowLeft", "Delete"):
            widget.page.keyboard.press(key)
    assert widget.page.evaluate("() => window.heard") == []


@pytest.mark.parametrize("make", [panel, sketch], ids=lambda make: make.__name__)
def test_the_keys_of_a_picture_do_not_move_the_page_and_all_others_do_what_they_did(show, make):
    widget = show(make())
    widget.page.evaluate(
        """() => {
            window.kept = {};
            document.querySelector("canvas").addEventListener("keydown", event => {
                window.kept[event.key] = event.defaultPrevented;
            });
        }"""
    )
    widget.canvas.focus()
    arrows, others = ("ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown"), ("a", "PageDown")
    for key in arrows + others:
        widget.page.keyboard.press(key)
    assert widget.page.evaluate("() => window.kept") == dict.fromkeys(arrows, True) | dict.fromkeys(others, False)


@pytest.mark.parametrize("make", [*WIDGETS, rewarded], ids=lambda make: make.__name__)
def test_what_leaves_the_page_leaves_nothing_behind(tab, show, make):
    before = tab.evaluate("() => ({ ...host.alive })")
    widget = show(make(), views=2)
    assert widget.alive()["model"] > 0
    widget.close()
    assert widget.alive() == {"model": 0, **before}


def colors_of(widget, selector):
    return widget.root.locator(selector).first.evaluate(
        "node => [getComputedStyle(node).color, getComputedStyle(node).backgroundColor]"
    )


def test_words_and_buttons_have_the_colours_of_the_page(widget):
    widget.page.evaluate(
        """() => {
            const colors = { "ui-font-color1": "#f0f1f2", "ui-font-color2": "#a0a1a2", "layout-color2": "#303132" };
            for (const [name, color] of Object.entries(colors)) document.body.style.setProperty(`--jp-${name}`, color);
        }"""
    )
    try:
        ink, faint, surface = "rgb(240, 241, 242)", "rgb(160, 161, 162)", "rgb(48, 49, 50)"
        for selector in (".mbl-sentence", "legend"):
            if widget.root.locator(selector).count():
                assert colors_of(widget, selector)[0] == ink
        for selector in ("button:not(.mbl-run)", "select"):
            if widget.root.locator(selector).count():
                assert colors_of(widget, selector) == [ink, surface]
        if widget.root.locator(".mbl-status").count():
            assert colors_of(widget, ".mbl-status")[0] == faint
    finally:
        widget.page.evaluate("() => document.body.removeAttribute('style')")


def test_the_focus_of_the_keyboard_is_seen_on_each_control(widget):
    for node in widget.root.locator("input, select, button, canvas").all():
        if node.is_visible() and node.is_enabled():
            node.focus()
            widget.page.keyboard.press("Shift")  # whoever uses the keyboard
            style, width = node.evaluate(
                "node => [getComputedStyle(node).outlineStyle, getComputedStyle(node).outlineWidth]"
            )
            assert (style, float(width.removesuffix("px")) >= 2) == ("solid", True)


def test_the_browser_draws_lists_and_sliders_for_the_theme_of_the_page(widget):
    for is_light, scheme in (("false", "dark"), ("true", "normal")):
        widget.page.evaluate("is => { document.body.dataset.jpThemeLight = is; }", is_light)
        assert widget.root.evaluate("root => getComputedStyle(root).colorScheme") == scheme
    widget.page.evaluate("() => { delete document.body.dataset.jpThemeLight; }")


def test_an_error_is_seen_and_its_place_is_not_before(widget):
    box = widget.root.get_by_role("alert")
    assert colors_of(widget, ".mbl-error")[1] == "rgba(0, 0, 0, 0)"
    widget.tell(**{name: "Stopped." for name in ("error", "notice") if name in widget.frame.trait_names()})
    assert box.text_content() == "Stopped."
    assert colors_of(widget, ".mbl-error") == ["rgb(122, 31, 0)", "rgb(253, 238, 230)"]


def test_a_widget_whose_kernel_is_gone_is_off_the_page_and_does_not_come_back(widget):
    widget.page.evaluate("() => model.trigger('comm_live_update')")
    assert widget.root.count() == 0
    widget.page.evaluate("() => host.render()")
    assert widget.root.count() == 0


def test_the_copy_is_hidden_beside_the_live_widget_and_what_is_no_widget_is_hidden_beside_the_copy(widget):
    copy = widget.frame._marked({"text/html": "a copy"})["text/html"]
    widget.page.evaluate(
        """copy => {
            const [area, view, saved] = ["jp-OutputArea", "jp-OutputArea-child", "jp-OutputArea-child"].map((name) => {
                const node = document.createElement("div");
                node.className = name;
                return node;
            });
            view.append(...document.body.children);
            saved.innerHTML = copy;
            area.append(view, saved);
            document.body.append(area);
        }""",
        copy,
    )
    live, saved = widget.page.locator(".jp-OutputArea-child").all()
    assert (live.is_visible(), saved.is_visible()) == (True, False)
    widget.page.evaluate("() => document.querySelector('.mbl-frame').replaceWith('Error displaying widget')")
    assert (live.is_visible(), saved.is_visible()) == (False, True)
    saved.evaluate("copy => copy.replaceChildren('a result without a copy')")
    assert live.is_visible()
