"""Time and memory of an epoch for 1,000 to 1,000,000 synthetic examples of 784 features.

    python -m benchmarks.scale

Each number of examples has a process of its own, so that its peak memory is its own. The largest one
needs about 7 GB; `--most 100000` leaves it out.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import NamedTuple

import jax
import numpy as np

from benchmarks import machine
from lesson_lib import batching, model, training
from lesson_lib.cost import interleave
from lesson_lib.data import Dataset
from lesson_lib.optimizers import Hyperparameters

SIZES = (1_000, 10_000, 100_000, 1_000_000)
BATCH_SIZE = 128
CONSTANT = 128e6
"""Bytes allowed beside twice the data."""


class Measured(NamedTuple):
    """Figures of one number of examples: seconds and bytes."""

    num_examples: int
    data: int
    peak: int
    epoch: float
    full_update: float


def synthetic(num_examples: int) -> Dataset:
    """Random pictures and classes. They are copied once on their way to JAX, as anybody's NumPy data are."""
    rng = np.random.default_rng(0)
    x = rng.random((num_examples, model.LAYER_SIZES[0]), dtype=np.float32)
    y = rng.integers(model.LAYER_SIZES[-1], size=num_examples)
    names = tuple(str(label) for label in range(model.LAYER_SIZES[-1]))
    return Dataset("synthetic", x, y, x[:100], y[:100], names)


def measure(num_examples: int, repeats: int) -> Measured:
    """Train on this many examples, after a training on 1,000 that shows what memory the programs need themselves."""
    time_training(synthetic(min(SIZES)), 1)
    baseline = machine.peak_memory()
    data = synthetic(num_examples)
    epoch, full_update = time_training(data, repeats)
    return Measured(num_examples, data.x_train.nbytes, machine.peak_memory() - baseline, epoch, full_update)


def time_training(data: Dataset, repeats: int) -> tuple[float, float]:
    """Shortest seconds of an epoch at B = 128, drawing its order included, and of one update at B = N."""
    x, y, hyper = data.x_train, data.y_train, Hyperparameters(0.01)
    state = training.init_state(model.init_params(key=jax.random.key(0)), "sgd", hyper)

    def epoch() -> object:
        order = batching.epoch_order(y, 0, key=jax.random.key(1))
        count = batching.updates_per_epoch(len(x), BATCH_SIZE)
        return training.run_updates(state, x, y, order, hyper, 0, count, batch_size=BATCH_SIZE)

    def full_update() -> object:
        return training.run_updates(state, x, y, None, hyper, 0, 1, batch_size=len(x))

    interleave([epoch, full_update], 1)
    seconds = interleave([epoch, full_update], repeats).min(axis=0)
    return float(seconds[0]), float(seconds[1])


def row(found: Measured) -> str:
    """One line of the table."""
    allowed = 2 * found.data + CONSTANT
    cells = [
        f"{found.num_examples:,}",
        f"{1e3 * found.epoch:,.1f}",
        f"{1e9 * found.epoch / found.num_examples:,.0f}",
        f"{1e3 * found.full_update:,.1f}",
        f"{1e9 * found.full_update / found.num_examples:,.0f}",
        f"{found.data / 1e6:,.0f}",
        f"{found.peak / 1e6:,.0f}",
        f"{allowed / 1e6:,.0f}",
        "yes" if found.peak <= allowed else "no",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5, help="timed runs (default: %(default)s)")
    parser.add_argument(
        "--most", type=int, default=max(SIZES), help="largest number of examples (default: %(default)s)"
    )
    arguments = parser.parse_args()
    print(f"{machine.describe(('jax', 'jaxlib', 'numpy'))}\nMLP 784-128-10, shortest of {arguments.repeats} runs\n")
    print(
        f"| N | epoch at B = {BATCH_SIZE}, ms | ns per example | update at B = N, ms | ns per example "
        f"| data, MB | peak memory, MB | twice the data + {CONSTANT / 1e6:.0f} MB | within |\n|{' ---: |' * 9}"
    )
    for num_examples in SIZES:
        if num_examples <= arguments.most:
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
                print(row(process.submit(measure, num_examples, arguments.repeats).result()), flush=True)


if __name__ == "__main__":
    main()
