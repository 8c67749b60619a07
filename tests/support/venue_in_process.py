"""A whole venue in the test's process, with ``os`` durability, and clients that talk to its ports without sockets."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import trio
from stamped_reports import reports_of

from actors.port import SessionPort
from actors.runtime import Mailbox
from config.reference import AccountConfig, InstrumentConfig, SessionConfig
from config.settings import JournalSettings, LimitsSettings, Settings
from engine.commands import ClientCommand
from engine.events import Event, Record
from engine.fold import VenueState
from engine.queries import Answer
from engine.reports import Report
from engine.types import SCALE
from engine.wire import decode_record, encode_record
from stores.journal.journal import Journal
from stores.journal.log import silent
from stores.journal.options import JournalOptions
from tradeengine.recovery import recover
from tradeengine.venue import Venue

CREDENTIAL = "scrypt$16384$8$1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
START_NS = 1_767_348_000 * 10**9
"""2026-01-02 10:00 UTC."""
ACCOUNTS = ("A2", "A3", "A4")
SYMBOLS = ("BTC/USDT", "ETH/USDT")
BTC_USDT, ETH_USDT = 1, 2
_SPARE = shutil.ignore_patterns("spare*")
"""The next segment, which a thread may be preparing."""


class Clock:
    """The venue's clock, set by hand."""

    def __init__(self, now_ns: int = START_NS) -> None:
        self.now_ns = now_ns

    def __call__(self) -> int:
        return self.now_ns


def settings(directory: Path, **limits: Any) -> Settings:
    """Two symbols; accounts A2..A4 (ids 2..4); sessions 1 and 2 FIX, 3 binary, each trading for all accounts."""

    def listed(symbol: str) -> InstrumentConfig:
        base, quote = symbol.split("/")
        return InstrumentConfig(
            symbol=symbol, base=base, quote=quote, tick_size=SCALE // 100, lot_size=SCALE // 1000,
            min_qty=SCALE // 1000, max_qty=1000 * SCALE, maker_fee=100_000, taker_fee=200_000,
            reference_px=100 * SCALE,
        )  # fmt: skip

    def session(protocol: Any, comp_id: str) -> SessionConfig:
        return SessionConfig(
            protocol=protocol, comp_id=comp_id, firm="F", accounts=list(ACCOUNTS), password_hash=CREDENTIAL
        )

    balances = {"USDT": 100_000 * SCALE, "BTC": 1000 * SCALE, "ETH": 1000 * SCALE}
    return Settings(
        data_dir=directory,
        journal=JournalSettings(durability="os", segment_bytes=2**20),
        limits=LimitsSettings(**{"restart_intensity": 2, "restart_period_s": 60.0, **limits}),
        instruments=[listed(symbol) for symbol in SYMBOLS],
        accounts=[AccountConfig(name=name, firm="F", balances=balances) for name in ACCOUNTS],
        sessions=[session("FIX.4.4", "FIX1"), session("FIX.4.2", "FIX2"), session("SOUPBIN", "BIN3")],
    )


@asynccontextmanager
async def running(
    chosen: Settings, clock: Callable[[], int] | None = None, entropy: Callable[[int], bytes] = os.urandom
) -> AsyncIterator[Venue]:
    """The venue that the journal in ``chosen.data_dir`` tells of, running."""
    venue = Venue(chosen, recover(chosen, silent, entropy), clock or Clock())
    async with venue.running([]):
        await at_rest(venue)
        yield venue


async def at_rest(venue: Venue) -> None:
    """Wait until nothing is on its way, not even behind an actor that is being rebuilt."""
    while True:
        await venue.quiescent()
        children = [child for supervisor in venue.supervisors for child in supervisor.children.values()]
        mail: list[Mailbox[Any]] = [*venue.account_mail.values(), *venue.book_mail.values(), *venue.port_mail.values()]
        if all(child.incarnation is not None for child in children) and not any(len(mailbox) for mailbox in mail):
            return
        await trio.lowlevel.checkpoint()


