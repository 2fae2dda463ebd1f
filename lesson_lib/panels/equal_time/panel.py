"""Which batch size comes furthest in the same time? Several trainings with equal seconds, live."""

from dataclasses import dataclass, replace

from lesson_lib.chart.picture import Picture
from lesson_lib.panel import controls
from lesson_lib.panel.caption import Caption
from lesson_lib.panel.controls import Control
from lesson_lib.panel.dataset_panel import DatasetPanel
from lesson_lib.panels.equal_time import words
from lesson_lib.panels.equal_time.picture import draw_equal_time
from lesson_lib.panels.equal_time.run import EqualTimeRun, compared_batch_sizes


@dataclass(frozen=True)
class EqualTimeSettings:
    """What the learner chooses for trainings with equal time."""

    batch_size: int = 8
    """The one that is marked and described in words."""
    seconds: float = 2.0
    """How long each may compute updates: 0.25, 0.5, 1 or 2 seconds."""
    learning_rate: float = 0.05
    """η, the same for all."""
    seed: int = 0
    """Decides the first parameters and the batches."""


class EqualTime(DatasetPanel[EqualTimeSettings, EqualTimeRun]):
    """Several batch sizes from the same parameters, with the same time on the clock for each."""

    settings_type = EqualTimeSettings

    def _make_controls(self) -> list[Control]:
        num_examples = self._dataset.num_examples
        sizes = compared_batch_sizes(num_examples)
        return [
            replace(controls.batch_size_control(num_examples), values=sizes, restarts=False),
            Control("seconds", "time for each", (0.25, 0.5, 1.0, 2.0), lambda seconds: f"{seconds:g} s", main=True),
            controls.learning_rate_control(),
            controls.seed_control(),
        ]

    def _start(self, settings: EqualTimeSettings) -> EqualTimeRun:
        return EqualTimeRun(
            self._dataset,
            seconds=settings.seconds,
            learning_rate=settings.learning_rate,
            seed=settings.seed,
        )

    def _picture_of(self, run: EqualTimeRun) -> Picture:
        return draw_equal_time(run, self._looking.batch_size)

    def _caption_of(self, run: EqualTimeRun) -> Caption:
        facts = words.facts(run, self._looking.batch_size)
        return Caption(words.sentence(facts), words.details(facts))

    def _progress(self, run: EqualTimeRun) -> str:
        return f"{100 * run.done:.0f} % of the time used"
