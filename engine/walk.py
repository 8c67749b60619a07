"""What an incoming order would get: a walk through the other side that changes nothing (docs/order-book.md §2).

Orders with a least fill are matched only if the walk gives it to them. It follows :mod:`engine.matching` step by step:
the same queues, refreshes, passed-over orders and lists that a fill dissolves.
"""

from __future__ import annotations

from collections import deque

from engine.book_state import BookState
from engine.displaying import next_part
from engine.image import OrderImage
from engine.ladder import Ladder
from engine.lists import link_of
from engine.order import Level
from engine.pricing import volatility_bounds
from engine.self_trade import prevented
from engine.terms import Link
from engine.types import Qty, SelfTrade, TimeInForce


def least_fill(image: OrderImage) -> Qty:
    """What an order must trade at least in one meeting with the other side; 0 = any quantity."""
    special = image.terms.special
    if image.terms.tif is TimeInForce.FOK:
        return image.leaves_qty
    if special is None:
        return 0
    if special.all_or_none:
        return image.leaves_qty
    return min(special.min_qty, image.leaves_qty)


class _Part:
    """What the walk knows of a resting order."""

    __slots__ = ("image", "leaves", "shown")

    def __init__(self, image: OrderImage) -> None:
        self.image = image
        self.leaves = image.leaves_qty
        self.shown = image.shown_qty or image.leaves_qty


class Walk:
    """One incoming order's way through ``opposite``, up to the prices whose key is ``crossing_key`` or better."""

    def __init__(self, book: BookState, taker: OrderImage, opposite: Ladder, crossing_key: int) -> None:
        self._book = book
        self._taker = taker
        self._opposite = opposite
        self._crossing_key = crossing_key
        self._left = taker.leaves_qty
        self._dissolved: set[int] = set()
        """Lists of which a leg was filled: their other legs are gone."""
        self._filled_leg: set[int] = set()
        self._over = False
        self._bounds = volatility_bounds(book)
        self._allowed = True
        """Whether the level under way may be traded at."""

    def fillable(self) -> Qty:
        """How much the order would trade."""
        for key in reversed(self._opposite.keys):
            if key < self._crossing_key or self._over or not self._left:
                break
            self._take_level(self._opposite.levels[key])
        return self._taker.leaves_qty - self._left

    def _take_level(self, level: Level) -> None:
        self._allowed = self._bounds[0] <= level.px <= self._bounds[1]
        refreshed: deque[_Part] = deque()
        for order in level.queue:
            if self._is_over():
                return
            if order.level is level:
                self._take(_Part(order.image), refreshed)
        while refreshed and not self._is_over():
            self._take(refreshed.popleft(), refreshed)
        for order in level.hidden:
            if self._is_over():
                return
            if order.level is level:
                self._take(_Part(order.image), refreshed)

    def _is_over(self) -> bool:
        return self._over or not self._left

    def _take(self, part: _Part, refreshed: deque[_Part]) -> None:
        if not self._passes(part):
            self._meet(part)
            if part.leaves and part.shown:
                refreshed.append(part)

    def _passes(self, part: _Part) -> bool:
        """Whether the order does not stop at this one."""
        image = part.image
        link = link_of(image)
        gone = link is not None and link.is_exclusive and link.first_order_id in self._dissolved
        if gone and image.terms.order_id not in self._filled_leg:
            return True
        if least_fill(image) > self._left:
            return True
        rule = prevented(self._book, self._taker, image)
        if rule is SelfTrade.NONE:
            self._over = not self._allowed
            return self._over
        if rule is not SelfTrade.CANCEL_OLDEST or self._excludes(link):
            self._over = True
        return True

    def _excludes(self, link: Link | None) -> bool:
        """Whether a cancel of the leg that ``link`` describes cancels the incoming order too."""
        mine = link_of(self._taker)
        return (
            mine is not None
            and link is not None
            and mine.first_order_id == link.first_order_id
            and mine.is_exclusive
            and link.is_exclusive
        )

    def _meet(self, part: _Part) -> None:
        qty = min(part.shown, self._left)
        self._left -= qty
        part.leaves -= qty
        part.shown -= qty
        if part.leaves and not part.shown:
            filled = part.image.leaves_qty - part.leaves
            part.shown = next_part(self._book, part.image.terms, part.leaves, part.image.cum_qty + filled)
        mine, other = self._dissolve(self._taker), self._dissolve(part.image)
        if mine and mine == other:
            self._over = True  # the fill of one leg cancels the other

    def _dissolve(self, image: OrderImage) -> int:
        """A fill of ``image`` cancels the other legs of its list; the list's first OrderID, 0 = it is in none."""
        link = link_of(image)
        if link is None or not link.is_exclusive:
            return 0
        self._dissolved.add(link.first_order_id)
        self._filled_leg.add(image.terms.order_id)
        return link.first_order_id
