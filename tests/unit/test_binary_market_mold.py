"""MoldUDP64: packets, what is sent again, and receivers that get every message once and in order whatever gets lost."""

from __future__ import annotations

import contextlib
import shutil
import socket
import struct
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
import trio
from capture import udp_capture
from held_ports import held_port
from hypothesis import given
from hypothesis import settings as run
from hypothesis import strategies as st
from market_venue import PASSWORD, MarketVenue, running, settings
from test_client_market import AT_ONCE, Flow, market_of, same, taken, until
from venue_in_process import BTC_USDT, at_rest

from clients import ConnectionLost
from clients.market import Fanout, MoldMarketData, Resynchronising
from clients.market.mold import MoldReceiver
from clients.market.multicast import _listener
from gateways.binary import soup
from gateways.binary.market import mold
from gateways.binary.market.codec import SEQUENCED
from gateways.binary.market.mold_fanout import MoldCounters, MoldFanout, Ring
from gateways.binary.market.mold_server import MoldServer, MoldSettings, _sender
from gateways.binary.market.source import Kind
from gateways.binary.market.stream import Batch

SESSION = mold.session_field("O0ABCDEFG1")
MESSAGES = st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=40)


def packets_of(messages: list[bytes]) -> bytes:
    return b"".join(soup.packet(soup.SEQUENCED_DATA, message) for message in messages)


# ---- packets -------------------------------------------------------------------------------------------------------


def test_a_packet_is_what_the_specification_says() -> None:
    ((first, count, datagram),) = mold.datagrams(SESSION, 7, mold.blocks(packets_of([b"abc", b"d"])), 1400)
    assert (first, count) == (7, 2)
    assert datagram == b"O0ABCDEFG1" + struct.pack(">QH", 7, 2) + b"\x00\x03abc\x00\x01d"
    assert mold.heartbeat(SESSION, 9) == b"O0ABCDEFG1" + struct.pack(">QH", 9, 0)
    assert mold.end_of_session(SESSION, 9)[-2:] == b"\xff\xff"
    assert mold.parse(mold.heartbeat(SESSION, 9)) == mold.Downstream("O0ABCDEFG1", 9, [], False)
    assert mold.parse(mold.end_of_session(SESSION, 9)).ended
    assert mold.parse_request(mold.request(SESSION, 5, 3)) == mold.Request("O0ABCDEFG1", 5, 3)


@given(MESSAGES, st.integers(40, 300))
@run(max_examples=60)
def test_messages_go_into_datagrams_of_a_size_and_come_out(messages: list[bytes], size_max: int) -> None:
    made = mold.datagrams(SESSION, 5, mold.blocks(packets_of(messages)), size_max)
    came: list[bytes] = []
    for first, count, datagram in made:
        packet = mold.parse(datagram)
        assert (packet.sequence, len(packet.messages)) == (first, count)
        assert first == 5 + len(came)
        assert len(datagram) <= size_max or count == 1
        came += packet.messages
        assert mold.packed(SESSION, first, packet.messages) == datagram
    assert came == messages


@given(st.binary(max_size=80))
def test_any_bytes_are_a_packet_or_refused(data: bytes) -> None:
    for read in (mold.parse, mold.parse_request):
        with contextlib.suppress(mold.MoldError):
            read(data)


def test_a_packet_that_is_not_whole_is_refused() -> None:
    (_, _, datagram), = mold.datagrams(SESSION, 1, mold.blocks(packets_of([b"abc"])), 1400)  # fmt: skip
    for wrong in (datagram[:-1], datagram + b"x", datagram[:21], b"short"):
        with pytest.raises(mold.MoldError):
            mold.parse(wrong)


# ---- what is sent, and again ---------------------------------------------------------------------------------------


