"""Events and answers as FIX messages, in both versions' shapes."""

from __future__ import annotations

import pytest
from fix_fields import check
from fix_venue import NOW, NOW_TEXT, client_frame, directory, order_image, session_opened

from engine.events import (
    CancelRejected,
    Event,
    MassCancelCompleted,
    MassCancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    OrderRestated,
    OrderTriggered,
    TradeBusted,
    TradeCorrected,
    TradeExecuted,
)
from engine.image import OrderImage
from engine.queries import Answer, OpenOrdersAnswer, OpenOrdersQuery, OrderStatusAnswer, OrderStatusQuery
from engine.reports import Report
from engine.types import (
    SCALE,
    Activation,
    CancelReason,
    CxlRejReason,
    OrdRejReason,
    OrdStatus,
    OrdType,
    RestateReason,
    Side,
)
from gateways.fix.codec import parse
from gateways.fix.dialect import DIALECTS
from gateways.fix.inquiries import Inquiries
from gateways.fix.mapping_out import ACTIVATED_TEXT, CANCEL_TEXT, RESTATED_TEXT, ReportMapper, avg_px_text
from gateways.fix.refusals import BusinessRefusal, FieldRefusal, reject_body
from gateways.fix.settings import FixSettings

VERSIONS = ["FIX.4.2", "FIX.4.4", "FIXT.1.1"]
PART = order_image(status=OrdStatus.PARTIALLY_FILLED, cum_qty=3 * SCALE, leaves_qty=7 * SCALE, cum_notional=301 * SCALE)
FULL = order_image(status=OrdStatus.FILLED, cum_qty=10 * SCALE, leaves_qty=0, cum_notional=1000 * SCALE)
GONE = order_image(status=OrdStatus.CANCELED, leaves_qty=0)
REJECTED = order_image(order_id=0, cl_ord_id="C9", status=OrdStatus.REJECTED, leaves_qty=0)


def fields_of(body: str) -> dict[str, str]:
    assert body.endswith("\x01")
    pairs = [field.split("=", 1) for field in body[:-1].split("\x01")]
    assert len({tag for tag, _ in pairs}) == len(pairs), "a tag stands twice"
    return dict(pairs)  # type: ignore[arg-type]


def told(event: Event, begin_string: str, order: OrderImage | None = None, *, resting: bool = False) -> dict[str, str]:
    mapper = ReportMapper(DIALECTS[begin_string], directory(), 3)
    msg_type, body = mapper.report(Report(5, 77, 2, NOW, event, order, resting))
    message = {"35": msg_type} | fields_of(body)
    check(begin_string, message)
    return message


@pytest.mark.parametrize("begin_string", VERSIONS)
def test_an_acceptance(begin_string: str) -> None:
    order = order_image()
    assert told(OrderAccepted(order), begin_string, order) == {
        "35": "8",
        "37": "501",
        "11": "C1",
        "17": "77-2",
        "150": "0",
        "39": "0",
        "1": "A1",
        "55": "BTC/USD",
        "54": "1",
        "38": "10",
        "40": "2",
        "44": "100",
        "59": "1",
        "151": "10",
        "14": "0",
        "6": "0",
        "60": NOW_TEXT,
    } | ({"20": "0", "32": "0", "31": "0"} if begin_string == "FIX.4.2" else {})


def test_a_market_order_shows_no_protection_price() -> None:
    order = order_image(ord_type=OrdType.MARKET)
    report = told(OrderAccepted(order), "FIX.4.4", order)
    assert report["40"] == "1"
    assert "44" not in report


