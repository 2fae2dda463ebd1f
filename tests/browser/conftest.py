"""One JupyterLab server and one browser for all browser tests."""

import os
from collections.abc import Iterator

import chromium
import pytest
from lab import Lab, Lesson, jupyter_lab
from playwright.sync_api import Browser, Page


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
def lab(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Lab]:
    with jupyter_lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(scope="session")
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def lesson(page: Page, lab: Lab) -> Lesson:
    """Lesson 04 with all its cells run and everything compiled."""
    lesson = Lesson(page, lab, "04_batches_and_epochs.ipynb")
    lesson.run_all()
    lesson.wait_until_prepared()
    return lesson
