"""What the hub starts for a student: the environment of its processes, and how much memory each may have."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from classroom import seat
from start import HERE


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setattr(seat, "PROGRAMS", tmp_path / "programs")
    return tmp_path / "home"


def test_a_seat_has_one_thread_a_kernel_and_its_settings_in_the_students_home(home):
    found = seat.environment(home, {})
    threads = ("NPROC", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    assert {name: found[name] for name in threads} == dict.fromkeys(threads, "1")
    assert found["JAX_PLATFORMS"] == "cpu"
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
        assert home in Path(found[name]).parents


def test_what_the_hub_has_given_stays(home):
    given = {"NPROC": "4", "JUPYTER_CONFIG_DIR": "/elsewhere", "MALLOC_ARENA_MAX": "7", "JUPYTERHUB_USER": "anna"}
    assert seat.environment(home, given).items() >= given.items()


def test_compiled_programs_are_shared_where_there_are_some(home):
    assert "JAX_COMPILATION_CACHE_DIR" not in seat.environment(home, {})
    seat.PROGRAMS.mkdir()
    assert seat.environment(home, {})["JAX_COMPILATION_CACHE_DIR"] == str(seat.PROGRAMS)


@pytest.mark.parametrize("is_seat", [True, False])
def test_the_panels_of_a_seat_know_that_they_share_the_machine(home, is_seat):
    asked = "from lesson_lib.panel import worker; print(worker.SHARES_MACHINE)"
    given = seat.environment(home, os.environ) if is_seat else os.environ
    answer = subprocess.run([sys.executable, "-c", asked], env=given, cwd=HERE, capture_output=True, check=True)
    assert answer.stdout.split() == [str(is_seat).encode()]


@pytest.mark.parametrize(("given", "limits"), [({"MEM_LIMIT": "2147483648"}, [2**31] * 2), ({}, [])])
def test_no_process_of_a_seat_has_more_memory_than_the_hub_says(monkeypatch, given, limits):
    found = []
    monkeypatch.setattr(seat.resource, "setrlimit", lambda what, both: found.extend([what, *both]))
    seat.limit_memory(given)
    assert found == ([seat.resource.RLIMIT_DATA, *limits] if limits else [])
