"""One client's connection: its session between the socket and the venue's port."""

from __future__ import annotations

from collections import deque

import msgspec
import trio

from actors.boundary import LogonRefused, SessionUnavailable
from actors.door import Gate
from actors.port import SessionPort
from engine.commands import ClientCommand
from engine.queries import Answer, Query
from engine.reports import Report
from gateways.binary import soup
from gateways.binary.answers import encode_answer
from gateways.binary.inbound import RequestReader
from gateways.binary.outbound import encode_reports, encoders_of
from gateways.binary.session import (
    LoginRequested,
    LogoutRequested,
    MessagesReceived,
    ProtocolViolated,
    ServerSession,
    SessionEvent,
)
from gateways.binary.settings import BinarySettings
from gateways.transport import Outlet, receive

PROTOCOL = "SOUPBIN"


class BinaryCounters(msgspec.Struct):
    """What the gateway has done since it started; read when metrics are scraped."""

    connections_opened: int = 0
    connections_refused: int = 0
    """Closed at once, because ``connections_max`` were open."""
    logins_accepted: int = 0
    logins_rejected: int = 0
    messages_received: int = 0
    reports_sent: int = 0
    reports_replayed: int = 0
    answers_sent: int = 0
    protocol_violations: int = 0
    clients_timed_out: int = 0
    slow_clients_cut: int = 0


