"""The actor of market data: folds the durable records that the publisher hands it, and tells those who listen.

It is told of a batch after the accounts and the private reports have been (design §7.9). Trades are always folded.
An instrument's displayed orders are, from the first subscription that needs them to the last: they begin with what its
book says, as of a sequence, and go on with the records after it, which have been gathered since the book was asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias, final

import msgspec

from actors.messages import Entry
from actors.runtime import Actor
from engine.events import Event
from engine.market_data.market import MarketData
from engine.market_data.orders import DisplayedOrders, Orders
from engine.market_data.updates import OF_ORDERS, Channel, MarketMessage, SymbolChannels

Deliver: TypeAlias = Callable[[MarketMessage], object]
"""Takes a message: a mailbox's ``tell_first``, or a function that neither waits nor raises."""


EVERY = 0
"""Stands for every instrument, also those that will be listed."""


@final
class Feed(msgspec.Struct, frozen=True, gc=False):
    """Durable records, in sequence."""

    entries: list[Entry]


@final
class Subscribe(msgspec.Struct, frozen=True, gc=False):
    """Send a snapshot of each of ``channels`` of an instrument, and then every change. Repeated, it sends the snapshots
    again. The first snapshots that need its book come when the book has answered. An instrument that is not there is
    answered with nothing; :data:`EVERY` is all that there are, and those that come."""

    symbol_id: int
    channels: tuple[Channel, ...]
    deliver: Deliver


@final
class Unsubscribe(msgspec.Struct, frozen=True, gc=False):
    """Stop. What is not subscribed to is not there to be stopped. :data:`EVERY` stops the channels of each instrument,
    and the welcome of those that come."""

    symbol_id: int
    channels: tuple[Channel, ...]
    deliver: Deliver


@final
class BookShown(msgspec.Struct, frozen=True, gc=False):
    """What an instrument's book displays as of ``seq``, in answer to :data:`AskBook`."""

    symbol_id: int
    seq: int
    orders: Orders


ToMarketData: TypeAlias = Feed | Subscribe | Unsubscribe | BookShown

AskBook: TypeAlias = Callable[[int], object]
"""Asks an instrument's book what it displays; the actor is told BookShown when that is durable."""


class Subscribers:
    """Who listens to what; outlives a crash of the actor."""

    def __init__(self) -> None:
        self._by_symbol: dict[int, dict[Channel, list[Deliver]]] = {}
        self.of_every: list[Subscribe] = []
        """Those that are carried out for each instrument that is listed."""

    def add(self, symbol_id: int, channel: Channel, deliver: Deliver) -> None:
        listening = self._by_symbol.setdefault(symbol_id, {}).setdefault(channel, [])
        if deliver not in listening:
            listening.append(deliver)

    def remove(self, symbol_id: int, channel: Channel, deliver: Deliver) -> bool:
        """Returns whether nobody listens to the channel any more."""
        channels = self._by_symbol.get(symbol_id, {})
        listening = channels.get(channel, [])
        if deliver in listening:
            listening.remove(deliver)
        if listening:
            return False
        channels.pop(channel, None)
        if not channels:
            self._by_symbol.pop(symbol_id, None)
        return True

    def of(self, symbol_id: int, channel: Channel) -> list[Deliver]:
        return self._by_symbol[symbol_id][channel]

    def __iter__(self) -> Iterator[tuple[int, Channel]]:
        """Every instrument and channel that somebody listens to."""
        for symbol_id, channels in self._by_symbol.items():
            for channel in channels:
                yield symbol_id, channel


class _Awaited:
    """An instrument whose book has been asked what it displays."""

    __slots__ = ("records", "since_seq", "waiting")

    def __init__(self, since_seq: int) -> None:
        self.since_seq = since_seq
        """The last record before the first of ``records``."""
        self.records: list[tuple[int, list[Event]]] = []
        self.waiting: list[tuple[Channel, Deliver]] = []


