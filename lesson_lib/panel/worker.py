"""The one thread in which a panel computes, and the mailbox through which it is told what to do.

A panel's callbacks run on the kernel's own threads and must return at once. So they only leave a
wish here, and the latest wish is the only one that counts: of all the values that a dragged slider
passes through, those that come while the thread is busy are never computed.
"""

import atexit
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from lesson_lib.panel.settings import SettingsType

SECONDS_TO_REST = 0.5

SECONDS_OF_A_DRAG = 0.1
"""A new run waits this long before it goes on, in case the slider is still moving: else outdated runs would take all
cores, and the page could not report the newer value."""


SHARES_MACHINE = os.environ.get("MINI_BATCH_LIVE_SHARES_MACHINE") == "yes"
"""Do many kernels share this machine? In a class (`classroom/seat.py`) a run that goes on gives way to others."""

MOST_REST = 4.0
"""On a shared machine a run rests at most this many times as long as its last piece of work took, including the wait
for a core."""


def rest_after(seconds: float) -> float:
    """How long a run rests after a piece of so many seconds: the longer, the more others wait for each core."""
    if not SHARES_MACHINE:
        return 0.0
    waiting = os.getloadavg()[0] / (os.cpu_count() or 1) - 1
    return seconds * min(MOST_REST, max(0.0, waiting))


Settings_contra = TypeVar("Settings_contra", contravariant=True)


class Job(Protocol[Settings_contra]):
    """What a worker does. All calls come from the worker's thread, one after the other."""

    def begin(self, settings: Settings_contra, *, running: bool) -> None:
        """Throw away the run so far and set up a new one, which goes on at once or stands still."""

    def advance(self) -> bool:
        """Go on a little. Returns whether there is more to do."""

    def settle(self, *, finished: bool) -> None:
        """The run stands still from here on: it has ended, or is paused."""

    def rest(self) -> None:
        """The run has stood still for `SECONDS_TO_REST`: time for what nobody waits for."""

    def fail(self, error: Exception) -> None:
        """One of the other calls raised `error`; the worker waits for the next wish."""


class Errand(NamedTuple):
    """Something to do once with the run, before it goes on."""

    name: str
    do: Callable[[], bool]
    """Returns whether the run has more to do."""
    needs_a_run: bool
    """Is there nothing to do with a run that has failed?"""


@dataclass(frozen=True)
class Wish(Generic[SettingsType]):
    """What a worker should be doing."""

    settings: SettingsType | None = None
    """Of the run; none before the first one is wished for."""
    running: bool = False
    number: int = 0
    """A new number means a new run."""
    errands: tuple[Errand, ...] = ()
    """Those that wait to be done."""


