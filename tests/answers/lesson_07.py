"""Answers to the exercises of lesson 07: right ones written in two ways, and what learners get wrong."""

import jax.numpy as jnp
import numpy as np


def in_place(theta, velocity, gradient, learning_rate, beta):
    velocity *= beta
    velocity += gradient
    theta -= learning_rate * velocity
    return theta, velocity


def by_jax(theta, velocity, gradient, learning_rate, beta):
    velocity = beta * jnp.asarray(velocity) + gradient
    return [theta - learning_rate * velocity, velocity]


def momentum(new_velocity, new_theta):
    """An answer from two formulas: v from (v, g, η, β), and θ from (θ, old v, new v, g, η, β)."""

    def answer(theta, velocity, gradient, learning_rate, beta):
        v = new_velocity(velocity, gradient, learning_rate, beta)
        return new_theta(theta, velocity, v, gradient, learning_rate, beta), v

    return answer


def right_velocity(v, g, eta, beta):
    return beta * v + g


def right_theta(theta, old, v, g, eta, beta):
    return theta - eta * v


def keeps_the_velocity(theta, velocity, gradient, learning_rate, beta):
    return theta - learning_rate * (beta * velocity + gradient), velocity


def swaps(theta, velocity, gradient, learning_rate, beta):
    return in_place(theta, velocity, gradient, learning_rate, beta)[::-1]


def by_a_loop(gradients, beta):
    m = 0
    for g in gradients:
        m = beta * m + (1 - beta) * g
    return m / (1 - beta ** len(gradients))


def by_weights(gradients, beta):
    weights = beta ** jnp.arange(len(gradients), dtype=jnp.float32)[::-1]
    return weights @ jnp.asarray(gradients) / weights.sum()


def by_average(gradients, beta):
    return np.average(gradients, axis=0, weights=float(beta) ** -np.arange(len(gradients)))


def loop(change, finish=lambda m, beta, t: m, begin=lambda gradients: 0.0):
    """A mean of another kind: how m begins, changes and is returned."""

    def answer(gradients, beta):
        m = begin(gradients)
        for t, g in enumerate(gradients, 1):
            m = change(m, g, beta, t)
        return finish(m, beta, len(gradients))

    return answer


def ema(m, g, beta, t):
    return beta * m + (1 - beta) * g


RIGHT = {
    "07/momentum": [in_place, by_jax],
    "07/adam-mean": [by_a_loop, by_weights, by_average],
}

