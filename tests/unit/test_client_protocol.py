"""The client's protocol machine, without sockets."""

from __future__ import annotations

from decimal import Decimal

import pytest
from binary_samples import directory, image, one_of_each

from clients.events import (
    Accepted,
    Canceled,
    CancelRejected,
    ExecId,
    Executed,
    Expired,
    MassCancelReport,
    MessageRejected,
    Rejected,
    Replaced,
    UnknownReport,
)
from clients.exceptions import ConnectionLost, LoginRefused, ProtocolError, RequestRefused
from clients.protocol import Answered, ClientProtocol, Input
from clients.session import LoggedIn
from engine.queries import OpenOrdersAnswer, OpenOrdersQuery
from engine.types import CancelReason, OrdStatus, OrdType, Side, TimeInForce
from gateways.binary import codec, soup
from gateways.binary.answers import encode_answer, instrument_list, message_reject
from gateways.binary.codec import HEADER, SCHEMA_ID
from gateways.binary.outbound import encode_reports
from gateways.binary.rejects import MessageRejectReason


def logged_in(sequence: int = 1) -> ClientProtocol:
    protocol = ClientProtocol()
    protocol.log_in("TRADR1", "demo")
    assert protocol.read(soup.login_accepted("TRADEENG", sequence)) == [LoggedIn("TRADEENG", sequence)]
    return protocol


def test_every_kind_of_report() -> None:
    events = logged_in().read(encode_reports(one_of_each()))
    assert [type(event) for event in events] == [
        Accepted,
        Executed,
        Executed,
        Replaced,
        Canceled,
        Canceled,
        Expired,
        Rejected,
        CancelRejected,
        CancelRejected,
        MassCancelReport,
        MassCancelReport,
        MassCancelReport,
    ]
    assert [event.number for event in events] == list(range(1, 14))  # type: ignore[union-attr]


def test_what_reports_say() -> None:
    events = logged_in().read(encode_reports(one_of_each()))
    made, taken = events[2], events[1]
    assert isinstance(made, Executed)
    assert made.added_liquidity
    assert taken == Executed(
        number=2,
        exec_id=ExecId(9002, 2),
        transact_time_ns=1_750_000_000_123_456_791,
        cl_ord_id=1001,
        order_id=555,
        trade_id=42,
        last_px=Decimal(59_999),
        last_qty=Decimal(2),
        leaves_qty=Decimal(3),
        cum_qty=Decimal(2),
        fee=Decimal("0.01234567"),
        security_id=7,
        account_id=21,
        side=Side.BUY,
        status=OrdStatus.PARTIALLY_FILLED,
        added_liquidity=False,
    )
    accepted = events[0]
    assert isinstance(accepted, Accepted)
    assert (accepted.ord_type, accepted.tif, accepted.price) == (OrdType.LIMIT, TimeInForce.GTC, Decimal(60_000))
    unsolicited = events[5]
    assert isinstance(unsolicited, Canceled)
    assert (unsolicited.cl_ord_id, unsolicited.reason) == (1001, CancelReason.OPERATOR)
    rejected = events[7]
    assert isinstance(rejected, Rejected)
    assert (rejected.reason, rejected.text) == (3, "the order exceeds the account's limit")
    refused = events[12]
    assert isinstance(refused, MassCancelReport)
    assert (refused.rejected, refused.side, refused.text) == (True, None, "unknown SecurityID 8")


def test_bytes_may_be_cut_anywhere() -> None:
    data = soup.login_accepted("TRADEENG", 1) + encode_reports(one_of_each()) + soup.SERVER_HEARTBEAT_PACKET
    whole = ClientProtocol()
    whole.log_in("TRADR1", "demo")
    expected = whole.read(data)
    piecemeal = ClientProtocol()
    piecemeal.log_in("TRADR1", "demo")
    seen: list[Input] = []
    for at in range(len(data)):
        seen += piecemeal.read(data[at : at + 1])
    assert seen == expected
    assert piecemeal.next_number == 14


def test_the_next_login_asks_for_what_is_missing_in_the_same_session() -> None:
    protocol = logged_in()
    protocol.read(encode_reports(one_of_each()[:5]) + b"\x00\x50Shalf a pack")
    packet = protocol.log_in("TRADR1", "demo")
    assert soup.parse_login_request(packet[3:]) == soup.LoginRequest("TRADR1", "demo", "TRADEENG", 6)
    assert protocol.read(soup.login_accepted("TRADEENG", 6)) == [LoggedIn("TRADEENG", 6)]


