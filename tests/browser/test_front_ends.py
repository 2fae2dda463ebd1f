"""A panel in other programs that show notebooks: alive, and moved by the keyboard."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from chromium import PATIENCE, evaluate, wait_until
from lab import KERNEL_HAS_ANSWERED, ROOT, free_port, start, write_notebook
from playwright.sync_api import Locator, Page, expect

PANEL = """import lesson_lib as ll

panel = ll.LossSurface(ll.make_line_fit(), edge_share=0.3).show()"""


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    """A notebook with a light panel and a heading under it, to which Notebook 7 would take the arrow keys."""
    path = tmp_path / "lesson.ipynb"
    write_notebook(path, PANEL, words="# Next")
    return path


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

    def has_started() -> bool:
        assert server.poll() is None, (folder / "server.log").read_text(encoding="utf-8")
        return answers(port)

    try:
        wait_until(has_started, f"{command[0]} answers")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(PATIENCE)


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
    options = ("--allow-root", "--IdentityProvider.token=", "--ServerApp.password=", "--expose-app-in-browser")
    with serving(lesson.parent, "notebook", *options) as address:
        page.goto(f"{address}/notebooks/{lesson.name}")
        page.wait_for_selector(".jp-NotebookPanel")
        evaluate(page, KERNEL_HAS_ANSWERED)
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
