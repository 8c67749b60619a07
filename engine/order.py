"""An order in a book, and the queue of one price."""

from __future__ import annotations

from collections import deque

from engine.events import OrderImage
from engine.types import Amount, OrdStatus, OrdType, Px, Qty, Rate, Side, TimeInForce


class Order:
    """A live order; mutable and owned by its book. ``level`` is the price it rests at, None when it does not rest."""

    __slots__ = (
        "account_id",
        "cl_ord_id",
        "cum_notional",
        "cum_qty",
        "fee_raw",
        "hold",
        "leaves_qty",
        "level",
        "maker_fee",
        "ord_type",
        "order_id",
        "order_qty",
        "px",
        "session_id",
        "side",
        "status",
        "symbol_id",
        "taker_fee",
        "tif",
    )

    def __init__(
        self,
        order_id: int,
        session_id: int,
        account_id: int,
        symbol_id: int,
        cl_ord_id: str,
        side: Side,
        ord_type: OrdType,
        tif: TimeInForce,
        order_qty: Qty,
        px: Px,
        hold: Amount,
        maker_fee: Rate,
        taker_fee: Rate,
    ) -> None:
        self.order_id = order_id
        self.session_id = session_id
        self.account_id = account_id
        self.symbol_id = symbol_id
        self.cl_ord_id = cl_ord_id
        self.side = side
        self.ord_type = ord_type
        self.tif = tif
        self.order_qty = order_qty
        self.px = px
        self.hold = hold
        self.maker_fee = maker_fee
        self.taker_fee = taker_fee
        self.status = OrdStatus.NEW
        self.leaves_qty = order_qty
        self.cum_qty = 0
        self.cum_notional = 0
        self.fee_raw = 0
        self.level: Level | None = None

    @classmethod
    def from_image(cls, image: OrderImage) -> Order:
        """The order that an event shows, not yet resting."""
        order = cls(
            image.order_id,
            image.session_id,
            image.account_id,
            image.symbol_id,
            image.cl_ord_id,
            image.side,
            image.ord_type,
            image.tif,
            image.order_qty,
            image.px,
            image.hold,
            image.maker_fee,
            image.taker_fee,
        )
        order.follow(image)
        return order

    def follow(self, image: OrderImage) -> None:
        """Take over what an event may change in a resting order."""
        self.cl_ord_id = image.cl_ord_id
        self.order_qty = image.order_qty
        self.px = image.px
        self.status = image.status
        self.leaves_qty = image.leaves_qty
        self.cum_qty = image.cum_qty
        self.cum_notional = image.cum_notional
        self.fee_raw = image.fee_raw
        self.hold = image.hold

    def image(self) -> OrderImage:
        return OrderImage(
            self.order_id,
            self.session_id,
            self.account_id,
            self.symbol_id,
            self.cl_ord_id,
            self.side,
            self.ord_type,
            self.tif,
            self.order_qty,
            self.px,
            self.status,
            self.leaves_qty,
            self.cum_qty,
            self.cum_notional,
            self.fee_raw,
            self.hold,
            self.maker_fee,
            self.taker_fee,
        )


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
        """Take ``order`` out, wherever it stands in the queue; its ``leaves_qty`` must still be counted in ``qty``."""
        order.level = None
        self.qty -= order.leaves_qty
        self.count -= 1
        if len(self.queue) > 2 * self.count + 64:
            self.queue = deque(order for order in self.queue if order.level is self)

    def orders(self) -> list[Order]:
        return [order for order in self.queue if order.level is self]
