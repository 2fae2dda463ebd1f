"""What stands under a picture."""

from typing import NamedTuple


class Caption(NamedTuple):
    """A run as it stands, in words."""

    sentence: str
    """What is seen, as a teacher would say it: at most 35 words and 4 numbers."""
    details: str = ""
    """What the sentence leaves out, for those who want to know; nothing where it says all."""
