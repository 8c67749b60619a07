"""Prices that the market gives an order: where it may go, what it follows, what it watches."""

from __future__ import annotations

from engine.book_state import BookState
from engine.image import OrderImage
from engine.money import protection_px
from engine.terms import OrderTerms, Peg, Trigger
from engine.types import INT64_MAX, SCALE, PegKind, Px, Rate, Side, TriggerSource

_BUY = Side.BUY


def distance(px: Px, rate: Rate) -> Px:
    """``rate`` of ``px``, rounded down."""
    return px * rate // SCALE


def floor_tick(px: Px, tick: Px) -> Px:
    return px // tick * tick


def ceil_tick(px: Px, tick: Px) -> Px:
    return -(-px // tick) * tick


# ---- triggers -----------------------------------------------------------------------------------------------------


def watched_px(book: BookState, source: TriggerSource) -> Px:
    """What a trigger looks at, as it stands; 0 = there is no such price."""
    if source is TriggerSource.LAST_TRADE:
        return book.last_px
    if source is TriggerSource.BEST_BID:
        return book.bids.best_px()
    if source is TriggerSource.BEST_OFFER:
        return book.asks.best_px()
    return book.reference_px


def trailed_stop(side: Side, trigger: Trigger, watched: Px, tick: Px) -> Px:
    """The stop that keeps a trailing order's distance from ``watched``, rounded away from it; at least a tick."""
    away = trigger.trail_amount or -(-watched * trigger.trail_rate // SCALE)
    if side is _BUY:
        return min(ceil_tick(watched + away, tick), floor_tick(INT64_MAX, tick))
    return max(tick, floor_tick(watched - away, tick))


def starting_stop(book: BookState, terms: OrderTerms) -> Px:
    """The price that a triggered order waits for at first; 0 where it trails a price that there is not yet."""
    special = terms.special
    assert special is not None
    trigger = special.trigger
    assert trigger is not None
    if trigger.px:
        return trigger.px
    watched = watched_px(book, trigger.source)
    return trailed_stop(terms.side, trigger, watched, book.instrument.tick_size) if watched else 0


def triggered_px(book: BookState, image: OrderImage) -> Px:
    """The protection price of a market order that its stop price has made active."""
    assert image.working is not None
    terms = image.terms
    px = protection_px(terms.side, image.working.stop_px, book.instrument)
    return min(px, terms.px) if terms.side is _BUY else px


# ---- pegs ---------------------------------------------------------------------------------------------------------


def peg_px(book: BookState, terms: OrderTerms, peg: Peg) -> Px:
    """Where a pegged order belongs now; 0 where there is no price to follow."""
    buys = terms.side is _BUY
    bid, ask = book.bids.best_unpegged_px(), book.asks.best_unpegged_px()
    if peg.kind is PegKind.MIDPOINT:
        doubled = bid + ask if bid and ask else 0
    elif (peg.kind is PegKind.PRIMARY) is buys:
        doubled = 2 * bid
    else:
        doubled = 2 * ask
    if not doubled:
        return 0
    tick = book.instrument.tick_size
    doubled += 2 * peg.offset
    px = doubled // (2 * tick) * tick if buys else -(-doubled // (2 * tick)) * tick
    px = min(px, floor_tick(terms.px, tick)) if buys else max(px, ceil_tick(terms.px, tick))
    special = terms.special
    if special is not None and special.post_only:
        px = passive_px(book, terms.side, px)
    return clamped(book, terms.side, px) if 0 < px <= INT64_MAX else 0


def passive_px(book: BookState, side: Side, px: Px) -> Px:
    """``px``, or where that would meet an opposite order, one tick short of the best of them; may be 0 or less."""
    if not would_take(book, side, px):
        return px
    tick = book.instrument.tick_size
    if side is _BUY:
        return floor_tick(book.asks.best_any_px() - tick, tick)
    return ceil_tick(book.bids.best_any_px() + tick, tick)


def would_take(book: BookState, side: Side, px: Px) -> bool:
    """Whether an order at ``px`` would meet any order on the other side."""
    if side is _BUY:
        best = book.asks.best_any_px()
        return 0 < best <= px
    return book.bids.best_any_px() >= px


# ---- protection ---------------------------------------------------------------------------------------------------


def begin(book: BookState) -> None:
    """A command begins: what the dynamic band is measured from until it is done."""
    state = book.limit_state
    book.band_px = (state.reference_px if state is not None else book.last_px) or book.reference_px


def band_edge(book: BookState, side: Side) -> Px:
    """The furthest price at which an order of ``side`` may be priced aggressively, rounded inwards to the tick."""
    rate = book.instrument.protection.dynamic_band_rate
    tick = book.instrument.tick_size
    reference = book.band_px
    if not rate or not reference:
        return INT64_MAX if side is _BUY else 0
    if side is _BUY:
        return floor_tick(reference + distance(reference, rate), tick)
    return max(tick, ceil_tick(reference - distance(reference, rate), tick))


def clamped(book: BookState, side: Side, px: Px) -> Px:
    """``px`` brought within the dynamic band."""
    if not book.instrument.protection.dynamic_band_rate:
        return px
    edge = band_edge(book, side)
    return min(px, edge) if side is _BUY else max(px, edge)


def volatility_bounds(book: BookState) -> tuple[Px, Px]:
    """The lowest and the highest price at which a trade is made, by its distance from the reference price."""
    rate = book.instrument.protection.volatility_rate
    reference = book.reference_px
    if not rate or not reference:
        return 0, INT64_MAX
    away = distance(reference, rate)
    return reference - away, reference + away
