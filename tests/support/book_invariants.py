"""What always holds of a book between two commands, by what it shows; and of its events, by what they say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from book_world import open_orders

from engine.events import (
    CancelRejected,
    Event,
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
from engine.money import fee_due, remaining_hold
from engine.terms import NOTHING_SPECIAL
from engine.types import Contingency, InstrumentStatus, RestateReason, Side, TradingPhase, UpdateCause, Wait

MOVED = (OrderReplaced, OrderRestated, OrderTriggered, OrderUpdated)


def check_book(book: Any) -> None:
    """All that can be seen from outside, of one book."""
    orders = open_orders(book)
    check_depth(book, orders)
    check_not_crossed(book, orders)
    for order in orders:
        check_open_order(order)
    check_holds(orders)
    if is_trading(book):
        assert not [order for order in orders if order.working and order.working.wait is Wait.TURN], "a turn is left"


def is_trading(book: Any) -> bool:
    return book.phase is TradingPhase.CONTINUOUS and book.status is InstrumentStatus.ACTIVE


# ---- levels ----------------------------------------------------------------------------------------------------------


def is_conditional(order: OrderImage) -> bool:
    """Whether it may rest crossed, because what it asks for can't be met."""
    special = order.special or NOTHING_SPECIAL
    return special.all_or_none or special.min_qty > 0


def check_depth(book: Any, orders: Sequence[OrderImage]) -> None:
    """Prices in order; each level's quantity and number are those of its orders' displayed parts."""
    bids, asks = book.depth(0)
    assert [level.px for level in bids] == sorted({level.px for level in bids}, reverse=True)
    assert [level.px for level in asks] == sorted({level.px for level in asks})
    for side, levels in ((Side.BUY, bids), (Side.SELL, asks)):
        shown: dict[int, list[int]] = {}
        for order in orders:
            if order.side is side and order.shown_qty:
                shown.setdefault(order.resting_px, []).append(order.shown_qty)
        found = {level.px: (level.qty, level.orders) for level in levels}
        assert found == {px: (sum(parts), len(parts)) for px, parts in shown.items()}


def check_not_crossed(book: Any, orders: Sequence[OrderImage]) -> None:
    """In continuous trading, but for orders whose AON or MinQty can't be met, and what they keep from trading."""
    if not is_trading(book):
        return
    resting = [order for order in orders if order.resting_px and not is_conditional(order)]
    bids = [order.resting_px for order in resting if order.side is Side.BUY]
    asks = [order.resting_px for order in resting if order.side is Side.SELL]
    assert not bids or not asks or max(bids) < min(asks), "crossed"


# ---- one order -------------------------------------------------------------------------------------------------------


def check_open_order(order: OrderImage) -> None:
    assert order.status.is_open
    assert order.leaves_qty > 0
    if not is_entry(order):  # what is taken back of an entry's fills stays in its quantity, which its children go by
        assert order.cum_qty + order.leaves_qty == order.order_qty
    assert order.cum_qty + order.leaves_qty <= order.order_qty
    assert order.px > 0
    special = order.special or NOTHING_SPECIAL
    assert order.shown_qty <= order.leaves_qty
    if special.hidden:
        assert not order.shown_qty
    elif order.resting_px and special.display_qty:
        most = special.display_qty + special.display_range
        assert 0 < order.shown_qty <= most
    elif order.resting_px:
        assert order.shown_qty == order.leaves_qty


def is_entry(order: OrderImage) -> bool:
    return order.special is not None and order.special.link is not None and order.special.link.is_entry


def need(order: OrderImage) -> int:
    """What the order must hold by itself."""
    rate = max(order.maker_fee, order.taker_fee)
    return remaining_hold(order.side, order.px, order.leaves_qty, rate, order.fee_raw, fee_due(order.fee_raw))


def check_holds(orders: Sequence[OrderImage]) -> None:
    """An order holds what it needs; legs that exclude each other share one hold, in which each one's need has room;
    a child that sells what its entry buys needs no more than the entry has bought or it sells beyond that."""
    shared: dict[tuple[int, Side], list[OrderImage]] = {}
    for order in orders:
        link = order.special.link if order.special else None
        is_child = link is not None and link.leg > 0 and link.contingency is not Contingency.OCO
        if link is None or (not is_child and link.contingency is not Contingency.OCO):
            assert order.hold == need(order)
        elif link.contingency is not Contingency.OTO:
            shared.setdefault((link.first_order_id, order.side), []).append(order)
        else:
            assert 0 <= order.hold <= need(order)
    for (_, side), legs in shared.items():
        holds, most = [leg.hold for leg in legs], max(need(leg) for leg in legs)
        assert not any(holds[1:]), "only the first open leg of a side holds"
        if side is Side.SELL:
            assert holds[0] <= most
        if not any(leg.working and leg.working.wait is Wait.ENTRY for leg in legs):
            assert holds[0] >= most  # a buy at a better price than it asked for keeps the list's hold as it was


# ---- events ----------------------------------------------------------------------------------------------------------


