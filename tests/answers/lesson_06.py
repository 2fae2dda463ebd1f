"""Answers to the exercises of lesson 06: right ones written in two ways, and what learners get wrong."""

import jax.numpy as jnp
import numpy as np


def by_formula(sizes, seconds):
    b = np.mean((sizes - sizes.mean()) * (seconds - seconds.mean())) / np.var(sizes)
    return seconds.mean() - b * sizes.mean(), b


def by_least_squares(sizes, seconds):
    return np.linalg.lstsq(np.stack([np.ones(len(sizes)), sizes], axis=1), seconds, rcond=None)[0]


def by_jax(sizes, seconds):
    b, a = jnp.polyfit(jnp.asarray(sizes, float), seconds, 1)
    return a, b


def through_two(i, j):
    def line(sizes, seconds):
        b = (seconds[j] - seconds[i]) / (sizes[j] - sizes[i])
        return seconds[i] - b * sizes[i], b

    return line


def with_relative_errors(sizes, seconds):
    b, a = np.polyfit(sizes, seconds, 1, w=1 / seconds)
    return a, b


def in_milliseconds(sizes, seconds):
    return 1e3 * by_least_squares(sizes, seconds)


def largest_by_formula(n, a, b, ratio):
    return max(0, int(((a + b * n) / ratio - a) / b))


def largest_by_search(n, a, b, ratio):
    return max((size for size in range(1, n + 1) if a + b * n >= ratio * (a + b * size)), default=0)


def largest_by_counting(n, a, b, ratio):
    return np.sum((a + b * n) / (a + b * np.arange(1, n + 1)) >= ratio)


def rest(n, a, b, ratio):
    return ((a + b * n) / ratio - a) / b


def times_the_errors(sizes, seconds):
    """Squared errors of a level line, as a multiple of the least: 1 / (1 - r²)."""
    return 1 / (1 - np.corrcoef(sizes, seconds)[0, 1] ** 2)


def case(n, a, b, ratio):
    return f"(N = {n}, a = {a / 1e-6:.3g} µs, b = {b / 1e-6:.3g} µs, ratio = {ratio:.3g})"


RIGHT = {
    "06/fit": [by_formula, by_least_squares, by_jax],
    "06/ratio": [largest_by_formula, largest_by_search, largest_by_counting],
}

