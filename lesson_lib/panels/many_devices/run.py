"""A run of SGD whose batches are shared out among devices: what each of them finds, and what they know together."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, Int

from lesson_lib import model, noise, training
from lesson_lib.data import Dataset
from lesson_lib.experiment.base import LedBySgd
from lesson_lib.experiment.race import Race
from lesson_lib.experiment.run import Run
from lesson_lib.experiment.settings import Settings
from lesson_lib.noise import NoiseEstimate
from lesson_lib.panels.many_devices.costs import DEVICE_COUNTS, DeviceCosts


class Shares(NamedTuple):
    """One batch, shared out among D devices."""

    sizes: Int[np.ndarray, " devices"]
    """How many examples each device takes; 0 for those that have nothing to do."""
    grads: Float[np.ndarray, "busy parameters"]
    """g_d of each device that has something to do."""

    @property
    def mean(self) -> Float[np.ndarray, " parameters"]:
        """Mean of the devices' gradients, each weighted with its number of examples: what all devices have then."""
        busy = self.sizes[self.sizes > 0]
        return np.sum(busy[:, None] * self.grads, axis=0, dtype=np.float64) / np.sum(busy)

    @property
    def are_equal(self) -> bool:
        """Does each device take as many examples as the others?"""
        return bool((self.sizes == self.sizes[0]).all())


class Look(NamedTuple):
    """What is known of one batch, where the run stands."""

    full_grad: Float[np.ndarray, " parameters"]
    """G"""
    trace_sigma: float
    """tr Σ"""
    shares: dict[int, Shares]
    """For each of `DEVICE_COUNTS`, the same batch."""

    @property
    def batch_grad(self) -> Float[np.ndarray, " parameters"]:
        """The gradient of the whole batch, computed in one piece: that of a single device."""
        return self.shares[1].grads[0]


class Known(NamedTuple):
    """What is kept of each look, for the noise scale."""

    true: NoiseEstimate
    """|G|² and tr Σ as they are."""
    from_devices: dict[int, NoiseEstimate]
    """What so many devices with equal shares know of them."""


class GradientPlane(NamedTuple):
    """The devices' gradients seen on a plane: along G, and across it in the direction in which they differ most."""

    devices: Float[np.ndarray, "busy 2"]
    mean: Float[np.ndarray, "2"]
    true: float
    """|G|; G itself has no part across."""
    share: float
    """How much of the devices' squared distances from their mean lies in the plane, from 0 to 1; NaN for one device."""


class ManyDevicesRun(LedBySgd[Run]):
    """SGD on a dataset. The devices are simulated: their shares are computed one after the other.

    Args:
        dataset: what it learns.
        settings: how it learns.
        costs: measurements for the time of an update. They are brought to their end before the training goes on,
            which would disturb them.

    Raises:
        TypeError, ValueError: as for `Race`.
    """

    def __init__(self, dataset: Dataset, settings: Settings, costs: DeviceCosts | None = None) -> None:
        super().__init__(Race(dataset, settings).sgd)
        self.costs = costs
        self._x, self._y = np.asarray(dataset.x_train), np.asarray(dataset.y_train)
        self._look: Look | None = None
        self._planes: dict[int, GradientPlane] = {}
        """Of that look, by the number of devices: picture and words ask for the same one."""
        self._known: dict[int, Known] = {}

    @property
    def finished(self) -> bool:
        return self.sgd.finished and (self.costs is None or self.costs.finished)

    @property
    def done(self) -> float:
        return self.sgd.done if self.costs is None else (self.sgd.done + self.costs.done) / 2

    def to_compile(self) -> Iterable[Callable[[], object]]:
        return *super().to_compile(), self.look

    @property
    def is_worth_a_picture(self) -> bool:
        """While times are measured, and at the moments at which the run measures its noise: a look takes long."""
        return self.sgd.noise_is_known or (self.costs is not None and not self.costs.finished)

    def advance(self) -> None:
        """Do a piece of the measurements; after them, of the training."""
        if self.costs is not None and not self.costs.finished:
            self.costs.advance()
        else:
            super().advance()

    def _follow(self) -> None:
        self._look, self._planes = None, {}  # of another place
        if self.sgd.noise_is_known:
            self.look()

    def look(self) -> Look:
        """The batch that comes next (at the end of the run: would come next), shared out in every way."""
        if self._look is None:
            self._look = self._share_out()
            # A look at another place, where the learner pauses, adds nothing to the averages.
            if self.sgd.noise_is_known or self.moment == 0:
                self._known[self.moment] = self._known_of(self._look)
        return self._look

    def _share_out(self) -> Look:
        full, examples = self.sgd.full_gradient(), self.sgd.inspect().examples
        params = self.sgd.state.params
        shares = {count: share_out(params, self._x[examples], self._y[examples], count) for count in DEVICE_COUNTS}
        return Look(np.asarray(ravel_pytree(full.grad)[0]), float(full.trace_sigma), shares)

    def plane(self, num_devices: int) -> GradientPlane:
        """The gradients of so many devices. The unit is the typical length (root mean square) with the most devices.

        So it is the same for all numbers of devices, and the mean of their gradients stays where it is along G.

        Raises:
            ValueError: not one of `DEVICE_COUNTS`.
        """
        if num_devices not in DEVICE_COUNTS:
            raise ValueError(f"num_devices must be one of {', '.join(map(str, DEVICE_COUNTS))}, got {num_devices!r}")
        if num_devices not in self._planes:
            look = self.look()
            most = look.shares[DEVICE_COUNTS[-1]]
            unit = float(np.sqrt(np.mean([_norm_sq(grad) for grad in most.grads])))
            self._planes[num_devices] = seen_on_a_plane(look.full_grad, look.shares[num_devices], unit)
        return self._planes[num_devices]

    @property
    def num_looks(self) -> int:
        """How many batches have been looked at up to where the run stands."""
        return sum(moment <= self.moment for moment in self._known)

    def _known_of(self, look: Look) -> Known:
        true = NoiseEstimate(jnp.float32(_norm_sq(look.full_grad)), jnp.float32(look.trace_sigma))
        of_devices = {
            count: noise.micro_batch_estimate(shares.grads, int(shares.sizes[0]))
            for count, shares in look.shares.items()
            if count > 1 and shares.are_equal
        }
        return Known(true, of_devices)

    def noise_scale(self, num_devices: int) -> tuple[float, float] | None:
        """The noise scale that so many devices know, and the true one: tr Σ / |G|², averaged over all looks so far.

        `None` for one device, and where the devices' shares differ.
        """
        known = [known for moment, known in self._known.items() if moment <= self.moment]
        if not known or any(num_devices not in each.from_devices for each in known):
            return None
        return _ratio([each.from_devices[num_devices] for each in known]), _ratio([each.true for each in known])


