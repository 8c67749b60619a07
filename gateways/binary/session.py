"""The venue's end of a SoupBinTCP connection as a pure state machine: bytes and the time in, events and packets out."""

from __future__ import annotations

import math
from enum import Enum, auto
from typing import NamedTuple, TypeAlias

from gateways.binary import soup
from gateways.binary.settings import BinarySettings

_ALWAYS_WELCOME = (soup.CLIENT_HEARTBEAT, soup.DEBUG)


class State(Enum):
    CONNECTED = auto()
    """Nothing but a Login Request is welcome."""
    AUTHENTICATING = auto()
    """The login waits for its answer; what the client sends meanwhile is kept."""
    CHALLENGED = auto()
    """The client has to sign something before anything else is taken."""
    ESTABLISHED = auto()
    ENDED = auto()


_OPEN = (State.ESTABLISHED, State.CHALLENGED)
"""The client has its Login Accepted."""


class LoginRequested(NamedTuple):
    request: soup.LoginRequest


class MessagesReceived(NamedTuple):
    """The payloads of Unsequenced Data packets, in order."""

    payloads: list[bytes]


class LogoutRequested(NamedTuple):
    """The client takes its leave; whatever it sent afterwards is ignored."""


class ProtocolViolated(NamedTuple):
    """The client sent what no client may; whatever follows is ignored."""

    reason: str


SessionEvent: TypeAlias = LoginRequested | MessagesReceived | LogoutRequested | ProtocolViolated


class ServerSession:
    """One connection, from its opening to its end. ``now_s`` is a monotonic clock's time in seconds."""

    def __init__(self, settings: BinarySettings, now_s: float) -> None:
        self.state = State.CONNECTED
        self._settings = settings
        self._opened_at = now_s
        self._received_at = now_s
        self._sent_at = now_s
        self._rest = b""
        self._held: list[tuple[int, bytes]] = []
        self._error = ""

    def receive(self, data: bytes, now_s: float) -> list[SessionEvent]:
        """What the client's bytes say, however they were cut into reads.

        After :class:`LoginRequested`, call :meth:`accept` or :meth:`reject`, then ``receive(b"")`` for what the client
        had sent behind its login.
        """
        if self.state is State.ENDED:
            return []
        self._received_at = now_s
        packets, self._rest, error = soup.split(self._rest + data, self._settings.packet_length_max)
        if self._held:
            packets = self._held + packets
            self._held = []
        events: list[SessionEvent] = []
        if self.state is State.CONNECTED:
            packets = self._connected(packets, events)
        if self.state in _OPEN:
            self._established(packets, events)
        elif self.state is State.AUTHENTICATING:
            self._held = packets
        if error and not self._error:
            self._error = error
        if self._error and (self.state is State.CONNECTED or self.state in _OPEN):
            self._violated(self._error, events)
        return events

    def accept(self, sequence: int, session: str = "") -> bytes:
        """The login is good: a Login Accepted that announces ``sequence`` as the next Sequenced Data packet, of
        ``session`` where that is not the settings' one."""
        self.state = State.ESTABLISHED
        return soup.login_accepted(session or self._settings.session, sequence)

    def challenge(self, sequence: int, session: str = "") -> bytes:
        """As :meth:`accept`, but the client has the login's time only, until :meth:`proved`."""
        self.state = State.CHALLENGED
        return soup.login_accepted(session or self._settings.session, sequence)

    def proved(self, now_s: float) -> None:
        """The client has signed."""
        self.state = State.ESTABLISHED
        self._received_at = now_s

    def reject(self, reason: str) -> bytes:
        """A Login Rejected; the connection is to be closed after it."""
        self.state = State.ENDED
        return soup.login_rejected(reason)

    def end(self) -> None:
        """The connection closes: nothing that still comes counts."""
        self.state = State.ENDED

    def serves(self, session: str) -> bool:
        """Whether a login may ask for ``session``: blank is whichever is current."""
        return session in ("", self._settings.session)

    def wrote(self, now_s: float) -> None:
        """Something was sent, so no heartbeat is due."""
        self._sent_at = now_s

    def held_back(self, now_s: float) -> None:
        """The venue is not reading, so the client's silence says nothing."""
        self._received_at = now_s

    def heartbeat(self, now_s: float, within_s: float) -> bytes:
        """A Server Heartbeat if one falls due within the next ``within_s`` seconds, else nothing."""
        if self.state not in _OPEN:
            return b""
        if now_s + within_s - self._sent_at < self._settings.heartbeat_interval_s:
            return b""
        self._sent_at = now_s
        return soup.SERVER_HEARTBEAT_PACKET

    def overdue(self, now_s: float) -> str:
        """Why the client has used up its time; empty while it has not."""
        settings = self._settings
        if self.state is State.ESTABLISHED:
            if now_s - self._received_at >= settings.client_timeout_s:
                return f"nothing was heard for {settings.client_timeout_s:g} s"
        elif self.state is not State.ENDED and now_s - self._opened_at >= settings.login_timeout_s:
            what = "Authenticate" if self.state is State.CHALLENGED else "login"
            return f"no {what} within {settings.login_timeout_s:g} s"
        return ""

    def next_due_s(self) -> float:
        """When a heartbeat, or the end of the client's time, may fall due first."""
        settings = self._settings
        if self.state is State.ENDED:
            return math.inf
        heartbeat_s = self._sent_at + settings.heartbeat_interval_s
        if self.state is State.ESTABLISHED:
            return min(heartbeat_s, self._received_at + settings.client_timeout_s)
        login_s = self.login_until_s
        return min(heartbeat_s, login_s) if self.state is State.CHALLENGED else login_s

    @property
    def login_until_s(self) -> float:
        """By when the client must be logged in."""
        return self._opened_at + self._settings.login_timeout_s

    def _connected(self, packets: list[tuple[int, bytes]], events: list[SessionEvent]) -> list[tuple[int, bytes]]:
        """Finds the login; returns the packets behind it."""
        for at, (kind, payload) in enumerate(packets):
            if kind == soup.LOGIN_REQUEST:
                try:
                    request = soup.parse_login_request(payload)
                except soup.SoupError as error:
                    self._violated(str(error), events)
                    return []
                self.state = State.AUTHENTICATING
                events.append(LoginRequested(request))
                return packets[at + 1 :]
            if kind not in _ALWAYS_WELCOME:
                self._violated(f"packet type {chr(kind)!r} before a login", events)
                return []
        return []

    def _established(self, packets: list[tuple[int, bytes]], events: list[SessionEvent]) -> None:
        payloads: list[bytes] = []
        append = payloads.append
        end: SessionEvent | None = None
        for kind, payload in packets:
            if kind == soup.UNSEQUENCED_DATA:
                append(payload)
            elif kind not in _ALWAYS_WELCOME:
                self.state = State.ENDED
                logout = kind == soup.LOGOUT_REQUEST
                end = LogoutRequested() if logout else ProtocolViolated(f"packet type {chr(kind)!r} after the login")
                break
        if payloads:
            events.append(MessagesReceived(payloads))
        if end is not None:
            events.append(end)

    def _violated(self, reason: str, events: list[SessionEvent]) -> None:
        self.state = State.ENDED
        events.append(ProtocolViolated(reason))
