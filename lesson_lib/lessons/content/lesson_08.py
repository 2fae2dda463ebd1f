"""What there is to answer in lesson 08, choosing a batch size."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from lesson_lib import sweep
from lesson_lib.chart import ticks
from lesson_lib.chart.picture import BLACK, BLUE, PURPLE, SKY, VERMILION, Chart, Curve, Picture
from lesson_lib.data import load_dataset
from lesson_lib.lessons.content.lesson import Lesson
from lesson_lib.lessons.exercise import Answer, AnswerError, Exercise, call, close, numbers
from lesson_lib.lessons.question import Option, Question
from lesson_lib.lessons.reward import Reward

QUESTIONS = (
    Question(
        "08/two-prices",
        "S_min = 30 updates and E_min = 1,200 examples. What does a run with B = 40 need?",
        (
            Option(
                "30 updates and 1,200 examples: 1,200 / 40 = 30.",
                "That is E_min/B alone, as if a larger batch were free here. S_min comes on top: S = S_min + E_min/B.",
            ),
            Option(
                "60 updates and 1,200 examples.",
                "Each of the 60 updates looks at 40 examples. The examples do not stay at their minimum.",
            ),
            Option(
                "30 updates and 2,400 examples.",
                "Only a much larger batch comes near 30 updates, and it pays with far more examples.",
            ),
            Option(
                "60 updates and 2,400 examples.",
                "S = 30 + 1,200/40 = 60 and E = 40 · 60. B = 40 is the critical batch size: both are twice the "
                "smallest.",
                right=True,
            ),
        ),
    ),
    Question(
        "08/same-rate",
        "B = 8 and B = 512 need the same number of updates at η = 0.02. What follows for batch sizes?",
        (
            Option(
                "Nothing: η = 0.02 is small for both.",
                "Then every run follows nearly the same path. Give each batch size its own best learning rate first.",
                right=True,
            ),
            Option(
                "Larger batches are wasted on this network.",
                "They are at this learning rate. B = 512 could take one that is sixteen times as large.",
            ),
            Option(
                "Noise plays no part in this network.",
                "A small η makes the noise small, too. At a large one, small batches do not come to the target at all.",
            ),
        ),
    ),
    Question(
        "08/ten-times",
        "Ten times the batch: may you always take ten times the learning rate?",
        (
            Option(
                "Yes: one large update does the same as ten small ones.",
                "Only if the parameters hardly move in between. At η = 0.1 the two ways had nothing in common.",
            ),
            Option(
                "Yes: a gradient with less noise is safe at any learning rate.",
                "Beyond the edge even GD diverges, and it has no noise at all (lesson 02).",
            ),
            Option(
                "Only while the new one is far below the stability edge.",
                "The edge belongs to the loss. No batch size can move it.",
                right=True,
            ),
            Option(
                "No, only √10 times, because the noise gets √10 times shorter.",
                "It does. But ten small updates in a row go ten times as far as one, and the large one must, too.",
            ),
        ),
    ),
    Question(
        "08/milliseconds",
        "Why is the best batch size in milliseconds not the critical batch size?",
        (
            Option(
                "Because times are measured with errors.",
                "So is the critical batch size. But without any error they would still differ.",
            ),
            Option(
                "Because milliseconds weigh updates and examples by what they take here: t(B) = a + b·B.",
                "B_crit knows nothing of a and b. With a large fixed cost, as on a GPU, the valley moves to larger "
                "batches.",
                right=True,
            ),
            Option(
                "Because an update always takes about the same time, so the largest batch wins.",
                "Far below the knee that is nearly so. Above it, time grows with B, and the examples of a large batch "
                "are wasted.",
            ),
        ),
    ),
    Question(
        "08/sum",
        "A program takes the sum of the losses of a batch, not their mean. Somebody doubles B and keeps η. "
        "What happens?",
        (
            Option(
                "Nothing new: sum and mean have the same minimum.",
                "They have. But the gradient of the sum is B times as long, and so is the move of each update.",
            ),
            Option(
                "It learns half as fast, so η should be doubled as well.",
                "The sum alone has doubled the move of each update. With twice the η it is four times as long.",
            ),
            Option(
                "The same as with the mean and 2η.",
                "The gradient of the sum is B times that of the mean: linear scaling is built in, and so is its end at "
                "the stability edge.",
                right=True,
            ),
        ),
    ),
)


class _Run(NamedTuple):
    """Losses that were recorded on the way, and what to say of them."""

    updates: Int[np.ndarray, " moments"]
    losses: Float[np.ndarray, " moments"]
    target: float
    true: float
    because: str


def _recorded(rng: np.random.Generator) -> tuple[_Run, ...]:
    """A run that rises above the target again, one that comes exactly to it, one that never does."""
    count, place = 12, int(rng.integers(4, 7))
    updates = np.concatenate([[0], np.cumsum(rng.integers(2, 6, count - 1))])
    target = round(float(rng.uniform(0.7, 1.0)), 2)
    falling = target - 0.06 + 0.12 * np.arange(place, place - count, -1) / count
    falling += np.where(np.arange(count) < place, 0.1, -0.05)
    rising_again = falling.copy()
    rising_again[place + 2] = target + 0.05
    exactly = falling.copy()
    exactly[place] = target
    first = float(updates[place])
    return (
        _Run(updates, rising_again, target, first, "The loss comes to the target, and rises above it once more."),
        _Run(updates, exactly, target, first, "The loss comes exactly to the target: “at or below” is reached."),
        _Run(updates, falling + target, target, np.inf, "The loss never comes to the target: return np.inf."),
    )


def examine_to_target(answer: Answer, rng: np.random.Generator) -> None:
    """Number of updates at the first loss that is at or below the target; infinite if there is none."""
    for run in _recorded(rng):
        returned = call(answer, run.updates, run.losses, run.target)
        found = np.inf if _is_infinite(returned) else float(numbers(returned, ()))
        if found == run.true:
            continue
        case = f"{run.because} Yours is {found:g}."
        if np.isinf(run.true):
            raise AnswerError(case)
        below = run.losses <= run.target
        place = int(below.argmax())
        if np.isinf(found):
            raise AnswerError(f"{case} But after {run.true:g} updates the loss is {run.losses[place]:.2f}.")
        if found == place:
            raise AnswerError(
                f"Yours is {found:g}, the place in the array. What was the number of updates there? The loss was not "
                "recorded after each of them."
            )
        if found == run.updates[place - 1]:
            raise AnswerError(
                f"After {found:g} updates the loss is still {run.losses[place - 1]:.2f}, above the target."
            )
        if found == np.sum(~below):
            raise AnswerError(f"Yours is {found:g}: you counted the losses above the target. {run.because}")
        if found == run.updates[run.losses.argmin()]:
            raise AnswerError(f"Yours is {found:g}: there the loss is lowest. It was at the target long before.")
        raise AnswerError(f"{case} The first time is at {run.true:g} updates.")


def _is_infinite(returned: Any) -> bool:
    """Is it one number, and infinite?"""
    try:
        return np.ndim(returned) == 0 and bool(np.isposinf(np.asarray(returned, np.float64)))
    except (TypeError, ValueError):
        return False


def reward_to_target(answer: Answer) -> Iterator[Reward]:
    """Read off measured runs, one after the other."""
    dataset, target = load_dataset(num_examples=2_000), 0.9
    found: list[_Read] = []
    for batch_size, rate in REWARD_RUNS.items():
        grid = sweep.Grid((batch_size,), (rate,), epochs=6, points=30, most_updates=150)
        run = sweep.sweep(dataset.x_train, dataset.y_train, grid)
        updates, losses = run.updates[0], run.losses[0, 0, 0]
        mine = call(answer, updates, losses, target)
        at = np.inf if _is_infinite(mine) else float(numbers(mine, ()))
        found.append(_Read(batch_size, updates, losses, at))
        read = ", ".join(f"{run.at:.0f} with B = {run.batch_size}" for run in found)
        yield Reward(_read_off(found, target), f"Your function reads off the updates to a loss of {target}: {read}.")


class _Read(NamedTuple):
    """A run, and after how many updates the learner's function says that it has reached its target."""

    batch_size: int
    updates: Int[np.ndarray, " points"]
    losses: Float[np.ndarray, " points"]
    at: float


