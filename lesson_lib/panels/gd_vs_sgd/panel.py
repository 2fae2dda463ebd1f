"""The flagship panel: GD and SGD from the same start, their loss and their gradient noise, live."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lesson_lib.chart import ticks
from lesson_lib.chart.images import are_square
from lesson_lib.chart.picture import Picture
from lesson_lib.checks import require_bool
from lesson_lib.data import Dataset
from lesson_lib.experiment import Races, Settings
from lesson_lib.experiment.history import Clock, CurveName
from lesson_lib.panel import controls, numbers
from lesson_lib.panel.caption import Caption
from lesson_lib.panel.controls import Control
from lesson_lib.panel.dataset_panel import DatasetPanel
from lesson_lib.panel.runs import Scale
from lesson_lib.panel.settings import arguments
from lesson_lib.panels.gd_vs_sgd import words
from lesson_lib.panels.gd_vs_sgd.batch import draw_gradients, draw_next_batch
from lesson_lib.panels.gd_vs_sgd.picture import Method, View, draw_race
from lesson_lib.panels.gd_vs_sgd.stage import Stage
from lesson_lib.panels.gd_vs_sgd.words import Kept

HEIGHTS = (235, 135)
"""Of the race and of the stage under it: beside the controls and the sentence, one screen."""


@dataclass(frozen=True)
class GdVsSgdSettings(Settings):
    """What the learner chooses for the race, and how it is looked at."""

    num_seeds: int = 1
    clock: Clock = "epochs"
    curve: CurveName = "loss"
    scale: Scale = "linear"


class GdVsSgd(DatasetPanel[GdVsSgdSettings, Races]):
    """GD against SGD on one dataset; with `choose_sampling` the learner also chooses how the batches are drawn."""

    settings_type = GdVsSgdSettings
    compiled_for = ("batch_size", "sampling")
    step_name = "Next update"
    keeps_runs = True

    def __init__(self, dataset: Dataset, *, choose_sampling: bool = False, **settings: Any) -> None:
        self._choose_sampling = require_bool("choose_sampling", choose_sampling)
        super().__init__(dataset, **settings)
        self._stage = Stage(dataset) if are_square(dataset.num_features) else None

    def _make_controls(self) -> list[Control]:
        return [
            *controls.training_controls(self._dataset.num_examples),
            *([controls.sampling_control()] if self._choose_sampling else []),
            controls.num_seeds_control(),
            controls.clock_control(),
            controls.curve_control(),
            controls.scale_control(),
        ]

    def _start(self, settings: GdVsSgdSettings) -> Races:
        return Races(self._dataset, settings, num_seeds=settings.num_seeds)

    def _picture_of(self, races: Races) -> Picture:
        looking, race = self._looking, races.first
        runs = [("GD", races.gd), (f"SGD, B = {races.settings.batch_size:,}", races.sgd), *self.kept]
        gd, sgd, *kept = (Method(name, [run.history(looking.clock) for run in own]) for name, own in runs)
        view = View(looking.clock, looking.curve, looking.scale)
        picture = draw_race(gd, sgd, kept, view=view, end=self._end(races))
        if self._session.stepping:
            inspection = race.sgd.inspect()
            batch = () if self._stage is None else (draw_next_batch(self._dataset.x_train, inspection.examples),)
            ((curves, _),) = picture.rows
            return Picture(rows=((curves, *batch, draw_gradients(inspection)),), heights=(sum(HEIGHTS),))
        if self._stage is None:
            return picture
        stage = self._stage.draw(self._stage.ask(race.sgd), self._stage.ask(race.gd))
        return Picture(rows=(*picture.rows, (stage,)), heights=HEIGHTS)

    def _end(self, races: Races) -> float:
        """Where the time axis ends: with the longest of the runs."""
        clock = self._looking.clock
        going = [run.record for run in (*races.gd, *races.sgd)]
        records = [*going, *(record for _, records in self.kept for record in records)]
        if clock == "seconds":
            return ticks.round_above(*(each.times(clock, np.array([each.recorded])) for each in records), lowest=0.5)
        return max(float(each.times(clock, np.array([each.total_updates]))[0]) for each in records)

    def _to_keep(self, races: Races) -> Kept:
        settings = races.settings
        sampling = "" if settings.sampling == "reshuffle" else f", {settings.sampling.replace('_', ' ')}"
        seeds = f"seed {settings.seed}" if len(races.races) == 1 else f"{len(races.races)} seeds from {settings.seed}"
        name = f"B = {settings.batch_size:,}, η = {settings.learning_rate:g}, {seeds}{sampling}"
        return Kept(name, [run.record for run in races.sgd])

    def _caption_of(self, races: Races) -> Caption:
        facts = words.facts(races, self.kept, stepping=self._session.stepping)
        return Caption(words.sentence(facts), words.details(facts))

    def _progress(self, races: Races) -> str:
        return numbers.progress(races.first.sgd.num_epochs, races.settings.epochs)

    def _lines(self, settings: GdVsSgdSettings) -> tuple[str, ...]:
        return (
            f"settings = ll.Settings({arguments(settings, Settings)})",
            f"races = ll.Races(dataset, settings, num_seeds={settings.num_seeds}).run()",
        )

    def _prepare(self) -> Iterator[Callable[[], object]]:
        yield from super()._prepare()
        if "sampling" in self._controls:  # N examples drawn with replacement are no full batch
            drawn = replace(self._start_settings, batch_size=self._dataset.num_examples, sampling="replacement")
            yield from self._start(drawn).to_compile()
