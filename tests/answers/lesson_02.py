"""Answers to the exercises of lesson 02: right ones written in two ways, and what learners get wrong."""

import jax
import jax.numpy as jnp
import numpy as np


def with_a_loop(w, b, x, y):
    along_w = along_b = 0
    for this_x, this_y in zip(x, y, strict=True):
        along_w += (w * this_x + b - this_y) * this_x / len(x)
        along_b += (w * this_x + b - this_y) / len(x)
    return along_w, along_b


def with_jax(w, b, x, y):
    return jax.grad(lambda p: jnp.mean((p[0] * x + p[1] - y) ** 2) / 2)(jnp.array([w, b]))


def with_a_matrix(w, b, x, y):
    columns = np.stack([x, np.ones_like(x)], axis=1)
    return columns.T @ (columns @ [w, b] - y) / len(y)


def of_some(which):
    return lambda w, b, x, y: with_a_loop(w, b, x[which], y[which])


def power_iteration(hessian):
    v = np.arange(1.0, 1.0 + len(hessian))
    for _ in range(200):
        v = hessian @ v
        v = v / np.linalg.norm(v)
    return 2 / (v @ hessian @ v)


def both_gradients(w, b, x, y, yours):
    right = with_a_matrix(w, b, x, y)
    return (
        f"The gradient is ({right[0]:.3f}, {right[1]:.3f}), yours is ({yours[0]:.3f}, {yours[1]:.3f}), at w = {w:.2f} "
        f"and b = {b:.2f} with {len(x)} points."
    )


def along_the_steepest(hessian, rate):
    """What each update multiplies the distance by; for a rate of 3/h it is −2."""
    return 1 - rate * np.linalg.norm(hessian, 2)


def curvatures(hessian):
    return f"(The curvatures are {', '.join(f'{h:.2f}' for h in sorted(np.linalg.svd(hessian)[1]))}.)"


RIGHT = {
    "02/gradient": [
        lambda w, b, x, y: np.array([((w * x + b - y) * x).mean(), (w * x + b - y).mean()]),
        with_a_loop,
        with_a_matrix,
        with_jax,
    ],
    "02/edge": [
        lambda hessian: 2 / np.linalg.eigvalsh(hessian)[-1],
        lambda hessian: 2 / max(np.linalg.eigvals(hessian)),
        lambda hessian: 2 / max(np.linalg.eigvals(hessian).real) + 0j,
        lambda hessian: 2 / np.linalg.norm(hessian, 2),
        lambda hessian: 2 / jnp.linalg.eigvalsh(hessian).max(),
        power_iteration,
    ],
}

WRONG = {
    "02/gradient": [
        (
            lambda w, b, x, y: [((w * x + b - y) * x).sum(), (w * x + b - y).sum()],
            r"N = \d+ times smaller",
            lambda w, b, x, y, yours: f"N = {len(x)} times smaller",
        ),
        (lambda w, b, x, y: 2 * np.array(with_a_loop(w, b, x, y)), "twice as long"),
        (lambda w, b, x, y: np.array(with_a_loop(w, b, x, y)) / 2, "half as long"),
        (lambda w, b, x, y: [((y - w * x - b) * x).mean(), (y - w * x - b).mean()], "points downhill"),
        (lambda w, b, x, y: with_a_loop(w, b, x, y)[::-1], "changed places"),
        (lambda w, b, x, y: [(w * x + b - y).mean()] * 2, "The second is right"),
        (lambda w, b, x, y: [((w * x + b - y) * x).mean()] * 2, "The first is right"),
        (lambda w, b, x, y: [(w * x + b - y).mean() * x.mean(), (w * x + b - y).mean()], "its own x"),
        (
            of_some(slice(0, 1)),
            r"You took 1 of the \d+ points",
            lambda w, b, x, y, yours: f"You took 1 of the {len(x)} points.",
        ),
        (of_some(slice(-1, None)), r"You took 1 of the \d+ points"),
        (
            of_some(slice(0, -1)),
            r"You took \d+ of the \d+ points",
            lambda w, b, x, y, yours: f"You took {len(x) - 1} of the {len(x)} points.",
        ),
        (of_some(slice(1, None)), r"You took \d+ of the \d+ points"),
        (of_some(slice(0, 3)), r"The gradient is \(.*\), yours is \(", both_gradients),
        (of_some(slice(None, None, 2)), r"The gradient is \(.*\), yours is \("),
        (lambda w, b, x, y: [((w * x + b - y) * x).mean(), -(w * x + b - y).mean()], r"The gradient is \("),
        (lambda w, b, x, y: np.mean((w * x + b - y) ** 2) / 2, r"shape \(2,\); it returns one number"),
        (lambda w, b, x, y: np.array([(w * x + b - y) * x, w * x + b - y]), r"shape \(2,\); it returns one of"),
    ],
    "02/edge": [
        (
            lambda hessian: 1 / np.linalg.eigvalsh(hessian)[-1],
            "bottom of the steep direction at once",
            lambda hessian, yours: curvatures(hessian),
        ),
        (lambda hessian: np.linalg.eigvalsh(hessian)[-1], "That is the largest curvature"),
        (lambda hessian: np.linalg.eigvalsh(hessian)[-1] / 2, "Turn it over"),
        (
            lambda hessian: 2 / np.linalg.eigvalsh(hessian)[0],
            "smallest curvature",
            lambda hessian, yours: (
                f"each update multiplies by {along_the_steepest(hessian, yours):.1f}. {curvatures(hessian)}"
            ),
        ),
        (lambda hessian: 2 / np.linalg.eigvalsh(hessian)[[0, -1]].sum(), "quickest learning rate"),
        (
            lambda hessian: 2 / np.linalg.eigvalsh(hessian).mean(),
            "mean curvature",
            lambda hessian, yours: f"1 − ηh is {along_the_steepest(hessian, yours):.2f}. {curvatures(hessian)}",
        ),
        (
            lambda hessian: 2 / np.diag(hessian).max(),
            "the diagonal only|mean curvature",
            lambda hessian, yours: f"1 − ηh is {along_the_steepest(hessian, yours):.2f}. {curvatures(hessian)}",
        ),
        (lambda hessian: 2 / np.linalg.eigvals(hessian)[0], "smallest curvature|diverges"),
        (lambda hessian: 2 / np.linalg.eigvals(hessian)[-1], "smallest curvature|diverges"),
        (
            lambda hessian: -2 / np.linalg.eigvalsh(hessian)[-1],
            "above zero",
            lambda hessian, yours: f"yours is {-2 / np.linalg.norm(hessian, 2):.3f}.",
        ),
        (lambda hessian: 1.999 / np.linalg.eigvalsh(hessian)[-1], "settles, but so it does farther up"),
        (lambda hessian: 2.001 / np.linalg.eigvalsh(hessian)[-1], "diverges"),
        (
            lambda hessian: 3 / np.linalg.eigvalsh(hessian)[-1],
            r"1 − ηh is −2\.00 along the steepest\.",
            lambda hessian, yours: f"At η = {yours:.3f} GD diverges: 1 − ηh is",
        ),
        (
            lambda hessian: 2 / np.linalg.norm(hessian),
            "settles, but so it does farther up",
            lambda hessian, yours: (
                f"At η = {yours:.3f} GD settles, but so it does farther up: 1 − ηh is "
                f"{along_the_steepest(hessian, yours):.2f}. " + curvatures(hessian)
            ),
        ),
        (lambda hessian: 2 / np.trace(hessian) if len(hessian) > 2 else power_iteration(hessian), "added up"),
        (lambda hessian: 2 / np.linalg.eigvalsh(hessian), "should return one number"),
        (lambda hessian: 2 / np.linalg.eigvalsh(hessian)[-1] + 1e-9j, "should return real numbers"),
    ],
}


