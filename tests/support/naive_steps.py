"""What can become of one order (a fill, a cancel, an expiry, another image), and what that means for the other legs of
its list (docs/order-book.md §3)."""

from __future__ import annotations

from typing import Any

import msgspec
from naive_prices import starting_stop
from naive_state import Open, State, need, with_shown, with_wait

from engine.events import (
    Event,
    OrderCanceled,
    OrderExpired,
    OrderRestated,
    OrderTriggered,
    OrderUpdated,
    TradeExecuted,
)
from engine.image import OrderImage, Working
from engine.money import fee_due, notional
from engine.types import Activation, CancelReason, Contingency, OrdStatus, RestateReason, Side, UpdateCause, Wait


def changed_terms(image: OrderImage, **changes: Any) -> OrderImage:
    return msgspec.structs.replace(image, terms=msgspec.structs.replace(image.terms, **changes))


def set_image(order: Open, image: OrderImage) -> None:
    """The venue gives the order another image: it never holds more for that, and a leg that shares its list's hold as
    much as before."""
    hold = order.image.hold
    shares = are_one_cancels_other(order, order)
    order.image = msgspec.structs.replace(image, hold=hold if shares else min(hold, need(image)))


def update(book: State, order: Open, image: OrderImage, cause: UpdateCause) -> None:
    set_image(order, image)
    book.emit(OrderUpdated(order.image, cause))


def restate(book: State, order: Open, image: OrderImage, reason: RestateReason) -> None:
    set_image(order, image)
    book.emit(OrderRestated(order.image, reason))


def park(book: State, order: Open, wait: Wait) -> None:
    """It leaves its place and waits."""
    order.place = 0
    update(book, order, with_wait(order.image, wait), UpdateCause.PARKED)


# ---- ends -----------------------------------------------------------------------------------------------------------


def cancel(
    book: State, order: Open, reason: CancelReason, cl_ord_id: str = "", request_id: int = 0, *, alone: bool = False
) -> None:
    """``alone``: whoever cancels sees to its list."""
    event = OrderCanceled(ended(order.image, OrdStatus.CANCELED), reason, cl_ord_id, request_id)
    _end(book, order, event, event.order, alone)


def expire(book: State, order: Open, reason: CancelReason) -> None:
    event = OrderExpired(ended(order.image, OrdStatus.EXPIRED), reason)
    _end(book, order, event, event.order, alone=False)


def _end(book: State, order: Open, event: Event, image: OrderImage, alone: bool) -> None:
    book.remove(order)
    order.image = image
    book.emit(event)
    if not alone:
        after_end(book, order)


def ended(image: OrderImage, status: OrdStatus) -> OrderImage:
    working = Working() if image.working else None
    return msgspec.structs.replace(image, status=status, leaves_qty=0, hold=0, working=working)


# ---- fills ----------------------------------------------------------------------------------------------------------


def trade(book: State, incoming: Open, resting: Open, qty: int, px: int, *, uncross: bool = False) -> None:
    """In an uncross ``incoming`` is the buy and ``resting`` the sell."""
    book.trades_made += 1
    book.last_px = px
    book.traded.append(px)
    taker_rate = incoming.image.maker_fee if uncross else incoming.image.taker_fee
    shown = resting.shown
    incoming_fee = _fill(book, incoming, qty, px, taker_rate)
    resting_fee = _fill(book, resting, qty, px, resting.image.maker_fee)
    incoming.image = with_shown(incoming.image, min(incoming.shown, incoming.leaves))
    if uncross:
        for order in (incoming, resting):
            order.image = with_shown(order.image, book.draw_display(order.image))
    elif shown == qty:
        resting.image = with_shown(resting.image, book.draw_display(resting.image))
        resting.place = book.tick()
    else:
        resting.image = with_shown(resting.image, max(shown - qty, 0))
    trade_id = (book.instrument.symbol_id << 40) + book.trades_made
    book.emit(TradeExecuted(trade_id, px, qty, incoming.image, resting.image, incoming_fee, resting_fee, uncross))
    for order in (incoming, resting):
        if not order.leaves:
            book.remove(order)
    for order in (incoming, resting):
        after_fill(book, order)


def _fill(book: State, order: Open, qty: int, px: int, rate: int) -> int:
    """The fee of the fill."""
    before = order.image
    raw = before.fee_raw + notional(px, qty) * rate
    leaves = before.leaves_qty - qty
    after = msgspec.structs.replace(
        before,
        leaves_qty=leaves,
        cum_qty=before.cum_qty + qty,
        cum_notional=before.cum_notional + notional(px, qty),
        fee_raw=raw,
        status=OrdStatus.PARTIALLY_FILLED if leaves else OrdStatus.FILLED,
    )
    order.image = msgspec.structs.replace(after, hold=need(after))
    if not leaves and after.working:
        order.image = msgspec.structs.replace(order.image, working=Working())
    return fee_due(raw) - fee_due(before.fee_raw)


# ---- lists: who excludes whom ---------------------------------------------------------------------------------------


