"""The examples against a real venue: what they are for happens in the market, and they end as they say."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from venue_process import ROOT, VenueProcess

from clients import Accepted, Executed, Side, SyncClient, TimeInForce
from clients.events import Level
from clients.market import LocalBook, SyncMarketData
from tradeengine.ports_file import read_ports

D = Decimal
BTC = "BTC/USDT"
TIMEOUT_S = 60.0


class Example:
    """One of the programs, as a user runs it."""

    def __init__(self, venue: VenueProcess, name: str, *arguments: str) -> None:
        ports = read_ports(venue.data_dir)
        known = {"--port": ports["binary"], "--market-port": ports["market-data"]}
        if name == "latency_probe":
            del known["--market-port"]
        options = [str(part) for pair in known.items() for part in pair]
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "examples" / f"{name}.py", *options, *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def ended(self) -> str:
        """What it has printed."""
        output, _ = self.process.communicate(timeout=TIMEOUT_S)
        assert self.process.returncode == 0, output
        return output

    def line(self) -> str:
        """The next line that it prints."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()


@pytest.fixture
def client(shared_venue: VenueProcess) -> Iterator[SyncClient]:
    """Somebody else in the market; leaves nothing behind."""
    with SyncClient("127.0.0.1", shared_venue.ports.binary, "TRADR4", "demo", next_number=0) as made:
        yield made
        made.pull_all()


@pytest.fixture
def market(shared_venue: VenueProcess) -> Iterator[SyncMarketData]:
    port = read_ports(shared_venue.data_dir)["market-data"]
    with SyncMarketData("127.0.0.1", port, "TRADR4", "demo") as made:
        yield made


def until(market: SyncMarketData, done: Callable[[LocalBook], bool]) -> None:
    """Follows the market until its book is as wanted."""
    book = market.shown(BTC)
    while not done(book):
        if market.next_event(TIMEOUT_S) is None:
            raise AssertionError(f"{book.bids(5)} {book.offers(5)}")


def quote(client: SyncClient, side: Side, price: str, qty: str = "1") -> int:
    outcome = client.place(BTC, side, qty, price)
    assert isinstance(outcome, Accepted)
    return outcome.cl_ord_id


def hit(client: SyncClient, side: Side, qty: str, price: str) -> Decimal:
    """Takes what there is; how much that was."""
    outcome = client.place(BTC, side, qty, price, tif=TimeInForce.IOC)
    return client.ended(outcome.cl_ord_id).cum_qty


def stands(side: Side, price: str, qty: str = "0.01") -> Callable[[LocalBook], bool]:
    """Whether the best of a side is this."""
    level = Level(D(price), D(qty), 1)
    return lambda book: (book.best_bid if side is Side.BUY else book.best_offer) == level


def test_the_market_maker_quotes_around_others_follows_them_and_limits_what_it_holds(
    shared_venue: VenueProcess, client: SyncClient, market: SyncMarketData
) -> None:
    bid = quote(client, Side.BUY, "64000")
    quote(client, Side.SELL, "66000")
    maker = Example(shared_venue, "market_maker", "--fills", "3", "--inventory", "0.02")
    until(market, stands(Side.BUY, "64967.5"))
    until(market, stands(Side.SELL, "65032.5"))
    client.amend(bid, price="64200")
    until(market, stands(Side.BUY, "65067.45"))
    until(market, stands(Side.SELL, "65132.55"))
    assert hit(client, Side.SELL, "0.01", "65067.45") == D("0.01")
    assert "BUY 0.01 @ 65067.45, holds 0.01" in maker.line()
    until(market, stands(Side.BUY, "65051.17"))
    until(market, stands(Side.SELL, "65116.28"))
    assert hit(client, Side.SELL, "0.01", "65051.17") == D("0.01")
    assert "holds 0.02" in maker.line()
    until(market, stands(Side.BUY, "64200", "1"))
    until(market, stands(Side.SELL, "65100"))
    assert hit(client, Side.BUY, "0.01", "65100") == D("0.01")
    assert "SELL 0.01 @ 65100, holds 0.01" in maker.ended()
    until(market, stands(Side.SELL, "66000", "1"))


def test_a_market_maker_that_dies_leaves_no_quote_behind(
    shared_venue: VenueProcess, client: SyncClient, market: SyncMarketData
) -> None:
    maker = Example(shared_venue, "market_maker", "--price", "65000", "--symbol", BTC)
    until(market, stands(Side.BUY, "64967.5"))
    until(market, stands(Side.SELL, "65032.5"))
    maker.process.kill()
    maker.process.communicate()
    until(market, lambda book: not book.bids() and not book.offers())


def test_the_momentum_taker_joins_in_when_one_side_presses_on(shared_venue: VenueProcess, client: SyncClient) -> None:
    taker = Example(shared_venue, "momentum_taker", "--trades", "3", "--qty", "0.02", "--orders", "2")
    assert taker.line() == "listening to BTC/USDT\n"
    with SyncClient("127.0.0.1", shared_venue.ports.binary, "TRADR3", "demo", next_number=0) as other:
        quote(client, Side.SELL, "65000", "0.5")
        for _ in range(3):
            assert hit(other, Side.BUY, "0.05", "65000") == D("0.05")
        assert taker.line() == "BUY 0.02 @ 65000, holds 0.02\n"
        client.pull_all()
        quote(client, Side.BUY, "64000", "0.5")
        for _ in range(3):
            assert hit(other, Side.SELL, "0.05", "64000") == D("0.05")
    assert taker.ended() == "SELL 0.02 @ 64000, holds 0.00\n2 orders, holds 0.00\n"
    client.open_orders()
    fills = [event for event in client.events(0) if isinstance(event, Executed)]
    assert [fill.last_qty for fill in fills].count(D("0.02")) == 2


def test_the_latency_probe_prints_percentiles_and_leaves_nothing(
    shared_venue: VenueProcess, client: SyncClient
) -> None:
    output = Example(shared_venue, "latency_probe", "--count", "50").ended().splitlines()
    assert output[0] == "50 orders, microseconds"
    assert output[1].split() == ["min", "p50", "p90", "p99", "p99.9", "max"]
    for line, name in zip(output[2:], ("place", "cancel"), strict=True):
        first, *values = line.split()
        assert first == name
        assert [float(value) for value in values] == sorted(float(value) for value in values)
        assert float(values[0]) > 0
    assert client.book(BTC).bids == []


def test_a_refused_probe_says_why(shared_venue: VenueProcess) -> None:
    probe = Example(shared_venue, "latency_probe", "--price", "0.001")
    output, _ = probe.process.communicate(timeout=TIMEOUT_S)
    assert probe.process.returncode == 1
    assert "tick" in output
