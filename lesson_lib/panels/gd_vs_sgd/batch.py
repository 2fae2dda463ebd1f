"""One batch: its images, and its gradient beside the true one."""

import math

import numpy as np
from jaxtyping import Float, Int

from lesson_lib.chart import ticks
from lesson_lib.chart.images import ink, sheet
from lesson_lib.chart.picture import BLUE, VERMILION, Cells, Chart, Curve, Words
from lesson_lib.checks import AnyArray
from lesson_lib.experiment import Inspection
from lesson_lib.panel.numbers import count

IMAGES_IN_A_ROW = 8
ROWS = 8
IMAGES_SHOWN = ROWS * IMAGES_IN_A_ROW


def draw_next_batch(images: Float[AnyArray, "_ pixels"], examples: Int[np.ndarray, " batch"]) -> Chart:
    """The images of one batch (the first ones of a large one), as the network gets them.

    Args:
        images: all that there are.
        examples: which of them are in the batch.
    """
    total, side = len(examples), math.isqrt(images.shape[1])
    shown = np.asarray(images[examples[:IMAGES_SHOWN]])
    rows = -(-len(shown) // IMAGES_IN_A_ROW)
    tiles = np.zeros((rows * IMAGES_IN_A_ROW, side, side))
    tiles[: len(shown)] = shown.reshape(-1, side, side)
    cells = Cells(sheet(ink(tiles), IMAGES_IN_A_ROW), 0, IMAGES_IN_A_ROW, ROWS - rows, ROWS)
    number = f"{len(shown)} of {total:,} images" if total > len(shown) else count(total, "image")
    across, up = ticks.blank(0, IMAGES_IN_A_ROW), ticks.blank(0, ROWS)
    return Chart(f"The next batch: {number}", across, up, (cells,), width=0.76, equal=True, note="Its images")


def draw_gradients(inspection: Inspection) -> Chart:
    """A batch's gradient beside the true one: how long each is, and the angle between them."""
    batch, full, angle = inspection.batch_grad_norm, inspection.full_grad_norm, inspection.angle
    apart = "no angle between them" if angle is None else f"{angle:.0f}° apart"
    turned = math.radians(math.nan if angle is None else angle)
    length = max(batch, full) or 1.0
    x, y = batch / length * math.cos(turned), batch / length * math.sin(turned)
    arrows = (
        # The thinner one on top: with B = N they lie on each other.
        Curve(np.array([0.0, x]), np.array([0.0, y]), VERMILION, "batch's", width=5, arrow=True),
        Curve(np.array([0.0, full / length]), np.zeros(2), BLUE, "true gradient", width=2.5, arrow=True),
        Words(0.0, -0.16, apart),
    )
    return Chart("Its gradient", ticks.blank(-1.05, 1.1), ticks.blank(-0.3, 1.05), arrows, width=0.6, equal=True)
