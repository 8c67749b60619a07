"""The whole venue's market data as a fold over its durable records."""

from __future__ import annotations

from engine.events import (
    AuctionEnded,
    AuctionIndicated,
    AuctionStarted,
    DayOrdersExpired,
    Event,
    InstrumentListed,
    InstrumentStatusChanged,
    LimitStateChanged,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderReplaced,
    OrderRestated,
    OrderTriggered,
    OrderUpdated,
    Record,
    ReferencePriceSet,
    TradeBusted,
    TradeCorrected,
    TradeExecuted,
    TradingPhaseChanged,
)
from engine.market_data.limits import MarketDataLimits
from engine.market_data.symbol import SymbolMarket

DEFAULT_LIMITS = MarketDataLimits()

_ORDER_EVENTS = frozenset(
    {OrderAccepted, OrderCanceled, OrderExpired, OrderReplaced, OrderTriggered, OrderRestated, OrderUpdated}
)
_TRADES = frozenset({TradeExecuted, TradeBusted, TradeCorrected})
_OF_MARKET = frozenset({
    AuctionEnded, AuctionIndicated, AuctionStarted, DayOrdersExpired, InstrumentStatusChanged, LimitStateChanged,
    ReferencePriceSet, TradingPhaseChanged,
})  # fmt: skip


class MarketData:
    """Every instrument's market by symbol id, and the last record that it shows."""

    def __init__(self, limits: MarketDataLimits = DEFAULT_LIMITS) -> None:
        self.symbols: dict[int, SymbolMarket] = {}
        self.watched: set[int] = set()
        """Instruments whose every record somebody needs."""
        self.seq = 0
        self.time_ns = 0
        self._limits = limits

    def apply(self, seq: int, record: Record) -> SymbolMarket | None:
        """Fold one record in; ``seq`` is its journal sequence. Returns the market that it concerns; None where it
        concerns none, or says nothing but what an order does in a book that nobody watches."""
        self.seq = seq
        time_ns = self.time_ns = record.time_ns
        events = record.events
        if not events:
            return None
        first = events[0]
        if type(first) in _ORDER_EVENTS:
            if len(events) == 1 and not self.watched:
                return None
            symbol_id = first.order.terms.symbol_id  # type: ignore[union-attr]
        else:
            symbol_id = self._symbol_of(events)
            if not symbol_id:
                return None
        market = self.symbols[symbol_id]
        market.apply(events, time_ns)
        return market

    def replay(self, time_ns: int, event: Event) -> None:
        """Fold in what :attr:`engine.fold.VenueState.on_public` tells: all that there is while nobody watches."""
        if type(event) is TradeExecuted:
            market = self.symbols[event.aggressor.terms.symbol_id]
            market.tape.add(event, time_ns)
            market.candles.add(event.trade_id, event.px, event.qty, time_ns)
        else:
            symbol_id = self._symbol_of([event])
            if symbol_id:
                self.symbols[symbol_id].apply([event], time_ns)

    def _symbol_of(self, events: list[Event]) -> int:
        """The instrument that a record is about, 0 where it is about none. A new one gets its market."""
        for event in events:
            kind = type(event)
            if kind in _ORDER_EVENTS:
                return event.order.terms.symbol_id  # type: ignore[union-attr]
            if kind in _TRADES:
                return event.aggressor.terms.symbol_id  # type: ignore[union-attr]
            if kind in _OF_MARKET:
                return event.symbol_id  # type: ignore[union-attr]
            if kind is InstrumentListed:
                instrument = event.instrument  # type: ignore[union-attr]
                if instrument.symbol_id not in self.symbols:
                    self.symbols[instrument.symbol_id] = SymbolMarket(instrument, self._limits)
                return instrument.symbol_id
        return 0

    def state(self) -> object:
        """Everything that replay must reproduce, in a canonical order."""
        return [self.symbols[key].state() for key in sorted(self.symbols)]
