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
from lesson_lib.panels.optimizer_race.run import OptimizerRaceRun, OptimizerSettings
from lesson_lib.panels.optimizer_race.tuning import Tuning


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
        num_examples = self._dataset.num_examples
        # Each batch size is tuned anew, so there are fewer than in other panels.
        sizes = sorted({*batch_size_menu(num_examples)[1::2], num_examples})
        ends = {400: "after 400 updates at the latest", None: "after the epochs"}
        modes = {"tuned": "tuned: the best for each", "matched": "matched: the same η/(1−β)"}
        return [
            replace(controls.batch_size_control(num_examples), values=sizes),
            controls.epochs_control(most=10),
            Control("most_updates", "race ends", tuple(ends), ends.__getitem__, kind="list"),
            Control("learning_rates", "learning rates", tuple(modes), modes.__getitem__, kind="list", main=True),
            replace(controls.learning_rate_control(), label="η/(1−β)", text="{:g}, if matched".format, main=False),
            controls.seed_control(),
            replace(controls.num_seeds_control(), values=(1, 3, 5)),
            controls.clock_control(),
            controls.scale_control(),
        ]

    @property
    def losses(self) -> dict[str, Float[np.ndarray, " seeds"]]:
        """The last training losses of each optimizer, one for each seed that races; empty before the race has begun."""
        race = self.experiment
        return {optimizer: race.losses(optimizer)[:, -1] for optimizer in race.trials} if race else {}

    def _start(self, settings: OptimizerRaceSettings) -> OptimizerRaceRun:
        tuning = None
        if settings.learning_rates == "tuned":
            # Once for each length and batch size: other seeds and a look back do not have to wait for it again.
            batch_size, num_updates = settings.batch_size, settings.num_updates(self._dataset.num_examples)
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
