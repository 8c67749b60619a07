"""When a session may be logged on: weekly and daily windows of local time, as moments in nanoseconds UTC.

A window is one occurrence of a :class:`SessionWindow` (FIX: "session", QuickFIX: StartDay, StartTime, EndDay, EndTime);
it begins with both sequence numbers at 1. A local time happens as :mod:`engine.calendar` says: one that daylight saving
skips as the clock jumps over it, one that occurs twice the first time. So windows that don't overlap on the wall clock
never do, and one that lies wholly in skipped time does not happen. All functions are pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, final
from zoneinfo import ZoneInfo

import msgspec

from engine.calendar import local_date, moment_ns
from engine.session_profile import SessionSchedule, SessionWindow

_DAY: Final = timedelta(days=1)
_DAY_S: Final = 86_400
_DAYS: Final = 7
_WEEK_S: Final = _DAYS * _DAY_S
_NS: Final = 1_000_000_000
_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
_TIME_EXPECTED: Final = "expected a local time of day from 00:00:00 to 23:59:59"


@final
class Window(msgspec.Struct, frozen=True, gc=False):
    """A time in which a session may be logged on. Nanoseconds UTC."""

    start_ns: int
    end_ns: int
    """Exclusive."""


def window_at(schedule: SessionSchedule, now_ns: int) -> Window | None:
    """The window that a moment lies in; None outside of all."""
    for window in _around(schedule, now_ns, 1):
        if window.start_ns <= now_ns < window.end_ns:
            return window
    return None


def next_start_ns(schedule: SessionSchedule, now_ns: int) -> int:
    """When the first window after a moment begins; 0 where none ever does."""
    starts = (window.start_ns for window in _around(schedule, now_ns, _DAYS + 1) if window.start_ns > now_ns)
    return min(starts, default=0)


def opening_text(schedule: SessionSchedule, now_ns: int) -> str:
    """When a session can be logged on to again, for its client: ``it opens again at …``, local time and zone.

    Where it can be now, that is when the window that is under way began.
    """
    window = window_at(schedule, now_ns)
    start_ns = next_start_ns(schedule, now_ns) if window is None else window.start_ns
    return f"it opens again at {local_text(start_ns, schedule.zone)}" if start_ns else "it does not open again"


def local_text(moment: int, zone: str) -> str:
    """``2026-01-05 17:00:00 America/New_York`` of a moment in nanoseconds UTC."""
    return f"{datetime.fromtimestamp(moment // _NS, ZoneInfo(zone)):%Y-%m-%d %H:%M:%S} {zone}"


def schedule_problems(schedule: SessionSchedule) -> Iterator[tuple[str, str]]:
    """The rules that a schedule breaks: the dotted key and what is wrong with its value."""
    try:
        ZoneInfo(schedule.zone)
    except (KeyError, OSError, ValueError):  # unknown, a directory, a path out of the database
        yield "zone", f"{schedule.zone!r} is not allowed; expected the name of an IANA time zone, e.g. America/New_York"
    if not schedule.windows:
        yield "windows", "none is given; expected at least one, or no schedule"
    wrong = [found for i, window in enumerate(schedule.windows) for found in _window_problems(f"windows[{i}]", window)]
    yield from wrong or _overlaps(schedule.windows)


# ---- occurrences --------------------------------------------------------------------------------------------------


def _around(schedule: SessionSchedule, now_ns: int, days_ahead: int) -> Iterator[Window]:
    """Every window that begins at most ``days_ahead`` days after a moment and has not ended long before it.

    A day more on either side: where clocks are set back over midnight, or a date is left out, the local date of now
    is not that of the newest start.
    """
    zone = schedule.zone
    today = local_date(now_ns, zone)
    for window in schedule.windows:
        nights = nights_of(window)
        for ahead in range(-nights - 1, days_ahead + 1):
            day = today + ahead * _DAY
            if day.weekday() in window.days:
                start_ns = moment_ns(day, window.start, zone)
                end_ns = moment_ns(day + nights * _DAY, window.end, zone)
                if start_ns < end_ns:
                    yield Window(start_ns, end_ns)


def nights_of(window: SessionWindow) -> int:
    """How many midnights lie between a window's start and its end."""
    return window.end_days or int(seconds_of(window.end) <= seconds_of(window.start))


def seconds_of(text: str) -> int:
    """Of a local time ``HH:MM`` or ``HH:MM:SS``, since midnight.

    Raises:
        ValueError: it is none.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not allowed; {_TIME_EXPECTED}")
    hours, minutes, seconds = found.groups("0")
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)


# ---- rules --------------------------------------------------------------------------------------------------------


def _window_problems(key: str, window: SessionWindow) -> Iterator[tuple[str, str]]:
    found = False
    for name in ("start", "end"):
        try:
            seconds_of(getattr(window, name))
        except ValueError as error:
            found = True
            yield f"{key}.{name}", str(error)
    if not window.days:
        yield f"{key}.days", "none is given; expected on which days it begins"
    for day in window.days:
        if not 0 <= day < _DAYS:
            yield f"{key}.days", f"{day} is not allowed; expected 0 (Monday) to 6 (Sunday)"
    if len(set(window.days)) < len(window.days):
        yield f"{key}.days", "one is given twice; expected each day once"
    if not 0 <= window.end_days <= _DAYS:
        yield f"{key}.end_days", f"{window.end_days} is not allowed; expected 0 to {_DAYS}"
    elif not found and _length_s(window) > _WEEK_S:
        yield f"{key}.end_days", f"{window.end_days} is not allowed here; expected a window of at most a week"


def _overlaps(windows: list[SessionWindow]) -> Iterator[tuple[str, str]]:
    """Windows that meet on the wall clock of any week; one whose end is another's start does not."""
    begun = sorted(
        (day * _DAY_S + seconds_of(window.start), _length_s(window), i)
        for i, window in enumerate(windows)
        for day in window.days
    )
    if not begun:
        return
    reported: set[tuple[int, int]] = set()
    first_start = begun[0][0]
    after = [*begun[1:], (first_start + _WEEK_S, *begun[0][1:])]
    for (start, length, i), (next_start, _, j) in zip(begun, after, strict=True):
        pair = (min(i, j), max(i, j))
        if start + length > next_start and pair not in reported:
            reported.add(pair)
            other = "itself on another day" if i == j else f"windows[{pair[0]}]"
            yield f"windows[{pair[1]}]", f"overlaps {other}; expected windows apart"


def _length_s(window: SessionWindow) -> int:
    """On a wall clock that is never set."""
    return nights_of(window) * _DAY_S + seconds_of(window.end) - seconds_of(window.start)
