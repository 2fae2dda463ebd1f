"""One epoch of the same training in seven ways, each written as its users would write it with care.

A contender takes the training set, the first parameters, the batch size and the learning rate, and
returns a function that trains for one more epoch and gives the parameters at its end. All shuffle
anew for each epoch; at B = N those that choose their batches by hand use the data as they stand.
"""

from collections.abc import Callable, Iterator
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import torch
from jaxtyping import Array, Float, Float32, Int, Int32
from sklearn.neural_network import MLPClassifier
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from lesson_lib import batching, model, training
from lesson_lib.model import Params
from lesson_lib.optimizers import Hyperparameters

Images = Float32[np.ndarray, "examples features"]
Labels = Int32[np.ndarray, " examples"]
Epoch = Callable[[], Params]
Contender = Callable[[Images, Labels, Params, int, float], Epoch]

KEY = jax.random.key(0)


def ours(images: Images, labels: Labels, params: Params, batch_size: int, learning_rate: float) -> Epoch:
    """`training.run_updates`, as the panels call it: the loss of every update is kept."""
    x, y = jnp.asarray(images), jnp.asarray(labels)
    hyper = Hyperparameters(learning_rate)
    start = training.init_state(params, "sgd", hyper)
    count = batching.updates_per_epoch(len(images), batch_size)

    def epoch() -> Params:
        order = None if batch_size == len(images) else batching.epoch_order(y, 0, key=KEY)
        state, losses = training.run_updates(start, x, y, order, hyper, 0, count, batch_size=batch_size)
        return jax.block_until_ready((state.params, losses))[0]

    return epoch


def jax_update(
    params: Params, batch: tuple[Float[Array, "batch features"], Int[Array, " batch"]], learning_rate: float
) -> Params:
    """Plain SGD with nothing around it."""
    grad = jax.grad(model.mean_loss)(params, *batch)
    return jax.tree.map(lambda value, slope: value - learning_rate * slope, params, grad)


@partial(jax.jit, static_argnames="batch_size")
def scan_epoch(
    params: Params,
    x: Float[Array, "examples features"],
    y: Int[Array, " examples"],
    order: Int[Array, " examples"],
    learning_rate: float,
    batch_size: int,
) -> Params:
    """An epoch as one `lax.scan` over the complete batches, and one more update for what is left."""

    def body(params: Params, chosen: Int[Array, " batch"]) -> tuple[Params, None]:
        return jax_update(params, (x[chosen], y[chosen]), learning_rate), None

    complete = len(order) // batch_size * batch_size
    params, _ = jax.lax.scan(body, params, order[:complete].reshape(-1, batch_size))
    return body(params, order[complete:])[0] if complete < len(order) else params


def bare_scan(images: Images, labels: Labels, params: Params, batch_size: int, learning_rate: float) -> Epoch:
    """The shortest fast JAX program: no losses, no optimizer, one program for this batch size and epoch."""
    x, y = jnp.asarray(images), jnp.asarray(labels)
    return lambda: scan_epoch(params, x, y, batching.epoch_order(y, 0, key=KEY), learning_rate, batch_size)


def batches(
    images: Images, labels: Labels, batch_size: int, rng: np.random.Generator
) -> Iterator[tuple[Images, Labels]]:
    """One epoch's batches as NumPy arrays."""
    if batch_size == len(images):
        yield images, labels
        return
    order = rng.permutation(len(images))
    for first in range(0, len(images), batch_size):
        chosen = order[first : first + batch_size]
        yield images[chosen], labels[chosen]


def jitted_update(images: Images, labels: Labels, params: Params, batch_size: int, learning_rate: float) -> Epoch:
    """A Python loop over a compiled update, with batches from NumPy."""
    rng = np.random.default_rng(0)
    update = jax.jit(jax_update)

    def epoch() -> Params:
        now = params
        for batch in batches(images, labels, batch_size, rng):
            now = update(now, batch, learning_rate)
        return now

    return epoch


