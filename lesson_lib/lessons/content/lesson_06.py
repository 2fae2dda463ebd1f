"""What there is to answer in lesson 06, the cost of an update."""

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, Int

from lesson_lib import cost, model, training
from lesson_lib.chart import ticks
from lesson_lib.chart.picture import GREY, PURPLE, VERMILION, Chart, Curve, Picture
from lesson_lib.data import load_dataset
from lesson_lib.lessons.content.lesson import Lesson
from lesson_lib.lessons.exercise import Answer, AnswerError, Exercise, call, close, numbers, two
from lesson_lib.lessons.prediction import Sketch, Task
from lesson_lib.lessons.question import Option, Question
from lesson_lib.lessons.reward import Reward
from lesson_lib.optimizers import hyperparameters

QUESTIONS = (
    Question(
        "06/work",
        "N = 60,000 and B = 128. How many times as much work is one update of GD, and how many times as much time?",
        (
            Option(
                "469 times the work, and 469 times the time.",
                "Time follows work only far above the knee. SGD pays the fixed cost at each update, too.",
            ),
            Option("128 times the work; the time must be measured.", "GD looks at 60,000 examples, SGD at 128: N/B."),
            Option(
                "469 times the work; the time must be measured.",
                "60,000 / 128 = 469. By t(B) = a + b·B the time ratio is a little smaller. It can be larger where the "
                "full batch no longer fits into the processor's cache.",
                right=True,
            ),
            Option(
                "Both depend on the machine.",
                "The time does. The work is counted in examples, and is the same everywhere.",
            ),
        ),
    ),
    Question(
        "06/cheapest",
        "Somebody says: “B = 1 has the cheapest update, so it is the fastest way to train.” What is wrong?",
        (
            Option(
                "Nothing: least work, least time.",
                "What counts is how far all updates of a second come, not how short one of them is.",
            ),
            Option(
                "It is far from eight times cheaper than B = 8, and noisier.",
                "Below the knee the fixed cost rules, and the gradient of one example is the noisiest of all.",
                right=True,
            ),
            Option(
                "From one example at a time a network cannot learn.",
                "It can: noisy is not useless, and the mean of these gradients is the true gradient.",
            ),
        ),
    ),
    Question(
        "06/first-call",
        "Somebody times a JAX function. The first call takes 0.2 s, the second 50 µs. How long does it take?",
        (
            Option(
                "0.2 s: that is how long one had to wait.",
                "Most of that is compiling. It comes once, not with each call.",
            ),
            Option(
                "About 0.1 s, the mean of both.",
                "That mixes compiling, which comes once, and what comes with each call.",
            ),
            Option(
                "50 µs: the first call was compiling.",
                "It was. But if nobody waited for the result, 50 µs may be only the time in which JAX "
                "accepts the call.",
            ),
            Option(
                "Nobody knows yet.",
                "The first call compiles, and the second may end before the result is there. Warm up, wait for the "
                "result, measure several times, and take the shortest.",
                right=True,
            ),
        ),
    ),
    Question(
        "06/true-gradient",
        "“The true gradient gives the better result.” True or false, at equal learning rate?",
        (
            Option(
                "True per update, false per epoch and per second.",
                "After 40 updates GD was ahead of B = 8. After one epoch it was far behind: there the number of "
                "updates decides.",
                right=True,
            ),
            Option(
                "True by every clock.",
                "While GD makes one update, SGD with B = 8 makes 1,500 from the same number of examples.",
            ),
            Option(
                "False by every clock: noise helps.",
                "After 40 updates GD was ahead of B = 8. Noise does not make an update better; SGD's are many.",
            ),
        ),
    ),
    Question(
        "06/larger",
        "B goes from 8 to 128. By t(B) = a + b·B, what takes less time than before: an update or an epoch?",
        (
            Option(
                "Both: a larger batch uses the machine better.",
                "It does, per example. But an update looks at 16 times as many examples, and takes longer.",
            ),
            Option(
                "The update.",
                "Its time grows by b for each additional example. It takes longer, though not 16 times as long.",
            ),
            Option(
                "Neither: an epoch looks at the same examples.",
                "So their part of the time, b·N, is the same. But the fixed cost is paid once for each update.",
            ),
            Option(
                "The epoch.",
                "It takes N/B · (a + b·B) = a·N/B + b·N: the fixed cost is paid 16 times less often.",
                right=True,
            ),
        ),
    ),
)

