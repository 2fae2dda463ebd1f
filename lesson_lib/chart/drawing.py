"""A picture as a PNG file, drawn by matplotlib.

This is how a picture is kept where nothing is live. matplotlib is imported at the first drawing and not
before: that takes half a second, which a learner who looks at the live picture does not have to wait.
"""

import re
import threading
from base64 import b64encode
from io import BytesIO
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from lesson_lib.chart.names import Name, name_places, named_at_ends
from lesson_lib.chart.picture import (
    BLACK,
    MARKUP,
    RING_SIZE,
    TYPE_SIZE,
    Axis,
    Band,
    Cells,
    Chart,
    Curve,
    Mark,
    Picture,
    Words,
)
from lesson_lib.chart.ticks import widened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import TransformedBbox

WIDTH = 960
"""CSS pixels."""

COLORS = 64
"""Colours of a file: a palette makes it a third as large, and lines and type still look smooth."""

HEAD_LENGTH = 0.91
"""Of an arrow, in its mutation scale."""

POINT = 0.72
"""A CSS pixel in points, at 100 pixels an inch."""

SIZE = TYPE_SIZE * POINT
GRID_COLOR = "#e3e3e3"

DASHES = {"solid": "-", "dashed": (0, (3.5, 1.8)), "dotted": (0, (1, 1.6))}
MARKERS = {"none": "", "dot": "o", "square": "s", "cross": "x"}

_drawing = threading.Lock()
"""One thread at a time: all figures share matplotlib's parser of formulas."""


def png_text(picture: Picture) -> str:
    """The picture as a PNG file in base 64, as notebooks keep it."""
    return b64encode(png(picture)).decode()


