"""What a learner has answered, in one plain file beside the notebooks.

Several notebooks may be open at once, and a kernel may be killed at any moment. So each entry is written under a lock
that all kernels share, into a new file that takes the old one's place only when it is complete.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from filelock import FileLock

FILE = "progress.json"

Entries = dict[str, dict[str, Any]]
"""What is known of each question, exercise, vote and drawing, by its name; `done` says whether it is answered rightly
(a vote or a drawing: whether there is one)."""


class Progress:
    """The file in one folder. Deleting it, by hand or with `rm`, is allowed at any time: all begins anew.

    Args:
        folder: where it lies.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self.notice = ""
        """What the learner should be told about the file, if anything."""
        self._lock = FileLock(folder / f".{FILE}.lock")

    def read(self) -> Entries:
        """All entries; none where there is no file. A damaged file is set aside, and `notice` says so."""
        self.notice = ""
        try:
            with self._lock:
                return self._read()
        except OSError as error:
            self.notice = f"Your progress cannot be read: {error}."
            return {}

    def record(self, name: str, **facts: Any) -> None:
        """Write what is now known of a question, an exercise, a vote or a drawing. What has been done once stays done.

        Where the file cannot be written, nothing is kept, and `notice` says so.
        """
        self.notice = ""
        try:
            with self._lock:
                entries = self._read()
                self._write(entries | {name: _with(entries.get(name, {}), facts)})
        except OSError as error:
            self.notice = f"Your progress cannot be kept: {error}."

    def _read(self) -> Entries:
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {}
        except UnicodeDecodeError as error:
            return self._set_aside(str(error))
        try:
            return _checked(json.loads(text))
        except (ValueError, RecursionError) as error:
            return self._set_aside(str(error))

    def _set_aside(self, reason: str) -> Entries:
        number = 1
        while (aside := self.path.with_name(f"progress.damaged-{number}.json")).exists():
            number += 1
        self.path.replace(aside)
        self.notice = (
            f"{FILE} is damaged ({reason}). It has been set aside as {aside.name}, and your progress begins anew."
        )
        return {}

    def _write(self, entries: Mapping[str, Mapping[str, Any]]) -> None:
        new = self.path.with_name(f".{FILE}.new")
        with new.open("w", encoding="utf-8") as file:
            json.dump(entries, file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path)


class NoProgress(Progress):
    """Where no one is at the page, no file is read or written: a lesson must come out the same for everybody.

    What is answered from code is known until the kernel ends.
    """

    entries: ClassVar[Entries] = {}

    def __init__(self) -> None:
        self.notice = ""

    def read(self) -> Entries:
        return dict(self.entries)

    def record(self, name: str, **facts: Any) -> None:
        self.entries[name] = _with(self.entries.get(name, {}), facts)


def _with(before: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    """An entry with what is now known; what has been done once stays done."""
    return {**before, **facts, "done": bool(before.get("done")) or bool(facts.get("done"))}


def _checked(entries: object) -> Entries:
    if not isinstance(entries, dict) or not all(isinstance(entry, dict) for entry in entries.values()):
        raise ValueError("not a collection of named entries")
    return entries
