"""What a panel is on the page: controls, a picture, and words. It shows and asks; it computes nothing."""

from pathlib import Path

import anywidget
import traitlets

_HERE = Path(__file__).parent


class Frame(anywidget.AnyWidget):
    """Controls above a picture, and under it a sentence that says what is seen.

    Every control has a name and its value in words for a screen reader, and can be moved by the
    keyboard; ipywidgets' own sliders have no accessible name.
    """

    _esm = _HERE / "frame.js"
    _css = _HERE / "frame.css"

    controls: traitlets.List[dict[str, object]] = traitlets.List().tag(sync=True)
    """`Control.spec()` of each control, in the order on the page."""
    chosen = traitlets.Dict().tag(sync=True)
    """For each control's name the place of its value."""
    running = traitlets.Bool(False).tag(sync=True)
    picture = traitlets.Bytes(b"").tag(sync=True)
    alt = traitlets.Unicode("").tag(sync=True)
    sentence = traitlets.Unicode("").tag(sync=True)
    spoken = traitlets.Unicode("").tag(sync=True)
    """What a screen reader says of its own accord; set when a run ends or pauses, not at every picture."""
    status = traitlets.Unicode("").tag(sync=True)
    error = traitlets.Unicode("").tag(sync=True)
    views = traitlets.Int(-1).tag(sync=True)
    """On how many places of the page the panel is shown; -1 until a page has said so."""
