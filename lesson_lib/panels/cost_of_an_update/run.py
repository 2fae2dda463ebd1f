"""The time of one update, measured while one watches."""

import itertools
from collections.abc import Iterator

import jax

from lesson_lib import batching, cost, training
from lesson_lib.checks import require_int
from lesson_lib.cost import UpdateTimes
from lesson_lib.data import Dataset, require_dataset
from lesson_lib.experiment.base import InPieces
from lesson_lib.experiment.start import start_of
from lesson_lib.optimizers import hyperparameters


class CostOfAnUpdateRun(InPieces):
    """The time of one update at every batch size of the menu, on each of this machine's devices, a piece at a time.

    Args:
        dataset: what the network learns.
        rounds: how often each batch size is timed.

    Raises:
        TypeError, ValueError: no `Dataset`, or `rounds` is not a whole number of at least 1.
    """

    def __init__(self, dataset: Dataset, *, rounds: int = 5) -> None:
        require_dataset(dataset)
        self.dataset = dataset
        self.rounds = require_int("rounds", rounds, low=1)
        self.batch_sizes = batching.batch_size_menu(dataset.num_examples)
        self.devices = cost.devices()
        self.times: list[UpdateTimes] = []
        """What is known so far, of the devices that have had their turn."""

    def name(self, place: int) -> str:
        """What a device is called: "CPU", "GPU"."""
        return self.devices[place].platform.upper()

    def _work(self) -> Iterator[float]:
        pieces_done = itertools.count(1)
        total_pieces = len(self.devices) * cost.pieces_of_work(len(self.batch_sizes), self.rounds)
        data, hyper = self.dataset, hyperparameters(0.05)
        state = training.init_state(start_of(data, 0).params, "sgd", hyper)
        for place, device in enumerate(self.devices):
            pieces = cost.measuring(
                state, data.x_train, data.y_train, hyper, self.batch_sizes,
                key=jax.random.key(1), device=device, repeats=self.rounds,
            )  # fmt: skip
            for times in pieces:
                self.times[place:] = [times]
                yield next(pieces_done) / total_pieces
