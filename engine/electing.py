"""Looking at prices on behalf of orders that wait for one: stops trail, and what is met is elected.

The prices looked at are those since the last look, in their order: a rise does not trigger the stop that it has just
pulled up behind it (docs/order-book.md §2, steps 3 and 4).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from engine.book_state import BookState
from engine.events import Event, OrderTriggered, OrderUpdated, TradeExecuted
from engine.image import OrderImage, Working
from engine.images import on_other_terms, with_working
from engine.order import Order
from engine.pricing import trailed_stop, watched_px
from engine.terms import Trigger
from engine.triggers import Paths, TriggerBook, stop_of, trigger_of
from engine.types import Activation, OrdType, Px, Side, TriggerSource, UpdateCause, Wait

_BUY = Side.BUY


def look(book: BookState, traded: list[Px], events: list[Event]) -> None:
    """Move trailing stops along and elect what has been met; ``traded`` are the prices since the last look."""
    triggers = book.triggers
    if not triggers.orders:
        return
    paths = _paths(book, traded)
    met = {order_id for order_id in _moved_along(triggers, paths) if _trail(book, order_id, paths, events)}
    met |= triggers.met(paths, book.last_px)
    for order in triggers.by_arrival(met):
        working = order.image.working
        assert working is not None
        book.take_out(order)
        image = with_working(order.image, Working(Wait.TURN, 0, working.shown, working.stop_px))
        events.append(OrderTriggered(image, Activation.TRIGGER))
        book.wait(Order(image))


def _moved_along(triggers: TriggerBook, paths: Paths) -> list[int]:
    """OrderIDs, ascending, of the trailing stops whose price has moved since the last look, or that have just come."""
    moved = [source for source, path in paths.items() if path and path != triggers.looked_at.get(source)]
    triggers.looked_at = {source: path for source, path in paths.items() if source is not TriggerSource.LAST_TRADE}
    return sorted(triggers.fresh_trailing().union(*(triggers.trailing_by(source) for source in moved)))


def traded_since(events: list[Event], start: int) -> list[Px]:
    """The turning points of the prices traded since event ``start``: what lies between two of them says nothing."""
    path: list[Px] = []
    for at in range(start, len(events)):
        event = events[at]
        if type(event) is TradeExecuted:
            px = event.px
            if len(path) >= 2 and (path[-2] <= path[-1] <= px or path[-2] >= path[-1] >= px):
                path[-1] = px
            else:
                path.append(px)
    return path


def _paths(book: BookState, traded: list[Px]) -> Paths:
    """Of the last price all that was traded; of the other prices what they are now."""
    paths = {TriggerSource.LAST_TRADE: traded}
    for source in (TriggerSource.BEST_BID, TriggerSource.BEST_OFFER, TriggerSource.REFERENCE):
        px = watched_px(book, source)
        paths[source] = [px] if px else []
    return paths


def _trail(book: BookState, order_id: int, paths: Paths, events: list[Event]) -> bool:
    """Move one trailing stop along its price's path; True if the price has come back to it."""
    order = book.triggers.trailing[order_id]
    trigger, before = trigger_of(order), stop_of(order)
    path = paths[trigger.source]
    stands = trigger.source is TriggerSource.LAST_TRADE and book.last_px > 0
    if not path and stands and book.triggers.is_fresh(order_id):
        path = [book.last_px]
    tick = book.instrument.tick_size
    stop, met = _followed(order.image.terms.side, trigger, before, path, tick)
    if stop != before:
        image = _moved(order.image, stop, tick)
        book.turn_to(order, image)
        events.append(OrderUpdated(image, UpdateCause.TRAIL))
    return met


def _followed(side: Side, trigger: Trigger, stop: Px, path: Sequence[Px], tick: Px) -> tuple[Px, bool]:
    """Where the stop is after ``path``, and whether the path has met it."""
    for px in path:
        trailed = trailed_stop(side, trigger, px, tick)
        if not stop or (trailed < stop if side is _BUY else trailed > stop):
            stop = trailed
        elif px >= stop if side is _BUY else px <= stop:
            return stop, True
    return stop, False


def _moved(image: OrderImage, stop: Px, tick: Px) -> OrderImage:
    """A trailing order at another stop price; a limit keeps its distance from it."""
    working = image.working
    assert working is not None
    if image.terms.ord_type is OrdType.LIMIT and working.stop_px:
        px = max(tick, image.terms.px + stop - working.stop_px)
        image = on_other_terms(image, msgspec.structs.replace(image.terms, px=px), image.leaves_qty)
    return with_working(image, Working(working.wait, working.px, working.shown, stop))
