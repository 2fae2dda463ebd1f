"""Answers to the exercises of lesson 04: right ones written in two ways, and what learners get wrong."""

import numpy as np


def with_array_split(order, batch_size):
    return np.split(order, range(batch_size, len(order), batch_size))


def with_a_loop(order, batch_size):
    batches, batch = [], []
    for example in order:
        batch.append(example)
        if len(batch) == batch_size:
            batches.append(batch)
            batch = []
    return batches + [batch] * bool(batch)


def drops_the_last(order, batch_size):
    return [order[i * batch_size : (i + 1) * batch_size] for i in range(len(order) // batch_size)]


def steps_by_one(order, batch_size):
    return [order[first : first + batch_size] for first in range(len(order))]


def draws_with_replacement(order, batch_size):
    rng = np.random.default_rng(0)
    return [rng.choice(order, batch_size) for _ in range(-(-len(order) // batch_size))]


def sorts(order, batch_size):
    order = np.sort(order)
    return [order[first : first + batch_size] for first in range(0, len(order), batch_size)]


def takes_b_for_the_number_of_batches(order, batch_size):
    return np.array_split(order, batch_size)


def one_batch_only(order, batch_size):
    return [order[:batch_size]]


def examples(number):
    return "1 example" if number == 1 else f"{number} examples"


def case(drawn, n):
    return f"({len(drawn)} draws from {n} examples, {len(set(drawn))} of them different)"


RIGHT = {
    "04/batches": [with_array_split, with_a_loop],
    "04/seen": [lambda drawn, n: len(set(drawn.tolist())) / n, lambda drawn, n: np.isin(np.arange(n), drawn).mean()],
}

WRONG = {
    "04/batches": [
        (
            drops_the_last,
            r"batches miss \d+ examples?: \d+ of \d+ seen",
            lambda order, size, yours: (
                f"For {len(order)} examples and B = {size} your batches miss {examples(len(order) % size)}: "
                f"{len(order) - len(order) % size} of {len(order)} seen."
            ),
        ),
        (
            steps_by_one,
            "have been there before",
            lambda order, size, yours: "your batches hold 42 examples; 30 of them have been there before.",
        ),
        (draws_with_replacement, r"batches miss \d+"),
        (
            sorts,
            "in another order",
            lambda order, size, yours: f"For {len(order)} examples and B = {size} your batches take",
        ),
        (
            takes_b_for_the_number_of_batches,
            "all but the last should hold",
            lambda order, size, yours: (
                f"hold {[len(batch) for batch in yours]} examples; all but the last should hold {size}."
            ),
        ),
        (one_batch_only, r"batches miss 8 examples: 4 of 12 seen"),
        (lambda order, batch_size: order / 0 if batch_size is None else order[100], "stops with IndexError"),
    ],
    "04/seen": [
        (
            lambda drawn, n: len(drawn) / n,
            "share of draws",
            lambda drawn, n, yours: (
                f"Yours is {len(drawn) / n:.3f}, the share of draws. An example drawn twice is seen once. "
                + case(drawn, n)
            ),
        ),
        (
            lambda drawn, n: len(np.unique(drawn)),
            "between 0 and 1",
            lambda drawn, n, yours: f"yours is {len(set(drawn))}. {case(drawn, n)}",
        ),
        (lambda drawn, n: len(np.unique(drawn)) / len(drawn), "yours is"),
        (
            lambda drawn, n: 1 - np.exp(-1),
            "The share that was seen",
            lambda drawn, n, yours: (
                f"The share that was seen is {len(set(drawn)) / n:.3f}, yours is {1 - 1 / np.e:.3f}. {case(drawn, n)}"
            ),
        ),
        (lambda drawn, n: 1 - len(np.unique(drawn)) / n, "The share that was seen"),
        (lambda drawn, n: drawn, "should return one number"),
    ],
}


# The right choice of each question, said or computed apart from the question itself: words that it alone has.


def after_doubling():
    share = -(-1024 // 64) / -(-1024 // 32)
    return {0.5: "It is halved.", 1.0: "It stays.", 2.0: "It doubles."}[share]


def never_drawn():
    share = (1 - 1 / 12_000) ** 12_000
    assert 1 / 3 < share < 0.4
    return "More than a third."


CHOICES = {
    "04/grey": never_drawn,
    "04/sorted": "Higher than that of guessing.",  # the checks of the lesson measure it
    "04/count": lambda: f"{10 * -(-50_000 // 256):,}",
    "04/cover": "If the order is a permutation and the last batch is kept.",
    "04/double": after_doubling,
    "04/still-sgd": "Yes.",
}


# All numbers in each question's texts, text after text (those without a number left out), in figures or in words.

N, B, EPOCHS = 50_000, 256, 10
FULL, REST = divmod(N, B)

NUMBERS = {
    "04/count": [
        f"{N:,} {B} ten",
        f"{EPOCHS}",
        f"{EPOCHS * FULL:,}",
        f"{FULL} {REST}",
        f"{EPOCHS * (FULL + 1):,}",
        f"{N:,} {B} {FULL + 1} {REST}",
        f"{EPOCHS * N:,}",
        f"{B}",
    ],
    "04/cover": [f"{100 * (1 - np.exp(-1)):.0f}"],
    "04/double": ["doubles", "doubles", "half", "halved"],
    "04/still-sgd": ["128", "1"],
    "04/grey": ["12,000 twice 12,000", "hundred", "twice", "third", f"12,000 1 {100 / np.e:.0f}", "half", "twice"],
    "04/sorted": ["five", "two"],
}
