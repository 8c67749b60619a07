"""The trio client of the market data port.

    async with MarketData("127.0.0.1", 9901, "TRADR1", "demo") as market:
        async for event in market:
            if isinstance(event, BookChanged):
                book = market.book(event.security_id)
                print(book.symbol, book.best_bid, book.best_offer)
            elif isinstance(event, Trade):
                print(event.price, event.qty)

Books are whole when the client has been entered, and stay the venue's: its checksums are compared, a lost connection
is come back to, and what can't be trusted is asked for anew. Whoever only looks at books says ``events_max=0``.
"""

from __future__ import annotations

import random
from typing import Unpack

from clients.backoff import Backoff
from clients.connection import Connection
from clients.market.book import LocalBook
from clients.market.events import Listed, MarketEvent
from clients.market.feed import ORDERS
from clients.market.link import MarketLink
from clients.settings import Options, Settings


class MarketData(Connection[MarketLink, MarketEvent]):
    """One listener; ``async with`` it. Options as in :class:`clients.settings.Settings`, but that it reconnects unless
    ``reconnect`` is None, and always begins with the books as they are."""

    def __init__(
        self, host: str, port: int, username: str, password: str, stream: str = ORDERS, **options: Unpack[Options]
    ) -> None:
        """Connects nowhere yet. ``stream``: one of those that :mod:`clients.market.feed` names."""
        options.setdefault("reconnect", Backoff())
        super().__init__(host, port, MarketLink(username, password, stream, Settings(**options), random.random))

    def book(self, symbol: str | int) -> LocalBook:
        """By symbol or SecurityID; the same object for ever. Raises ``ValueError`` for a symbol that the venue doesn't
        list."""
        return self._link.book(symbol)

    async def shown(self, symbol: str | int) -> LocalBook:
        """The book, once it is whole. Raises what has ended the client."""
        return await self._settled(self._link.shown(symbol))

    @property
    def instruments(self) -> dict[str, Listed]:
        """What the venue lists, by symbol."""
        return self._link.instruments
