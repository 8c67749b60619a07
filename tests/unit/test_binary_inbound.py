"""Clients' messages as commands, queries, refusals and answers."""

from __future__ import annotations

import sys
from typing import Any

import msgspec
import pytest
from binary_samples import SESSION, directory

from engine.commands import ANY, CancelOrder, MassCancel, NewOrder, RejectCommand, ReplaceOrder
from engine.queries import DepthQuery, OpenOrdersQuery, OrderStatusQuery
from engine.types import SCALE, CxlRejReason, OrdRejReason, OrdType, Side, TimeInForce
from gateways.binary import codec, soup
from gateways.binary.codec import HEADER, HEADER_SIZE, NUL, Layout
from gateways.binary.inbound import RequestReader, Turn
from gateways.binary.rejects import MassCancelRejectReason, MessageRejectReason

PX, QTY = 60_000 * SCALE, 5 * SCALE
NEW = (1001, PX, QTY, 7, 0, b"1", b"2", b"1")
REPLACE = (1002, 1001, 0, PX, QTY, 7, 0, b"1")
CANCEL = (1003, 1001, 0, 7, 0, b"2")
MASS = (1004, 0, 0, NUL)


def payload(layout: Layout, *values: Any) -> bytes:
    packet: bytes = layout.pack(*values)
    return packet[soup.HEADER_SIZE :]


def reader() -> RequestReader:
    return RequestReader(SESSION, directory())


def read(layout: Layout, *values: Any) -> Turn:
    (turn,) = reader().read([payload(layout, *values)])
    return turn


def command(layout: Layout, *values: Any) -> Any:
    turn = read(layout, *values)
    assert isinstance(turn, list)
    assert len(turn) == 1
    return turn[0]


def rejection(turn: Turn) -> tuple[int, int, int, MessageRejectReason, str]:
    """RefSeqNum, BusinessRejectRefID, RefMsgType, reason and text of a MessageReject."""
    assert isinstance(turn, bytes)
    ((kind, answer),) = soup.split(turn, 65_535).packets
    assert kind == soup.UNSEQUENCED_DATA
    assert answer[:HEADER_SIZE] == codec.MESSAGE_REJECT.header
    seq, ref, template, reason, text = codec.MESSAGE_REJECT.unpack(answer, HEADER_SIZE)
    return seq, ref, template, MessageRejectReason(reason), codec.from_text(text)


def changed(values: tuple[Any, ...], at: int, value: Any) -> tuple[Any, ...]:
    return *values[:at], value, *values[at + 1 :]


def test_a_new_order() -> None:
    assert command(codec.NEW_ORDER, *NEW) == NewOrder(
        3, "1001", 21, 7, Side.BUY, OrdType.LIMIT, TimeInForce.GTC, QTY, PX
    )


def test_a_market_orders_price_is_ignored() -> None:
    order = command(codec.NEW_ORDER, *changed(NEW, 6, b"1"))
    assert (order.ord_type, order.px) == (OrdType.MARKET, 0)


@pytest.mark.parametrize(("code", "tif"), [(b"0", "DAY"), (b"1", "GTC"), (b"3", "IOC"), (b"4", "FOK")])
def test_times_in_force(code: bytes, tif: str) -> None:
    assert command(codec.NEW_ORDER, *changed(NEW, 7, code)).tif is TimeInForce[tif]


def test_a_replace_names_its_order_by_either_id() -> None:
    expected = ReplaceOrder(3, "1002", 21, 7, Side.BUY, "1001", QTY, PX, 0)
    assert command(codec.REPLACE_ORDER, *REPLACE) == expected
    by_order_id = changed(changed(REPLACE, 1, 0), 2, 555)
    assert command(codec.REPLACE_ORDER, *by_order_id) == msgspec.structs.replace(
        expected, orig_cl_ord_id="", order_id=555
    )


def test_a_cancel_names_its_order_by_either_id() -> None:
    expected = CancelOrder(3, "1003", 21, 7, Side.SELL, "1001", 0)
    assert command(codec.CANCEL_ORDER, *CANCEL) == expected
    by_order_id = changed(changed(CANCEL, 1, 0), 2, 555)
    assert command(codec.CANCEL_ORDER, *by_order_id) == msgspec.structs.replace(
        expected, orig_cl_ord_id="", order_id=555
    )


