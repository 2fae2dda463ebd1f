"""The controls of a panel: what can be chosen, and how each choice is said in words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any, Literal

from lesson_lib.batching import SAMPLINGS, batch_size_menu
from lesson_lib.checks import number_in
from lesson_lib.experiment.history import CLOCKS, CURVES
from lesson_lib.panel.numbers import count


@dataclass(frozen=True)
class Control:
    """One setting and the values it can take.

    Args:
        name: the setting's name in code.
        label: its name on the page.
        values: what can be chosen, in order.
        text: how a value is said in full, "32 examples", on the page and by a screen reader.
        kind: a slider, or a list to choose from.
        restarts: does a new value need a new run? One that only changes how a run is looked at does not.
        main: is it one of the two or three that are seen at once? All others are under *More*.
        marks: what is written under the slider at some of the values.
    """

    name: str
    label: str
    values: Sequence[Any]
    text: Callable[[Any], str]
    kind: Literal["slider", "list"] = "slider"
    restarts: bool = True
    main: bool = False
    marks: Mapping[Any, str] = field(default_factory=dict)

    def index(self, value: object) -> int:
        """The place of `value` among the values.

        Raises:
            ValueError: `value` is not among them.
        """
        number = number_in(value)
        # `True == 1` and `2.0 == 2` in Python, but neither is a batch size.
        kinds = {_kind(number), Real} if _kind(number) is Integral else {_kind(number)}
        for place, allowed in enumerate(self.values):
            if _kind(allowed) in kinds and number == allowed:
                return place
        raise ValueError(f"{self.name} must be one of {', '.join(map(str, self.values))}; got {value!r}")

    def nearest(self, value: Any) -> int:
        """The place of `value`, or of the number that comes nearest to it where all values are numbers."""
        if value in self.values:
            return self.index(value)
        return min(range(len(self.values)), key=lambda place: abs(self.values[place] - value))

    def spec(self) -> dict[str, object]:
        """What the page needs to know of it."""
        texts = [self.text(value) for value in self.values]
        marks = [(place, self.marks[value]) for place, value in enumerate(self.values) if value in self.marks]
        named = {"name": self.name, "label": self.label, "kind": self.kind, "texts": texts}
        return named | {"main": self.main, "marks": marks}


def _kind(value: object) -> type:
    """What sort of value it is. Of one sort for another, only 2 may stand for 2.0."""
    kinds = (bool, Integral, Real, str)
    return next((kind for kind in kinds if isinstance(value, kind)), type(value))


def batch_size_control(num_examples: int) -> Control:
    """The powers of two below N, then N."""

    def text(batch_size: int) -> str:
        return count(batch_size, "example") + (" = N" if batch_size == num_examples else "")

    marks = {1: "1", 8: "8", 64: "64", 512: "512"} | {num_examples: "N"}
    return Control("batch_size", "batch size B", batch_size_menu(num_examples), text, main=True, marks=marks)


def epochs_control(most: int = 30) -> Control:
    """From 1 to `most`."""
    return Control("epochs", "epochs", range(1, most + 1), lambda epochs: count(epochs, "epoch"), main=True)


def learning_rate_control() -> Control:
    """From 0.001 to 10 in steps that look even on a log scale."""
    steps = (1, 1.5, 2, 3, 5, 7)
    values = [float(f"{step}e{decade}") for decade in range(-3, 1) for step in steps] + [10.0]
    return Control("learning_rate", "learning rate", values, lambda rate: f"η = {rate:g}", main=True)


def seed_control() -> Control:
    """From 0 to 20."""
    return Control("seed", "seed", range(21), lambda seed: f"seed {seed}")


def training_controls(num_examples: int) -> list[Control]:
    """What decides the course of a training with plain SGD."""
    return [batch_size_control(num_examples), epochs_control(), learning_rate_control(), seed_control()]


def sampling_control() -> Control:
    """The ways of `batching.SAMPLINGS`."""
    names = {
        "reshuffle": "reshuffle every epoch",
        "shuffle_once": "shuffle once",
        "replacement": "with replacement",
        "sorted": "sorted by label",
    }
    return Control("sampling", "sampling", tuple(SAMPLINGS), names.__getitem__, kind="list")


def num_seeds_control() -> Control:
    """One seed, or five with a band from the lowest to the highest."""

    def text(num_seeds: int) -> str:
        return "1 seed" if num_seeds == 1 else f"{num_seeds} seeds: median and range"

    return Control("num_seeds", "runs", (1, 5), text, kind="list")


def clock_control() -> Control:
    """What the time of a run is counted in."""
    return Control("clock", "x axis", tuple(CLOCKS), CLOCKS.__getitem__, kind="list", restarts=False)


def curve_control() -> Control:
    """Which curve tells how good the network is."""
    return Control("curve", "curve", tuple(CURVES), CURVES.__getitem__, kind="list", restarts=False)


def scale_control() -> Control:
    """How the loss axis is divided."""
    names = {"linear": "linear scale", "log": "logarithmic scale"}
    return Control("scale", "loss axis", tuple(names), names.__getitem__, kind="list", restarts=False)
