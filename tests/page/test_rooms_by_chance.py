"""Every text of every panel's picture has room, and the sentence under it can be said, whatever is chosen by chance."""

import numpy as np
import pytest
from rooms import PANELS, faults
from sentences import assert_can_be_said
from widget import Widget

from lesson_lib.panel.frame import packed
from lesson_lib.panel.panel import Panel

pytestmark = pytest.mark.slow

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
def test_texts_have_room_and_sentences_can_be_said(show, name):
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
