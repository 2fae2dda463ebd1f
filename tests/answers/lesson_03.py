"""Answers to the exercises of lesson 03: right ones written in several ways, and what learners get wrong."""

import jax
import jax.numpy as jnp
import numpy as np


def with_jax(w, x, y, batch):
    return jax.grad(lambda w: jnp.mean((x[batch] @ w - y[batch]) ** 2) / 2)(w)


def with_a_loop(w, x, y, batch):
    total = 0
    for i in batch:
        total = total + (np.dot(x[i], w) - y[i]) * x[i]
    return total / len(batch)


def in_rows(w, x, y, batch):
    x, y = x[batch], y[batch]
    return ((x @ w - y)[:, None] * x).mean(axis=0)


def product_of_means(w, x, y, batch):
    return (x[batch] @ w - y[batch]).mean() * x[batch].mean(axis=0)


def epoch(w, x, y, order, batch_size, learning_rate):
    for first in range(0, len(order), batch_size):
        w = w - learning_rate * in_rows(w, x, y, order[first : first + batch_size])
    return w


def epoch_in_jax(w, x, y, order, batch_size, learning_rate):
    w = jnp.asarray(w)
    while len(order):
        batch, order = order[:batch_size], order[batch_size:]
        w -= learning_rate * with_jax(w, x, y, batch)
    return w


def epoch_of_updates(gradient):
    def answer(w, x, y, order, batch_size, learning_rate):
        for first in range(0, len(order), batch_size):
            w = w - learning_rate * gradient(w, x, y, order[first : first + batch_size], batch_size)
        return w

    return answer


