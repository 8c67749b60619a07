"""The market data port: what its connections share, and how it stops."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Callable, Sequence
from typing import Final

import trio

from actors.door import Admission
from gateways.binary.client_connection import ClientConnection, Shared
from gateways.binary.counters import MarketCounters
from gateways.binary.market.conflation import Conflation
from gateways.binary.market.connection import MarketConnection, MarketData
from gateways.binary.market.source import Source
from gateways.binary.settings import BinarySettings
from gateways.binary.soup_acceptor import SoupAcceptor, unobserved
from gateways.rates import RateDefaults, RateLimits
from gateways.transport import Outlet

_LAST_WORDS_MAX: Final = 1 << 20
"""Bytes that may wait for a client beyond its bound: part of a snapshot, or why it is cut."""


class MarketAcceptor(SoupAcceptor):
    """The venue's SoupBinTCP server of market data."""

    def __init__(
        self,
        admission: Admission,
        source: Source,
        settings: BinarySettings,
        observe: Callable[..., None] = unobserved,
        clock: Callable[[], int] = time.time_ns,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.counters = MarketCounters()
        self.source = source
        super().__init__(
            settings, self.counters, settings.market_data_connections_max, settings.buffer_max + _LAST_WORDS_MAX,
            observe, clock, entropy,
        )  # fmt: skip
        self._conflation = Conflation(settings.conflation_checksum_every)
        self._ticks = False
        """Whether a timer calls the conflation."""
        rates = RateLimits(RateDefaults(settings.rate_per_s, settings.rate_burst, settings.rate_action))
        self._market_data = MarketData(admission, source, self._conflation, self.counters, rates)

    async def serve(
        self,
        listeners: Sequence[trio.SocketListener],
        *,
        task_status: trio.TaskStatus[list[trio.SocketListener]] = trio.TASK_STATUS_IGNORED,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """See :class:`SoupAcceptor`."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._conflate)
            await super().serve(listeners, task_status=task_status, tls=tls)

    async def _conflate(self) -> None:
        """However many ports are served, one of them keeps the interval."""
        if self._ticks:
            return
        self._ticks = True
        try:
            while True:
                await trio.sleep(self._settings.conflation_interval_s)
                self._conflation.tick()
        finally:
            self._ticks = False

    def _connection(self, outlet: Outlet, remote: str, shared: Shared) -> ClientConnection:
        return MarketConnection(outlet, remote, shared, self._market_data)

    async def stop(self, reason: str) -> None:
        """Ends the streams that end with this port, and every connection. The same again changes nothing."""
        self.source.finish()
        for connection in self._open:
            connection.end(reason)
