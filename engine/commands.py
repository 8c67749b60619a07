"""What sessions and operators ask for. Commands are imperative, immutable and never journaled.

``session_id`` and ``cl_ord_id`` name a command: a session's ClOrdIDs are unique among its orders, replaces and cancels
of the trading day. ``in_from``..``in_seq`` are the inbound FIX MsgSeqNums that the command's outcome accounts for (the
message itself and the administrative ones just before it); both are 0 where a protocol has no inbound numbers.
"""

from __future__ import annotations

from typing import TypeAlias, final

import msgspec

from engine.types import InstrumentStatus, OrdType, Px, Qty, Side, TimeInForce

ANY = 0
"""Matches every symbol or side in a mass cancel."""


@final
class NewOrder(msgspec.Struct, frozen=True, gc=False):
    """FIX 35=D. ``px`` is 0 for a market order until the account stamps its protection price."""

    session_id: int
    cl_ord_id: str
    account_id: int
    symbol_id: int
    side: Side
    ord_type: OrdType
    tif: TimeInForce
    order_qty: Qty
    px: Px
    in_from: int = 0
    in_seq: int = 0


@final
class CancelOrder(msgspec.Struct, frozen=True, gc=False):
    """FIX 35=F. Names its order by ``orig_cl_ord_id``, or by ``order_id`` where that is not 0."""

    session_id: int
    cl_ord_id: str
    account_id: int
    symbol_id: int
    side: Side
    orig_cl_ord_id: str
    order_id: int = 0
    in_from: int = 0
    in_seq: int = 0


@final
class ReplaceOrder(msgspec.Struct, frozen=True, gc=False):
    """FIX 35=G. ``order_qty`` is the new total quantity, what has been filled included."""

    session_id: int
    cl_ord_id: str
    account_id: int
    symbol_id: int
    side: Side
    orig_cl_ord_id: str
    order_qty: Qty
    px: Px
    order_id: int = 0
    in_from: int = 0
    in_seq: int = 0


@final
class MassCancel(msgspec.Struct, frozen=True, gc=False):
    """FIX 35=q: an account's orders, of one symbol and side or of all (``ANY``)."""

    session_id: int
    cl_ord_id: str
    account_id: int
    symbol_id: int = ANY
    side: Side | int = ANY
    in_from: int = 0
    in_seq: int = 0


@final
class RejectCommand(msgspec.Struct, frozen=True, gc=False):
    """A command that a gateway could read but must refuse by the venue's rules; its outcome is journaled like any."""

    command: NewOrder | CancelOrder | ReplaceOrder | MassCancel
    reason: int
    """OrdRejReason, CxlRejReason or, for a mass cancel, FIX 532 MassCancelRejectReason."""
    text: str
    symbol: str = ""
    """What the client named, where it is no listed symbol."""


@final
class SetInstrumentStatus(msgspec.Struct, frozen=True, gc=False):
    symbol_id: int
    status: InstrumentStatus
    operator: str


@final
class ExpireDayOrders(msgspec.Struct, frozen=True, gc=False):
    """The instrument's daily roll: a timer's firing."""

    symbol_id: int
    day: str
    """The trading day that ends, named by the date (ISO, in the instrument's zone) of the roll that ends it."""


@final
class CancelAll(msgspec.Struct, frozen=True, gc=False):
    """Part of a request that touches many books: every order of ``account_id`` (and side) in one book."""

    request_id: int
    account_id: int
    side: Side | int
    reason: int


ClientCommand: TypeAlias = NewOrder | CancelOrder | ReplaceOrder | MassCancel | RejectCommand
