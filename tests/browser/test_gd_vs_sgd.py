"""The flagship panel, used as a learner uses it."""

import json
import os
import re
import time
from html import unescape

import numpy as np
import pytest
from lab import FLAGSHIP, Lesson, PanelOnPage
from playwright.sync_api import Page

FIRST_PICTURE = "words => window.shown.find(([at, alt]) => at > window.moved && new RegExp(words).test(alt))"
NAME_OF_FOCUS = """() => {
    const element = document.activeElement;
    if (element.matches("canvas")) return "picture";
    return element.labels?.[0]?.textContent ?? element.textContent;
}"""
IS_THE_PICTURE_OF_SUCH_A_PANEL = """
other = GdVsSgd(dataset, choose_sampling=True, **panel.settings)
other.run()
other.wait()
print(other.picture == panel.picture and other.words == panel.words)
other.close()
"""


@pytest.fixture
def panel(lesson: Lesson) -> PanelOnPage:
    """The panel as it is after its cell has been run, at the end of a race that is soon over."""
    lesson.run_cell(FLAGSHIP)
    lesson.run_code("panel.set(batch_size=4096, epochs=2)")
    panel = lesson.panel(FLAGSHIP)
    panel.wait_for_status("Finished: epoch 2.0 of 2")
    return panel


def test_a_drag_ends_with_the_picture_and_the_sentence_for_the_value_dragged_to(
    lesson: Lesson, panel: PanelOnPage
) -> None:
    assert panel.drag("batch size B", 8 / 14) == "256 examples"
    panel.wait_for_sentence("After 2 epochs: SGD with B = 256 has made 94 updates")
    panel.wait_for_status("Finished")

    assert panel.sentence in (panel.picture.get_attribute("aria-label") or "")
    assert json.loads(lesson.run_code("import json; print(json.dumps(panel.settings))"))["batch_size"] == 256

    assert lesson.run_code(IS_THE_PICTURE_OF_SUCH_A_PANEL) == "True\n"
    assert lesson.run_code("print(panel.words)").strip() == panel.sentence


def test_the_arrow_keys_move_a_slider_and_nothing_else(lesson: Lesson, panel: PanelOnPage, page: Page) -> None:
    cells = page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length")
    slider = panel.slider("batch size B")
    assert slider.get_attribute("aria-valuetext") == "4,096 examples"
    slider.focus()
    page.keyboard.press("ArrowLeft")
    assert slider.get_attribute("aria-valuetext") == "2,048 examples"
    for key in ("a", "b", "x", "d", "d", "Enter"):
        page.keyboard.press(key)
    assert page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length") == cells
    panel.wait_for_sentence("SGD with B = 2,048 has made 12 updates")


def test_every_control_is_reached_by_tab(panel: PanelOnPage, page: Page) -> None:
    panel.run.focus()
    names = []
    for _ in range(17):
        names.append(page.evaluate(NAME_OF_FOCUS))
        page.keyboard.press("Tab")
    buttons = ["Run", "Next update", "Reset", "Keep this run", "Projector"]  # there is nothing to clear yet
    settings = ["batch size B", "epochs", "learning rate", "seed", "sampling", "runs"]
    assert names == [
        *buttons,
        *settings,
        "picture",
        "go back to",
        "x axis",
        "curve",
        "loss axis",
        "The same run in code",
    ]


def test_pause_stands_still_and_run_goes_on(panel: PanelOnPage, page: Page) -> None:
    panel.drag("epochs", 1.0)
    panel.wait_for_status("Running: epoch [1-9].* of 30")
    panel.run.click()
    status, picture = panel.wait_for_status("Paused"), panel.pixels()
    page.wait_for_timeout(600)
    assert (panel.status, panel.pixels()) == (status, picture)

    panel.run.click()
    panel.wait_for_status("Running")
    panel.reset.click()
    panel.wait_for_status("Paused: epoch 0.0 of 30")
    assert panel.sentence.startswith("Both start from the same parameters")


def test_an_idle_kernel_that_is_interrupted_pauses_the_panel(lesson: Lesson, panel: PanelOnPage, page: Page) -> None:
    panel.drag("epochs", 1.0)
    panel.wait_for_status("Running")
    lesson.command("notebook:interrupt-kernel")
    panel.wait_for_status("Paused")
    assert lesson.run_code("print(panel.error)") == "None\n"


def test_a_cell_run_again_closes_its_old_panel(lesson: Lesson, panel: PanelOnPage, page: Page) -> None:
    panel.drag("epochs", 1.0)
    panel.wait_for_status("Running")
    lesson.run_cell(FLAGSHIP)
    panel.wait_for_status("Finished: epoch 5.0 of 5")

    assert panel.root.count() == 1
    threads = "import threading; print([t.name for t in threading.enumerate() if t.name == 'panel'])"
    assert lesson.run_code(threads) == "['panel', 'panel']\n"


