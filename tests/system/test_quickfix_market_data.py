"""What a broker's QuickFIX is told of the market: books, trades, instruments and states, valid by its dictionaries."""

from __future__ import annotations

import pytest
from fix_client import FixMessage
from quickfix_broker import QuickFixBroker
from quickfix_fixtures import needs_quickfix

pytestmark = needs_quickfix
Pair = list[QuickFixBroker]


def entries(message: FixMessage, *tags: int) -> list[tuple[str, ...]]:
    """The repeating group of a W or X: of each entry, which 269 or 279 begins, the fields asked for."""
    delimiter = 279 if message.type == "X" else 269
    found: list[dict[int, str]] = []
    for tag, value in message.pairs:
        if tag == delimiter:
            found.append({})
        if found:
            found[-1].setdefault(tag, value)
    return [tuple(entry.get(tag, "") for tag in tags) for entry in found]


def rest(broker: QuickFixBroker, name: str, symbol: str, side: str, qty: str, price: str) -> None:
    broker.order(name, symbol, side, qty, price)
    broker.receive("8")


def test_snapshots(pair: Pair) -> None:
    broker = pair[0]
    empty = [("J",)] if broker.begin_string == "FIXT.1.1" else []
    broker.market_data("M0", "AAPL")
    book = broker.receive("W")
    assert book.picked(262, 55) == ("M0", "AAPL")
    assert entries(book, 269) == empty
    for name, side, price in (("B1", "1", "229.5"), ("B2", "1", "229.4"), ("B3", "2", "231")):
        rest(broker, name, "AAPL", side, "10", price)
    broker.market_data("M1", "AAPL", "BTC/USDT")
    book = broker.receive("W")
    assert entries(book, 269, 270, 271) == [("0", "229.5", "10"), ("0", "229.4", "10"), ("1", "231", "10")]
    book = broker.receive("W")
    assert book[55] == "BTC/USDT"
    assert entries(book, 269) == empty


def test_refused_requests(pair: Pair) -> None:
    broker = pair[0]
    broker.market_data("M2", "NONE")
    assert broker.receive("Y").picked(262, 281) == ("M2", "0")
    broker.market_data("M4", "AAPL", types="3")
    assert broker.receive("Y").picked(262, 281) == ("M4", "8")
    broker.market_data("M5", "AAPL", kind="2")
    assert broker.receive("Y").picked(262, 58) == ("M5", "Unknown MDReqID M5")


def test_a_book_that_is_kept_up_to_date(pair: Pair) -> None:
    broker, other = pair
    rest(broker, "U1", "GOOG", "1", "10", "190")
    broker.market_data("M6", "GOOG", kind="1", types="012")
    assert entries(broker.receive("W"), 269, 270, 271) == [("0", "190", "10")]
    rest(broker, "U2", "GOOG", "2", "5", "191")
    change = broker.receive("X")
    assert change[262] == "M6"
    assert entries(change, 279, 269, 55, 270, 271) == [("0", "1", "GOOG", "191", "5")]
    other.order("U3", "GOOG", "2", "4", "190", "3")
    assert broker.receive("8")[32] == "4"
    change = broker.receive("X")
    assert sorted(entries(change, 269, 279, 270, 271)) == [("0", "1", "190", "6"), ("2", "0", "190", "4")]
    broker.cancel("U4", "U1", "GOOG", "1")
    broker.receive("8")
    assert entries(broker.receive("X"), 279, 269, 270) == [("2", "0", "190")]
    broker.market_data("M6", "GOOG", kind="2")
    rest(broker, "U5", "GOOG", "1", "10", "189")
    broker.market_data("M7", "GOOG")
    assert broker.receive("W")[262] == "M7"


def test_full_refresh_of_the_top(pair: Pair) -> None:
    broker = pair[0]
    rest(broker, "F1", "AMZN", "1", "10", "219")
    broker.market_data("M8", "AMZN", kind="1", types="01", depth="1", update="0")
    assert entries(broker.receive("W"), 269, 270, 271) == [("0", "219", "10")]
    rest(broker, "F2", "AMZN", "1", "20", "219.5")
    assert entries(broker.receive("W"), 269, 270, 271) == [("0", "219.5", "20")]


