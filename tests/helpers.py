"""What several files of tests share: a small dataset, losses with known gradients, calls as learners make them."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import jax.numpy as jnp
import jaxtyping
import numpy as np

from lesson_lib.data import Dataset
from lesson_lib.parallel import Exchange


def module_at(path: Path) -> ModuleType:
    """A script as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tiny_dataset(num_examples=24, num_features=6, *, scale=1.0) -> Dataset:
    """Random points, each in one of three classes, the same ones to train on and to test on."""
    rng = np.random.default_rng(0)
    x = (scale * rng.normal(size=(num_examples, num_features))).astype(np.float32)
    y = rng.integers(0, 3, num_examples)
    return Dataset("tiny", x, y, x, y, ("a", "b", "c"))


def linear(w, x, y):
    """A loss whose gradient is the example itself."""
    return x @ w + 0 * y


def squared_error(w, x, y):
    """Least squares: the gradient of an example is (x·w - y) x."""
    return (x @ w - y) ** 2 / 2


def half_square(w, x, y):
    """The loss w²/2, whatever the example is: every update multiplies w by 1 - η."""
    return 0.5 * w**2 * jnp.ones_like(x[:, 0])


@contextmanager
def signatures_unchecked() -> Iterator[None]:
    """As learners run the library: shapes and types are not checked at every call."""
    jaxtyping.config.update("jaxtyping_disable", True)
    try:
        yield
    finally:
        jaxtyping.config.update("jaxtyping_disable", False)


class FoundExchange:
    """An exchange that has been measured without any process: 0.1 ms a message, 10 ns a byte."""

    closed = False

    def poll(self, timeout=0.0) -> Exchange:
        return Exchange(1e-4, 1e-8)

    def close(self) -> None:
        self.closed = True


def rgb(color):
    return [int(color[at : at + 2], 16) for at in (1, 3, 5)]


def luminance(colors):
    """WCAG 2.2's relative luminance."""
    share = np.asarray(colors, float) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(one, other):
    lights = luminance(one), luminance(other)
    return (np.maximum(*lights) + 0.05) / (np.minimum(*lights) + 0.05)
