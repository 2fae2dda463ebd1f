"""One update taken apart: images, predictions, loss, gradient, new weights, and the loss after it."""

from dataclasses import dataclass

from lesson_lib.chart.picture import Picture
from lesson_lib.experiment import Settings
from lesson_lib.panel import controls
from lesson_lib.panel.caption import Caption
from lesson_lib.panel.controls import Control
from lesson_lib.panel.dataset_panel import DatasetPanel
from lesson_lib.panel.settings import arguments
from lesson_lib.panels.next_update import words
from lesson_lib.panels.next_update.picture import draw_next_update
from lesson_lib.panels.next_update.run import NextUpdateRun


@dataclass(frozen=True)
class NextUpdateSettings(Settings):
    """What the learner chooses for a run of SGD that is looked at update by update."""

    epochs: int = 1


class NextUpdate(DatasetPanel[NextUpdateSettings, NextUpdateRun]):
    """SGD on a dataset, update by update; the last one is shown in all its parts."""

    settings_type = NextUpdateSettings
    compiled_for = ("batch_size",)
    step_name = "Next update"

    def _make_controls(self) -> list[Control]:
        return controls.training_controls(self._dataset.num_examples)

    def _start(self, settings: NextUpdateSettings) -> NextUpdateRun:
        return NextUpdateRun(self._dataset, settings)

    def _picture_of(self, updates: NextUpdateRun) -> Picture:
        return draw_next_update(updates)

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
