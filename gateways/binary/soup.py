"""SoupBinTCP 3.00 packets: a big-endian length that counts the type and payload, a type character, a payload.

Both ends use this module: the venue's session and the Python client. It knows nothing of what the payloads mean.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import NamedTuple

DEBUG = ord("+")
LOGIN_ACCEPTED = ord("A")
LOGIN_REJECTED = ord("J")
SEQUENCED_DATA = ord("S")
SERVER_HEARTBEAT = ord("H")
END_OF_SESSION = ord("Z")
LOGIN_REQUEST = ord("L")
UNSEQUENCED_DATA = ord("U")
CLIENT_HEARTBEAT = ord("R")
LOGOUT_REQUEST = ord("O")

NOT_AUTHORISED = "A"
"""Login Rejected: wrong username or password, or no right to log in."""
SESSION_NOT_AVAILABLE = "S"
"""Login Rejected: the requested session, or the place in it, cannot be had (now)."""

SERVER_HEARTBEAT_PACKET = b"\x00\x01H"
CLIENT_HEARTBEAT_PACKET = b"\x00\x01R"
LOGOUT_REQUEST_PACKET = b"\x00\x01O"
END_OF_SESSION_PACKET = b"\x00\x01Z"

HEADER_SIZE = 3
PAYLOAD_MAX = 65_534
"""The length field counts the type and has two bytes."""
_RUN_MAX = 64

USERNAME_SIZE = 6
PASSWORD_SIZE = 10
SESSION_SIZE = 10
SEQUENCE_SIZE = 20
_LOGIN_REQUEST = struct.Struct(f"{USERNAME_SIZE}s{PASSWORD_SIZE}s{SESSION_SIZE}s{SEQUENCE_SIZE}s")
_LOGIN_ACCEPTED = struct.Struct(f"{SESSION_SIZE}s{SEQUENCE_SIZE}s")


class SoupError(ValueError):
    """Bytes that are not SoupBinTCP; the connection that brought them cannot go on."""


class LoginRequest(NamedTuple):
    """``session`` is empty for whichever is current; ``sequence`` 0 asks for nothing but what is new."""

    username: str
    password: str
    session: str
    sequence: int


class LoginAccepted(NamedTuple):
    """``sequence`` is the number of the Sequenced Data packet that comes next."""

    session: str
    sequence: int


def packet(kind: int, payload: bytes = b"") -> bytes:
    """Raises ``SoupError`` if ``payload`` is longer than the length field can say."""
    if len(payload) > PAYLOAD_MAX:
        raise SoupError(f"payload of {len(payload)} bytes: a packet holds at most {PAYLOAD_MAX}")
    return (len(payload) + 1).to_bytes(2, "big") + bytes((kind,)) + payload


class Split(NamedTuple):
    """What a receive buffer holds."""

    packets: list[tuple[int, bytes]]
    """Whole packets as (type, payload), in order."""
    rest: bytes
    """The beginning of a packet whose end has not come yet."""
    error: str
    """Why what follows ``packets`` is not SoupBinTCP and nothing after it can be read; empty if all is well."""


def split(data: bytes, length_max: int) -> Split:
    """Finds the packets in ``data``. A length of 0 or above ``length_max`` is an error."""
    packets: list[tuple[int, bytes]] = []
    at = 0
    end = len(data)
    while end - at >= 2:
        length = data[at] << 8 | data[at + 1]
        after = at + 2 + length
        if not 0 < length <= length_max:
            return Split(packets, b"", f"packet length {length}: must be from 1 to {length_max}")
        if after > end:
            break
        if after + 2 + length <= end and data[after + 1] == data[at + 1]:
            after = at + (2 + length) * _alike(data, at, 2 + length)
            packets += _equal_packets(length - 1).iter_unpack(data[at:after])
        else:
            packets.append((data[at + 2], data[at + 3 : after]))
        at = after
    return Split(packets, data[at:], "")


def _alike(data: bytes, at: int, size: int) -> int:
    """How many whole packets from ``at`` on, at least one, have the same length and type: orders come in such runs, and
    these are cut at a third of the cost. No more than :data:`_RUN_MAX` are looked at, so that short runs stay cheap."""
    count = min(_RUN_MAX, (len(data) - at) // size)
    for header_byte in range(at, at + HEADER_SIZE):
        column = data[header_byte : at + count * size : size]
        count = len(column) - len(column.lstrip(column[:1]))
    return count


@lru_cache(maxsize=256)
def _equal_packets(payload_size: int) -> struct.Struct:
    """A packet of this size as (type, payload)."""
    return struct.Struct(f">2xB{payload_size}s")


def run(data: bytes, at: int, kind: int) -> tuple[int, int]:
    """How many whole packets of one type follow one another from ``at`` on, and where the last of them ends."""
    count = 0
    end = len(data) - HEADER_SIZE
    while at <= end and data[at + 2] == kind:
        after = at + 2 + (data[at] << 8 | data[at + 1])
        if not at + 2 < after <= end + HEADER_SIZE:
            break
        at = after
        count += 1
    return count, at


def login_request(request: LoginRequest) -> bytes:
    """Raises ``SoupError`` if a field doesn't fit its place or isn't ASCII."""
    return packet(
        LOGIN_REQUEST,
        _LOGIN_REQUEST.pack(
            _field("username", request.username, USERNAME_SIZE).ljust(USERNAME_SIZE),
            _field("password", request.password, PASSWORD_SIZE).ljust(PASSWORD_SIZE),
            _field("session", request.session, SESSION_SIZE).rjust(SESSION_SIZE),
            _number(request.sequence),
        ),
    )


def parse_login_request(payload: bytes) -> LoginRequest:
    """Raises ``SoupError`` if the payload has another size or its sequence is no number."""
    if len(payload) != _LOGIN_REQUEST.size:
        raise SoupError(f"Login Request of {len(payload)} bytes: must be {_LOGIN_REQUEST.size}")
    username, password, session, sequence = _LOGIN_REQUEST.unpack(payload)
    return LoginRequest(_text(username), _text(password), _text(session), _parse_number(sequence))


def login_accepted(session: str, sequence: int) -> bytes:
    """Both fields padded with spaces on the left, as the specification has them."""
    padded = _field("session", session, SESSION_SIZE).rjust(SESSION_SIZE)
    return packet(LOGIN_ACCEPTED, _LOGIN_ACCEPTED.pack(padded, _number(sequence)))


def parse_login_accepted(payload: bytes) -> LoginAccepted:
    """Raises ``SoupError`` if the payload has another size or its sequence is no number."""
    if len(payload) != _LOGIN_ACCEPTED.size:
        raise SoupError(f"Login Accepted of {len(payload)} bytes: must be {_LOGIN_ACCEPTED.size}")
    session, sequence = _LOGIN_ACCEPTED.unpack(payload)
    return LoginAccepted(_text(session), _parse_number(sequence))


def login_rejected(reason: str) -> bytes:
    """``reason`` is ``NOT_AUTHORISED`` or ``SESSION_NOT_AVAILABLE``."""
    return packet(LOGIN_REJECTED, reason.encode("ascii"))


def debug(text: str) -> bytes:
    """A Debug packet: text for people, which programs ignore."""
    return packet(DEBUG, text.encode("ascii", "replace")[:PAYLOAD_MAX])


def _field(name: str, text: str, size: int) -> bytes:
    if not text.isascii() or len(text) > size:
        shown = "" if name == "password" else f" {text!r}"
        raise SoupError(f"{name}{shown}: must be at most {size} ASCII characters")
    return text.encode("ascii")


def _number(value: int) -> bytes:
    if value < 0:
        raise SoupError(f"sequence {value}: must not be negative")
    return str(value).encode("ascii").rjust(SEQUENCE_SIZE)


def _text(raw: bytes) -> str:
    return raw.decode("latin-1").strip(" \x00")


def _parse_number(raw: bytes) -> int:
    digits = raw.strip(b" \x00")
    if not digits.isdigit():
        raise SoupError(f"sequence {raw!r}: must be a number")
    return int(digits)
