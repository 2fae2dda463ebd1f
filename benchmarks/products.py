"""The matrix products of one gradient, alone: no training on this machine can be faster than they are."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from lesson_lib.model import LAYER_SIZES

PRODUCTS = {
    "x @ W1": lambda a, b: a @ b,
    "h @ W2": lambda a, b: a @ b,
    "hT @ d2": lambda a, b: a.T @ b,
    "d2 @ W2T": lambda a, b: a @ b.T,
    "xT @ d1": lambda a, b: a.T @ b,
}
"""Two forward, three backward: h is the hidden layer, d1 and d2 are the loss's slopes in both layers."""


def flops(num_examples: int) -> int:
    """Multiplications and additions in all of `PRODUCTS` together."""
    inputs, hidden, classes = LAYER_SIZES
    return 2 * num_examples * (2 * inputs * hidden + 3 * hidden * classes)


def products(num_examples: int) -> dict[str, Callable[[], object]]:
    """Each product with factors of the right shape, once in JAX and once in NumPy."""
    inputs, hidden, classes = LAYER_SIZES
    rng = np.random.default_rng(0)
    x, h, w1, w2, d1, d2 = (
        rng.standard_normal(shape, dtype=np.float32)
        for shape in (
            (num_examples, inputs),
            (num_examples, hidden),
            (inputs, hidden),
            (hidden, classes),
            (num_examples, hidden),
            (num_examples, classes),
        )
    )
    factors = [(x, w1), (h, w2), (h, d2), (d2, w2), (x, d1)]
    runs: dict[str, Callable[[], object]] = {}
    for (name, multiply), (a, b) in zip(PRODUCTS.items(), factors, strict=True):
        runs[f"JAX {name}"] = partial(jax.jit(multiply), jnp.asarray(a), jnp.asarray(b))
        runs[f"NumPy {name}"] = partial(multiply, a, b)
    return runs
