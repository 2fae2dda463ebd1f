"""What does one update cost? Its time against the batch size, measured on this machine, live."""

from dataclasses import dataclass, replace

from lesson_lib.chart.picture import Picture
from lesson_lib.panel import controls
from lesson_lib.panel.caption import Caption
from lesson_lib.panel.controls import Control
from lesson_lib.panel.dataset_panel import DatasetPanel
from lesson_lib.panels.cost_of_an_update import words
from lesson_lib.panels.cost_of_an_update.picture import draw_cost
from lesson_lib.panels.cost_of_an_update.run import CostOfAnUpdateRun


@dataclass(frozen=True)
class CostOfAnUpdateSettings:
    """What the learner chooses for a measurement of times."""

    batch_size: int = 8
    """The one that is marked, and compared with GD in words."""
    rounds: int = 5
    """How often each batch size is timed: 3, 5, 9 or 15 times."""


class CostOfAnUpdate(DatasetPanel[CostOfAnUpdateSettings, CostOfAnUpdateRun]):
    """The time of one update at every batch size, measured here and now on the CPU, and on a GPU where JAX finds one.

    Nothing is compiled ahead: compiling in the background would disturb the measurement, and is part of it.
    """

    settings_type = CostOfAnUpdateSettings

    def _make_controls(self) -> list[Control]:
        return [
            replace(controls.batch_size_control(self._dataset.num_examples), restarts=False),
            Control("rounds", "rounds", (3, 5, 9, 15), lambda rounds: f"{rounds} rounds", main=True),
        ]

    def _start(self, settings: CostOfAnUpdateSettings) -> CostOfAnUpdateRun:
        return CostOfAnUpdateRun(self._dataset, rounds=settings.rounds)

    def _picture_of(self, run: CostOfAnUpdateRun) -> Picture:
        return draw_cost(run, self._looking.batch_size)

    def _caption_of(self, run: CostOfAnUpdateRun) -> Caption:
        facts = words.facts(run, self._looking.batch_size)
        return Caption(words.sentence(facts), words.details(facts))

    def _progress(self, run: CostOfAnUpdateRun) -> str:
        return f"{100 * run.done:.0f} % measured"
