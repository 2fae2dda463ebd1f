"""Numbers in words, as all sentences under the pictures write them."""

import math
from collections.abc import Sequence
from typing import NamedTuple

NOT_FINITE = "not a finite number"

LEAST_SPOKEN, MOST_SPOKEN = 0.001, 1e5
"""A number beyond these is only said to be so."""


_POWERS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float) -> str:
    """Three significant digits, with a comma for thousands: as details write a number.

    >>> number(0.41234), number(-1234.5), number(9.999), number(0.0), number(3.1e-8)
    ('0.412', '−1,230', '10.0', '0', '3.10 × 10⁻⁸')
    """
    if not math.isfinite(value):
        return NOT_FINITE
    if value == 0:
        return "0"
    digits, _, exponent = f"{value:.2e}".partition("e")
    rounded = float(f"{value:.2e}")  # first of all: 9.999 has one decimal less than 9.99
    if not 1e-4 <= abs(rounded) < 1e6:
        return f"{digits} × 10{str(int(exponent)).translate(_POWERS)}".replace("-", "−")
    decimals = max(0, 2 - math.floor(math.log10(abs(rounded))))
    return f"{rounded:,.{decimals}f}".replace("-", "−")


def spoken(value: float) -> str:
    """A number of at least 0 as one says it: two decimals, two digits if it is small, three if it is large.

    >>> spoken(0.41234), spoken(12345.0), spoken(0.02083), spoken(3.1e-8), spoken(3e9)
    ('0.41', '12,300', '0.021', 'less than 0.001', 'over 100,000')
    """
    if not math.isfinite(value):
        return NOT_FINITE
    if value == 0:
        return "0"
    if value < LEAST_SPOKEN:
        return f"less than {LEAST_SPOKEN:g}"
    if value > MOST_SPOKEN:
        return f"over {MOST_SPOKEN:,.0f}"
    if 0.0995 <= value < 9.995:
        return f"{value:.2f}"
    return number(value) if value >= 1 else f"{value:.{1 - math.floor(math.log10(float(f'{value:.1e}')))}f}"


def count(amount: int, noun: str) -> str:
    """How many there are of something, in words.

    >>> count(1, "update"), count(3750, "update")
    ('1 update', '3,750 updates')
    """
    return f"{amount:,} {noun}" if amount == 1 else f"{amount:,} {noun}s"


def epochs(num_epochs: float) -> str:
    """A number of epochs, in words.

    >>> epochs(1.0), epochs(3.24), epochs(10.0)
    ('1 epoch', '3.2 epochs', '10 epochs')
    """
    shown = f"{num_epochs:.1f}".removesuffix(".0")
    return f"{shown} epoch" if shown == "1" else f"{shown} epochs"


def updates_made(num_updates: int, num_epochs: float) -> str:
    """How far a run has come.

    >>> updates_made(375, 1.0)
    '375 updates (1 epoch)'
    """
    return f"{count(num_updates, 'update')} ({epochs(num_epochs)})"


def progress(num_epochs: float, total_epochs: int) -> str:
    """Where a run is."""
    return f"epoch {num_epochs:.1f} of {total_epochs}"


class Range(NamedTuple):
    """The lowest and the highest of some runs."""

    low: float
    high: float

    def __str__(self) -> str:
        low, high = number(self.low), number(self.high)
        return low if low == high else f"{low} to {high}"

    @property
    def spoken(self) -> str:
        low, high = spoken(self.low), spoken(self.high)
        return low if low == high else f"{low} to {high}"


def with_and(names: Sequence[str]) -> str:
    """Several names, as one says them.

    >>> with_and(["SGD"]), with_and(["SGD", "GD"]), with_and(["SGD", "RMSProp", "Adam"])
    ('SGD', 'SGD and GD', 'SGD, RMSProp and Adam')
    """
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
