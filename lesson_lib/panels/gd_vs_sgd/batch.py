"""One batch: its images, and its gradient beside the true one."""

import math

import numpy as np
from jaxtyping import Float

from lesson_lib.chart import ticks
from lesson_lib.chart.picture import BLUE, VERMILION, Cells, Chart, Curve, Words
from lesson_lib.panel.numbers import count

IMAGES_IN_A_ROW = 8
ROWS = 8
IMAGES_SHOWN = ROWS * IMAGES_IN_A_ROW


def draw_next_batch(images: Float[np.ndarray, "examples pixels"], total: int) -> Chart:
    """The images of one batch (the first ones of a large one), as the network gets them."""
    side = math.isqrt(images.shape[1])
    shown = images[:IMAGES_SHOWN]
    rows = -(-len(shown) // IMAGES_IN_A_ROW)
    sheet = np.zeros((rows * IMAGES_IN_A_ROW, side * side))
    sheet[: len(shown)] = shown[:, : side * side]
    tiles = sheet.reshape(rows, IMAGES_IN_A_ROW, side, side).swapaxes(1, 2).reshape(rows * side, -1)
    gray = (255 * (1 - np.clip(tiles, 0, 1))).astype(np.uint8)
    cells = Cells(np.repeat(gray[:, :, None], 3, axis=2), 0, IMAGES_IN_A_ROW, ROWS - rows, ROWS)
    number = f"{len(shown)} of {total:,} images" if total > len(shown) else count(total, "image")
    across, up = ticks.blank(0, IMAGES_IN_A_ROW), ticks.blank(0, ROWS)
    return Chart(f"The next batch: {number}", across, up, (cells,), width=0.62, equal=True, note="Its images")


def draw_gradients(batch_grad_norm: float, full_grad_norm: float, cosine: float) -> Chart:
    """A batch's gradient beside the true one: how long each is, and the angle between them."""
    angle = math.acos(np.clip(cosine, -1, 1))
    there_is_one = math.isfinite(angle) and batch_grad_norm > 0 and full_grad_norm > 0
    apart = f"{math.degrees(angle):.0f}° apart" if there_is_one else "no angle between them"
    length = max(batch_grad_norm, full_grad_norm) or 1.0
    end = batch_grad_norm / length * np.array([math.cos(angle), math.sin(angle)])
    zero, true_end = np.zeros(1), np.array([full_grad_norm / length])
    arrows = (
        Curve(np.append(zero, true_end), np.zeros(2), BLUE, "true gradient", width=4, arrow=True),
        Curve(np.append(zero, end[0]), np.append(zero, end[1]), VERMILION, "batch's", width=4, arrow=True),
        Words(0.0, -0.16, apart),
    )
    return Chart("Its gradient", ticks.blank(-1.05, 1.1), ticks.blank(-0.3, 1.05), arrows, width=0.5, equal=True)
