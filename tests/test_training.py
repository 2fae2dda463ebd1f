"""Updates next to the same written by hand, in plain JAX and in NumPy."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import half_square, signatures_unchecked
from hypothesis import given, settings
from hypothesis import strategies as st

from lesson_lib import batching, model, training
from lesson_lib.data import load_dataset
from lesson_lib.optimizers import OPTIMIZERS, SCHEDULES, Hyperparameters, hyperparameters
from lesson_lib.training import Batch, batch_loss, init_state, run_updates, take_batch, update

pytestmark = pytest.mark.slow

KEY = jax.random.key(0)
N, FEATURES, CLASSES = 36, 6, 3
X = jax.random.normal(jax.random.key(1), (N, FEATURES))
Y = jax.random.randint(jax.random.key(2), (N,), 0, CLASSES)
PARAMS = model.init_params((FEATURES, 8, CLASSES), key=KEY)


@pytest.fixture(scope="module")
def images():
    return load_dataset("fashion_mnist", num_examples=2000)


def assert_same_bits(a, b):
    assert jax.tree.structure(a) == jax.tree.structure(b)
    for left, right in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_array_equal(np.asarray(left), np.asarray(right), strict=True)


def advance(state, start, count, *, hyper, batch_size=5, **kwargs):
    """`count` updates from update number `start` of a run on, through as many epochs as that takes."""
    per_epoch = batching.updates_per_epoch(N, batch_size)
    losses = []
    while count > 0:
        epoch, first = divmod(start, per_epoch)
        part = min(count, per_epoch - first)
        order = batching.epoch_order(Y, epoch, key=KEY)
        state, seen = run_updates(state, X, Y, order, hyper, first, part, batch_size=batch_size, **kwargs)
        losses.append(np.asarray(seen[:part]))
        start, count = start + part, count - part
    return state, np.concatenate([*losses, np.empty(0, np.float32)])


# Gradient descent is the case B = N.


def plain_full_batch_update(params, x, y, learning_rate):
    """It looks at the loss as well: leaving that out makes other code of the same formula, with other rounding."""
    loss, grads = jax.value_and_grad(model.mean_loss)(params, x, y)
    return jax.tree.map(lambda value, grad: value - learning_rate * grad, params, grads), loss


def test_gradient_descent_is_the_same_code_with_the_batch_of_all_examples(images):
    x, y = images.x_train, images.y_train
    params = model.init_params(key=KEY)
    hyper = Hyperparameters(0.1)
    state = init_state(params, "sgd", hyper)
    for _ in range(5):
        state, losses = run_updates(state, x, y, None, hyper, 0, 1, batch_size=len(x))
        params, loss = jax.jit(plain_full_batch_update)(params, x, y, 0.1)
        assert_same_bits((state.params, losses), (params, loss[None]))


def gathers_of_images(order):
    """How often the compiled program looks images up one by one."""
    hyper = Hyperparameters(0.1)
    batch_size = N if order is None else 5
    program = jax.make_jaxpr(
        lambda *args: run_updates(init_state(PARAMS, "sgd", hyper), *args, order, hyper, 0, 1, batch_size=batch_size)
    )(X, Y)
    return sum(
        equation.primitive.name == "gather" and equation.invars[0].aval.shape == X.shape
        for equation in equations(program)
    )


def equations(program):
    """All operations of a program, those inside loops and calls included."""
    for equation in program.eqns:
        yield equation
        for inner in jax.tree.leaves(list(equation.params.values()), is_leaf=lambda value: hasattr(value, "eqns")):
            if hasattr(inner, "eqns"):
                yield from equations(inner)


def test_the_full_batch_is_used_as_it_stands():
    assert gathers_of_images(batching.epoch_order(Y, 0, key=KEY)) == 1
    assert gathers_of_images(None) == 0


# Batches.


@given(st.sampled_from([1, 5, 18, N]), st.data())  # each batch size is compiled anew
def test_a_batch_holds_the_examples_of_its_place_in_the_order(batch_size, data):
    number = data.draw(st.integers(0, batching.updates_per_epoch(N, batch_size) - 1))
    order = batching.epoch_order(Y, 0, key=KEY)
    batch = jax.tree.map(np.asarray, jax.jit(take_batch, static_argnums=4)(X, Y, order, number, batch_size))
    chosen = np.asarray(batching.batch_indices(order, number, batch_size))
    assert batch.x.shape == (batch_size, FEATURES)
    np.testing.assert_array_equal(batch.weight, np.arange(batch_size) < len(chosen))
    np.testing.assert_array_equal(batch.x[: len(chosen)], np.asarray(X)[chosen])
    np.testing.assert_array_equal(batch.y[: len(chosen)], np.asarray(Y)[chosen])


def test_what_fills_up_the_last_batch_is_one_of_its_own_examples():
    """Another one's loss may be infinite, and 0 times infinity is no number."""
    x = X.at[:-1].set(jnp.nan)
    batch = take_batch(x, Y, jnp.arange(N), 7, 5)
    assert np.isfinite(batch_loss(PARAMS, batch, model.per_example_loss))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_filled_up_batch_moves_the_parameters_as_the_shorter_one(optimizer):
    hyper = Hyperparameters(0.1)
    order = batching.epoch_order(Y, 0, key=KEY)
    state, losses = run_updates(
        init_state(PARAMS, optimizer, hyper), X, Y, order, hyper, 7, 1, batch_size=5, optimizer=optimizer
    )
    last = order[35:]
    shorter = Batch(X[last], Y[last], jnp.ones(1))
    expected, loss = jax.jit(update, static_argnums=(3, 4))(
        init_state(PARAMS, optimizer, hyper), shorter, hyper, optimizer, model.per_example_loss
    )
    for got, want in zip(jax.tree.leaves(state.params), jax.tree.leaves(expected.params), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)
    assert float(losses[0]) == pytest.approx(float(loss), rel=1e-6)


