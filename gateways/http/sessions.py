"""``/admin/sessions/…``: what operators do with clients' sessions while the venue runs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Protocol

from gateways.http.bodies import decoded, decoded_entry, number, operator_of
from gateways.http.messages import Request, Response, json_response
from gateways.http.routes import Route
from gateways.http.views import Done, Entry, KeyAddedView, KeyRequest, SessionOpenedView, SessionView


class SessionDesk(Protocol):
    """What these routes need of the venue; all raise :class:`gateways.http.operations.OperationError`."""

    def sessions(self) -> list[SessionView]: ...

    def session(self, session_id: int) -> Entry:
        """All that is in force for it, without its secrets."""

    async def open_session(self, entry: Entry, operator: str) -> SessionOpenedView: ...

    async def change_session(self, session_id: int, changes: Entry, operator: str) -> Done:
        """In force at once, also for a client that is there."""

    async def set_session_enabled(self, session_id: int, enabled: bool, operator: str) -> Done:
        """Disabling logs a client that is there out."""

    async def remove_session(self, session_id: int, operator: str) -> Done:
        """Log its client out, cancel its orders, and give its identity free."""

    async def add_key(self, session_id: int, request: KeyRequest, operator: str) -> KeyAddedView: ...

    async def revoke_key(self, session_id: int, key_id: str, operator: str) -> Done:
        """No logon is signed by it any more; who is there stays."""

    async def cancel_session(self, session_id: int, operator: str) -> Done:
        """Cancel the open orders that the session sent; it may send new ones."""


class SessionApi:
    """The routes and what they answer. Raises HttpError, OperationError."""

    def __init__(self, desk: SessionDesk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/admin/sessions", self._sessions),
            Route("POST", "/admin/sessions", self._open),
            Route("GET", "/admin/sessions/{session_id}", self._session),
            Route("POST", "/admin/sessions/{session_id}/changes", self._change),
            Route("POST", "/admin/sessions/{session_id}/enable", self._enable),
            Route("POST", "/admin/sessions/{session_id}/disable", self._disable),
            Route("POST", "/admin/sessions/{session_id}/remove", self._remove),
            Route("POST", "/admin/sessions/{session_id}/keys", self._add_key),
            Route("POST", "/admin/sessions/{session_id}/keys/{key_id}/revoke", self._revoke_key),
            Route("POST", "/admin/sessions/{session_id}/cancel-orders", self._cancel),
        ]

    async def _sessions(self, request: Request) -> Response:
        return json_response(self._desk.sessions())

    async def _session(self, request: Request, session_id: str) -> Response:
        return json_response(self._desk.session(number("session", session_id)))

    async def _open(self, request: Request) -> Response:
        opened = await self._desk.open_session(decoded_entry(request), operator_of(request))
        return json_response(opened, HTTPStatus.CREATED)

    async def _change(self, request: Request, session_id: str) -> Response:
        known = number("session", session_id)
        return json_response(await self._desk.change_session(known, decoded_entry(request), operator_of(request)))

    async def _enable(self, request: Request, session_id: str) -> Response:
        return await self._set_enabled(request, session_id, True)

    async def _disable(self, request: Request, session_id: str) -> Response:
        return await self._set_enabled(request, session_id, False)

    async def _set_enabled(self, request: Request, session_id: str, enabled: bool) -> Response:
        known = number("session", session_id)
        return json_response(await self._desk.set_session_enabled(known, enabled, operator_of(request)))

    async def _remove(self, request: Request, session_id: str) -> Response:
        return json_response(await self._desk.remove_session(number("session", session_id), operator_of(request)))

    async def _add_key(self, request: Request, session_id: str) -> Response:
        known, wanted = number("session", session_id), decoded(request, KeyRequest)
        return json_response(await self._desk.add_key(known, wanted, operator_of(request)), HTTPStatus.CREATED)

    async def _revoke_key(self, request: Request, session_id: str, key_id: str) -> Response:
        known = number("session", session_id)
        return json_response(await self._desk.revoke_key(known, key_id, operator_of(request)))

    async def _cancel(self, request: Request, session_id: str) -> Response:
        return json_response(await self._desk.cancel_session(number("session", session_id), operator_of(request)))
