"""Session windows against the wall clock: weeks, days, nights, daylight saving, and schedules that can't be."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.session_profile import SessionSchedule, SessionWindow
from engine.session_schedule import (
    Window,
    local_text,
    next_start_ns,
    opening_text,
    schedule_problems,
    window_at,
)

NS = 1_000_000_000
NEW_YORK = "America/New_York"
WEEK = list(range(7))


def at(text: str, zone: str = "UTC", fold: int = 0) -> int:
    """A local time, nanoseconds UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()) * NS


def schedule(*windows: SessionWindow, zone: str = "UTC") -> SessionSchedule:
    return SessionSchedule(zone, list(windows))


def shown(window: Window | None) -> tuple[str, str] | None:
    if window is None:
        return None
    start, end = (datetime.fromtimestamp(ns // NS, UTC) for ns in (window.start_ns, window.end_ns))
    return f"{start:%m-%d %H:%M}", f"{end:%m-%d %H:%M}"


WEEKLY = schedule(SessionWindow([6], "17:00:00", "17:00:00", 5), zone=NEW_YORK)
"""Sunday 17:00 to Friday 17:00."""
OFFICE = schedule(SessionWindow([0, 1, 2, 3, 4], "08:00:00", "12:00:00"), SessionWindow([0, 2], "13:00:00", "17:30:00"))
NIGHTS = schedule(SessionWindow(WEEK, "17:00:00", "16:45:00"), zone=NEW_YORK)
"""Every day from 17:00 until 16:45 of the next."""
ALWAYS = schedule(SessionWindow(WEEK, "00:00:00", "00:00:00"))


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-01-04T16:59:59", None),
        ("2026-01-04T17:00:00", ("01-04 22:00", "01-09 22:00")),
        ("2026-01-07T03:00:00", ("01-04 22:00", "01-09 22:00")),
        ("2026-01-09T16:59:59", ("01-04 22:00", "01-09 22:00")),
        ("2026-01-09T17:00:00", None),
        ("2026-03-10T12:00:00", ("03-08 21:00", "03-13 21:00")),  # after the clocks went forward on the 8th
    ],
)
def test_a_weekly_session(when: str, expected: tuple[str, str] | None) -> None:
    assert shown(window_at(WEEKLY, at(when, NEW_YORK))) == expected


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-01-05T07:59:59", None),
        ("2026-01-05T08:00:00", ("01-05 08:00", "01-05 12:00")),
        ("2026-01-05T12:30:00", None),
        ("2026-01-05T13:00:00", ("01-05 13:00", "01-05 17:30")),
        ("2026-01-06T13:00:00", None),  # a Tuesday has no afternoon
        ("2026-01-10T09:00:00", None),  # nor a Saturday a morning
    ],
)
def test_several_windows_by_weekday(when: str, expected: tuple[str, str] | None) -> None:
    assert shown(window_at(OFFICE, at(when))) == expected


def test_an_end_at_or_before_the_start_is_the_next_days() -> None:
    assert shown(window_at(NIGHTS, at("2026-01-06T03:00:00", NEW_YORK))) == ("01-05 22:00", "01-06 21:45")
    assert window_at(NIGHTS, at("2026-01-06T16:50:00", NEW_YORK)) is None
    assert shown(window_at(ALWAYS, at("2026-01-06T00:00:00"))) == ("01-06 00:00", "01-07 00:00")


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-01-09T17:00:00", "2026-01-11 17:00:00"),
        ("2026-01-07T12:00:00", "2026-01-11 17:00:00"),
        ("2026-01-11T16:59:59", "2026-01-11 17:00:00"),
        ("2026-01-11T17:00:00", "2026-01-18 17:00:00"),
    ],
)
def test_when_it_opens_next(when: str, expected: str) -> None:
    now = at(when, NEW_YORK)
    assert local_text(next_start_ns(WEEKLY, now), NEW_YORK) == f"{expected} {NEW_YORK}"


def test_what_a_client_is_told() -> None:
    outside, inside = at("2026-01-09T17:00:00", NEW_YORK), at("2026-01-12T03:00:00", NEW_YORK)
    for now in (outside, inside):
        assert opening_text(WEEKLY, now) == f"it opens again at 2026-01-11 17:00:00 {NEW_YORK}"
    assert opening_text(schedule(), outside) == "it does not open again"


def test_each_session_has_its_own_zone() -> None:
    window = SessionWindow([0], "09:00:00", "10:00:00")
    moments = {zone: next_start_ns(schedule(window, zone=zone), at("2026-01-04T00:00:00")) for zone in _ZONES}
    assert moments["Asia/Tokyo"] < moments["UTC"] < moments[NEW_YORK]


# ---- daylight saving ------------------------------------------------------------------------------------------------


def test_a_start_that_is_skipped_happens_as_the_clock_jumps() -> None:
    early = schedule(SessionWindow(WEEK, "02:30:00", "05:00:00"), zone=NEW_YORK)
    window = window_at(early, at("2026-03-08T04:00:00", NEW_YORK))
    assert shown(window) == ("03-08 07:00", "03-08 09:00")  # 03:00 to 05:00 EDT


