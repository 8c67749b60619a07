"""What a change of the market sets off: pegs move, conditional orders are met, stops trail and are triggered.

After each command the book settles in a loop until nothing is left to do (docs/order-book.md §2, reactions). A record
holds at most ``cascade_max`` entries; what is left is done by the records right after it.
"""

from __future__ import annotations

import msgspec

from engine.book_state import BookState
from engine.events import Event, LimitStateChanged, OrderTriggered, OrderUpdated, TradeExecuted, TradingPhaseChanged
from engine.image import OrderImage, Working
from engine.images import on_other_terms, with_working
from engine.matching import drop, work
from engine.order import Order
from engine.preparing import Verdict, prepare, priced
from engine.pricing import band_edge, clamped, peg_px, trailed_stop, triggered_px, volatility_edge, watched_ranges
from engine.triggers import NO_PRICE, Range
from engine.types import Activation, CancelReason, OrdType, Px, Side, TradingPhase, UpdateCause, Wait
from engine.walk import Walk, least_fill

_BUY, _SELL = Side.BUY, Side.SELL


def settle(book: BookState, events: list[Event], *, everything: bool = False) -> None:
    """React to what ``events`` have done, appending to them.

    ``everything``: triggers look at the last price too, not only at the trades among the events; so it is when
    continuous trading begins.
    """
    seen = (book.last_px, book.last_px) if everything or _begins(events) else NO_PRICE
    entries = 0
    looked = 0
    book.cut_short = False
    while True:
        moved = False
        if book.phase is TradingPhase.CONTINUOUS and (book.pegs or book.conditional or book.triggers.orders):
            for order_id in sorted(book.pegs):
                if entries == book.cascade_max:
                    break
                if _follow(book, order_id, events):
                    entries += 1
                    moved = True
                    if book.phase is not TradingPhase.CONTINUOUS:
                        break
            if entries < book.cascade_max and _retry_conditional(book, events):
                entries += 1
                continue
            trades = _trade_range(events, looked, seen)
            looked, seen = len(events), NO_PRICE
            _trail(book, trades, events)
            _elect(book, trades, events)
        if entries == book.cascade_max:
            book.cut_short = bool(book.pegs or book.conditional or book.turns)
            return
        if book.turns and (book.phase is TradingPhase.CONTINUOUS or book.phase.collects):
            take_turn(book, book.turns[0], events)
            entries += 1
        elif not moved:
            return


def _begins(events: list[Event]) -> bool:
    """Whether continuous trading begins with these events."""
    return any(type(event) is TradingPhaseChanged and event.phase is TradingPhase.CONTINUOUS for event in events)


def _trade_range(events: list[Event], start: int, seen: Range) -> Range:
    """The lowest and highest price traded since event ``start``, and of ``seen``."""
    low, high = seen
    for at in range(start, len(events)):
        event = events[at]
        if type(event) is TradeExecuted:
            px = event.px
            high = max(high, px)
            low = min(low, px) if low else px
    return low, high


# ---- pegs ---------------------------------------------------------------------------------------------------------


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
    image = with_working(image, Working(Wait.NOTHING, px, working.shown))
    events.append(OrderUpdated(image, UpdateCause.PEG))
    work(book, image, events)
    return True


def park(book: BookState, image: OrderImage, wait: Wait, events: list[Event]) -> None:
    """An order that is in no queue begins to wait."""
    working = image.working
    shown = image.leaves_qty if working is None else working.shown
    image = with_working(image, Working(wait, 0, shown))
    events.append(OrderUpdated(image, UpdateCause.PARKED))
    book.wait(Order(image))


# ---- conditional orders -------------------------------------------------------------------------------------------


def _retry_conditional(book: BookState, events: list[Event]) -> bool:
    """Have the first conditional order that can now be met come in again; True if there was one."""
    for order_id in sorted(book.conditional):
        order = book.conditional[order_id]
        image = order.image
        if image.terms.special is None or image.terms.special.peg is None:
            image = priced(image, clamped(book, image.terms.side, image.terms.px))
        if _could_be_met(book, image):
            book.take_out(order)
            events.append(OrderUpdated(image, UpdateCause.ENTERED))
            work(book, image, events)
            return True
    return False


