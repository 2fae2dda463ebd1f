"""Colours and lines in all panels: what a description says of them is what the picture has, and so is the legend."""

import re

import numpy as np
import pytest

from lesson_lib import panels
from lesson_lib.cost import UpdateTimes
from lesson_lib.data import Dataset
from lesson_lib.experiment.cost import CostMeasurement
from lesson_lib.picture import BLACK, BLUE, GREEN, PURPLE, VERMILION, Band, Cells, Curve
from lesson_lib.plots.next_update import red_and_blue

RNG = np.random.default_rng(0)
X = RNG.normal(size=(24, 9)).astype(np.float32)
Y = np.argmax(X[:, :3], axis=1)
DATASET = Dataset("tiny", X, Y, X, Y, ("a", "b", "c"))

COLORS = {"orange": VERMILION, "blue": BLUE, "green": GREEN, "purple": PURPLE, "black": BLACK}
DASHES = {"solid": "solid", "dashed": "dashed", "dotted": "dotted"}
MARKERS = {"squares": "square", "crosses": "cross", "cross": "cross", "round": "dot", "dots": "dot"}


def timed(panel):
    """Times that lie on a line, whose knee is in the picture."""
    run, sizes = CostMeasurement(DATASET), np.array([1, 2, 4, 8, 16, 24])
    line = 1e-4 * (1 + sizes / 6.0)
    run.times = [UpdateTimes(sizes, np.stack([line, 1.01 * line]), np.full(6, 0.1), "cpu")]
    return run


def ended(panel):
    """The panel's run, at its end."""
    run = panel.start(panel.settings)
    while not run.finished:
        run.advance()
    return run


PANELS = {
    "GdVsSgd": (lambda: panels.GdVsSgd(DATASET, batch_size=8, epochs=2), ended),
    "Coverage": (lambda: panels.Coverage(DATASET, batch_size=8, sampling="replacement"), ended),
    "CostOfAnUpdate": (lambda: panels.CostOfAnUpdate(DATASET, batch_size=8), timed),
    "EqualTime": (lambda: panels.EqualTime(DATASET, seconds=0.25, batch_size=8), ended),
    "GradientCloud": (lambda: panels.GradientCloud(epochs=3), ended),
    "LossSurface": (lambda: panels.LossSurface(epochs=3), ended),
    "NextUpdate": (lambda: panels.NextUpdate(DATASET, batch_size=8), ended),
    "NoiseFloor": (lambda: panels.NoiseFloor(epochs=1, batch_size=64), ended),
    "NoiseVsBatchSize": (lambda: panels.NoiseVsBatchSize(DATASET, batch_size=8, epochs=1), ended),
}

SAID = {
    "GdVsSgd": [
        ("of GD, a dashed blue line with round markers", 0, "GD"),
        ("of SGD with B = 8, a solid orange line", 0, "SGD, B = 8"),
        ("the measured gradient noise of SGD, orange squares", 1, "SGD, B = 8"),
        ("what theory predicts for it, a thin black line", 1, "theory"),
        ("the measured noise of GD, blue", 1, "GD"),
    ],
    "Coverage": [
        ("the share of examples seen at least once, against epochs from 0 to 1, in orange", 1, "measured"),
        ("each example once (dashed)", 1, "once each"),
        ("1 − e to the minus epochs (dotted)", 1, "1 − e^{−x}"),
    ],
    "CostOfAnUpdate": [
        ("the fitted line a + b·B (dashed)", 0, "a + b·B"),
        ("its knee (dotted, upright)", 0, "knee"),
        ("as crosses, the time of compiling", 0, "compiling, once"),
        ("how many times longer an update of GD takes, dots", 1, "time"),
        ("the ratio of the work, N / B, dashed", 1, "work, N / B"),
    ],
    "EqualTime": [("for GD, dashed", 0, "GD"), ("the chosen one is thick and orange", 0, "B = 8, chosen")],
    "GradientCloud": [
        ("A blue arrow is the true gradient", 0, "true gradient"),
        ("dots, orange where they point the right way", 0, "right way"),
        ("purple where they point the wrong way", 0, "wrong way"),
        ("minimum as a cross", 1, "minimum"),
        ("the paths of SGD, orange", 1, "SGD, B = 4"),
        ("GD, blue", 1, "GD"),
    ],
    "LossSurface": [
        ("the line that fits them best, dashed", 0, "best"),
        ("minimum as a cross", 1, "minimum"),
        ("the path of the updates, blue for GD", 1, "GD, 0.3 edge"),
        ("the lowest loss there is, dashed", 2, "lowest"),
    ],
    "NoiseFloor": [
        ("of 3 runs, orange lines", 0, "3 of the runs"),
        ("with a blue band from minus to plus the root of the noise floor", 0, "± √floor"),
        ("over all 500 runs, orange", 1, "measured"),
        ("what theory expects, dashed black", 1, "theory"),
        ("the noise floor, dotted blue", 1, "noise floor"),
    ],
    "NoiseVsBatchSize": [
        ("orange squares measured", 0, "mean"),
        ("a black line from theory", 0, "theory"),
        ("a dashed line of slope −1", 0, "slope −1"),
        ("a dotted blue line at the squared length of the true gradient", 0, "|G|^2, signal"),
        ("A green line marks B = 8", 0, "B = 8"),
        ("with a green line at the chosen batch size", 1, "B = 8"),
    ],
}


