"""Drop copies as FIX messages: the ExecutionReport of another session in the version of this one. Pure.

A copy is the original's body, ExecIDs and all, and says whose it is: OnBehalfOfCompID and -SubID (115, 116) in the
header, the session's firm as executing firm (Parties 453 with PartyRole 1; in FIX.4.2 ExecBroker 76), and
CopyMsgIndicator (797) where the version has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.reports import Copied, Report
from gateways.fix.codec import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.directory import Directory
    from engine.events import SessionOpened
    from gateways.fix.dialect import Dialect


class CopiedReports:
    """Writes copies. ``original`` gives MsgType and body of the report that is copied, in this session's version."""

    __slots__ = ("_dialect", "_directory", "_original", "_sources")

    def __init__(self, dialect: Dialect, directory: Directory, original: Callable[[Report], tuple[str, str]]) -> None:
        self._dialect = dialect
        self._directory = directory
        self._original = original
        self._sources: dict[int, tuple[SessionOpened | None, str, str]] = {}
        """By session: as it was when this was written, header fields, body fields."""

    def report(self, report: Report) -> tuple[str, str]:
        """MsgType (35) and body, in front of which stand the header fields that name the source."""
        copied = report.event
        assert type(copied) is Copied
        session = self._directory.session_ever(copied.session_id)
        source = self._sources.get(copied.session_id)
        if source is None or source[0] is not session:
            source = self._sources[copied.session_id] = (session, *self._marks(session))
        msg_type, body = self._original(copied.report)
        return msg_type, f"{source[1]}{body}{source[2]}"

    def _marks(self, session: SessionOpened | None) -> tuple[str, str]:
        copy = "797=Y\x01" if self._dialect.copy_indicator else ""
        if session is None:
            return "", copy
        firm = printable(session.firm)
        party = f"453=1\x01448={firm}\x01447=D\x01452=1\x01" if self._dialect.copy_indicator else f"76={firm}\x01"
        return f"115={printable(session.comp_id)}\x01116={session.protocol}\x01", f"{copy}{party}"
