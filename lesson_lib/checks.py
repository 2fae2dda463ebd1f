"""Checks of what comes in from outside, made before any work starts.

Each error names the argument, the value that was given and what is allowed.
"""

import math
from collections.abc import Callable, Collection
from numbers import Integral, Real

import jax
import numpy as np
from jaxtyping import Shaped

AnyArray = jax.Array | np.ndarray
"""What may be passed in. Inside a compiled program every array is one of JAX."""


def require_int(name: str, value: object, *, low: int, high: int | None = None) -> int:
    """Return `value` as an `int` when it is a whole number in [low, high], be it in an array without axes.

    Raises:
        TypeError: `value` is not a whole number (`True` and `2.0` are not).
        ValueError: it is out of range.
    """
    allowed = f"a whole number of at least {low}" if high is None else f"a whole number from {low} to {high:,}"
    given = number_in(value)
    if isinstance(given, bool) or not isinstance(given, Integral):
        raise TypeError(f"{name} must be {allowed}, got {given!r}")
    number = int(given)
    if number < low or (high is not None and number > high):
        raise ValueError(f"{name} must be {allowed}, got {given!r}")
    return number


def require_seed(name: str, value: object) -> int:
    """Return `value` as an `int` when a key can be made of it: a whole number from 0 to 2³² − 1.

    Raises:
        TypeError, ValueError: it is none.
    """
    return require_int(name, value, low=0, high=2**32 - 1)


def require_positive(name: str, value: object) -> float:
    """Return `value` as a `float` when it is a finite number above zero, be it in an array without axes.

    Raises:
        TypeError: `value` is not a real number (`True` is not one).
        ValueError: it is zero, negative, infinite or NaN.
    """
    return _require_real(name, value, "a finite number above 0", lambda number: 0 < number < math.inf)


def require_from_zero(name: str, value: object, *, below: float = math.inf) -> float:
    """Return `value` as a `float` when it is a number in [0, below), be it in an array without axes.

    Raises:
        TypeError: `value` is not a real number (`True` is not one).
        ValueError: it is out of range, infinite or NaN.
    """
    allowed = f"a number from 0 to below {below:g}" if below < math.inf else "a finite number of at least 0"
    return _require_real(name, value, allowed, lambda number: 0 <= number < below)


def require_within(name: str, value: object, *, low: float, high: float) -> float:
    """Return `value` as a `float` when it is a number in [low, high], be it in an array without axes.

    Raises:
        TypeError: `value` is not a real number (`True` is not one).
        ValueError: it is out of range or NaN.
    """
    return _require_real(name, value, f"a number from {low:g} to {high:g}", lambda number: low <= number <= high)


def _require_real(name: str, value: object, allowed: str, is_allowed: Callable[[float], bool]) -> float:
    given = number_in(value)
    if isinstance(given, bool) or not isinstance(given, Real):
        raise TypeError(f"{name} must be {allowed}, got {value!r}")
    try:
        number = float(given)
    except OverflowError:
        raise ValueError(f"{name} must be {allowed}, got a number too large for a float") from None
    if not is_allowed(number):
        raise ValueError(f"{name} must be {allowed}, got {value!r}")
    return number


def number_in(value: object) -> object:
    """The number that an array without axes holds; anything else as it is.

    For arguments that may be such arrays: a learning rate may come out of a computation.
    """
    return value.item() if isinstance(value, AnyArray) and value.ndim == 0 else value


def require_bool(name: str, value: object) -> bool:
    """Return `value` when it is `True` or `False`.

    Raises:
        TypeError: it is something else, for one "no", which Python would take for true.
    """
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, got {value!r}")
    return value


def require_function(name: str, value: object, signature: str) -> None:
    """See that `value` can be called.

    Raises:
        TypeError: it cannot.
    """
    if not callable(value):
        raise TypeError(f"{name} must be a function {signature}, got {value!r}")


def require_kind(name: str, value: object, kind: type, where_from: str) -> None:
    """See that `value` is of a class of this library; `where_from` says how one gets one of those.

    Raises:
        TypeError: it is something else.
    """
    if not isinstance(value, kind):
        article = "an" if kind.__name__[0] in "AEIOU" else "a"
        raise TypeError(f"{name} must be {article} {kind.__name__}, {where_from}, got {value!r}")


def require_examples(x: Shaped[AnyArray, "..."], y: Shaped[AnyArray, "..."], *, low: int = 1) -> int:
    """Return N when `x` and `y` hold the same number of examples, one a row, `low` or more.

    Raises:
        ValueError: they do not.
    """
    x_shape, y_shape = np.shape(x), np.shape(y)
    if not x_shape or not y_shape or x_shape[0] != y_shape[0]:
        raise ValueError(f"x and y must hold one row for each example, got shapes {x_shape} and {y_shape}")
    if x_shape[0] < low:
        raise ValueError(f"x and y must hold at least {low} example{'s' * (low > 1)}, got {x_shape[0]}")
    return x_shape[0]


def require_choice(name: str, value: object, allowed: Collection[str]) -> str:
    """Return `value` when it is one of the names in `allowed`.

    Raises:
        TypeError: `value` is not a string.
        ValueError: it is not in `allowed`.
    """
    choices = ", ".join(repr(choice) for choice in allowed)
    if not isinstance(value, str):
        raise TypeError(f"{name} must be one of {choices}, got {value!r}")
    if value not in allowed:
        raise ValueError(f"{name} must be one of {choices}, got {value!r}")
    return value
