"""One update taken apart: images, predictions, loss, gradient, new weights, and the loss after it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lesson_lib.chart.picture import Picture
from lesson_lib.data import Dataset, require_dataset
from lesson_lib.experiment import Settings
from lesson_lib.panel import controls
from lesson_lib.panel.panel import Panel
from lesson_lib.panel.settings import arguments, run_in_code
from lesson_lib.panels.next_update import words
from lesson_lib.panels.next_update.picture import IMAGES_SHOWN, Batch, Losses, Weights, draw_next_update
from lesson_lib.panels.next_update.run import Look, NextUpdateRun


@dataclass(frozen=True)
class NextUpdateSettings(Settings):
    """What the learner chooses for a run of SGD that is looked at update by update."""

    epochs: int = 1


class NextUpdate(Panel[NextUpdateSettings, NextUpdateRun]):
    """SGD on a dataset, update by update; the last one is shown in all its parts.

    Args:
        dataset: what it learns.
        **settings: what to start with; help() shows their names.

    Raises:
        TypeError, ValueError: a setting that does not exist or is out of its range.
    """

    settings_type = NextUpdateSettings
    compiled_for = ("batch_size",)
    step_name = "Next update"

    def __init__(self, dataset: Dataset, **settings: Any) -> None:
        require_dataset(dataset)
        self._dataset = dataset
        self._images, self._labels = np.asarray(dataset.x_train), np.asarray(dataset.y_train)
        super().__init__(controls.training_controls(dataset.num_examples), settings)

    def _start(self, settings: NextUpdateSettings) -> NextUpdateRun:
        return NextUpdateRun(self._dataset, settings)

    def _picture_of(self, updates: NextUpdateRun) -> Picture:
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
        weights = Weights(now, change=now - before.weight, learned=now - updates.start_weight, onward=looks[-1].onward)
        losses = Losses([anatomy.batch_loss(look) for look in looks], [_loss(look) for look in looks], updates.losses())
        return draw_next_update(
            batch,
            weights,
            losses,
            update=anatomy.update,
            total_updates=updates.sgd.total_updates,
            class_names=self._dataset.class_names,
        )

    def _sentence(self, updates: NextUpdateRun) -> str:
        return words.update_sentence(words.update_facts(updates, self._labels))

    def _details(self, updates: NextUpdateRun) -> str:
        return words.update_details(words.update_facts(updates, self._labels))

    def _progress(self, updates: NextUpdateRun) -> str:
        return f"update {updates.moment:,} of {updates.sgd.total_updates:,}"

    def _code(self, settings: NextUpdateSettings) -> str:
        return run_in_code(
            "dataset",
            self._dataset.made_by,
            f"updates = ll.NextUpdateRun(dataset, ll.Settings({arguments(settings)}))",
            "updates.step()",
            "updates.anatomy()",
        )


def _loss(look: Look) -> float:
    return float(np.mean(look.losses, dtype=np.float64))
