"""Auctions at a venue's ports: opened by a schedule, over ``kill -9``, and by an operator; one price for everybody."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fix_client import FixClient
from special_orders import BUY, SELL, dumped, operator, send_order, shown_levels, told, trader, verified
from venue_process import ROOT, MakeVenue, VenueProcess

from clients import Accepted, Executed, Expired, Rejected, Side
from engine.types import CancelReason, OrdRejReason, TimeInForce
from tradeengine.admin_client import AdminClient

AUCTION = timedelta(minutes=5)
OPENS_IN = timedelta(seconds=4)
"""A venue can be killed and started in that time; it need not."""
UNTIL_S = 60.0


def auctions(path: Path) -> Path:
    """The auctions profile, with ACME in an opening auction for as long as nobody changes that."""
    lines = (ROOT / "config" / "auctions.yaml").read_text().splitlines()
    first = next(n for n, line in enumerate(lines) if "schedule:" in line)
    holidays = next(n for n, line in enumerate(lines) if "holidays:" in line)
    now = datetime.now(UTC)
    lines[first + 1 : holidays + 1] = [f'      - {{at: "{now - AUCTION:%H:%M:%S}", phase: OPENING_AUCTION}}']
    text = "\n".join(lines).replace("time_zone: America/New_York", "time_zone: UTC")
    far = f"{now + timedelta(hours=12):%H:%M}"
    path.write_text(text.replace('roll: "17:00"', f'roll: "{far}"').replace('roll: "20:00"', f'roll: "{far}"') + "\n")
    return path


def let_open_soon(desk: AdminClient) -> None:
    """By the schedule, a few seconds from now."""
    opening = datetime.now(UTC) + OPENS_IN
    phases = {opening - AUCTION: "OPENING_AUCTION", opening: "CONTINUOUS"}
    entries = sorted((f"{at:%H:%M:%S}", phase) for at, phase in phases.items())
    schedule = [{"at": at, "phase": phase} for at, phase in entries]
    desk.post("instruments", "ACME", "changes", body={"schedule": schedule})


def until(found: Callable[[], Any], complaint: str) -> Any:
    """What ``found`` gives as soon as it gives something."""
    end = time.monotonic() + UNTIL_S
    while not (value := found()):
        assert time.monotonic() < end, complaint
    return value


def test_a_schedule_opens_by_an_auction_at_one_price_also_over_kill_9(make_venue: MakeVenue, tmp_path: Path) -> None:
    venue = make_venue(config=auctions(tmp_path / "auctions.yaml"))
    desk = operator(venue)
    broker = FixClient("BROKER2")
    broker.log_on(venue.ports.fix)
    with trader(venue, "TRADR1") as client:
        client.new_order("ACME", Side.SELL, 60, "99")
        client.new_order("ACME", Side.SELL, 40, "100")
        client.new_order("ACME", Side.SELL, 50, tif=TimeInForce.AT_THE_OPENING, price="104")
        client.new_order("ACME", Side.SELL, 1, "100", tif=TimeInForce.IOC)
        rejected = told(client, Accepted, Accepted, Accepted, Rejected)[-1]
        assert rejected.reason == OrdRejReason.EXCHANGE_CLOSED
        assert send_order(broker, "limit", "ACME", BUY, "70", "2", (44, "101"))[150] == "0"
        assert send_order(broker, "market", "ACME", BUY, "20", "1", (59, "2"))[150] == "0"
        indicative = until(lambda: desk.market("ACME", "top", {})["indicative"], "no indicative price is published")
        number = client.next_number
    assert (indicative["px"], indicative["qty"]) == ("100", "90")
    let_open_soon(desk)
    venue.kill()
    venue.restart()
    broker.log_on(venue.ports.fix)
    with trader(venue, "TRADR1", number) as client:
        fills = told(client, Executed, Executed, Executed)
        (expired,) = told(client, Expired)
        assert expired.reason == CancelReason.AUCTION_OVER
        assert {(fill.last_px, fill.auction) for fill in fills} == {(Decimal(100), True)}
        assert sum(fill.last_qty for fill in fills) == 90
    reports = [broker.receive("8") for _ in range(3)]
    assert {report[31] for report in reports} == {"100"}
    assert [report[11] for report in reports if report[39] == "2"] == ["market", "limit"]
    assert not any(851 in report for report in reports)
    top = operator(venue).market("ACME", "top", {})
    assert (top["phase"], top["reference_px"], top["indicative"]) == ("CONTINUOUS", "100", None)
    assert shown_levels(broker, "ACME") == [("1", "100", "10", "1")]
    broker.log_out()
    assert venue.stop() == 0
    assert "all equal" in verified(venue)
    shown = dumped(venue)
    for expected in ("AuctionIndicated", "AuctionStarted", "AuctionEnded", "TradingPhaseChanged", "uncross"):
        assert expected in shown


@pytest.fixture
def broker(shared_venue: VenueProcess) -> Iterator[FixClient]:
    client = FixClient("BROKER1", "FIX.4.2")
    client.log_on(shared_venue.ports.fix, reset=True)
    yield client
    client.log_out()


def test_an_operator_calls_an_auction_and_ends_it(shared_venue: VenueProcess, broker: FixClient) -> None:
    desk = operator(shared_venue)
    with trader(shared_venue, "TRADR1") as client:
        client.new_order("SOL/USDT", Side.BUY, 10, "149", tif=TimeInForce.GOOD_FOR_AUCTION)
        (waiting,) = told(client, Accepted)
        assert shown_levels(broker, "SOL/USDT") == []
        desk.post("instruments", "SOL/USDT", "phase", body={"phase": "INTRADAY_AUCTION", "reason": "news"})
        assert shown_levels(broker, "SOL/USDT") == [("0", "149", "10", "1")]
        client.new_order("SOL/USDT", Side.BUY, 10, "152", tif=TimeInForce.IOC)
        client.new_order("SOL/USDT", Side.BUY, 10, "152")
        told(client, Rejected, Accepted)
        assert send_order(broker, "s1", "SOL/USDT", SELL, "15", "2", (44, "148"))[39] == "0"
        desk.post("instruments", "SOL/USDT", "phase", body={"phase": "CONTINUOUS"})
        first, second = told(client, Executed, Executed)
        assert first.last_px == second.last_px
        assert (first.last_qty, second.last_qty) == (10, 5)
        (expired,) = told(client, Expired)
        assert (expired.cl_ord_id, expired.reason) == (waiting.cl_ord_id, CancelReason.AUCTION_OVER)
        fills = [broker.receive("8") for _ in range(2)]
        assert [fill.picked(150, 39, 32) for fill in fills] == [("1", "1", "10"), ("2", "2", "5")]
        assert {Decimal(fill[31]) for fill in fills} == {first.last_px}
        trades = desk.market("SOL/USDT", "trades", {})["trades"]
        assert [(trade["auction"], Decimal(trade["px"])) for trade in trades] == [(True, first.last_px)] * 2


def test_a_reference_price_set_by_an_operator_triggers_what_watches_it(
    shared_venue: VenueProcess, broker: FixClient
) -> None:
    desk = operator(shared_venue)
    watching = ((1100, "4"), (1102, "3000"), (1107, "100"), (1109, "D"))
    accepted = send_order(broker, "ref", "ETH/USDT", BUY, "1", "2", (44, "3100"), *watching)
    assert accepted.picked(150, 39, 99) == ("0", "0", "3000")
    desk.post("instruments", "ETH/USDT", "reference-price", body={"px": "3000"})
    assert broker.receive("8").picked(11, 150, 378) == ("ref", "D", "4")
    assert shown_levels(broker, "ETH/USDT") == [("0", "3100", "1", "1")]
    desk.post("instruments", "ETH/USDT", "cancel-orders")
    assert broker.receive("8").picked(11, 150, 39) == ("ref", "4", "4")


def test_a_trade_that_never_was_is_told_to_both(shared_venue: VenueProcess, broker: FixClient) -> None:
    desk = operator(shared_venue)
    with trader(shared_venue, "TRADR1") as client:
        send_order(broker, "b1", "AMZN", BUY, "10", "2", (44, "200"))
        client.new_order("AMZN", Side.SELL, 10, "200")
        executed = told(client, Accepted, Executed)[-1]
        fill = broker.receive("8")
        assert fill[17] == f"{executed.trade_id}R"
        trade = "trades", str(executed.trade_id)
        desk.post(*trade, "correct", body={"px": "199", "qty": "10", "reason": "wrong price"})
        assert type(client.next_event(UNTIL_S)).__name__ == "TradeCorrected"
        corrected = broker.receive("8")
        assert corrected.picked(20, 17, 19, 31) == ("2", f"{fill[17]}.1", fill[17], "199")
        desk.post(*trade, "bust", body={"reason": "clearly erroneous"})
        busted = client.next_event(UNTIL_S)
        assert type(busted).__name__ == "TradeBusted"
        told_last = broker.receive("8")
        assert told_last.picked(20, 17, 19) == ("1", f"{fill[17]}.2", corrected[17])
        assert told_last.picked(39, 14, 151) == ("4", "0", "0")
    assert shared_venue.running


def test_the_journal_of_all_that_verifies_and_shows_it(shared_venue: VenueProcess, broker: FixClient) -> None:
    desk = operator(shared_venue)
    with trader(shared_venue, "TRADR1") as client:
        desk.post("instruments", "XRP/USDT", "phase", body={"phase": "INTRADAY_AUCTION"})
        send_order(broker, "a1", "XRP/USDT", BUY, "100", "2", (44, "0.55"))
        client.new_order("XRP/USDT", Side.SELL, 60, "0.55")
        told(client, Accepted)
        desk.post("instruments", "XRP/USDT", "phase", body={"phase": "CONTINUOUS"})
        (executed,) = told(client, Executed)
    desk.post("instruments", "XRP/USDT", "reference-price", body={"px": "0.56"})
    desk.post("instruments", "XRP/USDT", "cancel-orders")
    desk.post("trades", str(executed.trade_id), "bust", body={"reason": "clearly erroneous"})
    assert desk.post("state-hashes")["digest"]
    assert "state hashes: 1 compared, all equal" in verified(shared_venue)
    shown = dumped(shared_venue)
    for expected in ("TradingPhaseChanged", "AuctionStarted", "ReferencePriceSet", "BookCanceled", "TradeBusted"):
        assert expected in shown
    assert "operator=ann" in shown
