"""The commands of this course.

    python3 start.py                open the lessons in JupyterLab
    python3 start.py test           run every check that a change must pass
    python3 start.py test --quick   run those that answer within 90 seconds
    python3 start.py install        make the environment and stop
    python3 start.py --help         show this text

Python 3.11 or newer is all that is needed; later starts need no network. Your copies of the lessons are in my-lessons/.
What follows goes on to JupyterLab (`start.py --no-browser`) or to pytest alone (`start.py test tests/test_model.py`).
"""

import sys

if sys.version_info < (3, 11):  # before the imports, so that an old Python gets as far as this message
    sys.exit("The lessons need Python 3.11 or newer. This is Python %d.%d." % sys.version_info[:2])

import contextlib
import difflib
import hashlib
import importlib.metadata
import importlib.util
import io
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sysconfig
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
STAMP = VENV / "installed.json"
LOCK = HERE / ".start.lock"
JUPYTER = HERE / ".jupyter"

COMMANDS = ("test", "install")
EXTRAS = {"lessons": ("lab",), "test": ("classroom", "lab", "parallel", "test")}
JUPYTERLAB = (
    "-m",
    "jupyterlab",
    f"--ServerApp.root_dir={HERE}",
    "--ServerApp.ip=localhost",
    "--Application.log_level=WARN",
    # A workspace of our own: tabs of other work stay away, and the lesson opens on top of earlier ones.
    "--LabApp.default_url=/lab/workspaces/mini-batch-live/tree/my-lessons/00_start_here.ipynb",
)
PYTEST = ("-m", "pytest")
WITHOUT_NBVAL = (*PYTEST, "-p", "no:nbval")  # its import takes a second or two in every process
BY_FILE = "--dist=loadfile"
# Files in their order: one of few tests, which would come last, may be the longest.
IN_ORDER = (BY_FILE, "--no-loadscope-reorder")
WITHOUT_BROWSER = (*WITHOUT_NBVAL, "--ignore=tests/browser")
# A third process has work while another waits for a server or a page.
UNIT_TESTS = (*WITHOUT_BROWSER, *IN_ORDER, "--numprocesses=3")
COPIES = "build/copies"
CODE_CHECKS = {
    "code style": ("-m", "ruff", "check"),
    "format": ("-m", "ruff", "format", "--check"),
    "types": ("-m", "mypy"),
    "JavaScript": ("scripts/check_javascript.py",),
    "imports between rooms": ("-c", "from importlinter.cli import lint_imports_command as check; check()"),
    "spelling": ("-m", "codespell_lib"),
    "copies for students and teachers": ("scripts/make_copies.py", COPIES),
    # Python and pytest keep what they make of the files when they are read first; else each process would make it anew.
    "collection of the tests": (*WITHOUT_BROWSER, "--collect-only", "-qqq"),
}
QUICK_TESTS = {"quick tests": (*UNIT_TESTS, "-m", "not slow")}
ALL_TESTS = {"unit tests": UNIT_TESTS}
NOTEBOOKS = {
    "notebooks": (
        *(*PYTEST, BY_FILE, "--numprocesses=2", "--nbval", "--nbval-current-env", "--nbval-cell-timeout=600"),
        f"{COPIES}/checked",  # in it all cells of the lessons, with answers and checks between
    )
}
# The types of arguments have been checked, and the kernels have processes of their own.
BROWSER_TESTS = {
    "browser tests": (*WITHOUT_NBVAL, *IN_ORDER, "--numprocesses=2", "--jaxtyping-packages=", "-rs", "tests/browser")
}
# The checks of a group run side by side. Tests in a browser do not: whatever waits for a slower page computes longer.
QUICK_CHECKS = (CODE_CHECKS, QUICK_TESTS)
CHECKS = (CODE_CHECKS, ALL_TESTS, NOTEBOOKS, BROWSER_TESTS)