def test_a_panel_taken_off_the_page_stands_still(lesson: Lesson, panel: PanelOnPage) -> None:
    panel.drag("epochs", 1.0)
    panel.wait_for_status("Running")
    lesson.select_cell(FLAGSHIP)
    lesson.command("notebook:clear-cell-output")
    assert lesson.run_code("panel.wait(10); print(panel.status)").startswith("Paused")


def test_an_error_is_shown_in_the_panel_and_the_next_run_works(lesson: Lesson, panel: PanelOnPage) -> None:
    lesson.run_code("good, panel.start = panel.start, lambda values: 1 / 0")
    panel.drag("seed", 0.5)
    panel.wait_for_status("Stopped by an error")
    assert "ZeroDivisionError: division by zero" in panel.root.locator(".mbl-error").inner_text()
    lesson.run_code("panel.start = good")
    panel.drag("seed", 0.0)
    panel.wait_for_status("Finished")
    assert panel.root.locator(".mbl-error").inner_text() == ""


def test_a_reloaded_page_shows_the_panel_again(lesson: Lesson, panel: PanelOnPage, page: Page) -> None:
    lesson.command("docmanager:save")
    page.reload()
    page.wait_for_selector(".jp-NotebookPanel")
    lesson.wait_for_kernel()
    panel = lesson.panel(FLAGSHIP)
    assert panel.drag("batch size B", 1.0) == "12,000 examples = N"
    panel.wait_for_sentence("After 2 epochs: SGD with B = 12,000")


def test_a_saved_notebook_without_its_kernel_still_shows_the_last_picture(lesson: Lesson, panel: PanelOnPage) -> None:
    panel.drag("batch size B", 10 / 14)
    sentence = panel.wait_for_sentence("After 2 epochs: SGD with B = 1,024")
    panel.wait_for_status("Finished")
    for _ in range(20):  # the picture is kept as soon as the panel has stood still for a moment
        lesson.page.wait_for_timeout(500)
        lesson.command("docmanager:save")
        outputs = [output for cell in lesson.saved()["cells"] for output in cell.get("outputs", [])]
        kept = [output["data"] for output in outputs if "text/html" in output.get("data", {})]
        static = [data for data in kept if '<figure class="mbl-static"' in "".join(data["text/html"])]
        if sentence in unescape("".join(static[-1]["text/html"])):
            break
    assert len(static) == 2
    html = unescape("".join(static[-1]["text/html"]))
    assert "<img alt=" in html
    assert sentence in html
    assert static[-1]["image/png"]
    assert not lesson.saved()["metadata"].get("widgets")


def test_the_accessibility_tree_says_names_and_values_in_words(panel: PanelOnPage, page: Page) -> None:
    values = {
        "batch size B": "4,096 examples", "epochs": "2 epochs", "learning rate": "η = 0.05", "seed": "seed 0",
        "go back to": "update 6 of 6",
    }  # fmt: skip
    # Chromium's tree shows a native slider's number; the words are those that it hands to a screen reader.
    for name, value in values.items():
        assert panel.slider(name).get_attribute("aria-valuetext") == value
    said = accessibility_tree(page)
    assert {("slider", name) for name in values} <= said
    assert {("button", name) for name in ("Run", "Next update", "Reset", "Keep this run", "Clear kept runs")} <= said
    assert {("combobox", name) for name in ("x axis", "curve", "loss axis", "runs", "sampling")} <= said
    assert {("button", "Projector"), ("progressbar", "share of the run that is made")} <= said
    pictures = [name for role, name in said if role == "image"]
    assert any(re.match("Two plots against epochs.* SGD with B = 4,096, .* After 2 epochs", name) for name in pictures)
    spoken = panel.root.get_by_role("status").filter(has_text="Finished. After 2 epochs")
    assert spoken.get_attribute("aria-live") == "polite"


