"""What there is to answer in lesson 02, gradient descent."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from lesson_lib.lessons.content import own_descent
from lesson_lib.lessons.content.lesson import Lesson
from lesson_lib.lessons.exercise import Answer, AnswerError, Exercise, call, close, numbers
from lesson_lib.lessons.question import Option, Question
from lesson_lib.lessons.reward import Reward

VOTES = (
    Question(
        "02/double",
        "You double the learning rate again and again. Does GD reach the lowest point sooner each time?",
        (
            Option(
                "Yes: longer steps, sooner there.",
                "Only while the learning rate is small. Then GD jumps over the valley, and in the end out of it.",
            ),
            Option(
                "At first, but then later again, and in the end never.",
                "Twice a small learning rate needs half the updates. Near the edge GD jumps back and forth across the "
                "valley, and from the edge on it never arrives.",
                right=True,
            ),
            Option(
                "No: with shorter steps it loses its way less, and is there sooner.",
                "GD never loses its way, because its gradient is exact. Short steps only take longer.",
            ),
        ),
    ),
    Question(
        "02/compute",
        "At some learning rate GD breaks down. Can you know that learning rate before the first update?",
        (
            Option(
                "Yes, from the shape of the valley.",
                "On a bowl, the largest curvature alone sets it: the edge is 2/h.",
                right=True,
            ),
            Option(
                "No, you have to try.",
                "On a bowl you need not. The curvature says it all, and JAX computes the curvature.",
            ),
            Option(
                "Only for a given start: it depends on where you begin.",
                "Each update multiplies the distance by the same factor, wherever you begin.",
            ),
        ),
    ),
    Question(
        "02/images",
        "GD sees all 12,000 images 20 times. SGD, with batches of 32, sees them once. Whose loss is lower?",
        (
            Option(
                "GD's: it has seen 20 times as much, and its gradient is exact.",
                "It has made 20 updates in all that time. SGD has made 375 from a single pass.",
            ),
            Option(
                "They are about the same.",
                "They are far apart: one of them has made nearly twenty times as many updates.",
            ),
            Option(
                "SGD's.",
                "Its gradients are rough, but a single pass gave it 375 of them, and 20 passes gave GD 20.",
                right=True,
            ),
        ),
    ),
    Question(
        "02/network",
        "GD trains the network with a learning rate of 1.4 times its edge. What happens in 20 updates?",
        (
            Option(
                "GD diverges, as in the bowl.",
                "In a bowl the curvature is the same everywhere, so each jump is longer than the last. In a network's "
                "landscape it changes from place to place.",
            ),
            Option(
                "The loss goes up now and then, but GD does not diverge.",
                "The landscape is no bowl: its curvature changes from place to place, and the edge with it. For a "
                "network the edge is a good guide, not a law.",
                right=True,
            ),
            Option(
                "Nothing special: the loss falls at every update.",
                "Below the edge it did. Above it the loss rose now and then.",
            ),
        ),
    ),
)

QUESTIONS = (
    Question(
        "02/settles",
        "On a bowl the largest curvature is h = 50. With which learning rates does GD settle?",
        (
            Option(
                "With those below 1/50 = 0.02.",
                "At 1/h GD gets to the bottom of the steep direction in one update. A little above, it jumps to the "
                "other side, but nearer: it still settles.",
            ),
            Option(
                "With those below 2/50 = 0.04.",
                "There 1 − ηh lies between −1 and 1, so each update brings GD nearer.",
                right=True,
            ),
            Option(
                "With all below 2/h for the smallest curvature.",
                "The flat direction would allow that. In the steep one GD would diverge, and the loss with it.",
            ),
            Option(
                "You have to try: nobody knows before the first update.",
                "On a bowl the edge follows from the curvature alone. You computed it before you tried.",
            ),
        ),
    ),
    Question(
        "02/jumps",
        "You train with GD. The loss jumps up and down, and grows. What do you try first?",
        (
            Option(
                "More updates: it will calm down.",
                "Above the edge each update lands higher up, on the other side. More of them make it worse.",
            ),
            Option(
                "A larger learning rate: it is stuck.",
                "What is stuck does not jump. The updates go too far already.",
            ),
            Option(
                "A larger batch: that is noise.",
                "GD has no noise, its batch is everything. A true gradient, too, can be followed too far.",
            ),
            Option(
                "A smaller learning rate.",
                "Above the edge each update lands higher up on the other side of the valley. Below it, GD settles.",
                right=True,
            ),
        ),
    ),
    Question(
        "02/direction",
        "“The true gradient points away from the minimum, so going against it leads straight there.” True?",
        (
            Option(
                "In general not: it points straight uphill, at a right angle to the contour.",
                "Only if the contours are circles does downhill always lead straight to the minimum. In a narrow "
                "valley it mostly leads across.",
                right=True,
            ),
            Option(
                "Yes: otherwise GD would never arrive.",
                "GD arrives because it goes down at every update, and not because it aims at the minimum.",
            ),
            Option(
                "Yes: only the gradient of a small batch points elsewhere.",
                "The true gradient has no noise. But it, too, knows nothing but the slope at one place.",
            ),
        ),
    ),
    Question(
        "02/slow",
        "GD's loss falls very slowly, but never rises. Is the learning rate too small?",
        (
            Option(
                "Yes: a slow fall has no other cause.",
                "A narrow valley is slow along its bottom even with the best learning rate. The steep direction sets "
                "the limit.",
            ),
            Option(
                "Perhaps: twice as much is worth a try.",
                "If GD is far below the edge, that halves the number of updates. In a narrow valley it stays slow.",
                right=True,
            ),
            Option(
                "No: a loss that never rises has the right learning rate.",
                "It only says that GD is below the edge. At 0.05 times the edge it never rose either.",
            ),
        ),
    ),
    Question(
        "02/count",
        "GD has made 20 updates on 12,000 images. How many per-example gradients has it computed?",
        (
            Option("20", "That counts the true gradients. Each of them is a mean of 12,000."),
            Option(
                "12,000",
                "That is one update's share. After it the parameters are others, and so is every gradient.",
            ),
            Option(
                "240,000",
                "20 × 12,000. SGD with B = 32 would have made 7,500 updates from as many.",
                right=True,
            ),
            Option("7,500", "SGD with B = 32 makes that many updates in 20 epochs. GD makes 20."),
        ),
    ),
    Question(
        "02/sum",
        "The same 64 points, but the loss is now the sum over them, no longer the mean. What happens to the edge?",
        (
            Option(
                "It gets 64 times smaller.",
                "Every curvature gets 64 times as large, and the edge is 2/h. A learning rate goes with its loss.",
                right=True,
            ),
            Option(
                "It stays: the best line is the same.",
                "The place of the minimum stays. But the edge depends on how steep the valley around it is.",
            ),
            Option(
                "It gets √64 = 8 times smaller.",
                "A root belongs to the noise of a mean. There is no noise here: 64 curvatures simply add up.",
            ),
            Option(
                "It gets 64 times larger: there are more data in every update.",
                "The data are the same 64 points. A steeper valley allows less, not more.",
            ),
        ),
    ),
)


def examine_gradient(answer: Answer, rng: np.random.Generator) -> None:
    """Gradient of the mean of ½ (w x + b − y)²: the mean of error times x, and the mean error."""
    for _ in range(2):
        num_examples = 2 * int(rng.integers(3, 7))
        # All errors have one sign and grow along the points: a mean over some of the points is never that over all.
        errors = float(rng.choice([-1, 1])) * np.linspace(0.5, 2, num_examples)
        w, b = float(rng.uniform(0.5, 2)), float(rng.uniform(-2, -0.5))
        x = rng.uniform(1.5, 3, num_examples)
        y = w * x + b - errors
        gradient = np.array([np.mean(errors * x), np.mean(errors)])
        yours = numbers(call(answer, w, b, x, y), (2,))
        if close(yours, gradient):
            continue
        along_w = errors * x
        mistakes = (
            (
                num_examples * gradient,
                f"That is the sum over the points; the gradient of the mean is N = {num_examples} times smaller.",
            ),
            (2 * gradient, "Yours is twice as long. The ½ in the loss cancels the 2 that comes from the square."),
            (gradient / 2, "Yours is half as long. The derivative of a square brings a 2, which cancels the ½."),
            (-gradient, "Yours points downhill. The error is w x + b − y, and not y − (w x + b)."),
            (gradient[::-1], "Your two numbers have changed places: first comes w, then b."),
            (
                gradient[[1, 1]],
                "The second is right. But w is multiplied by x: how much does the error change when w grows?",
            ),
            (
                gradient[[0, 0]],
                "The first is right. But b moves the line up by the same at every x.",
            ),
            (
                [errors.mean() * x.mean(), errors.mean()],
                "You took the means of errors and of x first. Each error has to meet its own x before the mean.",
            ),
        )
        for mistake, words in mistakes:
            if close(yours, mistake):
                raise AnswerError(words)
        for first, last in ((0, 1), (num_examples - 1, num_examples), (0, num_examples - 1), (1, num_examples)):
            if close(yours, [along_w[first:last].mean(), errors[first:last].mean()]):
                raise AnswerError(
                    f"You took {last - first} of the {num_examples} points. The true gradient is the mean over all."
                )
        raise AnswerError(
            f"The gradient is ({gradient[0]:.3f}, {gradient[1]:.3f}), yours is ({yours[0]:.3f}, {yours[1]:.3f}), "
            f"at w = {w:.2f} and b = {b:.2f} with {num_examples} points."
        )


def reward_gradient(answer: Answer) -> Iterator[Reward]:
    """Lay the line that it fits over the points."""
    return own_descent.fit_by(lambda w, b, x, y: numbers(call(answer, w, b, x, y), (2,)))


def _bowl(rng: np.random.Generator, size: int) -> Float[np.ndarray, "size size"]:
    """A Hessian whose steepest direction lies far from all axes, so that its diagonal hides the largest curvature."""
    directions = rng.normal(size=(size, size))
    directions[:, 0] = rng.choice([-1, 1], size) * rng.uniform(0.7, 1.3, size)
    directions = np.linalg.qr(directions)[0]
    largest = rng.uniform(3, 8)
    curvatures = largest * np.array([1, *np.linspace(rng.uniform(0.1, 0.2), 0.6, size - 1)])
    return (directions * curvatures) @ directions.T


def examine_edge(answer: Answer, rng: np.random.Generator) -> None:
    """The edge: 2 / h for the largest eigenvalue h of the Hessian."""
    # The last one tells an answer that does not look for the largest eigenvalue, but takes the first or the last.
    unsorted = np.diag(rng.uniform(0.5, 1, 3) * [1, 5, 1])
    for hessian in (_bowl(rng, 2), _bowl(rng, 4), unsorted):
        curvatures = np.linalg.eigvalsh(hessian)
        smallest, largest = float(curvatures[0]), float(curvatures[-1])
        yours = float(numbers(call(answer, hessian), ()))
        if close(yours, 2 / largest):
            continue
        listed = ", ".join(f"{curvature:.2f}" for curvature in curvatures)
        case = f"(The curvatures are {listed}.)"
        factor = 1 - yours * largest
        mistakes = (
            (1 / largest, "That is 1/h: GD is then at the bottom of the steep direction at once. It may go farther."),
            (largest, "That is the largest curvature. Which learning rate belongs to it?"),
            (largest / 2, "Turn it over: the larger the curvature, the smaller the learning rate has to be."),
            (
                2 / smallest,
                f"You took the smallest curvature. Along the largest one, each update multiplies by {factor:.1f}.",
            ),
            (2 / (smallest + largest), "That is the quickest learning rate for this bowl, and not yet the largest."),
            (2 / curvatures.sum(), "You added up the curvatures. One of them alone decides."),
            (2 / curvatures.mean(), f"You took the mean curvature. Along the largest one, 1 − ηh is {factor:.2f}."),
            (
                2 / np.diag(hessian).max(),
                f"You looked at the diagonal only. A valley may lie across the axes: there 1 − ηh is {factor:.2f}.",
            ),
        )
        for mistake, words in mistakes:
            if close(yours, mistake):
                raise AnswerError(f"{words} {case}")
        if yours <= 0:
            raise AnswerError(f"A learning rate is above zero; yours is {yours:.3f}.")
        if yours * largest > 2:
            raise AnswerError(f"At η = {yours:.3f} GD diverges: 1 − ηh is {factor:.2f} along the steepest. {case}")
        raise AnswerError(f"At η = {yours:.3f} GD settles, but so it does farther up: 1 − ηh is {factor:.2f}. {case}")


def reward_edge(answer: Answer) -> Iterator[Reward]:
    """Let GD walk at both sides of it."""
    return own_descent.try_edge(lambda hessian: float(numbers(call(answer, hessian), ())))


EXERCISES = (
    Exercise(
        "02/gradient",
        (
            "Call w x + b − y the error of a point. By how much does it change when w grows a little? And when b does?",
            "The derivative of ½ error² is error times the derivative of the error, which is x for w, and 1 for b.",
            "With error = w * x + b - y, the second number is the mean of the error, and the first the mean of the "
            "error times x.",
        ),
        examine_gradient,
        reward_gradient,
    ),
    Exercise(
        "02/edge",
        (
            "The curvatures are the eigenvalues of the Hessian. Which one of them sets the limit?",
            "np.linalg.eigvalsh gives all eigenvalues of a symmetric matrix, the smallest first.",
            "Take the last of np.linalg.eigvalsh(hessian) as h. What is the edge for a valley of curvature h?",
        ),
        examine_edge,
        reward_edge,
    ),
)

LESSON = Lesson(
    "02_gradient_descent",
    "Gradient descent",
    "What if every update looks at all the data?",
    QUESTIONS,
    EXERCISES,
    votes=VOTES,
)
