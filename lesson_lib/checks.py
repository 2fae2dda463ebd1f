"""Checks of what comes in from outside, made before any work starts.

Each error names the argument, the value that was given and what is allowed.
"""

import math
from collections.abc import Collection
from numbers import Integral, Real


def require_int(name: str, value: object, *, low: int, high: int | None = None) -> int:
    """Return `value` as an `int` when it is a whole number in [low, high].

    Raises:
        TypeError: `value` is no whole number (`True` and `2.0` are none).
        ValueError: it is out of range.
    """
    allowed = f"a whole number of at least {low}" if high is None else f"a whole number from {low} to {high:,}"
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be {allowed}, got {value!r}")
    if value < low or (high is not None and value > high):
        raise ValueError(f"{name} must be {allowed}, got {value!r}")
    return int(value)


def require_positive(name: str, value: object) -> float:
    """Return `value` as a `float` when it is a finite number above zero.

    Raises:
        TypeError: `value` is no real number (`True` is none).
        ValueError: it is zero, negative, infinite or NaN.
    """
    allowed = "a finite number above 0"
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be {allowed}, got {value!r}")
    if not math.isfinite(value) or value <= 0:
        raise ValueError(f"{name} must be {allowed}, got {value!r}")
    return float(value)


def require_choice(name: str, value: object, allowed: Collection[str]) -> str:
    """Return `value` when it is one of the names in `allowed`.

    Raises:
        TypeError: `value` is no string.
        ValueError: it is not in `allowed`.
    """
    choices = ", ".join(repr(choice) for choice in allowed)
    if not isinstance(value, str):
        raise TypeError(f"{name} must be one of {choices}, got {value!r}")
    if value not in allowed:
        raise ValueError(f"{name} must be one of {choices}, got {value!r}")
    return value
