"""What version 3 of the schema brought to orders and their reports, and who goes on without it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from binary_samples import SESSION, directory, image, report, special_image
from binary_schema import FILE_OF_VERSION_2, decode, schema

from engine.commands import ANY, MassCancel, NewList, NewOrder, RejectCommand
from engine.events import OrderAccepted, OrderReplaced, OrderRestated, OrderTriggered
from engine.image import OrderImage
from engine.queries import OpenOrdersAnswer, OpenOrdersQuery
from engine.session_profile import CancelOnDisconnect
from engine.terms import NOTHING_SPECIAL, SpecialTerms
from engine.types import Activation, Contingency, RestateReason, SelfTrade, SelfTradeScope, Side
from gateways.binary import codec, soup
from gateways.binary.answers import encode_answer
from gateways.binary.codec import HEADER, HEADER_SIZE, Layout
from gateways.binary.inbound import RequestReader
from gateways.binary.outbound import encode_reports
from gateways.binary.special import TERMS_COUNT

ORDER = 1001, 10**10, 10**8, 7, 0, b"1", b"2", b"1"
LEG = 10**10, 10**8, b"1", b"2", b"1"
NOTHING = (0,) * TERMS_COUNT
SELF_TRADE, SCOPE = 13, 14
"""Places among special terms."""
OLDER = schema(2, FILE_OF_VERSION_2)


def command(packet: bytes) -> Any:
    (turn,) = RequestReader(SESSION, directory()).read([packet[soup.HEADER_SIZE :]])
    assert isinstance(turn, list)
    return turn[0]


def terms(*newest: int, **at: int) -> SpecialTerms:
    values = list(NOTHING)
    for name, value in at.items():
        values[{"self_trade": SELF_TRADE, "scope": SCOPE}[name]] = value
    made = command(codec.NEW_SPECIAL_ORDER_3.pack(*ORDER, *values, *newest))
    assert isinstance(made, NewOrder)
    return made.special or NOTHING_SPECIAL


@pytest.mark.parametrize(
    ("code", "mode"),
    [(0, None), (1, CancelOnDisconnect.OFF), (2, CancelOnDisconnect.DISCONNECT), (3, CancelOnDisconnect.LOGOUT)],
)
def test_an_order_says_what_the_end_of_its_session_means_to_it(code: int, mode: CancelOnDisconnect | None) -> None:
    assert terms(code, 0) == SpecialTerms(on_disconnect=mode)


def test_what_no_end_of_a_session_can_mean_is_refused() -> None:
    refused = command(codec.NEW_SPECIAL_ORDER_3.pack(*ORDER, *NOTHING, 4, 0))
    assert isinstance(refused, RejectCommand)
    assert refused.text == "OnDisconnect 4 is not supported"


def test_an_order_says_with_which_of_its_firms_it_must_not_trade() -> None:
    both = {"self_trade": SelfTrade.CANCEL_BOTH, "scope": SelfTradeScope.FIRM}
    assert terms(0, 77, **both) == SpecialTerms(
        self_trade=SelfTrade.CANCEL_BOTH, self_trade_scope=SelfTradeScope.FIRM, self_trade_id="77"
    )
    assert terms(0, 2**64 - 1) == SpecialTerms(self_trade=SelfTrade.CANCEL_NEWEST, self_trade_id=str(2**64 - 1))


def test_an_order_that_asks_for_nothing_is_a_plain_one() -> None:
    assert command(codec.NEW_SPECIAL_ORDER_3.pack(*ORDER, *NOTHING, 0, 0)).special is None


@pytest.mark.parametrize("layout", [codec.NEW_LIST, codec.NEW_LIST_3], ids=lambda layout: layout.version)
def test_legs_say_it_too_from_version_3_on(layout: Layout) -> None:
    newest = () if layout is codec.NEW_LIST else (2, 5)
    legs: list[tuple[int | bytes, ...]] = [(n, *LEG, *NOTHING, *newest) for n in (1, 2)]
    made = command(codec.new_list(9, 7, 0, Contingency.OCO, legs, layout))
    assert isinstance(made, NewList)
    asked = SpecialTerms(
        on_disconnect=CancelOnDisconnect.DISCONNECT, self_trade=SelfTrade.CANCEL_NEWEST, self_trade_id="5"
    )
    assert [leg.special for leg in made.legs] == [asked if newest else None] * 2


def test_the_version_in_the_header_says_what_legs_have() -> None:
    packet = codec.new_list(9, 7, 0, Contingency.OCO, [(n, *LEG, *NOTHING, 2, 5) for n in (1, 2)], codec.NEW_LIST_3)
    older = packet.replace(codec.NEW_LIST_3.header, codec.NEW_LIST.header)
    assert [leg.special for leg in command(older).legs] == [None, None]


@pytest.mark.parametrize("version", [1, 2, 3, 4, 99])
def test_a_plain_order_may_be_of_any_version(version: int) -> None:
    payload = codec.NEW_ORDER.pack(*ORDER)[soup.HEADER_SIZE :]
    header = HEADER.pack(codec.NEW_ORDER.block_length, codec.NEW_ORDER.template_id, codec.SCHEMA_ID, version)
    (turn,) = RequestReader(SESSION, directory()).read([header + payload[HEADER_SIZE:]])
    assert turn == [command(codec.NEW_ORDER.pack(*ORDER))]


@pytest.mark.parametrize("version", [1, 3])
def test_whatever_its_version_a_plain_order_asks_for_what_the_session_has_configured(version: int) -> None:
    reader = RequestReader(SESSION, directory())
    configuration = codec.SESSION_CONFIGURATION.pack(1, 0, 2**32 - 1, SelfTrade.CANCEL_BOTH, 0, 0)
    payload = codec.NEW_ORDER.pack(*ORDER)[soup.HEADER_SIZE :]
    header = HEADER.pack(codec.NEW_ORDER.block_length, codec.NEW_ORDER.template_id, codec.SCHEMA_ID, version)
    reader.read([configuration[soup.HEADER_SIZE :]])
    ((made,),) = reader.read([header + payload[HEADER_SIZE:]])  # type: ignore[misc]
    assert isinstance(made, NewOrder)
    assert made.special == SpecialTerms(self_trade=SelfTrade.CANCEL_BOTH)


# ---- mass cancel ----------------------------------------------------------------------------------------------------


def test_a_mass_cancel_may_be_of_this_sessions_orders_only() -> None:
    scoped = codec.MASS_CANCEL_SCOPED.pack
    assert command(scoped(1, 7, 22, b"1", 1)) == MassCancel(3, "1", 22, 7, Side.BUY, of_session=3)
    assert command(scoped(1, 0, 0, b"\x00", 0)) == MassCancel(3, "1", 21, ANY, ANY)
    assert command(codec.MASS_CANCEL.pack(1, 0, 0, b"\x00")) == MassCancel(3, "1", 21, ANY, ANY)


def test_a_mass_cancel_of_nobody_is_refused() -> None:
    refused = command(codec.MASS_CANCEL_SCOPED.pack(1, 0, 0, b"\x00", 2))
    assert isinstance(refused, RejectCommand)
    assert refused.text == "MassCancelScope 2 is not supported"


# ---- reports --------------------------------------------------------------------------------------------------------


def newest(order: OrderImage) -> OrderImage:
    special = msgspec.structs.replace(
        order.terms.special or NOTHING_SPECIAL, on_disconnect=CancelOnDisconnect.LOGOUT, self_trade_id="77"
    )
    return msgspec.structs.replace(order, terms=msgspec.structs.replace(order.terms, special=special))


def said_of(order: OrderImage) -> list[bytes]:
    """Payloads of every report about an order as a whole, and of its status."""
    events = [
        OrderAccepted(order),
        OrderReplaced(order, "1000", False),
        OrderTriggered(order, Activation.ENTRY),
        OrderRestated(order, RestateReason.SELF_TRADE),
    ]
    packets = encode_reports([report(n, event, order) for n, event in enumerate(events, 1)])
    packets += encode_answer(OpenOrdersAnswer(OpenOrdersQuery(3, "31"), [order]))
    return [payload for _, payload in soup.split(packets, 65_535).packets][:-1]


def test_reports_say_it_where_there_is_something_to_say() -> None:
    for payload in said_of(newest(special_image())):
        assert HEADER.unpack_from(payload)[3] == 3
        fields = decode(payload).value
        assert (fields["OnDisconnect"], fields["SelfTradeID"]) == ("Logout", 77)
        assert (fields["ListID"], fields["Wait"]) == (77, "Trigger")
    assert {HEADER.unpack_from(payload)[3] for payload in said_of(special_image())} == {2}


def test_a_client_of_version_2_reads_such_reports_as_far_as_it_knows() -> None:
    for payload, older in zip(said_of(newest(special_image())), said_of(special_image()), strict=True):
        cut = OLDER.decode(payload)
        assert cut.value == OLDER.decode(older).value
        assert len(payload) == HEADER_SIZE + HEADER.unpack_from(payload)[0]


@pytest.mark.parametrize("name", ["desk-7", "9" * 30, "²"])
def test_what_another_protocol_calls_a_group_of_orders_is_no_number(name: str) -> None:
    order = image()
    special = SpecialTerms(self_trade=SelfTrade.CANCEL_NEWEST, self_trade_id=name)
    order = msgspec.structs.replace(order, terms=msgspec.structs.replace(order.terms, special=special))
    (payload, *_) = said_of(order)
    assert decode(payload).value["SelfTradeID"] == 0
