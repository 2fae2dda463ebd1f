"""A panel in other programs that show notebooks: alive, and moved by the keyboard."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from lab import ROOT, free_port, start
from playwright.sync_api import Browser, Locator, Page, expect

PANEL = """from lesson_lib.experiment import make_line_fit
from lesson_lib.panels import LossSurface

panel = LossSurface(make_line_fit(), edge_share=0.3).show()"""


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    """A notebook with a light panel and a heading under it, to which Notebook 7 would take the arrow keys."""
    path = tmp_path / "lesson.ipynb"
    cells = [nbformat.v4.new_code_cell(PANEL), nbformat.v4.new_markdown_cell("# Next")]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.set_default_timeout(120_000)
    yield page
    page.close()


def answers(port: int) -> bool:
    """Does something listen there?"""
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def serving(folder: Path, *command: str) -> Iterator[str]:
    """The address at which a program serves `folder`, in a home of its own."""
    port = free_port()
    home = {"HOME": str(folder), "PYTHONPATH": str(ROOT)}
    places = {name: str(folder / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    with (folder / "server.log").open("w", encoding="utf-8") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", *command, "--no-browser", f"--port={port}"],
            env={**os.environ, **start.jupyter_environment(), **home, **places}, cwd=folder, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        while not answers(port):
            assert server.poll() is None, (folder / "server.log").read_text(encoding="utf-8")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


def move_by_keys(slider: Locator) -> None:
    """Each key does what it does with any slider."""
    slider.focus()
    last = int(slider.get_attribute("max") or 0)
    moves = {"Home": 0, "ArrowRight": 1, "ArrowUp": 2, "ArrowLeft": 1, "End": last, "ArrowDown": last - 1}
    for key, place in moves.items():
        slider.press(key)
        expect(slider).to_have_value(str(place))
        expect(slider).to_be_focused()


def test_notebook_7_leaves_the_keys_to_a_slider(lesson: Path, page: Page) -> None:
    with serving(
        lesson.parent, "notebook", "--allow-root", "--IdentityProvider.token=", "--ServerApp.password="
    ) as address:
        page.goto(f"{address}/notebooks/{lesson.name}")
        page.get_by_text("Kernel status: Idle").wait_for(state="attached")
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        move_by_keys(page.get_by_role("slider", name="learning rate"))
        expect(page.locator(".mbl-status")).to_contain_text("Finished")


def test_a_panel_is_alive_in_voila(lesson: Path, page: Page) -> None:
    with serving(lesson.parent, "voila", str(lesson)) as address:
        page.goto(address)
        move_by_keys(page.get_by_role("slider", name="learning rate"))
        page.get_by_role("button", name="Reset").click()
        expect(page.locator(".mbl-status")).not_to_contain_text("Finished")
        page.get_by_role("button", name="Run", exact=True).click()
        expect(page.locator(".mbl-status")).to_contain_text("Finished")
