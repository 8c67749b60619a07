"""Refused logons: the Logout that refuses one is a message that the client counts and the session has not numbered.

A client (QuickFIX is one) that counts a Logout and then gets a Logon with a lower number than it expects ends the
session as "MsgSeqNum too low", and for as many attempts as it was refused. So the session passes over those numbers at
its next logon; a client that does not count them sees a gap, which is filled. Nobody's numbers move before a right
password has been given.
"""

from __future__ import annotations

from gateways.fix.fields_in import ID_MAX

SESSIONS_MAX = 10_000
"""Sessions that are remembered; the longest unrefused is forgotten first."""
TIMES_MAX = 10_000
"""Refusals that are remembered of one session."""

SessionKey = tuple[str, str, str]
"""BeginString, the client's CompID and the venue's."""


class RefusedLogons:
    """How often each session's client has been refused since it was last welcome."""

    __slots__ = ("_times",)

    def __init__(self) -> None:
        self._times: dict[SessionKey, int] = {}

    def add(self, key: SessionKey) -> None:
        """A Logout has been sent to refuse this session's client, or one that calls itself so."""
        if max(map(len, key)) > ID_MAX:
            return
        times = self._times.pop(key, 0)
        self._times[key] = min(times + 1, TIMES_MAX)
        if len(self._times) > SESSIONS_MAX:
            del self._times[next(iter(self._times))]

    def take(self, key: SessionKey) -> int:
        """The client is welcome: how many numbers to pass over."""
        return self._times.pop(key, 0)
