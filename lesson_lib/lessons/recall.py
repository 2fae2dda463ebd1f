"""What a learner expected in a lesson, beside what came out."""

from collections.abc import Mapping
from html import escape
from typing import Any, NamedTuple

from lesson_lib.lessons.content.lesson import Lesson
from lesson_lib.lessons.display import Shown, paragraph, table
from lesson_lib.lessons.progress import Entries
from lesson_lib.lessons.question import Question, letter_of
from lesson_lib.lessons.vote import ToldFrame

HEAD = ["question", "what you said", "what came out", ""]


class Line(NamedTuple):
    """One vote or one drawing."""

    asked: str
    said: str
    came_out: str
    """Empty while it is held back."""
    came_true: bool | None
    """`None` while it is held back, and where it was looked at without an answer."""

    @property
    def row(self) -> list[str]:
        verdict = {True: "✓ came true", False: "✗ did not", None: ""}[self.came_true]
        return [self.asked, self.said, self.came_out, verdict]


def vote_line(question: Question, entry: Mapping[str, Any]) -> Line:
    """What was voted, and what came out if there is a vote or it was looked at."""
    right, voted = question.right_letter, letter_of(question, entry)
    if voted is None and not entry.get("shown"):
        return Line(question.text, "not voted yet", "", None)
    truth = f"{right}: {question.lettered[right].text}"
    if voted is None:
        return Line(question.text, "no vote", truth, None)
    return Line(question.text, f"{voted}: {question.lettered[voted].text}", truth, voted == right)


def drawing_line(title: str, entry: Mapping[str, Any]) -> Line:
    """What was right about a drawing, if it has been compared."""
    if entry.get("compared"):
        return Line(title, "your drawing", str(entry.get("words", "")), bool(entry.get("came_true")))
    if entry.get("shown"):
        return Line(title, "no drawing", "the measured curves, above", None)
    return Line(title, "not compared yet", "", None)


class Recalled(Shown):
    """The votes and drawings of a lesson; the last expression of a cell shows it, and it follows what is answered."""

    def __init__(self, lesson: Lesson) -> None:
        super().__init__()
        self.lesson = lesson
        self.frame = ToldFrame()
        self._entries: Entries = self._progress.read()
        self.frame.notice = self._progress.notice
        self._follow()

    @property
    def lines(self) -> dict[str, Line]:
        """By name, in the order of the lesson's votes and drawings."""
        votes = {vote.name: vote_line(vote, self._entries.get(vote.name, {})) for vote in self.lesson.votes}
        tasks = self.lesson.predictions
        return votes | {task.name: drawing_line(task.title, self._entries.get(task.name, {})) for task in tasks}

    @property
    def words(self) -> str:
        """How many came true, of those that are answered."""
        lines = self.lines.values()
        answered = [line.came_true for line in lines if line.came_true is not None]
        if not answered:
            return "You have not predicted anything in this lesson yet: the votes and drawings are above."
        still_open = sum(line.came_true is None for line in lines)
        rest = f" {still_open} without an answer." if still_open else ""
        return f"{sum(answered)} of {len(answered)} came true.{rest}"

    def hear(self, name: str, facts: Mapping[str, Any]) -> None:
        self._entries = self._entries | {name: {**self._entries.get(name, {}), **facts}}
        self._follow()
        self.frame.keep(self._copy)

    def _follow(self) -> None:
        lines = self.lines
        with self.frame.hold_sync():
            self.frame.words = self.words
            self.frame.rows = [HEAD, *(line.row for line in lines.values())]
            self.frame.held_back = [name for name, line in lines.items() if not line.came_out]

    def _ipython_display_(self) -> None:
        self._show_with(self._copy())

    def _copy(self) -> dict[str, str]:
        head, *rows = self.frame.rows
        return {
            "text/html": paragraph(self.words) + table(head, [map(escape, row) for row in rows]),
            "text/plain": "\n".join([self.words, *(" | ".join(filter(None, row)) for row in rows)]),
        }