# Many updates in one program.


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@settings(max_examples=10)
@given(cut=st.integers(0, 20), start=st.integers(0, 9), schedule=st.sampled_from(list(SCHEDULES)))
def test_twenty_updates_are_ten_and_ten_bit_for_bit(optimizer, cut, start, schedule):
    """Wherever they are cut, within an epoch of 8 updates or at its end."""
    hyper = hyperparameters(0.05, schedule=schedule, decay_updates=15, average_from=7)
    state = init_state(PARAMS, optimizer, hyper, average=True)
    whole, losses = advance(state, start, 20, hyper=hyper, optimizer=optimizer)
    half, first_losses = advance(state, start, cut, hyper=hyper, optimizer=optimizer)
    parts, last_losses = advance(half, start + cut, 20 - cut, hyper=hyper, optimizer=optimizer)
    assert_same_bits(whole, parts)
    np.testing.assert_array_equal(losses, np.concatenate([first_losses, last_losses]), strict=True)


def test_no_update_leaves_everything_as_it_was():
    hyper = Hyperparameters(0.1)
    state = init_state(PARAMS, "adam", hyper)
    after, losses = run_updates(state, X, Y, jnp.arange(N), hyper, 3, 0, batch_size=5, optimizer="adam")
    assert_same_bits(state, after)
    np.testing.assert_array_equal(losses, np.zeros(8))


def test_losses_are_those_of_the_batches_before_their_update():
    hyper = Hyperparameters(0.1)
    order = batching.epoch_order(Y, 0, key=KEY)
    start = init_state(PARAMS, "sgd", hyper)
    _, losses = run_updates(start, X, Y, order, hyper, 2, 4, batch_size=5)
    assert losses.shape == (8,)
    np.testing.assert_array_equal(losses[4:], np.zeros(4))
    for count in range(4):
        before, _ = run_updates(start, X, Y, order, hyper, 2, count, batch_size=5)
        chosen = batching.batch_indices(order, 2 + count, 5)
        loss = model.mean_loss(before.params, X[chosen], Y[chosen])
        assert float(losses[count]) == pytest.approx(float(loss), rel=1e-6)


# Stochastic gradient descent next to NumPy.


def numpy_grads(params, x, y):
    """Gradient of the mean cross-entropy of a network with one hidden layer, by hand."""
    (w1, b1), (w2, b2) = params
    hidden = np.maximum(x @ w1 + b1, 0)
    scores = np.exp(hidden @ w2 + b2)
    delta2 = (scores / scores.sum(axis=1, keepdims=True) - np.eye(len(b2))[y]) / len(y)
    delta1 = delta2 @ w2.T * (hidden > 0)
    return [(x.T @ delta1, delta1.sum(axis=0)), (hidden.T @ delta2, delta2.sum(axis=0))]


