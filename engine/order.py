"""An order in a book, and the queue of one price."""

from __future__ import annotations

from collections import deque

import msgspec

from engine.image import OrderImage
from engine.types import Px, Qty


class Order(msgspec.Struct, gc=False, eq=False):
    """A live order: its newest image and its place.

    The image is never changed but replaced, so what an event shows and what the book holds are the same object.
    ``level`` is the price it rests at, None when it does not rest. The garbage collector does not look at orders,
    however many rest: the circle from order to level and back is broken when an order leaves its book.
    """

    image: OrderImage
    level: Level | None = None


NOBODY: deque[Order] = deque(maxlen=0)
"""The hidden orders of a level that has none: most never have one, and a queue is large."""


class Level:
    """One price's queue: what is displayed, oldest first, then what is hidden, oldest first.

    An order that leaves from the middle stays in its queue with ``level`` None and is skipped, so a cancel costs O(1);
    the queue is rebuilt once such ghosts outnumber the living.
    """

    __slots__ = ("count", "hidden", "pegged", "px", "qty", "queue", "specials", "unshown")

    def __init__(self, px: Px) -> None:
        self.px = px
        self.qty: Qty = 0
        """Displayed."""
        self.count = 0
        """Orders, hidden ones included."""
        self.queue: deque[Order] = deque()
        self.specials = 0
        """Orders that are more than plain; while there are none, the fields below say nothing."""
        self.hidden: deque[Order] = NOBODY
        self.unshown: Qty = 0
        """What hidden and reserve orders have left beyond what they show."""
        self.pegged: Qty = 0
        """Displayed by pegged orders, which other pegs must not follow."""

    def head(self) -> Order:
        """The oldest displayed order. There must be one."""
        queue = self.queue
        while True:
            order = queue[0]
            if order.level is self:
                return order
            queue.popleft()

    def join(self, order: Order) -> None:
        """Put an order with special terms at the end of the queue that it belongs to."""
        image = order.image
        shown = image.shown_qty
        order.level = self
        self.count += 1
        self.specials += 1
        self.qty += shown
        self.unshown += image.leaves_qty - shown
        if _is_pegged(image):
            self.pegged += shown
        if shown:
            self.queue.append(order)
        else:
            if self.hidden is NOBODY:
                self.hidden = deque()
            self.hidden.append(order)

    def drop(self, order: Order) -> None:
        """Take an order with special terms out, wherever it stands; its leaves must still be counted."""
        order.level = None
        self.count -= 1
        self._uncount(order.image)
        self.specials -= 1
        if len(self.hidden) > 2 * self.count + 64:
            self.hidden = deque(order for order in self.hidden if order.level is self)

    def bury(self) -> None:
        """Forget the ghosts in the displayed queue."""
        self.queue = deque(order for order in self.queue if order.level is self)

    def turn_to(self, order: Order, image: OrderImage) -> None:
        """``order``, resting here, takes on ``image`` in its place, or at the end where it shows what it did not."""
        before = order.image
        order.image = image
        shown = image.shown_qty
        if before.working is None or image.working is None:
            self.qty += image.leaves_qty - before.leaves_qty
            return
        self._uncount(before)
        self.qty += shown
        self.unshown += image.leaves_qty - shown
        if _is_pegged(image):
            self.pegged += shown

    def send_back(self, order: Order) -> None:
        """``order``, at the head of the displayed queue, shows its next part at the end of it."""
        queue = self.queue
        if queue[0] is order:
            queue.popleft()
        else:
            queue.remove(order)
        queue.append(order)

    def _uncount(self, image: OrderImage) -> None:
        shown = image.shown_qty
        self.qty -= shown
        self.unshown -= image.leaves_qty - shown
        if _is_pegged(image):
            self.pegged -= shown

    def orders(self) -> list[Order]:
        """Displayed, then hidden, each oldest first."""
        orders = [order for order in self.queue if order.level is self]
        if self.hidden:
            orders += [order for order in self.hidden if order.level is self]
        return orders


def _is_pegged(image: OrderImage) -> bool:
    special = image.terms.special
    return special is not None and special.peg is not None
