"""A FIX client and a binary client trade with each other; what the two are told agrees to the last digit."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from fix_client import FixClient, FixMessage, utc_now
from venue_process import VenueProcess

from clients import Accepted, Canceled, CancelRejected, Executed, MassCancelReport, Rejected, Replaced, Side, SyncClient
from clients.events import Report
from engine.types import OrdRejReason, OrdStatus, TimeInForce

BUY, SELL = "1", "2"
WAIT_S = 60.0


@pytest.fixture(scope="module")
def broker_store() -> FixClient:
    """The broker's numbers and messages outlive its connections."""
    return FixClient("BROKER1")


@pytest.fixture
def broker(shared_venue: VenueProcess, broker_store: FixClient) -> Iterator[FixClient]:
    client = broker_store
    client.log_on(shared_venue.ports.fix)
    client.mass_cancel(next(_NAMES))
    while client.receive().type != "r":
        pass
    yield client
    client.close()


@pytest.fixture
def trader(shared_venue: VenueProcess) -> Iterator[SyncClient]:
    with SyncClient("127.0.0.1", shared_venue.ports.binary, "TRADR1", "demo", next_number=0) as client:
        client.mass_cancel()
        while not isinstance(client.next_event(WAIT_S), MassCancelReport):
            pass
        yield client


@pytest.fixture
def names() -> Iterator[str]:
    return _NAMES


def _count_names() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"order-{number}"


_NAMES = _count_names()
"""ClOrdIDs are unique over the venue's day, so over all the tests of the module."""


def reported(client: SyncClient, kind: type[Report]) -> Report:
    event = client.next_event(WAIT_S)
    assert type(event) is kind, f"{kind.__name__} expected: {event}"
    return event


def executed(client: SyncClient) -> Executed:
    event = reported(client, Executed)
    assert isinstance(event, Executed)
    return event


def assert_fix_fill(report: FixMessage, *, status: str, qty: str, price: str, cum: str, leaves: str) -> None:
    assert report.picked(35, 150, 39, 32, 31, 14, 151) == ("8", "F", status, qty, price, cum, leaves)


def assert_one_trade(fix: FixMessage, binary: Executed) -> None:
    """Both sides speak of the same trade."""
    assert fix[527] == str(binary.trade_id)
    assert Decimal(fix[31]) == binary.last_px
    assert Decimal(fix[32]) == binary.last_qty
    assert fix[17] == f"{binary.trade_id}{'A' if binary.added_liquidity else 'R'}"
    assert (fix[851] == "1") != binary.added_liquidity
    assert {fix[54], str(int(binary.side))} == {BUY, SELL}


def test_partial_fills_and_fees_agree_on_both_sides(
    broker: FixClient, trader: SyncClient, names: Iterator[str]
) -> None:
    mine = next(names)
    broker.new_order(mine, "BTC/USDT", BUY, "1", "60000")
    accepted = broker.receive("8")
    assert accepted.picked(150, 39, 11, 14, 151, 6, 1) == ("0", "0", mine, "0", "1", "0", "BROKER1")

    theirs = trader.new_order("BTC/USDT", Side.SELL, "0.4", "59000")
    ack = reported(trader, Accepted)
    assert isinstance(ack, Accepted)
    assert (ack.cl_ord_id, ack.leaves_qty, ack.status) == (theirs, Decimal("0.4"), OrdStatus.NEW)
    fill = executed(trader)
    assert (fill.last_px, fill.last_qty, fill.leaves_qty, fill.status) == (
        Decimal(60000),
        Decimal("0.4"),
        Decimal(0),
        OrdStatus.FILLED,
    )
    assert fill.fee == Decimal("0.4") * 60000 * Decimal("0.002")
    partial = broker.receive("8")
    assert_fix_fill(partial, status="1", qty="0.4", price="60000", cum="0.4", leaves="0.6")
    assert Decimal(partial[12]) == Decimal("0.4") * 60000 * Decimal("0.001")
    assert_one_trade(partial, fill)

    trader.new_order("BTC/USDT", Side.SELL, "2", "60000", tif=TimeInForce.IOC)
    reported(trader, Accepted)
    fill = executed(trader)
    assert (fill.last_qty, fill.leaves_qty) == (Decimal("0.6"), Decimal("1.4"))
    rest = trader.next_event(WAIT_S)
    assert type(rest).__name__ in ("Canceled", "Expired")
    whole = broker.receive("8")
    assert_fix_fill(whole, status="2", qty="0.6", price="60000", cum="1", leaves="0")
    assert whole[6] == "60000"
    assert_one_trade(whole, fill)


