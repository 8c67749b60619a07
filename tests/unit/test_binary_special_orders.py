"""Special orders and lists as an independent, schema-driven codec writes them, and the commands they become."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from binary_samples import SESSION, directory
from binary_schema import SCHEMAS

from engine.commands import Changes, NewList, NewOrder, RejectCommand, ReplaceOrder
from engine.terms import NOTHING_SPECIAL, Peg, SpecialTerms, Trigger
from engine.types import (
    SCALE,
    Contingency,
    OrdRejReason,
    OrdType,
    PegKind,
    PostOnly,
    SelfTrade,
    SelfTradeScope,
    Side,
    TimeInForce,
    TriggerKind,
    TriggerSource,
)
from gateways.binary import codec, soup
from gateways.binary.codec import HEADER, HEADER_SIZE
from gateways.binary.inbound import RequestReader, Turn
from gateways.binary.rejects import MessageRejectReason
from gateways.binary.special import NO_NUMBER, NO_PX, TERMS_COUNT

PX, QTY = 60_000 * SCALE, 5 * SCALE
SCHEMA = SCHEMAS[2]
TERMS: dict[str, Any] = {
    "StopPx": 0,
    "TrailAmount": 0,
    "TrailRate": 0,
    "PegOffset": 0,
    "DisplayQty": 0,
    "DisplayRange": 0,
    "MinQty": 0,
    "ExpireTime": 0,
    "TriggerKind": None,
    "TriggerPriceType": None,
    "PegPriceType": None,
    "PostOnly": "No",
    "ExecInst": [],
    "SelfTrade": "None",
    "SelfTradeScope": "Account",
}
ORDER: dict[str, Any] = {
    "ClOrdID": 1001,
    "Price": PX,
    "OrderQty": QTY,
    "Side": "Sell",
    "OrdType": "Limit",
    "TimeInForce": "GoodTillCancel",
    **TERMS,
}
WHOSE = {"SecurityID": 7, "Account": 0}
LIST: dict[str, Any] = {"ListID": 900, **WHOSE, "ContingencyType": "OneCancelsOther"}
REPLACE: dict[str, Any] = {
    "ClOrdID": 1002,
    "OrigClOrdID": 1001,
    "OrderID": 0,
    "Price": PX,
    "OrderQty": QTY,
    **WHOSE,
    "Side": "Sell",
    "StopPx": NO_PX,
    "PegOffset": NO_PX,
    "DisplayQty": NO_NUMBER,
    "MinQty": NO_NUMBER,
    "ExpireTime": NO_NUMBER,
}
_COMPOSITES = ("Price", "OrderQty", "StopPx", "TrailAmount", "TrailRate", "PegOffset", "DisplayQty", "DisplayRange")


def wire(fields: dict[str, Any]) -> dict[str, Any]:
    """``fields`` as ``sbe`` takes them: numbers with an exponent as composites."""
    return {
        name: {"mantissa": value} if name in (*_COMPOSITES, "MinQty") else value
        for name, value in fields.items()
        if name != "Legs"
    } | ({"Legs": [wire(leg) for leg in fields["Legs"]]} if "Legs" in fields else {})


def payload(name: str, fields: dict[str, Any]) -> bytes:
    message = next(message for message in SCHEMA.messages.values() if message.name == name)
    encoded: bytes = SCHEMA.encode(message, wire(fields))
    return encoded


def read(name: str, fields: dict[str, Any]) -> Turn:
    (turn,) = RequestReader(SESSION, directory()).read([payload(name, fields)])
    return turn


def command(name: str, fields: dict[str, Any]) -> Any:
    turn = read(name, fields)
    assert isinstance(turn, list)
    (made,) = turn
    return made


def placed(**fields: Any) -> Any:
    return command("NewSpecialOrder", {**ORDER, **WHOSE, **fields})


def rejection(turn: Turn) -> tuple[int, int, MessageRejectReason, str]:
    """BusinessRejectRefID, RefMsgType, reason and text of a MessageReject."""
    assert isinstance(turn, bytes)
    ((_, answer),) = soup.split(turn, 65_535).packets
    _, ref, template, reason, text = codec.MESSAGE_REJECT.unpack(answer, HEADER_SIZE)
    return ref, template, MessageRejectReason(reason), codec.from_text(text)


# ---- special orders ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "special"),
    [
        (
            {"TriggerKind": "Stop", "StopPx": PX},
            SpecialTerms(trigger=Trigger(TriggerKind.STOP, PX, TriggerSource.LAST_TRADE)),
        ),
        (
            {"TriggerKind": "Touched", "StopPx": PX, "TriggerPriceType": "BestBid"},
            SpecialTerms(trigger=Trigger(TriggerKind.TOUCHED, PX, TriggerSource.BEST_BID)),
        ),
        (
            {"TriggerKind": "Trailing", "TrailAmount": SCALE, "TriggerPriceType": "Reference"},
            SpecialTerms(trigger=Trigger(TriggerKind.TRAILING, 0, TriggerSource.REFERENCE, SCALE)),
        ),
        (
            {"TriggerKind": "Trailing", "TrailRate": SCALE // 50, "StopPx": PX, "TriggerPriceType": "BestOffer"},
            SpecialTerms(trigger=Trigger(TriggerKind.TRAILING, PX, TriggerSource.BEST_OFFER, 0, SCALE // 50)),
        ),
        (
            {"OrdType": "Pegged", "PegPriceType": "Midpoint", "PegOffset": -SCALE},
            SpecialTerms(peg=Peg(PegKind.MIDPOINT, -SCALE)),
        ),
        ({"OrdType": "Pegged", "PegPriceType": "Primary"}, SpecialTerms(peg=Peg(PegKind.PRIMARY))),
        ({"PostOnly": "Reject"}, SpecialTerms(post_only=PostOnly.REJECT)),
        ({"PostOnly": "Reprice"}, SpecialTerms(post_only=PostOnly.REPRICE)),
        ({"DisplayQty": SCALE, "DisplayRange": 1}, SpecialTerms(display_qty=SCALE, display_range=1)),
        ({"ExecInst": ["Hidden"]}, SpecialTerms(hidden=True)),
        ({"ExecInst": ["AllOrNone"]}, SpecialTerms(all_or_none=True)),
        ({"ExecInst": ["ReduceOnly", "Hidden"]}, SpecialTerms(hidden=True, reduce_only=True)),
        ({"MinQty": 3 * SCALE}, SpecialTerms(min_qty=3 * SCALE)),
        (
            {"SelfTrade": "Decrement", "SelfTradeScope": "Firm"},
            SpecialTerms(self_trade=SelfTrade.DECREMENT, self_trade_scope=SelfTradeScope.FIRM),
        ),
        ({"TimeInForce": "GoodTillDate", "ExpireTime": 2**60}, SpecialTerms(expire_ns=2**60)),
    ],
)
def test_each_instruction_becomes_a_term(fields: dict[str, Any], special: SpecialTerms) -> None:
    order = placed(**fields)
    assert isinstance(order, NewOrder)
    assert order.special == special
    assert (order.cl_ord_id, order.side, order.order_qty, order.px) == ("1001", Side.SELL, QTY, PX)


def test_a_special_order_that_asks_for_nothing_special_is_a_plain_one() -> None:
    assert placed() == NewOrder(3, "1001", 21, 7, Side.SELL, OrdType.LIMIT, TimeInForce.GTC, QTY, PX)


@pytest.mark.parametrize("name", ["NewOrder", "NewSpecialOrder"])
@pytest.mark.parametrize(
    ("fields", "ord_type", "tif", "px"),
    [
        ({"OrdType": "MarketToLimit"}, OrdType.MARKET_TO_LIMIT, TimeInForce.GTC, 0),
        ({"TimeInForce": "AtTheOpening"}, OrdType.LIMIT, TimeInForce.AT_THE_OPENING, PX),
        ({"TimeInForce": "AtTheClose", "OrdType": "Market"}, OrdType.MARKET, TimeInForce.AT_THE_CLOSE, 0),
        ({"TimeInForce": "GoodForAuction"}, OrdType.LIMIT, TimeInForce.GOOD_FOR_AUCTION, PX),
        ({"TimeInForce": "GoodTillDate"}, OrdType.LIMIT, TimeInForce.GTD, PX),
    ],
)
def test_unusual_pricings_and_times_need_no_special_terms(
    name: str, fields: dict[str, Any], ord_type: OrdType, tif: TimeInForce, px: int
) -> None:
    """What has an expiry, a peg or none of them is the book's to judge."""
    order = command(name, {**ORDER, **WHOSE, **fields})
    assert order == NewOrder(3, "1001", 21, 7, Side.SELL, ord_type, tif, QTY, px, special=NOTHING_SPECIAL)


