"""From an optimizer's name and its settings to the rule that turns a gradient into an update.

The settings are traced values: changing one never compiles a program anew. Only the name of the
optimizer is part of a program, because each optimizer keeps a state of its own shape.

optax can keep such values in the state (`inject_hyperparams`), which is as fast. But it gives all of them the type of
the first parameter: in bfloat16 Adam's 0.999 becomes 1 and the loss NaN, and where parameters differ in type momentum
fails.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, ArrayLike, Float, Int, Real

from lesson_lib.checks import require_choice, require_from_zero, require_int, require_positive

Optimizer: TypeAlias = str | optax.GradientTransformation
"""One of `OPTIMIZERS`, or an optimizer of your own, made with optax. Make that once: each new one is compiled anew."""

OPTIMIZERS = {
    "sgd": "along the gradient",
    "momentum": "along a decaying sum of all gradients so far",
    "nesterov": "momentum, with the gradient of this update counted ahead of time",
    "rmsprop": "each parameter's gradient over its own recent size",
    "adam": "a decaying mean of the gradients over their recent size",
}

SCHEDULES = {
    "constant": "the same learning rate at every update",
    "1/t": "half the learning rate after `decay_updates` updates, a third after twice as many",
    "cosine": "down to zero after `decay_updates` updates, along half a period of the cosine",
}


class Hyperparameters(NamedTuple):
    """Settings of an optimizer, as values that a compiled program takes at every call.

    They are not checked here, because they may be traced; `hyperparameters` checks them. Leave them
    plain Python numbers where you can: those take on the type of the parameters, whatever it is.
    """

    learning_rate: float | Float[Array, "..."]
    """η, before the schedule."""
    momentum: float | Float[Array, "..."] = 0.9
    """β of momentum and Nesterov momentum."""
    decay: float | Float[Array, "..."] = 0.9
    """Of RMSProp: how much of the mean square stays at each update."""
    b1: float | Float[Array, "..."] = 0.9
    """Of Adam: how much of the mean gradient stays at each update."""
    b2: float | Float[Array, "..."] = 0.999
    """Of Adam: how much of the mean square stays at each update."""
    eps: float | Float[Array, "..."] = 1e-8
    """Of RMSProp and Adam: keeps the divisor from zero."""
    schedule_index: int | Int[Array, "..."] = 0
    """Place of the learning rate's schedule in `SCHEDULES`."""
    decay_updates: float | Float[Array, "..."] = 1000.0
    """T of the schedule, in updates."""
    average_from: int | Int[Array, "..."] = 0
    """How many updates are made before the averaging of the parameters begins."""


CHECKS: dict[str, Callable[[str, object], Any]] = {
    "learning_rate": require_positive,
    "momentum": partial(require_from_zero, below=1.0),
    "decay": partial(require_from_zero, below=1.0),
    "b1": partial(require_from_zero, below=1.0),
    "b2": partial(require_from_zero, below=1.0),
    "eps": require_positive,
    "decay_updates": require_positive,
    "average_from": partial(require_int, low=0),
}
"""What is allowed for each setting that is a number."""


def hyperparameters(
    learning_rate: Real[ArrayLike, ""],
    *,
    schedule: str = "constant",
    momentum: Real[ArrayLike, ""] = 0.9,
    decay: Real[ArrayLike, ""] = 0.9,
    b1: Real[ArrayLike, ""] = 0.9,
    b2: Real[ArrayLike, ""] = 0.999,
    eps: Real[ArrayLike, ""] = 1e-8,
    decay_updates: Real[ArrayLike, ""] = 1000.0,
    average_from: Int[ArrayLike, ""] = 0,
) -> Hyperparameters:
    """The settings of an optimizer, checked. What each of them means, `Hyperparameters` says.

    >>> hyperparameters(0.1, schedule="cosine", decay_updates=500).decay_updates
    500.0

    Args:
        learning_rate, eps, decay_updates: finite numbers above 0. All numbers may come in arrays without axes.
        schedule: one of `SCHEDULES`.
        momentum, decay, b1, b2: numbers from 0 to below 1.
        average_from: a whole number of at least 0.

    Raises:
        TypeError: a setting that is not a number.
        ValueError: a number out of its range, or an unknown schedule.
    """
    require_choice("schedule", schedule, SCHEDULES)
    given: dict[str, Any] = {
        "learning_rate": learning_rate, "momentum": momentum, "decay": decay, "b1": b1, "b2": b2, "eps": eps,
        "decay_updates": decay_updates, "average_from": average_from,
    }  # fmt: skip
    checked = {name: CHECKS[name](name, value) for name, value in given.items()}
    return Hyperparameters(schedule_index=list(SCHEDULES).index(schedule), **checked)


