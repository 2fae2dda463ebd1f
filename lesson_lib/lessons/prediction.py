"""Curves that a learner draws before they are measured, and what was right about them."""

from collections.abc import Iterable, Mapping
from numbers import Real
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import traitlets
from jaxtyping import Float
from numpy.typing import ArrayLike

from lesson_lib.chart import drawing
from lesson_lib.chart.picture import Axis, Chart, Curve, Dash, Picture
from lesson_lib.checks import number_in, require_choice
from lesson_lib.lessons.display import PracticeFrame, Shown, folded, image, paragraph
from lesson_lib.lessons.score import Score, score
from lesson_lib.panel.frame import module, packed

Points = tuple[Float[np.ndarray, " _"], Float[np.ndarray, " _"]]


class Sketch(NamedTuple):
    """One curve that is to be drawn."""

    name: str
    color: str
    dash: Dash = "solid"


class Task(NamedTuple):
    """What is to be drawn, and on which axes."""

    name: str
    """The lesson and a word, as in "04/loss"."""
    title: str
    x: Axis
    y: Axis
    """An even one: drawings are judged by their changes in shares of it (`score`)."""
    places: tuple[float, ...]
    """The grid on the x axis, finer where the curves change: a drawing has a value at some of them."""
    sketches: tuple[Sketch, ...]


class SketchFrame(PracticeFrame):
    """Axes on the page, to draw on."""

    _esm = module(Path(__file__).with_name("sketch.js"))

    picture = traitlets.Dict().tag(sync=True)
    """`packed` of the axes and of what has been measured, if that is shown."""
    sketches: traitlets.List[dict[str, str]] = traitlets.List().tag(sync=True)
    places: traitlets.List[float] = traitlets.List().tag(sync=True)
    drawn = traitlets.Dict().tag(sync=True, echo_update=False)
    """For each curve's name its values at the places; `None` where nothing has been drawn. An echo of what the page
    said some time ago would take back what has been drawn since."""
    measured = traitlets.Bool(False).tag(sync=True)
    """Is it shown what has been measured? Then nothing can be drawn any more."""
    held = traitlets.Bool(False).tag(sync=True)
    """Has something been measured that is not shown yet?"""
    words = traitlets.Unicode("").tag(sync=True)
    alt = traitlets.Unicode("").tag(sync=True)