def test_the_older_version_reports_fills_its_own_way(
    shared_venue: VenueProcess, trader: SyncClient, names: Iterator[str]
) -> None:
    broker = FixClient("BROKER2", "FIX.4.2")
    broker.log_on(shared_venue.ports.fix)
    mine, replaced = next(names), next(names)
    broker.new_order(mine, "ETH/USDT", SELL, "5", "3300")
    assert broker.receive("8").picked(20, 150, 39) == ("0", "0", "0")
    broker.replace(replaced, mine, "ETH/USDT", SELL, "4", "3300")
    assert broker.receive("8").picked(20, 150, 39, 41, 11, 151) == ("0", "5", "5", mine, replaced, "4")
    trader.new_order("ETH/USDT", Side.BUY, "1", "3300")
    reported(trader, Accepted)
    fill = executed(trader)
    report = broker.receive("8")
    assert report.picked(20, 150, 39, 32, 31, 14, 151) == ("0", "1", "1", "1", "3300", "1", "3")
    assert report[17] == f"{fill.trade_id}R"
    trader.new_order("ETH/USDT", Side.BUY, "3", "3300")
    reported(trader, Accepted)
    executed(trader)
    assert broker.receive("8").picked(150, 39, 14, 151) == ("2", "2", "4", "0")
    broker.new_order(replaced, "ETH/USDT", SELL, "1", "3300")
    assert broker.receive("8").picked(150, 39, 103, 14, 151) == ("8", "2", "6", "4", "0")
    broker.log_out()


def test_cancel_replace_and_what_comes_too_late(broker: FixClient, trader: SyncClient, names: Iterator[str]) -> None:
    first, second, third, fourth = (next(names) for _ in range(4))
    broker.new_order(first, "SOL/USDT", BUY, "10", "150")
    order_id = broker.receive("8")[37]
    broker.replace(second, first, "SOL/USDT", BUY, "8", "151")
    report = broker.receive("8")
    assert report.picked(150, 39, 37, 11, 41, 38, 44, 151) == ("5", "0", order_id, second, first, "8", "151", "8")
    broker.cancel(third, second, "SOL/USDT", BUY)
    report = broker.receive("8")
    assert report.picked(150, 39, 37, 11, 41, 151, 14) == ("4", "4", order_id, third, second, "0", "0")
    broker.cancel(fourth, second, "SOL/USDT", BUY)
    assert broker.receive("9").picked(434, 102, 11, 41, 39) == ("1", "0", fourth, second, "4")

    resting = trader.new_order("SOL/USDT", Side.SELL, "7", "160")
    reported(trader, Accepted)
    renamed = trader.replace(resting, qty="5")
    replaced = reported(trader, Replaced)
    assert isinstance(replaced, Replaced)
    assert (replaced.orig_cl_ord_id, replaced.leaves_qty, replaced.kept_priority) == (resting, Decimal(5), True)
    asked = trader.cancel(renamed)
    canceled = reported(trader, Canceled)
    assert isinstance(canceled, Canceled)
    assert (canceled.cl_ord_id, canceled.orig_cl_ord_id) == (asked, renamed)
    trader.cancel(renamed, symbol="SOL/USDT", side=Side.SELL)
    reported(trader, CancelRejected)


