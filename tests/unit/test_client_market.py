"""The market data clients against the venue's own port: their books are the venue's, whatever happens to the stream."""

from __future__ import annotations

import base64
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
import trio
import trio.testing
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from market_venue import MarketVenue, running, settings
from venue_in_process import BTC_USDT, ETH_USDT, Client, at_rest

from clients import Backoff, ConnectionLost, Ed25519Key, LoginRefused, ProtocolError
from clients.market import (
    LEVELS,
    ORDERS,
    BookChanged,
    DayStatistics,
    LocalBook,
    MarketData,
    MarketEvent,
    Resynchronising,
    SyncMarketData,
    Trade,
)
from clients.market.link import MarketLink
from clients.numbers import to_decimal
from clients.settings import Settings
from config.reference import SessionConfig
from engine.commands import CancelOrder, NewOrder
from engine.market_data.orders import displayed_orders
from engine.session_profile import Rights
from engine.types import SCALE, OrdType, Side, TimeInForce
from gateways.binary import soup
from gateways.binary.market.codec import SEQUENCED, UNSEQUENCED

FIX_1 = 1
AT_ONCE = Backoff(first_s=1e-6, spread=0)


class Flow:
    """Random orders of one session."""

    def __init__(self, at: MarketVenue) -> None:
        self.at = at
        self.client = Client(at.venue, FIX_1).connect()
        self.random = Random(7)
        self.made = 0

    async def trade(self, count: int) -> None:
        random = self.random
        for _ in range(count):
            self.made += 1
            name, side = f"o{self.made}", random.choice(list(Side))
            symbol_id = random.choice((BTC_USDT, ETH_USDT))
            if self.made > 5 and not random.randrange(4):
                orig = f"o{random.randrange(1, self.made)}"
                self.client.send(CancelOrder(FIX_1, name, 2, symbol_id, side, orig))
                continue
            px = 100 * SCALE + random.randint(-5, 5) * SCALE // 100
            qty = random.randint(1, 9) * SCALE // 1000
            self.client.send(NewOrder(FIX_1, name, 2, symbol_id, side, OrdType.LIMIT, TimeInForce.GTC, qty, px))
        await at_rest(self.at.venue)


def market_of(at: MarketVenue, stream: str = ORDERS, **options: Any) -> MarketData:
    return MarketData("127.0.0.1", at.port, "MDATA1", "secret", stream, reconnect=AT_ONCE, **options)


async def until(done: Callable[[], bool]) -> None:
    with trio.fail_after(60):
        while not done():
            await trio.lowlevel.checkpoint()


async def caught_up(at: MarketVenue, market: MarketData) -> None:
    """Until the client has received all that the venue has told."""
    await at_rest(at.venue)
    line = at.feed.line_named(market._link.session.session)
    assert line is not None
    await until(lambda: market.connected and market._link.session.next_number == line.stream.next)


def same(at: MarketVenue, book: LocalBook) -> bool:
    shown = displayed_orders(at.venue.books[book.security_id].book)
    for side, orders in ((Side.BUY, shown.bids), (Side.SELL, shown.asks)):
        expected = [(order.order_id, to_decimal(order.px), to_decimal(order.qty)) for order in orders]
        if not book.by_price and book.orders(side) != expected:
            return False
        levels: dict[Decimal, list[Any]] = {}
        for _, px, qty in expected:
            level = levels.setdefault(px, [Decimal(0), 0])
            level[0] += qty
            level[1] += 1
        rows = book.bids() if side is Side.BUY else book.offers()
        if rows != [(px, qty, count) for px, (qty, count) in levels.items()]:
            return False
        best = book.best_bid if side is Side.BUY else book.best_offer
        if best != (rows[0] if rows else None):
            return False
    return book.whole


def taken(market: MarketData) -> list[MarketEvent]:
    events = list(market._link.events)
    market._link.events.clear()
    return events


@pytest.mark.parametrize("stream", [ORDERS, LEVELS])
async def test_books_are_the_venues_from_the_first_moment_on(tmp_path: Path, stream: str) -> None:
    async with running(settings(tmp_path)) as at:
        flow = Flow(at)
        await flow.trade(60)
        async with market_of(at, stream) as market:
            for _ in range(4):
                await caught_up(at, market)
                assert all(same(at, market.book(symbol)) for symbol in ("BTC/USDT", "ETH/USDT"))
                await flow.trade(40)
            assert market.instruments["BTC/USDT"].tick_size == Decimal("0.01")
            assert market.book("BTC/USDT").checked > 1
            events = taken(market)
            trades = [event for event in events if isinstance(event, Trade)]
            assert len({trade.trade_id for trade in trades}) == len(trades) > 5
            assert {type(event) for event in events} >= {BookChanged, DayStatistics}
            with pytest.raises(ValueError, match="unknown symbol 'XYZ': the venue lists BTC/USDT, ETH/USDT"):
                market.book("XYZ")


