"""Work that is counted in updates, over some epochs."""

from lesson_lib.experiment.base import Experiment


class Counted(Experiment):
    """Where it stands among the updates of its epochs."""

    epochs: int
    """How many there are."""
    updates_per_epoch: int
    num_updates: int
    """Where it stands."""
    diverged_at: int | None = None
    """Number of the update, from 1, at which it diverged and therefore ends; `None` while it has not."""

    @property
    def total_updates(self) -> int:
        return self.epochs * self.updates_per_epoch

    @property
    def last_update(self) -> int:
        """The number of updates at which it ends: all of them, or those until it diverges."""
        return self.diverged_at or self.total_updates

    @property
    def num_epochs(self) -> float:
        """How many epochs have been made; a fraction within one."""
        return self.num_updates / self.updates_per_epoch

    @property
    def finished(self) -> bool:
        return self.num_updates == self.last_update

    @property
    def done(self) -> float:
        return self.num_updates / self.last_update
