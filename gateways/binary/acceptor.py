"""The binary port: accepts connections, keeps their time, and bounds their number."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import trio

from actors.door import Gate
from gateways.binary.connection import PROTOCOL, BinaryConnection, Surroundings
from gateways.binary.counters import BinaryCounters
from gateways.binary.settings import BinarySettings
from gateways.rates import RateDefaults, RateLimits
from gateways.timer_wheel import TimerWheel

TICKS_PER_HEARTBEAT: Final = 8
"""One timer serves every connection; its resolution is this fraction of the heartbeat interval."""
CALLS_AT_ONCE: Final = 500
"""Connections that the timer serves before others have their turn."""


def _unobserved(event: str, **details: object) -> None:
    """Nobody listens."""


class BinaryAcceptor:
    """The venue's SoupBinTCP server, on one port and, over TLS, on another.

    One connection's failure ends that connection only. ``observe`` is told of each connection's end, by name of event
    and details: ``connection_closed`` with its reason, ``connection_failed`` with the error. ``clock`` gives the time
    of day in nanoseconds UTC, ``entropy`` random bytes.
    """

    def __init__(
        self,
        gate: Gate,
        settings: BinarySettings,
        observe: Callable[..., None] = _unobserved,
        clock: Callable[[], int] = time.time_ns,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.counters = BinaryCounters()
        self._settings = settings
        self._observe = observe
        self._connections: set[BinaryConnection] = set()
        self._gate = gate
        self._clock = clock
        self._entropy = entropy
        self._rates = RateLimits(RateDefaults(settings.rate_per_s, settings.rate_burst, settings.rate_action))

    @property
    def connections(self) -> int:
        """Connections that are open now, logged in or not."""
        return len(self._connections)

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
        around = Surroundings(self._gate, self._settings, self.counters, self._rates, wheel, self._clock, self._entropy)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_keep_time, wheel)
            await trio.serve_listeners(partial(self._handle, around, tls), list(listeners), task_status=task_status)

    def over_tls(self, context: ssl.SSLContext) -> OverTls:
        """The same server for the port whose clients speak TLS."""
        return OverTls(self, context)

    async def _handle(self, around: Surroundings, tls: ssl.SSLContext | None, stream: trio.SocketStream) -> None:
        if len(self._connections) >= self._settings.connections_max:
            self.counters.connections_refused += 1
            await trio.aclose_forcefully(stream)
            return
        self.counters.connections_opened += 1
        remote = _remote(stream.socket)
        connection = BinaryConnection(stream.socket, remote, around, tls)
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


class OverTls:
    """A :class:`BinaryAcceptor`'s other port."""

    def __init__(self, acceptor: BinaryAcceptor, context: ssl.SSLContext) -> None:
        self._acceptor = acceptor
        self._context = context

    async def serve(
        self,
        listeners: Sequence[trio.SocketListener],
        *,
        task_status: trio.TaskStatus[list[trio.SocketListener]] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """See :meth:`BinaryAcceptor.serve`."""
        await self._acceptor.serve(listeners, task_status=task_status, tls=self._context)


async def _keep_time(wheel: TimerWheel) -> None:
    while True:
        await trio.sleep(wheel.resolution_s)
        while not wheel.advance(trio.current_time(), CALLS_AT_ONCE):
            await trio.lowlevel.checkpoint()


def _remote(sock: trio.socket.SocketType) -> str:
    try:
        host, port = sock.getpeername()[:2]
    except OSError:
        return "unknown"
    return f"{host}:{port}"