def png(picture: Picture) -> bytes:
    """The picture as the bytes of a PNG file, 960 pixels wide."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  see above
    from matplotlib.figure import Figure  # noqa: PLC0415

    # Nothing is set for all of matplotlib: the learner's own figure may be drawn at the same time.
    with _drawing:
        figure = Figure(figsize=(WIDTH / 100, sum(picture.heights) / 100), dpi=100, layout="constrained")
        agg = FigureCanvasAgg(figure)
        _draw_rows(figure, picture)
        _make_units_equal(figure, picture)
        agg.draw()
        return _encode(np.asarray(agg.buffer_rgba())[:, :, :3])


def _draw_rows(figure: "Figure", picture: Picture) -> None:
    rows = figure.subfigures(len(picture.rows), 1, height_ratios=picture.heights, squeeze=False)[:, 0]
    for subfigure, row, height in zip(rows, picture.rows, picture.heights, strict=True):
        all_axes = subfigure.subplots(1, len(row), width_ratios=[chart.width for chart in row], squeeze=False)[0]
        for ax, chart in zip(all_axes, row, strict=True):
            _draw_chart(ax, chart, WIDTH * chart.width / sum(other.width for other in row), height)


def _draw_chart(ax: "Axes", chart: Chart, room: float, height: int) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_axisbelow(True)
    ax.tick_params(labelsize=SIZE)
    for axis, name in ((chart.x, "x"), (chart.y, "y")):
        _draw_axis(ax, axis, name)
    at_ends = named_at_ends(chart, room, height)
    # By identity: arrays are not compared as a whole.
    elsewhere = {id(curve) for curve in at_ends}
    named = [mark for mark in chart.marks if isinstance(mark, Curve) and mark.name]
    in_legend = {id(curve): curve.name for curve in named if id(curve) not in elsewhere}
    for order, mark in enumerate(chart.marks):
        _draw_mark(ax, mark, 2 + order, mathtext(in_legend.get(id(mark), "_")))
    if chart.start is not None:
        _draw_ring(ax, chart.start, 2 + len(chart.marks))
    if not chart.equal:
        for line in ax.lines:
            line.set_clip_box(_a_little_larger(ax))
    lines = _put_legend_above(ax, list(in_legend.values()), room) if in_legend else 0
    _put_names_at_ends(ax, name_places(chart, at_ends, height))
    title = mathtext(chart.title) or " " * lines  # above an empty title matplotlib leaves no room for the legend
    ax.set_title(title, loc="left", size=SIZE + 3 * POINT, weight="bold", pad=8 + 15 * lines)


def _make_units_equal(figure: "Figure", picture: Picture) -> None:
    """In charts that are to be equal, let the axis with room to spare show more."""
    equal = [(ax, chart) for ax, chart in zip(figure.axes, chain(*picture.rows), strict=True) if chart.equal]
    if equal:
        figure.draw_without_rendering()  # the size of the axes is known only then
    for ax, chart in equal:
        low, high = np.array([ax.get_xlim(), ax.get_ylim()]).T
        unit = np.min(ax.bbox.size / (high - low))
        spare = (ax.bbox.size / unit - (high - low)) / 2
        ends = np.stack([low - spare, high + spare], axis=1).tolist()
        for name, axis, (left, right) in zip("xy", (chart.x, chart.y), ends, strict=True):
            _draw_axis(ax, widened(axis, left, right), name)
        _shorten_heads(ax)


def _draw_axis(ax: "Axes", axis: Axis, name: str) -> None:
    drawn = {"x": ax.xaxis, "y": ax.yaxis}[name]
    ax.set(**{f"{name}scale": "log" if axis.log else "linear", f"{name}lim": (axis.low, axis.high)})
    drawn.set_ticks([tick.at for tick in axis.ticks], [mathtext(tick.text) for tick in axis.ticks])
    drawn.set_ticks([], minor=True)
    drawn.set_label_text(mathtext(axis.label), size=SIZE)
    if axis.grid:
        ax.grid(visible=True, color=GRID_COLOR, axis="x" if name == "x" else "y")
    else:
        drawn.set_tick_params(length=0)
    if not (axis.ticks or axis.label):
        ax.spines[["bottom" if name == "x" else "left"]].set_visible(False)


def _draw_mark(ax: "Axes", mark: Mark, order: int, label: str) -> None:
    match mark:
        case Curve():
            ax.plot(
                mark.x, mark.y, color=mark.color, alpha=mark.opacity, zorder=order,
                linestyle=DASHES[mark.dash] if mark.width else "", linewidth=mark.width * POINT,
                marker=MARKERS[mark.marker], markersize=mark.marker_size * POINT, label=label,
                in_layout=False,
            )  # fmt: skip
            if mark.arrow:
                _draw_arrow(ax, mark, order)
        case Band():
            ax.fill_between(mark.x, mark.low, mark.high, color=mark.color, alpha=mark.opacity, lw=0, zorder=order)
        case Cells():
            extent = (mark.left, mark.right, mark.bottom, mark.top)
            limits = ax.axis()
            between = "bilinear" if mark.smooth else "nearest"
            ax.imshow(mark.colors, extent=extent, aspect="auto", interpolation=between, zorder=order)
            ax.axis(limits)
        case Words():
            ax.text(
                mark.x, mark.y, mathtext(mark.text), color=mark.color, size=mark.size * POINT,
                ha="center", va="center", zorder=order, clip_on=True, in_layout=False,
            )  # fmt: skip


def _draw_ring(ax: "Axes", place: tuple[float, float], order: int) -> None:
    for color, width in (("white", 5.0), (BLACK, 2.5)):
        ax.plot(
            *place, linestyle="", marker="o", markersize=RING_SIZE * POINT, markerfacecolor="none",
            markeredgecolor=color, markeredgewidth=width * POINT, zorder=order, label="_", in_layout=False,
        )  # fmt: skip


def _draw_arrow(ax: "Axes", curve: Curve, order: int) -> None:
    before, end = ((curve.x[i], curve.y[i]) for i in (-2, -1))
    head = {
        "arrowstyle": f"-|>,head_width=0.41,head_length={HEAD_LENGTH}",
        "mutation_scale": (6 + 2.5 * curve.width) * POINT,
        "shrinkA": 0,
        "shrinkB": 0,
        "color": curve.color,
        "alpha": curve.opacity,
        "linewidth": 0,
    }
    ax.annotate("", end, before, arrowprops=head, zorder=order)


def _shorten_heads(ax: "Axes") -> None:
    """The head of a short arrow is no longer than most of the arrow: it must not begin before its tail."""
    from matplotlib.text import Annotation  # noqa: PLC0415  see above

    for note in ax.findobj(Annotation):
        ends = ax.transData.transform(np.array([note.xyann, note.xy]))
        length = float(np.hypot(*(ends[1] - ends[0]))) * POINT
        if (head := note.arrowprops) is not None:  # from here matplotlib takes the scale anew at each drawing
            head["mutation_scale"] = min(head["mutation_scale"], 0.7 * length / HEAD_LENGTH)


def _a_little_larger(ax: "Axes") -> "TransformedBbox":
    """Where lines show, but on a map: about 5 pixels beyond the axes, so that a marker at the edge is whole."""
    from matplotlib.transforms import Bbox, TransformedBbox  # noqa: PLC0415

    return TransformedBbox(Bbox.from_extents(-0.012, -0.02, 1.012, 1.02), ax.transAxes)


def _put_legend_above(ax: "Axes", names: list[str], room: float) -> int:
    """Put the legend between title and axes, where it never lies on a curve. Returns its number of lines."""
    widest = max(map(len, names)) * 7 + 45
    columns = min(len(names), max(1, int(room / widest)))
    legend = ax.legend(
        loc="lower left",
        bbox_to_anchor=(-0.02, 0.985),
        ncols=columns,
        borderaxespad=0,
        frameon=False,
        fontsize=SIZE,
        handlelength=1.8,
        handletextpad=0.5,
        columnspacing=1.1,
    )
    legend.set_in_layout(False)  # wider than its axes, it must not make them narrower still
    for sample in legend.get_lines():
        # Dots that are faint and small are seen by their number; here is only one.
        sample.set_alpha(max(0.6, sample.get_alpha() or 0))
        sample.set_markersize(max(6 * POINT, sample.get_markersize()))
    return -(-len(names) // columns)


def _put_names_at_ends(ax: "Axes", names: list[Name]) -> None:
    """Write each curve's name where it ends, on a rim of white that sets it off from other lines."""
    from matplotlib.patheffects import withStroke  # noqa: PLC0415  see above

    for curve, x, y in names:
        ax.annotate(
            mathtext(curve.name), (x, y), (7 * POINT, 0), "axes fraction", "offset points", color=readable(curve.color),
            size=SIZE, va="center", annotation_clip=False, path_effects=[withStroke(linewidth=2, foreground="white")],
        )  # fmt: skip


