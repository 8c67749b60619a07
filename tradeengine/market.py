"""Market data's place in the venue: its actor, and how it is rebuilt from the journal after a crash."""

from __future__ import annotations

import structlog
import trio

from actors.market_data import LostMarketDataActor, MarketDataActor, Subscribers, ToMarketData
from actors.runtime import Actor, ChildExit, ChildSpec
from engine.fold import VenueState
from engine.market_data.market import MarketData
from tradeengine.wiring import Wiring

log = structlog.get_logger("market_data")
_CHUNK = 2000
"""Records that a rebuild folds before the rest of the venue has its turn."""


class MarketDataMember:
    """The supervisor of the one actor. Its failure stops market data, not trading."""

    def __init__(self, venue: Wiring, first: MarketData) -> None:
        self.market: MarketData | None = first
        """What can be read now; None while it is being rebuilt, and after it has failed for good."""
        self._venue = venue
        self._subscribers = Subscribers()
        self._built: list[MarketData] = [first]
        self.supervisor = venue.supervisor("market data", [self._spec()])

    def _spec(self) -> ChildSpec[ToMarketData]:
        return ChildSpec(
            name="market-data",
            start=self._start,
            mailbox=self._venue.market_data_mail,
            on_exit=self._on_exit,
            on_exhausted=self._lost,
        )

    async def _start(self) -> Actor[ToMarketData]:
        self.market = self._built.pop() if self._built else await self._rebuilt(self._venue.publisher.published_seq)
        return MarketDataActor(self.market, self._subscribers, self._on_fault)

    def _on_exit(self, ended: ChildExit) -> None:
        self.market = None
        log.error("market_data_crashed", exc_info=ended.error)

    def _on_fault(self, error: Exception) -> None:
        log.error("market_data_subscriber_failed", exc_info=error)

    async def _lost(self) -> Actor[ToMarketData]:
        log.error("market_data_lost")
        return LostMarketDataActor()

    async def _rebuilt(self, last: int) -> MarketData:
        """The views after sequence ``last``. What waits in the mailbox may lie before it; it is passed over then."""
        state, market = VenueState(), MarketData()
        state.on_public = market.replay
        for seq, record in self._venue.routes.read(1, last):
            state.apply(seq, record)
            if not seq % _CHUNK:
                await trio.lowlevel.checkpoint()
        market.load(state.books.values(), state.seq, state.time_ns)
        return market