def test_a_mass_cancel_of_all_or_of_one_symbol_and_side() -> None:
    assert command(codec.MASS_CANCEL, *MASS) == MassCancel(3, "1004", 21, ANY, ANY)
    assert command(codec.MASS_CANCEL, 1004, 9, 22, b"2") == MassCancel(3, "1004", 22, 9, Side.SELL)


@pytest.mark.parametrize(
    ("layout", "values", "at"),
    [(codec.NEW_ORDER, NEW, 4), (codec.REPLACE_ORDER, REPLACE, 6), (codec.CANCEL_ORDER, CANCEL, 4)],
)
def test_an_account_of_the_session_may_be_named(layout: Layout, values: tuple[Any, ...], at: int) -> None:
    assert command(layout, *changed(values, at, 22)).account_id == 22


@pytest.mark.parametrize(
    ("layout", "values", "at", "reason"),
    [
        (codec.NEW_ORDER, NEW, 4, OrdRejReason.UNKNOWN_ACCOUNT),
        (codec.REPLACE_ORDER, REPLACE, 6, CxlRejReason.OTHER),
        (codec.CANCEL_ORDER, CANCEL, 4, CxlRejReason.OTHER),
        (codec.MASS_CANCEL, MASS, 2, MassCancelRejectReason.OTHER),
    ],
)
def test_an_account_of_somebody_else_is_refused(layout: Layout, values: tuple[Any, ...], at: int, reason: int) -> None:
    refused = command(layout, *changed(values, at, 23))
    assert isinstance(refused, RejectCommand)
    assert (refused.reason, refused.text) == (reason, "unknown Account 23")
    assert refused.command.account_id == SESSION.default_account_id
    assert refused.command.cl_ord_id == str(values[0])


@pytest.mark.parametrize(
    ("layout", "values", "at", "reason"),
    [
        (codec.NEW_ORDER, NEW, 3, OrdRejReason.UNKNOWN_SYMBOL),
        (codec.REPLACE_ORDER, REPLACE, 5, CxlRejReason.UNKNOWN_ORDER),
        (codec.CANCEL_ORDER, CANCEL, 3, CxlRejReason.UNKNOWN_ORDER),
        (codec.MASS_CANCEL, MASS, 1, MassCancelRejectReason.UNKNOWN_SECURITY),
    ],
)
def test_an_unknown_security_is_refused(layout: Layout, values: tuple[Any, ...], at: int, reason: int) -> None:
    refused = command(layout, *changed(values, at, 8))
    assert isinstance(refused, RejectCommand)
    assert (refused.reason, refused.text, refused.symbol) == (reason, "unknown SecurityID 8", "8")
    assert refused.command.symbol_id == 0


def test_no_security_is_unknown_too() -> None:
    refused = command(codec.NEW_ORDER, *changed(NEW, 3, 0))
    assert (refused.reason, refused.text) == (OrdRejReason.UNKNOWN_SYMBOL, "unknown SecurityID 0")


@pytest.mark.parametrize(
    ("layout", "values", "at", "code", "reason", "text"),
    [
        (codec.NEW_ORDER, NEW, 5, b"5", 11, "Side '5' is not supported"),
        (codec.NEW_ORDER, NEW, 5, NUL, 11, "Side is required"),
        (codec.NEW_ORDER, NEW, 6, b"3", 11, "OrdType '3' is not supported"),
        (codec.NEW_ORDER, NEW, 7, b"5", 11, "TimeInForce '5' is not supported"),
        (codec.NEW_ORDER, NEW, 7, b"\xff", 11, r"TimeInForce '\xff' is not supported"),
        (codec.REPLACE_ORDER, REPLACE, 7, b"5", 99, "Side '5' is not supported"),
        (codec.CANCEL_ORDER, CANCEL, 5, NUL, 99, "Side is required"),
        (codec.MASS_CANCEL, MASS, 3, b"x", 99, "Side 'x' is not supported"),
    ],
)
def test_unsupported_values_are_refused_by_name(
    layout: Layout, values: tuple[Any, ...], at: int, code: bytes, reason: int, text: str
) -> None:
    refused = command(layout, *changed(values, at, code))
    assert isinstance(refused, RejectCommand)
    assert (refused.reason, refused.text) == (reason, text)
    # The journal could not read another value again.
    assert isinstance(refused.command.side, Side) or refused.command.side == ANY


