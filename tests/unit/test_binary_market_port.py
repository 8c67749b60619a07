"""The market data port over loopback sockets, with a whole venue behind it."""

from __future__ import annotations

from pathlib import Path
from random import Random

import msgspec
import pytest
import trio
from market_book import decode
from market_venue import MarketClient, MarketVenue, running, settings
from venue_in_process import BTC_USDT, ETH_USDT, START_NS, Client, Clock, at_rest

from actors.messages import Outcome
from engine.commands import CancelOrder, MassCancel, NewOrder
from engine.events import InstrumentListed, SessionOpened
from engine.terms import SpecialTerms
from engine.types import SCALE, OrdType, Side, TimeInForce
from gateways.binary import codec, soup
from gateways.binary.market.connection import _chunks
from gateways.binary.market.source import TakeSnapshot
from tradeengine.venue import Venue

FIX_1 = 1


def order(
    name: str, side: Side, lots: int, cents: int = 0, symbol_id: int = BTC_USDT, special: SpecialTerms | None = None
) -> NewOrder:
    px = 100 * SCALE + cents * SCALE // 100
    return NewOrder(
        FIX_1, name, 2, symbol_id, side, OrdType.LIMIT, TimeInForce.GTC, lots * SCALE // 1000, px, special=special
    )


class Flow:
    """Random plain orders of one session."""

    def __init__(self, venue: Venue, seed: int = 1) -> None:
        self.venue = venue
        self.client = Client(venue, FIX_1).connect()
        self.random = Random(seed)
        self.made = 0

    async def trade(self, count: int) -> None:
        for _ in range(count):
            self.made += 1
            random = self.random
            if self.made > 5 and not random.randrange(4):
                gone = random.randrange(1, self.made)
                self.client.send(CancelOrder(FIX_1, f"x{self.made}", 2, BTC_USDT, Side.BUY, f"o{gone}"))
            else:
                side, symbol_id = random.choice(list(Side)), random.choice((BTC_USDT, ETH_USDT))
                self.client.send(order(f"o{self.made}", side, random.randint(1, 9), random.randint(-5, 5), symbol_id))
        await at_rest(self.venue)


async def finished(at: MarketVenue, count: int = 1) -> None:
    """Until so many connections have ended."""
    with trio.fail_after(60):
        while len(at.closed) < count:
            await trio.lowlevel.checkpoint()


@pytest.mark.parametrize("session", ["", "LEVELS"])
async def test_late_joiners_have_the_venues_book_and_keep_it(tmp_path: Path, session: str) -> None:
    async with running(settings(tmp_path)) as at:
        flow = Flow(at.venue)
        await flow.trade(40)
        clients: list[MarketClient] = []
        for _ in range(3):
            clients.append(await at.client(session=session))
            await flow.trade(40)
            for client in clients:
                await client.caught_up()
                client.check()
        assert clients[0].book.complete
        assert clients[0].book.instruments[BTC_USDT].checked
        assert clients[0].book.instruments[BTC_USDT].definition["Symbol"].rstrip(b"\0") == b"BTC/USDT"
        assert clients[0].book.instruments[BTC_USDT].statistics["NumberOfTrades"] > 5
        assert at.acceptor.counters.snapshots_sent == 3
        assert at.acceptor.connections == 3


@pytest.mark.parametrize("session", ["", "LEVELS"])
async def test_the_very_first_listener_is_shown_the_whole_market_too(tmp_path: Path, session: str) -> None:
    """The stream begins with all instruments, so that it is whole from number 1 on; nobody is shown less than that."""
    async with running(settings(tmp_path)) as at:
        await Flow(at.venue).trade(40)
        first = await at.client(session=session)
        await first.until(lambda: first.book.complete)
        assert set(first.book.instruments) == {BTC_USDT, ETH_USDT}
        assert first.book.names.count("SnapshotBegin") == 2
        first.check()
        assert first.book.next == at.feed.line_named(first.session).stream.next > 2


async def test_a_first_listener_waits_for_every_instrument_that_there_is(tmp_path: Path) -> None:
    taken: list[tuple[int, list[bytes]]] = []
    async with running(settings(tmp_path)) as at:
        line = at.feed.line_named("")
        at.feed.start(line)
        line.snapshot(lambda *snapshot: taken.append(snapshot))
        assert not taken
        with trio.fail_after(60):
            while not taken:
                await trio.lowlevel.checkpoint()
    ((number, packets),) = taken
    assert decode(packets[-1][soup.HEADER_SIZE :]).values == {
        "NextExpectedMsgSeqNum": number,
        "TotNoRelatedSym": 2,
    }


