"""What there is to answer in lesson 09, many devices."""

from collections.abc import Iterator

import numpy as np

from lesson_lib.chart import ticks
from lesson_lib.chart.picture import BLACK, GREY, PURPLE, Chart, Curve, Picture
from lesson_lib.lessons.content import own_rule
from lesson_lib.lessons.content.lesson import Lesson
from lesson_lib.lessons.exercise import Answer, AnswerError, Exercise, call, close, numbers
from lesson_lib.lessons.question import Option, Question
from lesson_lib.lessons.reward import Reward

QUESTIONS = (
    Question(
        "09/same-batch",
        "One device trains with B = 64. Then eight devices share the same batches of 64. What changes for the network?",
        (
            Option(
                "The gradient gets less noisy: it is a mean of eight.",
                "It is the mean of the same 64 examples as before, only added up in another order.",
            ),
            Option(
                "It learns eight times as much in each update.",
                "The eight gradients become one mean, and the mean makes one update.",
            ),
            Option(
                "Nothing but the last digits.",
                "The mean of the eight gradients is the gradient of the batch. Only the rounding differs.",
                right=True,
            ),
        ),
    ),
    Question(
        "09/more-examples",
        "Each of your devices takes 32 examples. You go from 2 devices to 8. What happens to the gradient noise?",
        (
            Option(
                "Its variance tr Σ/B falls to a quarter.",
                "B = D · 32 becomes four times as large, from 64 to 256.",
                right=True,
            ),
            Option(
                "Its variance falls to a sixteenth.",
                "The variance is tr Σ/B, and B becomes four times as large.",
            ),
            Option(
                "It stays: each device still takes 32 examples.",
                "Each device's own gradient is as noisy as before. But the update is made with the mean of them all.",
            ),
            Option(
                "It grows: eight gradients differ more than two.",
                "They differ as much as before, and their mean is nearer to the true gradient.",
            ),
        ),
    ),
    Question(
        "09/slowest",
        "Seven devices need 1 ms for their share, the eighth needs 2 ms. How long does the update take, besides the "
        "exchange?",
        (
            Option("1 ms, as long as most of them need.", "The mean needs all eight gradients: seven devices wait."),
            Option(
                "1.13 ms, the mean of the eight.",
                "The devices work at the same time. The mean is there after the last.",
            ),
            Option("9 ms, the sum of all.", "They work at the same time, not one after the other."),
            Option("2 ms, as long as the slowest needs.", "The exchange cannot end before all have come.", right=True),
        ),
    ),
    Question(
        "09/why-slower",
        "By the fit, an update with B = 64 takes longer on eight devices than on one. Why?",
        (
            Option(
                "Eight devices have eight times as much to compute.",
                "Together they compute as much as one device: eight shares of 8 examples.",
            ),
            Option(
                "The exchange costs more than the smaller share saves.",
                "The share falls from 64 examples to 8, but the gradient that is exchanged is as large as the network.",
                right=True,
            ),
            Option(
                "The exchange takes longer for a larger batch.",
                "The size of a gradient does not depend on the batch: it has a number for each parameter.",
            ),
        ),
    ),
    Question(
        "09/large-network",
        "A network has a billion parameters, each a float32 number of 4 bytes. How large is the gradient that each "
        "device brings to the exchange?",
        (
            Option("4 gigabytes.", "A number of 4 bytes for each parameter.", right=True),
            Option(
                "4 gigabytes, divided by the number of devices.",
                "The devices share the examples, not the parameters: each has a gradient of full length.",
            ),
            Option("4 gigabytes for each example.", "Each device adds its examples up before the exchange."),
            Option("4 bytes.", "That is one number. A gradient has one for each parameter."),
        ),
    ),
)


def examine_mean(answer: Answer, rng: np.random.Generator) -> None:
    """The gradient of the batch: the mean of the devices' gradients, weighted with their numbers of examples."""
    for _ in range(3):
        sizes = rng.permutation([2, 5, 9, 16])
        grads = rng.normal(size=(4, 3))
        found = numbers(call(answer, grads, sizes), (3,))
        true = sizes @ grads / sizes.sum()
        if close(found, true):
            continue
        mistakes = (
            (grads.mean(axis=0), "that is the plain mean. A device with 16 examples must count more than one with 2."),
            (grads.sum(axis=0), "that is the sum of the gradients, not a mean, and all devices count the same in it."),
            (
                sizes @ grads,
                "that is the sum over all examples. A gradient is their mean: divide by how many there are.",
            ),
            (sizes @ grads / 4, "you divided by the number of devices. How many examples are there in all?"),
            (grads.T @ (1 / sizes) / np.sum(1 / sizes), "the devices with few examples count the most in it."),
            (grads.T @ (1 / sizes) / 4, "each gradient is a mean already. Do not divide it by its examples again."),
        )
        for wrong, message in mistakes:
            if close(found, wrong):
                raise AnswerError(f"The lengths fit, but {message}")
        raise AnswerError(
            f"With {', '.join(map(str, sizes[:-1]))} and {sizes[-1]} examples, the first entry should be "
            f"{true[0]:.3f}. Yours is {found[0]:.3f}."
        )


