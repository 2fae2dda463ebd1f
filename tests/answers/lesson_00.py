"""Answers to the exercises of lesson 00: right ones written in two ways, and what learners get wrong."""

import math

import jax.numpy as jnp
import numpy as np


def in_place(theta, gradient, learning_rate):
    theta -= learning_rate * gradient
    return theta


def row_by_row(theta, gradient, learning_rate):
    return [theta[i] - gradient[i] * learning_rate for i in range(len(theta))]


def with_jax(theta, gradient, learning_rate):
    return jnp.subtract(theta, learning_rate * gradient)


def makes_the_length_1(theta, gradient, learning_rate):
    return theta - learning_rate * gradient / np.sqrt(np.sum(gradient**2))


def by_counting(num_examples, batch_size, epochs):
    updates = 0
    for _ in range(epochs):
        updates += len(range(0, num_examples, batch_size))
    return updates


def one_parameter(theta, g, eta, yours):
    new = theta - eta * g
    worst = np.argmax(np.abs(yours - new))
    return (
        f"A parameter of {theta[worst]:.3f} with the gradient {g[worst]:.3f} and η = {eta:.3f} becomes "
        f"{new[worst]:.3f}; yours becomes {yours[worst]:.3f}."
    )


def case(n, b, epochs):
    return f"N = {n:,}, B = {b}, epochs: {epochs}."


def left(n, b):
    return "1 example is" if n % b == 1 else f"{n % b} examples are"


def not_whole(n, b, epochs, yours):
    """With some epochs the wrong number is whole, and may be another mistake's."""
    if yours == round(yours):
        return case(n, b, epochs)
    return f"{case(n, b, epochs)} You return {yours:g}, but updates are whole. In each epoch {left(n, b)} left over:"


RIGHT = {
    "00/update": [lambda theta, g, eta: theta - eta * g, in_place, row_by_row, with_jax],
    "00/updates": [
        by_counting,
        lambda n, b, epochs: epochs * math.ceil(n / b),
        lambda n, b, epochs: np.ceil(n / b) * epochs,
        lambda n, b, epochs: (n + b - 1) // b * epochs,
    ],
}

