"""What has been seen of a run, as arrays: made by `experiment`, drawn by the panels."""

from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from lesson_lib.checks import require_choice

Clock = Literal["updates", "epochs", "examples", "seconds"]
"""What the time of a run is counted in."""

CLOCKS: dict[Clock, str] = {
    "updates": "updates",
    "epochs": "epochs",
    "examples": "examples seen",
    "seconds": "seconds of computing",
}
"""The clocks, and how their axis is labelled."""


def times(
    clock: Clock,
    num_updates: Int[np.ndarray, " moments"],
    seconds: Float[np.ndarray, " moments"],
    *,
    num_examples: int,
    batch_size: int,
) -> Float[np.ndarray, " moments"]:
    """What a clock shows after so many updates.

    Args:
        clock: one of `CLOCKS`.
        num_updates: how many updates had been made.
        seconds: what computing them had taken.
        num_examples, batch_size: N and B; the last batch of an epoch is kept where B does not divide N.

    Raises:
        ValueError: an unknown clock.
    """
    require_choice("clock", clock, CLOCKS)
    updates_per_epoch = -(-num_examples // batch_size)
    epochs, within = np.divmod(num_updates, updates_per_epoch)
    match clock:
        case "updates":
            return num_updates.astype(float)
        case "epochs":
            return num_updates / updates_per_epoch
        case "examples":
            return (epochs * num_examples + within * batch_size).astype(float)
        case _:
            return seconds


CurveName = Literal["loss", "test_loss", "test_accuracy"]
"""What tells how good a network is."""

CURVES: dict[CurveName, str] = {
    "loss": "training loss",
    "test_loss": "test loss",
    "test_accuracy": "test accuracy",
}


class History(NamedTuple):
    """All that is known of one run so far, against one of the clocks."""

    time: Float[np.ndarray, " measurements"]
    losses: Float[np.ndarray, " measurements"]
    test_losses: Float[np.ndarray, " measurements"]
    test_accuracies: Float[np.ndarray, " measurements"]
    """From 0 to 1."""
    noise: Float[np.ndarray, " measurements"]
    """NaN where the noise was not measured."""
    predicted_noise: Float[np.ndarray, " measurements"]
    batch_time: Float[np.ndarray, " updates"]
    """When each update began."""
    batch_losses: Float[np.ndarray, " updates"]
