"""Books to test: which implementations there are, how a command is run on one, and in which markets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest
from command_streams import BookCommand
from engine_builders import instrument
from naive_book import NaiveBook

from engine.book import Book
from engine.commands import (
    AdvanceTime,
    CancelAll,
    CancelBook,
    CancelList,
    CancelOrder,
    ExpireDayOrders,
    NewList,
    NewOrder,
    ReplaceOrder,
)
from engine.events import Event
from engine.image import OrderImage
from engine.instrument import Instrument, Protection
from engine.refused import CommandRefused
from engine.types import INT64_MAX, SCALE, TradingPhase

BOOKS: list[type[Any]] = [NaiveBook, Book]
"""Every implementation of a book."""

every_book = pytest.mark.parametrize("book_type", BOOKS)

CHUNK = 3
"""Orders in a record of a mass cancel or an expiry: small, so that chunks are common."""
ENTROPY = 12345
ACCOUNTS = range(2, 5)

Records = list[list[Event]]

HUGE = 9_000_000_000 * SCALE
PERCENT = SCALE // 100

PLAIN_MARKETS: dict[str, tuple[Instrument, int]] = {
    "usual": (instrument(), 10_000),
    "equity, no fees": (instrument(tick_size=SCALE // 100, lot_size=SCALE, maker_fee=0, taker_fee=0), 10_000),
    "odd fees": (instrument(min_qty=SCALE // 1000, maker_fee=123_457, taker_fee=77_777), 10_000),
    "whole notional as fee": (instrument(maker_fee=SCALE - 1, taker_fee=1), 50),
    "finest tick": (instrument(tick_size=1, lot_size=SCALE, min_qty=SCALE, maker_fee=3_333_333, taker_fee=7), 20),
    "finest lot": (instrument(tick_size=SCALE, lot_size=1, min_qty=1, maker_fee=33_333_333, taker_fee=1), 20),
    "beyond 64 bits": (instrument(lot_size=HUGE // 12, max_qty=INT64_MAX), HUGE // (SCALE // 100)),
    "minimum notional": (instrument(min_notional=SCALE // 2, min_qty=3 * SCALE // 1000), 10_000),
}
"""Instruments, and the price (in ticks) around which they trade."""

MARKETS: dict[str, tuple[Instrument, int]] = {
    **PLAIN_MARKETS,
    "bands": (
        instrument(
            tick_size=SCALE,
            protection=Protection(
                dynamic_band_rate=3 * SCALE // 100,
                limit_state_ns=10,
                pause_ns=20,
                reopening_ns=20,
                reopening_random_ns=9,
            ),
        ),
        100,
    ),
    "guards": (
        instrument(
            tick_size=SCALE,
            protection=Protection(collar_rate=3 * PERCENT, price_limit_rate=4 * PERCENT, pause_ns=10, reopening_ns=10),
            orders_per_side_max=15,
            orders_per_account_max=15,
        ),
        100,
    ),
    "volatile": (
        instrument(
            tick_size=SCALE,
            protection=Protection(volatility_rate=3 * PERCENT, pause_ns=20, reopening_ns=20, reopening_random_ns=9),
        ),
        100,
    ),
    "call": (instrument(phase=TradingPhase.OPENING_AUCTION, lot_size=SCALE, min_qty=SCALE), 10_000),
}


def run(book: Any, command: BookCommand, now_ns: int = 0) -> Records | str:
    """The records of a command, or why it was refused."""
    book.now_ns = max(now_ns, book.now_ns)
    records: Records = []
    try:
        for record in _records(book, command):
            records.append(record)
            while book.unfinished:
                records.append(book.go_on())
    except CommandRefused as refusal:
        return str(refusal)
    return [record for record in records if record]


def _records(book: Any, command: BookCommand) -> Iterable[list[Event]]:
    """Those of the command itself; what one of them leaves undone is done before the next one."""
    match command:
        case NewOrder():
            return [book.new_order(command)]
        case NewList():
            return [book.new_list(command)]
        case CancelList():
            return [book.cancel_list(command)]
        case CancelOrder():
            return [book.cancel(command)]
        case ReplaceOrder():
            return [book.replace(command)]
        case CancelAll():
            return _chunks(book.cancel_all, command, CHUNK)
        case CancelBook():
            return _chunks(book.cancel_book, command, CHUNK)
        case ExpireDayOrders():
            return _chunks(book.expire_day_orders, command, CHUNK)
        case AdvanceTime():
            return _chunks(book.advance, CHUNK)
    return [book.operate(command)]


def _chunks(chunk: Any, *arguments: Any) -> Iterator[list[Event]]:
    done = False
    while not done:
        events, done = chunk(*arguments)
        yield events


def events_of(records: Records | str) -> list[Event]:
    return [] if isinstance(records, str) else [event for record in records for event in record]


def open_orders(book: Any, accounts: Sequence[int] = ACCOUNTS) -> list[OrderImage]:
    """In order of OrderID."""
    found = [image for account_id in accounts for image in book.open_orders(account_id)]
    return sorted(found, key=lambda image: image.order_id)
