"""One update taken apart: images, predictions, loss, gradient, new weights, and the loss after it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from lesson_lib.chart.picture import Picture
from lesson_lib.experiment import Settings, compile_ahead
from lesson_lib.panel import controls
from lesson_lib.panel.caption import Caption
from lesson_lib.panel.controls import Control
from lesson_lib.panel.dataset_panel import DatasetPanel
from lesson_lib.panel.settings import arguments
from lesson_lib.panels.next_update import words
from lesson_lib.panels.next_update.picture import IMAGES_SHOWN, Batch, Losses, Weights, draw_next_update
from lesson_lib.panels.next_update.run import Look, NextUpdateRun


@dataclass(frozen=True)
class NextUpdateSettings(Settings):
    """What the learner chooses for a run of SGD that is looked at update by update."""

    epochs: int = 1


class NextUpdate(DatasetPanel[NextUpdateSettings, NextUpdateRun]):
    """SGD on a dataset, update by update; the last one is shown in all its parts."""

    settings_type = NextUpdateSettings
    step_name = "Next update"

    def _make_controls(self) -> list[Control]:
        return controls.training_controls(self._dataset.num_examples)

    def _start(self, settings: NextUpdateSettings) -> NextUpdateRun:
        return NextUpdateRun(self._dataset, settings)

    def _picture_of(self, updates: NextUpdateRun) -> Picture:
        anatomy = updates.anatomy()
        before, after = anatomy.before, anatomy.after
        looks = [before] if after is None else [before, after]
        shown = anatomy.examples[:IMAGES_SHOWN]
        batch = Batch(
            images=np.asarray(self._dataset.x_train)[shown],
            labels=np.asarray(self._dataset.y_train)[shown],
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

    def _caption_of(self, updates: NextUpdateRun) -> Caption:
        facts = words.facts(updates)
        return Caption(words.sentence(facts), words.details(facts))

    def _progress(self, updates: NextUpdateRun) -> str:
        return f"update {updates.moment:,} of {updates.sgd.total_updates:,}"

    def _lines(self, settings: NextUpdateSettings) -> tuple[str, ...]:
        return (
            f"updates = ll.NextUpdateRun(dataset, ll.Settings({arguments(settings)}))",
            "updates.step()",
            "updates.anatomy()",
        )

    def _prepare(self) -> Iterable[Callable[[], object]]:
        return compile_ahead(self._dataset, [self.settings.sampling])


def _loss(look: Look) -> float:
    return float(np.mean(look.losses, dtype=np.float64))
