"""One client's connection: its session between the socket and the venue's port."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import trio

from actors.boundary import LogonRefused, SessionUnavailable
from actors.door import Answered, Gate
from actors.port import SessionPort
from engine.queries import Answer
from engine.reports import Report
from gateways.binary import soup
from gateways.binary.client_connection import PROTOCOL, ClientConnection, Shared
from gateways.binary.counters import BinaryCounters
from gateways.binary.inbound import RequestReader
from gateways.binary.outbound import encode_reports, encoders_of
from gateways.binary.requests import RequestDesk
from gateways.rates import RateLimits
from gateways.transport import Outlet


class OrderEntry(msgspec.Struct, frozen=True):
    """What all connections of the order entry port have in common beyond :class:`Shared`."""

    gate: Gate
    rates: RateLimits
    counters: BinaryCounters


class BinaryConnection(ClientConnection):
    """Implements :class:`actors.port.Connection`.

    Until the replay has caught up with what is durable, new reports are not written but read from the journal too;
    answers wait until then, so that they still come after the reports of what was sent before them.
    """

    def __init__(self, outlet: Outlet, remote: str, shared: Shared, order_entry: OrderEntry) -> None:
        super().__init__(outlet, remote, shared, order_entry.counters)
        self.is_live = False
        """See :class:`gateways.binary.requests.Stream`."""
        self._gate = order_entry.gate
        self._rates = order_entry.rates
        self._counters = order_entry.counters
        self._encoders = encoders_of(order_entry.gate.directory)
        self._port: SessionPort | None = None
        self._desk: RequestDesk | None = None
        self._next = 0
        """The number of the next Sequenced Data packet."""

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
        """Takes leave after what is already written. The reason goes along as a Debug packet, but never as 'Z': the
        SoupBinTCP session goes on, and the client may come back to it."""
        self.leave(reason)

    # ---- what the connection is for --------------------------------------------------------------------------------

    async def _take(self, payloads: list[bytes]) -> None:
        assert self._desk is not None
        await self._desk.take(payloads)

    def _standing(self, now_s: float) -> str:
        if self._desk is not None and self._desk.held_back:
            self._session.held_back(now_s)
        return ""

    def _detach(self) -> None:
        self.is_live = False

    def _left(self, *, orderly: bool) -> None:
        if self._port is not None:
            self._port.log_out(confirmed=orderly, completed=orderly)

    # ---- login -----------------------------------------------------------------------------------------------------

    async def _log_in(self, request: soup.LoginRequest, nursery: trio.Nursery) -> None:
        try:
            if not self._session.serves(request.session):
                raise SessionUnavailable(f"session {request.session!r} is not {self._settings.session!r}")
            port = await self._gate.admit(
                protocol=PROTOCOL,
                comp_id=request.username,
                target_comp_id="",
                username=request.username,
                password=request.password,
                connection=self,
                remote=self.remote,
                certificate=self._outlet.certificate,
                challenge=lambda port: self._answered(request, port),
            )
            self._port = port
            if self.reason:
                return
            challenged = self._challenged
            if not challenged:
                self._write_next(request, port, self._session.accept)
        except LogonRefused as refused:
            self._refuse(refused)
            return
        self._counters.logins_accepted += 1
        settings = self._settings
        reader = RequestReader(
            port.session,
            self._gate.directory,
            self._refused,
            settings.cancel_window_max_ms,
            lambda: port.open_orders,
        )
        self._desk = RequestDesk(port, reader, self, nursery, settings, self._counters, self._rates)
        if challenged:
            self._session.proved(trio.current_time())
            self._desk.tell_configuration()
        port.log_on(reset=False)
        self._time_anew()
        self._held_events()
        if self._next > port.released:
            self._go_live()
        else:
            nursery.start_soon(self._replay, port)

    async def _answered(self, request: soup.LoginRequest, port: SessionPort) -> Answered:
        """A :data:`actors.door.PortChallenge`."""
        self._write_next(request, port, self._session.challenge)
        return await self._signature(self._settings.session)

    def _write_next(self, request: soup.LoginRequest, port: SessionPort, accept: Callable[[int], bytes]) -> None:
        """A Login Accepted, with the number of what comes next. Raises SessionUnavailable."""
        if request.sequence > port.released + 1:
            raise SessionUnavailable(
                f"sequence {request.sequence} is beyond {port.released + 1}, the next of this session"
            )
        self._next = request.sequence or port.released + 1
        self.write(accept(self._next))

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

    async def written(self) -> bool:
        """See :class:`gateways.binary.requests.Stream`."""
        with trio.move_on_after(self._settings.replay_stall_timeout_s) as patience:
            await self._outlet.flush()
        if patience.cancelled_caught:
            self._counters.slow_clients_cut += 1
            self._outlet.abort("the client does not read what it has asked for")
        return not self._outlet.closed

    def _send_reports(self, reports: list[Report]) -> None:
        self._next = reports[-1].number + 1
        self.write(encode_reports(reports, self._encoders))
