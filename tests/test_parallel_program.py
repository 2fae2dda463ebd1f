"""`python -m lesson_lib.parallel`: real processes that find each other, die, resume; and what is said when they do not.

Every process has a time limit after which it is killed: what is tested here is that none of them waits for ever.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import signatures_unchecked

import lesson_lib as ll
from lesson_lib import batching, training
from lesson_lib.experiment.start import start_of
from lesson_lib.experiment.trainer import Updates
from lesson_lib.optimizers import hyperparameters
from lesson_lib.parallel import Exchange, exchange, measure_exchange, supervisor, timed_exchange, worker
from lesson_lib.parallel.checkpoints import KEPT, Checkpoints
from lesson_lib.parallel.exchange import NUM_FLOATS, exchange_from
from lesson_lib.parallel.options import parse

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
LIMIT = 240.0
"""Seconds; none is waited for when all is well."""

N, BATCH_SIZE, RATE = 200, 45, 0.02
"""Four devices do not divide the batch, and the last batch of an epoch is incomplete."""

TRAINING = [
    "--devices", "2", "--examples", str(N), "--batch-size", str(BATCH_SIZE), "--learning-rate", str(RATE),
    "--optimizer", "momentum",
]  # fmt: skip


class Process:
    """One process of a training, and all that it has said so far."""

    def __init__(self, *arguments, **environment):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lesson_lib.parallel", *map(str, arguments)],
            cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        self.said, self._news = "", threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        with self.process.stdout as lines:
            for line in lines:
                with self._news:
                    self.said += line
                    self._news.notify_all()

    def wait_until_it_says(self, text):
        with self._news:
            assert self._news.wait_for(lambda: text in self.said, LIMIT), self.said

    def end(self):
        status = self.process.wait(LIMIT)
        self._reader.join(LIMIT)
        return status

    def kill(self):
        self.process.kill()


@contextmanager
def processes(*each):
    made = []
    try:
        for arguments, environment in each:
            made.append(Process(*arguments, **environment))
        yield made
    finally:
        for process in made:
            process.kill()
            process.process.wait()


def free_port(low=0):
    while True:
        with socket.socket() as probe:
            probe.bind(("localhost", 0))
            port = probe.getsockname()[1]
        if port >= low:
            return port


def slurm(process_id, port):
    """What Slurm sets for a step of two tasks on this machine; JAX makes the port from the job's number."""
    return {
        "SLURM_JOB_ID": str(port - 61_440), "SLURM_STEP_NODELIST": "localhost", "SLURM_NTASKS": "2",
        "SLURM_PROCID": str(process_id), "SLURM_LOCALID": str(process_id), "SLURM_STEP_NUM_NODES": "1",
    }  # fmt: skip


def numbered(process_id, port):
    return ["--coordinator", f"localhost:{port}", "--num-processes", 2, "--process-id", process_id]


def steps_in(folder):
    return sorted(int(each.name) for each in folder.iterdir() if each.name.isdigit())


@pytest.fixture(scope="module")
def alone():
    """One of two processes. JAX waits for the other some seconds longer than it is told to."""
    with processes(([*TRAINING, *numbered(0, free_port()), "--patience", 1], {})) as (alone,):
        yield alone


@pytest.mark.usefixtures("alone")  # it waits while others train
def test_two_processes_lose_one_and_resume_to_the_result_of_one(tmp_path):
    saving = [*TRAINING, "--checkpoints", tmp_path / "saved", "--patience", 6]
    port = 61_440 + np.random.default_rng().integers(4096)
    endless = [*saving, "--epochs", 100_000, "--cluster"]
    with processes(*((endless, slurm(each, port)) for each in (0, 1))) as (first, second):
        first.wait_until_it_says("epoch 3.0")
        second.kill()
        assert first.end() == supervisor.LOST, first.said
    assert "joined: process 0 of 2, with 2 of 4 devices" in first.said
    assert "joined: process 1 of 2, with 2 of 4 devices" in second.said
    assert "Another process has died" in first.said
    assert f"they go on from the last checkpoint in {tmp_path / 'saved'}" in first.said
    assert "Traceback" not in first.said

    per_epoch = batching.updates_per_epoch(N, BATCH_SIZE)
    made = steps_in(tmp_path / "saved")[-1]
    epochs = made // per_epoch + 2
    port, short = free_port(), [*saving, "--epochs", epochs]
    with processes(*(([*short, *numbered(each, port)], {}) for each in (0, 1))) as (first, second):
        assert (first.end(), second.end()) == (0, 0), first.said + second.said
    assert f"resumed after update {made:,}" in first.said
    assert "trained: loss" in first.said

    dataset, hyper = ll.load_dataset(num_examples=N), hyperparameters(RATE)
    settings = ll.Settings(batch_size=BATCH_SIZE, epochs=epochs, learning_rate=RATE)
    alone = ll.train(dataset, settings, optimizer="momentum")
    like = training.init_state(start_of(dataset, 0).params, "momentum", hyper)
    with Checkpoints(tmp_path / "saved", chosen()) as checkpoints:
        num_updates, state = checkpoints.newest(like)
    assert num_updates == epochs * per_epoch
    for found, expected in zip(jax.tree.leaves(state.params), jax.tree.leaves(alone.params), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)


