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

import nbformat
import numpy as np
from chromium import PATIENCE, box_at_rest, evaluate, wait_until
from playwright.sync_api import Locator, Page, expect

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import start  # noqa: E402  (it lies beside the packages, not in one)

FLAGSHIP = "panel = ll.GdVsSgd("
"""What the cell of lesson 04 holds that shows the panel."""

FLAGSHIP_NOTEBOOK = "flagship.ipynb"
"""The panels of lesson 04 alone."""

PANELS_NOTEBOOK = "panels.ipynb"
"""The cells of all lessons that show a panel, each under a line with its number."""

PANELS = {
    "00_start_here": {"00-09": "panel"},
    "01_how_a_network_learns": {"01-11": "panel"},
    "02_gradient_descent": {"02-11": "panel", "02-19": "images"},
    "03_stochastic_gradient_descent": {"03-07": "panel", "03-landscape": "landscape"},
    "04_batches_and_epochs": {"04-09": "coverage", "04-17": "panel"},
    "05_gradient_noise": {"05-09": "panel", "05-31": "floor_panel"},
    "06_cost_of_an_update": {"06-10": "panel", "06-18": "clocks", "06-22": "equal"},
    "07_better_optimizers": {"07-15": "panel"},
    "08_choosing_a_batch_size": {"08-10": "panel"},
    "09_many_devices": {"09-04": "panel"},
}
"""The cells that show a panel, and what the panel is called there."""

MAIN = ("batch size B", "epochs", "learning rate", "go back to")
"""The sliders of lesson 04's panel that are seen at once."""

FEW_EXAMPLES = """from functools import partial

import lesson_lib as ll
from lesson_lib import model

model.LAYER_SIZES = (784, 16, 10)
ll.load_dataset = partial(ll.load_dataset, num_examples=1_000)
dataset, line = ll.load_dataset(), ll.make_line_fit()"""
"""A twelfth of the data and an eighth of the network, for all cells that come after this one.

The page waits less, and nothing else is seen of it.
"""

FEW_PICTURES = """import lesson_lib as ll
from lesson_lib.panel import session

session.SECONDS_PER_PICTURE = 0.2
for each in (ll.Coverage, ll.GradientCloud, ll.LossSurface):
    each.every_advance_is_drawn = False"""
"""Five in a second at most, for all cells that come after this one: the page draws less, and no run waits for it."""

NOTHING_AHEAD = """import lesson_lib.panel.panel

lesson_lib.panel.panel.SHARES_MACHINE = True"""
"""What no test asks for is not compiled. As in a seat, but runs do not rest while others wait."""

KERNEL_HAS_ANSWERED = """async ({ context, sessionContext: session }) => {
    await context.ready;
    await session.ready;
    while (!session.session?.kernel) await new Promise(done => setTimeout(done, 100));
    await session.session.kernel.info;
}"""
"""Of a notebook; cells that are run before that are dropped without a word."""

CLOSE_ALL = """async () => {
    const open = () => [...window.jupyterapp.shell.widgets('main')].filter(each => each.context);
    for (const each of open()) {
        each.context.model.dirty = false;  // or it would be asked whether to save it
        each.close();
    }
    while (open().length) await new Promise(done => setTimeout(done, 50));
}"""
"""The documents are taken off the page; their kernels go on."""

OPEN = "path => window.jupyterapp.commands.execute('docmanager:open', { path }).then(() => null)"

WIDE = """async () => {
    await window.jupyterapp.restored;
    window.jupyterapp.shell.collapseLeft();
}"""
"""The file browser is closed, as `start.py` has it, once the page has put back what was open before."""


def free_port() -> int:
    """A port that nothing listens on.

    Not one that the system would give: kernels and browsers ask it for many, and may get the same before it is used.
    """
    while True:
        port = 10_000 + secrets.randbelow(20_000)
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) != 0:
                return port


def write_notebook(path: Path, *cells: str, words: str = "") -> None:
    """Write a notebook of these code cells, with a cell of words below them where there are any."""
    below = [nbformat.v4.new_markdown_cell(words)] if words else []
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    content = nbformat.v4.new_notebook(
        cells=[*map(nbformat.v4.new_code_cell, cells), *below], metadata={"kernelspec": kernel}
    )
    nbformat.write(content, path)


def code_cells(lesson: str) -> dict[str, str]:
    """The code cells of a lesson as it is shipped, by their numbers."""
    content = nbformat.read(ROOT / "notebooks" / f"{lesson}.ipynb", as_version=4)
    return {cell.id: cell.source for cell in content.cells if cell.cell_type == "code"}


