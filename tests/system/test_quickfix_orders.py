"""A broker's QuickFIX, with its own dictionaries and full validation, trades here and objects to no message."""

from __future__ import annotations

from typing import Any

import pytest
from fix_client import FixMessage
from quickfix_broker import QuickFixBroker
from quickfix_fixtures import needs_quickfix

pytestmark = needs_quickfix


def state(report: FixMessage) -> tuple[str, ...]:
    """ClOrdID, ExecType, OrdStatus, LeavesQty, CumQty."""
    return report.picked(11, 150, 39, 151, 14)


def fills(broker: QuickFixBroker) -> tuple[str, str]:
    """ExecType of a partial and of a full fill."""
    return ("1", "2") if broker.begin_string == "FIX.4.2" else ("F", "F")


# ---- trading ------------------------------------------------------------------------------------------------------


def test_orders_fills_and_cancels(pair: list[QuickFixBroker]) -> None:
    maker, taker = pair
    part, full = fills(maker)
    maker.order("M1", "AAPL", "1", "100", "230.5")
    assert state(maker.receive("8")) == ("M1", "0", "0", "100", "0")
    taker.order("T1", "AAPL", "2", "40", "230", tif="3")
    assert state(taker.receive("8")) == ("T1", "0", "0", "40", "0")
    filled = taker.receive("8")
    assert (*state(filled), *filled.picked(32, 31, 6)) == ("T1", full, "2", "0", "40", "40", "230.5", "230.5")
    assert state(maker.receive("8")) == ("M1", part, "1", "60", "40")
    taker.order("T2", "AAPL", "2", "100", "230.5", tif="4")
    assert [state(taker.receive("8")) for _ in range(2)] == [("T2", "0", "0", "100", "0"), ("T2", "4", "4", "0", "0")]
    taker.order("T3", "AAPL", "2", "10")
    assert [state(taker.receive("8"))[1] for _ in range(2)] == ["0", full]
    assert state(maker.receive("8")) == ("M1", part, "1", "50", "50")
    taker.order("T4", "AAPL", "2", "80", "230.5", tif="3")
    assert [state(taker.receive("8")) for _ in range(3)] == [
        ("T4", "0", "0", "80", "0"),
        ("T4", part, "1", "30", "50"),
        ("T4", "4", "4", "0", "50"),
    ]
    assert state(maker.receive("8")) == ("M1", full, "2", "0", "100")


def test_replaces_and_mass_cancels(pair: list[QuickFixBroker]) -> None:
    broker = pair[0]
    broker.order("R1", "GOOG", "1", "10", "190", tif="0")
    broker.receive("8")
    broker.replace("R2", "R1", "GOOG", "1", "8", "190.01")
    replaced = broker.receive("8")
    assert replaced.picked(11, 41, 150, 39) == ("R2", "R1", "5", "5" if broker.begin_string == "FIX.4.2" else "0")
    broker.cancel("R3", "R2", "GOOG", "1")
    assert broker.receive("8").picked(11, 41, 150, 39) == ("R3", "R2", "4", "4")
    broker.cancel("R4", "R2", "GOOG", "1")
    assert broker.receive("9").picked(11, 41, 39, 434) == ("R4", "R2", "4", "1")
    broker.replace("R5", "NOTHING", "GOOG", "1", "8", "190.01")
    assert broker.receive("9").picked(11, 37, 39, 434, 102) == ("R5", "NONE", "8", "2", "1")


