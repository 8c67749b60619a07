"""What sessions and operators ask for. Commands are imperative, immutable and never journaled.

``session_id`` and ``cl_ord_id`` name a command: a session's ClOrdIDs are unique among its orders, replaces and cancels
of the trading day. ``in_from``..``in_seq`` are the inbound FIX MsgSeqNums that the command's outcome accounts for (the
message itself and the administrative ones just before it); both are 0 where a protocol has no inbound numbers.
"""

from __future__ import annotations

from typing import TypeAlias, final

import msgspec

from engine.events import TradeExecuted
from engine.image import OrderImage
from engine.instrument import Instrument
from engine.session_end import SessionEnd
from engine.terms import SpecialTerms
from engine.types import Contingency, InstrumentStatus, OrdType, Px, Qty, Side, TimeInForce, TradingPhase

ANY = 0
"""Matches every symbol or side in a mass cancel."""


@final
class NewOrder(msgspec.Struct, frozen=True, gc=False):
    """FIX 35=D. ``px`` is 0 for a market order, and for a pegged one without a limit, until the account stamps its
    protection price."""

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
    special: SpecialTerms | None = None
    """None for a plain order, which no field of it would tell from one with :data:`~engine.terms.NOTHING_SPECIAL`."""


@final
class NewList(msgspec.Struct, frozen=True, gc=False):
    """FIX 35=E: orders of one account in one symbol that hang together. All are accepted or none is."""

    session_id: int
    list_id: str
    """Empty for a cross, which is refused as a list would be."""
    account_id: int
    symbol_id: int
    contingency: Contingency
    legs: list[NewOrder]
    """The entry of an OTO or a bracket is the first. Their numbers (``in_seq``) are 0."""
    in_from: int = 0
    in_seq: int = 0

    @property
    def cl_ord_id(self) -> str:
        """What the command is known by where one name must do."""
        return self.list_id or self.legs[0].cl_ord_id


@final
class CancelList(msgspec.Struct, frozen=True, gc=False):
    """FIX 35=K: every leg of a list that is open. The session's port, which knows the list, says whose it is and
    where."""

    session_id: int
    list_id: str
    account_id: int = 0
    symbol_id: int = 0
    in_from: int = 0
    in_seq: int = 0

    @property
    def cl_ord_id(self) -> str:
        """What the command is known by: it has no ClOrdID of its own."""
        return self.list_id


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
class Changes(msgspec.Struct, frozen=True, gc=False):
    """What a replace changes of an order's special terms; None = stays."""

    stop_px: Px | None = None
    display_qty: Qty | None = None
    min_qty: Qty | None = None
    peg_offset: Px | None = None
    expire_ns: int | None = None


@final
class ReplaceOrder(msgspec.Struct, frozen=True, gc=False):
    """FIX 35=G. ``order_qty`` is the new total quantity, what has been filled included; ``px`` 0 keeps the price of an
    order that has no limit of its own."""

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
    changes: Changes | None = None


@final
class MassCancel(msgspec.Struct, frozen=True, gc=False):
    """FIX 35=q: an account's orders, of one symbol, side and session or of all (``ANY``)."""

    session_id: int
    cl_ord_id: str
    account_id: int
    symbol_id: int = ANY
    side: Side | int = ANY
    in_from: int = 0
    in_seq: int = 0
    of_session: int = ANY
    """Only the orders that this session entered."""
    request_type: str = ""
    """FIX 530 MassCancelRequestType as the client said it; empty where it said none."""


@final
class RejectCommand(msgspec.Struct, frozen=True, gc=False):
    """A command that a gateway could read but must refuse by the venue's rules; its outcome is journaled like any."""

    command: NewOrder | NewList | CancelOrder | ReplaceOrder | MassCancel
    reason: int
    """OrdRejReason, CxlRejReason or, for a mass cancel, FIX 532 MassCancelRejectReason."""
    text: str
    symbol: str = ""
    """What the client named, where it is no listed symbol."""
    side: str = ""
    """FIX 54 as the client said it, where the venue has no such side; the command's own then means nothing."""


ClientCommand: TypeAlias = NewOrder | NewList | CancelList | CancelOrder | ReplaceOrder | MassCancel | RejectCommand


# ---- of operators and timers, to one book -------------------------------------------------------------------------


@final
class SetInstrumentStatus(msgspec.Struct, frozen=True, gc=False):
    """Halt, resume, maintenance. DELISTED cancels every order first, and is final."""

    symbol_id: int
    status: InstrumentStatus
    operator: str


@final
class SetTradingPhase(msgspec.Struct, frozen=True, gc=False):
    """Of the schedule (``operator`` empty) or of an operator."""

    symbol_id: int
    phase: TradingPhase
    operator: str = ""
    reason: str = ""


@final
class SetReferencePrice(msgspec.Struct, frozen=True, gc=False):
    """What static bands are measured from, auctions fall back to and reference triggers watch."""

    symbol_id: int
    px: Px
    operator: str


@final
class ChangeInstrument(msgspec.Struct, frozen=True, gc=False):
    """New rules (tick, lot, limits, fees, bands, schedule) under the same id and symbol; resting orders stay as they
    are."""

    instrument: Instrument
    operator: str


@final
class CancelBook(msgspec.Struct, frozen=True, gc=False):
    """Cancel every order in one book, whoever's."""

    symbol_id: int
    operator: str
    reason: int
    """CancelReason."""


@final
class BustTrade(msgspec.Struct, frozen=True, gc=False):
    """Undo a trade. The images are the parties' newest; the book's own take their place where the orders are open."""

    trade: TradeExecuted
    aggressor: OrderImage
    resting: OrderImage
    operator: str
    reason: str


@final
class CorrectTrade(msgspec.Struct, frozen=True, gc=False):
    """Settle a trade at another price or (smaller) quantity."""

    trade: TradeExecuted
    aggressor: OrderImage
    resting: OrderImage
    px: Px
    qty: Qty
    operator: str
    reason: str


@final
class AdvanceTime(msgspec.Struct, frozen=True, gc=False):
    """A timer's firing: orders good till a date expire, limit states, pauses and timed auctions end, the indicative
    price is published."""

    symbol_id: int


@final
class ExpireDayOrders(msgspec.Struct, frozen=True, gc=False):
    """The instrument's daily roll: a timer's firing."""

    symbol_id: int
    day: str
    """The trading day that ends, named by the date (ISO, in the instrument's zone) of the roll that ends it."""


@final
class Continue(msgspec.Struct, frozen=True, gc=False):
    """Go on with what a bounded record left undone: an uncross, a cascade of triggers."""

    symbol_id: int


@final
class CancelAll(msgspec.Struct, frozen=True, gc=False):
    """Part of a request that touches many books: every order of ``account_id`` (and side) in one book."""

    request_id: int
    account_id: int
    side: Side | int
    reason: int
    of_session: int = ANY
    """Only the orders that this session sent."""
    end: SessionEnd | None = None
    """Of those only the ones that this end of the session cancels; None = all."""
