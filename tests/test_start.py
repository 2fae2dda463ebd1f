"""The one command that everybody types: what it makes, what it says, and what JupyterLab it opens."""

import ast
import importlib.util
import json
import os
import runpy
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from traitlets.config import PyFileConfigLoader

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "start.py"


@pytest.fixture
def start():
    """The script as a module, fresh for each test."""
    spec = importlib.util.spec_from_file_location("start", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Machine(SimpleNamespace):
    """An empty folder with the two files that say what to install; commands are noted, and do what they would."""

    def do(self, *command, said=None):
        name = next((word for word in self.STEPS if word in map(str, command)), str(command[:3][-1]))
        self.ran.append(name)
        self.commands.append([str(word) for word in command])
        if name == "venv":
            self.python.parent.mkdir(parents=True, exist_ok=True)
            self.python.touch()
            self.venv_stamp.unlink(missing_ok=True)
        return int(name in self.failing)

    STEPS = ("venv", "ensurepip", "uv", "jax")


@pytest.fixture
def machine(start, tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["jax"]\n[project.optional-dependencies]\nlab = ["jupyterlab"]\ntest = ["pytest"]\n'
    )
    (tmp_path / "requirements.lock").write_text("jax==1\n", encoding="utf-8")
    venv = tmp_path / ".venv"
    monkeypatch.setattr(start, "HERE", tmp_path)
    monkeypatch.setattr(start, "VENV", venv)
    monkeypatch.setattr(start, "STAMP", venv / "installed.json")
    monkeypatch.setattr(start, "LOCK", tmp_path / ".start.lock")
    python = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    machine = Machine(
        folder=tmp_path, python=python, ran=[], commands=[], failing=set(), words="", venv_stamp=venv / "installed.json"
    )
    packages = venv / "lib" / "site-packages"
    packages.mkdir(parents=True)
    monkeypatch.setattr(start, "run", machine.do)
    monkeypatch.setattr(start, "install", lambda *command, lock, show=True: (machine.do(*command), machine.words))
    monkeypatch.setattr(start, "ask", lambda python: ["3.12", str(packages)] if python.exists() else [])
    monkeypatch.setattr(start.shutil, "which", lambda _: None)
    monkeypatch.setattr(start.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(start.sys, "platform", "linux")
    monkeypatch.setattr(os, "environ", dict(os.environ))
    return machine


FIRST_TIME = ["venv", "ensurepip", "uv", "uv"]
AGAIN = ["ensurepip", "uv", "uv"]


def test_an_old_python_is_told_which_one_is_needed(monkeypatch):
    ast.parse(SCRIPT.read_text("utf-8"), feature_version=(3, 7))
    monkeypatch.setattr(sys, "version_info", (3, 10, 13))
    with pytest.raises(SystemExit, match=r"need Python 3\.11 or newer\. This is Python 3\.10\."):
        runpy.run_path(str(SCRIPT))


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_a_missing_module_is_explained_in_one_line(start, machine, monkeypatch, missing):
    monkeypatch.setattr(start.importlib.util, "find_spec", lambda name: None if name == missing else name)
    with pytest.raises(SystemExit) as stop:
        start.private_python("lessons")
    assert f"no module '{missing}'" in stop.value.code
    assert f"sudo apt install python3.{sys.version_info.minor}-venv" in stop.value.code
    assert "\n" not in stop.value.code
    assert machine.ran == []


@pytest.mark.parametrize(
    ("system", "processor", "libc", "words"),
    [
        ("darwin", "x86_64", "", "Intel"),
        ("linux", "x86_64", "x86_64-pc-linux-musl", "musl"),
    ],
)
def test_a_machine_without_packages_of_jax_is_told_what_works(
    start, machine, monkeypatch, system, processor, libc, words
):
    monkeypatch.setattr(start.sys, "platform", system)
    monkeypatch.setattr(start.platform, "machine", lambda: processor)
    monkeypatch.setattr(start.sysconfig, "get_config_var", lambda _: libc)
    with pytest.raises(SystemExit) as stop:
        start.private_python("lessons")
    assert words in stop.value.code
    assert start.WHAT_WORKS in stop.value.code
    assert "\n" not in stop.value.code
    assert machine.ran == []


def test_windows_on_arm_is_told_which_python_runs_there(start, monkeypatch):
    monkeypatch.setattr(start.platform, "machine", lambda: "ARM64")
    with monkeypatch.context() as patch:
        patch.setattr(os, "name", "nt")
        with pytest.raises(SystemExit) as stop:
            start.exit_where_nothing_can_be_installed()
    assert "made for Windows on Arm; the Python for x86-64 runs there" in stop.value.code


def test_a_folder_that_cannot_be_written_is_named(start, machine, monkeypatch):
    monkeypatch.setattr(start.os, "access", lambda *_: False)
    with pytest.raises(SystemExit) as stop:
        start.private_python("lessons")
    assert stop.value.code.startswith(f"Nothing can be written in {machine.folder}. ")
    assert machine.ran == []


def test_the_first_run_installs_and_the_second_does_nothing(start, machine):
    assert start.private_python("lessons") == machine.python
    assert machine.ran == FIRST_TIME
    assert start.private_python("lessons") == machine.python
    assert machine.ran == FIRST_TIME


def test_uv_is_taken_where_it_is_and_pip_where_uv_fails(start, machine, monkeypatch):
    monkeypatch.setattr(start.shutil, "which", lambda _: "/usr/bin/uv")
    start.private_python("lessons")
    assert machine.ran == ["venv", "jax"]
    assert machine.commands[-1][:3] == ["/usr/bin/uv", "pip", "install"]
    assert machine.commands[-1][-5:] == ["-c", "requirements.lock", "pip", "jax", "jupyterlab"]


def test_pip_installs_where_there_is_no_uv(start, machine):
    machine.failing = {"uv"}
    start.private_python("lessons")
    assert machine.ran == ["venv", "ensurepip", "uv", "ensurepip", "jax"]
    assert machine.commands[-1][1:4] == ["-m", "pip", "install"]


def test_the_tests_packages_are_added_once_and_serve_the_lessons_too(start, machine):
    for target in ("lessons", "test", "test", "lessons"):
        start.private_python(target)
    assert machine.ran == FIRST_TIME + AGAIN
    assert machine.commands[-1][-3:] == ["jax", "jupyterlab", "pytest"]


def test_changed_requirements_are_installed_into_the_same_environment(start, machine):
    start.private_python("lessons")
    (machine.folder / "requirements.lock").write_text("jax==2", encoding="utf-8")
    start.private_python("lessons")
    assert machine.ran == FIRST_TIME + AGAIN


def test_what_changes_no_dependency_installs_nothing(start, machine):
    start.private_python("lessons")
    with (machine.folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("[tool.ruff]\nline-length = 100\n")
    machine.ran.clear()
    start.private_python("lessons")
    assert machine.ran == []


def test_the_way_to_the_library_does_not_name_the_folder(start, machine):
    start.private_python("lessons")
    (way,) = machine.folder.rglob("*.pth")
    assert str(machine.folder) not in way.read_text(encoding="utf-8")
    assert (way.parent / way.read_text(encoding="utf-8")).resolve() == machine.folder.resolve()


@pytest.mark.parametrize("step", ["venv", "ensurepip", "jax"])
def test_a_failed_run_stops_with_a_message_and_the_next_one_begins_anew(start, machine, step):
    machine.failing = {step, "uv"}
    with pytest.raises(SystemExit, match="The lines above say why"):
        start.private_python("lessons")
    machine.failing = set()
    machine.ran.clear()
    assert start.private_python("lessons") == machine.python
    assert machine.ran == FIRST_TIME


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("error: dns error: failed to lookup address", "no network was found"),
        ("Failed to establish a new connection: NewConnectionError", "no network was found"),
        ("ERROR: No matching distribution found for jaxlib", "packages for Python 3.11"),
    ],
)
def test_what_stands_in_the_way_is_said_in_one_line(start, machine, words, answer):
    machine.failing, machine.words = {"uv", "jax"}, words
    with pytest.raises(SystemExit, match=answer) as stop:
        start.private_python("lessons")
    assert "\n" not in stop.value.code


def test_without_a_network_what_is_installed_stays(start, machine):
    start.private_python("lessons")
    before = machine.venv_stamp.read_text(encoding="utf-8")
    machine.failing, machine.words = {"uv"}, "dns error"
    with pytest.raises(SystemExit, match="no network"):
        start.private_python("test")
    assert machine.venv_stamp.read_text(encoding="utf-8") == before


def test_a_removed_python_is_replaced(start, machine):
    start.private_python("lessons")
    machine.python.unlink()
    start.private_python("lessons")
    assert machine.ran == FIRST_TIME * 2


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such descriptor to hand on")
def test_a_second_start_waits_for_what_a_killed_one_began(start, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(start, "LOCK", tmp_path / "lock")
    with start.alone() as lock:
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(lock,))
    waiting = threading.Thread(target=lambda: start.alone().__enter__())
    waiting.start()
    waiting.join(0.5)
    assert waiting.is_alive()
    child.communicate(b"\n")
    waiting.join(30)
    assert not waiting.is_alive()
    assert "Another start is installing" in capsys.readouterr().out


ODD = {
    "PIP_USER": "1", "PIP_TARGET": "/elsewhere", "PIP_CONSTRAINT": "old.txt", "PIP_NO_BINARY": ":all:",
    "UV_CONSTRAINT": "old.txt", "UV_SYSTEM_PYTHON": "1", "PYTHONPATH": "/elsewhere", "PYTHONWARNINGS": "error",
    "PYTHONOPTIMIZE": "2", "JUPYTER_PATH": "/elsewhere", "JUPYTERLAB_DIR": "/elsewhere", "JAX_ENABLE_X64": "1",
    "XLA_FLAGS": "--no-such-flag", "MPLBACKEND": "TkAgg", "MATPLOTLIBRC": "/elsewhere", "IPYTHONDIR": "/elsewhere",
}  # fmt: skip
NEEDED = {"PIP_INDEX_URL": "mirror", "PIP_CERT": "file", "UV_DEFAULT_INDEX": "mirror", "JAX_PLATFORMS": "cpu"}


def test_what_the_environment_says_of_other_work_is_forgotten_and_the_way_to_packages_kept(start, monkeypatch):
    monkeypatch.setattr(os, "environ", dict(os.environ) | ODD | NEEDED)
    start.clean_environment()
    assert [name for name in ODD if name in os.environ] == []
    assert os.environ.items() >= NEEDED.items()


@pytest.mark.parametrize("home", ["missing", "none"])
def test_without_a_home_there_is_one_in_the_environment(start, machine, monkeypatch, home):
    def no_home():
        if home == "none":
            raise RuntimeError("Could not determine home directory.")
        return machine.folder / "missing"

    monkeypatch.setattr(os, "environ", {"XDG_CACHE_HOME": "/elsewhere"})
    monkeypatch.setattr(start.Path, "home", no_home)
    start.clean_environment()
    assert Path(os.environ["HOME"]).is_dir()
    assert machine.folder in Path(os.environ["HOME"]).parents
    assert "XDG_CACHE_HOME" not in os.environ


@pytest.mark.parametrize(("word", "meant"), [("tset", r" Did you mean 'test'\?"), ("lessons.ipynb", "")])
def test_an_unknown_word_is_answered_and_nothing_is_done(start, word, meant):
    with pytest.raises(SystemExit, match=rf"'{word}' is not one of its commands: test, install\.{meant} See"):
        start.main([word])


@pytest.fixture
def done(start, monkeypatch):
    """What a command has led to, in order; with `.venv` in place, and nothing done to this process."""
    steps = []
    monkeypatch.setattr(start, "is_installed_here", lambda: False)
    monkeypatch.setattr(start, "clean_environment", lambda: None)
    monkeypatch.setattr(start.os, "chdir", lambda _: None)
    monkeypatch.setattr(start, "private_python", lambda target: steps.append(("python for", target)) or "python")
    monkeypatch.setattr(start, "run", lambda *command: steps.append(command[1:]) or 0)
    monkeypatch.setattr(start, "run_checks", lambda _, arguments: steps.append(("checks", *arguments)))
    monkeypatch.setattr(start, "open_lessons", lambda _, arguments: steps.append(("lessons", *arguments)))
    return steps


@pytest.mark.parametrize(
    ("arguments", "steps"),
    [
        ([], [("python for", "lessons"), ("scripts/my_lessons.py",), ("lessons",)]),
        (["--no-browser"], [("python for", "lessons"), ("scripts/my_lessons.py",), ("lessons", "--no-browser")]),
        (["install"], [("python for", "lessons")]),
        (["test", "--quick"], [("python for", "test"), ("checks", "--quick")]),
    ],
)
def test_each_command_has_the_packages_that_it_needs_and_lessons_lie_there_before_they_open(
    start, done, arguments, steps
):
    start.main(arguments)
    assert done == steps


def test_where_the_lessons_could_not_be_laid_out_nothing_is_opened(start, done, monkeypatch):
    monkeypatch.setattr(start, "run", lambda *_: 1)
    with pytest.raises(SystemExit):
        start.main([])
    assert done == [("python for", "lessons")]


def test_help_says_all_in_ten_lines(start, capsys):
    with pytest.raises(SystemExit) as stop:
        start.main(["--help"])
    assert stop.value.code is None
    words = capsys.readouterr().out
    assert len(words.splitlines()) <= 11
    assert all(word in words for word in ("test", "install", "--help", "my-lessons/"))


def test_what_a_console_cannot_print_is_written_in_another_way(start):
    code = "import sys, start; sys.argv = ['start.py']; start.main(['내'])"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"'\\ub0b4' is not one of its commands" in done.stderr


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
    machine.failing = {"ruff", "mypy", "pytest"}
    named = "Failed: code style, format, types, collection of the tests, unit tests, notebooks, browser tests$"
    with pytest.raises(SystemExit, match=named):
        start.run_checks(machine.python, [])
    assert len(machine.commands) == sum(map(len, start.CHECKS))


def test_the_quick_checks_are_the_first_of_all_without_the_slow_tests(start, machine, monkeypatch):
    commands = []
    monkeypatch.setattr(start, "run", lambda *command, said: commands.append(command) or 0)
    start.run_checks(machine.python, [])
    every, quick = list(commands), commands
    quick.clear()
    start.run_checks(machine.python, ["--quick"])
    *checks, (*tests, mark, which) = quick
    assert len(checks) > 1
    assert set(every[: len(checks)]) == set(checks)
    assert every[len(checks)] == tuple(tests)
    assert (mark, which) == ("-m", "not slow")


WAITS_FOR_ANOTHER = """
import pathlib, sys, time

own, other, code = sys.argv[1:]
pathlib.Path(own).touch()
deadline = time.monotonic() + 60
while not pathlib.Path(other).exists():
    assert time.monotonic() < deadline, f"{other} has not begun"
    time.sleep(0.01)
print("met:", code)
sys.exit(int(code))
"""


def test_checks_of_a_group_run_at_once_and_are_seen_one_after_the_other(start, tmp_path, capfd):
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    checks = {"this": ("-c", WAITS_FOR_ANOTHER, one, two, "0"), "that": ("-c", WAITS_FOR_ANOTHER, two, one, "3")}
    assert start.run_side_by_side(Path(sys.executable), checks) == ["that"]
    seen = [line for line in capfd.readouterr().out.splitlines() if line.startswith(("==", "met"))]
    assert [line[:8] for line in seen] == ["== this:", "met: 0", "== this:", "== that:", "met: 3", "== that:"]


@pytest.mark.parametrize(("wish", "place"), [(None, None), ("1", "build/bytecode")])
def test_checks_keep_bytecode_and_not_beside_the_code_where_the_user_wants_none(start, machine, wish, place):
    os.environ.pop("PYTHONPYCACHEPREFIX", None)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if wish:
        os.environ["PYTHONDONTWRITEBYTECODE"] = wish
    start.run_checks(machine.python, [])
    assert "PYTHONDONTWRITEBYTECODE" not in os.environ
    assert os.environ.get("PYTHONPYCACHEPREFIX") == (place and str(machine.folder / place))


def test_checks_compute_on_the_processor_and_share_their_programs_unless_the_user_says_otherwise(start, machine):
    for name in ("JAX_PLATFORMS", "JAX_COMPILATION_CACHE_DIR"):
        os.environ.pop(name, None)
    start.run_checks(machine.python, [])
    assert os.environ["JAX_PLATFORMS"] == "cpu"
    assert os.environ["JAX_COMPILATION_CACHE_DIR"] == str(machine.folder / "build" / "programs")
    os.environ["JAX_PLATFORMS"] = "cuda"
    start.run_checks(machine.python, [])
    assert os.environ["JAX_PLATFORMS"] == "cuda"


def test_each_of_the_processes_that_check_has_one_thread_unless_the_user_says_otherwise(start, machine):
    os.environ.pop("NPROC", None)
    os.environ["OPENBLAS_NUM_THREADS"] = "4"
    start.run_checks(machine.python, [])
    assert (os.environ["NPROC"], os.environ["OPENBLAS_NUM_THREADS"]) == ("1", "4")


def test_arguments_after_test_go_to_pytest_alone(start, machine, monkeypatch):
    commands = []
    monkeypatch.setattr(start, "run", lambda *command, said: commands.append(command) or 0)
    start.run_checks(machine.python, ["tests/test_model.py", "-k", "loss"])
    assert commands == [(machine.python, "-m", "pytest", "tests/test_model.py", "-k", "loss")]


@pytest.mark.parametrize(("user", "options"), [(0, ["--allow-root", "--no-browser"]), (1000, ["--no-browser"])])
def test_root_is_told_and_let_in(start, monkeypatch, capsys, user, options):
    monkeypatch.setattr(start.os, "geteuid", lambda: user, raising=False)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setattr(start.os, "name", "posix")
    ran = []
    monkeypatch.setattr(start.os, "execv", lambda _, command: ran.extend(command))
    monkeypatch.setattr(start.sys, "exit", lambda _: None)
    monkeypatch.setattr(start, "run", lambda *_: 0)
    start.open_lessons(Path("python"), ["--no-browser"])
    assert ran[-len(options) :] == options
    assert ("You are root" in capsys.readouterr().out) == (user == 0)


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


def test_the_lessons_pictures_and_kernel_are_the_courses_own_whatever_the_user_has_set(start):
    environment = start.jupyter_environment()
    code = "import matplotlib; print(matplotlib.matplotlib_fname())"
    said = subprocess.check_output([sys.executable, "-c", code], env={**os.environ, **environment}, encoding="utf-8")
    assert Path(said.strip()) == ROOT / ".jupyter" / "matplotlibrc"
    assert environment["JUPYTER_PREFER_ENV_PATH"] == "1"


def listens(info):
    """Has the server that writes this file begun to listen? It says where a moment before it does."""
    if not (info.exists() and info.read_text(encoding="utf-8")):
        return False
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", json.loads(info.read_text(encoding="utf-8"))["port"])) == 0


@contextmanager
def opened(folder, **environment):
    """JupyterLab as the script opens it, asked for a port that is taken, in a home of its own."""
    home = {"HOME": str(folder), "JUPYTER_RUNTIME_DIR": str(folder), "JUPYTER_CONFIG_DIR": str(folder)}
    environment = {**os.environ, **home, **environment}
    code = "import sys, start; start.open_lessons(sys.executable, sys.argv[1:])"
    with socket.create_server(("localhost", 0)) as taken:
        port = taken.getsockname()[1]
        options = ("--no-browser", f"--port={port}")
        process = subprocess.Popen([sys.executable, "-c", code, *options], cwd=ROOT, env=environment)
        try:
            info = folder / f"jpserver-{process.pid}.json"
            while not listens(info):
                assert process.poll() is None
                time.sleep(0.05)
            yield SimpleNamespace(**json.loads(info.read_text(encoding="utf-8")), taken=port)
        finally:
            process.terminate()
            process.wait(30)


def test_jupyterlab_is_private_and_opens_on_the_lesson(tmp_path):
    with opened(tmp_path) as server:
        assert server.port != server.taken
        connections = psutil.Process(server.pid).net_connections("tcp")
        assert {c.laddr.ip for c in connections if c.status == psutil.CONN_LISTEN} <= {"127.0.0.1", "::1"}

        assert len(server.token) >= 32
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(f"{server.url}api/contents")

        with urllib.request.urlopen(f"{server.url}?token={server.token}") as answer:
            assert "/lab/workspaces/mini-batch-live/tree/my-lessons/00_start_here.ipynb?" in answer.url
            page = answer.read().decode()
        config = json.loads(page.split('id="jupyter-config-data" type="application/json">')[1].split("</script>")[0])
        assert "@jupyterlab/apputils-extension:announcements" in config["disabledExtensions"]
        assert not config["buildCheck"]  # which would start Node each time that a page is opened


def test_in_a_codespace_its_own_page_is_let_in_and_no_other(tmp_path):
    names = {"CODESPACE_NAME": "ours-x1", "GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN": "app.github.dev"}
    with opened(tmp_path, **names) as server:
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        browser.open(f"{server.url}?token={server.token}").close()

        def lets_in(origin):
            try:
                browser.open(urllib.request.Request(f"{server.url}api/contents", headers={"Origin": origin})).close()
            except urllib.error.HTTPError:
                return False
            return True

        assert lets_in(f"https://ours-x1-{server.port}.app.github.dev")
        assert not lets_in(f"https://another-{server.port}.app.github.dev")
        assert not lets_in(f"https://ours-x1-{server.port}.app.github.dev.example.org")
        assert not lets_in(f"https://ours-x1-{server.port}-app.github.dev")
