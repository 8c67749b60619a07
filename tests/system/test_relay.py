"""A venue's process, a relay's process, and clients of both: the same books at the same numbers, whoever dies."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import trio
import trustme
from forwarder import Forwarder, forwarding
from relay_process import SECRET, SUBSCRIBER, RelayProcess, relay_file, sequenced_by_third_party
from venue_process import MakeVenue, VenueProcess, run_command

from clients import Client, LoginRefused, Side, TimeInForce
from clients.market import MarketData, Resynchronising
from gateways.binary import soup
from tradeengine.ports_file import read_ports

PATIENCE_S = 60
LEVELS, CONFLATED = "LEVELS", "CONFLATED"


class Pair:
    """A venue, a relay, and what lies between."""

    def __init__(self, venue: VenueProcess, relay: RelayProcess, between: Forwarder) -> None:
        self.venue = venue
        self.relay = relay
        self.between = between

    def direct(self, stream: str = "ORDERS") -> MarketData:
        port = read_ports(self.venue.data_dir)["market-data"]
        return MarketData("127.0.0.1", port, "TRADR2", "demo", stream, events_max=0)

    def relayed(self, stream: str = "ORDERS", events_max: int = 0, port: int = 0) -> MarketData:
        """``port``: if there is something else between the relay and this client."""
        return MarketData("127.0.0.1", port or self.relay.port, SUBSCRIBER, SECRET, stream, events_max=events_max)

    def trader(self) -> Client:
        return Client("127.0.0.1", self.venue.ports.binary, "TRADR1", "demo", next_number=0)

    async def until_ready(self) -> None:
        with trio.fail_after(PATIENCE_S):
            while not await trio.to_thread.run_sync(self.relay.is_ready):
                await trio.sleep(0.01)


@pytest.fixture
async def pair(make_venue: MakeVenue, tmp_path: Path) -> AsyncIterator[Pair]:
    venue = make_venue(MARKET_DATA__CHECKSUM_EVERY="10")
    async with forwarding(read_ports(venue.data_dir)["market-data"]) as between:
        relay = RelayProcess(tmp_path / "relayed", relay_file(tmp_path / "relay.yaml"), between.port)
        made = Pair(venue, relay, between)
        try:
            await trio.to_thread.run_sync(relay.start)
            await made.until_ready()
            yield made
        finally:
            relay.close()


async def trade(client: Client, rounds: int) -> None:
    for nth in range(rounds):
        await client.new_order("AAPL", Side.SELL, 10, 231 + nth % 7)
        await client.new_order("AAPL", Side.BUY, 5, 229 - nth % 5)
    await client.place("AAPL", Side.BUY, 3 * rounds, 240, tif=TimeInForce.IOC)


async def until(done: Callable[[], bool]) -> None:
    with trio.fail_after(PATIENCE_S):
        while not done():
            await trio.sleep(0.002)


def same(first: MarketData, second: MarketData, *, numbered: bool = True) -> bool:
    mine, other = first.book("AAPL"), second.book("AAPL")
    numbers = mine.number == other.number or not numbered
    return bool(mine.whole and other.whole and mine.entries and numbers and mine.checksum == other.checksum)


async def test_the_same_books_at_the_same_numbers_also_for_who_joins_late(pair: Pair) -> None:
    async with pair.trader() as trader, pair.direct() as direct, pair.relayed() as relayed:
        await trade(trader, 30)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trade, trader, 60)
            async with (
                pair.relayed() as late,
                pair.relayed(LEVELS) as levels,
                pair.direct(LEVELS) as by_price,
                pair.relayed(CONFLATED) as conflated,
            ):
                await trade(trader, 30)
                await until(lambda: same(direct, relayed) and same(direct, late))
                await until(lambda: same(by_price, levels))
                await until(lambda: same(by_price, conflated, numbered=False))
        assert relayed.book("AAPL").checked >= direct.book("AAPL").checked > 3
    count = relayed.book("AAPL").number
    port = read_ports(pair.venue.data_dir)["market-data"]
    read = trio.to_thread.run_sync
    theirs = await read(sequenced_by_third_party, port, "TRADR2", "demo", count)
    assert await read(sequenced_by_third_party, pair.relay.port, SUBSCRIBER, SECRET, count) == theirs
    status, metrics = pair.relay.get("/metrics")
    assert status == 200
    assert 'tradeengine_relay_venue_connected{stream="ORDERS"} 1.0' in metrics


async def test_kill_9_of_the_relay_is_a_lost_connection_and_no_gap(pair: Pair) -> None:
    """The client comes back once the relay has the venue's streams again: before that there is no session to go on
    with."""
    async with (
        forwarding(pair.relay.port) as front,
        pair.trader() as trader,
        pair.direct() as direct,
        pair.relayed(events_max=1_000_000, port=front.port) as relayed,
    ):
        await trade(trader, 20)
        await until(lambda: same(direct, relayed))
        front.target = 0
        pair.relay.kill()
        await trade(trader, 20)
        await trio.to_thread.run_sync(pair.relay.restart)
        await pair.until_ready()
        front.target = pair.relay.port
        await trade(trader, 20)
        await until(lambda: same(direct, relayed))
        assert not [event for event in relayed._link.events if isinstance(event, Resynchronising)]


async def test_a_cut_between_venue_and_relay_is_not_seen(pair: Pair) -> None:
    async with pair.trader() as trader, pair.direct() as direct, pair.relayed(events_max=1_000_000) as relayed:
        await trade(trader, 20)
        for _ in range(3):
            pair.between.cut()
            await trade(trader, 10)
        await until(lambda: same(direct, relayed))
        await pair.until_ready()
        assert not [event for event in relayed._link.events if isinstance(event, Resynchronising)]
    assert "connection lost" not in pair.relay.output


async def test_kill_9_of_the_venue_and_its_return(pair: Pair) -> None:
    async with pair.relayed(events_max=1_000_000) as relayed:
        async with pair.trader() as trader:
            await trade(trader, 20)
        pair.venue.kill()
        pair.between.target = 0
        pair.between.cut()
        await trio.to_thread.run_sync(pair.venue.restart)
        pair.between.target = read_ports(pair.venue.data_dir)["market-data"]
        async with pair.trader() as trader, pair.direct() as direct:
            await trade(trader, 20)
            await until(lambda: same(direct, relayed))
            anew = [event for event in relayed._link.events if isinstance(event, Resynchronising)]
            assert anew
    assert "market data begins anew: log in again" in pair.relay.output


async def test_a_planned_stop_of_the_venue_is_told_and_of_the_relay_too(pair: Pair) -> None:
    client = Raw(pair.relay.port)
    assert await trio.to_thread.run_sync(pair.venue.stop) == 0
    assert (await trio.to_thread.run_sync(client.rest)).endswith(soup.END_OF_SESSION_PACKET)
    assert soup.debug("the venue is shutting down") in client.data
    assert not pair.relay.is_ready()
    assert pair.relay.stop() == 0
    assert "Traceback" not in pair.relay.output


async def test_a_slow_client_is_cut_with_the_reason_and_a_wrong_password_refused(pair: Pair, tmp_path: Path) -> None:
    config = relay_file(tmp_path / "narrow.yaml", buffer_max=1024, client_timeout_s=600)
    narrow = RelayProcess(tmp_path / "narrow", config, pair.between.port)
    try:
        await trio.to_thread.run_sync(narrow.start)
        pair.relay = narrow
        await pair.until_ready()
        slow = Raw(narrow.port, narrow=True)
        async with pair.trader() as trader, pair.relayed() as quick, pair.direct() as direct:
            with trio.fail_after(PATIENCE_S):
                while "reads too slowly" not in narrow.output:
                    await trade(trader, 100)
            await until(lambda: same(direct, quick))
        slow.close()
        with pytest.raises(LoginRefused, match="not authorised"):
            async with MarketData("127.0.0.1", narrow.port, SUBSCRIBER, "wrong"):
                pass
    finally:
        narrow.close()


async def test_both_sides_over_tls(make_venue: MakeVenue, tmp_path: Path) -> None:
    authority, files = trustme.CA(), {name: str(tmp_path / f"{name}.pem") for name in ("ca", "chain", "key")}
    authority.cert_pem.write_to_path(files["ca"])
    issued = authority.issue_cert("localhost")
    issued.cert_chain_pems[0].write_to_path(files["chain"])
    issued.private_key_pem.write_to_path(files["key"])
    venue = make_venue(
        BINARY__TLS__CERTIFICATE=files["chain"],
        BINARY__TLS__KEY=files["key"],
        BINARY__TLS_PORT="0",
        BINARY__MARKET_DATA_TLS_PORT="0",
    )
    upstream = {"username": "TRADR1", "password": "demo", "tls": True, "tls_ca": files["ca"]}
    config = relay_file(
        tmp_path / "relay.yaml",
        upstream={**upstream, "tls_hostname": "localhost"},
        tls={"certificate": files["chain"], "key": files["key"]},
        tls_port=0,
        streams=["ORDERS"],
    )
    relay = RelayProcess(tmp_path / "relayed", config, read_ports(venue.data_dir)["market-data-tls"])
    try:
        await trio.to_thread.run_sync(relay.start)
        with trio.fail_after(PATIENCE_S):
            while not await trio.to_thread.run_sync(relay.is_ready):
                await trio.sleep(0.01)
        port = read_ports(relay.data_dir / "relay")["relay-tls"]
        context = ssl.create_default_context(cafile=files["ca"])
        login = "127.0.0.1", port, SUBSCRIBER, SECRET
        async with (
            Client("127.0.0.1", venue.ports.binary, "TRADR1", "demo", next_number=0) as trader,
            MarketData(*login, events_max=0, tls=context, tls_hostname="localhost") as market,
        ):
            await trade(trader, 5)
            await until(lambda: market.book("AAPL").whole and market.book("AAPL").entries == 9)
        with pytest.raises(LoginRefused, match="session not available"):
            async with MarketData("127.0.0.1", relay.port, SUBSCRIBER, SECRET, LEVELS):
                pass
    finally:
        relay.close()


class Raw:
    """A logged-in connection that reads when it is told to."""

    def __init__(self, port: int, *, narrow: bool = False) -> None:
        """``narrow``: the kernel keeps little for it."""
        self._sock = socket.socket()
        if narrow:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        self._sock.settimeout(PATIENCE_S)
        self._sock.connect(("127.0.0.1", port))
        self._sock.sendall(soup.login_request(soup.LoginRequest(SUBSCRIBER, SECRET, "", 0)))
        self.data = self._sock.recv(1)

    def rest(self) -> bytes:
        """All that there is to its end."""
        while more := self._sock.recv(65536):
            self.data += more
        self._sock.close()
        return self.data

    def close(self) -> None:
        self._sock.close()


def test_what_it_cannot_start_with_is_told_by_its_key(tmp_path: Path) -> None:
    path = tmp_path / "relay.yaml"
    path.write_text("relay: {streams: [], subscribers: [{username: A, password: x}, {username: A}]}")
    ended = run_command("relay", "--config", path)
    assert ended.returncode == 2
    for key in ("relay.upstream.username", "relay.streams", "relay.subscribers[1].username", "subscribers[1].password"):
        assert key in ended.stderr
    taken = socket.create_server(("127.0.0.1", 0))
    with taken:
        port = taken.getsockname()[1]
        ports = ("--port", str(port), "--metrics-port", "0")
        ended = run_command("relay", "--config", relay_file(path), "--data-dir", tmp_path, *ports)
    assert ended.returncode == 4
    assert f"cannot listen on 127.0.0.1:{port}: it is in use" in ended.stderr
