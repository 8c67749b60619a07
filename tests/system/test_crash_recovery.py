"""``kill -9`` under load, again and again on one directory: what each client was told, before and after, is exactly
what the journal holds for it."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import suppress
from random import Random

import pytest
from fix_client import FixClient
from journal_view import JournalView, is_report, told_by_binary, told_by_fix, told_by_journal
from order_flow import ASKING, BinaryTrader, FixTrader, Order, OrderFlow, VenueGone
from venue_process import DEMO, MakeVenue, VenueProcess, run_command

from clients import Rejected
from engine.reports import Report
from engine.types import OrdRejReason

ROUNDS = 4
CHUNK = 25
SETTLED_WITHIN_S = 60.0
REPORTS_BEFORE_KILL = (200, 1200)

Traders = list[FixTrader | BinaryTrader]


class Market:
    """Two brokers and two algorithmic traders on one venue, and everything that they have sent."""

    def __init__(self, venue: VenueProcess, seed: int) -> None:
        self.venue = venue
        self.fix = [FixTrader("BROKER1", "FIX.4.4"), FixTrader("BROKER2", "FIX.4.2")]
        self.binary = [BinaryTrader("TRADR1"), BinaryTrader("TRADR2")]
        self.traders: Traders = [*self.fix, *self.binary]
        self.flows = [OrderFlow(seed * 100 + at, at * 10**6 + 1) for at in range(len(self.traders))]
        self.sent: list[list[Order]] = [[] for _ in self.traders]

    def connect(self) -> None:
        ports = self.venue.ports
        for trader in self.traders:
            trader.port = ports.fix if isinstance(trader, FixTrader) else ports.binary
            trader.connect()

    def trade_until(self, reports: int) -> None:
        """Sends without waiting for answers until so many reports have come."""
        told = 0
        while told < reports:
            for trader, flow, sent in zip(self.traders, self.flows, self.sent, strict=True):
                orders = flow.take(CHUNK)
                sent += orders
                trader.send(orders)
                told += trader.poll()

    def drain(self) -> None:
        """Reads what the dead venue still had sent."""
        for trader in self.traders:
            with suppress(VenueGone):
                while True:
                    trader.poll(1.0)

    def settle(self) -> JournalView:
        """Until all that was sent is decided and everybody has been told everything; the journal as it then is.

        Whoever is not told in time is what the assertions on the view are for.
        """
        for broker in self.fix:
            broker.client.sync()
        for trader in self.binary:
            trader.client.open_orders()
        until = time.monotonic() + SETTLED_WITHIN_S
        while True:
            view = JournalView(self.venue.data_dir)
            told = [self._numbers_told(trader) >= set(self._reports(view, trader)) for trader in self.traders]
            canceling = any(account.mass_cancels for account in view.state.accounts.values())
            if (all(told) and not canceling) or time.monotonic() > until:
                return view
            for waiting in self.traders:
                waiting.poll(0.01)

    def _numbers_told(self, trader: FixTrader | BinaryTrader) -> set[int]:
        if isinstance(trader, FixTrader):
            return {message.number for message in trader.client.arrivals if is_report(message)}
        return set(range(1, len(trader.events) + 1))

    def _reports(self, view: JournalView, trader: FixTrader | BinaryTrader) -> dict[int, Report]:
        return view.reports(view.session_id(trader.protocol, trader.comp_id))

    def leave(self) -> None:
        for broker in self.fix:
            broker.client.log_out()
        for trader in self.binary:
            trader.close()

    # ---- what must be true ----------------------------------------------------------------------------------------

    def assert_told_is_journaled(self, view: JournalView) -> None:
        """Whatever anybody has been told is in the journal, word for word."""
        for broker in self.fix:
            journaled = self._reports(view, broker)
            for message in filter(is_report, broker.client.arrivals):
                assert told_by_fix(message) == told_by_journal(journaled[message.number]), message
        for trader in self.binary:
            journaled = self._reports(view, trader)
            for number, event in enumerate(trader.events, 1):
                assert told_by_binary(event) == told_by_journal(journaled[number]), event

    def assert_journaled_is_told(self, view: JournalView) -> None:
        """Everybody has been told all that the journal has for them; twice only with PossDupFlag."""
        self.assert_told_is_journaled(view)
        for broker in self.fix:
            journaled = self._reports(view, broker)
            arrivals = list(filter(is_report, broker.client.arrivals))
            assert {message.number for message in arrivals} == set(journaled)
            first_time = Counter(message.number for message in arrivals if not message.poss_dup)
            assert not first_time or max(first_time.values()) == 1
        for trader in self.binary:
            journaled = self._reports(view, trader)
            assert list(journaled) == list(range(1, len(trader.events) + 1))

    def assert_decided_once(self, view: JournalView) -> None:
        """What brokers sent, and sent again, was decided on exactly once; nothing of the traders' more than once."""
        for trader, sent in zip(self.traders, self.sent, strict=True):
            decided = view.outcomes(view.session_id(trader.protocol, trader.comp_id))
            times = {len(decided.get(str(order.number), [])) for order in sent if order.kind not in ASKING}
            assert times == {1} if isinstance(trader, FixTrader) else times <= {0, 1}


