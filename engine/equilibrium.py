"""The price of a call auction: maximum executable volume, minimum surplus, market pressure, reference price.

The rules are those of docs/order-book.md §5, which exchanges share in this order: Deutsche Börse's T7 market model
(price determination in auctions), the four principles of ASX, CME Globex's rules for the indicative opening price.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import TypeAlias, final

import msgspec

from engine.types import Px, Qty

PriceLevel: TypeAlias = tuple[Px, Qty]
"""A limit and what all orders at it have left, above 0."""


@final
class Equilibrium(msgspec.Struct, frozen=True, gc=False):
    """What an uncross would do; all 0 when nothing would trade."""

    px: Px
    qty: Qty
    surplus: int
    """Buy minus sell quantity that is left over at ``px``; signed."""


NO_TRADE = Equilibrium(0, 0, 0)


def equilibrium(bids: Sequence[PriceLevel], asks: Sequence[PriceLevel], reference_px: Px, tick_size: Px) -> Equilibrium:
    """The price at which the two sides of a book trade in an auction, in one walk over the levels that cross.

    Args:
        bids, asks: one entry per price, best first.
        reference_px: decides where volume, surplus and pressure leave a range of prices; 0 = none, which chooses the
            range's lowest.
        tick_size: what a reference price inside the range is rounded to (half up).
    """
    if not bids or not asks or bids[0][0] < asks[0][0]:
        return NO_TRADE
    buys = list(takewhile(lambda level: level[0] >= asks[0][0], bids))
    sells = list(takewhile(lambda level: level[0] <= bids[0][0], asks))
    low, high = _candidates(buys, sells)
    px = min(max(_rounded(reference_px, tick_size), low), high)
    demand = sum(qty for limit, qty in buys if limit >= px)
    supply = sum(qty for limit, qty in sells if limit <= px)
    return Equilibrium(px, min(demand, supply), demand - supply)


def _candidates(buys: list[PriceLevel], sells: list[PriceLevel]) -> tuple[Px, Px]:
    """The lowest and the highest limit that volume, surplus and market pressure leave to choose from.

    The surplus grows as the price falls, so its signs at the two ends tell whether it is on one side throughout.
    """
    best: tuple[Qty, int] | None = None
    low = high = 0
    low_surplus = high_surplus = 0
    for px, demand, supply in _walk(buys, sells):
        surplus = demand - supply
        rank = (min(demand, supply), -abs(surplus))
        if best is None or rank > best:
            best = rank
            high, high_surplus = px, surplus
        if rank == best:
            low, low_surplus = px, surplus
    if high_surplus > 0:
        return high, high
    if low_surplus < 0:
        return low, low
    return low, high


def _walk(buys: list[PriceLevel], sells: list[PriceLevel]) -> Iterator[tuple[Px, Qty, Qty]]:
    """Every limit, highest first, with what is bought and what is sold at it."""
    demand, supply = 0, sum(qty for _, qty in sells)
    bought, sold = 0, len(sells)
    while bought < len(buys) or sold:
        px = max(buys[bought][0] if bought < len(buys) else 0, sells[sold - 1][0] if sold else 0)
        if bought < len(buys) and buys[bought][0] == px:
            demand += buys[bought][1]
            bought += 1
        yield px, demand, supply
        if sold and sells[sold - 1][0] == px:
            sold -= 1
            supply -= sells[sold][1]


def _rounded(px: Px, tick_size: Px) -> Px:
    return (2 * px + tick_size) // (2 * tick_size) * tick_size
