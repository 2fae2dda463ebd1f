"""Every text of every panel's picture has room: none lies on another, none is cut, whatever is chosen.

And the sentence under it can be said: it is short and has few numbers.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from rooms import PANELS, faults
from sentences import assert_can_be_said

import lesson_lib as ll
from lesson_lib.panel.frame import packed
from lesson_lib.panel.panel import Panel

pytestmark = pytest.mark.slow

WIDTHS = (960, 620)

PIECES = 6
"""So many pieces of work are done of each run, so that there is something to see."""

QUICK = {"LossSurface", "GradientCloud", "Coverage", "NoiseFloor"}
"""A new run of these compiles nothing. Of all others one run is looked at in many ways."""


def worked_on(panel: Panel, runs: dict[object, Any]) -> Any:
    """The run with the panel's settings, after some work; those that only look at a run share it."""
    restarting = [name for name, control in panel._controls.items() if control.restarts]
    of = tuple(getattr(panel.settings, name) for name in restarting)
    if of not in runs:
        runs[of] = panel._start(panel.settings)
        work_on(runs[of], PIECES)
    return runs[of]


def work_on(run: Any, pieces: int) -> None:
    for _ in range(pieces):
        if not run.finished:
            run.advance()


def at_both_ends(panel: Panel, runs: dict[object, Any]) -> Iterator[tuple[str, Any]]:
    """At the start; and with each control at both ends, after some work, and in single steps."""
    yield "at the start", panel._start(panel.settings)
    first = {name: getattr(panel.settings, name) for name in panel._controls}
    for name, control in panel._controls.items():
        for value in (control.values[0], control.values[-1]):
            panel.set(**first | {name: value})
            run = worked_on(panel, runs)
            yield f"{name} = {value}", run
            if panel.step_name:
                panel._session.stepping = True
                yield f"{name} = {value}, a step", run
                panel._session.stepping = False
    panel.set(**first)


def by_chance(panel: Panel, runs: dict[object, Any], *, restart: bool) -> Iterator[tuple[str, Any]]:
    """With controls at places by chance, and the start, if there is one, dragged anywhere over the map.

    Args:
        panel: what has them.
        runs: those that there are.
        restart: those too that need a new run?
    """
    rng = np.random.default_rng(0)
    free = {name: control for name, control in panel._controls.items() if restart or not control.restarts}
    for _ in range(settings().max_examples // 6):  # 8 for each panel: some 100 in all
        chosen = {name: control.values[rng.integers(len(control.values))] for name, control in free.items()}
        start = dict(zip(panel.dragged, rng.uniform([-2.5, -2.6], [6.0, 1.9]).tolist(), strict=False))
        panel.set(**chosen, **start)
        run = panel._start(panel.settings) if restart else worked_on(panel, runs)
        work_on(run, int(rng.integers(PIECES if restart else 2)))
        panel._session.stepping = bool(panel.step_name and rng.integers(2))
        yield str(panel.settings), run


def test_every_panel_is_here():
    public = {name: getattr(ll, name) for name in ll.__all__}
    assert set(PANELS) == {name for name, it in public.items() if isinstance(it, type) and issubclass(it, Panel)}


@pytest.mark.parametrize("name", PANELS)
def test_texts_have_room_and_sentences_can_be_said(show, name):
    panel, runs = PANELS[name](), {}
    widget, found = show(panel._frame), {}

    def look(state: str, run: Any, widths: tuple[int, ...]) -> None:
        assert_can_be_said(panel._caption_of(run).sentence)
        for sheet in widget.in_widths(packed(panel._picture_of(run)), widths):
            if wrong := faults(sheet):
                found[f"{state}, {sheet.width} wide"] = wrong[:5]

    for state, run in at_both_ends(panel, runs):
        look(state, run, WIDTHS)
    for state, run in by_chance(panel, runs, restart=name in QUICK):
        look(state, run, WIDTHS[:1])
    panel.close()
    assert found == {}
