"""A seat in the class: what the hub starts for a student, as that student and in their home.

    python -m classroom.seat [arguments of jupyterhub-singleuser]

It lays out the student's own copies of the lessons and of the list of fonts, sets what JupyterLab and its kernels find
in their environment, and becomes JupyterHub's server for one user (`server.py`).
"""

import os
import resource
import shutil
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import start
from classroom.places import FONTS, PROGRAMS
from scripts import my_lessons

SERVER, KERNEL = 2, 6
"""Steps by which each gives way. Hub and proxy go first, then servers: a login does not wait for those who train."""

SECONDS_TO_GIVE_WAY = 5.0
"""Linux lets only one ordinary user in a tenth of a second change a session's niceness; so long it is tried."""

OPTIONS = (
    "--AsyncMappingKernelManager.kernel_manager_class=classroom.server.SeatKernelManager",
    # No JupyterLab of a class asks the Internet for news, updates and extensions.
    "--LabApp.extension_manager=readonly",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.news_url=None",
)
"""Of the server."""

PROCESSOR = {
    "JAX_PLATFORMS": "cpu",  # a graphics card is one, and the first kernel would take all of its memory
    "NPROC": "1",  # threads of XLA
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MINI_BATCH_LIVE_SHARES_MACHINE": "yes",  # panels prepare nothing, and their runs give way to those who wait
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


def lay_fonts(home: Path) -> None:
    """Lay out matplotlib's list of fonts, where there is none: each student's first kernel would make it anew."""
    cache = home / ".cache" / "matplotlib"
    for prepared in FONTS.glob("fontlist-*.json"):
        if not (cache / prepared.name).exists():
            cache.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(prepared, cache / prepared.name)


def limit_memory(given: Mapping[str, str]) -> None:
    """Let no process of this seat have more memory of its own than the hub says (`c.Spawner.mem_limit`).

    Where systemd or Kubernetes hold the seat as a whole to that limit, this is one more.
    """
    if limit := given.get("MEM_LIMIT"):
        resource.setrlimit(resource.RLIMIT_DATA, (int(limit), int(limit)))


def give_way(steps: int, process: int) -> None:
    """Let a process that has just begun a session of its own go after others by so many steps of niceness.

    Linux shares the processor out among sessions, where it groups them (`sched_autogroup`), and the niceness of a
    process counts only within its session. So the session gets one, too.
    """
    os.setpriority(os.PRIO_PROCESS, process, steps)
    session = Path(f"/proc/{process}/autogroup")
    deadline = time.monotonic() + SECONDS_TO_GIVE_WAY
    with suppress(OSError):  # Linux does not group sessions here, or the process has ended
        while time.monotonic() < deadline:
            try:
                session.write_text(str(steps), encoding="ascii")
            except BlockingIOError:  # somebody else has just done so
                time.sleep(0.1)
            else:
                return


def main() -> None:
    """Lay out the lessons, and become the student's server."""
    home = Path.home()
    for line in my_lessons.update(start.HERE, home):
        print(line)
    with suppress(OSError):  # a full disk: the kernel does without
        lay_fonts(home)
    give_way(SERVER, os.getpid())
    limit_memory(os.environ)
    os.environ |= environment(home, os.environ)
    as_root = ["--allow-root"] if os.geteuid() == 0 else []  # in a trial and in a container
    os.execv(sys.executable, [sys.executable, "-P", "-m", "classroom.server", *OPTIONS, *as_root, *sys.argv[1:]])


if __name__ == "__main__":
    main()
