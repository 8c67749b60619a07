"""The book without all but plain orders: what the other order types cost a plain one is held against it.

It is :class:`engine.book.Book`'s short way with no question asked about triggers, instructions, phases and protection,
on queues that know nothing of hidden, reserve and pegged orders; its events are the same, which the benchmark checks.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict, deque

import msgspec

from engine.commands import CancelOrder, NewOrder
from engine.events import Event, OrderAccepted, OrderCanceled, OrderRejected
from engine.image import OrderImage
from engine.images import ended
from engine.instrument import Instrument
from engine.lifecycle import Step
from engine.rejections import cancel_rejected, rejected_image
from engine.rules import check_order
from engine.short_way import ShortWay
from engine.terms import OrderTerms
from engine.types import (
    INT64_MAX,
    SCALE,
    CancelReason,
    CxlRejReason,
    InstrumentStatus,
    OrdStatus,
    OrdType,
    Px,
    Side,
    TimeInForce,
)

_BUY = Side.BUY
_LIMIT = OrdType.LIMIT
_DAY, _GTC, _FOK = TimeInForce.DAY, TimeInForce.GTC, TimeInForce.FOK
_NEW, _PARTIALLY_FILLED, _FILLED = OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED, OrdStatus.FILLED
_CANCELED = OrdStatus.CANCELED
_REQUESTED = CancelReason.REQUESTED
_ACTIVE = InstrumentStatus.ACTIVE


class _Order(msgspec.Struct, gc=False, eq=False):
    image: OrderImage
    level: _Level | None = None


class _Level:
    """One price's queue; who left it stays behind as a ghost."""

    __slots__ = ("count", "px", "qty", "queue")

    def __init__(self, px: Px) -> None:
        self.px = px
        self.qty = 0
        self.count = 0
        self.queue: deque[_Order] = deque()


class _Ladder:
    """See :class:`engine.ladder.Ladder`."""

    __slots__ = ("keys", "levels", "sign")

    def __init__(self, side: Side) -> None:
        self.sign = 1 if side is _BUY else -1
        self.keys: list[int] = []
        self.levels: dict[int, _Level] = {}

    def rest(self, order: _Order, key: int, px: Px, leaves: int) -> None:
        level = self.levels.get(key)
        if level is None:
            level = self.levels[key] = _Level(px)
            keys = self.keys
            if keys and key < keys[-1]:
                insort(keys, key)
            else:
                keys.append(key)
        order.level = level
        level.queue.append(order)
        level.qty += leaves
        level.count += 1

    def remove(self, order: _Order) -> None:
        level = order.level
        assert level is not None
        order.level = None
        level.qty -= order.image.leaves_qty
        level.count = count = level.count - 1
        if not count:
            self.discard(level)
        elif len(level.queue) > 2 * count + 64:
            level.queue = deque(order for order in level.queue if order.level is level)

    def discard(self, level: _Level) -> None:
        key = level.px * self.sign
        del self.levels[key]
        keys = self.keys
        if keys[-1] == key:
            keys.pop()
        else:
            del keys[bisect_left(keys, key)]

    def available(self, crossing_key: int, wanted: int) -> int:
        found = 0
        for key in reversed(self.keys):
            if key < crossing_key or found >= wanted:
                break
            found += self.levels[key].qty
        return found

    def best_px(self) -> Px:
        return self.keys[-1] * self.sign if self.keys else 0


class PlainBook:
    """Market and limit orders, good for the day, till canceled, immediately or not at all."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.status = instrument.status
        self.bids = _Ladder(Side.BUY)
        self.asks = _Ladder(Side.SELL)
        self.last_px: Px = 0
        self._by_ref: defaultdict[int, dict[str, _Order]] = defaultdict(dict)
        self._sessions_of: defaultdict[int, set[int]] = defaultdict(set)
        self._base_id = instrument.symbol_id << 40
        self._orders_accepted = 0
        self._trades_made = 0

    @property
    def orders_resting(self) -> int:
        return sum(len(mine) for mine in self._by_ref.values())

    def new_order(self, command: NewOrder) -> list[Event]:
        instrument = self.instrument
        side, qty, px, tif = command.side, command.order_qty, command.px, command.tif
        cost = px * qty // SCALE
        if (
            self.status is not _ACTIVE
            or not 0 < px <= INT64_MAX
            or qty % instrument.lot_size
            or px % instrument.tick_size
            or not instrument.min_qty <= qty <= instrument.max_qty
            or cost < instrument.min_notional
        ):
            refusal = check_order(instrument, self.status, command.ord_type, tif, qty, px)
            assert refusal is not None
            return [OrderRejected(rejected_image(command), refusal[0], refusal[1])]
        self._orders_accepted += 1
        maker_fee, taker_fee = instrument.maker_fee, instrument.taker_fee
        terms = OrderTerms(
            self._base_id + self._orders_accepted,
            command.session_id,
            command.account_id,
            command.symbol_id,
            command.cl_ord_id,
            side,
            command.ord_type,
            tif,
            qty,
            px,
            maker_fee,
            taker_fee,
        )
        if side is _BUY:
            hold = cost - (-(cost * (taker_fee if taker_fee > maker_fee else maker_fee)) // SCALE)
            own, opposite, crossing_key = self.bids, self.asks, -px
        else:
            hold = qty
            own, opposite, crossing_key = self.asks, self.bids, px
        image = OrderImage(terms, _NEW, qty, 0, 0, 0, hold)
        events: list[Event] = [OrderAccepted(image)]
        keys = opposite.keys
        rests = (tif is _GTC or tif is _DAY) and command.ord_type is _LIMIT
        if keys and keys[-1] >= crossing_key and (tif is not _FOK or opposite.available(crossing_key, qty) >= qty):
            image = self._match(image, opposite, crossing_key, events)  # type: ignore[arg-type,misc]
        if not image.leaves_qty:
            return events
        if rests:
            order = _Order(image)
            own.rest(order, -crossing_key, px, image.leaves_qty)
            self._by_ref[terms.session_id][terms.cl_ord_id] = order
            self._sessions_of[terms.account_id].add(terms.session_id)
        else:
            reason = CancelReason.FILL_OR_KILL if tif is _FOK else CancelReason.IMMEDIATE_REMAINDER
            events.append(OrderCanceled(ended(image, Step.CANCEL), reason))
        return events

    def cancel(self, command: CancelOrder) -> list[Event]:
        order = self._by_ref[command.session_id].get(command.orig_cl_ord_id)
        if order is None:
            return [cancel_rejected(command, CxlRejReason.TOO_LATE_TO_CANCEL, "order is not in the book")]
        image = order.image
        terms = image.terms
        (self.bids if terms.side is _BUY else self.asks).remove(order)
        del self._by_ref[terms.session_id][terms.cl_ord_id]
        after = OrderImage(terms, _CANCELED, 0, image.cum_qty, image.cum_notional, image.fee_raw, 0)
        return [OrderCanceled(after, _REQUESTED, command.cl_ord_id)]

    _match = ShortWay._match
    """The very same: it needs nothing of a book but what this one has too."""
