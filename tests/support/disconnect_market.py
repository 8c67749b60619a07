"""A venue in the test's process whose clients come and go, with drop copies, and what must be true of its journal
wherever that ends."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import msgspec
import trio
from trio.testing import MockClock
from venue_in_process import ACCOUNTS, CREDENTIAL, Client, at_rest, journaled_reports, settings

from config.profile import CancelConfig
from config.reference import SessionConfig
from config.settings import Settings
from engine.commands import CancelOrder, NewOrder
from engine.events import Record, SessionLoggedOn
from engine.fold import VenueState
from engine.reports import Copied, Report, copied
from engine.session import SessionState
from engine.session_end import SessionEnd
from engine.session_profile import CancelOnDisconnect, Rights
from engine.terms import SpecialTerms
from engine.types import SCALE, OrdType, Side, TimeInForce
from tradeengine.venue import Venue

OFF, DISCONNECT, LOGOUT = CancelOnDisconnect
WINDOW_S = 30.0
TRADERS = {
    1: ("FIX.4.4", DISCONNECT, 0.0),
    2: ("FIX.4.2", LOGOUT, WINDOW_S),
    3: ("SOUPBIN", DISCONNECT, WINDOW_S),
    4: ("FIXT.1.1", OFF, 0.0),
}
"""By session: its protocol, what its end cancels, and after which window."""
READERS = {5: ("FIX.4.4", "F", []), 6: ("FIXT.1.1", "CLEARER", ["F", "CLEARER"])}
"""Drop copies: protocol, firm, the firms that they read."""
Records = list[tuple[int, Record]]


def disconnect_settings(directory: Path, **limits: Any) -> Settings:
    chosen = settings(directory, **limits)
    traders = [
        SessionConfig(
            protocol=protocol,  # type: ignore[arg-type]
            comp_id=f"T{session_id}",
            firm="F",
            accounts=list(ACCOUNTS),
            password_hash=CREDENTIAL,
            cancel_on_disconnect=CancelConfig(mode=mode, window_s=window_s),
        )
        for session_id, (protocol, mode, window_s) in TRADERS.items()
    ]
    readers = [
        SessionConfig(
            protocol=protocol,  # type: ignore[arg-type]
            comp_id=f"R{session_id}",
            firm=firm,
            password_hash=CREDENTIAL,
            rights=[Rights.DROP_COPY],
            copies_of=firms,
        )
        for session_id, (protocol, firm, firms) in READERS.items()
    ]
    return msgspec.structs.replace(chosen, sessions=[*traders, *readers])


class Broker(Client):
    """A client that logs on and goes, one way or the other."""

    def log_on(self) -> None:
        self.connect()
        self.port.log_on(reset=False)

    def leave(self, *, completed: bool) -> None:
        self.port.log_out(confirmed=completed, completed=completed)

    def deliver(self, reports: list[Report]) -> None:
        told = [report for report in reports if type(report.event) is not SessionLoggedOn]
        if told:
            super().deliver(told)


class Market:
    """Sessions that trade with one another, come and go, while drop copies read along and come and go too. ``names`` is
    where ClOrdIDs begin."""

    def __init__(self, venue: Venue, clock: MockClock, random: Random, names: int = 0) -> None:
        self.venue = venue
        self.clock = clock
        self.random = random
        self.made = names
        self.brokers = {n: Broker(venue, n) for n in (*TRADERS, *READERS)}
        self.here: set[int] = set()
        for n in self.brokers:
            self.log_on(n)

    def log_on(self, n: int) -> None:
        self.here.add(n)
        self.brokers[n].log_on()

    async def step(self) -> None:
        dice = self.random.random()
        n = self.random.choice(list(self.brokers))
        if dice < 0.06:
            if n in self.here:
                self.here.discard(n)
                self.brokers[n].leave(completed=self.random.random() < 0.5)
        elif dice < 0.2:
            if n not in self.here:
                self.log_on(n)
        elif dice < 0.24:
            await pass_time(self.venue, self.clock, self.random.choice([1.0, WINDOW_S / 2, WINDOW_S + 1]))
        elif n in self.here and n in TRADERS:
            self.brokers[n].send(self._command(n))

    def _command(self, n: int) -> NewOrder | CancelOrder:
        random = self.random
        self.made += 1
        mine = sorted(self.brokers[n].port.state.open)
        if mine and random.random() < 0.15:
            order = self.brokers[n].port.state.open[random.choice(mine)]
            terms = order.terms
            return CancelOrder(n, str(self.made), terms.account_id, terms.symbol_id, terms.side, terms.cl_ord_id)
        side = random.choice(list(Side))
        ticks = random.randint(-3, 30) * (-1 if side is Side.BUY else 1)
        asked = random.choice([None, None, None, *CancelOnDisconnect])
        return NewOrder(
            n, str(self.made), random.randint(2, 4), random.randint(1, 2), side, OrdType.LIMIT, TimeInForce.GTC,
            random.randint(1, 5) * SCALE, 100 * SCALE + ticks * SCALE // 100,
            special=None if asked is None else SpecialTerms(on_disconnect=asked),
        )  # fmt: skip


async def pass_time(venue: Venue, clock: MockClock, seconds: float) -> None:
    """The clock jumps, and what was due by then is done."""
    clock.jump(seconds)
    for _ in range(5):
        await trio.lowlevel.checkpoint()
    await at_rest(venue)


# ---- what must be true ----------------------------------------------------------------------------------------------


def end_of(state: SessionState) -> SessionEnd:
    """How a session has ended if the venue ends now."""
    return SessionEnd(state.logged_on or state.lost, state.opened.profile.cancel_on_disconnect)


def doomed(state: SessionState) -> set[int]:
    """Open orders that the session's end cancels."""
    end = end_of(state)
    return {order_id for order_id, order in state.open.items() if end.cancels(order.terms.special)}


def underway(state: VenueState) -> set[int]:
    """Open orders that an end has begun to cancel, whatever comes of the session since."""
    return {
        order.order_id
        for account in state.accounts.values()
        for progress in account.mass_cancels.values()
        for order in account.orders[progress.request.of_session].values()
        if order.symbol_id in progress.remaining
        and progress.request.end is not None
        and progress.request.end.cancels(order.terms.special)
    }


def assert_copied(records: Records) -> None:
    """Every ExecutionReport of every trader has come to each drop copy once, as it was, under numbers that go up."""
    originals = [
        (session_id, report)
        for session_id in TRADERS
        for report in journaled_reports(records, session_id)
        if copied([report.event])[0]
    ]
    originals.sort(key=lambda addressed: (addressed[1].seq, addressed[1].position))
    for reader in READERS:
        told = [report for report in journaled_reports(records, reader) if isinstance(report.event, Copied)]
        assert [(report.event.session_id, report.event.report) for report in told] == originals  # type: ignore[union-attr]
        assert [(report.seq, report.position) for report in told] == [(r.seq, r.position) for _, r in originals]
        numbers = [report.number for report in told]
        assert numbers == sorted(set(numbers))


async def assert_recoverable(venue: Venue, records: Records) -> None:
    """What the journal holds for a session is what a resend of everything gives."""
    for session_id, port in venue.ports.items():
        again = [report async for chunk in port.replay(1, port.released) for report in chunk]
        journaled = [r for r in journaled_reports(records, session_id) if type(r.event) is not SessionLoggedOn]
        if session_id in READERS:
            assert again == journaled
        else:  # a rejection is sent with what is known by now of the order that it is about
            assert [(r.number, r.seq, r.position) for r in again] == [(r.number, r.seq, r.position) for r in journaled]
