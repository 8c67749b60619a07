"""Lists: what becomes of the other legs when one of them is filled or ends (docs/order-book.md §3)."""

from __future__ import annotations

import msgspec

from engine.book_state import BookState
from engine.events import Event, ListCanceled, OrderCanceled, OrderRestated, OrderTriggered, OrderUpdated
from engine.image import OrderImage, Working
from engine.images import ended, need, on_other_terms, showing, with_hold, with_working
from engine.lifecycle import Step
from engine.order import Order
from engine.pricing import starting_stop
from engine.terms import Link
from engine.types import Activation, Amount, CancelReason, Qty, RestateReason, Side, UpdateCause, Wait

_BUY = Side.BUY


def link_of(image: OrderImage) -> Link | None:
    special = image.terms.special
    return None if special is None else special.link


def legs_open(book: BookState, link: Link) -> list[Order]:
    """A list's legs in the book, by OrderID; one that is being matched is not among them."""
    legs = book.lists.get(link.first_order_id, {})
    return [legs[order_id] for order_id in sorted(legs)]


def on_fill(book: BookState, image: OrderImage, events: list[Event]) -> None:
    """A leg has been filled, wholly or in part; ``image`` is its state now."""
    link = link_of(image)
    if link is None:
        return
    if link.is_exclusive:
        _cancel_others(book, link, image.terms.order_id, events)
    elif link.is_entry:
        if image.leaves_qty:
            hold_for_children(book, image, events)
        else:
            _release_children(book, link, image, events)


def on_end(book: BookState, image: OrderImage, events: list[Event]) -> None:
    """A leg has been cancelled or has expired; it has left the book."""
    link = link_of(image)
    if link is None:
        return
    if link.is_exclusive:
        _cancel_others(book, link, image.terms.order_id, events)
    elif link.is_entry:
        if image.cum_qty:
            _release_children(book, link, image, events)
        else:
            for child in legs_open(book, link):
                cancel_leg(book, child, events)


def cancel_earlier(book: BookState, image: OrderImage, events: list[Event]) -> None:
    """Before an incoming leg is cancelled with the others: those of them that come before it."""
    link = link_of(image)
    assert link is not None
    for leg in legs_open(book, link):
        other = link_of(leg.image)
        if leg.image.terms.order_id < image.terms.order_id and other is not None and other.is_exclusive:
            cancel_leg(book, leg, events)


def cancel_leg(book: BookState, order: Order, events: list[Event], reason: CancelReason = CancelReason.LIST) -> None:
    book.take_out(order)
    events.append(OrderCanceled(ended(order.image, Step.CANCEL), reason))


def cancel_list(book: BookState, session_id: int, list_id: str, events: list[Event]) -> None:
    """A session wants a list no more: every open leg goes, and none for the sake of another."""
    legs = book.legs_named(session_id, list_id)
    events.append(ListCanceled(session_id, list_id, len(legs)))
    for leg in legs:
        cancel_leg(book, leg, events, CancelReason.REQUESTED)


def _cancel_others(book: BookState, link: Link, order_id: int, events: list[Event]) -> None:
    for leg in legs_open(book, link):
        other = link_of(leg.image)
        assert other is not None
        if leg.image.terms.order_id != order_id and other.is_exclusive:
            cancel_leg(book, leg, events)


def hold_for_children(book: BookState, entry: OrderImage, events: list[Event]) -> None:
    """What the children of an open entry hold, as far as it is filled."""
    link = link_of(entry)
    if link is None or not link.is_entry or not entry.leaves_qty:
        return
    # An entry that rests is a leg in the book like its children.
    children = [leg for leg in legs_open(book, link) if leg.image.terms.order_id != entry.terms.order_id]
    for child, hold in zip(children, group_holds([child.image for child in children], entry), strict=True):
        if hold != child.image.hold:
            after = with_hold(child.image, hold)
            book.turn_to(child, after)
            events.append(OrderUpdated(after, UpdateCause.HOLD))


