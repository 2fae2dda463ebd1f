"""One update, taken apart: its batch, what the network says of it, the loss, and the first layer's weights."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, UInt8

from lesson_lib.chart import ticks
from lesson_lib.chart.images import are_square, ink, sheet
from lesson_lib.chart.legend import in_legend_alone
from lesson_lib.chart.picture import BLACK, VERMILION, Band, Cells, Chart, Curve, Mark, Picture, Words, verbatim
from lesson_lib.data import Dataset
from lesson_lib.panel.numbers import count
from lesson_lib.panels.next_update.run import Anatomy, NextUpdateRun

IMAGES_SHOWN = 6
HALF_IMAGE = 0.165
"""Its width as a share of its place: as wide as high where the picture is 960 pixels wide."""
UNITS_IN_A_ROW = 4
UNITS_SHOWN = UNITS_IN_A_ROW**2

BEFORE_COLOR, AFTER_COLOR, TRACK_COLOR = "#a9a9a9", "#66c2a5", "#e6e6e6"

WEIGHT_LIMIT = 0.15
"""The weight that has the darkest colour; larger ones look the same."""

POSITIVE, NEGATIVE = np.array([178, 24, 43]), np.array([33, 102, 172])
"""Red and blue: the ends of ColorBrewer's RdBu (Brewer et al. 2013), told apart with every form of colour blindness."""


def draw_next_update(updates: NextUpdateRun) -> Picture:
    """The batch above, the weights and the losses below. Examples that are no square images are not shown as such."""
    anatomy = updates.anatomy()
    now = anatomy.snapshots[-1]
    change, learned = now.weight - anatomy.before.weight, now.weight - updates.start_weight
    said = unit_names(now.onward, updates.dataset.class_names)
    below: tuple[Chart, ...] = (before_and_after(anatomy), loss_so_far(updates))
    if are_square(updates.dataset.num_features):
        below = (
            unit_images("−η × gradient", change, _limit(change), said),
            unit_images("Weights", now.weight, WEIGHT_LIMIT, said),
            unit_images("Learned so far", learned, _limit(learned), said),
            *below,
        )
    return Picture(rows=((batch_chart(anatomy, updates.dataset),), below), heights=(188, 210))


def _limit(weight: Float[np.ndarray, "features units"]) -> float:
    """The weight that gets the darkest colour: a round number, so that the colours seldom change their meaning.

    It is above half of the largest weight that is shown: few are that large, and all others would be pale.
    """
    return ticks.round_above(0.5 * np.abs(weight[:, :UNITS_SHOWN]).ravel(), lowest=0.0)


def batch_chart(anatomy: Anatomy, dataset: Dataset) -> Chart:
    """Images, what they are, what the network says, and how probable it finds the right class, before and after."""
    nothing = np.empty(0)
    marks: list[Mark] = [
        Curve(nothing, nothing, color, name, width=0, marker="square", marker_size=12)
        for name, color in (
            ("probability of the right class, before the update", BEFORE_COLOR),
            ("after it", AFTER_COLOR),
        )
    ]
    for place, example in enumerate(anatomy.examples[:IMAGES_SHOWN].tolist()):
        marks += _image_marks(anatomy, dataset, place, example)
    total = len(anatomy.examples)
    more = f", {IMAGES_SHOWN} of them shown" if total > IMAGES_SHOWN else ""
    title = f"Update {anatomy.update:,}: a batch of {count(total, 'image')}{more}"
    note = "Each image with its class, the class that the network says, and bars for the probability of the right class"
    return Chart(title, ticks.blank(0, IMAGES_SHOWN), ticks.blank(0, 2.0), tuple(marks), note=note)


def _image_marks(anatomy: Anatomy, dataset: Dataset, place: int, example: int) -> list[Mark]:
    names, middle, label = dataset.class_names, place + 0.5, int(np.asarray(dataset.y_train)[example])
    says = int(anatomy.snapshots[-1].probabilities[example].argmax())
    marks: list[Mark] = [
        *_image(np.asarray(dataset.x_train)[example], middle),
        Words(middle, 1.06, verbatim(names[label]), size=14.0),
        Words(middle, 0.84, f"{'✓' if says == label else '✗'} says {verbatim(names[says])}", size=13.0),
    ]
    for snapshot, bottom, color in zip(anatomy.snapshots, (0.4, 0.1), (BEFORE_COLOR, AFTER_COLOR), strict=False):
        marks += _bar(float(snapshot.probabilities[example, label]), place, bottom, color)
    return marks


