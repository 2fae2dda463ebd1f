"""Check the page's JavaScript: its types, its form, and what of it can be tried without a browser.

    python scripts/check_javascript.py

Node and its npm must be there. The tools, in the versions that tests/javascript/package.json pins, are installed into
build/javascript when those change. `biome check --write`, from there, mends the form.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / "build" / "javascript"
PINS = ROOT / "tests" / "javascript" / "package.json"
OLDEST_NODE = 18

NO_NETWORK = re.compile(r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT|network request")
INSTALL = ("install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def leave_out(why: str) -> NoReturn:
    """End without a check, which is an error in CI alone."""
    line = f"The JavaScript was not checked: {why}."
    if os.environ.get("CI"):
        sys.exit(line)
    print(line)
    sys.exit()


def find_node() -> str:
    """The path of Node."""
    node = shutil.which("node")
    if node is None:
        leave_out(f"Node {OLDEST_NODE} or newer was not found")
    version = subprocess.run([node, "--version"], capture_output=True, encoding="utf-8", check=True).stdout.strip()
    if int(version.lstrip("v").split(".")[0]) < OLDEST_NODE:
        leave_out(f"Node {OLDEST_NODE} or newer is needed, and {version} was found")
    return node


def install_tools() -> None:
    """Install the pinned tools where they are not there yet."""
    pins = PINS.read_text(encoding="utf-8")
    stamp = TOOLS / "installed.json"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == pins:
        return
    npm = shutil.which("npm")
    if npm is None:
        leave_out("npm was not found")
    print("Installing the tools for JavaScript ...", flush=True)
    TOOLS.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    (TOOLS / "package.json").write_text(pins, encoding="utf-8")
    done = subprocess.run([npm, *INSTALL], cwd=TOOLS, capture_output=True, encoding="utf-8", check=False)
    if done.returncode == 0:
        stamp.write_text(pins, encoding="utf-8")
        return
    if NO_NETWORK.search(done.stderr):
        leave_out("its tools must be fetched once, and no network was found")
    sys.exit(f"{done.stderr}\nThe tools for JavaScript could not be installed. The lines above say why.")


def main() -> None:
    """Run all three checks at once, and print what those say that fail."""
    node = find_node()
    install_tools()
    packages = TOOLS / "node_modules"
    tests = sorted((ROOT / "tests" / "javascript").glob("*.test.js"))
    checks: dict[str, tuple[str | Path, ...]] = {
        "types": (packages / "typescript" / "bin" / "tsc", "--project", ROOT),
        "form": (packages / "@biomejs" / "biome" / "bin" / "biome", "check", "--error-on-warnings"),
        "tests": ("--test", *tests),
    }
    running = {
        name: subprocess.Popen(
            [node, *command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
        )
        for name, command in checks.items()
    }
    failed = []
    for name, process in running.items():
        words, _ = process.communicate()
        if process.returncode != 0:
            print(words)
            failed.append(name)
    if failed:
        sys.exit(f"JavaScript: failed: {', '.join(failed)}")
    print("JavaScript: types, form and tests pass.")


if __name__ == "__main__":
    main()
