"""How orders that are more than plain come into a book, alone or as a list (docs/order-book.md §1, §3)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from engine.book_state import BookState
from engine.combinations import check_terms
from engine.commands import NewList, NewOrder
from engine.displaying import next_part
from engine.events import Event, OrderAccepted, OrderRejected
from engine.guards import Refusal, check_numbers, check_phase, check_price
from engine.image import OrderImage, Working
from engine.images import need, with_hold, with_working
from engine.lists import group_holds
from engine.matching import drop, work
from engine.order import Order
from engine.phases import ITS_AUCTIONS, joins
from engine.preparing import Verdict, prepare
from engine.pricing import starting_stop
from engine.rejections import list_rejected, rejected_image
from engine.rules import check_order
from engine.terms import NOTHING_SPECIAL, Link, OrderTerms
from engine.types import (
    CancelReason,
    Contingency,
    OrdRejReason,
    OrdStatus,
    TimeInForce,
    Wait,
)

_IMMEDIATE = (TimeInForce.IOC, TimeInForce.FOK)


def enter_new(book: BookState, command: NewOrder, events: list[Event]) -> None:
    """``OrderAccepted`` and what comes of it, or ``OrderRejected``."""
    refusal = refused(book, command)
    if refusal is not None:
        events.append(OrderRejected(rejected_image(command), refusal[0], refusal[1]))
        return
    image = first_image(book, command, book.peek_order_id())
    working = image.working
    if working is not None and working.wait:
        book.next_order_id()
        events.append(OrderAccepted(image))
        book.wait(Order(image))
        return
    image, verdict = prepare(book, image)
    if verdict is Verdict.TAKES:
        text = "post-only order would take"
        events.append(OrderRejected(rejected_image(command), OrdRejReason.OTHER, text))
        return
    book.next_order_id()
    if verdict is Verdict.WAITS:
        assert image.working is not None
        image = with_working(image, Working(Wait.TOUCH, 0, image.working.shown))
        events.append(OrderAccepted(image))
        book.wait(Order(image))
        return
    events.append(OrderAccepted(image))
    if verdict is Verdict.NOTHING_TO_TAKE:
        drop(book, image, CancelReason.NO_LIQUIDITY, events)
    else:
        work(book, image, events)


def refused(
    book: BookState, command: NewOrder, before: Sequence[NewOrder] = (), *, is_child: bool = False
) -> Refusal | None:
    """By which rule the book does not take such an order, if by any.

    ``before`` are the legs before it in its list; ``is_child``: it waits for their first.
    """
    special = command.special
    trigger = None if special is None else special.trigger
    stop_px = 0 if trigger is None else trigger.px
    instrument = book.instrument
    enters_now = trigger is None and not is_child and command.tif not in ITS_AUCTIONS
    return (
        check_terms(instrument, book.phase, book.now_ns, command)
        or check_phase(book)
        or check_order(instrument, book.status, command.ord_type, command.tif, command.order_qty, command.px)
        or check_price(book, command.side, command.ord_type, command.px, stop_px, enters_now=enters_now)
        or check_numbers(book, command, before)
        or _check_trail(book, command)
    )


def _check_trail(book: BookState, command: NewOrder) -> Refusal | None:
    special = command.special
    if special is None or special.trigger is None:
        return None
    terms = _terms(book, command, 0, None)
    return None if starting_stop(book, terms) else (OrdRejReason.OTHER, "no price to trail")


def first_image(book: BookState, command: NewOrder, order_id: int, link: Link | None = None) -> OrderImage:
    """The accepted order: incoming, or waiting for its trigger or its auction."""
    terms = _terms(book, command, order_id, link)
    special = terms.special
    qty = command.order_qty
    shown = next_part(book, terms, qty, 0)
    working: Working | None = None
    if special is not None and special.trigger is not None:
        working = Working(Wait.TRIGGER, 0, shown, starting_stop(book, terms))
    elif not joins(command.tif, book.phase):
        working = Working(Wait.AUCTION, 0, shown)
    elif special is not None:
        working = Working(Wait.NOTHING, 0, shown)
    return OrderImage(terms, OrdStatus.NEW, qty, 0, 0, 0, need(terms, qty, 0), working)


def _terms(book: BookState, command: NewOrder, order_id: int, link: Link | None) -> OrderTerms:
    special = command.special
    if link is not None:
        special = msgspec.structs.replace(NOTHING_SPECIAL if special is None else special, link=link)
    return OrderTerms(
        order_id,
        command.session_id,
        command.account_id,
        command.symbol_id,
        command.cl_ord_id,
        command.side,
        command.ord_type,
        command.tif,
        command.order_qty,
        command.px,
        book.instrument.maker_fee,
        book.instrument.taker_fee,
        special,
    )


# ---- lists --------------------------------------------------------------------------------------------------------


def enter_list(book: BookState, command: NewList, events: list[Event]) -> None:
    """Every leg is accepted, then waits for its turn, its trigger or its entry; or every leg is rejected."""
    for leg in range(len(command.legs)):
        refusal = _refused_leg(book, command, leg)
        if refusal is not None:
            events += list_rejected(command, {leg: refusal})
            return
    first_order_id = book.peek_order_id()
    images: list[OrderImage] = []
    for leg, order in enumerate(command.legs):
        link = Link(command.list_id, command.contingency, leg, first_order_id)
        images.append(_first_leg(book, order, link))
    entry = images[0]
    if Link(command.list_id, command.contingency, 0, first_order_id).is_entry:
        holds = [entry.hold, *group_holds(images[1:], entry)]
    else:
        holds = group_holds(images)
    for image, hold in zip(images, holds, strict=True):
        accepted = with_hold(image, hold)
        events.append(OrderAccepted(accepted))
        book.wait(Order(accepted))


def _first_leg(book: BookState, order: NewOrder, link: Link) -> OrderImage:
    image = first_image(book, order, book.next_order_id(), link)
    working = image.working
    assert working is not None
    if link.leg and not _is_oco(link):
        return with_working(image, Working(Wait.ENTRY, 0, working.shown))
    if not working.wait:
        return with_working(image, Working(Wait.TURN, 0, working.shown))
    return image


def _is_oco(link: Link) -> bool:
    return link.contingency is Contingency.OCO


def _refused_leg(book: BookState, command: NewList, leg: int) -> Refusal | None:
    order = command.legs[leg]
    legs = len(command.legs)
    if legs > book.list_legs_max or legs < 2 or (command.contingency is Contingency.BRACKET and legs != 3):
        return OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC, f"a list of this kind cannot have {legs} legs"
    if order.tif in _IMMEDIATE:
        return OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC, "a leg of a list cannot be IOC or FOK"
    is_child = leg > 0 and command.contingency is not Contingency.OCO
    return refused(book, order, command.legs[:leg], is_child=is_child)