def _read_off(found: list[_Read], target: float) -> Picture:
    """The runs' losses, the target, and a purple square where the learner's function says that it is reached."""
    marks = [Curve(np.array([0.0, 150.0]), np.full(2, target), BLACK, "target", width=1.5, dash="dashed")]
    for run, color in zip(found, (SKY, BLUE, BLACK), strict=False):
        marks.append(Curve(run.updates.astype(float), run.losses, color, f"B = {run.batch_size}", marker="dot"))
    read = np.array([run.at for run in found])
    there = np.array([run.losses[np.abs(run.updates - run.at).argmin()] for run in found])
    marks.append(Curve(read, there, PURPLE, "read off by you", width=0, marker="square", marker_size=13))
    x, y = ticks.linear("updates", 0, 150, whole=True), ticks.from_zero("loss over 2,000 images", 2.6)
    return Picture(((Chart("Updates to the target", x, y, tuple(marks)),),), heights=(280,))


def examine_critical(answer: Answer, rng: np.random.Generator) -> None:
    """E_min / S_min of runs with S = S_min + E_min / B."""
    for _ in range(3):
        sizes = np.array([8, 32, 128, 512, 2048])
        least_updates, true = float(rng.uniform(15, 40)), float(rng.uniform(25, 80))
        least_examples = true * least_updates
        updates = least_updates + least_examples / sizes
        found = float(numbers(call(answer, sizes, updates), ()))
        if close(found, true, tolerance=1e-3):
            continue
        _name_number(
            found,
            (
                (1 / true, "that is S_min / E_min; the critical batch size is the other ratio."),
                (least_examples, "that is E_min, in examples. How many updates is S_min?"),
                (least_updates, "that is S_min, in updates. How many examples is E_min?"),
                (
                    (sizes * updates).min() / updates.min(),
                    "you took the smallest numbers that were measured. No run reaches S_min or E_min: each needs more "
                    "than both.",
                ),
                ((sizes * updates).max() / updates.max(), "you took the largest E and S. The smallest are asked for."),
                ((sizes * updates).sum() / updates.sum(), "you divided all examples by all updates."),
            ),
        )
        slope, start = np.polyfit(sizes, updates, 1)
        for wrong in (slope / start, start / slope):
            if close(found, wrong, tolerance=1e-3):
                raise AnswerError(f"Yours is {found:.3g}: S is no straight line in B. In which other quantity is it?")
        raise AnswerError(
            f"Yours is {found:.4g}. At the critical batch size S is twice S_min, here {2 * least_updates:.1f} updates; "
            f"at yours it would be {_updates_at(found, least_updates, least_examples)}."
        )


