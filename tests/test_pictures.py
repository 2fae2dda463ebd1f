"""Colours and lines in all panels: what a description says of them is what the picture has, and so is the legend."""

import numpy as np
import pytest
from helpers import tiny_dataset
from looks import looks, tables

import lesson_lib as ll
from lesson_lib.chart.description import describe
from lesson_lib.chart.picture import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION, Band, Cells, Curve
from lesson_lib.cost import UpdateTimes
from lesson_lib.panels.next_update.picture import red_and_blue

DATASET = tiny_dataset(num_features=9)

COLORS = {"orange": VERMILION, "blue": BLUE, "green": GREEN, "purple": PURPLE, "black": BLACK}
DASHES = {"solid": "solid", "dashed": "dashed", "dotted": "dotted"}
MARKERS = {"squares": "square", "crosses": "cross", "cross": "cross", "round": "dot", "dots": "dot"}


def timed(run):
    """Times that lie on a line, whose knee is in the picture."""
    sizes = np.array([1, 2, 4, 8, 16, 24])
    line = 1e-4 * (1 + sizes / 6.0)
    run.times = [UpdateTimes(sizes, np.stack([line, 1.01 * line]), np.full(6, 0.1), "cpu")]


def ended(run):
    while not run.finished:
        run.advance()


PANELS = {
    "GdVsSgd": (lambda: ll.GdVsSgd(DATASET, batch_size=8, epochs=2), ended),
    "Coverage": (lambda: ll.Coverage(DATASET, batch_size=8, sampling="replacement"), ended),
    "CostOfAnUpdate": (lambda: ll.CostOfAnUpdate(DATASET, batch_size=8), timed),
    "EqualTime": (lambda: ll.EqualTime(DATASET, seconds=0.25, batch_size=8), ended),
    "GradientCloud": (lambda: ll.GradientCloud(epochs=3), ended),
    "LossSurface": (lambda: ll.LossSurface(epochs=3), ended),
    "NetworkLandscape": (lambda: ll.NetworkLandscape(DATASET, batch_size=8, epochs=2), ended),
    "NextUpdate": (lambda: ll.NextUpdate(DATASET, batch_size=8), ended),
    "NoiseFloor": (lambda: ll.NoiseFloor(epochs=1, batch_size=64), ended),
    "NoiseVsBatchSize": (lambda: ll.NoiseVsBatchSize(DATASET, batch_size=8, epochs=1), ended),
}

LOOKS = {
    "GdVsSgd": [
        {"SGD, B = 8": "solid orange line", "GD": "dashed blue line with dots", "one batch": "orange dots"},
        {"SGD, B = 8": "orange squares", "GD": "dashed blue line with dots", "theory": "solid black line"},
    ],
    "Coverage": [
        {"once": "light blue squares", "twice": "yellow squares"},
        {"1 − e^{−x}": "dotted black line", "measured": "solid orange line"},
    ],
    "CostOfAnUpdate": [
        {"a + b·B": "dashed black line", "knee": "dotted orange line", "compiling, once": "grey crosses"},
        {"time": "solid orange line with dots", "work, N / B": "dashed grey line"},
    ],
    "EqualTime": [{"GD": "dashed blue line", "B = 8, chosen": "solid orange line"}],
    "GradientCloud": [
        {"true gradient": "solid blue line", "right way": "orange dots", "wrong way": "purple dots"},
        {"minimum": "black crosses", "SGD, B = 4": "solid orange line", "GD": "dashed blue line"},
    ],
    "LossSurface": [
        {"best": "dashed black line", "now": "solid blue line"},
        {"minimum": "black crosses", "GD, 0.3 edge": "solid blue line"},
        {"lowest": "dashed black line", "GD, 0.3 edge": "solid blue line"},
    ],
    "NetworkLandscape": [
        {"SGD, B = 8": "solid orange line", "GD": "dashed blue line with dots", "start": "black squares"},
    ],
    "NoiseFloor": [
        {"3 of the runs": "solid orange line", "± √floor": "dotted grey line"},
        {"measured": "solid orange line", "theory": "dashed black line", "noise floor": "dotted grey line"},
    ],
    "NoiseVsBatchSize": [
        {"mean": "orange squares", "theory": "solid black line", "slope −1": "dashed grey line"}
        | {"|G|^2, signal": "dotted blue line", "B = 8": "solid green line"},
        {"B = 8": "solid green line", "measured": "solid orange line with dots"},
    ],
}
"""What each panel's marks look like: one colour for one thing in all of them."""

TABLES = tables("looks_of_panels.txt")


