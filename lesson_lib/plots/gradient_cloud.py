"""The gradients of many batches around the true gradient, and the ways of GD and SGD."""

import numpy as np
from jaxtyping import Float

from lesson_lib import ticks
from lesson_lib.picture import BLACK, BLUE, GREY, PURPLE, VERMILION, Chart, Curve, Picture
from lesson_lib.plots.loss_surface import Path, Surface, surface_chart

W_SHOWN, B_SHOWN = (-2.5, 7.0), (-2.5, 4.5)
"""The part of the gradients' plane that is always seen, so that a smaller cloud looks smaller."""


def draw_cloud(
    full_grad: Float[np.ndarray, "2"],
    batch_grads: Float[np.ndarray, "batches 2"],
    surface: Surface,
    sgd: Path,
    gd: Path,
) -> Picture:
    """Where the update of each batch would lead from here, beside the ways that GD and SGD have gone.

    Args:
        full_grad: G where SGD stands.
        batch_grads: g_B of many batches there.
        surface: the loss of any line.
        sgd, gd: the ways so far.
    """
    ways = surface_chart(surface, [sgd, gd])._replace(width=1.0)
    return Picture(rows=((cloud_chart(full_grad, batch_grads), ways),), heights=(440,))


def cloud_chart(full_grad: Float[np.ndarray, "2"], batch_grads: Float[np.ndarray, "batches 2"]) -> Chart:
    """-g_B of each batch as a dot and -G as an arrow; beyond the grey line an update would go the wrong way."""
    right = batch_grads @ full_grad >= 0
    true = np.stack([np.zeros(2), -full_grad])
    mean = -np.mean(batch_grads, axis=0)
    marks = (
        *_border(full_grad),
        _dots(-batch_grads[right], VERMILION, "right way"),
        _dots(-batch_grads[~right], PURPLE, "wrong way"),
        Curve(true[:, 0], true[:, 1], BLUE, "true gradient", width=4, arrow=True),
        Curve(mean[:1], mean[1:], BLACK, "mean of the dots", width=0, marker="cross", marker_size=12),
    )
    w, b = ticks.linear("−gradient along w", *W_SHOWN), ticks.linear("−gradient along b", *B_SHOWN)
    return Chart("The batches that could come next", w, b, marks, equal=True)


def _dots(places: Float[np.ndarray, "dots 2"], color: str, name: str) -> Curve:
    w, b = places.T
    seen = (W_SHOWN[0] <= w) & (w <= W_SHOWN[1]) & (B_SHOWN[0] <= b) & (b <= B_SHOWN[1])
    return Curve(w[seen], b[seen], color, name, width=0, marker="dot", marker_size=6, opacity=0.5)


def _border(full_grad: Float[np.ndarray, "2"]) -> list[Curve]:
    """The line through the origin at a right angle to G."""
    length = float(np.hypot(*full_grad))
    if not length > 0:
        return []
    across = np.array([-full_grad[1], full_grad[0]]) / length * 20
    return [Curve(np.array([-across[0], across[0]]), np.array([-across[1], across[1]]), GREY, width=1.5, dash="dashed")]
