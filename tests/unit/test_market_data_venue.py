"""Market data in a running venue: over HTTP, behind a restart, and behind a crash of its actor."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import venue_in_process as venues
from engine_builders import image
from market_data_replica import Replica
from venue_in_process import BTC_USDT, Client, Clock, running

from actors.market_data import Feed, Subscribe
from actors.messages import Entry, InspectBook
from engine.book import Book
from engine.commands import CancelOrder, NewOrder
from engine.events import Record, TradeExecuted
from engine.market_data.updates import Channel
from engine.types import SCALE, OrdType, Side, TimeInForce
from gateways.http.api import AdminApi
from gateways.http.messages import HttpError, Request
from stores.journal.log import silent
from tradeengine.operations import VenueOperations
from tradeengine.recovery import recover
from tradeengine.venue import Venue

BUY, SELL = Side.BUY, Side.SELL
BTC = "/market/BTC%2FUSDT"
NOW_S = 4_102_740_000
"""2100-01-04 10:00 UTC: after the moment at which the journal is seeded, whenever that is."""


class Public:
    """Somebody who can reach the port and has no token."""

    def __init__(self, venue: Venue | None, settings: Any) -> None:
        self.operations = VenueOperations(settings)
        if venue is not None:
            self.operations.attach(venue, {})
        self._api = AdminApi(self.operations, "a token that nobody here has", lambda event, **fields: None)

    async def ask(self, target: str, method: str = "GET") -> tuple[int, Any]:
        """Status and decoded answer."""
        path, _, query = target.partition("?")
        try:
            response = await self._api.respond(Request(method, path, {}, query=query))
        except HttpError as error:
            response = error.response()
        return response.status, json.loads(response.body)

    async def get(self, target: str) -> Any:
        status, answer = await self.ask(target)
        assert status == 200, answer
        return answer


class World:
    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.public = Public(venue, venue.settings)
        self.client = Client(venue, 1).connect()
        self._sent = 0

    async def order(self, side: Side, px: str, qty: int = 1) -> str:
        self._sent += 1
        name = f"o{self._sent}"
        account_id = 2 if side is BUY else 3
        self.client.send(
            NewOrder(
                1, name, account_id, BTC_USDT, side, OrdType.LIMIT, TimeInForce.GTC, qty * SCALE, int(px) * SCALE
            )
        )  # fmt: skip
        await venues.at_rest(self.venue)
        return name

    async def trade(self) -> None:
        """Two bids, an offer, and a trade of 1 at 101."""
        await self.order(BUY, "100", 3)
        await self.order(BUY, "99", 2)
        await self.order(SELL, "103", 4)
        await self.order(BUY, "101", 2)
        await self.order(SELL, "101", 1)

    @property
    def market(self) -> Any:
        market = self.venue.market_data.market
        assert market is not None
        return market


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with running(venues.settings(tmp_path), Clock(NOW_S * 10**9)) as venue:
        yield World(venue)
        await venues.check(venue)


# ---- over HTTP ----------------------------------------------------------------------------------------------------


async def test_the_book_by_price_and_by_order(world: World) -> None:
    await world.trade()
    book = await world.public.get(f"{BTC}/book")
    assert book == {
        "symbol": "BTC/USDT",
        "sequence": world.market.seq,
        "bids": [
            {"px": "101", "qty": "1", "orders": 1},
            {"px": "100", "qty": "3", "orders": 1},
            {"px": "99", "qty": "2", "orders": 1},
        ],
        "asks": [{"px": "103", "qty": "4", "orders": 1}],
    }
    assert [level["px"] for level in (await world.public.get(f"{BTC}/book?depth=2"))["bids"]] == ["101", "100"]
    orders = await world.public.get(f"{BTC}/orders?depth=1")
    base = BTC_USDT << 40
    assert orders["bids"] == [{"order_id": base + 4, "px": "101", "qty": "1"}]
    assert orders["asks"] == [{"order_id": base + 3, "px": "103", "qty": "4"}]


async def test_the_top_and_the_trades(world: World) -> None:
    top = await world.public.get(f"{BTC}/top")
    nothing = [top[key] for key in ("bid", "ask", "last", "indicative", "limit_state")]
    assert nothing == [None] * 5
    assert (top["phase_until"], top["phase"], top["status"], top["reference_px"]) == ("", "CONTINUOUS", "ACTIVE", "100")
    await world.trade()
    top = await world.public.get(f"{BTC}/top")
    assert (top["bid"]["px"], top["ask"]["px"]) == ("101", "103")
    trade = {
        "trade_id": (BTC_USDT << 40) + 1,
        "time": "2100-01-04T10:00:00Z",
        "px": "101",
        "qty": "1",
        "aggressor": "SELL",
        "auction": False,
        "busted": False,
        "corrected": False,
    }
    assert top["last"] == trade
    assert (await world.public.get(f"{BTC}/trades?limit=5"))["trades"] == [trade]


async def test_candles_and_statistics(world: World) -> None:
    await world.trade()
    candle = {
        "time": "2100-01-04T10:00:00Z",
        "open": "101",
        "high": "101",
        "low": "101",
        "close": "101",
        "volume": "1",
        "notional": "101",
        "trades": 1,
        "vwap": "101",
    }
    answer = await world.public.get(f"{BTC}/candles")
    assert (answer["interval"], answer["candles"]) == ("1m", [candle])
    path = f"{BTC}/candles?interval=4h&from=2100-01-04T00:00:00Z&to=2100-01-05"
    assert [each["time"] for each in (await world.public.get(path))["candles"]] == ["2100-01-04T08:00:00Z"]
    assert (await world.public.get(f"{BTC}/candles?interval=1s&to={NOW_S}"))["candles"] == []
    assert len((await world.public.get(f"{BTC}/candles?interval=1s&from={NOW_S}&fill=true"))["candles"]) == 1
    found = await world.public.get(f"{BTC}/statistics")
    assert (found["time"], found["day"], found["previous_close"]) == ("2100-01-04T10:00:00Z", "2100-01-05", "")
    assert found["rolling_24h"] == {**found["session"], "since": "2100-01-03T10:01:00Z"}
    assert (found["session"]["since"], found["session"]["volume"]) == ("2100-01-04T00:00:00Z", "1")
    assert (found["session"]["change"], found["session"]["change_percent"]) == ("0", "0")
    empty = (await world.public.get("/market/ETH%2FUSDT/statistics"))["session"]
    assert (empty["open"], empty["change"], empty["vwap"], empty["volume"]) == ("", "", "", "0")


@pytest.mark.parametrize(
    ("target", "key"),
    [
        (f"{BTC}/book?depth=0", "depth"),
        (f"{BTC}/book?depth=1001", "depth"),
        (f"{BTC}/orders?depth=-1", "depth"),
        (f"{BTC}/top?depth=1", "depth"),
        (f"{BTC}/statistics?x=1", "x"),
        (f"{BTC}/trades?limit=", "limit"),
        (f"{BTC}/trades?limit=1&limit=2", "limit"),
        (f"{BTC}/trades?limit=%C2%B2", "limit"),
        (f"{BTC}/candles?interval=2m", "interval"),
        (f"{BTC}/candles?fill=yes", "fill"),
        (f"{BTC}/candles?limit=5001", "limit"),
        (f"{BTC}/candles?from=yesterday", "from"),
        (f"{BTC}/candles?from=2026-01-02T10:00:00", "from"),
        (f"{BTC}/candles?to=1969-01-01", "to"),
        (f"{BTC}/candles?from=123456789012", "from"),
        (f"{BTC}/candles?from=2026-01-02&to=2026-01-02", "to"),
    ],
)
async def test_a_wrong_parameter_is_named(world: World, target: str, key: str) -> None:
    status, answer = await world.public.ask(target)
    assert status == 400
    assert answer["problems"][0]["key"] == key
    assert answer["error"].startswith(f"{key}: ")


async def test_what_is_not_there_is_not_found(world: World) -> None:
    assert await world.public.ask("/market/DOGE/book") == (404, {"error": "there is no instrument 'DOGE'"})
    assert (await world.public.ask("/market/BTC/USDT/book"))[0] == 404
    assert (await world.public.ask(f"{BTC}/depth"))[0] == 404
    assert (await world.public.ask(f"{BTC}/book", "POST"))[0] == 405


async def test_a_book_that_has_failed_is_said_to_have(world: World) -> None:
    def fail(book: Book) -> None:
        raise RuntimeError("out of paper")

    for _ in range(3):
        with world.venue.dispatcher.turn():
            world.venue.book_mail[BTC_USDT].tell(InspectBook(fail, lambda seq, seen: None))
        await venues.at_rest(world.venue)
    status, answer = await world.public.ask(f"{BTC}/book")
    assert status == 409
    assert answer["error"].startswith("BTC/USDT is out of service")
    assert (await world.public.ask(f"{BTC}/trades"))[0] == 200
    replica = Replica()
    world.venue.market_data_mail.tell(Subscribe(BTC_USDT, (Channel.LEVELS,), replica))
    await venues.at_rest(world.venue)
    assert replica.depth(BUY) == []


async def test_when_the_journal_has_failed_nothing_more_of_the_book_is_shown(tmp_path: Path) -> None:
    """What the book holds now may never have been durable."""
    async with running(venues.settings(tmp_path)) as venue:
        public = Public(venue, venue.settings)
        venue.journal_actor.on_failed("disk full")
        venue.dispatcher.pump()
        status, answer = await public.ask(f"{BTC}/book")
        assert (status, answer["error"]) == (503, "the journal has failed: disk full")
        assert (await public.ask(f"{BTC}/trades"))[0] == 200


async def test_before_the_venue_is_open_there_is_nothing_to_see(tmp_path: Path) -> None:
    status, answer = await Public(None, venues.settings(tmp_path)).ask(f"{BTC}/book")
    assert (status, answer["error"]) == (503, "the venue is not open yet: starting")


# ---- restarts and crashes -----------------------------------------------------------------------------------------


async def test_a_restart_finds_the_same_market(world: World, tmp_path: Path) -> None:
    await world.trade()
    world.client.send(CancelOrder(1, "c1", 2, BTC_USDT, BUY, "o2"))
    await venues.at_rest(world.venue)
    found = recover(venues.crash_copy(world.venue.settings, tmp_path / "restarted"), silent)
    found.journal.close()
    assert found.market.state() == world.market.state()
    assert (found.market.seq, found.market.time_ns) == (world.market.seq, world.market.time_ns)


def poison() -> Feed:
    """A trade in a market that does not exist."""
    order = image(symbol_id=77)
    trade = TradeExecuted(1, order.px, 1, order, order, 0, 0)
    return Feed([Entry(10**9, Record(1, 0, 0, 0, [], [trade]), None)])


async def test_after_a_crash_it_is_rebuilt_and_listeners_start_anew(world: World) -> None:
    replica, venue = Replica(), world.venue
    venue.market_data_mail.tell(Subscribe(BTC_USDT, tuple(Channel), replica))
    await world.trade()
    before = world.market
    venue.market_data_mail.tell(poison())
    await world.order(BUY, "98")
    await venues.at_rest(venue)
    assert world.market is not before
    await world.order(BUY, "97")
    assert [px // SCALE for _, px, _ in replica.queue(BUY)] == [101, 100, 99, 98, 97]
    assert len(replica.trades) == 1
    status, _ = await world.public.ask(f"{BTC}/book")
    assert status == 200


async def test_one_that_crashes_for_good_leaves_the_venue_trading(world: World) -> None:
    for _ in range(3):
        world.venue.market_data_mail.tell(poison())
        await venues.at_rest(world.venue)
    for view in ("top", "trades", "candles", "statistics"):
        status, answer = await world.public.ask(f"{BTC}/{view}")
        assert (status, answer["error"]) == (503, "market data has failed")
    await world.order(BUY, "100")
    assert len((await world.public.get(f"{BTC}/book"))["bids"]) == 1
    assert world.client.kinds[-1] == "OrderAccepted"
