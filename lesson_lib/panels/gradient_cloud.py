"""What can one batch tell? The gradients of many batches at one place, and where they lead."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lesson_lib import experiment
from lesson_lib.experiment import LineFit, LinePath, make_line_fit
from lesson_lib.panels import controls
from lesson_lib.panels.code import arguments
from lesson_lib.panels.panel import Panel, require_names
from lesson_lib.panels.words import gradient_cloud as words
from lesson_lib.panels.words import numbers
from lesson_lib.picture import BLUE, VERMILION, Picture
from lesson_lib.plots.gradient_cloud import draw_cloud
from lesson_lib.plots.loss_surface import Path, Surface, contours, surface_grid

LEARNING_RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)


class GradientCloud(Panel):
    """A cloud of batch gradients around the true gradient, where SGD stands; and the ways of SGD and GD.

    Args:
        line: the points; those of `make_line_fit` where none are given.
        **settings: what to start with: `batch_size`, `epochs`, `learning_rate`, `seed`.

    Raises:
        TypeError, ValueError: a setting that does not exist or that its control does not offer.
    """

    every_advance_is_drawn = True
    step_name = "Next update"

    def __init__(self, line: LineFit | None = None, **settings: Any) -> None:
        self._line = line = make_line_fit() if line is None else line
        start = {"batch_size": min(4, line.num_examples), "epochs": 10, "learning_rate": 0.1, "seed": 0}
        require_names(settings, start)
        places = surface_grid()
        self._surface = Surface(contours(places, line.loss(places)), line.minimum, line.lowest_loss)
        shown = [
            controls.batch_size_control(line.num_examples),
            controls.epochs_control(),
            replace(controls.learning_rate_control(), values=LEARNING_RATES),
            controls.seed_control(),
        ]
        super().__init__(shown, start | settings)

    def start(self, values: Mapping[str, Any]) -> experiment.GradientCloud:
        return experiment.GradientCloud(self._line, **values)

    def picture_of(self, run: experiment.GradientCloud) -> Picture:
        sgd = _way(f"SGD, B = {run.sgd.batch_size}", run.sgd, VERMILION)
        gd = _way("GD", run.gd, BLUE)
        singles = self._line.per_example_grads(run.place)
        return draw_cloud(run.full_grad(), run.batch_grads(), singles, self._surface, sgd, gd)

    def describe(self, run: experiment.GradientCloud) -> str:
        return (
            "Left: a plane with the negative gradient along w to the right and along b upwards. A blue arrow is the "
            f"true gradient where SGD stands; around its head lie the gradients of {len(run.batches):,} batches as "
            "dots, orange where they point the right way and purple where they point the wrong way, beyond a dashed "
            "line through the origin. Right: the loss for each slope w and height b as contour lines, with the "
            "minimum as a cross and the paths of SGD, orange, and GD, blue."
        )

    def sentence(self, run: experiment.GradientCloud) -> str:
        return words.cloud_sentence(words.cloud_facts(run))

    def progress(self, run: experiment.GradientCloud) -> str:
        return numbers.progress(run.sgd.num_epochs, run.sgd.epochs)

    def code(self, values: Mapping[str, Any]) -> str:
        return (
            "from lesson_lib.experiment import GradientCloud, make_line_fit\n"
            f"run = GradientCloud(make_line_fit(), {arguments(values)})\n"
            "run.run()\n"
            "print(run.full_grad(), run.batch_grads())"
        )


def _way(name: str, path: LinePath, color: str) -> Path:
    return Path(name, path.params, path.losses, color)
