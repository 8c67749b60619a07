"""MoldUDP64's place in the venue: a service that is started again when it fails, on the same port."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import trio

from actors.runtime import ChildExit, ChildSpec, Mailbox
from gateways.binary.market.feed import MarketFeed
from gateways.binary.market.mold_fanout import MoldCounters
from gateways.binary.market.mold_server import MoldServer, MoldSettings
from tradeengine.edge import DatagramEndpoint


class MoldMember:
    """``endpoint`` is where is asked for what was missed."""

    def __init__(
        self,
        feed: MarketFeed,
        settings: MoldSettings,
        endpoint: DatagramEndpoint,
        observe: Callable[..., object],
    ) -> None:
        self.counters = MoldCounters()
        self._feed = feed
        self._settings = settings
        self._endpoint = endpoint
        self._observe = observe

    def spec(self) -> ChildSpec[Any]:
        """How a supervisor runs it."""
        return ChildSpec(name=self._endpoint.name, start=self._start, on_exit=self._on_exit)

    async def _start(self) -> _Service:
        return _Service(MoldServer(self._feed, self._settings, self._endpoint.take(), self.counters))

    def _on_exit(self, ended: ChildExit) -> None:
        self._observe("gateway_failed", gateway=self._endpoint.name, exc_info=ended.error)


class _Service:
    """Asked to stop, it tells the end of the stream."""

    def __init__(self, server: MoldServer) -> None:
        self._server = server
        self._scope = trio.CancelScope()

    async def run(
        self, mailbox: Mailbox[Any] | None = None, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        with self._scope:
            await self._server.run(task_status=task_status)

    def request_stop(self) -> None:
        self._scope.cancel()
