"""Decimal text to scaled integers and back, exactly. No float is involved."""

from __future__ import annotations

from engine.types import DECIMALS, SCALE

_PAD = ("00000000", "0000000", "000000", "00000", "0000", "000", "00", "0", "")
MAX_DIGITS = 30
"""Digits that a number may have: far beyond any price, and a bound on the work that text can cause."""


def parse_decimal(text: str) -> int:
    """``"12.5"`` → 1_250_000_000.

    A sign, digits and at most one point with at most eight decimals that matter (zeros beyond are accepted).

    Raises:
        ValueError: not such a number.
    """
    whole, point, fraction = text.partition(".")
    if len(text) > MAX_DIGITS or not text.isascii():
        raise ValueError(f"not a decimal number: {text[:MAX_DIGITS]!r}")
    if not point:
        if whole.isdigit():
            return int(whole) * SCALE
    elif len(fraction) <= DECIMALS and (whole + fraction).isdigit():
        return int(whole + fraction + _PAD[len(fraction)])
    return _parse_rare(text, whole, fraction)


def _parse_rare(text: str, whole: str, fraction: str) -> int:
    """Signs and surplus zeros: correct but rare, so kept off the fast path."""
    negative = whole.startswith("-")
    digits = whole[1:] if whole[:1] in ("-", "+") else whole
    kept, surplus = fraction[:DECIMALS], fraction[DECIMALS:]
    if not (digits + fraction).isdigit() or surplus.strip("0"):
        raise ValueError(f"not a decimal number with at most {DECIMALS} decimals: {text!r}")
    value = int(digits + kept + _PAD[len(kept)])
    return -value if negative else value


def format_decimal(value: int) -> str:
    """1_250_000_000 → ``"12.5"``: the shortest exact text, without an exponent."""
    if value < 0:
        return "-" + format_decimal(-value)
    whole, fraction = divmod(value, SCALE)
    if not fraction:
        return str(whole)
    return f"{whole}.{fraction:08d}".rstrip("0")
