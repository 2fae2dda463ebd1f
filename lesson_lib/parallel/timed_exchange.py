"""One of the two processes that time their exchange: `exchange.ExchangeMeasurement` starts them."""

import json
import os
import sys
import threading
from functools import partial

import jax
import numpy as np
from jax.sharding import PartitionSpec
from jaxtyping import Array, Float, Int

from lesson_lib.cost import interleave
from lesson_lib.parallel.exchange import LIMIT, NUM_FLOATS, PROCESSES
from lesson_lib.parallel.mesh import DEVICES, make_mesh, place
from lesson_lib.parallel.supervisor import SHOWN, end_with_the_supervisor

EXCHANGES, ROUNDS = 20, 15
"""So many exchanges are timed together, and so often; the shortest time counts."""


@jax.jit
def _exchanges(values: Float[Array, " floats"], count: int | Int[Array, ""]) -> Float[Array, " floats"]:
    """The mean over all devices, `count` times, each with what the one before has given."""
    mesh = make_mesh()

    def on_each_device(values: Float[Array, " floats"]) -> Float[Array, " floats"]:
        return jax.lax.fori_loop(0, count, lambda _, mean: jax.lax.psum(mean, DEVICES) / mesh.size, values)

    whole = PartitionSpec()
    return jax.shard_map(on_each_device, mesh=mesh, in_specs=whole, out_specs=whole, check_vma=False)(values)


def _time_exchanges() -> list[float]:
    """Seconds of an exchange, for each of `NUM_FLOATS`."""
    runs = []
    for count in NUM_FLOATS:
        values = place(np.ones(count, np.float32), make_mesh())
        jax.block_until_ready(_exchanges(values, 1))
        runs.append(partial(_exchanges, values, EXCHANGES))
    seconds: list[float] = (interleave(runs, ROUNDS).min(axis=0) / EXCHANGES).tolist()
    return seconds


def main(address: str, process_id: int) -> None:
    """One of the two processes; the first one prints what it has found."""
    end_with_the_supervisor()
    give_up = threading.Timer(LIMIT, os._exit, [1])
    give_up.daemon = True
    give_up.start()
    jax.distributed.initialize(address, PROCESSES, process_id, initialization_timeout=int(LIMIT))
    seconds = _time_exchanges()
    if process_id == 0:
        print(f"{SHOWN}{json.dumps(seconds)}", flush=True)  # noqa: T201
    jax.distributed.shutdown()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
