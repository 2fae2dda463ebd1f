"""Votes: what learners expect, by a click, before it is measured; and what came out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import traitlets

from lesson_lib.checks import require_choice
from lesson_lib.lessons.display import PracticeFrame, Shown, folded, paragraph
from lesson_lib.lessons.question import Choice, Question, letter_of
from lesson_lib.panel import notebook
from lesson_lib.panel.frame import module


class Vote(Choice):
    """A vote, which can be changed until it is compared; what is right it does not say."""

    unanswered = "Not voted yet."
    any_counts = True

    def choose(self, letter: str) -> Choice:
        """Vote for an answer, as the learner does on the page. A vote that has been compared stands.

        Raises:
            ValueError: no answer has that letter.
        """
        require_choice("letter", letter, self.question.letters)
        return self if self.frame.closed else super().choose(letter)

    def begin_anew(self) -> None:
        """Forget the vote, so that the outcome is held back again."""
        self._record(self.question.name, chosen=None, compared=False, shown=False)

    def _follow(self) -> None:
        shown, compared = bool(self.entry.get("shown")), bool(self.entry.get("compared"))
        self.frame.closed = shown or compared
        where = "was compared" if compared else "comes"
        self.frame.verdict = f"Your vote: {self.chosen}. The answer {where} further down." if self.chosen else ""
        if shown and not self.chosen:
            self.frame.verdict = "You looked at the answer before you voted."

    def _told(self, frame: Any, content: dict[str, Any], buffers: object) -> None:
        if "anew" in content:
            self.begin_anew()
        else:
            super()._told(frame, content, buffers)


class ToldFrame(PracticeFrame):
    """Words on the page, with a table below them where there is one, and a button while they are held back."""

    _esm = module(Path(__file__).with_name("told.js"))

    words = traitlets.Unicode("").tag(sync=True)
    mark = traitlets.Unicode("").tag(sync=True)
    """Did it come true, "right", or not, "wrong"? Empty while that is not said."""
    rows: traitlets.List[list[str]] = traitlets.List().tag(sync=True)
    """Of the table; the first one is its head."""
    held = traitlets.Bool(False).tag(sync=True)
    """Is there something that the learner may ask to be shown?"""
    held_back: traitlets.List[str] = traitlets.List().tag(sync=True)
    """Names of the votes and drawings whose outcome is held back: what would tell it is folded on the page."""


class Outcome(Shown):
    """What came out of a vote; held back until there is a vote, or the learner asks for it."""

    def __init__(self, question: Question) -> None:
        super().__init__()
        self.question = question
        self.frame = ToldFrame()
        self.frame.on_msg(lambda *_: self.show_me())
        self._displayed = False
        # Asked now: what the page says later comes with no cell, and so with nobody who could be asked for input.
        self._is_watched = notebook.someone_is_watching()
        self.entry: dict[str, Any] = {}
        self.hear(question.name, self._progress.read().get(question.name, {}))
        self.frame.notice = self._progress.notice

    @property
    def words(self) -> str:
        """What is said now."""
        voted = letter_of(self.question, self.entry)
        if voted is not None:
            option = self.question.lettered[voted]
            said = f"You voted {voted}: {_ended(option.text)}"
            if option.right:
                return f"{said} That came true. {option.because}"
            return f"{said} That did not come true. {option.because}\n{self._truth}"
        if self.entry.get("shown"):
            return f"You did not vote. {self._truth}"
        return "You have not voted yet: vote above, or press Show me."

    @property
    def _truth(self) -> str:
        letter = self.question.right_letter
        right = self.question.lettered[letter]
        return f"What came out is {letter}: {_ended(right.text)} {right.because}"

    def show_me(self) -> None:
        """Say what came out, though there is no vote."""
        self._record(self.question.name, shown=True)

    def hear(self, name: str, facts: Mapping[str, Any]) -> None:
        if name != self.question.name:
            return
        self.entry |= facts
        voted = letter_of(self.question, self.entry)
        with self.frame.hold_sync():
            self.frame.words = self.words
            self.frame.held = voted is None and not self.entry.get("shown")
            self.frame.held_back = [name] if self.frame.held else []
            self.frame.mark = {None: "", self.question.right_letter: "right"}.get(voted, "wrong")
        self.frame.keep(self._copy)
        if self._is_watched:  # elsewhere what is on the page stays as it is
            self._compare()

    def _compare(self) -> None:
        """From when a learner has read what came out, the vote stands."""
        if self._displayed and letter_of(self.question, self.entry) and not self.entry.get("compared"):
            self._record(self.question.name, compared=True)

    def _ipython_display_(self) -> None:
        self._displayed = True
        self._compare()
        self._show_with(self._copy())

    def _copy(self) -> dict[str, str]:
        html = "".join(map(paragraph, self.words.splitlines()))
        return {
            "text/html": html + (folded(paragraph(self._truth)) if self.frame.held else ""),
            "text/plain": self.words,
        }


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
