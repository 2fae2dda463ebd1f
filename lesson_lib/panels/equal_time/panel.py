"""Which batch size comes furthest in the same time? Several trainings with equal seconds, live."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lesson_lib.chart.picture import Picture
from lesson_lib.data import Dataset, require_dataset
from lesson_lib.panel import controls
from lesson_lib.panel.controls import Control
from lesson_lib.panel.panel import Panel
from lesson_lib.panels.equal_time import words
from lesson_lib.panels.equal_time.picture import Training, draw_equal_time
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

    __no_type_check__ = True  # for jaxtyping: the controls say better what is wrong


class EqualTime(Panel[EqualTimeSettings, EqualTimeRun]):
    """Several batch sizes from the same parameters, with the same time on the clock for each.

    Args:
        dataset: what they learn.
        **settings: what to start with; help() shows their names.

    Raises:
        TypeError, ValueError: a setting that does not exist or that its control does not offer.
    """

    settings_type = EqualTimeSettings

    def __init__(self, dataset: Dataset, **settings: Any) -> None:
        require_dataset(dataset)
        self._dataset = dataset
        sizes = compared_batch_sizes(dataset.num_examples)
        shown = [
            replace(controls.batch_size_control(dataset.num_examples), values=sizes, restarts=False),
            Control("seconds", "time for each", (0.25, 0.5, 1.0, 2.0), lambda seconds: f"{seconds:g} s", main=True),
            controls.learning_rate_control(),
            controls.seed_control(),
        ]
        super().__init__(shown, settings)

    def _start(self, settings: EqualTimeSettings) -> EqualTimeRun:
        return EqualTimeRun(
            self._dataset,
            seconds=settings.seconds,
            learning_rate=settings.learning_rate,
            seed=settings.seed,
        )

    def _picture_of(self, run: EqualTimeRun) -> Picture:
        trainings = []
        for each in run.runs:
            seconds, _, losses = np.array(each.moments).reshape(-1, 3).T
            trainings.append(Training(each.batch_size, seconds, losses))
        return draw_equal_time(trainings, seconds=run.seconds, chosen=self._looking.batch_size)

    def _sentence(self, run: EqualTimeRun) -> str:
        return self._say(words.equal_time_sentence, run)

    def _details(self, run: EqualTimeRun) -> str:
        return self._say(words.equal_time_details, run)

    def _say(self, say: Callable[..., str], run: EqualTimeRun) -> str:
        facts = words.equal_time_facts(run)
        if len(facts) < len(run.runs):
            facts = ()
        return say(facts, chosen=self._looking.batch_size, seconds=run.seconds, finished=run.finished)

    def _progress(self, run: EqualTimeRun) -> str:
        return f"{100 * run.done:.0f} % of the time used"