def test_fifty_updates_are_those_of_numpy_in_float64(images):
    """On the lessons' network, with an incomplete last batch on the way."""
    x, y = images.x_train[:1000], images.y_train[:1000]
    batch_size, learning_rate = 32, 0.1
    hyper = Hyperparameters(learning_rate)
    state = init_state(model.init_params(key=KEY), "sgd", hyper)
    params = [tuple(np.asarray(part, np.float64) for part in layer) for layer in state.params]
    images64, labels = np.asarray(x, np.float64), np.asarray(y)
    for epoch, count in enumerate((32, 18)):
        order = batching.epoch_order(y, epoch, key=KEY)
        state, _ = run_updates(state, x, y, order, hyper, 0, count, batch_size=batch_size)
        for number in range(count):
            batch = np.asarray(order)[number * batch_size : (number + 1) * batch_size]
            grads = numpy_grads(params, images64[batch], labels[batch])
            params = [
                tuple(value - learning_rate * grad for value, grad in zip(layer, layer_grads, strict=True))
                for layer, layer_grads in zip(params, grads, strict=True)
            ]
    for layer, expected in zip(state.params, params, strict=True):
        for part, expected_part in zip(layer, expected, strict=True):
            np.testing.assert_allclose(part, expected_part, rtol=1e-4, atol=1e-6)


# A run that diverges. On the loss w²/2 every update multiplies w by 1 - η.


@pytest.mark.parametrize("start", [1.0, 1e-7, 1e15])
def test_losses_stop_being_finite_at_the_update_where_they_must(start):
    learning_rate = 1e6
    hyper = Hyperparameters(learning_rate)
    state = init_state(jnp.float32(start), "sgd", hyper)
    _, losses = run_updates(state, X, Y, jnp.arange(N), hyper, 0, 36, batch_size=1, per_example_loss=half_square)
    largest = float(np.finfo(np.float32).max)
    # w_t = w_0 (1 - η)^t: the first t at which w_t² is too large for float32
    overflow = math.floor(math.log(math.sqrt(largest) / start) / math.log(learning_rate - 1)) + 1
    np.testing.assert_array_equal(np.isfinite(losses), np.arange(36) < overflow)


# The mean of the parameters.


@pytest.mark.parametrize("average_from", [0, 3, 11, 50])
def test_the_average_is_the_mean_of_the_parameters_after_the_updates_that_count(average_from):
    hyper = hyperparameters(0.3, average_from=average_from)
    state = init_state(PARAMS, "sgd", hyper, average=True)
    assert_same_bits(state.average.params, PARAMS)
    iterates = []
    for number in range(12):
        state, _ = advance(state, number, 1, hyper=hyper)
        iterates.append(state.params)
    counted = iterates[average_from:] or iterates[-1:]
    for i, mean in enumerate(jax.tree.leaves(state.average.params)):
        expected = np.mean([np.asarray(jax.tree.leaves(params)[i], np.float64) for params in counted], axis=0)
        np.testing.assert_allclose(mean, expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16])
def test_the_average_of_half_precision_is_summed_in_float32(dtype):
    """The mean of a constant is that constant; a sum of many shares in bfloat16 stops at .5 in place of .7."""
    params, hyper = jnp.full(3, 0.7, dtype), hyperparameters(0.1)
    state = init_state(params, "sgd", hyper, average=True)
    x = jnp.zeros((2000, 1), dtype)
    options = {"batch_size": 1, "per_example_loss": lambda params, x, y: jnp.sum(0 * params) + x[:, 0]}
    state, _ = run_updates(state, x, jnp.zeros(2000, jnp.int32), jnp.arange(2000), hyper, 0, 2000, **options)
    assert_same_bits(state.params, params)
    assert state.average.params.dtype == jnp.float32
    np.testing.assert_allclose(state.average.params, np.asarray(params, np.float64), rtol=1e-5)


def test_averaging_does_not_change_the_run_and_is_left_out_unless_asked_for():
    hyper = Hyperparameters(0.1)
    plain, losses = advance(init_state(PARAMS, "momentum", hyper), 0, 12, hyper=hyper, optimizer="momentum")
    averaged, same = advance(
        init_state(PARAMS, "momentum", hyper, average=True), 0, 12, hyper=hyper, optimizer="momentum"
    )
    assert plain.average is None
    assert_same_bits(plain.params, averaged.params)
    np.testing.assert_array_equal(losses, same)


