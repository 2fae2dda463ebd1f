"""One update after the other, each taken apart: the network before it and after it."""

from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float, Int

from lesson_lib import model
from lesson_lib.data import Dataset
from lesson_lib.experiment.base import LedBySgd
from lesson_lib.experiment.race import Race
from lesson_lib.experiment.run import Run
from lesson_lib.experiment.settings import Settings


class Snapshot(NamedTuple):
    """What the network says of all N training examples, at one moment, and its first layer."""

    probabilities: Float[np.ndarray, "examples classes"]
    losses: Float[np.ndarray, " examples"]
    weight: Float[np.ndarray, "features units"]
    """Of the first layer; a column for each unit."""
    onward: Float[np.ndarray, "units classes"]
    """Of the second layer; a row for each unit."""

    @property
    def loss(self) -> float:
        """Mean loss of all examples."""
        return float(np.mean(self.losses, dtype=np.float64))


class Anatomy(NamedTuple):
    """One update, taken apart."""

    update: int
    """Its number, from 1."""
    examples: Int[np.ndarray, " batch"]
    """Which training examples are in its batch."""
    grad_norm: float
    """Length of the batch's gradient, before the update."""
    before: Snapshot
    after: Snapshot | None
    """`None` where the update has not been made yet."""

    @property
    def snapshots(self) -> tuple[Snapshot, ...]:
        """Before the update and, where it has been made, after it: the last one is how the network is now."""
        return (self.before,) if self.after is None else (self.before, self.after)

    def batch_loss(self, snapshot: Snapshot) -> float:
        """Mean loss of the batch."""
        return float(np.mean(snapshot.losses[self.examples], dtype=np.float64))

    def num_right(self, snapshot: Snapshot, labels: Int[np.ndarray, " examples"]) -> int:
        """How many examples of the batch have their own class as the most probable one."""
        says = snapshot.probabilities[self.examples].argmax(axis=1)
        return int(np.sum(says == labels[self.examples]))


class NextUpdateRun(LedBySgd[Run]):
    """A run of SGD whose last update can be looked into. The run is that of `Race` with the same settings.

    Raises:
        TypeError, ValueError: as for `Race`.
    """

    def __init__(self, dataset: Dataset, settings: Settings) -> None:
        super().__init__(Race(dataset, settings).sgd)
        self.dataset = dataset
        self.start_weight = np.asarray(self.sgd.state.params[0].weight)
        """Of the first layer, before any update."""
        self._anatomy: Anatomy | None = None

    @property
    def is_worth_a_picture(self) -> bool:
        """The moments at which the run measures its noise are enough: to look at all examples takes long."""
        return self.sgd.noise_is_known

    def _follow(self) -> None:
        self._anatomy = None  # of another place

    def anatomy(self) -> Anatomy:
        """The update made last; before the first one, that one, of which only the batch is known."""
        if self._anatomy is None:
            self._anatomy = self._take_apart()
        return self._anatomy

    def losses(self) -> Float[np.ndarray, "2 moments"]:
        """Numbers of updates at which the loss over all N examples is known, and the loss."""
        known = {at.num_updates: at.loss for at in self.sgd.measurements}
        known |= {self.moment: self.anatomy().snapshots[-1].loss}
        return np.array(sorted(known.items()), float).T

    def _take_apart(self) -> Anatomy:
        made = self.moment
        after = self._take_snapshot() if made else None
        self.sgd.go_to(max(made - 1, 0))
        inspection = self.sgd.inspect()
        before = self._take_snapshot()
        self.sgd.go_to(made)
        return Anatomy(max(made, 1), inspection.examples, inspection.batch_grad_norm, before, after)

    def _take_snapshot(self) -> Snapshot:
        params = self.sgd.state.params
        probabilities, losses = _predict(params, self.dataset.x_train, self.dataset.y_train)
        first, second = (np.asarray(layer.weight) for layer in params[:2])
        return Snapshot(np.asarray(probabilities), np.asarray(losses), first, second)


@jax.jit
def _predict(
    params: model.Params, x: Float[Array, "examples features"], y: Int[Array, " examples"]
) -> tuple[Float[Array, "examples classes"], Float[Array, " examples"]]:
    """Probability of each class, and the loss, of each example."""
    logits = model.forward(params, x)
    return jax.nn.softmax(logits), model.cross_entropy(logits, y)