def accessibility_tree(page: Page) -> set[tuple[str, str]]:
    """Role and name of all that a screen reader finds on the page."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    said = [[node.get(place, {}).get("value", "") for place in ("role", "name")] for node in nodes]
    return {(role, name) for role, name in said}


def test_another_clock_redraws_the_run_that_has_ended(panel: PanelOnPage) -> None:
    before = panel.pixels()
    panel.root.get_by_label("x axis").select_option("updates")
    panel.wait_for_picture("Two plots against updates")
    assert panel.pixels() != before
    assert panel.status == "Finished: epoch 2.0 of 2"


def test_next_update_and_the_way_back(panel: PanelOnPage) -> None:
    panel.reset.click()
    panel.wait_for_status("Paused: epoch 0.0")
    for made in ("1 update", "2 updates"):
        panel.root.get_by_role("button", name="Next update").click()
        panel.wait_for_sentence(f"SGD with B = 4,096 has made {made} .*The gradient of the next batch has length")
    panel.slider("go back to").focus()
    panel.page.keyboard.press("ArrowLeft")
    panel.wait_for_sentence("SGD with B = 4,096 has made 1 update ")
    assert panel.slider("go back to").get_attribute("aria-valuetext") == "update 1 of 2"
    panel.run.click()
    panel.wait_for_status("Finished")


def test_a_kept_run_is_named_beside_the_next_one_and_can_be_cleared(panel: PanelOnPage) -> None:
    clear = panel.root.get_by_role("button", name="Clear kept runs")
    assert clear.is_disabled()
    panel.root.get_by_role("button", name="Keep this run").click()
    panel.drag("batch size B", 1.0)
    panel.wait_for_sentence(r"The kept run \(B = 4,096, η = 0.05, seed 0\) came to a loss of 1\.\d+, lower than now")
    clear.click()
    panel.wait_for_picture("Two plots", without="kept")
    assert clear.is_disabled()


def test_a_value_is_read_off_a_curve_by_mouse_and_by_keyboard(panel: PanelOnPage, page: Page) -> None:
    before = panel.pixels()
    panel.picture.hover(position={"x": 250, "y": 200})
    page.wait_for_timeout(200)
    pointed = panel.pixels()
    assert pointed != before
    panel.sentence_line.hover()
    page.wait_for_timeout(200)
    assert panel.pixels() == before

    panel.picture.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    reading = panel.root.locator(".mbl-reading")
    assert re.fullmatch(r"Training loss, all examples. epochs 0.\d+: .*GD 2.1\d.*", reading.inner_text())
    page.keyboard.press("ArrowDown")
    assert reading.inner_text().startswith("Gradient noise, measured. epochs 0: theory 0.")
    page.keyboard.press("Escape")


def test_the_projector_makes_everything_larger(panel: PanelOnPage, page: Page) -> None:
    heights = []
    for _ in range(3):
        sliders = panel.root.locator(".mbl-controls input[type=range]").all()
        assert min((slider.bounding_box() or {"width": 0})["width"] for slider in sliders) > 70
        box = panel.picture.bounding_box()
        assert box is not None
        heights.append(box["height"])
        panel.root.get_by_role("button", name="Projector").click()
        page.wait_for_timeout(200)
    assert heights[1] > 1.3 * heights[0]
    assert heights[2] == heights[0]
    panel.root.get_by_role("button", name="Projector").click()


def test_a_drag_across_the_whole_range_is_one_run_at_the_end(lesson: Lesson, panel: PanelOnPage, page: Page) -> None:
    panel.drag("epochs", 1.0)
    panel.drag("batch size B", 0.0)
    panel.wait_for_status("Running")
    lesson.run_code("begun = panel._worker.wish.number")
    assert panel.drag("batch size B", 1.0, moves=60) == "12,000 examples = N"
    page.wait_for_timeout(150)
    # Nothing waits any more: the last wish has begun, and it is for the last value.
    assert lesson.run_code("print(panel._worker._begun == panel._worker.wish.number)") == "True\n"
    assert lesson.run_code("print(panel._run.settings.batch_size)") == "12000\n"


ACTIONS = int(os.environ.get("ACTIONS", "60"))
"""A thousand more, quicker ones, are in the tests without a browser; with ACTIONS=1000 as many are made here."""


def test_anything_in_any_order_leaves_the_panel_sound(lesson: Lesson, panel: PanelOnPage, page: Page) -> None:
    rng = np.random.default_rng(1)
    lesson.run_code("import gc, os; resident = lambda: int(open('/proc/self/statm').read().split()[1]) * 4096")
    buttons = ["Next update", "Reset", "Keep this run", "Projector"]
    lists = {"x axis": 4, "curve": 3, "loss axis": 2, "runs": 2, "sampling": 4}
    memory = []
    for action in range(ACTIONS):
        kind = rng.integers(12)
        if kind < 5:
            panel.slider(str(rng.choice(["batch size B", "seed", "learning rate"]))).focus()
            page.keyboard.press(str(rng.choice(["ArrowLeft", "ArrowRight", "PageUp", "PageDown"])))
        elif kind < 7:
            name = str(rng.choice(list(lists)))
            panel.root.get_by_label(name, exact=True).select_option(index=int(rng.integers(lists[name])))
        elif kind < 9:
            panel.run.click()
        elif kind < 11:
            panel.root.get_by_role("button", name=str(rng.choice(buttons))).click()
        else:
            panel.drag("go back to", float(rng.uniform()), moves=3)
        if action % 40 == 20:
            lesson.run_cell(FLAGSHIP)
            panel = lesson.panel(FLAGSHIP)
        if action % 20 == 19:
            memory.append(int(lesson.run_code("gc.collect(); print(resident())")))
    print(f"\nresident memory after each 20 actions: {', '.join(f'{m / 2**20:.0f} MiB' for m in memory)}")
    panel.wait_for_status("Paused|Finished|Running")
    assert lesson.run_code("print(panel.error)") == "None\n"
    shown = {name: panel.slider(name).get_attribute("aria-valuetext") for name in ("batch size B", "seed")}
    values = json.loads(lesson.run_code("import json; print(json.dumps(panel.settings))"))
    assert shown["seed"] == f"seed {values['seed']}"
    assert (shown["batch size B"] or "").startswith(f"{values['batch_size']:,} example")
    threads = "import threading; print([t.name for t in threading.enumerate() if t.name == 'panel'])"
    assert lesson.run_code(threads) == "['panel', 'panel']\n"


def test_another_tab_shows_the_same(lesson: Lesson, panel: PanelOnPage, page: Page) -> None:
    other = lesson.in_another_tab(page.context.new_page())
    there = other.panel(FLAGSHIP)
    assert there.sentence == panel.sentence
    assert there.drag("batch size B", 11 / 14) == "2,048 examples"
    for shown in (there, panel):
        shown.wait_for_sentence("After 2 epochs: SGD with B = 2,048")
        assert shown.slider("batch size B").get_attribute("aria-valuetext") == "2,048 examples"
    other.page.close()
    panel.drag("batch size B", 10 / 14)
    panel.wait_for_sentence("After 2 epochs: SGD with B = 1,024")


def test_a_restarted_kernel_is_not_taken_for_a_run_that_goes_on(lesson: Lesson, panel: PanelOnPage, page: Page) -> None:
    """Prints how long the cell's first picture takes, from a press to the page, with everything compiled before."""
    panel.drag("epochs", 1.0)
    panel.wait_for_status("Running: epoch [1-9]")
    lesson.restart_kernel()
    panel.wait_for_status("Stopped: the kernel is no longer there. Run this cell again.")
    assert panel.run.is_disabled()

    lesson.select_cell(FLAGSHIP)
    lesson.command("notebook:run-all-above")
    lesson.select_cell(FLAGSHIP)
    pressed = time.monotonic()
    page.keyboard.press("Control+Enter")
    panel.wait_for_status("Running|Finished")
    panel.wait_for_picture("Two plots")
    print(f"\ncell run → first picture, in a new kernel: {time.monotonic() - pressed:.1f} s")
    panel.wait_for_status("Finished: epoch 5.0 of 5")
    lesson.wait_until_prepared()


