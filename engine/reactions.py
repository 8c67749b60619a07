"""What a change of the market sets off: pegs move, conditional orders are met, stops trail and are triggered.

After each command the book settles in a loop until nothing is left to do (docs/order-book.md §2, reactions). A record
holds at most ``cascade_max`` entries; what is left is done by the records right after it.
"""

from __future__ import annotations

from engine.book_state import BookState
from engine.displaying import showing_anew
from engine.electing import look, traded_since
from engine.events import Event, LimitStateChanged, OrderUpdated, TradingPhaseChanged
from engine.image import OrderImage, Working
from engine.images import with_working
from engine.matching import drop, work
from engine.order import Order
from engine.phases import joins, park
from engine.preparing import Verdict, prepare, priced
from engine.pricing import band_edge, clamped, peg_px, triggered_px
from engine.types import CancelReason, OrdType, Side, TradingPhase, UpdateCause, Wait
from engine.walk import Walk, least_fill

_BUY, _SELL = Side.BUY, Side.SELL


def settle(book: BookState, events: list[Event], *, everything: bool = False) -> None:
    """React to what ``events`` have done, appending to them.

    ``everything``: triggers look at the last price too, not only at the trades among the events; so it is when
    continuous trading begins.
    """
    looked = _begins_at(events)
    seen = [book.last_px] if book.last_px and (everything or looked) else []
    entries = 0
    book.cut_short = False
    while True:
        moved = False
        if book.phase is TradingPhase.CONTINUOUS and (book.pegs or book.conditional or book.triggers.orders):
            room = book.cascade_max - entries
            followed = _follow_all(book, room, events)
            entries += followed
            moved = followed > 0
            if book.phase is not TradingPhase.CONTINUOUS:
                continue
            if entries < book.cascade_max and _retry_conditional(book, events):
                entries += 1
                continue
            traded = seen + traded_since(events, looked)
            looked, seen = len(events), []
            look(book, traded, events)
        if entries == book.cascade_max:
            book.cut_short = bool(book.pegs or book.conditional or book.next_turn())
            return
        order = book.next_turn()
        if order is not None:
            take_turn(book, order, events)
            entries += 1
        elif not moved:
            return


def _begins_at(events: list[Event]) -> int:
    """Behind which of these events continuous trading begins; 0 = it does not."""
    for at, event in enumerate(events, 1):
        if type(event) is TradingPhaseChanged and event.phase is TradingPhase.CONTINUOUS:
            return at
    return 0


# ---- pegs ---------------------------------------------------------------------------------------------------------


def _follow_all(book: BookState, room: int, events: list[Event]) -> int:
    """Move every pegged order to where its price belongs, ``room`` of them at the most; how many had to."""
    if not book.pegs:
        return 0
    touch = (
        book.bids.best_unpegged_px(),
        book.asks.best_unpegged_px(),
        book.bids.best_any_px(),
        book.asks.best_any_px(),
        book.band_px,
        book.instrument,
    )
    # For prices for which all were found in their places, only those that have come since must be looked at.
    to_look_at = book.fresh_pegs if touch == book.settled_touch else book.pegs
    if not to_look_at:
        return 0
    book.settled_touch = None
    followed = 0
    for order_id in sorted(to_look_at):
        if followed == room or book.phase is not TradingPhase.CONTINUOUS:
            return followed
        followed += _follow(book, order_id, events)
    if not followed:
        book.settled_touch = touch
        book.fresh_pegs.clear()
    return followed


