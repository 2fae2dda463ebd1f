"""One source of truth: what is declared, what is pinned, what conda installs and what is imported agree."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
PINS = [Requirement(line) for line in LOCK.splitlines() if not line.startswith("#")]

# `bench` is left out on purpose: a comparison with other libraries is one with their newest releases.
LOCKED_EXTRAS = ("lab", "test", "cuda12", "cuda13")
DECLARED = [*PROJECT["dependencies"], *(text for extra in LOCKED_EXTRAS for text in EXTRAS[extra])]


@pytest.mark.parametrize("declared", [*map(Requirement, DECLARED)], ids=str)
def test_each_declared_package_has_a_pin_in_its_range(declared):
    versions = [spec.version for pin in PINS if pin.name == declared.name for spec in pin.specifier]
    assert versions
    assert all(version in declared.specifier for version in versions)


def test_there_is_one_pin_a_package_on_every_python_so_that_all_see_the_same_digits():
    names = [pin.name for pin in PINS]
    assert len(set(names)) == len(names)
    assert all([spec.operator for spec in pin.specifier] == ["=="] for pin in PINS)


def test_the_lock_names_no_address():
    assert "://" not in LOCK
    assert " @ " not in LOCK


def test_conda_takes_python_from_the_allowed_range_and_the_packages_from_the_lock():
    *conda, pip = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    (version,) = (text.removeprefix("python=") for text in conda if text.startswith("python="))
    assert version in SpecifierSet(PROJECT["requires-python"])
    assert pip == {"pip": ["-c requirements.lock", "-e .[lab,test]"]}


def test_the_library_imports_only_what_is_declared():
    sources = [path.read_text("utf-8") for path in (ROOT / "lesson_lib").rglob("*.py")]
    imported = {name for source in sources for name in imports(ast.parse(source))} - sys.stdlib_module_names
    distributions = packages_distributions()
    needed = {canonical(distributions[name][0]) for name in imported - {"lesson_lib"}}
    assert needed <= {canonical(Requirement(text).name) for text in PROJECT["dependencies"]}


def imports(tree):
    """Top-level names of all modules that a source imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.split(".")[0]


def canonical(name):
    """A package's name as the packaging standard (PEP 503) compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_readme_has_no_gap_left_to_fill() -> None:
    assert re.findall(r"__[A-Z_]+__", (ROOT / "README.md").read_text()) == []
