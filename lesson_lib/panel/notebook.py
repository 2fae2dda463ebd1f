"""What a panel needs to know of the notebook around it: is anyone there, which cell is this, was it interrupted?

Outside Jupyter all of it does nothing, so that panels can be tested and used in a plain Python.
"""

import atexit
import math
import os
import signal
import threading
import time
from typing import Any, Protocol

from IPython import get_ipython


class Closable(Protocol):
    """A panel, as far as this room cares."""

    def pause(self) -> None: ...

    def close(self) -> None: ...


class _Shown:
    """The panels that one execution of a cell has shown."""

    def __init__(self, execution: str, replaced: list[Closable]) -> None:
        self.execution = execution
        self.panels: list[Closable] = []
        self.replaced = replaced
        """Those of earlier executions. They are closed when the cell has ended: it may still show one of them again."""

    def close_replaced(self) -> None:
        while self.replaced:
            self.replaced.pop().close()


_shown: dict[str, _Shown] = {}
_hooked = False
_last_cell_ended = -math.inf
"""When, by the monotonic clock; endless while a cell runs."""

SECONDS_OF_REST = 0.5
"""So long after a cell none is running, and none is likely to follow, as when all are run."""


def _request() -> dict[str, Any]:
    """The message that made the kernel run this cell; empty outside a kernel."""
    kernel = getattr(get_ipython(), "kernel", None)
    return (kernel.get_parent("shell") or {}) if kernel is not None else {}


def _here() -> tuple[str, str]:
    """Which cell runs now, and a name for this execution of it."""
    request = _request()
    execution = request.get("header", {}).get("msg_id", "")
    # A front end without cell identities gets a fresh one for each execution: nothing is closed too early.
    return request.get("metadata", {}).get("cellId", execution), execution


def someone_is_watching() -> bool:
    """Is there a page with a person before it?

    A front end says with each cell whether its user can be asked for input. nbconvert and nbval say no. So does
    Voilà, where a person waits for the page all the same; it tells its kernels its name as a web server does (CGI).
    """
    if os.environ.get("SERVER_SOFTWARE", "").startswith("voila/"):
        return True
    return bool(_request().get("content", {}).get("allow_stdin", False))


def register(panel: Closable) -> None:
    """Remember that this cell shows `panel`. When it ends, those that it showed in an earlier run are closed."""
    cell, execution = _here()
    before = _shown.get(cell)
    if before is None or before.execution != execution:
        _shown[cell] = _Shown(execution, [*before.panels, *before.replaced] if before else [])
    here = _shown[cell]
    here.replaced = [each for each in here.replaced if each is not panel]
    if panel not in here.panels:
        here.panels.append(panel)
    _hook_into_kernel()


def is_shown_here(panel: Closable) -> bool:
    """Has this execution of the cell shown the panel already?"""
    cell, execution = _here()
    shown = _shown.get(cell)
    return shown is not None and shown.execution == execution and panel in shown.panels


@atexit.register
def close_all() -> None:
    """Close every panel; a thread that still computes when Python ends can crash it."""
    while _shown:
        _, shown = _shown.popitem()
        shown.close_replaced()
        for panel in shown.panels:
            panel.close()


def wait_for_rest(stopped: threading.Event) -> None:
    """Wait until no cell runs or has just run, or until `stopped` is set: what nobody waits for is done then."""
    while time.monotonic() - _last_cell_ended < SECONDS_OF_REST and not stopped.wait(SECONDS_OF_REST / 5):
        pass


def pause_all() -> None:
    """Let every panel stand still."""
    for shown in _shown.values():
        for panel in shown.panels:
            panel.pause()


def _hook_into_kernel() -> None:
    """Hear when a cell begins and ends, and let the interrupt button pause the panels, whether a cell runs or not.

    While a cell runs, the interrupt ends it with KeyboardInterrupt, and IPython tells us so. While
    none runs, the kernel ignores the signal; it restores after each cell the handler that it saved
    before, and that is where ours goes.
    """
    global _hooked, _last_cell_ended  # noqa: PLW0603  a kernel is hooked once, whatever panels come and go
    shell = get_ipython()
    kernel = getattr(shell, "kernel", None)
    if kernel is None or _hooked or threading.current_thread() is not threading.main_thread():
        return
    _hooked = True
    _last_cell_ended = math.inf  # this cell runs

    def before_cell(_info: Any) -> None:
        global _last_cell_ended  # noqa: PLW0603
        _last_cell_ended = math.inf

    def after_cell(result: Any) -> None:
        global _last_cell_ended  # noqa: PLW0603
        _last_cell_ended = time.monotonic()
        for shown in list(_shown.values()):
            shown.close_replaced()
        if isinstance(result.error_in_exec, KeyboardInterrupt):
            pause_all()

    shell.events.register("pre_run_cell", before_cell)
    shell.events.register("post_run_cell", after_cell)
    if getattr(kernel, "saved_sigint_handler", None) is signal.SIG_IGN:
        kernel.saved_sigint_handler = lambda _signal, _frame: pause_all()
