"""Work that is counted in updates, over some epochs."""

from lesson_lib.experiment.base import Experiment
from lesson_lib.experiment.settings import Settings


class Counted(Experiment):
    """Where it stands among the updates of its epochs.

    Args:
        settings: how many epochs there are.
        updates_per_epoch: how many updates make one.
    """

    def __init__(self, settings: Settings, updates_per_epoch: int) -> None:
        self.settings = settings
        self.updates_per_epoch = updates_per_epoch
        self.num_updates = 0

    @property
    def total_updates(self) -> int:
        return self.settings.epochs * self.updates_per_epoch

    @property
    def num_epochs(self) -> float:
        """How many epochs have been made; a fraction within one."""
        return self.num_updates / self.updates_per_epoch

    @property
    def finished(self) -> bool:
        return self.num_updates == self.total_updates

    @property
    def done(self) -> float:
        return self.num_updates / self.total_updates
