"""Answers to the exercises of lesson 01: right ones written in two ways, and what learners get wrong."""

import jax
import jax.numpy as jnp
import numpy as np


def with_numpy(scores, label):
    return np.logaddexp.reduce(scores) - scores[label]


def with_jax(scores, label):
    return -jax.nn.log_softmax(scores)[label]


def by_differences(scores, label):
    apart = scores - scores[label]
    return np.log(np.sum(np.exp(apart - apart.max()))) + apart.max()


def softmax(scores):
    return np.exp(scores) / np.exp(scores).sum()


def shifted_softmax(scores):
    e = np.exp(scores - scores.max())
    return e / e.sum()


def clipped(scores, label):
    return -np.log(np.maximum(shifted_softmax(scores)[label], 1e-9))


def with_a_loop(a, delta):
    gradient = np.zeros((a.shape[1], delta.shape[1]))
    for inputs, outputs in zip(a, delta, strict=True):
        gradient += np.outer(inputs, outputs) / len(a)
    return gradient


def scores_of(s, label):
    return f"scores from {min(s):,.1f} to {max(s):,.1f}, {s[label]:,.1f} for the right class"


def one_weight(a, delta, yours):
    right = a.T @ delta / len(a)
    i, j = max(np.ndindex(right.shape), key=lambda place: abs(yours[place] - right[place]))
    return f"from input {i} to output {j} is {right[i, j]:.3f}, yours is {yours[i, j]:.3f}."


RIGHT = {
    "01/loss": [with_numpy, with_jax, by_differences],
    "01/weights": [
        lambda a, delta: a.T @ delta / len(a),
        with_a_loop,
        lambda a, delta: np.einsum("bi,bo->io", a, delta) / a.shape[0],
        lambda a, delta: jnp.mean(a[:, :, None] * delta[:, None, :], axis=0),
    ],
}

WRONG = {
    "01/loss": [
        (
            lambda s, label: -np.log(softmax(s)[label]),
            "For large scores .* yours is nan",
            lambda s, label, yours: f"the loss is {with_numpy(s, label):.3f}. (",
        ),
        (lambda s, label: np.log(np.exp(s).sum()) - s[label], "For large scores .* yours is inf"),
        (
            lambda s, label: -np.log(shifted_softmax(s)[label]),
            "For large scores .* yours is inf, the loss is",
            lambda s, label, yours: f"yours is inf, the loss is {with_numpy(s, label):.3f}. ({scores_of(s, label)})",
        ),
        (
            clipped,
            r"The loss is \d+\.\d+ nats, yours is 20\.7",
            lambda s, label, yours: (
                f"The loss is {with_numpy(s, label):.3f} nats, yours is 20.723. ({scores_of(s, label)})"
            ),
        ),
        (
            lambda s, label: np.log(softmax(s)[label]),
            "a loss is not",
            lambda s, label, yours: f"Your loss is {-with_numpy(s, label):.3f}. The",
        ),
        (
            lambda s, label: softmax(s)[label],
            "is the probability of the right class",
            lambda s, label, yours: f"{softmax(s)[label]:.3f} is the probability",
        ),
        (
            lambda s, label: 1 - softmax(s)[label],
            "1 minus the probability",
            lambda s, label, yours: f"{1 - softmax(s)[label]:.3f} is 1 minus",
        ),
        (lambda s, label: -np.log2(softmax(s)[label]), "in bits"),
        (lambda s, label: -np.log10(softmax(s)[label]), "base 10"),
        (
            lambda s, label: -np.log(softmax(s).max()),
            r"You took the class \d, .* The right class is \d",
            lambda s, label, yours: (
                f"the class {np.argmax(s)}, which has the largest score. The right class is {label}."
            ),
        ),
        (lambda s, label: -s[label], "score for the log of a probability"),
        (lambda s, label: -np.log(softmax(s)).mean(), "mean over all classes"),
        (lambda s, label: -np.log(softmax(s)).sum(), "sum over all classes"),
        (lambda s, label: s.max() - s[label], "largest score alone"),
        (lambda s, label: np.log(np.exp(s).sum()), "Where is the score of the right class"),
        (lambda s, label: -np.log(softmax(s)), "should return one number"),
        (lambda s, label: "large" if s.max() > 100 else with_numpy(s, label), "should return numbers"),
    ],
    "01/weights": [
        (
            lambda a, delta: a.T @ delta,
            r"sum over the batch; .* B = \d times smaller",
            lambda a, delta, yours: f"B = {len(a)} times smaller",
        ),
        (
            lambda a, delta: delta.T @ a / len(a),
            "outputs × inputs",
            lambda a, delta, yours: (
                f"the shape {(delta.shape[1], a.shape[1])}, outputs × inputs; the weights have "
                f"{(a.shape[1], delta.shape[1])}."
            ),
        ),
        (lambda a, delta: -a.T @ delta / len(a), "minus belongs to the update"),
        (lambda a, delta: np.outer(a.mean(0), delta.mean(0)), "means first and multiplied then"),
        (lambda a, delta: np.outer(a[0], delta[0]), "first example alone"),
        (
            lambda a, delta: a.T @ delta / delta.size,
            r"divided by \d+ numbers; the mean is over \d examples",
            lambda a, delta, yours: f"You divided by {delta.size} numbers; the mean is over {len(a)} examples.",
        ),
        (
            lambda a, delta: a.T @ delta / a.shape[1],
            "the number of inputs",
            lambda a, delta, yours: (
                f"You divided by {a.shape[1]}, the number of inputs; the batch holds {len(a)} examples."
            ),
        ),
        (
            lambda a, delta: a.T @ delta / delta.shape[1],
            "the number of outputs",
            lambda a, delta, yours: (
                f"divided by {delta.shape[1]}, the number of outputs; the batch holds {len(a)} examples."
            ),
        ),
        (lambda a, delta: a[1:].T @ delta[1:] / len(a), r"from input \d to output \d is", one_weight),
        (lambda a, delta: a @ delta, "stops with ValueError"),
        (lambda a, delta: (a.T @ delta).mean(), "an array of the shape .* returns one number"),
    ],
}


