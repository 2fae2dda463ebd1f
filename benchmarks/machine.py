"""What a time was measured on: without it, a time says nothing."""

import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import jax

SLOWER_NUMPY = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""Where set, OpenBLAS takes another processor's kernels, and NumPy and scikit-learn look slower than they are."""


def start_clean(module: str) -> None:
    """Begin the program anew without the variables that slow NumPy down: OpenBLAS reads them only at its start."""
    if any(name in os.environ for name in SLOWER_NUMPY):
        environment = {name: value for name, value in os.environ.items() if name not in SLOWER_NUMPY}
        os.execve(sys.executable, [sys.executable, "-m", module, *sys.argv[1:]], environment)


def num_cores() -> int:
    """Processor cores that this program may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor() -> str:
    """Name of the processor."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def describe(packages: Sequence[str]) -> str:
    """The machine, and the versions of Python and of these packages."""
    versions = [f"Python {platform.python_version()}"]
    for name in packages:
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            versions.append(f"{name} not installed")
    return (
        f"{processor()}, {num_cores()} cores, {platform.system()} {platform.machine()}, "
        f"JAX on {jax.devices()[0].device_kind}\n{', '.join(versions)}"
    )


def peak_memory() -> int:
    """The most bytes of memory that this process has held at one time."""
    if sys.platform == "win32":
        import psutil  # noqa: PLC0415  only Windows needs it

        return int(psutil.Process().memory_info().peak_wset)
    import resource  # noqa: PLC0415  Windows has none

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
