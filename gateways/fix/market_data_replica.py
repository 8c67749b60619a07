"""One instrument's market as a session has been told of it so far. Pure: folded from market data's messages."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from engine.market_data.orders import OrderDeleted, Orders
from engine.market_data.updates import Channel, MarketMessage, Snapshot
from engine.types import Side
from gateways.fix.market_data_steps import CHANGE, DELETE, NEW

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.market_data.levels import Levels
    from engine.market_data.orders import DisplayedOrder, OrderDelta
    from engine.market_data.statistics import DayStatistics
    from engine.market_data.tape import TapeTrade
    from engine.market_data.top import State
    from engine.queries import DepthLevel
    from engine.types import Px, Qty

_BUY = Side.BUY
_TRADES_KEPT = 64
"""Trades that are remembered, so that a bust shows the one before it as the last."""

Level = TypeVar("Level")


class BookSide(Generic[Level]):
    """One side by price. ``keys`` stand best first: an offer's is its price, a bid's its negative."""

    __slots__ = ("keys", "levels", "sign")

    def __init__(self, side: Side) -> None:
        self.sign = -1 if side is _BUY else 1
        self.keys: list[int] = []
        self.levels: dict[int, Level] = {}

    def put(self, px: Px, level: Level) -> None:
        key = px * self.sign
        if key not in self.levels:
            insort(self.keys, key)
        self.levels[key] = level

    def drop(self, px: Px) -> None:
        """What is not there is not there to be dropped."""
        key = px * self.sign
        if self.levels.pop(key, None) is not None:
            del self.keys[bisect_left(self.keys, key)]

    def clear(self) -> None:
        self.keys.clear()
        self.levels.clear()


class Replica:
    """Shows every channel that has had its snapshot."""

    __slots__ = ("_has_trades", "day", "levels", "queues", "state", "time_ns", "trade_steps", "trades")

    def __init__(self) -> None:
        self.levels: dict[Side, BookSide[DepthLevel]] = {side: BookSide(side) for side in Side}
        self.queues: dict[Side, BookSide[dict[int, Qty]]] = {side: BookSide(side) for side in Side}
        """OrderID → displayed quantity, in priority order."""
        self.trades: dict[int, TapeTrade] = {}
        """The newest ones by TradeID, oldest first, busted ones too."""
        self.trade_steps: list[tuple[str, TapeTrade]] = []
        """What the newest message of trades has brought that had not been told before."""
        self._has_trades = False
        self.state: State | None = None
        self.day: DayStatistics | None = None
        self.time_ns = 0
        """Of the newest message."""

    @property
    def last_trade(self) -> TapeTrade | None:
        """The newest that stands."""
        return next((trade for trade in reversed(self.trades.values()) if not trade.busted), None)

    def apply(self, message: MarketMessage) -> None:
        self.time_ns = message.time_ns
        content, anew = message.content, isinstance(message, Snapshot)
        channel = message.channel
        if channel is Channel.LEVELS:
            self._apply_levels(cast("Levels", content), anew)
        elif channel is Channel.ORDERS:
            if anew:
                self._load_orders(cast("Orders", content))
            else:
                self._apply_orders(cast("list[OrderDelta]", content))
        elif channel is Channel.TRADES:
            self._apply_trades(cast("list[TapeTrade]", content), anew)
        elif channel is Channel.STATE:
            self.state = cast("State", content)
        elif channel is Channel.STATISTICS:
            self.day = cast("DayStatistics", content)

    def _apply_levels(self, content: Levels, anew: bool) -> None:
        for side, levels in ((_BUY, content.bids), (Side.SELL, content.asks)):
            book = self.levels[side]
            if anew:
                book.clear()
            for level in levels:
                if level.orders:
                    book.put(level.px, level)
                else:
                    book.drop(level.px)

    def _load_orders(self, content: Orders) -> None:
        for side, orders in ((_BUY, content.bids), (Side.SELL, content.asks)):
            self.queues[side].clear()
            self._add(side, orders)

    def _add(self, side: Side, orders: Iterable[DisplayedOrder]) -> None:
        book = self.queues[side]
        for order in orders:
            queue = book.levels.get(order.px * book.sign)
            if queue is None:
                book.put(order.px, {order.order_id: order.qty})
            else:
                queue[order.order_id] = order.qty

    def _apply_orders(self, deltas: list[OrderDelta]) -> None:
        for delta in deltas:
            book = self.queues[delta.side]
            queue = book.levels.get(delta.px * book.sign)
            if not isinstance(delta, OrderDeleted):
                if queue is None:
                    book.put(delta.px, {delta.order_id: delta.qty})
                else:
                    queue[delta.order_id] = delta.qty  # a new one joins at the end, a known one keeps its place
            elif queue is not None:
                queue.pop(delta.order_id, None)
                if not queue:
                    book.drop(delta.px)

    def _apply_trades(self, trades: list[TapeTrade], anew: bool) -> None:
        """New trades and amended ones. A snapshot that is not the first one repeats what is known, and shows what was
        missed meanwhile."""
        kept, steps = self.trades, []
        last_id = next(reversed(kept), 0)
        for trade in trades:
            trade_id = trade.trade_id
            if trade_id > last_id:
                last_id = trade_id
                steps.append((NEW, trade))
                if anew and trade.busted:
                    steps.append((DELETE, trade))
                kept[trade_id] = trade
            elif trade_id not in kept:
                if not anew:
                    steps.append((DELETE if trade.busted else CHANGE, trade))
            elif kept[trade_id] != trade:
                steps.append((DELETE if trade.busted else CHANGE, trade))
                kept[trade_id] = trade
        while len(kept) > _TRADES_KEPT:
            del kept[next(iter(kept))]
        self.trade_steps = steps if self._has_trades else []
        self._has_trades = True
