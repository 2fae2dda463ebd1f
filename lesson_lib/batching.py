"""Which examples go into which update.

An *epoch* is one pass over the N training examples, cut into batches of B. The order of the
examples within an epoch is decided here; the rest of the library only takes B of them at a time.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Key

from lesson_lib.checks import require_choice, require_int

SAMPLINGS = {
    "reshuffle": "a new random order every epoch",
    "shuffle_once": "one random order, used again every epoch",
    "replacement": "every example drawn at random from all of them, so some come twice and some never",
    "sorted": "all examples of the first class, then all of the second, and so on",
}

LAST_BATCHES = {
    "keep": "an incomplete last batch makes an update of its own",
    "drop": "an incomplete last batch is left out",
}


def updates_per_epoch(num_examples: int, batch_size: int, last_batch: str = "keep") -> int:
    """How many updates one epoch makes: ceil(N / B) with the last incomplete batch kept, floor(N / B) without.

    >>> updates_per_epoch(12_000, 64), updates_per_epoch(12_000, 64, last_batch="drop")
    (188, 187)

    Raises:
        TypeError, ValueError: `batch_size` is not a whole number from 1 to `num_examples`, or
            `last_batch` is neither `"keep"` nor `"drop"`.
    """
    num_examples = require_int("num_examples", num_examples, low=1)
    batch_size = require_int("batch_size", batch_size, low=1, high=num_examples)
    require_choice("last_batch", last_batch, LAST_BATCHES)
    return num_examples // batch_size if last_batch == "drop" else -(-num_examples // batch_size)


def batch_size_menu(num_examples: int) -> tuple[int, ...]:
    """The batch sizes that a panel offers: the powers of two below N, then N itself.

    >>> batch_size_menu(12)
    (1, 2, 4, 8, 12)
    """
    num_examples = require_int("num_examples", num_examples, low=1)
    return *(2**k for k in range((num_examples - 1).bit_length())), num_examples


def epoch_order(
    labels: Int[Array, " examples"], epoch: int | Int[Array, ""], sampling: str = "reshuffle", *, key: Key[Array, ""]
) -> Int[Array, " examples"]:
    """The order in which one epoch takes the examples.

    It depends on the key and the epoch's number alone, so that a run that was paused, rewound or started anew in the
    middle sees the same batches again.

    Args:
        labels: class of each example; only `"sorted"` looks at them.
        epoch: number of the epoch, from 0.
        sampling: one of `SAMPLINGS`. All but `"replacement"` give a permutation of 0 … N-1.
        key: source of randomness of the whole run.

    Raises:
        TypeError: `sampling` is not a string.
        ValueError: it is not in `SAMPLINGS`, or there are no examples.
    """
    require_choice("sampling", sampling, SAMPLINGS)
    if labels.shape[0] == 0:
        raise ValueError("labels must hold at least 1 example, got none")
    return _epoch_order(labels, epoch, sampling, key)


@partial(jax.jit, static_argnames="sampling")
def _epoch_order(
    labels: Int[Array, " examples"], epoch: int | Int[Array, ""], sampling: str, key: Key[Array, ""]
) -> Int[Array, " examples"]:
    num_examples = labels.shape[0]
    match sampling:
        case "reshuffle":
            return jax.random.permutation(jax.random.fold_in(key, epoch), num_examples)
        case "shuffle_once":
            return jax.random.permutation(jax.random.fold_in(key, 0), num_examples)
        case "replacement":
            return jax.random.randint(jax.random.fold_in(key, epoch), (num_examples,), 0, num_examples)
        case _:
            return jnp.argsort(labels, stable=True)


def batch_indices(
    order: Int[Array | np.ndarray, " examples"], update: int, batch_size: int
) -> Int[Array | np.ndarray, " batch"]:
    """The examples of one update of the epoch: `order[update * B : (update + 1) * B]`.

    The last batch of an epoch holds fewer than B examples where B does not divide N.

    Raises:
        TypeError, ValueError: `batch_size` is not a whole number from 1 to N, or `update` is none
            from 0 to the number of updates in the epoch, less one.
    """
    batch_size = require_int("batch_size", batch_size, low=1, high=order.shape[0])
    num_updates = updates_per_epoch(order.shape[0], batch_size)
    update = require_int("update", update, low=0, high=num_updates - 1)
    return order[update * batch_size : (update + 1) * batch_size]
