"""A participant's orders as it knows them, whatever protocol its reports come by. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

import msgspec

from engine.types import Px, Qty, Side, TimeInForce

# ---- what a participant does ----------------------------------------------------------------------------------------


class Place(NamedTuple):
    """A new order; ``px`` 0 is a market order."""

    symbol: str
    side: Side
    qty: Qty
    px: Px
    tif: TimeInForce


class Amend(NamedTuple):
    """``qty`` is the new total, what has been filled included."""

    cl_ord_id: int
    qty: Qty
    px: Px


class Pull(NamedTuple):
    """Cancel an order."""

    cl_ord_id: int


Action: TypeAlias = Place | Amend | Pull

# ---- what it is told ------------------------------------------------------------------------------------------------


class Opened(NamedTuple):
    """A new order was accepted."""

    cl_ord_id: int
    leaves_qty: Qty


class Amended(NamedTuple):
    cl_ord_id: int
    orig_cl_ord_id: int
    px: Px
    qty: Qty
    leaves_qty: Qty


class Filled(NamedTuple):
    """One side of a trade; ``took`` if this side's order came second."""

    cl_ord_id: int
    symbol: str
    side: Side
    px: Px
    qty: Qty
    leaves_qty: Qty
    took: bool
    time_ns: int


class Ended(NamedTuple):
    """The order ``orig_cl_ord_id`` has left the book unfilled; ``cl_ord_id`` is the request's, or its own."""

    cl_ord_id: int
    orig_cl_ord_id: int


class Refused(NamedTuple):
    """A request was refused; ``orig_cl_ord_id`` is the order that it was about, 0 for a new one."""

    cl_ord_id: int
    orig_cl_ord_id: int
    text: str


Update: TypeAlias = Opened | Amended | Filled | Ended | Refused

# ---- what it remembers ----------------------------------------------------------------------------------------------


class Working(msgspec.Struct):
    """An open order. ``busy`` while a request about it is on its way."""

    cl_ord_id: int
    symbol: str
    side: Side
    qty: Qty
    px: Px
    leaves_qty: Qty
    busy: bool = True


class Orders:
    """Open orders by ClOrdID, and by symbol and side."""

    def __init__(self) -> None:
        self._by_id: dict[int, Working] = {}
        self._by_side: dict[tuple[str, Side], dict[int, Working]] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def get(self, cl_ord_id: int) -> Working | None:
        return self._by_id.get(cl_ord_id)

    def all(self) -> Iterable[Working]:
        return self._by_id.values()

    def of(self, symbol: str, side: Side) -> list[Working]:
        """Oldest first."""
        return list(self._by_side.get((symbol, side), {}).values())

    def sent(self, cl_ord_id: int, action: Action) -> Working:
        """A request is on its way; returns the order that it is about.

        Raises:
            KeyError: an amendment or cancel of an order that is not open.
        """
        if isinstance(action, Place):
            order = Working(cl_ord_id, action.symbol, action.side, action.qty, action.px, action.qty)
            self._add(order)
        else:
            order = self._by_id[action.cl_ord_id]
            order.busy = True
        return order

    def apply(self, update: Update) -> None:
        """Take in what the venue says; updates on orders that are not known are for nobody here."""
        if isinstance(update, Filled):
            order = self._by_id.get(update.cl_ord_id)
            if order is not None:
                order.leaves_qty = update.leaves_qty
                if not update.leaves_qty:
                    self._drop(order.cl_ord_id)
        elif isinstance(update, Opened):
            order = self._by_id.get(update.cl_ord_id)
            if order is not None:
                order.busy = False
        elif isinstance(update, Amended):
            order = self._drop(update.orig_cl_ord_id)
            if order is not None:
                order.cl_ord_id = update.cl_ord_id
                order.px, order.qty, order.leaves_qty = update.px, update.qty, update.leaves_qty
                order.busy = False
                self._add(order)
        elif isinstance(update, Ended):
            self._drop(update.orig_cl_ord_id)
        else:
            self._refused(update)

    def _refused(self, update: Refused) -> None:
        order = self._by_id.get(update.orig_cl_ord_id)
        if order is not None:
            order.busy = False
        else:
            self._drop(update.cl_ord_id)

    def _add(self, order: Working) -> None:
        self._by_id[order.cl_ord_id] = order
        self._by_side.setdefault((order.symbol, order.side), {})[order.cl_ord_id] = order

    def _drop(self, cl_ord_id: int) -> Working | None:
        order = self._by_id.pop(cl_ord_id, None)
        if order is not None:
            del self._by_side[order.symbol, order.side][cl_ord_id]
        return order
