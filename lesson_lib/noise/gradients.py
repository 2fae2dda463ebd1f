"""The gradient of each example's loss, and their mean: the true gradient.

    g_i = ∇ loss of example i          G = mean of g_i over all N examples

Everything is computed a chunk of examples at a time, so that memory does not grow with N. A chunk is
a view into the data as they stand: copying them into chunks would double the memory.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Shaped

from lesson_lib import model
from lesson_lib.checks import require_examples, require_int
from lesson_lib.precision import full_precision, is_half_precision, widen
from lesson_lib.training import Params, PerExampleLoss, losses_of

MOST_GRADS = 32
"""In half precision `full_grad` holds the gradients of at most this many examples at once."""


def take_chunk(
    values: Shaped[Array, "examples ..."], chunk: Int[Array, ""], chunk_size: int
) -> Shaped[Array, "chunk ..."]:
    """Rows of one chunk. The last one is always full: it begins early, and repeats some of the chunk before it."""
    return jax.lax.dynamic_slice_in_dim(values, chunk_start(values.shape[0], chunk, chunk_size), chunk_size)


def chunk_start(num_examples: int, chunk: Int[Array, ""], chunk_size: int) -> Int[Array, ""]:
    """Number of a chunk's first example."""
    return jnp.minimum(chunk * chunk_size, num_examples - chunk_size)


def is_new(num_examples: int, chunk: Int[Array, ""], chunk_size: int) -> Bool[Array, " chunk"]:
    """Which examples of a chunk were in none before."""
    return chunk_start(num_examples, chunk, chunk_size) + jnp.arange(chunk_size) >= chunk * chunk_size


