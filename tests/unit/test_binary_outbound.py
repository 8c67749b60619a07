"""Reports and answers as an independent, schema-driven codec reads them."""

from __future__ import annotations

from typing import Any

import pytest
from binary_samples import TIME_NS, accepted, directory, executed, image, one_of_each, report
from binary_schema import decode

from engine.events import InstrumentStatusChanged, OrderRejected
from engine.image import OrderImage
from engine.queries import (
    Answer,
    DepthAnswer,
    DepthLevel,
    DepthQuery,
    OpenOrdersAnswer,
    OpenOrdersQuery,
    OrderStatusAnswer,
    OrderStatusQuery,
)
from engine.types import SCALE, InstrumentStatus, OrdStatus
from gateways.binary import codec, soup
from gateways.binary.answers import encode_answer, instrument_list, message_reject
from gateways.binary.outbound import encode_reports
from gateways.binary.rejects import MessageRejectReason

NULL = b"\x00"
"""How ``sbe`` shows an absent character enumeration."""


def read(packets: bytes, kind: int) -> list[tuple[str, dict[str, Any]]]:
    """Message names and fields; composites of one part as that part."""
    found, rest, error = soup.split(packets, 65_535)
    assert (rest, error) == (b"", "")
    assert {seen for seen, _ in found} <= {kind}
    messages = []
    for _, payload in found:
        decoded = decode(payload)
        messages.append((decoded.message_name, {name: plain(value) for name, value in decoded.value.items()}))
    return messages


def plain(value: Any) -> Any:
    if isinstance(value, list):
        return [{name: plain(part) for name, part in entry.items()} for entry in value]
    if isinstance(value, dict):
        return value["mantissa"] if set(value) == {"mantissa"} else tuple(value.values())
    return value


def reports(*made: Any) -> list[tuple[str, dict[str, Any]]]:
    return read(encode_reports(list(made)), soup.SEQUENCED_DATA)


def answers(answer: Answer) -> list[tuple[str, dict[str, Any]]]:
    return read(encode_answer(answer), soup.UNSEQUENCED_DATA)


ORDER = {"SecurityID": 7, "Account": 21, "Side": "Buy"}
KIND = {"OrdType": "Limit", "TimeInForce": "GoodTillCancel"}


def head(number: int) -> dict[str, Any]:
    return {"ExecID": (9000 + number, number % 3), "TransactTime": TIME_NS + number}


def test_every_report_becomes_one_sequenced_packet_in_order() -> None:
    made = one_of_each()
    messages = reports(*made)
    assert [fields["ExecID"][0] for _, fields in messages] == [each.seq for each in made]


def test_accepted() -> None:
    assert reports(accepted(1)) == [
        (
            "Accepted",
            {
                **head(1),
                **ORDER,
                **KIND,
                "ClOrdID": 1001,
                "OrderID": 555,
                "Price": 60_000 * SCALE,
                "OrderQty": 5 * SCALE,
                "LeavesQty": 5 * SCALE,
                "CumQty": 0,
                "OrdStatus": "New",
            },
        )
    ]


@pytest.mark.parametrize(("resting", "liquidity"), [(False, "RemovedLiquidity"), (True, "AddedLiquidity")])
def test_executed_carries_the_sessions_own_side_of_the_trade(resting: bool, liquidity: str) -> None:
    assert reports(executed(2, resting=resting)) == [
        (
            "Executed",
            {
                **head(2),
                **ORDER,
                "ClOrdID": 1001,
                "OrderID": 555,
                "TradeID": 42,
                "LastPx": 59_999 * SCALE,
                "LastQty": 2 * SCALE,
                "LeavesQty": 3 * SCALE,
                "CumQty": 2 * SCALE,
                "MiscFeeAmt": (1_234_567, 0),
                "OrdStatus": "PartiallyFilled",
                "LastLiquidityInd": liquidity,
            },
        )
    ]


@pytest.mark.parametrize("fee", [0, -1, -(2**64) - 5, 2**63, 2**64, 3 * 2**100 + 7, -(2**127), 2**127 - 1])
def test_fees_beyond_64_bits_are_exact(fee: int) -> None:
    ((_, fields),) = reports(executed(2, fee=fee))
    low, high = fields["MiscFeeAmt"]
    assert high * 2**64 + low == fee


def test_replaced() -> None:
    assert reports(one_of_each()[3]) == [
        (
            "Replaced",
            {
                **head(4),
                **ORDER,
                **KIND,
                "ClOrdID": 1002,
                "OrigClOrdID": 1001,
                "OrderID": 555,
                "Price": 60_000 * SCALE,
                "OrderQty": 5 * SCALE,
                "LeavesQty": 4 * SCALE,
                "CumQty": SCALE,
                "OrdStatus": "PartiallyFilled",
                "KeptPriority": "Yes",
            },
        )
    ]


