"""Plain SGD, momentum, Nesterov momentum, RMSProp and Adam from the same start, on the same batches, live."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from lesson_lib.batching import batch_size_menu
from lesson_lib.chart.picture import Picture
from lesson_lib.data import Dataset
from lesson_lib.experiment.history import Clock
from lesson_lib.panel import controls, numbers
from lesson_lib.panel.caption import Caption
from lesson_lib.panel.controls import Control
from lesson_lib.panel.dataset_panel import DatasetPanel
from lesson_lib.panel.runs import Scale
from lesson_lib.panel.settings import arguments
from lesson_lib.panels.optimizer_race import words
from lesson_lib.panels.optimizer_race.picture import draw_optimizers
from lesson_lib.panels.optimizer_race.run import RATE_MODES, OptimizerRaceRun, OptimizerSettings
from lesson_lib.panels.optimizer_race.tuning import Tuning


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
    return Control("learning_rates", "learning rates", tuple(RATE_MODES), names.__getitem__, kind="list", main=True)


def matched_rate_control() -> Control:
    """The effective learning rate; it is used only where the learning rates are matched."""
    every = controls.learning_rate_control()
    return replace(every, label="η/(1−β)", text=lambda rate: f"{rate:g}, if matched", main=False)


def seeds_control() -> Control:
    """1, 3 or 5 seeds."""
    return replace(controls.num_seeds_control(), values=(1, 3, 5))


@dataclass(frozen=True)
class OptimizerRaceSettings(OptimizerSettings):
    """What the learner chooses for the race, and how it is looked at."""

    clock: Clock = "updates"
    scale: Scale = "linear"


class OptimizerRace(DatasetPanel[OptimizerRaceSettings, OptimizerRaceRun]):
    """Optimizers against plain SGD on one dataset."""

    settings_type = OptimizerRaceSettings
    compiled_for = ("batch_size",)

    def __init__(self, dataset: Dataset, **settings: Any) -> None:
        super().__init__(dataset, **settings)
        self._tunings: dict[tuple[int, int], Tuning] = {}

    def _make_controls(self) -> list[Control]:
        return [
            batch_size_control(self._dataset.num_examples),
            controls.epochs_control(most=10),
            most_updates_control(),
            learning_rates_control(),
            matched_rate_control(),
            controls.seed_control(),
            seeds_control(),
            controls.clock_control(),
            controls.scale_control(),
        ]

    @property
    def losses(self) -> dict[str, Float[np.ndarray, " seeds"]]:
        """The last training losses of each optimizer, one for each seed that races; empty before the race has begun."""
        race = self.experiment
        return {optimizer: race.losses(optimizer)[:, -1] for optimizer in race.trials} if race else {}

    def _start(self, settings: OptimizerRaceSettings) -> OptimizerRaceRun:
        batch_size, num_updates = settings.batch_size, settings.num_updates(self._dataset.num_examples)
        tuning = None
        if settings.learning_rates == "tuned":
            # Once for each length and batch size: other seeds and a look back do not have to wait for it again.
            new = Tuning(self._dataset, batch_size=batch_size, num_updates=num_updates)
            tuning = self._tunings.setdefault((batch_size, num_updates), new)
        return OptimizerRaceRun(self._dataset, settings, tuning=tuning)

    def _picture_of(self, race: OptimizerRaceRun) -> Picture:
        return draw_optimizers(race, self._looking.clock, self._looking.scale)

    def _caption_of(self, race: OptimizerRaceRun) -> Caption:
        facts = words.facts(race)
        return Caption(words.sentence(facts), words.details(facts))

    def _progress(self, race: OptimizerRaceRun) -> str:
        recorded = words.num_recorded(race)
        if race.tuning and not race.settled and recorded == race.num_updates:
            return f"tuning, {numbers.count(race.tuning.num_done, 'learning rate')} tried"
        if race.raced and not race.finished:
            return "measuring the noise of the directions"
        return f"{numbers.count(recorded, 'update')} of {race.num_updates:,}"

    def _lines(self, settings: OptimizerRaceSettings) -> tuple[str, ...]:
        return (
            f"settings = ll.OptimizerSettings({arguments(settings, OptimizerSettings)})",
            "race = ll.OptimizerRaceRun(dataset, settings).run()",
        )
