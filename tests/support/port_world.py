"""A session's port in a world of mailboxes that the test empties by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from engine_builders import image, opened_session

from actors.boundary import CreditPool, PortLimits, Routes
from actors.disconnects import Disconnects
from actors.journal import OutNumbers
from actors.messages import Behind, Delivery, Outcome, SessionEvent
from actors.pace import Pace
from actors.port import SessionPort
from actors.runtime import Dispatcher, Mailbox
from engine import events as ev
from engine.directory import Directory
from engine.reports import SILENT, Report, addressees, collect_reports
from engine.session import SessionState
from engine.types import OrdStatus
from engine.wire import encode_record

ENDED = {"status": OrdStatus.CANCELED, "leaves_qty": 0}
LIMITS = PortLimits()
_SESSION_EVENTS = (
    ev.SessionLoggedOut, ev.SessionConnected, ev.SessionConfigured, ev.SessionLapsed, ev.SessionResetRequested,
    ev.NumbersReserved, ev.TradingDayRolled, ev.SessionOpened,
)  # fmt: skip


class AccountMail:
    """An account's mailbox. Refusals that come behind commands are passed on to the journal, as accounts and books do;
    what is left are the commands."""

    def __init__(self, journal: Mailbox[Any]) -> None:
        self.mail: Mailbox[Any] = Mailbox("account", 1000)
        self._journal = journal

    def take(self) -> list[Any]:
        commands = []
        for message in self.mail.take():
            if isinstance(message, Behind):
                self._journal.tell(message.outcome)
            else:
                commands.append(message)
        return commands

    def pass_on(self) -> None:
        self.mail.put_back(self.take())

    def __len__(self) -> int:
        self.pass_on()
        return len(self.mail)


class PortWorld:
    """A port; what it tells the journal becomes durable when :meth:`journal_told` says so."""

    def __init__(self, protocol: str = "FIX.4.4", limits: PortLimits = LIMITS, pace: Pace | None = None) -> None:
        self.journal: Mailbox[Any] = Mailbox("journal", 1000)
        self.account = AccountMail(self.journal)
        self.book: Mailbox[Any] = Mailbox("book", 1000)
        self.mailbox: Mailbox[Any] = Mailbox("port", 1000)
        self.market_data: Mailbox[Any] = Mailbox("market data", 1000)
        self.credits = CreditPool(100)
        self.numbers = OutNumbers(1)
        self.records: dict[int, ev.Record] = {}
        self.delivered: list[Any] = []
        self.answers: list[Any] = []
        self.gone: list[str] = []
        self.reserved: list[int] = []
        self.seq = 10
        self.limits = limits
        self.pace = pace or Pace(Dispatcher())
        self.state = SessionState(opened_session(1, protocol))
        self.directory = Directory()
        self.directory.apply(self.state.opened)
        self.now_s = 0.0
        self.disconnects = Disconnects(
            self.directory,
            {2: self.account.mail, 3: Mailbox("other account", 1000)},
            self.journal,
            Dispatcher(),
            lambda: self.now_s,
        )
        self.port = self.make(self.state)
        self.port.connection = self

    def make(self, state: SessionState) -> SessionPort:
        routes = Routes(
            Dispatcher(), self.directory, self.journal, {2: self.account.mail}, {1: self.book}, self.read, self.credits,
            self.market_data, self.disconnects, self.stored, self.pace,
        )  # fmt: skip
        return SessionPort(state, self.seq, self.numbers, routes, self.limits, self.mailbox)

    def read(self, first: int, last: int) -> Iterator[tuple[int, ev.Record]]:
        return iter([(seq, record) for seq, record in sorted(self.records.items()) if first <= seq <= last])

    def stored(self, first: int, last: int) -> Iterator[tuple[int, list[bytes]]]:
        return iter([(seq, [encode_record(record)]) for seq, record in self.read(first, last)])

    # ---- actors.port.Connection

    def deliver(self, reports: list[Any]) -> None:
        self.delivered += reports

    def answer(self, answer: Any) -> None:
        self.answers.append(answer)

    def disconnect(self, reason: str) -> None:
        self.gone.append(reason)

    # ---- the venue

    def stamp(self, outcome: Outcome) -> ev.Record:
        """As the journal's actor does."""
        events, numbers = outcome.events, self.numbers
        first = events[0]
        if isinstance(first, ev.SessionLoggedOn):
            out = [numbers.log_on(first)]
        else:
            out = list(range(numbers.next, numbers.next + len(addressees(events))))
            numbers.next += len(out)
            numbers.stamped += len(out)
            numbers.unconfirmed += len(out)
        return ev.Record(5, outcome.session_id, outcome.in_from, outcome.in_seq, out, events)

    def publish(self, *outcomes: Outcome) -> None:
        """These become durable, one delivery each."""
        for outcome in outcomes:
            record = self.stamp(outcome)
            self.seq += 1
            self.records[self.seq] = record
            first = record.events[0]
            if isinstance(first, _SESSION_EVENTS):
                self.port.on_batch(iter([SessionEvent(self.seq, first)]))
            else:
                mine = [record] if record.session_id else []
                into: defaultdict[int, list[Report]] = defaultdict(list)
                collect_reports(self.seq, record, into)
                silent = sum(report.number == SILENT for report in into[1])
                self.port.on_batch(iter([Delivery(self.seq, mine, into[1], silent)]))

    def journal_told(self) -> list[ev.Event]:
        """Everything that the journal was told becomes durable; the events, but for reserved numbers."""
        self.account.pass_on()
        outcomes = self.journal.take()
        self.publish(*outcomes)
        events = [event for outcome in outcomes for event in outcome.events]
        self.reserved = [event.out_limit for event in events if isinstance(event, ev.NumbersReserved)]
        return [event for event in events if not isinstance(event, ev.NumbersReserved)]

    def accept(self, cl_ord_id: str, order_id: int = 1) -> None:
        """The book accepts an order that was submitted."""
        self.publish(Outcome(1, 0, 0, [ev.OrderAccepted(image(cl_ord_id, order_id=order_id))]))