@pytest.mark.parametrize(
    ("at", "value", "text"),
    [
        (0, 5, "StopPx without TriggerKind"),
        (1, 5, "TrailAmount without TriggerKind"),
        (2, 5, "TrailRate without TriggerKind"),
        (3, 5, "PegOffset without PegPriceType"),
        (8, 4, "TriggerKind 4 is not supported"),
        (9, 1, "TriggerPriceType without TriggerKind"),
        (9, 5, "TriggerPriceType 5 is not supported"),
        (10, 3, "PegPriceType 3 is not supported"),
        (11, 3, "PostOnly 3 is not supported"),
        (12, 8, "ExecInst 8 is not supported"),
        (13, 4, "SelfTrade 4 is not supported"),
        (14, 2, "SelfTradeScope 2 is not supported"),
    ],
)
def test_what_no_order_can_mean_is_refused_by_name(at: int, value: int, text: str) -> None:
    terms = [0] * TERMS_COUNT
    terms[at] = value
    packet = codec.NEW_SPECIAL_ORDER.pack(1001, PX, QTY, 7, 0, b"1", b"2", b"1", *terms)
    ((refused,),) = RequestReader(SESSION, directory()).read([packet[soup.HEADER_SIZE :]])  # type: ignore[misc]
    assert isinstance(refused, RejectCommand)
    assert (refused.reason, refused.text) == (OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC, text)
    assert isinstance(refused.command, NewOrder)
    assert refused.command.cl_ord_id == "1001"