def _follow(book: BookState, order_id: int, events: list[Event]) -> bool:
    """Move a pegged order to where its price belongs; True if it had to."""
    order = book.pegs.get(order_id)
    if order is None:
        return False
    image = order.image
    working, special = image.working, image.terms.special
    assert working is not None
    assert special is not None
    assert special.peg is not None
    if working.wait not in (Wait.NOTHING, Wait.TOUCH):
        return False
    px = peg_px(book, image.terms, special.peg)
    if px == working.px and (px or working.wait is Wait.TOUCH):
        return False
    book.take_out(order)
    if not px:
        park(book, image, Wait.TOUCH, events)
        return True
    image = showing_anew(book, with_working(image, Working(Wait.NOTHING, px)))
    events.append(OrderUpdated(image, UpdateCause.PEG))
    work(book, image, events)
    return True


# ---- conditional orders -------------------------------------------------------------------------------------------


def _retry_conditional(book: BookState, events: list[Event]) -> bool:
    """Have the first conditional order that can now be met come in again; True if there was one."""
    bids, asks = book.bids.keys, book.asks.keys
    for order_id in book.conditional.reached(bids[-1] if bids else None, asks[-1] if asks else None):
        order = book.conditional.orders[order_id]
        image = order.image
        special = image.terms.special
        if special is None or special.post_only:
            continue
        if special.peg is None:
            image = priced(image, clamped(book, image.terms.side, image.terms.px))
        if _could_be_met(book, image):
            book.take_out(order)
            image = showing_anew(book, image)
            events.append(OrderUpdated(image, UpdateCause.ENTERED))
            work(book, image, events)
            return True
    return False


def _could_be_met(book: BookState, image: OrderImage) -> bool:
    side = image.terms.side
    opposite, sign = (book.asks, -1) if side is _BUY else (book.bids, 1)
    crossing_key = sign * image.resting_px
    if not opposite.keys or opposite.keys[-1] < crossing_key:
        return False
    least = max(least_fill(image), 1)
    if opposite.available(crossing_key, least) < least:
        return False  # not even if all of it could be had
    return Walk(book, image, opposite, crossing_key).fillable() >= least


# ---- turns --------------------------------------------------------------------------------------------------------


def take_turn(book: BookState, order: Order, events: list[Event]) -> None:
    """An active order that waited for its turn is matched."""
    book.take_out(order)
    image = order.image
    working = image.working
    assert working is not None
    if not joins(image.terms.tif, book.phase):
        park(book, image, Wait.AUCTION, events)
        return
    if working.stop_px and image.terms.ord_type in (OrdType.MARKET, OrdType.MARKET_TO_LIMIT):
        image = priced(image, triggered_px(book, image))
    image = showing_anew(book, with_working(image, Working(Wait.NOTHING)))
    image, verdict = prepare(book, image)
    if verdict is Verdict.WAITS:
        park(book, image, Wait.TOUCH, events)
    elif verdict is Verdict.TAKES:
        drop(book, order.image, CancelReason.POST_ONLY, events)
    elif verdict is Verdict.NOTHING_TO_TAKE:
        drop(book, order.image, CancelReason.NO_LIQUIDITY, events)
    else:
        events.append(OrderUpdated(image, UpdateCause.ENTERED))
        work(book, image, events)


# ---- limit state --------------------------------------------------------------------------------------------------


def watch_band(book: BookState, events: list[Event]) -> None:
    """Enter or leave the limit state, as the touch stands after a command."""
    protection = book.instrument.protection
    if book.phase is not TradingPhase.CONTINUOUS:
        return
    bid, ask = book.bids.best_px(), book.asks.best_px()
    at_edge: Side | None = None
    if bid and bid >= band_edge(book, _BUY):
        at_edge = _BUY
    elif ask and ask <= band_edge(book, _SELL):
        at_edge = _SELL
    state = book.limit_state
    if (state.side if state is not None else 0) == (at_edge or 0):
        return
    symbol_id = book.instrument.symbol_id
    if at_edge is None:
        changed = LimitStateChanged(symbol_id, 0, 0, 0)
    else:
        changed = LimitStateChanged(symbol_id, at_edge, book.now_ns + protection.limit_state_ns, book.band_px)
    book.limit_state = changed if at_edge is not None else None
    events.append(changed)
