"""Counts and sequence numbers as FIX writes them: digits. And quantities that are none of the venue's."""

from __future__ import annotations

from engine.types import INT64_MAX

BEYOND = -INT64_MAX
"""Stands for a quantity that the venue's numbers can't say: it is refused, and reports leave it out."""
NUMBER_DIGITS_MAX = 10
"""Digits of a sequence number or count: enough for a year of a million messages a minute."""


def is_too_long(text: str) -> bool:
    """Whether these are digits, but too many of them."""
    return len(text) > NUMBER_DIGITS_MAX and text.isdigit() and text.isascii()


def read_int(text: str | None) -> int | None:
    """Digits as a number; None for anything else, and for more than ``NUMBER_DIGITS_MAX`` digits."""
    if text is None or not text.isdigit() or not text.isascii() or len(text) > NUMBER_DIGITS_MAX:
        return None
    return int(text)
