"""Client messages as commands: what is read, what is refused, and by which of FIX's ways of refusing."""

from __future__ import annotations

import msgspec
import pytest
from fix_asked import ORDER, REPLACE, end_of_day, read
from fix_venue import NOW_TEXT, client_frame, directory, order_image, session_opened

from engine.commands import CancelOrder, MassCancel, NewOrder, RejectCommand, ReplaceOrder
from engine.types import SCALE, CxlRejReason, OrdRejReason, OrdType, Side, TimeInForce
from gateways.fix.codec import parse
from gateways.fix.dialect import DIALECTS
from gateways.fix.mapping_in import CommandMapper
from gateways.fix.refusals import BusinessRefusal, FieldRefusal

CANCEL = {"11": "C2", "41": "C1", "55": "BTC/USD", "54": "1", "60": NOW_TEXT, "38": "1"}
MASS = {"11": "C9", "530": "7", "60": NOW_TEXT}
BEYOND = "has more than 8 decimals or is too large"


def test_a_limit_order() -> None:
    assert read("D", ORDER | {"1": "A2", "59": "1"}) == NewOrder(
        7, "C1", 12, 1, Side.BUY, OrdType.LIMIT, TimeInForce.GTC, 150_000_000, 100_25000000, 6, 9
    )


def test_a_market_order_on_the_default_account_for_the_day() -> None:
    fields = ORDER | {"40": "1", "44": None, "54": "2", "55": "AAPL"}
    assert read("D", fields) == NewOrder(
        7, "C1", 11, 2, Side.SELL, OrdType.MARKET, TimeInForce.DAY, 150_000_000, 0, 6, 9
    )


def test_a_market_order_s_price_is_not_looked_at() -> None:
    command = read("D", ORDER | {"40": "1", "44": "7"})
    assert isinstance(command, NewOrder)
    assert command.px == 0


@pytest.mark.parametrize(("text", "tif"), [("0", 0), ("1", 1), ("3", 3), ("4", 4)])
def test_time_in_force(text: str, tif: int) -> None:
    command = read("D", ORDER | {"59": text})
    assert isinstance(command, NewOrder)
    assert command.tif is TimeInForce(tif)


@pytest.mark.parametrize(
    ("change", "reason", "text"),
    [
        ({"55": "GOLD"}, OrdRejReason.UNKNOWN_SYMBOL, "Unknown symbol GOLD"),
        ({"1": "NOBODY"}, OrdRejReason.UNKNOWN_ACCOUNT, "Unknown account NOBODY"),
        ({"1": "X9"}, OrdRejReason.UNKNOWN_ACCOUNT, "Unknown account X9"),
        ({"40": "5"}, OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC, "OrdType 5 is not supported"),
        ({"59": "5"}, OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC, "TimeInForce 5 is not supported"),
        ({"38": "0"}, OrdRejReason.INCORRECT_QUANTITY, "OrderQty must be positive"),
        ({"38": "-1"}, OrdRejReason.INCORRECT_QUANTITY, "OrderQty must be positive"),
        ({"44": "0"}, OrdRejReason.OTHER, "Price must be positive"),
        ({"44": "-3"}, OrdRejReason.OTHER, "Price must be positive"),
        (
            {"38": "1.123456789"},
            OrdRejReason.INCORRECT_QUANTITY,
            f"1.123456789 {BEYOND}",
        ),
        (
            {"38": "92233720369"},
            OrdRejReason.INCORRECT_QUANTITY,
            f"92233720369 {BEYOND}",
        ),
        ({"44": "1.123456789"}, OrdRejReason.OTHER, f"1.123456789 {BEYOND}"),
        ({"44": "-92233720369"}, OrdRejReason.OTHER, f"-92233720369 {BEYOND}"),
        ({"110": "1.123456789"}, OrdRejReason.OTHER, f"1.123456789 {BEYOND}"),
    ],
)
def test_a_readable_order_against_the_rules_is_refused_as_a_command(
    change: dict[str, str | None], reason: OrdRejReason, text: str
) -> None:
    command = read("D", ORDER | change)
    assert isinstance(command, RejectCommand)
    assert (command.reason, command.text) == (reason, text)
    assert command.symbol == ("GOLD" if "55" in change else "")
    assert isinstance(command.command, NewOrder)
    assert (command.command.cl_ord_id, command.command.in_from, command.command.in_seq) == ("C1", 6, 9)


