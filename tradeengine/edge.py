"""The venue's ports: sockets bound before the replay, opened after it, and the services behind them."""

from __future__ import annotations

import errno
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import trio

from actors.runtime import ChildExit, ChildSpec, Mailbox
from tradeengine.ports_file import local_address

BACKLOG = 4096
"""Connections that may wait to be accepted. After a restart all clients come at once, and one that finds no room tries
again a second later: 1,000 of them took 3.2 s with 256, and 0.2 s with this. The system may allow fewer."""


class PortUnavailable(Exception):
    """A port can't be listened on: in use, not allowed, or no such address."""


class Endpoint:
    """One service's address. Bound at once, so that a port in use is known before a long replay; until it is opened
    the kernel refuses connections, as it should while nobody serves them.

    Raises PortUnavailable.
    """

    _kind = socket.SOCK_STREAM

    def __init__(self, name: str, host: str, port: int) -> None:
        self.name = name
        self.host = host
        self.port = port
        """The real one, once bound: 0 asks for any free port."""
        self._bound = self._bind()

    def open(self) -> list[trio.SocketListener]:
        """Listen. Called again (after a failure of the service) it binds the same port anew. Raises PortUnavailable."""
        bound, self._bound = self._bound or self._bind(), []
        try:
            for sock in bound:
                sock.listen(BACKLOG)
        except OSError as error:
            raise self._unavailable(bound, error) from None
        return [trio.SocketListener(trio.socket.from_stdlib_socket(sock)) for sock in bound]

    def close(self) -> None:
        """Let go of what was not opened."""
        for sock in self._bound:
            sock.close()
        self._bound = []

    def _bind(self) -> list[socket.socket]:
        bound: list[socket.socket] = []
        try:
            for family, kind, proto, _, address in _addresses(self.host, self.port, self._kind):
                sock = socket.socket(family, kind, proto)
                bound.append(sock)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(self.host != "::"))
                sock.bind((address[0], self.port, *address[2:]))
                self.port = sock.getsockname()[1]
        except OSError as error:
            raise self._unavailable(bound, error) from None
        return bound

    def _unavailable(self, bound: list[socket.socket], error: OSError) -> PortUnavailable:
        for sock in bound:
            sock.close()
        why = "it is in use" if error.errno == errno.EADDRINUSE else error.strerror or str(error)
        return PortUnavailable(f"{self.name}.port: cannot listen on {self.host}:{self.port}: {why}")

    @property
    def address(self) -> str:
        """``host:port`` for people, as a client on this machine would write it."""
        return local_address(self.host, self.port)


class DatagramEndpoint(Endpoint):
    """The same for datagrams."""

    _kind = socket.SOCK_DGRAM

    def take(self) -> socket.socket:
        """The socket, which is the caller's. Taken again (after a failure of the service) it is bound anew. Raises
        PortUnavailable."""
        (first, *others), self._bound = self._bound or self._bind(), []
        for sock in others:
            sock.close()
        first.setblocking(False)
        return first


def _addresses(host: str, port: int, socket_kind: socket.SocketKind) -> list[tuple[Any, Any, int, str, Any]]:
    found = socket.getaddrinfo(host, port, type=socket_kind, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys(found))


class Acceptor(Protocol):
    """What a gateway offers: see ``gateways.fix.acceptor`` and its siblings."""

    async def serve(
        self, listeners: Sequence[trio.SocketListener], *, task_status: trio.TaskStatus[list[trio.SocketListener]]
    ) -> None: ...


Farewell = Callable[[str], Awaitable[None]]


class AcceptorService:
    """Runs an acceptor under a supervisor; asked to stop, it takes leave of its clients first."""

    def __init__(self, acceptor: Acceptor, endpoint: Endpoint, farewell: Farewell | None = None) -> None:
        self._acceptor = acceptor
        self._endpoint = endpoint
        self._farewell = farewell
        self._stop = trio.Event()

    async def run(
        self, mailbox: Mailbox[Any] | None = None, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        async with trio.open_nursery() as nursery:
            await nursery.start(self._acceptor.serve, self._endpoint.open())
            task_status.started()
            await self._stop.wait()
            if self._farewell is not None:
                await self._farewell("the venue is shutting down")
            nursery.cancel_scope.cancel()

    def request_stop(self) -> None:
        self._stop.set()


def service_spec(
    endpoint: Endpoint,
    acceptor: Acceptor,
    observe: Callable[..., object],
    farewell: Farewell | None = None,
    shutdown_s: float = 5.0,
) -> ChildSpec[Any]:
    """How a supervisor runs ``acceptor``. A failure is told to ``observe``; the clients log on again afterwards."""

    async def start() -> AcceptorService:
        return AcceptorService(acceptor, endpoint, farewell)

    def on_exit(ended: ChildExit) -> None:
        observe("gateway_failed", gateway=endpoint.name, exc_info=ended.error)

    return ChildSpec(name=endpoint.name, start=start, on_exit=on_exit, shutdown_s=shutdown_s)