def _release_children(book: BookState, link: Link, entry: OrderImage, events: list[Event]) -> None:
    """The entry is done: its children, no larger than what it filled, become active."""
    children = legs_open(book, link)
    if entry.cum_qty < entry.terms.order_qty:
        for child, qty in zip(children, _covered(children, entry), strict=True):
            if not qty:
                cancel_leg(book, child, events)
            elif qty < child.image.leaves_qty:
                after = _cut(child.image, qty)
                book.turn_to(child, after)
                events.append(OrderRestated(after, RestateReason.ENTRY_CUT))
        children = legs_open(book, link)
    for child, hold in zip(children, group_holds([child.image for child in children]), strict=True):
        book.take_out(child)
        image = with_hold(_activated(book, child.image), hold)
        events.append(OrderTriggered(image, Activation.ENTRY))
        book.wait(Order(image))


def _covered(children: list[Order], entry: OrderImage) -> list[Qty]:
    """How much of each child the part that ``entry`` has filled leaves: what sells the entry's purchase sells no more
    than was bought, children of an OTO together, for all of them may be filled; others are no larger than the part."""
    images = [child.image for child in children]
    together = bool(images) and not _is_exclusive(images[0])
    sold = _holds_one_by_one(images, entry) if together else [_holds_one_by_one([each], entry)[0] for each in images]
    return [
        most if image.terms.side is not _BUY and entry.terms.side is _BUY else min(image.leaves_qty, entry.cum_qty)
        for image, most in zip(images, sold, strict=True)
    ]


def _is_exclusive(image: OrderImage) -> bool:
    link = link_of(image)
    return link is not None and link.is_exclusive


def _activated(book: BookState, image: OrderImage) -> OrderImage:
    """A released child: it waits for its turn, or for its own trigger."""
    special, working = image.terms.special, image.working
    assert special is not None
    assert working is not None
    if special.trigger is None:
        return with_working(image, Working(Wait.TURN, 0, working.shown))
    return with_working(image, Working(Wait.TRIGGER, 0, working.shown, starting_stop(book, image.terms)))


def _cut(image: OrderImage, qty: Qty) -> OrderImage:
    """A child that is no larger than what its entry has filled; its hold is seen to when it is released."""
    terms = msgspec.structs.replace(image.terms, order_qty=qty)
    assert image.working is not None
    return showing(on_other_terms(image, terms, qty), min(image.working.shown, qty))


def group_holds(legs: list[OrderImage], entry: OrderImage | None = None) -> list[Amount]:
    """What each of a list's legs holds.

    Legs that cancel one another share one hold a side, which the first carries: only one of them can be filled. Legs
    that wait for ``entry`` to buy what they sell hold what is bought so far, and what they sell beyond; where all of
    them may be filled, what one sells the next one cannot.
    """
    if not legs:
        return []
    if not _is_exclusive(legs[0]):
        return _holds_one_by_one(legs, entry)
    most: dict[Side, Amount] = {}
    for leg in legs:
        side = leg.terms.side
        most[side] = max(_holds_one_by_one([leg], entry)[0], most.get(side, 0))
    return [most.pop(leg.terms.side, 0) for leg in legs]


def _holds_one_by_one(legs: list[OrderImage], entry: OrderImage | None) -> list[Amount]:
    to_buy = bought = 0
    if entry is not None and entry.terms.side is _BUY:
        to_buy, bought = entry.terms.order_qty, entry.cum_qty
    holds: list[Amount] = []
    for leg in legs:
        terms = leg.terms
        if terms.side is _BUY:
            holds.append(need(terms, leg.leaves_qty, leg.fee_raw))
            continue
        covered = min(leg.leaves_qty, to_buy)
        held = min(covered, bought)
        to_buy -= covered
        bought -= held
        holds.append(leg.leaves_qty - covered + held)
    return holds
