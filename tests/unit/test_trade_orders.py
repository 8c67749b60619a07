"""Special orders and lists as people type them, and as they are shown."""

from __future__ import annotations

import contextlib
import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, RenderableType

from clients import terms
from clients.events import (
    Accepted,
    Event,
    ExecId,
    Executed,
    OrderState,
    Replaced,
    Restated,
    Special,
    TradeBusted,
    TradeCorrected,
    Triggered,
)
from clients.terms import Order
from engine.types import (
    Activation,
    Contingency,
    OrdStatus,
    OrdType,
    PegKind,
    PostOnly,
    RestateReason,
    SelfTrade,
    SelfTradeScope,
    Side,
    TimeInForce,
    TriggerSource,
    Wait,
)
from tradeengine import trade_view as view
from tradeengine.trade_orders import CLAUSES, Place, PlaceList
from tradeengine.trade_reading import UsageError
from tradeengine.trade_special import special_words
from tradeengine.trade_usage import CLAUSES as CLAUSE_USAGE
from tradeengine.trade_words import parse

D = Decimal
CHRISTMAS = datetime(2026, 12, 24, 15, tzinfo=UTC)


# ---- one order -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("stop 231", {"trigger": terms.stop(231)}),
        ("@ 232 stop 231", {"price": D(232), "trigger": terms.stop(231)}),
        ("stop 231 @ 232", {"price": D(232), "trigger": terms.stop(231)}),
        ("take 240", {"trigger": terms.touched(240)}),
        ("take 240 on bid", {"trigger": terms.touched(240, TriggerSource.BEST_BID)}),
        ("on reference stop 231", {"trigger": terms.stop(231, TriggerSource.REFERENCE)}),
        ("trail 1.5", {"trigger": terms.trailing(amount="1.5")}),
        ("trail 2%", {"trigger": terms.trailing(rate="0.02")}),
        ("trail 0.5% from 229 market", {"trigger": terms.trailing(rate="0.005", start=229)}),
        ("mtl", {"ord_type": OrdType.MARKET_TO_LIMIT}),
        ("peg mid", {"peg": terms.peg(PegKind.MIDPOINT)}),
        ("peg market -0.01", {"peg": terms.peg(PegKind.MARKET, "-0.01")}),
        ("@ 230 peg primary +0.01", {"price": D(230), "peg": terms.peg(PegKind.PRIMARY, "0.01")}),
        ("peg primary 0.02 day", {"peg": terms.peg(PegKind.PRIMARY, "0.02"), "tif": TimeInForce.DAY}),
        ("@ 230 post-only", {"price": D(230), "post_only": PostOnly.REJECT}),
        ("@ 230 POST-ONLY reprice gtc", {"price": D(230), "post_only": PostOnly.REPRICE}),
        ("@ 230 show 5", {"price": D(230), "display_qty": D(5)}),
        ("@ 230 show 5 vary 1", {"price": D(230), "display_qty": D(5), "display_range": D(1)}),
        ("@ 230 hidden", {"price": D(230), "hidden": True}),
        ("@ 230 min 3", {"price": D(230), "min_qty": D(3)}),
        ("@ 230 aon reduce-only", {"price": D(230), "all_or_none": True, "reduce_only": True}),
        ("@ 230 stp oldest", {"price": D(230), "self_trade": SelfTrade.CANCEL_OLDEST}),
        (
            "@ 230 stp decrement firm",
            {"price": D(230), "self_trade": SelfTrade.DECREMENT, "self_trade_scope": SelfTradeScope.FIRM},
        ),
        ("@ 230 opg", {"price": D(230), "tif": TimeInForce.AT_THE_OPENING}),
        ("market atc", {"tif": TimeInForce.AT_THE_CLOSE}),
        ("@ 230 --tif gfa", {"price": D(230), "tif": TimeInForce.GOOD_FOR_AUCTION}),
        ("@ 230 gtd 2026-12-24T15:00Z", {"price": D(230), "tif": TimeInForce.GTD, "expire": CHRISTMAS}),
        ("stop 231 --type limit @ 5", {"price": D(5), "trigger": terms.stop(231)}),
    ],
)
def test_clauses_may_stand_in_any_order(typed: str, meant: dict[str, Any]) -> None:
    assert parse(f"buy AAPL 10 {typed}".split()) == Place("AAPL", Order(Side.BUY, D(10), **meant))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("buy AAPL 10 stop", "PRICE is missing"),
        ("buy AAPL 10 stop x", "PRICE 'x': must be a number"),
        ("buy AAPL 10 stop 5 take 6", "'take' says again what an order says once"),
        ("buy AAPL 10 @ 5 @ 6", "'@' says again"),
        ("buy AAPL 10 @ 5 day ioc", "'ioc' says again"),
        ("buy AAPL 10 @ 5 day gtd 2026-12-24T15:00Z", "'gtd' says again"),
        ("buy AAPL 10 post-only", "PRICE is missing: give one"),
        ("buy AAPL 10 limit stop 5", "PRICE is missing: give one"),
        ("buy AAPL 10 @ 5 mtl", "a market order has no price"),
        ("buy AAPL 10 peg mid market", "an order is pegged or market, not both"),
        ("buy AAPL 10 peg low", "'low': must be one of mid, primary, market"),
        ("buy AAPL 10 peg", "what to follow is missing"),
        ("buy AAPL 10 @ 5 on bid", "'on' tells which price stop, take or trail watch"),
        ("buy AAPL 10 stop 5 on monday", "'monday': must be one of last, bid, offer, reference"),
        ("buy AAPL 10 trail 0.0000001%", "not a"),
        ("buy AAPL 10 trail", "DISTANCE is missing"),
        ("buy AAPL 10 trail -1", "DISTANCE -1: must be more than 0"),
        ("buy AAPL 10 @ 5 stp all", "'all': must be one of newest, oldest, both, decrement"),
        ("buy AAPL 10 @ 5 gtd tomorrow", "TIME 'tomorrow': must be a time with its zone, such as 2026-12-24T15:00Z"),
        ("buy AAPL 10 @ 5 gtd 2026-12-24T15:00", "must be a time with its zone"),
        ("buy AAPL 10 @ 5 or", "buy or sell is missing after 'or'"),
        ("buy AAPL 10 @ 5 or buy @ 6 then sell @ 7", "'or … then': orders are joined as A or B"),
        ("buy AAPL 10 @ 5 then sell @ 6 or sell @ 7 or sell @ 8", "orders are joined as"),
        ("buy AAPL 10 @ 5 or sell GOOG 5 @ 6", "PRICE is missing"),
        ("buy AAPL 10 @ 5 and sell @ 6", "'and': orders are joined as"),
    ],
)
def test_what_cannot_be_meant_is_told_why(typed: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse(typed.split())
    assert said in str(refused.value)


# ---- lists -----------------------------------------------------------------------------------------------------------


def sell(qty: int = 10, price: str | None = None, **given: Any) -> Order:
    return Order(Side.SELL, D(qty), None if price is None else D(price), **given)


ENTRY = Order(Side.BUY, D(10), D(230))


@pytest.mark.parametrize(
    ("typed", "contingency", "orders"),
    [
        ("sell AAPL 10 @ 240 or sell stop 225", Contingency.OCO, [sell(10, "240"), sell(trigger=terms.stop(225))]),
        ("sell AAPL 10 @ 240 or sell AAPL 5 @ 245", Contingency.OCO, [sell(10, "240"), sell(5, "245")]),
        (
            "sell AAPL 10 @ 240 or sell aapl @ 245 or sell 3 @ 250 day",
            Contingency.OCO,
            [sell(10, "240"), sell(10, "245"), sell(3, "250", tif=TimeInForce.DAY)],
        ),
        ("buy AAPL 10 @ 230 then sell @ 240", Contingency.OTO, [ENTRY, sell(10, "240")]),
        (
            "buy AAPL 10 @ 230 then sell 4 @ 240 and sell 6 @ 245",
            Contingency.OTO,
            [ENTRY, sell(4, "240"), sell(6, "245")],
        ),
        (
            "buy AAPL 10 @230 then SELL @240 or SELL stop 225",
            Contingency.BRACKET,
            [ENTRY, sell(10, "240"), sell(trigger=terms.stop(225))],
        ),
    ],
)
def test_orders_may_hang_together(typed: str, contingency: Contingency, orders: list[Order]) -> None:
    assert parse(typed.split()) == PlaceList("AAPL", contingency, orders)


def test_every_clause_is_in_the_usage() -> None:
    told = " ".join(words for words, _ in CLAUSE_USAGE).replace(",", " ").split()
    assert {*CLAUSES} - {"@", "limit"} <= {*told}


_PARTS = st.sampled_from([*CLAUSES, "or", "then", "and", "buy", "sell", "10", "-1", "2%", "mid", "bid", "firm", "both"])


@given(st.lists(_PARTS, max_size=10))
def test_any_clauses_are_an_order_or_a_usage_error(words: list[str]) -> None:
    with contextlib.suppress(UsageError):
        parse(["sell", "AAPL", "10", "@", "5", *words])


# ---- how they are shown --------------------------------------------------------------------------------------------

NAMES = view.Names(lambda _: "AAPL", {})
HEAD: Any = (3, ExecId(9, 0), 1_700_000_000_123_456_789, 55)
IDS: Any = (17, D(230), D(10), D(10), D(0), 8, 1, Side.SELL)
NOTHING = Special(
    None,
    None,
    PostOnly.NO,
    D(0),
    D(0),
    False,
    D(0),
    False,
    False,
    SelfTrade.NONE,
    SelfTradeScope.ACCOUNT,
    0,
    D(0),
    D(0),
    0,
    None,
    Wait.NOTHING,
)


def special(**given: Any) -> Special:
    return msgspec.structs.replace(NOTHING, **given)


def shown(what: RenderableType) -> list[str]:
    console = Console(file=io.StringIO(), width=250, color_system=None, highlight=False)
    console.print(what)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, []),
        ({"trigger": terms.stop(231)}, ["stop 231"]),
        ({"trigger": terms.touched(231, TriggerSource.BEST_BID)}, ["take 231 on bid"]),
        ({"trigger": terms.trailing(rate="0.02", start=229)}, ["trail 2% at 229"]),
        ({"trigger": terms.trailing(amount="1.5"), "wait": Wait.TRIGGER}, ["trail 1.5", "waits for its trigger"]),
        ({"peg": terms.peg(PegKind.MIDPOINT), "working_px": D(230)}, ["peg mid", "now at 230"]),
        (
            {"peg": terms.peg(PegKind.PRIMARY, "-0.01"), "wait": Wait.TOUCH},
            ["peg primary -0.01", "waits for a price to follow"],
        ),
        ({"post_only": PostOnly.REJECT}, ["post-only"]),
        ({"post_only": PostOnly.REPRICE}, ["post-only reprice"]),
        ({"display_qty": D(5), "display_range": D(1)}, ["show 5 vary 1"]),
        ({"hidden": True, "min_qty": D(3)}, ["hidden", "min 3"]),
        ({"all_or_none": True, "reduce_only": True}, ["aon", "reduce-only"]),
        ({"self_trade": SelfTrade.DECREMENT, "self_trade_scope": SelfTradeScope.FIRM}, ["stp decrement firm"]),
        ({"expire_ns": terms.to_ns(CHRISTMAS)}, ["until 2026-12-24T15:00:00Z"]),
        ({"list_id": 77, "wait": Wait.ENTRY}, ["of list 77", "waits for its entry"]),
        ({"trigger": terms.Trigger(9, D(5), 9), "wait": 9}, ["trigger 9 5 on 9", "waits (9)"]),
        ({"self_trade": 9, "peg": terms.Peg(9), "wait": Wait.TURN}, ["peg 9", "stp 9", "active"]),
    ],
)
def test_what_is_special_is_said_as_it_is_typed(given: dict[str, Any], words: list[str]) -> None:
    assert special_words(special(**given), str, str) == words


