"""What all panels share: a frame on the page, a worker behind it, a picture and words between them.

A panel of a lesson derives from `Panel` or `DatasetPanel`, and says what can be chosen (`_make_controls`), what it runs
(`_start`), how that is drawn (`_picture_of`) and how it is said (`_caption_of`, `_progress`). Everything else is here.
"""

import contextlib
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, replace
from functools import partial
from itertools import chain
from typing import Any, ClassVar, Generic, Self

from IPython.display import display

from lesson_lib.chart import drawing
from lesson_lib.chart.picture import Picture
from lesson_lib.checks import require_int
from lesson_lib.compilation import keep_programs_once
from lesson_lib.panel import notebook
from lesson_lib.panel.caption import Caption
from lesson_lib.panel.controls import Control
from lesson_lib.panel.frame import Frame
from lesson_lib.panel.session import RunType, Session
from lesson_lib.panel.settings import SettingsType, require_names, with_keywords_of
from lesson_lib.panel.worker import SHARES_MACHINE, Worker

MAX_KEPT = 4
"""So many runs can be told apart beside the one that goes on."""


class Panel(ABC, Generic[SettingsType, RunType]):
    """Controls bound to something that runs, and to the picture of it.

    Shown in JupyterLab it runs live, in a thread of its own. Where no one is at the page (nbconvert,
    nbval), `show` runs it to its end and leaves the last picture.

    Args:
        **settings: those to begin with, by name, where they are not the usual ones; `help` shows their names.

    Raises:
        TypeError: a setting that does not exist, or a value of the wrong type.
        ValueError: a value that is out of range, or that its control does not offer.
    """

    settings_type: ClassVar[type]
    """The dataclass of this panel's settings; checks what does not depend on the data."""

    every_advance_is_drawn: ClassVar[bool] = False
    """Set where the run is so quick that it would be over before anything is seen."""

    step_name: ClassVar[str] = ""
    """What the button for a single step is called; set where the run is `Rewindable`."""

    compiled_for: ClassVar[tuple[str, ...]] = ()
    """The controls of which each value needs programs of its own."""

    keeps_runs: ClassVar[bool] = False
    """Can runs be kept, and shown beside the next ones?"""

    dragged: ClassVar[tuple[str, ...]] = ()
    """The two settings that the learner drags over a chart with a `start`; they have no control."""

    def __init_subclass__(cls) -> None:
        if "settings_type" in vars(cls):
            with_keywords_of(cls.settings_type, cls)

    def __init__(self, **settings: Any) -> None:
        keep_programs_once()
        require_names(settings, [field.name for field in fields(self.settings_type)])
        start: SettingsType = self.settings_type(**settings)
        self._controls = {control.name: control for control in self._make_controls()}
        chosen = {
            # The usual batch size may be larger than a small dataset; one that was asked for is an error then.
            name: (control.index if name in settings else control.nearest)(getattr(start, name))
            for name, control in self._controls.items()
        }
        self._start_settings = self._with_choices(start, chosen)
        self.kept: list[Any] = []
        """The runs that the learner keeps, at most `MAX_KEPT`."""
        self._preparing: threading.Thread | None = None
        self._stop_preparing = threading.Event()
        self._starts_when_seen = False
        self._frame = Frame(
            controls=[control.spec() for control in self._controls.values()],
            chosen=chosen,
            step_name=self.step_name,
            keeps_runs=self.keeps_runs,
        )
        self._frame.on_msg(self._told)
        self._frame.observe(self._chosen, "chosen")
        self._session: Session[SettingsType, RunType] = Session(self)
        self._worker: Worker[SettingsType] = Worker(self._session)

    # What a panel of a lesson says of itself.

    @abstractmethod
    def _make_controls(self) -> Iterable[Control]:
        """The settings that the learner can change, in the order on the page."""

    @abstractmethod
    def _start(self, settings: SettingsType) -> RunType:
        """Set up a new run with these settings."""

    @abstractmethod
    def _picture_of(self, run: RunType) -> Picture:
        """What is to be seen of the run now."""

    @abstractmethod
    def _caption_of(self, run: RunType) -> Caption:
        """What is to be said of it."""

    @abstractmethod
    def _progress(self, run: RunType) -> str:
        """Where the run is, as in "epoch 3.2 of 10"."""

    def _prepare(self) -> Iterable[Callable[[], object]]:
        """Work that can be done ahead, while the learner looks at the first run; a piece at a time.

        The programs of the first settings are compiled, and of each value of the controls in `compiled_for`.
        """
        start = self._start_settings
        choices = [start]
        for control in (self._controls[name] for name in self.compiled_for if name in self._controls):
            place = control.index(getattr(start, control.name))
            nearest_first = sorted(control.values, key=lambda value: abs(control.index(value) - place))
            choices += [replace(start, **{control.name: value}) for value in nearest_first[1:]]
        for settings in choices:
            with contextlib.suppress(ValueError):  # too many updates: whoever chooses that is told so
                yield from self._start(settings).to_compile()

    def _code(self, settings: SettingsType) -> str:  # noqa: ARG002  a panel of a lesson needs them
        """The lines of Python that make the same run without a panel; nothing where there are none."""
        return ""

    def _to_keep(self, run: RunType) -> Any:
        """What is kept of a run."""
        return run

    # What the learner's code can do with it.

    @property
    def settings(self) -> SettingsType:
        """The settings as they are now; `set` changes them."""
        return self._with_choices(self._start_settings, self._frame.chosen)

    def _with_choices(self, settings: SettingsType, chosen: Mapping[str, int]) -> SettingsType:
        """Settings with those that have a control as it stands."""
        on_page = {name: control.values[chosen[name]] for name, control in self._controls.items()}
        return replace(settings, **on_page)

    @property
    def _looking(self) -> SettingsType:
        """The settings for which picture and words are made; all of one moment, also while a slider moves."""
        return self._session.looking or self.settings

    @property
    def experiment(self) -> RunType | None:
        """What the panel runs; none before it has been shown or run."""
        return self._session.run

    @property
    def error(self) -> Exception | None:
        """What went wrong in the run, if anything; it is also shown in the panel."""
        return self._session.error

    @property
    def code(self) -> str:
        """The lines of Python that make the same run without a panel; nothing where there are none."""
        return self._code(self.settings)

    @property
    def words(self) -> str:
        """The sentence under the picture."""
        return self._frame.sentence

    @property
    def details(self) -> str:
        """What the sentence leaves out, a line for each; the page unfolds it as a list."""
        return "\n".join(f"{label}: {value}" for label, value in self._frame.details)

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
        if self._session.picture is None:
            raise RuntimeError("there is no picture yet: the panel has not been run")
        return drawing.png(self._session.picture)

    def set(self, **values: Any) -> None:
        """Change settings, as the learner does on the page.

        The run starts anew, or waits at its start if it was paused; it goes on where only the way of looking
        at it has changed. Values that are set already change nothing.

        Raises:
            TypeError: no setting has that name, or a value of the wrong type.
            ValueError: a value that is out of range, or that the control does not offer.
            RuntimeError: the panel has been closed.
        """
        self._worker.require_open()
        require_names(values, [*self._controls, *self.dragged])
        replace(self.settings, **values)  # the dataclass says best what is out of range
        places = {name: self._controls[name].index(value) for name, value in values.items() if name in self._controls}
        moved = {name: values[name] for name in self.dragged if name in values}
        start = replace(self._start_settings, **moved)
        is_moved, self._start_settings = start != self._start_settings, start
        with self._frame.hold_sync():
            self._frame.chosen = {**self._frame.chosen, **places}
        if is_moved and self._has_begun:
            self._worker.begin(self.settings)

    def run(self) -> None:
        """Go on; a run that has ended starts anew."""
        self._starts_when_seen = False
        if self._has_begun:
            self._worker.set_running(True)
            self._worker.ask("go on", self._session.go_on, replaces=True, needs_a_run=False)
        else:
            self._worker.begin(self.settings, running=True)

    def pause(self) -> None:
        """Stand still."""
        self._starts_when_seen = False
        if self._has_begun:
            self._worker.set_running(False)

    def reset(self) -> None:
        """Go back to the start and stand still."""
        self._starts_when_seen = False
        self._worker.begin(self.settings, running=False)

    def step(self) -> None:
        """Stand still, and make one more step.

        Raises:
            TypeError: this panel's run has no steps.
        """
        self._require_steps()
        self._stand_still()
        self._worker.ask("step", self._session.step, replaces=False)

    def go_to(self, moment: int) -> None:
        """Stand still where the run stood at a moment that it has been at before.

        Raises:
            TypeError: this panel's run has no steps, or `moment` is not a whole number.
            ValueError: `moment` is below 0. One that the run has not come to leads to the last one.
        """
        self._require_steps()
        moment = require_int("moment", moment, low=0)
        self._stand_still()
        self._worker.ask("go to", partial(self._session.go_to, moment), replaces=True)

    def keep(self) -> None:
        """Keep this run, and show it beside the next ones; the oldest makes room for a fifth one.

        Raises:
            TypeError: this panel keeps no runs.
        """
        self._require_keeping()
        self._worker.require_open()
        if self.experiment is not None:
            self._keep_only([*self.kept, self._to_keep(self.experiment)][-MAX_KEPT:])

    def forget(self) -> None:
        """Take away all runs that were kept.

        Raises:
            TypeError: this panel keeps no runs.
        """
        self._require_keeping()
        self._worker.require_open()
        self._keep_only([])

    def _keep_only(self, runs: list[Any]) -> None:
        self.kept = runs
        if self._has_begun:
            self._worker.ask("look", self._session.has_more, replaces=True)

    @property
    def _has_begun(self) -> bool:
        """Has a first run been wished for? Before that a panel has no thread, and costs nothing."""
        return self._worker.wish.number > 0

    def _stand_still(self) -> None:
        """Pause; where there is no run yet, at the start of one."""
        if self._has_begun:
            self.pause()
        else:
            self.reset()

    def _require_steps(self) -> None:
        if not self.step_name:
            raise TypeError(f"{type(self).__name__} has no single steps")

    def _require_keeping(self) -> None:
        if not self.keeps_runs:
            raise TypeError(f"{type(self).__name__} keeps no runs")

    def wait(self, timeout: float | None = None) -> None:
        """Wait until the run has ended or is paused; a panel that nobody has seen yet starts before.

        Raises:
            TimeoutError: `timeout` seconds have passed before.
            Exception: what went wrong in the run.
        """
        if self._starts_when_seen:
            self.run()
        try:
            settled = self._worker.wait(timeout)
        except KeyboardInterrupt:
            self.pause()
            raise
        if not settled:
            raise TimeoutError(f"the run has not ended within {timeout} seconds")
        if self.error is not None:
            raise self.error

    def show(self) -> Self:
        """Show the panel under this cell; its run starts when it is seen. One that the cell showed before is closed.

        Raises:
            RuntimeError: the panel has been closed.
        """
        self._worker.require_open()
        notebook.register(self)
        self._session.live = notebook.someone_is_watching()
        if self._session.live:
            self._frame.show(self._session.copy())
            self._worker.begin(self.settings, running=False)
            self._starts_when_seen = True
        else:
            self._worker.begin(self.settings, running=True)
            self.wait()
            display(self._session.copy(), raw=True)
        return self

    def _ipython_display_(self) -> None:
        """As the last expression of a cell, a panel shows itself, unless the cell has shown it already."""
        if not notebook.is_shown_here(self):
            self.show()

    def close(self) -> None:
        """Stop whatever is running and take the panel off the page."""
        self._stop_preparing.set()
        self._session.trains.set()
        if self._preparing is not None:
            self._preparing.join()
        self._worker.close()
        self._frame.close()

    # What the page says. These calls come on the kernel's threads, so they only leave a wish.

    def _chosen(self, change: Mapping[str, Any]) -> None:
        changed = [control for name, control in self._controls.items() if change["old"][name] != change["new"][name]]
        if not self._has_begun:
            return
        if any(control.restarts for control in changed):
            self._worker.begin(self.settings)
        elif changed:
            self._worker.ask("look", self._session.has_more, replaces=True)

    def _told(self, _frame: Frame, content: Mapping[str, Any], _buffers: object) -> None:
        if content.keys() & {"choose", "start", "go_to"}:
            with self._frame.newest(content) as is_newest:
                if is_newest:
                    self._follow(content)
        elif "views" in content:
            if content["views"] == 0 and self._has_begun:
                self._worker.set_running(False)
        elif "seen" in content:
            self._page_sees()
        else:
            buttons = {name: getattr(self, name) for name in ("run", "pause", "reset", "step", "keep", "forget")}
            buttons[content["press"]]()

    def _follow(self, content: Mapping[str, Any]) -> None:
        """Do as what was moved on the page stands now."""
        if "choose" in content:
            self._frame.set_state({"chosen": content["choose"]})  # the page has it already, and perhaps a newer one
            self._frame.send({"chosen": content["choose"], "tab": content["tab"]})
        elif "start" in content:
            # Hundredths are finer than a pixel of a map, and short in code; minus zero is zero.
            self.set(**{name: round(at, 2) + 0.0 for name, at in zip(self.dragged, content["start"], strict=True)})
        else:
            self.go_to(content["go_to"])

    def _page_sees(self) -> None:
        """The panel has come into view, perhaps not for the first time."""
        if self._preparing is None:
            self._session.trains.clear()
            self._preparing = threading.Thread(target=self._prepare_all, name="prepare", daemon=True)
            self._preparing.start()
        if self._starts_when_seen:
            self.run()

    def _prepare_all(self) -> None:
        # The first picture is waited for, and tracing programs would take the interpreter away from it.
        self._session.trains.wait()
        # The notebook may be saved before the run has ended.
        keep_first: Callable[[], object] = partial(self._frame.keep, self._session.copy)
        with contextlib.suppress(Exception):  # the run that needs this piece meets the same error, and shows it
            for piece in chain([keep_first], () if SHARES_MACHINE else self._prepare()):
                if self._stop_preparing.is_set():
                    return
                piece()
                # Compiling would hold up the cells, when all are run.
                notebook.wait_for_rest(self._stop_preparing)
