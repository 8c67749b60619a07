"""How the demonstration's participants trade: one decision at a time, from the market and their own open orders.

Pure and seeded. The strategies are as simple as makes a book that looks alive; none is meant to earn money.
"""

from __future__ import annotations

from random import Random
from typing import Protocol

from engine.types import Px, Side, TimeInForce
from tradeengine.demo_market import Listing, Market
from tradeengine.demo_orders import Action, Amend, Orders, Place, Pull, Working

_SIDES = (Side.BUY, Side.SELL)
_TAKER_REACH_UNITS = 3
_AMENDER_ORDERS_MAX = 150
_AMENDER_REACH_UNITS = 24


class Strategy(Protocol):
    """Decides what its participant does next; None is nothing this time."""

    role: str

    def decide(self, orders: Orders) -> Action | None: ...


class Maker:
    """Quotes ``levels`` prices on both sides of every instrument and moves them along with the market."""

    role = "maker"

    def __init__(self, market: Market, seed: int, levels: int = 10) -> None:
        self._market = market
        self._random = Random(seed)  # noqa: S311
        self._levels = levels
        self._turns: list[tuple[Listing, Side]] = []

    def decide(self, orders: Orders) -> Action | None:
        listed, side = self._turn()
        mine = orders.of(listed.symbol, side)
        wanted = self._wanted(listed, side)
        held = {order.px for order in mine}
        missing = [px for px in wanted if px not in held]
        free = [order for order in mine if not order.busy]
        if missing and len(mine) < self._levels:
            return Place(listed.symbol, side, listed.size(self._random), missing[0], TimeInForce.GTC)
        if missing:
            stray = [order for order in free if order.px not in wanted]
            if not stray:
                return None
            farthest = max(stray, key=lambda order: abs(order.px - listed.px))
            return _amended(farthest, listed.size(self._random), missing[0])
        if not free:
            return None
        order = self._random.choice(free)
        return _amended(order, listed.size(self._random), order.px)

    def _turn(self) -> tuple[Listing, Side]:
        """Every instrument and side in turn, in an order that changes."""
        if not self._turns:
            self._turns = [(listed, side) for listed in self._market.listings.values() for side in _SIDES]
            self._random.shuffle(self._turns)
        return self._turns.pop()

    def _wanted(self, listed: Listing, side: Side) -> list[Px]:
        """Best first. Everybody quotes on the same grid, so that makers queue up behind one another."""
        if side is Side.BUY:
            best = listed.on_grid(listed.px)
            return [best - level * listed.unit for level in range(self._levels)]
        best = listed.on_grid(listed.px) + listed.unit
        return [best + level * listed.unit for level in range(self._levels)]


class Taker:
    """Takes what is quoted: market orders, and limits that trade at once or not at all."""

    role = "taker"

    def __init__(self, market: Market, seed: int) -> None:
        self._market = market
        self._random = Random(seed)  # noqa: S311
        self._listings = list(market.listings.values())

    def decide(self, orders: Orders) -> Action | None:
        random = self._random
        listed = random.choice(self._listings)
        # Who trades at once tends to follow where the price is going.
        side = random.choice((*_SIDES, Side.BUY if listed.drift >= 0 else Side.SELL))
        if random.random() < 0.4:
            return Place(listed.symbol, side, listed.size(random), 0, TimeInForce.IOC)
        reach = listed.unit * random.randint(0, _TAKER_REACH_UNITS)
        px = listed.on_grid(listed.px) + (reach if side is Side.BUY else -reach)
        tif = TimeInForce.FOK if random.random() < 0.15 else TimeInForce.IOC
        return Place(listed.symbol, side, listed.size(random), px, tif)


class Amender:
    """Keeps changing its mind: places deeper orders, changes their price or quantity, cancels them."""

    role = "amender"

    def __init__(self, market: Market, seed: int) -> None:
        self._market = market
        self._random = Random(seed)  # noqa: S311
        self._listings = list(market.listings.values())

    def decide(self, orders: Orders) -> Action | None:
        random = self._random
        free = [order for order in orders.all() if not order.busy]
        chance = random.random()
        if free and (chance < 0.2 or len(orders) >= _AMENDER_ORDERS_MAX):
            return Pull(random.choice(free).cl_ord_id)
        if free and chance < 0.65:
            order = random.choice(free)
            listed = self._market.listings[order.symbol]
            px = order.px if random.random() < 0.5 else self._away(listed, order.side)
            return _amended(order, listed.size(random), px)
        if len(orders) >= _AMENDER_ORDERS_MAX:
            return None
        listed = random.choice(self._listings)
        side = random.choice(_SIDES)
        tif = TimeInForce.DAY if random.random() < 0.3 else TimeInForce.GTC
        return Place(listed.symbol, side, listed.size(random), self._away(listed, side), tif)

    def _away(self, listed: Listing, side: Side) -> Px:
        reach = listed.unit * self._random.randint(1, _AMENDER_REACH_UNITS)
        return listed.on_grid(listed.px) + (-reach if side is Side.BUY else reach)


def _amended(order: Working, open_qty: int, px: Px) -> Amend:
    """So that ``open_qty`` is left to fill, whatever has been filled so far."""
    return Amend(order.cl_ord_id, order.qty - order.leaves_qty + open_qty, px)
