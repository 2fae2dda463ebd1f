"""GD on the line with what the learner has written in lesson 02: their gradient, and their edge."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from jaxtyping import Float

from lesson_lib.chart.picture import PURPLE, Picture
from lesson_lib.chart.surface import Path, surface_of
from lesson_lib.experiment import LineFit, LinePath, make_line_fit
from lesson_lib.lessons.reward import Reward
from lesson_lib.panel.numbers import count
from lesson_lib.panels.loss_surface.picture import draw_descent

NUM_UPDATES, EDGE_SHARE = 50, 0.3

UPDATES_AT_THE_EDGE, SHARES = 20, (0.95, 1.05)
"""A little below their edge, and a little above."""

Gradient = Callable[[float, float, Float[np.ndarray, " points"], Float[np.ndarray, " points"]], Float[np.ndarray, "2"]]


def fit_by(gradient: Gradient) -> Iterator[Reward]:
    """The line that GD fits to the points, with the learner's gradient."""
    line = make_line_fit()
    draw = _artist(line, NUM_UPDATES)
    places = [np.zeros(2)]
    for update in range(1, NUM_UPDATES + 1):
        w, b = places[-1]
        places.append(places[-1] - EDGE_SHARE * line.edge * gradient(w, b, line.x, line.y))
        path = Path("your gradient", np.array(places), line.loss(np.array(places)), PURPLE)
        words = (
            f"After {count(update, 'update')} with your gradient the loss of the line is {path.losses[-1]:.3f}; "
            f"the lowest possible is {line.lowest_loss:.3f}."
        )
        yield Reward(draw([path]), words)


def try_edge(edge: Callable[[Float[np.ndarray, "2 2"]], float]) -> Iterator[Reward]:
    """GD on the line, a little below the learner's edge and a little above it."""
    line = make_line_fit()
    yours = edge(line.hessian)
    draw = _artist(line, UPDATES_AT_THE_EDGE)
    runs = [
        LinePath(line, learning_rate=share * yours, batch_size=line.num_examples, epochs=UPDATES_AT_THE_EDGE)
        for share in SHARES
    ]
    for update in range(1, UPDATES_AT_THE_EDGE + 1):
        for run in runs:
            run.step()
        paths = [
            Path(f"{share:g} × yours", run.params, run.losses, PURPLE) for share, run in zip(SHARES, runs, strict=True)
        ]
        below, above = (path.losses[-1] for path in paths)
        words = (
            f"Your edge is {yours:.3f}. After {count(update, 'update')} the loss is {below:.2f} a little below it, and "
            f"{above:.2f} a little above it; it was {line.loss(np.zeros(2)):.2f} at the start."
        )
        yield Reward(draw(paths), words)


def _artist(line: LineFit, end: int) -> Callable[[Sequence[Path]], Picture]:
    surface = surface_of(line.loss, line.minimum)
    return lambda paths: draw_descent(line, surface, paths[0], paths[1:], end=end)
