"""After the commit: accounts first, then private reports, then the rest (design §7.9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from actors.market_data import Feed, ToMarketData
from actors.messages import (
    Collect,
    Delivery,
    Disconnect,
    Entry,
    JournalLost,
    OnDurable,
    SessionEvent,
    Settle,
    ToAccount,
    ToPort,
    ToPublisher,
)
from actors.runtime import Actor, Mailbox
from engine.directory import FEES_ACCOUNT_ID, Directory
from engine.events import (
    AccountBlocked,
    AccountOpened,
    CancelRejected,
    Deposited,
    Event,
    MassCancelCompleted,
    MassCancelPartDone,
    MassCancelRequested,
    NumbersReserved,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    OrderRestated,
    OrderTriggered,
    OrderUpdated,
    Record,
    SessionConfigured,
    SessionConnected,
    SessionLapsed,
    SessionLoggedOut,
    SessionOpened,
    SessionRemoved,
    SessionResetRequested,
    TradeBusted,
    TradeCorrected,
    TradeExecuted,
    TradingDayRolled,
    Withdrawn,
)
from engine.fold import account_of_request
from engine.money import change_of
from engine.reports import Report, collect_reports

_ORDER_EVENTS = frozenset({
    OrderAccepted, OrderCanceled, OrderExpired, OrderReplaced, OrderRejected, OrderTriggered, OrderRestated,
})  # fmt: skip
_ACCOUNT_EVENTS = (
    CancelRejected, MassCancelRequested, MassCancelCompleted, Deposited, Withdrawn, AccountBlocked, AccountOpened,
)  # fmt: skip
_SESSION_EVENTS = (
    SessionLoggedOut, SessionConnected, SessionConfigured, SessionLapsed, SessionResetRequested, NumbersReserved,
    SessionOpened, SessionRemoved,
)  # fmt: skip


NOBODY = 0
"""The session of an order that none owns."""

LOST = "the venue cannot record orders"
"""What clients are told when the journal fails; the log has the reason, with paths that are not for them."""

CHUNK = 256
"""Records handed over at a time: what they touch in accounts, sessions and encoders should still be in the cache."""


class Counters:
    """What the publisher has seen pass, for metrics read at scrape time."""

    __slots__ = ("records", "rejects", "reports", "trades")

    def __init__(self) -> None:
        self.records = 0
        self.reports = 0
        self.trades = 0
        self.rejects = 0


class PublisherActor(Actor[ToPublisher]):
    """Hands every durable record to whom it concerns, one message per addressee and batch."""

    def __init__(
        self,
        directory: Directory,
        accounts: dict[int, Mailbox[ToAccount]],
        ports: dict[int, Mailbox[ToPort]],
        on_lost: Callable[[str], None],
        published_seq: int,
        market_data: Mailbox[ToMarketData] | None = None,
    ) -> None:
        self.directory = directory
        self.counters = Counters()
        self.published_seq = published_seq
        """Everything up to here has been handed to accounts and ports."""
        self._accounts = accounts
        self._ports = ports
        self._on_lost = on_lost
        self._market_data = market_data
        self._settlements: defaultdict[int, list[Event]] = defaultdict(list)
        self._reports: defaultdict[int, list[Report]] = defaultdict(list)
        self._silent: defaultdict[int, int] = defaultdict(int)
        """By session, how many of its reports its client is not told."""
        self._outcomes: defaultdict[int, list[Record]] = defaultdict(list)
        self._fees: defaultdict[str, int] = defaultdict(int)

    def on_batch(self, batch: Iterator[ToPublisher]) -> None:
        done: list[tuple[OnDurable, int]] = []
        entries: list[Entry] = []
        records = 0
        seq = self.published_seq
        for entry in batch:
            if type(entry) is Entry:
                if entry.record is not None:
                    records += 1
                    seq = entry.seq
                    entries.append(entry)
                    self._sort(seq, entry.record)
                if entry.done is not None:
                    done.append((entry.done, entry.seq))
                if records == CHUNK:
                    break  # those concerned have their turn before the next records
            else:
                self._lose(entry)
        if records:
            self.counters.records += records
            self.published_seq = seq
            self._hand_over(seq)
            if self._market_data is not None:
                self._market_data.tell_first(Feed(entries))
        for callback, at in done:
            callback(at)

    def _sort(self, seq: int, record: Record) -> None:
        settlements = self._settlements
        for event in record.events:
            if type(event) is TradeExecuted:
                aggressor = event.aggressor.terms
                one, other = aggressor.account_id, event.resting.terms.account_id
                settlements[one].append(event)
                if one != other:
                    settlements[other].append(event)
                self.counters.trades += 1
                fee = event.aggressor_fee + event.resting_fee
                if fee:
                    self._fees[self.directory.instruments[aggressor.symbol_id].quote] += fee
            elif type(event) in _ORDER_EVENTS:
                account_id = event.order.terms.account_id  # type: ignore[union-attr]
                if account_id:  # a command refused for an account that does not exist concerns none
                    settlements[account_id].append(event)
            else:
                self._sort_rare(seq, event)
        if record.out or OrderUpdated in map(type, record.events):
            collect_reports(seq, record, self._reports)
        if record.session_id:
            self._outcomes[record.session_id].append(record)

    def _settle_parties(self, event: TradeBusted | TradeCorrected) -> None:
        one, other = event.aggressor.terms.account_id, event.resting.terms.account_id
        self._settlements[one].append(event)
        if one != other:
            self._settlements[other].append(event)

    def _sort_rare(self, seq: int, event: Event) -> None:
        if type(event) is OrderUpdated:
            terms = event.order.terms
            self._settlements[terms.account_id].append(event)
            self._silent[terms.session_id] += 1
            return
        if isinstance(event, _ACCOUNT_EVENTS):
            if event.account_id:
                self._settlements[event.account_id].append(event)
        elif isinstance(event, MassCancelPartDone):
            self._settlements[account_of_request(event.request_id)].append(event)
        elif isinstance(event, TradeBusted | TradeCorrected):
            self._settle_parties(event)
            self._fees[self.directory.instruments[event.aggressor.terms.symbol_id].quote] += change_of(event).fees
        elif isinstance(event, _SESSION_EVENTS):
            self._hand_over(seq - 1)
            self._ports[event.session_id].tell_first(SessionEvent(seq, event))
        elif isinstance(event, TradingDayRolled):
            self._hand_over(seq - 1)
            for port in self._ports.values():
                port.tell_first(SessionEvent(seq, event))
        self.directory.apply(event)

    def _hand_over(self, seq: int) -> None:
        accounts = self._accounts
        for asset, amount in self._fees.items():
            accounts[FEES_ACCOUNT_ID].tell_first(Collect(seq, asset, amount))
        self._fees.clear()
        for account_id, events in self._settlements.items():
            accounts[account_id].tell_first(Settle(seq, events))
        self._settlements.clear()
        self._deliver(seq)

    def _deliver(self, seq: int) -> None:
        outcomes, reports, silent = self._outcomes, self._reports, self._silent
        reports.pop(NOBODY, None)
        for session_id in outcomes.keys() | reports.keys():
            mine = reports.get(session_id, [])
            delivery = Delivery(seq, outcomes.get(session_id, []), mine, silent.get(session_id, 0))
            self.counters.reports += delivery.told
            self._ports[session_id].tell_first(delivery)
        outcomes.clear()
        reports.clear()
        silent.clear()

    def _lose(self, lost: JournalLost) -> None:
        for port in self._ports.values():
            port.tell_first(Disconnect(LOST))
        self._on_lost(lost.reason)
