"""What the panels know of their notebook, with a kernel that the tests make up."""

import math
import signal
import threading
import time
from types import SimpleNamespace

import pytest

from lesson_lib.panel import notebook


class Panel:
    """What a panel is to its notebook."""

    def __init__(self):
        self.calls = []

    def pause(self):
        self.calls.append("pause")

    def close(self):
        self.calls.append("close")

    @property
    def closed(self):
        return "close" in self.calls


class Kernel:
    """A kernel, and the shell in which its cells run."""

    def __init__(self):
        self.kernel = self
        self.parent = {}
        self.executions = 0
        self.heard = {"pre_run_cell": [], "post_run_cell": []}
        self.events = SimpleNamespace(register=self._register)
        self.saved_sigint_handler = signal.SIG_IGN

    def _register(self, event, callback):
        self.heard[event].append(callback)

    def get_parent(self, channel):
        assert channel == "shell"
        return self.parent

    def run_cell(self, cell_id=None, *, allow_stdin=True):
        """What the front end sends along when a cell is executed."""
        self.executions += 1
        self.parent = {
            "header": {"msg_id": f"execution {self.executions}"},
            "metadata": {} if cell_id is None else {"cellId": cell_id},
            "content": {"allow_stdin": allow_stdin},
        }
        for callback in self.heard["pre_run_cell"]:
            callback(SimpleNamespace())

    def end_cell(self, error=None):
        for callback in self.heard["post_run_cell"]:
            callback(SimpleNamespace(error_in_exec=error))


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    monkeypatch.setattr(notebook, "_shown", {})
    monkeypatch.setattr(notebook, "_hooked", False)
    monkeypatch.setattr(notebook, "_last_cell_ended", -math.inf)


@pytest.fixture
def kernel(monkeypatch):
    kernel = Kernel()
    monkeypatch.setattr(notebook, "get_ipython", lambda: kernel)
    return kernel


def shown():
    panel = Panel()
    notebook.register(panel)
    return panel


# Is anyone there?


@pytest.mark.parametrize("someone", [True, False])
def test_a_front_end_says_whether_its_user_can_be_asked(kernel, someone):
    kernel.run_cell(allow_stdin=someone)
    assert notebook.someone_is_watching() is someone


@pytest.mark.parametrize(("server", "someone"), [("voila/0.5.13", True), ("nginx/1.2", False)])
def test_voila_asks_nobody_and_yet_shows_its_page_to_somebody(kernel, monkeypatch, server, someone):
    monkeypatch.setenv("SERVER_SOFTWARE", server)
    kernel.run_cell(allow_stdin=False)
    assert notebook.someone_is_watching() is someone


def test_nobody_watches_where_nothing_is_said(kernel, monkeypatch):
    for parent in ({}, None, {"content": {}}):
        kernel.parent = parent
        assert notebook.someone_is_watching() is False
    monkeypatch.setattr(notebook, "get_ipython", lambda: None)
    assert notebook.someone_is_watching() is False
    monkeypatch.setattr(notebook, "get_ipython", object)  # IPython in a terminal has no kernel
    assert notebook.someone_is_watching() is False


# Which cell is this?


def test_the_same_cell_run_again_closes_what_it_showed(kernel):
    kernel.run_cell("a")
    first = shown()
    kernel.end_cell()
    kernel.run_cell("a")
    second = shown()
    assert not first.closed  # the cell may still show it again
    kernel.end_cell()
    assert first.calls == ["close"]
    assert second.calls == []
    kernel.run_cell("a")
    shown()
    kernel.end_cell()
    assert (first.calls, second.calls) == (["close"], ["close"])


def test_panels_that_their_cell_shows_again_stay_open(kernel):
    kernel.run_cell("a")
    both, other = (shown(), shown()), shown()
    kernel.end_cell()
    for _ in range(2):
        kernel.run_cell("a")
        for panel in both:
            notebook.register(panel)
        kernel.end_cell()
        assert [panel.calls for panel in (*both, other)] == [[], [], ["close"]]
    kernel.run_cell("a")
    shown()
    kernel.end_cell()
    assert [panel.calls for panel in both] == [["close"]] * 2


def test_what_a_cell_replaces_is_closed_also_if_the_cell_runs_again_before_it_has_ended(kernel):
    kernel.run_cell("a")
    first = shown()
    for _ in range(2):
        kernel.run_cell("a")
        second = shown()
    kernel.end_cell()
    assert (first.calls, second.calls) == (["close"], [])