@pytest.mark.parametrize(
    ("number", "cl_ord_id", "reason"), [(5, 1010, "Requested"), (6, 1001, "Operator")], ids=["asked for", "unsolicited"]
)
def test_canceled_names_the_order_and_who_asked(number: int, cl_ord_id: int, reason: str) -> None:
    assert reports(one_of_each()[number - 1]) == [
        (
            "Canceled",
            {
                **head(number),
                **ORDER,
                "ClOrdID": cl_ord_id,
                "OrigClOrdID": 1001,
                "OrderID": 555,
                "CumQty": SCALE,
                "CancelReason": reason,
            },
        )
    ]


def test_expired() -> None:
    own = {"ClOrdID": 1001, "OrderID": 555, "CumQty": SCALE, "CancelReason": "EndOfDay"}
    assert reports(one_of_each()[6]) == [("Expired", {**head(7), **ORDER, **own})]


def test_rejected() -> None:
    assert reports(one_of_each()[7]) == [
        (
            "Rejected",
            {
                **head(8),
                **ORDER,
                **KIND,
                "ClOrdID": 1003,
                "Price": 60_000 * SCALE,
                "OrderQty": 5 * SCALE,
                "OrdRejReason": "OrderExceedsLimit",
                "Text": "the order exceeds the account's limit",
                "RejectReason": "Other",
            },
        )
    ]


def test_long_and_foreign_text_is_cut_and_made_ascii() -> None:
    rejected = image(1003, OrdStatus.REJECTED)
    ((_, fields),) = reports(report(1, OrderRejected(rejected, 99, "ü" + "x" * 100), rejected))
    assert fields["Text"] == "?" + "x" * 63


@pytest.mark.parametrize(
    ("number", "own"),
    [
        (
            9,
            {
                "ClOrdID": 1011,
                "OrigClOrdID": 999,
                "OrderID": 0,
                "OrdStatus": "Rejected",
                "CxlRejResponseTo": "OrderCancelRequest",
                "CxlRejReason": "UnknownOrder",
                "Text": "unknown order",
                "RejectReason": "UnknownOrder",
            },
        ),
        (
            10,
            {
                "ClOrdID": 1012,
                "OrigClOrdID": 1001,
                "OrderID": 555,
                "OrdStatus": "Filled",
                "CxlRejResponseTo": "OrderCancelReplaceRequest",
                "CxlRejReason": "TooLateToCancel",
                "Text": "order is filled",
                "RejectReason": "OrderEnded",
            },
        ),
    ],
    ids=["unknown order", "known order"],
)
def test_cancel_rejected(number: int, own: dict[str, Any]) -> None:
    assert reports(one_of_each()[number - 1]) == [("CancelRejected", {**head(number), "Account": 21, **own})]


@pytest.mark.parametrize(
    ("number", "own"),
    [
        (
            11,
            {
                "ClOrdID": 1013,
                "TotalAffectedOrders": 12,
                "SecurityID": 7,
                "Side": "Buy",
                "MassCancelResponse": "CanceledForSecurity",
                "Text": "",
            },
        ),
        (
            12,
            {
                "ClOrdID": 1014,
                "TotalAffectedOrders": 0,
                "SecurityID": 0,
                "Side": NULL,
                "MassCancelResponse": "CanceledAll",
                "Text": "",
            },
        ),
        (
            13,
            {
                "ClOrdID": 1015,
                "TotalAffectedOrders": 0,
                "SecurityID": 0,
                "Side": NULL,
                "MassCancelResponse": "Rejected",
                "MassCancelRejectReason": "UnknownSecurity",
                "Text": "unknown SecurityID 8",
                "RejectReason": "UnknownSecurity",
            },
        ),
    ],
    ids=["one symbol", "all", "rejected"],
)
def test_mass_cancel_report(number: int, own: dict[str, Any]) -> None:
    ((name, fields),) = reports(one_of_each()[number - 1])
    assert name == "MassCancelReport"
    assert fields == {"MassCancelRejectReason": "MassCancelNotSupported", **head(number), "Account": 21, **own}


def status_fields(order: OrderImage) -> dict[str, Any]:
    return {
        **ORDER,
        **KIND,
        "OrdStatusReqID": 31,
        "ClOrdID": int(order.cl_ord_id),
        "OrderID": 555,
        "Price": 60_000 * SCALE,
        "OrderQty": 5 * SCALE,
        "LeavesQty": order.leaves_qty,
        "CumQty": order.cum_qty,
        "OrdRejReason": "BrokerOption",
    }


