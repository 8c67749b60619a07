"""Replacing an order: what keeps its place, what goes to the end of a queue, what is refused (docs/amend.md)."""

from __future__ import annotations

import msgspec

from engine import lists
from engine.book_state import BookState
from engine.combinations import check_terms
from engine.commands import NewOrder, ReplaceOrder
from engine.displaying import next_part, part_left
from engine.events import Event, OrderReplaced
from engine.guards import check_phase, check_price
from engine.image import OrderImage, Working
from engine.images import with_terms, with_working
from engine.lifecycle import Step, next_status
from engine.matching import drop, work
from engine.order import Order
from engine.preparing import Verdict, prepare, priced
from engine.pricing import clamped
from engine.rejections import cancel_rejected
from engine.rules import check_order
from engine.terms import OrderTerms, SpecialTerms
from engine.types import CancelReason, CxlRejReason, InstrumentStatus, OrdStatus, OrdType, Qty, TradingPhase, Wait

_NO_LIMIT = (OrdType.MARKET, OrdType.MARKET_TO_LIMIT)


def replace(book: BookState, order: Order, command: ReplaceOrder, events: list[Event]) -> None:
    """``OrderReplaced`` and what comes of it, or ``CancelRejected``."""
    before = order.image
    terms = _new_terms(before, command)
    text = _refused(book, before, terms, command)
    if text is not None:
        events.append(cancel_rejected(command, CxlRejReason.OTHER, text, before))
        return
    leaves = terms.order_qty - before.cum_qty
    if not leaves:
        book.take_out(order)
        after = with_terms(before, terms, 0, OrdStatus.FILLED)
        if before.working is not None:
            after = with_working(after, Working())
        events.append(OrderReplaced(after, before.terms.cl_ord_id, False))
        lists.on_end(book, after, events)
        return
    image = with_terms(before, terms, leaves, next_status(before.status, Step.REPLACE))
    waiting = before.working is not None and before.working.wait not in (Wait.NOTHING, Wait.TOUCH)
    if _keeps_place(before, terms, leaves, command):
        image = _showing_less(image, leaves)
        events.append(OrderReplaced(image, before.terms.cl_ord_id, True))
        book.keep_place(order, image)
    elif waiting:
        _amend_waiting(book, order, image, command, events)
    else:
        _come_in_again(book, order, image, events)


def _new_terms(before: OrderImage, command: ReplaceOrder) -> OrderTerms:
    terms = before.terms
    special = terms.special
    changes = command.changes
    if changes is not None:
        special = _changed(special or SpecialTerms(), command)
        if terms.special is None and special == SpecialTerms():
            special = None
    px = command.px if command.px or terms.ord_type is OrdType.LIMIT else terms.px
    return msgspec.structs.replace(
        terms,
        cl_ord_id=command.cl_ord_id,
        order_qty=max(command.order_qty, before.cum_qty),
        px=px,
        special=special,
    )


def _changed(special: SpecialTerms, command: ReplaceOrder) -> SpecialTerms:
    changes = command.changes
    assert changes is not None
    trigger, peg = special.trigger, special.peg
    if changes.stop_px is not None and trigger is not None:
        trigger = msgspec.structs.replace(trigger, px=changes.stop_px)
    if changes.peg_offset is not None and peg is not None:
        peg = msgspec.structs.replace(peg, offset=changes.peg_offset)
    return msgspec.structs.replace(
        special,
        trigger=trigger,
        peg=peg,
        display_qty=special.display_qty if changes.display_qty is None else changes.display_qty,
        min_qty=special.min_qty if changes.min_qty is None else changes.min_qty,
        expire_ns=special.expire_ns if changes.expire_ns is None else changes.expire_ns,
    )


