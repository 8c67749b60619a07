"""L3, order by order: what is displayed of each resting order, in priority order, and how it changes.

Hidden orders, the hidden part of reserve orders and orders that wait never appear. An order keeps its place unless it
was replaced without its priority, entered again (a peg that followed, an order whose turn came), or showed its next
part; then it is deleted and added at the end of its queue.
"""

from __future__ import annotations

from itertools import islice
from typing import TypeAlias, final

import msgspec

from engine.book import Book
from engine.events import (
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderReplaced,
    OrderRestated,
    OrderTriggered,
    OrderUpdated,
    TradeExecuted,
)
from engine.image import OrderImage
from engine.ladder import Ladder
from engine.queries import DepthLevel
from engine.types import OrdStatus, Px, Qty, RestateReason, Side, UpdateCause

_BUY = Side.BUY
_OPEN_MAX = OrdStatus.PARTIALLY_FILLED
_ENTERS_ANEW = frozenset({UpdateCause.ENTERED, UpdateCause.PEG})
_ENDED = frozenset({OrderCanceled, OrderExpired})
_ORDER_EVENTS = frozenset(
    {OrderAccepted, OrderCanceled, OrderExpired, OrderReplaced, OrderTriggered, OrderRestated, OrderUpdated}
)


@final
class OrderAdded(msgspec.Struct, frozen=True, array_like=True, tag=1, gc=False):
    """A displayed order at the end of the queue of ``px`` (ITCH A)."""

    order_id: int
    side: Side
    px: Px
    qty: Qty


@final
class OrderModified(msgspec.Struct, frozen=True, array_like=True, tag=2, gc=False):
    """It shows another quantity and keeps its place (ITCH E, X)."""

    order_id: int
    side: Side
    px: Px
    qty: Qty


@final
class OrderDeleted(msgspec.Struct, frozen=True, array_like=True, tag=3, gc=False):
    """It is no longer displayed, or not there (ITCH D)."""

    order_id: int
    side: Side
    px: Px


OrderDelta: TypeAlias = OrderAdded | OrderModified | OrderDeleted


@final
class DisplayedOrder(msgspec.Struct, frozen=True, array_like=True, gc=False):
    order_id: int
    px: Px
    qty: Qty
    """Displayed."""


