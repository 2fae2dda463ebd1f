"""The flagship panel, used as a learner uses it."""

import re

import numpy as np
import pytest
from chromium import evaluate, wait_until
from lab import FLAGSHIP, FLAGSHIP_NOTEBOOK, Lab, Lesson, PanelOnPage
from playwright.sync_api import Page, expect

NAME_OF_FOCUS = """() => {
    const element = document.activeElement;
    if (element.matches("canvas")) return "picture";
    return element.ariaLabel ?? element.labels?.[0]?.textContent ?? element.textContent;
}"""
SCREENS = ((640, 360), (1024, 700), (1280, 720))
BOXES = """async root => {
    for (let frames = 0; frames < 3; frames++) await new Promise(requestAnimationFrame);
    return [root, ...root.querySelectorAll('button, input, select, output, canvas, p')]
        .filter(part => part.checkVisibility({ visibilityProperty: true }))
        .map(part => part.getBoundingClientRect())
        .map(({ right, height }) => ({ right, height }));
}"""
"""Of the panel and all its parts that are seen, once they are laid out anew."""

IS_THE_PICTURE_OF_SUCH_A_PANEL = """
other = ll.GdVsSgd(dataset, choose_sampling=True, **vars(panel.settings))
other.run()
other.wait()
print(other.picture == panel.picture and other.words == panel.words)
other.close()
"""
SHORT_RUN = """
vars(panel).pop("_start", None)
vars(panel._session).pop("advance", None)
panel.set(**{**vars(first_settings), "batch_size": 512, "epochs": 2})
panel.forget()
panel.reset()
panel.run()
panel.wait()
"""
LONG_RUN = """
import time

go = panel._session.advance
panel._session.advance = lambda: time.sleep(0.1) or go()  # the processor has other work to do
panel.set(batch_size=1, epochs=30, num_seeds=5)
"""
ANOTHER_RUN = """
from lesson_lib import Race, Settings
Race(dataset, Settings(batch_size=64, epochs=4)).run()
"""
THREADS = "[thread.name for thread in __import__('threading').enumerate() if thread.name == 'panel']"


@pytest.fixture(scope="module")
def lesson(shared_page: Page, lab: Lab) -> Lesson:
    """The flagship panel below another one."""
    lesson = Lesson(shared_page, lab, FLAGSHIP_NOTEBOOK)
    lesson.run_all()
    return lesson


@pytest.fixture
def panel(lesson: Lesson) -> PanelOnPage:
    """The panel, with nothing kept, at the end of a race that is soon over: that of the test before, if it is left."""
    shown = lesson.page.locator(".jp-CodeCell", has_text=FLAGSHIP).locator(".mbl-frame")
    if not (lesson.value_of("'first_settings' in globals()") and shown.count()):
        lesson.run_all()
        lesson.run_code("first_settings = panel.settings")
    panel = lesson.panel(FLAGSHIP)
    panel.close_more()
    lesson.page.mouse.move(0, 0)  # not over the picture, which would show a value there
    lesson.run_code(SHORT_RUN)
    panel.wait_for_details("SGD, B = 512", r"4 updates \(2 epochs\)")
    panel.wait_for_status("Finished: epoch 2.0 of 2")
    panel.wait_for_picture("(Above, l|L)eft: Training loss, all examples. loss .* against epochs", without="kept run")
    return panel


@pytest.fixture
def running(lesson: Lesson, panel: PanelOnPage) -> PanelOnPage:
    """The panel in a run that goes on for as long as a test needs."""
    lesson.run_code(LONG_RUN)
    panel.wait_for_status("Running: epoch (0.[1-9]|[1-9]).* of 30")
    return panel


def test_a_drag_ends_with_the_picture_and_the_sentence_for_the_value_dragged_to(
    lesson: Lesson, panel: PanelOnPage
) -> None:
    assert panel.drag("batch size B", 6 / 10) == "64 examples"
    panel.wait_for_details("SGD, B = 64", r"32 updates \(2 epochs\)")
    panel.wait_for_status("Finished")

    panel.wait_for_picture(re.escape(panel.sentence))
    assert lesson.value_of("panel.settings.batch_size") == 64

    assert lesson.run_code(IS_THE_PICTURE_OF_SUCH_A_PANEL) == "True\n"
    assert lesson.value_of("panel.words") == panel.sentence


