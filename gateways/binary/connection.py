"""One client's connection: its session between the socket and the venue's port."""

from __future__ import annotations

import ssl
from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec
import trio

from actors.boundary import LogonRefused, SessionUnavailable
from actors.door import Answered, Gate
from actors.port import SessionPort
from actors.signatures import SignedLogon
from engine.queries import Answer
from engine.reports import Report
from gateways.binary import authentication, codec, soup
from gateways.binary.answers import message_reject
from gateways.binary.counters import BinaryCounters
from gateways.binary.inbound import RequestReader, refusal_of
from gateways.binary.outbound import encode_reports, encoders_of
from gateways.binary.rejects import MessageRefused, MessageRejectReason
from gateways.binary.requests import RequestDesk
from gateways.binary.session import LoginRequested, LogoutRequested, MessagesReceived, ServerSession, SessionEvent
from gateways.binary.settings import BinarySettings
from gateways.rates import RateLimits
from gateways.timer_wheel import TimerWheel
from gateways.tls import PLAIN_HANDSHAKE, TlsOutlet
from gateways.transport import HandshakeFailed, Outlet

PROTOCOL: Final = "SOUPBIN"
_SECOND_NS: Final = 1_000_000_000


class Surroundings(msgspec.Struct, frozen=True):
    """What all connections of an acceptor share."""

    gate: Gate
    settings: BinarySettings
    counters: BinaryCounters
    rates: RateLimits
    wheel: TimerWheel
    clock_ns: Callable[[], int]
    """The time of day, UTC."""
    entropy: Callable[[int], bytes]


