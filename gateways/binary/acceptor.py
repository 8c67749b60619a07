"""The binary port: accepts connections, keeps their time, and bounds their number."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import trio

from actors.door import Gate
from gateways.binary.connection import PROTOCOL, BinaryConnection, BinaryCounters
from gateways.binary.settings import BinarySettings

TICKS_PER_HEARTBEAT = 4
"""One timer serves every connection; its period is this fraction of the heartbeat interval."""


def _unobserved(event: str, **details: object) -> None:
    """Nobody listens."""


class BinaryAcceptor:
    """The venue's SoupBinTCP server.

    One connection's failure ends that connection only. ``observe`` is told of each connection's end, by name of event
    and details: ``connection_closed`` with its reason, ``connection_failed`` with the error.
    """

    def __init__(self, gate: Gate, settings: BinarySettings, observe: Callable[..., None] = _unobserved) -> None:
        self.counters = BinaryCounters()
        self._gate = gate
        self._settings = settings
        self._observe = observe
        self._connections: set[BinaryConnection] = set()

    @property
    def connections(self) -> int:
        """Connections that are open now, logged in or not."""
        return len(self._connections)

    async def serve(
        self,
        listeners: Sequence[trio.SocketListener],
        *,
        task_status: trio.TaskStatus[list[trio.SocketListener]] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Serves until cancelled; then every connection is sent what was written, and closed."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._keep_time)
            await trio.serve_listeners(self._handle, list(listeners), task_status=task_status)

    async def _handle(self, stream: trio.SocketStream) -> None:
        if len(self._connections) >= self._settings.connections_max:
            self.counters.connections_refused += 1
            await trio.aclose_forcefully(stream)
            return
        self.counters.connections_opened += 1
        remote = _remote(stream.socket)
        connection = BinaryConnection(stream.socket, remote, self._gate, self._settings, self.counters)
        self._connections.add(connection)
        try:
            await connection.run()
        except Exception as error:
            self._observe("connection_failed", protocol=PROTOCOL, remote=remote, error=repr(error))
        finally:
            self._connections.discard(connection)
            self._observe(
                "connection_closed",
                protocol=PROTOCOL,
                remote=remote,
                comp_id=connection.username,
                reason=connection.reason or "stopped",
            )

    async def _keep_time(self) -> None:
        period_s = self._settings.heartbeat_interval_s / TICKS_PER_HEARTBEAT
        while True:
            await trio.sleep(period_s)
            now_s = trio.current_time()
            for connection in list(self._connections):
                connection.tick(now_s, period_s)


def _remote(sock: trio.socket.SocketType) -> str:
    try:
        host, port = sock.getpeername()[:2]
    except OSError:
        return "unknown"
    return f"{host}:{port}"
