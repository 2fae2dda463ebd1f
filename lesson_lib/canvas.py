"""The live picture: a matplotlib figure that becomes PNG bytes many times a second.

Drawing axes, ticks and text takes most of a picture's time, and they do not move. So they are drawn
once and kept; a new picture is that background with the moving artists drawn on it ("blitting").
"""

from collections.abc import Iterable
from io import BytesIO

from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from lesson_lib.plots import styled

COLORS = 64
"""Colours of a picture: a palette makes it a third as large, and lines and type still look smooth."""


class Canvas:
    """A figure and its picture.

    Args:
        width, height: size on the page, in CSS pixels.
        scale: image pixels for each CSS pixel.
    """

    def __init__(self, width: int = 960, height: int = 400, *, scale: float = 1.0) -> None:
        # At 100 dots an inch the style's type sizes fit the page.
        self.figure = Figure(figsize=(width / 100, height / 100), dpi=100 * scale, layout="constrained")
        self._agg = FigureCanvasAgg(self.figure)
        self._moving: list[Artist] = []
        self._background: object | None = None
        self._palette: Image.Image | None = None

    def clear(self) -> None:
        """An empty figure, for another picture."""
        self.figure.clear()
        self.set_moving([])

    def set_moving(self, artists: Iterable[Artist]) -> None:
        """Say which artists move from picture to picture; all others are drawn once."""
        self._moving = list(artists)
        for artist in self._moving:
            artist.set_animated(True)
        self.redraw()

    def redraw(self) -> None:
        """Draw everything anew for the next picture: limits, labels or titles have changed, or it is the last one."""
        self._background = self._palette = None

    def png(self) -> bytes:
        """The picture as it stands, as the bytes of a PNG file."""
        if self._background is None:
            with styled():
                self._agg.draw()
            self._background = self._agg.copy_from_bbox(self.figure.bbox)
        self._agg.restore_region(self._background)
        for artist in self._moving:
            self.figure.draw_artist(artist)
        return self._encode()

    def _encode(self) -> bytes:
        image = Image.frombuffer("RGBA", self._agg.get_width_height(), self._agg.buffer_rgba()).convert("RGB")
        # Finding the best colours takes longer than drawing; those of the first picture serve the next ones too.
        indexed = image.quantize(COLORS, Image.Quantize.FASTOCTREE, palette=self._palette, dither=Image.Dither.NONE)
        self._palette = self._palette or indexed
        file = BytesIO()
        indexed.save(file, "png", compress_level=1)
        return file.getvalue()