@pytest.mark.parametrize(("layout", "values"), [(codec.REPLACE_ORDER, REPLACE), (codec.CANCEL_ORDER, CANCEL)])
def test_a_change_must_name_an_order(layout: Layout, values: tuple[Any, ...]) -> None:
    refused = command(layout, *changed(values, 1, 0))
    assert (refused.reason, refused.text) == (
        CxlRejReason.UNKNOWN_ORDER,
        "neither OrigClOrdID nor OrderID names an order",
    )


@pytest.mark.parametrize(
    ("layout", "values"),
    [
        (codec.NEW_ORDER, NEW),
        (codec.REPLACE_ORDER, REPLACE),
        (codec.CANCEL_ORDER, CANCEL),
        (codec.MASS_CANCEL, MASS),
    ],
)
def test_a_cl_ord_id_of_0_is_no_command(layout: Layout, values: tuple[Any, ...]) -> None:
    assert rejection(read(layout, *changed(values, 0, 0))) == (
        1,
        0,
        layout.template_id,
        MessageRejectReason.INVALID_CL_ORD_ID,
        "ClOrdID must not be 0",
    )


def test_queries() -> None:
    assert read(codec.ORDER_STATUS_REQUEST, 31, 1001, 0) == OrderStatusQuery(3, "31", "1001", 0)
    assert read(codec.ORDER_STATUS_REQUEST, 31, 0, 555) == OrderStatusQuery(3, "31", "", 555)
    assert read(codec.OPEN_ORDERS_REQUEST, 32, 0, 0, NUL) == OpenOrdersQuery(3, "32", 0, ANY, 0)
    assert read(codec.OPEN_ORDERS_REQUEST, 32, 7, 22, b"1") == OpenOrdersQuery(3, "32", 7, Side.BUY, 22)
    assert read(codec.BOOK_REQUEST, 33, 7, 5) == DepthQuery(3, "33", 7, 5)


@pytest.mark.parametrize(
    ("layout", "values", "reason"),
    [
        (codec.ORDER_STATUS_REQUEST, (31, 0, 0), MessageRejectReason.INVALID_CL_ORD_ID),
        (codec.OPEN_ORDERS_REQUEST, (31, 8, 0, NUL), MessageRejectReason.UNKNOWN_SECURITY),
        (codec.OPEN_ORDERS_REQUEST, (31, 7, 23, NUL), MessageRejectReason.UNKNOWN_ACCOUNT),
        (codec.OPEN_ORDERS_REQUEST, (31, 7, 0, b"3"), MessageRejectReason.INVALID_VALUE),
        (codec.BOOK_REQUEST, (31, 8, 5), MessageRejectReason.UNKNOWN_SECURITY),
    ],
)
def test_a_query_that_cannot_be_asked_is_refused_under_its_id(
    layout: Layout, values: tuple[Any, ...], reason: MessageRejectReason
) -> None:
    assert rejection(read(layout, *values))[1:4] == (31, layout.template_id, reason)


def test_the_instrument_list_is_answered_by_the_gateway() -> None:
    turn = read(codec.INSTRUMENT_LIST_REQUEST, 34)
    assert isinstance(turn, bytes)
    templates = [HEADER.unpack_from(answer)[1] for _, answer in soup.split(turn, 65_535).packets]
    assert templates == [154, 154, 155]


def test_a_block_that_a_later_schema_made_longer_is_read_as_far_as_known() -> None:
    known = payload(codec.NEW_ORDER, *NEW)[HEADER_SIZE:]
    longer = HEADER.pack(len(known) + 8, 1, codec.SCHEMA_ID, codec.SCHEMA_VERSION + 1) + known + b"newfield"
    (turn,) = reader().read([longer])
    assert turn == [command(codec.NEW_ORDER, *NEW)]


def test_what_stands_behind_the_block_is_skipped() -> None:
    (turn,) = reader().read([payload(codec.NEW_ORDER, *NEW) + b"a group of a later version"])
    assert turn == [command(codec.NEW_ORDER, *NEW)]


NEW_PAYLOAD = payload(codec.NEW_ORDER, *NEW)


