"""Time of an update against the number of devices and the batch size, in one process and in two, beside one device.

    python -m benchmarks.parallel

The devices are simulated: all of them share this machine's cores. The table shows what sharing a batch out costs, and
no speed-up that real devices would bring.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
from functools import partial
from typing import NamedTuple

import jax

from benchmarks import machine
from lesson_lib import batching, training
from lesson_lib.cost import interleave
from lesson_lib.data import load_dataset
from lesson_lib.experiment.start import start_of
from lesson_lib.model import per_example_loss
from lesson_lib.optimizers import hyperparameters
from lesson_lib.parallel import SharedLoss, make_mesh, place, place_dataset
from lesson_lib.parallel.supervisor import SHOWN, end_with_the_supervisor

BATCH_SIZES = (8, 64, 512, 4096, 12_000)
LIMIT = 600
"""Seconds after which a process is ended."""


class Layout(NamedTuple):
    """How many processes, with how many devices each; 0 devices: one, by the library without `parallel`."""

    processes: int
    devices: int

    def __str__(self) -> str:
        if self.devices == 0:
            return "one device, without `parallel`"
        processes = "one process" if self.processes == 1 else f"{self.processes} processes"
        return f"{processes}, {self.processes * self.devices} device{'s' * (self.processes * self.devices > 1)}"


LAYOUTS = (Layout(1, 0), Layout(1, 1), Layout(1, 2), Layout(1, 4), Layout(1, 8), Layout(2, 1), Layout(2, 2))


def milliseconds(devices: int, repeats: int) -> list[float]:
    """Shortest time of an update at each batch size, on all devices of all processes."""
    mesh, dataset, hyper = make_mesh(), load_dataset(), hyperparameters(0.05)
    loss = SharedLoss(mesh) if devices else per_example_loss
    state = training.init_state(start_of(dataset, 0).params, "sgd", hyper)
    order = batching.epoch_order(dataset.y_train, 0, key=jax.random.key(1))
    if devices:
        dataset, state, order = place_dataset(dataset, mesh), place(state, mesh), place(order, mesh)
    runs, counts = [], []
    for batch_size in BATCH_SIZES:
        full = batch_size == dataset.num_examples
        run = partial(
            training.run_updates, state, dataset.x_train, dataset.y_train, None if full else order, hyper, 0,
            batch_size=batch_size, per_example_loss=loss,
        )  # fmt: skip
        # The same number in all processes, whatever each of them measures: they must exchange equally often.
        count = min(batching.updates_per_epoch(dataset.num_examples, batch_size), max(1, 4096 // batch_size))
        jax.block_until_ready(run(count))
        runs.append(partial(run, count))
        counts.append(count)
    seconds = interleave(runs, repeats).min(axis=0)
    return [1e3 * each / count for each, count in zip(seconds.tolist(), counts, strict=True)]


def child(address: str, layout: Layout, process_id: int, repeats: int) -> None:
    """One process; the first prints what was measured."""
    end_with_the_supervisor()
    jax.config.update("jax_num_cpu_devices", max(1, layout.devices))
    if layout.processes > 1:
        jax.distributed.initialize(address, layout.processes, process_id, initialization_timeout=60)
    found = milliseconds(layout.devices, repeats)
    if process_id == 0:
        print(f"{SHOWN}{json.dumps(found)}", flush=True)
    if layout.processes > 1:
        jax.distributed.shutdown()


def measure(layout: Layout, repeats: int) -> list[float]:
    """Start the processes of a layout, and take what they have measured."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        address = f"localhost:{probe.getsockname()[1]}"
    command = [sys.executable, "-m", "benchmarks.parallel", "--repeats", str(repeats), "--child", address]
    command += map(str, layout)
    started = [
        subprocess.Popen(
            [*command, str(process_id)], env=os.environ | {"JAX_PLATFORMS": "cpu"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for process_id in range(layout.processes)
    ]  # fmt: skip
    try:
        for process in started[1:]:
            process.wait(LIMIT)
        assert started[0].stdout is not None
        (line,) = (line for line in started[0].stdout if line.startswith(SHOWN))
    finally:
        for process in started:
            process.kill()
            process.wait()
    found: list[float] = json.loads(line.removeprefix(SHOWN))
    return found


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=9, help="timed runs (default: %(default)s)")
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        address, processes, devices, process_id = arguments.child
        child(address, Layout(int(processes), int(devices)), int(process_id), arguments.repeats)
        return
    print(f"{machine.describe(('jax', 'jaxlib'))}\nMLP 784-128-10, ms of an update, shortest of {arguments.repeats}\n")
    print(f"| | {' | '.join(f'B = {size:,}' for size in BATCH_SIZES)} |\n| --- |{' ---: |' * len(BATCH_SIZES)}")
    for layout in LAYOUTS:
        cells = " | ".join(f"{each:.2f}" for each in measure(layout, arguments.repeats))
        print(f"| {layout} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