def _could_be_met(book: BookState, image: OrderImage) -> bool:
    side = image.terms.side
    opposite, sign = (book.asks, -1) if side is _BUY else (book.bids, 1)
    crossing_key = max(sign * image.resting_px, sign * volatility_edge(book, side))
    if not opposite.keys or opposite.keys[-1] < crossing_key:
        return False
    return Walk(book, image, opposite, crossing_key).fillable() >= max(least_fill(image), 1)


# ---- triggers -----------------------------------------------------------------------------------------------------


def _trail(book: BookState, trades: Range, events: list[Event]) -> None:
    triggers = book.triggers
    if not triggers.trailing:
        return
    ranges = watched_ranges(book, trades)
    tick = book.instrument.tick_size
    for order_id in sorted(triggers.trailing):
        order = triggers.trailing[order_id]
        image = order.image
        working, special = image.working, image.terms.special
        assert working is not None
        assert special is not None
        assert special.trigger is not None
        low, high = ranges[special.trigger.source]
        if not high:
            continue
        side = image.terms.side
        stop = trailed_stop(side, special.trigger, low if side is _BUY else high, tick)
        before = working.stop_px
        if not before or (stop < before if side is _BUY else stop > before):
            after = _moved_stop(image, stop, before, tick)
            book.trail(order, after)
            events.append(OrderUpdated(after, UpdateCause.TRAIL))


def _moved_stop(image: OrderImage, stop: Px, before: Px, tick: Px) -> OrderImage:
    """A trailing order at another stop price; a limit keeps its distance from it."""
    working = image.working
    assert working is not None
    if image.terms.ord_type is OrdType.LIMIT and before:
        px = max(tick, image.terms.px + stop - before)
        image = on_other_terms(image, msgspec.structs.replace(image.terms, px=px), image.leaves_qty)
    return with_working(image, Working(working.wait, working.px, working.shown, stop))


def _elect(book: BookState, trades: Range, events: list[Event]) -> None:
    """Every order whose condition was met gets its turn, in order of arrival."""
    if not book.triggers.orders:
        return
    for order in book.triggers.met(watched_ranges(book, trades), book.last_px):
        working = order.image.working
        assert working is not None
        book.take_out(order)
        image = with_working(order.image, Working(Wait.TURN, 0, working.shown, working.stop_px))
        events.append(OrderTriggered(image, Activation.TRIGGER))
        book.wait(Order(image))


# ---- turns --------------------------------------------------------------------------------------------------------


def take_turn(book: BookState, order: Order, events: list[Event]) -> None:
    """An active order that waited for its turn is matched."""
    book.take_out(order)
    image = order.image
    working = image.working
    assert working is not None
    if working.stop_px and image.terms.ord_type in (OrdType.MARKET, OrdType.MARKET_TO_LIMIT):
        image = priced(image, triggered_px(book, image))
    image = with_working(image, Working(Wait.NOTHING, 0, working.shown))
    image, verdict = prepare(book, image)
    if verdict is Verdict.WAITS:
        park(book, image, Wait.TOUCH, events)
        return
    events.append(OrderUpdated(image, UpdateCause.ENTERED))
    if verdict is Verdict.TAKES:
        drop(book, image, CancelReason.POST_ONLY, events)
    elif verdict is Verdict.NOTHING_TO_TAKE:
        drop(book, image, CancelReason.NO_LIQUIDITY, events)
    else:
        work(book, image, events)


# ---- limit state --------------------------------------------------------------------------------------------------


def watch_band(book: BookState, events: list[Event]) -> None:
    """Enter or leave the limit state, as the touch stands after a command."""
    protection = book.instrument.protection
    if not protection.dynamic_band_rate or book.phase is not TradingPhase.CONTINUOUS:
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
