"""What operators do with FIX sessions as they run: log them out, and have their numbers start from 1."""

from __future__ import annotations

import trio

from actors.messages import Disconnect
from actors.port import SessionPort
from engine.events import SessionOpened, SessionResetRequested
from gateways.http.fix_sessions import FixSessionDetailView, FixSessionView
from gateways.http.operations import OperationRefused, OperationUnknown
from gateways.http.views import Done
from tradeengine import fix_inspection
from tradeengine.desk import Desk
from tradeengine.venue import Venue

_LEAVING_S = 2.0
"""How much longer than for a Logout's answer is waited for a client that is logged out."""
_LOOK_S = 0.01
_REASON = "logged out by an operator"


class FixOperations(Desk):
    """See the module, and :class:`gateways.http.fix_sessions.FixSessionDesk`."""

    def fix_sessions(self) -> list[FixSessionView]:
        return fix_inspection.fix_sessions(self._present())

    def fix_session(self, session_id: int) -> FixSessionDetailView:
        venue = self._present()
        return fix_inspection.fix_session(venue, self._fix_session(venue, session_id))

    async def log_out_fix_session(self, session_id: int, reason: str, operator: str) -> Done:
        venue = self._working()
        port = self._fix_port(venue, session_id)
        if port.connection is None:
            raise OperationRefused("the session is not logged on")
        await self._log_out(venue, port, reason or _REASON)
        return Done(venue.journal.durable_seq)

    async def reset_fix_session(self, session_id: int, logout: bool, operator: str) -> Done:
        """Durable before the client is logged out, so that not even one that comes back at once goes on as before."""
        venue = self._working()
        port = self._fix_port(venue, session_id)
        if port.connection is not None and not logout:
            raise OperationRefused("the session is logged on: log it out first, or with --logout")
        done = await self._journal(venue, [SessionResetRequested(session_id, operator)])
        if port.connection is not None:
            await self._log_out(venue, port, "sequence numbers are reset by an operator")
        return done

    async def _log_out(self, venue: Venue, port: SessionPort, reason: str) -> None:
        """Returns when the connection that there is now is gone, and that is durable."""
        connection = port.connection
        with venue.dispatcher.turn():
            venue.port_mail[port.session.session_id].tell(Disconnect(reason))
        with trio.move_on_after(self._settings.fix.logout_timeout_s + _LEAVING_S):
            while True:
                if port.connection is not connection:
                    await venue.barrier()
                    return
                await trio.sleep(_LOOK_S)
        raise OperationRefused("the client has not left")

    def _fix_session(self, venue: Venue, session_id: int) -> SessionOpened:
        known = venue.directory.sessions.get(session_id)
        if known is None or not fix_inspection.is_fix(known):
            raise OperationUnknown(f"there is no FIX session with the id {session_id}")
        return known

    def _fix_port(self, venue: Venue, session_id: int) -> SessionPort:
        self._fix_session(venue, session_id)
        port = venue.ports.get(session_id)
        if port is None:
            raise OperationRefused("the session is out of service since it failed; restart the venue to bring it back")
        return port
