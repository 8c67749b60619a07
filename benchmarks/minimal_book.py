"""The least that matches orders by price and time in Python: what types, checks, fees and events are held against."""

from __future__ import annotations

import heapq
from collections import deque


class MinimalBook:
    """Integers in, sums out; no events, no checks. Sides: 0 buy, 1 sell."""

    def __init__(self) -> None:
        self.trades = self.traded_qty = self.notional = 0
        self.live: dict[int, list[int]] = {}
        """Resting orders by id, as [id, side, price, quantity left]."""
        # A heap's smallest key is the best price: bids are kept as negative prices.
        self._heaps: tuple[list[int], list[int]] = ([], [])
        self._levels: tuple[dict[int, deque[list[int]]], dict[int, deque[list[int]]]] = ({}, {})

    def add(self, order: int, side: int, px: int, qty: int, *, rests: bool = True) -> None:
        heap, levels = self._heaps[1 - side], self._levels[1 - side]
        crossing = -px if side else px  # the worst key of the other side that this order may trade with
        while qty and heap:
            key = heap[0]
            level = levels[key]
            while level and not level[0][3]:
                level.popleft()
            if not level:
                heapq.heappop(heap)
                del levels[key]
                continue
            if key > crossing:
                break
            qty = self._fill(level[0], qty)
        if qty and rests:
            self._rest([order, side, px, qty])

    def cancel(self, order: int) -> None:
        """The order stays in its queue as a ghost of quantity 0."""
        resting = self.live.pop(order, None)
        if resting is not None:
            resting[3] = 0

    def best(self) -> tuple[int, int]:
        """Best bid and ask; 0 for an empty side."""
        bids = [resting[2] for resting in self.live.values() if resting[1] == 0]
        asks = [resting[2] for resting in self.live.values() if resting[1] == 1]
        return max(bids, default=0), min(asks, default=0)

    def _fill(self, resting: list[int], qty: int) -> int:
        traded = resting[3] if resting[3] < qty else qty
        self.trades += 1
        self.traded_qty += traded
        self.notional += resting[2] * traded
        resting[3] -= traded
        if not resting[3]:
            del self.live[resting[0]]
        return qty - traded

    def _rest(self, resting: list[int]) -> None:
        order, side, px, _ = resting
        key = px if side else -px
        levels = self._levels[side]
        level = levels.get(key)
        if level is None:
            level = levels[key] = deque()
            heapq.heappush(self._heaps[side], key)
        level.append(resting)
        self.live[order] = resting
