"""What clients may ask without changing anything, and what they are answered.

An answer leaves after everything that the client sent before it has been journaled, and shows only what is durable.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from engine.image import OrderImage
from engine.session_lists import ListLeg
from engine.types import Px, Qty, Side


class OrderStatusQuery(msgspec.Struct, frozen=True, gc=False):
    """FIX 35=H: one order by its ClOrdID (or by ``order_id``), open or ended, of the session's trading day."""

    session_id: int
    query_id: str
    """FIX 790 OrdStatusReqID; empty where there is none."""
    cl_ord_id: str
    order_id: int = 0


class ListStatusQuery(msgspec.Struct, frozen=True, gc=False):
    """FIX 35=M: the orders of one list of the session's trading day, or that is still open."""

    session_id: int
    query_id: str
    list_id: str


class OpenOrdersQuery(msgspec.Struct, frozen=True, gc=False):
    """FIX 35=AF: the session's open orders, of one symbol, side or account, or all (0)."""

    session_id: int
    query_id: str
    symbol_id: int = 0
    side: Side | int = 0
    account_id: int = 0


class DepthQuery(msgspec.Struct, frozen=True, gc=False):
    """FIX 35=V with 263=0, SBE BookRequest: the best ``levels`` prices of each side, 0 = all."""

    session_id: int
    query_id: str
    symbol_id: int
    levels: int


class TradesQuery(msgspec.Struct, frozen=True, gc=False):
    """FIX 35=AD: the session's trades of its trading day."""

    session_id: int
    query_id: str


Query: TypeAlias = OrderStatusQuery | ListStatusQuery | OpenOrdersQuery | DepthQuery | TradesQuery


class OrderStatusAnswer(msgspec.Struct, frozen=True, gc=False):
    query: OrderStatusQuery
    order: OrderImage | None
    """None: the session has no such order today."""


class ListStatusAnswer(msgspec.Struct, frozen=True, gc=False):
    query: ListStatusQuery
    legs: list[ListLeg]
    """In the list's order; empty: the session has no such list."""


class OpenOrdersAnswer(msgspec.Struct, frozen=True, gc=False):
    query: OpenOrdersQuery
    orders: list[OrderImage]


class DepthLevel(msgspec.Struct, frozen=True, array_like=True, gc=False):
    px: Px
    qty: Qty
    orders: int


class DepthAnswer(msgspec.Struct, frozen=True, gc=False):
    """The book after journal sequence ``seq``; best price first."""

    query: DepthQuery
    seq: int
    time_ns: int
    bids: list[DepthLevel]
    asks: list[DepthLevel]


class TradesAnswer(msgspec.Struct, frozen=True, gc=False):
    query: TradesQuery
    records: list[int]
    """Journal sequences of the records that hold them, oldest first, each once."""


Answer: TypeAlias = OrderStatusAnswer | ListStatusAnswer | OpenOrdersAnswer | DepthAnswer | TradesAnswer
