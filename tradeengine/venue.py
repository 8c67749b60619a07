"""The composition root: the only place where actors are wired together.

Start order is the order of dependence (dispatcher, journal, publisher, accounts, books, ports, timers, gateways,
operators) and stop is its reverse, so that whoever may still send finds its addressee.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog
import trio

from actors.account import AccountActor
from actors.book import BookActor, Touch
from actors.boundary import CreditPool, PortLimits, Routes
from actors.door import Door
from actors.journal import JournalActor, OutNumbers
from actors.messages import Barrier, Outcome, ResumeMassCancels, ToAccount, ToBook, ToJournal, ToPort, ToPublisher
from actors.port import SessionPort
from actors.publisher import PublisherActor
from actors.runtime import ChildSpec, Dispatcher, Mailbox, Supervisor, Watchdog
from actors.schedule import Schedule
from config.settings import Settings
from engine.events import StateHashed
from engine.fold import state_digest
from tradeengine.commits import InlineCommits, ThreadCommits
from tradeengine.members import Members
from tradeengine.recovery import Recovered, read_records

log = structlog.get_logger("venue")
_FINISH_S = 30.0
"""How long the last commits may take when the venue stops."""


_ROUTINE = frozenset({"child_started", "child_stopped"})


def observe(event: str, /, **fields: object) -> None:
    """What supervisors tell: starts and stops are routine, the rest is for an operator's eyes."""
    (log.debug if event in _ROUTINE else log.error)(event, **fields)


class VenueFailed(Exception):
    """The journal can't write: nothing is acknowledged any more."""


