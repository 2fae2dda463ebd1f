"""What there is to answer in lesson 01, how a network learns."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from lesson_lib.lessons.content import own_network
from lesson_lib.lessons.content.lesson import Lesson
from lesson_lib.lessons.exercise import Answer, AnswerError, Exercise, call, close, numbers
from lesson_lib.lessons.question import Option, Question
from lesson_lib.lessons.reward import Reward

VOTES = (
    Question(
        "01/after",
        "Before the update, the network gets 4 of its 32 images right. About how many does it get right after it?",
        (
            Option(
                "Still about 4: one update is next to nothing.",
                "One update is small, but it moves most of the parameters, all of them in a helpful direction.",
            ),
            Option(
                "About 8: better, but far from perfect.",
                "One small step was enough to get about twice as many right.",
                right=True,
            ),
            Option(
                "All 32: it has just seen the answers.",
                "It does not learn the labels by heart. It takes one short step in the direction that helps.",
            ),
        ),
    ),
    Question(
        "01/parameters",
        "The network has about 100,000 parameters. How many of them does this one update change?",
        (
            Option(
                "A few: those that were to blame.",
                "Nobody looks for the guilty ones. Every parameter that had a part in the scores gets its own slope.",
            ),
            Option(
                "About half of them.",
                "More than that. A few stay, because they cannot matter: their pixel is 0 in all 32 images, or "
                "their unit is silent for all of them.",
            ),
            Option(
                "Most of them.",
                "Only those stay that cannot matter: their pixel is 0 in all 32 images, or their unit is silent.",
                right=True,
            ),
        ),
    ),
    Question(
        "01/others",
        "100 updates, each made from a single image. How many of them make the loss over all 12,000 images fall?",
        (
            Option(
                "Nearly all: learning is learning.",
                "The update knows one image only. What is good for a shoe may be bad for a shirt.",
            ),
            Option(
                "About half.",
                "With one image it is little better than a coin. Still the loss of all images fell: the lucky updates "
                "helped more than the unlucky ones harmed.",
                right=True,
            ),
            Option(
                "Nearly none: each helps its own image alone.",
                "Images have much in common. What helps one shoe often helps other shoes.",
            ),
        ),
    ),
    Question(
        "01/ten-times",
        "The panel's first update once more, with a learning rate ten times as large. What does its batch gain?",
        (
            Option(
                "About ten times as much.",
                "It would be so if the slope stayed the same all along the step. It does not.",
            ),
            Option(
                "Two to three times as much.",
                "The slope changes along the step, so a long step gains less than its beginning promises.",
                right=True,
            ),
            Option(
                "Nothing: its loss rises.",
                "That happens, too, but only with a still larger learning rate.",
            ),
        ),
    ),
)

QUESTIONS = (
    Question(
        "01/changes",
        "Which numbers does an update change?",
        (
            Option(
                "The images and their labels.",
                "These are given, and stay as they are. The network is what learns.",
            ),
            Option(
                "The scores and probabilities of the images.",
                "They come out different afterwards, but nobody moves them: they are computed anew from the weights.",
            ),
            Option(
                "The weights and biases.",
                "They are the parameters θ: all that the network has learned is in them.",
                right=True,
            ),
            Option(
                "Only the weights of the last layer: the scores come from there.",
                "The gradient goes back through all layers. The pictures of weights in the panel are of the first one.",
            ),
        ),
    ),
    Question(
        "01/sign",
        "The gradient of a weight is +2, and η = 0.05. What does the update make of this weight?",
        (
            Option(
                "It grows by 0.1.",
                "A positive gradient says that the loss grows when the weight grows. An update goes against it.",
            ),
            Option("It falls by 0.1.", "It moves against its gradient, by η times that: 0.05 × 2 = 0.1.", right=True),
            Option("It falls by 2.", "The gradient is a slope, not a distance. The learning rate makes it a distance."),
            Option("It becomes −0.1.", "−0.1 is the change. It is added to the old weight and does not replace it."),
        ),
    ),
    Question(
        "01/right-image",
        "The network is right about an image: it gives the right class 60 %. Does that image still change the weights?",
        (
            Option(
                "No: there is nothing to correct.",
                "Being right is not the same as having no loss. The loss of this image is −log 0.6 = 0.51.",
            ),
            Option(
                "Only if the network is wrong about others of the batch.",
                "Each image has a loss and a gradient of its own, and the mean takes them all.",
            ),
            Option(
                "Yes, as much as one that it is wrong about.",
                "The surer the network is of the right class, the weaker the push. An image with 5 % pushes harder.",
            ),
            Option(
                "Yes: 60 % can still become 70 %.",
                "The loss is −log(probability of the right class). It is zero only at 100 %, and so is the gradient.",
                right=True,
            ),
        ),
    ),
    Question(
        "01/rise",
        "A friend says: “My update from 32 images made the loss of all images rise, so my code is wrong.” Is it?",
        (
            Option(
                "Not necessarily.",
                "An update serves its own batch. With B = 32, about a third of your updates did not help the rest.",
                right=True,
            ),
            Option(
                "Yes: an update always lowers the loss.",
                "It lowers the loss of its own batch, if η is not too large. For all other images it is a guess.",
            ),
            Option(
                "Yes: the sign must be wrong.",
                "With a wrong sign the loss of the batch itself would rise. That is the one to look at.",
            ),
            Option(
                "No: what the loss of all images does says nothing about the code.",
                "Over many updates it does: it should come down. In your 100 updates it fell to about 0.8.",
            ),
        ),
    ),
    Question(
        "01/blank",
        "A pixel has the value 0 in an image (it is drawn white). Why does this image leave no mark on its weights?",
        (
            Option(
                "Its weights are zero.",
                "They are random numbers at the start, like all weights. It is their gradient that is zero.",
            ),
            Option(
                "ReLU makes it silent.",
                "ReLU acts on units, and each unit adds up all pixels. A silent unit gets no mark from any pixel.",
            ),
            Option(
                "The gradient of its weight is the pixel's value times a number for the unit.",
                "For a pixel of value 0 this product is 0, whatever the unit should do.",
                right=True,
            ),
            Option(
                "The network has found out that this pixel does not matter.",
                "Nothing has to be found out: it is so in the first update already, by the arithmetic.",
            ),
        ),
    ),
    Question(
        "01/sum",
        "You define the loss as the sum over the 32 images of the batch, no longer as the mean, and keep η = 0.05. "
        "What happens to the update?",
        (
            Option(
                "Nothing: sum and mean have their minimum at the same place.",
                "The place of the minimum stays. The slopes on the way do not: all are 32 times as steep.",
            ),
            Option(
                "It goes 32 times as far.",
                "It is as if η were 32 × 0.05 = 1.6. With the sum and η / 32 you would get the old update again.",
                right=True,
            ),
            Option(
                "It goes in another direction.",
                "Every entry of the gradient gets 32 times as large: the direction stays, the length changes.",
            ),
            Option(
                "It gets better, because now every image counts in full.",
                "In the mean they count equally, too. A larger factor for all of them is only a larger learning rate.",
            ),
        ),
    ),
)


def _log_probabilities(scores: Float[np.ndarray, " classes"]) -> Float[np.ndarray, " classes"]:
    shifted = scores - scores.max()
    return shifted - np.log(np.exp(shifted).sum())


def _is_finite(returned: object) -> bool:
    """Is it not a number that overflowed? What is no number at all is left to `numbers`."""
    try:
        return bool(np.isfinite(np.asarray(returned, np.float64)).all())
    except (TypeError, ValueError):
        return True


def _say_what_loss_it_is(yours: float, scores: Float[np.ndarray, " classes"], label: int) -> None:
    """Raise `AnswerError` for each mistake that gives a wrong loss at any scores."""
    logs = _log_probabilities(scores)
    right, top = logs[label], int(scores.argmax())
    mistakes = (
        (right, f"Your loss is {yours:.3f}. The log of a probability is below zero; a loss is not."),
        (np.exp(right), f"{yours:.3f} is the probability of the right class. How is the loss made from it?"),
        (1 - np.exp(right), f"{yours:.3f} is 1 minus the probability of the right class. Where is the logarithm?"),
        (-right / np.log(2), "Your loss is in bits. With the natural logarithm it is in nats."),
        (-right / np.log(10), "You took the logarithm to base 10. With the natural one, the loss is in nats."),
        (-logs[top], f"You took the class {top}, which has the largest score. The right class is {label}."),
        (-scores[label], "You took the score for the log of a probability. Softmax makes probabilities of scores."),
        (-logs.mean(), "You took the mean over all classes. Only the right class counts."),
        (-logs.sum(), "You took the sum over all classes. Only the right class counts."),
        (scores[top] - scores[label], "You compare with the largest score alone. All classes share the probability."),
        (scores[label] - right, "You took the log of the sum alone. Where is the score of the right class?"),
    )
    for mistake, words in mistakes:
        if close(yours, mistake):
            raise AnswerError(words)


def examine_loss(answer: Answer, rng: np.random.Generator) -> None:
    """Softmax cross-entropy of one image, at ordinary scores and at such that overflow."""
    scores = rng.permutation(np.arange(-5, 5)) / 2  # halves, and 1,000 more or less: exact in float32, too
    label = int(rng.choice(np.flatnonzero((scores < scores.max()) & (scores != 0))))
    for these, right in (
        (scores, label),
        (scores[::-1], int(scores[::-1].argmax())),
        (scores + 1000, label),
        (scores - 1000, label),
        (scores * 2000, label),
    ):
        loss = -_log_probabilities(these)[right]
        with np.errstate(all="ignore"):
            returned = call(answer, these, right)
        case = f"scores from {these.min():,.1f} to {these.max():,.1f}, {these[right]:,.1f} for the right class"
        if not _is_finite(returned) and np.abs(these).max() > 100:
            raise AnswerError(
                f"For large scores a number is too large or too small for the computer: yours is {returned}, the loss "
                f"is {loss:.3f}. ({case})"
            )
        yours = float(numbers(returned, ()))
        if close(yours, loss, tolerance=1e-3):
            continue
        if these is scores:
            _say_what_loss_it_is(yours, these, right)
        raise AnswerError(f"The loss is {loss:.3f} nats, yours is {yours:.3f}. ({case})")


def reward_loss(answer: Answer) -> Iterator[Reward]:
    """Images of the network on the curve of their loss."""
    return own_network.show_losses(lambda scores, label: float(numbers(call(answer, scores, label), ())))


def examine_weights(answer: Answer, rng: np.random.Generator) -> None:
    """Gradient of a linear layer's weights: the mean over the batch of input times output gradient."""
    for _ in range(2):
        # No size is another one or a product of two others, so that a wrong one shows.
        batch, inputs, outputs = (int(size) for size in rng.permutation([3, 4, 5, 6, 7])[:3])
        a, delta = rng.normal(size=(batch, inputs)), rng.normal(size=(batch, outputs))
        each = a[:, :, None] * delta[:, None, :]
        mean = each.mean(axis=0)
        returned = call(answer, a, delta)
        if getattr(returned, "shape", None) == (outputs, inputs):
            raise AnswerError(
                f"Yours has the shape {(outputs, inputs)}, outputs × inputs; the weights have {(inputs, outputs)}."
            )
        yours = numbers(returned, (inputs, outputs))
        if close(yours, mean):
            continue
        mistakes = (
            (
                batch * mean,
                f"That is the sum over the batch; the gradient of the mean loss is B = {batch} times smaller.",
            ),
            (-mean, "That is minus the gradient. The minus belongs to the update."),
            (
                np.outer(a.mean(axis=0), delta.mean(axis=0)),
                "You took the means first and multiplied then. Each example's product has to be made before the mean.",
            ),
            (each[0], "That is the gradient of the first example alone."),
            (mean / outputs, f"You divided by {batch * outputs} numbers; the mean is over {batch} examples."),
            (
                mean * batch / inputs,
                f"You divided by {inputs}, the number of inputs; the batch holds {batch} examples.",
            ),
            (
                mean * batch / outputs,
                f"You divided by {outputs}, the number of outputs; the batch holds {batch} examples.",
            ),
        )
        for mistake, words in mistakes:
            if close(yours, mistake):
                raise AnswerError(words)
        i, j = np.unravel_index(np.abs(yours - mean).argmax(), mean.shape)
        raise AnswerError(
            f"The gradient of the weight from input {i} to output {j} is {mean[i, j]:.3f}, yours is {yours[i, j]:.3f}."
        )


