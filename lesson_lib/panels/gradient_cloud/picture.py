"""The gradients of many batches around the true gradient, and the ways of GD and SGD."""

import numpy as np
from jaxtyping import Float

from lesson_lib.chart import ticks
from lesson_lib.chart.legend import in_legend_alone
from lesson_lib.chart.picture import BLACK, BLUE, GREY, PURPLE, VERMILION, Chart, Curve, Picture
from lesson_lib.chart.surface import Part, Path, Surface, are_seen, surface_chart
from lesson_lib.panels.gradient_cloud.run import GradientCloudRun

NEAR: Part = ((-2.5, 2.5), (-2.0, 2.0))
FAR: Part = ((-2.0, 8.0), (-2.5, 4.5))
WIDE: Part = ((-8.0, 8.0), (-6.0, 6.0))
"""Parts of the gradients' plane, along w and along b. The first one is shown that has room for the gradients of all
single examples, or the last one twice, four times ... as large: it does not depend on the batch size, so that a smaller
cloud looks smaller."""


def draw_cloud(
    run: GradientCloudRun, batch_grads: Float[np.ndarray, "batches 2"], surface: Surface, sgd_name: str
) -> Picture:
    """Where the update of each batch would lead from here, beside the ways that GD and SGD have gone.

    Args:
        run: the ways so far, and the line.
        batch_grads: g_B of many batches where SGD stands.
        surface: the loss of any line.
        sgd_name: what SGD's way is called.
    """
    singles = run.line.per_example_grads(run.place)
    chart = cloud_chart(run.full_grad(), batch_grads, part_with(-singles))
    sgd = Path(sgd_name, run.sgd.params, run.sgd.losses, VERMILION)
    gd = Path("GD", run.gd.params, run.gd.losses, BLUE, "dashed")
    return Picture(rows=((chart, ways_chart(batch_grads, surface, sgd, gd)),), heights=(366,))


def part_with(places: Float[np.ndarray, "dots 2"]) -> Part:
    """The part of the gradients' plane that is shown where all these are to be seen."""
    for part in (NEAR, FAR):
        if are_seen(places, part).all():
            return part
    times = 2 ** np.ceil(np.log2(np.max(np.abs(places) / np.array(WIDE)[None, :, 1])))
    (left, right), (low, high) = np.array(WIDE) * max(1.0, float(times))
    return (float(left), float(right)), (float(low), float(high))


def ways_chart(batch_grads: Float[np.ndarray, "batches 2"], surface: Surface, sgd: Path, gd: Path) -> Chart:
    """The ways over the map, from a start that the learner can move; and the cloud, in the same units, where SGD is."""
    chart = surface_chart(surface, [sgd, gd])
    places = sgd.params[-1] - batch_grads
    w, b = places[are_seen(places)].T
    cloud = Curve(w, b, VERMILION, width=0, marker="dot", marker_size=3.5, opacity=0.45)
    shades, *above = chart.marks
    start_w, start_b = sgd.params[0]
    return chart._replace(marks=(shades, cloud, *above), start=(float(start_w), float(start_b)))


def cloud_chart(full_grad: Float[np.ndarray, "2"], batch_grads: Float[np.ndarray, "batches 2"], shown: Part) -> Chart:
    """-g_B of each batch as a dot and -G as an arrow; beyond the grey line an update would go the wrong way."""
    right = batch_grads @ full_grad >= 0
    true = np.stack([np.zeros(2), -full_grad])
    mean = -np.mean(batch_grads, axis=0)
    marks = (
        *_border(full_grad),
        *in_legend_alone(_dots(-batch_grads[right], shown, VERMILION, "right way")),
        *in_legend_alone(_dots(-batch_grads[~right], shown, PURPLE, "wrong way")),
        *in_legend_alone(Curve(mean[:1], mean[1:], BLACK, "mean of dots", width=0, marker="cross", marker_size=12)),
        # On top of the cross, which is as large near the minimum, where the arrow is short.
        *in_legend_alone(Curve(true[:, 0], true[:, 1], BLUE, "true gradient", width=4, arrow=True)),
    )
    w, b = ticks.linear("−gradient along w", *shown[0]), ticks.linear("−gradient along b", *shown[1])
    return Chart("The batches that could come next", w, b, marks, equal=True)


def _dots(places: Float[np.ndarray, "dots 2"], shown: Part, color: str, name: str) -> Curve:
    w, b = places[are_seen(places, shown)].T
    return Curve(w, b, color, name, width=0, marker="dot", marker_size=6, opacity=0.65)


def _border(full_grad: Float[np.ndarray, "2"]) -> list[Curve]:
    """The line through the origin at a right angle to G."""
    length = float(np.hypot(*full_grad))
    if not length > 0:
        return []
    across = np.array([-full_grad[1], full_grad[0]]) / length * 20
    return [Curve(np.array([-across[0], across[0]]), np.array([-across[1], across[1]]), GREY, width=1.5, dash="dashed")]
