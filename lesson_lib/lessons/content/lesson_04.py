"""What there is to answer in lesson 04, batches and epochs."""

from collections.abc import Iterator

import numpy as np

from lesson_lib.chart import ticks
from lesson_lib.chart.picture import BLACK, BLUE, PURPLE, VERMILION, Chart, Curve, Picture
from lesson_lib.data import load_dataset
from lesson_lib.lessons.content.lesson import Lesson
from lesson_lib.lessons.exercise import Answer, AnswerError, Exercise, call, close, numbers
from lesson_lib.lessons.prediction import Sketch, Task
from lesson_lib.lessons.question import Option, Question
from lesson_lib.lessons.reward import Reward
from lesson_lib.panels.coverage.picture import draw_coverage

QUESTIONS = (
    Question(
        "04/count",
        "N = 50,000 and B = 256. How many updates are made in ten epochs, with the last batch kept?",
        (
            Option("10", "That counts the epochs. An epoch is one pass over the data, and it holds many updates."),
            Option("1,950", "You left out the last batch of each epoch: 195 are full, and 80 examples are left over."),
            Option(
                "1,960", "One epoch is ⌈50,000 / 256⌉ = 196 updates; the last of them sees 80 examples.", right=True
            ),
            Option("500,000", "That counts examples seen. An update takes 256 of them at once."),
        ),
    ),
    Question(
        "04/cover",
        "Do the batches of one epoch cover all examples?",
        (
            Option("Always: that is what an epoch means.", "Not with replacement: 63 % are seen then."),
            Option(
                "If the order is a permutation and the last batch is kept.",
                "Reshuffling, shuffling once and sorting all take each example exactly once.",
                right=True,
            ),
            Option("Never: a batch is only a part.", "One batch is a part. All the batches of an epoch are the whole."),
        ),
    ),
    Question(
        "04/double",
        "Somebody doubles B and keeps the number of epochs. What happens to the number of updates?",
        (
            Option("It doubles.", "Larger batches use up the examples of an epoch sooner, not later."),
            Option("It stays.", "The number of epochs stays. An epoch now has half as many batches."),
            Option(
                "It is halved.",
                "At equal epochs a larger batch means fewer updates: one reason why its loss is often higher here.",
                right=True,
            ),
        ),
    ),
    Question(
        "04/still-sgd",
        "Is training with B = 128, reshuffled, still stochastic gradient descent?",
        (
            Option("No: SGD means B = 1.", "Some old texts use the word that way. Today any random part counts."),
            Option(
                "Yes.",
                "Stochastic means that a random part of the examples is used, one or many. Only B = N without "
                "replacement is gradient descent.",
                right=True,
            ),
            Option(
                "Only if the batches are drawn with replacement.",
                "Many proofs draw with replacement, nearly all programs reshuffle. Both are SGD.",
            ),
        ),
    ),
)


VOTES = (
    Question(
        "04/grey",
        "Each picture is drawn at random from all 12,000, so it may come twice. When 12,000 have been drawn, how many "
        "have never come?",
        (
            Option(
                "None: an epoch holds every picture.", "Nothing makes sure of that: a draw forgets those before it."
            ),
            Option(
                "About one in a hundred.", "It is many more: each picture that comes twice takes another one's place."
            ),
            Option(
                "More than a third.",
                "All 12,000 draws miss a given picture with a probability of 1/e, about 37 %.",
                right=True,
            ),
            Option("Half of them.", "It is not quite as bad: some come twice, but many come once."),
        ),
    ),
    Question(
        "04/sorted",
        "Somebody forgets to shuffle: all T-shirts come first, then all trousers, and so on. What is the loss after "
        "five epochs?",
        (
            Option(
                "As low as with shuffling.",
                "Every picture is seen, but only one class at a time, and what was learned before is lost again.",
            ),
            Option("Somewhat higher.", "It is much worse than that: what was learned before is lost again."),
            Option(
                "Higher than that of guessing.",
                "The last updates of each epoch saw bags alone, then ankle boots alone. Now the network sees these two "
                "in most pictures.",
                right=True,
            ),
        ),
    ),
)


def examine_batches(answer: Answer, rng: np.random.Generator) -> None:
    """Batches of an epoch: pieces of B of the order, the last one perhaps smaller."""
    size = int(rng.integers(3, 9))
    with_a_rest = size * int(rng.integers(3, 9)) + int(rng.integers(1, size))
    for num_examples, batch_size in ((12, 4), (with_a_rest, size), (7, 7), (5, 1)):
        order = rng.permutation(num_examples)
        try:
            batches = [np.asarray(batch).reshape(-1) for batch in call(answer, order, batch_size)]
        except TypeError:
            raise AnswerError("Your function should return a list of batches.") from None
        seen = np.concatenate([*batches, np.empty(0, int)])
        case = f"For {num_examples} examples and B = {batch_size} your batches"
        missed = num_examples - len(np.intersect1d(seen, order))
        if missed:
            examples = "1 example" if missed == 1 else f"{missed} examples"
            raise AnswerError(f"{case} miss {examples}: {num_examples - missed} of {num_examples} seen.")
        if len(seen) > num_examples:
            again = len(seen) - num_examples
            raise AnswerError(f"{case} hold {len(seen)} examples; {again} of them have been there before.")
        if not np.array_equal(seen, order):
            raise AnswerError(f"{case} take the examples in another order than the one they were given.")
        sizes = [len(batch) for batch in batches]
        if any(len(batch) != batch_size for batch in batches[:-1]):
            raise AnswerError(f"{case} hold {sizes} examples; all but the last should hold {batch_size}.")


