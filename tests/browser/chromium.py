"""Chromium, moved by Playwright: where it is, and how it is waited for."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

PATIENCE = 300
"""Seconds that are waited for anything at all. What is right comes sooner, also on a slow machine that has other work
to do: neither its speed nor its load decides whether a test passes."""
expect.set_options(timeout=1000 * PATIENCE)

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Google/Chrome/Application/chrome.exe",
)
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
    "--process-per-site",  # a second JupyterLab finds its programs compiled: 1.9 s of processor time, and not 2.6
)  # fmt: skip


def find_browser() -> str | None:
    found = [path for name in NAMES if (path := shutil.which(name))] + [path for path in PLACES if Path(path).exists()]
    return found[0] if found else None


@contextmanager
def started(path: str, *options: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=[*QUIET, *options])


@contextmanager
def new_context(browser: Browser) -> Iterator[BrowserContext]:
    """Pages as large as a small laptop's screen, which share nothing with those of other contexts."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(1000 * PATIENCE)
    yield context
    context.close()


@contextmanager
def new_page(browser: Browser) -> Iterator[Page]:
    """A page that shares nothing with other pages."""
    with new_context(browser) as context:
        yield context.new_page()


def wait_until(holds: Callable[[], object], what: str) -> None:
    """Wait for what `expect` cannot look at: a state of the kernel, a file, pixels."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"not within {PATIENCE} seconds: {what}"
        time.sleep(0.05)


def evaluate(page: Page, function: str, argument: object = None) -> Any:
    """What a function of JavaScript returns in the page, also if it is a promise.

    `page.evaluate` would wait for ever; what is waited for as a condition, Playwright gives up in time.
    """
    condition = f"async argument => [await ({function})(argument)]"
    return page.wait_for_function(condition, arg=argument, timeout=1000 * PATIENCE).json_value()[0]


AT_REST = """async node => {
    const frame = () => new Promise(requestAnimationFrame);
    const box = () => {
        const { left, top, width, height } = node.getBoundingClientRect();
        return { left, top, width, height };
    };
    for (;;) {
        node.scrollIntoViewIfNeeded();
        const first = box();
        for (let frames = 0; frames < 3; frames++) await frame();
        const last = box();
        const above = document.elementFromPoint(last.left + last.width / 2, last.top + last.height / 2);
        if (node === above && JSON.stringify(first) === JSON.stringify(last)) return last;
    }
}"""


def box_at_rest(locator: Locator) -> dict[str, float]:
    """Where on the screen an element lies, once it is in view with nothing over it and does not move any more.

    What lies above it in a notebook may still grow: pictures are loaded, and cells are laid out when they come near.
    """
    return dict(evaluate(locator.page, AT_REST, locator.element_handle()))


def choose(radio: Locator) -> None:
    """Choose one of several by the keyboard, and see that it is so.

    A click would land elsewhere where the page moves at that moment; and JupyterLab may take the focus for a cell.
    """

    def is_chosen() -> bool:
        radio.press("Space")
        return radio.is_checked()

    wait_until(is_chosen, f"{radio} is chosen")
