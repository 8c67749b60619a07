"""What every operation on a running venue needs: the venue, who is in service, and how a change is made durable."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

import trio

from actors.messages import BookOperation, CancelOrders, Operate, Outcome
from actors.runtime import Supervisor
from config.settings import Settings
from engine.events import AccountOpened, Event
from engine.instrument import Instrument
from gateways.http.operations import OperationRefused, OperationUnknown, VenueUnavailable
from gateways.http.views import Done
from tradeengine.venue import Venue

Send: TypeAlias = Callable[[Callable[[int], None], Callable[[str], None]], None]
"""Asks for something: calls back the first with a sequence when it is durable, or the second with a reason."""


class Decision:
    """What becomes of a change of so many parts."""

    def __init__(self, parts: int) -> None:
        self.made = trio.Event()
        """Every part is durable or refused."""
        self.sequences: list[int] = []
        self.refusals: list[str] = []
        self._parts = parts
        self._look()

    def done(self, seq: int) -> None:
        self.sequences.append(seq)
        self._look()

    def refused(self, text: str) -> None:
        self.refusals.append(text)
        self._look()

    def _look(self) -> None:
        if len(self.sequences) + len(self.refusals) == self._parts:
            self.made.set()


class Desk:
    """Finds what an operator names, changes it, and says no. Without a venue, and when it has failed, it says why
    nothing can be done."""

    def __init__(self, settings: Settings) -> None:
        self.phase = "starting"
        """Why there is no venue to operate; meaningful until one is attached."""
        self._settings = settings
        self._venue: Venue | None = None
        self._naming = trio.Lock()
        """Names and ids are given, and instruments changed, one at a time."""

    def unready_reason(self) -> str:
        venue = self._venue
        if venue is None:
            return self.phase
        if venue.failure:
            return f"the journal has failed: {venue.failure}"
        return "" if venue.ready else venue.door.closed or self.phase

    # ---- how a change is made -------------------------------------------------------------------------------------

    async def _journal(self, venue: Venue, events: list[Event]) -> Done:
        def send(done: Callable[[int], None], refused: Callable[[str], None]) -> None:
            venue.journal_mail.tell(Outcome(0, 0, 0, events, done))

        return await self._change(venue, [send])

    async def _operate(self, venue: Venue, instruments: Iterable[Instrument], *commands: BookOperation) -> Done:
        """Have each instrument's book carry out its command."""

        def to_book(instrument: Instrument, command: BookOperation) -> Send:
            self._in_service(venue.members.books, venue.members.book_names[instrument.symbol_id])
            mailbox = venue.book_mail[instrument.symbol_id]
            return lambda done, refused: mailbox.tell(Operate(command, done, refused))

        return await self._change(venue, list(map(to_book, instruments, commands)))

    def _cancel_of(self, venue: Venue, account_id: int, of_session: int, operator: str) -> Send:
        """Cancels an account's open orders: all of them, or (``of_session`` not 0) those of one session."""
        mailbox = venue.account_mail[account_id]
        return lambda done, refused: mailbox.tell(CancelOrders(of_session, operator, done, refused))

    async def _change(self, venue: Venue, parts: list[Send]) -> Done:
        """Send what ends in events; returns when the last of them is durable. Raises OperationError where a part was
        refused: the others are done all the same."""
        decision = Decision(len(parts))
        with venue.dispatcher.turn():
            for send in parts:
                send(decision.done, decision.refused)
        return await self._decided(venue, decision)

    async def _decided(self, venue: Venue, decision: Decision) -> Done:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._give_up_when_lost, venue, nursery.cancel_scope)
            await decision.made.wait()
            nursery.cancel_scope.cancel()
        if decision.refusals:
            raise OperationRefused("; ".join(dict.fromkeys(decision.refusals)))
        if not decision.made.is_set():
            raise VenueUnavailable(self.unready_reason())
        return Done(max(decision.sequences, default=venue.journal.durable_seq))

    async def _give_up_when_lost(self, venue: Venue, scope: trio.CancelScope) -> None:
        await venue.lost.wait()
        scope.cancel()

    async def _settled(self, venue: Venue, account_id: int, seq: int) -> None:
        """Wait until the account shows what the event at ``seq`` did, so that who reads next sees it."""
        while venue.accounts[account_id].settled_seq < seq and not venue.failure:
            await trio.lowlevel.checkpoint()

    # ---- finding and refusing -------------------------------------------------------------------------------------

    def _present(self) -> Venue:
        """The venue, for reading: also after its journal has failed."""
        if self._venue is None:
            raise VenueUnavailable(f"the venue is not open yet: {self.phase}")
        return self._venue

    def _working(self) -> Venue:
        """The venue, for changes."""
        venue = self._present()
        reason = self.unready_reason()
        if reason:
            raise VenueUnavailable(reason)
        return venue

    def _instrument_named(self, venue: Venue, symbol: str) -> Instrument:
        instrument = venue.directory.instrument_named(symbol)
        if instrument is None:
            raise OperationUnknown(f"there is no instrument {symbol!r}")
        return instrument

    def _account_named(self, venue: Venue, name: str) -> AccountOpened:
        account = venue.directory.account_named(name)
        if account is None:
            raise OperationUnknown(f"there is no account {name!r}")
        return account

    def _account_in_service(self, venue: Venue, name: str) -> AccountOpened:
        account = self._account_named(venue, name)
        self._in_service(venue.members.accounts, account.name)
        return account

    def _in_service(self, supervisor: Supervisor, name: str) -> None:
        """What has crashed too often is represented by a stand-in that carries nothing out (design §4)."""
        child = supervisor.children.get(name)
        if child is None or child.replaced:
            raise OperationRefused(f"{name} is out of service since it failed; restart the venue to bring it back")