WRONG = {
    "07/momentum": [
        (
            momentum(lambda v, g, eta, beta: beta * v + (1 - beta) * g, right_theta),
            r"mean with \(1 − β\)",
            lambda theta, v, g, eta, beta, yours: f"here {1 / (1 - beta):.2g} times smaller",
        ),
        (momentum(lambda v, g, eta, beta: g, right_theta), "gradient alone. Momentum"),
        (momentum(lambda v, g, eta, beta: v + g, right_theta), "without β"),
        (momentum(lambda v, g, eta, beta: v + beta * g, right_theta), "β is at the gradient. It"),
        (momentum(lambda v, g, eta, beta: (1 - beta) * v + beta * g, right_theta), "1 − β at the old velocity"),
        (momentum(lambda v, g, eta, beta: beta * (v + g), right_theta), "multiplied by β, too"),
        (momentum(lambda v, g, eta, beta: beta * v, right_theta), "new gradient is missing"),
        (momentum(lambda v, g, eta, beta: beta * v - g, right_theta), "gradient is subtracted"),
        (
            momentum(lambda v, g, eta, beta: beta * v + eta * g, lambda *all_: all_[0] - all_[2]),
            "holds the learning rate",
        ),
        (momentum(lambda v, g, eta, beta: beta * v - eta * g, lambda *all_: all_[0] + all_[2]), "it holds −η"),
        (
            momentum(lambda v, g, eta, beta: 2 * v + g, right_theta),
            "velocity is wrong: its first number",
            lambda theta, v, g, eta, beta, yours: (
                f"should be {beta * v[0] + g[0]:.4f}, yours is {2 * v[0] + g[0]:.4f}."
            ),
        ),
        (keeps_the_velocity, "it is the old one"),
        (swaps, "order is wrong"),
        (momentum(right_velocity, lambda theta, old, v, g, eta, beta: theta), "not moved"),
        (momentum(right_velocity, lambda theta, old, v, g, eta, beta: theta + eta * v), "along the velocity"),
        (momentum(right_velocity, lambda theta, old, v, g, eta, beta: theta - eta * g), "plain SGD"),
        (momentum(right_velocity, lambda theta, old, v, g, eta, beta: theta - eta * old), "old velocity"),
        (momentum(right_velocity, lambda theta, old, v, g, eta, beta: theta - v), "learning rate is missing"),
        (momentum(right_velocity, lambda theta, old, v, g, eta, beta: theta - eta * (g + beta * v)), "Nesterov"),
        (momentum(right_velocity, lambda theta, old, v, g, eta, beta: theta - eta * (1 - beta) * v), "factor 1 − β"),
        (
            momentum(right_velocity, lambda theta, old, v, g, eta, beta: theta - 2 * eta * v),
            "θ is wrong: its first",
            lambda theta, v, g, eta, beta, yours: (
                f"should be {theta[0] - eta * (beta * v[0] + g[0]):.4f}, "
                f"yours is {theta[0] - 2 * eta * (beta * v[0] + g[0]):.4f}."
            ),
        ),
        (lambda theta, velocity, gradient, learning_rate, beta: theta - learning_rate * gradient, "return two arrays"),
    ],
    "07/adam-mean": [
        (
            loop(ema),
            "m is not divided",
            lambda grads, beta, yours: (
                f"the factor 1 − βᵗ = {1 - beta ** len(grads):.2f}. (t = {len(grads)}, β = {beta:.2f})"
            ),
        ),
        (loop(lambda m, g, beta, t: beta * m + g), "momentum's sum"),
        (
            loop(lambda m, g, beta, t: beta * m + g, lambda m, beta, t: m / (1 - beta**t)),
            "factor 1 − β, which is missing",
        ),
        (loop(ema, begin=lambda gradients: gradients[0]), "began at the first gradient"),
        (lambda gradients, beta: gradients.mean(axis=0), "plain mean"),
        (loop(ema, lambda m, beta, t: m / (1 - beta)), "m divided by 1 − β"),
        (
            loop(ema, lambda m, beta, t: m / (1 - beta ** (t + 1))),
            r"power of β is t \+ 1",
            lambda grads, beta, yours: f"After t updates it is t. (t = {len(grads)}, β = {beta:.2f})",
        ),
        (
            loop(ema, lambda m, beta, t: m / (1 - beta ** (t - 1))),
            "power of β is t − 1",
            lambda grads, beta, yours: f"After t updates it is t. (t = {len(grads)}, β = {beta:.2f})",
        ),
        (lambda gradients, beta: by_a_loop(gradients[::-1], beta), "last gradient first"),
        (loop(lambda m, g, beta, t: ema(m, g, beta, t) / (1 - beta**t)), "divided at every update"),
        (lambda gradients, beta: gradients[-1], "last gradient alone"),
        (
            loop(lambda m, g, beta, t: (1 - beta) * m + beta * g),
            "The first number should be",
            lambda grads, beta, yours: (
                f"The first number should be {by_average(grads, beta)[0]:.4f}, yours is {yours[0]:.4f}; a plain "
                f"mean of the gradients "
                f"would be {sum(grads)[0] / len(grads):.4f}. (t = {len(grads)}, β = {beta:.2f})"
            ),
        ),
        (lambda gradients, beta: by_a_loop(gradients, beta).mean(), "array of the shape"),
    ],
}


# The right choice of each question, said or computed apart from the question itself: words that it alone has.


def what_lowers_no_floor(rate=1e-4, beta=0.9):
    """E[w²] = η s² (1 + β) / (h B (1 - β) (2 (1 + β) - η h)) with h = s = 1."""

    def floor(rate, beta=0.0, batch_size=1):
        return rate * (1 + beta) / (batch_size * (1 - beta) * (2 * (1 + beta) - rate))

    assert floor(rate, batch_size=2) < 0.6 * floor(rate)
    assert floor(rate / 2) < 0.6 * floor(rate)
    assert abs(floor(rate * (1 - beta), beta) / floor(rate) - 1) < 0.01
    return "Momentum at the same η/(1 − β)."


def effective_rate(beta=0.9):
    return {10: "became ten times as large"}[round(1 / (1 - beta))]


CHOICES = {
    "07/small": "A few percent below it.",
    "07/large": "Momentum and Adam end about a third lower.",
    "07/rest": "At about the same place.",
    "07/smooth": "each gradient, with its noise, still moves the parameters by η/(1 − β) in all",
    "07/same-rate": effective_rate,
    "07/better": "How was each learning rate chosen, and how many seeds were there?",
    "07/large-batch": "curvature is the limit now",
    "07/floor": what_lowers_no_floor,
}


# All numbers in each question's texts, text after text (those without a number left out), in figures or in words.

BETA = 0.9
LESS_VARIED = f"{(1 + BETA) / (1 - BETA):.0f}"
TIMES_THE_RATE = f"{1 / (1 - BETA):.0f}"

NUMBERS = {
    "07/smooth": [f"{BETA} {LESS_VARIED}", "1", "1", "1"],
    "07/same-rate": [f"{BETA}", "1", "ten ten", "1", "ten", f"1 {BETA} {TIMES_THE_RATE} ten"],
    "07/better": ["8", "8"],
    "07/large-batch": ["1", f"{LESS_VARIED} {BETA}", "512"],
    "07/floor": ["three", "64 8 eighth", "1"],
    "07/small": ["8 eight 512 400", "half", "8", "third", "8", "three"],
    "07/large": ["512 48", "third"],
    "07/rest": [f"{BETA}", {"19": "nineteenth"}[LESS_VARIED], "half", "1"],
}