def test_order_by_order(pair: Pair) -> None:
    broker = pair[0]
    for name in ("O1", "O2"):
        rest(broker, name, "ETH/USDT", "1", "1", "3200")
    broker.market_data("M9", "ETH/USDT", kind="1", types="0", depth="0", aggregated="N")
    book = broker.receive("W")
    ids = [order_id for (order_id,) in entries(book, 37)]
    assert entries(book, 269, 270, 271) == [("0", "3200", "1")] * 2
    assert len(set(ids)) == 2
    broker.cancel("O3", "O1", "ETH/USDT", "1")
    broker.receive("8")
    assert entries(broker.receive("X"), 279, 269, 37) == [("2", "0", ids[0])]


def test_market_data_after_a_gap(pair: Pair) -> None:
    """It is not repeated: the gap is filled, and a new snapshot tells all."""
    broker = pair[0]
    broker.market_data("MG", "ADA/USDT", kind="1", types="01")
    broker.receive("W")
    rest(broker, "GA", "ADA/USDT", "1", "100", "0.44")
    broker.receive("X")
    _, expected = broker.numbers()
    broker.numbers(expected=expected - 1)
    rest(broker, "GB", "ADA/USDT", "1", "100", "0.43")
    whole = [("0", "0.44", "100"), ("0", "0.43", "100")]

    def told() -> bool:
        return any(m.type == "W" and entries(m, 269, 270, 271) == whole for m in broker.inbox)

    broker.until(told, "gets no new snapshot")


@pytest.mark.parametrize("standard", ["FIX.4.4", "FIXT.1.1"], indirect=True)
def test_security_list(pair: Pair) -> None:
    """FIX.4.2 has none."""
    broker = pair[0]
    broker.send("x", (320, "X1"), (559, "4"))
    listed = broker.receive("y")
    assert listed.picked(320, 560, 393) == ("X1", "0", "10")
    assert sorted(listed.all(55))[:2] == ["AAPL", "ADA/USDT"]
    broker.send("x", (320, "X2"), (559, "0"), (55, "NONE"))
    assert broker.receive("y").picked(320, 560) == ("X2", "2")


def test_security_definitions(pair: Pair) -> None:
    broker = pair[0]
    broker.send("c", (320, "C1"), (321, "0"), (55, "AAPL"))
    assert broker.receive("d").picked(320, 323, 55) == ("C1", "1", "AAPL")
    broker.send("c", (320, "C2"), (321, "0"), (55, "NONE"))
    assert broker.receive("d").picked(320, 323) == ("C2", "5")


def test_trading_session_status(pair: Pair) -> None:
    broker = pair[0]
    broker.send("g", (335, "G1"), (263, "0"))
    answers = [broker.receive("h") for _ in range(10)]
    assert {answer[335] for answer in answers} == {"G1"}
    assert {answer[340] for answer in answers} <= {"2", "3"}


def test_security_status(pair: Pair) -> None:
    broker = pair[0]
    broker.send("e", (324, "E1"), (55, "BTC/USDT"), (263, "0"))
    assert broker.receive("f").picked(324, 55, 326) == ("E1", "BTC/USDT", "17")
    broker.send("e", (324, "E2"), (55, "NONE"), (263, "0"))
    assert broker.receive("f").picked(324, 326) == ("E2", "20")


@pytest.mark.parametrize("standard", ["FIX.4.4", "FIXT.1.1"], indirect=True)
def test_trade_capture(pair: Pair) -> None:
    """FIX.4.2 has none."""
    maker, taker = pair
    rest(maker, "TC1", "DOGE/USDT", "1", "100", "0.15")
    taker.order("TC2", "DOGE/USDT", "2", "100", "0.15", "3")
    taker.receive("8")
    filled = taker.receive("8")
    taker.send("AD", (568, "T1"), (569, "1"), (55, "DOGE/USDT"))
    assert taker.receive("AQ").picked(568, 750) == ("T1", "0")
    captured = taker.receive("AE")
    assert captured.picked(568, 17, 55, 32, 31, 912) == ("T1", filled[17], "DOGE/USDT", "100", "0.15", "Y")
    assert taker.receive("AQ").picked(568, 748, 750) == ("T1", "1", "1")


@pytest.mark.parametrize("standard", ["FIX.4.4", "FIXT.1.1"], indirect=True)
def test_user_status(pair: Pair) -> None:
    broker = pair[0]
    broker.send("BE", (923, "U1"), (924, "4"), (553, "BROKER1"))
    assert broker.receive("BF").picked(923, 553, 926) == ("U1", "BROKER1", "1")
