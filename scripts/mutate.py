"""Put small faults into the course, one at a time, and see whether its tests catch them.

    python scripts/mutate.py                          all faults of tests/mutations.toml
    python scripts/mutate.py noise/ panels/gd_vs_sgd  those in files whose path contains one of these

A fault is a piece of text that stands once in its file, and what takes its place. Each is put into a temporary copy
of the course, never into the course itself, and the tests named beside it run there. A fault that they let pass has
survived: a test is missing. Ends with 1 where one survived, and with 2 where the tests fail without any fault.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

HERE = Path(__file__).resolve().parents[1]
LIST = HERE / "tests" / "mutations.toml"
NOT_COPIED = (".*", "__pycache__", "build", "dist", "my-lessons", "node_modules")
LONGEST = 900
"""Seconds; a fault because of which the tests do not end is one that they catch."""

PASSED, FAILED, BROKEN = 0, 1, 2
"""What pytest says: all tests passed, one failed, or one could not even be imported."""

Copies = SimpleQueue[Path]


class Mutation(NamedTuple):
    """A fault, and the tests that should catch it."""

    path: str
    old: str
    new: str
    tests: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.path}: {self.old!r} → {self.new!r}"

    def applied(self, text: str) -> str:
        """The file's text with the fault in it.

        Raises:
            ValueError: the text to be replaced does not stand there exactly once, or nothing would change.
        """
        if text.count(self.old) != 1 or self.old == self.new:
            raise ValueError(f"out of date: {self}; the old text is there {text.count(self.old)} times")
        return text.replace(self.old, self.new)


def read_mutations(text: str) -> list[Mutation]:
    """What a list of faults holds; a fault may name other tests than its file."""
    return [
        Mutation(file["path"], fault["old"], fault["new"], tuple(fault.get("tests", file["tests"])))
        for file in tomllib.loads(text)["file"]
        for fault in file["faults"]
    ]


def run_tests(folder: Path, tests: Sequence[str]) -> tuple[int, str]:
    """Run tests in a copy of the course, those of JavaScript by Node: the exit status, and the first that failed."""
    programs = os.environ.get("JAX_COMPILATION_CACHE_DIR", str(HERE / "build" / "programs"))
    # Bytecode is found by time and size: that of the file without the fault could be taken for one with it.
    settings = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "JAX_COMPILATION_CACHE_DIR": programs}
    without = ("-p", "no:cacheprovider", "-p", "no:nbval")
    command = (sys.executable, "-m", "pytest", "-x", "-q", "--tb=no", *without, *tests)
    if all(test.endswith(".js") for test in tests):
        command = ("node", "--test", "--test-reporter=tap", *tests)
    environment = os.environ | settings
    try:
        done = subprocess.run(
            command, check=False, cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=LONGEST
        )
    except subprocess.TimeoutExpired:
        return FAILED, "a test that did not end"
    failed = re.search(r"^(?:FAILED|ERROR|not ok \d+ -) (.+?)(?: - .*)?$", done.stdout, re.MULTILINE)
    return done.returncode, failed[1] if failed else done.stdout[-2000:]


def try_out(mutation: Mutation, folder: Path) -> tuple[bool, str]:
    """Whether the tests catch a fault, and the test that does. The copy is whole again afterwards.

    Raises:
        RuntimeError: pytest could not do its work.
    """
    file = folder / mutation.path
    whole = file.read_text(encoding="utf-8")
    file.write_text(mutation.applied(whole), encoding="utf-8")
    try:
        status, first = run_tests(folder, mutation.tests)
    finally:
        file.write_text(whole, encoding="utf-8")
    if status not in {PASSED, FAILED, BROKEN}:
        raise RuntimeError(f"{mutation}: {first}")
    return status != PASSED, first


@contextmanager
def borrowed(copies: Copies) -> Iterator[Path]:
    """One of the copies, for as long as nobody else needs it."""
    folder = copies.get()
    try:
        yield folder
    finally:
        copies.put(folder)


def main(names: Sequence[str], jobs: int) -> int:
    """Try the faults in files whose path contains one of `names`, or all of them. Returns the exit status."""
    mutations = [
        each for each in read_mutations(LIST.read_text("utf-8")) if any(name in each.path for name in names or [""])
    ]
    for mutation in mutations:
        mutation.applied((HERE / mutation.path).read_text("utf-8"))
    copies: Copies = SimpleQueue()

    def whole(tests: tuple[str, ...]) -> tuple[int, str]:
        with borrowed(copies) as folder:
            return run_tests(folder, tests)

    def spoilt(mutation: Mutation) -> bool:
        with borrowed(copies) as folder:
            caught, first = try_out(mutation, folder)
        print(f"{f'caught by {first}' if caught else f'SURVIVED {mutation.tests}'}\n    {mutation}", flush=True)
        return caught

    with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor(jobs) as pool:
        for job in range(jobs):
            copy = shutil.copytree(HERE, Path(temporary) / str(job), ignore=shutil.ignore_patterns(*NOT_COPIED))
            copies.put(Path(copy))
        for status, first in pool.map(whole, sorted({mutation.tests for mutation in mutations})):
            if status != PASSED:
                print(f"Without any fault fails {first}")
                return 2
        caught = list(pool.map(spoilt, mutations))
    print(f"{sum(caught)} of {len(caught)} caught")
    return int(not all(caught))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="parts of the paths of the files to put faults into")
    parser.add_argument("--jobs", type=int, default=2, help="how many are tried at the same time")
    arguments = parser.parse_args()
    sys.exit(main(arguments.names, arguments.jobs))