def _bar(share: float, place: int, bottom: float, color: str) -> list[Mark]:
    """A probability as a bar on a pale one that stands for 100 %, and beside it its number."""
    left, right = place + 0.06, place + 0.68
    low = np.full(2, bottom)
    whole, part = np.array([left, right]), np.array([left, left + share * (right - left)])
    return [
        Band(whole, low, low + 0.24, TRACK_COLOR, opacity=1.0),
        Band(part, low, low + 0.24, color, opacity=1.0),
        Words(place + 0.84, bottom + 0.12, f"{100 * share:.0f} %"),
    ]


def before_and_after(anatomy: Anatomy) -> Chart:
    """The loss of the batch and of all examples, each as a line from before to after the update."""
    batch = np.array([anatomy.batch_loss(snapshot) for snapshot in anatomy.snapshots])
    x, everything = np.arange(len(batch)), np.array([snapshot.loss for snapshot in anatomy.snapshots])
    top = ticks.round_above(batch, everything, lowest=3.0)
    marks = (
        *in_legend_alone(
            Curve(x, everything, BLACK, _values("all", everything), dash="dashed", marker="dot", marker_size=9)
        ),
        *in_legend_alone(Curve(x, batch, VERMILION, _values("batch", batch), width=3, marker="dot", marker_size=9)),
    )
    places = ticks.named("", -0.45, 1.45, (0, 1), ("before", "after"))
    return Chart("Loss", places, ticks.from_zero("loss (nats)", top), marks, width=1.75)


def _values(name: str, values: Float[np.ndarray, " _"]) -> str:
    """A name with the values in numbers: in the chart they would stand on each other."""
    return f"{name} {' → '.join(f'{value:.3f}' for value in values.tolist())}"


def loss_so_far(updates: NextUpdateRun) -> Chart:
    """The loss over all examples against updates."""
    at, values = updates.losses()
    marks = (
        Curve(at, values, BLACK, "all", dash="dashed"),
        Curve(at[-1:], values[-1:], BLACK, width=0, marker="dot", marker_size=10),
    )
    x = ticks.linear("updates", 0, updates.sgd.total_updates, whole=True)
    y = ticks.from_zero("loss (nats)", ticks.round_above(values, lowest=3.0))
    return Chart("Loss so far", x, y, marks, width=1.2)


def unit_names(onward: Float[np.ndarray, "units classes"], class_names: Sequence[str]) -> tuple[str, ...]:
    """Of each unit that is shown, for and against which class it speaks most; its number alone where there is none."""
    names = []
    for place in range(UNITS_SHOWN):
        name = f"Unit {place + 1}"
        if place < len(onward) and np.isfinite(onward[place]).all():
            most, least = class_names[int(onward[place].argmax())], class_names[int(onward[place].argmin())]
            name += f" speaks most for {verbatim(most)}, most against {verbatim(least)}"
        names.append(name)
    return tuple(names)


def unit_images(
    title: str, weight: Float[np.ndarray, "features units"], limit: float, said: tuple[str, ...] = ()
) -> Chart:
    """What the first units weigh each pixel with, as images: red above zero, blue below."""
    cells = Cells(_tiles(weight, limit), 0, UNITS_IN_A_ROW, 0, UNITS_IN_A_ROW, tiles=said)
    words = Words(UNITS_IN_A_ROW / 2, -0.35, f"darkest: ±{limit:g}" if limit else "none yet", size=12.0)
    x, y = ticks.blank(0, UNITS_IN_A_ROW), ticks.blank(-0.6, UNITS_IN_A_ROW)
    note = "An image for each of 16 units of the first layer; red is above zero, blue below"
    return Chart(title, x, y, (cells, words), width=1.1, equal=True, note=note)


def _tiles(weight: Float[np.ndarray, "features units"], limit: float) -> UInt8[np.ndarray, "rows columns 3"]:
    side = math.isqrt(weight.shape[0])
    shown = weight[:, :UNITS_SHOWN].T
    images = np.zeros((UNITS_SHOWN, side, side))
    images[: len(shown)] = shown.reshape(-1, side, side)
    framed = np.pad(red_and_blue(images, limit), ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=255)
    return sheet(framed, UNITS_IN_A_ROW)


def red_and_blue(values: Float[np.ndarray, "*shape"], limit: float) -> UInt8[np.ndarray, "*shape 3"]:
    """White at zero, red at `limit` and above, blue at −`limit` and below; a value that is no number is white."""
    share = np.nan_to_num(np.clip(values / (limit or 1.0), -1, 1))[..., None]
    ends = np.where(share > 0, POSITIVE, NEGATIVE)
    return np.round(255 + np.abs(share) * (ends - 255)).astype(np.uint8)


def _image(pixels: Float[np.ndarray, " pixels"], middle: float) -> list[Mark]:
    if not are_square(pixels.size):
        return []
    side = math.isqrt(pixels.size)
    return [Cells(ink(pixels.reshape(side, side)), middle - HALF_IMAGE, middle + HALF_IMAGE, 1.24, 2.0)]
