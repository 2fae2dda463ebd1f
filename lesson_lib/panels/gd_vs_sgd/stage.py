"""The networks on stage: ten test images, and what the networks of SGD and GD say of each of them, now."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from lesson_lib import model
from lesson_lib.chart import ticks
from lesson_lib.chart.images import ink
from lesson_lib.chart.picture import BLACK, BLUE, GREY, VERMILION, Band, Cells, Chart, Mark, Words, verbatim
from lesson_lib.data import Dataset
from lesson_lib.experiment.run import Run

IMAGES_SHOWN = 10

IMAGE_BOTTOM, IMAGE_TOP = 2.15, 4.0
ROWS = {"SGD": 1.1, "GD": 0.1}
"""Where the row of each network begins: a bar, and above it what the network says."""

BAR_HEIGHT, BAR_LENGTH = 0.16, 0.76
HALF_IMAGE = 0.3
NAMES_WIDTH = 1.3
"""To the left of the images, in images: room for the names of the networks and their updates."""


class Said(NamedTuple):
    """What a network says of the images on stage."""

    num_updates: int
    classes: Int[np.ndarray, " images"]
    """The most probable class of each."""
    probabilities: Float[np.ndarray, " images"]
    """Of that class; NaN once the network has diverged."""


class Stage:
    """The first test image of each class (of the first ten classes).

    Args:
        dataset: where the images are from.
    """

    def __init__(self, dataset: Dataset) -> None:
        labels = np.asarray(dataset.y_test)
        first = [int(np.argmax(labels == label)) for label in range(dataset.num_classes) if label in labels]
        self.examples = np.array(first[:IMAGES_SHOWN])
        self.labels = labels[self.examples]
        self.x = dataset.x_test[self.examples]
        self._class_names = dataset.class_names
        side = math.isqrt(dataset.num_features)
        self._standing: tuple[Mark, ...] = (
            *(_image(pixels.reshape(side, side), place) for place, pixels in enumerate(np.asarray(self.x))),
            *(_bars(np.ones(len(self.x)), bottom, GREY, opacity=0.2) for bottom in ROWS.values()),
        )

    def ask(self, run: Run) -> Said:
        """What the network says where the run stands."""
        classes, probabilities = _say(run.state.params, self.x)
        return Said(run.num_updates, np.asarray(classes), np.asarray(probabilities))

    def num_right(self, said: Said) -> int:
        """How many of the images get their own class."""
        return int(np.sum((said.classes == self.labels) & np.isfinite(said.probabilities)))

    def draw(self, sgd: Said, gd: Said) -> Chart:
        """The images, and under each what both networks say: right or wrong, the class, and how sure they are."""
        names = -NAMES_WIDTH / 2
        marks: list[Mark] = [*self._standing, Words(names, ROWS["SGD"] + 1.4, "updates")]
        for name, said, color in (("SGD", sgd, VERMILION), ("GD", gd, BLUE)):
            marks.append(Words(names, ROWS[name] + 0.4, f"{name}: {said.num_updates:,}"))
            marks += [self._verdict(said, place, ROWS[name]) for place in range(len(self.labels))]
            marks.append(_bars(said.probabilities, ROWS[name], color))
        counts = f"SGD {self.num_right(sgd)}, GD {self.num_right(gd)}"
        note = f"Each right or wrong, with a bar for how sure the network is. Right of {len(self.labels)}: {counts}"
        x, y = ticks.blank(-NAMES_WIDTH, len(self.labels)), ticks.blank(0, IMAGE_TOP)
        return Chart("Test images, and what the two networks say of them", x, y, tuple(marks), note=note)

    def _verdict(self, said: Said, place: int, bottom: float) -> Words:
        label = int(said.classes[place])
        sign = "✓" if label == self.labels[place] else "✗"
        text = f"{sign} {verbatim(self._class_names[label])}" if math.isfinite(said.probabilities[place]) else "–"
        return Words(place + 0.5, bottom + 0.55, text, BLACK, 12.0)


@jax.jit
def _say(
    params: model.Params, x: Float[Array, "images features"]
) -> tuple[Int[Array, " images"], Float[Array, " images"]]:
    """The most probable class of each image, and its probability."""
    probabilities = jax.nn.softmax(model.forward(params, x))
    return jnp.argmax(probabilities, axis=1), jnp.max(probabilities, axis=1)


def _image(pixels: Float[np.ndarray, "side side"], place: int) -> Cells:
    middle = place + 0.5
    return Cells(ink(pixels), middle - HALF_IMAGE, middle + HALF_IMAGE, IMAGE_BOTTOM, IMAGE_TOP)


def _bars(shares: Float[np.ndarray, " images"], bottom: float, color: str, opacity: float = 1.0) -> Band:
    """A row of bars, each as long as its share; none for NaN. One mark with gaps: a mark costs more than its points."""
    left = np.arange(len(shares)) + (1 - BAR_LENGTH) / 2
    ends = left[:, None] + BAR_LENGTH * np.outer(shares, [0, 1, np.nan])
    low = np.full(ends.size, bottom)
    return Band(ends.ravel(), low, low + BAR_HEIGHT, color, opacity)
