"""What all panels share: a frame on the page, a worker behind it, a picture and words between them.

A panel of a lesson derives from `Panel` and says what it runs (`start`), how that is drawn (`picture_of`)
and how it is said (`describe`, `sentence`). Everything else is here.
"""

import threading
import time
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from html import escape
from typing import Any, ClassVar, Protocol, runtime_checkable

from IPython.display import display

from lesson_lib import drawing
from lesson_lib.checks import require_int
from lesson_lib.panels import notebook
from lesson_lib.panels.controls import Control
from lesson_lib.panels.frame import Frame, packed
from lesson_lib.panels.worker import Worker
from lesson_lib.picture import Picture

SECONDS_PER_PICTURE = 1 / 60
"""No faster than this: the page shows no more."""

MAX_KEPT = 4
"""So many runs can be told apart beside the one that goes on."""


@runtime_checkable
class Watchable(Protocol):
    """Something that goes on a little at a time: a run, a race of runs, a count."""

    @property
    def finished(self) -> bool: ...

    @property
    def done(self) -> float:
        """Share of the work that has been done, from 0 to 1."""

    def advance(self) -> None: ...


@runtime_checkable
class Rewindable(Protocol):
    """Something watchable that can also be stepped through and taken back."""

    @property
    def moment(self) -> int:
        """Where it stands."""

    @property
    def recorded(self) -> int:
        """How far it has ever come."""

    def step(self) -> None: ...

    def go_to(self, moment: int) -> None: ...


def require_names(names: Iterable[str], allowed: Iterable[str]) -> None:
    """Check that all these settings exist.

    Raises:
        TypeError: one does not.
    """
    there_are = list(allowed)
    for name in names:
        if name not in there_are:
            raise TypeError(f"no setting is called {name!r}; there are {', '.join(there_are)}")


class Pace:
    """How fast a run goes, and so how long it will take."""

    def __init__(self) -> None:
        self._since: tuple[float, float] | None = None

    def go(self, done: float) -> None:
        """The run goes on, or goes on going on."""
        self._since = self._since or (time.monotonic(), done)

    def stop(self) -> None:
        """The run stands still; the next pace may be another one."""
        self._since = None

    def time_left(self, done: float) -> str:
        """What is left at the pace so far, in words; nothing in the first second, or if it is hardly worth saying."""
        if self._since is None:
            return ""
        start, done_then = self._since
        seconds = time.monotonic() - start
        if seconds < 1 or done <= done_then:
            return ""
        left = round(seconds * (1 - done) / (done - done_then))
        return f", about {left} s left" if left > 1 else ""