VOTES = (
    Question(
        "06/longer",
        "An update of GD looks at 12,000 times as many pictures as one with B = 1. How many times as long does it take "
        "on your computer?",
        (
            Option("About 12,000 times.", "That is the work. Part of the time does not depend on it."),
            Option(
                "Clearly fewer than 12,000 times.",
                "Each update has a fixed cost: all parameters are read and written, for one picture as for many.",
                right=True,
            ),
            Option("Clearly more than 12,000 times.", "Each picture costs less in a large batch than in a small one."),
            Option("About as long: computers are fast.", "Fast, but 12,000 pictures are a lot of work."),
        ),
    ),
    Question(
        "06/clock",
        "The gradient of GD has no noise. Does GD have a lower loss than SGD with B = 8, at the same learning rate?",
        (
            Option("Yes, after as many updates and after as many epochs.", "In one epoch GD makes a single update."),
            Option(
                "After as many updates yes, after as many epochs no.",
                "Its updates are better, but in an epoch SGD makes 1,500 of them and GD one. The ranking turns over, "
                "and nothing has changed but the clock.",
                right=True,
            ),
            Option(
                "After as many updates no, after as many epochs yes.",
                "It is the other way round: GD's updates are better, and there are few of them in an epoch.",
            ),
            Option("No, neither: noise helps.", "Update for update, GD was ahead: the noise costs something."),
        ),
    ),
)


Times = tuple[Int[np.ndarray, " sizes"], Float[np.ndarray, " sizes"]]


def examine_line(answer: Answer, rng: np.random.Generator) -> None:
    """Least squares: a and b of t = a + b·B."""
    for _ in range(3):
        sizes, seconds = _measured(rng)
        a, b = _two_numbers(call(answer, sizes, seconds))
        true_a, true_b = _line(sizes, seconds)
        if _same((a, b), (true_a, true_b)):
            continue
        if _same((b, a), (true_a, true_b)):
            raise AnswerError("The order is wrong: first a, the fixed cost, then b, the cost of one example.")
        if _same((a, b), (1e3 * true_a, 1e3 * true_b)):
            raise AnswerError("Your a and b are 1,000 times too large: the times are in seconds, and so are a and b.")
        if abs(a) < 1e-3 * true_a:
            raise AnswerError("Your line starts at the origin (a = 0), as if an update without examples cost nothing.")
        if _same((a, b), _line(sizes, seconds, weights=1 / seconds**2)):
            raise AnswerError("Your line has the least *relative* errors. Here each error counts as it is, in seconds.")
        hit = sizes[np.isclose(a + b * sizes, seconds, rtol=1e-4)]
        if len(hit) >= 2:
            raise AnswerError(
                f"Your line goes exactly through the times of B = {hit[0]} and B = {hit[1]}, and takes no notice of "
                f"the other {len(sizes) - 2}. Each of them has errors; all should count."
            )
        worse = _squared_errors((a, b), sizes, seconds) / _squared_errors((true_a, true_b), sizes, seconds)
        raise AnswerError(f"The squared errors of your line add up to {worse:.3g} times as much as they must.")


