"""Settings of market data in datagrams: what makes no sense is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from config.errors import ConfigError
from config.loader import load


def problems(binary: dict[str, Any]) -> list[str]:
    try:
        load(None, {}, {"binary": binary})
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return []


def test_what_makes_sense_is_taken() -> None:
    assert problems({"mold": {"enabled": True, "address": "239.192.0.1", "interface": "10.0.0.5"}}) == []
    assert problems({"market_data": False, "mold": {"enabled": False}}) == []


@pytest.mark.parametrize(
    ("binary", "words"),
    [
        ({"mold": {"enabled": True}, "market_data": False}, "without binary.enabled and binary.market_data"),
        ({"mold": {"address": "300.1.1.1"}}, "'300.1.1.1' is no IPv4 address"),
        ({"mold": {"interface": "10.0.0.256"}}, "'10.0.0.256' is no IPv4 address"),
        ({"mold": {"address": "localhost"}}, "binary.mold.address"),
        ({"mold": {"stream": "TRADES"}}, "binary.mold.stream"),
        ({"mold": {"datagram_bytes_max": 100}}, "binary.mold.datagram_bytes_max"),
        ({"conflation_interval_s": 0}, "binary.conflation_interval_s"),
    ],
)
def test_what_makes_none_is_refused_by_name(binary: dict[str, Any], words: str) -> None:
    (problem,) = problems(binary)
    assert words in problem
