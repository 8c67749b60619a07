"""The venue's whole state as a fold over its records: what replay builds and what live state must equal.

Live, the same objects belong to different actors and each applies its own part at its own moment; the parts and their
order per object are those of :meth:`VenueState.apply`.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable

import msgspec

from engine.account import Account
from engine.book import Book
from engine.directory import FEES_ACCOUNT, FEES_ACCOUNT_ID, Directory
from engine.events import (
    AccountBlocked,
    AccountOpened,
    AuctionEnded,
    AuctionIndicated,
    AuctionStarted,
    CancelRejected,
    DayOrdersExpired,
    Deposited,
    Event,
    InstrumentListed,
    InstrumentStatusChanged,
    LimitStateChanged,
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
    ReferencePriceSet,
    SessionConfigured,
    SessionConnected,
    SessionLapsed,
    SessionLoggedOut,
    SessionOpened,
    SessionResetRequested,
    TradeBusted,
    TradeCorrected,
    TradeExecuted,
    TradingDayRolled,
    TradingPhaseChanged,
    Withdrawn,
)
from engine.image import OrderImage
from engine.money import change_of
from engine.reports import Report, collect_reports
from engine.session import SessionState
from engine.types import TradingPhase

_ORDER_EVENTS = frozenset(
    {OrderAccepted, OrderCanceled, OrderExpired, OrderReplaced, OrderTriggered, OrderRestated, OrderUpdated}
)
_REJECTIONS = frozenset({OrderRejected, CancelRejected})
_BOOK_EVENTS = (
    InstrumentStatusChanged, DayOrdersExpired, TradingPhaseChanged, AuctionIndicated, AuctionStarted, AuctionEnded,
    ReferencePriceSet, LimitStateChanged,
)  # fmt: skip
_ACCOUNT_EVENTS = (
    Deposited, Withdrawn, AccountBlocked, AccountOpened, MassCancelRequested, MassCancelCompleted,
)  # fmt: skip


class VenueState:
    """Directory, books, accounts and sessions.

    ``entropy`` is what the books' draws will be made of once they are live; the fold needs none.
    """

    def __init__(self, entropy: int = 0) -> None:
        self.entropy = entropy
        self.directory = Directory()
        self.books: dict[int, Book] = {}
        self.accounts: dict[int, Account] = {}
        self.sessions: dict[int, SessionState] = {}
        self.seq = 0
        self.time_ns = 0
        self.day = ""
        self.on_public: Callable[[int, Event], None] | None = None
        """Told the time and each event that concerns more than one order, or none: market data replays along."""
        self.phases: dict[int, tuple[TradingPhase, int]] = {}
        """By symbol: the phase that its book entered last, and when."""
        self._reports: defaultdict[int, list[Report]] = defaultdict(list)
        self._fees: Account
        self._open_account(FEES_ACCOUNT)

    def apply(self, seq: int, record: Record) -> None:
        """Fold one record in; ``seq`` is its journal sequence."""
        self.seq = seq
        self.time_ns = record.time_ns
        events = record.events
        book_id = 0
        for event in events:
            if type(event) is TradeExecuted:
                book_id = self._apply_trade(event)
            elif type(event) in _ORDER_EVENTS:
                order: OrderImage = event.order  # type: ignore[union-attr, assignment]
                terms = order.terms
                book_id = terms.symbol_id
                self.accounts[terms.account_id].apply(event)
            elif type(event) not in _REJECTIONS:
                book_id = self._apply_venue_event(event) or book_id
        if book_id:
            book = self.books[book_id]
            book.now_ns = record.time_ns  # a book's time never steps back, also not by a restart
            book.apply(events)
        if record.out or OrderUpdated in map(type, events):
            by_session = self._reports
            collect_reports(seq, record, by_session)
            for session_id, reports in by_session.items():
                if session_id:
                    self.sessions[session_id].apply_reports(reports)
            by_session.clear()
        if record.session_id and (record.in_seq or not book_id):  # what a book did says nothing else of its asker
            self.sessions[record.session_id].apply_outcomes([record])

    def _apply_trade(self, event: TradeExecuted) -> int:
        if self.on_public is not None:
            self.on_public(self.time_ns, event)
        aggressor, resting = event.aggressor.terms, event.resting.terms
        accounts = self.accounts
        accounts[aggressor.account_id].apply(event)
        if resting.account_id != aggressor.account_id:
            accounts[resting.account_id].apply(event)
        fee = event.aggressor_fee + event.resting_fee
        symbol_id = aggressor.symbol_id
        if fee:
            self._fees.credit(self.directory.instruments[symbol_id].quote, fee)
        return symbol_id

    def _apply_trade_change(self, event: TradeBusted | TradeCorrected) -> int:
        terms = event.aggressor.terms
        for account_id in {terms.account_id, event.resting.terms.account_id}:
            self.accounts[account_id].apply(event)
        self._fees.credit(self.directory.instruments[terms.symbol_id].quote, change_of(event).fees)
        return terms.symbol_id

    def _apply_venue_event(self, event: Event) -> int:
        """Everything that is not an order's; returns the symbol id of the book that it touches, or 0."""
        if self.on_public is not None:
            self.on_public(self.time_ns, event)
        self.directory.apply(event)
        if isinstance(event, InstrumentListed):
            symbol_id = event.instrument.symbol_id
            if symbol_id not in self.books:
                self.books[symbol_id] = Book(event.instrument, self.directory.firms, self.entropy)
            return symbol_id
        if isinstance(event, _BOOK_EVENTS):
            if isinstance(event, TradingPhaseChanged):
                self.phases[event.symbol_id] = event.phase, self.time_ns
            return event.symbol_id
        if isinstance(event, TradeBusted | TradeCorrected):
            return self._apply_trade_change(event)
        if isinstance(event, AccountOpened) and event.account_id not in self.accounts:
            self._open_account(event)
        elif isinstance(event, _ACCOUNT_EVENTS):
            self.accounts[event.account_id].apply(event)
        elif isinstance(event, MassCancelPartDone):
            self.accounts[account_of_request(event.request_id)].apply(event)
        elif isinstance(event, SessionOpened):
            self._open_session(event)
        else:
            self._apply_session_event(event)
        return 0

    def _apply_session_event(self, event: Event) -> None:
        if isinstance(event, SessionLoggedOut):
            self.sessions[event.session_id].apply_logged_out(event)
        elif isinstance(event, SessionConnected):
            self.sessions[event.session_id].apply_connected()
        elif isinstance(event, SessionConfigured):
            self.sessions[event.session_id].apply_configured(event)
        elif isinstance(event, SessionLapsed):
            self.sessions[event.session_id].apply_lapsed(event)
        elif isinstance(event, SessionResetRequested):
            self.sessions[event.session_id].apply_reset_requested(event)
        elif isinstance(event, NumbersReserved):
            self.sessions[event.session_id].apply_reserved(event.out_limit)
        elif isinstance(event, TradingDayRolled):
            self.day = event.day
            for session in self.sessions.values():
                session.roll()

    def _open_account(self, opened: AccountOpened) -> None:
        account = self.accounts[opened.account_id] = Account(opened, self.directory.instruments)
        if opened.account_id == FEES_ACCOUNT_ID:
            self._fees = account
            self.directory.apply(opened)

    def _open_session(self, opened: SessionOpened) -> None:
        known = self.sessions.get(opened.session_id)
        if known is None:
            self.sessions[opened.session_id] = SessionState(opened)
        else:
            known.opened = opened

    def totals(self) -> dict[str, int]:
        """Every asset's total over all accounts, fees included."""
        totals: dict[str, int] = {}
        for account in self.accounts.values():
            for asset, amount in account.balances.items():
                totals[asset] = totals.get(asset, 0) + amount
        return {asset: amount for asset, amount in sorted(totals.items()) if amount}

    def digest(self) -> str:
        """A hash of everything that replay must reproduce."""
        return state_digest(self.directory, self.books, self.accounts, self.sessions)


REQUEST_BITS = 32

STATE_VERSION = 6
"""Of what :func:`state_digest` hashes; raised when the same journal folds to a state of another form."""


def request_id_of(account_id: int, n: int) -> int:
    """The id of an account's ``n``-th mass cancel."""
    return account_id << REQUEST_BITS | n


def account_of_request(request_id: int) -> int:
    return request_id >> REQUEST_BITS


def state_digest(
    directory: Directory, books: dict[int, Book], accounts: dict[int, Account], sessions: dict[int, SessionState]
) -> str:
    """A hash over the canonical state of each part, in order of ids (BLAKE2b-128 of its msgpack form)."""
    digest = hashlib.blake2b(digest_size=16)
    parts: list[object] = [directory.state()]
    parts += [books[key].state() for key in sorted(books)]
    parts += [accounts[key].state() for key in sorted(accounts)]
    parts += [sessions[key].state() for key in sorted(sessions)]
    for part in parts:
        digest.update(msgspec.json.encode(part))
    return digest.hexdigest()
