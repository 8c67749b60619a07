"""Busts and corrections say how often their trade had been corrected before."""

from __future__ import annotations

import msgspec
import pytest
from engine_builders import BUY, SELL, instrument, new

from engine.book import Book
from engine.commands import BustTrade, CorrectTrade
from engine.events import Record, TradeBusted, TradeCorrected, TradeExecuted
from engine.operating import operate
from engine.types import SCALE
from engine.wire import decode_record, encode_record


@pytest.fixture
def book() -> Book:
    return Book(instrument())


def traded(book: Book, name: str) -> TradeExecuted:
    book.new_order(new(f"{name}-s", SELL))
    (trade,) = (event for event in book.new_order(new(f"{name}-b", BUY)) if isinstance(event, TradeExecuted))
    return trade


def corrected(book: Book, trade: TradeExecuted, px: int) -> TradeCorrected:
    event = operate(book, CorrectTrade(trade, trade.aggressor, trade.resting, px * SCALE, SCALE, "ops", ""))[0]
    assert isinstance(event, TradeCorrected)
    return event


def busted(book: Book, trade: TradeExecuted) -> TradeBusted:
    event = operate(book, BustTrade(trade, trade.aggressor, trade.resting, "ops", ""))[0]
    assert isinstance(event, TradeBusted)
    return event


def test_each_correction_of_a_trade_counts_and_a_bust_is_the_last(book: Book) -> None:
    trade, other = traded(book, "one"), traded(book, "two")
    assert [corrected(book, trade, px).revision for px in (99, 98, 97)] == [0, 1, 2]
    assert corrected(book, other, 99).revision == 0
    assert busted(book, trade).revision == 3
    assert busted(book, other).revision == 1


def test_a_trade_that_was_never_corrected_is_busted_as_it_was_made(book: Book) -> None:
    assert busted(book, traded(book, "one")).revision == 0


def test_what_was_written_before_they_counted_reads_as_the_first(book: Book) -> None:
    trade = traded(book, "one")
    corrected(book, trade, 99)
    for event in (busted(book, trade), corrected(book, traded(book, "two"), 98)):
        written = msgspec.msgpack.decode(encode_record(Record(1, 0, 0, 0, [], [event])))
        (fields,) = written[5]  # the record's events
        assert fields.pop() == event.revision
        (read,) = decode_record(msgspec.msgpack.encode(written)).events
        assert read == msgspec.structs.replace(event, revision=0)