@pytest.fixture(scope="module", params=PANELS)
def shown(request):
    """A panel's name, its last picture, and the description of it."""
    make, run_of = PANELS[request.param]
    panel = make()
    run = run_of(panel)
    yield request.param, panel.picture_of(run), panel.describe(run)
    panel.close()


def test_a_description_names_the_colours_and_lines_that_there_are(shown):
    name, picture, description = shown
    for phrase, place, mark_name in SAID.get(name, ()):
        assert phrase in description
        (mark,) = (mark for mark in picture.rows[0][place].marks if isinstance(mark, Curve) and mark.name == mark_name)
        words = re.findall(r"\w+", phrase.lower())
        assert all(mark.color == COLORS[word] for word in words if word in COLORS), phrase
        assert all(mark.dash == DASHES[word] for word in words if word in DASHES), phrase
        assert all(mark.marker == MARKERS[word] for word in words if word in MARKERS), phrase


def test_red_and_blue_weights_are_described_as_such():
    panel = panels.NextUpdate(DATASET, batch_size=8)
    description = panel.describe(panel.start(panel.settings))
    panel.close()
    above, below = red_and_blue(np.array([1.0, -1.0]), 1.0).astype(int)
    assert above[0] > 2 * above[2]
    assert below[2] > 2 * below[0]
    assert "red above zero and blue below" in description
    assert "before and after the update" in description


def colours_drawn(chart):
    """The colours of all that is seen in the chart itself."""
    drawn = {mark.color for mark in chart.marks if isinstance(mark, Band)}
    drawn |= {mark.color for mark in chart.marks if isinstance(mark, Curve) and np.isfinite(mark.y).any()}
    for mark in chart.marks:
        if isinstance(mark, Cells):
            drawn |= {f"#{bytes(color.tolist()).hex()}".upper() for color in mark.colors.reshape(-1, 3)}
    return drawn


def test_a_legend_names_no_colour_that_is_not_drawn(shown):
    name, picture, _ = shown
    for chart in (chart for row in picture.rows for chart in row):
        for mark in chart.marks:
            if isinstance(mark, Curve) and mark.name and not mark.x.size and name != "Coverage":
                assert mark.color in colours_drawn(chart), mark.name


def test_marks_lie_within_their_axes(shown):
    """But on maps, whose contours go on beyond; and losses of single batches, which may be above all others."""
    _, picture, _ = shown
    for chart in (chart for row in picture.rows for chart in row if not chart.equal):
        for mark in chart.marks:
            if isinstance(mark, Curve) and mark.name != "one batch" and mark.x.size:
                for values, axis in ((mark.x, chart.x), (mark.y, chart.y)):
                    finite = values[np.isfinite(values) & ((values > 0) | (not axis.log))]
                    room = 1e-6 * abs(axis.high - axis.low)
                    if (mark.name, axis is chart.y) not in {("theory", True), ("slope −1", True), ("estimate", True)}:
                        assert ((axis.low - room <= finite) & (finite <= axis.high + room)).all(), mark.name


def test_losses_are_in_nats_but_for_those_of_the_line(shown):
    name, picture, _ = shown
    if name not in {"LossSurface", "GradientCloud"}:
        labels = [axis.label for row in picture.rows for chart in row for axis in (chart.x, chart.y)]
        assert {label for label in labels if label.startswith("loss")} <= {"loss (nats)"}
