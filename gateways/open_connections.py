"""A port's connections: how many there may be, who makes way for whom, and how their ends are told.

Whoever opens sockets and says nothing would lock every client out until the time for a logon is over. So at a port that
is full a newcomer takes the place of the connection that has kept it waiting longest for a logon: to keep a client out,
somebody has to open as many connections as there may be in the time that its logon takes to come.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Final, Generic, Protocol, TypeVar

import trio

DISPLACED: Final = "no logon had come, and a new connection took its place"


class Counted(Protocol):
    """The counters that are kept here."""

    connections_opened: int
    connections_displaced: int
    connections_refused: int


class PortConnection(Protocol):
    """One client's connection, from the opened socket to the closed one; known by its identity."""

    reason: str
    """Why it ended; empty while it lasts."""

    @property
    def protocol(self) -> str:
        """As the log names it."""

    @property
    def comp_id(self) -> str:
        """Who the client says it is; empty before it has."""

    @property
    def logon_received(self) -> bool:
        """Whether a logon has come, complete; once it has, this stays so, whatever comes of the logon."""

    async def run(self) -> None:
        """Its task."""

    def displace(self, reason: str) -> None:
        """Closes the socket at once: its place is another's. Called before a logon has been received."""


ConnectionT = TypeVar("ConnectionT", bound=PortConnection)


def remote_of(sock: trio.socket.SocketType) -> str:
    """``host:port`` of the other end; "unknown" where it has gone already."""
    try:
        host, port = sock.getpeername()[:2]
    except OSError:
        return "unknown"
    return f"{host}:{port}"


def host_of(remote: str) -> str:
    """The host of what :func:`remote_of` has returned."""
    return remote.rpartition(":")[0] or remote


class OpenConnections(Generic[ConnectionT]):
    """One connection's failure ends that connection only.

    ``observe`` is told of each connection's end, by name of event and details: ``connection_closed`` with its reason,
    ``connection_failed`` with the error.
    """

    def __init__(self, connections_max: int, counters: Counted, observe: Callable[..., None]) -> None:
        self._connections_max = connections_max
        self._counters = counters
        self._observe = observe
        self._open: set[ConnectionT] = set()
        self._unheard: OrderedDict[ConnectionT, None] = OrderedDict()
        """The oldest first; among them those whose logon has come since they were last looked at."""
        self._stopping = False
        self._changed = trio.Event()

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[ConnectionT]:
        """Those that are open now, though they may end meanwhile; in no order."""
        return iter(list(self._open))

    async def serve(
        self, stream: trio.SocketStream, connect: Callable[[trio.socket.SocketType, str], ConnectionT]
    ) -> None:
        """From an accepted socket to the closed one; ``connect`` makes the connection of it and the remote address."""
        if not self._has_place():
            self._counters.connections_refused += 1
            await trio.aclose_forcefully(stream)
            return
        self._counters.connections_opened += 1
        remote = remote_of(stream.socket)
        connection = connect(stream.socket, remote)
        self._open.add(connection)
        self._unheard[connection] = None
        try:
            await connection.run()
        except Exception as error:
            self._observe("connection_failed", protocol=connection.protocol, remote=remote, error=repr(error))
        finally:
            self._open.discard(connection)
            self._unheard.pop(connection, None)
            self._changed.set()
            self._observe(
                "connection_closed",
                protocol=connection.protocol,
                remote=remote,
                comp_id=connection.comp_id,
                reason=connection.reason or "stopped",
            )

    def refuse_all(self) -> None:
        """New connections are closed from now on."""
        self._stopping = True

    async def all_gone(self) -> None:
        """Waits until none is open."""
        while self._open:
            self._changed = trio.Event()
            await self._changed.wait()

    def _has_place(self) -> bool:
        """Whether one more may come; the oldest that nothing has come of makes way for it, if need be."""
        if self._stopping:
            return False
        if len(self._open) < self._connections_max:
            return True
        while self._unheard:
            oldest, _ = self._unheard.popitem(last=False)
            if not oldest.logon_received:
                self._open.discard(oldest)
                self._counters.connections_displaced += 1
                oldest.displace(DISPLACED)
                return True
        return False
