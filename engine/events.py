"""What happened. Events are past tense, carry results (never recipes), and are all that the journal holds.

An :class:`~engine.image.OrderImage` is an order's whole absolute state after an event, so that reports, settlement and
replay need nothing but the event itself (design §7.2). A :class:`Record` is one atomic outcome: the events of one
command on one book, the inbound numbers that it accounts for and the outbound numbers of its reports.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, final

import msgspec

from engine.image import OrderImage
from engine.instrument import Instrument
from engine.types import (
    Activation,
    Amount,
    CancelReason,
    InstrumentStatus,
    Px,
    Qty,
    RestateReason,
    TradingPhase,
    UpdateCause,
)


class _Event(msgspec.Struct, frozen=True, array_like=True, gc=False):
    pass


class _OrderEvent(_Event, frozen=True):
    """About one order: ``order`` is its state afterwards."""

    order: OrderImage


@final
class OrderAccepted(_OrderEvent, frozen=True, tag=1):
    """The book has taken the order in."""


@final
class TradeExecuted(_Event, frozen=True, tag=2):
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
class TradeBusted(_Event, frozen=True, tag=15):
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


@final
class TradeCorrected(_Event, frozen=True, tag=16):
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


@final
class CancelRejected(_Event, frozen=True, tag=7):
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
class MassCancelRequested(_Event, frozen=True, tag=8):
    """Starts what touches many books; ``symbol_ids`` lists its parts (design §7.6)."""

    request_id: int
    session_id: int
    account_id: int
    cl_ord_id: str
    symbol_id: int
    side: int
    symbol_ids: list[int]
    reason: CancelReason


@final
class MassCancelPartDone(_Event, frozen=True, tag=9):
    """One book has cancelled its part; the ``OrderCanceled`` events stand before it in the same record."""

    request_id: int
    symbol_id: int
    canceled: int


@final
class MassCancelCompleted(_Event, frozen=True, tag=10):
    """FIX 35=r with 531 as requested: every part is done."""

    request_id: int
    session_id: int
    account_id: int
    cl_ord_id: str
    symbol_id: int
    side: int
    total_affected: int


@final
class MassCancelRejected(_Event, frozen=True, tag=11):
    """FIX 35=r with 531=0."""

    session_id: int
    account_id: int
    cl_ord_id: str
    reason: int
    text: str


@final
class InstrumentListed(_Event, frozen=True, tag=20):
    """A new instrument, or (same ``symbol_id``) an existing one with changed rules."""

    instrument: Instrument
    operator: str = ""


@final
class InstrumentStatusChanged(_Event, frozen=True, tag=21):
    symbol_id: int
    status: InstrumentStatus
    operator: str


@final
class DayOrdersExpired(_Event, frozen=True, tag=22):
    """A trading day of the instrument is over, the one that the roll of date ``day`` ends; the ``OrderExpired`` events
    stand before it."""

    symbol_id: int
    day: str


@final
class TradingPhaseChanged(_Event, frozen=True, tag=23):
    symbol_id: int
    phase: TradingPhase
    until_ns: int
    """When the book itself ends the phase; 0 = when it is told to."""
    operator: str = ""
    """Empty where the schedule or the book's own protection changed it."""
    reason: str = ""


@final
class AuctionIndicated(_Event, frozen=True, tag=24):
    """What an uncross would do now (FIX 269=Q): ``qty`` at ``px``, both 0 when nothing would trade."""

    symbol_id: int
    px: Px
    qty: Qty
    surplus: int
    """Buy minus sell quantity left over at ``px``; signed."""


@final
class AuctionStarted(_Event, frozen=True, tag=25):
    """The uncross: trades of ``qty`` in all at ``px`` (0: none) follow, in this record and in those right after it."""

    symbol_id: int
    px: Px
    qty: Qty
    phase: TradingPhase
    """The phase that begins when it is done."""
    operator: str = ""
    reason: str = ""


@final
class AuctionEnded(_Event, frozen=True, tag=26):
    """The uncross is complete: every order that was for this auction only is gone. ``px`` is the new reference price;
    0 = nothing traded."""

    symbol_id: int
    phase: TradingPhase
    """The phase that it ended."""
    px: Px
    qty: Qty


@final
class ReferencePriceSet(_Event, frozen=True, tag=27):
    symbol_id: int
    px: Px
    operator: str