class Client:
    """A client with its connection: it keeps what it was told, checks the numbers, and submits what it is asked to."""

    def __init__(self, venue: Venue, session_id: int) -> None:
        self.venue = venue
        self.session_id = session_id
        self.reports: list[Report] = []
        self.answers: list[Answer] = []
        self.gone = ""
        self.in_seq = 0

    @property
    def port(self) -> SessionPort:
        return self.venue.ports[self.session_id]

    def connect(self) -> Client:
        assert self.port.connection is None
        self.gone = ""
        self.port.connection = self
        return self

    def send(self, *commands: ClientCommand) -> None:
        self.port.submit(list(commands))

    # ---- actors.port.Connection -------------------------------------------------------------------------------------

    def deliver(self, reports: list[Report]) -> None:
        assert reports or self.port.session.protocol != "SOUPBIN"
        for report in reports:
            assert not self.reports or report.number > self.reports[-1].number, "numbers go back"
            self.reports.append(report)

    def answer(self, answer: Answer) -> None:
        self.answers.append(answer)

    def disconnect(self, reason: str) -> None:
        self.gone = reason

    # ---- for assertions ---------------------------------------------------------------------------------------------

    @property
    def events(self) -> list[Any]:
        return [report.event for report in self.reports]

    @property
    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.events]


def journal_options(directory: Path) -> JournalOptions:
    return JournalOptions(directory=directory, durability="os", segment_bytes=2**20, prepare_in_background=False)


def records_in(directory: Path) -> list[tuple[int, Record]]:
    """What a journal directory holds, read from a copy so that its owner is not disturbed."""
    copy = directory.parent / f"{directory.name}.read"
    shutil.copytree(directory, copy, ignore=_SPARE)
    try:
        journal = Journal.open(journal_options(copy))
        records = [(seq, decode_record(payload)) for seq, payload in journal.read(1)]
        journal.close()
    finally:
        shutil.rmtree(copy)
    return records


def folded(records: list[tuple[int, Record]]) -> VenueState:
    state = VenueState()
    for seq, record in records:
        state.apply(seq, record)
    return state


def journaled_reports(records: list[tuple[int, Record]], session_id: int) -> list[Report]:
    """Every report of a session, by the journal."""
    return [report for seq, record in records for to, report in reports_of(seq, record) if to == session_id]


async def check(venue: Venue) -> VenueState:
    """At rest, live state is the fold of what is on disk, and nothing stays reserved or in flight."""
    await at_rest(venue)
    state = folded(records_in(venue.settings.journal_dir))
    for key, book in venue.books.items():
        assert book.book.state() == state.books[key].state(), f"book {key}"
    for key, account in venue.accounts.items():
        assert account.account.state() == state.accounts[key].state(), f"account {key}"
    for key, port in venue.ports.items():
        assert port.state.state() == state.sessions[key].state(), f"session {key}"
        assert port.submitted == port.resolved, f"session {key}: {port.submitted} submitted, {port.resolved} resolved"
    assert venue.digest() == state.digest()
    for key, reservations in venue.members.reservations.items():
        assert len(reservations) == 0, f"account {key} still reserves"
    assert venue.credits.left == venue.credits.total
    return state


def crash_copy(source: Settings, target: Path) -> Settings:
    """What a machine would find after the process died now: the journal's files as they are, without the lock."""
    copied = msgspec.structs.replace(source, data_dir=target)
    shutil.copytree(source.journal_dir, copied.journal_dir, ignore=_SPARE)
    return copied


def append(stopped: Settings, *events: Event, session_id: int = 0, out: Sequence[int] = ()) -> None:
    """Add a record to the journal of a venue that isn't running: what a crash can leave as the last thing written."""
    journal = Journal.open(journal_options(stopped.journal_dir))
    journal.commit([encode_record(Record(START_NS, session_id, 0, 0, list(out), list(events)))])
    journal.close()