def _updates_at(batch_size: float, least_updates: float, least_examples: float) -> str:
    return f"{least_updates + least_examples / batch_size:.1f}" if batch_size > 0 else "without meaning"


def _name_number(found: float, mistakes: tuple[tuple[float, str], ...]) -> None:
    """Say which mistake gives this number, if one does."""
    for wrong, message in mistakes:
        if close(found, wrong, tolerance=1e-3):
            raise AnswerError(f"Yours is {found:.4g}: {message}")


def reward_critical(answer: Answer) -> Iterator[Reward]:
    """Mark it beside the updates that runs with larger and larger batches have needed."""
    dataset, target = load_dataset(num_examples=2_000), 0.9
    sizes: list[int] = []
    needed: list[float] = []
    for batch_size, rate in CRITICAL_RUNS.items():
        grid = sweep.Grid((batch_size,), (rate,), epochs=40, points=80, most_updates=160, target=target)
        run = sweep.sweep(dataset.x_train, dataset.y_train, grid)
        below = run.losses[0, 0, 0] <= target
        sizes.append(batch_size)
        needed.append(float(run.updates[0][below.argmax()]))
        if len(sizes) > 2:  # with fewer there is not much to be seen in them
            critical = float(numbers(call(answer, np.array(sizes), np.array(needed)), ()))
            said = f"In these {len(sizes)} runs your function sees a critical batch size of {critical:.0f} examples."
            yield Reward(_critical_picture(np.array(sizes, float), np.array(needed), critical), said)


