"""Where everything begins that is made with one seed."""

from functools import lru_cache, partial

from lesson_lib import model, sweep
from lesson_lib.data import Dataset


def layer_sizes(dataset: Dataset) -> tuple[int, ...]:
    """The lessons' network, with as many inputs and classes as the dataset has."""
    return dataset.num_features, *model.LAYER_SIZES[1:-1], dataset.num_classes


@lru_cache(maxsize=32)
def start_of(dataset: Dataset, seed: int) -> sweep.Start:
    """The same parameters and random orders for whatever is trained on a dataset with a seed; made once."""
    return sweep.init_start(seed, partial(model.init_params, layer_sizes(dataset)))
