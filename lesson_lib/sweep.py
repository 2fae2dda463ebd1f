"""Many runs of one network: over batch sizes, learning rates and seeds.

Runs with the same batch size can go side by side in one program (`jax.vmap`), and programs can go side
by side on the processor's cores, a thread for each. On a CPU it is threads: a small update cannot
keep two cores busy, and the parameters of many runs do not fit into a core's cache together. On two
cores, threads made 192 runs 1.8 times as fast as one after the other; one program for all runs of a
batch size took about as long as one after the other.
"""

import os
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from itertools import islice, pairwise, product
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key, UInt32

from lesson_lib import batching, model, training
from lesson_lib.checks import require_choice, require_examples, require_int, require_positive, require_seed
from lesson_lib.optimizers import Hyperparameters
from lesson_lib.training import Params, PerExampleLoss, TrainState


@dataclass(frozen=True)
class Grid:
    """The settings of many runs: every batch size with every learning rate and every seed.

    Args:
        batch_sizes: each a B from 1 to N.
        learning_rates: each a finite number above 0.
        seeds: each decides a run's first parameters and its batches, as it does in a race.
        epochs: how long each run is.
        points: how many times the training loss is recorded after the start.
        spacing: `"even"`, or `"geometric"`: each time after so many per cent more updates than the time before.
        loss_examples: the loss is recorded over so many examples, the first ones; `None` is all N.
        target: a run ends early when a recorded loss is at or below this, or when it diverges. `None`: it does not.
        most_updates: a run ends after so many updates, if its epochs hold more. `None`: it does not.

    Raises:
        TypeError, ValueError: a setting out of its range, or none at all. Batch sizes are compared
            with the number of examples when the sweep begins.
    """

    batch_sizes: Sequence[int]
    learning_rates: Sequence[float]
    seeds: Sequence[int] = (0,)
    epochs: int = 1
    points: int = 10
    spacing: Literal["even", "geometric"] = "even"
    loss_examples: int | None = None
    target: float | None = None
    most_updates: int | None = None

    def __post_init__(self) -> None:
        for name in ("batch_sizes", "learning_rates", "seeds"):
            if len(getattr(self, name)) == 0:
                raise ValueError(f"{name} must hold at least 1 value, got none")
        batch_sizes = tuple(require_int("each of batch_sizes", size, low=1) for size in self.batch_sizes)
        object.__setattr__(self, "batch_sizes", batch_sizes)
        rates = tuple(require_positive("each of learning_rates", rate) for rate in self.learning_rates)
        object.__setattr__(self, "learning_rates", rates)
        seeds = tuple(require_seed("each of seeds", seed) for seed in self.seeds)
        object.__setattr__(self, "seeds", seeds)
        require_choice("spacing", self.spacing, ("even", "geometric"))
        given = [name for name in ("loss_examples", "most_updates") if getattr(self, name) is not None]
        for name in ("epochs", "points", *given):
            object.__setattr__(self, name, require_int(name, getattr(self, name), low=1))
        if self.target is not None:
            object.__setattr__(self, "target", require_positive("target", self.target))

    @property
    def shape(self) -> tuple[int, int, int]:
        """How many batch sizes, learning rates and seeds there are."""
        return len(self.batch_sizes), len(self.learning_rates), len(self.seeds)


Place = tuple[int, int, int]
"""A run's place in the grid: that of its batch size, of its learning rate and of its seed."""


class Sweep(NamedTuple):
    """What came out of each run, in the order in which the grid names the settings."""

    updates: Int[np.ndarray, "batch_sizes points"]
    """How many updates had been made when a loss was recorded, from 0 on: `grid.points` + 1 numbers."""
    losses: Float[np.ndarray, "batch_sizes learning_rates seeds points"]
    """Mean training loss at that moment, in nats; NaN in runs that were not finished, or had reached their target."""
    finished: Bool[np.ndarray, "batch_sizes learning_rates seeds"]
    """Has the run been made to its end?"""


class Start(NamedTuple):
    """What the seed decides about a run."""

    params: Params
    order_key: Key[Array, ""]
    """Source of the order of the examples in each epoch."""
    noise_key: Key[Array, ""]
    """Source of the batches on which gradient noise is measured: not those that are trained with."""


def recorded_updates(num_examples: int, batch_size: int, grid: Grid) -> Int[np.ndarray, " points"]:
    """After how many updates a run's loss is recorded: first 0, last all, between them as even as whole updates allow.

    With `"geometric"` spacing the logarithms are even, from 1 update on; small numbers may come several times.
    """
    total = grid.epochs * batching.updates_per_epoch(num_examples, batch_size)
    if grid.most_updates is not None:
        total = min(total, grid.most_updates)
    if grid.spacing == "even":
        return np.arange(grid.points + 1) * total // grid.points
    return np.append(0, np.rint(np.geomspace(1, total, grid.points))).astype(int)


