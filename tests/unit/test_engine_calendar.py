"""Local times as moments: rolls and phases across daylight saving, holidays and weeks."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from engine_builders import instrument
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.calendar import (
    PhaseChange,
    end_of_day_ns,
    ended_day,
    last_change,
    next_change,
    next_roll_ns,
    phase_at,
    roll_ns,
    trading_date,
)
from engine.instrument import Instrument, Session
from engine.types import TradingPhase as Phase

NS = 10**9
NEW_YORK, LONDON, SYDNEY, LORD_HOWE = "America/New_York", "Europe/London", "Australia/Sydney", "Australia/Lord_Howe"


def ns(moment: str, zone: str = "UTC") -> int:
    """An ISO time in a zone, the first of two."""
    return int(datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone)).timestamp()) * NS


def utc(moment_ns: int) -> str:
    assert moment_ns % NS == 0
    return datetime.fromtimestamp(moment_ns // NS, ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%S")


def listed(zone: str, *sessions: Session, **changes: Any) -> Instrument:
    return instrument(time_zone=zone, schedule=list(sessions), **changes)


# ---- rolls ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "roll", "zone", "day"),
    [
        ("2026-01-02T00:00:00", "00:00", "UTC", "2026-01-02"),
        ("2026-01-01T23:59:59", "00:00", "UTC", "2026-01-01"),
        ("2026-01-02T16:59:59", "17:00", NEW_YORK, "2026-01-01"),
        ("2026-01-02T17:00:00", "17:00", NEW_YORK, "2026-01-02"),
        ("2026-03-08T01:59:59", "02:30", NEW_YORK, "2026-03-07"),
        ("2026-03-08T03:00:00", "02:30", NEW_YORK, "2026-03-08"),
        ("2026-03-08T04:00:00", "02:30", NEW_YORK, "2026-03-08"),
        ("2026-11-01T01:29:59", "01:30", NEW_YORK, "2026-10-31"),
        ("2026-11-01T01:30:00", "01:30", NEW_YORK, "2026-11-01"),
    ],
)
def test_the_day_that_has_ended_last(now: str, roll: str, zone: str, day: str) -> None:
    assert ended_day(ns(now, zone), roll, zone) == day


def test_a_roll_that_the_clock_shows_twice_happened_the_first_time() -> None:
    assert ended_day(ns("2026-11-01T06:10:00"), "01:30", NEW_YORK) == "2026-11-01"
    assert next_roll_ns(ns("2026-11-01T06:10:00"), "01:30", NEW_YORK) == ns("2026-11-02T06:30:00")


@pytest.mark.parametrize(
    ("zone", "day", "roll", "moment"),
    [
        (NEW_YORK, "2026-03-07", "02:30", "2026-03-07T07:30:00"),
        (NEW_YORK, "2026-03-08", "02:30", "2026-03-08T07:00:00"),  # skipped: at the jump from 02:00 to 03:00
        (NEW_YORK, "2026-03-09", "02:30", "2026-03-09T06:30:00"),
        (NEW_YORK, "2026-11-01", "01:30", "2026-11-01T05:30:00"),  # twice: the first
        (LONDON, "2026-03-29", "01:00", "2026-03-29T01:00:00"),
        (LONDON, "2026-03-29", "01:59:59", "2026-03-29T01:00:00"),
        (LONDON, "2026-10-25", "01:00", "2026-10-25T00:00:00"),
        (LONDON, "2026-10-25", "02:00", "2026-10-25T02:00:00"),
        (SYDNEY, "2026-04-05", "02:30", "2026-04-04T15:30:00"),  # the southern autumn
        (SYDNEY, "2026-10-04", "02:30", "2026-10-03T16:00:00"),
        (LORD_HOWE, "2026-04-05", "01:45", "2026-04-04T14:45:00"),  # half an hour back
        (LORD_HOWE, "2026-10-04", "02:15", "2026-10-03T15:30:00"),  # half an hour on
        (LORD_HOWE, "2026-10-04", "02:30", "2026-10-03T15:30:00"),
        ("America/Havana", "2026-03-08", "00:00", "2026-03-08T05:00:00"),  # a day without midnight
        ("America/Sao_Paulo", "2018-02-17", "23:30", "2018-02-18T01:30:00"),  # back over midnight
        ("America/Sao_Paulo", "2018-02-18", "00:00", "2018-02-18T03:00:00"),
        ("Pacific/Apia", "2011-12-30", "12:00", "2011-12-30T10:00:00"),  # a date that never was
        ("Asia/Kathmandu", "2026-01-01", "00:00", "2025-12-31T18:15:00"),
    ],
)
def test_when_a_local_time_happens(zone: str, day: str, roll: str, moment: str) -> None:
    assert utc(roll_ns(day, roll, zone)) == moment


@pytest.mark.parametrize(
    ("zone", "after", "hours"),
    [
        (NEW_YORK, "2026-03-07T17:00:00", 23),
        (NEW_YORK, "2026-10-31T17:00:00", 25),
        (SYDNEY, "2026-10-03T17:00:00", 23),
        (SYDNEY, "2026-04-04T17:00:00", 25),
        (LORD_HOWE, "2026-10-03T17:00:00", 23.5),
        (LORD_HOWE, "2026-04-04T17:00:00", 24.5),
    ],
)
def test_the_days_length_between_two_rolls(zone: str, after: str, hours: float) -> None:
    now_ns = ns(after, zone)
    assert next_roll_ns(now_ns, "17:00", zone) - now_ns == int(hours * 3600) * NS


@pytest.mark.parametrize(
    ("zone", "roll", "day", "ends"),
    [
        (NEW_YORK, "17:00", "2026-01-02", "2026-01-02T22:00:00"),
        (NEW_YORK, "17:00", "2026-03-08", "2026-03-08T21:00:00"),
        ("UTC", "00:00", "2026-01-02", "2026-01-03T00:00:00"),
        (NEW_YORK, "02:30", "2026-03-07", "2026-03-08T07:00:00"),
        (LONDON, "12:00", "2026-07-01", "2026-07-01T11:00:00"),
        (SYDNEY, "16:10", "20261004", "2026-10-04T05:10:00"),
    ],
)
def test_when_an_order_good_till_a_date_expires(zone: str, roll: str, day: str, ends: str) -> None:
    assert utc(end_of_day_ns(instrument(time_zone=zone, daily_roll=roll), day)) == ends


@pytest.mark.parametrize(
    ("zone", "roll", "at", "day"),
    [
        (NEW_YORK, "17:00", "2026-01-02T16:59:59", "2026-01-02"),
        (NEW_YORK, "17:00", "2026-01-02T17:00:00", "2026-01-03"),
        ("UTC", "00:00", "2026-01-02T00:00:00", "2026-01-02"),
        ("UTC", "00:00", "2026-01-02T23:59:59", "2026-01-02"),
        (SYDNEY, "02:30", "2026-01-03T02:29:59", "2026-01-02"),
    ],
)
def test_the_trading_day_of_a_moment_is_the_one_that_ends_next(zone: str, roll: str, at: str, day: str) -> None:
    listed, moment = instrument(time_zone=zone, daily_roll=roll), ns(at, zone)
    assert trading_date(listed, moment).isoformat() == day
    assert end_of_day_ns(listed, day) > moment


def test_a_date_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="day is out of range"):
        end_of_day_ns(instrument(), "2026-01-32")


# ---- phases --------------------------------------------------------------------------------------------------------

WEEKDAYS = [1, 2, 3, 4, 5]
STOCKS = (
    Session("08:00", Phase.PRE_OPEN, WEEKDAYS),
    Session("09:00", Phase.OPENING_AUCTION, WEEKDAYS),
    Session("09:30", Phase.CONTINUOUS, WEEKDAYS, random_end_s=30),
    Session("16:00", Phase.CLOSING_AUCTION, WEEKDAYS),
    Session("16:05", Phase.CLOSED, WEEKDAYS, random_end_s=15),
)


def test_without_a_schedule_nothing_changes() -> None:
    assert phase_at(instrument(), 0) is None
    assert last_change(instrument(), 0) is None
    assert next_change(instrument(), 0) is None


@pytest.mark.parametrize(
    ("now", "phase", "next_at", "next_phase", "random_end_s"),
    [
        ("2026-01-02T07:59:59", Phase.CLOSED, "2026-01-02T08:00:00", Phase.PRE_OPEN, 0),
        ("2026-01-02T08:00:00", Phase.PRE_OPEN, "2026-01-02T09:00:00", Phase.OPENING_AUCTION, 0),
        ("2026-01-02T09:29:59", Phase.OPENING_AUCTION, "2026-01-02T09:30:00", Phase.CONTINUOUS, 30),
        ("2026-01-02T09:30:00", Phase.CONTINUOUS, "2026-01-02T16:00:00", Phase.CLOSING_AUCTION, 0),
        ("2026-01-02T16:05:00", Phase.CLOSED, "2026-01-05T08:00:00", Phase.PRE_OPEN, 0),
        ("2026-01-04T12:00:00", Phase.CLOSED, "2026-01-05T08:00:00", Phase.PRE_OPEN, 0),
    ],
)
def test_a_trading_day_and_a_weekend(
    now: str, phase: Phase, next_at: str, next_phase: Phase, random_end_s: int
) -> None:
    stocks = listed(NEW_YORK, *STOCKS)
    now_ns = ns(now, NEW_YORK)
    assert phase_at(stocks, now_ns) is phase
    assert next_change(stocks, now_ns) == PhaseChange(ns(next_at, NEW_YORK), next_phase, random_end_s)


def test_one_change_a_week_is_found_from_every_moment_of_it() -> None:
    weekly = listed("UTC", Session("12:00", Phase.CONTINUOUS, [3]))
    before, at = ns("2026-01-07T12:00:00"), ns("2026-01-14T12:00:00")
    assert next_change(weekly, before) == PhaseChange(at, Phase.CONTINUOUS)
    assert last_change(weekly, at - 1) == PhaseChange(before, Phase.CONTINUOUS)
    assert last_change(weekly, at) == PhaseChange(at, Phase.CONTINUOUS)


def test_a_holiday_is_closed_from_midnight_to_the_next_change() -> None:
    """Also where trading goes on overnight: the entry before the holiday does not last into it."""
    overnight = listed(
        "America/Chicago",
        Session("16:00", Phase.CLOSED),
        Session("17:00", Phase.CONTINUOUS),
        holidays=["2026-01-19"],
    )
    midnight = ns("2026-01-19T00:00:00", "America/Chicago")
    assert phase_at(overnight, midnight - 1) is Phase.CONTINUOUS
    assert next_change(overnight, midnight - 1) == PhaseChange(midnight, Phase.CLOSED)
    assert phase_at(overnight, ns("2026-01-19T20:00:00", "America/Chicago")) is Phase.CLOSED
    after = next_change(overnight, midnight)
    assert after == PhaseChange(ns("2026-01-20T16:00:00", "America/Chicago"), Phase.CLOSED)


def test_changes_that_the_clock_jumps_over_are_one_and_keep_their_order() -> None:
    night = listed(
        NEW_YORK,
        Session("01:00", Phase.PRE_OPEN),
        Session("02:15", Phase.OPENING_AUCTION),
        Session("02:45", Phase.CONTINUOUS),
        Session("03:00", Phase.INTRADAY_AUCTION),
        Session("03:05", Phase.CONTINUOUS),
    )
    jump = ns("2026-03-08T07:00:00")
    assert next_change(night, jump - 1) == PhaseChange(jump, Phase.INTRADAY_AUCTION)
    assert last_change(night, jump) == PhaseChange(jump, Phase.INTRADAY_AUCTION)
    assert next_change(night, jump) == PhaseChange(ns("2026-03-08T07:05:00"), Phase.CONTINUOUS)


def test_changes_that_the_clock_shows_twice_happen_once() -> None:
    night = listed(LONDON, Session("01:15", Phase.PRE_OPEN), Session("01:45", Phase.CONTINUOUS))
    first, second = ns("2026-10-25T00:15:00"), ns("2026-10-25T00:45:00")
    assert next_change(night, first) == PhaseChange(second, Phase.CONTINUOUS)
    assert phase_at(night, ns("2026-10-25T01:20:00")) is Phase.CONTINUOUS
    assert next_change(night, second) == PhaseChange(ns("2026-10-26T01:15:00"), Phase.PRE_OPEN)


# ---- any zone, any schedule ----------------------------------------------------------------------------------------

ZONES = st.sampled_from([
    NEW_YORK, LONDON, SYDNEY, LORD_HOWE, "UTC", "America/Havana", "America/Sao_Paulo", "Asia/Tehran",
    "Pacific/Chatham", "America/St_Johns", "Antarctica/Troll", "Africa/Casablanca", "Asia/Tokyo",
])  # fmt: skip
TIMES = st.lists(st.times(), min_size=1, max_size=6, unique=True)
YEARS = st.datetimes(datetime(2015, 1, 1), datetime(2030, 1, 1)).map(
    lambda moment: int(moment.replace(tzinfo=ZoneInfo("UTC")).timestamp()) * NS
)


def daily(zone: str, times: list[Any]) -> Instrument:
    """A schedule of whole seconds, in order; the phases tell the entries apart."""
    at = sorted({time.replace(microsecond=0, tzinfo=None).isoformat() for time in times})
    return listed(zone, *(Session(when, Phase(n + 1)) for n, when in enumerate(at)))


@settings(max_examples=60, deadline=None)
@given(ZONES, TIMES, YEARS)
def test_each_entry_happens_once_a_day_in_order(zone: str, times: list[Any], start_ns: int) -> None:
    """400 changes on: time only goes forward, entries follow one another in turn, and only those that the clock jumps
    over are missing."""
    cycle = daily(zone, times)
    entries = len(cycle.schedule)
    changes = [next_change(cycle, start_ns)]
    while len(changes) < 400:
        assert changes[-1] is not None
        changes.append(next_change(cycle, changes[-1].at_ns))
    for before, after in pairwise(changes):
        assert before is not None
        assert after is not None
        assert before.at_ns < after.at_ns
        assert last_change(cycle, after.at_ns - 1) == before
        assert last_change(cycle, after.at_ns) == after
        assert phase_at(cycle, (before.at_ns + after.at_ns) // 2) is before.phase
        skipped = (after.phase - before.phase - 1) % entries
        assert not skipped or _jumps(zone, before.at_ns, after.at_ns)


def _jumps(zone: str, start_ns: int, end_ns: int) -> bool:
    at = [datetime.fromtimestamp(moment // NS, ZoneInfo(zone)).utcoffset() for moment in (start_ns, end_ns)]
    assert at[0] is not None
    assert at[1] is not None
    return at[1] > at[0]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(available_timezones())), st.times(), YEARS)
def test_the_next_roll_ends_the_day_after_the_one_that_has_ended(zone: str, at: Any, now_ns: int) -> None:
    roll = at.isoformat("seconds")
    ended, due_ns = ended_day(now_ns, roll, zone), next_roll_ns(now_ns, roll, zone)
    assert roll_ns(ended, roll, zone) <= now_ns < due_ns
    assert ended_day(due_ns - 1, roll, zone) == ended
    assert ended_day(due_ns, roll, zone) > ended
    assert ended_day(now_ns + NS, roll, zone) >= ended
