"""Gradient descent on a loss with two parameters: the learning rate below, at and above the edge, live."""

from dataclasses import dataclass
from typing import Any

from lesson_lib.chart.picture import BLUE, VERMILION, Picture
from lesson_lib.chart.surface import Path, surface_of
from lesson_lib.checks import require_kind
from lesson_lib.experiment.line_fit import LineFit, LinePath, keep_start, make_line_fit
from lesson_lib.panel import controls
from lesson_lib.panel.caption import Caption
from lesson_lib.panel.controls import Control
from lesson_lib.panel.panel import Panel
from lesson_lib.panel.settings import arguments, run_in_code
from lesson_lib.panels.loss_surface import words
from lesson_lib.panels.loss_surface.picture import draw_descent

EDGE_SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0, 1.02, 1.05, 1.1, 1.2)
"""Learning rates that can be chosen, in edges 2/h."""


@dataclass(frozen=True)
class LossSurfaceSettings:
    """What the learner chooses for GD or SGD on a line fit."""

    edge_share: float = 0.3
    """The learning rate, in edges 2/h."""
    batch_size: int = 64
    epochs: int = 50
    seed: int = 0
    start_w: float = 0.0
    start_b: float = 0.0

    def __post_init__(self) -> None:
        keep_start(self)


class LossSurface(Panel[LossSurfaceSettings, LinePath]):
    """A line fitted to points by GD, or by SGD with the batch size on the slider.

    Args:
        line: the points.
        **settings: as for every `Panel`. The batch size is N where none is given.
    """

    settings_type = LossSurfaceSettings
    every_advance_is_drawn = True
    step_name = "Next update"
    keeps_runs = True
    dragged = ("start_w", "start_b")

    def __init__(self, line: LineFit | None = None, **settings: Any) -> None:
        self._line = line = make_line_fit() if line is None else line
        require_kind("line", line, LineFit, "as make_line_fit gives one")
        self._surface = surface_of(line.loss, line.minimum)
        super().__init__(**{"batch_size": line.num_examples} | settings)

    def _make_controls(self) -> list[Control]:
        return [
            Control("edge_share", "learning rate", EDGE_SHARES, lambda share: f"η = {share:g} × edge", main=True),
            controls.batch_size_control(self._line.num_examples),
            controls.epochs_control(most=100),
            controls.seed_control(),
        ]

    def _start(self, settings: LossSurfaceSettings) -> LinePath:
        others = {name: value for name, value in vars(settings).items() if name != "edge_share"}
        return LinePath(self._line, learning_rate=settings.edge_share * self._line.edge, **others)

    def _picture_of(self, path: LinePath) -> Picture:
        longest = max([path.total_updates, *(len(kept.losses) - 1 for kept in self.kept)])
        return draw_descent(self._line, self._surface, self._way(path), self.kept, end=longest)

    def _to_keep(self, path: LinePath) -> Path:
        way, (w, b) = self._way(path), path.params[0]
        return way._replace(name=f"{way.name}, from ({w:g}, {b:g})".replace("-", "−")) if w or b else way

    def _way(self, path: LinePath) -> Path:
        method = "GD" if path.is_full_batch else f"B = {path.batch_size}"
        share = path.learning_rate / self._line.edge
        color = BLUE if path.is_full_batch else VERMILION
        return Path(f"{method}, {share:.3g} edge", path.params, path.losses, color)

    def _caption_of(self, path: LinePath) -> Caption:
        facts = words.facts(path)
        return Caption(words.sentence(facts), words.details(facts))

    def _progress(self, path: LinePath) -> str:
        return f"update {path.moment:,} of {path.total_updates:,}"

    def _code(self, settings: LossSurfaceSettings) -> str:
        others = arguments(settings, without="edge_share")
        return run_in_code(
            "line",
            self._line.made_by,
            f"path = ll.LinePath(line, learning_rate={settings.edge_share} * line.edge, {others}).run()",
        )