def test_order_status_of_a_live_order_and_of_none() -> None:
    query = OrderStatusQuery(3, "31", "1001")
    order = image(1001, OrdStatus.PARTIALLY_FILLED, cum=2 * SCALE)
    ((name, fields),) = answers(OrderStatusAnswer(query, order))
    assert name == "OrderStatus"
    assert fields == {**status_fields(order), "OrdStatus": "PartiallyFilled", "AvgPx": 60_000 * SCALE}
    ((name, fields),) = answers(OrderStatusAnswer(query, None))
    assert (fields["OrdStatusReqID"], fields["OrderID"], fields["Side"]) == (31, 0, NULL)
    assert (fields["OrdStatus"], fields["OrdRejReason"]) == ("Rejected", "UnknownOrder")


def test_open_orders_are_statuses_and_an_end() -> None:
    orders = [image(1001), image(1002)]
    first, second, end = answers(OpenOrdersAnswer(OpenOrdersQuery(3, "31"), orders))
    assert first == ("OrderStatus", {**status_fields(orders[0]), "OrdStatus": "New", "AvgPx": 0})
    assert second[1]["ClOrdID"] == 1002
    assert end == ("OpenOrdersEnd", {"MassStatusReqID": 31, "TotNumReports": 2})


def test_a_book_says_at_which_sequence_it_is_true() -> None:
    bids = [DepthLevel(59_999 * SCALE, 3 * SCALE, 2), DepthLevel(59_998 * SCALE, 2**70, 1)]
    asks = [DepthLevel(60_001 * SCALE, SCALE, 1)]
    ((name, fields),) = answers(DepthAnswer(DepthQuery(3, "5", 7, 2), 777, TIME_NS, bids, asks))
    group = fields.pop("MDEntries")
    assert (name, fields) == (
        "BookSnapshot",
        {"MDReqID": 5, "RptSeq": 777, "TransactTime": TIME_NS, "SecurityID": 7, "LastFragment": "Yes"},
    )
    assert [tuple(entry.values()) for entry in group] == [
        (59_999 * SCALE, 3 * SCALE, 2, "Bid"),
        (59_998 * SCALE, 2**64 - 1, 1, "Bid"),
        (60_001 * SCALE, SCALE, 1, "Offer"),
    ]


def test_an_empty_book_is_a_snapshot_too() -> None:
    ((_, fields),) = answers(DepthAnswer(DepthQuery(3, "5", 7, 2), 777, TIME_NS, [], []))
    assert fields["MDEntries"] == []


def test_a_deep_book_comes_in_fragments() -> None:
    levels = [DepthLevel(px * SCALE, SCALE, 1) for px in range(2 * codec.MD_ENTRIES_MAX + 1)]
    fragments = answers(DepthAnswer(DepthQuery(3, "5", 7, 0), 777, TIME_NS, [], levels))
    assert [fields["LastFragment"] for _, fields in fragments] == ["No", "No", "Yes"]
    prices = [entry["MDEntryPx"] for _, fields in fragments for entry in fields["MDEntries"]]
    assert prices == [level.px for level in levels]


def test_instruments_come_with_their_rules_and_status() -> None:
    known = directory()
    known.apply(InstrumentStatusChanged(9, InstrumentStatus.HALTED, "ops"))
    first, second, end = read(instrument_list(4, known), soup.UNSEQUENCED_DATA)
    assert first == (
        "InstrumentDefinition",
        {
            "SecurityReqID": 4,
            "MinPriceIncrement": SCALE // 100,
            "RoundLot": SCALE // 10_000,
            "MinTradeVol": SCALE // 1000,
            "MaxTradeVol": 1000 * SCALE,
            "MinNotional": (5 * SCALE, 0),
            "MakerFee": -10_000,
            "TakerFee": 50_000,
            "SecurityID": 7,
            "SecurityTradingStatus": "Active",
            "Symbol": "BTC/USDT",
            "BaseAsset": "BTC",
            "Currency": "USDT",
            "CollarRate": 0,
            "PriceLimitRate": 0,
            "DynamicBandRate": 0,
            "VolatilityRate": 0,
            "OrdersPerSideMax": 0,
            "OrdersPerAccountMax": 0,
            "TradingPhase": "Continuous",
        },
    )
    assert (second[1]["SecurityID"], second[1]["SecurityTradingStatus"]) == (9, "Halted")
    assert end == ("InstrumentListEnd", {"SecurityReqID": 4, "TotNoRelatedSym": 2})


def test_a_message_reject_names_the_message() -> None:
    packets = message_reject(17, 1001, 1, MessageRejectReason.INVALID_CL_ORD_ID, "ClOrdID must not be 0")
    assert read(packets, soup.UNSEQUENCED_DATA) == [
        (
            "MessageReject",
            {
                "RefSeqNum": 17,
                "BusinessRejectRefID": 1001,
                "RefMsgType": 1,
                "BusinessRejectReason": "InvalidClOrdId",
                "Text": "ClOrdID must not be 0",
            },
        )
    ]