def test_mass_cancel_takes_what_it_names_and_reports_it(
    broker: FixClient, trader: SyncClient, names: Iterator[str]
) -> None:
    kept, *taken = (next(names) for _ in range(4))
    broker.new_order(kept, "ADA/USDT", BUY, "100", "0.4")
    for name in taken:
        broker.new_order(name, "XRP/USDT", BUY, "100", "0.5")
    for _ in range(4):
        assert broker.receive("8")[150] == "0"
    broker.mass_cancel(next(names), "XRP/USDT")
    canceled = [broker.receive("8") for _ in taken]
    assert {(report[150], report[11]) for report in canceled} == {("4", name) for name in taken}
    assert broker.receive("r").picked(530, 531, 533, 55) == ("1", "1", "3", "XRP/USDT")
    broker.mass_status("open")
    assert broker.receive("8").picked(150, 11, 584, 911, 912) == ("I", kept, "open", "1", "Y")
    broker.mass_cancel(next(names))
    assert broker.receive("8").picked(150, 11) == ("4", kept)
    assert broker.receive("r").picked(531, 533) == ("7", "1")

    for price in ("0.6", "0.7"):
        trader.new_order("XRP/USDT", Side.SELL, "100", price)
        reported(trader, Accepted)
    trader.new_order("XRP/USDT", Side.BUY, "100", "0.3")
    reported(trader, Accepted)
    trader.mass_cancel("XRP/USDT", Side.SELL)
    assert {type(trader.next_event(WAIT_S)) for _ in range(2)} == {Canceled}
    report = reported(trader, MassCancelReport)
    assert isinstance(report, MassCancelReport)
    assert (report.total_affected_orders, report.rejected) == (2, False)
    assert [order.side for order in trader.open_orders()] == [Side.BUY]


def test_status_of_open_ended_and_unknown_orders(broker: FixClient, trader: SyncClient, names: Iterator[str]) -> None:
    open_, ended = next(names), next(names)
    broker.new_order(open_, "AAPL", BUY, "10", "200")
    broker.receive("8")
    theirs = trader.new_order("AAPL", Side.SELL, "4", "200")
    broker.receive("8")
    broker.order_status(open_, "AAPL", BUY)
    assert broker.receive("8").picked(150, 39, 11, 14, 151, 6) == ("I", "1", open_, "4", "6", "200")
    broker.cancel(ended, open_, "AAPL", BUY)
    broker.receive("8")
    broker.order_status(open_, "AAPL", BUY)
    assert broker.receive("8").picked(150, 39, 14, 151) == ("I", "4", "4", "0")
    broker.order_status("nobody-knows", "AAPL", BUY)
    assert broker.receive("8").picked(150, 39, 37) == ("I", "8", "NONE")
    broker.mass_status("none")
    assert broker.receive("8").picked(150, 39, 584, 911, 912) == ("I", "8", "none", "0", "Y")

    state = trader.order_status(theirs)
    assert state is not None
    assert (state.status, state.cum_qty, state.leaves_qty, state.avg_px) == (
        OrdStatus.FILLED,
        Decimal(4),
        Decimal(0),
        Decimal(200),
    )
    assert trader.order_status(theirs + 10**6) is None


def test_both_protocols_show_the_same_book(broker: FixClient, trader: SyncClient, names: Iterator[str]) -> None:
    for price, qty in (("180", "10"), ("179.5", "20"), ("180", "5")):
        broker.new_order(next(names), "GOOG", BUY, qty, price)
    trader.new_order("GOOG", Side.SELL, 7, "181.25")
    trader.new_order("GOOG", Side.SELL, 8, "182")
    broker.sync()
    book = trader.book("GOOG", levels=2)
    assert [(level.price, level.qty, level.orders) for level in book.bids] == [
        (Decimal(180), Decimal(15), 2),
        (Decimal("179.5"), Decimal(20), 1),
    ]
    assert [(level.price, level.qty) for level in book.offers] == [
        (Decimal("181.25"), Decimal(7)),
        (Decimal(182), Decimal(8)),
    ]
    assert [broker.receive("8")[150] for _ in range(3)] == ["0"] * 3
    broker.market_data("md-1", "GOOG", 2)
    shown = broker.receive("W")
    assert shown.picked(262, 55, 268) == ("md-1", "GOOG", "4")
    entries = list(zip(shown.all(269), shown.all(270), shown.all(271), strict=True))
    assert entries == [("0", "180", "15"), ("0", "179.5", "20"), ("1", "181.25", "7"), ("1", "182", "8")]
    broker.market_data("md-2", "NO/SUCH", 2)
    assert broker.receive("Y").picked(262, 281) == ("md-2", "0")