class Worker(Generic[SettingsType]):
    """Carries out the latest wish, in a thread of its own, until it is closed."""

    def __init__(self, job: Job[SettingsType]) -> None:
        self._job = job
        self._changed = threading.Condition()
        self._wish: Wish[SettingsType] = Wish()
        self._begun = 0
        """Number of the run that was begun last."""
        self._closed = False
        self._settled = self._rested = True
        self._thread = threading.Thread(target=self._work, name="panel", daemon=True)
        """Started with the first wish: a panel that nobody looks at costs nothing."""

    @property
    def wish(self) -> Wish[SettingsType]:
        return self._wish

    def require_open(self) -> None:
        """Check that wishes are still heard.

        Raises:
            RuntimeError: the worker is closed.
        """
        if self._closed:
            raise RuntimeError("this panel is closed; run its cell again, or make a new one")

    def begin(self, settings: SettingsType, *, running: bool | None = None) -> None:
        """Wish for a new run with these settings, running or paused (as now where nothing is said).

        Raises:
            RuntimeError: the worker is closed. The other wishes raise it, too.
        """
        with self._changed:
            still = self._wish.running if running is None else running
            self._change(Wish(settings, still, self._wish.number + 1))

    def set_running(self, running: bool) -> None:
        """Wish that the run goes on, or stands still."""
        with self._changed:
            self._change(replace(self._wish, running=running))

    def ask(self, name: str, do: Callable[[], bool], *, replaces: bool, needs_a_run: bool = True) -> None:
        """Wish that something is done once with the run, whether it goes on or stands still.

        It is forgotten when a new run is wished for before it is done.

        Args:
            name: which errand it is.
            do: what to do; it returns whether the run has more to do.
            replaces: does it take the place of those of its name that still wait?
            needs_a_run: is there nothing to do with a run that has failed?
        """
        with self._changed:
            waiting = [errand for errand in self._wish.errands if not (replaces and errand.name == name)]
            self._change(replace(self._wish, errands=(*waiting, Errand(name, do, needs_a_run))))

    def _change(self, wish: Wish[SettingsType]) -> None:
        self.require_open()
        if self._thread.ident is None:
            _at_work.add(self)
            self._thread.start()
        self._wish = wish
        self._settled = False
        self._changed.notify_all()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until there is nothing to do: the run has ended, is paused or has failed.

        Returns:
            Whether that is so; `False` when `timeout` seconds have passed before.
        """
        with self._changed:
            return self._changed.wait_for(lambda: self._settled or self._closed, timeout)

    def close(self) -> None:
        """End the thread, and wait until it has ended."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        _at_work.discard(self)
        if self._thread.ident is not None and threading.current_thread() is not self._thread:
            self._thread.join()

    def _work(self) -> None:
        sound = more = False
        while (next_thing := self._next_thing()) is not None:
            wish, errand = next_thing
            try:
                if wish.settings is not None and wish.number != self._begun:
                    is_first, self._begun, sound, more = not self._begun, wish.number, True, True
                    self._job.begin(wish.settings, running=wish.running)
                    if wish.running and not is_first:
                        self._give_way(wish, SECONDS_OF_A_DRAG)
                elif errand is not None:
                    sound = sound or not errand.needs_a_run
                    more = sound and errand.do()
                elif wish.running and more:
                    begun = time.monotonic()
                    more = self._job.advance()
                    if more and (rest := rest_after(time.monotonic() - begun)):
                        self._give_way(wish, rest)
                if not (wish.running and more):
                    self._settle(wish, finished=not more, sound=sound)
            except Exception as error:  # noqa: BLE001  whatever it is, the learner must see it
                sound = more = False
                self._job.fail(error)
                self._settle(wish, finished=True, sound=False)

    def _next_thing(self) -> tuple[Wish[SettingsType], Errand | None] | None:
        """The latest wish and the errand to do now, as soon as there is something to do; `None` once closed."""
        while True:
            with self._changed:
                patience = None if self._rested else SECONDS_TO_REST
                called = self._changed.wait_for(lambda: self._closed or not self._settled, patience)
                if self._closed:
                    return None
                if called:
                    return self._take_errand()
            self._rested = True
            try:
                self._job.rest()
            except Exception as error:  # noqa: BLE001  whatever it is, the learner must see it, and the panel must live
                self._job.fail(error)

    def _give_way(self, wish: Wish[SettingsType], seconds: float) -> None:
        """Leave the machine to others for so long, or until something else is wished for."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._wish is not wish, seconds)

    def _take_errand(self) -> tuple[Wish[SettingsType], Errand | None]:
        if self._wish.number != self._begun or not self._wish.errands:
            return self._wish, None
        errand, *others = self._wish.errands
        self._wish = replace(self._wish, errands=tuple(others))
        return self._wish, errand

    def _settle(self, wish: Wish[SettingsType], *, finished: bool, sound: bool) -> None:
        # There is nothing to show of a run that has failed, or before the first one.
        if sound:
            self._job.settle(finished=finished)
        with self._changed:
            # A wish that came in the meantime, or an errand that waits, keeps the worker going.
            if self._wish is wish and not wish.errands:
                self._settled, self._rested = True, not sound
                self._changed.notify_all()


_at_work: set[Worker[Any]] = set()
"""Those whose threads have been started and not ended."""


@atexit.register
def close_all() -> None:
    """End every thread; one that still computes when Python ends can crash it."""
    for worker in list(_at_work):
        worker.close()