@pytest.mark.parametrize(
    ("malformed", "template", "reason"),
    [
        (b"", 0, MessageRejectReason.TRUNCATED),
        (NEW_PAYLOAD[:7], 0, MessageRejectReason.TRUNCATED),
        (NEW_PAYLOAD[:8], 1, MessageRejectReason.TRUNCATED),
        (NEW_PAYLOAD[:-1], 1, MessageRejectReason.TRUNCATED),
        (HEADER.pack(36, 1, codec.SCHEMA_ID, 2) + NEW_PAYLOAD[8:], 1, MessageRejectReason.TRUNCATED),
        (HEADER.pack(34, 1, codec.SCHEMA_ID, 1) + NEW_PAYLOAD[8:], 1, MessageRejectReason.BLOCK_TOO_SHORT),
        (HEADER.pack(35, 1, 1, 1) + NEW_PAYLOAD[8:], 1, MessageRejectReason.UNKNOWN_SCHEMA),
        (HEADER.pack(35, 77, codec.SCHEMA_ID, 1) + NEW_PAYLOAD[8:], 77, MessageRejectReason.UNKNOWN_TEMPLATE),
        (HEADER.pack(80, 101, codec.SCHEMA_ID, 1) + bytes(80), 101, MessageRejectReason.UNKNOWN_TEMPLATE),
    ],
)
def test_malformed_messages_have_stable_reasons(malformed: bytes, template: int, reason: MessageRejectReason) -> None:
    (turn,) = reader().read([malformed])
    assert rejection(turn)[2:4] == (template, reason)


def test_reasons_keep_their_numbers() -> None:
    assert [(reason.name, int(reason)) for reason in MessageRejectReason] == [
        ("TRUNCATED", 1),
        ("UNKNOWN_SCHEMA", 2),
        ("UNKNOWN_TEMPLATE", 3),
        ("BLOCK_TOO_SHORT", 4),
        ("INVALID_CL_ORD_ID", 5),
        ("UNKNOWN_SECURITY", 6),
        ("UNKNOWN_ACCOUNT", 7),
        ("INVALID_VALUE", 8),
        ("NOT_AUTHORIZED", 9),
        ("RATE_EXCEEDED", 10),
        ("NOT_AUTHENTICATED", 11),
        ("AUTHENTICATION_FAILED", 12),
        ("CONFIGURATION_REFUSED", 13),
        ("SESSION_NOT_AVAILABLE", 14),
    ]


def test_turns_keep_the_order_and_gather_commands() -> None:
    new, cancel = NEW_PAYLOAD, payload(codec.CANCEL_ORDER, *CANCEL)
    book = payload(codec.BOOK_REQUEST, 33, 7, 5)
    turns = reader().read([new, cancel, book, b"junk", new])
    assert [type(turn) for turn in turns] == [list, DepthQuery, bytes, list]
    assert [len(turn) for turn in turns if isinstance(turn, list)] == [2, 1]


def test_a_refusal_counts_the_connections_messages() -> None:
    one = reader()
    one.read([NEW_PAYLOAD, NEW_PAYLOAD])
    (_, turn) = one.read([NEW_PAYLOAD, b"junk"])
    assert rejection(turn)[0] == 4


def test_rights_that_change_count_from_the_next_read_on() -> None:
    known = directory()
    one = RequestReader(SESSION, known)
    foreign = payload(codec.NEW_ORDER, *changed(NEW, 4, 23))
    ((refused,),) = one.read([foreign])  # type: ignore[misc]
    assert isinstance(refused, RejectCommand)
    known.apply(msgspec.structs.replace(SESSION, account_ids=[21, 22, 23]))
    ((order,),) = one.read([foreign])  # type: ignore[misc]
    assert isinstance(order, NewOrder)
    assert order.account_id == 23


@pytest.mark.parametrize(
    ("layout", "values"),
    [
        (codec.NEW_ORDER, NEW),
        (codec.REPLACE_ORDER, REPLACE),
        (codec.CANCEL_ORDER, CANCEL),
        (codec.MASS_CANCEL, MASS),
    ],
)
def test_a_session_without_a_default_account_must_name_one(layout: Layout, values: tuple[Any, ...]) -> None:
    session = msgspec.structs.replace(SESSION, default_account_id=0)
    known = directory()
    known.sessions[session.session_id] = session
    (turn,) = RequestReader(session, known).read([payload(layout, *values)])
    assert isinstance(turn, list)
    (refused,) = turn
    assert isinstance(refused, RejectCommand)
    assert refused.command.account_id == 0
    assert refused.text == "Account is missing: the session has no default"


def test_a_refused_message_is_not_kept() -> None:
    ours, cut = reader(), HEADER.pack(codec.NEW_ORDER.block_length, 1, codec.SCHEMA_ID, 99) + b"short"
    before = sys.getrefcount(cut)
    for _ in range(50):
        ours.read([cut])
    assert sys.getrefcount(cut) == before
