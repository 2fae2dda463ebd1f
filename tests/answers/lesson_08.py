"""Answers to the exercises of lesson 08: right ones written in two ways, and what learners get wrong."""

import jax.numpy as jnp
import numpy as np


def by_mask(updates, losses, target):
    reached = updates[losses <= target]
    return reached[0] if len(reached) else np.inf


def by_loop(updates, losses, target):
    for made, loss in zip(updates, losses, strict=True):
        if loss <= target:
            return int(made)
    return float("inf")


def by_jax(updates, losses, target):
    return jnp.min(jnp.asarray(updates, float), where=jnp.asarray(losses) <= target, initial=jnp.inf)


def the_place(updates, losses, target):
    return np.argmax(losses <= target) if (losses <= target).any() else np.inf


def strictly_below(updates, losses, target):
    return min(updates[losses < target], default=np.inf)


def for_good(updates, losses, target):
    above = np.flatnonzero(losses > target)
    return updates[above[-1] + 1] if above[-1] + 1 < len(losses) else np.inf


def by_sorted_search(updates, losses, target):
    place = np.searchsorted(-losses, -target)
    return updates[place] if place < len(losses) else np.inf


def counts_those_above(updates, losses, target):
    above = np.sum(losses > target)
    return above if above < len(losses) else np.inf


def one_too_early(updates, losses, target):
    return updates[np.argmax(losses <= target) - 1] if (losses <= target).any() else np.inf


def by_a_line(sizes, updates):
    most, least = np.polyfit(1 / sizes, updates, 1)
    return most / least


def from_two_runs(sizes, updates):
    examples = sizes * updates
    least_updates = (examples[-1] - examples[0]) / (sizes[-1] - sizes[0])
    return (examples[0] - sizes[0] * least_updates) / least_updates


def by_jax_line(sizes, updates):
    least_updates, least_examples = jnp.polyfit(jnp.asarray(sizes, float), sizes * updates, 1)
    return least_examples / least_updates


def twice_and_yours(sizes, updates, batch_size):
    """In closed form from two of the runs."""
    most = (updates[0] - updates[-1]) / (1 / sizes[0] - 1 / sizes[-1])
    least = updates[0] - most / sizes[0]
    return (
        f"Yours is {batch_size}. At the critical batch size S is twice S_min, here {2 * least:.1f} updates; at yours "
        f"it would be {least + most / batch_size:.1f}."
    )


RIGHT = {
    "08/to-target": [by_mask, by_loop, by_jax],
    "08/critical": [by_a_line, from_two_runs, by_jax_line],
}

