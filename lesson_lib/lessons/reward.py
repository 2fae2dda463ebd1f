"""What a right answer can do: pictures below the verdict, from the first to the last."""

from collections.abc import Iterable
from pathlib import Path
from time import monotonic
from typing import NamedTuple

import traitlets

from lesson_lib.chart import drawing
from lesson_lib.chart.picture import Picture
from lesson_lib.lessons.display import PracticeFrame, Shown, image, paragraph
from lesson_lib.panel import notebook
from lesson_lib.panel.frame import module, packed

MOST_SECONDS = 10.0
"""A learner's function may be slow; so long a cell may take to show what it does."""


class Reward(NamedTuple):
    """A picture of what the learner's function has done so far, and what is seen in it."""

    picture: Picture
    words: str


class RewardFrame(PracticeFrame):
    """A picture on the page, with words below it."""

    _esm = module(Path(__file__).with_name("reward.js"))

    picture = traitlets.Dict().tag(sync=True)
    words = traitlets.Unicode("").tag(sync=True)


class Rewarded(Shown):
    """A picture that follows what the learner's function does, and stays as it is at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.frame = RewardFrame()
        self.last: Reward | None = None

    def show(self, rewards: Iterable[Reward]) -> None:
        """Show one after the other under this cell."""
        begun = monotonic()
        for reward in rewards:
            with self.frame.hold_sync():
                self.frame.picture, self.frame.words = packed(reward.picture), reward.words
            is_first, self.last = self.last is None, reward
            if is_first and notebook.someone_is_watching():
                self._show_with(self._copy())
            if monotonic() - begun > MOST_SECONDS:
                break
        if self.last is None:
            return
        if notebook.someone_is_watching():
            self.frame.keep(self._copy)
        else:
            self._show_with(self._copy())

    def _copy(self) -> dict[str, str]:
        assert self.last is not None
        words = self.last.words
        picture = drawing.png_text(self.last.picture)
        return {"text/html": image(words, picture) + paragraph(words), "text/plain": words, "image/png": picture}