@pytest.mark.parametrize(
    ("fields", "reason", "text"),
    [
        ({"Account": 23}, OrdRejReason.UNKNOWN_ACCOUNT, "unknown Account 23"),
        ({"SecurityID": 8}, OrdRejReason.UNKNOWN_SYMBOL, "unknown SecurityID 8"),
        ({"Side": None}, OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC, "Side is required"),
    ],
)
def test_a_special_order_is_refused_for_what_a_plain_one_is(fields: dict[str, Any], reason: int, text: str) -> None:
    refused = placed(**fields, PostOnly="Reject")
    assert isinstance(refused, RejectCommand)
    assert (refused.reason, refused.text) == (reason, text)


def test_a_special_order_needs_a_cl_ord_id() -> None:
    turn = read("NewSpecialOrder", {**ORDER, **WHOSE, "ClOrdID": 0})
    assert rejection(turn) == (0, 5, MessageRejectReason.INVALID_CL_ORD_ID, "ClOrdID must not be 0")


# ---- replaces ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "changes"),
    [
        ({"StopPx": PX}, Changes(stop_px=PX)),
        ({"DisplayQty": 0}, Changes(display_qty=0)),
        ({"MinQty": 0, "PegOffset": -5}, Changes(min_qty=0, peg_offset=-5)),
        ({"ExpireTime": 2**60}, Changes(expire_ns=2**60)),
        ({}, None),
    ],
)
def test_a_replace_changes_what_is_not_null(fields: dict[str, Any], changes: Changes | None) -> None:
    made = command("ReplaceOrder", {**REPLACE, **fields})
    assert made == ReplaceOrder(3, "1002", 21, 7, Side.SELL, "1001", QTY, PX, changes=changes)


def test_a_refused_replace_keeps_what_it_asked_for() -> None:
    refused = command("ReplaceOrder", {**REPLACE, "SecurityID": 8, "StopPx": PX})
    assert isinstance(refused, RejectCommand)
    assert isinstance(refused.command, ReplaceOrder)
    assert refused.command.changes == Changes(stop_px=PX)


# ---- lists ---------------------------------------------------------------------------------------------------------


def leg(cl_ord_id: int, **fields: Any) -> dict[str, Any]:
    return {**ORDER, "ClOrdID": cl_ord_id, **fields}


def listed(*legs: dict[str, Any], **fields: Any) -> Any:
    return command("NewList", {**LIST, "Legs": list(legs), **fields})


def test_a_list_has_its_legs_in_order() -> None:
    made = listed(leg(1, Side="Buy"), leg(2), leg(3, TriggerKind="Stop", StopPx=PX), ContingencyType="Bracket")
    entry = NewOrder(3, "1", 21, 7, Side.BUY, OrdType.LIMIT, TimeInForce.GTC, QTY, PX)
    profit = NewOrder(3, "2", 21, 7, Side.SELL, OrdType.LIMIT, TimeInForce.GTC, QTY, PX)
    terms = SpecialTerms(trigger=Trigger(TriggerKind.STOP, PX))
    loss = NewOrder(3, "3", 21, 7, Side.SELL, OrdType.LIMIT, TimeInForce.GTC, QTY, PX, special=terms)
    assert made == NewList(3, "900", 21, 7, Contingency.BRACKET, [entry, profit, loss])


@pytest.mark.parametrize(
    ("contingency", "expected"),
    [("OneCancelsOther", Contingency.OCO), ("OneTriggersOther", Contingency.OTO), ("Bracket", Contingency.BRACKET)],
)
def test_contingencies(contingency: str, expected: Contingency) -> None:
    assert listed(leg(1), leg(2), ContingencyType=contingency).contingency is expected


