"""The real actors of an order's way, cranked by hand: any mailbox may be run next, over any part of its mail.

That covers every interleaving that the dispatcher, the commit thread and their batches can bring about, without tasks.
"""

from __future__ import annotations

from random import Random
from typing import Any

from actors.account import AccountActor
from actors.book import BookActor
from actors.journal import JournalActor, OutNumbers
from actors.messages import Delivery
from actors.publisher import PublisherActor
from actors.runtime import Actor, Mailbox
from engine.account import Account
from engine.directory import Directory
from engine.events import Record
from engine.fold import VenueState
from engine.protection import Touch
from engine.reports import SILENT, Report
from engine.reservations import Reservations
from engine.wire import decode_record, encode_record

DEPTH = 1_000_000


class CrankedVenue:
    """Accounts, books, journal and publisher; the sessions are mailboxes that gather, and fold as a port does.

    ``durable`` records are folded into ``fold`` as the journal would read them back.
    """

    def __init__(self, genesis: list[Record], clock_ns: int = 1_000) -> None:
        self.fold, live = VenueState(), VenueState()
        for seq, record in enumerate(genesis, 1):
            self.fold.apply(seq, record)
            live.apply(seq, record)
        self.directory: Directory = live.directory
        self.now_ns = clock_ns
        self.actors: dict[str, tuple[Mailbox[Any], Actor[Any]]] = {}
        self.commits: list[tuple[list[bytes], int]] = []
        self.reports: dict[int, list[Report]] = {}
        self.records: list[Record] = []
        journal_mail: Mailbox[Any] = Mailbox("journal", DEPTH)
        publisher_mail: Mailbox[Any] = Mailbox("publisher", DEPTH)
        self.account_mail: dict[int, Mailbox[Any]] = {key: Mailbox(f"account {key}", DEPTH) for key in live.accounts}
        self.book_mail: dict[int, Mailbox[Any]] = {key: Mailbox(f"book {key}", DEPTH) for key in live.books}
        self.sessions = live.sessions
        self.port_mail: dict[int, Mailbox[Any]] = {key: Mailbox(f"port {key}", DEPTH) for key in live.sessions}
        self.journal_mail = journal_mail
        self.touches: dict[int, Touch] = {}
        self.deadlines: dict[int, int] = {}
        self.numbers = {key: OutNumbers(1) for key in live.sessions}
        self.journal = JournalActor(live.seq + 1, live.time_ns, self.numbers, lambda: self.now_ns, publisher_mail)
        self.journal.bind(self)
        self.lost: list[str] = []
        self.debtors: set[int] = set()
        """Accounts that may owe, because a trade of theirs was busted."""
        self.publisher = PublisherActor(self.directory, self.account_mail, self.port_mail, self.lost.append, live.seq)
        self.reservations = {key: Reservations() for key in live.accounts}
        self.accounts = {key: self._account_actor(key, account, live.seq) for key, account in live.accounts.items()}
        self.books = {
            key: BookActor(book, self.book_mail[key], journal_mail, self.touches, self.deadlines, lambda: self.now_ns)
            for key, book in live.books.items()
        }
        for key, account in self.accounts.items():
            self.actors[f"account {key}"] = (self.account_mail[key], account)
        for key, book in self.books.items():
            self.actors[f"book {key}"] = (self.book_mail[key], book)
        self.actors["journal"] = (journal_mail, self.journal)
        self.actors["publisher"] = (publisher_mail, self.publisher)

    def _account_actor(self, key: int, account: Account, seq: int) -> AccountActor:
        return AccountActor(account, self.reservations[key], seq, self.journal_mail, self.book_mail, self.touches)

    # ---- CommitLog -------------------------------------------------------------------------------------------------

    def submit(self, payloads: list[bytes], first_seq: int) -> None:
        self.commits.append((payloads, first_seq))

    def sync(self) -> None:
        """The oldest commit becomes durable: replay would see it."""
        payloads, first_seq = self.commits.pop(0)
        for seq, payload in enumerate(payloads, first_seq):
            record = decode_record(payload)
            assert encode_record(record) == payload
            self.records.append(record)
            self.fold.apply(seq, record)
        self.journal.on_durable(first_seq + len(payloads) - 1)

    # ---- the crank -------------------------------------------------------------------------------------------------

    def run(self, name: str, limit: int | None = None) -> None:
        """One actor handles its mail, or the first ``limit`` messages of it."""
        mailbox, actor = self.actors[name]
        batch = mailbox.take(limit)
        messages = iter(batch)
        actor.on_batch(messages)
        rest = list(messages)
        mailbox.restore(rest, len(batch) - len(rest))
        if name == "journal":
            self.journal.flush()
        self._collect()

    def step(self, random: Random) -> bool:
        """Something that may happen next happens; False when nothing is on its way."""
        ready = [name for name, (mailbox, _) in self.actors.items() if len(mailbox)]
        if self.commits:
            ready.append("disk")
        if not ready:
            return False
        name = random.choice(ready)
        if name == "disk":
            self.sync()
        else:
            self.run(name, random.choice((1, 1, 2, 5, None)))
        return True

    def drain(self) -> None:
        """Everything that is on its way arrives."""
        random = Random(0)
        while self.step(random):
            pass

    def _collect(self) -> None:
        for session_id, mailbox in self.port_mail.items():
            for message in mailbox.take():
                if isinstance(message, Delivery):
                    told = [report for report in message.reports if report.number != SILENT]
                    assert len(told) == message.told
                    self.reports.setdefault(session_id, []).extend(told)
                    session = self.sessions[session_id]
                    session.apply_reports(message.reports)
                    for record in message.outcomes:
                        session.apply_outcomes([record])

    # ---- what must hold --------------------------------------------------------------------------------------------

    def check_accounts(self) -> None:
        """What holds at every moment."""
        for key, actor in self.accounts.items():
            account, pending = actor.account, self.reservations[key].pending
            held: dict[str, int] = {}
            for order in account.open_orders():
                listed = self.directory.instruments[order.symbol_id]
                asset = listed.quote if order.side == 1 else listed.base
                held[asset] = held.get(asset, 0) + order.hold
            for asset in account.balances.keys() | account.held.keys() | pending.keys():
                balance = account.balances.get(asset, 0)
                assert account.held.get(asset, 0) == held.get(asset, 0), f"held is not the sum of holds: {asset}"
                assert account.held.get(asset, 0) >= 0
                assert pending.get(asset, 0) >= 0
                if key in self.debtors:
                    continue
                assert balance >= 0, f"account {key} owes {-balance} {asset}"
                free = account.available(asset) - pending.get(asset, 0)
                assert free >= 0, f"account {key}: {-free} {asset} promised beyond its balance"

    def check_at_rest(self) -> None:
        """What holds when nothing is on its way: live state is the fold, and nothing stays reserved."""
        for key, reservations in self.reservations.items():
            assert len(reservations) == 0, f"account {key} still reserves for {len(reservations)} commands"
            assert not any(reservations.pending.values())
        for key, actor in self.accounts.items():
            assert actor.account.state() == self.fold.accounts[key].state()
        for key, book_actor in self.books.items():
            assert book_actor.book.state() == self.fold.books[key].state()
        for key, session in self.sessions.items():
            assert session.state() == self.fold.sessions[key].state()
            images = [order.image for actor in self.books.values() for order in actor.book.everyone()]
            mine = {image.order_id: image for image in images if image.session_id == key}
            assert session.open == mine, f"session {key} knows its orders otherwise than the books"
        assert self.directory.state() == self.fold.directory.state()

    def totals(self) -> dict[str, int]:
        """Each asset over all live accounts, fees included."""
        totals: dict[str, int] = {}
        for actor in self.accounts.values():
            for asset, amount in actor.account.balances.items():
                totals[asset] = totals.get(asset, 0) + amount
        return totals
