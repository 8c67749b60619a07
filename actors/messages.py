"""What actors tell one another. Commands and events are :mod:`engine`'s; these carry them between mailboxes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, final

import msgspec

from engine.book import Book
from engine.commands import (
    AdvanceTime,
    BustTrade,
    CancelAll,
    CancelBook,
    CancelList,
    CancelOrder,
    ChangeInstrument,
    Continue,
    CorrectTrade,
    ExpireDayOrders,
    MassCancel,
    NewList,
    NewOrder,
    ReplaceOrder,
    SetInstrumentStatus,
    SetReferencePrice,
    SetTradingPhase,
)
from engine.events import Event, Record
from engine.queries import Answer, DepthQuery
from engine.reports import Report
from engine.session_end import SessionEnd
from engine.types import Amount

OnDurable: TypeAlias = Callable[[int], None]
"""Called with the journal sequence once that record is durable and its consequences are on their way."""


@final
class Outcome(msgspec.Struct, frozen=True, gc=False):
    """The events of one completed command, on their way to the journal: one record."""

    session_id: int
    in_from: int
    in_seq: int
    events: list[Event]
    done: OnDurable | None = None


@final
class Barrier(msgspec.Struct, frozen=True, gc=False):
    """Passes the journal in its place among the outcomes, so what it carries leaves when all before it is durable."""

    pass_on: OnDurable
    """Called with the sequence of the last record before it."""


ToJournal: TypeAlias = Outcome | Barrier


@final
class Entry(msgspec.Struct, frozen=True, gc=False):
    """A durable record, or a barrier whose time has come (``record`` None), on its way to the publisher."""

    seq: int
    record: Record | None
    done: OnDurable | None


@final
class JournalLost(msgspec.Struct, frozen=True, gc=False):
    """The journal can't write any more: nothing will be acknowledged again (design §7.10)."""

    reason: str


ToPublisher: TypeAlias = Entry | JournalLost


@final
class Settle(msgspec.Struct, frozen=True, gc=False):
    """An account's events of the durable batch that ends with ``seq``."""

    seq: int
    events: list[Event]


@final
class Collect(msgspec.Struct, frozen=True, gc=False):
    """The batch's fees, for the venue's own account."""

    seq: int
    asset: str
    amount: Amount


@final
class Transfer(msgspec.Struct, frozen=True, gc=False):
    """An operator deposits (``amount`` > 0) or withdraws (< 0)."""

    asset: str
    amount: Amount
    operator: str
    done: OnDurable
    refused: Callable[[str], None]


@final
class SetBlocked(msgspec.Struct, frozen=True, gc=False):
    """An operator blocks an account (its orders are cancelled, its cancels still pass) or lets it trade again."""

    blocked: bool
    operator: str
    done: OnDurable


@final
class CancelOrders(msgspec.Struct, frozen=True, gc=False):
    """An operator cancels an account's open orders: all of them, or those that one session sent (else 0)."""

    of_session: int
    operator: str
    done: OnDurable
    """Called when every one is cancelled."""
    refused: Callable[[str], None]


@final
class CancelEnded(msgspec.Struct, frozen=True, gc=False):
    """A session has ended: the account's orders that this cancels are to go."""

    session_id: int
    end: SessionEnd
    refused: Callable[[str], None]


@final
class ResumeMassCancels(msgspec.Struct, frozen=True, gc=False):
    """At start: drive on what a crash left unfinished (design §7.6)."""


@final
class Behind(msgspec.Struct, frozen=True, gc=False):
    """A refusal that a port has decided on itself, on the way of the command before it: what a session sends in order
    is answered in order."""

    symbol_id: int
    """Of that command; 0 where it went to no single book."""
    outcome: Outcome


ToAccount: TypeAlias = (
    NewOrder
    | NewList
    | CancelList
    | CancelOrder
    | ReplaceOrder
    | MassCancel
    | Settle
    | Collect
    | Transfer
    | SetBlocked
    | CancelOrders
    | CancelEnded
    | ResumeMassCancels
    | Behind
)


@final
class InspectBook(msgspec.Struct, frozen=True, gc=False):
    """Look at a book as it stands between two commands; what was seen passes on when all before it is durable."""

    read: Callable[[Book], object]
    """Called once, with the book, which it must not change or keep."""
    answer: Callable[[int, object], None]
    """Called with the last sequence that it shows and what ``read`` returned; None where the book has failed."""


@final
class DepthRequest(msgspec.Struct, frozen=True, gc=False):
    query: DepthQuery
    answer: Callable[[Answer], None]


BookOperation: TypeAlias = (
    SetInstrumentStatus
    | SetTradingPhase
    | SetReferencePrice
    | ChangeInstrument
    | CancelBook
    | BustTrade
    | CorrectTrade
    | AdvanceTime
    | ExpireDayOrders
    | Continue
)
"""What operators and timers ask of one book."""


@final
class Operate(msgspec.Struct, frozen=True, gc=False):
    """An operator's or a timer's command to a book."""

    command: BookOperation
    done: OnDurable | None = None
    refused: Callable[[str], None] | None = None
    """Called instead of ``done``, with the reason, when the book does not carry it out."""


ToBook: TypeAlias = (
    NewOrder
    | NewList
    | CancelList
    | CancelOrder
    | ReplaceOrder
    | CancelAll
    | DepthRequest
    | InspectBook
    | Operate
    | Behind
)


@final
class Delivery(msgspec.Struct, frozen=True, gc=False):
    """A session's part of the durable batch that ends with ``seq``."""

    seq: int
    outcomes: list[Record]
    """Records of commands that the session sent."""
    reports: list[Report]
    """In order, those that the session's state follows silently among them."""
    silent: int = 0
    """How many those are."""

    @property
    def told(self) -> int:
        """How many of the reports carry an outbound number."""
        return len(self.reports) - self.silent


@final
class Deliver(msgspec.Struct, frozen=True, gc=False):
    """An answer whose time has come."""

    answer: Answer


@final
class SessionEvent(msgspec.Struct, frozen=True, gc=False):
    """A durable event about the session itself, or about all of them, in its place among the deliveries."""

    seq: int
    event: Event


@final
class Disconnect(msgspec.Struct, frozen=True, gc=False):
    reason: str


@final
class MarketArrived(msgspec.Struct, frozen=True, gc=False):
    """Market data that the session's connection listens to has gathered (:mod:`actors.subscriptions`)."""


MARKET_ARRIVED = MarketArrived()

ToPort: TypeAlias = Delivery | Deliver | SessionEvent | Disconnect | MarketArrived
