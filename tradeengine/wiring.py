"""What the venue's parts are wired to: mailboxes by id, the actors behind them, and the few things that they share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

import structlog
import trio

from actors.account import AccountActor
from actors.book import BookActor
from actors.boundary import CreditPool, PortLimits, Routes
from actors.disconnects import Disconnects
from actors.door import Door
from actors.journal import JournalActor, OutNumbers
from actors.market_data import ToMarketData
from actors.messages import Barrier, ToAccount, ToBook, ToJournal, ToPort, ToPublisher
from actors.pace import Pace
from actors.passwords import Passwords
from actors.port import SessionPort
from actors.publisher import PublisherActor
from actors.runtime import ChildSpec, Dispatcher, Mailbox, Supervisor
from actors.signatures import Signatures
from config.settings import Settings
from engine.drop_copy import DropCopies
from engine.protection import Touch
from tradeengine.recovery import Recovered, read_records
from tradeengine.venue_key import venue_seal

log = structlog.get_logger("venue")

_ROUTINE = frozenset({"child_started", "child_stopped"})


def observe(event: str, /, **fields: object) -> None:
    """What supervisors tell: starts and stops are routine, the rest is for an operator's eyes."""
    (log.debug if event in _ROUTINE else log.error)(event, **fields)


class VenueFailed(Exception):
    """The journal can't write: nothing is acknowledged any more."""


class Wiring:
    """The board that everything is plugged into. It knows who is there, not who comes and goes or when."""

    def __init__(self, settings: Settings, recovered: Recovered, clock_ns: Callable[[], int]) -> None:
        self.settings = settings
        self.journal = recovered.journal
        self.state = recovered.state
        self.clock_ns = clock_ns
        self.failure = ""
        """Why nothing is acknowledged any more; empty while all is well."""
        self.ready = False
        self.stopped = trio.Event()
        self.lost = trio.Event()
        """Set with ``failure``: what was not durable by now never will be."""
        self.degraded: set[str] = set()
        """Books and accounts that have failed for good: their live state is not the journal's any more."""
        self.supervisors: list[Supervisor] = []
        """Those of accounts, books, ports and gateways, for metrics."""
        limits = settings.limits
        self.dispatcher = Dispatcher(limits.dispatch_budget)
        depth = limits.mailbox_depth_max
        self.journal_mail: Mailbox[ToJournal] = self.dispatcher.mailbox("journal", depth)
        self.publisher_mail: Mailbox[ToPublisher] = self.dispatcher.mailbox("publisher", depth)
        self.market_data_mail: Mailbox[ToMarketData] = self.dispatcher.mailbox("market data", depth)
        self.account_mail: dict[int, Mailbox[ToAccount]] = {}
        self.book_mail: dict[int, Mailbox[ToBook]] = {}
        self.port_mail: dict[int, Mailbox[ToPort]] = {}
        self.touches: dict[int, Touch] = {}
        self.deadlines: dict[int, int] = {}
        """When each book has something to do by itself next, nanoseconds UTC; 0 = never."""
        self.books: dict[int, BookActor] = {}
        self.accounts: dict[int, AccountActor] = {}
        self.ports: dict[int, SessionPort] = {}
        state = self.state
        self.directory = state.directory
        self.numbers = {key: OutNumbers.resumed(session) for key, session in state.sessions.items()}
        self.journal_actor = JournalActor(
            self.journal.next_seq,
            state.time_ns,
            self.numbers,
            clock_ns,
            self.publisher_mail,
            DropCopies(state.directory.sessions.values(), state.directory.past_sessions.values()),
        )
        self.publisher = PublisherActor(
            self.directory, self.account_mail, self.port_mail, self._on_lost, state.seq, self.market_data_mail
        )
        self.credits = CreditPool(limits.credits_total)
        self.disconnects = Disconnects(self.directory, self.account_mail, self.journal_mail, self.dispatcher)
        self.routes = self._routes()
        self.port_limits = PortLimits(
            credits_per_session=limits.credits_per_session, book_depth_max=limits.book_depth_max
        )
        self.seal = venue_seal(settings)
        self.door = self._door()
        self._barriers: set[trio.Event] = set()

    def _routes(self) -> Routes:
        return Routes(
            self.dispatcher,
            self.directory,
            self.journal_mail,
            self.account_mail,
            self.book_mail,
            lambda first, last: read_records(self.journal, first, last),
            self.credits,
            self.market_data_mail,
            self.disconnects,
            self.journal.read_batches,
            Pace(self.dispatcher),
        )

    def _door(self) -> Door:
        passwords = Passwords(self.directory, self.journal_mail, self.dispatcher, os.urandom)
        window_ns = self.settings.secrets.signature_window_s * 10**9
        signatures = Signatures(self.seal, self.clock_ns, window_ns)
        return Door(self.directory, self.ports, log.debug, passwords, signatures, self.clock_ns)

    def supervisor(self, name: str, children: Iterable[ChildSpec[Any]]) -> Supervisor:
        """A supervisor with the configured restart limits, whose children fail one by one."""
        limits = self.settings.limits
        supervisor = Supervisor(
            name,
            children,
            intensity=limits.restart_intensity,
            period_s=limits.restart_period_s,
            observer=observe,
        )
        self.supervisors.append(supervisor)
        return supervisor

    def _on_lost(self, reason: str) -> None:
        self.failure = reason
        self.lost.set()
        self.ready = False
        self.door.closed = "the venue cannot record orders"
        log.critical("journal_failed", reason=reason)
        for passed in list(self._barriers):
            passed.set()

    async def barrier(self) -> int:
        """Wait until all that has been journaled by now is durable and published; returns the last such sequence.

        Raises:
            VenueFailed: the journal can't write any more, so that moment will not come.
        """
        passed = trio.Event()
        seqs: list[int] = []

        def pass_on(seq: int) -> None:
            seqs.append(seq)
            passed.set()

        if not self.failure:
            self._barriers.add(passed)
            try:
                with self.dispatcher.turn():
                    self.journal_mail.tell(Barrier(pass_on))
                await passed.wait()
            finally:
                self._barriers.discard(passed)
        if not seqs:
            raise VenueFailed(self.failure)
        return seqs[0]