def _refused(book: BookState, before: OrderImage, terms: OrderTerms, command: ReplaceOrder) -> str | None:
    """Why the order cannot be changed like that."""
    if command.side is not terms.side:
        return "the side of an order cannot be changed"
    if command.account_id != terms.account_id:
        return "the order is of another account"  # and that one has not been asked whether it can pay
    link = lists.link_of(before)
    if link is not None and len(book.lists.get(link.first_order_id, ())) > 1:
        return "an order of a list cannot be replaced"
    if terms.ord_type is OrdType.MARKET_TO_LIMIT and book.phase.collects:
        return "a market-to-limit order cannot be replaced while the book collects orders"
    text = _refused_changes(before, command)
    if text is not None:
        return text
    if terms.order_qty == before.cum_qty and before.cum_qty and book.status is InstrumentStatus.ACTIVE:
        return None  # it ends the order: the rules for those that go on have nothing to say
    as_new = NewOrder(
        terms.session_id,
        terms.cl_ord_id,
        terms.account_id,
        terms.symbol_id,
        terms.side,
        terms.ord_type,
        terms.tif,
        terms.order_qty,
        terms.px,
        special=terms.special,
    )
    trigger = None if terms.special is None else terms.special.trigger
    stop_px = 0 if trigger is None else trigger.px
    enters_now = before.working is None or not before.working.wait
    phase = TradingPhase.CONTINUOUS if _untriggered(before) else book.phase  # its time in force is for later
    refusal = (
        check_terms(book.instrument, phase, book.now_ns, as_new)
        or check_phase(book)
        or check_order(book.instrument, book.status, terms.ord_type, terms.tif, terms.order_qty, terms.px)
        or check_price(book, terms.side, terms.ord_type, terms.px, stop_px, enters_now=enters_now)
    )
    if refusal is not None:
        return refusal[1]
    return None


def _refused_changes(before: OrderImage, command: ReplaceOrder) -> str | None:
    """A change of what the order does not have."""
    changes, special = command.changes, before.terms.special
    if changes is None:
        return None
    if changes.stop_px is not None and not _untriggered(before):
        return "the order has no stop price to change"
    if changes.peg_offset is not None and (special is None or special.peg is None):
        return "the order has no peg to change"
    return None


def _untriggered(image: OrderImage) -> bool:
    special, working = image.terms.special, image.working
    waits = working is not None and working.wait in (Wait.TRIGGER, Wait.ENTRY)
    return waits and special is not None and special.trigger is not None


def _keeps_place(before: OrderImage, after: OrderTerms, leaves: Qty, command: ReplaceOrder) -> bool:
    """Whether nothing changes but a smaller quantity, another expiry time or the name."""
    if after.px != before.terms.px or leaves > before.leaves_qty:
        return False
    changes, special, was = command.changes, after.special, before.terms.special
    if changes is None or special is None or was is None:
        return special is was
    stop_px = 0 if before.working is None else before.working.stop_px
    return (
        special.display_qty == was.display_qty
        and special.min_qty == was.min_qty
        and special.peg == was.peg
        and changes.stop_px in (None, stop_px)
    )


def _showing_less(image: OrderImage, leaves: Qty) -> OrderImage:
    working = image.working
    if working is None:
        return image
    shown = part_left(image.terms.special, working.shown, leaves)
    return with_working(image, Working(working.wait, working.px, shown, working.stop_px))


def _amend_waiting(
    book: BookState, order: Order, image: OrderImage, command: ReplaceOrder, events: list[Event]
) -> None:
    """A waiting order waits on, under other terms, the last to have come."""
    working, changes = image.working, command.changes
    assert working is not None
    stop_px = working.stop_px if changes is None or changes.stop_px is None else changes.stop_px
    shown = next_part(book, image.terms, image.leaves_qty, image.cum_qty)
    image = with_working(image, Working(working.wait, 0, shown, stop_px))
    book.take_out(order)
    events.append(OrderReplaced(image, order.image.terms.cl_ord_id, False))
    book.wait(Order(image))


def _come_in_again(book: BookState, order: Order, image: OrderImage, events: list[Event]) -> None:
    """A resting order leaves its place and is worked like one that comes in."""
    book.take_out(order)
    if image.working is not None or image.terms.special is not None:
        shown = next_part(book, image.terms, image.leaves_qty, image.cum_qty)
        image = with_working(image, Working(Wait.NOTHING, 0, shown))
    verdict = Verdict.ENTERS
    if image.terms.ord_type not in _NO_LIMIT:
        image, verdict = prepare(book, image)
    elif not book.phase.collects:
        image = priced(image, clamped(book, image.terms.side, image.terms.px))
    if verdict is Verdict.WAITS:
        assert image.working is not None
        image = with_working(image, Working(Wait.TOUCH, 0, image.working.shown))
        events.append(OrderReplaced(image, order.image.terms.cl_ord_id, False))
        book.wait(Order(image))
        return
    events.append(OrderReplaced(image, order.image.terms.cl_ord_id, False))
    if verdict is Verdict.TAKES:
        drop(book, image, CancelReason.POST_ONLY, events)
    else:
        work(book, image, events)
