"""Make a machine ready for its class: the hub's proxy, and the compiled programs that all seats read.

    python -m classroom.prepare

To be run once, by whoever may write in the course's folder, and again after the course or its packages have changed.
Node 18 or newer and its npm must be there.
"""

import compileall
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from jupyter_client.manager import start_new_kernel

import start
from classroom.places import FONTS, PROGRAMS, PROXY, TOOLS
from classroom.seat import environment

PINS = Path(__file__).with_name("package.json")

SECONDS_PER_CELL = 600

COMPILE_AHEAD = """
from lesson_lib.panel.panel import Panel

for panel in [each for each in globals().values() if isinstance(each, Panel)]:
    for piece in panel._prepare():
        piece()
"""
"""What a panel compiles while somebody looks at it."""


def install_proxy() -> None:
    """Install the pinned proxy, where it is not there yet.

    Raises:
        SystemExit: Node or its npm is missing, or has failed.
    """
    pins, installed = PINS.read_text(encoding="utf-8"), TOOLS / "package.json"
    if PROXY.exists() and installed.read_text(encoding="utf-8") == pins:
        return
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise SystemExit("The hub's proxy needs Node 18 or newer with npm. On Debian or Ubuntu: sudo apt install npm")
    TOOLS.mkdir(parents=True, exist_ok=True)
    installed.write_text(pins, encoding="utf-8")
    command = (npm, "install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    if subprocess.run(command, cwd=TOOLS, check=False).returncode != 0:
        raise SystemExit("The hub's proxy could not be installed. The lines above say why.")


def compile_modules() -> None:
    """Compile all of Python's modules: who cannot write beside them would compile them anew at each start."""
    for folder in (sysconfig.get_path("purelib"), start.HERE / "lesson_lib", start.HERE / "classroom"):
        compileall.compile_dir(folder, quiet=2)


def list_fonts() -> None:
    """Have matplotlib list the fonts of this machine."""
    in_place = os.environ | {"MPLCONFIGDIR": str(FONTS)}
    subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], env=in_place, check=True)


def keep_programs_of(lessons: Iterable[Path]) -> None:
    """Run lessons as a seat does, and keep all programs that they compile."""
    PROGRAMS.mkdir(parents=True, exist_ok=True)
    for lesson in lessons:
        begun = time.monotonic()
        _run(lesson)
        print(f"{lesson.stem}: its programs are kept ({time.monotonic() - begun:.0f} s)", flush=True)


def _run(lesson: Path) -> None:
    cells = json.loads(lesson.read_text(encoding="utf-8"))["cells"]
    with tempfile.TemporaryDirectory() as folder:
        given = {name: value for name, value in os.environ.items() if name != "JAX_COMPILATION_CACHE_DIR"}
        manager, client = start_new_kernel(env=given | environment(Path(folder), given), cwd=folder)
        try:
            for source in [*("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"), COMPILE_AHEAD]:
                # An exercise that is still to be written says so: nothing that fails stops the lesson.
                client.execute_interactive(
                    source, allow_stdin=False, stop_on_error=False, timeout=SECONDS_PER_CELL, output_hook=lambda _: None
                )
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)


def main() -> None:
    """Do all of it."""
    install_proxy()
    compile_modules()
    list_fonts()
    keep_programs_of(sorted((start.HERE / "notebooks").glob("*.ipynb")))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit((__doc__ or "").strip())
    main()
