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
from gateways.rates import RateDefaults, RateLimits

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

    from actors.door import Gate
    from gateways.fix.settings import FixSettings


def _unobserved(event: str, **details: object) -> None:
    """Nobody listens."""


class FixAcceptor:
    """The venue's FIX server: every version on one port, by each session's BeginString; and on another one over TLS.

    One connection's failure ends that connection only. ``clock`` gives the time of day in nanoseconds UTC. ``observe``
    is told of each connection's end, by name of event and details: ``connection_closed`` with its reason,
    ``connection_failed`` with the error.
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
        self._observe = observe
        self._refusals = RefusedLogons()
        self._routes: dict[int, Routes] = {}
        self._rates = RateLimits(RateDefaults(settings.rate_per_s, settings.rate_burst, settings.rate_action))
        self._connections: set[FixConnection] = set()
        self._changed = trio.Event()
        self._stopping = ""

    @property
    def connections(self) -> int:
        """Connections that are open now, logged on or not."""
        return len(self._connections)

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
        mine: set[FixConnection] = set()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._keep_time, mine)
            handle = partial(self._handle, mine, tls)
            await trio.serve_listeners(handle, list(listeners), task_status=task_status)

    def over_tls(self, context: ssl.SSLContext) -> OverTls:
        """The same server for the port whose clients speak TLS."""
        return OverTls(self, context)

    async def stop(self, reason: str) -> None:
        """Logs every client out with ``reason`` and waits for their answers, no longer than ``logout_timeout_s``.

        New connections are closed from now on. :meth:`serve` has to be cancelled afterwards.
        """
        self._stopping = reason
        for connection in list(self._connections):
            connection.disconnect(reason)
        with trio.move_on_after(self._settings.logout_timeout_s):
            while self._connections:
                self._changed = trio.Event()
                await self._changed.wait()

    async def _handle(self, mine: set[FixConnection], tls: ssl.SSLContext | None, stream: trio.SocketStream) -> None:
        if self._stopping or len(self._connections) >= self._settings.connections_max:
            self.counters.connections_refused += 1
            await trio.aclose_forcefully(stream)
            return
        self.counters.connections_opened += 1
        remote = _remote(stream.socket)
        connection = FixConnection(
            stream.socket,
            remote,
            self._gate,
            self._settings,
            self.counters,
            self._refusals,
            self._clock,
            self._rates,
            self._routes,
            tls,
        )
        self._connections.add(connection)
        mine.add(connection)
        try:
            await connection.run()
        except Exception as error:
            self._observe("connection_failed", protocol=connection.protocol, remote=remote, error=repr(error))
        finally:
            self._connections.discard(connection)
            mine.discard(connection)
            self._changed.set()
            self._observe(
                "connection_closed",
                protocol=connection.protocol,
                remote=remote,
                comp_id=connection.comp_id,
                reason=connection.reason or "stopped",
            )

    async def _keep_time(self, connections: set[FixConnection]) -> None:
        """One timer for every connection of a port."""
        before_s = trio.current_time()
        while True:
            await trio.sleep(self._settings.tick_interval_s)
            now_s = trio.current_time()
            for connection in list(connections):
                connection.tick(now_s - before_s)
            before_s = now_s


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


def _remote(sock: trio.socket.SocketType) -> str:
    try:
        host, port = sock.getpeername()[:2]
    except OSError:
        return "unknown"
    return f"{host}:{port}"