async def test_a_change_is_told_when_all_of_it_has_been_done(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at:
        flow = Flow(at)
        async with market_of(at) as market:
            await caught_up(at, market)
            taken(market)
            for cents, side in ((0, Side.BUY), (1, Side.BUY), (1, Side.SELL)):
                px = 100 * SCALE + cents * SCALE // 100
                order = NewOrder(FIX_1, f"n{cents}{side}", 2, BTC_USDT, side, OrdType.LIMIT, TimeInForce.GTC, SCALE, px)
                flow.client.send(order)
            await caught_up(at, market)
            book = market.book(BTC_USDT)
            kinds = [type(event) for event in taken(market)]
            assert kinds == [BookChanged, BookChanged, Trade, BookChanged, DayStatistics]
            assert (book.best_bid, book.best_offer, book.mid) == ((Decimal(100), Decimal(1), 1), None, None)
            assert book.time_ns > 0


async def test_after_a_lost_connection_the_stream_goes_on_where_it_was(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at:
        flow = Flow(at)
        async with market_of(at) as market, market_of(at) as beside:
            for each in (market, beside):
                await caught_up(at, each)
                taken(each)
            for _ in range(5):
                await flow.trade(20)
                market.abort()
                await flow.trade(20)
                await caught_up(at, market)
            await caught_up(at, beside)
            assert at.acceptor.counters.snapshots_sent == 2
            assert same(at, market.book(BTC_USDT))
            assert taken(market) == taken(beside), "nothing lost, nothing twice"


async def test_what_is_no_longer_kept_is_shown_anew(tmp_path: Path) -> None:
    async with running(settings(tmp_path, market_data_replay_bytes=2_000)) as at:
        flow = Flow(at)
        async with market_of(at) as market:
            await caught_up(at, market)
            taken(market)
            market.abort()
            await until(lambda: not market.connected)
            for _ in range(20):
                await flow.trade(5)
            await caught_up(at, market)
            assert at.acceptor.counters.snapshots_sent + at.acceptor.counters.logins_rejected >= 1
            assert same(at, market.book(BTC_USDT))


async def test_a_stream_that_begins_anew_is_followed(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at:
        flow = Flow(at)
        await flow.trade(30)
        async with market_of(at) as market:
            await caught_up(at, market)
            before = market._link.session.session
            at.feed.renew("market data has begun anew")
            await until(lambda: market._link.session.session != before and market.connected)
            await flow.trade(30)
            await caught_up(at, market)
            assert same(at, market.book(BTC_USDT))
            resyncs = [event for event in taken(market) if isinstance(event, Resynchronising)]
            assert len(resyncs) == 1


async def test_a_book_that_is_not_the_venues_is_asked_for_anew(tmp_path: Path) -> None:
    async with running(settings(tmp_path, checksum_every=1)) as at:
        flow = Flow(at)
        async with market_of(at) as market:
            await flow.trade(30)
            await caught_up(at, market)
            taken(market)
            book = market.book(BTC_USDT)
            book.add(999_999_999, Side.BUY, 50 * SCALE, SCALE)
            await flow.trade(30)
            await until(lambda: at.acceptor.counters.snapshots_sent == 2)
            await caught_up(at, market)
            assert market.book(BTC_USDT) is book
            assert same(at, book)
            reasons = [event.reason for event in taken(market) if isinstance(event, Resynchronising)]
            assert len(reasons) == 1
            assert reasons[0].endswith(("entries, of", "that the venue has", "is not the venue's"))


async def test_a_refused_listener_is_told_why(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at:
        for user, reason in (("TRADE1", "no right to market data"), ("NOBODY", "wrong credentials")):
            with pytest.raises(LoginRefused, match=reason):
                async with MarketData("127.0.0.1", at.port, user, "secret"):
                    pass
        with pytest.raises(LoginRefused, match="is not, or not any more"):
            async with market_of(at, "NOSUCH"):
                pass


async def test_a_listener_with_a_key_signs_on_each_connection(tmp_path: Path) -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)
    public = base64.b64encode(private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
    chosen = settings(tmp_path)
    signing = SessionConfig(
        protocol="SOUPBIN", comp_id="SIGNS1", firm="F", rights=Rights.MARKET_DATA, public_keys=[f"k1:{public}"]
    )
    chosen = msgspec.structs.replace(chosen, sessions=[*chosen.sessions, signing])
    async with running(chosen) as at:
        flow = Flow(at)
        key = Ed25519Key(bytes([7]) * 32, "k1")
        async with MarketData("127.0.0.1", at.port, "SIGNS1", "", key=key, reconnect=AT_ONCE) as market:
            for _ in range(2):
                await flow.trade(30)
                await caught_up(at, market)
                assert same(at, market.book(BTC_USDT))
                market.abort()
                await until(lambda: not market.connected)
        for wrong, reason in ((None, "its key is needed"), (Ed25519Key(bytes(32), "k1"), "wrong credentials")):
            with pytest.raises(LoginRefused, match=reason):
                async with MarketData("127.0.0.1", at.port, "SIGNS1", "", key=wrong):
                    pass


async def test_books_without_an_iteration(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at:
        flow = Flow(at)
        async with market_of(at, events_max=0) as market:
            await flow.trade(50)
            await caught_up(at, market)
            assert same(at, await market.shown("BTC/USDT"))
            assert not market._link.events


async def test_a_book_is_waited_for_until_it_is_there_or_never_will_be(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at:
        market = market_of(at)

        async def wait_in_vain() -> None:
            with pytest.raises(ConnectionLost, match="not connected"):
                await market.shown("NO/SUCH")

        async with trio.open_nursery() as nursery, market:
            assert (await market.shown(BTC_USDT)).symbol == "BTC/USDT"
            nursery.start_soon(wait_in_vain)
            await trio.testing.wait_all_tasks_blocked()
        await wait_in_vain()


async def test_without_trio(tmp_path: Path) -> None:
    async with running(settings(tmp_path)) as at:
        flow = Flow(at)
        await flow.trade(40)

        def look() -> tuple[LocalBook, int]:
            with SyncMarketData("127.0.0.1", at.port, "MDATA1", "secret", reconnect=AT_ONCE) as market:
                assert market.shown("BTC/USDT").whole
                first = sum(1 for _ in market.events(timeout_s=0))
                market.abort()
                trio.from_thread.run(flow.trade, 40)
                told = 0
                while market._link.session.next_number < trio.from_thread.run_sync(lambda: stream.next):
                    assert market.next_event(timeout_s=60) is not None
                    told += 1
                assert first > 0
                return market.book("BTC/USDT"), told

        line = at.feed.line_named(ORDERS)
        assert line is not None
        stream = line.stream
        book, told = await trio.to_thread.run_sync(look)
        assert same(at, book)
        assert told > 0


def link() -> MarketLink:
    made = MarketLink("MDATA1", "secret", ORDERS, Settings(), lambda: 0.0)
    made.enter()
    made.begin()
    assert soup.parse_login_request(made.take_unsent()[3:]) == soup.LoginRequest("MDATA1", "secret", ORDERS, 0)
    made.receive(soup.login_accepted("O123", 5))
    return made


def test_what_a_snapshot_shows_already_is_not_taken_twice() -> None:
    at = link()
    show = UNSEQUENCED
    order = show.order_added.pack(1, 77, 100 * SCALE, SCALE, 7, b"1", 0)
    begin, complete = show.snapshot_begin.pack(6, 7, 1), show.snapshot_complete.pack(5, 1)
    book = at.book(7)
    at.receive(begin + order)
    assert not book.whole
    expected = LocalBook(7, by_price=False)
    expected.add(77, Side.BUY, 100 * SCALE, SCALE)
    at.receive(show.snapshot_end.pack(6, 7, expected.checksum) + complete)
    assert at.ready
    assert book.whole
    tell = SEQUENCED
    at.receive(tell.order_added.pack(1, 76, SCALE, SCALE, 7, b"1", 0x80))
    at.receive(tell.order_added.pack(1, 77, 100 * SCALE, SCALE, 7, b"1", 0x80))
    assert [order.order_id for order in book.orders(Side.BUY)] == [77]
    at.receive(tell.order_added.pack(1, 78, SCALE, SCALE, 7, b"1", 0x80))
    assert [order.order_id for order in book.orders(Side.BUY)] == [77, 78]
    assert book.number == 7


@pytest.mark.parametrize(
    "packet",
    [
        SEQUENCED.order_added.pack(1, 77, SCALE, SCALE, 7, b"1", 0) * 2,
        SEQUENCED.order_deleted.pack(1, 5, 7, 0),
        SEQUENCED.order_executed.pack(1, 5, 1, SCALE, SCALE, 0, 7, 0),
        SEQUENCED.order_modified.pack(1, 5, 1, 7, 0),
        SEQUENCED.price_level.pack(1, SCALE, 0, 7, 0, b"1", 0),
        SEQUENCED.book_checksum.pack(1, 17, 0, 7, 0),
        SEQUENCED.book_checksum.pack(1, 0, 2, 7, 0),
        UNSEQUENCED.snapshot_begin.pack(4, 7, 1) + UNSEQUENCED.snapshot_end.pack(4, 7, 17),
    ],
)
def test_what_does_not_go_together_is_noticed(packet: bytes) -> None:
    at = link()
    with pytest.raises(ConnectionLost, match="the books are not the venue's"):
        at.receive(packet)
    assert [type(event) for event in at.events][-1:] == [Resynchronising]


def test_an_empty_book_has_the_venues_checksum() -> None:
    at = link()
    at.receive(SEQUENCED.book_checksum.pack(1, 0, 0, 7, 0))
    assert at.book(7).checked == 1


def test_messages_of_a_later_version_are_skipped_and_nonsense_is_not() -> None:
    at = link()
    at.receive(soup.packet(soup.SEQUENCED_DATA, bytes((4, 0, 200, 0, 0xAD, 0x26, 2, 0)) + b"what"))
    assert at.session.next_number == 6
    with pytest.raises(ProtocolError):
        at.receive(soup.packet(soup.SEQUENCED_DATA, b"short"))