class BinaryConnection:
    """Implements :class:`actors.port.Connection`; :meth:`run` is its task, and ends with the connection.

    Until the replay has caught up with what is durable, new reports are not written but read from the journal too;
    answers wait until then, so that they still come after the reports of what was sent before them.
    """

    def __init__(
        self, sock: trio.socket.SocketType, remote: str, gate: Gate, settings: BinarySettings, counters: BinaryCounters
    ) -> None:
        self.remote = remote
        self.username = ""
        self.reason = ""
        """Why the connection ended; empty while it lasts."""
        self._sock = sock
        self._gate = gate
        self._settings = settings
        self._counters = counters
        self._outlet = Outlet(sock, settings.buffer_max)
        self._encoders = encoders_of(gate.directory)
        self._session = ServerSession(settings, trio.current_time())
        self._scope = trio.CancelScope()
        self._port: SessionPort | None = None
        self._reader: RequestReader | None = None
        self._next = 0
        """The number of the next Sequenced Data packet."""
        self._live = False
        self._held_answers: list[bytes] = []
        self._unanswered = 0
        self._answered = trio.Event()
        self._held_back = False
        self._logged_out = False
        self._farewell = b""

    # ---- the venue's side: called from anywhere; never blocks, never raises: a fault in here is this client's only --

    def deliver(self, reports: list[Report]) -> None:
        """See :class:`actors.port.Connection`."""
        if not self._live or not reports:
            return
        if reports[0].number != self._next:
            reports = [report for report in reports if report.number >= self._next]
            if not reports:
                return
            if reports[0].number != self._next:
                self._end(f"report {self._next} is missing: log in again to have it replayed")
                return
        try:
            self._send_reports(reports)
        except Exception as error:
            self._end(f"internal error: {error!r}")
        else:
            self._counters.reports_sent += len(reports)

    def answer(self, answer: Answer) -> None:
        """See :class:`actors.port.Connection`."""
        self._unanswered -= 1
        self._answered.set()
        self._counters.answers_sent += 1
        try:
            packets = encode_answer(answer)
        except Exception as error:
            self._end(f"internal error: {error!r}")
            return
        if self._live:
            self._write(packets)
        else:
            self._held_answers.append(packets)

    def disconnect(self, reason: str) -> None:
        """Closes after what is already written. The reason goes along as a Debug packet, but never as 'Z': the
        SoupBinTCP session goes on, and the client may come back to it."""
        self._end(reason)

    # ---- the timer's side ------------------------------------------------------------------------------------------

    def tick(self, now_s: float, period_s: float) -> None:
        """Sends a heartbeat that falls due before the next tick; ends a connection whose client is silent."""
        if self.reason:
            return
        if self._held_back:
            self._session.held_back(now_s)
        reason = self._session.overdue(now_s)
        if reason:
            self._counters.clients_timed_out += 1
            self._end(reason)
            return
        heartbeat = self._session.heartbeat(now_s, period_s)
        if heartbeat and not self._outlet.backlog:
            self._outlet.write(heartbeat)

    # ---- the connection's own task ---------------------------------------------------------------------------------

    async def run(self) -> None:
        """From the opened socket to the closed one."""
        try:
            with self._scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._outlet.run)
                    await self._serve(nursery)
                    nursery.cancel_scope.cancel()
        finally:
            self._live = False
            self._session.end()
            if self._port is not None:
                self._port.log_out(confirmed=self._logged_out, completed=self._logged_out)
            if self._farewell:
                self._outlet.write(self._farewell)
            with trio.CancelScope(shield=True):
                await self._outlet.aclose_after_flush(self._settings.close_timeout_s, self.reason or "stopped")

    async def _serve(self, nursery: trio.Nursery) -> None:
        session = self._session
        while not self.reason:
            data = await receive(self._sock)
            if not data:
                self.reason = self._outlet.reason or "the client closed the connection"
                return
            events: deque[SessionEvent] = deque(session.receive(data, trio.current_time()))
            while events and not self.reason:
                event = events.popleft()
                if isinstance(event, MessagesReceived):
                    await self._take(event.payloads)
                elif isinstance(event, LoginRequested):
                    await self._log_in(event.request, nursery)
                    events.extend(session.receive(b"", trio.current_time()))
                elif isinstance(event, LogoutRequested):
                    self._logged_out = True
                    self.reason = "the client logged out"
                else:
                    self._violated(event)

    def _violated(self, event: ProtocolViolated) -> None:
        self._counters.protocol_violations += 1
        self._end(event.reason)

    # ---- login and replay ------------------------------------------------------------------------------------------

    async def _log_in(self, request: soup.LoginRequest, nursery: trio.Nursery) -> None:
        self.username = request.username
        if not self._session.serves(request.session):
            self._reject(soup.SESSION_NOT_AVAILABLE, f"session {request.session!r} is not {self._settings.session!r}")
            return
        try:
            port = await self._gate.admit(
                protocol=PROTOCOL,
                comp_id=request.username,
                target_comp_id="",
                username=request.username,
                password=request.password,
                connection=self,
                remote=self.remote,
            )
        except LogonRefused as refused:
            later = isinstance(refused, SessionUnavailable)
            self._reject(soup.SESSION_NOT_AVAILABLE if later else soup.NOT_AUTHORISED, str(refused))
            return
        self._port = port
        if self.reason:
            return
        if request.sequence > port.released + 1:
            text = f"sequence {request.sequence} is beyond {port.released + 1}, the next of this session"
            self._reject(soup.SESSION_NOT_AVAILABLE, text)
            return
        self._counters.logins_accepted += 1
        self._reader = RequestReader(port.session, self._gate.directory)
        self._next = request.sequence or port.released + 1
        self._write(self._session.accept(self._next))
        port.log_on(reset=False)
        if self._next > port.released:
            self._go_live()
        else:
            nursery.start_soon(self._replay, port)

    def _reject(self, code: str, text: str) -> None:
        self._counters.logins_rejected += 1
        self._end(text, self._session.reject(code))

    async def _replay(self, port: SessionPort) -> None:
        """Sends what is durable, at the client's pace, then goes live with nothing in between."""
        while self._next <= port.released:
            begin = self._next
            async for reports in port.replay(begin, port.released):
                self._send_reports(reports)
                self._counters.reports_replayed += len(reports)
                with trio.move_on_after(self._settings.replay_stall_timeout_s) as patience:
                    await self._outlet.flush()
                if patience.cancelled_caught:
                    self._counters.slow_clients_cut += 1
                    self._outlet.abort("the client does not read its replay")
                if self._outlet.closed:
                    return
            if self._next == begin:
                self._end(f"reports from {begin} on are no longer kept")
                return
        self._go_live()

    def _go_live(self) -> None:
        self._live = True
        for packets in self._held_answers:
            self._write(packets)
        self._held_answers.clear()

    # ---- requests --------------------------------------------------------------------------------------------------

    async def _take(self, payloads: list[bytes]) -> None:
        assert self._reader is not None
        self._counters.messages_received += len(payloads)
        for turn in self._reader.read(payloads):
            if isinstance(turn, list):
                await self._submit(turn)
            elif isinstance(turn, bytes):
                self._write(turn)
            else:
                await self._ask(turn)

    async def _submit(self, commands: list[ClientCommand]) -> None:
        """Waits, and so stops reading, while there are more commands than credits."""
        port = self._port
        assert port is not None
        while len(commands) > (credit := port.credit):
            if credit:
                port.submit(commands[:credit])
                commands = commands[credit:]
            else:
                self._held_back = True
                await port.wait_for_credit()
                self._held_back = False
        port.submit(commands)

    async def _ask(self, query: Query) -> None:
        assert self._port is not None
        while self._unanswered >= self._settings.queries_in_flight_max:
            self._held_back = True
            self._answered = trio.Event()
            await self._answered.wait()
            self._held_back = False
        self._unanswered += 1
        self._port.query(query)

    # ---- writing and ending ----------------------------------------------------------------------------------------

    def _send_reports(self, reports: list[Report]) -> None:
        self._next = reports[-1].number + 1
        self._write(encode_reports(reports, self._encoders))

    def _write(self, packets: bytes) -> None:
        outlet = self._outlet
        outlet.write(packets)
        self._session.wrote(trio.current_time())
        if outlet.closed and not self.reason:
            self._counters.slow_clients_cut += outlet.overflowed
            self.reason = outlet.reason
            self._scope.cancel()

    def _end(self, reason: str, last_packet: bytes = b"") -> None:
        """Ends the connection from outside its task or within; the first reason stands."""
        if not self.reason:
            self.reason = reason
            self._live = False
            self._farewell = last_packet + soup.debug(reason)
            self._scope.cancel()
