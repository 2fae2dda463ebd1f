"""Answers to the exercises of lesson 09: right ones written in two ways, and what learners get wrong."""

import jax.numpy as jnp
import numpy as np


def by_product(grads, sizes):
    return sizes @ grads / sizes.sum()


def by_loop(grads, sizes):
    total = 0.0
    for grad, size in zip(grads, sizes, strict=True):
        total = total + size * grad
    return total / sum(sizes)


def by_average(grads, sizes):
    return np.average(grads, axis=0, weights=sizes)


def by_formula(critical, share, devices):
    return (1 + critical / share) / (1 + critical / (share * devices))


def by_counting(critical, share, devices, least=100.0):
    one, many = (least + least * critical / batch for batch in (share, share * devices))
    return jnp.asarray(one / many)


RIGHT = {
    "09/mean": [by_product, by_loop, by_average],
    "09/speed-up": [by_formula, by_counting],
}

WRONG = {
    "09/mean": [
        (
            lambda grads, sizes: grads.mean(axis=0),
            "that is the plain mean",
            lambda grads, sizes, yours: (
                f"A device with {max(sizes)} examples must count more than one with {min(sizes)}."
            ),
        ),
        (lambda grads, sizes: grads.sum(axis=0), "that is the sum of the gradients"),
        (lambda grads, sizes: sizes @ grads, "the sum over all examples"),
        (lambda grads, sizes: sizes @ grads / len(sizes), "by the number of devices"),
        (lambda grads, sizes: np.average(grads, axis=0, weights=1 / sizes), "few examples count the most"),
        (lambda grads, sizes: (grads / sizes[:, None]).mean(axis=0), "each gradient is a mean already"),
        (
            lambda grads, sizes: np.median(grads, axis=0),
            "the first entry should be",
            lambda grads, sizes, yours: (
                f"With {sizes[0]}, {sizes[1]}, {sizes[2]} and {sizes[3]} examples, the first entry should be "
                f"{by_average(grads, sizes)[0]:.3f}. Yours is {yours[0]:.3f}."
            ),
        ),
        (lambda grads, sizes: grads * sizes[:, None], "shape"),
        (lambda grads, sizes: sizes @ grads.T, "stops with ValueError"),
    ],
    "09/speed-up": [
        (
            lambda critical, share, devices: devices,
            "if noise were all there is",
            lambda critical, share, devices, yours: f"Yours is {devices}: that",
        ),
        (
            lambda critical, share, devices: 1 / by_formula(critical, share, devices),
            "the other way round",
            lambda critical, share, devices, yours: f"Yours is {yours:.3g}: ",
        ),
        (
            lambda critical, share, devices: 1 + critical / share / devices,
            "what many devices need, in S_min",
            lambda critical, share, devices, yours: f"Yours is {yours:.3g}: ",
        ),
        (
            lambda critical, share, devices: 1 + critical / share,
            "what one device needs, in S_min",
            lambda critical, share, devices, yours: f"Yours is {yours:.3g}: ",
        ),
        (
            lambda critical, share, devices: critical / share * (1 - 1 / devices),
            "how many S_min are saved",
            lambda critical, share, devices, yours: f"Yours is {yours:.3g}: that",
        ),
        (
            lambda critical, share, devices: (1 + critical / share) / (1 + critical / devices),
            "D · b examples",
            lambda critical, share, devices, yours: f"Yours is {yours:.3g}: ",
        ),
        (
            lambda critical, share, devices: (1 + share * devices / critical) / (1 + share / critical),
            "B/B_crit in place of B_crit/B",
            lambda critical, share, devices, yours: f"Yours is {yours:.3g}: ",
        ),
        (
            lambda critical, share, devices: (1 + share / critical) / (1 + share * devices / critical),
            "B/B_crit in place of B_crit/B",
        ),
        (
            lambda critical, share, devices: 2.0,
            "S_min updates, and",
            lambda critical, share, devices, yours: (
                f"With B_crit = {critical:.1f}, one device with {share} examples needs "
                f"{(share + critical) / share:.2f} S_min updates, "
                f"and {devices} devices need {(share * devices + critical) / (share * devices):.2f} S_min. Yours is 2."
            ),
        ),
        (lambda critical, share, devices: [1.0, 2.0], "one number"),
    ],
}


# The right choice of each question, said or computed apart from the question itself: words that it alone has.


def mean_of_means():
    values = np.random.default_rng(0).normal(size=64)
    assert abs(values.reshape(8, 8).mean(axis=1).mean() - values.mean()) < 1e-12
    return "Not at all, but for rounding."


def noise(share=32):
    return {4.0: "falls to a quarter"}[share * 8 / (share * 2)]


def slowest(milliseconds=(1, 1, 1, 1, 1, 1, 1, 2)):
    return f"{max(milliseconds)} ms, as long as the slowest needs"


def gradient_of_a_billion():
    return f"{4 * 10**9 / 10**9:.0f} gigabytes."


CHOICES = {
    "09/vote-mean": mean_of_means,
    "09/vote-quickest": "Longer than one alone.",
    "09/same-batch": "Nothing but the last digits.",
    "09/more-examples": noise,
    "09/slowest": slowest,
    "09/why-slower": "The exchange costs more than the smaller share saves.",
    "09/large-network": gradient_of_a_billion,
}


# All numbers in each question's texts, text after text (those without a number left out), in figures or in words.

DEVICES, B = 8, 64
IMAGE, HIDDEN, CLASSES = 28 * 28, 128, 10
PARAMETERS = IMAGE * HIDDEN + HIDDEN + HIDDEN * CLASSES + CLASSES

NUMBERS = {
    "09/same-batch": [f"{B} eight {B}", "eight", f"{B}", "eight", "eight", "eight"],
    "09/more-examples": ["32 2 8", "quarter", f"32 four {2 * 32} {8 * 32}", "sixteenth", "four", "32", "eight two"],
    # The mean of the eight is 1.125 ms.
    "09/slowest": ["seven 1 eighth 2", "1", "eight seven", "1.13 eight", f"{7 * 1 + 2}", "2"],
    "09/why-slower": [f"{B} eight", "eight eight", f"eight {B // DEVICES}", f"{B} {B // DEVICES}"],
    "09/large-network": [f"billion 32 {32 // 8}", *[f"{32 // 8}"] * 5],
    "09/vote-mean": [f"eight {B // DEVICES} eight {B}", f"{B}"],
    "09/vote-quickest": [f"{B} eight eight two", "eighth", "eighth", "half", f"{PARAMETERS:,}"],
}