@final
class LimitStateChanged(_Event, frozen=True, tag=28):
    """The touch of ``side`` stands at the edge of the dynamic band until ``until_ns``, or (side 0) no longer does."""

    symbol_id: int
    side: int
    until_ns: int
    reference_px: Px
    """What the band is measured from meanwhile."""


@final
class AccountOpened(_Event, frozen=True, tag=30):
    """A new account, or (same ``account_id``) an existing one with changed limits. 0 = no limit."""

    account_id: int
    name: str
    firm: str
    max_order_qty: Qty = 0
    max_order_notional: Amount = 0


@final
class AccountBlocked(_Event, frozen=True, tag=31):
    """``blocked`` accounts send no new orders; their cancels still pass."""

    account_id: int
    blocked: bool
    operator: str


@final
class Deposited(_Event, frozen=True, tag=32):
    account_id: int
    asset: str
    amount: Amount
    operator: str


@final
class Withdrawn(_Event, frozen=True, tag=33):
    account_id: int
    asset: str
    amount: Amount
    operator: str


@final
class SessionOpened(_Event, frozen=True, tag=40):
    """A client's session, or (same ``session_id``) an existing one with changed rights.

    ``protocol`` is ``FIX.4.2``, ``FIX.4.4`` or ``SOUPBIN``: BeginString is part of a FIX session's identity.
    ``credential`` is a salted hash, never a password.
    """

    session_id: int
    protocol: str
    comp_id: str
    target_comp_id: str
    username: str
    credential: str
    firm: str
    account_ids: list[int]
    default_account_id: int
    enabled: bool = True


@final
class SessionLoggedOn(_Event, frozen=True, tag=41):
    """The session's client is there. ``reset``: both directions count from 1 again (FIX 141=Y), a new ``epoch``."""

    session_id: int
    epoch: int
    reset: bool
    in_next: int
    out_next: int
    reissue_from: int = 0
    """With ``reset``: reports of the old epoch numbered from here on were never confirmed and are sent again as new
    messages, PossResend=Y, numbered from ``out_next`` on; 0 = none."""


@final
class SessionLoggedOut(_Event, frozen=True, tag=42):
    """Exact numbers at a logout. ``confirmed``: the client answered, so all that was sent has arrived."""

    session_id: int
    in_next: int
    out_next: int
    confirmed: bool


@final
class NumbersReserved(_Event, frozen=True, tag=43):
    """Outbound numbers below ``out_limit`` may be used by messages that are not journaled (design §7.8)."""

    session_id: int
    out_limit: int


@final
class TradingDayRolled(_Event, frozen=True, tag=44):
    """The venue's trading day that the roll of date ``day`` ends is over: its ClOrdIDs may be used again, but those of
    open orders."""

    day: str


@final
class StateHashed(_Event, frozen=True, tag=50):
    """The live state's digest at this point; ``journal verify`` compares it with the fold's."""

    digest: str


Event: TypeAlias = (
    OrderAccepted
    | TradeExecuted
    | OrderCanceled
    | OrderExpired
    | OrderReplaced
    | OrderRejected
    | OrderTriggered
    | OrderRestated
    | OrderUpdated
    | TradeBusted
    | TradeCorrected
    | CancelRejected
    | MassCancelRequested
    | MassCancelPartDone
    | MassCancelCompleted
    | MassCancelRejected
    | InstrumentListed
    | InstrumentStatusChanged
    | DayOrdersExpired
    | TradingPhaseChanged
    | AuctionIndicated
    | AuctionStarted
    | AuctionEnded
    | ReferencePriceSet
    | LimitStateChanged
    | AccountOpened
    | AccountBlocked
    | Deposited
    | Withdrawn
    | SessionOpened
    | SessionLoggedOn
    | SessionLoggedOut
    | NumbersReserved
    | TradingDayRolled
    | StateHashed
)


@final
class Record(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One atomic outcome, as the journal holds it.

    ``session_id`` is the session that asked (0: the venue itself) and ``in_from``..``in_seq`` the inbound numbers that
    are accounted for; ``out`` holds one outbound number per report, in the order of ``events`` (a trade reports to its
    aggressor, then to its resting order).
    """

    time_ns: int
    session_id: int
    in_from: int
    in_seq: int
    out: list[int]
    events: list[Event]
    version: Literal[2] = 2
    """How orders are written; :mod:`engine.legacy` reads what older records hold."""
