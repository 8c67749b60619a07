"""A SoupBinTCP port: accepts connections, plain or over TLS, keeps their time, and bounds their number."""

from __future__ import annotations

import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import trio

from gateways.binary.client_connection import ClientConnection, Shared
from gateways.binary.counters import PortCounters
from gateways.binary.settings import BinarySettings
from gateways.open_connections import OpenConnections
from gateways.timekeeping import keep_time
from gateways.timer_wheel import TimerWheel
from gateways.tls import TlsOutlet
from gateways.transport import Outlet

TICKS_PER_HEARTBEAT: Final = 8
"""One timer serves every connection; its resolution is this fraction of the heartbeat interval."""


def unobserved(event: str, **details: object) -> None:
    """Nobody listens."""


class SoupAcceptor(ABC):
    """A SoupBinTCP server, on one port and, over TLS, on another.

    ``observe``: see :class:`gateways.open_connections.OpenConnections`. ``clock`` gives the time of day in nanoseconds
    UTC, ``entropy`` random bytes. ``buffer_max`` bytes are kept for a slow client.
    """

    def __init__(
        self,
        settings: BinarySettings,
        counters: PortCounters,
        connections_max: int,
        buffer_max: int,
        observe: Callable[..., None],
        clock: Callable[[], int],
        entropy: Callable[[int], bytes],
    ) -> None:
        self._settings = settings
        self._buffer_max = buffer_max
        self._clock = clock
        self._entropy = entropy
        self._open: OpenConnections[ClientConnection] = OpenConnections(connections_max, counters, observe)

    @property
    def connections(self) -> int:
        """Connections that are open now, logged in or not."""
        return len(self._open)

    @abstractmethod
    def _connection(self, outlet: Outlet, remote: str, shared: Shared) -> ClientConnection:
        """For a client that has just come."""

    async def serve(
        self,
        listeners: Sequence[trio.SocketListener],
        *,
        task_status: trio.TaskStatus[list[trio.SocketListener]] = trio.TASK_STATUS_IGNORED,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Serves until cancelled; then every connection is sent what was written, and closed.

        May run once for each of several ports; with ``tls`` its clients speak that.
        """
        wheel = TimerWheel(self._settings.heartbeat_interval_s / TICKS_PER_HEARTBEAT, trio.current_time())
        shared = Shared(settings=self._settings, wheel=wheel, clock_ns=self._clock, entropy=self._entropy)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(keep_time, wheel)
            await trio.serve_listeners(partial(self._handle, shared, tls), list(listeners), task_status=task_status)

    def over_tls(self, context: ssl.SSLContext) -> OverTls:
        """The same server for the port whose clients speak TLS."""
        return OverTls(self, context)

    async def _handle(self, shared: Shared, tls: ssl.SSLContext | None, stream: trio.SocketStream) -> None:
        def connect(sock: trio.socket.SocketType, remote: str) -> ClientConnection:
            outlet = Outlet(sock, self._buffer_max) if tls is None else TlsOutlet(sock, self._buffer_max, tls)
            return self._connection(outlet, remote, shared)

        await self._open.serve(stream, connect)


class OverTls:
    """A :class:`SoupAcceptor`'s other port."""

    def __init__(self, acceptor: SoupAcceptor, context: ssl.SSLContext) -> None:
        self._acceptor = acceptor
        self._context = context

    async def serve(
        self,
        listeners: Sequence[trio.SocketListener],
        *,
        task_status: trio.TaskStatus[list[trio.SocketListener]] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """See :meth:`SoupAcceptor.serve`."""
        await self._acceptor.serve(listeners, task_status=task_status, tls=self._context)