def drops_the_last(w, x, y, order, batch_size, learning_rate):
    for update in range(len(order) // batch_size):
        w = w - learning_rate * in_rows(w, x, y, order[update * batch_size : (update + 1) * batch_size])
    return w


def first_batch_only(w, x, y, order, batch_size, learning_rate):
    return w - learning_rate * in_rows(w, x, y, order[:batch_size])


def gradients_at_the_start(w, x, y, order, batch_size, learning_rate):
    batches = [order[first : first + batch_size] for first in range(0, len(order), batch_size)]
    return w - learning_rate * sum(in_rows(w, x, y, batch) for batch in batches)


def forgets_where_it_was(w, x, y, order, batch_size, learning_rate):
    for first in range(0, len(order), batch_size):
        new = w - learning_rate * in_rows(w, x, y, order[first : first + batch_size])
    return new


def keeps_all_places(w, x, y, order, batch_size, learning_rate):
    return [epoch(w, x, y, order[:last], batch_size, learning_rate) for last in range(batch_size, 2 * batch_size + 1)]


def entries(vector):
    return f"({', '.join(f'{entry:.3g}' for entry in vector)})"


RIGHT = {
    "03/gradient": [with_jax, with_a_loop, in_rows],
    "03/epoch": [
        epoch,
        epoch_in_jax,
        epoch_of_updates(lambda w, x, y, batch, _: with_a_loop(w, x, y, batch)),
    ],
}

WRONG = {
    "03/gradient": [
        (
            lambda w, x, y, b: len(b) * in_rows(w, x, y, b),
            r"the sum over the batch\. .* is \d times smaller",
            lambda w, x, y, b, yours: f"is {len(b)} times smaller. (B = {len(b)} of N = {len(y)} examples.)",
        ),
        (lambda w, x, y, b: in_rows(w, x, y, np.arange(len(y))), "the gradient over all examples"),
        (lambda w, x, y, b: (x @ w - y) @ x, "the sum over all examples"),
        (
            lambda w, x, y, b: (x[b] @ w - y[b]) @ x[b] / len(y),
            r"You divide by N = \d+, but added up \d gradients",
            lambda w, x, y, b, yours: (
                f"You divide by N = {len(y)}, but added up {len(b)} gradients. (B = {len(b)} of N = {len(y)}"
            ),
        ),
        (lambda w, x, y, b: ((y[b] - x[b] @ w)[:, None] * x[b]).mean(axis=0), "the wrong sign"),
        (lambda w, x, y, b: 2 * in_rows(w, x, y, b), "forget the ½"),
        (product_of_means, "Multiply for each example first"),
        (lambda w, x, y, b: in_rows(w, x[: len(b)], y[: len(b)], np.arange(len(b))), "You took the first examples"),
        (
            lambda w, x, y, b: (x[b] @ w - y[b])[:, None] * x[b],
            r"You return \d gradients, one for each example",
            lambda w, x, y, b, yours: f"You return {len(b)} gradients, one",
        ),
        (lambda w, x, y, b: np.mean((x[b] @ w - y[b]) ** 2) / 2, "it returns one number"),
        (
            lambda w, x, y, b: w - in_rows(w, x, y, b),
            "Your gradient is .* it should be",
            lambda w, x, y, b, yours: (
                f"Your gradient is {entries(yours)}, it should be {entries(in_rows(w, x, y, b))}. (B"
            ),
        ),
        (lambda w, x, y, b: (x[b] * w - y[b]) @ x[b], "stops with ValueError"),
        (lambda w, x, y, b: np.mean(w, axis=-7), "stops with AxisError: axis -7 is out of bounds"),
    ],
    "03/epoch": [
        (lambda w, x, y, order, b, rate: epoch(w, x, y, order, b, -rate), "along the gradients, uphill"),
        (
            drops_the_last,
            r"left out the last batch, with \d of the examples",
            lambda w, x, y, order, b, rate, yours: (
                f"with {len(order) % b} of the examples. (N = {len(order)}, B = {b}.)"
            ),
        ),
        (
            first_batch_only,
            r"one update only\. This epoch has \d batches",
            lambda w, x, y, order, b, rate, yours: (
                f"This epoch has {-(-len(order) // b)} batches. (N = {len(order)}, B = {b}.)"
            ),
        ),
        (gradients_at_the_start, "all gradients at the start"),
        (forgets_where_it_was, "begins at the start again"),
        (lambda w, x, y, order, b, rate: w - rate * in_rows(w, x, y, order), "That is GD"),
        (lambda w, x, y, order, b, rate: epoch(w, x, y, np.arange(len(y)), b, rate), "`order` says"),
        (
            lambda w, x, y, order, b, rate: epoch(w, x, y, order, 1, rate),
            r"made \d+ updates, one for each example",
            lambda w, x, y, order, b, rate, yours: f"You made {len(order)} updates, one",
        ),
        (epoch_of_updates(lambda w, x, y, batch, b: len(batch) * in_rows(w, x, y, batch)), "You added up"),
        (
            epoch_of_updates(lambda w, x, y, batch, b: len(batch) / b * in_rows(w, x, y, batch)),
            "You divide by B, but",
            lambda w, x, y, order, b, rate, yours: (
                f"the last batch holds only {len(order) % b}. (N = {len(order)}, B = {b}.)"
            ),
        ),
        (lambda w, x, y, order, b, rate: epoch(w, x, y, order, b, 2 * rate), "twice as long"),
        (lambda w, x, y, order, b, rate: w, "have not moved"),
        (keeps_all_places, r"an array of the shape \(\d,\)"),
        (
            lambda w, x, y, order, b, rate: epoch(w, x, y, order, b, 0.01),
            "After the epoch w should be",
            lambda w, x, y, order, b, rate, yours: (
                f"w should be {entries(epoch(w, x, y, order, b, rate))}, yours is {entries(yours)}. "
                f"(N = {len(order)}, B = {b}.)"
            ),
        ),
    ],
}


# The right choice of each question, said or computed apart from the question itself: words that it alone has.


def mean_of_all_batches():
    """Of all batches of 2 out of 4 examples."""
    grads = np.random.default_rng(0).normal(size=(4, 3))
    batches = [grads[[i, k]].mean(axis=0) for i in range(4) for k in range(i)]
    assert np.allclose(np.mean(batches, axis=0), grads.mean(axis=0))
    return "right on average"


def sum_of_sixteen():
    grads = np.random.default_rng(0).normal(size=(16, 3))
    return f"{np.linalg.norm(grads.sum(axis=0)) / np.linalg.norm(grads.mean(axis=0)):.0f} times as long"


def mean_of_an_epoch():
    grads = np.random.default_rng(0).normal(size=(12, 3))
    assert np.allclose(grads.reshape(4, 3, 3).mean(axis=1).mean(axis=0), grads.mean(axis=0))
    return "they are the same."


CHOICES = {
    "03/one": "Mostly, but not always.",
    "03/mean": mean_of_an_epoch,
    "03/eight": "Practically never.",
    "03/how-many-uphill": "In about half.",
    "03/bias": mean_of_all_batches,
    "03/uphill": "Nothing yet.",
    "03/near": "There the true gradient is almost zero, and the noise is not.",
    "03/mistake": "In one pass over the data SGD makes many updates, and GD makes one.",
    "03/same": "For B = N, drawn without replacement.",
    "03/sum": sum_of_sixteen,
}


# All numbers in each question's texts, text after text (those without a number left out), in figures or in words.

POINTS, EPOCHS = 64, 10

NUMBERS = {
    "03/bias": ["1"],
    "03/uphill": ["1 half"],
    "03/near": [],
    "03/mistake": ["ten 4"],
    "03/same": ["twice", "16"],
    "03/sum": ["16 16", "16", "16 16", "16 16 16"],
    "03/one": [f"12 {POINTS}"],
    "03/mean": [],
    "03/eight": ["eight", "eighth", "eight"],
    "03/how-many-uphill": [f"1 {EPOCHS * POINTS}", "half", "2.05 0.17"],
}
