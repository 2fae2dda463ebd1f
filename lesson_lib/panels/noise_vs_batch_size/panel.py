"""How wrong is a batch gradient? Measured for every batch size, at a network that has just been trained."""

from dataclasses import dataclass, replace

from lesson_lib.chart.picture import Picture
from lesson_lib.experiment import Settings
from lesson_lib.panel import controls, numbers
from lesson_lib.panel.caption import Caption
from lesson_lib.panel.controls import Control
from lesson_lib.panel.dataset_panel import DatasetPanel
from lesson_lib.panel.settings import arguments
from lesson_lib.panels.noise_vs_batch_size import words
from lesson_lib.panels.noise_vs_batch_size.picture import BESIDE, Beside, draw_batch_noise
from lesson_lib.panels.noise_vs_batch_size.run import NoiseVsBatchSizeRun

TRAINED_WITH = 64
"""Batch size of the training; that on the slider is only looked at. (All examples, where there are fewer.)"""

LEARNING_RATES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


@dataclass(frozen=True)
class NoiseVsBatchSizeSettings:
    """What the learner chooses for the network, and what is looked at."""

    batch_size: int = 64
    """The one that is marked; the network is always trained with `TRAINED_WITH`."""
    epochs: int = 10
    learning_rate: float = 0.02
    seed: int = 0
    beside: Beside = "b_simple"
    """What is shown beside the noise: "b_simple", "cosine" or "snr"."""


class NoiseVsBatchSize(DatasetPanel[NoiseVsBatchSizeSettings, NoiseVsBatchSizeRun]):
    """The squared distance of batch gradients from the true gradient, against the batch size."""

    settings_type = NoiseVsBatchSizeSettings

    def _make_controls(self) -> list[Control]:
        return [
            replace(controls.batch_size_control(self._dataset.num_examples), restarts=False),
            replace(controls.epochs_control(most=20), main=False),
            replace(controls.learning_rate_control(), values=LEARNING_RATES),
            controls.seed_control(),
            Control("beside", "beside it", tuple(BESIDE), BESIDE.__getitem__, kind="list", restarts=False, main=True),
        ]

    def _start(self, settings: NoiseVsBatchSizeSettings) -> NoiseVsBatchSizeRun:
        return NoiseVsBatchSizeRun(self._dataset, self._training(settings))

    def _picture_of(self, run: NoiseVsBatchSizeRun) -> Picture:
        return draw_batch_noise(run, self._looking.batch_size, self._looking.beside)

    def _caption_of(self, run: NoiseVsBatchSizeRun) -> Caption:
        facts = words.facts(run, self._looking.batch_size)
        return Caption(words.sentence(facts), words.details(facts))

    def _progress(self, run: NoiseVsBatchSizeRun) -> str:
        trained = numbers.progress(run.num_epochs, run.settings.epochs)
        return f"{trained}, {len(run.draws)} of {len(run.batch_sizes)} batch sizes measured"

    def _lines(self, settings: NoiseVsBatchSizeSettings) -> tuple[str, ...]:
        return (
            f"run = ll.NoiseVsBatchSizeRun(dataset, ll.Settings({arguments(self._training(settings))})).run()",
            "print({batch_size: draws.noise_sq.mean() for batch_size, draws in run.draws.items()})",
        )

    def _training(self, settings: NoiseVsBatchSizeSettings) -> Settings:
        """How the network is trained: as chosen, but always with the same batch size."""
        return Settings(
            batch_size=min(TRAINED_WITH, self._dataset.num_examples),
            epochs=settings.epochs,
            learning_rate=settings.learning_rate,
            seed=settings.seed,
        )
