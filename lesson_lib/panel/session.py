"""What happens in a panel's worker: its run is set up, goes on, and is shown."""

import time
from html import escape
from threading import Event
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar

from lesson_lib.chart import drawing
from lesson_lib.chart.description import describe
from lesson_lib.chart.picture import Picture
from lesson_lib.chart.steady import steady
from lesson_lib.experiment.base import Experiment, Rewindable
from lesson_lib.panel.settings import SettingsType

if TYPE_CHECKING:
    from lesson_lib.panel.panel import Panel

SECONDS_PER_PICTURE = 1 / 60
"""No faster than this: the page shows no more."""


LEAST_TO_SAY = 0.05
"""Share of a run that must have been made before anything is said of how long the rest will take."""


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
        """What is left at the pace so far, in words; nothing while nobody can say, or if it is hardly worth saying.

        The first pieces of work are slow, because programs are compiled for them.
        """
        if self._since is None:
            return ""
        start, done_then = self._since
        seconds = time.monotonic() - start
        if seconds < 1 or done < done_then + LEAST_TO_SAY:
            return ""
        left = round(seconds * (1 - done) / (done - done_then))
        return f", about {left} s left" if left > 1 else ""


RunType = TypeVar("RunType", bound=Experiment)


class _Seen(NamedTuple):
    """What belongs together in a copy, which may be drawn while the run goes on."""

    picture: Picture
    alt: str
    sentence: str
    settings: Any


class Session(Generic[SettingsType, RunType]):
    """The run that a panel shows. All that changes it happens in the worker's thread (`worker.Job`)."""

    def __init__(self, panel: "Panel[SettingsType, RunType]") -> None:
        self.run: RunType | None = None
        self.settings = panel.settings
        """Of the run."""
        self._seen: _Seen | None = None
        self.error: Exception | None = None
        self.stepping = False
        """Does the learner look at single steps of the run?"""
        self.live = False
        """Is somebody at the page?"""
        self._has_moved = False
        """Has any run left its start? Before that a screen reader is told nothing: a page of panels would talk."""
        self.trains = Event()
        """Set when a run has gone on from its start and is shown, or rests there."""
        self.looking: SettingsType | None = None
        """While picture and words are made, the settings as they were at first: the learner may move on meanwhile."""
        self._panel = panel
        self._frame = panel._frame
        self._pace = Pace()
        self._steady: Picture | None = None
        """The last picture of this run: the axes of the next one are no shorter."""
        self._last_picture = 0.0

    @property
    def picture(self) -> Picture | None:
        """The last one; none before the first run."""
        return None if self._seen is None else self._seen.picture

    @property
    def begun(self) -> RunType:
        assert self.run is not None  # the worker asks for nothing before it has begun a run
        return self.run

    @property
    def rewindable(self) -> Rewindable:
        run = self.begun
        assert isinstance(run, Rewindable)
        return run

    def begin(self, settings: SettingsType, *, running: bool) -> None:
        self.error = None
        self.settings = settings
        self.stepping = False
        self._steady = None
        self.run = self._panel._start(settings)
        self._pace = Pace()
        if running:
            self.show("Running")

    def advance(self) -> bool:
        self.stepping, self._has_moved = False, True
        run = self.begun
        self._pace.go(run.done)
        run.advance()
        if self.live and run.is_worth_a_picture:
            early = SECONDS_PER_PICTURE - (time.monotonic() - self._last_picture)
            if early > 0 and self._panel.every_advance_is_drawn:
                time.sleep(early)
            if not run.finished and (early <= 0 or self._panel.every_advance_is_drawn):
                self.show("Running")
        return self.has_more()

    def settle(self, *, finished: bool) -> None:
        self._pace.stop()
        self.show("Finished" if finished else "Paused")

    def rest(self) -> None:
        self.trains.set()
        self._frame.keep(self.copy)

    def fail(self, error: Exception) -> None:
        self.error = error
        self.trains.set()
        with self._frame.hold_sync():
            self._frame.running = False
            self._frame.error = f"{type(error).__name__}: {error}"
            self._frame.status = "Stopped by an error. Change a setting or press Run to start anew."

    def has_more(self) -> bool:
        """Is there something left to do? As an errand: look at the run again."""
        return not self.begun.finished

    def go_on(self) -> bool:
        """An errand: go on; what has ended or failed starts anew."""
        if self.run is None or self.error is not None or self.run.finished:
            self.begin(self._panel.settings, running=True)
        return self.has_more()

    def step(self) -> bool:
        """An errand: make one step."""
        self.stepping = self._has_moved = True
        self.rewindable.step()
        return self.has_more()

    def go_to(self, moment: int) -> bool:
        """An errand: go to where the run stood."""
        self.stepping = True
        run = self.rewindable
        run.go_to(min(moment, run.recorded))
        return self.has_more()

    def show(self, state: Literal["Running", "Paused", "Finished"]) -> None:
        """Bring picture and words up to date."""
        run = self.begun
        self._last_picture = time.monotonic()
        self.looking = self._panel.settings
        picture = self._steady = steady(self._panel._picture_of(run), self._steady)
        sentence, details = self._panel._caption_of(run)
        self.looking = None
        alt = f"{describe(picture)} {sentence}"
        self._seen = _Seen(picture, alt, sentence, self.settings)
        running = state == "Running"
        # One message with everything that has changed, so that picture and words never disagree.
        with self._frame.hold_sync():
            self._frame.draw(picture)
            self._frame.alt = alt
            self._frame.sentence = sentence
            self._frame.details = list(details)
            self._frame.status = f"{state}: {self._panel._progress(run)}{self._pace.time_left(run.done)}"
            self._frame.done = run.done
            self._frame.error = ""
            self._frame.running = running
            self._frame.spoken = "" if running or not self._has_moved else f"{state}. {sentence}"
            self._frame.code = self._panel._code(self.settings)
            self._frame.num_kept = len(self._panel.kept)
            if isinstance(run, Rewindable):
                self._frame.moment, self._frame.recorded = run.moment, run.recorded
        if run.done > 0:
            self.trains.set()

    def copy(self) -> dict[str, str]:
        """The picture for places where nothing is live: a notebook without a kernel, an HTML export, a text."""
        if self._seen is None:
            text = "The picture is kept here as soon as there is one. Run the cell for the live panel."
            return {"text/html": f'<figure class="mbl-static">{text}</figure>', "text/plain": text}
        picture, alt, sentence, settings = self._seen
        encoded = drawing.png_text(picture)
        decided = [control for control in self._panel._controls.values() if control.restarts]
        of = ", ".join(control.text(getattr(settings, control.name)) for control in decided)
        return {
            # The first line is blank: of a folded output JupyterLab shows it, and the sentence would tell the answer.
            "text/html": ' \n<figure class="mbl-static">'
            f'<img alt="{escape(alt)}" src="data:image/png;base64,{encoded}">'
            f"<figcaption>{escape(sentence)} <em>(Result for {escape(of)}. Run the cell for the live panel.)</em>"
            "</figcaption></figure>",
            "text/plain": f"{sentence} (Result for {of}.)",
            "image/png": encoded,
        }
