"""Which examples have been seen? The batches of one epoch and the next, drawn in four ways, live."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from lesson_lib import experiment
from lesson_lib.data import Dataset, require_dataset
from lesson_lib.panels import controls
from lesson_lib.panels.panel import Panel
from lesson_lib.panels.words import coverage as words
from lesson_lib.panels.words import numbers
from lesson_lib.picture import Picture
from lesson_lib.plots.coverage import draw_coverage


class Coverage(Panel):
    """The examples of a dataset as cells, coloured by how often each has been in a batch.

    Args:
        dataset: where the examples come from.
        **settings: what to start with, by the names of `experiment.Settings`.

    Raises:
        TypeError, ValueError: a setting that does not exist or is out of its range.
    """

    every_advance_is_drawn = True

    def __init__(self, dataset: Dataset, **settings: Any) -> None:
        require_dataset(dataset)
        start = experiment.Settings(**{"epochs": 1, **settings})
        self._dataset = dataset
        self._labels = np.asarray(dataset.y_train)
        shown = [
            controls.sampling_control(),
            controls.batch_size_control(dataset.num_examples),
            controls.epochs_control(most=5),
            controls.seed_control(),
        ]
        super().__init__(shown, vars(start))

    def check(self, values: Mapping[str, Any]) -> None:
        experiment.Settings(**values)

    def start(self, values: Mapping[str, Any]) -> experiment.Coverage:
        return experiment.Coverage(self._dataset, experiment.Settings(**values))

    def picture_of(self, run: experiment.Coverage) -> Picture:
        names = self._dataset.class_names
        return draw_coverage(self._labels, names, run.times_seen, run.history(), epochs=run.settings.epochs)

    def describe(self, run: experiment.Coverage) -> str:
        return (
            "Left: a grid with a cell for each training example, in bands by class; its colour says how often the "
            f"example has been in a batch. Right: the share of examples seen at least once, against epochs from 0 to "
            f"{run.settings.epochs}, in orange, beside two lines: each example once (dashed), and 1 − e to the minus "
            "epochs (dotted)."
        )

    def sentence(self, run: experiment.Coverage) -> str:
        return words.coverage_sentence(words.coverage_facts(run))

    def progress(self, run: experiment.Coverage) -> str:
        return numbers.progress(run.num_epochs, run.settings.epochs)
