"""How lively is a panel in JupyterLab, and does its kernel grow while it is used?

    python -m benchmarks.live [--actions 1000]

Lesson 04 is opened in Chromium or Chrome, with all its data, and its panel is used with mouse and keyboard. Measured:
from running the cell to the first picture, which shows the start, and to the first one of training, in a new kernel for
which everything has been compiled before; pictures per second while training; from moving a slider to the first picture
of the new run; and the kernel's memory while so many actions are done by chance.
Needs the packages of the browser tests.
"""

import argparse
import re
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import Page

from benchmarks import machine

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "browser"))

import chromium
from lab import FLAGSHIP, Lesson, PanelOnPage, jupyter_lab

BATCH_SIZES = (8, 32, 256)
SECONDS = 3.0
"""So long pictures are counted, for each batch size."""

TRIES = 30
ACTIONS_PER_CELL = 40
"""After so many actions the cell is run again, as a learner does."""

WATCH = """() => {
    window.shown = [];
    const look = changes => {
        const pictures = changes.map(({ target }) => target).filter(target => target.matches('canvas.mbl-picture'));
        for (const picture of pictures) window.shown.push([performance.now(), picture.getAttribute('aria-label')]);
    };
    new MutationObserver(look).observe(document.body, { subtree: true, attributeFilter: ['aria-label'] });
    for (const kind of ['input', 'keydown']) {
        document.addEventListener(kind, () => { window.acted = performance.now(); }, true);
    }
}"""
FIRST_PICTURE = "words => window.shown.find(([at, alt]) => at > window.acted && new RegExp(words).test(alt))"
FORGET = "() => { window.shown = []; }"


def milliseconds_to_picture(page: Page, words: str) -> float:
    """From the last action to the first picture whose description holds `words`."""
    page.wait_for_function(f"words => ({FIRST_PICTURE})(words) !== undefined", arg=words)
    return page.evaluate(FIRST_PICTURE, words)[0] - page.evaluate("() => window.acted")


def first_picture(lesson: Lesson) -> PanelOnPage:
    """Print how long the cell's first picture takes, with the programs that an earlier kernel has left."""
    lesson.wait_until_prepared()
    lesson.restart_kernel()
    lesson.run_all(above=FLAGSHIP)
    lesson.run_code("coverage.wait()")
    lesson.select_cell(FLAGSHIP)
    lesson.page.evaluate(FORGET)
    lesson.page.keyboard.press("Control+Enter")
    start, training = (milliseconds_to_picture(lesson.page, words) for words in ("^(Above, l|L)eft: ", "after [1-9]"))
    print(f"cell run in a new kernel → first picture: {start / 1000:.1f} s; of training: {training / 1000:.1f} s")
    lesson.wait_until_prepared()
    return lesson.panel(FLAGSHIP)


def pictures_per_second(lesson: Lesson, panel: PanelOnPage) -> None:
    """Print how many pictures come while SGD trains, and the longest time without one."""
    for batch_size in BATCH_SIZES:
        lesson.run_code(f"panel.set(batch_size={batch_size}, epochs=30); panel.reset(); panel.run()")
        panel.wait_for_picture(f"SGD, B = {batch_size}, .* after [1-9]")
        lesson.page.evaluate(FORGET)
        time.sleep(SECONDS)
        times = np.array(lesson.page.evaluate("() => window.shown.map(([at]) => at)"))
        rate = 1000 * (len(times) - 1) / (times[-1] - times[0])
        print(f"while training with B = {batch_size}: {rate:.0f} pictures/s, longest gap {np.diff(times).max():.0f} ms")


def delays(panel: PanelOnPage) -> None:
    """Print how long the first picture of a new run takes after a slider was moved."""
    waited = []
    for place in np.random.default_rng(0).permutation([*range(2, 12)] * (TRIES // 10)):
        panel.page.evaluate(FORGET)
        words = panel.drag("batch size B", place / 14, moves=3)
        waited.append(milliseconds_to_picture(panel.page, rf"SGD, B = {re.escape(words.split()[0])}, "))
    p50, p95 = np.percentile(waited, [50, 95])
    print(f"slider moved → first new picture, {len(waited)} tries: p50 {p50:.0f} ms, p95 {p95:.0f} ms")


def memory(lesson: Lesson, panel: PanelOnPage, num_actions: int) -> None:
    """Print what the kernel holds while things are done by chance, in about ten steps."""
    rng = np.random.default_rng(1)
    lesson.run_code("import gc, psutil")
    num_trained = 0
    for action in range(num_actions + 1):
        if action % max(1, num_actions // 10) == 0:
            resident = lesson.value_of("(gc.collect(), psutil.Process().memory_info().rss)[1]")
            print(f"resident memory after {action:5,} actions: {resident / 2**20:,.1f} MiB")
        if action % ACTIONS_PER_CELL == ACTIONS_PER_CELL - 1:
            lesson.run_cell(FLAGSHIP)
            panel = lesson.panel(FLAGSHIP)
        panel.do_anything(rng)
        num_trained += not panel.status.startswith("Paused")
    print(f"after {num_trained:,} of them the panel was not paused")


def main() -> None:
    """Print all measurements, and the machine."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--actions", type=int, default=1000, help="for the kernel's memory; 1000 by default")
    num_actions = parser.parse_args().actions
    path = chromium.find_browser()
    if path is None:
        sys.exit("no Chromium or Chrome was found")
    with (
        tempfile.TemporaryDirectory() as folder,
        chromium.started(path) as browser,
        jupyter_lab(Path(folder)) as lab,
        chromium.new_page(browser) as page,
    ):
        version = browser.version
        lesson = Lesson(page, lab, "04_batches_and_epochs.ipynb")
        lesson.run_all()
        page.evaluate(WATCH)
        panel = first_picture(lesson)
        pictures_per_second(lesson, panel)
        delays(panel)
        memory(lesson, panel, num_actions)
    # Last, because JAX would take a GPU's memory from the kernel.
    print(f"\n{machine.describe(('jax', 'jupyterlab', 'ipykernel', 'anywidget'))}, Chromium {version}")


if __name__ == "__main__":
    main()
