"""MoldUDP64 over sockets: datagrams to a group or to one address, and the port where what was missed is asked for."""

from __future__ import annotations

import socket
import struct
from typing import Final

import msgspec
import trio

from gateways.binary.market import mold
from gateways.binary.market.feed import MarketFeed
from gateways.binary.market.mold_fanout import Address, MoldCounters, MoldFanout, Rerequests
from gateways.binary.market.source import Kind

_REQUEST_MAX: Final = mold.HEADER.size + 1
"""Longer requests are none."""
_SEND_BUFFER: Final = 4 * 2**20
_NS: Final = 1_000_000_000
_AT_ONCE: Final = 32
"""Requests that are served before others have their turn."""
_REFUSED: Final = 1 / 8
"""What reading a request beyond its source's rate costs beside answering one (2.4 µs, 18 to 26): so the flood of one
machine does not keep others' requests from being read."""
_PAUSE_S: Final = 0.001
"""Between reads at the least: who sends many single ones must not wake the venue for each."""


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
    requests_total_per_s: int = 3000
    """Of all; what comes beyond that is left to the system, which drops it."""
    answers_bytes_per_s: int = 4 * 2**20
    """To all together."""
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
        self._rates = Rerequests(settings.requests_per_s, settings.answers_bytes_per_s, settings.sources_max)

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
        """Anybody can ask, so what that takes is bounded however many do; the system drops what is not read."""
        with self._requests:
            while True:
                await trio.lowlevel.wait_readable(self._requests)
                served = self._serve_some(int(trio.current_time() * _NS))
                await trio.sleep(max(_PAUSE_S, served / self._settings.requests_total_per_s))

    def _serve_some(self, now_ns: int) -> float:
        """Takes what requests there are, up to a bound; how many were served, by what that takes."""
        served = 0.0
        while served < _AT_ONCE:
            try:
                datagram, source = self._requests.recvfrom(_REQUEST_MAX)
            except BlockingIOError:
                break
            except OSError:
                served += 1
                continue  # a datagram of before could not be delivered
            if self._rates.allows(source[0], now_ns):
                served += 1
                self._serve(datagram, source, now_ns)
            else:
                served += _REFUSED
                self.counters.requests_refused += 1
        return served

    def _serve(self, request: bytes, source: Address, now_ns: int) -> None:
        answer = self._fanout.again(request)
        if not answer or not self._rates.may_send(len(answer), now_ns):
            self.counters.requests_refused += 1
            return
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
