"""The network of the lessons: a multilayer perceptron, written as pure functions on a pytree.

Nothing here knows about batches, updates or noise. Any other model can take this one's place: the
rest of the library only asks for a function `per_example_loss(params, x, y)`.
"""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from lesson_lib.checks import require_int

LAYER_SIZES = (784, 128, 10)


class Layer(NamedTuple):
    """One linear layer, `x @ weight + bias`."""

    weight: Float[Array, "inputs outputs"]
    bias: Float[Array, " outputs"]


Params = tuple[Layer, ...]


def init_params(layer_sizes: Sequence[int] = LAYER_SIZES, *, key: Key[Array, ""]) -> Params:
    """Random weights and zero biases for an MLP.

    A weight is drawn from N(0, 2 / inputs), which keeps the size of the activations from layer to
    layer when the activation function is ReLU (He et al. 2015, "Delving Deep into Rectifiers", eq. 10).

    Args:
        layer_sizes: number of inputs, of units in each hidden layer, and of classes.
        key: source of randomness; the same key gives the same parameters.

    Raises:
        ValueError: fewer than two sizes, or a size below 1.
        TypeError: a size that is not a whole number.
    """
    if len(layer_sizes) < 2:
        raise ValueError(f"layer_sizes must hold at least 2 sizes (inputs and classes), got {tuple(layer_sizes)!r}")
    return _init_params(tuple(require_int("each of layer_sizes", size, low=1) for size in layer_sizes), key)


# Compiled as one: a dozen small programs would take longer to read from the cache of an earlier session.
@partial(jax.jit, static_argnames="sizes")
def _init_params(sizes: tuple[int, ...], key: Key[Array, ""]) -> Params:
    keys = jax.random.split(key, len(sizes) - 1)
    return tuple(
        Layer(
            weight=jax.random.normal(layer_key, (inputs, outputs)) * jnp.sqrt(2.0 / inputs),
            bias=jnp.zeros(outputs),
        )
        for layer_key, inputs, outputs in zip(keys, sizes[:-1], sizes[1:], strict=True)
    )


def forward(params: Params, x: Float[Array, "batch features"]) -> Float[Array, "batch classes"]:
    """Scores (logits) of each class; the largest is the prediction.

    Linear layers with ReLU between them: `relu(x @ W1 + b1) @ W2 + b2` for two layers.
    """
    *hidden, last = params
    for layer in hidden:
        x = jax.nn.relu(x @ layer.weight + layer.bias[None, :])
    return x @ last.weight + last.bias[None, :]


def cross_entropy(logits: Float[Array, "batch classes"], y: Int[Array, " batch"]) -> Float[Array, " batch"]:
    """Softmax cross-entropy in nats: `-log softmax(logits)[y]`, computed without overflow."""
    log_probabilities = jax.nn.log_softmax(logits)
    return -jnp.take_along_axis(log_probabilities, y[:, None], axis=1)[:, 0]


def per_example_loss(
    params: Params, x: Float[Array, "batch features"], y: Int[Array, " batch"]
) -> Float[Array, " batch"]:
    """Loss of each example on its own, in nats."""
    return cross_entropy(forward(params, x), y)


def mean_loss(params: Params, x: Float[Array, "batch features"], y: Int[Array, " batch"]) -> Float[Array, ""]:
    """The loss L: the mean of `per_example_loss` over the examples given, in nats."""
    return jnp.mean(per_example_loss(params, x, y))


def share_right(logits: Float[Array, "batch classes"], y: Int[Array, " batch"]) -> Float[Array, ""]:
    """Share of the examples whose largest score is the right class, from 0 to 1. With a score of NaN none is right."""
    return jnp.mean((jnp.argmax(logits, axis=1) == y) & ~jnp.isnan(logits).any(axis=1))


def accuracy(params: Params, x: Float[Array, "batch features"], y: Int[Array, " batch"]) -> Float[Array, ""]:
    """Share of the examples that the network classifies correctly, from 0 to 1."""
    return share_right(forward(params, x), y)
