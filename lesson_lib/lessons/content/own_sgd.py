"""SGD on the line with what the learner has written in lesson 03: their batch gradient, and their epoch."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from jaxtyping import Float, Int

from lesson_lib.chart import ticks
from lesson_lib.chart.picture import BLUE, PURPLE, Chart, Curve, Picture
from lesson_lib.chart.surface import Path, surface_chart, surface_of
from lesson_lib.experiment import LinePath, make_line_fit
from lesson_lib.lessons.reward import Reward
from lesson_lib.panel.numbers import count
from lesson_lib.panels.gradient_cloud.picture import draw_cloud
from lesson_lib.panels.gradient_cloud.run import GradientCloudRun

BATCH_SIZE, EPOCHS, LEARNING_RATE = 4, 10, 0.1

NUM_BATCHES = 64
"""Of the cloud."""

MOMENTS = (0, 1, 2, 4, 8, 16, 40, 80, 160)
"""Updates after which the cloud is looked at."""

Place = Float[np.ndarray, "2"]
Inputs = Float[np.ndarray, "points 2"]
Targets = Float[np.ndarray, " points"]
Numbers = Int[np.ndarray, " _"]


def show_cloud(gradient: Callable[[Place, Inputs, Targets, Numbers], Place]) -> Iterator[Reward]:
    """The learner's gradients of many batches around the true one, on the way to the minimum."""
    line = make_line_fit()
    run = GradientCloudRun(line, learning_rate=LEARNING_RATE, batch_size=BATCH_SIZE, epochs=EPOCHS).run()
    surface = surface_of(line.loss, line.minimum)
    for moment in MOMENTS:
        run.go_to(moment)
        grads = np.array([gradient(run.place, line.inputs, line.y, batch) for batch in run.batches[:NUM_BATCHES]])
        wrong = int(np.sum(grads @ run.full_grad() < 0))
        verb = "points" if wrong == 1 else "point"
        words = f"After {count(moment, 'update')}, {wrong} of your {NUM_BATCHES} batch gradients {verb} the wrong way."
        yield Reward(draw_cloud(run, grads, surface, "SGD"), words)


def follow(epoch: Callable[[Place, Inputs, Targets, Numbers, int, float], Place]) -> Iterator[Reward]:
    """The path of the learner's SGD over the landscape, beside GD's: each batch is handed over as a short epoch."""
    line = make_line_fit()
    gd = LinePath(line, learning_rate=LEARNING_RATE, batch_size=line.num_examples, epochs=EPOCHS)
    surface = surface_of(line.loss, line.minimum)
    rng, places = np.random.default_rng(0), [np.zeros(2)]
    for passes in range(1, EPOCHS + 1):
        for batch in rng.permutation(line.num_examples).reshape(-1, BATCH_SIZE):
            places.append(epoch(places[-1], line.inputs, line.y, batch, BATCH_SIZE, LEARNING_RATE))
        gd.step()
        params = np.array(places)
        paths = [Path("your SGD", params, line.loss(params), PURPLE), Path("GD", gd.params, gd.losses, BLUE, "dashed")]
        words = (
            f"Epoch {passes}: the loss of your SGD is {paths[0].losses[-1]:.3f} after {len(places) - 1} updates, "
            f"GD's {paths[1].losses[-1]:.3f} after {passes}."
        )
        yield Reward(Picture(((surface_chart(surface, paths), _loss_chart(paths, passes)),)), words)


def _loss_chart(paths: Sequence[Path], passes: int) -> Chart:
    curves = [
        Curve(np.linspace(0, passes, len(path.losses)), path.losses, path.color, path.name, dash=path.dash)
        for path in reversed(paths)
    ]
    y = ticks.logarithmic("loss (mean over all points)", 0.1, 10)
    return Chart("Loss", ticks.linear("epochs", 0, EPOCHS), y, tuple(curves))
