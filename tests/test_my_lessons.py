"""The learner's own copies: brought up to date, and nothing that the learner wrote is ever lost."""

import importlib.util
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

SCRIPT = Path(__file__).parents[1] / "scripts" / "my_lessons.py"
SPEC = importlib.util.spec_from_file_location("my_lessons", SCRIPT)
my_lessons = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(my_lessons)


@pytest.fixture
def course(tmp_path):
    (tmp_path / "notebooks").mkdir()
    give(tmp_path, "first")
    return tmp_path


def give(course, text, name="01.ipynb"):
    """The course has a lesson with this text."""
    (course / "notebooks" / name).write_text(text, encoding="utf-8")


def own(course):
    """What lies in the learner's folder: text by name."""
    return {path.name: path.read_text(encoding="utf-8") for path in (course / "my-lessons").glob("[!.]*")}


def learner_writes(course, text, name="01.ipynb"):
    (course / "my-lessons" / name).write_text(text, encoding="utf-8")


def test_all_lessons_are_laid_out_and_a_second_start_changes_nothing(course):
    give(course, "other", "02.ipynb")
    assert my_lessons.update(course) == []
    assert own(course) == {"01.ipynb": "first", "02.ipynb": "other"}
    before = {path: path.stat().st_mtime_ns for path in (course / "my-lessons").iterdir()}
    assert my_lessons.update(course) == []
    assert {path: path.stat().st_mtime_ns for path in (course / "my-lessons").iterdir()} == before


def test_a_lesson_that_was_not_touched_is_replaced(course):
    my_lessons.update(course)
    give(course, "second")
    assert my_lessons.update(course) == []
    assert own(course) == {"01.ipynb": "second"}


def test_one_that_was_touched_is_left_and_the_new_one_lies_beside_it_once(course):
    my_lessons.update(course)
    learner_writes(course, "mine")
    assert my_lessons.update(course) == []
    give(course, "second")
    (line,) = my_lessons.update(course)
    assert line == "01.ipynb has a new version. Yours is as you left it; the new one is 01 (new).ipynb."
    assert own(course) == {"01.ipynb": "mine", "01 (new).ipynb": "second"}
    assert my_lessons.update(course) == []
    (course / "my-lessons" / "01 (new).ipynb").unlink()
    assert my_lessons.update(course) == []
    assert own(course) == {"01.ipynb": "mine"}


def test_the_one_beside_is_replaced_unless_it_was_touched_too(course):
    my_lessons.update(course)
    learner_writes(course, "mine")
    for version in ("second", "third"):
        give(course, version)
        my_lessons.update(course)
    assert own(course) == {"01.ipynb": "mine", "01 (new).ipynb": "third"}
    learner_writes(course, "mine, too", "01 (new).ipynb")
    give(course, "fourth")
    my_lessons.update(course)
    assert own(course) == {"01.ipynb": "mine", "01 (new).ipynb": "mine, too", "01 (new 2).ipynb": "fourth"}


def test_a_deleted_lesson_is_laid_out_again(course):
    my_lessons.update(course)
    (course / "my-lessons" / "01.ipynb").unlink()
    my_lessons.update(course)
    assert own(course) == {"01.ipynb": "first"}


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"01.ipynb": 3}'])
def test_with_a_damaged_note_every_lesson_counts_as_touched(course, damage):
    my_lessons.update(course)
    (course / "my-lessons" / my_lessons.NOTE).write_text(damage, encoding="utf-8")
    give(course, "second")
    assert len(my_lessons.update(course)) == 1
    assert own(course) == {"01.ipynb": "first", "01 (new).ipynb": "second"}


def test_progress_of_earlier_days_comes_along_once(course):
    (course / "notebooks" / "progress.json").write_text("old", encoding="utf-8")
    my_lessons.update(course)
    assert own(course)["progress.json"] == "old"
    learner_writes(course, "newer", "progress.json")
    my_lessons.update(course)
    assert own(course)["progress.json"] == "newer"


def test_a_folder_that_cannot_be_made_is_named_in_one_line(course):
    (course / "my-lessons").write_text("a file", encoding="utf-8")
    with pytest.raises(SystemExit, match="my-lessons could not be written: File exists"):
        my_lessons.update(course)


@pytest.mark.parametrize("suffix", [".ipynb", ".json"])
def test_an_update_that_was_cut_short_is_taken_up_again(course, monkeypatch, suffix):
    my_lessons.update(course)
    give(course, "second")
    write = my_lessons.write

    def cut_short(path, content):
        if path.suffix == suffix:
            raise KeyboardInterrupt
        write(path, content)

    monkeypatch.setattr(my_lessons, "write", cut_short)
    with pytest.raises(KeyboardInterrupt):
        my_lessons.update(course)
    monkeypatch.setattr(my_lessons, "write", write)
    my_lessons.update(course)
    assert own(course) == {"01.ipynb": "second"}
    give(course, "third")
    my_lessons.update(course)
    assert own(course) == {"01.ipynb": "third"}


STEP = st.sampled_from(["learner", "learner beside", "course", "delete", "start", "lose the note"])


@given(st.lists(STEP, max_size=25))
def test_whatever_happens_in_between_what_the_learner_wrote_is_kept(steps):
    with tempfile.TemporaryDirectory() as name:
        course = Path(name)
        (course / "notebooks").mkdir()
        give(course, "course 0")
        my_lessons.update(course)
        written = {}
        for number, step in enumerate(steps, start=1):
            files = sorted(own(course))
            if step == "learner" or (step == "learner beside" and files):
                file = "01.ipynb" if step == "learner" else files[0]
                written[file] = f"learner {number}"
                learner_writes(course, written[file], file)
            elif step == "course":
                give(course, f"course {number}")
            elif step == "delete":
                written.pop("01.ipynb", None)
                (course / "my-lessons" / "01.ipynb").unlink(missing_ok=True)
            elif step == "lose the note":
                (course / "my-lessons" / my_lessons.NOTE).unlink(missing_ok=True)
            else:
                my_lessons.update(course)
            assert own(course).items() >= written.items()
