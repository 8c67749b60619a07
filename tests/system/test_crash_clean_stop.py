"""A stop in order (SIGTERM) and a restart: numbers go on exactly where they were, orders rest where they lay."""

from __future__ import annotations

from decimal import Decimal

import pytest
from fix_client import ConnectionEnded, FixClient
from journal_view import JournalView
from venue_process import DEMO, MakeVenue, run_command

from clients import Accepted, Executed, Side, SyncClient


@pytest.mark.parametrize("durability", ["os", "fsync"])
def test_numbers_and_orders_go_on_after_a_stop(make_venue: MakeVenue, durability: str) -> None:
    venue = make_venue(JOURNAL__DURABILITY=durability, FIX__LOGOUT_TIMEOUT_S="60")
    brokers = [FixClient("BROKER1"), FixClient("BROKER2", "FIX.4.2")]
    for broker in brokers:
        broker.log_on(venue.ports.fix)
        broker.new_order("rest", "BTC/USDT", "1", "1", "60000")
        assert broker.receive("8")[150] == "0"
    with SyncClient("127.0.0.1", venue.ports.binary, "TRADR1", "demo") as trader:
        trader.new_order("BTC/USDT", Side.SELL, "0.5", "60000", cl_ord_id=1)
        assert [type(trader.next_event(60)) for _ in range(2)] == [Accepted, Executed]
        venue.ask_to_stop()
        assert [broker.await_end() for broker in brokers] == ["the venue is shutting down"] * 2
    assert venue.wait() == 0
    assert brokers[0].receive("8").picked(150, 14) == ("F", "0.5")
    assert JournalView(venue.data_dir).hashes == 1

    venue.start()
    for broker in brokers:
        expected = broker.in_next
        assert broker.log_on(venue.ports.fix).number == expected
        broker.order_status("rest", "BTC/USDT", "1")
        assert broker.receive("8")[34] == str(expected + 1)
        assert not [message for message in broker.arrivals if message.type in ("2", "4") or message.poss_dup]
    with SyncClient("127.0.0.1", venue.ports.binary, "TRADR1", "demo", next_number=3) as trader:
        trader.new_order("BTC/USDT", Side.SELL, "1", "60000", cl_ord_id=2)
        told = [trader.next_event(60) for _ in range(3)]
        assert [type(event) for event in told] == [Accepted, Executed, Executed]
        assert trader.next_number == 6
    # The first in the queue before the stop is the first after it.
    assert brokers[0].receive("8").picked(150, 39, 32, 14) == ("F", "2", "0.5", "1")
    assert brokers[1].receive("8").picked(150, 39, 32, 14) == ("1", "1", "0.5", "0.5")
    for broker in brokers:
        broker.log_out()
    assert venue.stop() == 0
    view = JournalView(venue.data_dir)
    assert view.hashes == 2
    view.assert_conserved()
    assert run_command("journal", "verify", "--config", DEMO, "--data-dir", venue.data_dir).returncode == 0


def test_a_client_that_was_away_during_the_stop_misses_nothing(make_venue: MakeVenue) -> None:
    venue = make_venue()
    broker = FixClient("BROKER1")
    broker.log_on(venue.ports.fix)
    broker.new_order("rest", "ETH/USDT", "2", "2", "3300")
    broker.receive("8")
    broker.log_out()
    with SyncClient("127.0.0.1", venue.ports.binary, "TRADR1", "demo") as trader:
        trader.new_order("ETH/USDT", Side.BUY, "0.5", "3300")
        assert [type(trader.next_event(60)) for _ in range(2)] == [Accepted, Executed]
    assert venue.stop() == 0
    venue.start()
    with SyncClient("127.0.0.1", venue.ports.binary, "TRADR1", "demo", next_number=2) as trader:
        fill = trader.next_event(60)
        assert isinstance(fill, Executed)
        assert (fill.number, fill.cum_qty) == (2, Decimal("0.5"))
    broker.log_on(venue.ports.fix)
    report = broker.receive("8")
    assert report.picked(150, 39, 14) == ("F", "1", "0.5")
    assert report.poss_dup


def test_nobody_gets_in_without_the_right_password(make_venue: MakeVenue) -> None:
    venue = make_venue()
    broker = FixClient("BROKER3")
    with pytest.raises(ConnectionEnded) as refused:
        broker.log_on(venue.ports.fix, password="guess")
    assert str(refused.value)
    stranger = FixClient("NOBODY")
    with pytest.raises(ConnectionEnded):
        stranger.log_on(venue.ports.fix)
    broker = FixClient("BROKER3")
    broker.log_on(venue.ports.fix)
    second = FixClient("BROKER3")
    with pytest.raises(ConnectionEnded):
        second.log_on(venue.ports.fix)
    broker.sync()
