"""What subscribers are sent: a snapshot of a channel, then its changes, chained by sequence so that none is missed.

A snapshot shows everything up to journal sequence ``seq``. An update changes what was as of ``prev_seq`` into what is
as of ``seq``; ``prev_seq`` is always the ``seq`` of the message before it. One update holds all changes of a batch.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TypeAlias, final

import msgspec

from engine.market_data.levels import Levels, changed_levels, levels
from engine.market_data.orders import DisplayedOrders, OrderDelta, Orders
from engine.market_data.statistics import DayStatistics, day_statistics
from engine.market_data.steps import RecordSteps, Shown
from engine.market_data.symbol import SymbolMarket
from engine.market_data.tape import TapeTrade
from engine.market_data.top import State, Top
from engine.types import Side


class Channel(IntEnum):
    """What of an instrument's market one subscribes to."""

    TOP = 1
    LEVELS = 2
    ORDERS = 3
    TRADES = 4
    STATE = 5
    STATISTICS = 6
    STEPS = 7
    """Each record's steps, order by order, with their causes."""


SnapshotContent: TypeAlias = Top | Levels | Orders | list[TapeTrade] | State | DayStatistics | Shown
"""TOP: Top. LEVELS: Levels. ORDERS: Orders. TRADES: the retained trades, oldest first. STATE: State. STATISTICS:
DayStatistics. STEPS: Shown."""

UpdateContent: TypeAlias = Top | Levels | list[OrderDelta] | list[TapeTrade] | State | DayStatistics | list[RecordSteps]
"""TOP: the new Top. LEVELS: the changed levels. ORDERS: deltas, in order. TRADES: new trades, and amended ones, whose
TradeIDs have been seen before. STATE: the new State. STATISTICS: the new DayStatistics; a day that has ended shows with
the first record of the next one. STEPS: those of each record that has any, in order."""


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


@final
class Listen(msgspec.Struct, frozen=True, gc=False):
    """A session's wish: a snapshot of each of ``channels`` of an instrument and then every change, or no more of them.

    It is carried out once everything that the session sent before it has its outcome, so a snapshot shows that.
    """

    symbol_id: int
    channels: tuple[Channel, ...]
    begin: bool


OF_ORDERS = frozenset({Channel.TOP, Channel.LEVELS, Channel.ORDERS, Channel.STEPS})
"""Channels that need the instrument's displayed orders."""
_OF_DELTAS = frozenset({Channel.LEVELS, Channel.ORDERS})
"""Those that need to know what has changed in them."""


class SymbolChannels:
    """The channels of one instrument that somebody listens to, and what each has last told.

    Those :data:`OF_ORDERS` may be open only while the market has its displayed orders.
    """

    def __init__(self, market: SymbolMarket) -> None:
        self.open: dict[Channel, int] = {}
        """Each open channel's last sequence."""
        self._market = market
        self._top: Top | None = None
        self._state: State | None = None
        self._day: DayStatistics | None = None
        self._traded = 0
        """How often the tape had changed when the statistics were told."""

    def begin(self, channel: Channel, seq: int, time_ns: int) -> Snapshot:
        """What a new subscriber of ``channel`` starts from; ``seq`` is the last record that has been folded, and
        everything up to it has been published."""
        market = self._market
        at = self.open.setdefault(channel, seq)
        self._note()
        content: SnapshotContent
        if channel is Channel.TRADES:
            content = market.tape.trades()
        elif channel is Channel.TOP:
            content = self._top = self._present_top()
        elif channel is Channel.LEVELS:
            content = levels(self._orders)
        elif channel is Channel.ORDERS:
            content = self._orders.orders()
        elif channel is Channel.STATE:
            content = self._state = market.market_state.present()
        elif channel is Channel.STEPS:
            market.follow_steps()
            content = market.shown()
        else:
            self._traded = market.tape.changes
            content = self._day = day_statistics(market.candles, time_ns)
        return Snapshot(channel, market.instrument.symbol_id, at, time_ns, content)

    def end(self, channel: Channel) -> None:
        """Nobody listens to ``channel`` any more."""
        self.open.pop(channel, None)
        self._note()

    def changes(self, seq: int, time_ns: int) -> list[Update]:
        """What has changed on each open channel since it was last told something."""
        market, day = self._market, self._day
        if not market.touched and (day is None or time_ns < day.end_ns):
            return []
        market.touched = False
        contents: list[tuple[Channel, UpdateContent]] = []
        if Channel.TOP in self.open:
            top = self._present_top()
            if top != self._top:
                self._top = top
                contents.append((Channel.TOP, top))
        deltas = market.orders.deltas if market.orders is not None else None
        if deltas:
            if Channel.LEVELS in self.open:
                contents.append((Channel.LEVELS, changed_levels(self._orders, deltas)))
            contents.append((Channel.ORDERS, deltas))
        steps = market.steps
        if steps is not None and steps.records:
            contents.append((Channel.STEPS, steps.take()))
        trades = market.tape.changed
        if trades:
            contents.append((Channel.TRADES, trades))
        if Channel.STATE in self.open:
            state = market.market_state.present()
            if state != self._state:
                self._state = state
                contents.append((Channel.STATE, state))
        if Channel.STATISTICS in self.open:
            traded = market.tape.changes
            if traded != self._traded or day is None or time_ns >= day.end_ns:
                self._traded = traded
                self._day = day_statistics(market.candles, time_ns)
                contents.append((Channel.STATISTICS, self._day))
        self._note(anew=True)
        return [self._update(channel, seq, time_ns, each) for channel, each in contents if channel in self.open]

    def _update(self, channel: Channel, seq: int, time_ns: int, content: UpdateContent) -> Update:
        prev_seq, self.open[channel] = self.open[channel], seq
        return Update(channel, self._market.instrument.symbol_id, prev_seq, seq, time_ns, content)

    @property
    def _orders(self) -> DisplayedOrders:
        orders = self._market.orders
        assert orders is not None
        return orders

    def _present_top(self) -> Top:
        bid, ask = self._orders.best(Side.BUY), self._orders.best(Side.SELL)
        return self._market.top(bid.summary() if bid else None, ask.summary() if ask else None)

    def _note(self, *, anew: bool = False) -> None:
        """Have the views note their changes for as long as a channel needs them."""
        orders, tape = self._market.orders, self._market.tape
        if Channel.STEPS not in self.open:
            self._market.steps = None
        if orders is not None:
            needed = not self.open.keys().isdisjoint(_OF_DELTAS)
            orders.deltas = (orders.deltas if orders.deltas and not anew else []) if needed else None
        tape.changed = (tape.changed if tape.changed and not anew else []) if Channel.TRADES in self.open else None
