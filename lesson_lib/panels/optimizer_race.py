"""Plain SGD, momentum, Nesterov momentum, RMSProp and Adam from the same start, on the same batches, live."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float

from lesson_lib import experiment, ticks
from lesson_lib.batching import batch_size_menu
from lesson_lib.data import Dataset, require_dataset
from lesson_lib.experiment.optimizer_race import LEARNING_RATES, OptimizerSettings, compile_optimizers
from lesson_lib.experiment.tuning import Tuning, rates
from lesson_lib.history import CLOCKS, times
from lesson_lib.panels import controls
from lesson_lib.panels.code import arguments, chosen
from lesson_lib.panels.controls import Control
from lesson_lib.panels.panel import Panel
from lesson_lib.panels.words import numbers
from lesson_lib.panels.words import optimizer_race as words
from lesson_lib.picture import Picture
from lesson_lib.plots.optimizer_race import Course, Direction, Tuned, View, draw_optimizers


def batch_size_control(num_examples: int) -> Control:
    """2, 8, 32, … and N: each batch size is tuned anew, so there are fewer than in other panels."""
    every = controls.batch_size_control(num_examples)
    return replace(every, values=sorted({*batch_size_menu(num_examples)[1::2], num_examples}))


def most_updates_control() -> Control:
    """At most 400 updates, or as many as the epochs have."""
    return Control(
        "most_updates", "race ends", (400, None),
        lambda most: "after the epochs" if most is None else f"after {most} updates at the latest", kind="list",
    )  # fmt: skip


def learning_rates_control() -> Control:
    """Tuned for each, or the same effective one for all."""
    names = {"tuned": "tuned: the best for each", "matched": "matched: the same η/(1−β)"}
    return Control("learning_rates", "learning rates", tuple(LEARNING_RATES), names.__getitem__, kind="list")


def matched_rate_control() -> Control:
    """The effective learning rate; it is used only where the learning rates are matched."""
    every = controls.learning_rate_control()
    return replace(every, label="η/(1−β)", text=lambda rate: f"{rate:g}, if matched")


def seeds_control() -> Control:
    """1, 3 or 5 seeds."""
    return replace(controls.num_seeds_control(), values=(1, 3, 5))


class OptimizerRace(Panel):
    """Optimizers against plain SGD on one dataset.

    Args:
        dataset: what they learn.
        **settings: what to start with, by the names of `experiment.optimizer_race.OptimizerSettings`; also how the
            race is looked at: `clock` and `scale`.

    Raises:
        TypeError, ValueError: a setting that does not exist or is out of its range.
    """

    def __init__(self, dataset: Dataset, **settings: Any) -> None:
        require_dataset(dataset)
        views = {name: settings.pop(name, value) for name, value in View()._asdict().items()}
        start = OptimizerSettings(**settings)
        self._dataset = dataset
        self._tunings: dict[tuple[int, int], Tuning] = {}
        shown = [
            batch_size_control(dataset.num_examples),
            controls.epochs_control(most=10),
            most_updates_control(),
            learning_rates_control(),
            matched_rate_control(),
            controls.seed_control(),
            seeds_control(),
            controls.clock_control(),
            controls.scale_control(),
        ]
        super().__init__(shown, vars(start) | views)

    @property
    def losses(self) -> dict[str, Float[np.ndarray, " seeds"]]:
        """The last training losses of each optimizer, one for each seed; empty before the race has begun."""
        race = self._run
        return {optimizer: race.losses(optimizer)[:, -1] for optimizer in race.trials} if race else {}

    def check(self, values: Mapping[str, Any]) -> None:
        chosen(OptimizerSettings, values)

    def start(self, values: Mapping[str, Any]) -> experiment.OptimizerRace:
        settings = chosen(OptimizerSettings, values)
        batch_size, num_updates = settings.batch_size, settings.num_updates(self._dataset.num_examples)
        tuning = None
        if settings.learning_rates == "tuned":
            # Once for each length and batch size: other seeds and a look back do not have to wait for it again.
            new = Tuning(self._dataset, batch_size=batch_size, num_updates=num_updates)
            tuning = self._tunings.setdefault((batch_size, num_updates), new)
        return experiment.OptimizerRace(self._dataset, settings, tuning=tuning)

    def picture_of(self, race: experiment.OptimizerRace) -> Picture:
        courses = {
            optimizer: Course(_times(race, optimizer, self._view), race.losses(optimizer)) for optimizer in race.trials
        }
        tuned = {}
        if race.tuning:
            tuned = {
                optimizer: Tuned(np.array(rates(optimizer)), losses, race.tuning.best(optimizer))
                for optimizer, losses in race.tuning.losses.items()
            }
        return draw_optimizers(
            courses, tuned, _directions(race),
            optimizers=race.optimizers, view=self._view, end=self._end(race, courses), remark=_remark(race),
        )  # fmt: skip

    @property
    def _view(self) -> View:
        return View(**{name: self.settings[name] for name in View._fields})

    def _end(self, race: experiment.OptimizerRace, courses: Mapping[str, Course]) -> float:
        """Where the time axis ends: with the race; computing takes as long as it takes."""
        if self._view.clock == "seconds":
            return ticks.round_above(*(course.time for course in courses.values()), lowest=0.1)
        end, nothing = np.array([race.num_updates]), np.zeros(1)
        sizes = {"num_examples": self._dataset.num_examples, "batch_size": race.settings.batch_size}
        return float(times(self._view.clock, end, nothing, **sizes)[0])

    def describe(self, race: experiment.OptimizerRace) -> str:
        beside = " Beside it: the loss at the end against the learning rate, from the tuning." if race.tuning else ""
        bands = ", with bands from the lowest to the highest seed" if race.settings.num_seeds > 1 else ""
        names = ", ".join(words.NAMES[optimizer] for optimizer in race.optimizers)
        return (
            f"Above: the training loss of {names} against {CLOCKS[self._view.clock]}, a line for each{bands}.{beside} "
            "Below, a row for each optimizer: the loss of each seed as dots, and the variance of its "
            "direction as a share of plain SGD's, measured (squares) and by formula (crosses)."
        )

    def sentence(self, race: experiment.OptimizerRace) -> str:
        return words.optimizers_sentence(words.optimizer_facts(race))

    def progress(self, race: experiment.OptimizerRace) -> str:
        if race.tuning and not race.tuning.finished:
            return f"tuning, trial {race.tuning.num_done + 1} of {race.tuning.num_trials}"
        if race.raced and not race.finished:
            return "measuring the noise of the directions"
        facts = words.optimizer_facts(race)
        return f"{numbers.count(facts.num_updates, 'update')} of {race.num_updates:,}"

    def code(self, values: Mapping[str, Any]) -> str:
        settings = arguments(vars(chosen(OptimizerSettings, values)))
        return (
            "from lesson_lib.data import load_dataset\n"
            "from lesson_lib.experiment import OptimizerRace, OptimizerSettings\n"
            f"dataset, settings = load_dataset({self._dataset.name!r}), OptimizerSettings({settings})\n"
            "OptimizerRace(dataset, settings).run()"
        )

    def prepare(self) -> Iterable[Callable[[], object]]:
        first = self._start_values["batch_size"]
        menu = self._controls["batch_size"].values
        nearest_first = sorted(menu, key=lambda batch_size: abs(menu.index(batch_size) - menu.index(first)))
        return compile_optimizers(self._dataset, nearest_first)


def _times(race: experiment.OptimizerRace, optimizer: str, view: View) -> Float[np.ndarray, " points"]:
    """When each loss was recorded: the median over the seeds, of which each takes its own time to compute."""
    points = race.losses(optimizer).shape[1]
    return np.median([trial.times(view.clock)[:points] for trial in race.trials[optimizer]], axis=0)


def _directions(race: experiment.OptimizerRace) -> dict[str, Direction]:
    formulas = {"sgd": 1.0, **words.FORMULAS}
    shares = race.directions.shares if race.directions else {}
    return {
        optimizer: Direction(share, formulas.get(optimizer, np.nan))
        for optimizer, share in shares.items()
        if np.isfinite(share)
    }


def _remark(race: experiment.OptimizerRace) -> str:
    if race.is_full_batch:
        return "B = N: no noise"
    if not race.finished:
        return "measured after the race"
    return "lost in the noise" if race.directions else "not measured: plain SGD diverged"
