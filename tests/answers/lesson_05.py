"""Answers to the exercises of lesson 05: right ones written in several ways, and what learners get wrong."""

from itertools import combinations

import jax.numpy as jnp
import numpy as np


def noise(gradients, batch_size):
    n = len(gradients)
    return gradients.var(axis=0).sum() / batch_size * (n - batch_size) / (n - 1)


def noise_with_ddof_1(gradients, batch_size):
    gradients = jnp.asarray(gradients)
    variance = sum(jnp.var(column, ddof=1) for column in gradients.T)
    return variance * (1 / batch_size - 1 / len(gradients))


def noise_of_all_batches(gradients, batch_size):
    errors = [
        gradients[list(batch)].mean(axis=0) - gradients.mean(axis=0)
        for batch in combinations(range(len(gradients)), batch_size)
    ]
    return np.mean(np.sum(np.square(errors), axis=1))


def scale(gradients):
    mean = gradients.mean(axis=0)
    return np.mean(np.sum((gradients - mean) ** 2, axis=1)) / np.sum(mean**2)


def scale_by_squares(gradients):
    gradients = jnp.asarray(gradients)
    signal = jnp.linalg.norm(gradients.mean(axis=0)) ** 2
    return (jnp.mean(jnp.sum(gradients**2, axis=1)) - signal) / signal


def trace(gradients, ddof=0):
    return gradients.var(axis=0, ddof=ddof).sum()


def signal(gradients):
    return np.sum(gradients.mean(axis=0) ** 2)


def squared_lengths(gradients):
    return np.sum(gradients**2, axis=1)


def deviations(gradients):
    return squared_lengths(gradients - gradients.mean(axis=0))


RIGHT = {
    "05/noise-of-batch": [noise, noise_with_ddof_1, noise_of_all_batches],
    "05/scale": [scale, scale_by_squares, lambda g: trace(g) / signal(g)],
}

WRONG = {
    "05/noise-of-batch": [
        (lambda g, b: trace(g) / b, "drawn with replacement", lambda g, b, yours: f"(N = {len(g)}, B = {b}.)"),
        (lambda g, b: trace(g, 1) / b, "it lacks the factor"),
        (lambda g, b: trace(g, 1) / b * (len(g) - b) / (len(g) - 1), r"mixture: .* but you divide by N − 1"),
        (lambda g, b: trace(g) / b * (1 - b / len(g)), r"mixture: .* but you divide by N\."),
        (lambda g, b: noise(g, b) / b, "You divide by B²"),
        (
            lambda g, b: noise(g, b) * b,
            "You did not divide by B",
            lambda g, b, yours: f"A mean over {b} examples has less noise than one example.",
        ),
        (lambda g, b: np.sqrt(noise(g, b)), "squared length"),
        (lambda g, b: g.std(axis=0).sum() / b * (len(g) - b) / (len(g) - 1), "added up standard deviations"),
        (lambda g, b: noise(g, b) / np.sqrt(trace(g)), "took a standard deviation"),
        (lambda g, b: squared_lengths(g).mean() / b * (len(g) - b) / (len(g) - 1), "subtract G first"),
        (lambda g, b: g.var(axis=0).mean() / b * (len(g) - b) / (len(g) - 1), "the mean over the parameters"),
        (lambda g, b: g.var() / b * (len(g) - b) / (len(g) - 1), "into one heap"),
        (lambda g, b: deviations(g).sum() / b * (len(g) - b) / (len(g) - 1), "added up over the examples"),
        (
            lambda g, b: noise(g, b) if b < len(g) else 1.0,
            "At B = N a batch gradient has no noise",
            lambda g, b, yours: f"the answer is 0, yours is 1. (N = {len(g)}, B = {len(g)}.)",
        ),
        (
            lambda g, b: squared_lengths(g[:b] - g.mean(axis=0)).mean(),
            "The squared noise should be",
            lambda g, b, yours: f"should be {noise(g, b):.4g}, yours is {yours:.4g}. (N = {len(g)}, B = {b}.)",
        ),
        (lambda g, b: g.var(axis=0) / b, "should return one number"),
    ],
    "05/scale": [
        (lambda g: trace(g) / np.sqrt(signal(g)), r"divide by \|G\|\. The signal is its square"),
        (lambda g: np.mean(deviations(g) / squared_lengths(g)), "the mean of the examples' ratios"),
        (lambda g: np.mean(g.var(axis=0) / g.mean(axis=0) ** 2), "the mean of the parameters' ratios"),
        (lambda g: np.sum(g.var(axis=0) / g.mean(axis=0) ** 2), "the sum of the parameters' ratios"),
        (lambda g: squared_lengths(g).mean() / signal(g), "1 too large"),
        (lambda g: trace(g) / squared_lengths(g).mean(), "squared length of the mean"),
        (
            lambda g: signal(g) / trace(g),
            "signal over noise",
            lambda g, yours: f"(N = {len(g)} gradients of {g.shape[1]} parameters.)",
        ),
        (lambda g: np.sqrt(trace(g) / signal(g)), "the ratio of the lengths"),
        (lambda g: trace(g, 1) / signal(g), "ddof = 1"),
        (lambda g: deviations(g).sum() / signal(g), "added up over the examples"),
        (lambda g: g.var(axis=0).mean() / signal(g), "you took their mean there"),
        (lambda g: g.var() / signal(g), "into one heap"),
        (trace, "tr Σ alone"),
        (
            lambda g: g.std(axis=0).sum() / signal(g),
            "The noise scale should be",
            lambda g, yours: f"should be {scale(g):.4g}, yours is {yours:.4g}. (N = {len(g)} gradients of {g.shape[1]}",
        ),
        (lambda g: g.var(axis=0) / g.mean(axis=0) ** 2, "should return one number"),
    ],
}