@pytest.mark.parametrize(("durability", "seed"), [("os", 1), ("fsync", 2)])
def test_after_each_kill_every_client_gets_exactly_what_it_missed(
    make_venue: MakeVenue, durability: str, seed: int
) -> None:
    venue = make_venue(JOURNAL__DURABILITY=durability, JOURNAL__SEGMENT_BYTES="1048576")
    market = Market(venue, seed)
    random = Random(seed)
    for _ in range(ROUNDS):
        market.connect()
        market.settle()
        market.trade_until(random.randint(*REPORTS_BEFORE_KILL))
        venue.kill()
        market.drain()
        dead = JournalView(venue.data_dir)
        market.assert_told_is_journaled(dead)
        dead.assert_conserved()
        venue.start()
        market.connect()
        view = market.settle()
        market.assert_journaled_is_told(view)
        market.assert_decided_once(view)
        view.assert_conserved()
    market.leave()
    assert venue.stop() == 0
    assert JournalView(venue.data_dir).hashes == 1
    verified = run_command("journal", "verify", "--config", DEMO, "--data-dir", venue.data_dir)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_names_used_before_the_crash_are_refused_after_it(make_venue: MakeVenue) -> None:
    venue = make_venue()
    market = Market(venue, seed=3)
    market.connect()
    market.trade_until(300)
    market.settle()
    venue.kill()
    market.drain()
    venue.start()
    market.connect()
    market.settle()
    used = [[order for order in sent if order.kind == "new"][:20] for sent in market.sent]
    for trader, orders in zip(market.traders, used, strict=True):
        trader.send(orders)
    before = [len(trader.events) for trader in market.binary]
    for broker in market.fix:
        broker.client.inbox.clear()
    view = market.settle()
    for broker in market.fix:
        assert [message.picked(150, 103) for message in broker.client.inbox] == [("8", "6")] * 20
    for trader, count in zip(market.binary, before, strict=True):
        refused = [event for event in trader.events[count:] if isinstance(event, Rejected)]
        assert [event.reason for event in refused] == [OrdRejReason.DUPLICATE_ORDER] * 20
    market.assert_journaled_is_told(view)


def test_orders_sent_again_with_possdup_are_not_executed_twice(make_venue: MakeVenue) -> None:
    venue = make_venue()
    market = Market(venue, seed=4)
    market.connect()
    market.trade_until(300)
    venue.kill()
    market.drain()
    venue.start()
    market.connect()
    for broker in market.fix:
        broker.client.sync()
        broker.client.resend(1, broker.client.out_next - 1)
    view = market.settle()
    market.assert_journaled_is_told(view)
    market.assert_decided_once(view)


def test_a_reset_after_the_crash_starts_from_one_and_forgets_no_client_order_id(make_venue: MakeVenue) -> None:
    venue = make_venue()
    broker = FixClient("BROKER1")
    broker.log_on(venue.ports.fix)
    names = [f"order-{number}" for number in range(10)]
    for name in names:
        broker.new_order(name, "BTC/USDT", "1", "0.1", "60000")
    for _ in names:
        broker.receive("8")
    venue.kill()
    venue.start()
    after = FixClient("BROKER1")
    reply = after.log_on(venue.ports.fix, reset=True)
    assert reply.picked(34, 141) == ("1", "Y")
    after.new_order("order-0", "BTC/USDT", "1", "0.1", "60000")
    report = after.receive("8")
    assert report.picked(34, 150, 39, 103) == ("2", "8", "0", "6")
    assert not report.poss_resend
    after.mass_status("all")
    told_again = [after.receive("8") for _ in names]
    assert {message[11] for message in told_again} == set(names)
    assert {message[150] for message in told_again} == {"I"}