@pytest.mark.parametrize("msg_type", ["D", "F", "G", "q"])
@pytest.mark.parametrize("begin_string", ["FIX.4.2", "FIX.4.4", "FIXT.1.1"])
def test_each_required_tag_is_missed(msg_type: str, begin_string: str) -> None:
    whole = {"D": ORDER, "F": CANCEL, "G": REPLACE, "q": MASS}[msg_type]
    read(msg_type, whole, begin_string)
    for tag in DIALECTS[begin_string].required[msg_type]:
        with pytest.raises(FieldRefusal) as refused:
            read(msg_type, whole | {tag: None}, begin_string)
        assert (refused.value.reason, refused.value.tag) == (1, tag)


@pytest.mark.parametrize(
    ("msg_type", "change", "reason", "tag"),
    [
        ("D", {"54": "x"}, 5, "54"),
        ("D", {"40": "z"}, 5, "40"),
        ("D", {"59": "z"}, 5, "59"),
        ("D", {"21": "9"}, 5, "21"),
        ("D", {"60": "20240101"}, 6, "60"),
        ("D", {"38": "1e3"}, 6, "38"),
        ("D", {"44": "."}, 6, "44"),
        ("D", {"44": "nan"}, 6, "44"),
        ("D", {"11": "x" * 65}, 5, "11"),
        ("F", {"41": "x" * 65}, 5, "41"),
        ("F", {"54": "x"}, 5, "54"),
        ("G", {"40": "z"}, 5, "40"),
        ("q", {"530": "x"}, 5, "530"),
        ("q", {"54": "x"}, 5, "54"),
    ],
)
def test_what_can_t_be_read_is_a_session_reject(
    msg_type: str, change: dict[str, str | None], reason: int, tag: str
) -> None:
    whole = {"D": ORDER, "F": CANCEL, "G": REPLACE, "q": MASS}[msg_type]
    with pytest.raises(FieldRefusal) as refused:
        read(msg_type, whole | change)
    assert (refused.value.reason, refused.value.tag) == (reason, tag)


@pytest.mark.parametrize(
    ("msg_type", "change"),
    [("D", {"44": None}), ("D", {"38": None}), ("G", {"44": None}), ("G", {"38": None}), ("q", {"530": "1"})],
)
def test_a_conditionally_required_field_is_a_business_reject(msg_type: str, change: dict[str, str | None]) -> None:
    whole = {"D": ORDER, "G": REPLACE, "q": MASS}[msg_type]
    with pytest.raises(BusinessRefusal) as refused:
        read(msg_type, whole | change)
    assert (refused.value.reason, refused.value.ref_id) == (5, whole["11"])


def test_a_cancel() -> None:
    assert read("F", CANCEL | {"37": "501"}) == CancelOrder(7, "C2", 11, 1, Side.BUY, "C1", 0, 6, 9)


def test_a_cancel_by_order_id_where_there_is_no_cl_ord_id() -> None:
    assert read("F", CANCEL | {"41": "NONE", "37": "501"}) == CancelOrder(7, "C2", 11, 1, Side.BUY, "NONE", 501, 6, 9)
    command = read("F", CANCEL | {"41": "NONE", "37": "x"})
    assert isinstance(command, CancelOrder)
    assert command.order_id == 0


def test_from_fix_50_on_an_order_id_may_stand_for_the_cl_ord_id() -> None:
    cancel, replace = CANCEL | {"41": None, "37": "501"}, REPLACE | {"41": None, "37": "501"}
    assert read("F", cancel, "FIXT.1.1") == CancelOrder(7, "C2", 11, 1, Side.BUY, "NONE", 501, 6, 9)
    command = read("G", replace, "FIXT.1.1")
    assert isinstance(command, ReplaceOrder)
    assert (command.orig_cl_ord_id, command.order_id) == ("NONE", 501)
    with pytest.raises(BusinessRefusal) as refused:
        read("F", cancel | {"37": None}, "FIXT.1.1")
    assert (refused.value.reason, refused.value.ref_id) == (5, "C2")


def test_a_replace() -> None:
    assert read("G", REPLACE | {"1": "A2"}) == ReplaceOrder(
        7, "C2", 12, 1, Side.BUY, "C1", 150_000_000, 100_25000000, 0, 6, 9
    )