def init_start(seed: int, init_params: Callable[..., Params]) -> Start:
    """The parameters and the random orders that a race with the same seed begins with."""
    params_key, order_key, noise_key = _keys(np.uint32(seed))
    return Start(init_params(key=params_key), order_key, noise_key)


@jax.jit
def _keys(seed: UInt32[Array, ""]) -> tuple[Key[Array, ""], Key[Array, ""], Key[Array, ""]]:
    params_key, run_key = jax.random.split(jax.random.key(seed))
    return params_key, *jax.random.split(run_key)


def map_runs(function: Callable[..., Any], *args: Any) -> Any:
    """`jax.vmap` over the first axis, but a single run as it is: XLA is slow at multiplying a stack of one matrix."""
    if len(jax.tree.leaves(args)[0]) > 1:
        return jax.vmap(function)(*args)
    result = function(*jax.tree.map(lambda leaf: leaf[0], args))
    return jax.tree.map(lambda leaf: leaf[None], result)


@partial(jax.jit, static_argnames=("batch_size", "per_example_loss"))
def run_updates_together(
    states: TrainState,
    x: Float[Array, "examples features"],
    y: Int[Array, " examples"],
    orders: Int[Array, "runs examples"] | None,
    learning_rates: Float[Array, " runs"],
    first: int | Int[Array, ""],
    count: int | Int[Array, ""],
    *,
    batch_size: int,
    per_example_loss: PerExampleLoss,
) -> tuple[TrainState, Float[Array, "runs updates"]]:
    """`training.run_updates` for many runs side by side, in one program.

    Args:
        states: a state for each run; every array of it has the runs as its first axis.
        x, y: the whole training set, shared by the runs.
        orders: the epoch's order of the examples for each run, or `None` as in `run_updates`.
        learning_rates: one for each run.
        first, count, batch_size, per_example_loss: as in `run_updates`.
    """

    def run(
        state: TrainState, order: Int[Array, " examples"] | None, learning_rate: Float[Array, ""]
    ) -> tuple[TrainState, Float[Array, " updates"]]:
        return training.run_updates(
            state, x, y, order, Hyperparameters(learning_rate), first, count,
            batch_size=batch_size, per_example_loss=per_example_loss,
        )  # fmt: skip

    return map_runs(run, states, orders, learning_rates)


@partial(jax.jit, static_argnames="per_example_loss")
def mean_losses(
    params: Params,
    x: Float[Array, "examples features"],
    y: Int[Array, " examples"],
    *,
    per_example_loss: PerExampleLoss,
) -> Float[Array, " runs"]:
    """Mean loss of each run's parameters over the same examples."""
    return map_runs(lambda params: jnp.mean(training.losses_of(per_example_loss, params, x, y)), params)


def _train_together(
    places: Sequence[Place],
    x: Float[Array, "examples features"],
    y: Int[Array, " examples"],
    grid: Grid,
    starts_of_seeds: Sequence[Start],
    per_example_loss: PerExampleLoss,
    evaluate: Callable[[Params], Float[Array, " runs"]],
    stop: threading.Event,
) -> Float[np.ndarray, "runs points"]:
    """Train runs of one batch size to their end, side by side.

    Returns:
        The recorded losses of each run.

    Raises:
        CancelledError: `stop` was set on the way.
    """
    batch_size = grid.batch_sizes[places[0][0]]
    learning_rates = jnp.array([grid.learning_rates[rate] for _, rate, _ in places])
    starts = [starts_of_seeds[seed] for _, _, seed in places]
    per_epoch = batching.updates_per_epoch(len(x), batch_size)
    recorded = recorded_updates(len(x), batch_size, grid)
    epochs = np.arange(0, recorded[-1], per_epoch)
    stops = np.union1d(recorded, epochs)  # `run_updates` stays within one epoch

    separate = [training.init_state(start.params, "sgd", Hyperparameters(1.0)) for start in starts]
    states = jax.tree.map(lambda *leaves: jnp.stack(leaves), *separate)
    orders = None
    losses = {0: evaluate(states.params)}
    for made, until in pairwise(stops.tolist()):
        if stop.is_set():
            raise CancelledError
        epoch, first = divmod(made, per_epoch)
        if first == 0 and batch_size < len(x):
            orders = jnp.stack([batching.epoch_order(y, epoch, key=start.order_key) for start in starts])
        states, batch_losses = run_updates_together(
            states, x, y, orders, learning_rates, first, until - made,
            batch_size=batch_size, per_example_loss=per_example_loss,
        )  # fmt: skip
        if until not in recorded:
            continue
        losses[until] = evaluate(states.params)
        over = ~np.isfinite(batch_losses).all(axis=1)
        if grid.target is not None and np.all(over | (losses[until] <= grid.target)):
            break
    missing = np.full(len(places), np.nan)
    table = np.stack([losses.get(at, missing) for at in recorded.tolist()], axis=1)
    if grid.target is not None:  # a run that went on only because others beside it did has ended all the same
        has_ended = np.logical_or.accumulate((table <= grid.target) | ~np.isfinite(table), axis=1)
        table[:, 1:][has_ended[:, :-1]] = np.nan
    return table


