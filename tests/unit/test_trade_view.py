"""Reports as lines, and tables aligned at the point."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from rich.console import Console, RenderableType

from clients.events import (
    Accepted,
    Book,
    Canceled,
    CancelRejected,
    Event,
    ExecId,
    Executed,
    Expired,
    Instrument,
    Level,
    MassCancelReport,
    MessageRejected,
    OrderState,
    Rejected,
    Replaced,
    UnknownReport,
)
from engine.types import CancelReason, InstrumentStatus, OrdStatus, OrdType, Side, TimeInForce
from tradeengine import trade_view as view

D = Decimal
AT_NS = 1_700_000_000_123_456_789
"""22:13:20.123456 UTC."""
BUY, SELL, GTC = Side.BUY, Side.SELL, TimeInForce.GTC
AAPL = Instrument(
    8,
    "AAPL",
    "AAPL",
    "USD",
    D("0.01"),
    D(1),
    D(1),
    D(10_000_000),
    D(0),
    D("0.0001"),
    D("0.0002"),
    InstrumentStatus.ACTIVE,
)
NAMES = view.Names(lambda security_id: {8: "AAPL"}.get(security_id, str(security_id)), {"AAPL": AAPL})
HEAD = (3, ExecId(9, 0), AT_NS, 55)


def shown(what: RenderableType) -> list[str]:
    console = Console(file=io.StringIO(), width=200, color_system=None, highlight=False)
    console.print(what)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


ACCEPTED = Accepted(
    *HEAD, 17, D("190.5"), D(100), D(100), D(0), 8, 1, BUY, OrdType.LIMIT, TimeInForce.IOC, OrdStatus.NEW
)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (ACCEPTED, "accepted   BUY  100 AAPL @ 190.50 ioc  #17 55"),
        (
            Accepted(*HEAD, 17, D("241.5"), D(1000), D(1000), D(0), 8, 1, SELL, OrdType.MARKET, GTC, OrdStatus.NEW),
            "accepted   SELL 1,000 AAPL market, no worse than 241.50 gtc  #17 55",
        ),
        (
            Rejected(*HEAD, D("190.505"), D(10), 8, 1, BUY, OrdType.LIMIT, GTC, 99, "off the tick"),
            "REJECTED   BUY  10 AAPL @ 190.505: off the tick",
        ),
        (
            Rejected(*HEAD, D(0), D(10), 4, 1, BUY, OrdType.MARKET, GTC, 77, ""),
            "REJECTED   BUY  10 4: reason 77",
        ),
        (
            Executed(
                *HEAD, 17, 5, D("190.4"), D(60), D(40), D(60), D("2.285"), 8, 1, BUY, OrdStatus.PARTIALLY_FILLED, False
            ),
            "executed   BUY  60 AAPL @ 190.40, 40 left, fee 2.285 as taker  #17 55",
        ),
        (
            Executed(*HEAD, 17, 5, D("190.4"), D(60), D(0), D(60), D("2.285"), 8, 1, SELL, OrdStatus.FILLED, True),
            "executed   SELL 60 AAPL @ 190.40, filled, fee 2.285 as maker  #17 55",
        ),
        (
            Replaced(*HEAD, 54, 17, D(191), D(80), D(20), D(60), 8, 1, BUY, OrdType.LIMIT, GTC, OrdStatus.NEW, False),
            "replaced   BUY  80 AAPL @ 191.00, 20 left, went to the back  #17 55",
        ),
        (
            Canceled(*HEAD, 54, 17, D(60), 8, 1, BUY, CancelReason.REQUESTED),
            "canceled   BUY  AAPL, 60 had been filled (as asked)  #17 54",
        ),
        (
            Canceled(*HEAD, 54, 17, D(0), 8, 1, BUY, 99),
            "canceled   BUY  AAPL, nothing had been filled (reason 99)  #17 54",
        ),
        (
            Expired(*HEAD, 17, D(0), 8, 1, SELL, CancelReason.END_OF_DAY),
            "expired    SELL AAPL, nothing had been filled (end of the trading day)  #17 55",
        ),
        (CancelRejected(*HEAD, 54, 17, 1, OrdStatus.FILLED, False, 0, "order is filled"), "cancel 54: order is filled"),
        (CancelRejected(*HEAD, 54, 17, 1, OrdStatus.FILLED, True, 0, ""), "REJECTED   replace 54: reason 0"),
        (MassCancelReport(*HEAD, 1, 8, 1, None, False, 0, ""), "done       mass cancel: 1 order canceled in AAPL"),
        (MassCancelReport(*HEAD, 2, 0, 1, None, False, 0, ""), "done       mass cancel: 2 orders canceled"),
        (MassCancelReport(*HEAD, 0, 0, 1, None, True, 1, "no such"), "REJECTED   mass cancel: no such"),
    ],
)
def test_each_report_is_one_line(event: Event, said: str) -> None:
    (line,) = shown(view.report_line(event, NAMES))
    assert line.startswith("      3  22:13:20.123456  ")
    assert line.endswith(said)


def test_every_reason_of_the_venue_has_words() -> None:
    for reason in CancelReason:
        (line,) = shown(view.report_line(Canceled(*HEAD, 54, 17, D(0), 8, 1, BUY, reason), NAMES))
        assert "reason" not in line


def test_reports_that_are_not_known_are_shown_and_aligned_with_the_others() -> None:
    lines = [
        shown(view.report_line(event, NAMES))[0]
        for event in (ACCEPTED, UnknownReport(4, 140, b"x"), MessageRejected(7, 55, 1, 2, "too long"))
    ]
    assert lines[1].startswith("      4 ")
    assert "140" in lines[1]
    assert "message 7: too long" in lines[2]
    assert lines[0].index("accepted") == lines[1].index("unknown") == lines[2].index("REJECTED")


def test_sides_have_their_colours() -> None:
    text = view.report_line(ACCEPTED, NAMES)
    assert any(span.style == "green" and text.plain[span.start : span.end].strip() == "BUY" for span in text.spans)


def test_numbers_lose_nothing_and_group_thousands() -> None:
    assert view.number(D("1234567.50")) == "1,234,567.5"
    assert view.number(D("1234.5"), 2) == "1,234.50"
    assert view.number(D("0.00000001")) == "0.00000001"
    assert view.number(D("1E+3")) == "1,000"
    assert view.number(D("-0.5715")) == "-0.5715"
    assert view.decimals_of([D("1.50"), D("2"), D("0.125")]) == 3
    assert view.decimals_of([]) == 0


def test_prices_of_unlisted_instruments_are_shown_as_they_are() -> None:
    assert NAMES.px(8, D("190.5")) == "190.50"
    assert NAMES.px(4, D("190.5")) == "190.5"


def test_a_books_best_prices_stand_side_by_side() -> None:
    bids = [Level(D("190.5"), D(100), 2), Level(D(190), D("7.25"), 1)]
    lines = shown(view.book_table(Book(8, 1, AT_NS, bids, [Level(D("191.25"), D(3), 1)]), NAMES))
    assert lines[0].split() == ["orders", "bid", "qty", "bid", "offer", "offer", "qty", "orders"]
    assert lines[2].split() == ["2", "100.00", "190.50", "191.25", "3.00", "1"]
    assert lines[3].split() == ["1", "7.25", "190.00"]
    assert lines[2].index(".50") == lines[3].index(".00", 15)


def test_orders_are_a_row_each() -> None:
    order = OrderState(
        55, 17, D("190.5"), D("190.4"), D(100), D(40), D(60), 8, 1, BUY, OrdType.LIMIT, GTC, OrdStatus.PARTIALLY_FILLED
    )
    lines = shown(view.orders_table([order], NAMES))
    expected = "55 #17 AAPL BUY 100 60 40 190.50 190.40 limit gtc partially filled"
    assert lines[2].split() == expected.split()


def test_instruments_show_their_rules() -> None:
    lines = shown(view.instruments_table([AAPL]))
    assert lines[2].split() == ["AAPL", "active", "continuous", "0.01", "1", "1", "10,000,000", "0", "0.01%", "0.02%"]


def test_help_lists_every_request_literally() -> None:
    lines = shown(view.usage_table())
    assert any(line.startswith("mass-cancel [SYMBOL] [SIDE]") for line in lines)
    assert any(line.startswith("quit") for line in lines)
