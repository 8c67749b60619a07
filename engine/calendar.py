"""When an instrument's day rolls and its phases change: local wall-clock times as moments, nanoseconds UTC.

A local time happens at the first moment at which the zone's clock shows it *or a later one*. So one that daylight
saving skips happens as the clock jumps over it, one that occurs twice happens once, the first time, and what comes
later in the day never happens earlier. All functions are pure; the zones are the IANA database's (``zoneinfo``).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import final
from zoneinfo import ZoneInfo

import msgspec

from engine.instrument import Instrument
from engine.types import TradingPhase

_NS = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
_NOON = time(12)
_WEEK = 7
_MOMENTS_KEPT = 8192
"""Instruments of one market share their local times: this many are not worked out again."""


@final
class PhaseChange(msgspec.Struct, frozen=True, gc=False):
    """An entry of the schedule on one day."""

    at_ns: int
    phase: TradingPhase
    random_end_s: int = 0
    """The phase before it lasts up to this many seconds longer, drawn."""


# ---- the day's roll -----------------------------------------------------------------------------------------------


def ended_day(now_ns: int, roll: str, time_zone: str) -> str:
    """The last trading day that has ended: ISO date, in the zone, of the newest roll (``HH:MM``) at or before now."""
    day = local_date(now_ns, time_zone) + _DAY
    while moment_ns(day, roll, time_zone) > now_ns:
        day -= _DAY
    return day.isoformat()


def roll_ns(day: str, roll: str, time_zone: str) -> int:
    """When the roll of the ISO date ``day`` happens."""
    return moment_ns(date.fromisoformat(day), roll, time_zone)


def next_roll_ns(now_ns: int, roll: str, time_zone: str) -> int:
    """The first roll after now."""
    return moment_ns(date.fromisoformat(ended_day(now_ns, roll, time_zone)) + _DAY, roll, time_zone)


def end_of_day_ns(instrument: Instrument, iso_date: str) -> int:
    """When an order good till ``iso_date`` expires: the roll that ends this date's trading (FIX 432 ExpireDate, the
    last day on which the order can trade).

    A roll in the afternoon ends the date's own trading, one before noon that of the date before: with a roll at 17:00
    an order good till Friday ends on Friday at 17:00, with one at 00:00 as Saturday begins.

    Raises:
        ValueError: ``iso_date`` is no ISO date.
    """
    day = date.fromisoformat(iso_date)
    if time.fromisoformat(instrument.daily_roll) < _NOON:
        day += _DAY
    return moment_ns(day, instrument.daily_roll, instrument.time_zone)


def trading_date(instrument: Instrument, now_ns: int) -> date:
    """The trading day that a moment belongs to (FIX 75 TradeDate): the one whose end is next."""
    day = date.fromisoformat(ended_day(now_ns, instrument.daily_roll, instrument.time_zone)) + _DAY
    return day - _DAY if time.fromisoformat(instrument.daily_roll) < _NOON else day


# ---- phases -------------------------------------------------------------------------------------------------------


def phase_at(instrument: Instrument, now_ns: int) -> TradingPhase | None:
    """The phase that the schedule gives at a moment, random ends aside; None without a schedule."""
    change = last_change(instrument, now_ns)
    return None if change is None else change.phase


def last_change(instrument: Instrument, now_ns: int) -> PhaseChange | None:
    """The newest change at or before now; None without a schedule."""
    today = local_date(now_ns, instrument.time_zone)
    for back in range(_WEEK + 2):
        newest = None
        for change in _changes_on(instrument, today - (back - 1) * _DAY):
            if change.at_ns <= now_ns:
                newest = change
        if newest is not None:
            return newest
    return None


def next_change(instrument: Instrument, after_ns: int) -> PhaseChange | None:
    """The first change after a moment; None without a schedule. Of several at one moment (all but the last of which
    the clock has jumped over) the last."""
    today = local_date(after_ns, instrument.time_zone)
    first: PhaseChange | None = None
    for ahead in range(_WEEK + 2):
        for change in _changes_on(instrument, today + (ahead - 1) * _DAY):
            if change.at_ns <= after_ns:
                continue
            if first is not None and change.at_ns > first.at_ns:
                return first
            first = change
    return first


def _changes_on(instrument: Instrument, day: date) -> Iterator[PhaseChange]:
    """One local day's changes, in order. A holiday has one, to CLOSED as it begins."""
    zone = instrument.time_zone
    if not instrument.schedule:
        return
    if day.isoformat() in instrument.holidays:
        yield PhaseChange(moment_ns(day, "00:00", zone), TradingPhase.CLOSED)
        return
    weekday = day.isoweekday()
    for session in instrument.schedule:
        if not session.days or weekday in session.days:
            yield PhaseChange(moment_ns(day, session.at, zone), session.phase, session.random_end_s)


# ---- local time ---------------------------------------------------------------------------------------------------


@cache
def _zone(time_zone: str) -> ZoneInfo:
    return ZoneInfo(time_zone)


def local_date(now_ns: int, time_zone: str) -> date:
    """The date that the zone's calendar shows."""
    return (_EPOCH + now_ns // _NS * _SECOND).astimezone(_zone(time_zone)).date()


@lru_cache(maxsize=_MOMENTS_KEPT)
def moment_ns(day: date, at: str, time_zone: str) -> int:
    """The first moment at which the zone's clock shows ``at`` of ``day``, or later."""
    zone = _zone(time_zone)
    wanted = datetime.combine(day, time.fromisoformat(at))
    moment = wanted.replace(tzinfo=zone).astimezone(UTC)  # of two the first: fold is 0
    if _shown(moment, zone) > wanted:
        moment = _jump_over(wanted, zone)
    return (moment - _EPOCH) // _SECOND * _NS


def _jump_over(wanted: datetime, zone: ZoneInfo) -> datetime:
    """When the clock jumps over a local time that it never shows."""
    before = wanted.replace(tzinfo=zone, fold=1).astimezone(UTC)  # by the offset after the jump: still before it
    after = wanted.replace(tzinfo=zone, fold=0).astimezone(UTC)
    while after - before > _SECOND:
        middle = before + (after - before) // _SECOND // 2 * _SECOND
        if _shown(middle, zone) < wanted:
            before = middle
        else:
            after = middle
    return after


def _shown(moment: datetime, zone: ZoneInfo) -> datetime:
    """The wall clock's reading."""
    return moment.astimezone(zone).replace(tzinfo=None)
