"""GD and SGD on the lessons' network, and the loss on the plane of their two paths, which grows with them."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple

import jax
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Float

from lesson_lib.data import Dataset
from lesson_lib.experiment.base import Experiment
from lesson_lib.experiment.settings import Settings, require_settings
from lesson_lib.experiment.start import once_for_each_seed, start_of
from lesson_lib.panels.network_landscape.path import LOSS_EXAMPLES, TrainingPath
from lesson_lib.panels.network_landscape.plane import LossMap, TwoDirections, Vector, first_two, region_around

LEAST_WIDTH = 1.0
"""So wide a part of the plane is seen at least."""

TRAINING_SHARE = 0.9
"""Of the work; the rest is the map, made finer when both have been trained."""


class Landscape(NamedTuple):
    """A plane, and the loss on it."""

    directions: TwoDirections
    map: LossMap


class NetworkLandscapeRun(Experiment):
    """GD and SGD from the same start; while SGD makes an epoch, GD makes an update.

    The plane goes through the start and through where both stand. It turns with them, and the loss on it is computed
    anew, at few places; when both are trained, at more and more.

    Args:
        dataset: what they learn.
        settings: how SGD learns it; GD makes as many updates as there are epochs.

    Raises:
        TypeError, ValueError: as for `Race`.
    """

    def __init__(self, dataset: Dataset, settings: Settings) -> None:
        require_settings(settings, dataset)
        self.dataset, self.settings = dataset, settings
        self.sgd = TrainingPath(dataset, settings)
        self.gd = TrainingPath(dataset, replace(settings, batch_size=dataset.num_examples, sampling="reshuffle"))
        self._mapped: tuple[int, int] | None = None
        """Of how many places of the two paths the plane was made."""
        self.landscape = first_landscape(dataset, settings.seed)
        """The plane of the paths so far, and the loss on it."""

    @property
    def is_trained(self) -> bool:
        return self.sgd.finished and self.gd.finished

    @property
    def has_paths(self) -> bool:
        """Is the plane one of the paths, and not the first one, of two random directions?"""
        return self._mapped is not None and max(self._mapped) > 1

    @property
    def finished(self) -> bool:
        return self.is_trained and self._is_up_to_date and self.landscape.map.finished

    @property
    def done(self) -> float:
        trained = (self.sgd.done + self.gd.done) / 2
        mapped = self.landscape.map.done if self.is_trained and self._is_up_to_date else 0.0
        return TRAINING_SHARE * trained + (1 - TRAINING_SHARE) * mapped

    @property
    def places(self) -> tuple[Float[np.ndarray, "of_sgd 2"], Float[np.ndarray, "of_gd 2"]]:
        """Where SGD and GD have been, as (a, b) on the plane."""
        vectors = self.landscape.directions.vectors
        return self.sgd.along(vectors), self.gd.along(vectors)

    @property
    def shares(self) -> tuple[float, float]:
        """Share of the length of SGD's path, and of GD's, that lies in the plane."""
        vectors = self.landscape.directions.vectors
        return self.sgd.share_along(vectors), self.gd.share_along(vectors)

    def to_compile(self) -> Iterable[Callable[[], object]]:
        return (self.sgd.compile_updates,)

    def advance(self) -> None:
        """Do one short piece of work: the plane where a path has grown, else some updates, else a finer map."""
        if not self._is_up_to_date and self.sgd.num_updates > 0:
            self._turn()
        elif not self.is_trained:
            (self.gd if self._gd_is_next else self.sgd).advance()
        else:
            self.landscape.map.advance()

    @property
    def _is_up_to_date(self) -> bool:
        return self._mapped == (self.sgd.num_places, self.gd.num_places)

    @property
    def _gd_is_next(self) -> bool:
        behind = self.gd.num_updates < self.sgd.num_updates // self.sgd.updates_per_epoch
        return not self.gd.finished and (behind or self.sgd.finished)

    def _turn(self) -> None:
        """Let the plane go through where both stand now, and compute the loss on it at few places."""
        self._mapped = (self.sgd.num_places, self.gd.num_places)
        sgd, gd = self.sgd.away, self.gd.away
        directions = first_two(
            [
                ("towards SGD", sgd[-1]),
                ("towards GD", gd[-1]),
                ("halfway along SGD's path", sgd[len(sgd) // 2]),
                *random_directions(self.dataset, self.settings.seed),
            ]
        )
        places = np.concatenate([path.along(directions.vectors) for path in (self.sgd, self.gd)])
        self.landscape = begin_landscape(self.dataset, self.settings.seed, directions, places)


def begin_landscape(
    dataset: Dataset, seed: int, directions: TwoDirections, places: Float[np.ndarray, "places 2"]
) -> Landscape:
    """The plane from the start of a seed on, and the loss on it at few places around those that are given."""
    x, y = dataset.x_train[:LOSS_EXAMPLES], dataset.y_train[:LOSS_EXAMPLES]
    plane = directions.plane(start_of(dataset, seed).params)
    loss_map = LossMap(plane, region_around(places, least=LEAST_WIDTH), x, y)
    loss_map.advance()
    return Landscape(directions, loss_map)


@once_for_each_seed
def first_landscape(dataset: Dataset, seed: int) -> Landscape:
    """What is seen before there are paths: the loss on a plane of two random directions."""
    return begin_landscape(dataset, seed, first_two(random_directions(dataset, seed)), np.zeros((1, 2)))


@once_for_each_seed
def random_directions(dataset: Dataset, seed: int) -> list[tuple[str, Vector]]:
    """Two random vectors in the space of all parameters."""
    start = start_of(dataset, seed)
    flat = ravel_pytree(start.params)[0]
    vectors = jax.random.normal(jax.random.fold_in(start.noise_key, 1), (2, flat.size))
    names = ("in a random direction", "in another random direction")
    return list(zip(names, np.asarray(vectors), strict=True))
