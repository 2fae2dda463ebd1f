"""The worker's thread. Jobs stand still at gates that the tests open, so that nothing depends on how fast it is."""

import subprocess
import sys
import threading
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesson_lib.panel import worker as worker_module
from lesson_lib.panel.worker import Worker

PATIENCE = 240.0
"""Seconds after which a test gives up; none is waited for when all is well."""


class Job:
    """A run of some advances that writes down what it was told."""

    def __init__(self, length=3):
        self.length = length
        self.left = 0
        self.calls = []
        self.begun_running = []
        self.threads = set()
        self.errors = []
        self.rested = threading.Semaphore(0)

    def note(self, call):
        self.calls.append(call)
        self.threads.add(threading.current_thread())

    def begin(self, values, *, running):
        self.note(("begin", values))
        self.begun_running.append(running)
        self.left = self.length

    def advance(self):
        self.note("advance")
        self.left -= 1
        return self.left > 0

    def settle(self, *, finished):
        self.note("finished" if finished else "paused")

    def rest(self):
        self.threads.add(threading.current_thread())
        self.rested.release()

    def fail(self, error):
        self.note("fail")
        self.errors.append(error)


class GatedJob(Job):
    """A job that waits at a gate before each call of one kind. `arrived` says that it is there."""

    def __init__(self, gate, length=3):
        super().__init__(length)
        self.gate = gate
        self.arrived = threading.Semaphore(0)
        self.go = threading.Semaphore(0)

    def note(self, call):
        super().note(call)
        if call == self.gate or call[0] == self.gate:
            self.arrived.release()
            assert self.go.acquire(timeout=PATIENCE)

    def wait_until_there(self):
        assert self.arrived.acquire(timeout=PATIENCE)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """A new run waits for no newer one, where no test is about that."""
    monkeypatch.setattr(worker_module, "SECONDS_OF_A_DRAG", 0.0)


@pytest.fixture
def employ():
    """Workers that are closed when the test ends."""
    workers = []

    def employ(job):
        workers.append(Worker(job))
        return workers[-1]

    yield employ
    for worker in workers:
        worker.close()
        assert not worker._thread.is_alive()


def begun(job):
    return [call[1] for call in job.calls if call[0] == "begin"]


def test_a_run_goes_to_its_end(employ):
    job = Job(length=3)
    worker = employ(job)
    worker.begin({"seed": 1}, running=True)
    assert worker.wait(PATIENCE)
    assert job.calls == [("begin", {"seed": 1}), "advance", "advance", "advance", "finished"]
    assert job.begun_running == [True]


def test_all_calls_come_from_the_one_thread(employ):
    job = Job()
    worker = employ(job)
    for _ in range(3):
        worker.begin({}, running=True)
        worker.wait(PATIENCE)
    (thread,) = job.threads
    assert thread is not threading.current_thread()


def test_nothing_is_done_before_the_first_wish(employ):
    job = Job()
    worker = employ(job)
    assert worker.wait(PATIENCE)
    for running in (True, False):
        worker.set_running(running)
        assert worker.wait(PATIENCE)
    worker.close()
    assert job.calls == []


@pytest.mark.parametrize("gate", ["begin", "advance", "finished"])
def test_of_many_wishes_only_the_last_is_carried_out(employ, gate):
    job = GatedJob(gate, length=1)
    worker = employ(job)
    worker.begin({"batch_size": 0}, running=True)
    job.wait_until_there()
    for batch_size in range(1, 10):
        worker.begin({"batch_size": batch_size})
    for _ in range(2):
        job.go.release()
    assert worker.wait(PATIENCE)
    assert begun(job) == [{"batch_size": 0}, {"batch_size": 9}]
    assert job.calls[-2:] == ["advance", "finished"]


def test_pause_stops_after_the_advance_under_way_and_running_goes_on_from_there(employ):
    job = GatedJob("advance", length=5)
    worker = employ(job)
    worker.begin({}, running=True)
    job.wait_until_there()
    job.go.release()
    job.wait_until_there()
    worker.set_running(False)
    job.go.release()
    assert worker.wait(PATIENCE)
    assert job.calls == [("begin", {}), "advance", "advance", "paused"]
    worker.set_running(True)
    for _ in range(3):
        job.wait_until_there()
        job.go.release()
    assert worker.wait(PATIENCE)
    assert job.calls[4:] == ["advance", "advance", "advance", "finished"]


