"""The flagship panel: GD and SGD from the same start, their loss and their gradient noise, live."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from lesson_lib.chart import ticks
from lesson_lib.chart.images import are_square
from lesson_lib.chart.picture import Picture
from lesson_lib.data import Dataset, require_dataset
from lesson_lib.experiment import Races, Record, Run, Settings
from lesson_lib.experiment.history import Clock, Curve, History
from lesson_lib.panel import controls, numbers
from lesson_lib.panel.panel import Panel
from lesson_lib.panel.runs import Scale
from lesson_lib.panel.settings import arguments, run_in_code
from lesson_lib.panels.gd_vs_sgd import words
from lesson_lib.panels.gd_vs_sgd.batch import IMAGES_SHOWN, draw_gradients, draw_next_batch
from lesson_lib.panels.gd_vs_sgd.picture import Line, View, draw_race
from lesson_lib.panels.gd_vs_sgd.stage import Stage
from lesson_lib.panels.gd_vs_sgd.words import RaceFacts

HEIGHTS = (235, 135)
"""Of the race and of the stage under it: beside the controls and the sentence, one screen."""


class Kept(NamedTuple):
    """What is known of SGD's runs that the learner keeps, to their ends.

    Their networks, at all moments, would fill the memory.
    """

    name: str
    records: Sequence[Record]


@dataclass(frozen=True)
class GdVsSgdSettings(Settings):
    """What the learner chooses for the race, and how it is looked at."""

    num_seeds: int = 1
    clock: Clock = "epochs"
    curve: Curve = "loss"
    scale: Scale = "linear"


class GdVsSgd(Panel[GdVsSgdSettings, Races]):
    """GD against SGD on one dataset.

    Args:
        dataset: what both learn.
        choose_sampling: let the learner also choose how the batches are drawn.
        **settings: what to start with; help() shows their names.

    Raises:
        TypeError, ValueError: a setting that does not exist or is out of its range.
    """

    settings_type = GdVsSgdSettings
    compiled_for = ("batch_size", "sampling")
    step_name = "Next update"
    keeps_runs = True

    def __init__(self, dataset: Dataset, *, choose_sampling: bool = False, **settings: Any) -> None:
        require_dataset(dataset)
        self._dataset = dataset
        self._stage = Stage(dataset) if are_square(dataset.num_features) else None
        shown = [
            *controls.training_controls(dataset.num_examples),
            *([controls.sampling_control()] if choose_sampling else []),
            controls.num_seeds_control(),
            controls.clock_control(),
            controls.curve_control(),
            controls.scale_control(),
        ]
        super().__init__(shown, settings)

    def _start(self, settings: GdVsSgdSettings) -> Races:
        return Races(self._dataset, settings, num_seeds=settings.num_seeds)

    def _picture_of(self, races: Races) -> Picture:
        view = self._view
        gd, sgd = (
            Line("GD", _histories(races.gd, view)),
            Line(f"SGD, B = {races.settings.batch_size:,}", _histories(races.sgd, view)),
        )
        kept = [Line(name, _histories(records, view)) for name, records in self.kept]
        picture = draw_race(gd, sgd, kept, view=view, end=self._end(races))
        if not self._session.stepping:
            if self._stage is None:
                return picture
            stage = self._stage.draw(self._stage.ask(races.first.sgd), self._stage.ask(races.first.gd))
            return Picture(rows=(*picture.rows, (stage,)), heights=HEIGHTS)
        inspection = races.first.sgd.inspect()
        images = np.asarray(self._dataset.x_train[inspection.examples[:IMAGES_SHOWN]])
        batch = () if self._stage is None else (draw_next_batch(images, len(inspection.examples)),)
        ((curves, _),) = picture.rows
        return Picture(rows=((curves, *batch, draw_gradients(inspection)),), heights=(sum(HEIGHTS),))

    @property
    def _view(self) -> View:
        settings = self._looking
        return View(settings.clock, settings.curve, settings.scale)

    def _end(self, races: Races) -> float:
        """Where the time axis ends: with the longest of the runs."""
        clock = self._view.clock
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

    def _sentence(self, races: Races) -> str:
        return words.race_sentence(self._facts(races))

    def _details(self, races: Races) -> str:
        sgd = words.range_of(_losses(races.sgd))
        kept = [words.kept_sentence(name, words.range_of(_losses(records)), sgd) for name, records in self.kept]
        return " ".join([words.race_details(self._facts(races)), *kept])

    def _facts(self, races: Races) -> RaceFacts:
        seeds = words.Seeds(_losses(races.gd), _losses(races.sgd)) if len(races.races) > 1 else None
        inspection = races.first.sgd.inspect() if self._session.stepping else None
        return words.race_facts(races.first)._replace(seeds=seeds, inspection=inspection)

    def _progress(self, races: Races) -> str:
        return numbers.progress(races.first.sgd.num_epochs, races.settings.epochs)

    def _code(self, settings: GdVsSgdSettings) -> str:
        return run_in_code(
            "dataset",
            self._dataset.made_by,
            f"settings = ll.Settings({arguments(settings, Settings)})",
            f"races = ll.Races(dataset, settings, num_seeds={settings.num_seeds}).run()",
        )

    def _prepare(self) -> Iterator[Callable[[], object]]:
        yield from super()._prepare()
        if "sampling" in self._controls:  # N examples drawn with replacement are no full batch
            drawn = replace(self._start_settings, batch_size=self._dataset.num_examples, sampling="replacement")
            yield from self._start(drawn).to_compile()


def _histories(runs: Sequence[Run] | Sequence[Record], view: View) -> list[History]:
    return [run.history(view.clock) for run in runs]


def _losses(runs: Sequence[Run] | Sequence[Record]) -> list[float]:
    """The last losses, of those that have been measured."""
    return [run.measurements[-1].loss for run in runs if run.measurements]
