"""One JupyterLab server and one browser for all browser tests."""

import os
from collections.abc import Iterator

import chromium
import pytest
from lab import Lab, jupyter_lab
from playwright.sync_api import Browser, BrowserContext, Page


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium.find_browser()
    if path is None:
        missing = "no Chromium or Chrome was found; the lessons were not tried in a browser"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with chromium.started(path) as browser:
        yield browser


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with jupyter_lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """All pages are of one: JupyterLab's programs are read and compiled once."""
    with chromium.new_context(browser) as context:
        yield context


@pytest.fixture(scope="module")
def shared_page(context: BrowserContext) -> Iterator[Page]:
    """One page for the tests of a module."""
    with context.new_page() as page:
        yield page


@pytest.fixture(scope="module")
def second_page(context: BrowserContext) -> Iterator[Page]:
    """One page more, for notebooks that a single test opens: JupyterLab is loaded once for a module's."""
    with context.new_page() as page:
        yield page


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page of a test's own."""
    with context.new_page() as page:
        yield page