def mark(cell: str) -> str:
    """The line by which a lesson's cell is found among those of all lessons."""
    return f"# cell {cell}"


class Lab(NamedTuple):
    """A running JupyterLab server."""

    address: str
    token: str
    folder: Path


@contextmanager
def jupyter_lab(folder: Path) -> Iterator[Lab]:
    """A JupyterLab server over a copy of the lessons and two notebooks with panels alone, with a home of its own."""
    notebooks = folder / "notebooks"
    shutil.copytree(ROOT / "notebooks", notebooks, ignore=shutil.ignore_patterns(".*"))
    lesson_04 = [code_cells("04_batches_and_epochs")[cell] for cell in PANELS["04_batches_and_epochs"]]
    write_notebook(notebooks / FLAGSHIP_NOTEBOOK, "\n".join((FEW_EXAMPLES, FEW_PICTURES, NOTHING_AHEAD)), *lesson_04)
    panels = [f"{mark(cell)}\n{code_cells(lesson)[cell]}" for lesson, cells in PANELS.items() for cell in cells]
    # For one run of each panel still fewer: no batch of 512 or 2,048.
    fewest = FEW_EXAMPLES.replace("1_000", "400"), FEW_PICTURES, NOTHING_AHEAD
    cells = (re.sub("batch_size=(512|2048)", "batch_size=128", cell) for cell in panels)
    write_notebook(notebooks / PANELS_NOTEBOOK, "\n".join(fewest), *cells)
    keep_quiet(folder / "config")
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
                "--expose-app-in-browser", "--JupyterNotebookApp.expose_app_in_browser=True",
            ],
            env={**os.environ, **start.jupyter_environment(), **home, "PYTHONPATH": str(ROOT)},
            stdout=log, stderr=log,
        )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: answers(f"{address}/api/status?token={token}", server), "JupyterLab answers")
        yield Lab(address, token, folder)
    finally:
        server.terminate()
        server.wait(PATIENCE)


def keep_quiet(config: Path) -> None:
    """A page saves nothing by itself: which of two tabs would be asked whether to overwrite the other is chance."""
    settings = config / "lab" / "user-settings" / "@jupyterlab" / "docmanager-extension" / "plugin.jupyterlab-settings"
    settings.parent.mkdir(parents=True)
    settings.write_text('{"autosave": false}', encoding="utf-8")


def answers(address: str, server: subprocess.Popen[bytes]) -> bool:
    """Does the server answer there?"""
    assert server.poll() is None, "the server has ended"
    try:
        with urlopen(address, timeout=PATIENCE):
            return True
    except OSError:
        return False


def in_notebook(page: Page, path: str, function: str, argument: object = None) -> Any:
    """What a function of JavaScript makes of an open notebook and an argument, as soon as the notebook is there.

    By its path, and not as the document in front: while a page puts its documents back, another may be there.
    """
    return evaluate(
        page,
        f"""async ([path, argument]) => {{
            const open = () => [...(window.jupyterapp?.shell.widgets('main') ?? [])];
            const notebook = () => open().find(each => each.context?.path === path && each.sessionContext);
            while (!notebook()) await new Promise(done => setTimeout(done, 50));
            return await ({function})(notebook(), argument);
        }}""",
        [path, argument],
    )


