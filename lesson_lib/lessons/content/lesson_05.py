"""What there is to answer in lesson 05, gradient noise."""

import numpy as np
from jaxtyping import Float

from lesson_lib.chart import ticks
from lesson_lib.chart.picture import VERMILION
from lesson_lib.lessons.content.lesson import Lesson
from lesson_lib.lessons.exercise import Answer, AnswerError, Exercise, call, close, numbers
from lesson_lib.lessons.prediction import Sketch, Task
from lesson_lib.lessons.question import Option, Question

QUESTIONS = (
    Question(
        "05/length",
        "You go from B = 32 to B = 128. What becomes of the length |g_B − G| of the noise?",
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
        "B_simple is 200. Is the gradient of a batch of 400 any better than that of a batch of 200?",
        (
            Option(
                "No. Above B_simple all batches are equally good.",
                "B_simple is no wall. It only says where signal and noise are equal.",
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
    Question(
        "05/smaller-rate",
        "Why is the noise scale larger when you train with a smaller learning rate?",
        (
            Option(
                "Smaller updates are noisier.",
                "Noise and signal belong to gradients, at one place. The learning rate is not in them.",
            ),
            Option(
                "SGD swings less in its valley, so the signal |G|² is smaller there.",
                "A smaller learning rate lowers the noise floor, and with it |G|². tr Σ stays, so the ratio grows.",
                right=True,
            ),
            Option(
                "The examples differ more: tr Σ grows.",
                "tr Σ hardly changes in training. It is |G|², below it in the ratio, that changes.",
            ),
        ),
    ),
    Question(
        "05/always-gd",
        "GD has no noise. Is it faster to use larger and larger batches, up to B = N?",
        (
            Option(
                "Per epoch yes, but not per update.",
                "It is the other way round: per update the gradient is better, per epoch there are fewer updates.",
            ),
            Option(
                "Yes. A better gradient means fewer updates and so less work.",
                "Fewer updates, but each of them works through all N examples: that is a whole epoch of SGD.",
            ),
            Option(
                "Per update perhaps, but not per epoch.",
                "After the same number of updates GD is not behind. In one epoch it makes one, and SGD makes N/B.",
                right=True,
            ),
            Option(
                "No. The noise is what makes SGD learn.",
                "SGD learns by the signal. Its noise is the price of cheap updates, and GD learns without it.",
            ),
        ),
    ),
    Question(
        "05/negative",
        "Somebody estimates |G|² from pieces of a batch, gets −0.3, and sets it to 0. Is that right?",
        (
            Option(
                "Yes: a square cannot be negative.",
                "|G|² cannot. An estimate of it is |G|² plus noise, and that can.",
            ),
            Option(
                "No. It makes the mean of many estimates too large.",
                "The mean is right only if the negative estimates are kept, too.",
                right=True,
            ),
            Option(
                "No. A negative result shows that there is a bug.",
                "It shows that |G|² is small beside the noise of the estimate. Some were negative here, too.",
            ),
            Option(
                "No. It should be thrown away, and another batch drawn.",
                "That also keeps only what is too large. It is clipping in another form.",
            ),
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
            (squares / b * factor, "You took the mean of |g_i|². The noise is what is left when G is subtracted."),
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
            (squares.mean() / signal, "Yours is 1 too large: mean |g_i|² still has |G|² in it. Subtract G first."),
            (trace / squares.mean(), "You divide by the mean of |g_i|². The signal is the squared length of the mean."),
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


EXERCISES = (
    Exercise(
        "05/noise-of-batch",
        (
            "How far does the noise go down from one example to the mean of B of them? And to what, at B = N?",
            "tr Σ is the mean of |g_i − G|² over the N rows, where G is the mean of the rows. Without replacement, a "
            "factor comes on top.",
            "gradients.var(axis=0).sum() is tr Σ, with ddof = 0. The equation at the top of the lesson says what to do "
            "with it.",
        ),
        examine_noise,
    ),
    Exercise(
        "05/scale",
        (
            "Two numbers, and one division at the end: how much do the gradients differ, and how long is their mean?",
            "G is gradients.mean(axis=0). A squared length is a sum over the parameters, above and below the line.",
            "Above: the sum of the variances of the columns. Below: the sum of the squares of G.",
        ),
        examine_scale,
    ),
)

PREDICTIONS = (
    Task(
        "05/noise",
        "Squared noise of a batch gradient: what do you expect?",
        ticks.logarithmic("batch size B (examples)", 1, 12_000),
        ticks.logarithmic("|g_B − G|^2, mean over batches", 1e-3, 1e3),
        tuple(float(4**power) for power in range(7)),
        (Sketch("noise", VERMILION),),
    ),
)

LESSON = Lesson(
    "05_gradient_noise", "Gradient noise", "How wrong is a mini-batch gradient?", QUESTIONS, EXERCISES, PREDICTIONS
)
