"""The market data port: what its connections share, and how it stops."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Final, cast

from actors.door import Admission
from gateways.binary.client_connection import ClientConnection, Shared
from gateways.binary.counters import MarketCounters
from gateways.binary.market.connection import MarketConnection, MarketData
from gateways.binary.market.feed import MarketFeed
from gateways.binary.settings import BinarySettings
from gateways.binary.soup_acceptor import SoupAcceptor, unobserved
from gateways.transport import Outlet

_LAST_WORDS_MAX: Final = 1 << 20
"""Bytes that may wait for a client beyond its bound: part of a snapshot, or why it is cut."""


class MarketAcceptor(SoupAcceptor):
    """The venue's SoupBinTCP server of market data."""

    def __init__(
        self,
        admission: Admission,
        feed: MarketFeed,
        settings: BinarySettings,
        observe: Callable[..., None] = unobserved,
        clock: Callable[[], int] = time.time_ns,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.counters = MarketCounters()
        self.feed = feed
        super().__init__(
            settings, self.counters, settings.market_data_connections_max, settings.buffer_max + _LAST_WORDS_MAX,
            observe, clock, entropy,
        )  # fmt: skip
        self._market_data = MarketData(admission, feed, self.counters)

    def _connection(self, outlet: Outlet, remote: str, shared: Shared) -> ClientConnection:
        return MarketConnection(outlet, remote, shared, self._market_data)

    async def stop(self, reason: str) -> None:
        """Ends the streams, and every connection with End of Session. The same again changes nothing."""
        self.feed.finish()
        for connection in list(self._open):
            cast("MarketConnection", connection).stop(reason)
