"""Chromium, moved by Playwright: where it is, and how it is waited for."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

PATIENCE = 120
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
)  # fmt: skip


def find_browser() -> str | None:
    found = [path for name in NAMES if (path := shutil.which(name))] + [path for path in PLACES if Path(path).exists()]
    return found[0] if found else None


@contextmanager
def started(path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=QUIET)


@contextmanager
def new_page(browser: Browser) -> Iterator[Page]:
    """A page as large as a small laptop's screen, which shares nothing with other pages."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(1000 * PATIENCE)
    yield context.new_page()
    context.close()


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
