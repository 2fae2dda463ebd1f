"""The best learning rate of each optimizer, looked for in the same way."""

import math

import numpy as np
from jaxtyping import Float

from lesson_lib.data import Dataset
from lesson_lib.experiment.base import Experiment
from lesson_lib.optimizers import OPTIMIZERS, Hyperparameters
from lesson_lib.panels.optimizer_race.trial import Trial

MOMENTUM = 0.9
"""β of momentum and Nesterov momentum. What else the optimizers have is left at its usual value."""

SEED = 1000
"""Of the tuning, and never in a race: no optimizer's learning rate is fitted to the seeds that it is judged by."""

EFFECTIVE_RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""η / (1 - β): what a constant gradient moves a parameter by, once momentum has gathered speed."""

ADAPTIVE_RATES = (5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02)
"""η of RMSProp and Adam, about how far each parameter moves in an update."""

MATCHED = ("sgd", "momentum", "nesterov")
"""Those with an effective rate. RMSProp and Adam divide the gradient by its size: their learning rate has another unit,
and nothing matches it."""

GUESSES = {
    "sgd": (0.05, 0.2),
    "momentum": (0.1, 2.0),
    "nesterov": (0.1, 2.0),
    "rmsprop": (0.002, 0.002),
    "adam": (0.002, 0.005),
}
"""The effective learning rate with which the tuning begins at B = 8, and the largest with which it begins at all."""


def learning_rate(optimizer: str, effective: float) -> float:
    """The optimizer's own η for an effective learning rate: η / (1 - β) for those with momentum, else η itself."""
    exact = effective * (1 - MOMENTUM) if optimizer in {"momentum", "nesterov"} else effective
    return float(f"{exact:.6g}")  # 0.1 times 0.1 is 0.010000000000000002 in floating-point numbers


def rates(optimizer: str) -> tuple[float, ...]:
    """The learning rates that may be tried for an optimizer: as many for one as for another."""
    return tuple(learning_rate(optimizer, rate) for rate in _effective(optimizer))


def starting_place(optimizer: str, batch_size: int) -> int:
    """Which of the rates is tried first: a guess that was at most one place from the best for B = 8 to 512.

    On the lessons' images the best rate grows about as B^(2/3) while noise is the limit, and no further where curvature
    is: for plain SGD soon, with momentum late. That of RMSProp and Adam, which divide a gradient by its size, hardly
    grows.
    """
    at_eight, most = GUESSES[optimizer]
    guess = min(at_eight * (batch_size / 8) ** (2 / 3), most)
    return int(np.argmin(np.abs(np.log(_effective(optimizer)) - math.log(guess))))


def _effective(optimizer: str) -> tuple[float, ...]:
    return EFFECTIVE_RATES if optimizer in MATCHED else ADAPTIVE_RATES


class Tuning(Experiment):
    """Each optimizer with one learning rate after another, from a guess up and down, all with the same seed.

    An optimizer is tuned when the rates on both sides of its best one have been tried and are worse. The optimizers
    take turns.

    Args:
        dataset: what they learn.
        batch_size: B, from 1 to N.
        num_updates: how many updates each trial makes: as many as the race that it is for.
    """

    def __init__(self, dataset: Dataset, *, batch_size: int, num_updates: int) -> None:
        self.dataset, self.batch_size, self.num_updates = dataset, batch_size, num_updates
        self.losses: dict[str, Float[np.ndarray, " rates"]] = {
            optimizer: np.full(len(rates(optimizer)), np.nan) for optimizer in OPTIMIZERS
        }
        """Loss over all training examples at the end of each trial; NaN where it diverged or was not made."""
        self._tried: dict[str, list[int]] = {optimizer: [] for optimizer in OPTIMIZERS}
        self._trial: Trial | None = None

    @property
    def num_done(self) -> int:
        """How many learning rates have been tried, of all optimizers together."""
        return sum(map(len, self._tried.values()))

    @property
    def finished(self) -> bool:
        return not any(map(self._to_try, OPTIMIZERS))

    @property
    def done(self) -> float:
        """Nobody knows how many trials there will be: one more than have been made, until there is none."""
        made = {optimizer: float(len(tried)) for optimizer, tried in self._tried.items()}
        if self._trial:
            made[self._trial.name] += self._trial.done
        shares = [number / (number + 1) if self._to_try(name) else 1.0 for name, number in made.items()]
        return sum(shares) / len(shares)

    def advance(self) -> None:
        """Let the trial that is under way make some updates. A finished tuning stays as it is."""
        if self.finished:
            return
        # What is stopped by an error cannot go on: it is put back after its work, or made anew.
        trial, self._trial = self._trial or self._next_trial(), None
        trial.advance()
        if not trial.finished:
            self._trial = trial
            return
        place = self._to_try(trial.name)[0]
        self.losses[trial.name][place] = trial.losses[-1]
        self._tried[trial.name].append(place)

    def _next_trial(self) -> Trial:
        optimizer = min(filter(self._to_try, OPTIMIZERS), key=lambda optimizer: len(self._tried[optimizer]))
        rate = rates(optimizer)[self._to_try(optimizer)[0]]
        return Trial(
            self.dataset, optimizer, Hyperparameters(rate, momentum=MOMENTUM),
            seed=SEED, batch_size=self.batch_size, num_updates=self.num_updates, points=1,
        )  # fmt: skip

    def best(self, optimizer: str) -> float:
        """The learning rate with the lowest loss so far: before the first trial that with which the tuning begins."""
        return rates(optimizer)[self._best_place(optimizer)]

    def is_at_the_edge(self, optimizer: str) -> bool:
        """Is the best learning rate the smallest or the largest that may be tried, so that one beyond may be better?"""
        return self._best_place(optimizer) in {0, len(rates(optimizer)) - 1}

    def _to_try(self, optimizer: str) -> list[int]:
        """Which rates to try next, of the best one (at first a guess) and its neighbours; none once it is tuned."""
        best, places = self._best_place(optimizer), range(len(self.losses[optimizer]))
        return [at for at in (best, best - 1, best + 1) if at in places and at not in self._tried[optimizer]]

    def _best_place(self, optimizer: str) -> int:
        """Of those that have all diverged the smallest: what is stable is below them."""
        if not self._tried[optimizer]:
            return starting_place(optimizer, self.batch_size)
        losses = np.nan_to_num(self.losses[optimizer], nan=math.inf)
        return min(self._tried[optimizer], key=lambda place: (losses[place], place))
