"""The synchronous client of the market data port.

with SyncMarketData("127.0.0.1", 9901, "TRADR1", "demo") as market:
    for event in market.events(timeout_s=5):
        print(event)
    print(market.shown("BTC/USDT").mid)
"""

from __future__ import annotations

import random
from typing import Unpack

from clients.backoff import Backoff
from clients.blocking import BlockingConnection
from clients.market.book import LocalBook
from clients.market.events import Listed, MarketEvent
from clients.market.feed import ORDERS
from clients.market.link import MarketLink
from clients.settings import Options, Settings


class SyncMarketData(BlockingConnection[MarketLink, MarketEvent]):
    """The same as :class:`clients.market.client.MarketData` on a blocking socket. Books are as of the last event that
    was asked for, and those that came with it."""

    def __init__(
        self, host: str, port: int, username: str, password: str, stream: str = ORDERS, **options: Unpack[Options]
    ) -> None:
        """Connects nowhere yet."""
        options.setdefault("reconnect", Backoff())
        super().__init__(host, port, MarketLink(username, password, stream, Settings(**options), random.random))

    def book(self, symbol: str | int) -> LocalBook:
        """By symbol or SecurityID. Raises ``ValueError`` for a symbol that the venue doesn't list."""
        return self._link.book(symbol)

    def shown(self, symbol: str | int) -> LocalBook:
        """The book, once it is whole. Raises what has ended the client."""
        return self._settled(self._link.shown(symbol))

    @property
    def instruments(self) -> dict[str, Listed]:
        """What the venue lists, by symbol."""
        return self._link.instruments
