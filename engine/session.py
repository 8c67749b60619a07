"""One client session as the journal knows it: its ClOrdIDs, its orders, its inbound and outbound numbers.

The outbox is a fold too: ``sent`` says which record of the journal carries an outbound number, so any report can be
read again from the journal and needs no store of its own (design §7.8, §7.12).
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable
from heapq import heappop, heappush
from typing import Final

from engine.events import (
    CancelRejected,
    MassCancelRejected,
    MassCancelRequested,
    OrderCanceled,
    OrderRejected,
    OrderReplaced,
    OrderUpdated,
    Record,
    SessionConfigured,
    SessionLapsed,
    SessionLoggedOn,
    SessionLoggedOut,
    SessionOpened,
    SessionResetRequested,
    TradeBusted,
    TradeCorrected,
    TradeExecuted,
)
from engine.image import OrderImage
from engine.outbox import Outbox
from engine.reports import SILENT, TRADES, Copied, Report, collect_reports
from engine.session_lists import SessionLists
from engine.types import CxlRejReason, OrdRejReason

IN_FLIGHT: Final = False
"""In ``orders``, live only: the name is that of a command whose outcome is not durable yet."""


class InboundNumbers:
    """Which inbound FIX MsgSeqNums have their outcome in the journal.

    ``next`` is the first hole: what a venue that comes back after a crash expects (design §7.7). ``ahead`` are the
    ranges beyond it, as a heap: a client's SequenceReset may make one of them span billions of numbers.
    """

    __slots__ = ("ahead", "next")

    def __init__(self) -> None:
        self.next = 1
        self.ahead: list[tuple[int, int]] = []

    def cover(self, first: int, last: int) -> None:
        """Numbers ``first``..``last`` are accounted for."""
        ahead = self.ahead
        if first == self.next and not ahead:
            self.next = last + 1
            return
        if first > self.next:
            heappush(ahead, (first, last))
            return
        self.next = max(self.next, last + 1)
        while ahead and ahead[0][0] <= self.next:
            self.next = max(self.next, heappop(ahead)[1] + 1)

    def has(self, number: int) -> bool:
        return number < self.next or any(first <= number <= last for first, last in self.ahead)

    def restart(self, number: int) -> None:
        """Expect ``number`` next: all before is accounted for, nothing after is."""
        self.next = number
        self.ahead.clear()


class SessionState:
    """What replay must reproduce of a session."""

    def __init__(self, opened: SessionOpened) -> None:
        self.opened = opened
        self.orders: dict[str, OrderImage | bool | None] = {}
        """The trading day's ClOrdIDs; None for those of cancels and refusals, IN_FLIGHT for what is undecided."""
        self.lists = SessionLists()
        self.open: dict[int, OrderImage] = {}
        """Open orders by OrderID."""
        self.inbound = InboundNumbers()
        self.sent = Outbox()
        self.traded = array("Q")
        """Journal sequences of the records that hold the trading day's trades of this session, busts and corrections
        included, oldest first; one that holds several comes up as often. Also those of earlier epochs."""
        self.out_next = 1
        self.out_limit = 1
        """Numbers below this may have gone out without being journaled."""
        self.epoch = 0
        self.confirmed = 0
        """The highest outbound number that the client is known to have."""
        self.reissued_upto = 0
        self.window_ns = 0
        """To which window of its schedule the epoch belongs, by when that began; 0 = to none."""
        self.reset_next = False
        """The next logon starts a new epoch, whatever the client asks for."""
        self.logged_on = False
        """A connection has begun whose end the journal does not tell."""
        self.logged_on_ns = 0
        """When the last one began; 0 = never."""
        self.lost = False
        """The last connection ended without a Logout of the client's."""
        self.lapsed = False
        """The client was not back in time then: what this cancels is being cancelled."""
        self.configured: SessionConfigured | None = None
        """By the client of the last connection."""

    # ---- fold -----------------------------------------------------------------------------------------------------

    def apply_outcomes(self, records: Iterable[Record]) -> None:
        """The records of commands that this session sent, in order."""
        cover = self.inbound.cover
        for record in records:
            if record.in_seq:
                cover(record.in_from, record.in_seq)
            first = record.events[0]
            if type(first) is MassCancelRequested:
                self._use_up(first.cl_ord_id)

    def apply_reports(self, reports: list[Report]) -> None:
        """Reports that this session was or will be sent, and silent ones, in order."""
        orders, open_orders, send = self.orders, self.open, self.sent.append
        number = self.out_next
        for report in reports:
            order = report.order
            if order is None or report.number != number:
                if type(report.event) is Copied and report.number == number:  # another's order, to be passed on
                    send(report.seq)
                    number += 1
                    continue
                self.out_next = number
                self._apply_rare(report)
                send = self.sent.append
                number = self.out_next
                continue
            send(report.seq)
            number += 1
            terms = order.terms
            if terms.special is not None and terms.special.link is not None:
                self.lists.follow(report, order, terms.special.link)
            if order.leaves_qty:  # it is open
                orders[terms.cl_ord_id] = order
                open_orders[terms.order_id] = order
                kind = type(report.event)
                if kind is OrderReplaced:
                    orders[report.event.orig_cl_ord_id] = order  # type: ignore[union-attr]
                elif kind in TRADES:
                    self.traded.append(report.seq)
            elif type(report.event) is TradeExecuted:
                orders[terms.cl_ord_id] = order
                open_orders.pop(terms.order_id, None)
                self.traded.append(report.seq)
            else:
                self._apply_ended(report, order)
        self.out_next = number

    def _apply_ended(self, report: Report, order: OrderImage) -> None:
        event = report.event
        terms = order.terms
        cl_ord_id = terms.cl_ord_id
        if type(event) is OrderRejected:
            if event.reason == OrdRejReason.DUPLICATE_ORDER:
                self.orders.setdefault(cl_ord_id, None)  # the name is another command's, perhaps one in flight
            elif not self.orders.get(cl_ord_id):
                self.orders[cl_ord_id] = order
            return
        if type(event) is TradeBusted or type(event) is TradeCorrected:
            self.traded.append(report.seq)
            known = self.orders.get(cl_ord_id)
            if isinstance(known, OrderImage) and known.terms.order_id == terms.order_id:
                self.orders[cl_ord_id] = order  # else the order is of an earlier day, and the name another's by now
            return
        self.orders[cl_ord_id] = order
        self.open.pop(terms.order_id, None)
        if type(event) is OrderCanceled:
            if event.cl_ord_id:
                self._use_up(event.cl_ord_id)
        elif type(event) is OrderReplaced:  # to what had been filled
            self.orders[event.orig_cl_ord_id] = order

    def _use_up(self, cl_ord_id: str) -> None:
        """The name of a command that is decided and made no order."""
        if not self.orders.get(cl_ord_id):
            self.orders[cl_ord_id] = None

    def _apply_rare(self, report: Report) -> None:
        """A silent report, one about no order, or one before which numbers went to messages that are not journaled."""
        event = report.event
        if type(event) is OrderUpdated:
            self._follow(report, event.order)
            return
        if isinstance(event, SessionLoggedOn):
            self._log_on(event, report)
            return
        self._skip_to(report.number)
        assert report.number == self.out_next, f"report {report.number} where {self.out_next} is next"
        if report.order is not None:
            self.apply_reports([report])
            return
        self.sent.append(report.seq)
        self.out_next += 1
        if isinstance(event, CancelRejected) and event.reason == CxlRejReason.DUPLICATE_CL_ORD_ID:
            self.orders.setdefault(event.cl_ord_id, None)
        elif isinstance(event, CancelRejected | MassCancelRejected):
            self._use_up(event.cl_ord_id)

    def _follow(self, report: Report, order: OrderImage) -> None:
        """An open order works, waits or holds otherwise now; the client hears of it when it asks."""
        terms = order.terms
        if terms.order_id in self.open:
            self.orders[terms.cl_ord_id] = self.open[terms.order_id] = order
            if terms.special is not None and terms.special.link is not None:
                self.lists.follow(report, order, terms.special.link)

    def apply_logged_out(self, event: SessionLoggedOut) -> None:
        self.inbound.restart(event.in_next)
        self._skip_to(event.out_next)
        self.out_limit = self.out_next
        if event.confirmed:
            self.confirmed = event.out_next - 1
        self.reset_next |= event.reset_next
        if self.logged_on:  # else this was an attempt that was refused, and nothing has ended
            self.logged_on, self.lost = False, event.lost

    def apply_connected(self) -> None:
        self.logged_on, self.lost, self.lapsed = True, False, False
        self.configured = None

    def apply_configured(self, event: SessionConfigured) -> None:
        self.configured = event

    def apply_lapsed(self, event: SessionLapsed) -> None:
        self.lost, self.lapsed = event.lost, True

    def apply_reset_requested(self, event: SessionResetRequested) -> None:
        self.reset_next = True

    def apply_reserved(self, out_limit: int) -> None:
        self.out_limit = max(self.out_limit, out_limit)

    def roll(self) -> None:
        """The trading day is over: only open orders keep their ClOrdIDs, and no older report is sent again unasked.

        What is in flight is decided in the new day, so its names belong to that.
        """
        undecided = [name for name, order in self.orders.items() if order is IN_FLIGHT]
        self.orders = {order.terms.cl_ord_id: order for order in self.open.values()}
        self.orders.update(dict.fromkeys(undecided, IN_FLIGHT))
        self.lists.roll()
        self.traded = array("Q")
        self.confirmed = self.out_next - 1

    def _skip_to(self, number: int) -> None:
        """Numbers below ``number`` that carried no report are used up."""
        if number > self.out_next:
            self.sent.skip_to(number)
            self.out_next = number

    def _log_on(self, event: SessionLoggedOn, report: Report) -> None:
        if event.reset:
            missed = self.unconfirmed() if event.reissue_from else []
            self.epoch = event.epoch
            self.sent = Outbox()
            self.sent.skip_to(event.out_next + 1)
            for seq in missed:
                self.sent.append(seq)
            self.inbound = InboundNumbers()
            self.out_next = self.out_limit = self.sent.next
            self.reissued_upto = self.out_next - 1 if missed else 0
            self.confirmed = 0
            self.reset_next = False
        else:
            self._skip_to(report.number + 1)
        self.inbound.restart(event.in_next)
        self.window_ns = event.window_ns
        self.apply_connected()
        self.logged_on_ns = report.time_ns

    def unconfirmed(self) -> list[int]:
        """Journal sequences of the reports that the client is not known to have, oldest first."""
        return [seq for _, seq in self.sent.reports(self.confirmed + 1, self.out_next)]

    def resume(self) -> int:
        """The first outbound number that certainly was not used: past the reserve, unless the last end was clean."""
        return max(self.out_next, self.out_limit)

    # ---- views ----------------------------------------------------------------------------------------------------

    def order_named(self, cl_ord_id: str) -> OrderImage | None:
        """The newest image of the order that ``cl_ord_id`` names or named before it was replaced."""
        order = self.orders.get(cl_ord_id)
        while isinstance(order, OrderImage) and order.terms.cl_ord_id != cl_ord_id:
            cl_ord_id = order.terms.cl_ord_id
            order = self.orders.get(cl_ord_id)
        return order if isinstance(order, OrderImage) else None

    def nth_of_record(self, number: int) -> int:
        """Which of the session's reports in its record outbound ``number`` carries, from 0."""
        seq_of = self.sent.seq_of
        seq = seq_of(number)
        nth = 0
        while seq_of(number - 1 - nth) == seq:
            nth += 1
        return nth

    def reports_in(self, seq: int, record: Record) -> list[Report]:
        """What the session was told by a record, in order of the numbers."""
        into: defaultdict[int, list[Report]] = defaultdict(list)
        collect_reports(seq, record, into)
        return [report for report in into[self.opened.session_id] if report.number != SILENT]

    def state(self) -> object:
        """Everything that replay must reproduce, in a canonical order (for the state hash)."""
        return (
            self.opened,
            sorted(self.orders.items(), key=lambda item: item[0]),
            self.lists.state(),
            [self.open[key] for key in sorted(self.open)],
            (self.inbound.next, sorted(self.inbound.ahead)),
            self.sent.state(),
            (self.out_next, self.out_limit, self.epoch, self.confirmed, self.reissued_upto),
            (self.window_ns, self.reset_next, self.logged_on, self.logged_on_ns, self.lost, self.lapsed),
            self.configured,
        )
