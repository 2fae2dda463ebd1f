"""What `import lesson_lib as ll` gives, and that it changes nothing."""

import ast
import dataclasses
import inspect
import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

import lesson_lib as ll

CHANGES = """
import json, sys, warnings
import IPython, matplotlib.pyplot, anywidget, optax, jax  # what they change is their own affair

before = dict(jax.config.values), list(warnings.filters)
import lesson_lib as ll
for name in dir(ll):
    getattr(ll, name)
after = {name: jax.config.values[name] for name in before[0]}, warnings.filters
print(json.dumps([after[0] == before[0], after[1] == before[1]]))
"""


def told_by(program):
    """What a fresh Python prints: the one that runs the tests has imported everything already."""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, encoding="utf-8")
    return json.loads(done.stdout)


def test_importing_the_library_loads_neither_jax_nor_a_module_of_its_own():
    loaded = told_by("import json, sys, lesson_lib; print(json.dumps(sorted(sys.modules)))")
    heavy = {"jax", "numpy", "optax", "matplotlib", "IPython"}
    assert not heavy & set(loaded)
    assert [name for name in loaded if name.startswith("lesson_lib")] == ["lesson_lib"]


@pytest.mark.slow
def test_neither_the_import_nor_the_use_of_any_name_changes_jax_or_the_warnings():
    assert told_by(CHANGES) == [True, True]


@pytest.mark.parametrize("name", ll.__all__)
def test_every_name_is_what_its_own_module_has(name):
    found = getattr(ll, name)
    if name in ll._MODULES:
        assert found is sys.modules[f"lesson_lib.{name}"]
    else:
        assert found is getattr(sys.modules[f"lesson_lib.{ll._NAMES[name]}"], name)
        assert found is vars(ll)[name]  # found once, it stands there


def test_all_names_are_offered_and_no_name_twice():
    assert {*ll._MODULES, *ll._NAMES, "__version__"} == set(dir(ll))
    assert len(dir(ll)) == len(set(dir(ll)))
    assert sum(map(len, ll._PLACES.values())) == len(ll._NAMES)
    assert re.fullmatch(r"\d+\.\d+\.\d+", ll.__version__)


def test_no_class_and_no_type_has_the_name_of_another():
    library, homes = Path(ll.__file__).parent, defaultdict(set)
    for file in library.rglob("*.py"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            for name in [node.name] if isinstance(node, ast.ClassDef) else names:
                if re.match("[A-Z][a-z]", name):
                    homes[name].add(file.relative_to(library).as_posix())
    shared = {name for name, places in homes.items() if len(places) > 1}
    # The parameters of the lessons' network are some of any model's; each lesson has a vocabulary of its own.
    assert {name for name in shared if not any("content" in place for place in homes[name])} == {"Params"}


def test_each_panel_stands_beside_what_it_runs():
    panels = {place.split(".")[1] for place in ll._PLACES if place.endswith(".panel")}
    runs = {place.split(".")[1] for place in ll._PLACES if place.endswith(".run")}
    assert panels - runs == {"gd_vs_sgd", "loss_surface"}  # theirs are `Races` and `LinePath`
    assert runs <= panels


PANELS = [getattr(ll, name) for name, place in ll._NAMES.items() if place.endswith(".panel")]


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_offers_its_settings_by_name(panel):
    settings = [field.name for field in dataclasses.fields(panel.settings_type)]
    data, *names = inspect.signature(panel).parameters
    if panel is ll.NoiseFloor:  # it has no data
        names = [data, *names]
    assert [name for name in names if name != "choose_sampling"] == settings
    assert ("choose_sampling" in names) == (panel is ll.GdVsSgd)


@pytest.mark.parametrize("name", ["GdVsSGD", "Trainer", "_keys", "numpy"])
def test_a_name_that_is_not_there_is_named_with_those_that_are(name):
    with pytest.raises(AttributeError, match=f"lesson_lib has no '{name}'; it has .*GdVsSgd.*train"):
        getattr(ll, name)
