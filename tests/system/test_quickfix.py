"""A broker's QuickFIX, with its own dictionaries and full validation, trades here and objects to no message.

Needs PyPI's ``quickfix`` in this interpreter, or in the one that QUICKFIX_PYTHON names.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fix_client import FixMessage
from quickfix_broker import QuickFix, QuickFixBroker, interpreter
from venue_process import MakeVenue, VenueProcess

pytestmark = pytest.mark.skipif(
    not interpreter(), reason="quickfix is not installed; QUICKFIX_PYTHON can name a Python that has it"
)
VERSIONS = ("FIX.4.2", "FIX.4.4")


@pytest.fixture
def quickfix(tmp_path: Path) -> Iterator[QuickFix]:
    """The brokers' process. Whatever a test does, QuickFIX may not have objected to anything of the venue's."""
    brokers = QuickFix(tmp_path / "quickfix")
    try:
        yield brokers
        assert brokers.objections() == []
    finally:
        brokers.close()


@pytest.fixture(params=VERSIONS)
def pair(request: pytest.FixtureRequest, quickfix: QuickFix, make_venue: MakeVenue) -> list[QuickFixBroker]:
    """BROKER1 and BROKER2 in one version, logged on to a venue of their own."""
    venue = make_venue()
    brokers = [quickfix.broker(comp_id, request.param) for comp_id in ("BROKER1", "BROKER2")]
    for broker in brokers:
        broker.log_on(venue.ports.fix)
    return brokers


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


def test_mass_cancel_and_mass_status(quickfix: QuickFix, make_venue: MakeVenue) -> None:
    """FIX.4.4 only: FIX.4.2 has neither message, so its dictionary knows no OrderMassCancelReport."""
    broker = quickfix.broker("BROKER1")
    broker.log_on(make_venue().ports.fix)
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


def test_status_and_market_data(pair: list[QuickFixBroker]) -> None:
    broker = pair[0]
    broker.market_data("M0", "AAPL")
    assert broker.receive("W").picked(262, 55, 268) == ("M0", "AAPL", "0")
    for name, side, price in (("B1", "1", "229.5"), ("B2", "1", "229.4"), ("S1", "2", "231")):
        broker.order(name, "AAPL", side, "10", price)
        broker.receive("8")
    broker.market_data("M1", "AAPL", "BTC/USDT")
    book = broker.receive("W")
    assert book.all(269) == ["0", "0", "1"]
    assert book.all(270) == ["229.5", "229.4", "231"]
    assert broker.receive("W").picked(55, 268) == ("BTC/USDT", "0")
    broker.market_data("M2", "NONE")
    assert broker.receive("Y").picked(262, 281) == ("M2", "0")
    broker.market_data("M3", "AAPL", kind="1")
    assert broker.receive("Y").picked(262, 281) == ("M3", "4")
    broker.market_data("M4", "AAPL", types="2")
    assert broker.receive("Y").picked(262, 281) == ("M4", "8")
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
            (name, "3", "") for name in ("B1", "B2", "S1")
        ]


# ---- special orders -----------------------------------------------------------------------------------------------


def test_stop_orders(pair: list[QuickFixBroker]) -> None:
    """Entered, changed, triggered by a trade, and filled."""
    maker, taker = pair
    _, full = fills(maker)
    works, waits = ("", "") if maker.begin_string == "FIX.4.2" else ("Y", "N")
    maker.order("S1", "AAPL", "1", "10", "", "1", (40, "3"), (99, "231"))
    assert maker.receive("8").picked(11, 150, 39, 40, 99, 636) == ("S1", "0", "0", "3", "231", waits)
    named = [(41, "S1"), (11, "S2"), (55, "AAPL"), (54, "1"), (60, "20261121-12:00:00"), (21, "1")]
    maker.send("G", *named, (38, "20"), (40, "3"), (99, "230"))
    replaced = maker.receive("8")
    assert replaced.picked(11, 41, 150, 38, 99, 636) == ("S2", "S1", "5", "20", "230", waits)
    taker.order("T1", "AAPL", "2", "30", "230")
    taker.receive("8")
    maker.order("S3", "AAPL", "1", "5", "230", "3")
    reports = [maker.receive("8") for _ in range(4)]
    assert [report.picked(11, 150, 39) for report in reports] == [
        ("S3", "0", "0"),
        ("S3", full, "2"),
        ("S2", "D", "0"),
        ("S2", full, "2"),
    ]
    assert reports[2].picked(58, 636) == ("Triggered", works)


def test_reserve_and_good_till_date_orders(pair: list[QuickFixBroker]) -> None:
    maker, taker = pair
    part, _ = fills(maker)
    maker.order("I1", "GOOG", "1", "100", "190", "6", (111, "20"), (126, "20991231-21:00:00"))
    shown = maker.receive("8")
    assert shown.picked(11, 150, 59, 111) == ("I1", "0", "6", "20")
    assert shown[126].startswith("20991231-21:00:00")
    taker.market_data("M1", "GOOG")
    assert taker.receive("W").picked(268, 271) == ("1", "20")
    taker.order("T1", "GOOG", "2", "30", "190", "3")
    maker_fills = [maker.receive("8") for _ in range(2)]
    assert [report.picked(150, 32, 151, 111) for report in maker_fills] == [
        (part, "20", "80", "20"),
        (part, "10", "70", "20"),
    ]


def test_brackets(pair: list[QuickFixBroker]) -> None:
    """An entry, its take-profit and its stop-loss, of which the second's fill cancels the third."""
    maker, taker = pair
    _, full = fills(maker)
    priced = {"E1": ("1", "1", "188", "2", 44), "E2": ("2", "2", "200", "2", 44), "E3": ("3", "2", "180", "3", 99)}
    orders = [
        [(11, name), (67, place), (55, "GOOG"), (54, side), (38, "10"), (40, kind), (tag, px), (59, "1")]
        for name, (place, side, px, kind, tag) in priced.items()
    ]
    maker.send("E", (66, "L1"), (394, "3"), (68, "3"), (1385, "100"), groups=((73, orders),))
    assert [maker.receive("8").picked(11, 66, 150) for _ in range(3)] == [(name, "L1", "0") for name in priced]
    taker.order("T1", "GOOG", "2", "10", "188", "3")
    reports = [maker.receive("8").picked(11, 150, 39) for _ in range(3)]
    assert reports == [("E1", full, "2"), ("E2", "D", "0"), ("E3", "D", "0")]
    taker.order("T2", "GOOG", "1", "10", "200", "3")
    reports = [maker.receive("8").picked(11, 150, 39) for _ in range(2)]
    assert reports == [("E2", full, "2"), ("E3", "4", "4")]


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
    broker.send("c", (320, "L1"), (321, "3"))
    assert broker.receive("j").picked(372, 380) == ("c", "3")
    broker.order("G1", "AAPL", "1", "1", "229")
    assert state(broker.receive("8")) == ("G1", "0", "0", "1", "0")


