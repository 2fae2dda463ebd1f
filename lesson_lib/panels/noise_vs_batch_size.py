"""How wrong is a batch gradient? Measured for every batch size, at a network that has just been trained."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from lesson_lib.data import Dataset, require_dataset
from lesson_lib.experiment import Settings
from lesson_lib.experiment.batch_noise import BatchNoise, scale_of
from lesson_lib.panels import controls
from lesson_lib.panels.code import arguments
from lesson_lib.panels.controls import Control
from lesson_lib.panels.panel import Panel
from lesson_lib.panels.words import batch_noise as words
from lesson_lib.panels.words import numbers
from lesson_lib.picture import Picture
from lesson_lib.plots.batch_noise import BESIDE, Measured, Theory, Training, draw_batch_noise

TRAINED_WITH = 64
"""Batch size of the training; that on the slider is only looked at. (All examples, where there are fewer.)"""

LEARNING_RATES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


class NoiseVsBatchSize(Panel):
    """The squared distance of batch gradients from the true gradient, against the batch size.

    Args:
        dataset: what the network has learned.
        **settings: what to start with: `batch_size`, `epochs`, `learning_rate`, `seed`, and `beside`, which is
            "b_simple", "cosine" or "snr".

    Raises:
        TypeError, ValueError: a setting that does not exist or is out of its range.
    """

    def __init__(self, dataset: Dataset, **settings: Any) -> None:
        require_dataset(dataset)
        beside = settings.pop("beside", "b_simple")
        start = Settings(**{"batch_size": min(64, dataset.num_examples), "learning_rate": 0.02, **settings})
        self._dataset = dataset
        rates = replace(controls.learning_rate_control(), values=LEARNING_RATES)
        shown = [
            replace(controls.batch_size_control(dataset.num_examples), restarts=False),
            controls.epochs_control(most=20),
            rates,
            controls.seed_control(),
            Control("beside", "beside it", tuple(BESIDE), BESIDE.__getitem__, kind="list", restarts=False),
        ]
        super().__init__(shown, vars(start) | {"beside": beside})

    def start(self, values: Mapping[str, Any]) -> BatchNoise:
        return BatchNoise(self._dataset, self._settings(values))

    def picture_of(self, run: BatchNoise) -> Picture:
        draws, moments, total = run.draws, run.moments, self._dataset.num_examples
        sizes = _batch_sizes_of_a_line(total)
        return draw_batch_noise(
            Measured(
                np.array(list(draws), float),
                [each.noise_sq for each in draws.values()],
                [each.cosine for each in draws.values()],
            ),
            Theory(
                np.array(sizes, float),
                np.array([run.predicted(size) for size in sizes]),
                np.array([run.predicted(size, replace=True) for size in sizes]),
                moments[-1].grad_norm_sq,
            ),
            Training(
                np.array([moment.num_epochs for moment in moments]),
                np.array([moment.b_simple for moment in moments]),
                np.array([scale_of(moments[max(0, i - 2) : i + 3]) for i in range(len(moments))]),
                run.settings.epochs,
            ),
            batch_size=self.settings["batch_size"],
            num_examples=total,
            beside=self.settings["beside"],
        )

    def describe(self, run: BatchNoise) -> str:
        beside = {
            "b_simple": f"the noise scale, tr Σ over |G| squared, against epochs from 0 to {run.settings.epochs}, "
            "with a green line at the chosen batch size.",
            "cosine": "the cosine of the angle between batch gradient and true gradient, against the batch size.",
            "snr": "the signal-to-noise ratio against the batch size, with a dotted line where signal and noise are "
            "equal.",
        }[self.settings["beside"]]
        return (
            "Left: the squared distance of a batch gradient from the true gradient, against the batch size from 1 to "
            f"{self._dataset.num_examples:,}, both axes logarithmic: orange squares measured, a black line from "
            "theory, a dashed line of slope −1, and a dotted blue line at the squared length of the true gradient. "
            f"A green line marks B = {self.settings['batch_size']:,}. Right: {beside}"
        )

    def sentence(self, run: BatchNoise) -> str:
        return words.batch_noise_sentence(words.batch_noise_facts(run, self.settings["batch_size"]))

    def progress(self, run: BatchNoise) -> str:
        trained = numbers.progress(run.num_epochs, run.settings.epochs)
        return f"{trained}, {len(run.draws)} of {len(run.batch_sizes)} batch sizes measured"

    def prepare(self) -> Iterable[Callable[[], object]]:
        return BatchNoise(self._dataset, self._settings(self.settings)).compile_ahead()

    def code(self, values: Mapping[str, Any]) -> str:
        settings = arguments(vars(self._settings(values)))
        return (
            "from lesson_lib.data import load_dataset\n"
            "from lesson_lib.experiment import BatchNoise, Settings\n"
            f"run = BatchNoise(load_dataset({self._dataset.name!r}), Settings({settings}))\n"
            "run.run()\n"
            "print({batch_size: draws.noise_sq.mean() for batch_size, draws in run.draws.items()})"
        )

    def _settings(self, values: Mapping[str, Any]) -> Settings:
        """How the network is trained: as chosen, but always with the same batch size."""
        return Settings(
            batch_size=min(TRAINED_WITH, self._dataset.num_examples),
            epochs=values["epochs"],
            learning_rate=values["learning_rate"],
            seed=values["seed"],
        )


def _batch_sizes_of_a_line(num_examples: int) -> list[int]:
    """Whole numbers from 1 to N - 1, close together on a logarithmic axis, and closer where the line bends at N."""
    spread = np.concatenate([np.geomspace(1, num_examples - 1, 50), num_examples * np.linspace(0.5, 0.98, 20)])
    return sorted({int(size) for size in spread if 1 <= size < num_examples})