@pytest.mark.parametrize(
    ("shares", "load", "rest"),
    [(False, 40.0, 0.0), (True, 1.0, 0.0), (True, 2.0, 0.0), (True, 5.0, 3.0), (True, 40.0, 8.0)],
)
def test_where_others_wait_for_a_core_a_run_rests_and_not_for_ever(monkeypatch, shares, load, rest):
    monkeypatch.setattr(worker_module, "SHARES_MACHINE", shares)
    monkeypatch.setattr(worker_module.os, "getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr(worker_module.os, "cpu_count", lambda: 2)
    assert worker_module.rest_after(2.0) == (rest if shares else 0.0)


def test_a_run_that_rests_hears_the_next_wish_at_once(employ, monkeypatch):
    monkeypatch.setattr(worker_module, "rest_after", lambda _seconds: 10 * PATIENCE)
    job = GatedJob("advance", length=2)
    worker = employ(job)
    worker.begin({"seed": 1}, running=True)
    job.wait_until_there()
    job.go.release()
    worker.set_running(False)
    assert worker.wait(PATIENCE)
    assert job.calls == [("begin", {"seed": 1}), "advance", "paused"]


def test_a_run_that_has_ended_does_not_rest_before_its_last_picture(employ, monkeypatch):
    monkeypatch.setattr(worker_module, "rest_after", lambda _seconds: 10 * PATIENCE)
    worker = employ(Job(length=1))
    worker.begin({"seed": 1}, running=True)
    assert worker.wait(PATIENCE)


def test_a_paused_worker_does_nothing(employ):
    job = Job(length=10**9)
    worker = employ(job)
    worker.begin({}, running=True)
    worker.set_running(False)
    assert worker.wait(PATIENCE)
    advances = job.calls.count("advance")
    worker.close()
    assert job.calls.count("advance") == advances


def test_a_new_run_stands_still_or_goes_on_as_the_old_one_did(employ):
    job = Job(length=1)
    worker = employ(job)
    worker.begin({"seed": 0})
    assert worker.wait(PATIENCE)
    assert job.calls == [("begin", {"seed": 0}), "paused"]
    worker.begin({"seed": 1}, running=True)
    assert worker.wait(PATIENCE)
    worker.begin({"seed": 2})
    assert worker.wait(PATIENCE)
    assert job.calls[2:] == [
        ("begin", {"seed": 1}),
        "advance",
        "finished",
        ("begin", {"seed": 2}),
        "advance",
        "finished",
    ]
    worker.begin({"seed": 3}, running=False)
    assert worker.wait(PATIENCE)
    assert job.calls[8:] == [("begin", {"seed": 3}), "paused"]


def test_a_run_that_has_ended_does_not_start_by_itself(employ):
    job = Job()
    worker = employ(job)
    worker.begin({}, running=True)
    worker.wait(PATIENCE)
    for running in (False, True):
        worker.set_running(running)
        assert worker.wait(PATIENCE)
        assert job.calls[-1] == "finished"
    assert job.calls.count("advance") == 3
    assert len(begun(job)) == 1


# Errors


class FailingJob(Job):
    """A job of which one call fails, once."""

    def __init__(self, where, length=3):
        super().__init__(length)
        self.where = where

    def note(self, call):
        super().note(call)
        if self.where in (call, call[0]):
            self.where = None
            raise RuntimeError(f"no luck in {call}")


@pytest.mark.parametrize("where", ["begin", "advance", "paused", "finished"])
def test_an_error_is_handed_over_and_the_next_wish_works(employ, where):
    job = FailingJob(where)
    worker = employ(job)
    worker.begin({"seed": 1}, running=where != "paused")
    assert worker.wait(PATIENCE)
    assert [str(error).startswith("no luck in") for error in job.errors] == [True]
    assert job.calls[-1] == "fail"
    calls = len(job.calls)
    worker.begin({"seed": 2}, running=True)
    assert worker.wait(PATIENCE)
    assert job.calls[calls:] == [("begin", {"seed": 2}), "advance", "advance", "advance", "finished"]
    assert len(job.errors) == 1


def test_an_error_at_rest_is_handed_over_and_the_next_wish_works(employ, monkeypatch):
    monkeypatch.setattr(worker_module, "SECONDS_TO_REST", 0.0)
    job, failed = Job(), threading.Semaphore(0)

    def rest():
        failed.release()
        raise RuntimeError("no luck at rest")

    job.rest = rest
    worker = employ(job)
    for _ in range(2):
        worker.begin({}, running=True)
        assert worker.wait(PATIENCE)
        assert failed.acquire(timeout=PATIENCE)
        assert worker._thread.is_alive()
    assert job.calls.count("finished") == 2


@pytest.mark.parametrize("where", ["begin", "advance"])
@pytest.mark.parametrize("running", [False, True])
def test_a_run_that_has_failed_is_neither_continued_nor_called_finished(employ, where, running):
    job = FailingJob(where)
    worker = employ(job)
    worker.begin({}, running=True)
    worker.wait(PATIENCE)
    worker.set_running(running)
    assert worker.wait(PATIENCE)
    assert job.calls[-1] == "fail"


def test_a_wish_made_while_a_call_fails_is_carried_out(employ):
    class Both(GatedJob):
        def advance(self):
            super().advance()
            if len(begun(self)) == 1:
                raise RuntimeError("too late to matter")
            return False

    job = Both("advance")
    worker = employ(job)
    worker.begin({"seed": 1}, running=True)
    job.wait_until_there()
    worker.begin({"seed": 2})
    job.go.release()
    job.wait_until_there()
    job.go.release()
    assert worker.wait(PATIENCE)
    assert begun(job) == [{"seed": 1}, {"seed": 2}]
    assert job.calls[-2:] == ["advance", "finished"]


# Waiting


def test_wait_gives_up_after_its_timeout(employ):
    job = GatedJob("advance", length=1)
    worker = employ(job)
    worker.begin({}, running=True)
    job.wait_until_there()
    assert worker.wait(0.0) is False
    assert worker.wait(0.01) is False
    job.go.release()
    assert worker.wait(PATIENCE) is True


def test_wait_never_overtakes_a_wish(employ):
    job = Job(length=1)
    worker = employ(job)
    for seed in range(200):
        worker.begin({"seed": seed}, running=True)
        assert worker.wait(PATIENCE)
        assert job.calls[-3:] == [("begin", {"seed": seed}), "advance", "finished"]


def test_several_threads_may_wait(employ):
    job = GatedJob("advance", length=1)
    worker = employ(job)
    worker.begin({}, running=True)
    settled = []
    threads = [threading.Thread(target=lambda: settled.append(worker.wait(PATIENCE))) for _ in range(3)]
    for thread in threads:
        thread.start()
    job.go.release()
    for thread in threads:
        thread.join(PATIENCE)
    assert settled == [True] * 3


# The end


def test_a_worker_that_has_nothing_to_do_has_no_thread(employ):
    worker = employ(Job())
    assert not worker._thread.is_alive()
    worker.close()
    assert not worker._thread.is_alive()


def test_close_ends_an_idle_thread(employ):
    worker = employ(Job())
    worker.begin({"batch_size": 8}, running=True)
    worker.wait(PATIENCE)
    assert worker._thread.is_alive()
    worker.close()
    assert not worker._thread.is_alive()
    worker.close()


def test_close_ends_a_run_that_would_never_end(employ):
    job = GatedJob("advance", length=10**9)
    worker = employ(job)
    worker.begin({}, running=True)
    job.wait_until_there()
    closing = threading.Thread(target=worker.close)
    closing.start()
    assert closing.is_alive()  # the advance under way is waited for
    job.gate = None
    job.go.release()
    closing.join(PATIENCE)
    assert not worker._thread.is_alive()
    assert "finished" not in job.calls
    assert "paused" not in job.calls


def test_a_job_may_close_its_own_worker(employ):
    class Leaving(Job):
        def advance(self):
            super().advance()
            worker.close()
            return True

    job = Leaving()
    worker = employ(job)
    worker.begin({}, running=True)
    assert worker.wait(PATIENCE)
    worker.close()
    assert job.calls.count("advance") == 1
    assert job.errors == []


def test_a_closed_worker_takes_no_wish_and_nobody_waits_for_it(employ):
    job = Job()
    worker = employ(job)
    worker.close()
    for wish in (
        lambda: worker.begin({}, running=True),
        lambda: worker.set_running(True),
        lambda: worker.ask("keep", errand(job, "keep"), replaces=False),
        worker.require_open,
    ):
        with pytest.raises(RuntimeError, match="closed"):
            wish()
    assert worker.wait(PATIENCE)
    assert not worker._thread.is_alive()
    assert job.calls == []


def test_python_can_end_while_a_run_goes_on_that_nobody_closes():
    code = """
        from lesson_lib import GdVsSgd, load_dataset
        panel = GdVsSgd(load_dataset(num_examples=64), batch_size=1, epochs=30)
        panel.run()
    """
    done = subprocess.run([sys.executable, "-c", dedent(code)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


# Any order


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.just("begin"), st.none() | st.booleans())
        | st.tuples(st.just("set_running"), st.booleans())
        | st.tuples(st.just("wait"), st.just(True)),
        max_size=12,
    ),
    st.integers(1, 4),
)
def test_whatever_was_wished_the_last_wish_holds(wishes, length):
    job = Job(length)
    worker = Worker(job)
    number, running = 0, False
    for wish, value in wishes:
        if wish == "begin":
            number += 1
            worker.begin({"number": number}, running=value)
        elif wish == "set_running":
            worker.set_running(value)
        else:
            assert worker.wait(PATIENCE)
        if wish != "wait" and value is not None:
            running = value
    assert worker.wait(PATIENCE)
    assert worker.wish.running == running
    worker.close()
    numbers = [values["number"] for values in begun(job)]
    assert numbers == sorted(set(numbers))
    assert job.errors == []
    if number:
        assert numbers[-1] == number
        run = job.calls[job.calls.index(("begin", {"number": number})) :]
        assert run.count("advance") <= length
        ended = run.count("advance") == length
        assert run[-1] == ("finished" if ended else "paused")
        assert ended or not running
    else:
        assert job.calls == []


