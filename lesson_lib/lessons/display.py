"""How a question, a check or a prediction gets onto the page, and what is left of it in a notebook without a kernel."""

from collections.abc import Mapping
from html import escape
from pathlib import Path

import anywidget
from IPython.display import display

from lesson_lib.lessons.progress import NoProgress, Progress
from lesson_lib.panel import notebook
from lesson_lib.panel.frame import joined

_HERE = Path(__file__).parent
STYLE = joined(_HERE.parent / "panel" / "frame.css", _HERE / "practice.css")


def show(frame: anywidget.AnyWidget, static: Mapping[str, str]) -> None:
    """Show a live frame where someone is at the page, and for everybody else what stays of it."""
    if notebook.someone_is_watching():
        display(frame)
    display(dict(static), raw=True)


def progress_here() -> Progress:
    """The progress that goes with the notebook of this kernel."""
    return Progress(Path.cwd()) if notebook.someone_is_watching() else NoProgress()


def static_html(body: str) -> str:
    """What is hidden while the live frame is there."""
    return f'<div class="mbl-static">{body}</div>'


def paragraph(text: str) -> str:
    """A text as HTML; nothing for none."""
    return f"<p>{escape(text)}</p>" if text else ""
