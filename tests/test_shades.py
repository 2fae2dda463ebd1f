"""The shades of maps: on both grounds none of them glares, and what lies over them is seen."""

import numpy as np
import pytest
from helpers import contrast, luminance, rgb

from lesson_lib.chart.picture import BLACK, BLUE, PURPLE, VERMILION
from lesson_lib.chart.shades import DARK, LIGHT, RIM, shaded
from lesson_lib.chart.surface import STRONGEST

INK, GROUND = (224, 224, 224), (17, 17, 17)
"""Of JupyterLab's dark theme."""


def test_contrast_is_that_of_the_standard():
    assert contrast((255, 255, 255), (0, 0, 0)) == 21
    assert contrast((118, 118, 118), (255, 255, 255)) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize(("stops", "ground", "ink"), [(LIGHT, (255, 255, 255), rgb(BLACK)), (DARK, GROUND, INK)])
def test_a_map_begins_at_the_ground_and_what_is_written_on_it_can_be_read(stops, ground, ink):
    place = ("light", "dark")[stops is DARK]
    shares = np.linspace(0, 1, 101)
    shades = dict(zip(("light", "dark"), shaded(shares[:, None]), strict=True))[place][:, 0]
    np.testing.assert_array_equal(shades[[0, -1]], [stops[0], stops[-1]])
    assert contrast(shades[0], ground) < 1.15
    steps = np.diff(luminance(shades)) * (1 if stops is DARK else -1)
    assert (steps >= 0).all()
    assert contrast(shades[-1], shades[0]) > 8
    assert (contrast(shades[shares <= STRONGEST], ink) >= 4.5).all()


def test_in_a_dark_theme_no_part_of_the_map_of_a_line_fit_is_bright():
    assert luminance(shaded(np.array([[STRONGEST]])).dark).max() < 0.15


@pytest.mark.parametrize("color", [BLUE, VERMILION, PURPLE, BLACK])
def test_a_path_stands_out_from_its_rim(color):
    assert contrast(rgb(color), rgb(RIM)) >= (2.8 if color == PURPLE else 3.0)