def test_a_report_of_a_later_schema_counts() -> None:
    protocol = logged_in()
    later = HEADER.pack(4, 140, SCHEMA_ID, 2) + b"what"
    (event,) = protocol.read(soup.packet(soup.SEQUENCED_DATA, later))
    assert event == UnknownReport(1, 140, later)
    assert protocol.next_number == 2


def test_an_answer_of_a_later_schema_is_ignored() -> None:
    later = HEADER.pack(0, 190, SCHEMA_ID, 2)
    assert logged_in().read(soup.packet(soup.UNSEQUENCED_DATA, later)) == []


def test_longer_blocks_of_a_later_schema_are_read_as_far_as_known() -> None:
    packet = encode_reports(one_of_each()[:1])
    block = packet[soup.HEADER_SIZE + codec.HEADER_SIZE :]
    longer = HEADER.pack(len(block) + 8, 101, SCHEMA_ID, 2) + block + b"newfield"
    (event,) = logged_in().read(soup.packet(soup.SEQUENCED_DATA, longer))
    assert [event] == logged_in().read(packet)


def test_answers_find_their_requests() -> None:
    protocol = logged_in()
    instruments_id, _ = protocol.instruments()
    orders_id, _ = protocol.open_orders()
    (answered,) = protocol.read(instrument_list(instruments_id, directory()))
    assert isinstance(answered, Answered)
    assert isinstance(answered.result, list)
    assert [each.symbol for each in answered.result] == ["BTC/USDT", "AAPL"]  # type: ignore[union-attr]
    query = OpenOrdersQuery(3, str(orders_id))
    (answered,) = protocol.read(encode_answer(OpenOrdersAnswer(query, [image(1), image(2)])))
    assert isinstance(answered, Answered)
    assert answered.request_id == orders_id
    assert [each.cl_ord_id for each in answered.result] == [1, 2]  # type: ignore[union-attr]
    orders_id, _ = protocol.open_orders()
    (answered,) = protocol.read(encode_answer(OpenOrdersAnswer(OpenOrdersQuery(3, str(orders_id)), [])))
    assert answered == Answered(orders_id, [])


def test_a_refusal_is_the_answer_of_its_query_or_an_event() -> None:
    protocol = logged_in()
    request_id, _ = protocol.book(8, 5)
    reason = MessageRejectReason.UNKNOWN_SECURITY
    (answered,) = protocol.read(message_reject(1, request_id, 13, reason, "unknown SecurityID 8"))
    assert isinstance(answered, Answered)
    assert isinstance(answered.result, RequestRefused)
    (event,) = protocol.read(message_reject(2, 0, 1, MessageRejectReason.INVALID_CL_ORD_ID, "must not be 0"))
    assert event == MessageRejected(2, 0, 1, 5, "must not be 0")


def test_a_refused_login() -> None:
    protocol = ClientProtocol()
    protocol.log_in("TRADR1", "demo")
    with pytest.raises(LoginRefused, match="session not available: no such place") as refusal:
        protocol.read(soup.login_rejected("S") + soup.debug("no such place"))
    assert (refusal.value.code, refusal.value.text) == ("S", "no such place")


def test_the_end_of_the_session() -> None:
    with pytest.raises(ConnectionLost, match="ended the session"):
        logged_in().read(soup.END_OF_SESSION_PACKET)


@pytest.mark.parametrize(
    "data",
    [
        b"\x00\x00",
        b"\x00\x01L",
        soup.packet(soup.SEQUENCED_DATA, b"short"),
        soup.packet(soup.SEQUENCED_DATA, codec.ACCEPTED.header + bytes(10)),
        soup.packet(soup.SEQUENCED_DATA, codec.ACCEPTED.header + bytes(80)),
        soup.login_accepted("TRADEENG", 1),
    ],
)
def test_what_no_venue_sends_is_a_protocol_error(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        logged_in().read(data)


def test_reports_before_the_login_are_a_protocol_error() -> None:
    protocol = ClientProtocol()
    protocol.log_in("TRADR1", "demo")
    with pytest.raises(ProtocolError):
        protocol.read(encode_reports(one_of_each()[:1]))


@pytest.mark.parametrize("username", ["TOOLONG", "TRÄDR1"])
def test_a_name_that_does_not_fit_is_a_value_error(username: str) -> None:
    with pytest.raises(ValueError, match="username"):
        ClientProtocol().log_in(username, "demo")
