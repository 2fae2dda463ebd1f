"""What an update costs on D devices: two parts measured here, the rest computed from them.

    t(B, D) = a + b · ⌈B/D⌉ + c(D)

a and b are those of the line through the times of an update on one device, c(D) is the exchange of the gradients,
measured between two processes on this machine.
"""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import jax

from lesson_lib import batching, cost, training
from lesson_lib.cost import CostFit, UpdateTimes, fit_cost
from lesson_lib.data import Dataset
from lesson_lib.experiment.base import InPieces
from lesson_lib.experiment.start import start_of
from lesson_lib.optimizers import hyperparameters
from lesson_lib.parallel import Exchange, ExchangeMeasurement

DEVICE_COUNTS = (1, 2, 4, 8, 16)

ROUNDS = 5

POLL_SECONDS = 0.05

NOT_MEASURED = Exchange(math.nan, math.nan)
"""Of processes that have not found each other on this machine."""

BEGUN = 0.01
"""Share of the work that is done as soon as the processes start: what a panel does after its first picture, such as
drawing a copy, it does then, before they measure."""


class Parts(NamedTuple):
    """The time of one update, in seconds."""

    fixed: float
    """a: whatever the batch size."""
    share: float
    """b · ⌈B/D⌉: the examples of one device."""
    exchange: float
    """c(D)"""

    @property
    def total(self) -> float:
        """All that an update takes."""
        return self.fixed + self.share + self.exchange


class DeviceCosts(InPieces):
    """The measurements that the time of an update on D devices is computed from, a short piece at a time.

    First two processes time their exchange, in the background: `advance` only looks whether they have ended. Then this
    process times updates of some batch sizes. Until all is measured, it is best to compute nothing else.

    Args:
        dataset: what the network learns.
        start_exchange: begins the measurement of the exchange.
    """

    def __init__(
        self, dataset: Dataset, start_exchange: Callable[[], ExchangeMeasurement] = ExchangeMeasurement
    ) -> None:
        menu = batching.batch_size_menu(dataset.num_examples)
        self.batch_sizes = sorted({*menu[::3], menu[-1]})
        self.num_bytes = 0
        """Of one gradient, which is as large as the parameters; 0 until the work begins."""
        self.exchange: Exchange | None = None
        """`NOT_MEASURED` where it has been tried without success; `None` before."""
        self.times: UpdateTimes | None = None
        self._dataset, self._start_exchange = dataset, start_exchange
        self._measurement: ExchangeMeasurement | None = None

    def close(self) -> None:
        """End the processes that time their exchange, if they still do."""
        if self._measurement is not None:
            self._measurement.close()

    def advance(self) -> None:
        try:
            super().advance()
        except BaseException:
            self._pieces = self._work()  # one panel's runs share the measurements: the next one tries again
            raise

    def _work(self) -> Iterator[float]:
        if self._measurement is None:
            params = start_of(self._dataset, 0).params
            self.num_bytes = sum(leaf.nbytes for leaf in jax.tree.leaves(params))
            self._measurement = self._start_exchange()
            yield BEGUN
        while self.exchange is None:
            try:
                self.exchange = self._measurement.poll(POLL_SECONDS)
            except RuntimeError:
                self.exchange = NOT_MEASURED
            yield BEGUN if self.exchange is None else 0.5
        data, hyper = self._dataset, hyperparameters(0.05)
        state = training.init_state(start_of(data, 0).params, "sgd", hyper)
        pieces = cost.measuring(
            state, data.x_train, data.y_train, hyper, self.batch_sizes, key=jax.random.key(1), repeats=ROUNDS
        )
        total_pieces = cost.pieces_of_work(len(self.batch_sizes), ROUNDS)
        for timed, self.times in enumerate(pieces, start=1):
            yield 0.5 + 0.5 * timed / total_pieces

    @property
    def fit(self) -> CostFit | None:
        """The line through the times of an update on one device; none before all have been measured."""
        if not self.finished or self.times is None:
            return None
        return fit_cost(self.batch_sizes, self.times.minimum)

    def parts(self, batch_size: int) -> dict[int, Parts | None]:
        """The time of an update with each of `DEVICE_COUNTS`: `None` while it is not known.

        An exchange that could not be measured is NaN; one device makes none.
        """
        fit, exchange = self.fit, self.exchange
        if fit is None or exchange is None:
            return dict.fromkeys(DEVICE_COUNTS)
        return {
            count: Parts(
                fixed=fit.fixed_seconds,
                share=fit.seconds_per_example * -(-batch_size // count),
                exchange=0.0 if count == 1 else exchange.seconds(count, self.num_bytes),
            )
            for count in DEVICE_COUNTS
        }

    def quickest(self, batch_size: int) -> int | None:
        """Which of `DEVICE_COUNTS` makes an update of this batch size in the shortest time; `None` if not known."""
        totals = {count: math.nan if parts is None else parts.total for count, parts in self.parts(batch_size).items()}
        if not all(map(math.isfinite, totals.values())):
            return None
        return min(totals, key=totals.__getitem__)
