"""Self-trade prevention: whether two orders must not meet, as the incoming one asks (docs/order-book.md §2.5)."""

from __future__ import annotations

from engine.book_state import BookState
from engine.image import OrderImage
from engine.types import SelfTrade, SelfTradeScope


def prevented(book: BookState, taker: OrderImage, maker: OrderImage) -> SelfTrade:
    """Who gives way, or NONE where they may trade."""
    special = taker.terms.special
    if special is None or special.self_trade is SelfTrade.NONE:
        return SelfTrade.NONE
    other = maker.terms.special
    if special.self_trade_id:
        if other is None or other.self_trade_id != special.self_trade_id or not _one_firm(book, taker, maker):
            return SelfTrade.NONE
    elif taker.terms.account_id != maker.terms.account_id and (
        special.self_trade_scope is not SelfTradeScope.FIRM or not _one_firm(book, taker, maker)
    ):
        return SelfTrade.NONE
    if special.self_trade is SelfTrade.DECREMENT and (_is_leg(taker) or _is_leg(maker)):
        return SelfTrade.CANCEL_BOTH  # what a list's legs hold and wait for is made for their quantities
    return special.self_trade


def _one_firm(book: BookState, taker: OrderImage, maker: OrderImage) -> bool:
    """Whether both accounts belong to one firm; an account without a firm belongs with itself alone."""
    mine, other = taker.terms.account_id, maker.terms.account_id
    if mine == other:
        return True
    firm = book.firms.get(mine)
    return bool(firm) and firm == book.firms.get(other)


def _is_leg(image: OrderImage) -> bool:
    special = image.terms.special
    return special is not None and special.link is not None
