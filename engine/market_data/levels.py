"""L2, aggregated by price: what the displayed orders of each price add up to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import final

import msgspec

from engine.book import Book
from engine.market_data.orders import DisplayedOrders, OrderAdded, OrderDeleted, OrderDelta, OrderModified
from engine.queries import DepthLevel
from engine.types import Px, Side

_JOINS = {OrderAdded: 1, OrderModified: 0, OrderDeleted: -1}
"""By how many orders a delta makes its level longer."""


@final
class Levels(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Price levels. In a view: best first. In a change: those that are different, with their new quantity and number
    of orders, both 0 where a level is gone."""

    bids: list[DepthLevel]
    asks: list[DepthLevel]


def levels(orders: DisplayedOrders) -> Levels:
    return Levels(
        [level.summary() for level in orders.levels(Side.BUY)],
        [level.summary() for level in orders.levels(Side.SELL)],
    )


def displayed_levels(book: Book, depth: int = 0) -> Levels:
    """What a book displays on the best ``depth`` levels of each side, 0 = all."""
    return Levels(*book.depth(depth))


def changed_levels(orders: DisplayedOrders, deltas: Iterable[OrderDelta]) -> Levels:
    """The levels that ``deltas`` touched, as they stand after all of them; without those that came and went."""
    joined: dict[tuple[Side, Px], int] = {}
    for delta in deltas:
        key = (delta.side, delta.px)
        joined[key] = joined.get(key, 0) + _JOINS[type(delta)]
    changed = Levels([], [])
    for (side, px), more in joined.items():
        buy = side is Side.BUY
        level = (orders.bids if buy else orders.asks).get(px)
        if level is not None:
            (changed.bids if buy else changed.asks).append(level.summary())
        elif more:  # as many orders were there before as have left since
            (changed.bids if buy else changed.asks).append(DepthLevel(px, 0, 0))
    return changed
