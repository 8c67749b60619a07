"""One client of the market data port: its login, its way to the live stream, and the stream."""

from __future__ import annotations

from collections import deque

import msgspec
import trio

from actors.boundary import LogonRefused, SessionUnavailable
from actors.door import Admission
from engine.events import SessionOpened
from engine.session_profile import Rights
from gateways.binary import codec, soup
from gateways.binary.market.codec import UNSEQUENCED
from gateways.binary.market.delivery import Delivery, WholeStream
from gateways.binary.market.feed import MarketFeed
from gateways.binary.market.line import Line
from gateways.binary.market.stream import Batch
from gateways.binary.rejects import MessageRejectReason
from gateways.binary.session import (
    LoginRequested,
    LogoutRequested,
    MessagesReceived,
    ServerSession,
    SessionEvent,
)
from gateways.binary.settings import BinarySettings
from gateways.transport import Outlet

PROTOCOL = "SOUPBIN"
_CHUNK = 262_144
"""Bytes of a snapshot or a replay that are written at once."""


class MarketCounters(msgspec.Struct):
    """What the port has done since it started; read when metrics are scraped."""

    connections_opened: int = 0
    connections_refused: int = 0
    """Closed at once, because ``market_data_connections_max`` were open."""
    logins_accepted: int = 0
    logins_rejected: int = 0
    snapshots_sent: int = 0
    messages_rejected: int = 0
    protocol_violations: int = 0
    clients_timed_out: int = 0
    slow_clients_cut: int = 0