def learning_rate_at(hyper: Hyperparameters, num_updates: int | Int[Array, ""]) -> Float[Array, ""]:
    """The learning rate of the update that comes after t = `num_updates` updates.

    - `"constant"`: η
    - `"1/t"`: η / (1 + t/T) (Bottou 2012, "Stochastic Gradient Descent Tricks", sec. 5.2)
    - `"cosine"`: η (1 + cos(π min(t/T, 1))) / 2 (Loshchilov and Hutter 2017, "SGDR", eq. 5)
    """
    share = jnp.asarray(num_updates, float) / hyper.decay_updates
    factors = jnp.ones_like(share), 1 / (1 + share), (1 + jnp.cos(jnp.pi * jnp.minimum(share, 1))) / 2
    return hyper.learning_rate * jax.lax.select_n(jnp.asarray(hyper.schedule_index, jnp.int32), *factors)


def transform(optimizer: Optimizer, hyper: Hyperparameters) -> optax.GradientTransformation:
    """The optax transform of an optimizer. Its state counts the updates, for the schedule.

    With g the batch gradient, η the learning rate, and all states zero at first:

    - `"sgd"`: θ ← θ - η g
    - `"momentum"`: v ← β v + g, θ ← θ - η v (Polyak 1964; as in Sutskever et al. 2013, with η outside v)
    - `"nesterov"`: v ← β v + g, θ ← θ - η (g + β v) (Sutskever et al. 2013, eq. 3-4, at the point looked ahead to)
    - `"rmsprop"`: s ← ρ s + (1 - ρ) g², θ ← θ - η g / (√s + ε) (Tieleman and Hinton 2012, lecture 6e)
    - `"adam"`: m ← β₁ m + (1 - β₁) g, s ← β₂ s + (1 - β₂) g²,
      θ ← θ - η m̂ / (√ŝ + ε), where m̂ = m / (1 - β₁ᵗ) and ŝ = s / (1 - β₂ᵗ) at update t = 1, 2, …
      (Kingma and Ba 2015, algorithm 1)

    An optax transform comes back as it is: its settings are its own, and those in `hyper` do not reach it.

    Raises:
        TypeError, ValueError: `optimizer` is neither in `OPTIMIZERS` nor an optax transform.
    """
    if isinstance(optimizer, optax.GradientTransformation):
        return optimizer
    require_choice("optimizer", optimizer, OPTIMIZERS)
    learning_rate = partial(learning_rate_at, hyper)
    match optimizer:
        case "sgd":
            return optax.sgd(learning_rate)
        case "momentum":
            return optax.sgd(learning_rate, hyper.momentum)
        case "nesterov":
            return optax.sgd(learning_rate, hyper.momentum, nesterov=True)
        case "rmsprop":
            return optax.rmsprop(learning_rate, hyper.decay, hyper.eps, eps_in_sqrt=False)
        case _:
            return _adam(learning_rate, hyper)


def require_optimizer(optimizer: object, params: Any) -> None:
    """See that an optimizer is one, and can make an update from a gradient and the parameters; nothing is computed.

    Raises:
        TypeError, ValueError: it is neither in `OPTIMIZERS` nor an optax transform, or one that needs more.
    """
    if not isinstance(optimizer, optax.GradientTransformation):
        if callable(optimizer):
            raise TypeError(
                "optimizer must be the name of one or an optax transform, as optax.adam(0.001) gives one, got the "
                f"function {optimizer!r}: call it"
            )
        require_choice("optimizer", optimizer, OPTIMIZERS)
        return
    try:
        jax.eval_shape(lambda params: optimizer.update(params, optimizer.init(params), params), params)
    except TypeError as error:
        if "required keyword" not in str(error):
            raise
        raise TypeError(
            "optimizer must be an optax transform that needs the gradient and the parameters alone, got "
            f"{optimizer!r}: {error}"
        ) from None


def _adam(learning_rate: optax.Schedule, hyper: Hyperparameters) -> optax.GradientTransformation:
    adam = optax.adam(learning_rate, hyper.b1, hyper.b2, hyper.eps)

    def update(grads: Any, state: optax.OptState, params: Any = None) -> tuple[Any, optax.OptState]:
        with jax.numpy_dtype_promotion("standard"):  # optax takes β to the power of a whole number
            return adam.update(grads, state, params)

    return optax.GradientTransformation(adam.init, update)
