"""One side of a book: price levels, best first reachable in O(1)."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator

from engine.order import Level, Order
from engine.queries import DepthLevel
from engine.types import Px, Qty, Side


class Ladder:
    """Levels of one side.

    ``keys`` is sorted ascending and its *last* is the best price, so that the busy end of the list is the cheap one:
    a bid's key is its price, an ask's its negated price. A price crosses an opposite key ``k`` when
    ``k >= crossing key`` on either side, so matching needs no branch on the side.
    """

    __slots__ = ("keys", "levels", "sign")

    def __init__(self, side: Side) -> None:
        self.sign = 1 if side is Side.BUY else -1
        self.keys: list[int] = []
        self.levels: dict[int, Level] = {}

    def rest(self, order: Order) -> None:
        """Put ``order`` at the end of its price's queue."""
        px = order.image.px
        key = px * self.sign
        level = self.levels.get(key)
        if level is None:
            level = self.levels[key] = Level(px)
            keys = self.keys
            if keys and key < keys[-1]:
                insort(keys, key)
            else:
                keys.append(key)
        order.level = level
        level.queue.append(order)
        level.qty += order.image.leaves_qty
        level.count += 1

    def remove(self, order: Order) -> None:
        """Take a resting order out."""
        level = order.level
        assert level is not None
        level.drop(order)
        if not level.count:
            self.discard(level)

    def discard(self, level: Level) -> None:
        """Forget an empty level."""
        key = level.px * self.sign
        del self.levels[key]
        keys = self.keys
        if keys[-1] == key:
            keys.pop()
        else:
            del keys[bisect_left(keys, key)]

    def best(self) -> Level | None:
        return self.levels[self.keys[-1]] if self.keys else None

    def best_px(self) -> Px:
        """The best price, 0 when the side is empty."""
        return self.keys[-1] * self.sign if self.keys else 0

    def available(self, crossing_key: int, wanted: Qty) -> Qty:
        """How much rests at prices that cross, counted up to ``wanted``."""
        found = 0
        for key in reversed(self.keys):
            if key < crossing_key or found >= wanted:
                break
            found += self.levels[key].qty
        return found

    def depth(self, levels: int) -> list[DepthLevel]:
        """The best ``levels`` prices (0 = all) with their quantity and number of orders."""
        keys = self.keys if not levels else self.keys[-levels:]
        return [DepthLevel(at.px, at.qty, at.count) for at in map(self.levels.__getitem__, reversed(keys))]

    def __iter__(self) -> Iterator[Level]:
        """Levels, best first."""
        for key in reversed(self.keys):
            yield self.levels[key]