@final
class Orders(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Displayed orders, best price first and in priority order within it."""

    bids: list[DisplayedOrder]
    asks: list[DisplayedOrder]


class DisplayedLevel:
    """One price's displayed queue. ``orders`` is in priority order: OrderID → displayed quantity.

    ``checksum`` belongs to :mod:`engine.market_data.checksum`; None = the queue has changed since it was computed.
    """

    __slots__ = ("checksum", "orders", "px", "qty", "side")

    def __init__(self, side: Side, px: Px) -> None:
        self.side = side
        self.px = px
        self.qty: Qty = 0
        self.orders: dict[int, Qty] = {}
        self.checksum: int | None = None

    def summary(self) -> DepthLevel:
        return DepthLevel(self.px, self.qty, len(self.orders))


class DisplayedOrders:
    """A book's displayed side, folded from its events a record at a time.

    ``deltas`` is None while nobody listens; else a list to which every change is appended.
    """

    __slots__ = ("_places", "asks", "bids", "deltas")

    def __init__(self) -> None:
        self.bids: dict[Px, DisplayedLevel] = {}
        self.asks: dict[Px, DisplayedLevel] = {}
        self.deltas: list[OrderDelta] | None = None
        self._places: dict[int, DisplayedLevel] = {}

    def __len__(self) -> int:
        """Displayed orders."""
        return len(self._places)

    # ---- fold -----------------------------------------------------------------------------------------------------

    def apply(self, events: list[Event]) -> None:
        """Fold one record of this book in."""
        if len(events) == 1:
            event = events[0]
            kind = type(event)
            if kind is OrderAccepted:
                image: OrderImage = event.order  # type: ignore[union-attr, assignment]
                if image.working is None:
                    terms = image.terms
                    self.add(terms.order_id, terms.side, terms.px, image.leaves_qty)
                    return
            elif kind in _ENDED:
                self._remove(event.order.terms.order_id)  # type: ignore[union-attr]
                return
        self._apply_all(events)

    def load(self, orders: Orders) -> None:
        """Begin with what :func:`displayed_orders` saw in the book."""
        for side, queue in ((Side.BUY, orders.bids), (Side.SELL, orders.asks)):
            for order in queue:
                self.add(order.order_id, side, order.px, order.qty)

    def _apply_all(self, events: list[Event]) -> None:
        """The newest image of each order that the record touches says where it stands when the record ends; those that
        lost their priority join their queues in the order in which they did."""
        newest: dict[int, OrderImage] = {}
        moved: set[int] = set()
        for event in events:
            kind = type(event)
            if kind is TradeExecuted:
                image: OrderImage = event.aggressor  # type: ignore[union-attr]
                newest[image.terms.order_id] = image
                image = event.resting  # type: ignore[union-attr]
                order_id = image.terms.order_id
                if image.working is not None and self._shows_next(event, newest):  # type: ignore[arg-type]
                    newest.pop(order_id, None)
                    moved.add(order_id)
                newest[order_id] = image
            elif kind in _ORDER_EVENTS:
                image = event.order  # type: ignore[union-attr, assignment]
                order_id = image.terms.order_id
                if kind is not OrderAccepted and _loses_priority(event):
                    newest.pop(order_id, None)
                    moved.add(order_id)
                newest[order_id] = image
        places = self._places
        for order_id, image in newest.items():
            if image.leaves_qty:
                self._settle(order_id, image, order_id in moved)
            elif order_id in places:
                self._remove(order_id)

    def _shows_next(self, trade: TradeExecuted, newest: dict[int, OrderImage]) -> bool:
        """Whether a reserve order's fill used up what it showed; in an auction it keeps its place all the same."""
        resting = trade.resting
        order_id = resting.terms.order_id
        if trade.uncross or not resting.shown_qty:
            return False
        before = newest.get(order_id)
        if before is not None:
            return before.shown_qty <= trade.qty
        level = self._places.get(order_id)
        return level is not None and level.orders[order_id] <= trade.qty

    def _settle(self, order_id: int, image: OrderImage, moved: bool) -> None:
        shown = image.leaves_qty if image.working is None else _displayed(image)
        level = self._places.get(order_id)
        if level is None:
            if shown:
                self.add(order_id, image.terms.side, image.resting_px, shown)
        elif not shown:
            self._remove(order_id)
        elif moved or image.resting_px != level.px:
            self._remove(order_id)
            self.add(order_id, level.side, image.resting_px, shown)
        elif shown != level.orders[order_id]:
            self.fill(order_id, shown)

    def add(self, order_id: int, side: Side, px: Px, qty: Qty) -> None:
        """An order is displayed at the end of a queue."""
        levels = self.bids if side is _BUY else self.asks
        level = levels.get(px)
        if level is None:
            level = levels[px] = DisplayedLevel(side, px)
        level.orders[order_id] = qty
        level.qty += qty
        level.checksum = None
        self._places[order_id] = level
        if self.deltas is not None:
            self.deltas.append(OrderAdded(order_id, side, px, qty))

    def fill(self, order_id: int, leaves_qty: Qty) -> None:
        """A plain order that is displayed has traded; 0 = it is gone."""
        if not leaves_qty:
            self._remove(order_id)
            return
        level = self._places[order_id]
        level.qty += leaves_qty - level.orders[order_id]
        level.orders[order_id] = leaves_qty
        level.checksum = None
        if self.deltas is not None:
            self.deltas.append(OrderModified(order_id, level.side, level.px, leaves_qty))

    def _remove(self, order_id: int) -> None:
        """What is not displayed is not there to be removed."""
        level = self._places.pop(order_id, None)
        if level is None:
            return
        orders = level.orders
        level.qty -= orders.pop(order_id)
        level.checksum = None
        if not orders:
            del (self.bids if level.side is _BUY else self.asks)[level.px]
        if self.deltas is not None:
            self.deltas.append(OrderDeleted(order_id, level.side, level.px))

    # ---- views ----------------------------------------------------------------------------------------------------

    def best(self, side: Side) -> DisplayedLevel | None:
        """The best level of a side."""
        if side is _BUY:
            return self.bids[max(self.bids)] if self.bids else None
        return self.asks[min(self.asks)] if self.asks else None

    def displayed(self, order_id: int) -> Qty:
        """How much an order displays; 0 where it does not."""
        level = self._places.get(order_id)
        return level.orders[order_id] if level is not None else 0

    def levels(self, side: Side) -> list[DisplayedLevel]:
        """A side's levels, best first."""
        levels = self.bids if side is _BUY else self.asks
        return [levels[px] for px in sorted(levels, reverse=side is _BUY)]

    def orders(self) -> Orders:
        return Orders(self._queue(Side.BUY), self._queue(Side.SELL))

    def _queue(self, side: Side) -> list[DisplayedOrder]:
        return [
            DisplayedOrder(order_id, level.px, qty)
            for level in self.levels(side)
            for order_id, qty in level.orders.items()
        ]


def displayed_orders(book: Book, depth: int = 0) -> Orders:
    """What a book displays on the best ``depth`` levels of each side, 0 = all."""
    return Orders(_displayed_in(book.bids, depth), _displayed_in(book.asks, depth))


def _displayed_in(ladder: Ladder, depth: int) -> list[DisplayedOrder]:
    found: list[DisplayedOrder] = []
    displayed = (level for level in ladder if level.qty)
    for level in islice(displayed, depth or None):
        images = (order.image for order in level.orders())
        found += [DisplayedOrder(each.order_id, level.px, each.shown_qty) for each in images if each.shown_qty]
    return found


def _displayed(image: OrderImage) -> Qty:
    return image.shown_qty if image.status <= _OPEN_MAX else 0


def _loses_priority(event: Event) -> bool:
    kind = type(event)
    if kind is OrderReplaced:
        return not event.kept_priority  # type: ignore[union-attr]
    if kind is OrderUpdated:
        return event.cause in _ENTERS_ANEW  # type: ignore[union-attr]
    return kind is OrderRestated and event.reason is RestateReason.MARKET_TO_LIMIT  # type: ignore[union-attr]