def test_of_wishes_made_at_once_by_several_threads_the_latest_is_carried_out():
    begun = []

    class Recorder:
        def begin(self, values, *, running):
            begun.append(values["wish"])

        def advance(self):
            return False

        def settle(self, *, finished):
            pass

        def rest(self):
            pass

        def fail(self, error):
            raise error

    worker = Worker(Recorder())
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for turn in range(300):
            wishes = [threading.Thread(target=worker.begin, args=({"wish": (turn, n)},)) for n in range(3)]
            for thread in wishes:
                thread.start()
            for thread in wishes:
                thread.join()
            assert worker.wait(30.0)
            assert begun[-1] == worker.wish.settings["wish"]
    finally:
        sys.setswitchinterval(interval)
        worker.close()


# Errands


def errand(job, name, *, more=True):
    def do():
        job.note(name)
        return more

    return do


def test_errands_are_done_once_each_in_their_order_while_the_run_stands_still(employ):
    job = Job()
    worker = employ(job)
    worker.begin({}, running=False)
    worker.wait(PATIENCE)
    for name in ("a", "b", "a"):
        worker.ask(name, errand(job, name), replaces=False)
    assert worker.wait(PATIENCE)
    assert [call for call in job.calls[1:] if call != "paused"] == ["a", "b", "a"]
    assert job.calls[-1] == "paused"


