"""What holds in every test: the processor that all have, and no silent change of a number's type or shape."""

import gc
import os
import random
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

# Of a list beartype looks at one item by chance. It takes its own chances: a thread that is still at work would else
# change those from which Hypothesis draws, and be taken for a fault of the test.
with mock.patch.object(random, "getrandbits", random.Random(0).getrandbits):
    import beartype.door  # noqa: F401

# Read when jax is imported. All processes share their programs, also with the next run, and not with the user.
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(__file__).parents[1] / "build" / "programs"))
# A test compiles for longer than it computes: less is done for a program's speed, and none is cut up to be compiled by
# many threads at once. The lessons are checked without this.
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true "
    "--xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1",
)
os.environ.setdefault("JAX_TRACEBACK_IN_LOCATIONS_LIMIT", "0")  # nor does a program say which lines it was made of

import jax
import pytest
from hypothesis import settings

from lesson_lib.lessons.progress import NoProgress
from lesson_lib.panel.panel import Panel

# Parts of notebooks, which run there alone, and what needs eight devices, which `test_parallel.py` starts.
collect_ignore = ["lessons", *([] if "JAX_NUM_CPU_DEVICES" in os.environ else ["devices"])]

# As in a seat (classroom/server.py): whoever reads notebooks would build a parser for addresses that no notebook has.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]

jax.config.update("jax_numpy_dtype_promotion", "strict")
jax.config.update("jax_numpy_rank_promotion", "raise")

# No deadline: the first example of a shape is slow because it is compiled. In CI the same examples every time.
settings.register_profile("lessons", deadline=None, derandomize="CI" in os.environ, max_examples=50)
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile("lessons")


def pytest_collection_finish() -> None:
    """What has been imported and collected stays, so that it need not be looked through for what can be forgotten."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def nothing_is_answered_yet() -> None:
    """What one test has answered, where no one watches, is not there for the next."""
    NoProgress.entries.clear()


@pytest.fixture(autouse=True, scope="module")
def no_panel_outlives_its_module() -> Iterator[None]:
    """A panel has a thread of its own; those that the tests of a module leave behind are closed."""
    made: weakref.WeakSet[Panel] = weakref.WeakSet()
    make = Panel.__init__

    def remember(self: Panel, *args: object, **kwargs: object) -> None:
        make(self, *args, **kwargs)  # type: ignore[arg-type]
        made.add(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Panel, "__init__", remember)
        yield
    for panel in made:
        panel.close()
