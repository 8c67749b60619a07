"""The actor of market data: folds the durable records that the publisher hands it, and tells those who listen.

It is told of a batch after the accounts and the private reports have been (design §7.9). While nobody listens a record
costs its fold and nothing else; what changed is noted only for instruments that somebody listens to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias, final

import msgspec

from actors.messages import Entry
from actors.runtime import Actor
from engine.market_data.market import MarketData
from engine.market_data.updates import Channel, MarketMessage, SymbolChannels

Deliver: TypeAlias = Callable[[MarketMessage], object]
"""Takes a message: a mailbox's ``tell_first``, or a function that neither waits nor raises."""


@final
class Feed(msgspec.Struct, frozen=True, gc=False):
    """Durable records, in sequence."""

    entries: list[Entry]


@final
class Subscribe(msgspec.Struct, frozen=True, gc=False):
    """Send a snapshot of each of ``channels`` of an instrument, and then every change. Repeated, it sends the snapshots
    again. An instrument that is not there is answered with nothing."""

    symbol_id: int
    channels: tuple[Channel, ...]
    deliver: Deliver


@final
class Unsubscribe(msgspec.Struct, frozen=True, gc=False):
    """Stop. What is not subscribed to is not there to be stopped."""

    symbol_id: int
    channels: tuple[Channel, ...]
    deliver: Deliver


ToMarketData: TypeAlias = Feed | Subscribe | Unsubscribe


class Subscribers:
    """Who listens to what; outlives a crash of the actor."""

    def __init__(self) -> None:
        self._by_symbol: dict[int, dict[Channel, list[Deliver]]] = {}

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


class MarketDataActor(Actor[ToMarketData]):
    """Keeps the venue's :class:`~engine.market_data.market.MarketData` as of the last record it was fed.

    Records that ``market`` shows already are passed over, so it may have been rebuilt beyond what waits in the mailbox.
    Whoever was listening to a predecessor is sent new snapshots.
    """

    def __init__(self, market: MarketData, subscribers: Subscribers, on_fault: Callable[[Exception], object]) -> None:
        self.market = market
        self._subscribers = subscribers
        self._on_fault = on_fault
        self._watched: dict[int, SymbolChannels] = {}
        for symbol_id, channel in list(subscribers):
            snapshot = self._channels(symbol_id).begin(channel, market.seq, market.time_ns)
            self._tell(list(subscribers.of(symbol_id, channel)), snapshot)

    def on_batch(self, batch: Iterator[ToMarketData]) -> None:
        for message in batch:
            if type(message) is Feed:
                self._fold(message.entries)
                if self._watched:
                    self._publish()
            elif type(message) is Subscribe:
                self._subscribe(message)
            elif type(message) is Unsubscribe:
                for channel in message.channels:
                    self._leave(message.symbol_id, channel, message.deliver)

    def _fold(self, entries: list[Entry]) -> None:
        apply = self.market.apply
        done = self.market.seq
        for entry in entries:
            if entry.seq > done:
                apply(entry.seq, entry.record)  # type: ignore[arg-type]

    def _publish(self) -> None:
        market = self.market
        for symbol_id, channels in list(self._watched.items()):
            for update in channels.changes(market.seq, market.time_ns):
                self._tell(list(self._subscribers.of(symbol_id, update.channel)), update)

    def _subscribe(self, wanted: Subscribe) -> None:
        market = self.market
        if wanted.symbol_id not in market.symbols:
            return
        channels = self._channels(wanted.symbol_id)
        for channel in wanted.channels:
            self._subscribers.add(wanted.symbol_id, channel, wanted.deliver)
            self._tell([wanted.deliver], channels.begin(channel, market.seq, market.time_ns))

    def _channels(self, symbol_id: int) -> SymbolChannels:
        channels = self._watched.get(symbol_id)
        if channels is None:
            channels = self._watched[symbol_id] = SymbolChannels(self.market.symbols[symbol_id])
        return channels

    def _leave(self, symbol_id: int, channel: Channel, deliver: Deliver) -> None:
        channels = self._watched.get(symbol_id)
        if self._subscribers.remove(symbol_id, channel, deliver) and channels is not None:
            channels.end(channel)
            if not channels.open:
                del self._watched[symbol_id]

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
