"""A relay's port over loopback sockets, with a whole venue behind it: a client can't tell one from the other."""

from __future__ import annotations

import base64
import socket
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
import trio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from market_book import decode
from market_venue import BTC_USDT, PASSWORD, MarketClient, running, settings
from relay_in_process import PATIENCE_S, SECRET, SUBSCRIBER, Relay, cut, relay_settings, relaying
from venue_in_process import ETH_USDT, Client, at_rest

from clients.credentials import Ed25519Key
from clients.market import BookChanged, MarketData, Resynchronising
from config.profile import RateConfig
from config.relay import SubscriberConfig
from engine.commands import CancelOrder, NewOrder
from engine.types import SCALE, OrdType, Side, TimeInForce
from gateways.binary import codec, soup
from gateways.binary.market.source import Kind
from gateways.binary.rejects import MessageRejectReason
from tradeengine.relay_status import lag_s
from tradeengine.venue import Venue

FIX_1 = 1
ANEW = "market data begins anew: log in again"


class Flow:
    """Random plain orders of one session."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.client = Client(venue, FIX_1).connect()
        self.random = Random(1)
        self.made = 0

    async def trade(self, count: int) -> None:
        random = self.random
        for _ in range(count):
            self.made += 1
            if self.made > 5 and not random.randrange(4):
                gone = random.randrange(1, self.made)
                self.client.send(CancelOrder(FIX_1, f"x{self.made}", 2, BTC_USDT, Side.BUY, f"o{gone}"))
                continue
            side, symbol_id = random.choice(list(Side)), random.choice((BTC_USDT, ETH_USDT))
            px, qty = 100 * SCALE + random.randint(-5, 5) * SCALE // 100, random.randint(1, 9) * SCALE // 1000
            name = f"o{self.made}"
            self.client.send(NewOrder(FIX_1, name, 2, symbol_id, side, OrdType.LIMIT, TimeInForce.GTC, qty, px))
        await at_rest(self.venue)


async def checked(clients: list[MarketClient]) -> None:
    for client in clients:
        await client.caught_up()
        client.check()


async def told(relay: Relay, event: str, times: int = 1) -> None:
    """Until operators are."""
    with trio.fail_after(PATIENCE_S):
        while relay.told.count(event) < times:
            await trio.sleep(0.001)


@pytest.mark.parametrize("session", ["", "LEVELS"])
async def test_late_joiners_have_the_venues_book_and_keep_it(tmp_path: Path, session: str) -> None:
    async with running(settings(tmp_path)) as at, relaying(at) as relay:
        flow = Flow(at.venue)
        await flow.trade(40)
        await relay.connected()
        clients: list[MarketClient] = []
        for _ in range(3):
            clients.append(await relay.subscriber(session=session))
            await flow.trade(40)
            await checked(clients)
        direct = await at.client(session=session)
        await direct.caught_up()
        assert direct.session == clients[0].session
        assert direct.book.next == clients[0].book.next
        assert clients[0].book.instruments[BTC_USDT].checked
        assert clients[0].book.instruments[BTC_USDT].statistics["NumberOfTrades"] > 5
        assert at.acceptor.connections == 3
        assert relay.acceptor.connections == 3


async def test_packets_are_the_venues_own(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at, relaying(at) as relay:
        flow = Flow(at.venue)
        await relay.connected()
        client = await relay.subscriber()
        await flow.trade(60)
        await client.caught_up()
        mine, theirs = relay.relayed.lines[Kind.ORDERS].stream, at.feed.lines[Kind.ORDERS].stream
        assert mine.next == theirs.next
        assert mine.since(1, 1 << 30).packets == theirs.since(1, 1 << 30).packets
        packets, received_ns = relay.upstreams[Kind.ORDERS].newest
        assert theirs.since(1, 1 << 30).packets.endswith(packets)
        assert lag_s(packets, received_ns) >= 0


async def test_a_lost_connection_to_the_venue_is_nothing_that_clients_see(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at, relaying(at) as relay:
        flow = Flow(at.venue)
        await relay.connected()
        clients = [await relay.subscriber(), await relay.subscriber(session="LEVELS")]
        for round_ in range(1, 4):
            cut(at)
            await flow.trade(30)
            await relay.connected(1 + round_)
            await checked(clients)
        everything = await relay.subscriber(sequence=1)
        await checked([everything])
        assert set(everything.book.instruments[BTC_USDT].trades) == set(clients[0].book.instruments[BTC_USDT].trades)
        assert relay.closed == []
        assert relay.upstreams[Kind.ORDERS].counters.connections_lost == 3
        assert relay.upstreams[Kind.ORDERS].counters.streams_begun == 1


async def test_a_stream_that_begins_anew_is_told(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at, relaying(at) as relay:
        flow = Flow(at.venue)
        await relay.connected()
        client = await relay.subscriber()
        await flow.trade(20)
        await client.caught_up()
        at.feed.renew("a fault")
        await client.rest()
        assert client.debug == [ANEW]
        assert client.others == []
        again = await relay.subscriber(sequence=client.book.next, session=client.session)
        assert again.refused == "S"
        joined = await relay.subscriber()
        await flow.trade(20)
        await checked([joined])


async def test_the_end_of_the_venues_session_is_the_relays(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at, relaying(at) as relay:
        await relay.connected()
        clients = [await relay.subscriber(session=session) for session in ("", "LEVELS", "CONFLATED")]
        await at.acceptor.stop("the venue is shutting down")
        for client in clients:
            await client.rest()
            assert client.debug == ["the venue is shutting down"]
            assert client.others == [soup.END_OF_SESSION]
        assert [client.book.system for client in clients] == [[b"C"], [b"C"], []]


async def test_a_client_that_is_ahead_of_the_relay_is_waited_for(tmp_path: Path) -> None:
    """It has been told more by another one that is quicker."""
    async with running(settings(tmp_path)) as at, relaying(at) as relay:
        flow = Flow(at.venue)
        await relay.connected()
        direct = await at.client()
        line = relay.relayed.lines[Kind.ORDERS]
        held_up: list[tuple[int, bytes]] = []
        take = line.take
        line.take = lambda count, packets: held_up.append((count, packets))  # type: ignore[method-assign]
        await flow.trade(10)
        await direct.caught_up()
        with trio.fail_after(PATIENCE_S):
            while line.stream.next + sum(count for count, _ in held_up) < direct.book.next:
                await trio.sleep(0.001)
        async with trio.open_nursery() as nursery:

            @nursery.start_soon
            async def come_over() -> None:
                client = await relay.subscriber(sequence=direct.book.next, session=direct.session, book=direct.book)
                await flow.trade(10)
                await checked([client])

            with trio.fail_after(PATIENCE_S):
                while not relay.acceptor.connections:
                    await trio.sleep(0.001)
            line.take = take  # type: ignore[method-assign]
            for count, packets in held_up:
                take(count, packets)


async def test_the_end_of_a_relay_is_not_that_of_the_session(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at, relaying(at) as relay:
        flow = Flow(at.venue)
        await relay.connected()
        client = await relay.subscriber()
        await flow.trade(10)
        await client.caught_up()
        await relay.acceptor.stop("the relay is shutting down")
        await client.rest()
        assert client.debug == ["the relay is shutting down"]
        assert client.others == []
        async with relaying(at) as other:
            await other.connected()
            await flow.trade(10)
            again = await other.subscriber(sequence=client.book.next, session=client.session, book=client.book)
            await checked([again])


async def test_a_long_outage_is_told_and_the_stream_goes_on_after_it(tmp_path: Path) -> None:
    short = relay_settings(outage_max_s=0.05)
    async with running(settings(tmp_path)) as at:
        flow = Flow(at.venue)
        async with relaying(at, short) as relay:
            await relay.connected()
            client = await relay.subscriber()
            await flow.trade(10)
            await client.caught_up()
            at.venue.door.closed = "under maintenance"
            cut(at)
            await client.rest()
            assert client.debug == ["the venue has not been reached for 0.05 s"]
            refused = await relay.subscriber()
            await refused.rest()
            assert (refused.refused, refused.debug) == ("S", ["the venue has not been reached for 0.05 s"])
            at.venue.door.closed = ""
            await flow.trade(10)
            await relay.connected(2)
            again = await relay.subscriber(sequence=client.book.next, session=client.session, book=client.book)
            await checked([again])


async def test_a_relay_that_is_not_let_in_says_so_and_tries_again(tmp_path: Path) -> None:
    wrong = relay_settings()
    wrong = msgspec.structs.replace(wrong, upstream=msgspec.structs.replace(wrong.upstream, password="wrong"))
    async with running(settings(tmp_path)) as at, relaying(at, wrong) as relay:
        await told(relay, "venue_lost", 2)
        for session in ("", "LEVELS", "O0MWQX0000"):  # a stream's own name may be that of the one that is yet to come
            client = await relay.subscriber(session=session)
            await client.rest()
            assert (client.refused, client.debug) == ("S", ["market data has not come from the venue yet"])
        unknown = await relay.subscriber(session="X0MWQX0000")
        await unknown.rest()
        assert (unknown.refused, unknown.debug) == ("S", ["session 'X0MWQX0000' is not, or not any more"])


async def test_who_may_not_listen_is_refused_as_by_the_venue(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at, relaying(at) as relay:
        await relay.connected()
        cases: list[tuple[dict[str, Any], str, str]] = [
            ({"password": "wrong"}, "A", "unknown session or wrong credentials"),
            ({"user": "MDATA1", "password": PASSWORD}, "A", "unknown session or wrong credentials"),
            ({"session": "O00000000"}, "S", "session 'O00000000' is not, or not any more"),
            ({"sequence": 99999}, "S", "sequence 99999: "),
        ]
        for login, code, text in cases:
            client = await relay.subscriber(**login)
            await client.rest()
            assert client.refused == code
            assert client.debug[0].startswith(text)


async def test_a_slow_client_is_cut_and_the_others_are_not(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at, relaying(at, buffer_max=2_000) as relay:
        flow = Flow(at.venue)
        await relay.connected()
        quick, slow = await relay.subscriber(), await relay.subscriber()
        assert isinstance(slow.stream, trio.SocketStream)
        slow.stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with trio.fail_after(PATIENCE_S):
            while not relay.closed:
                await flow.trade(300)
                await quick.caught_up()
        assert relay.closed[0].startswith("the client reads too slowly: more than 2000 bytes wait for it from ")
        assert relay.acceptor.counters.slow_clients_cut == 1
        await checked([quick])
        await slow.stream.aclose()


async def test_a_snapshot_that_is_too_old_is_asked_for_anew_once_for_all(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at, relaying(at, relay_settings(snapshot_lag_max=10)) as relay:
        flow = Flow(at.venue)
        await relay.connected()
        await flow.trade(60)
        clients: list[MarketClient] = []

        async def join() -> None:
            clients.append(await relay.subscriber())

        async with trio.open_nursery() as nursery:
            for _ in range(5):
                nursery.start_soon(join)
        await checked(clients)
        assert relay.upstreams[Kind.ORDERS].counters.snapshots_taken in (2, 3)


async def test_conflated_market_data_is_made_by_the_relay(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at, relaying(at, conflation_interval_s=0.01) as relay:
        flow = Flow(at.venue)
        await relay.connected()
        login = "127.0.0.1", relay.port, SUBSCRIBER, SECRET
        async with MarketData(*login, "CONFLATED", events_max=0) as market, MarketData(*login, "LEVELS") as whole:
            await flow.trade(60)
            book, other = await market.shown("BTC/USDT"), await whole.shown("BTC/USDT")
            with trio.fail_after(PATIENCE_S):
                while book.checksum != other.checksum or other.number < at.feed.lines[Kind.LEVELS].stream.next - 60:
                    await trio.sleep(0.001)
        assert len(at.feed.lines[Kind.LEVELS].subscribers) == 1


async def test_logins_that_are_signed(tmp_path: Path) -> None:
    private = Ed25519PrivateKey.generate()
    public = base64.b64encode(private.public_key().public_bytes_raw()).decode()
    keyed = relay_settings(subscribers=[SubscriberConfig(username="KEYED", public_keys=[f"k1:{public}"])])
    async with running(settings(tmp_path)) as at, relaying(at, keyed) as relay:
        flow = Flow(at.venue)
        await relay.connected()
        await flow.trade(30)
        key = Ed25519Key(private.private_bytes_raw(), "k1")
        async with MarketData("127.0.0.1", relay.port, "KEYED", "", key=key) as market:
            assert (await market.shown("BTC/USDT")).whole


async def test_a_client_that_loses_the_relay_comes_back_without_a_gap(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at, relaying(at) as relay:
        flow = Flow(at.venue)
        await relay.connected()
        async with MarketData("127.0.0.1", relay.port, SUBSCRIBER, SECRET) as market:
            await flow.trade(20)
            cut(relay)
            await flow.trade(20)
            numbers: list[int] = []
            with trio.fail_after(PATIENCE_S):
                async for event in market:
                    assert not isinstance(event, Resynchronising)
                    if isinstance(event, BookChanged):
                        numbers.append(event.number)
                        book = market.book(event.security_id)
                        if book.number >= at.feed.lines[Kind.ORDERS].stream.next - 3:
                            break
            told_by_stream = [number for number in numbers if number]
            assert told_by_stream == sorted(set(told_by_stream))


async def test_a_subscriber_may_say_so_much(tmp_path: Path) -> None:
    plain = relay_settings()
    limited = msgspec.structs.replace(plain.subscribers[0], rate=RateConfig(per_second=1, burst=2))
    async with (
        running(settings(tmp_path)) as at,
        relaying(at, msgspec.structs.replace(plain, subscribers=[limited])) as relay,
    ):
        await relay.connected()
        client = await relay.subscriber()
        await client.stream.send_all(codec.ORDER_STATUS_REQUEST.pack(7, 1, 0) * 50)
        await client.until(lambda: len(client.rejects) == 50)
        reasons = Counter(decode(payload).values["BusinessRejectReason"] for payload in client.rejects)
        assert set(reasons) == {MessageRejectReason.UNKNOWN_TEMPLATE, MessageRejectReason.RATE_EXCEEDED}
        assert reasons[MessageRejectReason.UNKNOWN_TEMPLATE] >= 2
