"""Which examples have been seen? The batches of one epoch and the next, drawn in four ways, live."""

from dataclasses import dataclass, replace

import numpy as np

from lesson_lib.chart.picture import Picture
from lesson_lib.experiment.settings import Settings
from lesson_lib.panel import controls, numbers
from lesson_lib.panel.caption import Caption
from lesson_lib.panel.controls import Control
from lesson_lib.panel.dataset_panel import DatasetPanel
from lesson_lib.panels.coverage import words
from lesson_lib.panels.coverage.picture import draw_coverage
from lesson_lib.panels.coverage.run import CoverageRun


@dataclass(frozen=True)
class CoverageSettings(Settings):
    """What the learner chooses: of a run of SGD, all but the learning rate matters."""

    epochs: int = 1


class Coverage(DatasetPanel[CoverageSettings, CoverageRun]):
    """The examples of a dataset as cells, coloured by how often each has been in a batch."""

    settings_type = CoverageSettings
    every_advance_is_drawn = True

    def _make_controls(self) -> list[Control]:
        return [
            controls.batch_size_control(self._dataset.num_examples),
            replace(controls.sampling_control(), main=True),
            controls.epochs_control(most=5),
            controls.seed_control(),
        ]

    def _start(self, settings: CoverageSettings) -> CoverageRun:
        return CoverageRun(self._dataset, settings)

    def _picture_of(self, run: CoverageRun) -> Picture:
        names = self._dataset.class_names
        return draw_coverage(
            np.asarray(self._dataset.y_train), names, run.times_seen, run.history(),
            epochs=run.settings.epochs, with_replacement=run.settings.sampling == "replacement",
        )  # fmt: skip

    def _caption_of(self, run: CoverageRun) -> Caption:
        facts = words.facts(run)
        return Caption(words.sentence(facts), words.details(facts))

    def _progress(self, run: CoverageRun) -> str:
        return numbers.progress(run.num_epochs, run.settings.epochs)
