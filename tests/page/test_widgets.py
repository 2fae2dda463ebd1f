"""What holds for all that the course shows on the page: keys, colours, and that it leaves nothing behind."""

from collections import Counter
from itertools import pairwise
from textwrap import dedent

import pytest

from lesson_lib.chart import ticks
from lesson_lib.chart.picture import BLUE, VERMILION, Chart, Picture
from lesson_lib.lessons.prediction import Prediction, Sketch, Task
from lesson_lib.lessons.question import Asked, Option, Question
from lesson_lib.lessons.reward import RewardFrame
from lesson_lib.lessons.vote import Outcome, Vote
from lesson_lib.panel.frame import Frame, packed

pytestmark = pytest.mark.slow

AXIS, LOSS = ticks.linear("epochs", 0, 5), ticks.linear("loss", 0, 2)


def panel():
    """A panel with a control of each kind, and with something in each of its parts."""
    slider = {"name": "batch_size", "label": "batch size B", "kind": "slider", "main": True,
              "texts": ["1 example", "2 examples", "4 examples"], "marks": [[0, "1"], [2, "4"]]}  # fmt: skip
    axes = {"name": "clock", "label": "x axis", "kind": "list", "main": False, "texts": ["epochs", "time"], "marks": []}
    seeds = ["seed 0", "seed 1", "seed 2", "seed 3"]
    plain = slider | {"name": "seed", "label": "seed", "main": False, "marks": [], "texts": seeds}
    return Frame(
        step_name="Next update", keeps_runs=True, controls=[slider, axes, plain], moment=1200, recorded=3400,
        chosen={"batch_size": 1, "clock": 1, "seed": 2}, done=0.5, code="run()", alt="Loss against epochs.",
        sentence="It falls.", details=[("noise", "0.3"), ("angle", "9°")], status="Paused",
        picture=packed(Picture(((Chart("Loss", AXIS, AXIS, ()),),))),
    )  # fmt: skip


QUESTION = Question("04/a", "Which?", (Option("This", "Yes.", right=True), Option("That", "No.")))


def question():
    return Asked(QUESTION).frame


def vote():
    return Vote(QUESTION).frame


def outcome():
    return Outcome(QUESTION).frame


def sketch():
    return Prediction(Task("04/b", "", AXIS, LOSS, (0.0, 2.5, 5.0), (Sketch("a", BLUE), Sketch("b", VERMILION)))).frame


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


