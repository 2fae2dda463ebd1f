"""Sums, lengths and angles of gradients, which are pytrees: the entries of all leaves make one long vector."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from lesson_lib.precision import full_precision, widen


@jax.jit
def total(tree: PyTree[Float[Array, "..."]]) -> Float[Array, ""]:
    """Sum of all entries of a pytree, in at least float32."""
    return jax.tree.reduce(jnp.add, jax.tree.map(lambda leaf: jnp.sum(widen(leaf)), tree))


@jax.jit
@full_precision
def inner_product(a: PyTree[Float[Array, "..."]], b: PyTree[Float[Array, "..."]]) -> Float[Array, ""]:
    """Inner product a · b of two pytrees of one structure, in at least float32."""
    return total(jax.tree.map(lambda u, v: jnp.vdot(widen(u), widen(v)), a, b))


def norm_sq(tree: PyTree[Float[Array, "..."]]) -> Float[Array, ""]:
    """|v|²: the sum of the squares of all entries of a pytree, in at least float32.

    >>> float(norm_sq({"weight": jnp.array([[1.0, 2.0]]), "bias": jnp.array([3.0])}))
    14.0
    """
    return inner_product(tree, tree)


@jax.jit
def cosine(a: PyTree[Float[Array, "..."]], b: PyTree[Float[Array, "..."]]) -> Float[Array, ""]:
    """Cosine of the angle between two pytrees of one structure: a · b / (|a| |b|), from -1 to 1.

    A zero vector points nowhere: its cosine with anything is 0.

    >>> round(float(cosine({"w": jnp.array([3.0, 4.0])}, {"w": jnp.array([5.0, 0.0])})), 6)
    0.6
    """
    lengths = jnp.sqrt(norm_sq(a)) * jnp.sqrt(norm_sq(b))
    return jnp.clip(inner_product(a, b) / jnp.where(lengths == 0, 1, lengths), -1, 1)
