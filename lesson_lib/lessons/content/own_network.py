"""The lessons' network with what the learner has written in lesson 01: their loss, and their gradient."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from lesson_lib import model
from lesson_lib.chart import ticks
from lesson_lib.chart.picture import GREEN, GREY, PURPLE, Chart, Curve, Mark, Picture, Words
from lesson_lib.data import load_dataset
from lesson_lib.experiment import Settings, start_of
from lesson_lib.experiment.train import train
from lesson_lib.lessons.reward import Reward
from lesson_lib.panels.next_update.picture import unit_images

BATCH_SIZE, LEARNING_RATE, NUM_UPDATES, LOOK_EVERY, NUM_TEST = 32, 0.05, 100, 5, 1_000

LIMIT = 0.01
"""The change of a weight that has the darkest colour."""

Loss = Callable[[Float[np.ndarray, " classes"], int], float]
WeightGradient = Callable[
    [Float[np.ndarray, "batch inputs"], Float[np.ndarray, "batch outputs"]], Float[np.ndarray, "inputs outputs"]
]


def show_losses(loss: Loss) -> Iterator[Reward]:
    """The learner's loss against the probability of the right class, and images on it, before and after training."""
    dataset = load_dataset()
    trained = train(dataset, Settings(batch_size=BATCH_SIZE, epochs=1, learning_rate=LEARNING_RATE)).params
    x, y = dataset.x_train[:BATCH_SIZE], np.asarray(dataset.y_train[:BATCH_SIZE])
    marks: list[Mark] = [_loss_curve(loss)]
    means = []
    looks = (("before training", start_of(dataset, 0).params, GREY), ("after an epoch", trained, GREEN))
    for name, params, color in looks:
        scores = np.asarray(model.forward(params, x), np.float64)
        losses = np.array([loss(row, int(label)) for row, label in zip(scores, y, strict=True)])
        right = _probabilities(scores)[np.arange(BATCH_SIZE), y]
        marks.append(Curve(right, losses, color, name, width=0, marker="dot", marker_size=9))
        means.append(float(losses.mean()))
    marks.append(Words(0.17, float(np.log(10)) + 0.25, "a guess: 2.30"))
    at = ticks.linear("probability of the right class", 0, 1, percent=True)
    chart = Chart("Your loss of 32 images", at, ticks.from_zero("loss (nats)", 5), tuple(marks))
    words = (
        f"Your loss of these images is {means[0]:.2f} on average before training, and {means[1]:.2f} after an epoch."
    )
    yield Reward(Picture(((chart,),), heights=(280,)), words)


def _loss_curve(loss: Loss) -> Curve:
    """Where the right class has these probabilities, and nine others share the rest."""
    right = np.linspace(0.01, 0.99, 99)
    scores = np.log(np.column_stack([right, *[(1 - right) / 9] * 9]))
    return Curve(right, np.array([loss(row, 0) for row in scores]), PURPLE, "your function")


class Layer(NamedTuple):
    """Of a network, in NumPy."""

    weight: Float[np.ndarray, "inputs outputs"]
    bias: Float[np.ndarray, " outputs"]


def train_by(weight_gradient: WeightGradient) -> Iterator[Reward]:
    """The network learns, and the gradient of both layers' weights is the learner's."""
    dataset = load_dataset()
    images, labels = np.asarray(dataset.x_train), np.asarray(dataset.y_train)
    test = np.asarray(dataset.x_test[:NUM_TEST]), np.asarray(dataset.y_test[:NUM_TEST])
    layers = [Layer(np.asarray(weight), np.asarray(bias)) for weight, bias in start_of(dataset, 0).params]
    start, losses = layers[0].weight, [_loss(layers, *test)]
    for update in range(NUM_UPDATES):
        batch = slice(BATCH_SIZE * update, BATCH_SIZE * (update + 1))
        layers = _updated(layers, images[batch], labels[batch], weight_gradient)
        if (update + 1) % LOOK_EVERY == 0:
            losses.append(_loss(layers, *test))
            words = f"After {update + 1} updates with your gradient the loss of new images is {losses[-1]:.2f}."
            yield Reward(_picture(layers[0].weight - start, np.array(losses)), words)


def _updated(
    layers: list[Layer],
    x: Float[np.ndarray, "batch features"],
    y: Int[np.ndarray, " batch"],
    weight_gradient: WeightGradient,
) -> list[Layer]:
    """One update, by hand: how fast the loss grows with the scores, and from there with what each unit adds up."""
    first, second = layers
    hidden = np.maximum(x @ first.weight + first.bias, 0)
    by_scores = _probabilities(hidden @ second.weight + second.bias)
    by_scores[np.arange(len(y)), y] -= 1
    by_sums = (by_scores @ second.weight.T) * (hidden > 0)
    return [
        Layer(
            layer.weight - LEARNING_RATE * np.asarray(weight_gradient(inputs, delta), np.float32),
            layer.bias - LEARNING_RATE * delta.mean(axis=0),
        )
        for layer, inputs, delta in ((first, x, by_sums), (second, hidden, by_scores))
    ]


def _loss(layers: list[Layer], x: Float[np.ndarray, "examples features"], y: Int[np.ndarray, " examples"]) -> float:
    first, second = layers
    scores = np.maximum(x @ first.weight + first.bias, 0) @ second.weight + second.bias
    return float(-np.mean(np.log(_probabilities(scores)[np.arange(len(y)), y])))


def _probabilities(scores: Float[np.ndarray, "batch classes"]) -> Float[np.ndarray, "batch classes"]:
    return np.exp(scores - np.logaddexp.reduce(scores, axis=1, keepdims=True))


def _picture(learned: Float[np.ndarray, "features units"], losses: Float[np.ndarray, " looks"]) -> Picture:
    updates = LOOK_EVERY * np.arange(len(losses))
    curve = Curve(updates, losses, PURPLE, "with your gradient", marker="dot")
    x, y = ticks.linear("updates", 0, NUM_UPDATES, whole=True), ticks.from_zero("loss of test images", 2.6)
    charts = unit_images("Learned so far", learned, LIMIT), Chart("The network learns", x, y, (curve,), width=2.0)
    return Picture((charts,), heights=(280,))