OUTLINES = {
    panel: """
        div.mbl-frame.mbl-panel aria-label=interactive panel role=group keys
          div.mbl-buttons
            button.mbl-run type=button keys "Run"
            button type=button keys "Next update"
            button type=button keys "Reset"
            div.mbl-scrubber
              label for=ID-moment "go back to"
              input aria-valuetext=update 1,200 of 3,400 id=ID-moment max=3400 min=0 step=1 type=range value=1200 keys
              output for=ID-moment value=update 1,200 "update 1,200"
            div.mbl-where
              p.mbl-status "Paused"
              progress.mbl-progress aria-label=share of the run that is made max=1 value=0.5
            button aria-controls=ID-more aria-expanded=false type=button keys "More"
            button.mbl-full aria-label=Full screen title=Full screen type=button keys
          div.mbl-more aria-label=more id=ID-more role=group hidden
            div.mbl-control
              label for=ID-clock "x axis"
              select id=ID-clock value=1 keys
                option value=0 "epochs"
                option value=1 "time"
            div.mbl-control.mbl-slider
              label for=ID-seed "seed"
              output for=ID-seed value=seed 2 "seed 2"
              input aria-valuetext=seed 2 id=ID-seed max=3 min=0 step=1 type=range value=2 keys
            button type=button keys "Keep this run"
            button type=button disabled keys "Clear kept runs"
            details
              summary keys "The same run in code"
              pre "run()"
          div.mbl-main
            div.mbl-control.mbl-slider.mbl-wide
              label for=ID-batch_size "batch size B"
              output for=ID-batch_size value=2 examples "2 examples"
              input aria-valuetext=2 examples id=ID-batch_size max=2 min=0 step=1 type=range value=1 keys
              div.mbl-marks aria-hidden=true
                span style=--share: 0 "1"
                span style=--share: 1 "4"
          p.mbl-error role=alert
          div.mbl-stage
            p.mbl-preparing hidden "The first picture is being prepared …"
            canvas.mbl-picture aria-description= aria-label=Loss against epochs. \
role=img style=height: 340px; tabindex=0 keys
          p.mbl-reading aria-live=polite
          p.mbl-sentence "It falls."
          details.mbl-details
            summary keys "details"
            dl
              dt "noise"
              dd "0.3"
              dt "angle"
              dd "9°"
          div.mbl-spoken aria-live=polite role=status""",
    question: """
        div.mbl-frame.mbl-practice keys
          fieldset
            legend "Which?"
            label.mbl-option for=ID-0
              input id=ID-0 name=ID type=radio keys
              span.mbl-letter "A"
              span "This"
            label.mbl-option for=ID-1
              input id=ID-1 name=ID type=radio keys
              span.mbl-letter "B"
              span "That"
          p.mbl-verdict aria-live=polite role=status
          button type=button hidden keys "Vote again"
          p.mbl-error role=alert""",
    outcome: """
        div.mbl-frame.mbl-practice keys
          p.mbl-verdict aria-live=polite role=status "You have not voted yet: vote above, or press Show me."
          button type=button keys "Show me"
          table.mbl-recall hidden
          p.mbl-error role=alert""",
    sketch: """
        div.mbl-frame.mbl-practice keys
          div.mbl-buttons aria-label=which curve to draw role=group
            label.mbl-option for=ID-0 style=color: rgb(0, 114, 178); "draw a"
              input id=ID-0 name=ID type=radio checked keys
            label.mbl-option for=ID-1 style=color: rgb(192, 85, 0); "draw b"
              input id=ID-1 name=ID type=radio keys
            button type=button keys "Draw anew"
          canvas.mbl-sketch-picture aria-label=Axes to draw on: loss against epochs. Not drawn yet. \
role=img style=height: 360px; tabindex=0 keys
          p.mbl-status "Draw with the mouse or a finger. By keyboard: ← → choose a place, \
↑ ↓ move the curve there, Delete takes it away."
          p.mbl-sentence aria-live=polite role=status "Not drawn yet."
          button type=button hidden keys "Show me"
          p.mbl-reading aria-live=polite
          p.mbl-error role=alert""",
    rewarded: """
        div.mbl-frame.mbl-practice keys
          canvas.mbl-reward aria-label=It learns. role=img style=height: 340px; keys
          p.mbl-sentence "It learns."
        """,
}


@pytest.mark.parametrize("make", OUTLINES, ids=lambda make: make.__name__)
def test_each_part_is_in_its_place_with_its_name_its_role_and_its_state(show, make):
    widget = show(make())
    widget.settle()
    assert widget.outline() == dedent(OUTLINES[make]).strip().splitlines()