WRONG = {
    "08/to-target": [
        (
            the_place,
            "the place in the array",
            lambda updates, losses, target, yours: (
                f"Yours is {sum(updates < by_loop(updates, losses, target))}, the place"
            ),
        ),
        (
            strictly_below,
            "exactly to the target: “at or below”",
            lambda updates, losses, target, yours: (
                f"Yours is {yours}. The first time is at {by_loop(updates, losses, target)} updates."
            ),
        ),
        (
            for_good,
            "rises above it once more",
            lambda updates, losses, target, yours: (
                f"Yours is {yours}. The first time is at {by_loop(updates, losses, target)} updates."
            ),
        ),
        (
            counts_those_above,
            "counted the losses above",
            lambda updates, losses, target, yours: f"Yours is {sum(losses > target)}: you counted",
        ),
        (
            one_too_early,
            r"still \d\.\d\d, above the target",
            lambda updates, losses, target, yours: (
                f"After {yours} updates the loss is still {losses[updates == yours][0]:.2f}, above"
            ),
        ),
        (
            lambda updates, losses, target: updates[np.argmin(losses)],
            "there the loss is lowest",
            lambda updates, losses, target, yours: (
                f"Yours is {updates[losses == min(losses)][0]}: there the loss is lowest."
            ),
        ),
        (lambda updates, losses, target: updates[np.argmax(losses <= target)], "return np.inf. Yours is 0"),
        (lambda updates, losses, target: min(updates[losses <= target], default=-1), "return np.inf. Yours is −1"),
        (lambda updates, losses, target: updates[losses <= target][0], "stops with IndexError"),
        (lambda updates, losses, target: min(updates[losses <= target], default=np.nan), "not finite"),
        (lambda updates, losses, target: updates[-1], "there the loss is lowest"),
        (
            lambda updates, losses, target: np.inf,
            "But after",
            lambda updates, losses, target, yours: (
                f"Yours is inf. But after {by_loop(updates, losses, target)} updates the loss is "
                f"{losses[losses <= target][0]:.2f}."
            ),
        ),
        (lambda updates, losses, target: np.where(losses <= target)[0], "should return one number"),
    ],
    "08/critical": [
        (
            lambda sizes, updates: 1 / by_a_line(sizes, updates),
            "the other ratio",
            lambda sizes, updates, yours: f"Yours is {yours:.4g}: that is S_min / E_min",
        ),
        (
            lambda sizes, updates: np.polyfit(1 / sizes, updates, 1)[0],
            "that is E_min",
            lambda sizes, updates, yours: f"Yours is {yours:.4g}: that is E_min",
        ),
        (
            lambda sizes, updates: np.polyfit(1 / sizes, updates, 1)[1],
            "that is S_min",
            lambda sizes, updates, yours: f"Yours is {yours:.4g}: that is S_min",
        ),
        (
            lambda sizes, updates: (sizes * updates).min() / updates.min(),
            "No run reaches",
            lambda sizes, updates, yours: f"Yours is {yours:.4g}: you",
        ),
        (
            lambda sizes, updates: (sizes * updates)[-1] / updates[0],
            "the largest E and S",
            lambda sizes, updates, yours: f"Yours is {yours:.4g}: you",
        ),
        (
            lambda sizes, updates: np.sum(sizes * updates) / np.sum(updates),
            "all examples by all updates",
            lambda sizes, updates, yours: f"Yours is {yours:.4g}: you",
        ),
        (
            lambda sizes, updates: np.divide(*np.polyfit(sizes, updates, 1)),
            "no straight line in B",
            lambda sizes, updates, yours: f"Yours is {yours:.3g}: S is no",
        ),
        (
            lambda sizes, updates: np.median(sizes),
            "at yours it would be",
            lambda sizes, updates, yours: twice_and_yours(sizes, updates, 128),
        ),
        (lambda sizes, updates: sizes[np.argmin(np.abs(updates - 2 * updates.min()))], "at yours it would be"),
        (lambda sizes, updates: -1, "without meaning", lambda sizes, updates, yours: "Yours is -1. At"),
        (lambda sizes, updates: np.polyfit(1 / sizes, updates, 1), "should return one number"),
    ],
}


# The right choice of each question, said or computed apart from the question itself: words that it alone has.


def two_prices(min_updates=30, min_examples=1200, batch_size=40):
    updates = min_updates + min_examples / batch_size
    return f"{updates:.0f} updates and {updates * batch_size:,.0f} examples"


def doubled_sum():
    """The update of a sum over 2B examples, as a multiple of that of their mean at the same η and B."""
    return f"{2 * 16 / 16:.0f}η"


CHOICES = {
    "08/soonest": "With one in the middle.",
    "08/scaling": "When the learning rate is small.",
    "08/scale": "Within the order of magnitude.",
    "08/two-prices": two_prices,
    "08/same-rate": "Nothing: η = 0.02 is small for both.",
    "08/ten-times": "Only while the new one is far below the stability edge.",
    "08/milliseconds": "milliseconds weigh updates and examples by what they take here",
    "08/sum": doubled_sum,
}


# All numbers in each question's texts, text after text (those without a number left out), in figures or in words.

LEAST_UPDATES, LEAST_EXAMPLES, B = 30, 1_200, 40
UPDATES = LEAST_UPDATES + LEAST_EXAMPLES // B
EXAMPLES = UPDATES * B

NUMBERS = {
    "08/two-prices": [
        f"{LEAST_UPDATES} {LEAST_EXAMPLES:,} {B}",
        f"{LEAST_UPDATES} {LEAST_EXAMPLES:,} {LEAST_EXAMPLES:,} {B} {LEAST_EXAMPLES // B}",
        f"{UPDATES} {LEAST_EXAMPLES:,}",
        f"{UPDATES} {B}",
        f"{LEAST_UPDATES} {EXAMPLES:,}",
        f"{LEAST_UPDATES}",
        f"{UPDATES} {EXAMPLES:,}",
        f"{LEAST_UPDATES} {LEAST_EXAMPLES:,} {B} {UPDATES} {B} {UPDATES} {LEAST_EXAMPLES // LEAST_UPDATES} twice",
    ],
    "08/same-rate": ["8 512 0.02", "0.02", "512 sixteen"],
    "08/ten-times": ["ten ten", "ten", "0.1 two", "02", "√10 √10", "ten ten"],
    "08/milliseconds": [],
    "08/sum": ["doubles", "half doubled", "doubled twice four", "2"],
    "08/soonest": ["0.8", "2", "2,048", "512"],
    "08/scaling": [f"eight 32 {8 * 32} eight", f"{8 * 32}", "0.1 two", "eight"],
    "08/scale": ["three", "two"],
}
