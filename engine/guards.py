"""An instrument's guards: price limits, collars and numbers of orders (docs/order-book.md §6)."""

from __future__ import annotations

from collections.abc import Sequence

from engine.book_state import BookState
from engine.commands import NewOrder
from engine.decimals import format_decimal
from engine.pricing import distance
from engine.types import InstrumentStatus, OrdRejReason, OrdType, Px, Side, TimeInForce, TradingPhase

Refusal = tuple[int, str]

_IMMEDIATE = (TimeInForce.IOC, TimeInForce.FOK)
_WITHOUT_LIMIT = (OrdType.MARKET, OrdType.MARKET_TO_LIMIT, OrdType.PEGGED)


def check_phase(book: BookState) -> Refusal | None:
    """None if the book takes orders at this time of its day."""
    if book.phase.takes_orders or book.status is not InstrumentStatus.ACTIVE:  # the status is check_order's
        return None
    return OrdRejReason.EXCHANGE_CLOSED, f"{book.instrument.symbol} is {book.phase.name.replace('_', ' ')}"


def check_price(
    book: BookState, side: Side, ord_type: OrdType, px: Px, stop_px: Px, *, enters_now: bool
) -> Refusal | None:
    """None if the prices that an order names are within the instrument's limits; ``stop_px`` 0 = none.

    The collar is for orders that would be matched now: what waits comes in at another time's prices.
    """
    protection = book.instrument.protection
    named = [] if ord_type in _WITHOUT_LIMIT else [px]
    if stop_px:
        named.append(stop_px)
    reference = book.reference_px
    if protection.price_limit_rate and reference:
        away = distance(reference, protection.price_limit_rate)
        for each in named:
            if not reference - away <= each <= reference + away:
                low, high = format_decimal(reference - away), format_decimal(reference + away)
                text = f"price {format_decimal(each)} is outside the limits {low} to {high}"
                return OrdRejReason.ORDER_EXCEEDS_LIMIT, text
    if protection.collar_rate and enters_now and ord_type is OrdType.LIMIT:
        return _check_collar(book, side, px)
    return None


def _check_collar(book: BookState, side: Side, px: Px) -> Refusal | None:
    if book.phase is not TradingPhase.CONTINUOUS:
        return None
    buys = side is Side.BUY
    reference = (book.asks if buys else book.bids).best_px() or book.last_px or book.reference_px
    if not reference:
        return None
    away = distance(reference, book.instrument.protection.collar_rate)
    if (px > reference + away) if buys else (px < reference - away):
        return OrdRejReason.ORDER_EXCEEDS_LIMIT, f"price {format_decimal(px)} is too far through the market"
    return None


def check_numbers(book: BookState, command: NewOrder, before: Sequence[NewOrder] = ()) -> Refusal | None:
    """None if the book has room for one more order of the account on that side; ``before`` come with it."""
    instrument = book.instrument
    counts = book.counts
    if counts is None:
        return None
    most = instrument.orders_per_account_max
    full = most and counts.by_account[command.account_id] + len(before) >= most
    most = instrument.orders_per_side_max
    if not full and most and command.ord_type is not OrdType.MARKET and command.tif not in _IMMEDIATE:
        more = sum(each.side is command.side for each in before)
        full = counts.resting[command.side] + more >= most
    return (OrdRejReason.ORDER_EXCEEDS_LIMIT, "too many orders") if full else None
