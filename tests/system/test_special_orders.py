"""Stops, icebergs, brackets and dated orders at a venue's ports, in both versions of FIX and in binary, and over
``kill -9``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal

import pytest
from fix_client import FixClient
from special_orders import (
    BUY,
    SELL,
    dumped,
    order_pairs,
    send_list,
    send_order,
    shown_levels,
    told,
    trader,
    utc_text,
    verified,
)
from venue_process import MakeVenue, VenueProcess

from clients import Accepted, Executed, Expired, PostOnly, Rejected, Side, SyncClient, Triggered, stop
from clients.events import Special
from engine.types import CancelReason, OrdStatus, Wait

VERSIONS = [("FIX.4.4", "BROKER1"), ("FIX.4.2", "BROKER2")]
RESTATED = {"FIX.4.4": "8", "FIX.4.2": "4"}
"""ExecRestatementReason (378) of a triggered order."""
FILLED = {"FIX.4.4": "F", "FIX.4.2": "2"}
"""ExecType (150) of a fill that is the last."""

DATED_NS = 6 * 10**9
"""How long dated orders live. They have to come in before they expire, however slow the machine is."""

every_version = pytest.mark.parametrize(("version", "comp_id"), VERSIONS)


@pytest.fixture
def other(shared_venue: VenueProcess) -> Iterator[SyncClient]:
    """Who trades with the brokers."""
    with trader(shared_venue, "TRADR1") as client:
        yield client


def logged_on(venue: VenueProcess, version: str, comp_id: str) -> FixClient:
    client = FixClient(comp_id, version)
    client.log_on(venue.ports.fix, reset=True)
    client.sync()
    client.inbox.clear()
    return client


# ---- over kill -9 --------------------------------------------------------------------------------------------------


def test_stops_outlive_kill_9_and_their_owners_are_told_when_a_trade_triggers_them(make_venue: MakeVenue) -> None:
    venue = make_venue()
    brokers = [FixClient(comp_id, version) for version, comp_id in VERSIONS]
    for broker in brokers:
        broker.log_on(venue.ports.fix)
        report = send_order(broker, "stop", "AAPL", BUY, "10", "3", (99, "231"))
        assert report.picked(150, 39, 40, 99, 151) == ("0", "0", "3", "231", "10")
        expiry = utc_text(time.time_ns() + DATED_NS)
        assert send_order(broker, "dated", "GOOG", BUY, "5", "2", (44, "180"), (59, "6"), (126, expiry))[126] == expiry
    with trader(venue, "TRADR3") as owner:
        owner.new_order("AAPL", Side.BUY, 10, trigger=stop("231"))
        (accepted,) = told(owner, Accepted)
        assert accepted.special.wait == Wait.TRIGGER
        number = owner.next_number
    venue.kill()
    venue.restart()
    for broker in brokers:
        broker.log_on(venue.ports.fix)
    with ExitStack() as stack:
        owner = stack.enter_context(trader(venue, "TRADR3", number))
        seller = stack.enter_context(trader(venue, "TRADR1"))
        buyer = stack.enter_context(trader(venue, "TRADR2"))
        seller.new_order("AAPL", Side.SELL, 100, "231")
        told(seller, Accepted)
        buyer.new_order("AAPL", Side.BUY, 1, "231")
        triggered, filled = told(owner, Triggered, Executed)
        assert (triggered.special.wait, filled.last_px, filled.status) == (Wait.TURN, Decimal(231), OrdStatus.FILLED)
        assert [event.last_qty for event in told(seller, *[Executed] * 4)] == [1, 10, 10, 10]
    for broker in brokers:
        reports = {(m[11], m[150]): m for m in (broker.receive("8") for _ in range(3))}
        version = broker.begin_string
        assert reports.keys() == {("dated", "C"), ("stop", "D"), ("stop", FILLED[version])}
        assert reports["stop", "D"].picked(378, 39, 151) == (RESTATED[version], "0", "10")
        assert reports["stop", FILLED[version]].picked(31, 32, 39, 151) == ("231", "10", "2", "0")
        assert reports["dated", "C"].picked(39, 151, 14) == ("C", "0", "0")
        broker.log_out()
    assert venue.stop() == 0
    assert "state hashes: 1 compared, all equal" in verified(venue)
    shown = dumped(venue)
    for expected in ("OrderTriggered", "OrderUpdated", "OrderExpired", "GOOD_TILL_DATE", "ENTERED"):
        assert expected in shown


def test_a_bracket_goes_on_after_kill_9_at_every_stage_of_its_life(make_venue: MakeVenue) -> None:
    venue = make_venue()
    broker = FixClient("BROKER1")
    broker.log_on(venue.ports.fix)
    accepted = send_list(
        broker,
        "L",
        "100",
        order_pairs("entry", "AAPL", BUY, "10", "2", (44, "230")),
        order_pairs("profit", "AAPL", SELL, "10", "2", (44, "240")),
        order_pairs("loss", "AAPL", SELL, "10", "3", (99, "220")),
    )
    assert [report.picked(11, 66, 150, 636) for report in accepted] == [
        ("entry", "L", "0", "Y"), ("profit", "L", "0", "N"), ("loss", "L", "0", "N")
    ]  # fmt: skip
    stages = [
        (Side.SELL, "230", [("entry", "F", "2"), ("profit", "D", "0"), ("loss", "D", "0")]),
        (Side.BUY, "240", [("profit", "F", "2"), ("loss", "4", "4")]),
    ]
    for side, price, expected in stages:
        venue.kill()
        venue.restart()
        broker.log_on(venue.ports.fix)
        with trader(venue, "TRADR1") as other:
            other.new_order("AAPL", side, 10, price)
            told(other, Accepted, Executed)
        assert [broker.receive("8").picked(11, 150, 39) for _ in expected] == expected
    assert broker.receive("N").picked(66, 429, 431) == ("L", "5", "6")
    venue.kill()
    venue.restart()
    broker.log_on(venue.ports.fix)
    broker.send("M", [(66, "L")])
    status = broker.receive("N")
    assert [*status.picked(429, 431), *status.all(39)] == ["2", "6", "2", "2", "4"]
    broker.mass_status("left")
    assert broker.receive("8").picked(150, 39, 911) == ("I", "8", "0")
    venue.kill()
    verified(venue)


# ---- while it runs -------------------------------------------------------------------------------------------------


@every_version
def test_an_icebergs_refreshes_show_only_the_displayed_part(
    shared_venue: VenueProcess, other: SyncClient, version: str, comp_id: str
) -> None:
    broker = logged_on(shared_venue, version, comp_id)
    report = send_order(broker, "ice", "GOOG", SELL, "50", "2", (44, "190"), (111, "20"))
    assert report.picked(150, 111, 151) == ("0", "20", "50")
    send_order(broker, "hidden", "GOOG", SELL, "7", "2", (44, "191"), (111, "0"))
    assert shown_levels(broker, "GOOG") == [("1", "190", "20", "1")]
    for qty, shown in ((5, "15"), (15, "20"), (20, "10")):
        other.new_order("GOOG", Side.BUY, qty, "190")
        told(other, Accepted, Executed)
        assert broker.receive("8").picked(11, 32) == ("ice", str(qty))
        assert shown_levels(broker, "GOOG") == [("1", "190", shown, "1")]
        (level,) = other.book("GOOG").offers
        assert (level.price, level.qty) == (Decimal(190), Decimal(shown))
    other.new_order("GOOG", Side.BUY, 17, "191")
    told(other, Accepted, Executed, Executed)
    assert [broker.receive("8").picked(11, 39) for _ in range(2)] == [("ice", "2"), ("hidden", "2")]
    assert shown_levels(broker, "GOOG") == []
    broker.log_out()


@every_version
def test_a_brackets_whole_life(shared_venue: VenueProcess, other: SyncClient, version: str, comp_id: str) -> None:
    broker = logged_on(shared_venue, version, comp_id)
    accepted = send_list(
        broker,
        "B",
        "100",
        order_pairs("b-entry", "AMZN", BUY, "10", "2", (44, "220")),
        order_pairs("b-profit", "AMZN", SELL, "10", "2", (44, "230")),
        order_pairs("b-loss", "AMZN", SELL, "10", "4", (99, "210"), (44, "205")),
    )
    assert [report.picked(11, 150, 39) for report in accepted] == [
        ("b-entry", "0", "0"), ("b-profit", "0", "0"), ("b-loss", "0", "0")
    ]  # fmt: skip
    assert shown_levels(broker, "AMZN") == [("0", "220", "10", "1")]
    other.new_order("AMZN", Side.SELL, 4, "220")
    told(other, Accepted, Executed)
    assert broker.receive("8").picked(11, 39, 151) == ("b-entry", "1", "6")
    other.new_order("AMZN", Side.SELL, 6, "220")
    told(other, Accepted, Executed)
    assert broker.receive("8").picked(11, 150, 39) == ("b-entry", FILLED[version], "2")
    released = [broker.receive("8") for _ in range(2)]
    assert [report.picked(11, 150, 378) for report in released] == [
        ("b-profit", "D", RESTATED[version]), ("b-loss", "D", RESTATED[version])
    ]  # fmt: skip
    assert shown_levels(broker, "AMZN") == [("1", "230", "10", "1")]
    other.new_order("AMZN", Side.BUY, 10, "230")
    told(other, Accepted, Executed)
    assert broker.receive("8").picked(11, 150, 39, 31) == ("b-profit", FILLED[version], "2", "230")
    canceled = broker.receive("8")
    assert canceled.picked(11, 150, 39, 14, 151) == ("b-loss", "4", "4", "0", "0")
    assert broker.receive("N").picked(66, 429, 431) == ("B", "5", "6")
    assert shown_levels(broker, "AMZN") == []
    broker.log_out()


def test_dated_orders_expire_by_the_clock_in_every_protocol(shared_venue: VenueProcess) -> None:
    brokers = [logged_on(shared_venue, version, comp_id) for version, comp_id in VERSIONS]
    with trader(shared_venue, "TRADR2") as owner:
        expire_ns = time.time_ns() + DATED_NS
        for broker in brokers:
            send_order(broker, "gtd", "GOOG", BUY, "5", "2", (44, "150"), (59, "6"), (126, utc_text(expire_ns)))
        owner.new_order("GOOG", Side.BUY, 5, "150", expire=expire_ns)
        (accepted,) = told(owner, Accepted)
        assert isinstance(accepted.special, Special)
        (expired,) = told(owner, Expired)
        assert expired.reason == CancelReason.GOOD_TILL_DATE
        assert expired.transact_time_ns >= expire_ns == accepted.special.expire_ns
        assert owner.book("GOOG").bids == []
    for broker in brokers:
        assert broker.receive("8").picked(11, 150, 39, 151) == ("gtd", "C", "C", "0")
        broker.log_out()


def test_post_only_orders_are_refused_or_repriced_as_asked(shared_venue: VenueProcess, other: SyncClient) -> None:
    broker = logged_on(shared_venue, "FIX.4.4", "BROKER1")
    other.new_order("AAPL", Side.SELL, 10, "230")
    told(other, Accepted)
    refused = send_order(broker, "po1", "AAPL", BUY, "1", "2", (44, "230"), (18, "6"))
    assert refused.picked(150, 39, 103, 58) == ("8", "8", "99", "post-only order would take")
    repriced = send_order(broker, "po2", "AAPL", BUY, "1", "2", (44, "230"), (7001, "2"))
    assert repriced.picked(150, 44) == ("0", "229.99")
    with trader(shared_venue, "TRADR2") as third:
        third.new_order("AAPL", Side.BUY, 1, "231", post_only=PostOnly.REJECT)
        told(third, Rejected)
    other.mass_cancel("AAPL")
    broker.log_out()
