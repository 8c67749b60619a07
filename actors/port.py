"""A client session's port: the venue's side of FIX, binary and any other order entry session.

A port outlives connections. On the way in it claims ClOrdIDs, counts credits and routes commands to accounts; on the
way out it folds what is durable into the session's state and hands reports to the connection, if there is one. It
knows no protocol.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping

import msgspec
import trio

from actors.answers import answer_of
from actors.boundary import PortLimits, Routes
from actors.cursor import RecordCursor
from actors.journal import OutNumbers
from actors.messages import (
    Behind,
    Deliver,
    Delivery,
    DepthRequest,
    MarketArrived,
    Outcome,
    SessionEvent,
    ToAccount,
    ToPort,
)
from actors.port_presence import PortPresence
from actors.refusals import AnyCommand, are_new, duplicate, enriched, misnamed, names_of, refused, unchangeable, use_up
from actors.replay import replayed, traded
from actors.runtime import Mailbox
from actors.subscriptions import MarketSubscriptions
from config.settings import CANCELS_PART
from engine.commands import CancelList, CancelOrder, ClientCommand, NewList, NewOrder, RejectCommand, ReplaceOrder
from engine.events import (
    CancelRejected,
    Event,
    ListCanceled,
    NumbersReserved,
    OrderRejected,
    SessionConfigured,
    SessionConnected,
    SessionLapsed,
    SessionLoggedOut,
    SessionOpened,
    SessionRemoved,
    SessionResetRequested,
    TradingDayRolled,
)
from engine.image import OrderImage
from engine.market_data.updates import Listen
from engine.queries import Answer, DepthQuery, OpenOrdersQuery, Query
from engine.reports import SILENT, Report
from engine.session import IN_FLIGHT, SessionState
from engine.session_lists import ListState

_SPARSE = frozenset({CancelRejected, OrderRejected})


class SessionPort(PortPresence):
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
        super().__init__(state, numbers, routes, limits)
        self.applied_seq = applied_seq
        self.directory = routes.directory
        self.market = MarketSubscriptions(mailbox, routes.market_data)
        self._last: tuple[int, int] | None = None
        """Account and symbol of the command that went last, if it may be on its way still."""
        self._queries: deque[tuple[int, Query | Listen]] = deque()
        self._credit_event = trio.Event()

    # ---- the gateway's side: in -----------------------------------------------------------------------------------

    @property
    def credit(self) -> int:
        """Commands that may be submitted now."""
        own = self._limits.credits_per_session - (self.submitted - self.resolved)
        return max(0, min(own, self._routes.credits.left))

    @property
    def cancel_credit(self) -> int:
        """Cancels that may be submitted now, where nothing else comes before them: they may go beyond credit."""
        limit = self._limits.credits_per_session
        own = limit - (-limit // CANCELS_PART) - (self.submitted - self.resolved)
        credits = self._routes.credits
        return max(0, min(own, credits.left + credits.beyond))

    async def wait_for_credit(self, *, cancel: bool = False) -> None:
        """Park until :attr:`credit` is positive; of a ``cancel``, :attr:`cancel_credit`."""
        while (self.cancel_credit if cancel else self.credit) <= 0:
            if self.submitted == self.resolved:
                await trio.sleep(0.001)  # the venue's pool is used up by others; none of ours will wake us
            else:
                self._credit_event = trio.Event()
                await self._credit_event.wait()

    def submit(self, commands: list[ClientCommand]) -> None:
        """Send commands on their way, in order; each has exactly one outcome in the journal."""
        if self.submitted == self.resolved:
            self._last = None
        self._numbers.submitted += len(commands)
        self._routes.credits.left -= len(commands)
        known = self.state.orders
        # New orders of one account that follow one another are told at once: a mailbox is rung once, not for each.
        run: list[NewOrder] = []
        account_id = 0
        with self._routes.dispatcher.turn():
            for command in commands:
                if type(command) is NewOrder and command.cl_ord_id not in known:
                    known[command.cl_ord_id] = IN_FLIGHT
                    if command.account_id != account_id:
                        if run:
                            self._send_run(run)
                            run = []
                        account_id = command.account_id
                    run.append(command)
                else:
                    if run:
                        self._send_run(run)
                        run = []
                    self._submit_other(command)
            if run:
                self._send_run(run)

    def _submit_other(self, command: ClientCommand) -> None:
        """A change, a refusal, or a ClOrdID that is no news."""
        known = self.state.orders
        if type(command) is RejectCommand:
            self._refuse(command)
        elif type(command) is NewList:
            self._submit_list(command)
        elif type(command) is CancelList:
            self._cancel_list(command)
        elif command.cl_ord_id in known:
            self._tell(command, duplicate(self.state, command))
        elif (type(command) is CancelOrder or type(command) is ReplaceOrder) and not self._may_change(command):
            known[command.cl_ord_id] = None
            self._tell(command, [unchangeable(self.state, command)])
        else:
            known[command.cl_ord_id] = IN_FLIGHT
            if type(command) is ReplaceOrder:
                command = self._named(command)
            self._send(command)

    def _submit_list(self, command: NewList) -> None:
        """All legs go, or none: one whose ClOrdID is no news, or comes twice, has the whole list refused."""
        if are_new(self.state, command):
            self.state.orders.update(dict.fromkeys(names_of(command), IN_FLIGHT))
            self.state.lists.claim(command)
            self._send(command)
        else:
            self._tell(command, duplicate(self.state, command))
            use_up(self.state, command)

    def _cancel_list(self, command: CancelList) -> None:
        """It goes where the list is, unless that is known to have ended."""
        known = self.state.lists.get(command.list_id)
        if known is not None and known.may_be_in_book:
            place = {"account_id": known.account_id, "symbol_id": known.symbol_id}
            self._send(msgspec.structs.replace(command, **place))
        else:
            self._tell(command, [ListCanceled(command.session_id, command.list_id, 0)])

    def _refuse(self, refusal: RejectCommand) -> None:
        command, state = refusal.command, self.state
        self._tell(command, refused(state, refusal) if are_new(state, command) else duplicate(state, command))
        use_up(state, command)

    def query(self, query: Query | Listen) -> None:
        """Ask; answered once everything submitted so far has its outcome."""
        self._queries.append((self.submitted, query))
        with self._routes.dispatcher.turn():
            self._answer_queries()

    def log_out(self, *, confirmed: bool, completed: bool = False) -> None:
        """As :meth:`PortPresence.log_out`; what the connection has asked and listens to goes with it."""
        self._queries.clear()
        self.market.end()
        super().log_out(confirmed=confirmed, completed=completed)

    def _may_change(self, command: CancelOrder | ReplaceOrder) -> bool:
        """Whether the order named may still be in the book named: known, not known to be closed nor to be another."""
        if command.order_id:
            return command.order_id in self.state.open or self.submitted - self.resolved > 0
        order = self.state.orders.get(command.orig_cl_ord_id)
        if order is IN_FLIGHT:
            return True
        return isinstance(order, OrderImage) and order.status.is_open and not misnamed(self.state, order, command)

    def _named(self, command: ReplaceOrder) -> ReplaceOrder:
        """With the ClOrdID of the order that an OrderID names, and its account where the command names none: accounts
        know what an order holds by that."""
        order_id = command.order_id
        order = self.state.open.get(order_id) if order_id else self.state.orders.get(command.orig_cl_ord_id)
        if not isinstance(order, OrderImage):
            return command
        unnamed = command.account_id == self.state.opened.default_account_id
        account_id = order.account_id if unnamed else command.account_id
        if account_id == command.account_id and order.cl_ord_id == command.orig_cl_ord_id:
            return command
        return msgspec.structs.replace(command, orig_cl_ord_id=order.cl_ord_id, account_id=account_id)

    def _send_run(self, run: list[NewOrder]) -> None:
        account_id = run[-1].account_id
        self._account_for(account_id).tell_all(run)
        self._last = account_id, run[-1].symbol_id

    def _send(self, command: AnyCommand | CancelList) -> None:
        self._account_for(command.account_id).tell(command)
        self._last = command.account_id, command.symbol_id

    def _account_for(self, account_id: int) -> Mailbox[ToAccount]:
        """Where its next command goes. What went to another account before goes on to its book first: a session's
        commands reach a book in the order in which they were sent, whosever they are."""
        routes = self._routes
        if self._last is not None and self._last[0] != account_id:
            routes.dispatcher.run_now(routes.accounts[self._last[0]])
        return routes.accounts[account_id]

    def _tell(self, command: AnyCommand | CancelList, events: list[Event]) -> None:
        """The port's own outcome of a command. It goes the way of the command before it, if that is on its way still:
        else it would overtake that one's outcome."""
        outcome = Outcome(command.session_id, command.in_from, command.in_seq, events)
        if self._last is None:
            self._routes.journal.tell(outcome)
        else:
            account_id, symbol_id = self._last
            self._routes.accounts[account_id].tell(Behind(symbol_id, outcome))

    @property
    def open_orders(self) -> int:
        """How many the session has."""
        return len(self.state.open)

    def known(self, cl_ord_id: str) -> bool:
        """Whether the session has used this ClOrdID on its trading day, or has an open order of that name."""
        return cl_ord_id in self.state.orders

    @property
    def lists(self) -> Mapping[str, ListState]:
        """The session's lists of its trading day, and those that are open, as it was last told of them."""
        return self.state.lists

    def order_named(self, cl_ord_id: str, order_id: int = 0) -> OrderImage | None:
        """The session's order as it was last told of it, by ClOrdID or, where it is not 0, OrderID; None where that is
        still in flight."""
        return self.state.open.get(order_id) if order_id else self.state.order_named(cl_ord_id)

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
                if not _SPARSE.isdisjoint([type(report.event) for report in reports]):
                    reports = [enriched(state, r) if type(r.event) in _SPARSE else r for r in reports]
                self.connection.deliver(reports)
                if self._is_fix:
                    self._reserve()
        state.apply_outcomes(message.outcomes)
        self.applied_seq = message.seq

    def _on_resolved(self) -> None:
        self._credit_event.set()
        super()._on_resolved()

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
            self._on_changed("" if event.enabled else "the session has been disabled")
        elif isinstance(event, SessionRemoved):
            self._on_changed("the session has been removed")
        elif isinstance(event, SessionConnected):
            self.state.apply_connected()
        elif isinstance(event, SessionConfigured):
            self.state.apply_configured(event)
        elif isinstance(event, SessionLapsed):
            self.state.apply_lapsed(event)

    def _on_changed(self, barred: str) -> None:
        """``barred``: why the session may not be logged on any more; empty if it may."""
        if barred and self.connection is not None:
            self.connection.disconnect(barred)
        else:
            self._routes.disconnects.changed(self.state)

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
        answer = answer_of(self.state, query)
        if answer is not None:
            connection.answer(answer)
        elif isinstance(query, Listen):
            self.market.carry_out(query)
        elif isinstance(query, DepthQuery):
            levels = min(query.levels or self._limits.book_depth_max, self._limits.book_depth_max)
            request = DepthRequest(msgspec.structs.replace(query, levels=levels), self._on_depth)
            self._routes.books[query.symbol_id].tell(request)

    def _on_depth(self, answer: Answer) -> None:
        if self.connection is not None:
            self.connection.answer(answer)

    # ---- replay ---------------------------------------------------------------------------------------------------

    def replay(self, begin: int, end: int) -> AsyncIterator[list[Report]]:
        """Durable reports numbered ``begin``..``end``, from the journal, in chunks; other numbers are left out."""
        routes = self._routes
        return replayed(self.state, RecordCursor(routes.stored), begin, end, routes.pace, self._limits.replay_chunk)

    def trades(self, records: list[int]) -> AsyncIterator[list[Report]]:
        """The session's trades in those records, busts and corrections included, from the journal, in chunks."""
        routes = self._routes
        return traded(self.state, RecordCursor(routes.stored), records, routes.pace, self._limits.replay_chunk)