WRONG = {
    "06/fit": [
        (lambda sizes, seconds: np.polyfit(sizes, seconds, 1), "order is wrong"),
        (lambda sizes, seconds: (0.0, np.sum(sizes * seconds) / np.sum(sizes**2)), "starts at the origin"),
        (
            through_two(0, -1),
            r"exactly through the times of B = \d+ and B = \d+",
            lambda sizes, seconds, yours: (
                f"the times of B = {sizes[0]} and B = {sizes[-1]}, and takes no notice of the other 5."
            ),
        ),
        (through_two(0, 1), "the other 5"),
        (with_relative_errors, "relative"),
        (in_milliseconds, "1,000 times too large"),
        (
            lambda sizes, seconds: (seconds.mean(), 0.0),
            "squared errors of your line add up to",
            lambda sizes, seconds, yours: (
                f"add up to {times_the_errors(sizes, seconds):.3g} times as much as they must."
            ),
        ),
        (lambda sizes, seconds: (seconds[0], np.polyfit(sizes, seconds, 1)[0]), "squared errors"),
        (lambda sizes, seconds: seconds.mean() / sizes.mean(), "two numbers"),
        (lambda sizes, seconds: (seconds, sizes), "should return one number"),
    ],
    "06/ratio": [
        (
            lambda n, a, b, ratio: int(n / ratio),
            "right for the .work.; in time",
            lambda n, a, b, ratio, yours: (
                f"Your {int(n / ratio)} is N / ratio. That is right for the *work*; in time the fixed cost counts, "
                f"too. {case(n, a, b, ratio)}"
            ),
        ),
        (
            lambda n, a, b, ratio: int((a + b * n) / ratio / b),
            "nothing for the fixed cost",
            lambda n, a, b, ratio, yours: f"With B = {int((a / b + n) / ratio)} an update of SGD takes too long",
        ),
        (
            lambda n, a, b, ratio: int(rest(n, a, b, ratio)),
            "no such batch size: return 0",
            lambda n, a, b, ratio, yours: (
                f"takes only {(a + b * n) / (a + b):.3g} times as long, so there is no such batch size: "
                f"return 0. Yours is {yours}. {case(n, a, b, ratio)}"
            ),
        ),
        (
            lambda n, a, b, ratio: max(0, rest(n, a, b, ratio)),
            "whole number",
            lambda n, a, b, ratio, yours: f"yours is {rest(n, a, b, ratio):g}. {case(n, a, b, ratio)}",
        ),
        (
            lambda n, a, b, ratio: max(0, round(rest(n, a, b, ratio))),
            "takes only .* times as long",
            lambda n, a, b, ratio, yours: (
                f"With your B = {yours} GD's update takes only {(a + b * n) / (a + b * yours):.4g} times as long. "
                + case(n, a, b, ratio)
            ),
        ),
        (lambda n, a, b, ratio: max(0, int(np.ceil(rest(n, a, b, ratio)))), "takes only .* times as long"),
        (lambda n, a, b, ratio: max(1, int(rest(n, a, b, ratio))), "return 0. Yours is 1"),
        (
            lambda n, a, b, ratio: 1,
            "not the largest",
            lambda n, a, b, ratio, yours: (
                f"Your B = 1 is not the largest: a larger batch will do, too. {case(n, a, b, ratio)}"
            ),
        ),
        (
            lambda n, a, b, ratio: 0,
            "There are such batch sizes",
            lambda n, a, b, ratio, yours: f"yours is 0. {case(n, a, b, ratio)}",
        ),
        (
            lambda n, a, b, ratio: n,
            "takes only 1 times as long",
            lambda n, a, b, ratio, yours: f"With your B = {n} GD's update",
        ),
        (
            lambda n, a, b, ratio: max(B for B in range(1, n) if a + b * n >= ratio * (a + b * B)),
            "stops with ValueError",
        ),
    ],
}


# The right choice of each question, said or computed apart from the question itself: words that it alone has.


def what_gets_quicker(fixed=1e-4, per_example=1e-5, num_examples=12_000):
    update = [fixed + per_example * size for size in (8, 128)]
    epoch = [num_examples / size * (fixed + per_example * size) for size in (8, 128)]
    return {
        (True, True): "Both", (True, False): "The update.", (False, True): "The epoch.", (False, False): "Neither",
    }[update[1] < update[0], epoch[1] < epoch[0]]  # fmt: skip


CHOICES = {
    "06/longer": "Clearly fewer than 12,000 times.",  # the checks of the lesson measure both
    "06/clock": "After as many updates yes, after as many epochs no.",
    "06/work": lambda: f"{60_000 / 128:.0f} times the work; the time must be measured.",
    "06/cheapest": "far from eight times cheaper",
    "06/first-call": "Nobody knows yet.",
    "06/true-gradient": "True per update, false per epoch and per second.",
    "06/larger": what_gets_quicker,
}


# All numbers in each question's texts, text after text (those without a number left out), in figures or in words.

N = 12_000
WORK = f"{60_000 / 128:.0f}"

NUMBERS = {
    "06/work": ["60,000 128", f"{WORK} {WORK}", "128", "60,000 128", WORK, f"60,000 128 {WORK}"],
    "06/cheapest": ["1", "eight 8"],
    "06/first-call": ["0.2 50", "0.2", f"{(0.2 + 50e-6) / 2:.1f}", "50", "50"],
    "06/true-gradient": ["40 8", f"8 {N // 8:,}", "40 8"],
    "06/larger": ["8 128", *[f"{128 // 8}"] * 3],
    "06/longer": [f"{N:,} 1", *[f"{N:,}"] * 4],
    "06/clock": ["8", f"{N // 8:,}"],
}
