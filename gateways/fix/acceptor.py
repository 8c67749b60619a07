"""The FIX port: accepts connections, keeps their time, bounds their number, and takes leave of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import trio

from gateways.fix.connection import FixConnection, Shared
from gateways.fix.counters import FixCounters
from gateways.fix.dialect import DIALECTS
from gateways.fix.dictionary import dictionary_for
from gateways.fix.refused import RefusedLogons
from gateways.open_connections import OpenConnections
from gateways.rates import RateDefaults, RateLimits
from gateways.timekeeping import keep_time
from gateways.timer_wheel import TimerWheel
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
        self._open: OpenConnections[FixConnection] = OpenConnections(settings.connections_max, self.counters, observe)
        self._shared: Shared | None = None

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
        wheel = self._share().wheel
        for begin_string in DIALECTS:
            dictionary_for(begin_string)  # read now: a version's first Logon would keep everybody waiting for it
        async with trio.open_nursery() as nursery:
            nursery.start_soon(keep_time, wheel)
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
        outlet = Outlet(sock, bytes_max) if tls is None else TlsOutlet(sock, bytes_max, tls)
        return FixConnection(outlet, remote, self._share())

    def _share(self) -> Shared:
        """For the connections of every port that is served; one timer turns for all."""
        if self._shared is None:
            settings = self._settings
            self._shared = Shared(
                gate=self._gate,
                settings=settings,
                counters=self.counters,
                refusals=RefusedLogons(),
                clock=self._clock,
                rates=RateLimits(RateDefaults(settings.rate_per_s, settings.rate_burst, settings.rate_action)),
                routes={},
                wheel=TimerWheel(settings.tick_interval_s, trio.current_time()),
            )
        return self._shared


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
