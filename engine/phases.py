"""A book's phases: what changes when one begins (docs/order-book.md §5)."""

from __future__ import annotations

from engine.book_state import BookState
from engine.events import Event, LimitStateChanged, OrderUpdated, TradingPhaseChanged
from engine.image import OrderImage, Working
from engine.images import with_working
from engine.order import Order
from engine.pricing import begin
from engine.types import OrdType, TimeInForce, TradingPhase, UpdateCause, Wait

ITS_AUCTIONS = {
    TimeInForce.AT_THE_OPENING: (TradingPhase.OPENING_AUCTION,),
    TimeInForce.AT_THE_CLOSE: (TradingPhase.CLOSING_AUCTION,),
    TimeInForce.GOOD_FOR_AUCTION: (
        TradingPhase.OPENING_AUCTION,
        TradingPhase.INTRADAY_AUCTION,
        TradingPhase.CLOSING_AUCTION,
        TradingPhase.REOPENING_AUCTION,
    ),
}


def joins(tif: TimeInForce, phase: TradingPhase) -> bool:
    """Whether an order with this time in force is in the book during ``phase``, rather than waiting for its auction."""
    return tif not in ITS_AUCTIONS or phase in ITS_AUCTIONS[tif]


def change(book: BookState, phase: TradingPhase, operator: str, reason: str, events: list[Event]) -> None:
    if book.limit_state is not None:
        book.limit_state = None
        events.append(LimitStateChanged(book.instrument.symbol_id, 0, 0, 0))
    book.phase = phase
    book.phase_until_ns = book.ends_itself_at(phase)
    book.indicated, book.indicated_ns = None, 0
    book.settled_touch = None
    events.append(TradingPhaseChanged(book.instrument.symbol_id, phase, book.phase_until_ns, operator, reason))
    if phase.collects:
        find_places(book, events)
    elif phase is TradingPhase.CONTINUOUS:
        begin(book)  # the band is measured from what the auction has found


def find_places(book: BookState, events: list[Event]) -> None:
    """The book has begun to collect, or collects for another auction: pegged orders and those for other auctions step
    aside, those for this one join; in order of OrderID."""
    for order_id in sorted({*book.pegs, *book.auction_orders, *book.collected}):
        order = book.orders.get(order_id) or book.collected.get(order_id)
        if order is None:
            continue
        terms = order.image.terms
        if terms.ord_type is OrdType.PEGGED:
            if order.level is not None:
                book.take_out(order)
                park(book, order.image, Wait.TOUCH, events)
        elif terms.tif in ITS_AUCTIONS:
            joining = joins(terms.tif, book.phase)
            if order.level is not None and not joining:
                book.take_out(order)
                park(book, order.image, Wait.AUCTION, events)
            elif order.level is None and joining:
                _join(book, order, events)


def _join(book: BookState, order: Order, events: list[Event]) -> None:
    book.take_out(order)
    image = order.image
    assert image.working is not None
    image = with_working(image, Working(Wait.NOTHING, 0, image.working.shown))
    events.append(OrderUpdated(image, UpdateCause.ENTERED))
    book.settle_order(image)


def pause(book: BookState, reason: str, events: list[Event]) -> None:
    """A protection stops continuous trading; an auction will reopen it (§6)."""
    change(book, TradingPhase.VOLATILITY_PAUSE, "", reason, events)


def park(book: BookState, image: OrderImage, wait: Wait, events: list[Event]) -> None:
    """An order that is in no queue begins to wait."""
    working = image.working
    shown = image.leaves_qty if working is None else working.shown
    image = with_working(image, Working(wait, 0, shown))
    events.append(OrderUpdated(image, UpdateCause.PARKED))
    book.wait(Order(image))
