"""One update taken apart: images, predictions, loss, gradient, new weights, and the loss after it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from lesson_lib import experiment
from lesson_lib.data import Dataset, require_dataset
from lesson_lib.experiment.next_update import Look
from lesson_lib.panels import controls
from lesson_lib.panels.code import arguments
from lesson_lib.panels.panel import Panel
from lesson_lib.panels.words import next_update as words
from lesson_lib.picture import Picture
from lesson_lib.plots.next_update import IMAGES_SHOWN, Batch, Losses, Weights, draw_next_update


class NextUpdate(Panel):
    """SGD on a dataset, update by update; the last one is shown in all its parts.

    Args:
        dataset: what it learns.
        **settings: what to start with, by the names of `experiment.Settings`.

    Raises:
        TypeError, ValueError: a setting that does not exist or is out of its range.
    """

    step_name = "Next update"

    def __init__(self, dataset: Dataset, **settings: Any) -> None:
        require_dataset(dataset)
        start = experiment.Settings(**{"epochs": 1, **settings})
        self._dataset = dataset
        self._images, self._labels = np.asarray(dataset.x_train), np.asarray(dataset.y_train)
        shown = [
            controls.batch_size_control(dataset.num_examples),
            controls.epochs_control(),
            controls.learning_rate_control(),
            controls.seed_control(),
        ]
        super().__init__(shown, vars(start))

    def check(self, values: Mapping[str, Any]) -> None:
        experiment.Settings(**values)

    def start(self, values: Mapping[str, Any]) -> experiment.NextUpdate:
        return experiment.NextUpdate(self._dataset, experiment.Settings(**values))

    def picture_of(self, updates: experiment.NextUpdate) -> Picture:
        anatomy = updates.anatomy()
        before, after = anatomy.before, anatomy.after
        looks = [before] if after is None else [before, after]
        shown = anatomy.examples[:IMAGES_SHOWN]
        batch = Batch(
            images=self._images[shown],
            labels=self._labels[shown],
            before=before.probabilities[shown],
            after=None if after is None else after.probabilities[shown],
            total=len(anatomy.examples),
        )
        now = looks[-1].weight
        weights = Weights(now, change=now - before.weight, learned=now - updates.start_weight)
        losses = Losses([anatomy.batch_loss(look) for look in looks], [_loss(look) for look in looks], updates.losses())
        return draw_next_update(
            batch,
            weights,
            losses,
            update=anatomy.update,
            total_updates=updates.run.total_updates,
            class_names=self._dataset.class_names,
        )

    def describe(self, updates: experiment.NextUpdate) -> str:
        return (
            "Above: images of the update's batch, each with its class, the class that the network says, and bars for "
            "the probability of the right class before and after the update. Below, from left to right: three sheets "
            "with an image for each of 16 units of the first layer, red above zero and blue below: how the update "
            "changed their weights, the weights, and what they have learned since the start; then the loss of the "
            "batch and of all examples, before and after; and the loss over all examples against updates, from 0 to "
            f"{updates.run.total_updates:,}."
        )

    def sentence(self, updates: experiment.NextUpdate) -> str:
        return words.update_sentence(words.update_facts(updates, self._labels))

    def progress(self, updates: experiment.NextUpdate) -> str:
        return f"update {updates.moment:,} of {updates.run.total_updates:,}"

    def code(self, values: Mapping[str, Any]) -> str:
        return (
            "from lesson_lib.data import load_dataset\n"
            "from lesson_lib.experiment import NextUpdate, Settings\n"
            f"updates = NextUpdate(load_dataset({self._dataset.name!r}), Settings({arguments(values)}))\n"
            "updates.step()\n"
            "updates.anatomy()"
        )

    def prepare(self) -> Iterable[Callable[[], object]]:
        return experiment.compile_ahead(self._dataset)


def _loss(look: Look) -> float:
    return float(np.mean(look.losses, dtype=np.float64))
