"""One instrument's book as a client keeps it, order by order or by price. Pure.

Checksums are CRC-32 (zlib's) over little-endian integers without padding. Order by order: of a level (OrderID u64,
displayed quantity u64) of each order in priority order; of the book (price i64, side u8, the level's checksum u32) of
each level, bids first, best price first. By price: (price i64, side u8, quantity u64, orders u32) of each level. A side
is 1 for bids and 2 for offers.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import chain
from struct import Struct, pack
from typing import Final, NamedTuple
from zlib import crc32

from clients.events import Level
from clients.numbers import to_decimal
from engine.types import Px, Qty, Side

_BY_ORDER: Final = Struct("<qBI")
_BY_PRICE: Final = Struct("<qBQI")
_SIDES: Final = (Side.BUY, Side.SELL)
_TWO: Final = Decimal(2)


class Damaged(Exception):
    """The book and what the venue tells of it don't go together."""


class RestingOrder(NamedTuple):
    """What an order displays."""

    order_id: int
    price: Decimal
    qty: Decimal


class _Queue:
    """One price. ``orders`` is OrderID → displayed quantity in priority order; empty where the book is by price."""

    __slots__ = ("checksum", "count", "orders", "qty")

    def __init__(self) -> None:
        self.qty: Qty = 0
        self.count = 0
        self.orders: dict[int, Qty] = {}
        self.checksum: int | None = None


class _Half:
    """One side, with its best price at hand."""

    __slots__ = ("_best", "_sign", "queues")

    def __init__(self, side: Side) -> None:
        self.queues: dict[Px, _Queue] = {}
        self._sign = 1 if side is Side.BUY else -1
        self._best: Px | None = None

    @property
    def best(self) -> Px | None:
        if self._best is None and self.queues:
            self._best = max(self.queues) if self._sign > 0 else min(self.queues)
        return self._best

    def queue(self, px: Px) -> _Queue:
        """New, if there is none."""
        queue = self.queues.get(px)
        if queue is None:
            queue = self.queues[px] = _Queue()
            if self._best is not None and (px - self._best) * self._sign > 0:
                self._best = px
        return queue

    def drop(self, px: Px) -> None:
        del self.queues[px]
        if px == self._best:
            self._best = None

    def prices(self) -> list[Px]:
        """Best first."""
        return sorted(self.queues, reverse=self._sign > 0)


