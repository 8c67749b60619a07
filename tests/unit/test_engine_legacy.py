"""Journals that were written before orders had terms of their own read to the same records."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from engine_builders import BUY, SELL, cancel, changed, genesis, image, instrument, new, opened_session, replace

from engine import events as ev
from engine.book import Book
from engine.fold import VenueState
from engine.image import OrderImage
from engine.types import SCALE, CancelReason
from engine.wire import decode_record, encode_record

FLAT = (
    "order_id", "session_id", "account_id", "symbol_id", "cl_ord_id", "side", "ord_type", "tif", "order_qty", "px",
    "status", "leaves_qty", "cum_qty", "cum_notional", "fee_raw", "hold", "maker_fee", "taker_fee",
)  # fmt: skip
"""Version 1's OrderImage: its fields, in the order in which they were written."""
LATER = {ev.TradeExecuted: ("uncross",), ev.InstrumentListed: ("operator",)}
"""Fields that events have been given since."""


def version_1(record: ev.Record) -> bytes:
    """The bytes that version 1 wrote for a record of plain orders."""
    head = [record.time_ns, record.session_id, record.in_from, record.in_seq, record.out]
    return msgspec.msgpack.encode([*head, [_event(event) for event in record.events]])


def _event(event: Any) -> list[Any]:
    names = [name for name in event.__struct_fields__ if name not in LATER.get(type(event), ())]
    return [event.__struct_config__.tag, *(_value(getattr(event, name)) for name in names)]


def _value(value: Any) -> Any:
    if isinstance(value, OrderImage):
        return [_value(getattr(value, name)) for name in FLAT]
    if type(value) is int and value >= 2**64:
        return msgspec.msgpack.Ext(1, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))
    return value


MINE, OTHERS = image("a"), image("b", session_id=2, account_id=3, side=SELL)
EVENTS: list[ev.Event] = [
    ev.OrderAccepted(MINE),
    ev.TradeExecuted(7, 100 * SCALE, SCALE, MINE, OTHERS, 3, 4),
    ev.OrderCanceled(MINE, CancelReason.MASS_CANCEL, "c", 9),
    ev.OrderExpired(OTHERS, CancelReason.END_OF_DAY),
    ev.OrderReplaced(MINE, "a0", True),
    ev.OrderRejected(MINE, 6, "duplicate", "BTC", OTHERS),
    ev.OrderRejected(MINE, 11, "no"),
    ev.CancelRejected(1, 2, "c", "a", True, 0, "too late", MINE),
    ev.CancelRejected(1, 2, "c", "a", True, 0, "too late"),
    ev.MassCancelRequested(7, 1, 2, "m", 0, 0, list(range(1, 19)), CancelReason.MASS_CANCEL),
    ev.OrderAccepted(changed(MINE, cum_notional=2**70, fee_raw=2**90)),
    ev.InstrumentListed(instrument()),
    opened_session(),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_each_event_of_version_1_is_read_as_it_would_be_written_now(event: ev.Event) -> None:
    record = ev.Record(5, 1, 2, 3, [4], [event])
    old = version_1(record)
    assert old != encode_record(record)
    assert decode_record(old) == record


def test_a_journal_of_version_1_folds_to_the_same_state() -> None:
    book = Book(instrument())
    told = [
        book.new_order(new("a", SELL, 2 * SCALE)),
        book.new_order(new("b", BUY, SCALE, session_id=2, account_id=3)),
        book.replace(replace("c", "a", SCALE * 3, 101 * SCALE, SELL)),
        book.new_order(new("d", SELL, SCALE, 99 * SCALE)),
        book.cancel(cancel("e", "c")),
    ]
    balances = {2: {"BTC": 10 * SCALE}, 3: {"USDT": 1000 * SCALE}}
    records = genesis([instrument()], balances, [opened_session(1), opened_session(2)])
    records += [ev.Record(5 + n, 0, 0, 0, [], events) for n, events in enumerate(told)]
    now, then = VenueState(), VenueState()
    for seq, record in enumerate(records, 1):
        now.apply(seq, record)
        then.apply(seq, decode_record(version_1(record)))
    assert then.digest() == now.digest()
    assert len(then.books[1]) == 1


@pytest.mark.parametrize("version", [1, 3, "2"])
def test_a_record_of_another_version_is_an_error(version: Any) -> None:
    plain = msgspec.msgpack.decode(encode_record(ev.Record(1, 0, 0, 0, [], [ev.OrderAccepted(MINE)])))
    with pytest.raises(msgspec.DecodeError):
        decode_record(msgspec.msgpack.encode([*plain[:-1], version]))


@pytest.mark.parametrize("flat", [[], [1] * 17, [[1]] * 18, [None] * 18])
def test_what_only_looks_like_an_order_of_version_1_is_an_error(flat: list[Any]) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_record(msgspec.msgpack.encode([1, 0, 0, 0, [], [[1, flat]]]))
