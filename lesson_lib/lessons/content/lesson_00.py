"""What there is to answer in lesson 00, start here."""

import math
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from lesson_lib import model
from lesson_lib.chart import ticks
from lesson_lib.chart.picture import PURPLE, Chart, Curve, Picture
from lesson_lib.data import load_dataset
from lesson_lib.experiment import Settings
from lesson_lib.experiment.train import train
from lesson_lib.lessons.content import own_rule
from lesson_lib.lessons.content.lesson import Lesson
from lesson_lib.lessons.exercise import Answer, AnswerError, Exercise, call, close, numbers
from lesson_lib.lessons.question import Option, Question
from lesson_lib.lessons.reward import Reward
from lesson_lib.panel.numbers import count

QUESTIONS = (
    Question(
        "00/more-updates",
        "GD and SGD have both looked at every example five times. Why has SGD made more updates?",
        (
            Option(
                "It has looked at more examples.",
                "Both have looked 5 × 12,000 = 60,000 times. SGD makes more updates from as many looks.",
            ),
            Option(
                "GD needs all 12,000 examples for one update, SGD only 32.",
                "12,000 / 32 = 375 updates in each epoch, and 5 × 375 = 1,875. GD makes one update an epoch.",
                right=True,
            ),
            Option(
                "One update of SGD is quicker, so more of them fit in.",
                "The time was not held equal. Both runs end after five epochs, however long these take.",
            ),
            Option(
                "Its learning rate is larger.",
                "Both have 0.05. The learning rate says how far an update goes, not how many there are.",
            ),
        ),
    ),
    Question(
        "00/same-curve",
        "With B = N the two curves lie on top of each other. Why?",
        (
            Option(
                "By chance: other random batches would part them.",
                "Chance decides which examples are in a batch. If all of them are in it, nothing is left to chance.",
            ),
            Option(
                "Both have reached the lowest loss there is.",
                "The loss is still falling. The two take the same way, and are not at its end.",
            ),
            Option(
                "A batch of all examples has the true gradient, so both make the same updates.",
                "GD and SGD are the same code. They differ only in which examples the mean is over; here in none.",
                right=True,
            ),
        ),
    ),
    Question(
        "00/use",
        "A batch gradient misses the true one by twice the true one's length. How can it be of use at all?",
        (
            Option(
                "The misses of different batches largely cancel, and the true direction adds up.",
                "The misses point in different directions. What all batches have in common is the true direction.",
                right=True,
            ),
            Option(
                "Bad batches are left out.",
                "No batch is tested. Each one makes its update, whether its gradient is good or bad.",
            ),
            Option(
                "The learning rate makes the miss small.",
                "It shortens the miss and the true direction alike, so the one stays twice as long as the other.",
            ),
            Option(
                "It is of no use: SGD was lucky.",
                "Nobody is lucky 1,875 times in a row. A miss by chance helps as often as it harms, and what is left "
                "over many updates is the true direction.",
            ),
        ),
    ),
    Question(
        "00/per-epoch",
        "In your race of B = 32 against B = N: whose loss fell more in an epoch, and whose in an update, on average "
        "over the run?",
        (
            Option(
                "That of B = 32 in both.",
                "In an epoch, yes. But its fall is shared by 1,875 updates: about 0.001 for each.",
            ),
            Option(
                "That of B = N in both: its gradient is exact.",
                "An exact gradient makes a better update. But there is only one of them in an epoch.",
            ),
            Option(
                "Nobody can say without a clock.",
                "Seconds are a third way to count, with a lesson of their own. Epochs and updates need no clock.",
            ),
            Option(
                "That of B = 32 in an epoch, that of B = N in an update.",
                "Both start at about 2.35. B = N comes to 1.8 in 5 updates, 0.1 each; B = 32 to 0.4 in 1,875, 0.001 "
                "each. But 375 of these make an epoch.",
                right=True,
            ),
        ),
    ),
)


def _away_from_zero(rng: np.random.Generator, shape: tuple[int, ...]) -> Float[np.ndarray, "..."]:
    """Random numbers of both signs; neither one of them nor their mean is so small that a mistake would not show."""
    size = math.prod(shape)
    signs = rng.permutation(np.resize([-1, 1], size))
    sizes = np.where(signs > 0, rng.uniform(1, 2, size), rng.uniform(0.5, 0.9, size))
    return (sizes * signs).reshape(shape)


def examine_update(answer: Answer, rng: np.random.Generator) -> None:
    """One update of parameters of any shape: against the gradient, times the learning rate."""
    for shape in ((4,), (2, 3)):
        theta, gradient = _away_from_zero(rng, shape), _away_from_zero(rng, shape)
        rate = float(rng.uniform(0.05, 0.4))
        new = theta - rate * gradient
        yours = numbers(call(answer, theta, gradient, rate), shape)
        if close(yours, new):
            continue
        mistakes = (
            (theta + rate * gradient, "You moved along the gradient, where the loss grows. An update goes against it."),
            (theta - gradient, f"You moved by the whole gradient, as if η were 1. Here η = {rate:.2f}."),
            (-rate * gradient, "That is only the change. Return the new parameters: the old ones and the change."),
            (rate * gradient, "That is only a multiple of the gradient. Return the new parameters; what of the old?"),
            (theta, "These are the old parameters: nothing has moved."),
            (-new, "Your parameters have the wrong sign: you took θ from the change, not the change from θ."),
            (theta - gradient / rate, "You divided by the learning rate. A larger η should move θ farther."),
            (theta - rate, "You moved every parameter by η. How far each one goes depends on its gradient, too."),
            (
                theta - rate * gradient / np.linalg.norm(gradient),
                f"You made the gradient's length 1. It is {np.linalg.norm(gradient):.2f} here, and it counts.",
            ),
        )
        for mistake, words in mistakes:
            if close(yours, mistake):
                raise AnswerError(words)
        moves = yours - theta
        if close(moves, moves.flat[0]):
            raise AnswerError(
                f"You moved every parameter by {moves.flat[0]:.3f}. Each one has its own entry of the gradient."
            )
        worst = np.unravel_index(np.abs(yours - new).argmax(), shape)
        raise AnswerError(
            f"A parameter of {theta[worst]:.3f} with the gradient {gradient[worst]:.3f} and η = {rate:.3f} "
            f"becomes {new[worst]:.3f}; yours becomes {yours[worst]:.3f}."
        )