class Lesson:
    """One notebook, open in the browser with its kernel ready.

    A page that shows others already is not loaded again: they are closed, and it is opened in their place.
    """

    def __init__(self, page: Page, lab: Lab, notebook: str) -> None:
        self.page = page
        self.path = f"notebooks/{notebook}"
        self.file = lab.folder / self.path
        self.lab = lab
        if page.url == "about:blank":
            # In a workspace of its own: what other tests have open does not come back when the page is loaded again.
            workspace = f"{lab.address}/lab/workspaces/{secrets.token_hex(4)}"
            page.goto(f"{workspace}/tree/{self.path}?token={lab.token}")
            self.ask(WIDE)
        else:
            evaluate(page, CLOSE_ALL)
            evaluate(page, OPEN, self.path)
        self.wait_for_kernel()

    def ask(self, function: str, argument: object = None) -> Any:
        """What a function of JavaScript makes of this notebook, in front or not, and an argument."""
        return in_notebook(self.page, self.path, function, argument)

    def wait_for_kernel(self) -> None:
        self.ask(KERNEL_HAS_ANSWERED)

    def reload(self) -> None:
        """Load the page again."""
        self.page.reload()
        self.wait_for_kernel()

    def in_another_tab(self, page: Page) -> "Lesson":
        """The same notebook with the same kernel, opened from the disk in another tab."""
        self.command("docmanager:save")
        return Lesson(page, self.lab, self.file.name)

    def restart_kernel(self) -> None:
        """Start the kernel anew, without a question."""
        self.ask("({ sessionContext }) => sessionContext.session.kernel.restart().then(() => null)")
        self.wait_for_kernel()

    def command(self, name: str, place: int | None = None) -> None:
        """Run one of JupyterLab's commands for this notebook, or its cell at that place, and wait until it is done."""
        self.ask(
            """async (notebook, [name, place]) => {
                const { commands, shell } = window.jupyterapp;
                while (shell.currentWidget !== notebook) {  // a command is for the one in front
                    shell.activateById(notebook.id);
                    await new Promise(requestAnimationFrame);
                }
                if (place !== null) {  // at once: what comes into focus makes its own cell the active one
                    notebook.content.activeCellIndex = place;
                    notebook.content.deselectAll();
                }
                await commands.execute(name);
            }""",
            [name, place],
        )

    def run_all(self, above: str = "") -> None:
        """Run all cells, or those above the one that contains `above`, and see that none of them fails.

        One after the other: each is waited for with patience, where a whole lesson could take longer on a busy machine.
        """
        places = self.ask(
            """({ content: { widgets: cells } }, above) => {
                const places = [...cells.keys()].filter(place => cells[place].model.type === 'code');
                const holds = place => cells[place].model.sharedModel.source.includes(above);
                return above ? places.slice(0, places.findIndex(holds)) : places;
            }""",
            above,
        )
        for place in places:
            self.command("notebook:run-cell", place)
        self.see_no_errors()

    def see_no_errors(self) -> None:
        """See that no cell has ended with an error."""
        errors = self.ask(
            """({ content }) => content.widgets
                .filter(cell => cell.model.type === 'code')
                .flatMap(cell => cell.model.outputs.toJSON())
                .filter(output => output.output_type === 'error')
                .map(output => `${output.ename}: ${output.evalue}`)""",
        )
        assert errors == []

    def wait_until_prepared(self) -> None:
        """Wait until the panels have compiled all that they will need, which they do while no cell runs."""
        still = "import threading; print(any(t.name == 'prepare' for t in threading.enumerate()))"
        while self.run_code(still).strip() == "True":
            time.sleep(1)  # that was a cell, too: they go on when half a second has passed without one

    def select_cell(self, text: str) -> int:
        """Make the code cell that contains `text` the active one, scroll to it, and return its place."""
        return self.ask(
            """({ content: cells }, text) => {
                const holds = cell => cell.model.type === 'code' && cell.model.sharedModel.source.includes(text);
                cells.activeCellIndex = cells.widgets.findIndex(holds);
                cells.deselectAll();
                cells.activeCell.node.scrollIntoView();
                return cells.activeCellIndex;
            }""",
            text,
        )

    def run_cell(self, text: str) -> None:
        """Run the code cell that contains `text`, and see that it does not fail."""
        self.command("notebook:run-cell", self.select_cell(text))
        self.see_no_errors()

    def output_of(self, text: str, selector: str = ".jp-OutputArea") -> Locator:
        """What the code cell that contains `text` shows, in view."""
        output = self.page.locator(".jp-CodeCell", has_text=text).locator(selector)

        def is_there() -> bool:
            # Cells far from view are not laid out at all, and those above push others out as they grow.
            self.select_cell(text)
            return output.count() > 0

        wait_until(is_there, f"{selector} of the cell with {text}")
        output.scroll_into_view_if_needed()
        return output

    def run_code(self, source: str) -> str:
        """Run code in the lesson's kernel, outside its cells, and return what it prints."""
        return self.ask(
            """async ({ sessionContext }, code) => {
                const future = sessionContext.session.kernel.requestExecute({ code, store_history: false });
                let [text, error] = ['', ''];
                future.onIOPub = (message) => {
                    if (message.header.msg_type === 'stream') text += message.content.text;
                    if (message.header.msg_type === 'error') error += message.content.traceback.join('\\n');
                };
                await future.done;
                if (error) throw new Error(error);
                return text;
            }""",
            source,
        )

    def value_of(self, expression: str) -> Any:
        """What an expression is worth in the lesson's kernel."""
        return json.loads(self.run_code(f"import json; print(json.dumps({expression}))"))

    def saved(self) -> dict[str, Any]:
        """The notebook as it lies on the disk."""
        return json.loads(self.file.read_text(encoding="utf-8"))

    def panel(self, text: str) -> "PanelOnPage":
        """The panel that the cell containing `text` shows, in view."""
        return PanelOnPage(self.page, self.output_of(text, ".mbl-frame"))


