"""What a right answer does, on the page: its picture and its words follow the kernel."""

import pytest
from probe import chart, is_color, line

from lesson_lib.chart.picture import BLUE, GREEN, Picture
from lesson_lib.lessons.reward import RewardFrame
from lesson_lib.panel.frame import packed

pytestmark = pytest.mark.slow

PICTURES = {color: packed(Picture(((chart(line(0.5, color, width=20)),),), (280,))) for color in (BLUE, GREEN)}


def test_picture_and_words_go_on_together_and_the_words_stand_for_the_picture(show):
    reward = show(RewardFrame(picture=PICTURES[BLUE], words="After 4 updates the loss is 2.20."))
    for color, words in ((BLUE, "After 4 updates the loss is 2.20."), (GREEN, "After 8 updates it is 1.90.")):
        reward.tell(picture=PICTURES[color], words=words)
        assert reward.root.locator(".mbl-sentence").text_content() == words
        assert reward.root.get_by_role("img", name=words, exact=True).count() == 1
        seen = [is_color(reward.pixels(), each).sum() > 1000 for each in (BLUE, GREEN)]
        assert seen == [color == BLUE, color == GREEN]


def test_the_picture_follows_the_width_and_the_theme_of_the_page_while_it_stands_still(show):
    reward = show(RewardFrame(picture=PICTURES[BLUE], words="It learns."))
    reward.page.evaluate("() => { document.querySelector('.mbl-frame').parentElement.style.width = '500px'; }")
    reward.settle()
    assert reward.pixels().shape == (280, 500, 3)
    corner = "red => document.querySelector('canvas').getContext('2d').getImageData(1, 1, 1, 1).data[0] === red"
    for color, red in (("#111111", 17), ("#ffffff", 255)):
        with reward.in_theme({"layout-color0": color}):
            reward.page.wait_for_function(corner, arg=red)
