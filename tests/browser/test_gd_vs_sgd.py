"""The flagship panel, used as a learner uses it."""

import json
import re
from html import unescape

import numpy as np
import pytest
from lab import Lesson, PanelOnPage
from playwright.sync_api import Page

FIRST_PICTURE = "words => window.shown.find(([at, alt]) => at > window.moved && new RegExp(words).test(alt))"
FLAGSHIP = "panel = GdVsSgd("
NAME_OF_FOCUS = """() => {
    const element = document.activeElement;
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
    """The panel as it is after its cell has been run, the first race at its end."""
    lesson.run_cell(FLAGSHIP)
    panel = lesson.panel(FLAGSHIP)
    panel.wait_for_status("Finished: epoch 5.0 of 5")
    return panel


def test_a_drag_ends_with_the_picture_and_the_sentence_for_the_value_dragged_to(
    lesson: Lesson, panel: PanelOnPage
) -> None:
    assert panel.drag("batch size B", 9 / 14) == "512 examples"
    panel.wait_for_sentence("After 5 epochs: SGD with B = 512 has made 120 updates")
    panel.wait_for_status("Finished")

    assert panel.sentence in (panel.picture.get_attribute("aria-label") or "")
    assert json.loads(lesson.run_code("import json; print(json.dumps(panel.settings))"))["batch_size"] == 512

    assert lesson.run_code(IS_THE_PICTURE_OF_SUCH_A_PANEL) == "True\n"
    assert lesson.run_code("print(panel.words)").strip() == panel.sentence


def test_the_arrow_keys_move_a_slider_and_nothing_else(lesson: Lesson, panel: PanelOnPage, page: Page) -> None:
    cells = page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length")
    slider = panel.slider("batch size B")
    assert slider.get_attribute("aria-valuetext") == "64 examples"
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "2,048 examples"
    for key in ("a", "b", "x", "d", "d", "Enter"):
        page.keyboard.press(key)
    assert page.evaluate("() => window.jupyterapp.shell.currentWidget.content.widgets.length") == cells
    panel.wait_for_sentence("SGD with B = 2,048 has made 30 updates")


def test_every_control_is_reached_by_tab(panel: PanelOnPage, page: Page) -> None:
    panel.run.focus()
    names = []
    for _ in range(7):
        names.append(page.evaluate(NAME_OF_FOCUS))
        page.keyboard.press("Tab")
    assert names == ["Run", "Reset", "batch size B", "epochs", "learning rate", "seed", "sampling"]


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
    panel.wait_for_sentence("After 5 epochs: SGD with B = 12,000")


def test_a_saved_notebook_without_its_kernel_still_shows_the_last_picture(lesson: Lesson, panel: PanelOnPage) -> None:
    panel.drag("batch size B", 10 / 14)
    sentence = panel.wait_for_sentence("After 5 epochs: SGD with B = 1,024")
    lesson.command("docmanager:save")

    outputs = [output for cell in lesson.saved()["cells"] for output in cell.get("outputs", [])]
    static = [o["data"] for o in outputs if "mbl-static" in "".join(o.get("data", {}).get("text/html", ""))]
    assert len(static) == 2
    html = unescape("".join(static[-1]["text/html"]))
    assert "<img alt=" in html
    assert sentence in html
    assert static[-1]["image/png"]
    assert not lesson.saved()["metadata"].get("widgets")


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
    rates = []
    for place in (3, 5, 8):
        panel.drag("batch size B", place / 14)
        page.wait_for_timeout(1000)
        page.evaluate("() => { window.shown = []; }")
        page.wait_for_timeout(3000)
        times = np.array(page.evaluate("() => window.shown.map(([at]) => at)"))
        assert len(times) > 1
        rates.append(f"B = {2**place}: {1000 * (len(times) - 1) / (times[-1] - times[0]):.0f}")
    print(f"\npictures per second while training: {', '.join(rates)}")

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
