"""A whole venue in the test's process with its market data port, and clients of that port over real sockets."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import trio
from market_book import SEQUENCED, UNSEQUENCED, MarketBook
from venue_in_process import BTC_USDT, Clock, at_rest
from venue_in_process import settings as venue_settings

from config.reference import SessionConfig
from config.settings import Settings
from engine.market_data.orders import displayed_orders
from engine.session_profile import Rights
from gateways.binary import soup
from gateways.binary.authentication import read_challenge
from gateways.binary.market.acceptor import MarketAcceptor
from gateways.binary.market.feed import MarketFeed
from gateways.binary.settings import BinarySettings
from stores.journal.log import silent
from tradeengine.market_feed import MarketFeedMember
from tradeengine.recovery import recover
from tradeengine.venue import Venue

PASSWORD = "secret"
BY_SIDE = ((b"1", "bids"), (b"2", "asks"))


def settings(directory: Path, *, checksum_every: int = 3, **binary: Any) -> Settings:
    """As the venue's in process, with two more sessions: MDATA1 may listen, TRADE1 may only trade."""
    chosen = venue_settings(directory)

    def session(comp_id: str, rights: Rights) -> SessionConfig:
        return SessionConfig(protocol="SOUPBIN", comp_id=comp_id, firm="F", rights=rights, password=PASSWORD)

    more = [session("MDATA1", Rights.MARKET_DATA), session("TRADE1", Rights.TRADE)]
    return msgspec.structs.replace(
        chosen,
        sessions=[*chosen.sessions, *more],
        binary=msgspec.structs.replace(chosen.binary, **binary),
        market_data=msgspec.structs.replace(chosen.market_data, checksum_every=checksum_every),
    )


class MarketVenue:
    def __init__(self, venue: Venue, feed: MarketFeed, acceptor: MarketAcceptor, port: int) -> None:
        self.venue = venue
        self.feed = feed
        self.acceptor = acceptor
        self.port = port
        self.tls_port = 0
        self.closed: list[str] = []
        """Why connections have ended."""

    async def client(self, **login: Any) -> MarketClient:
        """Connected and logged in, or refused."""
        client = MarketClient(self, await trio.open_tcp_stream("127.0.0.1", self.port))
        await client.log_in(**login)
        return client

    async def secure_client(self, context: ssl.SSLContext, **login: Any) -> MarketClient:
        """The same over TLS."""
        plain = await trio.open_tcp_stream("127.0.0.1", self.tls_port)
        client = MarketClient(self, trio.SSLStream(plain, context, server_hostname="localhost", https_compatible=True))
        await client.log_in(**login)
        return client


@asynccontextmanager
async def running(
    chosen: Settings, clock: Clock | None = None, tls: ssl.SSLContext | None = None, **settings: Any
) -> AsyncIterator[MarketVenue]:
    """``settings``: the gateway's own. Clients without heartbeats are not given up, however slow the machine."""
    venue = Venue(chosen, recover(chosen, silent), clock or Clock())
    member = MarketFeedMember(venue, chosen)
    async with venue.running([member.spec()]), trio.open_nursery() as nursery:
        await at_rest(venue)
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        gateway = BinarySettings(**{"client_timeout_s": 1000.0, **settings})
        acceptor = MarketAcceptor(venue.door, member.feed, gateway, lambda event, **details: observe(event, details))
        running = MarketVenue(venue, member.feed, acceptor, listeners[0].socket.getsockname()[1])

        def observe(event: str, details: dict[str, Any]) -> None:
            assert event == "connection_closed", details
            running.closed.append(details["reason"])

        await nursery.start(acceptor.serve, listeners)
        if tls is not None:
            listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
            running.tls_port = listeners[0].socket.getsockname()[1]
            await nursery.start(acceptor.over_tls(tls).serve, listeners)
        yield running
        nursery.cancel_scope.cancel()


class MarketClient:
    """Keeps a book of what it reads."""

    def __init__(self, at: MarketVenue, stream: trio.SocketStream | trio.SSLStream[trio.SocketStream]) -> None:
        self.at = at
        self.stream = stream
        self.book = MarketBook()
        self.session = ""
        self.refused = ""
        self.debug: list[str] = []
        self.others: list[int] = []
        """Types of packets that are neither messages nor heartbeats nor Debug packets."""
        self.rejects: list[bytes] = []
        self.nonce = ""
        """Of the challenge, as it is to be signed."""
        self._rest = b""
        self._from_snapshot = False

    async def log_in(
        self, sequence: int = 0, *, user: str = "MDATA1", password: str = PASSWORD, session: str = "",
        book: MarketBook | None = None,
    ) -> None:  # fmt: skip
        """``book``: goes on with that of an earlier connection."""
        await self.stream.send_all(soup.login_request(soup.LoginRequest(user, password, session, sequence)))
        self._from_snapshot = not sequence
        self.book = book or MarketBook(by_price=session.startswith("L"))
        await self.until(lambda: bool(self.session or self.refused))

    async def until(self, done: Callable[[], bool]) -> None:
        """Reads until ``done``, or raises EOFError."""
        with trio.fail_after(60):
            while not done():
                data = await self.stream.receive_some(65536)
                if not data:
                    raise EOFError
                packets, self._rest, error = soup.split(self._rest + data, soup.PAYLOAD_MAX + 1)
                assert not error
                for kind, payload in packets:
                    self._take(kind, payload)

    async def rest(self) -> None:
        """Reads to the end of the connection."""
        try:
            await self.until(lambda: False)
        except (EOFError, trio.BrokenResourceError):
            await self.stream.aclose()

    async def caught_up(self) -> None:
        """Reads all that the venue has told."""
        await at_rest(self.at.venue)
        line = self.at.feed.line_named(self.session)
        await self.until(lambda: self.book.next == line.stream.next and (self.book.complete or not self._from_snapshot))

    def check(self) -> None:
        """Its book is the venue's own, in each instrument."""
        for symbol_id, actor in self.at.venue.books.items():
            known, shown = self.book.instruments[symbol_id], displayed_orders(actor.book)
            for side, name in BY_SIDE:
                orders = getattr(shown, name)
                if self.book.by_price:
                    assert known.depth(side) == [tuple(row) for row in rows_of(orders)]
                else:
                    assert known.queue(side) == [(order.order_id, order.px, order.qty) for order in orders]

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == soup.LOGIN_ACCEPTED:
            self.session, number = soup.parse_login_accepted(payload)
            self.book.next = number
        elif kind == soup.LOGIN_REJECTED:
            self.refused = payload.decode()
        elif kind == soup.DEBUG:
            self.debug.append(payload.decode())
        elif kind in (SEQUENCED, UNSEQUENCED):
            template_id = int.from_bytes(payload[2:4], "little") if kind == UNSEQUENCED else 0
            if template_id == 156:
                self.rejects.append(payload)
            elif template_id == 158:
                self.nonce, _ = read_challenge(payload)
            else:
                self.book.take(kind, payload)
        elif kind != soup.SERVER_HEARTBEAT:
            self.others.append(kind)


def rows_of(orders: list[Any]) -> list[list[int]]:
    rows: list[list[int]] = []
    for order in orders:
        if rows and rows[-1][0] == order.px:
            rows[-1][1] += order.qty
            rows[-1][2] += 1
        else:
            rows.append([order.px, order.qty, 1])
    return rows


__all__ = ["BTC_USDT", "MarketClient", "MarketVenue", "running", "settings"]
