"""Real order flow (NASDAQ, AMZN, 2012-06-21, LOBSTER's public sample) through the book: its five best levels agree with
NASDAQ's after every one of 20,000 events."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from engine_builders import DAY, IOC, cancel, instrument, new, replace

from engine.book import Book
from engine.events import Event, OrderAccepted, OrderCanceled, OrderReplaced, TradeExecuted
from engine.types import SCALE, Side

DATA = Path(__file__).parents[3] / "shared" / "data" / "lobster"
COMMANDS, LEVELS = DATA / "amzn_commands.jsonl.gz", DATA / "amzn_orderbook_5.csv.gz"
PX_SCALE = SCALE // 10_000
NO_LEVEL = 9_999_999_999
ROWS = 20_000

pytestmark = pytest.mark.skipif(
    not (COMMANDS.exists() and LEVELS.exists()), reason=f"the LOBSTER sample is not at {DATA.parent.name}/{DATA.name}"
)


class Tape:
    """Plays the sample's commands into a book."""

    def __init__(self) -> None:
        listed = instrument(symbol="AMZN", base="AMZN", quote="USD", lot_size=SCALE, min_qty=SCALE)
        self.book = Book(listed)
        self._made = 0
        self._live: dict[object, tuple[str, Side, int, int]] = {}
        """By the sample's id: ClOrdID, side, price, quantity."""

    def play(self, command: dict[str, Any]) -> list[Event]:
        self._made += 1
        cl_ord_id = str(self._made)
        op = command["op"]
        if op in ("add", "ioc"):
            side = Side.BUY if command["side"] == 1 else Side.SELL
            qty, px = command["qty"] * SCALE, command["px"] * PX_SCALE
            if op == "ioc":
                return self._ioc(command, new(cl_ord_id, side, qty, px, tif=IOC))
            self._live[command["id"]] = (cl_ord_id, side, px, qty)
            events = self.book.new_order(new(cl_ord_id, side, qty, px, tif=DAY))
            assert [type(event) for event in events] == [OrderAccepted], command
            return events
        orig, side, px, qty = self._live.pop(command["id"])
        if op == "cancel":
            events = self.book.cancel(cancel(cl_ord_id, orig, side=side))
            assert [type(event) for event in events] == [OrderCanceled], command
            return events
        assert op == "reduce"
        qty -= command["by"] * SCALE
        self._live[command["id"]] = (cl_ord_id, side, px, qty)
        events = self.book.replace(replace(cl_ord_id, orig, qty, px, side))
        (event,) = events
        assert isinstance(event, OrderReplaced), command
        assert event.kept_priority
        return events

    def _ioc(self, command: dict[str, Any], order: Any) -> list[Event]:
        """It fills whole, against the order that the sample names."""
        events = self.book.new_order(order)
        accepted, *trades = events
        assert isinstance(accepted, OrderAccepted)
        (trade,) = trades
        assert isinstance(trade, TradeExecuted)
        assert (trade.qty, trade.aggressor.leaves_qty) == (order.order_qty, 0)
        assert trade.resting.cl_ord_id == self._live[command["expect"]][0]
        return events

    def levels(self) -> list[int]:
        """The five best levels as a row of the sample."""
        bids, asks = self.book.depth(5)
        row: list[int] = []
        for n in range(5):
            row += [asks[n].px // PX_SCALE, asks[n].qty // SCALE] if n < len(asks) else [NO_LEVEL, 0]
            row += [bids[n].px // PX_SCALE, bids[n].qty // SCALE] if n < len(bids) else [-NO_LEVEL, 0]
        return row


def commands() -> Iterator[dict[str, Any]]:
    with gzip.open(COMMANDS, "rt") as lines:
        yield from map(json.loads, lines)


def rows() -> list[list[int]]:
    with gzip.open(LEVELS, "rt") as lines:
        return [list(map(int, row)) for row in csv.reader(lines)]


def test_every_row_of_the_sample_agrees_at_all_five_levels() -> None:
    expected = rows()
    assert len(expected) == ROWS
    tape, folded = Tape(), Tape().book
    by_row = {row: list(group) for row, group in groupby(commands(), key=lambda command: int(command["row"]))}
    wrong: list[int] = []
    for row in range(ROWS):
        for command in by_row.get(row, ()):
            folded.apply(tape.play(command))
        if row >= 1 and tape.levels() != expected[row]:
            wrong.append(row)
    assert not wrong, f"{len(wrong)} rows differ, first {wrong[:10]}"
    assert folded.state() == tape.book.state()