@pytest.mark.parametrize("standard", ["FIX.4.4", "FIXT.1.1"], indirect=True)
def test_mass_cancel_and_mass_status(pair: list[QuickFixBroker]) -> None:
    """FIX.4.2 has neither message, so its dictionary knows no OrderMassCancelReport."""
    broker = pair[0]
    broker.send("AF", (584, "S0"), (585, "7"))
    assert broker.receive("8").picked(584, 150, 39, 911, 912) == ("S0", "I", "8", "0", "Y")
    for name, symbol in (("A", "AAPL"), ("B", "AAPL"), ("C", "GOOG")):
        broker.order(name, symbol, "1", "10", "180")
        broker.receive("8")
    broker.send("AF", (584, "S1"), (585, "7"))
    reports = [broker.receive("8").picked(11, 584, 150, 911, 912) for _ in range(3)]
    assert reports == [("A", "S1", "I", "3", "N"), ("B", "S1", "I", "3", "N"), ("C", "S1", "I", "3", "Y")]
    broker.mass_cancel("X1", "AAPL")
    assert [broker.receive("8").picked(11, 150) for _ in range(2)] == [("A", "4"), ("B", "4")]
    assert broker.receive("r").picked(11, 530, 531, 533, 55) == ("X1", "1", "1", "2", "AAPL")
    broker.mass_cancel("X2")
    assert broker.receive("8").picked(11, 150) == ("C", "4")
    assert broker.receive("r").picked(11, 530, 531, 533) == ("X2", "7", "7", "1")
    broker.mass_cancel("X3", "NONE")
    assert broker.receive("r").picked(11, 531, 532) == ("X3", "0", "1")
    broker.send("q", (11, "X4"), (530, "5"), (60, "20261121-12:00:00"))
    assert broker.receive("r").picked(11, 531, 532) == ("X4", "0", "0")


def test_status(pair: list[QuickFixBroker]) -> None:
    broker = pair[0]
    for name, side, price in (("B1", "1", "229.5"), ("B2", "1", "229.4"), ("B3", "2", "231")):
        broker.order(name, "AAPL", side, "10", price)
        broker.receive("8")
    status, kind = ("0", "3") if broker.begin_string == "FIX.4.2" else ("I", "")
    broker.status("B1", "AAPL", "1")
    assert broker.receive("8").picked(11, 150, 39, 20, 17) == ("B1", status, "0", kind, "0")
    broker.status("B9", "AAPL", "5", (790, "Q1"))
    unknown = broker.receive("8")
    assert unknown.picked(11, 37, 39, 54) == ("B9", "NONE", "8", "5")
    assert unknown.get(790) == ("" if kind else "Q1")
    if kind:
        broker.send("AF", (584, "S1"), (585, "7"))
        assert [broker.receive("8").picked(11, 20, 584) for _ in range(3)] == [
            (name, "3", "") for name in ("B1", "B2", "B3")
        ]


# ---- special orders -----------------------------------------------------------------------------------------------


def test_stop_orders(pair: list[QuickFixBroker]) -> None:
    """Entered, changed, triggered by a trade, and filled."""
    maker, taker = pair
    _, full = fills(maker)
    triggered = "L" if maker.begin_string == "FIXT.1.1" else "D"
    works, waits = ("", "") if maker.begin_string == "FIX.4.2" else ("Y", "N")
    maker.order("S1", "AMZN", "1", "10", "", "1", (40, "3"), (99, "181"))
    assert maker.receive("8").picked(11, 150, 39, 40, 99, 636) == ("S1", "0", "0", "3", "181", waits)
    named = [(41, "S1"), (11, "S2"), (55, "AMZN"), (54, "1"), (60, "20261121-12:00:00"), (21, "1")]
    maker.send("G", *named, (38, "20"), (40, "3"), (99, "180"))
    replaced = maker.receive("8")
    assert replaced.picked(11, 41, 150, 38, 99, 636) == ("S2", "S1", "5", "20", "180", waits)
    taker.order("ST1", "AMZN", "2", "30", "180")
    taker.receive("8")
    maker.order("S3", "AMZN", "1", "5", "180", "3")
    reports = [maker.receive("8") for _ in range(4)]
    assert [report.picked(11, 150, 39) for report in reports] == [
        ("S3", "0", "0"),
        ("S3", full, "2"),
        ("S2", triggered, "0"),
        ("S2", full, "2"),
    ]
    assert reports[2].picked(58, 636) == ("Triggered", works)


def test_reserve_and_good_till_date_orders(pair: list[QuickFixBroker]) -> None:
    maker, taker = pair
    part, _ = fills(maker)
    shown_part = 1138 if maker.begin_string == "FIXT.1.1" else 111
    maker.order("I1", "GOOG", "1", "100", "190", "6", (111, "20"), (126, "20991231-21:00:00"))
    shown = maker.receive("8")
    assert shown.picked(11, 150, 59, shown_part) == ("I1", "0", "6", "20")
    assert shown[126].startswith("20991231-21:00:00")
    taker.market_data("IM1", "GOOG")
    assert taker.receive("W").picked(268, 271) == ("1", "20")
    taker.order("IT1", "GOOG", "2", "30", "190", "3")
    maker_fills = [maker.receive("8") for _ in range(2)]
    assert [report.picked(150, 32, 151, shown_part) for report in maker_fills] == [
        (part, "20", "80", "20"),
        (part, "10", "70", "20"),
    ]