@pytest.mark.parametrize(
    ("msg_type", "change", "reason"),
    [
        ("F", {"55": "GOLD"}, CxlRejReason.UNKNOWN_ORDER),
        ("F", {"1": "X9"}, CxlRejReason.OTHER),
        ("G", {"55": "GOLD"}, CxlRejReason.UNKNOWN_ORDER),
        ("G", {"1": "X9"}, CxlRejReason.OTHER),
        ("G", {"40": "5"}, CxlRejReason.OTHER),
        ("G", {"38": "0"}, CxlRejReason.OTHER),
        ("G", {"44": "0"}, CxlRejReason.OTHER),
    ],
)
def test_cancels_and_replaces_against_the_rules(
    msg_type: str, change: dict[str, str | None], reason: CxlRejReason
) -> None:
    command = read(msg_type, (CANCEL if msg_type == "F" else REPLACE) | change)
    assert isinstance(command, RejectCommand)
    assert command.reason == reason
    assert command.command.cl_ord_id == "C2"
    assert command.text


@pytest.mark.parametrize(
    ("msg_type", "fields", "reason"), [("D", ORDER, 11), ("F", CANCEL, 99), ("G", REPLACE, 99), ("q", MASS, 99)]
)
def test_a_side_that_the_venue_does_not_offer(msg_type: str, fields: dict[str, str | None], reason: int) -> None:
    command = read(msg_type, fields | {"54": "5"})
    assert isinstance(command, RejectCommand)
    assert (command.reason, command.text, command.side) == (reason, "Side 5 is not supported", "5")
    unknown = read(msg_type, fields | {"54": "5", "55": "GOLD"})
    assert isinstance(unknown, RejectCommand)
    assert (unknown.text, unknown.side) == ("Unknown symbol GOLD", "5")


@pytest.mark.parametrize(
    ("change", "symbol_id", "side", "account_id"),
    [
        ({}, 0, 0, 11),
        ({"530": "1", "55": "AAPL"}, 2, 0, 11),
        ({"530": "7", "55": "AAPL"}, 2, 0, 11),
        ({"54": "2", "1": "A2"}, 0, Side.SELL, 12),
    ],
)
def test_mass_cancels(change: dict[str, str | None], symbol_id: int, side: int, account_id: int) -> None:
    kind = change.get("530", "7")
    assert read("q", MASS | change) == MassCancel(7, "C9", account_id, symbol_id, side, 6, 9, request_type=kind)


@pytest.mark.parametrize(
    ("change", "reason"), [({"530": "3"}, 0), ({"530": "1", "55": "GOLD"}, 1), ({"55": "GOLD"}, 1), ({"1": "X9"}, 99)]
)
def test_mass_cancels_that_can_t_be_done(change: dict[str, str | None], reason: int) -> None:
    command = read("q", MASS | change)
    assert isinstance(command, RejectCommand)
    assert command.reason == reason


def test_scale() -> None:
    command = read("D", ORDER | {"38": "0.00000001", "44": "92233720368.54775807"})
    assert isinstance(command, NewOrder)
    assert (command.order_qty, command.px) == (1, 2**63 - 1)
    assert SCALE == 10**8


@pytest.mark.parametrize(("msg_type", "fields"), [("D", ORDER), ("F", CANCEL), ("G", REPLACE), ("q", MASS)])
def test_a_session_without_a_default_account_must_name_one(msg_type: str, fields: dict[str, str | None]) -> None:
    session = msgspec.structs.replace(session_opened("FIX.4.4"), default_account_id=0)
    mapper = CommandMapper(DIALECTS["FIX.4.4"], session, directory(), lambda *_: None, end_of_day)
    body = "|".join(f"{tag}={value}" for tag, value in fields.items())
    command = mapper.command(msg_type, parse(client_frame(msg_type, 9, body)), 6, 9)
    assert isinstance(command, RejectCommand)
    assert command.text == "Account is missing: the session has no default"


@pytest.mark.parametrize(("msg_type", "fields"), [("F", CANCEL), ("G", REPLACE)])
def test_a_known_order_s_account_need_not_be_named_again(msg_type: str, fields: dict[str, str | None]) -> None:
    session = msgspec.structs.replace(session_opened("FIX.4.4"), default_account_id=0)
    body = "|".join(f"{tag}={value}" for tag, value in fields.items())
    for account_id, refused in ((12, False), (99, True)):
        known = order_image(account_id=account_id)
        mapper = CommandMapper(DIALECTS["FIX.4.4"], session, directory(), lambda *_, known=known: known, end_of_day)
        command = mapper.command(msg_type, parse(client_frame(msg_type, 9, body)), 6, 9)
        assert isinstance(command, RejectCommand) is refused
        assert refused or command.account_id == account_id