def examine_seen(answer: Answer, rng: np.random.Generator) -> None:
    """Share of N examples that are among those drawn."""
    for num_examples in (4, int(rng.integers(30, 60)), int(rng.integers(200, 400))):
        for drawn in (
            rng.integers(num_examples, size=num_examples),
            rng.permutation(num_examples)[: num_examples // 2],
        ):
            share = float(numbers(call(answer, drawn, num_examples), ()))
            true = len(np.unique(drawn)) / num_examples
            case = f"{len(drawn)} draws from {num_examples} examples, {len(np.unique(drawn))} of them different"
            if share > 1:
                raise AnswerError(f"A share lies between 0 and 1; yours is {share:g}. ({case})")
            if close(share, len(drawn) / num_examples) and not close(share, true):
                raise AnswerError(
                    f"Yours is {share:.3f}, the share of draws. An example drawn twice is seen once. ({case})"
                )
            if not close(share, true):
                raise AnswerError(f"The share that was seen is {true:.3f}, yours is {share:.3f}. ({case})")


def reward_batches(answer: Answer) -> Iterator[Reward]:
    """Fill the map of the examples by it, batch after batch."""
    dataset, size = load_dataset("fashion_mnist"), 64
    labels, order = np.asarray(dataset.y_train), np.random.default_rng(0).permutation(dataset.num_examples)
    batches = [np.asarray(batch) for batch in call(answer, order, size)]
    times_seen, shares = np.zeros(len(order), int), [(0.0, 0.0)]
    for made, batch in enumerate(batches, 1):
        np.add.at(times_seen, batch, 1)
        shares.append((made / len(batches), float(np.mean(times_seen > 0))))
        if made % 4 == 0 or made == len(batches):
            history = np.array(shares).T
            filled = draw_coverage(labels, dataset.class_names, times_seen, history, epochs=1, with_replacement=False)
            ((cells, share),) = filled.rows
            by_batches = Curve(history[0], history[1], PURPLE, "by your batches", width=3)
            picture = Picture(rows=((cells, share._replace(marks=(by_batches, *share.marks[1:]))),), heights=(260,))
            yield Reward(picture, f"{made} of your batches: {shares[-1][1]:.0%} of the pictures have been seen.")


def reward_seen(answer: Answer) -> Iterator[Reward]:
    """Let it count what two epochs of draws with replacement have seen, beside the theory."""
    num_examples = 12_000
    drawn = np.random.default_rng(0).integers(num_examples, size=2 * num_examples)
    counts = np.linspace(0, len(drawn), 41).astype(int)
    epochs, shares = counts / num_examples, np.full(len(counts), np.nan)
    for place, count in enumerate(counts):
        shares[place] = numbers(call(answer, drawn[:count], num_examples), ())
        marks = (
            Curve(epochs, shares.copy(), PURPLE, "by your function", width=3),
            Curve(epochs, 1 - np.exp(-epochs), BLACK, "1 − e^{−x}", width=2, dash="dotted"),
        )
        y = ticks.linear("share seen", 0, 1, percent=True)
        chart = Chart("Drawn with replacement, counted by you", ticks.linear("epochs", 0, 2), y, marks)
        said = f"After {epochs[place]:.2f} epochs {shares[place]:.0%} of the pictures have been seen."
        yield Reward(Picture(rows=((chart,),), heights=(260,)), said)


EXERCISES = (
    Exercise(
        "04/batches",
        (
            "Where does each batch begin? At 0, at B, at 2B …",
            "range(0, N, B) gives these beginnings. How do you get N from the order?",
            "A slice order[first : first + B] may reach past the end: it then holds what is left.",
        ),
        examine_batches,
        reward_batches,
    ),
    Exercise(
        "04/seen",
        (
            "An example that was drawn three times has been seen, once and for all.",
            "How many different numbers are in drawn? NumPy has a function for that, and so has Python.",
            "np.unique(drawn) holds each number once; its length is what you need.",
        ),
        examine_seen,
        reward_seen,
    ),
)

PREDICTIONS = (
    Task(
        "04/loss",
        "Training loss: what do you expect?",
        ticks.linear("epochs", 0, 5),
        ticks.from_zero("loss (nats)", 3.0),
        (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0),
        (Sketch("B = 8", VERMILION), Sketch("B = N", BLUE, "dashed")),
    ),
)

LESSON = Lesson(
    "04_batches_and_epochs",
    "Batches and epochs",
    "What exactly are a batch and an epoch?",
    QUESTIONS,
    EXERCISES,
    PREDICTIONS,
    VOTES,
)
