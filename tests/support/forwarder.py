"""A TCP port that leads to another one, which may change: how a program that is told one address finds a process that
comes back on another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio


class Forwarder:
    """``target``: where new connections lead; 0 = nowhere."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self._scopes: set[trio.CancelScope] = set()

    def cut(self) -> None:
        """Ends the connections that there are."""
        for scope in list(self._scopes):
            scope.cancel()

    async def _serve(self, near: trio.SocketStream) -> None:
        with trio.CancelScope() as scope:
            self._scopes.add(scope)
            try:
                far = await trio.open_tcp_stream("127.0.0.1", self.target)
            except OSError:
                return
            finally:
                self._scopes.discard(scope)
            self._scopes.add(scope)
            async with near, far, trio.open_nursery() as nursery:
                nursery.start_soon(_copy, near, far, scope)
                nursery.start_soon(_copy, far, near, scope)
        self._scopes.discard(scope)


async def _copy(source: trio.SocketStream, sink: trio.SocketStream, scope: trio.CancelScope) -> None:
    try:
        async for data in source:
            await sink.send_all(data)
    except (trio.BrokenResourceError, trio.ClosedResourceError):
        pass
    scope.cancel()


@asynccontextmanager
async def forwarding(target: int) -> AsyncIterator[Forwarder]:
    forwarder = Forwarder(target)
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        forwarder.port = listeners[0].socket.getsockname()[1]
        nursery.start_soon(trio.serve_listeners, forwarder._serve, listeners)
        yield forwarder
        nursery.cancel_scope.cancel()
