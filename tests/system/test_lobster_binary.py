"""Real order flow through the live venue: NASDAQ's AMZN events over the binary port, traded by four accounts. After
every row the venue's book is NASDAQ's, five levels deep (LOBSTER's public sample; see the README beside the data)."""

from __future__ import annotations

import csv
import gzip
import json
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pipeline import Pipeline
from venue_process import MakeVenue

from clients import Accepted, Book, Canceled, Executed, Level, Replaced, Side, TimeInForce
from engine.types import SCALE

DATA = Path(__file__).parents[3] / "shared" / "data" / "lobster"
LEVELS = 5
EMPTY = 9_999_999_999
USERS = ("TRADR1", "TRADR2", "TRADR3", "TRADR4")
SYMBOL = "AMZN"
ROWS, COMMANDS = 20_000, 23_358
"""What the sample has: a truncated file would not be noticed otherwise."""

pytestmark = pytest.mark.skipif(
    not DATA.exists(), reason=f"no order flow sample: {DATA} is not there (../shared belongs beside the checkout)"
)

Levels = list[tuple[Decimal, Decimal]]


def commands() -> Iterator[dict[str, Any]]:
    with gzip.open(DATA / "amzn_commands.jsonl.gz", "rt") as lines:
        yield from map(json.loads, lines)


def books() -> list[tuple[Levels, Levels]]:
    """Bids and offers after each row."""
    with gzip.open(DATA / "amzn_orderbook_5.csv.gz", "rt", newline="") as lines:
        return [(side(list(map(int, line)), 2), side(list(map(int, line)), 0)) for line in csv.reader(lines)]


def side(numbers: list[int], first: int) -> Levels:
    pairs = [(numbers[at], numbers[at + 1]) for at in range(first, 4 * LEVELS, 4)]
    return [(price(px), Decimal(qty)) for px, qty in pairs if abs(px) != EMPTY]


def price(ten_thousandths: int) -> Decimal:
    assert ten_thousandths % 100 == 0, f"{ten_thousandths} is not on the tick of a cent"
    return Decimal(ten_thousandths) / 10_000


def scaled(ten_thousandths: int) -> int:
    """The same on the wire: × 10^-8."""
    return ten_thousandths * 10_000


class Resting(NamedTuple):
    """An order of the sample as it now stands in the venue."""

    owner: int
    cl_ord_id: int
    side: Side
    px: int
    """Dollars × 10,000, as in the sample."""
    qty: int
    """Shares."""


class Player:
    """Plays rows: consecutive commands of one user go out in one write, the last of a row with its book request."""

    def __init__(self, users: list[Pipeline]) -> None:
        self._users = users
        self._security_id = users[0].securities[SYMBOL]
        self._resting: dict[Any, Resting] = {}
        self._next = 0
        self._seen = [0] * len(users)
        self._expected: list[tuple[type, int]] = []
        self._taken: deque[tuple[Resting, int]] = deque()
        self.played = 0

    def play(self, commands: list[dict[str, Any]]) -> Book:
        """The book after a row, which has done what it says."""
        book: Any = None
        batches = [(owner, list(batch)) for owner, batch in groupby(commands, key=self._owner)]
        for place, (owner, batch) in enumerate(batches, 1):
            user = self._users[owner]
            packets = b"".join([self._packet(owner, command) for command in batch])
            if place == len(batches):
                book = user.ask(user.protocol.book(self._security_id, LEVELS), before=packets)
            else:
                # Which of two users is first is decided by who is answered first.
                user.ask(user.protocol.order_status(1), before=packets)
            self._check(owner)
        assert isinstance(book, Book)
        return book

    def _owner(self, command: dict[str, Any]) -> int:
        """Whose command it is: an order belongs to one of the four by its id; another one takes it."""
        taker: bool = command["op"] == "ioc"
        maker = str(command["expect" if taker else "id"]).encode()
        return (sum(maker) + int(taker)) % len(self._users)

    def _packet(self, owner: int, command: dict[str, Any]) -> bytes:
        self._next += 1
        self.played += 1
        name, protocol, security = self._next, self._users[owner].protocol, self._security_id
        if command["op"] == "add":
            order = Resting(owner, name, Side(1 if command["side"] > 0 else 2), command["px"], command["qty"])
            self._resting[command["id"]] = order
            self._expected.append((Accepted, name))
            terms = order.qty * SCALE, scaled(order.px)
            return protocol.new_order(name, security, order.side, *terms, TimeInForce.GTC)
        if command["op"] == "ioc":
            self._take(command, name)
            taker = Side.BUY if command["side"] > 0 else Side.SELL
            terms = command["qty"] * SCALE, scaled(command["px"])
            return protocol.new_order(name, security, taker, *terms, TimeInForce.IOC)
        order = self._resting.pop(command["id"])
        if command["op"] == "cancel":
            self._expected.append((Canceled, name))
            return protocol.cancel(name, order.cl_ord_id, security, order.side)
        smaller = order._replace(cl_ord_id=name, qty=order.qty - command["by"])
        self._resting[command["id"]] = smaller
        self._expected.append((Replaced, name))
        terms = smaller.qty * SCALE, scaled(smaller.px)
        return protocol.replace(name, order.cl_ord_id, security, order.side, *terms)

    def _take(self, command: dict[str, Any], name: int) -> None:
        self._expected += [(Accepted, name), (Executed, name)]
        rest = self._resting.pop(command["expect"])
        if rest.qty > command["qty"]:
            self._resting[command["expect"]] = rest._replace(qty=rest.qty - command["qty"])
        self._taken.append((rest, command["qty"]))

    def _check(self, owner: int) -> None:
        """What the commands brought about is what the sample says, and nothing else."""
        user = self._users[owner]
        events = user.events[self._seen[owner] :]
        self._seen[owner] = len(user.events)
        assert [(type(event), event.cl_ord_id) for event in events] == self._expected  # type: ignore[union-attr]
        for event in events:
            if isinstance(event, Executed):
                self._check_trade(event)
            elif isinstance(event, Replaced):
                assert event.kept_priority
        self._expected = []

    def _check_trade(self, taken: Executed) -> None:
        rest, qty = self._taken.popleft()
        assert (taken.last_qty, taken.leaves_qty) == (Decimal(qty), Decimal(0))
        maker = self._users[rest.owner]
        maker.await_(lambda: len(maker.events) > self._seen[rest.owner])
        self._seen[rest.owner] += 1
        made = maker.events[self._seen[rest.owner] - 1]
        assert isinstance(made, Executed)
        assert (made.cl_ord_id, made.trade_id, made.last_px) == (rest.cl_ord_id, taken.trade_id, price(rest.px))
        assert (made.last_qty, made.added_liquidity) == (taken.last_qty, True)


def test_every_row_leaves_nasdaqs_book(make_venue: MakeVenue) -> None:
    venue = make_venue()
    expected = books()
    assert len(expected) == ROWS
    by_row = {row: list(group) for row, group in groupby(commands(), key=lambda command: int(command["row"]))}
    with ExitStack() as stack:
        player = Player([stack.enter_context(Pipeline(venue.ports.binary, user)) for user in USERS])
        now = player.play(by_row[0])
        for row in range(1, ROWS):
            if row in by_row:
                now = player.play(by_row[row])
            assert (shown(now.bids), shown(now.offers)) == expected[row], f"row {row}"
    assert player.played == COMMANDS


def shown(levels: list[Level]) -> Levels:
    return [(level.price, level.qty) for level in levels]