def distance(params, x, y):
    """Half the squared distance of w to each example."""
    return 0.5 * (params - x[:, 0]) ** 2


def test_what_lowers_the_noise_floor():
    """Many runs of SGD with replacement at the minimum of ½ h w², h = 1, against the exact variances.

    With ρ = 1 - η and a batch's gradient noise of variance s²/B, an update is w ← ρ w + η ξ. So after n
    updates from w = 0, Var[w] = η² s²/B Σ_{k<n} ρ^{2k}, and the mean of the n iterates has the variance
    s²/(B n²) Σ_{k≤n} (1 - ρ^k)². A larger B lowers both; averaging and a decaying η lower the first.
    """
    num_examples, num_runs, num_updates, eta = 200, 400, 100, 0.2
    x = jax.random.normal(jax.random.key(3), (num_examples, 1))
    x = (x - x.mean()) / x.std()  # the minimum is 0, and s² = 1
    y = jnp.zeros(num_examples, jnp.int32)

    def run(key, hyper, batch_size):
        order = batching.epoch_order(y, 0, "replacement", key=key)
        state = init_state(jnp.zeros(()), "sgd", hyper, average=True)
        kwargs = {"batch_size": batch_size, "per_example_loss": distance}
        state, _ = run_updates(state, x, y, order, hyper, 0, num_updates, **kwargs)
        return state.params, state.average.params

    def variances(hyper, batch_size=2):
        keys = jax.random.split(KEY, num_runs)
        last, mean = jax.jit(jax.vmap(lambda key: run(key, hyper, batch_size)))(keys)
        return float(jnp.mean(last**2)), float(jnp.mean(mean**2))

    rho = 1 - eta
    floor = eta**2 / 2 * sum(rho ** (2 * k) for k in range(num_updates))
    averaged_floor = sum((1 - rho**k) ** 2 for k in range(1, num_updates + 1)) / 2 / num_updates**2
    last, mean = variances(hyperparameters(eta))
    relative_error = 4 * math.sqrt(2 / num_runs)  # four standard errors of a mean of squares of normal numbers
    assert last == pytest.approx(floor, rel=relative_error)
    assert mean == pytest.approx(averaged_floor, rel=relative_error)
    assert averaged_floor < floor / 5

    decaying, _ = variances(hyperparameters(eta, schedule="1/t", decay_updates=5))
    etas = [eta / (1 + t / 5) for t in range(num_updates)]
    decaying_floor = 0.0
    for rate in etas:
        decaying_floor = (1 - rate) ** 2 * decaying_floor + rate**2 / 2
    assert decaying == pytest.approx(decaying_floor, rel=relative_error)
    assert decaying_floor < floor / 5


# Any model, any pytree, any float type.


def linear_loss(params, x, y):
    return (x @ params["weights"]["w"] + params["offset"][None] - y.astype(x.dtype)) ** 2


@pytest.mark.parametrize(
    ("optimizer", "dtype"),
    [*((name, jnp.bfloat16) for name in OPTIMIZERS), ("adam", jnp.float32), ("adam", jnp.float64)],
)
def test_any_pytree_of_any_float_type_can_be_trained(optimizer, dtype):
    with jax.enable_x64(dtype == jnp.float64):
        x, y = X.astype(dtype), Y
        params = {"weights": {"w": jnp.zeros(FEATURES, dtype)}, "offset": jnp.zeros((), dtype)}
        hyper = hyperparameters(0.02, schedule="cosine", decay_updates=100)
        state = init_state(params, optimizer, hyper, average=True)
        start = jnp.mean(linear_loss(params, x, y))
        for _ in range(3):
            state, losses = run_updates(
                state, x, y, jnp.arange(N), hyper, 0, 8, batch_size=5, optimizer=optimizer, per_example_loss=linear_loss
            )
        assert {leaf.dtype for leaf in jax.tree.leaves(state.params)} == {jnp.dtype(dtype)}
        assert losses.dtype == (jnp.float64 if dtype == jnp.float64 else jnp.float32)
        assert jnp.mean(linear_loss(state.params, x, y)) < 0.9 * start


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_parameters_of_several_types_keep_theirs(optimizer):
    params = {"w": jnp.zeros(FEATURES, jnp.bfloat16), "offset": jnp.zeros(())}

    def squares(params, x, y):
        return (x @ params["w"].astype(jnp.float32) + params["offset"] - y.astype(jnp.float32)) ** 2

    hyper = hyperparameters(0.02)
    state = init_state(params, optimizer, hyper, average=True)
    for _ in range(3):
        state, _ = run_updates(
            state, X, Y, jnp.arange(N), hyper, 0, 8, batch_size=5, optimizer=optimizer, per_example_loss=squares
        )
    assert {name: str(leaf.dtype) for name, leaf in state.params.items()} == {"w": "bfloat16", "offset": "float32"}
    assert jnp.mean(squares(state.params, X, Y)) < 0.9 * jnp.mean(squares(params, X, Y))


