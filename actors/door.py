"""The door: who may log on. Credentials are checked off the loop, then the connection gets its session's port."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import trio

from actors.boundary import Connection, LogonRefused, SessionUnavailable
from actors.port import SessionPort
from config.credentials import verify
from engine.directory import Directory

_REFUSED = "unknown session or wrong credentials"
_NOBODY = "scrypt$16384$8$1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
"""Verified in place of an unknown session's credential, so that the answer takes as long."""


class Gate(Protocol):
    """What a gateway's acceptor needs of the venue."""

    directory: Directory

    async def admit(
        self,
        *,
        protocol: str,
        comp_id: str,
        target_comp_id: str,
        username: str,
        password: str,
        connection: Connection,
        remote: str,
    ) -> SessionPort:
        """The session's port, with ``connection`` attached. Raises LogonRefused."""


class Door:
    """See :class:`Gate`. ``closed`` holds the reason while nobody may log on (replaying, journal failed, stopping)."""

    def __init__(
        self,
        directory: Directory,
        ports: Mapping[int, SessionPort],
        observe: Callable[..., None],
        checks_at_once: int = 4,
    ) -> None:
        self.directory = directory
        self.closed = ""
        self._ports = ports
        self._observe = observe
        self._limiter = trio.CapacityLimiter(checks_at_once)

    async def admit(
        self,
        *,
        protocol: str,
        comp_id: str,
        target_comp_id: str,
        username: str,
        password: str,
        connection: Connection,
        remote: str,
    ) -> SessionPort:
        session = self.directory.session_keyed(protocol, comp_id, target_comp_id)
        credential = _NOBODY if session is None else session.credential
        matches = await trio.to_thread.run_sync(verify, password, credential, limiter=self._limiter)
        session = self.directory.session_keyed(protocol, comp_id, target_comp_id)  # operators may have changed it
        known = session is not None and matches and session.credential == credential
        if session is None or not known or not session.enabled or username not in ("", session.username):
            self._observe("logon_refused", protocol=protocol, comp_id=comp_id, remote=remote)
            raise LogonRefused(_REFUSED)
        if self.closed:
            raise SessionUnavailable(self.closed)
        port = self._ports.get(session.session_id)
        if port is None:
            raise SessionUnavailable("the session has failed; operators know of it")
        if port.connection is not None:
            raise SessionUnavailable("the session is already logged on")
        port.connection = connection
        self._observe("logged_on", protocol=protocol, comp_id=comp_id, remote=remote)
        return port
