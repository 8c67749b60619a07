"""``/admin/fix-sessions/…``: what operators see of FIX sessions as they run, and what they do about their numbers."""

from __future__ import annotations

from typing import Protocol

import msgspec

from gateways.http.bodies import decoded, number, operator_of, reason
from gateways.http.messages import Request, Response, json_response
from gateways.http.routes import Route
from gateways.http.views import Done


class LogoutRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str = ""
    """What the client is told in the Logout's Text (58)."""


class ResetRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    logout: bool = False
    """Log a client that is there out, so that the reset takes effect now."""


class FixSessionView(msgspec.Struct, frozen=True):
    """One FIX session, in a line."""

    session_id: int
    begin_string: str
    comp_id: str
    target_comp_id: str
    firm: str
    rights: list[str]
    state: str
    """``logged on``, ``logging on``, ``logging out``, ``logged out``, ``outside schedule``, ``disabled`` or
    ``failed``."""
    remote: str
    """From where it is logged on; empty if it is not."""
    in_next: int
    """The MsgSeqNum that is expected of the client."""
    out_next: int
    """The MsgSeqNum that is given next."""
    open_orders: int
    last_logon: str
    """UTC; empty = it never was."""
    backlog_bytes: int
    """What the client has not taken yet."""
    cancel_on_disconnect: str
    """The session's setting: ``off``, ``disconnect`` or ``logout``."""
    cancels: int
    """Open orders that the venue would cancel by itself if the connection broke now."""


class WindowView(msgspec.Struct, frozen=True):
    """A window of a session's schedule: local times with their zone."""

    start: str
    end: str


class ScheduleView(msgspec.Struct, frozen=True):
    zone: str
    windows: list[str]
    """As people write them, e.g. ``mon-fri 08:00:00 to 17:00:00``."""
    current: WindowView | None
    """That is under way; null outside of all."""
    next_start: str


class NumbersView(msgspec.Struct, frozen=True):
    """A session's numbering."""

    epoch: int
    """How often both directions have begun anew."""
    unconfirmed: int
    """Reports that a reset now would send again with PossResend."""
    reserved_upto: int
    """Outbound numbers up to here survive a crash unused at the worst."""
    resets_at_next_logon: bool
    """By what has happened: an operator's reset, or how the last connection ended. Settings aside."""


class ActivityView(msgspec.Struct, frozen=True):
    """What a live connection is about. See :class:`gateways.fix.status.ConnectionStatus`."""

    heartbeat_s: int
    parked: int
    resends_waiting: int
    resending: bool
    rejects: int
    commands_under_way: int
    """Sent by the client and not durable yet."""


class FixSessionDetailView(msgspec.Struct, frozen=True):
    """Everything about one that moves by itself; its settings are those of ``/admin/sessions/ID``."""

    session: FixSessionView
    numbers: NumbersView
    schedule: ScheduleView | None
    activity: ActivityView | None
    """Null where nobody is connected."""


class FixSessionDesk(Protocol):
    """What these routes need of the venue; all raise :class:`gateways.http.operations.OperationError`."""

    def fix_sessions(self) -> list[FixSessionView]: ...

    def fix_session(self, session_id: int) -> FixSessionDetailView: ...

    async def log_out_fix_session(self, session_id: int, reason: str, operator: str) -> Done:
        """Returns when the client is gone; one that does not answer the Logout is cut after its time-out."""

    async def reset_fix_session(self, session_id: int, logout: bool, operator: str) -> Done:
        """The next logon starts both directions from 1."""


class FixSessionApi:
    """The routes and what they answer. Raises HttpError, OperationError."""

    def __init__(self, desk: FixSessionDesk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/admin/fix-sessions", self._sessions),
            Route("GET", "/admin/fix-sessions/{session_id}", self._session),
            Route("POST", "/admin/fix-sessions/{session_id}/logout", self._log_out),
            Route("POST", "/admin/fix-sessions/{session_id}/reset", self._reset),
        ]

    async def _sessions(self, request: Request) -> Response:
        return json_response(self._desk.fix_sessions())

    async def _session(self, request: Request, session_id: str) -> Response:
        return json_response(self._desk.fix_session(number("session", session_id)))

    async def _log_out(self, request: Request, session_id: str) -> Response:
        known, wanted = number("session", session_id), decoded(request, LogoutRequest)
        text = reason(wanted.reason)
        return json_response(await self._desk.log_out_fix_session(known, text, operator_of(request)))

    async def _reset(self, request: Request, session_id: str) -> Response:
        known, wanted = number("session", session_id), decoded(request, ResetRequest)
        return json_response(await self._desk.reset_fix_session(known, wanted.logout, operator_of(request)))
