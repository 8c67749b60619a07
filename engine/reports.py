"""Who must be told of an event: the one place that says which reports a record makes, and in which order.

The journal stamps outbound numbers, the publisher delivers and a resend re-reads by the same functions, so they
cannot disagree.

A session is not told of every step of its orders: where a peg moves or a stop trails, its state follows by a silent
report, which carries no number and goes no further than the session's port.

A drop copy is told of every report that is about an order or a trade of the sessions it watches (FIX 35=8), in a report
of its own number that holds the original (:class:`Copied`).
"""

from __future__ import annotations

from collections import defaultdict

import msgspec

from engine.events import (
    CancelRejected,
    Event,
    MassCancelCompleted,
    MassCancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    OrderRestated,
    OrderTriggered,
    OrderUpdated,
    Record,
    SessionLoggedOn,
    TradeBusted,
    TradeCorrected,
    TradeExecuted,
)
from engine.image import OrderImage

_ORDER_EVENTS = frozenset(
    {OrderAccepted, OrderCanceled, OrderExpired, OrderReplaced, OrderRejected, OrderTriggered, OrderRestated}
)
# The exact type is asked for, not isinstance: on msgspec's classes a mismatch costs 58 ns there and 11 ns here.
_REPLIES = frozenset({CancelRejected, MassCancelCompleted, MassCancelRejected, SessionLoggedOn})
"""Events that answer a session without being about one order; a FIX Logon's reply is the report of its event."""
TRADES = frozenset({TradeExecuted, TradeBusted, TradeCorrected})
"""Events that both parties of a trade are told."""

SILENT = 0
"""The number of a report that its session's state follows and its client is not told."""


class Copied(msgspec.Struct, frozen=True, gc=False):
    """What a drop copy is told: a report of another session."""

    session_id: int
    """Whose report it is."""
    report: Report
    """As that session has it, with its number there."""


class Report(msgspec.Struct, frozen=True, gc=False):
    """One event as one session sees it.

    ``(seq, position)`` is unique for ever, also across restarts: a FIX ExecID is made of it.
    """

    number: int
    """The session's outbound number: FIX MsgSeqNum, SoupBinTCP sequence number; :data:`SILENT` = the client is not
    told."""
    seq: int
    """The journal sequence of the record."""
    position: int
    """Which of the record's reports this is, from 0; silent ones don't count."""
    time_ns: int
    event: Event | Copied
    order: OrderImage | None
    """The session's own order after the event; None where the event is about none, as a copy is."""
    resting: bool = False
    """Whether ``order`` is a trade's resting side."""


def addressees(events: list[Event]) -> list[int]:
    """The session of each report that ``events`` make, in order; 0 for an order that no session owns."""
    to: list[int] = []
    for event in events:
        if type(event) in _ORDER_EVENTS:
            to.append(event.order.terms.session_id)  # type: ignore[union-attr]
        elif type(event) in TRADES:
            to.append(event.aggressor.terms.session_id)  # type: ignore[union-attr]
            to.append(event.resting.terms.session_id)  # type: ignore[union-attr]
        elif type(event) in _REPLIES:
            to.append(event.session_id)  # type: ignore[union-attr]
    return to


def copied(events: list[Event]) -> list[int]:
    """As :func:`addressees`, with 0 for reports of which drop copies are not told: answers to requests."""
    of: list[int] = []
    for event in events:
        if type(event) in _ORDER_EVENTS:
            of.append(event.order.terms.session_id)  # type: ignore[union-attr]
        elif type(event) in TRADES:
            of.append(event.aggressor.terms.session_id)  # type: ignore[union-attr]
            of.append(event.resting.terms.session_id)  # type: ignore[union-attr]
        elif type(event) in _REPLIES:
            of.append(0)
    return of


def collect_reports(seq: int, record: Record, into: defaultdict[int, list[Report]]) -> None:
    """Append every report of a stamped record, silent ones in their place, to the list of its session; copies after
    the record's own reports, in order of their numbers.

    Session 0 stands for orders that no session owns.
    """
    if record.copies:
        _collect_with_copies(seq, record, into)
        return
    out, time_ns = record.out, record.time_ns
    at = 0
    for event in record.events:
        if type(event) in _ORDER_EVENTS:
            order: OrderImage = event.order  # type: ignore[union-attr, assignment]
            into[order.terms.session_id].append(Report(out[at], seq, at, time_ns, event, order))
        elif type(event) in TRADES:
            order = event.aggressor  # type: ignore[union-attr]
            into[order.terms.session_id].append(Report(out[at], seq, at, time_ns, event, order))
            at += 1
            order = event.resting  # type: ignore[union-attr]
            into[order.terms.session_id].append(Report(out[at], seq, at, time_ns, event, order, True))
        elif type(event) in _REPLIES:
            into[event.session_id].append(Report(out[at], seq, at, time_ns, event, None))  # type: ignore[union-attr]
        elif type(event) is OrderUpdated:
            into[event.order.terms.session_id].append(Report(SILENT, seq, at, time_ns, event, event.order))
            continue
        else:
            continue
        at += 1


def _collect_with_copies(seq: int, record: Record, into: defaultdict[int, list[Report]]) -> None:
    own: defaultdict[int, list[Report]] = defaultdict(list)
    collect_reports(seq, msgspec.structs.replace(record, copies=()), own)
    originals: dict[int, Copied] = {}
    for session_id, reports in own.items():
        into[session_id] += reports
        for report in reports:
            if report.number:
                originals[report.position] = Copied(session_id, report)
    copies, time_ns = record.copies, record.time_ns
    for at in range(0, len(copies), 3):
        position = copies[at + 1]
        into[copies[at]].append(Report(copies[at + 2], seq, position, time_ns, originals[position], None))
