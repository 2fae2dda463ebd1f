"""Names in a legend."""

import numpy as np

from lesson_lib.chart.picture import Curve


def in_legend_alone(curve: Curve) -> list[Curve]:
    """The same curve, but no values are read off it: its name belongs to an empty one.

    For clouds of dots and for lines that only mark a place: the value nearest to the pointer says nothing there.
    """
    empty = np.empty(0)
    return [curve._replace(name=""), curve._replace(x=empty, y=empty, arrow=False, named_at_end=False)]
