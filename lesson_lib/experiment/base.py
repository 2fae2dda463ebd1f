"""What all that runs has in common: it goes on a short piece of work at a time."""

from abc import ABC, abstractmethod
from typing import TypeVar

Going = TypeVar("Going", bound="Experiment")


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

    @abstractmethod
    def advance(self) -> None:
        """Do one short piece of work. What is finished stays as it is."""

    def run(self: Going) -> Going:
        """Go on to the end."""
        while not self.finished:
            self.advance()
        return self


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
