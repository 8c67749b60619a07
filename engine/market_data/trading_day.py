"""Which trading day a moment belongs to: from one daily roll of the instrument to the next, in its own time zone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from engine.calendar import ended_day, next_roll_ns, roll_ns


class TradingDay(NamedTuple):
    """``start_ns`` belongs to the day, ``end_ns`` to the next one; 23 or 25 hours where the clocks change."""

    name: str
    """ISO date of the roll that ends it."""
    start_ns: int
    end_ns: int


def trading_day(time_ns: int, daily_roll: str, time_zone: str) -> TradingDay:
    """The trading day that ``time_ns`` lies in."""
    before = ended_day(time_ns, daily_roll, time_zone)
    name = (date.fromisoformat(before) + timedelta(days=1)).isoformat()
    return TradingDay(name, roll_ns(before, daily_roll, time_zone), next_roll_ns(time_ns, daily_roll, time_zone))