@pytest.mark.parametrize(
    ("begin_string", "order", "exec_type", "status"),
    [
        ("FIXT.1.1", PART, "F", "1"),
        ("FIXT.1.1", FULL, "F", "2"),
        ("FIX.4.2", PART, "1", "1"),
        ("FIX.4.2", FULL, "2", "2"),
        ("FIX.4.4", PART, "F", "1"),
        ("FIX.4.4", FULL, "F", "2"),
    ],
)
def test_fills(begin_string: str, order: OrderImage, exec_type: str, status: str) -> None:
    event = TradeExecuted(900, 100 * SCALE, 3 * SCALE, order, order, 250_000, 0)
    aggressor = told(event, begin_string, order)
    assert (aggressor["150"], aggressor["39"]) == (exec_type, status)
    assert (aggressor["31"], aggressor["32"]) == ("100", "3")
    assert (aggressor["12"], aggressor["13"]) == ("0.0025", "3")
    resting = told(event, begin_string, order, resting=True)
    assert "12" not in resting
    if begin_string == "FIX.4.2":
        assert not {"527", "851", "880"} & aggressor.keys()
        assert aggressor["20"] == "0"
        return
    trade_id, other = ("527", "880") if begin_string == "FIX.4.4" else ("880", "527")
    assert (aggressor[trade_id], aggressor["851"], resting["851"]) == ("900", "2", "1")
    assert other not in aggressor


def test_a_fill_s_exec_id_is_the_trade_s_and_the_side_s() -> None:
    event = TradeExecuted(900, 100 * SCALE, SCALE, PART, PART, 0, 0)
    assert told(event, "FIX.4.4", PART)["17"] == "900A"
    assert told(event, "FIX.4.2", PART, resting=True)["17"] == "900R"


def test_an_auction_s_fill_adds_and_removes_no_liquidity() -> None:
    event = TradeExecuted(900, 100 * SCALE, SCALE, PART, PART, 0, 0, uncross=True)
    assert "851" not in told(event, "FIX.4.4", PART)
    assert told(event, "FIXT.1.1", PART)["851"] == "4"


@pytest.mark.parametrize("resting", [False, True])
@pytest.mark.parametrize(("order", "old_type"), [(PART, "1"), (FULL, "2"), (GONE, "1")])
@pytest.mark.parametrize("revision", [0, 2])
def test_busts_and_corrections_refer_to_what_they_supersede(
    revision: int, order: OrderImage, old_type: str, resting: bool
) -> None:
    bust = TradeBusted(900, 100 * SCALE, SCALE, order, order, 5, 6, "ops", "typing error", revision)
    fix = TradeCorrected(
        900, 99 * SCALE, 2 * SCALE, order, order, 5 * SCALE, 6 * SCALE, 100 * SCALE, SCALE, 0, 0, "ops", "a\x01b",
        revision,
    )  # fmt: skip
    fill = "900R" if resting else "900A"
    refers, own = (f"{fill}.2", f"{fill}.3") if revision else (fill, f"{fill}.1")
    for event, code, trans, last, text in (
        (bust, "H", "1", ("0", "0"), "typing error"),
        (fix, "G", "2", ("2", "99"), "a b"),
    ):
        new = told(event, "FIX.4.4", order, resting=resting)
        assert (new["17"], new["19"], new["150"], new["32"], new["31"]) == (own, refers, code, *last)
        assert (new["527"], new["58"], new["39"]) == ("900", text, str(int(order.status)))
        old = told(event, "FIX.4.2", order, resting=resting)
        assert (old["17"], old["19"], old["20"], old["150"], old["32"]) == (own, refers, trans, old_type, last[0])
        assert new.get("12") == (None if code == "H" else "6" if resting else "5")


@pytest.mark.parametrize("reason", list(RestateReason))
@pytest.mark.parametrize("begin_string", VERSIONS)
def test_every_restatement_has_a_reason_and_words(reason: RestateReason, begin_string: str) -> None:
    report = told(OrderRestated(PART, reason), begin_string, PART)
    assert (report["150"], report["39"], report["58"]) == ("D", "1", RESTATED_TEXT[reason])
    assert report["378"]


@pytest.mark.parametrize("activation", list(Activation))
@pytest.mark.parametrize(("begin_string", "reason"), [("FIX.4.2", "4"), ("FIX.4.4", "8")])
def test_activation(activation: Activation, begin_string: str, reason: str) -> None:
    order = order_image()
    report = told(OrderTriggered(order, activation), begin_string, order)
    assert (report["150"], report["378"], report["58"]) == ("D", reason, ACTIVATED_TEXT[activation])


