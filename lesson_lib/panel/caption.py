"""What stands under a picture."""

from collections.abc import Sequence
from typing import NamedTuple

from lesson_lib.panel.numbers import NOT_FINITE

Details = Sequence[tuple[str, str]]
"""Labels, and what is known of each, with its unit."""


class Caption(NamedTuple):
    """A run as it stands, in words."""

    sentence: str
    """What is seen, as a teacher would say it: at most 35 words and 4 numbers."""
    details: Details = ()
    """What the sentence leaves out, for those who want to know; nothing where it says all."""


def known(*items: tuple[str, str]) -> Details:
    """Details without those of which nothing is known: their value is empty, or a number in it is no finite one.

    >>> known(("loss", "0.41"), ("noise", ""), ("angle", f"{NOT_FINITE}°"))
    [('loss', '0.41')]
    """
    return [(label, value) for label, value in items if value and NOT_FINITE not in value]
