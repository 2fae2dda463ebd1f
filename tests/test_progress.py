"""The file of what has been answered: nothing is lost, whoever writes at once or is killed."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from filelock import Timeout

from lesson_lib.lessons import progress as module
from lesson_lib.lessons.progress import Entries, NoProgress, Progress

pytestmark = pytest.mark.slow

# A process that needs no more than that one file: fifty of them are started.
WRITER = f"""
import importlib.util, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("progress", {str(module.__file__)!r})
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
progress = module.Progress(Path(sys.argv[1]))
print("ready", flush=True)
for number in range(int(sys.argv[3])):
    progress.record(f"{{sys.argv[2]}}/{{number}}", done=True, chosen="A")
    print(number, flush=True)
assert progress.notice == ""
"""


def writer(folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(folder), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8")


def test_between_reading_and_writing_nobody_else_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, theirs, read = Progress(tmp_path), Progress(tmp_path), Progress._read

    def read_while_others_try(self: Progress) -> Entries:
        entries = read(self)
        with pytest.raises(Timeout), theirs._lock.acquire(timeout=0):
            pass
        return entries

    monkeypatch.setattr(Progress, "_read", read_while_others_try)
    mine.record("04/cover", done=True)
    assert mine.read() == {"04/cover": {"done": True}}


def test_what_is_recorded_is_read_again(tmp_path: Path) -> None:
    Progress(tmp_path).record("04/cover", chosen="B", done=True)
    Progress(tmp_path).record("04/count", chosen="A", done=False)
    assert Progress(tmp_path).read() == {
        "04/cover": {"chosen": "B", "done": True},
        "04/count": {"chosen": "A", "done": False},
    }


def test_what_is_done_stays_done(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    progress.record("04/cover", chosen="B", done=True)
    progress.record("04/cover", chosen="A", done=False)
    assert progress.read()["04/cover"] == {"chosen": "A", "done": True}


def test_a_file_deleted_by_hand_is_begun_anew(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    assert progress.read() == {}
    progress.record("04/cover", done=True)
    progress.path.unlink()
    assert progress.read() == {}
    progress.record("04/count", done=True)
    assert progress.read().keys() == {"04/count"}
    assert progress.notice == ""


@pytest.mark.parametrize(
    "damaged", [b"", b'{"04/cover": {"do', b"[1]", b'{"04/cover": 3}', b"\xff\xfe\x00", b"null", b"[" * 100_000]
)
def test_a_damaged_file_is_set_aside_and_said_so(tmp_path: Path, damaged: bytes) -> None:
    for number in (1, 2):
        progress = Progress(tmp_path)
        progress.path.write_bytes(damaged)
        progress.record("04/cover", done=True)
        aside = tmp_path / f"progress.damaged-{number}.json"
        assert aside.read_bytes() == damaged
        assert aside.name in progress.notice
        assert progress.read() == {"04/cover": {"done": True}}


def test_a_folder_that_cannot_be_written_is_said_and_nothing_fails(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "missing")
    progress.path.parent.touch()  # a file where a folder should be
    progress.record("04/cover", done=True)
    assert "cannot be kept" in progress.notice
    assert progress.read() == {}
    assert "cannot be read" in progress.notice


def test_text_of_any_kind_is_kept_and_an_old_trouble_forgotten(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    progress.path.write_text(r'{"x": {"y": "\ud800"}}', encoding="utf-8")
    progress.record("04/cover", done=True)
    assert progress.read() == {"x": {"y": "\ud800"}, "04/cover": {"done": True}}
    progress.path.unlink()
    progress.path.mkdir()
    progress.record("04/cover", done=True)
    assert "cannot be kept" in progress.notice
    progress.path.rmdir()
    progress.record("04/cover", done=True)
    assert progress.notice == ""


def test_where_no_one_watches_no_file_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    progress = NoProgress()
    progress.record("04/cover", chosen="B", done=True)
    progress.record("04/cover", chosen="A", done=False)
    assert NoProgress().read() == {"04/cover": {"chosen": "A", "done": True}}  # for this kernel alone
    assert list(tmp_path.iterdir()) == []


def test_the_old_file_is_whole_until_the_new_one_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    progress, there = Progress(tmp_path), []
    progress.record("04/cover", done=True)
    before = progress.path.read_text("utf-8")
    monkeypatch.setattr(module.os, "fsync", lambda _file: there.append(progress.path.read_text("utf-8")))
    progress.record("04/count", done=True)
    assert there == [before]
    assert progress.read().keys() == {"04/cover", "04/count"}


def test_two_kernels_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    writers = [writer(tmp_path, name, 500) for name in ("one", "two")]
    assert [process.communicate(timeout=300) and process.returncode for process in writers] == [0, 0]
    entries = Progress(tmp_path).read()
    assert entries.keys() == {f"{name}/{number}" for name in ("one", "two") for number in range(500)}
    assert all(entry == {"done": True, "chosen": "A"} for entry in entries.values())


def test_a_kernel_killed_while_it_writes_damages_nothing(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    said: set[str] = set()
    counts = rng.integers(0, 12, 20)
    for kill, count in enumerate(counts):
        process = writer(tmp_path, f"kill-{kill}", 10_000)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        # Killed somewhere within the writing of the entry that comes next.
        said |= {f"kill-{kill}/{process.stdout.readline().strip()}" for _ in range(count)}
        process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        # What it has said, it had written before.
        said |= {f"kill-{kill}/{line}" for line in process.communicate(timeout=60)[0].split()}
    progress = Progress(tmp_path)
    entries = progress.read()
    assert progress.notice == ""
    assert len(said) >= counts.sum() > 50
    assert said <= entries.keys()
    assert json.loads(progress.path.read_text("utf-8")) == entries
    progress.record("after", done=True)
    assert entries.keys() | {"after"} == progress.read().keys()
    assert not list(tmp_path.glob("progress.damaged*"))
