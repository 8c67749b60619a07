"""What happened. Events are past tense, carry results (never recipes), and are all that the journal holds.

An :class:`~engine.image.OrderImage` is an order's whole absolute state after an event, so that reports, settlement and
replay need nothing but the event itself (design §7.2). A :class:`Record` is one atomic outcome: the events of one
command on one book, the inbound numbers that it accounts for and the outbound numbers of its reports.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, final

import msgspec

from engine.book_events import (
    AuctionEnded,
    AuctionIndicated,
    AuctionStarted,
    BookCanceled,
    DayOrdersExpired,
    InstrumentListed,
    InstrumentStatusChanged,
    LimitStateChanged,
    ReferencePriceSet,
    TradingPhaseChanged,
)
from engine.order_events import (
    CancelRejected,
    ListCanceled,
    MassCancelCompleted,
    MassCancelPartDone,
    MassCancelRejected,
    MassCancelRequested,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    OrderRestated,
    OrderTriggered,
    OrderUpdated,
    TradeBusted,
    TradeCorrected,
    TradeExecuted,
)
from engine.venue_events import (
    AccountBlocked,
    AccountOpened,
    Deposited,
    NumbersReserved,
    SessionConfigured,
    SessionConnected,
    SessionLapsed,
    SessionLoggedOn,
    SessionLoggedOut,
    SessionOpened,
    SessionRemoved,
    SessionResetRequested,
    StateHashed,
    TradingDayRolled,
    Withdrawn,
)

__all__ = [
    "AccountBlocked",
    "AccountOpened",
    "AuctionEnded",
    "AuctionIndicated",
    "AuctionStarted",
    "BookCanceled",
    "CancelRejected",
    "DayOrdersExpired",
    "Deposited",
    "Event",
    "InstrumentListed",
    "InstrumentStatusChanged",
    "LimitStateChanged",
    "ListCanceled",
    "MassCancelCompleted",
    "MassCancelPartDone",
    "MassCancelRejected",
    "MassCancelRequested",
    "NumbersReserved",
    "OrderAccepted",
    "OrderCanceled",
    "OrderExpired",
    "OrderRejected",
    "OrderReplaced",
    "OrderRestated",
    "OrderTriggered",
    "OrderUpdated",
    "Record",
    "ReferencePriceSet",
    "SessionConfigured",
    "SessionConnected",
    "SessionLapsed",
    "SessionLoggedOn",
    "SessionLoggedOut",
    "SessionOpened",
    "SessionRemoved",
    "SessionResetRequested",
    "StateHashed",
    "TradeBusted",
    "TradeCorrected",
    "TradeExecuted",
    "TradingDayRolled",
    "TradingPhaseChanged",
    "Withdrawn",
]

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
    | ListCanceled
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
    | BookCanceled
    | AccountOpened
    | AccountBlocked
    | Deposited
    | Withdrawn
    | SessionOpened
    | SessionRemoved
    | SessionLoggedOn
    | SessionLoggedOut
    | SessionConnected
    | SessionConfigured
    | SessionLapsed
    | SessionResetRequested
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
    copies: tuple[int, ...] = ()
    """Three numbers for each report that a drop copy is told of: the drop copy's session, the report's position, and
    the drop copy's own outbound number."""
