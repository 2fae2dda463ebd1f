"""What a learner sees after `python3 start.py`: the first lesson, and nothing over it, then and later."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[2]
LESSON = "00_start_here.ipynb"
TABS = ".lm-DockPanel-tabBar .lm-TabBar-tab"


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The address that the script's JupyterLab gives, in a home of its own."""
    home = {"HOME": str(tmp_path), "JUPYTER_RUNTIME_DIR": str(tmp_path), "JUPYTER_CONFIG_DIR": str(tmp_path)}
    subprocess.run([sys.executable, "scripts/my_lessons.py"], cwd=ROOT, check=True)
    code = "import sys, start; start.open_lessons(sys.executable, sys.argv[1:])"
    options = ("--no-browser", "--expose-app-in-browser")
    server = subprocess.Popen([sys.executable, "-c", code, *options], cwd=ROOT, env={**os.environ, **home})
    info = tmp_path / f"jpserver-{server.pid}.json"
    try:
        while not (info.exists() and info.read_text(encoding="utf-8")):
            assert server.poll() is None
            time.sleep(0.05)
        found = json.loads(info.read_text(encoding="utf-8"))
        yield f"{found['url']}?token={found['token']}"
    finally:
        server.terminate()
        server.wait(30)


def see(browser: Browser, address: str) -> Page:
    page = browser.new_page()
    page.goto(address)
    page.wait_for_selector(".jp-Notebook", timeout=60_000)
    page.evaluate("window.jupyterapp.restored.then(() => null)")
    page.wait_for_timeout(3_000)  # a question would come after the page has been restored
    return page


def test_the_first_lesson_lies_open_with_nothing_over_it(browser: Browser, address: str) -> None:
    page = see(browser, address)
    assert page.locator(f"{TABS}.lm-mod-current").all_inner_texts() == [LESSON]
    assert page.locator(".jp-Dialog, .Toastify__toast").count() == 0
    assert page.locator("#jp-left-stack").is_hidden()  # the file browser is closed: the lesson has the width
    assert page.get_by_role("tab", name="File Browser").is_visible()

    page.evaluate("window.jupyterapp.commands.execute('docmanager:open', {path: 'LICENSE'}).then(() => null)")
    page.wait_for_timeout(3_000)  # the workspace is saved a second after its last change
    page.close()

    page = see(browser, address)
    assert page.locator(TABS).all_inner_texts() == [LESSON, "LICENSE"]
    assert page.locator(f"{TABS}.lm-mod-current").all_inner_texts() == [LESSON]
    page.close()