# Variables of these families change what is installed, where, or what a program computes and shows.
FOREIGN = re.compile(r"(PIP_|UV_|PYTHON|JUPYTER|IPYTHON|JAX_|XLA_|MPL|MATPLOTLIB|VIRTUAL_ENV)")
# Of them, these are kept: where packages come from and how they are reached, the processor chosen for JAX and the
# place for its compiled programs, and how Python writes text and files.
KEPT = re.compile(
    r"(PIP|UV)_.*(INDEX|FIND_LINKS|PROXY|CERT|TLS|HOST|TIMEOUT|RETRIES|KEYRING|CACHE|CONFIG_FILE|LINK_MODE|OFFLINE)"
    r"|PYTHON(UTF8|IOENCODING|UNBUFFERED|DONTWRITEBYTECODE)$|JAX_(PLATFORMS|COMPILATION_CACHE_DIR)$"
    r"|JUPYTER_RUNTIME_DIR$|JUPYTERHUB"
)
NO_NETWORK = re.compile(
    r"dns error|name resolution|getaddrinfo|NewConnectionError|NameResolutionError|Network is unreachable"
    r"|error sending request|Could not connect|Connection (refused|reset|aborted)|timed out|ProxyError|operation timed",
    re.IGNORECASE,
)
NO_PACKAGE = re.compile(r"No matching distribution|no wheels|No solution found|not a supported wheel", re.IGNORECASE)
ABOUT_PYTHON = "import sys, sysconfig; print('%d.%d' % sys.version_info[:2]); print(sysconfig.get_path('purelib'))"
WHAT_WORKS = (
    "JAX has packages for Python 3.11 to 3.15 on Linux (glibc; x86-64 or ARM64), on Macs with an Apple processor,"
    " and on Windows (x86-64)."
)


def say(text: str) -> None:
    """Print at once: what a child process prints must not overtake it."""
    print(text, flush=True)


def run(*command: str | Path, said: IO[bytes] | None = None) -> int:
    """Run a command to its end, and return its exit code. What it says goes into a file where there is one."""
    return subprocess.run(command, check=False, stdout=said, stderr=said and subprocess.STDOUT).returncode


def install(*command: str | Path, lock: int, show: bool = True) -> tuple[int, str]:
    """Run a command, and return its exit code and its words, which are also shown unless it is a small step.

    It holds the lock, too: where this script is killed, what it began may go on, and a new start must wait for that.
    """
    kept_open = () if os.name == "nt" else (lock,)
    said = []
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        pass_fds=kept_open,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            if show:
                print(line, end="", flush=True)
    return process.returncode, "".join(said)


def is_installed_here() -> bool:
    """Is this very folder installed in the Python that runs this script, outside our own .venv?"""
    try:
        origin = importlib.metadata.distribution("mini-batch-live").read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        return False
    return Path(sys.prefix) != VENV and f'"{HERE.as_uri()}"' in (origin or "")


def clean_environment() -> None:
    """Make this process, and so all that it starts, independent of what the user's environment says."""
    for name in [name for name in os.environ if FOREIGN.match(name) and not KEPT.match(name)]:
        del os.environ[name]
    os.environ.setdefault("USER", "learner")  # an unknown user id has no name to look up
    os.environ.setdefault("LOGNAME", os.environ["USER"])
    with contextlib.suppress(RuntimeError):  # no home at all
        if os.access(Path.home(), os.W_OK):
            return
    for name in [name for name in os.environ if name.startswith("XDG_")]:
        del os.environ[name]
    home = VENV / "home" if os.access(HERE, os.W_OK) else Path(tempfile.mkdtemp(prefix="mini-batch-live-"))
    home.mkdir(parents=True, exist_ok=True)
    os.environ["HOME"] = os.environ["USERPROFILE"] = str(home)


def exit_where_nothing_can_be_installed() -> None:
    """End in one line where JAX has no packages for this machine, or a part of Python or a permission is missing."""
    machine = platform.machine().lower()
    problem = None
    if sys.platform == "darwin" and machine == "x86_64":
        problem = "JAX has no packages for Macs with an Intel processor, nor for an Intel Python on a newer Mac."
    elif os.name == "nt" and machine == "arm64":
        problem = "JAX has no packages for a Python made for Windows on Arm; the Python for x86-64 runs there, too."
    elif "musl" in (sysconfig.get_config_var("HOST_GNU_TYPE") or ""):
        problem = "JAX has no packages for systems with musl, such as Alpine."
    elif sys.maxsize < 2**32 or sys.implementation.name != "cpython":
        problem = "JAX needs CPython, made for 64 bits."
    if problem:
        sys.exit(f"{problem} {WHAT_WORKS}")
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            package = "python%d.%d-venv" % sys.version_info[:2]
            sys.exit(f"This Python has no module '{module}'. On Debian or Ubuntu: sudo apt install {package}")
    if not os.access(HERE, os.W_OK):
        sys.exit(f"Nothing can be written in {HERE}. Copy this folder to a place of your own, and start there.")


