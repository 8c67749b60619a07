"""A whole venue in the test's process under every kind of order and command, with small bounds, and what must be true
of the state that it leaves behind wherever its journal ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from command_streams import BACK_KINDS, KINDS, CommandStream, Step, random_step
from venue_in_process import Client, Clock, folded, journal_options, settings

from actors.messages import Operate
from config.settings import Settings
from config.trading import ProtectionConfig
from engine.book import Book
from engine.commands import CancelAll, CancelOrder, MassCancel, NewList, NewOrder, ReplaceOrder
from engine.events import Event, LimitStateChanged, Record, TradingPhaseChanged
from engine.fold import VenueState
from engine.image import OrderImage
from engine.types import SCALE, InstrumentStatus, Side, TradingPhase
from engine.wire import encode_record
from stores.journal.journal import Journal
from tradeengine.venue import Venue

A_SECOND = 10**9
START_NS = 4_102_567_200 * A_SECOND
"""2100-01-02 10:00 UTC, later than any clock that seeds a journal: the times in records are those of the test."""
PERCENT = SCALE // 100
MIDDLE_TICKS = {1: 10_000, 2: 100}
CASCADE_MAX, UNCROSS_MAX = 2, 3
"""Small, so that much is cut short."""
OPERATOR_KINDS = ["phase", "status", "reference", "advance", "advance", "cancel_all", "cancel_book"]
GUARDED = ProtectionConfig(
    dynamic_band_rate=3 * PERCENT,
    volatility_rate=6 * PERCENT,
    limit_state_s=1.0,
    pause_s=2.0,
    reopening_s=2.0,
    reopening_random_s=1.0,
)

Records = list[tuple[int, Record]]


def special_settings(directory: Path, **limits: Any) -> Settings:
    """As :func:`venue_in_process.settings`: BTC/USDT has no guards, ETH/USDT moves in whole units between bands."""
    chosen = settings(directory, **{"cascade_max": CASCADE_MAX, "uncross_max": UNCROSS_MAX, **limits})
    free, guarded = chosen.instruments
    guarded = msgspec.structs.replace(guarded, tick_size=SCALE, protection=GUARDED)
    return msgspec.structs.replace(chosen, instruments=[free, guarded])


def entropy(count: int) -> bytes:
    """The same for every lifetime, so that its draws can be compared with another's."""
    return bytes(range(count))


