"""The flagship panel: GD and SGD from the same start, their loss and their gradient noise, live."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from lesson_lib import ticks
from lesson_lib.data import Dataset, require_dataset
from lesson_lib.experiment import Races, Record, Run, Settings, compile_ahead
from lesson_lib.history import CLOCKS, CURVES, History
from lesson_lib.panels import controls
from lesson_lib.panels.code import arguments, chosen
from lesson_lib.panels.panel import Panel
from lesson_lib.panels.words import numbers
from lesson_lib.panels.words import race as words
from lesson_lib.picture import Picture
from lesson_lib.plots.batch import IMAGES_SHOWN, draw_gradients, draw_next_batch
from lesson_lib.plots.race import Line, View, draw_race


class Kept(NamedTuple):
    """What is known of SGD's runs that the learner keeps, to their ends.

    Their networks, at all moments, would fill the memory.
    """

    name: str
    records: Sequence[Record]


class GdVsSgd(Panel):
    """GD against SGD on one dataset.

    Args:
        dataset: what both learn.
        choose_sampling: let the learner also choose how the batches are drawn.
        **settings: what to start with, by the names of `experiment.Settings`; also `num_seeds` (1 or 5), and how
            the race is looked at: `clock`, `curve` and `scale`.

    Raises:
        TypeError, ValueError: a setting that does not exist or is out of its range.
    """

    step_name = "Next update"
    keeps_runs = True

    def __init__(self, dataset: Dataset, *, choose_sampling: bool = False, **settings: Any) -> None:
        require_dataset(dataset)
        views = {name: settings.pop(name, value) for name, value in {"num_seeds": 1, **View()._asdict()}.items()}
        start = Settings(**settings)
        self._dataset = dataset
        shown = [
            controls.batch_size_control(dataset.num_examples),
            controls.epochs_control(),
            controls.learning_rate_control(),
            controls.seed_control(),
            *([controls.sampling_control()] if choose_sampling else []),
            controls.num_seeds_control(),
            controls.clock_control(),
            controls.curve_control(),
            controls.scale_control(),
        ]
        super().__init__(shown, vars(start) | views)

    def check(self, values: Mapping[str, Any]) -> None:
        chosen(Settings, values)

    def start(self, values: Mapping[str, Any]) -> Races:
        return Races(self._dataset, chosen(Settings, values), num_seeds=values["num_seeds"])

    def picture_of(self, races: Races) -> Picture:
        view = self._view
        gd, sgd = (
            Line("GD", _histories(races.gd, view)),
            Line(f"SGD, B = {races.settings.batch_size:,}", _histories(races.sgd, view)),
        )
        kept = [Line(name, _histories(records, view)) for name, records in self.kept]
        picture = draw_race(gd, sgd, kept, view=view, end=self._end(races))
        if not self.stepping:
            return picture
        inspection = races.first.sgd.inspect()
        images = np.asarray(self._dataset.x_train[inspection.examples[:IMAGES_SHOWN]])
        batch = draw_next_batch(images, len(inspection.examples))
        arrows = draw_gradients(inspection.batch_grad_norm, inspection.full_grad_norm, inspection.cosine)
        return Picture(rows=(*picture.rows, (batch, arrows)), heights=(*picture.heights, 220))

    @property
    def _view(self) -> View:
        return View(**{name: self.settings[name] for name in View._fields})

    def _end(self, races: Races) -> float:
        """Where the time axis ends: with the longest of the runs."""
        clock = self._view.clock
        going = [run.record for run in (*races.gd, *races.sgd)]
        records = [*going, *(record for _, records in self.kept for record in records)]
        if clock == "seconds":
            return ticks.round_above(*(each.times(clock, np.array([each.recorded])) for each in records), lowest=0.1)
        return max(float(each.times(clock, np.array([each.total_updates]))[0]) for each in records)

    def to_keep(self, races: Races) -> Kept:
        settings = races.settings
        sampling = "" if settings.sampling == "reshuffle" else f", {settings.sampling.replace('_', ' ')}"
        seeds = f"seed {settings.seed}" if len(races.races) == 1 else f"{len(races.races)} seeds from {settings.seed}"
        name = f"B = {settings.batch_size:,}, η = {settings.learning_rate:g}, {seeds}{sampling}"
        return Kept(name, [run.record for run in races.sgd])

    def describe(self, races: Races) -> str:
        view = self._view
        several = " Faint bands go from the lowest to the highest seed." if len(races.races) > 1 else ""
        kept = f" Thinner lines are kept runs: {'; '.join(name for name, _ in self.kept)}." if self.kept else ""
        batches = " with the loss of single batches as faint dots" if view.curve == "loss" else ""
        steps = (
            " Below: the images of the next batch, and its gradient as an arrow beside that of the true gradient."
            if self.stepping
            else ""
        )
        return (
            f"Two plots against {CLOCKS[view.clock]}. Left: the {CURVES[view.curve]} of GD, a dashed "
            f"blue line with round markers, and of SGD with B = {races.settings.batch_size:,}, a solid orange "
            f"line{batches}. "
            "Right: the measured gradient noise of SGD, orange squares, what theory predicts for it, "
            f"a thin black line, and the measured noise of GD, blue.{several}{kept}{steps}"
        )

    def sentence(self, races: Races) -> str:
        facts = words.race_facts(races.first)
        sgd = _range(races.sgd)
        parts = [words.race_sentence(facts)]
        if facts.sgd.num_updates > 0:
            parts.append(words.seeds_sentence(len(races.races), _range(races.gd), sgd))
        parts += [words.kept_sentence(name, _range(records), sgd) for name, records in self.kept]
        if self.stepping:
            parts.append(words.inspection_sentence(races.first.sgd.inspect()))
        return " ".join(filter(None, parts))

    def progress(self, races: Races) -> str:
        return numbers.progress(races.first.sgd.num_epochs, races.settings.epochs)

    def code(self, values: Mapping[str, Any]) -> str:
        settings = arguments(vars(chosen(Settings, values)))
        return (
            "from lesson_lib.data import load_dataset\n"
            "from lesson_lib.experiment import Races, Settings\n"
            f"dataset, settings = load_dataset({self._dataset.name!r}), Settings({settings})\n"
            f"Races(dataset, settings, num_seeds={values['num_seeds']}).run()"
        )

    def prepare(self) -> Iterable[Callable[[], object]]:
        return compile_ahead(self._dataset)


def _histories(runs: Sequence[Run] | Sequence[Record], view: View) -> list[History]:
    return [run.history(view.clock) for run in runs]


def _range(runs: Sequence[Run] | Sequence[Record]) -> numbers.Range:
    """From the lowest to the highest of the last losses; before the first one, that of nobody."""
    losses = [run.measurements[-1].loss for run in runs if run.measurements] or [np.nan]
    # NumPy's, which are NaN where one of the losses is; Python's depend on the order.
    return numbers.Range(float(np.min(losses)), float(np.max(losses)))