@pytest.mark.parametrize("activation", list(Activation))
def test_activation_is_an_exec_type_in_fix_50(activation: Activation) -> None:
    order = order_image()
    report = told(OrderTriggered(order, activation), "FIXT.1.1", order)
    assert (report["150"], report["39"], report["58"]) == ("L", "0", ACTIVATED_TEXT[activation])
    assert "378" not in report


def test_quantities_and_average_price_of_a_fill() -> None:
    report = told(TradeExecuted(1, 100 * SCALE, SCALE, PART, PART, 0, 0), "FIX.4.4", PART)
    assert (report["38"], report["14"], report["151"], report["6"]) == ("10", "3", "7", "100.33333333")


@pytest.mark.parametrize(
    ("notional", "qty", "text"),
    [(0, 0, "0"), (SCALE, 3 * SCALE, "0.33333333"), (2 * SCALE, 3 * SCALE, "0.66666667"), (1, 2 * SCALE, "0.00000001")],
)
def test_average_price_is_rounded_half_up(notional: int, qty: int, text: str) -> None:
    assert avg_px_text(notional, qty) == text


@pytest.mark.parametrize("begin_string", VERSIONS)
@pytest.mark.parametrize("reason", list(CancelReason))
def test_cancels(begin_string: str, reason: CancelReason) -> None:
    asked = told(OrderCanceled(GONE, reason, "C2"), begin_string, GONE)
    assert (asked["150"], asked["39"], asked["11"], asked["41"], asked["151"]) == ("4", "4", "C2", "C1", "0")
    unasked = told(OrderCanceled(GONE, reason), begin_string, GONE)
    assert unasked["11"] == "C1"
    assert "41" not in unasked
    assert unasked.get("58", "") == CANCEL_TEXT[reason]


@pytest.mark.parametrize("begin_string", VERSIONS)
@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (CancelReason.END_OF_DAY, "C"),
        (CancelReason.GOOD_TILL_DATE, "C"),
        (CancelReason.AUCTION_OVER, "C"),
        (CancelReason.IMMEDIATE_REMAINDER, "4"),
        (CancelReason.FILL_OR_KILL, "4"),
        (CancelReason.MINIMUM_QUANTITY, "4"),
        (CancelReason.PRICE_BAND, "4"),
        (CancelReason.NO_LIQUIDITY, "4"),
        (CancelReason.POST_ONLY, "4"),
    ],
)
def test_expiries(begin_string: str, reason: CancelReason, code: str) -> None:
    order = order_image(status=OrdStatus.EXPIRED, leaves_qty=0)
    report = told(OrderExpired(order, reason), begin_string, order)
    assert (report["150"], report["39"], report["151"]) == (code, code, "0")


@pytest.mark.parametrize(
    ("begin_string", "order", "status"),
    [
        ("FIX.4.2", order_image(), "5"),
        ("FIX.4.2", PART, "1"),
        ("FIX.4.4", order_image(), "0"),
        ("FIX.4.4", PART, "1"),
    ],
)
def test_replaces(begin_string: str, order: OrderImage, status: str) -> None:
    report = told(OrderReplaced(order, "C0", True), begin_string, order)
    assert (report["150"], report["39"], report["11"], report["41"]) == ("5", status, "C1", "C0")


@pytest.mark.parametrize(
    ("begin_string", "reason", "code"),
    [
        ("FIX.4.2", OrdRejReason.UNKNOWN_SYMBOL, "1"),
        ("FIX.4.2", OrdRejReason.INCORRECT_QUANTITY, "0"),
        ("FIX.4.2", OrdRejReason.UNKNOWN_ACCOUNT, "0"),
        ("FIX.4.2", OrdRejReason.OTHER, "0"),
        ("FIX.4.4", OrdRejReason.INCORRECT_QUANTITY, "13"),
        ("FIX.4.4", OrdRejReason.UNKNOWN_ACCOUNT, "15"),
        ("FIX.4.4", OrdRejReason.OTHER, "99"),
    ],
)
def test_rejections(begin_string: str, reason: OrdRejReason, code: str) -> None:
    report = told(OrderRejected(REJECTED, int(reason), "because"), begin_string, REJECTED)
    assert (report["150"], report["39"], report["103"], report["58"]) == ("8", "8", code, "because")
    assert (report["37"], report["11"], report["151"], report["14"]) == ("NONE", "C9", "0", "0")
    assert not {"40", "44", "59"} & report.keys()


