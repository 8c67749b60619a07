"""What happened to orders and trades."""

from __future__ import annotations

from typing import final

from engine.event_base import EventBase
from engine.image import OrderImage
from engine.session_end import SessionEnd
from engine.types import (
    Activation,
    Amount,
    CancelReason,
    Px,
    Qty,
    RestateReason,
    UpdateCause,
)


class _OrderEvent(EventBase, frozen=True):
    """About one order: ``order`` is its state afterwards."""

    order: OrderImage


@final
class OrderAccepted(_OrderEvent, frozen=True, tag=1):
    """The book has taken the order in."""


@final
class TradeExecuted(EventBase, frozen=True, tag=2):
    """``aggressor`` took what ``resting`` offered, at the resting order's price."""

    trade_id: int
    px: Px
    qty: Qty
    aggressor: OrderImage
    resting: OrderImage
    aggressor_fee: Amount
    resting_fee: Amount
    uncross: bool = False
    """Made by an auction: ``aggressor`` is the buy, ``resting`` the sell, both pay the maker's fee."""


@final
class OrderCanceled(_OrderEvent, frozen=True, tag=3):
    reason: CancelReason
    cl_ord_id: str = ""
    """The cancel request's ClOrdID; empty where nobody asked for it."""
    request_id: int = 0
    """The :class:`MassCancelRequested` that this is part of."""


@final
class ListCanceled(EventBase, frozen=True, tag=17):
    """FIX 35=K: a session has cancelled a list. The ``OrderCanceled`` of its open legs follow in the same record."""

    session_id: int
    list_id: str
    legs: int
    """How many those are."""


@final
class OrderExpired(_OrderEvent, frozen=True, tag=4):
    reason: CancelReason


@final
class OrderReplaced(_OrderEvent, frozen=True, tag=5):
    orig_cl_ord_id: str
    kept_priority: bool


@final
class OrderRejected(_OrderEvent, frozen=True, tag=6):
    """``order`` is what was asked for, ``live`` the order whose ClOrdID it repeats (FIX 4.2 appendix D, D31)."""

    reason: int
    text: str
    symbol: str = ""
    live: OrderImage | None = None
    side: str = ""
    """FIX 54 as the client said it, where the venue has no such side."""


@final
class OrderTriggered(_OrderEvent, frozen=True, tag=12):
    """A waiting order is active (FIX 150=L): it is matched in its turn, or waits for its own trigger now."""

    activation: Activation


@final
class OrderRestated(_OrderEvent, frozen=True, tag=13):
    """The venue changed the order; its owner is told (FIX 150=D)."""

    reason: RestateReason


@final
class OrderUpdated(_OrderEvent, frozen=True, tag=14):
    """The order's place, stop price or hold is another now; nobody is told."""

    cause: UpdateCause


@final
class TradeBusted(EventBase, frozen=True, tag=15):
    """A trade never was (FIX 150=H). The images are the parties' orders afterwards, with less filled; what was traded
    does not come back to life. ``px`` and ``qty`` are the trade's; each fee is what its party is paid back."""

    trade_id: int
    px: Px
    qty: Qty
    aggressor: OrderImage
    resting: OrderImage
    aggressor_fee: Amount
    resting_fee: Amount
    operator: str
    reason: str
    revision: int = 0
    """How often it had been corrected before."""


@final
class TradeCorrected(EventBase, frozen=True, tag=16):
    """A trade is settled at another price or quantity (FIX 150=G); the fees are the new ones."""

    trade_id: int
    px: Px
    qty: Qty
    aggressor: OrderImage
    resting: OrderImage
    aggressor_fee: Amount
    resting_fee: Amount
    old_px: Px
    old_qty: Qty
    old_aggressor_fee: Amount
    old_resting_fee: Amount
    operator: str
    reason: str
    revision: int = 0
    """How often it had been corrected before."""


@final
class CancelRejected(EventBase, frozen=True, tag=7):
    """FIX 35=9, in answer to a cancel (434=1) or, if ``is_replace``, to a replace (434=2)."""

    session_id: int
    account_id: int
    cl_ord_id: str
    orig_cl_ord_id: str
    is_replace: bool
    reason: int
    text: str
    order: OrderImage | None = None


@final
class MassCancelRequested(EventBase, frozen=True, tag=8):
    """Starts what touches many books; ``symbol_ids`` lists its parts (design §7.6)."""

    request_id: int
    session_id: int
    account_id: int
    cl_ord_id: str
    symbol_id: int
    side: int
    symbol_ids: list[int]
    reason: CancelReason
    operator: str = ""
    """Empty where the account's own session asked."""
    of_session: int = 0
    """Only the orders that this session sent; 0 = of every session."""
    end: SessionEnd | None = None
    """Of those only the ones that this end of the session cancels; None = all."""


@final
class MassCancelPartDone(EventBase, frozen=True, tag=9):
    """One book has cancelled its part; the ``OrderCanceled`` events stand before it in the same record."""

    request_id: int
    symbol_id: int
    canceled: int


@final
class MassCancelCompleted(EventBase, frozen=True, tag=10):
    """FIX 35=r with 531 as requested: every part is done."""

    request_id: int
    session_id: int
    account_id: int
    cl_ord_id: str
    symbol_id: int
    side: int
    total_affected: int


@final
class MassCancelRejected(EventBase, frozen=True, tag=11):
    """FIX 35=r with 531=0."""

    session_id: int
    account_id: int
    cl_ord_id: str
    reason: int
    text: str
    request_type: str = ""
    """FIX 530 as the client said it; empty where it said none, and in older records. So is what follows."""
    symbol_id: int = 0
    symbol: str = ""
    """What the client named, where it is no listed symbol."""
    side: int = 0
