"""Orders that wait for a price: which of them a move of the market elects."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from engine.order import Order
from engine.terms import Trigger
from engine.types import Px, Side, TriggerKind, TriggerSource

Paths = Mapping[TriggerSource, Sequence[Px]]
"""What each watched price has been since the last look, in order; empty = it has not been looked at or is absent."""

_Queue = list[tuple[Px, int]]


class TriggerBook:
    """Untriggered orders by the price that they watch.

    A *rising* trigger is met by a price at or above its own, a *falling* one by a price at or below; each queue is
    sorted, so that a look costs no more than what it elects. Trailing stops are in no queue: each look moves them.
    """

    def __init__(self) -> None:
        self.orders: dict[int, Order] = {}
        """By OrderID, in order of arrival."""
        self.trailing: dict[int, Order] = {}
        self._trailing_by: dict[TriggerSource, set[int]] = {}
        """Their OrderIDs by what they watch."""
        self._rising: dict[TriggerSource, _Queue] = {}
        self._falling: dict[TriggerSource, _Queue] = {}
        self._fresh: dict[int, Order] = {}
        """Orders that have come since the last look: they are held against prices as they stand."""
        self.looked_at: Paths = {}
        """The quotes and the reference price at the last look."""
        self._arrivals: dict[int, int] = {}
        self._arrived = 0

    def add(self, order: Order) -> None:
        """An order begins to wait, the last in order of arrival."""
        order_id = order.image.terms.order_id
        self._arrived += 1
        self._arrivals[order_id] = self._arrived
        self.orders[order_id] = order
        self._fresh[order_id] = order
        if trigger_of(order).kind is TriggerKind.TRAILING:
            self.trailing[order_id] = order
            self._trailing_by.setdefault(trigger_of(order).source, set()).add(order_id)
        else:
            insort(self._queue(order), (stop_of(order), order_id))

    def remove(self, order: Order) -> None:
        order_id = order.image.terms.order_id
        del self.orders[order_id]
        del self._arrivals[order_id]
        self._fresh.pop(order_id, None)
        if self.trailing.pop(order_id, None) is not None:
            self._trailing_by[trigger_of(order).source].remove(order_id)
        else:
            queue = self._queue(order)
            del queue[bisect_left(queue, (stop_of(order), order_id))]

    def is_fresh(self, order_id: int) -> bool:
        """Whether no look has been taken since the order came."""
        return order_id in self._fresh

    def fresh_trailing(self) -> set[int]:
        """OrderIDs of trailing stops that have come since the last look."""
        return {order_id for order_id in self._fresh if order_id in self.trailing}

    def trailing_by(self, source: TriggerSource) -> AbstractSet[int]:
        """OrderIDs of trailing stops that watch ``source``."""
        return self._trailing_by.get(source, frozenset())

    def met(self, paths: Paths, last_px: Px) -> set[int]:
        """OrderIDs of the orders, but for trailing ones, whose condition a watched price has met; they stay in here.

        Those that have just come are held against ``last_px`` too: it may have been traded before they came.
        """
        found: set[int] = set()
        for source, path in paths.items():
            if path:
                rising, falling = self._rising.get(source), self._falling.get(source)
                if rising:
                    found.update(order_id for _, order_id in rising[: bisect_left(rising, (max(path) + 1, 0))])
                if falling:
                    found.update(order_id for _, order_id in falling[bisect_left(falling, (min(path), 0)) :])
        for order_id, order in self._fresh.items():
            trigger = trigger_of(order)
            if trigger.source is TriggerSource.LAST_TRADE and last_px and order_id not in self.trailing:
                stop_px = stop_of(order)
                if (last_px >= stop_px) if rises(order) else (last_px <= stop_px):
                    found.add(order_id)
        self._fresh.clear()
        return found

    def by_arrival(self, order_ids: set[int]) -> list[Order]:
        return [self.orders[order_id] for order_id in sorted(order_ids, key=self._arrivals.__getitem__)]

    def _queue(self, order: Order) -> _Queue:
        return (self._rising if rises(order) else self._falling).setdefault(trigger_of(order).source, [])


def rises(order: Order) -> bool:
    """Whether a price at or above the order's meets it, rather than one at or below."""
    return (order.image.terms.side is Side.BUY) is not (trigger_of(order).kind is TriggerKind.TOUCHED)


def trigger_of(order: Order) -> Trigger:
    special = order.image.terms.special
    assert special is not None
    assert special.trigger is not None
    return special.trigger


def stop_of(order: Order) -> Px:
    working = order.image.working
    assert working is not None
    return working.stop_px
