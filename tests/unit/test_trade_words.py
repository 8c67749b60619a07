"""What people type, and what it means."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.terms import Order
from engine.types import Side, TimeInForce
from tradeengine.trade_orders import CLAUSES, Place
from tradeengine.trade_reading import UsageError
from tradeengine.trade_usage import USAGE
from tradeengine.trade_words import (
    BOOK_LEVELS,
    COMMANDS,
    Cancel,
    Help,
    MassCancel,
    OrderRef,
    Quit,
    Replace,
    Request,
    ShowBook,
    ShowInstruments,
    ShowOrders,
    ShowStatus,
    Watch,
    parse,
)

IOC, FOK, DAY = TimeInForce.IOC, TimeInForce.FOK, TimeInForce.DAY


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("buy AAPL 100 @ 190.50", Place("AAPL", Order(Side.BUY, Decimal(100), Decimal("190.5")))),
        ("sell BTC/USDT 0.25 @ 65000 ioc", Place("BTC/USDT", Order(Side.SELL, Decimal("0.25"), Decimal(65000), IOC))),
        ("buy AAPL 100 @190.50 --tif fok", Place("AAPL", Order(Side.BUY, Decimal(100), Decimal("190.5"), FOK))),
        ("buy AAPL 100 @ 190.50 --tif=day", Place("AAPL", Order(Side.BUY, Decimal(100), Decimal("190.5"), DAY))),
        ("BUY AAPL 1_000 @ 1 LIMIT Day", Place("AAPL", Order(Side.BUY, Decimal(1000), Decimal(1), DAY))),
        ("buy AAPL 100 market", Place("AAPL", Order(Side.BUY, Decimal(100)))),
        ("buy AAPL 100 market fok", Place("AAPL", Order(Side.BUY, Decimal(100), None, FOK))),
        ("sell --type market AAPL 100 --tif ioc", Place("AAPL", Order(Side.SELL, Decimal(100), None, IOC))),
        ("cancel 17", Cancel(OrderRef(17))),
        ("cancel #17", Cancel(OrderRef(17, is_order_id=True))),
        ("replace 17 80", Replace(OrderRef(17), Decimal(80), None)),
        ("replace #17 80 @ 190.4", Replace(OrderRef(17, is_order_id=True), Decimal(80), Decimal("190.4"))),
        ("replace 17 stop 231", Replace(OrderRef(17), None, None, {"stop_px": Decimal(231)})),
        ("replace 17 @ 190.4", Replace(OrderRef(17), None, Decimal("190.4"))),
        (
            "replace 17 80 show 0 min 5 offset -0.01 gtd 2026-12-24T15:00Z",
            Replace(
                OrderRef(17),
                Decimal(80),
                None,
                {
                    "display_qty": Decimal(0),
                    "min_qty": Decimal(5),
                    "peg_offset": Decimal("-0.01"),
                    "expire": datetime(2026, 12, 24, 15, tzinfo=UTC),
                },
            ),
        ),
        ("mass-cancel", MassCancel(None, None)),
        ("mass-cancel AAPL", MassCancel("AAPL", None)),
        ("mass-cancel AAPL sell", MassCancel("AAPL", Side.SELL)),
        ("mass-cancel buy", MassCancel(None, Side.BUY)),
        ("mass-cancel --side buy", MassCancel(None, Side.BUY)),
        ("orders", ShowOrders(None)),
        ("orders AAPL", ShowOrders("AAPL")),
        ("status 17", ShowStatus(OrderRef(17))),
        ("book AAPL", ShowBook("AAPL", BOOK_LEVELS)),
        ("book AAPL 3", ShowBook("AAPL", 3)),
        ("instruments", ShowInstruments()),
        ("watch", Watch(0)),
        ("watch 12", Watch(12)),
        ("help", Help()),
        ("quit", Quit()),
    ],
)
def test_words_are_requests(typed: str, meant: Request) -> None:
    assert parse(typed.split()) == meant


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "nothing to do"),
        ("bye", "unknown command 'bye'; there are: buy, sell, cancel"),
        ("buy", "SYMBOL is missing; usage: buy SYMBOL QTY @ PRICE"),
        ("buy AAPL", "QTY is missing"),
        ("buy AAPL 10", "PRICE is missing: give one (@ 190.50), or say market"),
        ("buy AAPL 10 limit", "PRICE is missing"),
        ("buy AAPL 10 @", "PRICE is missing"),
        ("buy AAPL 10 @ 5 market", "a market order has no price"),
        ("buy AAPL ten @ 5", "QTY 'ten': must be a number with at most 8 decimals"),
        ("buy AAPL 1e3 @ 5", "QTY '1e3'"),
        ("buy AAPL 0 @ 5", "QTY 0: must be more than 0 and at most 92233720368"),
        ("buy AAPL -5 @ 5", "QTY -5: must be more than 0"),
        ("buy AAPL 1 @ 0.000000001", "PRICE '0.000000001'"),
        ("buy AAPL 1 @ 92233720369", "PRICE 92233720369: must be more than 0 and at most 92233720368"),
        ("buy AAPL 1 @ 5 gtx", "'gtx' is more than expected"),
        ("buy AAPL 1 @ 5 gtd", "TIME is missing"),
        ("buy AAPL 1 @ 5 --tif gtd", "--tif 'gtd': must be one of day, gtc, ioc, fok, opg, atc, gfa"),
        ("buy AAPL 1 @ 5 --tif", "--tif '': must be one of"),
        ("buy AAPL 1 @ 5 ioc --tif day", "--tif is more than expected"),
        ("buy AAPL 1 @ 5 --side buy", "--side is more than expected"),
        ("buy AAPL 1 @ 5 --account 7", "--account is more than expected"),
        ("cancel", "ID is missing; usage: cancel ID"),
        ("cancel x", "ID 'x': must be a whole number from 1 to 18446744073709551615"),
        ("cancel 0", "ID '0'"),
        ("cancel 99999999999999999999999", "ID '99999999999999999999999'"),
        ("cancel 1 2", "'2' is more than expected"),
        ("replace 1", "QTY is missing, or what else is to change"),
        ("replace 1 80 @ 5 @ 6", "'@' is said twice"),
        ("replace 1 show -1x", "QTY '-1x': must be a number"),
        ("mass-cancel AAPL up", "'up' is more than expected"),
        ("book AAPL 0", "LEVELS '0': must be a whole number from 1 to 65535"),
        ("watch -1", "NUMBER '-1'"),
        ("quit now", "'now' is more than expected"),
    ],
)
def test_what_is_no_request_is_told_why(typed: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse(typed.split())
    assert said in str(refused.value)


def test_every_command_but_the_prompts_is_in_the_usage() -> None:
    assert {words.split()[0] for words, _ in USAGE} == {*COMMANDS} - {"help", "quit"}


_ODD = ("or", "then", "and", "2%", "AAPL", "100", "@", "@5", "-1", "--tif", "--tif=ioc", "#7", "", "²", "--type")
_WORDS = st.sampled_from([*COMMANDS, *CLAUSES, *_ODD])


@given(st.lists(_WORDS | st.text(max_size=6), max_size=7))
def test_any_words_are_a_request_or_a_usage_error(words: list[str]) -> None:
    with contextlib.suppress(UsageError):
        parse(words)


def test_an_order_is_shown_as_it_was_named() -> None:
    assert str(OrderRef(17)) == "17"
    assert str(OrderRef(17, is_order_id=True)) == "#17"
