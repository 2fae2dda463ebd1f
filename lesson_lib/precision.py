"""Numbers wide enough to measure a small difference with."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

P = ParamSpec("P")
R = TypeVar("R")


def widen(values: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """The same numbers in at least float32: a bfloat16 sum of many terms stops growing at 256 times a term."""
    return values if values.dtype.itemsize >= 4 else values.astype(jnp.float32)


def is_half_precision(tree: Any) -> bool:
    """Is any array of a pytree in bfloat16 or float16?"""
    return any(leaf.dtype.itemsize < 4 for leaf in jax.tree.leaves(tree))


def full_precision(function: Callable[P, R]) -> Callable[P, R]:
    """Let all matrix products in `function` be made in the precision of their numbers.

    Left to itself, a GPU rounds the float32 numbers of a product to TensorFloat-32, that is to three
    digits. That is good enough to train with, and far too coarse to measure noise with.
    """

    @wraps(function)
    def precise(*args: P.args, **kwargs: P.kwargs) -> R:
        with jax.default_matmul_precision("float32"):
            return function(*args, **kwargs)

    return precise
