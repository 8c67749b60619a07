"""Drop copies over the binary port: the original report byte for byte, and whose it is; nothing else may be sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
from binary_raw_client import RawClient
from binary_samples import SESSION, directory, image
from binary_schema import decode
from engine_builders import changed
from venue_in_process import BTC_USDT, Client, at_rest, running, settings

from config.reference import SessionConfig
from engine import events as ev
from engine.commands import CancelOrder, NewOrder
from engine.reports import Copied, Report
from engine.session_profile import Rights
from engine.types import SCALE, CancelReason, OrdRejReason, OrdType, Side, TimeInForce
from gateways.binary import codec, soup
from gateways.binary.acceptor import BinaryAcceptor
from gateways.binary.inbound import RequestReader
from gateways.binary.outbound import encode_reports, encoders_of
from gateways.binary.settings import BinarySettings
from tradeengine.venue import Venue

FIX = msgspec.structs.replace(SESSION, session_id=5, protocol="FIX.4.4", comp_id="BROKER1", target_comp_id="TE")
FIX_1 = 1


def report_of(event: ev.Event, order: Any, number: int = 3) -> Report:
    return Report(number, 77, 1, 1_700_000_000 * 10**9, event, order)


def copied(report: Report, session_id: int) -> bytes:
    """The payload of the copy of a report."""
    known = directory()
    known.apply(SESSION)
    known.apply(FIX)
    copy = Report(50, report.seq, report.position, report.time_ns, Copied(session_id, report), None)
    packets, rest, error = soup.split(encode_reports([copy], encoders_of(known)), soup.PAYLOAD_MAX)
    assert not rest
    assert not error
    ((kind, payload),) = packets
    assert kind == soup.SEQUENCED_DATA
    return payload


def taken_apart(payload: bytes) -> tuple[dict[str, Any], bytes]:
    """The names in front, as a third party reads them, and the report behind."""
    end = codec.HEADER_SIZE + codec.DROP_COPY.block_length
    return decode(payload[:end]).value, payload[end:]


def test_a_copy_is_the_report_itself_behind_whose_it_is() -> None:
    order = image(cl_ord_id="1001")
    report = report_of(ev.OrderAccepted(order), order)
    names, behind = taken_apart(copied(report, SESSION.session_id))
    assert behind == encode_reports([report])[soup.HEADER_SIZE :]
    assert names == {
        "SourceMsgSeqNum": 3,
        "SourceSessionID": 3,
        "ReportLength": len(behind),
        "SourceProtocol": "SOUPBIN",
        "ExecutingFirm": "ALPHA",
        "OnBehalfOfCompID": "TRADR1",
        "CopiedClOrdID": "1001",
        "CopiedOrigClOrdID": "",
    }


ORDER = image(cl_ord_id="abc-1")
REFUSED = changed(ORDER, order_qty=2**70, px=-(2**70))


@pytest.mark.parametrize(
    ("event", "order", "cl_ord_id", "orig_cl_ord_id"),
    [
        (ev.OrderAccepted(ORDER), ORDER, "abc-1", ""),
        (ev.OrderReplaced(ORDER, "abc-0", True), ORDER, "abc-1", "abc-0"),
        (ev.OrderCanceled(ORDER, CancelReason.REQUESTED, "abc-2"), ORDER, "abc-2", "abc-1"),
        (ev.OrderCanceled(ORDER, CancelReason.MASS_CANCEL), ORDER, "abc-1", "abc-1"),
        (ev.OrderExpired(ORDER, CancelReason.END_OF_DAY), ORDER, "abc-1", ""),
        (ev.OrderRejected(REFUSED, OrdRejReason.OTHER, "no"), REFUSED, "abc-1", ""),
        (ev.TradeExecuted(9, SCALE, SCALE, ORDER, ORDER, 1, 1), ORDER, "abc-1", ""),
        (ev.TradeBusted(9, SCALE, SCALE, ORDER, ORDER, 1, 1, "ops", "why"), ORDER, "abc-1", ""),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, msgspec.Struct) else str(value),
)
def test_names_that_are_no_numbers_stand_in_front(
    event: ev.Event, order: Any, cl_ord_id: str, orig_cl_ord_id: str
) -> None:
    names, behind = taken_apart(copied(report_of(event, order), FIX.session_id))
    assert (names["SourceProtocol"], names["OnBehalfOfCompID"]) == ("FIX.4.4", "BROKER1")
    assert (names["CopiedClOrdID"], names["CopiedOrigClOrdID"]) == (cl_ord_id, orig_cl_ord_id)
    inner = decode(behind).value
    assert inner["ClOrdID"] == 0
    assert inner.get("OrigClOrdID", 0) == 0


def test_a_number_of_a_fix_session_is_told_as_one() -> None:
    order = image(cl_ord_id="0042")
    names, behind = taken_apart(copied(report_of(ev.OrderAccepted(order), order), FIX.session_id))
    assert names["CopiedClOrdID"] == "0042"
    assert decode(behind).value["ClOrdID"] == 42


def test_a_session_that_may_not_trade_is_refused_by_number() -> None:
    reader_only = msgspec.structs.replace(
        SESSION, profile=msgspec.structs.replace(SESSION.profile, rights=Rights.DROP_COPY)
    )
    known = directory()
    known.apply(reader_only)
    reader = RequestReader(reader_only, known)
    payloads = [
        codec.NEW_ORDER.pack(1001, SCALE, SCALE, 7, 0, b"1", b"2", b"1"),
        codec.CANCEL_ORDER.pack(1002, 1001, 0, 7, 0, b"1"),
        codec.MASS_CANCEL.pack(1003, 0, 0, b"\0"),
    ]
    turns = reader.read([packet[soup.HEADER_SIZE :] for packet in payloads])
    refusals = [decode(turn[soup.HEADER_SIZE :]).value for turn in turns if isinstance(turn, bytes)]
    assert [(refused["BusinessRejectReason"], refused["BusinessRejectRefID"]) for refused in refusals] == [
        ("NotAuthorized", 1001), ("NotAuthorized", 1002), ("NotAuthorized", 1003),
    ]  # fmt: skip
    known.apply(SESSION)
    (turn,) = reader.read([payloads[0][soup.HEADER_SIZE :]])
    assert isinstance(turn, list), "operators have given it the right"


# ---- a whole venue ---------------------------------------------------------------------------------------------------


def with_drop_copy(directory: Path) -> Any:
    chosen = settings(directory)
    drop = SessionConfig(protocol="SOUPBIN", comp_id="DROP1", firm="F", rights=Rights.DROP_COPY, password="secret")
    return msgspec.structs.replace(chosen, sessions=[*chosen.sessions, drop])


def order(session_id: int, name: str, side: Side, qty: int) -> NewOrder:
    return NewOrder(
        session_id, name, 1 + session_id, BTC_USDT, side, OrdType.LIMIT, TimeInForce.GTC, qty * SCALE, 100 * SCALE
    )


async def read_copies(venue: Venue, sequence: int, count: int) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """What a drop copy's client is sent from ``sequence`` on, over a socket."""
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listeners[0].socket.getsockname()[1]
    found = []
    async with trio.open_nursery() as nursery:
        await nursery.start(BinaryAcceptor(venue.door, BinarySettings()).serve, listeners)
        client = RawClient(await trio.open_tcp_stream("127.0.0.1", port))
        await client.log_in(sequence, user="DROP1", password="secret")
        kind, _ = await client.packet()
        assert kind == soup.LOGIN_ACCEPTED
        for kind, payload in await client.packets(count):
            assert kind == soup.SEQUENCED_DATA
            names, behind = taken_apart(payload)
            found.append((names, decode(behind).value))
        await client.stream.aclose()
        nursery.cancel_scope.cancel()
    return found


async def test_copies_of_every_protocol_are_read_again_from_any_number_after_a_restart(tmp_path: Path) -> None:
    chosen = with_drop_copy(tmp_path)
    async with running(chosen) as venue:
        fix, binary = Client(venue, FIX_1).connect(), Client(venue, 3).connect()
        fix.send(order(FIX_1, "maker", Side.SELL, 2))
        await at_rest(venue)
        binary.send(order(3, "7", Side.BUY, 1))
        await at_rest(venue)
        fix.send(CancelOrder(FIX_1, "gone", 2, BTC_USDT, Side.SELL, "maker"))
        await at_rest(venue)
        live = await read_copies(venue, 1, 5)
    async with running(chosen) as venue:
        again = await read_copies(venue, 3, 3)
    assert [(names["OnBehalfOfCompID"], names["CopiedClOrdID"]) for names, _ in live] == [
        ("FIX1", "maker"), ("BIN3", "7"), ("BIN3", "7"), ("FIX1", "maker"), ("FIX1", "gone"),
    ]  # fmt: skip
    assert again == live[2:]
    assert live[2][1]["OrdStatus"] == "Filled"