# A loss that is not one number for each example.


def squared_error(params, x, y):
    """Right for `y` of shape (N,); with a column, NumPy's rules make a table of all pairs of it."""
    with jax.numpy_rank_promotion("allow"):
        return ((x @ params)[:, 0] - y) ** 2 / 2


def test_least_squares_makes_the_update_that_one_finds_by_hand():
    """With x = 1 and y = 0 … 7, the gradient at w = 0 is -mean(y) = -3.5."""
    state = init_state(jnp.zeros((1, 1)), "sgd", hyper := hyperparameters(0.1))
    state, losses = run_updates(
        state, jnp.ones((8, 1)), jnp.arange(8.0), None, hyper, 0, 1, batch_size=8, per_example_loss=squared_error
    )
    assert float(state.params[0, 0]) == pytest.approx(0.35)
    np.testing.assert_allclose(losses, [17.5 / 2])


@pytest.mark.parametrize(
    ("y", "loss", "shape"),
    [
        (jnp.arange(8.0)[:, None], squared_error, r"\(4, 4\) from x of shape \(4, 1\) and y of shape \(4, 1\)"),
        (jnp.arange(8.0), lambda *args: jnp.mean(squared_error(*args)), r"\(\)"),
        (jnp.arange(8.0), lambda *args: squared_error(*args)[:, None], r"\(4, 1\)"),
    ],
)
@pytest.mark.parametrize("count", [0, 1])
def test_a_loss_that_is_not_one_for_each_example_is_refused(y, loss, shape, count):
    """Even where no update is to be made: the error comes before any work."""
    state = init_state(jnp.zeros((1, 1)), "sgd", hyper := hyperparameters(0.1))
    message = rf"^per_example_loss must return one loss for each example, of shape \(4,\), got {shape}"
    with pytest.raises(ValueError, match=message):
        run_updates(state, jnp.ones((8, 1)), y, jnp.arange(8), hyper, 0, count, batch_size=4, per_example_loss=loss)


# Arguments.


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"y": Y[:-1]}, ValueError, r"x and y must hold one row for each example, got shapes \(36, 6\) and \(35,\)"),
        ({"x": X[:0], "y": Y[:0]}, ValueError, "x and y must hold at least 1 example, got 0"),
        ({"order": np.arange(N - 1)}, ValueError, r"order must have the shape \(36,\), .*, got \(35,\)"),
        ({"order": np.arange(N + 1)}, ValueError, r"order must have the shape \(36,\), .*, got \(37,\)"),
        ({"order": np.arange(N)[:, None]}, ValueError, r"order must have the shape \(36,\), .*, got \(36, 1\)"),
        ({"batch_size": 0}, ValueError, "batch_size must be a whole number from 1 to 36, got 0"),
        ({"batch_size": N + 1}, ValueError, "batch_size must be a whole number from 1 to 36, got 37"),
        ({"batch_size": 5.0}, TypeError, r"batch_size must be a whole number from 1 to 36, got 5\.0"),
        ({"order": None}, ValueError, "batch_size must be N = 36 where order is None, got 5"),
        ({"first": -1}, ValueError, "first must be a whole number from 0 to 8, got -1"),
        ({"first": 9, "count": 0}, ValueError, "first must be a whole number from 0 to 8, got 9"),
        ({"first": 1.0}, TypeError, r"first must be a whole number from 0 to 8, got 1\.0"),
        ({"count": 7}, ValueError, "count must be a whole number from 0 to 6, got 7"),
        ({"count": jnp.int32(7)}, ValueError, "count must be a whole number from 0 to 6, got 7"),
        ({"count": -1}, ValueError, "count must be a whole number from 0 to 6, got -1"),
        ({"order": None, "batch_size": N, "first": 0}, ValueError, "count must be a whole number from 0 to 1, got 6"),
    ],
)
def test_arguments_that_would_make_nonsense_are_refused_before_any_work(changed, error, message):
    def untouched(params, x, y):
        raise AssertionError("work has begun")

    usual = {"x": X, "y": Y, "order": jnp.arange(N), "first": 2, "count": 6, "batch_size": 5}
    hyper = Hyperparameters(0.1)
    with signatures_unchecked(), pytest.raises(error, match=f"^{message}$"):
        run_updates(init_state(PARAMS, "sgd", hyper), hyper=hyper, per_example_loss=untouched, **usual | changed)


