"""The two commands of this course.

    python3 start.py         open the lessons in JupyterLab
    python3 start.py test    run every check that a change must pass

Python 3.11 or newer is all that is needed. The first run makes a private environment in the folder
.venv and installs the pinned packages there; later runs find it ready. Inside an environment in which
this folder is already installed (conda, for one), that environment is used as it is.

Whatever else is written after the command goes on to JupyterLab (`start.py --no-browser`) or to
pytest, which then runs alone (`start.py test tests/test_model.py -k loss`).
"""

import sys

if sys.version_info < (3, 11):  # before the imports, so that an old Python gets as far as this message
    sys.exit("The lessons need Python 3.11 or newer. This is Python %d.%d." % sys.version_info[:2])

import hashlib
import importlib.metadata
import importlib.util
import os
import signal
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
STAMP = VENV / "installed"

JUPYTERLAB = (
    "-m",
    "jupyterlab",
    f"--ServerApp.root_dir={HERE}",
    "--ServerApp.ip=localhost",
    "--Application.log_level=WARN",
    # A workspace of our own: tabs of other work stay away, and the lesson opens on top of earlier ones.
    "--LabApp.default_url=/lab/workspaces/mini-batch-live/tree/notebooks/00_start_here.ipynb",
)
PYTEST = ("-m", "pytest")
TWO_AT_A_TIME = ("--numprocesses=2", "--dist=loadfile")
COPIES = "build/copies"
CHECKS = {
    "code style": ("-m", "ruff", "check"),
    "format": ("-m", "ruff", "format", "--check"),
    "types": ("-m", "mypy"),
    "imports between rooms": ("-c", "from importlinter.cli import lint_imports_command as check; check()"),
    "spelling": ("-m", "codespell_lib"),
    "tests": (*PYTEST, *TWO_AT_A_TIME, "--ignore=tests/browser"),
    "copies for students and teachers": ("scripts/make_copies.py", COPIES),
    "notebooks": (
        *(*PYTEST, *TWO_AT_A_TIME, "--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=300"),
        *("notebooks", f"{COPIES}/solved"),
    ),
    "browser tests": (*PYTEST, "--capture=no", "tests/browser"),
}


def say(text: str) -> None:
    """Print at once: what a child process prints must not overtake it."""
    print(text, flush=True)


def run(*command: str | Path) -> int:
    """Run a command to its end, and return its exit code."""
    return subprocess.run(command, check=False).returncode


def run_or_exit(problem: str, *command: str | Path) -> None:
    """Run a command that must succeed, or end here and say what the problem is."""
    if run(*command) != 0:
        sys.exit(f"{problem} The lines above say why.")


def is_installed_here() -> bool:
    """Is this very folder installed in the Python that runs this script, outside our own .venv?"""
    try:
        origin = importlib.metadata.distribution("mini-batch-live").read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        return False
    return Path(sys.prefix) != VENV and f'"{HERE.as_uri()}"' in (origin or "")


def make_environment() -> None:
    """Make .venv with nothing but Python in it, or say in one line what is missing for that."""
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            package = "python%d.%d-venv" % sys.version_info[:2]
            sys.exit(f"This Python has no module '{module}'. On Debian or Ubuntu: sudo apt install {package}")
    say(f"Making a private Python environment in {VENV} ...")
    run_or_exit("It could not be made.", sys.executable, "-m", "venv", "--clear", "--without-pip", VENV)


def private_python(target: str) -> Path:
    """The Python of .venv, with `target` (this folder, "." or ".[test]") and its pinned packages installed.

    The stamp tells what was installed last; without one, an earlier try may have been cut short anywhere.
    """
    python = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pins = b"".join((HERE / name).read_bytes() for name in ("pyproject.toml", "requirements.lock"))
    digest = hashlib.sha256(bytes(HERE) + pins).hexdigest()
    installed = STAMP.read_text().split() if STAMP.exists() and python.exists() else []
    if digest in installed and target in installed:
        return python
    if not python.exists():
        make_environment()
    if not installed:
        run_or_exit("pip could not be installed.", python, "-m", "ensurepip")
    say("Installing the pinned packages (some minutes the first time) ...")
    install = ("-m", "pip", "install", "--disable-pip-version-check", "-c", "requirements.lock", "-e", target)
    run_or_exit("The packages could not be installed.", python, *install)
    STAMP.write_text(f"{digest} . {target}")
    return python


def jupyter_environment() -> dict[str, str]:
    """What JupyterLab and its kernels find in their environment, besides what is there."""
    config = [str(HERE / ".jupyter"), os.environ.get("JUPYTER_CONFIG_PATH")]
    return {
        "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, config)),
        # Linux keeps what was freed in many pools, each as large as it ever was. After the thousand actions of
        # `ACTIONS=1000 start.py test -s -k anything` a kernel held 1,399 MiB, with two pools 1,056 and no growth.
        "MALLOC_ARENA_MAX": os.environ.get("MALLOC_ARENA_MAX", "2"),
    }


def open_lessons(python: Path, arguments: list[str]) -> None:
    """Become JupyterLab, until it is stopped."""
    say("Opening the lessons in your browser. To stop them, press Ctrl-C twice in this window.")
    os.environ |= jupyter_environment()
    command = (str(python), *JUPYTERLAB, *arguments)
    if os.name != "nt":
        os.execv(python, command)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Windows has no exec: wait, and leave Ctrl-C to JupyterLab
    sys.exit(run(*command))


def run_checks(python: Path, arguments: list[str]) -> None:
    """Run all checks, or pytest alone with `arguments`; in the end, name those that failed."""
    os.environ.setdefault("JAX_PLATFORMS", "cpu")  # the outputs in the notebooks were made there
    failed = []
    for name, check in {"tests": (*PYTEST, *arguments)}.items() if arguments else CHECKS.items():
        say(f"\n== {name}: {' '.join(check)}")
        if run(python, *check) != 0:
            failed.append(name)
    if failed:
        sys.exit(f"\nFailed: {', '.join(failed)}")
    say("\nAll checks passed.")


def main(arguments: list[str]) -> None:
    """Find or make the environment, then do what was asked."""
    os.chdir(HERE)
    testing = arguments[:1] == ["test"]
    python = Path(sys.executable) if is_installed_here() else private_python(".[test]" if testing else ".")
    if testing:
        run_checks(python, arguments[1:])
    else:
        open_lessons(python, arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
