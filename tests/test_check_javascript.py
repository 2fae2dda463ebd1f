"""Where the JavaScript cannot be checked, that is said in one line; in CI it is an error."""

import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from helpers import module_at

SCRIPT = Path(__file__).parents[1] / "scripts" / "check_javascript.py"


@pytest.fixture
def script(tmp_path, monkeypatch):
    """The script as a module, on a machine that has Node 20 and npm, in which nothing is installed yet."""
    module = module_at(SCRIPT)
    monkeypatch.setattr(module, "TOOLS", tmp_path / "tools")
    on_machine(module, monkeypatch)
    monkeypatch.delenv("CI", raising=False)
    return module


def on_machine(script, monkeypatch, programs=("node", "npm"), version="v20.20.2", code=0, words=""):
    """What the machine has, and how an installation ends there; the commands that were run."""
    commands = []

    def run(command, **_):
        commands.append(command)
        if "--version" in command:
            return subprocess.CompletedProcess(command, 0, f"{version}\n", "")
        return subprocess.CompletedProcess(command, code, "", words)

    monkeypatch.setattr(script.shutil, "which", lambda name: name if name in programs else None)
    monkeypatch.setattr(script.subprocess, "run", run)
    return commands


@pytest.mark.parametrize(
    ("machine", "why"),
    [
        ({"programs": ()}, "Node 18 or newer was not found"),
        ({"version": "v16.20.2"}, "Node 18 or newer is needed, and v16.20.2 was found"),
        ({"programs": ("node",)}, "npm was not found"),
        ({"code": 1, "words": "npm error code EAI_AGAIN"}, "no network was found"),
    ],
)
def test_where_something_is_missing_one_line_says_so_and_only_ci_fails(script, monkeypatch, capsys, machine, why):
    on_machine(script, monkeypatch, **machine)
    with pytest.raises(SystemExit) as end:
        script.main()
    assert end.value.code is None
    assert why in capsys.readouterr().out.splitlines()[-1]
    monkeypatch.setenv("CI", "true")
    with pytest.raises(SystemExit, match=why):
        script.main()


def test_an_installation_that_fails_otherwise_is_an_error(script, monkeypatch):
    on_machine(script, monkeypatch, code=1, words="npm error code EACCES")
    with pytest.raises(SystemExit, match=r"EACCES\n.*could not be installed"):
        script.install_tools()
    on_machine(script, monkeypatch)
    script.install_tools()  # the next run begins anew


def test_the_tools_are_installed_again_when_their_pins_change_and_only_then(script, tmp_path, monkeypatch):
    monkeypatch.setattr(script, "PINS", tmp_path / "package.json")
    commands = on_machine(script, monkeypatch)
    for pins, times in [("one", 1), ("one", 1), ("two", 2), ("two", 2)]:
        script.PINS.write_text(pins, encoding="utf-8")
        script.install_tools()
        assert len(commands) == times
        assert (script.TOOLS / "package.json").read_text(encoding="utf-8") == pins


@pytest.mark.parametrize("failing", [(), ("types",), ("form", "tests")])
def test_each_check_that_fails_is_named_with_what_it_says(script, monkeypatch, capsys, failing):
    def started(command, **_):
        (name,) = [name for name, word in WORDS.items() if any(word in str(part) for part in command)]
        said = f"{name}: 1 error"
        return SimpleNamespace(communicate=lambda: (said, None), returncode=int(name in failing))

    monkeypatch.setattr(script, "install_tools", lambda: None)
    monkeypatch.setattr(script.subprocess, "Popen", started)
    if not failing:
        script.main()
        assert "pass" in capsys.readouterr().out
        return
    with pytest.raises(SystemExit, match=f"^JavaScript: failed: {', '.join(failing)}$"):
        script.main()
    assert capsys.readouterr().out.splitlines() == [f"{name}: 1 error" for name in failing]


WORDS = {"types": "tsc", "form": "--error-on-warnings", "tests": "--test"}
"""By which a check's command is known; a warning is an error, too."""