STATUS = "aria-live=polite role=status"
SLIDER = "max=2 min=0 step=1 type=range"
PREPARING = '"The first picture is being prepared …"'
PLACE = "role=img style=height: 360px; tabindex=0 keys"
WAY = "min=0 step=1 type=range"
CHANGES = {
    panel: [
        ({"running": True}, ['button.mbl-run type=button keys "Pause"']),
        ({"num_kept": 1}, ['button type=button keys "Clear kept runs"']),
        ({"sentence": "It rises."}, ['p.mbl-sentence "It rises."']),
        ({"details": [["noise", "0.4"]]}, ['dd "0.4"']),
        ({"details": []}, ["details.mbl-details hidden"]),
        ({"status": "Running"}, ['p.mbl-status "Running"']),
        ({"error": "Stopped."}, ['p.mbl-error role=alert "Stopped."']),
        ({"done": 0.75}, ["progress.mbl-progress aria-label=share of the run that is made max=1 value=0.75"]),
        ({"code": "stop()"}, ['pre "stop()"']),
        ({"code": ""}, ["details hidden", "pre"]),
        ({"spoken": "Finished."}, [f'div.mbl-spoken {STATUS} "Finished."']),
        (
            {"moment": 7},
            [
                f"input aria-valuetext=update 7 of 3,400 id=ID-moment max=3400 {WAY} value=7 keys",
                'output for=ID-moment value=update 7 "update 7"',
            ],
        ),
        ({"recorded": 9}, [f"input aria-valuetext=update 7 of 9 id=ID-moment max=9 {WAY} value=7 keys"]),
        (
            {"chosen": {"batch_size": 2, "clock": 0, "seed": 2}},
            [
                "select id=ID-clock value=0 keys",
                'output for=ID-batch_size value=4 examples "4 examples"',
                f"input aria-valuetext=4 examples id=ID-batch_size {SLIDER} value=2 keys",
            ],
        ),
        ({"picture": {}}, []),
        ({"error": ""}, ["p.mbl-error role=alert", f"p.mbl-preparing {PREPARING}"]),
        ({"error": "Stopped."}, ['p.mbl-error role=alert "Stopped."', f"p.mbl-preparing hidden {PREPARING}"]),
    ],
    question: [
        ({"chosen": 1}, ["input id=ID-1 name=ID type=radio checked keys"]),
        ({"verdict": "So it is."}, [f'p.mbl-verdict {STATUS} "So it is."']),
        ({"mark": "right"}, [f'p.mbl-verdict.mbl-right {STATUS} "✓ So it is."']),
        ({"mark": "wrong"}, [f'p.mbl-verdict.mbl-wrong {STATUS} "✗ So it is."']),
        (
            {"closed": True},
            [
                "input id=ID-0 name=ID type=radio disabled keys",
                "input id=ID-1 name=ID type=radio disabled checked keys",
                'button type=button keys "Vote again"',
            ],
        ),
        ({"notice": "The disk is full."}, ['p.mbl-error role=alert "The disk is full."']),
    ],
    outcome: [
        ({"words": "A came true."}, [f'p.mbl-verdict {STATUS} "A came true."']),
        ({"mark": "right"}, [f'p.mbl-verdict.mbl-right {STATUS} "✓ A came true."']),
        ({"mark": "wrong"}, [f'p.mbl-verdict.mbl-wrong {STATUS} "✗ A came true."']),
        ({"held": False}, ['button type=button hidden keys "Show me"']),
        (
            {"rows": [["vote", "came"], ["A", "B"]]},
            ["table.mbl-recall", "tr", "tr", 'th scope=col "vote"', 'th scope=col "came"', 'td "A"', 'td "B"'],
        ),
        ({"rows": []}, ["table.mbl-recall hidden"]),
        ({"notice": "The disk is full."}, ['p.mbl-error role=alert "The disk is full."']),
    ],
    sketch: [
        ({"words": "Drawn."}, [f'p.mbl-sentence {STATUS} "Drawn."']),
        ({"alt": "Axes."}, [f"canvas.mbl-sketch-picture aria-label=Axes. {PLACE}"]),
        ({"held": True}, ['button type=button keys "Show me"']),
        ({"drawn": {"a": [None] * 3, "b": [1.0, None, None]}}, ['button type=button keys "Compare"']),
        (
            {"measured": True},
            [
                "input id=ID-0 name=ID type=radio disabled checked keys",
                "input id=ID-1 name=ID type=radio disabled keys",
                "p.mbl-status hidden " + OUTLINES[sketch].split("p.mbl-status ")[1].split("\n")[0],
            ],
        ),
        ({"notice": "The disk is full."}, ['p.mbl-error role=alert "The disk is full."']),
    ],
}  # fmt: skip


@pytest.mark.parametrize("make", CHANGES, ids=lambda make: make.__name__)
def test_what_the_kernel_changes_is_changed_on_the_page_and_nothing_else_is(show, make):
    """Each trait by itself: what else the kernel says at the same time must not be needed."""
    widget = show(make())
    widget.settle()
    before = widget.outline()
    for changes, lines in CHANGES[make]:
        widget.tell(**changes)
        after = widget.outline()
        found = [line.strip() for line in (Counter(after) - Counter(before)).elements()]
        assert found == lines, changes
        before = after


def styles_of(widget, selector, properties):
    """The computed styles of the first element of this kind, which may be one that CSS makes before it."""
    node, _, made = selector.partition("::")
    style = (
        "([properties, made]) => node => properties.map(name => getComputedStyle(node, made).getPropertyValue(name))"
    )
    return widget.page.locator(node).first.evaluate(
        f"(node, given) => ({style})(given)(node)", [list(properties), made and f"::{made}"]
    )


def found_in(widget, table):
    """What a table of styles holds for this widget, and what is found instead of it."""
    present = {each: styles for each, styles in table.items() if widget.page.locator(each.partition("::")[0]).count()}
    assert present
    found = {each: dict(zip(styles, styles_of(widget, each, styles), strict=True)) for each, styles in present.items()}
    return present, found