def test_an_errand_that_replaces_leaves_only_the_last_of_its_name(employ):
    job = GatedJob("begin")
    worker = employ(job)
    worker.begin({}, running=False)
    job.wait_until_there()
    # These wait for the run to have begun; an errand of another name keeps its place.
    for place in range(5):
        worker.ask("go to", errand(job, f"go to {place}"), replaces=True)
        worker.ask(f"step {place}", errand(job, "step"), replaces=False)
    job.go.release()
    assert worker.wait(PATIENCE)
    done = [call for call in job.calls[1:] if call != "paused"]
    assert done == [*["step"] * 4, "go to 4", "step"]


def test_an_errand_comes_between_two_advances(employ):
    job = GatedJob("advance", length=3)
    worker = employ(job)
    worker.begin({}, running=True)
    job.wait_until_there()
    worker.ask("look", errand(job, "look"), replaces=True)
    for _ in range(3):
        job.go.release()
    assert worker.wait(PATIENCE)
    assert job.calls == [("begin", {}), "advance", "look", "advance", "advance", "finished"]


def test_an_errand_can_give_a_finished_run_more_to_do_and_take_it_away(employ):
    job = Job(length=1)
    worker = employ(job)
    worker.begin({}, running=True)
    worker.wait(PATIENCE)
    worker.set_running(False)
    worker.wait(PATIENCE)
    for more in (True, False):
        worker.ask("go to", errand(job, "go to", more=more), replaces=True)
        assert worker.wait(PATIENCE)
        assert job.calls[-1] == ("paused" if more else "finished")


def test_a_new_run_forgets_the_errands_of_the_old_one(employ):
    job = GatedJob("advance", length=1)
    worker = employ(job)
    worker.begin({}, running=True)
    job.wait_until_there()
    worker.ask("keep", errand(job, "keep"), replaces=False)
    worker.begin({"seed": 1})
    for _ in range(2):
        job.go.release()
    assert worker.wait(PATIENCE)
    assert "keep" not in job.calls