async def test_who_comes_back_with_a_number_misses_nothing(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at:
        flow = Flow(at.venue)
        first = await at.client()
        await flow.trade(30)
        await first.caught_up()
        await first.stream.aclose()
        await flow.trade(30)
        again = await at.client(sequence=first.book.next, session=first.session, book=first.book)
        assert again.session == first.session
        await again.caught_up()
        again.check()
        everything = await at.client(sequence=1)
        await everything.caught_up()
        everything.check()
        assert everything.book.system == [b"O"]
        assert everything.book.names.count("SnapshotBegin") == 2
        assert set(again.book.instruments[BTC_USDT].trades) <= set(everything.book.instruments[BTC_USDT].trades)


async def test_who_may_not_listen_is_refused_with_the_reason(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at:
        cases = [
            ({"password": "wrong"}, "A", "unknown session or wrong credentials"),
            ({"user": "NOBODY"}, "A", "unknown session or wrong credentials"),
            ({"user": "TRADE1"}, "A", "the session has no right to market data"),
            ({"session": "O00000000"}, "S", "session 'O00000000' is not, or not any more"),
            ({"sequence": 99}, "S", "sequence 99: "),
        ]  # fmt: skip
        for login, code, text in cases:
            client = await at.client(**login)
            await client.rest()
            assert client.refused == code
            assert client.debug[0].startswith(text)
        assert at.acceptor.counters.logins_rejected == len(cases)


async def test_numbers_that_are_no_longer_kept_are_refused(tmp_path: Path) -> None:
    async with running(settings(tmp_path, market_data_replay_bytes=3_000)) as at:
        flow = Flow(at.venue)
        client = await at.client()
        for _ in range(30):
            await flow.trade(5)
        late = await at.client(sequence=1)
        await late.rest()
        assert late.refused == "S"
        assert "0 begins with a snapshot" in late.debug[0]
        await client.caught_up()
        client.check()
        joined = await at.client()
        await joined.caught_up()
        joined.check()


async def test_a_session_listens_beside_its_order_entry_and_more_than_once(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at:
        port = next(port for port in at.venue.ports.values() if port.session.comp_id == "MDATA1")
        Client(at.venue, port.session.session_id).connect()
        one, other = await at.client(), await at.client()
        assert one.session == other.session
        assert port.connection is not None


async def test_a_listener_takes_the_place_of_who_has_sent_no_login(tmp_path: Path) -> None:
    async with running(settings(tmp_path), market_data_connections_max=1) as at:
        silent = MarketClient(at, await trio.open_tcp_stream("127.0.0.1", at.port))
        client = await at.client()
        await silent.rest()
        assert at.closed == ["no logon had come, and a new connection took its place"] == silent.debug
        refused = MarketClient(at, await trio.open_tcp_stream("127.0.0.1", at.port))
        await refused.rest()
        await client.caught_up()
        counters = at.acceptor.counters
        assert (counters.connections_displaced, counters.connections_refused) == (1, 1)


async def test_one_session_cannot_use_up_the_port(tmp_path: Path) -> None:
    async with running(settings(tmp_path), market_data_connections_per_session_max=2) as at:
        clients = [await at.client() for _ in range(2)]
        refused = await at.client()
        await refused.rest()
        assert refused.debug == ["the session is logged in here 2 times already"]
        await clients[0].stream.aclose()
        await finished(at, 2)
        again = await at.client()
        await again.caught_up()


async def test_who_waits_for_a_snapshot_has_taken_a_place_already(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting: list[TakeSnapshot] = []
    async with running(settings(tmp_path), market_data_connections_per_session_max=2) as at:
        line = at.feed.line_named("")
        show = line.snapshot
        monkeypatch.setattr(line, "snapshot", lambda take, since=0: waiting.append(take))
        async with trio.open_nursery() as nursery:
            for _ in range(5):
                nursery.start_soon(at.client)
            with trio.fail_after(60):
                while len(waiting) + len(at.closed) < 5:
                    await trio.lowlevel.checkpoint()
            assert at.closed == ["the session is logged in here 2 times already"] * 3
            for take in waiting:
                show(take)
        assert at.acceptor.counters.logins_accepted == 2


async def test_a_snapshot_larger_than_what_may_wait_is_sent_in_pieces() -> None:
    packets = [b"a" * 10, b"b" * 3_000_000, b"c" * 5]
    chunks = _chunks(packets)
    assert b"".join(chunks) == b"".join(packets)
    assert max(map(len, chunks)) < 1_000_000


async def test_a_message_is_refused_by_number(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at:
        client = await at.client()
        request = codec.BOOK_REQUEST.pack(1, BTC_USDT, 5)
        await client.stream.send_all(request + soup.packet(soup.UNSEQUENCED_DATA, b"xyz"))
        await client.until(lambda: len(client.rejects) == 2)
        rejects = [decode(payload).values for payload in client.rejects]
        assert [(told["RefSeqNum"], told["RefMsgType"], told["BusinessRejectReason"]) for told in rejects] == [
            (1, 13, 3), (2, 0, 1),
        ]  # fmt: skip


async def test_a_client_that_does_not_read_is_cut_and_costs_nobody_else(tmp_path: Path) -> None:
    async with running(settings(tmp_path), buffer_max=20_000, close_timeout_s=0.05) as at:
        flow = Flow(at.venue)
        reads = await at.client()
        sleeps = await at.client()
        with trio.fail_after(60):
            while not at.closed:
                await flow.trade(300)
                await reads.caught_up()
        reads.check()
        assert "the client reads too slowly: more than 20000 bytes" in at.closed[0]
        assert at.acceptor.counters.slow_clients_cut == 1
        await sleeps.rest()


async def test_the_stop_of_the_venue_ends_the_stream(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at:
        client = await at.client()
        await client.caught_up()
        await at.acceptor.stop("the venue is shutting down")
        await client.rest()
        assert client.book.system == [b"C"]
        assert client.debug == ["the venue is shutting down"]
        assert client.others == [soup.END_OF_SESSION]
        name = client.session
    async with running(settings(tmp_path), Clock(START_NS + 1_000_000)) as at:
        client = await at.client(session=name, sequence=2)
        await client.rest()
        assert client.refused == "S"


async def test_a_right_that_is_taken_away_ends_the_connection(tmp_path: Path) -> None:
    async with running(settings(tmp_path), heartbeat_interval_s=0.04) as at:
        client = await at.client()
        known = at.venue.directory.session_keyed("SOUPBIN", "MDATA1", "")
        assert isinstance(known, SessionOpened)
        at.venue.directory.apply(msgspec.structs.replace(known, enabled=False))
        await client.rest()
        assert client.debug == ["the session may not listen to market data any more"]


async def test_a_failure_of_the_feed_is_told_and_the_stream_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(settings(tmp_path)) as at:
        flow = Flow(at.venue)
        client = await at.client()
        await flow.trade(10)

        def broken(message: object) -> None:
            monkeypatch.undo()
            raise RuntimeError("broken")

        monkeypatch.setattr(at.feed, "take", broken)
        await flow.trade(10)
        await client.rest()
        assert client.debug == ["market data begins anew: log in again"]
        again = await at.client()
        assert again.session != client.session
        await flow.trade(20)
        await again.caught_up()
        again.check()


async def test_an_instrument_that_is_listed_meanwhile_comes_in_the_stream(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at:
        client = await at.client()
        await client.caught_up()
        listed = msgspec.structs.replace(at.venue.directory.instruments[ETH_USDT], symbol_id=3, symbol="SOL/USDT")
        with at.venue.dispatcher.turn():
            at.venue.journal_mail.tell(Outcome(0, 0, 0, [InstrumentListed(listed)]))
            at.venue.book_mail[3] = at.venue.book_mail[ETH_USDT]  # a book of its own is not what this is about
        await client.caught_up()
        assert client.book.instruments[3].definition["Symbol"].rstrip(b"\0") == b"SOL/USDT"
        assert client.book.instruments[3].status


SHOWN = SpecialTerms(display_qty=2 * SCALE // 1000)
HIDDEN = SpecialTerms(hidden=True)


async def test_what_is_hidden_never_leaks(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at:
        client = await at.client()
        maker = Client(at.venue, FIX_1).connect()
        maker.send(
            order("hidden", Side.SELL, 5, 0, special=HIDDEN),
            order("reserve", Side.SELL, 10, 1, special=SHOWN),
        )
        await client.caught_up()
        btc = client.book.instruments[BTC_USDT]
        assert [qty for _, _, qty in btc.queue(b"2")] == [2 * SCALE // 1000]
        maker.send(order("taker", Side.BUY, 8, 1))
        await client.caught_up()
        client.check()
        assert sum(qty for _, qty in btc.trades.values()) == 8 * SCALE // 1000
        assert sum(btc.executed.values()) <= 3 * SCALE // 1000, "of the reserve order, what it displayed"
        assert [qty for _, _, qty in btc.queue(b"2")] == [SCALE // 1000]
        maker.send(MassCancel(FIX_1, "all", 2))
        await client.caught_up()
        assert not btc.orders
