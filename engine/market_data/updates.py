"""What subscribers are sent: a snapshot of a channel, then its changes, chained by sequence so that none is missed.

A snapshot shows everything up to journal sequence ``seq``. An update changes what was as of ``prev_seq`` into what is
as of ``seq``; ``prev_seq`` is always the ``seq`` of the message before it. One update holds all changes of a batch.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TypeAlias, final

import msgspec

from engine.market_data.levels import Levels, changed_levels, levels
from engine.market_data.orders import DisplayedOrder, OrderDelta
from engine.market_data.symbol import SymbolMarket
from engine.market_data.tape import TapeTrade
from engine.market_data.top import Top
from engine.types import Side


class Channel(IntEnum):
    """What of an instrument's market one subscribes to."""

    TOP = 1
    LEVELS = 2
    ORDERS = 3
    TRADES = 4


@final
class Orders(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Displayed orders, best price first and in priority order within it."""

    bids: list[DisplayedOrder]
    asks: list[DisplayedOrder]


SnapshotContent: TypeAlias = Top | Levels | Orders | list[TapeTrade]
"""TOP: Top. LEVELS: Levels. ORDERS: Orders. TRADES: the retained trades, oldest first."""

UpdateContent: TypeAlias = Top | Levels | list[OrderDelta] | list[TapeTrade]
"""TOP: the new Top. LEVELS: the changed levels. ORDERS: deltas, in order. TRADES: new trades, and amended ones, whose
TradeIDs have been seen before."""


@final
class Snapshot(msgspec.Struct, frozen=True, gc=False):
    channel: Channel
    symbol_id: int
    seq: int
    time_ns: int
    content: SnapshotContent


@final
class Update(msgspec.Struct, frozen=True, gc=False):
    channel: Channel
    symbol_id: int
    prev_seq: int
    seq: int
    time_ns: int
    content: UpdateContent


MarketMessage: TypeAlias = Snapshot | Update


class SymbolChannels:
    """The channels of one instrument that somebody listens to, and what each has last told."""

    def __init__(self, market: SymbolMarket) -> None:
        self.open: dict[Channel, int] = {}
        """Each open channel's last sequence."""
        self._market = market
        self._top: Top | None = None

    def begin(self, channel: Channel, seq: int, time_ns: int) -> Snapshot:
        """What a new subscriber of ``channel`` starts from; ``seq`` is the last record that has been folded, and
        everything up to it has been published."""
        market = self._market
        at = self.open.setdefault(channel, seq)
        self._record()
        content: SnapshotContent
        if channel is Channel.TOP:
            content = self._top = market.top()
        elif channel is Channel.LEVELS:
            content = levels(market.orders)
        elif channel is Channel.ORDERS:
            content = Orders(market.orders.orders(Side.BUY), market.orders.orders(Side.SELL))
        else:
            content = market.tape.trades()
        return Snapshot(channel, market.instrument.symbol_id, at, time_ns, content)

    def end(self, channel: Channel) -> None:
        """Nobody listens to ``channel`` any more."""
        self.open.pop(channel, None)
        self._record()

    def changes(self, seq: int, time_ns: int) -> list[Update]:
        """What has changed on each open channel since it was last told something."""
        market = self._market
        deltas, trades = market.orders.deltas or [], market.tape.changed or []
        contents: list[tuple[Channel, UpdateContent]] = []
        if Channel.TOP in self.open:
            top = market.top()
            if top != self._top:
                self._top = top
                contents.append((Channel.TOP, top))
        if deltas and Channel.LEVELS in self.open:
            contents.append((Channel.LEVELS, changed_levels(market.orders, deltas)))
        if deltas and Channel.ORDERS in self.open:
            contents.append((Channel.ORDERS, deltas))
        if trades and Channel.TRADES in self.open:
            contents.append((Channel.TRADES, trades))
        self._record(anew=True)
        return [self._update(channel, seq, time_ns, content) for channel, content in contents]

    def _update(self, channel: Channel, seq: int, time_ns: int, content: UpdateContent) -> Update:
        prev_seq, self.open[channel] = self.open[channel], seq
        return Update(channel, self._market.instrument.symbol_id, prev_seq, seq, time_ns, content)

    def _record(self, *, anew: bool = False) -> None:
        """Have the views note their changes for as long as a channel needs them."""
        orders, tape = self._market.orders, self._market.tape
        if not self.open.keys() & {Channel.LEVELS, Channel.ORDERS}:
            orders.deltas = None
        elif anew or orders.deltas is None:
            orders.deltas = []
        if Channel.TRADES not in self.open:
            tape.changed = None
        elif anew or tape.changed is None:
            tape.changed = []
