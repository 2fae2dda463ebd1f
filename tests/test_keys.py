"""No random key is used twice: JAX itself finds a key that was consumed before, also within a compiled program."""

import jax
import jax.numpy as jnp
import pytest
from helpers import tiny_dataset

from lesson_lib import batching, model, sweep
from lesson_lib.experiment import Settings, make_line_fit
from lesson_lib.panels.noise_floor.run import NoiseFloorRun
from lesson_lib.panels.noise_vs_batch_size.run import NoiseVsBatchSizeRun

DATASET = tiny_dataset(12, 5)


def init_params(*, key):
    return model.init_params((5, 4, 3), key=key)


def floor():
    NoiseFloorRun(Settings(batch_size=256, learning_rate=0.1, epochs=2, sampling="replacement")).run()


WORK = {
    "parameters": lambda: init_params(key=jax.random.key(0)),
    "points": lambda: make_line_fit(8),
    "a start": lambda: sweep.init_start(0, init_params),
    "the noise floor": floor,
    "batches of every size": lambda: NoiseVsBatchSizeRun(DATASET, Settings(batch_size=4, epochs=1)).run(),
    **{
        sampling: lambda sampling=sampling: batching.epoch_order(jnp.arange(7), 1, sampling, key=jax.random.key(1))
        for sampling in batching.SAMPLINGS
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("work", WORK)
def test_no_key_is_used_twice(work):
    with jax.debug_key_reuse(True):
        WORK[work]()


def test_a_key_that_is_used_twice_is_found():
    @jax.jit
    def careless(key):
        return jax.random.normal(key) + jax.random.uniform(key)

    with jax.debug_key_reuse(True), pytest.raises(jax.errors.KeyReuseError):
        careless(jax.random.key(0))


def test_the_three_keys_of_a_start_are_different_and_depend_on_the_seed():
    starts = [sweep.init_start(seed, lambda *, key: key) for seed in (0, 1)]
    data = {tuple(jax.random.key_data(key).tolist()) for start in starts for key in start}
    assert len(data) == 6
