"""Watches over one process of a training, and turns every way in which it can fail into a clear end.

JAX aborts the whole process where another one is missing or has died, and under some conditions waits for it for ever,
deaf to SIGTERM. So the training runs in a child process (`worker`), and its parent, which computes nothing, counts the
seconds since its last sign of life: any line that it prints.
"""

import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO

from lesson_lib.parallel.options import Options

SHOWN = "> "
"""How the child's lines begin that are for people; the libraries below JAX print lines of their own."""

JOINED = "joined"
"""First word of the line that says that all processes have found each other."""

LOST = 3
"""Exit status of a process whose exchange with the others has failed."""

WORKER = (sys.executable, "-m", "lesson_lib.parallel.worker")

GRACE = 15
"""Seconds after which the child is ended though JAX should have ended it by itself."""

FOUND_LOST = ("distributed service detected fatal errors", "heartbeat timeout", "Connection closed by peer")
"""What JAX writes where another process is gone."""


def supervise(arguments: Sequence[str], options: Options) -> int:
    """Run the training in a child process to its end. Returns the exit status of the program."""
    with tempfile.TemporaryFile() as errors, _child(arguments, errors) as child:
        joined, hangs = False, False
        lines = lines_of(child)
        while True:
            try:
                line = lines.get(timeout=options.patience + GRACE)
            except queue.Empty:
                hangs = True
                child.kill()
                break
            if line is None:
                break
            if line.startswith(SHOWN):
                joined = joined or line.startswith(SHOWN + JOINED)
                print(line.removeprefix(SHOWN), end="", flush=True)  # noqa: T201
        status = child.wait()
        errors.seek(0)
        written = errors.read().decode(errors="replace")
    if status == 0:
        return 0
    print(_what_happened(options, status, written, joined=joined, hangs=hangs), file=sys.stderr, flush=True)  # noqa: T201
    return LOST if hangs or status != 1 else 1


def end_with_the_supervisor() -> None:
    """The child's side: when its supervisor is gone, its standard input is closed, and this process ends."""

    def wait() -> None:
        os.read(sys.stdin.fileno(), 1)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _what_happened(options: Options, status: int, written: str, *, joined: bool, hangs: bool) -> str:
    if status == 1:
        return written
    if not joined and options.is_joint:
        where = f"the coordinator {options.coordinator}" if options.coordinator else "what the cluster told JAX"
        count = f"all {options.num_processes}" if options.num_processes else "all"
        return (
            f"Not {count} processes came together within {options.patience} s. Is each of them started, and can each "
            f"reach {where}? Each needs a process id of its own, from 0 on."
        )
    if hangs:
        return (
            f"No update was finished within {options.patience + GRACE} s, and the process was ended. {_again(options)}"
        )
    if status == LOST or any(sign in written for sign in FOUND_LOST):
        return f"Another process has died, or can no longer be reached. {_again(options)}"
    ended = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
    return f"{written}\nThe training process {ended}. {_again(options)}"


def _again(options: Options) -> str:
    if options.checkpoints is None:
        return "Start all of them again; with --checkpoints FOLDER a training goes on from where it was."
    return f"Start all of them again: they go on from the last checkpoint in {options.checkpoints}."


@contextmanager
def _child(arguments: Sequence[str], errors: IO[bytes]) -> Iterator[subprocess.Popen[str]]:
    """The training in a process of its own, which ends when this block ends, whatever state it is in."""
    child = subprocess.Popen(
        [*WORKER, *arguments],
        stdin=subprocess.PIPE,  # never written to: it is closed when this process is gone, and then the child ends
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        encoding="utf-8",
    )
    before = signal.signal(signal.SIGTERM, _end)
    try:
        yield child
    finally:
        child.kill()
        child.wait()
        if child.stdin is not None:
            child.stdin.close()
        signal.signal(signal.SIGTERM, before)


def _end(number: int, _frame: object) -> None:
    sys.exit(128 + number)


def lines_of(child: subprocess.Popen[str]) -> queue.SimpleQueue[str | None]:
    """The lines that the child prints, as they come; `None` at their end."""
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        assert child.stdout is not None
        with child.stdout:
            for line in child.stdout:
                lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    return lines
