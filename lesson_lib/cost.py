"""What one update costs on this machine: its time against the batch size, and a line through it.

    t(B) = a + b · B

`a` is the fixed cost of an update (calling the parts of the program, moving the parameters); `b` is
the cost of one example. At the knee, B = a / b, half the time is fixed cost: far below it a smaller
batch saves hardly any time, far above it time grows in proportion to B.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float, Float64, Int, Int64, Key

from lesson_lib import model
from lesson_lib.batching import epoch_order, updates_per_epoch
from lesson_lib.checks import require_examples, require_int, require_positive
from lesson_lib.optimizers import Hyperparameters, Optimizer
from lesson_lib.training import PerExampleLoss, TrainState, run_updates


class UpdateTimes(NamedTuple):
    """Measured times of one update, in seconds.

    `seconds` keeps every measurement: one row for each repeat, one column for each batch size; NaN where
    none has been made yet.
    Other programs on the machine can only add time, so the minimum over the repeats comes nearest to
    what the update itself takes.
    """

    batch_sizes: Int64[np.ndarray, " sizes"]
    seconds: Float64[np.ndarray, "repeats sizes"]
    compile_seconds: Float64[np.ndarray, " sizes"]
    device: str

    @property
    def minimum(self) -> Float64[np.ndarray, " sizes"]:
        """Shortest time of an update at each batch size; NaN where none has been measured."""
        return np.fmin.reduce(self.seconds, axis=0)


class CostFit(NamedTuple):
    """The line t(B) = a + b·B through measured times, and how well it is known."""

    fixed_seconds: float
    """a, in seconds. Not clipped: where fixed cost is lost in the noise it can come out below 0."""
    seconds_per_example: float
    """b, in seconds."""
    covariance: Float64[np.ndarray, "2 2"]
    """Covariance of (a, b). Infinite from two times: a line through two points leaves nothing to judge it by."""
    relative_error: float
    """Typical distance of a time from the line, as a share of the time (0.05 is 5 %)."""

    @property
    def knee(self) -> float:
        """The batch size a / b, at which half the time is fixed cost; infinite where time does not grow with B."""
        if self.seconds_per_example <= 0:
            return float("inf")
        return self.fixed_seconds / self.seconds_per_example

    @property
    def knee_error(self) -> float:
        """Standard error of the knee, to first order in the errors of a and b (the delta method)."""
        if not (np.isfinite(self.knee) and np.isfinite(self.relative_error)):
            return float("inf")
        slope = np.array([1.0, -self.knee]) / self.seconds_per_example
        return float(np.sqrt(slope @ self.covariance @ slope))

    def seconds(self, batch_sizes: Sequence[int] | Int64[np.ndarray, " sizes"]) -> Float64[np.ndarray, " sizes"]:
        """The line at these batch sizes, in seconds."""
        return self.fixed_seconds + self.seconds_per_example * np.asarray(batch_sizes, dtype=np.float64)


def devices() -> tuple[jax.Device, ...]:
    """This machine's devices to compare: the CPU, then the accelerator if JAX has one; those that JAX may use."""
    default = jax.devices()[0]
    if default.platform == "cpu":
        return (default,)
    try:
        return jax.devices("cpu")[0], default
    except RuntimeError:  # with JAX_PLATFORMS=cuda, say, it may use the accelerator alone
        return (default,)


def interleave(
    runs: Sequence[Callable[[], object]], repeats: int, *, clock: Callable[[], float] = time.perf_counter
) -> Float64[np.ndarray, "repeats runs"]:
    """Time every run once, then every run once more, and so on.

    Taking turns makes a busy or a hot moment of the machine hit all runs, not one of them. A time
    ends when the result is there: JAX answers a call before it has computed the answer.

    Args:
        runs: what to time, warmed up: a first call compiles.
        repeats: how many turns each run gets.
        clock: gives the time in seconds.

    Returns:
        Seconds, one row for each round.

    Raises:
        TypeError, ValueError: `repeats` is not a whole number of at least 1, or there are no runs.
    """
    repeats = require_int("repeats", repeats, low=1)
    if not runs:
        raise ValueError("runs must hold at least 1 function to time, got none")
    seconds = np.empty((repeats, len(runs)))
    for done in range(seconds.size):
        start = clock()
        jax.block_until_ready(runs[done % len(runs)]())
        seconds.flat[done] = clock() - start
    return seconds