def chosen():
    return worker._settings_that_count(parse(TRAINING))


def test_a_missing_process_is_an_error_and_no_hang(alone):
    assert alone.end() == supervisor.LOST
    assert "Not all 2 processes came together within 1 s." in alone.said
    assert "Check failure stack trace" not in alone.said


def is_open(port):
    try:
        socket.create_connection(("localhost", port), 1.0).close()
    except OSError:
        return False
    return True


def wait_for(condition):
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to catch")
def test_sigterm_ends_a_process_that_waits_for_another():
    port = free_port()
    with processes(([*TRAINING, *numbered(0, port), "--patience", 600], {})) as (alone,):
        wait_for(lambda: is_open(port))  # JAX waits for the other process now
        alone.process.send_signal(signal.SIGTERM)
        assert alone.end() == 128 + signal.SIGTERM
    wait_for(lambda: not is_open(port))  # the child is gone, too


def test_one_process_alone_trains_as_the_library_does():
    with processes(([*TRAINING[2:], "--epochs", 2], {})) as (alone,):
        assert alone.end() == 0
    trained = ll.train(
        ll.load_dataset(num_examples=N), ll.Settings(batch_size=BATCH_SIZE, epochs=2, learning_rate=RATE),
        optimizer="momentum",
    )  # fmt: skip
    (said,) = re.findall(r"update 10 of 10, epoch 2\.0: loss ([\d.]+),", alone.said)
    np.testing.assert_allclose(float(said), trained.batch_losses[5:].mean(), atol=2e-4)


def test_an_error_of_ones_own_is_shown_as_it_is():
    with processes((["--examples", 60_001], {})) as (alone,):
        assert alone.end() == 1
    assert "ValueError: num_examples must be a whole number from 1 to 60,000, got 60001" in alone.said
    assert "Traceback" not in alone.said


# The supervisor alone, over children that are no training.


def watch(monkeypatch, capfd, program, *, patience=1):
    monkeypatch.setattr(supervisor, "WORKER", (sys.executable, "-c", program))
    monkeypatch.setattr(supervisor, "GRACE", 0)
    arguments = [*map(str, numbered(0, 12_345)), "--patience", str(patience), "--checkpoints", "saved"]
    status = supervisor.supervise(arguments, parse(arguments))
    return status, *capfd.readouterr()


def test_what_hangs_is_ended_though_it_is_deaf(monkeypatch, capfd):
    deaf = """if True:
        import signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("> joined: process 0", flush=True)
        time.sleep(600)
    """
    status, out, err = watch(monkeypatch, capfd, deaf, patience=2)
    assert status == supervisor.LOST
    assert out == "joined: process 0\n"
    assert err.startswith("No update was finished within 2 s")


@pytest.mark.parametrize(
    ("program", "status", "says"),
    [
        ("", 0, ""),
        ("print('of some library')", 0, ""),
        ("raise SystemExit('B is too large')", 1, "B is too large"),
        ("import os; os._exit(3)", 3, "Not all 2 processes came together within 60 s."),
        ("import os; print('> joined', flush=True); os._exit(3)", 3, "Another process has died"),
        (
            "import os, sys; print('> joined', flush=True); print('heartbeat timeout', file=sys.stderr, flush=True); "
            "os.abort()", 3, "Another process has died",
        ),
        ("import os; print('> joined', flush=True); os._exit(7)", 3, "The training process ended with status 7."),
    ],
)  # fmt: skip
def test_each_end_has_its_words(monkeypatch, capfd, program, status, says):
    ended, out, err = watch(monkeypatch, capfd, program, patience=60)
    assert ended == status
    assert "library" not in out
    assert says in err
    assert bool(err) == bool(says)


def test_a_child_ends_with_its_supervisor():
    """As when the supervisor is killed: nobody is left to close the pipe in good order."""
    program = (
        "import time\nfrom lesson_lib.parallel.supervisor import end_with_the_supervisor\n"
        "end_with_the_supervisor()\nprint('ready', flush=True)\ntime.sleep(600)"
    )
    child = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
    try:
        assert child.stdout.readline() == b"ready\n"
        child.stdin.close()
        assert child.wait(LIMIT) == 1
    finally:
        child.kill()
        child.stdout.close()