class MarketConnection:
    """Implements :class:`gateways.binary.market.line.Subscriber`; :meth:`run` is its task.

    ``admission`` says who the client is. A session may have any number of these connections beside that of order entry.
    """

    def __init__(
        self, outlet: Outlet, remote: str, feed: MarketFeed, admission: Admission, settings: BinarySettings,
        counters: MarketCounters,
    ) -> None:  # fmt: skip
        self.remote = remote
        self.username = ""
        self.reason = ""
        """Why the connection ended; empty while it lasts."""
        self._outlet = outlet
        self._feed = feed
        self._admission = admission
        self._settings = settings
        self._counters = counters
        self._session = ServerSession(settings, trio.current_time())
        self._client: SessionOpened | None = None
        self._line: Line | None = None
        self._delivery: Delivery = WholeStream(outlet, settings.buffer_max, self._cut)
        self._next = 0
        self._wrote = False
        self._received = 0
        self._scope = trio.CancelScope()
        self._farewell = b""

    # ---- the stream's side: neither waits nor raises ----------------------------------------------------------------

    def offer(self, batch: Batch) -> None:
        """See :class:`gateways.binary.market.line.Subscriber`."""
        self._delivery.offer(batch)
        self._wrote = True

    def end(self, reason: str) -> None:
        """See :class:`gateways.binary.market.line.Subscriber`."""
        self._finish(reason)

    def stop(self, reason: str) -> None:
        """The venue stops, and with it the stream: nobody can come back to it."""
        self._finish(reason)
        self._farewell += soup.END_OF_SESSION_PACKET

    # ---- the timer's side -------------------------------------------------------------------------------------------

    def tick(self, now_s: float, period_s: float) -> None:
        """Sends a heartbeat that falls due before the next tick; ends a connection whose client is silent, or whose
        session may not listen any more."""
        if self.reason:
            return
        if self._wrote:
            self._wrote = False
            self._session.wrote(now_s - period_s)  # at the earliest
        overdue = self._session.overdue(now_s)
        if overdue:
            self._counters.clients_timed_out += 1
            self._finish(overdue)
        elif self._client is not None and not self._may_listen(self._client):
            self._finish("the session may not listen to market data any more")
        elif (heartbeat := self._session.heartbeat(now_s, period_s)) and not self._outlet.backlog:
            self._outlet.write(heartbeat)

    def _may_listen(self, client: SessionOpened) -> bool:
        now = self._admission.directory.sessions.get(client.session_id)
        return now is not None and now.enabled and bool(now.profile.rights & Rights.MARKET_DATA)

    # ---- the connection's own task ----------------------------------------------------------------------------------

    async def run(self) -> None:
        """From the opened socket to the closed one."""
        try:
            with self._scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._outlet.run)
                    await self._serve(nursery)
                    nursery.cancel_scope.cancel()
        finally:
            self._leave()
            self._session.end()
            if self._farewell:
                self._outlet.write(self._farewell)
            with trio.CancelScope(shield=True):
                await self._outlet.aclose_after_flush(self._settings.close_timeout_s, self.reason or "stopped")

    async def _serve(self, nursery: trio.Nursery) -> None:
        session = self._session
        while not self.reason:
            data = await self._outlet.receive()
            if not data:
                self.reason = self._outlet.reason or "the client closed the connection"
                return
            events: deque[SessionEvent] = deque(session.receive(data, trio.current_time()))
            while events and not self.reason:
                event = events.popleft()
                if isinstance(event, MessagesReceived):
                    self._refuse(event.payloads)
                elif isinstance(event, LoginRequested):
                    await self._log_in(event.request, nursery)
                    events.extend(session.receive(b"", trio.current_time()))
                elif isinstance(event, LogoutRequested):
                    self.reason = "the client logged out"
                else:
                    self._counters.protocol_violations += 1
                    self._finish(event.reason)

    def _refuse(self, payloads: list[bytes]) -> None:
        """No message is for this port."""
        for payload in payloads:
            self._received += 1
            self._counters.messages_rejected += 1
            whole = len(payload) >= codec.HEADER_SIZE
            template_id = codec.HEADER.unpack_from(payload)[1] if whole else 0
            reason = MessageRejectReason.UNKNOWN_TEMPLATE if whole else MessageRejectReason.TRUNCATED
            text = codec.text("the market data port takes no such message")
            self._write(UNSEQUENCED.message_reject.pack(self._received, 0, template_id, reason, text))

    # ---- login ------------------------------------------------------------------------------------------------------

    async def _log_in(self, request: soup.LoginRequest, nursery: trio.Nursery) -> None:
        self.username = request.username
        try:
            client = await self._admission.identify(
                protocol=PROTOCOL,
                comp_id=request.username,
                target_comp_id="",
                username=request.username,
                password=request.password,
                remote=self.remote,
            )
        except LogonRefused as refused:
            later = isinstance(refused, SessionUnavailable)
            self._reject(soup.SESSION_NOT_AVAILABLE if later else soup.NOT_AUTHORISED, str(refused))
            return
        if not self._may_listen(client):
            self._reject(soup.NOT_AUTHORISED, "the session has no right to market data")
            return
        line = self._feed.line_named(request.session)
        if line is None:
            self._reject(soup.SESSION_NOT_AVAILABLE, f"session {request.session!r} is not, or not any more")
            return
        self._feed.start(line)
        stream = line.stream
        if request.sequence and not stream.holds(request.sequence):
            text = f"sequence {request.sequence}: {stream.oldest} to {stream.next} can be had; 0 begins with a snapshot"
            self._reject(soup.SESSION_NOT_AVAILABLE, text)
            return
        self._client, self._line = client, line
        if request.sequence:
            self._accept(request.sequence)
            nursery.start_soon(self._catch_up, [])
        else:
            await self._begin_with_snapshot(line, nursery)

    async def _begin_with_snapshot(self, line: Line, nursery: trio.Nursery) -> None:
        taken = trio.Event()
        snapshots: list[tuple[int, list[bytes]]] = []

        def take(number: int, packets: list[bytes]) -> None:
            snapshots.append((number, packets))
            taken.set()

        line.snapshot(take)
        with trio.move_on_after(self._settings.login_timeout_s):
            await taken.wait()
        number, packets = snapshots[0] if snapshots else (0, [])
        if not number:
            self._reject(soup.SESSION_NOT_AVAILABLE, "no snapshot can be had now")
            return
        self._counters.snapshots_sent += 1
        self._accept(number)
        nursery.start_soon(self._catch_up, packets)

    def _accept(self, number: int) -> None:
        assert self._line is not None
        self._counters.logins_accepted += 1
        self._next = number
        self._session.accept(number)
        self._write(soup.login_accepted(self._line.stream.name, number))

    def _reject(self, code: str, text: str) -> None:
        self._counters.logins_rejected += 1
        self._finish(text, self._session.reject(code))

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
            line.subscribers.append(self)

    async def _sent(self, packets: bytes) -> bool:
        """Writes and waits until the client has taken it; False when the connection is to end."""
        self._write(packets)
        with trio.move_on_after(self._settings.replay_stall_timeout_s) as patience:
            await self._outlet.flush()
        if patience.cancelled_caught:
            self._cut("the client does not read its snapshot or replay")
        return not (self._outlet.closed or self.reason)

    def _leave(self) -> None:
        if self._line is not None and self in self._line.subscribers:
            self._line.subscribers.remove(self)

    # ---- writing and ending -----------------------------------------------------------------------------------------

    def _write(self, packets: bytes) -> None:
        self._outlet.write(packets)
        self._wrote = True

    def _cut(self, reason: str) -> None:
        self._counters.slow_clients_cut += 1
        self._finish(reason)

    def _finish(self, reason: str, last_packet: bytes = b"") -> None:
        """Ends the connection from outside its task or within, with the reason in a Debug packet; the first reason
        stands."""
        if not self.reason:
            self.reason = reason
            self._leave()
            self._farewell = last_packet + soup.debug(reason)
            self._scope.cancel()


def _chunks(packets: list[bytes]) -> list[bytes]:
    chunks: list[bytes] = []
    part: list[bytes] = []
    size = 0
    for packet in packets:
        part.append(packet)
        size += len(packet)
        if size >= _CHUNK:
            chunks.append(b"".join(part))
            part, size = [], 0
    return [*chunks, b"".join(part)] if part else chunks