WRONG = {
    "00/update": [
        (lambda theta, g, eta: theta + eta * g, "along the gradient"),
        (
            lambda theta, g, eta: theta - g,
            r"as if η were 1\. Here η = 0\.",
            lambda theta, g, eta, yours: f"Here η = {eta:.2f}.",
        ),
        (lambda theta, g, eta: -eta * g, "only the change"),
        (lambda theta, g, eta: eta * g, "only a multiple of the gradient"),
        (lambda theta, g, eta: theta, "nothing has moved"),
        (lambda theta, g, eta: eta * g - theta, "wrong sign"),
        (lambda theta, g, eta: theta - g / eta, "divided by the learning rate"),
        (lambda theta, g, eta: theta - eta, "every parameter by η"),
        (makes_the_length_1, "length 1. It is", lambda theta, g, eta, yours: f"It is {np.sqrt(np.sum(g**2)):.2f} here"),
        (
            lambda theta, g, eta: theta - eta * g.mean(),
            "its own entry",
            lambda theta, g, eta, yours: f"moved every parameter by {-eta * g.mean():.3f}. Each",
        ),
        (
            lambda theta, g, eta: theta - eta * np.sign(g),
            r"with the gradient .* becomes .*; yours becomes",
            one_parameter,
        ),
        (lambda theta, g, eta: (theta - eta * g).sum(), r"an array of the shape \(4,\); it returns one number"),
        (lambda theta, g, eta: theta - eta * gradients, "stops with NameError"),  # noqa: F821
    ],
    "00/updates": [
        (
            lambda n, b, epochs: n // b * epochs,
            r"leave out the last batch of each epoch: \d+ examples? (is|are) left",
            lambda n, b, epochs, yours: (
                f"{case(n, b, epochs)} You leave out the last batch of each epoch: {left(n, b)} left for it."
            ),
        ),
        (lambda n, b, epochs: round(n / b) * epochs, "leave out the last batch"),
        (
            lambda n, b, epochs: n / b * epochs,
            r"updates are whole\. .* \d+ examples? (is|are) left over|next epoch",
            not_whole,
        ),
        (
            lambda n, b, epochs: math.ceil(n * epochs / b),
            r"\d+ examples? (is|are) left over\. .* the next epoch",
            lambda n, b, epochs, yours: f"{case(n, b, epochs)} At the end of an epoch {left(n, b)} left over. You",
        ),
        (lambda n, b, epochs: math.ceil(n / b), "375 are the updates of one epoch"),
        (lambda n, b, epochs: (n // b + 1) * epochs, "here all 375 are full"),
        (lambda n, b, epochs: n * epochs, "looks at examples"),
        (lambda n, b, epochs: epochs, "Each of them holds 375 updates"),
        (lambda n, b, epochs: b * epochs, "how many examples are in a batch"),
        (lambda n, b, epochs: n * b * epochs, "One epoch holds 375 updates; you return 1,920,000"),
    ],
}


# The right choice of each question, said or computed apart from the question itself: words that it alone has.


def fall_of_the_loss(batch_size, num_examples=96, epochs=5):
    """How much the loss of least squares falls in an epoch of SGD and in an update, taking the mean over the run."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(num_examples, 3))
    y = x @ [1.0, -2.0, 0.5] + 0.1 * rng.normal(size=num_examples)
    w, made = np.zeros(3), 0
    for _ in range(epochs):
        for batch in np.split(rng.permutation(num_examples), num_examples // batch_size):
            w, made = w - 0.1 * (x[batch] @ w - y[batch]) @ x[batch] / batch_size, made + 1
    fall = (np.mean(y**2) - np.mean((x @ w - y) ** 2)) / 2
    return fall / epochs, fall / made


def faster_per_epoch_and_per_update():
    falls = {"32": fall_of_the_loss(8), "N": fall_of_the_loss(96)}
    epoch, update = (max(falls, key=lambda name: falls[name][place]) for place in (0, 1))
    return f"That of B = {epoch} in an epoch, that of B = {update} in an update."


def misses_that_cancel():
    misses = (
        2 * np.random.default_rng(0).normal(size=(400, 50)) / np.sqrt(50)
    )  # twice as long as a true one of length 1
    assert np.linalg.norm(misses.mean(axis=0)) < 0.2
    return "largely cancel"


CHOICES = {
    "00/all": "Both curves lie on top of each other.",
    "00/more-updates": lambda: f"one update, SGD only {5 * 12_000 // (5 * -(-12_000 // 32))}.",
    "00/same-curve": "A batch of all examples has the true gradient",
    "00/use": misses_that_cancel,
    "00/per-epoch": faster_per_epoch_and_per_update,
}


# All numbers in each question's texts, text after text (those without a number left out), in figures or in words.

N, B, EPOCHS = 12_000, 32, 5
IN_AN_EPOCH = N // B
UPDATES = EPOCHS * IN_AN_EPOCH
START, GD_END, SGD_END = 2.35, 1.8, 0.4
GD_FALL, SGD_FALL = f"{(START - GD_END) / EPOCHS:.1f}", f"{(START - SGD_END) / UPDATES:.3f}"

NUMBERS = {
    "00/more-updates": [
        "five",
        f"{EPOCHS} {N:,} {EPOCHS * N:,}",
        f"{N:,} {B}",
        f"{N:,} {B} {IN_AN_EPOCH} {EPOCHS} {IN_AN_EPOCH} {UPDATES:,}",
        "five",
        "0.05",
    ],
    "00/same-curve": ["two", "two"],
    "00/use": ["twice", "twice", f"{UPDATES:,}"],
    "00/per-epoch": [
        f"{B}",
        f"{B}",
        f"{UPDATES:,} {SGD_FALL}",
        "third",
        f"{B}",
        f"{START} {GD_END} {EPOCHS} {GD_FALL} {B} {SGD_END} {UPDATES:,} {SGD_FALL} {IN_AN_EPOCH}",
    ],
    "00/all": [f"{N:,}"],
}
