"""A widget that is seen while its kernel is there, and the copy of it that the notebook keeps for all other times.

Two outputs of the cell: the widget's view, and below it the copy as HTML. The page takes the view away as soon as its
kernel is gone (`live.js`). A notebook that is opened without that kernel has no view to show, and says so in words of
its own: the copy carries a style that hides them. Where the notebook is not trusted, the style is not heeded, but
nothing is said, either, because a view is shown to nobody there and has an empty text beside it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, RLock, Timer
from typing import Any
from uuid import uuid4

import traitlets
from anywidget import AnyWidget
from IPython.display import display, update_display

MimeBundle = Mapping[str, str]
"""What is shown, in several forms, by their MIME types."""

VIEW = "application/vnd.jupyter.widget-view+json"
NOTHING = {"text/html": "", "text/plain": ""}
"""Instead of the name and address of the widget, where no view can be shown."""

SECONDS_BEFORE_COPY = 0.5
"""So long nothing new must have come before a copy is drawn: strokes and keys come faster."""

_STYLE = Path(__file__).with_name("copy.css").read_text(encoding="utf-8")


class Live(AnyWidget):
    """A widget with a copy of itself below."""

    key = traitlets.Unicode("").tag(sync=True)
    """By which the page finds the widget, and the copies of it."""

    def __init__(self, **traits: Any) -> None:
        self._turn = RLock()
        """A run changes traits in its thread while the page changes others: traitlets collects changes in one place
        for all threads, and would give one thread's values to the other, or old ones back."""
        self._heard: dict[tuple[str | None, ...], int] = {}
        """The number of the newest that each tab has said, of each kind."""
        key = uuid4().hex
        super().__init__(model_id=key, key=key, **traits)
        self._on_page = False
        self._soon: Timer | None = None
        self._keeping = Lock()
        """Copies are made in several threads; the last one kept must be that of the newest state."""

    @contextmanager
    def hold_sync(self) -> Iterator[None]:
        """Change several traits, and send them to the page as one message; one thread at a time."""
        with self._turn, super().hold_sync():
            yield

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take over what the page says."""
        with self._turn:
            super().set_state(sync_data)

    @contextmanager
    def newest(self, content: Mapping[str, Any]) -> Iterator[bool]:
        """Is this the newest that a tab has said of its kind? Nothing newer is heard until it has been followed.

        Until a kernel has made a thread for widgets, JupyterLab speaks to the one that runs the cells. While a cell
        runs, what was said before that change is heard after what was said later.
        """
        with self._turn:
            kind = (content.get("tab"), *sorted(content.keys() - {"tab", "number"}))
            number = content.get("number", 0)
            is_newest = number >= self._heard.get(kind, 0)
            if is_newest:
                self._heard[kind] = number
            yield is_newest

    def open(self) -> None:
        """Nothing yet: a widget has its half in the page from when it is shown."""

    def show(self, copy: MimeBundle) -> None:
        """Show it under this cell, with a first copy."""
        self._on_page = True
        super().open()
        view = {"version_major": 2, "version_minor": 0, "model_id": self.key}
        display(NOTHING | {VIEW: view}, raw=True)
        display(self._marked(copy), raw=True, display_id=self.key)

    def keep(self, copy: Callable[[], MimeBundle]) -> None:
        """Put a copy as things are now in the place of the last one."""
        with self._keeping:
            if not self._on_page:
                return
            marked = self._marked(copy())
            update_display(marked, raw=True, display_id=self.key)
            # That reaches the page in which the cell was run, and no other: not after a reload, not a second tab.
            self.send({"copy": marked})

    def keep_soon(self, copy: Callable[[], MimeBundle]) -> None:
        """Draw a copy and keep it, unless a newer one is wanted in a moment."""
        if not self._on_page:
            return
        if self._soon is not None:
            self._soon.cancel()
        self._soon = Timer(SECONDS_BEFORE_COPY, self.keep, [copy])
        self._soon.daemon = True
        self._soon.start()

    def close(self) -> None:
        """Take it off the page; the copy stays."""
        self._on_page = False
        if self._soon is not None:
            self._soon.cancel()
        self.layout.close()  # each widget has one, which would stay in the kernel for ever
        super().close()

    def _marked(self, copy: MimeBundle) -> dict[str, str]:
        html = f'<style>{_STYLE}</style><div class="mbl-copy" data-mbl-copy="{self.key}">{copy["text/html"]}</div>'
        return {**copy, "text/html": html}
