"""A browser with an empty page for each module of tests: Playwright keeps a loop that other tests do not expect."""

import os
from collections.abc import Callable, Iterator

import chromium
import pytest
from anywidget import AnyWidget
from playwright.sync_api import Browser, Page
from widget import HOST, Widget

Show = Callable[..., Widget]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium.find_browser()
    if path is None:
        missing = "no Chromium or Chrome was found; what the page does was not tried"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with chromium.started(path, "--disable-frame-rate-limit") as browser:  # whatever is drawn is drawn at once
        yield browser


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(1000 * chromium.PATIENCE)
    page.add_script_tag(content=HOST)
    return page


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
