"""Reports of special orders, auctions and operators, as an independent codec and clients of version 1 read them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from binary_samples import (
    EVERYTHING,
    TIME_NS,
    WORKING,
    accepted,
    directory,
    executed,
    image,
    instrument,
    one_of_each,
    report,
    special_image,
    special_reports,
)
from binary_schema import FILE_OF_VERSION_1, decode, schema

from engine.events import (
    CancelRejected,
    InstrumentListed,
    MassCancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    TradingPhaseChanged,
)
from engine.image import OrderImage, Working
from engine.instrument import Protection
from engine.queries import OpenOrdersAnswer, OpenOrdersQuery
from engine.reports import Report
from engine.terms import NOTHING_SPECIAL, SpecialTerms, Trigger
from engine.types import SCALE, CancelReason, OrdStatus, TimeInForce, TradingPhase, TriggerKind, Wait
from gateways.binary import codec, soup
from gateways.binary.answers import encode_answer, instrument_list
from gateways.binary.codec import HEADER
from gateways.binary.outbound import encode_reports

PUBLISHED = schema(1, FILE_OF_VERSION_1)
"""All that a client of version 1 knows."""
STANDING = {
    "StopPx": 59_123 * SCALE,
    "TrailAmount": 500 * SCALE,
    "TrailRate": 0,
    "PegOffset": -SCALE,
    "DisplayQty": 2 * SCALE,
    "DisplayRange": SCALE,
    "MinQty": 3 * SCALE,
    "ExpireTime": TIME_NS,
    "TriggerKind": "Trailing",
    "TriggerPriceType": "Reference",
    "PegPriceType": "Primary",
    "PostOnly": "Reprice",
    "ExecInst": ["Hidden", "AllOrNone", "ReduceOnly"],
    "SelfTrade": "Decrement",
    "SelfTradeScope": "Firm",
    "WorkingPx": 0,
    "ShownQty": 0,
    "ListID": 77,
    "ContingencyType": "Bracket",
    "Wait": "Trigger",
}


def payloads(packets: bytes) -> list[bytes]:
    found, rest, error = soup.split(packets, 65_535)
    assert (rest, error) == (b"", "")
    return [payload for _, payload in found]


def plain(value: Any) -> Any:
    return value["mantissa"] if isinstance(value, dict) and set(value) == {"mantissa"} else value


def read(made: Report) -> tuple[str, dict[str, Any]]:
    (payload,) = payloads(encode_reports([made]))
    decoded = decode(payload)
    return decoded.message_name, {name: plain(value) for name, value in decoded.value.items()}


def standing(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: fields[name] for name in STANDING}


@pytest.mark.parametrize(
    ("at", "name", "own"),
    [
        (0, "Accepted", {"OrdType": "Pegged", "TimeInForce": "GoodTillDate", "OrdStatus": "New"}),
        (1, "Triggered", {"Activation": "Entry"}),
    ],
)
def test_what_is_special_stands_behind_what_all_orders_have(at: int, name: str, own: dict[str, Any]) -> None:
    found, fields = read(special_reports()[at])
    assert found == name
    assert standing(fields) == STANDING
    assert {key: fields[key] for key in own} == own
    assert (fields["ClOrdID"], fields["OrderID"], fields["LeavesQty"]) == (1001, 555, 5 * SCALE)


def test_a_resting_order_says_where_it_works_and_what_it_shows() -> None:
    name, fields = read(special_reports()[2])
    assert (name, fields["OrigClOrdID"], fields["KeptPriority"]) == ("Replaced", 1000, "No")
    working = {"Wait": "Nothing", "WorkingPx": 60_001 * SCALE, "ShownQty": SCALE, "StopPx": 59_000 * SCALE}
    assert standing(fields) == {**STANDING, **working}


def test_a_plain_order_that_is_restated_has_nothing_special() -> None:
    name, fields = read(special_reports()[3])
    assert (name, fields["RestateReason"], fields["LeavesQty"]) == ("Restated", "SelfTrade", 3 * SCALE)
    nothing = dict.fromkeys(STANDING, 0) | dict.fromkeys(("TriggerKind", "TriggerPriceType", "PegPriceType"))
    nothing |= {"PostOnly": "No", "ExecInst": [], "SelfTrade": "None", "SelfTradeScope": "Account"}
    nothing |= {"ContingencyType": None, "Wait": "Nothing"}
    assert standing(fields) == {**nothing, "WorkingPx": 60_000 * SCALE, "ShownQty": 3 * SCALE}


def test_an_auctions_trade_adds_and_removes_no_liquidity() -> None:
    assert read(special_reports()[4])[1]["LastLiquidityInd"] == "Auction"


@pytest.mark.parametrize(
    ("at", "fee", "order_id", "leaves"), [(5, (7, 0), 555, 3 * SCALE), (6, (0, -1), 556, 0)], ids=["buyer", "seller"]
)
def test_both_sides_of_a_busted_trade_are_told_theirs(
    at: int, fee: tuple[int, int], order_id: int, leaves: int
) -> None:
    name, fields = read(special_reports()[at])
    assert (name, fields["TradeID"], fields["Text"]) == ("TradeBusted", 42, "fat finger")
    assert (fields["LastPx"], fields["LastQty"]) == (59_999 * SCALE, 2 * SCALE)
    assert (fields["OrderID"], fields["LeavesQty"]) == (order_id, leaves)
    assert tuple(fields["MiscFeeAmt"].values()) == fee


@pytest.mark.parametrize(("at", "fee", "old_fee"), [(7, 3, 7), (8, 4, 8)], ids=["buyer", "seller"])
def test_a_corrected_trade_says_what_was_and_what_is(at: int, fee: int, old_fee: int) -> None:
    name, fields = read(special_reports()[at])
    assert (name, fields["Text"]) == ("TradeCorrected", "wrong price")
    assert (fields["LastPx"], fields["LastQty"]) == (59_000 * SCALE, SCALE)
    assert (fields["OldLastPx"], fields["OldLastQty"]) == (59_999 * SCALE, 2 * SCALE)
    assert (fields["MiscFeeAmt"]["low"], fields["OldMiscFeeAmt"]["low"]) == (fee, old_fee)


def test_the_status_of_a_special_order_says_what_is_special() -> None:
    answer = OpenOrdersAnswer(OpenOrdersQuery(3, "31"), [special_image(), image(1002)])
    first, second, _ = (decode(payload) for payload in payloads(encode_answer(answer)))
    assert standing({name: plain(value) for name, value in first.value.items()}) == STANDING
    assert "Wait" not in second.value


@pytest.mark.parametrize("reason", [reason for reason in CancelReason if reason > CancelReason.REDUCED_TO_FILLED])
def test_new_reasons_to_end_have_names(reason: CancelReason) -> None:
    canceled, expired = image(1001, OrdStatus.CANCELED), image(1001, OrdStatus.EXPIRED)
    expected = reason.name.title().replace("_", "")
    assert read(report(1, OrderCanceled(canceled, reason), canceled))[1]["CancelReason"] == expected
    assert read(report(1, OrderExpired(expired, reason), expired))[1]["CancelReason"] == expected


def test_instruments_come_with_their_protection_and_phase() -> None:
    known = directory()
    protection = Protection(collar_rate=1, price_limit_rate=2, dynamic_band_rate=3, volatility_rate=4)
    guarded = msgspec.structs.replace(
        instrument(7, "BTC/USDT"), protection=protection, orders_per_side_max=5, orders_per_account_max=6
    )
    known.apply(InstrumentListed(guarded))
    known.apply(TradingPhaseChanged(7, TradingPhase.CLOSING_AUCTION, 0))
    decoded = decode(payloads(instrument_list(4, known))[0])
    fields = {name: plain(value) for name, value in decoded.value.items()}
    rates = ("CollarRate", "PriceLimitRate", "DynamicBandRate", "VolatilityRate")
    assert [fields[name] for name in rates] == [1, 2, 3, 4]
    assert (fields["OrdersPerSideMax"], fields["OrdersPerAccountMax"]) == (5, 6)
    assert fields["TradingPhase"] == "ClosingAuction"


# ---- which version is written ----------------------------------------------------------------------------------------


REFUSALS = (OrderRejected, CancelRejected, MassCancelRejected)


def version(made: Report) -> int:
    (payload,) = payloads(encode_reports([made]))
    found: int = HEADER.unpack_from(payload)[3]
    return found


def test_reports_of_plain_orders_are_those_of_version_1() -> None:
    for made in one_of_each():
        (payload,) = payloads(encode_reports([made]))
        decoded = PUBLISHED.decode(payload)
        message = PUBLISHED.messages[decoded.header["templateId"]]
        longer = 2 if type(made.event) in REFUSALS else 0  # by their number, of version 3
        assert codec.HEADER.unpack_from(payload)[3] == (3 if longer else 1)
        assert len(payload) == codec.HEADER_SIZE + message.blockLength + longer


@pytest.mark.parametrize(
    "order",
    [
        msgspec.structs.replace(image(), terms=msgspec.structs.replace(image().terms, special=NOTHING_SPECIAL)),
        msgspec.structs.replace(image(), working=Working()),
    ],
    ids=["its terms", "where it works"],
)
def test_an_order_is_special_by_its_terms_or_by_where_it_works(order: OrderImage) -> None:
    assert version(report(1, OrderAccepted(order), order)) == 2
    assert version(report(1, OrderReplaced(order, "1000", True), order)) == 2
    answer = OpenOrdersAnswer(OpenOrdersQuery(3, "31"), [order])
    assert HEADER.unpack_from(payloads(encode_answer(answer))[0])[3] == 2


def test_a_client_of_version_1_reads_a_special_orders_reports_as_far_as_it_knows() -> None:
    for at, same in ((0, image()), (2, image())):
        (payload,) = payloads(encode_reports([special_reports()[at]]))
        decoded = PUBLISHED.decode(payload)
        assert decoded.value["OrderID"] == same.order_id
        assert decoded.value["LeavesQty"]["mantissa"] == same.leaves_qty
        assert decoded.value["OrdStatus"] == "New"
    known = set(PUBLISHED.messages)
    later = {codec.HEADER.unpack_from(payload)[1] for payload in payloads(encode_reports(special_reports()))} - known
    assert later == {109, 110, 111, 112}, "messages that it skips, and counts"


def test_a_client_of_version_1_reads_a_special_orders_status() -> None:
    answer = OpenOrdersAnswer(OpenOrdersQuery(3, "31"), [special_image()])
    decoded = PUBLISHED.decode(payloads(encode_answer(answer))[0])
    assert (decoded.message_name, decoded.value["OrderID"]) == ("OrderStatus", 555)


def test_fills_of_special_orders_cost_no_more_than_others() -> None:
    waiting = special_image(status=OrdStatus.PARTIALLY_FILLED)
    special, usual = executed(2), executed(2)
    special = msgspec.structs.replace(special, order=waiting)
    assert len(encode_reports([special])) == len(encode_reports([usual]))
    assert len(encode_reports([accepted(1)])) == 3 + codec.HEADER_SIZE + 80


@pytest.mark.parametrize(("waits_at", "stop_px"), [(0, 9), (8, 8)], ids=["triggered", "waiting"])
def test_a_stops_price_is_the_one_it_waits_for_or_waited_for(waits_at: int, stop_px: int) -> None:
    terms = msgspec.structs.replace(image().terms, special=SpecialTerms(trigger=Trigger(TriggerKind.STOP, 9)))
    working = Working(Wait.TRIGGER if waits_at else Wait.NOTHING, 0, 0, waits_at)
    order = msgspec.structs.replace(image(), terms=terms, working=working)
    assert read(report(1, OrderAccepted(order), order))[1]["StopPx"] == stop_px


def test_a_list_that_another_protocol_named_has_no_number() -> None:
    assert EVERYTHING.link is not None
    link = msgspec.structs.replace(EVERYTHING.link, list_id="L-1")
    special = msgspec.structs.replace(EVERYTHING, link=link)
    order = special_image()
    order = msgspec.structs.replace(order, terms=msgspec.structs.replace(order.terms, special=special))
    fields = read(report(1, OrderAccepted(order), order))[1]
    assert (fields["ListID"], fields["ContingencyType"]) == (0, "Bracket")
    assert order.tif is TimeInForce.GTD
    assert order.working == WORKING
