"""Refused logons: the Logout that refuses one is a message that the client counts and the session has not numbered.

A client (QuickFIX is one) that counts a Logout and then gets a Logon with a lower number than it expects ends the
session as "MsgSeqNum too low", and for as many attempts as it was refused. So the session passes over those numbers at
its next logon; a client that does not count them sees a gap, which is filled. Nobody's numbers move before a right
password has been given, and then for what was refused to the same host alone: who calls himself by another's name
cannot move that one's numbers from elsewhere.
"""

from __future__ import annotations

from gateways.fix.fields_in import ID_MAX

CLIENTS_MAX = 10_000
"""Sessions, each on each host, that are remembered; the longest unrefused is forgotten first."""
TIMES_MAX = 10_000
"""Refusals that are remembered of one session on one host."""

SessionKey = tuple[str, str, str]
"""BeginString, the client's CompID and the venue's."""


class RefusedLogons:
    """How often each session's client has been refused, on each host, since it was last welcome there."""

    __slots__ = ("_times",)

    def __init__(self) -> None:
        self._times: dict[tuple[SessionKey, str], int] = {}

    def add(self, session: SessionKey, host: str) -> None:
        """A Logout has been sent to ``host``, an address without the port, to refuse this session's client, or one that
        calls itself so."""
        if max(map(len, session)) > ID_MAX:
            return
        client = session, host
        times = self._times.pop(client, 0)
        self._times[client] = min(times + 1, TIMES_MAX)
        if len(self._times) > CLIENTS_MAX:
            del self._times[next(iter(self._times))]

    def take(self, session: SessionKey, host: str) -> int:
        """The client on ``host`` is welcome: how many numbers to pass over."""
        return self._times.pop((session, host), 0)
