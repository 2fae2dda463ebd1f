"""What the learner chooses for a run of SGD."""

from dataclasses import dataclass
from typing import Any

from lesson_lib import batching
from lesson_lib.checks import require_choice, require_int, require_kind, require_positive, require_seed
from lesson_lib.data import require_dataset

MOST_UPDATES = 20_000_000
"""What is known of each update is kept: of so many, in 240 MB."""


@dataclass(frozen=True)
class Settings:
    """What the learner chooses for a run of SGD. Numbers may come in arrays without axes.

    Raises:
        TypeError, ValueError: a setting out of its range. The batch size is compared with the number
            of examples when a run is made.
    """

    batch_size: int = 32
    epochs: int = 10
    learning_rate: float = 0.05
    seed: int = 0
    sampling: str = "reshuffle"

    def __post_init__(self) -> None:
        require_choice("sampling", self.sampling, batching.SAMPLINGS)
        keep_numbers(self, batch_size=1, epochs=1)


def keep_numbers(settings: Any, **lowest: int) -> None:
    """Check the learning rate, the seed and some whole numbers of new settings, and keep them as plain numbers.

    Raises:
        TypeError, ValueError: one is out of its range.
    """
    for name, low in lowest.items():
        number = require_int(name, getattr(settings, name), low=low)
        object.__setattr__(settings, name, number)
    object.__setattr__(settings, "seed", require_seed("seed", settings.seed))
    object.__setattr__(settings, "learning_rate", require_positive("learning_rate", settings.learning_rate))


def require_settings(settings: Any, dataset: Any) -> None:
    """See that a run with these settings can be made on a dataset.

    Raises:
        TypeError: these are no `Settings`, or no `Dataset`.
        ValueError: a batch size above N, or more epochs than can be kept in memory.
    """
    require_dataset(dataset)
    require_kind("settings", settings, Settings, "as in ll.Settings(batch_size=32)")
    updates_per_epoch = batching.updates_per_epoch(dataset.num_examples, settings.batch_size)  # checks the batch size
    require_epochs(settings.epochs, updates_per_epoch)


def require_epochs(epochs: object, updates_per_epoch: int) -> int:
    """Return `epochs` when it is a whole number of at least 1, and so small that the updates can be kept in memory.

    Raises:
        TypeError, ValueError: it is not.
    """
    return require_int("epochs", epochs, low=1, high=max(1, MOST_UPDATES // updates_per_epoch))
