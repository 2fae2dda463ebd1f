"""A trial of a class: what is counted, and when it ends."""

import asyncio
import json

import numpy as np
import pytest

from classroom import load


class Student:
    """One whose files are given."""

    def __init__(self, progress=None):
        self.name = "anna"
        self._progress = {} if progress is None else progress

    async def read(self, path):
        assert path == "my-lessons/progress.json"
        return json.dumps(self._progress)


def test_who_fails_is_left_out_from_there_on_and_says_why(monkeypatch):
    seats = [load.Seat(Student(), trains=False) for _ in range(3)]
    went = []

    def phase(name, fails):
        async def go(seat):
            went.append((name, seats.index(seat)))
            if seats.index(seat) == fails:
                raise ConnectionError("gone")

        return go

    monkeypatch.setattr(load, "_arrive", phase("arrive", 1))
    monkeypatch.setattr(load, "_use_the_panel", phase("panel", 2))
    monkeypatch.setattr(load, "_look_at_the_progress", phase("progress", None))
    asyncio.run(load.attend(seats))
    assert went == [("arrive", 0), ("arrive", 1), ("arrive", 2), ("panel", 0), ("panel", 2), ("progress", 0)]
    assert [seat.failed for seat in seats] == ["", "ConnectionError: gone", "ConnectionError: gone"]


@pytest.mark.parametrize(("progress", "keeps"), [({load.VOTE: 0}, True), ({"04/sorted": 0}, False)])
def test_progress_is_kept_where_the_vote_is_in_the_file(progress, keeps):
    seat = load.Seat(Student(progress), trains=False)
    asyncio.run(load._look_at_the_progress(seat))
    assert seat.keeps_progress == keeps


def test_quantiles_leave_out_those_who_never_came():
    assert load._quantiles([1.0, float("nan"), 3.0]) == "  2.00 s (p50)   2.90 s (p95)"
    assert load._quantiles([float("nan")]) == "none"


@pytest.mark.parametrize(("limit", "least", "why"), [(0, 0, "more than"), (1200, np.inf, "memory"), (1200, 0, "")])
def test_a_class_is_ended_where_it_takes_too_long_or_too_much(monkeypatch, limit, least, why):
    monkeypatch.setattr(load, "MOST_SECONDS", limit)
    monkeypatch.setattr(load, "LEAST_MEMORY", least)

    async def trial():
        lesson = asyncio.create_task(asyncio.sleep(3600 if why else 0))
        said = await load._watch(lesson)
        await asyncio.wait({lesson})
        return said, lesson.cancelled()

    said, cancelled = asyncio.run(trial())
    assert why in said
    assert bool(said) == cancelled == bool(why)


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_a_class_has_students(number, capsys):
    with pytest.raises(SystemExit):
        load.main(["--students", number])
    assert "--students" in capsys.readouterr().err


def test_a_class_that_fails_as_a_whole_is_not_reported_as_one_that_was_held():
    async def fails():
        raise ConnectionError("no hub")

    async def trial():
        await load._watch(asyncio.create_task(fails()))

    with pytest.raises(ConnectionError, match="no hub"):
        asyncio.run(trial())
