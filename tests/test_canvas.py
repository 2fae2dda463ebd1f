"""Pictures drawn in parts must look as if they were drawn at once."""

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.lines import Line2D
from PIL import Image

from lesson_lib import plots
from lesson_lib.canvas import COLORS, Canvas
from lesson_lib.history import History

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def decode(png):
    return np.asarray(Image.open(BytesIO(png)).convert("RGB"))


def colors(pixels):
    return {tuple(color) for color in np.unique(pixels.reshape(-1, 3), axis=0).tolist()}


class Counting(Artist):
    """An artist that draws nothing and counts how often it does."""

    times = 0

    def draw(self, renderer):
        self.times += 1


def flat_line(height, color="red"):
    """A horizontal line across the figure, with hard edges: it has no other colours than its own."""
    return Line2D([0, 1], [height, height], color=color, linewidth=4, antialiased=False)


@pytest.fixture
def canvas():
    return Canvas(200, 100)


def moving_line(canvas, height=0.5, color="red"):
    line = flat_line(height, color)
    canvas.figure.add_artist(line)
    canvas.set_moving([line])
    return line


@settings(max_examples=15)
@given(st.integers(30, 300), st.integers(30, 300), st.sampled_from([1.0, 1.5, 2.0]))
def test_the_picture_is_a_png_of_the_right_size(width, height, scale):
    png = Canvas(width, height, scale=scale).png()
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    image = Image.open(BytesIO(png))
    assert image.size == pytest.approx((width * scale, height * scale), abs=1)
    assert image.mode == "P"


def test_an_empty_canvas_is_white(canvas):
    assert colors(decode(canvas.png())) == {WHITE}


def test_a_moving_artist_shows_where_it_is_now(canvas):
    line = moving_line(canvas)
    for height in (0.25, 0.5, 0.8):
        line.set_ydata([height, height])
        pixels = decode(canvas.png())
        rows = np.flatnonzero((pixels[:, 100] == RED).all(axis=1))
        assert np.mean(rows) == pytest.approx(100 * (1 - height), abs=1.5)
        assert colors(pixels) == {RED, WHITE}


def test_only_what_moves_is_drawn_anew(canvas):
    still, moving = Counting(), Counting()
    canvas.figure.add_artist(still)
    canvas.figure.add_artist(moving)
    canvas.set_moving([moving])
    for _ in range(5):
        canvas.png()
    assert (still.times, moving.times) == (1, 5)
    canvas.redraw()
    canvas.png()
    assert (still.times, moving.times) == (2, 6)


def test_moving_artists_lie_over_one_another_in_the_order_given(canvas):
    below, above = flat_line(0.5, "red"), flat_line(0.5, "blue")
    for line in (above, below):
        canvas.figure.add_artist(line)
    canvas.set_moving([below, above])
    assert colors(decode(canvas.png())) == {BLUE, WHITE}


def test_what_stands_still_keeps_its_place_until_a_redraw(canvas):
    still = flat_line(0.5)
    canvas.figure.add_artist(still)
    canvas.set_moving([])
    before = decode(canvas.png())
    still.set_ydata([0.8, 0.8])
    np.testing.assert_array_equal(decode(canvas.png()), before)
    canvas.redraw()
    after = decode(canvas.png())
    assert (after != before).any()
    assert colors(after) == {RED, WHITE}


def test_clear_leaves_nothing(canvas):
    moving_line(canvas)
    canvas.png()
    canvas.clear()
    assert colors(decode(canvas.png())) == {WHITE}
    assert canvas.figure.get_children() == [canvas.figure.patch]


def test_a_redraw_finds_the_best_colours_anew(canvas):
    line = moving_line(canvas, color="white")
    canvas.png()
    line.set_color("red")
    assert RED not in colors(decode(canvas.png()))  # red came after the palette was made
    canvas.redraw()
    assert RED in colors(decode(canvas.png()))


def plain_picture(figure):
    """The same figure drawn by matplotlib alone, at once, with nothing that moves and no palette."""
    for artist in figure.findobj():
        artist.set_animated(False)
    agg = FigureCanvasAgg(figure)
    with plots.styled():
        agg.draw()
    return np.asarray(agg.buffer_rgba())[:, :, :3]


def test_few_colours_are_kept_exactly():
    canvas = Canvas(300, 200)
    lines = [flat_line(height, color) for height, color in [(0.3, "red"), (0.5, "#0072B2"), (0.7, "#123456")]]
    for line in lines:
        canvas.figure.add_artist(line)
    canvas.set_moving(lines[1:])
    canvas.png()
    lines[1].set_ydata([0.4, 0.6])
    pixels = decode(canvas.png())
    np.testing.assert_array_equal(pixels, plain_picture(canvas.figure))


def curves(measurements, updates):
    rng = np.random.default_rng(updates)
    epochs, batches = np.linspace(0.2, 4.8, measurements), np.linspace(0.2, 4.8, updates)
    return History(epochs, *rng.uniform(0.2, 0.9, (3, measurements)), batches, rng.uniform(0.2, 0.9, updates))


def race_canvas():
    canvas = Canvas()
    with plots.styled():
        axes = canvas.figure.subplots(1, 2)
        artists = plots.draw_race(*axes, epochs=5, sgd_name="SGD, B = 8")
        plots.set_race_tops(*axes, (3.0, 1.0))
        canvas.set_moving(artists)
    return canvas, axes, artists


def test_the_race_drawn_in_parts_is_the_race_drawn_at_once():
    canvas, _, artists = race_canvas()
    for measurements in (1, 4, 12):
        plots.update_race(artists, curves(measurements, measurements), curves(measurements, 50 * measurements))
        in_parts = Image.open(BytesIO(canvas.png()))
    at_once = Image.fromarray(plain_picture(canvas.figure))
    with_its_palette = at_once.quantize(COLORS, palette=in_parts, dither=Image.Dither.NONE).convert("RGB")
    np.testing.assert_array_equal(np.asarray(in_parts.convert("RGB")), np.asarray(with_its_palette))


def test_the_palette_comes_close_to_all_colours():
    canvas, _, artists = race_canvas()
    plots.update_race(artists, curves(5, 5), curves(5, 200))
    pixels = decode(canvas.png())
    assert len(colors(pixels)) <= COLORS
    error = np.abs(pixels - plain_picture(canvas.figure).astype(int))
    assert error.mean() < 2
    assert error.max() < 64


def test_nothing_is_left_of_earlier_pictures():
    canvas, _, artists = race_canvas()
    canvas.png()  # the palette is made here
    first, later = curves(5, 200), curves(9, 900)
    plots.update_race(artists, first, first)
    before = canvas.png()
    plots.update_race(artists, later, later)
    assert canvas.png() != before
    plots.update_race(artists, first, first)
    assert canvas.png() == before


def test_new_limits_show_after_a_redraw_as_on_a_new_canvas():
    canvas, axes, artists = race_canvas()
    plots.update_race(artists, curves(5, 5), curves(5, 200))
    small = canvas.png()
    plots.set_race_tops(*axes, (10.0, 5.0))
    canvas.redraw()
    large = canvas.png()
    assert large != small
    other, other_axes, other_artists = race_canvas()
    plots.set_race_tops(*other_axes, (10.0, 5.0))
    plots.update_race(other_artists, curves(5, 5), curves(5, 200))
    assert other.png() == large


def test_two_canvases_make_the_same_bytes():
    pictures = []
    for _ in range(2):
        canvas, _, artists = race_canvas()
        plots.update_race(artists, curves(5, 5), curves(5, 200))
        pictures.append(canvas.png())
    assert pictures[0] == pictures[1]
