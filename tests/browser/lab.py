"""A real JupyterLab in a real browser, and a lesson in it, as a learner uses them."""

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from playwright.sync_api import Locator, Page

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@contextmanager
def jupyter_lab(folder: Path) -> Iterator[str]:
    """A JupyterLab server over a copy of the lessons, with a home of its own. Gives its address, token included."""
    shutil.copytree(ROOT / "notebooks", folder / "notebooks", ignore=shutil.ignore_patterns(".*"))
    token, port = secrets.token_hex(8), free_port()
    home = {"HOME": str(folder), "JUPYTER_CONFIG_DIR": str(folder / "config"), "JUPYTER_DATA_DIR": str(folder / "data")}
    with open(folder / "server.log", "w") as log:
        server = subprocess.Popen(
            [
                sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}",
                f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}", "--expose-app-in-browser",
                "--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            ],
            env={**os.environ, **home, "PYTHONPATH": str(ROOT)}, stdout=log, stderr=log,
        )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for_server(f"{address}/api/status?token={token}", server)
        yield f"{address}/lab/tree/notebooks/{{}}?token={token}&reset"
    finally:
        server.terminate()
        server.wait(20)


def _wait_for_server(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urlopen(address):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("JupyterLab did not start")


class Lesson:
    """One notebook, open in the browser with its kernel ready."""

    def __init__(self, page: Page, address: str, notebook: str) -> None:
        self.page = page
        page.goto(address.format(notebook))
        page.wait_for_selector(".jp-NotebookPanel", timeout=60_000)
        self.wait_for_kernel()

    def wait_for_kernel(self) -> None:
        """Wait until the kernel has answered; cells run before that are dropped without a word."""
        self.page.evaluate(
            """async () => {
                const panel = () => window.jupyterapp.shell.currentWidget;
                while (!panel()?.context) await new Promise(done => setTimeout(done, 100));
                await panel().context.ready;
                const session = panel().sessionContext;
                await session.ready;
                while (!session.session?.kernel) await new Promise(done => setTimeout(done, 100));
                await session.session.kernel.info;
            }"""
        )

    def command(self, name: str, wait: bool = True) -> None:
        """Run one of JupyterLab's commands, and wait until it is done."""
        self.page.evaluate("([name, wait]) => { const done = window.jupyterapp.commands.execute(name); return wait ? done.then(() => null) : null; }", [name, wait])

    def run_all(self, wait: bool = True) -> None:
        self.command("notebook:run-all-cells", wait)

    def run_code(self, source: str) -> str:
        """Run code in the lesson's kernel, outside its cells, and return what it prints."""
        return self.page.evaluate(
            """async (code) => {
                const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
                const future = kernel.requestExecute({ code, store_history: false });
                let text = '';
                future.onIOPub = (message) => {
                    if (message.header.msg_type === 'stream') text += message.content.text;
                    if (message.header.msg_type === 'error') text += message.content.traceback.join('\\n');
                };
                await future.done;
                return text;
            }""",
            source,
        )

    def cell_outputs(self) -> str:
        return "\n".join(self.page.locator(".jp-OutputArea-output").all_inner_texts())

    def panel(self, number: int = 0) -> "PanelOnPage":
        return PanelOnPage(self.page, self.page.locator(".mbl-frame").nth(number))


class PanelOnPage:
    """One panel, seen and moved with the mouse and the keyboard."""

    def __init__(self, page: Page, root: Locator) -> None:
        self.page = page
        self.root = root
        self.picture = root.locator("img.mbl-picture")
        self.run = root.locator("button.mbl-run")
        self.reset = root.get_by_role("button", name="Reset")

    def slider(self, label: str) -> Locator:
        return self.root.get_by_role("slider", name=label)

    def drag(self, label: str, fraction: float, *, moves: int = 10) -> str:
        """Drag a slider's thumb with the mouse to a place along its track. Returns the value's words."""
        slider = self.slider(label)
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        assert box is not None
        high, at = (int(slider.get_attribute("max") or 0), int(slider.input_value()))
        thumb = 8
        def x_of(share: float) -> float:
            return box["x"] + thumb + share * (box["width"] - 2 * thumb)

        y = box["y"] + box["height"] / 2
        self.page.mouse.move(x_of(at / high), y)
        self.page.mouse.down()
        self.page.mouse.move(x_of(fraction), y, steps=moves)
        self.page.mouse.up()
        return slider.get_attribute("aria-valuetext") or ""

    @property
    def status(self) -> str:
        return self.root.locator(".mbl-status").inner_text()

    @property
    def sentence(self) -> str:
        return self.root.locator(".mbl-sentence").inner_text()

    def wait_for_status(self, pattern: str, timeout: float = 60) -> str:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if re.search(pattern, self.status):
                return self.status
            time.sleep(0.05)
        raise AssertionError(f"status stayed {self.status!r}, expected {pattern!r}")
