"""What a session may do and how the venue treats it: tables of their own within a session's configuration.

Times are in seconds and days are named; the engine counts milliseconds, and days from 0.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from config.kinds import Integer, Number, TimeOfDay, TimeZone, Weekdays, Word
from engine.session_profile import CancelOnDisconnect, RateAction, SessionSchedule, SessionWindow

_MS: Final = 1000
_ALL_WEEK: Final = range(1, 8)


class CancelConfig(msgspec.Struct, frozen=True, kw_only=True):
    """When the venue cancels the session's open orders by itself."""

    mode: Annotated[CancelOnDisconnect, Word(CancelOnDisconnect)] = CancelOnDisconnect.OFF
    """off; disconnect: when the connection ends without a Logout; logout: however it ends."""
    window_s: Annotated[float, Number(0, 86_400)] = 0.0
    """How long the client may take to come back before that."""

    @property
    def window_ms(self) -> int:
        return round(self.window_s * _MS)


class RateConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How many messages the session may send."""

    per_second: Annotated[int, Integer(0, 1_000_000, "0 = the venue's limit")] = 0
    burst: Annotated[int, Integer(0, 1_000_000, "0 = a second's worth")] = 0
    """Messages that may come at once after silence."""
    action: Annotated[RateAction, Word(RateAction)] = RateAction.REJECT
    """What is done beyond: reject the message, or disconnect the client."""


class WindowConfig(msgspec.Struct, frozen=True, kw_only=True):
    """When the session may be logged on, on each of some days."""

    start: Annotated[str, TimeOfDay(seconds=True)]
    """Local time, in the schedule's zone."""
    end: Annotated[str, TimeOfDay(seconds=True)]
    """Local time, exclusive."""
    days: Annotated[list[int], Weekdays()] = msgspec.field(default_factory=list)
    """The days of the week on which it starts."""
    end_days: Annotated[int, Integer(0, 6, "days from start to end; 0 = the first time that it is end")] = 0

    def to_window(self) -> SessionWindow:
        """The engine's."""
        start, end = _with_seconds(self.start), _with_seconds(self.end)
        days = [day - 1 for day in self.days or _ALL_WEEK]
        return SessionWindow(days, start, end, self.end_days or int(end <= start))

    @classmethod
    def of(cls, window: SessionWindow) -> WindowConfig:
        """The configuration that gives ``window``."""
        days = [day + 1 for day in window.days]
        return cls(start=window.start, end=window.end, days=days, end_days=window.end_days)


class SessionScheduleConfig(msgspec.Struct, frozen=True, kw_only=True):
    """When the session may be logged on; each window begins with sequence numbers reset."""

    zone: Annotated[str, TimeZone()] = "UTC"
    """The zone in which the windows are read."""
    windows: list[WindowConfig] = msgspec.field(default_factory=list)
    """None: at any time, and numbers go on until somebody resets them."""

    def to_schedule(self) -> SessionSchedule | None:
        """The engine's."""
        return SessionSchedule(self.zone, [it.to_window() for it in self.windows]) if self.windows else None

    @classmethod
    def of(cls, schedule: SessionSchedule | None) -> SessionScheduleConfig:
        """The configuration that gives ``schedule``."""
        if schedule is None:
            return cls()
        return cls(zone=schedule.zone, windows=[WindowConfig.of(it) for it in schedule.windows])


def _with_seconds(time_of_day: str) -> str:
    return time_of_day if time_of_day.count(":") == 2 else f"{time_of_day}:00"