class LocalBook:
    """What is displayed of an instrument. ``number`` is that of the stream's last message in it.

    Look at it between events, as the iteration gives it; while ``whole`` is false it is still being shown, or can't be
    trusted any more.
    """

    def __init__(self, security_id: int, *, by_price: bool) -> None:
        self.security_id = security_id
        self.by_price = by_price
        self.symbol = ""
        self.number = 0
        self.time_ns = 0
        """Of the last change."""
        self.whole = False
        self.checked = 0
        """How many checksums of the venue it has agreed with."""
        self._halves = {side: _Half(side) for side in _SIDES}
        self._places: dict[int, tuple[Side, Px]] = {}

    # ---- what it says -----------------------------------------------------------------------------------------------

    @property
    def best_bid(self) -> Level | None:
        return self._best(Side.BUY)

    @property
    def best_offer(self) -> Level | None:
        return self._best(Side.SELL)

    @property
    def mid(self) -> Decimal | None:
        """Between the best prices; None unless both sides have one."""
        bid, offer = self.best_bid, self.best_offer
        return None if bid is None or offer is None else (bid.price + offer.price) / _TWO

    def bids(self, levels: int = 0) -> list[Level]:
        """Best first; 0 = all."""
        return self._levels(Side.BUY, levels)

    def offers(self, levels: int = 0) -> list[Level]:
        """Best first; 0 = all."""
        return self._levels(Side.SELL, levels)

    def orders(self, side: Side) -> list[RestingOrder]:
        """Best price first and in priority order within it; none in a book by price."""
        half = self._halves[side]
        return [
            RestingOrder(order_id, to_decimal(px), to_decimal(qty))
            for px in half.prices()
            for order_id, qty in half.queues[px].orders.items()
        ]

    @property
    def entries(self) -> int:
        """Orders, or levels, of both sides."""
        return sum(len(half.queues) for half in self._halves.values()) if self.by_price else len(self._places)

    @property
    def checksum(self) -> int:
        """As the venue computes it."""
        parts = []
        for side, half in self._halves.items():
            for px in half.prices():
                queue = half.queues[px]
                if self.by_price:
                    parts.append(_BY_PRICE.pack(px, side, queue.qty, queue.count))
                else:
                    parts.append(_BY_ORDER.pack(px, side, _of_queue(queue)))
        return crc32(b"".join(parts))

    def _best(self, side: Side) -> Level | None:
        half = self._halves[side]
        best = half.best
        return None if best is None else _level(best, half.queues[best])

    def _levels(self, side: Side, count: int) -> list[Level]:
        half = self._halves[side]
        return [_level(px, half.queues[px]) for px in half.prices()[: count or None]]

    # ---- what happens to it: prices and quantities are integers × 10^-8. Raises Damaged ------------------------------

    def clear(self) -> None:
        """It is going to be shown."""
        self._halves = {side: _Half(side) for side in _SIDES}
        self._places.clear()
        self.whole = False

    def add(self, order_id: int, side: Side, px: Px, qty: Qty) -> None:
        """At the end of the queue of its price."""
        if order_id in self._places:
            raise Damaged(f"order {order_id} is added twice")
        queue = self._halves[side].queue(px)
        queue.orders[order_id] = qty
        queue.qty += qty
        queue.count += 1
        queue.checksum = None
        self._places[order_id] = side, px

    def modify(self, order_id: int, qty: Qty) -> None:
        """It displays ``qty`` now, at its place; 0: it is gone."""
        if not qty:
            self.delete(order_id)
            return
        side, px = self._place(order_id)
        queue = self._halves[side].queues[px]
        queue.qty += qty - queue.orders[order_id]
        queue.orders[order_id] = qty
        queue.checksum = None

    def delete(self, order_id: int) -> None:
        side, px = self._place(order_id)
        del self._places[order_id]
        half = self._halves[side]
        queue = half.queues[px]
        queue.qty -= queue.orders.pop(order_id)
        queue.count -= 1
        queue.checksum = None
        if not queue.count:
            half.drop(px)

    def requeue(self, order_id: int, side: Side, px: Px, qty: Qty) -> None:
        """At the end of the queue of this price now."""
        self.delete(order_id)
        self.add(order_id, side, px, qty)

    def set_level(self, side: Side, px: Px, qty: Qty, count: int) -> None:
        """What a price displays in all; 0 = nothing any more."""
        half = self._halves[side]
        if qty:
            queue = half.queue(px)
            queue.qty, queue.count = qty, count
        elif px in half.queues:
            half.drop(px)
        else:
            raise Damaged(f"a level at {to_decimal(px)} that is not there is gone")

    def check(self, checksum: int, entries: int | None = None) -> None:
        """Raises Damaged unless the venue's book is the same."""
        if entries is not None and entries != self.entries:
            raise Damaged(f"{self.entries} entries, of {entries} that the venue has")
        if checksum != self.checksum:
            raise Damaged("its checksum is not the venue's")
        self.checked += 1

    def _place(self, order_id: int) -> tuple[Side, Px]:
        place = self._places.get(order_id)
        if place is None:
            raise Damaged(f"order {order_id} is not there")
        return place


def _of_queue(queue: _Queue) -> int:
    if queue.checksum is None:
        queue.checksum = crc32(pack(f"<{2 * len(queue.orders)}Q", *chain.from_iterable(queue.orders.items())))
    return queue.checksum


def _level(px: Px, queue: _Queue) -> Level:
    return Level(to_decimal(px), to_decimal(queue.qty), queue.count)