class MarketDataActor(Actor[ToMarketData]):
    """Keeps the venue's :class:`~engine.market_data.market.MarketData` as of the last record it was fed.

    Records that ``market`` shows already are passed over, so it may have been rebuilt beyond what waits in the mailbox.
    Whoever was listening to a predecessor is sent new snapshots.
    """

    def __init__(
        self,
        market: MarketData,
        subscribers: Subscribers,
        ask_book: AskBook,
        on_fault: Callable[[Exception], object],
    ) -> None:
        self.market = market
        self._subscribers = subscribers
        self._ask_book = ask_book
        self._on_fault = on_fault
        self._listened: dict[int, SymbolChannels] = {}
        self._awaited: dict[int, _Awaited] = {}
        self._listed = len(market.symbols)
        for symbol_id, channel in list(subscribers):
            for deliver in list(subscribers.of(symbol_id, channel)):
                self._join(symbol_id, channel, deliver)

    def on_batch(self, batch: Iterator[ToMarketData]) -> None:
        for message in batch:
            if type(message) is Feed:
                self._fold(message.entries)
                if self._listened:
                    self._publish()
                if len(self.market.symbols) != self._listed:
                    self._welcome()
            elif type(message) is Subscribe:
                self._subscribe(message)
            elif type(message) is Unsubscribe:
                self._unsubscribe(message)
            elif type(message) is BookShown:
                self._show(message)

    # ---- records --------------------------------------------------------------------------------------------------

    def _fold(self, entries: list[Entry]) -> None:
        apply = self.market.apply
        awaited = self._awaited
        done = self.market.seq
        for entry in entries:
            record = entry.record
            if entry.seq > done and record is not None:
                market = apply(entry.seq, record)
                if awaited and market is not None and market.instrument.symbol_id in awaited:
                    awaited[market.instrument.symbol_id].records.append((entry.seq, record.events))

    def _publish(self) -> None:
        market = self.market
        for symbol_id, channels in list(self._listened.items()):
            for update in channels.changes(market.seq, market.time_ns):
                self._tell(list(self._subscribers.of(symbol_id, update.channel)), update)

    # ---- who listens ----------------------------------------------------------------------------------------------

    def _welcome(self) -> None:
        """Instruments have been listed; nothing can have been traded in them yet."""
        new = list(self.market.symbols)[self._listed :]
        self._listed = len(self.market.symbols)
        for wanted in self._subscribers.of_every:
            for symbol_id in new:
                self._subscribe(Subscribe(symbol_id, wanted.channels, wanted.deliver))

    def _subscribe(self, wanted: Subscribe) -> None:
        if wanted.symbol_id == EVERY:
            self._subscribers.of_every.append(wanted)
            for symbol_id in list(self.market.symbols):
                self._subscribe(Subscribe(symbol_id, wanted.channels, wanted.deliver))
            return
        if wanted.symbol_id in self.market.symbols:
            for channel in wanted.channels:
                self._subscribers.add(wanted.symbol_id, channel, wanted.deliver)
                self._join(wanted.symbol_id, channel, wanted.deliver)

    def _unsubscribe(self, ended: Unsubscribe) -> None:
        of_every = self._subscribers.of_every
        if ended.symbol_id == EVERY:
            of_every[:] = [each for each in of_every if each.deliver != ended.deliver]
        for symbol_id in list(self.market.symbols) if ended.symbol_id == EVERY else [ended.symbol_id]:
            for channel in ended.channels:
                self._leave(symbol_id, channel, ended.deliver)

    def _join(self, symbol_id: int, channel: Channel, deliver: Deliver) -> None:
        if channel in OF_ORDERS and self.market.symbols[symbol_id].orders is None:
            self._await_book(symbol_id).waiting.append((channel, deliver))
        else:
            self._begin(symbol_id, channel, deliver)

    def _await_book(self, symbol_id: int) -> _Awaited:
        awaited = self._awaited.get(symbol_id)
        if awaited is None:
            awaited = self._awaited[symbol_id] = _Awaited(self.market.seq)
            self.market.watched.add(symbol_id)
            self._ask_book(symbol_id)
        return awaited

    def _show(self, shown: BookShown) -> None:
        """The book's answer, unless it is one to an earlier question: what came after that was not gathered."""
        awaited = self._awaited.get(shown.symbol_id)
        if awaited is None or shown.seq < awaited.since_seq:
            return
        del self._awaited[shown.symbol_id]
        orders = DisplayedOrders()
        orders.load(shown.orders)
        for seq, events in awaited.records:
            if seq > shown.seq:
                orders.apply(events)
        self.market.symbols[shown.symbol_id].orders = orders
        for channel, deliver in awaited.waiting:
            self._begin(shown.symbol_id, channel, deliver)
        self._unwatch(shown.symbol_id)

    def _begin(self, symbol_id: int, channel: Channel, deliver: Deliver) -> None:
        market = self.market
        channels = self._listened.get(symbol_id)
        if channels is None:
            channels = self._listened[symbol_id] = SymbolChannels(market.symbols[symbol_id])
        self._tell([deliver], channels.begin(channel, market.seq, market.time_ns))

    def _leave(self, symbol_id: int, channel: Channel, deliver: Deliver) -> None:
        awaited = self._awaited.get(symbol_id)
        if awaited is not None:
            awaited.waiting = [each for each in awaited.waiting if each != (channel, deliver)]
        channels = self._listened.get(symbol_id)
        if self._subscribers.remove(symbol_id, channel, deliver) and channels is not None:
            channels.end(channel)
            if not channels.open:
                del self._listened[symbol_id]
            self._unwatch(symbol_id)

    def _unwatch(self, symbol_id: int) -> None:
        """Displayed orders that nobody needs are not folded."""
        channels = self._listened.get(symbol_id)
        if symbol_id not in self._awaited and (channels is None or not channels.open.keys() & OF_ORDERS):
            self.market.symbols[symbol_id].orders = None
            self.market.watched.discard(symbol_id)

    def _tell(self, listening: list[Deliver], message: MarketMessage) -> None:
        """One subscriber's failure is its own: it is told nothing more of this channel."""
        for deliver in listening:
            try:
                deliver(message)
            except Exception as error:
                self._on_fault(error)
                self._leave(message.symbol_id, message.channel, deliver)


class LostMarketDataActor(Actor[ToMarketData]):
    """Stands in for market data that has crashed too often: nobody is told anything more."""

    def on_batch(self, batch: Iterator[ToMarketData]) -> None:
        for _ in batch:
            pass