def numpy_loop(images: Images, labels: Labels, params: Params, batch_size: int, learning_rate: float) -> Epoch:
    """Forward and backward written by hand in float32, with no array made that is not needed."""
    rng = np.random.default_rng(0)
    (w1, b1), (w2, b2) = [(np.array(layer.weight), np.array(layer.bias)) for layer in params]
    step1, step2 = np.empty_like(w1), np.empty_like(w2)
    targets = np.eye(len(b2), dtype=np.float32)[labels]

    def update(x: Images, target: Float32[np.ndarray, "batch classes"]) -> None:
        hidden = x @ w1
        hidden += b1
        np.maximum(hidden, 0, out=hidden)
        delta2 = hidden @ w2
        delta2 += b2
        delta2 -= delta2.max(axis=1, keepdims=True)
        np.exp(delta2, out=delta2)
        delta2 /= delta2.sum(axis=1, keepdims=True)
        delta2 -= target
        delta2 *= np.float32(learning_rate / len(x))  # the smallest array to hold the learning rate
        delta1 = delta2 @ w2.T
        delta1 *= hidden > 0
        np.subtract(w2, np.matmul(hidden.T, delta2, out=step2), out=w2)
        np.subtract(w1, np.matmul(x.T, delta1, out=step1), out=w1)
        np.subtract(b2, delta2.sum(axis=0), out=b2)
        np.subtract(b1, delta1.sum(axis=0), out=b1)

    def epoch() -> Params:
        for x, target in batches(images, targets, batch_size, rng):
            update(x, target)
        return model.Layer(w1, b1), model.Layer(w2, b2)

    return epoch


def torch_training(
    params: Params, learning_rate: float
) -> tuple[Callable[[torch.Tensor, torch.Tensor], None], Callable[[], Params]]:
    """PyTorch's usual update, and the parameters as they are now."""
    sizes = [params[0].weight.shape[0], *(len(layer.bias) for layer in params)]
    network = torch.nn.Sequential(
        torch.nn.Linear(sizes[0], sizes[1]), torch.nn.ReLU(), torch.nn.Linear(sizes[1], sizes[2])
    )
    linear = [network[0], network[2]]
    with torch.no_grad():
        for layer, start in zip(linear, params, strict=True):
            layer.weight.copy_(torch.from_numpy(np.array(start.weight.T)))
            layer.bias.copy_(torch.from_numpy(np.array(start.bias)))
    optimizer = torch.optim.SGD(network.parameters(), lr=learning_rate)

    def update(x: torch.Tensor, y: torch.Tensor) -> None:
        optimizer.zero_grad()
        functional.cross_entropy(network(x), y).backward()
        optimizer.step()

    def now() -> Params:
        return tuple(model.Layer(layer.weight.detach().numpy().T, layer.bias.detach().numpy()) for layer in linear)

    return update, now


def torch_data_loader(images: Images, labels: Labels, params: Params, batch_size: int, learning_rate: float) -> Epoch:
    """PyTorch with a `DataLoader`, as in its tutorials."""
    torch.manual_seed(0)
    update, now = torch_training(params, learning_rate)
    data = TensorDataset(torch.tensor(images), torch.tensor(labels, dtype=torch.int64))
    loader = DataLoader(data, batch_size=batch_size, shuffle=True)

    def epoch() -> Params:
        for x, y in loader:
            update(x, y)
        return now()

    return epoch


def torch_index_loop(images: Images, labels: Labels, params: Params, batch_size: int, learning_rate: float) -> Epoch:
    """PyTorch with batches taken by index from one tensor."""
    torch.manual_seed(0)
    update, now = torch_training(params, learning_rate)
    x, y = torch.tensor(images), torch.tensor(labels, dtype=torch.int64)

    def epoch() -> Params:
        if batch_size == len(x):
            update(x, y)
            return now()
        for chosen in torch.randperm(len(x)).split(batch_size):
            update(x[chosen], y[chosen])
        return now()

    return epoch


def scikit_learn(images: Images, labels: Labels, params: Params, batch_size: int, learning_rate: float) -> Epoch:
    """`MLPClassifier.partial_fit`, which makes one epoch, with the same rule: no momentum, no weight decay."""
    network = MLPClassifier(
        hidden_layer_sizes=[len(layer.bias) for layer in params[:-1]],
        solver="sgd",
        momentum=0.0,
        alpha=0.0,
        batch_size=batch_size,
        learning_rate_init=learning_rate,
        random_state=0,
    )
    classes = np.arange(len(params[-1].bias))
    network.partial_fit(
        images[:batch_size], labels[:batch_size], classes=classes
    )  # makes the arrays to put the start into
    for i, layer in enumerate(params):
        network.coefs_[i][...], network.intercepts_[i][...] = layer.weight, layer.bias

    def epoch() -> Params:
        network.partial_fit(images, labels)
        return tuple(map(model.Layer, network.coefs_, network.intercepts_))

    return epoch


CONTENDERS: dict[str, Contender] = {
    "this library": ours,
    "bare lax.scan": bare_scan,
    "loop over jitted update": jitted_update,
    "NumPy": numpy_loop,
    "PyTorch, DataLoader": torch_data_loader,
    "PyTorch, index loop": torch_index_loop,
    "scikit-learn": scikit_learn,
}
