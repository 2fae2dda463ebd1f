"""What the learner chooses for a run of SGD."""

from dataclasses import dataclass

from lesson_lib import batching
from lesson_lib.checks import require_choice, require_int, require_positive


@dataclass(frozen=True)
class Settings:
    """What the learner chooses for a run of SGD.

    Raises:
        TypeError, ValueError: a setting out of its range. The batch size is compared with the number
            of examples when a run is made.
    """

    batch_size: int = 32
    epochs: int = 10
    learning_rate: float = 0.05
    seed: int = 0
    sampling: str = "reshuffle"

    __no_type_check__ = True  # for jaxtyping: __post_init__ says better what is wrong

    def __post_init__(self) -> None:
        require_int("batch_size", self.batch_size, low=1)
        require_int("epochs", self.epochs, low=1)
        require_positive("learning_rate", self.learning_rate)
        require_int("seed", self.seed, low=0, high=2**32 - 1)
        require_choice("sampling", self.sampling, batching.SAMPLINGS)
