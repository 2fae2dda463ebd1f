"""The best learning rate of each optimizer, looked for with the same effort."""

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


def learning_rate(optimizer: str, effective: float) -> float:
    """The optimizer's own η for an effective learning rate: η / (1 - β) for those with momentum, else η itself."""
    exact = effective * (1 - MOMENTUM) if optimizer in {"momentum", "nesterov"} else effective
    return float(f"{exact:.6g}")  # 0.1 times 0.1 is 0.010000000000000002 in floating-point numbers


def rates(optimizer: str) -> tuple[float, ...]:
    """The learning rates that are tried for an optimizer: as many for one as for another."""
    effective = ADAPTIVE_RATES if optimizer in {"rmsprop", "adam"} else EFFECTIVE_RATES
    return tuple(learning_rate(optimizer, rate) for rate in effective)


class Tuning(Experiment):
    """Each optimizer with each of its learning rates, once, all with the same seed.

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
        """Loss over all training examples at the end of each trial; NaN where it diverged or is still to come."""
        self.num_done = 0
        self._trial: Trial | None = None

    @property
    def num_trials(self) -> int:
        return sum(map(len, self.losses.values()))

    @property
    def finished(self) -> bool:
        return self.num_done == self.num_trials

    @property
    def done(self) -> float:
        return (self.num_done + (self._trial.done if self._trial else 0)) / self.num_trials

    def advance(self) -> None:
        """Let the trial that is under way make some updates. A finished tuning stays as it is."""
        if self.finished:
            return
        place, which = divmod(self.num_done, len(OPTIMIZERS))  # rate by rate, so that all curves grow together
        optimizer = list(OPTIMIZERS)[which]
        self._trial = self._trial or Trial(
            self.dataset, optimizer, Hyperparameters(rates(optimizer)[place], momentum=MOMENTUM),
            seed=SEED, batch_size=self.batch_size, num_updates=self.num_updates, points=1,
        )  # fmt: skip
        self._trial.advance()
        if self._trial.finished:
            self.losses[optimizer][place] = self._trial.losses[-1]
            self._trial, self.num_done = None, self.num_done + 1

    def best(self, optimizer: str) -> float:
        """The learning rate with the lowest loss; the smallest one where all diverged."""
        return rates(optimizer)[self._best_place(optimizer)]

    def is_at_the_edge(self, optimizer: str) -> bool:
        """Is the best learning rate the smallest or the largest that was tried, so that one beyond may be better?"""
        return self._best_place(optimizer) in {0, len(rates(optimizer)) - 1}

    def _best_place(self, optimizer: str) -> int:
        return int(np.argmin(np.nan_to_num(self.losses[optimizer], nan=np.inf)))
