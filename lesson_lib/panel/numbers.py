"""Numbers in words, as all sentences under the pictures write them."""

import math
from typing import NamedTuple


def number(value: float) -> str:
    """Three significant digits, with a comma for thousands.

    >>> number(0.41234), number(1234.5), number(9.999), number(0.0), number(3.1e-8)
    ('0.412', '1,230', '10.0', '0', '3.1e-08')
    """
    rounded = float(f"{value:.2e}")  # first of all: 9.999 has one decimal less than 9.99
    if not 1e-3 <= abs(rounded) < 1e6:
        return f"{value:.3g}"
    decimals = max(0, 2 - math.floor(math.log10(abs(rounded))))
    return f"{rounded:,.{decimals}f}"


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