def readable(color: str) -> str:
    """The colour, or as little darker as it takes to be read on white (4.5 : 1, WCAG 2.2), as on the page.

    >>> readable("#0072B2"), readable("#000000")
    ('#0072b2', '#000000')
    """
    channels = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)], float)
    for share in np.arange(0.0, 1.0, 0.02):
        mixed = (1 - share) * channels
        if 1.05 / (_luminance(mixed) + 0.05) >= 4.5:
            break
    return "#{:02x}{:02x}{:02x}".format(*np.round(mixed).astype(int))


def _luminance(channels: np.ndarray) -> float:
    shares = channels / 255
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def mathtext(text: str) -> str:
    r"""What is low or high in `text`, in matplotlib's way of writing.

    >>> mathtext("|g_B − G|^{2}")
    '|g$\\mathregular{_{B}}$ − G|$\\mathregular{^{2}}$'
    """

    def written(found: re.Match[str]) -> str:
        part = found["several"] or found["one"]
        return found["itself"] or rf"$\mathregular{{{found['level']}{{{part}}}}}$"

    return MARKUP.sub(written, text.replace("$", r"\$"))


def _encode(pixels: np.ndarray) -> bytes:
    from PIL import Image  # noqa: PLC0415  comes with matplotlib

    indexed = Image.fromarray(pixels).quantize(COLORS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    file = BytesIO()
    indexed.save(file, "png")
    return file.getvalue()
