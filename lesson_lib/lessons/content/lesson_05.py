"""What there is to answer in lesson 05, gradient noise."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from lesson_lib.chart import ticks
from lesson_lib.chart.picture import BLUE, PURPLE, VERMILION, Chart, Curve, Picture
from lesson_lib.lessons.content.lesson import Lesson
from lesson_lib.lessons.exercise import Answer, AnswerError, Exercise, call, close, numbers
from lesson_lib.lessons.question import Option, Question
from lesson_lib.lessons.reward import Reward

QUESTIONS = (
    Question(
        "05/length",
        "You go from B = 32 to B = 128. What happens to the length of the noise?",
        (
            Option("It falls to a sixteenth.", "That would be 1/B². Even the squared length falls only as 1/B."),
            Option("It falls to a quarter.", "That is the squared length, which falls as 1/B."),
            Option(
                "It falls to a half.",
                "Its square falls as 1/B, to a quarter. So the length falls as 1/√B, to a half.",
                right=True,
            ),
            Option("It stays.", "A mean over more examples lies closer to the mean over all of them."),
        ),
    ),
    Question(
        "05/mean",
        "Each batch gradient is wrong. Is their mean, over all batches that can be drawn, right?",
        (
            Option("Yes, it is exactly G.", "Noise is not bias: it goes to every side, and cancels.", right=True),
            Option(
                "No: the mean of wrong things is wrong.",
                "The errors differ in direction. Added up over all batches they cancel completely.",
            ),
            Option(
                "Only for large batches.",
                "The size of the noise depends on B. That its mean is zero does not.",
            ),
        ),
    ),
    Question(
        "05/useless",
        "The noise scale is 200 examples. Is the gradient of a batch of 400 any better than that of a batch of 200?",
        (
            Option(
                "No. Above the noise scale all batches are equally good.",
                "It is no wall. It only says where signal and noise are equal.",
            ),
            Option(
                "Yes, it has no noise any more.",
                "Only B = N has none. At B = 400 the squared noise is still about half the signal.",
            ),
            Option(
                "No, it is worse: too large a batch harms the gradient.",
                "On average more examples always make it better. What gets worse is the price of an update.",
            ),
            Option(
                "Yes, but each example now buys less.",
                "The signal is about twice the noise. The gain is small for the work, but it is a gain.",
                right=True,
            ),
        ),
    ),
)


VOTES = (
    Question(
        "05/slope",
        "You take four times as many pictures in a batch. How large is the squared error of its gradient then, on "
        "average?",
        (
            Option("Half as large.", "That is the length of the error. Its square falls to a quarter."),
            Option("A quarter.", "The squared noise falls as 1/B.", right=True),
            Option("A sixteenth.", "That would be 1/B². The mean of B examples has 1/B of the squared noise of one."),
            Option("As large as before.", "The mean of more examples lies closer to the mean of all."),
        ),
    ),
    Question(
        "05/negative",
        "An estimate of the signal, which is a square, comes out as −0.3. What do you do with it?",
        (
            Option(
                "Set it to 0: a square is never negative.",
                "Then the mean of many estimates is too large: only the errors to one side are mended.",
            ),
            Option("Draw another batch.", "That keeps only what is too large: it is the same mistake in another form."),
            Option("Look for the bug.", "There is none: the signal is small beside the noise of its estimate."),
            Option(
                "Keep it as it is.",
                "It is what keeps the mean of many estimates right. So never clip.",
                right=True,
            ),
        ),
    ),
    Question(
        "05/floor",
        "The loss of SGD has stopped falling. What lowers this floor more: half the learning rate, or twice the batch "
        "size?",
        (
            Option("Half the learning rate.", "Twice the batch size does the same."),
            Option("Twice the batch size.", "Half the learning rate does the same."),
            Option(
                "Both lower it equally.",
                "The floor depends on learning rate over batch size, unless the learning rate is very large.",
                right=True,
            ),
            Option("Neither: that is as good as it gets.", "The minimum lies lower; the noise keeps SGD away from it."),
        ),
    ),
)


def examine_noise(answer: Answer, rng: np.random.Generator) -> None:
    """E|g_B − G|² for batches drawn without replacement."""
    n = int(rng.integers(9, 15))
    for b in (int(rng.integers(4, n - 2)), n, 1):
        gradients = _gradients(rng, n)
        found = float(numbers(call(answer, gradients, b), ()))
        variances = gradients.var(axis=0)
        trace, factor = float(variances.sum()), (n - b) / (n - 1)
        true, case = trace / b * factor, f"(N = {n}, B = {b}.)"
        if close(found + trace, true + trace, tolerance=1e-5):
            continue
        if b == n and not close(found, trace / b):
            raise AnswerError(f"At B = N a batch gradient has no noise: the answer is 0, yours is {found:.3g}. {case}")
        squares = float((gradients**2).sum(axis=1).mean())
        ddof_1 = trace * n / (n - 1)
        mistakes = (
            (trace / b, "That is for batches drawn with replacement. Without, it must become 0 at B = N."),
            (ddof_1 / b, "That divides by N − 1 (ddof = 1), and it lacks the factor for drawing without replacement."),
            (ddof_1 / b * factor, "That is a mixture: (N − B)/(N − 1) goes with ddof = 0, but you divide by N − 1."),
            (trace / b * (1 - b / n), "That is a mixture: 1 − B/N goes with ddof = 1, but you divide by N."),
            (true / b, "You divide by B². A variance falls as 1/B."),
            (true * b, f"You did not divide by B. A mean over {b} examples has less noise than one example."),
            (np.sqrt(true), "That is the root of it: a length. What is asked for is the squared length."),
            (np.sqrt(variances).sum() / b * factor, "You added up standard deviations. Variances are needed."),
            (np.sqrt(trace) / b * factor, "You took a standard deviation. A variance is needed."),
            (
                squares / b * factor,
                "That is the mean of the squared lengths. For the noise, subtract G first.",
            ),
            (true / gradients.shape[1], "You took the mean over the parameters. A squared length is a sum over them."),
            (gradients.var() / b * factor, "You put all parameters into one heap. Each has its own mean."),
            (true * n, "You added up over the examples. tr Σ is a mean over them."),
        )
        for wrong, words in mistakes:
            if close(found, wrong, tolerance=1e-5):
                raise AnswerError(f"{words} {case}")
        raise AnswerError(f"The squared noise should be {true:.4g}, yours is {found:.4g}. {case}")


def examine_scale(answer: Answer, rng: np.random.Generator) -> None:
    """B_simple, the ratio of the gradient variance to the squared length of the true gradient."""
    for n in (int(rng.integers(6, 10)), int(rng.integers(10, 20))):
        gradients = _gradients(rng, n)
        found = float(numbers(call(answer, gradients), ()))
        mean, variances = gradients.mean(axis=0), gradients.var(axis=0)
        trace, signal = float(variances.sum()), float((mean**2).sum())
        true, case = trace / signal, f"(N = {n} gradients of {len(mean)} parameters.)"
        if close(found, true):
            continue
        deviations, squares = ((gradients - mean) ** 2).sum(axis=1), (gradients**2).sum(axis=1)
        mistakes = (
            (trace / np.sqrt(signal), "You divide by |G|. The signal is its square."),
            ((deviations / squares).mean(), "That is the mean of the examples' ratios. Average first, divide last."),
            ((variances / mean**2).mean(), "That is the mean of the parameters' ratios. Add up first, divide last."),
            ((variances / mean**2).sum(), "That is the sum of the parameters' ratios. Add up first, divide last."),
            (
                squares.mean() / signal,
                "Yours is 1 too large: |G|² is still in the squared lengths. Subtract G first.",
            ),
            (
                trace / squares.mean(),
                "The signal is the squared length of the mean, and not the mean of the squared lengths.",
            ),
            (1 / true, "That is signal over noise. The noise scale is the other way round."),
            (np.sqrt(true), "That is the ratio of the lengths. The noise scale is that of the squares."),
            (true * n / (n - 1), "You divide by N − 1 (ddof = 1). tr Σ is here the mean over all N examples."),
            (true * n, "You added up over the examples. tr Σ is a mean over them."),
            (true / len(mean), "tr Σ is a sum over the parameters; you took their mean there, and |G|² is a sum."),
            (gradients.var() / signal, "You put all parameters into one heap. Each has its own mean."),
            (trace, "That is tr Σ alone. How large is it beside |G|²?"),
        )
        for wrong, words in mistakes:
            if close(found, wrong, tolerance=1e-5):
                raise AnswerError(f"{words} {case}")
        raise AnswerError(f"The noise scale should be {true:.4g}, yours is {found:.4g}. {case}")


def _gradients(rng: np.random.Generator, num_examples: int) -> Float[np.ndarray, "examples parameters"]:
    """Gradients of a few parameters, whose means differ from each other and from zero."""
    parameters = int(rng.integers(2, 4))
    means = rng.permutation([0.6, -1.2, 1.8])[:parameters]
    noise = rng.normal(size=(num_examples, parameters))
    return means + rng.uniform(0.5, 3) * (noise - noise.mean(axis=0))


NOISE_RANGE = (0.01, 10.0)


def reward_noise(answer: Answer) -> Iterator[Reward]:
    """Lay it through batches of all sizes that are drawn from 12 examples."""
    gradients = _cloud()
    sizes = list(range(1, len(gradients)))
    yours = np.array([float(numbers(call(answer, gradients, size), ())) for size in sizes])
    measured = np.full(len(sizes), np.nan)
    for place, size in enumerate(sizes):
        measured[place] = np.mean(_noise_of_batches(gradients, size))
        marks = (
            Curve(np.array(sizes, float), yours, PURPLE, "by your function", width=2.5),
            Curve(np.array(sizes, float), measured.copy(), VERMILION, "drawn", width=0, marker="square", marker_size=9),
        )
        said = f"Squared noise of 500 batches of {size}: {measured[place]:.2g}. Your function says {yours[place]:.2g}."
        yield Reward(_noise_picture("Your formula, and batches that are drawn", marks), said)


def reward_scale(answer: Answer) -> Iterator[Reward]:
    """Mark it where the squared noise of those gradients crosses their signal."""
    gradients = _cloud()
    scale = float(numbers(call(answer, gradients), ()))
    sizes = np.geomspace(1, len(gradients) - 1, 60)
    variance, signal = gradients.var(axis=0).sum(), (gradients.mean(axis=0) ** 2).sum()
    marks = (
        Curve(sizes, variance / sizes, VERMILION, "noise, tr Σ / B", width=2.5),
        Curve(sizes, np.full(len(sizes), signal), BLUE, "signal", width=2.5, dash="dotted"),
        Curve(np.full(2, scale), np.array(NOISE_RANGE), PURPLE, "your noise scale", width=2, dash="dashed"),
    )
    said = f"At your noise scale, {scale:.1f} examples, noise and signal are equal."
    yield Reward(_noise_picture("Your noise scale", marks), said)


def _noise_picture(title: str, marks: tuple[Curve, ...]) -> Picture:
    x, y = ticks.logarithmic("batch size B", 1, 12), ticks.logarithmic("squared noise", *NOISE_RANGE)
    return Picture(rows=((Chart(title, x, y, marks),),), heights=(260,))


def _cloud() -> Float[np.ndarray, "examples parameters"]:
    """Gradients of so few examples that a function may go through all batches that can be drawn from them."""
    return np.array([0.6, -1.2]) + np.random.default_rng(0).normal(scale=1.5, size=(12, 2))


def _noise_of_batches(gradients: Float[np.ndarray, "examples parameters"], size: int) -> Float[np.ndarray, " batches"]:
    """|g_B - G|² of 500 batches that are drawn without replacement."""
    rng = np.random.default_rng(size)
    batches = [rng.choice(len(gradients), size, replace=False) for _ in range(500)]
    errors = gradients[np.array(batches)].mean(axis=1) - gradients.mean(axis=0)
    return (errors**2).sum(axis=1)


EXERCISES = (
    Exercise(
        "05/noise-of-batch",
        (
            "How far does the noise go down from one example to the mean of B of them? And to what, at B = N?",
            "G is the mean of the N rows, and tr Σ the mean of their squared distances from it. Without replacement, a "
            "factor comes on top.",
            "gradients.var(axis=0).sum() is tr Σ, with ddof = 0. The first equation of the lesson says what to do "
            "with it.",
        ),
        examine_noise,
        reward_noise,
    ),
    Exercise(
        "05/scale",
        (
            "Two numbers, and one division at the end: how much do the gradients differ, and how long is their mean?",
            "G is gradients.mean(axis=0). A squared length is a sum over the parameters, for both.",
            "gradients.var(axis=0).sum() is above the fraction line, and (G**2).sum() below it.",
        ),
        examine_scale,
        reward_scale,
    ),
)

LESSON = Lesson(
    "05_gradient_noise", "Gradient noise", "How wrong is a mini-batch gradient?", QUESTIONS, EXERCISES, votes=VOTES
)
