"""One FIX client's connection: its session between the socket and the venue's port."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
import trio

from actors.boundary import AlreadyLoggedOn, LogonRefused
from engine.session_profile import RateAction
from gateways.fix.codec import Framer
from gateways.fix.errands import Errands
from gateways.fix.intake import Intake
from gateways.fix.logon import LogonRefusal, LogonRequest, read_logon, refused
from gateways.fix.permissions import Throttle
from gateways.fix.reading import next_bytes
from gateways.fix.routing import Routes
from gateways.fix.session import FixSession
from gateways.fix.state import State
from gateways.fix.status import ConnectionStatus
from gateways.open_connections import host_of
from gateways.tls import PLAIN_HANDSHAKE
from gateways.transport import HandshakeFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from actors.door import Gate
    from actors.port import SessionPort
    from engine.events import SessionOpened
    from engine.market_data.updates import MarketMessage
    from engine.queries import Answer
    from engine.reports import Report
    from gateways.fix.counters import FixCounters
    from gateways.fix.refused import RefusedLogons
    from gateways.fix.settings import FixSettings
    from gateways.rates import RateLimit, RateLimits
    from gateways.timer_wheel import TimerWheel
    from gateways.transport import Outlet

_RECEIVE_MAX = 32_768
"""Bytes of a read: some 200 orders, the unit of fairness between clients, and a commit for them (docs/adr/0006)."""
_FLUSH_TIMEOUT_S = 1.0
"""How long a connection that ends may take to swallow the last bytes; a Logout's answer has been waited for before."""


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """What all connections of a port have in common."""

    gate: Gate
    settings: FixSettings
    counters: FixCounters
    refusals: RefusedLogons
    clock: Callable[[], int]
    """The time of day, nanoseconds UTC."""
    rates: RateLimits
    routes: dict[int, Routes]
    """By session id; they outlive connections."""
    wheel: TimerWheel