@contextlib.contextmanager
def alone() -> Iterator[int]:
    """Hold this folder's lock, so that two starts at once share one installation; gives its file descriptor."""
    with LOCK.open("a", encoding="utf-8") as file:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415  each system has only one of the two

            with contextlib.suppress(OSError):  # after ten tries, one a second: go on
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl  # noqa: PLC0415

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("Another start is installing. Waiting for it ...")
                fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def requirements(target: str) -> list[str]:
    """What `target`, "lessons" or "test", needs according to pyproject.toml."""
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    return [*project["dependencies"], *(each for extra in EXTRAS[target] for each in extras.get(extra, ()))]


def ask(python: Path) -> list[str]:
    """Version of a Python and the folder of its packages; empty where it does not run."""
    try:
        return subprocess.check_output([python, "-I", "-X", "utf8", "-c", ABOUT_PYTHON], encoding="utf-8").splitlines()
    except (OSError, subprocess.CalledProcessError):
        return []


def state_of(python: Path) -> dict[str, str]:
    """What was installed with this Python: for each target a digest. Empty where the environment is not whole."""
    try:
        state: dict[str, str] = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if ask(python)[:1] == [state.get("python")] else {}


def install_packages(python: Path, wanted: list[str], state: dict[str, str], lock: int) -> None:
    """Install the pinned packages by uv, which takes a fifth of pip's processor time, or else by pip itself.

    Both fetch all before they change anything: without a network the environment keeps its `state`.
    """
    pinned = ("-c", "requirements.lock", "pip", *wanted)  # pip for the learner, who may want a package more
    pip = (python, "-m", "pip", "install", "--no-user", "--retries", "1", "--disable-pip-version-check")
    uv = shutil.which("uv")
    if uv is None:
        code, words = install(python, "-m", "ensurepip", lock=lock, show=False)
        if code != 0:
            sys.exit(f"{words}\npip could not be installed. The lines above say why.")
        code, words = install(*pip, "uv", lock=lock, show=False)
        uv_command: tuple[str | Path, ...] = (python, "-m", "uv")
    else:
        code, words = 0, ""
        uv_command = (uv,)
    if code == 0:
        code, words = install(*uv_command, "pip", "install", "--python", python, *pinned, lock=lock)
    if code != 0 and not NO_NETWORK.search(words):  # no uv for this machine, or one that does not work here
        run(python, "-m", "ensurepip")
        code, words = install(*pip, *pinned, lock=lock)
    if code == 0:
        return
    if NO_NETWORK.search(words):
        if state:
            STAMP.write_text(json.dumps(state), encoding="utf-8")
        sys.exit("The packages must be fetched once, and no network was found. Connect this computer, and start again.")
    if NO_PACKAGE.search(words):
        sys.exit(f"A package is missing for this Python or this machine (the lines above name it). {WHAT_WORKS}")
    sys.exit("The packages could not be installed. The lines above say why.")


def private_python(target: str) -> Path:
    """The Python of .venv, with the pinned packages for `target`, "lessons" or "test", and this folder on its path.

    The stamp says what was installed. It is taken away before anything changes: where there is none, an earlier try
    was cut short anywhere, and all begins anew. Nothing in the environment depends on where the folder lies.
    """
    python = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = requirements(target)
    digest = hashlib.sha256("\n".join(wanted).encode() + (HERE / "requirements.lock").read_bytes()).hexdigest()
    if state_of(python).get(target) == digest:
        return python
    exit_where_nothing_can_be_installed()
    with alone() as lock:
        state = state_of(python)
        if state.get(target) == digest:  # another start installed it meanwhile
            return python
        if not state:
            say(f"Making a private Python environment in {VENV} ...")
            if run(sys.executable, "-m", "venv", "--clear", "--without-pip", VENV) != 0:
                sys.exit("It could not be made. The lines above say why.")
        say("Installing the pinned packages (a minute or two the first time) ...")
        STAMP.unlink(missing_ok=True)
        install_packages(python, wanted, state, lock)
        version, packages = ask(python)
        Path(packages, "mini-batch-live.pth").write_text(os.path.relpath(HERE, packages), encoding="utf-8")
        STAMP.write_text(json.dumps(state | {"python": version, target: digest}), encoding="utf-8")
    return python


def jupyter_environment() -> dict[str, str]:
    """What JupyterLab and its kernels find in their environment, besides what is there."""
    own = JUPYTER / "user"
    found = {
        "JUPYTER_CONFIG_PATH": str(JUPYTER),
        "MATPLOTLIBRC": str(JUPYTER / "matplotlibrc"),
        "JUPYTER_PREFER_ENV_PATH": "1",  # the kernel python3 is this environment's, not one that the user has made
        # Linux keeps what was freed in many pools, each as large as it ever was. After a thousand actions on a
        # panel a kernel held 1,399 MiB, with two pools 1,056 and no growth (`python -m benchmarks.live` measures it).
        "MALLOC_ARENA_MAX": os.environ.get("MALLOC_ARENA_MAX", "2"),
    }
    if os.access(JUPYTER, os.W_OK):  # settings, extensions and start files for other work stay out
        (own / "ipython").mkdir(parents=True, exist_ok=True)
        places = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "IPYTHONDIR": "ipython"}
        found |= {name: os.environ.get(name, str(own / folder)) for name, folder in places.items()}
    return found


