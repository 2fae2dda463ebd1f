"""A browser, and an empty page in it for each module of tests."""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path

import chromium
import pytest
from anywidget import AnyWidget
from playwright.sync_api import Browser, Page
from widget import HOST, Widget

Show = Callable[..., Widget]

opened: list[Browser] = []
"""The browser, once a test has asked for it."""
ends = ExitStack()
"""What closes it."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Generator[None]:
    """The browser ends before tests of other folders: Playwright keeps a loop that those do not expect."""
    yield
    if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
        opened.clear()
        ends.close()


@pytest.fixture(scope="module")
def browser() -> Browser:
    path = chromium.find_browser()
    if path is None:
        missing = "no Chromium or Chrome was found; what the page does was not tried"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    if not opened:  # whatever is drawn is drawn at once
        opened.append(ends.enter_context(chromium.started(path, "--disable-frame-rate-limit")))
    return opened[0]


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