def _critical_picture(
    sizes: Float[np.ndarray, " runs"], needed: Float[np.ndarray, " runs"], critical: float
) -> Picture:
    """The runs, the law with the learner's B_crit through them, and B_crit where S is twice S_min."""
    marks = [Curve(sizes, needed, VERMILION, "measured now", width=0, marker="square", marker_size=10)]
    if critical > 0:
        every, shape = np.geomspace(4, 1_000, 60), 1 + critical / sizes
        least = shape @ needed / (shape @ shape)
        marks.append(Curve(every, least * (1 + critical / every), PURPLE, "S_{min} (1 + your B_{crit} / B)", width=2.5))
        at = np.array([critical]), np.array([2 * least])
        marks.append(Curve(*at, PURPLE, "your B_{crit}", width=0, marker="cross", marker_size=14))
    x, y = ticks.logarithmic("batch size B", 4, 1_000), ticks.from_zero("updates to a loss of 0.9", 160)
    return Picture(((Chart("Updates that larger batches save", x, y, tuple(marks)),),), heights=(280,))


CRITICAL_RUNS = {8: 0.05, 16: 0.1, 32: 0.1, 64: 0.2, 128: 0.2, 512: 0.2}
"""The same, for the runs in which a right function finds the critical batch size."""

REWARD_RUNS = {8: 0.05, 32: 0.1, 256: 0.2}
"""Learning rate of each batch size in the runs that a right function reads off."""

EXERCISES = (
    Exercise(
        "08/to-target",
        (
            "Which of the losses are at or below the target? Of these the first one counts, whatever comes after it.",
            "losses <= target is true at those places. A loop can stop at the first, and return updates[place].",
            "updates[losses <= target] holds the numbers of updates at these places, the first one first. "
            "What if it is empty?",
        ),
        examine_to_target,
        reward_to_target,
    ),
    Exercise(
        "08/critical",
        (
            "S = S_min + E_min/B. Draw S against 1/B in your mind: what kind of curve is it?",
            "It is a straight line in 1/B. What is its slope, and what is its value where 1/B is 0?",
            "np.polyfit(1 / batch_sizes, updates, 1) gives the slope E_min and then S_min.",
        ),
        examine_critical,
        reward_critical,
    ),
)

VOTES = (
    Question(
        "08/soonest",
        "Each batch size has its best learning rate. With which one do you wait the shortest time until the loss is "
        "0.8, on a machine without a GPU?",
        (
            Option("With the smallest, B = 2: its updates are the quickest.", "It needs the most of them, by far."),
            Option(
                "With one in the middle.",
                "Small batches pay the fixed cost of an update too often, large ones pay for examples that add little.",
                right=True,
            ),
            Option(
                "With the largest, B = 2,048: it needs the fewest.", "B = 512 needs hardly more, and each is quicker."
            ),
        ),
    ),
    Question(
        "08/scaling",
        "Eight updates of 32 examples, or one of 256 with eight times the learning rate: when do they end at nearly "
        "the same place?",
        (
            Option("Always: both use the same 256 gradients.", "The gradients are taken at other parameters."),
            Option(
                "When the learning rate is small.",
                "The parameters hardly move in between, so the gradients are nearly the same. With η = 0.1 the two "
                "have nothing in common: the large update goes beyond the stability edge.",
                right=True,
            ),
            Option("Never: the large batch has less noise.", "The mean of the eight small steps has as little."),
        ),
    ),
    Question(
        "08/scale",
        "How near does the noise scale come to the critical batch size?",
        (
            Option("Within a few percent.", "It changes more than that from one moment of the run to the next."),
            Option(
                "Within the order of magnitude.",
                "Its median is within a factor of three of it, and no more than that: a guide, not a number to set.",
                right=True,
            ),
            Option("The two have nothing to do with each other.", "Both ask where noise stops being the limit."),
        ),
    ),
)

LESSON = Lesson(
    "08_choosing_a_batch_size",
    "Choosing a batch size",
    "Which batch size should I take?",
    QUESTIONS,
    EXERCISES,
    votes=VOTES,
)
