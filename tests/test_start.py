"""The one command that everybody types: what it makes, what it says, and what JupyterLab it opens."""

import ast
import importlib.util
import json
import os
import runpy
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from traitlets.config import PyFileConfigLoader

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "start.py"


@pytest.fixture
def start():
    """The script as a module, fresh for each test."""
    spec = importlib.util.spec_from_file_location("start", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def machine(start, tmp_path, monkeypatch):
    """An empty folder with the two files that say what to install; commands are only noted, and do what they would."""
    for name in ("pyproject.toml", "requirements.lock"):
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(start, "HERE", tmp_path)
    monkeypatch.setattr(start, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(start, "STAMP", tmp_path / ".venv" / "installed")
    python = tmp_path / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    machine = SimpleNamespace(folder=tmp_path, python=python, ran=[], failing=set())

    def run(*command):
        machine.ran.append(command[2])
        if command[2] == "venv":
            python.parent.mkdir(parents=True)
            python.touch()
        return int(command[2] in machine.failing)

    monkeypatch.setattr(start, "run", run)
    return machine


def test_an_old_python_is_told_which_one_is_needed(monkeypatch):
    ast.parse(SCRIPT.read_text("utf-8"), feature_version=(3, 7))
    monkeypatch.setattr(sys, "version_info", (3, 10, 13))
    with pytest.raises(SystemExit, match=r"need Python 3\.11 or newer\. This is Python 3\.10\."):
        runpy.run_path(str(SCRIPT))


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_a_missing_module_is_explained_in_one_line(start, machine, monkeypatch, missing):
    monkeypatch.setattr(start.importlib.util, "find_spec", lambda name: None if name == missing else name)
    with pytest.raises(SystemExit) as stop:
        start.private_python(".")
    assert f"no module '{missing}'" in stop.value.code
    assert f"sudo apt install python3.{sys.version_info.minor}-venv" in stop.value.code
    assert "\n" not in stop.value.code
    assert machine.ran == []


def test_the_first_run_installs_and_the_second_does_nothing(start, machine):
    assert start.private_python(".") == machine.python
    assert machine.ran == ["venv", "ensurepip", "pip"]
    assert start.private_python(".") == machine.python
    assert machine.ran == ["venv", "ensurepip", "pip"]


def test_the_tests_packages_are_added_once_and_serve_the_lessons_too(start, machine):
    for target in (".", ".[test]", ".[test]", "."):
        start.private_python(target)
    assert machine.ran == ["venv", "ensurepip", "pip", "pip"]


@pytest.mark.parametrize("name", ["pyproject.toml", "requirements.lock"])
def test_changed_requirements_are_installed_into_the_same_environment(start, machine, name):
    start.private_python(".")
    (machine.folder / name).write_text("changed")
    start.private_python(".")
    assert machine.ran == ["venv", "ensurepip", "pip", "pip"]


@pytest.mark.parametrize("step", ["venv", "ensurepip", "pip"])
def test_a_failed_run_stops_with_a_message_and_the_next_one_makes_good(start, machine, step):
    machine.failing = {step}
    with pytest.raises(SystemExit, match="The lines above say why"):
        start.private_python(".")
    machine.failing = set()
    machine.ran.clear()
    assert start.private_python(".") == machine.python
    assert machine.ran == ["ensurepip", "pip"]


def test_a_removed_python_is_replaced(start, machine):
    start.private_python(".")
    machine.python.unlink()
    machine.python.parent.rmdir()
    start.private_python(".")
    assert machine.ran == ["venv", "ensurepip", "pip"] * 2


def installed_from(url):
    """What `importlib.metadata.distribution` says of a package installed from a folder."""
    return lambda _: SimpleNamespace(read_text=lambda _: json.dumps({"dir_info": {"editable": True}, "url": url}))


def test_an_environment_with_this_folder_installed_is_used(start, monkeypatch):
    monkeypatch.setattr(sys, "prefix", "/opt/conda/envs/mini-batch-live")
    monkeypatch.setattr(start.importlib.metadata, "distribution", installed_from(ROOT.as_uri()))
    assert start.is_installed_here()


def test_another_folder_installed_is_not_taken_for_this_one(start, monkeypatch):
    monkeypatch.setattr(sys, "prefix", "/opt/conda/envs/mini-batch-live")
    monkeypatch.setattr(start.importlib.metadata, "distribution", installed_from(ROOT.as_uri() + "-copy"))
    assert not start.is_installed_here()


def test_a_python_without_the_lessons_is_not_used(start, monkeypatch):
    def distribution(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(start.importlib.metadata, "distribution", distribution)
    assert not start.is_installed_here()


def test_the_private_environment_is_always_checked_against_the_pins(start, monkeypatch):
    monkeypatch.setattr(sys, "prefix", str(ROOT / ".venv"))
    monkeypatch.setattr(start.importlib.metadata, "distribution", installed_from(ROOT.as_uri()))
    assert not start.is_installed_here()


def test_all_checks_run_and_those_that_failed_are_named(start, machine):
    machine.failing = {"ruff", "mypy"}
    with pytest.raises(SystemExit, match=r"Failed: code style, format, types$"):
        start.run_checks(machine.python, [])
    assert len(machine.ran) == len(start.CHECKS)


def test_arguments_after_test_go_to_pytest_alone(start, machine, monkeypatch):
    commands = []
    monkeypatch.setattr(start, "run", lambda *command: commands.append(command) or 0)
    start.run_checks(machine.python, ["tests/test_model.py", "-k", "loss"])
    assert commands == [(machine.python, "-m", "pytest", "tests/test_model.py", "-k", "loss")]


def test_a_kernel_has_two_memory_pools_unless_the_user_says_otherwise(start, monkeypatch):
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    assert start.jupyter_environment()["MALLOC_ARENA_MAX"] == "2"
    monkeypatch.setenv("MALLOC_ARENA_MAX", "7")
    assert start.jupyter_environment()["MALLOC_ARENA_MAX"] == "7"


def test_what_a_kernel_says_goes_to_the_page_at_once(start, monkeypatch):
    folder = start.jupyter_environment()["JUPYTER_CONFIG_PATH"].split(os.pathsep)[0]
    config = PyFileConfigLoader("jupyter_server_config.py", folder).load_config()
    chosen = config.ServerApp.kernel_websocket_connection_class
    calls = []
    monkeypatch.setattr(chosen.__base__, "connect", lambda _self: calls.append("connect"))
    handler = SimpleNamespace(set_nodelay=lambda value: calls.append(("nodelay", value)))
    monkeypatch.setattr(chosen, "websocket_handler", handler)
    chosen.__new__(chosen).connect()
    assert calls == [("nodelay", True), "connect"]


@pytest.fixture
def server(tmp_path):
    """JupyterLab as the script opens it, asked for a port that is taken, in a home of its own."""
    home = {"HOME": str(tmp_path), "JUPYTER_RUNTIME_DIR": str(tmp_path), "JUPYTER_CONFIG_DIR": str(tmp_path)}
    code = "import sys, start; start.open_lessons(sys.executable, sys.argv[1:])"
    with socket.create_server(("localhost", 0)) as taken:
        port = taken.getsockname()[1]
        options = ("--no-browser", "--allow-root", f"--port={port}")
        process = subprocess.Popen([sys.executable, "-c", code, *options], cwd=ROOT, env={**os.environ, **home})
        try:
            info = tmp_path / f"jpserver-{process.pid}.json"
            while not (info.exists() and info.read_text()):
                assert process.poll() is None
                time.sleep(0.05)
            yield SimpleNamespace(**json.loads(info.read_text()), taken=port)
        finally:
            process.terminate()
            process.wait(30)


def test_jupyterlab_is_private_and_opens_on_the_lesson(server):
    assert server.port != server.taken
    connections = psutil.Process(server.pid).net_connections("tcp")
    assert {c.laddr.ip for c in connections if c.status == psutil.CONN_LISTEN} <= {"127.0.0.1", "::1"}

    assert len(server.token) >= 32
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"{server.url}api/contents")

    with urllib.request.urlopen(f"{server.url}?token={server.token}") as answer:
        assert "/lab/workspaces/mini-batch-live/tree/notebooks/00_start_here.ipynb?" in answer.url
        page = answer.read().decode()
    config = json.loads(page.split('id="jupyter-config-data" type="application/json">')[1].split("</script>")[0])
    assert "@jupyterlab/apputils-extension:announcements" in config["disabledExtensions"]
