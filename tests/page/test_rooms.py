"""Every text of every panel's picture has room: none lies on another, none is cut, for each control at both ends.

And the sentence under it can be said: it is short and has few numbers, whatever was chosen.
"""

import math
from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pytest
from helpers import FoundExchange
from sentences import assert_can_be_said
from widget import Text, Widget

import lesson_lib as ll
from lesson_lib.panel.frame import packed
from lesson_lib.panel.panel import Panel
from lesson_lib.panels.many_devices.costs import DeviceCosts

pytestmark = pytest.mark.slow

DATASET = ll.load_dataset(num_examples=2_500)


def many_devices() -> Panel:
    """Without processes that measure their exchange, and with all times known."""
    panel = ll.ManyDevices(DATASET)
    panel._costs = DeviceCosts(DATASET, FoundExchange).run()
    return panel


PANELS = {
    "race": lambda: ll.GdVsSgd(DATASET, epochs=1, choose_sampling=True),
    "next update": lambda: ll.NextUpdate(DATASET),
    "coverage": lambda: ll.Coverage(DATASET),
    "surface": ll.LossSurface,
    "cloud": ll.GradientCloud,
    "landscape": lambda: ll.NetworkLandscape(DATASET),
    "noise": lambda: ll.NoiseVsBatchSize(DATASET),
    "floor": ll.NoiseFloor,
    "cost": lambda: ll.CostOfAnUpdate(DATASET),
    "time": lambda: ll.EqualTime(DATASET),
    "optimizers": lambda: ll.OptimizerRace(DATASET),
    "target": lambda: ll.TimeToTarget(DATASET),
    "devices": many_devices,
}
PIECES = 6
"""So many pieces of work are done of each run, so that there is something to see."""


def pictures(panel: Panel) -> Iterator[tuple[str, dict[str, object]]]:
    """The picture at the start; and with each control at both ends, after some work, and in single steps."""
    run = panel._start(panel.settings)
    assert_can_be_said(panel._sentence(run))
    yield "at the start", packed(panel._picture_of(run))
    first = {name: getattr(panel.settings, name) for name in panel._controls}
    for name, control in panel._controls.items():
        for value in (control.values[0], control.values[-1]):
            panel.set(**first | {name: value})
            run = panel._start(panel.settings)
            for _ in range(PIECES):
                if not run.finished:
                    run.advance()
            assert_can_be_said(panel._sentence(run))
            yield f"{name} = {value}", packed(panel._picture_of(run))
            if panel.step_name:
                panel._session.stepping = True
                assert_can_be_said(panel._sentence(run))
                yield f"{name} = {value}, a step", packed(panel._picture_of(run))
                panel._session.stepping = False


def box(text: Text) -> tuple[float, float, float, float]:
    """Left, top, right, bottom; a text that is turned stands upright."""
    half = 0.36 * text.size
    if math.isclose(text.left, text.right, abs_tol=0.1):
        return text.left - half, min(text.top, text.bottom), text.left + half, max(text.top, text.bottom)
    return text.left, text.top - half, text.right, text.top + half


def faults(texts: list[Text], width: float, height: float) -> list[str]:
    """What is cut, and what lies on something else."""
    boxes = [(text.text, box(text)) for text in texts if text.text.strip()]
    cut = [
        f"{text!r} is cut: {edges}"
        for text, edges in boxes
        if edges[0] < 0 or edges[1] < 0 or edges[2] > width or edges[3] > height
    ]
    overlaps = [
        f"{one!r} lies on {other!r}"
        for (one, a), (other, b) in combinations(boxes, 2)
        if a[0] < b[2] - 1 and b[0] < a[2] - 1 and a[1] < b[3] - 1 and b[1] < a[3] - 1
    ]
    return cut + overlaps


QUICK = {"surface", "cloud", "coverage", "floor"}
"""A new run of these compiles nothing. Of all others one run is looked at in many ways."""


def any_settings(panel: Panel, rng: np.random.Generator, *, restart: bool) -> None:
    """Put controls to places by chance, and drag the start, if there is one, anywhere over the map.

    Args:
        panel: what has them.
        rng: decides.
        restart: those too that need a new run?
    """
    free = {name: control for name, control in panel._controls.items() if restart or not control.restarts}
    chosen = {name: control.values[rng.integers(len(control.values))] for name, control in free.items()}
    start = dict(zip(panel.dragged, rng.uniform([-2.5, -2.6], [6.0, 1.9]).tolist(), strict=False))
    panel.set(**chosen, **start)


@pytest.mark.parametrize("name", PANELS)
def test_whatever_is_chosen_by_chance_texts_have_room_and_sentences_can_be_said(show, name):
    panel, rng, run = PANELS[name](), np.random.default_rng(0), None
    widget: Widget = show(panel._frame)
    for _ in range(25):
        any_settings(panel, rng, restart=name in QUICK)
        if run is None or name in QUICK:
            run = panel._start(panel.settings)
        for _ in range(int(rng.integers(12 if name in QUICK else 2))):
            if not run.finished:
                run.advance()
        panel._session.stepping = bool(panel.step_name) and rng.integers(2) == 1
        assert_can_be_said(panel._sentence(run))
        texts = widget.tell(picture=packed(panel._picture_of(run)))
        assert faults(texts, 960, widget.canvas.bounding_box()["height"]) == [], panel.settings
    panel.close()


@pytest.mark.parametrize("name", PANELS)
def test_no_text_is_cut_or_lies_on_another(show, name):
    panel = PANELS[name]()
    widget: Widget = show(panel._frame)
    found = {}
    for state, picture in pictures(panel):
        for width in (960, 620):
            widget.page.evaluate("width => { document.querySelector('.mbl-frame').style.width = `${width}px`; }", width)
            texts = widget.tell(picture=dict(picture))
            height = widget.canvas.bounding_box()["height"]
            if wrong := faults(texts, width, height):
                found[f"{state}, {width} wide"] = wrong[:5]
    panel.close()
    assert found == {}