# The command line.


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--process-id", "0"], "given together"),
        (["--coordinator", "localhost:1", "--num-processes", "2"], "given together"),
        (["--coordinator", "localhost", "--num-processes", "2", "--process-id", "0"], "must be HOST:PORT"),
        *(
            (["--coordinator", address, "--num-processes", "2", "--process-id", "0"], f"65,535, got {address!r}")
            for address in (":12345", "localhost:99999", "localhost:0", "localhost:²", "localhost:")
        ),
        (["--examples", "200", "--batch-size", "201"], "--batch-size must be at most --examples, 200, got 201"),
        ([*map(str, numbered(2, 1))], "--process-id must be from 0 to 1, got 2"),
        ([*map(str, numbered(0, 1)), "--cluster"], "leave them out"),
        (["--devices", "0"], "--devices must be at least 1, got 0"),
        (["--patience", "-1"], "--patience must be at least 1, got -1"),
        (["--epochs", "0"], "epochs must be a whole number of at least 1, got 0"),
        (["--learning-rate", "nan"], "learning_rate must be a finite number above 0"),
        (["--optimizer", "adamw"], "invalid choice: 'adamw'"),
    ],
)
def test_a_wrong_command_line_ends_in_one_line(capsys, arguments, says):
    with pytest.raises(SystemExit) as ended:
        parse(arguments)
    assert ended.value.code == 2
    assert says in capsys.readouterr().err


def test_the_command_line_is_what_was_typed(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    options = parse([*TRAINING, *map(str, numbered(1, 80)), "--epochs", "7", "--seed", "3", "--checkpoints", "here"])
    assert options.settings == ll.Settings(batch_size=45, epochs=7, learning_rate=0.02, seed=3)
    assert options[:4] == ("localhost:80", 2, 1, False)
    assert (options.devices, options.examples, options.optimizer) == (2, 200, "momentum")
    assert options.checkpoints == tmp_path / "here"
    assert options.is_joint
    assert parse(["--cluster"]).is_joint
    assert not parse([]).is_joint
    assert parse([]).settings == ll.Settings()


# The checkpoints alone.


def state_after(num_updates):
    state = training.init_state((jnp.arange(3.0), jnp.ones((2, 2))), "adam", hyperparameters(0.1))
    return state._replace(params=optax.tree.add_scale(state.params, float(num_updates), state.params))


def test_the_newest_checkpoint_comes_back_whole(tmp_path):
    with Checkpoints(tmp_path / "saved", {"seed": 1}) as checkpoints:
        assert checkpoints.newest(state_after(0))[0] == 0
        for made in (4, 8, 12):
            checkpoints.save(made, state_after(made))
    assert steps_in(tmp_path / "saved") == [8, 12]
    assert KEPT == 2
    with Checkpoints(tmp_path / "saved", {"seed": 1}) as checkpoints:
        made, state = checkpoints.newest(state_after(0))
    assert made == 12
    expected = state_after(12)
    assert jax.tree.structure(state) == jax.tree.structure(expected)
    for found, wanted in zip(jax.tree.leaves(state), jax.tree.leaves(expected), strict=True):
        assert found.dtype == wanted.dtype
        np.testing.assert_array_equal(found, wanted)


def test_checkpoints_of_another_training_are_refused(tmp_path):
    with Checkpoints(tmp_path / "saved", {"seed": 1}) as checkpoints:
        checkpoints.save(4, state_after(4))
    with (
        Checkpoints(tmp_path / "saved", {"seed": 2}) as checkpoints,
        pytest.raises(ValueError, match=r"saved holds checkpoints of \{'seed': 1\}, got \{'seed': 2\}"),
    ):
        checkpoints.newest(state_after(0))


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ("--batch-size 8", True), ("--learning-rate 0.1", True), ("--seed 1", True), ("--examples 100", True),
        ("--optimizer adam", True), ("--epochs 3", False), ("--devices 2", False), ("--patience 9", False),
    ],
)  # fmt: skip
def test_checkpoints_are_those_of_another_training_where_its_state_would_be_another(change, counts):
    usual, other = (worker._settings_that_count(parse(arguments)) for arguments in ([], change.split()))
    assert (usual != other) == counts


class Training:
    """Two epochs of four updates; an epoch takes a second."""

    updates_per_epoch, num_updates, state, dataset = 4, 0, SimpleNamespace(params=None), ll.load_dataset(num_examples=1)

    def make_updates(self, most):
        self.num_updates += 4
        return Updates(np.array([4.0, 3.0, 2.0, 1.0]), 1.0)

    @property
    def num_epochs(self):
        return self.num_updates / 4

    def mean_loss(self):
        return 0.5