# The right choice of each question, said or computed apart from the question itself: words that it alone has.


def settles(rate, curvature=50):
    return abs(1 - rate * curvature) < 1


def largest_rate_that_settles():
    edge = next(rate for rate in np.arange(1, 200) / 1000 if not settles(rate))
    return f"2/50 = {edge:g}."


def against_the_gradient():
    """On a bowl with the curvatures 1 and 10 the gradient at (1, 1) does not point away from the minimum."""
    place, gradient = np.ones(2), np.array([1.0, 10.0])
    assert place @ gradient / np.linalg.norm(place) / np.linalg.norm(gradient) < 0.9
    return "In general not"


def edge_of_the_sum():
    x = np.random.default_rng(0).uniform(0, 2, 64)
    rows = np.stack([x, np.ones(64)], axis=1)
    edges = [2 / np.linalg.eigvalsh(rows.T @ rows / divisor).max() for divisor in (64, 1)]
    return f"It gets {edges[0] / edges[1]:.0f} times smaller."


def sooner_then_later():
    """Updates until both directions of a valley have shrunk to a hundredth, at these shares of the edge."""
    curvatures, needed = np.array([0.166, 2.42]), []
    for share in (0.1, 0.5, 0.9, 0.98, 1.0):
        factors = np.abs(1 - share * 2 / curvatures[1] * curvatures)
        needed.append(np.log(0.01) / np.log(factors.max()) if factors.max() < 1 - 1e-9 else np.inf)
    assert needed[0] > needed[1] > needed[2] < needed[3] < needed[4] == np.inf
    return "At first, but then later again, and in the end never."


CHOICES = {
    "02/double": sooner_then_later,
    "02/compute": "Yes, from the shape of the valley.",
    "02/images": "SGD's.",
    "02/network": "does not diverge.",
    "02/settles": largest_rate_that_settles,
    "02/jumps": "A smaller learning rate.",
    "02/direction": against_the_gradient,
    "02/slow": "Perhaps: twice as much",
    "02/count": lambda: f"{20 * 12_000:,}",
    "02/sum": edge_of_the_sum,
}


# All numbers in each question's texts, text after text (those without a number left out), in figures or in words.

N, B, EPOCHS, H, POINTS = 12_000, 32, 20, 50, 64

NUMBERS = {
    "02/settles": [f"{H}", f"1 {H} {1 / H}", "1", f"2 {H} {2 / H}", "1 −1 1", "2"],
    "02/jumps": [],
    "02/direction": [],
    "02/slow": ["twice", "halves", "0.05"],
    "02/count": [
        f"{EPOCHS} {N:,}",
        f"{EPOCHS}",
        f"{N:,}",
        f"{N:,}",
        f"{EPOCHS * N:,}",
        f"{EPOCHS} {N:,} {B} {EPOCHS * N // B:,}",
        f"{EPOCHS * N // B:,}",
        f"{B} {EPOCHS} {EPOCHS}",
    ],
    "02/sum": [f"{POINTS}", f"{POINTS}", f"{POINTS} 2", f"√{POINTS} {np.sqrt(POINTS):.0f}", *[f"{POINTS}"] * 3],
    "02/double": ["double", "twice half"],
    "02/compute": ["2"],
    "02/images": [
        f"{N:,} {EPOCHS} {B}",
        f"{EPOCHS}",
        f"{EPOCHS} {N // B}",
        {19: "twenty"}[round(N / B / EPOCHS)],
        f"{N // B} {EPOCHS} {EPOCHS}",
    ],
    "02/network": [f"1.4 {EPOCHS}"],
}
