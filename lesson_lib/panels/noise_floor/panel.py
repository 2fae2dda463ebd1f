"""Why does the loss stop falling? Many runs of SGD on a single parameter, down to their noise floor."""

from dataclasses import dataclass, replace

from lesson_lib.chart.picture import Picture
from lesson_lib.experiment import Settings
from lesson_lib.experiment.history import Clock
from lesson_lib.panel import controls, numbers
from lesson_lib.panel.caption import Caption
from lesson_lib.panel.controls import Control
from lesson_lib.panel.panel import Panel
from lesson_lib.panel.settings import arguments
from lesson_lib.panels.noise_floor import words
from lesson_lib.panels.noise_floor.picture import draw_noise_floor
from lesson_lib.panels.noise_floor.run import NUM_EXAMPLES, NoiseFloorRun

LEARNING_RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 1.5, 1.9)
"""All below the stability edge 2 / h."""


@dataclass(frozen=True)
class NoiseFloorSettings(Settings):
    """What the learner chooses for the runs, and how they are looked at."""

    batch_size: int = 4
    epochs: int = 5
    learning_rate: float = 0.2
    sampling: str = "replacement"
    clock: Clock = "epochs"


class NoiseFloor(Panel[NoiseFloorSettings, NoiseFloorRun]):
    """500 runs of SGD on the loss w² / 2, beside the formula for their noise floor."""

    settings_type = NoiseFloorSettings
    compiled_for = ("sampling",)
    keeps_runs = True

    def _make_controls(self) -> list[Control]:
        return [
            controls.batch_size_control(NUM_EXAMPLES),
            controls.epochs_control(most=50),
            replace(controls.learning_rate_control(), values=LEARNING_RATES),
            controls.seed_control(),
            replace(controls.sampling_control(), values=("replacement", "reshuffle")),
            replace(controls.clock_control(), values=("epochs", "updates")),
        ]

    def _start(self, settings: NoiseFloorSettings) -> NoiseFloorRun:
        return NoiseFloorRun(settings)

    def _picture_of(self, run: NoiseFloorRun) -> Picture:
        return draw_noise_floor(run, self.kept, self._looking.clock)

    def _to_keep(self, run: NoiseFloorRun) -> tuple[str, NoiseFloorRun]:
        settings = run.settings
        reshuffled = "" if settings.sampling == "replacement" else ", reshuffled"
        return f"B = {settings.batch_size:,}, η = {settings.learning_rate:g}{reshuffled}", run

    def _caption_of(self, run: NoiseFloorRun) -> Caption:
        facts = words.facts(run, {name: each.floor for name, each in self.kept})
        return Caption(words.sentence(facts), words.details(facts))

    def _progress(self, run: NoiseFloorRun) -> str:
        return numbers.progress(run.num_epochs, run.settings.epochs)

    def _code(self, settings: NoiseFloorSettings) -> str:
        return (
            "import lesson_lib as ll\n"
            f"run = ll.NoiseFloorRun(ll.Settings({arguments(settings, Settings)})).run()\n"
            "print(run.history().mean_sq[-1], run.floor)"
        )