def test_it_reports_the_mean_loss_of_the_batches_and_the_time_of_one_update(monkeypatch, capsys):
    monkeypatch.setattr(worker, "make_trainer", lambda _: Training())
    monkeypatch.setattr(worker.model, "accuracy", lambda *_: jnp.float32(0.25))
    worker.train_to_the_end(parse(["--epochs", "2"]))
    assert [line for line in capsys.readouterr().out.splitlines() if line] == [
        "> update 4 of 8, epoch 1.0: loss 2.5000, 250.00 ms an update",
        "> update 8 of 8, epoch 2.0: loss 2.5000, 250.00 ms an update",
        "> trained: loss 0.5000 over all examples, 25.0 % of the test images right",
    ]


# The exchange between two processes.


@pytest.mark.parametrize(
    ("num_devices", "num_bytes", "seconds"),
    [(1, 10**6, 0.0), (2, 10**6, 2e-4 + 1e-3), (4, 10**6, 6e-4 + 1.5e-3), (8, 1, 14e-4 + 1.75e-9)],
)
def test_a_ring_passes_everything_on_twice(num_devices, num_bytes, seconds):
    assert Exchange(1e-4, 1e-9).seconds(num_devices, num_bytes) == pytest.approx(seconds)


@pytest.mark.parametrize(("short", "long"), [(3e-4, 2e-3), (3e-4, 3e-4), (3e-4, 1e-4)])
def test_two_times_give_both_costs(short, long):
    found = exchange_from(short, long)
    few, many = (4 * count for count in NUM_FLOATS)
    assert found.seconds(2, few) == pytest.approx(short)
    assert found.seconds(2, many) == pytest.approx(max(short, long))


@pytest.mark.parametrize(("num_devices", "num_bytes"), [(0, 1), (2, 0), (True, 1), (2, 1.5)])
def test_an_exchange_needs_devices_and_bytes(num_devices, num_bytes):
    with signatures_unchecked(), pytest.raises((TypeError, ValueError), match="must be a whole number of at least 1"):
        Exchange(1e-4, 1e-9).seconds(num_devices, num_bytes)


def test_of_twenty_exchanges_in_a_row_one_takes_a_twentieth_of_the_shortest_time(monkeypatch):
    timed = []

    def times(runs, rounds):
        timed.extend((len(run.args[0]), *run.args[1:]) for run in runs)
        assert rounds == timed_exchange.ROUNDS
        return np.array([[0.6, 4.0], [0.2, 5.0]])

    monkeypatch.setattr(timed_exchange, "interleave", times)
    monkeypatch.setattr(timed_exchange, "NUM_FLOATS", (1, 3))
    assert timed_exchange._time_exchanges() == pytest.approx([0.01, 0.2])
    assert timed == [(1, 20), (3, 20)]


def test_two_real_processes_time_their_exchange():
    found = measure_exchange()
    assert 0 < found.seconds_per_message < 1
    assert 0 <= found.seconds_per_byte < 1e-3


@pytest.mark.skipif(sys.platform == "win32", reason="its programs are no shell scripts")
def test_processes_that_fail_are_an_error_and_no_hang(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", "false")
    with pytest.raises(RuntimeError, match="could not exchange"):
        measure_exchange()
    tries = tmp_path / "tries"
    works_at_last = tmp_path / "works_at_last"
    works_at_last.write_text(
        f"""#!/bin/sh
test "$4" = 1 && exec sleep 600
echo >> {tries}
test $(wc -l < {tries}) = 2 && echo '{supervisor.SHOWN}[0.5, 0.5]'
""",
        encoding="utf-8",
    )
    works_at_last.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(works_at_last))
    assert measure_exchange() == exchange_from(0.5, 0.5)
    hangs = tmp_path / "hangs"
    hangs.write_text("#!/bin/sh\nexec sleep 600\n", encoding="utf-8")
    hangs.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(hangs))
    monkeypatch.setattr(exchange, "LIMIT", 0.5)
    with pytest.raises(RuntimeError, match="could not exchange"):
        measure_exchange()


@pytest.mark.skipif(sys.platform == "win32", reason="its programs are no shell scripts")
def test_after_it_is_closed_no_process_is_started(monkeypatch):
    monkeypatch.setattr(sys, "executable", "false")
    measurement = exchange.ExchangeMeasurement()
    measurement.close()
    with pytest.raises(RuntimeError, match="could not exchange"):
        measurement.poll(LIMIT)
    assert all(process.poll() is not None for process in measurement._processes)
