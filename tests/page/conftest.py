"""A browser, and an empty page in it for each module of tests."""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import chromium
import pytest
from anywidget import AnyWidget
from playwright.sync_api import Browser, Page
from widget import HOST, Widget

Show = Callable[..., Widget]

ends = ExitStack()
"""Of the browser that is open."""


@cache
def started(path: str) -> Browser:
    """The one browser for all tests of this folder. Whatever is drawn is drawn at once."""
    return ends.enter_context(chromium.started(path, "--disable-frame-rate-limit"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Generator[None]:
    """The browser ends before tests of other folders: Playwright keeps a loop that those do not expect."""
    try:
        yield
    finally:
        if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
            started.cache_clear()
            ends.close()


@pytest.fixture(scope="module")
def browser() -> Browser:
    path = chromium.find_browser()
    if path is None:
        missing = "no Chromium or Chrome was found; what the page does was not tried"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return started(path)


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Page]:
    with browser.new_page(viewport={"width": 1280, "height": 900}) as page:
        page.set_default_timeout(1000 * chromium.PATIENCE)
        page.add_script_tag(content=HOST)
        yield page


@pytest.fixture
def show(tab: Page) -> Iterator[Show]:
    """Shows a widget; an error on the page is one of the test."""
    errors: list[object] = []

    def note(error: object) -> None:
        errors.append(error)

    tab.on("pageerror", note)

    def show(frame: AnyWidget, views: int = 1) -> Widget:
        return Widget(tab, frame, views)

    yield show
    tab.remove_listener("pageerror", note)
    assert errors == []
