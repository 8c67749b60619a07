"""The messages that the document about FIX shows: sent to a venue byte for byte, its answers held against the text."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import NamedTuple

from documents import ROOT, Block, blocks
from fix_client import utc_now
from venue_process import MakeVenue

from gateways.fix.codec import checksum

WAIT_S = 20.0
FIX = ROOT / "docs" / "fix.md"
_FIX_MESSAGE = re.compile(rb"8=FIX[^\x01]*\x019=(\d+)\x01")
_TRAILER_SIZE = 7
_VARYING = frozenset({"9", "10", "52", "60", "122", "37", "17", "527"})
"""Tags whose values differ from run to run; that they are there, and where, is compared."""


class Line(NamedTuple):
    """One message of a document: to the venue or from it."""

    place: str
    to_venue: bool
    text: str


class Socket:
    """A client's end of a connection that takes whole messages out of what comes."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), WAIT_S)
        self._data = b""

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def message(self, size_of: Callable[[bytes], int]) -> bytes:
        """The next message; ``size_of`` tells its size from what has come, 0 while that cannot be told."""
        while not (size := size_of(self._data)) or len(self._data) < size:
            more = self._socket.recv(65_536)
            assert more, f"the venue closed the connection; it had sent {self._data!r}"
            self._data += more
        message, self._data = self._data[:size], self._data[size:]
        return message

    def close(self) -> None:
        self._socket.close()


def messages(block: Block, *, continued: bool) -> Iterator[Line]:
    """The messages of a block; with ``continued``, indented lines belong to the message above them."""
    gathered: list[Line] = []
    for number, line in enumerate(block.text.splitlines(), block.line + 1):
        place = f"{block.document.name}:{number}"
        assert line[0] in "<> ", f"{place}: {line!r}"
        if line[0] == " ":
            assert continued, f"{place}: {line!r}"
            last = gathered.pop()
            gathered.append(last._replace(text=f"{last.text}\n{line}"))
        else:
            gathered.append(Line(place, line[0] == ">", line[2:]))
    return iter(gathered)


def fields(text: str) -> list[list[str]]:
    assert text.endswith("|"), text
    return [field.split("=", 1) for field in text[:-1].split("|")]


def check_frame(line: Line) -> None:
    """What a document shows is a message as it stands: its BodyLength and CheckSum are right."""
    raw = line.text.replace("|", "\x01").encode("latin-1")
    found = _FIX_MESSAGE.match(raw)
    assert found, line.place
    body = raw[found.end() : -_TRAILER_SIZE]
    assert int(found[1]) == len(body), f"{line.place}: 9={len(body)}"
    assert raw.endswith(b"10=%03d\x01" % checksum(raw[:-_TRAILER_SIZE])), f"{line.place}: {checksum(raw[:-7]):03d}"


def as_of_now(pairs: list[list[str]]) -> bytes:
    """A message with the times, length and sum that it needs to be taken now."""
    now = utc_now()
    body = "".join(f"{tag}={now if tag in ('52', '60') else value}\x01" for tag, value in pairs[2:-1])
    raw = f"8={pairs[0][1]}\x019={len(body)}\x01{body}".encode("latin-1")
    return raw + b"10=%03d\x01" % checksum(raw)


def fix_size(data: bytes) -> int:
    found = _FIX_MESSAGE.match(data)
    return found.end() + int(found[1]) + _TRAILER_SIZE if found else 0


def essence(pairs: list[list[str]]) -> list[tuple[str, str]]:
    return [(tag, "…" if tag in _VARYING else value) for tag, value in pairs]


def test_fix_messages_are_those_on_the_wire(make_venue: MakeVenue) -> None:
    port = make_venue().ports.fix
    shown = [block for block in blocks(FIX) if block.words == ("fix",)]
    assert shown
    links: dict[tuple[str, str], Socket] = {}
    with ExitStack() as stack:
        for line in (line for block in shown for line in messages(block, continued=False)):
            check_frame(line)
            pairs = fields(line.text)
            named = dict(pairs)
            session = named["8"], named["49" if line.to_venue else "56"]
            if line.to_venue:
                if named["35"] == "A":
                    links[session] = Socket(port)
                    stack.callback(links[session].close)
                links[session].send(as_of_now(pairs))
            else:
                got = links[session].message(fix_size).decode("latin-1").replace("\x01", "|")
                assert essence(fields(got)) == essence(pairs), f"{line.place}:\n{got}"
