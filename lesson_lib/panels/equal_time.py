"""Which batch size comes furthest in the same time? Several trainings with equal seconds, live."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from lesson_lib.data import Dataset, require_dataset
from lesson_lib.experiment import equal_time
from lesson_lib.panels import controls
from lesson_lib.panels.controls import Control
from lesson_lib.panels.panel import Panel
from lesson_lib.panels.words import equal_time as words
from lesson_lib.picture import Picture
from lesson_lib.plots.equal_time import Training, draw_equal_time


class EqualTime(Panel):
    """Several batch sizes from the same parameters, with the same time on the clock for each.

    Args:
        dataset: what they learn.
        batch_size: the one that is marked and told of in words.
        seconds: how long each may compute updates: 0.25, 0.5, 1 or 2 seconds.
        learning_rate: η, the same for all.
        seed: decides the first parameters and the batches.

    Raises:
        ValueError: a setting that its control does not offer.
    """

    def __init__(
        self,
        dataset: Dataset,
        *,
        batch_size: int = 8,
        seconds: float = 2.0,
        learning_rate: float = 0.05,
        seed: int = 0,
    ) -> None:
        require_dataset(dataset)
        self._dataset = dataset
        sizes = equal_time.compared_batch_sizes(dataset.num_examples)
        shown = [
            replace(controls.batch_size_control(dataset.num_examples), values=sizes, restarts=False),
            Control("seconds", "time for each", (0.25, 0.5, 1.0, 2.0), lambda seconds: f"{seconds:g} s"),
            controls.learning_rate_control(),
            controls.seed_control(),
        ]
        start = {"batch_size": batch_size, "seconds": seconds, "learning_rate": learning_rate, "seed": seed}
        super().__init__(shown, start)

    def start(self, values: Mapping[str, Any]) -> equal_time.EqualTime:
        return equal_time.EqualTime(
            self._dataset,
            seconds=values["seconds"],
            learning_rate=float(values["learning_rate"]),
            seed=values["seed"],
        )

    def picture_of(self, run: equal_time.EqualTime) -> Picture:
        trainings = []
        for each in run.runs:
            seconds, _, losses = np.array(each.moments).reshape(-1, 3).T
            trainings.append(Training(each.batch_size, seconds, losses))
        return draw_equal_time(trainings, seconds=run.seconds, chosen=self.settings["batch_size"])

    def describe(self, run: equal_time.EqualTime) -> str:
        sizes = ", ".join(f"{each.batch_size:,}" for each in run.runs[:-1])
        return (
            f"Two plots of the training loss. Left: against seconds of computing, from 0 to {run.seconds:g}, a line "
            f"for each of the batch sizes {sizes}, and for GD, dashed; the chosen one is thick and orange. "
            "Right: the loss that each has come to, against the batch size."
        )

    def sentence(self, run: equal_time.EqualTime) -> str:
        facts = words.equal_time_facts(run)
        chosen = self.settings["batch_size"]
        if len(facts) < len(run.runs):
            facts = ()
        return words.equal_time_sentence(facts, chosen=chosen, seconds=run.seconds, finished=run.finished)

    def progress(self, run: equal_time.EqualTime) -> str:
        return f"{100 * run.done:.0f} % of the time used"
