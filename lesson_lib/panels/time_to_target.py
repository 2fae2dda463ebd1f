"""Which batch size should I take? A map of what it takes to come to a loss, live."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from lesson_lib.data import Dataset, require_dataset
from lesson_lib.experiment import time_to_target as experiment
from lesson_lib.panels import controls
from lesson_lib.panels.controls import Control
from lesson_lib.panels.panel import Panel
from lesson_lib.panels.words import time_to_target as words
from lesson_lib.panels.words.time_to_target import MapFacts, RowFacts
from lesson_lib.picture import Picture
from lesson_lib.plots.time_to_target import Measure, Path, Theory, draw_time_to_target

MEASURES: tuple[Measure, ...] = ("updates", "epochs", "milliseconds")


class TimeToTarget(Panel):
    """Batch size against learning rate: what each pair needs to come to a loss.

    Args:
        dataset: what is learned.
        batch_size, learning_rate: the ones that are marked.
        target: the loss to come to, one of `experiment.time_to_target.TARGETS`.
        epochs: after so many a run gives up: 2, 5 or 10.
        seed: decides the first parameters and the batches.
        measure: what is shown: `"updates"`, `"epochs"` or `"milliseconds"`.
        rates: `"best"` for each batch size, or the `"same"` for all.

    Raises:
        ValueError: a setting that its control does not offer.
    """

    def __init__(
        self,
        dataset: Dataset,
        *,
        batch_size: int = 8,
        learning_rate: float = 0.08,
        target: float = 0.8,
        epochs: int = 10,
        seed: int = 0,
        measure: Measure = "updates",
        rates: str = "best",
    ) -> None:
        require_dataset(dataset)
        self._dataset = dataset
        sizes = experiment.mapped_batch_sizes(dataset.num_examples)
        rates_names = {"best": "best η for each batch size", "same": "same learning rate for all"}
        shown = [
            replace(controls.batch_size_control(dataset.num_examples), values=sizes, restarts=False),
            replace(controls.learning_rate_control(), values=experiment.LEARNING_RATES, restarts=False),
            Control("target", "target loss", experiment.TARGETS, "loss {:g}".format, restarts=False),
            Control("epochs", "most epochs", (2, 5, 10), "{} epochs".format),
            controls.seed_control(),
            Control("measure", "count", MEASURES, str, kind="list", restarts=False),
            Control("rates", "compare at", tuple(rates_names), rates_names.__getitem__, kind="list", restarts=False),
        ]
        start = {"batch_size": batch_size, "learning_rate": learning_rate, "target": target, "epochs": epochs}
        super().__init__(shown, {**start, "seed": seed, "measure": measure, "rates": rates})

    def start(self, values: Mapping[str, Any]) -> experiment.TimeToTarget:
        return experiment.TimeToTarget(self._dataset, epochs=values["epochs"], seed=values["seed"])

    def picture_of(self, run: experiment.TimeToTarget) -> Picture:
        values, facts = self.settings, self._facts(run)
        taken = run.updates_to(values["target"]) * self._factors(run)[:, None]
        name = "best η" if facts.is_best else f"η = {values['learning_rate']:g}"
        return draw_time_to_target(
            taken,
            run.grid.batch_sizes,
            run.grid.learning_rates,
            measure=values["measure"],
            target=values["target"],
            path=Path(name, self._columns(run)),
            chosen=values["batch_size"],
            theory=self._theory(run, facts),
        )

    def _factors(self, run: experiment.TimeToTarget) -> np.ndarray:
        """What one update counts, for each batch size."""
        sizes = np.array(run.grid.batch_sizes, float)
        match self.settings["measure"]:
            case "updates":
                return np.ones(len(sizes))
            case "epochs":
                return sizes / self._dataset.num_examples
            case _:
                return 1000 * run.seconds_per_update

    def _columns(self, run: experiment.TimeToTarget) -> list[int]:
        """The place of the learning rate that is followed, for each batch size."""
        values = self.settings
        if values["rates"] == "same":
            return [run.grid.learning_rates.index(values["learning_rate"])] * len(run.grid.batch_sizes)
        return words.best_columns(run.updates_to(values["target"]))

    def _facts(self, run: experiment.TimeToTarget) -> MapFacts:
        values = self.settings
        updates = run.updates_to(values["target"])
        rows = []
        for place, (size, column) in enumerate(zip(run.grid.batch_sizes, self._columns(run), strict=True)):
            taken = float(updates[place, column]) if column >= 0 else np.inf
            rate = run.grid.learning_rates[column] if column >= 0 else None
            epochs, seconds = taken * size / self._dataset.num_examples, taken * float(run.seconds_per_update[place])
            rows.append(RowFacts(size, rate, taken, epochs, seconds))
        is_best = values["rates"] == "best"
        complete = run.num_finished_runs == run.num_runs
        return MapFacts(
            target=values["target"],
            num_finished=run.num_finished_runs,
            num_runs=run.num_runs,
            is_best=is_best,
            rows=tuple(rows),
            chosen=run.grid.batch_sizes.index(values["batch_size"]),
            fit=words.fit_of(rows) if is_best and complete else None,
            noise_scales=run.noise_scales_to(values["target"]),
        )

    def _theory(self, run: experiment.TimeToTarget, facts: MapFacts) -> Theory | None:
        if facts.fit is None:
            return None
        sizes = np.array(run.grid.batch_sizes, float)
        line = (facts.fit.min_updates + facts.fit.min_examples / sizes) * self._factors(run)
        b_simple = None if facts.noise_scales is None else facts.noise_scales[1]
        return Theory(line, facts.fit.critical_batch_size, b_simple)

    def describe(self, run: experiment.TimeToTarget) -> str:
        values = self.settings
        rates, sizes = run.grid.learning_rates, run.grid.batch_sizes
        return (
            f"Left: a map with a row for each batch size from {sizes[0]} to {sizes[-1]:,} and a column for each "
            f"learning rate from {rates[0]:g} to {rates[-1]:g}; each cell holds the {values['measure']} to a loss of "
            f"{values['target']:g}, the darker the more, or a dash if it was not reached. "
            f"Right: the {values['measure']} against the batch size, both axes logarithmic, for the framed cells of "
            "the map, with the fitted curve and the two critical batch sizes as upright lines."
        )

    def sentence(self, run: experiment.TimeToTarget) -> str:
        return words.map_sentence(self._facts(run))

    def progress(self, run: experiment.TimeToTarget) -> str:
        return f"{run.num_finished_runs} of {run.num_runs} runs"