# ---- refusals -----------------------------------------------------------------------------------------------------


def test_refused_orders(pair: list[QuickFixBroker]) -> None:
    broker = pair[0]
    old = broker.begin_string == "FIX.4.2"
    broker.order("O1", "AAPL", "1", "10", "229")
    broker.receive("8")
    refused: dict[str, tuple[Any, str]] = {
        "symbol": (("D1", "NOPE", "1", "10", "229", "1"), "1"),
        "lot": (("D2", "AAPL", "1", "0.5", "229", "1"), "0" if old else "13"),
        "tick": (("D3", "AAPL", "1", "1", "229.001", "1"), "0" if old else "99"),
        "funds": (("D4", "AAPL", "1", "9000000", "900", "1"), "3"),
        "quantity 0": (("D5", "AAPL", "1", "0", "229", "1"), "0" if old else "13"),
        "type": (("D6", "AAPL", "1", "1", "229", "1", (40, "5")), "0" if old else "11"),
        "at the opening": (("D7", "AAPL", "1", "1", "229", "2"), "2"),
        "account": (("D8", "AAPL", "1", "1", "229", "1", (1, "TRADR1")), "0" if old else "15"),
    }
    for name, (asked, reason) in refused.items():
        broker.order(*asked)
        report = broker.receive("8")
        assert report.picked(11, 37, 150, 39, 103) == (asked[0], "NONE", "8", "8", reason), name
    broker.order("O1", "AAPL", "1", "5", "228")
    assert broker.receive("8").picked(11, 150, 39, 103, 151) == ("O1", "8", "0", "6", "10")
    broker.replace("O2", "O1", "AAPL", "1", "10.5", "229")
    assert broker.receive("9").picked(11, 39, 434) == ("O2", "0", "2")
    broker.cancel("O1", "O1", "AAPL", "1")
    assert broker.receive("9").picked(11, 434) == ("O1", "1")


def test_faulty_messages(pair: list[QuickFixBroker]) -> None:
    """Rejects of the session and of business; numbers go on."""
    broker = pair[0]
    named = [(55, "AAPL"), (54, "1"), (60, "20261121-12:00:00"), (21, "1")]
    faults = [
        ([(11, "F1"), *named, (38, "1"), (44, "229")], "40", "1"),
        ([*named, (38, "1"), (40, "2"), (44, "229")], "11", "1"),
        ([(11, "F2"), *named, (38, "1"), (40, "z"), (44, "229")], "40", "5"),
        ([(11, "F3"), *named, (54, "Z"), (38, "1"), (40, "2"), (44, "229")], "54", "5"),
        ([(11, "F4"), *named, (38, "x"), (40, "2"), (44, "229")], "38", "6"),
        ([(11, "F5"), *named, (60, "noon"), (38, "1"), (40, "2"), (44, "229")], "60", "6"),
    ]
    for place, (fields, tag, reason) in enumerate(faults):
        broker.send("D", *fields)
        broker.until(lambda: [m.type for m in broker.admin].count("3") > place, "gets no Reject")  # noqa: B023
        assert broker.admin[-1].picked(372, 371, 373) == ("D", tag, reason)
    broker.send("H", (11, "F6"), (55, "AAPL"), (54, "Z"))
    broker.until(lambda: broker.admin[-1].get(372) == "H", "gets no Reject")
    assert broker.admin[-1].picked(371, 373) == ("54", "5")
    broker.send("D", (11, "J1"), *named, (38, "1"), (40, "2"))
    assert broker.receive("j").picked(372, 379, 380) == ("D", "J1", "5")
    broker.send("D", (11, "J2"), *named, (40, "2"), (44, "229"))
    assert broker.receive("j").picked(372, 379, 380) == ("D", "J2", "5")
    broker.send("R", (131, "Q1"), groups=((146, [[(55, "AAPL")]]),))
    assert broker.receive("j").picked(372, 380) == ("R", "3")
    broker.order("G1", "AAPL", "1", "1", "229")
    assert state(broker.receive("8")) == ("G1", "0", "0", "1", "0")