def test_pictures_and_delays(panel: PanelOnPage, page: Page) -> None:
    """Prints how lively the panel is; a figure is a measurement, not a condition."""
    page.evaluate(
        """() => {
            const canvas = document.querySelector('.jp-mod-active .mbl-picture');
            window.shown = [];
            const note = () => window.shown.push([performance.now(), canvas.getAttribute('aria-label')]);
            new MutationObserver(note).observe(canvas, { attributeFilter: ['aria-label'] });
            document.addEventListener('input', () => { window.moved = performance.now(); }, true);
        }"""
    )
    panel.drag("epochs", 1.0)
    rates, gaps = [], []
    for place in (3, 5, 8):
        panel.drag("batch size B", place / 14)
        page.wait_for_timeout(1000)
        page.evaluate("() => { window.shown = []; }")
        page.wait_for_timeout(3000)
        times = np.array(page.evaluate("() => window.shown.map(([at]) => at)"))
        assert len(times) > 1
        gaps.append(f"{np.diff(times).max():.0f}")
        rates.append(f"B = {2**place}: {1000 * (len(times) - 1) / (times[-1] - times[0]):.0f}")
    print(f"\npictures per second while training: {', '.join(rates)}; longest gaps: {', '.join(gaps)} ms")

    delays = []
    places = np.random.default_rng(0).permutation([*range(2, 12)] * 3)
    for place in places:
        page.evaluate("() => { window.shown = []; }")
        words = panel.drag("batch size B", place / 14, moves=3)
        new_run = re.compile(rf"SGD with B = {words.split()[0]}, ")
        page.wait_for_function(f"words => ({FIRST_PICTURE})(words) !== undefined", arg=new_run.pattern)
        at = page.evaluate(FIRST_PICTURE, new_run.pattern)[0]
        delays.append(at - page.evaluate("() => window.moved"))
    p50, p95 = np.percentile(delays, [50, 95])
    print(f"slider moved → first new picture, {len(delays)} tries: p50 {p50:.0f} ms, p95 {p95:.0f} ms")
