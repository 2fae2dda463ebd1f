"""Multiple-choice questions in which each wrong answer says which misconception is behind it."""

from html import escape
from pathlib import Path
from string import ascii_uppercase
from typing import Any, NamedTuple

import traitlets

from lesson_lib.checks import require_choice
from lesson_lib.lessons.display import STYLE, Shown, paragraph, progress_here
from lesson_lib.panel.frame import module
from lesson_lib.panel.live import Live


class Option(NamedTuple):
    """One answer that can be chosen."""

    text: str
    because: str
    """Why it is right, or which misconception is behind it."""
    right: bool = False


class Question(NamedTuple):
    """A question and its answers, of which one is right."""

    name: str
    """The lesson and a word, as in "04/cover"."""
    text: str
    options: tuple[Option, ...]

    @property
    def letters(self) -> str:
        """A, B, C …, one for each answer."""
        return ascii_uppercase[: len(self.options)]

    @property
    def right_letter(self) -> str:
        return next(letter for letter, option in zip(self.letters, self.options, strict=True) if option.right)


class ChoiceFrame(Live):
    """A question on the page."""

    _esm = module(Path(__file__).with_name("choice.js"))
    _css = STYLE

    text = traitlets.Unicode("").tag(sync=True)
    options = traitlets.List(traitlets.Unicode()).tag(sync=True)
    chosen = traitlets.Int(-1).tag(sync=True)
    """The place of the answer that is chosen; -1 while there is none."""
    right = traitlets.Bool(False).tag(sync=True)
    verdict = traitlets.Unicode("").tag(sync=True)
    notice = traitlets.Unicode("").tag(sync=True)


class Asked(Shown):
    """A question that is put to the learner; the last expression of a cell shows it."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self._progress = progress_here()
        self.frame = ChoiceFrame(text=question.text, options=[option.text for option in question.options])
        self.frame.on_msg(self._told)
        chosen = self._progress.read().get(question.name, {}).get("chosen")
        self.frame.notice = self._progress.notice
        if isinstance(chosen, str) and chosen in tuple(question.letters):
            self._show_verdict(chosen)

    def choose(self, letter: str) -> "Asked":
        """Choose an answer, as the learner does on the page.

        Raises:
            ValueError: no answer has that letter.
        """
        require_choice("letter", letter, tuple(self.question.letters))
        self._show_verdict(letter)
        self.frame.keep(self._copy)
        self._progress.record(self.question.name, chosen=letter, done=self.frame.right)
        self.frame.notice = self._progress.notice
        return self

    def _show_verdict(self, letter: str) -> None:
        place = self.question.letters.index(letter)
        option = self.question.options[place]
        with self.frame.hold_sync():
            self.frame.chosen, self.frame.right = place, option.right
            self.frame.verdict = f"{letter} is {'right' if option.right else 'not right'}. {option.because}"

    def _told(self, _frame: ChoiceFrame, content: dict[str, Any], _buffers: object) -> None:
        self.choose(self.question.letters[content["choose"]])

    def _ipython_display_(self) -> None:
        self._show_with(self._copy())

    def _copy(self) -> dict[str, str]:
        verdict = self.frame.verdict or "Not answered yet."
        lettered = list(zip(self.question.letters, self.question.options, strict=True))
        lines = [f"{letter}  {option.text}" for letter, option in lettered]
        # No list: JupyterLab takes away what would make it count in letters.
        options = "<br>".join(f"<b>{letter}</b> {escape(option.text)}" for letter, option in lettered)
        return {
            "text/html": f"<p><b>{escape(self.question.text)}</b></p><p>{options}</p>{paragraph(verdict)}",
            "text/plain": "\n".join([self.question.text, *lines, verdict]),
        }
