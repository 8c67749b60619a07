"""Conflated market data: the newest of each instrument at most once per interval, and nobody waits for who doesn't
read."""

from __future__ import annotations

import socket
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing
from market_venue import PASSWORD, MarketVenue, running, settings
from test_client_market import AT_ONCE, Flow, caught_up, market_of, same, taken, until
from venue_in_process import BTC_USDT, ETH_USDT, at_rest

from clients import LoginRefused
from clients.market import CONFLATED, ORDERS, BookChanged, DayStatistics, MarketData, Trade
from clients.market.feed import MarketBooks
from engine.types import SCALE
from gateways.binary import soup
from gateways.binary.market.codec import END_OF_EVENT, SEQUENCED, UNSEQUENCED
from gateways.binary.market.conflation import Conflation
from gateways.binary.market.line import Line
from gateways.binary.market.source import Kind
from gateways.binary.market.stream import Stream


class Reader:
    """A client of conflated market data that reads, or not."""

    def __init__(self) -> None:
        self.backlog = 0
        self.told: list[list[bytes]] = []
        self.ended = ""
        self.market = MarketBooks(lambda event: None, by_price=True)

    def write(self, packets: bytes) -> None:
        payloads = [payload for _, payload in soup.split(packets, soup.PAYLOAD_MAX).packets]
        self.told.append(payloads)
        for payload in payloads:
            self.market.take(0, payload)

    def end(self, reason: str) -> None:
        self.ended = reason

    def names(self) -> list[list[int]]:
        """The templateIds of each write since the last time."""
        told, self.told = self.told, []
        return [[int.from_bytes(payload[2:4], "little") for payload in payloads] for payloads in told]

    def bids(self, security_id: int = 7) -> list[tuple[Decimal, Decimal, int]]:
        return [tuple(level) for level in self.market.book(security_id).bids()]  # type: ignore[misc]


LEVEL, CHECKSUM, BEGIN, END, COMPLETE = (
    UNSEQUENCED.price_level.template_id,
    UNSEQUENCED.book_checksum.template_id,
    UNSEQUENCED.snapshot_begin.template_id,
    UNSEQUENCED.snapshot_end.template_id,
    UNSEQUENCED.snapshot_complete.template_id,
)


class Stage:
    """A stream by price that is told by hand, and what is conflated of it."""

    def __init__(self, checksum_every: int = 0) -> None:
        self.line = Line(Kind.LEVELS, Stream("L000000001", 2**20), lambda security_id: None)
        self.conflation = Conflation(checksum_every)

    def tell(self, *packets: bytes) -> None:
        self.line.stream.extend(list(packets))
        self.line.flush()

    def level(self, px: int, qty: int, security_id: int = 7) -> None:
        self.tell(SEQUENCED.price_level.pack(5, px * SCALE, qty * SCALE, security_id, 1, b"1", END_OF_EVENT))

    def reader(self) -> Reader:
        made = Reader()
        self.conflation.join(made, self.line)
        return made


def test_an_instrument_is_told_once_per_interval_as_it_is_then() -> None:
    stage = Stage()
    reader = stage.reader()
    stage.level(100, 1)
    stage.conflation.tick()
    assert reader.names() == [[BEGIN, LEVEL, END, COMPLETE]]
    stage.conflation.tick()
    assert reader.names() == []
    for qty in range(2, 9):
        stage.level(100, qty)
    stage.level(99, 3)
    stage.conflation.tick()
    assert reader.names() == [[LEVEL, LEVEL]]
    assert reader.bids() == [(100, 8, 1), (99, 3, 1)]


def test_what_came_and_went_within_an_interval_is_not_told() -> None:
    stage = Stage()
    reader = stage.reader()
    stage.level(100, 1)
    stage.conflation.tick()
    reader.names()
    stage.level(98, 1)
    stage.level(98, 0)
    stage.level(100, 2)
    stage.level(100, 1)
    stage.conflation.tick()
    assert reader.names() == []
    stage.level(100, 0)
    stage.conflation.tick()
    assert reader.names() == [[LEVEL]]
    assert reader.bids() == []


def test_who_has_not_read_is_shown_what_has_changed_once_he_has() -> None:
    stage = Stage()
    slow, quick = stage.reader(), stage.reader()
    stage.level(100, 1, 7)
    stage.level(50, 1, 8)
    stage.conflation.tick()
    for reader in (slow, quick):
        reader.names()
    slow.backlog = 1
    for px in range(10, 20):
        stage.level(px, 1)
        stage.conflation.tick()
    assert slow.names() == []
    assert len(quick.names()) == 10
    slow.backlog = 0
    stage.level(49, 1, 8)
    stage.conflation.tick()
    assert slow.names() == [[BEGIN, *[LEVEL] * 11, END, LEVEL]], "one is shown, the other goes on"
    for security_id in (7, 8):
        assert slow.bids(security_id) == quick.bids(security_id)
        assert slow.market.book(security_id).whole


def test_a_book_that_is_shown_again_in_the_stream_is_told_by_its_difference() -> None:
    stage = Stage()
    reader = stage.reader()
    stage.level(100, 1)
    stage.level(99, 1)
    stage.conflation.tick()
    reader.names()
    told = SEQUENCED
    stage.tell(
        told.snapshot_begin.pack(2, 7, 1),
        told.price_level.pack(6, 100 * SCALE, SCALE, 7, 1, b"1", END_OF_EVENT),
        told.snapshot_end.pack(2, 7, 0),
    )
    stage.conflation.tick()
    assert reader.names() == [[LEVEL]]
    assert reader.bids() == [(100, 1, 1)]


