"""Where everything begins that is made with one seed."""

from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import TypeVar
from weakref import WeakKeyDictionary

from lesson_lib import model, noise, sweep
from lesson_lib.compilation import keep_programs_once
from lesson_lib.data import Dataset

Found = TypeVar("Found")

MOST_SEEDS = 32
"""Of so many seeds, the last ones, a dataset's results are remembered."""


def once_for_each_seed(function: Callable[[Dataset, int], Found]) -> Callable[[Dataset, int], Found]:
    """Let a function of a dataset and a seed compute each result once; it is forgotten together with the dataset."""
    known: WeakKeyDictionary[Dataset, dict[int, Found]] = WeakKeyDictionary()
    lock = Lock()  # each panel has threads of its own; held while looking and noting, never while computing

    def remembered(dataset: Dataset, seed: int) -> Found:
        with lock:
            results = known.setdefault(dataset, {})
            if seed in results:
                return results[seed]
        new = function(dataset, seed)
        with lock:
            found = results.setdefault(seed, new)  # another thread's, where that was quicker: all share one
            for oldest in list(results)[:-MOST_SEEDS]:
                results.pop(oldest)
        return found

    return remembered


def layer_sizes(dataset: Dataset) -> tuple[int, ...]:
    """The lessons' network, with as many inputs and classes as the dataset has."""
    return dataset.num_features, *model.LAYER_SIZES[1:-1], dataset.num_classes


@once_for_each_seed
def start_of(dataset: Dataset, seed: int) -> sweep.Start:
    """The same parameters and random orders for whatever is trained on a dataset with a seed; made once."""
    keep_programs_once()
    return sweep.init_start(seed, partial(model.init_params, layer_sizes(dataset)))


@once_for_each_seed
def first_full_gradient(dataset: Dataset, seed: int) -> noise.FullGradient:
    """The true gradient at the parameters of `start_of`, and tr Σ around it."""
    return noise.measure_full(start_of(dataset, seed).params, dataset.x_train, dataset.y_train)
