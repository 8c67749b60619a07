"""``kill -9`` under a load of special orders, lists and phases, with records so small that most cascades and auctions
are cut short: the venue goes on where it was, and everybody is told exactly what the journal holds."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from random import Random
from typing import Any

import pytest
from journal_view import JournalView, told_by_binary, told_by_journal
from special_orders import operator, trader, verified
from venue_process import MakeVenue, VenueProcess

from clients import ConnectionLost, Event, PegKind, PostOnly, Side, SyncClient, peg, stop, touched, trailing
from clients.terms import Order, Terms
from engine.types import Contingency, TimeInForce
from tradeengine.admin_client import AdminClient

SYMBOL = "AAPL"
USERS = ("TRADR1", "TRADR2", "TRADR3")
ROUNDS = 2
ORDERS = 120
MIDDLE = 230
SMALL_RECORDS = {"LIMITS__CASCADE_MAX": "2", "LIMITS__UNCROSS_MAX": "3", "JOURNAL__SEGMENT_BYTES": "1048576"}
PHASES = ("INTRADAY_AUCTION", "CONTINUOUS", "CLOSING_AUCTION", "CONTINUOUS")


class SpecialFlow:
    """Makes up orders around a price, each with something special."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def send(self, client: SyncClient) -> None:
        if self.random.random() < 0.15:
            self._send_list(client)
            return
        side = self.random.choice(list(Side))
        client.new_order(SYMBOL, side, self._qty(), self._price(), tif=self._tif(), **self._terms(side))

    def _qty(self) -> int:
        return self.random.randint(1, 20)

    def _price(self) -> int:
        return MIDDLE + self.random.randint(-4, 4)

    def _tif(self) -> TimeInForce:
        usual = [TimeInForce.GTC] * 8
        return self.random.choice([*usual, TimeInForce.DAY, TimeInForce.IOC, TimeInForce.GOOD_FOR_AUCTION])

    def _terms(self, side: Side) -> Terms:
        choices: list[Terms] = [
            {},
            {"trigger": stop(self._price())},
            {"trigger": touched(self._price())},
            {"trigger": trailing(amount=2, start=self._price())},
            {"peg": peg(self.random.choice(list(PegKind)), self.random.randint(-2, 2))},
            {"display_qty": 3},
            {"hidden": True},
            {"min_qty": 1},
            {"post_only": PostOnly.REPRICE},
        ]
        return self.random.choice(choices)

    def _send_list(self, client: SyncClient) -> None:
        qty = self._qty()
        profit = Order(Side.SELL, qty, self._price() + 3)
        loss = Order(Side.SELL, qty, trigger=stop(self._price() - 3))
        if self.random.random() < 0.5:
            client.new_list(SYMBOL, Contingency.OCO, [profit, loss])
        else:
            client.new_list(SYMBOL, Contingency.BRACKET, [Order(Side.BUY, qty, self._price()), profit, loss])


class Market:
    """Three traders and an operator; what the traders were told over all the venue's lives."""

    def __init__(self, venue: VenueProcess, seed: int) -> None:
        self.venue = venue
        self.random = Random(seed)
        self.flow = SpecialFlow(self.random)
        self.told: dict[str, list[Event]] = {user: [] for user in USERS}

    def trade_until_killed(self) -> None:
        with ExitStack() as stack:
            clients = [stack.enter_context(trader(self.venue, user, len(self.told[user]) + 1)) for user in USERS]
            desk = operator(self.venue)
            for n in range(ORDERS):
                self.flow.send(self.random.choice(clients))
                if n % 15 == 14:
                    self._set_phase(desk, PHASES[n // 15 % len(PHASES)])
            self.venue.kill()
            for user, client in zip(USERS, clients, strict=True):
                with suppress(ConnectionLost):
                    for event in client.events(1.0):
                        self.told[user].append(event)

    def _set_phase(self, desk: AdminClient, phase: str) -> None:
        desk.post("instruments", SYMBOL, "phase", body={"phase": phase})

    def catch_up(self) -> None:
        """Everybody asks for what he has missed; an answer comes behind all of it."""
        for user in USERS:
            with trader(self.venue, user, len(self.told[user]) + 1) as client:
                client.open_orders()
                self.told[user] += client.events(0.0)

    def assert_told_is_journaled(self, view: JournalView, *, whole: bool) -> None:
        for user in USERS:
            reports = view.reports(view.session_id("SOUPBIN", user))
            journaled: list[Any] = [told_by_journal(report) for _, report in sorted(reports.items())]
            mine = [told_by_binary(event) for event in self.told[user]]
            assert mine == (journaled if whole else journaled[: len(mine)]), user


@pytest.mark.parametrize(("durability", "seed"), [("os", 1), ("fsync", 2)])
def test_special_orders_under_kill_9(make_venue: MakeVenue, durability: str, seed: int) -> None:
    venue = make_venue(**{**SMALL_RECORDS, "JOURNAL__DURABILITY": durability})
    market = Market(venue, seed)
    for _ in range(ROUNDS):
        market.trade_until_killed()
        dead = JournalView(venue.data_dir)
        market.assert_told_is_journaled(dead, whole=False)
        dead.assert_conserved()
        venue.restart()
        market.catch_up()
    assert venue.stop() == 0
    view = JournalView(venue.data_dir)
    market.assert_told_is_journaled(view, whole=True)
    view.assert_conserved()
    assert view.hashes == 1
    verified(venue)
    kinds = {type(event).__name__ for _, record in view.records for event in record.events}
    assert {"OrderTriggered", "OrderUpdated", "AuctionStarted", "AuctionEnded"} <= kinds