# The right choice of each question, said or computed apart from the question itself: words that it alone has.


def length_of_the_noise():
    """|g_B - G|² goes as 1/B, its root as 1/√B."""
    return {1 / 16: "a sixteenth", 1 / 4: "a quarter", 1 / 2: "a half"}[(32 / 128) ** 0.5]


def slope():
    """Exact, over all batches of 1 and of 4 that can be drawn from many examples: as good as 1/4."""
    few, many = ((100_000 - size) / size for size in (1, 4))
    return {2: "Half as large", 4: "A quarter", 16: "A sixteenth"}[round(few / many)]


def floors():
    """What is left of E[w²] after many updates w <- (1 - η) w + η ξ / √B, by the recursion itself."""

    def floor(learning_rate, batch_size):
        square = 1.0
        for _ in range(10_000):
            square = (1 - learning_rate) ** 2 * square + learning_rate**2 / batch_size
        return square

    assert abs(floor(0.005, 8) / floor(0.01, 16) - 1) < 0.01
    return "Both lower it equally."


def clipped_estimates():
    estimates = np.random.default_rng(0).normal(0.1, 1, 10_000)
    assert np.maximum(estimates, 0).mean() > 0.3 > estimates.mean()
    return "Keep it as it is."


def twice_the_batch():
    """1 + B_simple / B, the squared length of a batch gradient over |G|², at 200 and at 400."""
    one, two = 1 + 200 / 200, 1 + 200 / 400
    assert 0.5 < two / one < 1
    return "Yes, but each example now buys less."


CHOICES = {
    "05/length": length_of_the_noise,
    "05/mean": "it is exactly G",
    "05/useless": twice_the_batch,
    "05/slope": slope,
    "05/negative": clipped_estimates,
    "05/floor": floors,
}


# All numbers in each question's texts, text after text (those without a number left out), in figures or in words.

SCALE = 200

NUMBERS = {
    "05/length": ["32 128", "sixteenth", "1 1", "quarter", "1", "half", "1 quarter 1 half"],
    "05/mean": [],
    "05/useless": [f"{SCALE} {2 * SCALE} {SCALE}", f"{2 * SCALE} half", "twice"],
    "05/slope": ["four", "half", "quarter", "quarter", "1", "sixteenth", "1 1"],
    "05/negative": ["−0.3", "0"],
    "05/floor": ["half twice", "half", "twice", "twice", "half"],
}
