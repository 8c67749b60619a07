"""Which sessions are told of other sessions' orders: drop copies, read-only, for a firm or its clearer.

The journal stamps into each record which drop copy is told of which report, and under which number. So a record's
copies follow from nothing but the sessions opened and changed before it, and nobody decides twice.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.events import Event, SessionOpened, SessionRemoved
from engine.session_profile import Rights

_DROP_COPY = int(Rights.DROP_COPY)


class DropCopies:
    """By session, the drop copies of its reports; kept up to date by the events that open and end sessions."""

    def __init__(self, sessions: Iterable[SessionOpened] = (), past: Iterable[SessionOpened] = ()) -> None:
        """``past``: sessions that have been removed, whose orders may still be open."""
        self.any = False
        """Whether there are drop copies at all."""
        self._of: dict[int, tuple[int, ...]] = {}
        self._firms: dict[int, str] = {session.session_id: session.firm for session in past}
        self._readers: dict[int, frozenset[str]] = {}
        for session in sessions:
            self._open(session)
        self._sort()

    def follow(self, event: Event) -> None:
        """From the next record on it is as this one says."""
        if isinstance(event, SessionOpened):
            self._open(event)
            self._sort()
        elif isinstance(event, SessionRemoved):
            self._readers.pop(event.session_id, None)
            self._sort()

    def of(self, session_id: int) -> tuple[int, ...]:
        """Who is told of a session's reports, by session id: never itself, and 0 has none."""
        return self._of.get(session_id, ())

    def _open(self, session: SessionOpened) -> None:
        session_id, profile = session.session_id, session.profile
        self._firms[session_id] = session.firm
        if int(profile.rights) & _DROP_COPY:
            self._readers[session_id] = frozenset(profile.copies_of or (session.firm,))
        else:
            self._readers.pop(session_id, None)

    def _sort(self) -> None:
        self.any = bool(self._readers)
        by_firm: dict[str, list[int]] = {}
        for reader in sorted(self._readers):
            for firm in self._readers[reader]:
                by_firm.setdefault(firm, []).append(reader)
        self._of = {
            session_id: tuple(reader for reader in by_firm[firm] if reader != session_id)
            for session_id, firm in self._firms.items()
            if firm in by_firm
        }