# The right choice of each question, said or computed apart from the question itself: words that it alone has.


def after_the_update(weight=1.0, gradient=2.0, rate=0.05):
    change = weight - rate * gradient - weight
    return f"It {'falls' if change < 0 else 'grows'} by {abs(change):.2g}."


def sum_beside_mean():
    grads = np.random.default_rng(0).normal(size=(32, 3))
    return f"It goes {np.linalg.norm(grads.sum(axis=0)) / np.linalg.norm(grads.mean(axis=0)):.0f} times as far."


def certain_to_60_percent():
    """The gradient of the cross-entropy by the right score is p - 1: smaller than at 10 %, and not zero."""
    assert 0 < 1 - 0.6 < 1 - 0.1
    return f"{100 * 0.6:.0f} % can still become"


CHOICES = {
    "01/after": "About 8",
    "01/parameters": "Most of them.",
    "01/others": "About half.",
    "01/ten-times": "Two to three times as much.",
    "01/changes": "The weights and biases.",
    "01/sign": after_the_update,
    "01/right-image": certain_to_60_percent,
    "01/rise": "Not necessarily.",
    "01/blank": "the pixel's value times a number",
    "01/sum": sum_beside_mean,
}


# All numbers in each question's texts, text after text (those without a number left out), in figures or in words.

B, RATE = 32, 0.05

NUMBERS = {
    "01/changes": [],
    "01/sign": [f"2 {RATE}", *[f"{2 * RATE}"] * 2, f"{RATE} 2 {2 * RATE}", "2", *[f"−{2 * RATE}"] * 2],
    "01/right-image": ["60", f"0.6 {-np.log(0.6):.2f}", "5", "60 70", "100"],
    "01/rise": [f"{B}", f"{B} third", "100 0.8"],
    "01/blank": ["0", "0 0"],
    "01/sum": [f"{B} {RATE}", f"{B}", f"{B}", f"{B} {RATE} {B * RATE} {B}", f"{B}"],
    "01/after": [f"4 {B}", "4", f"{2 * 4}", "twice", f"{B}"],
    "01/parameters": ["100,000", "half", f"0 {B}", f"0 {B}"],
    "01/others": ["100 12,000", "half"],
    "01/ten-times": ["ten", "ten", "two three"],
}
