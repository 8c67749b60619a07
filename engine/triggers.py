"""Orders that wait for a price: which of them a move of the market elects."""

from __future__ import annotations

from bisect import bisect_left, insort

from engine.order import Order
from engine.terms import Trigger
from engine.types import Px, Side, TriggerKind, TriggerSource

Range = tuple[Px, Px]
"""The lowest and the highest value that a watched price has had since the last look; (0, 0) = it has none."""

NO_PRICE: Range = (0, 0)

_Queue = list[tuple[Px, int]]


class TriggerBook:
    """Untriggered orders by the price that they watch.

    A *rising* trigger is met by a price at or above its own, a *falling* one by a price at or below; each queue is
    sorted, so that a look costs no more than what it elects.
    """

    def __init__(self) -> None:
        self.orders: dict[int, Order] = {}
        """By OrderID, in order of arrival."""
        self.trailing: dict[int, Order] = {}
        self._rising: dict[TriggerSource, _Queue] = {}
        self._falling: dict[TriggerSource, _Queue] = {}
        self._fresh: dict[int, Order] = {}
        """Orders that have come since the last look, to be held against prices as they stand."""
        self._arrivals: dict[int, int] = {}
        self._arrived = 0

    def add(self, order: Order) -> None:
        """An order begins to wait, the last in order of arrival."""
        order_id = order.image.terms.order_id
        self._arrived += 1
        self._arrivals[order_id] = self._arrived
        self.orders[order_id] = order
        self._fresh[order_id] = order
        trigger = _trigger(order)
        if trigger.kind is TriggerKind.TRAILING:
            self.trailing[order_id] = order
        insort(self._queue(order), (_stop_px(order), order_id))

    def remove(self, order: Order) -> None:
        order_id = order.image.terms.order_id
        del self.orders[order_id]
        del self._arrivals[order_id]
        self.trailing.pop(order_id, None)
        self._fresh.pop(order_id, None)
        self._unqueue(order)

    def before_move(self, order: Order) -> None:
        """``order`` is about to get another stop price and keeps its arrival; :meth:`moved` must follow."""
        self._unqueue(order)

    def moved(self, order: Order) -> None:
        insort(self._queue(order), (_stop_px(order), order.image.terms.order_id))

    def met(self, ranges: dict[TriggerSource, Range], last_px: Px) -> list[Order]:
        """The orders whose condition a watched price has met, in order of arrival; they stay in here.

        Those that have just come are held against ``last_px`` too: it may have been traded before they came.
        """
        found: set[int] = set()
        for source, (low, high) in ranges.items():
            if high:
                rising, falling = self._rising.get(source), self._falling.get(source)
                if rising:
                    found.update(order_id for _, order_id in rising[: bisect_left(rising, (high + 1, 0))])
                if falling:
                    found.update(order_id for _, order_id in falling[bisect_left(falling, (low, 0)) :])
        found.update(order_id for order_id, order in self._fresh.items() if _is_met(order, last_px))
        self._fresh.clear()
        return [self.orders[order_id] for order_id in sorted(found, key=self._arrivals.__getitem__)]

    def _queue(self, order: Order) -> _Queue:
        return (self._rising if _rises(order) else self._falling).setdefault(_trigger(order).source, [])

    def _unqueue(self, order: Order) -> None:
        queue = self._queue(order)
        del queue[bisect_left(queue, (_stop_px(order), order.image.terms.order_id))]

    def __len__(self) -> int:
        return len(self.orders)


def _rises(order: Order) -> bool:
    """Whether a price at or above the order's meets it, rather than one at or below."""
    return (order.image.terms.side is Side.BUY) is not (_trigger(order).kind is TriggerKind.TOUCHED)


def _is_met(order: Order, last_px: Px) -> bool:
    stop_px = _stop_px(order)
    if _trigger(order).source is not TriggerSource.LAST_TRADE or not last_px or not stop_px:
        return False
    return last_px >= stop_px if _rises(order) else last_px <= stop_px


def _trigger(order: Order) -> Trigger:
    special = order.image.terms.special
    assert special is not None
    assert special.trigger is not None
    return special.trigger


def _stop_px(order: Order) -> Px:
    working = order.image.working
    assert working is not None
    return working.stop_px
