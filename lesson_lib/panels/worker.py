"""The one thread in which a panel computes, and the mailbox through which it is told what to do.

A panel's callbacks run on the kernel's own threads and must return at once. So they only leave a
wish here, and the latest wish is the only one that counts: of all the values that a dragged slider
passes through, those that come while the thread is busy are never computed.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Job(Protocol):
    """What a worker does. All calls come from the worker's thread, one after the other."""

    def begin(self, values: Mapping[str, Any]) -> None:
        """Throw away the run so far and set up a new one."""

    def advance(self) -> bool:
        """Go on a little. Returns whether there is more to do."""

    def settle(self, *, finished: bool) -> None:
        """The run stands still from here on: it has ended, or is paused."""

    def fail(self, error: Exception) -> None:
        """One of the other calls raised `error`; the worker waits for the next wish."""


@dataclass(frozen=True)
class Wish:
    """What a worker should be doing."""

    values: Mapping[str, Any] = field(default_factory=dict)
    running: bool = False
    number: int = 0
    """A new number means a new run."""


class Worker:
    """Carries out the latest wish, in a thread of its own, until it is closed."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._changed = threading.Condition()
        self._wish = Wish()
        self._closed = False
        self._settled = self._finished = True
        self._thread = threading.Thread(target=self._work, name="panel", daemon=True)
        self._thread.start()

    @property
    def wish(self) -> Wish:
        return self._wish

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def finished(self) -> bool:
        """Is there nothing to go on with: has the run that is wished for ended or failed, or is none wished for yet?"""
        with self._changed:
            return self._settled and self._finished

    def begin(self, values: Mapping[str, Any], *, running: bool | None = None) -> None:
        """Wish for a new run with these values, running or paused (as now where nothing is said)."""
        with self._changed:  # `_change` takes it again; two callers must not get the same number
            self._change(values=dict(values), number=self._wish.number + 1, running=running)

    def set_running(self, running: bool) -> None:
        """Wish that the run goes on, or stands still."""
        self._change(running=running)

    def _change(self, **wish: Any) -> None:
        with self._changed:
            if wish["running"] is None:
                del wish["running"]
            self._wish = replace(self._wish, **wish)
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
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _work(self) -> None:
        number = 0
        sound = more = False
        while (wish := self._next_wish()) is not None:
            try:
                if wish.number != number:
                    number, sound, more = wish.number, True, True
                    self._job.begin(wish.values)
                elif wish.running and more:
                    more = self._job.advance()
                if not (wish.running and more):
                    self._settle(wish, finished=not more, sound=sound)
            except Exception as error:  # noqa: BLE001  whatever it is, the learner must see it
                sound = more = False
                self._job.fail(error)
                self._settle(wish, finished=True, sound=False)

    def _next_wish(self) -> Wish | None:
        """The latest wish, as soon as there is something to do for it; `None` once closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._settled)
            return None if self._closed else self._wish

    def _settle(self, wish: Wish, *, finished: bool, sound: bool) -> None:
        # There is nothing to show of a run that has failed, or before the first one.
        if sound:
            self._job.settle(finished=finished)
        with self._changed:
            # A wish that came in the meantime keeps the worker going.
            if self._wish is wish:
                self._settled, self._finished = True, finished
                self._changed.notify_all()
