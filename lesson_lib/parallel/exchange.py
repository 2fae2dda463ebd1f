"""How long devices need to exchange their gradients, measured between two real processes on this machine.

In a ring of D devices an all-reduce of V bytes takes 2 (D - 1) messages one after the other, of V/D bytes each:

    c(D) = 2 (D - 1) (α + V / (D W))          c(1) = 0

α, the latency, is what a message takes however short it is, W the bandwidth, in bytes a second. With D → ∞ the bytes
come to 2 V / W, and only the messages go on growing (Thakur, Rabenseifner and Gropp 2005, "Optimization of Collective
Communication Operations in MPICH").
"""

import json
import os
import queue
import socket
import subprocess
import sys
import time
from typing import NamedTuple

from lesson_lib.checks import require_int
from lesson_lib.parallel.supervisor import SHOWN, lines_of

PROCESSES = 2

NUM_FLOATS = (1, 101_770)
"""What is exchanged: next to nothing, and as many numbers as the lessons' network has parameters."""

FLOAT_BYTES = 4

LIMIT = 120.0
"""Seconds after which the processes are ended, whatever they wait for."""


class Exchange(NamedTuple):
    """What an exchange costs between the devices of this machine."""

    seconds_per_message: float
    """α, the latency."""
    seconds_per_byte: float
    """1 / W, of the bandwidth W."""

    def seconds(self, num_devices: int, num_bytes: int) -> float:
        """c(D): the time in which D devices exchange V bytes.

        >>> exchange = Exchange(seconds_per_message=0.25, seconds_per_byte=0.5)
        >>> exchange.seconds(2, 4), exchange.seconds(1, 4)
        (2.5, 0.0)

        Raises:
            TypeError, ValueError: a number that is not a whole number of at least 1.
        """
        num_devices = require_int("num_devices", num_devices, low=1)
        num_bytes = require_int("num_bytes", num_bytes, low=1)
        message = self.seconds_per_message + self.seconds_per_byte * num_bytes / num_devices
        return 2 * (num_devices - 1) * message


def exchange_from(short: float, long: float) -> Exchange:
    """Latency and bandwidth from the seconds that exchanges of `NUM_FLOATS` took: of two, c(2) = 2 α + V / W."""
    few, many = (FLOAT_BYTES * count for count in NUM_FLOATS)
    per_byte = max(0.0, (long - short) / (many - few))  # what is lost in the noise costs nothing, and not less
    return Exchange(max(0.0, short - per_byte * few) / 2, per_byte)


class ExchangeMeasurement:
    """Two processes that time their exchange, in the background; they end with it, whatever they wait for.

    They compute on this machine's processor, also where it has an accelerator: one cannot be exchanged with itself.

    Use it as a context manager, or call `close`.
    """

    def __init__(self) -> None:
        self._end = time.monotonic() + LIMIT
        self._tries_left = 1
        self._start()

    def _start(self) -> None:
        with socket.socket() as probe:
            probe.bind(("localhost", 0))
            address = f"localhost:{probe.getsockname()[1]}"
        command = (sys.executable, "-m", "lesson_lib.parallel.timed_exchange", address)
        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
        self._processes = [
            subprocess.Popen(
                [*command, str(process_id)], env=os.environ | {"JAX_PLATFORMS": "cpu"},
                stdin=pipe, stdout=nothing if process_id else pipe, stderr=nothing, text=True, encoding="utf-8",
            )
            for process_id in range(PROCESSES)
        ]  # fmt: skip
        self._lines = lines_of(self._processes[0])

    def poll(self, timeout: float = 0.0) -> Exchange | None:
        """The result, as soon as it is there; `None` while it is not. Waits at most `timeout` seconds.

        Raises:
            RuntimeError: the processes did not find each other here, or not in time.
        """
        try:
            line = self._lines.get(timeout=timeout)
        except queue.Empty:
            line = ""
        if line and line.startswith(SHOWN):
            self._end_processes()
            return exchange_from(*json.loads(line.removeprefix(SHOWN)))
        in_time = time.monotonic() < self._end
        if line is not None and in_time:  # nothing yet, or a line of the libraries below JAX
            return None
        # The first process has ended without a result, and the second would wait for it in vain; or both take too long.
        self._end_processes()
        if self._tries_left > 0 and in_time:
            self._tries_left -= 1
            self._start()  # another program may have taken the port before they could
            return None
        raise RuntimeError("two processes could not exchange gradients on this machine")

    def close(self) -> None:
        """End the processes; no others are started."""
        self._tries_left = 0
        self._end_processes()

    def _end_processes(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
            if process.stdin is not None:
                process.stdin.close()

    def __enter__(self) -> "ExchangeMeasurement":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def measure_exchange() -> Exchange:
    """Measure it, and wait for the result: some seconds, most of them for the two processes to start.

    Raises:
        RuntimeError: the processes did not find each other here, or not in time.
    """
    with ExchangeMeasurement() as measurement:
        while (found := measurement.poll(timeout=1.0)) is None:
            pass
    return found
