"""Who asks for datagrams again is not known, so what he can ask for is bounded, and costs others nothing."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from market_venue import MarketVenue, running, settings
from test_binary_market_mold import SESSION, Net, _Feed, bound, fanout, multicast, packets_of
from test_client_market import Flow, until
from trio.testing import MockClock

from gateways.binary.market import mold
from gateways.binary.market.mold_fanout import Rerequests
from gateways.binary.market.source import Kind
from gateways.binary.market.stream import Batch

SECOND = 10**9


@contextmanager
def asking_from(host: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((host, 0))
        sock.setblocking(False)
        yield sock


def request_of(at: MarketVenue, first: int = 1, count: int = 1) -> bytes:
    return mold.request(mold.session_field(at.feed.lines[Kind.ORDERS].stream.name), first, count)


def test_requests_are_bounded_for_each_source_and_few_sources_are_remembered() -> None:
    rates = Rerequests(10, 1000, 3)
    assert [rates.allows("10.0.0.1", 0) for _ in range(11)] == [True] * 10 + [False]
    assert rates.allows("10.0.0.2", 0)
    assert rates.allows("10.0.0.1", SECOND)
    for host in range(10):
        assert rates.allows(f"10.0.1.{host}", SECOND)
    assert len(rates._sources) == 3


def test_what_all_are_sent_together_is_bounded() -> None:
    rates = Rerequests(10, 1000, 3)
    assert [rates.may_send(400, 0) for _ in range(3)] == [True, True, False]
    assert rates.may_send(200, 0)
    assert not rates.may_send(1, 0)
    assert rates.may_send(500, SECOND // 2)


def test_a_whole_datagram_is_answered_by_itself_and_a_part_by_a_part() -> None:
    net = Net()
    out = fanout(net, _Feed(), size=80)
    messages = [b"%d" % number * 5 for number in range(1, 30)]
    out.offer(Batch(1, len(messages), packets_of(messages)))
    first = net.sent[0]
    count = mold.count_of(first)
    assert 1 < count < len(messages)
    for wanted in (count, count + 1, 0xFFFF):
        assert out.again(mold.request(SESSION, 1, wanted)) == first
    assert out.again(mold.request(SESSION, 1, 1)) == mold.packed(SESSION, 1, messages[:1])
    assert out.again(mold.request(SESSION, 2, 9)) == mold.packed(SESSION, 2, messages[1:count])
    assert out.again(mold.request(SESSION, 1, 0)) == b""


async def test_a_flood_of_requests_is_not_answered(tmp_path: Path, mock_clock: MockClock) -> None:
    async with running(settings(tmp_path)) as at, multicast(at, requests_per_s=5) as (server, where):
        await Flow(at).trade(20)
        with bound() as asker:
            for _ in range(20):
                asker.sendto(request_of(at), ("127.0.0.1", where.request_port))
            await until(lambda: server.counters.requests_answered + server.counters.requests_refused == 20)
            assert server.counters.requests_answered == 5
            mock_clock.jump(1)
            asker.sendto(request_of(at), ("127.0.0.1", where.request_port))
            await until(lambda: server.counters.requests_answered == 6)


async def test_anothers_flood_costs_nobody_his_answer(tmp_path: Path, mock_clock: MockClock) -> None:
    async with running(settings(tmp_path)) as at, multicast(at, requests_per_s=3) as (server, where):
        await Flow(at).trade(20)
        to = ("127.0.0.1", where.request_port)
        with asking_from("127.0.0.2") as flooder, asking_from("127.0.0.3") as other:
            for _ in range(200):
                flooder.sendto(request_of(at), to)
            other.sendto(request_of(at), to)
            await until(lambda: server.counters.requests_answered + server.counters.requests_refused == 201)
            assert mold.parse(other.recv(2000)).sequence == 1
            assert server.counters.requests_answered == 4


async def test_only_so_many_are_read_in_a_time(tmp_path: Path, mock_clock: MockClock) -> None:
    """The rest is the system's to keep or to drop: reading does not take the venue's time from others."""
    async with running(settings(tmp_path)) as at, multicast(at, requests_total_per_s=1000) as (server, where):
        await Flow(at).trade(20)
        seen = 0
        with bound() as asker:
            for _ in range(100):
                asker.sendto(request_of(at), ("127.0.0.1", where.request_port))
            for now_ms, upto in ((0, 32), (31, 32), (32, 64), (64, 96), (96, 100)):
                mock_clock.jump(now_ms / 1000 - seen)
                seen = now_ms / 1000
                await until(lambda upto=upto: server.counters.requests_answered == upto)  # type: ignore[misc]


async def test_all_answers_together_are_bounded(tmp_path: Path, mock_clock: MockClock) -> None:
    async with running(settings(tmp_path)) as at, multicast(at, answers_bytes_per_s=3000) as (server, where):
        await Flow(at).trade(60)
        to = ("127.0.0.1", where.request_port)
        with asking_from("127.0.0.2") as first, asking_from("127.0.0.3") as second:
            for _ in range(5):
                first.sendto(request_of(at, 2, 0xFFFF), to)
                second.sendto(request_of(at, 2, 0xFFFF), to)
            await until(lambda: server.counters.requests_answered + server.counters.requests_refused == 10)
            size = len(first.recv(2000))
            assert size > 300
            assert server.counters.requests_answered == 3000 // size
