"""A line fitted to points: a loss with two parameters, which can be seen whole as a surface.

    loss of example i   ½ (w x_i + b - y_i)²
    its gradient        g_i = (w x_i + b - y_i) (x_i, 1)
    true gradient       G = mean of g_i over all N examples
    Hessian             H = mean of (x_i, 1)ᵀ (x_i, 1), the same everywhere

Everything is in float64, with parameters as arrays (w, b): so small a problem needs no compiler.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from lesson_lib import batching, noise
from lesson_lib.checks import AnyArray, require_int, require_kind, require_positive, require_seed, require_within
from lesson_lib.experiment import base
from lesson_lib.experiment.base import Rewindable
from lesson_lib.experiment.counted import Counted
from lesson_lib.experiment.settings import require_epochs

NUM_EXAMPLES = 64

TRUE_PARAMS = (2.0, -0.5)
"""w and b of the line that the points scatter around."""

SCATTER = 0.5
"""Standard deviation of the points around it."""

DIVERGED = 1e6
"""A path whose loss has come to this many times the first one is given up."""

FARTHEST = 100.0
"""So far from zero a path may start along w and along b: there is nothing to see from further away."""


@dataclass(frozen=True, eq=False)
class LineFit:
    """The points, and the loss of any line through them.

    Args:
        x, y: coordinates of the N points, kept in float64.

    Raises:
        TypeError: `x` or `y` does not hold numbers.
        ValueError: `x` and `y` differ in shape or have more than one dimension, a number is not finite, or all
            points have the same x, so that no line fits best.
    """

    x: Float[np.ndarray, " examples"] = field(repr=False)
    y: Float[np.ndarray, " examples"] = field(repr=False)
    made_by: str = field(default="", init=False, repr=False)
    """The call that gives the same points again; nothing where they are somebody's own."""

    def __post_init__(self) -> None:
        for name in ("x", "y"):
            given = getattr(self, name)
            if not isinstance(given, AnyArray) or given.dtype.kind not in "iuf":
                raise TypeError(f"{name} must be a JAX or NumPy array of numbers, got {given!r}")
            object.__setattr__(self, name, np.asarray(given, np.float64))
        if self.x.ndim != 1 or self.x.shape != self.y.shape:
            raise ValueError(f"x and y must be two lists of the same length, got {self.x.shape} and {self.y.shape}")
        if not (np.isfinite(self.x).all() and np.isfinite(self.y).all()):
            raise ValueError("x and y must hold finite numbers")
        if len(np.unique(self.x)) < 2:
            raise ValueError(f"x must hold at least 2 different numbers, got {self.x}")

    @property
    def num_examples(self) -> int:
        """N."""
        return len(self.x)

    @cached_property
    def inputs(self) -> Float[np.ndarray, "examples 2"]:
        """The rows (x_i, 1): what w and b are multiplied by."""
        return np.stack([self.x, np.ones_like(self.x)], axis=1)

    def loss(self, params: Float[np.ndarray, "*places 2"]) -> Float[np.ndarray, "*places"]:
        """Mean loss over all N examples, at one place (w, b) or at many."""
        # From the minimum on, the loss is exactly quadratic: no sum over the examples for each place of a map.
        away = params - self.minimum
        return np.asarray(self.lowest_loss + 0.5 * np.sum((away @ self.hessian) * away, axis=-1))

    def per_example_grads(self, params: Float[np.ndarray, "2"]) -> Float[np.ndarray, "examples 2"]:
        """g_i of each example, a row each."""
        return (self.inputs @ params - self.y)[:, None] * self.inputs

    def grad(
        self, params: Float[np.ndarray, "2"], examples: Int[np.ndarray, " batch"] | slice = slice(None)
    ) -> Float[np.ndarray, "2"]:
        """Mean of g_i over a batch of examples; over all of them, the true gradient."""
        inputs = self.inputs[examples]
        return (inputs @ params - self.y[examples]) @ inputs / len(inputs)

    @cached_property
    def hessian(self) -> Float[np.ndarray, "2 2"]:
        """Second derivatives of the mean loss."""
        return self.inputs.T @ self.inputs / self.num_examples

    @cached_property
    def curvatures(self) -> Float[np.ndarray, "2"]:
        """Eigenvalues of the Hessian, the smaller one first: curvature along the valley, and across it."""
        return np.linalg.eigvalsh(self.hessian)

    @property
    def edge(self) -> float:
        """Learning rate from which gradient descent no longer settles: 2 / h for the largest curvature h."""
        return noise.stability_edge(float(self.curvatures[-1]))

    @cached_property
    def minimum(self) -> Float[np.ndarray, "2"]:
        """Where the loss is lowest, as (w, b): the least-squares line."""
        return np.linalg.solve(self.hessian, self.inputs.T @ self.y / self.num_examples)

    @cached_property
    def lowest_loss(self) -> float:
        """The mean loss there. It is not zero: the points do not lie on a line."""
        return float(np.mean(0.5 * (self.inputs @ self.minimum - self.y) ** 2))


