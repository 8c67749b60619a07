"""Auction prices as exchanges publish them; the files say whose they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.decimals import parse_decimal
from engine.equilibrium import NO_TRADE, Equilibrium, equilibrium

SOURCES = {path.stem: yaml.safe_load(path.read_text()) for path in sorted(Path(__file__).parent.glob("*.yaml"))}
CASES = [
    pytest.param(source["tick"], case, id=f"{name}: {case['name']}")
    for name, source in SOURCES.items()
    for case in source["cases"]
]
RULES = {"volume", "surplus", "buy pressure", "sell pressure", "reference", "nothing"}
BAND_PER_CENT = 10


def scaled(text: str) -> int:
    return -parse_decimal(text[1:]) if text.startswith("-") else parse_decimal(text)


def levels(rows: list[list[str]], reference_px: int, per_cent: int) -> list[tuple[int, int]]:
    """A market order stands at its protection price, ``per_cent`` away from the reference price."""
    protection_px = reference_px * (100 + per_cent) // 100
    return [(protection_px if px == "market" else scaled(px), scaled(qty)) for px, qty in rows]


@pytest.mark.parametrize(("tick", "case"), CASES)
def test_example(tick: str, case: dict[str, Any]) -> None:
    reference_px = scaled(case["reference"])
    bids = levels(case["bids"], reference_px, BAND_PER_CENT)
    asks = levels(case["asks"], reference_px, -BAND_PER_CENT)
    expected = case["expect"]
    wanted = Equilibrium(*(scaled(expected[key]) for key in ("px", "qty", "surplus"))) if expected else NO_TRADE
    assert equilibrium(bids, asks, reference_px, scaled(tick)) == wanted


def test_every_rule_decides_somewhere() -> None:
    assert {case["rule"] for source in SOURCES.values() for case in source["cases"]} == RULES


def test_every_source_is_named() -> None:
    assert all(source["title"] and source["section"] and source["url"] for source in SOURCES.values())
