"""What `python -m lesson_lib.parallel` is told on its command line."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from lesson_lib.experiment.settings import Settings
from lesson_lib.optimizers import OPTIMIZERS

MOST_PORT = 65_535

ABOUT = """Train the lessons' network as one program on several processes, on this machine or on many.

Start it once for each process, each time with the same arguments but for --process-id:

    python -m lesson_lib.parallel --coordinator localhost:12345 --num-processes 2 --process-id 0 &
    python -m lesson_lib.parallel --coordinator localhost:12345 --num-processes 2 --process-id 1

Under Slurm, Open MPI or Kubernetes, --cluster lets JAX find all three by itself.
Without either, one process trains alone.
"""


class Options(NamedTuple):
    """The command line, checked."""

    coordinator: str | None
    """Address and port of process 0, "host:port"."""
    num_processes: int | None
    process_id: int | None
    cluster: bool
    """Does JAX find the three above by itself?"""
    devices: int
    """Simulated devices of each process, where it has no accelerator."""
    examples: int
    optimizer: str
    settings: Settings
    checkpoints: Path | None
    """A folder that all processes see."""
    patience: int
    """Seconds without a sign of life after which a process gives up."""

    @property
    def is_joint(self) -> bool:
        """Are there other processes?"""
        return self.cluster or self.coordinator is not None


def parse(arguments: Sequence[str]) -> Options:
    """The command line as options; ends the program with one line where something is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m lesson_lib.parallel", description=ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--coordinator", metavar="HOST:PORT", help="where process 0 can be reached by the others")
    parser.add_argument("--num-processes", type=int, metavar="P", help="how many there are in all")
    parser.add_argument("--process-id", type=int, metavar="ID", help="which one this is, from 0 to P - 1")
    parser.add_argument("--cluster", action="store_true", help="let JAX find these three: Slurm, Open MPI, Kubernetes")
    parser.add_argument(
        "--devices", type=int, default=1, help="simulated devices of each process (default: %(default)s)"
    )
    parser.add_argument("--examples", type=int, default=12_000, help="training examples N (default: %(default)s)")
    parser.add_argument("--optimizer", choices=OPTIMIZERS, default="sgd", help="default: %(default)s")
    defaults = Settings()
    for name in ("batch_size", "epochs", "learning_rate", "seed"):
        default = getattr(defaults, name)
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=type(default), default=default, help="default: %(default)s"
        )
    parser.add_argument("--checkpoints", type=Path, metavar="FOLDER", help="save there after each epoch, and resume")
    parser.add_argument(
        "--patience", type=int, default=60, metavar="SECONDS", help="give up after so long (default: %(default)s)"
    )
    found = vars(parser.parse_args(arguments))
    if problem := _problem(found):
        parser.error(problem)
    try:
        settings = Settings(**{name: found.pop(name) for name in ("batch_size", "epochs", "learning_rate", "seed")})
    except ValueError as error:
        parser.error(str(error))
    if settings.batch_size > found["examples"]:
        parser.error(f"--batch-size must be at most --examples, {found['examples']:,}, got {settings.batch_size:,}")
    if found["checkpoints"] is not None:
        found["checkpoints"] = found["checkpoints"].absolute()
    return Options(settings=settings, **found)


def _problem(found: dict[str, Any]) -> str:
    """What is wrong with the processes and their numbers; nothing where all is well."""
    address, processes, process = found["coordinator"], found["num_processes"], found["process_id"]
    given = [each is not None for each in (address, processes, process)]
    if found["cluster"] and any(given):
        return "--cluster finds coordinator, number of processes and process id by itself: leave them out"
    if any(given) and not all(given):
        return "--coordinator, --num-processes and --process-id are given together, or none of them"
    if address is not None and not _is_address(address):
        return f"--coordinator must be HOST:PORT with a port from 1 to {MOST_PORT:,}, got {address!r}"
    if processes is not None and not 0 <= process < processes:
        return f"--process-id must be from 0 to {processes - 1}, got {process}"
    for name in ("devices", "examples", "patience"):
        if found[name] < 1:
            return f"--{name} must be at least 1, got {found[name]}"
    return ""


def _is_address(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return bool(host.strip()) and port.isdecimal() and 1 <= int(port) <= MOST_PORT
