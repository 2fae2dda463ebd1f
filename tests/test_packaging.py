"""One source of truth: what is declared, what is pinned, what conda installs and what is imported agree."""

import ast
import re
import sys
import tomllib
from functools import partial
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import lesson_lib

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
PINS = [Requirement(line) for line in LOCK.splitlines() if not line.startswith("#")]

# `bench` is left out on purpose: a comparison with other libraries is one with their newest releases.
LOCKED_EXTRAS = ("classroom", "lab", "parallel", "test", "cuda12", "cuda13")
DECLARED = [*PROJECT["dependencies"], *(text for extra in LOCKED_EXTRAS for text in EXTRAS[extra])]


@pytest.mark.parametrize("declared", [*map(Requirement, DECLARED)], ids=str)
def test_each_declared_package_has_a_pin_in_its_range(declared):
    versions = [spec.version for pin in PINS if pin.name == declared.name for spec in pin.specifier]
    assert versions
    assert all(version in declared.specifier for version in versions)


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_up_to_python_3_14_all_have_the_same_pins_so_that_a_class_sees_the_same_digits(system):
    assert all([spec.operator for spec in pin.specifier] == ["=="] for pin in PINS)
    chosen = [
        sorted(str(pin).split(";")[0] for pin in PINS if applies(pin, version, system))
        for version in ("3.12.0", "3.13.0", "3.14.9")
    ]
    assert chosen[0] == chosen[1] == chosen[2]
    names = [pin.split("==")[0] for pin in chosen[0]]
    assert len(set(names)) == len(names)
    jax = {str(pin.specifier) for pin in PINS if pin.name in ("jax", "jaxlib") and applies(pin, "3.11.0", system)}
    assert jax == {str(pin.specifier) for pin in PINS if pin.name == "jax" and applies(pin, "3.14.0", system)}


def test_python_3_15_gets_one_pin_a_package_too():
    names = [pin.name for pin in PINS if applies(pin, "3.15.0", "linux")]
    assert len(set(names)) == len(names)
    assert {Requirement(text).name for text in PROJECT["dependencies"]} <= set(names)


def applies(pin, version, system):
    """Is this pin one for this Python and system?"""
    environment = {"python_full_version": version, "python_version": version.rpartition(".")[0]}
    return pin.marker is None or pin.marker.evaluate(environment | {"sys_platform": system})


def test_the_lock_names_no_address():
    assert "://" not in LOCK
    assert " @ " not in LOCK


def test_conda_takes_python_from_the_allowed_range_and_the_packages_from_the_lock():
    *conda, pip = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    (version,) = (text.removeprefix("python=") for text in conda if text.startswith("python="))
    assert version in SpecifierSet(PROJECT["requires-python"])
    assert pip == {"pip": ["-c requirements.lock", "-e .[classroom,lab,parallel,test]"]}


def test_the_library_imports_only_what_is_declared():
    """Only what trains on several processes may need the extra `parallel`: lessons do without."""
    distributions = packages_distributions()
    for path in (ROOT / "lesson_lib").rglob("*.py"):
        imported = {*imports(ast.parse(path.read_text("utf-8")))} - sys.stdlib_module_names - {"lesson_lib"}
        extra = EXTRAS["parallel"] if path.name == "checkpoints.py" else []
        allowed = {canonical(Requirement(text).name) for text in [*PROJECT["dependencies"], *extra]}
        assert {canonical(distributions[name][0]) for name in imported} <= allowed, path


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
    assert re.findall(r"__[A-Z_]+__", (ROOT / "README.md").read_text(encoding="utf-8")) == []


@pytest.mark.slow
def test_the_code_in_the_readme_runs_as_it_stands(capsys, monkeypatch) -> None:
    """On fewer images, which take a hundredth of the time."""
    monkeypatch.setattr(lesson_lib, "load_dataset", partial(lesson_lib.load_dataset, num_examples=320))
    first, second = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert "import lesson_lib as ll\n" in first
    names: dict[str, Any] = {}
    exec(first + second, names)
    value, standard_error = map(float, re.findall(r"Array\(([0-9.]+)", capsys.readouterr().out))
    assert 0 < standard_error < value
    x, y = map(np.asarray, names["unseen"])
    scores = x.astype(np.float64) @ np.asarray(names["end"].params, np.float64)
    wrong = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True) - np.eye(10)[y]
    # An example's gradient is the outer product of its image and of how wrong its probabilities are.
    np.testing.assert_allclose(names["pulls"], (x**2).sum(axis=1) * (wrong**2).sum(axis=1), rtol=1e-3, atol=1e-5)


def test_nothing_here_tells_node_how_to_read_jupyterlabs_own_scripts():
    """They lie in .venv, and Node asks the nearest package.json above: one that says "module" breaks them."""
    assert not (ROOT / "package.json").exists()