def _ratio(estimates: list[NoiseEstimate]) -> float:
    """The ratio of the means: the mean of the ratios would be biased."""
    parts = [np.mean([np.asarray(each) for each in part]) for part in zip(*estimates, strict=True)]
    return float(NoiseEstimate(*map(jnp.float32, parts)).b_simple)


def share_out(
    params: model.Params,
    x: Float[np.ndarray, "batch features"],
    y: Int[np.ndarray, " batch"],
    num_devices: int,
) -> Shares:
    """The gradients of D devices that share a batch: each takes the next ⌈B/D⌉ examples, the last ones what is left."""
    longest = -(-len(x) // num_devices)
    first = np.minimum(np.arange(num_devices) * longest, len(x))
    sizes = np.diff(first, append=len(x))
    grads = []
    for start, size in zip(first, sizes, strict=True):
        if size > 0:
            # Filled up with copies of the last example, of weight 0: one program for all shares of a batch.
            rows = np.minimum(start + np.arange(longest), len(x) - 1)
            weight = (np.arange(longest) < size).astype(np.float32)
            grads.append(np.asarray(_share_grad(params, x[rows], y[rows], weight)))
    return Shares(sizes, np.stack(grads))


@jax.jit
def _share_grad(
    params: model.Params,
    x: Float[Array, "share features"],
    y: Int[Array, " share"],
    weight: Float[Array, " share"],
) -> Float[Array, " parameters"]:
    grad = jax.grad(training.batch_loss)(params, training.Batch(x, y, weight), model.per_example_loss)
    return ravel_pytree(grad)[0]


def seen_on_a_plane(full_grad: Float[np.ndarray, " parameters"], shares: Shares, unit: float) -> GradientPlane:
    """The devices' gradients on the plane of G and the direction across it in which they differ most.

    The first device's gradient lies above the axis. Where a gradient is not a finite number, as
    in a run that has diverged, or G is zero, there is nothing to be seen: NaN.
    """
    length = np.sqrt(_norm_sq(full_grad))
    if not (length > 0 and np.isfinite(length) and np.isfinite(shares.grads).all()):
        return GradientPlane(np.full((len(shares.grads), 2), np.nan), np.full(2, np.nan), np.nan, np.nan)
    along = np.asarray(full_grad, np.float64) / length
    grads, mean = np.asarray(shares.grads, np.float64) / unit, shares.mean / unit
    away = grads - mean[None, :] if len(grads) > 1 else grads
    beside = away - np.outer(away @ along, along)
    # The first principal direction, from the small matrix of inner products.
    _, vectors = np.linalg.eigh(beside @ beside.T)
    across = vectors[:, -1] @ beside
    norm = np.linalg.norm(across)
    across = across / norm if norm > 0 else across
    if grads[0] @ across < 0:
        across = -across
    axes = np.stack([along, across], axis=1)
    total = np.sum(away**2)
    in_plane = np.sum((away @ axes) ** 2) / total if len(grads) > 1 and total > 0 else np.nan
    return GradientPlane(grads @ axes, mean @ axes, float(length / unit), float(in_plane))


def _norm_sq(values: Float[np.ndarray, " parameters"]) -> float:
    return float(np.sum(np.asarray(values, np.float64) ** 2))
