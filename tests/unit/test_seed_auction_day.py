"""``config/auctions.yaml`` as it runs: a share's day from its schedule, through the auctions and back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import trio
import venue_in_process as venues
from trio.testing import MockClock
from venue_in_process import Client, Clock, running

import config
from config.loader import load
from engine.commands import NewOrder
from engine.types import SCALE, OrdType, Side, TimeInForce, TradingPhase
from tradeengine.venue import Venue

NEW_YORK = ZoneInfo("America/New_York")
ACME = 1
BROKER1, BROKER2 = 2, 3


def at(text: str) -> int:
    """Nanoseconds UTC of a moment in New York."""
    return int(datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).timestamp()) * 10**9


class Day:
    """The venue, and its clock."""

    def __init__(self, venue: Venue, clock: Clock) -> None:
        self.venue = venue
        self.buyer = Client(venue, 1).connect()
        self.seller = Client(venue, 2).connect()
        self._clock = clock

    async def passes_to(self, text: str) -> TradingPhase:
        """The phase at a moment, and when all that is due then has been done."""
        self._clock.now_ns = at(text)
        await trio.sleep(2)  # of the mock clock: the schedule looks once a second
        await venues.at_rest(self.venue)
        return self.venue.books[ACME].book.phase

    async def order(self, name: str, side: Side, px: int, tif: TimeInForce = TimeInForce.DAY) -> str:
        """What becomes of it."""
        buys = side is Side.BUY
        client, account = (self.buyer, BROKER1) if buys else (self.seller, BROKER2)
        client.send(
            NewOrder(1 if buys else 2, name, account, ACME, side, OrdType.LIMIT, tif, 100 * SCALE, px * SCALE)
        )  # fmt: skip
        await venues.at_rest(self.venue)
        return client.kinds[-1]


@pytest.fixture
async def day(tmp_path: Path, autojump_clock: MockClock) -> AsyncIterator[Day]:
    flags = {"data_dir": tmp_path, "journal.durability": "os", "journal.segment_bytes": 2**20}
    settings = load(Path(config.__file__).with_name("auctions.yaml"), {}, flags)
    clock = Clock(at("2030-01-07T03:00"))  # a Monday
    async with running(settings, clock) as venue:
        yield Day(venue, clock)
        await venues.check(venue)


async def test_a_trading_day_follows_its_schedule(day: Day) -> None:
    assert await day.passes_to("2030-01-07T03:59") is TradingPhase.CLOSED
    assert await day.order("early", Side.BUY, 100) == "OrderRejected"
    assert await day.passes_to("2030-01-07T04:00") is TradingPhase.PRE_OPEN
    assert await day.order("b1", Side.BUY, 101) == "OrderAccepted"
    assert await day.passes_to("2030-01-07T09:25") is TradingPhase.OPENING_AUCTION
    assert await day.order("s1", Side.SELL, 99) == "OrderAccepted"
    assert await day.passes_to("2030-01-07T09:29:59") is TradingPhase.OPENING_AUCTION
    assert await day.passes_to("2030-01-07T09:30:31") is TradingPhase.CONTINUOUS  # the random end is 30 s at most
    assert day.seller.kinds[-1] == "TradeExecuted"
    assert day.venue.books[ACME].book.last_px == 100 * SCALE
    assert await day.order("b2", Side.BUY, 100, TimeInForce.AT_THE_CLOSE) == "OrderAccepted"
    assert await day.passes_to("2030-01-07T15:55") is TradingPhase.CLOSING_AUCTION
    assert await day.order("s2", Side.SELL, 100, TimeInForce.AT_THE_CLOSE) == "OrderAccepted"
    assert await day.passes_to("2030-01-07T16:00:31") is TradingPhase.POST_CLOSE
    assert day.seller.kinds[-1] == "TradeExecuted"
    assert await day.order("late", Side.BUY, 100) == "OrderRejected"
    assert await day.passes_to("2030-01-07T20:00") is TradingPhase.CLOSED


async def test_a_weekend_stays_closed(day: Day) -> None:
    assert await day.passes_to("2030-01-12T12:00") is TradingPhase.CLOSED
    assert await day.passes_to("2030-01-14T12:00") is TradingPhase.CONTINUOUS


async def test_a_price_that_nobody_means_is_refused(day: Day) -> None:
    await day.passes_to("2030-01-07T12:00")
    assert await day.order("s", Side.SELL, 100) == "OrderAccepted"
    assert await day.order("fat", Side.BUY, 111) == "OrderRejected"  # the collar is 10 %
    assert await day.order("far", Side.SELL, 151) == "OrderRejected"  # the price limit is 50 %
    assert await day.order("fine", Side.BUY, 100) == "TradeExecuted"