def test_checksums_come_now_and_then_and_are_right() -> None:
    stage = Stage(checksum_every=2)
    reader = stage.reader()
    for px in range(100, 106):
        stage.level(px, 1)
        stage.conflation.tick()
    assert [CHECKSUM in names for names in reader.names()].count(True) >= 2
    assert reader.market.book(7).checked >= 3


def test_the_newest_of_each_kind_is_told_beside_the_book() -> None:
    stage = Stage()
    reader = stage.reader()
    for reference in (1, 2):
        stage.tell(SEQUENCED.instrument_status.pack(5, 0, 0, reference, 7, 1, 4, b"\0", END_OF_EVENT))
        stage.tell(SEQUENCED.trade.pack(5, 1, SCALE, SCALE, 7, b"1", 0))
    stage.conflation.tick()
    assert reader.names() == [[BEGIN, SEQUENCED.instrument_status.template_id, END, COMPLETE]]
    stage.tell(SEQUENCED.auction_result.pack(5, 1, 1, 7, 0))
    stage.conflation.tick()
    assert reader.names() == [[SEQUENCED.auction_result.template_id]]


def test_the_end_of_a_stream_ends_its_readers_and_nobody_is_followed_for_nobody() -> None:
    stage = Stage()
    first, second = stage.reader(), stage.reader()
    stage.conflation.leave(second)
    stage.conflation.leave(second)
    assert stage.line.subscribers == [stage.conflation]
    stage.line.close("market data has begun anew")
    assert (first.ended, second.ended) == ("market data has begun anew", "")
    stage.conflation.tick()
    stage.line = Stage().line
    third = stage.reader()
    assert stage.line.subscribers == [stage.conflation]
    stage.conflation.leave(third)
    assert stage.line.subscribers == []
    assert first.names() == []


# ---- over sockets, with a whole venue behind -----------------------------------------------------------------------


async def interval(at: MarketVenue) -> None:
    """Everything that has happened is told."""
    await at_rest(at.venue)
    at.acceptor._conflation.tick()


def conflated(at: MarketVenue) -> MarketData:
    return MarketData("127.0.0.1", at.port, "MDATA1", PASSWORD, CONFLATED, reconnect=AT_ONCE)


async def test_a_conflated_book_is_the_venues_after_each_interval(tmp_path: Path) -> None:
    async with running(settings(tmp_path), conflation_interval_s=0.005, conflation_checksum_every=1) as at:
        flow = Flow(at)
        await flow.trade(40)
        async with conflated(at) as market:
            for _ in range(5):
                await flow.trade(40)
                await until(lambda: same(at, market.book(BTC_USDT)) and same(at, market.book(ETH_USDT)))
            assert market.book(BTC_USDT).checked > 2
            events = taken(market)
            assert {type(event) for event in events} >= {BookChanged, DayStatistics}
            assert not any(isinstance(event, Trade) for event in events)
            market.abort()
            await flow.trade(10)
            await until(lambda: market.connected and same(at, market.book(BTC_USDT)))


async def test_conflated_market_data_has_no_numbers(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at:
        client = await at.client(session=CONFLATED, sequence=5)
        await client.rest()
        assert client.refused == "S"
        assert client.debug[0].startswith("conflated market data has no numbers")
        with pytest.raises(LoginRefused, match="no right to market data"):
            async with MarketData("127.0.0.1", at.port, "TRADE1", PASSWORD, CONFLATED):
                pass


async def test_a_client_that_never_reads_costs_no_other(tmp_path: Path) -> None:
    """It is cut at the bound if it wanted everything, and waited for without one if it wanted the newest; the others
    miss nothing meanwhile."""
    async with running(settings(tmp_path), buffer_max=20_000, conflation_interval_s=0.001, close_timeout_s=0.01) as at:
        flow = Flow(at)
        async with market_of(at) as reader, conflated(at) as newest:
            everything, conflation = await deaf_client(at, ORDERS), await deaf_client(at, CONFLATED)
            while not at.closed:
                await flow.trade(50)
                await caught_up(at, reader)
            assert at.closed[0].startswith("the client reads too slowly: more than 20000 bytes wait for it")
            assert at.acceptor.counters.slow_clients_cut == 1
            for _ in range(10):
                await flow.trade(50)
                await caught_up(at, reader)
            assert same(at, reader.book(BTC_USDT))
            await until(lambda: same(at, newest.book(BTC_USDT)))
            assert at.acceptor.connections == 3
            assert 0 < connection_of(at, conflation).backlog < 20_000
            for each in (everything, conflation):
                each.close()


async def deaf_client(at: MarketVenue, session: str) -> trio.socket.SocketType:
    """Logs in and, once it is up to date, never reads; little fits the kernel's buffers."""
    line = at.feed.lines[Kind.ORDERS]
    before = len(line.subscribers)
    sock = trio.socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    await sock.connect(("127.0.0.1", at.port))
    await sock.send(soup.login_request(soup.LoginRequest("MDATA1", PASSWORD, session, 0)))
    await until(lambda: session != ORDERS or len(line.subscribers) > before)
    await until(lambda: any(each.remote == address_of(sock) for each in at.acceptor._open))
    connection_of(at, sock)._outlet._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    return sock


def connection_of(at: MarketVenue, sock: trio.socket.SocketType) -> Any:
    return next(each for each in at.acceptor._open if each.remote == address_of(sock))


def address_of(sock: trio.socket.SocketType) -> str:
    return "{}:{}".format(*sock.getsockname())