def test_numpy_arrays_and_counts_in_arrays_are_as_good():
    hyper = Hyperparameters(0.1)
    state = init_state(PARAMS, "sgd", hyper)
    plain = run_updates(state, X, Y, jnp.arange(N), hyper, 2, 6, batch_size=5)
    programs = training._run_updates._cache_size()
    same = run_updates(state, X, Y, jnp.arange(N), hyper, jnp.int32(2), np.array(6), batch_size=5)
    assert training._run_updates._cache_size() == programs
    in_numpy = run_updates(state, np.asarray(X), np.asarray(Y), np.arange(N, dtype=np.int32), hyper, 2, 6, batch_size=5)
    assert_same_bits(plain, same)
    assert_same_bits(plain, in_numpy)


def test_a_search_for_nan_finds_none_where_all_is_well():
    """`jax_debug_nans` ends a program that returns one, be it in a place that nobody reads."""
    hyper = hyperparameters(0.1)
    with jax.debug_nans(True):
        for optimizer in OPTIMIZERS:
            state = init_state(PARAMS, optimizer, hyper, average=True)
            for count in (0, 3):
                run_updates(state, X, Y, jnp.arange(N), hyper, 0, count, batch_size=7, optimizer=optimizer)


# Losses are wide enough, whatever the data are.


def table_loss(params, x, y):
    """A model on token numbers: each example's loss is an entry of a table."""
    return params[x] * 1.0


@pytest.mark.parametrize("dtype", [jnp.int8, jnp.int32, jnp.uint32, jnp.bool_])
def test_losses_of_token_numbers_are_no_whole_numbers(dtype):
    x = jnp.array([0, 1, 1, 0, 1]).astype(dtype)
    table = jnp.array([0.25, 0.75])
    hyper = hyperparameters(0.1)

    def loss(params, x, y):
        return table_loss(params, x.astype(jnp.int32), y)

    state, losses = run_updates(
        init_state(table, "sgd", hyper), x, x, jnp.arange(5), hyper, 0, 3, batch_size=2, per_example_loss=loss
    )
    assert losses.dtype == jnp.float32
    # Batches (0, 1), (1, 0), (1): each of the first two takes η / 2 off both entries.
    np.testing.assert_allclose(losses, [0.5, 0.45, 0.65], rtol=1e-6)
    np.testing.assert_allclose(state.params, [0.15, 0.55], rtol=1e-6)


def test_a_run_on_whole_numbers_that_diverges_is_seen():
    hyper = hyperparameters(1e30)
    x = jnp.arange(8, dtype=jnp.int32)[:, None]

    def loss(params, x, y):
        return (params * x[:, 0].astype(jnp.float32)) ** 2

    _, losses = run_updates(
        init_state(jnp.float32(1), "sgd", hyper), x, Y[:8], jnp.arange(8)[::-1], hyper, 0, 8, batch_size=1,
        per_example_loss=loss,
    )  # fmt: skip
    assert np.isfinite(losses[0])
    assert not np.isfinite(losses[1:]).any()