@pytest.mark.parametrize("where", ["before the first run", "after a failure"])
def test_without_a_sound_run_there_are_no_errands(employ, where):
    job = FailingJob("begin")
    worker = employ(job)
    if where == "after a failure":
        worker.begin({}, running=True)
        worker.wait(PATIENCE)
    before = list(job.calls)
    worker.ask("keep", errand(job, "keep"), replaces=False)
    assert worker.wait(PATIENCE)
    assert job.calls == before


def test_an_errand_that_needs_no_run_mends_one_that_has_failed(employ):
    job = FailingJob("begin")
    worker = employ(job)
    worker.begin({}, running=True)
    worker.wait(PATIENCE)
    worker.ask("go on", errand(job, "go on"), replaces=True, needs_a_run=False)
    assert worker.wait(PATIENCE)
    assert job.calls == [("begin", {}), "fail", "go on", "advance", "finished"]


def test_an_errand_that_fails_is_handed_over(employ):
    job = Job()
    worker = employ(job)
    worker.begin({}, running=False)
    worker.wait(PATIENCE)
    worker.ask("divide", lambda: bool(1 / 0), replaces=False)
    assert worker.wait(PATIENCE)
    assert [type(error) for error in job.errors] == [ZeroDivisionError]


# Rest


def test_a_run_that_stands_still_for_a_while_rests_once(employ, monkeypatch):
    monkeypatch.setattr(worker_module, "SECONDS_TO_REST", 0.01)
    job = Job()
    worker = employ(job)
    for rests in (1, 2):
        worker.begin({}, running=True)
        assert job.rested.acquire(timeout=PATIENCE)
        assert not job.rested.acquire(timeout=0.05), rests
    assert len(job.threads) == 1


def test_a_run_that_is_wished_on_soon_does_not_rest(employ, monkeypatch):
    monkeypatch.setattr(worker_module, "SECONDS_TO_REST", PATIENCE)
    job = Job()
    worker = employ(job)
    for _ in range(5):
        worker.begin({}, running=True)
        assert worker.wait(PATIENCE)
    assert not job.rested.acquire(timeout=0.01)


def test_there_is_no_rest_after_a_failure(employ, monkeypatch):
    monkeypatch.setattr(worker_module, "SECONDS_TO_REST", 0.01)
    job = FailingJob("begin")
    worker = employ(job)
    worker.begin({}, running=True)
    assert worker.wait(PATIENCE)
    assert not job.rested.acquire(timeout=0.05)


# A drag


@pytest.mark.parametrize("then", ["a newer run", "an errand", "pause", "close"])
def test_a_new_run_waits_a_moment_for_a_newer_one_before_it_computes(employ, monkeypatch, then):
    class Told(GatedJob):
        advanced = threading.Semaphore(0)

        def advance(self):
            self.advanced.release()
            return super().advance()

    job = Told("begin")
    worker = employ(job)
    job.go.release()
    worker.begin({}, running=True)
    assert worker.wait(PATIENCE)
    job.wait_until_there()
    job.calls.clear()
    job.advanced = threading.Semaphore(0)
    # The first run of all is over: it never waits, but each one after it does.
    monkeypatch.setattr(worker_module, "SECONDS_OF_A_DRAG", PATIENCE)
    worker.begin({"seed": 0}, running=True)
    job.wait_until_there()
    job.go.release()  # the run has begun, and now it waits
    assert not job.advanced.acquire(timeout=0.1)
    if then == "a newer run":
        worker.begin({"seed": 1}, running=False)
        job.wait_until_there()
        job.go.release()
    elif then == "an errand":
        worker.ask("look", lambda: job.calls.append("looked") or True, replaces=True)
    elif then == "pause":
        worker.set_running(False)
    else:
        worker.close()
    assert worker.wait(PATIENCE)
    if then == "an errand":
        assert [call for call in job.calls if call in ("looked", "advance")][:2] == ["looked", "advance"]
    else:
        assert "advance" not in job.calls


def test_the_first_run_of_all_waits_for_nothing(employ, monkeypatch):
    monkeypatch.setattr(worker_module, "SECONDS_OF_A_DRAG", 10 * PATIENCE)
    job = Job(length=2)
    worker = employ(job)
    worker.begin({}, running=True)
    assert worker.wait(PATIENCE)
    assert job.calls == [("begin", {}), "advance", "advance", "finished"]


def test_a_run_that_has_waited_goes_on(employ, monkeypatch):
    monkeypatch.setattr(worker_module, "SECONDS_OF_A_DRAG", 0.01)
    job = Job(length=2)
    worker = employ(job)
    for _ in range(2):
        worker.begin({}, running=True)
        assert worker.wait(PATIENCE)
    assert job.calls == 2 * [("begin", {}), "advance", "advance", "finished"]
