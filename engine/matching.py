"""Working an incoming order: matching it against the other side, then resting or dropping what is left.

This is the general way, which knows every kind of order; :class:`engine.book.Book` has a shorter one for plain orders
among plain orders, with the same results.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque

from engine import lists
from engine.book_state import BookState
from engine.displaying import next_part, part_left
from engine.events import (
    Event,
    OrderCanceled,
    OrderExpired,
    OrderRestated,
    TradeExecuted,
)
from engine.image import OrderImage, Working
from engine.images import decremented, ended, filled, with_working
from engine.ladder import Ladder
from engine.lifecycle import Step
from engine.order import Level, Order
from engine.phases import pause
from engine.pricing import volatility_bounds
from engine.self_trade import prevented
from engine.types import (
    SCALE,
    Amount,
    CancelReason,
    OrdType,
    Qty,
    Rate,
    RestateReason,
    SelfTrade,
    Side,
    TimeInForce,
)
from engine.walk import Walk, least_fill

_BUY = Side.BUY
_IOC, _FOK = TimeInForce.IOC, TimeInForce.FOK
_IMMEDIATE = (_IOC, _FOK)
VOLATILITY = "volatility"


def work(book: BookState, image: OrderImage, events: list[Event]) -> None:
    """Match an order that is in no queue, then rest or drop its remainder. While the book collects it just rests."""
    if book.phase.collects:
        book.settle_order(image)
        return
    opposite, sign = (book.asks, -1) if image.terms.side is _BUY else (book.bids, 1)
    crossing_key = sign * image.resting_px
    least = least_fill(image)
    unmet = interrupted = False
    if opposite.keys and opposite.keys[-1] >= crossing_key:
        unmet = bool(least) and Walk(book, image, opposite, crossing_key).fillable() < least
        if not unmet:
            image, interrupted = _match(book, image, opposite, crossing_key, events)
    else:
        unmet = bool(least)
    if image.leaves_qty:
        _rest_or_drop(book, image, events, unmet=unmet, interrupted=interrupted)
        if interrupted:
            pause(book, VOLATILITY, events)


def _rest_or_drop(book: BookState, image: OrderImage, events: list[Event], *, unmet: bool, interrupted: bool) -> None:
    terms = image.terms
    market = terms.ord_type is OrdType.MARKET
    if not market and terms.tif not in _IMMEDIATE:
        book.settle_order(image)
        return
    if interrupted:
        reason = CancelReason.PRICE_BAND
    elif terms.tif is _FOK:
        reason = CancelReason.FILL_OR_KILL
    elif unmet:
        reason = CancelReason.MINIMUM_QUANTITY
    else:
        reason = CancelReason.IMMEDIATE_REMAINDER
    drop(book, image, reason, events)


def drop(book: BookState, image: OrderImage, reason: CancelReason, events: list[Event]) -> OrderImage:
    """Cancel an order that is in no queue."""
    after = ended(image, Step.CANCEL)
    events.append(OrderCanceled(after, reason))
    lists.on_end(book, after, events)
    return after


def cancel(
    book: BookState,
    order: Order,
    reason: CancelReason,
    events: list[Event],
    cl_ord_id: str = "",
    request_id: int = 0,
) -> None:
    """Cancel an order in the book, wherever it is."""
    book.take_out(order)
    after = ended(order.image, Step.CANCEL)
    events.append(OrderCanceled(after, reason, cl_ord_id, request_id))
    lists.on_end(book, after, events)


def expire(book: BookState, order: Order, reason: CancelReason, events: list[Event]) -> None:
    """An order's time is over, wherever in the book it is."""
    book.take_out(order)
    after = ended(order.image, Step.EXPIRE)
    events.append(OrderExpired(after, reason))
    lists.on_end(book, after, events)


# ---- matching -----------------------------------------------------------------------------------------------------


def _match(
    book: BookState, taker: OrderImage, opposite: Ladder, crossing_key: int, events: list[Event]
) -> tuple[OrderImage, bool]:
    """Trade as long as prices cross: best price first, then displayed, then oldest.

    Returns what has become of the order, and whether it was stopped because a trade would have been too volatile.
    """
    keys = opposite.keys
    low, high = volatility_bounds(book)
    at = len(keys) - 1
    while taker.leaves_qty and at >= 0 and keys[at] >= crossing_key:
        key = keys[at]
        level = opposite.levels[key]
        passed = _Passed(level)
        too_far = False
        while taker.leaves_qty and not too_far:
            order = passed.next(taker.leaves_qty)
            if order is None:
                break
            rule = prevented(book, taker, order.image)
            if rule is not SelfTrade.NONE:
                taker = _prevent(book, taker, order, rule, events)
            elif low <= level.px <= high:
                taker = _trade(book, taker, order, level, events)
            else:
                too_far = True
        passed.put_back()
        if too_far:
            return taker, True
        at = bisect_left(keys, key) - 1
    return taker, False


