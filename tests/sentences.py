"""What every sentence under a picture keeps to, whatever has been measured."""

import re
from collections.abc import Sequence

MOST_WORDS, MOST_NUMBERS = 35, 4

NUMBER = r"\d[\d,]*(?:\.\d+)?"


def numbers_in(sentence: str) -> list[float]:
    """The numbers that a sentence says, in their order."""
    return [float(number.replace(",", "")) for number in re.findall(NUMBER, sentence)]


def assert_can_be_said(sentence: str) -> None:
    """A sentence that a teacher would say, and a screen reader reads out in one breath or two."""
    words = [word for word in sentence.split() if re.search(r"\w", word)]
    assert len(words) <= MOST_WORDS, (len(words), sentence)
    assert len(re.findall(NUMBER, sentence)) <= MOST_NUMBERS, sentence
    assert not re.search(r"\d[eE][+-]|\b(?:nan|inf|None)\b|[_^×{}]", sentence), sentence
    assert sentence == " ".join(sentence.split())
    assert sentence.endswith("."), sentence
    assert sentence[0].isupper() or sentence[0].isdigit(), sentence


def is_said(said: float, value: float) -> bool:
    """Is it the value as one says it: to two decimals, or to two digits where that is more, or to three?"""
    off = abs(said - value)
    # 0.12 for 0.125 is half a digit off, and a little more in binary.
    return off <= max(0.005 * (1 + 1e-9), 0.0051 * value) if value >= 0.0995 else off <= 0.051 * value


def listed(details: Sequence[tuple[str, str]]) -> str:
    """Details as `panel.details` has them; each of them can be read, and what is not known is left out."""
    text = "\n".join(f"{label}: {value}" for label, value in details)
    assert all(label and value == " ".join(value.split()) != "" for label, value in details), text
    assert not re.search(r"\d[eE][+-]|\b(?:nan|inf|None)\b|not a finite number", text), text
    return text
