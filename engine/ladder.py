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

    def level_at(self, px: Px) -> Level:
        """The level of a price, made where there is none; an order must join it at once."""
        key = px * self.sign
        level = self.levels.get(key)
        if level is None:
            level = self.levels[key] = Level(px)
            keys = self.keys
            if keys and key < keys[-1]:
                insort(keys, key)
            else:
                keys.append(key)
        return level

    def rest_plain(self, order: Order, key: int, px: Px, leaves: Qty) -> None:
        """Put a plain order at the end of its price's queue."""
        level = self.levels.get(key)
        if level is None:
            level = self.level_at(px)
        order.level = level
        level.queue.append(order)
        level.qty += leaves
        level.count += 1

    def rest(self, order: Order) -> None:
        """Put ``order`` at the end of its price's queue."""
        image = order.image
        if image.working is None:
            px = image.terms.px
            self.rest_plain(order, px * self.sign, px, image.leaves_qty)
        else:
            self.level_at(image.resting_px).join(order)

    def remove(self, order: Order) -> None:
        """Take a resting order out."""
        image = order.image
        if image.working is None:
            self.remove_plain(order, image.leaves_qty)
            return
        level = order.level
        assert level is not None
        level.drop(order)
        if not level.count:
            self.discard(level)
        elif len(level.queue) > 2 * level.count + 64:
            level.bury()

    def remove_plain(self, order: Order, leaves: Qty) -> None:
        """Take a resting plain order out."""
        level = order.level
        assert level is not None
        order.level = None
        level.qty -= leaves
        level.count = count = level.count - 1
        if not count:
            self.discard(level)
        elif len(level.queue) > 2 * count + 64:
            level.bury()

    def discard(self, level: Level) -> None:
        """Forget an empty level."""
        key = level.px * self.sign
        del self.levels[key]
        keys = self.keys
        if keys[-1] == key:
            keys.pop()
        else:
            del keys[bisect_left(keys, key)]

    def best_px(self) -> Px:
        """The best displayed price, 0 when nothing is displayed."""
        levels = self.levels
        for key in reversed(self.keys):
            if levels[key].qty:
                return key * self.sign
        return 0

    def best_unpegged_px(self) -> Px:
        """The best price at which anything but pegged orders is displayed, 0 when there is none."""
        for level in self:
            if level.qty > level.pegged:
                return level.px
        return 0

    def best_any_px(self) -> Px:
        """The best price of any order, displayed or hidden, 0 when the side is empty."""
        return self.keys[-1] * self.sign if self.keys else 0

    def available(self, crossing_key: int, wanted: Qty) -> Qty:
        """How much rests at prices that cross, shown or not, counted up to ``wanted``."""
        found = 0
        for key in reversed(self.keys):
            if key < crossing_key or found >= wanted:
                break
            level = self.levels[key]
            found += level.qty + level.unshown
        return found

    def has_specials(self, crossing_key: int) -> bool:
        """Whether an order with special terms rests at a price that crosses."""
        for key in reversed(self.keys):
            if key < crossing_key:
                return False
            if self.levels[key].specials:
                return True
        return False

    def depth(self, levels: int) -> list[DepthLevel]:
        """The best ``levels`` displayed prices (0 = all) with their quantity and number of orders."""
        shown: list[DepthLevel] = []
        for level in self:
            if level.qty:
                hidden = sum(order.level is level for order in level.hidden) if level.specials else 0
                shown.append(DepthLevel(level.px, level.qty, level.count - hidden))
                if len(shown) == levels:
                    break
        return shown

    def __iter__(self) -> Iterator[Level]:
        """Levels, best first."""
        for key in reversed(self.keys):
            yield self.levels[key]
