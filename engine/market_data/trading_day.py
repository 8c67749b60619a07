"""Which trading day a moment belongs to: from one daily roll of the instrument to the next, in its own time zone."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

_NS = 1_000_000_000


class TradingDay(NamedTuple):
    """``start_ns`` belongs to the day, ``end_ns`` to the next one; 23 or 25 hours where the clocks change."""

    name: str
    """ISO date of the roll that ends it."""
    start_ns: int
    end_ns: int


def trading_day(time_ns: int, daily_roll: str, time_zone: str) -> TradingDay:
    """The trading day that ``time_ns`` lies in. A roll that falls into a gap of local time happens when the clock has
    passed it; one that comes twice happens the first time."""
    zone = ZoneInfo(time_zone)
    hour, minute = daily_roll.split(":")
    at = time(int(hour), int(minute))

    def roll_ns(day: date) -> int:
        return int(datetime.combine(day, at, zone).timestamp()) * _NS

    today = datetime.fromtimestamp(time_ns // _NS, zone).date()
    if time_ns < roll_ns(today):
        return TradingDay(today.isoformat(), roll_ns(today - timedelta(days=1)), roll_ns(today))
    tomorrow = today + timedelta(days=1)
    return TradingDay(tomorrow.isoformat(), roll_ns(today), roll_ns(tomorrow))
