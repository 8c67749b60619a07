"""What a replace does to an order (docs/order-book.md §4, docs/amend.md)."""

from __future__ import annotations

import msgspec
from naive_matching import work
from naive_reactions import prepared, shown_anew
from naive_rules import check_terms_and_prices
from naive_state import Open, State, need, with_shown, with_wait
from naive_steps import cancel

from engine.commands import Changes, NewOrder, ReplaceOrder
from engine.events import OrderReplaced
from engine.image import OrderImage, Working
from engine.rejections import cancel_rejected
from engine.terms import NOTHING_SPECIAL, SpecialTerms
from engine.types import CxlRejReason, OrdStatus, OrdType, Wait


def amend(book: State, order: Open, command: ReplaceOrder) -> bool:
    """Whether it was done."""
    refusal = refused_with(book, order, command)
    if refusal:
        book.emit(cancel_rejected(command, CxlRejReason.OTHER, refusal, order.image))
        return False
    before, image = order.image, amended_image(order, command)
    if not image.leaves_qty:
        working = Working() if image.working else None
        book.remove(order)
        image = msgspec.structs.replace(image, status=OrdStatus.FILLED, hold=0, working=working)
        book.emit(OrderReplaced(image, before.cl_ord_id, False))
        return True
    if asks_for_nothing_more(order, image, command):
        take_on(order, with_shown(image, min(order.shown, image.leaves_qty)))
        book.emit(OrderReplaced(order.image, before.cl_ord_id, True))
        return True
    if order.wait in (Wait.NOTHING, Wait.TOUCH):
        enter_again(book, order, image)
    else:
        wait_again(book, order, image, command)
    return True


def enter_again(book: State, order: Open, image: OrderImage) -> None:
    orig_cl_ord_id = order.image.cl_ord_id
    order.image = image
    image, obstacle = prepared(book, order)
    order.place = 0
    take_on(order, image)
    book.emit(OrderReplaced(order.image, orig_cl_ord_id, False))
    if obstacle is not None:
        cancel(book, order, obstacle)
    elif order.wait is Wait.NOTHING:
        work(book, order)


def take_on(order: Open, image: OrderImage) -> None:
    """Its owner gives the order another image, and it holds what that needs."""
    order.image = msgspec.structs.replace(image, hold=need(image))


def wait_again(book: State, order: Open, image: OrderImage, command: ReplaceOrder) -> None:
    orig_cl_ord_id, stop_px = order.image.cl_ord_id, order.stop_px
    if command.changes and command.changes.stop_px is not None:
        stop_px = command.changes.stop_px
    take_on(order, with_wait(shown_anew(book, image), order.wait, stop_px=stop_px))
    order.arrived = book.tick()
    order.fresh = True
    if order.wait is Wait.TURN:
        order.turn = book.tick()
    book.emit(OrderReplaced(order.image, orig_cl_ord_id, False))


# ---- what is asked for ----------------------------------------------------------------------------------------------


def amended_px(order: Open, command: ReplaceOrder) -> int:
    keeps = not command.px and order.image.ord_type is not OrdType.LIMIT
    return order.image.px if keeps else command.px


def amended_special(order: Open, changes: Changes | None) -> SpecialTerms | None:
    special = order.image.special
    if changes is None or changes == Changes():
        return special
    special = special or NOTHING_SPECIAL
    fields = {
        name: value for name in ("display_qty", "min_qty", "expire_ns") if (value := getattr(changes, name)) is not None
    }
    special = msgspec.structs.replace(special, **fields)
    if changes.peg_offset is not None and special.peg:
        special = msgspec.structs.replace(special, peg=msgspec.structs.replace(special.peg, offset=changes.peg_offset))
    if changes.stop_px is not None and special.trigger:
        trigger = msgspec.structs.replace(special.trigger, px=changes.stop_px)
        special = msgspec.structs.replace(special, trigger=trigger)
    return None if order.image.special is None and special == NOTHING_SPECIAL else special


def amended_image(order: Open, command: ReplaceOrder) -> OrderImage:
    before = order.image
    order_qty = max(command.order_qty, before.cum_qty)
    terms = msgspec.structs.replace(
        before.terms,
        cl_ord_id=command.cl_ord_id,
        order_qty=order_qty,
        px=amended_px(order, command),
        special=amended_special(order, command.changes),
    )
    return msgspec.structs.replace(before, terms=terms, leaves_qty=order_qty - before.cum_qty)


def asks_for_nothing_more(order: Open, image: OrderImage, command: ReplaceOrder) -> bool:
    """Only a smaller quantity, another expiry time or another name."""
    changes, before, after = command.changes, order.special, image.special or NOTHING_SPECIAL
    same_stop = changes is None or changes.stop_px is None or changes.stop_px == order.stop_px
    return (
        image.leaves_qty <= order.leaves
        and image.px == order.image.px
        and after.display_qty == before.display_qty
        and after.min_qty == before.min_qty
        and after.peg == before.peg
        and same_stop
    )


def refused_with(book: State, order: Open, command: ReplaceOrder) -> str:
    changes, image = command.changes or Changes(), order.image
    if command.side is not image.side:
        return "the side of an order cannot be changed"
    if command.account_id != image.account_id:
        return "the order is of another account"
    if len(book.legs(order)) > 1:
        return "an order of a list cannot be replaced"
    if image.ord_type is OrdType.MARKET_TO_LIMIT and book.phase.collects:
        return "a market-to-limit order cannot be replaced while the book collects orders"
    if changes.stop_px is not None and order.wait is not Wait.TRIGGER:
        return "the order has no stop price to change"
    if changes.peg_offset is not None and order.special.peg is None:
        return "the order has no peg to change"
    if 0 < image.cum_qty >= command.order_qty and book.active:
        return ""
    waits = order.wait is not Wait.NOTHING
    new_order = as_new_order(order, command)
    refusal = check_terms_and_prices(book, new_order, waits=waits, untriggered=untriggered(order))
    if refusal:
        return refusal[1]
    return ""


def untriggered(order: Open) -> bool:
    return order.special.trigger is not None and order.wait in (Wait.TRIGGER, Wait.ENTRY)


def as_new_order(order: Open, command: ReplaceOrder) -> NewOrder:
    image = order.image
    return NewOrder(
        image.session_id,
        command.cl_ord_id,
        image.account_id,
        image.symbol_id,
        image.side,
        image.ord_type,
        image.tif,
        max(command.order_qty, image.cum_qty),
        amended_px(order, command),
        special=amended_special(order, command.changes),
    )