# ---- logging on ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begin_string", "logon"),
    [
        ("FIX.4.4", [(553, "BROKER3"), (554, "demo")]),
        ("FIX.4.2", [(553, "BROKER3"), (554, "demo")]),
        ("FIX.4.2", [(95, "4"), (96, "demo")]),
    ],
)
def test_ways_to_give_the_password(
    begin_string: str, logon: list[tuple[int, str]], quickfix: QuickFix, shared_venue: VenueProcess
) -> None:
    broker = quickfix.broker("BROKER3", begin_string)
    broker.log_on(shared_venue.ports.fix, logon=logon, ResetOnLogon="Y")
    broker.order("P1" + begin_string + str(logon[0][0]), "ETH/USDT", "1", "1", "3200", tif="3")
    assert [broker.receive("8")[150] for _ in range(2)] == ["0", "4"]
    broker.log_out()


@pytest.mark.parametrize("begin_string", VERSIONS)
def test_refused_logons_do_not_cost_the_session(begin_string: str, quickfix: QuickFix, make_venue: MakeVenue) -> None:
    """QuickFIX counts the Logout that refuses it as a message of the session; the session's numbers have to agree."""
    port = make_venue().ports.fix
    broker = quickfix.broker("BROKER1", begin_string)
    broker.start(port, logon=[(554, "wrong")])
    broker.until(lambda: len(broker.admin) >= 2, "is not refused")
    broker.stop()
    assert broker.admin[0].picked(35, 58) == ("5", "unknown session or wrong credentials")
    broker.log_on(port)
    broker.order("W1", "AAPL", "1", "1", "229")
    assert state(broker.receive("8")) == ("W1", "0", "0", "1", "0")
    refusals = [message for message in broker.admin if message.type == "5"]
    assert not any("too low" in message.get(58) for message in refusals)
    assert not any("too low" in event for event in quickfix.events("BROKER1", begin_string))


@pytest.mark.parametrize("setting", ["ResetOnLogon", "ResetOnLogout", "ResetOnDisconnect"])
def test_reset(setting: str, quickfix: QuickFix, make_venue: MakeVenue) -> None:
    port = make_venue().ports.fix
    broker = quickfix.broker("BROKER1")
    for name in ("R1", "R2"):
        broker.log_on(port, None, **{setting: "Y"})
        broker.order(name, "AAPL", "1", "1", "229")
        assert broker.receive("8")[34] == "2"
        broker.log_out()


def test_numbers_go_on_over_logouts(quickfix: QuickFix, make_venue: MakeVenue) -> None:
    port = make_venue().ports.fix
    broker = quickfix.broker("BROKER1")
    broker.log_on(port)
    broker.order("N1", "AAPL", "1", "1", "229")
    broker.receive("8")
    broker.log_out()
    assert broker.numbers() == (4, 4)
    broker.log_on(port)
    broker.order("N2", "AAPL", "1", "1", "229")
    assert broker.receive("8")[34] == "5"
    assert not any(message.type in "24" for message in quickfix.wire("BROKER1"))
    broker.log_out()
    assert broker.numbers() == (7, 7)