def test_another_cell_closes_nothing(kernel):
    kernel.run_cell("a")
    first = shown()
    kernel.run_cell("b")
    second = shown()
    assert first.calls == second.calls == []


def test_two_panels_of_one_execution_both_stay_and_go_together(kernel):
    kernel.run_cell("a")
    pair = [shown(), shown()]
    assert [panel.calls for panel in pair] == [[], []]
    kernel.run_cell("b")
    other = shown()
    kernel.run_cell("a")
    shown()
    kernel.end_cell()
    assert [panel.calls for panel in pair] == [["close"], ["close"]]
    assert other.calls == []


def test_without_cell_identities_nothing_is_closed(kernel):
    kernel.run_cell()
    first = shown()
    kernel.run_cell()
    shown()
    assert first.calls == []


def test_close_all_closes_all_once(kernel):
    panels = []
    for cell in ("a", "b"):
        kernel.run_cell(cell)
        panels += [shown(), shown()]
    notebook.close_all()
    notebook.close_all()
    assert [panel.calls for panel in panels] == [["close"]] * 4


def test_in_plain_python_panels_stay_until_the_end(monkeypatch):
    monkeypatch.setattr(notebook, "get_ipython", lambda: None)
    panels = [shown(), shown()]
    assert [panel.calls for panel in panels] == [[], []]
    notebook.close_all()
    assert [panel.calls for panel in panels] == [["close"]] * 2


# Was it interrupted?


def test_an_interrupted_cell_pauses_every_panel(kernel):
    kernel.run_cell("a")
    panels = [shown(), shown()]
    kernel.end_cell()
    kernel.run_cell("b")
    panels.append(shown())
    kernel.end_cell(KeyboardInterrupt())
    assert [panel.calls for panel in panels] == [["pause"]] * 3


@pytest.mark.parametrize("error", [None, ValueError("x"), SystemExit()])
def test_a_cell_that_ends_otherwise_pauses_nothing(kernel, error):
    kernel.run_cell("a")
    panel = shown()
    kernel.end_cell(error)
    assert panel.calls == []


def test_a_closed_panel_is_not_paused(kernel):
    kernel.run_cell("a")
    panel = shown()
    notebook.close_all()
    kernel.end_cell(KeyboardInterrupt())
    assert panel.calls == ["close"]


def test_interrupts_are_hooked_once(kernel):
    for cell in "abc":
        kernel.run_cell(cell)
        shown()
    assert [len(callbacks) for callbacks in kernel.heard.values()] == [1, 1]


def test_an_interrupt_while_no_cell_runs_pauses_every_panel(kernel):
    kernel.run_cell("a")
    panel = shown()
    kernel.saved_sigint_handler(signal.SIGINT, None)
    assert panel.calls == ["pause"]


def test_a_handler_that_someone_else_has_set_is_left_alone(kernel):
    def theirs(_signal, _frame):
        pass

    kernel.saved_sigint_handler = theirs
    kernel.run_cell("a")
    shown()
    assert kernel.saved_sigint_handler is theirs


def rests(*, after):
    """Is the wait for the cells over, so many seconds from now?"""
    now, stopped = time.monotonic() + after, threading.Event()
    stopped.wait = lambda _seconds: stopped.set() or True
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: now)
        notebook.wait_for_rest(stopped)
    return not stopped.is_set()


def test_what_nobody_waits_for_waits_for_the_cells(kernel):
    assert rests(after=0)
    kernel.run_cell("a")
    shown()
    assert not rests(after=3600)
    kernel.end_cell()
    assert not rests(after=0.5 * notebook.SECONDS_OF_REST)
    kernel.run_cell("b")
    assert not rests(after=3600)
    kernel.end_cell()
    assert rests(after=1.1 * notebook.SECONDS_OF_REST)


def test_only_the_main_thread_hooks_interrupts(kernel):
    kernel.run_cell("a")
    thread = threading.Thread(target=shown)
    thread.start()
    thread.join()
    assert kernel.heard == {"pre_run_cell": [], "post_run_cell": []}
    assert kernel.saved_sigint_handler is signal.SIG_IGN
    shown()
    assert [len(callbacks) for callbacks in kernel.heard.values()] == [1, 1]
