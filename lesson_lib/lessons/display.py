"""How a question, a check or a prediction gets onto the page, and what is left of it in a notebook without a kernel."""

from html import escape
from pathlib import Path

from IPython.display import display

from lesson_lib.lessons.progress import NoProgress, Progress
from lesson_lib.panel import notebook
from lesson_lib.panel.frame import joined
from lesson_lib.panel.live import Bundle, Live

_HERE = Path(__file__).parent
STYLE = joined(_HERE.parent / "panel" / "frame.css", _HERE / "practice.css")


class Shown:
    """What a learner answers: live where someone is at the page, and for everybody else what stays of it."""

    frame: Live

    def _show_with(self, copy: Bundle) -> None:
        """Show it under this cell; what an earlier run of the cell has shown is closed."""
        notebook.register(self)
        if notebook.someone_is_watching():
            self.frame.show(copy)
        else:
            display(dict(copy), raw=True)

    def pause(self) -> None:
        """Nothing goes on by itself."""

    def close(self) -> None:
        """Take it off the page."""
        self.frame.close()


def progress_here() -> Progress:
    """The progress that goes with the notebook of this kernel."""
    return Progress(Path.cwd()) if notebook.someone_is_watching() else NoProgress()


def paragraph(text: str) -> str:
    """A text as HTML; nothing for none."""
    return f"<p>{escape(text)}</p>" if text else ""
