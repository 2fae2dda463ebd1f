"""Compiled programs are kept from one session to the next, so that only the first one waits for the compiler.

JAX's persistent compilation cache does the work; here it gets a place of its own, once, when the first data are loaded,
or the first panel or experiment is made.
"""

import contextlib
import functools
import hashlib
import os
import platform
import shutil
import tempfile
import time
import warnings
from pathlib import Path

import jax
from platformdirs import user_cache_path

from lesson_lib import __version__

UNUSED_DAYS = 30
"""How long the programs of another version, or of another kind of processor, are kept after their last use."""


def processor() -> str:
    """A name for this machine's kind of processor.

    Programs are compiled for the very processor at hand, and machines of different kinds may share a
    home directory. Linux tells what its processor can do; elsewhere its name must be enough.
    """
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else [platform.processor()]
    abilities = sorted({line for line in lines if line.startswith(("flags", "Features", "model name"))}) or lines[:1]
    return f"{platform.machine()}-{hashlib.sha256(''.join(abilities).encode()).hexdigest()[:12]}"


@functools.cache
def keep_programs_once() -> None:
    """Keep the programs of this session where the course keeps them; called before anything is compiled."""
    keep_programs()


def keep_programs(folder: Path | None = None) -> Path | None:
    """Let JAX keep its compiled programs in `folder`, by default one in the user's cache directory.

    Several kernels can use it at once. Each version of the course and of JAX has a place of its own, and those that
    nobody has used for `UNUSED_DAYS` are removed; JAX's own limit of size would read the time of every program's last
    use whenever one is written. Where nothing can be written, programs are compiled anew in each session, and nothing
    is said. A place that the user has already chosen stays as it is.

    Returns:
        The folder in use, or `None` where there is none.
    """
    # Small programs, too: a lesson has many, and each takes longer to compile than to read.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    # A damaged or vanished file costs one compilation; a warning in the middle of a lesson would cost more.
    warnings.filterwarnings("ignore", message="Error (reading|writing) persistent compilation cache entry")
    chosen: str | None = jax.config.values["jax_compilation_cache_dir"]
    if chosen:
        return Path(chosen)
    folder = folder or user_cache_path("mini-batch-live", appauthor=False) / "programs"
    own = folder / f"lessons-{__version__}-jax-{jax.__version__}-{processor()}"
    if not _is_writable(own):
        return None
    os.utime(own)  # it is used now, even if nothing new is written
    _remove_unused(folder)
    jax.config.update("jax_compilation_cache_dir", os.fspath(own))
    return own


def _remove_unused(folder: Path) -> None:
    """Remove the programs that no session has used for `UNUSED_DAYS`."""
    for each in folder.iterdir():
        with contextlib.suppress(OSError):  # another session may do the same at this moment
            if time.time() - each.stat().st_mtime > UNUSED_DAYS * 24 * 60 * 60:
                shutil.rmtree(each)


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