@pytest.fixture(scope="module", params=PANELS)
def shown(request):
    """A panel's name, its last picture, the description of it, and the panel's first picture."""
    make, go_on = PANELS[request.param]
    panel = make()
    run = panel._start(panel.settings)
    first = panel._picture_of(run)
    go_on(run)
    picture = panel._picture_of(run)
    yield request.param, picture, describe(picture), first
    panel.close()


def test_the_first_picture_and_the_last_one_of_each_panel_are_what_is_written_down(shown):
    name, last, _, first = shown
    for when, picture in (("at the start", first), ("at the end", last)):
        # What is written on an update's images depends on what the network says (`tests/test_looks.py` has it).
        assert looks(picture, numbers=False, marks=name != "NextUpdate") == TABLES[f"{name} {when}"]


@pytest.mark.slow
def test_one_thing_has_one_look_in_all_panels(shown):
    name, picture, *_ = shown
    for chart, wanted in zip(picture.rows[0], LOOKS.get(name, ()), strict=False):
        for mark_name, look in wanted.items():
            (mark,) = (mark for mark in chart.marks if isinstance(mark, Curve) and mark.name == mark_name)
            words = look.replace("light blue", "light_blue").split()
            colors = {"light_blue": SKY, "yellow": ORANGE, "grey": GREY} | COLORS
            assert [mark.color] == [colors[word] for word in words if word in colors], mark_name
            assert [mark.dash] == ([word for word in words if word in DASHES] or ["solid"]), mark_name
            assert (mark.width == 0) == ("line" not in words), mark_name
            assert all(mark.marker == MARKERS[word] for word in words if word in MARKERS), mark_name


def test_a_description_names_what_there_is_to_see(shown):
    name, picture, description, _ = shown
    for row in picture.rows:
        for chart in row:
            assert chart.title.replace("^2", " squared").replace("_B", "B") in description
            assert chart.note in description
    for wanted in LOOKS.get(name, ()):
        for mark_name, look in wanted.items():
            spoken = mark_name.replace("^2", " squared").replace("^{−x}", " to the −x")
            assert f"{spoken}, {look}" in description


def test_red_and_blue_weights_are_described_as_such():
    panel = ll.NextUpdate(DATASET, batch_size=8)
    description = describe(panel._picture_of(panel._start(panel.settings)))
    panel.close()
    above, below = red_and_blue(np.array([1.0, -1.0]), 1.0).astype(int)
    assert above[0] > 2 * above[2]
    assert below[2] > 2 * below[0]
    assert "red is above zero, blue below" in description


def colours_drawn(chart):
    """The colours of all that is seen in the chart itself."""
    drawn = {mark.color for mark in chart.marks if isinstance(mark, Band)}
    drawn |= {mark.color for mark in chart.marks if isinstance(mark, Curve) and np.isfinite(mark.y).any()}
    for mark in chart.marks:
        if isinstance(mark, Cells):
            drawn |= {f"#{bytes(color.tolist()).hex()}".upper() for color in mark.colors.reshape(-1, 3)}
    return drawn


def test_a_legend_names_no_colour_that_is_not_drawn(shown):
    name, picture, *_ = shown
    for chart in (chart for row in picture.rows for chart in row):
        for mark in chart.marks:
            if isinstance(mark, Curve) and mark.name and not mark.x.size and name != "Coverage":
                assert mark.color in colours_drawn(chart), mark.name


def test_marks_lie_within_their_axes(shown):
    """But on maps, whose contours go on beyond; and losses of single batches, which may be above all others."""
    _, picture, *_ = shown
    for chart in (chart for row in picture.rows for chart in row if not chart.equal):
        for mark in chart.marks:
            if isinstance(mark, Curve) and mark.name != "one batch" and mark.x.size:
                for values, axis in ((mark.x, chart.x), (mark.y, chart.y)):
                    finite = values[np.isfinite(values) & ((values > 0) | (not axis.log))]
                    room = 1e-6 * abs(axis.high - axis.low)
                    if (mark.name, axis is chart.y) not in {("theory", True), ("slope −1", True), ("estimate", True)}:
                        assert ((axis.low - room <= finite) & (finite <= axis.high + room)).all(), mark.name


def test_losses_are_in_nats_but_for_those_of_the_line(shown):
    name, picture, *_ = shown
    if name not in {"LossSurface", "GradientCloud"}:
        labels = [axis.label for row in picture.rows for chart in row for axis in (chart.x, chart.y)]
        assert {label for label in labels if label.startswith("loss")} <= {"loss (nats)"}
