"""What does one update cost? Its time against the batch size, measured on this machine, live."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lesson_lib.chart.picture import Picture
from lesson_lib.data import Dataset, require_dataset
from lesson_lib.panel import controls
from lesson_lib.panel.controls import Control
from lesson_lib.panel.panel import Panel
from lesson_lib.panels.cost_of_an_update import words
from lesson_lib.panels.cost_of_an_update.picture import Device, draw_cost
from lesson_lib.panels.cost_of_an_update.run import CostOfAnUpdateRun


@dataclass(frozen=True)
class CostOfAnUpdateSettings:
    """What the learner chooses for a measurement of times."""

    batch_size: int = 8
    """The one that is marked, and compared with GD in words."""
    rounds: int = 5
    """How often each batch size is timed: 3, 5, 9 or 15 times."""

    __no_type_check__ = True  # for jaxtyping: the controls say better what is wrong


class CostOfAnUpdate(Panel[CostOfAnUpdateSettings, CostOfAnUpdateRun]):
    """The time of one update at every batch size, measured here and now on the CPU, and on a GPU where JAX finds one.

    Nothing is compiled ahead: compiling in the background would disturb the measurement, and is part of it.

    Args:
        dataset: what the network learns.
        **settings: what to start with; help() shows their names.

    Raises:
        TypeError, ValueError: a setting that does not exist or that its control does not offer.
    """

    settings_type = CostOfAnUpdateSettings

    def __init__(self, dataset: Dataset, **settings: Any) -> None:
        require_dataset(dataset)
        self._dataset = dataset
        shown = [
            replace(controls.batch_size_control(dataset.num_examples), restarts=False),
            Control("rounds", "rounds", (3, 5, 9, 15), lambda rounds: f"{rounds} rounds", main=True),
        ]
        super().__init__(shown, settings)

    def _start(self, settings: CostOfAnUpdateSettings) -> CostOfAnUpdateRun:
        return CostOfAnUpdateRun(self._dataset, rounds=settings.rounds)

    def _picture_of(self, run: CostOfAnUpdateRun) -> Picture:
        batch_sizes = np.array(run.batch_sizes)
        devices = []
        for place, times in enumerate(run.times):
            fit = words.line_through(times)
            line, knee = (None, None) if fit is None else (fit.predict(batch_sizes), fit.knee)
            devices.append(
                Device(run.name(place), times.minimum, times.seconds, times.compile_seconds, line=line, knee=knee)
            )
        return draw_cost(batch_sizes, devices, chosen=self._looking.batch_size)

    def _sentence(self, run: CostOfAnUpdateRun) -> str:
        return words.cost_sentence(words.cost_facts(run, self._looking.batch_size))

    def _details(self, run: CostOfAnUpdateRun) -> str:
        return words.cost_details(words.cost_facts(run, self._looking.batch_size))

    def _progress(self, run: CostOfAnUpdateRun) -> str:
        return f"{100 * run.done:.0f} % measured"
