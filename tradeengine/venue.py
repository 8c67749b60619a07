"""The composition root: the only place where actors are wired together.

Start order is the order of dependence (dispatcher, journal, publisher, accounts, books, ports, timers, gateways,
operators) and stop is its reverse, so that whoever may still send finds its addressee.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from random import SystemRandom
from typing import Any

import structlog
import trio

from actors.disconnects import Disconnects
from actors.journal import JournalActor
from actors.messages import Outcome, ResumeMassCancels
from actors.publisher import PublisherActor
from actors.runtime import ChildSpec, Dispatcher, Supervisor, Watchdog
from actors.schedule import Schedule
from actors.session_times import SessionTimes
from config.settings import Settings
from engine.events import StateHashed
from engine.fold import STATE_VERSION, state_digest
from tradeengine.commits import InlineCommits, ThreadCommits
from tradeengine.market import MarketDataMember
from tradeengine.members import Members
from tradeengine.recovery import Recovered
from tradeengine.wiring import VenueFailed, Wiring, observe

log = structlog.get_logger("venue")
_QUIET_S = 10.0
"""How long a hash waits for a moment in which nothing is on its way."""
_FINISH_S = 30.0
"""How long the last commits may take when the venue stops."""


class Venue(Wiring):
    """A venue's life: who starts after whom, what is driven on, and how it ends with everything durable."""

    def __init__(self, settings: Settings, recovered: Recovered, clock_ns: Callable[[], int] = time.time_ns) -> None:
        super().__init__(settings, recovered, clock_ns)
        self.members = Members(self)
        self.market_data = MarketDataMember(self, recovered.market)
        self._commits: InlineCommits | ThreadCommits | None = None
        self._watchdog = Watchdog(
            self.dispatcher,
            settings.limits.watchdog_s,
            lambda stuck: log.error(
                "actor_stuck", actor=stuck.name, seconds=round(stuck.seconds, 3), stack=stuck.stack
            ),
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

        async def session_times() -> SessionTimes:
            return SessionTimes(self.ports, self.port_mail, self.dispatcher, self.clock_ns)

        async def disconnects() -> Disconnects:
            return self.disconnects

        core: list[ChildSpec[Any]] = [
            ChildSpec(name="dispatcher", start=dispatcher),
            ChildSpec(name="journal", start=journal, mailbox=self.journal_mail),
            ChildSpec(name="publisher", start=publisher, mailbox=self.publisher_mail),
        ]
        children = [
            *core,
            self.market_data.supervisor.as_child(),
            self.members.accounts.as_child(),
            self.members.books.as_child(),
            self.members.ports.as_child(),
            ChildSpec(name="schedule", start=schedule),
            ChildSpec(name="session times", start=session_times),
            ChildSpec(name="disconnects", start=disconnects),
        ]
        # What replay rebuilds is restarted below; a failure of the rest leaves nothing to trust, so the process ends
        # and the next one replays.
        return Supervisor("venue", children, intensity=0, observer=observe)

    def _schedule(self) -> Schedule:
        assert self._commits is not None
        venue = self.settings.venue
        return Schedule(
            self.directory,
            self.book_mail,
            self.journal_mail,
            self.dispatcher,
            self.clock_ns,
            lambda seconds: SystemRandom().uniform(0, seconds),
            (venue.day_roll, venue.time_zone),
            {key: actor.book.last_day for key, actor in self.books.items()},
            self.state.day,
            self.state.phases,
            self.deadlines,
            self._commits.idle,
        )

    def _resume(self) -> None:
        """Drive on what a crash left unfinished."""
        with self.dispatcher.turn():
            for account_id, actor in self.accounts.items():
                if actor.account.mass_cancels:
                    self.account_mail[account_id].tell(ResumeMassCancels())
            self.disconnects.resume(port.state for port in self.ports.values())

    # ---- quiescence -----------------------------------------------------------------------------------------------

    async def quiescent(self) -> None:
        """Wait until nothing is on its way: every command has its outcome, every outcome its consequences, and what
        crashed is rebuilt."""
        while True:
            await self.barrier()
            idle = self.dispatcher.pump()
            if idle and self.publisher.published_seq == self.journal_actor.next_seq - 1 and self.members.whole:
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
        """Journal the live state's hash, for ``journal verify`` to compare with the fold's.

        Raises:
            VenueFailed: the journal is lost, or a part of the live state is, or orders never stopped coming.
        """
        with trio.move_on_after(_QUIET_S) as patience:
            await self.quiescent()
        if patience.cancelled_caught:
            raise VenueFailed(f"no quiet moment within {_QUIET_S:g} s: a hash needs one")
        if self.degraded:
            raise VenueFailed(f"failed parts have no state to compare: {', '.join(sorted(self.degraded))}")
        digest = self.digest()
        with self.dispatcher.turn():
            self.journal_mail.tell(Outcome(0, 0, 0, [StateHashed(digest, STATE_VERSION)]))
        await self.quiescent()
        return digest

    async def _finish(self) -> None:
        """Everything is durable and its hash is journaled, unless the journal is lost: then there is nothing to add."""
        with trio.move_on_after(_FINISH_S, shield=True), suppress(VenueFailed):
            await self.hash_state()
