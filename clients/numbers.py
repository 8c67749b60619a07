"""Decimals for people, integers × 10^-8 for the wire; exact both ways."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

from engine.decimals import format_decimal, parse_decimal

Number: TypeAlias = Decimal | int | str
"""What prices and quantities may be given as; never a float."""


@lru_cache(maxsize=65_536)
def to_decimal(scaled: int) -> Decimal:
    """150_000_000 → ``Decimal("1.5")``. Prices and quantities repeat, so most cost a look-up."""
    return Decimal(format_decimal(scaled))


def to_scaled(value: Number) -> int:
    """``Decimal("1.5")``, ``"1.5"`` → 150_000_000.

    Raises:
        ValueError: more than eight decimals, or not a finite number.
        TypeError: a float (or anything else that may not mean exactly what it shows).
    """
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"not a number: {value}")
        return parse_decimal(f"{value:f}")
    if isinstance(value, str):
        return parse_decimal(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"prices and quantities are Decimal, int or str, not {type(value).__name__}: {value!r}")
    return parse_decimal(str(value))
