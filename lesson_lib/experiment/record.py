"""What is known of a run: measured, timed and counted while it trained. Kept when the network itself is not."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from lesson_lib.experiment.history import Clock, History, times


class Measurement(NamedTuple):
    """What is known of a run at one moment."""

    num_updates: int
    loss: float
    """Mean loss over all N training examples."""
    test_loss: float
    test_accuracy: float
    has_noise: bool
    """Was the noise measured at this moment? Where not, it is NaN."""
    noise: float = np.nan
    """|g_B - G| / |G|, root mean square over some batches drawn at this moment."""
    predicted_noise: float = np.nan
    """What theory says of the same: √(tr Σ / B · (N - B) / (N - 1)) / |G|, or with replacement √(tr Σ / B) / |G|."""


class Record:
    """All that is known of one run, as far as it has ever come.

    Args:
        total_updates: how many updates it makes, if it does not diverge.
        num_examples, batch_size: N and B.
    """

    def __init__(self, total_updates: int, *, num_examples: int, batch_size: int) -> None:
        self.total_updates = total_updates
        self.recorded = 0
        """How many updates are known."""
        self.measured: dict[int, Measurement] = {}
        """By the number of updates."""
        self._num_examples, self._batch_size = num_examples, batch_size
        self._batch_losses = np.empty(total_updates, np.float32)
        self._seconds = np.zeros(total_updates + 1)

    def add_updates(self, batch_losses: Float[np.ndarray, " updates"], seconds_each: float) -> None:
        """Note the updates that follow those which are known."""
        before, after = self.recorded, self.recorded + len(batch_losses)
        self._batch_losses[before:after] = batch_losses
        self._seconds[before + 1 : after + 1] = self._seconds[before] + seconds_each * np.arange(1, after - before + 1)
        self.recorded = after

    @property
    def measurements(self) -> list[Measurement]:
        """In order."""
        return self.measurements_until(self.recorded)

    def measurements_until(self, num_updates: int) -> list[Measurement]:
        """Those up to a moment, in order."""
        return [self.measured[at] for at in sorted(self.measured) if at <= num_updates]

    def times(self, clock: Clock, num_updates: Int[np.ndarray, " moments"]) -> Float[np.ndarray, " moments"]:
        """What a clock shows after so many updates. Seconds are those of the updates alone.

        Raises:
            ValueError: an unknown clock.
        """
        seconds = self._seconds[num_updates]
        return times(clock, num_updates, seconds, num_examples=self._num_examples, batch_size=self._batch_size)

    def history(self, clock: Clock, num_updates: int | None = None) -> History:
        """The run up to a moment, or all that is known of it, against one of the clocks."""
        last = self.recorded if num_updates is None else num_updates
        measured = self.measurements_until(last)
        return History(
            time=self.times(clock, np.array([each.num_updates for each in measured], int)),
            losses=np.array([each.loss for each in measured], float),
            test_losses=np.array([each.test_loss for each in measured], float),
            test_accuracies=np.array([each.test_accuracy for each in measured], float),
            noise=np.array([each.noise for each in measured], float),
            predicted_noise=np.array([each.predicted_noise for each in measured], float),
            batch_time=self.times(clock, np.arange(last)),
            batch_losses=self._batch_losses[:last].copy(),
        )
