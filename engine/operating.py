"""What operators and timers do to a book (docs/order-book.md §5–§7)."""

from __future__ import annotations

from heapq import heappop
from typing import TypeAlias

from engine import uncross
from engine.book_fold import BookFold
from engine.busting import bust, correct
from engine.commands import (
    BustTrade,
    ChangeInstrument,
    CorrectTrade,
    ExpireDayOrders,
    SetInstrumentStatus,
    SetReferencePrice,
    SetTradingPhase,
)
from engine.events import (
    Event,
    InstrumentListed,
    InstrumentStatusChanged,
    ReferencePriceSet,
)
from engine.matching import expire
from engine.phases import pause
from engine.refused import CommandRefused
from engine.types import INT64_MAX, CancelReason, InstrumentStatus, TradingPhase

BookCommand: TypeAlias = (
    SetInstrumentStatus | SetTradingPhase | SetReferencePrice | ChangeInstrument | BustTrade | CorrectTrade
)
MOVES_REFERENCE = (SetReferencePrice, SetTradingPhase, SetInstrumentStatus, ChangeInstrument)

LIMIT_STATE = "limit state"

_ACTIVE = InstrumentStatus.ACTIVE


def operate(book: BookFold, command: BookCommand) -> list[Event]:
    """The events of an operator's or the schedule's command, but for what they set off.

    Raises:
        CommandRefused: it cannot be done.
    """
    if isinstance(command, SetTradingPhase):
        return _set_phase(book, command)
    if isinstance(command, BustTrade):
        return bust(book, command)
    if isinstance(command, CorrectTrade):
        return correct(book, command)
    if isinstance(command, SetInstrumentStatus):
        event: Event = _status(book, command)
    elif isinstance(command, SetReferencePrice):
        if not 0 < command.px <= INT64_MAX:
            raise CommandRefused("a reference price must be positive, and no more than a price can be")
        event = ReferencePriceSet(command.symbol_id, command.px, command.operator)
    else:
        event = _changed(book, command)
    events = [event]
    book.apply(events)
    return events


def _set_phase(book: BookFold, command: SetTradingPhase) -> list[Event]:
    if book.status is InstrumentStatus.DELISTED:
        raise CommandRefused(f"{book.instrument.symbol} is delisted")
    events: list[Event] = []
    if book.status is not _ACTIVE and book.phase.collects and not command.phase.collects:
        raise CommandRefused(f"{book.instrument.symbol} is {book.status.name}: leaving this phase would trade")
    if command.phase is not book.phase:
        uncross.begin_phase(book, command.phase, command.operator, command.reason, events)
    return events


def _status(book: BookFold, command: SetInstrumentStatus) -> Event:
    if book.status is InstrumentStatus.DELISTED:
        raise CommandRefused(f"{book.instrument.symbol} is delisted")
    if command.status is InstrumentStatus.DELISTED and len(book):
        raise CommandRefused(f"{book.instrument.symbol} still has orders")
    return InstrumentStatusChanged(command.symbol_id, command.status, command.operator)


def _changed(book: BookFold, command: ChangeInstrument) -> Event:
    now, then = book.instrument, command.instrument
    if (then.symbol_id, then.symbol, then.base, then.quote) != (now.symbol_id, now.symbol, now.base, now.quote):
        raise CommandRefused("an instrument's id, symbol and assets cannot be changed")
    return InstrumentListed(then, command.operator)


# ---- timers -------------------------------------------------------------------------------------------------------


def advance(book: BookFold, limit: int, events: list[Event]) -> bool:
    """What is due by now; True when nothing more is."""
    done = _expire_dated(book, limit, events)
    if not done or book.status is not _ACTIVE:
        return done
    state = book.limit_state
    if state is not None and state.until_ns <= book.now_ns:
        pause(book, LIMIT_STATE, events)
    elif book.phase_until_ns and book.phase_until_ns <= book.now_ns:
        following = (
            TradingPhase.REOPENING_AUCTION if book.phase is TradingPhase.VOLATILITY_PAUSE else TradingPhase.CONTINUOUS
        )
        uncross.begin_phase(book, following, "", "", events)
    events += uncross.indicate(book)
    book.looked_ns = book.now_ns
    return done


def next_deadline_ns(book: BookFold) -> int:
    """The earliest moment at which :func:`advance` has something to do; 0 = there is none."""
    deadlines = []
    if book.expiries:
        deadlines.append(book.expiries[0][0])
    if book.status is _ACTIVE:
        if book.limit_state is not None:
            deadlines.append(book.limit_state.until_ns)
        if book.phase_until_ns:
            deadlines.append(book.phase_until_ns)
        if book.phase in uncross.AUCTIONS:
            deadlines.append(max(book.indicated_ns, book.looked_ns) + uncross.INDICATION_INTERVAL_NS)
    return min(deadlines, default=0)


def _expire_dated(book: BookFold, limit: int, events: list[Event]) -> bool:
    """Expire orders good till a date that has come; True when none is left."""
    expiries = book.expiries
    expired = 0
    while expiries and expiries[0][0] <= book.now_ns:
        expire_ns, order_id = expiries[0]
        order = book.orders.get(order_id)
        special = None if order is None else order.image.terms.special
        is_due = special is not None and special.expire_ns == expire_ns
        if is_due and expired == limit:
            return False
        heappop(expiries)
        if is_due and order is not None:
            expire(book, order, CancelReason.GOOD_TILL_DATE, events)
            expired += 1
    return True


def expire_day(book: BookFold, limit: int, events: list[Event]) -> bool:
    """Expire orders that are good for the day or missed their auction, about ``limit``; True when none is left."""
    orders, done = book.next_due(ExpireDayOrders, book.good_for_the_day, limit)
    for order in orders:
        still = book.find_open(order.image)
        if still is not None:
            expire(book, still, CancelReason.END_OF_DAY, events)
    return done
