"""One client of the market data port: its login, its way to the live stream, and the stream."""

from __future__ import annotations

from collections import Counter

import msgspec
import trio

from actors.boundary import LogonRefused, SessionUnavailable
from actors.door import Admission, Answered
from engine.events import SessionOpened
from engine.session_profile import RateAction, Rights
from gateways.binary import codec, soup
from gateways.binary.client_connection import PROTOCOL, ClientConnection, Shared, monotonic_ns
from gateways.binary.counters import MarketCounters
from gateways.binary.market import conflation
from gateways.binary.market.codec import UNSEQUENCED
from gateways.binary.market.conflation import Conflation
from gateways.binary.market.delivery import Delivery, WholeStream
from gateways.binary.market.source import Kind, Source, SourceLine
from gateways.binary.market.stream import Batch
from gateways.binary.rejects import MessageRejectReason
from gateways.rates import RateLimit, RateLimits, SessionRate
from gateways.transport import Outlet

_CHUNK = 262_144
"""Bytes of a snapshot or a replay that are written at once."""


_FIRST = 1
"""What comes next in a stream without Sequenced Data."""

_AHEAD_S = 2.0
"""How long a client that is ahead of a stream that is followed is not refused."""


class MarketData(msgspec.Struct, frozen=True):
    """What all connections of the market data port have in common beyond :class:`Shared`."""

    admission: Admission
    source: Source
    conflation: Conflation
    counters: MarketCounters
    rates: RateLimits
    listening: Counter[int] = msgspec.field(default_factory=Counter)
    """How often each session is logged in here, or about to be."""


