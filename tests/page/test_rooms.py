"""Every text of every panel's picture has room: none lies on another, none is cut, for each control at both ends.

And the sentence under it can be said: it is short and has few numbers.
"""

from collections.abc import Iterator

import pytest
from rooms import PANELS, faults
from sentences import assert_can_be_said
from widget import Widget

from lesson_lib.panel.frame import packed
from lesson_lib.panel.panel import Panel

pytestmark = pytest.mark.slow

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
