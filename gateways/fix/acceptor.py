"""The FIX port: accepts connections, keeps their time, bounds their number, and takes leave of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import trio

from gateways.fix.connection import FixConnection
from gateways.fix.counters import FixCounters
from gateways.fix.dialect import DIALECTS
from gateways.fix.dictionary import dictionary_for
from gateways.fix.refused import RefusedLogons
from gateways.fix.routing import Routes
from gateways.open_connections import OpenConnections
from gateways.rates import RateDefaults, RateLimits
from gateways.tls import TlsOutlet
from gateways.transport import Outlet

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

    from actors.door import Gate
    from gateways.fix.settings import FixSettings


def _unobserved(event: str, **details: object) -> None:
    """Nobody listens."""


class FixAcceptor:
    """The venue's FIX server: every version on one port, by each session's BeginString; and on another one over TLS.

    ``clock`` gives the time of day in nanoseconds UTC. ``observe``: see
    :class:`gateways.open_connections.OpenConnections`.
    """

    def __init__(
        self,
        gate: Gate,
        settings: FixSettings,
        clock: Callable[[], int],
        observe: Callable[..., None] = _unobserved,
    ) -> None:
        self.counters = FixCounters()
        self._gate = gate
        self._settings = settings
        self._clock = clock
        self._refusals = RefusedLogons()
        self._routes: dict[int, Routes] = {}
        self._rates = RateLimits(RateDefaults(settings.rate_per_s, settings.rate_burst, settings.rate_action))
        self._open: OpenConnections[FixConnection] = OpenConnections(settings.connections_max, self.counters, observe)
        self._ticked_s = 0.0
        """When time was last seen to have passed; monotonic."""

    @property
    def connections(self) -> int:
        """Connections that are open now, logged on or not."""
        return len(self._open)

    async def serve(
        self,
        listeners: Sequence[trio.SocketListener],
        *,
        task_status: trio.TaskStatus[list[trio.SocketListener]] = trio.TASK_STATUS_IGNORED,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Serves until cancelled; connections that :meth:`stop` has not ended then get a Logout and are closed.

        May run once for each of several ports; with ``tls`` its clients speak that.
        """
        for begin_string in DIALECTS:
            dictionary_for(begin_string)  # read now: a version's first Logon would keep everybody waiting for it
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._keep_time)
            await trio.serve_listeners(partial(self._handle, tls), list(listeners), task_status=task_status)

    def over_tls(self, context: ssl.SSLContext) -> OverTls:
        """The same server for the port whose clients speak TLS."""
        return OverTls(self, context)

    async def stop(self, reason: str) -> None:
        """Logs every client out with ``reason`` and waits for their answers, no longer than ``logout_timeout_s``.

        New connections are closed from now on. :meth:`serve` has to be cancelled afterwards.
        """
        self._open.refuse_all()
        for connection in self._open:
            connection.disconnect(reason)
        with trio.move_on_after(self._settings.logout_timeout_s):
            await self._open.all_gone()

    async def _handle(self, tls: ssl.SSLContext | None, stream: trio.SocketStream) -> None:
        await self._open.serve(stream, partial(self._connection, tls))

    def _connection(self, tls: ssl.SSLContext | None, sock: trio.socket.SocketType, remote: str) -> FixConnection:
        bytes_max = self._settings.write_buffer_max
        return FixConnection(
            Outlet(sock, bytes_max) if tls is None else TlsOutlet(sock, bytes_max, tls),
            remote,
            self._gate,
            self._settings,
            self.counters,
            self._refusals,
            self._clock,
            self._rates,
            self._routes,
        )

    async def _keep_time(self) -> None:
        """One timer for every connection. However many ports are served, and have one each, time passes once."""
        interval_s = self._settings.tick_interval_s
        self._ticked_s = max(self._ticked_s, trio.current_time() - interval_s)
        while True:
            await trio.sleep(interval_s)
            now_s = trio.current_time()
            elapsed_s = now_s - self._ticked_s
            if elapsed_s > interval_s / 2:
                self._ticked_s = now_s
                for connection in self._open:
                    connection.tick(elapsed_s)


class OverTls:
    """A :class:`FixAcceptor`'s other port."""

    def __init__(self, acceptor: FixAcceptor, context: ssl.SSLContext) -> None:
        self._acceptor = acceptor
        self._context = context

    async def serve(
        self,
        listeners: Sequence[trio.SocketListener],
        *,
        task_status: trio.TaskStatus[list[trio.SocketListener]] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """See :meth:`FixAcceptor.serve`."""
        await self._acceptor.serve(listeners, task_status=task_status, tls=self._context)
