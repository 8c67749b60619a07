"""An order in a book, and the queue of one price."""

from __future__ import annotations

from collections import deque

import msgspec

from engine.image import OrderImage
from engine.types import Px


class Order(msgspec.Struct, gc=False, eq=False):
    """A live order: its newest image and its place.

    The image is never changed but replaced, so what an event shows and what the book holds are the same object.
    ``level`` is the price it rests at, None when it does not rest. The garbage collector does not look at orders,
    however many rest: the circle from order to level and back is broken when an order leaves its book.
    """

    image: OrderImage
    level: Level | None = None


class Level:
    """One price's queue, oldest first.

    An order that leaves from the middle stays in ``queue`` with ``level`` None and is skipped, so a cancel costs O(1);
    the queue is rebuilt once such ghosts outnumber the living.
    """

    __slots__ = ("count", "px", "qty", "queue")

    def __init__(self, px: Px) -> None:
        self.px = px
        self.qty = 0
        self.count = 0
        self.queue: deque[Order] = deque()

    def head(self) -> Order:
        """The oldest resting order. The level must not be empty."""
        queue = self.queue
        while True:
            order = queue[0]
            if order.level is self:
                return order
            queue.popleft()

    def drop(self, order: Order) -> None:
        """Take ``order`` out, wherever it stands in the queue; its leaves must still be counted in ``qty``."""
        order.level = None
        self.qty -= order.image.leaves_qty
        self.count -= 1
        if len(self.queue) > 2 * self.count + 64:
            self.queue = deque(order for order in self.queue if order.level is self)

    def orders(self) -> list[Order]:
        return [order for order in self.queue if order.level is self]