def reward_update(answer: Answer) -> Iterator[Reward]:
    """Train the network by it: as plain SGD does, curve on curve."""
    rate = 0.05
    return own_rule.train_by(lambda theta, gradient: numbers(call(answer, theta, gradient, rate), theta.shape), (rate,))


def examine_updates(answer: Answer, rng: np.random.Generator) -> None:
    """Number of updates in some epochs, where a smaller last batch makes an update, too."""
    size = int(rng.integers(5, 20))
    # With less than half a batch left over, rounding down shows, and so does a batch that reaches into the next epoch.
    with_a_rest = size * int(rng.integers(25, 40)) + int(rng.integers(1, (size + 1) // 2))
    for num_examples, batch_size, epochs in (
        (12_000, 32, 5),
        (with_a_rest, size, int(rng.integers(2, 6))),
        (500, 500, int(rng.integers(2, 9))),
    ):
        yours = float(numbers(call(answer, num_examples, batch_size, epochs), ()))
        full, rest = divmod(num_examples, batch_size)
        in_one = full + (rest > 0)
        left_over = "1 example is" if rest == 1 else f"{rest} examples are"
        case = f"N = {num_examples:,}, B = {batch_size}, epochs: {epochs}."
        if yours == in_one * epochs:
            continue
        if yours != round(yours):
            raise AnswerError(
                f"{case} You return {yours:g}, but updates are whole. In each epoch {left_over} left over: what then?"
            )
        mistakes = (
            (in_one, f"{yours:,.0f} are the updates of one epoch."),
            (epochs, f"{yours:,.0f} is the number of epochs. Each of them holds {in_one:,} updates."),
            (num_examples * epochs, "You count looks at examples. One update takes B of them at once."),
            (batch_size * epochs, "You count B updates an epoch. B is how many examples are in a batch."),
            (full * epochs, f"You leave out the last batch of each epoch: {left_over} left for it."),
            (
                -(-num_examples * epochs // batch_size),
                f"At the end of an epoch {left_over} left over. You put that into a batch of the next epoch.",
            ),
            (
                (full + 1) * epochs,
                f"You count a smaller last batch in each epoch; but here all {full:,} are full, and none is left.",
            ),
        )
        for mistake, words in mistakes:
            if yours == mistake:
                raise AnswerError(f"{case} {words}")
        raise AnswerError(f"{case} One epoch holds {in_one:,} updates; you return {yours:,.0f} for all epochs.")


def reward_updates(answer: Answer) -> Iterator[Reward]:
    """Train the network for one epoch with each batch size, for as many updates as it says, from large to small."""
    dataset = load_dataset(num_examples=2_000)
    counts, losses = [], []
    for batch_size in (2_000, 500, 128, 32, 8):
        counts.append(float(numbers(call(answer, dataset.num_examples, batch_size, 1), ())))
        params = train(dataset, Settings(batch_size), num_updates=int(counts[-1])).params
        losses.append(float(model.mean_loss(params, dataset.x_train, dataset.y_train)))
        marks = (Curve(np.array(counts), np.array(losses), PURPLE, "counted by you", width=3, marker="dot"),)
        axes = ticks.logarithmic("updates in an epoch", 1, 300), ticks.from_zero("loss after it", 2.6)
        chart = Chart("One epoch over 2,000 images, B = 2,000 to 8", *axes, marks)
        said = (
            f"B = {batch_size:,}: {count(int(counts[-1]), 'update')} in an epoch, and then a loss of {losses[-1]:.2f}."
        )
        yield Reward(Picture(((chart,),), heights=(260,)), said)


EXERCISES = (
    Exercise(
        "00/update",
        (
            "Look at the equation of this lesson: θ ← θ − η g. All that is on its right side is handed to you.",
            "NumPy multiplies an array by a number entry by entry, and subtracts arrays likewise.",
            "First make the change: the learning rate times the gradient. Then return theta minus that.",
        ),
        examine_update,
        reward_update,
    ),
    Exercise(
        "00/updates",
        (
            "How many batches are there in one epoch? And in all the epochs?",
            "In one epoch it is N / B, rounded up to a whole number: a smaller last batch makes an update, too.",
            "math.ceil(num_examples / batch_size) counts the batches of one epoch. All epochs have equally many.",
        ),
        examine_updates,
        reward_updates,
    ),
)

VOTES = (
    Question(
        "00/all",
        "You set SGD's batch size to N, all 12,000 pictures, and leave the rest as it is. What will you see?",
        (
            Option(
                "SGD still learns faster.", "It was faster because it made more updates. Now it makes as few as GD."
            ),
            Option("Both curves lie on top of each other.", "A batch of all pictures is what GD takes.", right=True),
            Option("SGD learns more slowly than GD.", "Its batch is now the same as GD's, and so is each update."),
        ),
    ),
)

LESSON = Lesson("00_start_here", "Start here", "Who learns faster?", QUESTIONS, EXERCISES, votes=VOTES)
