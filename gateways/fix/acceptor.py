"""The FIX port: accepts connections, keeps their time, bounds their number, and takes leave of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from gateways.fix.connection import FixConnection, FixCounters
from gateways.fix.refused import RefusedLogons

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from actors.door import Gate
    from gateways.fix.settings import FixSettings


def _unobserved(event: str, **details: object) -> None:
    """Nobody listens."""


class FixAcceptor:
    """The venue's FIX server: FIX.4.2 and FIX.4.4 on one port, the version by each session's BeginString.

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
    ) -> None:
        """Serves until cancelled; connections that :meth:`stop` has not ended then get a Logout and are closed."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._keep_time)
            await trio.serve_listeners(self._handle, list(listeners), task_status=task_status)

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

    async def _handle(self, stream: trio.SocketStream) -> None:
        if self._stopping or len(self._connections) >= self._settings.connections_max:
            self.counters.connections_refused += 1
            await trio.aclose_forcefully(stream)
            return
        self.counters.connections_opened += 1
        remote = _remote(stream.socket)
        connection = FixConnection(
            stream.socket, remote, self._gate, self._settings, self.counters, self._refusals, self._clock
        )
        self._connections.add(connection)
        try:
            await connection.run()
        except Exception as error:
            self._observe("connection_failed", protocol=connection.protocol, remote=remote, error=repr(error))
        finally:
            self._connections.discard(connection)
            self._changed.set()
            self._observe(
                "connection_closed",
                protocol=connection.protocol,
                remote=remote,
                comp_id=connection.comp_id,
                reason=connection.reason or "stopped",
            )

    async def _keep_time(self) -> None:
        """One timer for every connection."""
        before_s = trio.current_time()
        while True:
            await trio.sleep(self._settings.tick_interval_s)
            now_s = trio.current_time()
            for connection in list(self._connections):
                connection.tick(now_s - before_s)
            before_s = now_s


def _remote(sock: trio.socket.SocketType) -> str:
    try:
        host, port = sock.getpeername()[:2]
    except OSError:
        return "unknown"
    return f"{host}:{port}"
