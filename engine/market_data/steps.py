"""What each record does to the public market, step by step: for those who follow it order by order and ask why.

:class:`~engine.market_data.orders.DisplayedOrders` says what is different when a record is over. Here its trades stand
before that, in the order in which they were made, and an order that a trade has used up is not deleted again. Who
follows the steps has the venue's displayed book after each record, not between two steps of one.
"""

from __future__ import annotations

from typing import TypeAlias, final

import msgspec

from engine.events import (
    AuctionEnded,
    DayOrdersExpired,
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
from engine.image import OrderImage
from engine.instrument import Instrument
from engine.market_data.checksum import orders_checksum
from engine.market_data.orders import DisplayedOrders, OrderAdded, OrderDeleted, OrderDelta, Orders
from engine.market_data.tape import NO_SIDE
from engine.market_data.top import MarketState, State
from engine.types import Px, Qty, Side

_OF_ORDERS = frozenset({
    OrderAccepted, OrderCanceled, OrderExpired, OrderReplaced, OrderRejected, OrderTriggered, OrderRestated,
    OrderUpdated,
})  # fmt: skip


@final
class OrderExecuted(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A trade has taken of what a resting order displayed (ITCH E); the trade itself is :class:`Traded`."""

    order_id: int
    trade_id: int
    px: Px
    """At which it traded."""
    qty: Qty
    """Of what was displayed; what was hidden may have traded beside it."""
    shown_qty: Qty
    """What it displays now, at its place; 0 = it is displayed no more."""


@final
class OrderRequeued(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """It stands at the end of the queue of ``px`` now, with ``qty`` (ITCH U)."""

    order_id: int
    side: Side
    px: Px
    qty: Qty


@final
class Traded(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Every trade, whatever of it was displayed."""

    trade_id: int
    px: Px
    qty: Qty
    aggressor: int
    """Side, or ``NO_SIDE`` in an auction."""


@final
class TradeAmended(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A trade that was told before never was, or was another."""

    trade_id: int
    px: Px
    qty: Qty
    old_px: Px
    old_qty: Qty
    busted: bool


@final
class AuctionResult(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An auction is over; both are 0 where nothing traded."""

    px: Px
    qty: Qty


@final
class DayEnded(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The instrument's trading day is over, and the next one under way."""

    day: str
    """ISO date."""


@final
class BookChecksum(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Of the displayed book after the record (:mod:`engine.market_data.checksum`)."""

    checksum: int
    orders: int
    """How many are displayed."""


Step: TypeAlias = (
    OrderDelta
    | OrderExecuted
    | OrderRequeued
    | Traded
    | TradeAmended
    | State
    | AuctionResult
    | Instrument
    | DayEnded
    | BookChecksum
)


@final
class RecordSteps(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One record's; there is at least one."""

    time_ns: int
    steps: list[Step]


@final
class Shown(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where the steps start from."""

    instrument: Instrument
    state: State
    orders: Orders
    checksum: int


class Steps:
    """Folds the records of one instrument into its displayed orders, and notes the steps of each in ``records``.

    ``checksum_every``: changes between two checksums; in a book that displays more orders as many as those, so that a
    change never costs more than an order's part of a checksum; 0 = none.
    """

    __slots__ = ("_changes", "_checksum_every", "_other", "_state", "_steps", "records")

    def __init__(self, state: State, checksum_every: int) -> None:
        self.records: list[RecordSteps] = []
        self._state = state
        self._checksum_every = checksum_every
        self._changes = 0
        self._steps: list[Step] = []
        self._other = False
        """Whether the record under way has events that are not about orders and trades."""

    def fold_plain(self, time_ns: int, events: list[Event], orders: DisplayedOrders) -> bool:
        """The short way for what happens most, all of a record at once: a plain order rests, or trades with plain ones
        first. False, and nothing is done, where there is more to it."""
        accepted = events[0]
        if type(accepted) is not OrderAccepted:
            return False
        image = accepted.order
        if image.working is not None:
            return False
        steps: list[Step] = []
        if len(events) > 1:
            trades: list[TradeExecuted] = events[1:]  # type: ignore[assignment]
            for trade in trades:
                if type(trade) is not TradeExecuted or trade.uncross or trade.resting.working is not None:
                    return False
            side = image.terms.side
            for trade in trades:
                resting, trade_id, px, qty = trade.resting, trade.trade_id, trade.px, trade.qty
                order_id, leaves = resting.terms.order_id, resting.leaves_qty
                orders.fill(order_id, leaves)
                steps.append(OrderExecuted(order_id, trade_id, px, qty, leaves))
                steps.append(Traded(trade_id, px, qty, side))
            image = trades[-1].aggressor
        leaves = image.leaves_qty
        if leaves:
            terms = image.terms
            order_id, side, px = terms.order_id, terms.side, terms.px
            orders.add(order_id, side, px, leaves)
            steps.append(OrderAdded(order_id, side, px, leaves))
        self._note(time_ns, steps, orders)
        return True

    def fold(self, events: list[Event], orders: DisplayedOrders) -> None:
        """What any record does to orders and trades; :meth:`complete` follows."""
        self._steps = []
        executed: dict[int, int] = {}
        for event in events:
            kind = type(event)
            if kind is TradeExecuted:
                self._trade(event, orders, executed)  # type: ignore[arg-type]
            elif kind not in _OF_ORDERS:
                self._rare(event)
        kept = orders.deltas
        noted: list[OrderDelta] = []
        orders.deltas = noted
        orders.apply(events)
        orders.deltas = kept
        if kept is not None:
            kept += noted
        self._settle(noted, orders, executed)

    def complete(self, time_ns: int, state: MarketState, orders: DisplayedOrders) -> None:
        """What else has changed now that the record is folded everywhere."""
        if self._other:
            self._other = False
            present = state.present()
            if present != self._state:
                self._state = present
                self._steps.append(present)
        steps = self._steps
        if steps:
            self._note(time_ns, steps, orders)
            self._steps = []

    def _note(self, time_ns: int, steps: list[Step], orders: DisplayedOrders) -> None:
        self._changes += len(steps)
        if self._changes >= self._checksum_every > 0 and self._changes >= len(orders):
            self._changes = 0
            steps.append(BookChecksum(orders_checksum(orders), len(orders)))
        self.records.append(RecordSteps(time_ns, steps))

    def take(self) -> list[RecordSteps]:
        """What has been noted since the last time."""
        records, self.records = self.records, []
        return records

    def _trade(self, trade: TradeExecuted, orders: DisplayedOrders, executed: dict[int, int]) -> None:
        """Who takes in continuous trading was not displayed where it trades: it is told as it stands afterwards."""
        steps = self._steps
        if trade.uncross:
            self._execute(trade.resting, trade, orders, executed)
            self._execute(trade.aggressor, trade, orders, executed)
            steps.append(Traded(trade.trade_id, trade.px, trade.qty, NO_SIDE))
        else:
            self._execute(trade.resting, trade, orders, executed)
            steps.append(Traded(trade.trade_id, trade.px, trade.qty, trade.aggressor.terms.side))

    def _execute(
        self, order: OrderImage, trade: TradeExecuted, orders: DisplayedOrders, executed: dict[int, int]
    ) -> None:
        order_id = order.terms.order_id
        at = executed.get(order_id)
        before: OrderExecuted | None = self._steps[at] if at is not None else None  # type: ignore[assignment]
        shown = orders.displayed(order_id) if before is None else before.shown_qty
        if shown:
            qty = min(shown, trade.qty)
            executed[order_id] = len(self._steps)
            self._steps.append(OrderExecuted(order_id, trade.trade_id, trade.px, qty, shown - qty))

    def _settle(self, deltas: list[OrderDelta], orders: DisplayedOrders, executed: dict[int, int]) -> None:
        """What the record's end says beyond its trades."""
        steps = self._steps
        removed: set[int] = set()
        replaced = 0
        for delta in deltas:
            order_id, kind = delta.order_id, type(delta)
            if kind is OrderDeleted:
                removed.add(order_id)
                at = executed.get(order_id)
                if at is None or steps[at].shown_qty:  # type: ignore[union-attr]
                    replaced = order_id
                    steps.append(delta)
            elif kind is OrderAdded:
                if replaced == order_id:  # it has moved: told as one step
                    steps[-1] = OrderRequeued(order_id, delta.side, delta.px, delta.qty)  # type: ignore[union-attr]
                else:
                    steps.append(delta)
            elif order_id not in executed:
                steps.append(delta)
        for order_id, at in executed.items():
            told: OrderExecuted = steps[at]  # type: ignore[assignment]
            shown = orders.displayed(order_id)
            if order_id not in removed and shown != told.shown_qty:  # in an auction a reserve order keeps its place
                steps[at] = msgspec.structs.replace(told, shown_qty=shown)

    def _rare(self, event: Event) -> None:
        self._other = True
        if isinstance(event, TradeBusted):
            self._steps.append(TradeAmended(event.trade_id, event.px, event.qty, event.px, event.qty, busted=True))
        elif isinstance(event, TradeCorrected):
            self._steps.append(
                TradeAmended(event.trade_id, event.px, event.qty, event.old_px, event.old_qty, busted=False)
            )
        elif isinstance(event, InstrumentListed):
            self._steps.append(event.instrument)
        elif isinstance(event, AuctionEnded):
            self._steps.append(AuctionResult(event.px, event.qty))
        elif isinstance(event, DayOrdersExpired):
            self._steps.append(DayEnded(event.day))
