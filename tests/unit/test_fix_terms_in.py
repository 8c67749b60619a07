"""Order types, times in force and instructions as clients ask for them: trigger × pricing × instructions."""

from __future__ import annotations

import pytest
from fix_asked import END_OF_DAY, ORDER, read
from fix_venue import NOW, NOW_TEXT

from engine.commands import NewOrder, RejectCommand
from engine.session_profile import CancelOnDisconnect
from engine.terms import Peg, SpecialTerms, Trigger
from engine.types import (
    SCALE,
    OrdRejReason,
    OrdType,
    PegKind,
    PostOnly,
    SelfTrade,
    SelfTradeScope,
    TimeInForce,
    TriggerKind,
    TriggerSource,
)
from gateways.fix.refusals import BusinessRefusal, FieldRefusal

BOTH = pytest.mark.parametrize("begin_string", ["FIX.4.2", "FIX.4.4", "FIXT.1.1"])
PX = 100_25000000
STOP, TOUCHED, TRAILING = TriggerKind
LAST, BID, OFFER = TriggerSource.LAST_TRADE, TriggerSource.BEST_BID, TriggerSource.BEST_OFFER
UP = {"1100": "4", "1101": "1", "1102": "101", "1109": "U"}
DOWN = UP | {"1109": "D"}


def asked(change: dict[str, str | None], begin_string: str = "FIX.4.4") -> NewOrder:
    command = read("D", ORDER | change, begin_string)
    assert isinstance(command, NewOrder), command
    return command


@BOTH
@pytest.mark.parametrize(
    ("change", "ord_type", "px", "trigger"),
    [
        ({"40": "3", "99": "99.5"}, OrdType.MARKET, 0, Trigger(STOP, 99_50000000)),
        ({"40": "4", "99": "99.5"}, OrdType.LIMIT, PX, Trigger(STOP, 99_50000000)),
        ({"40": "J", "99": "99.5"}, OrdType.MARKET, 0, Trigger(TOUCHED, 99_50000000)),
        ({"40": "J", "1102": "99.5"}, OrdType.MARKET, 0, Trigger(TOUCHED, 99_50000000)),
        ({"40": "3", "99": "99.5", "1107": "3"}, OrdType.MARKET, 0, Trigger(STOP, 99_50000000, BID)),
        ({"40": "3", "99": "99", "1107": "100"}, OrdType.MARKET, 0, Trigger(STOP, 99 * SCALE, TriggerSource.REFERENCE)),
        ({"40": "2", **UP}, OrdType.LIMIT, PX, Trigger(STOP, 101 * SCALE)),
        ({"40": "2", **DOWN}, OrdType.LIMIT, PX, Trigger(TOUCHED, 101 * SCALE)),
        ({"40": "2", "54": "2", **UP}, OrdType.LIMIT, PX, Trigger(TOUCHED, 101 * SCALE)),
        ({"40": "2", "54": "2", **DOWN}, OrdType.LIMIT, PX, Trigger(STOP, 101 * SCALE)),
        ({"40": "1", **UP, "1107": "1"}, OrdType.MARKET, 0, Trigger(STOP, 101 * SCALE, OFFER)),
        ({"40": "K", **UP}, OrdType.MARKET_TO_LIMIT, 0, Trigger(STOP, 101 * SCALE)),
        ({"40": "3", **UP}, OrdType.MARKET, 0, Trigger(STOP, 101 * SCALE)),
    ],
)
def test_triggers(
    change: dict[str, str | None], ord_type: OrdType, px: int, trigger: Trigger, begin_string: str
) -> None:
    command = asked(change, begin_string)
    assert (command.ord_type, command.px) == (ord_type, px)
    assert command.special == SpecialTerms(trigger=trigger)