def open_lessons(python: Path, arguments: list[str]) -> None:
    """Become JupyterLab, until it is stopped."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        say("You are root: JupyterLab is opened all the same, for this computer only and with its secret token.")
        arguments = ["--allow-root", *arguments]
    say("Opening the lessons in your browser. To stop them, press Ctrl-C twice in this window.")
    os.environ |= jupyter_environment()
    command = (str(python), *JUPYTERLAB, *arguments)
    if os.name != "nt":
        os.execv(python, command)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Windows has no exec: wait, and leave Ctrl-C to JupyterLab
    sys.exit(run(*command))


def run_side_by_side(python: Path, checks: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Run checks at the same time, and return the names of those that fail.

    What the first one says is seen as it goes; what each of the others says is kept, and follows in one piece.
    """

    def timed(*command: str | Path, said: IO[bytes] | None) -> tuple[int, float]:
        begun = time.monotonic()
        return run(*command, said=said), time.monotonic() - begun

    failed = []
    with contextlib.ExitStack() as files, ThreadPoolExecutor(len(checks)) as pool:
        running: dict[str, tuple[IO[bytes] | None, Future[tuple[int, float]]]] = {}
        for name, check in checks.items():
            kept = files.enter_context(tempfile.TemporaryFile()) if running else None
            running[name] = kept, pool.submit(timed, python, *check, said=kept)
        for name, (said, outcome) in running.items():
            say(f"\n== {name}: {' '.join(checks[name])}")
            code, seconds = outcome.result()
            if said is not None:
                said.seek(0)
                say(said.read().decode(errors="replace"))
            say(f"== {name}: {seconds:.0f} s")
            if code != 0:
                failed.append(name)
    return failed


def run_checks(python: Path, arguments: list[str]) -> None:
    """Run all checks, the quick ones, or pytest alone with `arguments`; in the end, name those that failed."""
    os.environ.setdefault("JAX_PLATFORMS", "cpu")  # the outputs in the notebooks were made there
    # Checks that run at once use all processors: threads of XLA, and of NumPy's BLAS, would only wait for each other.
    os.environ.setdefault("NPROC", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # All checks share their compiled programs, also with the next run, and not with the user's lessons.
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(HERE / "build" / "programs"))
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        # Nothing is written beside the code, as the user wants it; but a hundred processes read the same 2,000 modules.
        os.environ["PYTHONPYCACHEPREFIX"] = str(HERE / "build" / "bytecode")
    groups = {(): CHECKS, ("--quick",): QUICK_CHECKS}.get(tuple(arguments), ({"tests": (*PYTEST, *arguments)},))
    failed = [name for checks in groups for name in run_side_by_side(python, checks)]
    if failed:
        sys.exit(f"\nFailed: {', '.join(failed)}")
    say("\nAll checks passed.")


def command_in(arguments: list[str]) -> str:
    """The command that was typed, "lessons" where there is none; ends here for --help and for an unknown word."""
    first = next(iter(arguments), "")
    if first in ("-h", "--help"):
        say((__doc__ or "").strip())
        sys.exit()
    if not first or first.startswith("-"):
        return "lessons"
    if first not in COMMANDS:
        near = difflib.get_close_matches(first, COMMANDS, 1)
        meant = f" Did you mean '{near[0]}'?" if near else ""
        sys.exit(f"start.py: '{first}' is not one of its commands: {', '.join(COMMANDS)}.{meant} See start.py --help.")
    return first


def main(arguments: list[str]) -> None:
    """Find or make the environment, then do what was asked."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a folder's name may have letters that the console has not
            stream.reconfigure(errors="backslashreplace")
    command = command_in(arguments)
    os.chdir(HERE)
    clean_environment()
    target = "test" if command == "test" else "lessons"
    python = Path(sys.executable) if is_installed_here() else private_python(target)
    if command == "test":
        run_checks(python, arguments[1:])
    elif command == "lessons":
        if run(python, "scripts/my_lessons.py") != 0:
            sys.exit(1)
        open_lessons(python, arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
