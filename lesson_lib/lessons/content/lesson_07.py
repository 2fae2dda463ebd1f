"""What there is to answer in lesson 07, better optimizers."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from jaxtyping import Float

from lesson_lib.lessons.content import own_rule
from lesson_lib.lessons.content.lesson import Lesson
from lesson_lib.lessons.exercise import Answer, AnswerError, Exercise, call, close, numbers, two
from lesson_lib.lessons.question import Option, Question
from lesson_lib.lessons.reward import Reward

QUESTIONS = (
    Question(
        "07/smooth",
        "Momentum's path looks smooth. Has momentum removed the noise?",
        (
            Option(
                "Yes: at β = 0.9 its direction varies 19 times less.",
                "The direction does. But each error stays in v and goes on for many updates, so the noise floor is "
                "about the same at the same η/(1 − β).",
            ),
            Option(
                "No: each gradient, with its noise, still moves the parameters by η/(1 − β) in all.",
                "It does so in many small parts, and nothing of it is taken back.",
                right=True,
            ),
            Option(
                "Yes: the errors of many gradients cancel in v.",
                "They cancel in v, but v is used again and again. At the end of the run each gradient has counted as "
                "much as in plain SGD with η/(1 − β).",
            ),
        ),
    ),
    Question(
        "07/same-rate",
        "Somebody goes from plain SGD to momentum with β = 0.9, at the same η. It learns much faster. What happened?",
        (
            Option(
                "Momentum took the noise away.",
                "Its noise floor is no lower at the same η/(1 − β). Something else was changed, too.",
            ),
            Option(
                "Ten gradients in v act like a batch ten times as large.",
                "A larger batch lowers the noise floor. Momentum at the same η/(1 − β) does not.",
            ),
            Option(
                "The effective learning rate became ten times as large.",
                "η/(1 − 0.9) = 10 η. Try plain SGD with ten times the learning rate first.",
                right=True,
            ),
        ),
    ),
    Question(
        "07/better",
        "“Adam reached a lower loss than SGD in my run, so Adam is better.” What do you ask?",
        (
            Option(
                "How was each learning rate chosen, and how many seeds were there?",
                "A method that was tuned beats one that was not, and at B = 8 the seeds of one method lie further "
                "apart than the methods.",
                right=True,
            ),
            Option(
                "Did both have the same learning rate?",
                "That would not make it fair. Adam divides the gradient by its size, so its η has another unit.",
            ),
            Option(
                "Was the run long enough?",
                "A longer run is still one run, from one seed, with learning rates of which nobody knows the choice.",
            ),
            Option(
                "Nothing: a lower loss is a lower loss.",
                "It is one run. At B = 8 the seeds differ more than the methods.",
            ),
        ),
    ),
    Question(
        "07/large-batch",
        "You train with a very large batch. Is momentum worthwhile?",
        (
            Option("No: there is hardly any noise left.", "That would be a reason if momentum helped against noise."),
            Option(
                "No: plain SGD at the same η/(1 − β) does the same.",
                "Only where plain SGD is stable there. Momentum allows an effective learning rate up to 19 times as "
                "large, at β = 0.9.",
            ),
            Option(
                "Only if the learning rate is small.",
                "It is the other way round: momentum pays off because it allows a larger effective learning rate.",
            ),
            Option(
                "Yes: curvature is the limit now.",
                "That is what momentum helps against. At B = 512 it ended far below plain SGD, with every seed.",
                right=True,
            ),
        ),
    ),
    Question(
        "07/floor",
        "Three of these lower the noise floor. Which one does not?",
        (
            Option("A larger batch.", "It does: B = 64 in place of 8 brought the floor down to about an eighth."),
            Option(
                "A learning rate that decays.",
                "It does: late updates move the parameters less and less, and so does their noise.",
            ),
            Option(
                "Momentum at the same η/(1 − β).",
                "The direction varies less, but the floor is the same to within a tenth.",
                right=True,
            ),
            Option(
                "The mean of the parameters over many updates.",
                "It does: the parameters swing around the minimum, and the swings cancel in the mean.",
            ),
        ),
    ),
)


def examine_momentum(answer: Answer, rng: np.random.Generator) -> None:
    """One update of momentum: v ← β v + g, then θ ← θ − η v."""
    for _ in range(3):
        theta, velocity, gradient = rng.normal(size=(3, 5))
        eta, beta = float(rng.uniform(0.05, 0.5)), float(rng.uniform(0.6, 0.9))
        new_theta, new_velocity = _two_arrays(call(answer, theta, velocity, gradient, eta, beta), theta.shape)
        true_velocity = beta * velocity + gradient
        true_theta = theta - eta * true_velocity
        if close(new_velocity, true_velocity) and close(new_theta, true_theta):
            continue
        if close(new_velocity, true_theta) and close(new_theta, true_velocity):
            raise AnswerError("The order is wrong: first the parameters θ, then the velocity v.")
        _name_mistake(
            "velocity",
            new_velocity,
            true_velocity,
            (
                (velocity, "it is the old one. So this gradient will not be remembered."),
                (gradient, "it is the gradient alone. Momentum remembers those before it."),
                (velocity + gradient, "the old one is added whole, without β. It would never forget."),
                (beta * velocity, "the new gradient is missing."),
                (beta * (velocity + gradient), "the new gradient is multiplied by β, too."),
                (
                    beta * velocity + (1 - beta) * gradient,
                    f"it is the mean with (1 − β), here {1 / (1 - beta):.2g} times smaller for a gradient that stays "
                    "the same. The lesson's velocity is the decaying *sum*.",
                ),
                (beta * gradient + velocity, "β is at the gradient. It belongs to what is remembered."),
                (beta * gradient + (1 - beta) * velocity, "β is at the gradient, and 1 − β at the old velocity."),
                (
                    beta * velocity - gradient,
                    "the gradient is subtracted. Here v is a sum of gradients; θ goes against it.",
                ),
                (
                    beta * velocity + eta * gradient,
                    "it holds the learning rate. In the lesson v knows nothing of η; θ ← θ − η v brings it in.",
                ),
                (
                    beta * velocity - eta * gradient,
                    "it holds −η. In the lesson v is a sum of gradients; θ ← θ − η v brings −η in.",
                ),
            ),
        )
        _name_mistake(
            "θ",
            new_theta,
            true_theta,
            (
                (theta, "it has not moved."),
                (theta + eta * true_velocity, "you moved along the velocity instead of against it."),
                (theta - eta * gradient, "you moved by the gradient alone: that is plain SGD."),
                (theta - eta * velocity, "you moved by the old velocity, which has not seen this gradient yet."),
                (theta - true_velocity, "the learning rate is missing."),
                (theta - eta * (gradient + beta * true_velocity), "you moved by g + β v: that is Nesterov momentum."),
                (theta - eta * (1 - beta) * true_velocity, "there is a factor 1 − β too many."),
            ),
        )


def reward_momentum(answer: Answer) -> Iterator[Reward]:
    """Train the network by it, beside plain SGD at the same η and at the same η/(1 − β)."""
    eta, beta = 0.01, 0.9
    velocity = np.zeros(1, np.float32)

    def step(theta: own_rule.Theta, gradient: own_rule.Theta) -> own_rule.Theta:
        nonlocal velocity
        velocity = np.broadcast_to(velocity, theta.shape)
        theta, velocity = _two_arrays(call(answer, theta, velocity, gradient, eta, beta), theta.shape)
        return theta

    return own_rule.train_by(step, (eta, eta / (1 - beta)))


def examine_mean(answer: Answer, rng: np.random.Generator) -> None:
    """Adam's decaying mean of gradients after t updates, divided by 1 − βᵗ."""
    for updates in (int(rng.integers(3, 5)), int(rng.integers(5, 9)), 1):
        gradients, beta = rng.normal(size=(updates, 3)), float(rng.uniform(0.6, 0.9))
        mean = numbers(call(answer, gradients, beta), (3,))
        age = np.arange(updates)[::-1]
        decaying_sum = beta**age @ gradients
        raw = (1 - beta) * decaying_sum
        true = raw / (1 - beta**updates)
        if close(mean, true):
            continue
        case = f"(t = {updates}, β = {beta:.2f})"
        corrected_each_time = np.zeros(3)
        for t, gradient in enumerate(gradients, 1):
            corrected_each_time = (beta * corrected_each_time + (1 - beta) * gradient) / (1 - beta**t)
        for wrong, message in (
            (raw, f"m is not divided: it began at 0, and is too small by the factor 1 − βᵗ = {1 - beta**updates:.2f}."),
            (
                decaying_sum,
                "that is momentum's sum, or m divided by 1 − β. Its weights add up to more than 1.",
            ),
            (decaying_sum / (1 - beta**updates), "each gradient comes into m with the factor 1 − β, which is missing."),
            (raw + beta**updates * gradients[0], "m began at the first gradient, which then counts too much."),
            (gradients.mean(axis=0), "that is the plain mean. In m a gradient counts β times as much as the next one."),
            (raw / (1 - beta ** (updates + 1)), "the power of β is t + 1. After t updates it is t."),
            (beta ** age[::-1] @ gradients * (1 - beta) / (1 - beta**updates), "you took the last gradient first."),
            (corrected_each_time, "you divided at every update and went on with the result. Divide once, at the end."),
            (gradients[-1], "that is the last gradient alone. Adam remembers those before it."),
        ):
            if close(mean, wrong):
                raise AnswerError(f"Not yet: {message} {case}")
        if updates > 1 and close(mean * (1 - beta ** (updates - 1)), raw):
            raise AnswerError(f"Not yet: the power of β is t − 1. After t updates it is t. {case}")
        raise AnswerError(
            f"The first number should be {true[0]:.4f}, yours is {mean[0]:.4f}; a plain mean of the gradients would be "
            f"{gradients[:, 0].mean():.4f}. {case}"
        )