@BOTH
@pytest.mark.parametrize(
    ("change", "trigger"),
    [
        ({"211": "2.5"}, Trigger(TRAILING, 0, LAST, 2_50000000)),
        ({"211": "-2.5", "836": "0"}, Trigger(TRAILING, 0, LAST, 2_50000000)),
        ({"211": "50", "836": "1"}, Trigger(TRAILING, 0, LAST, 0, SCALE // 200)),
        ({"211": "0.0001", "836": "1"}, Trigger(TRAILING, 0, LAST, 0, 1)),
        ({"211": "7", "836": "2"}, Trigger(TRAILING, 0, LAST, 7 * SCALE // 100)),
        ({"211": "2", "99": "98", "1107": "3"}, Trigger(TRAILING, 98 * SCALE, BID, 2 * SCALE)),
    ],
)
def test_trailing_stops(change: dict[str, str | None], trigger: Trigger, begin_string: str) -> None:
    special = SpecialTerms(trigger=trigger)
    for named in ({"18": "a"}, {"1094": "8"}, {"18": "1 a"}):
        limit = asked({"40": "P", **named, **change}, begin_string)
        assert (limit.ord_type, limit.px, limit.special) == (OrdType.LIMIT, PX, special)
        market = asked({"40": "P", **named, **change, "44": None}, begin_string)
        assert (market.ord_type, market.px, market.special) == (OrdType.MARKET, 0, special)


@BOTH
@pytest.mark.parametrize(
    ("change", "peg"),
    [
        ({"18": "R"}, Peg(PegKind.PRIMARY)),
        ({"18": "P", "211": "-0.5"}, Peg(PegKind.MARKET, -SCALE // 2)),
        ({"18": "M", "211": "0.5", "836": "0"}, Peg(PegKind.MIDPOINT, SCALE // 2)),
        ({"18": "R", "211": "-3", "836": "2"}, Peg(PegKind.PRIMARY, -3 * SCALE // 100)),
        ({"1094": "5"}, Peg(PegKind.PRIMARY)),
        ({"1094": "4"}, Peg(PegKind.MARKET)),
        ({"1094": "2", "18": "M"}, Peg(PegKind.MIDPOINT)),
    ],
)
def test_pegs(change: dict[str, str | None], peg: Peg, begin_string: str) -> None:
    with_limit = asked({"40": "P", **change}, begin_string)
    assert (with_limit.ord_type, with_limit.px, with_limit.special) == (OrdType.PEGGED, PX, SpecialTerms(peg=peg))
    assert asked({"40": "P", **change, "44": None}, begin_string).px == 0


def test_market_to_limit_is_plain_and_its_price_is_not_looked_at() -> None:
    command = asked({"40": "K"})
    assert (command.ord_type, command.px, command.special) == (OrdType.MARKET_TO_LIMIT, 0, None)


@BOTH
@pytest.mark.parametrize(
    ("change", "special"),
    [
        ({"18": "G"}, SpecialTerms(all_or_none=True)),
        ({"18": "6"}, SpecialTerms(post_only=PostOnly.REJECT)),
        ({"7001": "1"}, SpecialTerms(post_only=PostOnly.REJECT)),
        ({"7001": "2", "18": "6"}, SpecialTerms(post_only=PostOnly.REPRICE)),
        ({"111": "0.5"}, SpecialTerms(display_qty=SCALE // 2)),
        ({"1138": "0.5", "1084": "1", "1083": "2"}, SpecialTerms(display_qty=SCALE // 2)),
        ({"111": "0.5", "1138": "0.50"}, SpecialTerms(display_qty=SCALE // 2)),
        (
            {"1138": "0.5", "1084": "3", "1085": "0.3", "1086": "0.7"},
            SpecialTerms(display_qty=SCALE // 2, display_range=SCALE // 5),
        ),
        ({"111": "0"}, SpecialTerms(hidden=True)),
        ({"1138": "0"}, SpecialTerms(hidden=True)),
        ({"1084": "4"}, SpecialTerms(hidden=True)),
        ({"110": "0.25"}, SpecialTerms(min_qty=SCALE // 4)),
        ({"77": "C"}, SpecialTerms(reduce_only=True)),
        ({"2964": "1"}, SpecialTerms(self_trade=SelfTrade.CANCEL_NEWEST)),
        ({"2964": "2"}, SpecialTerms(self_trade=SelfTrade.CANCEL_OLDEST)),
        ({"2964": "3"}, SpecialTerms(self_trade=SelfTrade.CANCEL_BOTH)),
        (
            {"2964": "100", "7002": "1"},
            SpecialTerms(self_trade=SelfTrade.DECREMENT, self_trade_scope=SelfTradeScope.FIRM),
        ),
        ({"18": "6 G", "77": "C"}, SpecialTerms(post_only=PostOnly.REJECT, all_or_none=True, reduce_only=True)),
        ({"18": "R"}, SpecialTerms(peg=Peg(PegKind.PRIMARY))),
    ],
)
def test_instructions(change: dict[str, str | None], special: SpecialTerms, begin_string: str) -> None:
    """A peg on an order that is not pegged is understood, too: that it makes no sense is for the book to say."""
    assert asked(change, begin_string).special == special


@pytest.mark.parametrize(
    "change", [{"18": "1"}, {"18": "2 5"}, {"77": "O"}, {"110": "0"}, {"2964": "0"}, {"7001": "0"}, {"1084": "1"}]
)
def test_fields_that_ask_for_nothing_leave_a_plain_order(change: dict[str, str | None]) -> None:
    assert asked(change) == asked({})
    assert asked(change).special is None


@BOTH
@pytest.mark.parametrize("code", ["0", "1", "2", "3", "4", "7", "B"])
def test_times_in_force(code: str, begin_string: str) -> None:
    command = asked({"59": code}, begin_string)
    assert (command.tif, command.special) == (TimeInForce(int(code, 36)), None)


@BOTH
@pytest.mark.parametrize(
    ("change", "expire_ns"),
    [
        ({"126": NOW_TEXT}, NOW),
        ({"126": "20231114-22:13:20.000000007"}, NOW + 7),
        ({"432": "20260329"}, END_OF_DAY + 1),
        ({"432": "20260329", "55": "AAPL"}, END_OF_DAY + 2),
        ({"126": NOW_TEXT, "432": "20260329"}, NOW),
    ],
)
def test_good_till_a_date(change: dict[str, str | None], expire_ns: int, begin_string: str) -> None:
    command = asked({"59": "6", **change}, begin_string)
    assert command.tif is TimeInForce.GTD
    assert command.special == SpecialTerms(expire_ns=expire_ns)


# ---- refusals -------------------------------------------------------------------------------------------------------

UNSUPPORTED = OrdRejReason.UNSUPPORTED_ORDER_CHARACTERISTIC


@BOTH
@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"99": "5"}, "OrdType 2 has no StopPx"),
        ({"40": "3", "99": "5", "1102": "6"}, "StopPx and TriggerPrice differ"),
        ({"40": "3", **DOWN}, "TriggerPriceDirection D contradicts OrdType 3"),
        ({**UP, "1100": "3"}, "TriggerType 3 is not supported"),
        ({**UP, "1101": "2"}, "TriggerAction 2 is not supported"),
        ({**UP, "1107": "6"}, "TriggerPriceType 6 is not supported"),
        ({"40": "3", "18": "a", "211": "1"}, "a trailing stop has OrdType P"),
        ({"40": "P", "18": "a", "211": "1", "836": "3"}, "PegOffsetType 3 is not supported"),
        ({"40": "P", "18": "R", "211": "1", "836": "1"}, "an offset in basis points is for trailing stops"),
        ({"40": "P", "18": "R P"}, "an order follows one price"),
        ({"40": "P", "18": "R", "1094": "2"}, "an order follows one price"),
        ({"40": "P", "1094": "1"}, "PegPriceType 1 is not supported"),
        ({"40": "P", "18": "L"}, "ExecInst L is not supported"),
        ({"18": "1 G S"}, "ExecInst S is not supported"),
        ({"211": "1"}, "PegOffsetValue (211) is for orders that follow a price"),
        ({"18": "6", "7001": "0"}, "ExecInst 6 contradicts PostOnlyInstruction (7001) 0"),
        ({"18": "o", "7003": "2"}, "ExecInst o contradicts CancelOnDisconnectInstruction (7003) 2"),
        ({"77": "F"}, "PositionEffect F is not supported"),
        ({"1084": "2", "111": "1"}, "DisplayMethod 2 is not supported: every refresh shows as much"),
        ({"1083": "1", "111": "1"}, "DisplayWhen must be 2: a refresh follows when the shown part is used up"),
        ({"1084": "4", "111": "1"}, "DisplayMethod 4 shows nothing, so there is no display quantity"),
        ({"1138": "1", "111": "1.5"}, "MaxFloor and DisplayQty differ"),
        ({"1138": "1", "1088": "2"}, "RefreshQty must be DisplayQty: every refresh shows as much"),
        (
            {"1138": "1", "1084": "3", "1085": "0.5", "1086": "1.5", "1087": "0.1"},
            "DisplayMinIncr must be the lot",
        ),
        ({**UP, "1103": "AAPL"}, "TriggerSymbol must be the order's Symbol"),
        ({"40": "P", "1094": "5", "1098": "AAPL"}, "PegSymbol must be the order's Symbol"),
        ({**UP, "1104": "1"}, "TriggerSecurityID is not supported: the order's own instrument is watched and followed"),
        ({**UP, "1108": "2"}, "TriggerPriceTypeScope must be 0 or 1: the venue's own prices are watched"),
        ({**UP, "1110": "101"}, "TriggerNewPrice must be the order's Price"),
        ({**UP, "1111": "1"}, "TriggerOrderType must be what the order is without its trigger"),
        ({**UP, "40": "1", "44": None, "1111": "2"}, "TriggerOrderType must be what the order is without its trigger"),
        ({**UP, "1112": "2"}, "TriggerNewQty must be the order's OrderQty"),
        ({"40": "P", "1094": "5", "835": "1"}, "PegMoveType must be 0: a pegged order follows its price"),
        ({"18": "p"}, "ExecInst p is not supported"),
        ({"40": "S"}, "OrdType S is not supported"),
        ({"59": "8"}, "TimeInForce 8 is not supported"),
        ({"59": "A"}, "TimeInForce A is not supported"),
        (
            {"1138": "1", "1085": "0.5", "1086": "1.5"},
            "DisplayLowQty and DisplayHighQty are for DisplayMethod 3",
        ),
        (
            {"1138": "1", "1084": "3", "1085": "0.5", "1086": "1.4"},
            "DisplayLowQty and DisplayHighQty must lie as far from DisplayQty, below and above it",
        ),
        (
            {"1138": "1", "1084": "3", "1085": "1.5", "1086": "0.5"},
            "DisplayLowQty and DisplayHighQty must lie as far from DisplayQty, below and above it",
        ),
    ],
)
def test_what_the_engine_has_no_words_for_is_refused_as_a_command(
    change: dict[str, str | None], text: str, begin_string: str
) -> None:
    command = read("D", ORDER | change, begin_string)
    assert isinstance(command, RejectCommand)
    assert (command.reason, command.text) == (UNSUPPORTED, text)


@pytest.mark.parametrize(
    ("change", "reason", "text"),
    [
        ({"110": "-1"}, OrdRejReason.INCORRECT_QUANTITY, "MinQty must not be negative"),
        ({"111": "-1"}, OrdRejReason.INCORRECT_QUANTITY, "MaxFloor must not be negative"),
        ({"1138": "-1"}, OrdRejReason.INCORRECT_QUANTITY, "DisplayQty must not be negative"),
        ({"40": "4", "99": "5", "44": "0"}, OrdRejReason.OTHER, "Price must be positive"),
        ({"40": "P", "18": "R", "44": "-1"}, OrdRejReason.OTHER, "Price must be positive"),
        ({"40": "P", "18": "R", "55": "GOLD"}, OrdRejReason.UNKNOWN_SYMBOL, "Unknown symbol GOLD"),
        ({"59": "6", "432": "20260329", "55": "GOLD"}, OrdRejReason.UNKNOWN_SYMBOL, "Unknown symbol GOLD"),
        ({"40": "P", "18": "a", "211": "3", "836": "2", "55": "GOLD"}, OrdRejReason.UNKNOWN_SYMBOL, None),
        ({"40": "5", "1": "X9"}, OrdRejReason.UNKNOWN_ACCOUNT, "Unknown account X9"),
    ],
)
def test_other_rules_come_with_their_own_reason(
    change: dict[str, str | None], reason: OrdRejReason, text: str | None
) -> None:
    command = read("D", ORDER | change)
    assert isinstance(command, RejectCommand)
    assert command.reason is reason
    assert text in (None, command.text)


@BOTH
@pytest.mark.parametrize(
    "change",
    [
        {"40": "3"},
        {"40": "4"},
        {"40": "J"},
        {"40": "4", "99": "5", "44": None},
        {**UP, "1102": None},
        {**UP, "1109": None},
        {"1102": "5"},
        {"1107": "2"},
        {"40": "P"},
        {"40": "P", "18": "G"},
        {"40": "P", "18": "a"},
        {"1138": "1", "1084": "3"},
        {"1084": "3", "1085": "1", "1086": "2"},
        {"59": "6"},
    ],
)
def test_fields_that_others_require(change: dict[str, str | None], begin_string: str) -> None:
    with pytest.raises(BusinessRefusal) as refused:
        read("D", ORDER | change, begin_string)
    assert (refused.value.reason, refused.value.ref_id) == (5, "C1")


@pytest.mark.parametrize(
    ("change", "reason", "tag"),
    [
        ({"18": "!"}, 5, "18"),
        ({"18": "G  6"}, 5, "18"),
        ({"18": "G6"}, 5, "18"),
        ({"40": "3", "99": "x"}, 6, "99"),
        ({"40": "3", "1102": "x"}, 6, "1102"),
        ({**UP, "1100": "9"}, 5, "1100"),
        ({**UP, "1101": "9"}, 5, "1101"),
        ({**UP, "1107": "9"}, 5, "1107"),
        ({**UP, "1109": "u"}, 5, "1109"),
        ({"40": "P", "1094": "x"}, 5, "1094"),
        ({"40": "P", "18": "R", "211": "x"}, 6, "211"),
        ({"40": "P", "18": "R", "211": "1", "836": "9"}, 5, "836"),
        ({"40": "P", "18": "R", "211": "1.5", "836": "2"}, 5, "211"),
        ({"40": "P", "18": "a", "211": "0.00001", "836": "1"}, 5, "211"),
        ({"110": "x"}, 6, "110"),
        ({"111": "x"}, 6, "111"),
        ({"1138": "x"}, 6, "1138"),
        ({"1084": "12"}, 5, "1084"),
        ({"77": "X"}, 5, "77"),
        ({"2964": "4"}, 5, "2964"),
        ({"7001": "3"}, 5, "7001"),
        ({"7002": "2"}, 5, "7002"),
        ({"7003": "4"}, 5, "7003"),
        ({"59": "6", "126": "tomorrow"}, 6, "126"),
        ({"59": "6", "126": "99991231-23:59:59"}, 5, "126"),
        ({"59": "6", "126": "19691231-23:59:59"}, 5, "126"),
        ({"59": "6", "432": "2026-03-29"}, 6, "432"),
        ({"59": "6", "432": "٢٠٢٦٠٣٢٩".encode().decode("latin-1")[:8]}, 6, "432"),
        ({"59": "6", "432": "20261301"}, 5, "432"),
        ({"59": "D"}, 5, "59"),
    ],
)
def test_values_out_of_range_are_session_rejects(change: dict[str, str | None], reason: int, tag: str) -> None:
    with pytest.raises(FieldRefusal) as refused:
        read("D", ORDER | change)
    assert (refused.value.reason, refused.value.tag) == (reason, tag)


@BOTH
def test_what_repeats_the_order_s_own_terms_changes_nothing(begin_string: str) -> None:
    same = {"1103": "BTC/USD", "1108": "1", "1110": "100.250", "1111": "2", "1112": "1.50"}
    assert asked(UP | same, begin_string) == asked(UP, begin_string)
    shown = {"1138": "1", "1084": "3", "1085": "0.5", "1086": "1.5"}
    assert asked(shown | {"1087": "0.01", "1088": "1", "1082": "7"}, begin_string) == asked(shown, begin_string)


@BOTH
@pytest.mark.parametrize(
    ("change", "special"),
    [
        ({"2362": "G"}, SpecialTerms(self_trade=SelfTrade.CANCEL_NEWEST, self_trade_id="G")),
        ({"2362": "G", "2964": "2"}, SpecialTerms(self_trade=SelfTrade.CANCEL_OLDEST, self_trade_id="G")),
        ({"2362": "G", "2964": "0"}, SpecialTerms(self_trade_id="G")),
        ({"18": "o"}, SpecialTerms(on_disconnect=CancelOnDisconnect.DISCONNECT)),
        ({"18": "o", "7003": "1"}, SpecialTerms(on_disconnect=CancelOnDisconnect.DISCONNECT)),
        ({"7003": "1"}, SpecialTerms(on_disconnect=CancelOnDisconnect.DISCONNECT)),
        ({"7003": "2"}, SpecialTerms(on_disconnect=CancelOnDisconnect.OFF)),
        ({"7003": "3"}, SpecialTerms(on_disconnect=CancelOnDisconnect.LOGOUT)),
        ({"18": "o", "7003": "3"}, SpecialTerms(on_disconnect=CancelOnDisconnect.LOGOUT)),
        ({"7003": "0"}, None),
    ],
)
def test_self_match_prevention_id_and_cancel_on_connection_loss(
    change: dict[str, str | None], special: SpecialTerms | None, begin_string: str
) -> None:
    assert asked(change, begin_string).special == special
