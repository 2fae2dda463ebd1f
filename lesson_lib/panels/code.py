"""From a panel's settings to the library's, and to the Python that says the same."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

Chosen = TypeVar("Chosen")


def chosen(settings: type[Chosen], values: Mapping[str, Any]) -> Chosen:
    """The settings (a dataclass) that a panel's values hold, beside others.

    Raises:
        TypeError, ValueError: a value out of its range.
    """
    return settings(**{field.name: values[field.name] for field in fields(settings)})  # type: ignore[arg-type]


def arguments(values: Mapping[str, Any]) -> str:
    """How a call writes them.

    >>> arguments({"batch_size": 32, "sampling": "sorted"})
    "batch_size=32, sampling='sorted'"
    """
    return ", ".join(f"{name}={value!r}" for name, value in values.items())
