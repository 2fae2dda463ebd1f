"""What does one update cost? Its time against the batch size, measured on this machine, live."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from lesson_lib.data import Dataset, require_dataset
from lesson_lib.experiment.cost import CostMeasurement
from lesson_lib.panels import controls
from lesson_lib.panels.controls import Control
from lesson_lib.panels.panel import Panel
from lesson_lib.panels.words import cost as words
from lesson_lib.picture import Picture
from lesson_lib.plots.cost import Device, draw_cost


class CostOfAnUpdate(Panel):
    """The time of one update at every batch size, measured here and now on the CPU, and on a GPU where JAX finds one.

    Nothing is compiled ahead: compiling in the background would disturb the measurement, and is part of it.

    Args:
        dataset: what the network learns.
        batch_size: the one that is marked, and compared with GD in words.
        rounds: how often each batch size is timed: 3, 5, 9 or 15 times.

    Raises:
        TypeError, ValueError: a setting out of its range.
    """

    def __init__(self, dataset: Dataset, *, batch_size: int = 8, rounds: int = 5) -> None:
        require_dataset(dataset)
        self._dataset = dataset
        shown = [
            replace(controls.batch_size_control(dataset.num_examples), restarts=False),
            Control("rounds", "rounds", (3, 5, 9, 15), lambda rounds: f"{rounds} rounds"),
        ]
        super().__init__(shown, {"batch_size": batch_size, "rounds": rounds})

    def start(self, values: Mapping[str, Any]) -> CostMeasurement:
        return CostMeasurement(self._dataset, rounds=values["rounds"])

    def picture_of(self, run: CostMeasurement) -> Picture:
        batch_sizes = np.array(run.batch_sizes)
        devices = []
        for place, times in enumerate(run.times):
            fit = words.line_through(times)
            line, knee = (None, None) if fit is None else (fit.predict(batch_sizes), fit.knee)
            devices.append(
                Device(run.name(place), times.minimum, times.seconds, times.compile_seconds, line=line, knee=knee)
            )
        return draw_cost(batch_sizes, devices, chosen=self.settings["batch_size"])

    def describe(self, run: CostMeasurement) -> str:
        names = " and ".join(run.name(place) for place in range(len(run.devices)))
        return (
            f"Two plots against the batch size from 1 to {self._dataset.num_examples:,}, all axes logarithmic, for the "
            f"{names}. Left: milliseconds of one update, a dot for each batch size, with the fitted line a + b·B "
            "(dashed), its knee (dotted, upright) and, as crosses, the time of compiling. Right: how many times longer "
            "an update of GD takes, dots, beside the ratio of the work, N / B, dashed; a band marks the hundreds."
        )

    def sentence(self, run: CostMeasurement) -> str:
        return words.cost_sentence(words.cost_facts(run, self.settings["batch_size"]))

    def progress(self, run: CostMeasurement) -> str:
        return f"{100 * run.done:.0f} % measured"