def are_one_cancels_other(one: Open, two: Open) -> bool:
    """Legs of one list of which any fill or end cancels the other."""
    if one.link is None or two.link is None or one.link.first_order_id != two.link.first_order_id:
        return False
    if one.link.contingency is Contingency.OCO:
        return True
    return one.link.contingency is Contingency.BRACKET and one.link.leg > 0 and two.link.leg > 0


def entry_of(book: State, order: Open) -> Open | None:
    """The open entry that the order waits for, or has been released by."""
    if order.link is None or order.link.leg == 0 or order.link.contingency is Contingency.OCO:
        return None
    return book.find(order.link.first_order_id)


# ---- holds ----------------------------------------------------------------------------------------------------------


def need_of_leg(book: State, order: Open, image: OrderImage) -> int:
    entry = entry_of(book, order)
    if order.wait is not Wait.ENTRY or not entry or entry.side is Side.SELL or order.side is Side.BUY:
        return need(image)
    sold = sold_before(book, order)
    to_come, come = max(0, entry.image.order_qty - sold), max(0, entry.image.cum_qty - sold)
    return min(image.leaves_qty, come) + max(0, image.leaves_qty - to_come)


def sold_before(book: State, order: Open) -> int:
    """What the children before it sell of what the entry buys: an OTO's all, of a bracket's only one will."""
    if order.link is None or order.link.contingency is not Contingency.OTO:
        return 0
    before = [leg for leg in book.legs(order) if leg.id < order.id and leg.wait is Wait.ENTRY]
    return sum(leg.leaves for leg in before if leg.side is Side.SELL)


def hold_of_leg(book: State, order: Open, image: OrderImage) -> int:
    """What the order holds with this image: legs of one side that exclude each other share one hold."""
    sharers = [leg for leg in book.legs(order) if leg.side is order.side and are_one_cancels_other(leg, order)]
    if len(sharers) < 2:
        return need_of_leg(book, order, image)
    if sharers[0] is not order:
        return 0
    return max(need_of_leg(book, leg, image if leg is order else leg.image) for leg in sharers)


def settle_holds(book: State, order: Open) -> None:
    """Whoever holds more or less because of what has just become of ``order``."""
    for leg in book.legs(order) if order.link else []:
        hold = hold_of_leg(book, leg, leg.image)
        if leg is not order and hold != leg.image.hold:
            leg.image = msgspec.structs.replace(leg.image, hold=hold)
            book.emit(OrderUpdated(leg.image, UpdateCause.HOLD))


# ---- what an event means for the other legs -------------------------------------------------------------------------


def after_fill(book: State, order: Open) -> None:
    """Right after a fill of the order."""
    for leg in book.legs(order):
        if leg is not order and are_one_cancels_other(leg, order):
            cancel(book, leg, CancelReason.LIST, alone=True)
    if order.link is None or order.link.leg > 0 or order.link.contingency is Contingency.OCO:
        return
    if order.leaves:
        settle_holds(book, order)
    else:
        end_of_entry(book, order)


def after_end(book: State, order: Open) -> None:
    """Right after a cancel or an expiry of the order, which is no longer in the book."""
    if order.link is None:
        return
    if order.link.leg == 0 and order.link.contingency is not Contingency.OCO:
        end_of_entry(book, order)
        return
    for leg in book.legs(order):
        if leg in book.orders and leg is not order and are_one_cancels_other(leg, order):
            cancel(book, leg, CancelReason.LIST, alone=True)


def end_of_entry(book: State, entry: Open) -> None:
    children = [leg for leg in book.legs(entry) if leg is not entry and leg.wait is Wait.ENTRY]
    part = entry.image.cum_qty
    if not part:
        for child in children:
            cancel(book, child, CancelReason.LIST, alone=True)
        return
    if part < entry.image.order_qty:
        for child, qty in [(child, left_to_sell(book, child, entry)) for child in children]:
            if not qty:
                cancel(book, child, CancelReason.LIST, alone=True)
            elif qty < child.leaves:
                terms = msgspec.structs.replace(child.image.terms, order_qty=qty)
                image = msgspec.structs.replace(child.image, terms=terms, leaves_qty=qty)
                restate(book, child, with_shown(image, min(child.shown, qty)), RestateReason.ENTRY_CUT)
    release(book, [child for child in children if child in book.orders])


def left_to_sell(book: State, child: Open, entry: Open) -> int:
    """How much of a child the filled part of its entry leaves."""
    if entry.side is Side.SELL or child.side is Side.BUY:
        return min(child.leaves, entry.image.cum_qty)
    sold = sold_before(book, child)
    to_come, come = max(0, entry.image.order_qty - sold), max(0, entry.image.cum_qty - sold)
    return min(child.leaves, to_come, come) + max(0, child.leaves - to_come)


def release(book: State, children: list[Open]) -> None:
    """The entry has got all that it will get: its children are active, or wait for their own triggers."""
    for child in children:
        if child.special.trigger is None:
            child.image = with_wait(child.image, Wait.TURN)
            child.turn = book.tick()
        else:
            child.image = with_wait(child.image, Wait.TRIGGER, stop_px=starting_stop(book, child))
            child.fresh = True
            child.arrived = book.tick()
        child.image = msgspec.structs.replace(child.image, hold=hold_of_leg(book, child, child.image))
        book.emit(OrderTriggered(child.image, Activation.ENTRY))
