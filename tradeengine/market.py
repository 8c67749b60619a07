"""Market data's place in the venue: its actor, how it is rebuilt after a crash, and how books are looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import structlog
import trio

from actors.market_data import BookShown, LostMarketDataActor, MarketDataActor, Subscribers, ToMarketData
from actors.messages import InspectBook
from actors.runtime import Actor, ChildExit, ChildSpec
from engine.book import Book
from engine.market_data.market import MarketData
from engine.market_data.orders import Orders, displayed_orders
from tradeengine.recovery import market_data_limits
from tradeengine.wiring import VenueFailed, Wiring

log = structlog.get_logger("market_data")
T = TypeVar("T")
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

    async def inspect(self, symbol_id: int, read: Callable[[Book], T]) -> tuple[int, T | None]:
        """What ``read`` sees of a book, and the sequence as of which; returns when that is durable. None: the book has
        failed.

        Raises:
            VenueFailed: the journal can't write any more, so that moment will not come.
        """
        venue = self._venue
        answered = trio.Event()
        answers: list[tuple[int, T | None]] = []

        def take(seq: int, seen: object) -> None:
            answers.append((seq, cast("T | None", seen)))
            answered.set()

        async def give_up_when_lost() -> None:
            await venue.lost.wait()
            answered.set()

        with venue.dispatcher.turn():
            venue.book_mail[symbol_id].tell(InspectBook(read, take))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(give_up_when_lost)
            await answered.wait()
            nursery.cancel_scope.cancel()
        if not answers:
            raise VenueFailed(venue.failure)
        return answers[0]

    # ---- the actor's life -----------------------------------------------------------------------------------------

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
        return MarketDataActor(self.market, self._subscribers, self._ask_book, self._on_fault)

    async def _rebuilt(self, last: int) -> MarketData:
        """The views after sequence ``last``. What waits in the mailbox may lie before it; it is passed over then."""
        market = MarketData(market_data_limits(self._venue.settings))
        for seq, record in self._venue.routes.read(1, last):
            market.apply(seq, record)
            if not seq % _CHUNK:
                await trio.lowlevel.checkpoint()
        return market

    def _ask_book(self, symbol_id: int) -> None:
        def answer(seq: int, seen: object) -> None:
            orders = seen if isinstance(seen, Orders) else Orders([], [])  # a book that has failed displays nothing
            self._venue.market_data_mail.tell_first(BookShown(symbol_id, seq, orders))

        self._venue.book_mail[symbol_id].tell(InspectBook(displayed_orders, answer))

    def _on_exit(self, ended: ChildExit) -> None:
        self.market = None
        log.error("market_data_crashed", exc_info=ended.error)

    def _on_fault(self, error: Exception) -> None:
        log.error("market_data_subscriber_failed", exc_info=error)

    async def _lost(self) -> Actor[ToMarketData]:
        log.error("market_data_lost")
        return LostMarketDataActor()