def test_what_the_venue_refuses_says_why(broker: FixClient, trader: SyncClient, names: Iterator[str]) -> None:
    live = next(names)
    broker.new_order(live, "DOGE/USDT", BUY, "1000", "0.14")
    broker.receive("8")
    trader.new_order("DOGE/USDT", Side.SELL, 400, "0.14")
    broker.receive("8")
    broker.new_order(live, "DOGE/USDT", BUY, "77", "0.13")
    duplicate = broker.receive("8")
    assert duplicate.picked(150, 39, 103, 11, 14, 151) == ("8", "1", "6", live, "400", "600")

    refused = [
        (("NO/SUCH", "1", "1"), OrdRejReason.UNKNOWN_SYMBOL),
        (("BTC/USDT", "0.000001", "60000"), OrdRejReason.INCORRECT_QUANTITY),
        (("BTC/USDT", "1", "60000.001"), None),
        (("BTC/USDT", "9000", "5000000"), OrdRejReason.ORDER_EXCEEDS_LIMIT),
        (("BTC/USDT", "0.00001", "1"), None),
    ]
    for (symbol, qty, price), reason in refused:
        name = next(names)
        broker.new_order(name, symbol, BUY, qty, price)
        report = broker.receive("8")
        assert report.picked(150, 39, 11, 14, 151) == ("8", "8", name, "0", "0"), report
        assert report.get(58), report
        if reason is not None:
            assert report[103] == str(int(reason)), report

    taken = trader.new_order("DOGE/USDT", Side.SELL, 100, "0.2")
    events = [trader.next_event(WAIT_S) for _ in range(3)]
    assert [type(event) for event in events] == [Accepted, Executed, Accepted]
    trader.new_order("DOGE/USDT", Side.SELL, 100, "0.2", cl_ord_id=taken)
    rejected = reported(trader, Rejected)
    assert isinstance(rejected, Rejected)
    assert (rejected.cl_ord_id, rejected.reason) == (taken, OrdRejReason.DUPLICATE_ORDER)


def test_an_account_that_is_not_the_sessions_own_is_refused_for_everything(
    broker: FixClient, names: Iterator[str]
) -> None:
    stranger = (1, "BROKER2")
    live = next(names)
    broker.new_order(live, "BTC/USDT", BUY, "1", "60000")
    broker.receive("8")
    broker.new_order(next(names), "BTC/USDT", BUY, "1", "60000", extra=(stranger,))
    assert broker.receive("8").picked(150, 39, 103) == ("8", "8", str(int(OrdRejReason.UNKNOWN_ACCOUNT)))
    about = [(41, live), (11, next(names)), (55, "BTC/USDT"), (54, BUY), (60, utc_now()), stranger]
    broker.send("F", about)
    assert broker.receive("9").picked(434, 102, 41) == ("1", "99", live)
    about[1] = (11, next(names))
    broker.send("G", [*about, (38, "2"), (40, "2"), (44, "60000")])
    assert broker.receive("9").picked(434, 102, 41) == ("2", "99", live)
    broker.send("q", [(11, next(names)), (530, "7"), (60, utc_now()), stranger])
    assert broker.receive("r").picked(531, 532) == ("0", "99")
    broker.order_status(live, "BTC/USDT", BUY)
    assert broker.receive("8").picked(150, 39, 151) == ("I", "0", "1")


def test_nobody_spends_more_than_there_is(trader: SyncClient, shared_venue: VenueProcess) -> None:
    with SyncClient("127.0.0.1", shared_venue.ports.binary, "TRADR3", "demo", next_number=0) as seller:
        for _ in range(10):
            seller.new_order("AAPL", Side.SELL, 10_000_000, "400")
            reported(seller, Accepted)
        for _ in range(90):
            seller.new_order("AAPL", Side.SELL, 10_000_000, "400")
        verdicts = [seller.next_event(WAIT_S) for _ in range(90)]
        assert all(type(verdict) is Accepted for verdict in verdicts)
        seller.new_order("AAPL", Side.SELL, 1, "400")
        rejected = reported(seller, Rejected)
        assert isinstance(rejected, Rejected)
        assert rejected.reason == OrdRejReason.ORDER_EXCEEDS_LIMIT
        assert "AAPL" in rejected.text
        seller.mass_cancel("AAPL")
        canceled = [seller.next_event(WAIT_S) for _ in range(101)]
        assert [type(event) for event in canceled] == [Canceled] * 100 + [MassCancelReport]
        seller.new_order("AAPL", Side.SELL, 1, "400", tif=TimeInForce.IOC)
        reported(seller, Accepted)