def reward_mean(answer: Answer) -> Iterator[Reward]:
    """Let it be the mean of Adam, and train the network by that, beside plain SGD."""
    eta, b1, b2, epsilon = 0.002, 0.9, 0.999, 1e-8
    gradients: list[own_rule.Theta] = []
    squares = np.zeros(1)

    def step(theta: own_rule.Theta, gradient: own_rule.Theta) -> own_rule.Theta:
        nonlocal squares
        gradients.append(gradient)
        squares = b2 * squares + (1 - b2) * gradient**2
        usual_size = np.sqrt(squares / (1 - b2 ** len(gradients))) + epsilon
        return theta - eta * numbers(call(answer, np.stack(gradients), b1), theta.shape) / usual_size

    # Few updates: the function is given all gradients each time.
    return own_rule.train_by(step, (0.1,), name="Adam and your mean", num_updates=40)


def _two_arrays(
    returned: Any, shape: tuple[int, ...]
) -> tuple[Float[np.ndarray, " parameters"], Float[np.ndarray, " parameters"]]:
    theta, velocity = two(returned, "arrays, the new θ and the new velocity")
    return numbers(theta, shape), numbers(velocity, shape)


def _name_mistake(
    what: str,
    found: Float[np.ndarray, " parameters"],
    true: Float[np.ndarray, " parameters"],
    mistakes: tuple[tuple[Float[np.ndarray, " parameters"], str], ...],
) -> None:
    """Say which mistake gives what was found, if it is not the true one."""
    if close(found, true):
        return
    for wrong, message in mistakes:
        if close(found, wrong):
            raise AnswerError(f"Your new {what} is wrong: {message}")
    raise AnswerError(f"Your new {what} is wrong: its first number should be {true[0]:.4f}, yours is {found[0]:.4f}.")