class FixConnection:
    """Implements :class:`actors.port.Connection` and :class:`gateways.timer_wheel.Timed`; :meth:`run` is its task, and
    ends with the connection."""

    def __init__(
        self,
        outlet: Outlet,
        remote: str,
        shared: Shared,
    ) -> None:
        self.remote = remote
        self.comp_id = ""
        self.protocol = "FIX"
        self.reason = ""
        """Why the connection ended; empty while it lasts."""
        self.logon_received = False
        self._outlet = outlet
        self._shared = shared
        self._gate = shared.gate
        self._settings = shared.settings
        self._counters = shared.counters
        self._refusals = shared.refusals
        self._clock = shared.clock
        self._wheel = shared.wheel
        self._waiting = False
        """Whether the timer looks after it often, as its session waits for something."""
        self._rated: SessionOpened | None = None
        self._limit: RateLimit | None = None
        self._framer = Framer(shared.settings.message_size_max)
        self._intake = Intake(self._framer)
        self._scope = trio.CancelScope()
        self._patience = trio.CancelScope()
        """With a client that has not logged on."""
        self._nursery: trio.Nursery | None = None
        self._port: SessionPort | None = None
        self._session: FixSession | None = None
        self._established = trio.Event()
        self._resending = False

    # ---- the venue's side: called from anywhere, never blocks, never raises -------------------------------------

    def deliver(self, reports: list[Report]) -> None:
        """See :class:`actors.port.Connection`."""
        session = self._session
        if session is None:
            return
        self._counters.reports_sent += len(reports)
        self._guard(lambda: session.deliver(reports, self._clock()))

    def answer(self, answer: Answer) -> None:
        """See :class:`actors.port.Connection`."""
        session = self._session
        if session is not None:
            self._guard(lambda: session.answer(answer, self._clock()))

    def market(self, messages: list[MarketMessage]) -> None:
        """Market data that the session has asked for: a :data:`actors.subscriptions.MarketListener`."""
        session = self._session
        if session is not None:
            self._guard(lambda: session.market(messages, self._clock()))

    def disconnect(self, reason: str) -> None:
        """See :class:`actors.port.Connection`: a Logout with the reason, then the client's is waited for."""
        session = self._session
        if session is None:
            self._finish(reason)
        else:
            self._guard(lambda: session.disconnect(reason, self._clock()))

    def displace(self, reason: str) -> None:
        """See :class:`gateways.open_connections.PortConnection`."""
        self._finish(reason)
        self._outlet.close(reason)

    def status(self) -> ConnectionStatus:
        """How it stands, for operators."""
        session = self._session
        if session is None:
            return ConnectionStatus(State.LOGGING_ON.name, self.remote, 0, self._outlet.backlog, 0, 0, False, 0)
        return session.status(self.remote, self._outlet.backlog)

    # ---- the timer's side ---------------------------------------------------------------------------------------

    def due(self, now_s: float) -> float | None:
        """See :class:`gateways.timer_wheel.Timed`: heartbeats, test requests, and the end of waiting."""
        session = self._session
        if session is None or self.reason:
            return None
        self._guard(lambda: session.tick(now_s, self._clock()))
        self._waiting = session.timers.waiting
        next_s = session.timers.next_s(now_s)
        return None if self.reason or next_s == math.inf else next_s

    def _time_anew(self, session: FixSession) -> None:
        """Something else falls due first now."""
        self._waiting = session.timers.waiting
        next_s = session.timers.next_s(self._wheel.now_s)
        if next_s != math.inf:
            self._wheel.add(self, next_s)

    # ---- the connection's own task ------------------------------------------------------------------------------

    async def run(self) -> None:
        """From the opened socket to the closed one."""
        try:
            with self._scope:
                async with trio.open_nursery() as nursery:
                    self._nursery = nursery
                    nursery.start_soon(self._outlet.run)
                    await self._serve()
                    nursery.cancel_scope.cancel()
        finally:
            self._nursery = None
            self._wheel.discard(self)
            self._counters.messages_garbled += self._framer.garbled
            self._detach()
            with trio.CancelScope(shield=True):
                await self._outlet.aclose_after_flush(_FLUSH_TIMEOUT_S, self.reason or "stopped")

    async def _serve(self) -> None:
        with self._patience:
            self._patience.deadline = trio.current_time() + self._settings.logon_timeout_s
            if not await self._log_on():
                return
        if self._patience.cancelled_caught:
            self._counters.logons_timed_out += 1
            self._finish(f"no logon within {self._settings.logon_timeout_s:g} s")
            return
        await self._read()

    async def _log_on(self) -> bool:
        """From silence to the Logon reply. False if the connection is to end."""
        try:
            await self._outlet.handshake()
        except HandshakeFailed as failure:
            self._finish(str(failure))
            return False
        frames = self._framer.take(1)
        while not frames and not self._framer.garbled:
            if not await self._fill():
                return False
            frames = self._framer.take(1)
        now_ns = self._clock()
        try:
            if self._framer.garbled:
                raise LogonRefusal("the first message is garbled")
            logon = read_logon(frames[0], now_ns, self._settings)
            self.logon_received = True
            port = await self._admit(logon)
        except LogonRefusal as refusal:
            self._counters.logons_refused += 1
            if refusal.reply:
                self._refusals.add(refusal.session, host_of(self.remote))
                self._outlet.write(refusal.reply)
            self._finish(f"logon refused: {refusal}")
            return False
        self._port = port
        assert self._nursery is not None
        errands = Errands(
            self._nursery, self._gate, port, self._clock, self._guard, self._drain, lambda: self._has_parked
        )
        self._session = FixSession(
            logon,
            port,
            self._settings,
            self._outlet.write,
            errands.change_password,
            self._shared.routes.setdefault(port.session.session_id, Routes(self._settings.routes_max)),
            read_trades=errands.read_trades,
            backlog=lambda: self._outlet.backlog,
            time=self._wheel,
        )
        port.market.listener = self.market
        self._session.start(now_ns, passed_over=self._refusals.take(logon.session, host_of(self.remote)))
        self._look()
        await self._established.wait()
        self._time_anew(self._session)
        self._counters.logons_accepted += 1
        return True

    async def _admit(self, logon: LogonRequest) -> SessionPort:
        begin_string = self.protocol = logon.dialect.begin_string
        self.comp_id = logon.comp_id
        patience = self._patience
        left_s, patience.deadline = patience.deadline - trio.current_time(), math.inf
        try:
            return await self._gate.admit(
                protocol=begin_string,
                comp_id=logon.comp_id,
                target_comp_id=logon.target_comp_id,
                username=logon.username,
                password=logon.password,
                connection=self,
                remote=self.remote,
                signed=logon.signed,
                certificate=self._outlet.certificate,
            )
        except LogonRefused as reason:
            # Who is nobody's client, or is here already, gets no word: it would cost the session a number (1S b, c).
            if isinstance(reason, AlreadyLoggedOn) or self._gate.directory.session_keyed(*logon.session) is None:
                raise LogonRefusal(str(reason)) from reason
            raise refused(logon.session, str(reason), self._clock(), self._settings) from reason
        finally:
            # The time that the venue takes to check is not the client's.
            patience.deadline = trio.current_time() + left_s

    async def _read(self) -> None:
        """Reads, and so lets the client send, as far as the venue has credit."""
        session, port = self._session, self._port
        assert session is not None
        assert port is not None
        while not self.reason:
            if session.state is State.LOGGING_ON:
                self._established = trio.Event()
                await self._established.wait()
            frames = ([] if port.credit > 0 else None) if session.ready else self._intake.take(port)
            if frames is None:
                await self._intake.wait(port, session.liveness)
                continue
            if not frames and not session.ready:
                if not await self._fill():
                    return
                continue
            rejects = session.rejects
            self._counters.messages_received += len(frames)
            self._receive(session, port, frames)
            self._counters.rejects_sent += session.rejects - rejects
            self._look()

    def _receive(self, session: FixSession, port: SessionPort, frames: list[bytes]) -> None:
        """Has the session act on frames, as far as they are within its rate."""
        if port.session is not self._rated:
            self._rated = port.session
            self._limit = self._shared.rates.of(port.session, _monotonic_ns())
        limit = self._limit
        if limit is None or limit.bucket.take(len(frames), now_ns := _monotonic_ns()):
            session.receive(frames, self._clock())
        elif limit.action is RateAction.REJECT:
            self._counters.batches_throttled += 1
            session.receive(frames, self._clock(), Throttle(limit, now_ns))
        else:
            self._counters.batches_throttled += 1
            session.receive(frames[: limit.bucket.room(now_ns)], self._clock())
            session.disconnect(limit.text, self._clock())

    async def _fill(self) -> bool:
        """Waits for bytes, or until what waits can be taken without more. False at the end of the stream."""
        outlet = self._outlet
        data = await next_bytes(outlet, self._framer, _RECEIVE_MAX, self._settings.incomplete_timeout_s)
        if data is None:
            return True
        if not data:
            self.reason = self.reason or outlet.reason or outlet.fault or "the client closed the connection"
            return False
        if self._session is None and data.startswith(PLAIN_HANDSHAKE):
            self._finish("the client speaks TLS, and this port does not")
            return False
        self._framer.feed(data)
        return True

    # ---- resends ------------------------------------------------------------------------------------------------

    async def _serve_resends(self) -> None:
        session, port = self._session, self._port
        assert session is not None
        assert port is not None
        await session.resends.serve(port.replay, self._drain, self._clock, self._counters)
        self._resending = False
        self._look()

    @property
    def _has_parked(self) -> bool:
        return self._session is not None and self._session.parked > 0 and not self.reason

    async def _drain(self) -> None:
        with trio.move_on_after(self._settings.resend_timeout_s) as patience:
            await self._outlet.flush()
        if patience.cancelled_caught:
            self._outlet.abort("the client does not read what it asked to be resent")
            self._look()

    # ---- the end ------------------------------------------------------------------------------------------------

    def _guard(self, step: Callable[[], None]) -> None:
        """Runs a step of the session from outside the connection's task: what it raises ends this connection only."""
        try:
            step()
            self._look()
        except Exception as error:
            self._finish(f"internal error: {error!r}")

    def _look(self) -> None:
        """Draws the consequences of what the session has come to."""
        session = self._session
        if session is None:
            return
        if self._outlet.closed:
            if not self.reason:
                self._counters.slow_clients_cut += self._outlet.overflowed
            self._finish(self._outlet.reason)
        elif session.state is State.CLOSED:
            self._finish(session.close_reason)
        elif session.state is not State.LOGGING_ON:
            self._established.set()
            if not self._waiting and session.timers.waiting:
                self._time_anew(session)
            if session.resending and not self._resending and self._nursery is not None:
                self._resending = True
                self._nursery.start_soon(self._serve_resends)

    def _finish(self, reason: str) -> None:
        """Ends the connection from outside its task or within; the first reason stands."""
        if not self.reason:
            self.reason = reason
            self._scope.cancel()

    def _detach(self) -> None:
        """Takes the connection off the venue; a session that was cut short is told so."""
        if self._session is not None:
            if not self.reason and self._session.state is State.ACTIVE:
                self._session.end("The venue is stopping", self._clock())
            self._session.connection_lost(self.reason or "stopped")
        elif self._port is not None:
            self._port.log_out(confirmed=False)


def _monotonic_ns() -> int:
    return int(trio.current_time() * 1_000_000_000)
