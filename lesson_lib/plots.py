"""Arrays in, artists out: how the pictures of the lessons are drawn.

No state and no widgets here. Each picture has a function that lays out its axes and returns the
artists that will move, and one that moves them.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import matplotlib
import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, PercentFormatter

from lesson_lib.history import History

# Okabe and Ito (2008), "Color Universal Design": told apart with every common form of colour blindness.
BLUE, VERMILION, BLACK, GREY = "#0072B2", "#D55E00", "#000000", "#767676"

STYLE: dict[Any, Any] = {
    "font.size": 13,
    "axes.titlesize": 14,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 13,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e3e3e3",
    "legend.fontsize": 12,
    "legend.frameon": False,
    "lines.linewidth": 2.5,
}
"""Type that can be read from the back of a classroom; used as `with styled():`."""

_drawing = threading.RLock()

MAX_DOTS = 1500
"""So many mini-batch losses are drawn at most, evenly spread; more would only be a grey band."""


@contextmanager
def styled() -> Iterator[None]:
    """Draw in `STYLE` until the block ends.

    One thread at a time: matplotlib's settings belong to the whole process, and of two threads that set
    them and put them back in turn, the last would put back what the other had set.
    """
    with _drawing, matplotlib.rc_context(STYLE):
        yield


class RaceArtists(NamedTuple):
    """What moves while GD and SGD train, from back to front."""

    batch_losses: Line2D
    sgd_loss: Line2D
    gd_loss: Line2D
    sgd_predicted: Line2D
    sgd_noise: Line2D
    gd_noise: Line2D


def legend_above(ax: Axes, *, handle_length: float = 2.0) -> None:
    """Put the legend between title and axes, where it never lies on a curve."""
    columns = len(ax.get_legend_handles_labels()[0])
    legend = ax.legend(
        loc="lower left", bbox_to_anchor=(-0.02, 0.985), ncols=columns,
        borderaxespad=0, handlelength=handle_length, handletextpad=0.5, columnspacing=1.1,
    )  # fmt: skip
    # A legend wider than its axes must not make the axes narrower still.
    legend.set_in_layout(False)
    ax.set_title(ax.get_title(loc="left"), pad=30)


def draw_race(loss_ax: Axes, noise_ax: Axes, *, epochs: int, sgd_name: str) -> RaceArtists:
    """Lay out the race of GD and SGD: the loss in one picture, the gradient noise in the other."""
    (batch_losses,) = loss_ax.plot([], [], ".", color=VERMILION, alpha=0.22, markersize=3.5, label="one batch")
    (sgd_loss,) = loss_ax.plot([], [], "-", color=VERMILION, label=sgd_name)
    (gd_loss,) = loss_ax.plot([], [], "--o", color=BLUE, markersize=4.5, label="GD")
    loss_ax.set(title="Training loss, all examples", xlabel="epochs", ylabel="loss (nats)", xlim=(0, epochs))
    (sgd_predicted,) = noise_ax.plot([], [], "-", color=BLACK, linewidth=1.5, label="theory")
    (sgd_noise,) = noise_ax.plot([], [], "s", color=VERMILION, markersize=4.5, alpha=0.85, label=sgd_name)
    (gd_noise,) = noise_ax.plot([], [], "--o", color=BLUE, markersize=4.5, label="GD", clip_on=False)
    gd_noise.set_in_layout(False)  # not clipped and still without data, it would take all the room
    noise_ax.set(title="Gradient noise, measured", xlabel="epochs", ylabel="|g$_B$ − G| / |G|", xlim=(0, epochs))
    for ax in (loss_ax, noise_ax):
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        legend_above(ax)
    return RaceArtists(batch_losses, sgd_loss, gd_loss, sgd_predicted, sgd_noise, gd_noise)


def update_race(artists: RaceArtists, gd: History, sgd: History) -> None:
    """Move the curves to what is known now."""
    thin = slice(None, None, -(-len(sgd.batch_losses) // MAX_DOTS) or None)
    artists.batch_losses.set_data(sgd.batch_epochs[thin], sgd.batch_losses[thin])
    artists.sgd_loss.set_data(sgd.epochs, sgd.losses)
    artists.gd_loss.set_data(gd.epochs, gd.losses)
    measured = np.isfinite(sgd.predicted_noise)  # a line has a gap where a value is missing
    artists.sgd_predicted.set_data(sgd.epochs[measured], sgd.predicted_noise[measured])
    artists.sgd_noise.set_data(sgd.epochs, sgd.noise)
    artists.gd_noise.set_data(gd.epochs, gd.noise)


def race_tops(gd: History, sgd: History) -> tuple[float, float]:
    """Where the two vertical axes must end, so that all curves are seen."""
    return (
        top_for(gd.losses, sgd.losses, lowest=3.0),
        top_for(gd.noise, sgd.noise, sgd.predicted_noise, lowest=1.0),
    )


def set_race_tops(loss_ax: Axes, noise_ax: Axes, tops: tuple[float, float]) -> None:
    """Let the vertical axes end there. They begin a little below zero, so that a line at zero is seen whole."""
    for ax, top in zip((loss_ax, noise_ax), tops, strict=True):
        ax.set_ylim(-0.03 * top, top)


def top_for(*curves: Float[np.ndarray, " _"], lowest: float) -> float:
    """The end of an axis from zero that shows all finite values: `lowest`, or a round number (1, 2, 5, 10 …) above.

    Round numbers keep the axis still while the curves grow.
    """
    values = np.concatenate([lowest + np.zeros(1), *curves])
    highest = float(np.max(values, where=np.isfinite(values), initial=0.0))
    if highest <= lowest:
        return lowest
    decade = 10.0 ** np.floor(np.log10(highest))
    return next(float(step * decade) for step in (1, 2, 5, 10) if step * decade >= highest)


TIMES_SEEN_COLORS = {
    "never": "#e4e4e4", "once": "#56B4E9", "twice": "#E69F00", "3 times": "#D55E00", "more": "#000000",
}  # fmt: skip

GRID_COLUMNS = 120


class CoverageArtists(NamedTuple):
    """What moves while batches are drawn."""

    grid: AxesImage
    share: Line2D


def draw_coverage(
    grid_ax: Axes, share_ax: Axes, labels: Int[np.ndarray, " examples"], class_names: Sequence[str], *, epochs: int
) -> CoverageArtists:
    """Lay out one cell for each example, a band of cells for each class, and the share seen against epochs."""
    rows = -(-len(labels) // GRID_COLUMNS)
    colors = ListedColormap(list(TIMES_SEEN_COLORS.values()))
    empty = np.ma.masked_all((rows, GRID_COLUMNS))
    grid = grid_ax.imshow(empty, cmap=colors, vmin=-0.5, vmax=4.5, aspect="auto", interpolation="nearest")
    ends = np.cumsum(np.bincount(labels, minlength=len(class_names))) / GRID_COLUMNS
    grid_ax.set_yticks(ends - np.diff(ends, prepend=0) / 2 - 0.5, class_names, fontsize=11)
    grid_ax.set(title="How often each example was seen", xticks=[])
    grid_ax.grid(visible=False)
    grid_ax.tick_params(length=0)
    for name, color in TIMES_SEEN_COLORS.items():
        grid_ax.plot([], [], "s", color=color, markersize=9, label=name)
    legend_above(grid_ax, handle_length=1.0)

    at = np.linspace(0, epochs, 200)
    share_ax.plot(at, np.minimum(at, 1), "--", color=GREY, linewidth=1.5, label="once each")
    share_ax.plot(at, 1 - np.exp(-at), ":", color=BLACK, linewidth=2, label="1 − e$^{−x}$")
    (share,) = share_ax.plot([], [], "-", color=VERMILION, linewidth=3, label="measured")
    share_ax.set(title="Share seen at least once", xlabel="epochs", xlim=(0, epochs), ylim=(0, 1.02))
    share_ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    share_ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    legend_above(share_ax)
    return CoverageArtists(grid, share)


def update_coverage(
    artists: CoverageArtists,
    labels: Int[np.ndarray, " examples"],
    times_seen: Int[np.ndarray, " examples"],
    history: Float[np.ndarray, "2 points"],
) -> None:
    """Colour each example's cell by how often it has been seen; the cells are sorted by class."""
    rows = -(-len(labels) // GRID_COLUMNS)
    cells = np.ma.masked_all(rows * GRID_COLUMNS)
    cells[: len(labels)] = np.minimum(times_seen[np.argsort(labels, stable=True)], len(TIMES_SEEN_COLORS) - 1)
    artists.grid.set_data(cells.reshape(rows, GRID_COLUMNS))
    artists.share.set_data(*history)
