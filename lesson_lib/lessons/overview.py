"""The map of the lessons, with what is done."""

from collections.abc import Sequence
from html import escape

from IPython.display import display

from lesson_lib.lessons.content.lesson import Lesson
from lesson_lib.lessons.display import paragraph, progress_here, table
from lesson_lib.lessons.progress import Entries

KINDS = ("predictions", "questions", "exercises")


def done_of(lesson: Lesson, entries: Entries) -> dict[str, tuple[int, int]]:
    """For each kind, how many of a lesson's are done, and how many there are."""
    predicted = [vote.name for vote in lesson.votes] + [task.name for task in lesson.predictions]
    asked = [question.name for question in lesson.questions]
    written = [exercise.name for exercise in lesson.exercises]
    return {
        kind: (sum(bool(entries.get(name, {}).get("done")) for name in names), len(names))
        for kind, names in zip(KINDS, (predicted, asked, written), strict=True)
    }


def show_map(lessons: Sequence[Lesson]) -> None:
    """Show what each lesson asks, and how much of it is predicted (by a vote or a drawing), answered and solved."""
    progress = progress_here()
    entries = progress.read()
    rows, lines = [], []
    for lesson in lessons:
        counts = done_of(lesson, entries)
        said = {kind: f"{part} of {all_}" if all_ else "–" for kind, (part, all_) in counts.items()}
        complete = all(done == all_ for done, all_ in counts.values())
        link = f'<a href="{lesson.notebook}.ipynb">{escape(f"{lesson.number} {lesson.title}")}</a>'
        rows.append([link, escape(lesson.asks), *(said[kind] for kind in KINDS), "✓ done" if complete else ""])
        lines.append(f"{lesson.number} {lesson.title}: {', '.join(f'{kind} {said[kind]}' for kind in KINDS)}")
    html = table(["lesson", "its question", *KINDS, ""], rows) + paragraph(progress.notice)
    display({"text/html": html, "text/plain": "\n".join(filter(None, [*lines, progress.notice]))}, raw=True)
