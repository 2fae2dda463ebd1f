"""What has been seen of a run, as arrays: made by `experiment`, drawn by `plots`."""

from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float

Clock = Literal["updates", "epochs", "examples", "seconds"]
"""What the time of a run is counted in."""

CLOCKS: dict[Clock, str] = {
    "updates": "updates",
    "epochs": "epochs",
    "examples": "examples seen",
    "seconds": "seconds of computing",
}
"""The clocks, and how their axis is labelled."""


Curve = Literal["loss", "test_loss", "test_accuracy"]
"""What tells how good a network is."""

CURVES: dict[Curve, str] = {
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
