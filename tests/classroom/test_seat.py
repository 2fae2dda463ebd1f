"""A seat's server and kernels: what they load, and before whom they give way."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from classroom import seat

LOADED = """
import sys
import classroom.server
from jsonschema import Draft7Validator
print("lark" in sys.modules, Draft7Validator.FORMAT_CHECKER.conforms("no address", "uri"))
"""


@pytest.fixture
def sleeper():
    """A process with a session of its own."""
    with subprocess.Popen(
        [sys.executable, "-c", "input('ready\\n')"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdout.readline() == b"ready\n"
        yield process.pid
        process.kill()


def session(process):
    return Path(f"/proc/{process}/autogroup")


def test_a_process_gives_way_and_its_session_does(sleeper):
    before = session(os.getpid()).read_text("utf-8") if session(os.getpid()).exists() else ""
    seat.give_way(7, sleeper)
    assert os.getpriority(os.PRIO_PROCESS, sleeper) == 7
    if before:
        assert session(sleeper).read_text("utf-8").endswith("nice 7\n")
        assert session(os.getpid()).read_text("utf-8") == before


def test_giving_way_waits_for_its_turn_and_no_longer_than_it_may(sleeper, monkeypatch):
    tries = []

    def write(_path, text, **_how):
        tries.append(text)
        if len(tries) < 3:
            raise BlockingIOError

    monkeypatch.setattr(Path, "write_text", write)
    seat.give_way(3, sleeper)
    assert tries == ["3", "3", "3"]
    tries.clear()
    monkeypatch.setattr(seat, "SECONDS_TO_GIVE_WAY", 0)
    seat.give_way(4, sleeper)
    assert tries == []


def test_where_sessions_are_not_grouped_the_process_alone_gives_way(sleeper, monkeypatch):
    def write(path, text, **_how):
        raise FileNotFoundError

    monkeypatch.setattr(Path, "write_text", write)
    seat.give_way(3, sleeper)
    assert os.getpriority(os.PRIO_PROCESS, sleeper) == 3


def test_the_list_of_fonts_is_laid_out_once(tmp_path, monkeypatch):
    prepared, cache = tmp_path / "prepared", tmp_path / "home" / ".cache" / "matplotlib"
    monkeypatch.setattr(seat, "FONTS", prepared)
    seat.lay_fonts(tmp_path / "home")
    assert not cache.exists()  # nothing was prepared
    prepared.mkdir()
    (prepared / "fontlist-v1.json").write_text("[]", encoding="utf-8")
    seat.lay_fonts(tmp_path / "home")
    assert [each.name for each in cache.iterdir()] == ["fontlist-v1.json"]
    (cache / "fontlist-v1.json").write_text("own", encoding="utf-8")
    seat.lay_fonts(tmp_path / "home")
    assert (cache / "fontlist-v1.json").read_text("utf-8") == "own"


def test_kernels_give_way_to_servers_and_servers_to_the_hub():
    assert 0 < seat.SERVER < seat.KERNEL <= 19


@pytest.mark.slow
def test_a_server_builds_no_parser_for_addresses_and_still_checks_the_usual_ones():
    words = subprocess.check_output([sys.executable, "-c", LOADED], encoding="utf-8", cwd=seat.start.HERE)
    assert words.split() == ["False", "False"]


@pytest.mark.slow
def test_jupyterlab_still_asks_for_its_registry_where_a_seat_answers():
    from jupyterlab import commands  # noqa: PLC0415  takes seconds, which only this test needs

    assert callable(commands._yarn_config)
