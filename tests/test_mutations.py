"""The list of faults that the tests must catch: each still has its place, and is told apart from what is caught."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest
from helpers import module_at

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return module_at(ROOT / "scripts" / "mutate.py")


def is_there(test: str) -> bool:
    """Does a file hold the test that is named behind it?"""
    file, _, name = test.partition("::")
    return (ROOT / file).exists() and (not name or f"def {name.partition('[')[0]}(" in (ROOT / file).read_text("utf-8"))


def test_every_fault_has_its_place_and_its_tests(script: ModuleType) -> None:
    mutations = script.read_mutations(script.LIST.read_text("utf-8"))
    assert len(set(mutations)) == len(mutations) >= 70
    for mutation in mutations:
        text = (ROOT / mutation.path).read_text("utf-8")
        assert mutation.applied(text) != text
        assert mutation.tests
        assert [test for test in mutation.tests if not is_there(test)] == []


@pytest.mark.parametrize(("old", "new"), [("a", "b"), ("absent", "b"), ("same", "same")])
def test_a_fault_whose_place_is_not_to_be_found_is_out_of_date(script: ModuleType, old: str, new: str) -> None:
    mutation = script.Mutation("file.py", old, new, ("tests/test_file.py",))
    with pytest.raises(ValueError, match=r"^out of date: file\.py"):
        mutation.applied("a same a")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pytest starts without its plugins, which the few lines here do not need."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    ("test", "caught", "first"),
    [
        ("def test_sum():\n    assert add(1, 2) == 3", True, "test_code.py::test_sum"),
        ("def test_zero():\n    assert add(0, 0) == 0", False, ""),
        ("add(1, 2).nothing", True, "test_code.py"),
    ],
    ids=["caught", "survived", "not even imported"],
)
def test_a_fault_is_tried_in_the_copy_alone(
    script: ModuleType, tmp_path: Path, test: str, caught: bool, first: str
) -> None:
    whole = "def add(a, b):\n    return a + b\n"
    (tmp_path / "code_to_test.py").write_text(whole, encoding="utf-8")
    (tmp_path / "test_code.py").write_text(f"from code_to_test import add\n\n\n{test}\n", encoding="utf-8")
    mutation = script.Mutation("code_to_test.py", "a + b", "a - b", ("test_code.py",))
    found = script.try_out(mutation, tmp_path)
    assert found[0] == caught
    assert found[1].startswith(first) if first else "1 passed" in found[1]
    assert (tmp_path / "code_to_test.py").read_text("utf-8") == whole


@pytest.mark.usefixtures("bare")
def test_tests_that_are_not_there_are_no_verdict(script: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "code_to_test.py").write_text("x = 1", encoding="utf-8")
    mutation = script.Mutation("code_to_test.py", "1", "2", ("test_missing.py",))
    with pytest.raises(RuntimeError, match=r"code_to_test\.py"):
        script.try_out(mutation, tmp_path)


def test_the_tests_of_javascript_are_run_by_node(script: ModuleType, tmp_path: Path, monkeypatch) -> None:
    def run(command: Sequence[str], **_: object) -> subprocess.CompletedProcess[str]:
        assert command[:2] == ("node", "--test")
        assert command[-1] == "tests/axes.test.js"
        return subprocess.CompletedProcess(command, 1, "ok 1 - one is one\nnot ok 2 - two is three\n  ---\n")

    monkeypatch.setattr(script.subprocess, "run", run)
    assert script.run_tests(tmp_path, ["tests/axes.test.js"]) == (1, "two is three")


FAULTS = """
[[file]]
path = "code.py"
tests = ["test_code.py"]
faults = [{ old = "a + b", new = "a - b" }, { old = "return", new = "return  " }]
"""


@pytest.mark.parametrize(
    ("whole", "status", "last"),
    [
        ("def add(a, b):\n    return a + b\n", 1, "1 of 2 caught"),
        ("def add(a, b):\n    # a - b\n    return a + b\n", 2, "Without any fault fails test_code.py::test_sum"),
    ],
)
def test_a_fault_that_survives_or_tests_that_fail_without_any_are_the_exit_status(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys, whole: str, status: int, last: str
) -> None:
    def run_tests(folder: Path, _: object) -> tuple[int, str]:
        spoilt = "a - b" in (folder / "code.py").read_text("utf-8")
        return (script.FAILED, "test_code.py::test_sum") if spoilt else (script.PASSED, "")

    (tmp_path / "code.py").write_text(whole, encoding="utf-8")
    (tmp_path / "list.toml").write_text(FAULTS, encoding="utf-8")
    for name, value in (("HERE", tmp_path), ("LIST", tmp_path / "list.toml"), ("run_tests", run_tests)):
        monkeypatch.setattr(script, name, value)
    assert script.main([], 1) == status
    assert capsys.readouterr().out.splitlines()[-1] == last
    assert script.main(["elsewhere"], 1) == 0
