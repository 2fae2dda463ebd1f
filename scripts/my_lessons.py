"""Lay the lessons out in my-lessons/, as the learner's own copies, and bring them up to date.

    python scripts/my_lessons.py

A lesson that the learner has not touched is replaced by a newer one. One that they have is left as it is, and the new
one is laid beside it. What was laid is noted by its digest in my-lessons/.laid.json.
"""

import hashlib
import json
import os
import shutil
from pathlib import Path

NOTE = ".laid.json"


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_note(path: Path) -> dict[str, str]:
    """For each file that was laid, its digest. Where the note is missing or damaged, every file counts as touched."""
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(content)
    part.replace(path)


def place_beside(own: Path, new: str, note: dict[str, str]) -> Path | None:
    """Where the new version of a lesson that the learner has touched goes; None where they have got it already."""
    if note.get(f"offered {own.name}") == new:
        return None
    number = 1
    while True:
        beside = own.with_name(f"{own.stem} (new{'' if number == 1 else f' {number}'}){own.suffix}")
        if not beside.exists() or digest(beside) == note.get(beside.name):
            return beside
        number += 1


def update(course: Path, home: Path | None = None) -> list[str]:
    """Make or update my-lessons in `home`, or else in `course`, from `course`/notebooks.

    Returns:
        What there is to say to the learner.

    Raises:
        SystemExit: the folder cannot be written to.
    """
    folder = (home or course) / "my-lessons"
    try:
        folder.mkdir(exist_ok=True)
        return lay_lessons(course / "notebooks", folder)
    except OSError as error:
        raise SystemExit(f"Your copies of the lessons in {folder} could not be written: {error.strerror}.") from error


def lay_lessons(source: Path, folder: Path) -> list[str]:
    """Lay each lesson of `source` in `folder`; returns a line for each that the learner has changed."""
    note = read_note(folder / NOTE)
    lines = []
    for lesson in sorted(source.glob("*.ipynb")):
        own, new = folder / lesson.name, digest(lesson)
        laid = note.get(own.name)
        if laid == new and own.exists():
            continue
        if own.exists() and digest(own) not in (laid, new):
            beside = place_beside(own, new, note)
            if beside is None:
                continue
            lines.append(f"{own.name} has a new version. Yours is as you left it; the new one is {beside.name}.")
            note[f"offered {own.name}"] = new
            own = beside
        # First the file, then the note: cut short between them, the file is laid once more, or counts as touched.
        write(own, lesson.read_bytes())
        note[own.name] = new
        write(folder / NOTE, json.dumps(note, indent=1).encode())
    progress = source / "progress.json"  # where it was kept before there was a folder of the learner's own
    if progress.exists() and not (folder / progress.name).exists():
        shutil.copyfile(progress, folder / progress.name)
    return lines


if __name__ == "__main__":
    for line in update(Path(__file__).resolve().parents[1]):
        print(line)