def _measured(rng: np.random.Generator) -> Times:
    """Batch sizes and times with errors: lines that are found in other ways differ from that of least squares."""
    while True:
        sizes = np.sort(rng.permutation(np.arange(1, 65))[:7])
        exact = rng.uniform(2e-3, 4e-3) + rng.uniform(1e-4, 2e-4) * sizes
        seconds = exact * rng.uniform(0.8, 1.2, len(sizes))
        true = _line(sizes, seconds)
        others = [_line(sizes, seconds, weights=1 / seconds**2)]
        others += [_line(sizes[[i, j]], seconds[[i, j]]) for i in range(7) for j in range(i)]
        if min(true) > 0 and not any(_same(other, true, tolerance=0.02) for other in others):
            return sizes, seconds


def _line(
    sizes: Int[np.ndarray, " sizes"],
    seconds: Float[np.ndarray, " sizes"],
    weights: Float[np.ndarray, " sizes"] | None = None,
) -> tuple[float, float]:
    """The line with the least (weighted) squares, by its closed form."""
    mean_size, mean_time = (np.average(values, weights=weights) for values in (sizes, seconds))
    spread = sizes - mean_size
    b = np.average(spread * (seconds - mean_time), weights=weights) / np.average(spread**2, weights=weights)
    return float(mean_time - b * mean_size), float(b)


def _squared_errors(
    line: tuple[float, float], sizes: Int[np.ndarray, " sizes"], seconds: Float[np.ndarray, " sizes"]
) -> float:
    return float(np.sum((seconds - line[0] - line[1] * sizes) ** 2))


def _same(one: tuple[float, float], other: tuple[float, float], *, tolerance: float = 1e-3) -> bool:
    return all(close(mine, true, tolerance=tolerance) for mine, true in zip(one, other, strict=True))


def _two_numbers(returned: Any) -> tuple[float, float]:
    a, b = two(returned, "numbers, a and b")
    return float(numbers(a, ())), float(numbers(b, ()))


def examine_ratio(answer: Answer, rng: np.random.Generator) -> None:
    """Largest B with t(N) / t(B) at least as large as a ratio; 0 if there is none."""
    for beyond in (0.3, 0.7, None):
        num_examples, true = int(rng.integers(200, 400)), int(rng.integers(10, 40))
        b = float(rng.uniform(2e-6, 8e-6))
        a = b * float(rng.uniform(20, 60))
        gd = a + b * num_examples
        if beyond is None:
            true, ratio = 0, 1.5 * gd / (a + b)
        else:
            ratio = gd / (a + b * (true + beyond))
        found = float(numbers(call(answer, num_examples, a, b, ratio), ()))
        if found == true:
            continue
        case = f"(N = {num_examples}, a = {1e6 * a:.3g} µs, b = {1e6 * b:.3g} µs, ratio = {ratio:.3g})"
        if np.floor(found) == np.floor(num_examples / ratio):
            raise AnswerError(
                f"Your {found:g} is N / ratio. That is right for the *work*; in time the fixed cost counts, too. {case}"
            )
        if np.floor(found) == np.floor(gd / ratio / b):
            raise AnswerError(
                f"With B = {found:g} an update of SGD takes too long: you spend all its time on examples, and "
                f"leave nothing for the fixed cost a. {case}"
            )
        if true == 0:
            raise AnswerError(
                f"Even with B = 1 GD's update takes only {gd / (a + b):.3g} times as long, so there is no such batch "
                f"size: return 0. Yours is {found:g}. {case}"
            )
        if found != np.round(found):
            raise AnswerError(f"A batch size is a whole number; yours is {found:g}. {case}")
        if found < 1:
            raise AnswerError(f"There are such batch sizes here; yours is {found:g}. {case}")
        if found < true:
            raise AnswerError(f"Your B = {found:g} is not the largest: a larger batch will do, too. {case}")
        raise AnswerError(
            f"With your B = {found:g} GD's update takes only {gd / (a + b * found):.4g} times as long. {case}"
        )