class Venue:
    """A running venue: its actors, their mailboxes, and the supervisors above them."""

    def __init__(self, settings: Settings, recovered: Recovered, clock_ns: Callable[[], int] = time.time_ns) -> None:
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
        self.supervisors: list[Supervisor] = []
        """Those of accounts, books, ports and gateways, for metrics."""
        limits = settings.limits
        self.dispatcher = Dispatcher(limits.dispatch_budget)
        depth = limits.mailbox_depth_max
        self.journal_mail: Mailbox[ToJournal] = self.dispatcher.mailbox("journal", depth)
        self.publisher_mail: Mailbox[ToPublisher] = self.dispatcher.mailbox("publisher", depth)
        self.account_mail: dict[int, Mailbox[ToAccount]] = {}
        self.book_mail: dict[int, Mailbox[ToBook]] = {}
        self.port_mail: dict[int, Mailbox[ToPort]] = {}
        self.touches: dict[int, Touch] = {}
        self.books: dict[int, BookActor] = {}
        self.accounts: dict[int, AccountActor] = {}
        self.ports: dict[int, SessionPort] = {}
        state = self.state
        self.directory = state.directory
        self.numbers = {key: OutNumbers.resumed(session) for key, session in state.sessions.items()}
        self.journal_actor = JournalActor(
            self.journal.next_seq, state.time_ns, self.numbers, clock_ns, self.publisher_mail
        )
        self.publisher = PublisherActor(self.directory, self.account_mail, self.port_mail, self._on_lost, state.seq)
        self.credits = CreditPool(limits.credits_total)
        self.routes = Routes(
            self.dispatcher,
            self.directory,
            self.journal_mail,
            self.account_mail,
            self.book_mail,
            lambda first, last: read_records(self.journal, first, last),
            self.credits,
        )
        self.port_limits = PortLimits(credits_per_session=limits.credits_per_session)
        self.door = Door(self.directory, self.ports, log.debug)
        self.members = Members(self)
        self._barriers: set[trio.Event] = set()
        self._commits: InlineCommits | ThreadCommits | None = None
        self._watchdog = Watchdog(
            self.dispatcher, limits.watchdog_s, lambda stuck: log.error("actor_stuck", actor=stuck.name)
        )

    # ---- life -----------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def running(self, gateways: list[ChildSpec[Any]]) -> AsyncIterator[Venue]:
        """Run the venue around a block; left gracefully, all that was accepted is durable and the state is hashed."""
        self.dispatcher.after_turn.append(self.journal_actor.flush)
        if self.settings.journal.durability == "fsync":
            self._commits = ThreadCommits(self.journal, self.journal_actor, self.dispatcher)
        else:
            self._commits = InlineCommits(self.journal, self.journal_actor)
        self.journal_actor.bind(self._commits)
        edge = self.supervisor("gateways", gateways)
        try:
            with self._watchdog:
                async with self._root().running():
                    self._resume()
                    async with edge.running():
                        self.ready = True
                        try:
                            yield self
                        finally:
                            self.ready = False
                            self.door.closed = "the venue is shutting down"
                    await self._finish()
        finally:
            self._commits.stop()
            if self.journal.failure is None:
                self.journal.close()
            self.stopped.set()

    def _root(self) -> Supervisor:
        async def dispatcher() -> Dispatcher:
            return self.dispatcher

        async def journal() -> JournalActor:
            return self.journal_actor

        async def publisher() -> PublisherActor:
            return self.publisher

        async def schedule() -> Schedule:
            return self._schedule()

        core: list[ChildSpec[Any]] = [
            ChildSpec(name="dispatcher", start=dispatcher),
            ChildSpec(name="journal", start=journal, mailbox=self.journal_mail),
            ChildSpec(name="publisher", start=publisher, mailbox=self.publisher_mail),
        ]
        children = [
            *core,
            self.members.accounts.as_child(),
            self.members.books.as_child(),
            self.members.ports.as_child(),
            ChildSpec(name="schedule", start=schedule),
        ]
        # What replay rebuilds is restarted below; a failure of the rest leaves nothing to trust, so the process ends
        # and the next one replays.
        return Supervisor("venue", children, intensity=0, observer=observe)

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

    def _schedule(self) -> Schedule:
        venue = self.settings.venue
        return Schedule(
            self.directory,
            self.book_mail,
            self.journal_mail,
            self.dispatcher,
            self.clock_ns,
            (venue.day_roll, venue.time_zone),
            {key: actor.book.last_day for key, actor in self.books.items()},
            self.state.day,
        )

    def _resume(self) -> None:
        """Drive on what a crash left unfinished."""
        with self.dispatcher.turn():
            for account_id, actor in self.accounts.items():
                if actor.account.mass_cancels:
                    self.account_mail[account_id].tell(ResumeMassCancels())

    def _on_lost(self, reason: str) -> None:
        self.failure = reason
        self.lost.set()
        self.ready = False
        self.door.closed = "the venue cannot record orders"
        log.critical("journal_failed", reason=reason)
        for passed in self._barriers:
            passed.set()

    # ---- quiescence -----------------------------------------------------------------------------------------------

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
            with self.dispatcher.turn():
                self.journal_mail.tell(Barrier(pass_on))
            await passed.wait()
            self._barriers.discard(passed)
        if not seqs:
            raise VenueFailed(self.failure)
        return seqs[0]

    async def quiescent(self) -> None:
        """Wait until nothing is on its way: every command has its outcome and every outcome its consequences."""
        while True:
            await self.barrier()
            idle = self.dispatcher.pump()
            if idle and self.publisher.published_seq == self.journal_actor.next_seq - 1:
                return
            await trio.lowlevel.checkpoint()

    def digest(self) -> str:
        """The live state's hash; only at quiescence does it equal the fold's."""
        return state_digest(
            self.directory,
            {key: actor.book for key, actor in self.books.items()},
            {key: actor.account for key, actor in self.accounts.items()},
            {key: port.state for key, port in self.ports.items()},
        )

    async def hash_state(self) -> str:
        """Journal the live state's hash, for ``journal verify`` to compare with the fold's."""
        await self.quiescent()
        digest = self.digest()
        with self.dispatcher.turn():
            self.journal_mail.tell(Outcome(0, 0, 0, [StateHashed(digest)]))
        await self.quiescent()
        return digest

    async def _finish(self) -> None:
        """Everything is durable and its hash is journaled, unless the journal is lost: then there is nothing to add."""
        with trio.move_on_after(_FINISH_S, shield=True), suppress(VenueFailed):
            await self.hash_state()
