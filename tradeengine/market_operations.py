"""What the public may read of a running venue: the HTTP port's :class:`gateways.http.market.MarketReads`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from engine.book import Book
from gateways.http.market import MarketReading
from gateways.http.operations import OperationRefused, OperationUnknown, VenueUnavailable
from tradeengine.desk import Desk
from tradeengine.wiring import VenueFailed

T = TypeVar("T")


class MarketOperations(Desk):
    """The part of VenueOperations that needs no token."""

    def market(self, symbol: str) -> MarketReading:
        venue = self._present()
        instrument = venue.directory.instrument_named(symbol)
        market = venue.market_data.market
        if market is None:
            raise VenueUnavailable("market data has failed")
        shown = market.symbols.get(instrument.symbol_id) if instrument is not None else None
        if shown is None:
            raise OperationUnknown(f"there is no instrument {symbol!r}")
        return MarketReading(shown, market.seq, max(venue.clock_ns(), market.time_ns))

    async def inspect_book(self, symbol: str, read: Callable[[Book], T]) -> tuple[int, T]:
        venue = self._present()
        instrument = venue.directory.instrument_named(symbol)
        if instrument is None or instrument.symbol_id not in venue.book_mail:
            raise OperationUnknown(f"there is no instrument {symbol!r}")
        try:
            seq, seen = await venue.market_data.inspect(instrument.symbol_id, read)
        except VenueFailed as failed:
            raise VenueUnavailable(f"the journal has failed: {failed}") from failed
        if seen is None:
            raise OperationRefused(f"{symbol} is out of service since it failed; restart the venue to bring it back")
        return seq, seen
