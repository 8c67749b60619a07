"""The trio client of market data over MoldUDP64.

    where = Fanout("239.192.0.1", 9904, "10.0.0.5", 9905)
    async with MoldMarketData("10.0.0.5", 9901, "TRADR1", "demo", where) as market:
        async for event in market:
            ...

It begins with a snapshot over TCP, then follows the datagrams. What gets lost is asked for; what can't be had again
brings another snapshot.
"""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Callable
from ipaddress import IPv4Address
from typing import Unpack

import msgspec
import trio

from clients.backoff import Backoff
from clients.connection import Connection
from clients.exceptions import ClientError, ConnectionLost
from clients.market.book import LocalBook
from clients.market.events import Listed, MarketEvent
from clients.market.feed import ORDERS
from clients.market.link import MarketLink
from clients.market.mold import MoldReceiver
from clients.settings import Options, Settings
from gateways.binary import soup
from gateways.transport import Outlet

_DATAGRAM_MAX = 65_536
_RECEIVE_BUFFER = 8 * 2**20


class Fanout(msgspec.Struct, frozen=True):
    """Where the venue's datagrams go and where it can be asked; ``binary.mold`` of its configuration."""

    address: str
    """A multicast group, or this machine's own address."""
    port: int
    request_host: str
    request_port: int
    interface: str = "0.0.0.0"  # noqa: S104 - the group is joined on the system's choice
    """The local address whose network the group is on."""


class MoldMarketData(Connection[MarketLink, MarketEvent]):
    """The same as :class:`clients.market.client.MarketData`, but that the stream comes in datagrams."""

    def __init__(
        self,
        host: str,
        port: int,
        username: str,
        password: str,
        fanout: Fanout,
        stream: str = ORDERS,
        **options: Unpack[Options],
    ) -> None:
        """Connects nowhere yet. ``host`` and ``port`` are those of the market data port, for snapshots."""
        options.setdefault("reconnect", Backoff())
        settings = Settings(**options)
        super().__init__(host, port, MarketLink(username, password, stream, settings, random.random, resumes=False))
        self._fanout = fanout
        self.receiver = MoldReceiver()

    def book(self, symbol: str | int) -> LocalBook:
        """See :class:`clients.market.client.MarketData`."""
        return self._link.book(symbol)

    async def shown(self, symbol: str | int) -> LocalBook:
        """See :class:`clients.market.client.MarketData`."""
        return await self._settled(self._link.shown(symbol))

    @property
    def instruments(self) -> dict[str, Listed]:
        """What the venue lists, by symbol."""
        return self._link.instruments

    # ---- instead of the stream over TCP -----------------------------------------------------------------------------

    async def _read(self, outlet: Outlet) -> ClientError:
        """The snapshot over TCP, then the datagrams."""
        link = self._link
        self.receiver = MoldReceiver()
        try:
            with _listener(self._fanout) as listener, _asker(self._fanout) as asker:
                while not link.ready:
                    failure = await self._read_once(outlet)
                    if failure is not None:
                        return failure
                outlet.write(soup.LOGOUT_REQUEST_PACKET)
                return await self._follow(listener, asker)
        except OSError as error:
            fanout = self._fanout
            return ConnectionLost(f"cannot listen to {fanout.address}:{fanout.port}: {error}")

    async def _follow(self, listener: socket.socket, asker: socket.socket) -> ClientError:
        session = self._link.session
        failures: list[ClientError] = []
        async with trio.open_nursery() as nursery:

            def take(messages: list[tuple[int, bytes]]) -> None:
                try:
                    self._take_messages(messages, asker)
                except ClientError as failure:
                    failures.append(failure)
                    nursery.cancel_scope.cancel()

            for sock in (listener, asker):
                nursery.start_soon(self._receive, sock, take)
            nursery.start_soon(self._keep_asking, take)
            take(self.receiver.begin(session.session, session.next_number))
        return failures[0]

    async def _receive(self, sock: socket.socket, take: Callable[[list[tuple[int, bytes]]], None]) -> None:
        while True:
            await self._room()
            await trio.lowlevel.wait_readable(sock)
            with contextlib.suppress(BlockingIOError, ConnectionError):  # nobody may listen to requests just now
                datagram = sock.recv(_DATAGRAM_MAX)
                self._received_at = trio.current_time()
                take(self.receiver.take(datagram))

    async def _keep_asking(self, take: Callable[[list[tuple[int, bytes]]], None]) -> None:
        while True:
            await trio.sleep(self.receiver.patience_s)
            take([])

    def _take_messages(self, messages: list[tuple[int, bytes]], asker: socket.socket) -> None:
        """Raises ``ConnectionLost`` where only a snapshot helps."""
        receiver, link = self.receiver, self._link
        for number, payload in messages:
            link.take(number, payload)
        if messages:
            link.settle()
            self._tell()
        request = receiver.ask(trio.current_time())
        if receiver.failure:
            link.distrust(receiver.failure)
            raise ConnectionLost(receiver.failure)
        if request:
            with contextlib.suppress(OSError):  # it is asked for again
                asker.send(request)


def _listener(fanout: Fanout) -> socket.socket:
    """Raises ``OSError``."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        sock.bind((fanout.address, fanout.port))
        address = IPv4Address(fanout.address)
        if address.is_multicast:
            joined = address.packed + IPv4Address(fanout.interface).packed
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joined)
    except OSError:
        sock.close()
        raise
    return sock


def _asker(fanout: Fanout) -> socket.socket:
    """Requests leave from a port of their own, so that several listeners of one machine get each what it asked for."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.connect((fanout.request_host, fanout.request_port))
    return sock