class Net:
    """Where datagrams go."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.full = False

    def send(self, datagram: bytes) -> bool:
        if not self.full:
            self.sent.append(datagram)
        return not self.full


class _Line:
    """What a fan-out needs of one."""

    def __init__(self, name: str) -> None:
        self.stream = type("Stream", (), {"name": name, "unsent": 1})()
        self.subscribers: list[Any] = []


class _Feed:
    def __init__(self) -> None:
        self.lines = {Kind.ORDERS: _Line("O0ABCDEFG1")}
        self.started: list[Any] = []

    def start(self, line: Any) -> None:
        self.started.append(line)


def fanout(net: Net, feed: _Feed, size: int = 60, replay: int = 10_000) -> MoldFanout:
    made = MoldFanout(feed, Kind.ORDERS, net.send, size, replay, MoldCounters())  # type: ignore[arg-type]
    made.start()
    return made


def test_a_fan_out_sends_what_the_stream_tells_and_heartbeats_when_it_tells_nothing() -> None:
    net, feed = Net(), _Feed()
    out = fanout(net, feed)
    assert feed.started == [feed.lines[Kind.ORDERS]]
    out.tick()
    assert net.sent == [mold.heartbeat(SESSION, 1)]
    out.offer(Batch(1, 3, packets_of([b"a" * 20, b"b" * 20, b"c" * 20])))
    assert [mold.parse(datagram).sequence for datagram in net.sent[1:]] == [1, 2, 3]
    out.tick()
    assert len(net.sent) == 4, "no heartbeat right behind messages"
    out.tick()
    assert net.sent[4:] == [mold.heartbeat(SESSION, 4)]
    feed.lines[Kind.ORDERS] = _Line("O0ABCDEFG2")
    out.end("market data has begun anew")
    assert net.sent[5:] == [mold.end_of_session(SESSION, 4)]
    out.tick()
    out.tick()
    assert net.sent[-1] == mold.heartbeat(mold.session_field("O0ABCDEFG2"), 1)
    out.stop()
    assert mold.parse(net.sent[-1]).ended
    assert feed.lines[Kind.ORDERS].subscribers == []


def test_what_the_kernel_has_no_room_for_can_still_be_asked_for() -> None:
    net = Net()
    out = fanout(net, _Feed())
    net.full = True
    out.offer(Batch(1, 2, packets_of([b"a" * 20, b"b" * 20])))
    assert out._counters.datagrams_dropped == 2
    assert mold.parse(out.again(mold.request(SESSION, 2, 1))).messages == [b"b" * 20]


def test_what_is_asked_for_is_answered_as_far_as_it_is_kept_and_fits() -> None:
    net = Net()
    out = fanout(net, _Feed(), size=100)
    messages = [bytes((65 + n,)) * 10 for n in range(20)]
    out.offer(Batch(1, 20, packets_of(messages)))
    answer = mold.parse(out.again(mold.request(SESSION, 3, 100)))
    assert answer.sequence == 3
    assert answer.messages == messages[2 : 2 + len(answer.messages)]
    assert mold.parse(out.again(mold.request(SESSION, 3, 2))).messages == messages[2:4]
    for wrong in (
        mold.request(SESSION, 21, 1),
        mold.request(SESSION, 0, 1),
        mold.request(SESSION, 3, 0),
        mold.request(mold.session_field("OTHER"), 3, 1),
        b"nonsense",
    ):
        assert out.again(wrong) == b""


def test_the_ring_keeps_the_newest() -> None:
    ring = Ring(50_000)
    for number in range(1, 20_001):
        ring.add(number, 1, b"%d" % number)
    assert ring.holding(20_000) == (20_000, b"20000")
    assert ring.holding(20_001) is None
    assert ring.holding(1) is None
    assert ring.holding(0) is None
    kept = [number for number in range(1, 20_001) if ring.holding(number)]
    assert kept == list(range(kept[0], 20_001))
    assert 400 < len(kept) < 500
    assert len(ring._firsts) < 5_000


# ---- receiving -----------------------------------------------------------------------------------------------------


@given(st.data())
@run(max_examples=150, deadline=None)
def test_every_message_comes_once_and_in_order_whatever_the_network_does(data: st.DataObject) -> None:
    random = data.draw(st.randoms(use_true_random=False))
    net = Net()
    out = fanout(net, _Feed(), size=80)
    messages = [b"%d" % number * random.randint(1, 9) for number in range(1, random.randint(2, 60))]
    for at in range(0, len(messages), 7):
        part = messages[at : at + 7]
        out.offer(Batch(at + 1, len(part), packets_of(part)))
    out.tick()
    out.tick()
    begin = random.randint(1, len(messages))
    receiver = MoldReceiver(patience_s=0.1)
    on_the_way = [datagram for datagram in net.sent[:-1] if random.random() < 0.7] * random.randint(1, 2)
    random.shuffle(on_the_way)
    before = random.randint(0, len(on_the_way))
    for datagram in on_the_way[:before]:
        assert receiver.take(datagram) == []
    came = receiver.begin("O0ABCDEFG1", begin)
    now_s = 0.0
    for datagram in [*on_the_way[before:], net.sent[-1]]:
        came += receiver.take(datagram)
    while request := receiver.ask(now_s):
        assert receiver.ask(now_s + 0.05) == b"", "asked for already"
        now_s += 0.2
        if random.random() < 0.8:
            came += receiver.take(out.again(request))
        if receiver.failure:
            return
    if not receiver.failure:
        assert came == list(enumerate(messages, 1))[begin - 1 :]


def test_a_gap_that_nobody_fills_is_given_up() -> None:
    receiver = MoldReceiver(patience_s=0.1, attempts_max=3)
    receiver.begin("O0ABCDEFG1", 5)
    receiver.take(mold.heartbeat(SESSION, 9))
    requests = [receiver.ask(n * 0.1) for n in range(4)]
    assert [mold.parse_request(each) for each in requests[:3]] == [mold.Request("O0ABCDEFG1", 5, 4)] * 3
    assert requests[3] == b""
    assert receiver.failure == "message 5 is missing, and is not sent again"


def test_what_is_held_behind_a_gap_is_bounded() -> None:
    receiver = MoldReceiver(held_max=10)
    receiver.begin("O0ABCDEFG1", 1)
    for number in range(2, 30):
        receiver.take(mold.packed(SESSION, number, [b"m"]))
    assert receiver.failure == "more than 10 messages have come behind message 1"


def test_before_the_snapshot_the_newest_are_held() -> None:
    receiver = MoldReceiver(held_max=10)
    for number in range(1, 30):
        receiver.take(mold.packed(SESSION, number, [b"%d" % number]))
    assert receiver.begin("O0ABCDEFG1", 25) == [(number, b"%d" % number) for number in range(25, 30)]
    assert not receiver.failure


def test_another_session_and_the_end_of_one_are_noticed() -> None:
    receiver = MoldReceiver()
    receiver.begin("O0ABCDEFG1", 1)
    receiver.take(b"noise")
    assert not receiver.failure
    receiver.take(mold.packed(mold.session_field("O0ABCDEFG2"), 1, [b"m"]))
    assert receiver.failure == "the venue goes on with session O0ABCDEFG2"
    receiver.begin("O0ABCDEFG1", 1)
    receiver.take(mold.end_of_session(SESSION, 1))
    assert receiver.failure == "the venue has ended the session"


# ---- over sockets, with a whole venue behind -----------------------------------------------------------------------


def bound(port: int = 0) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.bind(("127.0.0.1", port))
    return sock


class Lossy(MoldServer):
    """Loses some of what it sends."""

    loss = 0.0
    random = Random(3)
    log: list[bytes]

    def _send(self, datagram: bytes) -> bool:
        self.log.append(datagram)
        return self.random.random() < self.loss or super()._send(datagram)


@asynccontextmanager
async def multicast(at: MarketVenue, **options: Any) -> AsyncIterator[tuple[Lossy, Fanout]]:
    requests = bound()
    with held_port(socket.SOCK_DGRAM) as port:
        where = Fanout("127.0.0.1", port, "127.0.0.1", requests.getsockname()[1])
        named = {"heartbeat_interval_s": 0.01, **options}
        server = Lossy(at.feed, MoldSettings(address="127.0.0.1", port=port, **named), requests)
        server.log = []
        async with trio.open_nursery() as nursery:
            await nursery.start(server.run)
            yield server, where
            nursery.cancel_scope.cancel()


def listener(at: MarketVenue, where: Fanout, **options: Any) -> MoldMarketData:
    return MoldMarketData("127.0.0.1", at.port, "MDATA1", PASSWORD, where, reconnect=AT_ONCE, **options)


async def followed(at: MarketVenue, market: MoldMarketData) -> None:
    """Until it has received all that the venue has told."""
    await at_rest(at.venue)
    stream = at.feed.lines[Kind.ORDERS].stream
    await until(lambda: market.connected and market.receiver.next == stream.next)


@pytest.mark.parametrize("loss", [0.0, 0.3])
async def test_books_over_udp_are_the_venues_whatever_gets_lost(tmp_path: Path, loss: float) -> None:
    async with running(settings(tmp_path)) as at, multicast(at) as (server, where):
        flow = Flow(at)
        await flow.trade(40)
        server.loss = loss
        async with listener(at, where) as market, market_of(at) as over_tcp:
            await followed(at, market)
            taken(market)  # type: ignore[arg-type]
            await until(lambda: over_tcp._link.session.next_number == market.receiver.next)
            taken(over_tcp)
            for _ in range(5):
                await flow.trade(40)
                await followed(at, market)
                assert same(at, market.book("BTC/USDT"))
            await until(lambda: over_tcp._link.session.next_number == market.receiver.next)
            assert taken(market) == taken(over_tcp), "nothing lost, nothing twice"  # type: ignore[arg-type]
            assert at.acceptor.counters.snapshots_sent == 2
            assert (server.counters.requests_answered > 0) == (loss > 0)
            assert all(len(datagram) <= 1400 for datagram in server.log)


async def test_what_is_not_kept_any_more_brings_a_snapshot(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at, multicast(at, replay_bytes=500) as (server, where):
        flow = Flow(at)
        async with listener(at, where) as market:
            await followed(at, market)
            server.loss = 1.0
            await flow.trade(60)
            server.loss = 0.0
            await flow.trade(10)
            await until(lambda: at.acceptor.counters.snapshots_sent == 2)
            await followed(at, market)
            assert same(at, market.book(BTC_USDT))
            assert any(isinstance(event, Resynchronising) for event in market._link.events)


async def test_a_stream_that_begins_anew_is_followed(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at, multicast(at) as (_, where):
        flow = Flow(at)
        await flow.trade(20)
        async with listener(at, where) as market:
            await followed(at, market)
            at.feed.renew("market data has begun anew")
            await flow.trade(20)
            await until(lambda: at.acceptor.counters.snapshots_sent == 2)
            await followed(at, market)
            assert same(at, await market.shown(BTC_USDT))


async def test_the_end_of_the_fan_out_is_told(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at:
        async with multicast(at) as (server, _):
            pass
        assert mold.parse(server.log[-1]).ended


async def test_an_address_that_cannot_be_listened_to_is_said(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at:
        where = Fanout("192.0.2.1", 9, "127.0.0.1", 9)
        with pytest.raises(ConnectionLost, match=r"cannot listen to 192\.0\.2\.1:9"):
            async with listener(at, where):
                pass


async def test_a_group_on_the_loopback_interface(tmp_path: Path) -> None:
    """Multicast as such, where the machine has it."""
    with bound() as spare:
        port = spare.getsockname()[1]
    where = Fanout("239.255.77.1", port, "127.0.0.1", 9, "127.0.0.1")
    sent = [mold.heartbeat(SESSION, 1)]
    try:
        with _listener(where) as receiver, _sender(MoldSettings(interface="127.0.0.1")) as sender:
            sender.sendto(sent[0], (where.address, where.port))
            with trio.move_on_after(10) as waited:
                await trio.lowlevel.wait_readable(receiver)
            if waited.cancelled_caught:
                pytest.skip("multicast does not come back on this machine's loopback interface")
            assert receiver.recv(1500) == sent[0]
    except OSError as error:
        pytest.skip(f"no multicast on this machine's loopback interface: {error}")


def test_wireshark_reads_our_datagrams(tmp_path: Path) -> None:
    unpacked = Path(sys.prefix) / "tools" / "tshark" / "run"
    tshark = shutil.which("tshark") or (str(unpacked) if unpacked.exists() else "")
    if not tshark:
        pytest.skip("tshark is not there: scripts/install-test-tools.sh installs it")
    messages = [SEQUENCED.order_deleted.pack(1, number, 7, 0)[soup.HEADER_SIZE :] for number in range(50)]
    sent = [datagram for *_, datagram in mold.datagrams(SESSION, 7, mold.blocks(packets_of(messages)), 1400)]
    sent += [mold.heartbeat(SESSION, 57), mold.end_of_session(SESSION, 57)]
    path = tmp_path / "mold.pcap"
    udp_capture(path, 9904, sent)
    fields = (
        "-e",
        "moldudp64.session",
        "-e",
        "moldudp64.sequence",
        "-e",
        "moldudp64.count",
        "-e",
        "moldudp64.msgseq",
    )
    told = subprocess.run(
        [tshark, "-r", path, "-d", "udp.port==9904,moldudp64", "-T", "fields", *fields],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    rows = [line.split("\t") for line in told]
    assert [row[0] for row in rows] == ["O0ABCDEFG1"] * len(sent)
    assert [int(row[1]) for row in rows][-2:] == [57, 57]
    assert sum(int(row[2]) for row in rows[:-2]) == 50
    assert [number for row in rows for number in row[3].split(",") if number] == [str(n) for n in range(7, 57)]
