"""What can one batch tell? The gradients of many batches at one place, and where they lead."""

from dataclasses import dataclass, replace
from typing import Any

from lesson_lib.chart.picture import Picture
from lesson_lib.chart.surface import surface_of
from lesson_lib.checks import require_kind
from lesson_lib.experiment.line_fit import LineFit, keep_start, make_line_fit
from lesson_lib.panel import controls, numbers
from lesson_lib.panel.caption import Caption
from lesson_lib.panel.controls import Control
from lesson_lib.panel.panel import Panel
from lesson_lib.panel.settings import arguments, run_in_code
from lesson_lib.panels.gradient_cloud import words
from lesson_lib.panels.gradient_cloud.picture import draw_cloud
from lesson_lib.panels.gradient_cloud.run import GradientCloudRun

LEARNING_RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)


@dataclass(frozen=True)
class GradientCloudSettings:
    """What the learner chooses for SGD on a line fit."""

    batch_size: int = 4
    epochs: int = 10
    learning_rate: float = 0.1
    seed: int = 0
    start_w: float = 0.0
    start_b: float = 0.0

    def __post_init__(self) -> None:
        keep_start(self)


class GradientCloud(Panel[GradientCloudSettings, GradientCloudRun]):
    """A cloud of batch gradients around the true gradient, where SGD stands; and the ways of SGD and GD.

    Args:
        line: the points; those of `make_line_fit` where none are given.
        **settings: as for every `Panel`.
    """

    settings_type = GradientCloudSettings
    every_advance_is_drawn = True
    step_name = "Next update"
    dragged = ("start_w", "start_b")

    def __init__(self, line: LineFit | None = None, **settings: Any) -> None:
        self._line = line = make_line_fit() if line is None else line
        require_kind("line", line, LineFit, "as make_line_fit gives one")
        self._surface = surface_of(line.loss, line.minimum)
        super().__init__(**settings)

    def _make_controls(self) -> list[Control]:
        return [
            controls.batch_size_control(self._line.num_examples),
            controls.epochs_control(),
            replace(controls.learning_rate_control(), values=LEARNING_RATES),
            controls.seed_control(),
        ]

    def _start(self, settings: GradientCloudSettings) -> GradientCloudRun:
        return GradientCloudRun(self._line, **vars(settings))

    def _picture_of(self, run: GradientCloudRun) -> Picture:
        return draw_cloud(run, run.batch_grads(), self._surface, f"SGD, B = {run.sgd.batch_size}")

    def _caption_of(self, run: GradientCloudRun) -> Caption:
        facts = words.facts(run)
        return Caption(words.sentence(facts), words.details(facts))

    def _progress(self, run: GradientCloudRun) -> str:
        return numbers.progress(run.sgd.num_epochs, run.sgd.epochs)

    def _code(self, settings: GradientCloudSettings) -> str:
        return run_in_code(
            "line",
            self._line.made_by,
            f"run = ll.GradientCloudRun(line, {arguments(settings)}).run()",
            "print(run.full_grad(), run.batch_grads())",
        )