class Panel(ABC):
    """Controls bound to something that runs, and to the picture of it.

    Shown in JupyterLab it runs live, in a thread of its own. Where no one is at the page (nbconvert,
    nbval), `show` runs it to its end and leaves the last picture.

    Args:
        controls: the settings that the learner can change.
        start_values: all settings to begin with, also those that have no control.

    Raises:
        ValueError: a start value that its control does not offer.
    """

    every_advance_is_drawn: ClassVar[bool] = False
    """Set where the run is so quick that it would be over before anything is seen."""

    step_name: ClassVar[str] = ""
    """What the button for a single step is called; set where the run is `Rewindable`."""

    keeps_runs: ClassVar[bool] = False
    """Can runs be kept, and shown beside the next ones?"""

    def __init__(self, controls: Iterable[Control], start_values: Mapping[str, Any]) -> None:
        self._start_values = dict(start_values)
        self._controls = {control.name: control for control in controls}
        chosen = {name: control.index(start_values[name]) for name, control in self._controls.items()}
        self.error: Exception | None = None
        """What went wrong in the worker, if anything; it is also shown in the panel."""
        self.kept: list[Any] = []
        """The runs that the learner keeps, at most `MAX_KEPT`."""
        self.stepping = False
        """Does the learner look at single steps of the run?"""
        self._run: Any = None
        self._picture: Picture | None = None
        self._last_picture = 0.0
        self._pace = Pace()
        self._live = False
        self._update_static: Callable[[Mapping[str, str]], None] | None = None
        self._preparing: threading.Thread | None = None
        self._stop_preparing = threading.Event()
        self._seen = threading.Event()
        """Set when the first run is seen to train, or stands still."""
        self._frame = Frame(
            controls=[control.spec() for control in self._controls.values()],
            chosen=chosen,
            step_name=self.step_name,
            keeps_runs=self.keeps_runs,
        )
        self._run_values = self.settings
        self._frame.on_msg(self._told)
        self._frame.observe(self._chosen, "chosen")
        self._frame.observe(self._views_changed, "views")
        self._worker = Worker(self)

    # What a panel of a lesson says of itself.

    @abstractmethod
    def start(self, values: Mapping[str, Any]) -> Watchable:
        """Set up a new run with these settings."""

    @abstractmethod
    def picture_of(self, run: Any) -> Picture:
        """What is to be seen of the run now."""

    @abstractmethod
    def describe(self, run: Any) -> str:
        """What the picture shows, for those who do not see it; the sentence follows it."""

    @abstractmethod
    def sentence(self, run: Any) -> str:
        """What is seen now, in words and numbers."""

    @abstractmethod
    def progress(self, run: Any) -> str:
        """Where the run is, as in "epoch 3.2 of 10"."""

    def check(self, values: Mapping[str, Any]) -> None:  # noqa: B027  most controls offer nothing that is wrong
        """Raise the library's own error for settings that it would not take."""

    def prepare(self) -> Iterable[Callable[[], object]]:
        """Work that can be done ahead, while the learner looks at the first run; a piece at a time."""
        return ()

    def code(self, values: Mapping[str, Any]) -> str:  # noqa: ARG002  a panel of a lesson needs them
        """The lines of Python that make the same run without a panel; nothing where there are none."""
        return ""

    def to_keep(self, run: Any) -> Any:
        """What is kept of a run."""
        return run

    # What the learner's code can do with it.

    @property
    def settings(self) -> dict[str, Any]:
        """The settings as they are now, by name; `set` changes them."""
        chosen = self._frame.chosen
        on_page = {name: control.values[chosen[name]] for name, control in self._controls.items()}
        return self._start_values | on_page

    @property
    def words(self) -> str:
        """The sentence under the picture."""
        return self._frame.sentence

    @property
    def status(self) -> str:
        """Whether the run goes on, stands still or has ended, and where."""
        return self._frame.status

    @property
    def picture(self) -> bytes:
        """The picture as it stands when the run has ended or is paused, as the bytes of a PNG file.

        Raises:
            RuntimeError: there is none yet.
        """
        if self._picture is None:
            raise RuntimeError("there is no picture yet: the panel has not been run")
        return drawing.png(self._picture)

    def set(self, **values: Any) -> None:
        """Change settings, as the learner does on the page.

        The run starts anew, or waits at its start if it was paused; it goes on where only the way of looking
        at it has changed. Values that are set already change nothing.

        Raises:
            TypeError: no setting has that name, or a value of the wrong type.
            ValueError: a value that is out of range, or that the control does not offer.
        """
        require_names(values, self._controls)
        self.check({**self.settings, **values})
        places = {name: self._controls[name].index(value) for name, value in values.items()}
        self._frame.chosen = {**self._frame.chosen, **places}

    def run(self) -> None:
        """Go on; a run that has ended starts anew."""
        if self._worker.finished:
            self._worker.begin(self.settings, running=True)
        else:
            self._worker.set_running(True)

    def pause(self) -> None:
        """Stand still."""
        self._worker.set_running(False)

    def reset(self) -> None:
        """Go back to the start and stand still."""
        self._worker.begin(self.settings, running=False)

    def step(self) -> None:
        """Stand still, and make one more step.

        Raises:
            TypeError: this panel's run has no steps.
        """
        self._require_steps()
        self.pause()
        self._worker.ask("step", self._step, replaces=False)

    def go_to(self, moment: int) -> None:
        """Stand still where the run stood at a moment that it has been at before.

        Raises:
            TypeError: this panel's run has no steps, or `moment` is no whole number.
            ValueError: `moment` is below 0. One that the run has not come to leads to the last one.
        """
        self._require_steps()
        require_int("moment", moment, low=0)
        self.pause()
        self._worker.ask("go to", partial(self._go_to, moment), replaces=True)

    def keep(self) -> None:
        """Keep this run, and show it beside the next ones; the oldest makes room for a fifth one.

        Raises:
            TypeError: this panel keeps no runs.
        """
        self._require_keeping()
        if self._run is not None:
            self._keep_only([*self.kept, self.to_keep(self._run)][-MAX_KEPT:])

    def forget(self) -> None:
        """Take away all runs that were kept.

        Raises:
            TypeError: this panel keeps no runs.
        """
        self._require_keeping()
        self._keep_only([])

    def _keep_only(self, runs: list[Any]) -> None:
        self.kept = runs
        self._worker.ask("look", self._has_more, replaces=True)

    def _require_steps(self) -> None:
        if not self.step_name:
            raise TypeError(f"{type(self).__name__} has no single steps")

    def _require_keeping(self) -> None:
        if not self.keeps_runs:
            raise TypeError(f"{type(self).__name__} keeps no runs")

    def wait(self, timeout: float | None = None) -> None:
        """Wait until the run has ended or is paused.

        Raises:
            TimeoutError: `timeout` seconds have passed before.
            Exception: what went wrong in the run.
        """
        try:
            settled = self._worker.wait(timeout)
        except KeyboardInterrupt:
            self.pause()
            raise
        if not settled:
            raise TimeoutError(f"the run has not ended within {timeout} seconds")
        if self.error is not None:
            raise self.error

    def show(self) -> "Panel":
        """Show the panel under this cell, and start its run. A panel that the cell showed before is closed."""
        notebook.register(self)
        self._live = notebook.someone_is_watching()
        if self._live:
            display(self._frame)
            placeholder = self._static("The picture is kept here when the run has ended.")
            handle = display(placeholder, raw=True, display_id=True)
            self._update_static = lambda bundle: handle.update(bundle, raw=True)
            self._preparing = threading.Thread(target=self._prepare, name="prepare", daemon=True)
            self._preparing.start()
            self._worker.begin(self.settings, running=True)
        else:
            self._worker.begin(self.settings, running=True)
            self.wait()
            display(self._static(self._frame.sentence), raw=True)
        return self

    def close(self) -> None:
        """Stop whatever is running and take the panel off the page."""
        self._stop_preparing.set()
        self._seen.set()
        if self._preparing is not None:
            self._preparing.join()
        self._worker.close()
        self._frame.close()

    # What the page says. These calls come on the kernel's threads, so they only leave a wish.

    def _chosen(self, change: Mapping[str, Any]) -> None:
        changed = [control for name, control in self._controls.items() if change["old"][name] != change["new"][name]]
        if any(control.restarts for control in changed):
            self._worker.begin(self.settings)
        elif changed:
            self._worker.ask("look", self._has_more, replaces=True)

    def _told(self, _frame: Frame, content: Mapping[str, Any], _buffers: object) -> None:
        if "choose" in content:
            self._frame.set_state({"chosen": content["choose"]})  # the page has it already, and perhaps a newer one
            self._frame.send({"chosen": content["choose"], "tab": content["tab"]})
        elif "go_to" in content:
            self.go_to(content["go_to"])
        else:
            buttons = {name: getattr(self, name) for name in ("run", "pause", "reset", "step", "keep", "forget")}
            buttons[content["press"]]()

    def _views_changed(self, change: Mapping[str, Any]) -> None:
        if change["new"] == 0:
            self.pause()

    # What the worker does.

    def begin(self, values: Mapping[str, Any]) -> None:
        self.error = None
        self._run_values = dict(values)
        self.stepping = False
        self._run = self.start(values)
        self._pace = Pace()
        self._show_picture(running=self._worker.wish.running)

    def advance(self) -> bool:
        self.stepping = False
        self._pace.go(self._run.done)
        self._run.advance()
        early = SECONDS_PER_PICTURE - (time.monotonic() - self._last_picture)
        if early > 0 and self._live and self.every_advance_is_drawn:
            time.sleep(early)
        if self._live and not self._run.finished and (early <= 0 or self.every_advance_is_drawn):
            self._show_picture(running=True)
        return self._has_more()

    def settle(self, *, finished: bool) -> None:
        self._pace.stop()
        self._show_picture(running=False, finished=finished)

    def rest(self) -> None:
        if self._update_static is not None:
            self._update_static(self._static(self._frame.sentence))

    def _has_more(self) -> bool:
        return not self._run.finished

    def _step(self) -> bool:
        self.stepping = True
        self._run.step()
        return self._has_more()

    def _go_to(self, moment: int) -> bool:
        self.stepping = True
        self._run.go_to(min(moment, self._run.recorded))
        return self._has_more()

    def fail(self, error: Exception) -> None:
        self.error = error
        self._seen.set()
        with self._frame.hold_sync():
            self._frame.running = False
            self._frame.error = f"{type(error).__name__}: {error}"
            self._frame.status = "Stopped by an error. Change a setting or press Run to start anew."

    def _show_picture(self, *, running: bool, finished: bool = False) -> None:
        run = self._run
        self._last_picture = time.monotonic()
        self._picture = self.picture_of(run)
        sentence = self.sentence(run)
        state = "Finished" if finished else "Running" if running else "Paused"
        left = self._pace.time_left(run.done) if running else ""
        # One message with everything that has changed, so that picture and words never disagree.
        with self._frame.hold_sync():
            self._frame.picture = packed(self._picture)
            self._frame.alt = f"{self.describe(run)} {sentence}"
            self._frame.sentence = sentence
            self._frame.status = f"{state}: {self.progress(run)}{left}"
            self._frame.done = run.done
            self._frame.error = ""
            self._frame.running = running
            self._frame.spoken = "" if running else f"{state}. {sentence}"
            self._frame.code = self.code(self._run_values)
            self._frame.num_kept = len(self.kept)
            if self.step_name:
                self._frame.moment, self._frame.recorded = run.moment, run.recorded
        if run.done > 0 or not running:
            self._seen.set()

    def _prepare(self) -> None:
        # The first picture is waited for, and tracing programs would take the interpreter away from it.
        self._seen.wait()
        for piece in self.prepare():
            if self._stop_preparing.is_set():
                return
            try:
                piece()
            except Exception:  # noqa: BLE001  the run that needs this piece meets the same error, and shows it
                return

    def _static(self, caption: str) -> dict[str, str]:
        """The picture for places where nothing is live: a notebook without a kernel, an HTML export, a text."""
        picture = b64encode(drawing.png(self._picture)).decode() if self._picture is not None else ""
        settings = ", ".join(
            control.text(self._run_values[name]) for name, control in self._controls.items() if control.restarts
        )
        image = f'<img alt="{escape(self._frame.alt)}" src="data:image/png;base64,{picture}">' if picture else ""
        bundle = {
            "text/html": f'<figure class="mbl-static">{image}<figcaption>{escape(caption)} '
            f"<em>(Result for {escape(settings)}. Run the cell for the live panel.)</em></figcaption></figure>",
            "text/plain": f"{caption} (Result for {settings}.)",
        }
        return bundle | ({"image/png": picture} if picture else {})
