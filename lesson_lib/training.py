"""One update, and many of them in one compiled program.

    take a batch → loss and gradient on it → move the parameters → the next batch

Gradient descent (GD) and stochastic gradient descent (SGD) are this same code: GD is the case
B = N, in which the batch is the whole training set.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, Shaped

from lesson_lib import model
from lesson_lib.batching import updates_per_epoch
from lesson_lib.checks import AnyArray, require_examples, require_int
from lesson_lib.optimizers import Hyperparameters, Optimizer, require_optimizer, transform
from lesson_lib.precision import widen

Params = Any
"""Any pytree of arrays; `model.Params` in the lessons."""

PerExampleLoss = Callable[[Params, Shaped[Array, "batch ..."], Shaped[Array, "batch ..."]], Float[Array, " batch"]]
"""Any model, as a function `(params, x, y) -> losses`, one loss for each example.

An example's loss must not depend on the others beside it, as batch normalization makes it do. That is not checked: the
loss of a batch would be another function of the parameters at every batch size, what fills up a last batch would count,
and the gradient of an example would be that of a batch of one.
"""


class Average(NamedTuple):
    """Mean of the parameters after each of many updates, in at least float32."""

    params: Params
    num_updates: Int[Array, ""]
    """How many updates have been made, those before the averaging began included."""


class TrainState(NamedTuple):
    """All that one update hands to the next."""

    params: Params
    opt_state: optax.OptState
    average: Average | None = None
    """`None` where nobody asked for it: keeping it takes time."""


class Batch(NamedTuple):
    """The examples of one update. An example of weight 0 only fills up an incomplete last batch."""

    x: Shaped[Array, "batch ..."]
    y: Shaped[Array, "batch ..."]
    weight: Float[Array, " batch"]


def init_state(params: Params, optimizer: Optimizer, hyper: Hyperparameters, *, average: bool = False) -> TrainState:
    """The state before the first update; with `average`, the mean of the parameters is kept as well.

    Raises:
        TypeError, ValueError: `optimizer` is neither in `OPTIMIZERS` nor an optax transform that needs nothing but the
            gradient and the parameters.
    """
    require_optimizer(optimizer, params)
    start = Average(jax.tree.map(widen, params), jnp.zeros((), jnp.int32)) if average else None
    return TrainState(params, transform(optimizer, hyper).init(params), start)


def take_batch(
    x: Shaped[Array, "examples ..."],
    y: Shaped[Array, "examples ..."],
    order: Int[Array, " examples"] | None,
    update: int | Int[Array, ""],
    batch_size: int,
) -> Batch:
    """The batch of one update: the examples `order[update * B : (update + 1) * B]`.

    Every batch has B rows, because a compiled program needs fixed shapes: an incomplete last one is
    filled up with copies of its last example, of weight 0. Without an order the batch is the whole training set as it
    stands: copying 12,000 images into another order would take longer than their gradient.
    """
    if order is None:
        return Batch(x, y, jnp.ones(x.shape[0]))
    num_examples = x.shape[0]
    padded = jnp.pad(order, (0, -num_examples % batch_size), mode="edge")
    first = update * batch_size
    chosen = jax.lax.dynamic_slice_in_dim(padded, first, batch_size)
    weight = (first + jnp.arange(batch_size) < num_examples).astype(float)
    return Batch(x[chosen], y[chosen], weight)


def losses_of(
    per_example_loss: PerExampleLoss,
    params: Params,
    x: Shaped[Array, "examples ..."],
    y: Shaped[Array, "examples ..."],
) -> Float[Array, " examples"]:
    """Loss of each example, in at least float32.

    Raises:
        TypeError: the model gives no array of floating-point numbers.
        ValueError: the model does not give one loss for each example: a mean over them, or a table with a loss for
            each pair of examples, which NumPy's rules make where `y` is a column.
    """
    losses = per_example_loss(params, x, y)
    if not isinstance(losses, AnyArray) or not jnp.issubdtype(losses.dtype, jnp.floating):
        raise TypeError(f"per_example_loss must return an array of floating-point numbers, got {losses!r}")
    if losses.shape != x.shape[:1]:
        raise ValueError(
            f"per_example_loss must return one loss for each example, of shape {x.shape[:1]}, got {losses.shape} "
            f"from x of shape {x.shape} and y of shape {y.shape}"
        )
    return widen(losses)


def batch_loss(params: Params, batch: Batch, per_example_loss: PerExampleLoss) -> Float[Array, ""]:
    """Mean loss over the examples of a batch, in at least float32; those of weight 0 do not count."""
    losses = losses_of(per_example_loss, params, batch.x, batch.y)
    weight = batch.weight.astype(losses.dtype)
    return jnp.sum(weight * losses) / jnp.sum(weight)


def update(
    state: TrainState, batch: Batch, hyper: Hyperparameters, optimizer: Optimizer, per_example_loss: PerExampleLoss
) -> tuple[TrainState, Float[Array, ""]]:
    """One update from one batch. Returns the new state and the batch's loss before the update."""
    loss, grad = jax.value_and_grad(batch_loss)(state.params, batch, per_example_loss)
    change, opt_state = transform(optimizer, hyper).update(grad, state.opt_state, state.params)
    params = optax.apply_updates(state.params, change)
    average = None if state.average is None else update_average(state.average, params, hyper)
    return TrainState(params, opt_state, average), loss


