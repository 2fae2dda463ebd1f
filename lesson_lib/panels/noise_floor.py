"""Why does the loss stop falling? Many runs of SGD on a single parameter, down to their noise floor."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from lesson_lib.experiment import Settings, noise_floor
from lesson_lib.experiment.noise_floor import NUM_EXAMPLES, NUM_RUNS
from lesson_lib.history import CLOCKS
from lesson_lib.panels import controls
from lesson_lib.panels.code import arguments, chosen
from lesson_lib.panels.panel import Panel
from lesson_lib.panels.words import noise_floor as words
from lesson_lib.panels.words import numbers
from lesson_lib.picture import Picture
from lesson_lib.plots import noise_floor as plots

LEARNING_RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 1.5, 1.9)
"""All below the stability edge 2 / h."""


class Kept(NamedTuple):
    """Runs that the learner keeps."""

    name: str
    run: noise_floor.NoiseFloor


class NoiseFloor(Panel):
    """500 runs of SGD on the loss w² / 2, beside the formula for their noise floor.

    Args:
        **settings: what to start with, by the names of `experiment.Settings`; also `clock`, "epochs" or "updates".

    Raises:
        TypeError, ValueError: a setting that does not exist or is out of its range.
    """

    keeps_runs = True

    def __init__(self, **settings: Any) -> None:
        clock = settings.pop("clock", "epochs")
        defaults = {"batch_size": 4, "epochs": 5, "learning_rate": 0.2, "sampling": "replacement"}
        start = Settings(**{**defaults, **settings})
        shown = [
            controls.batch_size_control(NUM_EXAMPLES),
            controls.epochs_control(most=50),
            replace(controls.learning_rate_control(), values=LEARNING_RATES),
            controls.seed_control(),
            replace(controls.sampling_control(), values=("replacement", "reshuffle")),
            replace(controls.clock_control(), values=("epochs", "updates")),
        ]
        super().__init__(shown, vars(start) | {"clock": clock})

    def start(self, values: Mapping[str, Any]) -> noise_floor.NoiseFloor:
        return noise_floor.NoiseFloor(chosen(Settings, values))

    def picture_of(self, run: noise_floor.NoiseFloor) -> Picture:
        clock = self.settings["clock"]
        moments = np.unique(np.linspace(0, run.total_updates, 200).astype(int))
        end = max(_time(each, clock, np.array([each.total_updates]))[0] for each in [run, *self._kept_runs])
        return plots.draw_noise_floor(
            self._floor("now", run),
            np.array([_time(run, clock, moments), run.predicted(moments)]),
            [self._floor(name, kept) for name, kept in self.kept],
            clock=CLOCKS[clock],
            end=float(end),
        )

    @property
    def _kept_runs(self) -> list[noise_floor.NoiseFloor]:
        return [run for _, run in self.kept]

    def _floor(self, name: str, run: noise_floor.NoiseFloor) -> plots.Floor:
        history = run.history()
        time = _time(run, self.settings["clock"], history.num_updates)
        return plots.Floor(name, time, history.w, history.mean_sq, run.floor)

    def to_keep(self, run: noise_floor.NoiseFloor) -> Kept:
        settings = run.settings
        name = f"B = {settings.batch_size:,}, η = {settings.learning_rate:g}"
        return Kept(name if settings.sampling == "replacement" else f"{name}, reshuffled", run)

    def describe(self, run: noise_floor.NoiseFloor) -> str:  # noqa: ARG002  the sentence that follows has its numbers
        kept = f" Thinner lines are kept runs: {'; '.join(name for name, _ in self.kept)}." if self.kept else ""
        return (
            f"Two plots against {CLOCKS[self.settings['clock']]}. Left: the parameter w of {plots.RUNS_SHOWN} runs, "
            f"orange lines that come from {noise_floor.START:g} and swing around 0, with a blue band from minus to "
            f"plus the root of the noise floor. Right, on a logarithmic axis: the mean of w squared over all "
            f"{NUM_RUNS} runs, orange, what theory expects, dashed black, and the noise floor, dotted blue.{kept}"
        )

    def sentence(self, run: noise_floor.NoiseFloor) -> str:
        kept = [
            f"The kept runs ({name}) have a floor of {numbers.number(each.floor)} in the formula."
            for name, each in self.kept
        ]
        return " ".join([words.floor_sentence(words.floor_facts(run)), *kept])

    def progress(self, run: noise_floor.NoiseFloor) -> str:
        return numbers.progress(run.num_epochs, run.settings.epochs)

    def prepare(self) -> Iterable[Callable[[], object]]:
        for sampling in ("replacement", "reshuffle"):
            yield noise_floor.NoiseFloor(Settings(batch_size=NUM_EXAMPLES, epochs=1, sampling=sampling)).advance

    def code(self, values: Mapping[str, Any]) -> str:
        return (
            "from lesson_lib.experiment import NoiseFloor, Settings\n"
            f"run = NoiseFloor(Settings({arguments(vars(chosen(Settings, values)))}))\n"
            "run.run()\n"
            "print(run.history().mean_sq[-1], run.floor)"
        )


def _time(
    run: noise_floor.NoiseFloor, clock: str, num_updates: Int[np.ndarray, " moments"]
) -> Float[np.ndarray, " moments"]:
    return num_updates / (run.updates_per_epoch if clock == "epochs" else 1)