EXERCISES = (
    Exercise(
        "07/momentum",
        (
            "Two things change, one after the other: first the velocity, then the parameters.",
            "The new velocity is β times the old one, plus the gradient. Is the learning rate in it?",
            "v = beta * v + g, as in the lesson. θ then moves by the learning rate times this new v, against it.",
        ),
        examine_momentum,
        reward_momentum,
    ),
    Exercise(
        "07/adam-mean",
        (
            "m begins at zero. Go through the gradients from the first to the last, and change m with each.",
            "In each turn m becomes β m + (1 − β) g. What is m after one turn? It should be g.",
            "After one turn m is (1 − β) g, after t turns too small by 1 − βᵗ. Divide by that, once, after the loop.",
        ),
        examine_mean,
        reward_mean,
    ),
)

VOTES = (
    Question(
        "07/small",
        "With batches of 8 the noise is eight times as long as with 512. Each optimizer gets the learning rate "
        "that is best for it. How far below plain SGD does the best of the others end, after 400 updates?",
        (
            Option(
                "At about half its loss.", "That would be so if they helped against noise. At B = 8 noise is the limit."
            ),
            Option("A third below it.", "Such a gain comes with large batches. At B = 8 noise is the limit."),
            Option(
                "A few percent below it.",
                "The three seeds of one method lie farther apart than the medians of all methods.",
                right=True,
            ),
        ),
    ),
    Question(
        "07/large",
        "B = 512, 48 updates, and now plain SGD has its best learning rate, too. What is left of the lead?",
        (
            Option("Next to nothing: it was the learning rate.", "Plain SGD has no learning rate that would do here."),
            Option(
                "Momentum and Adam end about a third lower.",
                "They do help, but not against the noise: with little of it, curvature is the limit, and that is what "
                "they help against.",
                right=True,
            ),
            Option("Plain SGD wins: there is no noise left to repair.", "What they repair is not the noise."),
        ),
    ),
    Question(
        "07/rest",
        "Momentum and plain SGD have the same effective learning rate. Where does the mean of w² come to rest with "
        "momentum, at β = 0.9?",
        (
            Option(
                "At a nineteenth of plain SGD's.",
                "The direction varies that much less. But each error goes on for many updates.",
            ),
            Option("At about half of it.", "The errors cancel within v, but v is used again and again."),
            Option(
                "At about the same place.",
                "Each gradient still moves w by η/(1 − β) in all, so momentum does not lower the noise floor.",
                right=True,
            ),
        ),
    ),
)

LESSON = Lesson(
    "07_better_optimizers",
    "Better optimizers",
    "Can an optimizer make up for the noise?",
    QUESTIONS,
    EXERCISES,
    votes=VOTES,
)