def reward_line(answer: Answer) -> Iterator[Reward]:
    """Lay it through the times of updates that are measured now, on this machine."""
    sizes = (1, 256, 512, 768, 1024)
    dataset, hyper = load_dataset("fashion_mnist"), hyperparameters(0.05)
    state = training.init_state(model.init_params(key=jax.random.key(0)), "sgd", hyper)
    x, y = dataset.x_train, dataset.y_train
    seconds = cost.update_times(state, x, y, hyper, sizes, key=jax.random.key(1), repeats=3).minimum
    a, b = _two_numbers(call(answer, np.array(sizes), seconds))
    ends = np.array([0.0, sizes[-1]])
    times, line = 1e3 * seconds, 1e3 * (a + b * ends)
    marks = (
        Curve(ends, line, PURPLE, "your line", width=2.5),
        Curve(np.array(sizes, float), times, VERMILION, "measured now", width=0, marker="square", marker_size=9),
    )
    axes = ticks.linear("batch size B", 0, sizes[-1]), ticks.from_zero("milliseconds", 1.1 * max(*times, *line))
    said = f"Your line: {1e6 * a:.0f} µs for the update itself and {1e6 * b:.1f} µs for each example.".replace("-", "−")
    yield Reward(Picture(rows=((Chart("Your line, and this machine's times", *axes, marks),),), heights=(260,)), said)


def reward_ratio(answer: Answer) -> Iterator[Reward]:
    """Follow the largest batch size by it, beside that in work, over all ratios."""
    num_examples, a, b = 12_000, 50e-6, 3e-6

    def largest(ratio: float) -> float:
        return float(numbers(call(answer, num_examples, a, b, ratio), ()))

    ratios = np.geomspace(1, num_examples, 60)
    sizes = np.array([largest(float(ratio)) for ratio in ratios])
    marks = (
        Curve(ratios, num_examples / ratios, GREY, "in work, N / ratio", width=2, dash="dashed"),
        Curve(ratios, np.where(sizes >= 1, sizes, np.nan), PURPLE, "in time, by your function", width=3),
    )
    axes = ticks.logarithmic("ratio", 1, num_examples), ticks.logarithmic("largest batch size B", 1, num_examples)
    said = (
        f"With a = 50 µs, b = 3 µs and N = 12,000, GD takes 100 times as long for B up to {largest(100.0):.0f}. "
        f"In work it is for B up to {num_examples // 100}."
    )
    chart = Chart("For which batch sizes is the slide right?", *axes, marks)
    yield Reward(Picture(rows=((chart,),), heights=(260,)), said)


EXERCISES = (
    Exercise(
        "06/fit",
        (
            "A line through many points is a standard task. NumPy has a function for it, and the formula is short.",
            "np.polyfit(x, y, 1) fits a line, but gives the slope first. Which of a and b is the slope?",
            "By hand: b is the mean of (B − mean B)·(t − mean t), divided by the mean of (B − mean B)²; "
            "and the line goes through the two means.",
        ),
        examine_line,
        reward_line,
    ),
    Exercise(
        "06/ratio",
        (
            "How long may an update of SGD take, so that GD's takes `ratio` times as long?",
            "It may take (a + b·N) / ratio. The fixed cost a is a part of that; the rest is for the examples.",
            "Divide the rest by b and round down, to a whole number. What if the rest is too short for one example?",
        ),
        examine_ratio,
        reward_ratio,
    ),
)

PREDICTIONS = (
    Task(
        "06/equal-time",
        "Half a second for each batch size: what loss do you expect?",
        ticks.logarithmic("batch size B", 1 / 1.3, 1.3 * 12_000),
        ticks.from_zero("loss (nats)", 2.5),
        (1.0, 8.0, 32.0, 128.0, 1024.0, 12_000.0),
        (Sketch("loss", VERMILION),),
    ),
)

LESSON = Lesson(
    "06_cost_of_an_update", "The cost of an update", "So why use SGD?", QUESTIONS, EXERCISES, PREDICTIONS, VOTES
)
