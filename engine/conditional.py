"""Resting orders with a least fill: all-or-none and minimum quantity."""

from __future__ import annotations

from bisect import bisect_left, insort

from engine.order import Order
from engine.types import Side


class ConditionalOrders:
    """By price on each side, so that a look costs nothing for those that the other side does not reach."""

    def __init__(self) -> None:
        self.orders: dict[int, Order] = {}
        self._sorted: dict[Side, list[tuple[int, int]]] = {Side.BUY: [], Side.SELL: []}
        """(key as :class:`~engine.ladder.Ladder`'s, OrderID), best last."""

    def add(self, order: Order) -> None:
        order_id = order.image.terms.order_id
        self.orders[order_id] = order
        insort(self._sorted[order.image.terms.side], (_key(order), order_id))

    def discard(self, order_id: int) -> None:
        """Forget an order, if it is here; its image must still say where it rested."""
        order = self.orders.pop(order_id, None)
        if order is not None:
            mine = self._sorted[order.image.terms.side]
            del mine[bisect_left(mine, (_key(order), order_id))]

    def reached(self, bid_key: int | None, ask_key: int | None) -> list[int]:
        """OrderIDs, ascending, of those that the best opposite price reaches; keys are the ladders' best."""
        found: list[int] = []
        for side, opposite in ((Side.BUY, ask_key), (Side.SELL, bid_key)):
            mine = self._sorted[side]
            if mine and opposite is not None:
                found += [order_id for _, order_id in mine[bisect_left(mine, (-opposite, 0)) :]]
        found.sort()
        return found

    def __bool__(self) -> bool:
        return bool(self.orders)


def _key(order: Order) -> int:
    px = order.image.resting_px
    return px if order.image.terms.side is Side.BUY else -px