def test_a_rejection_shows_the_symbol_that_was_asked_for() -> None:
    order = order_image(order_id=0, symbol_id=0, account_id=0, status=OrdStatus.REJECTED)
    report = told(OrderRejected(order, 1, "Unknown symbol GOLD", "GOLD"), "FIX.4.4", order)
    assert report["55"] == "GOLD"
    assert "1" not in report


@pytest.mark.parametrize("begin_string", VERSIONS)
def test_a_duplicate_is_reported_beside_the_live_order(begin_string: str) -> None:
    again = order_image(order_id=0, order_qty=99 * SCALE, status=OrdStatus.REJECTED, leaves_qty=0)
    report = told(OrderRejected(again, OrdRejReason.DUPLICATE_ORDER, "duplicate", "", PART), begin_string, again)
    assert (report["150"], report["103"], report["11"]) == ("8", "6", "C1")
    assert (report["37"], report["39"], report["38"], report["14"], report["151"]) == ("501", "1", "10", "3", "7")


@pytest.mark.parametrize(
    ("begin_string", "reason", "code"),
    [
        ("FIX.4.2", CxlRejReason.TOO_LATE_TO_CANCEL, "0"),
        ("FIX.4.2", CxlRejReason.DUPLICATE_CL_ORD_ID, "2"),
        ("FIX.4.2", CxlRejReason.OTHER, "2"),
        ("FIX.4.4", CxlRejReason.DUPLICATE_CL_ORD_ID, "6"),
        ("FIX.4.4", CxlRejReason.OTHER, "99"),
    ],
)
@pytest.mark.parametrize("is_replace", [False, True])
def test_cancel_rejects(begin_string: str, reason: CxlRejReason, code: str, is_replace: bool) -> None:
    report = told(CancelRejected(7, 11, "C2", "C1", is_replace, int(reason), "no", FULL), begin_string)
    assert report == {
        "35": "9",
        "37": "501",
        "11": "C2",
        "41": "C1",
        "39": "2",
        "1": "A1",
        "434": "2" if is_replace else "1",
        "102": code,
        "58": "no",
        "60": NOW_TEXT,
    }


def test_a_cancel_reject_for_an_unknown_order() -> None:
    report = told(CancelRejected(7, 11, "C2", "C1", False, int(CxlRejReason.UNKNOWN_ORDER), "who?"), "FIX.4.4")
    assert (report["37"], report["39"], report["102"]) == ("NONE", "8", "1")


def test_mass_cancel_reports() -> None:
    every = told(MassCancelCompleted(40, 7, 11, "C9", 0, 0, 3), "FIX.4.4")
    assert every == {"35": "r", "11": "C9", "37": "40", "530": "7", "531": "7", "533": "3", "60": NOW_TEXT}
    some = told(MassCancelCompleted(40, 7, 11, "C9", 2, Side.SELL, 0), "FIX.4.4")
    assert (some["530"], some["531"], some["55"], some["54"], some["533"]) == ("1", "1", "AAPL", "2", "0")
    refused = told(MassCancelRejected(7, 11, "C9", 1, "Unknown symbol"), "FIX.4.4")
    assert (refused["530"], refused["531"], refused["532"], refused["37"]) == ("1", "0", "1", "77-2")


@pytest.mark.parametrize("begin_string", VERSIONS)
def test_a_refused_mass_cancel_says_what_was_asked_for(begin_string: str) -> None:
    listed = told(MassCancelRejected(7, 11, "C9", 99, "duplicate", "1", 2, "", int(Side.SELL)), begin_string)
    assert [listed[tag] for tag in ("530", "531", "532", "55", "54")] == ["1", "0", "99", "AAPL", "2"]
    unknown = told(MassCancelRejected(7, 11, "C9", 0, "no", "3", 0, "GOLD"), begin_string)
    assert [unknown.get(tag) for tag in ("530", "531", "532", "55", "54")] == ["3", "0", "0", "GOLD", None]


