"""Which batch size should I take? A map of what it takes to come to a loss, live."""

from dataclasses import dataclass, replace

from lesson_lib.chart.picture import Picture
from lesson_lib.panel import controls
from lesson_lib.panel.caption import Caption
from lesson_lib.panel.controls import Control
from lesson_lib.panel.dataset_panel import DatasetPanel
from lesson_lib.panels.time_to_target import words
from lesson_lib.panels.time_to_target.picture import draw_time_to_target
from lesson_lib.panels.time_to_target.run import (
    LEARNING_RATES,
    MEASURES,
    TARGETS,
    Measure,
    TimeToTargetRun,
    mapped_batch_sizes,
)
from lesson_lib.panels.time_to_target.words import MapFacts


@dataclass(frozen=True)
class TimeToTargetSettings:
    """What the learner chooses for the runs, and how the map is looked at."""

    batch_size: int = 8
    """The one that is marked."""
    learning_rate: float = 0.08
    """The one that is followed where `rates` is "same"."""
    target: float = 0.8
    """The loss to come to, one of `run.TARGETS`."""
    epochs: int = 10
    """After so many a run gives up: 2, 5 or 10."""
    seed: int = 0
    measure: Measure = "updates"
    rates: str = "best"
    """"best" for each batch size, or the "same" for all."""


class TimeToTarget(DatasetPanel[TimeToTargetSettings, TimeToTargetRun]):
    """Batch size against learning rate: what each pair needs to come to a loss."""

    settings_type = TimeToTargetSettings

    def _make_controls(self) -> list[Control]:
        num_examples = self._dataset.num_examples
        sizes = mapped_batch_sizes(num_examples)
        rates_names = {"best": "best η for each batch size", "same": "same learning rate for all"}
        return [
            replace(controls.batch_size_control(num_examples), values=sizes, restarts=False),
            replace(controls.learning_rate_control(), values=LEARNING_RATES, restarts=False, main=False),
            Control("target", "target loss", TARGETS, "loss {:g}".format, restarts=False, main=True),
            Control("epochs", "most epochs", (2, 5, 10), "{} epochs".format),
            controls.seed_control(),
            Control("measure", "count", MEASURES, str, kind="list", restarts=False, main=True),
            Control("rates", "compare at", tuple(rates_names), rates_names.__getitem__, kind="list", restarts=False),
        ]

    def _start(self, settings: TimeToTargetSettings) -> TimeToTargetRun:
        return TimeToTargetRun(self._dataset, epochs=settings.epochs, seed=settings.seed)

    def _picture_of(self, run: TimeToTargetRun) -> Picture:
        return draw_time_to_target(run, self._facts(run))

    def _facts(self, run: TimeToTargetRun) -> MapFacts:
        settings = self._looking
        return words.facts(
            run, settings.batch_size,
            target=settings.target, measure=settings.measure,
            learning_rate=settings.learning_rate if settings.rates == "same" else None,
        )  # fmt: skip

    def _caption_of(self, run: TimeToTargetRun) -> Caption:
        facts = self._facts(run)
        return Caption(words.sentence(facts), words.details(facts))

    def _progress(self, run: TimeToTargetRun) -> str:
        return f"{run.num_finished_runs} of {run.num_runs} runs"
