"""The auction's price, by trying every candidate; and the uncross (docs/order-book.md §5)."""

from __future__ import annotations

import msgspec
from naive_prices import round_down, worse
from naive_state import Open, State
from naive_steps import cancel, changed_terms, expire, restate, trade

from engine.events import (
    AuctionEnded,
    AuctionStarted,
    OrderCanceled,
    OrderExpired,
    OrderRestated,
    TradeExecuted,
)
from engine.types import CancelReason, OrdType, RestateReason, Side, TradingPhase

COUNTED = (TradeExecuted, OrderCanceled, OrderExpired, OrderRestated)
"""Of which a record holds no more than ``uncross_max``, but for what the last of them brings to its list."""


def participants(book: State, side: Side) -> list[Open]:
    """Whose interest counts, in the order in which it trades."""
    return [order for order in book.queue(side) if not order.conditional]


def equilibrium(book: State) -> tuple[int, int, int]:
    """Price, quantity and surplus (buy less sell) of an uncross now; all 0 when nothing would trade."""
    buys, sells = participants(book, Side.BUY), participants(book, Side.SELL)

    limits = {order.id: limit_in_auction(book, order) for order in buys + sells}

    def surplus(px: int) -> int:
        return demand(px) - supply(px)

    def demand(px: int) -> int:
        return sum(order.leaves for order in buys if limits[order.id] >= px)

    def supply(px: int) -> int:
        return sum(order.leaves for order in sells if limits[order.id] <= px)

    def volume(px: int) -> int:
        return min(demand(px), supply(px))

    candidates = sorted(set(limits.values()))
    most = max((volume(px) for px in candidates), default=0)
    if not most:
        return 0, 0, 0
    candidates = [px for px in candidates if volume(px) == most]
    least = min(abs(surplus(px)) for px in candidates)
    candidates = [px for px in candidates if abs(surplus(px)) == least]
    if all(surplus(px) > 0 for px in candidates):
        px = candidates[-1]
    elif all(surplus(px) < 0 for px in candidates):
        px = candidates[0]
    else:
        px = nearest_to_reference(book, candidates[0], candidates[-1])
    return px, volume(px), surplus(px)


def limit_in_auction(book: State, order: Open) -> int:
    """A market order's is the furthest limit in the book, within its own protection price."""
    if not order.collected:
        return order.px
    others = [it.px for side in Side for it in participants(book, side) if not it.collected] or [
        round_down(2 * book.reference_px + book.instrument.tick_size, 2 * book.instrument.tick_size) // 2
    ]
    return min(max(others), order.px) if order.side is Side.BUY else max(min(others), order.px)


def nearest_to_reference(book: State, low: int, high: int) -> int:
    reference, tick = book.reference_px, book.instrument.tick_size
    if reference <= low:
        return low
    if reference >= high:
        return high
    return max(low, min(high, round_down(2 * reference + tick, 2 * tick) // 2))


# ---- the uncross ----------------------------------------------------------------------------------------------------


def begin_uncross(book: State, to: TradingPhase, operator: str, reason: str) -> None:
    px, qty, _ = equilibrium(book)
    book.uncrossing = AuctionStarted(book.instrument.symbol_id, px, qty, to, operator, reason)
    book.uncrossed = 0
    book.emit(book.uncrossing)


def go_on_uncrossing(book: State) -> bool:
    """Trades, expiries and cancels, ``uncross_max`` at the most. False: there may be more."""
    begun = len(book.events)
    while one_step(book):
        if sum(isinstance(event, COUNTED) for event in book.events[begun:]) >= book.uncross_max:
            return False
    assert book.uncrossing is not None
    px = book.uncrossing.px if book.uncrossed else 0
    book.emit(AuctionEnded(book.instrument.symbol_id, book.phase, px, book.uncrossed))
    book.reference_px = px or book.reference_px
    book.uncrossing = None
    return True


def one_step(book: State) -> bool:
    """Whether there was something to do."""
    assert book.uncrossing is not None
    if next_pair(book, book.uncrossing.px) is None and equilibrium(book)[1]:
        px, qty, _ = equilibrium(book)
        book.uncrossing = msgspec.structs.replace(book.uncrossing, px=px, qty=qty)
        book.emit(book.uncrossing)
    px = book.uncrossing.px
    pair = next_pair(book, px)
    if pair is not None:
        buy, sell = pair
        qty = min(buy.leaves, sell.leaves)
        book.uncrossed += qty
        trade(book, buy, sell, qty, px, uncross=True)
        return True
    for order in to_be_ended(book):
        end_after_auction(book, order, px)
        return True
    return False


def next_pair(book: State, px: int) -> tuple[Open, Open] | None:
    buys = [order for order in participants(book, Side.BUY) if order.px >= px]
    sells = [order for order in participants(book, Side.SELL) if order.px <= px]
    return (buys[0], sells[0]) if px and buys and sells else None


def to_be_ended(book: State) -> list[Open]:
    """Orders that rest for this auction only, market orders, and market-to-limit ones that have no limit yet."""
    return [order for order in book.by_id() if order.rests and (order.for_auction or order.collected)]


def end_after_auction(book: State, order: Open, px: int) -> None:
    if order.for_auction:
        expire(book, order, CancelReason.AUCTION_OVER)
    elif order.image.ord_type is OrdType.MARKET:
        cancel(book, order, CancelReason.IMMEDIATE_REMAINDER)
    elif not px:
        cancel(book, order, CancelReason.NO_LIQUIDITY)
    else:
        order.collected = False
        px = worse(order.side, px, order.image.px)
        order.place = book.tick()
        restate(book, order, changed_terms(order.image, px=px), RestateReason.MARKET_TO_LIMIT)