def measuring(
    state: TrainState,
    x: Float[Array, "examples features"],
    y: Int[Array, " examples"],
    hyper: Hyperparameters,
    batch_sizes: Sequence[int],
    *,
    key: Key[Array, ""],
    optimizer: Optimizer = "sgd",
    per_example_loss: PerExampleLoss = model.per_example_loss,
    device: jax.Device | None = None,
    repeats: int = 7,
    run_seconds: float = 0.02,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[UpdateTimes]:
    """Time one real training update at each batch size, one short piece of work at a time.

    First each batch size is made ready: compiled, warmed up, and timed to find how many updates take
    `run_seconds`. Then come the rounds, in which every batch size is timed once. A timed run always
    begins at the same state. Batches are gathered from a shuffled order, as in training; at B = N the
    data are used as they stand, as in gradient descent.

    Args:
        state: where every run starts.
        x, y: the training set, N examples; copied to the device if not there yet.
        hyper: the optimizer's settings.
        batch_sizes: the B to time, each from 1 to N.
        key: source of randomness of the order of the examples.
        optimizer, per_example_loss: as in `training.run_updates`.
        device: one of `devices()`; `jax.devices()[0]` when `None`.
        repeats: how many rounds.
        run_seconds: shortest duration of a timed run. The longer, the less the call itself counts.
        clock: gives the time in seconds.

    Yields:
        What is known after each piece of work: `pieces_of_work` in all, of which the first copies the data to the
        device. The first row of its `seconds` holds the times found while making ready, then there is a row for each
        round; what has not been measured is NaN.

    Raises:
        TypeError, ValueError: an argument is not as said above; before the first piece of work.
    """
    num_examples = require_examples(x, y)
    sizes = [require_int("each of batch_sizes", size, low=1, high=num_examples) for size in batch_sizes]
    if not sizes:
        raise ValueError("batch_sizes must hold at least 1 batch size, got none")
    if device is not None and not isinstance(device, jax.Device):
        raise TypeError(f"device must be one of jax.devices() or None, got {device!r}")
    repeats = require_int("repeats", repeats, low=1)
    require_positive("run_seconds", run_seconds)
    device = device or jax.devices()[0]
    state, x, y, order = jax.device_put((state, x, y, epoch_order(y, 0, key=key)), device)

    def make_updates(size: int, count: int) -> TrainState:
        """Make `count` updates; those beyond one epoch take the same batches once more."""
        made, per_epoch = state, updates_per_epoch(num_examples, size)
        for done in range(0, max(count, 1), per_epoch):
            made, _ = run_updates(
                made, x, y, None if size == num_examples else order, hyper, 0, min(per_epoch, count - done),
                batch_size=size, optimizer=optimizer, per_example_loss=per_example_loss,
            )  # fmt: skip
        return made

    seconds, compile_seconds = np.full((1 + repeats, len(sizes)), np.nan), np.full(len(sizes), np.nan)
    times = UpdateTimes(np.array(sizes), seconds, compile_seconds, device.device_kind)
    yield deepcopy(times)
    counts = []
    for place, size in enumerate(sizes):
        compile_seconds[place], count, seconds[0, place] = _make_ready(partial(make_updates, size), run_seconds, clock)
        counts.append(count)
        yield deepcopy(times)
    for row in seconds[1:]:
        for place, (size, count) in enumerate(zip(sizes, counts, strict=True)):
            row[place] = interleave([partial(make_updates, size, count)], 1, clock=clock).item() / count
            yield deepcopy(times)


def pieces_of_work(num_batch_sizes: int, repeats: int) -> int:
    """How many pieces of work `measuring` does: copying, and each batch size is made ready and timed in each round.

    >>> pieces_of_work(num_batch_sizes=15, repeats=7)
    121
    """
    return 1 + num_batch_sizes * (1 + repeats)


def update_times(
    state: TrainState,
    x: Float[Array, "examples features"],
    y: Int[Array, " examples"],
    hyper: Hyperparameters,
    batch_sizes: Sequence[int],
    *,
    key: Key[Array, ""],
    **settings: Any,
) -> UpdateTimes:
    """Time one real training update at each batch size: compiled apart, warmed up, blocked, interleaved.

    Args:
        state, x, y, hyper, batch_sizes, key, **settings: as in `measuring`.

    Returns:
        Times of one update, one row for each round; and apart from them the seconds that each batch size's
        first call took (compiling, or reading the program from a cache).

    Raises:
        TypeError, ValueError: an argument is not as `measuring` says.
    """
    *_, times = measuring(state, x, y, hyper, batch_sizes, key=key, **settings)
    return times._replace(seconds=times.seconds[1:])


def _make_ready(run: Callable[..., object], run_seconds: float, clock: Callable[[], float]) -> tuple[float, int, float]:
    """Seconds of the first call, which compiles; how many updates take `run_seconds`; and the time of one of them."""

    def seconds(count: int, repeats: int) -> float:
        return float(interleave([partial(run, count)], repeats, clock=clock).min())

    compile_seconds, count = seconds(0, 1), 1
    while (taken := seconds(count, 3)) < run_seconds:  # the shortest of three: a slow moment must not end the search
        count *= 2
    return compile_seconds, count, taken / count


def fit_cost(
    batch_sizes: Sequence[int] | Int64[np.ndarray, " sizes"], seconds: Sequence[float] | Float64[np.ndarray, " sizes"]
) -> CostFit:
    """The line t(B) = a + b·B with the least squared *relative* errors.

    Times span several powers of ten and each is known to a few per cent, so each residual is divided
    by its time: minimise Σ ((t_i − a − b·B_i) / t_i)², weighted least squares with weights 1 / t_i².
    The errors' common size is estimated from the residuals, so that covariance = s² (XᵀWX)⁻¹ with
    s² = Σ (relative residual)² / (n − 2) (Seber and Lee 2003, "Linear Regression Analysis", §3.10).

    Args:
        batch_sizes: B of each time, at least two different ones.
        seconds: time of one update at each, such as `UpdateTimes.minimum`.

    Raises:
        ValueError: the two differ in shape, fewer than two different batch sizes, or a value that is
            not finite and positive.
    """
    sizes, times = np.asarray(batch_sizes, dtype=np.float64), np.asarray(seconds, dtype=np.float64)
    if sizes.ndim != 1 or sizes.shape != times.shape:
        raise ValueError(f"batch_sizes and seconds must be two lists of one length, got {sizes.shape}, {times.shape}")
    for name, values in (("batch_sizes", sizes), ("seconds", times)):
        if not (np.isfinite(values) & (values > 0)).all():
            raise ValueError(f"{name} must hold finite numbers above 0, got {values.tolist()}")
    if np.unique(sizes).size < 2:
        raise ValueError(f"batch_sizes must hold at least 2 different ones for a line, got {sizes.tolist()}")

    (b, a), covariance = np.polyfit(sizes, times, 1, w=1 / times, cov="unscaled")
    residuals = 1 - (a + b * sizes) / times
    freedom = sizes.size - 2
    variance = residuals @ residuals / freedom if freedom else np.inf
    return CostFit(float(a), float(b), variance * covariance[::-1, ::-1], float(np.sqrt(variance)))
