"""Training in one call, for those who want its end rather than to watch it."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from lesson_lib import model, training
from lesson_lib.checks import AnyArray, require_bool, require_function, require_int, require_kind
from lesson_lib.data import Dataset
from lesson_lib.experiment.settings import Settings, require_settings
from lesson_lib.experiment.start import layer_sizes, start_of
from lesson_lib.experiment.trainer import Trainer
from lesson_lib.optimizers import Hyperparameters, Optimizer, hyperparameters, require_optimizer


class Trained(NamedTuple):
    """What a training has come to."""

    params: training.Params
    average: training.Params | None
    """Mean of the parameters after each update; `None` where nobody asked for it."""
    batch_losses: Float[np.ndarray, " updates"]
    """Of each update's batch, before the update."""
    seconds: Float[np.ndarray, " updates"]
    """What each update took: an epoch's time, shared evenly. Compiling and shuffling are not counted."""

    @property
    def diverged_at(self) -> int | None:
        """Number of the first update, from 1, whose batch had a loss that was not a finite number."""
        finite = np.isfinite(self.batch_losses)
        return None if finite.all() else int(np.argmin(finite)) + 1


def train(
    dataset: Dataset,
    settings: Settings | None = None,
    *,
    params: Any = None,
    key: Key[Array, ""] | None = None,
    num_updates: int | None = None,
    optimizer: Optimizer = "sgd",
    hyper: Hyperparameters | None = None,
    average: bool = False,
    per_example_loss: training.PerExampleLoss = model.per_example_loss,
    callback: Callable[[int, training.Params], object] | None = None,
) -> Trained:
    """Train a model, epoch by epoch.

    Args:
        dataset: what it learns, N examples.
        settings: batch size, epochs, learning rate, seed and sampling. The learning rate is that of the lessons' own
            optimizers: an optax transform has one of its own.
        params: the parameters to begin with; those of the lessons' network, by the seed, where none are given.
        key: of the order of the examples; by the seed where none is given.
        num_updates: how many updates to make, in place of `settings.epochs`.
        optimizer: one of `optimizers.OPTIMIZERS`, or an optax transform.
        hyper: the settings of an optimizer of `OPTIMIZERS`, in place of `settings.learning_rate` alone. With
            `average`, also where the averaging begins; of an optax transform it says nothing else.
        average: keep the mean of the parameters, too.
        per_example_loss: any model, as a function `(params, x, y) -> losses`, one loss for each example.
        callback: called after each epoch with the number of updates made and the parameters.

    Raises:
        TypeError, ValueError: an argument is not as said above, or `hyper` comes with an optax transform,
            but no `average`.
    """
    settings = Settings() if settings is None else settings
    require_settings(settings, dataset)
    _check(params, key, hyper, per_example_loss, callback)
    require_bool("average", average)
    if num_updates is not None:
        num_updates = require_int("num_updates", num_updates, low=0)
    _check_model(dataset, params, optimizer, per_example_loss)
    if hyper is not None and not isinstance(optimizer, str) and not average:
        raise TypeError(f"hyper must be None with an optax transform, which has settings of its own, got {hyper!r}")
    start = start_of(dataset, settings.seed)
    trainer = Trainer(
        dataset,
        start._replace(
            params=start.params if params is None else params,
            order_key=start.order_key if key is None else key,
        ),
        hyperparameters(settings.learning_rate) if hyper is None else hyper,
        batch_size=settings.batch_size,
        optimizer=optimizer,
        sampling=settings.sampling,
        average=average,
        per_example_loss=per_example_loss,
    )
    if num_updates is None:
        num_updates = settings.epochs * trainer.updates_per_epoch
    batch_losses, seconds = [np.empty(0, np.float32)], [np.empty(0)]
    for made in trainer.updates_to(num_updates):
        batch_losses.append(made.batch_losses)
        seconds.append(np.full(len(made.batch_losses), made.seconds / len(made.batch_losses)))
        if callback is not None:
            callback(trainer.num_updates, trainer.state.params)
    mean = None if trainer.state.average is None else trainer.state.average.params
    return Trained(trainer.state.params, mean, np.concatenate(batch_losses), np.concatenate(seconds))


def _check(params: Any, key: object, hyper: object, per_example_loss: object, callback: object) -> None:
    """See that the arguments of `train` are what they should be, as far as nothing else does."""
    if params is not None:
        leaves = jax.tree.leaves(params)
        for leaf in leaves:
            if not isinstance(leaf, AnyArray) or not jnp.issubdtype(leaf.dtype, jnp.floating):
                raise TypeError(f"params must be a pytree of arrays of floating-point numbers, got {leaf!r} in it")
        if not leaves:
            raise ValueError(f"params must hold at least 1 array, got {params!r}")
    is_key = isinstance(key, jax.Array) and jnp.issubdtype(key.dtype, jax.dtypes.prng_key) and key.ndim == 0
    if key is not None and not is_key:
        raise TypeError(f"key must be a random key, as jax.random.key(0) gives one, got {key!r}")
    if hyper is not None:
        require_kind("hyper", hyper, Hyperparameters, "as ll.hyperparameters(0.1) gives one")
    require_function("per_example_loss", per_example_loss, "(params, x, y) -> losses")
    if callback is not None:
        require_function("callback", callback, "(num_updates, params)")


def _check_model(
    dataset: Dataset, params: Any, optimizer: Optimizer, per_example_loss: training.PerExampleLoss
) -> None:
    """See that the model gives a loss for each example, and that the optimizer can move it; nothing is computed."""
    if params is None:
        params = jax.eval_shape(partial(model.init_params, layer_sizes(dataset)), key=jax.random.key(0))
    require_optimizer(optimizer, params)
    loss = partial(training.losses_of, per_example_loss)
    jax.eval_shape(loss, params, dataset.x_train, dataset.y_train)
