"""How what a learner answers gets onto the page, and what is left of it in a notebook without a kernel."""

from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakSet

import traitlets
from IPython.display import display

from lesson_lib.lessons.progress import NoProgress, Progress
from lesson_lib.panel import notebook
from lesson_lib.panel.frame import joined
from lesson_lib.panel.live import Live, MimeBundle

_HERE = Path(__file__).parent


class PracticeFrame(Live):
    """What a question, a drawing or an outcome is on the page."""

    _css = joined(_HERE.parent / "panel" / "frame.css", _HERE / "practice.css")

    notice = traitlets.Unicode("").tag(sync=True)
    """What the learner should be told about the file of progress, if anything."""


class Shown:
    """What a learner answers: live where someone is at the page, and for everybody else what stays of it."""

    frame: PracticeFrame

    def __init__(self) -> None:
        self._progress = progress_here()
        if not notebook.someone_is_watching():
            _add_to_page(self)  # in plain Python nothing is shown, and each hears of the others all the same

    def hear(self, name: str, facts: Mapping[str, Any]) -> None:
        """Something has been answered, here or elsewhere on the page."""

    def _record(self, name: str, **facts: Any) -> None:
        """Say what is now known to all that is on the page, and keep it."""
        with _page_changes:
            on_page = {self, *_on_page}
        for shown in on_page:
            shown.hear(name, facts)
        self._progress.record(name, **facts)
        self.frame.notice = self._progress.notice

    def _show_with(self, copy: MimeBundle) -> None:
        """Show it under this cell; what an earlier run of the cell has shown is closed."""
        notebook.register(self)
        if notebook.someone_is_watching():
            _add_to_page(self)
            self.frame.show(copy)
        else:
            display(dict(copy), raw=True)

    def pause(self) -> None:
        """Nothing goes on by itself."""

    def close(self) -> None:
        """Take it off the page."""
        with _page_changes:
            _on_page.discard(self)
        self.frame.close()


_on_page: WeakSet[Shown] = WeakSet()
_page_changes = Lock()
"""A cell shows something new while a thread that hears the page goes through what is there."""


def _add_to_page(shown: Shown) -> None:
    with _page_changes:
        _on_page.add(shown)


def progress_here() -> Progress:
    """The progress that goes with the notebook of this kernel."""
    return Progress(Path.cwd()) if notebook.someone_is_watching() else NoProgress()


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table as HTML, of cells that are HTML. JupyterLab would set their text at the right."""

    def row(tag: str, cells: Iterable[str]) -> str:
        return "<tr>" + "".join(f'<{tag} style="text-align: left">{cell}</{tag}>' for cell in cells) + "</tr>"

    return "<table>" + row("th", head) + "".join(row("td", cells) for cells in rows) + "</table>"


def image(alt: str, png: str) -> str:
    """A PNG file in base 64 as HTML."""
    return f'<img alt="{escape(alt)}" src="data:image/png;base64,{png}">'


def paragraph(text: str) -> str:
    """A text as HTML; nothing for none."""
    return f"<p>{escape(text)}</p>" if text else ""


def folded(html: str) -> str:
    """What the copy holds back until its reader asks for it, as the page does."""
    return f"<details><summary>Show me</summary>{html}</details>"
