"""Orders and batches: what every epoch must hold, and what chance must give within its standard error."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import signatures_unchecked
from hypothesis import given
from hypothesis import strategies as st

from lesson_lib.batching import SAMPLINGS, batch_indices, batch_size_menu, epoch_order, updates_per_epoch

KEY = jax.random.key(0)
LABELS = jnp.array([2, 0, 1, 1, 0, 2, 2, 0, 1, 0, 2, 1])
PERMUTATIONS = sorted(SAMPLINGS.keys() - {"replacement"})

sizes = pytest.mark.parametrize("size", [(1, 1), (12, 12), (12, 1), (12, 4), (12, 5), (13, 12)])
"""N and a batch size B from 1 to N; each is compiled anew."""


def batches(num_examples, batch_size, last_batch):
    order = np.random.default_rng(num_examples).permutation(num_examples)
    count = updates_per_epoch(num_examples, batch_size, last_batch)
    return order, [batch_indices(jnp.asarray(order), update, batch_size) for update in range(count)]


@sizes
def test_an_epoch_with_its_last_batch_holds_every_example_once(size):
    order, cut = batches(*size, "keep")
    np.testing.assert_array_equal(np.concatenate(cut), order)
    assert all(len(batch) == size[1] for batch in cut[:-1])
    assert 1 <= len(cut[-1]) <= size[1]


@sizes
def test_an_epoch_without_its_last_batch_holds_complete_batches_only(size):
    num_examples, batch_size = size
    order, cut = batches(num_examples, batch_size, "drop")
    assert all(len(batch) == batch_size for batch in cut)
    np.testing.assert_array_equal(np.concatenate(cut), order[: num_examples - num_examples % batch_size])


@given(st.integers(1, 10**6))
def test_the_menu_doubles_up_to_all_examples(num_examples):
    *powers, last = batch_size_menu(num_examples)
    assert last == num_examples
    assert powers == [2**k for k in range(len(powers))]
    assert 2 ** len(powers) >= num_examples
    assert all(power < num_examples for power in powers)


@pytest.mark.parametrize("sampling", PERMUTATIONS)
@pytest.mark.parametrize("epoch", [0, 1, 7])
def test_an_order_takes_every_example_once(sampling, epoch):
    order = epoch_order(LABELS, epoch, sampling, key=KEY)
    np.testing.assert_array_equal(np.sort(order), np.arange(len(LABELS)))


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_an_order_depends_on_key_and_epoch_alone(sampling):
    again = [np.asarray(epoch_order(LABELS, epoch, sampling, key=KEY)) for epoch in (3, 0, 3)]
    np.testing.assert_array_equal(again[0], again[2])
    epochs_alike = np.array_equal(again[0], again[1])
    assert epochs_alike == (sampling in {"shuffle_once", "sorted"})
    keys_alike = np.array_equal(again[0], epoch_order(LABELS, 3, sampling, key=jax.random.key(1)))
    assert keys_alike == (sampling == "sorted")


def test_sorted_goes_class_by_class_and_keeps_the_order_within_one():
    np.testing.assert_array_equal(epoch_order(LABELS, 0, "sorted", key=KEY), [1, 4, 7, 9, 2, 3, 8, 11, 0, 5, 6, 10])


@pytest.mark.parametrize("sampling", ["reshuffle", "replacement"])
def test_every_example_comes_at_every_place_equally_often(sampling):
    num_examples, num_epochs = 6, 3000
    labels = jnp.zeros(num_examples, int)
    orders_of = jax.jit(jax.vmap(lambda epoch: epoch_order(labels, epoch, sampling, key=KEY)))
    orders = orders_of(jnp.arange(num_epochs))
    counts = np.array([np.bincount(place, minlength=num_examples) for place in np.asarray(orders).T])
    share = 1 / num_examples
    standard_error = math.sqrt(num_epochs * share * (1 - share))
    assert np.abs(counts - num_epochs * share).max() < 4.5 * standard_error  # 36 counts: by chance once in 4,000


def test_with_replacement_an_epoch_sees_about_63_percent():
    """The number D of different examples in N draws, against its exact mean and variance.

    An example is missed with probability p = (1 - 1/N)^N, two given ones with q = (1 - 2/N)^N. So
    E[D] = N (1 - p) and Var[D] = N p (1 - p) + N (N - 1) (q - p²).
    """
    num_examples, num_epochs = 500, 2000
    labels = jnp.zeros(num_examples, int)

    def seen(epoch):
        order = epoch_order(labels, epoch, "replacement", key=KEY)
        return jnp.zeros(num_examples, int).at[order].set(1).sum()

    different = np.asarray(jax.lax.map(seen, jnp.arange(num_epochs)))
    p, q = (1 - 1 / num_examples) ** num_examples, (1 - 2 / num_examples) ** num_examples
    mean = num_examples * (1 - p)
    variance = num_examples * p * (1 - p) + num_examples * (num_examples - 1) * (q - p**2)
    assert mean / num_examples == pytest.approx(1 - 1 / math.e, abs=1e-3)
    assert abs(different.mean() - mean) < 4 * math.sqrt(variance / num_epochs)
    # D is nearly normal, and the variance of a normal sample has the relative standard error √(2 / (n - 1)).
    assert abs(different.var(ddof=1) / variance - 1) < 4 * math.sqrt(2 / (num_epochs - 1))


no_whole_numbers = st.one_of(st.booleans(), st.floats(), st.text(), st.none())


@given(no_whole_numbers | st.integers(max_value=0) | st.integers(min_value=13))
@pytest.mark.parametrize(
    "call",
    [
        lambda batch_size: updates_per_epoch(12, batch_size),
        lambda batch_size: batch_indices(jnp.arange(12), 0, batch_size),
    ],
    ids=["updates_per_epoch", "batch_indices"],
)
def test_a_wrong_batch_size_is_named_with_its_value_and_what_is_allowed(call, value):
    error = ValueError if isinstance(value, int) and not isinstance(value, bool) else TypeError
    with signatures_unchecked(), pytest.raises(error) as caught:
        call(value)
    assert str(caught.value) == f"batch_size must be a whole number from 1 to 12, got {value!r}"


@given(no_whole_numbers | st.integers(max_value=-1) | st.integers(min_value=3))
def test_a_wrong_update_is_refused(value):
    error = ValueError if isinstance(value, int) and not isinstance(value, bool) else TypeError
    with signatures_unchecked(), pytest.raises(error, match=r"^update must be a whole number from 0 to 2, got "):
        batch_indices(jnp.arange(12), value, 5)


@given(no_whole_numbers | st.integers(max_value=0))
@pytest.mark.parametrize(
    "call", [lambda n: updates_per_epoch(n, 1), batch_size_menu], ids=["updates_per_epoch", "batch_size_menu"]
)
def test_a_wrong_number_of_examples_is_refused(call, value):
    error = ValueError if isinstance(value, int) and not isinstance(value, bool) else TypeError
    with (
        signatures_unchecked(),
        pytest.raises(error, match=r"^num_examples must be a whole number of at least 1, got "),
    ):
        call(value)


@given(st.text().filter(lambda text: text not in SAMPLINGS))
def test_an_unknown_sampling_is_refused(sampling):
    with pytest.raises(ValueError, match=r"^sampling must be one of 'reshuffle', 'shuffle_once', "):
        epoch_order(LABELS, 0, sampling, key=KEY)


def test_an_unknown_last_batch_is_refused():
    with pytest.raises(ValueError, match=r"^last_batch must be one of 'keep', 'drop', got 'pad'$"):
        updates_per_epoch(12, 5, last_batch="pad")


def test_an_order_of_nothing_is_refused():
    with pytest.raises(ValueError, match=r"^labels must hold at least 1 example, got none$"):
        epoch_order(LABELS[:0], 0, key=KEY)
