"""Heartbeats and test requests: who has been silent for how long (FIX 4.4 vol. 2, Heartbeat, Test Request).

Time is monotonic, so a clock that is set never ends a session, and it is the timer's, late by its resolution, so a
message costs no look at a clock.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import Protocol


class Time(Protocol):
    """What a session knows of time between two calls of its timer: :class:`gateways.timer_wheel.TimerWheel`."""

    @property
    def now_s(self) -> float:
        """Monotonic seconds, late by the timer's resolution at the most."""


class Still:
    """Time that does not pass, for a session that nobody calls for its timers."""

    now_s = 0.0


class Due(Enum):
    NOTHING = 0
    HEARTBEAT = 1
    TEST_REQUEST = 2
    DISCONNECT = 3


class Liveness:
    """Timers of one connection. ``heartbeat_s`` 0 = neither sent nor expected.

    A heartbeat goes within ``resolution_s`` before it falls due, never later; a client is silent no sooner than after
    ``heartbeat_s`` × ``silence_factor``, and by two resolutions later at the most.
    """

    __slots__ = (
        "_heard_s", "_heartbeat_s", "_limit_s", "_paused", "_resolution_s", "_sent_s", "_testing", "_time",
    )  # fmt: skip

    def __init__(self, heartbeat_s: int, silence_factor: float, time: Time, resolution_s: float) -> None:
        self._heartbeat_s = heartbeat_s or math.inf
        self._limit_s = self._heartbeat_s * silence_factor + resolution_s
        self._resolution_s = resolution_s
        self._time = time
        self._sent_s = self._heard_s = time.now_s
        self._testing = False
        self._paused = False

    def heard(self) -> None:
        """Anything has come from the client."""
        self._heard_s = self._time.now_s
        self._testing = False

    def sent(self) -> None:
        """Anything has been sent to it."""
        self._sent_s = self._time.now_s

    @property
    def paused(self) -> bool:
        """While the venue does not read the client, silence is the venue's doing."""
        return self._paused

    @paused.setter
    def paused(self, paused: bool) -> None:
        self._paused = paused
        self.heard()

    def due(self, now_s: float) -> Due:
        """What is due by now, or will be before the timer comes by again."""
        if self._paused:
            self._heard_s = now_s
        elif now_s - self._heard_s >= self._limit_s:
            if self._testing:
                return Due.DISCONNECT
            self._testing = True
            self._heard_s = now_s
            return Due.TEST_REQUEST
        if now_s + self._resolution_s - self._sent_s >= self._heartbeat_s:
            return Due.HEARTBEAT
        return Due.NOTHING

    @property
    def next_s(self) -> float:
        """Before when nothing is due; infinite where nothing ever is."""
        return min(self._sent_s + self._heartbeat_s, self._heard_s + self._limit_s + self._resolution_s)
