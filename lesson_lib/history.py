"""What has been seen of a run, as arrays: made by `experiment`, drawn by `plots`."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float


class History(NamedTuple):
    """All that is known of one run so far, against the epochs it has made."""

    epochs: Float[np.ndarray, " measurements"]
    losses: Float[np.ndarray, " measurements"]
    noise: Float[np.ndarray, " measurements"]
    """NaN where the noise was not measured."""
    predicted_noise: Float[np.ndarray, " measurements"]
    batch_epochs: Float[np.ndarray, " updates"]
    batch_losses: Float[np.ndarray, " updates"]