class SpecialMarket:
    """Three sessions that send orders and lists of every kind, an operator, and time that passes.

    ``names`` is where ClOrdIDs begin: each lifetime of a venue needs its own.
    """

    def __init__(self, venue: Venue, clock: Clock, random: Random, names: int = 0) -> None:
        self.venue = venue
        self.clock = clock
        self.random = random
        self.clients = {session_id: Client(venue, session_id).connect() for session_id in (1, 2, 3)}
        self.streams: dict[int, CommandStream] = {}
        for symbol_id, listed in venue.directory.instruments.items():
            stream = self.streams[symbol_id] = CommandStream(listed, MIDDLE_TICKS[symbol_id])
            stream.made = names + symbol_id * 100_000

    def step(self) -> None:
        """Something is asked for; what comes of it may still be on its way when this returns."""
        random = self.random
        self.clock.now_ns += random.choice((0, 1, 1, 5, 30, A_SECOND // 2))
        symbol_id = random.choice((1, 2))
        book = self.venue.books[symbol_id].book
        stream = self.streams[symbol_id]
        stream.now_ns = self.clock.now_ns
        command = stream.command(self._kind(book), open_images(book))
        if isinstance(command, CancelAll):
            self.clients[1].send(MassCancel(1, f"m{stream.made}", command.account_id, symbol_id, command.side))
        elif isinstance(command, NewOrder | NewList | CancelOrder | ReplaceOrder):
            self.clients[command.session_id].send(command)
        else:
            with self.venue.dispatcher.turn():
                self.venue.book_mail[symbol_id].tell(Operate(command))

    def _kind(self, book: Book) -> Step:
        """Mostly orders; a book that is not open soon is again."""
        kinds = KINDS * 2 + OPERATOR_KINDS
        if book.status is not InstrumentStatus.ACTIVE:
            kinds = KINDS + ["resume"] * len(KINDS)
        elif book.phase is not TradingPhase.CONTINUOUS:
            kinds = KINDS * 2 + BACK_KINDS * 3
        return random_step(self.random, kinds)


class Continuations:
    """Every record that a book made of what the one before it had left undone, in order, by symbol id."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._made: defaultdict[int, list[list[Event]]] = defaultdict(list)
        go_on = Book.go_on

        def spied(book: Book) -> list[Event]:
            events = go_on(book)
            if events:
                self._made[book.instrument.symbol_id].append(events)
            return events

        monkeypatch.setattr(Book, "go_on", spied)

    def found_in(self, records: Records) -> set[int]:
        """Their sequences."""
        waiting: dict[int, Iterator[list[Event]]] = {key: iter(made) for key, made in self._made.items()}
        following = {key: next(made, None) for key, made in waiting.items()}
        found: set[int] = set()
        for seq, record in records:
            symbol_id = symbol_of_record(record)
            if symbol_id and record.events == following.get(symbol_id):
                found.add(seq)
                following[symbol_id] = next(waiting[symbol_id], None)
        assert not any(following.values()), "what a book went on with is in the journal"
        return found


def symbol_of_record(record: Record) -> int:
    """Which book a record is of; 0 for those that are no book's."""
    for event in record.events:
        for part in (event, getattr(event, "order", None), getattr(event, "aggressor", None)):
            symbol_id = getattr(part, "symbol_id", 0)
            if symbol_id:
                return int(symbol_id)
    return 0


def crashed_after(whole: Settings, target: Path, records: Records, last: int) -> Settings:
    """A data directory with the first ``last`` records: what a crash at that point leaves behind."""
    crashed = msgspec.structs.replace(whole, data_dir=target)
    journal = Journal.open(journal_options(crashed.journal_dir))
    journal.commit([encode_record(record) for _, record in records[:last]])
    journal.close()
    return crashed


# ---- what must be true at the end of any journal ------------------------------------------------------------------


def open_images(book: Book) -> list[OrderImage]:
    """In order of OrderID."""
    return sorted((order.image for order in book.everyone()), key=lambda image: image.order_id)


def assert_sound(state: VenueState) -> None:
    """Books and accounts know the same orders, what is held is the sum of their holds, and nobody holds more than he
    has."""
    by_account: defaultdict[int, list[OrderImage]] = defaultdict(list)
    for symbol_id in sorted(state.books):
        for image in open_images(state.books[symbol_id]):
            by_account[image.account_id].append(image)
    for account_id, account in state.accounts.items():
        mine = sorted(account.open_orders(), key=lambda image: image.order_id)
        assert mine == by_account[account_id], f"account {account_id} knows other orders than the books"
        held: defaultdict[str, int] = defaultdict(int)
        for image in mine:
            listed = state.directory.instruments[image.symbol_id]
            held[listed.quote if image.side is Side.BUY else listed.base] += image.hold
        for asset in account.balances.keys() | account.held.keys() | held.keys():
            assert account.held.get(asset, 0) == held[asset], f"account {account_id} holds {asset} for nothing"
            assert held[asset] <= account.balances.get(asset, 0), f"account {account_id} holds more {asset} than it has"


def assert_settled(records: Records) -> None:
    """No book has anything left to do: every stop that the prices have met is triggered, every peg stands where it
    belongs, and no uncross is half done."""
    state = folded(records)
    for book in deepcopy(state.books).values():
        assert book.uncrossing is None
        book.cut_short = True
        # The band is measured from the price before a command, so a further command may see the touch at its edge.
        left = [event for event in book.go_on() if not isinstance(event, LimitStateChanged)]
        assert left == [], f"{book.instrument.symbol} has left something undone"


def timeless(events: list[Event]) -> list[Event]:
    """The events without the ends of pauses and limit states, which depend on when a book came to them."""
    timed = LimitStateChanged | TradingPhaseChanged
    return [msgspec.structs.replace(event, until_ns=0) if isinstance(event, timed) else event for event in events]