def reward_weights(answer: Answer) -> Iterator[Reward]:
    """Let their gradient train the network."""
    return own_network.train_by(lambda a, delta: numbers(call(answer, a, delta), (a.shape[1], delta.shape[1])))


EXERCISES = (
    Exercise(
        "01/loss",
        (
            "Write −log(e^s / Σ e^s) without a fraction: the log of a quotient is a difference of two logs.",
            "So the loss is log Σ e^s minus the score of the right class. It stays the same if you take one number "
            "from all scores, so take a number that makes e^s harmless.",
            "With shifted = scores - scores.max() the largest of e^shifted is 1. Put shifted in the place of the "
            "scores in log Σ e^s minus the score of the right class.",
        ),
        examine_loss,
        reward_loss,
    ),
    Exercise(
        "01/weights",
        (
            "Look at one example first. Its gradient for the weight from input i to output j is a_i times delta_j.",
            "The sum of these products over the batch is a matrix product. Which of the two has to be transposed, to "
            "come out as inputs × outputs?",
            "a.T @ delta adds up the products of all examples. Make the mean of it: how many rows has a?",
        ),
        examine_weights,
        reward_weights,
    ),
)

LESSON = Lesson(
    "01_how_a_network_learns", "How a network learns", "What happens in one update?", QUESTIONS, EXERCISES, votes=VOTES
)
