"""A client's own view of its orders: a fold over what it sends and what the venue reports.

The clients of this package keep one, so that ``cancel`` and ``replace`` need no more than a ClOrdID. A program that
connects with ``next_number=1`` has all of its orders here once the replay is through, whatever it remembers itself.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from clients.events import (
    Accepted,
    Canceled,
    CancelRejected,
    Event,
    Executed,
    Expired,
    OrderState,
    Rejected,
    Replaced,
    Restated,
    Special,
    TradeBusted,
    TradeCorrected,
    Triggered,
)
from engine.types import OrdStatus, OrdType, Side

_ZERO = Decimal(0)


class TrackedOrder(msgspec.Struct):
    """An order as last heard of. ``status`` is None while the venue has not answered yet, and ``REJECTED`` also of an
    order that the venue never got."""

    cl_ord_id: int
    security_id: int
    side: Side
    account_id: int
    price: Decimal
    order_qty: Decimal
    order_id: int = 0
    leaves_qty: Decimal = _ZERO
    cum_qty: Decimal = _ZERO
    cum_notional: Decimal = _ZERO
    """Σ last_px × last_qty of the fills that this tracker has seen."""
    fees: Decimal = _ZERO
    status: OrdStatus | None = None
    ord_type: OrdType = OrdType.LIMIT
    special: Special | None = None
    """As last reported; None for a plain order, and for any that the venue has not accepted yet."""
    replaces: set[int] = set()
    """ClOrdIDs of replaces that the venue has not answered yet."""
    cancels: set[int] = set()
    """The same of cancels."""

    @property
    def avg_px(self) -> Decimal:
        """Of its fills; 0 while there are none."""
        return self.cum_notional / self.cum_qty if self.cum_qty else _ZERO

    @property
    def is_pending(self) -> bool:
        """Whether the venue has still to answer what was asked: the order itself, a replace or a cancel."""
        return self.status is None or bool(self.replaces) or bool(self.cancels)

    @property
    def is_open(self) -> bool:
        """Whether it may still trade: also while the venue has not answered."""
        return self.status is None or (self.status.is_open and self.leaves_qty > 0)


class OrderTracker:
    """Open orders by their present ClOrdID. Orders that end leave it; ``apply`` returns them a last time.

    >>> from clients.orders import OrderTracker
    >>> from engine.types import Side
    >>> orders = OrderTracker()
    >>> order = orders.sent(1, 7, Side.BUY, 0, Decimal("10"), Decimal("2"))
    >>> order.is_open, len(orders)
    (True, 1)
    """

    def __init__(self, ended_max: int = 1000) -> None:
        """``ended_max``: how many of those that have ended :meth:`ended` still knows."""
        self._open: dict[int, TrackedOrder] = {}
        self._by_order_id: dict[int, TrackedOrder] = {}
        self._replacing: dict[int, TrackedOrder] = {}
        """By the ClOrdID that a replace on its way will give the order."""
        self._canceling: dict[int, TrackedOrder] = {}
        """By the ClOrdID of a cancel on its way."""
        self._ended: dict[int, TrackedOrder] = {}
        self._ended_max = ended_max

    def __len__(self) -> int:
        return len(self._open)

    def __contains__(self, cl_ord_id: int) -> bool:
        return cl_ord_id in self._open

    def get(self, cl_ord_id: int) -> TrackedOrder | None:
        """The order that has this ClOrdID, or will have it once a replace on its way is done."""
        return self._open.get(cl_ord_id) or self._replacing.get(cl_ord_id)

    def by_order_id(self, order_id: int) -> TrackedOrder | None:
        """The open order that the venue gave this OrderID."""
        return self._by_order_id.get(order_id)

    def open(self) -> list[TrackedOrder]:
        """Oldest first."""
        return list(self._open.values())

    def ended(self, cl_ord_id: int) -> TrackedOrder | None:
        """The order that had this ClOrdID when it ended, if that was not long ago."""
        return self._ended.get(cl_ord_id)

    def sent(
        self,
        cl_ord_id: int,
        security_id: int,
        side: Side,
        account_id: int,
        price: Decimal,
        order_qty: Decimal,
        ord_type: OrdType = OrdType.LIMIT,
    ) -> TrackedOrder:
        """A new order is on its way."""
        order = TrackedOrder(cl_ord_id, security_id, side, account_id, price, order_qty, ord_type=ord_type)
        self._open[cl_ord_id] = order
        return order

    def replacing(self, orig_cl_ord_id: int, cl_ord_id: int) -> None:
        """A replace is on its way: the order may be changed again, or cancelled, by its new ClOrdID already."""
        order = self.get(orig_cl_ord_id)
        if order is not None:
            order.replaces.add(cl_ord_id)
            self._replacing[cl_ord_id] = order

    def canceling(self, orig_cl_ord_id: int, cl_ord_id: int) -> None:
        """A cancel is on its way."""
        order = self.get(orig_cl_ord_id)
        if order is not None:
            order.cancels.add(cl_ord_id)
            self._canceling[cl_ord_id] = order

    def void(self, cl_ord_id: int) -> TrackedOrder | None:
        """Nothing comes of a command: the venue never got it, or could not read it."""
        order = self._open.get(cl_ord_id)
        if order is None:
            return self._refused(cl_ord_id)
        return self._ended_as(cl_ord_id, OrdStatus.REJECTED) if order.status is None else None

    def learn(self, states: list[OrderState]) -> None:
        """Takes over open orders as the venue answered them; for programs that did not have the stream replayed."""
        for state in states:
            order = self._by_order_id.get(state.order_id) or self._open.get(state.cl_ord_id)
            if order is None:
                whose = state.security_id, state.side, state.account_id
                order = self.sent(state.cl_ord_id, *whose, state.price, state.order_qty, state.ord_type)
            self._show(order, state)
            order.cum_notional = state.avg_px * state.cum_qty

    def apply(self, event: Event) -> TrackedOrder | None:
        """The order that ``event`` is about, brought up to date; None if it is about none that is tracked."""
        if isinstance(event, Accepted | Triggered | Restated):
            return self._on_image(event, self._open.get(event.cl_ord_id))
        if isinstance(event, Replaced):
            self._replacing.pop(event.cl_ord_id, None)
            return self._on_image(event, self._open.pop(event.orig_cl_ord_id, None))
        if isinstance(event, Executed):
            return self._on_executed(event)
        if isinstance(event, TradeBusted | TradeCorrected):
            return self._on_undone(event)
        if isinstance(event, Canceled):
            return self._ended_as(event.orig_cl_ord_id, OrdStatus.CANCELED)
        if isinstance(event, Expired):
            return self._ended_as(event.cl_ord_id, OrdStatus.EXPIRED)
        if isinstance(event, Rejected):
            order = self._open.get(event.cl_ord_id)
            # A duplicate ClOrdID is refused while the order that has it lives on.
            return self._ended_as(event.cl_ord_id, OrdStatus.REJECTED) if order and order.status is None else None
        if isinstance(event, CancelRejected):
            return self._refused(event.cl_ord_id)
        return None

    def _refused(self, cl_ord_id: int) -> TrackedOrder | None:
        order = self._replacing.pop(cl_ord_id, None) or self._canceling.pop(cl_ord_id, None)
        if order is not None:
            order.replaces.discard(cl_ord_id)
            order.cancels.discard(cl_ord_id)
        return order

    def _on_image(self, event: Accepted | Replaced | Triggered | Restated, order: TrackedOrder | None) -> TrackedOrder:
        if order is None:
            order = TrackedOrder(0, event.security_id, event.side, event.account_id, _ZERO, _ZERO)
        order.replaces.discard(event.cl_ord_id)
        self._show(order, event)
        if not order.is_open:
            self._forget(order)
        return order

    def _show(self, order: TrackedOrder, image: Accepted | Replaced | Triggered | Restated | OrderState) -> None:
        if self._open.get(order.cl_ord_id) is order and order.cl_ord_id != image.cl_ord_id:
            del self._open[order.cl_ord_id]
        order.cl_ord_id = image.cl_ord_id
        order.account_id = image.account_id
        order.order_id = image.order_id
        order.price = image.price
        order.order_qty = image.order_qty
        order.leaves_qty = image.leaves_qty
        order.cum_qty = image.cum_qty
        order.status = image.status
        order.ord_type = image.ord_type
        order.special = image.special
        self._open[image.cl_ord_id] = self._by_order_id[image.order_id] = order

    def _on_executed(self, event: Executed) -> TrackedOrder | None:
        order = self._open.get(event.cl_ord_id)
        if order is None:
            return None
        order.leaves_qty = event.leaves_qty
        order.cum_qty = event.cum_qty
        order.cum_notional += event.last_px * event.last_qty
        order.fees += event.fee
        order.status = event.status
        if not order.is_open:
            self._forget(order)
        return order

    def _on_undone(self, event: TradeBusted | TradeCorrected) -> TrackedOrder | None:
        """A trade of an order that is still open was busted or corrected; one that has ended is no longer here."""
        order = self._open.get(event.cl_ord_id)
        if order is None:
            return None
        order.leaves_qty = event.leaves_qty
        order.cum_qty = event.cum_qty
        traded = event.last_px * event.last_qty
        if isinstance(event, TradeCorrected):
            order.cum_notional += traded - event.old_px * event.old_qty
            order.fees += event.fee - event.old_fee
        else:
            order.cum_notional -= traded
            order.fees -= event.fee
        order.status = event.status
        if not order.is_open:
            self._forget(order)
        return order

    def _ended_as(self, cl_ord_id: int, status: OrdStatus) -> TrackedOrder | None:
        order = self._open.get(cl_ord_id)
        if order is not None:
            order.status = status
            order.leaves_qty = _ZERO
            self._forget(order)
        return order

    def _forget(self, order: TrackedOrder) -> None:
        del self._open[order.cl_ord_id]
        self._by_order_id.pop(order.order_id, None)
        for cl_ord_id in order.replaces:
            self._replacing.pop(cl_ord_id, None)
        for cl_ord_id in order.cancels:
            self._canceling.pop(cl_ord_id, None)
        order.replaces.clear()
        order.cancels.clear()
        ended = self._ended
        ended[order.cl_ord_id] = order
        if len(ended) > self._ended_max:
            del ended[next(iter(ended))]