@pytest.mark.parametrize(
    ("fields", "reason", "text"),
    [
        ({"Account": 23}, OrdRejReason.UNKNOWN_ACCOUNT, "unknown Account 23"),
        ({"SecurityID": 8}, OrdRejReason.UNKNOWN_SYMBOL, "unknown SecurityID 8"),
        (
            {"ContingencyType": None},
            OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC,
            "ContingencyType 0 is not supported",
        ),
    ],
)
def test_a_list_is_refused_whole(fields: dict[str, Any], reason: int, text: str) -> None:
    refused = listed(leg(1), leg(2), **fields)
    assert isinstance(refused, RejectCommand)
    assert (refused.reason, refused.text) == (reason, text)
    assert isinstance(refused.command, NewList)
    assert [each.cl_ord_id for each in refused.command.legs] == ["1", "2"]


def test_a_leg_that_cannot_be_refuses_its_list_by_its_number() -> None:
    refused = listed(leg(1), leg(2, StopPx=PX), leg(3, PegOffset=1))
    assert isinstance(refused, RejectCommand)
    assert refused.text == "leg 2: StopPx without TriggerKind"
    refused = listed(leg(1, Side=None), leg(2))
    assert (refused.text, refused.command.legs[0].side) == ("leg 1: Side is required", Side.BUY)


@pytest.mark.parametrize(
    ("fields", "ref_id", "reason", "text"),
    [
        ({"ListID": 0}, 0, MessageRejectReason.INVALID_CL_ORD_ID, "ListID must not be 0"),
        ({"Legs": []}, 900, MessageRejectReason.INVALID_VALUE, "a list has legs"),
        ({"Legs": [leg(1), leg(0)]}, 0, MessageRejectReason.INVALID_CL_ORD_ID, "ClOrdID must not be 0"),
        ({"Legs": [leg(1), leg(1)]}, 900, MessageRejectReason.INVALID_CL_ORD_ID, "two legs have the same ClOrdID"),
    ],
)
def test_a_list_that_cannot_be_answered_is_no_command(
    fields: dict[str, Any], ref_id: int, reason: MessageRejectReason, text: str
) -> None:
    turn = read("NewList", {**LIST, "Legs": [leg(1), leg(2)], **fields})
    assert rejection(turn) == (ref_id, 6, reason, text)


def test_a_list_that_ends_within_its_legs_is_truncated() -> None:
    whole = payload("NewList", {**LIST, "Legs": [leg(1), leg(2)]})
    for size in (len(whole) - 1, HEADER_SIZE + codec.NEW_LIST.block_length + 3):
        (turn,) = RequestReader(SESSION, directory()).read([whole[:size]])
        assert rejection(turn)[2] is MessageRejectReason.TRUNCATED


def test_legs_may_be_longer_than_known_but_not_shorter() -> None:
    whole = payload("NewList", {**LIST, "Legs": [leg(1)]})
    head, entry = whole[:25], whole[29:]
    assert len(entry) == codec.LEG.size
    longer = head + codec.GROUP_HEADER.pack(len(entry) + 3, 2) + (entry + b"new") + (b"\x02" + entry[1:] + b"new")
    ((made,),) = RequestReader(SESSION, directory()).read([longer])  # type: ignore[misc]
    assert isinstance(made, NewList)
    assert [each.order_qty for each in made.legs] == [QTY, QTY]
    (turn,) = RequestReader(SESSION, directory()).read([head + codec.GROUP_HEADER.pack(97, 1) + entry])
    assert rejection(turn)[2:] == (MessageRejectReason.BLOCK_TOO_SHORT, "group entries of 97 bytes: at least 98")


# ---- versions ------------------------------------------------------------------------------------------------------


def test_the_version_in_the_header_says_which_fields_there_are() -> None:
    longer = payload("ReplaceOrder", {**REPLACE, "StopPx": PX})
    block = longer[HEADER_SIZE:]
    plain = ReplaceOrder(3, "1002", 21, 7, Side.SELL, "1001", QTY, PX)
    for header, expected in (
        (HEADER.pack(89, 2, codec.SCHEMA_ID, 1), None),
        (HEADER.pack(89, 2, codec.SCHEMA_ID, 3), Changes(stop_px=PX)),
        (HEADER.pack(95, 2, codec.SCHEMA_ID, 3), Changes(stop_px=PX)),
        (HEADER.pack(49, 2, codec.SCHEMA_ID, 2), None),
    ):
        (turn,) = RequestReader(SESSION, directory()).read([header + block + b"newer."])
        assert turn == [msgspec.structs.replace(plain, changes=expected)]


def test_a_block_between_two_versions_is_read_as_the_older_one() -> None:
    header = HEADER.pack(60, 2, codec.SCHEMA_ID, 2)
    block = payload("ReplaceOrder", {**REPLACE, "StopPx": PX})[HEADER_SIZE:][:60]
    ((made,),) = RequestReader(SESSION, directory()).read([header + block])  # type: ignore[misc]
    assert made.changes is None  # type: ignore[union-attr]
