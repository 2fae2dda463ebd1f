"""The cache of compiled programs: used again, shared by several processes, and never in the way."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest

from lesson_lib import compilation

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = """
import sys
import time
from pathlib import Path
import jax
from jax import monitoring

events = []
monitoring.register_event_listener(lambda name, **_: events.append(name))
from lesson_lib import compilation

compilation.keep_programs_once()
folder = jax.config.values["jax_compilation_cache_dir"]
value = jax.jit(lambda x: (x * 3.0 + 1.0).sum())(jax.numpy.arange(7.0))
print(float(value), events.count("/jax/compilation_cache/cache_hits"), folder)
"""


def start(cache: Path, **environment: str) -> subprocess.Popen[str]:
    """A Python of its own that compiles one program, with its user cache in `cache`."""
    home = {"XDG_CACHE_HOME": str(cache), "HOME": str(cache), "LOCALAPPDATA": str(cache), "JAX_PLATFORMS": "cpu"}
    around = {name: value for name, value in os.environ.items() if name != "JAX_COMPILATION_CACHE_DIR"}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT, env={**around, **home, **environment}, encoding="utf-8",
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def finish(process: subprocess.Popen[str]) -> tuple[float, int, str]:
    """The value it computed, how many programs it found in the cache, and the cache's folder."""
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "Error" not in err
    value, hits, folder = out.split(maxsplit=2)
    return float(value), int(hits), folder.strip()


class Session(NamedTuple):
    """What a session has computed, and what it has left in its user's cache."""

    user: Path
    value: float
    hits: int
    folder: Path


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """The first session of a user: tests leave its cache as it is."""
    user = tmp_path_factory.mktemp("user")
    value, hits, folder = finish(start(user))
    return Session(user, value, hits, Path(folder))


def test_a_second_session_finds_the_programs_of_the_first(first: Session) -> None:
    assert (first.value, first.hits) == (70.0, 0)
    assert first.folder.is_relative_to(first.user)
    assert compilation.processor() in first.folder.name

    value, hits, _ = finish(start(first.user))
    assert value == 70.0
    assert hits > 0


def test_several_sessions_at_once_do_each_other_no_harm(tmp_path: Path) -> None:
    processes = [start(tmp_path) for _ in range(2)]
    assert [finish(process)[0] for process in processes] == [70.0] * 2
    assert finish(start(tmp_path))[1] > 0


def test_a_damaged_program_is_compiled_again_without_a_word(first: Session) -> None:
    whole = {file: file.read_bytes() for file in first.folder.glob("*-cache")}
    assert whole != {}
    try:
        for file, program in whole.items():
            file.write_bytes(program[:20])
        assert finish(start(first.user))[:2] == (70.0, 0)
    finally:
        for file, program in whole.items():
            file.write_bytes(program)


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here is no room for a folder", encoding="utf-8")
    assert compilation._is_writable(tmp_path / "file" / "programs") is False
    value, hits, folder = finish(start(tmp_path / "file"))
    assert (value, hits, folder) == (70.0, 0, "None")


def test_programs_that_nobody_has_used_for_long_are_removed(first: Session, tmp_path: Path) -> None:
    own = shutil.copytree(first.user, tmp_path / "user") / first.folder.relative_to(first.user)
    others = [own.parent / name for name in ("lessons-0.1.0-jax-0.9", "lessons-0.1.0-jax-0.10")]
    day = 24 * 60 * 60
    for folder, days in [(others[0], 31), (others[1], 29), (own, 365)]:
        folder.mkdir(exist_ok=True)
        (folder / "program-cache").write_bytes(b"")
        os.utime(folder, (time.time() - days * day,) * 2)
    finish(start(tmp_path / "user"))
    assert [(folder / "program-cache").exists() for folder in [*others, own]] == [False, True, True]


def test_a_place_counts_as_used_though_nothing_is_added_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = SimpleNamespace(values={"jax_compilation_cache_dir": None}, update=lambda *_: None)
    monkeypatch.setattr(compilation, "jax", SimpleNamespace(config=config, __version__="0.0"))
    own = compilation.keep_programs(tmp_path)
    assert own is not None
    os.utime(own, (0, 0))
    # On some systems to try whether one can write there is a use already.
    monkeypatch.setattr(compilation, "_is_writable", lambda _: True)
    compilation.keep_programs(tmp_path)
    assert own.exists()


def test_nothing_that_jax_would_do_at_each_access_depends_on_how_much_is_kept(first: Session) -> None:
    assert any(first.folder.iterdir())
    assert [path for path in first.folder.iterdir() if path.name.endswith(("-atime", "lockfile"))] == []


def test_a_cache_that_the_user_has_chosen_stays(tmp_path: Path) -> None:
    chosen = str(tmp_path / "mine")
    assert finish(start(tmp_path, JAX_COMPILATION_CACHE_DIR=chosen))[2] == chosen


@pytest.mark.parametrize("line", ["flags : fpu avx512f", "Features : asimd sve", "model name : Another CPU"])
def test_machines_of_unlike_processors_keep_apart(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    here = compilation.processor()
    monkeypatch.setattr(Path, "exists", lambda _: True)
    monkeypatch.setattr(Path, "read_text", lambda _, encoding: f"processor : 0\n{line}\nbogomips : 1\n")
    there = compilation.processor()
    monkeypatch.setattr(Path, "read_text", lambda _, encoding: f"processor : 0\n{line}\nbogomips : 2\n")
    assert there != here
    assert compilation.processor() == there