def test_what_the_sentence_leaves_out_stays_unfolded_while_the_run_changes(lesson: Lesson, panel: PanelOnPage) -> None:
    details = panel.root.locator(".mbl-details")
    expect(details.locator("dl")).to_be_hidden()
    details.locator("summary").click()
    shown = zip(*(details.locator(part).all_inner_texts() for part in ("dt", "dd")), strict=True)
    assert "\n".join(f"{label}: {value}" for label, value in shown) == lesson.value_of("panel.details")
    # JupyterLab would leave labels a fifth of their column, and break them into a line for each word.
    heights = details.locator("dt").evaluate_all("labels => labels.map(label => label.offsetHeight)")
    assert max(heights) < 30
    panel.drag("batch size B", 6 / 10)
    panel.wait_for_details("SGD, B = 64", "32 updates")
    expect(details.locator("dl")).to_be_visible()
    details.locator("summary").click()


def test_the_arrow_keys_move_a_slider_and_nothing_else(lesson: Lesson, panel: PanelOnPage) -> None:
    num_cells = "({ content }) => content.widgets.length"
    before = lesson.ask(num_cells)
    slider = panel.slider("batch size B")
    expect(slider).to_have_attribute("aria-valuetext", "512 examples")
    slider.focus()
    lesson.page.keyboard.press("ArrowLeft")
    expect(slider).to_have_attribute("aria-valuetext", "256 examples")
    for key in ("a", "b", "x", "d", "d", "Enter"):
        lesson.page.keyboard.press(key)
    assert lesson.ask(num_cells) == before
    panel.wait_for_sentence("after 8 updates")


def test_every_control_is_reached_by_tab(panel: PanelOnPage) -> None:
    panel.open_more()
    panel.run.focus()
    names = []
    for _ in range(19):
        names.append(evaluate(panel.page, NAME_OF_FOCUS))
        panel.page.keyboard.press("Tab")
    more = ["seed", "sampling", "runs", "x axis", "curve", "loss axis", "Keep this run"]  # nothing to clear yet
    main = ["batch size B", "epochs", "learning rate"]
    assert names == [
        *("Run", "Next update", "Reset", "go back to", "More", "Full screen"),
        *more,
        "The same run in code",
        *main,
        "picture",
        "details",
    ]
    panel.slider("seed").press("Escape")
    assert evaluate(panel.page, NAME_OF_FOCUS) == "More"
    expect(panel.slider("seed")).to_be_hidden()


def test_a_panel_fits_every_screen_in_every_state(lesson: Lesson, panel: PanelOnPage) -> None:
    def fits(width: int) -> bool:
        box, *parts = evaluate(panel.page, BOXES, panel.root.element_handle())
        inside = all(part["right"] <= box["right"] + 1 for part in parts)
        return inside and (width < 1000 or box["height"] <= 560)

    def see_that_it_fits(state: str) -> None:
        for width, height in SCREENS:
            lesson.page.set_viewport_size({"width": width, "height": height})
            wait_until(lambda width=width: fits(width), f"the panel fits {width} pixels {state}")

    try:
        see_that_it_fits("at its end")
        assert (panel.slider("batch size B").bounding_box() or {"width": 0})["width"] >= 320
        for _ in range(2):
            panel.press_in_more("Keep this run")
        see_that_it_fits("with More open and kept runs")
        panel.reset.click()
        panel.button("Next update").click()
        panel.wait_for_sentence("The gradient of the next batch points")
        see_that_it_fits("with a batch's images")
    finally:
        width, height = SCREENS[-1]
        lesson.page.set_viewport_size({"width": width, "height": height})


def test_pause_stands_still_and_run_goes_on(lesson: Lesson, running: PanelOnPage) -> None:
    panel = running
    panel.run.click()
    status, picture = panel.wait_for_status("Paused"), panel.pixels()
    lesson.run_code(ANOTHER_RUN)  # in this time the panel's would have gone on
    assert (panel.status, panel.pixels()) == (status, picture)

    panel.run.click()
    panel.wait_for_status("Running")
    panel.reset.click()
    panel.wait_for_status("Paused: epoch 0.0 of 30")
    assert panel.sentence.startswith("Both start from the same parameters")


def test_an_idle_kernel_that_is_interrupted_pauses_the_panel(lesson: Lesson, running: PanelOnPage) -> None:
    lesson.command("notebook:interrupt-kernel")
    running.wait_for_status("Paused")
    assert lesson.run_code("print(panel.error)") == "None\n"


def test_a_cell_run_again_closes_its_old_panel(lesson: Lesson, running: PanelOnPage) -> None:
    lesson.run_cell(FLAGSHIP)
    running.wait_for_status("Finished: epoch 5.0 of 5")
    expect(running.root).to_have_count(1)
    assert lesson.value_of(THREADS) == ["panel", "panel"]


