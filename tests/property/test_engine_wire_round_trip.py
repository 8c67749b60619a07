"""Records as bytes: every event, also with integers wider than 64 bits."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest
from engine_builders import image, instrument
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import events as ev
from engine.image import OrderImage, Working
from engine.instrument import Instrument, Protection, Session
from engine.terms import Link, OrderTerms, Peg, SpecialTerms, Trigger
from engine.types import SCALE
from engine.wire import decode_record, encode_record

whole = st.integers(0, 2**62)
wide = st.one_of(st.integers(-(2**63), 2**64 - 1), st.integers(-(2**200), 2**200))
text = st.text(max_size=8)
EVENT_TYPES: tuple[type, ...] = get_args(ev.Event)
PARTS = (OrderTerms, SpecialTerms, Trigger, Peg, Link, Working, Instrument, Session, Protection)


def events_of(kind: type) -> st.SearchStrategy[Any]:
    """Any event of one type; its integers wide where msgspec's annotation says no more than int."""
    return st.builds(kind, **{field.name: values(field.type) for field in msgspec.structs.fields(kind)})


def values(annotation: Any) -> st.SearchStrategy[Any]:
    if annotation is OrderImage:
        return images
    if annotation in PARTS:
        return structs_of(annotation)
    if annotation is int:
        return wide
    if annotation is str:
        return text
    arguments = get_args(annotation)
    if type(None) in arguments:
        return st.one_of(st.none(), *(values(argument) for argument in arguments if argument is not type(None)))
    if arguments and isinstance(annotation, type(list[int])):
        return st.lists(values(arguments[0]), max_size=4)
    return st.from_type(annotation)


def structs_of(kind: type) -> st.SearchStrategy[Any]:
    """Any value of a struct, and of the structs in it."""
    return st.builds(kind, **{field.name: values(field.type) for field in msgspec.structs.fields(kind)})


images = structs_of(OrderImage)
records = st.builds(
    ev.Record, whole, whole, whole, whole, st.lists(whole, max_size=5),
    st.lists(st.one_of([events_of(kind) for kind in EVENT_TYPES]), min_size=1, max_size=4),
)  # fmt: skip


@given(records)
@settings(max_examples=60, deadline=None)
def test_what_is_encoded_is_decoded(record: ev.Record) -> None:
    data = encode_record(record)
    assert decode_record(data) == record
    assert decode_record(memoryview(data)) == record


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: str(kind.__name__))
def test_each_event_type_is_decoded_as_itself(kind: type) -> None:
    @given(events_of(kind))
    @settings(max_examples=4, deadline=None)
    def check(event: Any) -> None:
        (decoded,) = decode_record(encode_record(ev.Record(1, 0, 0, 0, [], [event]))).events
        assert type(decoded) is kind
        assert decoded == event

    check()


@pytest.mark.parametrize("amount", [2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**40, -(10**40), 128])
def test_amounts_around_the_limits_of_64_bits(amount: int) -> None:
    record = ev.Record(1, 0, 0, 0, [], [ev.Deposited(2, "BTC", amount, "op")])
    assert decode_record(encode_record(record)) == record


def test_tags_are_unique_and_never_change() -> None:
    """They are in every journal that was ever written."""
    tags = {kind.__struct_config__.tag: kind.__name__ for kind in EVENT_TYPES}  # type: ignore[attr-defined]
    assert tags == {
        1: "OrderAccepted", 2: "TradeExecuted", 3: "OrderCanceled", 4: "OrderExpired", 5: "OrderReplaced",
        6: "OrderRejected", 7: "CancelRejected", 8: "MassCancelRequested", 9: "MassCancelPartDone",
        10: "MassCancelCompleted", 11: "MassCancelRejected", 12: "OrderTriggered", 13: "OrderRestated",
        14: "OrderUpdated", 15: "TradeBusted", 16: "TradeCorrected", 17: "ListCanceled", 20: "InstrumentListed",
        21: "InstrumentStatusChanged", 22: "DayOrdersExpired", 23: "TradingPhaseChanged", 24: "AuctionIndicated",
        25: "AuctionStarted", 26: "AuctionEnded", 27: "ReferencePriceSet", 28: "LimitStateChanged",
        29: "BookCanceled",
        30: "AccountOpened", 31: "AccountBlocked", 32: "Deposited", 33: "Withdrawn",
        40: "SessionOpened", 41: "SessionLoggedOn", 42: "SessionLoggedOut", 43: "NumbersReserved",
        44: "TradingDayRolled", 45: "SessionRemoved", 46: "SessionResetRequested",
        47: "SessionConnected", 48: "SessionLapsed", 49: "SessionConfigured", 50: "StateHashed",
    }  # fmt: skip


def plain(events: list[Any]) -> bytes:
    return msgspec.msgpack.encode([1, 0, 0, 0, [], events])


@pytest.mark.parametrize(
    "data",
    [
        plain([[99, 1]]),
        plain([["OrderAccepted", 1]]),
        plain([[44]]),
        plain([[44, 5]]),
        plain([44]),
        msgspec.msgpack.encode([1, 0, 0]),
        msgspec.msgpack.encode({"time_ns": 1}),
        plain([[32, 2, "BTC", msgspec.msgpack.Ext(7, b"x"), "op"]]),
        b"",
        b"\xc1",
        b"\x91" * 100_000,
        b"\x81\x90\x90",
        encode_record(ev.Record(1, 0, 0, 0, [], [ev.OrderAccepted(image())]))[:-3],
        encode_record(ev.Record(1, 0, 0, 0, [], [ev.Deposited(2, "BTC", 2**70, "op")]))[:-3],
    ],
)
def test_what_is_no_record_of_a_known_version_is_an_error(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_record(data)


@given(st.binary(max_size=60))
def test_arbitrary_bytes_are_a_record_or_an_error(data: bytes) -> None:
    try:
        record = decode_record(data)
    except msgspec.DecodeError:
        return
    assert decode_record(encode_record(record)) == record


def test_an_unknown_tag_is_named() -> None:
    with pytest.raises(msgspec.ValidationError, match="99"):
        decode_record(plain([[99, 1]]))


def test_an_instrument_survives_with_all_its_terms() -> None:
    listed = ev.InstrumentListed(instrument(min_notional=SCALE * 10**15))
    record = ev.Record(1, 0, 0, 0, [], [listed])
    assert decode_record(encode_record(record)).events == [listed]
