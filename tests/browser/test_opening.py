"""What a learner sees after `python3 start.py`: the first lesson, and nothing over it, then and later."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from chromium import PATIENCE, evaluate, new_page, wait_until
from lab import KERNEL_HAS_ANSWERED, ROOT, answers, in_notebook
from playwright.sync_api import Browser, Page, Request, expect

LESSON = "00_start_here.ipynb"
TABS = ".lm-DockPanel-tabBar .lm-TabBar-tab"
ALL_PARTS_HAVE_STARTED = """() => {
    const { restored, allPluginsActivated } = window.jupyterapp;
    return restored.then(() => allPluginsActivated.then(() => null));
}"""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The address that the script's JupyterLab gives, in a home of its own."""
    home = {"HOME": str(tmp_path), "JUPYTER_RUNTIME_DIR": str(tmp_path), "JUPYTER_CONFIG_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "scripts/my_lessons.py"], cwd=ROOT, check=True)
    code = "import sys, start; start.open_lessons(sys.executable, sys.argv[1:])"
    options = ("--no-browser", "--expose-app-in-browser")
    server = subprocess.Popen([sys.executable, "-c", code, *options], cwd=ROOT, env={**os.environ, **home})
    info = tmp_path / f"jpserver-{server.pid}.json"

    def has_started() -> bool:
        assert server.poll() is None
        return info.exists() and bool(info.read_text(encoding="utf-8"))

    try:
        wait_until(has_started, "the server has written where it is")
        found = json.loads(info.read_text(encoding="utf-8"))
        address = f"{found['url']}?token={found['token']}"
        wait_until(lambda: answers(address, server), "the server listens, which it does a moment later")
        yield address
    finally:
        server.terminate()
        server.wait(PATIENCE)


@contextmanager
def seen(browser: Browser, address: str) -> Iterator[Page]:
    """What is seen when all has started.

    A question or a piece of news comes when a part of JupyterLab has started, or has got an answer to what it then
    asked the server. So all parts and the kernel are waited for, and then until the page waits for no answer.
    """
    with new_page(browser) as page:
        asked: set[Request] = set()
        page.on("request", lambda request: asked.add(request))  # noqa: PLW0108  Playwright takes no built-in function
        page.on("requestfinished", lambda request: asked.discard(request))  # noqa: PLW0108
        page.on("requestfailed", lambda request: asked.discard(request))  # noqa: PLW0108
        page.goto(address)
        page.wait_for_selector(".jp-Notebook")
        evaluate(page, ALL_PARTS_HAVE_STARTED)
        in_notebook(page, f"my-lessons/{LESSON}", KERNEL_HAS_ANSWERED)
        wait_until(lambda: page.title() and not asked, "the page waits for no answer")
        yield page


def test_the_first_lesson_lies_open_with_nothing_over_it(browser: Browser, address: str, tmp_path: Path) -> None:
    with seen(browser, address) as page:
        expect(page.locator(f"{TABS}.lm-mod-current")).to_have_text([LESSON])
        expect(page.locator(".jp-Dialog, .Toastify__toast")).to_have_count(0)
        expect(page.locator("#jp-left-stack")).to_be_hidden()  # the file browser is closed: the lesson has the width
        expect(page.get_by_role("tab", name="File Browser")).to_be_visible()

        evaluate(
            page, "() => window.jupyterapp.commands.execute('docmanager:open', {path: 'LICENSE'}).then(() => null)"
        )
        workspaces = tmp_path / "lab" / "workspaces"
        wait_until(
            lambda: any("LICENSE" in file.read_text(encoding="utf-8") for file in workspaces.iterdir()),
            "the workspace is saved",
        )

    with seen(browser, address) as page:
        expect(page.locator(TABS)).to_have_text([LESSON, "LICENSE"])
        expect(page.locator(f"{TABS}.lm-mod-current")).to_have_text([LESSON])
