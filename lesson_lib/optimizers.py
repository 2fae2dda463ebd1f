"""From an optimizer's name and its settings to the rule that turns a gradient into an update.

The settings are traced values: changing one never compiles a program anew.
"""

from typing import NamedTuple

import optax
from jaxtyping import Array, Float

from lesson_lib.checks import require_choice

OPTIMIZERS = ("sgd",)


class Hyperparameters(NamedTuple):
    """Settings of an optimizer, as values a compiled program takes at every call."""

    learning_rate: float | Float[Array, ""]


def transform(name: str, hyper: Hyperparameters) -> optax.GradientTransformation:
    """The optax transform of the optimizer `name`.

    - `"sgd"`: `params - learning_rate * grad`.

    Raises:
        ValueError: `name` is not in `OPTIMIZERS`.
    """
    require_choice("optimizer", name, OPTIMIZERS)
    return optax.sgd(hyper.learning_rate)