def reward_mean(answer: Answer) -> Iterator[Reward]:
    """Train the network with it on four devices that take shares of different sizes."""
    return own_rule.train_on_shares(
        lambda grads, sizes: numbers(call(answer, grads, sizes), grads.shape[1:]), (4, 10, 18, 32)
    )


def examine_speed_up(answer: Answer, rng: np.random.Generator) -> None:
    """How many times fewer updates D devices need, where S = S_min (1 + B_crit / B) and B = D · b."""
    for _ in range(3):
        critical, share, devices = float(rng.uniform(30, 90)), int(rng.integers(4, 12)), int(rng.choice([4, 8, 16]))
        one, many = 1 + critical / share, 1 + critical / (share * devices)
        true = one / many
        found = float(numbers(call(answer, critical, share, devices), ()))
        if close(found, true, tolerance=1e-3):
            continue
        mistakes = (
            (devices, "that would be so if noise were all there is. S does not fall below S_min."),
            (1 / true, "that is the other way round: one device needs more updates than many."),
            (many, "that is what many devices need, in S_min. How much is it beside one device?"),
            (one, "that is what one device needs, in S_min. Divide it by what many devices need."),
            (one - many, "that is how many S_min are saved. How many times fewer updates is it?"),
            ((critical / share) / (critical / (share * devices)), "S_min itself is missing: S = S_min (1 + B_crit/B)."),
            (one / (1 + critical / devices), "the batch of D devices has D · b examples."),
            ((1 + share / critical) / (1 + share * devices / critical), "you took B/B_crit in place of B_crit/B."),
            ((1 + share * devices / critical) / (1 + share / critical), "you took B/B_crit in place of B_crit/B."),
        )
        for wrong, message in mistakes:
            if close(found, wrong, tolerance=1e-3):
                raise AnswerError(f"Yours is {found:.3g}: {message}")
        raise AnswerError(
            f"With B_crit = {critical:.1f}, one device with {share} examples needs {one:.2f} S_min updates, and "
            f"{devices} devices need {many:.2f} S_min. Yours is {found:.3g}."
        )


def reward_speed_up(answer: Answer) -> Iterator[Reward]:
    """Follow it from 1 device to 256, between what noise alone would give and what no number of devices passes."""
    critical, share = 50.0, 8
    most = 1 + critical / share
    devices = 2 ** np.arange(9)
    every, factors = devices.astype(float), np.full(len(devices), np.nan)
    for place, number in enumerate(devices.tolist()):
        factors[place] = float(numbers(call(answer, critical, share, number), ()))
        marks = (
            Curve(every, every, GREY, "if noise were all", width=2, dash="dashed"),
            Curve(every, np.full(len(every), most), BLACK, "never more than this", width=2, dash="dotted"),
            Curve(every, factors.copy(), PURPLE, "by your function", width=3, marker="dot"),
        )
        axes = ticks.logarithmic("devices D", 1, 256), ticks.logarithmic("times fewer updates", 1, 256)
        chart = Chart("What more devices save, with B_{crit} = 50 and 8 examples each", *axes, marks)
        said = f"{number} devices need {factors[place]:.2f} times fewer updates than one; the most is {most:.2f} times."
        if number > 1:
            yield Reward(Picture(((chart,),), heights=(280,)), said)


EXERCISES = (
    Exercise(
        "09/mean",
        (
            "Think of the sum over all examples. What does one device's mean gradient contribute to it?",
            "Device d contributes sizes[d] * grads[d]. By what must the sum of these be divided?",
            "sizes @ grads adds them up, a row for each device. The batch has sizes.sum() examples.",
        ),
        examine_mean,
        reward_mean,
    ),
    Exercise(
        "09/speed-up",
        (
            "Write down S for the batch of one device, B = b, and for the batch of D devices, B = D · b.",
            "One device needs S_min (1 + B_crit/b) updates. In the ratio of the two, S_min drops out.",
            "(1 + critical / share) divided by the same with share * devices in place of share.",
        ),
        examine_speed_up,
        reward_speed_up,
    ),
)

VOTES = (
    Question(
        "09/vote-mean",
        "Eight devices take 8 examples each. How far is the mean of their eight gradients from the gradient of all 64 "
        "examples, computed in one piece?",
        (
            Option(
                "About as far as one batch gradient from another.",
                "That would be so with other examples. These are the same 64.",
            ),
            Option("A little: a mean of means loses something.", "A mean of means of equal size is the mean of all."),
            Option("Not at all, but for rounding.", "It is the same sum, in another order.", right=True),
        ),
    ),
    Question(
        "09/vote-quickest",
        "An update with B = 64, on one device or shared out among eight, each with a processor of its own. The eight "
        "exchange their gradients as fast as two programs on this machine do. How long does the update take them?",
        (
            Option("An eighth of the time.", "The share of each is an eighth. But then they must exchange gradients."),
            Option(
                "About half of it.",
                "The exchange costs more than that: our network is small, and its gradient has 101,770 numbers.",
            ),
            Option("Longer than one alone.", "The exchange costs more than the smaller shares save.", right=True),
        ),
    ),
)

LESSON = Lesson(
    "09_many_devices",
    "Many devices",
    "What if one machine is not enough?",
    QUESTIONS,
    EXERCISES,
    votes=VOTES,
)