class MarketConnection(ClientConnection):
    """Implements :class:`gateways.binary.market.source.Subscriber` and
    :class:`gateways.binary.market.conflation.Client`.

    ``admission`` says who the client is. A session may have several of these connections beside that of order entry.
    """

    def __init__(self, outlet: Outlet, remote: str, shared: Shared, market_data: MarketData) -> None:
        super().__init__(outlet, remote, shared, market_data.counters)
        self._source = market_data.source
        self._conflation = market_data.conflation
        self._admission = market_data.admission
        self._listening = market_data.listening
        self._counters = market_data.counters
        self._rate = SessionRate(market_data.rates, monotonic_ns)
        self._wheel = shared.wheel
        self._client: SessionOpened | None = None
        self._line: SourceLine | None = None
        self._delivery: Delivery = WholeStream(outlet, self._settings.buffer_max, self._cut)
        self._next = 0

    # ---- the stream's side: neither waits nor raises ----------------------------------------------------------------

    def offer(self, batch: Batch) -> None:
        """See :class:`gateways.binary.market.source.Subscriber`."""
        self._delivery.offer(batch)
        self._session.wrote(self._wheel.now_s)

    @property
    def backlog(self) -> int:
        """See :class:`gateways.binary.market.conflation.Client`."""
        return self._outlet.backlog

    def end(self, reason: str, last_packet: bytes = b"") -> None:
        """Says so where the stream has ended for good: nobody can come back to it."""
        ending = not self.reason
        super().end(reason, last_packet)
        if ending and self._line is not None and self._line.over:
            self._farewell += soup.END_OF_SESSION_PACKET

    # ---- what the connection is for ---------------------------------------------------------------------------------

    def _standing(self, now_s: float) -> str:
        if self._client is not None and not self._may_listen(self._client):
            return "the session may not listen to market data any more"
        return ""

    def _may_listen(self, client: SessionOpened) -> bool:
        now = self._admission.directory.sessions.get(client.session_id)
        return now is not None and now.enabled and bool(now.profile.rights & Rights.MARKET_DATA)

    async def _take(self, payloads: list[bytes]) -> None:
        """No message is for this port; each is told so, or that it is beyond the session's rate."""
        limit = self._limit()
        within = len(payloads)
        if limit is not None and not limit.bucket.take(within, now_ns := monotonic_ns()):
            self._counters.batches_throttled += 1
            within = limit.bucket.room(now_ns)
            limit.bucket.take(within, now_ns)
        self._reject(payloads[:within])
        if limit is not None and within < len(payloads):
            if limit.action is RateAction.REJECT:
                self._reject(payloads[within:], limit.text)
            else:
                self.end(limit.text)

    def _limit(self) -> RateLimit | None:
        if self._client is None:
            return None
        known = self._admission.directory.sessions.get(self._client.session_id, self._client)
        return self._rate.now(known)

    def _reject(self, payloads: list[bytes], exceeded: str = "") -> None:
        """``exceeded``: which rate they are beyond."""
        self._counters.messages_rejected += len(payloads)
        text = codec.text(exceeded or "the market data port takes no such message")
        packets: list[bytes] = []
        for number, payload in enumerate(payloads, self._refused + 1):
            whole = len(payload) >= codec.HEADER_SIZE
            template_id = codec.HEADER.unpack_from(payload)[1] if whole else 0
            reason = MessageRejectReason.UNKNOWN_TEMPLATE if whole else MessageRejectReason.TRUNCATED
            if exceeded:
                reason = MessageRejectReason.RATE_EXCEEDED
            packets.append(UNSEQUENCED.message_reject.pack(number, 0, template_id, reason, text))
        self._refused += len(payloads)
        self.write(b"".join(packets))

    def _detach(self) -> None:
        if self._client is not None:
            self._listening[self._client.session_id] -= 1
            self._client = None
        if self._line is not None:
            self._line.leave(self)
        self._conflation.leave(self)

    def _left(self, *, orderly: bool) -> None:
        """Nobody else has to know."""

    # ---- login ------------------------------------------------------------------------------------------------------

    async def _log_in(self, request: soup.LoginRequest, nursery: trio.Nursery) -> None:
        try:
            client = await self._admission.identify(
                protocol=PROTOCOL,
                comp_id=request.username,
                target_comp_id="",
                username=request.username,
                password=request.password,
                remote=self.remote,
                certificate=self._outlet.certificate,
                challenge=lambda client: self._answered(request, client),
            )
            line = self._line_for(request, client)
            if self._challenged and line is not self._line:
                raise SessionUnavailable("market data has begun anew")
            self._take_share(client)
            self._source.start(line)
            number = self._next or request.sequence
            await self._check_held(line, number)
            conflated = _is_conflated(request)
            snapshot = [] if request.sequence or conflated else await self._snapshot(line, number)
        except LogonRefused as refused:
            self._refuse(refused)
            return
        if self.reason:
            return
        self._line = line
        self._counters.logins_accepted += 1
        if self._challenged:
            self._session.proved(trio.current_time())
        else:
            self._next = self._next or request.sequence or _FIRST
            self.write(self._session.accept(self._next, line.stream.name))
        self._time_anew()
        self._held_events()
        if conflated:
            self._conflation.join(self, line)
        else:
            nursery.start_soon(self._catch_up, snapshot)

    async def _answered(self, request: soup.LoginRequest, client: SessionOpened) -> Answered:
        """A :data:`actors.door.Challenge`. Until the client has proved who it is nothing is done for it."""
        line = self._line_for(request, client)
        await self._check_held(line, request.sequence)
        self._line, self._next = line, request.sequence or line.joins_at
        self.write(self._session.challenge(self._next, line.stream.name))
        return await self._signature(line.stream.name)

    def _line_for(self, request: soup.LoginRequest, client: SessionOpened) -> SourceLine:
        """Raises LogonRefused."""
        if not self._may_listen(client):
            raise LogonRefused("the session has no right to market data")
        conflated = _is_conflated(request)
        if conflated and request.sequence:
            raise SessionUnavailable("conflated market data has no numbers to begin with: only 0")
        return self._source.line_named(Kind.LEVELS.value if conflated else request.session)

    def _take_share(self, client: SessionOpened) -> None:
        """One session may not use up the port; who still waits for its snapshot counts too. Raises
        SessionUnavailable."""
        most = self._settings.market_data_connections_per_session_max
        if self._listening[client.session_id] >= most:
            raise SessionUnavailable(f"the session is logged in here {most} times already")
        self._client = client
        self._listening[client.session_id] += 1

    async def _check_held(self, line: SourceLine, number: int) -> None:
        """Raises SessionUnavailable. Who comes from another relay may be ahead of this one, for a moment."""
        stream = line.stream
        if line.follows and number > stream.next:
            reached = trio.Event()
            line.await_number(number, reached.set)
            with trio.move_on_after(_AHEAD_S):
                await reached.wait()
            line.await_no_more(reached.set)
            if line.ended:
                raise SessionUnavailable(line.ended)
        if number and not stream.holds(number):
            text = f"sequence {number}: {stream.oldest} to {stream.next} can be had; 0 begins with a snapshot"
            raise SessionUnavailable(text)

    async def _snapshot(self, line: SourceLine, since: int) -> list[bytes]:
        """Its packets; the stream goes on from ``since``, or where that is 0 from what is :attr:`_next` then. Raises
        SessionUnavailable."""
        taken = trio.Event()
        snapshots: list[tuple[int, list[bytes]]] = []

        def take(number: int, packets: list[bytes]) -> None:
            snapshots.append((number, packets))
            taken.set()

        line.snapshot(take, since)
        with trio.move_on_after(self._settings.login_timeout_s):
            await taken.wait()
        number, packets = snapshots[0] if snapshots else (0, [])
        if not number:
            raise SessionUnavailable("no snapshot can be had now")
        self._counters.snapshots_sent += 1
        self._next = number
        return packets

    # ---- the way to the live stream ---------------------------------------------------------------------------------

    async def _catch_up(self, snapshot: list[bytes]) -> None:
        """Sends the snapshot and what has been told since, at the client's pace, then goes live with no gap."""
        assert self._line is not None
        line = self._line
        for chunk in _chunks(snapshot):
            if not await self._sent(chunk):
                return
        stream = line.stream
        while self._next < stream.next:
            if not stream.holds(self._next):
                self._cut(f"the client reads too slowly: {self._next} is no longer kept")
                return
            batch = stream.since(self._next, _CHUNK)
            self._next = batch.next
            if not await self._sent(batch.packets):
                return
        if not self.reason:
            line.join(self)

    async def _sent(self, packets: bytes) -> bool:
        """Writes and waits until the client has taken it; False when the connection is to end."""
        self.write(packets)
        with trio.move_on_after(self._settings.replay_stall_timeout_s) as patience:
            await self._outlet.flush()
        if patience.cancelled_caught:
            self._cut("the client does not read its snapshot or replay")
        return not (self._outlet.closed or self.reason)

    def _cut(self, reason: str) -> None:
        self._counters.slow_clients_cut += 1
        self.end(reason)


def _is_conflated(request: soup.LoginRequest) -> bool:
    return request.session.upper() == conflation.NAME


def _chunks(packets: list[bytes]) -> list[bytes]:
    chunks: list[bytes] = []
    part: list[bytes] = []
    size = 0
    # A book of very many orders is one packet here, and larger than what may wait at once.
    for packet in (each[at : at + _CHUNK] for each in packets for at in range(0, len(each), _CHUNK)):
        part.append(packet)
        size += len(packet)
        if size >= _CHUNK:
            chunks.append(b"".join(part))
            part, size = [], 0
    return [*chunks, b"".join(part)] if part else chunks
