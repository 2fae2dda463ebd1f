"""Gradient descent on a loss with two parameters: the learning rate below, at and above the edge, live."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from lesson_lib.experiment.line_fit import LineFit, LinePath, make_line_fit
from lesson_lib.panels import controls
from lesson_lib.panels.code import arguments
from lesson_lib.panels.controls import Control
from lesson_lib.panels.panel import Panel, require_names
from lesson_lib.panels.words import loss_surface as words
from lesson_lib.picture import BLUE, VERMILION, Picture
from lesson_lib.plots.loss_surface import Path, Surface, contours, draw_descent, surface_grid

EDGE_SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0, 1.02, 1.05, 1.1, 1.2)
"""Learning rates that can be chosen, in edges 2/h."""


class LossSurface(Panel):
    """A line fitted to points by GD, or by SGD with the batch size on the slider.

    Args:
        line: the points.
        **settings: what to start with: `edge_share` (the learning rate, in edges 2/h), `batch_size`, `epochs`, `seed`.

    Raises:
        TypeError, ValueError: a setting that does not exist or that its control does not offer.
    """

    every_advance_is_drawn = True
    step_name = "Next update"
    keeps_runs = True

    def __init__(self, line: LineFit | None = None, **settings: Any) -> None:
        self._line = line = make_line_fit() if line is None else line
        start = {"edge_share": 0.3, "batch_size": line.num_examples, "epochs": 50, "seed": 0}
        require_names(settings, start)
        places = surface_grid()
        self._surface = Surface(contours(places, line.loss(places)), line.minimum, line.lowest_loss)
        shown = [
            Control("edge_share", "learning rate", EDGE_SHARES, lambda share: f"η = {share:g} × edge"),
            controls.batch_size_control(line.num_examples),
            controls.epochs_control(most=100),
            controls.seed_control(),
        ]
        super().__init__(shown, start | settings)

    def start(self, values: Mapping[str, Any]) -> LinePath:
        rate = values["edge_share"] * self._line.edge
        others = {name: values[name] for name in ("batch_size", "epochs", "seed")}
        return LinePath(self._line, learning_rate=rate, **others)

    def picture_of(self, path: LinePath) -> Picture:
        points = np.stack([self._line.x, self._line.y], axis=1)
        longest = max([path.total_updates, *(len(kept.losses) - 1 for kept in self.kept)])
        return draw_descent(points, self._surface, self.to_keep(path), self.kept, end=longest)

    def to_keep(self, path: LinePath) -> Path:
        method = "GD" if path.is_full_batch else f"B = {path.batch_size}"
        share = path.learning_rate / self._line.edge
        color = BLUE if path.is_full_batch else VERMILION
        return Path(f"{method}, {share:.3g} edge", path.params, path.losses, color)

    def describe(self, path: LinePath) -> str:
        kept = f" Thinner lines are kept paths: {'; '.join(each.name for each in self.kept)}." if self.kept else ""
        return (
            "Left: the points, the line that fits them best, dashed, and the line as it is now. Middle: the "
            "loss for each slope w and height b as contour lines, a narrow valley that lies askew, with the minimum as "
            "a cross and the path of the updates, blue for GD and orange for SGD. Right: the loss against updates, "
            f"from 0 to {path.total_updates:,}, on a logarithmic axis, with the lowest loss there is, dashed.{kept}"
        )

    def sentence(self, path: LinePath) -> str:
        return words.descent_sentence(words.descent_facts(path))

    def progress(self, path: LinePath) -> str:
        return f"update {path.moment:,} of {path.total_updates:,}"

    def code(self, values: Mapping[str, Any]) -> str:
        others = arguments({name: values[name] for name in ("batch_size", "epochs", "seed")})
        return (
            "from lesson_lib.experiment import LinePath, make_line_fit\n"
            "line = make_line_fit()\n"
            f"LinePath(line, learning_rate={values['edge_share']} * line.edge, {others}).run()"
        )
