"""Images of examples as cells of a picture."""

import math

import numpy as np
from jaxtyping import Float, UInt8


def are_square(num_pixels: int) -> bool:
    """Are examples of so many numbers square images? Others are not shown as images."""
    return math.isqrt(num_pixels) ** 2 == num_pixels


def ink(images: Float[np.ndarray, "*shape"]) -> UInt8[np.ndarray, "*shape 3"]:
    """Numbers from 0 to 1 as ink on white paper: 1 is black."""
    grey = (255 * (1 - np.clip(images, 0, 1))).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=-1)


def sheet(images: UInt8[np.ndarray, "images height width 3"], columns: int) -> UInt8[np.ndarray, "rows across 3"]:
    """Images side by side, row by row from the top; there are as many as fill their rows."""
    _, height, width, _ = images.shape
    grid = images.reshape(-1, columns, height, width, 3).swapaxes(1, 2)
    return grid.reshape(-1, columns * width, 3)
