"""Compare one epoch of training in this library with six other ways, side by side in one run.

    pip install -e .[bench]
    python -m benchmarks.compare

All train the same network, MLP 784-128-10, on the same 12,000 images from the same parameters. They
take turns, and the shortest time of each counts.
"""

import argparse
import random
from collections.abc import Callable, Mapping, Sequence

import jax
import jax.numpy as jnp
import numpy as np
import torch
from jaxtyping import Float64
from threadpoolctl import threadpool_info

from benchmarks import machine
from benchmarks.contenders import CONTENDERS
from benchmarks.products import PRODUCTS, flops, products
from lesson_lib import model
from lesson_lib.cost import interleave
from lesson_lib.data import Dataset, load_dataset

NUM_EXAMPLES = 12_000
BATCH_SIZES = (8, 32, 128, 1024, NUM_EXAMPLES)
LEARNING_RATE = 0.01

OURS, SCAN, NUMPY = "this library", "bare lax.scan", "NumPy"
TORCH = ("PyTorch, DataLoader", "PyTorch, index loop")
PACKAGES = ("jax", "jaxlib", "optax", "numpy", "torch", "scikit-learn")

AIMS = {
    "better PyTorch loop / this library": ("≥", (4.0, 4.0, 2.0, 1.5, 2.0)),
    "NumPy / this library": ("≥", (1.5, 1.5, 1.2, 1.2, 1.5)),
    "this library / bare lax.scan": ("≤", (1.15, 1.15, 1.15, 1.1, 0.7)),
}

Seconds = Mapping[str, Float64[np.ndarray, " repeats"]]


def epochs(data: Dataset, batch_size: int) -> dict[str, Callable[[], object]]:
    """An epoch in each way, tried once: from the same start all must come to about the same loss."""
    images, labels = np.array(data.x_train), np.array(data.y_train)
    params = model.init_params(key=jax.random.key(0))
    runs: dict[str, Callable[[], object]] = {}
    losses = {}
    for name, contender in CONTENDERS.items():
        run = contender(images, labels, params, batch_size, LEARNING_RATE)
        losses[name] = float(model.mean_loss(jax.tree.map(jnp.array, run()), data.x_train, data.y_train))
        runs[name] = run
    if max(losses.values()) > 1.1 * min(losses.values()):
        raise RuntimeError(f"not the same training at B = {batch_size}: losses after one epoch are {losses}")
    return runs


def measure(runs: Mapping[str, Callable[[], object]], repeats: int) -> Seconds:
    """Seconds of each run, the runs taking turns, in a new random order in each turn.

    A run finds the caches full of another's data, other libraries' threads still waiting on a core and
    its own asleep. Hence each makes one epoch that is not timed right before the one that is.
    """
    order = random.Random(0)
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name in order.sample(list(runs), len(runs)):
            seconds[name].append(float(interleave([runs[name]], 2)[1, 0]))
    return {name: np.array(values) for name, values in seconds.items()}


def table(title: str, rows: Mapping[str, Sequence[str]]) -> str:
    """Columns under the batch sizes, as Markdown."""
    lines = [[title, *(f"B = {size:,}" for size in BATCH_SIZES)], ["---", *("---:" for _ in BATCH_SIZES)]]
    lines += [[name, *cells] for name, cells in rows.items()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def tables(measured: Sequence[Seconds]) -> str:
    """Times, ratios, and ratios beside what was aimed at."""
    times = {name: np.array([seconds[name].min() for seconds in measured]) for name in CONTENDERS}
    ratios = {name: times[name] / times[OURS] for name in CONTENDERS if name != OURS}
    reached = (np.minimum(*(ratios[name] for name in TORCH)), ratios[NUMPY], 1 / ratios[SCAN])
    beside = {
        name: [f"{value:.2f} ({sign} {aim:g})" for value, aim in zip(values, aims, strict=True)]
        for (name, (sign, aims)), values in zip(AIMS.items(), reached, strict=True)
    }
    milliseconds = {name: [f"{1e3 * value:,.1f}" for value in values] for name, values in times.items()}
    shares = {name: [f"{value:,.2f}" for value in values] for name, values in ratios.items()}
    return "\n\n".join(
        [
            table("one epoch, ms", milliseconds),
            table("times as long as this library", shares),
            table("ratio (aim)", beside),
        ]
    )


def full_batch(seconds: Seconds) -> str:
    """How near an update with B = N comes to its matrix products alone."""
    update = seconds[OURS].min()
    lines = [f"One update with B = N takes {1e3 * update:.1f} ms. Its five matrix products alone take:"]
    for library in ("JAX", "NumPy"):
        each = {name: seconds[f"{library} {name}"].min() for name in PRODUCTS}
        total = sum(each.values())
        parts = ", ".join(f"{name} {1e3 * value:.2f}" for name, value in each.items())
        lines.append(
            f"- in {library} {1e3 * total:.1f} ms ({parts}): {flops(NUM_EXAMPLES) / total / 1e9:.0f} GFLOP/s, "
            f"so the update reaches {total / update:.0%} of their speed"
        )
    return "\n".join(lines)


def threads() -> str:
    """Whose threads, how many, and which processor OpenBLAS takes this one for."""
    pools = {
        f"{pool['internal_api']} {pool.get('architecture') or ''}".strip(): pool["num_threads"]
        for pool in threadpool_info()
    }
    return ", ".join(
        f"{name}: {count} threads" for name, count in {**pools, "PyTorch": torch.get_num_threads()}.items()
    )


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7, help="turns of each contender (default: %(default)s)")
    repeats = parser.parse_args().repeats
    machine.start_clean("benchmarks.compare")

    data = load_dataset("fashion_mnist", num_examples=NUM_EXAMPLES)
    print(f"{machine.describe(PACKAGES)}\n{threads()}\n{NUM_EXAMPLES:,} images, MLP 784-128-10, {repeats} turns\n")
    measured = []
    for batch_size in BATCH_SIZES:
        runs = epochs(data, batch_size)
        if batch_size == NUM_EXAMPLES:
            runs |= products(NUM_EXAMPLES)
        measured.append(measure(runs, repeats))
    print(f"{tables(measured)}\n\n{full_batch(measured[-1])}\n")
    disturbed = max(np.median(seconds[name]) / seconds[name].min() for seconds in measured for name in CONTENDERS)
    print(f"Medians are up to {disturbed - 1:.0%} above the minima. Much more than 20 %: the machine was busy.")


if __name__ == "__main__":
    main()