class BinaryConnection:
    """Implements :class:`actors.port.Connection`; :meth:`run` is its task, and ends with the connection.

    Until the replay has caught up with what is durable, new reports are not written but read from the journal too;
    answers wait until then, so that they still come after the reports of what was sent before them.
    """

    def __init__(
        self, sock: trio.socket.SocketType, remote: str, around: Surroundings, tls: ssl.SSLContext | None = None
    ) -> None:
        settings = around.settings
        self.remote = remote
        self.username = ""
        self.reason = ""
        """Why the connection ended; empty while it lasts."""
        self.is_live = False
        """See :class:`gateways.binary.requests.Stream`."""
        self._around = around
        self._settings = settings
        self._counters = around.counters
        self._outlet = Outlet(sock, settings.buffer_max) if tls is None else TlsOutlet(sock, settings.buffer_max, tls)
        self._session = ServerSession(settings, trio.current_time())
        self._encoders = encoders_of(around.gate.directory)
        self._events: deque[SessionEvent] = deque()
        self._scope = trio.CancelScope()
        self._port: SessionPort | None = None
        self._desk: RequestDesk | None = None
        self._next = 0
        """The number of the next Sequenced Data packet."""
        self._refused = 0
        """Messages that came before Authenticate, and it."""
        self._logged_out = False
        self._farewell = b""

    # ---- the venue's side: called from anywhere; never blocks, never raises: a fault in here is this client's only --

    def deliver(self, reports: list[Report]) -> None:
        """See :class:`actors.port.Connection`."""
        if not self.is_live or not reports:
            return
        if reports[0].number != self._next:
            reports = [report for report in reports if report.number >= self._next]
            if not reports:
                return
            if reports[0].number != self._next:
                self.end(f"report {self._next} is missing: log in again to have it replayed")
                return
        try:
            self._send_reports(reports)
        except Exception as error:
            self.end(f"internal error: {error!r}")
        else:
            self._counters.reports_sent += len(reports)

    def answer(self, answer: Answer) -> None:
        """See :class:`actors.port.Connection`."""
        try:
            if self._desk is not None:
                self._desk.answer(answer)
        except Exception as error:
            self.end(f"internal error: {error!r}")

    def disconnect(self, reason: str) -> None:
        """Closes after what is already written. The reason goes along as a Debug packet, but never as 'Z': the
        SoupBinTCP session goes on, and the client may come back to it."""
        self.end(reason)

    # ---- the timer's side ------------------------------------------------------------------------------------------

    def due(self, now_s: float) -> float | None:
        """See :class:`gateways.timer_wheel.Timed`: sends a heartbeat that falls due before the wheel comes by again;
        ends a connection whose client is silent."""
        if self.reason:
            return None
        session = self._session
        if self._desk is not None and self._desk.held_back:
            session.held_back(now_s)
        reason = session.overdue(now_s)
        if reason:
            self._counters.clients_timed_out += 1
            self.end(reason)
            return None
        heartbeat = session.heartbeat(now_s, self._around.wheel.resolution_s)
        if heartbeat and not self._outlet.backlog:
            self._outlet.write(heartbeat)
        return session.next_due_s()

    # ---- the connection's own task ---------------------------------------------------------------------------------

    async def run(self) -> None:
        """From the opened socket to the closed one."""
        wheel = self._around.wheel
        wheel.add(self, self._session.next_due_s())
        try:
            with self._scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._outlet.run)
                    await self._serve(nursery)
                    nursery.cancel_scope.cancel()
        finally:
            wheel.discard(self)
            self.is_live = False
            self._session.end()
            if self._port is not None:
                self._port.log_out(confirmed=self._logged_out, completed=self._logged_out)
            if self._farewell:
                self._outlet.write(self._farewell)
            with trio.CancelScope(shield=True):
                await self._outlet.aclose_after_flush(self._settings.close_timeout_s, self.reason or "stopped")

    async def _serve(self, nursery: trio.Nursery) -> None:
        try:
            await self._outlet.handshake()
        except HandshakeFailed as failure:
            self.reason = self.reason or str(failure)
        while not self.reason and (event := await self._event()) is not None:
            if isinstance(event, MessagesReceived):
                assert self._desk is not None
                await self._desk.take(event.payloads)
            elif isinstance(event, LoginRequested):
                await self._log_in(event.request, nursery)
            else:
                self._ended_by(event)

    async def _event(self) -> SessionEvent | None:
        """The next; None once nothing more comes."""
        while not self._events:
            data = await self._outlet.receive()
            if not data:
                self.reason = (
                    self.reason or self._outlet.reason or self._outlet.fault or "the client closed the connection"
                )
                return None
            if not self.username and data.startswith(PLAIN_HANDSHAKE):
                self.end("the client speaks TLS, and this port does not")
                return None
            self._events.extend(self._session.receive(data, trio.current_time()))
        return self._events.popleft()

    def _ended_by(self, event: SessionEvent) -> None:
        if isinstance(event, LogoutRequested):
            self._logged_out = True
            self.reason = "the client logged out"
        else:
            assert not isinstance(event, LoginRequested | MessagesReceived)
            self._counters.protocol_violations += 1
            self.end(event.reason)

    # ---- login -----------------------------------------------------------------------------------------------------

    async def _log_in(self, request: soup.LoginRequest, nursery: trio.Nursery) -> None:
        self.username = request.username
        try:
            if not self._session.serves(request.session):
                raise SessionUnavailable(f"session {request.session!r} is not {self._settings.session!r}")
            port = await self._around.gate.admit(
                protocol=PROTOCOL,
                comp_id=request.username,
                target_comp_id="",
                username=request.username,
                password=request.password,
                connection=self,
                remote=self.remote,
                certificate=self._outlet.certificate,
                challenge=lambda port: self._challenged(request, port),
            )
            self._port = port
            if self.reason:
                return
            challenged = bool(self._next)
            if not challenged:
                self._write_next(request, port, self._session.accept)
        except LogonRefused as refused:
            self._refuse(refused)
            return
        self._counters.logins_accepted += 1
        settings, around = self._settings, self._around
        reader = RequestReader(port.session, around.gate.directory, self._refused, settings.cancel_window_max_ms)
        self._desk = RequestDesk(port, reader, self, nursery, settings, self._counters, around.rates)
        if challenged:
            self._session.proved(trio.current_time())
            self._desk.tell_configuration()
        port.log_on(reset=False)
        around.wheel.add(self, self._session.next_due_s())
        self._events.extend(self._session.receive(b"", trio.current_time()))
        if self._next > port.released:
            self._go_live()
        else:
            nursery.start_soon(self._replay, port)

    def _write_next(self, request: soup.LoginRequest, port: SessionPort, accept: Callable[[int], bytes]) -> None:
        """A Login Accepted, with the number of what comes next. Raises SessionUnavailable."""
        if request.sequence > port.released + 1:
            raise SessionUnavailable(
                f"sequence {request.sequence} is beyond {port.released + 1}, the next of this session"
            )
        self._next = request.sequence or port.released + 1
        self.write(accept(self._next))

    def _refuse(self, refused: LogonRefused) -> None:
        """By a Login Rejected or, who has been challenged, by a MessageReject."""
        self._counters.logins_rejected += 1
        later, text = isinstance(refused, SessionUnavailable), str(refused)
        if not self._next:
            self.end(text, self._session.reject(soup.SESSION_NOT_AVAILABLE if later else soup.NOT_AUTHORISED))
            return
        reason = MessageRejectReason.SESSION_NOT_AVAILABLE if later else MessageRejectReason.AUTHENTICATION_FAILED
        if isinstance(refused.__cause__, MessageRefused):
            reason = refused.__cause__.reason
        self.end(text, message_reject(self._refused, 0, codec.AUTHENTICATE.template_id, reason, text))

    async def _challenged(self, request: soup.LoginRequest, port: SessionPort) -> Answered:
        """A :data:`actors.door.PortChallenge`: Login Accepted and AuthenticationChallenge, then nothing is taken but
        Authenticate."""
        self._write_next(request, port, self._session.challenge)
        now_s = trio.current_time()
        until_ns = self._around.clock_ns() + int((self._session.login_until_s - now_s) * _SECOND_NS)
        packet, nonce = authentication.encode_challenge(self._around.entropy(authentication.NONCE_BYTES), until_ns)
        self.write(packet)
        self._around.wheel.add(self, self._session.next_due_s())
        self._events.extend(self._session.receive(b"", now_s))
        payload = await self._authenticate()
        try:
            signed = authentication.read_authenticate(payload)
        except MessageRefused as wrong:
            raise LogonRefused(wrong.text) from wrong
        text = authentication.signed_payload(self._settings.session, request.username, nonce)
        return signed.key_id, SignedLogon(text, signed.signature, 0)

    async def _authenticate(self) -> bytes:
        """The client's Authenticate; what comes behind it waits. Raises LogonRefused if the connection ends."""
        while not self.reason and (event := await self._event()) is not None:
            if not isinstance(event, MessagesReceived):
                self._ended_by(event)
                continue
            for nth, payload in enumerate(event.payloads, 1):
                self._refused += 1
                if authentication.is_authenticate(payload):
                    if rest := event.payloads[nth:]:
                        self._events.appendleft(MessagesReceived(rest))
                    return payload
                text = "Authenticate has to come first"
                self.write(refusal_of(self._refused, payload, MessageRejectReason.NOT_AUTHENTICATED, text))
        raise LogonRefused(self.reason)

    # ---- replay ----------------------------------------------------------------------------------------------------

    async def _replay(self, port: SessionPort) -> None:
        """Sends what is durable, at the client's pace, then goes live with nothing in between."""
        while self._next <= port.released:
            begin = self._next
            async for reports in port.replay(begin, port.released):
                self._send_reports(reports)
                self._counters.reports_replayed += len(reports)
                if not await self.written():
                    return
            if self._next == begin:
                self.end(f"reports from {begin} on are no longer kept")
                return
        self._go_live()

    def _go_live(self) -> None:
        self.is_live = True
        if self._desk is not None:
            self._desk.go_live()

    # ---- writing and ending ----------------------------------------------------------------------------------------

    def write(self, packets: bytes) -> None:
        """See :class:`gateways.binary.requests.Stream`."""
        outlet = self._outlet
        outlet.write(packets)
        self._session.wrote(trio.current_time())
        if outlet.closed and not self.reason:
            self._counters.slow_clients_cut += outlet.overflowed
            self.reason = outlet.reason
            self._scope.cancel()

    async def written(self) -> bool:
        """See :class:`gateways.binary.requests.Stream`."""
        with trio.move_on_after(self._settings.replay_stall_timeout_s) as patience:
            await self._outlet.flush()
        if patience.cancelled_caught:
            self._counters.slow_clients_cut += 1
            self._outlet.abort("the client does not read what it has asked for")
        return not self._outlet.closed

    def end(self, reason: str, last_packet: bytes = b"") -> None:
        """Ends the connection from outside its task or within; the first reason stands."""
        if not self.reason:
            self.reason = reason
            self.is_live = False
            self._farewell = last_packet + soup.debug(reason)
            self._scope.cancel()

    def _send_reports(self, reports: list[Report]) -> None:
        self._next = reports[-1].number + 1
        self.write(encode_reports(reports, self._encoders))