INK, FAINT, GROUND, GRID = "rgb(240, 241, 242)", "rgb(160, 161, 162)", "rgb(16, 17, 18)", "rgb(32, 33, 34)"
SURFACE, SHEET, BORDER = "rgb(48, 49, 50)", "rgb(64, 65, 66)", "rgb(80, 81, 82)"
THEME = {
    "ui-font-color1": INK, "ui-font-color2": FAINT, "layout-color0": GROUND, "layout-color1": SHEET,
    "layout-color2": SURFACE, "border-color1": BORDER, "border-color2": GRID,
}  # fmt: skip
BUTTON = {"color": INK, "background-color": SURFACE, "border-top-color": BORDER}
IN_THE_THEME = {
    ".mbl-sentence": {"color": INK},
    "legend": {"color": INK},
    "button:not(.mbl-run)": BUTTON,
    "select": BUTTON,
    ".mbl-run": {"color": GROUND, "background-color": INK, "border-top-color": INK},
    "canvas": {"color": INK, "background-color": GROUND, "border-top-color": GRID},
    ".mbl-status": {"color": FAINT},
    ".mbl-marks": {"color": FAINT},
    ".mbl-preparing": {"color": FAINT},
    "dt": {"color": FAINT},
    "dd": {"color": INK},
    "input[type=range]": {"accent-color": FAINT},
    "progress": {"accent-color": FAINT},
    ".mbl-more": {"background-color": SHEET, "border-top-color": BORDER},
    "pre": {"background-color": SURFACE},
    ".mbl-full::before": {"background-color": INK},
}


def test_all_has_the_colours_of_the_page(widget):
    with widget.in_theme(THEME):
        if widget.canvas.count():  # its colours go over into others
            widget.canvas.evaluate("canvas => Promise.all(canvas.getAnimations().map(({ finished }) => finished))")
        meant, found = found_in(widget, IN_THE_THEME)
        assert found == meant
        if widget.root.locator(".mbl-option").count():
            widget.root.locator(".mbl-option").first.hover()
            assert styles_of(widget, ".mbl-option", ["background-color"]) == [SURFACE]


def test_an_error_has_its_own_colours_on_every_page(show):
    widget = show(panel())
    widget.tell(error="No.")
    with widget.in_theme(THEME):
        meant = ["rgb(122, 31, 0)", "rgb(253, 238, 230)", "rgb(213, 94, 0)"]
        assert styles_of(widget, ".mbl-error", ["color", "background-color", "border-left-color"]) == meant


HIDDEN_FROM_THE_EYE = {"display": "block", "width": "1px", "clip-path": "inset(50%)", "overflow-x": "hidden"}
STYLES = {
    "button:not(:disabled)": {"cursor": "pointer"},
    "button:disabled": {"cursor": "default", "opacity": "0.45"},
    "input[type=range]": {"cursor": "pointer"},
    ".mbl-run": {"font-weight": "600"},
    "output": {"font-weight": "600", "white-space": "nowrap"},
    ".mbl-marks": {"position": "relative"},
    ".mbl-full::before": {"display": "block"},
    "canvas": {"display": "block", "width": "960px"},
    ".mbl-picture": {"height": "340px"},
    ".mbl-preparing": {"position": "absolute", "text-align": "center"},
    ".mbl-more": {
        "position": "absolute",
        "z-index": "1",
        "overflow-y": "auto",
        "max-height": "100%",
        "display": "none",
    },
    ".mbl-panel > .mbl-sentence": {"min-height": "43.5px", "max-height": "65.25px", "overflow-y": "auto"},
    ".mbl-panel > .mbl-error": {"margin-top": "0px"},
    ".mbl-spoken": HIDDEN_FROM_THE_EYE,
    ".mbl-reading": HIDDEN_FROM_THE_EYE,
    "pre": {"overflow-x": "auto"},
    "fieldset": {"border-top-width": "0px"},
    "legend": {"font-size": "16px", "font-weight": "600"},
    ".mbl-option": {"display": "flex", "cursor": "pointer", "column-gap": "10px", "padding-left": "8px"},
    ".mbl-letter": {"display": "block", "font-weight": "600"},
    ".mbl-verdict": {"white-space": "pre-line", "border-left-width": "4px", "padding-left": "12px"},
    ".mbl-practice .mbl-sentence": {"white-space": "pre-line"},
    ".mbl-sketch-picture": {"cursor": "crosshair", "touch-action": "none"},
    "th": {"text-align": "left", "padding-left": "10px"},
    "td": {"text-align": "left", "vertical-align": "top", "padding-left": "10px"},
}


def test_each_part_looks_as_what_it_is(widget):
    if "rows" in widget.frame.trait_names():
        widget.tell(rows=[["vote", "result"], ["A", "B"]])
    meant, found = found_in(widget, STYLES)
    assert found == meant