class _Passed:
    """The orders of a level that one incoming order has passed over: set aside, so that each is looked at once."""

    def __init__(self, level: Level) -> None:
        self._level = level
        self._displayed: list[Order] = []
        self._hidden: list[Order] = []

    def next(self, left: Qty) -> Order | None:
        """Who is next in turn for an incoming order with ``left`` to trade; it stands at the head of its queue."""
        level = self._level
        return self._head(level.queue, self._displayed, left) or self._head(level.hidden, self._hidden, left)

    def _head(self, queue: deque[Order], passed: list[Order], left: Qty) -> Order | None:
        while queue:
            order = queue[0]
            if order.level is self._level:
                if least_fill(order.image) <= left:
                    return order
                passed.append(order)
            queue.popleft()
        return None

    def put_back(self) -> None:
        """Those passed over have their places again."""
        self._level.queue.extendleft(reversed(self._displayed))
        self._level.hidden.extendleft(reversed(self._hidden))


def _trade(book: BookState, taker: OrderImage, order: Order, level: Level, events: list[Event]) -> OrderImage:
    maker = order.image
    qty = min(maker.shown_qty or maker.leaves_qty, taker.leaves_qty)
    px = level.px
    cost = px * qty // SCALE
    taker, taker_fee = fill(book, taker, qty, cost, taker.terms.taker_fee, resting=False)
    maker, maker_fee = fill(book, maker, qty, cost, maker.terms.maker_fee, resting=True)
    events.append(TradeExecuted(book.next_trade_id(), px, qty, taker, maker, taker_fee, maker_fee))
    book.last_px = px
    if maker.leaves_qty:
        book.fill_resting(order, maker)
    else:
        book.unrest(order)
    lists.on_fill(book, taker, events)
    lists.on_fill(book, maker, events)
    if taker.leaves_qty and _dissolves(taker, maker):
        taker = drop(book, taker, CancelReason.LIST, events)
    return taker


def _dissolves(taker: OrderImage, maker: OrderImage) -> bool:
    """Whether the fill or cancel of ``maker`` cancels ``taker``: they are legs of one list that cancel one another."""
    mine, other = lists.link_of(taker), lists.link_of(maker)
    return (
        mine is not None
        and other is not None
        and mine.first_order_id == other.first_order_id
        and mine.is_exclusive
        and other.is_exclusive
    )


def fill(
    book: BookState, image: OrderImage, qty: Qty, cost: Amount, rate: Rate, *, resting: bool
) -> tuple[OrderImage, Amount]:
    """Any order after a fill, and the fill's fee. A resting reserve order whose part is used up shows the next one."""
    after, fee = filled(image, qty, cost, rate)
    working = image.working
    if working is None:
        return after, fee
    leaves = after.leaves_qty
    terms = after.terms
    shown = part_left(terms.special, working.shown - qty if resting else working.shown, leaves)
    if resting and leaves and shown <= 0:
        shown = next_part(book, terms, leaves, after.cum_qty)
    return with_working(after, Working(working.wait, working.px if leaves else 0, max(shown, 0))), fee


def _prevent(book: BookState, taker: OrderImage, order: Order, rule: SelfTrade, events: list[Event]) -> OrderImage:
    """The two would trade and must not: whoever ``rule`` names gives way, the resting one first."""
    reason = CancelReason.SELF_TRADE
    if rule is SelfTrade.DECREMENT:
        return _decrement(book, taker, order, events)
    if rule is not SelfTrade.CANCEL_NEWEST:
        if _dissolves(taker, order.image):
            return _leave_together(book, taker, order, events)
        cancel(book, order, reason, events)
    if rule is not SelfTrade.CANCEL_OLDEST:
        taker = drop(book, taker, reason, events)
    return taker


def _leave_together(book: BookState, taker: OrderImage, order: Order, events: list[Event]) -> OrderImage:
    """A resting leg gives way to another leg of its list, which goes with the others, in order of OrderID."""
    book.take_out(order)
    events.append(OrderCanceled(ended(order.image, Step.CANCEL), CancelReason.SELF_TRADE))
    lists.cancel_earlier(book, taker, events)
    return drop(book, taker, CancelReason.LIST, events)


def _decrement(book: BookState, taker: OrderImage, order: Order, events: list[Event]) -> OrderImage:
    maker = order.image
    qty = min(taker.leaves_qty, maker.leaves_qty)
    if maker.leaves_qty == qty:
        cancel(book, order, CancelReason.SELF_TRADE, events)
    else:
        after = decremented(maker, qty)
        book.turn_to(order, after)
        events.append(OrderRestated(after, RestateReason.SELF_TRADE))
    if taker.leaves_qty == qty:
        return drop(book, taker, CancelReason.SELF_TRADE, events)
    taker = decremented(taker, qty)
    events.append(OrderRestated(taker, RestateReason.SELF_TRADE))
    return taker