@partial(jax.jit, static_argnames=("per_example_loss", "chunk_size"))
@full_precision
def full_grad(
    params: Params,
    x: Shaped[Array, "examples ..."],
    y: Shaped[Array, "examples ..."],
    *,
    per_example_loss: PerExampleLoss = model.per_example_loss,
    chunk_size: int = 2048,
) -> Params:
    """The true gradient G: the mean of the gradients of all N examples' losses.

    Args:
        params: any pytree of floating-point arrays.
        x, y: the N examples, one a row.
        per_example_loss: any model, as a function `(params, x, y) -> losses`, one loss for each example.
        chunk_size: examples looked at at once; the network's intermediate values for these are in memory. In half
            precision there are no more than 32, whose gradients are taken one by one and summed up in float32.

    Returns:
        A pytree like `params`, in at least float32.

    Raises:
        TypeError, ValueError: `chunk_size` is not a whole number of at least 1; no examples; `x` and `y` of
            different lengths; a `per_example_loss` that returns anything but one loss for each example.
    """
    num_examples = require_examples(x, y)
    chunk_size = min(require_int("chunk_size", chunk_size, low=1), num_examples)

    in_half = is_half_precision(params)
    chunk_size = min(chunk_size, MOST_GRADS) if in_half else chunk_size

    def grad_of_chunk(chunk: Int[Array, ""]) -> Params:
        rows = take_chunk(x, chunk, chunk_size), take_chunk(y, chunk, chunk_size)
        new = is_new(num_examples, chunk, chunk_size)
        if in_half:  # A sum of many g_i would stop growing, or be infinite; a mean of them would be rounded to 0.
            grads = chunk_grads(per_example_loss, params, *rows)
            return jax.tree.map(lambda g: jnp.tensordot(new.astype(g.dtype), g, axes=1) / num_examples, grads)

        def share_of_loss(params: Params) -> Float[Array, ""]:
            return jnp.sum(jnp.where(new, losses_of(per_example_loss, params, *rows), 0)) / num_examples

        return jax.grad(share_of_loss)(params)

    def add_chunk(chunk: Int[Array, ""], total: Params) -> Params:
        return jax.tree.map(jnp.add, total, grad_of_chunk(chunk))

    zeros = jax.tree.map(lambda leaf: jnp.zeros_like(widen(leaf)), params)
    return jax.lax.fori_loop(0, -(-num_examples // chunk_size), add_chunk, zeros)


@full_precision
def chunk_grads(
    per_example_loss: PerExampleLoss, params: Params, x: Shaped[Array, "chunk ..."], y: Shaped[Array, "chunk ..."]
) -> Params:
    """g_i of each example of a chunk, in at least float32: leaves of shape `(chunk, *shape)`."""

    def loss(params: Params, x: Array, y: Array) -> Float[Array, ""]:
        return losses_of(per_example_loss, params, x[None], y[None])[0]

    return jax.tree.map(widen, jax.vmap(jax.grad(loss), in_axes=(None, 0, 0))(params, x, y))


def map_per_example_grads(
    keep: Callable[[Params], Any],
    per_example_loss: PerExampleLoss,
    params: Params,
    x: Shaped[Array, "examples ..."],
    y: Shaped[Array, "examples ..."],
    chunk_size: int,
) -> Any:
    """`keep(g_i)` of every example, stacked along a new first axis."""
    num_examples = x.shape[0]
    chunk_size = min(require_int("chunk_size", chunk_size, low=1), num_examples)

    def kept(chunk: Int[Array, ""]) -> Any:
        rows = take_chunk(x, chunk, chunk_size), take_chunk(y, chunk, chunk_size)
        return jax.vmap(keep)(chunk_grads(per_example_loss, params, *rows))

    def write_chunk(chunk: Int[Array, ""], result: Any) -> Any:
        start = chunk_start(num_examples, chunk, chunk_size)
        write = partial(jax.lax.dynamic_update_slice_in_dim, start_index=start, axis=0)
        return jax.tree.map(write, result, kept(chunk))

    shapes = jax.eval_shape(kept, jnp.int32(0))
    empty = jax.tree.map(lambda leaf: jnp.zeros((num_examples, *leaf.shape[1:]), leaf.dtype), shapes)
    return jax.lax.fori_loop(0, -(-num_examples // chunk_size), write_chunk, empty)


def whole_gradient(grad: Params) -> Params:
    """Keep all of g_i."""
    return grad


@partial(jax.jit, static_argnames=("keep", "per_example_loss", "chunk_size"))
def per_example_grads(
    params: Params,
    x: Shaped[Array, "examples ..."],
    y: Shaped[Array, "examples ..."],
    *,
    keep: Callable[[Params], Any] = whole_gradient,
    per_example_loss: PerExampleLoss = model.per_example_loss,
    chunk_size: int = 8,
) -> Any:
    """The gradient g_i of each example's loss, or what `keep` makes of it.

    Whole gradients of N examples take N times the memory of the parameters: 4.9 GB for 12,000
    examples and 101,770 float32 parameters. With a `keep` that returns something small (a length, an
    angle), no more than `chunk_size` of them are in memory at any moment.

    Args:
        params: any pytree of floating-point arrays.
        x, y: the N examples, one a row.
        keep: what to keep of one g_i, a pytree like `params`. Define it once: each new function is
            compiled anew.
        per_example_loss: any model, as a function `(params, x, y) -> losses`, one loss for each example.
        chunk_size: examples looked at at once.

    Returns:
        What `keep` returns, with a new first axis of length N: by default a pytree like `params`, in at
        least float32.

    Raises:
        TypeError, ValueError: as for `full_grad`.

    >>> from lesson_lib.noise import norm_sq
    >>> def squared_error(w, x, y):
    ...     return (x @ w - y) ** 2 / 2
    >>> x, y = jnp.array([[1.0, 0], [0, 1], [1, 1], [1, -1]]), jnp.array([1.0, 2, 3, 0])
    >>> per_example_grads(jnp.zeros(2), x, y, per_example_loss=squared_error)[2].tolist()
    [-3.0, -3.0]
    >>> per_example_grads(jnp.zeros(2), x, y, keep=norm_sq, per_example_loss=squared_error).tolist()
    [1.0, 4.0, 18.0, 0.0]
    """
    require_examples(x, y)
    return map_per_example_grads(keep, per_example_loss, params, x, y, chunk_size)
