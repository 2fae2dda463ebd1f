"""Which of many points the learner has chosen."""

import numpy as np
from jaxtyping import Float

from lesson_lib.chart.picture import BLACK, Curve


def behind_chosen(x: Float[np.ndarray, " points"], y: Float[np.ndarray, " points"], chosen: float) -> Curve:
    """A neutral mark that goes behind the point whose x is chosen."""
    place = x == chosen
    return Curve(x[place], y[place], BLACK, width=0, marker="dot", marker_size=18, opacity=0.3)