# ---- heartbeats, gaps, crashes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("heartbeat_s", ["1", "2"])
def test_heartbeats(heartbeat_s: str, quickfix: QuickFix, shared_venue: VenueProcess) -> None:
    broker = quickfix.broker("BROKER4")
    broker.log_on(shared_venue.ports.fix, HeartBtInt=heartbeat_s, ResetOnLogon="Y")
    broker.until(lambda: [message.type for message in broker.admin].count("0") >= 2, "gets no heartbeats")
    broker.send("1", (112, "ping"))
    broker.until(lambda: broker.admin[-1].get(112) == "ping", "gets no answer")
    broker.log_out()
    assert not any("imed out" in event for event in quickfix.events("BROKER4"))


@pytest.mark.parametrize("begin_string", VERSIONS)
def test_gaps_in_both_directions(begin_string: str, quickfix: QuickFix, make_venue: MakeVenue) -> None:
    port = make_venue().ports.fix
    broker = quickfix.broker("BROKER1", begin_string)
    broker.log_on(port)
    for name in ("G1", "G2", "G3"):
        broker.order(name, "AAPL", "1", "1", "229")
        broker.receive("8")
    out, _ = broker.numbers(expected=2)
    broker.order("G4", "AAPL", "1", "1", "229")
    again = [broker.receive("8") for _ in range(4)]
    assert [report[11] for report in again] == ["G1", "G2", "G3", "G4"]
    assert [report.poss_dup for report in again] == [True, True, True, False] or all(r.poss_dup for r in again)
    out, _ = broker.numbers(out=out + 11)
    broker.order("G5", "AAPL", "1", "1", "229")
    assert state(broker.receive("8")) == ("G5", "0", "0", "1", "0")
    broker.log_out()
    broker.start(port)
    broker.numbers(expected=3)
    broker.await_logon()


def test_next_expected_number_in_the_logon(quickfix: QuickFix, make_venue: MakeVenue) -> None:
    """QuickFIX that is set to tell its numbers in the Logon waits for what it lacks, and asks for nothing."""
    port = make_venue().ports.fix
    broker, settings = quickfix.broker("BROKER1"), {"SendNextExpectedMsgSeqNum": "Y"}
    broker.log_on(port, None, **settings)
    for name in ("N1", "N2"):
        broker.order(name, "AAPL", "1", "1", "229")
        broker.receive("8")
    broker.numbers(expected=1)  # the Logout counts too
    broker.log_out()
    broker.start(port, None, **settings)
    assert [broker.receive("8").picked(11, 43) for _ in range(2)] == [("N1", "Y"), ("N2", "Y")]
    broker.await_logon()
    broker.order("N3", "AAPL", "1", "1", "229")
    assert broker.receive("8").picked(11, 43) == ("N3", "")
    assert not any(message.type == "2" for message in quickfix.wire("BROKER1"))


@pytest.mark.parametrize("begin_string", VERSIONS)
def test_killed_venue(begin_string: str, quickfix: QuickFix, make_venue: MakeVenue) -> None:
    """``kill -9`` with orders on their way: QuickFIX reconnects and gets, or sends again, what is missing."""
    venue = make_venue()
    broker, other = (quickfix.broker(comp_id, begin_string) for comp_id in ("BROKER1", "BROKER2"))
    broker.log_on(venue.ports.fix)
    other.log_on(venue.ports.fix)
    for number in range(20):
        broker.order(f"K{number}", "AAPL", "1", "1", "229")
    broker.receive("8")
    venue.kill()
    broker.await_logout()
    for name in (broker, other):
        name.stop(force=True)
    venue.restart()
    other.log_on(venue.ports.fix)
    other.order("KS", "AAPL", "2", "1", "229", tif="3")
    broker.log_on(venue.ports.fix)
    broker.order("LAST", "AAPL", "1", "1", "228")
    broker.until(lambda: any(report.get(11) == "LAST" for report in broker.inbox), "gets no report")
    named = {report[11] for report in broker.inbox if report.type == "8"} | {"K0"}
    assert named >= {f"K{number}" for number in range(20)}
    other.log_out()
    broker.log_out()


def test_stopped_venue_says_why(quickfix: QuickFix, make_venue: MakeVenue) -> None:
    venue = make_venue()
    broker = quickfix.broker("BROKER1")
    broker.log_on(venue.ports.fix)
    venue.stop()
    assert broker.receive_admin("5")[58] == "the venue is shutting down"
    broker.await_logout()
    broker.stop(force=True)
    venue.restart()
    broker.log_on(venue.ports.fix)
    broker.order("S1", "AAPL", "1", "1", "229")
    assert state(broker.receive("8")) == ("S1", "0", "0", "1", "0")