def make_line_fit(num_examples: int = NUM_EXAMPLES, *, seed: int = 0) -> LineFit:
    """Points scattered around the line y = 2 x - 0.5: x is uniform from 0 to 2, and y off by 0.5 (standard deviation).

    Because the x are not centred, w and b can make up for each other: the loss is a narrow valley that lies askew.

    Raises:
        TypeError, ValueError: `num_examples` is not a whole number of at least 2, or `seed` none from 0 to 2³² − 1.
    """
    num_examples, seed = require_int("num_examples", num_examples, low=2), require_seed("seed", seed)
    x_key, y_key = jax.random.split(jax.random.key(seed))
    x = np.asarray(jax.random.uniform(x_key, (num_examples,), maxval=2.0), np.float64)
    off = np.asarray(jax.random.normal(y_key, (num_examples,)), np.float64)
    w, b = TRUE_PARAMS
    line = LineFit(x, w * x + b + SCATTER * off)
    object.__setattr__(line, "made_by", f"make_line_fit({num_examples}, seed={seed})")
    return line


def require_start(name: str, value: object) -> float:
    """Return w or b of a start as a `float`.

    Raises:
        TypeError, ValueError: it is no number, or further than `FARTHEST` from zero.
    """
    return require_within(name, value, low=-FARTHEST, high=FARTHEST)


def keep_start(settings: Any) -> None:
    """Check w and b of the start in new settings, and keep them as plain numbers.

    Raises:
        TypeError, ValueError: as `require_start`.
    """
    for name in ("start_w", "start_b"):
        object.__setattr__(settings, name, require_start(name, getattr(settings, name)))


class LinePath(Counted, Rewindable):
    """The way that GD or SGD takes over the loss surface of a `LineFit`, a few updates at a time.

    With B = N it is gradient descent. Batches are drawn without replacement, in a new order every epoch. It diverges at
    the update after which the loss is `DIVERGED` times the first, or more.

    Args:
        line: the points.
        learning_rate: η.
        batch_size: B, from 1 to N.
        epochs: how often all examples are used.
        seed: of the order of the examples.
        start_w, start_b: the place (w, b) to start from.

    Raises:
        TypeError, ValueError: an argument out of its range.
    """

    def __init__(
        self,
        line: LineFit,
        *,
        learning_rate: float,
        batch_size: int,
        epochs: int,
        seed: int = 0,
        start_w: float = 0.0,
        start_b: float = 0.0,
    ) -> None:
        require_kind("line", line, LineFit, "as make_line_fit gives one")
        self.line = line
        self.learning_rate = require_positive("learning_rate", learning_rate)
        self.batch_size = require_int("batch_size", batch_size, low=1, high=line.num_examples)
        self.updates_per_epoch = batching.updates_per_epoch(line.num_examples, self.batch_size)
        self.epochs = require_epochs(epochs, self.updates_per_epoch)
        self._key = jax.random.key(require_seed("seed", seed))
        self.num_updates = 0
        """Updates up to where it stands."""
        self._recorded = 0
        self._params = np.zeros((self.total_updates + 1, 2))
        self._params[0] = require_start("start_w", start_w), require_start("start_b", start_b)
        self._losses = np.full(self.total_updates + 1, line.loss(self._params[0]))
        self._order: tuple[int, Int[np.ndarray, " examples"]] = (-1, np.arange(0))

    @property
    def is_full_batch(self) -> bool:
        """Is every batch the whole training set, so that this is gradient descent?"""
        return self.batch_size == self.line.num_examples

    @property
    def moment(self) -> int:
        return self.num_updates

    @property
    def recorded(self) -> int:
        return self._recorded

    @property
    def params(self) -> Float[np.ndarray, "places 2"]:
        """(w, b) at the start and after each update, up to where it stands."""
        return self._params[: self.num_updates + 1]

    @property
    def losses(self) -> Float[np.ndarray, " places"]:
        """The mean loss over all examples at these places."""
        return self._losses[: self.num_updates + 1]

    def advance(self) -> None:
        """Make some updates, so few that a path is seen in motion. A finished one stays as it is."""
        for _ in range(-(-self.total_updates // base.MEASUREMENTS)):
            self.step()

    def step(self) -> None:
        """Make exactly one update. A finished path stays as it is."""
        if self.finished:
            return
        if self.num_updates == self._recorded:
            self._update()
        self.num_updates += 1

    def go_to(self, moment: int) -> None:
        """Go to where it stood after so many updates."""
        self.num_updates = require_int("moment", moment, low=0, high=self._recorded)

    def _update(self) -> None:
        params = self._params[self._recorded]
        new = params - self.learning_rate * self.line.grad(params, self._batch(self._recorded))
        self._recorded += 1
        self._params[self._recorded], self._losses[self._recorded] = new, self.line.loss(new)
        if self._losses[self._recorded] >= DIVERGED * self._losses[0]:
            self.diverged_at = self._recorded

    def _batch(self, update: int) -> Int[np.ndarray, " batch"] | slice:
        """The examples of one update, counted from 0."""
        if self.is_full_batch:
            return slice(None)
        epoch, within = divmod(update, self.updates_per_epoch)
        if self._order[0] != epoch:
            labels = jnp.zeros(self.line.num_examples, jnp.int32)
            self._order = (epoch, np.asarray(batching.epoch_order(labels, epoch, key=self._key)))
        return self._order[1][within * self.batch_size : (within + 1) * self.batch_size]