class PanelOnPage:
    """One panel, seen and moved with the mouse and the keyboard."""

    def __init__(self, page: Page, root: Locator) -> None:
        self.page = page
        self.root = root
        self.picture = root.locator("canvas.mbl-picture")
        self.sentence_line = root.locator(".mbl-sentence")
        self.run = root.locator("button.mbl-run")
        self.reset = self.button("Reset")

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name)

    def slider(self, label: str) -> Locator:
        return self.root.get_by_role("slider", name=label)

    def list(self, label: str) -> Locator:
        return self.root.get_by_label(label, exact=True)

    def open_more(self, opened: bool = True) -> None:
        """Show all controls, not only the main ones."""
        opener = self.button("More")
        if opener.get_attribute("aria-expanded") != str(opened).lower():
            opener.click()

    def close_more(self) -> None:
        self.open_more(False)

    def press_in_more(self, name: str) -> None:
        """Press a button that is not always seen."""
        self.open_more()
        self.button(name).click()

    def drag(self, label: str, fraction: float, *, moves: int = 10) -> str:
        """Drag a slider's thumb with the mouse to a place along its track. Returns the value's words."""
        if label not in MAIN:
            self.open_more()
        slider = self.slider(label)
        box = box_at_rest(slider)
        at = int(slider.input_value()) / max(1, int(slider.get_attribute("max") or 1))
        half_thumb = 8
        left, width = box["left"] + half_thumb, box["width"] - 2 * half_thumb
        y = box["top"] + box["height"] / 2
        self.page.mouse.move(left + at * width, y)
        self.page.mouse.down()
        self.page.mouse.move(left + fraction * width, y, steps=moves)
        self.page.mouse.up()
        return slider.get_attribute("aria-valuetext") or ""

    def do_anything(self, rng: np.random.Generator) -> None:
        """One of the things that a learner may do with the panel of lesson 04, by chance."""
        self.open_more()
        kind = rng.integers(12)
        if kind < 5:
            self.slider(str(rng.choice(["batch size B", "seed", "learning rate"]))).focus()
            self.page.keyboard.press(str(rng.choice(["ArrowLeft", "ArrowRight", "PageUp", "PageDown"])))
        elif kind < 7:
            lists = {"x axis": 4, "curve": 3, "loss axis": 2, "runs": 2, "sampling": 4}
            name = str(rng.choice(list(lists)))
            self.list(name).select_option(index=int(rng.integers(lists[name])))
        elif kind < 9:
            self.run.click()
        elif kind < 11:
            self.button(str(rng.choice(["Next update", "Reset", "Keep this run", "More"]))).click()
        else:
            self.drag("go back to", float(rng.uniform()), moves=3)

    def pixels(self) -> str:
        """The picture that is shown, as text: the same for the same pixels. What waits to be drawn is drawn before."""
        drawn = """canvas => new Promise(done => {
            requestAnimationFrame(() => requestAnimationFrame(() => done(canvas.toDataURL())));
        })"""
        return str(evaluate(self.page, drawn, self.picture.element_handle()))

    @property
    def status(self) -> str:
        return self.root.locator(".mbl-status").text_content() or ""

    @property
    def sentence(self) -> str:
        return self.sentence_line.text_content() or ""

    def wait_for_picture(self, pattern: str, *, without: str = "^$") -> str:
        """Wait for a picture whose description holds one pattern and not the other."""
        expect(self.picture).to_have_attribute("aria-label", re.compile(pattern))
        expect(self.picture).not_to_have_attribute("aria-label", re.compile(without))
        return self.picture.get_attribute("aria-label") or ""

    def wait_for_status(self, pattern: str) -> str:
        return self._wait_for(".mbl-status", pattern)

    def wait_for_sentence(self, pattern: str) -> str:
        return self._wait_for(".mbl-sentence", pattern)

    def wait_for_details(self, label: str, pattern: str) -> str:
        return self._wait_for(f'.mbl-details dt:text-is("{label}") + dd', pattern)

    def _wait_for(self, selector: str, pattern: str) -> str:
        expect(self.root.locator(selector)).to_have_text(re.compile(pattern))
        return self.root.locator(selector).text_content() or ""