class Ledger:
    """What every order was accepted for and what became of it, from events alone:
    filled + remaining + cancelled + decremented = the quantity last accepted, and holds suffice for fills and fees."""

    def __init__(self) -> None:
        self.images: dict[int, OrderImage] = {}
        self.accepted: dict[int, int] = {}
        self.canceled: dict[int, int] = {}
        self.decremented: dict[int, int] = {}

    def see(self, events: Sequence[Event]) -> None:
        for event in events:
            self._see(event)

    def _see(self, event: Event) -> None:
        if isinstance(event, OrderRejected | CancelRejected):
            return
        if isinstance(event, TradeExecuted):
            self._trade(event)
        elif isinstance(event, TradeBusted | TradeCorrected):
            taken_back = event.qty if isinstance(event, TradeBusted) else event.old_qty - event.qty
            for image in (event.aggressor, event.resting):
                self.accepted[image.order_id] -= taken_back
                self._keep(image)
        elif isinstance(event, OrderAccepted):
            assert event.order.order_id not in self.images
            self.accepted[event.order.order_id] = event.order.order_qty
            self._keep(event.order)
        elif isinstance(event, OrderCanceled | OrderExpired):
            before = self.images[event.order.order_id]
            assert before.status.is_open
            assert (event.order.leaves_qty, event.order.hold) == (0, 0)
            self.canceled[event.order.order_id] = before.leaves_qty
            self._keep(event.order)
        elif isinstance(event, MOVED):
            self._change(event)

    def _change(self, event: OrderReplaced | OrderRestated | OrderTriggered | OrderUpdated) -> None:
        order, before = event.order, self.images[event.order.order_id]
        assert before.status.is_open
        assert before.cum_qty == order.cum_qty
        if isinstance(event, OrderReplaced):
            self.accepted[order.order_id], self.decremented[order.order_id] = order.order_qty, 0
        elif isinstance(event, OrderRestated):
            less = before.order_qty - order.order_qty
            assert less == before.leaves_qty - order.leaves_qty >= 0
            assert less or event.reason is RestateReason.MARKET_TO_LIMIT
            self.decremented[order.order_id] = self.decremented.get(order.order_id, 0) + less
        else:
            assert order.leaves_qty == before.leaves_qty
            assert not isinstance(event, OrderUpdated) or event.cause is not UpdateCause.TRAIL or order.working
        self._keep(order)

    def _trade(self, event: TradeExecuted) -> None:
        cost = event.px * event.qty // 10**8
        for after, fee in ((event.aggressor, event.aggressor_fee), (event.resting, event.resting_fee)):
            before = self.images[after.order_id]
            assert before.status.is_open
            assert (after.cum_qty, after.leaves_qty) == (before.cum_qty + event.qty, before.leaves_qty - event.qty)
            assert fee >= 0
            assert event.px <= after.px if after.side is Side.BUY else event.px >= after.px
            if before.special is None or before.special.link is None:
                spent = cost + fee if after.side is Side.BUY else event.qty
                assert before.hold - after.hold >= spent, "the hold does not cover the fill"
            self._keep(after)

    def _keep(self, order: OrderImage) -> None:
        self.images[order.order_id] = order
        gone = self.canceled.get(order.order_id, 0) + self.decremented.get(order.order_id, 0)
        assert order.cum_qty + order.leaves_qty + gone == self.accepted[order.order_id]
        assert order.hold >= 0


class Queues:
    """Time priority from events alone: who came to a level first trades there first."""

    def __init__(self) -> None:
        self._came: dict[int, int] = {}
        self._images: dict[int, OrderImage] = {}
        self._moves = 0

    def see(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, TradeExecuted):
                if not event.uncross:
                    self._check_first(event)
                self._fill(event)
            elif isinstance(event, OrderCanceled | OrderExpired):
                self._images.pop(event.order.order_id)
            elif isinstance(event, OrderAccepted | OrderRestated | OrderTriggered | OrderUpdated | OrderReplaced):
                self._place(event)

    def _place(self, event: OrderAccepted | OrderRestated | OrderTriggered | OrderUpdated | OrderReplaced) -> None:
        order = event.order
        keeps = isinstance(event, OrderReplaced) and event.kept_priority
        keeps = keeps or (isinstance(event, OrderRestated) and event.reason is not RestateReason.MARKET_TO_LIMIT)
        keeps = keeps or (isinstance(event, OrderUpdated) and event.cause in (UpdateCause.TRAIL, UpdateCause.HOLD))
        if not order.status.is_open:
            self._images.pop(order.order_id)
            return
        if not keeps:
            self._moves += 1
            self._came[order.order_id] = self._moves
        self._images[order.order_id] = order

    def _fill(self, event: TradeExecuted) -> None:
        for order in (event.aggressor, event.resting):
            before = self._images.pop(order.order_id)
            if not order.leaves_qty:
                continue
            self._images[order.order_id] = order
            special = order.special or NOTHING_SPECIAL
            is_refreshed = order is event.resting and special.display_qty and event.qty == before.shown_qty
            if is_refreshed and not event.uncross:
                self._moves += 1
                self._came[order.order_id] = self._moves

    def _check_first(self, event: TradeExecuted) -> None:
        """Nobody at this price or a better one, who would have traded, came before."""
        mine, incoming = self._images[event.resting.order_id], self._images[event.aggressor.order_id]
        sign = 1 if mine.side is Side.SELL else -1
        rank = (sign * event.px, mine.shown_qty == 0, self._came[mine.order_id])
        for other in self._images.values():
            is_rival = other.side is mine.side and other.resting_px and other.order_id != incoming.order_id
            if is_rival and not is_conditional(other):
                other_rank = (sign * other.resting_px, other.shown_qty == 0, self._came[other.order_id])
                assert rank <= other_rank, f"{mine.cl_ord_id} has traded before {other.cl_ord_id}"