def update_average(average: Average, params: Params, hyper: Hyperparameters) -> Average:
    """Take the parameters after one more update into their mean.

    With t updates made, of which the first t₀ = `hyper.average_from` do not count, the mean is
    (θ_{t₀+1} + … + θ_t) / (t - t₀); up to t₀ it is θ_t itself (Polyak and Juditsky 1992,
    "Acceleration of Stochastic Approximation by Averaging").
    """
    num_updates = average.num_updates + 1
    share = 1 / jnp.maximum(num_updates - hyper.average_from, 1)

    def mean(old: Array, new: Array) -> Array:
        return (1 - share.astype(old.dtype)) * old + share.astype(old.dtype) * new.astype(old.dtype)

    return Average(jax.tree.map(mean, average.params, params), num_updates)


def run_updates(
    state: TrainState,
    x: Shaped[AnyArray, "examples ..."],
    y: Shaped[AnyArray, "examples ..."],
    order: Int[AnyArray, " examples"] | None,
    hyper: Hyperparameters,
    first: int | Int[AnyArray, ""],
    count: int | Int[AnyArray, ""],
    *,
    batch_size: int,
    optimizer: Optimizer = "sgd",
    per_example_loss: PerExampleLoss = model.per_example_loss,
) -> tuple[TrainState, Float[Array, " updates"]]:
    """Make `count` updates of one epoch, from its update number `first` on, in one compiled program.

    Only the batch size (a shape), the optimizer and the model make a new program. How many updates,
    where they begin, and the hyperparameters are values: no change of them waits for the compiler.

    Args:
        state: parameters and optimizer state before the first of these updates.
        x, y: the whole training set, N examples, one a row.
        order: the epoch's order of the examples, from `batching.epoch_order`; `None` makes every
            update from the whole training set (gradient descent, B = N).
        hyper: learning rate and the optimizer's other settings.
        first: number of the first update within the epoch, from 0.
        count: how many updates to make, at most to the end of the epoch; with 0 the program is compiled and
            nothing else happens.
        batch_size: B, from 1 to N; N where there is no order.
        optimizer: one of `optimizers.OPTIMIZERS`, or an optax transform, which takes nothing from `hyper`; the same as
            in `init_state`.
        per_example_loss: any model, as a function `(params, x, y) -> losses`, one loss for each example.

    Returns:
        The state after the updates, and the loss of each batch before its update: one place for each
        update of an epoch, of which the first `count` are filled and the others 0. Losses are in at least
        float32, whatever `x` is.

    Raises:
        TypeError, ValueError: an argument is not as said above, before any work starts; `first` and `count`
            are looked at where they are known, that is outside of a compiled program. A
            `per_example_loss` that returns anything but one loss for each example.
    """
    num_examples = require_examples(x, y)
    if order is None:
        if batch_size != num_examples:
            raise ValueError(f"batch_size must be N = {num_examples:,} where order is None, got {batch_size!r}")
    elif order.shape != (num_examples,):
        raise ValueError(f"order must have the shape ({num_examples},), a place for each example, got {order.shape}")
    batch_size = require_int("batch_size", batch_size, low=1, high=num_examples)
    num_updates = updates_per_epoch(num_examples, batch_size)
    if not isinstance(first, jax.core.Tracer) and not isinstance(count, jax.core.Tracer):
        first = require_int("first", first, low=0, high=num_updates)
        count = require_int("count", count, low=0, high=num_updates - first)
    return _run_updates(
        state, x, y, order, hyper, first, count,
        batch_size=batch_size, optimizer=optimizer, per_example_loss=per_example_loss,
    )  # fmt: skip


@partial(jax.jit, static_argnames=("batch_size", "optimizer", "per_example_loss"))
def _run_updates(
    state: TrainState,
    x: Shaped[Array, "examples ..."],
    y: Shaped[Array, "examples ..."],
    order: Int[Array, " examples"] | None,
    hyper: Hyperparameters,
    first: int | Int[Array, ""],
    count: int | Int[Array, ""],
    *,
    batch_size: int,
    optimizer: Optimizer,
    per_example_loss: PerExampleLoss,
) -> tuple[TrainState, Float[Array, " updates"]]:
    def batch_of(i: int | Int[Array, ""]) -> Batch:
        return take_batch(x, y, order, first + i, batch_size)

    def body(i: Int[Array, ""], carry: tuple[TrainState, Array]) -> tuple[TrainState, Array]:
        state, losses = carry
        state, loss = update(state, batch_of(i), hyper, optimizer, per_example_loss)
        return state, losses.at[i].set(loss)

    loss = jax.eval_shape(lambda: batch_loss(state.params, batch_of(0), per_example_loss))
    # Not NaN, which `jax_debug_nans` would take for a mistake.
    losses = jnp.zeros(updates_per_epoch(x.shape[0], batch_size), loss.dtype)
    return jax.lax.fori_loop(0, count, body, (state, losses))