def sweeping(
    x: Float[Array, "examples features"],
    y: Int[Array, " examples"],
    grid: Grid,
    *,
    init_params: Callable[..., Params] = model.init_params,
    per_example_loss: PerExampleLoss = model.per_example_loss,
    together: bool | None = None,
    patience: float | None = None,
) -> Generator[Sweep, None, None]:
    """Train every run of the grid, and look at what is done on the way.

    The runs are taken seed by seed, and within a seed through all learning rates and batch sizes: a
    sweep that is stopped early holds whole maps of the first seeds, and the share of runs that is
    done tells how much time is left. Closing the iterator stops it: runs under way are left unfinished. While
    nobody asks for the next result, no more runs are begun.

    Args:
        x, y: the whole training set, N examples.
        grid: the settings of the runs.
        init_params: gives a run's first parameters from `key=`, the source of randomness.
        per_example_loss: the model.
        together: are all runs of a batch size made side by side in one program? Otherwise each run is
            made on its own, as many at a time as the processor has cores. `None` chooses what is
            faster: on their own on a CPU, together elsewhere.
        patience: a result also comes after so many seconds in which no run was done; `None` waits for one.

    Yields:
        What has come out so far, each time the same arrays, fuller.

    Raises:
        ValueError: x and y differ in length, or a batch size or `loss_examples` is above N; when the first result is
            asked for.
    """
    _check_examples(x, y, grid)
    if together is None:
        together = jax.default_backend() != "cpu"
    result = Sweep(
        updates=np.stack([recorded_updates(len(x), batch_size, grid) for batch_size in grid.batch_sizes]),
        losses=np.full((*grid.shape, grid.points + 1), np.nan),
        finished=np.zeros(grid.shape, bool),
    )
    stop = threading.Event()
    starts = [init_start(seed, init_params) for seed in grid.seeds]
    evaluate = partial(  # the examples are cut out once, and not for each run
        mean_losses, x=x[: grid.loss_examples], y=y[: grid.loss_examples], per_example_loss=per_example_loss
    )
    train = partial(
        _train_together, x=x, y=y, grid=grid, starts_of_seeds=starts,
        per_example_loss=per_example_loss, evaluate=evaluate, stop=stop,
    )  # fmt: skip
    groups = iter(_groups(grid, together=together))
    workers = 1 if together else os.cpu_count() or 1
    with ThreadPoolExecutor(workers) as pool:
        try:
            under_way = {pool.submit(train, places): places for places in islice(groups, workers)}
            while under_way:
                done, _ = wait(under_way, patience, FIRST_COMPLETED)
                for future in done:
                    for place, losses in zip(under_way.pop(future), future.result(), strict=True):
                        result.losses[place] = losses
                        result.finished[place] = True
                    under_way |= {pool.submit(train, places): places for places in islice(groups, 1)}
                    yield result  # two may end at once; each is told on its own
                if not done:
                    yield result
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


def sweep(
    x: Float[Array, "examples features"],
    y: Int[Array, " examples"],
    grid: Grid,
    **settings: Any,
) -> Sweep:
    """Train every run of the grid, to the end. Arguments and errors as for `sweeping`."""
    *_, result = sweeping(x, y, grid, **settings)
    return result


def _check_examples(x: Float[Array, "examples features"], y: Int[Array, " labels"], grid: Grid) -> None:
    num_examples = require_examples(x, y)
    for batch_size in grid.batch_sizes:
        require_int("each of batch_sizes", batch_size, low=1, high=num_examples)
    if grid.loss_examples is not None:
        require_int("loss_examples", grid.loss_examples, low=1, high=num_examples)


def _groups(grid: Grid, *, together: bool) -> list[list[Place]]:
    """The runs that are made side by side: all those of a batch size, or each on its own."""
    batch_sizes, learning_rates, seeds = map(range, grid.shape)
    if together:
        return [[(size, rate, seed) for seed, rate in product(seeds, learning_rates)] for size in batch_sizes]
    return [[(size, rate, seed)] for seed, rate, size in product(seeds, learning_rates, batch_sizes)]
