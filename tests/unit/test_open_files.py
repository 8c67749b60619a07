"""The process may open as many sockets as connections are configured, or says how many it can't."""

from __future__ import annotations

import resource

import pytest

from config.settings import BinarySettings, FixSettings, Settings
from tradeengine.open_files import allow_open_files

SETTINGS = Settings(
    fix=FixSettings(connections_max=100), binary=BinarySettings(connections_max=50, market_data_connections_max=25)
)
NEEDED = 100 + 50 + 25 + 256


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The newest is in force."""
    known = [(64, 4096)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: known[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, to: known.append(to))
    return known


def test_the_limit_is_raised_to_what_is_needed(limits: list[tuple[int, int]]) -> None:
    assert allow_open_files(SETTINGS) == 0
    assert limits[-1] == (NEEDED, 4096)


def test_a_limit_that_is_high_enough_stays(limits: list[tuple[int, int]]) -> None:
    limits.append((NEEDED, 4096))
    assert allow_open_files(SETTINGS) == 0
    assert len(limits) == 2


def test_what_the_system_does_not_allow_is_told(limits: list[tuple[int, int]]) -> None:
    limits.append((64, 200))
    assert allow_open_files(SETTINGS) == NEEDED - 200
    assert limits[-1] == (200, 200)
