"""The loss on a plane in the space of all parameters.

The loss surface of a network with 101,770 parameters cannot be seen. A plane cut out of it can, and what of a path lies
in that plane. The idea is that of Goodfellow, Vinyals, Saxe 2015, "Qualitatively Characterizing Neural Network
Optimization Problems" (a line through the end of a training), and of Li et al. 2018, "Visualizing the Loss Landscape of
Neural Nets" (a plane, with the paths of trainings in it).

    place on the plane    θ(a, b) = θ₀ + a u + b v,   |u| = |v| = 1,   u · v = 0
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Int

from lesson_lib import model
from lesson_lib.experiment.base import InPieces

Vector = Float[np.ndarray, " params"]

ROWS, COLUMNS = 33, 97
"""Places of the finest grid; what is seen is as many times wider than high, so that they are as far apart both ways."""

STRIDES = (8, 4, 2, 1)
"""The loss is computed at every eighth place first, then at every fourth, second, and at all."""

PLACES_AT_ONCE = 80
"""So few that the learner can change a setting in between; and all of the coarsest grid."""

SAME = 1e-3
"""A direction of which less than this share is not along those before it is no direction of its own."""


class Plane(NamedTuple):
    """The start and two directions of length 1 at a right angle, each a pytree of parameters."""

    start: model.Params
    along: model.Params
    across: model.Params


class TwoDirections(NamedTuple):
    """Two directions of length 1 at a right angle, and where each of them leads."""

    vectors: Float[np.ndarray, "2 params"]
    names: tuple[str, str]

    def plane(self, start: model.Params) -> Plane:
        """The plane that they make from `start` on."""
        flat, unravel = ravel_pytree(start)
        return Plane(start, *(unravel(vector.astype(flat.dtype)) for vector in self.vectors))


def first_two(candidates: Sequence[tuple[str, Vector]]) -> TwoDirections:
    """The first two candidates that are not zero and not along each other; of the second, what is across the first.

    Args:
        candidates: vectors and their names, the most wanted one first.
    """
    names: list[str] = []
    vectors: list[Vector] = []
    for name, candidate in candidates:
        length = length_of(candidate)
        if length == 0 or len(vectors) == 2:
            continue
        left = candidate.astype(np.float64) / length
        for vector in vectors:
            left = left - np.sum(left * vector) * vector
        if length_of(left) > SAME:
            names.append(name)
            vectors.append(left / length_of(left))
    return TwoDirections(np.stack(vectors), (names[0], names[1]))


def length_of(vector: Vector) -> float:
    """|v|. Not by NumPy's `norm`, whose threads wait for one another where all cores are busy."""
    return float(np.sqrt(np.sum(vector.astype(np.float64) ** 2)))


class Region(NamedTuple):
    """The part of a plane that is seen."""

    left: float
    right: float
    bottom: float
    top: float

    def grid(self) -> Float[np.ndarray, "rows columns 2"]:
        """The places (a, b) of the finest grid, from the lowest row up."""
        along, across = np.linspace(self.left, self.right, COLUMNS), np.linspace(self.bottom, self.top, ROWS)
        return np.stack(np.meshgrid(along, across), axis=-1)


MARGIN = 0.15
"""Room on each side of what is in a region, as a share of the whole."""


def region_around(places: Float[np.ndarray, "places 2"], *, least: float) -> Region:
    """A region with all places and room around them, as much wider than high as the grid.

    Args:
        places: (a, b) of each.
        least: how wide it is at least.
    """
    low, high = places.min(axis=0), places.max(axis=0)
    shape = np.array([COLUMNS - 1, ROWS - 1])
    half = max(least / shape[0], *((high - low) / shape / (1 - 2 * MARGIN))) * shape / 2
    (left, bottom), (right, top) = (low + high) / 2 - half, (low + high) / 2 + half
    return Region(float(left), float(right), float(bottom), float(top))


class Sheet(NamedTuple):
    """A plane as its losses are computed from it.

    A layer is linear in its own parameters: what goes into the first ReLU at θ₀ + a u + b v is what θ₀ gives, and a
    times what u gives, and b times what v gives. These three are computed once, and not for each place anew.
    """

    hidden: tuple[Float[Array, "examples units"], ...]
    rest: tuple[model.Params, ...]


@jax.jit
def sheet_of(plane: Plane, x: Float[Array, "examples features"]) -> Sheet:
    """What the losses on a plane are computed from."""
    return Sheet(tuple(model.forward(params[:1], x) for params in plane), tuple(params[1:] for params in plane))


@jax.jit
def plane_losses(sheet: Sheet, y: Int[Array, " examples"], places: Float[Array, "places 2"]) -> Float[Array, " places"]:
    """Mean loss over the examples at each place (a, b): that of `model.mean_loss` at θ₀ + a u + b v."""

    def loss(place: Float[Array, "2"]) -> Float[Array, ""]:
        def at(start: Array, along: Array, across: Array) -> Array:
            return start + place[0] * along + place[1] * across

        logits = model.forward(jax.tree.map(at, *sheet.rest), jax.nn.relu(at(*sheet.hidden)))
        return jnp.mean(model.cross_entropy(logits, y))

    # vmap over eight places at a time: what is computed for them stays in the processor's cache.
    return jax.lax.map(loss, places, batch_size=8)


class LossMap(InPieces):
    """The mean loss at the places of a grid on a plane, coarse first.

    Args:
        plane: where.
        region: the part of it.
        x, y: the examples.
    """

    def __init__(
        self, plane: Plane, region: Region, x: Float[Array, "examples features"], y: Int[Array, " examples"]
    ) -> None:
        self.region = region
        self.losses = np.full((ROWS, COLUMNS), np.nan)
        """NaN where it is not yet known."""
        self.stride = STRIDES[0]
        """Of the finest grid that is known as a whole; the coarsest one before that."""
        self.num_examples = len(y)
        self._labels = y
        self._sheet = sheet_of(plane, x)

    @property
    def known(self) -> Float[np.ndarray, "rows columns"]:
        """The losses of the finest grid that is known as a whole, from the lowest row up."""
        return self.losses[:: self.stride, :: self.stride]

    def _work(self) -> Iterator[float]:
        """Compute the loss at some places after the other, those of a coarser grid first."""
        grid, is_known = self.region.grid().astype(np.float32), np.zeros((ROWS, COLUMNS), bool)
        for stride in STRIDES:
            wanted = np.zeros_like(is_known)
            wanted[::stride, ::stride] = True
            rows, columns = np.nonzero(wanted & ~is_known)
            for first in range(0, len(rows), PLACES_AT_ONCE):
                chosen = rows[first : first + PLACES_AT_ONCE], columns[first : first + PLACES_AT_ONCE]
                filling = PLACES_AT_ONCE - len(chosen[0])  # one shape, one program
                places = np.pad(grid[chosen], ((0, filling), (0, 0)), mode="edge")
                losses = np.asarray(plane_losses(self._sheet, self._labels, places))
                self.losses[chosen], is_known[chosen] = losses[: len(chosen[0])], True
                if is_known[wanted].all():
                    self.stride = stride
                yield float(np.mean(is_known))
