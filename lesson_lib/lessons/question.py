"""Multiple-choice questions in which each wrong answer says which misconception is behind it."""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from string import ascii_uppercase
from typing import Any, NamedTuple

import traitlets

from lesson_lib.checks import require_choice
from lesson_lib.lessons.display import PracticeFrame, Shown, paragraph
from lesson_lib.panel.frame import module


class Option(NamedTuple):
    """One answer that can be chosen."""

    text: str
    because: str
    """Why it is right, or which misconception is behind it."""
    right: bool = False


class Question(NamedTuple):
    """A question and its answers, of which one is right; of a vote it is the one that the lesson measures."""

    name: str
    """The lesson and a word, as in "04/cover"."""
    text: str
    options: tuple[Option, ...]

    @property
    def letters(self) -> tuple[str, ...]:
        """A, B, C …, one for each answer."""
        return tuple(ascii_uppercase[: len(self.options)])

    @property
    def lettered(self) -> dict[str, Option]:
        """The answers by their letters."""
        return dict(zip(self.letters, self.options, strict=True))

    @property
    def right_letter(self) -> str:
        return next(letter for letter, option in self.lettered.items() if option.right)


class ChoiceFrame(PracticeFrame):
    """A question on the page."""

    _esm = module(Path(__file__).with_name("choice.js"))

    text = traitlets.Unicode("").tag(sync=True)
    options = traitlets.List(traitlets.Unicode()).tag(sync=True)
    chosen = traitlets.Int(-1).tag(sync=True)
    """The place of the answer that is chosen; -1 while there is none."""
    mark = traitlets.Unicode("").tag(sync=True)
    """Is the answer "right" or "wrong"? Empty while that is not said."""
    verdict = traitlets.Unicode("").tag(sync=True)
    closed = traitlets.Bool(False).tag(sync=True)
    """Nothing can be chosen any more, unless it is begun anew."""


class Choice(Shown):
    """A question of which the learner chooses one answer; the last expression of a cell shows it."""

    unanswered = "Not answered yet."
    any_counts = False
    """Is it done with any answer, or with the right one alone?"""

    def __init__(self, question: Question) -> None:
        super().__init__()
        self.question = question
        self.frame = ChoiceFrame(text=question.text, options=[option.text for option in question.options])
        self.frame.on_msg(self._told)
        self.entry: dict[str, Any] = {}
        self.hear(question.name, self._progress.read().get(question.name, {}))
        self.frame.notice = self._progress.notice

    @property
    def chosen(self) -> str | None:
        """The letter of the answer that is chosen."""
        return letter_of(self.question, self.entry)

    def choose(self, letter: str) -> "Choice":
        """Choose an answer, as the learner does on the page.

        Raises:
            ValueError: no answer has that letter.
        """
        require_choice("letter", letter, self.question.letters)
        done = self.any_counts or letter == self.question.right_letter
        self._record(self.question.name, chosen=letter, done=done)
        return self

    def hear(self, name: str, facts: Mapping[str, Any]) -> None:
        if name != self.question.name:
            return
        self.entry |= facts
        with self.frame.hold_sync():
            self.frame.chosen = self.question.letters.index(self.chosen) if self.chosen else -1
            self._follow()
        self.frame.keep(self._copy)

    def _follow(self) -> None:
        """Bring what is said on the page up to date."""
        raise NotImplementedError

    def _told(self, _frame: ChoiceFrame, content: dict[str, Any], _buffers: object) -> None:
        self.choose(self.question.letters[content["choose"]])

    def _ipython_display_(self) -> None:
        self._show_with(self._copy())

    def _copy(self) -> dict[str, str]:
        verdict = self.frame.verdict or self.unanswered
        lettered = self.question.lettered.items()
        lines = [f"{letter}  {option.text}" for letter, option in lettered]
        # No list: JupyterLab takes away what would make it count in letters.
        options = "<br>".join(f"<b>{letter}</b> {escape(option.text)}" for letter, option in lettered)
        return {
            "text/html": f"<p><b>{escape(self.question.text)}</b></p><p>{options}</p>{paragraph(verdict)}",
            "text/plain": "\n".join([self.question.text, *lines, verdict]),
        }


class Asked(Choice):
    """A question that is put to the learner, with an answer to each answer."""

    def _follow(self) -> None:
        if self.chosen is None:
            return
        option = self.question.lettered[self.chosen]
        self.frame.mark = "right" if option.right else "wrong"
        self.frame.verdict = f"{self.chosen} is {'right' if option.right else 'not right'}. {option.because}"


def letter_of(question: Question, entry: Mapping[str, Any]) -> str | None:
    """The answer that an entry of the progress file holds, if there is one."""
    chosen = entry.get("chosen")
    return chosen if chosen in question.letters else None
