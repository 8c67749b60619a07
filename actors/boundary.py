"""What a gateway and a session's port are to each other, and what a port is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

import msgspec

from actors.cursor import Stored
from actors.disconnects import Disconnects
from actors.market_data import ToMarketData
from actors.messages import ToAccount, ToBook, ToJournal
from actors.pace import Pace
from actors.runtime import Dispatcher, Mailbox
from config.settings import CANCELS_PART
from engine.directory import Directory
from engine.events import Record
from engine.queries import Answer
from engine.reports import Report


class LogonRefused(Exception):
    """The session may not log on; the reason is fit for the peer's eyes."""


class SessionUnavailable(LogonRefused):
    """The credentials are right, but the session cannot be had now: trying again later may help."""


class AlreadyLoggedOn(SessionUnavailable):
    """Another connection has the session, and keeps it."""

    def __init__(self) -> None:
        super().__init__("the session is already logged on")


class Connection(Protocol):
    """What a gateway gives the venue of a live connection. Never blocks, never raises."""

    def deliver(self, reports: list[Report]) -> None:
        """Durable reports, in order of their numbers. None at all: more numbers have become sendable."""

    def answer(self, answer: Answer) -> None:
        """The answer to a query, after the reports of all that was sent before it."""

    def disconnect(self, reason: str) -> None:
        """The venue ends the session: say why in the protocol's way and close."""


class CreditPool:
    """Commands that may be on their way in the whole venue; ``beyond``: how many cancels beside them."""

    __slots__ = ("beyond", "left", "total")

    def __init__(self, total: int) -> None:
        self.total = total
        self.left = total
        self.beyond = -(-total // CANCELS_PART)


class PortLimits(msgspec.Struct, frozen=True):
    credits_per_session: int = 4096
    """Commands of one session that may be on their way to the journal."""
    numbers_reserved: int = 1024
    """Outbound numbers that may go out unjournaled before the journal must know of more."""
    book_depth_max: int = 1000
    """Most price levels a side that a depth query is answered with."""
    replay_chunk: int = 256
    """Reports that a replay reads at the most before others have their turn."""


class Routes(msgspec.Struct, frozen=True):
    """Where a port sends things."""

    dispatcher: Dispatcher
    directory: Directory
    journal: Mailbox[ToJournal]
    accounts: Mapping[int, Mailbox[ToAccount]]
    books: Mapping[int, Mailbox[ToBook]]
    read: Callable[[int, int], Iterator[tuple[int, Record]]]
    """Durable records from one sequence to another, both included."""
    credits: CreditPool
    market_data: Mailbox[ToMarketData]
    disconnects: Disconnects
    stored: Stored
    pace: Pace
    """Of those who read history."""
