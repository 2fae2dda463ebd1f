"""What all that runs has in common: it goes on a short piece of work at a time."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Generic, Self, TypeVar

Leader = TypeVar("Leader", bound="Rewindable")

MEASUREMENTS = 120
"""How often a run is measured, at most: as often as a plot has room to show."""


class Experiment(ABC):
    """Something that goes on a short piece of work at a time, to its end."""

    @property
    @abstractmethod
    def finished(self) -> bool:
        """Is there nothing left to do?"""

    @property
    @abstractmethod
    def done(self) -> float:
        """Share of the work that has been done, from 0 to 1."""

    @property
    def is_worth_a_picture(self) -> bool:
        """Is the run worth a picture where it stands? While it is not, none is drawn unless the run stops there."""
        return True

    @abstractmethod
    def advance(self) -> None:
        """Do one short piece of work. What is finished stays as it is."""

    def to_compile(self) -> Iterable[Callable[[], object]]:
        """Functions that, called in turn, compile each program that such a run needs.

        They may change this run: make one for the purpose, and throw it away.
        """
        return ()

    def run(self) -> Self:
        """Go on to the end."""
        while not self.finished:
            self.advance()
        return self


class InPieces(Experiment):
    """An experiment whose work is written down as it is done from beginning to end, and cut where it yields.

    Work that was stopped by an error, or by the learner, cannot go on: `advance` raises a RuntimeError then.
    """

    _done = 0.0

    @cached_property
    def _pieces(self) -> Iterator[float]:
        return self._work()

    @abstractmethod
    def _work(self) -> Iterator[float]:
        """Do the work. After each short piece, yield the share of it that is done; where that is 1, it ends."""

    @property
    def finished(self) -> bool:
        return self._done == 1.0

    @property
    def done(self) -> float:
        return self._done

    def advance(self) -> None:
        if not self.finished:
            try:
                self._done = next(self._pieces)
            except StopIteration:  # of a generator that has raised nothing more can come
                raise RuntimeError("this run was stopped before its end, and cannot go on; make a new one") from None


class Rewindable(Experiment):
    """An experiment that can also be stepped through, and rewound to any moment that it has been at."""

    @property
    @abstractmethod
    def moment(self) -> int:
        """Where it stands, in updates."""

    @property
    @abstractmethod
    def recorded(self) -> int:
        """How far it has ever come, in updates."""

    @abstractmethod
    def step(self) -> None:
        """Make exactly one update. What is finished stays as it is."""

    @abstractmethod
    def go_to(self, moment: int) -> None:
        """Go to where it stood after so many updates; from there it goes on as it did the first time.

        Raises:
            TypeError, ValueError: not a whole number from 0 to `recorded`.
        """


class LedBySgd(Rewindable, Generic[Leader]):
    """What is seen beside a run of SGD: it stands where that stands, and goes where that goes."""

    def __init__(self, sgd: Leader) -> None:
        self.sgd = sgd

    @abstractmethod
    def _follow(self) -> None:
        """Go to where SGD stands now."""

    @property
    def moment(self) -> int:
        return self.sgd.moment

    @property
    def recorded(self) -> int:
        return self.sgd.recorded

    @property
    def finished(self) -> bool:
        return self.sgd.finished

    @property
    def done(self) -> float:
        return self.sgd.done

    def to_compile(self) -> Iterable[Callable[[], object]]:
        return self.sgd.to_compile()

    def advance(self) -> None:
        self.sgd.advance()
        self._follow()

    def step(self) -> None:
        self.sgd.step()
        self._follow()

    def go_to(self, moment: int) -> None:
        self.sgd.go_to(moment)
        self._follow()
