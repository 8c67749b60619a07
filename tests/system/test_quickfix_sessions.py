"""A broker's QuickFIX logs on in every way it can, loses messages, connections and the venue, and goes on.

Tests that need no venue of their own share the module's: each has its own sessions there.
"""

from __future__ import annotations

import pytest
from fix_client import FixMessage
from quickfix_broker import IS_OLD, VERSIONS, QuickFix, QuickFixBroker
from quickfix_fixtures import needs_quickfix
from venue_process import MakeVenue, VenueProcess

pytestmark = needs_quickfix


def state(report: FixMessage) -> tuple[str, ...]:
    """ClOrdID, ExecType, OrdStatus, LeavesQty, CumQty."""
    return report.picked(11, 150, 39, 151, 14)


def log_on_all(brokers: list[QuickFixBroker], port: int) -> None:
    for broker in brokers:
        broker.start(port)
    for broker in brokers:
        broker.await_logon()


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
def test_refused_logons_do_not_cost_the_session(
    begin_string: str, quickfix: QuickFix, shared_venue: VenueProcess
) -> None:
    """QuickFIX counts the Logout that refuses it as a message of the session; the session's numbers have to agree."""
    port = shared_venue.ports.fix
    broker = quickfix.broker("BROKER1", begin_string)
    broker.start(port, logon=[(554, "wrong")])
    broker.until(lambda: len(broker.admin) >= 2, "is not refused")
    broker.stop()
    assert broker.admin[0].picked(35, 58) == ("5", "unknown session or wrong credentials")
    broker.log_on(port)
    broker.order("W1", "SOL/USDT", "1", "1", "140", "3")
    assert state(broker.receive("8")) == ("W1", "0", "0", "1", "0")
    refusals = [message for message in broker.admin if message.type == "5"]
    assert not any("too low" in message.get(58) for message in refusals)
    assert not any("too low" in event for event in quickfix.events("BROKER1", begin_string))


def test_resets(quickfix: QuickFix, make_venue: MakeVenue) -> None:
    port = make_venue().ports.fix
    settings = {"BROKER1": "ResetOnLogon", "BROKER2": "ResetOnLogout", "BROKER3": "ResetOnDisconnect"}
    for name in ("R1", "R2"):
        for comp_id, setting in settings.items():
            quickfix.broker(comp_id).start(port, None, **{setting: "Y"})
        for comp_id, setting in settings.items():
            broker = quickfix.broker(comp_id)
            broker.await_logon()
            broker.order(name, "AAPL", "1", "1", "229")
            assert broker.receive("8")[34] == "2", setting
        for comp_id in settings:
            quickfix.broker(comp_id).log_out()


def test_numbers_go_on_over_logouts(quickfix: QuickFix, shared_venue: VenueProcess) -> None:
    port = shared_venue.ports.fix
    broker = quickfix.broker("BROKER3", "FIXT.1.1")
    broker.log_on(port)
    broker.order("N1", "AAPL", "1", "1", "229")
    broker.receive("8")
    broker.log_out()
    assert broker.numbers() == (4, 4)
    broker.log_on(port)
    broker.order("N2", "AAPL", "1", "1", "229")
    assert broker.receive("8")[34] == "5"
    assert not any(message.type in "24" for message in quickfix.wire("BROKER3", "FIXT.1.1"))
    broker.log_out()
    assert broker.numbers() == (7, 7)


# ---- heartbeats, gaps, crashes ------------------------------------------------------------------------------------


def test_heartbeats(quickfix: QuickFix, shared_venue: VenueProcess) -> None:
    """As often as each session wants. QuickFIX gives a connection up after 2.4 intervals of silence."""
    brokers = {"3": quickfix.broker("BROKER3"), "4": quickfix.broker("BROKER4")}
    for heartbeat_s, broker in brokers.items():
        broker.start(shared_venue.ports.fix, HeartBtInt=heartbeat_s, ResetOnLogon="Y")
    for broker in brokers.values():
        broker.await_logon()
    for broker in brokers.values():
        broker.until(lambda: [m.type for m in broker.admin].count("0") >= 2, "gets no heartbeats")  # noqa: B023
        broker.send("1", (112, "ping"))
        broker.until(lambda: broker.admin[-1].get(112) == "ping", "gets no answer")  # noqa: B023
        broker.log_out()
        assert not any("imed out" in event for event in quickfix.events(broker.comp_id))


@pytest.mark.parametrize("begin_string", VERSIONS)
def test_gaps_in_both_directions(begin_string: str, quickfix: QuickFix, shared_venue: VenueProcess) -> None:
    port = shared_venue.ports.fix
    broker = quickfix.broker("BROKER2", begin_string)
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


@pytest.mark.skipif(IS_OLD, reason="QuickFIX 1.15 asks by a ResendRequest nevertheless")
def test_next_expected_number_in_the_logon(quickfix: QuickFix, shared_venue: VenueProcess) -> None:
    """QuickFIX that is set to tell its numbers in the Logon waits for what it lacks, and asks for nothing."""
    port = shared_venue.ports.fix
    broker, settings = quickfix.broker("BROKER4", "FIXT.1.1"), {"SendNextExpectedMsgSeqNum": "Y"}
    broker.log_on(port, None, **settings)
    for name in ("E1", "E2"):
        broker.order(name, "AAPL", "1", "1", "229")
        broker.receive("8")
    broker.numbers(expected=1)  # the Logout counts too
    broker.log_out()
    broker.start(port, None, **settings)
    assert [broker.receive("8").picked(11, 43) for _ in range(2)] == [("E1", "Y"), ("E2", "Y")]
    broker.await_logon()
    broker.order("E3", "AAPL", "1", "1", "229")
    assert broker.receive("8").picked(11, 43) == ("E3", "")
    assert not any(message.type == "2" for message in quickfix.wire("BROKER4", "FIXT.1.1"))


def test_killed_venue(quickfix: QuickFix, make_venue: MakeVenue) -> None:
    """``kill -9`` with orders on their way: QuickFIX reconnects and gets, or sends again, what is missing."""
    venue = make_venue()
    brokers = [quickfix.broker("BROKER1", begin_string) for begin_string in VERSIONS]
    other = quickfix.broker("BROKER2")
    log_on_all([*brokers, other], venue.ports.fix)
    for number in range(20):
        for broker in brokers:
            broker.order(f"K{number}", "AAPL", "1", "1", "229")
    for broker in brokers:
        broker.receive("8")
    venue.kill()
    for broker in (*brokers, other):
        broker.await_logout()
        broker.stop(force=True)
    venue.restart()
    other.log_on(venue.ports.fix)
    other.order("KS", "AAPL", "2", "3", "229", tif="3")
    log_on_all(brokers, venue.ports.fix)
    for broker in brokers:
        broker.order("LAST", "AAPL", "1", "1", "228")
    for broker in brokers:
        broker.until(lambda: any(report.get(11) == "LAST" for report in broker.inbox), "gets no report")  # noqa: B023
        named = {report[11] for report in broker.inbox if report.type == "8"} | {"K0"}
        assert named >= {f"K{number}" for number in range(20)}, broker.name
    for broker in (*brokers, other):
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
