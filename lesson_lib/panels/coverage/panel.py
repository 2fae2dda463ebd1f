"""Which examples have been seen? The batches of one epoch and the next, drawn in four ways, live."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lesson_lib.chart.picture import Picture
from lesson_lib.data import Dataset, require_dataset
from lesson_lib.experiment.settings import Settings
from lesson_lib.panel import controls, numbers
from lesson_lib.panel.panel import Panel
from lesson_lib.panels.coverage import words
from lesson_lib.panels.coverage.picture import draw_coverage
from lesson_lib.panels.coverage.run import CoverageRun


@dataclass(frozen=True)
class CoverageSettings(Settings):
    """What the learner chooses: of a run of SGD, all but the learning rate matters."""

    epochs: int = 1


class Coverage(Panel[CoverageSettings, CoverageRun]):
    """The examples of a dataset as cells, coloured by how often each has been in a batch.

    Args:
        dataset: where the examples come from.
        **settings: what to start with; help() shows their names.

    Raises:
        TypeError, ValueError: a setting that does not exist or is out of its range.
    """

    settings_type = CoverageSettings
    every_advance_is_drawn = True

    def __init__(self, dataset: Dataset, **settings: Any) -> None:
        require_dataset(dataset)
        self._dataset = dataset
        self._labels = np.asarray(dataset.y_train)
        shown = [
            controls.batch_size_control(dataset.num_examples),
            replace(controls.sampling_control(), main=True),
            controls.epochs_control(most=5),
            controls.seed_control(),
        ]
        super().__init__(shown, settings)

    def _start(self, settings: CoverageSettings) -> CoverageRun:
        return CoverageRun(self._dataset, settings)

    def _picture_of(self, run: CoverageRun) -> Picture:
        names = self._dataset.class_names
        return draw_coverage(
            self._labels, names, run.times_seen, run.history(),
            epochs=run.settings.epochs, with_replacement=run.settings.sampling == "replacement",
        )  # fmt: skip

    def _sentence(self, run: CoverageRun) -> str:
        return words.coverage_sentence(words.coverage_facts(run))

    def _details(self, run: CoverageRun) -> str:
        return words.coverage_details(words.coverage_facts(run))

    def _progress(self, run: CoverageRun) -> str:
        return numbers.progress(run.num_epochs, run.settings.epochs)
