"""Heartbeats and test requests: who has been silent for how long (FIX 4.4 vol. 2, Heartbeat, Test Request).

Counts elapsed time handed in by ticks, so a clock that is set never ends a session, and a message costs one flag.
"""

from __future__ import annotations

from enum import Enum


class Due(Enum):
    NOTHING = 0
    HEARTBEAT = 1
    TEST_REQUEST = 2
    DISCONNECT = 3


class Liveness:
    """Timers of one connection. ``heartbeat_s`` 0 = neither sent nor expected."""

    __slots__ = ("_heartbeat_s", "_limit_s", "_quiet_s", "_silence_s", "_testing", "heard", "paused", "sent")

    def __init__(self, heartbeat_s: int, silence_factor: float) -> None:
        self._heartbeat_s = heartbeat_s
        self._limit_s = heartbeat_s * silence_factor
        self._quiet_s = 0.0
        self._silence_s = 0.0
        self._testing = False
        self.heard = False
        """Set when anything has come from the client."""
        self.sent = False
        """Set when anything has been sent to it."""
        self.paused = False
        """While the venue does not read the client, silence is the venue's doing."""

    def elapse(self, elapsed_s: float) -> Due:
        """What ``elapsed_s`` more seconds make due."""
        if not self._heartbeat_s:
            return Due.NOTHING
        if self.sent:
            self.sent = False
            self._quiet_s = 0.0
        else:
            self._quiet_s += elapsed_s
        if self.heard or self.paused:
            self.heard = self._testing = False
            self._silence_s = 0.0
        else:
            self._silence_s += elapsed_s
        if self._silence_s >= self._limit_s:
            self._silence_s = 0.0
            if self._testing:
                return Due.DISCONNECT
            self._testing = True
            return Due.TEST_REQUEST
        # What was sent may have gone right after the last tick, and the next tick would be too late.
        if self._quiet_s + elapsed_s >= self._heartbeat_s:
            return Due.HEARTBEAT
        return Due.NOTHING
