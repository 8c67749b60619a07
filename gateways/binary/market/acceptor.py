"""The market data port: accepts connections, keeps their time, and bounds their number."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import trio

from actors.door import Admission
from gateways.binary.market.connection import PROTOCOL, MarketConnection, MarketCounters
from gateways.binary.market.feed import MarketFeed
from gateways.binary.settings import BinarySettings
from gateways.transport import Outlet

TICKS_PER_HEARTBEAT = 4
"""One timer serves every connection; its period is this fraction of the heartbeat interval."""
_LAST_WORDS_MAX = 1 << 20
"""Bytes that may wait for a client beyond its bound: part of a snapshot, or why it is cut."""


def _unobserved(event: str, **details: object) -> None:
    """Nobody listens."""


class MarketAcceptor:
    """The venue's SoupBinTCP server of market data. One connection's failure ends that connection only.

    ``observe`` is told of each connection's end, as :class:`gateways.binary.acceptor.BinaryAcceptor` does.
    """

    def __init__(
        self, admission: Admission, feed: MarketFeed, settings: BinarySettings,
        observe: Callable[..., None] = _unobserved,
    ) -> None:  # fmt: skip
        self.counters = MarketCounters()
        self.feed = feed
        self._admission = admission
        self._settings = settings
        self._observe = observe
        self._connections: set[MarketConnection] = set()

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

    async def stop(self, reason: str) -> None:
        """Ends the streams, and every connection with End of Session."""
        self.feed.finish()
        for connection in list(self._connections):
            connection.stop(reason)

    async def _handle(self, stream: trio.SocketStream) -> None:
        settings = self._settings
        if len(self._connections) >= settings.market_data_connections_max:
            self.counters.connections_refused += 1
            await trio.aclose_forcefully(stream)
            return
        self.counters.connections_opened += 1
        remote = _remote(stream.socket)
        outlet = Outlet(stream.socket, settings.buffer_max + _LAST_WORDS_MAX)
        connection = MarketConnection(outlet, remote, self.feed, self._admission, settings, self.counters)
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
