"""What a subscription has been shown of one side of a book, and the steps from there to what is shown now.

The venue manages a client's book explicitly: what leaves the view is deleted, what comes into it is new, also where
only the depth is why. Steps come in the order deletes from the worst price on, new ones from the best on, changes. So a
client may keep its book by price, or by position with inserts and deletes that shift what lies behind: it has the same
book after each message. Pure.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from gateways.fix.market_data_steps import CHANGE, DELETE, NEW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.queries import DepthLevel
    from engine.types import Px, Qty
    from gateways.fix.market_data_replica import BookSide


class LevelStep(NamedTuple):
    action: str
    level: DepthLevel
    """Of a deleted one: as it was shown last."""
    position: int
    """From 1, the best; of a deleted one: where it stood before the message, of others: where it stands after it."""


class OrderStep(NamedTuple):
    action: str
    order_id: int
    px: Px
    qty: Qty


class LevelView:
    """The best ``depth`` price levels of a side."""

    __slots__ = ("_depth", "_dirty", "_keys", "_shown")

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._keys: list[int] = []
        self._shown: dict[int, DepthLevel] = {}
        self._dirty: set[int] | None = None
        """Keys that may have changed; None: any."""

    def touch(self, keys: list[int]) -> None:
        """Levels that have changed."""
        if self._dirty is not None:
            self._dirty.update(keys)

    def touch_all(self) -> None:
        self._dirty = None

    def show(self, side: BookSide[DepthLevel]) -> list[DepthLevel]:
        """All that is in view, best first; from now on it is what was shown."""
        self._dirty = set()
        self._keys = side.keys[: self._depth]
        self._shown = {key: side.levels[key] for key in self._keys}
        return list(self._shown.values())

    def steps(self, side: BookSide[DepthLevel]) -> list[LevelStep]:
        """From what was shown to what is in view, which is what was shown from now on."""
        dirty = self._dirty
        if dirty is not None and not dirty:
            return []
        keys, shown, levels = side.keys[: self._depth], self._shown, side.levels
        steps: list[LevelStep] = []
        kept = self._keys
        if keys != kept:
            now = set(keys)
            for position in range(len(kept), 0, -1):
                key = kept[position - 1]
                if key not in now:
                    steps.append(LevelStep(DELETE, shown.pop(key), position))
            for position, key in enumerate(keys, 1):
                if key not in shown:
                    steps.append(LevelStep(NEW, levels[key], position))
        for key in sorted(shown if dirty is None else dirty & shown.keys()):
            if shown[key] != levels[key]:
                shown[key] = levels[key]
                steps.append(LevelStep(CHANGE, levels[key], bisect_left(keys, key) + 1))
        for step in steps:
            if step.action == NEW:
                shown[step.level.px * side.sign] = step.level
        self._keys = keys
        self._dirty = set()
        return steps


class QueueView:
    """The orders of the best ``depth`` price levels of a side, in priority order."""

    __slots__ = ("_depth", "_dirty", "_shown")

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._shown: dict[int, dict[int, Qty]] = {}
        self._dirty: set[int] | None = None

    def touch(self, keys: list[int]) -> None:
        """Levels in which an order has changed."""
        if self._dirty is not None:
            self._dirty.update(keys)

    def touch_all(self) -> None:
        self._dirty = None

    def show(self, side: BookSide[dict[int, Qty]]) -> list[OrderStep]:
        """All that is in view, best first; from now on it is what was shown."""
        self._dirty = set()
        self._shown = {key: dict(side.levels[key]) for key in islice(side.keys, self._depth)}
        return [step for key, queue in self._shown.items() for step in _added(queue, key * side.sign)]

    def steps(self, side: BookSide[dict[int, Qty]]) -> list[OrderStep]:
        """From what was shown to what is in view, which is what was shown from now on."""
        dirty = self._dirty
        if dirty is not None and not dirty:
            return []
        shown, sign = self._shown, side.sign
        in_view = side.keys[: self._depth]
        now = set(in_view)
        deleted: list[OrderStep] = []
        for key in sorted(shown.keys() - now, reverse=True):
            deleted += _deleted(shown.pop(key), key * sign)
        added: list[OrderStep] = []
        changed: list[OrderStep] = []
        for key in in_view:
            before = shown.get(key)
            if before is None or dirty is None or key in dirty:
                queue = shown[key] = dict(side.levels[key])
                _compare(before or {}, queue, key * sign, deleted, added, changed)
        self._dirty = set()
        return deleted + added + changed


def _added(queue: dict[int, Qty], px: Px) -> Iterator[OrderStep]:
    for order_id, qty in queue.items():
        yield OrderStep(NEW, order_id, px, qty)


def _deleted(queue: dict[int, Qty], px: Px) -> Iterator[OrderStep]:
    for order_id, qty in reversed(queue.items()):
        yield OrderStep(DELETE, order_id, px, qty)


def _compare(
    before: dict[int, Qty],
    queue: dict[int, Qty],
    px: Px,
    deleted: list[OrderStep],
    added: list[OrderStep],
    changed: list[OrderStep],
) -> None:
    """What a client must do to one price's queue.

    Orders join at the end only. So those of ``queue`` that stand in the order of ``before`` have kept their places;
    from the first that does not on, all have joined since, also under an OrderID that had stood further ahead.
    """
    rest = iter(before)
    kept: set[int] = set()
    joining = iter(queue.items())
    for order_id, qty in joining:
        if order_id not in before or order_id not in rest:  # ``in`` takes what comes before it off ``rest``
            added.append(OrderStep(NEW, order_id, px, qty))
            added.extend(OrderStep(NEW, each, px, shown) for each, shown in joining)
            break
        kept.add(order_id)
        if before[order_id] != qty:
            changed.append(OrderStep(CHANGE, order_id, px, qty))
    deleted.extend(OrderStep(DELETE, each, px, qty) for each, qty in reversed(before.items()) if each not in kept)
