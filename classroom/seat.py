"""A seat in the class: what the hub starts for a student, as that student and in their home.

    python -m classroom.seat [arguments of jupyterhub-singleuser]

It lays out the student's own copies of the lessons, sets what JupyterLab and its kernels find in their environment, and
becomes JupyterHub's server for one user.
"""

import os
import resource
import sys
from collections.abc import Mapping
from pathlib import Path

import start
from classroom.places import PROGRAMS
from scripts import my_lessons

NICENESS = 10
"""Hub and proxy go first: who logs in must not wait for those who train."""

PROCESSOR = {
    "JAX_PLATFORMS": "cpu",  # a graphics card is one, and the first kernel would take all of its memory
    "NPROC": "1",  # threads of XLA
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
"""One thread a kernel: a class has more kernels than the machine has cores, and each thread has its own memory."""


def environment(home: Path, given: Mapping[str, str]) -> dict[str, str]:
    """What the student's server and kernels find in their environment, besides what is `given`."""
    own = {
        "JUPYTER_CONFIG_DIR": str(home / ".jupyter"),
        "JUPYTER_DATA_DIR": str(home / ".local" / "share" / "jupyter"),
        "IPYTHONDIR": str(home / ".ipython"),
    }
    programs = {"JAX_COMPILATION_CACHE_DIR": str(PROGRAMS)} if PROGRAMS.is_dir() else {}
    return PROCESSOR | programs | start.jupyter_environment() | own | dict(given)


def limit_memory(given: Mapping[str, str]) -> None:
    """Let no process of this seat have more memory of its own than the hub says (`c.Spawner.mem_limit`).

    Where systemd or Kubernetes hold the seat as a whole to that limit, this is one more.
    """
    if limit := given.get("MEM_LIMIT"):
        resource.setrlimit(resource.RLIMIT_DATA, (int(limit), int(limit)))


def main() -> None:
    """Lay out the lessons, and become the student's server."""
    home = Path.home()
    for line in my_lessons.update(start.HERE, home):
        print(line)
    os.nice(NICENESS)
    limit_memory(os.environ)
    os.environ |= environment(home, os.environ)
    as_root = ["--allow-root"] if os.geteuid() == 0 else []  # in a trial and in a container
    os.execv(sys.executable, [sys.executable, "-P", "-m", "jupyterhub.singleuser", *as_root, *sys.argv[1:]])


if __name__ == "__main__":
    main()
