"""Market data of a venue's process in datagrams, beside its port: the same books, and a clean end."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
import trio
from held_ports import held_port
from venue_process import MakeVenue

from clients import Client, Side, TimeInForce
from clients.market import Fanout, MarketData, MoldMarketData
from clients.market.book import LocalBook
from tradeengine.ports_file import read_ports

SYMBOLS = ("BTC/USDT", "AAPL")


@pytest.fixture
def port() -> Iterator[int]:
    """Where the datagrams go."""
    with held_port(socket.SOCK_DGRAM) as held:
        yield held


async def until_same(first: LocalBook, second: LocalBook) -> None:
    with trio.fail_after(60):
        while first.checksum != second.checksum or not (first.whole and second.whole and first.entries):
            await trio.sleep(0.001)


async def trade(client: Client) -> None:
    for nth in range(60):
        await client.new_order("AAPL", Side.SELL, 10, 231 + nth % 7)
        await client.new_order("AAPL", Side.BUY, 5, 229 - nth % 5)
    await client.place("AAPL", Side.BUY, 100, 240, tif=TimeInForce.IOC)


async def test_datagrams_carry_the_same_market(make_venue: MakeVenue, port: int) -> None:
    venue = make_venue(
        BINARY__MOLD__ENABLED="true",
        BINARY__MOLD__PORT=str(port),
        BINARY__MOLD__REQUEST_PORT="0",
        BINARY__MOLD__HEARTBEAT_INTERVAL_S="0.05",
    )
    assert f"MoldUDP64 to 127.0.0.1:{port}" in venue.output
    ports = read_ports(venue.data_dir)
    where = Fanout("127.0.0.1", port, "127.0.0.1", ports["mold-requests"])
    login = "127.0.0.1", ports["market-data"], "TRADR1", "demo"
    async with (
        Client("127.0.0.1", ports["binary"], "TRADR1", "demo") as client,
        MarketData(*login, events_max=0) as over_tcp,
        MoldMarketData(*login, where, events_max=0) as over_udp,
    ):
        await trade(client)
        await until_same(await over_udp.shown("AAPL"), await over_tcp.shown("AAPL"))
        assert over_udp.book("AAPL").best_bid == over_tcp.book("AAPL").best_bid
    assert venue.stop() == 0
    assert "Traceback" not in venue.output
