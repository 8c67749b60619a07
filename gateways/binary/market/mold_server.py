"""MoldUDP64 over sockets: datagrams to a group or to one address, and the port where what was missed is asked for."""

from __future__ import annotations

import socket
import struct
from typing import Final

import msgspec
import trio

from gateways.binary.market import mold
from gateways.binary.market.feed import MarketFeed
from gateways.binary.market.mold_fanout import MoldCounters, MoldFanout, Rerequests
from gateways.binary.market.source import Kind

_REQUEST_MAX: Final = mold.HEADER.size + 1
"""Longer requests are none."""
_SEND_BUFFER: Final = 4 * 2**20
_NS: Final = 1_000_000_000


class MoldSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator can set. Times in seconds, sizes in bytes."""

    stream: str = Kind.ORDERS.value
    address: str = "127.0.0.1"
    """Where datagrams go: a multicast group, or one machine."""
    port: int = 9904
    interface: str = ""
    """The local address whose network a group is on; empty: the system's choice."""
    ttl: int = 1
    """Over how many routers a group's datagrams go."""
    datagram_bytes_max: int = 1400
    """Of the longest datagram, without IP's and UDP's headers."""
    heartbeat_interval_s: float = 1.0
    replay_bytes: int = 64 * 2**20
    """How much can be asked for again."""
    requests_per_s: int = 1000
    """Of one machine."""
    sources_max: int = 1000
    """Machines whose rates are kept."""


class MoldServer:
    """Runs once. ``requests`` is the bound socket of the re-request port."""

    def __init__(
        self,
        feed: MarketFeed,
        settings: MoldSettings,
        requests: socket.socket,
        counters: MoldCounters | None = None,
    ) -> None:
        self.counters = counters or MoldCounters()
        self._settings = settings
        self._target = settings.address, settings.port
        self._requests = requests
        self._sender = _sender(settings)
        kind = Kind[settings.stream]
        sizes = settings.datagram_bytes_max, settings.replay_bytes
        self._fanout = MoldFanout(feed, kind, self._send, *sizes, self.counters)
        self._rates = Rerequests(settings.requests_per_s, settings.sources_max)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serves until cancelled; then the stream's end is told."""
        self._fanout.start()
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._keep_time)
                nursery.start_soon(self._answer)
                task_status.started()
        finally:
            self._fanout.stop()
            self._sender.close()

    def _send(self, datagram: bytes) -> bool:
        try:
            self._sender.sendto(datagram, self._target)
        except OSError:
            return False
        return True

    async def _keep_time(self) -> None:
        while True:
            await trio.sleep(self._settings.heartbeat_interval_s)
            self._fanout.tick()

    async def _answer(self) -> None:
        with trio.socket.from_stdlib_socket(self._requests) as sock:
            while True:
                try:
                    datagram, source = await sock.recvfrom(_REQUEST_MAX)
                except OSError:
                    continue  # a datagram of before could not be delivered
                now_ns = int(trio.current_time() * _NS)
                answer = self._fanout.again(datagram) if self._rates.allows(source[0], now_ns) else b""
                if not answer:
                    self.counters.requests_refused += 1
                    continue
                self.counters.requests_answered += 1
                try:
                    # Never waits: a socket of datagrams has room for one, or drops it.
                    self._requests.sendto(answer, source)
                except OSError:
                    self.counters.datagrams_dropped += 1


def _sender(settings: MoldSettings) -> socket.socket:
    """Raises ``OSError`` for an interface that the machine hasn't."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, struct.pack("b", settings.ttl))
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
    if settings.interface:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(settings.interface))
    return sock