def test_a_panel_taken_off_the_page_stands_still(lesson: Lesson, running: PanelOnPage) -> None:
    lesson.select_cell(FLAGSHIP)
    lesson.command("notebook:clear-cell-output")
    wait_until(lambda: lesson.value_of("panel.status").startswith("Paused"), "the panel stands still")


def test_an_error_is_shown_in_the_panel_and_the_next_run_works(lesson: Lesson, panel: PanelOnPage) -> None:
    error = panel.root.locator(".mbl-error")
    lesson.run_code("panel._start = lambda values: 1 / 0")
    panel.drag("seed", 0.5)
    panel.wait_for_status("Stopped by an error")
    expect(error).to_contain_text("ZeroDivisionError: division by zero")
    lesson.run_code("del panel._start")
    panel.drag("seed", 0.0)
    panel.wait_for_status("Finished")
    expect(error).to_have_text("")


def test_a_reloaded_page_shows_the_panel_again(lesson: Lesson, panel: PanelOnPage) -> None:
    lesson.command("docmanager:save")
    lesson.reload()
    panel = lesson.panel(FLAGSHIP)
    assert panel.drag("batch size B", 1.0) == "1,000 examples = N"
    panel.wait_for_details("SGD, B = 1,000", "2 epochs")


def test_the_accessibility_tree_says_names_and_values_in_words(panel: PanelOnPage) -> None:
    values = {
        "batch size B": "512 examples", "epochs": "2 epochs", "learning rate": "η = 0.05", "seed": "seed 0",
        "go back to": "update 4 of 4",
    }  # fmt: skip
    panel.open_more()
    # Chromium's tree shows a native slider's number; the words are those that it hands to a screen reader.
    for name, value in values.items():
        expect(panel.slider(name)).to_have_attribute("aria-valuetext", value)
    parts = {
        *(("slider", name) for name in values),
        *(("button", name) for name in ("Run", "Next update", "Reset", "Keep this run", "Clear kept runs")),
        *(("combobox", name) for name in ("x axis", "curve", "loss axis", "runs", "sampling")),
        *(("button", "More"), ("button", "Full screen"), ("progressbar", "share of the run that is made")),
    }
    wait_until(lambda: parts <= accessibility_tree(panel.page), f"the tree holds {parts}")
    described = re.compile(
        "(Above, l|L)eft: Training loss.* against epochs.*SGD, B = 512, .*, after 4 updates against 2[.]"
    )
    wait_until(
        lambda: any(role == "image" and described.match(name) for role, name in accessibility_tree(panel.page)),
        "the tree holds a picture with its description",
    )
    spoken = panel.root.get_by_role("status").filter(
        has_text=re.compile("^Finished[.] .*, after 4 updates against 2[.]")
    )
    expect(spoken).to_have_attribute("aria-live", "polite")