def test_mass_cancel_reports_have_a_number_of_their_own_in_fix_50() -> None:
    assert told(MassCancelCompleted(40, 7, 11, "C9", 0, 0, 3), "FIXT.1.1")["1369"] == "40"
    assert told(MassCancelRejected(7, 11, "C9", 1, "Unknown symbol"), "FIXT.1.1")["1369"] == "77-2"


def test_a_leg_is_refused_under_its_own_symbol() -> None:
    event = OrderRejected(REJECTED, int(OrdRejReason.UNKNOWN_SYMBOL), "leg 2: Unknown symbol GOLD", "GOLD")
    assert told(event, "FIX.4.4", REJECTED)["55"] == "BTC/USD"


# ---- answers --------------------------------------------------------------------------------------------------------


def inquiries(begin_string: str = "FIX.4.4", **limits: int) -> Inquiries:
    settings = FixSettings(**limits)  # type: ignore[arg-type]
    dialect = DIALECTS[begin_string]
    told_of = directory()
    return Inquiries(dialect, session_opened(begin_string), told_of, settings, ReportMapper(dialect, told_of, 3))


def asked(found: Inquiries, msg_type: str, body: str) -> list[object]:
    return list(found.read(msg_type, parse(client_frame(msg_type, 4, body))))


def answered(found: Inquiries, answer: Answer, begin_string: str = "FIX.4.4") -> list[dict[str, str]]:
    messages = [{"35": msg_type} | fields_of(body) for msg_type, body in found.messages(answer, NOW)]
    for message in messages:
        check(begin_string, message)
    return messages


@pytest.mark.parametrize("begin_string", VERSIONS)
def test_an_order_s_status(begin_string: str) -> None:
    found = inquiries(begin_string)
    (query,) = asked(found, "H", "11=C1|55=BTC/USD|54=1|790=S1")
    (report,) = answered(found, OrderStatusAnswer(query, PART), begin_string)  # type: ignore[arg-type]
    assert (report["17"], report["39"], report["37"], report["14"]) == ("0", "1", "501", "3")
    assert report.get("790") == (None if begin_string == "FIX.4.2" else "S1")
    assert "32" not in report
    if begin_string == "FIX.4.2":
        assert (report["20"], report["150"]) == ("3", "1")
    else:
        assert report["150"] == "I"
        assert "20" not in report


@pytest.mark.parametrize("begin_string", VERSIONS)
def test_the_status_of_no_order(begin_string: str) -> None:
    found = inquiries(begin_string)
    (query,) = asked(found, "H", "11=C8|55=AAPL|54=2")
    (report,) = answered(found, OrderStatusAnswer(query, None), begin_string)  # type: ignore[arg-type]
    assert (report["37"], report["11"], report["55"], report["54"]) == ("NONE", "C8", "AAPL", "2")
    assert (report["39"], report["103"]) == ("8", "5")
    assert report["150"] == ("8" if begin_string == "FIX.4.2" else "I")


def test_mass_status() -> None:
    found = inquiries()
    (query,) = asked(found, "AF", "584=M1|585=1|55=BTC/USD|54=1|1=A2")
    assert (query.symbol_id, query.side, query.account_id) == (1, Side.BUY, 12)  # type: ignore[attr-defined]
    first, last = answered(found, OpenOrdersAnswer(query, [order_image(), PART]))  # type: ignore[arg-type]
    assert (first["584"], first["911"], first["912"]) == ("M1", "2", "N")
    assert "585" not in first, "an ExecutionReport has no MassStatusReqType"
    assert (last["39"], last["912"]) == ("1", "Y")


def test_mass_status_in_fix_42_has_no_later_version_s_fields() -> None:
    found = inquiries("FIX.4.2")
    for orders in ([order_image()], []):
        (query,) = asked(found, "AF", "584=M1|585=7")
        (report,) = answered(found, OpenOrdersAnswer(query, orders), "FIX.4.2")  # type: ignore[arg-type]
        assert report["20"] == "3"
        assert not {"584", "585", "790", "911", "912"} & report.keys()


