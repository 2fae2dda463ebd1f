"""What there is to answer in lesson 03, stochastic gradient descent."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float, Int

from lesson_lib.lessons.content import own_sgd
from lesson_lib.lessons.content.lesson import Lesson
from lesson_lib.lessons.exercise import Answer, AnswerError, Exercise, call, close, numbers
from lesson_lib.lessons.question import Option, Question
from lesson_lib.lessons.reward import Reward

VOTES = (
    Question(
        "03/one",
        "You stand at the start and look at one point only. How often does its gradient lead you the right way?",
        (
            Option(
                "Always: far from the minimum every point pulls the same way.",
                "Points that lie below the flat line pull it down, whatever the others do.",
            ),
            Option(
                "Mostly, but not always.",
                "12 of the 64 points lead you the wrong way, even here, far from the minimum.",
                right=True,
            ),
            Option(
                "As often as not: one point says nothing.",
                "Most points want the same here: the best line is far from where you stand.",
            ),
        ),
    ),
    Question(
        "03/mean",
        "Average the gradients of all batches of an epoch. How far is the result from the true gradient?",
        (
            Option(
                "Not far at all: they are the same.",
                "Every point is in one of the batches, once. So the mean of the batch means is the mean of all points: "
                "a batch gradient has noise, but no bias.",
                right=True,
            ),
            Option(
                "A little off, because each batch gradient is.",
                "Each of them is off, but the misses of an epoch cancel completely.",
            ),
            Option(
                "Closer for large batches, farther off for small ones.",
                "A small batch misses by more, but there are more of them, and together they miss nothing.",
            ),
        ),
    ),
    Question(
        "03/eight",
        "At the start, a single point may lead you the wrong way. How often do batches of eight points?",
        (
            Option(
                "Just as often as one point.",
                "The points of a batch do not all fail together. Most of their misses cancel in the mean.",
            ),
            Option(
                "An eighth as often.",
                "It is rarer still. The true gradient is long here, and few batches miss it by more than its length.",
            ),
            Option(
                "Practically never.",
                "The misses of eight points largely cancel, and what they agree on adds up.",
                right=True,
            ),
        ),
    ),
    Question(
        "03/how-many-uphill",
        "With B = 1, SGD makes 640 updates. In how many of them does the loss over all points rise?",
        (
            Option(
                "In a few: it learns, after all.",
                "It spends most of its time near the bottom, and there one point is little better than a coin.",
            ),
            Option(
                "In about half.",
                "And its loss has fallen all the same: on the way down, the good updates were the longer ones.",
                right=True,
            ),
            Option(
                "In nearly all: one point knows nothing.",
                "Then the loss would have risen. It came down from 2.05 to 0.17.",
            ),
        ),
    ),
)

QUESTIONS = (
    Question(
        "03/bias",
        "A batch gradient leaves most examples out. Is it biased?",
        (
            Option(
                "No. It is noisy, but right on average.",
                "Each example is as likely to be drawn as any other. So the mean over all batches is exactly G.",
                right=True,
            ),
            Option(
                "Yes: what is left out is missing in it.",
                "It is missing in this batch, and counts more in another one. Over all batches that evens out.",
            ),
            Option(
                "Yes, but less and less for larger batches.",
                "What becomes less is the noise. The bias is zero for every batch size, for B = 1 too.",
            ),
            Option(
                "Only near the minimum, where many batches point the wrong way.",
                "There the noise is longer than G, but it still has no preferred side: the mean is G everywhere.",
            ),
        ),
    ),
    Question(
        "03/uphill",
        "One update of SGD has made the loss over all examples higher. What do you conclude?",
        (
            Option(
                "There is a bug: an update goes downhill.",
                "It goes downhill for its batch. The loss over all examples may rise.",
            ),
            Option(
                "The learning rate is too large.",
                "It may be, but one update cannot tell. Near the minimum a small learning rate goes uphill, too.",
            ),
            Option(
                "Nothing yet. I look at the loss over many updates.",
                "Single updates may go up. With B = 1 about half of them did in this lesson, and the loss fell.",
                right=True,
            ),
            Option(
                "SGD has passed the minimum. I stop here.",
                "Updates go uphill far from the minimum, too, whenever a batch points the wrong way.",
            ),
        ),
    ),
    Question(
        "03/near",
        "Why do more batch gradients point the wrong way close to the minimum?",
        (
            Option(
                "There the examples differ more from each other.",
                "They differ less: the cloud is smaller than at the start. But the arrow in it has all but vanished.",
            ),
            Option(
                "There the true gradient is almost zero, and the noise is not.",
                "The examples pull in different directions and cancel. What is left in a batch is mostly chance.",
                right=True,
            ),
            Option(
                "There the learning rate is too large for the valley.",
                "The direction of a gradient at one place does not depend on the learning rate.",
            ),
        ),
    ),
    Question(
        "03/mistake",
        "“SGD is GD with a mistake in each update.” What does this sentence leave out?",
        (
            Option(
                "Nothing. SGD only saves memory, and pays with worse results.",
                "After ten passes over the points SGD with B = 4 had the lower loss.",
            ),
            Option(
                "The mistakes get smaller, so in the end SGD does what GD does.",
                "They get smaller, but they never vanish. With a constant learning rate SGD does not come to rest.",
            ),
            Option(
                "The mistake is always in the same direction, so that it can be corrected.",
                "That would be a bias. The mean of all the mistakes is zero.",
            ),
            Option(
                "In one pass over the data SGD makes many updates, and GD makes one.",
                "They are N/B cheap, rough updates. Far from the minimum the rough ones are good enough.",
                right=True,
            ),
        ),
    ),
    Question(
        "03/same",
        "For which batches is SGD the same as GD?",
        (
            Option(
                "For none: SGD is random.",
                "The order of the examples is random. Where all of them are in the batch, the mean does not care.",
            ),
            Option(
                "For B = N, drawn without replacement.",
                "Then there is only one batch: all examples, each of them once.",
                right=True,
            ),
            Option(
                "For B = N, no matter how they are drawn.",
                "With replacement some examples come twice and others not at all: still a random gradient.",
            ),
            Option(
                "For batches so large that no update goes uphill.",
                "With B = 16 no update went uphill, but its gradients still missed G.",
            ),
        ),
    ),
    Question(
        "03/sum",
        "Somebody adds up the gradients of a batch of 16 and forgets to divide by 16. What happens?",
        (
            Option(
                "Nothing: only the direction matters.",
                "The direction is the same, but an update has a length, too: η times the length of the gradient.",
            ),
            Option(
                "The gradient becomes less noisy, because more is added up.",
                "Signal and noise both become 16 times as long. Their ratio stays.",
            ),
            Option(
                "The updates are 16 times as long, as if the learning rate were 16 η.",
                "η times a sum of 16 is 16 η times the mean. With η/16 it would be the same path again.",
                right=True,
            ),
        ),
    ),
)

Weights = Float[np.ndarray, " parameters"]
Inputs = Float[np.ndarray, "examples parameters"]
Targets = Float[np.ndarray, " examples"]
Numbers = Int[np.ndarray, " _"]
"""Of examples, from 0 to N − 1."""


def examine_gradient(answer: Answer, rng: np.random.Generator) -> None:
    """Gradient of the mean loss over a batch."""
    n = int(rng.integers(10, 15))
    for size in (int(rng.integers(4, 8)), 1, n):
        w, x, y = _examples(rng, n)
        batch = _order(rng, n)[:size]
        true, case = _gradient(w, x, y, batch), f"(B = {size} of N = {n} examples.)"
        returned = call(answer, w, x, y, batch)
        if np.shape(returned) == (size, len(w)):
            raise AnswerError(f"You return {size} gradients, one for each example. Take their mean. {case}")
        found = numbers(returned, w.shape)
        if close(found, true):
            continue
        everybody = _gradient(w, x, y, np.arange(n))
        of_means = (x[batch] @ w - y[batch]).mean() * x[batch].mean(axis=0)
        mistakes = (
            (size * true, f"That is the sum over the batch. The gradient of the mean is {size} times smaller."),
            (everybody, "That is the gradient over all examples. Only those in the batch count."),
            (n * everybody, "That is the sum over all examples. The mean over those in the batch is needed."),
            (size * true / n, f"You divide by N = {n}, but added up {size} gradients."),
            (-true, "It has the wrong sign: a gradient points uphill. The minus belongs to the update."),
            (2 * true, "It is twice as long as it should be. Did you forget the ½ of the loss?"),
            (of_means, "That is the mean error times the mean x. Multiply for each example first, then take the mean."),
            (_gradient(w, x, y, np.arange(size)), "You took the first examples. `batch` says which ones to take."),
        )
        _tell(found, mistakes, case)
        raise AnswerError(f"Your gradient is {_text(found)}, it should be {_text(true)}. {case}")


def reward_gradient(answer: Answer) -> Iterator[Reward]:
    """The cloud of their batch gradients."""
    return own_sgd.show_cloud(lambda w, x, y, batch: numbers(call(answer, w, x, y, batch), w.shape))


def examine_epoch(answer: Answer, rng: np.random.Generator) -> None:
    """One update for each batch of an epoch, the last batch perhaps smaller."""
    size, full = int(rng.integers(3, 6)), int(rng.integers(2, 4))
    for n, b in ((size * full + int(rng.integers(1, size)), size), (8, 2)):
        w, x, y = _examples(rng, n)
        order, rate = _order(rng, n), float(rng.uniform(0.1, 0.3))
        found = numbers(call(answer, w, x, y, order, b, rate), w.shape)
        true = _follow(w, x, y, _batches(order, b), rate)
        if close(found, true):
            continue
        case = f"(N = {n}, B = {b}.)"
        _tell(found, _mistakes_of_epoch(w, x, y, order, b, rate), case)
        raise AnswerError(f"After the epoch w should be {_text(true)}, yours is {_text(found)}. {case}")


def reward_epoch(answer: Answer) -> Iterator[Reward]:
    """The path of their SGD over the landscape."""
    return own_sgd.follow(lambda w, x, y, order, size, rate: numbers(call(answer, w, x, y, order, size, rate), w.shape))


def _mistakes_of_epoch(
    w: Weights, x: Inputs, y: Targets, order: Numbers, b: int, rate: float
) -> tuple[tuple[Weights, str], ...]:
    """Where wrong loops lead to, and what is wrong about them."""

    def follow(batches: Sequence[Numbers], *factors: float | int) -> Weights:
        return _follow(w, x, y, batches, rate, *factors)

    batches = _batches(order, b)
    k, n, rest = len(batches), len(order), len(batches[-1])
    sizes = [len(batch) for batch in batches]
    at_the_start = w + sum(follow([batch]) - w for batch in batches)
    return (
        (w, "Your parameters have not moved."),
        (follow(batches, *[-1] * k), "You moved along the gradients, uphill. An update goes against its gradient."),
        (follow(batches[:-1]), f"You left out the last batch, with {rest} of the examples."),
        (follow(batches[:1]), f"You made one update only. This epoch has {k} batches."),
        (at_the_start, "You took all gradients at the start. Take each one where the last update has led."),
        (follow(batches[-1:]), "Each of your updates begins at the start again, so only the last one is left."),
        (follow([order]), "You made one update with all examples. That is GD, not an epoch of SGD."),
        (follow(_batches(np.sort(order), b)), "You took the examples 0, 1, 2 … `order` says whose turn it is."),
        (follow(_batches(order, 1)), f"You made {n} updates, one for each example. A batch makes one."),
        (follow(batches, *sizes), "You added up the gradients of a batch. Its mean is needed."),
        (follow(batches, *[size / b for size in sizes]), f"You divide by B, but the last batch holds only {rest}."),
        (follow(batches, *[2] * k), "Your updates are twice as long. Did you forget the ½ of the loss?"),
    )


def _gradient(w: Weights, x: Inputs, y: Targets, batch: Numbers) -> Weights:
    """Of the mean of ½ (x·w − y)² over a batch."""
    return (x[batch] @ w - y[batch]) @ x[batch] / len(batch)


def _follow(
    w: Weights, x: Inputs, y: Targets, batches: Sequence[Numbers], learning_rate: float, *factors: float | int
) -> Weights:
    """Where one update for each batch leads to; each may be some factor too long."""
    for batch, factor in zip(batches, factors or [1] * len(batches), strict=True):
        w = w - factor * learning_rate * _gradient(w, x, y, batch)
    return w


def _batches(order: Numbers, batch_size: int) -> list[Numbers]:
    return [order[first : first + batch_size] for first in range(0, len(order), batch_size)]


def _examples(rng: np.random.Generator, num_examples: int) -> tuple[Weights, Inputs, Targets]:
    parameters = int(rng.integers(2, 4))
    x = rng.normal(size=(num_examples, parameters)) + 0.5
    return rng.normal(size=parameters), x, 2 * rng.normal(size=num_examples) + 1


def _order(rng: np.random.Generator, num_examples: int) -> Numbers:
    """Random, but with example 0 at the end: who takes the first ones, or no notice of the order, is found out."""
    return np.append(1 + rng.permutation(num_examples - 1), 0)


def _tell(found: Weights, mistakes: tuple[tuple[Weights, str], ...], case: str) -> None:
    for wrong, words in mistakes:
        if close(found, wrong, tolerance=1e-5):
            raise AnswerError(f"{words} {case}")


def _text(vector: Weights) -> str:
    return "(" + ", ".join(f"{value:.3g}" for value in vector) + ")"


EXERCISES = (
    Exercise(
        "03/gradient",
        (
            "First take those examples that are in the batch, and forget all others.",
            "The gradient of one example's loss is its error, x·w − y, times its x.",
            "With the batch's errors in `error`, error[:, None] * x[batch] has a gradient in each row. Their mean?",
        ),
        examine_gradient,
        reward_gradient,
    ),
    Exercise(
        "03/epoch",
        (
            "A loop over the batches: each of them changes w once, and the next one begins where that has led.",
            "range(0, N, B) gives the places where a batch begins. You already have a function for the gradient.",
            "In the loop: batch = order[first : first + batch_size], then the update of w. Return w after the loop.",
        ),
        examine_epoch,
        reward_epoch,
    ),
)

LESSON = Lesson(
    "03_stochastic_gradient_descent",
    "Stochastic gradient descent",
    "What if it looks at a part?",
    QUESTIONS,
    EXERCISES,
    votes=VOTES,
)