def accessibility_tree(page: Page) -> set[tuple[str, str]]:
    """Role and name of all that a screen reader finds on the page."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    said = [[node.get(place, {}).get("value", "") for place in ("role", "name")] for node in nodes]
    return {(role, name) for role, name in said}


def test_another_clock_redraws_the_run_that_has_ended(panel: PanelOnPage) -> None:
    before = panel.pixels()
    panel.open_more()
    panel.list("x axis").select_option("updates")
    panel.wait_for_picture("loss .* against updates from")
    assert panel.pixels() != before
    assert panel.status == "Finished: epoch 2.0 of 2"


def test_next_update_and_the_way_back(panel: PanelOnPage) -> None:
    panel.reset.click()
    panel.wait_for_status("Paused: epoch 0.0")
    for made in ("1 update", "2 updates"):
        panel.button("Next update").click()
        panel.wait_for_sentence(f"After {made} SGD's loss is .*The gradient of the next batch points")
    panel.slider("go back to").focus()
    panel.page.keyboard.press("ArrowLeft")
    panel.wait_for_sentence("After 1 update SGD")
    expect(panel.slider("go back to")).to_have_attribute("aria-valuetext", "update 1 of 2")
    panel.run.click()
    panel.wait_for_status("Finished")


def test_a_kept_run_is_named_beside_the_next_one_and_can_be_cleared(panel: PanelOnPage) -> None:
    panel.open_more()
    clear = panel.button("Clear kept runs")
    expect(clear).to_be_disabled()
    panel.press_in_more("Keep this run")
    panel.drag("batch size B", 1.0)
    panel.wait_for_details("kept run, B = 512, η = 0.05, seed 0", r"^loss \d\.\d+$")
    clear.click()
    panel.wait_for_picture("(Above, l|L)eft: Training loss", without="kept")
    expect(clear).to_be_disabled()


def test_a_value_is_read_off_a_curve_by_mouse_and_by_keyboard(lesson: Lesson, panel: PanelOnPage) -> None:
    before = panel.pixels()
    panel.picture.hover(position={"x": 250, "y": 120})
    wait_until(lambda: panel.pixels() != before, "the value under the pointer is drawn")
    panel.sentence_line.hover()
    wait_until(lambda: panel.pixels() == before, "the picture is as it was")

    panel.picture.focus()
    for _ in range(3):
        panel.page.keyboard.press("ArrowRight")
    reading = panel.root.locator(".mbl-reading")
    loss = lesson.value_of("[each.loss for each in panel.experiment.first.gd.measurements if each.num_updates == 1][0]")
    expect(reading).to_have_text(re.compile(f"^Training loss, all examples. epochs 1: .*GD {loss:.2f}"))
    panel.page.keyboard.press("ArrowDown")
    expect(reading).to_have_text(re.compile(r"^Gradient noise, measured. epochs 0: theory 0."))
    panel.page.keyboard.press("Escape")


def test_full_screen_has_the_charts_and_the_main_controls_alone(panel: PanelOnPage) -> None:
    def width() -> float:
        return (panel.picture.bounding_box() or {"width": 0})["width"]

    before = width()
    panel.button("Full screen").click()
    wait_until(lambda: width() > 1.2 * before, "the picture is as wide as the screen")
    expect(panel.slider("batch size B")).to_be_visible()
    expect(panel.sentence_line).to_be_hidden()
    panel.slider("learning rate").press("ArrowRight")
    expect(panel.slider("learning rate")).to_have_attribute("aria-valuetext", "η = 0.07")
    panel.button("Full screen").click()
    wait_until(lambda: width() == before, "the picture is as wide as before")


def test_after_a_drag_across_the_whole_range_no_run_waits(lesson: Lesson, running: PanelOnPage) -> None:
    lesson.run_code("begun, make = [], panel._start\npanel._start = lambda new: begun.append(new) or make(new)")
    assert running.drag("batch size B", 1.0, moves=60) == "1,000 examples = N"
    wait_until(lambda: lesson.value_of("begun[-1:] and begun[-1].batch_size") == 1000, "the last run has begun")
    wait_until(lambda: lesson.value_of("panel._worker._begun == panel._worker.wish.number"), "no run waits")
    sizes = lesson.value_of("[values.batch_size for values in begun]")
    assert sizes == sorted(set(sizes))


def test_anything_in_any_order_leaves_the_panel_sound(lesson: Lesson, panel: PanelOnPage) -> None:
    """A thousand actions, quicker ones, are in the tests without a browser."""
    rng = np.random.default_rng(1)
    for action in range(40):
        panel.do_anything(rng)
        if action == 20:
            lesson.run_cell(FLAGSHIP)
            panel = lesson.panel(FLAGSHIP)
    panel.wait_for_status("Paused|Finished|Running")
    assert lesson.run_code("print(panel.error)") == "None\n"

    def page_and_kernel_agree() -> bool:
        values = lesson.value_of("vars(panel.settings)")
        panel.open_more()
        size, seed = (panel.slider(name).get_attribute("aria-valuetext") or "" for name in ("batch size B", "seed"))
        return size.startswith(f"{values['batch_size']:,} example") and seed == f"seed {values['seed']}"

    wait_until(page_and_kernel_agree, "the kernel has heard of the last action")
    assert lesson.value_of(THREADS) == ["panel", "panel"]


def test_another_tab_shows_the_same(lesson: Lesson, panel: PanelOnPage) -> None:
    other = lesson.in_another_tab(lesson.page.context.new_page())
    there = other.panel(FLAGSHIP)
    expect(there.sentence_line).to_have_text(panel.sentence)
    assert there.drag("batch size B", 7 / 10) == "128 examples"
    for shown in (there, panel):
        shown.wait_for_details("SGD, B = 128", "2 epochs")
        expect(shown.slider("batch size B")).to_have_attribute("aria-valuetext", "128 examples")
    other.page.close()
    panel.drag("batch size B", 8 / 10)
    panel.wait_for_details("SGD, B = 256", "2 epochs")


def test_a_restarted_kernel_is_not_taken_for_a_run_that_goes_on(lesson: Lesson, running: PanelOnPage) -> None:
    lesson.restart_kernel()
    expect(running.root).to_have_count(0)
