"""At which price an order enters, and which prices are too far away (docs/order-book.md §1, §2, §6)."""

from __future__ import annotations

from naive_state import Open, State

from engine.money import protection_px
from engine.types import INT64_MAX, SCALE, OrdType, PegKind, PostOnly, Side, TriggerKind, TriggerSource


def round_down(px: int, tick: int) -> int:
    return px // tick * tick


def round_up(px: int, tick: int) -> int:
    return -(-px // tick) * tick


def worse(side: Side, px: int, limit: int) -> int:
    """The less aggressive of two prices."""
    return min(px, limit) if side is Side.BUY else max(px, limit)


# ---- the dynamic band -----------------------------------------------------------------------------------------------


def band_edge(book: State, side: Side) -> int:
    """The price that orders of this side may not pass; 0 = none."""
    rate = book.instrument.protection.dynamic_band_rate
    middle = book.limit_state.reference_px if book.limit_state else book.band_from
    if not rate or not middle or not book.matches:
        return 0
    tick, away = book.instrument.tick_size, middle * rate // SCALE
    if side is Side.BUY:
        return round_down(middle + away, tick)
    return max(tick, round_up(middle - away, tick))


def within_band(book: State, side: Side, px: int) -> int:
    edge = band_edge(book, side)
    return worse(side, px, edge) if edge else px


# ---- post-only ------------------------------------------------------------------------------------------------------


def without_taking(book: State, side: Side, px: int) -> int:
    """``px``, but at least one tick short of every opposite price, displayed or hidden; may be 0 or less."""
    best, tick = book.best(side.opposite, hidden=True), book.instrument.tick_size
    meets = best > 0 and (px >= best if side is Side.BUY else px <= best)
    if not meets:
        return px
    return round_down(best - tick, tick) if side is Side.BUY else round_up(best + tick, tick)


# ---- pegs -----------------------------------------------------------------------------------------------------------


def peg_px(book: State, order: Open) -> int:
    """Where a pegged order belongs now; 0 = nowhere: there is nothing to follow, or the price is not positive."""
    peg, side, tick = order.special.peg, order.side, book.instrument.tick_size
    assert peg is not None
    if not book.matches:
        return 0
    own, other = book.best(side, pegged=False), book.best(side.opposite, pegged=False)
    if peg.kind is PegKind.MIDPOINT:
        doubled = own + other if own and other else 0
    else:
        doubled = 2 * (own if peg.kind is PegKind.PRIMARY else other)
    if not doubled:
        return 0
    doubled += 2 * peg.offset
    px = round_down(doubled, 2 * tick) // 2 if side is Side.BUY else round_up(doubled, 2 * tick) // 2
    limit = order.image.px
    px = worse(side, px, round_down(limit, tick) if side is Side.BUY else round_up(limit, tick))
    px = within_band(book, side, px)
    if order.special.post_only is not PostOnly.NO:
        px = without_taking(book, side, px)
    return px if 0 < px <= INT64_MAX else 0


# ---- triggers -------------------------------------------------------------------------------------------------------


def standing_px(book: State, source: TriggerSource) -> int:
    """The watched price as it stands, 0 = none."""
    if source is TriggerSource.LAST_TRADE:
        return book.last_px
    if source is TriggerSource.REFERENCE:
        return book.reference_px
    return book.best(Side.SELL if source is TriggerSource.BEST_OFFER else Side.BUY)


def trailed(book: State, order: Open, watched: int) -> int:
    """Where a trailing stop stands behind ``watched``."""
    trigger, tick = order.special.trigger, book.instrument.tick_size
    assert trigger is not None
    away = trigger.trail_amount * SCALE or watched * trigger.trail_rate
    if order.side is Side.SELL:
        return max(tick, round_down(watched * SCALE - away, tick * SCALE) // SCALE)
    return min(round_up(watched * SCALE + away, tick * SCALE) // SCALE, round_down(INT64_MAX, tick))


def starting_stop(book: State, order: Open) -> int:
    """Where its stop begins: 0 = there is no price to trail yet."""
    trigger = order.special.trigger
    assert trigger is not None
    if trigger.px or trigger.kind is not TriggerKind.TRAILING:
        return trigger.px
    watched = standing_px(book, trigger.source)
    return trailed(book, order, watched) if watched else 0


# ---- what an entering order asks for --------------------------------------------------------------------------------


def triggered_px(book: State, order: Open) -> int:
    """Its price, or of a market order that was triggered the protection price around its stop."""
    px = order.image.px
    if order.image.ord_type not in (OrdType.MARKET, OrdType.MARKET_TO_LIMIT) or not order.stop_px:
        return px
    protection = protection_px(order.side, order.stop_px, book.instrument)
    return min(px, protection) if order.side is Side.BUY else protection


def entry_px(book: State, order: Open) -> int:
    """The limit with which a market, limit or market-to-limit order enters continuous trading; 0 = it meets no price
    (market-to-limit), or its price would not be positive (post-only, repriced)."""
    side, px = order.side, triggered_px(book, order)
    is_market = order.image.ord_type in (OrdType.MARKET, OrdType.MARKET_TO_LIMIT) and not order.rests
    if is_market and order.image.ord_type is OrdType.MARKET_TO_LIMIT:
        best = book.best(side.opposite)
        px = best if best and worse(side, best, px) == best else 0
    px = within_band(book, side, px) if px else 0
    if order.special.post_only is PostOnly.REPRICE:
        px = without_taking(book, side, px)
    return max(px, 0)
