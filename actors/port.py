"""A client session's port: the venue's side of FIX, binary and any other order entry session.

A port outlives connections. On the way in it claims ClOrdIDs, counts credits and routes commands to accounts; on the
way out it folds what is durable into the session's state and hands reports to the connection, if there is one. It
knows no protocol.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator

import msgspec
import trio

from actors.boundary import Connection, PortLimits, Routes
from actors.cursor import RecordCursor
from actors.epochs import Epochs
from actors.journal import OutNumbers
from actors.messages import (
    Deliver,
    Delivery,
    DepthRequest,
    MarketArrived,
    Outcome,
    SessionEvent,
    ToPort,
)
from actors.refusals import AnyCommand, are_new, duplicate, enriched, names_of, refused, unchangeable, use_up
from actors.replay import replayed, traded
from actors.runtime import Actor, Mailbox
from actors.subscriptions import MarketSubscriptions
from engine.commands import CancelOrder, ClientCommand, NewList, NewOrder, RejectCommand, ReplaceOrder
from engine.events import (
    CancelRejected,
    Event,
    NumbersReserved,
    OrderRejected,
    SessionConnected,
    SessionLapsed,
    SessionLoggedOn,
    SessionLoggedOut,
    SessionOpened,
    SessionRemoved,
    SessionResetRequested,
    TradingDayRolled,
)
from engine.image import OrderImage
from engine.market_data.updates import Listen
from engine.queries import (
    Answer,
    DepthQuery,
    OpenOrdersAnswer,
    OpenOrdersQuery,
    OrderStatusAnswer,
    OrderStatusQuery,
    Query,
    TradesAnswer,
    TradesQuery,
)
from engine.reports import SILENT, Report
from engine.session import IN_FLIGHT, SessionState

_UNKNOWN = object()
_SPARSE = frozenset({CancelRejected, OrderRejected})


class SessionPort(Actor[ToPort]):
    """See the module. Synchronous but for :meth:`wait_for_credit` and :meth:`replay`."""

    def __init__(
        self,
        state: SessionState,
        applied_seq: int,
        numbers: OutNumbers,
        routes: Routes,
        limits: PortLimits,
        mailbox: Mailbox[ToPort],
    ) -> None:
        self.state = state
        self.applied_seq = applied_seq
        self.directory = routes.directory
        self.connection: Connection | None = None
        self.in_next = state.inbound.next
        self.epochs = Epochs(state)
        self.market = MarketSubscriptions(mailbox, routes.market_data)
        self._is_fix = state.opened.protocol.startswith("FIX")
        self._numbers = numbers
        self._routes = routes
        self._limits = limits
        self._queries: deque[tuple[int, Query | Listen]] = deque()
        self._when_quiet: list[Callable[[], None]] = []
        self._reserving = False
        self._credit_event = trio.Event()

    # ---- the gateway's side: in -----------------------------------------------------------------------------------

    @property
    def session(self) -> SessionOpened:
        return self.state.opened

    @property
    def submitted(self) -> int:
        """Commands sent on their way since the venue started."""
        return self._numbers.submitted

    @property
    def resolved(self) -> int:
        """Those of them whose outcome is durable."""
        return self._numbers.resolved

    @property
    def credit(self) -> int:
        """Commands that may be submitted now."""
        own = self._limits.credits_per_session - (self.submitted - self.resolved)
        return max(0, min(own, self._routes.credits.left))

    async def wait_for_credit(self) -> None:
        """Park until :attr:`credit` is positive."""
        while self.credit <= 0:
            if self.submitted == self.resolved:
                await trio.sleep(0.001)  # the venue's pool is used up by others; none of ours will wake us
            else:
                self._credit_event = trio.Event()
                await self._credit_event.wait()

    def submit(self, commands: list[ClientCommand]) -> None:
        """Send commands on their way, in order; each has exactly one outcome in the journal."""
        self._numbers.submitted += len(commands)
        self._routes.credits.left -= len(commands)
        known = self.state.orders
        accounts = self._routes.accounts
        with self._routes.dispatcher.turn():
            for command in commands:
                if type(command) is NewOrder and command.cl_ord_id not in known:
                    known[command.cl_ord_id] = IN_FLIGHT
                    accounts[command.account_id].tell(command)
                else:
                    self._submit_other(command)

    def _submit_other(self, command: ClientCommand) -> None:
        """A change, a refusal, or a ClOrdID that is no news."""
        known = self.state.orders
        if type(command) is RejectCommand:
            self._refuse(command)
        elif type(command) is NewList:
            self._submit_list(command)
        elif command.cl_ord_id in known:
            self._tell(command, duplicate(self.state, command))
        elif (type(command) is CancelOrder or type(command) is ReplaceOrder) and not self._may_change(command):
            known[command.cl_ord_id] = None
            self._tell(command, [unchangeable(self.state, command)])
        else:
            known[command.cl_ord_id] = IN_FLIGHT
            if type(command) is ReplaceOrder and command.order_id:
                command = self._named(command)
            self._routes.accounts[command.account_id].tell(command)

    def _submit_list(self, command: NewList) -> None:
        """All legs go, or none: one whose ClOrdID is no news, or comes twice, has the whole list refused."""
        if are_new(self.state, command):
            self.state.orders.update(dict.fromkeys(names_of(command), IN_FLIGHT))
            self._routes.accounts[command.account_id].tell(command)
        else:
            self._tell(command, duplicate(self.state, command))
            use_up(self.state, command)

    def _refuse(self, refusal: RejectCommand) -> None:
        command, state = refusal.command, self.state
        self._tell(command, refused(state, refusal) if are_new(state, command) else duplicate(state, command))
        use_up(state, command)

    def query(self, query: Query | Listen) -> None:
        """Ask; answered once everything submitted so far has its outcome."""
        self._queries.append((self.submitted, query))
        with self._routes.dispatcher.turn():
            self._answer_queries()

    def _may_change(self, command: CancelOrder | ReplaceOrder) -> bool:
        """Whether the order named may still be in a book: known and not known to be closed."""
        if command.order_id:
            return command.order_id in self.state.open or self.submitted - self.resolved > 0
        order = self.state.orders.get(command.orig_cl_ord_id, _UNKNOWN)
        return not order or (order is not _UNKNOWN and order.status.is_open)  # type: ignore[attr-defined]

    def _named(self, command: ReplaceOrder) -> ReplaceOrder:
        """With the ClOrdID of the order that an OrderID names: accounts know what an order holds by that."""
        order = self.state.open.get(command.order_id)
        return command if order is None else msgspec.structs.replace(command, orig_cl_ord_id=order.cl_ord_id)

    def _tell(self, command: AnyCommand, events: list[Event]) -> None:
        self._routes.journal.tell(Outcome(command.session_id, command.in_from, command.in_seq, events))

    # ---- the gateway's side: FIX numbers and logon ----------------------------------------------------------------

    @property
    def out_next(self) -> int:
        """The next outbound number that will be given."""
        return self._numbers.next

    @property
    def released(self) -> int:
        """The highest outbound number whose turn has come: every report up to it is durable."""
        if self._numbers.delivered == self._numbers.stamped:
            return self._numbers.next - 1
        return self.state.out_next - 1

    @property
    def reissued_upto(self) -> int:
        """Reports up to this number repeat an earlier epoch's and carry PossResend; 0 = none."""
        return self.state.reissued_upto

    def allot(self) -> int:
        """An outbound number for a message that the journal does not hold; it may go out once it is sendable."""
        number = self._numbers.next
        self._numbers.next = number + 1
        self._reserve()
        return number

    def sendable(self, number: int) -> bool:
        """Whether the journal knows that ``number`` may have been used, so that it is never given twice."""
        return number < self.state.out_limit or number < self.state.out_next

    def already_done(self, in_seq: int) -> bool:
        """Whether the journal holds the outcome of this inbound number."""
        return self.state.inbound.has(in_seq)

    def known(self, cl_ord_id: str) -> bool:
        """Whether the session has used this ClOrdID on its trading day, or has an open order of that name."""
        return cl_ord_id in self.state.orders

    def order_named(self, cl_ord_id: str, order_id: int = 0) -> OrderImage | None:
        """The session's order as it was last told of it, by ClOrdID or, where it is not 0, OrderID; None where that is
        still in flight."""
        return self.state.open.get(order_id) if order_id else self.state.order_named(cl_ord_id)

    def starts_anew(self, msg_seq_num: int) -> bool:
        """Whether a Logon with this MsgSeqNum starts both directions from 1 without asking for it."""
        return self.epochs.starts_anew(msg_seq_num)

    def log_on(self, *, reset: bool, first_out: int = 1) -> None:
        """Journal the logon once nothing of an earlier connection is in flight; its report, in FIX, is the Logon's
        reply.

        With ``reset`` that reply is numbered ``first_out``.
        """
        self.epochs.begin(reset=reset)
        self._once_quiet(lambda: self._journal_log_on(reset, first_out))

    def log_out(self, *, confirmed: bool, completed: bool = False) -> None:
        """The connection is gone, which is journaled once nothing is in flight, with the exact numbers.

        Args:
            confirmed: the client is known to have everything.
            completed: both sides have said Logout; else the connection was lost.
        """
        connection, self.connection = self.connection, None
        if connection is not None:
            self.epochs.end(completed=completed)
        self._queries.clear()
        self.market.end()
        if connection is not None:
            self._once_quiet(lambda: self._journal_log_out(confirmed, lost=not completed))

    def abandon(self) -> None:
        """After a crash of the port that has cost the client its connection."""
        self.epochs.end(completed=False)
        self._once_quiet(lambda: self._journal_log_out(confirmed=False, lost=True))

    def _journal_log_on(self, reset: bool, first_out: int) -> None:
        session_id = self.session.session_id
        self._routes.disconnects.back(session_id)
        if not self._is_fix:
            self._routes.journal.tell(Outcome(0, 0, 0, [SessionConnected(session_id)]))
            return
        epoch = self.state.epoch + reset
        first_out = first_out if reset else self._numbers.next
        limit = first_out + self._numbers.unconfirmed * reset + self._limits.numbers_reserved
        again_from = first_out + 1 if reset else 0
        window_ns = self.epochs.window_ns
        logged_on = SessionLoggedOn(session_id, epoch, reset, self.in_next, first_out, again_from, window_ns)
        self._routes.journal.tell(Outcome(0, 0, 0, [logged_on]))
        self._routes.journal.tell(Outcome(0, 0, 0, [NumbersReserved(session_id, limit)]))

    def _journal_log_out(self, confirmed: bool, lost: bool) -> None:
        session_id, disconnects = self.session.session_id, self._routes.disconnects
        if self.connection is None and (self._is_fix or disconnects.is_here(session_id)):
            numbers = self.in_next, self._numbers.next
            event = SessionLoggedOut(session_id, *numbers, confirmed and self._is_fix, self.epochs.reset_next, lost)
            self._routes.journal.tell(Outcome(0, 0, 0, [event]))
            disconnects.gone(self.state, lost=lost)

    def _once_quiet(self, action: Callable[[], None]) -> None:
        with self._routes.dispatcher.turn():
            if self.submitted == self.resolved and not self._when_quiet:
                action()
            else:
                self._when_quiet.append(action)

    def _reserve(self, needed: int = 0) -> None:
        """Have the journal know of more numbers when half of what it knows of is used, or ``needed`` are wanted."""
        limits = self._limits
        left = self.state.out_limit - self._numbers.next
        if self._reserving or left > max(needed, limits.numbers_reserved // 2):
            return
        self._reserving = True
        limit = self._numbers.next + needed + limits.numbers_reserved
        with self._routes.dispatcher.turn():
            event = NumbersReserved(self.session.session_id, limit)
            self._routes.journal.tell(Outcome(0, 0, 0, [event]))

    # ---- the venue's side -----------------------------------------------------------------------------------------

    def on_batch(self, batch: Iterator[ToPort]) -> None:
        for message in batch:
            if type(message) is Delivery:
                self._on_delivery(message)
            elif isinstance(message, Deliver):
                if self.connection is not None:
                    self.connection.answer(message.answer)
            elif isinstance(message, SessionEvent):
                if message.seq > self.applied_seq:
                    self._on_session_event(message.event)
                    self.applied_seq = message.seq
            elif isinstance(message, MarketArrived):
                self.market.hand_over()
            elif self.connection is not None:
                self.connection.disconnect(message.reason)
        if self._queries:
            self._answer_queries()

    def _on_delivery(self, message: Delivery) -> None:
        """Fold and pass on what is new; count all, since what is in flight outlives a crash and is not rebuilt."""
        resolved = len(message.outcomes)
        self._numbers.delivered += message.told
        try:
            if message.seq > self.applied_seq:
                self._fold(message)
        finally:
            self._numbers.resolved += resolved
            self._routes.credits.left += resolved
        if resolved:
            self._on_resolved()

    def _fold(self, message: Delivery) -> None:
        state = self.state
        reports = message.reports
        if reports:
            state.apply_reports(reports)
            if message.silent:
                reports = [report for report in reports if report.number != SILENT]
            if reports and self.connection is not None:
                self.connection.deliver([enriched(state, r) if type(r.event) in _SPARSE else r for r in reports])
                if self._is_fix:
                    self._reserve()
        for record in message.outcomes:
            state.apply_outcome(record)
        self.applied_seq = message.seq

    def _on_resolved(self) -> None:
        self._credit_event.set()
        if self._when_quiet and self.submitted == self.resolved:
            actions, self._when_quiet = self._when_quiet, []
            for action in actions:
                action()

    def _on_session_event(self, event: Event) -> None:
        if isinstance(event, SessionLoggedOut):
            self.state.apply_logged_out(event)
        elif isinstance(event, SessionResetRequested):
            self.state.apply_reset_requested(event)
        elif isinstance(event, NumbersReserved):
            self.state.apply_reserved(event.out_limit)
            self._reserving = False
            if self.connection is not None:
                self.connection.deliver([])  # what waited for the reservation may go
        elif isinstance(event, TradingDayRolled):
            self.state.roll()
        elif isinstance(event, SessionOpened):
            self.state.opened = event
            if not event.enabled:
                self._bar("the session has been disabled")
        elif isinstance(event, SessionRemoved):
            self._bar("the session has been removed")
        elif isinstance(event, SessionConnected):
            self.state.apply_connected()
        elif isinstance(event, SessionLapsed):
            self.state.apply_lapsed(event)

    def _bar(self, reason: str) -> None:
        if self.connection is not None:
            self.connection.disconnect(reason)
        else:
            self._routes.disconnects.barred(self.state)

    def _answer_queries(self) -> None:
        """Answer what waits for nothing any more, as long as there are numbers for the answers."""
        queries = self._queries
        while queries and queries[0][0] <= self.resolved:
            if self._is_fix and self._short_of_numbers(queries[0][1]):
                return
            query = queries.popleft()[1]
            if self.connection is not None:
                self._answer(query)

    def _short_of_numbers(self, query: Query | Listen) -> bool:
        """Whether the answer (an order a message) has to wait until the journal knows of enough numbers for it."""
        needed = 1 + len(self.state.open) if isinstance(query, OpenOrdersQuery) else 1
        if needed < self.state.out_limit - self._numbers.next:
            return False
        self._reserve(needed)
        return True

    def _answer(self, query: Query | Listen) -> None:
        connection = self.connection
        assert connection is not None
        if isinstance(query, OrderStatusQuery):
            connection.answer(OrderStatusAnswer(query, self._status(query)))
        elif isinstance(query, OpenOrdersQuery):
            chosen = [
                order
                for order in self.state.open.values()
                if query.symbol_id in (0, order.symbol_id)
                and query.side in (0, order.side)
                and query.account_id in (0, order.account_id)
            ]
            connection.answer(OpenOrdersAnswer(query, chosen))
        elif isinstance(query, TradesQuery):
            connection.answer(TradesAnswer(query, list(dict.fromkeys(self.state.traded))))
        elif isinstance(query, Listen):
            self.market.carry_out(query)
        elif isinstance(query, DepthQuery):
            levels = min(query.levels or self._limits.book_depth_max, self._limits.book_depth_max)
            request = DepthRequest(msgspec.structs.replace(query, levels=levels), self._on_depth)
            self._routes.books[query.symbol_id].tell(request)

    def _status(self, query: OrderStatusQuery) -> OrderImage | None:
        if query.order_id:
            return self.state.open.get(query.order_id)
        return self.state.order_named(query.cl_ord_id)

    def _on_depth(self, answer: Answer) -> None:
        if self.connection is not None:
            self.connection.answer(answer)

    # ---- replay ---------------------------------------------------------------------------------------------------

    def replay(self, begin: int, end: int) -> AsyncIterator[list[Report]]:
        """Durable reports numbered ``begin``..``end``, from the journal, in chunks; other numbers are left out."""
        return replayed(self.state, RecordCursor(self._routes.read), begin, end, self._limits.replay_chunk)

    def trades(self, records: list[int]) -> AsyncIterator[list[Report]]:
        """The session's trades in those records, busts and corrections included, from the journal, in chunks."""
        return traded(self.state, RecordCursor(self._routes.read), records, self._limits.replay_chunk)