class Prediction(Shown):
    """A drawing of the learner's, on the page and kept from one session to the next."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.task = task
        self._measured: dict[str, Points] = {}
        self._is_shown = False
        drawn = self._progress.read().get(task.name, {}).get("drawn")
        self.frame = SketchFrame(
            sketches=[sketch._asdict() for sketch in task.sketches],
            places=list(task.places),
            drawn=drawn if self._fits(drawn) else self._blank(),
            notice=self._progress.notice,
        )
        self.frame.on_msg(self._told)
        self._follow()

    @property
    def drawn(self) -> dict[str, Points]:
        """The curves that have been drawn, at two places at least."""
        curves = {}
        for name, values in self.frame.drawn.items():
            there = [(at, value) for at, value in zip(self.task.places, values, strict=True) if value is not None]
            if len(there) > 1:
                at, value = np.array(there, dtype=float).T
                curves[name] = (at, value)
        return curves

    def draw(self, name: str, values: Iterable[Any]) -> "Prediction":
        """Draw a curve from code.

        Args:
            name: which one.
            values: its value at each of the task's places, in a list or an array; `None` leaves a place out.

        Raises:
            ValueError: there is no such curve, or not a value for each place, or one outside the axis.
        """
        drawn = {**self.frame.drawn, name: [_plain(value) for value in values]}
        if not self._fits(drawn):
            names = ", ".join(repr(sketch.name) for sketch in self.task.sketches)
            raise ValueError(
                f"draw takes one of {names} and {len(self.task.places)} values from {self.task.y.low:g} to "
                f"{self.task.y.high:g} (or None), got {name!r} and {values!r}"
            )
        self._keep(drawn)
        return self

    def show(self) -> "Prediction":
        """Show the axes, to be drawn on."""
        self._show_with(self._copy())
        return self

    def compare(self, measured: Mapping[str, tuple[ArrayLike, ArrayLike]]) -> None:
        """Lay measured curves over the drawing, and say what was right.

        Where not every curve has been drawn, they are held back until the learner asks for them.

        Args:
            measured: for each curve's name its places on the x axis, each above the one before, and its values.

        Raises:
            ValueError: a name that is none of the task's, places and values of different shapes or with more than one
                dimension, or places that do not rise or are not finite.
        """
        names = [sketch.name for sketch in self.task.sketches]
        checked = {}
        for name, (places, values) in measured.items():
            require_choice("name", name, names)
            x, y = np.asarray(places, float), np.asarray(values, float)
            if x.ndim != 1 or x.shape != y.shape or not (np.isfinite(x).all() and (np.diff(x) > 0).all()):
                raise ValueError(
                    f"measured must hold for {name!r} places, each above the one before, and as many values, "
                    f"got the shapes {x.shape} and {y.shape}, places {x}"
                )
            checked[name] = (x, y)
        self._measured = checked
        self._is_shown = False
        if len(self.drawn) == len(self.task.sketches):
            self.show_me()
        self._follow()
        self.show()

    def show_me(self) -> None:
        """Show what has been measured, whatever has been drawn."""
        if not self._measured:
            return
        self._is_shown = True
        self._follow()
        if self.drawn:
            self._record(self.task.name, compared=True, words=self.words, came_true=self._came_true)
        else:
            self._record(self.task.name, shown=True)

    @property
    def words(self) -> str:
        """What was right about the drawing; before it is compared, how to make one."""
        if not self._measured:
            return "Drawn." if self.drawn else "Not drawn yet."
        if not self._is_shown:
            return "Drawn. Press Compare." if self.drawn else "Draw what you expect, or press Show me."
        return self._comparison

    @property
    def _comparison(self) -> str:
        lines = []
        for name in self._measured:
            if name in self.drawn:
                found = self._scored(name)
                lines.append(f"{name}: {found.words if found else 'nothing was measured where you drew.'}")
            else:
                lines.append(f"{name}: not drawn.")
        return "\n".join(lines)

    @property
    def _came_true(self) -> bool:
        """Had every curve that was drawn the right direction and the right order of magnitude?"""
        found = [self._scored(name) for name in self.drawn if name in self._measured]
        return bool(found) and all(each is not None and each.direction and each.magnitude for each in found)

    def _scored(self, name: str) -> Score | None:
        return score(self.drawn[name], self._measured[name], self.task.x, self.task.y)

    def _fits(self, drawn: object) -> bool:
        """Is it a drawing for this task: the curves' names, and for each place a value on the axis or none?"""
        names = {sketch.name for sketch in self.task.sketches}
        low, high = self.task.y.low, self.task.y.high
        return (
            isinstance(drawn, dict)
            and drawn.keys() == names
            and all(
                isinstance(values, list)
                and len(values) == len(self.task.places)
                and all(value is None or (isinstance(value, float | int) and low <= value <= high) for value in values)
                for values in drawn.values()
            )
        )

    def _blank(self) -> dict[str, list[float | None]]:
        return {sketch.name: [None] * len(self.task.places) for sketch in self.task.sketches}

    def _told(self, _frame: SketchFrame, content: dict[str, Any], _buffers: object) -> None:
        if "show" in content:
            self.show_me()
        elif "clear" in content:
            self._is_shown = False
            self._keep(self._blank())
        elif self._fits(content["drawn"]) and not self._is_shown:
            with self.frame.newest(content) as is_newest:
                if is_newest:
                    # The page has it already, and perhaps a newer one.
                    self.frame.set_state({"drawn": content["drawn"]})
                    self._keep(content["drawn"])

    def _keep(self, drawn: dict[str, list[float | None]]) -> None:
        self.frame.drawn = drawn
        done = len(self.drawn) == len(self.task.sketches)
        self._record(self.task.name, drawn=drawn, done=done, compared=False, shown=False)
        self._follow()

    def _follow(self) -> None:
        """Bring the page up to date."""
        with self.frame.hold_sync():
            self.frame.picture = packed(self._picture(self._measured if self._is_shown else {}))
            self.frame.measured = self._is_shown
            self.frame.held = bool(self._measured) and not self._is_shown
            self.frame.words = self.words
            self.frame.alt = f"Axes to draw on: {self.task.y.label} against {self.task.x.label}. {self.words}"
        self.frame.keep_soon(self._copy)

    def _picture(self, measured: Mapping[str, Points], drawn: Mapping[str, Points] | None = None) -> Picture:
        """The axes, with what was measured; the page draws the drawing over it, and needs its names alone."""
        nothing = (np.empty(0), np.empty(0))
        marks = []
        for name, color, dash in self.task.sketches:
            if name in measured:
                marks.append(Curve(*measured[name], color, f"{name}, measured", dash=dash))
            line = (drawn or {}).get(name, nothing)
            marks.append(Curve(*line, color, f"{name}, your drawing", width=1.5, dash="dotted", marker="dot"))
        return Picture(rows=((Chart(self.task.title, self.task.x, self.task.y, tuple(marks)),),), heights=(360,))

    def _copy(self) -> dict[str, str]:
        picture = self._encoded(self._measured if self._is_shown else {})
        html = f"{image(self.frame.alt, picture)}{''.join(map(paragraph, self.words.splitlines()))}"
        if self.frame.held:
            alt = f"The same axes with what was measured. {self._comparison}"
            html += folded(image(alt, self._encoded(self._measured)))
        return {"text/html": html, "text/plain": self.words, "image/png": picture}

    def _encoded(self, measured: Mapping[str, Points]) -> str:
        return drawing.png_text(self._picture(measured, self.drawn))


def _plain(value: object) -> Any:
    """A number of NumPy's or JAX's as one of Python's, which can be kept in a file; anything else as it is."""
    number = number_in(value)
    return float(number) if isinstance(number, Real) else number
