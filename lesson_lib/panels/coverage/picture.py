"""Which examples have been in a batch."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int, UInt8

from lesson_lib.chart import ticks
from lesson_lib.chart.picture import BLACK, VERMILION, Cells, Chart, Curve, Picture, verbatim

TIMES_SEEN_COLORS = {
    "never": "#e4e4e4", "once": "#56B4E9", "twice": "#E69F00", "3 times": "#D55E00", "more": "#000000",
}  # fmt: skip

DARK_COLORS = TIMES_SEEN_COLORS | {"never": "#272727", "more": "#e0e0e0"}
"""In a dark theme, where the legend's grey and black become these."""

GRID_COLUMNS = 120


def draw_coverage(
    labels: Int[np.ndarray, " examples"],
    class_names: Sequence[str],
    times_seen: Int[np.ndarray, " examples"],
    history: Float[np.ndarray, "2 points"],
    *,
    epochs: int,
    with_replacement: bool,
) -> Picture:
    """One cell for each example, in bands by class and coloured by how often it was seen; and the share seen."""
    rows = -(-len(labels) // GRID_COLUMNS)
    ends = np.cumsum(np.bincount(labels, minlength=len(class_names))) / GRID_COLUMNS
    middles = rows - (ends - np.diff(ends, prepend=0) / 2)
    nothing = np.empty(0)
    legend = tuple(
        Curve(nothing, nothing, color, name, width=0, marker="square", marker_size=9)
        for name, color in TIMES_SEEN_COLORS.items()
    )
    by_class = np.minimum(times_seen[np.argsort(labels, stable=True)], len(TIMES_SEEN_COLORS) - 1)
    light, dark = _coverage_cells(by_class, TIMES_SEEN_COLORS, 255), _coverage_cells(by_class, DARK_COLORS, 17)
    cells = Cells(light, left=0, right=GRID_COLUMNS, bottom=0, top=rows, dark=dark)
    at = np.linspace(0, epochs, 200)
    if with_replacement:
        theory = Curve(at, 1 - np.exp(-at), BLACK, "1 − e^{−x}", width=2, dash="dotted")
    else:
        theory = Curve(at, np.minimum(at, 1), BLACK, "once each", width=2, dash="dotted")
    shares = (Curve(history[0], history[1], VERMILION, "measured", width=3), theory)
    return Picture(
        rows=(
            (
                Chart(
                    "How often each example was seen",
                    ticks.blank(0, GRID_COLUMNS),
                    ticks.named("", 0, rows, middles, list(map(verbatim, class_names))),
                    (cells, *legend),
                    width=1.15,
                    note="A cell for each training example, in bands by class",
                ),
                Chart(
                    "Share seen at least once",
                    ticks.linear("epochs", 0, epochs),
                    ticks.linear("", 0, 1, percent=True)._replace(high=1.02),
                    shares,
                ),
            ),
        )
    )


def _coverage_cells(
    by_class: Int[np.ndarray, " examples"], palette: Mapping[str, str], ground: int
) -> UInt8[np.ndarray, "rows columns 3"]:
    colors = np.array([tuple(bytes.fromhex(color[1:])) for color in palette.values()], np.uint8)
    cells = np.full((-(-len(by_class) // GRID_COLUMNS) * GRID_COLUMNS, 3), ground, np.uint8)
    cells[: len(by_class)] = colors[by_class]
    return cells.reshape(-1, GRID_COLUMNS, 3)