WAITING = special(trigger=terms.stop(225), wait=Wait.TRIGGER)
TURN = special(trigger=terms.stop(225), wait=Wait.TURN)
LIMIT: Any = (OrdType.LIMIT, TimeInForce.GTC, OrdStatus.NEW)
MARKET: Any = (OrdType.MARKET, TimeInForce.AT_THE_CLOSE, OrdStatus.NEW)
TRADED: Any = (17, 5, D(230), D(4), D(6), D(4))


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (
            Accepted(*HEAD, *IDS, *LIMIT, WAITING),
            "accepted   SELL 10 AAPL @ 230 gtc, stop 225, waits for its trigger  #17 55",
        ),
        (
            Accepted(*HEAD, *IDS, *MARKET, special(reduce_only=True)),
            "accepted   SELL 10 AAPL market, no worse than 230 atc, reduce-only  #17 55",
        ),
        (
            Accepted(*HEAD, *IDS, OrdType.MARKET_TO_LIMIT, TimeInForce.GTD, OrdStatus.NEW),
            "accepted   SELL 10 AAPL mtl, no worse than 230 gtd  #17 55",
        ),
        (
            Triggered(*HEAD, *IDS, *LIMIT, TURN, Activation.TRIGGER),
            "triggered  SELL 10 AAPL @ 230, stop 225, active  #17 55",
        ),
        (
            Triggered(*HEAD, *IDS, *LIMIT, WAITING, Activation.ENTRY),
            "triggered  SELL 10 AAPL @ 230, its entry is filled, stop 225, waits for its trigger  #17 55",
        ),
        (
            Restated(*HEAD, *IDS, *LIMIT, NOTHING, RestateReason.SELF_TRADE),
            "restated   SELL 10 AAPL @ 230, 10 left (self-trade prevention)  #17 55",
        ),
        (Restated(*HEAD, *IDS, *LIMIT, NOTHING, 99), "restated   SELL 10 AAPL @ 230, 10 left (reason 99)  #17 55"),
        (
            Replaced(*HEAD, 54, *IDS, *LIMIT, True, special(display_qty=D(5))),
            "replaced   SELL 10 AAPL @ 230, 10 left, kept its place, show 5  #17 55",
        ),
        (
            Executed(*HEAD, *TRADED, D("0.5"), 8, 1, Side.SELL, OrdStatus.PARTIALLY_FILLED, False, True),
            "executed   SELL 4 AAPL @ 230, 6 left, fee 0.5 in the auction  #17 55",
        ),
        (
            TradeBusted(*HEAD, *TRADED, D("0.5"), 8, 1, Side.SELL, OrdStatus.NEW, "fat finger"),
            "BUSTED     SELL 4 AAPL @ 230 never was, fee 0.5 is paid back (fat finger)  #17 55",
        ),
        (
            TradeCorrected(*HEAD, *TRADED, D(1), D(229), D(5), D(2), 8, 1, Side.SELL, OrdStatus.NEW, ""),
            "CORRECTED  SELL 4 AAPL @ 230 instead of 5 @ 229, fee 1 instead of 2  #17 55",
        ),
    ],
)
def test_each_report_is_one_line(event: Event, said: str) -> None:
    (line,) = shown(view.report_line(event, NAMES))
    assert line == f"      3  22:13:20.123456  {said}"


def test_every_reason_to_restate_has_words() -> None:
    for reason in RestateReason:
        (line,) = shown(view.report_line(Restated(*HEAD, *IDS, *LIMIT, NOTHING, reason), NAMES))
        assert "reason" not in line


def test_orders_have_a_column_for_what_is_special_where_some_are() -> None:
    plain = OrderState(55, 17, D(230), D(0), D(10), D(10), D(0), 8, 1, Side.SELL, *LIMIT)
    stop = msgspec.structs.replace(plain, tif=TimeInForce.AT_THE_CLOSE, special=WAITING)
    assert "special" not in shown(view.orders_table([plain], NAMES))[0]
    lines = shown(view.orders_table([plain, stop], NAMES))
    assert lines[0].endswith("special")
    assert lines[2].split()[-3:] == ["limit", "gtc", "new"]
    assert lines[3].split()[-9:] == ["limit", "atc", "new", *["stop", "225,", "waits", "for", "its", "trigger"]]


def test_help_lists_clauses_and_lists() -> None:
    lines = shown(view.usage_table())
    assert any(line.startswith("ORDER then ORDER or ORDER") for line in lines)
    assert any(line.startswith("post-only [reprice]") for line in lines)
