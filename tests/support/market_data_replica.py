"""A subscriber of market data that believes nothing: it rebuilds each channel from what it is sent, and checks the
chain of sequences."""

from __future__ import annotations

from typing import Any

from steps_book import StepsBook

from engine.market_data.levels import Levels
from engine.market_data.orders import OrderAdded, OrderDeleted, OrderModified
from engine.market_data.statistics import DayStatistics
from engine.market_data.tape import TapeTrade
from engine.market_data.top import State, Top
from engine.market_data.updates import Channel, MarketMessage, Orders, Snapshot, Update
from engine.queries import DepthLevel
from engine.types import Px, Side


class Replica:
    """One instrument's channels as a subscriber knows them."""

    def __init__(self) -> None:
        self.seqs: dict[Channel, int] = {}
        self.messages: list[MarketMessage] = []
        self.top: Top | None = None
        self.levels: dict[Side, dict[Px, DepthLevel]] = {}
        self.orders: dict[Side, list[tuple[int, Px, int]]] = {}
        self.trades: dict[int, TapeTrade] = {}
        self.state: State | None = None
        self.day: DayStatistics | None = None
        self.stepped: StepsBook

    def __call__(self, message: MarketMessage) -> None:
        self.messages.append(message)
        channel = message.channel
        if isinstance(message, Update):
            assert message.prev_seq == self.seqs[channel], "a message is missing"
            assert message.seq > message.prev_seq
        self.seqs[channel] = message.seq
        content: Any = message.content
        anew = isinstance(message, Snapshot)
        if channel is Channel.TOP:
            self.top = content
        elif channel is Channel.LEVELS:
            self._levels(content, anew)
        elif channel is Channel.ORDERS:
            self._snapshot_orders(content) if anew else self._change_orders(content)
        elif channel is Channel.TRADES:
            if anew:
                self.trades.clear()
            self.trades.update({trade.trade_id: trade for trade in content})
        elif channel is Channel.STATE:
            self.state = content
        elif channel is Channel.STATISTICS:
            self.day = content
        elif anew:
            self.stepped = StepsBook(content)
        else:
            self.stepped.fold(content)

    def depth(self, side: Side) -> list[DepthLevel]:
        """Best first."""
        levels = self.levels[side]
        return [levels[px] for px in sorted(levels, reverse=side is Side.BUY)]

    def queue(self, side: Side) -> list[tuple[int, Px, int]]:
        """(OrderID, price, quantity), best price first and in priority order within it."""
        return sorted(self.orders[side], key=lambda order: -order[1] if side is Side.BUY else order[1])

    def _levels(self, content: Levels, anew: bool) -> None:
        for side, levels in ((Side.BUY, content.bids), (Side.SELL, content.asks)):
            known = self.levels.setdefault(side, {})
            if anew:
                known.clear()
            for level in levels:
                if level.qty:
                    known[level.px] = level
                else:
                    del known[level.px]

    def _snapshot_orders(self, content: Orders) -> None:
        self.orders = {
            side: [(order.order_id, order.px, order.qty) for order in orders]
            for side, orders in ((Side.BUY, content.bids), (Side.SELL, content.asks))
        }

    def _change_orders(self, deltas: list[Any]) -> None:
        for delta in deltas:
            orders = self.orders[delta.side]
            if isinstance(delta, OrderAdded):
                assert all(order[0] != delta.order_id for order in orders), "added twice"
                orders.append((delta.order_id, delta.px, delta.qty))
                continue
            (at,) = [n for n, order in enumerate(orders) if order[:2] == (delta.order_id, delta.px)]
            if isinstance(delta, OrderModified):
                orders[at] = (delta.order_id, delta.px, delta.qty)
            else:
                assert isinstance(delta, OrderDeleted)
                del orders[at]
