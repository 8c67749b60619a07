"""All views of one instrument's market."""

from __future__ import annotations

from engine.events import (
    Event,
    InstrumentListed,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    OrderRestated,
    OrderTriggered,
    OrderUpdated,
    TradeBusted,
    TradeCorrected,
    TradeExecuted,
)
from engine.instrument import Instrument
from engine.market_data.candles import Candles
from engine.market_data.checksum import orders_checksum
from engine.market_data.limits import MarketDataLimits
from engine.market_data.orders import DisplayedOrders
from engine.market_data.statistics import Statistics, statistics
from engine.market_data.steps import Shown, Steps
from engine.market_data.tape import Tape
from engine.market_data.top import MarketState, Top
from engine.queries import DepthLevel

_OF_ORDERS = frozenset({
    OrderAccepted, OrderCanceled, OrderExpired, OrderReplaced, OrderRejected, OrderTriggered, OrderRestated,
    OrderUpdated,
})  # fmt: skip


class SymbolMarket:
    """Trades, candles and state of one instrument, folded from its book's records, and while somebody needs them its
    displayed orders: those are always in the book itself, and to fold each a second time would cost more than all the
    rest."""

    __slots__ = ("_limits", "candles", "instrument", "market_state", "orders", "steps", "tape", "touched")

    def __init__(self, instrument: Instrument, limits: MarketDataLimits) -> None:
        self.instrument = instrument
        self.orders: DisplayedOrders | None = None
        """None while nobody needs them."""
        self.steps: Steps | None = None
        """None while nobody follows them; they need :attr:`orders`."""
        self.touched = False
        """Whether a record has been folded in since whoever publishes it has last looked."""
        self._limits = limits
        self.tape = Tape(limits.trades_per_symbol)
        self.candles = Candles(instrument, limits.candles_per_interval)
        self.market_state = MarketState(instrument)

    def apply(self, events: list[Event], time_ns: int) -> None:
        """Fold one record in."""
        self.touched = True
        orders, steps = self.orders, self.steps
        if steps is not None and orders is not None:
            if steps.fold_plain(time_ns, events, orders):
                if len(events) > 1:
                    self._apply_trades(events[1:], time_ns)
                return
            steps.fold(events, orders)
        elif orders is not None:
            orders.apply(events)
        self._apply_all(events, time_ns)
        if steps is not None and orders is not None:
            steps.complete(time_ns, self.market_state, orders)

    def _apply_trades(self, events: list[Event], time_ns: int) -> None:
        """All of ``events`` are trades."""
        tape, candles = self.tape, self.candles
        for trade in events:
            tape.add(trade, time_ns)  # type: ignore[arg-type]
            candles.add(trade.trade_id, trade.px, trade.qty, time_ns)  # type: ignore[union-attr]

    def _apply_all(self, events: list[Event], time_ns: int) -> None:
        for event in events:
            kind = type(event)
            if kind is TradeExecuted:
                self.tape.add(event, time_ns)  # type: ignore[arg-type]
                self.candles.add(event.trade_id, event.px, event.qty, time_ns)  # type: ignore[union-attr]
            elif kind not in _OF_ORDERS:
                self._apply_rare(event)

    def _apply_rare(self, event: Event) -> None:
        if isinstance(event, TradeBusted | TradeCorrected):
            self.tape.amend(event)
            self.candles.amend(event, self.tape)
        elif isinstance(event, InstrumentListed):
            self.instrument = event.instrument
            self.candles.change(event.instrument)
        else:
            self.market_state.apply(event)

    def follow_steps(self) -> None:
        """From the next record on its steps are noted; the displayed orders are there."""
        if self.steps is None:
            self.steps = Steps(self.market_state.present(), self._limits.checksum_every)

    def shown(self) -> Shown:
        """Where the steps start from; the displayed orders are there."""
        orders = self.orders
        assert orders is not None
        return Shown(self.instrument, self.market_state.present(), orders.orders(), orders_checksum(orders))

    def top(self, bid: DepthLevel | None, ask: DepthLevel | None) -> Top:
        """With the best displayed levels, which the caller knows from :attr:`orders` or from the book."""
        return self.market_state.top(bid, ask, self.tape.last())

    def statistics(self, now_ns: int) -> Statistics:
        """See :func:`engine.market_data.statistics.statistics`."""
        return statistics(self.candles, now_ns)

    def state(self) -> object:
        """Everything that replay must reproduce, in a canonical order."""
        return (
            self.instrument.symbol_id,
            self.tape.state(),
            self.candles.state(),
            self.market_state.state(),
        )
