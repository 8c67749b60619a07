"""A stream of market data as MoldUDP64 datagrams, and what is sent again on request. Pure but for being handed a send.

Datagrams may get lost: nothing here waits for anybody, and whoever misses something asks for it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, TypeAlias

import msgspec

from gateways.binary.market import mold
from gateways.binary.market.feed import MarketFeed
from gateways.binary.market.line import Line
from gateways.binary.market.source import Kind
from gateways.binary.market.stream import Batch
from gateways.rates import TokenBucket

Address: TypeAlias = tuple[str, int]
_NOTHING: Final = b""
_OVERHEAD: Final = 100
"""Bytes that a kept datagram takes beside its own."""
_TIDY: Final = 1024
"""From how many on it is worth to let go of the places of what is no longer kept."""


class MoldCounters(msgspec.Struct):
    """What the fan-out has done since it started; read when metrics are scraped."""

    datagrams_sent: int = 0
    datagrams_dropped: int = 0
    """Those that the kernel had no room for, or no way."""
    requests_answered: int = 0
    requests_refused: int = 0
    """Beyond a source's rate or the bytes of all, for what is not kept, for another session, or no requests at all."""


class MoldFanout:
    """Implements :class:`gateways.binary.market.source.Subscriber` for the whole network. ``send`` never waits; whether
    it could send is its answer."""

    def __init__(
        self,
        feed: MarketFeed,
        kind: Kind,
        send: Callable[[bytes], bool],
        datagram_bytes_max: int,
        replay_bytes: int,
        counters: MoldCounters,
    ) -> None:
        self._feed = feed
        self._kind = kind
        self._send = send
        self._bytes_max = datagram_bytes_max
        self._replay_bytes = replay_bytes
        self._counters = counters
        self._ring = Ring(replay_bytes)
        self._next = 0
        """The number of the next message that will be sent."""
        self._line: Line | None = None
        self._session = _NOTHING
        self._sent = False
        """Whether anything was since the last tick."""

    # ---- the life of the stream -------------------------------------------------------------------------------------

    def start(self) -> None:
        """From now on all that the stream tells is sent."""
        line = self._line = self._feed.lines[self._kind]
        self._session = mold.session_field(line.stream.name)
        self._ring = Ring(self._replay_bytes)
        self._next = line.stream.unsent
        line.subscribers.append(self)
        self._feed.start(line)

    def stop(self) -> None:
        """There will be no more."""
        if self._line is not None:
            self._end()
            if self in self._line.subscribers:
                self._line.subscribers.remove(self)
            self._line = None

    def offer(self, batch: Batch) -> None:
        """See :class:`gateways.binary.market.source.Subscriber`."""
        for first, count, datagram in mold.datagrams(
            self._session, batch.first, mold.blocks(batch.packets), self._bytes_max
        ):
            self._ring.add(first, count, datagram)
            self._tell(datagram)
        self._next = batch.next

    def end(self, reason: str) -> None:
        """The stream is no more; the one that takes its place is sent from its beginning."""
        self._end()
        self.start()

    def tick(self) -> None:
        """Once per heartbeat interval: says what comes next where nothing else was said."""
        if self._line is not None and not self._sent:
            self._tell(mold.heartbeat(self._session, self._next))
        self._sent = False

    def _end(self) -> None:
        if self._line is not None:
            self._tell(mold.end_of_session(self._session, self._next))

    def _tell(self, datagram: bytes) -> None:
        self._sent = True
        if self._send(datagram):
            self._counters.datagrams_sent += 1
        else:
            self._counters.datagrams_dropped += 1

    # ---- what is sent again -----------------------------------------------------------------------------------------

    def again(self, datagram: bytes) -> bytes:
        """The answer to a request packet: as much of what it asks for as one datagram holds; empty for what can't be
        answered."""
        try:
            asked = mold.parse_request(datagram)
        except mold.MoldError:
            return _NOTHING
        kept = self._ring.holding(asked.sequence)
        if kept is None or asked.session.encode("latin-1") != self._session.strip():
            return _NOTHING
        first, packet = kept
        if asked.sequence == first and asked.wanted >= mold.count_of(packet):
            return packet
        skipped = asked.sequence - first
        messages = mold.parse(packet).messages[skipped : skipped + asked.wanted]
        return mold.packed(self._session, asked.sequence, messages) if messages else _NOTHING


class Ring:
    """The newest datagrams, up to ``bytes_max`` bytes of them, by the numbers of their messages."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._firsts: list[int] = []
        self._datagrams: list[bytes] = []
        self._begin = 0
        """How many at the front of the lists are no longer kept."""
        self._bytes = 0
        self._next = 0

    def add(self, first: int, count: int, datagram: bytes) -> None:
        """The datagram of the ``count`` messages from ``first`` on; numbers follow one another."""
        self._firsts.append(first)
        self._datagrams.append(datagram)
        self._next = first + count
        self._bytes += len(datagram) + _OVERHEAD
        while self._bytes > self._bytes_max:
            self._bytes -= len(self._datagrams[self._begin]) + _OVERHEAD
            self._datagrams[self._begin] = _NOTHING
            self._begin += 1
        if self._begin > len(self._firsts) // 2 > _TIDY:
            del self._firsts[: self._begin]
            del self._datagrams[: self._begin]
            self._begin = 0

    def holding(self, number: int) -> tuple[int, bytes] | None:
        """The datagram with this message, and the number of its first one."""
        at = bisect_right(self._firsts, number) - 1
        if at < self._begin or number >= self._next:
            return None
        return self._firsts[at], self._datagrams[at]


class Rerequests:
    """How much may be asked for again, which anybody can: of each source so many requests, of all together so many
    bytes. Of the sources that have asked last ``sources_max`` are known, so that they are counted apart."""

    def __init__(self, per_s: int, bytes_per_s: int, sources_max: int) -> None:
        self._per_s = per_s
        self._sources_max = sources_max
        self._sources: OrderedDict[str, TokenBucket] = OrderedDict()
        self._bytes = TokenBucket(bytes_per_s, 0, 0)

    def allows(self, host: str, now_ns: int) -> bool:
        """Whether a request of ``host`` is within its rate. ``now_ns``: monotonic."""
        sources = self._sources
        bucket = sources.get(host)
        if bucket is None:
            bucket = sources[host] = TokenBucket(self._per_s, 0, now_ns)
            if len(sources) > self._sources_max:
                sources.popitem(last=False)
        else:
            sources.move_to_end(host)
        return bucket.take(1, now_ns)

    def may_send(self, size: int, now_ns: int) -> bool:
        """Whether an answer of ``size`` bytes is within what all are sent together."""
        return self._bytes.take(size, now_ns)