def test_the_parts_of_a_panel_stand_under_each_other_and_are_at_most_as_wide_as_a_picture(show):
    widget = show(panel())
    widget.tell(error="Stopped.")
    widget.page.evaluate("() => { document.querySelector('.mbl-frame').parentElement.style.width = '1200px'; }")
    rows = ["buttons", "main", "error", "stage", "sentence", "details"]
    boxes = [widget.page.locator(f".mbl-panel > .mbl-{name}").bounding_box() for name in rows]
    assert {box["width"] for box in boxes} == {960}
    assert all(box["height"] > 10 for box in boxes)
    for above, below in pairwise(boxes):
        assert above["y"] + above["height"] <= below["y"]
    for size in styles_of(widget, ".mbl-full::before", ["width", "height"]):
        assert float(size.removesuffix("px")) > 10
    run, track = widget.root.locator(".mbl-run").bounding_box(), widget.root.get_by_label("go back to").bounding_box()
    assert run["x"] < track["x"]
    assert run["y"] < track["y"] + track["height"] / 2 < run["y"] + run["height"]


def test_the_focus_of_the_keyboard_is_seen_on_each_control(widget):
    for node in widget.root.locator("input, select, button, canvas").all():
        if node.is_visible() and node.is_enabled():
            node.focus()
            widget.page.keyboard.press("Shift")  # whoever uses the keyboard
            style, width, offset = node.evaluate(
                """node => {
                    const { outlineStyle, outlineWidth, outlineOffset } = getComputedStyle(node);
                    return [outlineStyle, parseFloat(outlineWidth), parseFloat(outlineOffset)];
                }"""
            )
            assert (style, width >= 2, offset >= 0) == ("solid", True, True)


def test_the_browser_draws_lists_and_sliders_for_the_theme_of_the_page(widget):
    for is_light, scheme in (("false", "dark"), ("true", "normal")):
        widget.page.evaluate("is => { document.body.dataset.jpThemeLight = is; }", is_light)
        assert widget.root.evaluate("root => getComputedStyle(root).colorScheme") == scheme
    widget.page.evaluate("() => { delete document.body.dataset.jpThemeLight; }")


def test_an_error_is_seen_and_its_place_is_not_before(widget):
    box = widget.root.get_by_role("alert")
    colors = ("color", "background-color", "border-left-color")
    assert styles_of(widget, ".mbl-error", colors)[1] == "rgba(0, 0, 0, 0)"
    widget.tell(**{name: "Stopped." for name in ("error", "notice") if name in widget.frame.trait_names()})
    assert box.text_content() == "Stopped."
    assert styles_of(widget, ".mbl-error", colors) == ["rgb(122, 31, 0)", "rgb(253, 238, 230)", "rgb(213, 94, 0)"]


def test_a_widget_whose_kernel_is_gone_is_off_the_page_and_does_not_come_back(widget):
    widget.page.evaluate("() => model.trigger('comm_live_update')")
    assert widget.root.count() == 0
    widget.page.evaluate("() => host.render()")
    assert widget.root.count() == 0


def test_the_copy_is_hidden_beside_the_live_widget_and_what_is_no_widget_is_hidden_beside_the_copy(widget):
    copy = widget.frame._marked({"text/html": "a copy"})["text/html"]
    widget.page.evaluate(
        """copy => {
            const [area, before, view, saved] = ["", "-child", "-child", "-child"].map((part) => {
                const node = document.createElement("div");
                node.className = `jp-OutputArea${part}`;
                return node;
            });
            before.textContent = "printed";
            view.append(...document.body.children);
            saved.innerHTML = copy;
            area.append(before, view, saved);
            document.body.append(area);
        }""",
        copy,
    )
    before, live, saved = widget.page.locator(".jp-OutputArea-child").all()
    assert (live.is_visible(), saved.is_visible()) == (True, False)
    toggle = "output => output.querySelector('[data-mbl-copy]').classList.toggle('mbl-copy')"
    saved.evaluate(toggle)
    assert (live.is_visible(), saved.is_visible()) == (True, True)  # what is no copy is seen beside it
    saved.evaluate(toggle)
    widget.page.evaluate("() => document.querySelector('.mbl-frame').replaceWith('Error displaying widget')")
    assert (before.is_visible(), live.is_visible(), saved.is_visible()) == (True, False, True)
    live.evaluate("""other => { other.innerHTML = '<pre data-mime-type="text/plain">3</pre>'; }""")
    assert live.is_visible()  # it is an output of its own, and no widget
    live.evaluate("other => other.replaceChildren('Error displaying widget')")
    assert live.is_hidden()
    saved.evaluate("copy => copy.replaceChildren('a result without a copy')")
    assert live.is_visible()
