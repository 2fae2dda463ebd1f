"""Results that are remembered for each dataset and seed, also where several threads ask for them."""

import gc
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from helpers import tiny_dataset

from lesson_lib.experiment import start
from lesson_lib.experiment.start import once_for_each_seed

DATASET = tiny_dataset()


@pytest.fixture
def computed(monkeypatch):
    """A function whose calls are counted, and which remembers three seeds."""
    monkeypatch.setattr(start, "MOST_SEEDS", 3)
    seen = []

    @once_for_each_seed
    def compute(dataset, seed):
        seen.append(seed)
        return [seed]

    return compute, seen


def test_each_result_is_computed_once(computed):
    compute, seen = computed
    assert compute(DATASET, 1) is compute(DATASET, 1)
    assert compute(tiny_dataset(), 1) is not compute(DATASET, 1)
    assert seen == [1, 1]


def test_the_oldest_seed_is_forgotten(computed):
    compute, seen = computed
    for seed in (0, 1, 2, 3, 1, 2, 3, 0):
        assert compute(DATASET, seed) == [seed]
    assert seen == [0, 1, 2, 3, 0]


def test_a_dataset_that_nobody_has_any_more_is_forgotten_with_its_results():
    dataset, results = tiny_dataset(), []
    compute = once_for_each_seed(lambda _, seed: np.zeros(seed + 1))
    results.append(weakref.ref(compute(dataset, 0)))
    gone = weakref.ref(dataset)
    del dataset
    gc.collect()
    assert gone() is None
    assert results[0]() is None


def test_threads_that_ask_at_the_same_time_get_the_same_result():
    both = threading.Barrier(2)

    @once_for_each_seed
    def compute(dataset, seed):
        both.wait(10)  # both are computing
        return [seed]

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(compute, [DATASET, DATASET], [5, 5])
    assert one is other


def test_no_result_is_forgotten_before_it_is_handed_over(computed):
    compute, _ = computed
    rng = np.random.default_rng(0)
    often, usual = 1e-6, sys.getswitchinterval()

    def ask(seeds):
        return all(compute(DATASET, seed) == [seed] for seed in seeds)

    sys.setswitchinterval(often)
    try:
        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(ask, rng.integers(0, 6, (8, 2000)).tolist()))
    finally:
        sys.setswitchinterval(usual)
