"""The client's end of a SoupBinTCP session as a pure state machine: bytes in, messages with their numbers out."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import msgspec

from clients.credentials import SigningKey
from clients.exceptions import ClientError, ConnectionLost, LoginRefused, ProtocolError
from gateways.binary import soup
from gateways.binary.authentication import encode_authenticate, signed_payload


class LoggedIn(msgspec.Struct, frozen=True):
    """The venue has accepted the login; Sequenced Data number ``sequence`` comes next."""

    session: str
    sequence: int


class Message(NamedTuple):
    """A payload, and its number in the stream; 0 for Unsequenced Data."""

    number: int
    payload: bytes


Packet: TypeAlias = LoggedIn | Message


class SoupSession:
    """One client over all its connections; ``next_number`` is what it will ask for when it logs in again."""

    def __init__(self, next_number: int = 1, session: str = "") -> None:
        """``session``: which one is asked for the first time; empty: whichever is current."""
        self.next_number = next_number
        self.session = session
        """The SoupBinTCP session, once logged in."""
        self.username = ""
        self.logged_in = False
        self.ended = False
        """Whether the venue has said that the session is over for good."""
        self.last_debug = ""
        """The venue's last words for people, such as why it closes the connection."""
        self._rest = b""
        self._failure: ClientError | None = None

    def log_in(self, username: str, password: str) -> bytes:
        """Starts a new connection: its first packet.

        Raises ``ValueError`` if the name or password doesn't fit SoupBinTCP's fields.
        """
        self.username = username
        self.logged_in = False
        self.ended = False
        self.last_debug = ""
        self._rest = b""
        self._failure = None
        return soup.login_request(soup.LoginRequest(username, password, self.session, self.next_number))

    def authenticate(self, key: SigningKey, nonce: str) -> bytes:
        """The answer to an AuthenticationChallenge."""
        signature = key.sign(signed_payload(self.session, self.username, nonce))
        return encode_authenticate(key.key_id, key.algorithm, signature)

    def receive(self, data: bytes) -> list[Packet]:
        """What the venue's bytes say, up to what is an error; that is raised by the next call, or by :meth:`check`.

        Raises:
            LoginRefused: it doesn't let this user in.
            ConnectionLost: it has ended the session for good.
            ProtocolError: it sent what is not SoupBinTCP.
        """
        self.check()
        packets, self._rest, error = soup.split(self._rest + data, soup.PAYLOAD_MAX + 1)
        received: list[Packet] = []
        for at, (kind, payload) in enumerate(packets):
            if kind == soup.SEQUENCED_DATA and self.logged_in:
                received.append(Message(self.next_number, payload))
                self.next_number += 1
            elif kind == soup.UNSEQUENCED_DATA and self.logged_in:
                received.append(Message(0, payload))
            elif kind == soup.DEBUG:
                self.last_debug = payload.decode("ascii", "replace")
            elif kind != soup.SERVER_HEARTBEAT:
                try:
                    received.append(self._on_login_accepted(kind, payload, packets[at + 1 :]))
                except ClientError as failure:
                    self._failure = failure
                    break
        else:
            self._failure = ProtocolError(error) if error else None
        if not received:
            self.check()
        return received

    def fail(self, error: ClientError, number: int) -> None:
        """What was received could not be used, from ``number`` on where that is not 0: :meth:`check` will say so."""
        self._failure = error
        if number:
            self.next_number = number

    def check(self) -> None:
        """Raises what was wrong behind what was returned last."""
        if self._failure is not None:
            raise self._failure

    def _on_login_accepted(self, kind: int, payload: bytes, behind: list[tuple[int, bytes]]) -> LoggedIn:
        if kind == soup.LOGIN_REJECTED:
            text = next((said.decode("ascii", "replace") for kind, said in behind if kind == soup.DEBUG), "")
            raise LoginRefused(payload.decode("ascii", "replace"), text)
        if kind == soup.END_OF_SESSION:
            self.ended = True
            said_behind = (said.decode("ascii", "replace") for kind, said in behind if kind == soup.DEBUG)
            self.last_debug = next(said_behind, self.last_debug)
            raise ConnectionLost(self.last_debug or "the venue has ended the session")
        if kind != soup.LOGIN_ACCEPTED or self.logged_in:
            raise ProtocolError(f"unexpected packet type {chr(kind)!r}")
        try:
            accepted = soup.parse_login_accepted(payload)
        except soup.SoupError as error:
            raise ProtocolError(f"unreadable Login Accepted: {error}") from None
        if self.next_number and accepted.sequence != self.next_number:
            raise ProtocolError(f"the venue goes on with number {accepted.sequence}, not with {self.next_number}")
        self.logged_in = True
        self.session = accepted.session
        self.next_number = accepted.sequence
        return LoggedIn(accepted.session, accepted.sequence)