def test_a_window_in_skipped_time_does_not_happen() -> None:
    skipped = schedule(SessionWindow(WEEK, "02:10:00", "02:50:00"), zone=NEW_YORK)
    before = at("2026-03-08T01:00:00", NEW_YORK)
    assert window_at(skipped, at("2026-03-08T03:00:00", NEW_YORK)) is None
    assert next_start_ns(skipped, before) == at("2026-03-09T02:10:00", NEW_YORK)


def test_a_time_that_occurs_twice_counts_the_first_time() -> None:
    late = schedule(SessionWindow(WEEK, "00:30:00", "01:30:00"), zone=NEW_YORK)
    assert shown(window_at(late, at("2026-11-01T01:00:00", NEW_YORK))) == ("11-01 04:30", "11-01 05:30")
    assert window_at(late, at("2026-11-01T01:00:00", NEW_YORK, fold=1)) is None


def test_a_window_of_a_date_that_clocks_set_back_over() -> None:
    """St. John's went from 00:01 back to 23:01 of the day before, so its local date is not that of the newest start."""
    zone = "America/St_Johns"
    window = schedule(SessionWindow([6], "00:00:00", "10:00:00"), zone=zone)
    again = at("2010-11-06T23:30:00", zone, fold=1)
    assert shown(window_at(window, again)) == ("11-07 02:30", "11-07 13:30")


_ZONES = ["UTC", NEW_YORK, "Europe/London", "Asia/Tokyo", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia"]
_TIMES = st.builds("{:02}:{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59), st.sampled_from([0, 59]))
_WINDOWS = st.builds(SessionWindow, st.lists(st.integers(0, 6), min_size=1, unique=True), _TIMES, _TIMES)
_SCHEDULES = st.builds(SessionSchedule, st.sampled_from(_ZONES), st.lists(_WINDOWS, min_size=1, max_size=3))


@settings(max_examples=150, deadline=None)
@given(_SCHEDULES, st.integers(1_262_304_000, 1_830_000_000))
@example(ALWAYS, 1_767_571_200)
def test_windows_follow_one_another(wanted: SessionSchedule, second: int) -> None:
    if list(schedule_problems(wanted)):
        return
    now = second * NS
    start = next_start_ns(wanted, now)
    window = window_at(wanted, start)
    assert start > now
    assert window is not None
    assert window.start_ns == start
    assert window_at(wanted, window.end_ns - 1) == window
    after = window_at(wanted, window.end_ns)
    assert after is None or after.start_ns == window.end_ns
    assert next_start_ns(wanted, window.start_ns) >= window.end_ns
    current = window_at(wanted, now)
    assert current is None or current.end_ns <= start


# ---- what can't be --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", [WEEKLY, OFFICE, NIGHTS, ALWAYS])
def test_possible_schedules(wanted: SessionSchedule) -> None:
    assert list(schedule_problems(wanted)) == []


@pytest.mark.parametrize(
    ("wanted", "key", "text"),
    [
        (schedule(SessionWindow([0], "09:00", "10:00"), zone="Mars/Base"), "zone", "'Mars/Base' is not allowed"),
        (schedule(SessionWindow([0], "09:00", "10:00"), zone="../etc"), "zone", "IANA"),
        (schedule(), "windows", "none is given"),
        (schedule(SessionWindow([], "09:00", "10:00")), "windows[0].days", "none is given"),
        (schedule(SessionWindow([7], "09:00", "10:00")), "windows[0].days", "0 (Monday) to 6"),
        (schedule(SessionWindow([1, 1], "09:00", "10:00")), "windows[0].days", "twice"),
        (schedule(SessionWindow([0], "24:00", "10:00")), "windows[0].start", "'24:00' is not allowed"),
        (schedule(SessionWindow([0], "09:00", "9:5")), "windows[0].end", "local time of day"),
        (schedule(SessionWindow([0], "09:00", "10:00", 8)), "windows[0].end_days", "expected 0 to 7"),
        (schedule(SessionWindow([0], "09:00", "10:00", 7)), "windows[0].end_days", "at most a week"),
        (
            schedule(SessionWindow([0], "09:00", "12:00"), SessionWindow([0], "11:00", "13:00")),
            "windows[1]",
            "overlaps windows[0]",
        ),
        (schedule(SessionWindow([0, 1], "09:00", "10:00", 1)), "windows[0]", "overlaps itself"),
        (
            schedule(SessionWindow([0], "00:30", "09:00"), SessionWindow([6], "17:00", "01:00")),
            "windows[1]",
            "overlaps windows[0]",
        ),
    ],
)
def test_impossible_schedules(wanted: SessionSchedule, key: str, text: str) -> None:
    problems = list(schedule_problems(wanted))
    assert [found for found, _ in problems] == [key]
    assert text in problems[0][1]