@pytest.mark.parametrize("dtype", [jnp.float16, jnp.bfloat16])
def test_half_precision_data_leave_the_mean_loss_as_it_is(dtype):
    """Losses of 100 and more: 1,024 of them are beyond float16, and bfloat16 stops counting at 256."""
    x, params = jnp.ones((1024, 1), dtype), jnp.float32(100)
    hyper = hyperparameters(0.1)

    def loss(params, x, y):
        return params * x[:, 0].astype(jnp.float32)

    state, losses = run_updates(
        init_state(params, "sgd", hyper), x, jnp.zeros(1024, jnp.int32), jnp.arange(1024), hyper, 0, 2, batch_size=1000,
        per_example_loss=loss,
    )  # fmt: skip
    np.testing.assert_allclose(losses, [100, 99.9], rtol=1e-6)
    np.testing.assert_allclose(state.params, 99.8, rtol=1e-6)


def test_one_example_is_enough():
    hyper = Hyperparameters(0.1)
    start = init_state(PARAMS, "sgd", hyper)
    state, losses = run_updates(start, X[:1], Y[:1], jnp.array([0]), hyper, 0, 1, batch_size=1)
    params, loss = jax.jit(plain_full_batch_update)(PARAMS, X[:1], Y[:1], 0.1)
    np.testing.assert_allclose(losses, [loss], rtol=1e-6)
    for got, want in zip(jax.tree.leaves(state.params), jax.tree.leaves(params), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-7)


# Nothing waits for the compiler.


def test_only_the_batch_size_and_the_optimizer_make_a_new_program():
    traces = []

    def counted_loss(params, x, y):
        traces.append((x.shape, params))
        return model.per_example_loss(params, x, y)

    def train(order, learning_rate, first, count, batch_size=5, optimizer="sgd"):
        hyper = hyperparameters(learning_rate)
        state = init_state(PARAMS, optimizer, hyper)
        run_updates(
            state, X, Y, order, hyper, first, count,
            batch_size=batch_size, optimizer=optimizer, per_example_loss=counted_loss,
        )  # fmt: skip

    train(jnp.arange(N), 0.1, 0, 0)
    at_first = len(traces)
    for epoch, learning_rate, first, count in [(1, 1e-4, 0, 8), (2, 10.0, 3, 1), (700, 0.5, 7, 0)]:
        train(batching.epoch_order(Y, epoch, key=jax.random.key(epoch)), learning_rate, first, count)
    assert len(traces) == at_first
    train(jnp.arange(N), 0.1, 0, 0, batch_size=6)
    assert len(traces) == 2 * at_first
    train(jnp.arange(N), 0.1, 0, 0, optimizer="adam")
    assert len(traces) == 3 * at_first


# Optimizers of one's own.


def test_an_optax_transform_takes_the_place_of_a_name():
    """Clipped momentum with weight decay, next to the same in NumPy; the learning rate in `hyper` does not count."""
    own = optax.chain(optax.clip_by_global_norm(0.5), optax.add_decayed_weights(0.1), optax.sgd(0.2, momentum=0.9))
    hyper = hyperparameters(1e3)
    state = init_state(jnp.float32(5), own, hyper, average=True)
    x = jax.random.normal(jax.random.key(3), (20, 1))
    options = {"batch_size": 2, "optimizer": own, "per_example_loss": distance}
    state, _ = run_updates(state, x, jnp.zeros(20, jnp.int32), jnp.arange(20), hyper, 0, 10, **options)
    w, v, iterates = 5.0, 0.0, []
    for pair in np.asarray(x, np.float64).reshape(10, 2):
        v = 0.9 * v + np.clip(w - pair.mean(), -0.5, 0.5) + 0.1 * w
        w -= 0.2 * v
        iterates.append(w)
    np.testing.assert_allclose(state.params, w, rtol=1e-5)
    np.testing.assert_allclose(state.average.params, np.mean(iterates), rtol=1e-5)


@pytest.mark.parametrize("optimizer", [None, optax.sgd, 0.1])
def test_what_is_no_optimizer_is_refused(optimizer):
    with signatures_unchecked(), pytest.raises(TypeError, match=r"^optimizer must be (one of 'sgd'|the name of one)"):
        init_state(PARAMS, optimizer, Hyperparameters(0.1))


def test_an_unknown_optimizer_is_refused():
    with pytest.raises(ValueError, match=r"^optimizer must be one of 'sgd', 'momentum', .*, got 'lbfgs'$"):
        init_state(PARAMS, "lbfgs", Hyperparameters(0.1))
