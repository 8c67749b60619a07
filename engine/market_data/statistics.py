"""What an instrument did in the last 24 hours, and in the trading day that is under way."""

from __future__ import annotations

from itertools import chain
from typing import final

import msgspec

from engine.market_data.candle import Candle, joined
from engine.market_data.candles import Candles
from engine.market_data.series import DAY
from engine.types import SCALE, Amount, Px, Qty

_MINUTE = 60_000_000_000
_HOUR = 60 * _MINUTE
_WINDOW_MINUTES = 24 * 60


@final
class Period(msgspec.Struct, frozen=True, gc=False):
    """What was traded from ``start_ns`` on. Scale 10^-8; prices are 0 where nothing traded."""

    start_ns: int
    open_px: Px
    high_px: Px
    low_px: Px
    close_px: Px
    volume: Qty
    notional: Amount
    trades: int
    vwap: Px
    """Rounded half up to 10^-8."""
    change: Px
    """Close minus open; signed."""
    change_rate: int
    """The same as a fraction of the open, rounded half away from zero."""


@final
class Statistics(msgspec.Struct, frozen=True, gc=False):
    time_ns: int
    rolling: Period
    """The last 24 hours, in whole minutes: the current one and the 1,439 before it."""
    day: str
    """The trading day under way: ISO date of the roll that will end it."""
    session: Period
    """That trading day so far."""
    previous_close_px: Px
    """The last price of the last day before this one that traded; 0 where none is retained."""


@final
class DayStatistics(msgspec.Struct, frozen=True, gc=False):
    """The trading day that is under way."""

    day: str
    """ISO date of the roll that will end it."""
    end_ns: int
    """That roll."""
    session: Period
    previous_close_px: Px
    """As in :class:`Statistics`."""


def day_statistics(candles: Candles, now_ns: int) -> DayStatistics:
    """The trading day's part of :func:`statistics`, at a fraction of the cost."""
    day = candles.days.day(now_ns)
    series = candles.series(DAY)
    today = series.between(day.start_ns, now_ns + 1)
    before = len(series.candles) - len(today)
    previous_close_px = series.candles[before - 1].close_px if before else 0
    return DayStatistics(day.name, day.end_ns, _period(day.start_ns, joined(today)), previous_close_px)


def statistics(candles: Candles, now_ns: int) -> Statistics:
    """The statistics at ``now_ns``, which is not before the last trade."""
    start_ns = now_ns - now_ns % _MINUTE - (_WINDOW_MINUTES - 1) * _MINUTE
    # Minutes up to the next full hour, hours from there: 83 candles at the most, not 1,440.
    hours_ns = -(-start_ns // _HOUR) * _HOUR
    minutes = candles.series("1m").between(start_ns, hours_ns)
    hours = candles.series("1h").between(hours_ns, now_ns + 1)
    day = candles.days.day(now_ns)
    days = candles.series(DAY).between(0, day.start_ns)
    today = candles.series(DAY).between(day.start_ns, now_ns + 1)
    return Statistics(
        now_ns,
        _period(start_ns, joined(chain(minutes, hours))),
        day.name,
        _period(day.start_ns, joined(today)),
        days[-1].close_px if days else 0,
    )


def _period(start_ns: int, whole: Candle | None) -> Period:
    if whole is None:
        return Period(start_ns, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    change = whole.close_px - whole.open_px
    return Period(
        start_ns,
        whole.open_px,
        whole.high_px,
        whole.low_px,
        whole.close_px,
        whole.volume,
        whole.notional,
        whole.trades,
        whole.vwap,
        change,
        _rate(change, whole.open_px),
    )


def _rate(change: Px, base: Px) -> int:
    rate = (2 * abs(change) * SCALE + base) // (2 * base)
    return rate if change >= 0 else -rate
