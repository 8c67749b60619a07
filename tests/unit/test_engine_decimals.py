"""Decimal text to scaled integers and back."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.decimals import MAX_DIGITS, format_decimal, parse_decimal
from engine.types import SCALE


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0), ("1", SCALE), ("12.5", 1_250_000_000), ("0.00000001", 1), (".5", SCALE // 2), ("5.", 5 * SCALE),
        ("-1.5", -150_000_000), ("+1.5", 150_000_000), ("1.000000000000", SCALE), ("-0", 0), ("007", 7 * SCALE),
        ("92233720368.54775807", 2**63 - 1), ("123456789012345678901.5", 12345678901234567890150000000),
    ],
)  # fmt: skip
def test_text_is_read_exactly(text: str, value: int) -> None:
    assert parse_decimal(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "", ".", "-", "+", "-.", "1e3", "1,5", "1.2.3", " 1", "1 ", "0x10", "nan", "inf", "1_000", "--1", "+-1",
        "1.000000001", "0.000000001", "1.-5", "٣", "1.٣", "²", "1" * (MAX_DIGITS + 1), "1.5\n",
    ],
)  # fmt: skip
def test_what_is_no_decimal_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a decimal number"):
        parse_decimal(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (SCALE, "1"), (1, "0.00000001"), (-1, "-0.00000001"), (1_250_000_000, "12.5"), (-150_000_000, "-1.5")],
)
def test_the_shortest_exact_text_is_written(value: int, text: str) -> None:
    assert format_decimal(value) == text


@given(st.integers(-(10**28), 10**28))
def test_what_is_written_is_read_back(value: int) -> None:
    text = format_decimal(value)
    assert parse_decimal(text) == value
    assert Fraction(Decimal(text)) * SCALE == value  # a Decimal product would be rounded to 28 digits


@given(st.text(max_size=40))
def test_any_text_is_read_as_decimal_reads_it_or_refused(text: str) -> None:
    try:
        value = parse_decimal(text)
    except ValueError:
        return
    assert Fraction(Decimal(text)) * SCALE == value  # a Decimal product would be rounded to 28 digits
