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
    mine, other = taker.terms.account_id, maker.terms.account_id
    if mine == other:
        return special.self_trade
    if special.self_trade_scope is SelfTradeScope.FIRM:
        firm = book.firms.get(mine)
        if firm is not None and firm == book.firms.get(other):
            return special.self_trade
    return SelfTrade.NONE
