"""One client's connection, as every binary port has it: TLS, login, proof by a key, its time, an end with a reason."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec
import trio

from actors.boundary import LogonRefused, SessionUnavailable
from actors.door import Answered
from actors.signatures import SignedLogon
from gateways.binary import authentication, codec, soup
from gateways.binary.answers import message_reject
from gateways.binary.counters import PortCounters
from gateways.binary.inbound import refusal_of
from gateways.binary.rejects import MessageRefused, MessageRejectReason
from gateways.binary.session import (
    LoginRequested,
    LogoutRequested,
    MessagesReceived,
    ServerSession,
    SessionEvent,
    State,
)
from gateways.binary.settings import BinarySettings
from gateways.timer_wheel import TimerWheel
from gateways.tls import PLAIN_HANDSHAKE
from gateways.transport import HandshakeFailed, Outlet

PROTOCOL: Final = "SOUPBIN"
_SECOND_NS: Final = 1_000_000_000


def monotonic_ns() -> int:
    """The time that rates are counted in."""
    return int(trio.current_time() * _SECOND_NS)


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """What all connections of a port have in common."""

    settings: BinarySettings
    wheel: TimerWheel
    clock_ns: Callable[[], int]
    """The time of day, UTC."""
    entropy: Callable[[int], bytes]


class ClientConnection(ABC):
    """:meth:`run` is its task, and ends with the connection. Implements :class:`gateways.timer_wheel.Timed`."""

    def __init__(self, outlet: Outlet, remote: str, shared: Shared, counters: PortCounters) -> None:
        self.remote = remote
        self.username = ""
        self.reason = ""
        """Why the connection ended; empty while it lasts."""
        self.logon_received = False
        """See :class:`gateways.open_connections.PortConnection`."""
        self._outlet = outlet
        self._shared = shared
        self._settings = shared.settings
        self._port_counters = counters
        self._session = ServerSession(shared.settings, trio.current_time())
        self._events: deque[SessionEvent] = deque()
        self._scope = trio.CancelScope()
        self._refused = 0
        """Messages that came before Authenticate, and it."""
        self._logged_out = False
        self._leaving = False
        """Whether the venue takes leave of the client, which has time to close its end too."""
        self._farewell = b""

    @property
    def protocol(self) -> str:
        """See :class:`gateways.open_connections.PortConnection`."""
        return PROTOCOL

    @property
    def comp_id(self) -> str:
        """See :class:`gateways.open_connections.PortConnection`."""
        return self.username

    # ---- what a port does with it ----------------------------------------------------------------------------------

    @abstractmethod
    async def _log_in(self, request: soup.LoginRequest, nursery: trio.Nursery) -> None:
        """Answers a Login Request."""

    @abstractmethod
    async def _take(self, payloads: list[bytes]) -> None:
        """Messages of a client that is logged in, in order."""

    @abstractmethod
    def _detach(self) -> None:
        """Nothing more is to be told to it; called at least once, by whatever ends the connection."""

    @abstractmethod
    def _left(self, *, orderly: bool) -> None:
        """The connection is over. ``orderly``: the client has logged out, or closed its end when the venue took leave
        of it; else it is over as far as the client goes, whose last words are about to be sent."""

    def _standing(self, now_s: float) -> str:
        """Looked at from time to time: why the connection has to end, but for its client's silence; or nothing."""
        return ""

    # ---- the timer's side ------------------------------------------------------------------------------------------

    def due(self, now_s: float) -> float | None:
        """See :class:`gateways.timer_wheel.Timed`: sends a heartbeat that falls due before the wheel comes by again;
        ends a connection whose client is silent."""
        if self.reason:
            return None
        standing = self._standing(now_s)
        overdue = self._session.overdue(now_s)
        if overdue or standing:
            self._port_counters.clients_timed_out += bool(overdue)
            self.end(overdue or standing)
            return None
        heartbeat = self._session.heartbeat(now_s, self._shared.wheel.resolution_s)
        if heartbeat and not self._outlet.backlog:
            self._outlet.write(heartbeat)
        return self._session.next_due_s()

    def _time_anew(self) -> None:
        """Another time limit may be the next."""
        self._shared.wheel.add(self, self._session.next_due_s())

    # ---- the connection's own task ---------------------------------------------------------------------------------

    async def run(self) -> None:
        """From the opened socket to the closed one."""
        self._time_anew()
        try:
            with self._scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._outlet.run)
                    await self._serve(nursery)
                    nursery.cancel_scope.cancel()
        finally:
            self._shared.wheel.discard(self)
            self._session.end()
            self._detach()
            if not self._leaving:
                self._left(orderly=self._logged_out)
            if self._farewell:
                self._outlet.write(self._farewell)
            with trio.CancelScope(shield=True):
                reason = self.reason or "stopped"
                finished = await self._outlet.aclose_after_flush(self._settings.close_timeout_s, reason)
            if self._leaving:
                self._left(orderly=finished)

    async def _serve(self, nursery: trio.Nursery) -> None:
        try:
            await self._outlet.handshake()
        except HandshakeFailed as failure:
            self.reason = self.reason or str(failure)
        while not self.reason and (event := await self._event()) is not None:
            if isinstance(event, MessagesReceived):
                await self._take(event.payloads)
            elif isinstance(event, LoginRequested):
                self.username = event.request.username
                self.logon_received = True
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

    def _held_events(self) -> None:
        """What the client had sent behind what has been answered now."""
        self._events.extend(self._session.receive(b"", trio.current_time()))

    def _ended_by(self, event: SessionEvent) -> None:
        if isinstance(event, LogoutRequested):
            self._logged_out = True
            self.reason = "the client logged out"
        else:
            assert not isinstance(event, LoginRequested | MessagesReceived)
            self._port_counters.protocol_violations += 1
            self.end(event.reason)

    # ---- login -----------------------------------------------------------------------------------------------------

    @property
    def _challenged(self) -> bool:
        """Whether the client has been sent a challenge that it has yet to be told the outcome of."""
        return self._session.state is State.CHALLENGED

    async def _signature(self, session: str) -> Answered:
        """What the client signs, whose Login Accepted has just been written with the name ``session``: the rest of a
        :data:`actors.door.Challenge`. Nothing is taken but Authenticate. Raises LogonRefused."""
        now_s = trio.current_time()
        until_ns = self._shared.clock_ns() + int((self._session.login_until_s - now_s) * _SECOND_NS)
        packet, nonce = authentication.encode_challenge(self._shared.entropy(authentication.NONCE_BYTES), until_ns)
        self.write(packet)
        self._time_anew()
        self._held_events()
        payload = await self._authenticate()
        try:
            signed = authentication.read_authenticate(payload)
        except MessageRefused as wrong:
            raise LogonRefused(wrong.text) from wrong
        text = authentication.signed_payload(session, self.username, nonce)
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

    def _refuse(self, refused: LogonRefused) -> None:
        """By a Login Rejected or, who has been challenged, by a MessageReject."""
        self._port_counters.logins_rejected += 1
        later, text = isinstance(refused, SessionUnavailable), str(refused)
        if not self._challenged:
            self.end(text, self._session.reject(soup.SESSION_NOT_AVAILABLE if later else soup.NOT_AUTHORISED))
            return
        reason = MessageRejectReason.SESSION_NOT_AVAILABLE if later else MessageRejectReason.AUTHENTICATION_FAILED
        if isinstance(refused.__cause__, MessageRefused):
            reason = refused.__cause__.reason
        self.end(text, message_reject(self._refused, 0, codec.AUTHENTICATE.template_id, reason, text))

    # ---- writing and ending ----------------------------------------------------------------------------------------

    def write(self, packets: bytes) -> None:
        """Never waits, never raises."""
        outlet = self._outlet
        outlet.write(packets)
        self._session.wrote(trio.current_time())
        if outlet.closed and not self.reason:
            self._port_counters.slow_clients_cut += outlet.overflowed
            self.reason = outlet.reason
            self._scope.cancel()

    def end(self, reason: str, last_packet: bytes = b"") -> None:
        """Ends the connection from outside its task or within, with the reason in a Debug packet; the first reason
        stands."""
        if not self.reason:
            self.reason = reason
            self._detach()
            self._farewell = last_packet + soup.debug(reason)
            self._scope.cancel()

    def leave(self, reason: str) -> None:
        """As :meth:`end`, but in order: the venue says so, and the client that closes its end thereupon, within the
        time for that, has not lost its connection. What SoupBinTCP has in place of FIX's exchange of Logouts."""
        if not self.reason:
            self._leaving = True
            self.end(reason)

    def displace(self, reason: str) -> None:
        """See :class:`gateways.open_connections.PortConnection`. The reason goes along, but is not waited for."""
        if not self.reason:
            self.end(reason)
            self._outlet.write(self._farewell)
        self._outlet.close(reason)