@pytest.mark.parametrize(
    ("begin_string", "side"),
    [("FIX.4.2", "A"), ("FIX.4.2", ""), ("FIX.4.4", "Z"), ("FIX.4.4", "11"), ("FIXT.1.1", "I")],
)
def test_a_side_that_the_version_does_not_define_is_never_repeated(begin_string: str, side: str) -> None:
    found = inquiries(begin_string)
    with pytest.raises(FieldRefusal) as refused:
        asked(found, "H", f"11=C1|55=AAPL|54={side}")
    assert (refused.value.reason, refused.value.tag) == (5, "54")
    again = parse(client_frame("D", 4, f"11=C1|55=AAPL|54={side}"))
    (query,) = found.status_again(again)
    (report,) = answered(found, OrderStatusAnswer(query, None), begin_string)  # type: ignore[arg-type]
    assert report["54"] == "7"


def test_mass_status_without_orders() -> None:
    found = inquiries()
    (query,) = asked(found, "AF", "584=M1|585=7")
    (report,) = answered(found, OpenOrdersAnswer(query, []))  # type: ignore[arg-type]
    assert (report["150"], report["39"], report["103"], report["911"], report["912"]) == ("I", "8", "5", "0", "Y")
    assert (report["55"], report["54"], report["584"]) == ("[N/A]", "7", "M1")


def test_an_answer_that_nobody_waits_for_says_nothing() -> None:
    found = inquiries()
    (query,) = asked(found, "H", "11=C1|55=AAPL|54=1")
    answer = OrderStatusAnswer(query, PART)  # type: ignore[arg-type]
    assert answered(found, answer)
    assert answered(found, answer) == []


def test_queries_under_way_are_bounded() -> None:
    found = inquiries(queries_max=2)
    (query,) = asked(found, "H", "11=C1|55=AAPL|54=1")
    asked(found, "AF", "584=M1|585=7")
    with pytest.raises(BusinessRefusal) as refused:
        asked(found, "H", "11=C1|55=AAPL|54=1")
    assert refused.value.reason == 4
    assert answered(found, OrderStatusAnswer(query, PART))  # type: ignore[arg-type]
    asked(found, "H", "11=C1|55=AAPL|54=1")


@pytest.mark.parametrize(("tag", "shown"), [("54", "371=54"), ("", ""), ("9" * 10, "")])
def test_a_reject_names_a_tag_that_is_an_int(tag: str, shown: str) -> None:
    body = reject_body(DIALECTS["FIX.4.4"], 4, "D", FieldRefusal(4, tag, "Tag specified without a value"))
    assert ("371=" in body) == bool(shown)
    assert shown in body


@pytest.mark.parametrize("how", ["585=9|1=A2", "585=8|453=1|448=A2|447=D|452=24", "585=7|453=1|448=A2|447=D|452=3"])
@pytest.mark.parametrize("begin_string", ["FIX.4.4", "FIXT.1.1"])
def test_mass_status_of_an_account_or_the_party_that_names_it(how: str, begin_string: str) -> None:
    (query,) = asked(inquiries(begin_string), "AF", f"584=M1|{how}")
    assert isinstance(query, OpenOrdersQuery)
    assert query.account_id == 12


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("585=8", 5),
        ("585=9", 5),
        ("585=10", 0),
        ("585=8|453=1|448=X9|447=D|452=24", 1),
        ("585=9|1=A1|453=1|448=A2|447=D|452=24", 1),
    ],
)
def test_mass_status_of_an_account_that_is_none_of_the_session_s(how: str, reason: int) -> None:
    with pytest.raises(BusinessRefusal) as refused:
        asked(inquiries("FIXT.1.1"), "AF", f"584=M1|{how}")
    assert (refused.value.reason, refused.value.ref_id) == (reason, "M1")


def test_from_fix_50_on_an_order_s_status_may_be_asked_for_by_its_order_id() -> None:
    found = inquiries("FIXT.1.1")
    (query,) = asked(found, "H", "37=501|55=BTC/USD|54=1|790=S1")
    assert isinstance(query, OrderStatusQuery)
    assert (query.cl_ord_id, query.order_id) == ("", 501)
    with pytest.raises(BusinessRefusal) as refused:
        asked(found, "H", "55=BTC/USD|54=1|790=S1")
    assert (refused.value.reason, refused.value.ref_id) == (5, "S1")
