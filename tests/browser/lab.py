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
from typing import Any, NamedTuple
from urllib.request import urlopen

from playwright.sync_api import Locator, Page, expect

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import start  # noqa: E402  (it lies beside the packages, not in one)

FLAGSHIP = "panel = GdVsSgd("
"""What the cell of lesson 04 holds that shows the panel."""


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


class Lab(NamedTuple):
    """A running JupyterLab server."""

    address: str
    token: str
    folder: Path


@contextmanager
def jupyter_lab(folder: Path) -> Iterator[Lab]:
    """A JupyterLab server over a copy of the lessons, with a home of its own."""
    shutil.copytree(ROOT / "notebooks", folder / "notebooks", ignore=shutil.ignore_patterns(".*"))
    token, port = secrets.token_hex(8), free_port()
    home = {
        "HOME": str(folder),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
    }
    with (folder / "server.log").open("w", encoding="utf-8") as log:
        server = subprocess.Popen(
            [
                sys.executable, *(option.replace(str(start.HERE), str(folder)) for option in start.JUPYTERLAB),
                "--no-browser", "--allow-root", f"--port={port}", f"--IdentityProvider.token={token}",
                "--expose-app-in-browser",
            ],
            env={**os.environ, **start.jupyter_environment(), **home, "PYTHONPATH": str(ROOT)}, stdout=log, stderr=log,
        )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for_server(f"{address}/api/status?token={token}", server)
        yield Lab(address, token, folder)
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

    def __init__(self, page: Page, lab: "Lab", notebook: str) -> None:
        self.page = page
        self.file = lab.folder / "notebooks" / notebook
        self.lab = lab
        page.goto(f"{lab.address}/lab/tree/notebooks/{notebook}?token={lab.token}&reset")
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

    def in_another_tab(self, page: Page) -> "Lesson":
        """The same notebook with the same kernel, opened from the disk in another tab."""
        self.command("docmanager:save")
        return Lesson(page, self.lab, self.file.name)

    def restart_kernel(self) -> None:
        """Start the kernel anew, without a question."""
        self.page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart().then(() => null)"
        )
        self.wait_for_kernel()

    def command(self, name: str) -> None:
        """Run one of JupyterLab's commands, and wait until it is done."""
        self.page.evaluate("name => window.jupyterapp.commands.execute(name).then(() => null)", name)

    def run_all(self) -> None:
        """Run all cells, and see that none of them fails."""
        self.command("notebook:run-all-cells")
        errors = self.page.evaluate(
            """() => window.jupyterapp.shell.currentWidget.content.widgets
                .filter(cell => cell.model.type === 'code')
                .flatMap(cell => cell.model.outputs.toJSON())
                .filter(output => output.output_type === 'error')
                .map(output => `${output.ename}: ${output.evalue}`)"""
        )
        assert errors == []

    def wait_until_prepared(self) -> None:
        """Wait until the panels have compiled all that they will need."""
        code = "import threading; [t.join() for t in threading.enumerate() if t.name == 'prepare']; print('done')"
        assert self.run_code(code) == "done\n"

    def select_cell(self, text: str) -> None:
        """Make the code cell that contains `text` the active one, and bring it into view."""
        # Cells far from view are not in the page at all.
        self.page.evaluate(
            """async text => {
                const notebook = window.jupyterapp.shell.currentWidget.content;
                const holds = cell => cell.model.type === 'code' && cell.model.sharedModel.source.includes(text);
                notebook.activeCellIndex = notebook.widgets.findIndex(holds);
                notebook.deselectAll();
                await notebook.scrollToItem(notebook.activeCellIndex, 'start');
            }""",
            text,
        )

    def run_cell(self, text: str) -> None:
        """Run the code cell that contains `text`."""
        self.select_cell(text)
        self.command("notebook:run-cell")

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

    def saved(self) -> dict[str, Any]:
        """The notebook as it lies on the disk."""
        return json.loads(self.file.read_text(encoding="utf-8"))

    def panel(self, code: str) -> "PanelOnPage":
        """The panel that the cell containing `code` shows, brought into view."""
        self.select_cell(code)
        panel = PanelOnPage(self.page, self.page.locator(".jp-CodeCell", has_text=code).locator(".mbl-frame"))
        for _ in range(40):  # while cells above it are still being laid out, they push it out of the page again
            if panel.root.count():
                break
            self.page.wait_for_timeout(250)
            self.select_cell(code)
        panel.root.scroll_into_view_if_needed()
        return panel


class PanelOnPage:
    """One panel, seen and moved with the mouse and the keyboard."""

    def __init__(self, page: Page, root: Locator) -> None:
        self.page = page
        self.root = root
        self.picture = root.locator("canvas.mbl-picture")
        self.sentence_line = root.locator(".mbl-sentence")
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
        at = int(slider.input_value()) / max(1, int(slider.get_attribute("max") or 1))
        half_thumb = 8
        left, width = box["x"] + half_thumb, box["width"] - 2 * half_thumb
        y = box["y"] + box["height"] / 2
        self.page.mouse.move(left + at * width, y)
        self.page.mouse.down()
        self.page.mouse.move(left + fraction * width, y, steps=moves)
        self.page.mouse.up()
        return slider.get_attribute("aria-valuetext") or ""

    def pixels(self) -> str:
        """The picture that is shown, as text: the same for the same pixels."""
        return str(self.picture.evaluate("canvas => canvas.toDataURL()"))

    @property
    def status(self) -> str:
        return self.root.locator(".mbl-status").inner_text()

    @property
    def sentence(self) -> str:
        return self.sentence_line.inner_text()

    def wait_for_picture(self, pattern: str, *, without: str = "^$") -> str:
        """Wait for a picture whose description holds one pattern and not the other."""
        expect(self.picture).to_have_attribute("aria-label", re.compile(pattern), timeout=60_000)
        expect(self.picture).not_to_have_attribute("aria-label", re.compile(without), timeout=60_000)
        return self.picture.get_attribute("aria-label") or ""

    def wait_for_status(self, pattern: str) -> str:
        return self._wait_for(".mbl-status", pattern)

    def wait_for_sentence(self, pattern: str) -> str:
        return self._wait_for(".mbl-sentence", pattern)

    def _wait_for(self, selector: str, pattern: str) -> str:
        expect(self.root.locator(selector)).to_have_text(re.compile(pattern), timeout=60_000)
        return self.root.locator(selector).inner_text()
