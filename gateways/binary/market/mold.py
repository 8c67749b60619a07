"""MoldUDP64 1.00: a numbered stream of messages in datagrams. Pure, and for both ends.

A downstream packet is a header (session, 10 characters; the sequence number of its first message, u64; how many
messages, u16; all big-endian) and a block for each message: its length, u16, and the message. A count of 0 is a
heartbeat, whose number is the next message's; of 0xFFFF the end of the session. A request packet is a header alone:
send this many messages again, from this one on.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from gateways.binary import soup

HEADER: Final = struct.Struct(">10sQH")
BLOCK_HEADER_SIZE: Final = 2
COUNT_MAX: Final = 0xFFFE
_HEARTBEAT: Final = 0
_END_OF_SESSION: Final = 0xFFFF


class MoldError(ValueError):
    """Bytes that are not a MoldUDP64 packet."""


class Downstream(NamedTuple):
    """What the venue sends."""

    session: str
    sequence: int
    """Of the first message, or of the next one that there will be."""
    messages: list[bytes]
    """None in a heartbeat."""
    ended: bool
    """The session is over."""


class Request(NamedTuple):
    """What a client asks for."""

    session: str
    sequence: int
    wanted: int
    """How many messages."""


def blocks(packets: bytes) -> list[bytes]:
    """The messages of SoupBinTCP packets as message blocks."""
    found: list[bytes] = []
    at, end = 0, len(packets)
    while at < end:
        length = packets[at] << 8 | packets[at + 1]
        after = at + 2 + length
        found.append((length - 1).to_bytes(2, "big") + packets[at + soup.HEADER_SIZE : after])
        at = after
    return found


def datagrams(session: bytes, first: int, message_blocks: list[bytes], size_max: int) -> list[tuple[int, int, bytes]]:
    """The messages from number ``first`` on in as few packets as hold them, each with its first number and how many
    there are. None is longer than ``size_max`` bytes unless one message alone is."""
    made: list[tuple[int, int, bytes]] = []
    part: list[bytes] = []
    size = HEADER.size

    def close() -> None:
        made.append((first, len(part), HEADER.pack(session, first, len(part)) + b"".join(part)))

    for block in message_blocks:
        if part and (size + len(block) > size_max or len(part) == COUNT_MAX):
            close()
            first += len(part)
            part, size = [], HEADER.size
        part.append(block)
        size += len(block)
    if part:
        close()
    return made


def packed(session: bytes, first: int, messages: list[bytes]) -> bytes:
    """One packet of these messages."""
    body = b"".join([len(message).to_bytes(BLOCK_HEADER_SIZE, "big") + message for message in messages])
    return HEADER.pack(session, first, len(messages)) + body


def heartbeat(session: bytes, next_number: int) -> bytes:
    """There is nothing new."""
    return HEADER.pack(session, next_number, _HEARTBEAT)


def end_of_session(session: bytes, next_number: int) -> bytes:
    """There will be nothing more."""
    return HEADER.pack(session, next_number, _END_OF_SESSION)


def request(session: bytes, sequence: int, count: int) -> bytes:
    """A request packet."""
    return HEADER.pack(session, sequence, count)


def session_field(name: str) -> bytes:
    """A session's name as headers have it: padded with spaces on the left, as SoupBinTCP's."""
    return name.encode("ascii").rjust(soup.SESSION_SIZE)


def parse(datagram: bytes) -> Downstream:
    """Raises ``MoldError`` unless it is one whole packet."""
    session, sequence, count = _header(datagram)
    ended = count == _END_OF_SESSION
    messages: list[bytes] = []
    at = HEADER.size
    for _ in range(0 if ended else count):
        begin = at + BLOCK_HEADER_SIZE
        at = begin + int.from_bytes(datagram[at:begin], "big")
        if begin > len(datagram) or at > len(datagram):
            raise MoldError(f"message {sequence + len(messages)} is not whole")
        messages.append(datagram[begin:at])
    if at != len(datagram):
        raise MoldError(f"{len(datagram) - at} bytes behind {count} messages")
    return Downstream(session, sequence, messages, ended)


def count_of(datagram: bytes) -> int:
    """How many messages a packet says that it has."""
    return int.from_bytes(datagram[HEADER.size - 2 : HEADER.size], "big")


def parse_request(datagram: bytes) -> Request:
    """Raises ``MoldError`` unless it is one."""
    if len(datagram) != HEADER.size:
        raise MoldError(f"a request of {len(datagram)} bytes: it has {HEADER.size}")
    return Request(*_header(datagram))


def _header(datagram: bytes) -> tuple[str, int, int]:
    if len(datagram) < HEADER.size:
        raise MoldError(f"a packet of {len(datagram)} bytes: it has at least {HEADER.size}")
    session, sequence, count = HEADER.unpack_from(datagram)
    return session.decode("latin-1").strip(), sequence, count
